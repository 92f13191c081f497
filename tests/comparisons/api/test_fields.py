"""What is said in a call: fields that are wrong are named, bodies that cannot be read are refused."""

from __future__ import annotations

from typing import Any

import pytest

from comparisons.models import Pool
from comparisons.operations.pool import Operation as PoolOperation
from tests.comparisons.api.asking import Program
from tests.factories import make_pool

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pool": 1, "strategy": "first-k", "budgte": 3}, "There is no field 'budgte'; nearest: budget"),
        ({"pool": 1, "strategy": "first-k", "budget": "3"}, 'budget: a whole number is needed, not "3".'),
        ({"pool": 1, "strategy": "first-k", "budget": 3.5}, "budget: a whole number is needed, not 3.5."),
        ({"pool": 1, "strategy": "first-k", "budget": True}, "budget: a whole number is needed, not true."),
        ({"pool": 1, "strategy": "first-k", "seed": 2**70}, "seed: "),
        ({"pool": [1], "strategy": "first-k"}, "pool: the number that names it is needed, not [1]."),
        ({"pool": 1, "strategy": 7}, "strategy: a text is needed, not 7."),
        ({"pool": 1, "strategy": "a\0b"}, "strategy holds a character that cannot be stored."),
        ({"pool": 1, "strategy": "a\ud800"}, "strategy holds a character that cannot be stored."),
        ({"pool": 1, "strategy": "first-k", "option": ["a=b"]}, "option: an object of names and values is needed."),
        ({"pool": 1, "strategy": "first-k", "batch": "no"}, 'batch: true or false is needed, not "no".'),
        ({"pool": 1, "strategy": "first-k", "price_date": "soon"}, "price_date: 'soon' is no date"),
        ({"pool": 1}, "strategy is needed."),
        ({"strategy": None, "pool": 1}, "strategy is needed."),
        ({"pool": 1, "strategy": "first-k", "budgte": None}, "There is no field 'budgte'"),
    ],
)
def test_a_field_that_is_wrong_is_named(program: Program, fields: dict[str, Any], words: str) -> None:
    status, answer = program.ask("replay", **fields)
    assert (status, answer["error"].startswith(words)) == (400, True), answer


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("pool", {"pool": 1, "pause": True, "cancel": True}, "cancel: not allowed with pause"),
        ("judge_pool", {"pool": 1, "wait": True}, "wait is for commands: the work goes to the workers"),
        ("judge_pool", {"pool": 1, "inline": False}, "inline is for commands: "),
        ("sample", {"set": "s", "model": "m", "n": 1, "pilot": 1}, "pilot is for commands: draw fewer"),
        ("sample", {"set": "s", "model": "m"}, "n is needed."),
        ("compare", {}, "Name the runs to compare, or a comparison with like."),
        ("compare", {"runs": 3}, "runs: an array is needed"),
        ("compare", {"runs": [3], "format": "docx"}, "format: no export as 'docx'"),
        ("fit", {"pool": [1], "leave": "all"}, "leave: invalid choice: 'all'"),
        ("pool", {"pool": 1, "as": "root"}, "There is no field 'as'"),
        ("pool", {"pool": 1, "as_user": "root"}, "There is no field 'as_user'"),
        ("pool", {"pool": 1, "json": True}, "There is no field 'json'"),
        ("probe_pool", {"pool": 1, "max_cost": "Infinity"}, 'max_cost: a number is needed, not "Infinity".'),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(
    program: Program, name: str, fields: dict[str, Any], words: str
) -> None:
    status, answer = program.ask(name, **fields)
    assert (status, answer["error"].startswith(words)) == (400, True), answer


@pytest.mark.parametrize(
    ("body", "type", "words"),
    [
        (b"{", "application/json", "The body is not JSON: "),
        (b'{"pool": NaN}', "application/json", "The body is not JSON: NaN is no number."),
        (b'{"pool": 1e999}', "application/json", "pool is too large."),
        (b"\xff", "application/json", "The body is not JSON: "),
        (b"[" * 100_000, "application/json", "The body is not JSON: "),
        (b"[1]", "application/json", "The body is JSON, but not an object of fields."),
        (b"", "application/json", "pool is needed."),
        (b"pool=1", "text/plain", "Send JSON (Content-Type: application/json) or a form"),
        (b"pool=1&pool=2", "application/x-www-form-urlencoded", "pool is given 2 times."),
        (b"pool=1&prices=yes", "application/x-www-form-urlencoded", "prices: 'yes' is neither true nor false."),
        (b"--x", "multipart/form-data; boundary=", "The form cannot be read"),
    ],
)
def test_a_body_that_cannot_be_read(program: Program, body: bytes, type: str, words: str) -> None:
    response = program.client.post("/api/pool", body, content_type=type)
    assert response.status_code == 400 and response.json()["error"].startswith(words), response.content


def test_an_unknown_call_and_a_method_that_is_none(program: Program) -> None:
    for name in ("nothing", "base", "waiting", "serve", "backup", "restore", "load_demo", "__init__", "sign_in_link"):
        assert program.ask(name) == (404, {"error": f"There is no call {name!r}: GET /api/ lists them."})
    pool = make_pool()
    for method, path in (("put", "pool"), ("delete", "pool"), ("get", f"judge_pool?pool={pool.pk}")):
        response = getattr(program.client, method)(f"/api/{path}")
        assert response.status_code == 405 and response.headers["Allow"] in ("GET, POST", "POST")
    for deed in PoolOperation.changes_with and ("pause", "resume", "cancel"):
        assert program.look("pool", pool=pool.pk, **{deed: "true"})[0] == 405
    assert Pool.objects.get(pk=pool.pk).state == pool.state
    assert program.look("pool", pool=pool.pk, pause="false")[0] == 200
