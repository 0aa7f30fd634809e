// SPDX-License-Identifier: Apache-2.0
/* gate: what a slot has to pass to be ranked: one file each in score/gates.
 *
 * A gate judges a measure, or a value of its own. A roster's key, its preset and what is said of
 * it, the journal's text and what explains a plan come from what a gate says of itself. [core] */
#ifndef SCORE_GATE_H
#define SCORE_GATE_H

#include "score/gates/table.h"
#include "score/measure.h"

struct gate {
    const char *name; /* at most 22 bytes: in JSON and journal, for ever */
    const char *key;  /* of rosters; NULL: the name */
    int is_past;      /* of rules in journals from before there were settings: no roster asks it */
    const char *how;  /* "above", "at least": what the value has to be to the limit */
    enum measure_unit unit;
    int64_t min, max; /* of its limit; MEASURE_SHARE: in ppm */
    const char *doc;
    const char *preset; /* limit, as in a roster; NULL: not asked */
    /* The value: a measure's, or of(), which returns 0 where there is none: nobody passes then;
     * GATE_NOT_YET: it is not asked so far, and who is not judged by it is given nothing. */
    const struct measure *measure;
    int (*of)(const struct window_figures *figures, double *value);
    int (*passes)(double value, double limit);
};

enum {
#define GATE_NUMBER_OF(symbol, name) GATE_##symbol,
    GATE_TABLE(GATE_NUMBER_OF)
#undef GATE_NUMBER_OF
        GATES
};
#define GATE_DECLARE(symbol, name) extern const struct gate gate_##name;
GATE_TABLE(GATE_DECLARE)
#undef GATE_DECLARE

const struct gate *gate_at(uint32_t number); /* NULL: there are not so many */
int gate_find(const char *name);             /* -1: none has that name */
const char *gate_key(const struct gate *gate);
#define GATE_NOT_YET  2  /* there will be a value: too few daily samples so far */
#define GATE_DAYS_MIN 30 /* daily samples without which a ratio of a year says nothing */
int gate_value(const struct gate *gate, const struct window_figures *figures, double *value);
/* A measure of the daily samples; GATE_NOT_YET below GATE_DAYS_MIN of them. */
int gate_yearly(const struct measure *measure, const struct window_figures *figures, double *value);

int gate_above(double value, double limit);
int gate_at_least(double value, double limit);
int gate_below(double value, double limit);

#endif
