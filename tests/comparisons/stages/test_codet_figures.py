"""CodeT's published choice on its own samples: CodeGen-16B on HumanEval tasks 0-81.

Every program is run on the generated tests by our harness and, as an oracle, the plain way: in one process with them.
By default the first twelve programs of two tasks, on which random choice, CodeT and the best choice differ; all 8,200
programs with `FIDELITY=all` (half an hour on two quiet cores), which prints the figures side by side with those of
CodeT's own program.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from comparisons.metrics import pass_at_k
from comparisons.samplers.formats.completions import cut_completion
from comparisons.samplers.generated_tests import SampledTests
from comparisons.stages.generated_tests import columns
from comparisons.strategies import STRATEGIES, GeneratedTests, replay
from judge import Source, agreement, load_package
from judge.problem import Limits
from judge.sandbox import Sandbox
from judge.sandbox.execution import Executable, RunLimits
from tests.comparisons.strategies.codet_oracle import chance_of_solving
from tests.comparisons.strategies.one_process import CHECK, PROGRAM
from tests.comparisons.strategies.pools import make_view

IS_FULL = os.environ.get("FIDELITY") == "all"
FIRST = 5
#: Of CodeT's own program on these 82 tasks.
RANDOM = {1: 0.3818, 2: 0.5075, 10: 0.6972, 100: 0.8902}
CODET = {1: 0.5837, 2: 0.6659, 10: 0.7966}
#: Tasks and programs of the small slice.
TASKS, PROGRAMS = (54, 69), 12
#: Fewer tasks need more seeds.
SEEDS = 200 if IS_FULL else 1000


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def tasks(data: Path) -> Iterator[tuple[dict[str, Any], list[str], SampledTests]]:
    """Each task with the completions of its samples and its generated tests."""
    folder = data / "samples-codet" / "CodeT" / "data"
    named = "HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_{}.jsonl"
    samples = {
        one["prompt"]: one["samples"] for one in lines(folder / "generated_data" / named.format("code_solution"))
    }
    written = {one["prompt"]: one["samples"] for one in lines(folder / "generated_data" / named.format("test_case"))}
    asked = {
        one["task_id"]: one["prompt"] for one in lines(folder / "dataset/HumanEval_for_test_case_generation.jsonl")
    }
    for number, task in enumerate(lines(folder / "dataset" / "HumanEval_for_code_generation.jsonl")):
        if IS_FULL or number in TASKS:
            completions = [cut_completion(sample) for sample in samples[task["prompt"]]]
            kept = completions if IS_FULL else completions[:PROGRAMS]
            yield task, kept, SampledTests.parse(tuple(written[asked[task["task_id"]]]), task["entry_point"])


def in_one_process(sandbox: Sandbox, folder: Path, program: str, inputs: Sequence[str], cpu_s: float) -> list[str]:
    paths = [folder / str(number) for number in range(len(inputs))]
    for path, text in zip(paths, inputs, strict=True):
        path.write_text(text)
    built = sandbox.compile([("plain.py", program.encode())], "python3")
    assert isinstance(built, Executable)
    runs = sandbox.run_batch(built, paths, RunLimits(cpu_s, memory_mib=2048), keep_output=True)
    return [(run.stdout or b"").decode() for run in runs]


def codet_score(
    completions: list[str], passed: dict[str, list[bool]], tests: SampledTests, right: set[str], k: int
) -> float:
    """The strategy's score with k submissions, identical programs sent again as CodeT has it."""
    column = {text: number for number, text in enumerate(columns(tests, FIRST))}
    if not column:
        return pass_at_k(len(completions), sum(one in right for one in completions), k=k)
    written = np.array(
        [(column[text], s, place) for s, texts in enumerate(tests.tests) for place, text in enumerate(texts[:FIRST])]
    )
    names = sorted(set(completions))
    view = make_view(
        len(completions),
        points=(1.0,),
        program_id=[names.index(one) for one in completions],
        generated=GeneratedTests(np.array([passed[one] for one in completions]), *written.T, per_sample=FIRST),
    )
    scores = [[float(one in right)] for one in completions]
    played = replay(
        STRATEGIES["codet"],
        view,
        scores,
        [1.0],
        budget=k,
        seeds=SEEDS,
        options={"identical": "send"},
        key=str(names[0]),
    )
    assert played.score is not None
    return played.score


def test_codet_reaches_its_published_figures_and_those_of_a_plain_oracle(
    shared_data: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    problems = shared_data / "samples-codet" / "CodeT" / "data" / "dataset" / "HumanEval_for_code_generation.jsonl"
    packages = {package.problem.slug: package for package in load_package(problems, workspace=tmp_path)}
    ours: dict[int, list[float]] = {k: [] for k in CODET}
    plain: dict[int, list[float]] = {k: [] for k in CODET}
    at_random: dict[int, list[float]] = {k: [] for k in RANDOM}
    cells = differing = 0
    for task, completions, tests in tasks(shared_data):
        package = packages[task["task_id"].replace("/", "-")]
        runner = agreement.Agreement(package.problem, package, Limits(3.0), sandbox)
        names, texts = list(dict.fromkeys(completions)), columns(tests, FIRST)
        whole = [task["prompt"] + one for one in names]
        checks = [f"{one}\n{task['test']}\ncheck({task['entry_point']})" for one in whole]
        said = in_one_process(sandbox, tmp_path, CHECK, checks, 3.0)
        right = {name for name, word in zip(names, said, strict=True) if word == "passed"}
        given = [json.dumps([one, texts, agreement.CALL_LIMIT_S]) for one in whole]
        letters = in_one_process(sandbox, tmp_path, PROGRAM, given, 30.0)
        oracle = {
            name: [letter == "." for letter in word.ljust(len(texts), "F")]
            for name, word in zip(names, letters, strict=True)
        }
        passed = {
            name: [end is agreement.TestEnd.PASSED for end in runner.run(Source.of(one, "python3"), texts)[0]]
            for name, one in zip(names, whole, strict=True)
        }
        cells += len(names) * len(texts)
        differing += sum(a != b for name in names for a, b in zip(passed[name], oracle[name], strict=True))
        n, c = len(completions), sum(one in right for one in completions)
        for k in RANDOM:
            at_random[k].append(pass_at_k(n, c, k=min(k, n)))
        passing = {name: {t for t, ok in zip(texts, oracle[name], strict=True) if ok} for name in names}
        for k in CODET:
            ours[k].append(codet_score(completions, passed, tests, right, min(k, n)))
            plain[k].append(chance_of_solving(completions, passing, tests.tests, right, k=min(k, n), first=FIRST))
    for k, published in RANDOM.items():
        print(f"random pass@{k}: {np.mean(at_random[k]):.4f}, CodeT's program {published}")
        assert not IS_FULL or np.mean(at_random[k]) == pytest.approx(published, abs=0.005)
    for k, published in CODET.items():
        here, there = float(np.mean(ours[k])), float(np.mean(plain[k]))
        print(f"CodeT pass@{k}: {here:.4f}, plain oracle {there:.4f}, CodeT's program {published}")
        assert here == pytest.approx(there, abs=0.005 if IS_FULL else 0.03)
        assert not IS_FULL or here == pytest.approx(published, abs=0.02)
    # A choice that looked at nothing, or at the answers, would show.
    assert np.mean(at_random[1]) + 0.1 < np.mean(ours[1]) < 0.9
    print(f"{differing} of {cells} runs on a test differ from the plain oracle's")
    assert differing <= cells / 1000
