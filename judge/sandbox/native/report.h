/* What goes back to the launcher: a record for every run, with its digests and as much of what it wrote as was asked. */
#ifndef PODIUM_REPORT_H
#define PODIUM_REPORT_H

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "blake2b.h"

enum { KILLED_CPU = 1, KILLED_WALL = 2, FAULT = 4, MARK = 8, IDLE = 16, ABANDONED = 32 }; /* the last one is never sent */
enum { MAX_PENDING = 16 };
#define RECORD_MAGIC 0x31445250u
#define FIRST_LOOK (5 * 1000000ll) /* a run younger than this is left alone, and reports may wait for it */

struct record {
  uint32_t magic, index;
  int32_t status; /* as of wait(2); an errno where flags hold FAULT */
  uint32_t flags;
  int64_t cpu_ns, wall_ns, end_ns; /* end_ns: CLOCK_MONOTONIC, the same in every sandbox of the machine */
  uint64_t peak_kib, stdout_bytes, stderr_bytes;
  uint8_t raw[DIGEST_BYTES], tokens[DIGEST_BYTES];
  uint32_t stdout_sent, stderr_sent, files, reserved;
};

struct file_head {
  uint32_t name_bytes, content_bytes;
};

static struct record pending[MAX_PENDING];
static int n_pending, out_fd, err_fd, report_fd = 1;

static void send_all(const void *data, size_t n) {
  for (const char *p = data; n;) {
    ssize_t k = write(report_fd, p, n);
    if (k < 0 && errno == EINTR) continue;
    if (k < 0) die("the launcher does not listen");
    p += k, n -= (size_t)k;
  }
}

static void flush_reports(void) {
  if (n_pending) send_all(pending, sizeof *pending * (size_t)n_pending);
  n_pending = 0;
}

static void digest_output(int fd, struct record *r) {
  static uint8_t chunk[1 << 16], words[(1 << 16) + 1];
  blake2b raw, tokens;
  int has_word = 0, in_gap = 0;
  ssize_t k;
  blake2b_start(&raw);
  blake2b_start(&tokens);
  for (off_t at = 0; (k = pread(fd, chunk, sizeof chunk, at)) > 0; at += k) {
    size_t n = 0;
    blake2b_add(&raw, chunk, (size_t)k);
    for (ssize_t i = 0; i < k; i++) {
      uint8_t c = chunk[i];
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        in_gap = has_word;
        continue;
      }
      if (in_gap) words[n++] = ' '; /* a gap holds at least one byte, so words never outgrow the chunk by more than one */
      in_gap = 0, has_word = 1;
      words[n++] = c;
    }
    blake2b_add(&tokens, words, n);
  }
  blake2b_end(&raw, r->raw);
  blake2b_end(&tokens, r->tokens);
}

static void send_part(int fd, off_t from, uint64_t n) {
  static char chunk[1 << 16];
  while (n) {
    ssize_t k = pread(fd, chunk, n < sizeof chunk ? n : sizeof chunk, from);
    if (k <= 0) { /* cannot shrink: nothing that could write it is alive */
      memset(chunk, 0, sizeof chunk);
      k = (ssize_t)(n < sizeof chunk ? n : sizeof chunk);
    }
    send_all(chunk, (size_t)k);
    from += k, n -= (uint64_t)k;
  }
}

/* Visits the regular files directly in the folders, never through a link, until all together are larger than the
   launcher takes (a file of holes costs its maker nothing). Counts them, or sends them as well. */
static uint32_t collect(int is_sending, uint32_t at_most) {
  uint32_t found = 0;
  long long left = ask.files_cap;
  for (int i = 0; i < ask.n_folders; i++) {
    DIR *folder = opendir(ask.folders[i]);
    struct dirent *entry;
    while (folder && found < at_most && (entry = readdir(folder))) {
      struct stat info;
      int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
      if (fd >= 0 && !fstat(fd, &info) && S_ISREG(info.st_mode) && info.st_size <= ask.file_cap && info.st_size <= left) {
        found++;
        left -= info.st_size;
        if (is_sending) {
          char name[4096];
          int n = snprintf(name, sizeof name, "%s/%s", ask.folders[i], entry->d_name);
          struct file_head head = { (uint32_t)n, (uint32_t)info.st_size };
          send_all(&head, sizeof head);
          send_all(name, (size_t)n);
          send_part(fd, 0, (uint64_t)info.st_size);
        }
      }
      if (fd >= 0) close(fd);
    }
    if (folder) closedir(folder);
  }
  return found;
}

/* What a run wrote is gone, and what it may have marked its outputs with, for the next one to see. */
static void empty_outputs(const struct record *r) {
  for (int i = 0; i < 2; i++) {
    int fd = i ? err_fd : out_fd;
    if ((!r || (i ? r->stderr_bytes : r->stdout_bytes)) && (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))) die("emptying an output");
    if (fcntl(fd, F_SETFL, 0)) die("marks on an output");
  }
}

static void report(struct record *r, int has_own_output) {
  uint64_t cap = (uint64_t)(has_own_output ? ask.stdout_cap : 0);
  int is_odd = r->status || r->flags;
  r->stdout_sent = (uint32_t)(r->stdout_bytes < cap ? r->stdout_bytes : cap);
  cap = is_odd || ask.stdout_cap ? (uint64_t)ask.stderr_cap : 0;
  r->stderr_sent = (uint32_t)(r->stderr_bytes < cap ? r->stderr_bytes : cap);
  r->files = ask.n_folders ? collect(0, 256) : 0;
  pending[n_pending++] = *r;
  if (n_pending == MAX_PENDING || r->stdout_sent || r->stderr_sent || r->files || r->wall_ns > FIRST_LOOK) flush_reports();
  if (r->stdout_sent) send_part(out_fd, 0, r->stdout_sent);
  if (r->stderr_sent) send_part(err_fd, (off_t)(r->stderr_bytes - r->stderr_sent), r->stderr_sent); /* the end tells why */
  if (r->files) collect(1, r->files);
}

#endif
