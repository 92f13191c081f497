"""Language models, their prices, pools, revisions, requests and candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from comparisons.models.problems import Problem, ProblemSet

if TYPE_CHECKING:
    from comparisons.models.users import User


class LanguageModel(models.Model):
    """A model that candidates come from. The word is *model*; the class is not, because Django has that name."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    provider = models.CharField(
        max_length=40, blank=True, help_text='"openai", "recorded"; empty for imported samples.'
    )
    endpoint = models.URLField(blank=True)
    key_env = models.CharField(max_length=80, blank=True, help_text="Name of the variable that holds the API key.")
    responses = models.CharField(max_length=300, blank=True, help_text="Digest of a recorded provider's answers.")
    family = models.CharField(max_length=80, blank=True)
    knowledge_cutoff = models.DateField(null=True, blank=True)
    checkpoint_step = models.PositiveBigIntegerField(null=True, blank=True)
    derived_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="derived")
    is_simulated = models.BooleanField(default=False)
    colour = models.PositiveSmallIntegerField(default=0, help_text="Slot 1-8 of the model hues; never moves.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def save(self, *args: object, **kwargs: object) -> None:
        """Takes the lowest free colour slot at birth, then `id mod 8`: a model keeps its hue for life."""
        if not self.colour:
            taken = set(LanguageModel.objects.values_list("colour", flat=True))
            self.colour = next(
                (slot for slot in range(1, 9) if slot not in taken), LanguageModel.objects.count() % 8 + 1
            )
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Price(models.Model):
    """USD per million tokens of a model from a date on. Null is unknown, never 0."""

    model = models.ForeignKey(LanguageModel, models.CASCADE, related_name="prices")
    valid_from = models.DateField()
    input_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    cached_input_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    output_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    reasoning_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [models.UniqueConstraint(fields=["model", "valid_from"], name="price_once_per_day")]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from}"


class PoolState(models.TextChoices):
    """States of a pool and of a judging; the words of the command line and the pages."""

    WAITING = "waiting"
    DRAWING = "drawing"
    PROBING = "probing"
    JUDGING = "judging"
    PAUSED = "paused"
    STOPPED_BY_BUDGET = "stopped-by-budget"
    CANCELLED = "cancelled"
    DONE = "done"
    FAILED = "failed"


class PoolQuerySet(models.QuerySet["Pool"]):
    def visible_to(self, user: User) -> PoolQuerySet:
        """The pools of the sets this person may see."""
        return self.filter(problem_set__in=ProblemSet.objects.visible_to(user))


class Pool(models.Model):
    """The candidates of one model on one problem set under one sampling recipe. Frozen; extending makes a revision."""

    class Formulation(models.TextChoices):
        PROBLEM = "problem", "one prompt per problem"
        SUBTASK = "subtask", "one prompt per subtask"

    problem_set = models.ForeignKey(ProblemSet, models.CASCADE, related_name="pools")
    model = models.ForeignKey(LanguageModel, models.PROTECT, related_name="pools")
    name = models.CharField(max_length=120)
    formulation = models.CharField(max_length=8, choices=Formulation, default=Formulation.PROBLEM)
    language = models.CharField(max_length=40, blank=True)
    temperature = models.FloatField(null=True)
    effort = models.CharField(max_length=40, blank=True)
    prompt_version = models.CharField(max_length=40, blank=True)
    recipe = models.JSONField(default=dict, help_text="Everything else that was asked of the provider.")
    is_scored_elsewhere = models.BooleanField(default=False, help_text="Scores came with the samples; not judged here.")
    is_simulated = models.BooleanField(default=False)
    import_report = models.JSONField(default=dict, help_text="What was read, skipped and why.")
    state = models.CharField(max_length=20, choices=PoolState, default=PoolState.DONE)
    state_reason = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="pools")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PoolQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def newest_revision(self) -> PoolRevision:
        """The frozen state that the next judging or run uses. One query."""
        return self.revisions.latest("number")


class PoolRevision(models.Model):
    """A frozen state of a pool: the candidates whose `revision` is not above `number`."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(default=1)
    n_candidates = models.PositiveIntegerField()
    n_draws = models.PositiveIntegerField(help_text="Largest number of draws any unit has.")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 over the candidates' keys and program hashes.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pool", "number"]
        constraints = [models.UniqueConstraint(fields=["pool", "number"], name="pool_revision_number_once")]

    def __str__(self) -> str:
        return f"{self.pool} r{self.number}"


class Request(models.Model):
    """One paid call to a provider, written before it is sent."""

    class Outcome(models.TextChoices):
        SENT = "sent"
        ANSWERED = "answered"
        REFUSED = "refused"
        FAILED = "failed"

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="requests")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.SENT)
    input_tokens = models.PositiveBigIntegerField(null=True)
    cached_input_tokens = models.PositiveBigIntegerField(null=True)
    output_tokens = models.PositiveBigIntegerField(null=True)
    reasoning_tokens = models.PositiveBigIntegerField(null=True)
    latency_s = models.FloatField(null=True)
    price = models.ForeignKey(Price, models.PROTECT, null=True, related_name="+")
    error = models.CharField(max_length=400, blank=True)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"request {self.pk} ({self.outcome})"


class Candidate(models.Model):
    """One attempt of one draw. Null token counts and latency are unknown, never 0."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="candidates")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="candidates")
    subtask = models.PositiveSmallIntegerField(null=True, help_text="The aimed subtask; null for the whole problem.")
    index = models.PositiveIntegerField(help_text="The draw, from 0, within its unit.")
    attempt = models.PositiveSmallIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1, help_text="Number of the pool revision that brought it.")
    request = models.ForeignKey(Request, models.PROTECT, null=True, related_name="candidates")
    language = models.CharField(max_length=20, blank=True)
    source = models.TextField(blank=True)
    program_hash = models.CharField(
        max_length=32, blank=True, help_text="128 bits over language and tokens; equal programs share it."
    )
    no_program = models.CharField(max_length=80, blank=True, help_text="Why there is no program, where there is none.")
    answer = models.TextField(blank=True)
    raw = models.TextField(blank=True)
    input_tokens = models.PositiveBigIntegerField(null=True)
    cached_input_tokens = models.PositiveBigIntegerField(null=True)
    output_tokens = models.PositiveBigIntegerField(null=True)
    reasoning_tokens = models.PositiveBigIntegerField(null=True)
    latency_s = models.FloatField(null=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    scores = models.JSONField(null=True, help_text="Score per subtask index, where the source gave scores.")
    extra = models.JSONField(default=dict, help_text="Keys of the record that Podium has no field for.")

    class Meta:
        ordering = ["pool", "problem", "subtask", "index", "attempt"]
        constraints = [
            # Two constraints, because SQL counts every NULL as different from every other.
            models.UniqueConstraint(
                fields=["pool", "problem", "subtask", "index", "attempt"],
                condition=Q(subtask__isnull=False),
                name="candidate_key_once_per_subtask",
            ),
            models.UniqueConstraint(
                fields=["pool", "problem", "index", "attempt"],
                condition=Q(subtask__isnull=True),
                name="candidate_key_once_per_problem",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem} #{self.index}"
