"""A problem as plain, immutable data. Nothing here does I/O.

Bytes are named by the SHA-256 of their content (`File.digest`); where they lie is the affair of whoever read the
package or stores it, and is handed to the judge as a `Files`. So one `Problem` is the same in a folder, in the
database and in another worker's cache, and `content_hash` names it everywhere.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self

from judge.manifest import as_manifest


class TaskType(StrEnum):
    """What a candidate is and how it meets its tests; the values are those of commands, columns and pages."""

    BATCH = "batch"
    BATCH_GRADER = "batch-grader"
    INTERACTIVE = "interactive"
    COMMUNICATION = "communication"
    OUTPUT_ONLY = "output-only"
    FUNCTION = "function"
    ANSWER = "answer"

    @property
    def has_programs(self) -> bool:
        """A candidate is a program: it is compiled and run, so languages and limits matter."""
        return self not in (TaskType.OUTPUT_ONLY, TaskType.ANSWER)


class LimitSource(StrEnum):
    """Where a limit comes from: stated by the package, measured on its references, assumed, or given by a person."""

    PACKAGE = "package"
    MEASURED = "measured"
    ASSUMED = "assumed"
    GIVEN = "given"


class Files(Protocol):
    """Where content-addressed bytes lie on this machine."""

    def path(self, digest: str) -> Path:
        """A local, read-only file with these bytes. Raises KeyError where they are unknown."""
        ...


@dataclass(frozen=True)
class File:
    """A file of a package: its name there and the SHA-256 (hex) and size (bytes) of its content."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True)
class Expectation:
    """What a package promises of a reference program beyond the folder it lies in.

    `tests`: a glob of tests and groups ("" is all of them; see `judge.expectations`). Every verdict there is one of
    `permitted` and at least one is one of `required`, in Kattis's words (AC, which includes PA, WA, TLE, RTE; empty:
    nothing is said) or in ours. `score`: the least and the greatest of the group, or of the whole problem. `message` is
    part of a checker's message. `bounds_time` False: how long the program takes says nothing of the time limit.
    `all_tests`: tests are run, and meant, also after one that decides.
    """

    tests: str = ""
    permitted: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    score: tuple[float, float] | None = None
    message: str = ""
    bounds_time: bool = True
    all_tests: bool = False


@dataclass(frozen=True)
class Program:
    """A program of a package: checker, validator, generator, interactor, grader or reference submission.

    `language` is a slug of `judge.languages` ("cpp", "python3", ...; "" if unsupported). `files` are compiled
    together; the first is the entry for interpreted languages. `expected` is the folder or annotation a reference
    submission was filed under ("accepted", "partially_accepted", ...), "" for other programs; `expectations` are what
    else the package says of it.
    """

    name: str
    language: str
    files: tuple[File, ...]
    expected: str = ""
    expectations: tuple[Expectation, ...] = ()


@dataclass(frozen=True)
class Testcase:
    """One input, its expected output where it has one, and whether contestants see it (the sample group)."""

    name: str
    input: File
    answer: File | None
    is_sample: bool = False


@dataclass(frozen=True)
class ValidatorCall:
    """One of `Problem.validators`, by name, and what it is called with."""

    program: str
    args: tuple[str, ...] = ()


class Aggregation(StrEnum):
    """How the scores of a group's members become the group's score."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    PRODUCT = "product"
    THRESHOLD = "threshold"
    CUSTOM = "custom"


@dataclass(frozen=True)
class Group:
    """A node of the grading tree, as Kattis test data groups are and as every other format can be written.

    `testcases` are names into `Problem.testcases`, in judging order, before `groups`. An accepted test scores
    `accept_score`, a rejected one `reject_score`, unless the checker gives a score itself. `score_min` and
    `score_max` bound the result. `verdict_rule` is Kattis's: worst_error, first_error or always_accept.
    `break_on_reject`: later members are SK once one is rejected. `checker_flags` go to the checker.

    `product` is CMS's GroupMul: accept_score × the product of the members' fractions of it. `threshold` is CMS's
    GroupThreshold: accept_score where every member's score lies in (0, `threshold`], else 0. `requires` are names of
    groups: where one of them is not accepted, this group's tests are SK and it scores 0. `full_score`: where it is
    given, a test is accepted, with `accept_score`, only if its checker gives so much (a share: all of it) or no score.

    Inputs of its own tests are shown to every validator with `validator_flags`; where it has `validator_calls`, be it
    none, these are made instead.
    """

    name: str
    testcases: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    aggregation: Aggregation = Aggregation.SUM
    verdict_rule: str = "worst_error"
    accept_if_any_accepted: bool = False
    ignore_sample: bool = False
    accept_score: float = 1.0
    reject_score: float = 0.0
    score_min: float = float("-inf")
    score_max: float = float("inf")
    break_on_reject: bool = True
    checker_flags: tuple[str, ...] = ()
    grader_flags: tuple[str, ...] = ()
    validator_flags: tuple[str, ...] = ()
    threshold: float = 0.0
    requires: tuple[str, ...] = ()
    validator_calls: tuple[ValidatorCall, ...] | None = None
    full_score: float | None = None


@dataclass(frozen=True)
class Subtask:
    """A part of the problem that is worth points by itself. `index` counts from 1; the sample is not a subtask.

    `group` is the path of its node in the grading tree ("secret/group1"). `testcases` are all tests below it, in
    order. `contains` are the indices of subtasks whose tests are a proper subset of these (or declared so).
    """

    index: int
    name: str
    points: float
    group: str
    testcases: tuple[str, ...]
    contains: tuple[int, ...] = ()


@dataclass(frozen=True)
class Checker:
    """How an output is judged. `program` is None for the default token comparison (flags: Kattis's default
    validator's). `convention` says how a program is called and answers: "kattis" (42/43, feedback folder,
    score.txt, score_multiplier.txt), "testlib" (0/1/2/7 ...; 7 gives a share of the points, "testlib-points" the points
    and "testlib-percent" percent of them), "cms" (a float on stdout; without a program: CMS's comparison of lines),
    "dmoj" and "coci" (0/1; 7 with a share; without a program `flags` name one of DMOJ's own comparisons, see
    `judge.comparing`). `gives_score`: the program may give a partial score."""

    program: Program | None = None
    flags: tuple[str, ...] = ()
    convention: str = "kattis"
    gives_score: bool = False


@dataclass(frozen=True)
class Statement:
    """A statement in one language (BCP 47 tag): `format` is "markdown", "html", "latex" or "pdf". `pictures` are those
    that it shows, by their paths in the package, as `file` is."""

    language: str
    format: str
    file: File
    pictures: tuple[File, ...] = ()


def shown_score(score: float, precision: int | None) -> float:
    """A program's score as CMS shows it: rounded, half to even, to the decimals that the package states, if any."""
    return score if precision is None else round(score, precision)


@dataclass(frozen=True)
class Problem:
    """The immutable content of a problem version. Limits are not part of it (see `Limits`).

    `points` is what the whole problem is worth, the sum over `subtasks`. `include` are files compiled with every
    submission, by language.
    `interactor` talks to the candidate: an interactor, a manager (communication) or a test harness (function);
    `interaction` says how it is called and answers: "kattis", "testlib", "dmoj", "coci", or CMS's conventions, by which
    a grader.* or stub.* starts the program: "cms", and "cms-fifo" where it is told its pipes' names. `input_file` and
    `output_file` are files that candidates may read and write instead of standard input and output. `processes`: how
    many of the candidate's processes run at once (communication). `passes`: how often a multi-pass problem may run a
    candidate on one test. `languages` are the families of languages (LANGUAGES) that may be used, all if empty;
    `code_kib` is how many KiB a program's source may have, 0 for any number. `score_precision`: the decimals to which
    CMS rounds the task's score, None where it does not. `unjudgeable` says why the problem cannot be judged here ("" if
    it can): it has no tests, or needs what this Podium does not run.
    """

    slug: str
    title: str
    task_type: TaskType
    format: str
    testcases: tuple[Testcase, ...]
    root: Group
    subtasks: tuple[Subtask, ...]
    checker: Checker = field(default_factory=Checker)
    interactor: Program | None = None
    grader: Program | None = None
    include: Mapping[str, tuple[File, ...]] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    generators: tuple[Program, ...] = ()
    validators: tuple[Program, ...] = ()
    submissions: tuple[Program, ...] = ()
    date: str = ""
    difficulty: str = ""
    source: str = ""
    license: str = ""
    unjudgeable: str = ""
    interaction: str = "kattis"
    processes: int = 1
    passes: int = 1
    input_file: str = ""
    output_file: str = ""
    languages: tuple[str, ...] = ()
    code_kib: int = 0
    score_precision: int | None = None

    @property
    def follows_cms(self) -> bool:
        """True where the package's programs meet the candidate's as in CMS."""
        return self.interaction.startswith("cms")

    @property
    def points(self) -> float:
        """What all subtasks together are worth."""
        return sum(subtask.points for subtask in self.subtasks)

    def to_manifest(self) -> dict[str, Any]:
        """This problem as JSON-ready data; `from_manifest` is its inverse."""
        return as_manifest(self)

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> Self:
        """The problem that `to_manifest` wrote. Raises KeyError or TypeError on anything else."""
        data = dict(manifest)
        data["task_type"] = TaskType(data["task_type"])
        data["testcases"] = tuple(
            Testcase(
                name=t["name"],
                input=File(**t["input"]),
                answer=File(**t["answer"]) if t["answer"] else None,
                is_sample=t["is_sample"],
            )
            for t in data["testcases"]
        )
        data["root"] = _group(data["root"])
        data["subtasks"] = tuple(
            Subtask(**{**s, "testcases": tuple(s["testcases"]), "contains": tuple(s["contains"])})
            for s in data["subtasks"]
        )
        checker = data["checker"]
        data["checker"] = Checker(
            **{**checker, "program": _program(checker["program"]), "flags": tuple(checker["flags"])}
        )
        for name in ("interactor", "grader"):
            data[name] = _program(data[name])
        data["languages"] = tuple(data.get("languages", ()))
        data["include"] = {lang: tuple(File(**f) for f in files) for lang, files in data["include"].items()}
        data["statements"] = tuple(map(_statement, data["statements"]))
        for name in ("generators", "validators", "submissions"):
            data[name] = tuple(p for p in map(_program, data[name]) if p is not None)
        return cls(**data)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) of the canonical manifest: what keys a problem version."""
        text = json.dumps(self.to_manifest(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def files(self) -> dict[str, File]:
        """Every file the problem refers to, by digest."""
        found: dict[str, File] = {}

        def walk(value: Any) -> None:
            if isinstance(value, File):
                found.setdefault(value.digest, value)
            elif dataclasses.is_dataclass(value) and not isinstance(value, type):
                for item in dataclasses.fields(value):
                    walk(getattr(value, item.name))
            elif isinstance(value, Mapping):
                for item_value in value.values():
                    walk(item_value)
            elif isinstance(value, tuple):
                for item_value in value:
                    walk(item_value)

        walk(self)
        return found


@dataclass(frozen=True)
class Limits:
    """Limits of one judging of one problem. `readings` are the CPU seconds behind a measured time limit, by program.
    `time_scale`: a stated factor that `time_limit_s` already holds, for a machine of another speed."""

    time_limit_s: float
    memory_limit_mib: int = 2048
    output_limit_mib: int = 16
    time_limit_source: LimitSource = LimitSource.ASSUMED
    memory_limit_source: LimitSource = LimitSource.ASSUMED
    readings: Mapping[str, float] = field(default_factory=dict)
    time_scale: float = 1.0


def _group(data: Mapping[str, Any]) -> Group:
    values = dict(data)
    values["aggregation"] = Aggregation(values["aggregation"])
    values["groups"] = tuple(_group(child) for child in values["groups"])
    for name in ("testcases", "checker_flags", "grader_flags", "validator_flags", "requires"):
        values[name] = tuple(values.get(name, ()))
    if (calls := values.get("validator_calls")) is not None:
        values["validator_calls"] = tuple(ValidatorCall(call["program"], tuple(call["args"])) for call in calls)
    for name, unbounded in (("score_min", float("-inf")), ("score_max", float("inf"))):
        if values[name] in (None, "-inf"):
            values[name] = unbounded
    return Group(**values)


def _program(data: Mapping[str, Any] | None) -> Program | None:
    if data is None:
        return None
    files = tuple(File(**file) for file in data["files"])
    return Program(**{**data, "files": files, "expectations": tuple(map(_expectation, data.get("expectations", ())))})


def _statement(data: Mapping[str, Any]) -> Statement:
    pictures = tuple(File(**file) for file in data.get("pictures", ()))
    return Statement(**{**data, "file": File(**data["file"]), "pictures": pictures})


def _expectation(data: Mapping[str, Any]) -> Expectation:
    values: dict[str, Any] = {name: tuple(data[name]) for name in ("permitted", "required")}
    values["score"] = None if data["score"] is None else tuple(data["score"])
    return Expectation(**{**data, **values})
