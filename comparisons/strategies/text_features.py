"""What a program's text says before it is run: counts that a learned score may weigh. No hidden result is near it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from comparisons.strategies.pool_view import FloatArray

_PYTHON = ("python", "pypy")
_COUNTED = {
    "text_loops": re.compile(r"\b(?:for|while)\b"),
    "text_branches": re.compile(r"\b(?:if|elif|switch|case|match)\b"),
    "text_returns": re.compile(r"\breturn\b"),
    "text_numbers": re.compile(r"\b\d+\b"),
    "text_containers": re.compile(r"\b(?:map|set|dict|deque|queue|heapq|vector|list|priority_queue)\b"),
    "text_wide_numbers": re.compile(r"\b(?:long long|int64_t|i64|u64|__int128|BigInt)\b"),
}
_COMMENT = re.compile(r"^\s*(?:#(?!include|define|pragma)|//|/\*|\*)", re.MULTILINE)

#: The columns of `text_features`. Counts are log(1 + n).
TEXT_FEATURES: tuple[str, ...] = (
    "text_length",
    "text_lines",
    "text_depth",
    "text_comments",
    *_COUNTED,
    "text_python",
)


def text_features(sources: Sequence[str], languages: Sequence[str]) -> FloatArray:
    """candidates × `TEXT_FEATURES`; NaN throughout where there is no text."""
    rows = [_of(source, language) for source, language in zip(sources, languages, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(TEXT_FEATURES))


def _of(source: str, language: str) -> list[float]:
    if not source.strip():
        return [math.nan] * len(TEXT_FEATURES)
    lines = [line for line in source.splitlines() if line.strip()]
    return [
        math.log1p(len(source)),
        math.log1p(len(lines)),
        _depth(source, lines),
        len(_COMMENT.findall(source)) / len(lines),
        *(math.log1p(len(pattern.findall(source))) for pattern in _COUNTED.values()),
        float(language.lower().startswith(_PYTHON)),
    ]


def _depth(source: str, lines: Sequence[str]) -> float:
    """How deep it nests: by braces, or by steps of indentation where there are none."""
    if "{" not in source:
        indents = sorted({len(line) - len(line.lstrip()) for line in lines})
        return float(len(indents) - 1)
    steps = np.fromiter(((c == "{") - (c == "}") for c in source if c in "{}"), dtype=np.int64)
    return float(max(0, np.cumsum(steps).max(initial=0)))
