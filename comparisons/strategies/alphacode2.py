"""alphacode2: public tests as a filter, the ten largest clusters, the best-scored of each (AlphaCode 2 report, 2023).

The report scores candidates by a fine-tuned model. Without one, what a candidate's making took stands in for it.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.clustering import UNCLUSTERED, Crashes, On, cluster
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import passing_public
from comparisons.strategies.longest_thought import MEASURES
from comparisons.strategies.pool_view import FloatArray, PoolView
from comparisons.strategies.ranking import clusters_in_turn, in_drawing_order, largest_first
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical
from judge.errors import StrategyError

_OPTIONS = (
    Option("clusters", 10, "how many clusters are kept, largest first; 10 as published; 0 = all", least=0, zero="all"),
    Option(
        "score",
        "drawing",
        "what ranks a cluster's members in place of the report's scoring model: the order of drawing, or what their "
        "making took",
        choices=("drawing", *MEASURES),
    ),
    Option("cluster_on", On.AIMED.value, "aimed: on the probes of the aimed subtask; all: on all", choices=tuple(On)),
    Option(
        "crashes",
        Crashes.AS_OUTPUT.value,
        "as-output: a failed run is a value like any output; as-one: all are one value; exclude: who has one is out",
        choices=tuple(Crashes),
    ),
    Option("only_crashes", False, "yes: a cluster that gave no output on any probe may be among them"),
    CROSS_CHECK,
    IDENTICAL,
    STOP,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    crashes = Crashes(str(options["crashes"]))
    eligible = not_contradicted(view, passing_public(view), options)
    clusters = cluster(view, eligible, on=On(str(options["cluster_on"])), crashes=crashes)
    largest = np.argsort(-clusters.sizes, kind="stable")
    if not options["only_crashes"]:
        largest = largest[~clusters.only_fails[largest]]
    largest = largest[: int(options["clusters"]) or None]
    is_kept = np.isin(clusters.labels, largest) & (clusters.labels != UNCLUSTERED)
    labels = np.where(is_kept, clusters.labels, UNCLUSTERED)
    order = in_drawing_order(is_kept)
    if options["score"] != "drawing":
        measure: FloatArray = getattr(view, MEASURES[str(options["score"])])
        if is_kept.any() and np.isnan(measure[is_kept]).all():
            raise StrategyError(f"alphacode2 scores by {options['score']}, and no candidate of this pool has it")
        order = largest_first(is_kept, measure)
    rows = clusters_in_turn(without_identical(view, order, options), labels, clusters.sizes)
    send_in_order(view, contest, agreeing_first(view, rows, options), options)


STRATEGY = Strategy(
    slug="alphacode2",
    version=5,
    title="AlphaCode 2",
    summary="Drops what fails a public test, keeps the ten largest groups of equal behaviour, and sends the "
    "best-scored of each, then the next best.",
    run=_run,
    needs=frozenset({Need.PROBES, Need.PUBLIC}),
    passes_nothing="The group without any output is not chosen and none of the ten; only_crashes=yes lets it.",
    options=_OPTIONS,
    also=lambda options: frozenset() if options["score"] == "drawing" else frozenset({Need.TOKENS}),
)
