"""One call a run: the arguments are the lines of standard input, the result is printed as JSON for a judge to compare.

Equal values print alike, as LiveCodeBench compares them (see `canonical`). A candidate may print what it likes: it is
no more than an answer.

Runs inside the candidate's sandbox, without Podium.
"""

from __future__ import annotations

import json
import os

from judge.functions.canonical import canonical
from judge.functions.loading import function, load, settings, take_over_streams


def main() -> None:
    """Calls the function of the program that lies beside the script that was started."""
    given, taken = take_over_streams()
    told = settings()
    module = load(told["prelude"])
    arguments = [json.loads(line) for line in given.read().decode().split("\n") if line.strip()]
    result = function(module, told["entry_points"][0])(*arguments)
    taken.write(canonical(result).encode() + b"\n")
    taken.flush()
    os._exit(0)
