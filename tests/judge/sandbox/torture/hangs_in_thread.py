# expect: TLE - answers, and leaves a thread that does not end
import threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
print(2 * int(input()), flush=True)
