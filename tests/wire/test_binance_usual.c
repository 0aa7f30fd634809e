// SPDX-License-Identifier: Apache-2.0
/* What Binance sent, and the same with something wrong in it, by a decoder that reads at once what
 * looks as usual and by one that reads all key by key: they agree, and most trades and quotes do
 * look as usual. */
#include <check.h>

#include "both_ways.h"
#include "lines.h"

static struct symbols symbols;
static struct both_ways both;

static const struct session {
    const char *file, *symbol;
    int8_t px_exp, qty_exp; /* of tick and lot as the venue lists them */
} sessions[] = {
    {"book/binance_spot_BTCUSDT_20240808T2354.raw.gz", "BTCUSDT", 2, 5},
    {"book/binance_spot_ETHUSDT_20240808T2354.raw.gz", "ETHUSDT", 2, 4},
    {"book/binance_um_BTCUSDT_20240808T2354.raw.gz", "BTCUSDT", 1, 3},
    {"book/binance_cm_BTCUSD_PERP_20240808T2354.raw.gz", "BTCUSD_PERP", 1, 0},
};

static void begin(const struct session *session)
{
    struct agon_instrument instrument = {.hdr = {.instrument = 7},
                                         .base = 2,
                                         .quote = 1,
                                         .px_exp = session->px_exp,
                                         .qty_exp = session->qty_exp,
                                         .tick_px = 1};

    memcpy(instrument.symbol, session->symbol, strlen(session->symbol));
    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USDT", 1, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add_asset(&symbols, "BTC", 2, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    both_ways_init(&both, &symbols);
}

/* Every message of the file; where is_damaged, also with one to four things wrong in it. */
static void go_both_ways(const struct session *session, int is_damaged)
{
    struct lines lines;
    struct rng rng;
    uint64_t n_damaged = 0;
    uint64_t n = 0;
    uint64_t n_ticks = 0;

    begin(session);
    rng_init(&rng, 5);
    lines_open(&lines, session->file);
    while (lines_next(&lines)) {
        char *text = memchr(lines.line, ' ', lines.n);
        size_t length;
        const char *what;
        int kind;

        ck_assert_ptr_nonnull(text);
        text++;
        length = lines.n - (size_t)(text - lines.line);
        what = both_ways_differ(&both, text, length, &kind);
        ck_assert_msg(what == NULL, "%s of %s", what, text);
        n++;
        n_ticks += kind == WIRE_TRADE || kind == WIRE_QUOTE;
        for (int i = 0; is_damaged && i < 4; i++) {
            length = both_ways_damage(&rng, text, length, length);
            what = both_ways_differ(&both, text, length, &kind);
            ck_assert_msg(what == NULL, "%s of %.*s", what, (int)length, text);
            n_damaged++;
            if (length == 0)
                break;
        }
    }
    lines_close(&lines);
    printf("%s: %llu messages, %llu damaged; of %llu trades and quotes %llu at once\n",
           session->file, (unsigned long long)n, (unsigned long long)n_damaged,
           (unsigned long long)n_ticks, (unsigned long long)both.usual.n_usual);
    if (!is_damaged) // what is usual, not what was made otherwise
        ck_assert_uint_ge(both.usual.n_usual * 10, n_ticks * 9);
}

START_TEST(recorded_messages_are_read_alike_and_mostly_at_once)
{
    go_both_ways(&sessions[_i], 0);
}
END_TEST

START_TEST(damaged_ones_are_read_or_refused_alike)
{
    go_both_ways(&sessions[_i], 1);
}
END_TEST

int main(void)
{
    const int n = (int)(sizeof(sessions) / sizeof(sessions[0]));
    Suite *suite = suite_create("binance usual");
    TCase *tcase = tcase_create("recordings");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 110);
    tcase_add_loop_test(tcase, recorded_messages_are_read_alike_and_mostly_at_once, 0, n);
    tcase_add_loop_test(tcase, damaged_ones_are_read_or_refused_alike, 0, n);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); // a missing recording is the program's exit code
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
