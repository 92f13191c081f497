"""Generated tests the plain way: program and tests in one process, one after the other, as CodeT runs them."""

from __future__ import annotations

#: Reads [program, tests, limit in seconds] as JSON, writes a letter for each test: `.` passed, `F` not.
PROGRAM = """
import builtins, io, json, os, signal, sys
program, tests, limit_s = json.load(sys.stdin)
taken = os.dup(1)
class Closed(io.StringIO):
    def read(self, *args):
        raise OSError
    readline = readlines = read
sys.stdin = sys.stdout = sys.stderr = Closed()
builtins.exit = builtins.quit = None
class TooLong(Exception):
    pass
def stop(*_):
    raise TooLong
signal.signal(signal.SIGPROF, stop)
names = {}
try:
    exec(program, names)
except BaseException:
    os._exit(0)
for test in tests:
    try:
        signal.setitimer(signal.ITIMER_PROF, limit_s)
        exec(test, dict(names))
        said = b"."
    except Exception:
        said = b"F"
    except BaseException:
        os._exit(0)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    os.write(taken, said)
os._exit(0)
"""

#: Reads a program with its official test code, writes `passed` where it ends without an exception.
CHECK = """
import builtins, io, os, sys
program = sys.stdin.read()
taken = os.dup(1)
class Closed(io.StringIO):
    def read(self, *args):
        raise OSError
    readline = readlines = read
sys.stdin = sys.stdout = sys.stderr = Closed()
builtins.exit = builtins.quit = None
try:
    exec(program, {})
    said = b"passed"
except BaseException:
    said = b"failed"
os.write(taken, said)
os._exit(0)
"""
