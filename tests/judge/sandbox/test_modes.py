"""Runs as forks of a program that was started once, and sandboxes kept for the next program: nobody can tell."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from judge import Judge, Source, load_package
from judge.package import stated_limits
from judge.sandbox import CompileFailure, Ending, Executable, Execution, Isolation, Mode, RunLimits, Sandbox
from judge.sandbox.building import SERVER_OBJECT, build_runner
from judge.sandbox.isolation import Isolator
from tests.environment import sandbox_number
from tests.judge.making import PLAIN, write_package

from .alike import CPP_PROGRAMS, HIJACKS, PYTHON_PROGRAMS
from .conftest import LIMITS, compiled
from .test_attacks import running
from .test_runs import inputs_of

IS_FULL = os.environ.get("FIDELITY") == "all"
TORTURE = sorted(path for path in Path(__file__).with_name("torture").iterdir() if path.suffix in (".c", ".cpp", ".py"))
#: By default some of each kind: all take minutes, for many run into their limits, twice in either mode.
SOME = {
    "binary_output", "descriptors", "exception", "fork_storm", "heap", "hangs_in_thread", "recursion", "signal_kill",
    "stdin_rewritten", "stop_parent", "threads", "unflushed",
}  # fmt: skip
SOME_HIJACKS = {"has siblings", "kills all", "names the runner", "second entry", "takes the output"}
LANGUAGES = {".c": "c", ".cpp": "cpp", ".py": "python3"}
SEED = (
    "#include <stdio.h>\n#include <sys/auxv.h>\nint main(void) { fwrite((void *)getauxval(AT_RANDOM), 16, 1, stdout); }"
)


def outcome(run: Execution) -> tuple[object, ...]:
    """What must not depend on how a run was started; of what it says on leaving, the addresses and the last sighs of
    Python's own objects do."""
    said = re.sub(rb"0x[0-9a-f]+", b"", run.stderr).partition(b"Exception ignored in")[0]
    return run.ending, run.code, run.stdout, run.stdout_hash, run.tokens_hash, said


def both(box: Sandbox, program: Executable, paths: list[Path], limits: RunLimits = LIMITS) -> None:
    """Asserts that the program's runs have the same outcomes in either mode."""
    exec_runs, fork_runs = (
        [outcome(run) for run in box.run_batch(program, paths, limits, keep_output=True, mode=mode)]
        for mode in (Mode.EXEC, Mode.FORK)
    )
    assert fork_runs == exec_runs


@pytest.fixture(params=[Isolation.BWRAP])
def box(request: pytest.FixtureRequest, cache: Path) -> Sandbox:
    """Sandboxes with namespaces: without them runs are never forks, nor sandboxes kept."""
    box: Sandbox = request.getfixturevalue("bwrap_box")
    return box


def has_forked(box: Sandbox, program: Executable, paths: list[Path], mode: Mode) -> bool:
    """Whether the runs of SEED were forks of one program: the kernel gives each program it starts a seed of its own."""
    runs = list(box.run_batch(program, paths * 3, LIMITS, keep_output=True, mode=mode))
    assert {run.is_clean for run in runs} == {True}
    return len({run.stdout for run in runs}) == 1


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_runs_are_forks_where_they_may_be(box: Sandbox, tmp_path: Path, language: str) -> None:
    program = compiled(box, SEED, language)
    paths = inputs_of(tmp_path, b"")
    assert [has_forked(box, program, paths, mode) for mode in Mode] == [False, True]


def test_python_runs_are_forks(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(box, "import os\nprint(os.path.exists('/podium'))", "python3")
    (run,) = box.run_batch(program, inputs_of(tmp_path, b""), LIMITS, keep_output=True, mode=Mode.FORK)
    assert run.stdout == b"True\n"


def test_runs_are_no_forks_without_namespaces(cache: Path, tmp_path: Path) -> None:
    with Sandbox.open(cache=cache, worker=sandbox_number(94), force=Isolation.LANDLOCK) as box:
        assert not has_forked(box, compiled(box, SEED), inputs_of(tmp_path, b""), Mode.FORK)


def test_fork_server_calls_nothing_that_a_program_could_bring(tmp_path: Path) -> None:
    server = build_runner(tmp_path).with_name(SERVER_OBJECT)
    listed = subprocess.run(["nm", "-u", server], capture_output=True, text=True, check=True)
    assert {line.split()[-1] for line in listed.stdout.splitlines()} <= {
        "__preinit_array_start", "__preinit_array_end", "_GLOBAL_OFFSET_TABLE_"
    }  # fmt: skip


def test_forks_cannot_reach_their_server(box: Sandbox, tmp_path: Path) -> None:
    attack = """
      for (int pid = 1; pid < 300; pid++) {
        int signals[] = { 19, 9, 64 };
        for (int i = 0; i < 3 && pid != getpid(); i++) {
          reached |= syscall(SYS_tgkill, pid, pid, signals[i]) == 0 && pid > 1;
          reached |= !kill(pid, signals[i]) || !kill(-pid, signals[i]) || !syscall(SYS_tkill, pid, signals[i]);
          reached |= !syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, pid, 0), signals[i], 0, 0);
        }
        reached |= !ptrace(PTRACE_ATTACH, pid, 0, 0) || (pid != getpid() && !prlimit(pid, RLIMIT_CPU, &none, 0));
      }
      reached |= fcntl(63, F_GETFD) >= 0;
      if (reached) return 3;"""
    head = "#include <fcntl.h>\n#include <signal.h>\n#include <sys/ptrace.h>\n#include <sys/resource.h>\n"
    head = f"#define _GNU_SOURCE\n{head}#include <sys/syscall.h>\n#include <unistd.h>\n"
    body = SEED.replace(
        "int main(void) {", f"int main(void) {{ struct rlimit none = {{ 0, 0 }}; int reached = 0; {attack}"
    )
    assert has_forked(box, compiled(box, head + body), inputs_of(tmp_path, b""), Mode.FORK)


def test_forks_do_not_find_the_key_to_forking(box: Sandbox, tmp_path: Path) -> None:
    """The order with it lay on the stack a moment before the first function; what was beside it still does."""
    search = """
      static volatile unsigned long found, leaks;
      __attribute__((constructor)) static void search(void) {
        struct rlimit cpu;
        unsigned long *here = __builtin_frame_address(0);
        getrlimit(RLIMIT_CPU, &cpu);
        for (long at = -1000; at < 100; at++)
          if (here[at] == cpu.rlim_cur && here[at - 1] != here[at] && here[at + 1] != here[at])
            found++, leaks += here[at + 1] != 0;
      }
    """
    body = SEED.replace("int main(void) {", search + 'int main(void) { fprintf(stderr, "%lu %lu", found, leaks);')
    program = compiled(box, "#include <sys/resource.h>\n" + body)
    limits = replace(LIMITS, cpu_s=77)  # a number not met by chance
    for run in box.run_batch(program, inputs_of(tmp_path, b"") * 2, limits, keep_output=True, mode=Mode.FORK):
        assert run.stderr == b"1 0"


def test_probes_may_be_forks_and_scored_runs_never_are(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = load_package(write_package(tmp_path / "double", PLAIN))[0]
    prepared = Judge(package.problem, package, stated_limits(package), box)
    built = prepared.compile(Source.of(SEED, "c"))
    assert isinstance(built, Executable)
    paths = inputs_of(tmp_path, b"1\n") * 3
    assert len({run.stdout_hash for run in prepared.run_on_inputs(built, paths)}) == 1
    modes = []
    original = Sandbox.run_batch

    def noted(self: Sandbox, *args: Any, **kwargs: Any) -> Iterator[Execution]:
        modes.append(kwargs.get("mode", Mode.EXEC))
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Sandbox, "run_batch", noted)
    prepared.judge(Source.of(SEED, "c"))
    assert set(modes) == {Mode.EXEC}


@pytest.mark.parametrize("word", ["preinit_array", "ifunc", "_start", "section("])
def test_program_that_may_run_early_is_started_each_time(box: Sandbox, tmp_path: Path, word: str) -> None:
    program = compiled(box, f"{SEED}\n// {word}")
    assert not has_forked(box, program, inputs_of(tmp_path, b""), Mode.FORK)


@pytest.mark.parametrize("name", list(CPP_PROGRAMS)[:: 1 if IS_FULL else 3])
def test_cpp_program_ends_alike_in_both_modes(box: Sandbox, tmp_path: Path, name: str) -> None:
    paths = inputs_of(tmp_path, b"3 4\n", b"", b"  12\n\n-7 x", b"1 " * 5000)
    both(box, compiled(box, CPP_PROGRAMS[name], "cpp"), paths)


@pytest.mark.parametrize("name", list(PYTHON_PROGRAMS)[:: 1 if IS_FULL else 3])
def test_python_program_ends_alike_in_both_modes(box: Sandbox, tmp_path: Path, name: str) -> None:
    paths = inputs_of(tmp_path, b"3 4\n", b"", b"5\n6\nx", b"\xff\xfe\n")
    both(box, compiled(box, PYTHON_PROGRAMS[name], "python3"), paths, replace(LIMITS, memory_mib=256, cpu_s=3))


@pytest.mark.parametrize("path", [path for path in TORTURE if IS_FULL or path.stem in SOME], ids=lambda path: path.name)
def test_hostile_program_ends_alike_in_both_modes(box: Sandbox, tmp_path: Path, path: Path) -> None:
    program = box.compile([(path.name, path.read_bytes())], LANGUAGES[path.suffix])
    if isinstance(program, CompileFailure):
        return
    limits = replace(LIMITS, cpu_s=0.5, wall_s=3, output_bytes=1 << 20)
    runs = [
        [(run.ending, run.code) for run in box.run_batch(program, inputs_of(tmp_path, b"21\n") * 2, limits, mode=mode)]
        for mode in Mode
    ]
    expected = re.search(rb"expect: ([A-Z ]+)", path.read_bytes())
    if expected is None or len(expected[1].split()) == 1:  # else the machine decides
        assert runs[0] == runs[1]
    assert running(program.path) == []


@pytest.mark.parametrize("name", [name for name in HIJACKS if IS_FULL or name in SOME_HIJACKS])
def test_hijacked_server_changes_nothing(box: Sandbox, tmp_path: Path, name: str) -> None:
    """A program that hides the words that would have told, and so runs in the server's place."""
    program = compiled(box, HIJACKS[name])
    assert program.can_fork
    runs = list(box.run_batch(program, inputs_of(tmp_path, b"1", b"2", b"3"), LIMITS, keep_output=True, mode=Mode.FORK))
    assert [(run.ending, run.code, run.stdout) for run in runs] == [(Ending.EXIT, 0, f"{n}\n".encode()) for n in "123"]
    assert running(program.path) == []
    follower = compiled(box, SEED)
    assert has_forked(box, follower, inputs_of(tmp_path, b""), Mode.FORK)


MARKER = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
static void *stay(void *unused) { for (;;) pause(); return unused; }
int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, stay, 0);
  for (int fd = 1; fd < 3; fd++) {
    if (write(fd, "left over", 9) != 9) return 1;
    void *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) *(char *)page = 'X';
    fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
    flock(fd, LOCK_EX);
    lseek(fd, 5, SEEK_SET);
  }
  open("/dev/null", O_RDONLY);
  nice(5);
  umask(077);
  return 7;
}
"""
LOOKER = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct stat info;
  struct rlimit processes;
  char text[64] = "";
  int marks = 0, others = 0;
  for (int fd = 3; fd < 200; fd++) others += !fstat(fd, &info);
  for (int fd = 1; fd < 3; fd++) {
    fstat(fd, &info);
    marks |= info.st_size > 0 || lseek(fd, 0, SEEK_CUR) > 0 || (fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK));
    marks |= flock(fd, LOCK_EX | LOCK_NB) != 0 || pread(fd, text, sizeof text, 0) > 0;
  }
  for (int pid = 2; pid < 2000; pid++) others += pid != getpid() && !kill(pid, 0);
  getrlimit(RLIMIT_NPROC, &processes);
  printf("%d %d %d %s %d %o %d %d\\n", marks, others, argc, argv[0], getpriority(PRIO_PROCESS, 0), umask(0),
         (int)processes.rlim_cur, getppid());
  return 0;
}
"""


def test_nothing_is_left_for_the_next_program(box: Sandbox, tmp_path: Path) -> None:
    marker, looker = (
        compiled(box, MARKER),
        compiled(box, LOOKER),
    )
    paths = inputs_of(tmp_path, b"x")

    def look(mode: Mode) -> bytes | None:
        (run,) = box.run_batch(looker, paths, LIMITS, keep_output=True, mode=mode)
        assert run.is_clean, run
        return run.stdout

    for mode in Mode:
        before = look(mode)
        for marking in Mode:
            limits = replace(LIMITS, processes=4, output_bytes=1 << 10)
            assert [run.code for run in box.run_batch(marker, paths * 3, limits, mode=marking)] == [7] * 3
            assert look(mode) == before
        assert before is not None and before.startswith(b"0 0 1 /program ")


def test_environment_of_one_program_is_not_the_next_ones(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "#include <stdio.h>\nint main(int n, char **v, char **e) { for (; *e; e++) puts(*e); return 0; }"
    program = compiled(box, source)
    paths = inputs_of(tmp_path, b"")

    def environment() -> bytes:
        (run,) = box.run_batch(program, paths, LIMITS, keep_output=True)
        assert run.is_clean, run
        return run.stdout or b""

    plain, original = environment(), Isolator.command_line
    with monkeypatch.context() as changed:
        changed.setattr(Isolator, "command_line", lambda *args: ["LD_LIBRARY_PATH=/libraries", *original(*args)])
        assert [environment() for _ in range(4)] == [plain + b"LD_LIBRARY_PATH=/libraries\n"] * 4
    assert environment() == plain


def test_limits_of_one_program_are_not_the_next_ones(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(box, "int main(void) { for (;;); }")
    paths = inputs_of(tmp_path, b"")
    for cpu_s in (0.05, 0.4, 0.05):
        (run,) = box.run_batch(program, paths, RunLimits(cpu_s, memory_mib=64, wall_s=20))
        assert (run.ending, cpu_s < run.cpu_time_s < cpu_s + 0.1) == (Ending.CPU, True)


@pytest.mark.parametrize("mode", list(Mode))
def test_sandbox_is_kept_between_programs(box: Sandbox, tmp_path: Path, mode: Mode) -> None:
    first, second = compiled(box, SEED), compiled(box, SEED + "\n")
    paths = inputs_of(tmp_path, b"")
    list(box.run_batch(first, paths, LIMITS, mode=mode))
    kept = runners()
    list(box.run_batch(second, paths * 40, LIMITS, mode=mode))
    assert runners() == kept


def runners() -> set[int]:
    """Runners of this process's sandboxes that are kept."""
    parents, found = {}, set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0] == b"/runner" and b"pool" in words:
                found.add(int(folder.name))
    return {pid for pid in found if os.getpid() in ancestors(pid, parents)}


def ancestors(pid: int, parents: dict[int, int]) -> list[int]:
    line = [pid]
    while (above := parents.get(line[-1], 0)) > 1:
        line.append(above)
    return line


@pytest.mark.parametrize("mode", list(Mode))
def test_batch_that_is_stopped_leaves_the_sandbox_usable(box: Sandbox, tmp_path: Path, mode: Mode) -> None:
    program = compiled(
        box,
        "#include <stdio.h>\n#include <unistd.h>\n"
        'int main(void) { int n = 0; scanf("%d", &n); if (n > 1) for (;;) pause(); puts("ran"); return n; }',
    )
    paths = inputs_of(tmp_path, *(str(number).encode() for number in range(100)))
    limits = replace(LIMITS, wall_s=60)
    for _ in range(3):
        runs = box.run_batch(program, paths, limits, mode=mode, stop_after=lambda index, _: index == 1)
        assert ([run.code for run in runs], running(program.path)) == ([0, 1], [])
    (run,) = box.run_batch(program, paths[:1], limits, keep_output=True, mode=mode)
    assert (run.stdout, run.code) == (b"ran\n", 0)


@pytest.mark.parametrize("mode", list(Mode))
def test_batch_begun_inside_another_has_a_sandbox_of_its_own(box: Sandbox, tmp_path: Path, mode: Mode) -> None:
    program = compiled(box, '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); return n; }')
    paths = inputs_of(tmp_path, b"1", b"2", b"3")
    pairs = [
        (outer.code, inner.code)
        for outer in box.run_batch(program, paths, LIMITS, mode=mode)
        for inner in box.run_batch(program, paths, LIMITS, mode=mode)
    ]
    assert pairs == [(a, b) for a in (1, 2, 3) for b in (1, 2, 3)]


def test_broken_sandbox_is_replaced(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(box, "int main(void) { return 3; }")
    paths = inputs_of(tmp_path, b"")
    list(box.run_batch(program, paths, LIMITS))
    for during in (False, True):
        runs = box.run_batch(program, paths * 200, LIMITS)
        if during:
            assert next(iter(runs)).code == 3
        for kept in runners():  # other tests' sandboxes too, which are to bear it as well
            with contextlib.suppress(ProcessLookupError):  # it went with one that it was in
                os.kill(kept, signal.SIGKILL)
        endings = [run.ending for run in runs]
        assert endings.count(Ending.FAULT) <= 1
        assert [run.code for run in box.run_batch(program, paths * 3, LIMITS)] == [3, 3, 3]


def test_file_that_is_no_program_has_failed(box: Sandbox, tmp_path: Path) -> None:
    path = box.cache / "nothing"
    path.write_bytes(b"")
    path.chmod(0o755)
    nothing = Executable("c", path, ("/program",), "", is_static=True, can_fork=True)
    for mode in Mode:
        (run,) = box.run_batch(nothing, inputs_of(tmp_path, b""), LIMITS, mode=mode)
        assert (run.ending, run.code) == (Ending.EXIT, 127)


def test_cpu_limit_holds_for_each_fork(box: Sandbox, tmp_path: Path) -> None:
    program = compiled(
        box,
        '#include <stdio.h>\n#include <time.h>\nint main(void) { double s; scanf("%lf", &s); '
        "while (clock() < s * CLOCKS_PER_SEC) continue; return 0; }",
    )
    paths = inputs_of(tmp_path, b"0.2", b"0.2", b"9", b"0.2", b"9")
    limits = replace(LIMITS, cpu_s=0.3, wall_s=30)
    runs = list(box.run_batch(program, paths, limits, mode=Mode.FORK))
    assert [run.ending for run in runs] == [Ending.EXIT, Ending.EXIT, Ending.CPU, Ending.EXIT, Ending.CPU]
    assert [run.cpu_time_s > 0.15 for run in runs] == [True] * 5
