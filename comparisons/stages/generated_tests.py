"""Running candidates on the tests that a model wrote for their problems: a probing like any other, of another source.

The probe set's inputs are the stored tests (one blob a problem, `samplers.generated_tests.SampledTests`); its columns
are the distinct texts among the first n tests of each sample, in the order of their first appearance. An outcome is
code 0 where the test passes, else a `Failure`. Strategies may use what comes of it; scores never do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import transaction

from comparisons.models import Candidate, Pool, PoolState, Probes, ProbeSet, ProbeSource, User, Work, blobs
from comparisons.samplers.generated_tests import SampledTests
from comparisons.stages import outcome_cache
from comparisons.stages import work as leases
from comparisons.strategies import Failure, GeneratedTests
from comparisons.strategies.pool_view import BoolArray
from judge.agreement import Agreement, TestEnd
from judge.allowing import refusal
from judge.judging import Judge, Source
from judge.problem import TaskType

#: Tests of each sample that are run where nobody says how many. Source: CodeT, its `limit`.
DEFAULT_PER_SAMPLE = 5
#: How often a test went, as the codes of probe outcomes; 0 is a pass.
CODES = {
    TestEnd.PASSED: 0,
    TestEnd.FAILED: int(Failure.CRASH),
    TestEnd.TIMED_OUT: int(Failure.TIMEOUT),
    TestEnd.ENDED: int(Failure.CRASH),
    TestEnd.NOT_RUN: int(Failure.NOT_RUN),
}


def plan_set(pool: Pool, *, n: int, user: User) -> ProbeSet:
    """The probe set of this pool's generated tests, the first n of each sample. Same tests, same set; nothing has to be
    made, so it is complete at once. Raises ValueError where the pool has no tests that can be run here."""
    tests = {row.problem_id: row for row in pool.generated_tests.all()}
    problems = pool.problem_set.problems.filter(pk__in=tests).select_related("current_version")
    ready = [
        problem
        for problem in problems
        if problem.current_version is not None and problem.current_version.task_type == TaskType.FUNCTION
    ]
    if not ready:
        raise ValueError(
            "its generated tests are for problems that call no function" if tests else "it has no generated tests"
        )
    versions = {problem.pk: problem.current_version for problem in ready if problem.current_version is not None}
    parts = [
        ProbeSource.GENERATED.value,
        str(n),
        *(f"{pk}:{version.pk}:{tests[pk].digest}" for pk, version in versions.items()),
    ]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    with transaction.atomic():
        probe_set, created = ProbeSet.objects.get_or_create(
            key=key,
            defaults={
                "problem_set": pool.problem_set,
                "source": ProbeSource.GENERATED,
                "n": n,
                "created_by": user,
                "state": PoolState.DONE,
            },
        )
        if created:
            Probes.objects.bulk_create(
                Probes(
                    probe_set=probe_set,
                    version=version,
                    subtask=subtask.index,
                    inputs=[tests[pk].digest],
                    n_made=sum(len(sample[:n]) for sample in tests[pk].load().tests),
                    n_valid=len(columns(tests[pk].load(), n)),
                    source_note=f"the first {n} tests of each sample",
                )
                for pk, version in versions.items()
                for subtask in version.subtasks.all()[:1]
            )
            leases.add(
                Work(
                    kind=Work.Kind.MAKE_PROBES,
                    key=f"make-probes:{probe_set.pk}:{problem.current_version_id}",
                    probe_set=probe_set,
                    problem=problem,
                    position=problem.position * 10 + 3,
                    state=Work.State.DONE,
                )
                for problem in ready
            )
    return probe_set


def columns(tests: SampledTests, n: int) -> tuple[str, ...]:
    """The distinct texts among the first n tests of each sample, in the order of their first appearance."""
    return tuple(dict.fromkeys(tests.first(n)))


def run_all(judge: Judge, candidates: Sequence[Candidate], row: Probes, n: int, under: str) -> dict[str, Any]:
    """The arrays of one chunk. Equal programs run once on a machine; `under` names limits and environment. Raises
    SandboxFault."""
    (digest,) = row.inputs
    tests = columns(SampledTests.from_bytes(blobs.get(digest)), n)
    agreement = Agreement(judge.problem, judge.files, judge.limits, judge.sandbox)
    what = f"generated:{digest}:{n}:{judge.problem.content_hash}:{under}"
    endings = np.full((len(candidates), len(tests)), Failure.NOT_RUN, dtype=np.int8)
    cpu_time_s = np.zeros(len(candidates), dtype=np.float32)
    runs: dict[str, tuple[list[int], float]] = {}
    for place, candidate in enumerate(candidates):
        if not candidate.source or refusal(judge.problem, Source.of(candidate.source, candidate.language)):
            continue
        key = candidate.program_hash or str(candidate.pk)
        if key not in runs:
            runs[key] = _run_once(agreement, candidate, tests, what)
        endings[place], cpu_time_s[place] = runs[key]
    return {
        "candidate": np.array([candidate.pk for candidate in candidates], dtype=np.int64),
        "hashes": np.zeros((*endings.shape, 16), dtype=np.uint8),
        "endings": endings,
        "cpu_time_s": cpu_time_s,
    }


def _run_once(agreement: Agreement, candidate: Candidate, tests: Sequence[str], what: str) -> tuple[list[int], float]:
    cached = f"{candidate.program_hash}:{what}" if candidate.program_hash else ""
    known = outcome_cache.get(cached) if cached else None
    if known is not None:
        return known["endings"], known["cpu_time_s"]
    text = outcome_cache.representative(candidate.program_hash, candidate.source)
    ends, cpu_time_s = agreement.run(Source.of(text, candidate.language), tests)
    endings = [CODES[end] for end in ends]
    if cached:
        outcome_cache.put(cached, {"endings": endings, "cpu_time_s": cpu_time_s})
    return endings, cpu_time_s


def generated_tests_of(digest: str, n: int, passed: BoolArray) -> GeneratedTests:
    """What strategies see: `passed` (candidates × columns) with who wrote each test, and where in its sample."""
    tests = SampledTests.from_bytes(blobs.get(digest))
    column = {text: number for number, text in enumerate(columns(tests, n))}
    written = [
        (column[text], sample, place)
        for sample, texts in enumerate(tests.tests)
        for place, text in enumerate(texts[:n])
    ]
    table = np.array(written, dtype=np.int64).reshape(-1, 3)
    return GeneratedTests(passed, table[:, 0], table[:, 1], table[:, 2], per_sample=n)
