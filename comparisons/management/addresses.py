"""Where a browser on this machine finds the web process."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse


def web_address() -> str:
    """The root, without a final slash. A web process open to all addresses is reached by the loopback one."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(settings.PODIUM_BIND, settings.PODIUM_BIND)  # noqa: S104
    return f"http://{host}:{settings.PODIUM_PORT}"


def sign_in_address(token: str) -> str:
    """The link that signs in with this token."""
    return web_address() + reverse("podium:sign-in-with-token", args=[token])
