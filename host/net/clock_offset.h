// SPDX-License-Identifier: Apache-2.0
/* clock_offset: what time it is at the venue. Five requests to its time endpoint make a round; each
 * gives an offset (venue time less the middle between asking and hearing) that is wrong by at most
 * half the round trip, and the round's median counts. A round is due every 60 s, and at once after
 * the venue refused a timestamp. Two samples that cannot both be true mean that the venue's clock
 * was set between them: the round begins anew with the later one.
 *
 * Local times are transport time (monotonic, ns), so a step of the wall clock changes nothing.
 * [any]
 */
#ifndef NET_CLOCK_OFFSET_H
#define NET_CLOCK_OFFSET_H

#include <agon/types.h>

#define CLOCK_OFFSET_SAMPLES  5
#define CLOCK_OFFSET_EVERY_NS 60000000000ll
#define CLOCK_OFFSET_DRIFT    200 /* ppm: how fast an old estimate loses worth */
#define CLOCK_OFFSET_SET_NS                                                                        \
    5000000000ll /* a clock is not set more often; who contradicts itself                          \
                    all the time is uncertain */

struct clock_offset {       /* all zero is ready to use: nothing known, a round is due */
    int64_t offset_ns;      /* venue UTC = transport time + this */
    int64_t uncertainty_ns; /* when measured; it grows with age */
    int64_t at;             /* when measured, transport time */
    int64_t round_at;       /* when the last whole round ended */
    int64_t heard_at;       /* the last sample */
    int64_t set_at;         /* ... of which this was heard that contradicted the one before */
    uint8_t is_known, is_measured, is_due, n;
    uint8_t pad[4];
    uint64_t n_samples; /* ever taken; the last two, newest first, */
    int64_t last_ns[2], last_error_ns[2];
    int64_t offsets[CLOCK_OFFSET_SAMPLES]; /* the round so far */
    int64_t errors[CLOCK_OFFSET_SAMPLES];
};
/* One answer: asked at, heard at, the venue's stamp (UTC ns) and its resolution (1 ms: 1000000).
 * AGON_OK, or AGON_EINVAL when heard is before asked: not used. Before the first round is whole its
 * first samples count already. */
int clock_offset_sample(struct clock_offset *clock, int64_t asked, int64_t heard,
                        agon_ns_t venue_time, int64_t resolution_ns);
/* True when the next request to the time endpoint should go out. */
int clock_offset_is_due(const struct clock_offset *clock, int64_t now);
/* The venue refused our timestamp: measure anew. What is known is used until then, but its
 * uncertainty is unbounded. */
void clock_offset_refused(struct clock_offset *clock);
/* Measures anew, at once: our own clock is in doubt. What is known goes on counting until then. */
void clock_offset_again(struct clock_offset *clock);
/* The venue's time now; 0 before the first sample. */
agon_ns_t clock_offset_now(const struct clock_offset *clock, int64_t now);
/* How wrong that may be, ns; INT64_MAX when nothing is known. */
int64_t clock_offset_uncertainty(const struct clock_offset *clock, int64_t now);

#endif
