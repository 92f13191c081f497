"""The files a person uploads in the story, made of the demo's problems and of candidate programs for them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
PROBLEMS = ("ferries", "ribbons")
LANGUAGES = {".cpp": "cpp", ".py": "python3"}
#: Of each problem: a weak model, and a strong one. Quick programs only: the story waits for their verdicts.
WEAK = {
    "ferries": "greedy_end.py greedy_start.cpp full.py bug_no_pause.cpp bug_strict.cpp naive_subsets.cpp "
    "crash_small.cpp broken_paren.cpp bug_int_sum.cpp greedy_pay.cpp",
    "ribbons": "bug_strict.cpp bug_mean.cpp single.cpp naive_table.cpp misread_order.cpp bug_count_int.cpp "
    "crash_at.cpp broken_name.cpp full.py wrong_sum.py",
}
STRONG = {
    "ferries": "full_sweep.cpp full_search.cpp bug_int_sum.cpp greedy_rate.cpp full_quadratic.cpp bug_adjacent.cpp "
    "naive_minutes.cpp bug_sweep_int.cpp full.py greedy_start.cpp",
    "ribbons": "full_binary.cpp bug_hi_exclusive.cpp full_bits.cpp full_exclusive.cpp bug_k_int.cpp bug_low_one.cpp "
    "bug_bits20.cpp full.py wrong_adjust.cpp single.cpp",
}


def problem_zip(*slugs: str, without: str = "") -> bytes:
    """Packages of the demo as one zip; files below the folder `without` of each are left out."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for slug in slugs:
            for path in sorted((FIXTURES / "problems" / slug).rglob("*")):
                name = path.relative_to(FIXTURES / "problems")
                if path.is_file() and not (without and str(name).startswith(f"{slug}/{without}/")):
                    archive.write(path, str(name))
    return packed.getvalue()


def candidates(names: dict[str, str]) -> list[dict[str, Any]]:
    """Records in Podium's keys: the programs in order, with tokens and latency that grow with their length."""
    records = []
    for problem, files in names.items():
        for index, name in enumerate(files.split()):
            path = FIXTURES / "candidates" / problem / name
            source = path.read_text()
            usage = {"input_tokens": 700, "output_tokens": 400 + len(source), "reasoning_tokens": 300}
            records.append(
                {
                    "problem": problem,
                    "index": index,
                    "language": LANGUAGES[path.suffix],
                    "source": source,
                    "usage": usage,
                    "latency_s": round(2 + len(source) / 500, 2),
                    "finish_reason": "stop",
                }
            )
    return records


def strange_keys(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records as another tool writes them."""
    names = {"problem": "task_id", "source": "completion"}
    return [{names.get(key, key): value for key, value in record.items()} for record in records]


def raw_only(record: dict[str, Any]) -> dict[str, Any]:
    """The record with the model's whole answer in place of the program in it."""
    kept = {key: value for key, value in record.items() if key not in ("source", "language")}
    fence = {"cpp": "cpp", "python3": "python"}[record["language"]]
    return {**kept, "raw": f"The idea is simple.\n\n```{fence}\n{record['source']}\n```\n"}


def lines(records: Iterable[dict[str, Any]]) -> bytes:
    """JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records).encode()
