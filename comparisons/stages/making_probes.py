"""Making probes: inputs from a package's generators, or mutated public ones, that pass the package's validators; or a
model's own (see `model_probes`).

A probe is an input that passed validation. Made from package data it is privileged, for a contestant would not have it,
and it is no hidden test; whether a model's input is one, nobody looks, for that would be package data.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

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
from comparisons.stages import model_probes, package_validators, probe_programs
from comparisons.stages import work as leases
from comparisons.stages.environment import sandbox
from comparisons.stages.package_validators import TOOL_LIMITS
from judge.errors import SandboxFault
from judge.inputs import input_key
from judge.mutation import mutate
from judge.problem import Problem
from judge.sandbox import Ending

#: Formats whose tests are made by a generator with arguments that the package lists, each for one test.
CALLED_BY_RECIPE = frozenset({"italian", "tps", "polygon", "dmoj"})
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
    problem = version.to_problem()
    from_package = probe_set.source != ProbeSource.MODEL and problem.task_type in probe_programs.PROBED_TYPES
    hidden = _hidden(problem) if from_package else frozenset()
    rows = [
        _probes_of_subtask(probe_set, version, problem, subtask.index, hidden) for subtask in version.subtasks.all()
    ]
    with leases.finishing(piece):
        Probes.objects.bulk_create(rows)


def versions_of(probe_set: ProbeSet) -> dict[int, int]:
    """Problem id -> id of the version the set's probes are for. One query."""
    pieces = probe_set.work.filter(kind=Work.Kind.MAKE_PROBES)
    return {piece.problem_id: _version_of(piece) for piece in pieces if piece.problem_id is not None}


def settle(probe_set: ProbeSet) -> None:
    """Brings the state of a probe set up to date with its pieces, and with the drawing of its programs where a model
    writes them. Three queries."""
    drawing = probe_programs.state_of(probe_set)
    if drawing is not None:
        state, reason = drawing
        ProbeSet.objects.filter(pk=probe_set.pk).update(state=state, state_reason=reason[:400])
        return
    pieces = probe_set.work.filter(kind=Work.Kind.MAKE_PROBES).exclude(state=Work.State.DONE)
    left = list(pieces.select_related("problem"))
    failed = [piece for piece in left if piece.state == Work.State.FAILED]
    state = PoolState.PROBING if len(left) > len(failed) else PoolState.FAILED if failed else PoolState.DONE
    reason = "; ".join(f"{piece.problem}: {piece.error}" for piece in failed)[:400]
    ProbeSet.objects.filter(pk=probe_set.pk).update(state=state, state_reason=reason)


def _version_of(piece: Work) -> int:
    return int(piece.key.rpartition(":")[2])


def _hidden(problem: Problem) -> frozenset[bytes]:
    """Keys of the hidden tests' inputs."""
    return frozenset(input_key(blobs.get(test.input.digest)) for test in problem.testcases if not test.is_sample)


def _probes_of_subtask(
    probe_set: ProbeSet, version: ProblemVersion, problem: Problem, subtask: int, hidden: frozenset[bytes]
) -> Probes:
    row = Probes(probe_set=probe_set, version=version, subtask=subtask, inputs=[])
    if problem.task_type not in probe_programs.PROBED_TYPES:
        row.source_note = f"{problem.task_type} problems have no output per input to compare"
        return row
    if probe_set.source == ProbeSource.MODEL:
        model_probes.make(row, problem)
        return row
    # Every input is made from (seed, version content, subtask, try): the set is the same wherever it is made.
    rng = random.Random(f"{probe_set.seed}:{version.content_hash}:{subtask}")
    if probe_set.source == ProbeSource.PACKAGE:
        row.source_note = _why_not_generated(problem)
        if row.source_note:
            return row
        made = _generated(problem, row, rng, probe_set.n * TRIES_PER_PROBE)
    else:
        made = _mutated(problem, rng, probe_set.n * TRIES_PER_PROBE)
    seen: set[bytes] = set()
    fresh: list[bytes] = []
    while len(row.inputs) < probe_set.n:
        fresh.clear()
        for text in made:
            row.n_made += 1
            content_key = input_key(text)
            if content_key in hidden or content_key in seen:
                row.n_dropped += 1
                continue
            seen.add(content_key)
            fresh.append(text)
            if len(fresh) >= probe_set.n - len(row.inputs):
                break
        if not fresh:
            break
        kept, cpu_time_s = package_validators.accepted(problem, row.subtask, [blobs.put(text) for text in fresh])
        row.cpu_time_s += cpu_time_s
        row.n_valid += len(kept) if problem.validators else 0
        row.inputs += kept
    row.source_note = "; ".join(_notes(row, problem, probe_set))
    return row


def _why_not_generated(problem: Problem) -> str:
    """Why the package's generators make no probes; "" where they can be asked for more than the package's own tests."""
    if not problem.generators:
        return "the package has no generator"
    if problem.format in CALLED_BY_RECIPE:
        return (
            "the package calls its generators with arguments of its own, not with a subtask and a seed: mutate its "
            "public inputs, or let a model write generators"
        )
    return ""


def _notes(row: Probes, problem: Problem, probe_set: ProbeSet) -> Iterator[str]:
    if not row.n_made:
        is_package = probe_set.source == ProbeSource.PACKAGE
        yield "the package's generators make nothing for this subtask" if is_package else "no public input to mutate"
    elif len(row.inputs) < probe_set.n:
        yield f"{len(row.inputs)} of {probe_set.n}: no more distinct valid inputs came"
    if row.n_made and not problem.validators:
        yield "not validated: the package has no input validator"


def _generated(problem: Problem, row: Probes, rng: random.Random, most: int) -> Iterator[bytes]:
    tools = [package_validators.tool(program) for program in problem.generators]
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
