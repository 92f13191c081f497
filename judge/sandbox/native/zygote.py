"""Runs a Python program by forks of an interpreter that has started, compiled it and imported what it imports.

usage: python3 [flags] zygote.py PROGRAM, inside a sandbox, where the runner speaks at the fork server's descriptor (see
fork_server.c). Without it, or with a program that does not compile, it leaves, and the runner starts programs as ever.

A program can tell by sys.modules, by sys.getrecursionlimit(), which is 2 more so that it gets as deep, by its limit of
processes, which counts the server, by the cores it may use, and by /podium. Cycles of objects are not collected once
more at its end.
"""

import _imp
import gc
import os
import sys

#: What may be imported before the program does it: modules that do nothing but define.
HARMLESS = {
    "array", "bisect", "cmath", "collections", "copy", "dataclasses", "decimal", "enum", "fractions", "functools",
    "heapq", "io", "itertools", "math", "operator", "os", "queue", "random", "re", "statistics", "string", "threading",
    "time", "typing",
}  # fmt: skip
#: Frames and calls below the program's own that it does not have when Python starts it.
DEPTH = 2
Module = type(sys)
SERVER = os.path.join(os.path.dirname(__file__), "fork_server.so")


def warm_up(source: bytes) -> None:
    """Imports the harmless ones of what `source` seems to import."""
    for line in source.decode("ascii", "replace").splitlines():
        words = line.replace(",", " ").replace(".", " ").split()
        if words and words[0] in ("import", "from"):
            for name in HARMLESS.intersection(words[1:]):
                __import__(name)


def fresh_main(path: str) -> dict[str, object]:
    """The names in `__main__` as Python makes it for the program at `path`."""
    module = Module("__main__")
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader("__main__", path)
    module.__dict__.update(__builtins__=__builtins__, __annotations__={}, __file__=path, __cached__=None)
    module.__loader__ = loader
    sys.modules["__main__"] = module
    sys.argv = sys.argv[1:]
    sys.orig_argv = [word for word in sys.orig_argv if word != __file__]
    sys.path[0] = os.path.dirname(path)
    return module.__dict__


def status_of(stop: SystemExit) -> int:
    """The exit code that Python makes of it, with the message it prints."""
    if stop.code is None or isinstance(stop.code, int):
        return (stop.code or 0) & 0xFF
    sys.stdout.flush()
    print(stop.code, file=sys.stderr)
    return 1


def leave(status: int, names: dict[str, object]) -> None:
    """Ends the process in the order in which Python does: threads, exit functions, outputs, and what the program
    holds, which may be files of its own that have something to write."""
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()  # type: ignore[attr-defined]
    if "atexit" in sys.modules:
        sys.modules["atexit"]._run_exitfuncs()
    status = flushed(status)
    for name in list(names):
        if name != "__builtins__":
            names[name] = None
    os._exit(flushed(status))


def flushed(status: int) -> int:
    """`status`, or Python's own where an output cannot be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except Exception:  # of whatever the program put there
            status = 120
    return status


with open(sys.argv[1], "rb") as file:
    text = file.read()
program = compile(text, sys.argv[1], "exec", dont_inherit=True)
warm_up(text)
main = fresh_main(sys.argv[1])
os.environ.pop("LD_BIND_NOW", None)  # of the runner's, for this start only
del text, file
sys.setrecursionlimit(sys.getrecursionlimit() + DEPTH)
gc.collect()
gc.freeze()
server = Module("server")
server.__dict__.update(name="podium", origin=SERVER)
try:
    _imp.create_dynamic(server)  # type: ignore[arg-type]  # serves, and comes back in every fork
except SystemError:
    del server
code = 0
try:
    exec(program, main)  # noqa: S102
except SystemExit as error:
    code = status_of(error)
except BaseException as error:
    code = 130 if isinstance(error, KeyboardInterrupt) else 1
    own = error.__traceback__.tb_next if error.__traceback__ else None
    sys.excepthook(type(error), error.with_traceback(own), own)
leave(code, main)
