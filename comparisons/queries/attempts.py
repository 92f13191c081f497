"""What further attempts changed, as the merges of a judging counted it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from comparisons.metrics.attempts import SecondAttempt, second_attempts_of
from comparisons.models import Judging, Pool


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


def n_attempts_of(pool: Pool) -> int:
    """The most attempts that a draw of the pool has. One query."""
    return pool.candidates.order_by().aggregate(n=Max("attempt"))["n"] or 1
