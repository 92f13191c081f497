"""The arrays of judged candidates: made of judgements, united, summed up for pages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from comparisons.models import Candidate, JudgedProblem
from comparisons.stages.reviewed import attempts_changed
from judge.judging import Judgement
from judge.problem import Problem
from judge.verdicts import CODES, Verdict

MESSAGE_CHARS = 4000
#: Scores are kept in single precision: a sum of a few may miss the full score by this.
_EPSILON = 1e-4
#: Arrays that hold one JSON object of facts by candidate id.
_JSON = ("notes", "readings")


def outcome_of(judgement: Judgement) -> dict[str, Any]:
    """A candidate's outcome as JSON-ready data."""
    return {
        "verdict": str(judgement.verdict),
        # SK as a whole: the problem does not allow the program's language or size, so that it was not even compiled.
        "compiled": judgement.verdict not in (Verdict.CE, Verdict.SK),
        "message": judgement.compile_message[:MESSAGE_CHARS],
        "scores": [subtask.score for subtask in judgement.subtasks],
        "subtask_verdicts": [str(subtask.verdict) for subtask in judgement.subtasks],
        "tests": [str(test.verdict) for test in judgement.testcases],
        "cpu_time_s": [test.cpu_time_s for test in judgement.testcases],
        "memory_mib": [test.memory_mib for test in judgement.testcases],
        "readings": {str(at): list(t.readings) for at, t in enumerate(judgement.testcases) if t.readings},
    }


def without_program(problem: Problem, reason: str) -> dict[str, Any]:
    """The outcome of a candidate that has no program, or no answer where the problem wants one: that is wrong, there is
    nothing to compile."""
    subtasks, tests = len(problem.subtasks), len(problem.testcases)
    is_answer = not problem.task_type.has_programs
    verdict = str(Verdict.WA if is_answer else Verdict.CE)
    return {
        "verdict": verdict,
        "compiled": is_answer,
        "message": reason,
        "scores": [0.0] * subtasks,
        "subtask_verdicts": [verdict] * subtasks,
        "tests": [str(Verdict.WA if is_answer else Verdict.SK)] * tests,
        "cpu_time_s": [None] * tests,
        "memory_mib": [None] * tests,
    }


def arrays_of(problem: Problem, candidates: Sequence[Candidate], results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The arrays that `JudgedProblem` documents, for a range of candidates."""
    codes = {str(verdict): code for code, verdict in enumerate(CODES)}
    samples = [i for i, test in enumerate(problem.testcases) if test.is_sample]
    n, tests, subtasks = len(results), len(problem.testcases), len(problem.subtasks)

    def table(name: str, width: int, dtype: Any) -> Any:
        values = [[np.nan if value is None else value for value in result[name]] for result in results]
        return np.array(values, dtype=dtype).reshape(n, width)

    def verdicts(name: str, width: int) -> Any:
        return np.array([[codes[v] for v in result[name]] for result in results], dtype=np.uint8).reshape(n, width)

    verdict = np.array([codes[result["verdict"]] for result in results], dtype=np.uint8)
    scores = table("scores", subtasks, np.float32)
    scores[verdict == Verdict.IE.code] = np.nan
    cells = verdicts("tests", tests)
    pairs = list(zip(candidates, results, strict=True))
    notes = {str(candidate.pk): result["message"] for candidate, result in pairs if result["message"]}
    readings = {str(candidate.pk): result["readings"] for candidate, result in pairs if result.get("readings")}
    return {
        "candidate": np.array([candidate.pk for candidate in candidates], dtype=np.int64),
        "scores": scores,
        "subtask_verdicts": verdicts("subtask_verdicts", subtasks),
        "verdict": verdict,
        "tests": cells,
        "cpu_time_s": table("cpu_time_s", tests, np.float32),
        "memory_mib": table("memory_mib", tests, np.float32),
        "public_passed": (cells[:, samples] == Verdict.AC.code).sum(axis=1).astype(np.int16),
        "compiled": np.array([result["compiled"] for result in results], dtype=bool),
        "notes": _json(notes),
        "readings": _json(readings),
    }


def concatenate(parts: Sequence[Any]) -> dict[str, Any]:
    """The arrays of several chunks as one, in order; those of JSON bytes are united."""
    names = [name for name in (parts[0] if parts else ()) if name not in _JSON]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in names}
    for name in _JSON:
        united: dict[str, Any] = {}
        for part in parts:
            if name in part:
                united.update(json.loads(part[name].tobytes()))
        arrays[name] = _json(united)
    return arrays


def _json(value: dict[str, Any]) -> Any:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def aggregates_of(row: JudgedProblem, arrays: dict[str, Any]) -> dict[str, Any]:
    """What pages show of a judged problem without opening its arrays."""
    scores = arrays["scores"]
    known = (scores[~np.isnan(scores).any(axis=1)] if len(scores) else scores).astype(np.float64)
    counts = Counter(str(CODES[code]) for code in arrays["verdict"])
    return {
        "candidates": len(scores),
        "compiled": int(arrays["compiled"].sum()),
        "verdicts": dict(counts),
        "full": int((known.sum(axis=1) >= row.version.points - _EPSILON).sum()) if len(known) else 0,
        "mean_score": float(known.sum(axis=1).mean()) if len(known) else None,
        "best": [float(value) for value in known.max(axis=0)] if len(known) else [],
        "solved": [int(n) for n in (known >= _points(row) - _EPSILON).sum(axis=0)] if len(known) else [],
        "public": int((arrays["public_passed"] == row.version.n_samples).sum()),
        "max_cpu_time_s": float(np.nanmax(arrays["cpu_time_s"])) if np.isfinite(arrays["cpu_time_s"]).any() else None,
        **({"attempts": changed} if (changed := attempts_changed(row, arrays)) else {}),
    }


def _points(row: JudgedProblem) -> Any:
    return np.array([subtask.points for subtask in row.version.subtasks.all()])
