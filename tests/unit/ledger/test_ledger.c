// SPDX-License-Identifier: Apache-2.0
/* The ledger against hand-worked cases and against a list of every posting, kept with 128 bits. */
#include <check.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "ledger/ledger.h"

enum { QUOTE = 1, COIN = 2, GAS = 3, FINE = 4 };
enum { PAIR = 1, CENTS = 2 };

static struct instruments table;

static void asset(agon_asset_t id, int8_t exp, const char *name)
{
    struct record_asset event = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1}, .asset = id, .exp = exp};

    memcpy(event.name, name, strlen(name));
    ck_assert_int_eq(instruments_set_asset(&table, &event, NULL), AGON_OK);
}

static void instrument(agon_instrument_t id, agon_asset_t base, int8_t px_exp, int8_t qty_exp)
{
    struct agon_instrument event = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id},
        .kind = INSTRUMENT_SPOT,
        .px_exp = px_exp,
        .qty_exp = qty_exp,
        .base = base,
        .quote = QUOTE,
        .settle = QUOTE,
        .tick_px = 1,
        .lot_qty = 1};

    event.symbol[0] = (char)('A' + id % 26);
    event.symbol[1] = (char)('A' + id / 26);
    ck_assert_int_eq(instruments_set(&table, &event, NULL), AGON_OK);
}

static struct ledger *begin(void)
{
    struct ledger *ledger;

    ck_assert_int_eq(instruments_init(&table), AGON_OK);
    asset(QUOTE, 0, "QUOTE");
    asset(COIN, 0, "COIN");
    asset(GAS, 0, "GAS");
    asset(FINE, 8, "FINE");
    instrument(PAIR, COIN, 0, 0); // one coin at 1: one of the quote
    instrument(CENTS, COIN, 2, 0);
    for (agon_instrument_t id = 3; id <= 40; id++)
        instrument(id, FINE, 2, 5);
    ledger = ledger_new(&table);
    ck_assert_ptr_nonnull(ledger);
    return ledger;
}

static void end(struct ledger *ledger)
{
    ck_assert(ledger_check(ledger, NULL, NULL));
    ledger_free(ledger);
    instruments_deinit(&table);
}

static int fill_fee(struct ledger *ledger, agon_instrument_t id, uint8_t side, agon_qty_t qty,
                    agon_px_t px, agon_asset_t fee_asset, agon_amt_t fee_amt,
                    agon_amt_t *realised_amt)
{
    struct ledger_fill fill = {.slot = 7,
                               .instrument = id,
                               .side = side,
                               .px = px,
                               .qty = qty,
                               .fee_asset = fee_asset,
                               .fee_amt = fee_amt};

    return ledger_fill(ledger, &fill, realised_amt);
}

static agon_amt_t fill(struct ledger *ledger, agon_instrument_t id, uint8_t side, agon_qty_t qty,
                       agon_px_t px)
{
    agon_amt_t realised_amt = -12345;

    ck_assert_int_eq(fill_fee(ledger, id, side, qty, px, 0, 0, &realised_amt), AGON_OK);
    return realised_amt;
}

static void stands(struct ledger *ledger, agon_instrument_t id, agon_amt_t held, agon_amt_t cost,
                   agon_amt_t realised)
{
    const struct position *pos = ledger_position(ledger, 7, id, 0);

    ck_assert_int_eq(pos->held_amt, held);
    ck_assert_int_eq(pos->cost_amt, cost);
    ck_assert_int_eq(pos->realised_amt, realised);
}

/* What is in suspense after a picture, whether it could be taken or not. */
static agon_amt_t reconcile(struct ledger *ledger, agon_account_t account, agon_asset_t asset,
                            agon_amt_t venue_amt, int is_first)
{
    agon_amt_t suspense_amt;

    (void)ledger_reconcile(ledger, account, asset, venue_amt, is_first, &suspense_amt);
    return suspense_amt;
}

START_TEST(average_cost_of_a_long_position)
{
    struct ledger *ledger = begin();

    ck_assert_int_eq(fill(ledger, PAIR, AGON_BUY, 2, 100), 0);
    ck_assert_int_eq(fill(ledger, PAIR, AGON_BUY, 1, 106), 0);
    stands(ledger, PAIR, 3, 306, 0); // 102 each
    ck_assert_int_eq(fill(ledger, PAIR, AGON_SELL, 1, 110), 8);
    stands(ledger, PAIR, 2, 204, 8);
    ck_assert_int_eq(fill(ledger, PAIR, AGON_SELL, 2, 99), -6);
    stands(ledger, PAIR, 0, 0, 2); // 110 + 198 - 306
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 2);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, COIN), 0);
    ck_assert_int_eq(ledger_total(ledger, 0, QUOTE), 2);
    ck_assert_uint_eq(ledger_position(ledger, 7, PAIR, 0)->n_fills, 4);
    end(ledger);
}
END_TEST

START_TEST(through_zero_and_back)
{
    struct ledger *ledger = begin();

    fill(ledger, PAIR, AGON_BUY, 2, 100);
    ck_assert_int_eq(fill(ledger, PAIR, AGON_SELL, 5, 110), 20);
    stands(ledger, PAIR, -3, -330, 20);
    ck_assert_int_eq(fill(ledger, PAIR, AGON_SELL, 1, 90), 0);
    stands(ledger, PAIR, -4, -420, 20); // sold short at 105 each
    ck_assert_int_eq(fill(ledger, PAIR, AGON_BUY, 2, 100), 10);
    stands(ledger, PAIR, -2, -210, 30);
    ck_assert_int_eq(fill(ledger, PAIR, AGON_BUY, 6, 100), 10);
    stands(ledger, PAIR, 4, 400, 40);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 40 - 400);
    end(ledger);
}
END_TEST

START_TEST(rounding_loses_nothing)
{
    struct ledger *ledger = begin();

    // 3 at 33.33: 99.99, to the nearest 100. A third of it is no whole number.
    fill(ledger, CENTS, AGON_BUY, 3, 3333);
    stands(ledger, CENTS, 3, 100, 0);
    ck_assert_int_eq(fill(ledger, CENTS, AGON_SELL, 1, 3333), 33 - 33); // 100 / 3 is 33
    ck_assert_int_eq(fill(ledger, CENTS, AGON_SELL, 1, 3333), 33 - 34); // 67 / 2 to the even one
    ck_assert_int_eq(fill(ledger, CENTS, AGON_SELL, 1, 3333), 33 - 33);
    stands(ledger, CENTS, 0, 0, -1);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), -1);
    // Ties go to the even unit: 0.50 and 1.50.
    fill(ledger, CENTS, AGON_BUY, 1, 50);
    stands(ledger, CENTS, 1, 0, -1);
    fill(ledger, CENTS, AGON_BUY, 1, 150);
    stands(ledger, CENTS, 2, 2, -1);
    end(ledger);
}
END_TEST

START_TEST(fees_in_quote_base_and_a_third_asset)
{
    struct ledger *ledger = begin();
    const struct position *pos;
    agon_amt_t realised;

    ck_assert_int_eq(fill_fee(ledger, PAIR, AGON_BUY, 10, 100, QUOTE, 3, &realised), AGON_OK);
    ck_assert_int_eq(realised, 0); // before the fee
    stands(ledger, PAIR, 10, 1000, -3);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), -1003);
    ck_assert_int_eq(fill_fee(ledger, PAIR, AGON_SELL, 10, 101, QUOTE, -2, &realised), AGON_OK);
    ck_assert_int_eq(realised, 10);
    stands(ledger, PAIR, 0, 0, -3 + 10 + 2);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 9);
    pos = ledger_position(ledger, 7, PAIR, 0);
    ck_assert_int_eq(pos->fee_amt, 1);
    // A fee off what was bought: fewer coins, the same cost.
    ck_assert_int_eq(fill_fee(ledger, PAIR, AGON_BUY, 100, 10, COIN, 1, &realised), AGON_OK);
    stands(ledger, PAIR, 99, 1000, 9);
    ck_assert_int_eq(pos->fee_amt, 11);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, COIN), 99);
    ck_assert_int_eq(fill_fee(ledger, PAIR, AGON_SELL, 99, 11, GAS, 4, NULL), AGON_OK);
    stands(ledger, PAIR, 0, 0, 9 + 1089 - 1000);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, GAS), -4);
    ck_assert_int_eq(ledger_total(ledger, 0, GAS), -4);
    ck_assert_int_eq(pos->fee_amt, 11); // no price of the third asset is known here
    // A fee that takes all that was bought takes its cost along, or it would stay for ever.
    ck_assert_int_eq(fill_fee(ledger, PAIR, AGON_BUY, 1, 50, COIN, 1, &realised), AGON_OK);
    stands(ledger, PAIR, 0, 0, 98 - 50);
    ck_assert_int_eq(fill_fee(ledger, PAIR, AGON_BUY, 1, 50, COIN, 2, &realised), AGON_OK);
    stands(ledger, PAIR, -1, 0, 98 - 100);
    end(ledger);
}
END_TEST

START_TEST(units_of_price_quantity_and_asset_differ)
{
    struct ledger *ledger = begin();
    const struct position *pos;

    ck_assert_int_eq(fill_fee(ledger, 3, AGON_BUY, 150000, 20050, FINE, 1000, NULL), AGON_OK);
    pos = ledger_position(ledger, 7, 3, 0);
    ck_assert_int_eq(pos->held_amt, 149999000); // 1.5 less 0.00001
    ck_assert_int_eq(pos->qty, 149999);
    ck_assert_int_eq(pos->cost_amt, 301); // 300.75
    ck_assert_int_eq(fill_fee(ledger, 3, AGON_BUY, 1, 20050, FINE, 1, NULL), AGON_OK);
    ck_assert_int_eq(pos->held_amt, 149999999);
    ck_assert_int_eq(pos->qty, 149999); // towards zero
    end(ledger);
}
END_TEST

START_TEST(what_cannot_be_booked_changes_nothing)
{
    struct ledger *ledger = begin();
    unsigned char before[4096];
    unsigned char after[4096];
    struct enc first = {.at = before, .room = sizeof(before)};
    struct enc second = {.at = after, .room = sizeof(after)};
    struct ledger_fill bad = {.slot = 7, .instrument = PAIR, .side = AGON_BUY, .px = 1, .qty = 1};
    struct ledger_fill good = bad;

    ck_assert_int_eq(ledger_post(ledger, 1, 7, COIN, INT64_MAX - 5), AGON_OK);
    ck_assert_int_eq(ledger_post(ledger, 1, 7, QUOTE, NUM_MIN + 5), AGON_OK);
    ck_assert_int_eq(ledger_post(ledger, 1, 8, GAS, NUM_MIN + 5), AGON_OK);
    ledger_save(ledger, &first);
#define REFUSED(want, ...)                                                                         \
    do {                                                                                           \
        bad = good;                                                                                \
        __VA_ARGS__;                                                                               \
        ck_assert_msg(ledger_fill(ledger, &bad, NULL) == (want), #__VA_ARGS__);                    \
    } while (0)
    REFUSED(AGON_EINVAL, bad.slot = SLOTS_MAX);
    REFUSED(AGON_EINVAL, bad.instrument = 0);
    REFUSED(AGON_EINVAL, bad.instrument = 41);
    REFUSED(AGON_EINVAL, bad.qty = 0);
    REFUSED(AGON_EINVAL, bad.qty = -1);
    REFUSED(AGON_EINVAL, bad.px = 0);
    REFUSED(AGON_EINVAL, bad.side = 0);
    REFUSED(AGON_EINVAL, bad.side = 3);
    REFUSED(AGON_EINVAL, bad.account = ACCOUNTS_MAX);
    REFUSED(AGON_EINVAL, bad.fee_amt = 1); // of no asset
    REFUSED(AGON_EINVAL, bad.fee_amt = 1, bad.fee_asset = ASSETS_MAX + 1);
    REFUSED(AGON_ERANGE, bad.fee_amt = INT64_MIN, bad.fee_asset = GAS);
    REFUSED(AGON_ERANGE, bad.px = INT64_MAX, bad.qty = 2);
    REFUSED(AGON_ERANGE, bad.instrument = 3, bad.qty = INT64_MAX);
    REFUSED(AGON_ERANGE, bad.account = 1, bad.qty = 6); // coins
    REFUSED(AGON_ERANGE, bad.account = 1, bad.px = 6);  // the quote
    REFUSED(AGON_ERANGE, bad.account = 1, bad.fee_amt = 6, bad.fee_asset = GAS, bad.slot = 6);
    // Each leg alone would fit, both do not: a rebate in the coin that is bought.
    REFUSED(AGON_ERANGE, bad.account = 1, bad.qty = 4, bad.fee_amt = -4, bad.fee_asset = COIN);
    REFUSED(AGON_ERANGE, bad.account = 1, bad.qty = 1, bad.px = 3, bad.fee_amt = 3,
            bad.fee_asset = QUOTE);
    ck_assert_int_eq(ledger_post(ledger, ACCOUNTS_MAX, 0, QUOTE, 1), AGON_EINVAL);
    ck_assert_int_eq(ledger_post(ledger, 0, LEDGER_SUBS, QUOTE, 1), AGON_EINVAL);
    ck_assert_int_eq(ledger_post(ledger, 0, 0, 0, 1), AGON_EINVAL);
    ck_assert_int_eq(ledger_post(ledger, 0, 0, ASSETS_MAX + 1, 1), AGON_EINVAL);
    ck_assert_int_eq(ledger_post(ledger, 1, 7, COIN, 6), AGON_ERANGE);
    ck_assert_int_eq(ledger_post(ledger, 1, 9, COIN, 6), AGON_ERANGE); // the total
    ck_assert_int_eq(ledger_post(ledger, 1, 7, QUOTE, -6), AGON_ERANGE);
    ck_assert_int_eq(ledger_transfer(ledger, 1, 9, 7, COIN, 6), AGON_ERANGE);
    ck_assert_int_eq(ledger_transfer(ledger, 1, 8, 9, GAS, 6), AGON_ERANGE);
    ck_assert_int_eq(ledger_transfer(ledger, 1, 8, 9, GAS, INT64_MIN), AGON_EINVAL);
    ck_assert_int_eq(ledger_transfer(ledger, 1, 8, LEDGER_SUBS, GAS, 1), AGON_EINVAL);
    ck_assert_int_eq(ledger_transfer(ledger, 1, LEDGER_SUBS, 8, GAS, 1), AGON_EINVAL);
    ck_assert_int_eq(ledger_transfer(ledger, 1, 8, 8, GAS, INT64_MAX), AGON_OK);
    ck_assert_int_eq(ledger_amt(ledger, 99, 0, QUOTE), 0);
    ck_assert_int_eq(ledger_total(ledger, 99, QUOTE), 0);
    ck_assert_ptr_null(ledger_position(ledger, SLOTS_MAX, PAIR, 1));
    ck_assert_ptr_null(ledger_position(ledger, 0, 0, 1));
    ck_assert_ptr_null(ledger_position(ledger, 0, PAIR, 0));
    ledger_save(ledger, &second);
    ck_assert_uint_eq(first.used, second.used);
    ck_assert_mem_eq(before, after, first.used);
    // At the very end of the numbers it fits.
    good.account = 1;
    good.qty = 5;
    ck_assert_int_eq(ledger_fill(ledger, &good, NULL), AGON_OK);
    ck_assert_int_eq(ledger_amt(ledger, 1, 7, COIN), INT64_MAX);
    ck_assert_int_eq(ledger_amt(ledger, 1, 7, QUOTE), NUM_MIN);
    end(ledger);
}
END_TEST

START_TEST(a_fill_of_an_asset_in_itself_is_refused)
{
    struct ledger *ledger = begin();

    instrument(41, QUOTE, 0, 0); // as a venue, or a file, may describe one
    ck_assert_int_eq(fill_fee(ledger, 41, AGON_BUY, 5, 2, QUOTE, 1, NULL), AGON_EINVAL);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 0);
    ck_assert_int_eq(ledger_total(ledger, 0, QUOTE), 0);
    end(ledger);
}
END_TEST

/* A perpetual of one coin. Cash moves by what is realised, by fees and by funding, and by nothing
 * else: 2 at 100, 1 of them at 130, the other through zero to 1 short at 90. */
START_TEST(a_perpetual_moves_cash_by_results_fees_and_funding_alone)
{
    struct ledger *ledger = begin();
    struct agon_instrument perpetual = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 41},
        .kind = INSTRUMENT_LINEAR,
        .base = COIN,
        .quote = QUOTE,
        .settle = QUOTE,
        .tick_px = 1,
        .lot_qty = 1,
        .symbol = "PERP"};
    agon_amt_t suspense;

    ck_assert_int_eq(instruments_set(&table, &perpetual, NULL), AGON_OK);
    ck_assert_int_eq(ledger_funding(ledger, 7, 41, 5), AGON_EINVAL); // nothing is held
    ck_assert_int_eq(fill(ledger, 41, AGON_BUY, 2, 100), 0);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 0);
    ck_assert_int_eq(fill(ledger, 41, AGON_SELL, 1, 130), 30);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 30);
    ck_assert_int_eq(fill_fee(ledger, 41, AGON_SELL, 2, 90, QUOTE, 3, NULL), AGON_OK);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 30 - 10 - 3);
    ck_assert_int_eq(ledger_position(ledger, 7, 41, 0)->held_amt, -1);
    ck_assert_int_eq(ledger_funding(ledger, 7, 41, -5), AGON_OK);
    ck_assert_int_eq(ledger_funding(ledger, 7, 41, 2), AGON_OK);
    ck_assert_int_eq(ledger_position(ledger, 7, 41, 0)->funding_amt, -3);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 14);
    ck_assert_int_eq(ledger_total(ledger, 0, QUOTE), 14);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, COIN), 0);

    // What is refused changes nothing.
    fill(ledger, PAIR, AGON_BUY, 1, 1);
    ck_assert_int_eq(ledger_funding(ledger, 7, PAIR, 5), AGON_EINVAL);
    ck_assert_int_eq(ledger_funding(ledger, 7, 999, 5), AGON_EINVAL);
    ck_assert_int_eq(ledger_funding(ledger, 7, 41, NUM_MAX), AGON_ERANGE); // of cash
    ck_assert_int_eq(ledger_funding(ledger, 7, 41, NUM_MIN), AGON_ERANGE); // of funding
    ck_assert_int_eq(ledger_reconcile(ledger, 0, QUOTE, INT64_MIN, 0, &suspense), AGON_ERANGE);
    ck_assert_int_eq(ledger_position(ledger, 7, 41, 0)->funding_amt, -3);
    ck_assert_int_eq(ledger_total(ledger, 0, QUOTE), 13);
    end(ledger);
    ledger_free(NULL);
}
END_TEST

START_TEST(a_slot_has_room_for_32_instruments)
{
    struct ledger *ledger = begin();
    agon_amt_t realised;
    uint32_t n;

    for (agon_instrument_t id = 1; id <= 32; id++)
        fill(ledger, id, AGON_BUY, 1, 1);
    ck_assert_int_eq(fill_fee(ledger, 33, AGON_BUY, 1000, 1000, 0, 0, &realised), AGON_ENOSPC);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, FINE), 30 * 1000);
    ck_assert_ptr_null(ledger_position(ledger, 7, 33, 1));
    fill(ledger, 32, AGON_BUY, 1, 1);
    ck_assert_uint_eq(ledger_positions(ledger, 7, &n)[31].instrument, 32);
    ck_assert_uint_eq(n, 32);
    ledger_positions(ledger, 8, &n);
    ck_assert_uint_eq(n, 0);
    end(ledger);
}
END_TEST

START_TEST(inv_13_what_the_venue_says_beyond_ours_is_external_first_and_suspense_later)
{
    struct ledger *ledger = begin();

    ck_assert_int_eq(reconcile(ledger, 0, QUOTE, 1000, 1), 0);
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_EXTERNAL, QUOTE), 1000);
    ck_assert_int_eq(ledger_transfer(ledger, 0, LEDGER_EXTERNAL, 7, QUOTE, 400), AGON_OK);
    ck_assert_int_eq(reconcile(ledger, 0, QUOTE, 1000, 0), 0);
    ck_assert_int_eq(reconcile(ledger, 0, QUOTE, 990, 0), -10);
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_SUSPENSE, QUOTE), -10);
    ck_assert_int_eq(ledger_amt(ledger, 0, 7, QUOTE), 400);
    ck_assert_int_eq(ledger_total(ledger, 0, QUOTE), 990);
    ck_assert_int_eq(reconcile(ledger, 0, QUOTE, 990, 0), -10); // still unexplained
    ck_assert_int_eq(reconcile(ledger, 0, QUOTE, 1000, 0), 0);  // the news was only late
    ck_assert_int_eq(reconcile(ledger, 99, QUOTE, 5, 0), 0);
    ck_assert_int_eq(ledger_post(ledger, 0, LEDGER_SUSPENSE, COIN, -7), AGON_OK);
    ck_assert_int_eq(reconcile(ledger, 0, COIN, INT64_MAX, 0), -7); // leaves 64 bits
    ck_assert_int_eq(ledger_total(ledger, 0, COIN), -7);
    end(ledger);
}
END_TEST

static uint64_t seed = 88172645463325252u;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static num128_t one_by_one(const struct ledger *ledger, uint32_t sub, agon_asset_t id)
{
    num128_t sum = 0;

    for (agon_account_t account = 0; account < ACCOUNTS_MAX; account++)
        sum += ledger_amt(ledger, account, sub, id);
    return sum;
}

/* Of the accounts that have been met, and of each of them: also the last, one that owes, one that
 * is known from a saved state alone. */
START_TEST(an_asset_on_all_accounts_is_the_sum_of_each)
{
    static unsigned char bytes[4096];
    struct ledger *ledger = begin();
    struct ledger *again;
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct dec dec;

    ck_assert(ledger_amt_all(ledger, 7, QUOTE) == 0);
    ck_assert_int_eq(ledger_post(ledger, 0, 7, QUOTE, NUM_MAX), AGON_OK);
    ck_assert_int_eq(ledger_post(ledger, ACCOUNTS_MAX - 1, 7, QUOTE, NUM_MAX), AGON_OK);
    ck_assert_int_eq(ledger_transfer(ledger, 3, 7, 8, QUOTE, 5), AGON_OK);
    ck_assert(ledger_amt_all(ledger, 7, QUOTE) == (num128_t)NUM_MAX * 2 - 5);
    ck_assert(ledger_amt_all(ledger, 8, QUOTE) == 5);
    ck_assert(ledger_amt_all(ledger, 7, COIN) == 0);
    ck_assert(ledger_amt_all(ledger, LEDGER_SUBS, QUOTE) == 0);
    ck_assert(ledger_amt_all(ledger, 7, ASSETS_MAX + 1) == 0);
    ledger_save(ledger, &enc);
    ck_assert(enc.used <= sizeof(bytes));
    again = ledger_new(&table);
    dec = (struct dec){.at = bytes, .n = enc.used};
    ck_assert_int_eq(ledger_load(again, &dec), AGON_OK);
    for (agon_asset_t id = QUOTE; id <= FINE; id++) {
        for (uint32_t sub = 0; sub < LEDGER_SUBS; sub++)
            ck_assert(ledger_amt_all(again, sub, id) == one_by_one(ledger, sub, id));
    }
    ledger_free(again);
    end(ledger);
}
END_TEST

START_TEST(inv_13_the_parts_are_the_whole_whatever_happens)
{
    struct ledger *ledger = begin();
    struct ledger *again = ledger_new(&table);
    num128_t model[2][LEDGER_SUBS][FINE + 1] = {0};
    int64_t cost[2][LEDGER_SUBS][41] = {0};
    num128_t held[2][LEDGER_SUBS][41] = {0};
    unsigned char *bytes = malloc(1 << 20);
    unsigned char *more = malloc(1 << 20);
    uint64_t n_done = 0;

    for (int i = 0; i < 60000; i++) {
        agon_account_t account = (agon_account_t)draw(2);
        uint16_t sub = (uint16_t)draw(6);
        uint32_t to = (uint32_t)(draw(3) == 0 ? LEDGER_EXTERNAL : draw(6));
        agon_asset_t asset_id = (agon_asset_t)(1 + draw(FINE));
        int64_t amt = (int64_t)draw(2000001) - 1000000;

        if (draw(50) == 0)
            amt = draw(2) == 0 ? INT64_MAX - (int64_t)draw(100) : NUM_MIN + (int64_t)draw(100);
        switch (draw(4)) {
        case 0:
            if (ledger_post(ledger, account, sub, asset_id, amt) < 0)
                break;
            model[account][sub][asset_id] += amt;
            n_done++;
            break;
        case 1:
            if (ledger_transfer(ledger, account, sub, to, asset_id, amt) < 0)
                break;
            model[account][sub][asset_id] -= amt;
            model[account][to][asset_id] += amt;
            n_done++;
            break;
        case 2: {
            struct ledger_fill one = {.account = account,
                                      .slot = sub,
                                      .instrument = (agon_instrument_t)(1 + draw(8)),
                                      .side = (uint8_t)(1 + draw(2)),
                                      .px = (agon_px_t)(1 + draw(100000)),
                                      .qty = (agon_qty_t)(1 + draw(100000)),
                                      .fee_asset = (agon_asset_t)(1 + draw(FINE)),
                                      .fee_amt = (int64_t)draw(100) - 20};
            const struct agon_instrument *at = instruments_get(&table, one.instrument);
            int sign = one.side == AGON_BUY ? 1 : -1;
            agon_amt_t base = num_rescale(one.qty, at->qty_exp,
                                          instruments_asset(&table, at->base)->exp, NUM_ZERO);
            agon_amt_t quote = num_notional(one.px, at->px_exp, one.qty, at->qty_exp, 0, NUM_EVEN);
            struct position *pos = ledger_position(ledger, sub, one.instrument, 0);

            // A position belongs to one account: a slot has one.
            one.account = account = sub % 2;
            if (ledger_fill(ledger, &one, NULL) < 0)
                break;
            pos = ledger_position(ledger, sub, one.instrument, 0);
            model[account][sub][at->base] += sign * base;
            model[account][sub][QUOTE] -= sign * quote;
            model[account][sub][one.fee_asset] -= one.fee_amt;
            held[account][sub][one.instrument] +=
                sign * base - (one.fee_asset == at->base ? one.fee_amt : 0);
            // Money in and out: what is not realised is cost.
            cost[account][sub][one.instrument] +=
                sign * quote + (one.fee_asset == QUOTE ? one.fee_amt : 0);
            ck_assert(pos->held_amt == held[account][sub][one.instrument]);
            ck_assert_int_eq(pos->cost_amt - pos->realised_amt, cost[account][sub][one.instrument]);
            ck_assert(pos->held_amt != 0 || pos->cost_amt == 0);
            ck_assert(pos->cost_amt == 0 || (pos->cost_amt < 0) == (pos->held_amt < 0));
            n_done++;
            break;
        }
        default: {
            num128_t sum = 0;
            agon_amt_t said;

            for (uint32_t k = 0; k < LEDGER_SUBS; k++)
                sum += model[account][k][asset_id];
            said = (agon_amt_t)(sum + (num128_t)draw(11) - 5);
            if (sum > INT64_MAX - 10 || sum < INT64_MIN + 10)
                break;
            reconcile(ledger, account, asset_id, said, 0);
            if (ledger_total(ledger, account, asset_id) != said)
                break; // suspense would leave 64 bits
            model[account][LEDGER_SUSPENSE][asset_id] += said - sum;
            break;
        }
        }
        if (i % 97 != 0)
            continue;
        ck_assert(ledger_check(ledger, NULL, NULL));
        for (agon_account_t a = 0; a < 2; a++) {
            for (agon_asset_t s = 1; s <= FINE; s++) {
                num128_t sum = 0;

                for (uint32_t k = 0; k < LEDGER_SUBS; k++) {
                    ck_assert(ledger_amt(ledger, a, k, s) == model[a][k][s]);
                    sum += model[a][k][s];
                }
                ck_assert(ledger_total(ledger, a, s) == sum);
            }
        }
    }
    ck_assert_uint_gt(n_done, 30000);
    {
        struct enc enc = {.at = bytes, .room = 1 << 20};
        struct enc same = {.at = more, .room = 1 << 20};
        struct dec dec;

        ledger_save(ledger, &enc);
        dec = (struct dec){.at = bytes, .n = enc.used};
        ck_assert_int_eq(ledger_load(again, &dec), AGON_OK);
        ck_assert_uint_eq(dec.used, enc.used);
        ledger_save(again, &same);
        ck_assert_uint_eq(enc.used, same.used);
        ck_assert_mem_eq(bytes, more, enc.used);
        for (uint64_t cut = 0; cut < enc.used; cut++) {
            dec = (struct dec){.at = bytes, .n = cut};
            ck_assert_int_eq(ledger_load(again, &dec), AGON_ECORRUPT);
        }
        for (int i = 0; i < 20000; i++) {
            agon_account_t a;
            agon_asset_t s;

            memcpy(more, bytes, enc.used);
            for (int k = 0; k < 2; k++)
                more[draw(enc.used)] = (unsigned char)draw(256);
            dec = (struct dec){.at = more, .n = enc.used};
            if (ledger_load(again, &dec) == AGON_OK && !ledger_check(again, &a, &s)) {
                ck_assert_uint_lt(a, ACCOUNTS_MAX);
                ck_assert_uint_le(s, FINE);
            }
        }
    }
    free(bytes);
    free(more);
    ledger_free(again);
    end(ledger);
}
END_TEST

/* Every sum that a fill moves, one after the other at the edge: refused, and nothing has moved. */
START_TEST(a_fill_that_does_not_fit_is_refused_whole)
{
    static const struct {
        agon_asset_t asset;
        agon_amt_t amt;
        int side;
    } edges[] = {{COIN, NUM_MAX - 5, AGON_BUY},
                 {QUOTE, NUM_MAX - 5, AGON_SELL},
                 {COIN, NUM_MIN + 5, AGON_SELL},
                 {QUOTE, NUM_MIN + 5, AGON_BUY},
                 {GAS, NUM_MIN + 1, AGON_BUY}};

    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        struct ledger *ledger = begin();
        struct ledger_fill fill = {.slot = 7,
                                   .instrument = PAIR,
                                   .side = (uint8_t)edges[i].side,
                                   .px = 10,
                                   .qty = 10,
                                   .fee_asset = GAS,
                                   .fee_amt = 3};

        ck_assert_int_eq(ledger_post(ledger, 0, 7, edges[i].asset, edges[i].amt), AGON_OK);
        ck_assert_int_eq(ledger_fill(ledger, &fill, NULL), AGON_ERANGE);
        for (agon_asset_t id = QUOTE; id <= GAS; id++)
            ck_assert_int_eq(ledger_amt(ledger, 0, 7, id), id == edges[i].asset ? edges[i].amt : 0);
        ck_assert_ptr_null(ledger_position(ledger, 7, PAIR, 0));
        ck_assert(ledger_check(ledger, NULL, NULL));
        end(ledger);
    }
}
END_TEST

/* 9e10 of an asset at 8 decimals is all that 64 bits hold: a buy of 5e11 more is refused, and at 2
 * decimals booked exactly. */
START_TEST(an_asset_of_fewer_decimals_holds_more_of_it)
{
    static const int8_t exps[] = {8, 2};

    for (int i = 0; i < 2; i++) {
        struct ledger *ledger = begin();
        struct ledger_fill fill = {.slot = 7, .side = AGON_BUY, .px = 1, .instrument = 41};

        asset(5, exps[i], "PEPE");
        instrument(41, 5, 5, 0);
        fill.qty = 499999900000;
        ck_assert_int_eq(ledger_post(ledger, 0, 7, 5, 90000000000 * num_pow10(exps[i])), AGON_OK);
        ck_assert_int_eq(ledger_fill(ledger, &fill, NULL), exps[i] == 8 ? AGON_ERANGE : AGON_OK);
        ck_assert_int_eq(ledger_amt(ledger, 0, 7, 5),
                         exps[i] == 8 ? 9000000000000000000 : 58999990000000);
        end(ledger);
    }
}
END_TEST

START_TEST(books_that_do_not_add_up_are_not_loaded)
{
    struct ledger *ledger = begin();
    // A part of 5 of the quote in account 2 and no total.
    static const unsigned char bytes[] = {1, 2, 0, 3, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0};
    struct dec dec = {.at = bytes, .n = sizeof(bytes)};
    agon_account_t account = 0;
    agon_asset_t asset_id = 0;

    ck_assert_int_eq(ledger_load(ledger, &dec), AGON_ECORRUPT);
    ck_assert(!ledger_check(ledger, &account, &asset_id));
    ck_assert_uint_eq(account, 2);
    ck_assert_uint_eq(asset_id, QUOTE);
    ck_assert(!ledger_check(ledger, NULL, NULL));
    ledger_free(ledger);
    ledger_free(NULL);
    instruments_deinit(&table);
}
END_TEST

/* The last account is like the first; a walk goes no further than where money was. */
START_TEST(the_last_account_has_books_of_its_own)
{
    const agon_account_t last = ACCOUNTS_MAX - 1;
    struct ledger_fill filled = {.account = last,
                                 .slot = SLOTS_MAX - 1,
                                 .instrument = PAIR,
                                 .side = AGON_BUY,
                                 .px = 100,
                                 .qty = 2};
    struct ledger *ledger = begin(), *again;
    unsigned char bytes[4096];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct dec dec = {.at = bytes};
    agon_amt_t suspense_amt;

    ck_assert_uint_eq(ledger_accounts(ledger), 0);
    ck_assert_int_eq(reconcile(ledger, 15, QUOTE, 500, 1), 0);
    ck_assert_uint_eq(ledger_accounts(ledger), 16);
    ck_assert_int_eq(reconcile(ledger, last, QUOTE, 1000, 1), 0);
    ck_assert_uint_eq(ledger_accounts(ledger), ACCOUNTS_MAX);
    ck_assert_int_eq(ledger_transfer(ledger, last, LEDGER_EXTERNAL, SLOTS_MAX - 1, QUOTE, 400), 0);
    ck_assert_int_eq(ledger_fill(ledger, &filled, NULL), AGON_OK);
    ck_assert_int_eq(ledger_amt(ledger, last, SLOTS_MAX - 1, QUOTE), 200);
    ck_assert_int_eq(ledger_amt(ledger, last, SLOTS_MAX - 1, COIN), 2);
    ck_assert_int_eq(ledger_amt(ledger, last - 1, SLOTS_MAX - 1, COIN), 0);
    ck_assert_int_eq(ledger_reconcile(ledger, last + 1, QUOTE, 1, 1, &suspense_amt), AGON_EINVAL);
    ledger_save(ledger, &enc);
    ck_assert_uint_le(enc.used, sizeof(bytes));
    dec.n = enc.used;
    again = ledger_new(&table);
    ck_assert_ptr_nonnull(again);
    ck_assert_int_eq(ledger_load(again, &dec), AGON_OK);
    ck_assert_uint_eq(ledger_accounts(again), ACCOUNTS_MAX);
    ck_assert_int_eq(ledger_amt(again, last, LEDGER_EXTERNAL, QUOTE), 600);
    ck_assert_int_eq(ledger_position(again, SLOTS_MAX - 1, PAIR, 0)->account, last);
    // Who leaves takes nothing along, also from there.
    ck_assert_int_eq(ledger_vacate(again, SLOTS_MAX - 1), AGON_OK);
    ck_assert_int_eq(ledger_amt(again, last, LEDGER_EXTERNAL, COIN), 2);
    ck_assert(ledger_check(again, NULL, NULL));
    ledger_free(again);
    end(ledger);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tcase = tcase_create("ledger");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, average_cost_of_a_long_position);
    tcase_add_test(tcase, through_zero_and_back);
    tcase_add_test(tcase, rounding_loses_nothing);
    tcase_add_test(tcase, fees_in_quote_base_and_a_third_asset);
    tcase_add_test(tcase, units_of_price_quantity_and_asset_differ);
    tcase_add_test(tcase, what_cannot_be_booked_changes_nothing);
    tcase_add_test(tcase, a_fill_of_an_asset_in_itself_is_refused);
    tcase_add_test(tcase, a_perpetual_moves_cash_by_results_fees_and_funding_alone);
    tcase_add_test(tcase, a_slot_has_room_for_32_instruments);
    tcase_add_test(tcase,
                   inv_13_what_the_venue_says_beyond_ours_is_external_first_and_suspense_later);
    tcase_add_test(tcase, an_asset_on_all_accounts_is_the_sum_of_each);
    tcase_add_test(tcase, inv_13_the_parts_are_the_whole_whatever_happens);
    tcase_add_test(tcase, a_fill_that_does_not_fit_is_refused_whole);
    tcase_add_test(tcase, an_asset_of_fewer_decimals_holds_more_of_it);
    tcase_add_test(tcase, books_that_do_not_add_up_are_not_loaded);
    tcase_add_test(tcase, the_last_account_has_books_of_its_own);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
