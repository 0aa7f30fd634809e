// SPDX-License-Identifier: Apache-2.0
/* backtest: agents over recorded or generated events, through the engine that trades live.
 *
 * The same decoder, books, matching, risk, ledger and plugin binaries; only the driver differs
 * (engine/lockstep.h). The result names what went in and carries a hash over all intents, so that
 * two runs can be compared without looking at them. Plugins are mapped into this process, and close
 * is called before any of their code runs: call it in a worker (agent/worker.h). [one thread] */
#ifndef LAB_BACKTEST_H
#define LAB_BACKTEST_H

#include <stdio.h>

#include "agent/worker.h"
#include "base/disk.h"
#include "engine/lockstep.h"
#include "lab/listing.h"
#include "lab/tape.h"
#include "market/start_market.h"
#include "match/gen.h"
#include "match/latency.h"
#include "match/match.h"
#include "roster/roster.h"
#include "score/plan.h"
#include "synth/synth.h"
#include "venue/windows.h"

#define BACKTEST_TAPES_MAX 32
#define BACKTEST_VENUE     1 /* the number that instruments of files have */
#define BACKTEST_VENUE_UM  2 /* that generated perpetuals have: spot has their names too */
/* What a venue is called that the name of no file says. */
#define BACKTEST_VENUE_NAME "binance"
#define BACKTEST_SAMPLE_NS  ((agon_ns_t)60 * 1000000000)

struct backtest_config {
    const char *const *paths; /* recorded files, as [SYMBOL=]FILE */
    uint32_t n_paths;
    const char *const *fundings; /* recorded funding rates, as [SYMBOL=]FILE: a linear perpetual */
    uint32_t n_fundings;
    const char *const *listings; /* files that say what may be ordered; see lab/listing.h */
    uint32_t n_listings;
    uint64_t seed;              /* with no paths: the generator's */
    agon_ns_t gen_length_ns;    /* how long a generated market lasts */
    const struct synth *market; /* what it is like; NULL: four majors (gen_defaults) */
    const char *market_name;    /* of it, as it was named; NULL: nobody named it */
    /* Rows before t_from are not played, but their bars are history (lab/clip.h); it ends at t_end.
     * 0: the data's own. */
    agon_ns_t t_from, t_end;
    int is_lenient;
    struct match_bars bars; /* what is assumed of bars; its spread of trades too */
    /* has_: of every instrument, instead of what its listing or the venue says. */
    int32_t maker_fee_ppb, taker_fee_ppb;
    uint8_t has_maker_fee, has_taker_fee;
    struct latency latency; /* of data, orders and reports; constants are one of its kinds */
    /* For the size of an order, as [SYMBOL=]KIND:COEFFICIENT:VOLATILITY:VOLUME (lab/models.h). */
    const char *const *impacts;
    uint32_t n_impacts;
    uint32_t cancel_ahead_ppm; /* of the queue model; see match.h */
    uint64_t mark_every;
    const struct values *values; /* what other assets are worth in it, and decimals; may be NULL */
    const char *base_currency;   /* NULL: the quote of the first instrument */
    const struct disk *journal;  /* keep a journal there, which is empty; NULL: none */
    const char *journal_name;    /* of that directory, for messages */
    int is_journal_whole; /* it holds the events of tapes too, instead of naming them by hash */
    int has_rows;         /* the result has each fill, and equity by the minute */
    /* All that is read is open, all plugins are mapped, nothing of theirs has run: from here on
     * nothing is opened. threads read the data meanwhile (read_ahead.h): for worker_close, or begun
     * here, or never. NULL: nothing is closed. */
    int (*close)(void *ctx, const struct worker_threads *threads, struct error *err);
    struct called called; /* crew.h: whose code is called */
    int is_not_ahead;     /* none of these hears of anything ahead (engine/look.h) */
    int has_processes;    /* some slots run as processes: the bus lies in memory that they share */
    const char *gpu_program; /* NULL: agon-gpu beside this program */
    struct crew_slot *slots; /* plugin, params, capital and limits; instruments are set here: all of
                                them where the record names none */
    uint32_t n_slots;
    struct tournament_rules tournament; /* mode 0: none is held */
    struct portfolio_limits portfolio;  /* of all slots together; all 0: none */
    uint64_t files_max;                 /* of all agents, bytes; 0: no limit */
    struct roster_cards cards;          /* on which agents' jobs run (agon.gpu); may be zero */
    /* A line for a person: a card that is waited for, or has hung. May be called in another
     * process. NULL: nobody reads it. */
    void (*say)(const char *line);
    /* A line of a plugin; may be NULL. */
    void (*log)(void *ctx, uint16_t slot, uint32_t level, agon_ns_t t, const char *text);
    /* Each event behind its step, which gave rc, for whoever compares runs or tells of them; may be
     * NULL. */
    void (*event)(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc);
    /* Each full minute of equity, behind what the result keeps of it; may be NULL. */
    void (*sample)(void *ctx, struct engine *engine, agon_ns_t t);
    /* Answers in the place of plugins' models (agent/crew.h): how a policy learns. May be NULL. */
    int (*answer)(void *ctx, uint16_t slot, uint32_t model, const float *x, uint32_t n_x, float *y,
                  uint32_t n_y);
    /* A seam of tests: it may put sources of its own before those of the data. May be NULL. */
    void (*feed)(void *feed_ctx, struct lockstep_source *sources, uint32_t n);
    void *feed_ctx;
    void *ctx;
};

struct backtest_fill {
    agon_ns_t t, t_venue;
    uint64_t order_id;
    uint16_t slot;
    uint8_t side, liquidity;
    agon_instrument_t instrument;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt;
    agon_asset_t fee_asset;
    uint64_t seq;
    agon_amt_t result_amt; /* of what it closed, fees of the quote taken off; base currency */
    uint16_t why;          /* enum exit_reason, of what it closed */
    uint16_t tag;          /* agon_intent.reason of its order */
};
/* Equity is sampled at full minutes of engine time. From that sample on t and t_venue, the newest
 * stamp of the market's events, are a minute later each. A run of three years of bars has 1.6
 * million samples, and few of these. */
struct backtest_stretch {
    uint64_t sample;
    agon_ns_t t, t_venue;
};
/* From that sample on each has the equity of so many slots, and the first of them stands there in
 * the list of all. */
struct backtest_width {
    uint64_t sample, at;
    uint16_t n_slots;
};
/* The rate windows that orders at one venue are held to, in market time. */
struct backtest_windows {
    uint8_t kind;     /* enum agon_instrument_kind of its instruments */
    uint8_t is_named; /* the data name it; else it stands for all of that kind */
    struct venue_windows windows;
    char source[512]; /* the list that they are from; "": what the venue publishes */
};
struct backtest_tape {
    char path[512];
    uint8_t kind;
    struct received
        received; /* where its rows say when they were received: agents heard them then */
    struct tape_report report;
};
/* What a slot's capital was taken for, as its line of the plan says: a failed gate, or the first of
 * its names; a fault since the last tournament; a t-value at or below minus the rules' evidence. */
#define BACKTEST_TAKEN(X)                                                                          \
    X(GATE, "gate") X(FAULT, "fault") X(EVIDENCE, "evidence") X(OTHER, "other")
#define BACKTEST_TAKEN_ID(id, name) TAKEN_##id,
enum backtest_taken { BACKTEST_TAKEN(BACKTEST_TAKEN_ID) TAKEN_N };
#undef BACKTEST_TAKEN_ID
/* What tournaments moved of a slot's capital, as the plans say, beside what its plugin did. */
struct backtest_moved {
    agon_amt_t given_amt, taken_amt;
    agon_amt_t given_faulty_amt; /* of what was given: after its first fault */
    agon_amt_t taken_for_amt[TAKEN_N];
    agon_amt_t taken_ahead_amt;    /* of what was taken: while it had lost nothing by itself */
    uint64_t gates;                /* failed when something was taken, a bit each */
    double given_most, taken_most; /* by one tournament, as shares of its equity */
    uint32_t n_faults;             /* CRASH events */
};
/* What their allocator decided; n 0: there are none. */
struct backtest_cards {
    uint32_t n;
    uint64_t n_granted, n_queued, n_evicted, n_jobs, n_chunks, n_preempted;
};
struct backtest {
    struct engine *engine;                         /* owned; to be looked at */
    struct backtest_jobs *jobs;                    /* owned; NULL: there are no cards */
    struct crew *crew;                             /* owned */
    struct process_bus bus;                        /* owned */
    struct setup_venue venues[BACKTEST_TAPES_MAX]; /* as agents may call them; crew borrows them */
    struct start_market market; /* that was generated; empty: data were recorded */
    uint64_t seed;              /* of it */
    uint32_t n_tapes;
    struct backtest_tape tapes[BACKTEST_TAPES_MAX];
    uint32_t n_listed;                        /* instruments, and where their filters are from */
    struct listed listed[BACKTEST_TAPES_MAX]; /* fees as they were paid */
    uint8_t has_maker_fee, has_taker_fee;     /* as configured */
    uint8_t is_fee_lower;                     /* ... and below what a listing or the venue says */
    uint8_t is_unfunded; /* a perpetual is among them, and no file tells its funding */
    uint64_t n_events, n_market, n_intents;
    struct match_bars bars; /* as configured */
    uint32_t n_windows;
    struct backtest_windows windows[BACKTEST_TAPES_MAX];
    uint8_t windows_of[BACKTEST_TAPES_MAX + 1]; /* by instrument: which of them */
    struct backtest_cards cards;
    uint64_t n_rate_waited, n_rate_refused; /* requests, by those windows */
    uint32_t n_history;                     /* bars from before t_from that agents were given */
    agon_ns_t t_first, t_last;
    struct latency latency;      /* as configured */
    agon_ns_t order_ns, data_ns; /* median latency of orders and reports, and of market data where
                                    no recording tells it */
    unsigned char
        intents[HASH_SIZE]; /* over (slot, cause_seq, n, fields) of every intent, in order */
    unsigned char state[HASH_SIZE]; /* of the engine at the end */
    uint64_t n_fills;
    struct backtest_fill *fills;        /* owned; has_rows: all of them */
    struct backtest_stretch *stretches; /* owned; has_rows: in order of time, the samples */
    uint64_t n_stretches, n_samples;
    agon_amt_t *equity_amt; /* owned; of each sample its slots' */
    uint64_t n_equity;
    struct backtest_width *widths; /* owned; in order of time */
    uint32_t n_widths;
    union plan_event *plan; /* owned; of the last tournament, where n_plans is not 0 */
    uint32_t n_plans;
    struct backtest_moved moved[SLOTS_MAX];
    uint64_t n_ahead; /* events that slots in processes heard of ahead, times slots */
    uint16_t n_failed;
    uint16_t failed[SLOTS_MAX];
    char failure[SLOTS_MAX][256];
    int64_t wall_ns; /* the run itself, for events per second */
};

static inline agon_amt_t backtest_equity(const struct backtest *of, uint64_t sample, uint16_t slot)
{
    const struct backtest_width *width = &of->widths[of->n_widths - 1];

    while (width->sample > sample)
        width--;
    return slot < width->n_slots
               ? of->equity_amt[width->at + (sample - width->sample) * width->n_slots + slot]
               : 0;
}

/* The market that it generates, as a START says it; empty: it has data, or nobody named it. */
void backtest_market_say(const struct backtest_config *config, struct start_market *market);
/* What a generated market has at a place; false: no more. info tells symbol and, of a perpetual,
 * whose it is. */
int backtest_generated(const struct backtest_config *config, uint32_t place,
                       struct tape_info *info);
/* What the data are of, as a roster spells it, at the numbers that the run will give them. Looks at
 * the files' names only. AGON_EINVAL: a name without a symbol; AGON_ERANGE: too many files. */
int backtest_names(const struct backtest_config *config, struct roster_names *names,
                   struct error *err);
/* What agents may call the venue of its instruments (agon.instrument): the names of all that the
 * files are of, each once, all of the number BACKTEST_VENUE. Returns how many; there is one at
 * least. Of n_paths up to BACKTEST_TAPES_MAX. */
uint32_t backtest_venues(const struct backtest_config *config,
                         struct setup_venue venues[BACKTEST_TAPES_MAX]);
/* AGON_EINVAL, AGON_ENOENT, AGON_ECORRUPT (bad data, in err the place), AGON_ENOMEM. What was
 * reached is in result also on failure; backtest_free takes either. */
int backtest_run(const struct backtest_config *config, struct backtest *result, struct error *err);
void backtest_free(struct backtest *result);
int backtest_tape_has_book(const struct backtest_tape *tape);
/* Whether any of the data brought a book to trade on. */
int backtest_has_book(const struct backtest *result);

#endif
