"""Files of human results -> fields: a table of contestants' totals, or counts of rated people."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path


class UnreadableHumans(Exception):
    """Why a file of human results cannot be read, with its line or key."""


@dataclass(frozen=True)
class Humans:
    """What a file holds: totals with ratings (empty where it has none), or a histogram."""

    scores: list[float]
    ratings: list[float | None]
    histogram: list[list[float]]


def read_humans(path: Path, *, score: str = "total", rating: str = "rating") -> Humans:
    """A CSV file with one contestant a line (columns `score` and, where there is one, `rating`; an empty cell is
    unknown), or a JSON object with "counts": [[rating, how many], ...]. Raises UnreadableHumans, OSError."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    if text.lstrip().startswith("{"):
        return Humans([], [], _histogram(path, text))
    lines = csv.DictReader(io.StringIO(text))
    names = [name.strip() for name in lines.fieldnames or ()]
    if score not in names:
        raise UnreadableHumans(f"{path.name} has no column {score!r}; it has {', '.join(names) or 'none'}")
    lines.fieldnames = names
    scores, ratings = [], []
    for place, line in enumerate(lines, start=2):
        value = _number(path, place, score, line[score])
        if value is None:
            raise UnreadableHumans(f"{path.name}, line {place}: {score} is empty")
        scores.append(value)
        ratings.append(_number(path, place, rating, line[rating]) if rating in names else None)
    if not scores:
        raise UnreadableHumans(f"{path.name} has no contestant")
    return Humans(scores, ratings if any(one is not None for one in ratings) else [], [])


def _number(path: Path, place: int, name: str, text: str | None) -> float | None:
    if text is None or not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UnreadableHumans(f"{path.name}, line {place}: {name} is {text!r}, no number")
    return value


def _histogram(path: Path, text: str) -> list[list[float]]:
    try:
        counts = json.loads(text)["counts"]
        rows = [[float(rating), int(n)] for rating, n in counts]
    except (ValueError, KeyError, TypeError):
        raise UnreadableHumans(f'{path.name} is no object with "counts": [[rating, how many], ...]') from None
    if not rows or any(n < 0 for _, n in rows) or not sum(n for _, n in rows):
        raise UnreadableHumans(f"{path.name}: counts hold nobody")
    return rows
