// SPDX-License-Identifier: Apache-2.0
/* proc: child processes, held by a pidfd so that a number that was given to another process is
 * never signalled. [control], one thread per child */
#ifndef SYS_PROC_H
#define SYS_PROC_H

#include "base/error.h"

#define PROC_FDS_MAX 20

struct proc_spec {
    const char *path;        /* file to run; no search along PATH */
    const char *const *argv; /* ends with NULL */
    const char *const *envp; /* ends with NULL; NULL: an empty environment */
    int fds[PROC_FDS_MAX];   /* fds[i] becomes descriptor i of the child; -1: /dev/null there */
    int n_fds;               /* at least 3; every other descriptor is closed */
    int is_group;            /* a process group of its own */
};
struct proc {
    int pid;
    int pidfd; /* readable when the child has ended; -1: none */
};
struct proc_end { /* how a child ended */
    int is_signalled;
    int code; /* exit status or signal */
};

/* AGON_ENOENT: there is no such file; AGON_EPERM: it may not be executed; AGON_EIO, AGON_ENOMEM. */
int proc_spawn(struct proc *proc, const struct proc_spec *spec, struct error *err);
/* Waits for the end, at most timeout_ms (negative: without end), and reaps. AGON_EAGAIN: it still
 * runs; AGON_ENOENT: none. */
int proc_wait(struct proc *proc, int timeout_ms, struct proc_end *end);
int proc_signal(const struct proc *proc, int signal_number); /* AGON_ENOENT: it has ended */
void proc_close(struct proc *proc); /* gives the pidfd back; does not end the child */
/* "exit status 3", "signal 11 (Segmentation fault)". */
void proc_end_text(const struct proc_end *end, char *text, size_t room);
/* The calling thread gives way to every other one: for work that nobody waits for. [any] */
void proc_give_way(void);
/* The calling thread is batch work: it runs for its share but never in a hurry. What it starts
 * inherits that until it calls proc_normal. [any] */
void proc_batch(void);
void proc_normal(void);
/* Processors that the calling thread may run on; at least 1. What a quota allows is not looked at.
 * [any] */
uint32_t proc_cores(void);
/* What a process may and may not, by the kernel's own word, which the process cannot change. */
struct proc_rights {
    uint32_t uid, threads;
    uint32_t n_filters; /* seccomp filters in force */
    uint8_t is_filtered, has_no_new_privs;
    uint8_t has_caps; /* it has a capability, or could get one back */
    uint64_t max_core, max_files, max_locked, max_address; /* UINT64_MAX: unlimited */
};
/* pid 0: this process. AGON_ENOENT: it has gone; AGON_EIO: /proc does not say. [any] */
int proc_rights(int pid, struct proc_rights *rights);
/* Processor time of a process and all its threads so far, ns; -1: it has gone. [any] */
int64_t proc_cpu_ns(int pid);
/* When a process began, in clock ticks since the machine did: with its number it tells it from
 * every other. 0: there is none, or /proc does not say. [any] */
uint64_t proc_start(int pid);
/* Path of the running program, for starting another of itself. */
int proc_self(char *path, size_t room);
/* The path of a program of that name in the same folder. */
int proc_beside(const char *name, char *path, size_t room);

#endif
