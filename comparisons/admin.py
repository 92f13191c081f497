"""The administration: to look something up or mend it by hand. What is immutable can be read, not edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from comparisons import models


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that runs rest on: seen here, changed nowhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds them by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits them."""
        return False


admin.site.register(models.User, UserAdmin)


@admin.register(models.ProblemSet)
class ProblemSetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Titles, notes and who may see a set."""

    list_display = ["slug", "title", "visibility", "is_simulated", "created_by", "created_at"]
    list_filter = ["visibility", "is_simulated"]
    search_fields = ["slug", "title"]
    readonly_fields = ["slug", "created_by", "created_at"]


class PriceInline(admin.TabularInline):  # type: ignore[type-arg]
    """Prices by date."""

    model = models.Price
    extra = 0


@admin.register(models.LanguageModel)
class LanguageModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Names, families and prices."""

    list_display = ["slug", "name", "family", "derived_from", "colour", "is_simulated"]
    search_fields = ["slug", "name"]
    readonly_fields = ["slug", "colour", "responses", "created_by", "created_at"]
    inlines = [PriceInline]


@admin.register(models.Pool)
class PoolAdmin(ReadOnlyAdmin):
    """Pools and their states."""

    list_display = ["name", "problem_set", "model", "state", "is_simulated", "created_at"]
    list_filter = ["state", "problem_set"]
    search_fields = ["name", "model__slug"]


@admin.register(models.Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs and their scores."""

    list_display = ["pk", "revision", "strategy", "budget", "first", "state", "score"]
    list_filter = ["state", "strategy"]
    list_select_related = ["revision__pool", "strategy"]


@admin.register(models.Judging, models.Probing)
class JudgingAdmin(ReadOnlyAdmin):
    """Progress of judging and probing."""

    list_display = ["pk", "revision", "state", "state_reason", "total", "created_at"]
    list_filter = ["state"]
    list_select_related = ["revision__pool"]


@admin.register(models.Work)
class WorkAdmin(ReadOnlyAdmin):
    """Leased pieces of work: what waits, who has it, what went wrong."""

    list_display = ["pk", "kind", "key", "state", "owner", "attempt", "expires_at", "error"]
    list_filter = ["state", "kind"]


@admin.register(models.Comparison)
class ComparisonAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Titles and questions of comparisons."""

    list_display = ["title", "problem_set", "created_by", "created_at"]
    fields = ["title", "question"]
    search_fields = ["title"]


@admin.register(models.Machine)
class MachineAdmin(ReadOnlyAdmin):
    """Machines that judge, or say why they cannot."""

    list_display = ["name", "environment", "unavailable", "seen_at"]


@admin.register(models.ReportedResult)
class ReportedResultAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Published figures with their sources."""

    list_display = ["contest", "system", "condition", "score", "points", "source"]
    list_filter = ["contest"]
