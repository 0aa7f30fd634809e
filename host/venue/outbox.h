// SPDX-License-Identifier: Apache-2.0
/* outbox: what a gateway knows of our orders and of the one request each may have on its way.
 *
 * Written once for all venues. A dialect tells what it sent, what became of it and what the venue
 * shows; here that becomes REPORT records by the rules of the house: one outcome for each request;
 * an UNKNOWN one is asked about until proven, never sent again, never assumed; absence is proven by
 * two reads five seconds apart, the last of them later than the request's own expiry; a fill is
 * told once; a cancel's acknowledgement is no cancellation. Time is transport time, ns. [io] */
#ifndef VENUE_OUTBOX_H
#define VENUE_OUTBOX_H

#include "base/map.h"
#include "market/records.h"

#define OUTBOX_ABSENT_GAP_NS 5000000000ll /* between the two reads that prove absence */
#define OUTBOX_RECHECK_NS    1000000000ll
#define OUTBOX_FILLS_WAIT_NS 500000000ll /* the stream's fills may still be on their way */

enum outbox_outcome {
    OUTCOME_ACCEPTED = 1,
    OUTCOME_REJECTED = 2, /* the venue said no, nothing was done */
    OUTCOME_NOT_SENT = 3, /* no byte left */
    OUTCOME_UNKNOWN = 4
};
enum outbox_source { /* where a sight of an order comes from */
                     SEEN_STREAM = 1,
                     SEEN_REPLY = 2, /* answer to new, cancel or replace */
                     SEEN_QUERY = 3,
                     SEEN_LIST = 4 /* open orders */
};

struct outbox_entry {
    uint64_t order_id, venue_order;
    agon_instrument_t instrument;
    agon_account_t account;
    uint8_t is_used, side, type, tif;
    uint32_t flags;
    uint8_t rev;                         /* of the wire order that is or was open */
    uint8_t is_acked, is_final, is_told; /* is_told: its end was reported */
    uint8_t is_absent; /* its end is that the venue does not have it; asking anew opens it again */
    uint8_t pending;   /* enum cmd_kind of the request on its way; 0: none */
    uint8_t pending_rev; /* of the order as it shall be */
    uint8_t is_unknown;  /* fate of the request */
    uint8_t is_old_gone; /* REPLACE: the old wire order is cancelled, the new one not yet seen */
    uint8_t is_old_open; /* REPLACE in doubt: what the last query of the old one said */
    uint8_t query_rev;   /* which wire order to ask about next */
    uint8_t reported_state;
    uint8_t is_listed; /* in the last list of open orders */
    uint8_t is_exit;   /* the host closes a position with it */
    agon_px_t px, next_px, trigger_px;
    agon_qty_t qty, next_qty; /* totals, filled parts included */
    agon_qty_t base_qty;      /* filled by earlier wire orders of it */
    agon_qty_t cum_qty;       /* filled by this wire order, by the venue's word */
    agon_qty_t fill_qty;      /* sum of the fills that were told */
    agon_qty_t reported_qty;  /* cum_qty last told */
    int64_t expiry_ns;        /* the request cannot be taken by the venue after */
    int64_t check_ns;         /* ask about it then; 0: no need */
    int64_t doubt_ns;         /* first read that spoke for "not done"; 0: none */
    int64_t fills_ns;         /* fetch its fills then; 0: none are missing */
    int64_t acked_ns;
};

struct outbox {
    struct outbox_entry *all; /* owned */
    uint32_t capacity, n, hand;
    struct map by_id, by_venue; /* venue's number and instrument, mixed */
    int64_t window_ns;   /* no request is taken by the venue later than this after it was made */
    struct map fills;    /* told */
    uint64_t *fill_ring; /* owned: order of their going */
    uint32_t n_fills, fill_hand, fill_capacity;
    int (*emit)(void *ctx, struct agon_event_hdr *record);
    void *ctx;
    uint64_t n_unknown, n_absent, n_foreign, n_adopted;
};

/* What the venue shows of one wire order. */
struct outbox_seen {
    uint64_t order_id, venue_order;
    agon_instrument_t instrument;
    uint8_t rev, state, side, source;
    uint16_t reason;
    int32_t code;
    agon_px_t px;
    agon_qty_t qty, cum_qty; /* of the wire order */
    agon_ns_t t_venue;
};
struct outbox_fill {
    uint64_t order_id; /* 0: not ours */
    uint64_t venue_order, fill;
    agon_instrument_t instrument;
    agon_account_t account;
    uint8_t rev, side, liquidity;
    uint8_t is_forced; /* not ours, but the venue's: liquidation, deleveraging */
    agon_px_t px;
    agon_qty_t qty;
    agon_qty_t wire_cum_qty; /* of the wire order after it; 0: not told */
    agon_amt_t fee_amt;
    agon_asset_t fee_asset;
    agon_ns_t t_venue;
};

/* AGON_ENOMEM */
int outbox_init(struct outbox *outbox, uint32_t capacity, uint32_t fill_capacity, int64_t window_ns,
                int (*emit)(void *ctx, struct agon_event_hdr *record), void *ctx);
void outbox_deinit(struct outbox *outbox);
struct outbox_entry *outbox_find(struct outbox *outbox, uint64_t order_id);
struct outbox_entry *outbox_find_venue(struct outbox *outbox, agon_instrument_t instrument,
                                       uint64_t venue_order);

/* Takes a NEW, CANCEL or REPLACE. NULL: it was answered already (no such order, a request is on its
 * way, no room). A QUERY marks the order to be asked about; an order and a request in doubt that
 * are not known here, of an earlier run, are taken over from it. */
struct outbox_entry *outbox_command(struct outbox *outbox, const struct order_cmd *cmd,
                                    int64_t now);
/* The request was handed to the wire; it expires at the venue by then. */
void outbox_sent(struct outbox_entry *entry, int64_t expiry_ns);
/* Its one outcome. reason and code are for REJECTED and NOT_SENT. */
void outbox_outcome(struct outbox *outbox, struct outbox_entry *entry, enum outbox_outcome outcome,
                    uint16_t reason, int32_t code, int64_t now);
/* The venue shows an order of ours. An order we did not know is adopted. */
void outbox_seen(struct outbox *outbox, const struct outbox_seen *seen, agon_account_t account,
                 int64_t now);
/* A query says there is no such wire order. Proven, it ends the order, also one that stood open or
 * has a cancel or replace in doubt; the core asks again where it has reason to. */
void outbox_absent(struct outbox *outbox, struct outbox_entry *entry, uint8_t rev, int64_t now);
/* A query brought no answer: again later. */
void outbox_no_answer(struct outbox_entry *entry, int64_t now);
/* One trade; told once. */
void outbox_fill(struct outbox *outbox, const struct outbox_fill *fill, int64_t now);
/* The open orders were listed by a request sent at asked_ns: whatever of instrument (0: all) stands
 * open here, was open before that and is not marked is asked about. */
void outbox_not_listed(struct outbox *outbox, struct outbox_entry *entry, int64_t asked_ns,
                       int64_t now);
/* The next entry at or after *at that is due for a query (is_fills 0) or for its fills (1). */
struct outbox_entry *outbox_due(struct outbox *outbox, uint32_t *at, int is_fills, int64_t now);

#endif
