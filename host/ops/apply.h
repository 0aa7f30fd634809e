// SPDX-License-Identifier: Apache-2.0
/* apply: a roster's file against what runs. What differs is listed; what can change in flight is
 * changed by events, all of it or, when one thing is wrong, nothing; what cannot is said. One at a
 * time. [any but core] */
#ifndef OPS_APPLY_H
#define OPS_APPLY_H

#include "net/jout.h"
#include "run/host.h"

struct apply {
    struct host *host;
    const char *path;    /* the roster */
    const char *plugins; /* folder that its plugins are named below */
    int is_dry;
    int is_kept;      /* positions of who leaves are kept, and not closed */
    const char *sure; /* "ema,mm_1": agents for which a dangerous change is meant; may be NULL */
    const char *who;  /* asks for it; NULL: nobody knows */
};
/* Writes {"changes": [...], "made": n, "waiting": n}. AGON_EINVAL: mistakes of the file, all in
 * err; AGON_EPERM: dangerous and not in sure. Returns how many were made, or would be. */
int apply_roster(const struct apply *apply, struct jout *out, struct error *err);

#endif
