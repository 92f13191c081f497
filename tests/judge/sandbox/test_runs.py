"""What runs report: order, outputs, digests, times, memory, endings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from judge.sandbox import Ending, Execution, RunLimits, Sandbox, output_digests

from .conftest import LIMITS, Probe, compiled
from .test_attacks import running

ECHO = "#include <stdio.h>\nint main(void) { int c; while ((c = getchar()) != EOF) putchar(c); return 0; }"


def inputs_of(folder: Path, *contents: bytes) -> list[Path]:
    paths = [folder / f"{number}.in" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def test_batch_keeps_order_and_outputs(box: Sandbox, tmp_path: Path) -> None:
    contents = [str(number).encode() * (number % 7) for number in range(150)]
    runs = box.run_batch(compiled(box, ECHO), inputs_of(tmp_path, *contents), LIMITS, keep_output=True)
    assert [run.stdout for run in runs] == contents


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"  a \n\n b\t\r\n",
        b"a\0b",
        b"x" * 70_000 + b" y " + b"z" * 128,
        b" " * 65_537 + b"end",
        b"a " * 99_999,
    ],
    ids=["empty", "newline", "gaps", "nul", "long", "wide gap", "many words"],
)
def test_digests_are_those_of_the_output(box: Sandbox, tmp_path: Path, content: bytes) -> None:
    (run,) = box.run_batch(compiled(box, ECHO), inputs_of(tmp_path, content), LIMITS)
    assert (run.stdout_hash, run.tokens_hash) == output_digests(content)
    assert (run.stdout_bytes, run.stdout) == (len(content), None)


def test_output_cap_cuts_what_is_kept_only(box: Sandbox, tmp_path: Path) -> None:
    content = b"0123456789" * 1000
    paths = inputs_of(tmp_path, content)
    (run,) = box.run_batch(compiled(box, ECHO), paths, LIMITS, keep_output=True, output_cap=15)
    assert (run.stdout, run.stdout_bytes, run.stdout_hash) == (b"012345678901234", 10_000, output_digests(content)[0])


@pytest.mark.parametrize(("size", "ending"), [(1000, Ending.EXIT), (1001, Ending.OUTPUT), (5000, Ending.OUTPUT)])
def test_output_limit_is_exact(box: Sandbox, tmp_path: Path, size: int, ending: Ending) -> None:
    limits = replace(LIMITS, output_bytes=1000)
    (run,) = box.run_batch(compiled(box, ECHO), inputs_of(tmp_path, b"x" * size), limits)
    assert run.ending is ending


def test_stop_after_ends_the_batch(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(box, '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); return n; }')
    paths = inputs_of(tmp_path, *(str(number).encode() for number in range(100)))
    asked: list[int] = []

    def is_enough(index: int, execution: Execution) -> bool:
        asked.append(index)
        return execution.code == 3

    codes = [run.code for run in box.run_batch(program, paths, LIMITS, stop_after=is_enough)]
    assert (codes, asked, running(program.path)) == ([0, 1, 2, 3], [0, 1, 2, 3], [])


def test_abandoned_batch_leaves_nothing(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(
        box, "#include <unistd.h>\nint main(void) { char c; if (read(0, &c, 1)) for (;;) pause(); return 0; }"
    )
    runs = box.run_batch(program, inputs_of(tmp_path, b"", b"x", b"x"), replace(LIMITS, wall_s=60))
    assert next(iter(runs)).is_clean
    del runs
    assert running(program.path) == []


def test_missing_input_is_an_error_of_the_caller(box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(box.run_batch(compiled(box, ECHO), [tmp_path / "absent"], LIMITS))


@pytest.mark.parametrize(
    ("what", "amount", "ending", "code"),
    [
        ("code", 0, Ending.EXIT, 0),
        ("code", 7, Ending.EXIT, 7),
        ("abort", 0, Ending.SIGNAL, 6),
        ("crash", 0, Ending.SIGNAL, 11),
    ],
)
def test_ending_says_how_the_program_ended(probe: Probe, what: str, amount: int, ending: Ending, code: int) -> None:
    execution = probe(what, amount)
    assert (execution.ending, execution.code) == (ending, code)


@pytest.mark.parametrize("seconds", [0.005, 0.1, 0.5])
def test_cpu_time_is_what_was_burnt(probe: Probe, seconds: float) -> None:
    execution = probe("burn", seconds)
    assert execution.ending is Ending.EXIT
    assert execution.cpu_time_s == pytest.approx(seconds, rel=0.02, abs=0.005)


def test_program_that_gets_little_of_the_machine_is_not_taken_for_asleep(box: Sandbox) -> None:
    """A twentieth of the time, less than it would get in a queue of thirty; it needs longer than the wall guard."""
    source = """#include <time.h>
        int main(void) {
          struct timespec rest = { 0, 95 * 1000 * 1000 };
          for (int i = 1; i <= 8; i++) { while (clock() < i * CLOCKS_PER_SEC / 200) continue; nanosleep(&rest, 0); }
          return 0;
        }"""
    limits = replace(LIMITS, wall_s=0.3)
    (execution,) = box.run_batch(compiled(box, source), [Path("/dev/null")], limits)
    assert (execution.ending, execution.code) == (Ending.EXIT, 0)


def test_cpu_limit_is_met_soon_after_it(probe: Probe) -> None:
    execution = probe("burn", 5, RunLimits(cpu_s=0.3, memory_mib=64, wall_s=10))
    assert execution.ending is Ending.CPU
    assert 0.3 < execution.cpu_time_s < 0.35


@pytest.mark.parametrize("mib", [1, 10, 50])
def test_memory_is_what_was_touched(probe: Probe, mib: int) -> None:
    execution = probe("use", mib)
    assert execution.ending is Ending.EXIT
    assert execution.memory_mib == pytest.approx(mib, abs=2)


def test_memory_a_little_over_the_limit_is_told_from_a_crash(probe: Probe) -> None:
    assert probe("use", 70).ending is Ending.MEMORY


def test_memory_over_the_limit_comes_before_the_time_it_is_kept_for(box: Sandbox, tmp_path: Path) -> None:
    """How fast memory fills depends on the machine; that the peak passed the limit does not."""
    source = "volatile char a[80 << 20]; int main(void) { for (int i = 0;; i = (i + 4096) % (80 << 20)) a[i] = 1; }"
    limits = replace(LIMITS, cpu_s=0.5, memory_mib=64)
    (run,) = box.run_batch(compiled(box, source), inputs_of(tmp_path, b""), limits)
    assert (run.ending, run.cpu_time_s > 0.5, run.memory_mib > 64) == (Ending.MEMORY, True, True)


def test_deep_recursion_has_the_whole_memory_as_stack(probe: Probe) -> None:
    assert probe("deep", 50_000).stdout == b"0\nend\n"


def test_runaway_recursion_is_out_of_memory(probe: Probe) -> None:
    assert probe("deep", 10_000_000).ending is Ending.MEMORY


def test_untouched_static_array_costs_nothing(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(box, "static char a[300 << 20]; int main(void) { a[5] = 1; return a[6]; }")
    (run,) = box.run_batch(program, inputs_of(tmp_path, b""), LIMITS)
    assert (run.ending, run.code, run.memory_mib < 5) == (Ending.EXIT, 0, True)


def test_equal_runs_are_equal(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(
        box, '#include <stdio.h>\nint main(void) { int x; printf("%p %p\\n", (void *)&x, (void *)main); }'
    )
    runs = list(box.run_batch(program, inputs_of(tmp_path, b"") * 20, LIMITS))
    assert len({run.stdout_hash for run in runs}) == 1
    assert {run.ending for run in runs} == {Ending.EXIT}


def test_python_runs_with_a_deep_thread(box: Sandbox, tmp_path: Path) -> None:
    source = (
        "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(256 << 20)\n"
        "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n"
        "t = threading.Thread(target=lambda: print(f(30000), input()))\nt.start()\nt.join()\nexit()\n"
    )
    (run,) = box.run_batch(compiled(box, source, "python3"), inputs_of(tmp_path, b"x\n"), LIMITS, keep_output=True)
    assert (run.stdout, run.stderr, run.is_clean) == (b"30000 x\n", b"", True)


def test_python_out_of_memory_is_no_plain_failure(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(box, "x = bytearray(4 << 30)", "python3")
    (run,) = box.run_batch(program, inputs_of(tmp_path, b""), LIMITS)
    assert run.ending is Ending.MEMORY


def test_python_failure_brings_its_message(box: Sandbox, tmp_path: Path) -> None:
    (run,) = box.run_batch(compiled(box, "raise KeyError(5)", "python3"), inputs_of(tmp_path, b""), LIMITS)
    assert (run.ending, run.code, run.stderr.splitlines()[-1]) == (Ending.EXIT, 1, b"KeyError: 5")


@pytest.mark.parametrize("call", ["__import__('os').fork()", "__import__('subprocess').run(['/usr/bin/true'])"])
def test_python_cannot_start_processes(box: Sandbox, tmp_path: Path, call: str) -> None:
    program = compiled(box, f"try:\n    {call}\nexcept OSError:\n    print('refused')\n", "python3")
    (run,) = box.run_batch(program, inputs_of(tmp_path, b""), LIMITS, keep_output=True)
    assert run.stdout == b"refused\n"


def test_forking_is_for_those_who_may(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(box, "#include <unistd.h>\nint main(void) { return fork() < 0 ? 1 : 0; }")
    for may_fork, code in ((False, 1), (True, 0)):
        limits = replace(LIMITS, may_fork=may_fork, processes=4)
        (run,) = box.run_batch(program, inputs_of(tmp_path, b""), limits)
        assert (run.ending, run.code) == (Ending.EXIT, code)


@pytest.mark.parametrize(
    ("other", "ending"),
    [
        ("fork", Ending.WALL),
        ("if (fork() == 0) setsid", Ending.WALL),
        # Nobody but itself; a thread; a process that has ended.
        ("getppid", Ending.EXIT),
        ("thread", Ending.EXIT),
        ("if (fork() == 0) _exit(0); else wait_for", Ending.EXIT),
    ],
)
def test_only_a_program_without_others_at_work_may_be_starved(
    box: Sandbox, tmp_path: Path, other: str, ending: Ending
) -> None:
    source = """
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static void *waste(void *of) { for (;;) continue; }
static void thread(void) { pthread_t t; pthread_create(&t, 0, waste, 0); }
static void wait_for(void) { wait(0); }
int main(void) {
  struct timespec start, t;
  pid_t own = getpid();
  OTHER();
  if (getpid() != own) waste(0);
  clock_gettime(CLOCK_MONOTONIC, &start);
  do clock_gettime(CLOCK_MONOTONIC, &t); while (t.tv_sec < start.tv_sec + 2);
  _exit(0);
}"""
    limits = RunLimits(cpu_s=20, memory_mib=256, wall_s=0.7, processes=4, may_fork=True)
    (run,) = box.run_batch(compiled(box, source.replace("OTHER", other)), inputs_of(tmp_path, b""), limits)
    assert run.ending is ending
