"""A server that speaks OpenAI's chat completions and responses, run as a process of its own, and does as it is told.

`POST /tell` with a list of behaviours: the next calls get them, one each, in order; afterwards (or with none) calls are
answered: with the first of the texts of `POST /texts` (pairs of words and text) whose words are all in the prompt.
`GET /asked` returns the bodies and headers of all calls so far. Behaviours: `{"do": NAME, ...}`, see `_do`.
Run it: `python -m tests.comparisons.samplers.providers.server [--latency SECONDS]`; it prints its port.
"""

from __future__ import annotations

import argparse
import json
import socket
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROGRAM = "a, b = map(int, input().split())\nprint(a + b)\n"
USAGE = {"input": 120, "cached": 20, "output": 40, "reasoning": 15}


class Server(ThreadingHTTPServer):
    """`told`: behaviours to come. `asked`: calls so far. `most`: how many were open at once."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, latency_s: float, limit: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.latency_s, self.limit = latency_s, limit
        self.told: list[dict[str, Any]] = []
        self.texts: list[tuple[list[str], str]] = []
        self.asked: list[dict[str, Any]] = []
        self.answered = self.open = self.most = 0
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    def do_GET(self) -> None:
        with self.server.lock:
            found = {"asked": self.server.asked, "answered": self.server.answered, "most": self.server.most}
            self._json(found)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path in ("/tell", "/texts"):
            with self.server.lock:
                setattr(self.server, "told" if self.path == "/tell" else "texts", list(body))
            return self._json({})
        with self.server.lock:
            self.server.asked.append({"path": self.path, "headers": dict(self.headers), "body": body})
            told = self.server.told.pop(0) if self.server.told else {"do": "answer"}
            self.server.open += 1
            self.server.most = max(self.server.most, self.server.open)
            is_above = self.server.limit and self.server.open > self.server.limit
        try:
            self._do({"do": "status", "status": 429} if is_above else told, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with self.server.lock:
                self.server.open -= 1
        return None

    def _do(self, told: dict[str, Any], body: dict[str, Any]) -> None:
        time.sleep(told.get("latency_s", self.server.latency_s))
        is_stream = bool(body.get("stream"))
        kind = "text/event-stream" if is_stream else "application/json"
        match told["do"]:
            case "answer" | "length" | "refusal" | "filter" | "prose":
                self._answer(told, body)
                with self.server.lock:
                    self.server.answered += 1
            case "status":
                headers = dict(told.get("headers", {}))
                if "date_in_s" in told:
                    headers["Retry-After"] = formatdate(time.time() + told["date_in_s"], usegmt=True)
                error = {"message": told.get("message", "so it was told"), "code": told.get("code", "")}
                self._json({"error": error}, told["status"], headers)
            case "send":
                self._send(told["body"].encode(), 200, {"Content-Type": told.get("type", "application/json")})
            case "malformed":
                self._send(b"data: {not json\n\n" if is_stream else b"{not json", 200, {"Content-Type": kind})
            case "empty":
                self._send(b"", 200, {"Content-Type": kind})
            case "error":  # some servers answer 200 and put the error into the body or the stream
                error = {"error": {"message": "overloaded"}}
                self._start({"Content-Type": kind, "Connection": "close"})
                self._event(error) if is_stream else self.wfile.write(json.dumps(error).encode())
            case "cut":
                self._start(
                    {"Content-Type": kind, **({"Connection": "close"} if is_stream else {"Content-Length": "1000"})}
                )
                self._event(self._begun(body)) if is_stream else self.wfile.write(b'{"choices": [')
                self._hang_up()
            case "drip":
                self._for_ever(kind, b":" if is_stream else b" ", 0.05)
            case "endless":
                event = f"data: {json.dumps(self._begun(body))}\n\n".encode()
                self._for_ever(kind, event if is_stream else b" " * 100, told.get("every_s", 0.01))
            case "hang-up":
                self._hang_up()

    def _begun(self, body: dict[str, Any]) -> dict[str, Any]:
        """The first event of a stream."""
        if "messages" in body:
            return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "a"}}]}
        return {"type": "response.created", "response": {"object": "response", "status": "in_progress", "output": []}}

    def _for_ever(self, kind: str, piece: bytes, every_s: float) -> None:
        self._start({"Content-Type": kind, "Connection": "close"})
        while True:  # until the other side hangs up
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(every_s)

    def _answer(self, told: dict[str, Any], body: dict[str, Any]) -> None:
        kind = told["do"]
        prompt = str((body.get("messages") or body.get("input") or [{}])[-1].get("content"))
        known = (text for words, text in self.server.texts if all(word in prompt for word in words))
        text = told.get("text") or next(known, "") or f"Here it is.\n```python\n{PROGRAM}```\n"
        finish = {"length": "length", "filter": "content_filter"}.get(kind, "stop")
        refusal = "I cannot help with that." if kind == "refusal" else None
        if kind == "length":
            text = text[:30]
        if kind == "prose":
            text = "I do not know how to do it."
        form = self._chat if "messages" in body else self._responses
        form(body, text, finish, refusal, told)

    def _usage(self, told: dict[str, Any], asked: str, answered: str, n: int) -> Any:
        """Token counts in the API's words: those it was told to state, else the usual ones of `n` answers."""
        counts = told.get("usage", {**USAGE, "output": USAGE["output"] * n, "reasoning": USAGE["reasoning"] * n})
        if not isinstance(counts, dict):
            return counts
        usage: dict[str, Any] = {}
        for word, name, detail in ((asked, "input", "cached"), (answered, "output", "reasoning")):
            if name in counts:
                usage[f"{word}_tokens"] = counts[name]
            if detail in counts:
                usage[f"{word}_tokens_details"] = {f"{detail}_tokens": counts[detail]}
        return usage

    def _chat(self, body: dict[str, Any], text: str, finish: str, refusal: str | None, told: dict[str, Any]) -> None:
        n = told.get("choices", body.get("n", 1))
        usage = self._usage(told, "prompt", "completion", n)
        message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
        ends = [*told.get("finishes", ()), *[finish] * n][:n]
        if not body.get("stream"):
            choices = [{"index": i, "message": message, "finish_reason": ends[i]} for i in range(n)]
            self._json({"object": "chat.completion", "model": body["model"], "choices": choices, "usage": usage})
            return
        self._start({"Content-Type": "text/event-stream", "Connection": "close"})
        base = {"object": "chat.completion.chunk", "model": body["model"]}
        for i in range(n):
            name, words = ("refusal", refusal) if refusal else ("content", text)
            for at in range(0, len(words), 7):
                self._event({**base, "choices": [{"index": i, "delta": {name: words[at : at + 7]}}]})
            self._event({**base, "choices": [{"index": i, "delta": {}, "finish_reason": ends[i]}]})
        self._event({**base, "choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _responses(
        self, body: dict[str, Any], text: str, finish: str, refusal: str | None, told: dict[str, Any]
    ) -> None:
        part = {"type": "refusal", "refusal": refusal} if refusal else {"type": "output_text", "text": text}
        reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(finish)
        answer = {
            "object": "response",
            "model": body["model"],
            "status": "incomplete" if reason else "completed",
            "incomplete_details": {"reason": reason} if reason else None,
            "output": [
                {"type": "reasoning", "summary": []},
                {"type": "message", "role": "assistant", "content": [part]},
            ][: None if told.get("choices", 1) else 1],
            "usage": self._usage(told, "input", "output", 1),
        }
        if not body.get("stream"):
            return self._json(answer)
        self._start({"Content-Type": "text/event-stream", "Connection": "close"})
        self._event({"type": "response.created", "response": {**answer, "status": "in_progress", "output": []}})
        self._event({"type": "response.output_text.delta", "delta": text[:5]})
        return self._event({"type": "response.incomplete" if reason else "response.completed", "response": answer})

    def _event(self, found: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(found)}\n\n".encode())

    def _json(self, found: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(json.dumps(found).encode(), status, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self._start({**headers, "Content-Length": str(len(content))}, status)
        self.wfile.write(content)

    def _start(self, headers: dict[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if headers.get("Connection") == "close":
            self.close_connection = True
        self.end_headers()

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--limit", type=int, default=0, help="calls open at once above which 429 is answered")
    given = parser.parse_args()
    server = Server(given.latency, given.limit)
    print(server.server_address[1], flush=True)
    server.serve_forever()
