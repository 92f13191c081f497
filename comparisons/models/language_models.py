"""Language models and their prices: what a model is, who may change it, who may ask it."""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from comparisons.metrics import Prices

if TYPE_CHECKING:
    from comparisons.models.users import User


class AskedBy(models.TextChoices):
    """Who may draw with a model, and so spend what it costs."""

    KEY = "key", "everyone, unless it has a key of its own"
    OWNER = "owner", "its owner and staff"
    EVERYONE = "everyone", "everyone who signs in"


def is_open_variable(name: str) -> bool:
    """True where the operator lets everybody have a model's key read from this variable (PODIUM_KEY_VARIABLES)."""
    listed = settings.PODIUM_KEY_VARIABLES
    return any(name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in listed)


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
    context_length = models.PositiveBigIntegerField(null=True, blank=True, help_text="Tokens, prompt and answer.")
    n_parameters = models.PositiveBigIntegerField(null=True, blank=True)
    training_compute_flop = models.FloatField(null=True, blank=True)
    training_cost_usd = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    request_parameters = models.JSONField(
        default=dict,
        blank=True,
        help_text="What is asked with unless a pool says otherwise: temperature, max_tokens, …",
    )
    max_concurrency = models.PositiveIntegerField(default=64, help_text="Calls at once over all workers, at most.")
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Null: as the answers allow.")
    choices_per_call = models.PositiveSmallIntegerField(default=1, help_text="Draws one call may bring (n).")
    timeout_s = models.FloatField(default=600.0, help_text="Of one call.")
    streams = models.BooleanField(default=False, help_text="Answers are asked for as a stream.")
    asked_by = models.CharField(max_length=8, choices=AskedBy, default=AskedBy.KEY, help_text="Who may draw with it.")
    sealed_key = models.TextField(blank=True, editable=False, help_text="The API key, encrypted (see models.sealing).")
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

    @property
    def title(self) -> str:
        """What a person chooses it by: its name, and the slug where that is another."""
        return self.name if self.name == self.slug else f"{self.name} ({self.slug})"

    @property
    def price_today(self) -> Price | None:
        """The price that holds today; where all are to come, the first of them. Of `prices` as they were fetched."""
        today = timezone.localdate()
        prices = list(self.prices.all())  # newest first
        return next((price for price in prices if price.valid_from <= today), prices[-1] if prices else None)

    def may_be_changed_by(self, user: User) -> bool:
        """By who added it and by staff: a key, an address and a price are not everybody's to set."""
        return user.is_staff or user.is_superuser or self.created_by_id == user.pk

    @property
    def has_own_key(self) -> bool:
        """A key that not everybody may spend: stored, or of a variable that the operator has not opened to all."""
        return bool(self.sealed_key) or bool(self.key_env and not is_open_variable(self.key_env))

    @property
    def is_for_all(self) -> bool:
        """Everyone may draw with it: that is said or, where nothing is said, nobody's key is spent."""
        return self.asked_by == AskedBy.EVERYONE or (self.asked_by == AskedBy.KEY and not self.has_own_key)

    def may_be_asked_by(self, user: User) -> bool:
        """By who may change it, always; by everyone where it is for all."""
        return self.is_for_all or self.may_be_changed_by(user)


class Price(models.Model):
    """What a model costs from a date on: USD per million tokens, or USD per machine-hour of a model that one runs
    oneself. Null is unknown, never 0.

    `batch_discount` is the share taken off in a provider's batch mode, applied where a
    pool or run is counted so (`counted`). With a machine-hour price `tokens_per_second` is
    what all machines together were measured to answer; without it the time they were busy is counted.
    """

    model = models.ForeignKey(LanguageModel, models.CASCADE, related_name="prices")
    valid_from = models.DateField()
    input_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    cached_input_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    output_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    reasoning_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    batch_discount = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    usd_per_machine_hour = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    machines = models.PositiveIntegerField(default=1)
    tokens_per_second = models.FloatField(null=True)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [models.UniqueConstraint(fields=["model", "valid_from"], name="price_once_per_day")]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from}"

    #: Whether what is counted at this price went in batches; of the object, never of its row.
    is_batch = False

    def counted(self, *, is_batch: bool) -> Price:
        """This price as a pool or a run is counted at it. A machine of one's own knows no batches."""
        price = copy(self)
        price.is_batch = is_batch and self.usd_per_machine_hour is None
        return price

    def to_prices(self) -> Prices:
        """The price per token; in batches less the discount, and unknown where the price states none. Of a machine-hour
        price with a measured speed: what the time costs that an output token
        takes, input in it; without a speed no token has a price, only the time has."""
        if self.usd_per_machine_hour is None:
            prices = Prices(
                self.input_usd_per_mtok,
                self.output_usd_per_mtok,
                self.cached_input_usd_per_mtok,
                self.reasoning_usd_per_mtok,
            )
            return prices.less(self.batch_discount) if self.is_batch else prices
        if not self.tokens_per_second:
            return Prices(None, None)
        usd_per_second = self.usd_per_machine_hour * self.machines / 3600
        return Prices(Decimal(0), usd_per_second * 1_000_000 / Decimal(str(self.tokens_per_second)))
