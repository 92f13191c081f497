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
    Usage,
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
    ("told", "said"),
    [
        ({"do": "send", "body": "[1]"}, "the answer is no JSON object"),
        ({"do": "send", "body": "{}"}, 'the answer has no "choices"'),
        ({"do": "send", "body": '{"choices": [3]}'}, '"choices" of the answer is no list of objects'),
        ({"do": "send", "body": '{"choices": [{}]}'}, 'a choice of the answer has no "message"'),
    ],
)
def test_answer_that_is_none_is_malformed(server: Told, told: dict[str, Any], said: str) -> None:
    error = failure(server, told)
    assert isinstance(error, MalformedAnswer)
    assert (error.kind, str(error)) == ("malformed", said)


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


@pytest.mark.parametrize("stream", [False, True])
def test_key_that_an_endpoint_repeats_is_struck_out_of_the_answer(server: Told, stream: bool) -> None:
    server.answer((["Add two numbers."], f"You are {KEY}, are you not?"))
    try:
        found = ask(server, {"do": "answer"}, stream=stream)
    finally:
        server.answer()
    assert [choice.text for choice in found.choices] == ["You are [key], are you not?"]


def test_word_that_stands_in_for_a_key_is_left_in_answers(server: Told) -> None:
    server.answer((["Add two numbers."], "print(a + b)"))
    server.tell({"do": "answer"})
    try:
        with closing(open_provider("openai", Connection("m", server.address, Secret("a"), timeout_s=5))) as provider:
            found = provider.complete(PROMPT, SamplingParameters(max_tokens=100), Draws("sums"))
    finally:
        server.answer()
    assert found.choices[0].text == "print(a + b)"


def test_parameters_of_a_persons_own_never_replace_what_draws_and_money_are_counted_by(server: Told) -> None:
    server.tell()
    connection = Connection("m", server.address)
    own = {"n": 8, "max_tokens": 9, "model": "dearer", "stream": True, "messages": [], "top_k": 5}
    with closing(open_provider("openai", connection)) as provider:
        provider.complete(PROMPT, SamplingParameters(max_tokens=100, extra=own), Draws("sums", n=2))
    body = server.seen()["asked"][-1]["body"]
    assert (body["n"], body["max_tokens"], body["model"], body["top_k"]) == (2, 100, "m", 5)
    assert len(body["messages"]) == 1


def test_prompt_that_was_filtered_has_unknown_tokens(server: Told) -> None:
    found = ask(server, {"do": "status", "status": 400, "code": "content_filter", "message": "not this"})
    assert found.usage == Usage()
    assert found.latency_s > 0


@pytest.mark.parametrize("character", ["\ud800", "\0"])
def test_error_says_no_character_that_a_database_refuses(server: Told, character: str) -> None:
    error = failure(server, {"do": "status", "status": 400, "message": f"bad {character} char"})
    assert error.reason.encode().count(b"\0") == 0
    assert "bad " in error.reason and " char" in error.reason
