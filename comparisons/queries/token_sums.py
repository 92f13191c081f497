"""Sums of tokens over candidates or calls, some of which may not say theirs: unknown is never counted as 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from comparisons.metrics import words

_NAMES = ("input", "output", "reasoning")
#: Calls that certainly took no tokens: they brought nothing and cost nothing.
FREE_CALL = Q(is_charge_known=True, charged_nano_usd=0, input_tokens=None)


@dataclass(frozen=True)
class TokenSum:
    """What is known of a sum: None where nothing is, a lower bound where a part of it is not."""

    known: int | None
    is_lower_bound: bool = False

    def __str__(self) -> str:
        return ("≥" + words.NO_BREAK if self.is_lower_bound else "") + words.stated(words.count(self.known))


def token_sums(rows: QuerySet[Any]) -> Mapping[str, TokenSum]:
    """The sums of `input`, `output` and, of the output, `reasoning` tokens. One query."""
    sums = {name: Sum(f"{name}_tokens") for name in _NAMES}
    counts = {f"{name}_known": Count(f"{name}_tokens") for name in _NAMES}
    silent = Count("pk", filter=Q(output_tokens=0, reasoning_tokens=None))
    found = rows.order_by().aggregate(**sums, **counts, n=Count("pk"), silent=silent)
    told = {name: found[f"{name}_known"] + (found["silent"] if name == "reasoning" else 0) for name in _NAMES}
    return {name: TokenSum(found[name], found[name] is not None and told[name] < found["n"]) for name in _NAMES}
