"""--wait, --inline, or neither: the three ways a command carries out work that jobs do."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from comparisons.actions.judging import work_inline
from comparisons.models import Pool, PoolState
from comparisons.operations.base import Progress

#: See `BaseOperation.command_only`.
WAITING = {
    "wait": "the work goes to the workers; ask for the pool's state by `pool`.",
    "inline": "the work goes to the workers; ask for the pool's state by `pool`.",
}
#: States in which nothing more happens by itself.
FINAL = (PoolState.DONE, PoolState.FAILED, PoolState.CANCELLED, PoolState.PAUSED, PoolState.STOPPED_BY_BUDGET)

_STOPPED = (PoolState.FAILED, PoolState.PAUSED, PoolState.STOPPED_BY_BUDGET)


def add_waiting(parser: ArgumentParser) -> None:
    """Adds --wait and --inline."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--wait", action="store_true", help="wait for the workers to finish")
    either.add_argument("--inline", action="store_true", help="do the work in this process, with no queue")


def unfinished(state: str, reason: str, options: dict[str, Any], what: str) -> str:
    """Why a command ends with 1: the work stopped or, though it was waited for, is not done; "" where it is."""
    is_waited_for = options.get("inline") or options.get("wait")
    if state == PoolState.DONE or (state not in _STOPPED and not is_waited_for):
        return ""
    return reason or f"{what} ended before it was done: its state is {state.replace('-', ' ')}."


def carry_out(
    pool: Pool, options: dict[str, Any], *, count: Callable[[], tuple[str, int, int]], progress: Progress
) -> None:
    """Does or awaits the pool's open work as the options say. `count` returns (state, done, total)."""
    if options["inline"]:
        work_inline(pool)
        return
    if not options["wait"]:
        return
    while True:
        state, done, total = count()
        progress(done, total)
        if state in FINAL:
            progress.end()
            return
        time.sleep(0.5)
