// SPDX-License-Identifier: Apache-2.0
/* past: what operators see of before, in tables of fixed size: equity and fills of each agent,
 * candles of each instrument, plans of capital, halts and their end. A host fills them from its
 * journal while it rebuilds its state; whoever looks at it (ops/api_history) takes them over and
 * goes on. No locks, no clock. */
#ifndef RUN_PAST_H
#define RUN_PAST_H

#include "run/host.h"
#include "score/groups.h"

#define CANDLE_LENGTHS 3
#define CANDLES        240 /* of each length */
#define CANDLE_INSTRUMENTS                                                                         \
    HOST_VIEW_TRADED     /* the first ones; there are no candles of further ones */
#define CLOSINGS      64 /* of each agent: the newest fills that closed something */
#define PLANS         96
#define ENDED         128 /* of each agent: the newest orders that ended */
#define TRADES_CLOSED 128 /* of each agent: the newest */
#define PAST_POINTS   512 /* of equity, of each agent; when they are full every second one goes */
#define PAST_POINT_NS ((agon_ns_t)250 * 1000000) /* between two of them, at first */
#define PAST_HALTS    64                         /* the newest, with those that were lifted */
/* A start rebuilds from the newest snapshot that so many events lie behind. Where there is none, it
 * reads all of a journal that is no longer than that and one stretch between snapshots, and
 * else begins with the oldest one. So much of the past is sure to be seen by it, where stretches
 * are half as long at least. */
#define PAST_EVENTS ((uint64_t)100000)

struct past_candle { /* of the mark price */
    agon_ns_t t;     /* when it begins */
    agon_px_t open_px, high_px, low_px, close_px;
    agon_qty_t volume_qty; /* of trades, or of bars; with has_volume */
    uint8_t has_volume;
};
struct past_candles {
    struct past_candle all[CANDLE_LENGTHS][CANDLES]; /* number n at place n % CANDLES */
    uint32_t n[CANDLE_LENGTHS];
    uint32_t bar_s[CANDLE_LENGTHS]; /* the bars that their volume is of; 0: of trades, or of none */
    agon_ns_t bar_t[CANDLE_LENGTHS]; /* when the last of those began */
    uint8_t has_trades;
};
struct past_order {
    struct host_view_ended of;
    num128_t sum;       /* price x quantity of its fills that were seen, ... */
    agon_qty_t sum_qty; /* ... which come to that */
    agon_amt_t fee_amt; /* with has_fee; in fee_name */
    int8_t fee_exp;
    uint8_t has_fee; /* all of its fees are in one asset */
    char fee_name[16];
};
struct past_ended { /* of an agent */
    char name[SLOT_NAME];
    struct past_order all[ENDED]; /* number n at place n % ENDED */
    uint64_t n;
};
struct past_trades { /* of an agent */
    char name[SLOT_NAME];
    struct trade_closed all[TRADES_CLOSED]; /* number n at place n % TRADES_CLOSED */
    uint64_t n;
    struct trade_groups groups; /* all of them, those too that are not kept one by one */
    struct past_open {
        agon_instrument_t instrument; /* 0: a free place */
        struct trade_open open;
    } open[LEDGER_POSITIONS];
};
struct past_fills { /* of an agent, whoever else trades more */
    char name[SLOT_NAME];
    struct host_view_fill all[HOST_VIEW_FILLS]; /* number n at place n % HOST_VIEW_FILLS */
    struct host_view_fill closing[CLOSINGS];    /* likewise */
    uint64_t n, n_closing;
};
struct past_point {
    agon_ns_t t;
    agon_amt_t equity_amt, capital_amt;
};
struct past_points { /* of an agent, or of all */
    char name[SLOT_NAME];
    struct past_point all[PAST_POINTS]; /* oldest first */
    uint32_t n;
};
/* What the state that was loaded knows of an agent: the samples of its window, newest first, each
 * every_s before the one before it. The last is what the oldest sample began with, or what there
 * was, where there is no sample. */
struct past_samples {
    char name[SLOT_NAME];
    uint32_t n, every_s;
    agon_ns_t t; /* of the newest */
    agon_amt_t equity_amt[WINDOW_MAX + 1], capital_amt[WINDOW_MAX + 1];
};
struct past_halt {
    struct host_view_halt of;
    agon_ns_t t; /* when it was set, or lifted */
    uint8_t is_lifted;
};
#define PAST_ALL SLOTS_MAX /* the place behind the agents': all of them, with the pools */
struct past {
    struct past_points *points[SLOTS_MAX + 1]; /* owned, each; NULL: there are none */
    struct past_samples *samples[SLOTS_MAX];   /* likewise; from before what is read */
    agon_amt_t left_amt;                       /* result of who had left before what is read */
    agon_ns_t every_ns, next_ns, t_point;      /* between points; of the next; of the newest */
    uint8_t was_there[SLOTS_MAX + 1];          /* before what is read, and has no point yet */
    agon_ns_t t_first;                         /* when what is read begins; 0: nothing is */
    struct past_halt halts[PAST_HALTS];        /* number n at place n % PAST_HALTS */
    uint64_t n_halts;
    struct host_view_halt before[HOST_VIEW_HALTS]; /* in force before this event, */
    uint32_t n_before, causes;                     /* and of everything: a bit for each */
    struct past_fills *fills[SLOTS_MAX];           /* owned, each; NULL: it has none */
    struct past_ended *ended[SLOTS_MAX];
    struct past_trades *trades[SLOTS_MAX];
    uint64_t n_fills, n_ended; /* of the view, that are in it */
    struct past_candles candles[CANDLE_INSTRUMENTS];
    agon_ns_t minute;              /* of the last price */
    union plan_event plans[PLANS]; /* number n at place n % PLANS */
    union plan_event read;         /* as far as its records came */
    uint32_t n_plans;
};

extern const int64_t past_lengths_s[CANDLE_LENGTHS]; /* of candles, in seconds */

/* Every second point goes. The last of each day (UTC) stays, so that what a day brought is the same
 * before and after; where days alone take more than a quarter of the places they go too. Returns
 * how many stay. [any] */
uint32_t past_thin(struct past_point *points, uint32_t n);
struct past *past_new(void);       /* NULL: no memory */
void past_free(struct past *past); /* NULL is fine */
/* A price that was seen at t. [any, one at a time] */
void past_keep_price(struct past_candles *candles, agon_ns_t t, agon_px_t px);
/* *of becomes its table with the first fill; another name begins it anew. Without memory nothing is
 * kept. [any, one at a time] */
void past_keep_fill(struct past_fills **of, const char *name, const struct host_view_fill *fill);
/* fills: the agent's, that are kept already; may be NULL. */
void past_keep_ended(struct past_ended **of, const char *name, const struct host_view_ended *ended,
                     const struct past_fills *fills);
/* Behind past_keep_fill. */
void past_keep_trade(struct past_trades **of, const char *name, const struct host_view_fill *fill);
/* Of an instrument; NULL: no fill of it was seen, nor a position that was there. */
const struct trade_open *past_open_of(const struct past_trades *trades,
                                      agon_instrument_t instrument);
/* Whose they were has left. [any, one at a time] */
void past_forget(struct past_fills **fills, struct past_ended **ended, struct past_trades **trades);
/* Traded at t, by trades (length_s 0) or in a bar that began then. Trades go before bars, short
 * bars before long ones. */
void past_keep_volume(struct past_candles *candles, agon_ns_t t, agon_qty_t qty, uint32_t length_s);
/* Is that halt among them? [any] */
int past_has_halt(const struct host_view_halt *all, uint32_t n, const struct host_view_halt *it);
/* What the start saw in the journal; the caller's from now on. NULL: nothing, or it was taken.
 * Once, before anybody looks. [control] */
struct past *host_take_past(struct host *host);

#endif
