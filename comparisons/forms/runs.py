"""Forms that start runs and comparisons. They parse and check words; what may be done is the actions' to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from comparisons.actions.runs import MOST_BUDGET, MOST_SEEDS
from comparisons.models import Equality, Fit, PoolState, Run, User
from comparisons.queries.row_numbers import row_number
from comparisons.queries.strategies import options_of, rule_choices
from comparisons.strategies import STRATEGIES, Need, Option
from judge.errors import StrategyError

#: What the names of options' fields begin with.
_OPTION = "option-"


class ReplayForm(forms.Form):
    """Which rule to replay over a pool, under which budget, with which options."""

    #: What stays as typed when another strategy is chosen, whose options the form then shows.
    kept = ("budget", "first", "attempt", "is_batch", "seeds", "seed", "equality")

    strategy = forms.ChoiceField(label="Strategy")
    budget = forms.IntegerField(label="Budget", min_value=1, max_value=MOST_BUDGET, initial=50)
    first = forms.IntegerField(label="Draws", min_value=1, required=False)
    attempt = forms.TypedChoiceField(label="Attempt", coerce=int, empty_value=None, required=False)
    is_batch = forms.TypedChoiceField(
        label="Calls cost", coerce=lambda word: word == "batch", empty_value=None, required=False
    )
    seeds = forms.IntegerField(label="Seeds", min_value=1, max_value=MOST_SEEDS, initial=20)
    equality = forms.ChoiceField(
        label="Outputs are equal", required=False, choices=[("", "as on the newest probes"), *Equality.choices]
    )
    fit = forms.ModelChoiceField(queryset=Fit.objects.none(), label="Fit", required=False)
    seed = forms.IntegerField(label="First seed", min_value=0, max_value=2**31 - 1, initial=0)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        n_draws: int,
        n_attempts: int = 1,
        strategy: str = "",
        typed: Mapping[str, str] | None = None,
        fits: QuerySet[Fit] | None = None,
        is_batch: bool | None = None,
    ) -> None:
        """n_draws: the most draws any unit of the pool has; n_attempts: the most attempts of a draw. strategy: whose
        options are shown (default: the first). typed: what stands in the fields `kept`, where it was typed. fits: those
        that may be chosen where the strategy can use one.
        is_batch: whether the pool was drawn in batches; None where there is no batch discount to choose."""
        asked = str(data.get("strategy", "")) if data is not None else strategy
        # Without script the options on the page are still those of the strategy that was shown before: they say
        # nothing of the chosen one's, whose boxes would all count as not ticked.
        self.shown_before = str(data.get("options-of", asked)) if data is not None else asked
        initial = {name: typed[name] for name in self.kept if typed and typed.get(name)}
        bound = data if data is None or self.shown_before == asked else _at_defaults(data, asked)
        super().__init__(bound, initial=initial)
        self.fields["strategy"].choices = rule_choices()  # type: ignore[attr-defined]
        self.fields["first"].max_value = n_draws  # type: ignore[attr-defined]
        self.fields["first"].widget.attrs.update(max=n_draws, placeholder=f"all {n_draws}")
        self.has_attempts = n_attempts > 1
        earlier = [(number, f"attempt {number}") for number in range(1, n_attempts)]
        self.fields["attempt"].choices = [("", f"the last of {n_attempts}"), *earlier]  # type: ignore[attr-defined]
        rates = (
            ["the batch rate, as it was drawn", "the list price"] if is_batch else ["the list price", "the batch rate"]
        )
        self.has_batch = is_batch is not None
        self.fields["is_batch"].choices = [("", rates[0]), ("list" if is_batch else "batch", rates[1])]  # type: ignore[attr-defined]
        # Beyond half of the draws there is no interval over draws.
        self.fields["budget"].initial = max(1, min(50, n_draws // 2))
        self.n_draws = n_draws
        slugs = [slug for slug, _ in self.fields["strategy"].choices]  # type: ignore[attr-defined]
        self.chosen = asked if asked in slugs else slugs[0]
        self.fields["strategy"].initial = self.chosen
        rule = STRATEGIES.get(self.chosen)
        self.options: Sequence[Option] = options_of(self.chosen)
        for option in self.options:
            self.fields[f"{_OPTION}{option.name}"] = _field(option)
            # Random choice was replayed without options before it had one.
            self.fields[f"{_OPTION}{option.name}"].required &= rule is not None
        self.takes_fit = rule is not None and Need.FIT in rule.needs | rule.also(rule.complete())
        if self.takes_fit and fits is not None:
            is_needed = rule is not None and Need.FIT in rule.needs
            self.fields["fit"].queryset = fits  # type: ignore[attr-defined]
            otherwise = "none; with weights=tuned the newest that tuned them"
            self.fields["fit"].empty_label = "the newest" if is_needed else otherwise  # type: ignore[attr-defined]
        else:
            del self.fields["fit"]
        if rule is None or Need.PROBES not in rule.needs:
            del self.fields["equality"]

    def option_fields(self) -> list[forms.BoundField]:
        """The fields of the chosen strategy's options, in its order."""
        return [self[f"{_OPTION}{option.name}"] for option in self.options]

    def clean_first(self) -> int | None:
        """Draws that take part; None for all. Refuses more than there are."""
        first: int | None = self.cleaned_data.get("first")
        if first is not None and first > self.n_draws:
            raise forms.ValidationError(f"This pool has {self.n_draws} draws a unit: choose at most so many.")
        return first

    def clean(self) -> dict[str, Any]:
        """What `actions.runs.start_run` takes, the options under their own names."""
        cleaned = super().clean() or {}
        # What is sent and is no field goes on, to be refused by name.
        given = {name: self.data[name] for name in self.data if name.startswith(_OPTION)}
        given |= {name: cleaned.pop(name) for name in list(cleaned) if name.startswith(_OPTION)}
        if self.chosen not in STRATEGIES:
            given = {name: value for name, value in given.items() if value}
        options = {name.removeprefix(_OPTION): value for name, value in given.items()}
        if self.options and self.shown_before != self.chosen:
            raise forms.ValidationError(
                f"The options shown were those of {self.shown_before}. Those of {self.chosen} are below, at their "
                "defaults: look through them and replay."
            )
        rule = STRATEGIES.get(self.chosen)
        if rule and not self.errors:
            try:
                options = rule.complete(options)
            except StrategyError as error:
                raise forms.ValidationError(str(error)) from error
        return {**cleaned, "options": options}


def _at_defaults(data: Mapping[str, Any], slug: str) -> dict[str, Any]:
    """What was sent, with the options of this strategy at their defaults in place of another's."""
    kept = {name: value for name, value in data.items() if not name.startswith(_OPTION)}
    return kept | {f"{_OPTION}{one.name}": str(one.default) for one in options_of(slug) if one.default is not False}


def _field(option: Option) -> forms.Field:
    """A field of an option's type, with its default and its help."""
    shown: dict[str, Any] = {"label": option.name, "help_text": option.help, "initial": option.default}
    if isinstance(option.default, bool):
        return forms.BooleanField(required=False, **shown)
    if isinstance(option.default, int):
        return forms.IntegerField(**shown)
    if isinstance(option.default, float):
        return forms.FloatField(**shown)
    if option.choices:
        return forms.ChoiceField(choices=[(str(word), str(word)) for word in option.choices], **shown)
    return forms.CharField(**shown, required=False)


class _Runs(forms.ModelMultipleChoiceField):
    """Runs by number; what is no number of a row is refused as a number that no run has."""

    def clean(self, value: Any) -> Any:
        """The runs."""
        return super().clean([text if row_number(str(text)) is not None else "0" for text in value or ()])


class CompareForm(forms.Form):
    """Which runs stand side by side, against which baseline."""

    title = forms.CharField(label="Title", max_length=200, required=False)
    runs = _Runs(queryset=Run.objects.none(), label="Runs")
    baseline = forms.ModelChoiceField(queryset=Run.objects.none(), label="Baseline", empty_label=None)

    def __init__(self, data: Mapping[str, Any] | None = None, *, user: User, chosen: Sequence[int] = ()) -> None:
        """chosen: ids of the runs that were ticked in the list; they decide the problem set and what is offered."""
        super().__init__(data)
        visible = Run.objects.visible_to(user).filter(state=PoolState.DONE)
        given = list(chosen)
        if data is not None and hasattr(data, "getlist"):
            numbers = [row_number(str(value)) for value in data.getlist("runs")]
            given = [number for number in numbers if number is not None] or given
        sets = dict(visible.filter(pk__in=given).values_list("pk", "revision__pool__problem_set"))
        first = next((sets[pk] for pk in given if pk in sets), None)
        offered = visible.filter(revision__pool__problem_set=first) if first else visible.none()
        offered = offered.select_related("strategy", "revision__pool__model", "revision__pool__problem_set")
        self.offered = list(offered.order_by("revision__pool__model__slug", "strategy__slug", "budget"))
        self.offered.sort(key=lambda run: run.pk not in given)
        self.chosen = [run.pk for run in self.offered if run.pk in given]
        #: Ticked runs that cannot stand in this comparison: on another set, or not replayed.
        self.n_left_out = len(set(given) - set(self.chosen))
        self.fields["runs"].queryset = offered  # type: ignore[attr-defined]
        self.fields["baseline"].queryset = offered  # type: ignore[attr-defined]
        self.baseline_pk = self._proposed_baseline(data)

    def _proposed_baseline(self, data: Mapping[str, Any] | None) -> int | None:
        asked = str(data.get("baseline", "")) if data is not None else ""
        if (number := row_number(asked)) is not None:
            return number
        chosen = [run for run in self.offered if run.pk in self.chosen]
        floors = [run for run in chosen if run.strategy.slug == "random-k"]
        return next((run.pk for run in floors or chosen), None)

    def clean(self) -> dict[str, Any]:
        """What `actions.runs.create_comparison` takes."""
        cleaned = super().clean() or {}
        runs = list(cleaned.get("runs") or [])
        if "runs" in cleaned and len(runs) < 2:
            self.add_error("runs", "Tick at least two runs.")
        baseline = cleaned.get("baseline")
        if baseline and runs and baseline not in runs:
            self.add_error("baseline", "The baseline must be one of the ticked runs.")
        return {"runs": runs, "baseline": baseline, "title": cleaned.get("title", "")}
