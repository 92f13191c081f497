"""Forks of a server keep to one core, another one for each worker."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from judge.sandbox import Executable, Execution, Isolation, Mode, RunLimits, Sandbox, cores
from tests.judge.sandbox.conftest import compiled, open_or_skip

LIMITS = RunLimits(cpu_s=5, memory_mib=64, wall_s=20)
ALL_CORES = os.sched_getaffinity(0)
#: Prints the cores it may use, and whether it can choose others for itself and for the runner.
ASKING = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
int main(void) {
  cpu_set_t now, all;
  sched_getaffinity(0, sizeof now, &now);
  for (int core = 0; core < CPU_SETSIZE; core++) {
    CPU_SET(core, &all);
    if (CPU_ISSET(core, &now)) printf("%d ", core);
  }
  int own = sched_setaffinity(0, sizeof all, &all) ? errno == EPERM : 0;
  int runner = sched_setaffinity(1, sizeof all, &all) ? errno == EPERM : 0;
  printf("refused %d %d\n", own, runner);
  return 0;
}
"""
ASKING_PYTHON = "import os\nprint(*os.sched_getaffinity(0))\n"


@pytest.fixture
def two_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The numbers of two cores of this machine that nobody else takes meanwhile."""
    usable = sorted(os.sched_getaffinity(0))[:2]
    if len(usable) < 2:
        pytest.skip("this process may use one core only")
    for core in usable:
        (tmp_path / f"cpu{core}").mkdir()
    monkeypatch.setattr(cores, "CORES", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(usable))
    yield usable


def some_inputs(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number}.in" for number in range(count)]
    for path in paths:
        path.write_text("\n")
    return paths


def said(executions: Sequence[Execution]) -> set[str]:
    return {(execution.stdout or b"").decode() for execution in executions}


def cores_of(box: Sandbox, program: Executable, inputs: list[Path], mode: Mode) -> list[int]:
    """The cores that every run said it may use, having been refused others."""
    (words,) = said(list(box.run_batch(program, inputs, LIMITS, keep_output=True, mode=mode)))
    numbers, _, answer = words.partition("refused")
    assert answer == " 1 1\n"
    return [int(number) for number in numbers.split()]


def test_forks_keep_to_one_core_and_other_runs_have_all(
    bwrap_box: Sandbox, tmp_path: Path, two_cores: list[int]
) -> None:
    program, inputs = compiled(bwrap_box, ASKING), some_inputs(tmp_path, 3)
    (core,) = cores_of(bwrap_box, program, inputs, Mode.FORK)
    assert core in two_cores
    assert cores_of(bwrap_box, program, inputs, Mode.EXEC) == sorted(ALL_CORES)


def test_forks_have_all_cores_where_none_is_free(bwrap_box: Sandbox, tmp_path: Path, two_cores: list[int]) -> None:
    program, inputs = compiled(bwrap_box, ASKING), some_inputs(tmp_path, 3)
    assert len(cores_of(bwrap_box, program, inputs, Mode.FORK)) == 1
    with cores.Cores(0).one(), cores.Cores(1).one():
        assert cores_of(bwrap_box, program, inputs, Mode.FORK) == sorted(ALL_CORES)
    assert len(cores_of(bwrap_box, program, inputs, Mode.FORK)) == 1


def test_python_programs_that_are_forked_keep_to_one_core(
    bwrap_box: Sandbox, tmp_path: Path, two_cores: list[int]
) -> None:
    program = compiled(bwrap_box, ASKING_PYTHON, "python3")
    runs = list(bwrap_box.run_batch(program, some_inputs(tmp_path, 3), LIMITS, keep_output=True, mode=Mode.FORK))
    (words,) = said(runs)
    assert int(words) in two_cores


def test_two_workers_at_once_have_a_core_each(cache: Path, tmp_path: Path, two_cores: list[int]) -> None:
    inputs = some_inputs(tmp_path, 2)
    with ExitStack() as stack:
        # numbers that would prefer the same core
        boxes = [stack.enter_context(open_or_skip(cache, Isolation.BWRAP, worker=worker)) for worker in (82, 84)]
        for _ in range(2):
            batches = [
                box.run_batch(compiled(box, ASKING), inputs, LIMITS, keep_output=True, mode=Mode.FORK) for box in boxes
            ]
            firsts = [next(batch).stdout or b"" for batch in batches]
            assert sorted(int(first.split()[0]) for first in firsts) == two_cores
            for batch in batches:
                list(batch)


def test_the_kernel_chooses_where_all_are_taken(two_cores: list[int]) -> None:
    with ExitStack() as stack:
        taken = [stack.enter_context(cores.Cores(number).one()) for number in (1, 3, 5)]
    assert taken == [two_cores[1], two_cores[0], None]


def test_a_worker_keeps_the_core_it_had_where_it_is_free(two_cores: list[int]) -> None:
    other, worker = cores.Cores(1), cores.Cores(1)
    with other.one() as theirs, worker.one() as had:
        assert {theirs, had} == set(two_cores)
    with worker.one() as again:
        assert again == had


def test_the_kernel_chooses_where_the_machine_does_not_show_its_cores(
    two_cores: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "CORES", tmp_path / "nowhere")
    with cores.Cores(0).one() as core:
        assert core is None
