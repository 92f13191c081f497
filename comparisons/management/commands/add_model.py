"""add_model SLUG: a model that can be asked, or the prices of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from comparisons.actions.language_models import PROVIDERS, add_model, read_prices
from comparisons.management.output import Outcome, PodiumCommand
from comparisons.models import User


class Command(PodiumCommand):
    help = "Adds a model with its provider, or prices to a model; a model that came with imported samples is filled in."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--provider", default="", choices=("", *PROVIDERS), help="absent: its samples are imported")
        parser.add_argument("--name", required=True, help="what the provider calls it")
        parser.add_argument("--endpoint", default="", metavar="URL", help="of an OpenAI-compatible server")
        parser.add_argument("--responses", type=Path, metavar="PATH", help="the recorded provider's answers")
        parser.add_argument("--key-env", default="", metavar="VAR", help="environment variable that holds the API key")
        parser.add_argument("--prices", type=Path, metavar="FILE", help="JSON: USD per million tokens, from a date on")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        model = add_model(
            user,
            options["slug"],
            name=options["name"],
            provider=options["provider"],
            endpoint=options["endpoint"],
            key_env=options["key_env"],
            responses=options["responses"],
            prices=read_prices(options["prices"]) if options["prices"] else [],
        )
        price = model.prices.first()
        since = f"priced from {price.valid_from}" if price else "no price yet"
        return Outcome({"model": model.slug}, f"Model {model.slug} ({model.provider or 'imported samples'}, {since})")
