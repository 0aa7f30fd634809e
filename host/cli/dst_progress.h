// SPDX-License-Identifier: Apache-2.0
/* dst_progress: how far a long `agon dst` is, a line a minute. [control] */
#ifndef CLI_DST_PROGRESS_H
#define CLI_DST_PROGRESS_H

#include <stdint.h>

struct dst_progress {
    uint64_t first, n; /* seeds */
    int64_t t_told;    /* clock_mono */
};
/* Call before each seed; i: how many were run, n_failed: how many of them broke a promise. */
void dst_progress(struct dst_progress *progress, uint64_t i, uint64_t n_failed);

#endif
