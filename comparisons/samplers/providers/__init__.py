"""Providers: clients of the APIs that models are asked through.

To add one, add one file here that defines `PROVIDER`: it is found by itself and appears in the commands and pages.
"""

from __future__ import annotations

import importlib
import pkgutil

from comparisons.samplers.providers.protocol import (
    Choice,
    Clock,
    Completion,
    Connection,
    Draws,
    MalformedAnswer,
    Message,
    PermanentError,
    Prompt,
    Provider,
    ProviderError,
    ProviderKind,
    RetryableError,
    SamplingParameters,
    Secret,
    Usage,
)
from comparisons.samplers.providers.reach import Reach


def _found() -> dict[str, ProviderKind]:
    found: dict[str, ProviderKind] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        provider = getattr(importlib.import_module(f"{__name__}.{module.name}"), "PROVIDER", None)
        if not isinstance(provider, ProviderKind):
            continue
        if provider.slug in found:
            raise ImportError(f"two providers are called {provider.slug}")
        found[provider.slug] = provider
    return found


#: Every provider by slug.
PROVIDERS: dict[str, ProviderKind] = _found()


def open_provider(slug: str, connection: Connection, clock: Clock | None = None) -> Provider:
    """A connection to a model; nobody is spoken to yet. Raises PermanentError for an unknown provider, or where the
    connection lacks what the provider needs or leads where nobody may be asked."""
    kind = PROVIDERS.get(slug)
    if kind is None:
        raise PermanentError(f"there is no provider {slug!r}; there are {', '.join(PROVIDERS)}")
    missing = sorted(name for name in kind.needs if not getattr(connection, name))
    if missing:
        raise PermanentError(f"the provider {slug} needs the {missing[0]} of {connection.model}")
    refusal = connection.reach.refusal(connection.endpoint) if connection.reach and connection.endpoint else ""
    if refusal:
        raise PermanentError(refusal, kind="address")
    return kind.open(connection, clock or Clock())


__all__ = [
    "PROVIDERS",
    "Choice",
    "Clock",
    "Completion",
    "Connection",
    "Draws",
    "MalformedAnswer",
    "Message",
    "PermanentError",
    "Prompt",
    "Provider",
    "ProviderError",
    "ProviderKind",
    "Reach",
    "RetryableError",
    "SamplingParameters",
    "Secret",
    "Usage",
    "open_provider",
]
