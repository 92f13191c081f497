"""CodeT's HumanEval programs through the function harness: the verdicts of HumanEval's own way of testing.

HumanEval runs prompt, completion and test code in one process and believes what that process says. Here the same is
done inside one sandbox, and what comes of it is compared, program by program, with the harness that trusts nobody. By
default two programs of every task (half a minute); all 8,200 (ten minutes) with `FIDELITY=all`. Both need the real data
beside the checkout.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from comparisons.samplers.formats.completions import cut_completion
from judge import Judge, Source, load_package
from judge.problem import Limits
from judge.sandbox import Sandbox
from judge.sandbox.execution import Executable, RunLimits
from tests.comparisons.strategies.one_process import CHECK
from tests.conftest import ROOT

CODET = ROOT.parent / "shared" / "data" / "samples-codet" / "CodeT" / "data"
TASKS = CODET / "dataset" / "HumanEval_for_code_generation.jsonl"
SAMPLES = CODET / "generated_data" / "HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_code_solution.jsonl"
IS_FULL = os.environ.get("FIDELITY") == "all"
LIMIT_S = 3.0
#: What CodeT's own harness accepts, with its limit of 0.1 wall seconds as with one of 3.
ACCEPTED = 3131


def programs() -> Iterator[tuple[dict[str, str], int, str, int]]:
    """Task, first index, completion and how many samples of the task are this one."""
    tasks = {task["prompt"]: task for task in map(json.loads, TASKS.read_text().splitlines())}
    for record in map(json.loads, SAMPLES.read_text().splitlines()):
        first: dict[str, list[int]] = {}
        for index, sample in enumerate(record["samples"]):
            first.setdefault(cut_completion(sample), []).append(index)
        for completion, indices in list(first.items())[: None if IS_FULL else 2]:
            yield tasks[record["prompt"]], indices[0], completion, len(indices)


def one_process_verdicts(sandbox: Sandbox, folder: Path, checks: list[str]) -> list[bool]:
    paths = [folder / str(number) for number in range(len(checks))]
    for path, check in zip(paths, checks, strict=True):
        path.write_text(check)
    executable = sandbox.compile([("one_process.py", CHECK.encode())], "python3")
    assert isinstance(executable, Executable)
    runs = sandbox.run_batch(executable, paths, RunLimits(LIMIT_S, memory_mib=2048), keep_output=True)
    return [run.stdout == b"passed" for run in runs]


@pytest.mark.skipif(not CODET.is_dir(), reason="needs the real data beside the checkout (../shared/data)")
def test_programs_of_codet_get_the_verdicts_of_one_process(sandbox: Sandbox, tmp_path: Path) -> None:
    packages = {package.problem.slug: package for package in load_package(TASKS, workspace=tmp_path)}
    chosen = list(programs())
    checks = [
        f"{task['prompt']}{completion}\n{task['test']}\ncheck({task['entry_point']})"
        for task, _, completion, _ in chosen
    ]
    expected = one_process_verdicts(sandbox, tmp_path, checks)
    differing, accepted, slug, judge = {}, 0, "", None
    for (task, index, completion, count), is_expected in zip(chosen, expected, strict=True):
        if task["task_id"].replace("/", "-") != slug or judge is None:
            slug = task["task_id"].replace("/", "-")
            judge = Judge(packages[slug].problem, packages[slug], Limits(LIMIT_S), sandbox)
        judgement = judge.judge(Source.of(task["prompt"] + completion, "python3"))
        accepted += count * (judgement.verdict == "AC")
        if (judgement.verdict == "AC") != is_expected:
            differing[task["task_id"], index] = f"{judgement.verdict}: {judgement.testcases[0].message}"
        assert judgement.verdict != "IE", (task["task_id"], index, judgement)
    assert differing == {}
    assert accepted == ACCEPTED or not IS_FULL
