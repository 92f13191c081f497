"""cross-check: candidates that print what brute-force programs print on small probes, in drawing order.

After what o3 was seen to do by itself (arXiv:2502.06807, section 4.1): write a slow, plain program and compare. Brute
force is model-written and can be wrong; a run says how often it contradicts accepted programs, a strategy cannot
know.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, passing_public
from comparisons.strategies.pool_view import PoolView
from comparisons.strategies.ranking import in_drawing_order
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical

_CROSS_CHECK = Option("cross_check", "drop", CROSS_CHECK.help.removeprefix("off; "), choices=("drop", "down"))
_OPTIONS = (
    _CROSS_CHECK,
    Option(
        "tolerated",
        0.0,
        "share of the small probes on which a candidate may disagree before it is left out",
        least=0,
        most=1,
    ),
    Option("public_filter", True, "yes: only candidates that pass every public test are looked at"),
    IDENTICAL,
    STOP,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    eligible = passing_public(view) if options["public_filter"] else compiling(view)
    kept = not_contradicted(view, eligible, options, tolerated=float(options["tolerated"]))
    rows = agreeing_first(view, in_drawing_order(kept), options)
    send_in_order(view, contest, without_identical(view, rows, options), options)


STRATEGY = Strategy(
    slug="cross-check",
    version=1,
    title="Cross-check",
    summary="Leaves out (or sends last) the candidates that disagree with brute-force programs on small probes, and "
    "sends the others in drawing order.",
    run=_run,
    needs=frozenset({Need.PROBES, Need.BRUTE_FORCE, Need.PUBLIC}),
    passes_nothing="Not chosen, for a failure is a disagreement; sent last where everybody disagrees, or with "
    "cross_check=down.",
    options=_OPTIONS,
)
