// SPDX-License-Identifier: Apache-2.0
#include "lab/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "lab/data_file.h"
#include "lab/listing.h"
#include "market/evring.h"
#include "market/instrument_kind.h"
#include "market/table.h"
#include "match/match.h"
#include "venue/book_sync.h"

#define BAR_S_MAX (366 * 86400)       /* no bar is longer than a year */
#define QUEUE     ((uint64_t)1 << 15) /* granules: 2 MiB, more than any one line becomes */
#define SECOND_NS ((agon_ns_t)1000000000)

struct tape {
    struct tape_config config;
    struct lines *lines; /* owned */
    void *queue_memory;  /* owned */
    struct evring in, out;
    int has_shown; /* the head of the queue was handed out and is released with the next call */
    struct table table;
    struct symbols *symbols;       /* owned; raw */
    const struct venue_wire *wire; /* raw: whose messages these are */
    void *reader;                  /* owned; the wire's */
    struct wire_out *decoded;      /* owned; raw */
    struct book_sync sync;
    int has_sync;
    int is_over;         /* nothing more is read */
    int is_scanning;     /* a bad row was found: only more of them are looked for */
    agon_ns_t t;         /* of the line being read */
    agon_qty_t last_qty; /* bars: volume of the row before */
    struct tape_report report;
};

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
                         "%s: %s is not a symbol whose quote is known; it should end like "
                         "BTCUSDT or ETHBTC",
                         path, info->symbol);
    // As the venue itself calls it, where the file says which: agents know it by that name live.
    snprintf(info->plain, sizeof(info->plain), "%s", info->symbol);
    info->wire = venue_table_named(path);
    if (info->wire != NULL &&
        !wire_spell(info->wire, info->base, info->quote, info->symbol, sizeof(info->symbol)))
        return error_set(err, AGON_EINVAL, "%s: %s is too long a name", path, info->plain);
    return AGON_OK;
}

// Which one rows are in the order of: where each says when it was received, that.
static enum table_column order_column(const struct tape_info *info, const struct table *table)
{
    return info->has_received ? TABLE_RECEIVED_US : (enum table_column)table->time;
}

// Symbol and time of a row of the table.
static void look_at_row(struct tape_info *info, const struct table *table, const char *line,
                        uint32_t n, struct recording_symbols *symbols, struct recording_step *step)
{
    enum table_column order = order_column(info, table);
    struct table_row row;
    agon_ns_t t = 0;
    int place = table->places[TABLE_SYMBOL];

    table_split(&row, line, n);
    if (table_has(table, &row, TABLE_SYMBOL))
        recording_note_symbol(symbols, row.fields[place], row.lengths[place]);
    if (info->t_first == 0 && table_has(table, &row, order))
        (void)table_time_of(table, &row, order, &info->t_first);
    if (info->kind != TAPE_BARS || !table_has(table, &row, order))
        return;
    (void)table_time_of(table, &row, order, &t);
    recording_note_step(step, t / SECOND_NS, BAR_S_MAX);
}

static uint8_t kind_of(enum table_kind kind)
{
    return kind == TABLE_TRADES ? TAPE_TRADES : kind == TABLE_BARS ? TAPE_BARS : 0;
}

int tape_look(const char *path, const char *symbol, struct tape_info *info, struct error *err)
{
    struct lines *lines = data_file_open(path, NULL, err);
    struct recording_symbols symbols = {.n = 0};
    const char *said = symbol != NULL ? symbol : "";
    const char *why;
    struct table table;
    char *line;
    uint32_t n;
    uint32_t at = 1;
    struct recording_step step = {0};
    int rc;

    if (lines == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
    memset(info, 0, sizeof(*info));
    if (said[0] != '\0')
        snprintf(symbols.asked, sizeof(symbols.asked), "%s", said);
    else
        recording_symbol_of_name(path, symbols.asked);
    rc = lines_next(lines, &line, &n, err);
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
    info->kind = kind_of(table_head(&table, line, n, &why, &at));
    info->has_received = info->kind == TAPE_TRADES && table.places[TABLE_RECEIVED_US] >= 0;
    if (info->kind == 0) {
        rc = why != NULL ? error_set(err, AGON_EINVAL, "%s:1:%u: %s", path, at, why)
                         : error_set(err, AGON_EINVAL,
                                     "%s:1:1: the header names neither trades (time_ms, "
                                     "time_seconds or timestamp, price, amount) nor bars "
                                     "(open_time_ms,open,high,low,close,volume)",
                                     path);
        goto done;
    }
    while ((rc = lines_next(lines, &line, &n, err)) == 1)
        look_at_row(info, &table, line, n, &symbols, &step);
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
    lines_close(lines);
    return rc < 0 ? rc : AGON_OK;
}

int tape_is_linear(const struct tape_info *info)
{
    return info->kind == TAPE_RAW && info->wire != NULL &&
           instrument_kind_has_margin(info->wire->kind);
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
              (unsigned long long)lines_number(tape->lines), column, rule);
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

static uint32_t column_of(const struct tape *tape, const struct table_row *row,
                          enum table_column column)
{
    return table_at(&tape->table, row, column);
}

static void refuse_value(struct tape *tape, const struct table_row *row, enum table_column column,
                         const char *rule)
{
    int place = tape->table.places[column];
    char shown[RECORDING_SHOWN];

    refuse(tape, column_of(tape, row, column), "%s %s %s", table_spoken(column),
           recording_show(row->fields[place], row->lengths[place], shown), rule);
}

// What reading a field gave. False: the row was refused.
static int judge(struct tape *tape, const struct table_row *row, enum table_column column, int exp,
                 int rc)
{
    int place = tape->table.places[column];
    char shown[RECORDING_SHOWN];
    char limit[NUM_TEXT];
    const char *name = table_spoken(column);
    const char *text = row->fields[place];
    uint32_t n = row->lengths[place];

    tape->report.n_noisy += rc == RECORDING_NOISY;
    tape->report.n_cut += rc == RECORDING_CUT;
    if (rc >= 0)
        return 1;
    recording_show(text, n, shown);
    num_format_short(NUM_MAX, exp, limit);
    if (rc != AGON_ERANGE)
        refuse(tape, column_of(tape, row, column), "%s '%s' is not a plain decimal number", name,
               shown);
    else if (!num_is_too_fine(text, n, exp))
        refuse(tape, column_of(tape, row, column), "%s %s is too large: the limit is %s", name,
               shown, limit);
    else
        refuse(tape, column_of(tape, row, column),
               "%s %s is finer than %d digits after the point, which its listing has", name, shown,
               exp);
    return 0;
}

static int is_there(struct tape *tape, const struct table_row *row, enum table_column column)
{
    if (table_has(&tape->table, row, column))
        return 1;
    refuse(tape, 1, "the row has fewer fields than the header");
    return 0;
}

// A field as a count of 10^-exp. False: the row was refused.
static int number(struct tape *tape, const struct table_row *row, enum table_column column, int exp,
                  int64_t *value)
{
    return is_there(tape, row, column) &&
           judge(tape, row, column, exp, table_number(&tape->table, row, column, exp, value));
}

static int take_stamp(struct tape *tape, const struct table_row *row, enum table_column column,
                      agon_ns_t *t)
{
    int rc;

    if (!is_there(tape, row, column))
        return 0;
    rc = table_time_of(&tape->table, row, column, t);
    if (rc != TABLE_BEYOND)
        return judge(tape, row, column, table_time_exp(column), rc);
    refuse_value(tape, row, column, table_time_rule(column));
    return 0;
}

/* The time of the row, as its venue says, and when it was known here. */
static int take_time(struct tape *tape, const struct table_row *row, agon_ns_t *t)
{
    enum table_column column = order_column(&tape->config.info, &tape->table);
    agon_ns_t here = 0;

    if (!take_stamp(tape, row, (enum table_column)tape->table.time, t))
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
static int take_side(struct tape *tape, const struct table_row *row, uint8_t *side)
{
    enum table_column column;
    int rc = table_side(&tape->table, row, &column);
    char shown[RECORDING_SHOWN];
    int place = tape->table.places[column];

    *side = (uint8_t)(rc > 0 ? rc : 0);
    if (place < 0)
        return 1;
    if (!is_there(tape, row, column))
        return 0;
    if (rc < 0)
        refuse(tape, column_of(tape, row, column), "%s '%s' is neither %s",
               column == TABLE_SIDE ? "side" : "buyer_is_maker",
               recording_show(row->fields[place], row->lengths[place], shown),
               column == TABLE_SIDE ? "buy nor sell" : "true nor false");
    return rc >= 0;
}

static int trade_row(struct tape *tape, const struct table_row *row)
{
    agon_ns_t t = 0;
    agon_px_t px = 0;
    agon_qty_t qty = 0;
    uint8_t side;
    int rc;

    if (!take_time(tape, row, &t) ||
        !number(tape, row, TABLE_PX, tape->config.instrument.px_exp, &px) ||
        !number(tape, row, TABLE_QTY, tape->config.instrument.qty_exp, &qty) ||
        !take_side(tape, row, &side))
        return AGON_OK;
    if (px <= 0 || qty <= 0) {
        refuse_value(tape, row, px <= 0 ? TABLE_PX : TABLE_QTY, "is not above zero");
        return AGON_OK;
    }
    tape->report.t_last = tape->t;
    rc = put_trade(tape, t, px, qty, side, table_id(&tape->table, row));
    return rc < 0 ? rc : put_book(tape, t, px, qty); // as of what has been seen, this trade last
}

static int bar_row(struct tape *tape, const struct table_row *row)
{
    static const enum table_column columns[] = {TABLE_OPEN, TABLE_HIGH, TABLE_LOW, TABLE_CLOSE};
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
    if (!number(tape, row, TABLE_VOLUME, instrument->qty_exp, &volume))
        return AGON_OK;
    if (volume < 0) {
        refuse_value(tape, row, TABLE_VOLUME, "is below zero");
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

static int take_row(struct tape *tape, const char *line, uint32_t n)
{
    struct table_row row;

    table_split(&row, line, n);
    if (!table_is_of(&tape->table, &row, tape->config.info.rows_of)) {
        tape->report.n_other++;
        return AGON_OK;
    }
    return tape->config.info.kind == TAPE_BARS ? bar_row(tape, &row) : trade_row(tape, &row);
}

// A message of depth was taken: does the book follow the stream?
static void count_book(struct tape *tape, int has_followed)
{
    tape->report.n_books += has_followed && tape->sync.state == BOOK_LIVE;
}

static void take_snapshot(struct tape *tape, int64_t t)
{
    const struct wire_depth *depth = &tape->decoded->depth;
    // A book that the stream itself brings needs nothing behind it to be one.
    int has_followed = tape->sync.is_pushed || tape->sync.diffs_used > 0;

    tape->report.n_snapshots++;
    // How many levels were asked for is not in the recording; the book shows it.
    if (tape->sync.is_pushed)
        tape->sync.snapshot_limit =
            wire_depth_of(tape->wire, depth->n_bid > depth->n_ask ? depth->n_bid : depth->n_ask);
    if (!tape->sync.is_asked)
        book_sync_asked(&tape->sync);
    book_sync_snapshot(&tape->sync, depth, t, 0);
    count_book(tape, has_followed);
}

static int take_record(struct tape *tape, int rc, uint32_t column)
{
    struct tape_report *report = &tape->report;
    int64_t t = tape->t;

    switch (rc) {
    case WIRE_TRADE:
        report->n_trades++;
        return put(tape, &tape->decoded->trade.hdr);
    case WIRE_QUOTE:
        report->n_quotes++;
        return put(tape, &tape->decoded->quote.hdr);
    case WIRE_SNAPSHOT:
    case WIRE_BOOK:
        take_snapshot(tape, t);
        return AGON_OK;
    case WIRE_DIFF:
        report->n_diffs++;
        book_sync_diff(&tape->sync, &tape->decoded->depth, t, 0);
        count_book(tape, 1);
        return AGON_OK;
    default:
        if (rc < 0)
            refuse(tape, column,
                   tape->decoded->named_kind == WIRE_SNAPSHOT ? "not a depth snapshot"
                                                              : "not a message of this stream");
        else
            report->n_other++;
        return AGON_OK;
    }
}

static int raw_row(struct tape *tape, char *line, uint32_t n)
{
    struct tape_report *report = &tape->report;
    char *space = memchr(line, ' ', n);
    const char *message = space != NULL ? space + 1 : line;
    uint32_t n_message = (uint32_t)(line + n - message);
    uint32_t column = (uint32_t)(message - line) + 1;
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
    // Of several records in one message the last is followed by 0, which is none of them.
    for (int is_first = 1;; is_first = 0) {
        int kind = tape->wire->decode_recorded != NULL
                       ? tape->wire->decode_recorded(tape->reader, &tape->symbols->all[0], message,
                                                     n_message, tape->decoded)
                       : tape->wire->decode(tape->reader, message, n_message, tape->decoded);

        if (kind <= 0 && !is_first)
            return AGON_OK;
        rc = take_record(tape, kind, column);
        if (rc < 0 || kind <= 0 || !tape->wire->has_several)
            return rc;
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
        rc = lines_next(tape->lines, &line, &n, &why);
        if (rc == 1) {
            tape->report.n_rows++;
            rc = tape->config.info.kind == TAPE_RAW ? raw_row(tape, line, n)
                                                    : take_row(tape, line, n);
            if (rc >= 0)
                continue;
            error_set(&why, rc, "%s:%llu: %s", tape->config.path,
                      (unsigned long long)lines_number(tape->lines), error_name(rc));
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
    if (tape->symbols == NULL || tape->decoded == NULL)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", config->path);
    symbols_init(tape->symbols);
    rc = symbols_add_asset(tape->symbols, config->quote, config->instrument.quote,
                           config->quote_exp, err);
    if (rc >= 0)
        rc = symbols_add(tape->symbols, &config->instrument, err);
    if (rc < 0)
        return rc;
    tape->wire = venue_table_of_recording(config->path, config->instrument.kind);
    if (tape->wire == NULL)
        return error_set(err, AGON_ENOTSUP, "%s: no venue here sends such messages", config->path);
    rc = tape->wire->open_reader(tape->symbols, &tape->reader);
    if (rc < 0)
        return error_set(err, rc, "%s: out of memory", config->path);
    if (config->listing != NULL && config->listing[0] != '\0')
        rc = listing_teach(config->listing, tape->wire, tape->reader, err);
    if (rc < 0)
        return rc;
    if (tape->wire->is_legible != NULL && !tape->wire->is_legible(tape->reader))
        return error_set(
            err, AGON_EINVAL,
            "%s: quantities are in contracts, and how much one is stands in the "
            "venue's list of instruments alone; put that beside it, as %s_%s.json, or name it "
            "by --instruments",
            config->path, tape->wire->name, tape->wire->listing);
    rc =
        book_sync_init(&tape->sync, &tape->symbols->all[0], config->instrument.venue, 0, put, tape);
    if (rc < 0)
        return error_set(err, rc, "%s: out of memory", config->path);
    tape->has_sync = 1;
    tape->sync.is_chained = tape->wire->book == BOOK_CHAIN || tape->wire->book == BOOK_CHAIN_PUSHED;
    if (wire_is_pushed(tape->wire) && book_sync_push(&tape->sync, tape->wire->checksum) < 0)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", config->path);
    book_sync_start(&tape->sync, 0);
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
    tape->lines = data_file_open(config->path, NULL, err);
    if (tape->lines == NULL) {
        rc = err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
        goto fail;
    }
    if (config->info.kind == TAPE_RAW) {
        rc = open_raw(tape, err);
    } else {
        rc = lines_next(tape->lines, &line, &n, err);
        if (rc == 0)
            rc = error_set(err, AGON_ECORRUPT, "%s: the file is empty", config->path);
        if (rc == 1 && kind_of(table_head(&tape->table, line, n, &why, &at)) != config->info.kind)
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
    lines_close(tape->lines);
    if (tape->has_sync)
        book_sync_deinit(&tape->sync);
    if (tape->reader != NULL)
        tape->wire->close(tape->reader);
    free(tape->symbols);
    free(tape->decoded);
    free(tape->queue_memory);
    free(tape);
}

void tape_report(const struct tape *tape, struct tape_report *report)
{
    uint64_t n_bad = 0; // they are in the report, row by row

    *report = tape->report;
    report->n_gaps += tape->has_sync ? tape->sync.n_gaps : 0;
    report->n_differ = tape->has_sync ? tape->sync.n_differ : 0;
    if (tape->reader != NULL)
        tape->wire->count(tape->reader, &n_bad, &report->n_cut);
}
