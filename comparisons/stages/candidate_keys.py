"""Which keys of a pool are taken, and the digest over all of them: memory hardly grows with their number."""

from __future__ import annotations

import hashlib
import tempfile
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO

from comparisons.samplers.records import FieldError
from comparisons.stages.matching_records import Entry

#: Indices that share one number, a bit for each.
_BLOCK = 512
#: Lines that are sorted in memory.
_RUN = 20_000
#: Of each run, at a time, when they are merged.
_READ_BYTES = 64 << 10


class CandidateKeys:
    """The keys that are taken, and the next free index of each unit."""

    def __init__(self) -> None:
        # (problem, subtask, attempt, block) -> the block's taken indices, as bits.
        self._taken: dict[tuple[int, int | None, int, int], int] = {}
        self._next: dict[tuple[int, int | None], int] = {}

    def place(self, problem: int, entry: Entry) -> int:
        """The index of this record, now taken. Raises FieldError where another record has its key."""
        index = entry.index
        if index is None:
            unit = (problem, entry.subtask)
            index = self._next.get(unit, 0)
            while self._is_taken(problem, entry, index):
                index += 1
            self._next[unit] = index + 1
        block = (problem, entry.subtask, entry.attempt, index // _BLOCK)
        bit, taken = 1 << index % _BLOCK, self._taken.get(block, 0)
        if taken & bit:
            aim = "" if entry.subtask is None else f", subtask {entry.subtask}"
            raise FieldError(f'"{entry.problem}"{aim}, index {index}, attempt {entry.attempt} was there before')
        self._taken[block] = taken | bit
        return index

    def draws(self) -> int:
        """The largest number of draws any unit has."""
        indices: dict[tuple[int, int | None, int], int] = defaultdict(int)
        for (problem, subtask, _, block), taken in self._taken.items():
            indices[problem, subtask, block] |= taken
        draws: dict[tuple[int, int | None], int] = defaultdict(int)
        for (problem, subtask, _), taken in indices.items():
            draws[problem, subtask] += taken.bit_count()
        return max(draws.values(), default=0)

    def _is_taken(self, problem: int, entry: Entry, index: int) -> bool:
        taken = self._taken.get((problem, entry.subtask, entry.attempt, index // _BLOCK), 0)
        return bool(taken >> index % _BLOCK & 1)


class SortedDigest:
    """SHA-256 over lines in sorted order, with line ends between them. Sorted runs of them lie in unnamed files."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._runs: list[IO[bytes]] = []
        self._files = ExitStack()

    def __enter__(self) -> SortedDigest:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add(self, lines: Sequence[bytes]) -> None:
        """More lines, each with its line end."""
        self._waiting += lines
        if len(self._waiting) >= _RUN:
            self._end_run()

    def hexdigest(self) -> str:
        """Over all lines, in hex."""
        self._end_run()
        digest, held = hashlib.sha256(), b""
        for lines in _merged(self._runs):
            digest.update(held)
            held = b"".join(lines)
        digest.update(held.removesuffix(b"\n"))
        return digest.hexdigest()

    def _end_run(self) -> None:
        run = self._files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the others
        run.writelines(sorted(self._waiting))
        run.seek(0)
        self._runs.append(run)
        self._waiting = []


def _merged(runs: Sequence[IO[bytes]]) -> Iterator[list[bytes]]:
    """The lines of sorted files in order, some at a time: sorting what may come next merges faster than looking at line
    after line does (`heapq.merge`, four times the time)."""
    blocks = [run.readlines(_READ_BYTES) for run in runs]
    while any(blocks):
        # What a file has not shown yet is not below the last line that it has.
        last = min(block[-1] for block in blocks if block)
        ready: list[bytes] = []
        for place, (run, block) in enumerate(zip(runs, blocks, strict=True)):
            end = bisect_right(block, last)
            ready += block[:end]
            blocks[place] = block[end:] or run.readlines(_READ_BYTES)
        yield sorted(ready)
