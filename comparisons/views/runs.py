"""Runs: the list with its filters, one run, and the comparisons made of them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from comparisons.actions import Refused
from comparisons.actions.runs import create_comparison
from comparisons.forms.runs import CompareForm
from comparisons.models import Run
from comparisons.queries import runs as queries
from comparisons.queries.at_work import ACTIVE
from comparisons.queries.home import comparison_rows
from comparisons.queries.row_numbers import row_number
from comparisons.views._partials import refreshed, render_partial
from comparisons.views._request import SignedInRequest

PER_PAGE = 50


@require_GET
@login_required
def run_list(request: SignedInRequest) -> HttpResponse:
    """Runs, narrowed and sorted by the query string."""
    narrowed = queries.RunFilter.from_query(request.GET.dict())
    found = queries.runs(request.user, narrowed)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "narrowed": narrowed,
        "sort": narrowed.sort,
        "choices": queries.run_choices(request.user),
        "n_all": Run.objects.visible_to(request.user).count(),
        "is_simulated": any(run.revision.pool.is_simulated for run in page),
    }
    return render_partial(request, "comparisons/run_list.html", "runs", context)


@require_GET
@login_required
def run_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One run: score, problems, submissions, cost."""
    run = get_object_or_404(
        Run.objects.visible_to(request.user).select_related(
            "strategy",
            "revision__pool__model",
            "revision__pool__problem_set",
            "judging__environment",
            "probing__probe_set",
            "fit",
        ),
        pk=pk,
    )
    if "wait" in request.GET:
        return refreshed(request, HttpResponse(status=204), when=run.state not in ACTIVE)
    seed = row_number(request.GET.get("seed", ""))
    page = queries.run_page(run, problem=request.GET.get("problem", ""), seed=seed)
    context = {
        "page": page,
        "run": run,
        "pool": run.revision.pool,
        "is_moving": run.state in ACTIVE,
        "is_simulated": run.revision.pool.is_simulated,
    }
    return render_partial(request, "comparisons/run_detail.html", "timeline", context)


@require_GET
@login_required
def comparison_list(request: SignedInRequest) -> HttpResponse:
    """Saved comparisons, newest first."""
    rows = comparison_rows(request.user)
    context = {"comparisons": rows, "is_simulated": any(row.is_simulated for row in rows)}
    return render(request, "comparisons/comparisons.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def comparison_new(request: SignedInRequest) -> HttpResponse:
    """Runs side by side: which, against which baseline, under which title."""
    chosen = [number for value in request.GET.getlist("run") if (number := row_number(value)) is not None]
    form = CompareForm(request.POST or None, user=request.user, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        try:
            comparison = create_comparison(request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The comparison is being computed.")
            return redirect("podium:comparison-detail", comparison.pk)
    return render(request, "comparisons/comparisons_new.html", {"form": form}, status=422 if form.errors else 200)
