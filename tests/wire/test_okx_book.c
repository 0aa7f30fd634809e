// SPDX-License-Identifier: Apache-2.0
/* OKX's books. Its checksum is retired and nothing of the host has it; what was published and
 * recorded of it is the test of the rest: the function, of text, stands here, and what a recording
 * of 2022 sent goes through decoder and book, whose best 25 levels, written, come to the venue's
 * sums. That recording has no ids: a chain of them is put into its messages. */
#include <check.h>

#include "lines.h"
#include "venue/book_sync.h"
#include "venue/scan.h"

#define BOOKS 4
#define BEST  25

extern const struct venue_wire venue_okx_spot;

static struct symbols symbols;
static struct book_sync syncs[BOOKS];
static struct wire_out out;

static int on_record(void *ctx, struct agon_event_hdr *record)
{
    (void)ctx;
    (void)record;
    return AGON_OK;
}

/* Bid and ask in turn, price and size, with a colon between any two. */
static uint32_t crc_of(uint32_t crc, const char *text, int *is_first)
{
    if (!*is_first)
        crc = (uint32_t)crc32(crc, (const unsigned char *)":", 1);
    *is_first = 0;
    return (uint32_t)crc32(crc, (const unsigned char *)text, (unsigned)strlen(text));
}

static int read_levels(const struct scan_text *from, char text[BEST][2][32])
{
    struct scan scan;
    int n = 0;

    if (from->n == 0)
        return 0;
    scan_init(&scan, from->at, from->n);
    ck_assert_int_eq(scan_array(&scan), AGON_OK);
    for (; n < BEST && scan_item(&scan) > 0; n++) {
        ck_assert_int_eq(scan_array(&scan), AGON_OK);
        for (int at = 0; scan_item(&scan) > 0; at++) {
            if (at < 2)
                ck_assert_int_eq(scan_copy(&scan, text[n][at], 32), AGON_OK);
            else
                scan_skip(&scan);
        }
    }
    return n;
}

static int32_t checksum(char bid[BEST][2][32], int n_bid, char ask[BEST][2][32], int n_ask)
{
    uint32_t crc = (uint32_t)crc32(0, NULL, 0);
    int is_first = 1;

    for (int i = 0; i < BEST; i++) {
        for (int at = 0; at < 2 && i < n_bid; at++)
            crc = crc_of(crc, bid[i][at], &is_first);
        for (int at = 0; at < 2 && i < n_ask; at++)
            crc = crc_of(crc, ask[i][at], &is_first);
    }
    return (int32_t)crc;
}

START_TEST(every_published_checksum)
{
    static char bid[BEST][2][32];
    static char ask[BEST][2][32];
    static char input[8192];
    struct lines lines;
    int n = 0;

    lines_open(&lines, "reference/book_checksums.ndjson");
    while (lines_next(&lines)) {
        struct scan scan;
        struct scan_text key;
        struct scan_text asks = {0};
        struct scan_text bids = {0};
        char venue[32] = "";
        int64_t want = 0;

        input[0] = 0;
        scan_init(&scan, lines.line, lines.n);
        ck_assert_int_eq(scan_object(&scan), AGON_OK);
        while (scan_key(&scan, &key) > 0) {
            if (scan_is(&key, "venue"))
                scan_copy(&scan, venue, sizeof(venue));
            else if (scan_is(&key, "asks"))
                scan_slice(&scan, &asks);
            else if (scan_is(&key, "bids"))
                scan_slice(&scan, &bids);
            else if (scan_is(&key, "checksum"))
                scan_i64(&scan, &want);
            else if (scan_is(&key, "input"))
                scan_copy(&scan, input, sizeof(input));
            else
                scan_skip(&scan);
        }
        if (strcmp(venue, "okx") != 0)
            continue;
        ck_assert_int_eq((int32_t)crc32(crc32(0, NULL, 0), (const unsigned char *)input,
                                        (unsigned)strlen(input)),
                         want);
        ck_assert_int_eq(checksum(bid, read_levels(&bids, bid), ask, read_levels(&asks, ask)),
                         want);
        n++;
    }
    lines_close(&lines);
    ck_assert_int_eq(n, 32);
}
END_TEST

static struct book_sync *book_of(const char *name)
{
    struct agon_instrument instrument = {.hdr.instrument = symbols.n + 1,
                                         .base = 1,
                                         .quote = 2,
                                         .px_exp = 4,
                                         .qty_exp = 8,
                                         .tick_px = 1};
    const struct symbol *symbol = symbols_find(&symbols, name, strlen(name));
    struct book_sync *sync = &syncs[symbols.n];

    if (symbol != NULL)
        return &syncs[symbol - symbols.all];
    snprintf(instrument.symbol, sizeof(instrument.symbol), "%s", name);
    ck_assert_uint_lt(symbols.n, BOOKS);
    ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    ck_assert_int_eq(book_sync_init(sync, &symbols.all[symbols.n - 1], 1, 0, on_record, NULL),
                     AGON_OK);
    ck_assert_int_eq(book_sync_push(sync, NULL), AGON_OK);
    sync->is_chained = 1;
    sync->snapshot_limit = 400;
    book_sync_start(sync, 0);
    return sync;
}

static int write_side(const struct book_sync *sync, enum agon_side side, char text[BEST][2][32])
{
    struct agon_level level[BEST];
    uint32_t n = book_levels(sync->book, side, level, BEST);

    for (uint32_t i = 0; i < n; i++) {
        num_format_short(level[i].px, sync->symbol->px_exp, text[i][0]);
        num_format_short(level[i].qty, sync->symbol->qty_exp, text[i][1]);
    }
    return (int)n;
}

/* The text after a word of the message; NULL: it has none. */
static const char *after(const char *raw, const char *word)
{
    const char *at = strstr(raw, word);

    return at != NULL ? at + strlen(word) : NULL;
}

START_TEST(the_capture_through_decoder_and_book)
{
    static char raw[1u << 20];
    static char message[(1u << 20) + 256];
    static char bid[BEST][2][32];
    static char ask[BEST][2][32];
    struct lines lines;
    void *reader;
    uint64_t id = 100;
    int n = 0;
    int n_unlike = 0;

    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USD", 2, 8, NULL), AGON_OK);
    for (int i = 0; i < 3; i++)
        book_of(i == 0 ? "BTC-USDT" : i == 1 ? "BTC-USD-220527" : "UNI-USD-SWAP");
    ck_assert_int_eq(venue_okx_spot.open_reader(&symbols, &reader), AGON_OK);
    lines_open(&lines, "wire/okx/capture_v5_public_20220513.ndjson.gz");
    while (lines_next(&lines)) {
        const char *at = strstr(lines.line, "\"raw\":");
        char name[32] = "";
        struct book_sync *sync;
        const char *sum;
        size_t k = 0;
        int is_whole;

        if (strstr(lines.line, "\"dir\":\"recv\"") == NULL || at == NULL)
            continue;
        for (at += 7; *at != 0 && *at != '"'; at++) {
            if (*at == '\\')
                at++;
            raw[k++] = *at;
        }
        raw[k] = 0;
        sum = after(raw, "\"checksum\":");
        if (strstr(raw, "\"channel\":\"books\"") == NULL || sum == NULL)
            continue;
        sscanf(after(raw, "\"instId\":\""), "%31[^\"]", name);
        sync = book_of(name);
        is_whole = strstr(raw, "\"snapshot\"") != NULL;
        // As it was sent there is nothing that would tell a hole: it is not taken.
        ck_assert_int_lt(venue_okx_spot.decode(reader, raw, strlen(raw), &out), 0);
        snprintf(message, sizeof(message), "%.*s\"prevSeqId\":%lld,\"seqId\":%llu,\"checksum\":%s",
                 (int)(sum - raw - (long)strlen("\"checksum\":")), raw,
                 is_whole ? -1ll : (long long)sync->id, (unsigned long long)(id += 7), sum);
        ck_assert_int_eq(venue_okx_spot.decode(reader, message, strlen(message), &out),
                         is_whole ? WIRE_BOOK : WIRE_DIFF);
        if (is_whole)
            book_sync_snapshot(sync, &out.depth, 0, 0);
        else
            book_sync_diff(sync, &out.depth, 0, 0);
        ck_assert_int_eq(venue_okx_spot.decode(reader, message, strlen(message), &out), WIRE_OTHER);
        ck_assert_int_eq(sync->state, BOOK_LIVE);
        n_unlike += checksum(bid, write_side(sync, AGON_BUY, bid), ask,
                             write_side(sync, AGON_SELL, ask)) != atoi(sum);
        n++;
    }
    lines_close(&lines);
    venue_okx_spot.close(reader);
    ck_assert_int_eq(n, 197);
    ck_assert_int_eq(n_unlike, 0);
    for (uint32_t i = 0; i < symbols.n; i++)
        book_sync_deinit(&syncs[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("okx books");
    TCase *tcase = tcase_create("checksums");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "reference/book_checksums.ndjson"); // skips when absent
    lines_close(&lines);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_published_checksum);
    tcase_add_test(tcase, the_capture_through_decoder_and_book);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
