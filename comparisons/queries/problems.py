"""Problem sets and problems: the list, one set with its problems, one problem with its tests and references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Prefetch, Q, QuerySet

from comparisons.models import LimitReading, Pool, Problem, ProblemSet, ProblemVersion, Subtask, User, Work, blobs
from judge.answers import accepted_answers
from judge.problem import File, TaskType
from judge.problem import Problem as JudgeProblem

#: A sample longer than this is cut on the page.
SAMPLE_BYTES = 4096


@dataclass(frozen=True)
class ProblemSetRow:
    """A problem set in a list. `points` is the sum over its problems' current versions."""

    slug: str
    title: str
    note: str
    n_problems: int
    n_subtasks: int
    n_testcases: int
    points: float
    n_pools: int
    is_private: bool
    is_simulated: bool
    created_at: datetime


@dataclass(frozen=True)
class ProblemRow:
    """A problem in its set: its current version, its newest limits, and what a person should know of it."""

    slug: str
    title: str
    task_type: str
    points: float
    subtasks: Sequence[Subtask]
    n_testcases: int
    n_samples: int
    limits: LimitReading | None
    is_measuring: bool
    n_versions: int
    warnings: Sequence[str]
    unjudgeable: str

    @property
    def state(self) -> str:
        """The word of its dot."""
        if self.unjudgeable:
            return "failed"
        if self.limits is None:
            return "judging" if self.is_measuring else "waiting"
        return "partial" if self.warnings else "ready"

    @property
    def state_label(self) -> str:
        """The words beside its dot."""
        if self.unjudgeable:
            return "not judgeable"
        if self.limits is None:
            return "limit being measured"
        n = len(self.warnings)
        return f"{n} warning{'s' if n > 1 else ''}" if n else "ready"


@dataclass(frozen=True)
class TestRow:
    """A testcase on a problem's page: the subtasks it counts for, and its sizes in bytes (`answer` None: none)."""

    name: str
    subtasks: Sequence[int]
    is_sample: bool
    input_bytes: int
    answer_bytes: int | None


@dataclass(frozen=True)
class SampleRow:
    """A sample test's texts, cut at `SAMPLE_BYTES`."""

    name: str
    input: str
    answer: str


@dataclass(frozen=True)
class ReferenceRow:
    """A reference program: the verdict it is filed under, and its measured CPU seconds where they set the limit."""

    name: str
    language: str
    expected: str
    cpu_time_s: float | None


@dataclass(frozen=True)
class ProblemPage:
    """Everything on a problem's page."""

    problem: Problem
    version: ProblemVersion
    content: JudgeProblem
    limits: LimitReading | None
    readings: Sequence[LimitReading]
    versions: Sequence[ProblemVersion]
    tests: Sequence[TestRow]
    samples: Sequence[SampleRow]
    references: Sequence[ReferenceRow]
    accepted: Sequence[str]

    @property
    def is_measured(self) -> bool:
        """Whether the reference programs' times set the limit."""
        return any(program.cpu_time_s is not None for program in self.references)


def problem_set_rows(user: User) -> list[ProblemSetRow]:
    """The sets this person may see, newest first. Three queries."""
    sets = ProblemSet.objects.visible_to(user).annotate(
        n_pools=Count("pools", filter=Q(pools__purpose=Pool.Purpose.CANDIDATES), distinct=True)
    )
    sets = sets.order_by("-created_at", "-pk")  # a query that counts has no order of its model's
    sets = sets.prefetch_related(
        Prefetch("problems", Problem.objects.select_related("current_version").defer("current_version__manifest")),
    )
    n_subtasks = dict(
        Subtask.objects.filter(version__problem__problem_set__in=ProblemSet.objects.visible_to(user))
        .filter(version__problem__current_version=F("version"))
        .values_list("version__problem__problem_set")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return [_set_row(row, n_subtasks.get(row.pk, 0), row.n_pools) for row in sets]


def _set_row(row: ProblemSet, n_subtasks: int, n_pools: int) -> ProblemSetRow:
    versions = [problem.current_version for problem in row.problems.all() if problem.current_version]
    return ProblemSetRow(
        slug=row.slug,
        title=row.title,
        note=row.note,
        n_problems=len(versions),
        n_subtasks=n_subtasks,
        n_testcases=sum(version.n_testcases for version in versions),
        points=sum(version.points for version in versions),
        n_pools=n_pools,
        is_private=row.visibility == "private",
        is_simulated=row.is_simulated,
        created_at=row.created_at,
    )


def problem_rows(problem_set: ProblemSet) -> list[ProblemRow]:
    """The problems of a set, in order. Five queries."""
    problems: QuerySet[Problem] = (
        problem_set.problems.select_related("current_version")
        .defer("current_version__manifest")
        .prefetch_related("current_version__subtasks", "current_version__limit_readings")
    )
    n_versions = dict(problem_set.problems.values_list("pk").annotate(n=Count("versions")).order_by())
    measuring = set(
        Work.objects.filter(
            kind=Work.Kind.MEASURE,
            problem__problem_set=problem_set,
            state__in=[Work.State.WAITING, Work.State.LEASED],
        ).values_list("problem", flat=True)
    )
    rows = []
    for problem in problems:
        version = problem.current_version
        if version is None:
            continue
        readings = list(version.limit_readings.all())
        rows.append(
            ProblemRow(
                slug=problem.slug,
                title=version.title,
                task_type=version.task_type,
                points=version.points,
                subtasks=list(version.subtasks.all()),
                n_testcases=version.n_testcases,
                n_samples=version.n_samples,
                limits=readings[0] if readings else None,
                is_measuring=problem.pk in measuring,
                n_versions=n_versions.get(problem.pk, 1),
                warnings=version.warnings,
                unjudgeable=version.unjudgeable,
            )
        )
    return rows


def remarks_of(rows: Sequence[ProblemRow]) -> list[tuple[str, str, list[str]]]:
    """What is to be known of the packages: (tag, text, titles of the problems it is said of), equal texts once."""
    said: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.unjudgeable:
            said.setdefault(("Not judged", row.unjudgeable), []).append(row.title)
        for warning in row.warnings:
            said.setdefault(("Warning", warning), []).append(row.title)
    return [(tag, text, titles) for (tag, text), titles in said.items()]


def problem_page(problem: Problem) -> ProblemPage:
    """A problem's page: its current version's content, samples and references. Four queries and the samples' files."""
    version = problem.current_version
    if version is None:
        raise ProblemVersion.DoesNotExist(f"{problem} has no version")
    content = version.to_problem()
    readings = list(version.limit_readings.all())
    limits = readings[0] if readings else None
    subtasks_of: dict[str, list[int]] = {}
    for subtask in content.subtasks:
        for name in subtask.testcases:
            subtasks_of.setdefault(name, []).append(subtask.index)
    return ProblemPage(
        problem=problem,
        version=version,
        content=content,
        limits=limits,
        readings=readings,
        versions=list(problem.versions.defer("manifest")),
        tests=[
            TestRow(
                name=test.name,
                subtasks=subtasks_of.get(test.name, []),
                is_sample=test.is_sample,
                input_bytes=test.input.size,
                answer_bytes=test.answer.size if test.answer else None,
            )
            for test in content.testcases
        ],
        samples=[
            SampleRow(name=test.name, input=text_of(test.input), answer=text_of(test.answer) if test.answer else "")
            for test in content.testcases
            if test.is_sample
        ],
        references=_references(content, limits.readings if limits else {}),
        accepted=accepted_of(content),
    )


def accepted_of(content: JudgeProblem) -> list[str]:
    """The answers that a short-answer problem accepts; none of another problem, or where their bytes are gone."""
    if content.task_type is not TaskType.ANSWER:
        return []
    try:
        return [
            text
            for test in content.testcases
            if test.answer
            for text in accepted_answers(blobs.get(test.answer.digest))
        ]
    except FileNotFoundError:
        return []


def _references(content: JudgeProblem, readings: Mapping[str, float]) -> list[ReferenceRow]:
    def seconds(name: str) -> float | None:
        value = readings.get(name)
        return float(value) if isinstance(value, int | float) else None

    return [
        ReferenceRow(
            name=program.name.rsplit("/", 1)[-1],
            language=program.language or "not supported",
            expected=program.expected,
            cpu_time_s=seconds(program.name),
        )
        for program in content.submissions
    ]


def text_of(file: File, *, limit: int = SAMPLE_BYTES) -> str:
    """A stored file's text, cut at `limit` bytes with a line that says so; says so too where its bytes are gone."""
    try:
        content = blobs.get(file.digest)
    except FileNotFoundError:
        return f"(the bytes of {file.name} are not in the store)"
    text = content[:limit].decode(errors="replace")
    return text if len(content) <= limit else f"{text}\n… cut at {limit} of {len(content)} bytes"
