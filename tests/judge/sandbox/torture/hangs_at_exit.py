# expect: TLE - answers, and then does not end
import atexit, time
atexit.register(time.sleep, 1000)
print(2 * int(input()), flush=True)
