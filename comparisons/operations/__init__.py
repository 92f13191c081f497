"""What is asked for by command and by API alike. One file here that defines `Operation` is a call of the API, which is
found by itself; its command names it.
"""

from __future__ import annotations

import importlib
import pkgutil

from comparisons.operations.base import BaseOperation


def find(name: str) -> type[BaseOperation] | None:
    """The operation of this name; None where there is none. Its module is imported when it is first asked for."""
    if name not in _modules():
        return None
    found: type[BaseOperation] | None = getattr(importlib.import_module(f"{__name__}.{name}"), "Operation", None)
    return found


def every() -> dict[str, type[BaseOperation]]:
    """All of them by name, in alphabetical order."""
    return {name: found for name in _modules() if (found := find(name)) is not None}


def _modules() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))
