// SPDX-License-Identifier: Apache-2.0
/* Closed trades against hand-worked cases, and against what the ledger has realised, over random
 * fills: together they are the same, to the last unit. */
#include <check.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "market/exit_reasons.h"
#include "market/reasons.h"
#include "score/groups.h"

enum { QUOTE = 1, COIN = 2 };
enum { PAIR = 1, SWAP = 2 };

static struct instruments table;
static struct ledger *ledger;
static struct trade_open open_one;
static struct trade_closed closed;
static agon_ns_t t;
static uint16_t why = EXIT_REASON_AGENT, tag;

static void asset(agon_asset_t id, int8_t exp, const char *name)
{
    struct record_asset event = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1}, .asset = id, .exp = exp};

    memcpy(event.name, name, strlen(name));
    ck_assert_int_eq(instruments_set_asset(&table, &event, NULL), AGON_OK);
}

static void instrument(agon_instrument_t id, uint8_t kind, const char *symbol)
{
    struct agon_instrument event = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id},
        .kind = kind,
        .px_exp = 2,
        .qty_exp = 3,
        .base = COIN,
        .quote = QUOTE,
        .settle = QUOTE,
        .tick_px = 1,
        .lot_qty = 10,
        .min_notional_amt = 500};

    memcpy(event.symbol, symbol, strlen(symbol));
    ck_assert_int_eq(instruments_set(&table, &event, NULL), AGON_OK);
}

static void setup(void)
{
    ck_assert_int_eq(instruments_init(&table), AGON_OK);
    asset(QUOTE, 2, "QUOTE");
    asset(COIN, 4, "COIN");
    instrument(PAIR, INSTRUMENT_SPOT, "COINQUOTE");
    instrument(SWAP, INSTRUMENT_LINEAR, "SWAP");
    ledger = ledger_new(&table);
    ck_assert_ptr_nonnull(ledger);
    open_one = (struct trade_open){0};
    closed = (struct trade_closed){0};
    t = 0;
}

static void teardown(void)
{
    ck_assert(ledger_check(ledger, NULL, NULL));
    ledger_free(ledger);
    instruments_deinit(&table);
}

static int filled(agon_instrument_t id, uint8_t side, agon_qty_t qty, agon_px_t px,
                  agon_asset_t fee_asset, agon_amt_t fee_amt)
{
    struct ledger_fill fill = {.slot = 7,
                               .instrument = id,
                               .side = side,
                               .px = px,
                               .qty = qty,
                               .fee_asset = fee_asset,
                               .fee_amt = fee_amt};
    struct trade_fill seen = {.t = ++t, .px = px, .qty = qty, .side = side, .why = why, .tag = tag};

    ck_assert_int_eq(ledger_fill(ledger, &fill, NULL), AGON_OK);
    trades_fill_of(&seen, instruments_get(&table, id), ledger_position(ledger, 7, id, 0), 2);
    return trades_add(&open_one, &seen, &closed);
}

START_TEST(from_the_first_fill_to_the_last)
{
    ck_assert(!filled(SWAP, AGON_BUY, 1000, 10000, QUOTE, 10));
    ck_assert(!filled(SWAP, AGON_BUY, 1000, 10200, QUOTE, 10));
    ck_assert(!filled(SWAP, AGON_SELL, 500, 10300, QUOTE, 5));
    ck_assert(filled(SWAP, AGON_SELL, 1500, 10500, QUOTE, 15));
    ck_assert_int_eq(closed.side, 1);
    ck_assert_int_eq(closed.t_open, 1);
    ck_assert_int_eq(closed.t_close, 4);
    ck_assert_int_eq(closed.qty, 2000);
    ck_assert_int_eq(closed.entry_px, 1010000);
    ck_assert_int_eq(closed.exit_px, 1045000);
    ck_assert_int_eq(closed.fee_amt, 40);
    ck_assert_int_eq(closed.result_amt, 2 * 10450 - 2 * 10100 - 40);
    ck_assert_uint_eq(closed.n_fills, 4);
    ck_assert(!closed.is_partial);
    ck_assert_int_eq(closed.result_amt, ledger_position(ledger, 7, SWAP, 0)->realised_amt);
}
END_TEST

static struct trade_closed one(agon_instrument_t id, uint16_t reason, agon_amt_t result_amt,
                               agon_ns_t t_open, agon_ns_t t_close)
{
    return (struct trade_closed){.instrument = id,
                                 .why = reason,
                                 .result_amt = result_amt,
                                 .fee_amt = 1,
                                 .t_open = t_open,
                                 .t_close = t_close};
}

START_TEST(groups_are_by_instrument_and_reason)
{
    const struct trade_closed all[] = {
        one(PAIR, EXIT_REASON_STOP, -5, 10, 30), one(PAIR, EXIT_REASON_TAKE, 7, 0, 40),
        one(SWAP, EXIT_REASON_STOP, 0, 10, 20), one(PAIR, EXIT_REASON_STOP, -9, 50, 90),
        one(PAIR, EXIT_REASON_STOP, 4, 0, 95)};
    static struct trade_groups groups;
    const struct trade_group *stop = &groups.all[0], *take = &groups.all[1], *swap = &groups.all[2];

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        trade_groups_add(&groups, &all[i]);
    ck_assert_uint_eq(groups.n, 3);
    ck_assert_uint_eq(stop->n, 3);
    ck_assert_uint_eq(stop->n_won, 1);
    ck_assert_uint_eq(stop->n_lost, 2);
    ck_assert_int_eq(stop->result_amt, -10);
    ck_assert_int_eq(stop->best_amt, 4);
    ck_assert_int_eq(stop->worst_amt, -9);
    ck_assert_int_eq(stop->fee_amt, 3);
    ck_assert_uint_eq(stop->n_timed, 2); // of the last the first fill is not known
    ck_assert_int_eq(stop->held_ns, 60);
    ck_assert_int_eq(take->worst_amt, 7); // a loss that there was not is no worst one
    ck_assert_uint_eq(take->n_timed, 0);
    ck_assert_uint_eq(swap->n_won + swap->n_lost, 0);
    // What there is no room for is counted, and in no other's row.
    for (uint16_t i = 0; i < TRADE_GROUPS; i++) {
        struct trade_closed more = one(SWAP, (uint16_t)(1000 + i), 1, 1, 2);

        trade_groups_add(&groups, &more);
    }
    ck_assert_uint_eq(groups.n, TRADE_GROUPS);
    ck_assert_uint_eq(groups.n_lost, 3);
    ck_assert_uint_eq(stop->n, 3);
}
END_TEST

START_TEST(its_exit_reason_is_that_of_its_last_fill)
{
    struct ledger_fill taken = {
        .slot = 7, .instrument = SWAP, .side = AGON_SELL, .px = 9000, .qty = 1000};

    ck_assert(!filled(SWAP, AGON_BUY, 1000, 10000, QUOTE, 0));
    why = EXIT_REASON_TAKE;
    ck_assert(!filled(SWAP, AGON_SELL, 400, 10300, QUOTE, 0));
    why = EXIT_REASON_STOP;
    ck_assert(filled(SWAP, AGON_SELL, 600, 9900, QUOTE, 0));
    ck_assert_uint_eq(closed.why, EXIT_REASON_STOP);
    // What no fill of ours closed, the venue did: seen with the next one.
    why = EXIT_REASON_AGENT;
    ck_assert(!filled(SWAP, AGON_BUY, 1000, 10000, QUOTE, 0));
    ck_assert_int_eq(ledger_fill(ledger, &taken, NULL), AGON_OK);
    ck_assert(filled(SWAP, AGON_BUY, 500, 9000, QUOTE, 0));
    ck_assert_uint_eq(closed.why, EXIT_REASON_LIQUIDATION);
}
END_TEST

START_TEST(its_tags_are_those_of_its_first_and_last_fill)
{
    struct trade_groups *groups = calloc(1, sizeof(*groups));

    tag = 4;
    ck_assert(!filled(SWAP, AGON_BUY, 1000, 10000, QUOTE, 0));
    tag = 5;
    ck_assert(!filled(SWAP, AGON_BUY, 500, 10000, QUOTE, 0));
    tag = 6;
    ck_assert(filled(SWAP, AGON_SELL, 2000, 10300, QUOTE, 0));
    ck_assert_uint_eq(closed.entry_tag, 4);
    ck_assert_uint_eq(closed.exit_tag, 6);
    trade_groups_add(groups, &closed);
    // The fill that turned the position round has begun the next one.
    tag = 7;
    ck_assert(filled(SWAP, AGON_BUY, 500, 10100, QUOTE, 0));
    ck_assert_int_eq(closed.side, -1);
    ck_assert_uint_eq(closed.entry_tag, 6);
    ck_assert_uint_eq(closed.exit_tag, 7);
    trade_groups_add(groups, &closed);
    ck_assert_uint_eq(groups->n, 2);
    ck_assert_uint_eq(groups->all[0].tag, 4);
    ck_assert_uint_eq(groups->all[1].tag, 6);
    tag = 0;
    free(groups);
}
END_TEST

/* A name of each, and a text; what there is none of has neither. */
START_TEST(every_exit_reason_has_its_own_word)
{
    for (uint16_t one = EXIT_REASON_FIRST; one < EXIT_REASON_END; one++) {
        ck_assert_str_ne(exit_reasons_name(one), "");
        ck_assert_str_ne(exit_reasons_text(one), "");
        for (uint16_t other = 0; other < one; other++)
            ck_assert_str_ne(exit_reasons_name(one), exit_reasons_name(other));
    }
    ck_assert_str_eq(exit_reasons_name(REASON_OPERATOR), "operator");
    ck_assert_str_eq(exit_reasons_name(EXIT_REASON_NONE), "");
    ck_assert_str_eq(exit_reasons_name(EXIT_REASON_END), "");
    ck_assert_uint_eq(exit_reasons_of_plan(AGON_EXIT_BY_NONE), REASON_EXIT);
}
END_TEST

START_TEST(one_that_turns_round_is_two_and_each_bears_its_fee)
{
    ck_assert(!filled(SWAP, AGON_SELL, 1000, 10000, QUOTE, 10));
    ck_assert(filled(SWAP, AGON_BUY, 3000, 9900, QUOTE, 30));
    ck_assert_int_eq(closed.side, -1);
    ck_assert_int_eq(closed.qty, 1000);
    ck_assert_int_eq(closed.result_amt, 100 - 20);
    ck_assert_int_eq(closed.fee_amt, 20);
    ck_assert_int_eq(open_one.side, 1);
    ck_assert_int_eq(open_one.result_amt, -20);
    ck_assert(filled(SWAP, AGON_SELL, 2000, 9800, QUOTE, 20));
    ck_assert_int_eq(closed.t_open, 2);
    ck_assert_int_eq(closed.qty, 2000);
    ck_assert_int_eq(closed.result_amt, -200 - 40);
}
END_TEST

START_TEST(what_no_order_can_sell_is_no_position)
{
    ck_assert(!filled(PAIR, AGON_BUY, 1000, 10000, COIN, 15)); // 0.0015 of 1 coin
    ck_assert(filled(PAIR, AGON_SELL, 990, 10100, QUOTE, 10));
    ck_assert_int_eq(closed.qty, 1000);
    ck_assert_int_eq(closed.result_amt, ledger_position(ledger, 7, PAIR, 0)->realised_amt);
    ck_assert_int_eq(open_one.side, 0);
    // A first fill that is as small is not the end of one.
    ck_assert(!filled(PAIR, AGON_BUY, 2, 10000, 0, 0));
    ck_assert(!filled(PAIR, AGON_BUY, 998, 10000, 0, 0));
    ck_assert(filled(PAIR, AGON_SELL, 1000, 10000, 0, 0));
    ck_assert_int_eq(closed.t_open, 3);
}
END_TEST

/* An order that is filled to all but a crumb, and then the crumb; or dust that the host sells: one
 * trade, and nothing is lost of what it brought. */
START_TEST(dust_that_is_sold_is_no_trade)
{
    const struct position *pos;

    ck_assert(!filled(PAIR, AGON_BUY, 1000, 10000, QUOTE, 10));
    ck_assert(filled(PAIR, AGON_SELL, 980, 10100, QUOTE, 10)); // 20 of a coin's thousandths: 2.02
    ck_assert(!filled(PAIR, AGON_SELL, 20, 10100, QUOTE, 1));
    ck_assert_int_eq(open_one.side, 0);
    ck_assert(!filled(PAIR, AGON_BUY, 1000, 10000, QUOTE, 10));
    ck_assert_int_eq(open_one.t, 4);
    ck_assert(filled(PAIR, AGON_SELL, 1000, 9900, QUOTE, 10));
    pos = ledger_position(ledger, 7, PAIR, 0);
    ck_assert_int_eq(closed.qty, 1000);
    ck_assert(!closed.is_partial);
    ck_assert_int_eq(closed.t_open, 4);
    ck_assert_int_eq(closed.fee_amt, 21);
    // 78 were the first trade's: 98 and the fees of 20.
    ck_assert_int_eq(closed.result_amt + 78, pos->realised_amt);
}
END_TEST

/* What the open position has realised begins anew where its trade does: break-even of the next one
 * is not that of the losses before. */
START_TEST(a_mean_has_two_digits_more_where_they_are_something)
{
    char text[MONEY_TEXT];

    ck_assert_str_eq(trades_mean_text(610695963, 2, text), "61,069.5963");
    ck_assert_str_eq(trades_mean_text(613306300, 2, text), "61,330.63");
    ck_assert_str_eq(trades_mean_text(613300000, 2, text), "61,330.00");
    ck_assert_str_eq(trades_mean_text(613306310, 2, text), "61,330.631");
    ck_assert_str_eq(trades_mean_text(6100, 0, text), "61");
}
END_TEST

START_TEST(what_a_position_realised_begins_with_it)
{
    ledger_shed_dust(ledger, 1);
    ck_assert(!filled(PAIR, AGON_BUY, 1000, 10000, COIN, 15));
    ck_assert(filled(PAIR, AGON_SELL, 990, 9000, QUOTE, 10)); // a tenth is lost
    ck_assert_int_ne(ledger_position(ledger, 7, PAIR, 0)->held_amt, 0);
    ck_assert_int_eq(ledger_position(ledger, 7, PAIR, 0)->open_amt, 0);
    ck_assert(!filled(PAIR, AGON_BUY, 5, 9000, QUOTE, 3)); // a first fill as small as dust
    ck_assert(!filled(PAIR, AGON_BUY, 995, 9000, QUOTE, 10));
    ck_assert_int_eq(ledger_position(ledger, 7, PAIR, 0)->open_amt, -13);
    ck_assert(!filled(PAIR, AGON_SELL, 500, 9100, QUOTE, 10));
    ck_assert_int_eq(ledger_position(ledger, 7, PAIR, 0)->open_amt, open_one.result_amt);
    // Journals of before have it otherwise.
    ledger_shed_dust(ledger, 0);
    ck_assert(filled(PAIR, AGON_SELL, 500, 9000, QUOTE, 10));
    ck_assert_int_eq(ledger_position(ledger, 7, PAIR, 0)->open_amt, closed.result_amt);
    // A derivative has no dust: what is left of it can be closed.
    ledger_shed_dust(ledger, 1);
    open_one = (struct trade_open){0};
    ck_assert(!filled(SWAP, AGON_BUY, 1000, 10000, QUOTE, 10));
    ck_assert(!filled(SWAP, AGON_SELL, 999, 9000, QUOTE, 10));
    ck_assert_int_eq(ledger_position(ledger, 7, SWAP, 0)->open_amt, -999 - 20);
}
END_TEST

START_TEST(a_position_that_was_there_has_no_beginning)
{
    struct position pos;

    ck_assert(!filled(SWAP, AGON_BUY, 1000, 10000, QUOTE, 10));
    pos = *ledger_position(ledger, 7, SWAP, 0);
    trades_found(&open_one, &pos, 1000000, 4, instruments_get(&table, SWAP), 2);
    ck_assert(filled(SWAP, AGON_SELL, 1000, 10100, QUOTE, 10));
    ck_assert(closed.is_partial);
    ck_assert_int_eq(closed.t_open, 0);
    ck_assert_int_eq(closed.qty, 1000);
    ck_assert_int_eq(closed.entry_px, 1000000);
    ck_assert_int_eq(closed.result_amt, 80); // with the fee of before, which the ledger has
}
END_TEST

START_TEST(together_they_are_what_the_ledger_realised)
{
    uint32_t n = 0;

    for (unsigned seed = 1; seed <= 300; seed++) {
        agon_instrument_t id = seed % 2 == 0 ? SWAP : PAIR;
        agon_amt_t sum = 0;
        const struct position *pos;

        srand(seed);
        teardown();
        setup();
        for (int i = 0; i < 200; i++) {
            uint8_t side = rand() % 2 == 0 ? AGON_BUY : AGON_SELL;
            agon_qty_t qty = 1 + rand() % 3000;
            agon_asset_t fee_asset =
                id == PAIR && side == AGON_BUY && rand() % 2 == 0 ? COIN : QUOTE;

            pos = ledger_position(ledger, 7, id, 0);
            if (id == PAIR && side == AGON_SELL) {
                if (pos == NULL || pos->qty <= 0)
                    continue;
                qty = qty < pos->qty ? qty : pos->qty;
            }
            if (filled(id, side, qty, 9000 + rand() % 2000, fee_asset,
                       fee_asset == COIN ? rand() % 10 : rand() % 50 - 10)) {
                sum += closed.result_amt;
                n++;
                ck_assert_int_gt(closed.qty, 0);
                ck_assert(!closed.is_partial);
                ck_assert(closed.t_open > 0 && closed.t_close > closed.t_open);
            }
        }
        pos = ledger_position(ledger, 7, id, 0);
        ck_assert_int_eq(sum + open_one.result_amt, pos->realised_amt);
        if (id == SWAP)
            ck_assert_int_eq(open_one.side, pos->qty > 0 ? 1 : pos->qty < 0 ? -1 : 0);
    }
    ck_assert_uint_gt(n, 2000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trades");
    TCase *tcase = tcase_create("trades");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, from_the_first_fill_to_the_last);
    tcase_add_test(tcase, groups_are_by_instrument_and_reason);
    tcase_add_test(tcase, its_exit_reason_is_that_of_its_last_fill);
    tcase_add_test(tcase, its_tags_are_those_of_its_first_and_last_fill);
    tcase_add_test(tcase, every_exit_reason_has_its_own_word);
    tcase_add_test(tcase, one_that_turns_round_is_two_and_each_bears_its_fee);
    tcase_add_test(tcase, what_no_order_can_sell_is_no_position);
    tcase_add_test(tcase, dust_that_is_sold_is_no_trade);
    tcase_add_test(tcase, a_mean_has_two_digits_more_where_they_are_something);
    tcase_add_test(tcase, what_a_position_realised_begins_with_it);
    tcase_add_test(tcase, a_position_that_was_there_has_no_beginning);
    tcase_add_test(tcase, together_they_are_what_the_ledger_realised);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
