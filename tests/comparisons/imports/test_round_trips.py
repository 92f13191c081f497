"""What a pool's export holds, an import reads: both pools export the same bytes, whatever kind of pool it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comparisons.actions.pools import export_pool, import_pool
from comparisons.actions.problems import import_problem_set
from comparisons.models import Candidate, Pool, ProblemSet, User
from comparisons.queries.candidates import candidate_page
from comparisons.samplers.records import FIELDS
from comparisons.stages.environment import sandbox
from judge.errors import RecordError, SandboxUnavailable
from tests.comparisons.asked import draw, make_recorded_model, make_set
from tests.comparisons.imports.packages import write_lines
from tests.factories import RIGHT, WRONG, make_user

pytestmark = pytest.mark.django_db

#: What a row holds of its own database, or where it came from.
OF_THE_DATABASE = {"id", "pool_id", "request_id", "revision", "said"}
USAGE = {"input_tokens": 9, "cached_input_tokens": 0, "output_tokens": 8, "reasoning_tokens": 3}


@pytest.fixture
def user() -> User:
    return make_user("ada")


@pytest.fixture
def problem_set(user: User) -> ProblemSet:
    return make_set(user, problems=2)


@pytest.fixture
def quiz(user: User, tmp_path: Path) -> ProblemSet:
    path = write_lines(tmp_path / "quiz.jsonl", [{"id": "q1", "problem": "What is 6 times 7?", "answer": "42"}])
    import_problem_set(user, path, slug="quiz")
    return ProblemSet.objects.get(slug="quiz")


def read(problem_set: ProblemSet, path: Path) -> Pool:
    return import_pool(problem_set.created_by, path, problem_set=problem_set, model_slug="copy").pool


def rows(pool: Pool) -> list[dict[str, Any]]:
    order = ("problem__position", "subtask", "index", "attempt")
    found = Candidate.objects.filter(pool=pool).order_by(*order).values()
    return [{name: value for name, value in row.items() if name not in OF_THE_DATABASE} for row in found]


def assert_round_trip(pool: Pool, folder: Path) -> list[dict[str, Any]]:
    """The lines of its export."""
    export_pool(pool.created_by, pool, folder / "first.jsonl")
    again = read(pool.problem_set, folder / "first.jsonl")
    export_pool(pool.created_by, again, folder / "second.jsonl")
    assert (folder / "second.jsonl").read_bytes() == (folder / "first.jsonl").read_bytes()
    assert rows(again) == rows(pool)
    return [json.loads(line) for line in (folder / "first.jsonl").read_bytes().splitlines()]


def program(source: str) -> str:
    return f"```python\n{source}```\n"


BARE = {"problem": "p0", "index": 0, "source": RIGHT}
IMPORTED: dict[str, list[dict[str, Any]]] = {
    "bare": [BARE],
    "programs": [
        {**BARE, "index": 4, "usage": USAGE, "latency_s": 1, "turns": 3, "run_cpu_s": 0, "finish_reason": "stop"},
        {**BARE, "usage": {"output_tokens": 0}, "latency_s": 0.1, "run_cpu_s": 1.25},
        {"problem": "p1", "source": "main = id", "language": "Haskell", "own": {"é\u2028": [None, 1.5]}},
    ],
    "no program": [
        {"problem": "p0", "raw": "I do not know."},
        {"problem": "p0", "raw": "```python\nfor", "finish_reason": "length"},
        {"problem": "p0", "raw": program(RIGHT), "no_program": "refused"},
        {"problem": "p0"},
    ],
    "per subtask": [{**BARE, "subtask": subtask, "index": index} for index in (1, 0) for subtask in (2, 1)],
    "aimed and not": [{**BARE, "subtask": 1}, BARE],
    "scores": [
        {"problem": "p0", "scores": {"2": 0, "1": 40.0}, "turns": 2},
        {**BARE, "index": 1, "scores": {"1": 1, "2": 0.1}},
    ],
    "attempts": [
        {**BARE, "turns": 1},
        {**BARE, "attempt": 2, "turns": 2, "run_cpu_s": 0.5, "said": ["Look again.", program(WRONG), "It gave 4 é."]},
        {**BARE, "attempt": 3, "said": ["Look again."]},
    ],
    "beats": [{**BARE, "beats": [1]}, {**BARE, "index": 1, "beats": []}],
}


@pytest.mark.parametrize("kind", IMPORTED)
def test_imported_pool_round_trips(problem_set: ProblemSet, tmp_path: Path, kind: str) -> None:
    lines = assert_round_trip(read(problem_set, write_lines(tmp_path / "a.jsonl", IMPORTED[kind])), tmp_path)
    assert len(lines) == len(IMPORTED[kind])


def test_unknown_is_left_out_and_never_0(problem_set: ProblemSet, tmp_path: Path) -> None:
    pool = read(problem_set, write_lines(tmp_path / "a.jsonl", [BARE]))
    (line,) = assert_round_trip(pool, tmp_path)
    assert (pool.candidates.get().turns, line["usage"], line["latency_s"]) == (None, None, None)
    assert not {"turns", "run_cpu_s", "said", "scores"} & set(line)


def test_imported_short_answers_round_trip(quiz: ProblemSet, tmp_path: Path) -> None:
    answers = [{"answer": "42"}, {"raw": r"\boxed{41}"}, {"raw": "Hm.\nHm."}, {"source": "7"}, {}]
    pool = read(quiz, write_lines(tmp_path / "a.jsonl", [{"problem": "q1", **answer} for answer in answers]))
    lines = assert_round_trip(pool, tmp_path)
    assert [line["answer"] for line in lines] == ["42", "41", None, "7", None]


def test_drawn_attempts_round_trip_with_what_was_said(user: User, problem_set: ProblemSet, tmp_path: Path) -> None:
    try:
        sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
    asks = f"{program(WRONG)}```run\n1 1\n```\n"
    lines: list[dict[str, Any]] = []
    for slug in ("p0", "p1"):
        line = {"problem": slug, "index": 0, "usage": USAGE, "latency_s": 2.5}
        lines += [
            {**line, "raw": program(WRONG)},
            {**line, "attempt": 2, "turn": 1, "raw": asks},
            {**line, "attempt": 2, "turn": 2, "raw": program(RIGHT)},
            {"problem": slug, "index": 1, "raw": "No.", "refusal": "I cannot."},
            {"problem": slug, "index": 1, "attempt": 2, "raw": "Still no program."},
            {**line, "index": 2, "raw": program(WRONG)},  # its review breaks off after the run
            {**line, "index": 2, "attempt": 2, "raw": asks},
        ]
    model = make_recorded_model(user, tmp_path, lines)
    pool = draw(user, problem_set, model, n=3, run_turns=2, feedback="public")
    found = assert_round_trip(pool, tmp_path)
    assert [(line["index"], line["attempt"]) for line in found[:5]] == [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1)]
    first, second = found[:2]
    assert (first["turns"], "run_cpu_s" in first, "said" in first) == (1, False, False)
    calls = pool.requests.filter(problem__slug="p0", index=0, attempt=2).order_by("turn")
    assert second["said"] == [calls[0].said, asks, calls[1].said]
    assert (second["turns"], second["usage"]["input_tokens"], second["latency_s"]) == (2, 18, 5.0)
    assert second["run_cpu_s"] > 0
    assert {key for line in found for key in line} <= set(FIELDS)

    copy = Pool.objects.get(model__slug="copy").candidates.get(problem__slug="p0", index=0, attempt=2)
    assert [(turn.turn, turn.said, turn.answer) for turn in candidate_page(copy).turns] == [
        (1, calls[0].said, asks),
        (2, calls[1].said, ""),
    ]


def test_drawn_per_subtask_round_trip(user: User, problem_set: ProblemSet, tmp_path: Path) -> None:
    usage = {"input_tokens": 7, "cached_input_tokens": 6, "output_tokens": 100, "reasoning_tokens": 99}
    lines = [
        {"problem": f"p{p}", "subtask": subtask, "index": index, "usage": usage, "raw": program(RIGHT) + "#" * index}
        for p in range(2) for subtask in (1, 2) for index in range(3)
    ]  # fmt: skip
    model = make_recorded_model(user, tmp_path, lines)
    found = assert_round_trip(draw(user, problem_set, model, formulation="subtask", n=3), tmp_path)
    assert [(line["problem"], line["subtask"], line["index"]) for line in found] == [
        (line["problem"], line["subtask"], line["index"]) for line in lines
    ]


def test_drawn_short_answers_round_trip(user: User, quiz: ProblemSet, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"problem": "q1", "raw": r"It is \boxed{41}."},
        {"problem": "q1", "raw": "", "refusal": r"I may not say \boxed{42}."},
        {"problem": "q1", "raw": "Let me\nthink", "finish_reason": "length"},
        {"problem": "q1", "raw": "Line.\nLine."},
        {"problem": "q1", "raw": r"First I thought \boxed{41}, but", "finish_reason": "length"},
    ]
    found = assert_round_trip(draw(user, quiz, make_recorded_model(user, tmp_path, lines), n=5), tmp_path)
    assert [(line["answer"], line.get("no_program")) for line in found] == [
        ("41", None), (None, "refused"), (None, "cut off before an answer"), (None, "no answer"),
        (None, "cut off before an answer"),
    ]  # fmt: skip


BAD: list[tuple[dict[str, Any], str]] = [
    ({"turns": 0}, '"turns" is 0, not a whole number of at least 1'),
    ({"turns": -1}, '"turns" is -1, not a whole number of at least 1'),
    ({"turns": True}, '"turns" is True, not a whole number of at least 1'),
    ({"turns": "2"}, "\"turns\" is '2', not a whole number of at least 1"),
    ({"turns": 1.5}, '"turns" is 1.5, not a whole number of at least 1'),
    ({"turns": 32768}, '"turns" is 32768, more than 32767'),
    ({"turns": [1]}, '"turns" is [1], not a whole number of at least 1'),
    ({"run_cpu_s": -0.5}, '"run_cpu_s" is -0.5, not a number of at least 0'),
    ({"run_cpu_s": "1"}, "\"run_cpu_s\" is '1', not a number of at least 0"),
    ({"run_cpu_s": False}, '"run_cpu_s" is False, not a number of at least 0'),
    ({"run_cpu_s": 1e300}, '"run_cpu_s" is 1e+300, more than 1000000000 seconds'),
    ({"latency_s": 1e300}, '"latency_s" is 1e+300, more than 1000000000 seconds'),
    ({"run_cpu_s": float("nan")}, "is not JSON (NaN is no JSON value)"),
    ({"run_cpu_s": float("inf")}, "is not JSON (Infinity is no JSON value)"),
    ({"said": "Look again."}, '"said" is no list of an odd number of texts'),
    ({"said": {"0": "a"}}, '"said" is no list of an odd number of texts'),
    ({"said": []}, '"said" is no list of an odd number of texts'),
    ({"said": ["a", "b"]}, '"said" is no list of an odd number of texts'),
    ({"said": ["a", 5, "c"]}, '"said[1]" is no text'),
    ({"said": ["a", None, "c"]}, '"said[1]" is empty'),
    ({"said": ["a", "b", ""]}, '"said[2]" is empty'),
    ({"said": ["a\0"]}, '"said[0]" holds a zero character'),
]


@pytest.mark.parametrize(("fields", "message"), BAD)
def test_bad_value_is_named_with_its_line(
    problem_set: ProblemSet, tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [BARE, {**BARE, "index": 1, **fields}])
    with pytest.raises(RecordError) as error:
        read(problem_set, path)
    assert str(error.value) == f"a.jsonl, line 2: {message}"
    assert not Pool.objects.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"said": ["\\ud800"]', "holds half a character (a lone surrogate)"),
        ('"turns": ' + "9" * 400, "more than 32767"),
        ('"turns": ' + "9" * 5000, "is not JSON"),
        ('"run_cpu_s": ' + "9" * 400, "not a number of at least 0"),
        ('"run_cpu_s": 1e999', "is not JSON (1e999 is too large a number)"),
    ],
)
def test_bad_text_is_named_with_its_line(problem_set: ProblemSet, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"problem": "p0", {text}}}\n')
    with pytest.raises(RecordError) as error:
        read(problem_set, path)
    assert str(error.value).startswith("a.jsonl, line 1: ") and message in str(error.value)
    assert len(str(error.value)) < 300
