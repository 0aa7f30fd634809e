// SPDX-License-Identifier: Apache-2.0
/* serve: the worker's side: one device, leases of its memory, and jobs one after another. It owns
 * the device and whatever lies on it; the host owns jobs, their input and their results. A job that
 * fails by itself (its calls, its memory) is answered and the next one begins. When the device
 * fails, the job is answered and the worker ends: only a new process has a card that is known to be
 * well. [one thread] */
#ifndef CARD_SERVE_H
#define CARD_SERVE_H

#include "base/error.h"

#define CARD_FD_SOCKET 3 /* of the worker: its half of the pair */
#define CARD_FD_SOURCE 4 /* ... an agent's own kernels, where it is for those */

struct card_serve_options {
    const char *device;                    /* "cuda", "cpu", "scripted" */
    const char *driver, *sensors, *script; /* NULL: the system's, the system's, none */
    const char *nvrtc;                     /* NULL: the system's */
    uint32_t card, threads, life;
    int is_own;     /* for an agent's own kernels alone */
    int is_session; /* for one process, as session.h has it */
    uint64_t most;  /* ... of which it may have so many bytes; 0: what there is */
};
/* Until the host is gone (AGON_OK) or the device has failed (AGON_EIO). What it cannot begin with
 * it says to the host, too. */
int card_serve(int fd, const struct card_serve_options *options, struct error *err);

#endif
