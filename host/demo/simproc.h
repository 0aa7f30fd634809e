// SPDX-License-Identifier: Apache-2.0
/* simproc: an `agon sim` of one's own, as a child on loopback. [control] */
#ifndef DEMO_SIMPROC_H
#define DEMO_SIMPROC_H

#include "sys/proc.h"

#define SIMPROC_SYMBOLS_MAX 64

struct simproc {
    struct proc proc;
    int out_fd;             /* its standard output; -1: none */
    struct simproc_market { /* um: USD-M futures; port 0: it is not served */
        uint16_t port;
        uint32_t n_symbols;
        char symbols[SIMPROC_SYMBOLS_MAX][32];
    } spot, um;
};
/* Starts this program's own sim with those arguments (ending with NULL) and waits for its first
 * line. AGON_EIO with what it said instead. */
int simproc_start(struct simproc *sim, const char *const *args, struct error *err);
void simproc_stop(struct simproc *sim); /* zeroed or never started is fine */

#endif
