"""Fits: what was learned, from what, and what it is worth on problems it never saw."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from comparisons.actions.fits import start_fit
from comparisons.charts import Figure
from comparisons.charts.learning import calibration_curve, search_spread
from comparisons.charts.svg import to_svg
from comparisons.exports.csv_files import figure_csv
from comparisons.forms.fits import FitForm
from comparisons.models import Fit, PoolState
from comparisons.queries.at_work import ACTIVE
from comparisons.queries.fits import fit_rows, pools_of
from comparisons.views._partials import refreshed
from comparisons.views._request import SignedInRequest
from judge.errors import PodiumError


@require_http_methods(["GET", "POST"])
@login_required
def fit_list(request: SignedInRequest) -> HttpResponse:
    """Every fit, and the form that trains another."""
    form = FitForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = start_fit(request.user, **form.cleaned_data)
        except PodiumError as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("podium:fit-detail", made.pk)
    rows = fit_rows(request.user)
    context = {"rows": rows, "form": form, "is_simulated": any(p.is_simulated for row in rows for p in row.pools)}
    return render(request, "comparisons/fit_list.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
def fit_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One fit: its calibration, its weights, what each problem was ranked by, the spread of its search."""
    fit = _fit(request, pk)
    if "wait" in request.GET:
        return refreshed(request, HttpResponse(status=204), when=fit.state not in ACTIVE)
    pools = pools_of(fit)
    context = {
        "fit": fit,
        "result": fit.result,
        "pools": pools,
        "figures": _figures(fit),
        "privileged": [s.probing for s in fit.sources.all() if s.probing and s.probing.probe_set.is_privileged],
        "is_moving": fit.state in ACTIVE,
        "is_simulated": any(pool.is_simulated for pool in pools),
    }
    return render(request, "comparisons/fit_detail.html", context)


@require_GET
@login_required
def fit_figure(request: SignedInRequest, pk: int, name: str, format: str) -> HttpResponse:
    """A chart of a fit as a still image or as its data."""
    figure = next((one for one in _figures(_fit(request, pk)) if one.name == name), None)
    if figure is None or format not in ("svg", "csv"):
        raise Http404("There is no such chart.")
    if format == "csv":
        response = HttpResponse(figure_csv(figure), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="fit-{pk}-{name}.csv"'
        return response
    return HttpResponse(to_svg(figure), content_type="image/svg+xml")


def _fit(request: SignedInRequest, pk: int) -> Fit:
    found = Fit.objects.visible_to(request.user)
    found = found.prefetch_related("sources__judging__revision__pool__problem_set", "sources__probing__probe_set")
    return get_object_or_404(found, pk=pk)


def _figures(fit: Fit) -> list[Figure]:
    if fit.state != PoolState.DONE:
        return []
    return [calibration_curve(fit.result["held_out"]), search_spread(fit.result["search"], fit.result["untuned"])]
