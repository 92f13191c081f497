/* Calls of odd kinds, each of which a judged program has no use for. Prints "GOT name" for each that works. Harmless
   without a sandbox: what is made is removed or ends with the process. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRY(name, call) do { if ((long)(call) >= 0) puts("GOT " name); } while (0)

static void *map(size_t size, int flags) {
  return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

static void memory(void) {
  TRY("memfd", syscall(SYS_memfd_create, "podium-probe", 0));
  TRY("userfaultfd", syscall(SYS_userfaultfd, 1));
  TRY("a terabyte", map(1L << 40, 0) == MAP_FAILED ? -1 : 0);
  TRY("memory of its own by file", open("/proc/self/mem", O_RDWR));
  TRY("its maps", open("/proc/self/maps", O_RDONLY));
  TRY("a file without a name", open("/tmp", O_TMPFILE | O_RDWR, 0600));
  TRY("a shared file without a name", open("/dev/shm", O_TMPFILE | O_RDWR, 0600));
}

static void kernel(void) {
  char room[256] = { 0 };
  struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof event, .exclude_kernel = 1 };
  union bpf_attr map_ = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
  TRY("io_uring", syscall(SYS_io_uring_setup, 4, room));
  TRY("perf", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
  TRY("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &map_, sizeof map_));
  TRY("inotify", syscall(SYS_inotify_init1, 0));
  TRY("keyring", syscall(SYS_keyctl, 0, -3, 1));
  TRY("tracing", ptrace(PTRACE_TRACEME, 0, 0, 0));
  TRY("a user namespace", syscall(SYS_unshare, 0x10000000));
}

static void leftovers(void) {
  struct mq_attr one = { .mq_maxmsg = 1, .mq_msgsize = 8 };
  int shared = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), semaphore = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  int messages = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  TRY("shared memory", shared);
  TRY("semaphore", semaphore);
  TRY("messages", messages);
  TRY("message queue", mq_open("/podium-probe-odd", O_CREAT | O_RDWR, 0600, &one));
  shmctl(shared, IPC_RMID, NULL), semctl(semaphore, 0, IPC_RMID), msgctl(messages, IPC_RMID, NULL);
  mq_unlink("/podium-probe-odd");
}

static void others(void) {
  int ends[2], parent = (int)syscall(SYS_pidfd_open, getppid(), 0);
  TRY("descriptor of the parent", parent < 0 ? -1 : syscall(SYS_pidfd_getfd, parent, 0, 0));
  TRY("signal by descriptor", parent < 0 ? -1 : syscall(SYS_pidfd_send_signal, parent, 0, NULL, 0));
  TRY("signal to the parent", kill(getppid(), 0));
  TRY("datagrams", socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
  TRY("crypto socket", socket(AF_ALG, SOCK_SEQPACKET, 0));
  TRY("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
  TRY("owner of its input", fcntl(0, F_SETOWN, getppid()));
  TRY("lease", fcntl(0, F_SETLEASE, F_RDLCK));
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  memory(), kernel(), leftovers(), others();
  puts("end");
  return 0;
}
