/* expect: AC - tries to leave another input to whoever reads it next; the tests stay what they are */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  long n;
  if (scanf("%ld", &n) != 1) return 1;
  lseek(0, 0, SEEK_SET);
  if (write(0, "7\n", 2) > 0 || !ftruncate(0, 0) || !fchmod(0, 0)) return 2;
  if (open("/dev/stdin", O_RDWR) >= 0 || open("/proc/self/fd/0", O_RDWR) >= 0) return 3;
  printf("%ld\n", 2 * n);
}
