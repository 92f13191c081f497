/* expect: RE - 4 GiB of heap at once, never asked whether it came */
#include <stdlib.h>
int main(void) {
  volatile char *block = malloc(4l << 30);
  block[5] = 1;
}
