/* expect: RE - 5,000 threads, or an exit code */
#include <pthread.h>
#include <unistd.h>
static void *wait_for_ever(void *unused) {
  for (;;) pause();
  return unused;
}
int main(void) {
  pthread_t thread;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 1 << 14);
  for (int i = 0; i < 5000; i++) if (pthread_create(&thread, &small, wait_for_ever, 0)) return 5;
}
