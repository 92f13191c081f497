/* expect: OLE - a GiB without a line end */
#include <stdio.h>
int main(void) {
  for (long i = 0; i < 1l << 30; i++) putchar('a');
}
