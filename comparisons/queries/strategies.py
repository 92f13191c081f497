"""Rules a run can follow: strategies from the registry, and the floor and ceilings beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from comparisons.models import Run, User
from comparisons.strategies import STRATEGIES, Need, Option

#: What "looks at" says for each need, in reading order.
NEEDS = {
    Need.PUBLIC: "Public-test results",
    Need.PROBES: "Outputs on probes",
    Need.TOKENS: "Token counts",
}


@dataclass(frozen=True)
class RuleRow:
    """A rule. `kind` is strategy, floor or ceiling; `looks_at` is (what, does it look)."""

    slug: str
    version: int
    title: str
    kind: str
    summary: str
    looks_at: Sequence[tuple[str, bool]]
    options: Sequence[Option]
    n_runs: int


#: The rules that are computed from the outcomes and send no submissions.
COMPUTED = (
    (
        "random-k",
        "Random choice",
        "floor",
        "The exact expectation of k candidates drawn at random without replacement, all sent. Selection must beat it.",
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
            looks_at=[(words, need in strategy.needs) for need, words in NEEDS.items()],
            options=strategy.options,
            n_runs=counts.get(strategy.slug, 0),
        )
        for strategy in STRATEGIES.values()
    ]
    computed = [
        RuleRow(slug, 1, title, kind, summary, (), (), counts.get(slug, 0)) for slug, title, kind, summary in COMPUTED
    ]
    return [*strategies, *computed]


def rule_choices() -> list[tuple[str, str]]:
    """(slug, title) of everything that can be replayed, for a form."""
    return [
        *((strategy.slug, strategy.title) for strategy in STRATEGIES.values()),
        *((slug, f"{title} ({kind})") for slug, title, kind, _ in COMPUTED),
    ]
