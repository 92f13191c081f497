"""What the OpenAI client sends, and what it makes of everything that goes wrong on the way."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from comparisons.samplers.providers import (
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
    open_provider,
)
from comparisons.samplers.providers.openai import _usage
from comparisons.samplers.providers.transport import retry_after
from tests.comparisons.samplers.providers.serving import Told, serving

KEY = "sk-very-secret-4711"
PROMPT = Prompt((Message("user", "Add two numbers."),))
ANSWERED = '{"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": %s}'


@pytest.fixture(scope="module")
def server() -> Iterator[Told]:
    with serving() as told:
        yield told


def ask(server: Told, *told: dict[str, Any], form: str = "", stream: bool = False, timeout_s: float = 5) -> Any:
    server.tell(*told)
    connection = Connection("m", server.address + form, Secret(KEY), timeout_s=timeout_s, stream=stream)
    with closing(open_provider("openai", connection)) as provider:
        return provider.complete(PROMPT, SamplingParameters(max_tokens=100), Draws("sums"))


def failure(server: Told, *told: dict[str, Any], **how: Any) -> ProviderError:
    with pytest.raises(ProviderError) as failed:
        ask(server, *told, **how)
    text = "".join(traceback.format_exception(failed.value)) + repr(failed.value)
    assert KEY not in text
    assert failed.value.latency_s is not None
    return failed.value


@pytest.mark.parametrize(
    ("told", "kind", "is_charged"),
    [
        ({"do": "status", "status": 429}, "rate-limit", False),
        ({"do": "status", "status": 500}, "server", None),
        ({"do": "status", "status": 503}, "overloaded", False),
        ({"do": "cut"}, "cut", None),
        ({"do": "hang-up"}, "cut", None),
        ({"do": "drip"}, "timeout", None),
        ({"do": "answer", "latency_s": 3.0}, "timeout", None),
        ({"do": "send", "body": '{"error": {"message": "overloaded"}}'}, "server", None),
    ],
    ids=str,
)
def test_failure_that_may_pass_is_retryable(
    server: Told, told: dict[str, Any], kind: str, is_charged: bool | None
) -> None:
    error = failure(server, told, timeout_s=0.4)
    assert isinstance(error, RetryableError)
    assert (error.kind, error.is_charged, error.is_permanent) == (kind, is_charged, False)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"do": "send", "body": "{not json"}, "the answer is no JSON"),
        ({"do": "send", "body": ""}, "the answer is empty"),
        ({"do": "send", "body": "[1]"}, "the answer is no JSON object"),
        ({"do": "send", "body": "{}"}, 'the answer has no "choices"'),
        ({"do": "send", "body": '{"choices": [3]}'}, '"choices" of the answer is no list of objects'),
        ({"do": "send", "body": '{"choices": [{}]}'}, 'a choice of the answer has no "message"'),
        ({"do": "send", "body": "<h1>hi</h1>", "type": "text/html"}, "the answer is text/html, not JSON"),
    ],
)
def test_answer_that_is_none_is_malformed(server: Told, told: dict[str, Any], said: str) -> None:
    error = failure(server, told)
    assert isinstance(error, MalformedAnswer)
    assert (error.kind, str(error)) == ("malformed", said)


def test_stream_that_was_cut_is_no_answer(server: Told) -> None:
    error = failure(server, {"do": "cut-stream"}, stream=True)
    assert (error.kind, str(error)) == ("cut", "the stream was cut before its end")


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
def test_failure_that_stays_is_permanent(server: Told, told: dict[str, Any], kind: str, concerns_all: bool) -> None:
    error = failure(server, {"do": "status", **told})
    assert isinstance(error, PermanentError)
    assert (error.kind, error.concerns_all, error.is_permanent) == (kind, concerns_all, True)


def test_key_that_the_server_repeats_is_struck_out(server: Told) -> None:
    error = failure(server, {"do": "status", "status": 401, "message": f"bad key {KEY}"})
    assert str(error) == "the API key was not accepted (401 Unauthorized: bad key [key])"


def test_prompt_that_is_filtered_is_a_refused_answer(server: Told) -> None:
    found = ask(server, {"do": "status", "status": 400, "code": "content_filter", "message": "not this"})
    assert [(one.finish_reason, one.refusal) for one in found.choices] == [("content_filter", "not this")]


def test_retry_after_in_seconds_is_kept(server: Told) -> None:
    error = failure(server, {"do": "status", "status": 429, "headers": {"Retry-After": "7"}})
    assert isinstance(error, RetryableError)
    assert error.retry_after_s == 7.0


def test_retry_after_as_a_date_counts_from_the_servers_clock(server: Told) -> None:
    error = failure(server, {"do": "status", "status": 503, "date_in_s": 90})
    assert isinstance(error, RetryableError)
    assert error.retry_after_s in (89.0, 90.0, 91.0)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "99999999"}, 3600.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 50.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:05 GMT"}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 01:00:30 GMT", "date": "Thu, 01 Jan 1970 01:00:00 GMT"}, 30.0),
    ],
)
def test_retry_after_of_every_form(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after(headers, now=10.0) == wait


def test_endpoint_where_nobody_listens_cannot_be_reached() -> None:
    provider = open_provider("openai", Connection("m", "http://127.0.0.1:9/v1", Secret(KEY)))
    with closing(provider), pytest.raises(RetryableError) as failed:
        provider.complete(PROMPT, SamplingParameters(), Draws("sums"))
    assert (failed.value.kind, failed.value.is_charged) == ("connection", False)


def test_call_of_a_closed_connection_is_retryable(server: Told) -> None:
    provider = open_provider("openai", Connection("m", server.address))
    provider.close()
    with pytest.raises(RetryableError):
        provider.complete(PROMPT, SamplingParameters(), Draws("sums"))


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        (
            "",
            {
                "messages": [{"role": "user", "content": "Add two numbers."}],
                "n": 2,
                "seed": 5,
                "max_tokens": 100,
                "reasoning_effort": "high",
                "top_k": 40,
            },
        ),
        (
            "/responses",
            {
                "input": [{"role": "user", "content": "Add two numbers."}],
                "store": False,
                "max_output_tokens": 100,
                "reasoning": {"effort": "high"},
                "top_k": 40,
            },
        ),
    ],
)
def test_call_says_what_was_asked_and_no_more(server: Told, form: str, asked: dict[str, Any]) -> None:
    server.tell()
    parameters = SamplingParameters(0.8, 0.95, "high", 100, 5, {"top_k": 40})
    with closing(open_provider("openai", Connection("m", server.address + form, Secret(KEY)))) as provider:
        provider.complete(PROMPT, parameters, Draws("sums", n=2))
    call = server.seen()["asked"][-1]
    assert call["path"] == "/v1" + (form or "/chat/completions")
    assert call["headers"]["Authorization"] == f"Bearer {KEY}"
    assert call["body"] == {"model": "m", "temperature": 0.8, "top_p": 0.95, **asked}


def test_what_nobody_asked_for_is_not_sent(server: Told) -> None:
    ask(server)
    assert sorted(server.seen()["asked"][-1]["body"]) == ["max_tokens", "messages", "model"]


@pytest.mark.parametrize(
    ("given", "usage"),
    [
        ("null", (None, None, None, None)),
        ('{"prompt_tokens": 5, "completion_tokens": 7}', (5, None, 7, None)),
        ('{"prompt_tokens": "many", "completion_tokens": -1}', (None, None, None, None)),
        ('{"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}', (5, None, None, None)),
    ],
)
def test_tokens_that_are_not_said_are_unknown(
    server: Told, given: str, usage: tuple[int | None, int | None, int | None, int | None]
) -> None:
    found = ask(server, {"do": "send", "body": ANSWERED % given}).usage
    counts = (found.input_tokens, found.cached_input_tokens, found.output_tokens, found.reasoning_tokens)
    assert counts == usage


def test_reasoning_counted_beside_the_output_is_made_a_part_of_it() -> None:
    details = {"reasoning_tokens": 30}
    beside = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 42, "completion_tokens_details": details}
    within = {"prompt_tokens": 5, "completion_tokens": 37, "total_tokens": 42, "completion_tokens_details": details}
    assert [_usage(one, "prompt", "completion").output_tokens for one in (beside, within)] == [37, 37]


def test_zero_characters_and_half_characters_are_shown_as_such(server: Told) -> None:
    body = '{"choices": [{"message": {"content": "a\\u0000b\\ud800c"}, "finish_reason": "stop"}]}'
    assert ask(server, {"do": "send", "body": body}).choices[0].text == "a␀b?c"


def test_key_that_no_header_can_carry_is_refused() -> None:
    with pytest.raises(PermanentError) as refused:
        open_provider("openai", Connection("m", "http://127.0.0.1:9", Secret("schlüssel\n")))
    assert "schl" not in str(refused.value)
