"""Names that an unknown one may be a slip for: for errors that say what could have been meant, or nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_PART = re.compile(r"[a-z]+|\d+")
#: A slip of the pen: two letters of eight turned round, one of four wrong.
_LEAST = 0.75
#: One of three wrong.
_LEAST_OF_THREE = 2 / 3
#: A part of a name that is shorter says nothing ("a" of "abc301-a").
_FEWEST_LETTERS = 3
#: Longer names are no slip of anything, and take long to compare.
_LONGEST = 80


def near_names(word: str, names: Iterable[str], *, most: int = 3) -> list[str]:
    """At most `most` of the names that differ from `word` only in case and punctuation, by what stands before or
    behind ("nile" and "ioi/nile"), or by a slip in the letters; likeliest first.

    Numbers are no slips: "task-12" is another problem than "task-1", and "v4" another model than "v5". Where more names
    than `most` hold the word, none of them was meant.
    """
    asked = _parts(word[:_LONGEST])
    same, holding, slips = [], [], []
    for name in names:
        parts = _parts(name[:_LONGEST])
        if not asked or not parts:
            continue
        if "".join(parts) == "".join(asked):
            same.append(name)
        elif _holds(parts, asked) or _holds(asked, parts):
            holding.append(name)
        elif ratio := _likeness(asked, parts):
            slips.append((-ratio, name))
    found = [*same, *(holding if len(holding) <= most else []), *(name for _, name in sorted(slips))]
    return found[:most]


def nearest_or_all(word: str, names: Iterable[str], *, there: str) -> str:
    """The end of a refusal: "nearest: a, b", or where no name is near all of them behind `there` ("it has")."""
    known = list(names)
    near = near_names(word, known)
    return f"nearest: {', '.join(near)}" if near else f"{there} {', '.join(known) if known else 'none'}"


def _parts(name: str) -> list[str]:
    return _PART.findall(name.lower())


def _holds(parts: list[str], some: list[str]) -> bool:
    """Do the parts hold these in a row, and are they more than a number or a letter?"""
    if not any(part.isalpha() and len(part) >= _FEWEST_LETTERS for part in some):
        return False
    return any(parts[at : at + len(some)] == some for at in range(len(parts) - len(some) + 1))


def _likeness(asked: list[str], parts: list[str]) -> float:
    """How alike the letters are; 0 where that is no slip."""
    if [one for one in asked if one.isdigit()] != [one for one in parts if one.isdigit()]:
        return 0.0
    letters, others = ("".join(one for one in some if one.isalpha()) for some in (asked, parts))
    least = _LEAST_OF_THREE if max(len(letters), len(others)) == _FEWEST_LETTERS else _LEAST
    matcher = difflib.SequenceMatcher(None, letters, others, autojunk=False)
    quick = min(matcher.real_quick_ratio(), matcher.quick_ratio())
    ratio = matcher.ratio() if quick >= least else 0.0
    return ratio if ratio >= least else 0.0
