from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from comparisons.actions.people import local_administrator
from comparisons.models import Candidate, Comparison, LanguageModel, Pool, Price, ProblemSet, Work
from tests.comparisons.imports.packages import RIGHT, write_lines, write_package
from tests.factories import make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db


def run(*words: Any) -> tuple[int, Any, str]:
    """Exit code, the object of --json, and standard error."""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command(*map(str, words), "--json", stdout=out, stderr=err, no_color=True)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(out.getvalue()), err.getvalue()


def test_import_problems_prints_the_set(tmp_path: Path) -> None:
    path = write_package(tmp_path / "add")
    code, data, _ = run("import_problems", path, "--set", "sums", "--time-limit", 2, "--note", "two tests only")
    assert (code, data["problem_set"], [p["slug"] for p in data["problems"]], data["errors"], data["check"]) == (
        0, "sums", ["add"], [], [],
    )  # fmt: skip
    problem_set = ProblemSet.objects.get()
    assert (problem_set.note, problem_set.created_by) == ("two tests only", local_administrator())
    out = StringIO()
    call_command("import_problems", str(path), "--set", "sums", "--time-limit", "2", stdout=out)
    assert out.getvalue().splitlines()[4].split() == [
        "add", "Add", "batch", "2", "100", "3", "2", "given", "as", "it", "was",
    ]  # fmt: skip


def test_import_problems_of_no_package_is_one_object_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    code, data, err = run("import_problems", tmp_path / "folder", "--set", "sums")
    assert code == 1
    assert data == {
        "problem_set": "sums",
        "problems": [],
        "errors": [data["error"]],
        "check": [],
        "error": data["error"],
    }
    assert err == data["error"] + "\n"
    assert data["error"].startswith("folder: is no problem package")


def test_import_export_import_pool(tmp_path: Path) -> None:
    make_problem(make_problem_set("sums"), "add")
    path = write_lines(tmp_path / "a.jsonl", [{"task_id": "add", "completion": RIGHT}, {"task_id": "ad"}])
    code, data, err = run(
        "import_pool", path, "--set", "sums", "--model", "small", "--map", "problem=task_id,source=completion"
    )
    assert (code, err) == (0, "")
    assert (data["candidates"], data["problems"], data["skipped"]) == (
        1, 1, [{"record": 2, "line": 2, "reason": "the set has no problem 'ad'"}],
    )  # fmt: skip
    code, exported, _ = run("export_pool", data["pool"], tmp_path / "b.jsonl")
    assert (code, exported) == (0, {"pool": data["pool"], "candidates": 1})
    nowhere = tmp_path / "none" / "b.jsonl"
    assert run("export_pool", data["pool"], nowhere)[2].startswith(f"{nowhere} cannot be written: ")
    code, again, _ = run("import_pool", tmp_path / "b.jsonl", "--set", "sums", "--model", "small")
    assert (code, again["pool"] != data["pool"], Candidate.objects.count()) == (0, True, 2)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("import_pool", "a.jsonl", "--set", "none", "--model", "m"), "There is no problem set 'none'."),
        (("export_pool", "7", "b.jsonl"), "There is no pool '7'."),
        (("export_pool", "x", "b.jsonl", "--as", "nobody"), "There is no user 'nobody'."),
        (("judge_program", "none", "a.py"), "'none' is not of the form SET/PROBLEM."),
        (("judge_program", "none/x", "a.py"), "There is no problem set 'none'."),
        (("load_demo", "--fixtures", "nowhere"), "demo.json: cannot be read: No such file or directory"),
    ],
)
def test_refusal_is_one_object_and_one_line(words: tuple[str, ...], error: str) -> None:
    assert run(*words) == (1, {"error": error}, error + "\n")


def test_command_acts_as_the_user_that_is_named(tmp_path: Path) -> None:
    make_user("ada")
    run("import_problems", write_package(tmp_path / "add"), "--set", "sums", "--time-limit", 2, "--as", "ada")
    assert ProblemSet.objects.get().created_by.username == "ada"


def test_add_model_takes_prices_and_fills_in_an_imported_model(tmp_path: Path) -> None:
    LanguageModel.objects.create(slug="small", name="small", created_by=make_user())
    prices = tmp_path / "prices.json"
    prices.write_text('[{"valid_from": "2025-01-31", "input_usd_per_mtok": 0.15, "output_usd_per_mtok": 0.6}]')
    words = ("add_model", "small", "--provider", "openai", "--endpoint", "http://localhost:1/v1", "--name", "Small",
             "--prices", prices)  # fmt: skip
    for _ in range(2):
        assert run(*words) == (0, {"model": "small"}, "")
    model, price = LanguageModel.objects.get(), Price.objects.get()
    assert (model.name, model.provider, str(price.input_usd_per_mtok), price.cached_input_usd_per_mtok) == (
        "Small", "openai", "0.150000", None,
    )  # fmt: skip
    code, data, _ = run(*words[:-2], "--key-env", "OTHER_KEY")
    assert (code, data["error"]) == (
        1,
        "The model small exists already, with other values; give this one another name.",
    )
    prices.write_text('{"input": 1}')
    assert run(*words)[1] == {
        "error": 'prices.json: price 1: "input" is not one of batch_discount, cached_input_usd_per_mtok, '
        "input_usd_per_mtok, machines, output_usd_per_mtok, reasoning_usd_per_mtok, source, tokens_per_second, "
        "usd_per_machine_hour, valid_from"
    }


def test_add_model_without_a_provider_prices_imported_samples(tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text('{"input_usd_per_mtok": 1}')
    for _ in range(2):
        assert run("add_model", "small", "--name", "Small", "--prices", prices) == (0, {"model": "small"}, "")
    assert (LanguageModel.objects.get().provider, Price.objects.count()) == ("", 1)


def test_demo_is_loaded_once(tmp_path: Path) -> None:
    for slug in ("add", "sum"):
        write_package(tmp_path / "problems" / slug)
    lines = [{"problem": slug, "source": RIGHT} for slug in ("add", "sum")]
    (tmp_path / "pools").mkdir()
    write_lines(tmp_path / "pools" / "base.jsonl", [*lines, *lines])
    price = {"valid_from": "2025-01-01", "input_usd_per_mtok": 0.1, "output_usd_per_mtok": 0.4, "source": "made up"}
    demo = {
        "problem_set": {"slug": "demo", "title": "Demo"},
        "models": [{"slug": "base", "name": "Base", "prices": [price]}, {"slug": "tuned", "derived_from": "base"}],
        "pools": [{"file": "pools/base.jsonl", "model": "base", "name": "Base", "temperature": 1.0}],
        "comparison": {
            "title": "Which way?",
            "question": "What does a point cost?",
            "budget": 1,
            "runs": [{"model": "base", "strategy": slug} for slug in ("random-k", "first-k")],
            "baseline": {"model": "base", "strategy": "random-k"},
        },
    }
    (tmp_path / "demo.json").write_text(json.dumps(demo))
    first, second = (run("load_demo", "--fixtures", tmp_path) for _ in range(2))
    assert first[:2] == second[:2]
    told = first[1]["demos"][0]
    assert (first[0], told["problems"], len(told["pools"])) == (0, 2, 1)
    pool, comparison = Pool.objects.get(), Comparison.objects.get()
    assert (pool.name, pool.temperature, pool.is_simulated, pool.problem_set.is_simulated) == ("Base", 1.0, True, True)
    assert (comparison.title, comparison.result, comparison.is_simulated) == ("Which way?", {}, True)
    assert list(comparison.runs.order_by("pk").values_list("strategy__slug", "state")) == [
        ("random-k", "waiting"),
        ("first-k", "waiting"),
    ]
    assert comparison.baseline == comparison.runs.get(strategy__slug="random-k")
    assert LanguageModel.objects.get(slug="tuned").derived_from == LanguageModel.objects.get(slug="base")
    assert Work.objects.filter(kind=Work.Kind.MEASURE).count() == 2
