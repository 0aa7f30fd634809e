// SPDX-License-Identifier: Apache-2.0
#include "lab/tape.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "market/evring.h"
#include "sys/file.h"
#include "venue/binance/sync.h"

#define LINE_MAX_BYTES (1u << 20)
#define QUEUE          ((uint64_t)1 << 15) /* granules: 2 MiB, more than any one line becomes */
#define COLUMNS        64
#define SECOND_NS      ((agon_ns_t)1000000000)

enum column {
    COL_TIME_MS,
    COL_TIME_S,
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
    agon_ns_t t; /* of the line being read */
    uint64_t line;
    struct tape_report report;
};

static const struct {
    const char *name;
    enum column column;
} names[] = {
    {"time_ms", COL_TIME_MS},
    {"open_time_ms", COL_TIME_MS},
    {"time_seconds", COL_TIME_S},
    {"trade_id", COL_ID},
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

static int find_columns(char *line, uint32_t n, int places[COLS])
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
    for (uint32_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (strlen(names[k].name) == lengths[i] &&
                memcmp(names[k].name, fields[i], lengths[i]) == 0)
                places[names[k].column] = (int)i;
        }
    }
    if (places[COL_TIME_MS] >= 0 && places[COL_OPEN] >= 0 && places[COL_HIGH] >= 0 &&
        places[COL_LOW] >= 0 && places[COL_CLOSE] >= 0 && places[COL_VOLUME] >= 0)
        return TAPE_BARS;
    if ((places[COL_TIME_MS] >= 0 || places[COL_TIME_S] >= 0) && places[COL_PX] >= 0 &&
        places[COL_QTY] >= 0)
        return TAPE_TRADES;
    return 0;
}

// "binance_spot_BTCUSDT_20240808T2354.raw.gz" speaks of BTC against USDT.
static int find_symbol(const char *path, struct tape_info *info)
{
    static const char *const quotes[] = {"FDUSD", "USDT", "USDC", "BUSD",
                                         "USD",   "EUR",  "BTC",  "ETH"};
    const char *name = strrchr(path, '/');
    const char *at = name != NULL ? name + 1 : path;

    while (*at != '\0') {
        size_t n = strcspn(at, "_.-");

        if (n >= 5 && n < sizeof(info->symbol) &&
            strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= n && at[0] >= 'A') {
            for (size_t k = 0; k < sizeof(quotes) / sizeof(quotes[0]); k++) {
                size_t tail = strlen(quotes[k]);

                if (n <= tail + 1 || n - tail >= sizeof(info->base) ||
                    memcmp(at + n - tail, quotes[k], tail) != 0)
                    continue;
                snprintf(info->symbol, sizeof(info->symbol), "%.*s", (int)n, at);
                snprintf(info->base, sizeof(info->base), "%.*s", (int)(n - tail), at);
                snprintf(info->quote, sizeof(info->quote), "%s", quotes[k]);
                return 1;
            }
        }
        at += n + (at[n] != '\0');
    }
    return 0;
}

static void widen(int *exp, const char *text, size_t n)
{
    int64_t value;
    int need;

    if (num_parse_exp(text, n, &value, &need) == AGON_OK && need > *exp)
        *exp = need;
}

// Every pair of quoted numbers in a message is a level: [["61837.63","0.5"],...
static void look_at_message(struct tape_info *info, const char *line, uint32_t n)
{
    const char *end = line + n;

    for (const char *at = line; (at = memchr(at, '[', (size_t)(end - at))) != NULL; at++) {
        const char *px = at + 2;
        const char *px_end;
        const char *qty;
        const char *qty_end;

        if (end - at < 6 || at[1] != '"')
            continue;
        px_end = memchr(px, '"', (size_t)(end - px));
        if (px_end == NULL || end - px_end < 4 || px_end[1] != ',' || px_end[2] != '"')
            continue;
        qty = px_end + 3;
        qty_end = memchr(qty, '"', (size_t)(end - qty));
        if (qty_end == NULL)
            continue;
        widen(&info->px_exp, px, (size_t)(px_end - px));
        widen(&info->qty_exp, qty, (size_t)(qty_end - qty));
    }
}

static int is_raw(const char *path)
{
    return strstr(path, ".raw") != NULL;
}

int tape_look(const char *path, struct tape_info *info, struct error *err)
{
    struct file_stream *stream = file_stream_open(path, NULL, err);
    int places[COLS];
    char *line;
    uint32_t n;
    uint64_t number;
    int64_t last_ms = 0;
    int rc;

    if (stream == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
    memset(info, 0, sizeof(*info));
    if (!find_symbol(path, info)) {
        rc = error_set(
            err, AGON_EINVAL,
            "%s: no symbol in the file's name; name it like binance_spot_BTCUSDT_....csv", path);
        goto done;
    }
    rc = file_stream_line(stream, LINE_MAX_BYTES, &line, &n, &number, err);
    if (rc <= 0) {
        rc = rc < 0 ? rc : error_set(err, AGON_ECORRUPT, "%s: the file is empty", path);
        goto done;
    }
    if (is_raw(path)) {
        info->kind = TAPE_RAW;
        info->t_first = strtoll(line, NULL, 10);
        do
            look_at_message(info, line, n);
        while ((rc = file_stream_line(stream, LINE_MAX_BYTES, &line, &n, &number, err)) == 1);
        goto done;
    }
    info->kind = (uint8_t)find_columns(line, n, places);
    if (info->kind == 0) {
        rc = error_set(
            err, AGON_EINVAL,
            "%s:1:1: the header names neither trades (time_ms or time_seconds, price, amount) "
            "nor bars (open_time_ms,open,high,low,close,volume)",
            path);
        goto done;
    }
    while ((rc = file_stream_line(stream, LINE_MAX_BYTES, &line, &n, &number, err)) == 1) {
        char *fields[COLUMNS];
        uint32_t lengths[COLUMNS];
        uint32_t count = split(line, n, fields, lengths);
        static const enum column px_columns[] = {COL_PX, COL_OPEN, COL_HIGH, COL_LOW, COL_CLOSE};
        static const enum column qty_columns[] = {COL_QTY, COL_VOLUME};

        for (size_t i = 0; i < sizeof(px_columns) / sizeof(px_columns[0]); i++) {
            int place = places[px_columns[i]];

            if (place >= 0 && (uint32_t)place < count)
                widen(&info->px_exp, fields[place], lengths[place]);
        }
        for (size_t i = 0; i < sizeof(qty_columns) / sizeof(qty_columns[0]); i++) {
            int place = places[qty_columns[i]];

            if (place >= 0 && (uint32_t)place < count)
                widen(&info->qty_exp, fields[place], lengths[place]);
        }
        if (info->t_first == 0) {
            int is_ms = places[COL_TIME_MS] >= 0;
            int place = places[is_ms ? COL_TIME_MS : COL_TIME_S];
            int64_t first = 0;

            if ((uint32_t)place < count)
                num_parse(fields[place], lengths[place], is_ms ? 0 : 9, &first);
            info->t_first = is_ms ? num_mul(first, 1000000) : first;
        }
        if (info->kind == TAPE_BARS && (uint32_t)places[COL_TIME_MS] < count) {
            int64_t ms = strtoll(fields[places[COL_TIME_MS]], NULL, 10);

            // The shortest step is the length: gaps only make others longer.
            if (last_ms != 0 && ms > last_ms &&
                (info->length_s == 0 || (ms - last_ms) / 1000 < info->length_s))
                info->length_s = (uint32_t)((ms - last_ms) / 1000);
            last_ms = ms;
        }
    }
    if (rc == 0 && info->kind == TAPE_BARS && info->length_s == 0)
        rc =
            error_set(err, AGON_ECORRUPT, "%s: fewer than two bars: their length is unknown", path);
done:
    file_stream_close(stream);
    return rc < 0 ? rc : AGON_OK;
}

static int refuse(struct tape *tape, uint32_t column, const char *rule)
{
    tape->report.n_skipped++;
    if (tape->config.is_lenient)
        return 0;
    error_set(&tape->report.err, AGON_ECORRUPT, "%s:%llu:%u: %s", tape->config.path,
              (unsigned long long)tape->line, column, rule);
    return AGON_ECORRUPT;
}

static int put(void *ctx, struct agon_event_hdr *event)
{
    struct tape *tape = ctx;

    event->t = tape->t;
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

    tape->t = t;
    return put(tape, &trade.hdr);
}

static int put_book(struct tape *tape, agon_ns_t t, agon_px_t px, agon_qty_t qty)
{
    const struct agon_instrument *instrument = &tape->config.instrument;
    uint32_t spread_ppm = tape->config.spread_ppm != 0 ? tape->config.spread_ppm : 200;
    agon_px_t half = num_mul_div(px, spread_ppm, 2000000, NUM_DOWN);
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
    agon_px_t bid_px = num_to_step(px - half, instrument->tick_px, NUM_DOWN);
    agon_px_t ask_px = num_to_step(px + half, instrument->tick_px, NUM_UP);

    if (bid_px == ask_px)
        ask_px += instrument->tick_px;
    if (bid_px <= 0)
        bid_px = instrument->tick_px;
    event.levels[0] = (struct agon_level){bid_px, qty};
    event.levels[1] = (struct agon_level){ask_px, qty};
    tape->t = t;
    return put(tape, &event.part.hdr);
}

struct row {
    char *fields[COLUMNS];
    uint32_t lengths[COLUMNS];
    uint32_t n;
    const char *line;
};

// A field as a count of 10^-exp. 0, or what refuse said.
static int number(struct tape *tape, const struct row *row, enum column column, int exp,
                  int64_t *value, int *is_skipped)
{
    int place = tape->places[column];
    int rc;

    if ((uint32_t)place >= row->n) {
        *is_skipped = 1;
        return refuse(tape, 1, "the row has fewer fields than the header");
    }
    rc = num_parse(row->fields[place], row->lengths[place], exp, value);
    if (rc >= 0)
        return 0;
    *is_skipped = 1;
    return refuse(tape, (uint32_t)(row->fields[place] - row->line) + 1,
                  rc == AGON_ERANGE ? "a number that does not fit, or finer than the instrument"
                                    : "not a plain decimal number");
}

static int take_time(struct tape *tape, const struct row *row, agon_ns_t *t, int *is_skipped)
{
    int is_ms = tape->places[COL_TIME_MS] >= 0;
    int rc = number(tape, row, is_ms ? COL_TIME_MS : COL_TIME_S, is_ms ? 0 : 9, t, is_skipped);

    if (rc < 0 || *is_skipped)
        return rc;
    if (is_ms)
        *t = num_mul(*t, 1000000);
    if (*t < 0 || *t > (agon_ns_t)4102444800 * SECOND_NS) { // 2100
        *is_skipped = 1;
        return refuse(tape, 1,
                      "a time before 1970 or after 2100; expected milliseconds or seconds");
    }
    if (*t < tape->report.t_last) {
        *is_skipped = 1;
        return refuse(tape, 1, "a time before the row above; sort the file");
    }
    return 0;
}

static int trade_row(struct tape *tape, const struct row *row)
{
    int is_skipped = 0;
    agon_ns_t t = 0;
    agon_px_t px = 0;
    agon_qty_t qty = 0;
    int64_t id = 0;
    uint8_t side = 0;
    int rc = take_time(tape, row, &t, &is_skipped);

    if (rc >= 0 && !is_skipped)
        rc = number(tape, row, COL_PX, tape->config.instrument.px_exp, &px, &is_skipped);
    if (rc >= 0 && !is_skipped)
        rc = number(tape, row, COL_QTY, tape->config.instrument.qty_exp, &qty, &is_skipped);
    if (rc < 0 || is_skipped)
        return rc;
    if (px <= 0 || qty <= 0)
        return refuse(tape, 1, "a price or quantity that is not above zero");
    if (tape->places[COL_ID] >= 0 && (uint32_t)tape->places[COL_ID] < row->n)
        num_parse(row->fields[tape->places[COL_ID]], row->lengths[tape->places[COL_ID]], 0, &id);
    if (tape->places[COL_SIDE] >= 0 && (uint32_t)tape->places[COL_SIDE] < row->n) {
        const char *text = row->fields[tape->places[COL_SIDE]];

        side = text[0] == 'b' || text[0] == 'B' ? AGON_BUY : AGON_SELL;
    } else if (tape->places[COL_MAKER] >= 0 && (uint32_t)tape->places[COL_MAKER] < row->n) {
        const char *text = row->fields[tape->places[COL_MAKER]];

        side = text[0] == '1' || text[0] == 't' || text[0] == 'T' ? AGON_SELL : AGON_BUY;
    }
    tape->report.t_last = t;
    return put_trade(tape, t, px, qty, side, (uint64_t)id);
}

static int bar_row(struct tape *tape, const struct row *row)
{
    static const enum column columns[] = {COL_OPEN, COL_HIGH, COL_LOW, COL_CLOSE};
    const struct agon_instrument *instrument = &tape->config.instrument;
    agon_ns_t length = (agon_ns_t)tape->config.info.length_s * SECOND_NS;
    agon_ns_t offsets[4] = {0, length / 3, length / 3 * 2, length - 1000000};
    agon_px_t px[4] = {0};
    agon_px_t path[4];
    agon_qty_t volume = 0;
    agon_qty_t part;
    agon_ns_t t = 0;
    int is_skipped = 0;
    int rc = take_time(tape, row, &t, &is_skipped);

    for (int i = 0; i < 4 && rc >= 0 && !is_skipped; i++)
        rc = number(tape, row, columns[i], instrument->px_exp, &px[i], &is_skipped);
    if (rc >= 0 && !is_skipped)
        rc = number(tape, row, COL_VOLUME, instrument->qty_exp, &volume, &is_skipped);
    if (rc < 0 || is_skipped)
        return rc;
    if (px[2] <= 0 || volume < 0)
        return refuse(tape, 1, "a price that is not above zero, or a volume below it");
    if (px[1] < px[0] || px[1] < px[3] || px[2] > px[0] || px[2] > px[3])
        return refuse(tape, 1, "high and low do not enclose open and close");
    if (t < tape->t) // what the bar above became reaches to its end
        return refuse(tape, 1, "a bar that begins before the one above ends");
    if (tape->report.t_last != 0 && t - tape->report.t_last > length)
        tape->report.n_gaps++;
    tape->report.t_last = t;
    path[0] = px[0];
    path[1] = px[3] >= px[0] ? px[2] : px[1];
    path[2] = px[3] >= px[0] ? px[1] : px[2];
    path[3] = px[3];
    part = num_to_step(volume / 4, instrument->lot_qty, NUM_DOWN);
    for (int i = 0; i < 4 && rc >= 0; i++) {
        agon_qty_t qty = i < 3 ? part : volume - 3 * part;

        rc = put_book(tape, t + offsets[i], path[i], volume > 0 ? volume : instrument->lot_qty);
        if (rc >= 0 && qty > 0)
            rc = put_trade(tape, t + offsets[i], path[i], qty,
                           i > 0 && path[i] < path[i - 1] ? AGON_SELL : AGON_BUY, 0);
    }
    return rc;
}

static int raw_row(struct tape *tape, char *line, uint32_t n)
{
    char *space = memchr(line, ' ', n);
    const char *message = space != NULL ? space + 1 : line;
    uint32_t n_message = (uint32_t)(line + n - message);
    int64_t t;
    int rc;

    if (space == NULL || num_parse(line, (size_t)(space - line), 0, &t) < 0)
        return refuse(tape, 1, "expected the receive time in nanoseconds, a space and the message");
    if (t < tape->report.t_last)
        return refuse(tape, 1, "a receive time before the line above");
    tape->t = t;
    tape->report.t_last = t;
    if (n_message > 16 && memcmp(message, "{\"lastUpdateId\"", 15) == 0) {
        rc = binance_decode_snapshot(&tape->decoder, message, n_message, &tape->symbols->all[0],
                                     tape->depth);
        if (rc < 0)
            return refuse(tape, (uint32_t)(message - line) + 1, "not a depth snapshot");
        if (!tape->sync.is_asked)
            binance_sync_asked(&tape->sync);
        binance_sync_snapshot(&tape->sync, tape->depth, t, 0);
        return 0;
    }
    rc = binance_decode_market(&tape->decoder, message, n_message, tape->decoded);
    switch (rc) {
    case BINANCE_TRADE:
        return put(tape, &tape->decoded->trade.hdr);
    case BINANCE_QUOTE:
        return put(tape, &tape->decoded->quote.hdr);
    case BINANCE_DIFF:
        binance_sync_diff(&tape->sync, &tape->decoded->depth, t, 0);
        return 0;
    case BINANCE_BAR:
    case BINANCE_OTHER:
        return 0;
    default:
        if (rc < 0)
            return refuse(tape, (uint32_t)(message - line) + 1, "not a message of this stream");
        return 0;
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
        struct row row;
        char *line;
        uint32_t n;
        int rc = file_stream_line(tape->stream, LINE_MAX_BYTES, &line, &n, &tape->line,
                                  &tape->report.err);

        if (rc <= 0 || tape->report.err.code < 0)
            return NULL;
        tape->report.n_rows++;
        if (tape->config.info.kind == TAPE_RAW) {
            rc = raw_row(tape, line, n);
        } else {
            row.line = line;
            row.n = split(line, n, row.fields, row.lengths);
            rc = tape->config.info.kind == TAPE_BARS ? bar_row(tape, &row) : trade_row(tape, &row);
        }
        if (rc < 0) {
            if (tape->report.err.code == 0)
                error_set(&tape->report.err, rc, "%s:%llu: %s", tape->config.path,
                          (unsigned long long)tape->line, error_name(rc));
            return NULL;
        }
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
    binance_sync_start(&tape->sync, 0);
    return AGON_OK;
}

int tape_open(struct tape **out, const struct tape_config *config, struct error *err)
{
    struct tape *tape = calloc(1, sizeof(*tape));
    uint64_t bytes = (evring_bytes(QUEUE) + 127) & ~(uint64_t)127;
    char *line;
    uint32_t n;
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
        if (rc == 1 && find_columns(line, n, tape->places) != config->info.kind)
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
}
