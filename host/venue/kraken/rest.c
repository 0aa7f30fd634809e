// SPDX-License-Identifier: Apache-2.0
/* rest: what REST answers mean. Each is {"error":[...],"result":...}, an error with HTTP's 200.
 * What was said on a socket is answered in the same words:
 * {"success":...,"error":"...","result":...}. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/kraken/core.h"

#define SECOND_NS  1000000000ll
#define NONCES_MAX 5
#define DENIED     "EGeneral:Permission denied"

/* Names -----------------------------------------------------------------------------------------
 */

static const struct {
    const char *socket, *rest;
} names[] = {{"BTC", "XBT"}, {"DOGE", "XDG"}};

/* One side of a pair, renamed where the two speak of it differently. */
static size_t rename_asset(const char *from, size_t n, int to_rest, char *to, size_t room)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *old = to_rest ? names[i].socket : names[i].rest;
        const char *new = to_rest ? names[i].rest : names[i].socket;

        if (strlen(old) == n && memcmp(from, old, n) == 0)
            return (size_t)snprintf(to, room, "%s", new);
    }
    return (size_t)snprintf(to, room, "%.*s", (int)n, from);
}

static void rename_pair(const char *from, int to_rest, char *to, size_t room)
{
    const char *slash = strchr(from, '/');
    size_t n;

    if (slash == NULL) {
        snprintf(to, room, "%s", from);
        return;
    }
    n = rename_asset(from, (size_t)(slash - from), to_rest, to, room);
    if (!to_rest && n < room)
        n += (size_t)snprintf(to + n, room - n, "/");
    if (n < room)
        rename_asset(slash + 1, strlen(slash + 1), to_rest, to + n, room - n);
}

void kraken_pair(const char *symbol, char *pair, size_t room)
{
    rename_pair(symbol, 1, pair, room);
}

/* Errors ----------------------------------------------------------------------------------------
 */

static int take_first_error(struct scan *scan, char *text, size_t room)
{
    int is_first = 1;
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        // "W..." is a warning: what it is said with was done.
        if (is_first && scan_peek(scan) == '"') {
            if (scan_copy(scan, text, room) < 0)
                return scan->rc;
            is_first = text[0] != 'E';
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    if (is_first)
        text[0] = '\0';
    return rc;
}

/* By REST a list of them; by socket one, as text, or none. */
static int take_error(struct scan *scan, char *text, size_t room)
{
    if (scan_peek(scan) == '[')
        return take_first_error(scan, text, room);
    return scan_peek(scan) == '"' ? scan_copy(scan, text, room) : scan_skip(scan);
}

/* result: empty where there is none. */
static int open_answer(const void *bytes, size_t n, char *text, size_t room,
                       struct scan_text *result)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    uint64_t seen = 0;
    int is_done = 1;
    int rc;

    text[0] = '\0';
    memset(result, 0, sizeof(*result));
    scan_init(scan, bytes, n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "error"))
            TAKE(0, take_error(scan, text, room));
        else if (scan_is(&key, "result"))
            TAKE(1, scan_slice(scan, result));
        else if (scan_is(&key, "success"))
            TAKE(2, scan_bool(scan, &is_done));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    if (rc >= 0 && (seen & 5) == 0)
        return scan_fail(scan);
    NEED(0);
    // Done and an error, or neither of the two: what it was is not known.
    if ((seen & 4) != 0 && is_done == (text[0] != '\0'))
        snprintf(text, room, "EGeneral:Unknown error");
    return scan_end(scan);
}

int kraken_result(const void *bytes, size_t n, struct scan_text *result)
{
    char text[WIRE_TEXT];
    int rc = open_answer(bytes, n, text, sizeof(text), result);

    return rc < 0 ? rc : text[0] != '\0' || result->n == 0 ? AGON_EINVAL : AGON_OK;
}

static const struct {
    const char *text; /* how it begins */
    uint8_t answer;   /* enum answer */
    uint16_t reason;  /* enum reason, of a refused order */
} errors[] = {
    {"EAPI:Rate limit exceeded", ANSWER_RATE, REASON_VENUE_RATE},
    {"EOrder:Rate limit exceeded", ANSWER_RATE, REASON_VENUE_RATE},
    {"EOrder:Orders limit exceeded", ANSWER_REJECT, REASON_VENUE_RATE},
    {"EService:Throttled", ANSWER_RATE, REASON_VENUE_RATE},
    {"EGeneral:Too many requests", ANSWER_RATE, REASON_VENUE_RATE},
    {"EService:Timeout", ANSWER_UNKNOWN, 0},
    {"EService:Deadline elapsed", ANSWER_UNKNOWN, 0},
    {"EGeneral:Internal error", ANSWER_UNKNOWN, 0},
    {"EGeneral:Unknown error", ANSWER_UNKNOWN, 0},
    {"EService:Unavailable", ANSWER_LATER, REASON_VENUE_DOWN},
    {"EService:Busy", ANSWER_LATER, REASON_VENUE_DOWN},
    {"EService:Market in", ANSWER_REJECT, REASON_VENUE_DOWN},
    {"EGeneral:Temporary lockout", ANSWER_AUTH, REASON_VENUE_AUTH},
    {"EAPI:Invalid nonce", ANSWER_CLOCK, REASON_VENUE_CLOCK},
    {"EAPI:", ANSWER_AUTH, REASON_VENUE_AUTH},
    {"ESession:", ANSWER_LATER, REASON_VENUE_DOWN},
    {"EGeneral:Permission denied", ANSWER_AUTH, REASON_VENUE_AUTH},
    {"EAccount:", ANSWER_AUTH, REASON_VENUE_AUTH},
    {"EOrder:Unknown order", ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    {"EOrder:Invalid order", ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    {"EOrder:Insufficient funds", ANSWER_REJECT, REASON_VENUE_FUNDS},
    {"EOrder:Post only order", ANSWER_REJECT, REASON_VENUE_POST_ONLY},
    {"EOrder:Invalid price", ANSWER_REJECT, REASON_VENUE_FILTER},
    {"EOrder:Tick size check failed", ANSWER_REJECT, REASON_VENUE_FILTER},
    {"EOrder:Order minimum not met", ANSWER_REJECT, REASON_VENUE_FILTER},
    {"EOrder:Cost minimum not met", ANSWER_REJECT, REASON_VENUE_FILTER},
};

static int find_error(const char *text)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (strncmp(text, errors[i].text, strlen(errors[i].text)) == 0)
            return (int)i;
    }
    return -1;
}

enum answer kraken_judge_text(int status, const char *text)
{
    int at = find_error(text);

    if (at >= 0)
        return (enum answer)errors[at].answer;
    if (status == 429 || status == 403)
        return ANSWER_RATE;
    // One client id stands for one order: the first of it has arrived.
    if (strstr(text, "cl_ord_id") != NULL && strstr(text, "uplicate") != NULL)
        return ANSWER_DUPLICATE;
    if (text[0] != '\0')
        return ANSWER_REJECT;
    return status >= 200 && status < 300 ? ANSWER_GOOD : ANSWER_UNKNOWN;
}

uint16_t kraken_refusal(enum answer answer, int32_t code, const char *text)
{
    int at = find_error(text);

    (void)code;
    return at >= 0 && errors[at].reason != 0 ? errors[at].reason : wire_refusal(answer);
}

enum answer kraken_judge_answer(const struct http_message *reply, char *text, size_t room)
{
    struct scan_text result;

    if (open_answer(reply->body, reply->body_n, text, room, &result) >= 0)
        return kraken_judge_text(reply->status, text);
    text[0] = '\0';
    return reply->status == 429 || reply->status == 403 ? ANSWER_RATE : ANSWER_UNKNOWN;
}

enum answer kraken_judge(void *self, const struct gateway_request *request,
                         const struct http_message *reply, int32_t *code, char *text, size_t room,
                         int64_t now)
{
    struct kraken *kraken = self;
    struct gateway *gateway = kraken->gateway;
    enum answer answer = kraken_judge_answer(reply, text, room);

    *code = 0;
    kraken->request = request;
    // What only a key that may withdraw is told.
    if (request->kind == REQ_RIGHTS && strcmp(text, DENIED) == 0)
        return ANSWER_GOOD;
    // Of an order that is not open it was asked second: now it is not closed either.
    if (answer == ANSWER_GOOD && request->kind == REQ_QUERY && kraken_is_nowhere(reply))
        return ANSWER_NO_ORDER;
    // Once in a while a nonce is overtaken; again and again, another program has the key.
    if (answer == ANSWER_CLOCK && ++kraken->n_nonces >= NONCES_MAX)
        return ANSWER_AUTH;
    if (answer == ANSWER_GOOD && request->kind > REQ_KLINES)
        kraken->n_nonces = 0;
    if (answer == ANSWER_RATE) {
        uint32_t bucket = strncmp(text, "EOrder:", 7) == 0 ? BUCKET_ORDERS : BUCKET_WEIGHT;

        limiter_stop(&gateway->limiter, now, bucket, 0);
        venue_bar(gateway, gateway->limiter.buckets[bucket].stop_until);
        gateway_log(gateway, 4, "rate", "%s: too many requests (%s)", gateway->config.name, text);
    }
    return answer;
}

int kraken_read_rights(void *self, const void *bytes, size_t n, int *can_withdraw)
{
    char text[WIRE_TEXT];
    struct scan_text result;
    int rc = open_answer(bytes, n, text, sizeof(text), &result);

    (void)self;
    if (rc < 0 || (text[0] != '\0' && strcmp(text, DENIED) != 0))
        return AGON_EINVAL;
    *can_withdraw = text[0] == '\0';
    return AGON_OK;
}

/* Public answers --------------------------------------------------------------------------------
 */

int kraken_read_time(void *self, const void *bytes, size_t n, agon_ns_t *t, int64_t *resolution_ns)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    struct scan_text result;
    uint64_t seen = 0;
    uint64_t seconds = 0;
    int rc = kraken_result(bytes, n, &result);

    (void)self;
    *resolution_ns = SECOND_NS;
    if (rc < 0)
        return rc;
    scan_init(scan, result.at, result.n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "unixtime"))
            TAKE(0, scan_u64(scan, &seconds));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(1);
    if (seconds < 946684800 || seconds > 4102444800)
        return AGON_ERANGE;
    *t = (agon_ns_t)seconds * SECOND_NS;
    return AGON_OK;
}

static int read_exp(struct scan *scan, int64_t *value, int *exp)
{
    struct scan_text text;

    if (scan_number(scan, &text) < 0)
        return scan->rc;
    return num_parse_exp(text.at, text.n, value, exp) < 0 || *value < 0 ? scan_fail(scan) : AGON_OK;
}

static int read_state(struct scan *scan, uint8_t *state)
{
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *state = scan_is(&text, "online") || scan_is(&text, "limit_only")         ? TRADING_OPEN
             : scan_is(&text, "cancel_only") || scan_is(&text, "reduce_only") ? TRADING_CANCEL_ONLY
             : scan_is(&text, "post_only")                                    ? TRADING_POST_ONLY
                                                                              : TRADING_HALTED;
    return AGON_OK;
}

static int take_pair(struct scan *scan, struct wire_info *info, struct kraken_digits *digits)
{
    struct scan_text key;
    char name[32] = "";
    uint64_t seen = 0;
    uint64_t px_decimals = 0;
    uint64_t lot_decimals = 0;
    const char *slash;
    int rc;

    memset(info, 0, sizeof(*info));
    info->state = TRADING_OPEN;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "wsname"))
            TAKE(0, scan_copy(scan, name, sizeof(name)));
        else if (scan_is(&key, "pair_decimals"))
            TAKE(1, scan_u64(scan, &px_decimals));
        else if (scan_is(&key, "lot_decimals"))
            TAKE(2, scan_u64(scan, &lot_decimals));
        else if (scan_is(&key, "tick_size"))
            TAKE(3, read_exp(scan, &info->tick, &info->tick_exp));
        else if (scan_is(&key, "ordermin"))
            TAKE(4, read_exp(scan, &info->min_qty, &info->min_qty_exp));
        else if (scan_is(&key, "costmin"))
            TAKE(5, read_exp(scan, &info->min_notional, &info->min_notional_exp));
        else if (scan_is(&key, "status"))
            TAKE(6, read_state(scan, &info->state));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    NEED(6);
    if (px_decimals > 18 || lot_decimals > 18)
        return scan_fail(scan);
    rename_pair(name, 0, info->symbol, sizeof(info->symbol));
    slash = strchr(info->symbol, '/');
    if (slash != NULL && (size_t)(slash - info->symbol) < sizeof(info->base)) {
        memcpy(info->base, info->symbol, (size_t)(slash - info->symbol));
        snprintf(info->quote, sizeof(info->quote), "%.15s", slash + 1);
    }
    if (info->tick == 0) { // older answers have none
        info->tick = 1;
        info->tick_exp = (int)px_decimals;
    }
    info->lot = 1;
    info->lot_exp = (int)lot_decimals;
    info->is_tradable = info->state != TRADING_HALTED;
    info->can_cancel_replace = 1;
    *digits = (struct kraken_digits){(uint8_t)px_decimals, (uint8_t)lot_decimals};
    return AGON_OK;
}

static int walk_info(struct kraken *kraken, const struct scan_text *result, wire_info_fn each,
                     void *ctx)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    struct wire_info info;
    struct kraken_digits digits;
    int n = 0;
    int rc;

    scan_init(scan, result->at, result->n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        const struct symbol *symbol;

        if (take_pair(scan, &info, &digits) < 0)
            return scan->rc;
        n++;
        if (each == NULL)
            continue;
        symbol = symbols_find(kraken->symbols, info.symbol, strlen(info.symbol));
        if (symbol != NULL)
            kraken->digits[symbol - kraken->symbols->all] = digits;
        each(ctx, &info);
    }
    if (rc < 0 || scan_end(scan) < 0)
        return scan->rc;
    return n;
}

int kraken_read_info(void *self, const void *bytes, size_t n, wire_limit_fn each_limit,
                     wire_info_fn each, void *ctx)
{
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    (void)each_limit; // it lists none
    if (rc >= 0)
        rc = walk_info(self, &result, NULL, NULL);
    return rc < 0 ? rc : walk_info(self, &result, each, ctx);
}

void kraken_fit_rules(const struct wire_info *info, int quote_exp,
                      const struct agon_instrument *record, struct rules *rules)
{
    (void)quote_exp;
    (void)record;
    *rules = info->rules;
    rules->market = RULES_SPOT;
}

/* [time, open, high, low, close, vwap, volume, count] */
static int take_bar(struct scan *scan, const struct symbol *symbol, uint32_t length_s,
                    struct agon_bar *bar)
{
    agon_px_t *const px[] = {&bar->open_px, &bar->high_px, &bar->low_px, &bar->close_px};
    uint64_t seconds = 0;
    uint64_t count = 0;
    uint64_t n_cut = 0;
    int at = 0;
    int rc;

    memset(bar, 0, sizeof(*bar));
    bar->hdr.type = AGON_EVENT_BAR;
    bar->hdr.granules = sizeof(*bar) / EVENT_GRANULE;
    bar->hdr.instrument = symbol->instrument;
    bar->length_s = length_s;
    if (scan_array(scan) < 0)
        return scan->rc;
    for (; (rc = scan_item(scan)) > 0; at++) {
        rc = at == 0   ? scan_u64(scan, &seconds)
             : at <= 4 ? scan_decimal(scan, symbol->px_exp, px[at - 1])
             : at == 6 ? scan_qty(scan, symbol->qty_exp, &bar->volume_qty, &n_cut)
             : at == 7 ? scan_u64(scan, &count)
                       : scan_skip(scan);
        if (rc < 0)
            return scan_fail(scan);
    }
    if (rc < 0 || at < 8 || seconds > 4102444800 || bar->low_px <= 0 || bar->open_px <= 0 ||
        bar->close_px <= 0 || bar->high_px < bar->low_px || bar->volume_qty < 0)
        return scan_fail(scan);
    bar->t_open = (agon_ns_t)seconds * SECOND_NS;
    bar->n_trades = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    bar->hdr.t_venue = bar->t_open + (agon_ns_t)length_s * SECOND_NS;
    return AGON_OK;
}

static int walk_bars(const struct scan_text *result, const struct symbol *symbol, uint32_t length_s,
                     agon_ns_t t_now, wire_bar_fn each, void *ctx)
{
    struct scan reader;
    struct scan *scan = &reader;
    struct scan_text key;
    struct agon_bar bar;
    int n = 0;
    int rc;

    scan_init(scan, result->at, result->n);
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_peek(scan) != '[') {
            if (scan_skip(scan) < 0) // "last"
                return scan->rc;
            continue;
        }
        if (scan_array(scan) < 0)
            return scan->rc;
        while ((rc = scan_item(scan)) > 0) {
            if (take_bar(scan, symbol, length_s, &bar) < 0)
                return scan->rc;
            if (bar.hdr.t_venue > t_now)
                continue; // it runs
            n++;
            if (each != NULL)
                each(ctx, &bar);
        }
        if (rc < 0)
            return rc;
    }
    return rc < 0 ? rc : n;
}

int kraken_read_bars(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                     uint32_t length_s, agon_ns_t t_now, wire_bar_fn each, void *ctx)
{
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    (void)self;
    length_s = length_s == 0 ? 60 : length_s;
    if (rc >= 0)
        rc = walk_bars(&result, symbol, length_s, t_now, NULL, NULL);
    return rc < 0 ? rc : walk_bars(&result, symbol, length_s, t_now, each, ctx);
}
