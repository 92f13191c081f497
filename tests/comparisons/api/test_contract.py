"""A command's --json and the API's answer are one object: asked for the same, both say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comparisons.actions.people import local_administrator
from comparisons.actions.problems import import_problem_set
from comparisons.models import Comparison, Pool, PoolState, ProblemSet
from judge.sandbox import Sandbox
from tests.comparisons import judged
from tests.comparisons.api.asking import Program, zipped
from tests.comparisons.asked import STATEMENT, make_recorded_model
from tests.comparisons.imports.conftest import sandbox
from tests.comparisons.imports.packages import RIGHT, write_lines, write_package
from tests.comparisons.imports.test_reported import RUN
from tests.comparisons.replay.judged import FACTS_SCORES, make_pool, make_set, make_user
from tests.comparisons.replay.test_commands import run_command
from tests.comparisons.replay.test_fits import drawn
from tests.comparisons.replay.test_humans import RATED

pytestmark = pytest.mark.django_db
__all__ = ["sandbox"]
STATUS = {0: 200, 1: 422}


@pytest.fixture
def program() -> Program:
    """One that acts as the person that commands act as."""
    make_user()
    return Program(local_administrator())


def same(
    program: Program, name: str, words: list[Any], /, *, but: tuple[str, ...] = (), **fields: Any
) -> dict[str, Any]:
    """What the call answers, held against what the command prints; `but` names what may differ."""
    is_form = any(isinstance(value, tuple) for value in fields.values())
    status, answer = (program.send if is_form else program.ask)(name, **fields)
    code, printed, _ = run_command(name, *words)
    assert status == STATUS[code], answer
    one, other = ({key: data[key] for key in data if key not in but} for data in (answer, printed))
    assert one == other
    assert list(answer) == list(printed)
    return answer


def packages(folder: Path) -> bytes:
    """Two problems as a zip."""
    for slug in ("add", "plus"):
        judged.write_package(folder / slug)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return zipped(files)


def test_import_judge_replay_compare_and_export(program: Program, tmp_path: Path, sandbox: Sandbox) -> None:
    package, samples = tmp_path / "two.zip", tmp_path / "samples.jsonl"
    package.write_bytes(packages(tmp_path / "set"))
    programs = [judged.PROGRAMS[name] for name in ("right", "partial", "wrong", "crash")]
    lines = [
        {"problem": slug, "index": index, "language": "python3", "source": source, "usage": {"output_tokens": 9}}
        for slug in ("add", "plus")
        for index, source in enumerate(programs)
    ]
    write_lines(samples, lines)
    sent = {"path": (package.name, package.read_bytes()), "set": "two", "time_limit": "1"}
    status, first = program.send("import_problems", **sent, check="true")
    assert status == 200 and [row["is_new"] for row in first["problems"]] == [True, True]
    assert [row["ok"] for row in first["check"]] == [True, True]
    same(program, "import_problems", [package, "--set", "two", "--time-limit", "1"], **sent)

    (tmp_path / "right.py").write_text(RIGHT)
    answer = same(
        program, "judge_program", ["two/add", tmp_path / "right.py"], but=("testcases",), problem="two/add",
        file=("right.py", RIGHT.encode()),
    )  # fmt: skip
    assert (answer["verdict"], answer["score"]) == ("AC", 100.0)
    assert len(answer["testcases"]) == 5

    sent = {"path": (samples.name, samples.read_bytes()), "set": "two", "model": "own", "on_error": "skip"}
    status, imported = program.send("import_pool", **sent)
    assert (status, imported["candidates"], imported["warnings"]) == (200, 8, [])
    same(program, "import_pool", [samples, "--set", "two", "--model", "own"], but=("pool", "warnings"), **sent)

    pool = imported["pool"]
    status, waiting = program.ask("judge_pool", pool=pool)
    assert (status, waiting["state"], waiting["judged"], waiting["total"]) == (200, "judging", 0, 8)
    assert program.look("pool", pool=pool) == (200, {"pool": pool, "state": "judging"})
    assert run_command("judge_pool", pool, "--inline")[0] == 0  # what the workers would do
    done = same(program, "judge_pool", [pool], pool=pool)
    assert (done["state"], done["judged"], done["judging"]) == ("done", 8, waiting["judging"])
    assert same(program, "pool", [pool, "--prices"], pool=pool, prices=True)["state"] == "done"

    runs = [
        same(
            program, "replay", ["--pool", pool, "--strategy", rule, "--budget", 2], pool=pool, strategy=rule, budget=2
        )["run"]
        for rule in ("random-k", "first-k", "oracle-k")
    ]
    compared = same(program, "compare", runs, but=("comparison",), runs=runs)
    assert [row["run"] for row in compared["runs"]] == runs

    report = tmp_path / "report.json"
    run_command("compare", *runs, "--export", report)
    status, answer = program.ask("compare", runs=runs, export=True, format="json")
    assert (status, answer) == (200, None)
    name, content = program.file()
    assert name.endswith(".json") and program.last.headers["Content-Type"] == "application/json"
    sent, written = (json.loads(one)["report"] for one in (content, report.read_bytes()))
    assert [sent[key] for key in ("runs", "pairs")] == [written[key] for key in ("runs", "pairs")] and sent["runs"]

    exported = tmp_path / "pool.jsonl"
    assert run_command("export_pool", pool, exported)[1] == {"pool": pool, "candidates": 8}
    for ask in (program.ask, program.look):
        assert ask("export_pool", pool=pool) == (200, None)
        assert program.file() == ("pool.jsonl", exported.read_bytes())


def test_learning_ablating_planning_and_rating(program: Program, tmp_path: Path) -> None:
    pool = drawn()
    fit = same(program, "fit", ["--pool", pool.pk, "--tries", 2, "--budget", 3], pool=[pool.pk], tries=2, budget=3)
    assert fit["state"] == "done"
    learned = same(
        program, "replay", ["--pool", pool.pk, "--strategy", "learned-rank", "--budget", 3, "--fit", fit["fit"]],
        pool=pool.pk, strategy="learned-rank", budget=3, fit=fit["fit"],
    )  # fmt: skip
    lots = ["--strategy", "public-filter", "--option", "order=random", "--seeds", 5, "--no-batch"]
    other = same(
        program, "replay", ["--pool", pool.pk, *lots], pool=str(pool.pk), strategy="public-filter", seeds=5,
        option={"order": "random"}, batch=False,
    )  # fmt: skip
    assert other["seeds"] == 5
    asked = {"runs": [learned["run"], other["run"]], "fail_below": 999.5}
    words = [*asked["runs"], "--fail-below", 999.5]
    failed = same(program, "compare", words, but=("comparison",), **asked)
    assert "lies below 999.5 points over draws" in failed["error"]
    comparison = failed["comparison"]
    same(program, "plan", [comparison, "--power", 0.9], comparison=comparison, power=0.9)
    replaced = {str(learned["run"]): other["run"]}
    same(
        program, "compare", ["--like", comparison, "--replace", f"{learned['run']}={other['run']}"],
        but=("comparison",), like=comparison, replace=replaced,
    )  # fmt: skip
    same(program, "ablate", [learned["run"]], run=learned["run"])
    (tmp_path / "field.csv").write_text(RATED)
    slug = pool.problem_set.slug
    named = {"set": slug, "name": "Five", "source": "made up"}
    same(
        program, "import_humans", [tmp_path / "field.csv", "--set", slug, "--name", "Five", "--source", "made up"],
        but=("field",), path=("field.csv", RATED.encode()), **named,
    )  # fmt: skip
    same(program, "rate", [learned["run"], "--rated", 1500], runs=[learned["run"]], rated=1500)
    board = tmp_path / "board.yml"
    board.write_text(RUN.format(model="first", cost="1.25"))
    same(
        program, "import_reported", [board, "--contest", "polyglot", "--source", "own"],
        path=(board.name, board.read_bytes()), contest="polyglot", source="own",
    )  # fmt: skip


def test_models_draws_and_probes(program: Program, tmp_path: Path, sandbox: Sandbox) -> None:
    user = local_administrator()
    judged.write_package(tmp_path / "set/first", **{"problem_statement/problem.en.md": STATEMENT})
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    model = make_recorded_model(user, tmp_path, [], slug="own")
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({"valid_from": "2026-01-01", "input_usd_per_mtok": 1, "output_usd_per_mtok": 2}))
    sent = {"slug": model.slug, "prices": (prices.name, prices.read_bytes())}
    assert same(program, "add_model", [model.slug, "--prices", prices], **sent) == {"model": "own"}
    words = ["--set", "sums", "--model", "own", "-n", 3, "--max-tokens", 100, "--dry-run"]
    planned = same(program, "sample", words, set="sums", model="own", n=3, max_tokens=100, dry_run=True)
    assert planned["estimate"]["cost_usd"] is not None and planned["pool"] is None
    status, drawn = program.ask("sample", set="sums", model="own", n=3, max_tokens=100, max_cost=2)
    assert (status, drawn["state"], drawn["drawn"]) == (200, "drawing", 0)
    assert program.ask("pool", pool=drawn["pool"], pause=True) == (200, {"pool": drawn["pool"], "state": "paused"})
    pool = judged.make_pool(ProblemSet.objects.get(slug="sums"), model, user, [judged.PROGRAMS["right"]])
    status, probing = program.ask("probe_pool", pool=pool.pk, source="mutation", n=4)
    assert (status, probing["state"]) == (200, "probing")
    words = [pool.pk, "--probes", probing["probe_set"]]
    assert same(program, "probe_pool", words, pool=pool.pk, probes=probing["probe_set"]) == probing


def test_refusals_say_the_same(program: Program) -> None:
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": FACTS_SCORES})
    same(program, "pool", [pool.pk, "--resume"], pool=pool.pk, resume=True)
    words = ["--pool", pool.pk, "--strategy", "first-k", "--budget", 0]
    assert "error" in same(program, "replay", words, pool=pool.pk, strategy="first-k", budget=0)
    elsewhere = make_pool(make_set({"nile": (30, 70)}), {"nile": FACTS_SCORES}, elsewhere=True)
    same(program, "judge_pool", [elsewhere.pk], pool=elsewhere.pk)
    assert not Comparison.objects.exists() and Pool.objects.filter(state=PoolState.CANCELLED).count() == 0


def test_unreadable_upload_names_file_and_line_and_no_folder(program: Program, tmp_path: Path) -> None:
    write_package(tmp_path / "add")
    import_problem_set(local_administrator(), tmp_path / "add", slug="two", time_limit_s=1, measure=False)
    (tmp_path / "bad.jsonl").write_text('{"problem": "add", "index": 0}\n{"problem": \n')
    words = [tmp_path / "bad.jsonl", "--set", "two", "--model", "own"]
    sent = {"path": ("bad.jsonl", (tmp_path / "bad.jsonl").read_bytes()), "set": "two", "model": "own"}
    answer = same(program, "import_pool", words, **sent)
    assert answer["error"].startswith("bad.jsonl, line ")
    assert not Pool.objects.exists()
