// SPDX-License-Identifier: Apache-2.0
#include "venue/outbox_in.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/num.h"

#define FILLS_OF_LAST UINT8_MAX /* in fills_rev: it is the last wire order's turn */

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

    if (!map_get(&outbox->by_id, order_id, &at))
        return NULL;
    // What the venue says of one order must move no other.
    REQUIRE(at < outbox->n && outbox->all[at].order_id == order_id);
    return &outbox->all[at];
}

struct outbox_entry *outbox_find_venue(struct outbox *outbox, agon_instrument_t instrument,
                                       uint64_t venue_order)
{
    struct outbox_entry *entry;
    uint64_t order_id;

    if (!map_get(&outbox->by_venue, venue_key(instrument, venue_order), &order_id))
        return NULL;
    entry = outbox_find(outbox, order_id);
    return entry != NULL && entry->instrument == instrument ? entry : NULL;
}

void outbox_note_number(struct outbox *outbox, const struct outbox_entry *entry,
                        uint64_t venue_order)
{
    uint64_t key = venue_key(entry->instrument, venue_order);
    uint64_t other;
    uint32_t at = 0;

    // By the order's id, not by its place: a number must not name who has the place later.
    if (!map_get(&outbox->by_venue, key, NULL) &&
        map_count(&outbox->by_venue) >= outbox->capacity &&
        map_next(&outbox->by_venue, &at, &other, NULL))
        map_remove(&outbox->by_venue, other);
    REQUIRE(map_put(&outbox->by_venue, key, entry->order_id) == AGON_OK);
}

void outbox_learn_number(struct outbox *outbox, struct outbox_entry *entry, uint64_t venue_order)
{
    if (venue_order == 0 || entry->venue_order == venue_order)
        return;
    // Older numbers of the order stay known, for its late fills; they go with the entry's place.
    entry->venue_order = venue_order;
    outbox_note_number(outbox, entry, venue_order);
}

/* The number that the core names. It may have given its command before it was told of a
 * replacement: what was shown here is never older than what it knows. */
static void learn_named(struct outbox *outbox, struct outbox_entry *entry, uint64_t venue_order)
{
    if (entry->venue_order == 0)
        outbox_learn_number(outbox, entry, venue_order);
    else if (venue_order != 0)
        outbox_note_number(outbox, entry, venue_order);
}

/* A place: a free one, or that of an order whose end was told, the oldest first. */
struct outbox_entry *outbox_take_place(struct outbox *outbox, uint64_t order_id)
{
    struct outbox_entry *entry = NULL;

    if (outbox->n < outbox->capacity) {
        entry = &outbox->all[outbox->n++];
    } else {
        for (uint32_t i = 0; i < outbox->capacity && entry == NULL; i++) {
            struct outbox_entry *old = &outbox->all[outbox->hand];

            outbox->hand = (outbox->hand + 1) % outbox->capacity;
            if (old->is_final && old->is_told && old->pending == 0 && old->check_ns == 0 &&
                old->fills_ns == 0)
                entry = old;
        }
        if (entry == NULL)
            return NULL;
        REQUIRE(entry->is_final); // one that may be open keeps its place
        REQUIRE(map_remove(&outbox->by_id, entry->order_id));
        if (entry->venue_order != 0)
            map_remove(&outbox->by_venue, venue_key(entry->instrument, entry->venue_order));
    }
    memset(entry, 0, sizeof(*entry));
    entry->is_used = 1;
    entry->order_id = order_id;
    REQUIRE(map_put(&outbox->by_id, order_id, (uint64_t)(entry - outbox->all)) == AGON_OK);
    REQUIRE(map_count(&outbox->by_id) == outbox->n); // each place is named once
    return entry;
}

void outbox_tell(struct outbox *outbox, const struct outbox_entry *entry, uint8_t kind,
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
        .is_unasked = entry->is_adopted,
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

    outbox_tell(outbox, &entry, kind, reason, 0, 0, 0);
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

/* What earlier wire orders of it filled is the total less what this one was placed for. Late fills
 * of those can make it more, and nothing makes it less. */
void outbox_learn_base(struct outbox_entry *entry, agon_qty_t total_qty, agon_qty_t wire_qty)
{
    if (wire_qty > 0 && total_qty - wire_qty > entry->base_qty)
        entry->base_qty = total_qty - wire_qty;
}

/* Did it fill more than was told? What an earlier run heard of its total counts as much as what is
 * seen now, for a view that is behind shows less. */
int outbox_lacks_fills(const struct outbox_entry *entry)
{
    return num_add(entry->base_qty, entry->cum_qty) > entry->fill_qty ||
           entry->told_qty > entry->fill_qty;
}

agon_qty_t outbox_left(const struct outbox_entry *entry)
{
    agon_qty_t done_qty = num_add(entry->base_qty, entry->cum_qty);

    if (entry->told_qty > done_qty)
        done_qty = entry->told_qty;
    if (entry->fill_qty > done_qty)
        done_qty = entry->fill_qty;
    return entry->next_qty - done_qty;
}

/* What the core has of it was told by an earlier run; or by this one, and it may not know it yet.
 */
static void continue_fills(struct outbox_entry *entry, const struct order_cmd *cmd)
{
    if (cmd->filled_qty > entry->fill_qty)
        entry->fill_qty = cmd->filled_qty;
    entry->is_continued = 1;
}

/* The core names an order that was only seen so far: its total, and the fills of an earlier run. */
static void learn_total(struct outbox_entry *entry, const struct order_cmd *cmd)
{
    agon_qty_t total_qty =
        cmd->doubt == CMD_REPLACE && cmd->doubt_rev == entry->rev ? cmd->doubt_qty : cmd->qty;

    if (cmd->told_qty > entry->told_qty)
        entry->told_qty = cmd->told_qty;
    if (!entry->is_adopted)
        return;
    // No sight tells how it was placed, and one that replaces it is placed alike.
    entry->type = cmd->type;
    entry->tif = cmd->tif;
    entry->flags = cmd->flags;
    entry->trigger_px = cmd->trigger_px;
    if (cmd->filled_qty > entry->fill_qty)
        continue_fills(entry, cmd);
    if (cmd->kind == CMD_REPLACE) {
        // It names the total that shall be: of what was filled, this wire order shows its own part.
        if (cmd->filled_qty - entry->cum_qty > entry->base_qty)
            entry->base_qty = cmd->filled_qty - entry->cum_qty;
        return;
    }
    if (entry->is_in_place)
        return; // all that it filled is in its one wire order
    if (entry->rev != cmd->rev && entry->rev != cmd->doubt_rev)
        return;
    outbox_learn_base(entry, total_qty, entry->qty);
    if (total_qty > entry->qty)
        entry->qty = total_qty;
}

/* What the core says of a request in doubt: it is of an earlier run. */
static void take_doubt(const struct outbox *outbox, struct outbox_entry *entry,
                       const struct order_cmd *cmd, int64_t now)
{
    if (cmd->doubt == 0)
        return;
    entry->query_rev = cmd->doubt == CMD_REPLACE ? cmd->doubt_rev : cmd->rev;
    entry->pending = cmd->doubt;
    entry->pending_rev = cmd->doubt_rev;
    entry->next_px = cmd->doubt_px;
    entry->next_qty = cmd->doubt_qty;
    entry->is_unknown = 1;
    entry->expiry_ns = now + outbox->window_ns;
}

/* All that is known of it here is the core's word; what was seen of what it filled stays. */
static void take_over(const struct outbox *outbox, struct outbox_entry *entry,
                      const struct order_cmd *cmd, int64_t now)
{
    describe(entry, cmd);
    continue_fills(entry, cmd);
    entry->rev = cmd->rev;
    entry->query_rev = cmd->rev;
    entry->taken_ns = now;
    entry->is_final = entry->is_told = entry->is_concluded = entry->is_absent = 0;
    entry->reported_state = 0;
    entry->reported_qty = 0;
    entry->is_acked = cmd->doubt != CMD_NEW;
    entry->acked_ns = entry->is_acked ? now : 0;
    entry->is_adopted = 0;
    take_doubt(outbox, entry, cmd, now);
}

/* The core names an order that was only seen so far. */
static void name(const struct outbox *outbox, struct outbox_entry *entry,
                 const struct order_cmd *cmd, int64_t now)
{
    if (entry->is_in_place) {
        // The sight of an order that is replaced in its place says of no revision that it is.
        take_over(outbox, entry, cmd, now);
    } else if (entry->rev < cmd->rev) {
        // It was an old picture, of a wire order that has been replaced since.
        entry->venue_order = 0;
        entry->base_qty = entry->cum_qty = entry->wire_trade_qty = 0;
        take_over(outbox, entry, cmd, now);
    } else if (entry->rev == cmd->rev && entry->is_final) {
        // Of a replacement its end may be the half.
        if (cmd->doubt == CMD_REPLACE)
            take_over(outbox, entry, cmd, now);
    } else if (entry->rev == cmd->rev && cmd->doubt != CMD_NEW) {
        take_doubt(outbox, entry, cmd, now); // as it was then it may be without the request
    }
}

/* The core asks what became of an order. What it says of a request in doubt counts where we know of
 * none: the request is of an earlier run. */
static void ask(struct outbox *outbox, struct outbox_entry *entry, const struct order_cmd *cmd,
                int64_t now)
{
    if (entry == NULL) {
        // No room: nothing is concluded, and a list of open orders or of fills may still tell.
        entry = outbox_take_place(outbox, cmd->order_id);
        if (entry == NULL)
            return;
        take_over(outbox, entry, cmd, now);
        outbox->n_adopted++;
    } else if (entry->is_adopted) {
        name(outbox, entry, cmd, now);
    }
    if (cmd->is_over && !entry->is_final && entry->pending == 0 && entry->rev == cmd->rev) {
        entry->is_final = 1; // what shows it open is older than that, or there is a stray
        entry->ended_ns = now;
    }
    learn_total(entry, cmd);
    learn_named(outbox, entry, cmd->venue_order);
    entry->check_ns = now;
    entry->is_adopted = 0;
    if (entry->pending != 0)
        return;
    if (entry->is_absent)
        entry->is_absent = entry->is_concluded = entry->is_final = entry->is_told = 0;
    entry->query_rev = entry->rev;
    entry->is_asked = 1; // whatever comes is told, an end that was told before too
    entry->reported_state = 0;
    entry->is_told = 0;
    // Of one that may be open a sight comes first: it tells whether its trades are of one wire
    // order.
    if (entry->is_final && outbox_lacks_fills(entry) && entry->fills_ns == 0)
        entry->fills_ns = now + OUTBOX_FILLS_WAIT_NS;
}

/* Strays ---------------------------------------------------------------------------------------
 */

static struct outbox_stray *find_stray(struct outbox *outbox, uint64_t order_id, uint8_t rev)
{
    for (uint32_t i = 0; i < outbox->n_strays; i++) {
        if (outbox->strays[i].order_id == order_id && outbox->strays[i].rev == rev)
            return &outbox->strays[i];
    }
    return NULL;
}

static void tell_stray(struct outbox *outbox, const struct outbox_stray *stray, uint8_t state)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT,
                .granules = sizeof(report) / EVENT_GRANULE,
                .instrument = stray->instrument},
        .order_id = stray->order_id,
        .venue_order = stray->venue_order,
        .account = stray->account,
        .kind = REPORT_STRAY,
        .state = state,
        .side = stray->side,
        .px = stray->px,
        .qty = stray->qty,
        .rev = stray->rev,
    };

    outbox->emit(outbox->ctx, &report.hdr);
}

/* Without room it is only told and counted; whoever lists the open orders next finds it again. */
void outbox_add_stray(struct outbox *outbox, const struct outbox_stray *stray)
{
    if (find_stray(outbox, stray->order_id, stray->rev) != NULL)
        return;
    outbox->n_strays_seen++;
    tell_stray(outbox, stray, AGON_ORDER_OPEN);
    if (outbox->n_strays < OUTBOX_STRAYS)
        outbox->strays[outbox->n_strays++] = *stray;
}

struct outbox_stray *outbox_stray_due(struct outbox *outbox, int64_t now, int64_t wait_ns)
{
    for (uint32_t i = 0; i < outbox->n_strays; i++) {
        struct outbox_stray *stray = &outbox->strays[i];

        if (stray->check_ns > now)
            continue;
        stray->check_ns = now + wait_ns;
        stray->n_tries++;
        return stray;
    }
    return NULL;
}

void outbox_stray_answer(struct outbox *outbox, uint64_t order_id, uint8_t rev, int is_gone,
                         int was_open, int64_t now)
{
    struct outbox_stray *stray = find_stray(outbox, order_id, rev);

    if (stray == NULL)
        return;
    if (!is_gone) {
        stray->check_ns = now + OUTBOX_RECHECK_NS;
        return;
    }
    if (was_open)
        tell_stray(outbox, stray, AGON_ORDER_CANCELLED);
    REQUIRE(stray < outbox->strays + outbox->n_strays);
    *stray = outbox->strays[--outbox->n_strays];
}

/* The core holds no such order open: whatever the venue shows of it is not to be there. */
static void disown(struct outbox *outbox, struct outbox_entry *entry, const struct order_cmd *cmd,
                   int64_t now)
{
    if (entry != NULL && !entry->is_final && entry->pending == 0 && entry->rev == cmd->rev) {
        entry->is_final = entry->is_told = 1;
        entry->ended_ns = now;
        entry->check_ns = 0;
    }
    if (entry != NULL)
        entry->is_adopted = 0;
    outbox_add_stray(outbox, &(struct outbox_stray){.order_id = cmd->order_id,
                                                    .venue_order = cmd->venue_order,
                                                    .instrument = cmd->instrument,
                                                    .account = cmd->account,
                                                    .rev = cmd->rev,
                                                    .side = cmd->side,
                                                    .px = cmd->px,
                                                    .qty = cmd->qty,
                                                    .check_ns = now});
}

/* The core cancels an order that was only seen so far, and what was seen is not what it names: the
 * wire order of before a replacement, or one that is replaced in its place, of which no sight says
 * what revision it is. */
static int is_old_picture(const struct outbox_entry *entry, const struct order_cmd *cmd)
{
    return cmd->kind == CMD_CANCEL && entry->is_adopted && !entry->is_final &&
           entry->pending == 0 && (entry->is_in_place || entry->rev < cmd->rev);
}

/* What is told of it from here on is the order that the core names; what was seen of what it filled
 * stays. */
static void name_for_cancel(struct outbox_entry *entry, const struct order_cmd *cmd, int64_t now)
{
    if (!entry->is_in_place) {
        entry->venue_order = 0; // of another wire order
        entry->base_qty = num_add(entry->base_qty, entry->cum_qty);
        entry->cum_qty = entry->wire_trade_qty = 0;
    }
    describe(entry, cmd);
    if (cmd->filled_qty > entry->fill_qty)
        continue_fills(entry, cmd);
    entry->rev = cmd->rev;
    entry->acked_ns = entry->taken_ns = now;
    entry->is_adopted = 0;
}

struct outbox_entry *outbox_command(struct outbox *outbox, const struct order_cmd *cmd, int64_t now)
{
    struct outbox_entry *entry = outbox_find(outbox, cmd->order_id);
    int is_known = entry != NULL;

    if (cmd->kind == CMD_QUERY) {
        ask(outbox, entry, cmd, now);
        return NULL;
    }
    if (cmd->kind == CMD_CANCEL_ALL)
        return NULL; // of no order
    if (cmd->kind == CMD_STRAY) {
        disown(outbox, entry, cmd, now);
        return NULL;
    }

    if (cmd->kind == CMD_NEW) {
        if (entry != NULL) {
            // The core never uses an id twice; were it to, the first is the one that counts.
            refuse(outbox, cmd, REPORT_NOT_SENT, REASON_DUPLICATE);
            return NULL;
        }
        entry = outbox_take_place(outbox, cmd->order_id);
        if (entry == NULL) {
            refuse(outbox, cmd, REPORT_NOT_SENT, REASON_NO_ROOM);
            return NULL;
        }
    } else if (entry == NULL) {
        // Of an earlier run of this host: the core knows it from its journal.
        entry = outbox_take_place(outbox, cmd->order_id);
        if (entry == NULL) {
            refuse(outbox, cmd, REPORT_NOT_SENT, REASON_NO_ROOM);
            return NULL;
        }
        entry->is_acked = 1;
        entry->acked_ns = now;
        continue_fills(entry, cmd);
        entry->rev = cmd->kind == CMD_REPLACE ? (uint8_t)(cmd->rev - 1) : cmd->rev;
        // Nothing tells what of it this wire order filled: rather too little is placed.
        entry->base_qty = cmd->kind == CMD_REPLACE ? cmd->filled_qty : 0;
        outbox->n_adopted++;
    } else if (entry->pending != 0) {
        refuse(outbox, cmd, REPORT_NOT_SENT, REASON_REQUEST_PENDING);
        return NULL;
    }
    if (!is_known)
        describe(entry, cmd);
    if (is_old_picture(entry, cmd))
        name_for_cancel(entry, cmd, now);
    learn_total(entry, cmd);
    learn_named(outbox, entry, cmd->venue_order);
    if (cmd->kind == CMD_NEW)
        entry->rev = cmd->rev;
    REQUIRE(entry->pending == 0); // one request of an order at a time, or its answer says nothing
    entry->pending = cmd->kind;
    entry->is_told = 0; // its end answers this request, also where it came before and was told
    entry->number = ++outbox->n_requests;
    entry->pending_rev = cmd->rev;
    entry->next_px = cmd->px;
    entry->next_qty = cmd->qty;
    entry->is_unknown = 0;
    entry->is_old_gone = 0;
    entry->is_old_open = 0;
    entry->read_ns = 0;
    entry->closed_ns = 0;
    entry->is_adopted = 0;
    return entry;
}

void outbox_sent(struct outbox_entry *entry, int64_t expiry_ns)
{
    entry->expiry_ns = expiry_ns;
}

void outbox_end_request(struct outbox_entry *entry)
{
    entry->pending = 0;
    entry->is_unknown = 0;
    entry->is_old_gone = 0;
    entry->is_old_open = 0;
    entry->read_ns = 0;
    entry->check_ns = 0;
    entry->query_rev = entry->rev;
}

/* A replacement that is given up: should it come all the same, it is known by this. */
void outbox_give_up(struct outbox_entry *entry)
{
    if (entry->pending != CMD_REPLACE)
        return;
    entry->lost_rev = entry->pending_rev;
    entry->lost_px = entry->next_px;
    entry->lost_qty = entry->next_qty;
}

/* From when on a read has to be sent that shows what became of it: see the proof in the header. */
static int64_t settled_ns(const struct outbox_entry *entry)
{
    int64_t last_ns = entry->acked_ns;

    if (entry->pending != 0 && entry->expiry_ns > last_ns)
        last_ns = entry->expiry_ns;
    return last_ns + OUTBOX_VIEW_LAG_NS;
}

/* A read that was sent at asked_ns speaks for "not done". Proven by it? Else asked about again. */
int outbox_is_proven(struct outbox_entry *entry, int64_t asked_ns, int64_t now)
{
    int64_t settled = settled_ns(entry);

    if (asked_ns <= settled) {
        // Before that a read can only find it; right after that it counts.
        entry->check_ns = now + OUTBOX_RECHECK_NS;
        if (now <= settled && entry->check_ns > settled)
            entry->check_ns = settled + 1;
        return 0;
    }
    if (entry->read_ns == 0)
        entry->read_ns = asked_ns;
    entry->check_ns = entry->read_ns + OUTBOX_ABSENT_GAP_NS;
    if (entry->check_ns <= now)
        entry->check_ns = now + OUTBOX_RECHECK_NS;
    return asked_ns - entry->read_ns >= OUTBOX_ABSENT_GAP_NS;
}

/* The order's end, told once. */
void outbox_end_order(struct outbox *outbox, struct outbox_entry *entry, uint8_t kind,
                      uint16_t reason, int32_t code, uint8_t state, agon_ns_t t_venue, int64_t now)
{
    REQUIRE(entry->pending == 0); // nothing of an order that is over is on its way
    if (!entry->is_final) {
        entry->ended_ns = now;
        entry->t_ended = t_venue;
    }
    entry->is_final = 1;
    entry->closed_ns = 0;
    if (outbox_lacks_fills(entry) && entry->fills_ns == 0)
        entry->fills_ns = now + OUTBOX_FILLS_WAIT_NS;
    if (entry->is_told)
        return;
    outbox_tell(outbox, entry, kind, reason, code, state, t_venue);
    entry->is_told = 1;
    entry->is_asked = 0;
}

void outbox_half_done(struct outbox *outbox, const struct outbox_entry *entry, agon_ns_t t_venue)
{
    outbox_tell(outbox, entry, REPORT_CANCEL_ACK, 0, 0, 0, t_venue);
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
        outbox_tell(outbox, entry, REPORT_UNKNOWN, reason, code, 0, 0);
        return;
    case OUTCOME_ACCEPTED:
        if (pending == CMD_NEW) {
            outbox_end_request(entry);
            if (!entry->is_acked) {
                entry->is_acked = 1;
                entry->acked_ns = now;
                entry->reported_state = AGON_ORDER_OPEN;
                outbox_tell(outbox, entry, REPORT_ACK, 0, 0, AGON_ORDER_OPEN, 0);
            }
        } else if (pending == CMD_CANCEL) {
            // Cancelled it is when the stream or a query says so.
            outbox_end_request(entry);
            entry->is_told = entry->is_final; // what came before the order to cancel was told
            if (!entry->is_final) {
                entry->closed_ns = now;
                outbox_tell(outbox, entry, REPORT_CANCEL_ACK, 0, 0, 0, 0);
                entry->check_ns = now + OUTBOX_RECHECK_NS;
            }
        }
        return;
    case OUTCOME_NOT_SENT:
        outbox_tell(outbox, entry, REPORT_NOT_SENT, reason, code, 0, 0);
        outbox_end_request(entry);
        entry->is_told = entry->is_final;
        if (pending == CMD_NEW) {
            entry->is_final = entry->is_told = entry->is_concluded = 1;
            entry->ended_ns = now;
        }
        return;
    case OUTCOME_REJECTED:
        if (pending == CMD_NEW) {
            outbox_end_request(entry);
            outbox_end_order(outbox, entry, REPORT_REJECTED, reason, code, AGON_ORDER_REJECTED, 0,
                             now);
            entry->is_concluded = 1;
        } else if (pending == CMD_CANCEL) {
            outbox_tell(outbox, entry, REPORT_CANCEL_REJECTED, reason, code, 0, 0);
            outbox_end_request(entry);
            entry->is_told = entry->is_final;
            entry->check_ns = entry->is_final ? 0 : now; // then reconcile
            entry->reported_state = 0;
            entry->is_asked = 1;
            if (reason == REASON_VENUE_UNKNOWN_ORDER && !entry->is_final)
                entry->closed_ns = now;
        } else if (entry->is_old_gone) {
            // Half done: the old one is gone and nothing came in its place.
            outbox_give_up(entry);
            outbox_end_request(entry);
            outbox_end_order(outbox, entry, REPORT_CANCELLED, reason, code, AGON_ORDER_CANCELLED, 0,
                             now);
        } else {
            outbox_tell(outbox, entry, REPORT_REPLACE_REJECTED, reason, code, 0, 0);
            outbox_give_up(entry);
            outbox_end_request(entry);
            entry->is_told = entry->is_final;
            entry->check_ns = entry->is_final ? 0 : now;
        }
        return;
    }
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
    REQUIRE(map_put(&outbox->fills, key, 1) == AGON_OK);
    // What the ring lets go and the map keeps, or the other way round, tells a fill twice.
    REQUIRE(map_count(&outbox->fills) == outbox->n_fills);
    return 1;
}

static void count_fill(struct outbox_entry *entry, const struct outbox_fill *fill)
{
    entry->n_fetches = 0;
    entry->trade_qty = num_add(entry->trade_qty, fill->qty);
    if (fill->rev == entry->rev)
        entry->wire_trade_qty = num_add(entry->wire_trade_qty, fill->qty);
    // Of an earlier run's trades the numbers are not known here, and a list tells them again: the
    // sum of what is told counts once it is more than what the core had. One of the stream is new.
    if (entry->is_continued && fill->wire_cum_qty != 0)
        entry->fill_qty = num_add(entry->fill_qty, fill->qty);
    else if (entry->trade_qty > entry->fill_qty)
        entry->fill_qty = entry->trade_qty;
}

/* A list of trades tells no total: then what was told so far is the least it can be, of this wire
 * order and of those before it, each for itself. */
static void learn_least(struct outbox_entry *entry)
{
    agon_qty_t before_qty = entry->trade_qty - entry->wire_trade_qty;

    // Replaced in its place it has one wire order, in whose list those of before are, too.
    if (entry->is_in_place) {
        if (entry->fill_qty > num_add(entry->base_qty, entry->cum_qty))
            entry->cum_qty = entry->fill_qty - entry->base_qty;
        return;
    }
    REQUIRE(before_qty >= 0); // a part of what was told, as large at most
    if (entry->wire_trade_qty > entry->cum_qty)
        entry->cum_qty = entry->wire_trade_qty;
    if (before_qty > entry->base_qty)
        entry->base_qty = before_qty;
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
    if (entry != NULL && entry->is_final && entry->is_concluded) {
        const struct outbox_seen seen = {.t_venue = fill->t_venue};

        outbox_reopen(outbox, entry, &seen, now); // what traded was there
    }
    if (entry != NULL) {
        count_fill(entry, fill);
        if (fill->rev == entry->rev && fill->wire_cum_qty > entry->cum_qty)
            entry->cum_qty = fill->wire_cum_qty;
        if (fill->wire_cum_qty == 0)
            learn_least(entry);
        report.cum_qty = num_add(entry->base_qty, entry->cum_qty);
        if (report.cum_qty < entry->fill_qty)
            report.cum_qty = entry->fill_qty;
        report.account = entry->account;
        report.state = num_add(entry->base_qty, entry->cum_qty) >= entry->qty ? AGON_ORDER_FILLED
                                                                              : AGON_ORDER_PARTIAL;
        entry->reported_qty = entry->cum_qty;
        entry->reported_state = report.state;
        if (!outbox_lacks_fills(entry))
            entry->fills_ns = 0;
    } else {
        report.cum_qty = fill->wire_cum_qty;
    }
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

int outbox_fills_before(struct outbox_entry *entry, uint8_t *rev)
{
    if (!entry->is_continued || entry->is_in_place || entry->rev == 0 ||
        entry->wire_trade_qty < entry->cum_qty)
        return 0;
    if (entry->fills_rev == FILLS_OF_LAST) {
        entry->fills_rev = 0;
        return 0; // what is known to be its part may be what an old view showed
    }
    if (entry->fills_rev == 0 || entry->fills_rev > entry->rev)
        entry->fills_rev = entry->rev; // from the last one on, and again
    *rev = --entry->fills_rev;
    if (entry->fills_rev == 0)
        entry->fills_rev = FILLS_OF_LAST;
    return 1;
}

void outbox_fetched(struct outbox_entry *entry, int64_t now, int64_t every_ns)
{
    entry->fills_ns = now + (every_ns << entry->n_fetches);
    if (entry->n_fetches < OUTBOX_FETCHES)
        entry->n_fetches++;
}

void outbox_not_fetched(struct outbox *outbox, uint64_t order_id, int64_t now, int64_t every_ns)
{
    struct outbox_entry *entry = outbox_find(outbox, order_id);

    if (entry == NULL || entry->fills_ns == 0)
        return;
    if (entry->n_fetches > 0)
        entry->n_fetches--;
    entry->fills_ns = now + (every_ns << entry->n_fetches);
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
