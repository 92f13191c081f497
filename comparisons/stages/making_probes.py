"""Making probes: inputs from a package's generators, or mutated public ones, that pass the package's validators.

A probe is an input that passed validation and is no hidden test. Made from package data it is privileged: a contestant
would not have it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from django.db import IntegrityError, transaction

from comparisons.models import (
    PoolState,
    Probes,
    ProbeSet,
    ProbeSource,
    ProblemSet,
    ProblemVersion,
    User,
    Work,
    blobs,
)
from comparisons.stages import work as leases
from comparisons.stages.environment import sandbox
from judge.errors import PackageError, SandboxFault
from judge.languages import LANGUAGES
from judge.mutation import mutate
from judge.problem import Problem, Program, TaskType
from judge.sandbox import Ending, Executable, Execution, RunLimits
from judge.tools import compile_program
from judge.validating import INPUT, is_valid

#: Wide limits for a package's generators and validators.
TOOL_LIMITS = RunLimits(cpu_s=10, memory_mib=2048, output_bytes=64 << 20, wall_s=30, processes=8)
#: Inputs made for one that is wanted, at the most.
TRIES_PER_PROBE = 4
#: A generator that failed this often in a row is not asked again: it knows nothing of this subtask, or hangs.
GENERATOR_FAILURES = 12


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
                        key=f"make-probes:{probe_set.pk}:{problem.current_version_id}",
                        probe_set=probe_set,
                        problem=problem,
                        position=problem.position * 10 + 3,
                    )
                    for problem in problems
                )
    except IntegrityError:
        return ProbeSet.objects.get(key=key)
    return probe_set


def make_probes(piece: Work) -> None:
    """Makes the probes of all subtasks of one problem version. Raises SandboxUnavailable, LeaseLost, and PackageError
    where the package's own programs cannot be used."""
    probe_set = piece.probe_set
    assert probe_set is not None
    version = ProblemVersion.objects.prefetch_related("subtasks").get(pk=_version_of(piece))
    rows = [_probes_of_subtask(probe_set, version, subtask.index) for subtask in version.subtasks.all()]
    with leases.finishing(piece):
        Probes.objects.bulk_create(rows)


def versions_of(probe_set: ProbeSet) -> dict[int, int]:
    """Problem id -> id of the version the set's probes are for. One query."""
    pieces = probe_set.work.filter(kind=Work.Kind.MAKE_PROBES)
    return {piece.problem_id: _version_of(piece) for piece in pieces if piece.problem_id is not None}


def settle(probe_set: ProbeSet) -> None:
    """Brings the state of a probe set up to date with its pieces. Two queries."""
    pieces = probe_set.work.filter(kind=Work.Kind.MAKE_PROBES).exclude(state=Work.State.DONE)
    left = list(pieces.select_related("problem"))
    failed = [piece for piece in left if piece.state == Work.State.FAILED]
    state = PoolState.PROBING if len(left) > len(failed) else PoolState.FAILED if failed else PoolState.DONE
    reason = "; ".join(f"{piece.problem}: {piece.error}" for piece in failed)[:400]
    ProbeSet.objects.filter(pk=probe_set.pk).update(state=state, state_reason=reason)


def _version_of(piece: Work) -> int:
    return int(piece.key.rpartition(":")[2])


def _probes_of_subtask(probe_set: ProbeSet, version: ProblemVersion, subtask: int) -> Probes:
    problem = version.to_problem()
    row = Probes(probe_set=probe_set, version=version, subtask=subtask, inputs=[])
    if problem.task_type not in (TaskType.BATCH, TaskType.BATCH_GRADER):
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
    if not row.n_made and probe_set.source == ProbeSource.PACKAGE:
        row.source_note = "the package's generators make nothing for this subtask"
    elif not problem.validators:
        row.source_note = "not validated: the package has no input validator"
    return row


def _generated(problem: Problem, row: Probes, rng: random.Random, most: int) -> Iterator[bytes]:
    tools = [_tool(program) for program in problem.generators]
    failures = 0
    for attempt in range(most):
        tool = tools[attempt % len(tools)]
        seed = rng.randrange(2**31)
        run = sandbox().run_tool(tool, args=[str(row.subtask), str(seed)], limits=TOOL_LIMITS).execution
        row.cpu_time_s += run.cpu_time_s
        if run.ending is Ending.FAULT:
            raise SandboxFault(f"a generator of {problem.slug} could not be run")
        failures = 0 if run.is_clean and run.stdout else failures + 1
        if run.is_clean and run.stdout:
            yield run.stdout
        if failures >= GENERATOR_FAILURES * len(tools):
            return


def _mutated(problem: Problem, rng: random.Random, most: int) -> Iterator[bytes]:
    # Only public inputs are mutated: a hidden one, however changed, would tell what the tests are like.
    public = [blobs.get(test.input.digest) for test in problem.testcases if test.is_sample]
    for _ in range(most if public else 0):
        yield mutate(rng.choice(public), rng=rng)


def _validated(problem: Problem, row: Probes, digests: Sequence[str]) -> list[str]:
    """Those inputs that every validator of the package accepts for this subtask, in order."""
    if not problem.validators:
        return list(digests)
    flags = _validator_flags(problem, row.subtask)
    kept = list(digests)
    for program in problem.validators:
        runs = list(_validator_runs(_tool(program), flags, [blobs.path(digest) for digest in kept]))
        row.cpu_time_s += sum(run.cpu_time_s for run in runs)
        if any(run.ending is Ending.FAULT for run in runs):
            raise SandboxFault(f"a validator of {problem.slug} could not be run")
        kept = [digest for digest, run in zip(kept, runs, strict=True) if is_valid(problem, run)]
    return kept


def _validator_runs(tool: Executable, flags: tuple[str, ...], inputs: Sequence[Path]) -> Iterator[Execution]:
    """The validator on every input: in one sandbox, unless its arguments name the input's file."""
    if INPUT not in flags:
        tool = dataclasses.replace(tool, argv=(*tool.argv, *flags))
        yield from sandbox().run_batch(tool, inputs, TOOL_LIMITS)
        return
    for path in inputs:
        yield sandbox().run_tool(tool, args=flags, stdin=path, files={INPUT: path}, limits=TOOL_LIMITS).execution


def _validator_flags(problem: Problem, subtask: int) -> tuple[str, ...]:
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


@lru_cache(maxsize=64)
def _tool(program: Program) -> Executable:
    if program.language not in LANGUAGES:
        raise PackageError(program.name, "is in a language that does not run here")
    return compile_program(program, blobs.BlobFiles(), sandbox())
