"""Strategies as they were used, runs, trials, submissions, comparisons, reported results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from comparisons.models.fits import Fit
from comparisons.models.judgings import Judging, Probing
from comparisons.models.language_models import Price
from comparisons.models.pools import Candidate, PoolRevision, PoolState
from comparisons.models.problems import Problem, ProblemSet

if TYPE_CHECKING:
    from comparisons.models.users import User


class Strategy(models.Model):
    """A named, versioned rule: strategy, floor or ceiling. Immutable once used; a change of code bumps the version."""

    class Kind(models.TextChoices):
        STRATEGY = "strategy"
        FLOOR = "floor"
        CEILING = "ceiling"

    slug = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=120)
    summary = models.TextField(blank=True)

    class Meta:
        ordering = ["slug", "-version"]
        verbose_name_plural = "strategies"
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="strategy_version_once")]

    def __str__(self) -> str:
        return f"{self.slug} v{self.version}"


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: User) -> RunQuerySet:
        """The runs on the sets this person may see."""
        return self.filter(revision__pool__problem_set__in=ProblemSet.objects.visible_to(user))


class Run(models.Model):
    """One rule replayed over one judged pool revision under a budget. The same key returns the same run."""

    strategy = models.ForeignKey(Strategy, models.PROTECT, related_name="runs")
    revision = models.ForeignKey(PoolRevision, models.CASCADE, related_name="runs")
    judging = models.ForeignKey(Judging, models.CASCADE, related_name="runs")
    probing = models.ForeignKey(Probing, models.PROTECT, null=True, related_name="runs")
    fit = models.ForeignKey(Fit, models.PROTECT, null=True, related_name="runs")
    options = models.JSONField(default=dict)
    budget = models.PositiveIntegerField(help_text="Submissions per problem.")
    first = models.PositiveIntegerField(help_text="Draws with a lower index take part.")
    attempt = models.PositiveSmallIntegerField(
        null=True, help_text="The attempt of each draw that takes part, or its last before that; null: the last."
    )
    price = models.ForeignKey(
        Price, models.PROTECT, null=True, related_name="+", help_text="Null: what held when the pool was made."
    )
    is_batch = models.BooleanField(default=False, help_text="Its calls are priced less the price's batch discount.")
    seeds = models.PositiveIntegerField(default=1)
    seed = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=20, choices=PoolState, default=PoolState.WAITING)
    state_reason = models.CharField(max_length=400, blank=True)
    score = models.FloatField(null=True)
    sd = models.FloatField(null=True, help_text="Spread of one seed (or of one random choice); null where exact.")
    points = models.FloatField(null=True)
    over_draws_lo = models.FloatField(null=True)
    over_draws_hi = models.FloatField(null=True)
    over_draws_reason = models.CharField(max_length=300, blank=True, help_text="Why there is no interval.")
    cost_usd = models.DecimalField(max_digits=18, decimal_places=8, null=True)
    cost_is_lower_bound = models.BooleanField(default=False)
    latency_s = models.FloatField(null=True, help_text="Replayed at `latency_slots`, summed over problems in sequence.")
    latency_slots = models.PositiveIntegerField(default=64)
    is_privileged = models.BooleanField(default=False, help_text="Used probes made from package data.")
    is_incomplete = models.BooleanField(default=False, help_text="Some problem is missing or bounded.")
    details = models.JSONField(
        default=dict, help_text="draws used, price rows, token sums, gap share with its interval …"
    )
    subsamples = models.CharField(max_length=64, blank=True, help_text="Digest: scores of the over-draws replays.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.revision.pool} · {self.strategy.slug}"


class Trial(models.Model):
    """A run on one problem: the unit of jobs and of statistics."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="trials")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="+")
    score = models.FloatField(null=True)
    sd = models.FloatField(null=True)
    points = models.FloatField()
    subtask_scores = models.JSONField(help_text="[[index, points, score], …] in subtask order; mean over seeds.")
    n_submissions = models.FloatField(help_text="Mean over seeds.")
    n_draws_used = models.FloatField(help_text="Draws the rule needs: what cost counts.")
    cost_usd = models.DecimalField(max_digits=18, decimal_places=8, null=True)
    latency_s = models.FloatField(null=True)
    lower = models.FloatField(null=True, help_text="Where candidates are unjudged: replayed with 0 …")
    upper = models.FloatField(null=True, help_text="… and with full score.")

    class Meta:
        ordering = ["problem__position"]
        constraints = [models.UniqueConstraint(fields=["run", "problem"], name="trial_once_per_problem")]

    def __str__(self) -> str:
        return f"{self.run_id} on {self.problem}"


class Submission(models.Model):
    """A candidate that was sent: its seed, its place in the order, the subtask it was aimed at, what came back."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="submissions")
    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="submissions")
    seed = models.PositiveIntegerField(default=0)
    order = models.PositiveIntegerField(help_text="From 1.")
    aimed = models.PositiveSmallIntegerField(null=True)
    scores = models.JSONField(help_text="Score per subtask, in subtask order.")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["seed", "order"]
        constraints = [models.UniqueConstraint(fields=["trial", "seed", "order"], name="submission_order_once")]

    def __str__(self) -> str:
        return f"{self.order}: {self.candidate}"


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def visible_to(self, user: User) -> ComparisonQuerySet:
        """The comparisons on the sets this person may see."""
        return self.filter(problem_set__in=ProblemSet.objects.visible_to(user))


class Comparison(models.Model):
    """A saved set of runs on one problem set, with a baseline. `result` is what the page and the exports read."""

    problem_set = models.ForeignKey(ProblemSet, models.CASCADE, related_name="comparisons")
    title = models.CharField(max_length=200)
    question = models.TextField(blank=True)
    baseline = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    runs = models.ManyToManyField(Run, through="ComparisonRun", related_name="comparisons")
    result = models.JSONField(
        default=dict, help_text="Pairs, warnings, cheapest ways, front; made by the compare stage."
    )
    result_key = models.CharField(
        max_length=64, blank=True, help_text="Hash of the runs and baseline the result is of."
    )
    is_simulated = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comparisons")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class ComparisonRun(models.Model):
    """A run's place in a comparison."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="entries")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["comparison", "run"], name="run_once_per_comparison")]

    def __str__(self) -> str:
        return f"{self.position}: {self.run_id}"


class ReportedResult(models.Model):
    """A published figure with its source. Shown beside runs, never mixed with them. Null is unknown, never 0."""

    contest = models.CharField(max_length=120)
    system = models.CharField(max_length=120)
    condition = models.CharField(max_length=300, blank=True)
    score = models.FloatField()
    points = models.FloatField(null=True)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, help_text="Of all problems.")
    seconds_per_problem = models.FloatField(null=True)
    source = models.CharField(max_length=300)
    source_date = models.DateField(null=True)
    license = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["contest", "-score"]
        constraints = [
            models.UniqueConstraint(fields=["contest", "system", "condition"], name="reported_result_once"),
            models.CheckConstraint(condition=~Q(source=""), name="reported_result_has_source"),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.score}"
