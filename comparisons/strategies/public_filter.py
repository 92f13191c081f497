"""public-filter: reject every candidate that fails a public test, send the others (arXiv:2502.06807 section 3.3)."""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import passing_most_public, passing_public
from comparisons.strategies.pool_view import BoolArray, PoolView
from comparisons.strategies.ranking import in_drawing_order, in_random_order
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical

_ORDER = Option("order", "drawing", "drawing: those that pass, as drawn; random: by lot", choices=("drawing", "random"))
_IF_NONE = Option(
    "if_none_passes",
    "nothing",
    "nothing: send nothing, as published; most: send those that pass the most public tests",
    choices=("nothing", "most"),
)


def _kept(view: PoolView, options: Options) -> BoolArray:
    kept = passing_most_public(view) if options["if_none_passes"] == "most" else passing_public(view)
    return not_contradicted(view, kept, options)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    kept = _kept(view, options)
    rows = in_random_order(kept, rng) if options["order"] == "random" else in_drawing_order(kept)
    rows = without_identical(view, agreeing_first(view, rows, options), options)
    send_in_order(view, contest, rows, options)


def _draws_needed(view: PoolView, budget: int, options: Options) -> int:
    """Until `budget` that can be sent have passed; all where fewer do, or where lots are drawn among all that pass."""
    passing = passing_public(view)
    if options["order"] == "random" or options["cross_check"] != "off" or not passing.any():
        return len(view)
    rows = without_identical(view, in_drawing_order(passing), options)
    return int(rows[budget - 1]) + 1 if 0 < budget <= len(rows) else len(view)


STRATEGY = Strategy(
    slug="public-filter",
    version=1,
    title="Public-test filter",
    summary="Rejects every candidate that fails a public test and sends the others in drawing order (or at random).",
    run=_run,
    needs=frozenset({Need.PUBLIC}),
    options=(_ORDER, _IF_NONE, CROSS_CHECK, IDENTICAL, STOP),
    draws_needed=_draws_needed,
    draws_lots=lambda options: options["order"] == "random",
)
