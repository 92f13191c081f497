"""add_model SLUG: a model that can be asked, or the prices of one."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO

from comparisons.actions import NotThere, Refused
from comparisons.actions.language_models import LARGEST_FILE, add_model, model_slug, read_prices
from comparisons.models import AskedBy, LanguageModel, User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.options import FileToRead, StandardInput, day, key_value, number, usd
from comparisons.samplers.providers import PROVIDERS


class Operation(BaseOperation):
    help = "Adds a model with its provider, or prices to a model; a model that came with imported samples is filled in."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--provider", default="", choices=("", *PROVIDERS), help="absent: its samples are imported")
        parser.add_argument("--name", default="", help="what the provider calls it; of a known model: as it is")
        parser.add_argument("--endpoint", default="", metavar="URL", help="of an OpenAI-compatible server")
        parser.add_argument(
            "--responses", type=FileToRead(LARGEST_FILE), metavar="PATH", help="the recorded provider's answers"
        )
        parser.add_argument("--key-env", default="", metavar="VAR", help="environment variable that holds the API key")
        parser.add_argument(
            "--key-stdin", action=StandardInput, help="the API key, read from standard input; it is stored encrypted"
        )
        parser.add_argument(
            "--prices",
            type=FileToRead(LARGEST_FILE),
            metavar="PATH",
            help="JSON: USD per million tokens, from a date on; or LiteLLM's table; or MathArena's file or folder",
        )
        parser.add_argument("--price-of", default="", metavar="NAME", help="the model's name in those")
        _add_facts(parser)

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        name = options["name"] or _known_name(options["slug"])
        model = add_model(
            user,
            options["slug"],
            name=name,
            provider=options["provider"],
            endpoint=options["endpoint"],
            key_env=options["key_env"],
            responses=options["responses"],
            key=_key_from(self.stdin) if options["key_stdin"] else "",
            facts=_facts(options),
            prices=read_prices(options["prices"], options["price_of"] or name) if options["prices"] else [],
        )
        price = model.prices.first()
        since = f"priced from {price.valid_from}" if price else "no price yet"
        return Outcome({"model": model.slug}, f"Model {model.slug} ({model.provider or 'imported samples'}, {since})")


def _known_name(slug: str) -> str:
    known = LanguageModel.objects.filter(slug=model_slug(slug)).first()
    if known is None:
        raise Refused(f"There is no model {slug} yet: a new one needs --name, what its provider calls it.")
    return known.name


def _add_facts(parser: ArgumentParser) -> None:
    about = parser.add_argument_group("what is known of it")
    about.add_argument("--family")
    about.add_argument("--knowledge-cutoff", type=day, metavar="DATE")
    about.add_argument("--context-length", type=int, metavar="TOKENS")
    about.add_argument("--derived-from", metavar="SLUG", help="the model it was fine-tuned from")
    about.add_argument("--checkpoint-step", type=int)
    about.add_argument("--parameters", dest="n_parameters", type=int, metavar="N")
    about.add_argument("--training-compute", dest="training_compute_flop", type=number, metavar="FLOP")
    about.add_argument("--training-cost", dest="training_cost_usd", type=usd, metavar="USD")
    parser.add_argument(
        "--asked-by", choices=AskedBy.values, help="who may draw with it: everyone unless it has a key of its own "
        "(key, the default), its owner and staff, or everyone"
    )  # fmt: skip
    asked = parser.add_argument_group("how it is asked, unless a pool says otherwise")
    asked.add_argument(
        "--parameter", action="append", type=key_value, default=[], metavar="KEY=VALUE", help="temperature, top_p, "
        "effort, max_tokens, seed; any other is sent as it is, and refused where an option says it or, under a cap, "
        "where it may cost something beside the tokens"
    )  # fmt: skip
    asked.add_argument("--max-concurrency", type=int, metavar="N", help="calls at once over all workers (default 64)")
    asked.add_argument("--requests-per-minute", type=int, metavar="N", help="default: as many as it answers")
    asked.add_argument("--choices-per-call", type=int, metavar="N", help="draws one call brings, where n is supported")
    asked.add_argument("--timeout", dest="timeout_s", type=number, metavar="S", help="of one call (default 600)")
    asked.add_argument("--stream", dest="streams", action="store_true", default=None, help="ask for streamed answers")


def _facts(options: dict[str, Any]) -> dict[str, Any]:
    names: tuple[str, ...] = (
        "family",
        "knowledge_cutoff",
        "context_length",
        "checkpoint_step",
        "n_parameters",
        "streams",
        "asked_by",
    )
    names += ("training_compute_flop", "training_cost_usd", "max_concurrency", "requests_per_minute")
    facts = {name: options[name] for name in (*names, "choices_per_call", "timeout_s")}
    if options["derived_from"]:
        facts["derived_from"] = LanguageModel.objects.filter(slug=options["derived_from"]).first()
        if facts["derived_from"] is None:
            raise NotThere(f"There is no model {options['derived_from']!r} to be derived from.")
    if options["parameter"]:
        facts["request_parameters"] = {name: _value(text) for name, text in options["parameter"]}
    return facts


def _value(text: str) -> Any:
    """Numbers and other JSON as what they are, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _key_from(stream: TextIO) -> str:
    key = stream.readline().strip()
    if not key:
        raise Refused("--key-stdin: standard input holds no key.")
    return key
