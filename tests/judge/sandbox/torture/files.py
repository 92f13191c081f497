# expect: AC - nothing it writes stays, nothing of the machine can be read
import os
for path in ("left", "/tmp/left", "/dev/shm/left", "/left", __file__):
    try:
        open(path, "x" if path != __file__ else "w").close()
    except OSError:
        continue
    raise SystemExit(path)
for path in ("/etc/passwd", "/etc/shadow", "/proc/self/environ", "/proc/1/cmdline", "/sys/kernel/mm/ksm/run"):
    try:
        open(path).read()
    except OSError:
        continue
    raise SystemExit(path)
print(2 * int(input()))
