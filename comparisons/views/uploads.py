"""Uploads in two steps: the file is staged and shown, then a person confirms. Nothing is kept before that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from comparisons.forms.uploads import PoolConfirmForm, PoolUploadForm, ProblemConfirmForm, ProblemUploadForm
from comparisons.metrics import words
from comparisons.models import LanguageModel
from comparisons.samplers.formats import FORMATS, PODIUM
from comparisons.views._request import SignedInRequest

_SET_FIELDS = ("slug", "title", "note", "visibility", "format", "time_limit_s", "memory_limit_mib")
_POOL_FIELDS = ("problem_set", "model", "name", "format", "is_batch")


@require_http_methods(["GET", "POST"])
@login_required
def problem_set_upload(request: SignedInRequest) -> HttpResponse:
    """First step: a package. Its problems are read; the next page shows them."""
    asked = {"slug": request.GET.get("set", ""), "visibility": "shared", "format": "auto"}
    form = ProblemUploadForm(request.user, request.POST or None, request.FILES or None, initial=asked)
    if request.method == "POST" and form.is_valid():
        token = form.stage()
        if token:
            return redirect(_with(reverse("podium:problem-set-upload-preview", args=[token]), form.data, _SET_FIELDS))
    status = 422 if form.errors else 200
    return render(request, "comparisons/problem_set_upload.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@login_required
def problem_set_upload_preview(request: SignedInRequest, token: str) -> HttpResponse:
    """Second step: what importing would bring; POST imports all of it or nothing."""
    form = ProblemConfirmForm(request.user, _data(request, token))
    is_valid = form.is_valid()
    if request.method == "POST" and is_valid:
        report = form.save()
        if report:
            new = sum(item.is_new for item in report.problems)
            n = len(report.problems)
            changed = "all as they were" if not new else f"{new} new or changed" if new < n else "new or changed"
            messages.success(request, f"{n} problem{'s' if n != 1 else ''} imported: {changed}.")
            return redirect("podium:problem-set-detail", report.problem_set.slug)
    problems = form.preview() if is_valid and not form.errors else None
    context = {
        "form": form,
        "problems": problems,
        "n_new": sum(row.becomes != "as it is" for row in problems or ()),
        "warned": [row for row in problems or () if row.package.warnings or row.package.problem.unjudgeable],
    }
    status = 422 if form.errors else 200
    return render(request, "comparisons/problem_set_upload_preview.html", context, status=status)


@require_http_methods(["GET", "POST"])
@login_required
def pool_upload(request: SignedInRequest) -> HttpResponse:
    """First step: a file of samples. Its first rows are read; the next page shows them."""
    asked = {"problem_set": request.GET.get("set", ""), "format": "auto"}
    form = PoolUploadForm(request.user, request.POST or None, request.FILES or None, initial=asked)
    if request.method == "POST" and form.is_valid():
        token = form.stage()
        if token:
            return redirect(_with(reverse("podium:pool-upload-preview", args=[token]), form.data, _POOL_FIELDS))
    sets = form.fields["problem_set"].queryset  # type: ignore[attr-defined]
    formats = [format for slug, format in FORMATS.items() if slug != PODIUM]
    context = {"form": form, "sets": sets, "models": LanguageModel.objects.all(), "formats": formats}
    return render(request, "comparisons/pool_upload.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def pool_upload_preview(request: SignedInRequest, token: str) -> HttpResponse:
    """Second step: the first rows under a mapping of keys; POST imports, or with `again` reads them under another."""
    if "again" in request.POST:
        mapped = tuple(name for name in request.POST if name.startswith("map_"))
        # All of the mapping, what is not in the file too: it is what was chosen.
        query = urlencode(
            {name: request.POST.get(name, "") for name in (*_POOL_FIELDS, *mapped) if name in request.POST}
        )
        return redirect(f"{reverse('podium:pool-upload-preview', args=[token])}?{query}")
    form = PoolConfirmForm(request.user, _data(request, token))
    is_valid = form.is_valid()
    if request.method == "POST" and is_valid:
        report = form.save()
        if report:
            for warning in report.warnings:
                messages.warning(request, f"{warning[:1].upper()}{warning[1:]}.")
            n, of = words.plural(report.candidates, "candidate"), words.plural(report.problems, "problem")
            messages.success(request, f"{n} of {of} {'is' if report.candidates == 1 else 'are'} imported.")
            return redirect("podium:pool-detail", report.pool.pk)
    kept = form.errors.copy()
    shown = form.preview() if is_valid else None
    context = {
        "form": form,
        "shown": shown,
        "tests": form.tests.to_data() if form.tests else None,
        "can_import": shown is not None and shown.matched > 0,
    }
    return render(request, "comparisons/pool_upload_preview.html", context, status=422 if kept or form.errors else 200)


def _data(request: HttpRequest, token: str) -> QueryDict:
    """What was typed, from the form or from the address, with the token of the address."""
    data = (request.POST if request.method == "POST" else request.GET).copy()
    data["token"] = token
    return data


def _with(path: str, data: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return f"{path}?{urlencode({name: data.get(name, '') for name in names if data.get(name)})}"
