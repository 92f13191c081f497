"""Sandboxes of both isolations, with the probes of attacks.c compiled for them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from judge.sandbox import Executable, Execution, Isolation, Mode, RunLimits, Sandbox, SandboxUnavailable
from tests.environment import sandbox_number

ATTACKS = Path(__file__).with_name("attacks.c")
LIMITS = RunLimits(cpu_s=1, memory_mib=64, wall_s=1.5)
Probe = Callable[..., Execution]


@pytest.fixture(scope="session")
def cache() -> Iterator[Path]:
    """A cache that an unprivileged user can reach, unlike pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="podium-sandbox-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def open_or_skip(cache: Path, isolation: Isolation | None = None, worker: int = 91) -> Sandbox:
    """A sandbox of this isolation; the test is skipped, with the reason, where the machine has none."""
    try:
        return Sandbox.open(cache=cache, worker=sandbox_number(worker), force=isolation)
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")


@pytest.fixture(scope="session", params=list(Isolation), ids=lambda isolation: isolation.name.lower())
def box(request: pytest.FixtureRequest, cache: Path) -> Iterator[Sandbox]:
    """A sandbox; each test runs once for either isolation."""
    with open_or_skip(cache, request.param) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def bwrap_box(cache: Path) -> Iterator[Sandbox]:
    """A sandbox with namespaces."""
    with open_or_skip(cache, Isolation.BWRAP, worker=92) as sandbox:
        yield sandbox


def compiled(box: Sandbox, source: str | bytes, language: str = "c") -> Executable:
    """The program made of one source file."""
    name = {"c": "main.c", "cpp": "main.cpp", "python3": "main.py", "bash": "main.sh"}[language]
    content = source.encode() if isinstance(source, str) else source
    program = box.compile([(name, content)], language)
    assert isinstance(program, Executable), program
    return program


@pytest.fixture(params=list(Mode), ids=lambda mode: mode.name.lower())
def probe(request: pytest.FixtureRequest, box: Sandbox, tmp_path: Path) -> Probe:
    """Runs one probe with an amount, under `LIMITS` unless others are given, with its output; each test once in either
    mode."""
    mode: Mode = request.param
    if mode is Mode.FORK and box.isolation is Isolation.LANDLOCK:
        pytest.skip("without namespaces every run is a start of its own")
    program = compiled(box, ATTACKS.read_bytes())

    def run(what: str, amount: float = 0, limits: RunLimits = LIMITS) -> Execution:
        path = tmp_path / "input"
        path.write_text(f"{what} {amount}\n")
        (execution,) = box.run_batch(program, [path], limits, keep_output=True, output_cap=1 << 16, mode=mode)
        return execution

    return run
