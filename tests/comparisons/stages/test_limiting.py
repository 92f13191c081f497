"""The shared limit keeps the rule of `LocalLimiter`, over several workers and their deaths."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from comparisons.management import valkey
from comparisons.samplers.providers.pacing import Call, Ended, Pace
from comparisons.stages import limiting
from comparisons.stages.limiting import SharedLimiter

ANSWERED = Call(Ended.ANSWERED, 0.0)


@pytest.fixture(scope="module")
def client() -> Iterator[redis.Redis]:
    with tempfile.TemporaryDirectory(prefix="podium-limit-") as folder:
        socket = Path(folder) / "valkey.sock"
        process = subprocess.Popen(valkey.server_command(socket, Path(folder)), stdout=subprocess.DEVNULL)
        valkey.wait_until_answering(f"unix://{socket}", within_s=20)
        found = redis.Redis.from_url(f"unix://{socket}")
        yield found
        found.close()
        process.terminate()
        process.wait()


@pytest.fixture(autouse=True)
def empty(client: redis.Redis) -> None:
    client.flushall()


def limiter(client: redis.Redis, name: str = "one", **pace: int) -> SharedLimiter:
    return SharedLimiter(client, "http://endpoint", Pace(**pace), name=name)


def test_shared_limit_starts_low_and_doubles_with_every_round(client: redis.Redis) -> None:
    one = limiter(client)
    granted = [one.exchange([], want=100, holding=0).n]
    for _ in range(5):
        granted.append(one.exchange([ANSWERED] * granted[-1], want=100, holding=0).n)
    assert granted == [4, 8, 16, 32, 64, 64]


def test_shared_limit_is_halved_once_and_grows_slowly_after(client: redis.Redis) -> None:
    one = limiter(client, start=32)
    one.exchange([], want=100, holding=0)
    assert one.exchange([Call(Ended.REFUSED, 0.0)] * 5, want=0, holding=27).limit == 16
    assert one.exchange([Call(Ended.REFUSED, 60.0)] * 5, want=0, holding=22).limit == 16
    assert round(one.exchange([ANSWERED] * 16, want=0, holding=0).limit) == 17


def test_workers_share_one_limit(client: redis.Redis) -> None:
    one, two = limiter(client, "one", start=6), limiter(client, "two", start=6)
    assert one.exchange([], want=4, holding=0).n == 4
    assert two.exchange([], want=4, holding=0).n == 2
    assert one.exchange([], want=4, holding=4).n == 0
    one.exchange([], want=0, holding=0)  # its shift is over
    assert two.exchange([], want=9, holding=2).n == 4


def test_worker_that_falls_silent_is_taken_for_dead(client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = limiter(client, "one", start=6), limiter(client, "two", start=6)
    assert one.exchange([], want=6, holding=0).n == 6
    assert two.exchange([], want=6, holding=0).n == 0
    monkeypatch.setattr(limiting, "SILENCE_S", -1)
    assert two.exchange([], want=6, holding=0).n == 6


def test_wait_that_the_provider_asked_for_holds_for_all(client: redis.Redis) -> None:
    one, two = limiter(client, "one"), limiter(client, "two")
    one.exchange([Call(Ended.REFUSED, 0.0, wait_s=60.0)], want=0, holding=0)
    grant = two.exchange([], want=1, holding=0)
    assert (grant.n, round(grant.wait_s)) == (0, 60)


def test_bucket_is_shared(client: redis.Redis) -> None:
    one, two = limiter(client, "one", per_minute=60), limiter(client, "two", per_minute=60)
    grants = [one.exchange([], want=2, holding=0), two.exchange([], want=2, holding=0)]
    assert [grant.n for grant in grants] == [2, 1]
    last = two.exchange([], want=2, holding=1)
    assert (last.n, 0 < last.wait_s <= 1) == (0, True)


def test_endpoints_have_limits_of_their_own(client: redis.Redis) -> None:
    other = SharedLimiter(client, "http://other", Pace(start=6), name="one")
    assert limiter(client, start=6).exchange([], want=9, holding=0).n == 6
    assert other.exchange([], want=9, holding=0).n == 6


def test_limit_goes_on_alone_where_the_server_is_gone() -> None:
    away = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    assert limiter(away).exchange([], want=9, holding=0).n == 4
    away.close()


@pytest.mark.parametrize(
    "address",
    ["http://Host/v1", "http://host/v1/", "http://host:80/v1/chat/completions", "http://host/v1/responses/"],
)
def test_endpoint_has_one_limit_however_its_address_is_written(address: str) -> None:
    assert limiting.server_of(address) == "http://host/v1"


def test_other_ports_and_paths_are_other_endpoints() -> None:
    addresses = ["http://host/v1", "http://host:8000/v1", "https://host/v1", "http://host/v2", ""]
    assert len({limiting.server_of(address) for address in addresses}) == 5
