"""Temporary folders of processes that were killed are removed by the next that needs one; those in use stay."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from judge import workspaces
from judge.workspaces import PREFIX, workspace
from tests.conftest import ROOT

HOLDER = """
import sys
from judge.workspaces import {how}
{make}
(folder / "unpacked").mkdir()
print(folder, flush=True)
sys.stdin.read()
"""
HELD = {
    "workspace": "context = workspace(); folder = context.__enter__()",
    "lasting_workspace": "folder = lasting_workspace()",
}


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are, here and in other processes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@contextmanager
def holder(how: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that holds a workspace until it is killed or told to end, and the folder."""
    text = HOLDER.format(how=how, make=HELD[how])
    with subprocess.Popen(
        [sys.executable, "-c", text], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


@pytest.mark.parametrize("how", HELD)
def test_folder_of_a_killed_process_is_removed_by_the_next_and_not_before(how: str) -> None:
    with holder(how) as (process, folder):
        with workspace() as other:
            assert (folder / "unpacked").is_dir() and other != folder
        process.kill()
        process.wait()
        assert folder.is_dir()
        with workspace():
            assert not folder.exists()


def test_folder_that_lasts_goes_with_its_process(base: Path) -> None:
    with holder("lasting_workspace") as (process, folder):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
        assert not folder.exists()


def test_folders_side_by_side_stay_each_until_its_end(base: Path) -> None:
    with workspace() as one:
        with workspace() as other:
            assert one.is_dir() and other.is_dir()
        assert list(base.iterdir()) == [one]
    assert list(base.iterdir()) == []


def test_folder_that_is_removed_before_it_is_locked_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = tempfile.mkdtemp

    def unlucky(**given: str) -> str:
        made.append(real(**given))  # type: ignore[call-overload]
        if len(made) == 1:
            shutil.rmtree(made[0])  # by a process that took it for nobody's
        return made[-1]

    monkeypatch.setattr(workspaces.tempfile, "mkdtemp", unlucky)
    with workspace() as folder:
        assert folder.is_dir() and made.index(str(folder)) == 1


def test_what_is_no_folder_of_this_user_is_let_alone(base: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "kept").touch()
    (base / f"{PREFIX}link").symlink_to(elsewhere)
    (base / f"{PREFIX}file").touch()
    others = base / f"{PREFIX}others"
    others.mkdir()
    if os.geteuid() == 0:
        os.chown(others, 12345, 12345)
    with workspace():
        pass
    left = {path.name.removeprefix(PREFIX) for path in base.iterdir()}
    assert left == ({"link", "file", "others"} if os.geteuid() == 0 else {"link", "file"})
    assert (elsewhere / "kept").exists()
