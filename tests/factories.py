"""Rows for tests: plain functions with defaults. Programs and tests are real, so that they can be judged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import count

from comparisons.models import (
    Candidate,
    LanguageModel,
    LimitReading,
    Pool,
    PoolRevision,
    Problem,
    ProblemSet,
    ProblemVersion,
    Subtask,
    User,
    Visibility,
    blobs,
)
from comparisons.samplers.program_hash import program_hash
from judge import problem as judged

_numbers = count(1)

#: Prints the sum of two numbers; and one that is right only where the second number is 0.
RIGHT = "a, b = map(int, input().split())\nprint(a + b)\n"
WRONG = "a, b = map(int, input().split())\nprint(a)\n"


def make_user(username: str = "", *, is_superuser: bool = False) -> User:
    """A user who can sign in by force_login."""
    name = username or f"user{next(_numbers)}"
    return User.objects.create(username=name, is_superuser=is_superuser, is_staff=is_superuser)


def make_problem_set(slug: str = "", *, user: User | None = None, visibility: str = Visibility.SHARED) -> ProblemSet:
    """An empty set."""
    slug = slug or f"set-{next(_numbers)}"
    return ProblemSet.objects.create(
        slug=slug, title=slug.capitalize(), visibility=visibility, created_by=user or make_user()
    )


def make_problem(
    problem_set: ProblemSet | None = None, slug: str = "", *, points: Sequence[float] = (40.0, 60.0), tests: int = 2
) -> Problem:
    """A problem "add two numbers" with one sample and `tests` tests in each of the subtasks worth `points`; judgeable.

    The second number is 0 in the sample and the first subtask, so `WRONG` solves no more than these.
    """
    problem_set = problem_set or make_problem_set()
    slug = slug or f"problem-{next(_numbers)}"
    content = make_judge_problem(slug, points=points, tests=tests)
    problem = Problem.objects.create(problem_set=problem_set, slug=slug, position=problem_set.problems.count())
    version = ProblemVersion.objects.create(
        problem=problem,
        content_hash=content.content_hash,
        title=content.title,
        task_type=str(content.task_type),
        points=content.points,
        n_testcases=len(content.testcases),
        n_samples=1,
        manifest=content.to_manifest(),
        created_by=problem_set.created_by,
    )
    for subtask in content.subtasks:
        Subtask.objects.create(
            version=version,
            index=subtask.index,
            name=subtask.name,
            points=subtask.points,
            n_testcases=len(subtask.testcases),
        )
    LimitReading.objects.create(
        version=version,
        time_limit_s=2.0,
        memory_limit_mib=256,
        time_limit_source=judged.LimitSource.PACKAGE.value,
        memory_limit_source=judged.LimitSource.PACKAGE.value,
    )
    problem.current_version = version
    problem.save()
    return problem


def make_judge_problem(slug: str, *, points: Sequence[float] = (40.0, 60.0), tests: int = 2) -> judged.Problem:
    """The judge's value of `make_problem`; its files are blobs."""
    testcases = [_testcase("sample/1", 5, 0, is_sample=True)]
    groups, subtasks = [judged.Group("sample", ("sample/1",), accept_score=0.0)], []
    for index, worth in enumerate(points, start=1):
        group = f"secret/group{index}"
        cases = [_testcase(f"{group}/{i}", i, (index - 1) * i) for i in range(1, tests + 1)]
        names = tuple(case.name for case in cases)
        testcases += cases
        groups.append(
            judged.Group(group, names, aggregation=judged.Aggregation.MIN, accept_score=worth, score_max=worth)
        )
        subtasks.append(judged.Subtask(index, f"group{index}", worth, group, names))
    return judged.Problem(
        slug=slug,
        title=f"Add two numbers ({slug})",
        task_type=judged.TaskType.BATCH,
        format="test",
        testcases=tuple(testcases),
        root=judged.Group("data", groups=tuple(groups)),
        subtasks=tuple(subtasks),
    )


def make_model(slug: str = "", **changes: object) -> LanguageModel:
    """A model without provider or prices."""
    slug = slug or f"model-{next(_numbers)}"
    values: dict[str, object] = {"name": slug, "created_by": changes.pop("user", None) or make_user()}
    return LanguageModel.objects.create(slug=slug, **{**values, **changes})


def make_pool(
    problem_set: ProblemSet | None = None,
    model: LanguageModel | None = None,
    *,
    n: int = 4,
    user: User | None = None,
    name: str = "",
    sources: Sequence[str] = (RIGHT, WRONG),
) -> Pool:
    """A frozen pool with `n` candidates per problem of the set (one problem is made where it has none).

    Candidates take their programs from `sources` in turn; each has 100 input and 50 output tokens and took 1.5 s.
    """
    problem_set = problem_set or make_problem_set()
    problems = list(problem_set.problems.all()) or [make_problem(problem_set)]
    model = model or make_model()
    pool = Pool.objects.create(
        problem_set=problem_set,
        model=model,
        name=name or f"{model.slug} on {problem_set.slug}",
        language="python3",
        created_by=user or problem_set.created_by,
    )
    programs = [sources[index % len(sources)] for index in range(n)]
    Candidate.objects.bulk_create(
        Candidate(
            pool=pool,
            problem=problem,
            index=index,
            language="python3",
            source=source,
            program_hash=program_hash(source, "python3"),
            input_tokens=100,
            output_tokens=50,
            latency_s=1.5,
            finish_reason="stop",
        )
        for problem in problems
        for index, source in enumerate(programs)
    )
    PoolRevision.objects.create(
        pool=pool,
        n_candidates=n * len(problems),
        n_draws=n,
        content_hash=hashlib.sha256(f"{pool.pk}".encode()).hexdigest(),
    )
    return pool


def _testcase(name: str, a: int, b: int, *, is_sample: bool = False) -> judged.Testcase:
    return judged.Testcase(
        name, _file(f"{name}.in", f"{a} {b}\n"), _file(f"{name}.ans", f"{a + b}\n"), is_sample=is_sample
    )


def _file(name: str, text: str) -> judged.File:
    content = text.encode()
    return judged.File(name, blobs.put(content), len(content))
