// SPDX-License-Identifier: MIT
/* feature: what models are taught by and asked with, as numbers of closed bars; link libagon-ta.a
 * (pkg-config agon-sdk).
 *
 * A feature is a name of the catalogue and its parameters, as "return.5", "macd.12.26" or
 * "day_sin"; `agon features ls` and docs/features.md show them all with unit and formula. Each is a
 * function of the last bars alone, of so many as agon_feature.back says: no value depends on
 * anything that came later, a set that begins later has the same values once it has seen that many,
 * and a state that is saved and loaded goes on to the last bit. `agon features make` writes
 * training files by these same functions: what a model was taught by is what it is asked with.
 *
 * Everything is double arithmetic and sqrt, built with -ffp-contract=off; logarithm and sine are
 * the library's own: the same bars give the same bits on every machine. Values are always finite:
 * where a formula has no value (no volume, no movement) the catalogue says what stands there.
 * Nothing is allocated. [any; one set by one thread at a time] */
#ifndef AGON_FEATURE_H
#define AGON_FEATURE_H

#include "agon/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of the catalogue: another where a value of any feature is another than it was. Tables and models
 * keep it, and it is held against the plugin's that asks. */
#define AGON_FEATURES_EDITION 1
#define AGON_FEATURES_MAX     128 /* of a set */
#define AGON_FEATURE_BACK_MAX 512 /* bars that a feature may look back on, the newest included */
#define AGON_FEATURE_PARAMS   2
#define AGON_FEATURE_TEXT     48 /* with its end */

struct agon_feature_param {
    const char *name; /* "bars", "lag", "bins" */
    uint32_t preset, least, most;
};
struct agon_feature_info { /* a row of the catalogue */
    const char *name, *unit, *formula;
    const char *otherwise; /* what stands where the formula has no value; NULL: it always has one */
    uint32_t n_params;
    struct agon_feature_param params[AGON_FEATURE_PARAMS];
};
/* The catalogue, from 0 on; NULL behind its last row. */
const struct agon_feature_info *agon_feature_at(uint32_t id);

struct agon_feature {
    uint32_t id;   /* its row in the catalogue */
    uint32_t back; /* bars that it is a function of */
    uint32_t param[AGON_FEATURE_PARAMS];
};
AGON_SIZE_IS(agon_feature, 16);
/* Of "name", "name.5" or "name.5.2"; parameters that are left out have their preset. AGON_EINVAL:
 * not of that form, or more parameters than it has; AGON_ENOENT: no such name; AGON_ERANGE: a
 * parameter out of its bounds, or it would look back on more than AGON_FEATURE_BACK_MAX bars. */
int agon_feature_parse(const char *text, struct agon_feature *feature);
/* With every parameter, as columns of training files are called. */
void agon_feature_text(const struct agon_feature *feature, char text[AGON_FEATURE_TEXT]);

struct agon_feature_bar { /* a closed bar as plain numbers */
    double open, high, low, close;
    double volume, bought; /* of the base asset; of it by takers who bought */
    double change;         /* ln(close / close of the bar before), 0 of the first */
    agon_ns_t t_close;     /* the end of its interval */
};
AGON_SIZE_IS(agon_feature_bar, 64);
/* before: the bar before it; NULL: it is the first. px_exp, qty_exp: the instrument's. AGON_EINVAL:
 * it does not end behind that one, a price of 0 or below, high or low not around
 * open and close, a volume below 0 or less than what was bought. */
int agon_feature_bar_of(const struct agon_bar *bar, const struct agon_feature_bar *before,
                        int px_exp, int qty_exp, struct agon_feature_bar *out);

/* last points at the newest of feature->back bars, the older ones lie before it. */
double agon_feature_value(const struct agon_feature *feature, const struct agon_feature_bar *last);

struct agon_features { /* a set and the bars it needs; plain data, as it is in a saved state */
    uint32_t n, back;  /* features; bars that the furthest of them looks back on */
    uint32_t held, at; /* bars that are held; behind the newest */
    struct agon_feature all[AGON_FEATURES_MAX];
    struct agon_feature_bar bars[2 * AGON_FEATURE_BACK_MAX];
};
AGON_SIZE_IS(agon_features, 16 + 16 * AGON_FEATURES_MAX + 128 * AGON_FEATURE_BACK_MAX);
/* list: features with blanks or line ends between them, in the order of their values. As
 * agon_feature_parse for the first that is wrong, whose place in the list is then in *at (NULL is
 * fine); AGON_ENOSPC: more than AGON_FEATURES_MAX; AGON_EINVAL for none. */
int agon_features_init(struct agon_features *set, const char *list, uint32_t *at);
/* The next closed bar, of one instrument and length. AGON_EINVAL, and nothing changed: as
 * agon_feature_bar_of says. */
int agon_features_bar(struct agon_features *set, const struct agon_bar *bar, int px_exp,
                      int qty_exp);
/* Their names as agon_feature_text says them, with a blank between two; room for
 * AGON_FEATURES_TEXT. */
#define AGON_FEATURES_TEXT (AGON_FEATURES_MAX * AGON_FEATURE_TEXT)
void agon_features_text(const struct agon_features *set, char text[AGON_FEATURES_TEXT]);
int agon_features_is_ready(const struct agon_features *set); /* after back bars */
/* The same features in the same order, whatever either has seen? */
int agon_features_is_same(const struct agon_features *set, const struct agon_features *other);
/* out[set->n]. AGON_EAGAIN, and nothing written: it is not ready yet. */
int agon_features_values(const struct agon_features *set, double *out);
/* For bytes from outside, before they are gone on with. AGON_OK, AGON_ECORRUPT. */
int agon_features_check(const struct agon_features *set);

#ifdef __cplusplus
}
#endif

#endif
