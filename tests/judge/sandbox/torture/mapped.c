/* expect: MLE - memory mapped instead of allocated, shared with children it cannot have */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
int main(void) {
  for (;;) {
    void *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return 1;
    memset(block, 1, 1 << 20);
  }
}
