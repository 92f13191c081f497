"""Sending ranked candidates: the budget, identical programs, and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from comparisons.strategies.contest import Contest
from comparisons.strategies.pool_view import WHOLE_PROBLEM, IntArray, PoolView
from comparisons.strategies.strategy import Option, Options

#: Published systems do not say whether an identical program is sent again; it cannot score more.
IDENTICAL = Option(
    "identical", "skip", "skip: an identical program is not sent twice; send: it is", choices=("skip", "send")
)
#: Stopping cannot change the score: nothing is left to gain.
STOP = Option("stop", True, "stop when every subtask has its full score; saves submissions, never changes the score")


def without_identical(view: PoolView, rows: IntArray, options: Options, *, by_lane: bool = False) -> IntArray:
    """`rows` without those whose program stands earlier in `rows` (with identical=skip). by_lane: only where it was
    aimed at the same subtask, too."""
    if options["identical"] != "skip":
        return rows
    programs = view.program_id[rows].astype(np.int64)
    # A program of unknown identity is identical to none.
    programs = np.where(programs < 0, -1 - np.arange(len(rows)), programs)
    lanes = view.aimed[rows].astype(np.int64) * by_lane
    return rows[np.sort(np.unique(np.stack([lanes, programs]), axis=1, return_index=True)[1])]


def send_in_order(view: PoolView, contest: Contest, rows: Iterable[int], options: Options) -> None:
    """Send `rows` one after the other while budget lasts (and, with stop, until all is solved)."""
    stop = bool(options["stop"])
    for row in rows:
        if contest.remaining == 0 or (stop and contest.is_solved):
            return
        contest.submit(int(row), int(view.aimed[row]) or None)


class Unsent:
    """Tells which candidates are not sent yet, nor (with identical=skip) an identical program.

    What counts is what was sent: a program kept back because it stands in another lane too would be lost where that
    lane closes first.
    """

    def __init__(self, view: PoolView, contest: Contest, options: Options) -> None:
        self._contest = contest
        # A program of unknown identity is identical to none.
        alone = -1 - np.arange(len(view))
        is_told = (view.program_id >= 0) & (options["identical"] == "skip")
        self._program = np.where(is_told, view.program_id, alone)
        self._sent: set[int] = set()
        self._known = 0

    def __call__(self, row: int) -> bool:
        if self._known < self._contest.budget - self._contest.remaining:
            new = self._contest.submissions[self._known :]
            self._sent.update(int(self._program[submission.row]) for submission in new)
            self._known += len(new)
        return int(self._program[row]) not in self._sent


def send_in_turn(
    view: PoolView,
    contest: Contest,
    lanes: Sequence[tuple[int, IntArray]],
    is_open: Callable[[int], bool],
    options: Options,
) -> None:
    """One candidate of each open lane, lane after lane, round after round while budget lasts.

    lanes: (aimed subtask, 0 = the whole problem; its rows, best first), in the order of the turns. is_open: asked
    before each turn; a lane that is not open is passed by. A program that was sent is passed over (identical=skip).
    """
    waiting = [(aim, filter(Unsent(view, contest, options), rows.tolist())) for aim, rows in lanes]
    while waiting:
        rest = []
        for aim, rows in waiting:
            row = next(rows, None) if contest.remaining and is_open(aim) else None
            if row is not None:
                contest.submit(row, aim or None)
                rest.append((aim, rows))
        waiting = rest


def is_unsolved(contest: Contest, aim: int) -> bool:
    """Is there anything left to gain for who aims at this subtask (0 = the whole problem)?"""
    return not contest.is_solved if aim == WHOLE_PROBLEM else aim not in contest.solved


def by_aim(view: PoolView, rows: IntArray) -> list[tuple[int, IntArray]]:
    """`rows` by the subtask they were asked for, in the order given within each, the last subtask first."""
    aims = view.aimed[rows]
    return [(int(aim), rows[aims == aim]) for aim in np.unique(aims)[::-1]]
