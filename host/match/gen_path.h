// SPDX-License-Identifier: Apache-2.0
/* gen_path: the hidden fair prices behind the generated market, minute by minute. Only gen includes
 * this. [one thread] */
#ifndef MATCH_GEN_PATH_H
#define MATCH_GEN_PATH_H

#include "base/rng.h"
#include "match/gen.h"

#define PATH_MINUTE_NS INT64_C(60000000000)
#define PATH_MOVES     2 /* of one minute: a jump of its own, a crash */

struct path_move { /* part of the minute's return that does not diffuse */
    double size;
    int64_t at_ns, ramp_ns; /* from the minute's start */
};
struct path_symbol {
    double base_sigma; /* of a minute, calm */
    double log_px;     /* at the minute's start */
    double sigma;      /* of this minute */
    double diffuse;    /* this minute's diffusive return */
    double own;        /* log of its own volatility factor */
    double drift;      /* per minute: what is coming back of a crash */
    double shown;      /* the last minute's diffusive return, without its drifts */
    double anchor;     /* log price from which a range began */
    struct path_move moves[PATH_MOVES];
    double log_min, log_max;
    /* where inside the minute the events are */
    double walked;
    int64_t at_ns;
};
struct path {
    struct rng rng;
    uint32_t n;
    agon_ns_t t;                                     /* the minute's start */
    double factor[GEN_SYMBOLS_MAX][GEN_SYMBOLS_MAX]; /* lower triangle: shocks from normals */
    double variance;                                 /* GARCH; mean 1 */
    uint32_t regime;
    double boost; /* of volatility, after a crash; 1: none */
    double jumps_per_minute, crashes_per_minute;
    double activity; /* volatility of this minute over that of a calm one: drives trade arrivals */
    double busyness; /* of the time of day */
    struct gen_process process;
    struct rng drawn;   /* what the process draws */
    double trend;       /* log return a minute; 0 in a range */
    uint64_t n_minutes; /* since the start */
    uint64_t crash_at;  /* the minute in which it begins */
    double crash_drift; /* log return of this minute, of the crash or of what comes back */
    double crash_owed;  /* what has still to come back */
    struct path_symbol symbols[GEN_SYMBOLS_MAX];
};

/* AGON_EINVAL: the correlation matrix is not one. */
int path_init(struct path *path, const struct gen_config *config, const struct instruments *table,
              struct error *err);
void path_step(struct path *path); /* on to the next minute */
/* Walks a symbol's bridge to at_ns after the minute's start (never back); its log price there. */
double path_walk(struct path *path, uint32_t symbol, int64_t at_ns, struct rng *rng);
double path_log_px(const struct path *path, uint32_t symbol); /* where it stands */
/* What a process adds to a minute, before its symbols are drawn: trend or range, and the crash. */
void path_structure(struct path *path);
void path_structure_init(struct path *path, const struct gen_config *config);
/* This minute's return of a symbol, of its shock (a standard normal). */
double path_structured(struct path *path, uint32_t symbol, double shock);

#endif
