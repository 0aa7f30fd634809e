// SPDX-License-Identifier: Apache-2.0
/* fault: the end of a process that runs a plugin's code, told by its own signal handler, sooner
 * than the kernel can take the process down, and in words. */
#ifndef AGENT_FAULT_H
#define AGENT_FAULT_H

#include <stddef.h>
#include <stdint.h>

struct child_crash { /* written by the process' signal handler: as hostile as what it runs */
    int32_t signal, code;
    int64_t number; /* of the system call, with SIGSYS */
    uint64_t address, nth;
    uint64_t ip, offset; /* in memory and in the plugin's file; UINT64_MAX: not in it */
};

/* From here on a fault of this process, or a system call that its filter stops, fills crash, calls
 * on_crash (which may complete it and tells whoever waits) and ends the process. libc's fstat of an
 * open descriptor, which is a call that the filter stops, is answered. Once. [main thread] */
void fault_watch(struct child_crash *crash, void (*on_crash)(struct child_crash *crash));
/* "forbidden system call 257 (openat: a plugin has no files: ...), at event 7 of the slot, ...". */
void fault_text(const struct child_crash *crash, char *text, size_t room);

#endif
