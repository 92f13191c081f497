"""Runs -> their places among the contestants of the problem set, with ratings where the contestants have some."""

from __future__ import annotations

import math
from collections.abc import Sequence

from comparisons.metrics import percentile, performance_rating, place_among
from comparisons.metrics.rows import HumanRow, RunRow
from comparisons.models import HumanField, ProblemSet


def fields_of(problem_set: ProblemSet) -> list[HumanField]:
    """The fields of contestants of this set, and the populations that ratings are looked up in. One query."""
    return list(HumanField.objects.filter(problem_set=problem_set) | HumanField.objects.filter(problem_set=None))


def human_rows(rows: Sequence[RunRow], fields: Sequence[HumanField], points: float) -> tuple[HumanRow, ...]:
    """Every complete run that is no ceiling among every field whose totals are of the same points or fewer."""
    contests = [field for field in fields if field.scores and max(field.scores) <= points + 1e-6]
    population = next((field for field in fields if field.histogram), None)
    return tuple(
        _row(row, field, population)
        for field in contests
        for row in rows
        if row.kind != "ceiling" and row.score is not None and not row.is_incomplete
    )


def _row(row: RunRow, field: HumanField, population: HumanField | None) -> HumanRow:
    score = row.score or 0.0
    place = place_among(score, field.scores)
    ends = None
    if row.over_draws.lo is not None and row.over_draws.hi is not None:
        ends = place_among(row.over_draws.hi, field.scores), place_among(row.over_draws.lo, field.scores)
    rating, error, reason = _rating(score, field)
    rated = None
    if rating is not None and population is not None:
        values, counts = zip(*population.histogram, strict=True)
        rated = percentile(rating, values, counts)
    return HumanRow(
        run=row.run,
        field=field.name,
        source=field.source,
        humans=place.humans,
        place=place.place,
        tied=place.tied,
        percentile=place.percentile,
        place_span=(ends[0].place, ends[1].place) if ends else None,
        percentile_span=(ends[1].percentile, ends[0].percentile) if ends else None,
        rating=rating,
        rating_se=error,
        rating_reason=reason,
        rated_percentile=rated,
        population=population.name if rated is not None and population is not None else "",
    )


def _rating(score: float, field: HumanField) -> tuple[float | None, float | None, str]:
    rated = [
        (points, rating)
        for points, rating in zip(field.scores, field.ratings or (), strict=False)
        if rating is not None
    ]
    if not rated:
        return None, None, "the contestants' ratings are not known"
    place = place_among(score, [points for points, _ in rated])
    found = performance_rating([([rating for _, rating in rated], place.place)])
    if math.isinf(found.rating):
        side = "ahead of" if found.rating > 0 else "behind"
        return None, None, f"{side} every rated contestant: no rating is the likeliest"
    return found.rating, found.se, ""
