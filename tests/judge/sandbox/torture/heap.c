/* expect: MLE - 4 GiB of heap, used */
#include <stdlib.h>
#include <string.h>
int main(void) {
  for (int i = 0; i < 4096; i++) memset(malloc(1 << 20), 1, 1 << 20);
}
