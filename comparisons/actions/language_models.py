"""Adding models and what they cost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from comparisons.actions import Refused
from comparisons.models import LanguageModel, Price, User, blobs
from judge.errors import RecordError

PROVIDERS = ("openai", "recorded")
RATES = ("input_usd_per_mtok", "cached_input_usd_per_mtok", "output_usd_per_mtok", "reasoning_usd_per_mtok")
_PRICE_KEYS = {*RATES, "valid_from", "source"}
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
    prices: Sequence[Mapping[str, Any]] = (),
) -> LanguageModel:
    """A model that can be asked, or prices for one that is known. A model that came with imported samples is filled in;
    one that has a provider keeps it. Without a provider its samples can only be imported. Raises Refused."""
    _check(name, provider, endpoint, key_env, responses)
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
        for price in prices:
            add_price(model, price)
    return model


def add_price(model: LanguageModel, price: Mapping[str, Any]) -> Price:
    """The model's price from `valid_from` (default: today) on; the same price again is a no-op. Raises Refused where
    that day has another."""
    day = date.fromisoformat(price["valid_from"]) if price.get("valid_from") else timezone.localdate()
    rates = {rate: None if price.get(rate) is None else Decimal(str(price[rate])) for rate in RATES}
    found, is_new = Price.objects.get_or_create(
        model=model, valid_from=day, defaults={**rates, "source": str(price.get("source") or "")[:200]}
    )
    if not is_new and any(getattr(found, rate) != value for rate, value in rates.items()):
        raise Refused(f"{model.slug} has another price from {day} on already.")
    return found


def read_prices(path: Path) -> list[dict[str, Any]]:
    """The prices of a JSON file: one object or a list of them, with `input_usd_per_mtok`, `cached_input_usd_per_mtok`,
    `output_usd_per_mtok`, `reasoning_usd_per_mtok` (USD per million tokens; absent is unknown), `valid_from`, `source`.
    Raises RecordError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise RecordError(path.name, 0, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise RecordError(path.name, 0, f"is not JSON ({error})") from None
    prices = content if isinstance(content, list) else [content]
    for number, price in enumerate(prices, start=1):
        reason = _price_fault(price)
        if reason:
            raise RecordError(path.name, 0, f"price {number}: {reason}")
    return prices


def _price_fault(price: Any) -> str:
    if not isinstance(price, dict):
        return "is not a JSON object"
    strange = sorted(set(price) - _PRICE_KEYS)
    if strange:
        return f'"{strange[0]}" is not one of {", ".join(sorted(_PRICE_KEYS))}'
    if all(price.get(rate) is None for rate in RATES):
        return "states no rate"
    for rate in RATES:
        value = price.get(rate)
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if value is not None and not (is_number and 0 <= value < 10**8):
            return f'"{rate}" is {value!r}, not USD per million tokens'
    try:
        date.fromisoformat(price.get("valid_from") or "2000-01-01")
    except (TypeError, ValueError):
        return f'"valid_from" is {price["valid_from"]!r}, not a date like 2025-01-31'
    return ""


def _check(name: str, provider: str, endpoint: str, key_env: str, responses: Path | None) -> None:
    if not name.strip():
        raise Refused("A model needs a name: what its provider calls it.")
    if provider and provider not in PROVIDERS:
        raise Refused(f"The provider {provider!r} is not one of {', '.join(PROVIDERS)}.")
    if provider == "openai" and urlsplit(endpoint).scheme not in ("http", "https"):
        raise Refused("The provider openai needs --endpoint, an http or https address.")
    if provider == "recorded" and (responses is None or not responses.is_file()):
        raise Refused("The provider recorded needs --responses, a file of recorded answers.")
    if key_env and not _VARIABLE.fullmatch(key_env):
        raise Refused(f"{key_env!r} is no name of an environment variable.")
