"""Judged pools, runs and comparisons for tests of pages: rows with plausible figures, nothing is run."""

from __future__ import annotations

import json
from collections import Counter
from itertools import count
from typing import Any

import numpy as np
from django.utils import timezone

from comparisons.models import (
    Comparison,
    ComparisonRun,
    Environment,
    JudgedProblem,
    Judging,
    Pool,
    PoolState,
    ProbedProblem,
    Probes,
    ProbeSet,
    Probing,
    Run,
    Strategy,
    Submission,
    Trial,
    blobs,
)
from judge.verdicts import CODES, Verdict

_numbers = count(1)


def judge(pool: Pool, *, state: str = PoolState.DONE, share: float = 1.0) -> Judging:
    """A judging of the pool's newest revision in which candidate i solves its first `i mod (subtasks + 1)` subtasks."""
    environment, _ = Environment.objects.get_or_create(
        key="a" * 64, defaults={"description": {"isolation": "bwrap+seccomp"}}
    )
    revision = pool.newest_revision
    judging = Judging.objects.create(
        revision=revision,
        environment=environment,
        key=f"judging-{next(_numbers)}",
        state=state,
        total=revision.n_candidates,
        judged=int(revision.n_candidates * share),
        created_by=pool.created_by,
        started_at=timezone.now(),
        finished_at=timezone.now() if state == PoolState.DONE else None,
    )
    for problem in pool.problem_set.problems.select_related("current_version"):
        version = problem.current_version
        assert version is not None
        outcomes, aggregates = ("", {}) if state != PoolState.DONE else _outcomes(pool, problem.pk, version)
        JudgedProblem.objects.create(
            judging=judging,
            problem=problem,
            version=version,
            limits=version.limits,
            outcomes=outcomes,
            aggregates=aggregates,
        )
    return judging


def _outcomes(pool: Pool, problem: int, version: Any) -> tuple[str, dict[str, Any]]:
    content = version.to_problem()
    ids = list(pool.candidates.filter(problem=problem).values_list("pk", flat=True))
    n, n_tests, n_subtasks = len(ids), len(content.testcases), len(content.subtasks)
    points = np.array([subtask.points for subtask in content.subtasks])
    scores = np.zeros((n, n_subtasks), dtype=np.float32)
    tests = np.full((n, n_tests), Verdict.AC.code, dtype=np.uint8)
    subtask_verdicts = np.full((n, n_subtasks), Verdict.AC.code, dtype=np.uint8)
    verdict = np.zeros(n, dtype=np.uint8)
    place = {test.name: at for at, test in enumerate(content.testcases)}
    failing = (Verdict.WA, Verdict.TLE, Verdict.RE, Verdict.MLE)
    for i in range(n):
        solved = (i * 7 + problem) % (n_subtasks + 1)
        scores[i, :solved] = points[:solved]
        bad = failing[i % 4]
        for at, subtask in list(enumerate(content.subtasks))[solved:]:
            subtask_verdicts[i, at] = bad.code
            tests[i, place[subtask.testcases[-1]]] = bad.code
        verdict[i] = (Verdict.AC if solved == n_subtasks else Verdict.PA if solved else bad).code
    cpu = np.linspace(0.02, 1.9, n * n_tests, dtype=np.float32).reshape(n, n_tests)
    digest = blobs.put_arrays(
        candidate=np.array(ids, dtype=np.int64),
        scores=scores,
        verdict=verdict,
        subtask_verdicts=subtask_verdicts,
        tests=tests,
        cpu_time_s=cpu,
        memory_mib=np.full((n, n_tests), 12.4, dtype=np.float32),
        public_passed=(tests[:, :1] == 0).sum(axis=1).astype(np.int16),
        compiled=np.ones(n, dtype=bool),
        notes=np.frombuffer(json.dumps({str(ids[0]): "warning: unused variable"}).encode(), dtype=np.uint8),
    )
    totals = scores.sum(axis=1)
    return digest, {
        "candidates": n,
        "compiled": n,
        "verdicts": dict(Counter(str(CODES[code]) for code in verdict)),
        "full": int((totals >= points.sum() - 1e-9).sum()),
        "mean_score": float(totals.mean()),
        "best": [float(value) for value in scores.max(axis=0)],
        "solved": [int(value) for value in (scores >= points).sum(axis=0)],
        "public": n,
        "max_cpu_time_s": 1.9,
    }


def probe(pool: Pool, *, source: str = "package") -> Probing:
    """A complete probing of the pool on a probe set with 8 probes a subtask."""
    probe_set = ProbeSet.objects.create(
        problem_set=pool.problem_set,
        source=source,
        n=8,
        key=f"probes-{next(_numbers)}",
        state=PoolState.DONE,
        created_by=pool.created_by,
    )
    probing = Probing.objects.create(
        revision=pool.newest_revision,
        probe_set=probe_set,
        key=f"probing-{next(_numbers)}",
        state=PoolState.DONE,
        total=pool.newest_revision.n_candidates,
        probed=pool.newest_revision.n_candidates,
        created_by=pool.created_by,
    )
    for problem in pool.problem_set.problems.select_related("current_version"):
        version = problem.current_version
        assert version is not None
        for subtask in version.subtasks.all():
            Probes.objects.create(
                probe_set=probe_set, version=version, subtask=subtask.index, inputs=["0" * 64] * 8, n_made=10, n_valid=9
            )
            ProbedProblem.objects.create(
                probing=probing,
                problem=problem,
                version=version,
                subtask=subtask.index,
                aggregates={"candidates": 4, "clusters": 3, "sizes": [2, 1, 1], "clean": 1.0, "probes": 8},
            )
    return probing


def replay(judging: Judging, slug: str, *, kind: str = "strategy", share: float = 0.6, **changes: Any) -> Run:
    """A complete run over the judged pool that gets `share` of a subtask's points, with submissions of two seeds."""
    strategy, _ = Strategy.objects.get_or_create(slug=slug, version=1, defaults={"kind": kind, "title": slug})
    pool = judging.revision.pool
    values: dict[str, Any] = {
        "strategy": strategy,
        "revision": judging.revision,
        "judging": judging,
        "budget": 3,
        "first": judging.revision.n_draws,
        "seeds": 2,
        "key": f"run-{next(_numbers)}",
        "state": PoolState.DONE,
        "latency_s": 41.2,
        "cost_usd": "1.2345",
        "sd": 3.2,
        "created_by": pool.created_by,
    }
    run = Run.objects.create(**{**values, **changes})
    total = obtained = 0.0
    for problem in pool.problem_set.problems.select_related("current_version"):
        version = problem.current_version
        assert version is not None
        subtasks = [
            [s.index, s.points, round(s.points * min(1.0, share * (1.4 - 0.2 * s.index)), 2)]
            for s in version.subtasks.all()
        ]
        trial = Trial.objects.create(
            run=run,
            problem=problem,
            score=sum(row[2] for row in subtasks),
            points=version.points,
            subtask_scores=subtasks,
            n_submissions=2.5 if kind == "strategy" else 0,
            n_draws_used=3,
            cost_usd="0.1543",
            latency_s=5.1,
        )
        total, obtained = total + version.points, obtained + (trial.score or 0)
        if kind == "strategy":
            _submissions(pool, trial, subtasks)
    run.score, run.points = obtained, total
    run.over_draws_lo, run.over_draws_hi = obtained * 0.92, obtained * 1.05
    run.save()
    return run


def _submissions(pool: Pool, trial: Trial, subtasks: list[list[float]]) -> None:
    candidates = list(pool.candidates.filter(problem=trial.problem)[:40])
    for seed in (0, 1):
        for order, candidate in enumerate(candidates, start=1):
            solved = min(len(subtasks), order * 3 // len(candidates) + (order % 2))
            Submission.objects.create(
                trial=trial,
                candidate=candidate,
                seed=seed,
                order=order,
                aimed=order % len(subtasks) + 1,
                scores=[row[1] if at < solved - 1 else 0.0 for at, row in enumerate(subtasks)],
                reason="largest cluster",
            )


def compare(runs: list[Run], *, title: str = "Does selection win?", **changes: Any) -> Comparison:
    """A comparison of the runs that says one thing."""
    values: dict[str, Any] = {
        "problem_set": runs[0].revision.pool.problem_set,
        "title": title,
        "baseline": runs[0],
        "created_by": runs[0].created_by,
        "result": {
            "findings": [
                "Selecting with largest-cluster gains 147 points on the same pool (over problems +9 to +285)."
            ],
            "pairs": [{"shown": "problems"}, {"shown": None}],
            "runs": [],
        },
    }
    comparison = Comparison.objects.create(**{**values, **changes})
    for position, run in enumerate(runs):
        ComparisonRun.objects.create(comparison=comparison, run=run, position=position)
    return comparison
