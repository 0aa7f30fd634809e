// SPDX-License-Identifier: Apache-2.0
#include "agent/calls.h"

#include <stddef.h>
#include <sys/syscall.h>

#define CALLS_MAX 24

static const struct {
    const char *advice;
    int16_t calls[CALLS_MAX]; /* ends at a 0 that is not the first: read has that number */
} advices[] = {
    {"a plugin has no files: hand values over as parameters, keep state with save_state",
     {SYS_openat,  SYS_open,   SYS_creat,     SYS_stat,       SYS_lstat,       SYS_newfstatat,
      SYS_statx,   SYS_access, SYS_faccessat, SYS_readlink,   SYS_readlinkat,  SYS_getcwd,
      SYS_chdir,   SYS_mkdir,  SYS_unlink,    SYS_unlinkat,   SYS_rename,      SYS_renameat2,
      SYS_pread64, SYS_lseek,  SYS_fcntl,     SYS_getdents64, SYS_memfd_create}},
    {"a plugin has no input: what it needs comes as events and through services", {SYS_read}},
    {"a plugin has no network: market data comes as events, orders go by agon.orders",
     {SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_sendto,
      SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_socketpair, SYS_pipe, SYS_pipe2, SYS_poll,
      SYS_epoll_create1, SYS_eventfd2}},
    {"a plugin starts no process; threads where its roster has `threads: N`",
     {SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_execve, SYS_execveat, SYS_wait4, SYS_waitid,
      SYS_unshare, SYS_setns}},
    {"other processes are out of a plugin's reach",
     {SYS_kill, SYS_tkill, SYS_tgkill, SYS_ptrace, SYS_prlimit64, SYS_process_vm_readv,
      SYS_process_vm_writev, SYS_pidfd_open, SYS_pidfd_send_signal, SYS_sched_getaffinity,
      SYS_sched_setaffinity, SYS_setpriority, SYS_getppid, SYS_keyctl, SYS_add_key}},
    {"no memory becomes code after the start: compile what is to run into the file",
     {SYS_mmap, SYS_mprotect, SYS_pkey_mprotect, SYS_shmat, SYS_remap_file_pages}},
    {"what a plugin may is settled before it begins",
     {SYS_prctl, SYS_seccomp, SYS_landlock_create_ruleset, SYS_landlock_add_rule,
      SYS_landlock_restrict_self, SYS_setrlimit, SYS_setuid, SYS_setgid, SYS_setresuid,
      SYS_setgroups, SYS_capset, SYS_chroot, SYS_mount, SYS_umount2, SYS_bpf, SYS_io_uring_setup,
      SYS_userfaultfd, SYS_perf_event_open}},
    {"of a futex a plugin may wait for and wake what it has; locks with priorities are refused",
     {SYS_futex}},
    {"signals are its host's: an error is returned, a fault ends the process",
     {SYS_rt_sigaction, SYS_signalfd4, SYS_rt_sigqueueinfo, SYS_setitimer, SYS_alarm,
      SYS_timer_create, SYS_timerfd_create}},
};

const char *calls_name(int64_t number)
{
    return number >= 0 && (uint64_t)number < calls_count ? calls_names[number] : NULL;
}

const char *calls_advice(int64_t number)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        for (size_t k = 0; k < CALLS_MAX && (k == 0 || advices[i].calls[k] != 0); k++) {
            if (advices[i].calls[k] == number)
                return advices[i].advice;
        }
    }
    return "";
}
