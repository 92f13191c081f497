"""What reference submissions say of themselves: @EXPECTED_RESULTS@ and @EXPECTED_GRADES@ in their sources."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RESULTS = re.compile(rb"@EXPECTED_RESULTS@[:\s]*([A-Za-z_\- ,]+)")
_GRADES = re.compile(rb"@EXPECTED_GRADES@[:\s]*((?:[A-Z]{2,3}\b[ \t,]*)+)")
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
class Expectation:
    """`results`: folder names, any of which is right. `grades`: one Kattis verdict a subtask ("AC", "WA", "RTE")."""

    results: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()


def read_expectation(source: bytes) -> Expectation:
    """The annotations of one source file; empty where it has none."""
    results: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    if match := _RESULTS.search(source):
        names = (word.strip().upper() for word in match[1].decode().split(","))
        results = tuple(dict.fromkeys(_NAMES[name] for name in names if _NAMES.get(name)))
    if match := _GRADES.search(source):
        grades = tuple(match[1].decode().replace(",", " ").split())
    return Expectation(results, grades)
