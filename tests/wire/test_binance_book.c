// SPDX-License-Identifier: Apache-2.0
/* The recorded diffs and the recorded snapshot, through decoder and synchronisation, must give the
 * best prices and quantities that the venue's own bookTicker stream told for the same update id. */
#include <check.h>

#include "lines.h"
#include "venue/binance/decode.h"
#include "venue/book_sync.h"

#define EXP 8

struct quote {
    uint64_t id;
    struct agon_quote quote;
};

static struct symbols symbols;
static struct binance_decoder dec;
static struct wire_out out;
static struct quote *quotes;
static size_t n_quotes;

static struct book *book; // the core's side: built from the emitted records alone
static enum book_state state;
static uint64_t n_snapshots, n_deltas;
static int n_compared, n_equal;

/* The best prices as of an update id: they hold from the message that told them to the next. */
static const struct quote *quote_at(uint64_t id)
{
    size_t low = 0;
    size_t high = n_quotes;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (quotes[middle].id <= id)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &quotes[low - 1] : NULL;
}

static void compare(uint64_t id)
{
    const struct quote *known = quote_at(id);
    struct agon_level bid;
    struct agon_level ask;

    if (known == NULL)
        return;
    n_compared++;
    ck_assert(book_best(book, AGON_BUY, &bid));
    ck_assert(book_best(book, AGON_SELL, &ask));
    n_equal += bid.px == known->quote.bid_px && bid.qty == known->quote.bid_qty &&
               ask.px == known->quote.ask_px && ask.qty == known->quote.ask_qty;
}

static int on_record(void *ctx, struct agon_event_hdr *record)
{
    (void)ctx;
    switch (record->type) {
    case AGON_EVENT_STATUS:
        state = (enum book_state)((struct agon_status *)(void *)record)->book;
        break;
    case AGON_EVENT_BOOK_SNAPSHOT:
        n_snapshots++;
        ck_assert_int_ge(book_apply(book, (struct agon_book_part *)(void *)record), 0);
        break;
    case AGON_EVENT_BOOK_DELTA:
        n_deltas++;
        ck_assert_int_ge(book_apply(book, (struct agon_book_part *)(void *)record), 0);
        if ((((struct agon_book_part *)(void *)record)->flags & BOOK_PART_LAST) != 0)
            compare(((struct agon_book_part *)(void *)record)->last_id);
        break;
    default:
        ck_abort_msg("a record of type %u", record->type);
    }
    return AGON_OK;
}

static const char *payload(struct lines *lines, size_t *n)
{
    char *at = memchr(lines->line, ' ', lines->n);

    ck_assert_ptr_nonnull(at);
    *n = lines->n - (size_t)(at + 1 - lines->line);
    return at + 1;
}

static const struct session {
    const char *file, *symbol, *base;
    int is_chained, n_best; /* updates whose best prices are known */
    int8_t px_exp, qty_exp; /* of tick and lot as the venue lists them */
    uint64_t n_cut;         /* quantities that are finer, counted in the text of the file */
} sessions[] = {
    {"book/binance_spot_BTCUSDT_20240808T2354.raw.gz", "BTCUSDT", "BTC", 0, 3449, 2, 5, 3},
    {"book/binance_spot_ETHUSDT_20240808T2354.raw.gz", "ETHUSDT", "ETH", 0, 3432, 2, 4, 2},
    {"book/binance_um_BTCUSDT_20240808T2354.raw.gz", "BTCUSDT", "BTC", 1, 6547, 1, 3, 0},
    {"book/binance_cm_BTCUSD_PERP_20240808T2354.raw.gz", "BTCUSD_PERP", "BTC", 1, 26824, 1, 0, 0},
};

static void rebuild(const struct session *session, int px_exp, int qty_exp)
{
    const char *file = session->file;
    const char *name = session->symbol;
    struct agon_instrument instrument = {.hdr = {.instrument = 7},
                                         .base = 2,
                                         .quote = 1,
                                         .px_exp = (int8_t)px_exp,
                                         .qty_exp = (int8_t)qty_exp,
                                         .tick_px = num_pow10(px_exp) / 100};
    struct book_config config;
    struct book_sync sync;
    struct lines lines;
    int n_diffs = 0;
    size_t room = 0;

    instrument.tick_px = instrument.tick_px > 0 ? instrument.tick_px : 1;
    config = (struct book_config){.tick_px = instrument.tick_px};
    memcpy(instrument.symbol, name, strlen(name));
    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USDT", 1, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add_asset(&symbols, session->base, 2, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    binance_decoder_init(&dec, &symbols);
    book = book_new(&config);
    ck_assert_ptr_nonnull(book);
    state = BOOK_COLD;
    n_snapshots = n_deltas = 0;
    n_compared = n_equal = 0;

    lines_open(&lines, file);
    n_quotes = 0;
    while (lines_next(&lines)) {
        size_t n;
        const char *text = payload(&lines, &n);

        if (strstr(text, "@bookTicker") == NULL)
            continue;
        ck_assert_int_eq(binance_decode_market(&dec, text, n, &out), WIRE_QUOTE);
        if (n_quotes == room) {
            room = room != 0 ? room * 2 : 4096;
            quotes = realloc(quotes, room * sizeof(*quotes));
            ck_assert_ptr_nonnull(quotes);
        }
        quotes[n_quotes].id = out.id;
        quotes[n_quotes++].quote = out.quote;
    }
    lines_close(&lines);

    ck_assert_int_eq(book_sync_init(&sync, &symbols.all[0], 1, 0, on_record, NULL), AGON_OK);
    sync.is_chained = (uint8_t)session->is_chained;
    book_sync_start(&sync, 0);
    lines_open(&lines, file);
    while (lines_next(&lines)) {
        size_t n;
        const char *text = payload(&lines, &n);

        if (strncmp(text, "{\"lastUpdateId\"", 15) == 0) {
            ck_assert_int_ge(binance_decode_snapshot(&dec, text, n, &symbols.all[0], &out.depth),
                             0);
            ck_assert(book_sync_wants(&sync, 0));
            book_sync_asked(&sync);
            book_sync_snapshot(&sync, &out.depth, 0, 0);
            ck_assert_int_eq(state, BOOK_LIVE);
        } else if (strstr(text, "@depth@") != NULL) {
            ck_assert_int_eq(binance_decode_market(&dec, text, n, &out), WIRE_DIFF);
            n_diffs++;
            book_sync_diff(&sync, &out.depth, 0, 0);
            if (state != BOOK_LIVE)
                continue;
            ck_assert_uint_eq(sync.id, out.depth.last_id);
        }
    }
    lines_close(&lines);
    printf("%s: %d diffs, %d of %d best prices equal\n", name, n_diffs, n_equal, n_compared);
    ck_assert_int_eq(n_compared, session->n_best);
    ck_assert_int_eq(n_equal, session->n_best);
    ck_assert_int_eq(state, BOOK_LIVE);
    ck_assert_uint_eq(sync.n_gaps, 0);
    ck_assert_uint_eq(sync.n_resyncs, 0);
    ck_assert_uint_eq(dec.n_bad[WIRE_DIFF] + dec.n_bad[WIRE_QUOTE], 0);
    book_sync_deinit(&sync);
    book_free(book);
}

START_TEST(the_book_equals_the_venues_best_prices_after_every_diff)
{
    rebuild(&sessions[_i], EXP, EXP);
    ck_assert_uint_eq(dec.n_cut, 0);
}
END_TEST

// As the venue lists its tick and lot, some levels are finer: they are cut, and no diff is lost.
START_TEST(levels_finer_than_the_lot_cost_no_diff)
{
    rebuild(&sessions[_i], sessions[_i].px_exp, sessions[_i].qty_exp);
    ck_assert_uint_eq(dec.n_cut, sessions[_i].n_cut);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("binance book");
    TCase *tcase = tcase_create("recorded");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "book/binance_spot_BTCUSDT_20240808T2354.raw.gz"); // skips when absent
    lines_close(&lines);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, the_book_equals_the_venues_best_prices_after_every_diff, 0,
                        (int)(sizeof(sessions) / sizeof(sessions[0])));
    tcase_add_loop_test(tcase, levels_finer_than_the_lot_cost_no_diff, 0,
                        (int)(sizeof(sessions) / sizeof(sessions[0])));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
