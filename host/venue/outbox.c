// SPDX-License-Identifier: Apache-2.0
#include "venue/outbox.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"

int outbox_init(struct outbox *outbox, uint32_t capacity, uint32_t fill_capacity, int64_t window_ns,
                int (*emit)(void *ctx, struct agon_event_hdr *record), void *ctx)
{
    memset(outbox, 0, sizeof(*outbox));
    outbox->all = calloc(capacity, sizeof(*outbox->all));
    outbox->fill_ring = calloc(fill_capacity, sizeof(*outbox->fill_ring));
    outbox->capacity = capacity;
    outbox->fill_capacity = fill_capacity;
    outbox->window_ns = window_ns;
    outbox->emit = emit;
    outbox->ctx = ctx;
    if (outbox->all == NULL || outbox->fill_ring == NULL ||
        map_init(&outbox->by_id, capacity) < 0 || map_init(&outbox->by_venue, capacity) < 0 ||
        map_init(&outbox->fills, fill_capacity) < 0) {
        outbox_deinit(outbox);
        return AGON_ENOMEM;
    }
    return AGON_OK;
}

void outbox_deinit(struct outbox *outbox)
{
    free(outbox->all);
    free(outbox->fill_ring);
    map_deinit(&outbox->by_id);
    map_deinit(&outbox->by_venue);
    map_deinit(&outbox->fills);
    memset(outbox, 0, sizeof(*outbox));
}

/* Venue numbers are unique per instrument only. */
static uint64_t venue_key(agon_instrument_t instrument, uint64_t number)
{
    return hash_mix(number) ^ ((uint64_t)instrument << 40);
}

struct outbox_entry *outbox_find(struct outbox *outbox, uint64_t order_id)
{
    uint64_t at;

    return map_get(&outbox->by_id, order_id, &at) ? &outbox->all[at] : NULL;
}

struct outbox_entry *outbox_find_venue(struct outbox *outbox, agon_instrument_t instrument,
                                       uint64_t venue_order)
{
    struct outbox_entry *entry;
    uint64_t at;

    if (!map_get(&outbox->by_venue, venue_key(instrument, venue_order), &at))
        return NULL;
    entry = &outbox->all[at];
    return entry->instrument == instrument ? entry : NULL;
}

static void learn_number(struct outbox *outbox, struct outbox_entry *entry, uint64_t venue_order)
{
    if (venue_order == 0 || entry->venue_order == venue_order)
        return;
    // Older numbers of the order stay known, for its late fills; they go with the entry's place.
    entry->venue_order = venue_order;
    if (map_count(&outbox->by_venue) >= outbox->capacity) {
        uint32_t at = 0;
        uint64_t key;

        if (map_next(&outbox->by_venue, &at, &key, NULL))
            map_remove(&outbox->by_venue, key);
    }
    map_put(&outbox->by_venue, venue_key(entry->instrument, venue_order),
            (uint64_t)(entry - outbox->all));
}

/* A place: a free one, or that of an order whose end was told, the oldest first. */
static struct outbox_entry *take_place(struct outbox *outbox, uint64_t order_id)
{
    struct outbox_entry *entry = NULL;

    if (outbox->n < outbox->capacity) {
        entry = &outbox->all[outbox->n++];
    } else {
        for (uint32_t i = 0; i < outbox->capacity && entry == NULL; i++) {
            struct outbox_entry *old = &outbox->all[outbox->hand];

            outbox->hand = (outbox->hand + 1) % outbox->capacity;
            if (old->is_told && old->pending == 0 && old->check_ns == 0 && old->fills_ns == 0)
                entry = old;
        }
        if (entry == NULL)
            return NULL;
        map_remove(&outbox->by_id, entry->order_id);
        if (entry->venue_order != 0)
            map_remove(&outbox->by_venue, venue_key(entry->instrument, entry->venue_order));
    }
    memset(entry, 0, sizeof(*entry));
    entry->is_used = 1;
    entry->order_id = order_id;
    map_put(&outbox->by_id, order_id, (uint64_t)(entry - outbox->all));
    return entry;
}

static void tell(struct outbox *outbox, const struct outbox_entry *entry, uint8_t kind,
                 uint16_t reason, int32_t code, uint8_t state, agon_ns_t t_venue)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT,
                .granules = sizeof(report) / EVENT_GRANULE,
                .instrument = entry->instrument,
                .t_venue = t_venue},
        .order_id = entry->order_id,
        .venue_order = entry->venue_order,
        .account = entry->account,
        .reason = reason,
        .kind = kind,
        .state = state,
        .side = entry->side,
        .px = entry->px,
        .qty = entry->qty,
        .cum_qty = num_add(entry->base_qty, entry->cum_qty),
        .venue_code = code,
        .rev = entry->rev,
    };

    if ((kind == REPORT_NOT_SENT || kind == REPORT_UNKNOWN || kind == REPORT_REPLACE_REJECTED ||
         kind == REPORT_ABSENT) &&
        entry->pending == CMD_REPLACE) {
        report.rev = entry->pending_rev;
        report.px = entry->next_px;
        report.qty = entry->next_qty;
    }
    outbox->emit(outbox->ctx, &report.hdr);
}

/* A refusal of a command that has no entry. */
static void refuse(struct outbox *outbox, const struct order_cmd *cmd, uint8_t kind,
                   uint16_t reason)
{
    struct outbox_entry entry = {
        .order_id = cmd->order_id,
        .venue_order = cmd->venue_order,
        .instrument = cmd->instrument,
        .account = cmd->account,
        .side = cmd->side,
        .px = cmd->px,
        .qty = cmd->qty,
        .cum_qty = cmd->filled_qty,
        .rev = cmd->rev,
    };

    tell(outbox, &entry, kind, reason, 0, 0, 0);
}

static void describe(struct outbox_entry *entry, const struct order_cmd *cmd)
{
    entry->instrument = cmd->instrument;
    entry->account = cmd->account;
    entry->side = cmd->side;
    entry->type = cmd->type;
    entry->tif = cmd->tif;
    entry->flags = cmd->flags;
    entry->is_exit = cmd->is_exit;
    entry->px = cmd->px;
    entry->trigger_px = cmd->trigger_px;
    entry->qty = cmd->qty;
}

/* The core asks what became of an order. What it says of a request in doubt counts where we know of
 * none: the request is of an earlier run. */
static void ask(struct outbox *outbox, struct outbox_entry *entry, const struct order_cmd *cmd,
                int64_t now)
{
    if (entry == NULL) {
        // No room: nothing is concluded, and a list of open orders or of fills may still tell.
        entry = take_place(outbox, cmd->order_id);
        if (entry == NULL)
            return;
        describe(entry, cmd);
        entry->fill_qty = cmd->filled_qty;
        entry->rev = cmd->rev;
        entry->query_rev = cmd->doubt == CMD_REPLACE ? cmd->doubt_rev : cmd->rev;
        entry->is_acked = cmd->doubt != CMD_NEW;
        if (cmd->doubt != 0) {
            entry->pending = cmd->doubt;
            entry->pending_rev = cmd->doubt_rev;
            entry->next_px = cmd->doubt_px;
            entry->next_qty = cmd->doubt_qty;
            entry->is_unknown = 1;
            entry->expiry_ns = now + outbox->window_ns;
        }
        outbox->n_adopted++;
    }
    learn_number(outbox, entry, cmd->venue_order);
    entry->check_ns = now;
    if (entry->pending != 0)
        return;
    if (entry->is_absent)
        entry->is_absent = entry->is_final = entry->is_told = 0;
    entry->query_rev = entry->rev;
    entry->reported_state = 0; // whatever comes is told, an end that was told before too
    entry->is_told = 0;
}

struct outbox_entry *outbox_command(struct outbox *outbox, const struct order_cmd *cmd, int64_t now)
{
    struct outbox_entry *entry = outbox_find(outbox, cmd->order_id);
    int is_known = entry != NULL;

    if (cmd->kind == CMD_QUERY) {
        ask(outbox, entry, cmd, now);
        return NULL;
    }

    if (cmd->kind == CMD_NEW) {
        if (entry != NULL) {
            // The core never uses an id twice; were it to, the first is the one that counts.
            refuse(outbox, cmd, REPORT_NOT_SENT, REASON_DUPLICATE);
            return NULL;
        }
        entry = take_place(outbox, cmd->order_id);
        if (entry == NULL) {
            refuse(outbox, cmd, REPORT_NOT_SENT, REASON_NO_ROOM);
            return NULL;
        }
    } else if (entry == NULL) {
        // Of an earlier run of this host: the core knows it from its journal.
        entry = take_place(outbox, cmd->order_id);
        if (entry == NULL) {
            refuse(outbox, cmd, REPORT_NOT_SENT, REASON_NO_ROOM);
            return NULL;
        }
        entry->is_acked = 1;
        entry->fill_qty = cmd->filled_qty;
        entry->rev = cmd->kind == CMD_REPLACE ? (uint8_t)(cmd->rev - 1) : cmd->rev;
        outbox->n_adopted++;
    } else if (entry->pending != 0) {
        refuse(outbox, cmd, REPORT_NOT_SENT, REASON_REQUEST_PENDING);
        return NULL;
    }
    if (!is_known)
        describe(entry, cmd);
    learn_number(outbox, entry, cmd->venue_order);
    if (cmd->kind == CMD_NEW)
        entry->rev = cmd->rev;
    entry->pending = cmd->kind;
    entry->pending_rev = cmd->rev;
    entry->next_px = cmd->px;
    entry->next_qty = cmd->qty;
    entry->is_unknown = 0;
    entry->is_old_gone = 0;
    entry->is_old_open = 0;
    entry->doubt_ns = 0;
    return entry;
}

void outbox_sent(struct outbox_entry *entry, int64_t expiry_ns)
{
    entry->expiry_ns = expiry_ns;
}

static void end_request(struct outbox_entry *entry)
{
    entry->pending = 0;
    entry->is_unknown = 0;
    entry->is_old_gone = 0;
    entry->is_old_open = 0;
    entry->doubt_ns = 0;
    entry->check_ns = 0;
    entry->query_rev = entry->rev;
}

/* The order's end, told once. */
static void end_order(struct outbox *outbox, struct outbox_entry *entry, uint8_t kind,
                      uint16_t reason, int32_t code, uint8_t state, agon_ns_t t_venue, int64_t now)
{
    entry->is_final = 1;
    if (entry->is_told)
        return;
    tell(outbox, entry, kind, reason, code, state, t_venue);
    entry->is_told = 1;
    if (num_add(entry->base_qty, entry->cum_qty) > entry->fill_qty)
        entry->fills_ns = now + OUTBOX_FILLS_WAIT_NS;
}

void outbox_outcome(struct outbox *outbox, struct outbox_entry *entry, enum outbox_outcome outcome,
                    uint16_t reason, int32_t code, int64_t now)
{
    uint8_t pending = entry->pending;

    if (pending == 0)
        return; // the stream was faster
    switch (outcome) {
    case OUTCOME_UNKNOWN:
        if (entry->is_unknown)
            return;
        outbox->n_unknown++;
        entry->is_unknown = 1;
        entry->query_rev = pending == CMD_CANCEL ? entry->rev : entry->pending_rev;
        entry->check_ns = now;
        tell(outbox, entry, REPORT_UNKNOWN, reason, code, 0, 0);
        return;
    case OUTCOME_ACCEPTED:
        if (pending == CMD_NEW) {
            end_request(entry);
            if (!entry->is_acked) {
                entry->is_acked = 1;
                entry->acked_ns = now;
                entry->reported_state = AGON_ORDER_OPEN;
                tell(outbox, entry, REPORT_ACK, 0, 0, AGON_ORDER_OPEN, 0);
            }
        } else if (pending == CMD_CANCEL) {
            // Cancelled it is when the stream or a query says so.
            end_request(entry);
            if (!entry->is_final) {
                tell(outbox, entry, REPORT_CANCEL_ACK, 0, 0, 0, 0);
                entry->check_ns = now + OUTBOX_RECHECK_NS;
            }
        }
        return;
    case OUTCOME_NOT_SENT:
        tell(outbox, entry, REPORT_NOT_SENT, reason, code, 0, 0);
        end_request(entry);
        if (pending == CMD_NEW)
            entry->is_final = entry->is_told = 1;
        return;
    case OUTCOME_REJECTED:
        if (pending == CMD_NEW) {
            end_request(entry);
            end_order(outbox, entry, REPORT_REJECTED, reason, code, AGON_ORDER_REJECTED, 0, now);
        } else if (pending == CMD_CANCEL) {
            tell(outbox, entry, REPORT_CANCEL_REJECTED, reason, code, 0, 0);
            end_request(entry);
            entry->check_ns = entry->is_final ? 0 : now; // then reconcile
            entry->reported_state = 0;
        } else if (entry->is_old_gone) {
            // Half done: the old one is gone and nothing came in its place.
            end_request(entry);
            end_order(outbox, entry, REPORT_CANCELLED, reason, code, AGON_ORDER_CANCELLED, 0, now);
        } else {
            tell(outbox, entry, REPORT_REPLACE_REJECTED, reason, code, 0, 0);
            end_request(entry);
            entry->check_ns = entry->is_final ? 0 : now;
        }
        return;
    }
}

/* The wire order of entry->rev, as the venue shows it. */
static void see_current(struct outbox *outbox, struct outbox_entry *entry,
                        const struct outbox_seen *seen, int64_t now)
{
    int is_open = seen->state == AGON_ORDER_OPEN || seen->state == AGON_ORDER_PARTIAL ||
                  seen->state == AGON_ORDER_PENDING || seen->state == AGON_ORDER_CANCELLING;
    int is_replaced;

    if (seen->cum_qty > entry->cum_qty)
        entry->cum_qty = seen->cum_qty;
    if (entry->pending == 0)
        entry->doubt_ns = 0;
    if (entry->pending == CMD_NEW)
        end_request(entry);
    else if (entry->pending == 0 && seen->source != SEEN_REPLY)
        entry->check_ns = 0;
    if (!entry->is_acked && seen->state != AGON_ORDER_REJECTED) {
        entry->is_acked = 1;
        entry->acked_ns = now;
        entry->reported_state = AGON_ORDER_OPEN;
        tell(outbox, entry, REPORT_ACK, 0, 0, AGON_ORDER_OPEN, seen->t_venue);
    }
    if (is_open) {
        int is_read = seen->source == SEEN_QUERY || seen->source == SEEN_LIST;

        // While a cancel or replace is in doubt "open" proves nothing yet, and is not told as if it
        // did: the core would take it for the request's end.
        if (is_read && !entry->is_told && !entry->is_unknown &&
            (seen->state != entry->reported_state || entry->cum_qty != entry->reported_qty)) {
            entry->reported_state = seen->state;
            entry->reported_qty = entry->cum_qty;
            tell(outbox, entry, REPORT_STATE, 0, 0, seen->state, seen->t_venue);
        }
        if (num_add(entry->base_qty, entry->cum_qty) > entry->fill_qty && entry->fills_ns == 0)
            entry->fills_ns = now + OUTBOX_FILLS_WAIT_NS;
        if (seen->source != SEEN_QUERY || entry->pending == 0 || !entry->is_unknown)
            return;
        entry->check_ns = now + OUTBOX_RECHECK_NS;
        if (entry->pending == CMD_REPLACE) {
            entry->is_old_open = 1;
            entry->query_rev = entry->pending_rev;
            if (entry->doubt_ns > 0 && now - entry->doubt_ns >= OUTBOX_ABSENT_GAP_NS &&
                now > entry->expiry_ns) {
                tell(outbox, entry, REPORT_REPLACE_REJECTED, REASON_ABSENT, 0, 0, 0);
                end_request(entry);
            }
        } else if (entry->pending == CMD_CANCEL) {
            if (entry->doubt_ns == 0) {
                entry->doubt_ns = now;
            } else if (now - entry->doubt_ns >= OUTBOX_ABSENT_GAP_NS && now > entry->expiry_ns) {
                tell(outbox, entry, REPORT_CANCEL_REJECTED, REASON_TIMEOUT, 0, 0, 0);
                end_request(entry);
            }
        }
        return;
    }
    if (entry->pending == CMD_REPLACE && seen->state == AGON_ORDER_CANCELLED) {
        // Its own replacement cancels it; what came in its place will be seen, or refused.
        entry->is_old_gone = 1;
        entry->is_old_open = 0;
        entry->query_rev = entry->pending_rev;
        if (entry->is_unknown) {
            entry->check_ns = now + OUTBOX_RECHECK_NS;
            if (seen->source == SEEN_QUERY && entry->doubt_ns > 0 &&
                now - entry->doubt_ns >= OUTBOX_ABSENT_GAP_NS && now > entry->expiry_ns) {
                end_request(entry);
                end_order(outbox, entry, REPORT_CANCELLED, REASON_ABSENT, 0, AGON_ORDER_CANCELLED,
                          seen->t_venue, now);
            }
        }
        return;
    }
    if (seen->state == AGON_ORDER_CANCELLED && seen->source == SEEN_REPLY)
        return; // the cancel's acknowledgement: outbox_outcome tells it
    is_replaced = entry->pending == CMD_REPLACE;
    if (entry->pending != 0)
        end_request(entry); // it is over, so is whatever was asked of it
    if (seen->state == AGON_ORDER_FILLED) {
        // The fills themselves move the ledger; where they were told all, no more is to be said,
        // but to who asked, and to who waits for a replacement by more than was filled.
        if (!is_replaced && entry->reported_state != 0 &&
            entry->fill_qty >= num_add(entry->base_qty, entry->cum_qty))
            entry->is_told = 1;
        end_order(outbox, entry, REPORT_STATE, 0, 0, AGON_ORDER_FILLED, seen->t_venue, now);
    } else if (seen->state == AGON_ORDER_CANCELLED) {
        end_order(outbox, entry, REPORT_CANCELLED, seen->reason, seen->code, seen->state,
                  seen->t_venue, now);
    } else if (seen->state == AGON_ORDER_EXPIRED) {
        end_order(outbox, entry, REPORT_EXPIRED, seen->reason, seen->code, seen->state,
                  seen->t_venue, now);
    } else if (seen->state == AGON_ORDER_REJECTED) {
        end_order(outbox, entry, REPORT_REJECTED,
                  seen->reason != 0 ? seen->reason : (uint16_t)REASON_VENUE_REJECT, seen->code,
                  seen->state, seen->t_venue, now);
    }
}

void outbox_seen(struct outbox *outbox, const struct outbox_seen *seen, agon_account_t account,
                 int64_t now)
{
    struct outbox_entry *entry = outbox_find(outbox, seen->order_id);

    if (entry == NULL) {
        entry = take_place(outbox, seen->order_id);
        if (entry == NULL)
            return; // the next reconciliation tries again
        outbox->n_adopted++;
        entry->instrument = seen->instrument;
        entry->account = account;
        entry->side = seen->side;
        entry->rev = seen->rev;
        entry->query_rev = seen->rev;
        entry->px = seen->px;
        entry->qty = seen->qty;
        entry->is_acked = 1;
    }
    if (seen->rev == entry->pending_rev && seen->rev != entry->rev &&
        entry->pending == CMD_REPLACE && seen->state != AGON_ORDER_REJECTED) {
        learn_number(outbox, entry, seen->venue_order);
        entry->base_qty = num_add(entry->base_qty, entry->cum_qty);
        entry->cum_qty = 0;
        entry->rev = seen->rev;
        entry->px = entry->next_px;
        entry->qty = entry->next_qty;
        entry->is_acked = 1;
        entry->acked_ns = now;
        entry->reported_state = AGON_ORDER_OPEN;
        entry->reported_qty = 0;
        end_request(entry);
        tell(outbox, entry, REPORT_REPLACED, 0, 0, AGON_ORDER_OPEN, seen->t_venue);
    }
    if (seen->rev != entry->rev)
        return; // an earlier wire order: its end was part of a replacement
    learn_number(outbox, entry, seen->venue_order);
    see_current(outbox, entry, seen, now);
}

void outbox_absent(struct outbox *outbox, struct outbox_entry *entry, uint8_t rev, int64_t now)
{
    int64_t began_ns = entry->doubt_ns;

    entry->check_ns = 0;
    if (entry->is_told || (entry->pending != 0 && !entry->is_unknown))
        return;
    if (began_ns == 0)
        entry->doubt_ns = now;
    if (entry->pending == CMD_REPLACE && rev == entry->pending_rev) {
        // What became of the old one decides, and is asked about at once.
        entry->query_rev = entry->rev;
        entry->check_ns = now;
        return;
    }
    entry->query_rev = entry->pending == CMD_REPLACE ? entry->pending_rev : entry->rev;
    if (began_ns == 0 || now - began_ns < OUTBOX_ABSENT_GAP_NS || now <= entry->expiry_ns) {
        entry->check_ns = now + (entry->pending != 0 ? OUTBOX_RECHECK_NS : OUTBOX_ABSENT_GAP_NS);
        return;
    }
    // A new order was never there. One that was is there no more: the core has us ask again before
    // it believes that.
    outbox->n_absent++;
    tell(outbox, entry, REPORT_ABSENT, REASON_ABSENT, 0, AGON_ORDER_REJECTED, 0);
    end_request(entry);
    entry->is_final = entry->is_told = entry->is_absent = 1;
}

void outbox_no_answer(struct outbox_entry *entry, int64_t now)
{
    if (entry->check_ns != 0)
        entry->check_ns = now + OUTBOX_RECHECK_NS;
}

/* True when it is told for the first time. */
static int is_news(struct outbox *outbox, agon_instrument_t instrument, uint64_t fill)
{
    uint64_t key = venue_key(instrument, fill);

    if (map_get(&outbox->fills, key, NULL))
        return 0;
    if (outbox->n_fills == outbox->fill_capacity)
        map_remove(&outbox->fills, outbox->fill_ring[outbox->fill_hand]);
    else
        outbox->n_fills++;
    outbox->fill_ring[outbox->fill_hand] = key;
    outbox->fill_hand = (outbox->fill_hand + 1) % outbox->fill_capacity;
    map_put(&outbox->fills, key, 1);
    return 1;
}

void outbox_fill(struct outbox *outbox, const struct outbox_fill *fill, int64_t now)
{
    struct outbox_entry *entry = fill->order_id != 0 ? outbox_find(outbox, fill->order_id) : NULL;
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT,
                .granules = sizeof(report) / EVENT_GRANULE,
                .instrument = fill->instrument,
                .t_venue = fill->t_venue},
        .order_id = fill->order_id,
        .venue_order = fill->venue_order,
        .venue_fill = fill->fill,
        .account = fill->account,
        .kind = REPORT_FILL,
        .side = fill->side,
        .liquidity = fill->liquidity,
        .px = fill->px,
        .qty = fill->qty,
        .fee_amt = fill->fee_amt,
        .fee_asset = fill->fee_asset,
        .rev = fill->rev,
        .is_forced = fill->is_forced,
    };

    if (!is_news(outbox, fill->instrument, fill->fill))
        return;
    if (fill->order_id == 0)
        outbox->n_foreign++;
    if (entry != NULL) {
        entry->fill_qty = num_add(entry->fill_qty, fill->qty);
        if (fill->rev == entry->rev && fill->wire_cum_qty > entry->cum_qty)
            entry->cum_qty = fill->wire_cum_qty;
        // A list of trades tells no total: then what was told so far is the least it can be.
        if (fill->wire_cum_qty == 0 && entry->fill_qty > num_add(entry->base_qty, entry->cum_qty))
            entry->cum_qty = entry->fill_qty - entry->base_qty;
        report.cum_qty = num_add(entry->base_qty, entry->cum_qty);
        if (report.cum_qty < entry->fill_qty)
            report.cum_qty = entry->fill_qty;
        report.account = entry->account;
        report.state = num_add(entry->base_qty, entry->cum_qty) >= entry->qty ? AGON_ORDER_FILLED
                                                                              : AGON_ORDER_PARTIAL;
        entry->reported_qty = entry->cum_qty;
        entry->reported_state = report.state;
        if (entry->fill_qty >= num_add(entry->base_qty, entry->cum_qty))
            entry->fills_ns = 0;
    } else {
        report.cum_qty = fill->wire_cum_qty;
    }
    (void)now;
    outbox->emit(outbox->ctx, &report.hdr);
}

void outbox_not_listed(struct outbox *outbox, struct outbox_entry *entry, int64_t asked_ns,
                       int64_t now)
{
    (void)outbox;
    if (entry->is_used && entry->is_acked && !entry->is_final && entry->pending == 0 &&
        entry->acked_ns < asked_ns && entry->check_ns == 0) {
        entry->query_rev = entry->rev;
        entry->check_ns = now;
    }
}

struct outbox_entry *outbox_due(struct outbox *outbox, uint32_t *at, int is_fills, int64_t now)
{
    for (; *at < outbox->n; ++*at) {
        struct outbox_entry *entry = &outbox->all[*at];
        int64_t due = is_fills ? entry->fills_ns : entry->check_ns;

        if (entry->is_used && due != 0 && due <= now) {
            ++*at;
            return entry;
        }
    }
    return NULL;
}
