"""Rules a run can follow: strategies from the registry, and the floor and ceilings beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from comparisons.metrics.ceilings import VERSION as COMPUTED_VERSION
from comparisons.models import Run, User
from comparisons.strategies import STRATEGIES, Need, Option, Strategy

#: What "looks at" says for each need, in reading order.
NEEDS = {
    Need.PUBLIC: "Public-test results",
    Need.PROBES: "Outputs on probes",
    Need.GENERATED: "Results on generated tests",
    Need.BRUTE_FORCE: "Outputs of brute-force programs",
    Need.TOKENS: "Token counts and times",
    Need.DUELS: "A recorded judge's duels",
    Need.FIT: "A score learned from other problems",
}


@dataclass(frozen=True)
class RuleRow:
    """A rule. `kind` is strategy, floor or ceiling; `looks_at` is (what, Yes, No or Option)."""

    slug: str
    version: int
    title: str
    kind: str
    summary: str
    looks_at: Sequence[tuple[str, str]]
    options: Sequence[Option]
    n_runs: int
    passes_nothing: str = ""


#: The rules that are computed from the outcomes and send no submissions.
COMPUTED = (
    (
        "random-k",
        "Random choice",
        "floor",
        "The exact expectation of k candidates drawn at random without replacement, all sent; of a pool asked "
        "subtask by subtask, an equal share from each. Selection must beat it.",
    ),
    (
        "oracle-k",
        "Best choice of k",
        "ceiling",
        "The best k submissions anyone could make from this pool, knowing the outcomes. What perfect selection gets.",
    ),
    (
        "no-limit",
        "No submission limit",
        "ceiling",
        "Every candidate sent. What the pool holds at all; it grows with the number of draws.",
    ),
)

FRAME = Option(
    "frame",
    "answered",
    "who may be drawn. answered: every draw that was answered, with duplicates and program-less ones; program: those "
    "with a program; compiled: those that compile; distinct: each different program once",
    choices=("answered", "program", "compiled", "distinct"),
)


def options_of(slug: str) -> Sequence[Option]:
    """The options of a rule of this name; none where there is no such rule."""
    if slug in STRATEGIES:
        return STRATEGIES[slug].options
    return (FRAME,) if slug == "random-k" else ()


def rule_rows(user: User) -> list[RuleRow]:
    """All rules, strategies first, with their runs that this person may see. One query."""
    counts = dict(Run.objects.visible_to(user).values_list("strategy__slug").annotate(n=Count("pk")).order_by())
    strategies = [
        RuleRow(
            slug=strategy.slug,
            version=strategy.version,
            title=strategy.title,
            kind="strategy",
            summary=strategy.summary,
            looks_at=_looks_at(strategy),
            options=strategy.options,
            n_runs=counts.get(strategy.slug, 0),
            passes_nothing=strategy.passes_nothing,
        )
        for strategy in STRATEGIES.values()
    ]
    computed = [
        RuleRow(slug, COMPUTED_VERSION, title, kind, summary, (), options_of(slug), counts.get(slug, 0))
        for slug, title, kind, summary in COMPUTED
    ]
    return [*strategies, *computed]


def _looks_at(strategy: Strategy) -> list[tuple[str, str]]:
    """(what, Yes, No or Option) for each thing there is to look at: Option where it is looked at with some options."""
    always = strategy.needed(strategy.complete())
    ever = strategy.needs | ({Need.PROBES, Need.BRUTE_FORCE} if strategy.has_option("cross_check") else frozenset())
    if Need.FIT in always - strategy.needs:
        # It does without where a run has no fit.
        always, ever = always - {Need.FIT}, ever | {Need.FIT}
    return [(words, "Yes" if need in always else "Option" if need in ever else "No") for need, words in NEEDS.items()]


def rule_choices() -> list[tuple[str, str]]:
    """(slug, title) of everything that can be replayed, for a form."""
    return [
        *((strategy.slug, strategy.title) for strategy in STRATEGIES.values()),
        *((slug, f"{title} ({kind})") for slug, title, kind, _ in COMPUTED),
    ]
