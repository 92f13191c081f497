/* expect: RE - an alarm it set itself */
#include <unistd.h>
int main(void) {
  alarm(1);
  for (;;) pause();
}
