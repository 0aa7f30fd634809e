// SPDX-License-Identifier: Apache-2.0
/* Margin of perpetuals against the numbers that the venue publishes with its formulas (Binance
 * support: "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts", "How to Calculate Cost
 * Required to Open a Position in Perpetual Futures Contracts", "Leverage and Margin of USDⓈ-M
 * Futures", "Introduction to Binance Futures Funding Rates"), and what follows from them by hand.
 */
#include <check.h>
#include <stdlib.h>

#include "base/num.h"
#include "match/perp.h"

static struct perp_contract contracts[2];
static struct perp_account account;

static int64_t d(const char *text)
{
    int64_t value;

    ck_assert_int_eq(num_parse(text, strlen(text), PERP_EXP, &value), AGON_OK);
    return value;
}

static void near(int64_t value, const char *wanted, const char *within)
{
    char text[NUM_TEXT];

    num_format(value, PERP_EXP, text);
    ck_assert_msg(num_abs(value - d(wanted)) <= d(within), "%s is not %s", text, wanted);
}

static void one_bracket(struct perp_contract *contract, int32_t maint_ppb, const char *cum)
{
    memset(contract, 0, sizeof(*contract));
    contract->n_brackets = 1;
    contract->brackets[0] = (struct perp_bracket){d("1000000000"), 125, maint_ppb, d(cum)};
}

static void setup(void)
{
    one_bracket(&contracts[0], 25000000, "16300");
    one_bracket(&contracts[1], 100000000, "135365");
    perp_account_init(&account, contracts, 2, d("1535443.01"));
}

static void hold(uint32_t sym, enum perp_side side, const char *qty, const char *px, int is_buy)
{
    perp_fill(&account, sym, side, is_buy, d(px), d(qty), 0, 1);
}

START_TEST(liquidation_prices_are_the_published_ones)
{
    struct perp_sums sums;

    hold(0, PERP_LONG, "109.488", "32481.980", 1);
    hold(1, PERP_LONG, "3683.979", "1456.84", 1);
    contracts[0].mark_px = d("31967.27");
    contracts[1].mark_px = d("1335.18");
    near(perp_unrealised(&contracts[0], &account.symbols[0].positions[PERP_LONG]), "-56354.57",
         "0.01");
    near(perp_unrealised(&contracts[1], &account.symbols[1].positions[PERP_LONG]), "-448192.89",
         "0.01");
    near(perp_maint(&contracts[0],
                    perp_notional(&contracts[0], &account.symbols[0].positions[PERP_LONG])),
         "71200.81", "0.01");
    near(perp_maint(&contracts[1],
                    perp_notional(&contracts[1], &account.symbols[1].positions[PERP_LONG])),
         "356512.51", "0.01");
    near(perp_liquidation_px(&account, 0, PERP_LONG), "26316.89", "0.01");
    near(perp_liquidation_px(&account, 1, PERP_LONG), "1153.26", "0.01");
    perp_sums(&account, &sums);
    near(sums.unrealised_amt, "-504547.46", "0.02");
    // At that price, and not before, the margin is used up.
    ck_assert(!perp_is_under(&account, 0, PERP_LONG));
    contracts[0].mark_px = d("26316.90");
    ck_assert(!perp_is_under(&account, 0, PERP_LONG));
    contracts[0].mark_px = d("26316.88");
    ck_assert(perp_is_under(&account, 0, PERP_LONG));
}
END_TEST

// Price 9253.30, mark 9259.84, 20 times: a long costs its margin, a short its margin and the loss
// it opens with.
START_TEST(cost_to_open_is_the_published_one)
{
    contracts[0].mark_px = d("9259.84");
    near(perp_order_cost(&account, 0, PERP_BOTH, 1, d("9253.30"), d("1")), "462.665", "0.00000001");
    near(perp_order_cost(&account, 0, PERP_BOTH, 0, d("9253.30"), d("1")), "469.205", "0.00000001");
}
END_TEST

START_TEST(one_way_margin_is_the_larger_side_and_hedged_margin_both)
{
    contracts[0].mark_px = d("100");
    hold(0, PERP_BOTH, "10", "100", 1); // 1000 long, 20 times: 50
    near(perp_initial(&account, 0, NULL), "50", "0");
    account.symbols[0].ask_amt[PERP_BOTH] = d("1500"); // turns it to 500 short at most
    near(perp_initial(&account, 0, NULL), "50", "0");
    ck_assert_int_eq(perp_order_cost(&account, 0, PERP_BOTH, 0, d("100"), d("5")), 0);
    account.symbols[0].bid_amt[PERP_BOTH] = d("200");
    near(perp_initial(&account, 0, NULL), "60", "0");
    setup();
    contracts[0].mark_px = d("100");
    hold(0, PERP_LONG, "10", "100", 1);
    hold(0, PERP_SHORT, "4", "100", 0);
    near(perp_initial(&account, 0, NULL), "70", "0");
}
END_TEST

START_TEST(fills_average_realise_and_turn)
{
    struct perp_position *position = &account.symbols[0].positions[PERP_BOTH];

    account.wallet_amt = d("1000");
    ck_assert_int_eq(perp_fill(&account, 0, PERP_BOTH, 1, d("100"), d("2"), d("0.08"), 1), 0);
    perp_fill(&account, 0, PERP_BOTH, 1, d("130"), d("1"), 0, 2);
    near(perp_entry_px(position), "110", "0");
    near(account.wallet_amt, "999.92", "0");
    // A part is sold: the entry price stays. 1 x (120 - 110).
    near(perp_fill(&account, 0, PERP_BOTH, 0, d("120"), d("1"), 0, 3), "10", "0");
    near(perp_entry_px(position), "110", "0");
    // Two close with 2 x (90 - 110), three open at 90.
    near(perp_fill(&account, 0, PERP_BOTH, 0, d("90"), d("5"), 0, 4), "-40", "0");
    near(position->qty, "-3", "0");
    near(perp_entry_px(position), "90", "0");
    near(account.wallet_amt, "969.92", "0");
    contracts[0].mark_px = d("85");
    near(perp_unrealised(&contracts[0], position), "15", "0");
}
END_TEST

/* Binance support, "How to Visualize the Breakeven Price": (total cost - total gained) / size, with
 * fees: 210.21 paid for two, 119.88 got for one. */
START_TEST(break_even_has_the_fees_and_what_was_gained)
{
    struct perp_position *position = &account.symbols[0].positions[PERP_BOTH];

    account.wallet_amt = d("1000");
    perp_fill(&account, 0, PERP_BOTH, 1, d("100"), d("1"), d("0.1"), 1);
    near(perp_break_even_px(position), "100.1", "0");
    perp_fill(&account, 0, PERP_BOTH, 1, d("110"), d("1"), d("0.11"), 2);
    near(perp_break_even_px(position), "105.105", "0");
    perp_fill(&account, 0, PERP_BOTH, 0, d("120"), d("1"), d("0.12"), 3);
    near(perp_break_even_px(position), "90.33", "0");
    // Turned round: half of the fee is the new position's, and nothing else.
    perp_fill(&account, 0, PERP_BOTH, 0, d("90"), d("2"), d("0.18"), 4);
    near(perp_break_even_px(position), "89.91", "0");
    perp_fill(&account, 0, PERP_BOTH, 1, d("95"), d("1"), d("0.1"), 5);
    near(perp_break_even_px(position), "0", "0");
    perp_fill(&account, 0, PERP_BOTH, 1, d("95"), d("1"), 0, 6);
    near(perp_break_even_px(position), "95", "0");
}
END_TEST

START_TEST(isolated_margin_backs_its_position_alone)
{
    struct perp_position *position = &account.symbols[1].positions[PERP_BOTH];
    struct perp_sums sums;

    one_bracket(&contracts[1], 4000000, "0");
    account.wallet_amt = d("1000");
    account.symbols[1].is_isolated = 1;
    account.symbols[1].leverage = 10;
    contracts[1].mark_px = d("100");
    hold(1, PERP_BOTH, "10", "100", 1);
    near(position->isolated_amt, "100", "0");
    perp_sums(&account, &sums);
    near(sums.cross_wallet_amt, "900", "0");
    near(sums.available_amt, "900", "0");
    // 100 + 10 (p - 100) = 0.004 x 10 p  <=>  p = 900 / 9.96
    near(perp_liquidation_px(&account, 1, PERP_BOTH), "90.36144578", "0.00000001");
    contracts[1].mark_px = d("90.37");
    ck_assert(!perp_is_under(&account, 1, PERP_BOTH));
    contracts[1].mark_px = d("90.36");
    ck_assert(perp_is_under(&account, 1, PERP_BOTH));
    // More margin moves the price away; no more than there is, and none out of what it needs.
    ck_assert_int_eq(perp_move_margin(&account, 1, PERP_BOTH, d("50")), AGON_OK);
    near(perp_liquidation_px(&account, 1, PERP_BOTH), "85.34136546", "0.00000001");
    ck_assert_int_eq(perp_move_margin(&account, 1, PERP_BOTH, d("850.00000001")), AGON_ERANGE);
    ck_assert_int_eq(perp_move_margin(&account, 1, PERP_BOTH, d("-1")), AGON_EINVAL);
    // Half is closed: half of the margin comes back.
    perp_fill(&account, 1, PERP_BOTH, 0, d("95"), d("5"), 0, 2);
    near(position->isolated_amt, "75", "0");
    near(account.wallet_amt, "975", "0");
}
END_TEST

// 0.4 % to 50,000, 0.5 % to 600,000, 0.65 % to 3,000,000: amounts 0, 50 and 950.
START_TEST(maintenance_has_no_step_at_a_brackets_edge)
{
    static const struct perp_bracket brackets[] = {{50000 * 100000000ll, 125, 4000000, 0},
                                                   {600000 * 100000000ll, 100, 5000000, 0},
                                                   {3000000 * 100000000ll, 75, 6500000, 0}};

    memcpy(contracts[0].brackets, brackets, sizeof(brackets));
    contracts[0].n_brackets = 3;
    perp_brackets(&contracts[0]);
    near(contracts[0].brackets[1].cum_amt, "50", "0");
    near(contracts[0].brackets[2].cum_amt, "950", "0");
    near(perp_maint(&contracts[0], d("50000")), "200", "0");
    near(perp_maint(&contracts[0], d("-50001")), "200.005", "0");
    near(perp_maint(&contracts[0], d("600000")), "2950", "0");
    near(perp_cap(&contracts[0], 125), "50000", "0");
    near(perp_cap(&contracts[0], 76), "600000", "0");
    near(perp_cap(&contracts[0], 20), "3000000", "0");
}
END_TEST

START_TEST(funding_is_paid_on_the_notional_at_mark)
{
    agon_amt_t amt;

    hold(0, PERP_LONG, "10", "9000", 1);
    hold(0, PERP_SHORT, "4", "9000", 0);
    contracts[0].mark_px = d("10000");
    // 100,000 at 0.01 %: the long pays 10, the short of 40,000 gets 4.
    ck_assert_int_eq(perp_fund(&account, 0, PERP_LONG, 100000, &amt), AGON_OK);
    near(amt, "-10", "0");
    ck_assert_int_eq(perp_fund(&account, 0, PERP_SHORT, 100000, &amt), AGON_OK);
    near(amt, "4", "0");
    near(account.wallet_amt, "1535437.01", "0");
}
END_TEST

START_TEST(what_a_wallet_cannot_hold_is_refused_and_changes_nothing)
{
    agon_amt_t amt;

    account.wallet_amt = d("92000000000");
    hold(0, PERP_SHORT, "10000", "9000", 0);
    account.wallet_amt = d("92000000000");
    contracts[0].mark_px = d("9000");
    // 90,000,000 fit beside it; 900,000,000 do not, neither as a fill nor twice over.
    ck_assert(perp_fits(&account, 1, PERP_BOTH, d("1000"), d("90000"), 0, 1));
    ck_assert(!perp_fits(&account, 1, PERP_BOTH, d("1000"), d("900000"), 0, 1));
    ck_assert(!perp_fits(&account, 1, PERP_BOTH, d("1000"), d("150000"), 0, 2));
    ck_assert(!perp_fits(&account, 0, PERP_SHORT, d("9000"), d("92000000000"), 0, 1));
    // A rate of 300 % would bring 270,000,000.
    ck_assert_int_eq(perp_fund(&account, 0, PERP_SHORT, 3000000000, &amt), AGON_ERANGE);
    near(account.wallet_amt, "92000000000", "0");
}
END_TEST

START_TEST(rates_and_marks_are_the_formulas)
{
    // Inside the clamp the rate is the interest; outside it follows the premium at 0.05 % distance.
    ck_assert_int_eq(perp_funding_ppb(0, 20000000), 100000);
    ck_assert_int_eq(perp_funding_ppb(600000, 20000000), 100000);
    ck_assert_int_eq(perp_funding_ppb(1000000, 20000000), 500000);
    ck_assert_int_eq(perp_funding_ppb(-1000000, 20000000), -500000);
    ck_assert_int_eq(perp_funding_ppb(90000000, 20000000), 20000000);
    ck_assert_int_eq(perp_premium_ppb(d("10000"), d("10010"), d("10011")), 1000000);
    ck_assert_int_eq(perp_premium_ppb(d("10000"), d("9980"), d("9990")), -1000000);
    ck_assert_int_eq(perp_premium_ppb(d("10000"), d("9999"), d("10001")), 0);
    // 10000 x (1 + 0.01 % x 4/8), 10000 + 3, last 10001: the middle one.
    near(perp_mark(d("10000"), d("3"), d("10001"), 100000, 4, 8), "10001", "0");
    near(perp_mark(d("10000"), d("3"), d("10100"), 100000, 4, 8), "10003", "0");
    near(perp_mark(d("10000"), d("3"), d("9000"), 100000, 4, 8), "10000.5", "0");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_perp");
    TCase *tcase = tcase_create("perp");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, liquidation_prices_are_the_published_ones);
    tcase_add_test(tcase, cost_to_open_is_the_published_one);
    tcase_add_test(tcase, one_way_margin_is_the_larger_side_and_hedged_margin_both);
    tcase_add_test(tcase, fills_average_realise_and_turn);
    tcase_add_test(tcase, break_even_has_the_fees_and_what_was_gained);
    tcase_add_test(tcase, isolated_margin_backs_its_position_alone);
    tcase_add_test(tcase, maintenance_has_no_step_at_a_brackets_edge);
    tcase_add_test(tcase, funding_is_paid_on_the_notional_at_mark);
    tcase_add_test(tcase, what_a_wallet_cannot_hold_is_refused_and_changes_nothing);
    tcase_add_test(tcase, rates_and_marks_are_the_formulas);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
