"""Communication tasks judged for real: a manager and one or more processes over pipes, by CMS's conventions."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from judge import Judge, Judgement, Source, load_package
from judge.communicating import read_meeting
from judge.package import Package, stated_limits
from judge.problem import Limits
from judge.sandbox import Sandbox
from judge.sandbox.execution import Ending, Execution, Meeting, ToolResult
from judge.verdicts import Verdict
from tests.judge.making import write_package

#: Sends a number through all processes in turn; the score is 0.95^(Q - 66) for the Q that comes back, as in IOI 2024's
#: Message, 1 up to 66 and 0 beyond 100.
MANAGER = r"""
#include <cmath>
#include <csignal>
#include <cstdio>
int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int number, n = (argc - 1) / 2;
  FILE *to[16], *from[16];
  for (int i = 0; i < n; i++) { to[i] = fopen(argv[2 * i + 2], "a"); from[i] = fopen(argv[2 * i + 1], "r"); }
  if (scanf("%d", &number) != 1) return 1;
  for (int i = 0; i < n; i++) {
    fprintf(to[i], "%d\n", number);
    fflush(to[i]);
    if (fscanf(from[i], "%d", &number) != 1) { puts("0.0"); fputs("translate:wrong\n", stderr); return 0; }
  }
  printf("%.6f\n", number <= 66 ? 1.0 : number <= 100 ? pow(0.95, number - 66) : 0.0);
  fputs(number <= 66 ? "translate:success\n" : "translate:partial\n", stderr);
}
"""
HEADER = "int pass(int process, int number);\n"
STUB = r"""
#include "relay.h"
#include <cstdio>
#include <cstdlib>
int main(int argc, char **argv) {
  int number;
  if (scanf("%d", &number) != 1) return 1;
  printf("%d\n", pass(argc > 1 ? atoi(argv[1]) : 0, number));
}
"""
NAMED_STUB = r"""
#include "relay.h"
#include <cstdio>
#include <cstdlib>
int main(int argc, char **argv) {
  FILE *in = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
  int number;
  if (fscanf(in, "%d", &number) != 1) return 1;
  fprintf(out, "%d\n", pass(argc > 3 ? atoi(argv[3]) : 0, number));
}
"""
COUNTING = '#include "relay.h"\nint pass(int process, int number) { return number + process; }\n'
#: About this many seconds of CPU time in every process.
BUSY = r"""
#include "relay.h"
#include <ctime>
int pass(int, int number) {
  while (clock() < %d * (CLOCKS_PER_SEC / 10)) {}
  return number;
}
"""


def make_relay(folder: Path, *, processes: int, manager: str = MANAGER, named: bool = False, **changes: str) -> Package:
    """A task of two subtasks: 10 points for 60, 90 for 60, 68 and 76."""
    parameters = {"task_type_parameters_Communication_num_processes": processes}
    if named:
        parameters["task_type_parameters_Communication_user_io"] = "fifo_io"  # type: ignore[assignment]
    header = {
        "code": "relay",
        "name": "Relay",
        "task_type": "Communication",
        "time_limit": 1.0,
        "memory_limit": 256 << 20,
        "task_type_params": json.dumps(parameters),
    }
    files = {
        "problem.json": json.dumps(header),
        "graders/manager.cpp": manager,
        "graders/relay.h": HEADER,
        "graders/stub.cpp": NAMED_STUB if named else STUB,
        "tests/a.in": "60\n",
        "tests/b.in": "68\n",
        "tests/c.in": "76\n",
        "subtasks/00-samples.json": json.dumps({"score": 0, "testcases": ["a"]}),
        "subtasks/01-small.json": json.dumps({"score": 10, "testcases": ["a"]}),
        "subtasks/02-full.json": json.dumps({"score": 90, "testcases": ["a", "b", "c"]}),
    }
    return load_package(write_package(folder / "relay", {**files, **changes}))[0]


def run(package: Package, source: str, sandbox: Sandbox, *, limits: Limits | None = None) -> Judgement:
    judge = Judge(package.problem, package, limits or stated_limits(package), sandbox)
    return judge.judge(Source.of(source, "cpp"))


def scores(judgement: Judgement) -> list[float]:
    return [subtask.score for subtask in judgement.subtasks]


@pytest.mark.parametrize("named", [False, True])
def test_score_of_message_is_taken_from_the_worst_test(tmp_path: Path, sandbox: Sandbox, named: bool) -> None:
    judgement = run(make_relay(tmp_path, processes=1, named=named), COUNTING, sandbox)
    assert scores(judgement) == [10.0, pytest.approx(90 * 0.95**10, abs=1e-4)]
    assert [str(test.verdict) for test in judgement.testcases] == ["AC", "PA", "PA"]
    assert judgement.verdict is Verdict.PA
    assert [test.message for test in judgement.testcases][:2] == ["Output is correct", "Output is partially correct"]


@pytest.mark.parametrize(
    ("packets", "score"), [(66, 100.0), (67, 95.5), (71, 79.64), (100, 25.73), (101, 10.0)]
)  # fmt: skip
def test_message_scores_what_ioi_2024_gave(tmp_path: Path, sandbox: Sandbox, packets: int, score: float) -> None:
    """71 packets are the published 79.64. With more than 100 in the larger subtask, the smaller one stays."""
    package = make_relay(tmp_path, processes=1, **{"tests/b.in": f"{packets}\n", "tests/c.in": "60\n"})
    assert round(run(package, COUNTING, sandbox).score, 2) == score


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("processes", [2, 3])
def test_every_process_gets_its_number(tmp_path: Path, sandbox: Sandbox, processes: int, named: bool) -> None:
    judgement = run(make_relay(tmp_path, processes=processes, named=named), COUNTING, sandbox)
    worst = 76 + sum(range(processes))
    assert scores(judgement) == [10.0, pytest.approx(90 * 0.95 ** (worst - 66), abs=1e-4)]


def test_processes_share_one_time_limit(tmp_path: Path, sandbox: Sandbox) -> None:
    alone = run(make_relay(tmp_path / "one", processes=1), BUSY % 6, sandbox)
    together = run(make_relay(tmp_path / "two", processes=2), BUSY % 6, sandbox)
    assert alone.testcases[0].verdict is Verdict.AC
    assert together.testcases[0].verdict is Verdict.TLE
    assert scores(together) == [0.0, 0.0]


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize(
    ("body", "verdict"),
    [("abort();", Verdict.RE), ("exit(3);", Verdict.RE), ("exit(0);", Verdict.WA), ("for (;;) {}", Verdict.TLE)],
)
def test_process_that_fails_decides(tmp_path: Path, sandbox: Sandbox, named: bool, body: str, verdict: Verdict) -> None:
    source = (
        f'#include "relay.h"\n#include <cstdlib>\nint pass(int process, int n) {{ if (process) {body} return n; }}\n'
    )
    judgement = run(make_relay(tmp_path, processes=2, named=named), source, sandbox)
    assert judgement.testcases[0].verdict is verdict
    assert scores(judgement) == [0.0, 0.0]


def test_process_that_ends_before_it_opens_its_pipes_stops_nobody(tmp_path: Path, sandbox: Sandbox) -> None:
    changes = {"graders/stub.cpp": '#include "relay.h"\nint main() { return pass(0, 1); }\n'}
    package = make_relay(tmp_path, processes=3, named=True, **changes)
    assert run(package, COUNTING, sandbox).testcases[0].verdict is Verdict.RE


@pytest.mark.parametrize(
    ("manager", "message"),
    [
        ("int main() { return 1; }", "the manager ended with exit code 1"),
        ("#include <cstdlib>\nint main() { abort(); }", "the manager was stopped (signal)"),
        (
            '#include <cstdio>\nint main() { puts("nonsense"); }',
            "the manager printed no number",
        ),
        (
            '#include <cstdio>\nint main() { puts("2.5"); }',
            "the checker gave the score 2.5; from 0 to 1 can be had",
        ),
    ],
)
def test_broken_manager_is_our_fault(tmp_path: Path, sandbox: Sandbox, manager: str, message: str) -> None:
    judgement = run(make_relay(tmp_path, processes=2, manager=manager), COUNTING, sandbox)
    assert judgement.verdict is Verdict.IE
    assert judgement.testcases[0].message.startswith(message)


def test_manager_may_decide_without_opening_its_pipes(tmp_path: Path, sandbox: Sandbox) -> None:
    manager = '#include <cstdio>\nint main() { puts("0.5"); fputs("half", stderr); }'
    judgement = run(make_relay(tmp_path, processes=2, manager=manager), COUNTING, sandbox)
    assert scores(judgement) == [5.0, 45.0]


def test_test_of_two_subtasks_is_run_once(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs: list[str] = []
    original = Sandbox.meet

    def remembered(self: Sandbox, *args: object, **named: object) -> Meeting:
        inputs.append(Path(str(named["input"])).name)
        return original(self, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Sandbox, "meet", remembered)
    run(make_relay(tmp_path, processes=1), COUNTING, sandbox)
    assert sorted(inputs) == ["a.in", "b.in", "c.in"]


def make_run(ending: Ending = Ending.EXIT, code: int = 0, stdout: bytes = b"", cpu_time_s: float = 0.1) -> Execution:
    return Execution(ending, code, cpu_time_s, 0.2, 1.0, 0, b"", b"", stdout=stdout)


def test_failure_before_the_manager_breaks_is_the_programs() -> None:
    broken, crashed = ToolResult(make_run(Ending.SIGNAL, 11)), make_run(Ending.SIGNAL, 6)
    first = read_meeting(Meeting(broken, (crashed, make_run()), 1), time_limit_s=1)
    after = read_meeting(Meeting(broken, (make_run(), crashed), 0), time_limit_s=1)
    assert (first.checked.verdict, first.execution.ending) == (Verdict.WA, Ending.SIGNAL)
    assert after.checked.verdict is Verdict.IE


def test_manager_that_writes_to_nobody_has_rejected() -> None:
    cut_off = ToolResult(make_run(Ending.SIGNAL, signal.SIGPIPE))
    met = read_meeting(Meeting(cut_off, (make_run(),), 1), time_limit_s=1)
    assert (met.checked.verdict, met.execution.is_clean) == (Verdict.WA, True)
    assert met.checked.message == "the program ended before the manager had finished"
    assert read_meeting(Meeting(cut_off, (make_run(),), 0), time_limit_s=1).checked.verdict is Verdict.IE


def test_times_of_processes_add_up() -> None:
    manager = ToolResult(make_run(stdout=b"1.0\n"))
    met = read_meeting(Meeting(manager, (make_run(cpu_time_s=0.4), make_run(cpu_time_s=0.5)), 0), time_limit_s=1)
    late = read_meeting(Meeting(manager, (make_run(cpu_time_s=0.5), make_run(cpu_time_s=0.5)), 0), time_limit_s=1)
    assert (met.execution.ending, met.execution.cpu_time_s) == (Ending.EXIT, pytest.approx(0.9))
    assert late.execution.ending is Ending.CPU
