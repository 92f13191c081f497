"""Problem packages on disk -> `Problem`s: one reader per format, all behind `load_package`.

A reader is a module with `NAME`, `recognises(path) -> bool` and `read(path, options) -> tuple[Package, ...]`, listed
in `READERS`; a new format is one new module and one entry there. Archives are unpacked here, so readers see folders
and plain files only.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Protocol

from judge.errors import PackageError
from judge.grading import requires_fault
from judge.package import Package
from judge.packages import (
    answers,
    archive,
    cms,
    codecontests,
    dmoj,
    humaneval,
    italian,
    kattis,
    livecodebench,
    plain,
    polygon,
    tps,
)
from judge.packages.options import ReadOptions
from judge.workspaces import lasting_workspace

__all__ = ["FORMATS", "detect", "load_package"]


class Reader(Protocol):
    """What every module in READERS offers."""

    NAME: str

    def recognises(self, path: Path) -> bool:
        """True where `path`, an existing folder or plain file, looks like this format."""
        ...

    def read(self, path: Path, options: ReadOptions) -> tuple[Package, ...]:
        """Every package below `path`, or PackageError: never some of them."""
        ...


READERS: tuple[Reader, ...] = (
    kattis, polygon, cms, tps, italian, dmoj, codecontests, humaneval, answers, livecodebench, plain,
)  # fmt: skip
FORMATS: tuple[str, ...] = tuple(reader.NAME for reader in READERS)
#: What a problem is worth, and its limits, are stored and computed with; beyond these they are mistakes.
MAX_POINTS = 1e9
MAX_TIME_S = 3600
MAX_MEMORY_MIB = (1 << 31) - 1
_NOTHING = (
    "neither a problem.yaml (Kattis), a problem.xml (Polygon), a problem.json (CMS, TPS), a task.yaml (Italian), "
    "an init.yml (DMOJ), plain tests (X.in with X.out) nor problems as JSON lines (LiveCodeBench)"
)


def load_package(
    path: Path | str, *, format: str = "auto", statements: Path | None = None, workspace: Path | None = None
) -> tuple[Package, ...]:
    """Every problem of the folder, zip or data file at `path`, in order of their names there.

    `format` is one of FORMATS or "auto". `statements` is a file of statements for formats that have none (see
    `livecodebench`). `workspace` is a folder that receives what has to be unpacked or written out, and must live as
    long as the packages do; None takes a temporary one that lives as long as this process. A folder of packages, also
    nested, gives all of them; so does a folder in which none lie but zips of some or files of JSON lines, and a zip in
    which only the latter do. Raises PackageError, naming file and reason, if any of them cannot be read.
    """
    path = Path(path)
    if not path.exists():
        raise PackageError(path.name, "does not exist")
    if format != "auto" and format not in FORMATS:
        raise PackageError("", f"the format {format!r} is not one of auto, {', '.join(FORMATS)}")
    folder = workspace or lasting_workspace()
    shown = path.name if path.is_file() else path.resolve().name
    name = path.stem if path.is_file() else shown
    kind = "folder" if path.is_dir() else "file"
    if path.is_file() and _is_archive(path):
        kind = "zip"
        unpacked = Path(tempfile.mkdtemp(prefix="unpacked-", dir=folder))
        archive.unpack(path, unpacked)
        path = unpacked
    try:
        reader = _reader(path, format)
        if reader is None and (files := _files_of_problems(path, with_archives=kind == "folder")):
            return _read_each(path, files, format=format, statements=statements, workspace=folder)
        if reader is None:
            raise PackageError(shown, f"is no problem package: this {kind} holds {_NOTHING}")
        packages = reader.read(path, ReadOptions(name=name, statements=statements, workspace=folder))
    except OSError as error:
        raise PackageError(shown, f"cannot be read ({error.strerror or type(error).__name__})") from error
    except RecursionError as error:
        raise PackageError(shown, "is nested too deeply") from error
    for package in packages:
        _refuse_odd_texts(package)
        _refuse_odd_amounts(package)
        if fault := requires_fault(package.problem.root):
            raise PackageError(package.problem.slug, fault)
    return packages


def _refuse_odd_texts(package: Package) -> None:
    """Raises PackageError where a name, title or flag is no text that can be stored and handed to a program."""
    problem = package.problem
    text = json.dumps([problem.to_manifest(), package.warnings], ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PackageError(problem.slug, "a name or text of it holds half a character (a lone surrogate)") from error
    if "\\u0000" in text.replace("\\\\", ""):
        raise PackageError(problem.slug, "a name or text of it holds a zero character")


def _refuse_odd_amounts(package: Package) -> None:
    """Raises PackageError where points or limits are no numbers that a problem can have."""
    slug, points = package.problem.slug, package.problem.points
    if not 0 <= points <= MAX_POINTS:
        raise PackageError(slug, f"its points are {points:g} together, not a number from 0 to {MAX_POINTS:g}")
    for name, amount, unit, most in (
        ("time", package.time_limit_s, "s", MAX_TIME_S),
        ("memory", package.memory_limit_mib, "MiB", MAX_MEMORY_MIB),
    ):
        if amount is not None and not 0 < amount <= most:
            shown = f"{amount:g}" if abs(amount) < 1e300 else "huge"
            raise PackageError(
                slug, f"its {name} limit is {shown} {unit}; more than 0 and at most {most} {unit} can be"
            )


def _files_of_problems(folder: Path, *, with_archives: bool) -> list[Path]:
    """The files of JSON lines, and the zips, in a folder and in the folders in it."""
    if not folder.is_dir():
        return []
    endings = (".jsonl", ".jsonl.gz", *((".zip",) if with_archives else ()))
    return sorted(
        path
        for path in folder.rglob("*")
        if path.name.lower().endswith(endings)
        and not path.name.startswith(".")
        and path.is_file()
        and not path.is_symlink()
    )


def _read_each(
    folder: Path, files: list[Path], *, format: str, statements: Path | None, workspace: Path
) -> tuple[Package, ...]:
    found: list[Package] = []
    for path in files:
        name, known = path.relative_to(folder).as_posix(), {package.problem.slug for package in found}
        try:
            packages = load_package(path, format=format, statements=statements, workspace=workspace)
        except PackageError as error:
            inside = error.path.removeprefix(path.name)
            is_itself = inside != error.path
            raise PackageError(f"{name}{inside}" if is_itself else f"{name}/{inside}", error.reason) from error
        if twice := next((one.problem.slug for one in packages if one.problem.slug in known), ""):
            raise PackageError(name, f'a second problem is called "{twice}"')
        found += packages
    return tuple(found)


def detect(path: Path) -> str:
    """The format of the folder or plain file at `path`: one of FORMATS, or "" where none recognises it."""
    return next((reader.NAME for reader in READERS if reader.recognises(path)), "")


def _reader(path: Path, format: str) -> Reader | None:
    return next(
        (reader for reader in READERS if format == reader.NAME or (format == "auto" and reader.recognises(path))), None
    )


def _is_archive(path: Path) -> bool:
    if path.suffix.lower() in (".zip", ".kpp"):
        return True
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"
