# expect: RE - 5,000 threads
import threading, time
threading.stack_size(1 << 16)
for _ in range(5000):
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
