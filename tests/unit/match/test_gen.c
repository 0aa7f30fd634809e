// SPDX-License-Identifier: Apache-2.0
/* The generated market is what it says: its events are well formed, a seed gives the same bytes on
 * every compiler, and over twenty seeds its minutes look like those of a market. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "market/book.h"
#include "match/gen.h"
#include "match/match.h"

/* ck_assert tells its parent of every single one: too slow for millions. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)
#define N_SYMBOLS 4
#define MINUTE_NS INT64_C(60000000000)
#define T_START   INT64_C(1700006400000000000) /* 2023-11-15 00:00 UTC */

static void add_asset(struct instruments *table, agon_asset_t id, const char *name)
{
    struct record_asset asset = {.asset = id, .exp = 8};

    snprintf(asset.name, sizeof(asset.name), "%s", name);
    ck_assert_int_eq(instruments_set_asset(table, &asset, NULL), AGON_OK);
}

static void make_table(struct instruments *table)
{
    static const struct {
        const char *base;
        int px_exp, qty_exp;
        agon_px_t tick_px;
        agon_qty_t lot_qty;
    } rows[N_SYMBOLS] = {
        {"BTC", 2, 5, 1, 1}, {"ETH", 2, 4, 1, 1}, {"SOL", 2, 3, 1, 1}, {"XRP", 4, 1, 5, 1}};

    ck_assert_int_eq(instruments_init(table), AGON_OK);
    add_asset(table, 1, "USDT");
    for (uint32_t i = 0; i < N_SYMBOLS; i++) {
        struct agon_instrument def = {
            .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = i + 1},
            .kind = INSTRUMENT_SPOT,
            .state = TRADING_OPEN,
            .px_exp = (int8_t)rows[i].px_exp,
            .qty_exp = (int8_t)rows[i].qty_exp,
            .base = i + 2,
            .quote = 1,
            .settle = 1,
            .tick_px = rows[i].tick_px,
            .lot_qty = rows[i].lot_qty,
            .multiplier = 1};

        add_asset(table, i + 2, rows[i].base);
        snprintf(def.symbol, sizeof(def.symbol), "%sUSDT", rows[i].base);
        ck_assert_int_eq(instruments_set(table, &def, NULL), AGON_OK);
    }
}

static struct gen *make_gen(const struct instruments *table, uint64_t seed, uint32_t is_quoted)
{
    struct gen_config config;
    struct error err = {0};
    struct gen *gen;

    gen_defaults(&config, table, seed);
    config.t_start = T_START;
    config.is_quoted = is_quoted;
    ck_assert_msg(gen_new(&gen, &config, table, &err) == AGON_OK, "%s", err.text);
    return gen;
}

START_TEST(events_are_well_formed)
{
    struct instruments table;
    struct gen *gen;
    struct book *books[N_SYMBOLS + 1] = {0};
    uint64_t last_id[N_SYMBOLS + 1] = {0};
    uint64_t last_trade[N_SYMBOLS + 1] = {0};
    uint64_t n_of[8] = {0};
    agon_ns_t t = 0;

    make_table(&table);
    gen = make_gen(&table, 42, 1);
    for (uint32_t i = 1; i <= N_SYMBOLS; i++)
        books[i] = book_new(&(struct book_config){.tick_px = table.all[i].tick_px});
    for (int n = 0; n < 300000; n++) {
        const struct agon_event_hdr *event = gen_next(gen);
        const void *record = event;
        const struct agon_instrument *def = instruments_get(&table, event->instrument);

        HOLDS(def != NULL);
        HOLDS(event->t >= t && event->t == event->t_venue && event->seq == 0);
        t = event->t;
        n_of[event->type]++;
        if (event->type == AGON_EVENT_BOOK_SNAPSHOT || event->type == AGON_EVENT_BOOK_DELTA) {
            const struct agon_book_part *part = record;
            const struct agon_level *levels = (const void *)(part + 1);

            HOLDS((event->type == AGON_EVENT_BOOK_SNAPSHOT) == (last_id[event->instrument] == 0));
            HOLDS((part->first_id) == (last_id[event->instrument] + 1));
            HOLDS(part->last_id >= part->first_id);
            last_id[event->instrument] = part->last_id;
            for (int i = 0; i < part->n_bid + part->n_ask; i++) {
                HOLDS(levels[i].px > 0 && levels[i].px % def->tick_px == 0);
                HOLDS(levels[i].qty >= 0 && levels[i].qty % def->lot_qty == 0);
            }
            HOLDS((book_apply(books[event->instrument], part)) == (AGON_OK));
            HOLDS(!book_is_crossed(books[event->instrument]));
            HOLDS(book_count(books[event->instrument], AGON_BUY) <= 100);
            HOLDS(book_count(books[event->instrument], AGON_SELL) >= 5);
        } else if (event->type == AGON_EVENT_TRADE) {
            const struct agon_trade *trade = record;
            enum agon_side side = trade->side == AGON_BUY ? AGON_SELL : AGON_BUY;

            HOLDS(trade->px > 0 && trade->px % def->tick_px == 0);
            HOLDS(trade->qty > 0 && trade->qty % def->lot_qty == 0);
            HOLDS((trade->venue_id) == (++last_trade[event->instrument]));
            // It takes what the book showed.
            HOLDS(book_qty(books[event->instrument], side, trade->px) >= trade->qty);
        } else {
            const struct agon_quote *quote = record;

            HOLDS((event->type) == (AGON_EVENT_QUOTE));
            HOLDS(quote->bid_px < quote->ask_px && quote->bid_qty > 0 && quote->ask_qty > 0);
        }
    }
    ck_assert_uint_eq(n_of[AGON_EVENT_BOOK_SNAPSHOT], N_SYMBOLS);
    ck_assert_uint_gt(n_of[AGON_EVENT_BOOK_DELTA], 50000);
    ck_assert_uint_gt(n_of[AGON_EVENT_TRADE], 20000);
    ck_assert_uint_gt(n_of[AGON_EVENT_QUOTE], 20000);
    for (uint32_t i = 1; i <= N_SYMBOLS; i++)
        book_free(books[i]);
    gen_free(gen);
    instruments_deinit(&table);
}
END_TEST

static void hash_events(uint64_t seed, int n, char text[2 * HASH_SIZE + 1])
{
    struct instruments table;
    struct gen *gen;
    struct hash hash;
    unsigned char digest[HASH_SIZE];

    make_table(&table);
    gen = make_gen(&table, seed, 1);
    hash_init(&hash);
    for (int i = 0; i < n; i++) {
        const struct agon_event_hdr *event = gen_next(gen);

        hash_update(&hash, event, event_bytes(event));
    }
    hash_final(&hash, digest);
    hash_hex(digest, text);
    gen_free(gen);
    instruments_deinit(&table);
}

START_TEST(seed_decides_every_byte)
{
    char first[2 * HASH_SIZE + 1];
    char again[2 * HASH_SIZE + 1];
    char other[2 * HASH_SIZE + 1];

    hash_events(7, 100000, first);
    hash_events(7, 100000, again);
    hash_events(8, 100000, other);
    ck_assert_str_eq(first, again);
    ck_assert_str_ne(first, other);
    // The same on every compiler and CPU. It changes when the generator does, and only then.
    ck_assert_str_eq(first, "2f9c18cedefd140e88d93c99e3e16cefa7dc19e342798030a6ff15bdc4a1ce13");
}
END_TEST

/* --- statistics --- */

#define N_MINUTES (180 * 1440)
#define N_LAGS    10

struct series {
    double *x;
    int n;
};

static double mean_of(const double *x, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

static double excess_kurtosis(const double *x, int n)
{
    double mean = mean_of(x, n);
    double m2 = 0;
    double m4 = 0;

    for (int i = 0; i < n; i++) {
        double d = (x[i] - mean) * (x[i] - mean);

        m2 += d;
        m4 += d * d;
    }
    return n * m4 / (m2 * m2) - 3.0;
}

static double autocorrelation(const double *x, int n, int lag)
{
    double mean = mean_of(x, n);
    double sum = 0;
    double all = 0;

    for (int i = 0; i < n; i++) {
        all += (x[i] - mean) * (x[i] - mean);
        if (i >= lag)
            sum += (x[i] - mean) * (x[i - lag] - mean);
    }
    return sum / all;
}

static double correlation(const double *x, const double *y, int n)
{
    double mx = mean_of(x, n);
    double my = mean_of(y, n);
    double xx = 0;
    double yy = 0;
    double xy = 0;

    for (int i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xy / sqrt(xx * yy);
}

/* Mean of the four hours from hour on. The days begin with the first minute. */
static double mean_size(const double *sizes, int hour)
{
    double sum = 0;
    int n = 0;

    for (int m = 0; m < N_MINUTES; m++) {
        if ((m / 60 - hour + 24) % 24 >= 4)
            continue;
        sum += sizes[m];
        n++;
    }
    return sum / n;
}

START_TEST(minutes_look_like_a_market)
{
    static double returns[N_SYMBOLS][N_MINUTES];
    static double sizes[N_MINUTES];
    double worst[4] = {1e9, 0, 1e9, 0};
    struct instruments table;
    struct gen_config config;

    make_table(&table);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct gen *gen = make_gen(&table, seed, 0);
        double was[N_SYMBOLS];

        gen_defaults(&config, &table, seed);
        for (uint32_t i = 0; i < N_SYMBOLS; i++)
            was[i] = log(gen_fair_px(gen, i));
        for (int m = 0; m < N_MINUTES; m++) {
            gen_minute(gen);
            for (uint32_t i = 0; i < N_SYMBOLS; i++) {
                double now = log(gen_fair_px(gen, i));

                returns[i][m] = now - was[i];
                was[i] = now;
            }
        }
        for (uint32_t i = 0; i < N_SYMBOLS; i++) {
            double kurtosis = excess_kurtosis(returns[i], N_MINUTES);
            double clustering;

            ck_assert_msg(kurtosis > 3.0, "seed %d, symbol %u: kurtosis %g", (int)seed, i,
                          kurtosis);
            worst[0] = fmin(worst[0], kurtosis);
            for (int lag = 1; lag <= N_LAGS; lag++) {
                double r = fabs(autocorrelation(returns[i], N_MINUTES, lag));

                ck_assert_msg(r < 0.05, "seed %d, symbol %u, lag %d: %g", (int)seed, i, lag, r);
                worst[1] = fmax(worst[1], r);
            }
            for (int m = 0; m < N_MINUTES; m++)
                sizes[m] = fabs(returns[i][m]);
            // 0.6 of the variance follows the cosine of the day: 1.57 times the mean for the four
            // hours round midnight, 0.43 for those round noon.
            ck_assert_double_gt(mean_size(sizes, 22), 1.3 * mean_size(sizes, 10));
            clustering = autocorrelation(sizes, N_MINUTES, 10);
            ck_assert_msg(clustering > 0.1, "seed %d, symbol %u: clustering %g", (int)seed, i,
                          clustering);
            worst[2] = fmin(worst[2], clustering);
            for (uint32_t j = 0; j < i; j++) {
                double wanted = config.symbols[i].beta * config.symbols[j].beta;
                double off = fabs(correlation(returns[i], returns[j], N_MINUTES) - wanted);

                ck_assert_msg(off < 0.05, "seed %d, symbols %u %u: off by %g", (int)seed, i, j,
                              off);
                worst[3] = fmax(worst[3], off);
            }
        }
        gen_free(gen);
    }
    printf("worst of 20 seeds: excess kurtosis %.2f, |autocorrelation| %.4f, clustering at lag 10 "
           "%.3f, correlation off by %.4f\n",
           worst[0], worst[1], worst[2], worst[3]);
    instruments_deinit(&table);
}
END_TEST

/* The last trade of each minute against the hidden price: the events follow the path. */
START_TEST(trades_follow_the_hidden_path)
{
    enum { MINUTES = 240 };
    static double hidden[MINUTES];
    static double traded[MINUTES];
    struct instruments table;
    struct gen *gen;
    struct gen *leaper;
    double was_hidden;
    double was_traded = 0;
    double last = 0;
    double vh = 0;
    double vt = 0;
    int m = 0;

    make_table(&table);
    gen = make_gen(&table, 5, 0);
    leaper = make_gen(&table, 5, 0);
    was_hidden = log(gen_fair_px(leaper, 0));
    was_traded = was_hidden;
    while (m < MINUTES) {
        const struct agon_event_hdr *event = gen_next(gen);
        const void *record = event;

        if (event->t >= T_START + (m + 1) * MINUTE_NS) {
            double now;

            gen_minute(leaper);
            now = log(gen_fair_px(leaper, 0));
            hidden[m] = now - was_hidden;
            was_hidden = now;
            traded[m] = log(last) - was_traded;
            was_traded = log(last);
            m++;
        }
        if (event->type == AGON_EVENT_TRADE && event->instrument == 1)
            last = (double)((const struct agon_trade *)record)->px;
    }
    for (m = 0; m < MINUTES; m++) {
        vh += hidden[m] * hidden[m];
        vt += traded[m] * traded[m];
    }
    ck_assert_double_gt(correlation(hidden, traded, MINUTES), 0.98);
    ck_assert_double_lt(fabs(sqrt(vt / vh) - 1.0), 0.05);
    gen_free(gen);
    gen_free(leaper);
    instruments_deinit(&table);
}
END_TEST

START_TEST(leaps_larger_than_a_record_come_in_two)
{
    struct instruments table;
    struct gen_config config;
    struct gen *gen;
    struct book *book;
    uint64_t last_id = 0;
    agon_ns_t t_delta = 0;
    int n_twins = 0;

    make_table(&table);
    gen_defaults(&config, &table, 4);
    config.n_symbols = 1;
    config.depth = 500;
    config.book_interval_ms = 1000;
    config.jumps_per_day = 1440; // one each minute, each past the whole book
    config.symbols[0].volatility = 5;
    ck_assert_int_eq(gen_new(&gen, &config, &table, NULL), AGON_OK);
    book = book_new(&(struct book_config){.tick_px = 1});
    for (int n = 0; n < 50000; n++) {
        const struct agon_event_hdr *event = gen_next(gen);
        const void *record = event;
        const struct agon_book_part *part = record;

        if (event->type == AGON_EVENT_TRADE)
            continue;
        HOLDS(part->first_id == last_id + 1);
        HOLDS(event->granules * 64u >= 64 + 16 * ((unsigned)part->n_bid + part->n_ask));
        last_id = part->last_id;
        HOLDS(book_apply(book, part) == AGON_OK);
        HOLDS(!book_is_crossed(book));
        n_twins += event->t == t_delta;
        t_delta = event->t;
    }
    ck_assert_int_gt(n_twins, 10);
    HOLDS(book_count(book, AGON_BUY) <= 500 && book_count(book, AGON_SELL) <= 500);
    book_free(book);
    gen_free(gen);
    instruments_deinit(&table);
}
END_TEST

START_TEST(crashes_take_the_whole_market)
{
    struct instruments table;
    struct gen_config config;
    struct gen *gen;
    double was[N_SYMBOLS];
    int n_crashes = 0;
    int n_together = 0;

    make_table(&table);
    gen_defaults(&config, &table, 3);
    config.crashes_per_year = 365; // about one a day
    config.jumps_per_day = 0;
    ck_assert_int_eq(gen_new(&gen, &config, &table, NULL), AGON_OK);
    for (uint32_t i = 0; i < N_SYMBOLS; i++)
        was[i] = log(gen_fair_px(gen, i));
    for (int m = 0; m < 20 * 1440; m++) {
        int n_fell = 0;

        gen_minute(gen);
        for (uint32_t i = 0; i < N_SYMBOLS; i++) {
            double now = log(gen_fair_px(gen, i));

            n_fell += now - was[i] < -0.04;
            was[i] = now;
        }
        n_crashes += n_fell > 0;
        n_together += n_fell == N_SYMBOLS;
    }
    ck_assert_int_ge(n_crashes, 10);
    ck_assert_int_le(n_crashes, 40);
    ck_assert_int_ge(n_together * 10, n_crashes * 9);
    gen_free(gen);
    instruments_deinit(&table);
}
END_TEST

/* An order at the touch, behind the book, is filled by the generated trades in the end, and never
 * by more than traded. */
static agon_qty_t given_qty;

static void on_fill(void *ctx, const struct match_event *event)
{
    (void)ctx;
    if (event->kind == MATCH_TRADE)
        given_qty += event->qty;
}

START_TEST(match_fills_in_a_generated_market)
{
    struct instruments table;
    struct gen *gen;
    struct match *match;
    int n_filled = 0;

    make_table(&table);
    gen = make_gen(&table, 9, 0);
    match = match_new(&(struct match_config){.cancel_ahead_ppm = UINT32_MAX}, &table,
                      &(struct match_sink){.on_event = on_fill});
    for (uint32_t i = 1; i <= N_SYMBOLS; i++)
        ck_assert_int_eq(match_add(match, i), AGON_OK);
    for (int n = 0; n < 100000; n++) {
        const struct agon_event_hdr *event = gen_next(gen);
        const void *record = event;
        agon_qty_t room =
            event->type == AGON_EVENT_TRADE ? ((const struct agon_trade *)record)->qty : 0;
        struct match_order order = {.instrument = 1 + (uint32_t)n % N_SYMBOLS,
                                    .side = n % 2 ? AGON_BUY : AGON_SELL,
                                    .type = AGON_LIMIT,
                                    .flags = AGON_POST_ONLY};
        struct agon_level best;

        given_qty = 0;
        HOLDS(match_on_market(match, event) == AGON_OK);
        HOLDS(given_qty <= room);
        n_filled += given_qty > 0;
        if (n % 101 != 0 || match_levels(match, order.instrument, order.side, &best, 1) == 0)
            continue;
        order.px = best.px;
        order.qty = 50 * table.all[order.instrument].lot_qty;
        match_submit(match, event->t, &order, NULL);
    }
    ck_assert_int_gt(n_filled, 200);
    match_free(match);
    gen_free(gen);
    instruments_deinit(&table);
}
END_TEST

// A perpetual beside each of two spot markets: they trade on as if it were not there, and it stays
// near them, above and below.
START_TEST(followers_share_a_price_and_change_nothing)
{
    struct instruments table;
    struct gen_config config;
    struct error err = {0};
    struct gen *alone;
    struct gen *led;
    double squares = 0;
    int n_events = 0, n_followed = 0, n_above = 0, n_turns = 0, was_above = 0;

    make_table(&table);
    gen_defaults(&config, &table, 7);
    config.t_start = T_START;
    config.n_symbols = 2;
    ck_assert_int_eq(gen_new(&alone, &config, &table, &err), AGON_OK);
    config.n_symbols = 4;
    for (uint32_t i = 2; i < 4; i++) {
        config.symbols[i] = config.symbols[i - 2];
        config.symbols[i].instrument = i + 1;
        config.symbols[i].follows = i - 1;
    }
    ck_assert_int_eq(gen_new(&led, &config, &table, &err), AGON_OK);
    while (n_events < 20000) {
        const struct agon_event_hdr *event = gen_next(led), *same;

        if (event->instrument > 2) {
            n_followed++;
            continue;
        }
        same = gen_next(alone);
        HOLDS(event->granules == same->granules && memcmp(event, same, event_bytes(event)) == 0);
        n_events++;
    }
    ck_assert_int_gt(n_followed, n_events / 4);
    for (int i = 0; i < 30 * 1440; i++) {
        double premium;
        int is_above;

        gen_minute(led);
        premium = gen_premium(led, 2);
        HOLDS(fabs(premium) < 0.006);
        HOLDS(gen_fair_px(led, 2) == gen_fair_px(led, 0));
        is_above = premium > 0;
        n_above += is_above;
        n_turns += is_above != was_above;
        was_above = is_above;
        squares += premium * premium;
    }
    // Standard deviations 0.06 % and 0.05 % make 0.078 %.
    ck_assert_double_ge(sqrt(squares / (30 * 1440)), 0.0005);
    ck_assert_double_le(sqrt(squares / (30 * 1440)), 0.0011);
    ck_assert_int_gt(n_above, 30 * 1440 / 5);
    ck_assert_int_lt(n_above, 30 * 1440 * 4 / 5);
    ck_assert_int_gt(n_turns, 100);
    gen_free(alone);
    gen_free(led);
    config.symbols[2].follows = 4;
    ck_assert_int_eq(gen_new(&led, &config, &table, &err), AGON_EINVAL);
    config.symbols[2].follows = 0;
    config.symbols[1].follows = 1;
    ck_assert_int_eq(gen_new(&led, &config, &table, &err), AGON_EINVAL);
    instruments_deinit(&table);
}
END_TEST

START_TEST(impossible_configurations_are_refused)
{
    struct instruments table;
    struct gen_config good;
    struct gen_config bad;
    struct error err = {0};
    struct gen *gen;

    make_table(&table);
    gen_defaults(&good, &table, 1);
    ck_assert_uint_eq(good.n_symbols, N_SYMBOLS);
#define REFUSES(change)                                                                            \
    bad = good;                                                                                    \
    err = (struct error){0};                                                                       \
    change;                                                                                        \
    ck_assert_int_eq(gen_new(&gen, &bad, &table, &err), AGON_EINVAL);                              \
    ck_assert_ptr_null(gen);                                                                       \
    ck_assert_str_ne(err.text, "")
    REFUSES(bad.n_symbols = 0);
    REFUSES(bad.n_symbols = GEN_SYMBOLS_MAX + 1);
    REFUSES(bad.depth = 501);
    REFUSES(bad.symbols[1].start_px = 0);
    REFUSES(bad.symbols[1].volatility = 0);
    REFUSES(bad.symbols[1].volatility = (double)NAN);
    REFUSES(bad.symbols[1].trades_per_s = -1);
    REFUSES(bad.symbols[1].unit_qty = 0);
    REFUSES(bad.symbols[1].instrument = 99);
    REFUSES(bad.symbols[1].instrument = 1);
    REFUSES(bad.jumps_per_day = 1e9);
    REFUSES(bad.correlation[0][0] = 1.0); // the others' diagonal is 0
    REFUSES(for (int i = 0; i < N_SYMBOLS; i++) for (int j = 0; j < N_SYMBOLS; j++)
                bad.correlation[i][j] = i == j ? 1.0 : -0.9); // all against all: impossible
    instruments_deinit(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_gen");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, events_are_well_formed);
    tcase_add_test(tcase, seed_decides_every_byte);
    tcase_add_test(tcase, minutes_look_like_a_market);
    tcase_add_test(tcase, trades_follow_the_hidden_path);
    tcase_add_test(tcase, leaps_larger_than_a_record_come_in_two);
    tcase_add_test(tcase, crashes_take_the_whole_market);
    tcase_add_test(tcase, match_fills_in_a_generated_market);
    tcase_add_test(tcase, followers_share_a_price_and_change_nothing);
    tcase_add_test(tcase, impossible_configurations_are_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
