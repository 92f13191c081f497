"""The app's registration."""

from __future__ import annotations

from django.apps import AppConfig


class ComparisonsConfig(AppConfig):
    """All of Podium's tables, pages and commands."""

    name = "comparisons"
    verbose_name = "Podium"
    default_auto_field = "django.db.models.BigAutoField"
