// SPDX-License-Identifier: Apache-2.0
/* promises: what a demo promises whatever its agents earn; the command ends with 1 when one of them
 * is broken. [any] */
#ifndef DEMO_PROMISES_H
#define DEMO_PROMISES_H

#include "base/error.h"

struct promises {
    uint64_t n_sent,
        n_seen; /* events, of the agents that behave: by the engine's count, by theirs */
    uint32_t n_given_faulty; /* times that an agent got capital after its fault */
    int is_replayed;         /* the journal was stepped to its end: */
    int is_same;             /* and the state there is the host's */
};
/* AGON_ECORRUPT with all that are broken. */
int promises_judge(const struct promises *promises, struct error *err);

#endif
