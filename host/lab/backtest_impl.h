// SPDX-License-Identifier: Apache-2.0
/* backtest_impl: a run of a backtest, as backtest.c and backtest_market.c share it. backtest.c
 * drives the run and keeps what comes of it; backtest_market.c makes the markets that it begins
 * with. [one thread] */
#ifndef LAB_BACKTEST_IMPL_H
#define LAB_BACKTEST_IMPL_H

#include "engine/driver.h"
#include "engine/lockstep.h"
#include "lab/backtest.h"
#include "lab/backtest_journal.h"
#include "lab/clip.h"
#include "lab/funding.h"
#include "lab/tape_named.h"

struct room { /* of an array that grows: what it has, and what of that is in place */
    uint64_t bytes, placed;
};

struct run {
    const struct backtest_config *config;
    struct backtest *result;
    struct tape *tapes[BACKTEST_TAPES_MAX];       /* owned */
    struct funding *fundings[BACKTEST_TAPES_MAX]; /* owned */
    struct clip *clips[BACKTEST_TAPES_MAX];       /* owned; with a t_from, of the tapes or gen */
    struct history *history;                      /* owned; with a t_from */
    struct agon_bar *bars;                        /* owned; of it, as agents are given them */
    struct gen *gen;                              /* owned */
    agon_ns_t gen_end, t_start;
    struct lockstep_source sources[2 * BACKTEST_TAPES_MAX];
    uint32_t n_sources;
    const char *paths[BACKTEST_TAPES_MAX]; /* without their symbols */
    struct tape_info infos[BACKTEST_TAPES_MAX];
    struct listings *listings; /* owned */
    struct instruments *table; /* the engine's */
    struct driver driver;      /* of what comes before and behind the tapes */
    struct paper *paper;       /* owned */
    struct hash intents;
    int kept;                      /* AGON_OK, or what became of keeping a sample */
    agon_amt_t results[SLOTS_MAX]; /* of each slot's fills so far */
    uint64_t closed[SLOTS_MAX];    /* those that closed something */
    struct slot_set demoted;       /* by lines of a plan that is still to come */
    uint64_t room_fills;
    struct room stretches, equity;
    agon_ns_t t_venue;              /* the newest stamp of the market's events */
    agon_ns_t last_t, last_t_venue; /* of the last sample */
    struct backtest_journal journal;
    struct tape_named named; /* what of tapes the journal names */
    int is_begun;            /* every agent has joined */
    int is_plain;            /* nobody looks at steps that are of the market alone */
};

/* A record of the configuration, at the time the data begin: the engine takes it and the journal
 * has it. what: named where it is refused. */
int backtest_step(struct run *run, void *event, const char *what, struct error *err);

/* The data files are looked into and their lists and fundings opened: run->infos, run->t_start. */
int backtest_market_look(struct run *run, struct error *err);
/* The asset of that name, which the engine learns of where it is new; 0: refused. */
agon_asset_t backtest_market_asset(struct run *run, const char *name, int is_base_currency,
                                   struct error *err);
/* Instruments, sources, what was before the start, fundings and valuations; after look. */
int backtest_market_open(struct run *run, struct error *err);
/* The exchange asks of orders what the listing says, and knows of bars what the engine does; when
 * its instruments are there. */
void backtest_market_rules(struct run *run);
int backtest_market_bars(struct run *run, struct error *err);

#endif
