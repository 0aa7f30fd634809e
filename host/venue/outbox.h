// SPDX-License-Identifier: Apache-2.0
/* outbox: what a gateway knows of our orders and of the one request each may have on its way.
 *
 * Written once for all venues. The client tells what it sent, what became of it and what the venue
 * shows; here that becomes REPORT records by the rules of the house: one outcome for each request;
 * an UNKNOWN one is asked about until proven, never sent again, never assumed; a fill is told once;
 * a cancel's acknowledgement is no cancellation. Time is transport time, ns.
 *
 * That a request was *not* done is proven so. Let e be its expiry: the venue refuses it by its time
 * stamp when it takes it later than e, whatever queue it lay in (who writes it counts the
 * uncertainty of the venue's clock into e). So nothing that it could do happens after e. A read
 * that was sent at s shows the venue as it was at some time in [s - LAG, arrival]: copies that
 * queries are answered from are behind by OUTBOX_VIEW_LAG_NS at most. With s > e + LAG that time is
 * later than e, and what the read does not show was not done and never will be. What a read that
 * was sent earlier does not show proves nothing, however late it arrives. One such read would be
 * enough; two are asked for, OUTBOX_ABSENT_GAP_NS apart by their sending, so that one bad answer
 * ends no order. The same two reads prove that a cancel or a replacement was not done. A request of
 * an earlier run was sent before this run began: its e is counted from there. An order that was
 * seen is there in each read that was sent LAG after the sight, or it is gone.
 *
 * What ended by such a proof, or by a refusal, ended by our conclusion: any sight of it shows that
 * the conclusion was wrong, and opens the order again (ACK). What ended by the venue's own showing
 * stays ended, and an older sight of it is only late; one that is newer than its end, and any open
 * wire order of a revision that was replaced or of an order that the core does not hold open, is a
 * stray: told (REPORT_STRAY), and cancelled until the venue has it no more. [io] */
#ifndef VENUE_OUTBOX_H
#define VENUE_OUTBOX_H

#include "base/map.h"
#include "market/records.h"

#define OUTBOX_VIEW_LAG_NS     5000000000ll /* so far behind may be what a query shows */
#define OUTBOX_ABSENT_GAP_NS   5000000000ll /* between the two reads that prove absence, sent */
#define OUTBOX_STRAYS          256
#define OUTBOX_RECHECK_NS      1000000000ll
#define OUTBOX_RECHECK_DOUBLED 4 /* so often that time is doubled while nobody answers: 16 s */
#define OUTBOX_FETCHES         5 /* after so many lists of trades without news they become no rarer */
#define OUTBOX_FILLS_WAIT_NS   500000000ll /* the stream's fills may still be on their way */

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
    uint8_t is_concluded; /* its end is our conclusion, or a refusal, and not the venue's showing */
    uint8_t is_adopted;   /* seen, and the core has not named it to us */
    uint8_t lost_rev;     /* of the last replacement that was given up; 0: none */
    uint8_t pending;      /* enum cmd_kind of the request on its way; 0: none */
    uint32_t number;      /* of that request: what is told of one before it is not of it */
    uint8_t pending_rev;  /* of the order as it shall be */
    uint8_t is_unknown;   /* fate of the request */
    uint8_t is_old_gone;  /* REPLACE: the old wire order is cancelled, the new one not yet seen */
    uint8_t is_old_open;  /* REPLACE in doubt: what the last query of the old one said */
    uint8_t query_rev;    /* which wire order to ask about next */
    uint8_t reported_state;
    uint8_t is_asked;     /* somebody waits for its state: whatever a read shows is told */
    uint8_t is_listed;    /* in the last list of open orders */
    uint8_t n_unanswered; /* reads of it in a row, at most OUTBOX_RECHECK_DOUBLED */
    uint8_t is_exit;      /* the host closes a position with it */
    uint8_t n_fetches;    /* of its trades, since the last one that was news */
    uint8_t is_in_place;  /* seen with its total: all its trades are of one wire order */
    uint8_t is_continued; /* it began in an earlier run, whose fills a list of trades tells again */
    uint8_t fills_rev; /* of which earlier wire order fills were asked for last; or FILLS_OF_LAST */
    agon_px_t px, next_px, trigger_px;
    agon_qty_t qty, next_qty;  /* totals, filled parts included */
    agon_qty_t base_qty;       /* filled by earlier wire orders of it */
    agon_qty_t cum_qty;        /* filled by this wire order, by the venue's word */
    agon_qty_t trade_qty;      /* sum of the trades that this run told, */
    agon_qty_t wire_trade_qty; /* ... of this wire order */
    agon_qty_t fill_qty;       /* that the core has at least: those, or what it had at the start */
    agon_qty_t told_qty;       /* that it filled in all, by what the core heard of it before */
    agon_qty_t reported_qty;   /* cum_qty last told */
    int64_t expiry_ns;         /* the request cannot be taken by the venue after */
    int64_t check_ns;          /* ask about it then; 0: no need */
    int64_t read_ns;   /* the first read that proves "not done" was sent then; 0: none yet */
    int64_t fills_ns;  /* fetch its fills then; 0: none are missing */
    int64_t acked_ns;  /* the wire order of rev is known to be there since */
    int64_t taken_ns;  /* all that is known of it here is the core's word, since then; 0: more is */
    int64_t ended_ns;  /* its end was seen or concluded */
    int64_t closed_ns; /* the venue answered a cancel: it is not open from then on; 0: none did */
    agon_ns_t t_acked, t_ended, t_seen; /* the venue's stamps of those, and of the last sight */
    agon_px_t lost_px;
    agon_qty_t lost_qty;
};

/* A wire order of ours that is open at the venue and should not be. */
struct outbox_stray {
    uint64_t order_id, venue_order;
    agon_instrument_t instrument;
    agon_account_t account;
    uint8_t rev, side;
    agon_px_t px;
    agon_qty_t qty;
    int64_t check_ns;  /* the next cancel goes then */
    int64_t expiry_ns; /* no cancel that was sent can be taken after */
    uint32_t n_tries;
};

struct outbox {
    struct outbox_entry *all; /* owned */
    uint32_t capacity, n, hand;
    struct map by_id, by_venue; /* venue's number and instrument, mixed */
    /* So long after its run had ended may a request of it still be taken: its window, and how wrong
     * that run may have been about the venue's clock. */
    int64_t window_ns;
    struct map fills;    /* told */
    uint64_t *fill_ring; /* owned: order of their going */
    uint32_t n_fills, fill_hand, fill_capacity;
    int (*emit)(void *ctx, struct agon_event_hdr *record);
    void *ctx;
    uint32_t n_requests;
    uint64_t n_unknown, n_absent, n_foreign, n_adopted, n_reopened;
    struct outbox_stray strays[OUTBOX_STRAYS];
    uint32_t n_strays;      /* in strays */
    uint64_t n_strays_seen; /* ever; also those for which there was no room */
};

/* What the venue shows of one wire order. */
struct outbox_seen {
    uint64_t order_id, venue_order;
    agon_instrument_t instrument;
    uint8_t rev, state, side, source;
    uint16_t reason;
    uint8_t is_total; /* qty is the order's total: it was replaced in its place */
    int32_t code;
    agon_px_t px;
    agon_qty_t qty, cum_qty; /* of the wire order */
    agon_ns_t t_venue;
    int64_t asked_ns; /* QUERY and LIST: when the read was sent */
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

/* Takes a NEW, CANCEL, REPLACE or STRAY. NULL: it was answered already (no such order, a request is
 * on its way, no room). A QUERY marks the order to be asked about; an order and a request in doubt
 * that are not known here, of an earlier run, are taken over from it. */
struct outbox_entry *outbox_command(struct outbox *outbox, const struct order_cmd *cmd,
                                    int64_t now);
/* The request was handed to the wire; it expires at the venue by then. */
void outbox_sent(struct outbox_entry *entry, int64_t expiry_ns);
/* The venue cancelled the order, at t_venue by its clock, that two requests replace: the second
 * goes out next. */
void outbox_half_done(struct outbox *outbox, const struct outbox_entry *entry, agon_ns_t t_venue);
/* Its one outcome. reason and code are for REJECTED and NOT_SENT. */
void outbox_outcome(struct outbox *outbox, struct outbox_entry *entry, enum outbox_outcome outcome,
                    uint16_t reason, int32_t code, int64_t now);
/* What of a replacement is to be placed, where it is a wire order of its own: the total less all
 * that is known to have filled, by sights, by trades, or by what an earlier run heard. Rather too
 * little than more than was asked for in all. */
agon_qty_t outbox_left(const struct outbox_entry *entry);
/* A venue that replaces an order in its place shows no revision of it: it is the one whose price
 * and quantity it has, and of what was filled it is what came since. To be asked before
 * outbox_seen. */
void outbox_in_place(struct outbox *outbox, struct outbox_seen *seen);
/* The venue shows an order of ours. An order we did not know is adopted. */
void outbox_seen(struct outbox *outbox, const struct outbox_seen *seen, agon_account_t account,
                 int64_t now);
/* A query that was sent at asked_ns says there is no such wire order. Proven, it ends the order,
 * also one that stood open or has a cancel or replace unconfirmed; the core asks again where it has
 * reason to. */
void outbox_absent(struct outbox *outbox, struct outbox_entry *entry, uint8_t rev, int64_t asked_ns,
                   int64_t now);
/* A query brought no answer: again later, each time in twice the time. */
void outbox_no_answer(struct outbox_entry *entry, int64_t now);
/* One trade; told once. */
void outbox_fill(struct outbox *outbox, const struct outbox_fill *fill, int64_t now);
/* Its fills are due. True: those of its last wire order are all here, as far as a view showed them,
 * and what is missing may be of an earlier one that an earlier run placed: the wire order of *rev
 * is to be asked for its number, and then for its fills. Else they are those of entry->venue_order.
 * In turn, from the last but one on to the first, and then the last again. */
int outbox_fills_before(struct outbox_entry *entry, uint8_t *rev);
/* The open orders were listed by a request sent at asked_ns: whatever of instrument (0: all) stands
 * open here, was open before that and is not marked is asked about. */
void outbox_not_listed(struct outbox *outbox, struct outbox_entry *entry, int64_t asked_ns,
                       int64_t now);
/* Is this sight of the order as old as it may be, so that it says nothing of now? */
int outbox_is_stale(const struct outbox_entry *entry, const struct outbox_seen *seen);
/* The next stray whose cancel is due; it is not due again before its answer, or wait_ns. */
struct outbox_stray *outbox_stray_due(struct outbox *outbox, int64_t now, int64_t wait_ns);
/* A cancel of it was answered: is_gone: the venue has it no more; was_open: by our cancel. The
 * place of another in the table may change. */
void outbox_stray_answer(struct outbox *outbox, uint64_t order_id, uint8_t rev, int is_gone,
                         int was_open, int64_t now);
/* Its trades are asked for; again every_ns later, and rarer the more often that brought no news. */
void outbox_fetched(struct outbox_entry *entry, int64_t now, int64_t every_ns);
/* That list did not come: as if it had not been asked for. */
void outbox_not_fetched(struct outbox *outbox, uint64_t order_id, int64_t now, int64_t every_ns);
/* The next entry at or after *at that is due for a query (is_fills 0) or for its fills (1). */
struct outbox_entry *outbox_due(struct outbox *outbox, uint32_t *at, int is_fills, int64_t now);

#endif
