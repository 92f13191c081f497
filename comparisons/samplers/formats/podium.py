"""Podium's own JSON lines (see `records`); under a mapping of keys, anyone's with one candidate a record."""

from __future__ import annotations

from comparisons.samplers.formats.format import Format

FORMAT = Format(
    slug="podium",
    title="JSON lines, one candidate a line",
    summary="Podium's own keys, or others by a mapping.",
    recognises=lambda data: True,
    draws=lambda record, name: iter((dict(record.data),)),
)
