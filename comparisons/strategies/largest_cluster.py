"""largest-cluster: one candidate from each cluster, largest first, round after round (AlphaCode, section 4.6)."""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.clustering import UNCLUSTERED, Crashes, On, cluster
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, passing_public
from comparisons.strategies.pool_view import PoolView
from comparisons.strategies.ranking import (
    clusters_in_turn,
    distinct_program_counts,
    in_drawing_order,
    in_random_order,
)
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical

_OPTIONS = (
    Option("public_filter", True, "yes: only candidates that pass every public test are clustered, as published"),
    Option(
        "cluster_on",
        On.AIMED.value,
        "aimed: on the probes of the aimed subtask (a candidate for the whole problem on all); all: everyone on all",
        choices=tuple(On),
    ),
    Option(
        "crashes",
        Crashes.AS_OUTPUT.value,
        "as-output: a crash or timeout is a value like any output; as-one: all failures are one value; "
        "exclude: a candidate with a failed run on a probe is left out (one that was not run on it has not failed)",
        choices=tuple(Crashes),
    ),
    Option("only_crashes", False, "yes: a cluster that gave no output on any probe may be chosen too"),
    Option(
        "size",
        "candidates",
        "candidates: identical programs count each; programs: they count once",
        choices=("candidates", "programs"),
    ),
    Option(
        "pick",
        "drawing",
        "which member stands for a cluster: the first drawn, or one by lot",
        choices=("drawing", "random"),
    ),
    CROSS_CHECK,
    IDENTICAL,
    STOP,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    eligible = passing_public(view) if options["public_filter"] else compiling(view)
    eligible = not_contradicted(view, eligible, options)
    clusters = cluster(view, eligible, on=On(str(options["cluster_on"])), crashes=Crashes(str(options["crashes"])))
    sizes = distinct_program_counts(view, clusters) if options["size"] == "programs" else clusters.sizes
    labels = clusters.labels
    if not options["only_crashes"] and len(clusters):
        labels = np.where((labels != UNCLUSTERED) & clusters.only_fails[labels], UNCLUSTERED, labels)
    kept = labels != UNCLUSTERED
    order = in_random_order(kept, rng) if options["pick"] == "random" else in_drawing_order(kept)
    # Identical programs leave before the rounds, so that a round is one program of each cluster that has one left.
    rows = clusters_in_turn(without_identical(view, order, options), labels, sizes)
    send_in_order(view, contest, agreeing_first(view, rows, options), options)


STRATEGY = Strategy(
    slug="largest-cluster",
    version=3,
    title="Largest cluster first",
    summary="Filters by public tests, groups candidates whose outputs agree on all probes, and sends one of each, "
    "largest group first, again and again until the budget is spent.",
    run=_run,
    needs=frozenset({Need.PROBES, Need.PUBLIC}),
    passes_nothing="The group without any output is not chosen; only_crashes=yes lets it.",
    options=_OPTIONS,
    draws_lots=lambda options: options["pick"] == "random",
)
