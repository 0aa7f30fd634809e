// SPDX-License-Identifier: MIT
/* leg: one instrument, one position, one order at a time. What a strategy that says "be long", "be
 * flat" needs between its rule and agon.orders: what is held and what it cost, whether an intent
 * makes sense now, and the market order from here to a target. Link libagon-ta.a (pkg-config
 * agon-sdk).
 *
 * A leg is a plain struct of fixed widths without pointers and padding: it stands as it is in the
 * state that a plugin saves. Life: agon_leg_start in on_start, agon_leg_update with every ORDER,
 * FILL, HALT, CAPITAL and STATUS, agon_leg_go when the rule wants something. Several legs of a
 * plugin have an instrument each, and their client_refs never meet.
 *
 * It rests 45 s after a refusal, for asking again at once would be refused again; the next bar of a
 * minute is behind that, unless a refusal was heard more than 15 s behind its own bar. Orders on
 * its instrument that it did not send (another plugin's, before a reload) are cancelled first. Spot
 * holds no less than nothing: a target below 0 is 0 there. Inverse contracts are not traded.
 * [agent; one leg by one thread at a time] */
#ifndef AGON_LEG_H
#define AGON_LEG_H

#include "agon/agon.h"
#include "agon/ext/account.h"
#include "agon/ext/instrument.h"
#include "agon/ext/orders.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AGON_LEG_REST_NS ((agon_ns_t)45 * 1000000000)  /* after a refusal */
#define AGON_LEG_LOST_NS ((agon_ns_t)300 * 1000000000) /* an order nobody has heard of any more */

/* The services that legs use; not part of a state. */
struct agon_desk {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_instrument *instruments;
    uint32_t is_alone; /* 1: the plugin has no other leg, and counts its orders from 1 */
};
struct agon_leg {
    double entry_px;              /* mean price of what is held, in px units; 0: nothing is held */
    agon_qty_t held_qty;          /* as the ledger says; negative: short */
    uint64_t last_ref;            /* client_ref of the last order */
    uint64_t working_ref;         /* of the one under way; 0: none */
    agon_ns_t t_working, t_rest;  /* when it was sent; no new one before */
    agon_instrument_t instrument; /* 0: none yet */
    struct agon_gate gate;        /* of the instrument */
    uint32_t must_clear;          /* orders of others stand in the way */
};
AGON_SIZE_IS(agon_leg, 64);

/* What agon_leg_update saw. */
enum agon_leg_news {
    AGON_LEG_NOTHING = 0,
    AGON_LEG_FILL = 1,   /* held_qty has changed */
    AGON_LEG_DONE = 2,   /* the order under way has ended */
    AGON_LEG_REFUSED = 3 /* ... because it was refused */
};

/* Takes the services in create. AGON_ENOTSUP: one of them is not served. */
int agon_desk_init(struct agon_desk *desk, const struct agon_host *host);

/* Begins, or goes on, with that instrument: takes over its position, what that cost, and its
 * orders. Another instrument than before forgets what was known. AGON_ENOENT: no such instrument.
 */
int agon_leg_start(const struct agon_desk *desk, struct agon_leg *leg, agon_instrument_t id);

/* Any event; what does not concern the leg changes nothing. Returns an agon_leg_news. */
int agon_leg_update(const struct agon_desk *desk, struct agon_leg *leg,
                    const struct agon_event_hdr *event);

/* May the leg send an order at t? False without an instrument, while an order is under way, during
 * a halt, and while it rests. */
int agon_leg_is_free(const struct agon_desk *desk, struct agon_leg *leg, agon_ns_t t);

/* What is held in whole lots, signed; 0 when it is too little to be traded at that price. */
agon_qty_t agon_leg_held(const struct agon_desk *desk, const struct agon_leg *leg, double px);

/* The quantity, in whole lots, that so many per cent of the free money pay for at that price (of
 * the quote asset on spot, of the settlement asset on a contract, unlevered), at most what the
 * slot's limits allow. 0: too little for an order. */
agon_qty_t agon_leg_size(const struct agon_desk *desk, const struct agon_leg *leg, double per_cent,
                         double px);

/* A quantity of the instrument in whole units of the base asset (a contract's multiplier counted),
 * and the nearest multiple of the lot of so many units: how one leg is matched to another. */
double agon_leg_units(const struct agon_desk *desk, const struct agon_leg *leg, agon_qty_t qty);
agon_qty_t agon_leg_qty(const struct agon_desk *desk, const struct agon_leg *leg, double units);

/* Sends the market order that makes target_qty of what is held; px (about what it will trade at)
 * decides whether that is enough for the venue. 1: an order is under way. 0: nothing to do, the
 * rest is too small to be traded. AGON_EAGAIN: the leg is not free, or the ring is full: the intent
 * may come again. AGON_ENOTSUP: this kind of instrument is not traded. */
int agon_leg_go(const struct agon_desk *desk, struct agon_leg *leg, agon_qty_t target_qty,
                double px, uint16_t reason, agon_ns_t t);

/* AGON_OK or AGON_ECORRUPT: for load_state, where bytes may be anything. */
int agon_leg_check(const struct agon_leg *leg);

#ifdef __cplusplus
}
#endif

#endif
