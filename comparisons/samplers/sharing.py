"""The tokens of one call divided among its choices, to the same sums. Providers count them together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from comparisons.samplers.providers import Usage
from comparisons.samplers.records import TOKENS


def shares(usage: Usage, lengths: Sequence[int]) -> list[Usage]:
    """What each choice took, choices of so many characters: input evenly, output by the length of the text, which is
    all that is known of it. A part (cached, reasoning) is in no share larger than its whole."""
    even, weights = [1] * len(lengths), [length + 1 for length in lengths]
    inputs, cached = _divided_with_part(usage.input_tokens, usage.cached_input_tokens, even)
    outputs, reasoning = _divided_with_part(usage.output_tokens, usage.reasoning_tokens, weights)
    columns = dict(zip(TOKENS, (inputs, cached, outputs, reasoning), strict=True))
    return [Usage(**{name: column[k] for name, column in columns.items()}) for k in range(len(lengths))]


def _divided_with_part(
    whole: int | None, part: int | None, weights: Sequence[int]
) -> tuple[list[int | None], list[int | None]]:
    """Shares of both, none of the part larger than its whole."""
    parts = _divided(part, weights)
    if whole is None or part is None:
        return _divided(whole, weights), parts
    rest = _divided(whole - part, weights)
    return [(some or 0) + (other or 0) for some, other in zip(parts, rest, strict=True)], parts


def _divided(total: int | None, weights: Sequence[int]) -> list[int | None]:
    if total is None:
        return [None] * len(weights)
    whole, given, seen = sum(weights), 0, 0
    found: list[int | None] = []
    for weight in weights:
        seen += weight
        share = math.floor(total * seen / whole) - given
        found.append(share)
        given += share
    return found
