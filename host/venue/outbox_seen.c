// SPDX-License-Identifier: Apache-2.0
/* outbox_seen: what the venue shows of an order, in the stream, an answer, a query or a list. */
#include "base/error.h"
#include "base/num.h"
#include "venue/outbox_in.h"

static int is_open_state(uint8_t state)
{
    return state == AGON_ORDER_OPEN || state == AGON_ORDER_PARTIAL || state == AGON_ORDER_PENDING ||
           state == AGON_ORDER_CANCELLING;
}

/* Does it stand open although the venue took its cancel, or had none to cancel? A read may show
 * what was before that; one that was sent later says that the cancel did nothing. */
static int is_closing(struct outbox *outbox, struct outbox_entry *entry,
                      const struct outbox_seen *seen, int64_t now)
{
    if (entry->closed_ns == 0 || entry->pending != 0)
        return 0;
    if (seen->asked_ns <= entry->closed_ns + OUTBOX_VIEW_LAG_NS) {
        entry->check_ns = now + OUTBOX_RECHECK_NS;
        return 1;
    }
    entry->closed_ns = 0;
    outbox_tell(outbox, entry, REPORT_CANCEL_REJECTED, REASON_TIMEOUT, 0, 0, 0);
    return 0;
}

/* It is open as ever, and a cancel or replacement of it is unconfirmed. */
static void doubt_request(struct outbox *outbox, struct outbox_entry *entry,
                          const struct outbox_seen *seen, int64_t now)
{
    int is_replace = entry->pending == CMD_REPLACE;

    if (is_replace) {
        entry->is_old_open = 1;
        entry->query_rev = entry->pending_rev;
    }
    // A replacement is over when both were read: that the new one is not there, and then this.
    if (is_replace && entry->read_ns == 0) {
        entry->check_ns = now + OUTBOX_RECHECK_NS;
        return;
    }
    if (!outbox_is_proven(entry, seen->asked_ns, now))
        return;
    if (is_replace)
        outbox_tell(outbox, entry, REPORT_REPLACE_REJECTED, REASON_ABSENT, 0, 0, 0);
    else
        outbox_tell(outbox, entry, REPORT_CANCEL_REJECTED, REASON_TIMEOUT, 0, 0, 0);
    outbox_give_up(entry);
    outbox_end_request(entry);
}

static void see_open(struct outbox *outbox, struct outbox_entry *entry,
                     const struct outbox_seen *seen, int64_t now)
{
    int is_read = seen->source == SEEN_QUERY || seen->source == SEEN_LIST;

    if (is_read && is_closing(outbox, entry, seen, now))
        return;
    // While a cancel or replace is unconfirmed "open" proves nothing yet, and is not told as if it
    // did: the core would take it for the request's end.
    // Of one that the core never named to us it is told until the core says what is to become of
    // it.
    if ((is_read || entry->is_adopted) && !entry->is_told && !entry->is_unknown &&
        (seen->state != entry->reported_state || entry->cum_qty != entry->reported_qty ||
         (is_read && (entry->is_adopted || entry->is_asked)))) {
        entry->is_asked = 0;
        entry->reported_state = seen->state;
        entry->reported_qty = entry->cum_qty;
        outbox_tell(outbox, entry, REPORT_STATE, 0, 0, seen->state, seen->t_venue);
    }
    if (outbox_lacks_fills(entry) && entry->fills_ns == 0)
        entry->fills_ns = now + OUTBOX_FILLS_WAIT_NS;
    if (seen->source == SEEN_QUERY && entry->is_unknown &&
        (entry->pending == CMD_CANCEL || entry->pending == CMD_REPLACE))
        doubt_request(outbox, entry, seen, now);
}

/* Its own replacement cancels it; what came in its place will be seen, or refused. */
static void see_half_done(struct outbox *outbox, struct outbox_entry *entry,
                          const struct outbox_seen *seen, int64_t now)
{
    entry->is_old_gone = 1;
    entry->is_old_open = 0;
    entry->query_rev = entry->pending_rev;
    if (!entry->is_unknown)
        return;
    entry->check_ns = now + OUTBOX_RECHECK_NS;
    if (seen->source != SEEN_QUERY || entry->read_ns == 0 ||
        !outbox_is_proven(entry, seen->asked_ns, now))
        return;
    outbox_give_up(entry);
    outbox_end_request(entry);
    outbox_end_order(outbox, entry, REPORT_CANCELLED, REASON_ABSENT, 0, AGON_ORDER_CANCELLED,
                     seen->t_venue, now);
}

static void see_end(struct outbox *outbox, struct outbox_entry *entry,
                    const struct outbox_seen *seen, int64_t now)
{
    int is_replaced = entry->pending == CMD_REPLACE;

    if (entry->pending != 0)
        outbox_end_request(entry); // it is over, so is whatever was asked of it
    if (seen->state == AGON_ORDER_FILLED) {
        agon_qty_t total_qty = num_add(entry->base_qty, entry->cum_qty);

        // The fills themselves move the ledger; where they were told all, no more is to be said,
        // but to who asked, and to who waits for more: by a replacement, or because the venue took
        // a reduce-only order for less.
        if (!is_replaced && !entry->is_asked && entry->reported_state != 0 &&
            entry->fill_qty >= total_qty && total_qty >= entry->qty)
            entry->is_told = 1;
        outbox_end_order(outbox, entry, REPORT_STATE, 0, 0, AGON_ORDER_FILLED, seen->t_venue, now);
    } else if (seen->state == AGON_ORDER_CANCELLED) {
        outbox_end_order(outbox, entry, REPORT_CANCELLED, seen->reason, seen->code, seen->state,
                         seen->t_venue, now);
    } else if (seen->state == AGON_ORDER_EXPIRED) {
        outbox_end_order(outbox, entry, REPORT_EXPIRED, seen->reason, seen->code, seen->state,
                         seen->t_venue, now);
    } else if (seen->state == AGON_ORDER_REJECTED) {
        outbox_end_order(outbox, entry, REPORT_REJECTED,
                         seen->reason != 0 ? seen->reason : (uint16_t)REASON_VENUE_REJECT,
                         seen->code, seen->state, seen->t_venue, now);
    }
}

/* Who wants to know what it is has been told by this. An event of the stream that shows it open
 * may be older than the question. */
static int answers(const struct outbox_seen *seen)
{
    return seen->source == SEEN_QUERY || seen->source == SEEN_LIST ||
           (seen->source == SEEN_STREAM && !is_open_state(seen->state));
}

/* The wire order of entry->rev, as the venue shows it. */
static void see_current(struct outbox *outbox, struct outbox_entry *entry,
                        const struct outbox_seen *seen, int64_t now)
{
    if (!seen->is_total)
        outbox_learn_base(entry, entry->qty, seen->qty);
    if (seen->cum_qty > entry->cum_qty)
        entry->cum_qty = seen->cum_qty;
    if (seen->t_venue > entry->t_seen)
        entry->t_seen = seen->t_venue;
    if (entry->pending == 0)
        entry->read_ns = 0;
    if (entry->pending == CMD_NEW)
        outbox_end_request(entry);
    else if (entry->pending == 0 && answers(seen))
        entry->check_ns = 0;
    if (!entry->is_acked && seen->state != AGON_ORDER_REJECTED) {
        entry->is_acked = 1;
        entry->acked_ns = now;
        entry->t_acked = seen->t_venue;
        entry->reported_state = AGON_ORDER_OPEN;
        outbox_tell(outbox, entry, REPORT_ACK, 0, 0, AGON_ORDER_OPEN, seen->t_venue);
    }
    if (is_open_state(seen->state))
        see_open(outbox, entry, seen, now);
    else if (entry->pending == CMD_REPLACE && seen->state == AGON_ORDER_CANCELLED)
        see_half_done(outbox, entry, seen, now);
    else if (seen->state != AGON_ORDER_CANCELLED || seen->source != SEEN_REPLY)
        see_end(outbox, entry, seen, now);
    // else: the cancel's acknowledgement, which outbox_outcome tells
}

int outbox_is_stale(const struct outbox_entry *entry, const struct outbox_seen *seen)
{
    int is_older = seen->rev < entry->rev;
    int64_t since_ns = is_older ? entry->acked_ns : entry->ended_ns;
    agon_ns_t t_since = is_older ? entry->t_acked : entry->t_ended;

    switch (seen->source) {
    case SEEN_QUERY:
    case SEEN_LIST:
        return seen->asked_ns <= since_ns + OUTBOX_VIEW_LAG_NS;
    case SEEN_STREAM:
        return t_since == 0 || seen->t_venue <= t_since;
    default:
        return 1; // the answer to what was asked before that
    }
}

/* The order of which we had concluded that it is over is there. */
void outbox_reopen(struct outbox *outbox, struct outbox_entry *entry,
                   const struct outbox_seen *seen, int64_t now)
{
    REQUIRE(entry->is_final); // what is open is not opened twice
    outbox->n_reopened++;
    entry->is_final = entry->is_told = entry->is_absent = entry->is_concluded = 0;
    entry->is_acked = 1;
    entry->acked_ns = now;
    entry->t_acked = seen->t_venue;
    entry->reported_state = AGON_ORDER_OPEN;
    entry->check_ns = now; // what it is by now
    entry->query_rev = entry->rev;
    outbox_tell(outbox, entry, REPORT_ACK, REASON_ABSENT, 0, AGON_ORDER_OPEN, seen->t_venue);
}

static void show_stray(struct outbox *outbox, const struct outbox_entry *entry,
                       const struct outbox_seen *seen, int64_t now)
{
    outbox_add_stray(outbox, &(struct outbox_stray){.order_id = seen->order_id,
                                                    .venue_order = seen->venue_order,
                                                    .instrument = seen->instrument,
                                                    .account = entry->account,
                                                    .rev = seen->rev,
                                                    .side = seen->side,
                                                    .px = seen->px,
                                                    .qty = seen->qty,
                                                    .check_ns = now});
}

/* A wire order of a later revision is there: that replacement was done, whatever was told of it. */
static void see_replacement(struct outbox *outbox, struct outbox_entry *entry,
                            const struct outbox_seen *seen, int64_t now)
{
    int is_asked = entry->pending == CMD_REPLACE && seen->rev == entry->pending_rev;
    int is_lost = !is_asked && seen->rev == entry->lost_rev;

    if (entry->is_final)
        outbox_reopen(outbox, entry, seen, now);
    outbox_learn_number(outbox, entry, seen->venue_order);
    entry->base_qty = num_add(entry->base_qty, entry->cum_qty);
    entry->cum_qty = entry->wire_trade_qty = 0;
    entry->rev = seen->rev;
    entry->px = is_asked ? entry->next_px : is_lost ? entry->lost_px : seen->px;
    entry->qty = is_asked  ? entry->next_qty
                 : is_lost ? entry->lost_qty
                           : num_add(entry->base_qty, seen->qty);
    if (!seen->is_total)
        outbox_learn_base(entry, entry->qty, seen->qty);
    entry->is_acked = 1;
    entry->acked_ns = now;
    entry->t_acked = entry->t_seen = seen->t_venue;
    entry->closed_ns = 0;
    entry->reported_state = AGON_ORDER_OPEN;
    entry->reported_qty = 0;
    if (is_asked)
        outbox_end_request(entry);
    else
        outbox->n_reopened++;
    outbox_tell(outbox, entry, REPORT_REPLACED, 0, 0, AGON_ORDER_OPEN, seen->t_venue);
}

static struct outbox_entry *adopt(struct outbox *outbox, const struct outbox_seen *seen,
                                  agon_account_t account, int64_t now)
{
    struct outbox_entry *entry = outbox_take_place(outbox, seen->order_id);

    if (entry == NULL)
        return NULL; // the next reconciliation tries again
    outbox->n_adopted++;
    entry->instrument = seen->instrument;
    entry->account = account;
    entry->side = seen->side;
    entry->rev = seen->rev;
    entry->query_rev = seen->rev;
    entry->px = seen->px;
    entry->qty = seen->qty;
    entry->is_acked = entry->is_adopted = 1;
    entry->acked_ns = now;
    entry->t_acked = seen->t_venue;
    return entry;
}

/* All that is known of it here is the core's word, and this sight may show what was before that: a
 * read that was sent too early, or an event of the stream that was long on its way. An end has
 * nothing behind it. */
static int is_of_before(struct outbox_entry *entry, const struct outbox_seen *seen)
{
    int is_read = seen->source == SEEN_QUERY || seen->source == SEEN_LIST;

    if (entry->taken_ns == 0)
        return 0;
    if (is_open_state(seen->state) &&
        (seen->source == SEEN_STREAM ||
         (is_read && seen->asked_ns <= entry->taken_ns + OUTBOX_VIEW_LAG_NS)))
        return 1;
    entry->taken_ns = 0; // from here on its own stamps tell
    return 0;
}

void outbox_in_place(struct outbox *outbox, struct outbox_seen *seen)
{
    struct outbox_entry *entry = outbox_find(outbox, seen->order_id);
    agon_qty_t base_qty;

    if (entry == NULL)
        return;
    seen->rev = entry->rev;
    base_qty = entry->base_qty;
    // The price and quantity that it is to have may be those that it had before this revision: what
    // is earlier than the last sight of it tells of no replacement.
    if ((seen->t_venue != 0 && seen->t_venue < entry->t_seen) || is_of_before(entry, seen))
        seen->rev = entry->rev;
    else if (entry->pending == CMD_REPLACE && seen->px == entry->next_px &&
             seen->qty == entry->next_qty)
        seen->rev = entry->pending_rev;
    else if (entry->lost_rev > entry->rev && seen->px == entry->lost_px &&
             seen->qty == entry->lost_qty)
        seen->rev = entry->lost_rev;
    if (seen->rev != entry->rev)
        base_qty = num_add(base_qty, entry->cum_qty);
    seen->cum_qty = seen->cum_qty > base_qty ? seen->cum_qty - base_qty : 0;
}

void outbox_seen(struct outbox *outbox, const struct outbox_seen *seen, agon_account_t account,
                 int64_t now)
{
    struct outbox_entry *entry = outbox_find(outbox, seen->order_id);

    if (entry == NULL)
        entry = adopt(outbox, seen, account, now);
    if (entry == NULL)
        return;
    entry->n_unanswered = 0;
    entry->is_in_place |= seen->is_total;
    if (seen->rev > entry->rev && seen->state != AGON_ORDER_REJECTED)
        see_replacement(outbox, entry, seen, now);
    if (seen->rev != entry->rev) {
        // An earlier wire order: its end was part of a replacement, its fills may still come.
        if (seen->venue_order != 0)
            outbox_note_number(outbox, entry, seen->venue_order);
        if (is_open_state(seen->state) && !outbox_is_stale(entry, seen))
            show_stray(outbox, entry, seen, now);
        return;
    }
    outbox_learn_number(outbox, entry, seen->venue_order);
    if (entry->is_final && entry->is_concluded && seen->state != AGON_ORDER_REJECTED)
        outbox_reopen(outbox, entry, seen, now);
    if (entry->is_final && is_open_state(seen->state)) {
        if (!outbox_is_stale(entry, seen))
            show_stray(outbox, entry, seen, now);
        if (!entry->is_told && entry->check_ns == 0)
            entry->check_ns = now + OUTBOX_RECHECK_NS; // who asked what it is has no answer yet
        return;
    }
    see_current(outbox, entry, seen, now);
}

void outbox_absent(struct outbox *outbox, struct outbox_entry *entry, uint8_t rev, int64_t asked_ns,
                   int64_t now)
{
    int is_over;

    entry->check_ns = 0;
    entry->n_unanswered = 0;
    if (entry->is_told || (entry->pending != 0 && !entry->is_unknown))
        return;
    is_over = outbox_is_proven(entry, asked_ns, now);
    if (entry->pending == CMD_REPLACE && rev == entry->pending_rev) {
        // What became of the old one decides, and is asked about at once.
        entry->query_rev = entry->rev;
        entry->check_ns = now;
        return;
    }
    entry->query_rev = entry->pending == CMD_REPLACE ? entry->pending_rev : entry->rev;
    if (!is_over)
        return;
    // A new order was never there. One that was is there no more: the core has us ask again before
    // it believes that.
    outbox->n_absent++;
    outbox_tell(outbox, entry, REPORT_ABSENT, REASON_ABSENT, 0, AGON_ORDER_REJECTED, 0);
    outbox_give_up(entry);
    outbox_end_request(entry);
    // Of one whose end the venue has shown it is no conclusion that the venue forgets it.
    if (!entry->is_final) {
        entry->is_final = entry->is_absent = entry->is_concluded = 1;
        entry->ended_ns = now;
    }
    entry->is_told = 1;
}

void outbox_no_answer(struct outbox_entry *entry, int64_t now)
{
    if (entry->check_ns != 0)
        entry->check_ns = now + (OUTBOX_RECHECK_NS << entry->n_unanswered);
    if (entry->n_unanswered < OUTBOX_RECHECK_DOUBLED)
        entry->n_unanswered++;
}
