"""Further attempts with programs run in between, against a real server process and a real sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comparisons.actions.drawing import sample
from comparisons.actions.judging import start_judging, work_inline
from comparisons.actions.problems import import_problem_set
from comparisons.models import Pool, PoolState, ProblemSet, User
from comparisons.queries.attempts import attempt_rows
from comparisons.queries.drawing import drawing_of
from comparisons.stages import drawing
from tests.comparisons.asked import draw, finish, keys, make_asked_model, make_recorded_model, make_set, outcomes
from tests.comparisons.samplers.providers.serving import Told
from tests.factories import RIGHT, WRONG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]


@pytest.fixture
def problem_set(user: User) -> ProblemSet:
    return make_set(user, problems=1)


def says(*texts: str) -> list[dict[str, Any]]:
    return [{"do": "answer", "text": text} for text in texts]


def program(source: str) -> str:
    return f"```python\n{source}```\n"


def last_said(server: Told, n: int) -> list[str]:
    """What the last `n` calls were told last."""
    return [call["body"]["messages"][-1]["content"] for call in server.seen()["asked"][-n:]]


#: Right on nothing: the sample of `make_problem` is 5 + 0.
FAILS = "a, b = map(int, input().split())\nprint(a - 1)\n"


def test_review_is_told_what_the_public_tests_gave(server: Told, user: User, problem_set: ProblemSet) -> None:
    server.tell(*says(program(FAILS), program(RIGHT)))
    pool = draw(user, problem_set, make_asked_model(user, server.address), n=1, attempts=2, feedback="public")
    assert (pool.state, keys(pool)) == (PoolState.DONE, [("p0", None, 0, 1), ("p0", None, 0, 2)])
    said = last_said(server, 1)[0]
    assert said.startswith("Your program was run on the public tests: 0 of 1 passed.")
    assert "Input:\n```\n5 0\n```\nExpected:\n```\n5\n```\nYour output:\n```\n4\n```" in said
    first, second = pool.candidates.order_by("attempt")
    assert (first.source, second.source) == (FAILS, RIGHT)
    assert (first.run_cpu_s, first.turns, second.turns) == (None, 1, 1)
    assert second.run_cpu_s is not None and second.run_cpu_s > 0
    request = pool.requests.get(attempt=2)
    assert (request.said, request.answer) == (said, "")
    # What is hidden stays so: the second number of the hidden tests of subtask 2 is not 0.
    assert "5 5" not in said


def test_reviews_that_mend_are_seen_in_the_judging(server: Told, user: User, problem_set: ProblemSet) -> None:
    server.tell(*says(program(WRONG), program(RIGHT)))
    pool = draw(user, problem_set, make_asked_model(user, server.address), n=1, attempts=2)
    start_judging(user, pool)
    work_inline(pool)
    (row,) = attempt_rows(pool.newest_revision.judgings.get())
    assert (row.n, row.change.first, row.change.second, row.change.gained, row.change.lost) == (1, 0.0, 1.0, 1.0, 0.0)


def test_model_has_its_program_run_on_inputs_it_writes(server: Told, user: User, problem_set: ProblemSet) -> None:
    server.tell(*says(program(FAILS), f"{program(FAILS)}```run\n20 3\n```\n", program(RIGHT)))
    pool = draw(user, problem_set, make_asked_model(user, server.address), n=1, run_turns=2)
    assert keys(pool) == [("p0", None, 0, 1), ("p0", None, 0, 2)]
    told = last_said(server, 1)[0]
    assert "Your output:\n```\n19\n```" in told and "You may ask for runs in 1 more answer." in told
    second = pool.candidates.get(attempt=2)
    assert (second.source, second.turns) == (RIGHT, 2)
    assert (second.input_tokens, second.output_tokens) == (240, 80)
    assert second.run_cpu_s is not None and second.run_cpu_s > 0
    assert [(one.turn, bool(one.answer)) for one in pool.requests.filter(attempt=2).order_by("pk")] == [
        (1, True),
        (2, False),
    ]
    found = drawing_of(pool)
    assert found is not None
    assert (found.drawn, found.calls, found.tokens["input"].known) == (1, 3, 360)


def test_runs_end_with_the_turns_and_the_next_answer_is_final(
    server: Told, user: User, problem_set: ProblemSet
) -> None:
    asks = f"{program(RIGHT)}```run\n1 1\n```\n"
    server.tell(*says(program(FAILS), asks, asks))
    pool = draw(user, problem_set, make_asked_model(user, server.address), n=1, run_turns=1)
    assert "No more runs" in last_said(server, 1)[0]
    second = pool.candidates.get(attempt=2)
    assert (second.source, second.turns) == (RIGHT, 2)


def test_killed_in_a_review_it_goes_on_with_the_same_conversation(
    server: Told, user: User, problem_set: ProblemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.tell(*says(program(FAILS), f"{program(FAILS)}```run\n20 3\n```\n", program(RIGHT)))
    model = make_asked_model(user, server.address, max_concurrency=1)
    before = len(server.seen()["asked"])
    pool, _ = sample(
        user, problem_set=problem_set, model=model, n=1, enqueue=False,
        options={"language": "python3", "feedback": "public", "run_turns": 2},
    )  # fmt: skip
    follow = drawing.Shift._follow

    def dies(*_: Any) -> None:
        raise SystemExit("killed, its answer written")

    for _ in range(2):
        monkeypatch.setattr(drawing.Shift, "_follow", dies)
        with pytest.raises(SystemExit):
            finish(pool)
        pool.work.update(state="waiting")
    monkeypatch.setattr(drawing.Shift, "_follow", follow)
    finish(pool)
    assert keys(pool) == [("p0", None, 0, 1), ("p0", None, 0, 2)]
    assert outcomes(pool) == {"answered": 3}
    asked = server.seen()["asked"][before:]
    assert [len(call["body"]["messages"]) for call in asked] == [2, 4, 6]
    assert asked[2]["body"]["messages"][:4] == asked[1]["body"]["messages"]
    second = pool.candidates.get(attempt=2)
    assert (second.turns, second.input_tokens) == (2, 240)


def test_recorded_answers_may_have_further_attempts_and_turns(
    user: User, problem_set: ProblemSet, tmp_path: Path
) -> None:
    line = {"problem": "p0", "index": 0, "usage": {"input_tokens": 7, "output_tokens": 9}, "latency_s": 2.5}
    lines = [
        {**line, "attempt": 1, "raw": program(FAILS)},
        {**line, "attempt": 2, "turn": 1, "raw": f"{program(FAILS)}```run\n1 1\n```\n"},
        {**line, "attempt": 2, "turn": 2, "raw": program(RIGHT)},
    ]
    pool = draw(user, problem_set, make_recorded_model(user, tmp_path, lines), n=1, run_turns=2)
    second = pool.candidates.get(attempt=2)
    assert (second.source, second.turns, second.input_tokens, second.latency_s) == (RIGHT, 2, 14, 5.0)


def test_short_answers_are_drawn_and_reviewed(server: Told, user: User, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"id": "q1", "problem": "What is 6 times 7?", "answer": "42"}) + "\n")
    import_problem_set(user, path, slug="quiz")
    quiz = ProblemSet.objects.get(slug="quiz")
    server.tell(*says(r"It is \boxed{41}.", r"I was wrong: \boxed{42}."))
    pool: Pool = draw(user, quiz, make_asked_model(user, server.address), n=1, attempts=2, feedback="public")
    rows = list(pool.candidates.order_by("attempt").values_list("answer", "source", "no_program"))
    assert rows == [("41", "", ""), ("42", "", "")]
    assert last_said(server, 1)[0].startswith("Look at your answer again. Check every step")
    start_judging(user, pool)
    work_inline(pool)
    (row,) = attempt_rows(pool.newest_revision.judgings.get())
    assert (row.change.first, row.change.second) == (0.0, 1.0)


def test_answer_without_one_is_a_candidate_with_the_reason(server: Told, user: User, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"id": "q1", "problem": "What is 6 times 7?", "answer": "42"}) + "\n")
    import_problem_set(user, path, slug="quiz")
    server.tell(*says("First line.\nSecond line."))
    pool = draw(user, ProblemSet.objects.get(slug="quiz"), make_asked_model(user, server.address), n=1)
    assert list(pool.candidates.values_list("answer", "no_program")) == [("", "no answer")]
