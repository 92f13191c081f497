"""s-star: the selection of S* as far as it needs no model (arXiv:2502.14382; NovaSky-AI/SkyThought).

Of the candidates that pass most public tests, those whose outputs on generated inputs agree with most others' come
first: the sum over the other candidates and the inputs of 1 where both did the same, a failure being something done.
Inputs on which all agree tell nothing and are left out. In the published system a model then looks for inputs that tell
pairs apart and judges what both print; the vote above is the majority baseline that its code compares this with.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.agreement import behaviour_votes
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, passing_most_public
from comparisons.strategies.pool_view import WHOLE_PROBLEM, BoolArray, FloatArray, PoolView
from comparisons.strategies.ranking import largest_first
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical

_OPTIONS = (
    Option(
        "only_crashes",
        True,
        "yes: a candidate that gave no output on any input may be chosen, as published; no: it is left out",
    ),
    CROSS_CHECK,
    IDENTICAL,
    STOP,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    kept = passing_most_public(view)
    # "Else the best public accuracy": where nobody passes any, all that compile are equally good.
    kept = kept if kept.any() else compiling(view)
    kept = not_contradicted(view, kept, options)
    votes, has_output = _votes(view, kept)
    if not options["only_crashes"]:
        kept = kept & has_output
    rows = agreeing_first(view, largest_first(kept, votes), options)
    send_in_order(view, contest, without_identical(view, rows, options), options)


def _votes(view: PoolView, kept: BoolArray) -> tuple[FloatArray, BoolArray]:
    """(agreements with other kept candidates over the inputs that part them, whether there was any output)."""
    votes, has_output = np.zeros(len(view)), np.zeros(len(view), dtype=bool)
    for subtask, matrix in (view.probes or {}).items():
        rows = np.flatnonzero(kept & ((view.aimed == subtask) | (view.aimed == WHOLE_PROBLEM)))
        if matrix.probes and len(rows):
            has_output[rows] |= (matrix.was_run() & ~matrix.all_failed())[rows]
            votes[rows] += behaviour_votes(matrix, rows)
    return votes, has_output


STRATEGY = Strategy(
    slug="s-star",
    version=3,
    title="S* (without its model)",
    summary="Of the candidates that pass most public tests, sends those that agree with most others on generated "
    "inputs. The published model that judges pairs is left out.",
    run=_run,
    needs=frozenset({Need.PROBES, Need.PUBLIC}),
    passes_nothing="May be chosen, as published: to fail alike is to agree; only_crashes=no leaves it out.",
    options=_OPTIONS,
)
