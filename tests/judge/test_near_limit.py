"""Runs near the time limit: repeated alone, all readings kept, the least counts.

Verdicts on a busy machine are asked of 8 programs, 3 times; of 200 programs, 20 times, as issue 4 has it, with

    FIDELITY=all .venv/bin/python -m pytest -n0 tests/judge/test_near_limit.py -k busy_machine
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from judge import Judge, Source, load_package
from judge.near_limit import REPEATS, is_near, settle
from judge.problem import Limits
from judge.sandbox import Sandbox
from judge.sandbox.quiet import Quiet
from tests.judge.making import PLAIN, write_package

LIMIT_S = 0.5
#: Uses a known amount of CPU time, whatever else the machine does.
SPIN = "import time\nn = int(input())\nwhile time.process_time() < {}: pass\nprint(2 * n)\n"


@pytest.mark.parametrize(
    ("cpu_time_s", "is_marked"), [(0.89, False), (0.9, True), (1.0, True), (1.1, True), (1.11, False)]
)
def test_near_is_ten_percent_on_either_side(cpu_time_s: float, is_marked: bool) -> None:
    assert is_near(cpu_time_s, 1.0) == is_marked


def settled(first: float, *repeats: float | None) -> tuple[float, tuple[float, ...]]:
    left = iter(repeats)
    return settle(first, lambda: next(left), limit_s=1.0, cpu_time_s=lambda run: run)


def test_run_within_the_limit_is_repeated_once() -> None:
    assert settled(0.95, 0.97) == (0.95, (0.95, 0.97))


def test_run_over_the_limit_is_repeated_until_it_is_within() -> None:
    assert settled(1.05, 1.02, 0.99) == (0.99, (1.05, 1.02, 0.99))


def test_run_over_the_limit_stays_so_after_three_repeats() -> None:
    assert settled(1.05, 1.04, 1.02, 1.03) == (1.02, (1.05, 1.04, 1.02, 1.03))


def test_repeat_that_could_not_be_made_is_no_reading() -> None:
    assert settled(0.95, None, 0.96) == (0.95, (0.95, 0.96))
    assert settled(1.05, None, None, None) == (1.05, (1.05,))


@pytest.fixture
def judge(tmp_path: Path, sandbox: Sandbox) -> Judge:
    (package,) = load_package(write_package(tmp_path / "plain", PLAIN))
    return Judge(package.problem, package, Limits(LIMIT_S), sandbox)


@pytest.mark.parametrize(
    ("share", "verdict", "n_readings"), [(0.5, "AC", 0), (0.95, "AC", 2), (1.04, "TLE", 1 + REPEATS), (3, "TLE", 0)]
)
def test_judge_marks_what_is_near_and_only_that(judge: Judge, share: float, verdict: str, n_readings: int) -> None:
    judgement = judge.judge(Source.of(SPIN.format(share * LIMIT_S), "python3"))
    first = judgement.testcases[0]
    assert (judgement.verdict, len(first.readings)) == (verdict, n_readings)
    assert first.readings == () or first.cpu_time_s == pytest.approx(min(first.readings), abs=1e-5)


def test_interactive_run_near_the_limit_is_repeated(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {
        "problem.yaml": "validation: custom interactive\n",
        "output_validators/talk.py": "import sys\nprint(21, flush=True)\nsys.exit(42 if input() == '42' else 43)\n",
        "data/secret/1.in": "",
        "data/secret/1.ans": "",
    }
    (package,) = load_package(write_package(tmp_path / "talk", files))
    judge = Judge(package.problem, package, Limits(LIMIT_S), sandbox)
    judgement = judge.judge(Source.of(SPIN.format(0.95 * LIMIT_S), "python3"))
    assert (judgement.verdict, len(judgement.testcases[0].readings)) == ("AC", 2)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "quiet"


def test_who_wants_to_be_alone_waits_for_others_and_gives_up(folder: Path) -> None:
    ours, theirs = Quiet(folder), Quiet(folder)
    with theirs.running():
        with ours.alone(0.02) as is_alone:
            assert is_alone is False
        with ours.running():
            pass
    with ours.alone(0.02) as is_alone:
        assert is_alone is True
        with theirs.alone(0.02) as is_alone_too:
            assert is_alone_too is False
        with ours.running():
            pass


def test_who_runs_something_cannot_be_alone(folder: Path) -> None:
    ours = Quiet(folder)
    with ours.running(), ours.alone(0.02) as is_alone:
        assert is_alone is False


IS_FULL = os.environ.get("FIDELITY") == "all"
PROGRAMS, TIMES = (200, 20) if IS_FULL else (8, 3)
CPP = '#include <cstdio>\n#include <vector>\nint main() {{ long long n; scanf("%lld", &n); {} }}\n'
#: What programs of every kind do; {0} makes each one another program.
BODIES = (
    "printf(\"%lld\", 2 * n + 0 * {0}LL);",
    "printf(\"%lld\", 2 * n + (n > 4) * ({0} + 1));",
    "volatile long long x = 0; for (long long i = 0; i < {0} * 100000LL; i++) x += i; printf(\"%lld\", 2 * n);",
    "std::vector<int> v({0} + 3); v.at(n > 4 ? v.size() : 0) = 1; printf(\"%lld\", 2 * n);",
    "volatile int x = {0}; for (;;) x = x + 1;",
    "std::vector<std::vector<char>> v; for (;;) v.emplace_back(1 << 20, {0} & 7);",
    "return {0} % 250 + 1;",
    "for (long long i = 0; i < 50000000LL + {0}; i++) puts(\"filling the output\");",
)  # fmt: skip


def verdicts_of(folder: str, worker: int, seed: int) -> list[tuple[str, bool]]:
    """Every program's verdict, and whether it was marked, as one worker finds them in an order of its own."""
    (package,) = load_package(Path(folder) / "plain")
    programs = [CPP.format(BODIES[n % len(BODIES)].format(n)) for n in range(PROGRAMS)]
    order = random.Random(seed).sample(range(PROGRAMS), PROGRAMS)  # noqa: S311
    found: dict[int, tuple[str, bool]] = {}
    with Sandbox.open(cache=Path(folder) / "cache", worker=worker) as sandbox:
        judge = Judge(package.problem, package, Limits(0.2, 64, 1), sandbox)
        for n in order:
            judgement = judge.judge(Source.of(programs[n], "cpp"))
            found[n] = (str(judgement.verdict), any(test.readings for test in judgement.testcases))
    return [found[n] for n in range(PROGRAMS)]


def test_verdicts_are_the_same_on_a_busy_machine(tmp_path: Path, sandbox: Sandbox) -> None:
    write_package(tmp_path / "plain", PLAIN)
    workers = max(2, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(verdicts_of, str(tmp_path), 70 + n % workers, n) for n in range(TIMES)]
        runs = [job.result() for job in jobs]
    differing = {n for run in runs for n in range(PROGRAMS) if run[n][0] != runs[0][n][0]}
    marked = {n for run in runs for n in range(PROGRAMS) if run[n][1]}
    assert differing - marked == set()
    assert {verdict for verdict, _ in runs[0]} == {"AC", "WA", "TLE", "MLE", "RE", "OLE"}
