"""What further attempts changed, as the merges of a judging counted it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from comparisons.metrics.attempts import SecondAttempt, second_attempts_of
from comparisons.models import Candidate, Judging, Pool
from comparisons.samplers.parsing import CUT_OFF, REFUSED

#: How answers ended that score 0, as counts of candidates; `samplers.parsing.is_refused` says the same of one.
ENDINGS: Mapping[str, Count] = {
    "truncated": Count("pk", filter=Q(finish_reason__in=CUT_OFF)),
    "refused": Count("pk", filter=Q(finish_reason__in=REFUSED) | Q(no_program__icontains="refus")),
    "without": Count("pk", filter=~Q(no_program="")),
}


@dataclass(frozen=True)
class AttemptRow:
    """What attempt `attempt` made of the first ones, over `n` draws that have both."""

    attempt: int
    n: int
    change: SecondAttempt


def attempt_rows(judging: Judging | None) -> list[AttemptRow]:
    """Further attempts of all judged problems together. One query."""
    sums: dict[int, Counter[str]] = {}
    for figures in judging.problems.values_list("aggregates", flat=True) if judging else ():
        for row in figures.get("attempts", ()):
            counts = {name: n for name, n in row.items() if name != "attempt"}
            sums.setdefault(row["attempt"], Counter()).update(counts)
    return [
        AttemptRow(t, n["n"], second_attempts_of(n=n["n"], right=n["first"], gained=n["gained"], lost=n["lost"]))
        for t, n in sorted(sums.items())
    ]


def share_right(figures: Mapping[str, Any]) -> float:
    """Of a problem's draws, the share that is right; where they were reviewed, at the last attempt."""
    if last := (figures.get("attempts") or [None])[-1]:
        return float(last["second"] / last["n"])
    return float(figures["full"] / figures["candidates"])


def last_of_draws(pool: Pool) -> QuerySet[Candidate]:
    """The last attempt of each draw of the pool: what its draws are counted by. One query to see whether there are
    further ones."""
    candidates = Candidate.objects.filter(pool=pool).order_by()
    if not candidates.filter(attempt__gt=1).exists():
        return candidates
    later = candidates.annotate(of=Coalesce("subtask", 0)).filter(
        of=Coalesce(OuterRef("subtask"), 0),
        problem=OuterRef("problem"),
        index=OuterRef("index"),
        attempt__gt=OuterRef("attempt"),
    )
    return candidates.filter(~Exists(later))


def n_short_of_attempts(pool: Pool, *, first: int) -> int:
    """Of the first draws of every unit, those that lack a further attempt that was asked for: it was never answered. 0
    where one attempt is all that was asked for, or samples came in. One query."""
    asked = int(pool.recipe.get("attempts") or 1)
    if asked < 2 or not pool.n_asked:
        return 0
    counts = pool.candidates.filter(index__lt=first).aggregate(
        drawn=Count("pk", filter=Q(attempt=1)), whole=Count("pk", filter=Q(attempt=asked))
    )
    return counts["drawn"] - counts["whole"]


def n_attempts_of(pool: Pool) -> int:
    """The most attempts that a draw of the pool has. One query."""
    return pool.candidates.order_by().aggregate(n=Max("attempt"))["n"] or 1
