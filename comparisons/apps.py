"""The app's registration."""

from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from comparisons.samplers import program_tokens


class ComparisonsConfig(AppConfig):
    """All of Podium's tables, pages and commands."""

    name = "comparisons"
    verbose_name = "Podium"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Programs are hashed by the library that an import has built, where one has."""
        program_tokens.load(program_tokens.built(Path(settings.PODIUM_CACHE)))
