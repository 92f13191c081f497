"""Probes that a Python candidate would try; the input names one. Run by test_python_probes.py, not by itself.

Each prints "GOT: ..." for what it must not get, and "end".
"""

import ctypes
import os
import signal
import socket
import sys
import threading
import time


def attempt(what, action, *arguments):
    try:
        result = action(*arguments)
    except (OSError, RuntimeError, ValueError):
        return None
    print("GOT:", what)
    return result


def network():
    for family in (socket.AF_INET, socket.AF_UNIX, socket.AF_VSOCK, socket.AF_NETLINK):
        attempt(f"a socket of {family}", socket.socket, family)
    attempt("a pair of sockets", socket.socketpair)


def files():
    for path in ("/etc/passwd", "/etc/hostname", "/proc/self/status", "/proc/1/cmdline", "/sys/kernel/mm/ksm/run"):
        attempt(path, os.open, path, os.O_RDONLY)
    for path in ("left", "/left", "/tmp/left", "/dev/shm/left", __file__):
        attempt(f"{path} to write", open, path, "a")
    attempt("a symbolic link", os.symlink, "/etc/passwd", "/tmp/left")


def processes():
    for what in (os.fork, os.vfork if hasattr(os, "vfork") else os.fork, os.forkpty):
        if attempt("a process", what) == 0:
            os._exit(0)
    attempt("a shell", os.posix_spawn, "/bin/sh", ["sh", "-c", "true"], {})
    attempt("another program", os.execv, "/bin/sh", ["sh", "-c", "echo GOT: a shell"])


def signals():
    for pid in (os.getppid() or 1, 1, -1):
        attempt(f"a signal to {pid}", os.kill, pid, signal.SIGTERM)
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in range(2, os.getpid() + 50):
        if pid != os.getpid() and libc.syscall(234, pid, pid, 0) == 0:  # tgkill on x86-64
            print("GOT: a neighbour", pid)


def kernel():
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = {"ptrace": 101, "unshare": 272, "mount": 165, "keyctl": 250, "bpf": 321, "io_uring": 425, "shmget": 29}
    for name, number in numbers.items():
        if libc.syscall(number, 0x10000000 if name == "unshare" else 0, 0, 0, 0, 0) >= 0:
            print("GOT:", name)


def descriptors():
    for number in range(3, 1024):
        attempt(f"descriptor {number}", os.fstat, number)
    if "PODIUM_CANARY" in os.environ:
        print("GOT: the worker's environment")


def server():
    """Speaks where the server does, and asks for a fork as only it may."""
    for number in range(3, 1024):
        attempt(f"to write at {number}", os.write, number, b"text")
    libc = ctypes.CDLL(None, use_errno=True)
    for key in (0, 1, -1, 1 << 62):
        if libc.syscall(56, 0x8011, 0, 0, 0, 0, ctypes.c_long(key)) >= 0:
            print("GOT: a fork")


def traces():
    """What an earlier run changed in the interpreter, and then changes it."""
    import math
    import random

    if getattr(math, "left", None) or getattr(os, "left", None) or "left" in sys.modules or len("xx") != 2:
        print("GOT: traces of an earlier run")
    math.left = os.left = True
    sys.modules["left"] = math
    __builtins__.len = lambda thing: 5
    random.seed(1)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def threads():
    threading.stack_size(1 << 16)
    count = 0
    try:
        while count < 5000:
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
            count += 1
    except RuntimeError:
        pass
    if count > 1000:
        print("GOT: a thousand threads")
    sys.stdout.write("end\n")
    sys.stdout.flush()
    os._exit(0)


globals()[input()]()
print("end")
