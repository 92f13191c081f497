"""The form that makes a token of the API."""

from __future__ import annotations

from typing import Any

from django import forms

from comparisons.actions import Refused
from comparisons.actions.tokens import make_token
from comparisons.models import User


class TokenForm(forms.Form):
    """A token is told by its name once it is made."""

    name = forms.CharField(label="What it is for", max_length=80, help_text="As in “nightly evaluation”.")

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self._user = user

    def save(self) -> str | None:
        """The token; None where it was refused: then the form says why. Needs `is_valid()`."""
        try:
            return make_token(self._user, self.cleaned_data["name"])
        except Refused as refused:
            self.add_error("name", str(refused))
            return None
