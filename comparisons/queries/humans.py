"""Fields of humans, for their page."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from comparisons.models import HumanField, ProblemSet, User


@dataclass(frozen=True)
class HumanFieldRow:
    """A field in the list: how many humans, how many of them with a rating, the span of their totals or ratings."""

    field: HumanField
    humans: int
    rated: int
    lowest: float
    highest: float


def human_field_rows(user: User) -> list[HumanFieldRow]:
    """The contestants of the sets this person may see, and all populations. One query."""
    visible = Q(problem_set=None) | Q(problem_set__in=ProblemSet.objects.visible_to(user))
    return [_row(field) for field in HumanField.objects.filter(visible).select_related("problem_set")]


def _row(field: HumanField) -> HumanFieldRow:
    if field.histogram:
        humans = int(sum(count for _, count in field.histogram))
        ratings = [rating for rating, _ in field.histogram]
        return HumanFieldRow(field, humans, humans, min(ratings), max(ratings))
    rated = sum(rating is not None for rating in field.ratings)
    return HumanFieldRow(field, len(field.scores), rated, min(field.scores), max(field.scores))
