"""What reference submissions say of themselves in their sources: @EXPECTED_RESULTS@, _GRADES@ and _SCORE@."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RESULTS = re.compile(rb"@EXPECTED_RESULTS@[:\s]*([A-Za-z_\- ,]+)")
_GRADES = re.compile(rb"@EXPECTED_GRADES@[:\s]*((?:[A-Z]{2,3}\b[ \t,]*)+)")
_SCORE = re.compile(rb"@EXPECTED_SCORE@[:\s]*\[?[ \t]*(\d+(?:\.\d+)?)(?:[ \t]*[-, \t][ \t]*(\d+(?:\.\d+)?))?")
#: Spellings of DOMjudge and Kattis -> the names of submission folders.
_NAMES = {
    "CORRECT": "accepted",
    "ACCEPTED": "accepted",
    "WRONG-ANSWER": "wrong_answer",
    "WRONG_ANSWER": "wrong_answer",
    "TIMELIMIT": "time_limit_exceeded",
    "TIME_LIMIT_EXCEEDED": "time_limit_exceeded",
    "RUN-ERROR": "run_time_error",
    "RUN_TIME_ERROR": "run_time_error",
    "NO-OUTPUT": "wrong_answer",
    "CHECK-MANUALLY": "",
    "COMPILER-ERROR": "compile_error",
    "COMPILE_ERROR": "compile_error",
    "OUTPUT-LIMIT": "output_limit_exceeded",
    "MEMORY-LIMIT": "memory_limit_exceeded",
}


@dataclass(frozen=True)
class Annotations:
    """`results`: folder names, any of which is right. `grades`: one Kattis verdict a subtask ("AC", "WA", "RTE").
    `score`: the least and the greatest that is right."""

    results: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    score: tuple[float, float] | None = None


def read_annotations(source: bytes) -> Annotations:
    """The annotations of one source file; empty where it has none."""
    results: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    score = None
    if match := _RESULTS.search(source):
        names = (word.strip().upper() for word in match[1].decode().split(","))
        results = tuple(dict.fromkeys(_NAMES[name] for name in names if _NAMES.get(name)))
    if match := _GRADES.search(source):
        grades = tuple(match[1].decode().replace(",", " ").split())
    if match := _SCORE.search(source):
        low = float(match[1])
        score = (low, float(match[2]) if match[2] else low)
    return Annotations(results, grades, score)
