"""Plain folders of tests: an input and an output file for each test, and nothing that must be written besides.

A test is `X.in` with `X.out`, `X.ans` or `X.a`; `inputX` with `outputX` ("input1.txt", "1_input"); `in1` with `out1`;
`X` without suffix with `X.a`; or a file in a folder in/, input/ or inputs/ with one of the same name (whatever the
suffixes) in out/, output/ or outputs/. Decided here, since nobody else has:

* Folders called subtask*, group* or st* with a number are subtasks, worth 1 point each; without any, all tests are one
  subtask worth 1. Tests in or called sample* or example* are samples: shown, and worth nothing beside subtasks.
* The tests may lie one level deeper, in tests/, data/, testdata/ or secret/.
* Any other folder with tests in it is a problem of its own, called as the folder is.
* limits.txt may lie beside them, a line each: `title: Double it`, `time: 2` (s), `memory: 256` (MiB), `points: 30 70`
  (of the subtasks in order), `tolerance: 1e-6` (numbers need not be spelled alike). Outputs are compared token by
  token, case-sensitively.
* statement.* or problem.* (md, html, tex, pdf) is the statement. Natural order: 2 before 10.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from judge.errors import PackageError
from judge.package import Package
from judge.packages.bundle import Bundle
from judge.packages.kattis_header import number
from judge.packages.options import ReadOptions
from judge.packages.roots import natural_key, own_folders, slug_of
from judge.packages.statements import FORMATS, read_statement
from judge.problem import Aggregation, Checker, Group, Problem, Subtask, TaskType, Testcase

NAME = "plain"
WHOLE = "all"
_LIMITS = "limits.txt"
_ANSWERS = (".out", ".ans", ".a")
_INPUT_FOLDERS = {"in": "out", "input": "output", "inputs": "outputs"}
_DATA_FOLDERS = ("tests", "data", "testdata", "secret")
_SUBTASK = re.compile(r"(?:subtask|group|st)[-_ ]?\d+", re.IGNORECASE)
_SAMPLE = re.compile(r"(?:sample|example)s?", re.IGNORECASE)
_SPELLED_INPUT = re.compile(
    r"(?P<before>[\w.-]*?)input(?P<after>[-_.]?\d*(?:\.(?:txt|in|dat))?)|in(?P<number>[-_.]?\d+(?:\.(?:txt|dat))?)"
)


@dataclass(frozen=True)
class _Pair:
    """A test's files. `name` is its path in the problem without suffix; `folder` what of it is above the file."""

    name: str
    input: Path
    answer: Path

    @property
    def folder(self) -> str:
        return PurePosixPath(self.name).parent.as_posix()

    @property
    def is_sample(self) -> bool:
        return any(_SAMPLE.match(part) for part in PurePosixPath(self.name).parts)


def recognises(path: Path) -> bool:
    """True for a folder that holds tests, at its top or in folders below."""
    return path.is_dir() and bool(_problems(path))


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every problem at or below `path`, by path. Raises PackageError where there is none or one is incomplete."""
    folders = _problems(path) if path.is_dir() else []
    if not folders:
        raise PackageError(options.name, "holds no tests: no file is an input (X.in, inputX, in/X)")
    packages: dict[str, Package] = {}
    for folder in folders:
        slug = slug_of(options.name if folder == path else folder.name)
        if slug in packages:
            raise PackageError(folder.relative_to(path).as_posix(), f'a second problem is called "{slug}"')
        packages[slug] = _read_package(Bundle(folder, top=path), slug)
    return tuple(packages.values())


def _problems(path: Path) -> list[Path]:
    """The folders that are problems: those with tests of their own, else what lies in them."""
    if _has_tests(path):
        return [path]
    return [problem for child in own_folders(path) for problem in _problems(child)]


def _has_tests(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        names = {entry.name for entry in entries if entry.is_file()}
    if any(_is_input(name) or ("." not in name and f"{name}.a" in names) for name in names):
        return True
    parts = [child for child in own_folders(folder) if _is_part(child.name)]
    return any(_has_tests(child) or child.name.lower() in _INPUT_FOLDERS for child in parts)


def _is_part(name: str) -> bool:
    """Whether a folder of this name belongs to the problem it lies in."""
    low = name.lower()
    return low in _INPUT_FOLDERS or low in _DATA_FOLDERS or bool(_SUBTASK.fullmatch(low) or _SAMPLE.match(low))


def _is_input(name: str) -> bool:
    return name.endswith(".in") or _spelled_answer(name) is not None


def _spelled_answer(name: str) -> str | None:
    """The name of the output that belongs to an input of this name, None where it is not spelled so."""
    match = _SPELLED_INPUT.fullmatch(name)
    if match is None:
        return None
    if match["number"] is not None:
        return f"out{match['number']}"
    return f"{match['before']}output{match['after']}"


def _read_package(bundle: Bundle, slug: str) -> Package:
    pairs = sorted(_pairs(bundle, bundle.root, ""), key=lambda pair: (not pair.is_sample, natural_key(pair.name)))
    if not pairs:
        raise bundle.error(bundle.root, "holds no tests")
    limits = _Limits(bundle)
    tests = tuple(
        Testcase(pair.name, bundle.file(pair.input), bundle.file(pair.answer), pair.is_sample) for pair in pairs
    )
    root, subtasks = _tree(pairs, limits)
    problem = Problem(
        slug=slug,
        title=limits.texts.get("title", slug),
        task_type=TaskType.BATCH,
        format=NAME,
        testcases=tests,
        root=root,
        subtasks=subtasks,
        checker=Checker(flags=limits.checker_flags()),
        statements=tuple(
            read_statement(bundle, "en", kind, path)
            for name in ("statement", "problem")
            for suffix, kind in FORMATS.items()
            if (path := bundle.root / f"{name}{suffix}").is_file()
        ),
    )
    memory = limits.number("memory", most=1 << 20)
    return Package(
        problem=problem,
        locations=bundle.locations,
        time_limit_s=limits.number("time", most=3600.0),
        memory_limit_mib=max(1, round(memory)) if memory is not None else None,
    )


def _pairs(bundle: Bundle, folder: Path, prefix: str) -> Iterator[_Pair]:
    """The tests of `folder` and of the folders in it that belong to the problem."""
    children = bundle.children(folder)
    names = {child.name: child for child in children if child.is_file()}
    for name, child in names.items():
        if _is_input(name):
            answer = _answer(bundle, child, names)
            yield _Pair(prefix + (child.stem if name.endswith(".in") else name.split(".")[0]), child, answer)
        elif not child.suffix and f"{name}.a" in names:
            yield _Pair(prefix + name, child, names[f"{name}.a"])
    for child in children:
        low = child.name.lower()
        if not child.is_dir():
            continue
        if low in _INPUT_FOLDERS:
            yield from _across(bundle, child, child.with_name(_INPUT_FOLDERS[low]), prefix)
        elif low in _DATA_FOLDERS:
            yield from _pairs(bundle, child, prefix)
        elif _is_part(low) and low not in _INPUT_FOLDERS.values():
            yield from _pairs(bundle, child, f"{prefix}{child.name}/")


def _answer(bundle: Bundle, given: Path, names: dict[str, Path]) -> Path:
    spelled = _spelled_answer(given.name)
    wanted = [given.stem + suffix for suffix in _ANSWERS] if given.suffix == ".in" else []
    wanted += [spelled] if spelled else []
    found = [names[name] for name in wanted if name in names]
    if not found:
        raise bundle.error(given, f"has no expected output: {' or '.join(wanted)} is missing beside it")
    if len(found) > 1:
        raise bundle.error(given, f"has two expected outputs: {found[0].name} and {found[1].name}")
    return found[0]


def _across(bundle: Bundle, inputs: Path, outputs: Path, prefix: str) -> Iterator[_Pair]:
    """Tests whose inputs and outputs lie in two folders, under equal names but for suffixes and "in" and "out"."""
    if not outputs.is_dir():
        raise bundle.error(inputs, f"has no folder of expected outputs beside it ({outputs.name})")
    answers = {_common(path.relative_to(outputs)): path for path in bundle.walk(outputs)}
    for given in bundle.walk(inputs):
        name = _common(given.relative_to(inputs))
        if name not in answers:
            raise bundle.error(given, f"has no expected output: no file of its name is in {bundle.name(outputs)}")
        yield _Pair(prefix + name, given, answers[name])


def _common(path: Path) -> str:
    """What the names of an input and its output have in common."""
    stem = re.sub(r"(?:in|out)(?:put)?[-_.]?(?=\d)", "", path.stem, flags=re.IGNORECASE)
    return (path.parent / stem).as_posix()


def _tree(pairs: list[_Pair], limits: _Limits) -> tuple[Group, tuple[Subtask, ...]]:
    members: dict[str, list[_Pair]] = {}
    for pair in pairs:
        if not pair.is_sample:
            members.setdefault(pair.folder, []).append(pair)
    names = {folder: tuple(pair.name for pair in own) for folder, own in members.items()}
    folders = list(members)
    if not any(_SUBTASK.search(folder) for folder in folders):
        (points,) = limits.points(1)
        group = Group(
            WHOLE,
            tuple(pair.name for pair in pairs),
            aggregation=Aggregation.MIN,
            accept_score=points,
            score_min=0.0,
            score_max=points,
        )
        return group, (Subtask(1, WHOLE, points, WHOLE, group.testcases),)
    if "." in members:
        raise limits.bundle.error(members["."][0].input, "lies beside the folders of subtasks and belongs to none")
    groups = [
        Group(f"{WHOLE}/{folder}", names[folder], aggregation=Aggregation.MIN, accept_score=points, score_max=points)
        for folder, points in zip(folders, limits.points(len(folders)), strict=True)
    ]
    samples = Group(f"{WHOLE}/sample", tuple(pair.name for pair in pairs if pair.is_sample), accept_score=0.0)
    subtasks = tuple(
        Subtask(index, folder, group.accept_score, group.name, names[folder])
        for index, (folder, group) in enumerate(zip(folders, groups, strict=True), start=1)
    )
    first = [samples] if samples.testcases else []
    return Group(WHOLE, groups=(*first, *groups), break_on_reject=False), subtasks


class _Limits:
    """limits.txt, where there is one."""

    _KEYS = ("title", "time", "memory", "points", "tolerance")

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.path = bundle.root / _LIMITS
        self.texts: dict[str, str] = {}
        for line, text in enumerate(bundle.text(self.path).splitlines() if self.path.is_file() else (), start=1):
            key, colon, value = (part.strip() for part in text.partition(":"))
            if text.strip() and (not colon or key not in self._KEYS or not value):
                raise bundle.error(self.path, f"line {line} is not one of {', '.join(self._KEYS)} with : and a value")
            if key:
                self.texts[key] = value

    def number(self, key: str, *, most: float) -> float | None:
        if key not in self.texts:
            return None
        value = number(self.bundle, self.path, key, self.texts[key])
        if not 0 < value <= most:
            raise self.bundle.error(self.path, f'"{key}" is {value:g}, not above 0 and at most {most:g}')
        return value

    def points(self, n: int) -> list[float]:
        """What each of `n` subtasks is worth."""
        words = self.texts.get("points", " ".join(["1"] * n)).split()
        if len(words) != n:
            raise self.bundle.error(self.path, f'"points" are {len(words)} numbers for {n} subtasks')
        points = [number(self.bundle, self.path, "points", word) for word in words]
        if not all(0 <= value < 1e9 for value in points):
            raise self.bundle.error(self.path, '"points" must be 0 or more')
        return points

    def checker_flags(self) -> tuple[str, ...]:
        tolerance = self.number("tolerance", most=1.0)
        return ("case_sensitive", *(("float_tolerance", repr(tolerance)) if tolerance is not None else ()))
