"""OpenAI-compatible endpoints: chat completions, and the newer responses form.

The endpoint's address says which: one that ends in `/responses` is asked in the responses form, every other with chat
completions, at `<endpoint>/chat/completions` unless the address ends so already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from comparisons.samplers.providers.protocol import (
    Choice,
    Clock,
    Completion,
    Connection,
    Draws,
    MalformedAnswer,
    Prompt,
    Provider,
    ProviderKind,
    RetryableError,
    SamplingParameters,
    Secret,
    Usage,
    storable,
)
from comparisons.samplers.providers.transport import Answer, Filtered, Transport

#: Characters of what counts as a key that must not be found in an answer.
SHORTEST_SECRET = 16
_CHAT, _RESPONSES = "/chat/completions", "/responses"
#: Finish reasons of servers that broke off themselves (OpenRouter, vLLM): nobody answered.
_BROKEN = frozenset({"error", "abort"})
#: How an address may end that says in which form it is asked.
FORMS = (_CHAT, _RESPONSES)


class OpenAI:
    """A model behind an OpenAI-compatible endpoint."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._key = connection.key
        key = connection.key.reveal() if connection.key else ""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._transport = Transport(connection, clock, headers={**headers, "User-Agent": "podium"})
        self._model = connection.model
        self._stream = connection.stream
        address = connection.endpoint.rstrip("/")
        self._is_responses = is_responses(address)
        self._url = address if address.endswith((_CHAT, _RESPONSES)) else address + _CHAT
        # OpenAI's own reasoning models refuse the older word, many other servers do not know the newer one.
        host = urlsplit(address).hostname or ""
        self._max_tokens = "max_completion_tokens" if host.endswith("openai.com") else "max_tokens"

    def __repr__(self) -> str:
        return f"OpenAI({self._model!r})"

    def complete(self, prompt: Prompt, parameters: SamplingParameters, draws: Draws) -> Completion:
        """One call, which asks for all the draws at once (in the responses form: for one)."""
        body = self._body(prompt, parameters, draws)
        try:
            answer = self._transport.post(self._url, body, stream=self._stream)
        except Filtered as refused:
            # An answer like any other: this draw was refused. It keeps its place and is not asked for again.
            choice = Choice("", "content_filter", refused.reason)
            # What reading the prompt was billed at, nobody says.
            return Completion((choice,) * draws.n, Usage(), refused.latency_s)
        read = self._read_responses if self._is_responses else self._read_chat
        return _whole(answer, read) if self._key is None else _without(self._key, _whole(answer, read))

    def close(self) -> None:
        """Breaks off what is open."""
        self._transport.close()

    def _body(self, prompt: Prompt, parameters: SamplingParameters, draws: Draws) -> dict[str, Any]:
        messages = [{"role": message.role, "content": message.text} for message in prompt.messages]
        body: dict[str, Any] = {"model": self._model}
        if self._is_responses:
            effort = {"effort": parameters.effort} if parameters.effort else None
            body |= {"input": messages, "store": False, "reasoning": effort}
            body |= {"max_output_tokens": parameters.max_tokens}
        else:
            body |= {"messages": messages, "n": draws.n if draws.n > 1 else None, "seed": parameters.seed}
            body |= {self._max_tokens: parameters.max_tokens, "reasoning_effort": parameters.effort or None}
        body |= {"temperature": parameters.temperature, "top_p": parameters.top_p}
        if self._stream:
            body |= {"stream": True, "stream_options": None if self._is_responses else {"include_usage": True}}
        # What is unknown is not said. A person's own words never replace what draws and money are counted by.
        own = {name: value for name, value in parameters.extra.items() if name not in body}
        if self._is_responses and isinstance(parameters.extra.get("reasoning"), Mapping):
            own["reasoning"] = {**parameters.extra["reasoning"], **(body.pop("reasoning") or {})}
        return {name: value for name, value in {**body, **own}.items() if value is not None}

    def _read_chat(self, answer: Answer) -> Completion:
        found = answer.objects[-1] if len(answer.objects) == 1 else {}
        if _is_stream(answer, "chat.completion.chunk"):
            found = _joined(answer.objects)
        choices = _list(found, "choices")
        if not choices:
            raise MalformedAnswer('the answer has no "choices"')
        whole = [one for one in choices if not one.get("error") and _text(one, "finish_reason") not in _BROKEN]
        if not whole:
            raise RetryableError("the provider broke the answer off by an error of its own", kind="server")
        ordered = sorted(whole, key=lambda choice: _int(choice, "index") or 0)
        return Completion(
            tuple(map(_chat_choice, ordered)),
            _usage(found.get("usage"), "prompt", "completion"),
            answer.latency_s,
            _text(found, "model"),
            answer.request_id,
        )

    def _read_responses(self, answer: Answer) -> Completion:
        found: Mapping[str, Any] = answer.objects[-1] if answer.objects else {}
        if "response" in found and str(found.get("type", "")).startswith("response."):
            # Of a stream only the last event matters: it repeats the whole answer.
            found = found["response"] if isinstance(found["response"], Mapping) else {}
        status = _text(found, "status")
        if status in ("in_progress", "queued"):
            raise RetryableError("the answer broke off before its end", kind="cut")
        if status in ("failed", "cancelled"):
            raise RetryableError(f"the provider's status of the answer is {status}", kind="server")
        output = _list(found, "output")
        if "output" not in found:
            raise MalformedAnswer('the answer has no "output"')
        parts = [part for item in output if item.get("type") == "message" for part in _list(item, "content")]
        text = "".join(_text(part, "text") for part in parts if part.get("type") == "output_text")
        refusal = "".join(_text(part, "refusal") for part in parts if part.get("type") == "refusal")
        details = found.get("incomplete_details")
        reason = _text(details, "reason") if isinstance(details, Mapping) else ""
        finish = (reason or "incomplete") if status == "incomplete" else "refusal" if refusal else "stop"
        return Completion(
            (Choice(text, finish, refusal),),
            _usage(found.get("usage"), "input", "output"),
            answer.latency_s,
            _text(found, "model"),
            answer.request_id,
        )


def _without(key: Secret, completion: Completion) -> Completion:
    """The answers with the key struck out, should the endpoint have repeated it: they are stored and exported. A short
    key is a word that stands in for one, as servers without keys want it, and may well be part of a program."""
    if len(key.reveal()) < SHORTEST_SECRET:
        return completion
    choices = (
        Choice(key.hidden(one.text), key.hidden(one.finish_reason), key.hidden(one.refusal))
        for one in completion.choices
    )
    return replace(completion, choices=tuple(choices))


def _whole(answer: Answer, read: Callable[[Answer], Completion]) -> Completion:
    """What `read` makes of the answer; its errors know the latency."""
    try:
        return read(answer)
    except RetryableError as error:
        error.latency_s = answer.latency_s
        raise


def _is_stream(answer: Answer, kind: str) -> bool:
    return len(answer.objects) != 1 or answer.objects[0].get("object") == kind


def _joined(chunks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A stream's pieces as the one object that would have come without streaming. Raises RetryableError where a choice
    has no end: the stream was cut."""
    if not chunks:
        raise MalformedAnswer("the answer is empty")
    choices: dict[int, dict[str, Any]] = {}
    found: dict[str, Any] = {}
    for chunk in chunks:
        found |= {name: chunk[name] for name in ("model", "usage") if chunk.get(name)}
        for piece in _list(chunk, "choices"):
            index = _int(piece, "index") or 0
            choice = choices.setdefault(index, {"index": index, "content": [], "refusal": [], "finish_reason": ""})
            delta = piece.get("delta")
            if isinstance(delta, Mapping):
                for name in ("content", "refusal"):
                    choice[name].append(_text(delta, name))
            choice["finish_reason"] = _text(piece, "finish_reason") or choice["finish_reason"]
    if not choices or not all(choice["finish_reason"] for choice in choices.values()):
        raise RetryableError("the stream was cut before its end", kind="cut")
    for choice in choices.values():
        choice["message"] = {name: "".join(choice.pop(name)) for name in ("content", "refusal")}
    return {**found, "choices": list(choices.values())}


def _chat_choice(choice: Mapping[str, Any]) -> Choice:
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise MalformedAnswer('a choice of the answer has no "message"')
    content = message.get("content")
    if isinstance(content, list):  # some servers answer in parts
        text = "".join(_text(part, "text") for part in content if isinstance(part, Mapping))
    else:
        text = _text(message, "content")
    return Choice(text, _text(choice, "finish_reason"), _text(message, "refusal"))


def _usage(given: Any, asked: str, answered: str) -> Usage:
    """Token counts, made inclusive. `asked` and `answered`: the API's words for input and output."""
    if not isinstance(given, Mapping):
        return Usage()
    tokens_in, tokens_out = _int(given, f"{asked}_tokens"), _int(given, f"{answered}_tokens")
    cached = _detail(given, f"{asked}_tokens_details", "cached_tokens")
    reasoning = _detail(given, f"{answered}_tokens_details", "reasoning_tokens")
    total = _int(given, "total_tokens")
    if tokens_in is not None and tokens_out is not None and reasoning and total == tokens_in + tokens_out + reasoning:
        tokens_out += reasoning  # a few servers count reasoning beside the output
    if cached is not None and tokens_in is not None and cached > tokens_in:
        cached = None
    if reasoning is not None and tokens_out is not None and reasoning > tokens_out:
        reasoning = None
    return Usage(tokens_in, cached, tokens_out, reasoning)


def _detail(given: Mapping[str, Any], name: str, key: str) -> int | None:
    details = given.get(name)
    return _int(details, key) if isinstance(details, Mapping) else None


def _list(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = found.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise MalformedAnswer(f'"{name}" of the answer is no list of objects')
    return value


def _text(found: Mapping[str, Any], name: str) -> str:
    """The text under a key, as a database takes it; "" where there is none."""
    value = found.get(name)
    return storable(value) if isinstance(value, str) else ""


def _int(found: Mapping[str, Any], name: str) -> int | None:
    value = found.get(name)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None


def is_responses(endpoint: str) -> bool:
    """True where an address is asked in the responses form."""
    return endpoint.rstrip("/").endswith(_RESPONSES)


def lacks(endpoint: str) -> frozenset[str]:
    """The responses form knows neither a seed nor several choices of a call."""
    return frozenset({"seed", "choices_per_call"}) if is_responses(endpoint) else frozenset()


def _open(connection: Connection, clock: Clock) -> Provider:
    return OpenAI(connection, clock)


PROVIDER = ProviderKind(
    slug="openai",
    title="OpenAI-compatible",
    summary="Any endpoint that speaks OpenAI's chat completions or responses: hosted models, vLLM, llama.cpp, proxies.",
    open=_open,
    needs=frozenset({"endpoint"}),
    takes_several=True,
    lacks=lacks,
)
