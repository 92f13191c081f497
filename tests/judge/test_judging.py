"""Programs judged for real: compile, run, check, grade. Needs a machine that can isolate programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from judge import Judge, Judgement, Source, judge, judging, load_package
from judge.errors import PackageError
from judge.package import Package, stated_limits
from judge.sandbox import Sandbox
from judge.sandbox.execution import Ending, Executable
from judge.verdicts import Verdict
from tests.judge.making import DOUBLE, PLAIN, write_package

RIGHT = "print(2 * int(input()))\n"
SMALL = "n = int(input())\nprint(2 * n if n < 1000 else 0)\n"
ODD_ONLY = "n = int(input())\nprint(2 * n if n % 2 else 0)\n"
BY_WRITER = """
import sys
given, answer, feedback = sys.argv[1:4]
try:
    value = int(sys.stdin.read())
except ValueError:
    sys.exit(43)
if value != int(open(answer).read()):
    print("not the double", file=open(feedback + "judgemessage.txt", "w"))
    sys.exit(43)
sys.exit(42)
"""


def load(folder: Path, files: dict[str, str]) -> Package:
    return load_package(write_package(folder / "double", files))[0]


def run(package: Package, source: str, sandbox: Sandbox, language: str = "python3", **limits: float) -> Judgement:
    given = replace(stated_limits(package), time_limit_s=5.0, **limits)
    return judge(package, source, language=language, sandbox=sandbox, limits=given)


def verdicts(judgement: Judgement) -> dict[str, str]:
    return {test.name: str(test.verdict) for test in judgement.testcases}


def test_right_program_gets_all_points(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = run(load(tmp_path, DOUBLE), RIGHT, sandbox)
    assert (judgement.verdict, judgement.score, judgement.points) == (Verdict.AC, 100.0, 100.0)
    assert [(s.index, s.score, s.verdict) for s in judgement.subtasks] == [(1, 30.0, Verdict.AC), (2, 70.0, Verdict.AC)]
    assert {test.ending for test in judgement.testcases} == {Ending.EXIT}
    assert judgement.cpu_time_s > 0
    assert judgement.memory_mib > 1


def test_partial_program_loses_its_subtask_only(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = run(load(tmp_path, DOUBLE), SMALL, sandbox)
    assert (judgement.verdict, judgement.score) == (Verdict.PA, 30.0)
    assert verdicts(judgement)["secret/group2/c"] == "WA"


def test_tests_after_a_rejection_are_skipped_in_its_group(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = run(load(tmp_path, DOUBLE), ODD_ONLY, sandbox)
    assert verdicts(judgement) == {
        "sample/1": "AC",
        "secret/group1/a": "WA",
        "secret/group1/b": "SK",
        "secret/group2/a": "WA",
        "secret/group2/b": "SK",
        "secret/group2/c": "SK",
    }
    assert (judgement.verdict, judgement.score) == (Verdict.WA, 0.0)


def test_tests_of_equal_input_run_once(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[list[str]] = []
    original = Sandbox.run_batch

    def counted(self: Sandbox, executable: Executable, inputs: list[Path], *args: object, **kwargs: object) -> object:
        batches.append([path.read_text() for path in inputs])
        return original(self, executable, inputs, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Sandbox, "run_batch", counted)
    run(load(tmp_path, DOUBLE), RIGHT, sandbox)
    assert batches == [["1\n", "2\n", "3\n", "2000000000\n"]]


@pytest.mark.parametrize(
    ("source", "verdict", "ending"),
    [
        ("raise ValueError('no')\n", Verdict.RE, Ending.EXIT),
        ("import ctypes\nctypes.string_at(0)\n", Verdict.RE, Ending.SIGNAL),
        ("import time\nwhile time.process_time() < 9: pass\n", Verdict.TLE, Ending.CPU),
        ("import time\ntime.sleep(60)\n", Verdict.TLE, Ending.WALL),
        ("x = b'x' * (1 << 28)\nprint(len(x))\n", Verdict.MLE, Ending.MEMORY),
        ("import sys\nwhile True: sys.stdout.write('x' * 65536)\n", Verdict.OLE, Ending.OUTPUT),
    ],
)
def test_failures_become_verdicts(
    tmp_path: Path, sandbox: Sandbox, source: str, verdict: Verdict, ending: Ending
) -> None:
    package = load(tmp_path, PLAIN)
    limits = replace(stated_limits(package), time_limit_s=0.6, memory_limit_mib=128, output_limit_mib=1)
    judgement = judge(package, source, language="python3", sandbox=sandbox, limits=limits)
    assert (judgement.verdict, judgement.score) == (verdict, 0.0)
    # A busy machine may let the wall guard come first.
    assert judgement.testcases[0].ending in ((ending, Ending.WALL) if ending is Ending.CPU else (ending,))


def test_message_tells_why_a_run_failed(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = run(load(tmp_path, PLAIN), "raise SystemExit('too hard')\n", sandbox)
    assert judgement.testcases[0].message == "exit code 1: too hard"


def test_compile_error_is_a_verdict_on_everything(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = run(load(tmp_path, DOUBLE), "int main() { return x; }\n", sandbox, "cpp")
    assert (judgement.verdict, judgement.score) == (Verdict.CE, 0.0)
    assert [s.verdict for s in judgement.subtasks] == [Verdict.CE, Verdict.CE]
    assert "was not declared" in judgement.compile_message


def test_pass_fail_problem_is_worth_a_point(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load(tmp_path, PLAIN)
    assert [(j.verdict, j.score) for j in (run(package, RIGHT, sandbox), run(package, ODD_ONLY, sandbox))] == [
        (Verdict.AC, 1.0),
        (Verdict.WA, 0.0),
    ]


def test_custom_checker_decides_and_explains(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {**PLAIN, "problem.yaml": "validation: custom\n", "output_validators/check.py": BY_WRITER}
    package = load(tmp_path, files)
    assert run(package, RIGHT, sandbox).verdict is Verdict.AC
    wrong = run(package, "print(0)\n", sandbox)
    assert (wrong.verdict, wrong.testcases[0].message) == (Verdict.WA, "not the double")


@pytest.mark.parametrize("checker", ["import sys\nsys.exit(1)\n", "raise ValueError\n", "import os\nos.abort()\n"])
def test_broken_checker_is_our_fault(tmp_path: Path, sandbox: Sandbox, checker: str) -> None:
    files = {**PLAIN, "problem.yaml": "validation: custom\n", "output_validators/check.py": checker}
    judgement = run(load(tmp_path, files), RIGHT, sandbox)
    assert (judgement.verdict, judgement.score) == (Verdict.IE, 0.0)


def test_checker_that_does_not_compile_refuses_the_problem(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {**PLAIN, "problem.yaml": "validation: custom\n", "output_validators/check.cpp": "int main( {}\n"}
    with pytest.raises(PackageError, match=r"^output_validators/check.cpp: does not compile: "):
        run(load(tmp_path, files), RIGHT, sandbox)


def test_expected_outputs_are_not_in_the_candidates_sandbox(tmp_path: Path, sandbox: Sandbox) -> None:
    snoop = (
        "import os\nfound = [os.path.join(a, f) for a, _, fs in os.walk('/') for f in fs"
        " if f.endswith('.ans') or (f.endswith('.in') and not a.startswith(('/usr', '/lib')))]\n"
        "print(2 * int(input()) if not found else found)\n"
    )
    assert run(load(tmp_path, PLAIN), snoop, sandbox).verdict is Verdict.AC


SCORER = """
import sys
given, answer, feedback = sys.argv[1:4]
value, right = int(sys.stdin.read()), int(open(answer).read())
if value not in (right, right + 1):
    sys.exit(43)
open(feedback + "score.txt", "w").write("1.0" if value == right else "0.5")
sys.exit(42)
"""
GRADER = """
import sys
points = int(sys.argv[1].split("=")[1])
words = sys.stdin.read().split()
bad = [v for v in words[0::2] if v != "AC"]
print(bad[0] if bad else "AC", min(map(float, words[1::2])) * points)
"""


def test_score_checker_and_custom_grader_give_half_credit(tmp_path: Path, sandbox: Sandbox) -> None:
    changes = {"problem.yaml": "type: scoring\nvalidation: custom score\n", "graders/grader.py": GRADER}
    changes["output_validators/score.py"] = SCORER
    for name, points in (("group1", 30), ("group2", 70)):
        changes[f"data/secret/{name}/testdata.yaml"] = (
            f"on_reject: break\nrange: 0 {points}\ngrading: custom\ngrader_flags: points={points}\n"
        )
    package = load(tmp_path, {**DOUBLE, **changes})
    almost = run(package, "n = int(input())\nprint(2 * n + (n > 2))\n", sandbox)
    assert (almost.verdict, almost.score) == (Verdict.PA, 50.0)
    assert verdicts(almost)["secret/group1/b"] == "PA"
    exact = run(package, RIGHT, sandbox)
    assert (exact.verdict, exact.score) == (Verdict.AC, 100.0)
    assert run(package, "print(-1)\n", sandbox).verdict is Verdict.WA


def test_included_files_are_compiled_along(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {
        **PLAIN,
        "include/cpp/twice.h": "long long twice(long long);\n",
        "include/cpp/runner.cpp": (
            '#include <iostream>\n#include "twice.h"\nint main(){long long n;std::cin>>n;std::cout<<twice(n);}\n'
        ),
        "include/python3/main.py": "from double import twice\nprint(twice(int(input())))\n",
    }
    package = load(tmp_path, files)
    cpp = run(package, '#include "twice.h"\nlong long twice(long long n){return 2*n;}\n', sandbox, "cpp")
    assert (cpp.verdict, cpp.compile_message) == (Verdict.AC, "")
    assert run(package, "def twice(n): return 2 * n\n", sandbox).verdict is Verdict.AC  # main.py imports it by name


GUESSER = """
import sys
number, feedback = int(open(sys.argv[1]).read()), sys.argv[3]
if "chatty" in sys.argv:
    import time
    time.sleep(0.3)
    print("hello " * 100, flush=True)
for turn in range(20):
    line = sys.stdin.readline()
    if not line:
        sys.exit(43)
    guess = int(line)
    if not 1 <= guess <= 100:
        sys.exit(43)
    print("correct" if guess == number else "lower" if guess > number else "higher", flush=True)
    if guess == number:
        sys.exit(42)
sys.exit(43)
"""
BISECT = """
low, high = 1, 100
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    answer = input()
    if answer == "correct":
        break
    low, high = (low, middle - 1) if answer == "lower" else (middle + 1, high)
"""


@pytest.fixture
def guess(tmp_path: Path) -> Package:
    files = {
        "problem.yaml": "problem_format_version: 2023-07\nname: Guess\ntype: interactive\n",
        "output_validator/guess.py": GUESSER,
        "data/secret/1.in": "7\n",
        "data/secret/1.ans": "",
        "data/secret/2.in": "93\n",
        "data/secret/2.ans": "",
    }
    return load(tmp_path, files)


def test_interactive_program_talks_to_its_interactor(guess: Package, sandbox: Sandbox) -> None:
    assert run(guess, BISECT, sandbox).verdict is Verdict.AC


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("print(500, flush=True)\nwhile True: pass\n", Verdict.WA),  # rejected first, whatever comes after
        ("print(50)\nimport time\ntime.sleep(60)\n", Verdict.TLE),  # never flushed: both wait
        (BISECT + "raise SystemExit(3)\n", Verdict.RE),  # right answer, then a crash
        ("while True: pass\n", Verdict.TLE),
    ],
)
def test_interactive_failures_follow_kattis_rules(
    guess: Package, sandbox: Sandbox, source: str, verdict: Verdict
) -> None:
    limits = replace(stated_limits(guess), time_limit_s=0.5)
    assert judge(guess, source, language="python3", sandbox=sandbox, limits=limits).verdict is verdict


def test_unjudgeable_problem_is_refused_with_the_reason(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load(tmp_path, {**PLAIN, "problem.yaml": "constants: {n: 5}\n"})
    with pytest.raises(PackageError, match=r"^double: cannot be judged here: its files use constants, which are not"):
        run(package, RIGHT, sandbox)


def test_probe_inputs_run_without_verdicts(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load(tmp_path, PLAIN)
    prepared = Judge(package.problem, package, stated_limits(package), sandbox)
    built = prepared.compile(Source.of(RIGHT, "python3"))
    assert isinstance(built, Executable)
    inputs = [tmp_path / name for name in "abc"]
    for path, text in zip(inputs, ("4\n", "4 \n", "x\n"), strict=True):
        path.write_text(text)
    first, second, broken = prepared.run_on_inputs(built, inputs)
    assert first.tokens_hash == second.tokens_hash
    assert (first.stdout, broken.is_clean) == (None, False)


def test_interactor_that_nobody_listens_to_is_not_our_fault(guess: Package, sandbox: Sandbox) -> None:
    package = replace(guess, problem=replace(guess.problem, checker=replace(guess.problem.checker, flags=("chatty",))))
    limits = replace(stated_limits(package), time_limit_s=0.5)
    for source, verdict in (("", Verdict.WA), ("raise SystemExit(4)\n", Verdict.RE)):
        judgement = judge(package, source, language="python3", sandbox=sandbox, limits=limits)
        assert judgement.verdict is verdict


def test_large_outputs_are_forgotten_once_they_are_checked(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []
    made = judging.Attempt

    def remembered(*args: object) -> object:
        attempts.append(made(*args))
        return attempts[-1]

    monkeypatch.setattr(judging, "Attempt", remembered)
    padded = "print(2 * int(input()), ' ' * 1_000_000)\n"
    assert run(load(tmp_path, DOUBLE), padded, sandbox).verdict is Verdict.AC
    (attempt,) = attempts
    assert attempt.executions == {}
    assert {result.execution.stdout for result in attempt.results.values()} == {None}
