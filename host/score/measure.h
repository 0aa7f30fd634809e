// SPDX-License-Identifier: Apache-2.0
/* measure: a figure by which a tournament compares slots: one file each in score/measures.
 *
 * A roster's key, its preset and what is said of it, the columns of plans, their JSON and the
 * journal's text come from what a measure says of itself. [core] */
#ifndef SCORE_MEASURE_H
#define SCORE_MEASURE_H

#include "score/measures/table.h"
#include "score/window.h"

enum measure_unit {
    MEASURE_NUMBER = 0,
    MEASURE_SHARE, /* 0.2 is shown as 20 % */
    MEASURE_COUNT  /* shown without decimals */
};
struct measure {
    const char *name;  /* at most 22 bytes: key of rosters, JSON and journal, for ever */
    const char *title; /* head of its column in text */
    const char *label; /* ... on pages; NULL: not on pages, where there is little room */
    enum measure_unit unit;
    uint8_t width, decimals; /* of its column */
    const char *doc;
    int is_less_better;
    const char *weight; /* preset, as in a roster */
    /* 0: there is none; it counts as 0, and as no value where a gate asks. Only + - * / sqrt. */
    int (*of)(const struct window_figures *figures, double *value);
};

enum {
#define MEASURE_NUMBER_OF(symbol, name) MEASURE_##symbol,
    MEASURE_TABLE(MEASURE_NUMBER_OF)
#undef MEASURE_NUMBER_OF
        MEASURES
};
#define MEASURE_DECLARE(symbol, name) extern const struct measure measure_##name;
MEASURE_TABLE(MEASURE_DECLARE)
#undef MEASURE_DECLARE

const struct measure *measure_at(uint32_t number); /* NULL: there are not so many */
int measure_find(const char *name);                /* -1: none has that name */

#define MEASURE_RATIO_MAX 1000.0
/* gain / loss, MEASURE_RATIO_MAX at most; without a loss that for a gain, else undefined. */
int measure_ratio(double gain, double loss, double *value);
/* 1: it stands at that bound, -1: at the one below 0; people are shown the bound. */
int measure_is_bound(const struct measure *measure, double value);

#endif
