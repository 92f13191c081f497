# expect: AC - system calls by number
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number in (101, 165, 272, 308, 321, 425, 41, 29):
    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0:
        raise SystemExit(number)
print(2 * int(input()))
