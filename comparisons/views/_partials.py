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
    is_fragment = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    response = render(request, f"{template}#{partial}" if is_fragment else template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
