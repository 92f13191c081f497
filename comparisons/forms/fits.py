"""The form that trains a fit. It parses; what can be learned from is the action's to say."""

from __future__ import annotations

from typing import Any

from django import forms

from comparisons.actions.fits import MOST_TRIES, TRIES
from comparisons.actions.runs import MOST_BUDGET
from comparisons.models import Fit, Pool, PoolState, User


class FitForm(forms.Form):
    """Which judged pools to learn from, and what is left out in training for a problem."""

    pools = forms.ModelMultipleChoiceField(
        queryset=Pool.objects.none(), widget=forms.CheckboxSelectMultiple, label="Judged pools"
    )
    leave = forms.ChoiceField(
        label="Leave out",
        choices=Fit.Leave.choices,
        help_text="What ranks a problem is trained without it, or without its whole set.",
    )
    tries = forms.IntegerField(
        label="Tries for o1-ioi's weights",
        required=False,
        min_value=0,
        max_value=MOST_TRIES,
        help_text=f"Of a random search; needs probes. Empty: {TRIES} where every pool has some, else none.",
    )
    budget = forms.IntegerField(
        label="Budget", min_value=1, max_value=MOST_BUDGET, initial=50, help_text="Submissions a problem in the search."
    )
    seed = forms.IntegerField(label="Seed", min_value=0, max_value=2**31 - 1, initial=0)
    without_probes = forms.BooleanField(label="Do not look at outputs on probes", required=False)

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        judged = Pool.objects.visible_to(user).filter(revisions__judgings__state=PoolState.DONE).distinct()
        self.fields["pools"].queryset = judged  # type: ignore[attr-defined]
