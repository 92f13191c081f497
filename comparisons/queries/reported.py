"""Published figures: on a problem set, and of a model. Shown beside what was measured, never among it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from django.db.models import Q

from comparisons.metrics.rows import ReportedRow
from comparisons.models import LanguageModel, ProblemSet, ReportedResult


def reported_on(problem_set: ProblemSet) -> tuple[ReportedRow, ...]:
    """Those on this set, by its slug or title, best first. One query."""
    return _rows(ReportedResult.objects.filter(contest__in=[problem_set.slug, problem_set.title]))


def reported_of(model: LanguageModel) -> list[tuple[str, tuple[ReportedRow, ...]]]:
    """(contest, figures) of the systems that are called as this model is, by its name or its slug. One query."""
    found = ReportedResult.objects.filter(Q(system__iexact=model.name) | Q(system__iexact=model.slug))
    return [(contest, _rows(rows)) for contest, rows in groupby(found, key=attrgetter("contest"))]


def _rows(found: Iterable[ReportedResult]) -> tuple[ReportedRow, ...]:
    return tuple(
        ReportedRow(
            system=row.system,
            condition=row.condition,
            score=row.score,
            points=row.points,
            source=row.source,
            date=row.source_date.isoformat() if row.source_date else "",
            license=row.license,
            cost_usd=None if row.cost_usd is None else float(row.cost_usd),
            seconds_per_problem=row.seconds_per_problem,
        )
        for row in found
    )
