"""problem.xml of a Polygon package as plain facts, or one sentence about what is wrong with it."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from judge.packages.bundle import Bundle
from judge.packages.polygon_words import odd_words

HEADER = "problem.xml"
#: 100,000 tests with their commands are below this.
_MAX_BYTES = 32 << 20
_POLICIES = ("complete-group", "each-test")
_PATTERN = re.compile(r"%(0?)(\d*)d")


@dataclass(frozen=True)
class Source:
    """A program's source: its path in the package and Polygon's name of its language ("cpp.g++17")."""

    path: str
    type: str


@dataclass(frozen=True)
class TestEntry:
    """One test. `command` made its input ("" for a manual one), which is its output or, where given, the file called
    `from_file`. `points` is None where tests have none."""

    index: int
    input: str
    answer: str
    command: str
    from_file: str
    is_sample: bool
    group: str
    points: float | None


@dataclass(frozen=True)
class GroupEntry:
    """One group of tests. `points` is None where only its tests have some."""

    name: str
    points: float | None
    policy: str
    dependencies: tuple[str, ...]


@dataclass(frozen=True)
class Testset:
    """The tests that decide, with their limits (None where not stated)."""

    name: str
    time_limit_s: float | None
    memory_limit_mib: int | None
    tests: tuple[TestEntry, ...]
    groups: tuple[GroupEntry, ...]


@dataclass(frozen=True)
class Description:
    """What problem.xml says. `names` are by Polygon's name of the language ("english"); `statements` are (language,
    media type, path), `solutions` (tag, source); `included` are resources compiled with every solution.
    `gives_percent`: points from a checker are percent of a test's. `warnings`: a sentence for each word that is not
    known or has no effect."""

    slug: str
    names: dict[str, str]
    statements: tuple[tuple[str, str, str], ...]
    input_file: str
    output_file: str
    runs: int
    gives_percent: bool
    testset: Testset
    other_testsets: tuple[str, ...]
    checker: Source | None
    checker_name: str
    interactor: Source | None
    validators: tuple[Source, ...]
    solutions: tuple[tuple[str, Source], ...]
    executables: tuple[Source, ...]
    resources: tuple[str, ...]
    included: tuple[str, ...]
    warnings: tuple[str, ...]


def read_description(bundle: Bundle) -> Description:
    """The facts of the package's problem.xml. Raises PackageError where it cannot be read or contradicts itself."""
    return _Reader(bundle, bundle.root / HEADER).description()


class _Reader:
    def __init__(self, bundle: Bundle, path: Path) -> None:
        self.bundle = bundle
        self.path = path
        self.root = self._parsed()

    def description(self) -> Description:
        testset, others = self._testsets()
        judging = self.root.find("judging")
        assets = self.root.find("assets")
        assets = assets if assets is not None else ET.Element("assets")
        checker = assets.find("checker")
        tags = {tag.get("value", "") for tag in self.root.iterfind("tags/tag")}
        return Description(
            slug=self.root.get("short-name", ""),
            names={name.get("language", ""): name.get("value", "") for name in self.root.iterfind("names/name")},
            statements=tuple(
                (item.get("language", ""), item.get("type", ""), self._path(item))
                for item in self.root.iterfind("statements/statement")
            ),
            input_file=_file_name(judging, "input-file"),
            output_file=_file_name(judging, "output-file"),
            runs=self._whole(judging, "run-count", 2 if "run-twice" in tags else 1),
            gives_percent=judging is not None and judging.get("treat-points-from-checker-as-percent") == "true",
            testset=testset,
            other_testsets=others,
            checker=self._source(checker),
            checker_name=checker.get("name", "") if checker is not None else "",
            interactor=self._source(assets.find("interactor")),
            validators=tuple(self._sources(assets.iterfind("validators/validator"))),
            solutions=tuple(
                (item.get("tag", ""), source)
                for item in assets.iterfind("solutions/solution")
                if (source := self._source(item)) is not None
            ),
            executables=tuple(self._sources(self.root.iterfind("files/executables/executable"))),
            resources=tuple(self._path(item) for item in self.root.iterfind("files/resources/file")),
            included=tuple(
                self._path(item)
                for item in self.root.iterfind("files/resources/file")
                if any(asset.get("name", "").lower() == "solution" for asset in item.iter("asset"))
            ),
            warnings=tuple(odd_words(HEADER, self.root)),
        )

    def _parsed(self) -> ET.Element:
        real = self.bundle.real(self.path)
        if real.stat().st_size > _MAX_BYTES:
            raise self.bundle.error(self.path, f"is larger than {_MAX_BYTES >> 20} MiB")
        content = real.read_bytes()
        if b"\0" in content:  # as UTF-16 has them, in which the next would not be seen
            raise self.bundle.error(self.path, "is not valid XML (it holds zero bytes)")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise self.bundle.error(self.path, "declares a document type or entities, which Polygon never does")
        try:
            root = ET.fromstring(content)  # noqa: S314  there are no entities that could grow
        except (ET.ParseError, ValueError, LookupError) as error:
            raise self.bundle.error(self.path, f"is not valid XML ({error})") from error
        if root.tag != "problem":
            raise self.bundle.error(self.path, f"is no problem: its root is <{root.tag[:40]}>")
        return root

    def _testsets(self) -> tuple[Testset, tuple[str, ...]]:
        """The testset called "tests", else the first, and the names of the others."""
        found = {item.get("name", ""): item for item in self.root.iterfind("judging/testset")}
        if not found:
            raise self.bundle.error(self.path, "has no <testset>: the package has no tests")
        name = "tests" if "tests" in found else next(iter(found))
        item = found.pop(name)
        memory = self._number(item.findtext("memory-limit"), "memory-limit")
        time = self._number(item.findtext("time-limit"), "time-limit")
        if time is not None and not 0 < time <= 3_600_000:
            raise self.bundle.error(self.path, f'"time-limit" is {time:g}, not a number of ms from 1 to 3600000')
        if memory is not None and not 0 < memory < 1 << 50:
            raise self.bundle.error(self.path, f'"memory-limit" is {memory:g}, not a number of bytes')
        testset = Testset(
            name=name,
            time_limit_s=time / 1000 if time is not None else None,
            memory_limit_mib=math.ceil(memory / (1 << 20)) if memory is not None else None,
            tests=self._tests(item, name),
            groups=self._groups(item),
        )
        return testset, tuple(found)

    def _tests(self, testset: ET.Element, name: str) -> tuple[TestEntry, ...]:
        given, answer = (self._pattern(testset, f"{kind}-path-pattern") for kind in ("input", "answer"))
        entries = list(testset.iterfind("tests/test"))
        count = self._number(testset.findtext("test-count"), "test-count")
        if not entries:
            raise self.bundle.error(self.path, f'the testset "{name}" has no tests')
        if count is not None and count != len(entries):
            raise self.bundle.error(
                self.path, f'the testset "{name}" announces {count:g} tests and lists {len(entries)}'
            )
        return tuple(
            TestEntry(
                index=index,
                input=_numbered(given, index),
                answer=_numbered(answer, index),
                command=item.get("cmd", "").strip() if item.get("method") == "generated" else "",
                from_file=item.get("from-file", "").strip(),
                is_sample=item.get("sample") == "true",
                group=item.get("group", ""),
                points=self._points(item, f"test {index}"),
            )
            for index, item in enumerate(entries, start=1)
        )

    def _groups(self, testset: ET.Element) -> tuple[GroupEntry, ...]:
        groups: dict[str, GroupEntry] = {}
        for item in testset.iterfind("groups/group"):
            name, policy = item.get("name", ""), item.get("points-policy", "complete-group")
            if policy not in _POLICIES:
                raise self.bundle.error(
                    self.path, f'group "{name}": "points-policy" is {policy!r}, neither {" nor ".join(_POLICIES)}'
                )
            if name in groups:
                raise self.bundle.error(self.path, f'two groups are called "{name}"')
            dependencies = tuple(dict.fromkeys(one.get("group", "") for one in item.iter("dependency")))
            groups[name] = GroupEntry(name, self._points(item, f'group "{name}"'), policy, dependencies)
        return tuple(groups.values())

    def _points(self, item: ET.Element, where: str) -> float | None:
        points = self._number(item.get("points"), f"{where}: points")
        if points is not None and points < 0:
            raise self.bundle.error(self.path, f'{where}: "points" is {points:g}; 0 or more are needed')
        return points

    def _number(self, text: str | None, what: str) -> float | None:
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            where, _, name = what.rpartition(": ")
            raise self.bundle.error(
                self.path, f'{where + ": " if where else ""}"{name}" is {text[:40]!r}, not a number'
            )
        return value

    def _whole(self, item: ET.Element | None, name: str, default: int) -> int:
        value = self._number(item.get(name) if item is not None else None, name)
        return default if value is None else int(value)

    def _pattern(self, testset: ET.Element, name: str) -> str:
        pattern = (testset.findtext(name) or "").strip()
        if len(_PATTERN.findall(pattern)) != 1 or pattern.count("%") != 1:
            raise self.bundle.error(self.path, f'"{name}" is {pattern[:80]!r}, without a place for a number (%02d)')
        return self._inside(pattern)

    def _source(self, item: ET.Element | None) -> Source | None:
        source = item.find("source") if item is not None else None
        return Source(self._path(source), source.get("type", "")) if source is not None else None

    def _sources(self, items: Iterator[ET.Element]) -> Iterator[Source]:
        return (source for item in items if (source := self._source(item)) is not None)

    def _path(self, item: ET.Element) -> str:
        path = item.get("path", "").replace("\\", "/")
        if not path:
            raise self.bundle.error(self.path, f"a <{item.tag}> has no path")
        return self._inside(path)

    def _inside(self, path: str) -> str:
        if path.startswith("/") or ".." in path.split("/") or "\0" in path:
            raise self.bundle.error(self.path, f"{path[:80]!r} leaves the package")
        return path


def _numbered(pattern: str, index: int) -> str:
    return _PATTERN.sub(lambda match: str(index).zfill(min(int(match[2] or 0), 20)), pattern)


def _file_name(judging: ET.Element | None, attribute: str) -> str:
    """A file that programs read or write; "" for standard input and output."""
    name = judging.get(attribute, "").strip() if judging is not None else ""
    return "" if name in ("stdin", "stdout") else name
