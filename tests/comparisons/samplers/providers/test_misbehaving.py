"""One table of everything that goes wrong on the way, against a real server process, in every form that is asked for:
chat completions and responses, whole and streamed. The file of the recorded provider has a table of its own kind."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from comparisons.samplers.providers import (
    Completion,
    Connection,
    Draws,
    MalformedAnswer,
    Message,
    PermanentError,
    Prompt,
    ProviderError,
    RetryableError,
    SamplingParameters,
    Secret,
    Usage,
    open_provider,
    transport,
)
from tests.comparisons.samplers.providers.server import USAGE
from tests.comparisons.samplers.providers.serving import Told, serving

KEY = "sk-very-secret-4711"
PROMPT = Prompt((Message("user", "Add two numbers."),))
FORMS = ("chat", "chat-stream", "responses", "responses-stream")
#: Of an answer, in these tests: what comes quickly and is still too much.
LARGEST = 200_000
UNKNOWN = Usage(None, None, None, None)


@dataclass(frozen=True)
class Form:
    """A form to be asked in, and the server that is told what to do."""

    name: str
    server: Told

    def ask(self, *told: dict[str, Any], n: int = 1, timeout_s: float = 10) -> Completion:
        self.server.tell(*told)
        address = self.server.address + ("/responses" if self.name.startswith("responses") else "")
        connection = Connection("m", address, Secret(KEY), timeout_s=timeout_s, stream=self.name.endswith("stream"))
        with closing(open_provider("openai", connection)) as provider:
            return provider.complete(PROMPT, SamplingParameters(max_tokens=100), Draws("sums", n=n))

    def failure(self, *told: dict[str, Any], **how: Any) -> ProviderError:
        with pytest.raises(ProviderError) as failed:
            self.ask(*told, **how)
        assert KEY not in "".join(traceback.format_exception(failed.value)) + repr(failed.value)
        assert failed.value.latency_s is not None
        return failed.value


@pytest.fixture(scope="module")
def server() -> Iterator[Told]:
    with serving() as told:
        yield told


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, server: Told) -> Form:
    return Form(request.param, server)


@pytest.mark.parametrize(
    ("told", "kind", "is_charged"),
    [
        ({"do": "status", "status": 429}, "rate-limit", False),
        ({"do": "status", "status": 500}, "server", None),
        ({"do": "status", "status": 503}, "overloaded", False),
        ({"do": "cut"}, "cut", None),
        ({"do": "hang-up"}, "cut", None),
        ({"do": "error"}, "server", None),
    ],
    ids=str,
)
def test_failure_that_may_pass_is_retryable(
    form: Form, told: dict[str, Any], kind: str, is_charged: bool | None
) -> None:
    error = form.failure(told)
    assert isinstance(error, RetryableError)
    assert (error.kind, error.is_charged, error.is_permanent) == (kind, is_charged, False)


@pytest.mark.parametrize("told", [{"do": "drip"}, {"do": "endless"}, {"do": "answer", "latency_s": 3.0}], ids=str)
def test_answer_that_never_ends_is_given_up_when_its_time_is_over(form: Form, told: dict[str, Any]) -> None:
    error = form.failure(told, timeout_s=0.5)
    assert isinstance(error, RetryableError)
    assert (error.kind, error.is_charged) == ("timeout", None)


@pytest.mark.parametrize(
    "told", [{"do": "answer", "text": "x" * 2 * LARGEST}, {"do": "endless", "every_s": 0}], ids=["huge", "endless"]
)
def test_answer_without_measure_is_not_kept_in_memory(
    form: Form, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", LARGEST)
    error = form.failure(told, timeout_s=30)
    assert isinstance(error, MalformedAnswer)
    assert str(error).startswith("the answer is larger than")


@pytest.mark.parametrize(
    "told",
    [{"do": "malformed"}, {"do": "empty"}, {"do": "send", "body": "<h1>hi</h1>", "type": "text/html"}],
    ids=str,
)
def test_answer_that_is_none_is_malformed(form: Form, told: dict[str, Any]) -> None:
    error = form.failure(told)
    assert isinstance(error, MalformedAnswer)
    assert error.kind == "malformed"


@pytest.mark.parametrize(
    ("told", "kind", "concerns_all"),
    [
        ({"status": 401, "message": f"Incorrect API key provided: {KEY}"}, "key", True),
        ({"status": 404, "message": "no model m"}, "unknown-model", True),
        ({"status": 400, "message": "temperature is not supported"}, "rejected", True),
        ({"status": 400, "code": "context_length_exceeded"}, "too-long", False),
        ({"status": 429, "code": "insufficient_quota"}, "quota", True),
    ],
    ids=str,
)
def test_failure_that_stays_is_permanent(form: Form, told: dict[str, Any], kind: str, concerns_all: bool) -> None:
    error = form.failure({"do": "status", **told})
    assert isinstance(error, PermanentError)
    assert (error.kind, error.concerns_all, error.is_permanent) == (kind, concerns_all, True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed_and_nobody_else_gets_the_key(form: Form, status: int) -> None:
    before = len(form.server.seen()["asked"])
    elsewhere = f"http://localhost:{form.server.port}/v1/elsewhere"
    error = form.failure({"do": "status", "status": status, "headers": {"Location": elsewhere}})
    assert isinstance(error, PermanentError)
    assert (error.kind, len(form.server.seen()["asked"])) == ("address", before + 1)
    assert str(error).startswith(f"the endpoint sends on to another address ({status}")


def test_key_that_the_server_repeats_is_struck_out(form: Form) -> None:
    error = form.failure({"do": "status", "status": 401, "message": f"bad key {KEY}"})
    assert str(error) == "the API key was not accepted (401 Unauthorized: bad key [key])"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_in_seconds_and_as_a_date(form: Form, status: int) -> None:
    seconds = form.failure({"do": "status", "status": status, "headers": {"Retry-After": "7"}})
    date = form.failure({"do": "status", "status": status, "date_in_s": 90})
    assert isinstance(seconds, RetryableError) and isinstance(date, RetryableError)
    assert seconds.retry_after_s == 7.0
    assert date.retry_after_s in (89.0, 90.0, 91.0)


@pytest.mark.parametrize("code", ["content_filter", "invalid_prompt"])
def test_prompt_that_is_filtered_is_a_refused_answer(form: Form, code: str) -> None:
    found = form.ask({"do": "status", "status": 400, "code": code, "message": "not this"})
    assert [(one.finish_reason, one.refusal) for one in found.choices] == [("content_filter", "not this")]


@pytest.mark.parametrize(
    ("usage", "known"),
    [
        (None, UNKNOWN),
        ({}, UNKNOWN),
        ({"input": 5, "output": 7}, Usage(5, None, 7, None)),
        ({"input": "many", "output": -1}, UNKNOWN),
        ({"input": 1.5, "output": True}, UNKNOWN),
        ({"input": 10**30, "output": 7}, Usage(None, None, 7, None)),
        ({"input": 5, "cached": 9, "output": 7, "reasoning": 8}, Usage(5, None, 7, None)),
        ([3], UNKNOWN),
    ],
    ids=str,
)
def test_tokens_that_are_not_said_or_absurd_are_unknown(form: Form, usage: Any, known: Usage) -> None:
    assert form.ask({"do": "answer", "usage": usage}).usage == known


@pytest.mark.parametrize("said", [1, 2])
def test_fewer_answers_than_asked_are_those_that_came(form: Form, said: int) -> None:
    found = form.ask({"do": "answer", "choices": said}, n=3)
    assert len(found.choices) == (1 if form.name.startswith("responses") else said)
    assert found.usage.input_tokens == USAGE["input"]


@pytest.mark.parametrize("form", ["chat", "chat-stream"], indirect=True)
@pytest.mark.parametrize("reason", ["error", "abort"])
def test_choice_that_the_server_broke_off_was_not_answered(form: Form, reason: str) -> None:
    found = form.ask({"do": "answer", "finishes": ["stop", reason, "length"]}, n=3)
    assert [one.finish_reason for one in found.choices] == ["stop", "length"]
    error = form.failure({"do": "answer", "finishes": [reason]})
    assert isinstance(error, RetryableError)
    assert (error.kind, error.is_charged) == ("server", None)


def test_no_choice_is_malformed_and_no_message_is_an_empty_answer(form: Form) -> None:
    nothing = {"do": "answer", "choices": 0}
    if form.name.startswith("responses"):  # it thought, was paid for that, and said nothing
        found = form.ask(nothing)
        assert ([one.text for one in found.choices], found.usage.output_tokens) == ([""], USAGE["output"])
    else:
        assert isinstance(form.failure(nothing, n=3), RetryableError)


LINE = {"problem": "sums", "raw": "x"}


def recorded(tmp_path: Path, content: bytes, draws: Draws) -> Completion:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(content)
    with closing(open_provider("recorded", Connection("m", responses=path))) as provider:
        return provider.complete(PROMPT, SamplingParameters(), draws)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "not-recorded"),
        (b"\n\n", "not-recorded"),
        (b"{not json\n", "malformed"),
        (b'{"problem": "sums", "raw": "caf\xe9"}\n', "malformed"),
        (b'{"problem": "sums", "raw"', "malformed"),
        (b"<h1>hi</h1>", "malformed"),
        (b"[" * 100_000, "malformed"),
    ],
    ids=["empty", "blank", "no JSON", "no UTF-8", "cut", "wrong type", "deep"],
)
def test_recorded_answers_that_are_none_are_permanent(tmp_path: Path, content: bytes, kind: str) -> None:
    with pytest.raises(PermanentError) as failed:
        recorded(tmp_path, content, Draws("sums"))
    assert (failed.value.kind, failed.value.is_charged) == (kind, False)


@pytest.mark.parametrize(
    ("usage", "known"),
    [
        ({}, UNKNOWN),
        ({"input_tokens": 5, "output_tokens": 7}, Usage(5, None, 7, None)),
        ({"input_tokens": None, "output_tokens": 7}, Usage(None, None, 7, None)),
    ],
    ids=str,
)
def test_tokens_that_were_not_recorded_are_unknown(tmp_path: Path, usage: Any, known: Usage) -> None:
    content = json.dumps({**LINE, "usage": usage}).encode()
    assert recorded(tmp_path, content, Draws("sums")).usage == known


@pytest.mark.parametrize(
    "usage", [[3], {"input_tokens": -1}, {"input_tokens": "many"}, {"input_tokens": 10**30}], ids=str
)
def test_recorded_tokens_that_are_absurd_are_refused_with_their_line(tmp_path: Path, usage: Any) -> None:
    content = json.dumps({**LINE, "usage": usage}).encode()
    with pytest.raises(PermanentError, match="^line 1 of the recorded answers: ") as failed:
        recorded(tmp_path, content, Draws("sums"))
    assert failed.value.kind == "malformed"
