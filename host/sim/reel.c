// SPDX-License-Identifier: Apache-2.0
#include "sim/reel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/reel_impl.h"

#define LINE_MAX_     (4u << 20)
#define LOOK_ROWS     400
#define BOOK_LEVELS   20 /* of the book that is put around a price */
#define NS_PER_S      1000000000ll
#define BAR_STEPS_MIN 30
#define BAR_STEPS_MAX 600

static struct lines *open_lines(const char *name, const void *bytes, size_t n, struct error *err)
{
    const struct lines_limits limits = {.line_max = LINE_MAX_};

    return lines_of_bytes(name, bytes, n, &limits, err);
}

// 1: a line that is not empty; 0: no more.
static int next_line(struct lines *lines, char **line, uint32_t *n, struct error *err)
{
    int rc;

    do
        rc = lines_next(lines, line, n, err);
    while (rc == 1 && *n == 0);
    return rc;
}

static enum reel_kind kind_of(enum table_kind kind)
{
    return kind == TABLE_BARS ? REEL_BARS : kind == TABLE_TRADES ? REEL_TRADES : REEL_NONE;
}

/* --- a first look --- */

// Of the venue whose messages these are, if they are any.
static const struct reel_venue *look_raw(const char *line, size_t n, struct reel_look *look)
{
    for (uint32_t i = 0; reel_venue_at(i) != NULL; i++)
        if (reel_venue_at(i)->look(line, n, look))
            return reel_venue_at(i);
    return NULL;
}

// Of which symbol the table is, and which of its rows are.
static int look_symbols(const char *name, const char *said, const struct recording_symbols *symbols,
                        struct reel_look *look, struct error *err)
{
    const char *rows_of = recording_pick(symbols, name, err);
    char base[16], quote[16];

    if (!rows_of)
        return AGON_EINVAL;
    snprintf(look->rows_of, sizeof(look->rows_of), "%s", rows_of);
    // A table knows better than its name what it is of.
    snprintf(look->symbol, sizeof(look->symbol), "%s",
             !said && recording_assets(rows_of, base, quote) ? rows_of : symbols->asked);
    return AGON_OK;
}

int reel_look(const char *name, const void *bytes, size_t n, const char *symbol,
              struct reel_look *look, struct error *err)
{
    struct recording_symbols symbols = {.n = 0};
    struct table table = {.places = {[TABLE_SYMBOL] = -1}};
    struct lines *lines;
    char *line;
    const char *why = NULL;
    uint32_t len, at;
    int rc = AGON_OK;

    memset(look, 0, sizeof(*look));
    if (n >= 8 && memcmp(bytes, "AGONTAPE", 8) == 0) // docs/tape.md
        return error_set(err, AGON_EINVAL,
                         "%s: a tape is for agon backtest: name the recording that it was made of, "
                         "as agon tape show says",
                         name);
    if (symbol)
        snprintf(symbols.asked, sizeof(symbols.asked), "%s", symbol);
    else
        recording_symbol_of_name(name, symbols.asked);
    lines = open_lines(name, bytes, n, err);
    if (!lines)
        return AGON_ENOMEM;
    for (int i = 0; i < LOOK_ROWS || table.places[TABLE_SYMBOL] >= 0; i++) {
        struct table_row row;

        rc = next_line(lines, &line, &len, err);
        if (rc <= 0)
            break;
        if (i == 0) {
            look->venue = look_raw(line, len, look);
            if (look->venue) {
                look->kind = REEL_BOOK;
                continue;
            }
            look->kind = kind_of(table_head(&table, line, len, &why, &at));
            if (look->kind == REEL_NONE)
                break;
        } else if (look->kind == REEL_BOOK) {
            look->venue->look(line, len, look);
        } else {
            table_split(&row, line, len);
            if (row.n < table.n)
                continue;
            if (table.places[TABLE_SYMBOL] >= 0)
                recording_note_symbol(&symbols, row.fields[table.places[TABLE_SYMBOL]],
                                      row.lengths[table.places[TABLE_SYMBOL]]);
            if (!look->t_first)
                (void)table_time_of(&table, &row, (enum table_column)table.time, &look->t_first);
        }
    }
    if (rc >= 0 && why)
        rc = error_set(err, AGON_EINVAL, "%s:1: %s", name, why);
    else if (rc >= 0 && (look->kind == REEL_TRADES || look->kind == REEL_BARS) &&
             (why = table_misread((enum table_column)table.time, look->t_first)) != NULL)
        rc = error_set(err, AGON_EINVAL, "%s:2: times %s", name, why);
    else if (rc >= 0 && look->kind == REEL_NONE)
        rc = error_set(err, AGON_EINVAL,
                       "%s:1: neither a recording (<ns> <JSON>) nor a table of trades (time_ms, "
                       "price, quantity) or bars (open_time_ms, open, high, low, close, volume)",
                       name);
    if (rc >= 0 && look->kind != REEL_BOOK)
        rc = look_symbols(name, symbol, &symbols, look, err);
    lines_close(lines);
    return rc < 0 ? rc : AGON_OK;
}

/* --- sources --- */

void *reel_queue(struct source *source, uint16_t type, uint32_t bytes, agon_ns_t t)
{
    uint32_t granules = (bytes + EVENT_GRANULE - 1) / EVENT_GRANULE;
    struct agon_event_hdr *hdr;

    if (source->queue_n + (size_t)granules * EVENT_GRANULE > source->queue_room) {
        size_t room = source->queue_room ? source->queue_room * 2 : 65536;
        unsigned char *queue = realloc(source->queue, room);

        REQUIRE(queue != NULL);
        source->queue = queue;
        source->queue_room = room;
    }
    if (t < source->t)
        t = source->t;
    source->t = t;
    hdr = (void *)(source->queue + source->queue_n);
    memset(hdr, 0, (size_t)granules * EVENT_GRANULE);
    hdr->type = type;
    hdr->granules = (uint8_t)granules;
    hdr->instrument = source->instrument->hdr.instrument;
    hdr->t_venue = t;
    hdr->t = t;
    source->queue_n += (size_t)granules * EVENT_GRANULE;
    return hdr;
}

void reel_queue_trade(struct source *source, agon_ns_t t, agon_px_t px, agon_qty_t qty, uint64_t id,
                      int side)
{
    struct agon_trade *trade = reel_queue(source, AGON_EVENT_TRADE, sizeof(*trade), t);

    trade->px = px;
    trade->qty = qty;
    trade->venue_id = id ? id : ++source->n_trades;
    trade->side = (uint8_t)side;
}

struct agon_level *reel_queue_part(struct source *source, uint16_t type, agon_ns_t t,
                                   uint32_t n_bid, uint32_t n_ask, uint32_t flags, uint64_t first,
                                   uint64_t last)
{
    struct agon_book_part *part = reel_queue(
        source, type,
        (uint32_t)(sizeof(struct agon_book_part) + (n_bid + n_ask) * sizeof(struct agon_level)), t);

    part->n_bid = (uint16_t)n_bid;
    part->n_ask = (uint16_t)n_ask;
    part->flags = flags;
    part->first_id = first;
    part->last_id = last;
    return (struct agon_level *)(part + 1);
}

void reel_bad_row(struct reel *reel, struct source *source, uint32_t column, const char *format,
                  ...)
{
    char what[256];
    va_list args;

    if (reel->n_bad++ >= REEL_BAD_MAX)
        return;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    error_set(&reel->bad[reel->n_bad - 1], AGON_EINVAL, "%s:%llu:%u: %s", lines_name(source->lines),
              (unsigned long long)lines_number(source->lines), column, what);
}

// A small book around the price, thicker farther out; its quantities follow from the price alone.
static void queue_book(struct source *source, agon_ns_t t, agon_px_t px)
{
    const struct agon_instrument *instrument = source->instrument;
    int64_t tick = instrument->tick_px, half = px / 20000 / tick; // half a basis point
    struct agon_level *levels;
    uint32_t n_bid = 0;
    agon_qty_t unit;

    if (px == source->book_px)
        return;
    source->book_px = px;
    half = half < 1 ? 1 : half;
    unit = num_to_step(num_mul_div(20000 * num_pow10(REEL_EXP), num_pow10(REEL_EXP), px, NUM_DOWN),
                       instrument->lot_qty, NUM_UP);
    while (n_bid < BOOK_LEVELS && px - (half + half * n_bid) * tick > 0)
        n_bid++;
    levels = reel_queue_part(source, AGON_EVENT_BOOK_SNAPSHOT, t, n_bid, BOOK_LEVELS,
                             BOOK_PART_FIRST | BOOK_PART_LAST, 0, 0);
    px = num_to_step(px, tick, NUM_EVEN);
    for (uint32_t i = 0; i < n_bid + BOOK_LEVELS; i++) {
        int is_bid = i < n_bid;
        int64_t k = is_bid ? i : i - n_bid;
        int64_t away = (half + half * k) * tick;

        levels[i].px = is_bid ? px - away : px + away;
        levels[i].qty = num_to_step(num_mul(unit, 4 + k) / 4, instrument->lot_qty, NUM_UP);
    }
}

// What rc says of a quantity counted in 10^-qty_exp becomes one of 10^-REEL_EXP.
int reel_shown_qty(struct source *source, int rc, int is_cut, agon_qty_t *qty)
{
    if (rc >= 0 && !num_mul_checked(*qty, num_pow10(REEL_EXP - source->qty_exp), qty))
        rc = AGON_ERANGE;
    source->n_cut += rc >= 0 && is_cut;
    return rc;
}

/* --- trades and bars --- */

static void bad_field(struct reel *reel, struct source *source, const struct table_row *row,
                      enum table_column column, const char *what, const char *rule)
{
    int at = source->table.places[column];
    char shown[RECORDING_SHOWN];

    if (reel)
        reel_bad_row(reel, source, table_at(&source->table, row, column), "%s '%s' %s", what,
                     recording_show(row->fields[at], row->lengths[at], shown), rule);
}

// False: it is of another symbol, or was refused. reel NULL: nothing is said of what is refused.
static int take_row(struct reel *reel, struct source *source, struct table_row *row,
                    const char *line, uint32_t n, agon_ns_t *t)
{
    const struct table *table = &source->table;
    enum table_column column = (enum table_column)table->time;
    int rc;

    table_split(row, line, n);
    if (row->n < table->n) {
        if (reel)
            reel_bad_row(reel, source, 1, "the row has fewer fields than the header");
        return 0;
    }
    if (!table_is_of(table, row, source->rows_of))
        return 0;
    rc = table_time_of(table, row, column, t);
    if (rc < 0)
        bad_field(reel, source, row, column, "the time",
                  rc == TABLE_BEYOND ? table_time_rule(column) : "is not a number");
    return rc >= 0;
}

static int take_px(struct reel *reel, struct source *source, const struct table_row *row,
                   enum table_column column, agon_px_t *px)
{
    if (table_number(&source->table, row, column, source->px_exp, px) >= 0 &&
        num_mul_checked(*px, num_pow10(REEL_EXP - source->px_exp), px) && *px > 0)
        return 1;
    bad_field(reel, source, row, column, "the price",
              "is not a decimal above 0, up to 92233720368 and no finer than the symbol's tick");
    return 0;
}

static int take_qty(struct reel *reel, struct source *source, const struct table_row *row,
                    agon_qty_t *qty)
{
    enum table_column column = source->kind == REEL_BARS ? TABLE_VOLUME : TABLE_QTY;
    int rc = table_number(&source->table, row, column, source->qty_exp, qty);

    if (reel_shown_qty(source, rc, rc == RECORDING_CUT, qty) >= 0 && *qty >= 0)
        return 1;
    bad_field(reel, source, row, column, "the quantity",
              "is not a decimal from 0 up to 92233720368");
    return 0;
}

static void read_trade(struct reel *reel, struct source *source, const char *line, uint32_t n)
{
    enum table_column column;
    struct table_row row;
    int side;
    agon_px_t px;
    agon_qty_t qty;
    agon_ns_t t;

    if (!take_row(reel, source, &row, line, n, &t) || !take_px(reel, source, &row, TABLE_PX, &px) ||
        !take_qty(reel, source, &row, &qty))
        return;
    side = table_side(&source->table, &row, &column);
    if (side < 0) {
        bad_field(reel, source, &row, column, column == TABLE_SIDE ? "the side" : "buyer_is_maker",
                  column == TABLE_SIDE ? "is neither buy nor sell" : "is neither true nor false");
        return;
    }
    if (qty == 0)
        return;
    if (source->book_px == 0)
        queue_book(source, t, px);
    reel_queue_trade(source, t, px, qty, table_id(&source->table, &row),
                     side != 0 ? side : AGON_BUY);
    queue_book(source, t, px);
}

struct bar_row {
    agon_ns_t t;
    agon_px_t px[4]; /* open, high, low, close */
    agon_qty_t qty;
};

static int parse_bar(struct reel *reel, struct source *source, const char *line, uint32_t n,
                     struct bar_row *bar)
{
    static const enum table_column at[4] = {TABLE_OPEN, TABLE_HIGH, TABLE_LOW, TABLE_CLOSE};
    struct table_row row;

    if (!take_row(reel, source, &row, line, n, &bar->t))
        return 0;
    for (int i = 0; i < 4; i++)
        if (!take_px(reel, source, &row, at[i], &bar->px[i]))
            return 0;
    if (!take_qty(reel, source, &row, &bar->qty))
        return 0;
    if (bar->px[1] < bar->px[0] || bar->px[1] < bar->px[3] || bar->px[2] > bar->px[0] ||
        bar->px[2] > bar->px[3]) {
        if (reel)
            reel_bad_row(reel, source, 1, "high and low do not enclose open and close");
        return 0;
    }
    return 1;
}

// Trades from open to high to low to close, evenly spaced, whose quantities sum to the volume.
static void play_bar(struct source *source, const struct bar_row *bar)
{
    int64_t lot = source->instrument->lot_qty, tick = source->instrument->tick_px;
    int64_t steps = source->bar_ns / NS_PER_S / 2 / 3 * 3, each;
    agon_qty_t left = bar->qty;

    steps = steps < BAR_STEPS_MIN ? BAR_STEPS_MIN : steps > BAR_STEPS_MAX ? BAR_STEPS_MAX : steps;
    if (bar->qty / lot < steps + 1)
        steps = 3;
    each = num_to_step(bar->qty / (steps + 1), lot, NUM_DOWN);
    for (int64_t i = 0; i <= steps; i++) {
        int64_t leg = i == steps ? 2 : i * 3 / steps, in_leg = i - leg * (steps / 3);
        agon_px_t from = bar->px[leg], to = bar->px[leg + 1], px;
        agon_qty_t qty = i == steps ? left : each;
        agon_ns_t t = bar->t + (source->bar_ns - REEL_NS_PER_MS) / steps * i;

        px = from + num_mul_div(to - from, in_leg, steps / 3, NUM_ZERO);
        if (in_leg != 0 && in_leg != steps / 3)
            px = num_to_step(px, tick, NUM_EVEN);
        if (px > bar->px[1])
            px = bar->px[1];
        if (px < bar->px[2])
            px = bar->px[2];
        if (qty <= 0 && bar->qty == 0)
            qty = lot; // prices without volume still have to be seen
        if (source->book_px == 0)
            queue_book(source, t, px);
        if (qty > 0)
            reel_queue_trade(source, t, px, qty, 0, to >= from ? AGON_BUY : AGON_SELL);
        queue_book(source, t, px);
        left -= each;
    }
}

// What a row says, and when it says it: its open, and all of it when it is over.
static void tell_bar(struct reel *reel, struct source *source, const struct bar_row *row)
{
    const struct agon_instrument *instrument = source->instrument;
    struct agon_quote *open;
    struct agon_bar *closed;
    agon_ns_t t_close = row->t + source->bar_ns;

    if (row->t < source->t_closed) {
        reel_bad_row(reel, source, 1, "the bar begins before the one before it has ended");
        return;
    }
    if (row->t % source->bar_ns != 0) {
        reel_bad_row(reel, source, 1, "the bar does not begin where bars of its length do");
        return;
    }
    open = reel_queue(source, AGON_EVENT_QUOTE, sizeof(*open), row->t);
    match_bars_open(&reel->bars, instrument, row->t, row->px[0], source->before_qty, open);
    closed = reel_queue(source, AGON_EVENT_BAR, sizeof(*closed), t_close);
    match_bars_close(instrument, REEL_EXP, row->t, (uint32_t)(source->bar_ns / NS_PER_S), row->px,
                     row->qty, closed);
    source->t_closed = t_close;
    source->before_qty = row->qty;
}

static void read_bar(struct reel *reel, struct source *source, const char *line, uint32_t n)
{
    struct bar_row bar;

    if (!parse_bar(reel, source, line, n, &bar))
        return;
    if (source->is_silent)
        tell_bar(reel, source, &bar);
    else
        play_bar(source, &bar);
}

/* --- the merged stream --- */

static void source_free(struct source *source)
{
    if (!source)
        return;
    lines_close(source->lines);
    gen_free(source->gen);
    if (source->venue)
        source->venue->close(source->messages);
    free(source->queue);
    free(source);
}

struct reel *reel_new(const struct instruments *table)
{
    struct reel *reel = calloc(1, sizeof(*reel));

    if (reel)
        reel->table = table;
    return reel;
}

void reel_set_bars(struct reel *reel, const struct match_bars *bars)
{
    reel->bars = *bars;
    reel->is_silent = 1;
}

void reel_free(struct reel *reel)
{
    if (!reel)
        return;
    for (uint32_t i = 0; i < reel->n; i++)
        source_free(reel->sources[i]);
    free(reel);
}

// The usual step of the first rows of the symbol that can be read, by a look ahead that nothing is
// said of.
static int learn_bar_length(struct source *source, const void *bytes, size_t n, struct error *err)
{
    struct lines *ahead;
    struct bar_row bar;
    struct recording_step step = {0};
    char *line;
    uint32_t len;
    int rc = AGON_OK;

    ahead = open_lines(lines_name(source->lines), bytes, n, err);
    if (!ahead)
        return AGON_ENOMEM;
    source->bar_ns = 60 * NS_PER_S;
    for (uint32_t row = 0; row < LOOK_ROWS; row++) {
        rc = next_line(ahead, &line, &len, err);
        if (rc <= 0)
            break;
        if (row > 0 && parse_bar(NULL, source, line, len, &bar))
            recording_note_step(&step, bar.t, INT64_MAX);
    }
    if (recording_step(&step) > 0)
        source->bar_ns = recording_step(&step);
    if (rc >= 0 && recording_step_other(&step) != 0)
        rc = error_set(err, AGON_ECORRUPT,
                       "%s: its first rows are %lld s apart, and others, %d or more in a row, are "
                       "%lld s: bars of each length belong in a file of their own",
                       lines_name(source->lines), (long long)(recording_step(&step) / NS_PER_S),
                       RECORDING_STEP_RUN, (long long)(recording_step_other(&step) / NS_PER_S));
    lines_close(ahead);
    source->n_cut = 0; // they come again
    return rc < 0 ? rc : AGON_OK;
}

// Decimals that a count of 10^-REEL_EXP has.
static int places_of(int64_t step)
{
    int exp = REEL_EXP;

    for (; exp > 0 && step % 10 == 0; exp--)
        step /= 10;
    return exp;
}

int reel_add_file(struct reel *reel, const char *name, const void *bytes, size_t n,
                  agon_instrument_t instrument, struct error *err)
{
    const struct agon_instrument *listed;
    struct source *source;
    struct reel_look look;
    const char *why;
    char *line;
    uint32_t len, at;
    int rc;

    if (reel->n == REEL_SOURCES_MAX)
        return error_set(err, AGON_ENOSPC, "%s: more than %d data files", name, REEL_SOURCES_MAX);
    listed = instruments_get(reel->table, instrument);
    if (!listed)
        return error_set(err, AGON_EINVAL, "%s: no such instrument", name);
    rc = reel_look(name, bytes, n, listed->symbol, &look, err);
    if (rc < 0)
        return rc;
    source = calloc(1, sizeof(*source));
    if (!source)
        return error_set(err, AGON_ENOMEM, "out of memory");
    source->kind = look.kind;
    memcpy(source->rows_of, look.rows_of, sizeof(source->rows_of));
    source->venue = look.venue;
    source->messages = look.venue ? look.venue->open() : NULL;
    source->instrument = listed;
    source->px_exp = places_of(listed->tick_px);
    source->qty_exp = places_of(listed->lot_qty);
    if (look.venue && !source->messages) {
        rc = error_set(err, AGON_ENOMEM, "out of memory");
        goto fail;
    }
    source->lines = open_lines(name, bytes, n, err);
    if (!source->lines) {
        rc = AGON_ENOMEM;
        goto fail;
    }
    if (source->kind != REEL_BOOK) {
        rc = next_line(source->lines, &line, &len, err);
        if (rc <= 0) {
            rc = error_set(err, AGON_EINVAL, "%s: empty", name);
            goto fail;
        }
        (void)table_head(&source->table, line, len, &why, &at);
    }
    if (source->kind == REEL_BARS) {
        source->is_silent = reel->is_silent != 0;
        rc = learn_bar_length(source, bytes, n, err);
        if (rc < 0)
            goto fail;
    }
    reel->sources[reel->n++] = source;
    return AGON_OK;
fail:
    source_free(source);
    return rc;
}

int reel_add_gen(struct reel *reel, struct gen *gen)
{
    struct source *source;

    if (reel->n == REEL_SOURCES_MAX)
        return AGON_ENOSPC;
    source = calloc(1, sizeof(*source));
    if (!source)
        return AGON_ENOMEM;
    source->gen = gen;
    reel->sources[reel->n++] = source;
    return AGON_OK;
}

static const struct agon_event_hdr *source_peek(struct reel *reel, struct source *source)
{
    struct error err = {0};
    char *line;
    uint32_t n;

    if (source->gen) {
        if (!source->gen_event)
            source->gen_event = gen_next(source->gen);
        return source->gen_event;
    }
    while (source->queue_at == source->queue_n && !source->is_ended) {
        int rc;

        source->queue_at = source->queue_n = 0;
        rc = next_line(source->lines, &line, &n, &err);
        if (rc <= 0) {
            source->is_ended = 1;
            if (rc < 0 && reel->n_bad++ < REEL_BAD_MAX)
                reel->bad[reel->n_bad - 1] = err;
            if (source->venue)
                source->venue->end(source);
            break;
        }
        if (source->kind == REEL_BOOK)
            source->venue->read(reel, source, line, n);
        else if (source->kind == REEL_TRADES)
            read_trade(reel, source, line, n);
        else
            read_bar(reel, source, line, n);
    }
    if (source->queue_at == source->queue_n)
        return NULL;
    return (const void *)(source->queue + source->queue_at);
}

// At one time a bar closes before anything else comes, of whatever file.
static int is_before(const struct agon_event_hdr *a, const struct agon_event_hdr *b)
{
    return a->t != b->t ? a->t < b->t : a->type == AGON_EVENT_BAR && b->type != AGON_EVENT_BAR;
}

static struct source *earliest(struct reel *reel, const struct agon_event_hdr **event)
{
    struct source *best = NULL;

    *event = NULL;
    for (uint32_t i = 0; i < reel->n; i++) {
        const struct agon_event_hdr *one = source_peek(reel, reel->sources[i]);

        if (one && (!*event || is_before(one, *event))) {
            *event = one;
            best = reel->sources[i];
        }
    }
    return best;
}

const struct agon_event_hdr *reel_peek(struct reel *reel)
{
    const struct agon_event_hdr *event;

    earliest(reel, &event);
    return event;
}

void reel_next(struct reel *reel)
{
    const struct agon_event_hdr *event;
    struct source *source = earliest(reel, &event);

    if (!source)
        return;
    if (source->gen)
        source->gen_event = NULL;
    else
        source->queue_at += event_bytes(event);
}

uint32_t reel_visible_bars(const struct reel *reel)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < reel->n; i++)
        n += reel->sources[i]->kind == REEL_BARS && !reel->sources[i]->is_silent;
    return n;
}

agon_ns_t reel_bar_ns(const struct reel *reel, agon_instrument_t instrument)
{
    agon_ns_t bar_ns = 0;

    for (uint32_t i = 0; i < reel->n; i++) {
        const struct source *source = reel->sources[i];

        if (source->instrument == NULL || source->instrument->hdr.instrument != instrument)
            continue;
        if (!source->is_silent)
            return 0;
        bar_ns = source->bar_ns;
    }
    return bar_ns;
}

int reel_is_silent(const struct reel *reel, uint32_t nth)
{
    return nth < reel->n && reel->sources[nth]->is_silent;
}

uint64_t reel_cut(const struct reel *reel)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < reel->n; i++)
        n += reel->sources[i]->n_cut;
    return n;
}

uint64_t reel_bad_rows(const struct reel *reel)
{
    return reel->n_bad;
}

const struct error *reel_bad(const struct reel *reel, uint32_t nth)
{
    return nth < REEL_BAD_MAX && nth < reel->n_bad ? &reel->bad[nth] : NULL;
}
