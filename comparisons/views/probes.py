"""A probe set: its inputs by subtask, the programs that made and validated them, and what they were asked by."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from comparisons.actions.model_probes import example_prompts
from comparisons.queries.probes import probe_set_page, visible_probe_sets
from comparisons.views._partials import refreshed, render_partial
from comparisons.views._request import SignedInRequest


@require_GET
@login_required
def probe_set_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One probe set; htmx asks for its moving part alone, until nothing moves."""
    probe_set = get_object_or_404(visible_probe_sets(request.user), pk=pk)
    page = probe_set_page(probe_set)
    context = {
        "probe_set": probe_set,
        "page": page,
        "is_simulated": page.programs is not None and page.programs.is_simulated,
        "prompts": partial(example_prompts, probe_set),  # only where they are shown
    }
    response = render_partial(request, "comparisons/probe_set_detail.html", "work", context)
    return refreshed(request, response, when=not page.moves)
