"""Backup and restore: one tar with the database, the stored bytes and the secret key.

The queue is left out: a sweep tells it again what the database says is to be done. So is the cache.
"""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from comparisons.actions import Refused

DATABASE = "podium.sqlite3"
KEY = "secret-key"
BLOBS = "blobs"


class Written(NamedTuple):
    """A finished backup: members, and bytes of the file."""

    files: int
    size: int


def write_backup(to: str) -> Written:
    """Writes the backup beside its place and renames it: what was there stays until all is well.

    The database is copied first, so every blob that its rows name is in the tar. Raises Refused where it is not SQLite.
    """
    target = Path(to).absolute()
    database = _database()
    with tempfile.TemporaryDirectory(prefix="podium-backup-", dir=target.parent) as work:
        copy = Path(work) / DATABASE
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as into:
            source.backup(into)
        partial = Path(work) / "partial.tar"
        partial.touch(mode=0o600)
        with tarfile.open(partial, mode="w") as tar:
            tar.add(copy, DATABASE)
            key = Path(settings.PODIUM_HOME) / KEY
            if key.exists():
                tar.add(key, KEY)
            if Path(settings.PODIUM_STORAGE).is_dir():
                tar.add(settings.PODIUM_STORAGE, BLOBS)
            files = sum(member.isfile() for member in tar.getmembers())
        partial.replace(target)
    return Written(files, target.stat().st_size)


def read_backup(path: str) -> int:
    """Unpacks a backup and returns the number of its files. Raises Refused where it is none, or where something would
    be overwritten."""
    database, storage = _database(), Path(settings.PODIUM_STORAGE)
    if database.exists() or (storage.is_dir() and any(storage.iterdir())):
        raise Refused(
            f"{settings.PODIUM_HOME} holds data already. Restore into another folder: PODIUM_HOME=folder make restore"
        )
    home = Path(settings.PODIUM_HOME)
    home.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(path) as tar, tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as work:
            members = [member for member in tar.getmembers() if member.isfile()]
            if DATABASE not in {member.name for member in members}:
                raise Refused(f"{path}: this is no backup of Podium.")
            tar.extractall(work, filter="data")
            # The database last: it makes the rest count.
            storage.parent.mkdir(parents=True, exist_ok=True)
            if (Path(work) / BLOBS).is_dir():
                _move(Path(work) / BLOBS, storage)
            if (Path(work) / KEY).exists():
                _move(Path(work) / KEY, home / KEY)
            _move(Path(work) / DATABASE, database)
    except (OSError, tarfile.TarError) as error:
        raise Refused(f"{path}: cannot be read ({error}).") from None
    return len(members)


def _move(source: Path, target: Path) -> None:
    if target.is_dir():
        target.rmdir()
    shutil.move(source, target)  # the storage may lie on another disk


def _database() -> Path:
    if connection.vendor != "sqlite":
        raise Refused("The database is PostgreSQL: back it up and restore it with pg_dump and pg_restore.")
    return Path(connection.settings_dict["NAME"])
