"""The form that imports a field of humans. It parses; what the file holds is the action's to say."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms

from comparisons.actions import Refused
from comparisons.actions.humans import LARGEST_BYTES, import_humans
from comparisons.actions.uploads import keep
from comparisons.models import HumanField, ProblemSet, User


class HumanFieldForm(forms.Form):
    """A file of contestants' totals for a problem set, or, without one, of a population's ratings."""

    file = forms.FileField(
        label="File",
        help_text="CSV, one contestant a line; or JSON with counts of ratings: "
        '{"counts": [[rating, how many], …]}. Names of people are not kept.',
    )
    problem_set = forms.ModelChoiceField(
        queryset=ProblemSet.objects.none(),
        required=False,
        empty_label="none: a population of ratings",
        label="Contestants of",
    )
    name = forms.CharField(
        label="Who they are", max_length=200, help_text="As in “IOI 2019, 327 contestants”: a place is among somebody."
    )
    source = forms.CharField(label="Source", max_length=300, help_text="Where the file is from.")
    license = forms.CharField(label="Licence", max_length=80, required=False)
    score = forms.CharField(label="Column of the totals", max_length=80, initial="total")
    rating = forms.CharField(label="Column of the ratings", max_length=80, initial="rating", required=False)

    def __init__(self, user: User, data: Any = None, files: Any = None, *, slug: str = "") -> None:
        visible = ProblemSet.objects.visible_to(user)
        super().__init__(data, files, initial={"problem_set": visible.filter(slug=slug).first()})
        self._user = user
        self.fields["problem_set"].queryset = visible  # type: ignore[attr-defined]

    def save(self) -> HumanField | None:
        """The imported field; None where it was refused: then the form says why."""
        wanted = dict(self.cleaned_data)
        uploaded = wanted.pop("file")
        with tempfile.TemporaryDirectory(prefix="podium-humans-") as folder:
            try:
                path = keep(uploaded, Path(folder) / "file", LARGEST_BYTES)
                return import_humans(self._user, path, **{**wanted, "rating": wanted["rating"] or "rating"})
            except Refused as refused:
                self.add_error("file", str(refused))
                return None
