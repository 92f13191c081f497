"""The candidate's side of a test harness: answers the harness's calls until it has no more. It decides nothing.

    ["call", n, function, arguments, keywords]  ->  ["value", n, value, changed]  or  ["raise", n, names, values]
    ["next", n, handle]                         ->  ["value", n, item, []], ["stop", n] or ["raise", ...]
    ["end", failed]                             ->  the process ends; with the last traceback where `failed`

`changed` are [position or keyword, value] of the arguments that the call changed in place. `names` are the exception's
class and those it extends.

Runs inside the candidate's sandbox, without Podium.
"""

from __future__ import annotations

import json
import os

from judge.functions.loading import function, load, settings, take_over_streams
from judge.functions.wire import Decoder, WireError, encode, receive, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, BinaryIO

_MUTABLE = (list, dict, set, bytearray)
_TRACEBACK_LINES = 12


def main() -> None:
    """Serves the program that lies beside the script that was started."""
    given, taken = take_over_streams()
    module = load(settings()["prelude"])
    _Server(module, given, taken).run()


class _Server:
    def __init__(self, module: ModuleType, given: BinaryIO, taken: BinaryIO) -> None:
        self._module = module
        self._given = given
        self._taken = taken
        self._kept: list[Any] = []
        self._handles: dict[int, int] = {}
        self._decoder = Decoder(objects=self._kept.__getitem__)
        self._last: BaseException | None = None

    def run(self) -> None:
        while message := receive(self._given):
            if message[0] == "end":
                self._leave(has_failed=bool(message[1]))
            self._reply(message)
        self._leave(has_failed=False)

    def _reply(self, message: list[Any]) -> None:
        kind, number, *rest = message
        try:
            reply = self._call(number, *rest) if kind == "call" else self._step(number, *rest)
            send(self._taken, reply)
        except (Exception, WireError) as error:
            self._last = error
            names = [base.__name__ for base in type(error).__mro__ if issubclass(base, BaseException)]
            values = [value for value in error.args if value is None or isinstance(value, str | int | float)]
            send(self._taken, ["raise", number, names, [encode(value, self._keep) for value in values[:4]]])

    def _call(self, number: int, name: str, arguments: list[Any], keywords: dict[str, Any]) -> list[Any]:
        values = [self._decoder.decode(item) for item in arguments]
        named = {key: self._decoder.decode(item) for key, item in keywords.items()}
        result = function(self._module, name)(*values, **named)
        changed = [
            [key, after]
            for key, before, value in (
                *zip(range(len(values)), arguments, values, strict=True),
                *((key, keywords[key], named[key]) for key in keywords),
            )
            if isinstance(value, _MUTABLE) and json.dumps(after := encode(value, self._keep)) != json.dumps(before)
        ]
        return ["value", number, encode(result, self._keep), changed]

    def _step(self, number: int, handle: int) -> list[Any]:
        try:
            return ["value", number, encode(next(self._kept[handle]), self._keep), []]
        except StopIteration:
            return ["stop", number]

    def _keep(self, value: Any) -> int:
        """The handle of an object, always the same; it stays alive, so that its id stays its own."""
        if id(value) not in self._handles:
            self._handles[id(value)] = len(self._kept)
            self._kept.append(value)
        return self._handles[id(value)]

    def _leave(self, *, has_failed: bool) -> None:
        """Ends the process at once, whatever the candidate has still running in it."""
        if has_failed and self._last is not None:
            import traceback

            lines = traceback.format_exception(self._last, limit=-3)[-_TRACEBACK_LINES:]
            os.write(2, "".join(lines).encode(errors="replace")[-4000:])
        os._exit(1 if has_failed else 0)
