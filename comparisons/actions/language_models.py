"""Adding models and what they cost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from comparisons.actions import NotYours, Refused
from comparisons.actions.spending import pause_others
from comparisons.models import AskedBy, LanguageModel, Price, User, blobs, is_open_variable
from comparisons.models.sealing import seal
from comparisons.samplers.price_files import RATES, parse_folder, parse_prices
from comparisons.samplers.providers import PROVIDERS, Reach
from comparisons.samplers.recipes import Recipe
from comparisons.stages.asking import seed_refusal
from judge.errors import RecordError

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
    "asked_by",
    "max_concurrency",
    "requests_per_minute",
    "choices_per_call",
    "timeout_s",
    "streams",
)
#: The largest table of prices and file of recorded answers that is uploaded.
LARGEST_FILE = 256 << 20
_NO_SLUG = re.compile(r"[^-a-zA-Z0-9_]+")
#: See `comparisons.urls`.
TAKEN_BY_PAGES = frozenset({"new"})
_SECRET_NAME = re.compile(r"key|token|secret|password|signature|^sig$", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def model_slug(text: str) -> str:
    """The slug of a model by what a person calls it: "qwen2.5-7b" is qwen2-5-7b. Raises Refused where none is left."""
    slug = _NO_SLUG.sub("-", text.strip()).strip("-")
    if not slug or len(slug) > 80:
        raise Refused(f"{text!r} cannot name a model: use letters, digits, - and _ (at most 80).")
    if slug in TAKEN_BY_PAGES:
        raise Refused(f"{text!r} cannot name a model: its page is that of adding one; choose another name.")
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

    `key` is stored encrypted and never shown again; `facts`: see `FACTS`, what is None stays. Raises Refused, also
    where the model is somebody else's.
    """
    _check(name, provider, endpoint, responses)
    _check_variable(user, key_env)
    facts = {fact: value for fact, value in (facts or {}).items() if value is not None}
    _check_facts(facts, key, key_env)
    digest = blobs.put(responses.read_bytes()) if responses else ""
    with transaction.atomic():
        model = get_or_create_model(user, slug, name=name)
        check_owner(user, model)
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
            _check_form(model, facts)
            _check_fields(model, facts)
            model.save(update_fields=list(facts))
        pause_others(model)
        for price in prices:
            add_price(user, model, price)
    return model


def check_owner(user: User, model: LanguageModel) -> None:
    """Raises Refused where this person may not change the model."""
    if not model.may_be_changed_by(user):
        raise NotYours(f"The model {model.slug} belongs to {model.created_by}: only they and staff may change it.")


def check_seed(model: LanguageModel, seed: int | None) -> None:
    """Raises Refused where a seed was given that no call to this model can carry."""
    if seed is not None and (refusal := seed_refusal(model)):
        raise Refused(refusal)


def may_name(user: User, variable: str = "") -> bool:
    """True where this person may have a model's key read from this variable ("": from one at all)."""
    if user.is_staff or user.is_superuser:
        return True
    return is_open_variable(variable) if variable else bool(settings.PODIUM_KEY_VARIABLES)


def add_price(user: User, model: LanguageModel, price: Mapping[str, Any]) -> Price:
    """The model's price from `valid_from` (default: today) on; the same price again is a no-op. Raises Refused where
    that day has another, or the model is somebody else's."""
    check_owner(user, model)
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
    """The prices of a file (see `parse_prices`), or those of `name` in MathArena's folder of files (see
    `parse_folder`). Raises RecordError."""
    try:
        if not path.is_dir():
            return parse_prices(path.name, path.read_text(encoding="utf-8"), name)
        files = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
        texts = [(file.relative_to(path).as_posix(), file.read_text(encoding="utf-8")) for file in files]
    except OSError as error:
        raise RecordError(path.name, 0, f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise RecordError(path.name, 0, f"is not UTF-8 ({error.reason})") from None
    return parse_folder(path.name, texts, name)


def _check_facts(facts: Mapping[str, Any], key: str, key_env: str) -> None:
    strange = sorted(set(facts) - set(FACTS))
    if strange:
        raise Refused(f"{strange[0]!r} is nothing that is known of a model.")
    for name in ("max_concurrency", "requests_per_minute", "choices_per_call", "timeout_s"):
        if name in facts and not 0 < facts[name] <= 100_000:
            raise Refused(f"{name} is {facts[name]!r}: it must be above 0 and at most 100,000.")
    if "asked_by" in facts and facts["asked_by"] not in AskedBy.values:
        raise Refused(f"A model is asked by one of {', '.join(AskedBy.values)}, not {facts['asked_by']!r}.")
    if facts.get("request_parameters"):
        Recipe.of({"n": 1}, facts["request_parameters"])
    if key and key_env:
        raise Refused("A key is stored or read from the environment, not both.")
    if key and not (key.isascii() and key.isprintable()):
        raise Refused("The API key holds characters that no header can carry.")


def _check_form(model: LanguageModel, facts: Mapping[str, Any]) -> None:
    check_seed(model, (facts.get("request_parameters") or {}).get("seed"))
    kind = PROVIDERS.get(model.provider)
    if kind and "choices_per_call" in kind.lacks(model.endpoint) and facts.get("choices_per_call", 1) > 1:
        raise Refused(f"{model.endpoint} is asked in the responses form: one call brings one draw.")


def _check_fields(model: LanguageModel, facts: Mapping[str, Any]) -> None:
    """Raises Refused for a fact that its column does not take: a number below 0, a text that is too long."""
    try:
        model.clean_fields(exclude=[field.name for field in model._meta.fields if field.name not in facts])
    except ValidationError as error:
        name, (said, *_) = next(iter(error.message_dict.items()))
        raise Refused(f"{name}: {said}") from None


def _check_variable(user: User, key_env: str) -> None:
    if key_env and not _VARIABLE.fullmatch(key_env):
        raise Refused(f"{key_env!r} is no name of an environment variable.")
    if key_env in settings.OWN_SECRETS:
        raise Refused(f"{key_env} holds a secret of Podium's own, which is sent to nobody.")
    if key_env and not may_name(user, key_env):
        raise NotYours(f"{key_env} is no variable you may name: staff may, or PODIUM_KEY_VARIABLES must list it.")


def _check(name: str, provider: str, endpoint: str, responses: Path | None) -> None:
    if not name.strip():
        raise Refused("A model needs a name: what its provider calls it.")
    if provider and provider not in PROVIDERS:
        raise Refused(f"The provider {provider!r} is not one of {', '.join(PROVIDERS)}.")
    needs = PROVIDERS[provider].needs if provider else ()
    if "endpoint" in needs or endpoint:
        _check_endpoint(endpoint, provider)
    if "responses" in needs and (responses is None or not responses.is_file()):
        missing = f": {responses} is none" if responses else ""
        raise Refused(f"The provider {provider} needs a file of recorded answers (--responses){missing}.")


def _check_endpoint(endpoint: str, provider: str) -> None:
    try:
        parts = urlsplit(endpoint)
    except ValueError as error:
        raise Refused(f"The endpoint is no address: {error}.") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused(f"The provider {provider} needs an http or https address (--endpoint).")
    if "@" in parts.netloc:
        raise Refused("The endpoint's address holds a password; give the key by --key-env or --key-stdin.")
    if any(_SECRET_NAME.search(name) for name, _ in parse_qsl(parts.query)):
        raise Refused("The endpoint's address holds a key, and everyone can read it; give the key by itself.")
    refusal = Reach(settings.PODIUM_ENDPOINT_HOSTS).refusal(endpoint)
    if refusal:
        raise Refused(f"{refusal}: PODIUM_ENDPOINT_HOSTS would have to name it.")
