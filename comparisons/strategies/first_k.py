"""first-k: the first k draws, as they came. The plainest thing a budget buys, and the cheapest.

Where candidates were asked for a subtask each, the first of every subtask take turns from the hardest: the shares are
those of random-k, equal ones with the remainder for the hardest, so that its mean over pools is random-k's.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import sendable
from comparisons.strategies.hardest import hardest_first
from comparisons.strategies.pool_view import WHOLE_PROBLEM, BoolArray, IntArray, PoolView
from comparisons.strategies.strategy import Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    # Draws without a program, or with one already sent, are not replaced: k draws are all that is paid for.
    rows = _first(view, contest.budget)
    rows = rows[sendable(view)[rows]]
    send_in_order(view, contest, without_identical(view, rows, options), options)


def _first(view: PoolView, k: int) -> IntArray:
    """The first k rows where the draws of every aimed subtask take turns, hardest first; whole problems come last."""
    place = {subtask.index: turn for turn, subtask in enumerate(hardest_first(view.subtasks))}
    place[WHOLE_PROBLEM] = len(place)
    turn = np.empty(len(view), dtype=np.int64)
    for aim in np.unique(view.aimed):
        rows = np.flatnonzero(view.aimed == aim)
        turn[rows] = np.arange(len(rows))
    lane = np.array([place[int(aim)] for aim in view.aimed], dtype=np.int64)
    first: IntArray = np.lexsort((lane, turn))[:k]
    return first


def _draws(view: PoolView, budget: int, options: Options) -> BoolArray:
    """The first k: of subtasks asked for apart, none is drawn that has no share."""
    taken = np.zeros(len(view), dtype=bool)
    taken[_first(view, budget)] = True
    return taken


STRATEGY = Strategy(
    slug="first-k",
    version=3,
    title="First k",
    summary="Sends the first k draws in drawing order, k being the budget; where subtasks were asked for apart, equal "
    "shares of each, the remainder to the hardest. Its mean over pools is random-k's.",
    run=_run,
    options=(IDENTICAL, STOP),
    draws_needed=lambda view, budget, options: min(budget, len(view)),
    draws=_draws,
)
