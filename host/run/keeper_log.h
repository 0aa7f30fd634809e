// SPDX-License-Identifier: Apache-2.0
/* keeper_log: what the keeper did, one line each in keeper.log of the run directory: written by it,
 * added to and never changed, and taken over by the next host. [control] */
#ifndef RUN_KEEPER_LOG_H
#define RUN_KEEPER_LOG_H

#include "base/error.h"

#define KEEPER_LOG   "keeper.log"
#define KEEPER_TAKEN "keeper.taken" /* how much of it a host has taken over */
/* How lines that mean something to the host begin. */
#define KEEPER_FIRED "acted: "
#define KEEPER_HUNG  "hung in plugin "

/* The keeper's side: opened once, before its rights go. AGON_ENOENT: no host was there yet. */
int keeper_log_open(const char *dir, struct error *err);
int keeper_log_add(const char *dir, const char *text); /* AGON_EIO: errno says why */
/* The host's side: each line that no host has seen. The text is without its time. */
int keeper_log_take(const char *dir, void (*each)(void *ctx, const char *text), void *ctx,
                    struct error *err);

#endif
