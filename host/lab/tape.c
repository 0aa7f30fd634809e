// SPDX-License-Identifier: Apache-2.0
#include "lab/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hot.h"
#include "base/num.h"
#include "base/zeroed.h"
#include "lab/data_file.h"
#include "lab/read_ahead.h"
#include "lab/tape_file.h"
#include "lab/tape_impl.h"
#include "market/evring.h"
#include "match/match.h"
#include "sys/proc.h"
#include "venue/book_sync.h"

#define QUEUE ((uint64_t)1 << 15) /* granules: 2 MiB, more than any one line becomes */

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
    if (tape->file != NULL)
        error_set(&report->bad[report->n_bad], AGON_ECORRUPT, "%s: block %llu, row %llu: %s",
                  tape->config.path,
                  (unsigned long long)tape_rows_number(tape->rows) / TAPE_BLOCK_ROWS,
                  (unsigned long long)tape_rows_number(tape->rows), rule);
    else
        error_set(&report->bad[report->n_bad], AGON_ECORRUPT, "%s:%llu:%u: %s", tape->config.path,
                  (unsigned long long)lines_number(tape->lines), column, rule);
    if (report->n_bad++ == 0)
        report->err = report->bad[0];
    tape->is_scanning = 1;
}

int tape_put(void *ctx, struct agon_event_hdr *event)
{
    struct tape *tape = ctx;

    if (tape->is_scanning)
        return AGON_OK;
    event->t = tape->t;
    if (event->type == AGON_EVENT_BOOK_SNAPSHOT && tape->config.info.kind != TAPE_RAW)
        tape->report.n_books++;
    return evring_put(&tape->in, event);
}

/* The only event of its row, which stands until the next row is read: nothing waits before it, and
 * it need not be queued. */
static int put_whole(struct tape *tape, struct agon_event_hdr *event)
{
    if (tape->is_scanning)
        return AGON_OK;
    event->t = tape->t;
    if (event->type == AGON_EVENT_BOOK_SNAPSHOT && tape->config.info.kind != TAPE_RAW)
        tape->report.n_books++;
    tape->whole = event;
    return AGON_OK;
}

struct traded { /* by a row */
    agon_ns_t t_venue;
    agon_px_t px;
    agon_qty_t qty;
    uint64_t id;
    uint8_t side;
};

static void make_trade(const struct tape *tape, const struct traded *of, struct agon_trade *trade)
{
    *trade = (struct agon_trade){
        .hdr = {.type = AGON_EVENT_TRADE,
                .granules = 1,
                .instrument = tape->config.instrument.hdr.instrument,
                .t_venue = of->t_venue,
                .t = tape->t},
        .px = of->px,
        .qty = of->qty,
        .venue_id = of->id,
        .side = of->side,
    };
}

static void make_book(const struct tape *tape, const struct traded *of, struct agon_book_part *part,
                      struct agon_level *bid, struct agon_level *ask)
{
    const struct agon_instrument *instrument = &tape->config.instrument;
    const struct match_bars bars = {.spread_ppm = tape->config.spread_ppm};

    *part = (struct agon_book_part){.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT,
                                            .granules = 2,
                                            .instrument = instrument->hdr.instrument,
                                            .t_venue = of->t_venue,
                                            .t = tape->t},
                                    .n_bid = 1,
                                    .n_ask = 1,
                                    .flags = BOOK_PART_FIRST | BOOK_PART_LAST | BOOK_PART_RANGE};
    match_bars_quote(&bars, instrument, of->px, &bid->px, &ask->px);
    bid->qty = ask->qty = of->qty;
}

static int put_trade(struct tape *tape, const struct traded *of)
{
    struct agon_trade trade;

    make_trade(tape, of, &trade);
    return tape_put(tape, &trade.hdr);
}

static int put_book(struct tape *tape, const struct traded *of)
{
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } event = {0};

    make_book(tape, of, &event.part, &event.levels[0], &event.levels[1]);
    return tape_put(tape, &event.part.hdr);
}

/* Both as one event, where it stays until the next row is read. */
static int put_joined(struct tape *tape, const struct traded *of)
{
    struct record_trade_book *event = &tape->joined;

    if (tape->is_scanning)
        return AGON_OK;
    make_trade(tape, of, &event->trade);
    make_book(tape, of, &event->part, &event->bid, &event->ask);
    event->trade.hdr.granules = sizeof(*event) / EVENT_GRANULE;
    tape->report.n_books++;
    tape->whole = &event->trade.hdr;
    return AGON_OK;
}

// Where a bar begins, its open is all that is known of it.
static void put_open(struct tape *tape, agon_ns_t t, agon_px_t px)
{
    const struct agon_instrument *instrument = &tape->config.instrument;
    tape->t = t;
    if (tape->config.has_book || tape->is_scanning)
        return;
    match_bars_open(&tape->assumed, instrument, t, px, tape->last_qty, &tape->open);
    tape->whole = &tape->open.hdr;
}

// px: open, high, low, close.
static void put_bar(struct tape *tape, agon_ns_t t, const agon_px_t px[4], agon_qty_t volume)
{
    if (tape->is_scanning)
        return;
    match_bars_close(&tape->config.instrument, tape->config.quote_exp, t,
                     tape->config.info.length_s, px, volume, &tape->bar);
    tape->t = tape->bar.hdr.t_venue;
    if (tape->whole != NULL)
        tape->behind = &tape->bar.hdr;
    else
        tape->whole = &tape->bar.hdr;
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
    if (tape->is_plain) {
        *value = row->values[column];
        return 1;
    }
    return is_there(tape, row, column) &&
           judge(tape, row, column, exp, table_number(&tape->table, row, column, exp, value));
}

static int take_stamp(struct tape *tape, const struct table_row *row, enum table_column column,
                      agon_ns_t *t)
{
    int rc;

    if (tape->is_plain) {
        *t = row->values[column];
        return 1;
    }
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
    enum table_column column = tape_order(&tape->config.info, &tape->table);
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

static int take_trade(struct tape *tape, const struct traded *of)
{
    int rc;

    tape->report.t_last = tape->t;
    if (tape->config.is_joined && !tape->config.has_book)
        return put_joined(tape, of);
    rc = put_trade(tape, of);
    // As of what has been seen, this trade last.
    return rc < 0 || tape->config.has_book ? rc : put_book(tape, of);
}

static int trade_row(struct tape *tape, const struct table_row *row)
{
    struct traded of = {0};

    if (!take_time(tape, row, &of.t_venue) ||
        !number(tape, row, TABLE_PX, tape->config.instrument.px_exp, &of.px) ||
        !number(tape, row, TABLE_QTY, tape->config.instrument.qty_exp, &of.qty) ||
        !take_side(tape, row, &of.side))
        return AGON_OK;
    if (of.px <= 0 || of.qty <= 0) {
        refuse_value(tape, row, of.px <= 0 ? TABLE_PX : TABLE_QTY, "is not above zero");
        return AGON_OK;
    }
    of.id = table_id(&tape->table, row);
    return take_trade(tape, &of);
}

// px: open, high, low, close; each above zero.
static int take_bar(struct tape *tape, agon_ns_t t, const agon_px_t px[4], agon_qty_t volume)
{
    agon_ns_t length = (agon_ns_t)tape->config.info.length_s * TAPE_SECOND_NS;
    const char *rule = NULL;

    if (px[1] < px[0] || px[1] < px[3] || px[2] > px[0] || px[2] > px[3])
        rule = "high and low do not enclose open and close";
    else if (tape->has_bar && t - tape->report.t_last < length)
        rule = "a bar that begins before the one above has ended";
    if (rule != NULL) {
        refuse(tape, 1, "%s", rule);
        return AGON_OK;
    }
    if (tape->has_bar && t - tape->report.t_last > length)
        tape->report.n_gaps++;
    tape->report.t_last = t;
    tape->has_bar = 1;
    put_open(tape, t, px[0]);
    tape->last_qty = volume;
    put_bar(tape, t, px, volume);
    return AGON_OK;
}

static int bar_row(struct tape *tape, const struct table_row *row)
{
    static const enum table_column columns[] = {TABLE_OPEN, TABLE_HIGH, TABLE_LOW, TABLE_CLOSE};
    const struct agon_instrument *instrument = &tape->config.instrument;
    agon_px_t px[4] = {0};
    agon_qty_t volume = 0;
    agon_ns_t t = 0;

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
    return take_bar(tape, t, px, volume);
}

/* The bars of a table are of one length, wherever others stand. AGON_ECORRUPT with the place. */
static int note_step(struct tape *tape, const struct table_row *row)
{
    enum table_column order = tape_order(&tape->config.info, &tape->table);
    struct recording_step *step = &tape->step;
    agon_ns_t t = 0;

    if (tape->is_plain)
        t = row->values[order];
    else if (table_has(&tape->table, row, order))
        (void)table_time_of(&tape->table, row, order, &t);
    recording_note_step(step, t / TAPE_SECOND_NS, TAPE_BAR_S_MAX);
    if (step->run < RECORDING_STEP_RUN || step->steps[step->kind] == tape->config.info.length_s)
        return AGON_OK;
    return error_set(&tape->report.err, AGON_ECORRUPT,
                     "%s:%llu: its first rows are %u s apart, and the last %d up to this one are "
                     "%lld s: bars of each length belong in a file of their own",
                     tape->config.path, (unsigned long long)lines_number(tape->lines),
                     tape->config.info.length_s, RECORDING_STEP_RUN,
                     (long long)step->steps[step->kind]);
}

/* A bar with nothing wrong behind a good one. */
static inline void follow(struct tape *tape, agon_ns_t length, agon_ns_t t, const agon_px_t px[4],
                          agon_qty_t volume)
{
    tape->report.n_gaps += t - tape->report.t_last > length;
    tape->report.t_last = t;
    put_open(tape, t, px[0]);
    tape->last_qty = volume;
    put_bar(tape, t, px, volume);
}

/* 0: the row is taken as any other. */
static inline int follow_row(struct tape *tape, const struct table_row *row)
{
    const agon_ns_t length = (agon_ns_t)tape->config.info.length_s * TAPE_SECOND_NS;
    const agon_ns_t t = row->values[tape->table.time];
    const agon_px_t px[4] = {row->values[TABLE_OPEN], row->values[TABLE_HIGH],
                             row->values[TABLE_LOW], row->values[TABLE_CLOSE]};

    if (t - tape->report.t_last < length ||
        ((px[2] <= 0) | (px[1] < px[0]) | (px[1] < px[3]) | (px[2] > px[0]) | (px[2] > px[3])) != 0)
        return 0;
    tape->t = t;
    follow(tape, length, t, px, row->values[TABLE_VOLUME]); // which no plain number is below zero
    return 1;
}

static int take_row(struct tape *tape, const char *line, uint32_t n)
{
    struct table_row row;

    tape->is_plain = table_scan(&tape->plan, line, n, &row);
    if (!tape->is_plain)
        table_split(&row, line, n);
    if (tape->is_plain && tape->has_plain_bars && tape->has_bar &&
        recording_note_alike(&tape->step, row.values[tape->table.time] / TAPE_SECOND_NS,
                             tape->config.info.length_s)) {
        if (follow_row(tape, &row))
            return AGON_OK;
    } else if (tape->config.info.kind == TAPE_BARS && note_step(tape, &row) < 0)
        return AGON_ECORRUPT;
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
        return tape_put(tape, &tape->decoded->trade.hdr);
    case WIRE_QUOTE:
        report->n_quotes++;
        return tape_put(tape, &tape->decoded->quote.hdr);
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

/* A tape's row is judged as a table's is: what made it may have been another program. */
static int file_row(struct tape *tape, const struct tape_row *row)
{
    struct tape_report *report = &tape->report;
    int is_bar = row->event == NULL && tape->config.info.kind == TAPE_BARS;

    report->n_cut += (uint64_t)row->is_cut;
    tape->t = row->t;
    if (row->wrong != NULL) {
        refuse(tape, 1, "%s", row->wrong);
        return AGON_OK;
    }
    if (row->t < report->t_last) {
        refuse(tape, 1, "its time is before the row above");
        return AGON_OK;
    }
    if (is_bar)
        return take_bar(tape, row->t, row->px, row->qty);
    if (row->event == NULL)
        return take_trade(tape, &(struct traded){.t_venue = row->t_venue,
                                                 .px = row->px[0],
                                                 .qty = row->qty,
                                                 .id = row->id,
                                                 .side = row->side});
    report->t_last = row->t;
    report->n_trades += row->event->type == AGON_EVENT_TRADE;
    report->n_quotes += row->event->type == AGON_EVENT_QUOTE;
    report->n_diffs += row->event->type == AGON_EVENT_BOOK_DELTA;
    report->n_snapshots += row->event->type == AGON_EVENT_BOOK_SNAPSHOT;
    return put_whole(tape, row->event);
}

/* 1: one more row; 0: the end; below 0 with the reason. */
static int read_row(struct tape *tape, struct error *why)
{
    struct tape_row row;
    char *line;
    uint32_t n;
    int rc;

    if (tape->file != NULL) {
        rc = tape_rows_next(tape->rows, &row, why);
        if (rc != 1)
            return rc;
        tape->report.n_rows = tape_rows_number(tape->rows);
        rc = file_row(tape, &row);
    } else {
        rc = lines_next(tape->lines, &line, &n, why);
        if (rc != 1)
            return rc;
        tape->report.n_rows++;
        rc = tape->config.info.kind == TAPE_RAW ? raw_row(tape, line, n) : take_row(tape, line, n);
    }
    if (rc < 0 && tape->report.err.code == 0)
        error_set(why, rc, "%s: row %llu: %s", tape->config.path,
                  (unsigned long long)tape->report.n_rows, error_name(rc));
    return rc < 0 ? rc : 1;
}

/* A row of bars with nothing wrong behind a good one. 0: it is taken as any other. */
static inline int read_plain_bar(struct tape *tape)
{
    const agon_ns_t length = (agon_ns_t)tape->config.info.length_s * TAPE_SECOND_NS;
    struct tape_row row;

    if (tape->rows == NULL || !tape->has_bar || tape->is_over || tape->is_scanning ||
        !tape_rows_next_plain(tape->rows, &row))
        return 0;
    if (row.t - tape->report.t_last < length) {
        tape_rows_put_back(tape->rows);
        return 0;
    }
    tape->report.n_rows = tape_rows_number(tape->rows);
    follow(tape, length, row.t, row.px, row.qty);
    return 1;
}

/* Most of what a tape of books has is quotes, with which nothing is wrong. NULL: what comes is
 * taken as any other. */
static inline const struct agon_event_hdr *next_quote(struct tape *tape)
{
    struct tape_report *report = &tape->report;
    const struct agon_event_hdr *event;

    if (tape->is_over || report->n_bad == TAPE_BAD_MAX)
        return NULL;
    event = tape_rows_next_quote(tape->rows, report->t_last);
    if (event == NULL)
        return NULL;
    report->n_rows = tape_rows_number(tape->rows);
    report->n_quotes++;
    tape->t = report->t_last = event->t;
    if (report->n_events++ == 0)
        report->t_first = event->t;
    return event;
}

// Not inlined: of a row with two events the second lies there already.
static HOT __attribute__((noinline)) const struct agon_event_hdr *next_of_rows(struct tape *tape)
{
    const int is_queued = tape->is_queued;
    const struct agon_event_hdr *event;

    if (tape->has_shown)
        evring_release(&tape->out);
    tape->has_shown = 0;
    tape->whole = tape->behind;
    tape->behind = NULL;
    while ((event = tape->whole) == NULL &&
           (!is_queued || (event = evring_peek(&tape->out, NULL)) == NULL)) {
        struct error why;
        int rc;

        if (!is_queued && read_plain_bar(tape))
            continue;
        why.code = 0;
        why.text[0] = '\0';
        if (tape->report.n_bad == TAPE_BAD_MAX || tape->is_over)
            return NULL;
        // Nothing waits: the next row's events lie where those before lay, and not in new lines.
        if (is_queued)
            evring_rewind(&tape->in, &tape->out);
        rc = read_row(tape, &why);
        if (rc == 1)
            continue;
        tape->is_over = 1;
        if (rc < 0 && tape->report.err.code == 0)
            tape->report.err = why;
        else if (rc < 0 && why.code < 0)
            tape->report.bad[tape->report.n_bad++] = why;
    }
    if (tape->report.n_events++ == 0)
        tape->report.t_first = event->t;
    tape->has_shown = tape->whole == NULL;
    return event;
}

static HOT const struct agon_event_hdr *next_here(void *ctx)
{
    struct tape *tape = ctx;
    const struct agon_event_hdr *quote = tape->is_l2 ? next_quote(tape) : NULL;

    if (quote != NULL)
        return quote;
    if (tape->behind == NULL || tape->has_shown)
        return next_of_rows(tape);
    tape->whole = tape->behind;
    tape->behind = NULL;
    tape->report.n_events++; // of which it is not the first
    return tape->whole;
}

HOT const struct agon_event_hdr *tape_next(void *ctx)
{
    struct tape *tape = ctx;

    return tape->ahead != NULL ? read_ahead_next(tape->ahead) : next_here(tape);
}

int tape_open(struct tape **out, const struct tape_config *config, struct error *err)
{
    struct tape *tape = calloc(1, sizeof(*tape));
    void *queue;
    int rc = AGON_ENOMEM;

    *out = NULL;
    if (tape == NULL)
        return error_set(err, rc, "%s: out of memory", config->path);
    tape->config = *config;
    tape->is_queued = config->info.kind != TAPE_BARS; // whose two events stand elsewhere (put_bar)
    tape->assumed =
        (struct match_bars){.spread_ppm = config->spread_ppm, .volume_ppm = config->volume_ppm};
    queue = zeroed_new(128, evring_bytes(QUEUE), &tape->queue_memory);
    if (queue == NULL) {
        error_set(err, rc, "%s: out of memory", config->path);
        goto fail;
    }
    evring_format(queue, QUEUE);
    evring_attach(&tape->in, queue, QUEUE);
    evring_attach(&tape->out, queue, QUEUE);
    if (config->info.is_tape) {
        rc = tape_open_file(tape, err);
    } else {
        tape->lines = data_file_open_counted(config->path, config->source, err);
        if (tape->lines == NULL) {
            rc = err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
            goto fail;
        }
        rc = config->info.kind == TAPE_RAW ? tape_open_raw(tape, err) : tape_open_table(tape, err);
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
    read_ahead_free(tape->ahead);
    lines_close(tape->lines);
    tape_rows_free(tape->rows);
    tape_file_close(tape->file);
    if (tape->has_sync)
        book_sync_deinit(&tape->sync);
    if (tape->reader != NULL)
        tape->wire->close(tape->reader);
    free(tape->symbols);
    free(tape->decoded);
    free(tape->queue_memory);
    free(tape);
}

const struct tape_file *tape_source(const struct tape *tape)
{
    return tape->file;
}

void tape_read_ahead(struct tape *tape)
{
    if (tape->ahead == NULL && proc_cores() > 1)
        tape->ahead = read_ahead_new(&(struct read_ahead_source){
            .next = next_here, .ctx = tape, .row = &tape->report.n_rows});
}

uint64_t tape_row(const struct tape *tape)
{
    return tape->ahead != NULL && !read_ahead_is_over(tape->ahead) ? read_ahead_row(tape->ahead)
                                                                   : tape->report.n_rows;
}

void tape_report(const struct tape *tape, struct tape_report *report)
{
    uint64_t n_bad = 0; // they are in the report, row by row

    if (tape->ahead != NULL)
        read_ahead_end(tape->ahead);
    *report = tape->report;
    report->n_gaps += tape->has_sync ? tape->sync.n_gaps : 0;
    report->n_differ += tape->has_sync ? tape->sync.n_differ : 0;
    if (tape->reader != NULL)
        tape->wire->count(tape->reader, &n_bad, &report->n_cut);
}
