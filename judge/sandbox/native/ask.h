/* What the launcher asks of the runner: key=value words, then the program's command. */
#ifndef PODIUM_ASK_H
#define PODIUM_ASK_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MAX_FOLDERS = 8, MAX_READABLE = 64 };
#define SECOND 1000000000ll

static void die(const char *what);

static struct ask {
  long long cpu_ns, wall_ns;
  rlim_t memory, data, output, processes, cpu_backstop; /* memory: addresses; data: what of them can be written */
  long long stdout_cap, stderr_cap, file_cap, files_cap;
  int may_fork, may_pair, width, is_shared; /* is_shared: no namespaces, so kill(-1) would reach others */
  int is_pool; /* programs will be handed in */
  int core; /* that everything here keeps to; -1: the kernel chooses, run by run */
  const char *folders[MAX_FOLDERS], *readable[MAX_READABLE], *writable[MAX_FOLDERS + 1];
  int n_folders, n_readable, n_writable;
  char **argv;
} ask;
static const struct ask unasked = { .memory = RLIM_INFINITY, .data = RLIM_INFINITY, .width = 1, .core = -1 };

/* Of the program; the seed, so that Python orders its sets alike on every run. There is room for what may be asked. */
static char *environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/", "PYTHONHASHSEED=0",
                               "PYTHONDONTWRITEBYTECODE=1", "PYTHONNOUSERSITE=1", NULL, NULL, NULL, NULL };
enum { N_ENVIRONMENT = sizeof environment / sizeof *environment, N_OWN = N_ENVIRONMENT - 4 };

/* Fills `ask`, with nothing of what it held; keeps pointers into `words`. Ends the runner at a word it does not know. */
static void parse(char **words) {
  size_t n_environment = N_OWN;
  ask = unasked;
  memset(environment + N_OWN, 0, sizeof environment - N_OWN * sizeof *environment);
  for (; *words && strcmp(*words, "--"); words++) {
    char *value = strchr(*words, '=');
    if (!value) errno = EINVAL, die(*words);
    *value++ = 0;
    const char *key = *words;
    long long number = atoll(value);
    if (!strcmp(key, "cpu_ns")) ask.cpu_ns = number;
    else if (!strcmp(key, "wall_ns")) ask.wall_ns = number;
    else if (!strcmp(key, "memory")) ask.memory = (rlim_t)number;
    else if (!strcmp(key, "data")) ask.data = (rlim_t)number;
    else if (!strcmp(key, "output")) ask.output = (rlim_t)number;
    else if (!strcmp(key, "processes")) ask.processes = number ? (rlim_t)number : RLIM_INFINITY;
    else if (!strcmp(key, "width")) ask.width = (int)number;
    else if (!strcmp(key, "may_fork")) ask.may_fork = (int)number;
    else if (!strcmp(key, "may_pair")) ask.may_pair = (int)number;
    else if (!strcmp(key, "stdout_cap")) ask.stdout_cap = number;
    else if (!strcmp(key, "stderr_cap")) ask.stderr_cap = number;
    else if (!strcmp(key, "file_cap")) ask.file_cap = number;
    else if (!strcmp(key, "files_cap")) ask.files_cap = number;
    else if (!strcmp(key, "collect") && ask.n_folders < MAX_FOLDERS) ask.folders[ask.n_folders++] = value;
    else if (!strcmp(key, "landlock")) ask.is_shared = (int)number;
    else if (!strcmp(key, "pool")) ask.is_pool = (int)number;
    else if (!strcmp(key, "core")) ask.core = (int)number;
    else if (!strcmp(key, "readable") && ask.n_readable < MAX_READABLE) ask.readable[ask.n_readable++] = value;
    else if (!strcmp(key, "writable") && ask.n_writable <= MAX_FOLDERS) ask.writable[ask.n_writable++] = value;
    else if ((!strcmp(key, "TMPDIR") || !strcmp(key, "LD_LIBRARY_PATH")) && n_environment < N_ENVIRONMENT - 2)
      value[-1] = '=', environment[n_environment++] = *words;
    else errno = EINVAL, die(key);
  }
  if (!*words || (!words[1] && !ask.is_pool)) errno = EINVAL, die("no program");
  ask.argv = words + 1;
  ask.cpu_backstop = (rlim_t)((ask.cpu_ns + 2 * SECOND - 1) / SECOND);
}

#endif
