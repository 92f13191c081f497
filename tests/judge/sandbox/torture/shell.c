/* expect: WA - leaves the answering to a shell */
#include <stdlib.h>
int main(void) {
  system("read n; echo $((2 * n))");
  return 0;
}
