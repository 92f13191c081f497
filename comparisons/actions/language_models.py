"""Adding models and what they cost."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from comparisons.actions import Refused
from comparisons.models import LanguageModel, Price, User, blobs
from comparisons.models.sealing import seal
from comparisons.samplers.providers import PROVIDERS
from comparisons.samplers.recipes import Recipe
from judge.errors import RecordError

RATES = ("input_usd_per_mtok", "cached_input_usd_per_mtok", "output_usd_per_mtok", "reasoning_usd_per_mtok")
#: A price by the hour of a machine that one runs oneself, and the share a provider takes off in its batch mode.
HOURLY = ("usd_per_machine_hour", "machines", "tokens_per_second")
_PRICE_KEYS = {*RATES, *HOURLY, "batch_discount", "valid_from", "source"}
#: What may be said of a model at any time; the rest is said once.
FACTS = (
    "family",
    "knowledge_cutoff",
    "checkpoint_step",
    "context_length",
    "n_parameters",
    "training_compute_flop",
    "training_cost_usd",
    "derived_from",
    "request_parameters",
    "max_concurrency",
    "requests_per_minute",
    "choices_per_call",
    "timeout_s",
    "streams",
)
_NO_SLUG = re.compile(r"[^-a-zA-Z0-9_]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def model_slug(text: str) -> str:
    """The slug of a model by what a person calls it: "qwen2.5-7b" is qwen2-5-7b. Raises Refused where none is left."""
    slug = _NO_SLUG.sub("-", text.strip()).strip("-")
    if not slug or len(slug) > 80:
        raise Refused(f"{text!r} cannot name a model: use letters, digits, - and _ (at most 80).")
    return slug


def get_or_create_model(user: User, slug: str, *, name: str = "", is_simulated: bool = False) -> LanguageModel:
    """The model of this slug (see `model_slug`); one that is not known yet is made, without provider or prices."""
    model, _ = LanguageModel.objects.get_or_create(
        slug=model_slug(slug),
        defaults={"name": (name or slug)[:120], "is_simulated": is_simulated, "created_by": user},
    )
    return model


def add_model(
    user: User,
    slug: str,
    *,
    name: str,
    provider: str = "",
    endpoint: str = "",
    key_env: str = "",
    responses: Path | None = None,
    key: str = "",
    facts: Mapping[str, Any] | None = None,
    prices: Sequence[Mapping[str, Any]] = (),
) -> LanguageModel:
    """A model that can be asked, or prices and facts for one that is known. A model that came with imported samples is
    filled in; one that has a provider keeps it. Without a provider its samples can only be imported.

    `key` is stored encrypted and never shown again; `facts`: see `FACTS`, what is None stays. Raises Refused.
    """
    _check(name, provider, endpoint, key_env, responses)
    facts = {fact: value for fact, value in (facts or {}).items() if value is not None}
    _check_facts(facts, key, key_env)
    digest = blobs.put(responses.read_bytes()) if responses else ""
    with transaction.atomic():
        model = get_or_create_model(user, slug, name=name)
        asked = {
            "name": name[:120],
            "provider": provider,
            "endpoint": endpoint,
            "key_env": key_env,
            "responses": digest,
        }
        if model.provider and any(getattr(model, field) != value for field, value in asked.items() if value):
            raise Refused(f"The model {slug} exists already, with other values; give this one another name.")
        if not model.provider:
            for field, value in asked.items():
                setattr(model, field, value)
            model.save(update_fields=list(asked))
        if key:
            facts["sealed_key"] = seal(key)
        for fact, value in facts.items():
            setattr(model, fact, value)
        if facts:
            model.save(update_fields=list(facts))
        for price in prices:
            add_price(model, price)
    return model


def add_price(model: LanguageModel, price: Mapping[str, Any]) -> Price:
    """The model's price from `valid_from` (default: today) on; the same price again is a no-op. Raises Refused where
    that day has another."""
    day = date.fromisoformat(price["valid_from"]) if price.get("valid_from") else timezone.localdate()
    decimals = (*RATES, "batch_discount", "usd_per_machine_hour")
    rates: dict[str, Any] = {rate: None if price.get(rate) is None else Decimal(str(price[rate])) for rate in decimals}
    rates["machines"] = int(price.get("machines") or 1)
    rates["tokens_per_second"] = float(price["tokens_per_second"]) if price.get("tokens_per_second") else None
    found, is_new = Price.objects.get_or_create(
        model=model, valid_from=day, defaults={**rates, "source": str(price.get("source") or "")[:200]}
    )
    if not is_new and any(getattr(found, rate) != value for rate, value in rates.items()):
        raise Refused(f"{model.slug} has another price from {day} on already.")
    return found


def read_prices(path: Path, name: str = "") -> list[dict[str, Any]]:
    """The prices of a JSON file: one object or a list of them, with `input_usd_per_mtok`, `cached_input_usd_per_mtok`,
    `output_usd_per_mtok`, `reasoning_usd_per_mtok` (USD per million tokens; absent is unknown), or
    `usd_per_machine_hour`, `machines`, `tokens_per_second`; `batch_discount`, `valid_from`, `source`.

    Or LiteLLM's table of all models, of which the row of `name` is taken. Raises RecordError.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise RecordError(path.name, 0, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise RecordError(path.name, 0, f"is not JSON ({error})") from None
    if _is_litellm(content):
        content = _litellm_price(path.name, content, name)
    prices = content if isinstance(content, list) else [content]
    for number, price in enumerate(prices, start=1):
        reason = _price_fault(price)
        if reason:
            raise RecordError(path.name, 0, f"price {number}: {reason}")
    return prices


#: LiteLLM's USD per token -> ours per million.
_LITELLM = {
    "input_cost_per_token": "input_usd_per_mtok",
    "cache_read_input_token_cost": "cached_input_usd_per_mtok",
    "output_cost_per_token": "output_usd_per_mtok",
    "output_cost_per_reasoning_token": "reasoning_usd_per_mtok",
}


def _is_litellm(content: Any) -> bool:
    rows = content.values() if isinstance(content, dict) else ()
    return any(isinstance(row, dict) and ("litellm_provider" in row or "input_cost_per_token" in row) for row in rows)


def _litellm_price(file: str, table: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The model's row of LiteLLM's table, by its name or by what follows its provider's ("openai/o1" is o1)."""
    matches = [key for key in table if key == name] or [key for key in table if key.rpartition("/")[2] == name]
    if len(matches) != 1:
        near = difflib.get_close_matches(name, table, n=3, cutoff=0.5)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise RecordError(file, 0, f"has {len(matches) or 'no'} prices for {name!r}{hint}")
    row = table[matches[0]]
    price: dict[str, Any] = {}
    for theirs, ours in _LITELLM.items():
        value = row.get(theirs) if isinstance(row, dict) else None
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise RecordError(file, 0, f'"{theirs}" of {matches[0]} is {value!r}, not USD per token')
        price[ours] = Decimal(value) * 1_000_000
    batch, full = row.get("input_cost_per_token_batches"), row.get("input_cost_per_token")
    if isinstance(batch, Decimal) and isinstance(full, Decimal) and 0 < batch <= full:
        price["batch_discount"] = (1 - batch / full).quantize(Decimal("0.0001"))
    return {**price, "source": f"LiteLLM's price table, {matches[0]}"[:200]}


def _price_fault(price: Any) -> str:
    if not isinstance(price, dict):
        return "is not a JSON object"
    strange = sorted(set(price) - _PRICE_KEYS)
    if strange:
        return f'"{strange[0]}" is not one of {", ".join(sorted(_PRICE_KEYS))}'
    if all(price.get(rate) is None for rate in (*RATES, "usd_per_machine_hour")):
        return "states no rate"
    for rate in RATES:
        if not _is_number(price.get(rate), below=10**8):
            return f'"{rate}" is {price[rate]!r}, not USD per million tokens'
    for name, below, what in (
        ("usd_per_machine_hour", 10**8, "USD per machine and hour"),
        ("machines", 10**6, "a number of machines"),
        ("tokens_per_second", 10**9, "tokens per second"),
        ("batch_discount", 1, "a share from 0 to 1"),
    ):
        if not _is_number(price.get(name), below=below):
            return f'"{name}" is {price[name]!r}, not {what}'
    try:
        date.fromisoformat(price.get("valid_from") or "2000-01-01")
    except (TypeError, ValueError):
        return f'"valid_from" is {price["valid_from"]!r}, not a date like 2025-01-31'
    return ""


def _is_number(value: Any, *, below: int) -> bool:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return value is None or (is_number and 0 <= value < below)


def _check_facts(facts: Mapping[str, Any], key: str, key_env: str) -> None:
    strange = sorted(set(facts) - set(FACTS))
    if strange:
        raise Refused(f"{strange[0]!r} is nothing that is known of a model.")
    for name in ("max_concurrency", "requests_per_minute", "choices_per_call", "timeout_s"):
        if name in facts and not 0 < facts[name] <= 100_000:
            raise Refused(f"{name} is {facts[name]!r}: it must be above 0 and at most 100,000.")
    if facts.get("request_parameters"):
        Recipe.of({"n": 1}, facts["request_parameters"])
    if key and key_env:
        raise Refused("A key is stored or read from the environment, not both.")
    if key and not (key.isascii() and key.isprintable()):
        raise Refused("The API key holds characters that no header can carry.")


def _check(name: str, provider: str, endpoint: str, key_env: str, responses: Path | None) -> None:
    if not name.strip():
        raise Refused("A model needs a name: what its provider calls it.")
    if provider and provider not in PROVIDERS:
        raise Refused(f"The provider {provider!r} is not one of {', '.join(PROVIDERS)}.")
    needs = PROVIDERS[provider].needs if provider else ()
    if "endpoint" in needs and urlsplit(endpoint).scheme not in ("http", "https"):
        raise Refused(f"The provider {provider} needs --endpoint, an http or https address.")
    if "@" in urlsplit(endpoint).netloc:
        raise Refused("The endpoint's address holds a password; give the key by --key-env or --key-stdin.")
    if "responses" in needs and (responses is None or not responses.is_file()):
        raise Refused(f"The provider {provider} needs --responses, a file of recorded answers.")
    if key_env and not _VARIABLE.fullmatch(key_env):
        raise Refused(f"{key_env!r} is no name of an environment variable.")
    if key_env in settings.OWN_SECRETS:
        raise Refused(f"{key_env} holds a secret of Podium's own, which is sent to nobody.")
