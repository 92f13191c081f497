"""What hostile programs get: nothing, under both isolations; and that the probes do get it where nothing holds them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from judge.sandbox import Ending, Sandbox

from .conftest import ATTACKS, LIMITS, Probe, compiled


@pytest.mark.parametrize(
    "what",
    [
        "network", "files", "writes", "inherited", "kernel", "neighbours", "limits", "processes", "bomb", "threads",
        "remains",
    ],
)  # fmt: skip
def test_probe_is_held(probe: Probe, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODIUM_CANARY", "1")
    execution = probe(what)
    lines = (execution.stdout or b"").decode().splitlines()
    assert [line for line in lines if line.startswith("ESCAPED")] == []
    assert (execution.ending, execution.code, lines[-1:]) == (Ending.EXIT, 0, ["end"])


@pytest.mark.parametrize("what", ["network", "files"])
def test_probe_escapes_without_sandbox(tmp_path: Path, what: str) -> None:
    """A probe that got nothing even here would prove nothing above. The others would harm the machine."""
    program = tmp_path / "probe"
    subprocess.run(["cc", "-o", program, ATTACKS], check=True)
    result = subprocess.run([program], input=what, capture_output=True, text=True, check=False)
    assert "ESCAPED" in result.stdout


@pytest.mark.parametrize(
    ("what", "ending"),
    [
        ("output", Ending.OUTPUT),
        ("errors", Ending.OUTPUT),
        ("hole", Ending.OUTPUT),
        ("memory", Ending.MEMORY),
        ("sleep", Ending.WALL),
        ("stop", Ending.WALL),
        ("ignore", Ending.CPU),
    ],
)
def test_probe_ends_at_its_limit(probe: Probe, what: str, ending: Ending) -> None:
    execution = probe(what)
    assert execution.ending is ending
    assert b"ESCAPED" not in (execution.stdout or b"")[:100] + execution.stderr
    assert execution.wall_time_s < 4 or ending is Ending.CPU
    assert execution.stdout_bytes <= LIMITS.output_bytes + 1


def test_program_cannot_mark_its_next_run(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(box, ATTACKS.read_bytes())
    path = tmp_path / "input"
    path.write_text("mark\n")
    runs = box.run_batch(program, [path] * 3, LIMITS, keep_output=True)
    assert [run.stdout for run in runs] == [b"end\n"] * 3


def test_program_that_cannot_be_started_has_failed(box: Sandbox) -> None:
    """It is no fault of ours, or a candidate could choose never to be counted."""
    source = '__asm__(".section .interp,\\"a\\"\\n.asciz \\"/nowhere\\"\\n.text"); int main(void) { return 0; }'
    (execution,) = box.run_batch(compiled(box, source), [Path("/dev/null")], LIMITS)
    assert (execution.ending, execution.code) == (Ending.EXIT, 127)


@pytest.mark.parametrize("ignore", ["", "signal(SIGCHLD, SIG_IGN);", "sigaction(SIGCHLD, &forgotten, 0);"])
def test_time_of_children_cannot_be_hidden(box: Sandbox, ignore: str) -> None:
    source = f"""#include <signal.h>
        #include <time.h>
        #include <unistd.h>
        int main(void) {{
          struct sigaction forgotten = {{ .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT }};
          int ends[2]; char c; (void)forgotten; {ignore}
          if (pipe(ends)) return 1;
          if (!fork()) {{ while (clock() < CLOCKS_PER_SEC / 4) continue; _exit(0); }}
          close(ends[1]);
          return (int)read(ends[0], &c, 1);
        }}"""
    limits = replace(LIMITS, wall_s=10, processes=4, may_fork=True)
    (execution,) = box.run_batch(compiled(box, source), [Path("/dev/null")], limits)
    assert (execution.ending, execution.code) == (Ending.EXIT, 0)
    assert execution.cpu_time_s > 0.2


def test_time_of_many_short_children_counts_against_the_limit(box: Sandbox) -> None:
    """None of them is ever found at work for long, and the program itself hardly works."""
    source = """#include <sys/wait.h>
        #include <time.h>
        #include <unistd.h>
        int main(void) {
          for (int i = 0; i < 60; i++) {
            if (!fork()) { while (clock() < CLOCKS_PER_SEC / 50) continue; _exit(0); }
            wait(0);
          }
          return 0;
        }"""
    limits = replace(LIMITS, cpu_s=0.5, wall_s=60, processes=4, may_fork=True)
    (execution,) = box.run_batch(compiled(box, source), [Path("/dev/null")], limits)
    assert execution.ending is Ending.CPU
    assert execution.cpu_time_s > 1.1


def test_nothing_is_left_running(box: Sandbox, probe: Probe) -> None:
    tool = compiled(
        box,
        "#include <unistd.h>\nint main(void){ for (int i = 0; i < 5; i++) if (!fork()) { setsid(); for (;;) pause(); } "
        "return 0; }",
    )
    result = box.run_tool(tool, limits=replace(LIMITS, wall_s=10))
    assert (result.ending, result.code) == (Ending.EXIT, 0)
    assert running(tool.path) == []


def running(program: Path) -> list[int]:
    """Processes of this machine that run the file."""
    wanted = program.stat()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = os.stat(folder / "exe")
            except OSError:
                continue
            if (status.st_dev, status.st_ino) == (wanted.st_dev, wanted.st_ino):
                found.append(int(folder.name))
    return found
