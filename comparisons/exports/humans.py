"""Runs among humans, ready to print."""

from __future__ import annotations

from dataclasses import dataclass

from comparisons.charts.marks import Key, key
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, HumanRow, RunRow


@dataclass(frozen=True)
class HumanLine:
    """A run in one field. `why` says why there is no rating."""

    row: RunRow
    key: Key
    score: str
    place: str
    place_span: str
    percentile: str
    percentile_span: str
    rating: str
    rated: str
    why: str


@dataclass(frozen=True)
class HumanField:
    """One field with the runs placed in it, highest first."""

    name: str
    source: str
    humans: str
    lines: tuple[HumanLine, ...]
    has_ratings: bool
    population: str


def human_fields(report: ComparisonReport) -> tuple[HumanField, ...]:
    """The fields of the report in the order they were imported."""
    fields: dict[str, list[HumanRow]] = {}
    for row in report.humans:
        fields.setdefault(row.field, []).append(row)
    return tuple(_field(report, rows) for rows in fields.values())


def _field(report: ComparisonReport, rows: list[HumanRow]) -> HumanField:
    ordered = sorted(rows, key=lambda row: (row.place, row.run))
    return HumanField(
        name=rows[0].field,
        source=rows[0].source,
        humans=words.number(rows[0].humans),
        lines=tuple(_line(report.run_row(row.run), row) for row in ordered),
        has_ratings=any(row.rating is not None for row in rows),
        population=next((row.population for row in rows if row.population), ""),
    )


def _line(run: RunRow, row: HumanRow) -> HumanLine:
    tied = f", tied with {row.tied}" if row.tied else ""
    rating = ""
    if row.rating is not None and row.rating_se is not None:
        rating = f"{words.number(row.rating)} ± {words.number(1.96 * row.rating_se)}"
    return HumanLine(
        row=run,
        key=key(run),
        score=words.points(run.score),
        place=_place(row.place) + tied,
        place_span=" – ".join(_place(end) for end in row.place_span) if row.place_span else words.MISSING,
        percentile=words.number(row.percentile, 1) + words.NO_BREAK + "%",
        percentile_span=" – ".join(words.number(end, 1) for end in row.percentile_span)
        if row.percentile_span
        else words.MISSING,
        rating=rating,
        rated=words.number(row.rated_percentile, 1) + words.NO_BREAK + "%" if row.rated_percentile is not None else "",
        why=row.rating_reason,
    )


def _place(place: float) -> str:
    return words.number(place, 0 if place == round(place) else 1)
