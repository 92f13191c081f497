"""Programs that a model might write for the probes of "add two numbers": good, bad and broken, as recorded answers."""

from __future__ import annotations

from typing import Any

#: By subtask: the second number is 0 in the first.
_SECOND = {1: "0", 2: "lots.randint(0, 9)"}
GENERATOR = (
    "import random\nlots = random.Random(seed := int(input()))\n"
    "top = 9 if seed % 2 == 0 else 10**300\nprint(lots.randint(0, top), {second})\n"
)
#: Every other input is none.
HALF_WRONG = "seed = int(input())\nprint(seed % 1000 if seed % 2 else -1, 0)\n"
CRASHES = "raise SystemExit(3)\n"
BROKEN = "def (\n"
VALIDATOR = (
    "import re, sys\ntext = sys.stdin.read()\nfound = re.fullmatch(r'(\\d+) (\\d+)\\s*', text)\n"
    "sys.exit(0 if found and ({subtask} == 2 or found[2] == '0') else 1)\n"
)
TAKES_ALL = "import sys\nsys.stdin.read()\n"
TAKES_NONE = "raise SystemExit(1)\n"
SUM = "a, b = map(int, input().split())\nprint(a + b)\n"
FIRST = "a, b = map(int, input().split())\nprint(a)\n"
HANGS = "while True:\n    pass\n"

GENERATORS = (GENERATOR, HALF_WRONG, CRASHES, BROKEN)
VALIDATORS = (VALIDATOR, VALIDATOR, VALIDATOR, TAKES_ALL, TAKES_NONE)
BRUTE_FORCE = (SUM, SUM, FIRST)

USAGE = {"input_tokens": 1000, "cached_input_tokens": 0, "output_tokens": 200, "reasoning_tokens": 100}


def recorded(
    slugs: tuple[str, ...] = ("first",),
    *,
    generators: tuple[str, ...] = GENERATORS,
    validators: tuple[str, ...] = VALIDATORS,
    brute_force: tuple[str, ...] = BRUTE_FORCE,
) -> list[dict[str, Any]]:
    """A line for every program of both subtasks of these problems."""
    kinds = {"generator": generators, "validator": validators, "brute-force": brute_force}
    return [
        {
            "problem": slug,
            "subtask": subtask,
            "role": role,
            "language": "python3",
            "source": source.replace("{second}", _SECOND[subtask]).replace("{subtask}", str(subtask)),
            "usage": USAGE,
            "latency_s": 2.0,
            "finish_reason": "stop",
        }
        for slug in slugs
        for subtask in (1, 2)
        for role, sources in kinds.items()
        for source in sources
    ]
