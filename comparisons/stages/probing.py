"""Probes: making them, running a range of candidates on them, merging what came out into codes.

A probe is an input that passed validation and is no hidden test. Candidates are told apart by what they print on it;
what would be right nobody says. Probes made from package data are privileged: a contestant would not have them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from comparisons.models import (
    Chunk,
    Environment,
    PoolRevision,
    PoolState,
    ProbedProblem,
    Probes,
    ProbeSet,
    ProbeSource,
    Probing,
    Problem,
    ProblemSet,
    ProblemVersion,
    User,
    Work,
    blobs,
)
from comparisons.stages import work as leases
from comparisons.stages.environment import sandbox
from comparisons.stages.judging import RANGE, candidates_of, concatenate, judge_of, units_of
from comparisons.strategies.pool_view import Failure
from judge.judging import Judge, Source
from judge.mutation import mutate
from judge.problem import File, Program, TaskType
from judge.problem import Problem as JudgeProblem
from judge.sandbox import CompileFailure, Ending, Executable, Execution, RunLimits

#: Wide limits for a package's generators and validators.
TOOL_LIMITS = RunLimits(cpu_s=10, memory_mib=2048, output_bytes=64 << 20, wall_s=30, processes=8)
#: Inputs made for one that is wanted, at the most.
TRIES_PER_PROBE = 4
#: A candidate that ran into a limit on this many probes is not run on the rest: each would cost a whole limit again.
LIMIT_HITS = 3
#: Codes of runs that have no output to compare; real outputs are numbered from 0. An exit code other than 0 is a crash.
FAILURES = {
    Ending.FAULT: Failure.NOT_RUN,
    Ending.CPU: Failure.TIMEOUT,
    Ending.WALL: Failure.TIMEOUT,
    Ending.MEMORY: Failure.MEMORY,
    Ending.OUTPUT: Failure.OUTPUT_LIMIT,
    Ending.SIGNAL: Failure.CRASH,
    Ending.EXIT: Failure.CRASH,
}


def plan_set(problem_set: ProblemSet, source: ProbeSource, *, n: int, seed: int, user: User) -> ProbeSet:
    """The probe set of the current versions of a problem set, with a piece of work per problem. Same content, same
    set."""
    problems = [p for p in problem_set.problems.select_related("current_version") if p.current_version]
    parts = [str(source), str(n), str(seed), *(str(p.current_version_id) for p in problems)]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    try:
        with transaction.atomic():
            probe_set, created = ProbeSet.objects.get_or_create(
                key=key,
                defaults={
                    "problem_set": problem_set,
                    "source": source,
                    "n": n,
                    "seed": seed,
                    "created_by": user,
                    "state": PoolState.PROBING,
                },
            )
            if created:
                leases.add(
                    Work(
                        kind=Work.Kind.MAKE_PROBES,
                        key=f"make-probes:{probe_set.pk}:{problem.pk}",
                        probe_set=probe_set,
                        problem=problem,
                        position=problem.position * 10 + 1,
                    )
                    for problem in problems
                )
    except IntegrityError:
        return ProbeSet.objects.get(key=key)
    return probe_set


def make_probes(piece: Work) -> None:
    """Makes the probes of all subtasks of one problem. Raises SandboxUnavailable, LeaseLost."""
    probe_set, problem = piece.probe_set, piece.problem
    assert probe_set is not None and problem is not None and problem.current_version is not None
    version = problem.current_version
    rows = [_probes_of_subtask(probe_set, version, subtask.index) for subtask in version.subtasks.all()]
    with leases.finishing(piece):
        Probes.objects.bulk_create(rows)
        left = probe_set.work.filter(kind=Work.Kind.MAKE_PROBES).exclude(state=Work.State.DONE).exclude(pk=piece.pk)
        if not left.exists():
            ProbeSet.objects.filter(pk=probe_set.pk).update(state=PoolState.DONE)


def plan(revision: PoolRevision, probe_set: ProbeSet, environment: Environment, *, user: User) -> Probing:
    """The probing of a pool revision on a probe set, with its pieces; the same content gives the same probing."""
    text = f"revision {revision.pk}\nprobes {probe_set.pk}\nenvironment {environment.key}"
    key = hashlib.sha256(text.encode()).hexdigest()
    try:
        with transaction.atomic():
            probing, created = Probing.objects.get_or_create(
                key=key,
                defaults={
                    "revision": revision,
                    "probe_set": probe_set,
                    "environment": environment,
                    "created_by": user,
                    "state": PoolState.PROBING,
                },
            )
            if created:
                pieces = leases.add(_pieces(probing))
                Probing.objects.filter(pk=probing.pk).update(total=sum(p.stop - p.start for p in pieces))
                _expect(probing)
    except IntegrityError:
        return Probing.objects.get(key=key)
    probing.refresh_from_db()
    return probing


def is_ready(piece: Work) -> bool:
    """True once the probes that a PROBE piece runs on are made. One query."""
    assert piece.probing is not None
    making = Work.objects.filter(
        kind=Work.Kind.MAKE_PROBES, probe_set=piece.probing.probe_set_id, problem=piece.problem
    )
    return not making.exclude(state=Work.State.DONE).exists()


def probe_range(piece: Work) -> None:
    """Runs a range of candidates on the probes of the subtasks that concern them. Raises SandboxUnavailable,
    LeaseLost."""
    probing = piece.probing
    assert probing is not None and piece.problem is not None and piece.problem.current_version is not None
    version = piece.problem.current_version
    candidates = candidates_of(piece)
    judge = judge_of(version.pk, version.limits.pk)
    programs: dict[str, Executable | CompileFailure] = {}
    for candidate in candidates:
        key = candidate.program_hash or str(candidate.pk)
        if candidate.source and key not in programs:
            programs[key] = judge.compile(Source.of(candidate.source, candidate.language))
    ids = np.array([candidate.pk for candidate in candidates], dtype=np.int64)
    digests = {}
    for probes in _probes_for(piece):
        inputs = [blobs.path(digest) for digest in probes.inputs]
        runs: dict[str, tuple[Any, Any, float]] = {}
        hashes = np.zeros((len(candidates), len(inputs), 16), dtype=np.uint8)
        endings = np.full((len(candidates), len(inputs)), Failure.NOT_RUN, dtype=np.int8)
        cpu_time_s = np.zeros(len(candidates), dtype=np.float32)
        for row, candidate in enumerate(candidates):
            key = candidate.program_hash or str(candidate.pk)
            executable = programs.get(key)
            if not isinstance(executable, Executable) or not inputs:
                continue
            if key not in runs:
                runs[key] = _run(judge, executable, inputs)
            hashes[row], endings[row], cpu_time_s[row] = runs[key]
        digests[probes.subtask] = blobs.put_arrays(candidate=ids, hashes=hashes, endings=endings, cpu_time_s=cpu_time_s)
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
                machine={"host": socket.gethostname(), "isolation": str(sandbox().isolation)},
            )
            for subtask, digest in digests.items()
        )
        Probing.objects.filter(pk=probing.pk).update(probed=F("probed") + len(candidates))


def merge(piece: Work) -> None:
    """Merges the chunks of one problem: 128-bit output hashes become codes. The last problem completes the probing."""
    probing = piece.probing
    assert probing is not None and piece.problem is not None
    merged = {}
    for row in probing.problems.filter(problem=piece.problem):
        chunks = probing.chunks.filter(problem=piece.problem, probe_subtask=row.subtask)
        parts = [
            blobs.get_arrays(chunk.digest) for chunk in chunks.order_by(F("subtask").asc(nulls_first=True), "start")
        ]
        arrays = concatenate(parts)
        arrays.pop("notes")
        codes = _codes(arrays.pop("hashes"), arrays.pop("endings"))
        merged[row.pk] = blobs.put_arrays(codes=codes, **arrays), _aggregates(codes)
    with leases.finishing(piece):
        for pk, (digest, aggregates) in merged.items():
            ProbedProblem.objects.filter(pk=pk).update(outcomes=digest, aggregates=aggregates)
        if not probing.problems.filter(outcomes="").exists():
            Probing.objects.filter(pk=probing.pk).update(state=PoolState.DONE, finished_at=timezone.now())


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


def _probes_of_subtask(probe_set: ProbeSet, version: ProblemVersion, subtask: int) -> Probes:
    problem = _problem(version.pk)
    row = Probes(probe_set=probe_set, version=version, subtask=subtask, inputs=[])
    if problem.task_type is not TaskType.BATCH:
        row.source_note = f"{problem.task_type} problems have no output per input to compare"
        return row
    # Every input is made from (seed, version content, subtask, try): the set is the same wherever it is made.
    rng = random.Random(f"{probe_set.seed}:{version.content_hash}:{subtask}")
    if probe_set.source == ProbeSource.PACKAGE:
        if not problem.generators:
            row.source_note = "the package has no generator"
            return row
        made = _generated(problem, row, rng, probe_set.n * TRIES_PER_PROBE)
    else:
        made = _mutated(problem, rng, probe_set.n * TRIES_PER_PROBE)
    hidden = {test.input.digest for test in problem.testcases if not test.is_sample}
    seen: set[str] = set()
    fresh: list[bytes] = []
    while len(row.inputs) < probe_set.n:
        fresh.clear()
        for text in made:
            row.n_made += 1
            digest = hashlib.sha256(text).hexdigest()
            if digest in hidden or digest in seen:
                row.n_dropped += 1
                continue
            seen.add(digest)
            fresh.append(text)
            if len(fresh) >= probe_set.n - len(row.inputs):
                break
        if not fresh:
            break
        kept = _validated(problem, row, [blobs.put(text) for text in fresh])
        row.n_valid += len(kept) if problem.validators else 0
        row.inputs += kept
    if not problem.validators:
        row.source_note = "not validated: the package has no input validator"
    return row


def _generated(problem: JudgeProblem, row: Probes, rng: random.Random, most: int) -> Iterator[bytes]:
    tools = [_tool(program) for program in problem.generators]
    for attempt in range(most):
        tool = tools[attempt % len(tools)]
        seed = rng.randrange(2**31)
        result = sandbox().run_tool(tool, args=[str(row.subtask), str(seed)], limits=TOOL_LIMITS)
        row.cpu_time_s += result.execution.cpu_time_s
        if result.execution.is_clean and result.execution.stdout:
            yield result.execution.stdout


def _mutated(problem: JudgeProblem, rng: random.Random, most: int) -> Iterator[bytes]:
    # Only public inputs are mutated: a hidden one, however changed, would tell what the tests are like.
    public = [blobs.get(test.input.digest) for test in problem.testcases if test.is_sample]
    for _ in range(most if public else 0):
        yield mutate(rng.choice(public), rng=rng)


def _validated(problem: JudgeProblem, row: Probes, digests: Sequence[str]) -> list[str]:
    """Those inputs that every validator of the package accepts for this subtask, in order."""
    if not problem.validators:
        return list(digests)
    flags = _validator_flags(problem, row.subtask)
    kept = list(digests)
    for program in problem.validators:
        tool = _tool(program)
        tool = dataclasses.replace(tool, argv=(*tool.argv, *flags))
        runs = list(sandbox().run_batch(tool, [blobs.path(digest) for digest in kept], TOOL_LIMITS))
        row.cpu_time_s += sum(run.cpu_time_s for run in runs)
        kept = [digest for digest, run in zip(kept, runs, strict=True) if run.ending is Ending.EXIT and run.code == 42]
    return kept


def _validator_flags(problem: JudgeProblem, subtask: int) -> tuple[str, ...]:
    path = problem.subtasks[subtask - 1].group.split("/")
    group = problem.root
    flags = group.validator_flags
    for name in path:
        match = next((child for child in group.groups if child.name.split("/")[-1] == name), None)
        if match is None:
            break
        group = match
        flags = group.validator_flags or flags
    return flags


def _tool(program: Program) -> Executable:
    return _compiled_tool(program.language, tuple(program.files), program.name)


@lru_cache(maxsize=64)
def _compiled_tool(language: str, files: tuple[File, ...], name: str) -> Executable:
    compiled = sandbox().compile([(file.name, blobs.get(file.digest)) for file in files], language)
    if isinstance(compiled, CompileFailure):
        raise ValueError(f"The package's program {name} does not compile: {compiled.message[:300]}")
    return compiled


@lru_cache(maxsize=64)
def _problem(version_id: int) -> JudgeProblem:
    return ProblemVersion.objects.get(pk=version_id).to_problem()


def _pieces(probing: Probing) -> list[Work]:
    positions = dict(Problem.objects.filter(problem_set=probing.probe_set.problem_set).values_list("pk", "position"))
    return [
        Work(
            kind=Work.Kind.PROBE,
            key=f"probe:{probing.pk}:{problem_id}:{subtask}:{start}",
            probing=probing,
            problem_id=problem_id,
            subtask=subtask,
            start=start,
            stop=min(start + RANGE, n),
            position=positions[problem_id] * 10 + 4,
        )
        for (problem_id, subtask), n in units_of(probing.revision).items()
        for start in range(0, n, RANGE)
    ]


def _expect(probing: Probing) -> None:
    """A row for each problem and subtask whose outcomes are to come."""
    ids = {problem_id for problem_id, _ in units_of(probing.revision)}
    rows = []
    for problem in Problem.objects.filter(pk__in=ids).select_related("current_version"):
        assert problem.current_version is not None
        for subtask in problem.current_version.subtasks.all():
            rows.append(
                ProbedProblem(probing=probing, problem=problem, version=problem.current_version, subtask=subtask.index)
            )
    ProbedProblem.objects.bulk_create(rows)


def _probes_for(piece: Work) -> list[Probes]:
    """Those of the aimed subtask, or of every subtask where the candidates were drawn for the whole problem."""
    assert piece.probing is not None and piece.problem is not None
    probes = Probes.objects.filter(
        probe_set=piece.probing.probe_set_id, version=piece.problem.current_version_id
    ).order_by("subtask")
    return list(probes)


def _run(judge: Judge, executable: Executable, inputs: Sequence[Any]) -> tuple[Any, Any, float]:
    """(hashes, endings, CPU seconds) of one program on all inputs, in order."""
    hits = 0

    def enough(_: int, run: Execution) -> bool:
        nonlocal hits
        hits += run.ending in (Ending.CPU, Ending.WALL)
        return hits >= LIMIT_HITS

    hashes = np.zeros((len(inputs), 16), dtype=np.uint8)
    endings = np.full(len(inputs), Failure.NOT_RUN, dtype=np.int8)
    cpu = 0.0
    for place, run in enumerate(judge.run_on_inputs(executable, inputs, stop_after=enough)):
        cpu += run.cpu_time_s
        endings[place] = 0 if run.is_clean else FAILURES[run.ending]
        hashes[place] = np.frombuffer(run.tokens_hash, dtype=np.uint8)
    return hashes, endings, cpu


def _codes(hashes: Any, endings: Any) -> Any:
    """int32 codes, candidates × probes: equal outputs share a number from 0; endings without output stay negative."""
    n, m = endings.shape
    codes = np.empty((n, m), dtype=np.int32)
    for probe in range(m):
        keys = np.ascontiguousarray(hashes[:, probe]).view(np.dtype((np.void, 16))).ravel()
        _, numbered = np.unique(keys, return_inverse=True)
        codes[:, probe] = np.where(endings[:, probe] == 0, numbered, endings[:, probe])
    return codes


def _aggregates(codes: Any) -> dict[str, Any]:
    """Sizes of the clusters (equal rows of codes, at least one clean run), largest first, and the share of clean
    runs."""
    clean = (codes >= 0).any(axis=1) if codes.size else np.zeros(len(codes), dtype=bool)
    sizes = Counter(row.tobytes() for row in codes[clean])
    return {
        "candidates": len(codes),
        "probes": int(codes.shape[1]) if codes.ndim == 2 else 0,
        "clusters": len(sizes),
        "sizes": sorted(sizes.values(), reverse=True)[:50],
        "clean": float((codes >= 0).mean()) if codes.size else None,
    }
