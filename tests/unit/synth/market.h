// SPDX-License-Identifier: Apache-2.0
/* market: instruments and a generator of a market's text, for the tests of this folder. */
#ifndef TEST_SYNTH_MARKET_H
#define TEST_SYNTH_MARKET_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "market/instruments.h"
#include "synth/synth.h"

/* ck_assert tells its parent of every single one: too slow for millions. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)
#define T_START INT64_C(1700006400000000000) /* 2023-11-15 00:00 UTC */
/* No volatility that changes: what theory says holds from the first minute on. */
#define STEADY "about: x\nbursts: false\nhours: false\njumps: 0\ncrashes: 0\n"

struct market {
    struct synth synth;
    struct instruments table;
    struct gen *gen;
};
/* Its instruments are 1 to n, in the file's order, as the venue lists majors. */
void market_open(struct market *market, const char *text, size_t n, uint64_t seed);
void market_of(struct market *market, const char *text, uint64_t seed);
void market_close(struct market *market);
double market_log_px(const struct market *market, uint32_t i); /* of the fair price, premium too */

/* Statistics of n numbers. */
double mean_of(const double *x, int n);
double variance_of(const double *x, int n);
double autocorrelation_of(const double *x, int n, int lag);

#endif
