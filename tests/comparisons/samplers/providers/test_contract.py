"""Every provider keeps the same contract; those over HTTP against a real server process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from comparisons.samplers.providers import (
    PROVIDERS,
    Choice,
    Connection,
    Draws,
    Message,
    PermanentError,
    Prompt,
    Provider,
    SamplingParameters,
    Secret,
    Usage,
    open_provider,
)
from tests.comparisons.samplers.providers.server import PROGRAM, USAGE
from tests.comparisons.samplers.providers.serving import Told, serving

KEY = "sk-very-secret-4711"
PROMPT = Prompt((Message("system", "You write programs."), Message("user", "Add two numbers.")))
PARAMETERS = SamplingParameters(temperature=0.8, max_tokens=4096)
DRAWS = Draws("sums")
TEXT = f"Here it is.\n```python\n{PROGRAM}```\n"
KINDS = ("chat", "chat-stream", "responses", "responses-stream", "recorded")


@pytest.fixture(scope="module")
def server() -> Iterator[Told]:
    with serving() as told:
        yield told


@dataclass(frozen=True)
class Teller:
    """A provider, and how its next answer is made to be one of the server's behaviours."""

    kind: str
    provider: Provider
    tell: Callable[[str], Draws]


@pytest.fixture(params=KINDS)
def told(request: pytest.FixtureRequest, server: Told, tmp_path: Path) -> Iterator[Teller]:
    kind: str = request.param
    if kind == "recorded":
        path = tmp_path / "answers.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in _recorded().values()))
        provider = open_provider("recorded", Connection("m", responses=path))
        order = list(_recorded())
        yield Teller(kind, provider, lambda name: replace(DRAWS, index=order.index(name)))
    else:
        address = server.address + ("/responses" if kind.startswith("responses") else "")
        connection = Connection("m", address, Secret(KEY), stream=kind.endswith("stream"))

        def tell(name: str) -> Draws:
            server.tell({"do": name})
            return DRAWS

        yield Teller(kind, provider := open_provider("openai", connection), tell)
    provider.close()


def _recorded() -> dict[str, dict[str, object]]:
    usage = {
        "input_tokens": USAGE["input"],
        "cached_input_tokens": USAGE["cached"],
        "output_tokens": USAGE["output"],
        "reasoning_tokens": USAGE["reasoning"],
    }
    line = {"problem": "sums", "raw": TEXT, "usage": usage, "latency_s": 0.5, "finish_reason": "stop"}
    return {
        "answer": line,
        "length": {**line, "raw": TEXT[:30], "finish_reason": "length"},
        "refusal": {**line, "raw": "", "refusal": "I cannot help with that."},
    }


def test_answer_comes_with_text_tokens_and_time(told: Teller) -> None:
    found = told.provider.complete(PROMPT, PARAMETERS, told.tell("answer"))
    assert found.choices == (Choice(TEXT, "stop"),)
    assert found.usage == Usage(USAGE["input"], USAGE["cached"], USAGE["output"], USAGE["reasoning"])
    assert found.latency_s is not None and found.latency_s >= 0


def test_answer_that_was_cut_off_says_so(told: Teller) -> None:
    found = told.provider.complete(PROMPT, PARAMETERS, told.tell("length"))
    reason = "max_output_tokens" if told.kind.startswith("responses") else "length"
    assert found.choices == (Choice(TEXT[:30], reason),)


def test_refusal_is_an_answer(told: Teller) -> None:
    found = told.provider.complete(PROMPT, PARAMETERS, told.tell("refusal"))
    assert [(one.text, one.refusal) for one in found.choices] == [("", "I cannot help with that.")]


def test_calls_from_several_threads_at_once_are_kept_apart(told: Teller) -> None:
    draws = told.tell("answer")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: told.provider.complete(PROMPT, PARAMETERS, draws), range(24)))
    assert [one.choices for one in found] == [(Choice(TEXT, "stop"),)] * 24


def test_key_is_in_no_representation(told: Teller) -> None:
    assert KEY not in repr(told.provider) + repr(vars(told.provider)) + str(told.provider)


def test_several_draws_in_one_call_share_its_input(server: Told, tmp_path: Path) -> None:
    server.tell()
    path = tmp_path / "answers.jsonl"
    line = _recorded()["answer"]
    path.write_text("".join(json.dumps({**line, "index": i}) + "\n" for i in range(3)))
    three = replace(DRAWS, n=3)
    with closing(open_provider("openai", Connection("m", server.address))) as provider:
        live = provider.complete(PROMPT, PARAMETERS, three)
    with closing(open_provider("recorded", Connection("m", responses=path))) as provider:
        kept = provider.complete(PROMPT, PARAMETERS, three)
    assert (len(live.choices), len(kept.choices)) == (3, 3)
    assert (live.usage.input_tokens, live.usage.output_tokens) == (USAGE["input"], 3 * USAGE["output"])
    assert (kept.usage.output_tokens, kept.latency_s) == (3 * USAGE["output"], 0.5)


def test_every_provider_of_the_folder_is_found() -> None:
    assert sorted(PROVIDERS) == ["openai", "recorded"]


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("opnai", "there is no provider 'opnai'; there are openai, recorded"),
        ("openai", "the provider openai needs the endpoint of m"),
        ("recorded", "the provider recorded needs the responses of m"),
    ],
)
def test_provider_without_what_it_needs_is_refused(slug: str, said: str) -> None:
    with pytest.raises(PermanentError) as refused:
        open_provider(slug, Connection("m"))
    assert str(refused.value) == said
