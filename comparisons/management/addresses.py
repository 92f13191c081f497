"""Where a browser on this machine finds the web process."""

from __future__ import annotations

from django.urls import reverse

from comparisons.management.web import web_address


def sign_in_address(token: str) -> str:
    """The link that signs in with this token."""
    return web_address() + reverse("podium:sign-in-with-token", args=[token])
