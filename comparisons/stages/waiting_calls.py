"""The calls of a shift that wait for their turn."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import count

from comparisons.stages.calls import Ask


class WaitingCalls:
    """Calls by when they are due. Low draws of all units come before high ones of any, so that a pool that is stopped
    half way has about equally many of every unit."""

    def __init__(self) -> None:
        # A heap: due at, draw, order of planning, call.
        self._heap: list[tuple[float, int, int, Ask]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, ask: Ask, due: float = 0.0) -> None:
        """Plans a call for a time of the shift's clock; 0 is at once."""
        heapq.heappush(self._heap, (due, ask.index, next(self._order), ask))

    def due(self, now: float) -> int:
        """How many may begin."""
        return sum(at <= now for at, *_ in self._heap)

    def take(self, n: int) -> list[Ask]:
        """The first `n`, which wait no longer."""
        return [heapq.heappop(self._heap)[-1] for _ in range(n)]

    def drop(self, piece: int) -> None:
        """Forgets the calls of a piece of work."""
        self._heap = [one for one in self._heap if one[-1].piece.pk != piece]
        heapq.heapify(self._heap)


def blocks(indices: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """Runs of following indices in blocks of at most `size`: (first, how many)."""
    at = 0
    while at < len(indices):
        n = 1
        while n < size and at + n < len(indices) and indices[at + n] == indices[at] + n:
            n += 1
        yield indices[at], n
        at += n
