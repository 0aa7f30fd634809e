// SPDX-License-Identifier: Apache-2.0
/* tape_rows: a tape's columns as rows and events, by an instrument's exponents. A checksum says
 * that a row is as it was written, and nothing of who wrote it: each value is judged before it is
 * used. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hot.h"
#include "base/num.h"
#include "lab/tape_file.h"

#define T_MAX ((agon_ns_t)4102444800 * 1000000000) /* 2100 */

struct scale {         /* from the tape's exponent to the instrument's */
    int64_t times, by; /* by is 1, or times is */
};
/* Nothing has its highest bit that is as it should be: a price, a quantity, and what is left of
 * either to the largest that fits. */
struct fit {
    uint64_t px_max, qty_max;
};

struct tape_rows {
    struct tape_file *file; /* borrowed */
    const struct tape_head *head;
    agon_instrument_t instrument;
    uint16_t venue;
    struct scale px, qty;
    struct fit fit;
    char too_fine[96];
    const void *columns[TAPE_COLUMNS_MAX]; /* of the block in use */
    uint64_t next;                         /* the row that comes, from 0 */
    uint64_t block;                        /* of columns, + 1; 0: none yet */
    uint32_t at, n;                        /* in the block */
    uint64_t plain_end; /* bars: of the rows from next on before that nothing is wrong (is_plain) */
    union {
        struct agon_event_hdr hdr;
        struct agon_trade trade;
        struct agon_quote quote;
        struct agon_book_part part;
        struct agon_status status;
        unsigned char bytes[EVENT_BYTES_MAX];
    } * event; /* owned */
};

static struct scale scale_of(int from, int to)
{
    return (struct scale){.times = to > from ? num_pow10(to - from) : 1,
                          .by = from > to ? num_pow10(from - to) : 1};
}

int tape_rows_new(struct tape_rows **out, struct tape_file *file,
                  const struct agon_instrument *instrument, struct error *err)
{
    struct tape_rows *rows = calloc(1, sizeof(*rows));

    *out = NULL;
    if (rows == NULL || (rows->event = calloc(1, sizeof(*rows->event))) == NULL) {
        free(rows);
        return error_set(err, AGON_ENOMEM, "out of memory");
    }
    rows->file = file;
    rows->head = tape_file_head_of(file);
    rows->instrument = instrument->hdr.instrument;
    rows->venue = instrument->venue;
    rows->px = scale_of(rows->head->px_exp, instrument->px_exp);
    rows->qty = scale_of(rows->head->qty_exp, instrument->qty_exp);
    rows->fit = (struct fit){.px_max = (uint64_t)(INT64_MAX / rows->px.times),
                             .qty_max = (uint64_t)(INT64_MAX / rows->qty.times)};
    snprintf(rows->too_fine, sizeof(rows->too_fine),
             "a price is finer than %d digits after the point, which its listing has, or too large",
             instrument->px_exp);
    *out = rows;
    return AGON_OK;
}

void tape_rows_free(struct tape_rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->event);
    free(rows);
}

uint64_t tape_rows_number(const struct tape_rows *rows)
{
    return rows->next;
}

static inline int64_t column(const struct tape_rows *rows, uint32_t i)
{
    return ((const int64_t *)rows->columns[i])[rows->at];
}

/* False: it does not fit. */
static inline int to_px(const struct tape_rows *rows, int64_t value, int64_t *px)
{
    if (rows->px.by != 1) {
        *px = value / rows->px.by;
        return *px * rows->px.by == value;
    }
    return !__builtin_mul_overflow(value, rows->px.times, px);
}

/* As num_parse_qty: cut towards zero, and to no less than a unit. */
static inline int to_qty(const struct tape_rows *rows, int64_t value, int64_t *qty, int *is_cut)
{
    if (rows->qty.by != 1) {
        *qty = value / rows->qty.by;
        if (*qty * rows->qty.by != value) {
            *is_cut = 1;
            *qty += *qty == 0;
        }
        return 1;
    }
    return !__builtin_mul_overflow(value, rows->qty.times, qty);
}

/* Bars: would each row of the block in use be given without a word? */
static int is_plain(const struct tape_rows *rows)
{
    const int64_t *t = rows->columns[0], *volume = rows->columns[5];
    const int64_t px_max = INT64_MAX / rows->px.times, volume_max = INT64_MAX / rows->qty.times;
    int wrong = 0;

    if (rows->px.by != 1 || rows->qty.by != 1)
        return 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        int64_t px[4];

        for (uint32_t k = 0; k < 4; k++)
            px[k] = ((const int64_t *)rows->columns[1 + k])[i];
        // Between low and high are the others.
        wrong |= (px[2] <= 0) | (px[1] > px_max) | (px[1] < px[0]) | (px[1] < px[3]) |
                 (px[2] > px[0]) | (px[2] > px[3]) | (volume[i] < 0) | (volume[i] > volume_max) |
                 (t[i] < 0) | (t[i] > T_MAX);
    }
    return wrong == 0;
}

/* The next row's columns are at hand. 1; 0: there is no next row. */
static inline int advance(struct tape_rows *rows, struct error *err)
{
    uint64_t block = rows->next / TAPE_BLOCK_ROWS;

    if (rows->next == rows->head->n_rows)
        return 0;
    if (rows->block != block + 1) {
        int rc = tape_file_read(rows->file, block, rows->columns, &rows->n, err);

        if (rc < 0)
            return rc;
        rows->block = block + 1;
        rows->plain_end = rows->head->kind == TAPE_FILE_BARS && is_plain(rows)
                              ? block * TAPE_BLOCK_ROWS + rows->n
                              : 0;
    }
    rows->at = (uint32_t)(rows->next++ % TAPE_BLOCK_ROWS);
    return 1;
}

static const char *bar_of(const struct tape_rows *rows, struct tape_row *row)
{
    int64_t volume = column(rows, 5);

    for (uint32_t i = 0; i < 4; i++) {
        int64_t value = column(rows, 1 + i);

        if (value <= 0)
            return "a price is not above zero";
        if (!to_px(rows, value, &row->px[i]))
            return rows->too_fine;
    }
    if (volume < 0)
        return "volume is below zero";
    if (!to_qty(rows, volume, &row->qty, &row->is_cut))
        return "volume is too large";
    return row->t > T_MAX ? "its time is before 1970 or after 2100" : NULL;
}

static const char *trade_of(const struct tape_rows *rows, struct tape_row *row)
{
    row->t_venue = column(rows, 1);
    row->id = (uint64_t)column(rows, 4);
    row->side = ((const uint8_t *)rows->columns[5])[rows->at];
    if (row->t_venue < 0)
        return "its venue's time is before 1970";
    if (column(rows, 2) <= 0 || column(rows, 3) <= 0)
        return "price or quantity is not above zero";
    if (row->side > AGON_SELL)
        return "side is neither buy nor sell nor unknown";
    if (!to_px(rows, column(rows, 2), &row->px[0]))
        return rows->too_fine;
    return to_qty(rows, column(rows, 3), &row->qty, &row->is_cut) ? NULL : "quantity is too large";
}

/* head: of the bytes, what is before its levels, which follow. */
static void begin(struct tape_rows *rows, struct tape_row *row, uint16_t type, size_t bytes,
                  size_t head)
{
    size_t granules = (bytes + EVENT_GRANULE - 1) / EVENT_GRANULE;

    memset(rows->event, 0, head);
    memset(rows->event->bytes + bytes, 0, granules * EVENT_GRANULE - bytes);
    rows->event->hdr.type = type;
    rows->event->hdr.granules = (uint8_t)granules;
    rows->event->hdr.instrument = rows->instrument;
    rows->event->hdr.t_venue = column(rows, 1);
    row->event = &rows->event->hdr;
}

/* Both numbers of a row: what stands there may be none at all (0). */
static const char *level_of(const struct tape_rows *rows, uint32_t px, agon_px_t *px_out,
                            agon_qty_t *qty_out, int *is_cut)
{
    if (column(rows, px) < 0 || column(rows, px + 1) < 0)
        return "price or quantity is below zero";
    if (!to_px(rows, column(rows, px), px_out))
        return rows->too_fine;
    return to_qty(rows, column(rows, px + 1), qty_out, is_cut) ? NULL : "quantity is too large";
}

static const char *quote_of(struct tape_rows *rows, struct tape_row *row)
{
    const char *wrong;

    if (column(rows, 1) < 0)
        return "its venue's time is before 1970";
    begin(rows, row, AGON_EVENT_QUOTE, sizeof(rows->event->quote), sizeof(rows->event->quote));
    wrong =
        level_of(rows, 2, &rows->event->quote.bid_px, &rows->event->quote.bid_qty, &row->is_cut);
    return wrong != NULL ? wrong
                         : level_of(rows, 4, &rows->event->quote.ask_px,
                                    &rows->event->quote.ask_qty, &row->is_cut);
}

/* --- rows of L2 --- */

static inline uint32_t what(const struct tape_rows *rows)
{
    return ((const uint32_t *)rows->columns[5])[rows->at];
}

/* The row behind, which has to be of that. NULL: it is. */
static const char *follow(struct tape_rows *rows, enum tape_what of, struct error *err, int *rc)
{
    *rc = advance(rows, err);
    if (*rc < 0)
        return "";
    if (*rc == 0)
        return "the tape ends inside of an event";
    return (what(rows) & 0xff) == of ? NULL : "a row of an event is missing";
}

static const char *l2_trade(struct tape_rows *rows, struct tape_row *row)
{
    struct agon_trade *trade = &rows->event->trade;

    begin(rows, row, AGON_EVENT_TRADE, sizeof(*trade), sizeof(*trade));
    trade->venue_id = (uint64_t)column(rows, 4);
    trade->side = (uint8_t)(what(rows) >> 8);
    trade->flags = (uint8_t)(what(rows) >> 16);
    if (trade->side > AGON_SELL)
        return "side is neither buy nor sell nor unknown";
    if (column(rows, 2) == 0 || column(rows, 3) == 0)
        return "price or quantity is not above zero";
    return level_of(rows, 2, &trade->px, &trade->qty, &row->is_cut);
}

static inline uint64_t misfit(struct fit fit, int64_t px, int64_t qty)
{
    return (uint64_t)px | (uint64_t)qty | (fit.px_max - (uint64_t)px) |
           (fit.qty_max - (uint64_t)qty);
}

/* Both rows of a quote, where they stand in this block and need no more than a look. */
static inline int take_quote(struct tape_rows *rows, struct agon_quote *quote)
{
    const int64_t *px = (const int64_t *)rows->columns[2] + rows->at;
    const int64_t *qty = (const int64_t *)rows->columns[3] + rows->at;
    const uint32_t *of = (const uint32_t *)rows->columns[5] + rows->at;
    const struct fit fit = rows->fit;

    if (rows->px.by != 1 || rows->qty.by != 1 || rows->at + 1 == rows->n ||
        (of[1] & 0xff) != TAPE_QUOTE_ASK ||
        (misfit(fit, px[0], qty[0]) | misfit(fit, px[1], qty[1])) >> 63 != 0)
        return 0;
    quote->bid_px = px[0] * rows->px.times;
    quote->bid_qty = qty[0] * rows->qty.times;
    quote->ask_px = px[1] * rows->px.times;
    quote->ask_qty = qty[1] * rows->qty.times;
    rows->next++;
    rows->at++;
    return 1;
}

static const char *l2_quote(struct tape_rows *rows, struct tape_row *row, struct error *err,
                            int *rc)
{
    struct agon_quote *quote = &rows->event->quote;
    const char *wrong;

    begin(rows, row, AGON_EVENT_QUOTE, sizeof(*quote), sizeof(*quote));
    if (take_quote(rows, quote))
        return NULL;
    wrong = level_of(rows, 2, &quote->bid_px, &quote->bid_qty, &row->is_cut);
    if (wrong == NULL)
        wrong = follow(rows, TAPE_QUOTE_ASK, err, rc);
    return wrong != NULL ? wrong : level_of(rows, 2, &quote->ask_px, &quote->ask_qty, &row->is_cut);
}

/* Columns of n levels, judged while they are copied: 1; 0: one is no level, or needs more than a
 * look. */
static inline __attribute__((always_inline)) int copy_levels(
    struct agon_level *restrict levels, const int64_t *restrict px, const int64_t *restrict qty,
    const uint32_t *restrict of, uint32_t n, struct fit fit, uint64_t px_times, uint64_t qty_times)
{
    uint64_t wrong = 0;
    uint32_t others = 0;

    for (uint32_t i = 0; i < n; i++) {
        wrong |= misfit(fit, px[i], qty[i]) | ((uint64_t)px[i] - 1);
        others |= of[i] ^ TAPE_LEVEL;
        levels[i] = (struct agon_level){.px = (int64_t)((uint64_t)px[i] * px_times),
                                        .qty = (int64_t)((uint64_t)qty[i] * qty_times)};
    }
    return wrong >> 63 == 0 && (others & 0xff) == 0;
}

/* As many of the levels that are next as stand in this block, where they need no more than a look:
 * what is wrong with one is said by who takes them one by one. */
static inline uint32_t take_levels(struct tape_rows *rows, struct agon_level *levels, uint32_t n)
{
    uint32_t first = rows->at + 1;
    const int64_t *px = (const int64_t *)rows->columns[2] + first;
    const int64_t *qty = (const int64_t *)rows->columns[3] + first;
    const uint32_t *of = (const uint32_t *)rows->columns[5] + first;
    const uint64_t px_times = (uint64_t)rows->px.times, qty_times = (uint64_t)rows->qty.times;

    if (rows->px.by != 1 || rows->qty.by != 1)
        return 0;
    n = n < rows->n - first ? n : rows->n - first;
    if (px_times == 1 && qty_times == 1
            ? !copy_levels(levels, px, qty, of, n, rows->fit, 1, 1)
            : !copy_levels(levels, px, qty, of, n, rows->fit, px_times, qty_times))
        return 0;
    rows->next += n;
    rows->at += n;
    return n;
}

static const char *l2_part(struct tape_rows *rows, struct tape_row *row, struct error *err, int *rc)
{
    struct agon_book_part *part = &rows->event->part;
    struct agon_level *levels = (struct agon_level *)(void *)(part + 1);
    uint64_t counts = (uint64_t)column(rows, 4);
    uint32_t n = (uint32_t)(counts & 0xffff) + (uint32_t)(counts >> 16 & 0xffff);
    uint16_t type =
        (what(rows) & 0xff) == TAPE_SNAPSHOT ? AGON_EVENT_BOOK_SNAPSHOT : AGON_EVENT_BOOK_DELTA;
    const char *wrong = NULL;

    if (counts >> 32 != 0 || n > EVENT_LEVELS_MAX)
        return "more levels than one part of a book has";
    begin(rows, row, type, sizeof(*part) + n * sizeof(*levels), sizeof(*part));
    part->n_bid = (uint16_t)counts;
    part->n_ask = (uint16_t)(counts >> 16);
    part->flags = what(rows) >> 8;
    part->first_id = (uint64_t)column(rows, 2);
    part->last_id = (uint64_t)column(rows, 3);
    for (uint32_t i = take_levels(rows, levels, n); i < n && wrong == NULL; i++) {
        wrong = follow(rows, TAPE_LEVEL, err, rc);
        if (wrong == NULL)
            wrong = level_of(rows, 2, &levels[i].px, &levels[i].qty, &row->is_cut);
        if (wrong == NULL && levels[i].px == 0)
            wrong = "the price of a level is not above zero";
    }
    return wrong;
}

static const char *l2_status(struct tape_rows *rows, struct tape_row *row)
{
    struct agon_status *status = &rows->event->status;

    begin(rows, row, AGON_EVENT_STATUS, sizeof(*status), sizeof(*status));
    status->venue = rows->venue;
    status->trading = (uint8_t)(what(rows) >> 8);
    status->book = (uint8_t)(what(rows) >> 16);
    status->reason = (uint32_t)column(rows, 4);
    return status->trading > AGON_TRADING_HALTED || status->book > AGON_BOOK_STALE
               ? "a state of trading or of a book that is not known"
               : NULL;
}

static const char *l2_of(struct tape_rows *rows, struct tape_row *row, struct error *err, int *rc)
{
    if (column(rows, 1) < 0)
        return "its venue's time is before 1970";
    switch (what(rows) & 0xff) {
    case TAPE_TRADE:
        return l2_trade(rows, row);
    case TAPE_QUOTE_BID:
        return l2_quote(rows, row, err, rc);
    case TAPE_SNAPSHOT:
    case TAPE_DELTA:
        return l2_part(rows, row, err, rc);
    case TAPE_STATUS:
        return l2_status(rows, row);
    default:
        return "a row that begins no event";
    }
}

HOT int tape_rows_next_plain(struct tape_rows *rows, struct tape_row *row)
{
    if (rows->next >= rows->plain_end)
        return 0;
    rows->at = (uint32_t)(rows->next++ % TAPE_BLOCK_ROWS);
    row->t = column(rows, 0);
    for (uint32_t i = 0; i < 4; i++)
        row->px[i] = column(rows, 1 + i) * rows->px.times;
    row->qty = column(rows, 5) * rows->qty.times;
    return 1;
}

HOT struct agon_event_hdr *tape_rows_next_quote(struct tape_rows *rows, agon_ns_t t_least)
{
    uint32_t at = (uint32_t)(rows->next % TAPE_BLOCK_ROWS);
    struct agon_quote *quote = &rows->event->quote;
    agon_ns_t t, t_venue;

    if (rows->block != rows->next / TAPE_BLOCK_ROWS + 1 || at >= rows->n ||
        rows->head->kind != TAPE_FILE_L2)
        return NULL;
    t = ((const int64_t *)rows->columns[0])[at];
    t_venue = ((const int64_t *)rows->columns[1])[at];
    if ((((const uint32_t *)rows->columns[5])[at] & 0xff) != TAPE_QUOTE_BID || t < t_least ||
        t < 0 || t_venue < 0)
        return NULL;
    rows->at = at;
    *quote = (struct agon_quote){.hdr = {.type = AGON_EVENT_QUOTE,
                                         .granules = sizeof(*quote) / EVENT_GRANULE,
                                         .instrument = rows->instrument,
                                         .t_venue = t_venue,
                                         .t = t}};
    if (!take_quote(rows, quote))
        return NULL;
    rows->next++; // of its bid; that of its ask is counted
    return &quote->hdr;
}

void tape_rows_put_back(struct tape_rows *rows)
{
    rows->next--;
    rows->plain_end = 0;
}

HOT int tape_rows_next(struct tape_rows *rows, struct tape_row *row, struct error *err)
{
    int rc = advance(rows, err);

    if (rc != 1)
        return rc;
    row->event = NULL;
    row->is_cut = 0;
    row->t = column(rows, 0);
    if (row->t < 0)
        row->wrong = "its time is before 1970";
    else if (rows->head->kind == TAPE_FILE_BARS)
        row->wrong = bar_of(rows, row);
    else if (rows->head->kind == TAPE_FILE_TRADES)
        row->wrong = trade_of(rows, row);
    else if (rows->head->kind == TAPE_FILE_QUOTES)
        row->wrong = quote_of(rows, row);
    else
        row->wrong = l2_of(rows, row, err, &rc);
    if (rc < 0)
        return rc;
    if (row->event != NULL)
        row->event->t = row->t;
    return 1;
}
