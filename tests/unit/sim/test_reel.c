// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

#include "base/num.h"
#include "market/book.h"
#include "sim/reel.h"
#include "sim/stage.h"
#include "suite.h"

#define EXIT_SKIP 77

static char *bytes;
static size_t n_bytes;

// False when the recording is not there.
static int load(const char *name)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[1024];
    FILE *file;

    snprintf(path, sizeof(path), "%s/../shared/data/%s", root ? root : ".", name);
    file = fopen(path, "rb");
    if (!file)
        return 0;
    fseek(file, 0, SEEK_END);
    n_bytes = (size_t)ftell(file);
    rewind(file);
    free(bytes);
    bytes = malloc(n_bytes);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, n_bytes, file), n_bytes);
    fclose(file);
    return 1;
}

static struct pit *play(const char *name, const char *symbol, agon_ns_t from, agon_ns_t *t)
{
    struct stage_file file = {.name = name, .bytes = bytes, .n = n_bytes, .symbol = symbol};
    struct stage stage = {
        .dialect = sim_dialect_find("binance"), .files = &file, .n_files = 1, .t_from = from};
    struct error err = {0};
    struct pit *pit;
    int rc = stage_build(&pit, t, &stage, &err);

    ck_assert_msg(rc == AGON_OK, "%s", err.text);
    return pit;
}

/* The best prices that the recorded book ticker tells, by update id. */
struct ticker {
    uint64_t id[65536]; /* rising */
    struct agon_level bid[65536], ask[65536];
    uint32_t n;
};

static int64_t dec(json_t *data, const char *key)
{
    const char *text = json_string_value(json_object_get(data, key));
    int64_t value;

    ck_assert_int_eq(num_parse(text, strlen(text), 8, &value), AGON_OK);
    return value;
}

static struct ticker *read_ticker(void)
{
    struct ticker *ticker = calloc(1, sizeof(*ticker));
    char *text = malloc(64u << 20), *line, *end;
    z_stream z = {0};

    ck_assert(ticker && text);
    ck_assert_int_eq(inflateInit2(&z, 15 + 32), Z_OK);
    z.next_in = (Bytef *)bytes;
    z.avail_in = (uInt)n_bytes;
    z.next_out = (Bytef *)text;
    z.avail_out = (64u << 20) - 1;
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    text[z.total_out] = '\0';
    inflateEnd(&z);
    for (line = text; *line; line = end + 1) {
        json_t *root, *data;

        end = strchr(line, '\n');
        if (!end)
            break;
        *end = '\0';
        if (!strstr(line, "@bookTicker"))
            continue;
        root = json_loads(strchr(line, ' ') + 1, 0, NULL);
        data = json_object_get(root, "data");
        ck_assert_uint_lt(ticker->n, 65536);
        ticker->bid[ticker->n] = (struct agon_level){dec(data, "b"), dec(data, "B")};
        ticker->ask[ticker->n] = (struct agon_level){dec(data, "a"), dec(data, "A")};
        ticker->id[ticker->n++] = (uint64_t)json_integer_value(json_object_get(data, "u"));
        json_decref(root);
    }
    free(text);
    return ticker;
}

static const struct {
    const char *file, *symbol;
    uint32_t deltas;
    uint64_t n_cut; /* levels finer than the lot */
} books[] = {
    {"book/binance_spot_BTCUSDT_20240808T2354.raw.gz", "BTCUSDT", 3449, 3},
    {"book/binance_spot_ETHUSDT_20240808T2354.raw.gz", "ETHUSDT", 3432, 2},
};

START_TEST(a_recorded_book_has_the_best_prices_of_its_ticker)
{
    struct book_config config = {.tick_px = 1000000, .window_ticks = 65536};
    struct book *book = book_new(&config);
    uint32_t compared = 0, deltas = 0, at = 0;
    struct ticker *ticker;
    agon_ns_t t, last = 0;
    struct reel *reel;
    struct pit *pit;
    struct error err = {0};
    const struct agon_event_hdr *event;

    ck_assert_ptr_nonnull(book);
    if (!load(books[_i].file)) {
        book_free(book);
        return;
    }
    ticker = read_ticker();
    pit = play(books[_i].file, NULL, 0, &t);
    ck_assert_str_eq(pit_at(pit, 0)->name, books[_i].symbol);
    reel = reel_new(pit_table(pit));
    ck_assert_int_eq(reel_add_file(reel, books[_i].file, bytes, n_bytes, 1, &err), AGON_OK);
    while ((event = reel_peek(reel)) != NULL) {
        const struct agon_book_part *part = (const void *)event;
        struct agon_level bid, ask;

        ck_assert_int_ge(event->t, last);
        last = event->t;
        if (event->type != AGON_EVENT_TRADE && event->type != AGON_EVENT_QUOTE)
            ck_assert_int_eq(book_apply(book, part), AGON_OK);
        if (event->type == AGON_EVENT_BOOK_DELTA && (part->flags & BOOK_PART_LAST)) {
            deltas++;
            while (at + 1 < ticker->n && ticker->id[at + 1] <= part->last_id)
                at++;
            ck_assert(book_best(book, AGON_BUY, &bid) && book_best(book, AGON_SELL, &ask));
            compared += bid.px == ticker->bid[at].px && bid.qty == ticker->bid[at].qty &&
                        ask.px == ticker->ask[at].px && ask.qty == ticker->ask[at].qty;
        }
        reel_next(reel);
    }
    ck_assert_uint_eq(reel_bad_rows(reel), 0);
    ck_assert_uint_eq(deltas, books[_i].deltas);
    ck_assert_uint_eq(compared, books[_i].deltas);
    ck_assert_uint_eq(reel_cut(reel), books[_i].n_cut);
    reel_free(reel);
    pit_free(pit);
    free(ticker);
    book_free(book);
}
END_TEST

// What the exchange shows and fills is a multiple of its lot, as at the venue.
START_TEST(a_level_finer_than_the_lot_is_cut_and_its_diff_is_kept)
{
    static char text[] =
        "1723161253000000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
        "\"E\":1723161253208,\"s\":\"BTCUSDT\",\"U\":8,\"u\":10,\"b\":[],\"a\":[]}}\n"
        "1723161254000000000 {\"lastUpdateId\":10,\"bids\":[[\"61730.17\",\"1.00000\"]],"
        "\"asks\":[[\"61837.64\",\"1.50000\"]]}\n"
        "1723161255000000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
        "\"E\":1723161255208,\"s\":\"BTCUSDT\",\"U\":11,\"u\":12,\"b\":[],\"a\":["
        "[\"200000.00000000\",\"25.42618900\"],[\"200001.00000000\",\"0.00000100\"]]}}\n"
        "1723161256000000000 {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\","
        "\"E\":1723161256000,\"s\":\"BTCUSDT\",\"t\":7,\"p\":\"61837.64\",\"q\":\"0.02000100\","
        "\"T\":1723161256000,\"m\":false}}\n";
    struct stage_file file = {
        .name = "binance_spot_BTCUSDT.raw", .bytes = text, .n = sizeof(text) - 1};
    struct stage stage = {.dialect = sim_dialect_find("binance"), .files = &file, .n_files = 1};
    struct error err = {0};
    struct pit_view view;
    struct pit *pit;
    agon_ns_t t;

    ck_assert_msg(stage_build(&pit, &t, &stage, &err) == AGON_OK, "%s", err.text);
    pit_advance(pit, t + 10000000000);
    pit_view(pit, 0, &view);
    ck_assert_uint_eq(view.n_ask, 3);
    ck_assert_int_eq(view.ask[1].px, 20000000000000);
    ck_assert_int_eq(view.ask[1].qty, 2542618000);
    ck_assert_int_eq(view.ask[2].qty, 1000);
    ck_assert_uint_eq(pit_trades(pit, 0), 1);
    ck_assert_int_eq(pit_trade_at(pit, 0, 0)->qty, 2000000);
    ck_assert_uint_eq(pit_cut(pit), 3);
    ck_assert_ptr_null(pit_bad_row(pit, 0));
    pit_free(pit);
}
END_TEST

/* What was told of the best prices, in order. */
#define TOLD_MAX 65536
struct told {
    struct pit *pit;
    uint32_t n;
    struct agon_level bid[TOLD_MAX], ask[TOLD_MAX];
    agon_ns_t t[TOLD_MAX];
};
static struct told told;

static void on_top(void *ctx, uint32_t sym)
{
    struct told *to = ctx;

    ck_assert_uint_lt(to->n, TOLD_MAX);
    pit_best(to->pit, sym, &to->bid[to->n], &to->ask[to->n]);
    to->t[to->n++] = pit_now(to->pit);
}

#define QUOTE(local, bid, bid_qty, ask, ask_qty)                                                   \
#local " {\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":9,\"s\":\"BTCUSDT\",\"b\":\"" bid  \
           "\",\"B\":\"" bid_qty "\",\"a\":\"" ask "\",\"A\":\"" ask_qty "\"}}\n"

START_TEST(quotes_are_told_as_recorded)
{
    // The recorder's clock is 2 s behind the venue's; the diff at 3.1 s comes 0.4 s late.
    static char text[] =
        "1723161251000000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
        "\"E\":1723161253000,\"s\":\"BTCUSDT\",\"U\":8,\"u\":10,\"b\":[],\"a\":[]}}\n"
        "1723161251000000000 {\"lastUpdateId\":10,\"bids\":[[\"61730.00\",\"1.00000\"]],"
        "\"asks\":[[\"61740.00\",\"1.50000\"]]}\n" QUOTE(
            1723161251010000000, "61731.00", "2.00000", "61740.00",
            "1.50000") QUOTE(1723161251020000000, "61731.00", "2.00000", "61740.00", "1.50000")
            QUOTE(1723161251030000000, "61732.00", "0.50000", "61739.00", "0.10000") QUOTE(
                1723161251500000000, "61732.00", "0.40000", "61739.00",
                "0.10000") "1723161251500000000 "
                           "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
                           "\"E\":1723161253100,\"s\":\"BTCUSDT\",\"U\":11,\"u\":12,\"b\":[["
                           "\"61732.00\",\"0.40000\"]],"
                           "\"a\":[[\"61739.00\",\"0.10000\"]]}}\n" QUOTE(
                               1723161251600000000, "61733.00", "3.00000", "61739.00", "0.10000")
        // A trade is played by its own time, not by that of the message: so are the quotes behind
        // it.
        "1723161251700000000 {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\","
        "\"E\":1723161253305,\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"61733.00\",\"q\":\"0.10000\","
        "\"T\":1723161253300,\"m\":true}}\n" QUOTE(1723161251710000000, "61733.00", "2.90000",
                                                   "61739.00", "0.10000");
    struct stage_file file = {
        .name = "binance_spot_BTCUSDT.raw", .bytes = text, .n = sizeof(text) - 1};
    struct stage stage = {.dialect = sim_dialect_find("binance"), .files = &file, .n_files = 1};
    struct match_order order = {.owner = 1,
                                .side = AGON_BUY,
                                .type = AGON_LIMIT,
                                .tif = AGON_TIF_GTC,
                                .px = 6173350000000,
                                .qty = 100000000};
    struct pit_hooks hooks = {.ctx = &told, .on_top = on_top};
    struct error err = {0};
    struct agon_level bid, ask;
    uint64_t id;
    agon_ns_t t;

    ck_assert_msg(stage_build(&told.pit, &t, &stage, &err) == AGON_OK, "%s", err.text);
    pit_set_hooks(told.pit, &hooks);
    pit_advance(told.pit, t + 10000000000);
    // The book's own changes are no quotes.
    ck_assert_uint_eq(told.n, 6);
    ck_assert_int_eq(told.bid[0].px, 6173100000000);
    ck_assert_int_eq(told.bid[1].px, 6173100000000); // nothing changed, and it was told
    ck_assert_int_eq(told.ask[2].px, 6173900000000);
    ck_assert_int_eq(told.ask[2].qty, 10000000);
    ck_assert_int_eq(told.bid[3].qty, 40000000);
    ck_assert_int_eq(told.bid[4].px, 6173300000000);
    ck_assert_int_eq(told.t[0], 1723161253010000000);
    ck_assert_int_eq(told.t[1], 1723161253020000000);
    ck_assert_int_eq(told.t[2], 1723161253030000000);
    ck_assert_int_eq(told.t[3], 1723161253100000000); // no later than what came after it
    ck_assert_int_eq(told.t[4], 1723161253200000000);
    ck_assert_int_eq(told.t[5], 1723161253310000000);
    ck_assert_ptr_null(pit_bad_row(told.pit, 0));

    // An own order stands on the recorded prices, and is gone with its end.
    order.instrument = pit_instrument(told.pit, 0);
    ck_assert_int_eq(
        pit_deposit(told.pit, 1, instruments_get(pit_table(told.pit), 1)->quote, 100000000000000),
        AGON_OK);
    ck_assert_int_eq(pit_submit(told.pit, &order, &id), AGON_OK);
    ck_assert_uint_eq(told.n, 7);
    ck_assert_int_eq(told.bid[6].px, 6173350000000);
    ck_assert_int_eq(told.bid[6].qty, 100000000);
    ck_assert_int_eq(told.ask[6].px, 6173900000000);
    ck_assert_int_eq(pit_cancel(told.pit, id), AGON_OK);
    ck_assert_uint_eq(told.n, 8);
    pit_best(told.pit, 0, &bid, &ask);
    ck_assert_int_eq(bid.px, 6173300000000);
    ck_assert_int_eq(bid.qty, 290000000);
    pit_free(told.pit);
}
END_TEST

START_TEST(each_recorded_quote_is_told_in_order)
{
    struct pit_hooks hooks = {.ctx = &told, .on_top = on_top};
    struct ticker *ticker;
    uint32_t n_before;
    agon_ns_t t;

    if (!load(books[_i].file))
        return;
    ticker = read_ticker();
    told.pit = play(books[_i].file, NULL, 0, &t);
    pit_set_hooks(told.pit, &hooks);
    pit_advance(told.pit, t + 400 * 1000000000ll);
    ck_assert_uint_gt(ticker->n, 20000);
    // Those before the first book are over when the first client can come.
    ck_assert_uint_le(told.n, ticker->n);
    n_before = ticker->n - told.n;
    ck_assert_uint_le(n_before, 10);
    for (uint32_t i = 0; i < told.n; i++) {
        ck_assert_mem_eq(&told.bid[i], &ticker->bid[n_before + i], sizeof(told.bid[i]));
        ck_assert_mem_eq(&told.ask[i], &ticker->ask[n_before + i], sizeof(told.ask[i]));
        ck_assert(i == 0 || told.t[i] >= told.t[i - 1]);
    }
    ck_assert_ptr_null(pit_bad_row(told.pit, 0));
    free(ticker);
    pit_free(told.pit);
}
END_TEST

START_TEST(a_recording_runs_through_the_pit)
{
    struct pit_view view;
    struct pit *pit;
    agon_ns_t t;

    if (!load("book/binance_spot_BTCUSDT_20240808T2354.raw.gz"))
        return;
    pit = play("binance_spot_BTCUSDT_20240808T2354.raw.gz", NULL, 0, &t);
    pit_advance(pit, t + 400 * 1000000000ll);
    pit_view(pit, 0, &view);
    ck_assert_uint_eq(pit_trades(pit, 0), 9757); // all that the recording has
    ck_assert_uint_gt(view.n_bid, 900);
    ck_assert_uint_gt(view.n_ask, 900);
    ck_assert_int_lt(view.bid[0].px, view.ask[0].px);
    ck_assert_uint_ge(pit_minutes(pit, 0), 6);
    pit_free(pit);
}
END_TEST

START_TEST(recorded_bars_come_out_as_they_went_in)
{
    struct pit *pit;
    agon_ns_t t;
    const struct pit_bar *bar;
    struct pit_bar sum = {0};

    // 2022-05-25 08:00: 29701.47,29941.41,29560.67,29821.03,2532.18696
    if (!load("ohlcv/binance_spot_BTCUSDT_1h_20220525-20250630.csv.gz"))
        return;
    pit = play("binance_spot_BTCUSDT_1h.csv.gz", NULL, 0, &t);
    ck_assert_int_eq(t, 1653465600000000000ll);
    pit_advance(pit, t + 3600 * 1000000000ll - 1);
    ck_assert_uint_eq(pit_minutes(pit, 0), 60);
    for (uint32_t i = 0; i < 60; i++)
        pit_bar_add(&sum, pit_minute_at(pit, 0, i));
    bar = &sum;
    ck_assert_int_eq(bar->open_px, 2970147000000);
    ck_assert_int_eq(bar->high_px, 2994141000000);
    ck_assert_int_eq(bar->low_px, 2956067000000);
    ck_assert_int_eq(bar->close_px, 2982103000000);
    ck_assert_int_eq(bar->qty, 253218696000);
    pit_free(pit);
    // And three years are run through in the blink of an eye; a gap of an hour is flat.
    load("ohlcv/binance_spot_BTCUSDT_1h_20220525-20250630.csv.gz");
    pit =
        play("binance_spot_BTCUSDT_1h.csv.gz", NULL, 1653465600000000000ll + 864000000000000ll, &t);
    ck_assert_uint_eq(pit_minutes(pit, 0), 10 * 1440 + 1);
    pit_free(pit);
}
END_TEST

START_TEST(recorded_trades_are_printed_once_each)
{
    struct pit *pit;
    agon_ns_t t;

    if (!load("trades/binance_spot_BTCUSDT_trades_20210108.csv"))
        return;
    pit = play("binance_spot_BTCUSDT_trades_20210108.csv", NULL, 0, &t);
    ck_assert_int_eq(t, 1610064000278000000ll);
    pit_advance(pit, t + 86400 * 1000000000ll);
    ck_assert_uint_eq(pit_trades(pit, 0), 2001);
    ck_assert_int_eq(pit_trade_at(pit, 0, 0)->px, 3943248000000);
    ck_assert_int_eq(pit_trade_at(pit, 0, 0)->qty, 26000); // 0.000263, a lot is 0.00001 today
    ck_assert(pit_trade_at(pit, 0, 0)->is_buyer_maker);
    pit_free(pit);
}
END_TEST

START_TEST(a_seed_gives_the_same_market_again)
{
    struct stage stage = {.dialect = sim_dialect_find("binance"),
                          .seed = 5,
                          .t_start = 1700000000123456789,
                          .history_minutes = 120};
    uint64_t id[2];
    agon_px_t px[2];

    for (int i = 0; i < 2; i++) {
        struct error err = {0};
        struct pit_view view;
        struct pit *pit;
        agon_ns_t t;

        ck_assert_int_eq(stage_build(&pit, &t, &stage, &err), AGON_OK);
        ck_assert_int_eq(t, stage.t_start);
        ck_assert_uint_eq(pit_minutes(pit, 0), 121);
        pit_advance(pit, t + 30000000000);
        pit_view(pit, 0, &view);
        ck_assert_uint_ge(view.n_bid, 50);
        ck_assert_int_lt(view.bid[0].px, view.ask[0].px);
        id[i] = view.id;
        px[i] = view.bid[0].px;
        pit_free(pit);
    }
    ck_assert_uint_eq(id[0], id[1]);
    ck_assert_int_eq(px[0], px[1]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("reel");
    char path[1024];
    FILE *file;
    int rc;

    snprintf(path, sizeof(path), "%s/../shared/data/README.md",
             getenv("AGON_SOURCE_ROOT") ? getenv("AGON_SOURCE_ROOT") : ".");
    file = fopen(path, "r");
    if (file)
        fclose(file);
    if (!file) {
        fprintf(stderr, "../shared/data is not there: skipped\n");
        return EXIT_SKIP;
    }
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_recorded_book_has_the_best_prices_of_its_ticker, 0, 2);
    tcase_add_test(tcase, a_level_finer_than_the_lot_is_cut_and_its_diff_is_kept);
    tcase_add_test(tcase, quotes_are_told_as_recorded);
    tcase_add_loop_test(tcase, each_recorded_quote_is_told_in_order, 0, 2);
    tcase_add_test(tcase, a_recording_runs_through_the_pit);
    tcase_add_test(tcase, recorded_bars_come_out_as_they_went_in);
    tcase_add_test(tcase, recorded_trades_are_printed_once_each);
    tcase_add_test(tcase, a_seed_gives_the_same_market_again);
    rc = suite_run("sim_reel", tcase);
    free(bytes);
    return rc;
}
