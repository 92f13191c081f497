"""Sending ranked candidates: the budget, identical programs, and when to stop."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from comparisons.strategies.contest import Contest
from comparisons.strategies.pool_view import IntArray, PoolView
from comparisons.strategies.strategy import Option, Options

#: Published systems do not say whether an identical program is sent again; it cannot score more.
IDENTICAL = Option(
    "identical", "skip", "skip: an identical program is not sent twice; send: it is", choices=("skip", "send")
)
#: Stopping cannot change the score: nothing is left to gain.
STOP = Option("stop", True, "stop when every subtask has its full score; saves submissions, never changes the score")


def without_identical(view: PoolView, rows: IntArray, options: Options) -> IntArray:
    """`rows` without those whose program stands earlier in `rows` (with identical=skip)."""
    if options["identical"] != "skip":
        return rows
    programs = view.program_id[rows].astype(np.int64)
    # A program of unknown identity is identical to none.
    programs = np.where(programs < 0, -1 - np.arange(len(rows)), programs)
    return rows[np.sort(np.unique(programs, return_index=True)[1])]


def send_in_order(view: PoolView, contest: Contest, rows: Iterable[int], options: Options) -> None:
    """Send `rows` one after the other while budget lasts (and, with stop, until all is solved)."""
    stop = bool(options["stop"])
    for row in rows:
        if contest.remaining == 0 or (stop and contest.is_solved):
            return
        contest.submit(int(row), int(view.aimed[row]) or None)
