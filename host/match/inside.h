// SPDX-License-Identifier: Apache-2.0
/* inside: what a bar does to the orders of one owner on one instrument, as far as it can be known.
 *
 * A bar says where prices began, ended, and how far they went, and not in which order: it is walked
 * by a path, open-high-low-close or open-low-high-close, and which of them is assumed is the
 * caller's choice (inside_pick). Along a path prices move in straight lines, and nothing trades
 * between its points but at them. A pure function of its arguments: match/bar.c asks it what
 * happens and books that.
 *
 * Beside the orders the owner's host may act along the path (struct inside_host): at one price it
 * comes before them, and what it wants trades at market, at the price where it wants it and
 * slippage. inside_walk asks an image of it what it would do; who books what really happens goes
 * the same steps with inside_next and inside_act. [any] */
#ifndef MATCH_INSIDE_H
#define MATCH_INSIDE_H

#include "base/num.h"
#include "match/match.h"

struct inside_bar {
    agon_px_t open, high, low, close;
    agon_qty_t volume_qty;
};
struct inside_order {
    uint8_t side, type;   /* AGON_BUY, AGON_SELL; AGON_LIMIT, or what it was that waits */
    uint8_t is_waiting;   /* a stop whose trigger has not been reached */
    uint8_t waits_a_rise; /* ... it acts at or above trigger_px, else at or below */
    uint8_t is_reduce_only, is_post_only;
    uint8_t is_touched, is_gone; /* inside's own */
    agon_px_t px;                /* of a limit; STOP: worst price to take, 0: any */
    agon_px_t trigger_px;
    agon_qty_t rest_qty;
};
enum inside_act_kind {
    INSIDE_TRIGGER = 1, /* a stop's price was reached */
    INSIDE_REST = 2,    /* a stop-limit that could not trade there rests */
    INSIDE_FILL = 3,
    INSIDE_END = 4 /* reason */
};
struct inside_act { /* in path order */
    uint32_t at;    /* place of the order */
    uint8_t kind, is_maker, reason, pad;
    agon_px_t px;
    agon_qty_t qty;
};
#define INSIDE_ACTS  6   /* at most, of one order */
#define INSIDE_TURNS 256 /* of a host on one line that always finds something more to do */
struct inside_path;
struct inside_host { /* the host that acts for the owner along the path, or an image of it */
    void *ctx;
    /* Prices are at px: the open, an end of a straight line, where next said, and where an order is
     * about to act. It may cancel orders and close. */
    void (*at)(void *ctx, struct inside_path *path, agon_px_t px);
    /* On the way from a to b, where it acts next; 0: nowhere. at is called for it. */
    agon_px_t (*next)(void *ctx, agon_px_t a, agon_px_t b);
    /* An order has filled, with prices at now_px. It may act. */
    void (*filled)(void *ctx, struct inside_path *path, uint8_t side, agon_px_t px, agon_qty_t qty,
                   agon_px_t now_px, int is_maker);
    /* The path is over, at the close. It may act. */
    void (*over)(void *ctx, struct inside_path *path, agon_px_t px);
};
struct inside_terms {
    agon_px_t tick_px;
    agon_qty_t lot_qty;
    agon_qty_t position_qty; /* what reduce-only orders go by */
    int32_t maker_ppb, taker_ppb;
    uint32_t touch_ppm, volume_ppm, slippage_ppm; /* struct match_bars */
    uint8_t is_inverse, pad[3];
    /* What qty is worth at px, in money. */
    agon_amt_t (*worth)(void *ctx, agon_px_t px, agon_qty_t qty);
    void *ctx;
    const struct inside_host *host; /* NULL: there is none */
};

/* Walks the bar by open-high-low-close (is_low_first: open-low-high-close). orders stand in the
 * order in which they came, which decides where two act at once; they are changed. acts has room
 * for INSIDE_ACTS of each. *gain: what the fills add to the owner's equity at the close, fees
 * included. Returns how many acts there are. */
uint32_t inside_walk(struct inside_order *orders, uint32_t n, const struct inside_bar *bar,
                     int is_low_first, const struct inside_terms *terms, struct inside_act *acts,
                     num128_t *gain);
/* One owner's way along a path. */
struct inside_path {
    struct inside_order *orders;
    uint32_t n, n_acts;
    const struct inside_bar *bar;
    const struct inside_terms *terms;
    struct inside_act *acts;
    agon_qty_t position_qty;
    agon_qty_t left_qty; /* of the bar's volume, what limits may still fill */
    num128_t gain;
};
/* What limits of an owner may fill of a bar. */
agon_qty_t inside_volume_qty(const struct inside_bar *bar, const struct inside_terms *terms);
/* Step by step: where on the way from a to b an order acts next, and which; 0: none does. */
agon_px_t inside_next(const struct inside_path *path, agon_px_t a, agon_px_t b, uint32_t *at);
/* It does, with prices at now_px on their way to b. */
void inside_act(struct inside_path *path, uint32_t at, agon_px_t now_px, agon_px_t b);
/* For inside_host: ends an order. */
void inside_cancel(struct inside_path *path, uint32_t at);
/* ... trades at market with prices at px. Returns the price that it gets. */
agon_px_t inside_take(struct inside_path *path, uint8_t side, agon_px_t px, agon_qty_t qty);
/* px less slippage of what a market order gets there. */
agon_px_t inside_slipped(const struct inside_terms *terms, uint8_t side, agon_px_t px);
/* The four prices of a path. */
void inside_points(const struct inside_bar *bar, int is_low_first, agon_px_t points[4]);

/* Is the low first? gains: of open-high-low-close and of open-low-high-close. The draw of
 * MATCH_PATH_RANDOM goes by seed, instrument and the time of the open, and by nothing of the bar.
 */
int inside_pick(enum match_path path, uint64_t seed, agon_instrument_t instrument, agon_ns_t t_open,
                const num128_t gains[2]);

#endif
