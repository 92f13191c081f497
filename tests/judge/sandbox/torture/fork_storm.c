/* expect: TLE - forks and leaves its session for ever, whether or not it is let */
#include <unistd.h>
int main(void) {
  for (;;) if (fork() == 0) setsid();
}
