// SPDX-License-Identifier: Apache-2.0
/* Tapes: they give what their recording gives, and damage is named with its place. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "lab/tape_make.h"
#include "lab/tape_write.h"

static char dir[] = "/tmp/agon-tapes-XXXXXX";
static char source[160], out[176], bad[160];

static const char bars[] = "open_time_ms,open,high,low,close,volume\n"
                           "1700000100000,101,102.5,98,99,20\n"
                           "1700000160000,99,100,97.25,99.75,7.00001\n"
                           "1700000280000,100,100,100,100,0\n";
static const char trades[] = "timestamp,local_timestamp,id,side,price,amount\n"
                             "1700000000000100,1700000000050000,11,buy,60000.01,1\n"
                             "1700000000000090,1700000000060000,12,sell,60000,0.00002\n"
                             "1700000000000095,1700000000060000,13,buy,60000,3.5\n";
static const char stream[] =
    "1723161253000000000 {\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":400900217,\"s\":"
    "\"BTCUSDT\",\"b\":\"61730.16\",\"B\":\"3.12\",\"a\":\"61730.17\",\"A\":\"0.5\"}}\n"
    "1723161253100000000 {\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":400900219,\"s\":"
    "\"BTCUSDT\",\"b\":\"61730.18\",\"B\":\"3.12\",\"a\":\"61730.19\",\"A\":\"0.5\"}}\n"
    "1723161253300000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
    "\"E\":1723161253208,\"s\":\"BTCUSDT\",\"U\":8,\"u\":10,\"b\":[],\"a\":[]}}\n"
    "1723161254000000000 {\"lastUpdateId\":10,\"bids\":[[\"61730.17\",\"1.00000\"],[\"61730.00\","
    "\"4.5\"]],\"asks\":[[\"61837.64\",\"1.50000\"]]}\n"
    "1723161255000000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
    "\"E\":1723161255208,\"s\":\"BTCUSDT\",\"U\":11,\"u\":12,\"b\":[],\"a\":["
    "[\"200000.00000000\",\"25.42618900\"],[\"61837.64000000\",\"0.00000000\"]]}}\n"
    "1723161255100000000 {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":"
    "1723161255300,\"s\":\"BTCUSDT\",\"t\":3750000000,\"p\":\"61731.00\",\"q\":\"0.00100\",\"T\":"
    "1723161255299,\"m\":true,\"M\":true}}\n"
    "1723161256000000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
    "\"E\":1723161256208,\"s\":\"BTCUSDT\",\"U\":15,\"u\":19,\"b\":[],\"a\":[]}}\n"; // a gap

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

static struct tape_made make(const char *name, const char *text, uint8_t kind)
{
    struct tape_make_config config = {.word = source, .out = out, .kind = kind};
    struct tape_made made;
    struct error err = {0};

    snprintf(source, sizeof(source), "%s/%s", dir, name);
    snprintf(out, sizeof(out), "%s.tape", source);
    write_file(source, text, strlen(text));
    unlink(out);
    ck_assert_msg(tape_make(&config, &made, &err) == AGON_OK, "%s", err.text);
    return made;
}

static int is_ahead; /* each tape is read by a thread of its own */

static struct tape *open_at(const char *path, int px_exp, int qty_exp, struct error *err)
{
    struct tape_config config = {.path = path,
                                 .instrument = {.hdr = {.instrument = 7},
                                                .venue = 1,
                                                .kind = INSTRUMENT_SPOT,
                                                .base = 2,
                                                .quote = 1,
                                                .px_exp = (int8_t)px_exp,
                                                .qty_exp = (int8_t)qty_exp,
                                                .tick_px = 1,
                                                .lot_qty = 1},
                                 .quote_exp = 8,
                                 .spread_ppm = 200,
                                 .volume_ppm = 100000};
    struct tape *tape = NULL;

    if (tape_look(path, NULL, &config.info, err) < 0)
        return NULL;
    memcpy(config.instrument.symbol, config.info.symbol, sizeof(config.info.symbol));
    memcpy(config.quote, config.info.quote, sizeof(config.quote));
    if (tape_open(&tape, &config, err) < 0)
        return NULL;
    if (is_ahead)
        tape_read_ahead(tape);
    return tape;
}

/* Both give the same events, byte for byte; how many. */
static int compare(int px_exp, int qty_exp)
{
    struct error err = {0};
    struct tape *one = open_at(source, px_exp, qty_exp, &err);
    struct tape *other = open_at(out, px_exp, qty_exp, &err);
    const struct agon_event_hdr *a, *b;
    struct tape_report said, had;
    int n = 0;

    ck_assert_msg(one != NULL && other != NULL, "%s", err.text);
    for (;; n++) {
        a = tape_next(one);
        b = tape_next(other);
        ck_assert_msg((a == NULL) == (b == NULL), "%s: event %d", out, n);
        if (a == NULL)
            break;
        ck_assert_uint_eq(event_bytes(a), event_bytes(b));
        ck_assert_msg(memcmp(a, b, event_bytes(a)) == 0, "%s: event %d of type %d", out, n,
                      a->type);
    }
    tape_report(one, &said);
    tape_report(other, &had);
    ck_assert_msg(said.err.code == had.err.code, "%s", had.err.text);
    ck_assert_uint_eq(said.n_events, had.n_events);
    ck_assert_uint_eq(said.n_skipped, had.n_skipped);
    ck_assert_uint_eq(said.n_gaps, had.n_gaps);
    ck_assert_uint_eq(said.n_books, had.n_books);
    ck_assert_uint_eq(said.n_trades, had.n_trades);
    ck_assert_int_eq(said.t_first, had.t_first);
    tape_close(one);
    tape_close(other);
    return n;
}

START_TEST(a_tape_gives_what_its_recording_gives)
{
    struct tape_made made = make("binance_spot_BTCUSDT_1m.csv", bars, 0);

    is_ahead = _i;
    ck_assert_int_eq(compare(2, 5), 6);
    ck_assert_uint_eq(made.head.n_rows, 3);
    ck_assert_uint_eq(made.head.kind, TAPE_FILE_BARS);
    ck_assert_uint_eq(made.head.length_s, 60);
    ck_assert_str_eq(made.head.venue, "binance_spot");
    ck_assert_str_eq(made.head.source, "binance_spot_BTCUSDT_1m.csv");
    make("BTCUSDT_trades.csv", trades, 0);
    ck_assert_int_eq(compare(2, 5), 6);
    made = make("binance_spot_BTCUSDT.raw", stream, 0);
    ck_assert_int_ge(compare(2, 5), 6);
    ck_assert_uint_eq(made.head.kind, TAPE_FILE_L2);
    ck_assert_uint_eq(made.head.flags, TAPE_HAS_RECEIVED);
    ck_assert_uint_eq(made.head.n_gaps, 1);
}
END_TEST

// By exponents of another listing than it was made by.
START_TEST(a_tape_is_read_by_its_instruments_exponents)
{
    make("BTCUSDT_1m.csv", bars, 0);
    ck_assert_int_eq(compare(4, 8), 6);
    ck_assert_int_eq(compare(2, 2), 6); // the volume is cut alike
    make("BTCUSDT_trades.csv", trades, 0);
    ck_assert_int_eq(compare(3, 4), 6);
    make("binance_spot_BTCUSDT.raw", stream, 0);
    ck_assert_int_ge(compare(5, 5), 6);
}
END_TEST

START_TEST(a_price_that_does_not_fit_is_named_with_its_row)
{
    struct error err = {0};
    struct tape_report report;
    struct tape *tape;

    make("BTCUSDT_1m.csv", bars, 0);
    tape = open_at(out, 1, 5, &err);
    ck_assert_ptr_nonnull(tape);
    while (tape_next(tape) != NULL)
        continue;
    tape_report(tape, &report);
    tape_close(tape);
    ck_assert_uint_eq(report.n_bad, 1);
    ck_assert_msg(strstr(report.bad[0].text, ": block 0, row 2: a price is finer than 1 digits") !=
                      NULL,
                  "%s", report.bad[0].text);
}
END_TEST

// Best prices alone, or trades alone, of a stream that has more.
/* A tape that another program may have made: five bars, the third as that says. What reading it
 * comes to: events, and the first error's words. */
static int read_wrong(const struct agon_bar *third, char *said, size_t room)
{
    struct tape_made made = make("BTCUSDT_wrong.csv", bars, 0);
    struct tape_report report;
    struct error err = {0};
    struct tape_writer *writer;
    struct tape *tape;
    int n = 0;

    made.head.length_s = 60;
    made.head.t_begin = made.head.t_first = 0; // what follows is counted by the writer
    made.head.n_rows = made.head.n_events = 0;
    unlink(out);
    ck_assert_int_eq(tape_writer_new(&writer, out, &made.head, &err), AGON_OK);
    for (int row = 0; row < 5; row++) {
        struct agon_bar bar = *third;

        if (row != 2)
            bar = (struct agon_bar){.hdr = third->hdr,
                                    .t_open = (agon_ns_t)(1000 + row) * 60 * 1000000000,
                                    .length_s = 60,
                                    .open_px = 100,
                                    .high_px = 103,
                                    .low_px = 98,
                                    .close_px = 101,
                                    .volume_qty = 7};
        ck_assert_int_eq(tape_writer_put(writer, &bar.hdr, &err), AGON_OK);
    }
    ck_assert_msg(tape_writer_finish(writer, &made.head, &err) == AGON_OK, "%s", err.text);
    tape_writer_free(writer);
    tape = open_at(out, made.head.px_exp + 1, made.head.qty_exp + 1, &err);
    ck_assert_msg(tape != NULL, "%s", err.text);
    while (tape_next(tape) != NULL)
        n++;
    tape_report(tape, &report);
    snprintf(said, room, "%.500s", report.err.text);
    tape_close(tape);
    return n;
}

START_TEST(a_wrong_row_of_a_tape_is_named_however_its_block_is_read)
{
    const struct agon_bar good = {.hdr = {.type = AGON_EVENT_BAR, .granules = 2},
                                  .t_open = (agon_ns_t)1002 * 60 * 1000000000,
                                  .length_s = 60,
                                  .open_px = 100,
                                  .high_px = 103,
                                  .low_px = 98,
                                  .close_px = 101,
                                  .volume_qty = 7};
    char said[512];

    is_ahead = _i;
    ck_assert_int_eq(read_wrong(&good, said, sizeof(said)), 10);
    ck_assert_str_eq(said, "");
    for (int kind = 0; kind < 11; kind++) {
        struct agon_bar bar = good;

        switch (kind) {
        case 0:
            bar.high_px = 99;
            break;
        case 1:
            bar.open_px = 97;
            break;
        case 2:
            bar.close_px = 97;
            break;
        case 3:
            bar.open_px = 104;
            break;
        case 4:
            bar.close_px = 104;
            break;
        case 5:
            bar.low_px = 0;
            break;
        case 6:
            bar.low_px = -5;
            break;
        case 7:
            bar.high_px = INT64_MAX / 5; // times ten it does not fit
            break;
        case 8:
            bar.volume_qty = -1;
            break;
        case 9:
            bar.volume_qty = INT64_MAX / 5;
            break;
        default:
            bar.t_open -= 1000000000; // inside of the bar before
            break;
        }
        ck_assert_msg(read_wrong(&bar, said, sizeof(said)) == 4, "kind %d: %s", kind, said);
        ck_assert_msg(strstr(said, "row 3: ") != NULL, "kind %d: %s", kind, said);
    }
}
END_TEST

/* A tape of a stream with one number changed, of the first row of that kind, as another program may
 * have written it: its checksums are right. The column what has 4 bytes, the others 8. */
static void change(enum tape_what of, uint32_t column, int64_t value)
{
    static unsigned char bytes[1 << 17];
    struct tape_head *head = (struct tape_head *)(void *)bytes;
    uint64_t at[TAPE_COLUMNS_MAX], block, n;
    uint32_t sum, row = 0, there, what = (uint32_t)value;
    FILE *file = fopen(out, "re");

    ck_assert_ptr_nonnull(file);
    n = fread(bytes, 1, sizeof(bytes), file);
    ck_assert_int_eq(fclose(file), 0);
    block = tape_file_block(TAPE_FILE_L2, (uint32_t)head->n_rows, at);
    ck_assert_uint_eq(n, 2 * TAPE_PAGE + block);
    for (;; row++) {
        ck_assert_uint_lt(row, head->n_rows);
        memcpy(&there, bytes + TAPE_PAGE + at[5] + row * sizeof(there), sizeof(there));
        if ((there & 0xff) == of)
            break;
    }
    if (column == 5)
        memcpy(bytes + TAPE_PAGE + at[5] + row * sizeof(what), &what, sizeof(what));
    else
        memcpy(bytes + TAPE_PAGE + at[column] + row * sizeof(value), &value, sizeof(value));
    sum = crc32c(0, bytes + TAPE_PAGE, block);
    memcpy(bytes + TAPE_PAGE + block, &sum, sizeof(sum));
    head->sums_crc = crc32c(0, bytes + TAPE_PAGE + block, TAPE_PAGE);
    head->crc = tape_file_head_crc(bytes);
    write_file(out, bytes, n);
}

START_TEST(a_wrong_row_of_books_is_named_however_it_is_read)
{
    enum { T = 0, VENUE = 1, PX = 2, QTY = 3, WHAT = 5 }; // columns
    static const struct {
        enum tape_what of;
        uint32_t column;
        int64_t value;
        const char *words;
    } rows[] = {
        {TAPE_QUOTE_ASK, WHAT, TAPE_LEVEL, "a row of an event is missing"},
        {TAPE_QUOTE_ASK, PX, -1, "price or quantity is below zero"},
        {TAPE_QUOTE_ASK, QTY, INT64_MAX / 5, "quantity is too large"},
        {TAPE_QUOTE_BID, QTY, INT64_MAX / 5, "quantity is too large"},
        {TAPE_QUOTE_BID, PX, INT64_MAX / 5, "or too large"},
        {TAPE_QUOTE_BID, T, -5, "its time is before 1970"},
        {TAPE_QUOTE_BID, T, INT64_MAX / 4, "its time is before the row above"}, // the next one
        {TAPE_QUOTE_BID, VENUE, -5, "its venue's time is before 1970"},
        {TAPE_LEVEL, WHAT, TAPE_TRADE, "a row of an event is missing"},
        {TAPE_LEVEL, PX, 0, "the price of a level is not above zero"},
        {TAPE_LEVEL, PX, -5, "price or quantity is below zero"},
        {TAPE_LEVEL, PX, INT64_MAX / 5, "or too large"},
        {TAPE_LEVEL, QTY, -1, "price or quantity is below zero"},
        {TAPE_LEVEL, QTY, INT64_MAX / 5, "quantity is too large"},
    };

    is_ahead = _i;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tape_made made = make("binance_spot_BTCUSDT.raw", stream, 0);
        struct tape_report report;
        struct error err = {0};
        struct tape *tape;
        const struct agon_event_hdr *event;
        agon_ns_t before = 0;

        change(rows[i].of, rows[i].column, rows[i].value);
        tape = open_at(out, made.head.px_exp + 1, made.head.qty_exp + 1, &err);
        ck_assert_msg(tape != NULL, "row %zu: %s", i, err.text);
        while ((event = tape_next(tape)) != NULL) {
            ck_assert_int_ge(event->t, before);
            before = event->t;
        }
        tape_report(tape, &report);
        tape_close(tape);
        ck_assert_msg(strstr(report.err.text, rows[i].words) != NULL, "row %zu: %s", i,
                      report.err.text);
    }
}
END_TEST

START_TEST(a_part_of_a_stream_is_a_tape_too)
{
    struct tape_made made = make("binance_spot_BTCUSDT.raw", stream, TAPE_FILE_QUOTES);
    struct error err = {0};
    struct tape *tape;
    const struct agon_event_hdr *event;

    ck_assert_uint_eq(made.head.n_rows, 2);
    tape = open_at(out, 2, 5, &err);
    ck_assert_msg(tape != NULL, "%s", err.text);
    event = tape_next(tape);
    ck_assert_ptr_nonnull(event);
    ck_assert_uint_eq(event->type, AGON_EVENT_QUOTE);
    ck_assert_int_eq(((const struct agon_quote *)(const void *)event)->ask_px, 6173017);
    ck_assert_int_eq(event->t, 1723161253000000000);
    ck_assert_ptr_nonnull(tape_next(tape));
    ck_assert_ptr_null(tape_next(tape));
    tape_close(tape);
    made = make("binance_spot_BTCUSDT.raw", stream, TAPE_FILE_TRADES);
    ck_assert_uint_eq(made.head.n_rows, 1);
    tape = open_at(out, 2, 5, &err);
    ck_assert_msg(tape != NULL, "%s", err.text);
    event = tape_next(tape);
    ck_assert_ptr_nonnull(event);
    ck_assert_uint_eq(event->type, AGON_EVENT_TRADE);
    ck_assert_int_eq(event->t_venue, 1723161255299000000);
    tape_close(tape);
}
END_TEST

START_TEST(what_cannot_become_a_tape_says_why)
{
    static const struct {
        const char *name, *text, *why;
    } cases[] = {
        {"BTCUSDT.csv", "time_ms,price,amount\n1700000000000,100.001,1\n",
         ":2:15: price 100.001 is finer"},
        {"BTCUSDT.csv", "time_ms,price,amount\n1700000000000,99999999999999999999,1\n",
         ":2:15: price 99999999999999999999 is too large"},
        {"BTCUSDT.csv", "time_ms,price,amount\n1700000000002,1,1\n1700000000001,1,1\n",
         ":3:1: time 1700000000001 is before"},
        {"BTCUSDT.csv", "time_ms,price,amount\n",
         "nothing in the recording is of its kind: trades"},
        {"x.csv", "time_ms,price,amount\n1700000000002,1,1\n", "no symbol in the file's name"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tape_make_config config = {.word = source, .out = out};
        static struct tape_made made;
        struct error err = {0};

        snprintf(source, sizeof(source), "%s/%s", dir, cases[i].name);
        snprintf(out, sizeof(out), "%s/none.tape", dir);
        write_file(source, cases[i].text, strlen(cases[i].text));
        ck_assert_int_lt(tape_make(&config, &made, &err), 0);
        ck_assert_msg(strstr(err.text, cases[i].why) != NULL, "%s", err.text);
        ck_assert_int_ne(access(out, F_OK), 0);
        snprintf(bad, sizeof(bad), "%s/none.tape.new", dir);
        ck_assert_int_ne(access(bad, F_OK), 0);
    }
}
END_TEST

/* A tape of a whole block and a bit. */
static unsigned char *make_long(uint64_t *n)
{
    static char *text;
    size_t room = (size_t)100000 * 64;
    size_t at;
    FILE *file;
    struct stat stat_of;
    unsigned char *bytes;

    text = malloc(room);
    ck_assert_ptr_nonnull(text);
    at = (size_t)snprintf(text, room, "open_time_ms,open,high,low,close,volume\n");
    for (uint64_t i = 0; i < TAPE_BLOCK_ROWS + 5; i++)
        at += (size_t)snprintf(text + at, room - at, "%llu,%llu.5,%llu.75,%llu,%llu,%llu.125\n",
                               (unsigned long long)(1600000020000 + i * 60000),
                               (unsigned long long)(100 + i % 7), (unsigned long long)(110 + i % 3),
                               (unsigned long long)(50 + i % 5), (unsigned long long)(101 + i % 6),
                               (unsigned long long)(i % 1000));
    make("binance_spot_BTCUSDT_long.csv", text, 0);
    free(text);
    ck_assert_int_eq(stat(out, &stat_of), 0);
    *n = (uint64_t)stat_of.st_size;
    bytes = malloc(*n);
    ck_assert_ptr_nonnull(bytes);
    file = fopen(out, "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(bytes, 1, *n, file), *n);
    ck_assert_int_eq(fclose(file), 0);
    snprintf(bad, sizeof(bad), "%s/binance_spot_BTCUSDT_bad.tape", dir);
    return bytes;
}

/* Reads all of the file at bad; the reason, "" when it was whole. */
static const char *read_bad(struct error *err)
{
    static struct tape_report report;
    struct tape *tape;

    err->code = 0;
    err->text[0] = '\0';
    tape = open_at(bad, 2, 5, err);
    if (tape == NULL)
        return err->text;
    while (tape_next(tape) != NULL)
        continue;
    tape_report(tape, &report);
    tape_close(tape);
    return report.err.text;
}

START_TEST(a_tape_of_several_blocks_gives_what_its_recording_gives)
{
    uint64_t n;

    is_ahead = _i;
    free(make_long(&n));
    ck_assert_int_eq(compare(2, 5), 2 * (TAPE_BLOCK_ROWS + 5));
    ck_assert_int_eq(compare(2, 1), 2 * (TAPE_BLOCK_ROWS + 5));
}
END_TEST

// Each byte of the header, and one of each page behind it.
START_TEST(a_changed_byte_is_named_with_its_block)
{
    uint64_t n;
    unsigned char *bytes = make_long(&n);
    uint64_t whole = tape_file_block(TAPE_FILE_BARS, TAPE_BLOCK_ROWS, NULL);
    struct error err = {0};
    int fd;

    is_ahead = _i;
    write_file(bad, bytes, n);
    ck_assert_str_eq(read_bad(&err), "");
    fd = open(bad, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    for (uint64_t at = 0; at < n; at += at < TAPE_PAGE ? 1 : TAPE_PAGE * 29 + 1) {
        unsigned char other = bytes[at] ^ (unsigned char)(1 << at % 8);
        char place[96];
        const char *text;

        ck_assert_int_eq(pwrite(fd, &other, 1, (off_t)at), 1);
        text = read_bad(&err);
        if (at < 8) // it is not known for a tape any more, and no table either
            ck_assert_msg(text[0] != '\0', "byte %llu", (unsigned long long)at);
        else if (at < 12)
            ck_assert_msg(strstr(text, "header: version") != NULL, "%s", text);
        else if (at < TAPE_PAGE)
            ck_assert_msg(strstr(text, "header: damaged") != NULL, "%s", text);
        else if (at < n - TAPE_PAGE) {
            snprintf(place, sizeof(place), ": block %llu (rows",
                     (unsigned long long)((at - TAPE_PAGE) / whole));
            ck_assert_msg(strstr(text, place) != NULL && strstr(text, "make it again") != NULL,
                          "byte %llu: %s", (unsigned long long)at, text);
        } else
            ck_assert_msg(strstr(text, "checksums, at byte") != NULL, "%s", text);
        ck_assert_int_eq(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
    }
    close(fd);
    ck_assert_str_eq(read_bad(&err), "");
    free(bytes);
}
END_TEST

START_TEST(a_short_tape_says_where_it_ends)
{
    uint64_t n;
    unsigned char *bytes = make_long(&n);
    uint64_t whole = tape_file_block(TAPE_FILE_BARS, TAPE_BLOCK_ROWS, NULL);
    struct error err = {0};

    write_file(bad, bytes, n);
    for (uint64_t end = n; end > 0; end -= TAPE_PAGE) {
        const char *text;
        char place[96];

        ck_assert_uint_eq(end % TAPE_PAGE, 0);
        if (end < n) {
            ck_assert_int_eq(truncate(bad, (off_t)end), 0);
            text = read_bad(&err);
            snprintf(place, sizeof(place), "ends at byte %llu, in block %llu of 2",
                     (unsigned long long)end,
                     (unsigned long long)((end - TAPE_PAGE) / whole < 1 ? 0 : 1));
            ck_assert_msg(strstr(text, place) != NULL, "%s", text);
        }
        ck_assert_int_eq(truncate(bad, (off_t)(end - 1)), 0);
        text = read_bad(&err);
        ck_assert_msg(strstr(text, "ends") != NULL && strstr(text, "at byte") != NULL, "%s", text);
    }
    ck_assert_int_eq(truncate(bad, 0), 0);
    ck_assert_msg(strstr(read_bad(&err), "the file is empty") != NULL, "%s", err.text);
    write_file(bad, bytes, n);
    ck_assert_int_eq(truncate(bad, (off_t)n + 1), 0);
    ck_assert_msg(strstr(read_bad(&err), "1 bytes behind its end") != NULL, "%s", err.text);
    free(bytes);
}
END_TEST

/* A header that is whole and says what none may: its checksum is right. */
START_TEST(each_field_of_a_header_is_judged)
{
    uint64_t n;
    unsigned char *bytes = make_long(&n);
    struct tape_head good, head;
    struct error err = {0};
    const char *text;
    int fd;

    memcpy(&good, bytes, sizeof(good));
    write_file(bad, bytes, n);
    fd = open(bad, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
#define JUDGED(set, why)                                                                           \
    do {                                                                                           \
        head = good;                                                                               \
        set;                                                                                       \
        memcpy(bytes, &head, sizeof(head));                                                        \
        head.crc = tape_file_head_crc(bytes);                                                      \
        memcpy(bytes, &head, sizeof(head));                                                        \
        ck_assert_int_eq(pwrite(fd, bytes, TAPE_PAGE, 0), TAPE_PAGE);                              \
        text = read_bad(&err);                                                                     \
        ck_assert_msg(strstr(text, why) != NULL, #set);                                            \
    } while (0)
    JUDGED(head.version = 2, "header: version 2, and this program reads version 1");
    JUDGED(head.kind = 0, "header: kind is not one of");
    JUDGED(head.kind = TAPE_FILE_KINDS, "header: kind is not one of");
    JUDGED(head.px_exp = 19, "header: px_exp");
    JUDGED(head.qty_exp = -1, "header: qty_exp");
    JUDGED(head.flags = 2, "header: flags");
    JUDGED(head.length_s = 0, "header: length_s");
    JUDGED(head.length_s = 367 * 86400, "header: length_s");
    JUDGED(head.kind = TAPE_FILE_TRADES, "header: length_s");
    JUDGED(head.n_rows = 0, "header: n_rows");
    JUDGED(head.n_rows = UINT64_MAX, "header: n_rows");
    JUDGED(head.n_rows++, "row 65542: a price is not above"); // of the zeros behind the last row
    JUDGED(head.n_rows += 65536, "by its header");
    JUDGED(head.n_events = 0, "header: n_events");
    JUDGED(head.n_events = head.n_rows + 1, "header: n_events");
    JUDGED(head.t_begin = -1, "header: t_begin");
    JUDGED(head.t_last = head.t_first - 1, "header: t_begin");
    JUDGED(head.block_rows = 1, "header: block_rows");
    JUDGED(head.n_columns = 5, "header: n_columns");
    JUDGED(head.sums_crc++, "checksums, at byte");
    JUDGED(memset(head.venue, 'a', sizeof(head.venue)), "header: venue");
    JUDGED(strcpy(head.venue, "nowhere"), "the venue nowhere is not known");
    JUDGED(head.symbol[0] = '\0', "header: symbol");
    JUDGED(head.plain[0] = '\n', "header: symbol");
    JUDGED(head.base[0] = '\0', "header: base");
    JUDGED(head.quote[0] = '\t', "header: base or quote");
    JUDGED(strcpy(head.source, "../x"), "header: source");
    JUDGED((void)0, "");
    ck_assert_str_eq(read_bad(&err), "");
    close(fd);
    free(bytes);
}
END_TEST

START_TEST(a_tape_is_of_one_symbol)
{
    struct tape_info info;
    struct error err = {0};

    make("binance_spot_BTCUSDT_1m.csv", bars, 0);
    ck_assert_int_eq(tape_look(out, "BTCUSDT", &info, &err), AGON_OK);
    ck_assert_int_eq(tape_look(out, "ETHUSDT", &info, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, "this tape is of BTCUSDT, and not of ETHUSDT") != NULL, "%s",
                  err.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tape_file");
    TCase *tcase = tcase_create("tape_file");
    SRunner *runner;
    int failed;

    if (mkdtemp(dir) == NULL)
        return 1;
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, a_tape_gives_what_its_recording_gives, 0, 2);
    tcase_add_test(tcase, a_tape_is_read_by_its_instruments_exponents);
    tcase_add_test(tcase, a_price_that_does_not_fit_is_named_with_its_row);
    tcase_add_loop_test(tcase, a_wrong_row_of_a_tape_is_named_however_its_block_is_read, 0, 2);
    tcase_add_loop_test(tcase, a_wrong_row_of_books_is_named_however_it_is_read, 0, 2);
    tcase_add_test(tcase, a_part_of_a_stream_is_a_tape_too);
    tcase_add_test(tcase, what_cannot_become_a_tape_says_why);
    tcase_add_loop_test(tcase, a_tape_of_several_blocks_gives_what_its_recording_gives, 0, 2);
    tcase_add_loop_test(tcase, a_changed_byte_is_named_with_its_block, 0, 2);
    tcase_add_test(tcase, a_short_tape_says_where_it_ends);
    tcase_add_test(tcase, each_field_of_a_header_is_judged);
    tcase_add_test(tcase, a_tape_is_of_one_symbol);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    {
        char command[64];

        snprintf(command, sizeof(command), "rm -rf %s", dir);
        if (system(command) != 0)
            return 1;
    }
    return failed == 0 ? 0 : 1;
}
