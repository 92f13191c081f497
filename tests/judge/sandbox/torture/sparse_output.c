/* expect: OLE - a TiB of holes */
#include <unistd.h>
int main(void) {
  if (ftruncate(1, 1l << 40)) return 1;
}
