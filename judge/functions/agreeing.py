"""Generated tests in a sandbox without the candidate: each by itself, in names of its own, under a time limit.

`main.py tests results`: tests is a JSON list of texts, results gets one letter for each: `.` passed, `F` did not hold,
`T` ran out of time, `E` the program ended. What one test does (a star import, an exit, a name that it changes) touches
no other. It stops after MOST_TIMEOUTS tests that ran out of time: a program that never ends would cost the limit on
each. Who started it goes on after a test that ended either process.

Runs inside a sandbox, without Podium.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from judge.functions.harness import Candidate, _Ended
from judge.functions.loading import settings, take_over_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PASSED, FAILED, TIMED_OUT, ENDED = ".", "F", "T", "E"
MOST_TIMEOUTS = 30


class _TooLong(BaseException):
    """A test's own code has had its time."""


def main() -> None:
    """Runs the tests against the candidate at the other end of standard input and output."""
    with open(sys.argv[1], encoding="utf-8") as file:
        tests = json.load(file)
    given, taken = take_over_streams()
    candidate = Candidate(given, taken)
    told = settings()
    names: dict[str, Any] = {"__name__": "tests"}
    exec(compile(told["prelude"], "prompt.py", "exec"), names)  # noqa: S102 - in this sandbox, what it is for
    names |= {name: candidate.function(name) for name in told["entry_points"]}
    signal.signal(signal.SIGPROF, _stop)
    timeouts = 0
    with open(sys.argv[2], "w", encoding="ascii") as results:
        for test in tests:
            result = _run(test, dict(names), candidate, told["limit_s"])
            results.write(result)
            results.flush()
            timeouts += result == TIMED_OUT
            if result == ENDED or timeouts == MOST_TIMEOUTS:
                break
    candidate.end(has_failed=False)
    os._exit(0)


def _run(test: str, names: dict[str, Any], candidate: Candidate, limit_s: float) -> str:
    try:
        # Again and again: a test that catches what stops it is stopped once more.
        signal.setitimer(signal.ITIMER_PROF, limit_s, limit_s)
        exec(compile(test, "test.py", "exec"), names)  # noqa: S102
        result = PASSED
    except (_TooLong, TimeoutError):
        result = TIMED_OUT
    except _Ended:
        result = ENDED
    except BaseException:
        result = FAILED
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ENDED if candidate.failure else result


def _stop(*_: object) -> None:
    raise _TooLong
