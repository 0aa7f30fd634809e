// SPDX-License-Identifier: Apache-2.0
#include "cli/dst_progress.h"

#include <stdio.h>

#include "sys/clock.h"

#define EVERY_NS 60000000000ll

void dst_progress(struct dst_progress *progress, uint64_t i, uint64_t n_failed)
{
    int64_t now = clock_mono();

    if (i == 0)
        progress->t_told = now;
    if (now - progress->t_told < EVERY_NS)
        return;
    progress->t_told = now;
    fprintf(stderr, "agon dst: seed %llu, %llu of %llu run, %llu broke a promise\n",
            (unsigned long long)(progress->first + i), (unsigned long long)i,
            (unsigned long long)progress->n, (unsigned long long)n_failed);
}
