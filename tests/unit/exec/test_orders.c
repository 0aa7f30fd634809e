// SPDX-License-Identifier: Apache-2.0
/* The table of orders against what VENUES 1.3 and 2.5 and inv-06 to inv-08 ask for. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/rng.h"
#include "ledger/ledger.h"
#include "orders_rig.h"

#define QTY     10
#define NEW_QTY 20
#define NEW_PX  200

static uint64_t next_id = 1;
static uint64_t next_fill = 1;

static struct order *make(struct orders *orders, uint8_t state, uint8_t request,
                          uint8_t request_state)
{
    struct order *order = orders_open(orders, next_id++, 3);

    ck_assert_ptr_nonnull(order);
    order->instrument = 1;
    order->side = AGON_BUY;
    order->type = AGON_LIMIT;
    order->px = 100;
    order->qty = QTY;
    order->state = state;
    order->request = request;
    order->request_state = request_state;
    if (request == AGON_REQUEST_REPLACE) {
        order->new_px = NEW_PX;
        order->new_qty = NEW_QTY;
        order->rev_asked = 1;
    }
    if (order_is_final(order))
        orders_settle(orders, order);
    return order;
}

/* --- the table --- */

enum { N_SITUATIONS = 8 };
static const struct {
    uint8_t state, request, request_state;
} situations[N_SITUATIONS] = {
    {AGON_ORDER_PENDING, AGON_REQUEST_NEW, AGON_REQUEST_IN_FLIGHT},
    {AGON_ORDER_PENDING, AGON_REQUEST_NEW, AGON_REQUEST_UNKNOWN},
    {AGON_ORDER_OPEN, AGON_REQUEST_NONE, 0},
    {AGON_ORDER_OPEN, AGON_REQUEST_CANCEL, AGON_REQUEST_IN_FLIGHT},
    {AGON_ORDER_OPEN, AGON_REQUEST_CANCEL, AGON_REQUEST_UNKNOWN},
    {AGON_ORDER_OPEN, AGON_REQUEST_REPLACE, AGON_REQUEST_IN_FLIGHT},
    {AGON_ORDER_OPEN, AGON_REQUEST_REPLACE, AGON_REQUEST_UNKNOWN},
    {AGON_ORDER_CANCELLED, AGON_REQUEST_NONE, 0},
};

/* Written by hand. State: P pending, O open, p partial, c cancelling, F filled, X cancelled, E
 * expired, J rejected. Request: - none, n new, c cancel, r replace, a capital when UNKNOWN. Then: !
 * the slot is told, f a fill to book, o part of it is beyond the order, q a query goes out, l the
 * cancel goes again later, R the next revision stands. */
// clang-format off
static const struct {
    const char *what;
    uint8_t kind, state, rev;
    uint16_t reason;
    agon_px_t px;
    agon_qty_t qty, cum_qty;
    const char *want[N_SITUATIONS];
} table[] = {
    {"no kind", 0, 0, 0, 0, 0, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"a kind from the future", 14, 0, 0, 0, 0, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"ack", REPORT_ACK, 0, 0, 0, 0, 0, 0,
     {"O-!", "O-!", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"fill of a part", REPORT_FILL, 0, 0, 0, 100, 4, 4,
     {"p-!f", "p-!f", "p-!f", "pc!f", "pC!f", "pr!f", "pR!f", "X-!f"}},
    {"fill of all", REPORT_FILL, 0, 0, 0, 100, 10, 10,
     {"F-!f", "F-!f", "F-!f", "F-!f", "F-!f", "pr!f", "pR!f", "X-!f"}},
    {"fill of more", REPORT_FILL, 0, 0, 0, 100, 12, 12,
     {"F-!fo", "F-!fo", "F-!fo", "F-!fo", "F-!fo", "p-!fR", "p-!fR", "X-!fo"}},
    {"fill of the next revision", REPORT_FILL, 0, 1, 0, 100, 4, 4,
     {"p-!f", "p-!f", "p-!f", "pc!f", "pC!f", "p-!fR", "p-!fR", "X-!f"}},
    {"fill of nothing", REPORT_FILL, 0, 0, 0, 100, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"fill without a price", REPORT_FILL, 0, 0, 0, 0, 4, 4,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"cancelled", REPORT_CANCELLED, 0, 0, REASON_USER, 0, 0, 0,
     {"X-!", "X-!", "X-!", "X-!", "X-!", "X-!", "X-!", "X-"}},
    {"expired", REPORT_EXPIRED, 0, 0, 0, 0, 0, 0,
     {"E-!", "E-!", "E-!", "E-!", "E-!", "E-!", "E-!", "X-"}},
    {"rejected", REPORT_REJECTED, 0, 0, REASON_VENUE_REJECT, 0, 0, 0,
     {"J-!", "J-!", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"replaced", REPORT_REPLACED, 0, 1, 0, NEW_PX, NEW_QTY, 0,
     {"O-!R", "O-!R", "O-!R", "Oc!R", "OC!R", "O-!R", "O-!R", "X-"}},
    {"replaced, an old story", REPORT_REPLACED, 0, 0, 0, NEW_PX, NEW_QTY, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"cancel rejected", REPORT_CANCEL_REJECTED, 0, 0, REASON_VENUE_REJECT, 0, 0, 0,
     {"Pn", "PN", "O-", "O-!", "O-!", "Or", "OR", "X-"}},
    {"cancel rejected for now", REPORT_CANCEL_REJECTED, 0, 0, REASON_VENUE_RATE, 0, 0, 0,
     {"Pn", "PN", "O-", "O-!l", "O-!l", "Or", "OR", "X-"}},
    {"cancel proven not done", REPORT_CANCEL_REJECTED, 0, 0, REASON_TIMEOUT, 0, 0, 0,
     {"Pn", "PN", "O-", "O-!l", "O-!l", "Or", "OR", "X-"}},
    {"cancel of no such order", REPORT_CANCEL_REJECTED, 0, 0, REASON_VENUE_UNKNOWN_ORDER, 0, 0, 0,
     {"Pn", "PN", "O-", "OC!q", "OC!q", "Or", "OR", "X-"}},
    {"replace rejected", REPORT_REPLACE_REJECTED, 0, 1, REASON_VENUE_REJECT, 0, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "O-!", "O-!", "X-"}},
    {"replace of no such order", REPORT_REPLACE_REJECTED, 0, 1, REASON_VENUE_UNKNOWN_ORDER, 0, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "OR!q", "OR!q", "X-"}},
    {"not sent", REPORT_NOT_SENT, 0, 0, REASON_NOT_SENT, 0, 0, 0,
     {"J-!", "J-!", "O-", "O-!l", "O-!l", "O-!", "O-!", "X-"}},
    {"unknown", REPORT_UNKNOWN, 0, 0, REASON_TIMEOUT, 0, 0, 0,
     {"PN!q", "PN!q", "O-", "OC!q", "OC!q", "OR!q", "OR!q", "X-"}},
    {"state open", REPORT_STATE, AGON_ORDER_OPEN, 0, 0, 100, 10, 0,
     {"O-!", "O-!", "O-", "Oc", "O-!", "Or", "O-!", "X-"}},
    {"state partial, the fills to come", REPORT_STATE, AGON_ORDER_PARTIAL, 0, 0, 100, 10, 4,
     {"O-!", "O-!", "O-", "Oc", "O-!", "Or", "O-!", "X-"}},
    {"state open, next revision", REPORT_STATE, AGON_ORDER_OPEN, 1, 0, NEW_PX, NEW_QTY, 0,
     {"O-!R", "O-!R", "O-!R", "Oc!R", "O-!R", "O-!R", "O-!R", "X-"}},
    {"state pending", REPORT_STATE, AGON_ORDER_PENDING, 0, 0, 0, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"state cancelling", REPORT_STATE, AGON_ORDER_CANCELLING, 0, 0, 0, 0, 0,
     {"c-!", "c-!", "c-!", "cc!", "cC!", "cr!", "cR!", "X-"}},
    {"state filled, the fills to come", REPORT_STATE, AGON_ORDER_FILLED, 0, 0, 100, 10, 10,
     {"O-!q", "O-!q", "O-q", "Ocq", "OCq", "O-!q", "O-!q", "X-"}},
    {"state cancelled", REPORT_STATE, AGON_ORDER_CANCELLED, 0, 0, 0, 0, 0,
     {"X-!", "X-!", "X-!", "X-!", "X-!", "X-!", "X-!", "X-"}},
    {"state expired", REPORT_STATE, AGON_ORDER_EXPIRED, 0, 0, 0, 0, 0,
     {"E-!", "E-!", "E-!", "E-!", "E-!", "E-!", "E-!", "X-"}},
    {"state rejected", REPORT_STATE, AGON_ORDER_REJECTED, 0, 0, 0, 0, 0,
     {"J-!", "J-!", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"no state", REPORT_STATE, 0, 0, 0, 0, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"a state from the future", REPORT_STATE, 9, 0, 0, 0, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
    {"absent", REPORT_ABSENT, 0, 0, REASON_ABSENT, 0, 0, 0,
     {"J-!", "J-!", "O-q", "Ocq", "OCq", "Orq", "ORq", "X-"}},
    {"cancel acknowledged", REPORT_CANCEL_ACK, 0, 0, 0, 0, 0, 0,
     {"Pn", "PN", "O-", "Oc", "OC", "Or", "OR", "X-"}},
};
// clang-format on

static void shown(const struct order *order, const struct orders_effect *effect, char *text)
{
    char request = "-ncr"[order->request];

    if (order->request_state == AGON_REQUEST_UNKNOWN)
        request = (char)(request - 'a' + 'A');
    snprintf(text, 16, "%c%c%s%s%s%s%s%s", "?POpcFXEJ"[order->state], request,
             effect -> is_changed ? "!" : "", effect->is_fill ? "f" : "",
             effect->is_over ? "o" : "", effect->is_query ? "q" : "",
             effect->is_cancel_later ? "l" : "", order->rev != 0 ? "R" : "");
}

START_TEST(inv_06_08_every_report_does_what_the_table_says)
{
    struct orders *orders = orders_new(4096);

    for (int s = 0; s < N_SITUATIONS; s++) {
        struct order *order =
            make(orders, situations[s].state, situations[s].request, situations[s].request_state);
        struct record_report report = report_of(order, table[_i].kind, table[_i].px, table[_i].qty,
                                                table[_i].cum_qty, next_fill++);
        struct orders_effect effect;
        char text[16];

        report.state = table[_i].state;
        report.rev = table[_i].rev;
        report.reason = table[_i].reason;
        report.venue_order = 4711;
        effect = orders_report(orders, order, &report);
        shown(order, &effect, text);
        ck_assert_msg(strcmp(text, table[_i].want[s]) == 0, "%s, situation %d: %s, not %s",
                      table[_i].what, s, text, table[_i].want[s]);
        ck_assert_uint_eq(order->venue_order, 4711);
        ck_assert_uint_eq(effect.was_final, s == 7);
        ck_assert_uint_eq(effect.is_cancel, 0);
        ck_assert_uint_eq(effect.is_reopened, 0);
        ck_assert_uint_eq(effect.is_stray, s == 7 && report.kind == REPORT_STATE &&
                                               report.state >= AGON_ORDER_PENDING &&
                                               report.state <= AGON_ORDER_CANCELLING);
        ck_assert_int_ge(order->filled_qty, 0);
        ck_assert_int_le(order->filled_qty, order->qty);
        if (effect.is_over) {
            ck_assert_int_eq(effect.over_qty, 2);
            ck_assert_int_eq(order->filled_qty, QTY);
        }
        if (order->rev == 1) {
            ck_assert_int_eq(order->px, NEW_PX);
            ck_assert_int_eq(order->qty, NEW_QTY);
        } else {
            ck_assert_int_eq(order->px, 100);
            ck_assert_int_eq(order->qty, QTY);
        }
        // What the venue counts beyond the fills that came is remembered as due.
        if (order->venue_cum_qty > order->filled_qty)
            ck_assert((order->flags & ORDER_FILLS_DUE) != 0);
        else
            ck_assert((order->flags & ORDER_FILLS_DUE) == 0);
    }
    orders_free(orders);
}
END_TEST

/* An end that we concluded is none when the order is seen: it is open again, and is cancelled. */
START_TEST(an_order_that_was_given_up_and_is_seen_is_open_again_and_cancelled)
{
    static const struct {
        uint8_t state;
        uint16_t reason;
    } ends[] = {{AGON_ORDER_REJECTED, REASON_ABSENT},
                {AGON_ORDER_REJECTED, REASON_VENUE_DOWN},
                {AGON_ORDER_CANCELLED, REASON_ABSENT}};
    static const struct {
        uint8_t kind, state, rev;
    } sights[] = {{REPORT_ACK, AGON_ORDER_OPEN, 0},
                  {REPORT_STATE, AGON_ORDER_OPEN, 0},
                  {REPORT_STATE, AGON_ORDER_PARTIAL, 0},
                  {REPORT_REPLACED, 0, 1}};
    struct orders *orders = orders_new(64);

    for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
        for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++) {
            struct order *order = make(orders, ends[e].state, AGON_REQUEST_NONE, 0);
            uint32_t n_open = orders_count(orders, order->slot);
            struct record_report report = report_of(order, sights[i].kind, NEW_PX, NEW_QTY, 0, 0);
            struct orders_effect effect;

            order->reason = ends[e].reason;
            report.state = sights[i].state;
            report.rev = sights[i].rev;
            effect = orders_report(orders, order, &report);
            ck_assert(effect.is_reopened && effect.is_changed && effect.is_cancel);
            ck_assert(!effect.was_final && !effect.is_stray);
            ck_assert_uint_eq(order->state, AGON_ORDER_OPEN);
            ck_assert(order->flags & ORDER_CANCEL_WANTED);
            ck_assert_uint_eq(orders_count(orders, order->slot), n_open + 1);
            ck_assert_int_eq(order->qty, sights[i].rev == 1 ? NEW_QTY : QTY);
            // Its cancel ends it for good, by the venue's own showing.
            report = report_of(order, REPORT_CANCELLED, 0, 0, 0, 0);
            effect = orders_report(orders, order, &report);
            ck_assert_uint_eq(order->state, AGON_ORDER_CANCELLED);
            orders_settle(orders, order);
            ck_assert_uint_eq(orders_count(orders, order->slot), n_open);
            report = report_of(order, REPORT_STATE, 0, 0, 0, 0);
            report.state = AGON_ORDER_OPEN;
            effect = orders_report(orders, order, &report);
            ck_assert(effect.is_stray && !effect.is_reopened && effect.was_final);
            // But for the gateway's word that it was given up there.
            report = report_of(order, REPORT_ACK, 0, 0, 0, 0);
            report.reason = REASON_ABSENT;
            effect = orders_report(orders, order, &report);
            ck_assert(effect.is_reopened && effect.is_cancel);
        }
    }
    orders_free(orders);
}
END_TEST

START_TEST(a_fill_of_an_order_that_was_given_up_is_booked_and_has_it_asked_about)
{
    struct orders *orders = orders_new(64);
    struct order *order = make(orders, AGON_ORDER_REJECTED, AGON_REQUEST_NONE, 0);
    struct record_report report = report_of(order, REPORT_FILL, 100, 3, 3, next_fill++);
    struct orders_effect effect;

    order->reason = REASON_ABSENT;
    effect = orders_report(orders, order, &report);
    ck_assert(effect.is_fill && !effect.is_over && effect.is_query);
    ck_assert_int_eq(order->filled_qty, 3);
    orders_free(orders);
}
END_TEST

START_TEST(inv_08_terminal_states_stay_terminal)
{
    static const uint8_t finals[] = {AGON_ORDER_FILLED, AGON_ORDER_CANCELLED, AGON_ORDER_EXPIRED};
    struct orders *orders = orders_new(4096);

    for (size_t f = 0; f < sizeof(finals); f++) {
        struct order *order = make(orders, finals[f], AGON_REQUEST_NONE, 0);
        struct record_report report = report_of(order, table[_i].kind, table[_i].px, table[_i].qty,
                                                table[_i].cum_qty, next_fill++);

        order->flags |= ORDER_CANCEL_WANTED;
        order->filled_qty = finals[f] == AGON_ORDER_FILLED ? QTY : 3;
        report.state = table[_i].state;
        report.rev = table[_i].rev;
        report.reason = table[_i].reason;
        for (int again = 0; again < 2; again++) {
            struct orders_effect effect = orders_report(orders, order, &report);

            ck_assert_uint_eq(order->state, finals[f]);
            ck_assert_uint_eq(order->request, AGON_REQUEST_NONE);
            ck_assert(!effect.is_query && !effect.is_cancel && !effect.is_cancel_later);
            ck_assert(effect.was_final);
            ck_assert(!(effect.is_fill && again));
            ck_assert_int_le(order->filled_qty, QTY);
        }
    }
    orders_free(orders);
}
END_TEST

/* --- histories in any order --- */

struct step {
    uint8_t kind, state, rev;
    uint16_t reason;
    agon_px_t px;
    agon_qty_t qty, cum_qty;
    uint64_t fill; /* 1, 2, ... of this history */
};
struct history {
    const char *what;
    uint8_t request;
    struct step steps[7];
    int n;
    uint8_t final; /* state in the end */
    agon_qty_t filled_qty, qty;
    int64_t cost;
};

static const struct history histories[] = {
    {"cancelled after three fills",
     AGON_REQUEST_NEW,
     {{REPORT_ACK, 0, 0, 0, 0, 0, 0, 0},
      {REPORT_FILL, 0, 0, 0, 100, 4, 4, 1},
      {REPORT_FILL, 0, 0, 0, 101, 3, 7, 2},
      {REPORT_CANCEL_ACK, 0, 0, 0, 0, 0, 7, 0},
      {REPORT_CANCELLED, 0, 0, REASON_USER, 0, 0, 9, 0},
      {REPORT_FILL, 0, 0, 0, 100, 4, 4, 1},
      {REPORT_FILL, 0, 0, 0, 99, 2, 9, 3}},
     7,
     AGON_ORDER_CANCELLED,
     9,
     QTY,
     4 * 100 + 3 * 101 + 2 * 99},
    {"filled while the cancel was on its way",
     AGON_REQUEST_CANCEL,
     {{REPORT_FILL, 0, 0, 0, 100, 5, 5, 1},
      {REPORT_FILL, 0, 0, 0, 102, 5, 10, 2},
      {REPORT_FILL, 0, 0, 0, 100, 5, 5, 1},
      {REPORT_CANCEL_REJECTED, 0, 0, REASON_VENUE_UNKNOWN_ORDER, 0, 0, 10, 0},
      {REPORT_STATE, AGON_ORDER_FILLED, 0, 0, 100, 10, 10, 0},
      {REPORT_UNKNOWN, 0, 0, REASON_TIMEOUT, 0, 0, 0, 0},
      {REPORT_ACK, 0, 0, 0, 0, 0, 0, 0}},
     7,
     AGON_ORDER_FILLED,
     10,
     QTY,
     5 * 100 + 5 * 102},
    {"made larger while it was filled",
     AGON_REQUEST_REPLACE,
     {{REPORT_FILL, 0, 0, 0, 100, 10, 10, 1},
      {REPORT_FILL, 0, 1, 0, 200, 6, 16, 2},
      {REPORT_REPLACED, 0, 1, 0, NEW_PX, NEW_QTY, 10, 0},
      {REPORT_FILL, 0, 1, 0, 200, 4, 20, 3},
      {REPORT_FILL, 0, 1, 0, 200, 6, 16, 2},
      {REPORT_STATE, AGON_ORDER_OPEN, 1, 0, NEW_PX, NEW_QTY, 10, 0}},
     6,
     AGON_ORDER_FILLED,
     20,
     NEW_QTY,
     10 * 100 + 10 * 200},
    {"never made larger: it was full before",
     AGON_REQUEST_REPLACE,
     {{REPORT_FILL, 0, 0, 0, 100, 7, 7, 1},
      {REPORT_FILL, 0, 0, 0, 100, 3, 10, 2},
      {REPORT_REPLACE_REJECTED, 0, 1, REASON_VENUE_UNKNOWN_ORDER, 0, 0, 10, 0},
      {REPORT_STATE, AGON_ORDER_FILLED, 0, 0, 100, 10, 10, 0},
      {REPORT_FILL, 0, 0, 0, 100, 3, 10, 2}},
     5,
     AGON_ORDER_FILLED,
     10,
     QTY,
     1000},
};

struct tried {
    struct orders *orders;
    struct ledger *ledger;
    const struct history *history;
    uint64_t n, base_fill;
};

static void book(struct ledger *ledger, const struct order *order,
                 const struct orders_effect *effect)
{
    struct ledger_fill fill = {.slot = order->slot,
                               .instrument = 1,
                               .side = order->side,
                               .px = effect->fill_px,
                               .qty = effect->fill_qty};

    ck_assert_int_eq(ledger_fill(ledger, &fill, NULL), AGON_OK);
}

static void play(struct tried *tried, const int *at)
{
    const struct history *history = tried->history;
    struct order *order = make(
        tried->orders, history->request == AGON_REQUEST_NEW ? AGON_ORDER_PENDING : AGON_ORDER_OPEN,
        history->request, AGON_REQUEST_IN_FLIGHT);
    agon_amt_t held = ledger_amt(tried->ledger, 0, 3, 1);
    agon_amt_t spent = ledger_amt(tried->ledger, 0, 3, 2);
    int was_final = 0;

    for (int i = 0; i < history->n; i++) {
        const struct step *step = &history->steps[at[i]];
        struct record_report report =
            report_of(order, step->kind, step->px, step->qty, step->cum_qty,
                      step->fill != 0 ? tried->base_fill + step->fill : 0);
        agon_qty_t before = order->filled_qty;
        uint8_t state = order->state;
        struct orders_effect effect;

        report.state = step->state;
        report.rev = step->rev;
        report.reason = step->reason;
        effect = orders_report(tried->orders, order, &report);
        ck_assert(!effect.is_over);
        if (effect.is_fill)
            book(tried->ledger, order, &effect);
        ck_assert_int_eq(order->filled_qty, before + (effect.is_fill ? effect.fill_qty : 0));
        ck_assert_int_le(order->filled_qty, order->qty);
        ck_assert(!was_final || order->state == state);
        was_final = order_is_final(order);
    }
    ck_assert_msg(order->state == history->final, "%s: state %u", history->what, order->state);
    ck_assert_int_eq(order->filled_qty, history->filled_qty);
    ck_assert_int_eq(order->qty, history->qty);
    ck_assert_uint_eq(order->request, AGON_REQUEST_NONE);
    ck_assert_int_eq(ledger_amt(tried->ledger, 0, 3, 1) - held, history->filled_qty);
    ck_assert_int_eq(spent - ledger_amt(tried->ledger, 0, 3, 2), history->cost);
    orders_settle(tried->orders, order);
    tried->n++;
    tried->base_fill += 16;
}

static void permute(struct tried *tried, int *at, int from)
{
    if (from == tried->history->n) {
        play(tried, at);
        return;
    }
    for (int i = from; i < tried->history->n; i++) {
        int swap = at[from];

        at[from] = at[i];
        at[i] = swap;
        permute(tried, at, from + 1);
        at[i] = at[from];
        at[from] = swap;
    }
}

static void make_table(struct instruments *table_)
{
    struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1}, .name = "A"};
    struct agon_instrument one = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
        .kind = INSTRUMENT_SPOT,
        .base = 1,
        .quote = 2,
        .settle = 2,
        .symbol = "AB",
        .tick_px = 1,
        .lot_qty = 1};

    ck_assert_int_eq(instruments_init(table_), AGON_OK);
    asset.asset = 1;
    ck_assert_int_eq(instruments_set_asset(table_, &asset, NULL), AGON_OK);
    asset.asset = 2;
    asset.name[0] = 'B';
    ck_assert_int_eq(instruments_set_asset(table_, &asset, NULL), AGON_OK);
    ck_assert_int_eq(instruments_set(table_, &one, NULL), AGON_OK);
}

START_TEST(inv_07_any_order_of_arrival_gives_the_same_ledger)
{
    struct instruments instruments;
    struct tried tried = {.history = &histories[_i]};
    int at[7] = {0, 1, 2, 3, 4, 5, 6};

    make_table(&instruments);
    tried.orders = orders_new(64);
    tried.ledger = ledger_new(&instruments);
    permute(&tried, at, 0);
    ck_assert_uint_ge(tried.n, 120);
    ck_assert(ledger_check(tried.ledger, NULL, NULL));
    ledger_free(tried.ledger);
    orders_free(tried.orders);
    instruments_deinit(&instruments);
}
END_TEST

START_TEST(a_fill_is_one_of_account_instrument_side_and_number)
{
    struct orders *orders = orders_new(16);

    ck_assert(orders_fill_is_new(orders, 0, 1, AGON_BUY, 77));
    ck_assert(!orders_fill_is_new(orders, 0, 1, AGON_BUY, 77));
    ck_assert(orders_fill_is_new(orders, 0, 1, AGON_SELL, 77)); // the other side of our own trade
    ck_assert(orders_fill_is_new(orders, 1, 1, AGON_BUY, 77));
    ck_assert(orders_fill_is_new(orders, 0, 2, AGON_BUY, 77));
    ck_assert(orders_fill_is_new(orders, 0, 1, AGON_BUY, 77 ^ (uint64_t)3 << 52));
    // The newest 65,536 are known; the first of them is forgotten by the next.
    for (uint64_t i = 0; i < 65535; i++)
        ck_assert(orders_fill_is_new(orders, 0, 5, AGON_BUY, i));
    for (uint64_t i = 0; i < 65535; i++)
        ck_assert(!orders_fill_is_new(orders, 0, 5, AGON_BUY, i));
    ck_assert(orders_fill_is_new(orders, 0, 1, AGON_BUY, 77));
    orders_free(orders);
}
END_TEST

START_TEST(a_contradicted_order_is_asked_about_and_then_given_up)
{
    struct orders *orders = orders_new(16);
    struct order *order = make(orders, AGON_ORDER_OPEN, AGON_REQUEST_NONE, 0);
    struct record_report absent = report_of(order, REPORT_ABSENT, 0, 0, 0, 0);
    struct record_report filled = report_of(order, REPORT_STATE, 0, 0, 10, 0);
    int n_queries = 0;

    filled.state = AGON_ORDER_FILLED;
    while (orders_report(orders, order, &absent).is_query)
        ck_assert_int_lt(++n_queries, 10);
    ck_assert_int_ge(n_queries, 2);
    ck_assert_uint_eq(order->state, AGON_ORDER_CANCELLED);
    ck_assert_uint_eq(order->reason, REASON_ABSENT);
    // Filled by the venue's word and no fill comes: asked a few times, kept open, nothing assumed.
    order = make(orders, AGON_ORDER_OPEN, AGON_REQUEST_NONE, 0);
    n_queries = 0;
    while (orders_report(orders, order, &filled).is_query)
        ck_assert_int_lt(++n_queries, 10);
    ck_assert_uint_eq(order->state, AGON_ORDER_OPEN);
    ck_assert((order->flags & ORDER_FILLS_DUE) != 0);
    orders_free(orders);
}
END_TEST

START_TEST(a_cancel_that_is_wanted_goes_when_the_way_is_free)
{
    struct orders *orders = orders_new(16);
    struct order *order =
        make(orders, AGON_ORDER_PENDING, AGON_REQUEST_NEW, AGON_REQUEST_IN_FLIGHT);
    struct record_report ack = report_of(order, REPORT_ACK, 0, 0, 0, 0);
    struct record_report not_sent = report_of(order, REPORT_NOT_SENT, 0, 0, 0, 0);
    struct record_report open = report_of(order, REPORT_STATE, 0, 0, 0, 0);
    struct record_report refused = report_of(order, REPORT_CANCEL_REJECTED, 0, 0, 0, 0);
    struct orders_effect effect;

    open.state = AGON_ORDER_OPEN;
    refused.reason = REASON_VENUE_REJECT;
    order->flags |= ORDER_CANCEL_WANTED;
    ck_assert(orders_report(orders, order, &ack).is_cancel);
    order->request = AGON_REQUEST_CANCEL;
    order->request_state = AGON_REQUEST_IN_FLIGHT;
    effect = orders_report(orders, order, &not_sent);
    ck_assert(effect.is_cancel_later &&
              !effect.is_cancel); // not at once: that would be a busy loop
    ck_assert((order->flags & ORDER_CANCEL_WANTED) != 0);
    order->request = AGON_REQUEST_CANCEL;
    order->request_state = AGON_REQUEST_UNKNOWN;
    ck_assert(orders_report(orders, order, &open).is_cancel); // proven not done: still wanted
    order->request = AGON_REQUEST_CANCEL;
    order->request_state = AGON_REQUEST_IN_FLIGHT;
    effect = orders_report(orders, order, &refused);
    ck_assert(!effect.is_cancel && !effect.is_cancel_later);
    ck_assert((order->flags & ORDER_CANCEL_WANTED) == 0);
    orders_free(orders);
}
END_TEST

START_TEST(a_replacement_to_less_than_was_filled_ends_the_order)
{
    struct orders *orders = orders_new(16);
    struct order *order =
        make(orders, AGON_ORDER_OPEN, AGON_REQUEST_REPLACE, AGON_REQUEST_IN_FLIGHT);
    struct record_report report = report_of(order, REPORT_REPLACED, 99, 6, 8, 0);

    order->new_qty = 6;
    order->new_px = 99;
    order->filled_qty = 8;
    report.rev = 1;
    orders_report(orders, order, &report);
    ck_assert_uint_eq(order->state, AGON_ORDER_FILLED);
    ck_assert_int_eq(order->qty, 8);
    // A report that leaves price and quantity out means those that were asked for.
    order = make(orders, AGON_ORDER_OPEN, AGON_REQUEST_REPLACE, AGON_REQUEST_IN_FLIGHT);
    report = report_of(order, REPORT_REPLACED, 0, 0, 0, 0);
    report.rev = 1;
    orders_report(orders, order, &report);
    ck_assert_int_eq(order->px, NEW_PX);
    ck_assert_int_eq(order->qty, NEW_QTY);
    // ... and what is there already when nobody asked.
    report.rev = 2;
    orders_report(orders, order, &report);
    ck_assert_int_eq(order->px, NEW_PX);
    ck_assert_uint_eq(order->rev, 2);
    orders_free(orders);
}
END_TEST

/* The host died while it replaced an order of which a part was filled. Of the new wire order that a
 * start sees first nobody knows then what was filled before: 5 of the 12 that were asked for. */
START_TEST(a_replacement_seen_by_its_own_part_alone_is_for_all_that_was_asked)
{
    struct orders *orders = orders_new(16);
    struct order *order =
        make(orders, AGON_ORDER_PARTIAL, AGON_REQUEST_REPLACE, AGON_REQUEST_UNKNOWN);
    struct record_report report = report_of(order, REPORT_STATE, NEW_PX, NEW_QTY - 7, 0, 0);

    order->filled_qty = 7;
    report.state = AGON_ORDER_OPEN;
    report.rev = 1;
    orders_report(orders, order, &report);
    ck_assert_uint_eq(order->rev, 1);
    ck_assert_uint_eq(order->request, AGON_REQUEST_NONE);
    ck_assert_int_eq(order->qty, NEW_QTY);
    ck_assert_int_eq(order->filled_qty, 7);
    orders_free(orders);
}
END_TEST

/* After a start the venue's list may show an order before the gateway hears of the request that the
 * last run left in doubt. "Open" says nothing of that request then: it may have been done in place,
 * or still be taken. */
START_TEST(a_sight_before_the_question_ends_no_request_in_doubt)
{
    static const uint8_t requests[] = {AGON_REQUEST_CANCEL, AGON_REQUEST_REPLACE};
    struct orders *orders = orders_new(16);
    struct order *order = make(orders, AGON_ORDER_OPEN, requests[_i], AGON_REQUEST_UNKNOWN);
    struct record_report report = report_of(order, REPORT_STATE, NEW_PX, NEW_QTY, 0, 0);

    report.state = AGON_ORDER_OPEN;
    report.is_unasked = 1;
    orders_report(orders, order, &report);
    ck_assert_uint_eq(order->request, requests[_i]);
    ck_assert_uint_eq(order->request_state, AGON_REQUEST_UNKNOWN);
    report.is_unasked = 0;
    orders_report(orders, order, &report);
    ck_assert_uint_eq(order->request, AGON_REQUEST_NONE);
    orders_free(orders);
}
END_TEST

/* ... nor does the end of a wire order that the last run had replaced end the order. */
START_TEST(the_end_of_what_was_replaced_before_the_question_is_no_end)
{
    static const uint8_t kinds[] = {REPORT_CANCELLED, REPORT_EXPIRED, REPORT_STATE};
    struct orders *orders = orders_new(16);
    struct order *order = make(orders, AGON_ORDER_OPEN, 0, 0);
    struct record_report report = report_of(order, kinds[_i], NEW_PX, NEW_QTY, 0, 0);

    order->rev = 2;
    report.rev = 0;
    report.state = AGON_ORDER_CANCELLED;
    report.is_unasked = 1;
    orders_report(orders, order, &report);
    ck_assert_uint_eq(order->state, AGON_ORDER_OPEN);
    // Of this revision it may be the half of a replacement that nobody has confirmed.
    report.rev = 2;
    order->request = AGON_REQUEST_REPLACE;
    order->request_state = AGON_REQUEST_UNKNOWN;
    orders_report(orders, order, &report);
    ck_assert_uint_eq(order->state, AGON_ORDER_OPEN);
    ck_assert_uint_eq(order->request, AGON_REQUEST_REPLACE);
    order->request = AGON_REQUEST_NONE;
    report.rev = 0;
    // Of one that is over nobody will ask: what stands there is a stray, or was given up wrongly.
    report.kind = REPORT_STATE;
    report.state = AGON_ORDER_OPEN;
    order->state = AGON_ORDER_CANCELLED;
    orders_settle(orders, order);
    ck_assert_uint_eq(orders_report(orders, order, &report).is_stray, 1);
    order->reason = REASON_ABSENT;
    ck_assert_uint_eq(orders_report(orders, order, &report).is_reopened, 1);
    orders_free(orders);
}
END_TEST

/* A reduce-only order is taken for what is left of the position, and filled: of 10 only 4. */
START_TEST(what_the_venue_took_for_less_is_filled_when_it_says_so)
{
    struct orders *orders = orders_new(16);
    struct order *order = make(orders, AGON_ORDER_OPEN, 0, 0);
    struct record_report fill = report_of(order, REPORT_FILL, 100, 4, 4, 77);
    struct record_report filled = report_of(order, REPORT_STATE, 0, 0, 4, 0);

    filled.state = AGON_ORDER_FILLED;
    if (_i == 1) { // replaced in its place before that
        order->rev = fill.rev = filled.rev = 1;
        order->flags |= AGON_REDUCE_ONLY;
    }
    orders_report(orders, order, &fill);
    ck_assert_uint_eq(order->state, AGON_ORDER_PARTIAL);
    filled.is_unasked = 1; // by a gateway that does not know what earlier wire orders filled
    orders_report(orders, order, &filled);
    ck_assert_uint_eq(order->state, AGON_ORDER_PARTIAL);
    filled.is_unasked = 0;
    orders_report(orders, order, &filled);
    ck_assert_uint_eq(order->state, AGON_ORDER_FILLED);
    ck_assert_int_eq(order->filled_qty, 4);
    // Told before its fills, it waits for them.
    order = make(orders, AGON_ORDER_OPEN, AGON_REQUEST_CANCEL, AGON_REQUEST_UNKNOWN);
    fill = report_of(order, REPORT_FILL, 100, 4, 4, 78);
    filled = report_of(order, REPORT_STATE, 0, 0, 4, 0);
    filled.state = AGON_ORDER_FILLED;
    orders_report(orders, order, &filled);
    ck_assert_uint_ne(order->state, AGON_ORDER_FILLED);
    orders_report(orders, order, &fill);
    ck_assert_uint_eq(order->state, AGON_ORDER_FILLED);
    orders_free(orders);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exec");
    TCase *tcase = tcase_create("orders");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, inv_06_08_every_report_does_what_the_table_says, 0,
                        (int)(sizeof(table) / sizeof(table[0])));
    tcase_add_loop_test(tcase, inv_08_terminal_states_stay_terminal, 0,
                        (int)(sizeof(table) / sizeof(table[0])));
    tcase_add_loop_test(tcase, inv_07_any_order_of_arrival_gives_the_same_ledger, 0,
                        (int)(sizeof(histories) / sizeof(histories[0])));
    tcase_add_test(tcase, an_order_that_was_given_up_and_is_seen_is_open_again_and_cancelled);
    tcase_add_test(tcase, a_fill_of_an_order_that_was_given_up_is_booked_and_has_it_asked_about);
    tcase_add_test(tcase, a_fill_is_one_of_account_instrument_side_and_number);
    tcase_add_test(tcase, a_contradicted_order_is_asked_about_and_then_given_up);
    tcase_add_test(tcase, a_cancel_that_is_wanted_goes_when_the_way_is_free);
    tcase_add_loop_test(tcase, what_the_venue_took_for_less_is_filled_when_it_says_so, 0, 2);
    tcase_add_test(tcase, a_replacement_to_less_than_was_filled_ends_the_order);
    tcase_add_test(tcase, a_replacement_seen_by_its_own_part_alone_is_for_all_that_was_asked);
    tcase_add_loop_test(tcase, a_sight_before_the_question_ends_no_request_in_doubt, 0, 2);
    tcase_add_loop_test(tcase, the_end_of_what_was_replaced_before_the_question_is_no_end, 0, 3);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
