"""Home, search, the theme, and the address a load balancer asks."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required, login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from comparisons.models import Pool, ProblemSet
from comparisons.queries import at_work
from comparisons.queries import home as queries
from comparisons.queries.pools import pool_rows
from comparisons.queries.search import search as find
from comparisons.views._partials import refreshed, render_partial
from comparisons.views._request import SignedInRequest

#: Comparisons and pools shown on the home page; the lists have all.
SHOWN = 6
SHOWN_POOLS = 12


@require_GET
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    """What is at work, what was found, what there is; or the three first steps."""
    jobs = at_work.jobs(request.user)
    comparisons = queries.comparison_rows(request.user, limit=SHOWN)
    pools = pool_rows(Pool.objects.visible_to(request.user)[:SHOWN_POOLS])
    context = {
        "jobs": jobs,
        "is_moving": at_work.has_moving(jobs),
        "comparisons": comparisons,
        "pools": pools,
        "has_sets": bool(pools) or ProblemSet.objects.visible_to(request.user).exists(),
        "has_judged_pool": any(pool.no_limit is not None for pool in pools),
        "is_simulated": any(row.is_simulated for row in comparisons) or any(row.is_simulated for row in pools),
    }
    response = render_partial(request, "comparisons/home.html", "work", context)
    # A job that began or ended changes figures beside the list of jobs as well.
    return refreshed(request, response, when=request.GET.get("jobs") != str(len(jobs)))


@require_GET
@login_required
def search(request: SignedInRequest) -> HttpResponse:
    """Sets, problems, models, pools, runs and comparisons by words of their names."""
    words = request.GET.get("q", "").strip()
    groups = find(request.user, words) if words else []
    return render(request, "comparisons/search.html", {"words": words, "groups": groups})


@require_POST
@login_not_required
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remembers light, dark or the system's choice in a cookie, and goes back to the page."""
    chosen = request.POST.get("theme", "")
    back = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if is_ours else reverse("podium:home"))
    if chosen in ("light", "dark"):
        response.set_cookie("podium_theme", chosen, max_age=400 * 86_400, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("podium_theme", samesite="Lax")
    return response


@require_GET
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the web process and its database answer. Says nothing else, so it needs no sign-in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
