// SPDX-License-Identifier: Apache-2.0
/* bare: a simulated venue without the bytes of its dialect: the functions that its requests come to
 * once their text was read, and what it then does, as it is and not as it is written. Filters,
 * counts of orders, matching, records and views of the past are those of the requests; keys,
 * signatures, windows of time, weights and connections are what is left out. What it refuses it
 * refuses by the venue's own status, code and text. Spot alone.
 *
 * Prices and quantities are counts of 10^-8 (PIT_EXP), assets and symbols are the pit's. A member
 * is the place of an account in the list of members. [sim's thread] */
#ifndef SIM_BARE_H
#define SIM_BARE_H

#include "match/match.h"
#include "sim/dialect.h"

#define BARE_CLIENT_TEXT 40
#define BARE_REASON_TEXT 120

struct bare_wish { /* a new order */
    uint32_t sym;
    uint8_t side, type, tif, is_post_only; /* type: enum agon_order_type; tif: GTC, IOC, FOK */
    agon_px_t px, stop_px;
    agon_qty_t qty;
    char client[BARE_CLIENT_TEXT];
};
struct bare_order {
    uint64_t id;
    uint32_t sym;
    uint8_t side, state,
        is_stp; /* state: enum agon_order_state; is_stp: it would have met an own */
    agon_px_t px;
    agon_qty_t qty, filled_qty;
    agon_ns_t t_create, t_update;
    char client[BARE_CLIENT_TEXT];
};
struct bare_fill {
    uint64_t id, order_id;
    uint32_t sym;
    uint8_t side, is_maker;
    agon_asset_t fee_asset;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt;
    agon_ns_t t;
};
struct bare_effect { /* something happened to an order */
    uint8_t kind;    /* enum match_event_kind */
    struct bare_order order;
    struct bare_fill fill; /* of MATCH_TRADE */
};
struct bare_verdict { /* status 200: it was done */
    int status, code;
    char text[BARE_REASON_TEXT];
};
struct bare_replaced {
    uint8_t is_cancelled, is_placed;
    struct bare_verdict cancel, place; /* of the halves; status 0: it was not tried */
    struct bare_order cancelled, placed;
};

/* Time passes: the market moves up to there. Each call below is at the time reached. */
void bare_advance(struct sim *sim, const struct sim_time *now);
/* A market event by hand, at the time reached. */
int bare_market(struct sim *sim, const struct agon_event_hdr *event);
/* The fills that it had at once are the newest of bare_fills. */
void bare_new(struct sim *sim, uint32_t member, const struct bare_wish *intent,
              struct bare_order *placed, struct bare_verdict *verdict);
void bare_cancel(struct sim *sim, uint32_t member, uint32_t sym, const char *client,
                 struct bare_order *cancelled, struct bare_verdict *verdict);
/* Cancels the old one, where nothing of it was filled, and places the new one if that was done. */
void bare_replace(struct sim *sim, uint32_t member, const char *old_client,
                  const struct bare_wish *intent, struct bare_replaced *replaced,
                  struct bare_verdict *verdict);
/* In its place, as a derivatives market does it: it keeps number, name and what was filled. Lowered
 * to that it ends, and so does a post-only one that would take. */
void bare_modify(struct sim *sim, uint32_t member, uint32_t sym, const char *client, agon_px_t px,
                 agon_qty_t qty, struct bare_order *modified, struct bare_verdict *verdict);
/* What follows is read as it was at t_view; 0: as it is. A venue that shall look back was opened
 * with faults that have a lag as long. */
/* By its number where that is not 0, else by its client id. */
void bare_query(struct sim *sim, uint32_t member, uint32_t sym, uint64_t id, const char *client,
                agon_ns_t t_view, struct bare_order *order, struct bare_verdict *verdict);
/* Open orders; how many there are, of which those that there is room for are told. */
uint32_t bare_open(struct sim *sim, uint32_t member, agon_ns_t t_view, struct bare_order *orders,
                   uint32_t room);
/* Fills of number from and later, of one order where that is not 0, oldest first. */
uint32_t bare_fills(struct sim *sim, uint32_t member, uint32_t sym, uint64_t order_id,
                    uint64_t from, agon_ns_t t_view, struct bare_fill *fills, uint32_t room);
void bare_balance(struct sim *sim, uint32_t member, agon_asset_t asset, agon_ns_t t_view,
                  agon_amt_t *free_amt, agon_amt_t *locked_amt);

#endif
