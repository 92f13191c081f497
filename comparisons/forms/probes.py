"""The form that makes probes and runs a pool on them. It parses; what may be made is the actions' to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from comparisons.actions.judging import start_probing
from comparisons.actions.model_probes import PlannedProbes, plan_model_probes
from comparisons.actions.spending import check_may_ask
from comparisons.models import Equality, LanguageModel, Pool, ProbeSet, ProbeSource, Probing, User
from comparisons.queries.probes import visible_probe_sets
from comparisons.samplers.probe_recipes import MOST_PROGRAMS, Counted, PackageCheck, ProbeRecipe, TooFew
from comparisons.stages.generated_tests import DEFAULT_PER_SAMPLE
from judge.errors import PodiumError

_DEFAULT = ProbeRecipe()
_N = 256
#: Source -> what a person reads.
_SOURCES = {
    ProbeSource.PACKAGE: "the package's generators",
    ProbeSource.MUTATION: "mutated public inputs",
    ProbeSource.MODEL: "a model writes generators and validators",
    ProbeSource.GENERATED: "tests that came with the pool",
}


def _whole(label: str, name: str, *, least: int = 0, most: int = MOST_PROGRAMS, about: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=least, max_value=most, initial=getattr(_DEFAULT, name), help_text=about
    )


def _choice(label: str, name: str, choices: Sequence[tuple[str, str]], *, about: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=choices, initial=getattr(_DEFAULT, name), help_text=about
    )


class ProbeForm(forms.Form):
    """Where probes come from, how many a subtask gets and, where a model is asked, by which recipe. What is left empty
    is the recipe's default, which every field shows, or the model's own."""

    source = forms.ChoiceField(
        label="Made from",
        choices=[(source.value, words) for source, words in _SOURCES.items()],
        help_text="The package's generators and mutated public inputs are privileged: no contestant has them. "
        "Runs that use them carry a badge.",
    )
    n = forms.IntegerField(
        label="Probes a subtask", required=False, min_value=1, max_value=4096,
        widget=forms.NumberInput(attrs={"placeholder": str(_N)}),
        help_text=f"Empty: {_N}; of tests that came with the pool, {DEFAULT_PER_SAMPLE} of each sample.",
    )  # fmt: skip
    seed = forms.IntegerField(label="Seed", required=False, min_value=0, max_value=2**31 - 1, initial=0)
    probe_set = forms.ModelChoiceField(
        label="Or probes that there are", queryset=ProbeSet.objects.none(), required=False, empty_label="make new ones",
        help_text="Two pools on the same probes can be compared.",
    )  # fmt: skip
    equality = forms.ChoiceField(
        label="Outputs are equal", required=False, choices=Equality.choices, initial=Equality.TOKENS,
        help_text="Rounded: to 6 digits, 5 decimals at most. Whole numbers stay exact.",
    )  # fmt: skip
    model = forms.ModelChoiceField(
        label="Model that is asked",
        queryset=LanguageModel.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=None,
    )
    language = _choice("Their language", "language", [("cpp", "C++"), ("python3", "Python 3")])
    generators = _whole("Generators", "generators", least=1, about="Asked for a subtask.")
    validators = _whole("Validators", "validators", least=1, about="Asked for a subtask.")
    brute_force = _whole("Brute force", "brute_force", about="0: off. Their majority is what small probes expect.")
    accept_share = forms.FloatField(
        label="Share that accepts", required=False, min_value=0.01, max_value=1, initial=_DEFAULT.accept_share,
        widget=forms.NumberInput(attrs={"step": "0.01"}), help_text="Of validators that compile; 0.75 is published.",
    )  # fmt: skip
    counted = _choice(
        "The number counts", "counted",
        [(Counted.VALID, "inputs that the validators accept"), (Counted.MADE, "inputs before validation")],
        about="Before: every subtask costs as much, and may keep fewer.",
    )  # fmt: skip
    least = _whole("Too few are fewer than", "least", most=100_000)
    too_few = _choice(
        "Where too few survive", "too_few",
        [
            (TooFew.KEEP, "keep them and say so"),
            (TooFew.BEST, "fill up with what half of the validators accept"),
            (TooFew.FAIL, "the problem gets no probes"),
        ],
    )  # fmt: skip
    package_check = _choice(
        "The package's validators", "package_check",
        [
            (PackageCheck.OFF, "are not asked"),
            (PackageCheck.SHOW, "are asked, disagreement is shown"),
            (PackageCheck.REQUIRE, "must accept, too (privileged)"),
        ],
    )  # fmt: skip
    small_bytes = _whole("Small: bytes up to", "small_bytes", least=1, most=1_000_000)
    brute_force_s = forms.FloatField(
        label="CPU seconds an input", required=False, min_value=0.1, max_value=600, initial=_DEFAULT.brute_force_s
    )
    temperature = forms.FloatField(label="Temperature", required=False, min_value=0, max_value=10)
    effort = forms.CharField(label="Reasoning effort", required=False, max_length=40)
    max_tokens = forms.IntegerField(
        label="Most tokens of an answer", required=False, min_value=1, help_text="Its reasoning included."
    )
    max_cost_usd = forms.DecimalField(
        label="Cap on the cost (USD)", required=False, max_digits=14, decimal_places=6, min_value=Decimal("0.000001"),
        help_text="Never exceeded. Needs a price and the most tokens of an answer.",
    )  # fmt: skip

    #: Fields of the recipe, as they stand together: programs, rule, brute force, how the model is asked.
    _programs = ("generators", "validators", "brute_force")
    _rule = ("accept_share", "counted", "least", "too_few", "package_check")
    _small = ("small_bytes", "brute_force_s")
    _asking = ("language", "temperature", "effort", "max_tokens")

    def __init__(self, user: User, pool: Pool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.pool = user, pool
        models, sets = self.fields["model"], self.fields["probe_set"]
        assert isinstance(models, forms.ModelChoiceField) and isinstance(sets, forms.ModelChoiceField)
        models.queryset = LanguageModel.objects.exclude(provider="").select_related("created_by").order_by("slug")
        offered = [one for one in models.queryset if one.may_be_asked_by(user)]
        models.choices = [(one.slug, one.title) for one in offered]
        sets.queryset = visible_probe_sets(user).filter(problem_set=pool.problem_set_id)
        self.has_models = bool(offered)
        self.has_sets = sets.queryset.exists()
        models.initial = pool.model.slug if pool.model in offered else None
        if not self.has_models:
            choices = [one for one in _SOURCES if one != ProbeSource.MODEL]
            self.fields["source"].choices = [(one.value, _SOURCES[one]) for one in choices]  # type: ignore[attr-defined]

    def clean_model(self) -> LanguageModel | None:
        """Refuses one that this person may not ask, where it is to be asked."""
        model: LanguageModel | None = self.cleaned_data["model"]
        if model is not None and self.cleaned_data.get("source") == ProbeSource.MODEL:
            try:
                check_may_ask(self.user, model)
            except PodiumError as error:
                raise forms.ValidationError(str(error)) from None
        return model

    def rule_fields(self) -> Iterable[forms.BoundField]:
        """Which inputs become probes."""
        return [self[name] for name in self._rule]

    @property
    def asks_model(self) -> bool:
        """What was typed costs calls. Needs `is_valid()`."""
        return self.cleaned_data["source"] == ProbeSource.MODEL and not self.cleaned_data["probe_set"]

    def plan(self) -> PlannedProbes | None:
        """What a model would be asked and cost, or None with the error on the form; None, too, where no model is asked.
        Needs `is_valid()`."""
        values = self.cleaned_data
        if not self.asks_model:
            return None
        try:
            return plan_model_probes(self.pool.problem_set, values["model"] or self.pool.model, self._recipe())
        except PodiumError as error:
            self.add_error(None, str(error))
            return None

    def save(self) -> Probing | None:
        """The probing, its work begun, or None with the error on the form. Needs `is_valid()`."""
        values = self.cleaned_data
        default = DEFAULT_PER_SAMPLE if values["source"] == ProbeSource.GENERATED else _N
        try:
            return start_probing(
                self.user,
                self.pool,
                source=values["source"],
                n=values["n"] or default,
                seed=values["seed"] or 0,
                probe_set=values["probe_set"],
                model=values["model"] if self.asks_model else None,
                recipe=self._recipe() if self.asks_model else None,
                max_cost_usd=values["max_cost_usd"] if self.asks_model else None,
                equality=values["equality"] or Equality.TOKENS,
            )
        except PodiumError as error:
            self.add_error(None, str(error))
            return None

    def _recipe(self) -> dict[str, Any]:
        """What was said of the recipe."""
        names = (*self._programs, *self._rule, *self._small, *self._asking)
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name] not in (None, "")}
