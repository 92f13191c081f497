"""Fields of humans that runs are placed among: contestants of a contest, and populations of rated people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from comparisons.models.problems import ProblemSet


class HumanField(models.Model):
    """Totals of the contestants of a problem set (`scores`, and `ratings` where they are known), or, without a set, a
    population as [[rating, how many], …] in `histogram`. No names of people are kept."""

    problem_set = models.ForeignKey(ProblemSet, models.CASCADE, null=True, related_name="human_fields")
    name = models.CharField(max_length=200, help_text="Who they are: a place says nothing without its population.")
    scores = models.JSONField(default=list)
    ratings = models.JSONField(default=list, help_text="In the order of scores, null where unknown; or empty.")
    histogram = models.JSONField(default=list)
    source = models.CharField(max_length=300)
    license = models.CharField(max_length=80, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["problem_set", "name"], name="human_field_once_per_set"),
            models.CheckConstraint(condition=~Q(source=""), name="human_field_has_source"),
        ]

    def __str__(self) -> str:
        return self.name
