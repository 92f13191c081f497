"""Published price lists, told apart by their content -> the prices of one model.

Podium's own JSON, LiteLLM's table of all models (JSON, USD per token) and MathArena's files of one model each (YAML:
`model`, `read_cost`, `write_cost`, `cache_read_cost` in USD per million tokens, `date`: when the model came out).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

from judge.errors import RecordError
from judge.near import near_names

RATES = ("input_usd_per_mtok", "cached_input_usd_per_mtok", "output_usd_per_mtok", "reasoning_usd_per_mtok")
#: A price by the hour of a machine that one runs oneself, and the share a provider takes off in its batch mode.
HOURLY = ("usd_per_machine_hour", "machines", "tokens_per_second")
_PRICE_KEYS = {*RATES, *HOURLY, "batch_discount", "valid_from", "source"}

#: LiteLLM's USD per token -> ours per million.
_LITELLM = {
    "input_cost_per_token": "input_usd_per_mtok",
    "cache_read_input_token_cost": "cached_input_usd_per_mtok",
    "output_cost_per_token": "output_usd_per_mtok",
    "output_cost_per_reasoning_token": "reasoning_usd_per_mtok",
}
#: MathArena's USD per million tokens -> ours.
_MATHARENA = {
    "read_cost": "input_usd_per_mtok",
    "cache_read_cost": "cached_input_usd_per_mtok",
    "write_cost": "output_usd_per_mtok",
}
#: YAML is read by slow code, and a file of one model is short.
_LONGEST_YAML = 1 << 20


def parse_prices(file: str, text: str, name: str = "") -> list[dict[str, Any]]:
    """The prices of a file: one object or a list of them, with `input_usd_per_mtok`, `cached_input_usd_per_mtok`,
    `output_usd_per_mtok`, `reasoning_usd_per_mtok` (USD per million tokens; absent is unknown), or
    `usd_per_machine_hour`, `machines`, `tokens_per_second`; `batch_discount`, `valid_from`, `source`.

    Or LiteLLM's table, of which the row of `name` is taken; or MathArena's file of one model. Raises RecordError.
    """
    try:
        content = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        found = _yaml(text)
        if found is None:
            raise RecordError(
                file, 0, f"is not JSON ({error}), nor YAML of one model with read_cost and write_cost"
            ) from None
        content = _matharena_price(file, found)
    if _is_litellm(content):
        content = _litellm_price(file, content, name)
    prices = content if isinstance(content, list) else [content]
    for number, price in enumerate(prices, start=1):
        reason = _price_fault(price)
        if reason:
            raise RecordError(file, 0, f"price {number}: {reason}")
    return prices


def parse_folder(folder: str, files: Iterable[tuple[str, str]], name: str) -> list[dict[str, Any]]:
    """The dated prices of `name` in MathArena's folder of (file, text), oldest first: of all files whose `model` is it,
    with or without its provider before it and its effort behind ("o3--high" is o3), or whose readable name is it.

    Files that state no price are passed over, and one price is taken from its first day on. Raises RecordError.
    """
    found: dict[str, list[tuple[str, str, str]]] = {}
    for file, text in files:
        data = _yaml(text)
        if data is not None and _is_stated(data):
            for known in _names(data):
                found.setdefault(known, []).append((str(data.get("date") or ""), file, text))
    if name not in found:
        near = near_names(name, found)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise RecordError(folder, 0, f"has no price for {name!r}{hint}")
    prices: list[dict[str, Any]] = []
    for _, file, text in sorted(found[name]):
        _add(prices, parse_prices(file, text)[0], file, name)
    return prices


def _add(prices: list[dict[str, Any]], price: dict[str, Any], file: str, name: str) -> None:
    """Adds a later price, unless it says nothing new; what one file knows of a day goes with what others know."""
    last = prices[-1] if prices else {}
    stated = [rate for rate in RATES if rate in price]
    is_new = any(last.get(rate) != price[rate] for rate in stated)
    if not last or (is_new and last.get("valid_from") != price.get("valid_from")):
        prices.append(price)
    elif any(last.get(rate, price[rate]) != price[rate] for rate in stated):
        raise RecordError(file, 0, f"has another price of {name} from the same day as {last['source']}")
    elif is_new:
        last.update({**price, **last})


def _yaml(text: str) -> dict[str, Any] | None:
    """MathArena's file of one model; None where the text is none."""
    if len(text) > _LONGEST_YAML:
        return None
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    is_one = isinstance(found, dict) and "model" in found and not {"read_cost", "write_cost"}.isdisjoint(found)
    return found if is_one else None


def _is_stated(data: Mapping[str, Any]) -> bool:
    """Where it has no price, MathArena writes 0 and 0: models that it ran itself, or free of charge."""
    return bool(data.get("read_cost") or data.get("write_cost"))


def _names(data: Mapping[str, Any]) -> list[str]:
    """What the model may be called, each once."""
    model = str(data["model"])
    short = model.rpartition("/")[2]
    names = (model, short, short.partition("--")[0], str(data.get("human_readable_id") or ""))
    return [name for name in dict.fromkeys(names) if name]


def _matharena_price(file: str, data: Mapping[str, Any]) -> dict[str, Any]:
    price: dict[str, Any] = {}
    for theirs, ours in _MATHARENA.items():
        value = data.get(theirs)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RecordError(file, 0, f'"{theirs}" is {value!r}, not USD per million tokens')
        price[ours] = Decimal(str(value))
    if not _is_stated(data):
        raise RecordError(file, 0, "has 0 for both costs: it states no price")
    day = data.get("date")
    if day is not None:
        price["valid_from"] = day.isoformat() if isinstance(day, date) else day
    return {**price, "source": f"MathArena's configs, {file}: {data['model']}"[:200]}


def _is_litellm(content: Any) -> bool:
    rows = content.values() if isinstance(content, dict) else ()
    return any(isinstance(row, dict) and ("litellm_provider" in row or "input_cost_per_token" in row) for row in rows)


def _litellm_price(file: str, table: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The model's row of LiteLLM's table, by its name or by what follows its provider's ("openai/o1" is o1)."""
    matches = [key for key in table if key == name] or [key for key in table if key.rpartition("/")[2] == name]
    if len(matches) != 1:
        near = matches[:3] or near_names(name, table)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise RecordError(file, 0, f"has {len(matches) or 'no'} prices for {name!r}{hint}")
    row = table[matches[0]]
    price: dict[str, Any] = {}
    for theirs, ours in _LITELLM.items():
        value = row.get(theirs) if isinstance(row, dict) else None
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise RecordError(file, 0, f'"{theirs}" of {matches[0]} is {_shown(value)}, not USD per token')
        price[ours] = Decimal(value) * 1_000_000
    if not any(price.get(rate, 1) for rate in ("input_usd_per_mtok", "output_usd_per_mtok")):
        raise RecordError(file, 0, f"has 0 for both costs of {matches[0]}: it states no price")
    discounts = {_discount(row, side) for side in ("input", "output")} - {None}
    if len(discounts) == 1:  # one share is taken off all classes
        price["batch_discount"] = discounts.pop()
    is_tiered = any("_above_" in name and "cost_per_token" in name for name in row)
    dearer = " (there, long prompts have other prices; these are the first)" if is_tiered else ""
    return {**price, "source": f"LiteLLM's price table, {matches[0]}{dearer}"[:200]}


def _discount(row: Mapping[str, Any], side: str) -> Decimal | None:
    """The share that LiteLLM's row takes off in batches of "input" or "output"; None where it does not say."""
    batch, full = row.get(f"{side}_cost_per_token_batches"), row.get(f"{side}_cost_per_token")
    if not (isinstance(batch, Decimal) and isinstance(full, Decimal) and 0 < batch <= full):
        return None
    return (1 - batch / full).quantize(Decimal("0.0001"))


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
            return f'"{rate}" is {_shown(price[rate])}, not USD per million tokens'
    for name, below, what in (
        ("usd_per_machine_hour", 10**8, "USD per machine and hour"),
        ("machines", 10**6, "a number of machines"),
        ("tokens_per_second", 10**9, "tokens per second"),
        ("batch_discount", 1, "a share from 0 to 1"),
    ):
        if not _is_number(price.get(name), below=below):
            return f'"{name}" is {_shown(price[name])}, not {what}'
    try:
        date.fromisoformat(price.get("valid_from") or "2000-01-01")
    except (TypeError, ValueError):
        return f'"valid_from" is {price["valid_from"]!r}, not a date like 2025-01-31'
    return ""


def _shown(value: Any) -> str:
    """As the file says it."""
    return str(value) if isinstance(value, Decimal) else repr(value)


def _is_number(value: Any, *, below: int) -> bool:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return value is None or (is_number and 0 <= value < below)
