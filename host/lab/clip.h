// SPDX-License-Identifier: Apache-2.0
/* clip: a source of market events from a time on (`agon backtest --from`).
 *
 * No event before that time is played. What they leave is handed on all the same: the bars that
 * had closed by then are history, and the book and its state that stood then come first, as a
 * BOOK_SNAPSHOT and a STATUS stamped with that time. [one thread] */
#ifndef LAB_CLIP_H
#define LAB_CLIP_H

#include "base/error.h"
#include "market/history.h"
#include "market/instruments.h"

struct clip_config {
    const struct agon_event_hdr *(*next)(void *ctx); /* as lockstep_source.next */
    void *ctx;
    agon_ns_t t_from;
    const struct instruments *table; /* borrowed; whatever the source speaks of is in it */
    struct history *history;         /* borrowed; takes the bars */
};
struct clip;

/* Reads what lies before t_from. AGON_ENOMEM. */
int clip_new(struct clip **clip, const struct clip_config *config, struct error *err);
void clip_free(struct clip *clip); /* NULL is fine */
/* For lockstep_source.next with ctx = clip. */
const struct agon_event_hdr *clip_next(void *clip);

#endif
