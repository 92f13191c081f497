"""Drawing from the browser: a new pool, more draws of one, and the prompts models are asked with."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from comparisons.actions.drawing import PILOT
from comparisons.forms.drawing import DrawForm, ExtendForm
from comparisons.models import Pool
from comparisons.samplers.probe_prompts import PROBE_TEMPLATES
from comparisons.samplers.prompts import TEMPLATES
from comparisons.views._request import SignedInRequest


@require_http_methods(["GET", "POST"])
@login_required
def pool_draw(request: SignedInRequest) -> HttpResponse:
    """Draws a new pool. The first button says what it would take; those that come with that begin, or draw a few."""
    initial = {"problem_set": request.GET.get("set"), "model": request.GET.get("model")}
    form = DrawForm(request.user, request.POST or None, initial=initial)
    planned = None
    if request.method == "POST" and form.is_valid():
        begins = "begin" in request.POST or "pilot" in request.POST
        pool = form.save(n=PILOT if "pilot" in request.POST else None) if begins else None
        if pool is not None:
            messages.success(request, f"{pool.name} is being drawn.")
            wanted = f"?n={form.cleaned_data['n']}" if "pilot" in request.POST else ""
            return redirect(f"{pool_url(pool)}{wanted}")
        planned = form.plan()
    likely = planned.estimate.likely_usd if planned else None
    context = {
        "form": form,
        "planned": planned,
        "pilot_draws": PILOT,
        "pilot_usd": likely * PILOT / planned.recipe.n if planned and likely is not None else None,
    }
    return render(request, "comparisons/pool_draw.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def pool_extend(request: SignedInRequest, pk: int) -> HttpResponse:
    """More draws of a pool: what the missing ones would take, and the button to begin."""
    pools = Pool.objects.visible_to(request.user).filter(n_asked__gt=0).select_related("model", "problem_set")
    pool = get_object_or_404(pools, pk=pk)
    given = request.POST or ({"n": request.GET["n"]} if request.GET.get("n") else None)
    form = ExtendForm(request.user, pool, given, initial={"n": pool.n_asked * 2})
    planned = None
    if form.is_bound and form.is_valid():
        if request.method == "POST" and "begin" in request.POST and form.save() is not None:
            messages.success(request, f"{pool.name} is being drawn.")
            return redirect("podium:pool-detail", pool.pk)
        planned = form.plan()
    context = {"pool": pool, "form": form, "planned": planned, "is_simulated": pool.is_simulated}
    return render(request, "comparisons/pool_extend.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
def prompt_list(request: SignedInRequest) -> HttpResponse:
    """The prompt templates, part by part: of candidates, then of programs that make probes."""
    return render(
        request, "comparisons/prompt_list.html", {"templates": [*TEMPLATES.values(), *PROBE_TEMPLATES.values()]}
    )


def pool_url(pool: Pool) -> str:
    """Where a pool's page is."""
    return reverse("podium:pool-detail", args=[pool.pk])
