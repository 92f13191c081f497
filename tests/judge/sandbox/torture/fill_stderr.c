/* expect: OLE - a GiB of error output */
#include <string.h>
#include <unistd.h>
int main(void) {
  static char block[1 << 20];
  memset(block, 'e', sizeof block);
  for (int i = 0; i < 1024; i++) if (write(2, block, sizeof block) < 0) break;
  return 1;
}
