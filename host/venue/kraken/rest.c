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

int kraken_is_of_socket(int32_t code, const char *text)
{
    static const char *const own[] = {"ESession:", "EAPI:", "EGeneral:Unknown method",
                                      "EGeneral:Permission denied"};

    (void)code;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strncmp(text, own[i], strlen(own[i])) == 0)
            return 1;
    }
    // Its reader of messages says "Unsupported field: ..." and the like; what the exchange says
    // begins with the severity, E, and a category.
    return text[0] != '\0' && (text[0] != 'E' || strchr(text, ':') == NULL);
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

        venue_too_fast(kraken->gateway, bucket, text, now);
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
    static const struct field fields[] = {{"unixtime", FIELD_U64, .need = FIELD_MUST}, {NULL}};
    struct scan_text result;
    uint64_t seconds = 0;
    int rc = kraken_result(bytes, n, &result);

    (void)self;
    *resolution_ns = SECOND_NS;
    if (rc < 0 || (rc = fields_read_all(&result, fields, &seconds)) < 0)
        return rc;
    if (seconds < 946684800 || seconds > 4102444800)
        return AGON_ERANGE;
    *t = (agon_ns_t)seconds * SECOND_NS;
    return AGON_OK;
}

struct pair {
    struct wire_info info;
    char name[32];
    uint64_t px_decimals, lot_decimals;
};
static const struct field_word pair_states[] = {{"online", TRADING_OPEN},
                                                {"limit_only", TRADING_OPEN},
                                                {"post_only", TRADING_POST_ONLY},
                                                {"cancel_only", TRADING_CANCEL_ONLY},
                                                {"reduce_only", TRADING_CANCEL_ONLY},
                                                {NULL, TRADING_HALTED}};
#define PAIR_EXACT(name)                                                                           \
    FIELD_EXACT, FIELD_AT(struct pair, info.name), .exp_at = offsetof(struct pair, info.name##_exp)
static const struct field pair_fields[] = {
    {"wsname", FIELD_TEXT, FIELD_AT(struct pair, name)},
    {"pair_decimals", FIELD_U64, FIELD_AT(struct pair, px_decimals), FIELD_MUST},
    {"lot_decimals", FIELD_U64, FIELD_AT(struct pair, lot_decimals), FIELD_MUST},
    {"tick_size", PAIR_EXACT(tick)},
    {"ordermin", PAIR_EXACT(min_qty)},
    {"costmin", PAIR_EXACT(min_notional)},
    {"status", FIELD_WORD, FIELD_AT(struct pair, info.state), .words = pair_states},
    {NULL}};

static void finish_pair(const struct pair *pair, struct wire_info *info)
{
    const char *slash;

    rename_pair(pair->name, 0, info->symbol, sizeof(info->symbol));
    slash = strchr(info->symbol, '/');
    if (slash != NULL && (size_t)(slash - info->symbol) < sizeof(info->base)) {
        memcpy(info->base, info->symbol, (size_t)(slash - info->symbol));
        snprintf(info->quote, sizeof(info->quote), "%.15s", slash + 1);
    }
    if (info->tick == 0) { // older answers have none
        info->tick = 1;
        info->tick_exp = (int)pair->px_decimals;
    }
    info->lot = 1;
    info->lot_exp = (int)pair->lot_decimals;
    info->is_tradable = info->state != TRADING_HALTED;
    info->can_cancel_replace = 1;
}

struct pairs {
    struct fields_listing listing;
    struct kraken *kraken;
    wire_info_fn each;
    void *ctx;
};

static int take_pair(void *ctx, struct scan *scan, const struct scan_text *key)
{
    struct pairs *pairs = ctx;
    struct kraken *kraken = pairs->kraken;
    struct pair pair = {.info.state = TRADING_OPEN};
    const struct symbol *symbol;

    (void)key;
    if (fields_read(scan, pair_fields, &pair) < 0)
        return scan->rc;
    if (pair.px_decimals > 18 || pair.lot_decimals > 18)
        return scan_fail(scan);
    if (!pairs->listing.is_told || pairs->each == NULL)
        return 1;
    finish_pair(&pair, &pair.info);
    symbol = symbols_find(kraken->symbols, pair.info.symbol, strlen(pair.info.symbol));
    if (symbol != NULL)
        kraken->digits[symbol - kraken->symbols->all] =
            (struct kraken_digits){(uint8_t)pair.px_decimals, (uint8_t)pair.lot_decimals};
    pairs->each(pairs->ctx, &pair.info);
    return 1;
}

int kraken_read_info(void *self, const void *bytes, size_t n, wire_limit_fn each_limit,
                     wire_info_fn each, void *ctx)
{
    struct pairs pairs = {.kraken = self, .each = each, .ctx = ctx};
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    (void)each_limit; // it lists none
    return rc < 0 ? rc : fields_list(&result, FIELDS_OF_OBJECT, take_pair, &pairs.listing);
}

void kraken_fit_rules(const struct wire_info *info, int quote_exp,
                      const struct agon_instrument *record, struct rules *rules)
{
    (void)quote_exp;
    (void)record;
    *rules = info->rules;
    rules->market = RULES_SPOT;
    rules->is_least_market = 1; // costmin is of each order
    rules->is_fee_quote = 1;    // orders ask for that
}

struct bars {
    struct fields_listing listing;
    const struct symbol *symbol;
    uint32_t length_s;
    agon_ns_t t_now;
    wire_bar_fn each;
    void *ctx;
};

static int take_bar(void *ctx, struct scan *scan, const struct scan_text *key)
{
    // [time, open, high, low, close, vwap, volume, count]
    static const struct bar_row row = {.unit_ns = SECOND_NS, .n = 8, .volume = 6, .n_trades = 7};
    const struct bars *bars = ctx;
    struct agon_bar bar;

    (void)key;
    if (bar_row_read(scan, &row, bars->symbol, bars->length_s, &bar) < 0)
        return scan->rc;
    if (bar.hdr.t_venue > bars->t_now)
        return 0; // it runs
    if (bars->listing.is_told && bars->each != NULL)
        bars->each(bars->ctx, &bar);
    return 1;
}

static int take_bars(void *ctx, struct scan *scan, const struct scan_text *key)
{
    (void)key;
    return scan_peek(scan) == '[' ? fields_each(scan, FIELDS_OF_ARRAY, take_bar, ctx)
                                  : scan_skip(scan); // "last"
}

int kraken_read_bars(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                     uint32_t length_s, agon_ns_t t_now, wire_bar_fn each, void *ctx)
{
    struct bars bars = {.symbol = symbol,
                        .length_s = length_s == 0 ? 60 : length_s,
                        .t_now = t_now,
                        .each = each,
                        .ctx = ctx};
    struct scan_text result;
    int rc = kraken_result(bytes, n, &result);

    (void)self;
    return rc < 0 ? rc : fields_list(&result, FIELDS_OF_OBJECT, take_bars, &bars.listing);
}
