/* expect: TLE - a byte now and then, for ever */
#include <unistd.h>
int main(void) {
  for (;;) usleep(20000), write(1, " ", 1);
}
