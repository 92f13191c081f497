"""Reads values of the environment and says in one sentence which of them is nonsense.

Knows no variable by name: `config.settings` does, and hands its `os.environ` in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

#: A name, an IPv4 or IPv6 address, a network.
_HOST = re.compile(r"\.?[A-Za-z0-9_-][A-Za-z0-9_.-]*(/\d+)?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/\d+)?")
_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


class Environment:
    """Typed readings of a mapping of variables. An empty value counts as absent.

    Every method raises ImproperlyConfigured, naming the variable, where its value cannot be used.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        """The value without surrounding blanks."""
        return self._values.get(name, "").strip() or default

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        given = self.text(name)
        if not given:
            return default
        if not (given.isascii() and given.isdigit() and least <= int(given) <= most):
            raise ImproperlyConfigured(f"{name}: {given!r} is not a whole number from {least} to {most}.")
        return int(given)

    def flag(self, name: str, *, default: bool) -> bool:
        """1 or 0; true, yes, on, false, no and off in any case are understood too."""
        given = self.text(name)
        if not given:
            return default
        if given.lower() not in _YES | _NO:
            raise ImproperlyConfigured(f"{name}: {given!r} is neither 1 nor 0.")
        return given.lower() in _YES

    def folder(self, name: str, default: Path) -> Path:
        """An absolute path; a relative one counts from the current folder, `~` is the home. Need not exist yet."""
        given = self.text(name)
        if not given:
            return default
        path = Path(given).expanduser().absolute()
        if path.exists() and not path.is_dir():
            raise ImproperlyConfigured(f"{name}: {path} is not a folder.")
        return path

    def storage(self, name: str, default: Path) -> Path:
        """A folder given as a path or a file: address."""
        given = self.text(name)
        parts = urlsplit(given)
        if not parts.scheme:
            return self.folder(name, default)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise ImproperlyConfigured(f"{name}: {given!r} is neither a folder nor a file:///folder address.")
        return Path(unquote(parts.path))

    def hosts(self, name: str, default: list[str]) -> list[str]:
        """Names of hosts, `.ends` of names, addresses and networks between commas or blanks."""
        given = self.words(name)
        for word in given:
            if not _HOST.fullmatch(word):
                raise ImproperlyConfigured(
                    f"{name}: {word!r} is no host, address or network (without a scheme or port)."
                )
        return given or default

    def words(self, name: str) -> list[str]:
        """Values between commas or blanks."""
        return self.text(name).replace(",", " ").split()
