"""The request of a view that only people who signed in reach."""

from __future__ import annotations

from django.http import HttpRequest

from comparisons.models import User


class SignedInRequest(HttpRequest):
    """A request behind `login_required`: its user is a person. Only a name for the type checker, never made."""

    user: User
