/* expect: TLE - reads on after the end */
#include <stdio.h>
int main(void) {
  for (;;) getchar();
}
