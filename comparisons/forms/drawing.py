"""The form that draws a pool. It parses; what may be drawn, and what it takes, is the action's to say."""

from __future__ import annotations

from typing import Any

from django import forms

from comparisons.actions import drawing
from comparisons.actions.spending import check_may_ask
from comparisons.models import LanguageModel, Pool, ProblemSet, User
from comparisons.samplers.prompts import LANGUAGE_NAMES, TEMPLATES
from comparisons.samplers.recipes import MOST_RUN_TURNS
from judge.errors import PodiumError


class DrawForm(forms.Form):
    """A set, a model that can be asked, and a recipe; what is left empty is the model's or the provider's."""

    problem_set = forms.ModelChoiceField(queryset=ProblemSet.objects.none(), to_field_name="slug", empty_label=None)
    model = forms.ModelChoiceField(queryset=LanguageModel.objects.none(), to_field_name="slug", empty_label=None)
    n = forms.IntegerField(label="Draws", min_value=1, max_value=1_000_000, initial=10, help_text="Of each prompt.")
    name = forms.CharField(label="Name", max_length=120, required=False)
    formulation = forms.ChoiceField(label="Prompts", choices=Pool.Formulation.choices)
    top_p = forms.FloatField(label="Top p", required=False, min_value=0, max_value=1)
    seed = forms.IntegerField(
        label="Seed", required=False, min_value=0, max_value=2**31 - 1, help_text="Draw i is asked for with seed + i."
    )
    template = forms.ChoiceField(label="Prompt version", required=False, choices=[(name, name) for name in TEMPLATES])
    formulations = (
        ("problem", "One prompt per problem", "The whole statement. What o3 did."),
        (
            "subtask",
            "One prompt per subtask",
            "The others' passages removed. What o1-ioi did; n counts for each.",
        ),
    )
    language = forms.ChoiceField(
        label="Language", required=False, choices=[("", "the model chooses"), *LANGUAGE_NAMES.items()]
    )
    temperature = forms.FloatField(label="Temperature", required=False, min_value=0, max_value=10)
    effort = forms.CharField(
        label="Reasoning effort", required=False, max_length=40, help_text="In its provider's words."
    )
    max_tokens = forms.IntegerField(
        label="Most tokens of an answer", required=False, min_value=1, help_text="Its reasoning included."
    )
    attempts = forms.IntegerField(
        label="Attempts", min_value=1, max_value=10, initial=1, help_text="Above 1 the model reviews its own answer."
    )
    feedback = forms.ChoiceField(
        label="A review is told",
        required=False,
        choices=[("none", "only its own answer"), ("public", "what it did on the public tests")],
    )
    run_turns = forms.IntegerField(
        label="Turns with runs",
        required=False,
        min_value=0,
        max_value=MOST_RUN_TURNS,
        help_text="Answers of a review in which the model may have its program run on inputs it writes.",
    )
    is_batch = forms.BooleanField(
        label="Billed at the batch rate",
        required=False,
        help_text="The address answers in batches or on a flex tier: the price's batch discount counts.",
    )
    max_cost_usd = forms.DecimalField(
        label="Cap on the cost (USD)",
        required=False,
        max_digits=14,
        decimal_places=6,
        help_text="Never exceeded, over all workers. Needs a price and the most tokens of an answer.",
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        sets, models = self.fields["problem_set"], self.fields["model"]
        assert isinstance(sets, forms.ModelChoiceField) and isinstance(models, forms.ModelChoiceField)
        sets.queryset = ProblemSet.objects.visible_to(user)
        if not self.initial.get("problem_set"):
            judgeable = sets.queryset.filter(problems__current_version__unjudgeable="").first()
            self.initial["problem_set"] = judgeable.slug if judgeable else None
        models.queryset = LanguageModel.objects.exclude(provider="")
        # All can be named, so that a refusal says why; those that may be asked are offered.
        offered = [one for one in models.queryset.select_related("created_by") if one.may_be_asked_by(user)]
        models.choices = [(one.slug, one.title) for one in offered]
        self.has_models, self.has_sets = bool(offered), sets.queryset.exists()

    def clean_model(self) -> LanguageModel:
        """Refuses one that this person may not ask."""
        model: LanguageModel = self.cleaned_data["model"]
        try:
            check_may_ask(self.user, model)
        except PodiumError as error:
            raise forms.ValidationError(str(error)) from None
        return model

    def plan(self) -> drawing.Planned | None:
        """What it would take, or None with the error on the form. Needs `is_valid()`."""
        values = self.cleaned_data
        try:
            return drawing.plan_sampling(values["problem_set"], values["model"], n=values["n"], options=self._options())
        except PodiumError as error:
            self.add_error(None, str(error))
            return None

    def save(self, *, n: int | None = None) -> Pool | None:
        """The pool, its drawing begun, or None with the error on the form; `n` instead of what was typed: a pilot.
        Needs `is_valid()`."""
        values = self.cleaned_data
        try:
            pool, _ = drawing.sample(
                self.user,
                problem_set=values["problem_set"],
                model=values["model"],
                n=n or values["n"],
                name=values["name"],
                options=self._options(),
                max_cost_usd=values["max_cost_usd"],
            )
        except PodiumError as error:
            self.add_error(None, str(error))
            return None
        return pool

    def _options(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in drawing.OPTIONS if name in self.cleaned_data}


class ExtendForm(forms.Form):
    """To how many draws a pool is extended, under which cap."""

    n = forms.IntegerField(label="Draws", min_value=1, max_value=1_000_000, help_text="Of each prompt, in all.")
    max_cost_usd = forms.DecimalField(
        label="Cap on the cost (USD)",
        required=False,
        max_digits=14,
        decimal_places=6,
        help_text="Of the whole pool, what is spent included. Empty: as it was.",
    )

    def __init__(self, user: User, pool: Pool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.pool = user, pool

    def plan(self) -> drawing.Planned:
        """What the missing draws would take. Needs `is_valid()`."""
        larger = Pool.objects.select_related("model", "problem_set").get(pk=self.pool.pk)
        larger.recipe = {**larger.recipe, "n": max(self.cleaned_data["n"], larger.n_asked)}
        return drawing.plan_extension(larger)

    def save(self) -> Pool | None:
        """The pool, its drawing begun, or None with the error on the form. Needs `is_valid()`."""
        values = self.cleaned_data
        try:
            pool, _ = drawing.extend(self.user, self.pool, n=values["n"], max_cost_usd=values["max_cost_usd"])
        except PodiumError as error:
            self.add_error(None, str(error))
            return None
        return pool
