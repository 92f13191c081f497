"""gencluster: clusters ranked by a tournament of their representatives (arXiv:2510.14232).

Candidates that compile are clustered by their outputs on generated inputs, the longest thought of each stands for it,
and a model judges pairs of these; clusters go by the share of their duels they win, one candidate of each in turn.
Submission is round-robin: our reading is a turn for each aimed subtask that is not solved, the last one first. The
judge's words are part of a pool (a candidate's `beats`, see `PoolView.beats`): where none are recorded, the strategy is
unavailable and says so. Constants of the paper are not published in its text.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.clustering import UNCLUSTERED, Crashes, On, cluster
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, passing_public
from comparisons.strategies.longest_thought import MEASURES
from comparisons.strategies.pool_view import BoolArray, FloatArray, IntArray, PoolView
from comparisons.strategies.ranking import clusters_in_turn, in_drawing_order, largest_first
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, by_aim, is_unsolved, send_in_turn, without_identical
from judge.errors import StrategyError

_OPTIONS = (
    Option(
        "representative",
        "reasoning-tokens",
        "which member stands for a cluster, and which is next: that with the most of it, or the first drawn",
        choices=(*MEASURES, "drawing"),
    ),
    Option("public_filter", False, "yes: only candidates that pass every public test are clustered"),
    Option(
        "crashes",
        Crashes.AS_OUTPUT.value,
        "as-output: a failed run is a value like any output; as-one: all are one value; exclude: who has one is out",
        choices=tuple(Crashes),
    ),
    Option("only_crashes", False, "yes: a cluster that gave no output on any probe may be chosen too"),
    CROSS_CHECK,
    IDENTICAL,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    eligible = passing_public(view) if options["public_filter"] else compiling(view)
    eligible = not_contradicted(view, eligible, options)
    clusters = cluster(view, eligible, on=On.AIMED, crashes=Crashes(str(options["crashes"])))
    labels = clusters.labels
    if not options["only_crashes"] and len(clusters):
        labels = np.where((labels != UNCLUSTERED) & clusters.only_fails[labels], UNCLUSTERED, labels)
    order = _order(view, labels != UNCLUSTERED, str(options["representative"]))
    places = _places(_shares(view, labels, len(clusters)), clusters.sizes)
    # Identical programs of one lane leave before the rounds, so that a round is one program of each cluster.
    rows = clusters_in_turn(without_identical(view, order, options, by_lane=True), labels, places)
    lanes = by_aim(view, agreeing_first(view, rows, options))
    send_in_turn(view, contest, lanes, lambda aim: is_unsolved(contest, aim), options)


def _order(view: PoolView, kept: BoolArray, by: str) -> IntArray:
    if by == "drawing":
        return in_drawing_order(kept)
    measure: FloatArray = getattr(view, MEASURES[by])
    if kept.any() and np.isnan(measure[kept]).all():
        raise StrategyError(f"gencluster takes the member with most {by}, and no candidate of this pool has it")
    return largest_first(kept, measure)


def _shares(view: PoolView, labels: IntArray, n: int) -> FloatArray:
    """Per cluster: the share of its members' recorded duels with other clusters that they won; 0.5 where none are."""
    won, lost = np.zeros(n), np.zeros(n)
    for winner, loser in view.beats if view.beats is not None else ():
        a, b = labels[winner], labels[loser]
        if UNCLUSTERED not in (a, b) and a != b:
            won[a] += 1
            lost[b] += 1
    return np.where(won + lost > 0, won / np.maximum(won + lost, 1), 0.5)


def _places(shares: FloatArray, sizes: IntArray) -> IntArray:
    """Numbers that order clusters by share, then by size; the larger the better."""
    places = np.empty(len(shares), dtype=np.int64)
    places[np.lexsort((sizes, shares))] = np.arange(len(shares))
    return places


STRATEGY = Strategy(
    slug="gencluster",
    version=5,
    title="GenCluster (recorded judge)",
    summary="Clusters candidates by outputs on generated inputs and ranks the clusters by a tournament, where the "
    "words of a judge of pairs are recorded with the pool; without them it is unavailable.",
    run=_run,
    needs=frozenset({Need.PROBES, Need.PUBLIC, Need.DUELS}),
    also=lambda options: frozenset() if options["representative"] == "drawing" else frozenset({Need.TOKENS}),
    passes_nothing="The group without any output is not chosen; only_crashes=yes lets it.",
    options=_OPTIONS,
    aims=True,
)
