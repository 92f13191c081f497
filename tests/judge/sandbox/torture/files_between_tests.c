/* expect: AC - would answer wrongly if a file of an earlier run were there; none can be made */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
  const char *names[] = { "left", "/tmp/left", "/dev/shm/left", "/var/tmp/left", "/left", "/dev/left" };
  long n;
  for (int i = 0; i < 6; i++)
    if (open(names[i], O_RDONLY) >= 0 || open(names[i], O_CREAT | O_WRONLY, 0600) >= 0) return 1;
  if (shm_open("/left", O_CREAT | O_RDWR, 0600) >= 0) return 2;
  if (scanf("%ld", &n) == 1) printf("%ld\n", 2 * n);
}
