// SPDX-License-Identifier: Apache-2.0
/* hist: a histogram of durations with a bounded relative error (1/64), constant memory and no
 * allocation. One writer; a reader copies it while the writer stands still. [any, one thread] */
#ifndef BASE_HIST_H
#define BASE_HIST_H

#include <agon/types.h>

#define HIST_BUCKETS 3776 /* 64 linear buckets in each octave of 2^63 ns */

struct hist {
    uint64_t count[HIST_BUCKETS];
    uint64_t n;
    int64_t min_ns, max_ns;
    double sum_ns;
};
void hist_clear(struct hist *hist);
void hist_add(struct hist *hist, int64_t ns); /* negative counts as 0 */
/* Upper end of the bucket that holds the q-quantile, 0 <= q <= 1; 0 when empty. ns */
int64_t hist_quantile(const struct hist *hist, double q);
/* How many are below ns; exact where ns is a power of two. */
uint64_t hist_below(const struct hist *hist, int64_t ns);
void hist_merge(struct hist *into, const struct hist *from);

#endif
