"""Probing: running a range of a pool's candidates on probes, merging what came out into codes.

Candidates are told apart by what they print on a probe; what would be right nobody says. `stages.making_probes` makes
the probes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q

from comparisons.models import (
    Chunk,
    Environment,
    Equality,
    LimitReading,
    PoolRevision,
    PoolState,
    ProbedProblem,
    Probes,
    ProbeSet,
    ProbeSource,
    Probing,
    Problem,
    ProblemVersion,
    User,
    Work,
    blobs,
)
from comparisons.stages import (
    generated_tests,
    making_probes,
    measuring,
    pool_state,
    probe_codes,
    probe_programs,
    probe_runs,
)
from comparisons.stages import work as leases
from comparisons.stages.environment import machine_note
from comparisons.stages.judging import candidates_of, check_complete, judge_of
from comparisons.stages.outcomes import concatenate
from comparisons.stages.planning import ranges, units_of


def plan(
    revision: PoolRevision,
    probe_set: ProbeSet,
    environment: Environment,
    *,
    user: User,
    equality: str = Equality.TOKENS,
) -> Probing:
    """The probing of a pool revision on a probe set, with its pieces; the same content gives the same probing.

    Problems that the set has no probes for, and such as cannot be judged here, are left out.
    """
    text = f"revision {revision.pk}\nprobes {probe_set.pk}\nenvironment {environment.key}"
    text += "" if equality == Equality.TOKENS else f"\nequality {equality}"
    key = hashlib.sha256(text.encode()).hexdigest()
    try:
        with transaction.atomic():
            probing, created = Probing.objects.get_or_create(
                key=key,
                defaults={
                    "revision": revision,
                    "probe_set": probe_set,
                    "environment": environment,
                    "equality": equality,
                    "created_by": user,
                    "state": PoolState.PROBING,
                },
            )
            if created:
                _plan_work(probing)
    except IntegrityError:
        return Probing.objects.get(key=key)
    probing.refresh_from_db()
    return probing


def not_ready() -> Q:
    """Pieces whose probes are still to be made, or whose limits are still to be measured. One query, of problems."""
    making = Work.objects.filter(
        kind=Work.Kind.MAKE_PROBES, probe_set=OuterRef("probing__probe_set"), problem=OuterRef("problem")
    )
    measured = LimitReading.objects.filter(version=OuterRef("version"))
    is_waiting = Exists(making.exclude(state=Work.State.DONE)) | ~Exists(measured)
    rows = ProbedProblem.objects.filter(is_waiting, probing__state__in=pool_state.ACTIVE)
    waiting: dict[int, set[int]] = defaultdict(set)
    for probing, problem in rows.values_list("probing", "problem"):
        waiting[probing].add(problem)
    found = Q(pk__in=())
    for probing, problems in waiting.items():
        found |= Q(kind=Work.Kind.PROBE, probing=probing, problem__in=problems)
    return found


def probe_range(piece: Work) -> None:
    """Runs a range of candidates on the probes of every subtask. Raises SandboxUnavailable, LeaseLost, and SandboxFault
    where a program could not be compiled by our fault."""
    probing = piece.probing
    assert probing is not None and piece.problem is not None
    version = _version(probing, piece.problem)
    probes = list(Probes.objects.filter(probe_set=probing.probe_set_id, version=version).order_by("subtask"))
    candidates = list(candidates_of(piece))
    limits = _limits(probing, version)
    judge = judge_of(version.pk, limits.pk)
    assert probing.environment is not None
    under = f"{limits.time_limit_s}:{limits.memory_limit_mib}:{limits.output_limit_mib}:{probing.environment.key}"
    digests = {}
    for one in probes:
        if probing.probe_set.source == ProbeSource.GENERATED:
            arrays = generated_tests.run_all(judge, candidates, one, probing.probe_set.n, under)
        else:
            rounds = probing.equality == Equality.ROUNDED
            arrays = probe_runs.run_all(judge, candidates, one.inputs, under, rounds=rounds)
        digests[one.subtask] = blobs.put_arrays(**arrays)
    with leases.finishing(piece):
        Chunk.objects.bulk_create(
            Chunk(
                kind=Chunk.Kind.PROBES,
                probing=probing,
                problem=piece.problem,
                subtask=piece.subtask,
                probe_subtask=subtask,
                start=piece.start,
                stop=piece.stop,
                digest=digest,
                machine=machine_note(),
            )
            for subtask, digest in digests.items()
        )
        Probing.objects.filter(pk=probing.pk).update(probed=F("probed") + len(candidates))


def merge(piece: Work) -> None:
    """Merges the chunks of one problem: 128-bit output hashes become codes. Raises LeaseLost, and ValueError where the
    chunks are not those of the pool's candidates."""
    probing = piece.probing
    assert probing is not None and piece.problem is not None
    merged = {}
    for row in probing.problems.filter(problem=piece.problem):
        chunks = probing.chunks.filter(problem=piece.problem, probe_subtask=row.subtask)
        parts = [
            blobs.get_arrays(chunk.digest) for chunk in chunks.order_by(F("subtask").asc(nulls_first=True), "start")
        ]
        arrays = concatenate(parts)
        check_complete(probing, piece.problem, arrays)
        for name in ("notes", "readings"):
            arrays.pop(name)
        hashes, endings = arrays.pop("hashes"), arrays.pop("endings")
        codes = probe_codes.codes_of(hashes, endings)
        probes = Probes.objects.get(probe_set=probing.probe_set_id, version=row.version_id, subtask=row.subtask)
        expected = probe_codes.expected_as(probes.expected, rounds=probing.equality == Equality.ROUNDED)
        right = probe_codes.expected_of(expected, hashes, endings, codes)
        merged[row.pk] = blobs.put_arrays(codes=codes, **right, **arrays), probe_codes.aggregates_of(codes)
    with leases.finishing(piece):
        for pk, (digest, aggregates) in merged.items():
            ProbedProblem.objects.filter(pk=pk).update(outcomes=digest, aggregates=aggregates)


def merges_due(probing: Probing) -> list[Work]:
    """The merge pieces of problems whose candidates all ran; created where they do not exist yet. Three queries."""
    open_ids = probing.work.filter(kind=Work.Kind.PROBE).exclude(state=Work.State.DONE).values("problem_id")
    ready = probing.problems.filter(outcomes="").exclude(problem_id__in=open_ids)
    return leases.add(
        Work(
            kind=Work.Kind.MERGE_PROBES,
            key=f"merge-probes:{probing.pk}:{problem.pk}",
            probing=probing,
            problem=problem,
            position=problem.position * 10 + 5,
        )
        for problem in Problem.objects.filter(pk__in=ready.values("problem_id"))
    )


def settle(probing: Probing) -> PoolState:
    """Writes and returns the probing's state after a piece of it, or of its probe set, was done or has failed."""
    making_probes.settle(probing.probe_set)
    drawing = probe_programs.state_of(probing.probe_set)
    if drawing is not None and drawing[0] in probe_programs.STOPPED:
        # The set says in which way; what waits for it only rests, and goes on when a person resumes it.
        words = drawing[0].replace("-", " ")
        pool_state.stop(probing, PoolState.PAUSED, f"The programs that make its probes are {words}: {drawing[1]}")
    broken = probing.probe_set.work.filter(kind=Work.Kind.MAKE_PROBES, state=Work.State.FAILED)
    for piece in broken.select_related("problem"):
        leases.fail_waiting(probing.work.filter(problem=piece.problem), f"its probes could not be made: {piece.error}")
    versions = dict(probing.problems.values_list("version", "problem"))
    for version, error in measuring.failed(versions):
        unmeasured = probing.work.filter(problem=versions[version])
        leases.fail_waiting(unmeasured, f"its time limit could not be measured: {error}")
    return pool_state.settle(
        probing, unmerged=set(probing.problems.filter(outcomes="").values_list("problem", flat=True))
    )


def _plan_work(probing: Probing) -> None:
    """A row for each problem and subtask whose outcomes are to come, and a piece for every range of candidates."""
    versions = ProblemVersion.objects.filter(
        pk__in=making_probes.versions_of(probing.probe_set).values(), unjudgeable=""
    )
    units = units_of(probing.revision)
    rows, pieces = [], []
    for version in versions.select_related("problem").prefetch_related("subtasks"):
        mine = {subtask: n for (problem, subtask), n in units.items() if problem == version.problem_id}
        if not mine:
            continue
        for subtask in version.subtasks.all():
            rows.append(ProbedProblem(probing=probing, problem=version.problem, version=version, subtask=subtask.index))
        pieces += [
            Work(
                kind=Work.Kind.PROBE,
                key=f"probe:{probing.pk}:{version.problem_id}:{subtask}:{start}",
                probing=probing,
                problem_id=version.problem_id,
                subtask=subtask,
                start=start,
                stop=stop,
                position=version.problem.position * 10 + 4,
            )
            for subtask, n in mine.items()
            for start, stop in ranges(0, n)
        ]
    ProbedProblem.objects.bulk_create(rows)
    leases.add(pieces)
    probing.total = sum(piece.stop - piece.start for piece in pieces)
    probing.save(update_fields=["total"])


def _version(probing: Probing, problem: Problem) -> ProblemVersion:
    """The version that the probing was planned with; the problem may have a newer one by now."""
    rows = probing.problems.filter(problem=problem).select_related("version")
    return rows[0].version


def _limits(probing: Probing, version: ProblemVersion) -> LimitReading:
    """The limits as they were when the probing was planned, so that all its pieces use the same; measured later where
    there were none."""
    readings = version.limit_readings.order_by("-pk")
    reading = readings.filter(created_at__lte=probing.created_at).first() or readings.last()
    if reading is None:
        raise LimitReading.DoesNotExist(f"{version} has no limits yet")
    return reading
