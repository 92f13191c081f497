/* expect: RE - becomes another program */
#include <unistd.h>
int main(void) {
  execl("/bin/sh", "sh", "-c", "read n; echo $((2 * n))", (char *)0);
  return 4;
}
