"""open-r1: public tests, then length, round-robin from the last subtask down (huggingface/ioi, selection_simulator.py).

Programs that do not compile are dropped; within each target subtask candidates go by public tests passed, then by
output tokens, most first; what is left fills the budget in the same order over all subtasks. The published code records
solved subtasks under one kind of name and looks them up under another, so that it never skips one; `published_bug`
does the same.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling
from comparisons.strategies.pool_view import IntArray, PoolView
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, without_identical
from judge.errors import StrategyError

_OPTIONS = (
    Option("published_bug", False, "yes: solved subtasks keep getting submissions, as in the published code"),
    Option("fill", True, "yes: when every lane is empty or solved, the best of the rest are sent, as published"),
    IDENTICAL,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    rows = without_identical(view, _best_first(view), options)
    lanes = [(int(aim), list(rows[view.aimed[rows] == aim])) for aim in np.unique(view.aimed[rows])[::-1]]
    sent: set[int] = set()

    def send(row: int) -> None:
        sent.add(row)
        contest.submit(row, int(view.aimed[row]) or None)

    def is_open(aim: int) -> bool:
        return bool(options["published_bug"]) or not (contest.is_solved if aim == 0 else aim in contest.solved)

    while contest.remaining and any(lane and is_open(aim) for aim, lane in lanes):
        for aim, lane in lanes:
            if lane and contest.remaining and is_open(aim):
                send(int(lane.pop(0)))
    for row in rows if options["fill"] else ():
        if contest.remaining and int(row) not in sent and is_open(int(view.aimed[row])):
            send(int(row))


def _best_first(view: PoolView) -> IntArray:
    """Compiling candidates by public tests passed, output tokens (unknown last) and aimed subtask, most first."""
    rows = np.flatnonzero(compiling(view))
    if len(rows) and np.isnan(view.output_tokens[rows]).all():
        raise StrategyError("open-r1 orders by output tokens, and no candidate of this pool has them")
    tokens = np.nan_to_num(view.output_tokens[rows], nan=-1.0)
    order: IntArray = np.lexsort((-view.aimed[rows], -tokens, -np.maximum(view.public_passed[rows], 0)))
    return rows[order]


STRATEGY = Strategy(
    slug="open-r1",
    version=1,
    title="open-r1 (IOI)",
    summary="Drops what does not compile, orders each subtask's candidates by public tests and length, and sends them "
    "in turn from the last subtask down.",
    run=_run,
    needs=frozenset({Need.PUBLIC, Need.TOKENS}),
    options=_OPTIONS,
)
