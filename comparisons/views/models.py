"""Language models and their prices."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from comparisons.forms.models import FactsForm, ModelForm, PriceForm
from comparisons.models import LanguageModel, Pool
from comparisons.queries.models import models_with_pools
from comparisons.queries.pools import pool_rows
from comparisons.queries.reported import reported_of
from comparisons.views._request import SignedInRequest


@require_GET
@login_required
def model_list(request: SignedInRequest) -> HttpResponse:
    """Every model with its newest price."""
    models = list(models_with_pools(request.user))
    context = {"models": models, "is_simulated": any(model.is_simulated for model in models)}
    return render(request, "comparisons/model_list.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def model_detail(request: SignedInRequest, slug: str) -> HttpResponse:
    """One model: prices by date, what it comes from and what came of it, its pools. POST adds a price, for who may."""
    model = get_object_or_404(LanguageModel.objects.select_related("derived_from", "created_by"), slug=slug)
    is_post = request.method == "POST"
    may_change = model.may_be_changed_by(request.user)
    if is_post and not may_change:
        raise PermissionDenied
    form = PriceForm(request.POST if is_post else None, request.FILES if is_post else None)
    if request.method == "POST" and form.is_valid():
        price = form.save(request.user, model)
        if price:
            messages.success(request, f"{model.name} is priced from {price.valid_from} on.")
            return redirect("podium:model-detail", model.slug)
    context = {
        "model": model,
        "form": form,
        "may_change": may_change,
        "may_ask": bool(model.provider) and model.may_be_asked_by(request.user),
        "prices": model.prices.all(),
        "derived": model.derived.all(),
        "pools": pool_rows(Pool.objects.visible_to(request.user).filter(model=model)),
        "reported": reported_of(model),
        "is_simulated": model.is_simulated,
    }
    return render(request, "comparisons/model_detail.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def model_new(request: SignedInRequest) -> HttpResponse:
    """Adds a model."""
    form = ModelForm(request.user, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        model = form.save()
        if model:
            messages.success(request, f"{model.name} is added.")
            return redirect("podium:model-detail", model.slug)
    return render(request, "comparisons/model_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def model_facts(request: SignedInRequest, slug: str) -> HttpResponse:
    """Changes what is known of a model and how it is asked; only who added it and staff may."""
    model = get_object_or_404(LanguageModel.objects.select_related("derived_from"), slug=slug)
    if not model.may_be_changed_by(request.user):
        raise PermissionDenied
    form = FactsForm(request.user, request.POST or None, model=model)
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, f"{model.name} is changed.")
        return redirect("podium:model-detail", model.slug)
    context = {"form": form, "model": model, "is_simulated": model.is_simulated}
    return render(request, "comparisons/model_form.html", context, status=422 if form.errors else 200)
