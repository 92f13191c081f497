"""Problems as records of one file: JSON lines (also gzipped) or a JSON array. What the readers of such files share."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from judge.errors import PackageError
from judge.package import Package
from judge.packages.options import ReadOptions
from judge.problem import Aggregation, File, Group, Problem, Subtask, Testcase

LONGEST_LINE = 256 << 20
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
Record = Mapping[str, Any]


@dataclass
class Store:
    """Bytes that lie in no file of their own, written once, named by their digest."""

    folder: Path
    known: dict[str, Path] = field(default_factory=dict)

    def file(self, name: str, text: str) -> File:
        """This text as a file of that name. Raises PackageError where it is no text that can be stored."""
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise PackageError("", "holds half a character (a lone surrogate)") from error
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / digest[:2] / digest
        if digest not in self.known:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            self.known[digest] = path
        return File(name, digest, len(data))

    def locations(self, problem: Problem) -> dict[str, Path]:
        """Where the files of a problem lie."""
        return {digest: self.known[digest] for digest in problem.files()}


def first_keys(path: Path) -> frozenset[str]:
    """The keys of the file's first record; empty where `path` is no file of JSON objects."""
    if not path.is_file():
        return frozenset()
    with _opened(path) as stream:
        try:
            return frozenset(next(_records(stream, path.name), (0, {}))[1])
        except (PackageError, OSError, EOFError):
            return frozenset()


def read_packages(
    path: Path, options: ReadOptions, package_of: Callable[[Record, Store], Package]
) -> tuple[Package, ...]:
    """Every problem of the file, in its order. Raises PackageError, naming the line, for the first that cannot be
    read or has a slug that was there before."""
    if not path.is_file():
        raise PackageError(path.name, "is a folder; problems as JSON lines are one file")
    store = Store(options.workspace / "records")
    packages: list[Package] = []
    seen: dict[str, str] = {}
    with _opened(path) as stream:
        try:
            for line, record in _records(stream, path.name):
                where = f"line {line}" if line else f"record {len(packages) + 1}"
                try:
                    package = package_of(record, store)
                except PackageError as error:
                    raise PackageError(f"{path.name}, {where}", error.reason) from error
                slug = package.problem.slug
                if slug in seen:
                    raise PackageError(f"{path.name}, {where}", f'the problem "{slug}" was already on {seen[slug]}')
                seen[slug] = where
                packages.append(package)
        except (gzip.BadGzipFile, EOFError) as error:
            raise PackageError(path.name, "is no complete gzip file") from error
    if not packages:
        raise PackageError(path.name, "holds no problems")
    return tuple(packages)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as plain:
        is_packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        if not is_packed:
            yield plain
            return
        with gzip.open(plain) as unpacked:
            yield cast(BinaryIO, unpacked)


def _records(stream: BinaryIO, name: str) -> Iterator[tuple[int, Record]]:
    """(line, record); line 0 in an array."""
    line = 0
    while content := stream.readline(LONGEST_LINE + 1):
        line += 1
        if len(content) > LONGEST_LINE:
            raise PackageError(f"{name}, line {line}", f"is longer than {LONGEST_LINE >> 20} MiB")
        content = content.removeprefix(b"\xef\xbb\xbf") if line == 1 else content
        if not content.strip():
            continue
        if line == 1 and content.lstrip().startswith(b"["):
            yield from _array(content + stream.read(LONGEST_LINE), name)
            return
        record = parse_json(content, f"{name}, line {line}")
        if not isinstance(record, dict):
            raise PackageError(f"{name}, line {line}", "is not a JSON object")
        yield line, record


def _array(content: bytes, name: str) -> Iterator[tuple[int, Record]]:
    for number, record in enumerate(parse_json(content, name, "a JSON array"), start=1):
        if not isinstance(record, dict):
            raise PackageError(f"{name}, record {number}", "is not a JSON object")
        yield 0, record


def parse_json(content: bytes | str, where: str, what: str = "a JSON object") -> Any:
    """The JSON value of this text. Raises PackageError where it is none."""
    try:
        return json.loads(content.decode() if isinstance(content, bytes) else content)
    except UnicodeDecodeError as error:
        raise PackageError(where, "is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise PackageError(where, f"is not {what}") from error


def slug_of(name: str) -> str:
    """A problem's slug of how its source calls it: "HumanEval/0" is HumanEval-0."""
    return _UNSAFE.sub("-", name).strip("-")[:120]


def named(record: Record, key: str) -> str:
    """The slug of the name (text or number) under `key`. Raises PackageError where there is none."""
    value = record.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    slug = slug_of(value) if isinstance(value, str) else ""
    if not slug:
        raise PackageError("", f'"{key}" is missing or names nothing')
    return slug


def text(record: Record, key: str, *, default: str | None = None) -> str:
    """The text under `key`. Raises PackageError where it is missing (unless there is a default), empty or no text."""
    value = record.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise PackageError("", f'"{key}" is missing or no text')
    return value


def groups_of(testcases: tuple[Testcase, ...]) -> Group:
    """The grading tree of tests that all must be passed, those of each name's first part in a group of their own."""
    names: dict[str, list[str]] = {}
    for test in testcases:
        names.setdefault(test.name.partition("/")[0], []).append(test.name)
    groups = tuple(Group(name, tuple(tests), aggregation=Aggregation.MIN) for name, tests in names.items())
    return Group("data", groups=groups, aggregation=Aggregation.MIN)


def one_subtask(testcases: tuple[Testcase, ...]) -> tuple[Subtask, ...]:
    """One subtask of all tests, worth 1 point."""
    return (Subtask(1, "all", 1.0, "data", tuple(test.name for test in testcases)),)
