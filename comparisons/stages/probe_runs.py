"""Running candidates on the inputs of probes: what each printed, as a hash, or how its run ended."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from comparisons.models import Candidate, blobs
from comparisons.stages import outcome_cache
from comparisons.stages.judging import FAULT_TRIES
from comparisons.strategies.pool_view import Failure
from judge.allowing import refusal
from judge.errors import SandboxFault
from judge.judging import Judge, Source
from judge.sandbox import CompileFailure, Ending, Executable, Execution

#: Of one program on all inputs: 128-bit output hashes, endings (0 or a `Failure`), CPU seconds.
Result = tuple[Any, Any, float]
#: A candidate that was out of time on this many probes is not run on the rest: each would cost a whole limit again. One
#: slow probe hides nothing; and inputs go from small to large, so that who is out of time on two is so for a reason.
LIMIT_HITS = 2
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


def _program_key(candidate: Candidate) -> str:
    return candidate.program_hash or str(candidate.pk)


def run_all(
    judge: Judge, candidates: Sequence[Candidate], digests: Sequence[str], under: str, *, rounds: bool = False
) -> dict[str, Any]:
    """The arrays of one probe chunk. Equal programs run once on a machine; `under` names limits and environment. With
    `rounds`, outputs whose numbers are nearly equal have one hash (`judge.rounding`)."""
    inputs = [blobs.path(digest) for digest in digests]
    what = hashlib.sha256("".join(digests).encode()).hexdigest() + f":{judge.problem.content_hash}:{under}:{LIMIT_HITS}"
    what += ":rounded" if rounds else ""
    hashes = np.zeros((len(candidates), len(inputs), 16), dtype=np.uint8)
    endings = np.full((len(candidates), len(inputs)), Failure.NOT_RUN, dtype=np.int8)
    cpu_time_s = np.zeros(len(candidates), dtype=np.float32)
    runs: dict[str, Result] = {}
    for row, candidate in enumerate(candidates):
        if not inputs or not candidate.source:
            continue
        if refusal(judge.problem, Source.of(candidate.source, candidate.language)):
            continue
        key = _program_key(candidate)
        if key not in runs:
            runs[key] = _run_once(judge, candidate, inputs, what, rounds)
        hashes[row], endings[row], cpu_time_s[row] = runs[key]
    ids = np.array([candidate.pk for candidate in candidates], dtype=np.int64)
    return {"candidate": ids, "hashes": hashes, "endings": endings, "cpu_time_s": cpu_time_s}


def _run_once(judge: Judge, candidate: Candidate, inputs: Sequence[Path], what: str, rounds: bool) -> Result:
    """One program on all inputs, the smallest first; what an equal program did before on this machine where that is
    known. Begun anew where the sandbox failed. Raises SandboxFault where the compiler broke down."""
    cached = f"{candidate.program_hash}:{what}" if candidate.program_hash else ""
    known = outcome_cache.get(cached) if cached else None
    if known is not None:
        return _restored(known)
    text = outcome_cache.representative(candidate.program_hash, candidate.source)
    built = judge.compile(Source.of(text, candidate.language))
    if isinstance(built, CompileFailure):
        if built.is_fault:
            raise SandboxFault(f"candidate {candidate.pk} could not be compiled: {built.message[:300]}")
        runs, is_whole = {}, True
    else:
        for _ in range(FAULT_TRIES):
            runs = _runs(judge, built, inputs, rounds)
            is_whole = not any(run.ending is Ending.FAULT for run in runs.values())
            if is_whole:
                break
    result = _result(runs, len(inputs))
    if cached and is_whole:
        outcome_cache.put(cached, _stored(result))
    return result


def _result(runs: dict[int, Execution], n: int) -> Result:
    hashes = np.zeros((n, 16), dtype=np.uint8)
    endings = np.full(n, Failure.NOT_RUN, dtype=np.int8)
    for place, run in runs.items():
        if run.is_clean:
            endings[place] = 0
            hashes[place] = np.frombuffer(run.rounded_hash or run.tokens_hash, dtype=np.uint8)
        else:
            endings[place] = FAILURES[run.ending]
    return hashes, endings, sum(run.cpu_time_s for run in runs.values())


def _stored(run: Result) -> dict[str, Any]:
    hashes, endings, cpu_time_s = run
    return {"hashes": hashes.tobytes().hex(), "endings": endings.tolist(), "cpu_time_s": cpu_time_s}


def _restored(stored: dict[str, Any]) -> Result:
    hashes = np.frombuffer(bytes.fromhex(stored["hashes"]), dtype=np.uint8).reshape(-1, 16)
    return hashes, np.array(stored["endings"], dtype=np.int8), stored["cpu_time_s"]


def _runs(judge: Judge, executable: Executable, inputs: Sequence[Path], rounds: bool) -> dict[int, Execution]:
    """By place of the input: the runs until `LIMIT_HITS` were out of time, from the smallest input to the largest, of
    equal sizes the earlier one first."""
    order = sorted(range(len(inputs)), key=lambda place: (inputs[place].stat().st_size, place))
    hits = 0

    def enough(_: int, run: Execution) -> bool:
        nonlocal hits
        hits += run.ending in (Ending.CPU, Ending.WALL)
        return hits >= LIMIT_HITS

    runs = judge.run_on_inputs(executable, [inputs[place] for place in order], stop_after=enough, rounds=rounds)
    return dict(zip(order, runs, strict=False))
