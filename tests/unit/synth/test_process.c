// SPDX-License-Identifier: Apache-2.0
/* Each process of a generated market does what theory says of it: the answers here are those of
 * textbooks (a random walk, AR(1), Ornstein and Uhlenbeck, geometric lengths), within what a sample
 * of that length may differ, at seeds that nothing was tuned by. */
#include "market.h"

#define MINUTES   100000
#define PER_YEAR  525600.0
#define BTC       "symbols: [{symbol: BTCUSDT, price: 60000, volatility: 50%}]\n"
#define BTC_STILL "symbols: [{symbol: BTCUSDT, price: 60000, volatility: 0.0001%}]\n"

static double level[MINUTES + 1], change[MINUTES];

/* Log prices of a symbol at so many minutes, and what is between. */
static void walk(struct market *market, uint32_t symbol, int n)
{
    level[0] = market_log_px(market, symbol);
    for (int i = 0; i < n; i++) {
        gen_minute(market->gen);
        level[i + 1] = market_log_px(market, symbol);
        change[i] = level[i + 1] - level[i];
    }
}

// Standard errors: of a variance sqrt(2 / n), of an autocorrelation 1 / sqrt(n). Four of them.
START_TEST(a_random_walks_variance_grows_with_time_and_nothing_is_remembered)
{
    double minute = 0.5 * 0.5 / PER_YEAR, hours[MINUTES / 60];
    struct market market;

    for (uint64_t seed = 1; seed <= 3; seed++) {
        market_of(&market, STEADY BTC, seed);
        walk(&market, 0, MINUTES);
        ck_assert_double_eq_tol(variance_of(change, MINUTES) / minute, 1.0,
                                4 * sqrt(2.0 / MINUTES));
        for (int lag = 1; lag <= 5; lag++)
            ck_assert_double_eq_tol(autocorrelation_of(change, MINUTES, lag), 0,
                                    4 / sqrt((double)MINUTES));
        for (int i = 0; i < MINUTES / 60; i++)
            hours[i] = level[60 * i + 60] - level[60 * i];
        ck_assert_double_eq_tol(variance_of(hours, MINUTES / 60) / (60 * minute), 1.0,
                                4 * sqrt(2.0 * 60 / MINUTES));
        // A price that is expected to stay, not its logarithm.
        ck_assert_double_eq_tol(mean_of(change, MINUTES), -0.5 * minute,
                                4 * sqrt(minute / MINUTES));
        market_close(&market);
    }
}
END_TEST

START_TEST(returns_remember_as_much_as_is_said_and_vary_as_before)
{
    static const struct {
        const char *text;
        double phi;
    } rows[] = {{STEADY "autocorrelation: -0.3\n" BTC, -0.3},
                {STEADY "autocorrelation: 0.5\n" BTC, 0.5}};
    double minute = 0.5 * 0.5 / PER_YEAR;
    struct market market;

    for (int i = 0; i < 2; i++) {
        double phi = rows[i].phi;

        market_of(&market, rows[i].text, 4);
        walk(&market, 0, MINUTES);
        for (int lag = 1; lag <= 3; lag++)
            ck_assert_double_eq_tol(autocorrelation_of(change, MINUTES, lag), pow(phi, lag), 0.015);
        ck_assert_double_eq_tol(variance_of(change, MINUTES) / minute, 1.0, 0.04);
        market_close(&market);
    }
}
END_TEST

/* A stationary AR(1) of a = 2^(-1 / half-life): variance s^2 / (1 - a^2), a^lag remembered. */
START_TEST(a_range_holds_its_price)
{
    double keep = pow(0.5, 1.0 / 60), minute = 0.5 * 0.5 / PER_YEAR;
    struct market market;

    market_of(&market, STEADY "range_half_life: 1h\n" BTC, 5);
    walk(&market, 0, MINUTES);
    ck_assert_double_eq_tol(variance_of(level, MINUTES) / (minute / (1 - keep * keep)), 1.0, 0.15);
    ck_assert_double_eq_tol(autocorrelation_of(level, MINUTES, 60), 0.5, 0.1);
    ck_assert_double_eq_tol(mean_of(level, MINUTES), level[0],
                            4 * sqrt(variance_of(level, MINUTES) * 2 * 60 / 0.69 / MINUTES));
    market_close(&market);
}
END_TEST

START_TEST(trends_and_ranges_last_as_long_as_is_said)
{
    int n_up = 0, n_down = 0, n_range = 0, n_trends = 0, n_ranges = 0, was = 0;
    double minute = 0.10 / 1440;
    struct market market;

    market_of(&market,
              STEADY
              "trend: 10%\ntrend_length: 2h\nrange_length: 1h\nrange_half_life: 30m\n" BTC_STILL,
              6);
    walk(&market, 0, MINUTES);
    for (int i = 1; i < MINUTES; i++) {
        int is = change[i] > 0.5 * minute ? 1 : change[i] < -0.5 * minute ? -1 : 0;

        // Nothing between: a trend goes at its pace, a range stands.
        HOLDS(fabs(change[i] - is * minute) < 0.01 * minute);
        n_up += is > 0;
        n_down += is < 0;
        n_range += is == 0;
        n_trends += is != 0 && was == 0;
        n_ranges += is == 0 && was != 0;
        HOLDS(is == 0 || was == 0 || is == was);
        was = is;
    }
    ck_assert_int_gt(n_trends, 300);
    // The mean of n geometric lengths differs by its n-th root.
    ck_assert_double_eq_tol((double)(n_up + n_down) / n_trends / 120, 1.0, 4 / sqrt(n_trends));
    ck_assert_double_eq_tol((double)n_range / n_ranges / 60, 1.0, 4 / sqrt(n_ranges));
    ck_assert_double_eq_tol((double)n_up / (n_up + n_down), 0.5, 4 * 0.5 * sqrt(2.0 / n_trends));
    market_close(&market);
}
END_TEST

#define PREMIUM                                                                                    \
    STEADY "symbols:\n"                                                                            \
           "  - {symbol: BTCUSDT, price: 60000}\n"                                                 \
           "  - {symbol: BTCUSDT, kind: perpetual, premium: 10bps, premium_sd: 30bps, "            \
           "premium_half_life: 30m, slow_sd: 0bps}\n"

START_TEST(a_premium_reverts_in_its_half_life)
{
    static double premium[MINUTES];
    // What 100,000 minutes with a memory of 43 are worth.
    double worth = MINUTES / (2 * 30 / 0.693);
    struct market market;

    market_of(&market, PREMIUM, 7);
    for (int i = 0; i < MINUTES; i++) {
        gen_minute(market.gen);
        premium[i] = gen_premium(market.gen, 1);
    }
    ck_assert_double_eq_tol(mean_of(premium, MINUTES), 0.0010, 4 * 0.0030 / sqrt(worth));
    ck_assert_double_eq_tol(sqrt(variance_of(premium, MINUTES)), 0.0030,
                            0.0030 * 4 / sqrt(2 * worth));
    ck_assert_double_eq_tol(autocorrelation_of(premium, MINUTES, 30), 0.5, 0.08);
    ck_assert_double_eq_tol(autocorrelation_of(premium, MINUTES, 90), 0.125, 0.1);
    ck_assert_double_eq(gen_premium(market.gen, 0), 0);
    market_close(&market);
}
END_TEST

struct seen { /* of events */
    double mid, spread_sum, bid, ask;
    int n_quotes;
};

static void see(struct seen *seen, const struct agon_event_hdr *event, double unit)
{
    const struct agon_quote *quote = (const void *)event;

    if (event->type != AGON_EVENT_QUOTE)
        return;
    seen->bid = (double)quote->bid_px / unit;
    seen->ask = (double)quote->ask_px / unit;
    seen->mid = 0.5 * (seen->bid + seen->ask);
    seen->spread_sum += (seen->ask - seen->bid) / seen->mid;
    seen->n_quotes++;
}

// What a client sees: the books of both, which tick differently.
START_TEST(the_books_show_the_premium)
{
    struct seen seen[2] = {0};
    double sum = 0, worst = 0;
    agon_ns_t t_next = T_START + 60 * (agon_ns_t)1000000000;
    struct market market;
    int n = 0;

    market_of(&market, PREMIUM, 8);
    while (n < 600) {
        const struct agon_event_hdr *event = gen_next(market.gen);
        uint32_t i = event->instrument - 1;
        double premium = gen_premium(market.gen, 1);

        see(&seen[i], event, i == 0 ? 100 : 10);
        if (event->t < t_next || i != 1 || event->type != AGON_EVENT_BOOK_DELTA)
            continue;
        t_next += 60 * (agon_ns_t)1000000000;
        sum += seen[1].mid / seen[0].mid - 1 - premium;
        worst = fmax(worst, fabs(seen[1].mid / seen[0].mid - 1 - premium));
        n++;
    }
    ck_assert_double_eq_tol(sum / n, 0, 0.00002);
    ck_assert_double_lt(worst, 0.0005);
    market_close(&market);
}
END_TEST

/* Cointegrated: each wanders without end, what is between them does not. */
START_TEST(of_a_pair_each_wanders_and_the_ratio_comes_back)
{
    static double ratio[MINUTES];
    double early, late, month[2];
    struct market market;

    market_of(&market,
              STEADY "symbols:\n"
                     "  - {symbol: BTCUSDT, price: 60000, volatility: 40%}\n"
                     "  - {symbol: ETHUSDT, price: 3000, follows: BTCUSDT, premium_sd: 60bps, "
                     "premium_half_life: 45m, slow_sd: 0bps}\n",
              9);
    for (int i = 0; i < MINUTES; i++) {
        gen_minute(market.gen);
        level[i] = market_log_px(&market, 0);
        ratio[i] = level[i] - market_log_px(&market, 1);
    }
    early = variance_of(ratio, MINUTES / 2);
    late = variance_of(ratio + MINUTES / 2, MINUTES / 2);
    ck_assert_double_eq_tol(sqrt(early), 0.0060, 0.0010);
    ck_assert_double_eq_tol(sqrt(late), 0.0060, 0.0010);
    // Dickey and Fuller: the change by the level is far below 0 (at 1 % the limit of t is -3.4).
    {
        double mean = mean_of(ratio, MINUTES), xy = 0, xx = 0, rest = 0, slope;

        for (int i = 1; i < MINUTES; i++) {
            xy += (ratio[i] - ratio[i - 1]) * (ratio[i - 1] - mean);
            xx += (ratio[i - 1] - mean) * (ratio[i - 1] - mean);
        }
        slope = xy / xx;
        for (int i = 1; i < MINUTES; i++) {
            double e = ratio[i] - ratio[i - 1] - slope * (ratio[i - 1] - mean);

            rest += e * e;
        }
        ck_assert_double_eq_tol(slope, pow(0.5, 1.0 / 45) - 1, 0.002);
        ck_assert_double_lt(slope / sqrt(rest / MINUTES / xx), -10);
    }
    // At the start they cost what is said, and a month later neither does.
    month[0] = exp(level[MINUTES - 1]);
    month[1] = fabs(level[MINUTES - 1] - log(60000 * 100.0));
    ck_assert_double_gt(month[0], 0);
    ck_assert_double_gt(month[1], 3 * 0.0060);
    ck_assert_double_eq_tol(exp(mean_of(ratio, MINUTES)), 20.0, 0.05);
    market_close(&market);
}
END_TEST

START_TEST(a_crash_has_its_depth_its_time_and_comes_back)
{
    int n_at[2] = {0, 0};
    struct market market;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        double fall = log(1 - 0.2);
        int begins = 0, bottom;

        market_of(&market,
                  STEADY "crash_depth: 20%\ncrash_after: 2h\ncrash_within: 4h\ncrash_length: 30m\n"
                         "crash_back: 50%\ncrash_half_life: 1h\n" BTC_STILL,
                  seed);
        walk(&market, 0, 3000);
        while (begins < 3000 && change[begins] > -1e-4)
            begins++;
        HOLDS(begins >= 120 && begins <= 360);
        n_at[begins >= 240]++;
        bottom = begins + 30;
        ck_assert_double_eq_tol(level[begins] - level[0], 0, 1e-4);
        ck_assert_double_eq_tol(level[begins + 15] - level[begins], fall / 2, 1e-4);
        ck_assert_double_eq_tol(exp(level[bottom] - level[begins]), 0.8, 1e-4);
        ck_assert_double_eq_tol(level[bottom + 60] - level[bottom], -fall * 0.25, 1e-4);
        ck_assert_double_eq_tol(level[bottom + 120] - level[bottom], -fall * 0.375, 1e-4);
        ck_assert_double_eq_tol(level[2999] - level[begins], fall * 0.5, 1e-4);
        market_close(&market);
    }
    ck_assert_int_gt(n_at[0], 3); // of 20 seeds about a half in each half of the time
    ck_assert_int_gt(n_at[1], 3);
}
END_TEST

struct flow { /* of takers: trades of one moment are one */
    int n, n_buys, n_same;
    double told; /* mean of side times the fair price's distance from the middle, in half spreads */
    double spread;
};

static struct flow flow_of(const char *text, uint64_t seed, int n)
{
    struct flow flow = {0};
    struct seen seen = {0};
    agon_ns_t t_last = 0;
    int was = 0;
    struct market market;

    market_of(&market, text, seed);
    while (flow.n < n) {
        const struct agon_event_hdr *event = gen_next(market.gen);
        const struct agon_trade *trade = (const void *)event;
        int is;

        if (event->type == AGON_EVENT_TRADE && event->t != t_last && seen.mid > 0) {
            is = trade->side == AGON_BUY ? 1 : -1;
            flow.n++;
            flow.n_buys += is > 0;
            flow.n_same += is == was;
            flow.told += is * (gen_fair_px(market.gen, 0) / 100 - seen.mid) / (seen.ask - seen.bid);
            was = is;
            t_last = event->t;
        }
        see(&seen, event, 100);
    }
    flow.told /= flow.n;
    flow.spread = seen.spread_sum / seen.n_quotes;
    market_close(&market);
    return flow;
}

#define TAKERS(words) STEADY "symbols: [{symbol: SOLUSDT, price: 150, spread: 25bps, " words "}]\n"

START_TEST(takers_repeat_themselves_and_know_what_is_said)
{
    struct flow same = flow_of(TAKERS("informed: 0%, repeat: 30%"), 10, 40000);
    struct flow deaf = flow_of(TAKERS("informed: 0%"), 10, 40000);
    struct flow told = flow_of(TAKERS("informed: 200%"), 10, 40000);
    double keep = (1 + 0.3) / (1 - 0.3); // of an AR(1): so much wider is the mean's error

    ck_assert_double_eq_tol((double)same.n_buys / same.n, 0.5, 4 * 0.5 * sqrt(keep / same.n));
    ck_assert_double_eq_tol((double)same.n_same / same.n, 0.3 + 0.7 / 2, 4 * 0.5 / sqrt(same.n));
    ck_assert_double_eq_tol((double)deaf.n_same / deaf.n, 0.5, 4 * 0.5 / sqrt(deaf.n));
    ck_assert_double_eq_tol(deaf.told, 0, 0.002);
    ck_assert_double_gt(told.told, 0.008);
    // Makers ask for 25 and keep between 0.8 and 1.2 times that, and what takers took off.
    ck_assert_double_eq_tol(deaf.spread, 0.0025, 0.0005);
}
END_TEST

/* Where makers ask for much the price seldom renews their levels: a taker finds one behind the
 * other all the same, and does not fall through to where somebody waits by chance. */
START_TEST(takers_do_not_fall_through_a_wide_book)
{
    double worst = 0;
    struct market market;

    market_of(&market,
              STEADY
              "book: 1s\nsymbols: [{symbol: SOLUSDT, price: 150, volatility: 40%, trades: 0.1, "
              "spread: 25bps, informed: 0%, repeat: 30%}]\n",
              11);
    for (int n = 0; n < 20000;) {
        const struct agon_event_hdr *event = gen_next(market.gen);
        const struct agon_trade *trade = (const void *)event;

        if (event->type != AGON_EVENT_TRADE)
            continue;
        worst = fmax(worst, fabs((double)trade->px / gen_fair_px(market.gen, 0) - 1));
        n++;
    }
    // 15 bp to the best, eight levels of at most eight typical distances, and what a minute moves.
    ck_assert_double_lt(worst, 0.01);
    market_close(&market);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process");
    TCase *tc = tcase_create("process");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, a_random_walks_variance_grows_with_time_and_nothing_is_remembered);
    tcase_add_test(tc, returns_remember_as_much_as_is_said_and_vary_as_before);
    tcase_add_test(tc, a_range_holds_its_price);
    tcase_add_test(tc, trends_and_ranges_last_as_long_as_is_said);
    tcase_add_test(tc, a_premium_reverts_in_its_half_life);
    tcase_add_test(tc, the_books_show_the_premium);
    tcase_add_test(tc, of_a_pair_each_wanders_and_the_ratio_comes_back);
    tcase_add_test(tc, a_crash_has_its_depth_its_time_and_comes_back);
    tcase_add_test(tc, takers_repeat_themselves_and_know_what_is_said);
    tcase_add_test(tc, takers_do_not_fall_through_a_wide_book);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
