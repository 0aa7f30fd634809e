// SPDX-License-Identifier: Apache-2.0
#include "venue/binance/decode_in.h"

#define T_MIN   ((agon_ns_t)946684800 * 1000000000)  /* 2000 */
#define T_MAX   ((agon_ns_t)4102444800 * 1000000000) /* 2100 */
#define FEE_EXP 8                                    /* of an asset that is not configured */

void binance_decoder_init(struct binance_decoder *dec, const struct symbols *symbols)
{
    memset(dec, 0, sizeof(*dec));
    dec->symbols = symbols;
    dec->time_unit_ns = 1000000;
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

static int64_t to_ns(struct binance_decoder *dec, uint64_t stamp)
{
    int64_t t;

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

static void stamp(struct agon_event_hdr *hdr, uint16_t type, size_t bytes,
                  const struct symbol *symbol, agon_ns_t t_venue)
{
    hdr->type = type;
    hdr->granules = (uint8_t)(bytes / EVENT_GRANULE);
    hdr->instrument = symbol->instrument;
    hdr->t_venue = t_venue;
}

/* The venue's usual order of keys, read with a cursor in a register. NULL: something is otherwise,
 * and the general way decides what it is. */
#define EXPECT(literal)                                                                            \
    do {                                                                                           \
        if ((size_t)(end - at) < sizeof(literal) - 1 ||                                            \
            memcmp(at, literal, sizeof(literal) - 1) != 0)                                         \
            return NULL;                                                                           \
        at += sizeof(literal) - 1;                                                                 \
    } while (0)
#define EXPECT_SYMBOL()                                                                            \
    do {                                                                                           \
        if ((size_t)(end - at) < symbol->n_name || memcmp(at, symbol->name, symbol->n_name) != 0)  \
            return NULL;                                                                           \
        at += symbol->n_name;                                                                      \
    } while (0)
#define EXPECT_U64(value)                                                                          \
    do {                                                                                           \
        at = scan_fast_u64(at, end, (value));                                                      \
        if (at == NULL)                                                                            \
            return NULL;                                                                           \
    } while (0)
#define EXPECT_DECIMAL(exp, value)                                                                 \
    do {                                                                                           \
        at = scan_fast_decimal(at, end, (exp), (value));                                           \
        if (at == NULL)                                                                            \
            return NULL;                                                                           \
    } while (0)

static const char *usual_trade(const char *at, const char *end, struct binance_decoder *dec,
                               const struct symbol *symbol, struct agon_trade *trade)
{
    uint64_t t_event;
    uint64_t t_trade;

    EXPECT("{\"e\":\"trade\",\"E\":");
    EXPECT_U64(&t_event);
    EXPECT(",\"s\":\"");
    EXPECT_SYMBOL();
    EXPECT("\",\"t\":");
    EXPECT_U64(&trade->venue_id);
    EXPECT(",\"p\":\"");
    EXPECT_DECIMAL(symbol->px_exp, &trade->px);
    EXPECT("\",\"q\":\"");
    EXPECT_DECIMAL(symbol->qty_exp, &trade->qty);
    EXPECT("\",\"T\":");
    EXPECT_U64(&t_trade);
    EXPECT(",\"m\":");
    if (end - at >= 4 && memcmp(at, "true", 4) == 0) {
        trade->side = AGON_SELL; // m: the buyer was the maker
        at += 4;
    } else {
        EXPECT("false");
        trade->side = AGON_BUY;
    }
    if (end - at >= 10 && memcmp(at, ",\"M\":true}", 10) == 0)
        at += 9;
    EXPECT("}");
    if (trade->px <= 0 || trade->px > symbol->limit_px || trade->qty <= 0)
        return NULL;
    trade->hdr.t_venue = to_ns(dec, t_trade);
    if (trade->hdr.t_venue == 0)
        trade->hdr.t_venue = to_ns(dec, t_event);
    return at;
}

static const char *usual_quote(const char *at, const char *end, const struct symbol *symbol,
                               struct agon_quote *quote, uint64_t *id)
{
    EXPECT("{\"u\":");
    EXPECT_U64(id);
    EXPECT(",\"s\":\"");
    EXPECT_SYMBOL();
    EXPECT("\",\"b\":\"");
    EXPECT_DECIMAL(symbol->px_exp, &quote->bid_px);
    EXPECT("\",\"B\":\"");
    EXPECT_DECIMAL(symbol->qty_exp, &quote->bid_qty);
    EXPECT("\",\"a\":\"");
    EXPECT_DECIMAL(symbol->px_exp, &quote->ask_px);
    EXPECT("\",\"A\":\"");
    EXPECT_DECIMAL(symbol->qty_exp, &quote->ask_qty);
    EXPECT("\"}");
    if (quote->bid_px <= 0 || quote->bid_px > symbol->limit_px || quote->ask_px <= 0 ||
        quote->ask_px > symbol->limit_px)
        return NULL;
    return at;
}

static int decode_trade(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                        int is_aggregate, struct agon_trade *trade)
{
    struct scan_text key;
    uint64_t seen = 0;
    agon_ns_t t_event = 0;
    agon_ns_t t_trade = 0;
    int is_maker = 0;
    int rc;

    const char *stop;

    memset(trade, 0, sizeof(*trade));
    stop = is_aggregate ? NULL : usual_trade(scan->at, scan->end, dec, symbol, trade);
    if (stop != NULL) {
        scan->at = stop;
        scan->is_first = 0;
        stamp(&trade->hdr, AGON_EVENT_TRADE, sizeof(*trade), symbol, trade->hdr.t_venue);
        return BINANCE_TRADE;
    }
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
    stamp(&trade->hdr, AGON_EVENT_TRADE, sizeof(*trade), symbol, t_trade != 0 ? t_trade : t_event);
    return BINANCE_TRADE;
}

static int decode_quote(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                        struct agon_quote *quote, uint64_t *id)
{
    struct scan_text key;
    uint64_t seen = 0;
    agon_ns_t t = 0;
    int rc;

    const char *stop;

    memset(quote, 0, sizeof(*quote));
    stop = usual_quote(scan->at, scan->end, symbol, quote, id);
    if (stop != NULL) {
        scan->at = stop;
        scan->is_first = 0;
        stamp(&quote->hdr, AGON_EVENT_QUOTE, sizeof(*quote), symbol, 0);
        return BINANCE_QUOTE;
    }
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
    stamp(&quote->hdr, AGON_EVENT_QUOTE, sizeof(*quote), symbol, t);
    return BINANCE_QUOTE;
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

static int decode_kline(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
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
        return BINANCE_OTHER;
    stamp(&bar->hdr, AGON_EVENT_BAR, sizeof(*bar), symbol, t);
    return BINANCE_BAR;
}

static int decode_side(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                       struct agon_level *levels, uint32_t *n)
{
    uint32_t count = 0;
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    // Level after level with a cursor in a register, as long as they look as they always do.
    if (scan->at < scan->end && *scan->at == '[') {
        const char *at = scan->at;
        const char *end = scan->end;
        const char *stop;

        while (count < BINANCE_DEPTH_MAX) {
            struct agon_level *level = &levels[count];

            stop =
                scan_fast_pair(at, end, symbol->px_exp, &level->px, symbol->qty_exp, &level->qty);
            if (stop == NULL || level->px <= 0 || level->px > symbol->limit_px || stop == end)
                break;
            dec->n_off_tick += !symbol_is_on_tick(symbol, level->px);
            count++;
            scan->at = stop;
            scan->is_first = 0;
            if (*stop != ',')
                break;
            at = stop + 1;
        }
    }
    while ((rc = scan_item(scan)) > 0) {
        struct agon_level *level = &levels[count];

        if (count == BINANCE_DEPTH_MAX ||
            scan_level(scan, symbol->px_exp, &level->px, symbol->qty_exp, &level->qty,
                       &dec->n_cut) < 0 ||
            level->px <= 0 || level->px > symbol->limit_px || level->qty < 0)
            return scan_fail(scan);
        dec->n_off_tick += !symbol_is_on_tick(symbol, level->px);
        count++;
    }
    *n = count;
    return rc;
}

static int decode_diff(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                       struct binance_depth *depth)
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
    return BINANCE_DIFF;
}

/* A whole book: REST snapshot, or partial depth. */
static int decode_book(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                       struct binance_depth *depth)
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
    return BINANCE_PARTIAL;
}

/* What a bare payload is, without taking it: kind by its "e" or by which keys it has, symbol by its
 * "s". A second look costs time; combined streams need none. */
struct look {
    int kind;
    int is_aggregate;
    const struct symbol *symbol;
    int has_symbol; /* it names one, ours or not */
};

static int kind_of(const struct scan_text *text, int *is_aggregate)
{
    *is_aggregate = 0;
    if (scan_is(text, "trade"))
        return BINANCE_TRADE;
    if (scan_is(text, "aggTrade")) {
        *is_aggregate = 1;
        return BINANCE_TRADE;
    }
    if (scan_is(text, "bookTicker"))
        return BINANCE_QUOTE;
    if (scan_is(text, "kline"))
        return BINANCE_BAR;
    if (scan_is(text, "depthUpdate"))
        return BINANCE_DIFF;
    if (scan_is(text, "serverShutdown"))
        return BINANCE_SHUTDOWN;
    if (scan_is(text, "markPriceUpdate"))
        return BINANCE_MARK;
    if (scan_is(text, "forceOrder"))
        return BINANCE_LIQUIDATION;
    if (scan_is(text, "executionReport"))
        return BINANCE_ORDER;
    if (scan_is(text, "outboundAccountPosition"))
        return BINANCE_BALANCE;
    if (scan_is(text, "eventStreamTerminated"))
        return BINANCE_TERMINATED;
    return BINANCE_OTHER;
}

static int look_at(const struct scan *from, const struct symbols *symbols, struct look *look)
{
    struct scan scan;
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    uint64_t quote_keys = 0;
    int rc;

    scan_init(&scan, from->at, (size_t)(from->end - from->at));
    scan.depth = from->depth;
    memset(look, 0, sizeof(*look));
    if (scan_object(&scan) < 0)
        return scan.rc;
    while ((rc = scan_key(&scan, &key)) > 0) {
        if (scan_is(&key, "e") && scan_peek(&scan) == '"') {
            if (scan_once(&scan, &seen, 0) < 0 || scan_string(&scan, &text) < 0)
                return scan.rc;
            look->kind = kind_of(&text, &look->is_aggregate);
            continue;
        }
        if ((scan_is(&key, "s") || scan_is(&key, "symbol")) && scan_peek(&scan) == '"') {
            if (scan_once(&scan, &seen, 1) < 0 || scan_string(&scan, &text) < 0)
                return scan.rc;
            look->has_symbol = 1;
            if (!text.is_raw)
                look->symbol = symbols_find(symbols, text.at, text.n);
            continue;
        }
        if (scan_is(&key, "u"))
            quote_keys |= 1;
        else if (scan_is(&key, "B"))
            quote_keys |= 2;
        else if (scan_is(&key, "A"))
            quote_keys |= 4;
        else if (scan_is(&key, "lastUpdateId"))
            quote_keys |= 8;
        else if (scan_is(&key, "bids"))
            quote_keys |= 16;
        if (scan_skip(&scan) < 0)
            return scan.rc;
    }
    if (rc == 0 && (seen & 1) == 0) {
        if ((quote_keys & 7) == 7 && look->has_symbol)
            look->kind = BINANCE_QUOTE;
        else if ((quote_keys & 24) == 24)
            look->kind = BINANCE_PARTIAL;
    }
    return rc;
}

static int decode_shutdown(struct scan *scan)
{
    return scan_skip(scan) < 0 ? scan->rc : BINANCE_SHUTDOWN;
}

/* One payload, its kind and symbol being known. *kind_out: for the counts. */
static int decode_payload(struct scan *scan, struct binance_decoder *dec, const struct look *look,
                          struct binance_out *out)
{
    switch (look->kind) {
    case BINANCE_TRADE:
        return decode_trade(scan, dec, look->symbol, look->is_aggregate, &out->trade);
    case BINANCE_QUOTE:
        return decode_quote(scan, dec, look->symbol, &out->quote, &out->id);
    case BINANCE_BAR:
        return decode_kline(scan, dec, look->symbol, &out->bar);
    case BINANCE_DIFF:
        return decode_diff(scan, dec, look->symbol, &out->depth);
    case BINANCE_PARTIAL:
        return decode_book(scan, dec, look->symbol, &out->depth);
    case BINANCE_MARK:
        return decode_in_mark(scan, dec, look->symbol, &out->mark);
    case BINANCE_LIQUIDATION:
        return decode_in_liquidation(scan, dec, look->symbol, &out->liquidation);
    case BINANCE_SHUTDOWN:
        return decode_shutdown(scan);
    default:
        return scan_skip(scan) < 0 ? scan->rc : BINANCE_OTHER;
    }
}

/* "btcusdt@depth@100ms": symbol and kind. */
static void look_at_stream(const struct scan_text *name, const struct symbols *symbols,
                           struct look *look)
{
    const char *at = memchr(name->at, '@', name->n);
    struct scan_text suffix;
    char symbol[32];
    uint32_t n_symbol;
    size_t n_kind;
    const char *more;

    memset(look, 0, sizeof(*look));
    if (at == NULL) {
        if (scan_is(name, "!serverShutdown"))
            look->kind = BINANCE_SHUTDOWN;
        return;
    }
    n_symbol = (uint32_t)(at - name->at);
    suffix.at = at + 1;
    suffix.n = name->n - n_symbol - 1;
    suffix.is_raw = 0;
    look->has_symbol = 1;
    if (n_symbol <= sizeof(symbol)) {
        for (uint32_t i = 0; i < n_symbol; i++) {
            char c = name->at[i];

            symbol[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
        look->symbol = symbols_find(symbols, symbol, n_symbol);
    }
    more = memchr(suffix.at, '@', suffix.n);
    n_kind = more != NULL ? (size_t)(more - suffix.at) : suffix.n;
    if (n_kind == 5 && memcmp(suffix.at, "depth", 5) == 0) {
        look->kind = BINANCE_DIFF;
    } else if (n_kind > 5 && memcmp(suffix.at, "depth", 5) == 0) {
        look->kind = BINANCE_PARTIAL;
    } else if (n_kind > 6 && memcmp(suffix.at, "kline_", 6) == 0) {
        look->kind = BINANCE_BAR;
    } else if (n_kind == 9 && memcmp(suffix.at, "markPrice", 9) == 0) {
        look->kind = BINANCE_MARK;
    } else if (more == NULL) {
        look->kind = kind_of(&suffix, &look->is_aggregate);
        if (look->kind == BINANCE_ORDER || look->kind == BINANCE_BALANCE)
            look->kind = BINANCE_OTHER;
    }
}

/* The same, remembered: there are few streams and many messages. */
static void look_up_stream(const struct scan_text *name, struct binance_decoder *dec,
                           struct look *look)
{
    struct binance_stream *stream;
    uint64_t front;
    uint64_t back;

    if (name->n < 8 || name->n > sizeof(stream->name)) {
        look_at_stream(name, dec->symbols, look);
        return;
    }
    front = scan_load8(name->at);
    back = scan_load8(name->at + name->n - 8);
    stream = &dec->streams[((front ^ (back << 7 | back >> 57)) * 0x9e3779b97f4a7c15u) >> 56];
    if (stream->n != name->n || memcmp(stream->name, name->at, name->n) != 0) {
        look_at_stream(name, dec->symbols, look);
        stream->n = name->n;
        memcpy(stream->name, name->at, name->n);
        stream->kind = look->kind;
        stream->is_aggregate = look->is_aggregate;
        stream->symbol = look->symbol;
        return;
    }
    look->kind = stream->kind;
    look->is_aggregate = stream->is_aggregate;
    look->symbol = stream->symbol;
    look->has_symbol = 1;
}

/* A bare payload that begins {"e":"trade","E":1,"s":"BTCUSDT" says what it is before anything else.
 * False: it must be walked through first. */
static int look_ahead(const char *at, const char *end, const struct symbols *symbols,
                      struct look *look)
{
    const char *stop;
    struct scan_text text = {0};
    uint64_t stamp_ms;

    if (end - at < 64 || memcmp(at, "{\"e\":\"", 6) != 0)
        return 0;
    text.at = at + 6;
    stop = memchr(text.at, '"', 24);
    if (stop == NULL)
        return 0;
    text.n = (uint32_t)(stop - text.at);
    memset(look, 0, sizeof(*look));
    look->kind = kind_of(&text, &look->is_aggregate);
    if (end - stop < 6 || memcmp(stop, "\",\"E\":", 6) != 0)
        return 0;
    stop = scan_fast_u64(stop + 6, end, &stamp_ms);
    if (stop == NULL || end - stop < 40 || memcmp(stop, ",\"s\":\"", 6) != 0)
        return 0;
    text.at = stop + 6;
    stop = memchr(text.at, '"', 32);
    if (stop == NULL)
        return 0;
    look->symbol = symbols_find(symbols, text.at, (size_t)(stop - text.at));
    look->has_symbol = 1;
    // Only kinds whose decoder checks both again: what follows may still be no JSON.
    return look->symbol != NULL && look->kind >= BINANCE_TRADE && look->kind <= BINANCE_DIFF;
}

static int needs_symbol(int kind)
{
    return (kind >= BINANCE_TRADE && kind <= BINANCE_PARTIAL) || kind == BINANCE_MARK ||
           kind == BINANCE_LIQUIDATION;
}

static int take_payload(struct scan *scan, struct binance_decoder *dec, struct look *look,
                        struct binance_out *out)
{
    dec->last_symbol = look->symbol;
    dec->last_kind = look->kind;
    if (needs_symbol(look->kind) && look->symbol == NULL) {
        dec->n_unknown_symbol++;
        look->kind = BINANCE_OTHER;
    }
    return decode_payload(scan, dec, look, out);
}

/* {"result":null,"id":1}, {"error":{"code":..,"msg":".."},"id":1} and, of the WebSocket API,
 * {"id":"..","status":200,"result":..}. */
static int decode_reply(struct scan *scan, struct binance_out *out)
{
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    int64_t code = 0;
    int rc;

    out->id = 0;
    out->code = 0;
    out->status = 0;
    out->text[0] = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "id")) {
            // Ours are numbers, as a number or as a text; any other is nobody's here.
            if (scan_once(scan, &seen, 0) < 0)
                return scan->rc;
            if (scan_null(scan))
                continue;
            if (scan_peek(scan) == '"') {
                int64_t id;

                if (scan_string(scan, &text) < 0)
                    return scan->rc;
                if (!text.is_raw && num_parse(text.at, text.n, 0, &id) == AGON_OK && id > 0)
                    out->id = (uint64_t)id;
            } else if (scan_u64(scan, &out->id) < 0) {
                return scan->rc;
            }
        } else if (scan_is(&key, "status")) {
            uint64_t status;

            TAKE(1, scan_u64(scan, &status));
            out->status = status < 1000 ? (uint32_t)status : 0;
        } else if (scan_is(&key, "error")) {
            if (scan_once(scan, &seen, 2) < 0 || scan_object(scan) < 0)
                return scan->rc;
            while ((rc = scan_key(scan, &key)) > 0) {
                if (scan_is(&key, "code"))
                    TAKE(3, scan_i64(scan, &code));
                else if (scan_is(&key, "msg"))
                    TAKE(4, scan_copy(scan, out->text, sizeof(out->text)));
                else if (scan_skip(scan) < 0)
                    return scan->rc;
            }
            if (rc < 0 || (seen & BIT(3)) == 0)
                return scan_fail(scan);
        } else if (scan_is(&key, "code") && scan_peek(scan) != '"') {
            TAKE(3, scan_i64(scan, &code));
        } else if (scan_is(&key, "msg")) {
            TAKE(4, scan_copy(scan, out->text, sizeof(out->text)));
        } else if (scan_is(&key, "result")) {
            TAKE(5, scan_skip(scan));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    if (rc < 0 || code < INT32_MIN || code > INT32_MAX)
        return scan_fail(scan);
    if ((seen & (BIT(0) | BIT(2) | BIT(3) | BIT(5))) == 0)
        return BINANCE_OTHER;
    out->code = (int32_t)code;
    return BINANCE_REPLY;
}

int binance_decode_market(struct binance_decoder *dec, const void *bytes, size_t n,
                          struct binance_out *out)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    struct scan_text text;
    struct look look = {0};
    const char *later = NULL; // a payload that came before its stream's name
    uint64_t seen = 0;
    int kind = BINANCE_OTHER;
    int rc;

    dec->last_symbol = NULL;
    dec->last_kind = BINANCE_OTHER;
    scan_init(scan, bytes, n);
    if (look_ahead(scan->at, scan->end, dec->symbols, &look)) {
        kind = look.kind;
        rc = take_payload(scan, dec, &look, out);
        goto end;
    }
    memset(&look, 0, sizeof(look));
    if (scan_object(scan) < 0)
        return decode_in_judge(dec, BINANCE_OTHER, scan->rc, bytes, n);
    rc = scan_key(scan, &key);
    if (rc < 0)
        return decode_in_judge(dec, BINANCE_OTHER, rc, bytes, n);
    if (rc > 0 && !scan_is(&key, "stream") && !scan_is(&key, "data")) {
        // A bare payload, an answer, or {"event":{..}}.
        if (scan_is(&key, "event"))
            return binance_decode_user(dec, bytes, n, out);
        scan_init(scan, bytes, n);
        rc = look_at(scan, dec->symbols, &look);
        if (rc < 0)
            return decode_in_judge(dec, BINANCE_OTHER, rc, bytes, n);
        if (look.kind == BINANCE_OTHER && !look.has_symbol)
            rc = decode_reply(scan, out);
        else
            rc = take_payload(scan, dec, &look, out);
        kind = look.kind;
        goto end;
    }
    while (rc > 0) {
        if (scan_is(&key, "stream")) {
            if (scan_once(scan, &seen, 0) < 0 || scan_string(scan, &text) < 0 || text.is_raw) {
                rc = scan_fail(scan);
                goto end;
            }
            look_up_stream(&text, dec, &look);
            kind = look.kind;
        } else if (scan_is(&key, "data")) {
            if (scan_once(scan, &seen, 1) < 0) {
                rc = scan->rc;
                goto end;
            }
            if (seen & 1) {
                rc = take_payload(scan, dec, &look, out);
                kind = rc >= 0 ? rc : kind;
            } else {
                later = scan->at;
                rc = scan_skip(scan);
            }
            if (rc < 0)
                goto end;
        } else if (scan_skip(scan) < 0) {
            rc = scan->rc;
            goto end;
        }
        rc = scan_key(scan, &key);
    }
    if (rc == 0 && seen != 3)
        rc = scan_fail(scan);
    if (rc == 0)
        rc = scan_end(scan);
    if (rc == 0 && later != NULL) {
        // It was found well-formed above, so it ends where its brackets say.
        scan_init(scan, later, (size_t)((const char *)bytes + n - later));
        scan->depth = 1;
        kind = take_payload(scan, dec, &look, out);
        rc = kind < 0 ? kind : 0;
        if (rc < 0)
            kind = look.kind;
    }
    return decode_in_judge(dec, kind, rc < 0 ? rc : kind, bytes, n);

end:
    if (rc >= 0) {
        kind = rc;
        rc = scan_end(scan);
    }
    return decode_in_judge(dec, kind, rc < 0 ? rc : kind, bytes, n);
}

/* Orders ----------------------------------------------------------------------------------------
 */

static uint8_t read_state(const struct scan_text *text)
{
    if (scan_is(text, "NEW"))
        return AGON_ORDER_OPEN;
    if (scan_is(text, "PENDING_NEW"))
        return AGON_ORDER_PENDING;
    if (scan_is(text, "PARTIALLY_FILLED"))
        return AGON_ORDER_PARTIAL;
    if (scan_is(text, "FILLED"))
        return AGON_ORDER_FILLED;
    if (scan_is(text, "CANCELED"))
        return AGON_ORDER_CANCELLED;
    if (scan_is(text, "PENDING_CANCEL"))
        return AGON_ORDER_CANCELLING;
    if (scan_is(text, "EXPIRED") || scan_is(text, "EXPIRED_IN_MATCH"))
        return AGON_ORDER_EXPIRED;
    if (scan_is(text, "REJECTED"))
        return AGON_ORDER_REJECTED;
    return 0;
}

static uint8_t read_exec(const struct scan_text *text)
{
    static const char *const names[] = {"NEW",   "CANCELED", "REPLACED",        "REJECTED",
                                        "TRADE", "EXPIRED",  "TRADE_PREVENTION"};

    for (uint8_t i = 0; i < 7; i++) {
        if (scan_is(text, names[i]))
            return (uint8_t)(i + 1);
    }
    if (scan_is(text, "AMENDMENT"))
        return BINANCE_EXEC_REPLACED;
    // A liquidation is told before its trades are.
    return scan_is(text, "CALCULATED") ? BINANCE_EXEC_NEW : 0;
}

static int take_state(struct scan *scan, struct binance_order *order)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    order->state = read_state(&text);
    order->is_stp = (uint8_t)(order->is_stp | scan_is(&text, "EXPIRED_IN_MATCH"));
    return order->state != 0 ? AGON_OK : scan_fail(scan);
}

static int take_side(struct scan *scan, uint8_t *side)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *side = scan_is(&text, "BUY") ? AGON_BUY : scan_is(&text, "SELL") ? AGON_SELL : 0;
    return *side != 0 ? AGON_OK : scan_fail(scan);
}

static int take_type(struct scan *scan, struct binance_order *order)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    // Types that we never send stay 0.
    if (scan_is(&text, "LIMIT"))
        order->type = AGON_LIMIT;
    else if (scan_is(&text, "MARKET"))
        order->type = AGON_MARKET;
    else if (scan_is(&text, "STOP_LOSS") || scan_is(&text, "STOP_MARKET"))
        order->type = AGON_STOP;
    else if (scan_is(&text, "STOP_LOSS_LIMIT") || scan_is(&text, "STOP"))
        order->type = AGON_STOP_LIMIT;
    else if (scan_is(&text, "LIMIT_MAKER")) {
        order->type = AGON_LIMIT;
        order->is_post_only = 1;
    }
    return AGON_OK;
}

static int take_tif(struct scan *scan, uint8_t *tif, uint8_t *is_post_only)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    if (scan_is(&text, "GTC"))
        *tif = AGON_TIF_GTC;
    else if (scan_is(&text, "IOC"))
        *tif = AGON_TIF_IOC;
    else if (scan_is(&text, "FOK"))
        *tif = AGON_TIF_FOK;
    else if (scan_is(&text, "GTX"))
        *is_post_only = 1;
    return AGON_OK;
}

/* A fee: amount text and asset name come in any order, so the text is kept until both are there. */
struct fee {
    char text[48];
    uint32_t n;
    struct scan_text asset;
    char name[16];
    int has_asset;
};

static int take_fee(struct scan *scan, struct fee *fee)
{
    struct scan_text text;

    if (scan_number(scan, &text) < 0)
        return scan->rc;
    if (text.is_raw || text.n >= sizeof(fee->text))
        return scan_fail(scan);
    memcpy(fee->text, text.at, text.n);
    fee->n = text.n;
    return AGON_OK;
}

static int take_fee_asset(struct scan *scan, struct fee *fee)
{
    struct scan_text text;

    if (scan_null(scan))
        return AGON_OK;
    if (scan_string(scan, &text) < 0)
        return scan->rc;
    if (text.is_raw || text.n == 0 || text.n >= sizeof(fee->name))
        return scan_fail(scan);
    memcpy(fee->name, text.at, text.n);
    fee->name[text.n] = 0;
    fee->has_asset = 1;
    return AGON_OK;
}

/* AGON_ERANGE: not representable. A negative fee is a rebate. */
static int settle_fee(const struct symbols *symbols, const struct fee *fee, agon_amt_t *amt,
                      agon_asset_t *asset)
{
    const struct symbol_asset *known;
    int exp = FEE_EXP;

    *amt = 0;
    *asset = 0;
    if (fee->n == 0)
        return AGON_OK;
    if (fee->has_asset) {
        known = symbols_asset(symbols, fee->name, strlen(fee->name));
        if (known != NULL) {
            *asset = known->asset;
            exp = known->exp;
        }
    }
    return num_parse(fee->text, fee->n, exp, amt);
}

/* -1 stands for no trade. */
static int take_fill_id(struct scan *scan, uint64_t *fill)
{
    int64_t id;

    if (scan_i64(scan, &id) < 0)
        return scan->rc;
    *fill = id > 0 ? (uint64_t)id : 0;
    return AGON_OK;
}

int decode_in_report(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                     int is_inner, struct binance_order *order)
{
    struct scan_text key;
    struct scan_text text;
    struct fee fee = {0};
    uint64_t seen = is_inner ? BIT(0) : 0; // the event's name stands outside
    int flag = 0;
    int rc;

    memset(order, 0, sizeof(*order));
    order->symbol = symbol;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        switch (LETTER(key)) {
        case 'e':
            TAKE(0, decode_in_word(scan, "executionReport"));
            break;
        case 'T':
            TAKE(1, decode_in_time(scan, dec, &order->t_venue));
            break;
        case 's':
            TAKE(2, decode_in_own_symbol(scan, symbol));
            break;
        case 'c':
            TAKE(3, scan_copy(scan, order->client_id, sizeof(order->client_id)));
            break;
        case 'C':
            if (scan_once(scan, &seen, 4) < 0)
                return scan->rc;
            if (!scan_null(scan) &&
                scan_copy(scan, order->orig_client_id, sizeof(order->orig_client_id)) < 0)
                return scan->rc;
            break;
        case 'S':
            TAKE(5, take_side(scan, &order->side));
            break;
        case 'o':
            TAKE(6, take_type(scan, order));
            break;
        case 'f':
            TAKE(7, take_tif(scan, &order->tif, &order->is_post_only));
            break;
        case 'q':
            TAKE(8, decode_in_amount(scan, symbol->qty_exp, &order->qty));
            break;
        case 'p':
            TAKE(9, decode_in_px0(scan, symbol, &order->px));
            break;
        case 'x':
            TAKE(10, scan_string(scan, &text));
            order->exec = read_exec(&text);
            if (order->exec == 0)
                return scan_fail(scan);
            break;
        case 'X':
            TAKE(11, take_state(scan, order));
            break;
        case 'r':
            TAKE(12, scan_copy(scan, order->reason, sizeof(order->reason)));
            break;
        case 'i':
            TAKE(13, scan_u64(scan, &order->venue_order));
            break;
        case 'l':
            TAKE(14, decode_in_amount(scan, symbol->qty_exp, &order->last_qty));
            break;
        case 'z':
            TAKE(15, decode_in_amount(scan, symbol->qty_exp, &order->cum_qty));
            break;
        case 'L':
            TAKE(16, decode_in_px0(scan, symbol, &order->last_px));
            break;
        case 'n':
            TAKE(17, take_fee(scan, &fee));
            break;
        case 'N':
            TAKE(18, take_fee_asset(scan, &fee));
            break;
        case 't':
            TAKE(19, take_fill_id(scan, &order->fill));
            break;
        case 'm':
            TAKE(20, scan_bool(scan, &flag));
            order->is_maker = (uint8_t)flag;
            break;
        default:
            if (scan_skip(scan) < 0)
                return scan->rc;
        }
    }
    NEED(BIT(0) | BIT(2) | BIT(3) | BIT(5) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(13) |
         BIT(15));
    if (settle_fee(dec->symbols, &fee, &order->fee_amt, &order->fee_asset) < 0)
        return scan_fail(scan);
    // A trade without its number, price or quantity cannot be booked, and one larger than its
    // order is a lie.
    if (order->exec == BINANCE_EXEC_TRADE &&
        (order->fill == 0 || order->last_px <= 0 || order->last_qty <= 0 ||
         (seen & (BIT(14) | BIT(16) | BIT(19) | BIT(20))) !=
             (BIT(14) | BIT(16) | BIT(19) | BIT(20)) ||
         order->last_qty > order->cum_qty))
        return scan_fail(scan);
    if (order->cum_qty > order->qty && order->qty > 0)
        return scan_fail(scan);
    return BINANCE_ORDER;
}

static int decode_balances(struct scan *scan, struct binance_decoder *dec, struct binance_out *out,
                           const char *asset_key, const char *free_key, const char *held_key)
{
    struct scan_text key;
    struct scan_text text;
    int rc;

    out->n_balances = 0;
    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        const struct symbol_asset *asset = NULL;
        struct binance_balance *balance;
        char free_text[48] = "";
        char held_text[48] = "";
        uint64_t seen = 0;

        if (scan_object(scan) < 0)
            return scan->rc;
        while ((rc = scan_key(scan, &key)) > 0) {
            if (scan_is(&key, asset_key)) {
                TAKE(0, scan_string(scan, &text));
                if (!text.is_raw)
                    asset = symbols_asset(dec->symbols, text.at, text.n);
            } else if (scan_is(&key, free_key)) {
                TAKE(1, scan_number(scan, &text));
                if (text.is_raw || text.n >= sizeof(free_text))
                    return scan_fail(scan);
                memcpy(free_text, text.at, text.n);
                free_text[text.n] = 0;
            } else if (scan_is(&key, held_key)) {
                TAKE(2, scan_number(scan, &text));
                if (text.is_raw || text.n >= sizeof(held_text))
                    return scan_fail(scan);
                memcpy(held_text, text.at, text.n);
                held_text[text.n] = 0;
            } else if (scan_skip(scan) < 0) {
                return scan->rc;
            }
        }
        NEED(7);
        if (asset == NULL)
            continue; // the host has no use for it
        if (out->n_balances == SYMBOLS_ASSETS_MAX)
            return scan_fail(scan);
        balance = &out->balances[out->n_balances++];
        balance->asset = asset;
        if (num_parse(free_text, strlen(free_text), asset->exp, &balance->free_amt) < 0 ||
            num_parse(held_text, strlen(held_text), asset->exp, &balance->held_amt) < 0 ||
            balance->free_amt < 0 || balance->held_amt < 0)
            return scan_fail(scan);
    }
    return rc < 0 ? rc : AGON_OK;
}

static int decode_position(struct scan *scan, struct binance_decoder *dec, struct binance_out *out)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    out->order.t_venue = 0;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "e"))
            TAKE(0, decode_in_word(scan, "outboundAccountPosition"));
        else if (scan_is(&key, "B"))
            TAKE(1, decode_balances(scan, dec, out, "a", "f", "l"));
        else if (scan_is(&key, "E"))
            TAKE(2, decode_in_time(scan, dec, &out->order.t_venue));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(3);
    return BINANCE_BALANCE;
}

static int decode_event(struct scan *scan, struct binance_decoder *dec, struct binance_out *out,
                        int *kind)
{
    struct look look;
    int rc = look_at(scan, dec->symbols, &look);

    if (rc < 0)
        return scan_fail(scan);
    *kind = look.kind;
    switch (look.kind) {
    case BINANCE_ORDER:
        if (look.symbol == NULL) {
            if (!look.has_symbol)
                return scan_fail(scan);
            dec->n_unknown_symbol++;
            return scan_skip(scan) < 0 ? scan->rc : BINANCE_OTHER;
        }
        return decode_in_report(scan, dec, look.symbol, 0, &out->order);
    case BINANCE_BALANCE:
        return decode_position(scan, dec, out);
    case BINANCE_TERMINATED:
    case BINANCE_SHUTDOWN:
        return scan_skip(scan) < 0 ? scan->rc : look.kind;
    default:
        return scan_skip(scan) < 0 ? scan->rc : BINANCE_OTHER;
    }
}

int binance_decode_user(struct binance_decoder *dec, const void *bytes, size_t n,
                        struct binance_out *out)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int kind = BINANCE_OTHER;
    int result = BINANCE_OTHER;
    int rc;

    scan_init(scan, bytes, n);
    rc = scan_object(scan);
    while (rc >= 0 && (rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "e")) {
            // Bare, as the old listen key streams have it.
            scan_init(scan, bytes, n);
            result = decode_event(scan, dec, out, &kind);
            rc = result < 0 ? result : scan_end(scan);
            return decode_in_judge(dec, rc < 0 ? kind : result, rc < 0 ? rc : result, bytes, n);
        }
        if (scan_is(&key, "event")) {
            rc = scan_once(scan, &seen, 0);
            if (rc >= 0) {
                result = decode_event(scan, dec, out, &kind);
                rc = result;
            }
        } else if (seen == 0 && (scan_is(&key, "id") || scan_is(&key, "status") ||
                                 scan_is(&key, "error") || scan_is(&key, "result"))) {
            scan_init(scan, bytes, n);
            kind = BINANCE_REPLY;
            result = decode_reply(scan, out);
            rc = result < 0 ? result : scan_end(scan);
            return decode_in_judge(dec, rc < 0 ? kind : result, rc < 0 ? rc : result, bytes, n);
        } else {
            rc = scan_skip(scan);
        }
    }
    if (rc >= 0)
        rc = scan_end(scan);
    return decode_in_judge(dec, rc < 0 ? kind : result, rc < 0 ? rc : result, bytes, n);
}

/* REST answers ----------------------------------------------------------------------------------
 */

int binance_decode_error(const void *bytes, size_t n, int32_t *code, char *text, size_t room)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int64_t value = 0;
    int rc;

    text[0] = 0;
    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "code"))
            TAKE(0, scan_i64(scan, &value));
        else if (scan_is(&key, "msg"))
            TAKE(1, scan_copy(scan, text, room));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    if (value < INT32_MIN || value > INT32_MAX)
        return AGON_ERANGE;
    *code = (int32_t)value;
    return scan_end(scan);
}

int binance_decode_time(struct binance_decoder *dec, const void *bytes, size_t n, agon_ns_t *t)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    *t = 0;
    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return decode_in_judge(dec, BINANCE_REST, scan->rc, bytes, n);
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "serverTime"))
            rc = scan_once(scan, &seen, 0) < 0 ? scan->rc : decode_in_time(scan, dec, t);
        else
            rc = scan_skip(scan);
        if (rc < 0)
            break;
    }
    if (rc >= 0)
        rc = scan_end(scan);
    if (rc >= 0 && *t == 0)
        rc = AGON_EINVAL;
    return decode_in_judge(dec, BINANCE_REST, rc, bytes, n);
}

int binance_decode_snapshot(struct binance_decoder *dec, const void *bytes, size_t n,
                            const struct symbol *symbol, struct binance_depth *depth)
{
    struct scan scan;
    int rc;

    scan_init(&scan, bytes, n);
    rc = decode_book(&scan, dec, symbol, depth);
    if (rc >= 0)
        rc = scan_end(&scan);
    return decode_in_judge(dec, BINANCE_SNAPSHOT, rc, bytes, n);
}

/* One entry of fills in a FULL answer, or of myTrades. */
static int decode_fill(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                       struct binance_fill *fill, int is_answer)
{
    struct scan_text key;
    struct fee fee = {0};
    uint64_t seen = 0;
    int flag;
    int rc;

    memset(fill, 0, sizeof(*fill));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "price")) {
            TAKE(0, decode_in_px(scan, symbol, &fill->px));
        } else if (scan_is(&key, "qty")) {
            TAKE(1, decode_in_amount(scan, symbol->qty_exp, &fill->qty));
        } else if (scan_is(&key, "commission")) {
            TAKE(2, take_fee(scan, &fee));
        } else if (scan_is(&key, "commissionAsset")) {
            TAKE(3, take_fee_asset(scan, &fee));
        } else if (scan_is(&key, is_answer ? "tradeId" : "id")) {
            TAKE(4, take_fill_id(scan, &fill->fill));
        } else if (scan_is(&key, "orderId")) {
            TAKE(5, scan_u64(scan, &fill->venue_order));
        } else if (scan_is(&key, "time")) {
            TAKE(6, decode_in_time(scan, dec, &fill->t_venue));
        } else if (scan_is(&key, "isBuyer") || scan_is(&key, "buyer")) {
            TAKE(7, scan_bool(scan, &flag));
            fill->is_buyer = (uint8_t)flag;
        } else if (scan_is(&key, "isMaker") || scan_is(&key, "maker")) {
            TAKE(8, scan_bool(scan, &flag));
            fill->is_maker = (uint8_t)flag;
        } else if (scan_is(&key, "symbol")) {
            TAKE(9, decode_in_own_symbol(scan, symbol));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(is_answer ? 0x1fu : 0x1bfu);
    if (fill->qty == 0 || fill->fill == 0 ||
        settle_fee(dec->symbols, &fee, &fill->fee_amt, &fill->fee_asset) < 0)
        return scan_fail(scan);
    return AGON_OK;
}

static int decode_fills(struct scan *scan, struct binance_decoder *dec,
                        const struct binance_order *order, binance_fill_fn each, void *ctx)
{
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        struct binance_fill fill;

        if (decode_fill(scan, dec, order->symbol, &fill, 1) < 0)
            return scan->rc;
        if (each != NULL) {
            fill.venue_order = order->venue_order;
            fill.is_buyer = order->side == AGON_BUY;
            fill.t_venue = order->t_venue;
            each(ctx, &fill);
        }
    }
    return rc < 0 ? rc : AGON_OK;
}

/* An order object of the REST API. Fills are decoded always and told when each is given. */
/* Of an instrument that is not served here: whose it is, and whether it is open. What its numbers
 * mean is not known. */
static int decode_elsewhere(struct scan *scan, struct binance_order *order)
{
    struct scan_text key, text;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "orderId")) {
            TAKE(0, scan_u64(scan, &order->venue_order));
        } else if (scan_is(&key, "clientOrderId")) {
            TAKE(1, scan_copy(scan, order->client_id, sizeof(order->client_id)));
        } else if (scan_is(&key, "side")) {
            TAKE(2, take_side(scan, &order->side));
        } else if (scan_is(&key, "status")) {
            TAKE(3, scan_string(scan, &text));
            order->state = read_state(&text); // one that is new to us is no reason to read nothing
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    return rc;
}

static int decode_order(struct scan *scan, struct binance_decoder *dec, struct binance_order *order,
                        binance_fill_fn each, void *ctx)
{
    struct scan_text key;
    struct look look;
    const char *fills = NULL;
    uint64_t seen = 0;
    agon_ns_t t_update = 0;
    int rc;

    memset(order, 0, sizeof(*order));
    if (look_at(scan, dec->symbols, &look) < 0 || !look.has_symbol)
        return scan_fail(scan);
    if (look.symbol == NULL) {
        dec->n_unknown_symbol++;
        return decode_elsewhere(scan, order);
    }
    order->symbol = look.symbol;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "orderId")) {
            TAKE(0, scan_u64(scan, &order->venue_order));
        } else if (scan_is(&key, "clientOrderId")) {
            TAKE(1, scan_copy(scan, order->client_id, sizeof(order->client_id)));
        } else if (scan_is(&key, "origClientOrderId")) {
            TAKE(2, scan_copy(scan, order->orig_client_id, sizeof(order->orig_client_id)));
        } else if (scan_is(&key, "price")) {
            TAKE(3, decode_in_px0(scan, order->symbol, &order->px));
        } else if (scan_is(&key, "origQty")) {
            TAKE(4, decode_in_amount(scan, order->symbol->qty_exp, &order->qty));
        } else if (scan_is(&key, "executedQty")) {
            TAKE(5, decode_in_amount(scan, order->symbol->qty_exp, &order->cum_qty));
        } else if (scan_is(&key, "status")) {
            TAKE(6, take_state(scan, order));
        } else if (scan_is(&key, "timeInForce")) {
            TAKE(7, take_tif(scan, &order->tif, &order->is_post_only));
        } else if (scan_is(&key, "type")) {
            TAKE(8, take_type(scan, order));
        } else if (scan_is(&key, "side")) {
            TAKE(9, take_side(scan, &order->side));
        } else if (scan_is(&key, "transactTime")) {
            TAKE(10, decode_in_time(scan, dec, &order->t_venue));
        } else if (scan_is(&key, "updateTime")) {
            TAKE(11, decode_in_time(scan, dec, &t_update));
        } else if (scan_is(&key, "symbol")) {
            TAKE(12, decode_in_own_symbol(scan, order->symbol));
        } else if (scan_is(&key, "fills")) {
            if (scan_once(scan, &seen, 13) < 0)
                return scan->rc;
            fills = scan->at;
            if (decode_fills(scan, dec, order, NULL, NULL) < 0)
                return scan->rc;
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(BIT(0) | BIT(1) | BIT(12));
    if (order->state != 0 && (seen & (BIT(4) | BIT(5) | BIT(9))) != (BIT(4) | BIT(5) | BIT(9)))
        return scan_fail(scan);
    if (order->cum_qty > order->qty)
        return scan_fail(scan);
    if (t_update != 0)
        order->t_venue = t_update;
    if (fills != NULL && each != NULL) {
        struct scan again;

        // Only now are id, side and time known for certain.
        scan_init(&again, fills, (size_t)(scan->end - fills));
        return decode_fills(&again, dec, order, each, ctx);
    }
    return AGON_OK;
}

int binance_decode_order(struct binance_decoder *dec, const void *bytes, size_t n,
                         struct binance_order *order, binance_fill_fn each_fill, void *ctx)
{
    struct scan scan;
    int rc;

    // The whole must be good before a fill of it is told.
    scan_init(&scan, bytes, n);
    rc = decode_order(&scan, dec, order, NULL, NULL);
    if (rc >= 0)
        rc = scan_end(&scan);
    if (rc >= 0 && order->symbol == NULL)
        rc = AGON_ENOENT;
    if (rc >= 0 && each_fill != NULL) {
        scan_init(&scan, bytes, n);
        rc = decode_order(&scan, dec, order, each_fill, ctx);
    }
    return decode_in_judge(dec, BINANCE_REST, rc, bytes, n);
}

static int walk_orders(struct binance_decoder *dec, const void *bytes, size_t n,
                       binance_order_fn each, void *ctx)
{
    struct scan scan;
    struct binance_order order;
    int count = 0;
    int rc;

    scan_init(&scan, bytes, n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        if (decode_order(&scan, dec, &order, NULL, NULL) < 0)
            return scan.rc;
        if (order.symbol == NULL) {
            if (each != NULL && dec->on_elsewhere != NULL)
                dec->on_elsewhere(dec->ctx, &order);
            continue;
        }
        if (order.state == 0)
            return scan_fail(&scan);
        if (each != NULL)
            each(ctx, &order);
        count++;
    }
    if (rc >= 0)
        rc = scan_end(&scan);
    return rc < 0 ? rc : count;
}

int binance_decode_orders(struct binance_decoder *dec, const void *bytes, size_t n,
                          binance_order_fn each, void *ctx)
{
    int rc = walk_orders(dec, bytes, n, NULL, NULL);

    if (rc >= 0 && each != NULL)
        rc = walk_orders(dec, bytes, n, each, ctx);
    return decode_in_judge(dec, BINANCE_REST, rc, bytes, n);
}

static int walk_fills(struct binance_decoder *dec, const void *bytes, size_t n,
                      const struct symbol *symbol, binance_fill_fn each, void *ctx)
{
    struct scan scan;
    struct binance_fill fill;
    int count = 0;
    int rc;

    scan_init(&scan, bytes, n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        if (decode_fill(&scan, dec, symbol, &fill, 0) < 0)
            return scan.rc;
        if (fill.venue_order == 0)
            return scan_fail(&scan);
        if (each != NULL)
            each(ctx, &fill);
        count++;
    }
    if (rc >= 0)
        rc = scan_end(&scan);
    return rc < 0 ? rc : count;
}

int binance_decode_fills(struct binance_decoder *dec, const void *bytes, size_t n,
                         const struct symbol *symbol, binance_fill_fn each, void *ctx)
{
    int rc = walk_fills(dec, bytes, n, symbol, NULL, NULL);

    if (rc >= 0 && each != NULL)
        rc = walk_fills(dec, bytes, n, symbol, each, ctx);
    return decode_in_judge(dec, BINANCE_REST, rc, bytes, n);
}

static int decode_account(struct scan *scan, struct binance_decoder *dec, struct binance_out *out,
                          int *can_trade, int *can_withdraw)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    *can_trade = 0;
    *can_withdraw = 0;
    out->uid = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "balances"))
            TAKE(0, decode_balances(scan, dec, out, "asset", "free", "locked"));
        else if (scan_is(&key, "canTrade"))
            TAKE(1, scan_bool(scan, can_trade));
        else if (scan_is(&key, "canWithdraw"))
            TAKE(2, scan_bool(scan, can_withdraw));
        else if (scan_is(&key, "uid"))
            TAKE(3, scan_u64(scan, &out->uid));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    return scan_end(scan);
}

int binance_decode_account(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct binance_out *out, int *can_trade, int *can_withdraw)
{
    struct scan scan;

    scan_init(&scan, bytes, n);
    return decode_in_judge(dec, BINANCE_REST,
                           decode_account(&scan, dec, out, can_trade, can_withdraw), bytes, n);
}

static int decode_rights(struct scan *scan, int *can_withdraw)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    *can_withdraw = 0;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "enableWithdrawals"))
            TAKE(0, scan_bool(scan, can_withdraw));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    return scan_end(scan);
}

int binance_decode_rights(struct binance_decoder *dec, const void *bytes, size_t n,
                          int *can_withdraw)
{
    struct scan scan;

    scan_init(&scan, bytes, n);
    return decode_in_judge(dec, BINANCE_REST, decode_rights(&scan, can_withdraw), bytes, n);
}

/* [open time, o, h, l, c, volume, close time, quote volume, trades, taker base, taker quote, ..] */
static int decode_row(struct scan *scan, struct binance_decoder *dec, const struct symbol *symbol,
                      struct agon_bar *bar, agon_ns_t *t_close)
{
    uint64_t count = 0;
    int rc = AGON_OK;
    int column;

    memset(bar, 0, sizeof(*bar));
    if (scan_array(scan) < 0)
        return scan->rc;
    for (column = 0; (rc = scan_item(scan)) > 0; column++) {
        switch (column) {
        case 0:
            rc = decode_in_time(scan, dec, &bar->t_open);
            break;
        case 1:
            rc = decode_in_px(scan, symbol, &bar->open_px);
            break;
        case 2:
            rc = decode_in_px(scan, symbol, &bar->high_px);
            break;
        case 3:
            rc = decode_in_px(scan, symbol, &bar->low_px);
            break;
        case 4:
            rc = decode_in_px(scan, symbol, &bar->close_px);
            break;
        case 5:
            rc = decode_in_shown(scan, dec, symbol, &bar->volume_qty);
            break;
        case 6:
            rc = decode_in_time(scan, dec, t_close);
            break;
        case 7:
            rc = decode_in_amount(scan, symbol->quote_exp, &bar->turnover_amt);
            break;
        case 8:
            rc = scan_u64(scan, &count);
            break;
        case 9:
            rc = decode_in_shown(scan, dec, symbol, &bar->taker_buy_qty);
            break;
        default:
            rc = scan_skip(scan);
            break;
        }
        if (rc < 0)
            return scan->rc;
    }
    if (rc < 0 || column < 10 || count > UINT32_MAX || bar->t_open == 0 ||
        bar->high_px < bar->low_px)
        return scan_fail(scan);
    bar->n_trades = (uint32_t)count;
    return AGON_OK;
}

static int walk_klines(struct binance_decoder *dec, const void *bytes, size_t n,
                       const struct symbol *symbol, uint32_t length_s, agon_ns_t t_now,
                       binance_bar_fn each, void *ctx)
{
    struct scan scan;
    int count = 0;
    int rc;

    scan_init(&scan, bytes, n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        struct agon_bar bar;
        agon_ns_t t_close = 0;

        if (decode_row(&scan, dec, symbol, &bar, &t_close) < 0)
            return scan.rc;
        if (t_close == 0 || t_close >= t_now)
            continue; // still growing
        bar.length_s = length_s;
        stamp(&bar.hdr, AGON_EVENT_BAR, sizeof(bar), symbol, t_close);
        if (each != NULL)
            each(ctx, &bar);
        count++;
    }
    if (rc >= 0)
        rc = scan_end(&scan);
    return rc < 0 ? rc : count;
}

int binance_decode_klines(struct binance_decoder *dec, const void *bytes, size_t n,
                          const struct symbol *symbol, uint32_t length_s, agon_ns_t t_now,
                          binance_bar_fn each, void *ctx)
{
    uint64_t n_cut = dec->n_cut;
    int rc = walk_klines(dec, bytes, n, symbol, length_s, t_now, NULL, NULL);

    // The first walk looks only.
    if (rc >= 0 && each != NULL) {
        dec->n_cut = n_cut;
        rc = walk_klines(dec, bytes, n, symbol, length_s, t_now, each, ctx);
    }
    return decode_in_judge(dec, BINANCE_REST, rc, bytes, n);
}

static int take_result(struct scan *scan, uint8_t *result)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *result = 0;
    if (scan_is(&text, "SUCCESS"))
        *result = 1;
    else if (scan_is(&text, "FAILURE"))
        *result = 2;
    else if (scan_is(&text, "NOT_ATTEMPTED"))
        *result = 3;
    return *result != 0 ? AGON_OK : scan_fail(scan);
}

/* A half of a cancelReplace answer: an order, an error or null. */
static int take_half(struct scan *scan, struct binance_decoder *dec, struct binance_order *order,
                     int32_t *code, char *text, size_t room)
{
    struct scan_text slice;
    struct look look;

    if (scan_null(scan))
        return AGON_OK;
    if (look_at(scan, dec->symbols, &look) < 0)
        return scan_fail(scan);
    if (look.has_symbol)
        return decode_order(scan, dec, order, NULL, NULL);
    if (scan_slice(scan, &slice) < 0)
        return scan->rc;
    return binance_decode_error(slice.at, slice.n, code, text, room) < 0 ? scan_fail(scan)
                                                                         : AGON_OK;
}

static int decode_replace(struct scan *scan, struct binance_decoder *dec,
                          struct binance_replace *replace, int level)
{
    struct scan_text key;
    uint64_t seen = 0;
    int64_t code = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "cancelResult")) {
            TAKE(0, take_result(scan, &replace->cancel_result));
        } else if (scan_is(&key, "newOrderResult")) {
            TAKE(1, take_result(scan, &replace->new_result));
        } else if (scan_is(&key, "cancelResponse")) {
            TAKE(2, take_half(scan, dec, &replace->cancelled, &replace->cancel_code, replace->text,
                              sizeof(replace->text)));
        } else if (scan_is(&key, "newOrderResponse")) {
            TAKE(3, take_half(scan, dec, &replace->created, &replace->new_code, replace->text,
                              sizeof(replace->text)));
        } else if (scan_is(&key, "code") && level == 0) {
            TAKE(4, scan_i64(scan, &code));
        } else if (scan_is(&key, "msg") && level == 0 && replace->text[0] == 0) {
            TAKE(5, scan_copy(scan, replace->text, sizeof(replace->text)));
        } else if (scan_is(&key, "data") && level == 0) {
            TAKE(6, decode_replace(scan, dec, replace, 1));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    if (rc < 0 || code < INT32_MIN || code > INT32_MAX)
        return scan_fail(scan);
    if (level == 0)
        replace->code = (int32_t)code;
    return AGON_OK;
}

int binance_decode_replace(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct binance_replace *replace)
{
    struct scan scan;
    int rc;

    memset(replace, 0, sizeof(*replace));
    scan_init(&scan, bytes, n);
    rc = decode_replace(&scan, dec, replace, 0);
    if (rc >= 0)
        rc = scan_end(&scan);
    // Either an error of the whole request, or both halves are told.
    if (rc >= 0 && (replace->cancel_result == 0 || replace->new_result == 0) && replace->code == 0)
        rc = AGON_EINVAL;
    if (rc >= 0 && ((replace->cancel_result == 1 && replace->cancelled.symbol == NULL) ||
                    (replace->new_result == 1 && replace->created.symbol == NULL)))
        rc = AGON_EINVAL;
    return decode_in_judge(dec, BINANCE_REST, rc, bytes, n);
}

/* exchangeInfo ----------------------------------------------------------------------------------
 */

static int take_exact(struct scan *scan, int64_t *value, int *exp)
{
    struct scan_text text;

    if (scan_number(scan, &text) < 0)
        return scan->rc;
    if (text.is_raw || num_parse_exp(text.at, text.n, value, exp) < 0 || *value < 0)
        return scan_fail(scan);
    return AGON_OK;
}

// A share of a price, such as "0.2" or "1.0500".
static int take_ppm(struct scan *scan, uint32_t *ppm)
{
    int64_t value;
    int exp;

    if (take_exact(scan, &value, &exp) < 0)
        return scan->rc;
    value = num_rescale(value, exp, 6, NUM_EVEN);
    if (value > UINT32_MAX)
        return scan_fail(scan);
    *ppm = (uint32_t)value;
    return AGON_OK;
}

static int take_u32(struct scan *scan, uint32_t *value)
{
    uint64_t wide;

    if (scan_u64(scan, &wide) < 0)
        return scan->rc;
    if (wide > UINT32_MAX)
        return scan_fail(scan);
    *value = (uint32_t)wide;
    return AGON_OK;
}

static int take_flag(struct scan *scan, uint8_t *flag)
{
    int is_set;

    if (scan_bool(scan, &is_set) < 0)
        return scan->rc;
    *flag = (uint8_t)is_set;
    return AGON_OK;
}

/* What a filter of this type says by this key of the rules that are of no record. AGON_ENOENT:
 * nothing. */
static int decode_rule(struct scan *scan, const char *type, const struct scan_text *key,
                       struct binance_symbol_info *info, uint64_t *seen_at)
{
    struct rules *rules = &info->rules;
    uint64_t seen = *seen_at;
    int rc = AGON_OK;

    if (strcmp(type, "NOTIONAL") == 0 || strcmp(type, "MIN_NOTIONAL") == 0) {
        if (scan_is(key, "maxNotional"))
            TAKE(2, take_exact(scan, &info->max_notional, &info->max_notional_exp));
        else if (scan_is(key, "applyMinToMarket") || scan_is(key, "applyToMarket"))
            TAKE(3, take_flag(scan, &rules->is_least_market));
        else if (scan_is(key, "applyMaxToMarket"))
            TAKE(4, take_flag(scan, &rules->is_most_market));
        else
            rc = AGON_ENOENT;
    } else if (strcmp(type, "PERCENT_PRICE") == 0) {
        info->has_band = 1;
        if (scan_is(key, "multiplierUp"))
            TAKE(1, take_ppm(scan, &rules->up_ppm[AGON_BUY]));
        else if (scan_is(key, "multiplierDown"))
            TAKE(2, take_ppm(scan, &rules->down_ppm[AGON_SELL]));
        else if (scan_is(key, "avgPriceMins"))
            TAKE(3, take_u32(scan, &rules->band_minutes));
        else
            rc = AGON_ENOENT;
    } else if (strcmp(type, "PERCENT_PRICE_BY_SIDE") == 0) {
        info->has_band = 2;
        if (scan_is(key, "bidMultiplierUp"))
            TAKE(1, take_ppm(scan, &rules->up_ppm[AGON_BUY]));
        else if (scan_is(key, "bidMultiplierDown"))
            TAKE(2, take_ppm(scan, &rules->down_ppm[AGON_BUY]));
        else if (scan_is(key, "askMultiplierUp"))
            TAKE(3, take_ppm(scan, &rules->up_ppm[AGON_SELL]));
        else if (scan_is(key, "askMultiplierDown"))
            TAKE(4, take_ppm(scan, &rules->down_ppm[AGON_SELL]));
        else if (scan_is(key, "avgPriceMins"))
            TAKE(5, take_u32(scan, &rules->band_minutes));
        else
            rc = AGON_ENOENT;
    } else if (strcmp(type, "MAX_NUM_ORDERS") == 0 &&
               (scan_is(key, "maxNumOrders") || scan_is(key, "limit"))) {
        TAKE(1, take_u32(scan, &rules->max_orders));
    } else if (strcmp(type, "MAX_NUM_ALGO_ORDERS") == 0 &&
               (scan_is(key, "maxNumAlgoOrders") || scan_is(key, "limit"))) {
        TAKE(1, take_u32(scan, &rules->max_stops));
    } else {
        rc = AGON_ENOENT;
    }
    *seen_at = seen;
    return rc;
}

static int decode_filter(struct scan *scan, struct binance_symbol_info *info)
{
    struct scan_text key;
    const char *here = scan->at;
    char type[32] = "";
    int rc;

    // The type decides what the other keys mean and need not come first: two passes.
    for (int pass = 0; pass < 2; pass++) {
        uint64_t seen = 0;

        if (pass == 1) {
            scan->at = here;
            scan->is_first = 0;
        }
        if (scan_object(scan) < 0)
            return scan->rc;
        while ((rc = scan_key(scan, &key)) > 0) {
            if (pass == 0 && scan_is(&key, "filterType"))
                TAKE(0, scan_copy(scan, type, sizeof(type)));
            else if (pass == 1 && strcmp(type, "PRICE_FILTER") == 0 && scan_is(&key, "tickSize"))
                TAKE(1, take_exact(scan, &info->tick, &info->tick_exp));
            else if (pass == 1 && strcmp(type, "PRICE_FILTER") == 0 && scan_is(&key, "minPrice"))
                TAKE(2, take_exact(scan, &info->min_px, &info->min_px_exp));
            else if (pass == 1 && strcmp(type, "PRICE_FILTER") == 0 && scan_is(&key, "maxPrice"))
                TAKE(3, take_exact(scan, &info->max_px, &info->max_px_exp));
            else if (pass == 1 && strcmp(type, "LOT_SIZE") == 0 && scan_is(&key, "stepSize"))
                TAKE(1, take_exact(scan, &info->lot, &info->lot_exp));
            else if (pass == 1 && strcmp(type, "LOT_SIZE") == 0 && scan_is(&key, "minQty"))
                TAKE(2, take_exact(scan, &info->min_qty, &info->min_qty_exp));
            else if (pass == 1 && strcmp(type, "LOT_SIZE") == 0 && scan_is(&key, "maxQty"))
                TAKE(3, take_exact(scan, &info->max_qty, &info->max_qty_exp));
            else if (pass == 1 && strcmp(type, "MARKET_LOT_SIZE") == 0 && scan_is(&key, "maxQty"))
                TAKE(1, take_exact(scan, &info->market_max_qty, &info->market_max_qty_exp));
            else if (pass == 1 &&
                     (strcmp(type, "NOTIONAL") == 0 || strcmp(type, "MIN_NOTIONAL") == 0) &&
                     (scan_is(&key, "minNotional") || scan_is(&key, "notional")))
                TAKE(1, take_exact(scan, &info->min_notional, &info->min_notional_exp));
            else if (pass == 1 &&
                     (rc = decode_rule(scan, type, &key, info, &seen)) != AGON_ENOENT) {
                if (rc < 0)
                    return rc;
            } else if (scan_skip(scan) < 0)
                return scan->rc;
        }
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

static int decode_symbol(struct scan *scan, struct binance_symbol_info *info)
{
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    int flag = 0;
    int rc;

    memset(info, 0, sizeof(*info));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "symbol")) {
            TAKE(0, scan_copy(scan, info->symbol, sizeof(info->symbol)));
        } else if (scan_is(&key, "status") || scan_is(&key, "contractStatus")) {
            TAKE(1, scan_string(scan, &text));
            // HALT, BREAK, END_OF_DAY and what may come: not open.
            info->state = scan_is(&text, "TRADING") ? TRADING_OPEN : TRADING_HALTED;
        } else if (scan_is(&key, "baseAsset")) {
            TAKE(2, scan_copy(scan, info->base, sizeof(info->base)));
        } else if (scan_is(&key, "quoteAsset")) {
            TAKE(3, scan_copy(scan, info->quote, sizeof(info->quote)));
        } else if (scan_is(&key, "isSpotTradingAllowed")) {
            TAKE(4, scan_bool(scan, &flag));
            info->is_tradable = (uint8_t)flag;
        } else if (scan_is(&key, "contractType")) {
            TAKE(4, scan_string(scan, &text));
            info->is_tradable = (uint8_t)scan_is(&text, "PERPETUAL");
            info->is_contract = 1;
        } else if (scan_is(&key, "cancelReplaceAllowed")) {
            TAKE(5, scan_bool(scan, &flag));
            info->can_cancel_replace = (uint8_t)flag;
        } else if (scan_is(&key, "filters")) {
            if (scan_once(scan, &seen, 6) < 0 || scan_array(scan) < 0)
                return scan->rc;
            while ((rc = scan_item(scan)) > 0) {
                if (scan_peek(scan) != '{' || decode_filter(scan, info) < 0)
                    return scan_fail(scan);
            }
            if (rc < 0)
                return rc;
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(0xf);
    return AGON_OK;
}

static int decode_limit(struct scan *scan, struct binance_limit *limit)
{
    struct scan_text key;
    struct scan_text text;
    uint64_t seen = 0;
    uint64_t count = 1;
    uint64_t value = 0;
    uint32_t unit = 0;
    int rc;

    memset(limit, 0, sizeof(*limit));
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "rateLimitType")) {
            TAKE(0, scan_copy(scan, limit->type, sizeof(limit->type)));
        } else if (scan_is(&key, "interval")) {
            TAKE(1, scan_string(scan, &text));
            unit = scan_is(&text, "SECOND")   ? 1
                   : scan_is(&text, "MINUTE") ? 60
                   : scan_is(&text, "HOUR")   ? 3600
                   : scan_is(&text, "DAY")    ? 86400
                                              : 0;
        } else if (scan_is(&key, "intervalNum")) {
            TAKE(2, scan_u64(scan, &count));
        } else if (scan_is(&key, "limit")) {
            TAKE(3, scan_u64(scan, &value));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    if (rc < 0 || value > UINT32_MAX || count > 366)
        return scan_fail(scan);
    limit->interval_s = unit * (uint32_t)count;
    limit->limit = (uint32_t)value;
    return AGON_OK;
}

static int walk_info(const void *bytes, size_t n, binance_limit_fn each_limit, binance_info_fn each,
                     void *ctx)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int count = 0;
    int rc;

    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "rateLimits")) {
            struct binance_limit limit;

            if (scan_once(scan, &seen, 0) < 0 || scan_array(scan) < 0)
                return scan->rc;
            while ((rc = scan_item(scan)) > 0) {
                if (decode_limit(scan, &limit) < 0)
                    return scan->rc;
                // The reference shows empty objects here.
                if (each_limit != NULL && limit.interval_s != 0 && limit.limit != 0)
                    each_limit(ctx, &limit);
            }
            if (rc < 0)
                return rc;
        } else if (scan_is(&key, "symbols")) {
            struct binance_symbol_info info;

            if (scan_once(scan, &seen, 1) < 0 || scan_array(scan) < 0)
                return scan->rc;
            while ((rc = scan_item(scan)) > 0) {
                if (decode_symbol(scan, &info) < 0)
                    return scan->rc;
                if (each != NULL)
                    each(ctx, &info);
                count++;
            }
            if (rc < 0)
                return rc;
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(BIT(1));
    rc = scan_end(scan);
    return rc < 0 ? rc : count;
}

int binance_decode_exchange_info(const void *bytes, size_t n, binance_limit_fn each_limit,
                                 binance_info_fn each, void *ctx)
{
    int rc = walk_info(bytes, n, NULL, NULL, NULL);

    return rc < 0 ? rc : walk_info(bytes, n, each_limit, each, ctx);
}

static int64_t fit(int *is_exact, int64_t value, int from, int to)
{
    int64_t scaled = num_rescale(value, from, to, NUM_ZERO);

    // A tick finer than the instrument's exponent would be lost: that needs a new instrument.
    if (num_rescale(scaled, to, from, NUM_ZERO) != value)
        *is_exact = 0;
    return scaled;
}

void binance_fit_rules(const struct binance_symbol_info *info, int quote_exp,
                       const struct agon_instrument *record, struct rules *rules)
{
    *rules = info->rules;
    rules->market = info->is_contract ? RULES_UM : RULES_SPOT;
    // What says it of no side says it of both, on perpetuals of the one where it would hurt.
    if (info->has_band == 1 && rules->market == RULES_SPOT) {
        rules->up_ppm[AGON_SELL] = rules->up_ppm[AGON_BUY];
        rules->down_ppm[AGON_BUY] = rules->down_ppm[AGON_SELL];
    }
    // Its filter of perpetuals has no word on orders at market, and they are held to it.
    if (rules->market == RULES_UM)
        rules->is_least_market = 1;
    rules->market_max_qty =
        num_rescale(info->market_max_qty, info->market_max_qty_exp, record->qty_exp, NUM_ZERO);
    rules->max_notional_amt =
        num_rescale(info->max_notional, info->max_notional_exp, quote_exp, NUM_ZERO);
}

int binance_fit_filters(const struct binance_symbol_info *info, int quote_exp,
                        struct agon_instrument *record)
{
    int px_exp = record->px_exp;
    int qty_exp = record->qty_exp;
    int is_exact = 1;

    if (info->tick > 0)
        record->tick_px = fit(&is_exact, info->tick, info->tick_exp, px_exp);
    if (info->lot > 0)
        record->lot_qty = fit(&is_exact, info->lot, info->lot_exp, qty_exp);
    record->min_qty = fit(&is_exact, info->min_qty, info->min_qty_exp, qty_exp);
    record->min_notional_amt =
        fit(&is_exact, info->min_notional, info->min_notional_exp, quote_exp);
    record->min_px = fit(&is_exact, info->min_px, info->min_px_exp, px_exp);
    record->max_qty = num_rescale(info->max_qty, info->max_qty_exp, qty_exp, NUM_ZERO);
    record->max_px = num_rescale(info->max_px, info->max_px_exp, px_exp, NUM_ZERO);
    return is_exact;
}
