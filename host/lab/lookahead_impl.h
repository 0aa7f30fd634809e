// SPDX-License-Identifier: Apache-2.0
/* lookahead_impl: what the parts of the look-ahead test share: lookahead.c alters data and compares
 * decisions, lookahead_play.c makes one run of a backtest in a worker, lookahead_fair.c judges by
 * data in which nothing can be won. [control] */
#ifndef LAB_LOOKAHEAD_IMPL_H
#define LAB_LOOKAHEAD_IMPL_H

#include <limits.h>

#include "base/rng.h"
#include "lab/alter.h"
#include "lab/lookahead.h"

#define LOOKAHEAD_SECOND_NS INT64_C(1000000000)
/* When markets without drift are: 2099, behind all funding that is recorded. */
#define LOOKAHEAD_FAIR_START (INT64_C(4070908800) * LOOKAHEAD_SECOND_NS)

/* What a worker says of its run, in memory that it shares: figures, not proofs. */
struct outcome {
    int rc;
    char text[ERROR_TEXT], failure[ERROR_TEXT];
    uint32_t has_book, n_names, n_instruments;
    agon_ns_t t_first, t_last;
    agon_ns_t way_ns; /* the longest that a recorded message was under way */
    uint64_t n_decisions, n_kept;
    char base[16];
    int base_exp;
    char names[SLOTS_MAX][SLOT_NAME];
    agon_amt_t won_amt[SLOTS_MAX];
    uint64_t n_wanted[SLOTS_MAX];
    uint64_t n_fills[SLOTS_MAX];
    struct {
        char symbol[RECORDING_SYMBOL];
        int px_exp, qty_exp;
    } instruments[BACKTEST_TAPES_MAX];
    struct lookahead_intent kept[LOOKAHEAD_KEPT];
};

struct judge {
    const struct lookahead_config *config;
    struct lookahead *result;
    struct rng rng;
    struct outcome *one, *other;              // shared with workers
    char dir[PATH_MAX];                       // of altered files
    uint32_t n_dirs, n_paths;                 // of the data, or of what stands for them
    char words[BACKTEST_TAPES_MAX][PATH_MAX]; // [SYMBOL=]FILE
    struct tape_info infos[BACKTEST_TAPES_MAX];
    // Which listing beside the data is theirs (lab/listing.h); "": none. It lies beside what is
    // altered.
    char beside[BACKTEST_TAPES_MAX][PATH_MAX];
    struct alter_seen seen[BACKTEST_TAPES_MAX];
};

/* Words of a command line that name altered files: SYMBOL=FILE; [0] the first run's, [1] the
 * other's. */
struct words {
    char all[2][BACKTEST_TAPES_MAX][PATH_MAX + RECORDING_SYMBOL];
    const char *at[2][BACKTEST_TAPES_MAX];
};

/* lookahead_play.c */
/* One run of the backtest; what it decided and won stands in *outcome, which workers share. */
int lookahead_play(struct judge *judge, const struct backtest_config *config,
                   struct outcome *outcome, struct error *err);

/* lookahead_fair.c */
int lookahead_fair(struct judge *judge, uint8_t kind, struct lookahead_part *part,
                   struct error *err);

/* lookahead.c */
int lookahead_make_dir(struct judge *judge, char *dir, size_t room, struct error *err);
int lookahead_name_file(struct words *words, int which, uint32_t i, const char *symbol,
                        const char *dir, const char *name, const char *beside, const char **path,
                        struct error *err);
#endif
