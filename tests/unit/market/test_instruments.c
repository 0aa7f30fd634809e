// SPDX-License-Identifier: Apache-2.0
/* instruments: what is taken, what is refused and why, and what things are worth. */
#include <stdlib.h>

#include "../../support/must.h"
#include "base/num.h"
#include "market/instruments.h"

static struct record_asset asset_of(agon_asset_t id, const char *name, int exp)
{
    struct record_asset event = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1}, .asset = id, .exp = (int8_t)exp};

    memcpy(event.name, name, strlen(name) < 16 ? strlen(name) : 16);
    return event;
}

static struct agon_instrument spot(agon_instrument_t id, const char *symbol)
{
    struct agon_instrument event = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id},
        .venue = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 6,
        .base = 1,
        .quote = 2,
        .settle = 2,
        .tick_px = 1,
        .lot_qty = 1000,
    };

    memcpy(event.symbol, symbol, strlen(symbol) < 32 ? strlen(symbol) : 32);
    return event;
}

// BTC (1, 8 digits) and USDT (2, 8 digits, the base currency), and instrument 1.
static void fill(struct instruments *table)
{
    struct record_asset btc = asset_of(1, "BTC", 8);
    struct record_asset usdt = asset_of(2, "USDT", 8);
    struct agon_instrument one = spot(1, "BTCUSDT");

    usdt.is_base_currency = 1;
    MUST_EQ(instruments_init(table), AGON_OK);
    MUST_EQ(instruments_set_asset(table, &btc, NULL), AGON_OK);
    MUST_EQ(instruments_set_asset(table, &usdt, NULL), AGON_OK);
    MUST_EQ(instruments_set(table, &one, NULL), AGON_OK);
}

START_TEST(what_was_set_is_found)
{
    struct instruments table;
    struct agon_instrument event = spot(1, "BTCUSDT");

    fill(&table);
    MUST_EQ(table.n_instruments, 1);
    MUST_EQ(table.n_assets, 2);
    MUST_EQ(table.base_currency, 2);
    MUST_EQ(instruments_get(&table, 1)->lot_qty, 1000);
    MUST(instruments_get(&table, 0) == NULL);
    MUST(instruments_get(&table, 2) == NULL);
    MUST(instruments_get(&table, UINT32_MAX) == NULL);
    MUST(strcmp(instruments_asset(&table, 2)->name, "USDT") == 0);
    MUST(instruments_asset(&table, 0) == NULL);
    MUST(instruments_asset(&table, 3) == NULL);
    MUST_EQ(instruments_find(&table, 1, "BTCUSDT"), 1);
    MUST_EQ(instruments_find(&table, 2, "BTCUSDT"), 0);
    MUST_EQ(instruments_find(&table, 1, "BTCUSD"), 0);
    MUST_EQ(instruments_find_asset(&table, "BTC"), 1);
    MUST_EQ(instruments_find_asset(&table, "ETH"), 0);
    // Filters may change.
    event.tick_px = 10;
    event.state = TRADING_HALTED;
    MUST_EQ(instruments_set(&table, &event, NULL), AGON_OK);
    MUST_EQ(instruments_get(&table, 1)->tick_px, 10);
    MUST_EQ(table.n_instruments, 1);
    instruments_deinit(&table);
    instruments_deinit(&table);
}
END_TEST

START_TEST(a_successor_takes_over_its_predecessors_symbol)
{
    struct instruments table;
    struct agon_instrument event = spot(2, "BTCUSDT");

    fill(&table);
    MUST_EQ(instruments_set(&table, &event, NULL), AGON_EINVAL);
    event.predecessor = 1;
    event.px_exp = 3;
    MUST_EQ(instruments_set(&table, &event, NULL), AGON_OK);
    MUST_EQ(instruments_find(&table, 1, "BTCUSDT"), 2);
    instruments_deinit(&table);
}
END_TEST

START_TEST(an_index_needs_only_its_quote)
{
    struct instruments table;
    struct agon_instrument event = spot(2, "INDEX");

    fill(&table);
    event.kind = INSTRUMENT_INDEX;
    event.base = 0;
    event.settle = 0;
    MUST_EQ(instruments_set(&table, &event, NULL), AGON_OK);
    instruments_deinit(&table);
}
END_TEST

static void id_zero(struct agon_instrument *event)
{
    event->hdr.instrument = 0;
}
static void id_too_large(struct agon_instrument *event)
{
    event->hdr.instrument = INSTRUMENTS_MAX + 1;
}
static void id_out_of_order(struct agon_instrument *event)
{
    event->hdr.instrument = 3;
}
static void other_type(struct agon_instrument *event)
{
    event->hdr.type = AGON_EVENT_TRADE;
}
static void other_length(struct agon_instrument *event)
{
    event->hdr.granules = 2;
}
static void px_exp_19(struct agon_instrument *event)
{
    event->px_exp = 19;
}
static void qty_exp_below_0(struct agon_instrument *event)
{
    event->qty_exp = -1;
}
static void multiplier_exp_100(struct agon_instrument *event)
{
    event->multiplier_exp = 100;
}
static void exp_changed(struct agon_instrument *event)
{
    *event = spot(1, "BTCUSDT");
    event->px_exp = 3;
}
static void kind_changed(struct agon_instrument *event)
{
    *event = spot(1, "BTCUSDT");
    event->kind = INSTRUMENT_LINEAR;
}
static void quote_changed(struct agon_instrument *event)
{
    *event = spot(1, "BTCUSDT");
    event->quote = 1;
}
static void tick_zero(struct agon_instrument *event)
{
    event->tick_px = 0;
}
static void lot_negative(struct agon_instrument *event)
{
    event->lot_qty = -1;
}
static void min_negative(struct agon_instrument *event)
{
    event->min_notional_amt = -1;
}
static void multiplier_negative(struct agon_instrument *event)
{
    event->multiplier = -1;
}
static void unknown_base(struct agon_instrument *event)
{
    event->base = 3;
}
static void no_settle(struct agon_instrument *event)
{
    event->settle = 0;
}
static void no_kind(struct agon_instrument *event)
{
    event->kind = 0;
}
static void kind_5(struct agon_instrument *event)
{
    event->kind = 5;
}
static void venue_65(struct agon_instrument *event)
{
    event->venue = VENUES_MAX + 1;
}
static void no_symbol(struct agon_instrument *event)
{
    memset(event->symbol, 0, sizeof(event->symbol));
}
static void endless_symbol(struct agon_instrument *event)
{
    memset(event->symbol, 'A', sizeof(event->symbol));
}
static void taken_symbol(struct agon_instrument *event)
{
    memcpy(event->symbol, "BTCUSDT", 8);
}
static void future_predecessor(struct agon_instrument *event)
{
    event->predecessor = 2;
}

static const struct {
    void (*spoil)(struct agon_instrument *event);
    const char *says;
} refusals[] = {
    {id_zero, "id is outside"},
    {id_too_large, "id is outside"},
    {id_out_of_order, "the next one is 2"},
    {other_type, "not an INSTRUMENT"},
    {other_length, "not an INSTRUMENT"},
    {px_exp_19, "price 19"},
    {qty_exp_below_0, "quantity -1"},
    {multiplier_exp_100, "multiplier 100"},
    {exp_changed, "new id"},
    {kind_changed, "new id"},
    {quote_changed, "new id"},
    {tick_zero, "tick 0"},
    {lot_negative, "lot -1"},
    {min_negative, "below 0"},
    {multiplier_negative, "multiplier -1"},
    {unknown_base, "unknown asset"},
    {no_settle, "unknown asset"},
    {no_kind, "no kind 0"},
    {kind_5, "no kind 5"},
    {venue_65, "venue 65"},
    {no_symbol, "symbol is empty"},
    {endless_symbol, "has no end"},
    {taken_symbol, "taken by instrument 1"},
    {future_predecessor, "not an older instrument"},
};

START_TEST(a_bad_instrument_is_refused_with_the_reason)
{
    struct instruments table;
    struct agon_instrument event = spot(2, "ETHUSDT");
    struct error err = {0};

    fill(&table);
    refusals[_i].spoil(&event);
    MUST_EQ(instruments_set(&table, &event, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, refusals[_i].says) != NULL, "%s: %s", refusals[_i].says,
                  err.text);
    MUST_EQ(err.code, AGON_EINVAL);
    MUST_EQ(table.n_instruments, 1);
    MUST_EQ(instruments_get(&table, 1)->px_exp, 2);
    MUST_EQ(instruments_get(&table, 1)->kind, INSTRUMENT_SPOT);
    MUST_EQ(instruments_set(&table, &event, NULL), AGON_EINVAL);
    instruments_deinit(&table);
}
END_TEST

static const struct {
    const char *what;
    agon_asset_t id;
    const char *name;
    int exp;
    int is_base_currency;
} bad_assets[] = {
    {"id 0", 0, "ETH", 8, 0},
    {"id too large", ASSETS_MAX + 1, "ETH", 8, 0},
    {"id out of order", 4, "ETH", 8, 0},
    {"exponent 19", 3, "ETH", 19, 0},
    {"exponent below 0", 3, "ETH", -1, 0},
    {"exponent changed", 1, "BTC", 9, 0},
    {"no name", 3, "", 8, 0},
    {"name without end", 3, "SIXTEEN_LETTERS_", 8, 0},
    {"name taken", 3, "BTC", 8, 0},
    {"a second base currency", 3, "ETH", 8, 1},
};

START_TEST(a_bad_asset_is_refused_with_the_reason)
{
    struct instruments table;
    struct record_asset event =
        asset_of(bad_assets[_i].id, bad_assets[_i].name, bad_assets[_i].exp);
    struct error err = {0};

    fill(&table);
    event.is_base_currency = (uint8_t)bad_assets[_i].is_base_currency;
    ck_assert_msg(instruments_set_asset(&table, &event, &err) == AGON_EINVAL, "%s",
                  bad_assets[_i].what);
    MUST(err.text[0] != '\0');
    MUST_EQ(table.n_assets, 2);
    MUST_EQ(table.base_currency, 2);
    MUST_EQ(instruments_asset(&table, 1)->exp, 8);
    instruments_deinit(&table);
}
END_TEST

START_TEST(names_from_outside_are_shown_without_control_characters)
{
    struct instruments table;
    struct agon_instrument event = spot(2, "A\x1b[31m\nB");
    struct error err = {0};

    fill(&table);
    event.tick_px = 0;
    MUST_EQ(instruments_set(&table, &event, &err), AGON_EINVAL);
    MUST(strchr(err.text, 0x1b) == NULL && strchr(err.text, '\n') == NULL);
    instruments_deinit(&table);
}
END_TEST

/* Worked out by hand; the inverse ones as exchanges describe their coin-margined contracts:
 * contracts times contract value in the quote, over the price. */
static const struct {
    const char *what;
    int kind, px_exp, qty_exp;
    int64_t multiplier;
    int multiplier_exp, settle_exp;
    int64_t px, qty;
    enum num_round round;
    int64_t want;
} worth[] = {
    {"30000.00 * 0.5", INSTRUMENT_SPOT, 2, 6, 0, 0, 8, 3000000, 500000, NUM_EVEN, 1500000000000},
    {"no multiplier is one", INSTRUMENT_SPOT, 2, 6, 1, 0, 8, 3000000, 500000, NUM_EVEN,
     1500000000000},
    {"100 contracts of 0.001 at 30000", INSTRUMENT_LINEAR, 2, 0, 1, 3, 8, 3000000, 100, NUM_EVEN,
     300000000000},
    {"short is negative", INSTRUMENT_LINEAR, 2, 0, 1, 3, 8, 3000000, -100, NUM_EVEN, -300000000000},
    {"1 contract of 100 USD at 50000 is 0.002", INSTRUMENT_INVERSE, 1, 0, 100, 0, 8, 500000, 1,
     NUM_EVEN, 200000},
    {"1 of 100 at 30000 rounds down", INSTRUMENT_INVERSE, 1, 0, 100, 0, 8, 300000, 1, NUM_DOWN,
     333333},
    {"and up", INSTRUMENT_INVERSE, 1, 0, 100, 0, 8, 300000, 1, NUM_UP, 333334},
    {"minus down is away", INSTRUMENT_INVERSE, 1, 0, 100, 0, 8, 300000, -1, NUM_DOWN, -333334},
    {"minus up", INSTRUMENT_INVERSE, 1, 0, 100, 0, 8, 300000, -1, NUM_UP, -333333},
    {"minus to zero", INSTRUMENT_INVERSE, 1, 0, 100, 0, 8, 300000, -1, NUM_ZERO, -333333},
    {"minus away", INSTRUMENT_INVERSE, 1, 0, 100, 0, 8, 300000, -1, NUM_AWAY, -333334},
    {"inverse at price 0", INSTRUMENT_INVERSE, 1, 0, 100, 0, 8, 0, 1, NUM_EVEN, 0},
    {"a half to the even one: 0.5", INSTRUMENT_LINEAR, 1, 0, 5, 0, 0, 1, 1, NUM_EVEN, 0},
    {"a half to the even one: 1.5", INSTRUMENT_LINEAR, 1, 0, 5, 0, 0, 1, 3, NUM_EVEN, 2},
    {"just above a half", INSTRUMENT_LINEAR, 18, 18, 5, 18, 0, 100000000000000001,
     1000000000000000000, NUM_EVEN, 0},
    {"0.5 exactly, 54 digits down", INSTRUMENT_LINEAR, 18, 18, 500000000000000000, 18, 0,
     1000000000000000000, 1000000000000000000, NUM_EVEN, 0},
    {"0.5 and a little, 54 digits down", INSTRUMENT_LINEAR, 18, 18, 500000000000000001, 18, 0,
     1000000000000000000, 1000000000000000000, NUM_EVEN, 1},
    {"1.5 exactly, 54 digits down", INSTRUMENT_LINEAR, 18, 18, 500000000000000000, 18, 0,
     3000000000000000000, 1000000000000000000, NUM_EVEN, 2},
    {"past 128 bits and back", INSTRUMENT_LINEAR, 18, 18, 4000000000000000000, 18, 18,
     1500000000000000000, 1500000000000000000, NUM_EVEN, 9000000000000000000},
    {"saturates", INSTRUMENT_LINEAR, 0, 0, 2, 0, 0, INT64_MAX, 1, NUM_EVEN, INT64_MAX},
    {"saturates with its sign", INSTRUMENT_LINEAR, 0, 0, 2, 0, 18, INT64_MAX, -INT64_MAX, NUM_EVEN,
     -INT64_MAX},
    {"an inverse that saturates", INSTRUMENT_INVERSE, 18, 0, INT64_MAX, 0, 18, 1, INT64_MAX,
     NUM_EVEN, INT64_MAX},
    {"inverse half: 1 / 2", INSTRUMENT_INVERSE, 0, 0, 1, 0, 0, 2, 1, NUM_EVEN, 0},
    {"inverse half: 3 / 2", INSTRUMENT_INVERSE, 0, 0, 3, 0, 0, 2, 1, NUM_EVEN, 2},
    {"inverse, digits to drop: 5 * 10^-1 / 1", INSTRUMENT_INVERSE, 0, 1, 1, 0, 0, 1, 5, NUM_EVEN,
     0},
    {"inverse, digits to drop: 16 * 10^-1 / 3 = 0.533", INSTRUMENT_INVERSE, 0, 1, 1, 0, 0, 3, 16,
     NUM_EVEN, 1},
};

START_TEST(a_quantity_is_worth_what_the_contract_says)
{
    struct instruments table;
    struct record_asset settle = asset_of(3, "SETTLE", worth[_i].settle_exp);
    struct agon_instrument event = spot(2, "X");

    fill(&table);
    MUST_EQ(instruments_set_asset(&table, &settle, NULL), AGON_OK);
    event.kind = (uint8_t)worth[_i].kind;
    event.settle = 3;
    event.px_exp = (int8_t)worth[_i].px_exp;
    event.qty_exp = (int8_t)worth[_i].qty_exp;
    event.multiplier = worth[_i].multiplier;
    event.multiplier_exp = (int8_t)worth[_i].multiplier_exp;
    MUST_EQ(instruments_set(&table, &event, NULL), AGON_OK);
    ck_assert_msg(instruments_notional(&table, instruments_get(&table, 2), worth[_i].px,
                                       worth[_i].qty, worth[_i].round) == worth[_i].want,
                  "%s: %lld", worth[_i].what,
                  (long long)instruments_notional(&table, instruments_get(&table, 2), worth[_i].px,
                                                  worth[_i].qty, worth[_i].round));
    ck_assert_int_eq(instruments_worth(&table, instruments_get(&table, 2), worth[_i].px,
                                       worth[_i].qty, worth[_i].round),
                     worth[_i].want);
    instruments_deinit(&table);
}
END_TEST

START_TEST(a_saved_table_is_the_same_and_damage_is_refused)
{
    struct instruments table;
    struct instruments other;
    static unsigned char saved[8192];
    struct enc enc = {.at = saved, .room = sizeof(saved)};
    struct dec dec;
    struct agon_instrument event = spot(2, "ETHUSDT");

    fill(&table);
    MUST_EQ(instruments_init(&other), AGON_OK);
    event.maker_fee_ppb = -12345;
    event.t_expiry = 77;
    event.max_qty = 5;
    event.hdr.seq = 8;
    MUST_EQ(instruments_set(&table, &event, NULL), AGON_OK);
    instruments_save(&table, &enc);
    MUST(enc_is_ok(&enc));
    dec = (struct dec){.at = saved, .n = enc.used};
    MUST_EQ(instruments_load(&other, &dec), AGON_OK);
    MUST_EQ(dec.used, enc.used);
    MUST_EQ(other.n_instruments, 2);
    MUST_EQ(other.n_assets, 2);
    MUST_EQ(other.base_currency, 2);
    for (agon_instrument_t id = 1; id <= 2; id++)
        MUST(memcmp(instruments_get(&table, id), instruments_get(&other, id),
                    sizeof(struct agon_instrument)) == 0);
    for (uint64_t n = 0; n < enc.used; n++) {
        dec = (struct dec){.at = saved, .n = n};
        MUST_EQ(instruments_load(&other, &dec), AGON_ECORRUPT);
        MUST_EQ(other.n_instruments, 0);
        MUST_EQ(other.n_assets, 0);
    }
    for (uint64_t at = 0; at < enc.used; at++) { // refused or believed, never a crash
        for (int bit = 0; bit < 8; bit++) {
            saved[at] ^= (unsigned char)(1 << bit);
            dec = (struct dec){.at = saved, .n = enc.used};
            instruments_load(&other, &dec);
            saved[at] ^= (unsigned char)(1 << bit);
        }
    }
    instruments_deinit(&table);
    instruments_deinit(&other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instruments");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, what_was_set_is_found);
    tcase_add_test(tcase, a_successor_takes_over_its_predecessors_symbol);
    tcase_add_test(tcase, an_index_needs_only_its_quote);
    tcase_add_loop_test(tcase, a_bad_instrument_is_refused_with_the_reason, 0,
                        (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_loop_test(tcase, a_bad_asset_is_refused_with_the_reason, 0,
                        (int)(sizeof(bad_assets) / sizeof(bad_assets[0])));
    tcase_add_test(tcase, names_from_outside_are_shown_without_control_characters);
    tcase_add_loop_test(tcase, a_quantity_is_worth_what_the_contract_says, 0,
                        (int)(sizeof(worth) / sizeof(worth[0])));
    tcase_add_test(tcase, a_saved_table_is_the_same_and_damage_is_refused);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
