"""Problem sets, problems, their immutable versions, and the dated limits beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from comparisons.models.users import Visibility
from judge.problem import Limits, LimitSource, TaskType
from judge.problem import Problem as JudgeProblem

if TYPE_CHECKING:
    from comparisons.models.users import User


class ProblemSetQuerySet(models.QuerySet["ProblemSet"]):
    def visible_to(self, user: User) -> ProblemSetQuerySet:
        """The sets this person may see: shared ones, their own, all for a superuser."""
        if user.is_superuser:
            return self
        return self.filter(Q(visibility=Visibility.SHARED) | Q(created_by=user))


class ProblemSet(models.Model):
    """A named, ordered set of problems; what pools are drawn on and runs are compared on."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    note = models.TextField(blank=True, help_text="Shown wherever figures of this set are: how it was chosen.")
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.SHARED)
    is_simulated = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="problem_sets")
    created_at = models.DateTimeField(auto_now_add=True)
    served_at = models.DateTimeField(null=True, editable=False, help_text="When work of it last began (stages.turns).")

    objects = ProblemSetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class ProblemQuerySet(models.QuerySet["Problem"]):
    def visible_to(self, user: User) -> ProblemQuerySet:
        """The problems of the sets this person may see."""
        return self.filter(problem_set__in=ProblemSet.objects.visible_to(user))


class Problem(models.Model):
    """A problem's identity in its set. What it says and is tested with is in its versions."""

    problem_set = models.ForeignKey(ProblemSet, models.CASCADE, related_name="problems")
    slug = models.SlugField(max_length=120)
    position = models.PositiveIntegerField(help_text="Place in the set, from 0.")
    current_version = models.ForeignKey(
        "ProblemVersion", models.PROTECT, null=True, related_name="+", help_text="Used by the next judging."
    )

    objects = ProblemQuerySet.as_manager()

    class Meta:
        ordering = ["position", "slug"]
        constraints = [models.UniqueConstraint(fields=["problem_set", "slug"], name="problem_slug_once_per_set")]

    def __str__(self) -> str:
        return self.slug


class ProblemVersion(models.Model):
    """A problem's content: immutable, keyed by the hash of the package content without limits."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="versions")
    content_hash = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    task_type = models.CharField(max_length=16, choices=[(t.value, t.value) for t in TaskType])
    points = models.FloatField()
    n_testcases = models.PositiveIntegerField()
    n_samples = models.PositiveIntegerField()
    manifest = models.JSONField(help_text="judge.problem.Problem.to_manifest(); file contents are blobs by digest.")
    time_rule = models.JSONField(
        default=dict, help_text="judge.problem.TimeRule, as last imported: how a limit is made of its references."
    )
    unjudgeable = models.CharField(max_length=300, blank=True, help_text="Why it cannot be judged here.")
    warnings = models.JSONField(default=list)
    date = models.DateField(null=True, help_text="When the problem was first public.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["problem", "content_hash"], name="problem_version_content_once")]

    def __str__(self) -> str:
        return f"{self.title} ({self.content_hash[:8]})"

    def to_problem(self) -> JudgeProblem:
        """The judge's value of this version."""
        return JudgeProblem.from_manifest(self.manifest)

    @property
    def limits(self) -> LimitReading:
        """The newest limits, which the next judging uses. One query. Raises LimitReading.DoesNotExist before the
        first."""
        reading = self.limit_readings.order_by("-pk").first()
        if reading is None:
            raise LimitReading.DoesNotExist(f"{self} has no limits yet")
        return reading


class Subtask(models.Model):
    """A subtask of a problem version, copied out of the manifest because pages list it everywhere."""

    version = models.ForeignKey(ProblemVersion, models.CASCADE, related_name="subtasks")
    index = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    points = models.FloatField()
    n_testcases = models.PositiveIntegerField()
    contains = models.JSONField(default=list)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["version", "index"], name="subtask_index_once")]

    def __str__(self) -> str:
        return f"{self.index} {self.name}"


class LimitReading(models.Model):
    """Limits of a version as of a date: package, measured, assumed or given. Never edited; a newer row replaces it."""

    version = models.ForeignKey(ProblemVersion, models.CASCADE, related_name="limit_readings")
    time_limit_s = models.FloatField()
    memory_limit_mib = models.PositiveIntegerField()
    output_limit_mib = models.PositiveIntegerField(default=16)
    time_limit_source = models.CharField(max_length=8, choices=[(s.value, s.value) for s in LimitSource])
    memory_limit_source = models.CharField(max_length=8, choices=[(s.value, s.value) for s in LimitSource])
    readings = models.JSONField(default=dict, help_text="CPU seconds by reference program, where measured.")
    time_scale = models.FloatField(default=1.0, help_text="A stated factor that the time limit already holds.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        scale = f" (× {self.time_scale:g})" if self.time_scale != 1 else ""
        return f"{self.time_limit_s} s{scale}, {self.memory_limit_mib} MiB ({self.time_limit_source})"

    def to_limits(self) -> Limits:
        """The judge's value of these limits."""
        return Limits(
            time_limit_s=self.time_limit_s,
            memory_limit_mib=self.memory_limit_mib,
            output_limit_mib=self.output_limit_mib,
            time_limit_source=LimitSource(self.time_limit_source),
            memory_limit_source=LimitSource(self.memory_limit_source),
            readings=self.readings,
            time_scale=self.time_scale,
        )
