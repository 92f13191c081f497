# expect: TLE - stops itself
import signal
while True:
    signal.raise_signal(signal.SIGSTOP)
