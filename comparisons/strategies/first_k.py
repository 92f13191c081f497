"""first-k: the first k draws, as they came. The plainest thing a budget buys, and the cheapest."""

from __future__ import annotations

import numpy as np

from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import sendable
from comparisons.strategies.pool_view import PoolView
from comparisons.strategies.ranking import in_drawing_order
from comparisons.strategies.strategy import Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    # Draws without a program, or with one already sent, are not replaced: k draws are all that is paid for.
    rows = in_drawing_order(sendable(view))
    rows = rows[rows < contest.budget]
    send_in_order(view, contest, without_identical(view, rows, options), options)


STRATEGY = Strategy(
    slug="first-k",
    version=1,
    title="First k",
    summary="Sends the first k draws in drawing order, k being the budget. Its mean over pools is random-k's.",
    run=_run,
    options=(IDENTICAL, STOP),
    draws_needed=lambda view, budget, options: min(budget, len(view)),
)
