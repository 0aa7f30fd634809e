// SPDX-License-Identifier: Apache-2.0
#include "venue/binance/decode_in.h"

#define MS    1000000
#define US    1000
#define T_MIN ((agon_ns_t)946684800 * 1000000000)  /* 2000 */
#define T_MAX ((agon_ns_t)4102444800 * 1000000000) /* 2100 */

void binance_decoder_init(struct binance_decoder *dec, const struct symbols *symbols)
{
    memset(dec, 0, sizeof(*dec));
    dec->symbols = symbols;
    dec->time_unit_ns = MS;
}

/* Counts the message under kind and passes rc on. */
int decode_in_judge(struct binance_decoder *dec, int kind, int rc, const void *bytes, size_t n)
{
    if (rc >= 0) {
        dec->n_good[kind]++;
        return rc;
    }
    if (dec->n_bad[kind]++ == 0 && dec->on_bad != NULL)
        dec->on_bad(dec->ctx, kind, rc, bytes, n);
    return rc;
}

/* What would be past 2100 in milliseconds is in microseconds. */
static int64_t to_ns(struct binance_decoder *dec, uint64_t stamp)
{
    int64_t t;

    dec->time_unit_ns = stamp > (uint64_t)T_MAX / MS ? US : MS;
    if (stamp > (uint64_t)NUM_MAX ||
        __builtin_mul_overflow((int64_t)stamp, dec->time_unit_ns, &t) || t < T_MIN || t > T_MAX) {
        dec->n_bad_time++;
        return 0;
    }
    return t;
}

int decode_in_time(struct scan *scan, struct binance_decoder *dec, agon_ns_t *t)
{
    int64_t stamp;
    int rc = scan_i64(scan, &stamp);

    if (rc < 0)
        return rc;
    *t = to_ns(dec, stamp < 0 ? 0 : (uint64_t)stamp);
    return AGON_OK;
}

int decode_in_px(struct scan *scan, const struct symbol *symbol, agon_px_t *px)
{
    if (scan_decimal(scan, symbol->px_exp, px) < 0 || *px <= 0 || *px > symbol->limit_px)
        return scan_fail(scan);
    return AGON_OK;
}

/* A price that may be 0: of a market order, or of a report that is no trade. */
int decode_in_px0(struct scan *scan, const struct symbol *symbol, agon_px_t *px)
{
    if (scan_decimal(scan, symbol->px_exp, px) < 0 || *px < 0 || *px > symbol->limit_px)
        return scan_fail(scan);
    return AGON_OK;
}

int decode_in_amount(struct scan *scan, int exp, int64_t *amount)
{
    if (scan_decimal(scan, exp, amount) < 0 || *amount < 0)
        return scan_fail(scan);
    return AGON_OK;
}

/* What the market shows of a quantity; finer than the instrument it is cut and counted. */
int decode_in_shown(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                    agon_qty_t *qty)
{
    if (scan_qty(scan, symbol->qty_exp, qty, &dec->n_cut) < 0 || *qty < 0)
        return scan_fail(scan);
    return AGON_OK;
}

int decode_in_word(struct scan *scan, const char *word)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0 || !scan_is(&text, word))
        return scan_fail(scan);
    return AGON_OK;
}

int decode_in_own_symbol(struct scan *scan, const struct symbol *symbol)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0 || text.is_raw || text.n != symbol->n_name ||
        memcmp(text.at, symbol->name, text.n) != 0)
        return scan_fail(scan);
    return AGON_OK;
}

void decode_in_stamp(struct agon_event_hdr *hdr, uint16_t type, size_t bytes,
                     const struct symbol *symbol, agon_ns_t t_venue)
{
    hdr->type = type;
    hdr->granules = (uint8_t)(bytes / EVENT_GRANULE);
    hdr->instrument = symbol->instrument;
    hdr->t_venue = t_venue;
}

int decode_in_trade(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                    int is_aggregate, struct agon_trade *trade)
{
    struct scan_text key;
    uint64_t seen = 0;
    agon_ns_t t_event = 0;
    agon_ns_t t_trade = 0;
    int is_maker = 0;
    int rc;

    memset(trade, 0, sizeof(*trade));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        switch (LETTER(key)) {
        case 'e':
            TAKE(0, decode_in_word(scan, is_aggregate ? "aggTrade" : "trade"));
            break;
        case 'E':
            TAKE(1, decode_in_time(scan, dec, &t_event));
            break;
        case 's':
            TAKE(2, decode_in_own_symbol(scan, symbol));
            break;
        case 't':
            if (is_aggregate)
                goto skip;
            TAKE(3, scan_u64(scan, &trade->venue_id));
            break;
        case 'a': // of a trade: once the seller's order id
            if (!is_aggregate)
                goto skip;
            TAKE(3, scan_u64(scan, &trade->venue_id));
            break;
        case 'p':
            TAKE(4, decode_in_px(scan, symbol, &trade->px));
            break;
        case 'q':
            TAKE(5, decode_in_shown(scan, dec, symbol, &trade->qty));
            break;
        case 'T':
            TAKE(6, decode_in_time(scan, dec, &t_trade));
            break;
        case 'm':
            TAKE(7, scan_bool(scan, &is_maker));
            break;
        default:
        skip:
            if (scan_skip(scan) < 0)
                return scan->rc;
        }
    }
    NEED(BIT(0) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(7));
    if (trade->qty == 0)
        return scan_fail(scan);
    trade->side = is_maker ? AGON_SELL : AGON_BUY; // m: the buyer was the maker
    decode_in_stamp(&trade->hdr, AGON_EVENT_TRADE, sizeof(*trade), symbol,
                    t_trade != 0 ? t_trade : t_event);
    return WIRE_TRADE;
}

int decode_in_quote(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                    struct agon_quote *quote, uint64_t *id)
{
    struct scan_text key;
    uint64_t seen = 0;
    agon_ns_t t = 0;
    int rc;

    memset(quote, 0, sizeof(*quote));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        switch (LETTER(key)) {
        case 'u':
            TAKE(0, scan_u64(scan, id));
            break;
        case 's':
            TAKE(1, decode_in_own_symbol(scan, symbol));
            break;
        case 'b':
            TAKE(2, decode_in_px(scan, symbol, &quote->bid_px));
            break;
        case 'B':
            TAKE(3, decode_in_shown(scan, dec, symbol, &quote->bid_qty));
            break;
        case 'a':
            TAKE(4, decode_in_px(scan, symbol, &quote->ask_px));
            break;
        case 'A':
            TAKE(5, decode_in_shown(scan, dec, symbol, &quote->ask_qty));
            break;
        case 'E':
            TAKE(6, decode_in_time(scan, dec, &t));
            break;
        case 'e':
            TAKE(7, decode_in_word(scan, "bookTicker"));
            break;
        default:
            if (scan_skip(scan) < 0)
                return scan->rc;
        }
    }
    NEED(0x3f);
    decode_in_stamp(&quote->hdr, AGON_EVENT_QUOTE, sizeof(*quote), symbol, t);
    return WIRE_QUOTE;
}

static int read_interval(const struct scan_text *text)
{
    static const struct {
        const char *name;
        int s;
    } intervals[] = {{"1s", 1},     {"1m", 60},     {"3m", 180},   {"5m", 300},    {"15m", 900},
                     {"30m", 1800}, {"1h", 3600},   {"2h", 7200},  {"4h", 14400},  {"6h", 21600},
                     {"8h", 28800}, {"12h", 43200}, {"1d", 86400}, {"3d", 259200}, {"1w", 604800}};

    for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
        if (scan_is(text, intervals[i].name))
            return intervals[i].s;
    }
    return 0;
}

static int decode_candle(struct scan *scan, struct binance_decoder *dec,
                         const struct symbol *symbol, struct agon_bar *bar, int *is_closed)
{
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    uint64_t count = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        switch (LETTER(key)) {
        case 't':
            TAKE(0, decode_in_time(scan, dec, &bar->t_open));
            break;
        case 's':
            TAKE(1, decode_in_own_symbol(scan, symbol));
            break;
        case 'i':
            TAKE(2, scan_string(scan, &text));
            bar->length_s = (uint32_t)read_interval(&text);
            break;
        case 'o':
            TAKE(3, decode_in_px(scan, symbol, &bar->open_px));
            break;
        case 'h':
            TAKE(4, decode_in_px(scan, symbol, &bar->high_px));
            break;
        case 'l':
            TAKE(5, decode_in_px(scan, symbol, &bar->low_px));
            break;
        case 'c':
            TAKE(6, decode_in_px(scan, symbol, &bar->close_px));
            break;
        case 'v':
            TAKE(7, decode_in_shown(scan, dec, symbol, &bar->volume_qty));
            break;
        case 'n':
            TAKE(8, scan_u64(scan, &count));
            break;
        case 'x':
            TAKE(9, scan_bool(scan, is_closed));
            break;
        case 'q':
            TAKE(10, decode_in_amount(scan, symbol->quote_exp, &bar->turnover_amt));
            break;
        case 'V':
            TAKE(11, decode_in_shown(scan, dec, symbol, &bar->taker_buy_qty));
            break;
        default:
            if (scan_skip(scan) < 0)
                return scan->rc;
        }
    }
    NEED(0xfff);
    if (count > UINT32_MAX || bar->high_px < bar->low_px || bar->t_open == 0)
        return scan_fail(scan);
    bar->n_trades = (uint32_t)count;
    return AGON_OK;
}

int decode_in_kline(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                    struct agon_bar *bar)
{
    struct scan_text key;
    uint64_t seen = 0;
    agon_ns_t t = 0;
    int is_closed = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    memset(bar, 0, sizeof(*bar));
    while ((rc = scan_key(scan, &key)) > 0) {
        switch (LETTER(key)) {
        case 'e':
            TAKE(0, decode_in_word(scan, "kline"));
            break;
        case 'E':
            TAKE(1, decode_in_time(scan, dec, &t));
            break;
        case 's':
            TAKE(2, decode_in_own_symbol(scan, symbol));
            break;
        case 'k':
            TAKE(3, decode_candle(scan, dec, symbol, bar, &is_closed));
            break;
        default:
            if (scan_skip(scan) < 0)
                return scan->rc;
        }
    }
    NEED(BIT(0) | BIT(2) | BIT(3));
    if (!is_closed || bar->length_s == 0)
        return WIRE_OTHER;
    decode_in_stamp(&bar->hdr, AGON_EVENT_BAR, sizeof(*bar), symbol, t);
    return WIRE_BAR;
}

static int decode_side(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                       struct agon_level *levels, uint32_t *n)
{
    uint32_t count = 0;
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    count = usual_levels(scan, dec, symbol, levels, WIRE_DEPTH_MAX);
    while ((rc = scan_item(scan)) > 0) {
        struct agon_level *level = &levels[count];

        if (count == WIRE_DEPTH_MAX ||
            scan_level(scan, symbol->px_exp, &level->px, symbol->qty_exp, &level->qty,
                       &dec->n_cut) < 0 ||
            level->px <= 0 || level->px > symbol->limit_px || level->qty < 0)
            return scan_fail(scan);
        dec->n_off_tick += !symbol_is_on_tick(symbol, level->px);
        count++;
        count += usual_levels(scan, dec, symbol, levels + count, WIRE_DEPTH_MAX - count);
    }
    *n = count;
    return rc;
}

int decode_in_diff(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                   struct wire_depth *depth)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    depth->symbol = symbol;
    depth->t_venue = 0;
    depth->prev_id = 0;
    while ((rc = scan_key(scan, &key)) > 0) {
        switch (LETTER(key)) {
        case 'e':
            TAKE(0, decode_in_word(scan, "depthUpdate"));
            break;
        case 'E':
            TAKE(1, decode_in_time(scan, dec, &depth->t_venue));
            break;
        case 's':
            TAKE(2, decode_in_own_symbol(scan, symbol));
            break;
        case 'U':
            TAKE(3, scan_u64(scan, &depth->first_id));
            break;
        case 'u':
            TAKE(4, scan_u64(scan, &depth->last_id));
            break;
        case 'b':
            TAKE(5, decode_side(scan, dec, symbol, depth->bid, &depth->n_bid));
            break;
        case 'a':
            TAKE(6, decode_side(scan, dec, symbol, depth->ask, &depth->n_ask));
            break;
        default:
            if (scan_is(&key, "pu"))
                TAKE(7, scan_u64(scan, &depth->prev_id));
            else if (scan_skip(scan) < 0)
                return scan->rc;
        }
    }
    NEED(BIT(0) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6));
    if (depth->first_id > depth->last_id)
        return scan_fail(scan);
    return WIRE_DIFF;
}

/* A whole book: REST snapshot, or partial depth. */
int decode_in_book(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                   struct wire_depth *depth)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    depth->symbol = symbol;
    depth->t_venue = 0;
    depth->prev_id = 0;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "lastUpdateId"))
            TAKE(0, scan_u64(scan, &depth->last_id));
        else if (scan_is(&key, "bids"))
            TAKE(1, decode_side(scan, dec, symbol, depth->bid, &depth->n_bid));
        else if (scan_is(&key, "asks"))
            TAKE(2, decode_side(scan, dec, symbol, depth->ask, &depth->n_ask));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(7);
    depth->first_id = depth->last_id;
    return WIRE_PARTIAL;
}
