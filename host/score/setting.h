// SPDX-License-Identifier: Apache-2.0
/* setting: what tournament rules say beside weights, gates, shares and calendar: one number each,
 * by name in records. Rules of journals from before there were settings have none, and their plans
 * are decided as they were then (SETTING_EDITION). A roster's key, its preset and what is said of
 * it come from here. [core] */
#ifndef SCORE_SETTING_H
#define SCORE_SETTING_H

#include "score/measure.h"

enum {
    /* 5 in all rules that are made now. From 2 on: ties share alike, faults and what was not traded
     * are looked at, yearly gates wait for 30 daily samples, a failed gate is a step down, and no
     * plan is made while prices of what is held are stale. From 3 on: the pool pays for an agent
     * that is added, as far as it can. From 4 on: scores that differ by how sums are rounded
     * are equal. From 5 on: a plan says of who is excluded whether it is suspended or quarantined.
     */
    SETTING_EDITION,
    SETTING_MIN_TRADES, /* closing fills of the window */
    SETTING_INCREASE,   /* shares of the agent's equity, 1: all of it */
    SETTING_DECREASE,
    SETTING_HYSTERESIS,
    SETTING_FLOOR, /* share of the whole */
    SETTING_BACK_AFTER,
    SETTING_FAULT_REST,
    SETTING_EVIDENCE, /* t-value of the net returns; 0: capital moves by ranks alone */
    SETTINGS
};

struct setting {
    const char *name;       /* at most 22 bytes: key of rosters, and in records for ever */
    int is_bound;           /* its key stands below `bounds` of a roster */
    enum measure_unit unit; /* MEASURE_SHARE, else MEASURE_COUNT */
    int64_t min, max;       /* MEASURE_SHARE: in ppm */
    const char *doc;        /* NULL: no key, a roster has nothing to say of it */
    const char *preset;     /* as in a roster */
};
const struct setting *setting_at(uint32_t number); /* NULL: there are not so many */
int setting_find(const char *name);                /* -1: none has that name */

#endif
