"""The candidate's side of generated tests: `serving`, with a time limit on each call.

The limit is CPU time, and ten times as much on the clock for a program that sleeps. A call that is over it raises
TimeoutError; one that catches this is stopped again. Who cheats here only spoils what is said of itself.

Runs inside the candidate's sandbox, without Podium.
"""

from __future__ import annotations

import signal

from judge.functions.loading import load, settings, take_over_streams
from judge.functions.serving import _Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _TooLong(BaseException):
    """A call has had its time."""


class _Timed(_Server):
    limit_s = 0.1

    def _call(self, number: int, name: str, arguments: list[Any], keywords: dict[str, Any]) -> list[Any]:
        try:
            signal.setitimer(signal.ITIMER_PROF, self.limit_s, self.limit_s)
            signal.setitimer(signal.ITIMER_REAL, 10 * self.limit_s, 10 * self.limit_s)
            return super()._call(number, name, arguments, keywords)
        except _TooLong:
            raise TimeoutError("the call took too long") from None
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)


def main() -> None:
    """Serves the program that lies beside the script that was started."""
    given, taken = take_over_streams()
    told = settings()
    module = load(told["prelude"])
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, _stop)
    server = _Timed(module, given, taken)
    server.limit_s = told["limit_s"]
    server.run()


def _stop(*_: object) -> None:
    raise _TooLong
