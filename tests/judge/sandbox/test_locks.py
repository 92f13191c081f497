"""Candidates that run at once on the same inputs cannot tell each other anything by locks on them."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from judge.sandbox import Isolation, Mode, Sandbox
from tests.judge.sandbox.conftest import LIMITS, compiled

#: Prints which locks of somebody else it meets on its input.
LISTENER = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
int main(void) {
  struct flock range = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
  if (flock(0, LOCK_EX | LOCK_NB)) puts("flock");
  if (fcntl(0, F_SETLK, &range)) puts("F_SETLK");
  if (!fcntl(0, F_GETLK, &range) && range.l_type != F_UNLCK) puts("F_GETLK");
  range.l_type = F_RDLCK, range.l_pid = 0;
  if (fcntl(0, F_OFD_SETLK, &range) && errno == EAGAIN) puts("F_OFD_SETLK");
  puts("end");
  return 0;
}
"""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """An input that another process has locked in every way."""
    path = tmp_path / "input"
    path.write_text("input\n")
    handles = [os.open(path, os.O_RDWR) for _ in range(2)]
    fcntl.flock(handles[0], fcntl.LOCK_EX)
    fcntl.lockf(handles[1], fcntl.LOCK_EX)
    yield path
    for handle in handles:
        os.close(handle)


@pytest.mark.parametrize("mode", list(Mode), ids=lambda mode: mode.name.lower())
def test_locks_on_an_input_are_not_seen(box: Sandbox, locked: Path, mode: Mode) -> None:
    if mode is Mode.FORK and box.isolation is Isolation.LANDLOCK:
        pytest.skip("without namespaces every run is a start of its own")
    runs = box.run_batch(compiled(box, LISTENER), [locked] * 2, LIMITS, keep_output=True, mode=mode)
    assert [(run.code, run.stdout) for run in runs] == [(0, b"end\n")] * 2


def test_locks_on_an_input_are_seen_without_a_sandbox(locked: Path, tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    source, program = tmp_path / "listener.c", tmp_path / "listener"
    source.write_text(LISTENER)
    subprocess.run(["cc", "-o", program, source], check=True)
    with locked.open("rb") as stdin:
        said = subprocess.run([program], stdin=stdin, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.split() == ["flock", "F_SETLK", "F_GETLK", "F_OFD_SETLK", "end"]
