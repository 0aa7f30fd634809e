// SPDX-License-Identifier: Apache-2.0
/* sandbox: what a child takes away from itself before any of a plugin's code runs.
 *
 * Each layer is tried and may be missing (an older kernel, an ordinary user); what holds is told,
 * so that the host can refuse to run a slot with less than its roster demands. There are two steps,
 * and between them the plugin is mapped (image.h), which needs to read the system's libraries and
 * runs nothing of the plugin. After the second nothing can be opened, looked up, connected,
 * executed, signalled or limited any more, no thread that was not granted can begin, and no memory
 * can become executable. What a plugin tries beyond that ends the child, and the crash record names
 * the system call. Calls are for the child's only thread, in this order. */
#ifndef AGENT_SANDBOX_H
#define AGENT_SANDBOX_H

#include "sys/proc.h"

enum sandbox_layer {
    SANDBOX_LIMITS = 1,     /* resource limits: no core, few descriptors, bounded memory */
    SANDBOX_NO_PRIVS = 2,   /* no new privileges, dies with the host, nobody looks into it */
    SANDBOX_NAMESPACES = 4, /* network, ipc, hostname of its own */
    SANDBOX_UID = 8,        /* a user id that nobody else has */
    SANDBOX_LANDLOCK = 16,  /* no file, no socket, no signal to others */
    SANDBOX_SECCOMP = 32,   /* a list of system calls */
    SANDBOX_NO_EXEC = 64    /* no memory becomes executable any more */
};
#define SANDBOX_ALL    127u
#define SANDBOX_LAYERS 7

struct sandbox {
    uint32_t wanted;        /* enum sandbox_layer; 0 bits are not tried */
    uint32_t holds;         /* out: those that hold */
    uint64_t address_bytes; /* RLIMIT_AS; 0: none */
    uint32_t uid, gid;      /* that it takes; 0: none, it stays its host's user */
    uint32_t threads;       /* may begin; how many is for the host to count */
    uint32_t reads;         /* what is open may be read */
    /* An ordinary user's child cannot take uid by itself: it calls this once it has made a user
     * namespace, and goes on when its host has run sandbox_map. 1: it has them. */
    int (*await_map)(void *ctx);
    /* Begins threads of ours, which have taken all that was taken until then and get the list of
     * system calls with it. NULL: none. */
    void (*begin_threads)(void *ctx);
    void *ctx;
};

/* Before the plugin is mapped: limits, namespaces, uid, privileges. */
void sandbox_begin(struct sandbox *sandbox);
/* After it is mapped and before any of it runs: files and system calls. AGON_EIO: a layer failed
 * half way, and the state is unknown. */
int sandbox_close(struct sandbox *sandbox, struct error *err);
/* Of what a child says that it has taken, the layers that the kernel's word does not contradict;
 * own is the host's. The kernel has no word on files and namespaces: there the child's counts,
 * which no plugin's code had run in when it was given. [any] */
uint32_t sandbox_proven(const struct sandbox *sandbox, const struct proc_rights *child,
                        const struct proc_rights *own);

/* The user and group id for a slot of this process, which no other host of this machine gives to
 * anybody: each takes a block of them, and has it until it ends. Root takes them far above those
 * of people and services; for an ordinary user they are of those that the system has given
 * him (sys/subid.h), and without them 0. SANDBOX_UID_PROBE is for who has no slot. [any] */
#define SANDBOX_UID_PROBE 1023u
void sandbox_ids(uint32_t slot, uint32_t *uid, uint32_t *gid);
/* Why they are 0; empty: they are not. [any] */
const char *sandbox_no_ids(void);
/* What a slot that requires isolation requires: all layers, but for an id of its own where this
 * user could give none, whoever has them now. [any] */
uint32_t sandbox_whole(void);
/* Root, or a service that was given the three rights: to become any user, and to end who that is.
 */
int sandbox_may_set_ids(void);
/* Does a child of this process call await_map? */
int sandbox_is_mapped(const struct sandbox *sandbox);
/* By its host: gives a child that waits its ids. [control] */
int sandbox_map(int pid, const struct sandbox *sandbox, struct error *err);

/* "limits", "no-privileges", ...; index 0 to SANDBOX_LAYERS - 1. NULL beyond. [any] */
const char *sandbox_layer_name(unsigned index);
/* What it means that a layer does not hold, and what to do. [any] */
const char *sandbox_layer_help(unsigned index);
/* What this machine would give, found out without changing this process: Landlock's ABI (0: none),
 * seccomp filters, user namespaces. [any] */
int sandbox_landlock_abi(void);
int sandbox_has_seccomp(void);

#endif
