"""open-r1: sample tests, then length, round-robin from the last subtask down (huggingface/ioi, selection_simulator.py).

Programs that do not compile are dropped; within each target subtask candidates go by the score of the sample group (all
of its tests passed, or not), then by output tokens, most first. Whom nobody asked for a subtask (the samples' own entry
of the published pools) has no turn while others have one. When every lane is empty or solved, what is left fills the
budget in the same order, later subtasks first, aimed at none: it may gain elsewhere on the way.

The published code is `published_bug=yes published_exit=yes identical=send`, three things in which it differs from this:
it records solved subtasks by place and looks them up by name, so that it never skips one (and it spends the budget when
all are solved); the same mix makes it count
a subtask's place and its name as two, so that its rounds can end early (`_is_over`); and it sends identical programs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, passing_public
from comparisons.strategies.pool_view import WHOLE_PROBLEM, IntArray, PoolView
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, Unsent, by_aim, is_unsolved, send_in_turn
from judge.errors import StrategyError

_OPTIONS = (
    Option(
        "published_bug",
        False,
        "yes: solved subtasks keep getting submissions until the budget is spent, as in the published code",
    ),
    Option(
        "published_exit",
        False,
        "yes: the rounds end once empty lanes and solved subtasks (the samples count, and a lane that is both counts "
        "twice) are as many as subtasks, as in the published code; with published_bug=yes and identical=send it is "
        "that code",
    ),
    Option("fill", True, "yes: when every lane is empty or solved, the best of the rest are sent, as published"),
    CROSS_CHECK,
    IDENTICAL,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    rows = agreeing_first(view, _best_first(view, options), options)
    lanes = [(aim, lane) for aim, lane in by_aim(view, rows) if aim != WHOLE_PROBLEM]
    unsent = Unsent(view, contest, options)

    def is_open(aim: int) -> bool:
        if options["published_exit"] and _is_over(view, contest, lanes, unsent):
            return False
        return bool(options["published_bug"]) or is_unsolved(contest, aim)

    # A pool for whole problems has one lane: that of them all.
    send_in_turn(view, contest, lanes or by_aim(view, rows), is_open, options)
    if options["fill"]:
        for row in filter(unsent, rows.tolist()):
            if not contest.remaining or (contest.is_solved and not options["published_bug"]):
                return
            contest.submit(row)


def _is_over(
    view: PoolView, contest: Contest, lanes: Sequence[tuple[int, IntArray]], unsent: Callable[[int], bool]
) -> bool:
    """Are empty lanes and what single submissions solved, the samples among them, as many as subtasks?"""
    left = sum(any(map(unsent, lane.tolist())) for _, lane in lanes)
    sent = contest.submissions
    passes = view.public_total > 0 and any(view.public_passed[one.row] >= view.public_total for one in sent)
    solved = sum(any(one.scores[i] >= points for one in sent) for i, points in enumerate(contest.points))
    return len(view.subtasks) - left + solved + passes >= len(view.subtasks)


def _best_first(view: PoolView, options: Options) -> IntArray:
    """Compiling candidates by whether they pass the samples, output tokens (unknown last) and aimed subtask."""
    rows = np.flatnonzero(not_contradicted(view, compiling(view), options))
    if len(rows) and np.isnan(view.output_tokens[rows]).all():
        raise StrategyError("open-r1 orders by output tokens, and no candidate of this pool has them")
    tokens = np.nan_to_num(view.output_tokens[rows], nan=-1.0)
    order: IntArray = np.lexsort((-view.aimed[rows], -tokens, ~passing_public(view)[rows]))
    return rows[order]


STRATEGY = Strategy(
    slug="open-r1",
    version=3,
    title="open-r1 (IOI)",
    summary="Drops what does not compile, orders each subtask's candidates by the samples and length, and sends them "
    "in turn from the last subtask down.",
    run=_run,
    needs=frozenset({Need.PUBLIC, Need.TOKENS}),
    options=_OPTIONS,
    aims=True,
)
