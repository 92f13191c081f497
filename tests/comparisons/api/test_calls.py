"""Who may call, and what a caller may do; what is a secret, and what a fault."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import pytest
from django.test import Client, RequestFactory

from comparisons.actions import tokens
from comparisons.api import views
from comparisons.models import ApiToken, HumanField, LanguageModel, Pool, PoolState, ProblemSet, ReportedResult, User
from comparisons.models.sealing import unseal
from comparisons.operations.judge_pool import Operation as JudgePool
from comparisons.stages.environment import RUNNING
from judge.errors import SandboxUnavailable
from tests.comparisons.api.asking import Program, zipped
from tests.comparisons.views.test_access import Private
from tests.factories import make_model, make_pool, make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db


def test_a_call_needs_a_token_that_is_known() -> None:
    pool = make_pool()
    program = Program(pool.created_by)
    assert program.ask("pool", pool=pool.pk)[0] == 200
    for said in ("", "Bearer", "Bearer ", f"Basic {program.token}", program.token, f"Bearer {program.token}x"):
        client = Client(headers={"Authorization": said} if said else {})
        response = client.post("/api/pool", {"pool": pool.pk}, content_type="application/json")
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="Podium"'), said
        assert "/tokens/" in response.json()["error"]


def test_a_session_alone_acts_through_nothing(client: Client) -> None:
    pool = make_pool()
    client.force_login(pool.created_by)
    for method in (client.get, client.post):
        assert method(f"/api/pool?pool={pool.pk}").status_code == 401
    both = client.post(
        "/api/pool", {"pool": pool.pk}, headers={"Authorization": f"Bearer {Program(make_user()).token}"}
    )
    assert both.status_code == 200


def test_a_token_needs_no_token_of_a_form_and_acts_as_its_owner_alone() -> None:
    """`Program` checks CSRF as a browser's requests are checked."""
    private = Private()
    stranger, owner = Program(make_user()), Program(private.owner)
    assert stranger.ask("pool", pool=private.pool.pk)[0] == 404
    assert owner.ask("pool", pool=private.pool.pk)[0] == 200


def test_revoked_and_of_somebody_who_may_not_sign_in() -> None:
    pool = make_pool()
    program = Program(pool.created_by)
    ApiToken.objects.filter(user=pool.created_by).update(last_used_at=None)
    assert program.ask("pool", pool=pool.pk)[0] == 200
    assert ApiToken.objects.get().last_used_at is not None
    User.objects.update(is_active=False)
    assert program.ask("pool", pool=pool.pk)[0] == 401
    User.objects.update(is_active=True)
    assert program.ask("pool", pool=pool.pk)[0] == 200
    tokens.revoke_token(pool.created_by, ApiToken.objects.get().pk)
    assert program.ask("pool", pool=pool.pk)[0] == 401


def test_nobody_is_read_before_who_asks_is_known(client: Client) -> None:
    """A stranger's two gigabytes are not written anywhere."""
    request = RequestFactory().post("/api/import_pool", {"path": ("x", b"x")})
    assert views.call(request, "import_pool").status_code == 401
    assert not hasattr(request, "_post")


# What others have


def test_private_things_of_others_are_not_there(program: Program) -> None:
    private = Private()
    pool, run, comparison = private.pool.pk, private.run.pk, private.comparison.pk
    slug, problem = private.problem_set.slug, private.problem_set.problems.get().slug
    file = ("x.csv", b"total\n1\n")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("pool", {"pool": pool}),
        ("pool", {"pool": pool, "cancel": True}),
        ("judge_pool", {"pool": pool}),
        ("probe_pool", {"pool": pool}),
        ("probe_pool", {"pool": make_pool().pk, "probes": private.probe_set.pk}),
        ("export_pool", {"pool": pool}),
        ("replay", {"pool": pool, "strategy": "first-k"}),
        ("fit", {"pool": [pool]}),
        ("ablate", {"run": run}),
        ("rate", {"runs": [run]}),
        ("compare", {"runs": [run]}),
        ("compare", {"like": comparison}),
        ("plan", {"comparison": comparison}),
        ("sample", {"pool": pool, "n": 9}),
        ("sample", {"set": slug, "model": private.pool.model.slug, "n": 9}),
        ("judge_program", {"problem": f"{slug}/{problem}", "file": ("a.py", b"print(1)")}),
        ("import_pool", {"set": slug, "model": "m", "path": file}),
        ("import_humans", {"set": slug, "name": "n", "source": "s", "path": file}),
    ]
    before = (Pool.objects.count(), HumanField.objects.count())
    found = []
    for name, fields in asked:
        is_form = any(isinstance(value, tuple) for value in fields.values())
        found.append((name, (program.send if is_form else program.ask)(name, **fields)[0]))
    assert found == [(name, 404) for name, _ in asked]
    assert (Pool.objects.count(), HumanField.objects.count()) == before


def test_what_is_for_owners_and_staff_is_refused_as_on_the_pages(program: Program) -> None:
    pool = make_pool()
    Pool.objects.filter(pk=pool.pk).update(state=PoolState.PAUSED)
    model = LanguageModel.objects.get(pk=pool.model_id)
    LanguageModel.objects.filter(pk=model.pk).update(provider="openai", endpoint="http://h/v1", sealed_key="x")
    board = ("b.yml", b"[]")
    for name, fields in (
        ("pool", {"pool": pool.pk, "resume": True}),
        ("add_model", {"slug": model.slug, "family": "f"}),
        ("add_model", {"slug": "new", "name": "n", "key_env": "HOME"}),
        ("sample", {"set": pool.problem_set.slug, "model": model.slug, "n": 1}),
    ):
        status, answer = program.ask(name, **fields)
        assert (status, bool(answer["error"])) == (403, True), (name, answer)
    assert program.send("import_reported", path=board, contest="c", source="s")[0] == 403
    assert not ReportedResult.objects.exists() and not LanguageModel.objects.filter(slug="new").exists()
    staff = Program(make_user("root", is_superuser=True))
    assert staff.send("import_reported", path=board, contest="c", source="s")[0] == 422  # it is read, and holds nothing


def test_a_models_key_is_sent_as_text_and_stored_sealed(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    fields = {"slug": "mine", "name": "n", "provider": "openai", "endpoint": "http://h/v1", "key_stdin": "sk-123 \n"}
    assert program.ask("add_model", **fields, parameter={"top_p": 0.5, "stop": "x"}) == (200, {"model": "mine"})
    model = LanguageModel.objects.get(slug="mine")
    assert (unseal(model.sealed_key), model.request_parameters) == ("sk-123", {"top_p": 0.5, "stop": "x"})
    assert "sk-123" not in model.sealed_key
    assert program.ask("add_model", slug="mine", key_stdin="")[0] == 422
    assert program.ask("add_model", slug="mine", key_stdin=["sk-123"]) == (
        400, {"error": "key_stdin: a text is needed."},
    )  # fmt: skip
    assert "sk-123" not in caplog.text


def test_a_token_is_in_no_log_and_no_table(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    program.ask("pool", pool=1)
    program.ask("nothing")
    row = ApiToken.objects.get()
    assert program.token not in caplog.text and program.token not in repr(vars(row))
    assert (len(program.token), program.token.startswith("podium_"), len(row.digest)) == (50, True, 64)


def test_a_fault_of_ours_is_said_without_its_inside(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(JudgePool, "perform", fail)
    assert program.ask("judge_pool", pool=1) == (500, {"error": "Podium itself failed; its log says why."})
    assert "RuntimeError: inside" in caplog.text


def test_calls_leave_threads_to_the_pages(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = threading.BoundedSemaphore(1)
    monkeypatch.setattr(views, "_slots", slots)
    with slots:
        status, answer = program.ask("pool", pool=1)
        assert (status, program.last.headers["Retry-After"]) == (429, "2")
        assert answer["error"].endswith("try again in a moment.")
    assert program.ask("pool", pool=1)[0] == 404  # and each gives its slot back


def test_answers_are_kept_by_nobody(program: Program) -> None:
    program.ask("pool", pool=make_pool().pk)
    assert "no-store" in program.last.headers["Cache-Control"]


def test_json_null_is_an_option_that_is_not_said(program: Program) -> None:
    pool = make_pool()
    assert program.ask("pool", pool=pool.pk, prices=None, pause=None)[0] == 200
    assert json.loads(program.last.content) == {"pool": pool.pk, "state": pool.state}


def test_a_set_of_ones_own_from_a_zip_of_nothing(program: Program) -> None:
    status, answer = program.send("import_problems", set="new", path=("a.zip", zipped({"readme.txt": b"no problem"})))
    assert (status, answer["problems"], answer["errors"]) == (422, [], [answer["error"]])
    assert not ProblemSet.objects.filter(slug="new").exists() and make_model().pk


def test_programs_of_two_calls_do_not_share_the_sandbox_at_once(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process has one, which is not for two threads."""
    problem = make_problem(make_problem_set("s"))
    free: list[bool] = []

    def judge(*_: object) -> None:
        other = threading.Thread(target=lambda: free.append(RUNNING.acquire(blocking=False)))
        other.start()
        other.join()
        raise SandboxUnavailable("not here")

    monkeypatch.setattr("comparisons.actions.programs.sandbox", lambda: None)
    monkeypatch.setattr("comparisons.actions.programs.Judge.judge", judge)
    status, answer = program.send("judge_program", problem=f"s/{problem.slug}", file=("a.py", b"print(1)"))
    assert (status, answer, free) == (422, {"error": "not here"}, [False])
