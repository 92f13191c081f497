"""What task-maker's comments say a program gets: `@check-WORD: NAME NAME ...`, for subtasks by name (`*` and `?` stand
for any text and any character).

accepted: full score there. partial-score: some test is partial, all others accepted. zero: some test scores nothing.
wrong-answer, time-limit-exceeded, memory-limit-exceeded, runtime-error: some test gets that verdict. All tests of the
subtask count, also those after one that decides its score.

Source: task-maker-rust, task-maker-format/src/solution.rs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from judge.packages import known_keys
from judge.packages.cms_fields import Part
from judge.problem import Expectation

_CHECK = re.compile(r"@check-([\w-]+)[ \t]*:([^\r\n]*)")
#: Word -> the verdicts of which some test has one; accepted is told by the score. A run that writes too much is ended
#: by a signal there.
_REQUIRED = {
    "accepted": (),
    "partial-score": ("PA",),
    "wrong-answer": ("WA",),
    "time-limit-exceeded": ("TLE",),
    "wall-time-limit-exceeded": ("TLE",),
    "memory-limit-exceeded": ("MLE",),
    "runtime-error": ("RE", "OLE"),
    "zero": ("WA", "TLE", "MLE", "RE", "OLE"),
}
_ONLY_RIGHT = ("accepted", "partial-score")


def read_checks(text: str, where: str, parts: Sequence[Part], warnings: list[str]) -> tuple[Expectation, ...]:
    """The rules in the source `text` of the file `where`; words and subtasks that are not known are warned of."""
    rules: list[Expectation] = []
    odd: list[str] = []
    names = frozenset(part.name for part in parts)
    for word, patterns in _CHECK.findall(text):
        if word not in _REQUIRED:
            odd.append(word)
            continue
        for pattern in patterns.split():
            matched = [part for part in parts if _glob(pattern).fullmatch(part.name)]
            if not matched and pattern != "*/":  # the end of a comment in C
                warnings += known_keys.unknown(where, [pattern], names, what=f"subtask of @check-{word}")
            rules += [_rule(word, part) for part in matched]
    warnings += known_keys.unknown(where, odd, frozenset(_REQUIRED), what="word of @check-")
    return tuple(dict.fromkeys(rules))


def is_accepted(rules: Sequence[Expectation], parts: Sequence[Part]) -> bool:
    """True where `rules` promise full score in every subtask."""
    return bool(parts) and all(_rule("accepted", part) in rules for part in parts)


def _rule(word: str, part: Part) -> Expectation:
    permitted = ("AC",) if word in _ONLY_RIGHT else ()
    score = (part.points, part.points) if word == "accepted" and not part.is_sample else None
    return Expectation(part.name, permitted, _REQUIRED[word], score, all_tests=True)


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern))
