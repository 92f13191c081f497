"""`sample` and what `add_model` knows of keys, prices and parameters, as a person types them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import serializers

from comparisons.models import LanguageModel, Pool, Price
from comparisons.models.sealing import seal, unseal
from comparisons.stages.asking import key_of
from tests.comparisons.asked import PRICE, make_set
from tests.comparisons.imports.test_commands import run
from tests.comparisons.samplers.providers.serving import Told, serving
from tests.factories import make_user

pytestmark = pytest.mark.django_db
KEY = "sk-very-secret-4711"


@pytest.fixture(scope="module")
def server() -> Iterator[Told]:
    with serving() as told:
        yield told


def add(server: Told, tmp_path: Path, *words: Any) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps(PRICE))
    where = ("--provider", "openai", "--endpoint", server.address, "--name", "m", "--prices", prices)
    assert run("add_model", "m", *where, *words)[0] == 0


def test_sample_prints_what_was_drawn_and_what_it_was_estimated(server: Told, tmp_path: Path) -> None:
    make_set(make_user("ada"))
    add(server, tmp_path, "--parameter", "max_tokens=1000")
    words = ("sample", "--set", "sums", "--model", "m", "-n", 3, "--language", "python3")
    code, data, _ = run(*words, "--dry-run")
    estimate = data["estimate"]
    assert (code, data["pool"], data["requested"], Pool.objects.count()) == (0, None, 6, 0)
    assert (len(estimate["cost_usd"]), estimate["output_tokens"], estimate["seconds"]) == (2, None, None)
    keys = set(data)
    code, data, _ = run(*words, "--inline")
    assert keys == set(data)
    estimate = data.pop("estimate")
    assert (code, data) == (
        0,
        {
            "pool": Pool.objects.get().pk,
            "state": "done",
            "requested": 6,
            "drawn": 6,
            "truncated": 0,
            "refused": 0,
            "failed": 0,
            "input_tokens": 720,
            "output_tokens": 240,
            "cost_usd": 0.00306,
        },
    )
    code, data, _ = run("sample", "--pool", data["pool"], "-n", 5, "--inline")
    assert (code, data["drawn"], data["estimate"]["output_tokens"]) == (0, 10, 160)
    # By six draws of 40 tokens each: no scatter.
    assert data["estimate"]["output_tokens_span"] == [160, 160]
    assert data["estimate"]["prices_from"] == Price.objects.get().valid_from.isoformat()
    again = run("sample", "--pool", data["pool"], "--temperature", 1)
    assert (again[0], again[1]["error"]) == (1, "--pool goes on as that pool was begun: leave out --temperature.")


def test_sample_that_the_budget_stops_says_so_and_ends_with_1(server: Told, tmp_path: Path) -> None:
    make_set(make_user("ada"))
    add(server, tmp_path)
    words = (
        "sample",
        "--set",
        "sums",
        "--model",
        "m",
        "-n",
        40,
        "--max-tokens",
        1000,
        "--max-cost",
        "0.02",
        "--inline",
    )
    code, data, err = run(*words)
    assert (code, data["state"], data["failed"]) == (1, "stopped-by-budget", 0)
    assert 0 < data["drawn"] < 80
    assert "is stopped by budget: $0.0" in err


def test_key_of_the_environment_is_read_when_it_is_needed(
    server: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(server, tmp_path, "--key-env", "PODIUM_TEST_KEY")
    monkeypatch.setattr(settings, "SECRET", {"PODIUM_TEST_KEY": KEY}.get)
    key = key_of(LanguageModel.objects.get())
    assert key is not None
    assert (key.reveal(), str(key)) == (KEY, "Secret(…)")


def test_stored_key_is_used_and_never_shown(
    server: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    make_set(make_user("ada"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    add(server, tmp_path, "--key-stdin")
    model = LanguageModel.objects.get()
    server.tell({"do": "status", "status": 401, "message": f"wrong key {KEY}"})
    _, data, err = run("sample", "--set", "sums", "--model", "m", "-n", 1, "--inline")
    assert server.seen()["asked"][-1]["headers"]["Authorization"] == f"Bearer {KEY}"
    rows = serializers.serialize("json", [*LanguageModel.objects.all(), *Pool.objects.all()])
    requests = serializers.serialize("json", Pool.objects.get().requests.all())
    shown = json.dumps(data) + err + rows + requests + caplog.text + repr(model) + repr(vars(model))
    assert KEY not in shown
    assert unseal(model.sealed_key) == KEY


def test_key_sealed_under_another_secret_is_lost_and_says_so(settings: Any) -> None:
    sealed = seal(KEY)
    settings.SECRET_KEY = "another secret key of more than 32 characters"
    assert unseal(sealed) is None


def test_prices_of_litellms_table_are_taken_by_name(server: Told, tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    row = {"litellm_provider": "x", "input_cost_per_token": 1.5e-05, "output_cost_per_token": 6e-05}
    row |= {"cache_read_input_token_cost": 7.5e-06, "output_cost_per_reasoning_token": 7e-05}
    table.write_text(json.dumps({"x/big": row, "x/small": {"litellm_provider": "x", "input_cost_per_token": 1e-07}}))
    assert run("add_model", "big", "--name", "big", "--prices", table)[0] == 0
    price = Price.objects.get()
    found = price.to_prices()
    assert (found.input_usd, found.cached_input_usd, found.output_usd, found.reasoning_usd) == (
        Decimal(15),
        Decimal("7.5"),
        Decimal(60),
        Decimal(70),
    )
    assert price.source == "LiteLLM's price table, x/big"
    code, data, _ = run("add_model", "huge", "--name", "bigg", "--prices", table)
    assert (code, data["error"]) == (1, "table.json: has no prices for 'bigg'; nearest: x/big")


def test_real_price_table_is_read(shared_data: Path) -> None:
    table = shared_data / "prices-litellm" / "model_prices_trimmed.json"
    assert run("add_model", "o1", "--name", "o1", "--prices", table)[0] == 0
    found = Price.objects.get().to_prices()
    assert (found.input_usd, found.cached_input_usd, found.output_usd) == (Decimal(15), Decimal("7.5"), Decimal(60))


def test_machine_hour_is_a_price_per_token_once_its_speed_is_measured(tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text('{"usd_per_machine_hour": 3.6, "machines": 2, "tokens_per_second": 1000}')
    assert run("add_model", "own", "--name", "own", "--prices", prices)[0] == 0
    price = Price.objects.get()
    assert (price.to_prices().input_usd, price.to_prices().output_usd) == (Decimal(0), Decimal(2))
    price.tokens_per_second = None
    assert (price.to_prices().input_usd, price.to_prices().output_usd) == (None, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--max-concurrency", "0"], "max_concurrency is 0: it must be above 0 and at most 100,000."),
        (["--parameter", "temperature=hot"], "temperature is 'hot', not a number from 0 to 10"),
        (["--derived-from", "nobody"], "There is no model 'nobody' to be derived from."),
        (
            ["--provider", "openai", "--endpoint", "http://me:pass@host/v1"],
            "The endpoint's address holds a password; give the key by --key-env or --key-stdin.",
        ),
    ],
)
def test_model_that_cannot_be_is_refused(words: list[str], said: str) -> None:
    code, data, _ = run("add_model", "m", "--name", "m", *words)
    assert (code, data["error"], LanguageModel.objects.count()) == (1, said, 0)


@pytest.mark.parametrize("character", ["\ud800", "\0"])
def test_error_with_a_character_that_no_database_takes_is_written(server: Told, tmp_path: Path, character: str) -> None:
    make_set(make_user("ada"))
    add(server, tmp_path)
    server.tell(*[{"do": "status", "status": 400, "message": f"bad {character} char"}] * 2)
    code, data, err = run("sample", "--set", "sums", "--model", "m", "-n", 1, "--inline")
    server.tell()
    assert (code, data["state"], data["drawn"]) == (1, "failed", 0)
    assert "the request was not accepted (400 Bad Request: bad" in err


def test_command_whose_work_ended_before_it_was_done_ends_with_1(
    server: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_set(make_user("ada"))
    add(server, tmp_path)
    monkeypatch.setattr("comparisons.operations.waiting.work_inline", lambda pool: None)
    code, data, err = run("sample", "--set", "sums", "--model", "m", "-n", 1, "--inline")
    assert (code, data["state"], data["drawn"]) == (1, "drawing", 0)
    assert "Drawing m on sums ended before it was done: its state is drawing." in err


def test_dry_run_of_more_draws_prints_the_pool_as_it_is(server: Told, tmp_path: Path) -> None:
    make_set(make_user("ada"))
    add(server, tmp_path)
    _, drawn, _ = run("sample", "--set", "sums", "--model", "m", "-n", 2, "--inline")
    code, data, _ = run("sample", "--pool", drawn["pool"], "-n", 5, "--dry-run")
    assert (code, data["pool"], data["drawn"], data["requested"]) == (0, drawn["pool"], 4, 10)
    assert (data["state"], data["input_tokens"]) == ("done", 480)
    assert Pool.objects.get().n_asked == 2


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (("--parameters", "-5"), "n_parameters: Ensure this value is greater than or equal to 0."),
        (("--family", "x" * 81), "family: Ensure this value has at most 80 characters (it has 81)."),
        (("--training-cost", "1e20"), "training_cost_usd: Ensure that there are no more than 16 digits in total."),
    ],
)
def test_a_fact_that_cannot_be_stored_is_refused_by_its_name(fact: tuple[str, str], words: str) -> None:
    code, data, err = run("add_model", "m", "--name", "m", "=".join(fact))
    assert (code, data["error"], err.strip()) == (1, words, words)
    assert not LanguageModel.objects.exists()


def test_prices_are_added_to_a_model_without_saying_what_is_known_of_it(server: Told, tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps(PRICE))
    assert run("add_model", "m", "--provider", "openai", "--endpoint", server.address, "--name", "their-m")[0] == 0
    assert run("add_model", "m", "--prices", prices)[0] == 0
    assert (LanguageModel.objects.get().name, Price.objects.count()) == ("their-m", 1)
    code, data, _ = run("add_model", "other", "--prices", prices)
    assert (code, data["error"]) == (
        1,
        "There is no model other yet: a new one needs --name, what its provider calls it.",
    )
