// SPDX-License-Identifier: Apache-2.0
/* orders: every order the host ever decided on and still has to care for.
 *
 * An order has a *state* (enum agon_order_state) and, apart from it, at most one *request* (new,
 * cancel or replace) that is in flight or UNKNOWN. UNKNOWN is asked about until proven: never sent
 * again, never taken for refused; the order keeps its state and what it holds back meanwhile. Final
 * states stay final, but for those that were concluded and not shown by the venue (REJECTED, or
 * CANCELLED as ABSENT): any sight of such an order opens it again, to be cancelled. A fill that
 * comes later is still booked, because the money moved. Each fill is
 * applied once, whatever comes twice or out of order; the filled quantity never falls and never
 * passes the order's.
 *
 * The table holds a bounded number of orders; final ones stay for late news and give their place
 * up, oldest first, when room is needed. Nothing here sends anything: the engine does. [core] */
#ifndef EXEC_ORDERS_H
#define EXEC_ORDERS_H

#include "base/codec.h"
#include "base/map.h"
#include "market/exit_reasons.h"
#include "market/records.h"

#define ORDER_ID_SLOT(id)    ((uint16_t)((id) >> 48))
#define ORDER_ID_RUN(id)     ((uint16_t)((id) >> 32))
#define ORDER_ID_COUNTER(id) ((uint32_t)(id))

/* What a client id can tell apart (venue/client_id.h): ids of a numbered journal stay within. */
#define ORDER_SLOT_BITS    8
#define ORDER_RUN_BITS     14
#define ORDER_COUNTER_BITS 28
#define ORDER_RUN_MAX      ((1u << ORDER_RUN_BITS) - 1)
#define ORDER_COUNTER_MAX  ((1u << ORDER_COUNTER_BITS) - 1)

/* Each restore of a backup draws another number, for the runs from since_run on. A run has client
 * ids of one number alone: what another host wrote under an earlier one in a run as high is not of
 * this journal. */
#define ORDER_IDS_EARLIER 15
struct order_ids {
    uint32_t journal;   /* 24 bits, drawn when the journal began; 0: it has no number */
    uint32_t since_run; /* the first run whose client ids carry it */
    uint32_t n_earlier; /* the numbers before it, oldest first */
    struct {
        uint32_t journal, since_run;
    } earlier[ORDER_IDS_EARLIER];
};

enum order_flags_own { /* upper half of struct order.flags; the lower is the intent's */
                       ORDER_IS_QUOTE = 1 << 16, /* belongs to a quote pair */
                       ORDER_FILLS_DUE =
                           1 << 17, /* the venue's total is ahead of the fills that came */
                       ORDER_CANCEL_WANTED =
                           1
                           << 18, /* cancelled, or cancel as soon as no request is in flight; stays
                                     until the order is final or the venue will not have it */
                       ORDER_IS_EXIT = 1 << 19 /* the host closes a position with it */
};

struct order { /* what every walk over orders looks at stands in the first line of the cache */
    _Alignas(64) uint64_t id;
    uint64_t client_ref;
    uint32_t next, prev; /* + 1; in the slot's list of open orders, or in the list of final ones */
    agon_qty_t held_back_qty;
    agon_instrument_t instrument;
    agon_account_t account;
    uint16_t slot, venue, reason;
    uint8_t state, request, request_state, side, type, tif;
    uint8_t rev;        /* as the venue shows it */
    uint8_t rev_asked;  /* the highest that any replace asked for: with the order's number it makes
                           the client id, which is written once */
    uint8_t n_asked;    /* queries sent for the request that is UNKNOWN, at most 255 counted */
    uint8_t is_settled; /* has left its slot's list; not saved */
    uint16_t why;       /* enum exit_reason that the host made it for; 0: its agent made it. Not
                           saved: a state that is loaded has it again where that is known */
    uint32_t flags;
    uint32_t exit; /* the exit plan that it closes for (exit.h); 0: none */
    agon_px_t px, trigger_px;
    agon_qty_t qty, show_qty, filled_qty, venue_cum_qty;
    agon_px_t new_px; /* of a replace in flight */
    agon_qty_t new_qty;
    agon_px_t guard_px; /* of a market order: the limit it leaves with, so that it cannot cost more
                           than the gate judged; 0: none */
    agon_px_t hold_px;  /* price at which a working buy's cost is held back */
    agon_amt_t held_back_amt; /* what this order adds to its position's working_* */
    /* Not saved: what it counts for among the losses of its slot's open orders
       (engine/open_loss.c), and by which price (0: it does not count). */
    agon_amt_t open_loss_amt;
    agon_px_t open_px;
    uint64_t venue_order, cause_seq;
    uint32_t n, generation;
    agon_ns_t t_create, t_request, t_expire;
    uint16_t tag; /* its author's: agon_intent.reason; 0: none, or not known. Saved beside the
                     orders (orders_save_tags) */
};

/* What an order came to: the words that people read. */
enum order_end {
    ORDER_END_NONE,
    ORDER_END_FILLED,
    ORDER_END_CANCELLED,
    ORDER_END_EXPIRED,
    ORDER_END_REFUSED, /* by the venue */
    ORDER_END_UNSENT,  /* nothing of it left the host */
    ORDER_ENDS
};

struct orders; /* opaque */

struct orders *orders_new(
    uint32_t capacity); /* NULL: out of memory, or capacity outside 16 .. 2^20 */
void orders_free(struct orders *orders);
/* A zeroed order with this id, in its slot's list. NULL: the table is full of open orders, or the
 * id is there. */
struct order *orders_open(struct orders *orders, uint64_t id, uint16_t slot);
/* An order with this id is likely to be opened soon: the place that it would have is brought near.
 * Changes nothing. */
void orders_expect(const struct orders *orders, uint64_t id);
struct order *orders_find(struct orders *orders, uint64_t id);
/* Walks a slot's open orders, oldest first: NULL begins and ends. */
struct order *orders_next(struct orders *orders, uint16_t slot, struct order *after);
/* The slot's open order with that client_ref, the newest; NULL: none. */
struct order *orders_by_ref(struct orders *orders, uint16_t slot, uint64_t client_ref);
uint32_t orders_count(const struct orders *orders, uint16_t slot); /* open ones */
static inline int order_is_final(const struct order *order)
{
    return order->state >= AGON_ORDER_FILLED;
}
/* Did it end by what we concluded, and not by what the venue showed? */
static inline int order_is_concluded(const struct order *order)
{
    return order->state == AGON_ORDER_REJECTED ||
           (order->state == AGON_ORDER_CANCELLED && order->reason == REASON_ABSENT);
}
/* What may still trade. */
static inline agon_qty_t order_left(const struct order *order)
{
    return order_is_final(order) ? 0 : order->qty - order->filled_qty;
}

/* enum exit_reason of a fill: why what it closes is closed; of one that opens it says nothing. */
uint16_t orders_exit_reason(struct orders *orders, const struct record_report *fill);
/* Its order's tag; 0: none, or not known. */
uint16_t orders_tag(struct orders *orders, const struct record_report *fill);

/* By what ended it: REPORT_NOT_SENT of a new order is the host's own word, and so is 0, no report.
 */
static inline enum order_end order_end(const struct order *order, uint8_t report_kind)
{
    switch (order->state) {
    case AGON_ORDER_FILLED:
        return ORDER_END_FILLED;
    case AGON_ORDER_CANCELLED:
        return ORDER_END_CANCELLED;
    case AGON_ORDER_EXPIRED:
        return ORDER_END_EXPIRED;
    case AGON_ORDER_REJECTED:
        return report_kind == REPORT_NOT_SENT || report_kind == 0 ? ORDER_END_UNSENT
                                                                  : ORDER_END_REFUSED;
    default:
        return ORDER_END_NONE;
    }
}

struct orders_effect {  /* what a report did */
    uint8_t is_changed; /* the slot is to be told */
    uint8_t is_fill;    /* a fill that was not known: fill_qty at fill_px is to be booked */
    uint8_t is_over;    /* of that fill, over_qty is beyond the order: books to suspense, alert */
    uint8_t is_query;   /* ask the venue what became of it */
    uint8_t is_cancel; /* ORDER_CANCEL_WANTED and nothing in flight any more: send the cancel now */
    uint8_t is_cancel_later; /* the cancel did not get through: send it again after a pause */
    uint8_t was_final;       /* before the report */
    uint8_t is_reopened;     /* it was given up and is there: to be cancelled, and worth an alert */
    uint8_t is_stray; /* it ended by the venue's own showing and stands open: not ours to keep */
    uint8_t pad[7];
    agon_px_t fill_px;
    agon_qty_t fill_qty, over_qty;
};
/* Applies a report to its order. The table of (state, request) x kind is in orders.c. */
struct orders_effect orders_report(struct orders *orders, struct order *order,
                                   const struct record_report *report);
/* Moves a final order out of its slot's list; call once after the last use of it in this step. */
void orders_settle(struct orders *orders, struct order *order);
/* How many were, since the table was made: one that was reopened may be again. */
uint64_t orders_settled(const struct orders *orders);
/* Of those that are still in the table the k-th from the newest on; NULL: there are not so many. */
const struct order *orders_settled_at(const struct orders *orders, uint64_t k);

/* Does a final order of the slot still wait for fills that the venue counted? */
int orders_owes_fills(const struct orders *orders, uint16_t slot);
/* The slot's final orders leave the table. */
void orders_forget(struct orders *orders, uint16_t slot);

/* Was this fill seen before? Remembers it: 65,536 of them, the newest. */
int orders_fill_is_new(struct orders *orders, agon_account_t account, agon_instrument_t instrument,
                       uint8_t side, uint64_t venue_fill);
/* Walks the final orders that are still in the table, oldest first. */
struct order *orders_next_final(struct orders *orders, struct order *after);

void orders_save(const struct orders *orders, struct enc *enc);
int orders_load(struct orders *orders, struct dec *dec);
/* Of an order of the table: bid and ask together when it was decided, or replaced last; 0: not
 * known. Beside it, for it is seldom asked for. */
agon_px_t *orders_mids(struct orders *orders, const struct order *order);
/* The mids of their decisions, for a state that has them. */
void orders_save_mids(struct orders *orders, struct enc *enc);
void orders_load_mids(struct orders *orders, struct dec *dec);
void orders_forget_mids(struct orders *orders); /* all 0 */
/* Their tags, likewise. */
void orders_save_tags(struct orders *orders, struct enc *enc);
void orders_load_tags(struct orders *orders, struct dec *dec);
void orders_forget_tags(struct orders *orders); /* all 0 */

#endif
