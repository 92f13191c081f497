"""Which hosts may be asked: by the address as it is given, and by where its name led."""

from __future__ import annotations

from contextlib import closing

import pytest

from comparisons.samplers.providers import (
    Connection,
    Draws,
    Message,
    PermanentError,
    Prompt,
    Reach,
    SamplingParameters,
    Secret,
    open_provider,
)
from tests.comparisons.samplers.providers.serving import serving

INTERNAL = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "[::1]", "[::]", "[fe80::1%25eth0]", "[fd00::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[ff02::1]",
)  # fmt: skip


@pytest.mark.parametrize("host", INTERNAL)
def test_public_is_nothing_inside(host: str) -> None:
    assert Reach(["public"]).refusal(f"http://{host}:8001/v1").endswith("is not among the hosts that may be asked here")
    assert Reach(["public"]).peer_refusal("http://model.example/v1", host.strip("[]").replace("%25", "%"))


@pytest.mark.parametrize(
    ("words", "endpoint", "is_allowed"),
    [
        (["any"], "http://127.0.0.1:8001/v1", True),
        (["public"], "https://api.example.com/v1", True),
        (["public"], "https://8.8.8.8/v1", True),
        (["public", "127.0.0.1"], "http://127.0.0.1:8001/v1", True),
        (["public", "10.1.0.0/16"], "http://10.1.7.7/v1", True),
        (["public", "10.1.0.0/16"], "http://10.2.7.7/v1", False),
        (["fd00::/8"], "http://[fd00::7]/v1", True),
        (["llama"], "http://LLAMA.:8001/v1", True),
        (["llama"], "http://llama2/v1", False),
        ([".example.com"], "https://api.example.com/v1", True),
        ([".example.com"], "https://example.com.evil.net/v1", False),
        ([".example.com"], "https://badexample.com/v1", False),
        (["api.example.com"], "https://8.8.8.8/v1", False),
        (["public"], "http:///v1", True),  # has no host at all: refused elsewhere
    ],
)
def test_address_is_held_against_the_words(words: list[str], endpoint: str, is_allowed: bool) -> None:
    assert (Reach(words).refusal(endpoint) == "") is is_allowed


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_name_that_leads_inside_is_sent_nothing(host: str) -> None:
    with serving() as server:
        endpoint = f"http://{host}:{server.port}/v1"
        connection = Connection("m", endpoint, Secret("sk-4711"), reach=Reach(["public"]))
        with closing(open_provider("openai", connection)) as provider, pytest.raises(PermanentError) as refused:
            provider.complete(Prompt((Message("user", "x"),)), SamplingParameters(), Draws("sums"))
        asked = server.seen()["asked"]
    assert str(refused.value) == f"{host} leads to 127.0.0.1, which is not among the hosts that may be asked here"
    assert (refused.value.kind, refused.value.concerns_all, asked) == ("address", True, [])


def test_name_that_an_operator_lists_may_lead_inside() -> None:
    with serving() as server:
        endpoint = f"http://localhost:{server.port}/v1"
        connection = Connection("m", endpoint, reach=Reach(["public", "localhost"]))
        with closing(open_provider("openai", connection)) as provider:
            found = provider.complete(Prompt((Message("user", "x"),)), SamplingParameters(), Draws("sums"))
    assert found.choices[0].finish_reason == "stop"


def test_address_that_may_not_be_asked_opens_no_connection() -> None:
    with pytest.raises(PermanentError, match="'169.254.169.254' is not among the hosts"):
        open_provider("openai", Connection("m", "http://169.254.169.254/v1", reach=Reach(["public"])))
