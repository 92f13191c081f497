"""Backup and restore."""

from __future__ import annotations

import sqlite3
import tarfile
from pathlib import Path

import pytest
from pytest_django import Settings

from comparisons.actions import Refused
from comparisons.management import archiving


@pytest.fixture
def home(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PODIUM_HOME with a database of one row, a key and one blob."""
    home = tmp_path / "home"
    (home / "blobs" / "ab").mkdir(parents=True)
    (home / "blobs" / "ab" / "abcd").write_bytes(b"outcomes")
    (home / "secret-key").write_text("k" * 64)
    with sqlite3.connect(home / "podium.sqlite3") as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (42)")
    database.close()
    use(home, settings, monkeypatch)
    return home


def use(home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes this folder the one that commands work in."""
    settings.PODIUM_HOME = home
    settings.PODIUM_STORAGE = home / "blobs"
    monkeypatch.setattr(archiving, "_database", lambda: home / "podium.sqlite3")


def test_backup_restores_into_an_empty_home(
    home: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = archiving.write_backup(str(tmp_path / "b.tar"))
    assert (written.files, (tmp_path / "b.tar").stat().st_mode & 0o777) == (3, 0o600)
    use(tmp_path / "other", settings, monkeypatch)
    assert archiving.read_backup(str(tmp_path / "b.tar")) == 3
    other = tmp_path / "other"
    with sqlite3.connect(other / "podium.sqlite3") as database:
        assert database.execute("SELECT x FROM t").fetchall() == [(42,)]
    database.close()
    assert (other / "blobs" / "ab" / "abcd").read_bytes() == b"outcomes"
    assert (other / "secret-key").read_text() == "k" * 64
    assert sorted(path.name for path in other.iterdir()) == ["blobs", "podium.sqlite3", "secret-key"]


def test_restore_over_data_is_refused(home: Path, tmp_path: Path) -> None:
    archiving.write_backup(str(tmp_path / "b.tar"))
    with pytest.raises(Refused, match=r"holds data already"):
        archiving.read_backup(str(tmp_path / "b.tar"))


def test_restore_of_something_else_changes_nothing(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(tmp_path / "home", settings, monkeypatch)
    (tmp_path / "x.txt").write_text("x")
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(tmp_path / "x.txt", "x.txt")
    with pytest.raises(Refused, match=r"x\.tar: this is no backup of Podium\.$"):
        archiving.read_backup(str(tmp_path / "x.tar"))
    with pytest.raises(Refused, match=r"x\.txt: cannot be read"):
        archiving.read_backup(str(tmp_path / "x.txt"))
    assert list((tmp_path / "home").iterdir()) == []
