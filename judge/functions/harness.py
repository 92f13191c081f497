"""The package's test code, in a sandbox without the candidate: calls go out as data, answers come back as data.

Called as a Kattis output validator, `main.py input answer feedback`: the input is the test code. It ends with 42 where
the test code accepted what it was answered, with 43 and a word in feedback/judgemessage.txt where it did not, and with
anything else where the test code itself is at fault. A candidate's exception is raised again where it was called; one
that the test code does not expect makes the candidate's process end with its traceback.

Runs inside a sandbox, without Podium.
"""

from __future__ import annotations

import builtins
import os
import sys

from judge.functions.loading import settings, take_over_streams
from judge.functions.wire import Decoder, WireError, encode, receive, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO, NoReturn

ACCEPTED, REJECTED = 42, 43
_CODE = "tests.py"
_SHOWN_CHARACTERS = 300
_ENDED_EARLY = "the program ended before the tests had finished"


class _Ended(BaseException):
    """The candidate answers no more, or not in its turn. Where a test code catches this, it is remembered."""


class _NotData(TypeError):
    """The test code hands over what is no plain data."""


class Candidate:
    """The other process. `failure` is why it is rejected whatever the test code says."""

    def __init__(self, given: BinaryIO, taken: BinaryIO) -> None:
        self._given = given
        self._taken = taken
        self._decoder = Decoder(step=self._step)
        self._number = 0
        self.has_answered = False
        self.failure = ""

    def function(self, name: str) -> Callable[..., Any]:
        """A function that calls the candidate's of this name."""

        def call(*arguments: Any, **keywords: Any) -> Any:
            sent = [encode(value, _refuse) for value in arguments]
            named = {key: encode(value, _refuse) for key, value in keywords.items()}
            given: dict[Any, Any] = {**keywords}
            given.update(enumerate(arguments))
            return self._ask("call", name, sent, named, given=given)

        call.__name__ = name
        return call

    def end(self, *, has_failed: bool) -> None:
        """Tells the candidate that no call follows; waits until it is gone where it is to end with an error."""
        try:
            send(self._taken, ["end", has_failed])
            while has_failed and self._given.read(1 << 16):
                continue
        except OSError:
            return

    def _step(self, handle: int) -> Any:
        return self._ask("next", handle, given={})

    def _ask(self, kind: str, *words: Any, given: dict[int | str, Any]) -> Any:
        """The candidate's answer: returned or raised. `given`: the call's arguments, changed here as it did there."""
        if self.failure:
            raise _Ended
        self._number += 1
        try:
            send(self._taken, [kind, self._number, *words])
            reply = receive(self._given)
            if reply is None:
                self._fail(_ENDED_EARLY)
            if len(reply) < 2 or reply[1] != self._number:
                self._fail("the program answered out of turn")
            answer, raised = self._read(reply, given)
        except OSError:
            self._fail(_ENDED_EARLY)
        except (WireError, TypeError, ValueError, LookupError, AttributeError) as error:
            self._fail(f"the program's answer cannot be read: {error}")
        self.has_answered = True
        if raised is not None:
            raise raised
        return answer

    def _read(self, reply: list[Any], given: dict[int | str, Any]) -> tuple[Any, BaseException | None]:
        if reply[0] == "value":
            for key, after in reply[3]:
                _replace(given[key], self._decoder.decode(after))
            return self._decoder.decode(reply[2]), None
        if reply[0] == "stop" and not given:
            return None, StopIteration()
        if reply[0] == "raise":
            return None, _exception(reply[2], [self._decoder.decode(value) for value in reply[3]])
        raise WireError("it is of an unknown kind")

    def _fail(self, reason: str) -> NoReturn:
        self.failure = reason
        raise _Ended


def main() -> None:
    """Runs the test code against the candidate at the other end of standard input and output."""
    with open(sys.argv[1], encoding="utf-8") as file:
        code = file.read()
    given, taken = take_over_streams()
    candidate = Candidate(given, taken)
    reason = _run(code, candidate)
    if reason:
        with open(os.path.join(sys.argv[3], "judgemessage.txt"), "w", encoding="utf-8", errors="replace") as file:
            file.write(reason[:_SHOWN_CHARACTERS])
    else:
        candidate.end(has_failed=False)
    os._exit(REJECTED if reason else ACCEPTED)


def _run(code: str, candidate: Candidate) -> str:
    """Why the candidate is rejected; "" where it is not. Raises what the test code is to blame for."""
    told = settings()
    names: dict[str, Any] = {"__name__": "tests"}
    if "random" in code:
        import random

        # Test codes draw inputs without a seed; a verdict must not depend on them.
        random.seed(0)
    try:
        exec(compile(told["prelude"], "prompt.py", "exec"), names)  # noqa: S102 - in this sandbox, what it is for
        names |= {name: candidate.function(name) for name in told["entry_points"]}
        exec(compile(code, _CODE, "exec"), names)  # noqa: S102
        if callable(names.get("check")):
            names["check"](names[told["entry_points"][0]])
    except _Ended:
        return candidate.failure
    except Exception as error:
        if candidate.failure:
            return candidate.failure
        if getattr(error, "is_of_candidate", False):
            candidate.end(has_failed=True)
            return f"the program raised {type(error).__name__}"
        # These a test code makes by itself, whatever it is answered.
        if isinstance(error, NameError | ImportError | SyntaxError | _NotData) or not candidate.has_answered:
            raise
        return _explain(error, code)
    return candidate.failure


def _explain(error: Exception, code: str) -> str:
    """The statement of the test code that did not hold."""
    line, step = 0, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == _CODE:
            line = step.tb_lineno
        step = step.tb_next
    statement = code.split("\n")[line - 1].strip() if line else ""
    what = "does not hold" if isinstance(error, AssertionError) else f"ends with {type(error).__name__}"
    return f"line {line} of the tests {what}: {statement}"


def _exception(names: list[str], values: list[Any]) -> Exception:
    """The nearest built-in exception of these, marked as the candidate's."""
    found = (getattr(builtins, name, None) for name in names)
    kind = next((one for one in found if isinstance(one, type) and issubclass(one, Exception)), RuntimeError)
    try:
        error = kind(*values)
    except TypeError:
        error = RuntimeError(*values)
    error.is_of_candidate = True  # type: ignore[attr-defined]
    return error


def _replace(target: Any, after: Any) -> None:
    """Makes the content of a list, dictionary, set or byte array that of another."""
    if isinstance(target, list | bytearray):
        target[:] = after
    else:
        target.clear()
        target.update(after)


def _refuse(value: Any) -> int:
    raise _NotData(f"the tests hand over an object of {type(value).__name__}, which is no plain data")
