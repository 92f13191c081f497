"""The runs of a batch keep to one core, another one for each worker."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from judge.sandbox import Execution, Isolation, Mode, RunLimits, Sandbox, cores
from tests.judge.sandbox.conftest import compiled, open_or_skip

LIMITS = RunLimits(cpu_s=5, memory_mib=64, wall_s=20)
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


@pytest.mark.parametrize("mode", list(Mode))
def test_runs_of_a_batch_see_one_core_and_cannot_leave_it(bwrap_box: Sandbox, tmp_path: Path, mode: Mode) -> None:
    program = compiled(bwrap_box, ASKING)
    runs = list(bwrap_box.run_batch(program, some_inputs(tmp_path, 3), LIMITS, keep_output=True, mode=mode))
    (words,) = said(runs)
    core, *answer = words.split()
    assert (int(core) in os.sched_getaffinity(0), answer) == (True, ["refused", "1", "1"])


def test_python_programs_that_are_forked_see_one_core(bwrap_box: Sandbox, tmp_path: Path) -> None:
    program = compiled(bwrap_box, ASKING_PYTHON, "python3")
    runs = list(bwrap_box.run_batch(program, some_inputs(tmp_path, 3), LIMITS, keep_output=True, mode=Mode.FORK))
    (words,) = said(runs)
    assert int(words) in os.sched_getaffinity(0)


@pytest.mark.parametrize("mode", list(Mode))
def test_two_workers_at_once_have_a_core_each(cache: Path, tmp_path: Path, two_cores: list[int], mode: Mode) -> None:
    inputs = some_inputs(tmp_path, 2)
    with ExitStack() as stack:
        # numbers that would prefer the same core
        boxes = [stack.enter_context(open_or_skip(cache, Isolation.BWRAP, worker=worker)) for worker in (82, 84)]
        for _ in range(2):
            batches = [
                box.run_batch(compiled(box, ASKING), inputs, LIMITS, keep_output=True, mode=mode) for box in boxes
            ]
            firsts = [next(batch).stdout or b"" for batch in batches]
            assert sorted(int(first.split()[0]) for first in firsts) == two_cores
            for batch in batches:
                list(batch)


def test_a_core_is_shared_where_all_are_taken(two_cores: list[int]) -> None:
    with ExitStack() as stack:
        taken = [stack.enter_context(cores.Cores(number).one()) for number in (1, 3, 5)]
    assert taken == [two_cores[1], two_cores[0], two_cores[1]]


def test_a_worker_keeps_the_core_it_had_where_it_is_free(two_cores: list[int]) -> None:
    other, worker = cores.Cores(1), cores.Cores(1)
    with other.one() as theirs, worker.one() as had:
        assert {theirs, had} == set(two_cores)
    with worker.one() as again:
        assert again == had


def test_a_machine_that_does_not_show_its_cores_has_the_one_of_the_number(
    two_cores: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "CORES", tmp_path / "nowhere")
    with cores.Cores(0).one() as one, cores.Cores(2).one() as two, cores.Cores(3).one() as three:
        assert (one, two, three) == (two_cores[0], two_cores[0], two_cores[1])
