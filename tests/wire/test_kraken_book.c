// SPDX-License-Identifier: Apache-2.0
/* Kraken's books: every recorded checksum through decoder and book. No recording of WebSocket v2 is
 * at hand: what v1 sent is said in the words of v2 here, digit by digit as it was sent, and its
 * checksums, of the same text, are the venue's own. */
#include <check.h>
#include <stdarg.h>

#include "lines.h"
#include "venue/book_sync.h"
#include "venue/scan.h"

#define PAIRS 16

extern const struct venue_wire venue_kraken_spot;

static struct symbols symbols;
static struct book_sync syncs[PAIRS];
static struct wire_out out;
static char message[1u << 20];
static size_t n_message;

static int on_record(void *ctx, struct agon_event_hdr *record)
{
    (void)ctx;
    (void)record;
    return AGON_OK;
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    n_message += (size_t)vsnprintf(message + n_message, sizeof(message) - n_message, format, args);
    va_end(args);
    ck_assert_uint_lt(n_message, sizeof(message));
}

static int decimals_of(const struct scan_text *text)
{
    const char *point = memchr(text->at, '.', text->n);

    return point == NULL ? 0 : (int)(text->at + text->n - point - 1);
}

/* [["45285.2","0.00100000",...],...] as v2 has it. Decimals of the first price, if asked for. */
static void say_levels(const struct scan_text *from, int *px_exp)
{
    struct scan scan;
    int n = 0;

    scan_init(&scan, from->at, from->n);
    ck_assert_int_eq(scan_array(&scan), AGON_OK);
    for (; scan_item(&scan) > 0; n++) {
        ck_assert_int_eq(scan_array(&scan), AGON_OK);
        for (int at = 0; scan_item(&scan) > 0; at++) {
            struct scan_text text;

            ck_assert_int_eq(scan_string(&scan, &text), AGON_OK);
            if (at == 0 && n == 0 && px_exp != NULL)
                *px_exp = decimals_of(&text);
            if (at < 2)
                say("%s%.*s%s",
                    at == 0 ? n > 0 ? ",{\"price\":" : "{\"price\":" : ",\"qty\":", (int)text.n,
                    text.at, at == 1 ? "}" : "");
        }
    }
}

static void add_pair(const char *name, int px_exp)
{
    struct agon_instrument instrument = {.hdr.instrument = symbols.n + 1,
                                         .base = 1,
                                         .quote = 2,
                                         .px_exp = (int8_t)px_exp,
                                         .qty_exp = 8,
                                         .tick_px = 1};
    struct book_sync *sync = &syncs[symbols.n];

    snprintf(instrument.symbol, sizeof(instrument.symbol), "%s", name);
    ck_assert_uint_lt(symbols.n, PAIRS);
    ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    ck_assert_int_eq(book_sync_init(sync, &symbols.all[symbols.n - 1], 1, 0, on_record, NULL),
                     AGON_OK);
    ck_assert_int_eq(book_sync_push(sync, venue_kraken_spot.checksum), AGON_OK);
    book_sync_start(sync, 0);
}

static void fresh(void)
{
    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USD", 2, 8, NULL), AGON_OK);
}

static void drop(void)
{
    for (uint32_t i = 0; i < symbols.n; i++)
        book_sync_deinit(&syncs[i]);
}

/* The state of the book afterwards. */
static int take(void *reader, int kind)
{
    struct book_sync *sync;

    ck_assert_int_eq(venue_kraken_spot.decode(reader, message, n_message, &out), kind);
    sync = &syncs[out.depth.symbol - symbols.all];
    if (kind == WIRE_BOOK)
        book_sync_snapshot(sync, &out.depth, 0, 0);
    else
        book_sync_diff(sync, &out.depth, 0, 0);
    ck_assert_int_eq(venue_kraken_spot.decode(reader, message, n_message, &out), WIRE_OTHER);
    return sync->state;
}

START_TEST(every_recorded_checksum)
{
    struct lines lines;
    int n = 0;

    lines_open(&lines, "reference/book_checksums.ndjson");
    while (lines_next(&lines)) {
        struct scan scan;
        struct scan_text key;
        struct scan_text asks = {0};
        struct scan_text bids = {0};
        char venue[32] = "";
        char symbol[32] = "";
        uint64_t crc = 0;
        int px_exp = 0;
        void *reader;

        scan_init(&scan, lines.line, lines.n);
        ck_assert_int_eq(scan_object(&scan), AGON_OK);
        while (scan_key(&scan, &key) > 0) {
            if (scan_is(&key, "venue"))
                scan_copy(&scan, venue, sizeof(venue));
            else if (scan_is(&key, "symbol"))
                scan_copy(&scan, symbol, sizeof(symbol));
            else if (scan_is(&key, "asks"))
                scan_slice(&scan, &asks);
            else if (scan_is(&key, "bids"))
                scan_slice(&scan, &bids);
            else if (scan_is(&key, "crc32"))
                scan_u64(&scan, &crc);
            else
                scan_skip(&scan);
        }
        if (strcmp(venue, "kraken") != 0)
            continue;
        for (uint64_t wrong = 0; wrong < 2; wrong++) {
            fresh();
            n_message = 0;
            say("{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"%s\","
                "\"asks\":[",
                symbol);
            say_levels(&asks, &px_exp);
            say("],\"bids\":[");
            say_levels(&bids, NULL);
            say("],\"checksum\":%llu}]}", (unsigned long long)(crc ^ wrong));
            add_pair(symbol, px_exp);
            ck_assert_int_eq(venue_kraken_spot.open_reader(&symbols, &reader), AGON_OK);
            ck_assert_int_eq(take(reader, WIRE_BOOK), wrong ? BOOK_STALE : BOOK_LIVE);
            venue_kraken_spot.close(reader);
            drop();
        }
        n++;
    }
    lines_close(&lines);
    ck_assert_int_eq(n, 41);
}
END_TEST

/* A message of v1: [id,{..},{..},"book-1000","SC/EUR"]. False: it is of something else. */
struct v1 {
    struct scan_text asks, bids;
    char checksum[16], name[32];
    int is_snapshot;
};
static int read_v1(const char *raw, size_t n, struct v1 *v1)
{
    struct scan scan;
    struct scan_text key;
    char channel[32] = "";
    int n_texts = 0;

    memset(v1, 0, sizeof(*v1));
    scan_init(&scan, raw, n);
    if (scan_peek(&scan) != '[' || scan_array(&scan) < 0)
        return 0;
    while (scan_item(&scan) > 0) {
        if (scan_peek(&scan) == '"') {
            if (n_texts++ == 0)
                scan_copy(&scan, channel, sizeof(channel));
            else
                scan_copy(&scan, v1->name, sizeof(v1->name));
            continue;
        }
        if (scan_peek(&scan) != '{') {
            scan_skip(&scan);
            continue;
        }
        scan_object(&scan);
        while (scan_key(&scan, &key) > 0) {
            v1->is_snapshot |= scan_is(&key, "as");
            if (scan_is(&key, "a") || scan_is(&key, "as"))
                scan_slice(&scan, &v1->asks);
            else if (scan_is(&key, "b") || scan_is(&key, "bs"))
                scan_slice(&scan, &v1->bids);
            else if (scan_is(&key, "c"))
                scan_copy(&scan, v1->checksum, sizeof(v1->checksum));
            else
                scan_skip(&scan);
        }
    }
    return strncmp(channel, "book-", 5) == 0;
}

static unsigned long add_text(unsigned long crc, const struct scan_text *side)
{
    struct scan scan;

    scan_init(&scan, side->at, side->n);
    scan_array(&scan);
    for (int n = 0; n < 10 && scan_item(&scan) > 0; n++) {
        scan_array(&scan);
        for (int at = 0; scan_item(&scan) > 0; at++) {
            char text[64];
            char digits[64];
            unsigned k = 0;

            scan_copy(&scan, text, sizeof(text));
            for (const char *c = text; *c != 0; c++) {
                if (*c != '.' && (*c != '0' || k > 0))
                    digits[k++] = *c;
            }
            if (at < 2)
                crc = crc32(crc, (const unsigned char *)digits, k);
        }
    }
    return crc;
}

START_TEST(the_capture_of_v1_through_book_and_checksum)
{
    static char raw[1u << 20];
    struct lines lines;
    void *reader = NULL;
    int n = 0;

    // What books there are, and with how many decimals, first.
    for (int pass = 0; pass < 2; pass++) {
        lines_open(&lines, "wire/kraken/capture_spot_v1_20210417.ndjson.gz");
        if (pass == 0)
            fresh();
        else
            ck_assert_int_eq(venue_kraken_spot.open_reader(&symbols, &reader), AGON_OK);
        while (lines_next(&lines)) {
            const char *at = strstr(lines.line, "\"raw\":");
            struct v1 v1;
            size_t k = 0;
            int px_exp = 0;
            int state;

            if (strstr(lines.line, "\"dir\":\"recv\"") == NULL || at == NULL)
                continue;
            // The text of a message is longer than a scanner unescapes.
            for (at += 7; *at != 0 && *at != '"'; at++) {
                if (*at == '\\')
                    at++;
                raw[k++] = *at;
            }
            raw[k] = 0;
            if (!read_v1(raw, strlen(raw), &v1))
                continue;
            n_message = 0;
            say("{\"channel\":\"book\",\"type\":\"%s\",\"data\":[{\"symbol\":\"%s\",\"asks\":[",
                v1.is_snapshot ? "snapshot" : "update", v1.name);
            if (v1.asks.n > 0)
                say_levels(&v1.asks, &px_exp);
            say("],\"bids\":[");
            if (v1.bids.n > 0)
                say_levels(&v1.bids, NULL);
            if (pass == 0 && v1.is_snapshot)
                add_pair(v1.name, px_exp);
            if (pass == 0)
                continue;
            // v1 has none for the whole book: of its text, by a hand of the test's own.
            if (v1.is_snapshot)
                say("],\"checksum\":%lu}]}", add_text(add_text(0, &v1.asks), &v1.bids));
            else
                say("],\"checksum\":%s}]}", v1.checksum);
            syncs[symbols_find(&symbols, v1.name, strlen(v1.name)) - symbols.all].snapshot_limit =
                1000;
            state = take(reader, v1.is_snapshot ? WIRE_BOOK : WIRE_DIFF);
            ck_assert_int_eq(state, BOOK_LIVE);
            n += !v1.is_snapshot;
        }
        lines_close(&lines);
    }
    ck_assert_int_eq(n, 2759);
    venue_kraken_spot.close(reader);
    drop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kraken books");
    TCase *tcase = tcase_create("checksums");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "reference/book_checksums.ndjson"); // skips when absent
    lines_close(&lines);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_recorded_checksum);
    tcase_add_test(tcase, the_capture_of_v1_through_book_and_checksum);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
