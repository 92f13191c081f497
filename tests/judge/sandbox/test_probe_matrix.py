"""The probe matrix: what each attack gets under either isolation, what it leaves behind, what it gets without.

Every probe of torture/probes.c runs three times: under bubblewrap and under Landlock, where it must get nothing or end
at its limit, and as a control without any sandbox, as a user of its own and with small amounts. A probe whose control
gets nothing is dead: it would hold anywhere, and the test fails.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from judge.sandbox import Ending, Executable, Isolation, Mode, RunLimits, Sandbox
from judge.sandbox.building import build_runner

from .conftest import compiled
from .test_attacks import running

PROBES = Path(__file__).with_name("torture") / "probes.c"
LIMITS = RunLimits(cpu_s=0.5, memory_mib=64, output_bytes=16 << 20, wall_s=0.5)
#: Programs of the control run as this user where we are root: nobody else's processes are within its reach.
CONTROL_USER = 60_788 if os.geteuid() == 0 else None
CANNOT_CONTROL = 77
#: What one run may start at most, in the weakest setting: without namespaces and as ourselves.
MOST_PROCESSES = 1000


class Row(NamedTuple):
    """A probe: its amount inside, its harmless amount outside, how its control runs, and how it ends inside."""

    name: str
    amount: int = 0
    outside: int = 0
    control: str = "--under-parent"
    ending: Ending = Ending.EXIT


MATRIX = [
    *(Row(name) for name in ("tcp", "udp", "abstract", "vsock", "netlink")),
    *(Row(name) for name in ("host_file", "passwd", "procfs", "sysfs", "symbolic_link", "hard_link", "new_file")),
    *(Row(name) for name in ("change_root", "inherited", "input_file")),
    *(Row(name) for name in ("trace", "memory_by_call", "memory_by_file", "descriptor_of_parent", "stop_parent")),
    *(Row(name) for name in ("neighbours", "limits_of_others")),
    *(Row(name) for name in ("user_namespace", "mounting", "keyring", "io_uring", "shared_memory")),
    Row("bpf", control="as ourselves"),
    Row("signals", control="--among-others"),
    Row("forks", 5000, 5, "--among-others"),
    Row("daemonised", control="--among-others"),
    Row("hidden_children", 300, 100),
    Row("threads", 5000, 1001),
    Row("output", 1024, 17, ending=Ending.OUTPUT),
    Row("heap", 4096, 65, ending=Ending.MEMORY),
]
ENDLESS = [Row("asleep", ending=Ending.WALL), Row("stopped", ending=Ending.WALL), Row("spinning", ending=Ending.CPU)]


@dataclass
class Ground:
    """What the probes are after: files everybody may pass to, and listening canaries."""

    folder: Path
    secret: Path
    tcp: socket.socket
    udp: socket.socket
    abstract: socket.socket

    @property
    def port(self) -> int:
        """The canaries' port, on loopback."""
        return int(self.tcp.getsockname()[1])

    def input(self, row: Row, amount: int) -> Path:
        """The probe's input, a file that everybody may write."""
        path = self.folder / "input"
        network = {"tcp": self.port, "udp": self.port}
        text = {"abstract": f"podium-canary-{self.port}", "input_file": str(path)}
        path.write_text(f"{row.name} {network.get(row.name, amount)} {text.get(row.name, self.secret)}\n")
        path.chmod(0o666)
        return path

    def is_touched(self) -> bool:
        """Whether a canary has heard anything."""
        for listener in (self.tcp, self.abstract, self.udp):
            try:
                listener.recv(1) if listener is self.udp else listener.accept()[0].close()
            except BlockingIOError:
                continue
            return True
        return False


@pytest.fixture
def ground() -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="podium-ground-"))
    folder.chmod(0o755)
    secret = folder / "secret"
    secret.write_text("nobody's business\n")
    if CONTROL_USER is not None:  # a hard link to another's file would be refused to anyone
        os.chown(secret, CONTROL_USER, CONTROL_USER)
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(tcp.getsockname())
        with socket.socket(socket.AF_UNIX) as abstract:
            abstract.bind(f"\0podium-canary-{tcp.getsockname()[1]}")
            abstract.listen()
            for listener in (tcp, udp, abstract):
                listener.setblocking(False)
            yield Ground(folder, secret, tcp, udp, abstract)
    shutil.rmtree(folder)


@pytest.fixture
def program(box: Sandbox) -> Executable:
    return compiled(box, PROBES.read_bytes())


@pytest.fixture(scope="module")
def outside() -> Iterator[Path]:
    """The same program for the control, where the control's user can run it."""
    folder = Path(tempfile.mkdtemp(prefix="podium-control-"))
    folder.chmod(0o755)
    subprocess.run(["cc", "-std=gnu11", "-O2", "-static", "-pthread", "-o", folder / "probes", PROBES], check=True)
    yield folder / "probes"
    shutil.rmtree(folder)


@contextmanager
def leaked(path: Path) -> Iterator[int]:
    """A descriptor of the file that our children inherit unless somebody sees to it."""
    handle = os.open(path, os.O_RDWR)
    os.set_inheritable(handle, True)
    try:
        yield handle
    finally:
        os.close(handle)


def remains(box: Sandbox, program: Executable) -> tuple[object, ...]:
    """What a run in the sandbox could leave behind: as `left`, the runner, and files of the sandbox's own."""
    return *left(program.path), running(build_runner(box.cache)), sorted((box.cache / "scratch").glob("*/*"))


def left(program: Path) -> tuple[object, ...]:
    """Processes of the program, mounts, and files that probes make."""
    places = [Path(place) for place in ("/tmp", "/dev/shm", "/var/tmp", "/")]
    files = sorted(path for place in places if place.is_dir() for path in place.glob("podium-probe*"))
    return running(program), Path("/proc/self/mountinfo").read_text(), files


@pytest.mark.parametrize("mode", list(Mode), ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("row", [*MATRIX, *ENDLESS], ids=lambda row: row.name)
def test_probe_gets_nothing_and_leaves_nothing(
    box: Sandbox, program: Executable, ground: Ground, row: Row, mode: Mode
) -> None:
    """Twice in a row, for what the first run might leave to the second."""
    if mode is Mode.FORK and box.isolation is Isolation.LANDLOCK:
        pytest.skip("without namespaces every run is a start of its own")
    next(iter(box.run_batch(program, [Path("/dev/null")], LIMITS, mode=mode)))  # a sandbox that is kept is there now
    before = remains(box, program)
    path = ground.input(row, row.amount)
    asked = path.read_text()
    with leaked(ground.secret):
        runs = list(box.run_batch(program, [path] * 2, LIMITS, keep_output=True, output_cap=1 << 16, mode=mode))
    for run in runs:
        lines = (run.stdout or b"").decode().splitlines()
        assert [line for line in lines if line.startswith("GOT")] == []
        assert b"GOT" not in run.stderr
        assert run.ending is row.ending
        if row.ending is Ending.EXIT:
            assert (run.code, lines[-1:]) == (0, ["end"])
    assert (path.read_text(), ground.secret.read_text()) == (asked, "nobody's business\n")
    assert not ground.is_touched()
    assert remains(box, program) == before


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_probe_is_alive(outside: Path, ground: Ground, row: Row) -> None:
    before = left(outside)
    with leaked(ground.secret) as handle, (ground.folder / "output").open("w+b") as output:
        result = controlled(outside, row, ground.input(row, row.outside), output, handle)
        output.seek(0)
        said = output.read(1 << 16) + result.stderr
    if result.returncode == CANNOT_CONTROL:
        pytest.skip("the control needs user and pid namespaces, which this machine does not give")
    if row.name == "bpf" and os.geteuid() != 0 and b"GOT" not in said:
        pytest.skip("only root may load BPF programs on this machine")
    assert result.returncode == 0
    assert b"GOT" in said
    assert left(outside) == before


def controlled(
    program: Path, row: Row, given: Path, output: IO[bytes], handle: int
) -> subprocess.CompletedProcess[bytes]:
    """The probe without a sandbox: as another user, in bounds of its own (see probes.c)."""
    mode = [] if row.control == "as ourselves" else [row.control]
    user = CONTROL_USER if mode else None
    with given.open("rb") as stdin:
        return subprocess.run(
            [program, *mode], stdin=stdin, stdout=output, stderr=subprocess.PIPE, check=False, cwd="/tmp",
            timeout=60, env={}, pass_fds=[handle], user=user, group=user, extra_groups=None if user is None else [],
        )  # fmt: skip


@pytest.mark.parametrize(("row", "state"), list(zip(ENDLESS, "STR", strict=True)))
def test_endless_probe_does_not_end_by_itself(outside: Path, ground: Ground, row: Row, state: str) -> None:
    with ground.input(row, 0).open("rb") as stdin:
        process = subprocess.Popen([outside], stdin=stdin, stdout=subprocess.DEVNULL)
    try:
        until_in(process.pid, state)
        if row.name == "spinning":
            for number in (signal.SIGTERM, signal.SIGXCPU):
                process.send_signal(number)
            until_in(process.pid, state, spent_ticks=10)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def until_in(pid: int, state: str, *, spent_ticks: int = 0) -> None:
    """Waits until the process is in this state and has spent that much more CPU time."""
    first = None
    for _ in range(2000):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent = int(words[11]) + int(words[12])
        first = spent if first is None and spent else first
        if words[0] == state and spent - (first or 0) >= spent_ticks and (state != "R" or spent):
            return
        time.sleep(0.01)
    pytest.fail(f"the probe never was in state {state}")


def tool_limits() -> RunLimits:
    return replace(LIMITS, wall_s=20, cpu_s=2, output_bytes=1 << 20)


def test_forks_of_a_package_program_are_bounded(box: Sandbox, program: Executable, ground: Ground) -> None:
    """Checkers may start processes; five thousand they may not."""
    before = remains(box, program)
    result = box.run_tool(program, stdin=ground.input(Row("forks"), 5000), limits=tool_limits())
    got = result.stdout.count(b"GOT: a process")
    assert (result.ending, 0 < got <= MOST_PROCESSES) == (Ending.EXIT, True)
    assert remains(box, program) == before


def test_daemon_of_a_package_program_dies_with_it(box: Sandbox, program: Executable, ground: Ground) -> None:
    before = remains(box, program)
    result = box.run_tool(program, stdin=ground.input(Row("daemonised"), 0), limits=tool_limits())
    assert b"DAEMON: " in result.stdout, "the probe is dead"
    assert remains(box, program) == before


def test_time_of_hidden_children_is_counted(box: Sandbox, program: Executable, ground: Ground) -> None:
    limits = replace(tool_limits(), may_fork=True, processes=4)
    (run,) = box.run_batch(program, [ground.input(Row("hidden_children"), 300)], limits, keep_output=True)
    assert (run.stdout, run.cpu_time_s >= 0.29) == (b"GOT: a child\nend\n", True)


def test_time_of_hidden_children_is_lost_without_sandbox(outside: Path, ground: Ground) -> None:
    with ground.input(Row("hidden_children"), 300).open("rb") as stdin:
        process = subprocess.Popen([outside], stdin=stdin, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert (process.returncode, used.ru_utime + used.ru_stime < 0.15) == (0, True)
