"""Page and fragment from one template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_partial(
    request: HttpRequest, template: str, partial: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The whole page, or, where htmx asks, only its partial of that name. The address is the same for both."""
    name = f"{template}#{partial}" if is_fragment(request) else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def is_fragment(request: HttpRequest) -> bool:
    """True where htmx asks for a piece of a page that the browser has."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def refreshed(request: HttpRequest, response: HttpResponse, *, when: bool) -> HttpResponse:
    """The answer to a poller, telling it to load the whole page again `when` more than its own piece has changed."""
    if when and is_fragment(request):
        response.headers["HX-Refresh"] = "true"
    return response
