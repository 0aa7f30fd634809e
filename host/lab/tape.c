// SPDX-License-Identifier: Apache-2.0
#include "lab/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "market/evring.h"
#include "match/match.h"
#include "sys/file.h"
#include "venue/binance/sync.h"

#define BAR_S_MAX      (366 * 86400) /* no bar is longer than a year */
#define LINE_MAX_BYTES (1u << 20)
#define QUEUE          ((uint64_t)1 << 15) /* granules: 2 MiB, more than any one line becomes */
#define COLUMNS        64
#define SECOND_NS      ((agon_ns_t)1000000000)

enum column {
    COL_TIME_MS,
    COL_TIME_S,
    COL_TIME_US,
    COL_RECEIVED_US, /* of trades */
    COL_SYMBOL,
    COL_ID,
    COL_SIDE,
    COL_MAKER,
    COL_PX,
    COL_QTY,
    COL_OPEN,
    COL_HIGH,
    COL_LOW,
    COL_CLOSE,
    COL_VOLUME,
    COLS
};

struct tape {
    struct tape_config config;
    struct file_stream *stream; /* owned */
    void *queue_memory;         /* owned */
    struct evring in, out;
    int has_shown;    /* the head of the queue was handed out and is released with the next call */
    int places[COLS]; /* column of the file, -1: none */
    struct symbols *symbols; /* owned; raw */
    struct binance_decoder decoder;
    struct binance_out *decoded; /* owned; raw */
    struct binance_depth *depth; /* owned; raw */
    struct binance_sync sync;
    int has_sync;
    int is_over;     /* nothing more is read */
    int is_scanning; /* a bad row was found: only more of them are looked for */
    agon_ns_t t;     /* of the line being read */
    uint64_t line;
    agon_qty_t last_qty; /* bars: volume of the row before */
    struct tape_report report;
};

static const struct {
    const char *name;
    enum column column;
} names[] = {
    {"time_ms", COL_TIME_MS},
    {"open_time_ms", COL_TIME_MS},
    {"time_seconds", COL_TIME_S},
    {"timestamp", COL_TIME_US},
    {"local_timestamp", COL_RECEIVED_US},
    {"symbol", COL_SYMBOL},
    {"trade_id", COL_ID},
    {"id", COL_ID},
    {"side", COL_SIDE},
    {"buyer_is_maker", COL_MAKER},
    {"is_buyer_maker", COL_MAKER},
    {"price", COL_PX},
    {"amount", COL_QTY},
    {"quantity", COL_QTY},
    {"size", COL_QTY},
    {"open", COL_OPEN},
    {"high", COL_HIGH},
    {"low", COL_LOW},
    {"close", COL_CLOSE},
    {"volume", COL_VOLUME},
};

/* How people are told of them. */
static const char *const spoken[COLS] = {"time", "time", "time",  "receive time", "symbol",
                                         "id",   "side", "maker", "price",        "quantity",
                                         "open", "high", "low",   "close",        "volume"};

static uint32_t split(char *line, uint32_t n, char *fields[COLUMNS], uint32_t lengths[COLUMNS])
{
    uint32_t count = 0;
    char *at = line;

    for (char *end = line + n; count < COLUMNS; at++) {
        char *comma = memchr(at, ',', (size_t)(end - at));

        fields[count] = at;
        lengths[count++] = (uint32_t)((comma != NULL ? comma : end) - at);
        if (comma == NULL)
            return count;
        at = comma;
    }
    return 0;
}

// Which column tells the time, if one does.
static enum column time_column(const int places[COLS])
{
    return places[COL_TIME_MS] >= 0  ? COL_TIME_MS
           : places[COL_TIME_S] >= 0 ? COL_TIME_S
                                     : COL_TIME_US;
}

// A kind; 0 when it is none, *why says so when the reason lies in one column, which is field *at.
static int find_columns(char *line, uint32_t n, int places[COLS], const char **why, uint32_t *at)
{
    char *fields[COLUMNS];
    uint32_t lengths[COLUMNS];
    uint32_t count;

    for (int i = 0; i < COLS; i++)
        places[i] = -1;
    if (n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        n -= 3;
    }
    count = split(line, n, fields, lengths);
    *why = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const char *reason = recording_refused_column(fields[i], lengths[i]);

        if (reason != NULL) {
            *why = reason;
            *at = (uint32_t)(fields[i] - line) + 1;
            return 0;
        }
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (strlen(names[k].name) == lengths[i] &&
                memcmp(names[k].name, fields[i], lengths[i]) == 0)
                places[names[k].column] = (int)i;
        }
    }
    if (places[COL_TIME_MS] >= 0 && places[COL_OPEN] >= 0 && places[COL_HIGH] >= 0 &&
        places[COL_LOW] >= 0 && places[COL_CLOSE] >= 0 && places[COL_VOLUME] >= 0)
        return TAPE_BARS;
    if (places[time_column(places)] >= 0 && places[COL_PX] >= 0 && places[COL_QTY] >= 0)
        return TAPE_TRADES;
    return 0;
}

static int is_raw(const char *path)
{
    return strstr(path, ".raw") != NULL;
}

// The symbol as it was said, as the column tells, or as the name does.
static int find_symbol(const char *path, const char *said, struct recording_symbols *symbols,
                       struct tape_info *info, struct error *err)
{
    const char *rows_of;

    rows_of = recording_pick(symbols, path, err);
    if (rows_of == NULL)
        return AGON_EINVAL;
    snprintf(info->rows_of, sizeof(info->rows_of), "%s", rows_of);
    snprintf(info->symbol, sizeof(info->symbol), "%s", symbols->asked);
    // A table knows better than its name what it is of.
    if (said[0] == '\0' && recording_assets(rows_of, info->base, info->quote))
        snprintf(info->symbol, sizeof(info->symbol), "%s", rows_of);
    if (info->symbol[0] == '\0')
        return error_set(err, AGON_EINVAL,
                         "%s: no symbol in the file's name; say SYMBOL=FILE, or name it like "
                         "binance_spot_BTCUSDT_....csv",
                         path);
    if (!recording_assets(info->symbol, info->base, info->quote))
        return error_set(err, AGON_EINVAL,
                         "%s: %s is no symbol whose quote is known; it should end like BTCUSDT or "
                         "ETHBTC",
                         path, info->symbol);
    return AGON_OK;
}

// Which one rows are in the order of: where each says when it was received, that.
static enum column order_column(const struct tape_info *info, const int places[COLS])
{
    return info->has_received ? COL_RECEIVED_US : time_column(places);
}

// Symbol and time of a row of the table.
static void look_at_row(struct tape_info *info, const int places[COLS], char *line, uint32_t n,
                        struct recording_symbols *symbols, struct recording_step *step)
{
    char *fields[COLUMNS];
    uint32_t lengths[COLUMNS];
    uint32_t count = split(line, n, fields, lengths);

    if (places[COL_SYMBOL] >= 0 && (uint32_t)places[COL_SYMBOL] < count)
        recording_note_symbol(symbols, fields[places[COL_SYMBOL]], lengths[places[COL_SYMBOL]]);
    if (info->t_first == 0) {
        enum column column = order_column(info, places);
        int64_t first = 0;

        if ((uint32_t)places[column] < count)
            num_parse(fields[places[column]], lengths[places[column]], column == COL_TIME_S ? 9 : 0,
                      &first);
        info->t_first = num_mul(first, column == COL_TIME_MS  ? 1000000
                                       : column == COL_TIME_S ? 1
                                                              : 1000);
    }
    if (info->kind == TAPE_BARS && (uint32_t)places[COL_TIME_MS] < count)
        recording_note_step(step, strtoll(fields[places[COL_TIME_MS]], NULL, 10) / 1000, BAR_S_MAX);
}

int tape_look(const char *path, const char *symbol, struct tape_info *info, struct error *err)
{
    struct file_stream *stream = file_stream_open(path, NULL, err);
    struct recording_symbols symbols = {.n = 0};
    const char *said = symbol != NULL ? symbol : "";
    const char *why;
    int places[COLS];
    char *line;
    uint32_t n;
    uint32_t at = 1;
    uint64_t number;
    struct recording_step step = {0};
    int rc;

    if (stream == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
    memset(info, 0, sizeof(*info));
    if (said[0] != '\0')
        snprintf(symbols.asked, sizeof(symbols.asked), "%s", said);
    else
        recording_symbol_of_name(path, symbols.asked);
    rc = file_stream_line(stream, LINE_MAX_BYTES, &line, &n, &number, err);
    if (rc <= 0) {
        rc = rc < 0 ? rc : error_set(err, AGON_ECORRUPT, "%s: the file is empty", path);
        goto done;
    }
    if (is_raw(path)) {
        info->kind = TAPE_RAW;
        info->has_received = 1;
        info->t_first = strtoll(line, NULL, 10);
        rc = find_symbol(path, said, &symbols, info, err);
        goto done;
    }
    info->kind = (uint8_t)find_columns(line, n, places, &why, &at);
    info->has_received = info->kind == TAPE_TRADES && places[COL_RECEIVED_US] >= 0;
    if (info->kind == 0) {
        rc = why != NULL ? error_set(err, AGON_EINVAL, "%s:1:%u: %s", path, at, why)
                         : error_set(err, AGON_EINVAL,
                                     "%s:1:1: the header names neither trades (time_ms, "
                                     "time_seconds or timestamp, price, amount) nor bars "
                                     "(open_time_ms,open,high,low,close,volume)",
                                     path);
        goto done;
    }
    while ((rc = file_stream_line(stream, LINE_MAX_BYTES, &line, &n, &number, err)) == 1)
        look_at_row(info, places, line, n, &symbols, &step);
    if (rc == 0)
        rc = find_symbol(path, said, &symbols, info, err);
    info->length_s = (uint32_t)recording_step(&step);
    if (rc >= 0 && info->kind == TAPE_BARS && info->length_s == 0)
        rc =
            error_set(err, AGON_ECORRUPT, "%s: fewer than two bars: their length is unknown", path);
    else if (rc >= 0 && info->kind == TAPE_BARS && recording_step_other(&step) != 0)
        rc = error_set(
            err, AGON_ECORRUPT,
            "%s: its first rows are %u s apart, and others, %d or more in a row, are %lld "
            "s: bars of each length belong in a file of their own",
            path, info->length_s, RECORDING_STEP_RUN, (long long)recording_step_other(&step));
done:
    file_stream_close(stream);
    return rc < 0 ? rc : AGON_OK;
}

// The row is left out; a strict tape gives no more events from here on.
__attribute__((format(printf, 3, 4))) static void refuse(struct tape *tape, uint32_t column,
                                                         const char *format, ...)
{
    struct tape_report *report = &tape->report;
    char rule[256];
    va_list args;

    report->n_skipped++;
    if (tape->config.is_lenient)
        return;
    va_start(args, format);
    vsnprintf(rule, sizeof(rule), format, args);
    va_end(args);
    error_set(&report->bad[report->n_bad], AGON_ECORRUPT, "%s:%llu:%u: %s", tape->config.path,
              (unsigned long long)tape->line, column, rule);
    if (report->n_bad++ == 0)
        report->err = report->bad[0];
    tape->is_scanning = 1;
}

static int put(void *ctx, struct agon_event_hdr *event)
{
    struct tape *tape = ctx;

    if (tape->is_scanning)
        return AGON_OK;
    event->t = tape->t;
    if (event->type == AGON_EVENT_BOOK_SNAPSHOT && !tape->has_sync)
        tape->report.n_books++;
    return evring_put(&tape->in, event);
}

static int put_trade(struct tape *tape, agon_ns_t t, agon_px_t px, agon_qty_t qty, uint8_t side,
                     uint64_t id)
{
    struct agon_trade trade = {
        .hdr = {.type = AGON_EVENT_TRADE,
                .granules = 1,
                .instrument = tape->config.instrument.hdr.instrument,
                .t_venue = t},
        .px = px,
        .qty = qty,
        .venue_id = id,
        .side = side,
    };

    return put(tape, &trade.hdr);
}

static int put_book(struct tape *tape, agon_ns_t t, agon_px_t px, agon_qty_t qty)
{
    const struct agon_instrument *instrument = &tape->config.instrument;
    const struct match_bars bars = {.spread_ppm = tape->config.spread_ppm};
    agon_px_t bid_px, ask_px;
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } event = {
        .part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT,
                         .granules = 2,
                         .instrument = instrument->hdr.instrument,
                         .t_venue = t},
                 .n_bid = 1,
                 .n_ask = 1,
                 .flags = BOOK_PART_FIRST | BOOK_PART_LAST | BOOK_PART_RANGE},
    };

    match_bars_quote(&bars, instrument, px, &bid_px, &ask_px);
    event.levels[0] = (struct agon_level){bid_px, qty};
    event.levels[1] = (struct agon_level){ask_px, qty};
    return tape->config.has_book ? AGON_OK : put(tape, &event.part.hdr);
}

// Where a bar begins, its open is all that is known of it.
static int put_open(struct tape *tape, agon_ns_t t, agon_px_t px)
{
    const struct agon_instrument *instrument = &tape->config.instrument;
    const struct match_bars bars = {.spread_ppm = tape->config.spread_ppm,
                                    .volume_ppm = tape->config.volume_ppm};
    struct agon_quote quote;

    match_bars_open(&bars, instrument, t, px, tape->last_qty, &quote);
    tape->t = t;
    return tape->config.has_book ? AGON_OK : put(tape, &quote.hdr);
}

// px: open, high, low, close.
static int put_bar(struct tape *tape, agon_ns_t t, const agon_px_t px[4], agon_qty_t volume)
{
    const struct agon_instrument *instrument = &tape->config.instrument;
    struct agon_bar bar;

    match_bars_close(instrument, tape->config.quote_exp, t, tape->config.info.length_s, px, volume,
                     &bar);
    tape->t = bar.hdr.t_venue;
    return put(tape, &bar.hdr);
}

struct row {
    char *fields[COLUMNS];
    uint32_t lengths[COLUMNS];
    uint32_t n;
    const char *line;
};

static uint32_t column_of(const struct row *row, int place)
{
    return (uint32_t)(row->fields[place] - row->line) + 1;
}

static void refuse_value(struct tape *tape, const struct row *row, enum column column,
                         const char *rule)
{
    int place = tape->places[column];
    char shown[RECORDING_SHOWN];

    refuse(tape, column_of(row, place), "%s %s %s", spoken[column],
           recording_show(row->fields[place], row->lengths[place], shown), rule);
}

// A field as a count of 10^-exp. False: the row was refused.
static int number(struct tape *tape, const struct row *row, enum column column, int exp,
                  int64_t *value)
{
    int place = tape->places[column];
    char shown[RECORDING_SHOWN];
    char limit[NUM_TEXT];
    const char *name = spoken[column];
    const char *text;
    uint32_t n;
    int rc;

    if ((uint32_t)place >= row->n) {
        refuse(tape, 1, "the row has fewer fields than the header");
        return 0;
    }
    text = row->fields[place];
    n = row->lengths[place];
    rc = column == COL_QTY || column == COL_VOLUME ? recording_parse_qty(text, n, exp, value)
                                                   : recording_parse(text, n, exp, value);
    tape->report.n_noisy += rc == RECORDING_NOISY;
    tape->report.n_cut += rc == RECORDING_CUT;
    if (rc >= 0)
        return 1;
    recording_show(text, n, shown);
    num_format_short(NUM_MAX, exp, limit);
    if (rc != AGON_ERANGE)
        refuse(tape, column_of(row, place), "%s '%s' is not a plain decimal number", name, shown);
    else if (!num_is_too_fine(text, n, exp))
        refuse(tape, column_of(row, place), "%s %s is too large: the limit is %s", name, shown,
               limit);
    else
        refuse(tape, column_of(row, place),
               "%s %s is finer than %d digits after the point, which its listing has", name, shown,
               exp);
    return 0;
}

static int take_stamp(struct tape *tape, const struct row *row, enum column column, agon_ns_t *t)
{
    if (!number(tape, row, column, column == COL_TIME_S ? 9 : 0, t))
        return 0;
    if (column == COL_TIME_MS)
        *t = num_mul(*t, 1000000);
    if (column == COL_TIME_US || column == COL_RECEIVED_US)
        *t = num_mul(*t, 1000);
    if (*t < 0 || *t > (agon_ns_t)4102444800 * SECOND_NS) { // 2100
        refuse_value(tape, row, column,
                     column == COL_TIME_MS ? "is before 1970 or after 2100; expected milliseconds"
                     : column == COL_TIME_S
                         ? "is before 1970 or after 2100; expected seconds"
                         : "is before 1970 or after 2100; expected microseconds");
        return 0;
    }
    return 1;
}

/* The time of the row, as its venue says, and when it was known here. */
static int take_time(struct tape *tape, const struct row *row, agon_ns_t *t)
{
    enum column column = order_column(&tape->config.info, tape->places);
    agon_ns_t here = 0;

    if (!take_stamp(tape, row, time_column(tape->places), t))
        return 0;
    here = *t;
    if (tape->config.info.has_received && !take_stamp(tape, row, column, &here))
        return 0;
    if (here < tape->report.t_last) {
        refuse_value(tape, row, column, "is before the row above; sort the file");
        return 0;
    }
    tape->t = here;
    return 1;
}

// False: the row was refused. Without a column that tells it, the side is not known.
static int take_side(struct tape *tape, const struct row *row, uint8_t *side)
{
    int is_side = tape->places[COL_SIDE] >= 0;
    int place = tape->places[is_side ? COL_SIDE : COL_MAKER];
    char shown[RECORDING_SHOWN];
    int is_known;

    *side = 0;
    if (place < 0)
        return 1;
    if ((uint32_t)place >= row->n) {
        refuse(tape, 1, "the row has fewer fields than the header");
        return 0;
    }
    if (is_side) {
        *side = (uint8_t)recording_side(row->fields[place], row->lengths[place]);
        is_known = *side != 0;
    } else {
        int is_maker = recording_flag(row->fields[place], row->lengths[place]);

        *side = is_maker == 1 ? AGON_SELL : AGON_BUY;
        is_known = is_maker >= 0;
    }
    if (!is_known)
        refuse(tape, column_of(row, place), "%s '%s' is neither %s",
               is_side ? "side" : "buyer_is_maker",
               recording_show(row->fields[place], row->lengths[place], shown),
               is_side ? "buy nor sell" : "true nor false");
    return is_known;
}

static int trade_row(struct tape *tape, const struct row *row)
{
    agon_ns_t t = 0;
    agon_px_t px = 0;
    agon_qty_t qty = 0;
    int64_t id = 0;
    uint8_t side;
    int rc;

    if (!take_time(tape, row, &t) ||
        !number(tape, row, COL_PX, tape->config.instrument.px_exp, &px) ||
        !number(tape, row, COL_QTY, tape->config.instrument.qty_exp, &qty) ||
        !take_side(tape, row, &side))
        return AGON_OK;
    if (px <= 0 || qty <= 0) {
        refuse_value(tape, row, px <= 0 ? COL_PX : COL_QTY, "is not above zero");
        return AGON_OK;
    }
    if (tape->places[COL_ID] >= 0 && (uint32_t)tape->places[COL_ID] < row->n)
        num_parse(row->fields[tape->places[COL_ID]], row->lengths[tape->places[COL_ID]], 0, &id);
    tape->report.t_last = tape->t;
    rc = put_trade(tape, t, px, qty, side, (uint64_t)id);
    return rc < 0 ? rc : put_book(tape, t, px, qty); // as of what has been seen, this trade last
}

static int bar_row(struct tape *tape, const struct row *row)
{
    static const enum column columns[] = {COL_OPEN, COL_HIGH, COL_LOW, COL_CLOSE};
    const struct agon_instrument *instrument = &tape->config.instrument;
    agon_ns_t length = (agon_ns_t)tape->config.info.length_s * SECOND_NS;
    agon_px_t px[4] = {0};
    agon_qty_t volume = 0;
    agon_ns_t t = 0;
    const char *rule = NULL;
    int rc;

    if (!take_time(tape, row, &t))
        return AGON_OK;
    for (int i = 0; i < 4; i++) {
        if (!number(tape, row, columns[i], instrument->px_exp, &px[i]))
            return AGON_OK;
        if (px[i] <= 0) {
            refuse_value(tape, row, columns[i], "is not above zero");
            return AGON_OK;
        }
    }
    if (!number(tape, row, COL_VOLUME, instrument->qty_exp, &volume))
        return AGON_OK;
    if (volume < 0) {
        refuse_value(tape, row, COL_VOLUME, "is below zero");
        return AGON_OK;
    }
    if (px[1] < px[0] || px[1] < px[3] || px[2] > px[0] || px[2] > px[3])
        rule = "high and low do not enclose open and close";
    else if (tape->report.t_last != 0 && t - tape->report.t_last < length)
        rule = "a bar that begins before the one above has ended";
    if (rule != NULL) {
        refuse(tape, 1, "%s", rule);
        return AGON_OK;
    }
    if (tape->report.t_last != 0 && t - tape->report.t_last > length)
        tape->report.n_gaps++;
    tape->report.t_last = t;
    rc = put_open(tape, t, px[0]);
    tape->last_qty = volume;
    return rc < 0 ? rc : put_bar(tape, t, px, volume);
}

static int table_row(struct tape *tape, char *line, uint32_t n)
{
    const char *rows_of = tape->config.info.rows_of;
    int place = tape->places[COL_SYMBOL];
    struct row row = {.line = line};

    row.n = split(line, n, row.fields, row.lengths);
    if (rows_of[0] != '\0' && place >= 0 && (uint32_t)place < row.n) {
        char shown[RECORDING_SHOWN];

        recording_show(row.fields[place], row.lengths[place], shown);
        shown[RECORDING_SYMBOL - 1] = '\0';
        if (strcmp(shown, rows_of) != 0) {
            tape->report.n_other++;
            return AGON_OK;
        }
    }
    return tape->config.info.kind == TAPE_BARS ? bar_row(tape, &row) : trade_row(tape, &row);
}

// A message of depth was taken: does the book follow the stream?
static void count_book(struct tape *tape, int has_followed)
{
    tape->report.n_books += has_followed && tape->sync.state == BOOK_LIVE;
}

static int raw_row(struct tape *tape, char *line, uint32_t n)
{
    struct tape_report *report = &tape->report;
    char *space = memchr(line, ' ', n);
    const char *message = space != NULL ? space + 1 : line;
    uint32_t n_message = (uint32_t)(line + n - message);
    uint32_t column = (uint32_t)(message - line) + 1;
    int has_followed;
    int64_t t;
    int rc;

    if (space == NULL || num_parse(line, (size_t)(space - line), 0, &t) < 0) {
        refuse(tape, 1, "expected the receive time in nanoseconds, a space and the message");
        return AGON_OK;
    }
    if (t < report->t_last) {
        refuse(tape, 1, "a receive time before the line above");
        return AGON_OK;
    }
    tape->t = t;
    report->t_last = t;
    if (n_message > 16 && memcmp(message, "{\"lastUpdateId\"", 15) == 0) {
        rc = binance_decode_snapshot(&tape->decoder, message, n_message, &tape->symbols->all[0],
                                     tape->depth);
        if (rc < 0) {
            refuse(tape, column, "not a depth snapshot");
            return AGON_OK;
        }
        report->n_snapshots++;
        if (!tape->sync.is_asked)
            binance_sync_asked(&tape->sync);
        has_followed = tape->sync.diffs_used > 0;
        binance_sync_snapshot(&tape->sync, tape->depth, t, 0);
        count_book(tape, has_followed);
        return AGON_OK;
    }
    rc = binance_decode_market(&tape->decoder, message, n_message, tape->decoded);
    switch (rc) {
    case BINANCE_TRADE:
        report->n_trades++;
        return put(tape, &tape->decoded->trade.hdr);
    case BINANCE_QUOTE:
        report->n_quotes++;
        return put(tape, &tape->decoded->quote.hdr);
    case BINANCE_DIFF:
        report->n_diffs++;
        binance_sync_diff(&tape->sync, &tape->decoded->depth, t, 0);
        count_book(tape, 1);
        return AGON_OK;
    default:
        if (rc < 0)
            refuse(tape, column, "not a message of this stream");
        else
            report->n_other++;
        return AGON_OK;
    }
}

const struct agon_event_hdr *tape_next(void *ctx)
{
    struct tape *tape = ctx;
    const struct agon_event_hdr *event;

    if (tape->has_shown)
        evring_release(&tape->out);
    tape->has_shown = 0;
    while ((event = evring_peek(&tape->out, NULL)) == NULL) {
        struct error why;
        char *line;
        uint32_t n;
        int rc;

        why.code = 0;
        why.text[0] = '\0';
        if (tape->report.n_bad == TAPE_BAD_MAX || tape->is_over)
            return NULL;
        rc = file_stream_line(tape->stream, LINE_MAX_BYTES, &line, &n, &tape->line, &why);
        if (rc == 1) {
            tape->report.n_rows++;
            rc = tape->config.info.kind == TAPE_RAW ? raw_row(tape, line, n)
                                                    : table_row(tape, line, n);
            if (rc >= 0)
                continue;
            error_set(&why, rc, "%s:%llu: %s", tape->config.path, (unsigned long long)tape->line,
                      error_name(rc));
        }
        tape->is_over = 1;
        if (rc < 0 && tape->report.err.code == 0)
            tape->report.err = why;
        else if (rc < 0)
            tape->report.bad[tape->report.n_bad++] = why;
    }
    if (tape->report.n_events++ == 0)
        tape->report.t_first = event->t;
    tape->has_shown = 1;
    return event;
}

static int open_raw(struct tape *tape, struct error *err)
{
    const struct tape_config *config = &tape->config;
    int rc;

    tape->symbols = calloc(1, sizeof(*tape->symbols));
    tape->decoded = calloc(1, sizeof(*tape->decoded));
    tape->depth = calloc(1, sizeof(*tape->depth));
    if (tape->symbols == NULL || tape->decoded == NULL || tape->depth == NULL)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", config->path);
    symbols_init(tape->symbols);
    rc = symbols_add_asset(tape->symbols, config->quote, config->instrument.quote,
                           config->quote_exp, err);
    if (rc >= 0)
        rc = symbols_add(tape->symbols, &config->instrument, err);
    if (rc < 0)
        return rc;
    binance_decoder_init(&tape->decoder, tape->symbols);
    rc = binance_sync_init(&tape->sync, &tape->symbols->all[0], config->instrument.venue, 0, put,
                           tape);
    if (rc < 0)
        return error_set(err, rc, "%s: out of memory", config->path);
    tape->has_sync = 1;
    tape->sync.is_chained = config->instrument.kind != INSTRUMENT_SPOT;
    binance_sync_start(&tape->sync, 0);
    return AGON_OK;
}

int tape_open(struct tape **out, const struct tape_config *config, struct error *err)
{
    struct tape *tape = calloc(1, sizeof(*tape));
    uint64_t bytes = (evring_bytes(QUEUE) + 127) & ~(uint64_t)127;
    const char *why;
    char *line;
    uint32_t n;
    uint32_t at;
    int rc = AGON_ENOMEM;

    *out = NULL;
    if (tape == NULL)
        return error_set(err, rc, "%s: out of memory", config->path);
    tape->config = *config;
    tape->queue_memory = aligned_alloc(128, bytes);
    if (tape->queue_memory == NULL) {
        error_set(err, rc, "%s: out of memory", config->path);
        goto fail;
    }
    memset(tape->queue_memory, 0, bytes);
    evring_format(tape->queue_memory, QUEUE);
    evring_attach(&tape->in, tape->queue_memory, QUEUE);
    evring_attach(&tape->out, tape->queue_memory, QUEUE);
    tape->stream = file_stream_open(config->path, NULL, err);
    if (tape->stream == NULL) {
        rc = err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
        goto fail;
    }
    if (config->info.kind == TAPE_RAW) {
        rc = open_raw(tape, err);
    } else {
        rc = file_stream_line(tape->stream, LINE_MAX_BYTES, &line, &n, &tape->line, err);
        if (rc == 0)
            rc = error_set(err, AGON_ECORRUPT, "%s: the file is empty", config->path);
        if (rc == 1 && find_columns(line, n, tape->places, &why, &at) != config->info.kind)
            rc = error_set(err, AGON_ECORRUPT, "%s:1:1: the header changed", config->path);
    }
    if (rc < 0)
        goto fail;
    *out = tape;
    return AGON_OK;
fail:
    tape_close(tape);
    return rc;
}

void tape_close(struct tape *tape)
{
    if (tape == NULL)
        return;
    file_stream_close(tape->stream);
    if (tape->has_sync)
        binance_sync_deinit(&tape->sync);
    free(tape->symbols);
    free(tape->decoded);
    free(tape->depth);
    free(tape->queue_memory);
    free(tape);
}

void tape_report(const struct tape *tape, struct tape_report *report)
{
    *report = tape->report;
    report->n_gaps += tape->has_sync ? tape->sync.n_gaps : 0;
    report->n_cut += tape->decoder.n_cut;
}
