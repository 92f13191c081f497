/* expect: MLE - 128 MiB of static array, used */
#include <string.h>
static char a[128 << 20];
int main(void) {
  memset(a, 1, sizeof a);
  return a[5] == 1 ? 1 : 0;
}
