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
void hist_add(struct hist *hist, int64_t ns);               /* negative counts as 0 */
void hist_add_n(struct hist *hist, int64_t ns, uint32_t n); /* n times the same */
/* Upper end of the bucket that holds the q-quantile, 0 <= q <= 1; 0 when empty. ns */
int64_t hist_quantile(const struct hist *hist, double q);
/* How many are below ns; exact where ns is a power of two. */
uint64_t hist_below(const struct hist *hist, int64_t ns);
void hist_merge(struct hist *into, const struct hist *from);

/* The same in little memory, where there are many: a relative error of 1/8 between 256 ns and 17 s.
 * It may lie in memory shared with its writer, who is believed no further than that its counts are
 * counts. */
#define HIST_SMALL_BUCKETS 210 /* 8 in each octave, and what is below and above them */

struct hist_small {
    uint64_t count[HIST_SMALL_BUCKETS];
    uint64_t sum_ns;
};
void hist_small_clear(struct hist_small *hist);
void hist_small_add(struct hist_small *hist, int64_t ns);               /* negative counts as 0 */
void hist_small_add_n(struct hist_small *hist, int64_t ns, uint32_t n); /* n times the same */
/* While its writer writes, whatever it holds. [any] */
void hist_small_copy(struct hist_small *to, const struct hist_small *from);
/* A copy in the other form: each value stands at the upper end of its bucket. */
void hist_of_small(struct hist *to, const struct hist_small *from);

#endif
