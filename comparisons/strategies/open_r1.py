"""open-r1: public tests, then length, round-robin from the last subtask down (huggingface/ioi, selection_simulator.py).

Programs that do not compile are dropped; within each target subtask candidates go by public tests passed, then by
output tokens, most first; when every lane is empty or solved, what is left (of the solved subtasks: it may gain
elsewhere on the way) fills the budget in the same order, aimed at no subtask. The published code records solved
subtasks under one kind of name and looks them up under another, so that it never skips one; `published_bug` does the
same.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling
from comparisons.strategies.pool_view import IntArray, PoolView
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, by_aim, is_unsolved, send_in_turn, without_identical
from judge.errors import StrategyError

_OPTIONS = (
    Option("published_bug", False, "yes: solved subtasks keep getting submissions, as in the published code"),
    Option("fill", True, "yes: when every lane is empty or solved, the best of the rest are sent, as published"),
    CROSS_CHECK,
    IDENTICAL,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    rows = without_identical(view, agreeing_first(view, _best_first(view, options), options), options)
    forgets_solved = bool(options["published_bug"])
    send_in_turn(view, contest, by_aim(view, rows), lambda aim: forgets_solved or is_unsolved(contest, aim))
    if options["fill"]:
        sent = {submission.row for submission in contest.submissions}
        for row in (row for row in rows.tolist() if row not in sent):
            if not contest.remaining or contest.is_solved:
                return
            contest.submit(row)


def _best_first(view: PoolView, options: Options) -> IntArray:
    """Compiling candidates by public tests passed, output tokens (unknown last) and aimed subtask, most first."""
    rows = np.flatnonzero(not_contradicted(view, compiling(view), options))
    if len(rows) and np.isnan(view.output_tokens[rows]).all():
        raise StrategyError("open-r1 orders by output tokens, and no candidate of this pool has them")
    tokens = np.nan_to_num(view.output_tokens[rows], nan=-1.0)
    order: IntArray = np.lexsort((-view.aimed[rows], -tokens, -np.maximum(view.public_passed[rows], 0)))
    return rows[order]


STRATEGY = Strategy(
    slug="open-r1",
    version=2,
    title="open-r1 (IOI)",
    summary="Drops what does not compile, orders each subtask's candidates by public tests and length, and sends them "
    "in turn from the last subtask down.",
    run=_run,
    needs=frozenset({Need.PUBLIC, Need.TOKENS}),
    options=_OPTIONS,
    aims=True,
)
