"""How malformed packages are made: a good one, with changes that no content can make or that no reader should take."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Files = Mapping[str, str | bytes | None]
Make = Callable[[Path], Path]
Step = Callable[[Path], object]


class Case(NamedTuple):
    """`make` writes the package below a folder and returns what to import; `sentence` is what is then said, where "…"
    stands for anything."""

    name: str
    make: Make
    sentence: str


def write(folder: Path, files: Files) -> Path:
    """`folder` with these files (path -> text or bytes; None leaves one out)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def one_file(name: str, content: str | bytes) -> Make:
    """A file alone."""
    return lambda folder: write(folder, {name: content}) / name


def of(base: Files, changes: Files | None = None, *, then: Step | None = None) -> Make:
    """The package `base` with changes; `then` does to its folder what no content can."""

    def make(folder: Path) -> Path:
        path = write(folder / "double", {**base, **(changes or {})})
        if then is not None:
            then(path)
        return path

    return make


def several(base: Files, *folders: str, changes: Files | None = None) -> Make:
    """A folder with the package `base` in each of these folders."""
    files = {f"{folder}/{name}": content for folder in folders for name, content in base.items()}
    return lambda folder: write(folder / "set", {**files, **(changes or {})})


def linked(name: str, target: str) -> Step:
    """Makes a file of the package a symbolic link."""

    def step(folder: Path) -> None:
        path = folder / name
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    return step


def piped(name: str) -> Step:
    """Makes a file of the package a named pipe, to which nobody writes."""

    def step(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return step


def in_latin(*names: bytes) -> Step:
    """Adds files of these names, which are not UTF-8."""

    def step(folder: Path) -> None:
        for name in names:
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("1\n")

    return step


def both(*steps: Step) -> Step:
    """One step after the other."""

    def step(folder: Path) -> None:
        for one in steps:
            one(folder)

    return step


def lines(*records: Any) -> Make:
    """A file of JSON lines; texts and bytes are written as they are."""
    parts = [
        record if isinstance(record, bytes) else (record if isinstance(record, str) else json.dumps(record)).encode()
        for record in records
    ]
    return one_file("problems.jsonl", b"".join(part + b"\n" for part in parts))


def zipped(entries: Files, *, then: Callable[[bytearray], object] | None = None) -> Make:
    """An archive of these entries; `then` changes its bytes."""

    def make(folder: Path) -> Path:
        path = folder / "double.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name, content in entries.items():
                target.writestr(name, content or "")
        if then is not None:
            data = bytearray(path.read_bytes())
            then(data)
            path.write_bytes(bytes(data))
        return path

    return make


def with_entry(entries: Files, name: str, mode: int, content: str = "") -> Make:
    """The archive with one more entry, of this Unix mode."""

    def make(folder: Path) -> Path:
        path = zipped(entries)(folder)
        with zipfile.ZipFile(path, "a") as target:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            target.writestr(entry, content)
        return path

    return make
