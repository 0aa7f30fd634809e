// SPDX-License-Identifier: Apache-2.0
/* trail: what a run leaves that neither engine nor ledger keep: prices as candles with what agents
 * traded in them, trades from the first fill of a position to its last, the course of the whole
 * against holding what was traded, its drawdowns, hourly and daily returns, how much was at risk,
 * and trades by instrument and exit reason. Fed with each event behind its step, of a run that
 * happens or of a replay; memory is bounded: candles and points are merged when there are too many.
 * [one thread] */
#ifndef REPORT_TRAIL_H
#define REPORT_TRAIL_H

#include "engine/engine.h"
#include "score/groups.h"

#define TRAIL_POINTS  1200
#define TRAIL_CANDLES 300  /* of an instrument; when they are full, some become one */
#define TRAIL_TRADES  1000 /* of all agents: the newest */
#define TRAIL_FALLS   5    /* drawdowns: the deepest */
#define TRAIL_PRICES  32   /* instruments, and ... */
#define TRAIL_PAIRS                                                                                \
    128 /* ... agents on them, that are followed; further ones are counted alone                   \
         */

struct trail_candle { /* prices in the instrument's quote; t: its beginning */
    agon_ns_t t;
    double open, high, low, close;
};
struct trail_price {
    agon_instrument_t instrument;
    struct trail_candle candles[TRAIL_CANDLES];
    uint32_t n;
    agon_ns_t width_ns;
    double first, last;         /* since the run began */
    uint8_t has_trades;         /* else quotes are its prices */
    float points[TRAIL_POINTS]; /* its price at each point of the trail; 0: none yet */
};
struct trail_fills {   /* of one side in one candle */
    double qty, value; /* in coins or contracts; price x qty */
    uint32_t n;
};
struct trail_pair {                             /* an agent on an instrument */
    uint16_t slot;                              /* SLOTS_MAX: of who has left */
    uint8_t price;                              /* which of the prices */
    struct trail_fills fills[TRAIL_CANDLES][2]; /* by the price's candles; bought, sold */
    struct trade_open open;                     /* the position that is open */
};
struct trail_slot {    /* of who has the place now */
    agon_ns_t t_begin; /* when the one before had left; 0: there was none */
    uint64_t n_trades, n_won;
    uint64_t n_timed;         /* of these, those whose first fill is known */
    double held_s;            /* sum over those */
    uint32_t held[8];         /* how many lasted up to trail_held_s[i]; the last one: longer */
    uint64_t n_looks, n_held; /* full minutes in which it had equity; ... and held something */
    double exposed;           /* sum over those looks of positions by equity */
    double volume;            /* base currency */
    double won, lost;         /* sums of its trades */
};
struct trail_fall {                  /* a drawdown of the whole */
    agon_ns_t t_high, t_low, t_back; /* t_back 0: not made good */
    double depth;                    /* share of the high */
};
struct trail_point {
    agon_ns_t t;
    double index;  /* 1 at the start: what a unit of capital became */
    double equity; /* of all, with the pools; base currency */
    float held[2]; /* positions by that equity: long, short */
};
struct trail_day {     /* that anything was seen of, as it stood at its end */
    agon_ns_t t;       /* 00:00 UTC */
    double index, won; /* as in the trail */
};
struct trail {
    agon_ns_t t_first, t_last, next_point_ns, every_ns, next_hour_ns;
    struct trail_point points[TRAIL_POINTS];
    uint32_t n_points;
    struct trail_price *prices[TRAIL_PRICES]; /* owned */
    struct trail_pair *pairs[TRAIL_PAIRS];    /* owned */
    uint32_t n_prices, n_pairs, n_lost;       /* lost: fills that nobody follows */
    struct trade_closed trades[TRAIL_TRADES]; /* number n at n % TRAIL_TRADES */
    uint64_t n_trades;
    struct trade_groups groups; /* of all trades, also of who has left */
    struct trail_slot slots[SLOTS_MAX];
    int is_begun;
    agon_ns_t t_run;    /* when the run began whose events these are; 0: not known yet */
    struct trail_seen { /* of each slot's score: what of it is in the above */
        uint64_t n_fills;
        int64_t volume_amt;
    } seen[SLOTS_MAX];
    /* The whole: what it is, and the fall that is under way. */
    double equity, capital, index, high, hour_index;
    double won;                                 /* result since the start; base currency */
    double left_equity, left_capital;           /* of who had left by then */
    struct trail_fall fall, falls[TRAIL_FALLS]; /* deepest first */
    uint32_t n_falls;
    double *hours; /* owned; returns of full hours, n_hours of them */
    uint64_t n_hours, room_hours;
    struct trail_day *days; /* owned; oldest first */
    agon_ns_t day_end_ns;   /* of the last of them, until it is over */
    uint64_t n_days, room_days;
};

extern const uint32_t trail_held_s[7]; /* 10 s, 1 min, 10 min, 1 h, 6 h, 1 day, 7 days */

struct trail *trail_new(void); /* NULL: no memory */
void trail_free(struct trail *trail);
/* AGON_ENOMEM. */
int trail_event(struct trail *trail, struct engine *engine, const struct agon_event_hdr *event);
/* The engine's sample of a full minute: where drawdowns, returns and what is held are looked at, so
 * that they are those of the figures. AGON_ENOMEM. */
int trail_sample(struct trail *trail, struct engine *engine, agon_ns_t t);
/* The last look, at the end. AGON_ENOMEM. */
int trail_end(struct trail *trail, struct engine *engine);

/* Buying in equal parts what agents traded, at the first price of each, and holding it without
 * costs: what a unit of capital was then worth at a point; 1 where nothing was traded. */
double trail_hold(const struct trail *trail, uint32_t point);
/* The k-th trade, newest first; NULL: no more are kept. */
const struct trade_closed *trail_trade(const struct trail *trail, uint64_t k);
/* Of a slot: mean of positions by equity, share of the time in which it held something, mean time
 * that a trade lasted (s), how often its capital was traded in a day. */
double trail_exposure(const struct trail *trail, uint16_t slot);
double trail_time_held(const struct trail *trail, uint16_t slot);
double trail_mean_s(const struct trail *trail, uint16_t slot);
double trail_turnover(const struct trail *trail, uint16_t slot, double capital);

#endif
