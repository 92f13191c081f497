"""Trained weights, and the judgings they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from comparisons.models.judgings import Judging, Probing
from comparisons.models.pools import PoolState
from comparisons.models.problems import ProblemSet

if TYPE_CHECKING:
    from comparisons.models.users import User


class FitQuerySet(models.QuerySet["Fit"]):
    def visible_to(self, user: User) -> FitQuerySet:
        """The fits of whose problem sets this person may see every one."""
        hidden = ProblemSet.objects.exclude(pk__in=ProblemSet.objects.visible_to(user).values("pk"))
        return self.exclude(sources__judging__revision__pool__problem_set__in=hidden)


class Fit(models.Model):
    """A learned score (and tuned weights of o1-ioi), one set for each problem or set that was held out. Immutable once
    done; the same inputs give the same fit.

    `weights` is a blob of arrays, no pickles: mean, scale, coef (folds × columns), intercept (folds), tries (tries ×
    weights), chosen (folds), trained, held_out (folds × tries). `folds` are lists of places in `items`, the problems
    of each pool: [{"held_out": [...], "trained_on": [...]}, ...]; the last holds out nothing.
    """

    class Leave(models.TextChoices):
        PROBLEM = "problem", "one problem at a time"
        SET = "set", "one problem set at a time"

    key = models.CharField(max_length=64, unique=True, help_text="Hash of judgings, probings and what was asked for.")
    leave = models.CharField(max_length=8, choices=Leave, default=Leave.PROBLEM)
    uses_probes = models.BooleanField(default=False)
    seed = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0, help_text="Of the random search for o1-ioi's weights; 0: none.")
    budget = models.PositiveIntegerField(default=50, help_text="Submissions per problem in the search's replays.")
    feature_version = models.PositiveIntegerField()
    features = models.JSONField(default=list, help_text="Names of the columns.")
    state = models.CharField(max_length=20, choices=PoolState, default=PoolState.WAITING)
    state_reason = models.CharField(max_length=400, blank=True)
    weights = models.CharField(max_length=64, blank=True, help_text="Digest of the arrays; empty until then.")
    items = models.JSONField(default=list, help_text="[{set, set_id, problem, problem_id, content, pool, rows}, ...]")
    folds = models.JSONField(default=list)
    result = models.JSONField(default=dict, help_text="What it is worth on what was held out; what pages show.")
    content_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 over weights, folds and columns.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = FitQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"fit {self.pk}"


class FitSource(models.Model):
    """A judging whose outcomes a fit learned from, with the probing it looked at."""

    fit = models.ForeignKey(Fit, models.CASCADE, related_name="sources")
    judging = models.ForeignKey(Judging, models.PROTECT, related_name="+")
    probing = models.ForeignKey(Probing, models.PROTECT, null=True, related_name="+")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["fit", "judging"], name="judging_once_per_fit")]

    def __str__(self) -> str:
        return f"{self.judging} in {self.fit_id}"
