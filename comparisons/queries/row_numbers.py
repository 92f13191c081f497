"""Numbers of rows as addresses and forms give them: what a stranger typed is no number until it is looked at."""

from __future__ import annotations


def row_number(text: str) -> int | None:
    """The number that `text` is, None for anything that could be no row's."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
