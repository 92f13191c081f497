"""Small judged pools made by hand: scores are given, so every figure has a known answer."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils import timezone

from comparisons.models import (
    Candidate,
    Environment,
    JudgedProblem,
    Judging,
    LanguageModel,
    Pool,
    PoolRevision,
    PoolState,
    Price,
    ProbedProblem,
    Probes,
    ProbeSet,
    Probing,
    Problem,
    ProblemSet,
    ProblemVersion,
    Subtask,
    User,
    blobs,
)

_names = itertools.count(1)

#: 8 draws, two subtasks of 30 and 70 points: the best 3 of them expect 54.9107 (SD 33.414).
FACTS_SCORES = ((30, 0), (30, 35), (0, 70), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0))


def make_user() -> User:
    user, _ = User.objects.get_or_create(username="ada", defaults={"is_superuser": True})
    return user


def make_set(problems: Mapping[str, Sequence[float]]) -> ProblemSet:
    """A set with these problems; values are the points of their subtasks. One public and two hidden tests each."""
    name = f"set-{next(_names)}"
    problem_set = ProblemSet.objects.create(slug=name, title=name.title(), created_by=make_user())
    for position, (slug, points) in enumerate(problems.items()):
        problem = Problem.objects.create(problem_set=problem_set, slug=slug, position=position)
        version = ProblemVersion.objects.create(
            problem=problem,
            content_hash=f"{slug:0>64}"[:64],
            title=slug.title(),
            task_type="batch",
            points=sum(points),
            n_testcases=3,
            n_samples=1,
            manifest={"testcases": [{"is_sample": True}, {"is_sample": False}, {"is_sample": False}]},
            created_by=make_user(),
        )
        for index, value in enumerate(points, start=1):
            Subtask.objects.create(version=version, index=index, name=f"part {index}", points=value, n_testcases=1)
        problem.current_version = version
        problem.save()
    return problem_set


def make_model(slug: str = "", *, usd: tuple[str, str] | None = ("1", "2"), is_simulated: bool = True) -> LanguageModel:
    """A model priced per million tokens (input, output); `usd` None: without a price."""
    slug = slug or f"model-{next(_names)}"
    model = LanguageModel.objects.create(
        slug=slug, name=slug.title(), is_simulated=is_simulated, created_by=make_user()
    )
    if usd is not None:
        Price.objects.create(
            model=model,
            valid_from=date(2020, 1, 1),
            input_usd_per_mtok=Decimal(usd[0]),
            output_usd_per_mtok=Decimal(usd[1]),
        )
    return model


def make_pool(
    problem_set: ProblemSet,
    scores: Mapping[str, Sequence[Sequence[float]]],
    *,
    model: LanguageModel | None = None,
    public: Mapping[str, Sequence[int]] | None = None,
    tokens: tuple[int | None, int | None] = (1000, 500),
    state: str = PoolState.DONE,
    elsewhere: bool = False,
    **changes: Any,
) -> Pool:
    """A pool of these draws with a judging in this state. `scores`: by problem, draws × subtasks, NaN = no outcome.
    `public`: public tests passed by draw (default: all). Each draw took 1 s and `tokens` (input, output)."""
    model = model or make_model()
    pool = Pool.objects.create(
        problem_set=problem_set, model=model, name=f"{model.slug}-pool", created_by=make_user(),
        is_scored_elsewhere=elsewhere, is_simulated=model.is_simulated, **changes,
    )  # fmt: skip
    sizes = [len(rows) for rows in scores.values()]
    # By it the lots of half-samples are drawn: a test's intervals are the same whatever tests ran before it.
    content_hash = f"{f'pool {Pool.objects.count()} of the test':0>64}"
    revision = PoolRevision.objects.create(
        pool=pool, n_candidates=sum(sizes), n_draws=max(sizes), content_hash=content_hash
    )
    environment, _ = Environment.objects.get_or_create(
        key="elsewhere" if elsewhere else "here",
        defaults={"description": {} if elsewhere else {"isolation": "bwrap"}, "is_elsewhere": elsewhere},
    )
    judging = Judging.objects.create(
        revision=revision, environment=environment, key=f"judging {pool.pk}", state=state, created_by=make_user(),
        finished_at=timezone.now() if state == PoolState.DONE else None,
    )  # fmt: skip
    for problem in problem_set.problems.filter(slug__in=scores):
        rows = scores[problem.slug]
        candidates = Candidate.objects.bulk_create(
            Candidate(
                pool=pool, problem=problem, index=i, language="cpp", source=f"program {i}",
                program_hash=f"{problem.slug} {i}"[:32], latency_s=1.0, input_tokens=tokens[0],
                output_tokens=tokens[1], reasoning_tokens=tokens[1],
            )
            for i in range(len(rows))
        )  # fmt: skip
        judge(judging, problem, candidates, rows, None if public is None else public[problem.slug], elsewhere)
    return pool


def judge(
    judging: Judging,
    problem: Problem,
    candidates: Sequence[Candidate],
    rows: Sequence[Sequence[float]],
    public: Sequence[int] | None = None,
    elsewhere: bool = False,
) -> JudgedProblem:
    """The outcomes of these candidates; 0.1 s of CPU on each of the three tests, none where they ran elsewhere."""
    n, tests = len(candidates), 0 if elsewhere else 3
    digest = blobs.put_arrays(
        candidate=np.array([c.pk for c in candidates], dtype=np.int64),
        scores=np.array(rows, dtype=np.float32).reshape(n, -1),
        verdict=np.zeros(n, dtype=np.uint8),
        tests=np.zeros((n, tests), dtype=np.uint8),
        cpu_time_s=np.full((n, tests), 0.1, dtype=np.float32),
        memory_mib=np.ones((n, tests), dtype=np.float32),
        public_passed=np.array(public if public is not None else [-1 if elsewhere else 1] * n, dtype=np.int16),
        compiled=np.ones(n, dtype=bool),
    )
    return JudgedProblem.objects.create(
        judging=judging, problem=problem, version=problem.current_version, outcomes=digest
    )


def make_probing(pool: Pool, codes: Mapping[str, Sequence[Sequence[Sequence[int]]]], **changes: Any) -> Probing:
    """The pool run on probes: by problem and subtask, output codes of its candidates (draws × probes)."""
    revision = pool.newest_revision
    probe_set = ProbeSet.objects.create(
        problem_set=pool.problem_set, source="package", n=2, key=f"probes {next(_names)}", state=PoolState.DONE,
        created_by=make_user(),
    )  # fmt: skip
    probing = Probing.objects.create(
        revision=revision, probe_set=probe_set, key=f"probing {next(_names)}", created_by=make_user(),
        **({"state": PoolState.DONE} | changes),
    )  # fmt: skip
    for problem in pool.problem_set.problems.filter(slug__in=codes):
        ids = list(pool.candidates.filter(problem=problem).order_by("index").values_list("pk", flat=True))
        for subtask, table in enumerate(codes[problem.slug], start=1):
            array = np.array(table, dtype=np.int32).reshape(len(ids), -1)
            Probes.objects.create(
                probe_set=probe_set, version=problem.current_version, subtask=subtask,
                inputs=[f"{i:064d}" for i in range(array.shape[1])], cpu_time_s=2.0,
            )  # fmt: skip
            digest = blobs.put_arrays(
                candidate=np.array(ids, dtype=np.int64), codes=array, cpu_time_s=np.full(len(ids), 0.5, np.float32)
            )
            ProbedProblem.objects.create(
                probing=probing, problem=problem, version=problem.current_version, subtask=subtask, outcomes=digest
            )
    return probing


def random_scores(n: int, points: Sequence[float], *, chance: float, seed: int = 0) -> list[list[float]]:
    """Draws × subtasks: each subtask solved with this chance, later ones less often."""
    rng = np.random.default_rng(seed)
    hits = rng.random((n, len(points))) < chance / (1 + np.arange(len(points)))
    return (hits * np.array(points, dtype=float)).tolist()
