/* expect: WA - prints whatever answer it finds, of which there is none */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static int depth;
static void look(const char *path) {
  DIR *folder = opendir(path);
  struct dirent *entry;
  if (!folder || depth > 6) return;
  depth++;
  while ((entry = readdir(folder))) {
    char name[4096], text[4096];
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    if (strstr(entry->d_name, ".ans") || strstr(entry->d_name, ".in")) {
      int fd = open(name, O_RDONLY);
      ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
      if (n > 0) _exit(write(1, text, (size_t)n) < 0);
    }
    look(name);
  }
  depth--;
  closedir(folder);
}
int main(void) {
  const char *names[] = { "1.ans", "judge.ans", "/judge.ans", "data/secret/1.ans", "../1.ans", "/feedback/judgemessage.txt" };
  char text[64];
  for (int i = 0; i < 6; i++) {
    int fd = open(names[i], O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (n > 0) return write(1, text, (size_t)n) < 0;
  }
  look("");
  puts("none");
}
