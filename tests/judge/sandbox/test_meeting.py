"""A manager and several processes over named pipes, and programs on files, in either isolation."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.sandbox import Ending, RunLimits, Sandbox
from tests.judge.sandbox.conftest import compiled

LIMITS = RunLimits(cpu_s=1, memory_mib=64, wall_s=3)
#: Adds up what its processes answer to the number it is given.
ADDING = r"""
#include <signal.h>
#include <stdio.h>
int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int number, answer, sum = 0;
  FILE *file = fopen("input.txt", "r"), *to, *from;
  if (!file || fscanf(file, "%d", &number) != 1) return 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!(to = fopen(argv[i + 1], "w")) || !(from = fopen(argv[i], "r"))) return 2;
    fprintf(to, "%d\n", number);
    fflush(to);
    if (fscanf(from, "%d", &answer) == 1) sum += answer;
  }
  printf("%d\n", sum);
}
"""
PROCESS = r"""
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  int number;
  if (scanf("%d", &number) != 1) return 1;
  printf("%d\n", number * (argc > 1 ? 1 + atoi(argv[1]) : 1));
}
"""
#: Fails to make a file beside its pipes, and to see those of the others.
NOSY = r"""
#include <stdio.h>
int main(int argc, char **argv) {
  FILE *in = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
  int number, seen = 0;
  if (fscanf(in, "%d", &number) != 1) return 1;
  seen += fopen("/fifo0/left", "w") != NULL && fopen("/fifo1/left", "w") != NULL;
  seen += argv[3][0] == '0' && fopen("/fifo1/m_to_u1", "r") != NULL;
  fprintf(out, "%d\n", seen ? 1000 : number);
}
"""


def meet(box: Sandbox, folder: Path, source: str, *, processes: int, is_named: bool = False) -> tuple[bytes, list[str]]:
    given = folder / "input"
    given.write_text("7\n")
    met = box.meet(
        compiled(box, source),
        compiled(box, ADDING),
        processes=processes,
        is_named=is_named,
        input=given,
        candidate_limits=LIMITS,
        manager_limits=RunLimits(cpu_s=10, memory_mib=256),
    )
    return met.manager.stdout, [f"{run.ending} {run.code}" for run in met.processes]


@pytest.mark.parametrize(("processes", "said"), [(1, b"7\n"), (2, b"21\n"), (4, b"70\n")])
def test_manager_talks_to_every_process(box: Sandbox, tmp_path: Path, processes: int, said: bytes) -> None:
    assert meet(box, tmp_path, PROCESS, processes=processes) == (said, ["exit 0"] * processes)


def test_process_sees_its_own_pipes_only(bwrap_box: Sandbox, tmp_path: Path) -> None:
    assert meet(bwrap_box, tmp_path, NOSY, processes=2, is_named=True) == (b"14\n", ["exit 0"] * 2)


def test_process_that_never_answers_is_let_go_by_the_guard(box: Sandbox, tmp_path: Path) -> None:
    sleeping = "#include <unistd.h>\nint main(void) { sleep(60); }\n"
    said, endings = meet(box, tmp_path, sleeping, processes=2)
    assert (said, endings) == (b"0\n", ["wall 9"] * 2)


@pytest.mark.parametrize("is_named", [False, True])
def test_process_that_opens_nothing_holds_nobody_up(box: Sandbox, tmp_path: Path, is_named: bool) -> None:
    said, endings = meet(box, tmp_path, "int main(void) { return 5; }\n", processes=2, is_named=is_named)
    assert (said, endings) == (b"0\n", ["exit 5"] * 2)


def test_no_pipe_is_left(box: Sandbox, tmp_path: Path) -> None:
    meet(box, tmp_path, PROCESS, processes=2)
    assert list(box.cache.glob("scratch/*/pipes-*")) == []


def test_program_may_use_a_file_of_either_name(box: Sandbox, tmp_path: Path) -> None:
    start = "#include <stdio.h>\nint main(void) "
    copying = start + '{ fprintf(fopen("out.txt", "w"), "%c!", fgetc(fopen("in.txt", "r"))); }\n'
    given = tmp_path / "input"
    given.write_text("7\n")
    run = box.run_on_file(compiled(box, copying), given, LIMITS, input_name="in.txt", output_name="out.txt")
    assert (run.ending, run.stdout, run.stdout_bytes) == (Ending.EXIT, b"7!", 2)
    printing = start + '{ printf("%c", getchar()); }\n'
    run = box.run_on_file(compiled(box, printing), given, LIMITS, input_name="in.txt", output_name="out.txt")
    assert (run.ending, run.stdout) == (Ending.EXIT, b"7")
