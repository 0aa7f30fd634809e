// SPDX-License-Identifier: Apache-2.0
/* windows: a venue's rate windows for an exchange that stands in for it, in a backtest or on paper.
 *
 * Limits, costs, urgency, share and reserve are those of a gateway of that dialect, by the same
 * limiter; how long a request may wait for room is in venue_config (hold_ns, cancel_hold_ns). Time
 * is the caller's: where the market is the clock, the market's. Only requests of orders are
 * counted, not what a gateway asks for its market data. The functions are those of a struct
 * paper_windows. [any, one thread] */
#ifndef VENUE_WINDOWS_H
#define VENUE_WINDOWS_H

#include "market/records.h"
#include "net/limiter.h"
#include "venue/gateway.h"

struct venue_wire;
struct venue_windows {
    const struct venue_wire *wire;
    struct limiter limiter;
};

/* By the limits of config, whose dialect's published ones venue_config_default sets. AGON_ENOENT:
 * no such dialect; AGON_EINVAL: a limit is missing or invalid. */
int venue_windows_init(struct venue_windows *windows, const struct venue_config *config,
                       struct error *err);
/* One of exchangeInfo's rateLimits: of ours and the venue's word the stricter counts. */
void venue_windows_narrow(struct venue_windows *windows, const char *type, uint32_t interval_s,
                          uint32_t limit);
/* May the request leave at t? AGON_OK: it does, and counts; else it may not, and *retry is the
 * earliest moment worth asking again (INT64_MAX: never). */
int venue_windows_take(void *windows, const struct order_cmd *cmd, agon_ns_t t, agon_ns_t *retry);
/* 0: cancels and what only reduces, 1: queries, 2: all else. */
int venue_windows_rank(const struct order_cmd *cmd);
/* "100 orders in 10 s and 200000 in 1 d, weight 6000 in 1 min": for people, with its thousands
 * apart if that is said. */
#define VENUE_WINDOWS_TEXT 256
const char *venue_windows_text(const struct venue_windows *windows, int is_apart,
                               char text[VENUE_WINDOWS_TEXT]);

#endif
