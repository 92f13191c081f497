"""Whatever is said in a call, it is answered or refused with a sentence: it is no fault of Podium's own."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from comparisons import operations
from comparisons.api.fields import Field, Kind, Parser
from comparisons.models import LanguageModel, Run
from tests.comparisons.api.asking import Program, zipped
from tests.comparisons.replay.judged import FACTS_SCORES, make_pool, make_set, make_user
from tests.environment import examples

pytestmark = pytest.mark.django_db

TEXTS = ["", " ", "first-k", "x" * 300, "../..", "--json", "-", "--", "=", "a=b", "%s", "é\n", "0", "nile", "1e9", "{}"]
INTEGERS = [0, 1, 2, 3, -1, 50, 2**31, 2**53, -(2**62), 10**30]
NUMBERS = [0.0, -1.5, 0.5, 1e-300, 1e300, math.nan, math.inf, 1, 10**20]
ODD: list[Any] = [None, [], {}, [[]], {"a": {}}, True, "", 0]
FILES = [
    b"{}",
    b"[]\n",
    b'{"problem": "nile", "index": 0}\n',
    b"total\n5\n",
    b"\0\xff",
    b"a: 1\n",
    zipped({"a/b": b"c"}),
]


def value(lots: random.Random, field: Field) -> Any:
    """Something that might be said of this field: mostly of its kind, now and then anything."""
    if lots.random() < 0.15:
        return lots.choice(ODD)
    if field.action.choices and lots.random() < 0.8:
        one: Any = lots.choice([choice for choice in field.action.choices])
        return [one] if field.is_list else one
    kinds: dict[Kind, list[Any]] = {
        Kind.INTEGER: INTEGERS,
        Kind.ID: [1, *INTEGERS, *Run.objects.values_list("pk", flat=True)],
        Kind.NUMBER: NUMBERS,
        Kind.BOOLEAN: [True, False],
        Kind.DOWNLOAD: [True, False],
        Kind.DATE: ["2026-01-31", "0001-01-01", "9999-12-31"],
        Kind.PAIRS: [{}, {"order": "random"}, {"": ""}, {"a": 1}, {"1": 1}, {"temperature": 0.5}, {"n": 3}],
    }
    if field.is_list and field.kind != Kind.PAIRS:
        return [lots.choice(kinds.get(field.kind, TEXTS)) for _ in range(lots.randint(0, 3))]
    return lots.choice(kinds.get(field.kind, TEXTS))


@pytest.mark.parametrize("name", list(operations.every()))
def test_nonsense_is_refused_with_a_sentence(name: str, settings: Settings) -> None:
    settings.PODIUM_KEY_VARIABLES = []
    user = make_user()
    problem_set = make_set({"nile": (30, 70)})
    pools = [make_pool(problem_set, {"nile": FACTS_SCORES}) for _ in range(2)]
    program = Program(user)
    run = program.ask("replay", pool=pools[0].pk, strategy="first-k", budget=2)[1]["run"]
    other = program.ask("replay", pool=pools[1].pk, strategy="random-k", budget=2)[1]["run"]
    comparison = program.ask("compare", runs=[run, other], baseline=other)[1]["comparison"]
    fields = Parser(operations.every()[name]()).fields
    lots = random.Random(name)
    for _ in range(examples(25)):
        known = {"set": problem_set.slug, "pool": pools[0].pk, "run": run, "runs": [run], "strategy": "first-k",
                 "comparison": comparison,
                 "model": LanguageModel.objects.all()[0].slug, "problem": f"{problem_set.slug}/nile"}  # fmt: skip
        said = {
            one.name: known[one.name] if one.name in known and lots.random() < 0.7 else value(lots, one)
            for one in fields.values()
            if one.kind != Kind.FILE and (one.is_required or lots.random() < 0.3)
        }
        files = {one.name: ("file.jsonl", lots.choice(FILES)) for one in fields.values() if one.most_bytes and
                 (one.is_required or lots.random() < 0.3)}  # fmt: skip
        with transaction.atomic():
            if files:
                texts = {key: str(item).lower() if isinstance(item, bool) else item for key, item in said.items()
                         if isinstance(item, str | int | float) or (isinstance(item, list) and item)}  # fmt: skip
                status, answer = program.send(name, **texts, **files)
            else:
                status, answer = program.ask(name, **said)
        assert status in (200, 400, 403, 404, 413, 422), (said, answer)
        assert status == 200 or (answer["error"] and "\n" not in answer["error"]), said
