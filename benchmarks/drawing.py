"""Drawing 10,000 candidates of 4 KB against a local server that answers after 200 ms: `python -m benchmarks.drawing`
prints one JSON line each for the rate, the CPU per draw and the memory, beside the ideal rate and a bare httpx loop of
the same run."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx

LATENCY_S, CONCURRENCY, DRAWS = 0.2, 64, 10_000
#: Answers of the bare loop.
BARE = 3000
IDEAL = CONCURRENCY / LATENCY_S
TEXT = "x" * 4000 + "\n```python\nprint(1)\n```\n"
ANSWER = json.dumps(
    {
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 1000},
    }
).encode()


def run() -> Iterator[dict[str, Any]]:
    """The figures, the bare loop's first."""
    with serving() as address:
        bare_rate, bare_cpu_s = bare(address)
        with tempfile.TemporaryDirectory(prefix="podium-bench-") as home:
            found = drawn(address, home)
    yield {
        "name": "drawing_rate",
        "value": found["rate"],
        "unit": "draws/s",
        "floor": IDEAL,
        "ratio": found["rate"] / IDEAL,
    }
    yield {
        "name": "drawing_rate_beside_httpx",
        "value": found["rate"],
        "unit": "draws/s",
        "floor": bare_rate,
        "ratio": found["rate"] / bare_rate,
    }
    yield {
        "name": "drawing_cpu",
        "value": found["cpu_s"] * 1000,
        "unit": "ms/draw",
        "floor": bare_cpu_s * 1000,
        "ratio": found["cpu_s"] / bare_cpu_s,
    }
    yield {
        "name": "drawing_memory_growth",
        "value": found["grown_mib"],
        "unit": f"MiB over the last half of {DRAWS} draws",
        "floor": found["half_mib"],
        "ratio": found["grown_mib"] / found["half_mib"],
    }


def bare(address: str) -> tuple[float, float]:
    """(answers a second, CPU seconds an answer) of httpx alone in as many threads."""
    body = {"model": "m", "messages": [{"role": "user", "content": "x" * 3000}]}
    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    with httpx.Client(limits=limits, timeout=30) as client, ThreadPoolExecutor(CONCURRENCY) as pool:
        ask = lambda _: client.post(f"{address}/chat/completions", json=body).json()  # noqa: E731
        list(pool.map(ask, range(CONCURRENCY)))
        began, cpu = time.perf_counter(), time.process_time()
        list(pool.map(ask, range(BARE)))
        return BARE / (time.perf_counter() - began), (time.process_time() - cpu) / BARE


def drawn(address: str, home: str) -> dict[str, float]:
    """What a process of its own measures of its own shift."""
    environ = {**os.environ, "PODIUM_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-m", "benchmarks.drawing", "draw", address]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def draw_here(address: str) -> dict[str, float]:
    """Draws a pool in this process, from the moment its limit has grown to the full number of calls."""
    import django

    django.setup()
    from django.core.management import call_command

    from comparisons.actions.drawing import sample
    from comparisons.actions.judging import work_inline
    from comparisons.models import LanguageModel
    from comparisons.stages import requesting
    from tests.comparisons.asked import make_asked_model, make_set
    from tests.factories import make_user

    call_command("migrate", verbosity=0)
    user = make_user("ada")
    model: LanguageModel = make_asked_model(user, address, max_concurrency=CONCURRENCY, timeout_s=30.0)
    problem_set = make_set(user, problems=4)
    pool, _ = sample(user, problem_set=problem_set, model=model, n=DRAWS // 4, enqueue=False)
    marks: list[tuple[int, float, float, float]] = []
    written = 0
    write = requesting.write_endings

    def counted(*args: Any, **kwargs: Any) -> str:
        nonlocal written
        said = write(*args, **kwargs)
        written += len(args[1])
        marks.append((written, time.perf_counter(), time.process_time(), _resident_mib()))
        return said

    requesting.write_endings = counted
    work_inline(pool)
    grown = next(mark for mark in marks if mark[0] >= 4 * CONCURRENCY)
    half = next(mark for mark in marks if mark[0] >= DRAWS / 2)
    # The last calls wait for no others: they are no measure of the rate.
    last = next(mark for mark in marks if mark[0] >= DRAWS - CONCURRENCY)
    n = last[0] - grown[0]
    return {
        "rate": n / (last[1] - grown[1]),
        "cpu_s": (last[2] - grown[2]) / n,
        "half_mib": half[3],
        "grown_mib": marks[-1][3] - half[3],
    }


def _resident_mib() -> float:
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * resource.getpagesize() / (1 << 20)


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server process."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.drawing", "serve"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def serve() -> None:
    """Answers every POST after LATENCY_S."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n".encode()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in request.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                await asyncio.sleep(LATENCY_S)
                writer.write(head + ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> int:
    """Prints the lines, or plays the part that another process of this module gave it."""
    match sys.argv[1:]:
        case ["serve"]:
            asyncio.run(serve())
        case ["draw", address]:
            print(json.dumps(draw_here(address)))
        case _:
            for line in run():
                print(json.dumps(line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
