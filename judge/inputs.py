"""Making inputs with programs of unknown worth: generators write them, validators vote on them, brute force answers the
small ones.

A generator reads a seed on standard input and prints an input. A validator accepts an input by ending with exit code 0;
whatever else it does is a rejection. Nobody vouches for any of these programs: they run in the sandbox like candidates,
and their failures are counted, never raised.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from judge.errors import SandboxFault
from judge.sandbox import Sandbox
from judge.sandbox.execution import CompileFailure, Ending, Executable, Execution, Mode, RunLimits

#: A larger one is no input: it would be run by every validator and every candidate.
MOST_INPUT_BYTES = 8 << 20
LIMITS = RunLimits(cpu_s=5.0, memory_mib=2048, output_bytes=MOST_INPUT_BYTES, wall_s=15.0, processes=8)
#: Seeds tried for one input that is wanted, at the most.
TRIES_PER_INPUT = 4
#: A generator that failed so often in a row is not asked again; neither is a validator that ran out of time so often.
#: One that crashes goes on: an assertion is a way to reject an input, and says nothing of the next one.
FAILURES = 6
_OUT_OF_TIME = (Ending.CPU, Ending.WALL)
#: Inputs that a generator is asked for at once.
WAVE = 64
#: What no validator should accept: a validator that does checks nothing.
NONSENSE = (b"", b"no input\n")


@dataclass
class Helper:
    """A program written for making inputs, and what came of it. `executable` is None where it cannot be run, and
    `error` says why.

    Of a generator: `runs` (seeds tried), `failed` (of these: crashed, out of time, nothing printed), `distinct` (new
    inputs), `accepted` (of these: by the vote). Of a validator: `runs` (inputs seen), `accepted`, `failed` (neither
    accepted nor rejected in an orderly way: counted as rejected), `agreed` (said what the vote said),
    `takes_nonsense` (accepts what is no input at all; None where it was not tried).
    """

    number: int
    executable: Executable | None
    error: str = ""
    runs: int = 0
    failed: int = 0
    distinct: int = 0
    accepted: int = 0
    agreed: int = 0
    takes_nonsense: bool | None = None
    cpu_time_s: float = 0.0
    in_a_row: int = field(default=0, repr=False)

    @property
    def is_given_up(self) -> bool:
        """It failed too often in a row, or was never able to run."""
        return self.executable is None or self.in_a_row >= FAILURES


@dataclass(frozen=True)
class MadeInput:
    """An input: where its bytes lie, its maker, and how many of the validators accepted it."""

    digest: str
    path: Path
    size: int
    maker: int
    accepts: int


@dataclass(frozen=True)
class Rule:
    """`n` inputs are wanted: distinct ones that are valid or, with `counts_made`, distinct ones before validation. An
    input is valid if at least `needed` of the validators that run accept it."""

    n: int
    needed: int
    counts_made: bool = False


def input_key(content: bytes) -> bytes:
    """What equal inputs share: they differ at most in white space where lines end and at their own end, which says
    nothing to a program."""
    lines = (line.rstrip() for line in content.rstrip().split(b"\n"))
    return hashlib.sha256(b"\n".join(lines)).digest()


def compile_helper(number: int, source: Sequence[tuple[str, bytes]], language: str, sandbox: Sandbox) -> Helper:
    """The program, compiled; a helper with the reason where it does not compile. Raises SandboxFault where that is our
    fault."""
    built = sandbox.compile(source, language)
    if isinstance(built, CompileFailure):
        if built.is_fault:
            raise SandboxFault(f"a program that makes probes could not be compiled: {built.message[:300]}")
        lines = built.message.strip().splitlines()
        error = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no message")
        return Helper(number, None, f"does not compile: {error[:200]}")
    return Helper(number, built)


def make_inputs(
    generators: Sequence[Helper],
    validators: Sequence[Helper],
    rule: Rule,
    *,
    sandbox: Sandbox,
    keep: Callable[[bytes], tuple[str, Path]],
    first_seed: int,
) -> list[MadeInput]:
    """All distinct inputs that were made, in the order of their making, with their votes; at most so many that the
    rule's number is reached, and fewer where `TRIES_PER_INPUT` do not bring it.

    `keep` stores the bytes of an input and returns their SHA-256 and place. Counts what happened in the helpers.
    Raises SandboxFault where the sandbox broke down.
    """
    made: list[MadeInput] = []
    seen: set[bytes] = set()
    tries = rule.n * TRIES_PER_INPUT
    with tempfile.TemporaryDirectory(prefix="podium-seeds-") as folder:
        _try_nonsense(validators, Path(folder), sandbox)
        while tries > 0:
            left = rule.n - (len(made) if rule.counts_made else sum(one.accepts >= rule.needed for one in made))
            able = [one for one in generators if not one.is_given_up]
            if left <= 0 or not able:
                break
            each = min(WAVE, max(1, math.ceil(min(left, tries) / len(able))))
            fresh: list[tuple[Helper, str, Path, int]] = []
            for generator in able:
                # What is made beyond the number would be voted on, counted and thrown away.
                n = min(each, left - len(fresh)) if rule.counts_made else each
                tries -= n
                for content in _generated(generator, n, first_seed, Path(folder), sandbox) if n else ():
                    content_key = input_key(content)
                    if content_key not in seen:
                        seen.add(content_key)
                        generator.distinct += 1
                        fresh.append((generator, *keep(content), len(content)))
            votes = _votes([path for _, _, path, _ in fresh], validators, rule, sandbox)
            for (generator, digest, path, size), accepts in zip(fresh, votes, strict=True):
                generator.accepted += accepts >= rule.needed
                made.append(MadeInput(digest, path, size, generator.number, accepts))
    return made


def chosen(made: Sequence[MadeInput], rule: Rule) -> list[MadeInput]:
    """The valid inputs among the first the rule counts, at most as many as it wants."""
    counted = made[: rule.n] if rule.counts_made else made
    return [one for one in counted if one.accepts >= rule.needed][: rule.n]


def best(made: Sequence[MadeInput], rule: Rule, *, n_validators: int, wanted: int) -> list[MadeInput]:
    """At most `wanted` inputs that at least half of the validators accept, or as few as the rule needs, those with the
    most first; in the order of making."""
    least = min(rule.needed, math.ceil(n_validators / 2))
    places = [place for place, one in enumerate(made) if n_validators and one.accepts >= least]
    ranked = sorted(places, key=lambda place: (-made[place].accepts, place))[:wanted]
    return [made[place] for place in sorted(ranked)]


def majority(outputs: Sequence[Sequence[bytes | None]]) -> list[tuple[bytes | None, float]]:
    """For each input, (the output that more than half of the programs print, or None; the share of the programs that
    print the output printed most).

    outputs: programs × inputs, digests of what was printed, None where a run gave no output: such a run agrees with
    nobody, but counts among the programs.
    """
    found: list[tuple[bytes | None, float]] = []
    for row in zip(*outputs, strict=True):
        counts = Counter(output for output in row if output is not None)
        output, n = max(counts.items(), key=lambda item: (item[1], item[0])) if counts else (None, 0)
        found.append((output if 2 * n > len(row) else None, n / len(row)))
    return found


def _generated(generator: Helper, n: int, first_seed: int, folder: Path, sandbox: Sandbox) -> Iterator[bytes]:
    """What the generator prints for its next `n` seeds; every other seed is even, which asks for a small input."""
    seeds = []
    for seed in range(first_seed + generator.runs, first_seed + generator.runs + n):
        path = folder / f"seed-{seed}"
        if not path.exists():
            path.write_text(f"{seed}\n")
        seeds.append(path)
    for run in _runs(generator, seeds, sandbox, keep_output=True):
        is_input = run.is_clean and bool((run.stdout or b"").strip())
        generator.failed += not is_input
        generator.in_a_row = 0 if is_input else generator.in_a_row + 1
        if is_input:
            yield run.stdout or b""


def _votes(paths: Sequence[Path], validators: Sequence[Helper], rule: Rule, sandbox: Sandbox) -> list[int]:
    """How many of the validators accept each of these inputs."""
    said: list[tuple[Helper, list[bool]]] = []
    for validator in validators:
        if validator.executable is None or not paths:
            continue
        answers: list[bool] = []
        for run in [] if validator.is_given_up else _runs(validator, paths, sandbox):
            answers.append(run.is_clean)
            is_lost = run.ending is not Ending.EXIT
            validator.failed += is_lost
            validator.in_a_row = validator.in_a_row + 1 if run.ending in _OUT_OF_TIME else 0
        answers += [False] * (len(paths) - len(answers))
        said.append((validator, answers))
    votes = [sum(row) for row in zip(*(answers for _, answers in said), strict=True)] if said else [0] * len(paths)
    for validator, answers in said:
        validator.accepted += sum(answers)
        validator.agreed += sum(one == (n >= rule.needed) for one, n in zip(answers, votes, strict=True))
    return votes


def _runs(helper: Helper, paths: Sequence[Path], sandbox: Sandbox, *, keep_output: bool = False) -> Iterator[Execution]:
    """The helper on these inputs, until it is given up; what is not run of a validator counts as rejected."""
    assert helper.executable is not None
    helper_runs = sandbox.run_batch(
        helper.executable,
        paths,
        LIMITS,
        keep_output=keep_output,
        output_cap=MOST_INPUT_BYTES,
        stop_after=lambda _, __: helper.in_a_row >= FAILURES,
        # Hundreds of runs of which only outputs and exit codes count.
        mode=Mode.FORK,
    )
    for run in helper_runs:
        if run.ending is Ending.FAULT:
            raise SandboxFault("a program that makes probes could not be run")
        helper.runs += 1
        helper.cpu_time_s += run.cpu_time_s
        yield run


def _try_nonsense(validators: Sequence[Helper], folder: Path, sandbox: Sandbox) -> None:
    """Shows every validator what is no input at all; that is no vote and no run of the count."""
    paths = []
    for place, content in enumerate(NONSENSE):
        paths.append(folder / f"nonsense-{place}")
        paths[-1].write_bytes(content)
    for validator in validators:
        if validator.executable is not None:
            runs = list(sandbox.run_batch(validator.executable, paths, LIMITS, mode=Mode.FORK))
            if any(run.ending is Ending.FAULT for run in runs):
                raise SandboxFault("a program that makes probes could not be run")
            validator.takes_nonsense = any(run.is_clean for run in runs)
            validator.cpu_time_s += sum(run.cpu_time_s for run in runs)
