"""The bare floor of running a Python program by forks: `os.fork` and `os.wait4` in an interpreter that has imported
nothing, the input from a file, the output to a memfd. usage: fork_floor.py RUNS INPUT; prints seconds for all runs.

A program of its own, for the interpreter that candidates get; no limits, no isolation.
"""

import gc
import os
import sys
import time

PROGRAM = compile("a, b = map(int, input().split())\nprint(a + b)\n", "sum.py", "exec")


def main() -> None:
    """Forks as often as asked."""
    out = os.memfd_create("out")
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    for _ in range(int(sys.argv[1])):
        given = os.open(sys.argv[2], os.O_RDONLY)
        pid = os.fork()
        if pid == 0:
            os.dup2(given, 0)
            os.dup2(out, 1)
            exec(PROGRAM, {"__name__": "__main__"})  # noqa: S102
            sys.stdout.flush()
            os._exit(0)
        _, status, _ = os.wait4(pid, 0)
        os.close(given)
        if status or not os.pread(out, 4096, 0):
            sys.exit(1)
        os.ftruncate(out, 0)
        os.lseek(out, 0, os.SEEK_SET)
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
