// SPDX-License-Identifier: Apache-2.0
/* cases: every kernel with shapes whose edges lie everywhere (one element, below and above lanes,
 * tiles and blocks, all three starts and turns of gemm), run on a device and kept, so that any two
 * devices can be compared bit for bit. Used by unit tests and by the parity program of a card. */
#ifndef SUPPORT_KERNELS_CASES_H
#define SUPPORT_KERNELS_CASES_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define cases_run    TYPED(cases_run)
#define cases_free   TYPED(cases_free)
#define case_compare TYPED(case_compare)
#define case_value   TYPED(case_value)

#define CASE_NAME 96

struct case_result {
    char name[CASE_NAME];
    real *values; /* owned */
    uint32_t n;
};
struct case_results {
    struct case_result *at; /* owned */
    uint32_t n, room;
    int failed; /* AGON_E... of the device; 0: none */
    struct error err;
};

/* Runs them all; is_large adds sizes as models have them. */
void cases_run(struct device *device, int is_large, struct case_results *results);
void cases_free(struct case_results *results);

/* How far two results are apart. A NaN equals every other. */
struct case_distance {
    uint32_t n_different, first; /* values whose bits differ, and the first of them */
    double most;                 /* the largest difference relative to 1 + |value| */
};
struct case_distance case_compare(const struct case_result *a, const struct case_result *b);
/* A value of stream `seed` at i, in [-2, 2). */
real case_value(uint32_t seed, uint32_t i);

#endif
