"""Making a subtask's probes with the programs that a model wrote: generators make inputs, validators vote on them,
brute-force programs answer the small ones. What every program did is kept beside the probes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comparisons.models import Candidate, Probes, blobs
from comparisons.samplers.probe_recipes import Counted, PackageCheck, ProbeRecipe, Role, TooFew
from comparisons.stages import package_validators
from comparisons.stages.asking import role_of
from comparisons.stages.environment import sandbox
from judge import inputs
from judge.allowing import refusal
from judge.errors import PackageError, PodiumError, SandboxFault
from judge.inputs import Helper, MadeInput, Rule
from judge.judging import Judge, Source
from judge.languages import LANGUAGES
from judge.problem import Limits, Problem
from judge.sandbox import CompileFailure, Ending, Execution

#: Languages that are run whatever was asked for: those that the prompts offer.
FAMILIES = ("cpp", "c", "python3")
#: A brute-force program that runs out of its generous limit so often is too slow for all that is left.
TOO_SLOW = 3
_MEMORY_MIB = 2048


class TooFewProbes(PodiumError):
    """A recipe that wants a problem to fail where too few inputs survive, and a subtask where they do not."""


def make(row: Probes, problem: Problem) -> None:
    """Fills the row of a subtask: its inputs, counts, report and expected outputs. Raises TooFewProbes, SandboxFault,
    and PackageError where the package's validators are asked and cannot be used."""
    recipe = ProbeRecipe.from_data(row.probe_set.recipe)
    programs = _programs(row)
    if not programs[Role.GENERATOR]:
        row.source_note = _why_none(row, problem)
        return
    generators, validators = (
        [_helper(number, program) for number, program in programs[role]] for role in (Role.GENERATOR, Role.VALIDATOR)
    )
    voters = [one for one in validators if one.executable is not None]
    rule = Rule(row.probe_set.n, recipe.needed(len(voters)), counts_made=recipe.counted == Counted.MADE)
    made = _made(row, generators, validators, rule)
    able, package = _asked_package(row, problem, made, rule, recipe)
    kept, filled = _survivors(inputs.chosen(able, rule), able, rule, recipe, len(voters))
    row.inputs = [one.digest for one in kept]
    row.n_made = sum(one.runs - one.failed for one in generators)
    row.n_valid = sum(one.accepts >= rule.needed for one in made)
    row.n_dropped = row.n_made - len(made)
    row.cpu_time_s += sum(one.cpu_time_s for one in (*generators, *validators))
    brute_force = _brute_force(row, problem, kept, programs[Role.BRUTE_FORCE], recipe)
    row.source_note = _note(row, voters, filled, recipe)
    row.report = {
        "needed": rule.needed,
        "voters": len(voters),
        "distinct": len(made),
        "filled": filled,
        "generators": _told(generators, programs[Role.GENERATOR], lambda one: _of_generator(one)),
        "validators": _told(validators, programs[Role.VALIDATOR], lambda one: _of_validator(one, len(made))),
        "brute_force": brute_force,
        "package": package,
    }
    if len(kept) < _least(rule, recipe) and recipe.too_few == TooFew.FAIL:
        raise TooFewProbes(f"subtask {row.subtask}: {row.source_note or f'only {len(kept)} probes survive'}")


def _made(row: Probes, generators: Sequence[Helper], validators: Sequence[Helper], rule: Rule) -> list[MadeInput]:
    """The distinct inputs of the generators, with what the validators said of each."""
    lots = random.Random(f"{row.probe_set.seed}:{row.version.content_hash}:{row.subtask}")
    first_seed = 2 * lots.randrange(2**29)
    return inputs.make_inputs(generators, validators, rule, sandbox=sandbox(), keep=_keep, first_seed=first_seed)


def _programs(row: Probes) -> dict[Role, list[tuple[int, Candidate]]]:
    """The programs the model wrote for this subtask by role, each with its number within the role."""
    pool = row.probe_set.programs
    assert pool is not None
    found: dict[Role, list[tuple[int, Candidate]]] = {role: [] for role in Role}
    drawn = Candidate.objects.filter(pool=pool, problem=row.version.problem_id, subtask=row.subtask)
    for candidate in drawn.order_by("index", "attempt"):
        role, first = role_of(pool.recipe, candidate.index)
        if role:
            found[Role(role)].append((candidate.index - first, candidate))
    return found


def _why_none(row: Probes, problem: Problem) -> str:
    pool = row.probe_set.programs
    left_out = pool.recipe.get("left_out", {}) if pool else {}
    return left_out.get(problem.slug, "the model wrote no generator for this subtask")[:300]


def _helper(number: int, program: Candidate) -> Helper:
    language = LANGUAGES.get(program.language)
    if not program.source:
        return Helper(number, None, program.no_program or "no program")
    if language is None or language.family not in FAMILIES:
        return Helper(number, None, f"is in {program.language or 'an unknown language'}, which was not asked for")
    return inputs.compile_helper(number, Source.of(program.source, program.language).files, program.language, sandbox())


def _keep(content: bytes) -> tuple[str, Path]:
    digest = blobs.put(content)
    return digest, blobs.path(digest)


def _least(rule: Rule, recipe: ProbeRecipe) -> int:
    """How many inputs are enough: never more than were asked for."""
    return min(recipe.least, rule.n)


def _survivors(
    kept: list[MadeInput], made: Sequence[MadeInput], rule: Rule, recipe: ProbeRecipe, n_validators: int
) -> tuple[list[MadeInput], int]:
    """(the inputs that become probes, how many of them the vote had rejected)."""
    least = _least(rule, recipe)
    if len(kept) >= least or recipe.too_few != TooFew.BEST:
        return kept, 0
    filled = inputs.best(made, rule, n_validators=n_validators, wanted=least)
    return filled, len(filled) - len(kept)


def _asked_package(
    row: Probes, problem: Problem, made: list[MadeInput], rule: Rule, recipe: ProbeRecipe
) -> tuple[list[MadeInput], dict[str, Any] | None]:
    """(the inputs that may become probes, what the package's validators said of all that were made), where they are to
    be asked. Raises PackageError where they decide and cannot be used."""
    if recipe.package_check == PackageCheck.OFF or not problem.validators:
        return made, None
    is_shown = recipe.package_check == PackageCheck.SHOW
    try:
        found, cpu_time_s = package_validators.accepted(problem, row.subtask, [one.digest for one in made])
    except PackageError as error:
        if is_shown:
            return made, {"error": str(error)}
        raise
    accepted = set(found)
    told = {
        "validators": len(problem.validators),
        "seen": len(made),
        "accepted": len(accepted),
        "only_vote": sum(one.accepts >= rule.needed and one.digest not in accepted for one in made),
        "only_package": sum(one.accepts < rule.needed and one.digest in accepted for one in made),
    }
    if is_shown:  # it is an evaluation of the probes, and no part of making them
        return made, told
    row.cpu_time_s += cpu_time_s
    return [one for one in made if one.digest in accepted], told


def _brute_force(
    row: Probes,
    problem: Problem,
    kept: Sequence[MadeInput],
    programs: Sequence[tuple[int, Candidate]],
    recipe: ProbeRecipe,
) -> list[dict[str, Any]]:
    """Runs the brute-force programs on the small probes; writes the expected outputs. What each program did."""
    small = [place for place, one in enumerate(kept) if one.size <= recipe.small_bytes]
    if not programs:
        return []
    limits = Limits(recipe.brute_force_s, _MEMORY_MIB)
    judge = Judge(problem, blobs.BlobFiles(), limits, sandbox())
    told: list[dict[str, Any]] = []
    outputs: list[list[bytes | None]] = []
    rounded: list[list[bytes | None]] = []
    for number, program in programs:
        error, runs = _run_brute_force(judge, program, [kept[place].path for place in small])
        cpu_time_s = sum(run.cpu_time_s for run in runs)
        row.cpu_time_s += cpu_time_s
        clean = [run.tokens_hash if run.is_clean else None for run in runs]
        if not error:
            missing: list[bytes | None] = [None] * (len(small) - len(clean))
            outputs.append(clean + missing)
            rounded.append([run.rounded_hash if run.is_clean else None for run in runs] + missing)
        told.append(
            {
                **_head(number, program, error),
                "runs": len(runs),
                "clean": sum(output is not None for output in clean),
                "cpu_time_s": cpu_time_s,
            }
        )
    found = inputs.majority(outputs)
    expected: list[list[Any]] = [[None] * 4 for _ in kept]
    for place, *both in zip(small, found, inputs.majority(rounded), strict=False):
        expected[place] = [one for output, share in both for one in (output.hex() if output else None, share)]
    row.expected = expected if found else []
    able = iter(outputs)
    for one in told:
        mine = [] if one["error"] else next(able)
        one["agreed"] = sum(
            output is not None and output == right for output, (right, _) in zip(mine, found, strict=False)
        )
        one["small"] = len(small)
    return told


def _run_brute_force(judge: Judge, program: Candidate, paths: Sequence[Path]) -> tuple[str, list[Execution]]:
    """(why it cannot be run, or "", its runs)."""
    if not program.source:
        return program.no_program or "no program", []
    source = Source.of(program.source, program.language)
    if reason := refusal(judge.problem, source):
        return f"not run: {reason}", []
    built = judge.compile(source)
    if isinstance(built, CompileFailure):
        if built.is_fault:
            raise SandboxFault(f"a brute-force program could not be compiled: {built.message[:300]}")
        return f"does not compile: {built.message.strip().splitlines()[0][:200] if built.message.strip() else ''}", []
    slow = 0

    def is_too_slow(_: int, run: Execution) -> bool:
        nonlocal slow
        slow += run.ending in (Ending.CPU, Ending.WALL)
        return slow >= TOO_SLOW

    runs = list(judge.run_on_inputs(built, paths, stop_after=is_too_slow, rounds=True)) if paths else []
    if any(run.ending is Ending.FAULT for run in runs):
        raise SandboxFault("a brute-force program could not be run")
    return "", runs


def _note(row: Probes, voters: Sequence[Helper], filled: int, recipe: ProbeRecipe) -> str:
    if not voters:
        return "no validator can be run: nothing is known to be valid"
    if filled:
        return f"{filled} of the {len(row.inputs)} probes are inputs that the vote rejected, filled in"
    if len(row.inputs) < row.probe_set.n:
        return f"only {len(row.inputs)} of {row.probe_set.n} inputs survive"
    return ""


def _told(helpers: Sequence[Helper], programs: Sequence[tuple[int, Candidate]], figures: Any) -> list[dict[str, Any]]:
    return [
        {**_head(one.number, program, one.error), **figures(one), "cpu_time_s": one.cpu_time_s}
        for one, (_, program) in zip(helpers, programs, strict=True)
    ]


def _head(number: int, program: Candidate, error: str) -> dict[str, Any]:
    return {"number": number, "candidate": program.pk, "language": program.language, "error": error}


def _of_generator(one: Helper) -> dict[str, Any]:
    flag = "makes nothing" if one.runs and one.failed == one.runs else ""
    if one.distinct and not one.accepted:
        flag = "none of its inputs is valid"
    return {
        "runs": one.runs, "failed": one.failed, "distinct": one.distinct, "accepted": one.accepted, "flag": flag,
    }  # fmt: skip


def _of_validator(one: Helper, seen: int) -> dict[str, Any]:
    flag = ""
    if one.executable is not None and seen:
        flag = "accepts everything" if one.accepted >= seen else "rejects everything" if not one.accepted else ""
    return {
        "seen": seen if one.executable is not None else 0,
        "accepted": one.accepted,
        "failed": one.failed,
        "agreed": one.agreed,
        "takes_nonsense": one.takes_nonsense,
        "flag": flag,
    }
