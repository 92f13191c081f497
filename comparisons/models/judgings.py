"""Judgings, probe sets, their leased work, the chunks it leaves, and the merged outcome arrays."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from comparisons.models.pools import Pool, PoolRevision, PoolState
from comparisons.models.problems import LimitReading, Problem, ProblemSet, ProblemVersion


class Environment(models.Model):
    """What programs were run with: compilers, interpreters, isolation. Keyed by the hash of its description."""

    key = models.CharField(max_length=64, unique=True)
    description = models.JSONField()
    is_elsewhere = models.BooleanField(default=False, help_text="Scores came with the samples; nothing ran here.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return "elsewhere" if self.is_elsewhere else self.key[:8]

    @property
    def isolation(self) -> str:
        """How programs were kept in (`judge.sandbox.Isolation`); "" where nothing ran here."""
        return str(self.description.get("isolation", ""))


class Machine(models.Model):
    """A machine that judges, as its newest worker described it: its environment, or why it cannot isolate programs."""

    name = models.CharField(max_length=120, unique=True)
    environment = models.ForeignKey(Environment, models.PROTECT, null=True, related_name="machines")
    unavailable = models.CharField(max_length=400, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.name


def _states(under_way: PoolState) -> list[tuple[str, str]]:
    """What a judging or probing can be. Whether a worker is at it, its pieces of work say."""
    stopped = (PoolState.PAUSED, PoolState.CANCELLED, PoolState.DONE, PoolState.FAILED)
    return [(str(state.value), str(state.label)) for state in (under_way, *stopped)]


class Judging(models.Model):
    """A pool revision judged with the versions and limits of all its problems in one environment. Immutable once
    done."""

    revision = models.ForeignKey(PoolRevision, models.CASCADE, related_name="judgings")
    environment = models.ForeignKey(Environment, models.PROTECT, null=True, related_name="judgings")
    key = models.CharField(max_length=64, unique=True, help_text="Hash of revision, versions, limits and environment.")
    state = models.CharField(max_length=20, choices=_states(PoolState.JUDGING), default=PoolState.JUDGING)
    state_reason = models.CharField(max_length=400, blank=True)
    total = models.PositiveIntegerField(default=0, help_text="Candidates to judge.")
    judged = models.PositiveIntegerField(default=0)
    infra_errors = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"judging {self.pk} of {self.revision}"


class JudgedProblem(models.Model):
    """One problem of a judging: which version under which limits, and, once merged, its outcomes and their aggregates.

    `outcomes` is a blob of arrays over the unit's candidates in key order: candidate (int64 ids), scores (float32,
    candidates × subtasks), verdict (uint8 codes, candidates), tests (uint8 codes, candidates × testcases),
    cpu_time_s (float32, candidates × testcases; NaN not run), memory_mib (float32, likewise), public_passed (int16),
    compiled (bool). Scores of an IE candidate are NaN. `notes` and `readings` are JSON objects by candidate id, as
    bytes: what the judge said, and {place of a test: CPU seconds of every run} where runs near the limit were repeated.
    """

    judging = models.ForeignKey(Judging, models.CASCADE, related_name="problems")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="+")
    version = models.ForeignKey(ProblemVersion, models.PROTECT, related_name="+")
    limits = models.ForeignKey(LimitReading, models.PROTECT, null=True, related_name="+")
    outcomes = models.CharField(max_length=64, blank=True, help_text="Digest of the merged arrays; empty until then.")
    aggregates = models.JSONField(default=dict, help_text="What pages show: verdict counts, means, best per subtask.")

    class Meta:
        ordering = ["problem__position"]
        constraints = [models.UniqueConstraint(fields=["judging", "problem"], name="judged_problem_once")]

    def __str__(self) -> str:
        return f"{self.problem} in judging {self.judging_id}"


class ProbeSource(models.TextChoices):
    """Where probe inputs come from. Package data is privileged: a contestant would not have it. GENERATED are no inputs
    but whole tests, which come with a pool."""

    MODEL = "model", "made by the model"
    PACKAGE = "package", "the package's generators"
    MUTATION = "mutation", "mutated public inputs"
    GENERATED = "generated", "tests the pool's model wrote"


class Equality(models.TextChoices):
    """When two outputs on a probe are equal (A4 of `docs/o1-ioi.md`)."""

    TOKENS = "tokens", "by their tokens"
    ROUNDED = "rounded", "by their tokens, decimal numbers rounded and case ignored"


class ProbeSet(models.Model):
    """The probes of all subtasks of a problem set's versions from one source, count and seed. Immutable, no pool's
    own."""

    problem_set = models.ForeignKey(ProblemSet, models.CASCADE, related_name="probe_sets")
    source = models.CharField(max_length=10, choices=ProbeSource)
    n = models.PositiveIntegerField(help_text="Inputs asked for per subtask.")
    seed = models.PositiveIntegerField(default=0)
    recipe = models.JSONField(default=dict, help_text="How a model was asked to make them; empty for other sources.")
    programs = models.OneToOneField(
        Pool,
        models.PROTECT,
        null=True,
        related_name="probe_set",
        help_text="The programs that the model wrote, with their requests.",
    )
    key = models.CharField(max_length=64, unique=True, help_text="Hash of versions, source, n, seed, model and recipe.")
    state = models.CharField(max_length=20, choices=PoolState, default=PoolState.WAITING)
    state_reason = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"probe set {self.pk} ({self.source})"

    @property
    def is_privileged(self) -> bool:
        """True where the inputs were made from package data, or chosen by it."""
        is_ours = self.source in (ProbeSource.MODEL, ProbeSource.GENERATED)
        return not is_ours or self.recipe.get("package_check") == "require"


class Probes(models.Model):
    """The probe inputs of one subtask: digests in order, and the count of what was made, valid and dropped."""

    probe_set = models.ForeignKey(ProbeSet, models.CASCADE, related_name="probes")
    version = models.ForeignKey(ProblemVersion, models.PROTECT, related_name="+")
    subtask = models.PositiveSmallIntegerField()
    inputs = models.JSONField(help_text="Blob digests, in order.")
    n_made = models.PositiveIntegerField(default=0)
    n_valid = models.PositiveIntegerField(default=0)
    n_dropped = models.PositiveIntegerField(default=0, help_text="Equal to a hidden test, or to another probe.")
    source_note = models.CharField(max_length=300, blank=True)
    cpu_time_s = models.FloatField(default=0)
    report = models.JSONField(
        default=dict, help_text="Of a model's programs: what each did, and what the package's validators said."
    )
    expected = models.JSONField(
        default=list,
        help_text="Per input [digest of what most brute-force programs print or null, share that print what is printed "
        "most or null where they were not run, and both again of rounded outputs]; empty without brute force.",
    )

    class Meta:
        ordering = ["version", "subtask"]
        constraints = [
            models.UniqueConstraint(fields=["probe_set", "version", "subtask"], name="probes_once_per_subtask")
        ]

    def __str__(self) -> str:
        return f"{len(self.inputs)} probes of subtask {self.subtask}"

    @property
    def valid(self) -> int | None:
        """How many inputs are known to be valid; None where the package has no validator that would have seen them."""
        is_package = self.probe_set.source in (ProbeSource.PACKAGE, ProbeSource.MUTATION)
        return None if is_package and self.inputs and not self.n_valid else self.n_valid


class Probing(models.Model):
    """A pool revision run on a probe set in one environment, its outputs compared in one way."""

    revision = models.ForeignKey(PoolRevision, models.CASCADE, related_name="probings")
    probe_set = models.ForeignKey(ProbeSet, models.PROTECT, related_name="probings")
    environment = models.ForeignKey(Environment, models.PROTECT, null=True, related_name="probings")
    equality = models.CharField(max_length=10, choices=Equality, default=Equality.TOKENS)
    key = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=20, choices=_states(PoolState.PROBING), default=PoolState.PROBING)
    state_reason = models.CharField(max_length=400, blank=True)
    total = models.PositiveIntegerField(default=0)
    probed = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"probing {self.pk} of {self.revision}"


class ProbedProblem(models.Model):
    """One problem and subtask of a probing, merged: `outcomes` is a blob with candidate (int64 ids), codes (int32,
    candidates × probes; factorised 128-bit output hashes, negative for a `strategies.pool_view.Failure`),
    cpu_time_s (float32, candidates: summed over the probes); and, of probes that brute-force programs ran on,
    expected and agreement (int32, float32, probes: see `strategies.ProbeMatrix`)."""

    probing = models.ForeignKey(Probing, models.CASCADE, related_name="problems")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="+")
    version = models.ForeignKey(ProblemVersion, models.PROTECT, related_name="+")
    subtask = models.PositiveSmallIntegerField()
    outcomes = models.CharField(max_length=64, blank=True)
    aggregates = models.JSONField(default=dict, help_text="Number and sizes of the clusters, share of clean runs.")

    class Meta:
        ordering = ["problem__position", "subtask"]
        constraints = [models.UniqueConstraint(fields=["probing", "problem", "subtask"], name="probed_problem_once")]

    def __str__(self) -> str:
        return f"{self.problem}/{self.subtask} in probing {self.probing_id}"


class Work(models.Model):
    """A leased piece of work. Claimed and finished only by conditional UPDATE on (state, attempt): no row locks.

    A late writer with an old attempt is rejected. `key` makes enqueuing the same piece twice a no-op.
    """

    class Kind(models.TextChoices):
        DRAW = "draw", "draw a range of candidates of one unit"
        MEASURE = "measure", "measure a problem's time limit on its references"
        JUDGE = "judge", "judge a range of candidates on all tests"
        MERGE = "merge", "merge a judging's chunks"
        MAKE_PROBES = "make-probes", "make the probes of one problem"
        PROBE = "probe", "run a range of candidates on probes"
        MERGE_PROBES = "merge-probes", "merge a probing's chunks"
        FIT = "fit", "train a fit"
        REPLAY = "replay", "replay a run"
        COMPARE = "compare", "compute what a comparison says"

    class State(models.TextChoices):
        WAITING = "waiting"
        LEASED = "leased"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=12, choices=Kind)
    key = models.CharField(max_length=120, unique=True)
    pool = models.ForeignKey(Pool, models.CASCADE, null=True, related_name="work", help_text="Of drawing.")
    judging = models.ForeignKey(Judging, models.CASCADE, null=True, related_name="work")
    probe_set = models.ForeignKey(ProbeSet, models.CASCADE, null=True, related_name="work")
    probing = models.ForeignKey(Probing, models.CASCADE, null=True, related_name="work")
    fit = models.ForeignKey("Fit", models.CASCADE, null=True, related_name="work")
    run = models.ForeignKey("Run", models.CASCADE, null=True, related_name="work")
    comparison = models.ForeignKey("Comparison", models.CASCADE, null=True, related_name="work")
    problem = models.ForeignKey(Problem, models.CASCADE, null=True, related_name="+")
    problem_set = models.ForeignKey(
        "ProblemSet", models.CASCADE, null=True, related_name="+", db_index=False, help_text="The problem's; indexed."
    )
    subtask = models.PositiveSmallIntegerField(null=True, help_text="Aimed subtask of the unit.")
    start = models.PositiveIntegerField(default=0, help_text="First candidate, in key order within the unit.")
    stop = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    position = models.PositiveIntegerField(default=0, help_text="Lower is done first.")
    owner = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveIntegerField(default=0, help_text="Counts claims; only ever grows.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Claims that ended badly, since it was resumed.")
    expires_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=["state", "expires_at"], name="work_to_sweep"),
            models.Index(fields=["problem_set", "state", "position", "id"], name="work_in_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Chunk(models.Model):
    """What one piece of work left: arrays of a range of candidates, immutable, unique, so a repeated job is a no-op."""

    class Kind(models.TextChoices):
        TESTS = "tests"
        PROBES = "probes"

    kind = models.CharField(max_length=8, choices=Kind)
    judging = models.ForeignKey(Judging, models.CASCADE, null=True, related_name="chunks")
    probing = models.ForeignKey(Probing, models.CASCADE, null=True, related_name="chunks")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="+")
    subtask = models.PositiveSmallIntegerField(null=True, help_text="Aimed subtask of the unit.")
    probe_subtask = models.PositiveSmallIntegerField(null=True)
    start = models.PositiveIntegerField()
    stop = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    machine = models.JSONField(default=dict, help_text="Host, worker, calibration: recorded, not part of any key.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["judging", "problem", "subtask", "start"],
                condition=Q(judging__isnull=False, subtask__isnull=False),
                name="test_chunk_once_per_subtask",
            ),
            models.UniqueConstraint(
                fields=["judging", "problem", "start"],
                condition=Q(judging__isnull=False, subtask__isnull=True),
                name="test_chunk_once_per_problem",
            ),
            models.UniqueConstraint(
                fields=["probing", "problem", "subtask", "probe_subtask", "start"],
                condition=Q(probing__isnull=False, subtask__isnull=False),
                name="probe_chunk_once_per_subtask",
            ),
            models.UniqueConstraint(
                fields=["probing", "problem", "probe_subtask", "start"],
                condition=Q(probing__isnull=False, subtask__isnull=True),
                name="probe_chunk_once_per_problem",
            ),
            models.CheckConstraint(
                condition=Q(judging__isnull=False, probing__isnull=True)
                | Q(judging__isnull=True, probing__isnull=False),
                name="chunk_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.problem_id}[{self.start}:{self.stop}]"
