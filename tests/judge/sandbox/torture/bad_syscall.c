/* expect: AC - every system call there is, with nonsense; it must outlive all that are refused */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  long n;
  if (scanf("%ld", &n) != 1) return 1;
  const int refused[] = { SYS_ptrace, SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_reboot,
    SYS_keyctl, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_socket, SYS_socketpair,
    SYS_kexec_load, SYS_init_module, SYS_swapon, SYS_acct, SYS_settimeofday, SYS_sethostname, SYS_personality,
    SYS_open_by_handle_at, SYS_shmget, SYS_msgget, SYS_semget, SYS_mq_open, SYS_memfd_create, SYS_fanotify_init };
  for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++)
    if (syscall(refused[i], 1, 1, 1, 1, 1, 1) >= 0) return 2;
  printf("%ld\n", 2 * n);
}
