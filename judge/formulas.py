"""Are two formulas equal, and what is one written in the one way? math-verify reads them, in processes of its own, for
SymPy on a stranger's text may never end.

One helper process holds the loaded library. It makes a child for each question, which has so many CPU seconds and so
much memory; a question without an answer in that is answered no. What is not made of a formula's characters never gets
there.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from judge.errors import SandboxFault

CPU_S = 5
MEMORY_BYTES = 2 << 30
#: Longer numbers are not written in decimal.
LONG_NUMBER_BITS = 10_000
#: Of a real number that is not rational: equal ones share these.
_DIGITS = 30
#: For a machine that is busy: CPU seconds decide.
WALL_S = 60
LONGEST = 1000
#: Nothing of Python can be said in these: no quotes, no two underscores in a row, no names with a point.
_FORMULA = re.compile(r"(?:(?!__)[\w\s\\{}()\[\]|+\-*/^=<>≤≥≠,.;:!%°πτ√∞∪∩∈±×·÷&$])+")
_ATTRIBUTE = re.compile(r"[A-Za-z_]\.[A-Za-z_]")
#: Read as a product of its letters, a word equals every other of these letters.
_WORD = re.compile(r"(?<![\\A-Za-z])(?!(?:sin|cos|tan|cot|log|exp|sqrt|abc|xyz|max|min)(?![a-z]))[A-Za-z]{3,}")


def are_equal(answer: str, given: str) -> bool:
    """True where both are formulas (LaTeX or plain) that are equal. Cached."""
    return is_formula(answer) and is_formula(given) and _ask(answer, given) == "equal"


def canonical(text: str) -> str:
    """What formulas share that are the same when they are multiplied out: a rational number as "p/q", another real
    number as "~" and its first digits, else a digest; "" for what is none. "x = 5" is 5. Not all equal formulas share
    one: sin(x)^2 + cos(x)^2 is not 1. Cached."""
    return _ask(text) if is_formula(text) else ""


def is_formula(text: str) -> bool:
    """Whether a text is looked at: short, and made of a formula's characters."""
    is_short = len(text) <= LONGEST and _FORMULA.fullmatch(text) is not None
    return is_short and not _ATTRIBUTE.search(text) and not _WORD.search(text)


@lru_cache(maxsize=50_000)
def _ask(*question: str) -> str:
    return _helper().ask(question)


@lru_cache(maxsize=1)
def _helper() -> _Helper:
    return _Helper()


class _Helper:
    """The process that has loaded math-verify, started at the first question and again where it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        atexit.register(self.close)

    def ask(self, question: Sequence[str]) -> str:
        # A forked worker must not share its parent's helper: answers would go to either.
        if self._process is None or self._process.poll() is not None or self._owner != os.getpid():
            self._start()
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(question).encode() + b"\n")
        process.stdin.flush()
        said = process.stdout.readline()
        if not said:
            raise SandboxFault("the process that compares formulas has ended")
        return said.decode().strip()

    def close(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> None:
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-m", "judge.formulas"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parent.parent,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        )


def serve(given: IO[bytes], taken: IO[bytes]) -> None:
    """Answers questions, one line each, until there are no more: two formulas with "equal" or nothing, one with its
    digest or nothing."""
    import math_verify  # noqa: F401, PLC0415 - a second of loading, done before the first child

    while line := given.readline():
        mine, its = os.pipe()
        child = os.fork()
        if not child:
            os.write(its, _answer(json.loads(line)).encode())
            os._exit(0)
        os.close(its)
        with open(mine, "rb") as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        taken.write(answer + b"\n")
        taken.flush()


def _answer(question: list[str]) -> str:
    """In a child of its own, which its limits may end at any point."""
    import resource  # noqa: PLC0415 - not where there is no such thing as a limit
    import signal  # noqa: PLC0415

    spent = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = int(spent.ru_utime + spent.ru_stime) + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.alarm(WALL_S)
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify  # noqa: PLC0415

    settings: Any = (LatexExtractionConfig(), ExprExtractionConfig())
    try:
        read: list[Any] = [parse(f"${text}$", settings, parsing_timeout=None) for text in question]
        if not all(read):
            return ""
        if len(read) == 1:
            return _digest(read[0][0])
        return "equal" if verify(*read, timeout_seconds=None) else ""
    except (Exception, RecursionError):
        return ""


def _digest(formula: Any) -> str:
    """Of a formula as SymPy writes it multiplied out; "" for what stayed a text or has no value (1/0)."""
    from sympy import Basic, Eq, Expr, Float, Rational, Symbol, expand, nan, srepr, zoo  # noqa: PLC0415

    if not isinstance(formula, Basic):
        return ""
    if isinstance(formula, Eq) and isinstance(formula.lhs, Symbol):
        formula = formula.rhs
    if isinstance(formula, Expr):  # sets and relations are as they are
        exact = {number: Rational(str(number)) for number in formula.atoms(Float)}
        formula = expand(formula.xreplace(exact).doit())
    if formula in (zoo, nan):
        return ""
    if isinstance(formula, Rational) and max(int(formula.p).bit_length(), formula.q.bit_length()) <= LONG_NUMBER_BITS:
        return f"{formula.p}/{formula.q}"
    if isinstance(formula, Expr) and formula.is_number and formula.is_real and not isinstance(formula, Rational):
        return f"~{formula.evalf(_DIGITS)}"
    return hashlib.sha256(srepr(formula).encode()).hexdigest()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
