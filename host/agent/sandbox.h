// SPDX-License-Identifier: Apache-2.0
/* sandbox: what a child takes away from itself before and after it has mapped a plugin.
 *
 * Each layer is tried and may be missing (an older kernel, an ordinary user); what holds is told,
 * so that the host can refuse to run a slot with less than its roster demands. Before the map,
 * files can be read below the system's library folders only; after it nothing can be opened,
 * connected, executed or signalled any more, and no memory can become executable. What a plugin
 * tries beyond that ends the child, and the crash record names the system call. Calls are for the
 * child's only thread, in this order. */
#ifndef AGENT_SANDBOX_H
#define AGENT_SANDBOX_H

#include "base/error.h"

enum sandbox_layer {
    SANDBOX_LIMITS = 1,     /* resource limits: no core, few descriptors, bounded memory */
    SANDBOX_NO_PRIVS = 2,   /* no new privileges, dies with the host */
    SANDBOX_NAMESPACES = 4, /* network, ipc, hostname of its own */
    SANDBOX_UID = 8,        /* a user id that nobody else has */
    SANDBOX_LANDLOCK = 16,  /* no file, no socket, no signal to others */
    SANDBOX_SECCOMP = 32,   /* a list of system calls */
    SANDBOX_NO_EXEC = 64    /* no memory becomes executable after the load */
};
#define SANDBOX_ALL    127u
#define SANDBOX_LAYERS 7

struct sandbox {
    uint32_t wanted;        /* enum sandbox_layer; 0 bits are not tried */
    uint32_t holds;         /* out: those that hold */
    uint64_t address_bytes; /* RLIMIT_AS; 0: none */
    uint32_t uid;           /* taken when the child is root */
};

/* Before the plugin is mapped. AGON_EIO only when a layer failed half way and the state is unknown.
 */
int sandbox_before_load(struct sandbox *sandbox, struct error *err);
/* After it is mapped and before create. */
int sandbox_after_load(struct sandbox *sandbox, struct error *err);

/* "limits", "no-privileges", ...; index 0 to SANDBOX_LAYERS - 1. NULL beyond. [any] */
const char *sandbox_layer_name(unsigned index);
/* What this machine would give, found out without changing this process: Landlock's ABI (0: none),
 * seccomp filters, user namespaces. [any] */
int sandbox_landlock_abi(void);
int sandbox_has_seccomp(void);

#endif
