"""Further comparisons made of one, or of a run: equal draws, equal cost, computed anew, ablations."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from comparisons.actions import Refused
from comparisons.actions.ablating import ablate
from comparisons.actions.equalising import equal_comparison
from comparisons.actions.recomputing import compute_again
from comparisons.models import Comparison, Run
from comparisons.views._request import SignedInRequest


@require_POST
@login_required
def comparison_equal(request: SignedInRequest, pk: int, how: str) -> HttpResponse:
    """The same rules on equal draws, or for equal cost; back to the page where that cannot be done."""
    comparison = get_object_or_404(Comparison.objects.visible_to(request.user).defer("result"), pk=pk)
    try:
        made = equal_comparison(request.user, comparison, how)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("podium:comparison-detail", pk)
    return redirect("podium:comparison-detail", made.pk)


@require_POST
@login_required
def comparison_compute(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same comparison, computed anew."""
    comparison = get_object_or_404(Comparison.objects.visible_to(request.user).defer("result"), pk=pk)
    try:
        compute_again(comparison)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("podium:comparison-detail", pk)


@require_POST
@login_required
def run_ablate(request: SignedInRequest, pk: int) -> HttpResponse:
    """The run with each ingredient off or replaced, as a comparison; back to the run where that cannot be done."""
    visible = Run.objects.visible_to(request.user)
    run = get_object_or_404(
        visible.select_related("strategy", "revision__pool__model", "judging", "probing", "fit", "price"), pk=pk
    )
    try:
        comparison, done = ablate(request.user, run)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("podium:run-detail", pk)
    left_out = [f"{one.words}: {one.reason}" for one in done if one.run is None]
    if left_out:
        messages.info(request, f"Left out, for want of what they need: {'; '.join(left_out)}")
    return redirect("podium:comparison-detail", comparison.pk)
