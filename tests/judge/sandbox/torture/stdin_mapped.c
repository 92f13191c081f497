/* expect: AC - maps its input into memory, and cannot map it to be shared and written */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
int main(void) {
  if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0) != MAP_FAILED) return 1;
  char *text = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0);
  if (text == MAP_FAILED) return 2;
  printf("%ld\n", 2 * atol(text));
}
