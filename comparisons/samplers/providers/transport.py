"""JSON over HTTP for providers: one POST in, an answer or a classed error out. Knows no API.

A whole call has a deadline, which a server that drips a byte a second cannot evade. No error names the key, the
request's headers or its body.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from comparisons.samplers.providers.protocol import (
    Clock,
    Connection,
    MalformedAnswer,
    PermanentError,
    ProviderError,
    RetryableError,
)
from comparisons.samplers.providers.reach import Reach, host_of

if TYPE_CHECKING:
    import httpx

#: Bytes; an answer above it is none.
LARGEST_ANSWER = 64 << 20
#: Seconds that are waited at most because a provider asked for it.
LONGEST_WAIT_S = 3600.0
_CONNECT_S = 20.0
_SAID = 300
#: Statuses after which the same call may succeed.
_RETRYABLE = frozenset({408, 409, 425, 429})
#: Words for a limit that no waiting lifts.
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
#: "invalid_prompt" is what OpenAI says of one that it flagged.
_FILTERED = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})
_TOO_LONG = frozenset({"context_length_exceeded", "string_above_max_length"})
_USERINFO = re.compile(r"://[^/@\s]+@")


@dataclass(frozen=True)
class Answer:
    """The JSON objects of an answer (one, or one per event of a stream) and how long it took."""

    objects: tuple[Mapping[str, Any], ...]
    latency_s: float
    request_id: str = ""


class Filtered(PermanentError):
    """The provider refused the prompt itself, before the model saw it. The API's client makes a refusal of it."""

    kind = "refused"


class Transport:
    """Connections to one endpoint: each thread has its own, because a pool that 64 threads share costs more than the
    calls themselves (it looks through all its connections for every call)."""

    def __init__(self, connection: Connection, clock: Clock, *, headers: Mapping[str, str]) -> None:
        self._clock = clock
        self._key = connection.key
        self._timeout_s = connection.timeout_s
        self._reach = connection.reach
        self._headers = dict(headers)
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise PermanentError("the API key holds characters that no header can carry", kind="key")
        import httpx  # slow, with all its terminal colours: most processes speak to no provider

        self._trust = httpx.create_ssl_context()  # reading it for every client would take longer than a call
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._clients: list[httpx.Client] | None = []

    def __repr__(self) -> str:
        return "Transport(…)"

    def post(self, url: str, body: Mapping[str, Any], *, stream: bool = False) -> Answer:
        """The answer to `body`. Raises ProviderError, its `latency_s` set."""
        import httpx  # as above

        began = self._clock.monotonic()
        try:
            return self._post(url, body, began, stream=stream)
        except ProviderError as error:
            error.latency_s = self._clock.monotonic() - began
            raise
        except httpx.TimeoutException as error:
            reason = "could not be reached in time" if isinstance(error, httpx.ConnectTimeout) else "did not answer"
            charged = False if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout) else None
            failed = RetryableError(f"the endpoint {reason}", kind="timeout", is_charged=charged)
        except httpx.ConnectError as error:
            failed = RetryableError(
                f"the endpoint cannot be reached: {self._said(str(error))}", kind="connection", is_charged=False
            )
        except (httpx.HTTPError, httpx.StreamError, RuntimeError) as error:
            # RuntimeError: the client was closed under a call.
            failed = RetryableError(f"the answer broke off: {self._said(str(error))}", kind="cut")
        except (httpx.InvalidURL, UnicodeError) as error:
            raise PermanentError(f"the endpoint's address is none: {self._said(str(error))}", kind="address") from None
        failed.latency_s = self._clock.monotonic() - began
        raise failed from None

    def close(self) -> None:
        """Breaks off what is open."""
        with self._lock:
            clients, self._clients = self._clients or [], None
        for client in clients:
            client.close()

    def _client(self) -> httpx.Client:
        """This thread's client. Raises RuntimeError once the transport was closed, as a closed client does."""
        import httpx  # as above

        client: httpx.Client | None = getattr(self._mine, "client", None)
        if client is None:
            client = httpx.Client(
                timeout=httpx.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s)),
                headers=self._headers,
                verify=self._trust,
                follow_redirects=False,
            )
            with self._lock:
                if self._clients is None:
                    client.close()
                    raise RuntimeError("the connection was closed")
                self._clients.append(client)
            self._mine.client = client
        return client

    def _post(self, url: str, body: Mapping[str, Any], began: float, *, stream: bool) -> Answer:
        watched = {} if self._reach is None or self._reach.is_any else {"trace": _watch(self._reach, url)}
        with self._client().stream("POST", url, json=body, extensions=watched) as response:
            content = self._read(response, began)
        latency_s = self._clock.monotonic() - began
        if response.status_code != 200:
            raise self._fault(response, content)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        request_id = response.headers.get("x-request-id", "")[:120]
        if kind == "text/event-stream":
            objects = tuple(_events(content))
        elif kind.endswith("json"):
            objects = (_object(content),)
        else:
            raise MalformedAnswer(f"the answer is {kind or 'of no stated type'}, not JSON")
        for found in objects:
            self._check_error(found)
        return Answer(objects, latency_s, request_id)

    def _read(self, response: httpx.Response, began: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise MalformedAnswer(f"the answer is larger than {LARGEST_ANSWER >> 20} MiB")
            if self._clock.monotonic() - began > self._timeout_s:
                raise RetryableError(f"the answer was not complete after {self._timeout_s:g} s", kind="timeout")
        return b"".join(parts)

    def _fault(self, response: httpx.Response, content: bytes) -> ProviderError:
        """The error of an answer that is not 200."""
        status = response.status_code
        code, said = _error_of(content)
        said = self._said(said)
        what = f"{status} {response.reason_phrase}".strip() + (f": {said}" if said else "")
        if status == 429 and code in _QUOTA:
            return PermanentError(f"the quota is used up ({what})", kind="quota")
        if status in _RETRYABLE or status >= 500:
            kind = "rate-limit" if status == 429 else "overloaded" if status in (503, 529) else "server"
            # The body is not read as an answer, so whether a 5xx was paid for nobody says; 429 is refused unread.
            charged = False if status in (429, 503, 529) else None
            wait = retry_after(response.headers, self._clock.now())
            return RetryableError(what, kind=kind, is_charged=charged, retry_after_s=wait)
        if 300 <= status < 400:
            # Followed, it would take the prompt and perhaps the key to where nobody said they may go.
            return PermanentError(f"the endpoint sends on to another address ({what})", kind="address")
        if status in (401, 403):
            return PermanentError(f"the API key was not accepted ({what})", kind="key")
        if status == 404:
            return PermanentError(f"the endpoint knows no such model or address ({what})", kind="unknown-model")
        if code in _FILTERED:
            return Filtered(said or what, concerns_all=False)
        is_too_long = code in _TOO_LONG or status == 413 or "context length" in said.lower()
        return PermanentError(
            f"the request was not accepted ({what})",
            kind="too-long" if is_too_long else "rejected",
            concerns_all=not is_too_long,
        )

    def _check_error(self, found: Mapping[str, Any]) -> None:
        """Some servers answer 200 and put the error into the body or the stream."""
        error = found.get("error")
        if not error:
            return
        said = error.get("message") if isinstance(error, Mapping) else error
        raise RetryableError(f"the provider answered with an error: {self._said(str(said))}", kind="server")

    def _said(self, text: str) -> str:
        """What the other side said: one line, its beginning, without keys."""
        line = _USERINFO.sub("://", " ".join(text.split()))
        if self._key is not None:
            line = self._key.hidden(line)
        return line if len(line) <= _SAID else f"{line[:_SAID]}…"


def _watch(reach: Reach, url: str) -> Callable[[str, Mapping[str, Any]], None]:
    """A callback for httpx's `trace` that checks where a connection led before a byte is sent over it. A proxy that the
    environment names is left alone: where it goes is its own rule."""
    goal = host_of(url)
    connects_to = ""

    def watching(event: str, info: Mapping[str, Any]) -> None:
        nonlocal connects_to
        if event == "connection.connect_tcp.started":
            connects_to = host_of(f"//{info['host']}") or str(info["host"])
        elif event == "connection.connect_tcp.complete" and connects_to == goal:
            stream = info["return_value"]
            refusal = reach.peer_refusal(url, str(stream.get_extra_info("server_addr")[0]))
            if refusal:
                stream.close()
                raise PermanentError(refusal, kind="address")

    return watching


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the provider asks to be waited (`Retry-After` in seconds or as a date, `retry-after-ms`), at most an
    hour; None where it does not say or says nonsense. Source: RFC 9110, section 10.2.3."""
    given = headers.get("retry-after-ms", "")
    if (wait := _seconds(given)) is not None:
        return min(wait / 1000, LONGEST_WAIT_S)
    given = headers.get("retry-after", "").strip()
    if (wait := _seconds(given)) is None:
        try:
            until = parsedate_to_datetime(given).timestamp()
        except (TypeError, ValueError, OverflowError):
            return None
        # By the server's own clock where it shows it: ours may be off by more than the wait.
        with suppress(TypeError, ValueError, OverflowError):
            now = parsedate_to_datetime(headers.get("date", "")).timestamp()
        wait = max(0.0, until - now)
    return min(wait, LONGEST_WAIT_S)


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _object(content: bytes) -> Mapping[str, Any]:
    if not content.strip():
        raise MalformedAnswer("the answer is empty")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise MalformedAnswer("the answer is no JSON") from None
    if not isinstance(found, Mapping):
        raise MalformedAnswer("the answer is no JSON object")
    return found


def _events(content: bytes) -> Iterator[Mapping[str, Any]]:
    """The objects of a stream of server-sent events, without its closing `[DONE]`."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise MalformedAnswer("the stream is not UTF-8") from None
    for event in re.split(r"\r?\n\r?\n", text):
        data = "\n".join(line[5:].removeprefix(" ") for line in event.splitlines() if line.startswith("data:"))
        if data and data.strip() != "[DONE]":
            yield _object(data.encode())


def _error_of(content: bytes) -> tuple[str, str]:
    """(code, message) of an error's body, "" where it says none."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return "", ""
    error = found.get("error", found) if isinstance(found, dict) else None
    if isinstance(error, str):
        return "", error
    if not isinstance(error, dict):
        return "", ""
    code = error.get("code") or error.get("type") or ""
    return str(code), str(error.get("message") or error.get("detail") or "")
