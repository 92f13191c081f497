"""Humans: the fields that runs are placed among, and the form that imports another."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from comparisons.forms.humans import HumanFieldForm
from comparisons.queries.humans import human_field_rows
from comparisons.views._request import SignedInRequest


@require_http_methods(["GET", "POST"])
@login_required
def human_list(request: SignedInRequest) -> HttpResponse:
    """Every field; POST imports one, or says what is wrong with its file."""
    form = HumanFieldForm(request.user, request.POST or None, request.FILES or None, slug=request.GET.get("set", ""))
    if request.method == "POST" and form.is_valid() and (field := form.save()) is not None:
        messages.success(request, f"Imported: {field.name}. Comparisons on the set are computed anew.")
        return redirect("podium:human-list")
    context = {"rows": human_field_rows(request.user), "form": form}
    return render(request, "comparisons/human_list.html", context, status=422 if form.errors else 200)
