"""Forms of models and their prices. They parse; what may be stored is the actions' to say."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings

from comparisons.actions.language_models import (
    FACTS,
    LARGEST_FILE,
    add_model,
    add_price,
    may_name,
    model_slug,
    read_prices,
)
from comparisons.actions.uploads import keep
from comparisons.models import AskedBy, LanguageModel, Price, User
from comparisons.samplers.providers import PROVIDERS
from judge.errors import PodiumError


def _date(**how: Any) -> forms.DateField:
    return forms.DateField(required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **how)


class FactsForm(forms.Form):
    """What is known of a model and how it is asked; may be changed at any time."""

    key = forms.CharField(
        label="API key",
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "in"}),
        help_text="Stored encrypted and never shown again. Or name a variable of the environment instead.",
    )
    asked_by = forms.ChoiceField(
        label="Who may draw with it",
        required=False,
        choices=AskedBy.choices,
        help_text="Drawing spends what it costs. Who added it and staff always may.",
    )
    family = forms.CharField(label="Family", required=False, max_length=80)
    derived_from = forms.ModelChoiceField(
        queryset=LanguageModel.objects.none(),
        label="Fine-tuned from",
        required=False,
        to_field_name="slug",
        empty_label="none",
    )
    checkpoint_step = forms.IntegerField(label="Checkpoint step", required=False, min_value=0)
    knowledge_cutoff = _date(label="Knowledge until")
    context_length = forms.IntegerField(label="Context, tokens", required=False, min_value=1)
    n_parameters = forms.IntegerField(label="Parameters", required=False, min_value=1)
    training_compute_flop = forms.FloatField(label="Training compute, FLOP", required=False, min_value=0)
    training_cost_usd = forms.DecimalField(
        label="Training cost (USD)", required=False, min_value=0, max_digits=16, decimal_places=2,
        help_text="Empty: unknown.",
    )  # fmt: skip
    request_parameters = forms.CharField(
        label="Asked with, unless a pool says otherwise",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": '{"temperature": 1.0, "max_tokens": 8000}'}),
        help_text="A JSON object: temperature, top_p, effort, max_tokens, seed; any other is sent as it is.",
    )
    max_concurrency = forms.IntegerField(label="Calls at once, at most", required=False, min_value=1, max_value=4096)
    requests_per_minute = forms.IntegerField(label="Calls a minute, at most", required=False, min_value=1)
    choices_per_call = forms.IntegerField(
        label="Draws of one call", required=False, min_value=1, max_value=128, help_text="n, where it is supported."
    )
    timeout_s = forms.FloatField(label="Seconds for one call", required=False, min_value=1)
    streams = forms.NullBooleanField(
        label="Answers come",
        widget=forms.Select(choices=[("false", "whole"), ("true", "as a stream")]),
        required=False,
    )

    def __init__(self, user: User, *args: Any, model: LanguageModel | None = None, **kwargs: Any) -> None:
        if model is not None:
            known = {fact: getattr(model, fact) for fact in FACTS}
            known["request_parameters"] = json.dumps(model.request_parameters) if model.request_parameters else ""
            known["derived_from"] = model.derived_from.slug if model.derived_from else None
            kwargs["initial"] = {**known, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.user, self.model = user, model
        parents = self.fields["derived_from"]
        assert isinstance(parents, forms.ModelChoiceField)
        parents.queryset = LanguageModel.objects.exclude(slug=model.slug if model else "")

    def clean_request_parameters(self) -> dict[str, Any] | None:
        """The object; None where nothing was typed."""
        text = self.cleaned_data["request_parameters"].strip()
        if not text:
            return None
        try:
            found = json.loads(text)
        except ValueError as error:
            raise forms.ValidationError(f"Not JSON: {error}.") from None
        if not isinstance(found, dict):
            raise forms.ValidationError("Not a JSON object.")
        return found

    def facts(self) -> dict[str, Any]:
        """What was said, by its name in `FACTS`; what was left empty is None."""
        return {name: self.cleaned_data[name] if self.cleaned_data[name] != "" else None for name in FACTS}

    def save(self) -> LanguageModel | None:
        """The model with these facts, or None with the error on the form. Needs `is_valid()`."""
        assert self.model is not None
        return self._stored(self.model.slug, name=self.model.name)

    def _stored(self, slug: str, **said: Any) -> LanguageModel | None:
        try:
            return add_model(self.user, slug, key=self.cleaned_data["key"], facts=self.facts(), **said)
        except PodiumError as error:
            self.add_error(None, str(error))
            return None


class ModelForm(FactsForm):
    """A new model."""

    slug = forms.CharField(label="Short name", max_length=80, help_text="Letters, digits, - and _: in addresses.")
    name = forms.CharField(label="Name", max_length=120, help_text="What its provider calls it.")
    provider = forms.ChoiceField(label="Provider", required=False, choices=[], initial="openai")
    endpoint = forms.CharField(
        label="Address", required=False, max_length=200,
        help_text="http://host/v1 for chat completions; one that ends in /responses is asked in that form.",
    )  # fmt: skip
    key_env = forms.CharField(
        label="Variable that holds the key", required=False, max_length=80,
        help_text="Of the environment of Podium and its workers. Or type the key beside it.",
    )  # fmt: skip
    responses = forms.FileField(
        label="Recorded answers", required=False, help_text="JSON lines: for the provider of recorded answers."
    )
    prices = forms.FileField(
        label="Prices",
        required=False,
        help_text="USD per million tokens as JSON, LiteLLM's table of all models, or MathArena's file of one (YAML).",
    )
    price_of = forms.CharField(
        label="Its name in LiteLLM's table", required=False, max_length=120, help_text="Empty: the name above."
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        if not may_name(user):
            del self.fields["key_env"]
        elif not user.is_staff:
            self.fields["key_env"].help_text = f"One of: {', '.join(settings.PODIUM_KEY_VARIABLES)}."
        provider = self.fields["provider"]
        assert isinstance(provider, forms.ChoiceField)
        provider.choices = [
            *((kind.slug, kind.title) for kind in PROVIDERS.values()),
            ("", "none: its samples are imported"),
        ]

    def save(self) -> LanguageModel | None:
        """The model, or None with the error on the form. Needs `is_valid()`."""
        values = self.cleaned_data
        try:
            slug = model_slug(values["slug"])
            if LanguageModel.objects.filter(slug=slug).exclude(provider="").exists():
                self.add_error("slug", f"The model {slug} exists already.")
                return None
            with tempfile.TemporaryDirectory(prefix="podium-model-") as folder:
                files = {
                    name: keep(values[name], Path(folder) / name, LARGEST_FILE)
                    for name in ("prices", "responses")
                    if values[name] is not None
                }
                name = values["price_of"] or values["name"]
                return self._stored(
                    slug,
                    name=values["name"],
                    provider=values["provider"],
                    endpoint=values["endpoint"],
                    key_env=values.get("key_env", ""),
                    responses=files.get("responses"),
                    prices=read_prices(files["prices"], name) if "prices" in files else [],
                )
        except PodiumError as error:
            self.add_error(None, str(error))
            return None


class PriceForm(forms.Form):
    """What a model costs from a day on: typed, or out of a file. What is left empty is unknown."""

    input_usd_per_mtok = forms.DecimalField(label="Input", required=False, min_value=0, max_digits=12, decimal_places=6)
    cached_input_usd_per_mtok = forms.DecimalField(
        label="Cached input", required=False, min_value=0, max_digits=12, decimal_places=6
    )
    output_usd_per_mtok = forms.DecimalField(
        label="Output", required=False, min_value=0, max_digits=12, decimal_places=6
    )
    reasoning_usd_per_mtok = forms.DecimalField(
        label="Reasoning", required=False, min_value=0, max_digits=12, decimal_places=6
    )
    batch_discount = forms.DecimalField(
        label="Taken off in batches", required=False, min_value=0, max_value=1, max_digits=5, decimal_places=4,
        help_text="A share: 0.5 is half.",
    )  # fmt: skip
    usd_per_machine_hour = forms.DecimalField(
        label="USD per machine and hour", required=False, min_value=0, max_digits=12, decimal_places=4
    )
    machines = forms.IntegerField(label="Machines", required=False, min_value=1, max_value=1_000_000)
    tokens_per_second = forms.FloatField(
        label="Tokens per second", required=False, min_value=0,
        help_text="Of all machines together. Empty: the time they are busy counts.",
    )  # fmt: skip
    valid_from = _date(label="Valid from", help_text="Empty: today.")
    source = forms.CharField(label="Source", required=False, max_length=200, help_text="Where the price is published.")
    file = forms.FileField(label="Or a file", required=False, help_text="JSON, LiteLLM's table, or MathArena's YAML.")

    def clean(self) -> dict[str, Any]:
        """Refuses a price that states no rate."""
        cleaned = super().clean() or {}
        rates = [value for name, value in cleaned.items() if name.endswith("_per_mtok") or name.endswith("_hour")]
        if not self.errors and not cleaned.get("file") and all(value is None for value in rates):
            raise forms.ValidationError("State at least one rate: per token class, or per machine and hour.")
        return cleaned

    def save(self, user: User, model: LanguageModel) -> Price | None:
        """Adds it, or None with the error on the form. Needs `is_valid()`."""
        values = dict(self.cleaned_data)
        file, day = values.pop("file"), values["valid_from"]
        try:
            if file is None:
                return add_price(user, model, {**values, "valid_from": day.isoformat() if day else None})
            with tempfile.TemporaryDirectory(prefix="podium-prices-") as folder:
                path = keep(file, Path(folder) / "prices", LARGEST_FILE)
                return [add_price(user, model, price) for price in read_prices(path, model.name)][-1]
        except PodiumError as error:
            self.add_error(None, str(error))
            return None
