# expect: AC - signals to all it can name
import os, signal
for pid in (os.getppid(), 1, -1, 0):
    for number in (signal.SIGSTOP, signal.SIGCONT, signal.SIGKILL):
        if pid or number == signal.SIGCONT:
            try:
                os.kill(pid, number)
            except OSError:
                pass
print(2 * int(input()))
