"""Pools, their revisions, requests and candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from comparisons.models import blobs
from comparisons.models.language_models import LanguageModel, Price
from comparisons.models.problems import Problem, ProblemSet
from comparisons.samplers.generated_tests import SampledTests

if TYPE_CHECKING:
    from comparisons.models.users import User


class PoolState(models.TextChoices):
    """States of pools, judgings, probings, probe sets, runs and fits; the words of the command line and the pages."""

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
        """The pools of candidates of the sets this person may see."""
        return self.readable_by(user).filter(purpose=Pool.Purpose.CANDIDATES)

    def readable_by(self, user: User) -> PoolQuerySet:
        """As `visible_to`, with the pools of programs that make probes, which are listed nowhere."""
        return self.filter(problem_set__in=ProblemSet.objects.visible_to(user))


class Pool(models.Model):
    """The candidates of one model on one problem set under one sampling recipe. Frozen; extending makes a revision."""

    class Formulation(models.TextChoices):
        PROBLEM = "problem", "one prompt per problem"
        SUBTASK = "subtask", "one prompt per subtask"

    class Purpose(models.TextChoices):
        CANDIDATES = "candidates", "candidates"
        PROBES = "probes", "programs that make probes"

    problem_set = models.ForeignKey(ProblemSet, models.CASCADE, related_name="pools")
    model = models.ForeignKey(LanguageModel, models.PROTECT, related_name="pools")
    name = models.CharField(max_length=120)
    purpose = models.CharField(
        max_length=10,
        choices=Purpose,
        default=Purpose.CANDIDATES,
        help_text="What is drawn. Programs that make probes are drawn as candidates are: same calls, cap and leases.",
    )
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
    n_asked = models.PositiveIntegerField(default=0, help_text="Draws asked for per unit; 0 where samples came in.")
    max_cost_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, help_text="Null: no cap.")
    committed_nano_usd = models.BigIntegerField(
        default=0,
        help_text="Sum over its requests of what each cost, or may at worst have cost. Compared with the cap.",
    )
    failing = models.JSONField(
        default=dict,
        editable=False,
        help_text="What its circuit breaker remembers between shifts, and the last call before it was last begun.",
    )
    drawing_note = models.CharField(max_length=200, blank=True, help_text="What drawing waits for just now.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="pools")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PoolQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def may_be_steered_by(self, user: User) -> bool:
        """Paused, resumed, cancelled, extended: by who began it and by staff."""
        return user.is_staff or user.is_superuser or self.created_by_id == user.pk

    @property
    def is_batch(self) -> bool:
        """Its calls are billed at the provider's batch rate; said where it was drawn or imported."""
        return bool(self.recipe.get("is_batch"))

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
    """One paid call to a provider, written before it is sent: trying again is another one.

    It asked for `n_draws` draws from `index` on, of one unit. Null tokens are unknown, never 0. LOST: whoever sent it
    died before the answer was written; it may have been paid for, and is counted at the worst.
    """

    class Outcome(models.TextChoices):
        SENT = "sent"
        ANSWERED = "answered"
        REFUSED = "refused"
        FAILED = "failed"
        LOST = "lost"

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="requests")
    piece = models.ForeignKey("Work", models.SET_NULL, null=True, related_name="requests")
    problem = models.ForeignKey(Problem, models.CASCADE, null=True, related_name="+")
    subtask = models.PositiveSmallIntegerField(null=True, help_text="The aimed subtask; null for the whole problem.")
    index = models.PositiveIntegerField(default=0, help_text="The first draw asked for.")
    attempt = models.PositiveSmallIntegerField(default=1)
    turn = models.PositiveSmallIntegerField(default=1, help_text="Of this attempt: each run of a program is a turn.")
    said = models.TextField(blank=True, help_text="What was said since the call before: a review, a program's output.")
    answer = models.TextField(blank=True, help_text="Of a turn that was not the last; the last one's is a candidate.")
    run_cpu_s = models.FloatField(null=True, help_text="CPU of the programs run since the call before.")
    n_draws = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.SENT)
    input_tokens = models.PositiveBigIntegerField(null=True)
    cached_input_tokens = models.PositiveBigIntegerField(null=True)
    output_tokens = models.PositiveBigIntegerField(null=True)
    reasoning_tokens = models.PositiveBigIntegerField(null=True)
    latency_s = models.FloatField(null=True)
    price = models.ForeignKey(Price, models.PROTECT, null=True, related_name="+")
    charged_nano_usd = models.BigIntegerField(
        default=0, help_text="Reserved before sending, then what it cost; the reserve where that is unknown."
    )
    is_charge_known = models.BooleanField(default=False)
    error_kind = models.CharField(max_length=20, blank=True, help_text="Class of what went wrong, in one word.")
    error = models.CharField(max_length=400, blank=True)
    sent_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["pool", "ended_at"], name="request_by_end")]

    def __str__(self) -> str:
        return f"request {self.pk} ({self.outcome})"


class Candidate(models.Model):
    """One attempt of one draw. Null token counts, latency and turns are unknown, never 0."""

    pool = models.ForeignKey(
        Pool, models.CASCADE, db_index=False, related_name="candidates", help_text="The key's index begins with it."
    )
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="candidates")
    subtask = models.PositiveSmallIntegerField(null=True, help_text="The aimed subtask; null for the whole problem.")
    index = models.PositiveIntegerField(help_text="The draw, from 0, within its unit.")
    attempt = models.PositiveSmallIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1, help_text="Number of the pool revision that brought it.")
    request = models.ForeignKey(
        Request, models.PROTECT, null=True, db_index=False, related_name="candidates", help_text="Indexed where known."
    )
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
    turns = models.PositiveSmallIntegerField(null=True, help_text="Calls that this attempt took, one after the other.")
    run_cpu_s = models.FloatField(null=True, help_text="CPU of programs run for it: public tests, the model's inputs.")
    said = models.JSONField(
        null=True, help_text="See samplers.records. Of an import; of what was drawn, requests tell."
    )
    finish_reason = models.CharField(max_length=40, blank=True)
    scores = models.JSONField(null=True, help_text="Score per subtask index, where the source gave scores.")
    extra = models.JSONField(default=dict, help_text="Keys of the record that Podium has no field for.")

    class Meta:
        ordering = ["pool", "problem", "subtask", "index", "attempt"]
        # Few and narrow, because each costs an import of many candidates as much as a text does.
        indexes = [
            models.Index(fields=["request"], condition=Q(request__isnull=False), name="candidate_by_request"),
        ]
        constraints = [
            # SQL counts every NULL as different from every other; subtasks are numbered from 1.
            models.UniqueConstraint(
                "pool", "problem", Coalesce("subtask", 0), "index", "attempt", name="candidate_key_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem} #{self.index}"


class GeneratedTests(models.Model):
    """Tests that the pool's model wrote for one problem. Strategies may use them; scores never do.

    The samples and their tests lie in a blob. Frozen, like the pool's candidates.
    """

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="generated_tests")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="+")
    entry_point = models.CharField(max_length=120, blank=True, help_text="The function that is tested.")
    n_samples = models.PositiveIntegerField()
    n_tests = models.PositiveIntegerField(help_text="Equal tests are counted as often as they were written.")
    digest = models.CharField(max_length=64, help_text="Digest of samplers.generated_tests.SampledTests.")

    class Meta:
        ordering = ["pool", "problem"]
        constraints = [models.UniqueConstraint(fields=["pool", "problem"], name="generated_tests_once")]

    def __str__(self) -> str:
        return f"{self.n_tests} generated tests of {self.problem}"

    def load(self) -> SampledTests:
        """The samples as they were drawn and the tests in each, in order."""
        return SampledTests.from_bytes(blobs.get(self.digest))
