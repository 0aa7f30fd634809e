// SPDX-License-Identifier: Apache-2.0
#include "exec/orders.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/hot.h"
#include "base/zeroed.h"
#include "ledger/ledger.h"
#include "market/ceilings.h"

#define LOW_SLOTS 64 /* whose lists a state always has; those of others where one is not empty */
#define FILLS     65536u /* fills remembered, the newest */
#define LINE      64     /* bytes of the cache */
#define ASKS      4      /* answers that contradict what is known, before one is believed */

struct list {
    uint32_t first, last, n; /* + 1 */
};
struct orders {
    uint64_t n_settled; /* since the table was made */
    struct order *all;  /* [capacity], each at the front of a line of the cache */
    void *memory;       /* owned; theirs */
    agon_px_t *mids;    /* owned; [capacity], orders_mids */
    uint32_t *free;     /* owned; stack of free places */
    uint32_t n_free, capacity;
    struct map by_id; /* owned; id to place + 1 */
    struct list open[SLOTS_MAX];
    struct list final;   /* oldest first */
    struct map fills;    /* owned */
    uint64_t *fill_keys; /* owned; in order of arrival, a ring */
    uint64_t n_fills;
};

struct orders *orders_new(uint32_t capacity)
{
    struct orders *orders;

    if (capacity < 16 || capacity > 1u << 20)
        return NULL;
    orders = calloc(1, sizeof(*orders));
    if (orders == NULL)
        return NULL;
    orders->capacity = capacity;
    orders->all = zeroed_new(LINE, capacity * sizeof(*orders->all), &orders->memory);
    orders->mids = calloc(capacity, sizeof(*orders->mids));
    orders->free = calloc(capacity, sizeof(*orders->free));
    orders->fill_keys = calloc(FILLS, sizeof(*orders->fill_keys));
    if (orders->all == NULL || orders->mids == NULL || orders->free == NULL ||
        orders->fill_keys == NULL || map_init(&orders->by_id, capacity) < 0 ||
        map_init(&orders->fills, FILLS) < 0) {
        orders_free(orders);
        return NULL;
    }
    for (uint32_t i = 0; i < capacity; i++)
        orders->free[i] = capacity - 1 - i;
    orders->n_free = capacity;
    return orders;
}

void orders_free(struct orders *orders)
{
    if (orders == NULL)
        return;
    map_deinit(&orders->by_id);
    map_deinit(&orders->fills);
    free(orders->fill_keys);
    free(orders->memory);
    free(orders->mids);
    free(orders->free);
    free(orders);
}

static void link_last(struct orders *orders, struct list *list, uint32_t place)
{
    struct order *order = &orders->all[place];

    REQUIRE(order->prev == 0 && order->next == 0); // it stands in no list
    order->prev = list->last;
    if (list->last != 0)
        orders->all[list->last - 1].next = place + 1;
    else
        list->first = place + 1;
    list->last = place + 1;
    list->n++;
}

static void unlink_from(struct orders *orders, struct list *list, uint32_t place)
{
    struct order *order = &orders->all[place];

    // The links hold both ways, or an order would be lost to every walk over the list.
    REQUIRE((order->prev != 0 ? orders->all[order->prev - 1].next : list->first) == place + 1);
    REQUIRE((order->next != 0 ? orders->all[order->next - 1].prev : list->last) == place + 1);
    if (order->prev != 0)
        orders->all[order->prev - 1].next = order->next;
    else
        list->first = order->next;
    if (order->next != 0)
        orders->all[order->next - 1].prev = order->prev;
    else
        list->last = order->prev;
    order->next = 0;
    order->prev = 0;
    list->n--;
}

static uint32_t place_of(const struct orders *orders, const struct order *order)
{
    size_t place = (size_t)(order - orders->all);

    REQUIRE(place < orders->capacity); // it is of this table
    return (uint32_t)place;
}

struct order *orders_open(struct orders *orders, uint64_t id, uint16_t slot)
{
    struct order *order;
    uint32_t place;

    if (slot >= SLOTS_MAX || map_get(&orders->by_id, id, NULL))
        return NULL;
    if (orders->n_free == 0) {
        uint32_t at = orders->final.first;

        // One that still holds back for fills on their way keeps its place: nobody else could free
        // what it holds.
        while (at != 0 && orders->all[at - 1].held_back_qty != 0)
            at = orders->all[at - 1].next;
        if (at == 0)
            return NULL;
        place = at - 1;
        unlink_from(orders, &orders->final, place);
        map_remove(&orders->by_id, orders->all[place].id);
        orders->free[orders->n_free++] = place;
    }
    place = orders->free[--orders->n_free];
    order = &orders->all[place];
    memset(order, 0, sizeof(*order));
    orders->mids[place] = 0;
    order->id = id;
    order->slot = slot;
    REQUIRE(map_put(&orders->by_id, id, place + 1) == AGON_OK);
    REQUIRE(map_count(&orders->by_id) + orders->n_free == orders->capacity);
    link_last(orders, &orders->open[slot], place);
    return order;
}

HOT void orders_expect(const struct orders *orders, uint64_t id)
{
    const struct order *order;

    map_expect(&orders->by_id, id);
    if (orders->n_free > 0) {
        order = &orders->all[orders->free[orders->n_free - 1]];
    } else if (orders->final.first != 0) {
        order = &orders->all[orders->final.first - 1];
        // It goes, and the one behind it becomes the oldest. What is read here was near already
        // when it became that.
        map_expect(&orders->by_id, order->id);
        if (order->next != 0)
            __builtin_prefetch(&orders->all[order->next - 1], 1);
    } else {
        return;
    }
    for (const char *at = (const char *)order; at < (const char *)(order + 1); at += LINE)
        __builtin_prefetch(at, 1);
}

struct order *orders_find(struct orders *orders, uint64_t id)
{
    uint64_t place;

    if (!map_get(&orders->by_id, id, &place))
        return NULL;
    REQUIRE(orders->all[place - 1].id == id); // a report must move no other order
    return &orders->all[place - 1];
}

struct order *orders_next(struct orders *orders, uint16_t slot, struct order *after)
{
    uint32_t next;

    if (slot >= SLOTS_MAX)
        return NULL;
    next = after == NULL ? orders->open[slot].first : after->next;
    return next != 0 ? &orders->all[next - 1] : NULL;
}

struct order *orders_next_final(struct orders *orders, struct order *after)
{
    uint32_t next = after == NULL ? orders->final.first : after->next;

    return next != 0 ? &orders->all[next - 1] : NULL;
}

struct order *orders_by_ref(struct orders *orders, uint16_t slot, uint64_t client_ref)
{
    if (slot >= SLOTS_MAX || client_ref == 0)
        return NULL;
    for (uint32_t at = orders->open[slot].last; at != 0; at = orders->all[at - 1].prev) {
        if (orders->all[at - 1].client_ref == client_ref)
            return &orders->all[at - 1];
    }
    return NULL;
}

HOT uint32_t orders_count(const struct orders *orders, uint16_t slot)
{
    return slot < SLOTS_MAX ? orders->open[slot].n : 0;
}

int orders_fill_is_new(struct orders *orders, agon_account_t account, agon_instrument_t instrument,
                       uint8_t side, uint64_t venue_fill)
{
    // Both sides of a trade have its one number, and both may be ours.
    uint64_t key =
        hash_mix((uint64_t)account << 40 | (uint64_t)side << 32 | instrument) ^ venue_fill;

    if (map_get(&orders->fills, key, NULL))
        return 0;
    if (orders->n_fills >= FILLS)
        map_remove(&orders->fills, orders->fill_keys[orders->n_fills % FILLS]);
    orders->fill_keys[orders->n_fills % FILLS] = key;
    orders->n_fills++;
    REQUIRE(map_put(&orders->fills, key, 1) == AGON_OK);
    // A key that the ring lets go and the map keeps, or the other way round, books a fill twice.
    REQUIRE(map_count(&orders->fills) == (orders->n_fills < FILLS ? orders->n_fills : FILLS));
    return 1;
}

static void end_request(struct order *order)
{
    order->request = AGON_REQUEST_NONE;
    order->request_state = 0;
    order->n_asked = 0;
}

// What shows that the venue has the order settles a new request, and nothing else.
static void prove_new(struct order *order)
{
    if (order->request == AGON_REQUEST_NEW)
        end_request(order);
    if (order->state == AGON_ORDER_PENDING)
        order->state = AGON_ORDER_OPEN;
}

static void finish(struct order *order, uint8_t state, uint16_t reason)
{
    order->state = state;
    order->reason = reason;
    end_request(order);
    order->flags &= ~(uint32_t)ORDER_CANCEL_WANTED;
}

static int shows_open(const struct record_report *report)
{
    return report->kind == REPORT_STATE && report->state >= AGON_ORDER_PENDING &&
           report->state <= AGON_ORDER_CANCELLING;
}

// A final order that the report shows to be there.
static int is_there(const struct order *order, const struct record_report *report)
{
    switch (report->kind) {
    case REPORT_ACK:
        return order_is_concluded(order) || report->reason == REASON_ABSENT;
    case REPORT_REPLACED:
        return order_is_concluded(order) && report->rev > order->rev;
    default:
        return order_is_concluded(order) && shows_open(report);
    }
}

static void reopen(struct orders *orders, struct order *order, struct orders_effect *effect)
{
    uint32_t place = place_of(orders, order);

    unlink_from(orders, &orders->final, place);
    link_last(orders, &orders->open[order->slot], place);
    order->is_settled = 0;
    order->state = order->filled_qty > 0 ? AGON_ORDER_PARTIAL : AGON_ORDER_OPEN;
    order->reason = REASON_NONE;
    order->n_asked = 0;
    // Its agent was told that it is over, and has gone on without it.
    order->flags |= ORDER_CANCEL_WANTED;
    effect->is_reopened = effect->is_changed = 1;
    effect->was_final = 0;
}

static void note_total(struct order *order, agon_qty_t cum_qty)
{
    if (cum_qty > order->venue_cum_qty)
        order->venue_cum_qty = cum_qty;
    if (order->venue_cum_qty > order->filled_qty)
        order->flags |= ORDER_FILLS_DUE;
    else
        order->flags &= ~(uint32_t)ORDER_FILLS_DUE;
}

// A revision later than the one that was known to stand at the venue.
static int is_next_rev(const struct order *order, const struct record_report *report)
{
    return report->rev > order->rev;
}

// The replacement is what stands at the venue now.
static void adopt(struct order *order, const struct record_report *report)
{
    // The one in flight, not an earlier one that was given up.
    int is_ours = order->request == AGON_REQUEST_REPLACE &&
                  (!is_next_rev(order, report) || report->rev == order->rev_asked);
    int is_told = report->kind != REPORT_FILL; // px and qty of a fill are the trade's

    if (is_told && report->px > 0)
        order->px = report->px;
    else if (is_ours)
        order->px = order->new_px;
    // Of the one in flight the total is what was asked for. Who has it only from sight, after a
    // restart, may know no more than what its wire order is for, without what was filled before.
    if (is_ours)
        order->qty = order->new_qty;
    else if (is_told && report->qty > 0)
        order->qty = report->qty;
    if (order->qty < order->filled_qty)
        order->qty = order->filled_qty; // what was filled before the venue made it smaller
    order->rev = is_next_rev(order, report) ? report->rev : order->rev_asked;
    if (order->rev > order->rev_asked)
        order->rev_asked = order->rev;
    if (is_ours)
        end_request(order);
}

static void apply_fill(struct orders *orders, struct order *order,
                       const struct record_report *report, struct orders_effect *effect)
{
    int is_final = order_is_final(order);
    agon_qty_t room;

    if (report->qty <= 0 || report->px <= 0)
        return;
    if (!orders_fill_is_new(orders, order->account, order->instrument, order->side,
                            report->venue_fill))
        return;
    effect->is_fill = 1;
    effect->is_changed = 1;
    effect->fill_px = report->px;
    effect->fill_qty = report->qty;
    // A replace that the venue did before it told us: a fill of it, or one larger than the old
    // order, is the proof.
    if (!is_final && order->request == AGON_REQUEST_REPLACE &&
        (is_next_rev(order, report) ||
         (report->qty > order->qty - order->filled_qty && order->new_qty > order->qty)))
        adopt(order, report);
    room = order->qty - order->filled_qty;
    if (report->qty > room) {
        effect->is_over = 1;
        effect->over_qty = report->qty - room;
    }
    order->filled_qty += report->qty < room ? report->qty : room;
    if (!is_final) {
        prove_new(order);
        if (order->state != AGON_ORDER_CANCELLING)
            order->state = AGON_ORDER_PARTIAL;
    }
    note_total(order, report->cum_qty);
}

// clang-format off
/* (state, request) x report. A dash, and what is not listed, changes nothing but the venue's total.
 *
 *                     PENDING + new     OPEN, PARTIAL   + cancel          + replace        final
 *   ACK               OPEN              -               -                 -                -
 *   FILL              PARTIAL, FILLED   same            same              same (1)         quantity only
 *   CANCELLED         CANCELLED         CANCELLED       CANCELLED         CANCELLED        -
 *   EXPIRED           EXPIRED           EXPIRED         EXPIRED           EXPIRED          -
 *   REJECTED          REJECTED          -               -                 -                -
 *   REPLACED          new px, qty       new px, qty     new px, qty       + request ends   -
 *   CANCEL_REJECTED   -                 -               request ends (2)  -                -
 *   REPLACE_REJECTED  -                 -               -                 request ends (2) -
 *   NOT_SENT          REJECTED          -               request ends (3)  request ends     -
 *   UNKNOWN           UNKNOWN, query    -               UNKNOWN, query    UNKNOWN, query   -
 *   STATE             as told           as told         as told (4)       as told (4)      -
 *   ABSENT            REJECTED          query (5)       query (5)         query (5)        -
 *   CANCEL_ACK        -                 -               -                 -                -
 *   STRAY             -                 -               -                 -                -
 *
 * An end that was concluded and not shown, REJECTED or CANCELLED as ABSENT, is no end when the order is seen:
 * ACK, REPLACED with the next revision and STATE open open it again, and its cancel goes out. A fill of it has
 * the venue asked. Of any other end, STATE open is a stray: the gateway is told to cancel what stands there. An
 * ACK that says ABSENT is the gateway's word that it was given up there, and opens the order in any case.
 *
 * (1) A fill of the new revision, or one that the old quantity cannot hold, proves the replacement. An old
 *     quantity that is full while a larger one may stand at the venue is not yet the end.
 * (2) When the venue says that it knows no such order: query, it may just have ended.
 * (3) The wish stands: the cancel goes again after a pause.
 * (4) A request of unknown fate ends: the venue shows the order, so it was not done, or, with the next
 *     revision, it was.
 * (5) The venue has shown the order and now swears that it never was: asked again, and when it stays at that,
 *     CANCELLED.
 */
// clang-format on
static void apply_state(struct order *order, const struct record_report *report,
                        struct orders_effect *effect)
{
    uint8_t before = order->state;
    uint8_t request = order->request;
    uint8_t rev = order->rev;

    note_total(order, report->cum_qty);
    if (order_is_final(order))
        return;
    switch (report->state) {
    case AGON_ORDER_OPEN:
    case AGON_ORDER_PARTIAL:
        prove_new(order);
        if (order->filled_qty > 0)
            order->state = AGON_ORDER_PARTIAL;
        if (is_next_rev(order, report))
            adopt(order, report);
        // Still as it was after the request's own expiry (the gateway waits for that, once it knows
        // of the request): the request was not done.
        if (!report->is_unasked &&
            (order->request == AGON_REQUEST_CANCEL || order->request == AGON_REQUEST_REPLACE) &&
            order->request_state == AGON_REQUEST_UNKNOWN)
            end_request(order);
        break;
    case AGON_ORDER_CANCELLING:
        prove_new(order);
        order->state = AGON_ORDER_CANCELLING;
        break;
    case AGON_ORDER_FILLED:
        // Final only when its fills are here: until then what is missing stays held back.
        prove_new(order);
        if (order->request == AGON_REQUEST_REPLACE) {
            if (is_next_rev(order, report))
                adopt(order, report);
            else
                end_request(order); // nothing is left that could be replaced
        }
        // A venue may take a reduce-only order for less than was asked: what it calls filled is all
        // that there will be. Of any other that was replaced the total is several wire orders' sum.
        if (!report->is_unasked && report->rev == order->rev &&
            order->request != AGON_REQUEST_REPLACE &&
            (order->rev == 0 || (order->flags & AGON_REDUCE_ONLY) != 0) &&
            report->cum_qty >= order->filled_qty && report->cum_qty > 0 &&
            report->cum_qty < order->qty)
            order->qty = report->cum_qty;
        effect->is_query = order->filled_qty < order->qty && order->n_asked < ASKS;
        break;
    case AGON_ORDER_CANCELLED:
    case AGON_ORDER_EXPIRED:
        finish(order, report->state, report->reason);
        break;
    case AGON_ORDER_REJECTED:
        if (order->request == AGON_REQUEST_NEW)
            finish(order, AGON_ORDER_REJECTED, report->reason);
        break;
    default:
        break;
    }
    effect->is_changed |= before != order->state || request != order->request || rev != order->rev;
}

// A wire order that was replaced, seen by a gateway that does not know yet that it was: of an open
// order, which it is about to be asked for.
static int is_of_before(const struct order *order, const struct record_report *report)
{
    // With a replacement unconfirmed an end may be the half of it.
    int is_half =
        order->request == AGON_REQUEST_REPLACE && report->rev == order->rev && !shows_open(report);

    return !order_is_final(order) && report->is_unasked && (report->rev < order->rev || is_half) &&
           (report->kind == REPORT_STATE || report->kind == REPORT_CANCELLED ||
            report->kind == REPORT_EXPIRED);
}

// A cancel or a replacement was refused: the order stands as it did.
static void refuse_request(struct order *order, const struct record_report *report,
                           struct orders_effect *effect)
{
    uint8_t request =
        report->kind == REPORT_CANCEL_REJECTED ? AGON_REQUEST_CANCEL : AGON_REQUEST_REPLACE;

    if (effect->was_final || order->request != request)
        return;
    if (report->reason == REASON_VENUE_UNKNOWN_ORDER) {
        order->request_state = AGON_REQUEST_UNKNOWN;
        effect->is_query = 1;
    } else {
        end_request(order);
        order->reason = report->reason;
        // The venue's own trouble passes: the cancel is wanted still.
        if (request == AGON_REQUEST_CANCEL &&
            (report->reason == REASON_VENUE_RATE || report->reason == REASON_VENUE_DOWN ||
             report->reason == REASON_TIMEOUT))
            effect->is_cancel_later = 1;
        else if (request == AGON_REQUEST_CANCEL)
            order->flags &= ~(uint32_t)ORDER_CANCEL_WANTED;
    }
    effect->is_changed = 1;
}

// The request never left.
static void unsend(struct order *order, const struct record_report *report,
                   struct orders_effect *effect)
{
    if (effect->was_final || order->request == AGON_REQUEST_NONE)
        return;
    if (order->request == AGON_REQUEST_NEW) {
        finish(order, AGON_ORDER_REJECTED, report->reason != 0 ? report->reason : REASON_NOT_SENT);
    } else {
        effect->is_cancel_later = order->request == AGON_REQUEST_CANCEL;
        end_request(order);
    }
    effect->is_changed = 1;
}

// The venue shows no such order.
static void miss(struct order *order, struct orders_effect *effect)
{
    if (effect->was_final)
        return;
    if (order->request == AGON_REQUEST_NEW && order->filled_qty == 0) {
        finish(order, AGON_ORDER_REJECTED, REASON_ABSENT);
        effect->is_changed = 1;
    } else if (order->n_asked < ASKS) {
        effect->is_query = 1;
    } else {
        finish(order, AGON_ORDER_CANCELLED, REASON_ABSENT);
        effect->is_changed = 1;
    }
}

struct orders_effect orders_report(struct orders *orders, struct order *order,
                                   const struct record_report *report)
{
    struct orders_effect effect = {.was_final = (uint8_t)order_is_final(order)};

    if (is_of_before(order, report))
        return effect; // it is asked about by what it is now
    if (report->venue_order != 0)
        order->venue_order = report->venue_order;
    if (effect.was_final && is_there(order, report))
        reopen(orders, order, &effect);
    else if (effect.was_final)
        effect.is_stray = (uint8_t)shows_open(report);
    switch (report->kind) {
    case REPORT_ACK:
        if (order->state == AGON_ORDER_PENDING || order->request == AGON_REQUEST_NEW) {
            prove_new(order);
            effect.is_changed = 1;
        }
        note_total(order, report->cum_qty);
        break;
    case REPORT_FILL:
        apply_fill(orders, order, report, &effect);
        // What traded was there, and some of it may still be.
        effect.is_query = effect.is_fill && effect.was_final && order_is_concluded(order);
        break;
    case REPORT_CANCELLED:
    case REPORT_EXPIRED:
        note_total(order, report->cum_qty);
        if (effect.was_final)
            break;
        finish(order, report->kind == REPORT_CANCELLED ? AGON_ORDER_CANCELLED : AGON_ORDER_EXPIRED,
               report->reason);
        effect.is_changed = 1;
        break;
    case REPORT_REJECTED:
        if (effect.was_final || order->request != AGON_REQUEST_NEW)
            break;
        finish(order, AGON_ORDER_REJECTED, report->reason);
        effect.is_changed = 1;
        break;
    case REPORT_REPLACED:
        note_total(order, report->cum_qty);
        if (effect.was_final || !is_next_rev(order, report))
            break;
        prove_new(order);
        adopt(order, report);
        effect.is_changed = 1;
        break;
    case REPORT_CANCEL_REJECTED:
    case REPORT_REPLACE_REJECTED:
        refuse_request(order, report, &effect);
        break;
    case REPORT_NOT_SENT:
        unsend(order, report, &effect);
        break;
    case REPORT_UNKNOWN:
        if (effect.was_final || order->request == AGON_REQUEST_NONE)
            break;
        order->request_state = AGON_REQUEST_UNKNOWN;
        effect.is_changed = 1;
        effect.is_query = 1;
        break;
    case REPORT_STATE:
        apply_state(order, report, &effect);
        break;
    case REPORT_ABSENT:
        miss(order, &effect);
        break;
    default:
        break;
    }
    if (!order_is_final(order) && order->filled_qty >= order->qty &&
        !(order->request == AGON_REQUEST_REPLACE && order->new_qty > order->qty)) {
        finish(order, AGON_ORDER_FILLED, REASON_NONE);
        effect.is_changed = 1;
        effect.is_query = 0;
    }
    REQUIRE(order->filled_qty >= 0 && order->filled_qty <= order->qty);
    REQUIRE(!order_is_final(order) || order->request == AGON_REQUEST_NONE);
    if (effect.is_query && order->n_asked < UINT8_MAX)
        order->n_asked++;
    if (order_is_final(order))
        effect.is_cancel_later = 0;
    else if (order->request == AGON_REQUEST_NONE && !effect.is_cancel_later &&
             (order->flags & ORDER_CANCEL_WANTED) != 0)
        effect.is_cancel = 1;
    return effect;
}

void orders_settle(struct orders *orders, struct order *order)
{
    uint32_t place = place_of(orders, order);

    REQUIRE(order_is_final(order));
    unlink_from(orders, &orders->open[order->slot], place);
    link_last(orders, &orders->final, place);
    order->is_settled = 1;
    orders->n_settled++;
}

uint64_t orders_settled(const struct orders *orders)
{
    return orders->n_settled;
}

const struct order *orders_settled_at(const struct orders *orders, uint64_t k)
{
    uint32_t at = orders->final.last;

    for (; k > 0 && at != 0; k--)
        at = orders->all[at - 1].prev;
    return at != 0 ? &orders->all[at - 1] : NULL;
}

int orders_owes_fills(const struct orders *orders, uint16_t slot)
{
    for (uint32_t at = orders->final.first; at != 0; at = orders->all[at - 1].next) {
        if (orders->all[at - 1].slot == slot && orders->all[at - 1].held_back_qty != 0)
            return 1;
    }
    return 0;
}

void orders_forget(struct orders *orders, uint16_t slot)
{
    for (uint32_t at = orders->final.first; at != 0;) {
        struct order *order = &orders->all[at - 1];
        uint32_t place = at - 1;

        at = order->next;
        if (order->slot != slot)
            continue;
        unlink_from(orders, &orders->final, place);
        map_remove(&orders->by_id, order->id);
        orders->free[orders->n_free++] = place;
    }
}

static void save_order(const struct order *order, struct enc *enc)
{
    enc_u64(enc, order->id);
    enc_u64(enc, order->client_ref);
    enc_u64(enc, order->venue_order);
    enc_u64(enc, order->cause_seq);
    enc_u32(enc, order->n);
    enc_u32(enc, order->generation);
    enc_u32(enc, order->instrument);
    enc_u16(enc, order->account);
    enc_u16(enc, order->slot);
    enc_u16(enc, order->venue);
    enc_u16(enc, order->reason);
    enc_u8(enc, order->state);
    enc_u8(enc, order->request);
    enc_u8(enc, order->request_state);
    enc_u8(enc, order->side);
    enc_u8(enc, order->type);
    enc_u8(enc, order->tif);
    enc_u8(enc, order->rev);
    enc_u8(enc, order->rev_asked);
    enc_u8(enc, order->n_asked);
    enc_u32(enc, order->flags);
    enc_u32(enc, order->exit);
    enc_i64(enc, order->px);
    enc_i64(enc, order->trigger_px);
    enc_i64(enc, order->qty);
    enc_i64(enc, order->show_qty);
    enc_i64(enc, order->filled_qty);
    enc_i64(enc, order->venue_cum_qty);
    enc_i64(enc, order->guard_px);
    enc_i64(enc, order->new_px);
    enc_i64(enc, order->new_qty);
    enc_i64(enc, order->hold_px);
    enc_i64(enc, order->held_back_qty);
    enc_i64(enc, order->held_back_amt);
    enc_i64(enc, order->t_create);
    enc_i64(enc, order->t_request);
    enc_i64(enc, order->t_expire);
}

static void load_order(struct order *order, struct dec *dec)
{
    order->client_ref = dec_u64(dec);
    order->venue_order = dec_u64(dec);
    order->cause_seq = dec_u64(dec);
    order->n = dec_u32(dec);
    order->generation = dec_u32(dec);
    order->instrument = dec_u32(dec);
    order->account = dec_u16(dec);
    dec_u16(dec);
    order->venue = dec_u16(dec);
    order->reason = dec_u16(dec);
    order->state = dec_u8(dec);
    order->request = dec_u8(dec);
    order->request_state = dec_u8(dec);
    order->side = dec_u8(dec);
    order->type = dec_u8(dec);
    order->tif = dec_u8(dec);
    order->rev = dec_u8(dec);
    order->rev_asked = dec_u8(dec);
    order->n_asked = dec_u8(dec);
    order->flags = dec_u32(dec);
    order->exit = dec_u32(dec);
    order->px = dec_i64(dec);
    order->trigger_px = dec_i64(dec);
    order->qty = dec_i64(dec);
    order->show_qty = dec_i64(dec);
    order->filled_qty = dec_i64(dec);
    order->venue_cum_qty = dec_i64(dec);
    order->guard_px = dec_i64(dec);
    order->new_px = dec_i64(dec);
    order->new_qty = dec_i64(dec);
    order->hold_px = dec_i64(dec);
    order->held_back_qty = dec_i64(dec);
    order->held_back_amt = dec_i64(dec);
    order->t_create = dec_i64(dec);
    order->t_request = dec_i64(dec);
    order->t_expire = dec_i64(dec);
}

// What an order has to be for nobody to read beside a table by it.
static int is_sound(const struct order *order)
{
    return order->state >= AGON_ORDER_PENDING && order->state <= AGON_ORDER_REJECTED &&
           order->request <= AGON_REQUEST_REPLACE && order->request_state <= AGON_REQUEST_UNKNOWN &&
           order->side >= AGON_BUY && order->side <= AGON_SELL && order->account < ACCOUNTS_MAX &&
           order->instrument > 0 && order->instrument <= INSTRUMENTS_MAX &&
           order->filled_qty >= 0 && order->filled_qty <= order->qty &&
           (order->request == AGON_REQUEST_NONE || !order_is_final(order));
}

static void save_list(const struct orders *orders, const struct list *list, struct enc *enc)
{
    enc_u32(enc, list->n);
    for (uint32_t at = list->first; at != 0; at = orders->all[at - 1].next)
        save_order(&orders->all[at - 1], enc);
}

#define HAS_HIGH ((uint64_t)1 << 63) /* of the count of fills: lists of slots from LOW_SLOTS on */

void orders_save(const struct orders *orders, struct enc *enc)
{
    uint64_t oldest = orders->n_fills > FILLS ? orders->n_fills - FILLS : 0;
    uint32_t n_high = 0;

    for (uint32_t slot = LOW_SLOTS; slot < SLOTS_MAX; slot++)
        n_high |= orders->open[slot].n;
    for (uint32_t slot = 0; slot < LOW_SLOTS; slot++)
        save_list(orders, &orders->open[slot], enc);
    save_list(orders, &orders->final, enc);
    enc_u64(enc, (orders->n_fills - oldest) | (n_high != 0 ? HAS_HIGH : 0));
    for (uint32_t slot = LOW_SLOTS; n_high != 0 && slot < SLOTS_MAX; slot++)
        save_list(orders, &orders->open[slot], enc);
    for (uint64_t i = oldest; i < orders->n_fills; i++)
        enc_u64(enc, orders->fill_keys[i % FILLS]);
}

static int load_list(struct orders *orders, uint32_t slot, int is_final, struct dec *dec)
{
    uint32_t n = dec_u32(dec);

    for (uint32_t i = 0; i < n && dec_is_ok(dec); i++) {
        uint64_t id = dec_u64(dec);
        // Final orders go through their slot's list, so that one way of linking serves.
        uint16_t in = is_final ? ORDER_ID_SLOT(id) : (uint16_t)slot;
        struct order *order = orders->n_free > 0 ? orders_open(orders, id, in) : NULL;

        if (order == NULL)
            return AGON_ECORRUPT;
        load_order(order, dec);
        if (order_is_final(order) != is_final || !is_sound(order))
            return AGON_ECORRUPT;
        if (is_final)
            orders_settle(orders, order);
    }
    return AGON_OK;
}

int orders_load(struct orders *orders, struct dec *dec)
{
    uint64_t n_fills;
    int rc = AGON_OK;

    memset(orders->open, 0, sizeof(orders->open));
    memset(&orders->final, 0, sizeof(orders->final));
    map_clear(&orders->by_id);
    map_clear(&orders->fills);
    orders->n_fills = 0;
    for (uint32_t i = 0; i < orders->capacity; i++)
        orders->free[i] = orders->capacity - 1 - i;
    orders->n_free = orders->capacity;
    for (uint32_t slot = 0; slot <= LOW_SLOTS && rc >= 0; slot++)
        rc = load_list(orders, slot, slot == LOW_SLOTS, dec);
    n_fills = dec_u64(dec);
    for (uint32_t slot = LOW_SLOTS; (n_fills & HAS_HIGH) != 0 && slot < SLOTS_MAX && rc >= 0;
         slot++)
        rc = load_list(orders, slot, 0, dec);
    if (rc < 0)
        return rc;
    n_fills &= ~HAS_HIGH;
    if (n_fills > FILLS)
        dec_fail(dec);
    for (uint64_t i = 0; i < n_fills && dec_is_ok(dec); i++) {
        uint64_t key = dec_u64(dec);

        orders->fill_keys[orders->n_fills++ % FILLS] = key;
        if (map_put(&orders->fills, key, 1) < 0)
            return AGON_ECORRUPT;
    }
    // The same fill twice would leave room for one that is then booked twice.
    return dec_is_ok(dec) && map_count(&orders->fills) == n_fills ? AGON_OK : AGON_ECORRUPT;
}

agon_px_t *orders_mids(struct orders *orders, const struct order *order)
{
    return &orders->mids[place_of(orders, order)];
}
