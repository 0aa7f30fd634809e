// SPDX-License-Identifier: Apache-2.0
/* The gate's chain, which is written out of the table, against the same checks as a chain of calls:
 * over random states which check refuses first, and what the gate remembers afterwards, is the same
 * to the byte. */
#include <check.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"
#include "slow_gate.h"

#define STATES 200000
#define T      ((agon_ns_t)1723161600000000000)

static struct rng rng;

static uint64_t below(uint64_t n)
{
    return rng_below(&rng, n);
}

// Around a limit, at either edge of what counts, or anything.
static int64_t near(int64_t limit)
{
    switch (below(16)) {
    case 0:
        return NUM_MAX;
    case 1:
        return NUM_MAX - 1;
    case 2:
        return 0;
    case 3:
        return limit;
    case 4:
        return limit + 1;
    case 5:
        return (int64_t)below(INT64_MAX);
    default:
        return (int64_t)below((uint64_t)limit + 1);
    }
}

static uint8_t seldom(void)
{
    return below(40) == 0;
}

struct state {
    struct agon_instrument instrument;
    struct slot_limits limits;
    struct portfolio_limits all_limits;
    struct risk_slot slot, all;
    struct risk_view view;
    struct agon_intent intent;
};

static void make_slot(struct risk_slot *slot)
{
    slot->equity_high_amt = near(1000000);
    slot->equity_amt =
        below(4) == 0 ? slot->equity_high_amt : (int64_t)below((uint64_t)slot->equity_high_amt + 1);
    if (seldom())
        slot->equity_amt = -slot->equity_amt;
    slot->equity_day_amt = near(1000000);
    slot->is_daily_breached = seldom();
    slot->is_drawdown_breached = seldom();
    slot->is_floor_breached = seldom();
    slot->tokens_ppm = near(5000000);
    slot->t_tokens = below(4) == 0 ? 0 : T - near(2000000000) / 2;
    slot->next_recent = (uint32_t)below(RISK_DUPLICATES);
}

static void make_limits(struct state *state)
{
    struct slot_limits *limits = &state->limits;
    struct portfolio_limits *all = &state->all_limits;

    limits->order_amt = (agon_amt_t)below(3) * 50000;
    limits->position_amt = (agon_amt_t)below(3) * 80000;
    limits->daily_loss_amt = (agon_amt_t)below(3) * 400000;
    limits->drawdown_ppm = (uint32_t)below(3) * 400000;
    limits->collar_marketable_ppm = (uint32_t)below(3) * 20000;
    limits->collar_passive_ppm = (uint32_t)below(3) * 100000;
    limits->max_open_orders = (uint32_t)below(3) * 20;
    limits->orders_per_s = below(8) == 0 ? UINT32_MAX : (uint32_t)below(3) * 5;
    limits->orders_burst = below(8) == 0 ? UINT32_MAX : (uint32_t)below(4);
    limits->duplicate_max = (uint32_t)below(5) * 4;
    limits->duplicate_window_ms = below(8) == 0 ? UINT32_MAX : (uint32_t)below(3) * 1000;
    all->equity_amt = (agon_amt_t)below(3) * 200000;
    all->daily_loss_amt = (agon_amt_t)below(3) * 400000;
    all->drawdown_ppm = (uint32_t)below(3) * 400000;
    all->gross_amt = (agon_amt_t)below(3) * 80000;
    all->net_amt = (agon_amt_t)below(3) * 80000;
    all->venue_amt = (agon_amt_t)below(3) * 80000;
    all->asset_amt = (agon_amt_t)below(3) * 80000;
}

static void make_intent(struct agon_intent *intent)
{
    intent->kind = AGON_INTENT_ORDER;
    intent->side = seldom() ? (uint8_t)below(4) : (uint8_t)(1 + below(2));
    intent->type = seldom() ? (uint8_t)below(8) : (uint8_t)(1 + below(4));
    intent->tif = (uint8_t)below(seldom() ? 8 : 4);
    intent->flags = below(8) == 0 ? (uint32_t)below(5) : 0;
    intent->instrument = (agon_instrument_t)below(3);
    intent->qty = seldom() ? near(1000) : (int64_t)(1 + below(200)) * 5;
    intent->show_qty = seldom() ? near(1000) - 2 : 0;
    if (intent->type == AGON_LIMIT || intent->type == AGON_STOP_LIMIT || seldom())
        intent->px = seldom() ? near(100000) : 2 * (int64_t)(480 + below(40));
    if (intent->type == AGON_STOP || intent->type == AGON_STOP_LIMIT || seldom())
        intent->trigger_px = seldom() ? near(100000) : 2 * (int64_t)(480 + below(40));
    intent->t_expire = intent->tif == AGON_TIF_GTD || seldom() ? T - 1 + (int64_t)below(3) : 0;
}

static void make(struct state *state)
{
    struct risk_view *view = &state->view;

    memset(state, 0, sizeof(*state));
    state->instrument = (struct agon_instrument){.kind = (uint8_t)(1 + below(2)),
                                                 .tick_px = 1 + (int64_t)below(2),
                                                 .lot_qty = below(2) == 0 ? 1 : 5,
                                                 .min_qty = (int64_t)below(3) * 5,
                                                 .max_qty = (int64_t)below(2) * 900,
                                                 .min_notional_amt = (int64_t)below(3) * 50,
                                                 .min_px = (int64_t)below(2) * 964,
                                                 .max_px = (int64_t)below(2) * 1036};
    make_limits(state);
    make_slot(&state->slot);
    make_slot(&state->all);
    make_intent(&state->intent);
    *view = (struct risk_view){.t = T,
                               .slot = &state->slot,
                               .instrument = seldom() ? NULL : &state->instrument,
                               .may_trade = !seldom(),
                               .is_authorised = !seldom(),
                               .is_halted = seldom(),
                               .is_killed = seldom(),
                               .is_other_host = seldom(),
                               .trading = (uint8_t)(seldom() ? below(5) : 1),
                               .is_book_live = !seldom(),
                               .is_reducing = below(3) == 0,
                               .is_unvalued = seldom(),
                               .would_self_match = seldom(),
                               .n_open = (uint32_t)below(22),
                               .bid_px = seldom() ? 0 : 1000,
                               .ask_px = seldom() ? 0 : 1002,
                               .last_px = 1001,
                               .judge_px = seldom() ? 0 : 1000,
                               .held_qty = (int64_t)below(2001) - 1000,
                               .working_buy_qty = seldom() ? near(1000) : (int64_t)below(1000),
                               .working_sell_qty = seldom() ? near(1000) : (int64_t)below(1000),
                               .limits = &state->limits,
                               .is_unpriced = seldom()};
    view->notional_amt = seldom() ? near(50000) : (int64_t)below(50001);
    view->least_amt = below(2) == 0 ? 0 : (int64_t)below(200);
    view->position_amt = seldom() ? near(80000) : (int64_t)below(80001);
    view->reach_qty = seldom() ? -near(1000) : (int64_t)below(1000);
    view->reach_amt = seldom() ? -near(1000) : (int64_t)below(1000);
    view->free_amt = near(60000);
    view->cost_amt = seldom() ? near(60000) : (int64_t)below(1000);
    view->free_qty = near(1000);
    view->open_loss_amt = seldom() ? near(400000) : (int64_t)below(1000);
    view->open_loss_all_amt = seldom() ? near(400000) : (int64_t)below(1000);
    if (below(3) != 0) {
        view->portfolio = &state->all;
        view->portfolio_limits = &state->all_limits;
        view->reach.gross_amt = seldom() ? near(80000) : (int64_t)below(80001);
        view->reach.net_amt = seldom() ? near(80000) : (int64_t)below(80001);
        view->reach.venue_amt = seldom() ? near(80000) : (int64_t)below(80001);
        view->reach.asset_amt = seldom() ? near(80000) : (int64_t)below(80001);
    }
    // The same order again and again, some of them long ago.
    for (uint32_t i = 0, n = (uint32_t)below(RISK_DUPLICATES + 1); i < n; i++)
        state->slot.recent[i] = (struct risk_recent){
            .fingerprint = below(2) == 0 ? risk_fingerprint(&state->intent) : 1 + below(1000),
            .t = below(8) == 0 ? 0 : T - (int64_t)below(2500000000)};
}

/* As the engine does: what was asked about before, and is remembered, need not be asked again. */
static int bears(struct risk_slot *slot, agon_amt_t loss_amt, const struct risk_losses *losses)
{
    if (below(2) == 0)
        (void)risk_bears(slot, (agon_amt_t)below((uint64_t)loss_amt + 1), losses);
    if (below(4) == 0)
        (void)risk_bears(slot, near(400000), losses);
    return risk_is_borne(slot, loss_amt) || risk_bears(slot, loss_amt, losses);
}

static void note_borne(struct state *state)
{
    struct risk_view *view = &state->view;
    const struct risk_losses losses = {.daily_loss_amt = state->limits.daily_loss_amt,
                                       .drawdown_ppm = state->limits.drawdown_ppm};
    const struct risk_losses all = {.daily_loss_amt = state->all_limits.daily_loss_amt,
                                    .drawdown_ppm = state->all_limits.drawdown_ppm,
                                    .floor_amt = state->all_limits.equity_amt};

    view->is_borne = (uint8_t)bears(&state->slot, view->open_loss_amt, &losses);
    view->is_borne_all = (uint8_t)bears(&state->all, view->open_loss_all_amt, &all);
}

START_TEST(of_random_states_the_same_check_refuses_and_the_same_is_remembered)
{
    static uint64_t n_by[UINT16_MAX + 1];
    static struct state state;
    uint64_t n_reasons = 0, n_borne = 0;

    rng_init(&rng, 12);
    for (uint32_t i = 0; i < STATES; i++) {
        struct risk_slot slow_slot;
        struct risk_view slow;
        uint16_t want, got;

        make(&state);
        if (below(4) != 0)
            note_borne(&state);
        n_borne += state.view.is_borne;
        slow_slot = state.slot;
        slow = state.view;
        slow.slot = &slow_slot;
        want = slow_judge(&slow, &state.intent);
        got = risk_judge(&state.view, &state.intent);
        // A check that is younger than the slow gate may stop what that lets pass.
        ck_assert_msg(got == want, "state %u: %s, and by the chain of calls %s", i,
                      reason_name(got), reason_name(want));
        ck_assert_msg(memcmp(&slow_slot, &state.slot, sizeof(slow_slot)) == 0,
                      "state %u: what is remembered differs", i);
        n_by[got]++;
    }
    for (uint32_t i = 1; i <= UINT16_MAX; i++)
        n_reasons += n_by[i] != 0;
    // Each of the thirty has had its say.
    ck_assert_uint_eq(n_reasons, 30);
    ck_assert_uint_gt(n_by[REASON_NONE], STATES / 20);
    ck_assert_uint_gt(n_borne, STATES / 4);
}
END_TEST

static void make_losses(struct risk_losses *losses)
{
    *losses = (struct risk_losses){.daily_reason = REASON_DAILY_LOSS,
                                   .drawdown_reason = REASON_DRAWDOWN,
                                   .floor_reason = REASON_PORTFOLIO_EQUITY};
    if (below(3) == 0)
        losses->daily_loss_amt = 1 + (int64_t)below(1000);
    if (below(3) == 0)
        losses->drawdown_ppm = 1 + (uint32_t)below(400000);
    if (below(3) == 0)
        losses->floor_amt = 1 + (int64_t)below(2000);
}

/* How often a limit is reached on a way from where equity stands, which ends at the least after the
 * most; the day turns at the most, or anywhere on a way that is drawn. */
static uint32_t walk(struct risk_slot *slot, int64_t most, int64_t least, int is_drawn,
                     const struct risk_losses *losses)
{
    uint32_t n = 0;

    for (int i = 0; i < 8; i++) {
        int64_t to = i == 3 ? most : least + (int64_t)below((uint64_t)(most - least) + 1);

        if (i == 7)
            to = least;
        n += risk_mark(slot, to, T + i, losses) != REASON_NONE;
        if (is_drawn ? below(8) == 0 : i == 3 && most > slot->equity_day_amt)
            risk_day(slot);
    }
    return n;
}

START_TEST(where_no_limit_is_said_to_be_near_none_is_reached)
{
    uint32_t n_clear = 0, n_reached = 0;

    rng_init(&rng, 13);
    for (uint32_t i = 0; i < STATES; i++) {
        struct risk_slot slot = {0};
        struct risk_losses losses;
        int64_t least, most;
        int is_clear, was_reached;
        int is_drawn = below(2) == 0;
        uint32_t n;

        make_losses(&losses);
        risk_slot_start(&slot, 500 + (int64_t)below(2000));
        (void)risk_mark(&slot, slot.equity_amt - (int64_t)below(300), T, &losses);
        least = slot.equity_amt - (int64_t)below(400);
        most = slot.equity_amt + (int64_t)below(400);
        was_reached = slot.n_breaches > 0;
        is_clear = risk_is_clear(&slot, most, least, &losses);
        n = walk(&slot, most, least, is_drawn, &losses);
        ck_assert_msg(!is_clear || n == 0, "state %u: clear, and %u limits reached", i, n);
        // A limit that was reached before is not reached twice.
        ck_assert_msg(is_clear || n > 0 || was_reached || is_drawn,
                      "state %u: not clear, and nothing reached", i);
        n_clear += (uint32_t)is_clear;
        n_reached += n > 0;
    }
    ck_assert_uint_gt(n_clear, STATES / 20);
    ck_assert_uint_gt(n_reached, STATES / 20);
}
END_TEST

/* No limit is reached, nor would one be were so much lost: in 128 bits, by each limit. */
static int is_clear(const struct risk_slot *slot, num128_t loss, const struct risk_losses *losses)
{
    num128_t left = slot->equity_amt - loss;

    return !slot->is_daily_breached && !slot->is_drawdown_breached && !slot->is_floor_breached &&
           (losses->daily_loss_amt == 0 || slot->equity_day_amt - left < losses->daily_loss_amt) &&
           (losses->drawdown_ppm == 0 || slot->equity_high_amt <= 0 ||
            (slot->equity_high_amt - left) * 1000000 <
                (num128_t)slot->equity_high_amt * losses->drawdown_ppm) &&
           (losses->floor_amt == 0 || left > losses->floor_amt);
}

static void change(struct risk_slot *slot, const struct risk_losses *losses)
{
    switch (below(5)) {
    case 0:
        risk_mark(slot, slot->equity_amt + (int64_t)below(2001) - 1000, T, losses);
        break;
    case 1:
        risk_move(slot, slot->equity_amt - (int64_t)below(1000)); // no highest is passed
        break;
    case 2:
        risk_recapitalise(slot, (int64_t)below(20001) - 10000, (int)below(2));
        break;
    case 3:
        risk_resume(slot);
        break;
    case 4:
        risk_day(slot);
        break;
    }
}

/* Equity, what it is compared with and what was reached change at random; asked at the edge of what
 * is borne, no memory of it outlives that. */
START_TEST(what_is_borne_is_remembered_as_long_as_it_is_so)
{
    uint64_t n_borne = 0;

    rng_init(&rng, 14);
    for (uint32_t i = 0; i < STATES / 100; i++) {
        const struct risk_losses losses = {.daily_loss_amt = (agon_amt_t)below(3) * 40000,
                                           .drawdown_ppm = (uint32_t)below(3) * 40000,
                                           .floor_amt = (agon_amt_t)below(3) * 400000};
        struct risk_slot slot;

        risk_slot_start(&slot, 1000000);
        for (uint32_t step = 0; step < 100; step++) {
            agon_amt_t room_amt = -1;

            change(&slot, &losses);
            ck_assert_msg(slot.borne_amt == 0,
                          "state %u, step %u: losses below %lld are still borne", i, step,
                          (long long)slot.borne_amt);
            for (int64_t by = (int64_t)1 << 40; by > 0; by /= 2)
                room_amt += is_clear(&slot, room_amt + by, &losses) ? by : 0;
            if (room_amt >= 0)
                ck_assert_int_eq(risk_bears(&slot, room_amt, &losses), 1);
            ck_assert_int_eq(risk_bears(&slot, room_amt + 1, &losses),
                             is_clear(&slot, room_amt + 1, &losses));
            n_borne += room_amt >= 0;
        }
    }
    ck_assert_uint_gt(n_borne, STATES / 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("risk_chain");
    TCase *tcase = tcase_create("chain");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, of_random_states_the_same_check_refuses_and_the_same_is_remembered);
    tcase_add_test(tcase, where_no_limit_is_said_to_be_near_none_is_reached);
    tcase_add_test(tcase, what_is_borne_is_remembered_as_long_as_it_is_so);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
