"""learned-rank: the k best by a learned score (o3 on Codeforces, arXiv:2502.06807 App. B.3; o1 at AIME 2024).

The published scorers are not. Ours is a logistic model of "solves the subtask" over what a contestant could see, and
was trained on judged pools of other problems only. A candidate's score is the points it may be expected to obtain.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, passing_public
from comparisons.strategies.pool_view import FloatArray, PoolView
from comparisons.strategies.ranking import largest_first
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical

_OPTIONS = (
    Option(
        "score",
        "expected-points",
        "expected-points: the points a candidate may be expected to obtain; aimed: its chance on the subtask it was "
        "asked for",
        choices=("expected-points", "aimed"),
    ),
    Option("public_filter", False, "yes: only candidates that pass every public test take part"),
    CROSS_CHECK,
    IDENTICAL,
    STOP,
)


def learned_scores(view: PoolView, by: str) -> FloatArray:
    """One number per candidate, by the option `score`. The view has a fit (`Strategy.check`)."""
    quality = view.quality
    assert quality is not None
    points = np.array([subtask.points for subtask in view.subtasks])
    expected: FloatArray = quality @ points
    if by != "aimed":
        return expected
    aimed = np.clip(view.aimed, 1, len(points)) - 1
    return np.where(view.aimed > 0, quality[np.arange(len(view)), aimed], expected / max(points.sum(), 1e-12))


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    kept = passing_public(view) if options["public_filter"] else compiling(view)
    kept = not_contradicted(view, kept, options)
    rows = agreeing_first(view, largest_first(kept, learned_scores(view, str(options["score"]))), options)
    send_in_order(view, contest, without_identical(view, rows, options), options)


STRATEGY = Strategy(
    slug="learned-rank",
    version=3,
    title="Learned rank",
    summary="Sends the candidates with the best learned score: a logistic model over program text, public tests, "
    "tokens and, where there are any, probes and clusters, trained on other problems only.",
    run=_run,
    needs=frozenset({Need.FIT}),
    also=lambda options: frozenset({Need.PUBLIC}) if options["public_filter"] else frozenset(),
    options=_OPTIONS,
)
