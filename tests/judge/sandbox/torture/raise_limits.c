/* expect: MLE - raises its limits first */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
int main(void) {
  struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
  setrlimit(RLIMIT_AS, &all);
  setrlimit(RLIMIT_DATA, &all);
  for (;;) {
    char *block = malloc(1 << 20);
    if (!block) return 1;
    memset(block, 1, 1 << 20);
  }
}
