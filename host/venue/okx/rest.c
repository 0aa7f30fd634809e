// SPDX-License-Identifier: Apache-2.0
/* rest: what REST answers mean. Each is {"code":"0","msg":"","data":[...]}; where an order was
 * asked for, its record has a code of its own, and the outer one says only that not all is well.
 * What was said on the socket is answered by the same, or by an event that has a code. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/okx/core.h"

/* Answers ---------------------------------------------------------------------------------------
 */

static int parse_code(const char *text, int32_t *code)
{
    uint64_t value = 0;

    if (text[0] == '\0' || okx_parse_u64(text, &value) < 0 || value > 999999)
        return AGON_EINVAL;
    *code = (int32_t)value;
    return AGON_OK;
}

/* What the first record says of itself, where it says something. */
static void look_inside(struct okx_answer *answer)
{
    char sCode[12], sMsg[WIRE_TEXT];
    const struct okx_text texts[] = {FIELD(sCode), FIELD(sMsg)};
    struct scan scan;
    int32_t code;

    scan_init(&scan, answer->data.at, answer->data.n);
    if (scan_array(&scan) < 0 || scan_item(&scan) <= 0 || scan_peek(&scan) != '{' ||
        okx_read_texts(&scan, texts, COUNT(texts)) < 0 || parse_code(sCode, &code) < 0 || code == 0)
        return;
    answer->code = code;
    memcpy(answer->text, sMsg, sizeof(answer->text));
}

struct said { /* as it stands there */
    struct okx_answer answer;
    char code[12];
};
static const struct field said_fields[] = {
    {"code", FIELD_TEXT, FIELD_AT(struct said, code), FIELD_MUST},
    {"msg", FIELD_TEXT, FIELD_AT(struct said, answer.text)},
    {"data", FIELD_SLICE, FIELD_AT(struct said, answer.data)},
    {NULL}};

int okx_open_answer(const void *bytes, size_t n, struct okx_answer *answer)
{
    struct said said = {0};
    struct scan scan;
    int rc;

    scan_init(&scan, bytes, n);
    rc = fields_read(&scan, said_fields, &said);
    *answer = said.answer;
    if (rc < 0 || scan_end(&scan) < 0 || parse_code(said.code, &answer->code) < 0)
        return AGON_EINVAL;
    if (answer->data.n > 0)
        look_inside(answer);
    return AGON_OK;
}

static const struct {
    int32_t code;
    uint8_t answer;  /* enum answer */
    uint16_t reason; /* enum reason, of a refused order */
} errors[] = {
    {50001, ANSWER_UNKNOWN, REASON_VENUE_DOWN},
    {50004, ANSWER_UNKNOWN, 0}, // it says itself that it says nothing
    {50005, ANSWER_UNKNOWN, 0},
    {50011, ANSWER_RATE, REASON_VENUE_RATE},
    {50013, ANSWER_UNKNOWN, REASON_VENUE_DOWN},
    {50026, ANSWER_UNKNOWN, 0},
    {50036, ANSWER_CLOCK, REASON_VENUE_CLOCK}, // expTime is before the venue's time
    {50037, ANSWER_CLOCK, REASON_VENUE_CLOCK},
    {50040, ANSWER_RATE, REASON_VENUE_RATE},
    {50061, ANSWER_RATE, REASON_VENUE_RATE},
    {50100, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50101, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50102, ANSWER_CLOCK, REASON_VENUE_CLOCK},
    {50103, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50104, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50105, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50106, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50107, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50110, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50111, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50112, ANSWER_CLOCK, REASON_VENUE_CLOCK},
    {50113, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50114, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50119, ANSWER_AUTH, REASON_VENUE_AUTH},
    {50120, ANSWER_AUTH, REASON_VENUE_AUTH},
    {51006, ANSWER_REJECT, REASON_VENUE_FILTER}, // beyond the price limits
    {51008, ANSWER_REJECT, REASON_VENUE_FUNDS},
    {51016, ANSWER_DUPLICATE, 0},
    {51020, ANSWER_REJECT, REASON_VENUE_FILTER}, // less than the least
    {51021, ANSWER_REJECT, REASON_VENUE_DOWN},
    {51022, ANSWER_REJECT, REASON_VENUE_DOWN},
    {51024, ANSWER_AUTH, REASON_VENUE_AUTH}, // the account is blocked
    {51028, ANSWER_REJECT, REASON_VENUE_DOWN},
    {51030, ANSWER_LATER, REASON_VENUE_DOWN}, // funding is being settled
    {51119, ANSWER_REJECT, REASON_VENUE_FUNDS},
    {51121, ANSWER_REJECT, REASON_VENUE_FILTER}, // no multiple of the lot
    {51127, ANSWER_REJECT, REASON_VENUE_FUNDS},
    {51131, ANSWER_REJECT, REASON_VENUE_FUNDS},
    {51149, ANSWER_UNKNOWN, 0},
    {51400, ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    {51401, ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    {51402, ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    {51410, ANSWER_UNKNOWN, 0}, // a cancel of it is under way
    {51412, ANSWER_UNKNOWN, 0},
    {51503, ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    {51509, ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    {51510, ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    {51603, ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
    // Of a socket: a login, and what was said there.
    {60004, ANSWER_CLOCK, REASON_VENUE_CLOCK},
    {60005, ANSWER_AUTH, REASON_VENUE_AUTH},
    {60006, ANSWER_CLOCK, REASON_VENUE_CLOCK},
    {60007, ANSWER_AUTH, REASON_VENUE_AUTH},
    {60009, ANSWER_AUTH, REASON_VENUE_AUTH},
    {60011, ANSWER_LATER, REASON_VENUE_DOWN}, // nobody is logged in there
    {60012, ANSWER_REJECT, REASON_VENUE_REJECT},
    {60013, ANSWER_REJECT, REASON_VENUE_REJECT},
    {60014, ANSWER_RATE, REASON_VENUE_RATE},
    {60024, ANSWER_AUTH, REASON_VENUE_AUTH},
    {60032, ANSWER_AUTH, REASON_VENUE_AUTH},
    {63999, ANSWER_UNKNOWN, 0}, // an error of its own
    {64007, ANSWER_UNKNOWN, 0},
};

static int find_error(int32_t code)
{
    for (size_t i = 0; i < COUNT(errors); i++) {
        if (errors[i].code == code)
            return (int)i;
    }
    return -1;
}

enum answer okx_judge_code(int status, int32_t code)
{
    int at = find_error(code);

    if (at >= 0)
        return (enum answer)errors[at].answer;
    if (status == 429)
        return ANSWER_RATE;
    if (status >= 500)
        return ANSWER_UNKNOWN;
    if (code != 0)
        return ANSWER_REJECT;
    return status >= 200 && status < 300 ? ANSWER_GOOD : ANSWER_UNKNOWN;
}

uint16_t okx_refusal(enum answer answer, int32_t code, const char *text)
{
    int at = find_error(code);

    (void)text;
    return at >= 0 && errors[at].reason != 0 ? errors[at].reason : wire_refusal(answer);
}

int okx_is_of_socket(int32_t code, const char *text)
{
    (void)text;
    return code >= 60000 && code < 70000; // errors of the WebSocket: a login, what cannot be read
}

enum answer okx_judge_answer(const struct http_message *reply, struct okx_answer *said)
{
    if (okx_open_answer(reply->body, reply->body_n, said) >= 0)
        return okx_judge_code(reply->status, said->code);
    said->code = 0;
    said->text[0] = '\0';
    return reply->status == 429 ? ANSWER_RATE : ANSWER_UNKNOWN;
}

enum answer okx_judge(void *self, const struct gateway_request *request,
                      const struct http_message *reply, int32_t *code, char *text, size_t room,
                      int64_t now)
{
    struct okx *okx = self;
    struct okx_answer said;
    enum answer answer = okx_judge_answer(reply, &said);

    okx->request = request;
    *code = said.code;
    snprintf(text, room, "%s", said.text);
    if (answer == ANSWER_RATE) {
        uint32_t bucket = request->kind >= REQ_NEW ? BUCKET_ORDERS : BUCKET_WEIGHT;
        char why[WIRE_TEXT + 12];

        snprintf(why, sizeof(why), "%d %s", *code, text);
        venue_too_fast(okx->gateway, bucket, why, now);
    }
    return answer;
}

/* Public answers --------------------------------------------------------------------------------
 */

/* data of an answer that is good. */
static int open_data(const void *bytes, size_t n, struct scan_text *data)
{
    struct okx_answer answer;
    int rc = okx_open_answer(bytes, n, &answer);

    if (rc < 0 || answer.code != 0 || answer.data.n == 0)
        return rc < 0 ? rc : AGON_EINVAL;
    *data = answer.data;
    return AGON_OK;
}

int okx_read_time(void *self, const void *bytes, size_t n, agon_ns_t *t, int64_t *resolution_ns)
{
    char ts[24];
    const struct okx_text texts[] = {FIELD(ts)};
    struct scan_text data;
    struct scan scan;
    int rc = open_data(bytes, n, &data);

    (void)self;
    *resolution_ns = 1000000;
    if (rc < 0)
        return rc;
    scan_init(&scan, data.at, data.n);
    if (scan_array(&scan) < 0 || scan_item(&scan) <= 0 ||
        okx_read_texts(&scan, texts, COUNT(texts)) < 0 || okx_parse_ms(ts, t) < 0)
        return AGON_EINVAL;
    return *t > 946684800000000000 ? AGON_OK : AGON_ERANGE;
}

static int parse_exp(const char *text, int64_t *value, int *exp)
{
    *value = 0;
    *exp = 0;
    if (text[0] == '\0')
        return AGON_OK;
    return num_parse_exp(text, strlen(text), value, exp) < 0 || *value < 0 ? AGON_ERANGE : AGON_OK;
}

/* A number of contracts in the base. */
static int parse_size(const char *text, const struct okx_contract *contract, int64_t *value,
                      int *exp)
{
    if (parse_exp(text, value, exp) < 0 || !num_mul_checked(*value, contract->value, value))
        return AGON_ERANGE;
    *exp += contract->exp;
    return *exp <= 18 ? AGON_OK : AGON_ERANGE;
}

/* 0: it is none that is traded here. */
static int take_info(struct okx *okx, struct scan *scan, struct wire_info *info,
                     struct okx_contract *contract, uint64_t *code)
{
    char instId[32], baseCcy[16], quoteCcy[16], ctVal[NUM_TEXT], ctValCcy[16], settleCcy[16],
        ctType[16], lotSz[NUM_TEXT], minSz[NUM_TEXT], tickSz[NUM_TEXT], maxLmtSz[NUM_TEXT * 2],
        maxMktSz[NUM_TEXT * 2], state[16], instIdCode[24];
    const struct okx_text texts[] = {
        FIELD(instId),   FIELD(baseCcy),
        FIELD(quoteCcy), FIELD(ctVal),
        FIELD(ctValCcy), FIELD(settleCcy),
        FIELD(ctType),   FIELD(lotSz),
        FIELD(minSz),    FIELD(tickSz),
        FIELD(maxLmtSz), FIELD(maxMktSz),
        FIELD(state),    {"instIdCode", instIdCode, sizeof(instIdCode), 1}};
    int64_t ignored;
    int ignored_exp;

    memset(info, 0, sizeof(*info));
    *contract = (struct okx_contract){.value = 1};
    if (okx_read_texts(scan, texts, COUNT(texts)) < 0)
        return scan->rc;
    if (okx->is_swap ? strcmp(ctType, "linear") != 0 : baseCcy[0] == '\0')
        return 0;
    snprintf(info->symbol, sizeof(info->symbol), "%s", instId);
    snprintf(info->base, sizeof(info->base), "%s", okx->is_swap ? ctValCcy : baseCcy);
    snprintf(info->quote, sizeof(info->quote), "%s", okx->is_swap ? settleCcy : quoteCcy);
    if (instId[0] == '\0' || tickSz[0] == '\0' || lotSz[0] == '\0' ||
        okx_parse_u64(instIdCode, code) < 0 ||
        (okx->is_swap &&
         (parse_exp(ctVal, &contract->value, &contract->exp) < 0 || contract->value == 0)) ||
        parse_exp(tickSz, &info->tick, &info->tick_exp) < 0 ||
        parse_size(lotSz, contract, &info->lot, &info->lot_exp) < 0 ||
        parse_size(minSz, contract, &info->min_qty, &info->min_qty_exp) < 0 ||
        parse_size(maxLmtSz, contract, &info->max_qty, &info->max_qty_exp) < 0)
        return scan_fail(scan);
    // Of spot it is counted in dollars.
    if (okx->is_swap && parse_size(maxMktSz, contract, &ignored, &ignored_exp) == AGON_OK) {
        info->market_max_qty = ignored;
        info->market_max_qty_exp = ignored_exp;
    }
    info->state = strcmp(state, "live") == 0        ? TRADING_OPEN
                  : strcmp(state, "post_only") == 0 ? TRADING_POST_ONLY
                                                    : TRADING_HALTED;
    info->is_tradable = info->state != TRADING_HALTED;
    info->is_contract = okx->is_swap;
    info->can_cancel_replace = 1;
    return 1;
}

struct infos {
    struct fields_listing listing;
    struct okx *okx;
    wire_info_fn each;
    void *ctx;
};

static int take_record(void *ctx, struct scan *scan, const struct scan_text *key)
{
    struct infos *infos = ctx;
    struct okx *okx = infos->okx;
    struct okx_contract contract;
    struct wire_info info;
    const struct symbol *symbol;
    uint64_t code = 0;
    int rc = take_info(okx, scan, &info, &contract, &code);

    (void)key;
    if (rc <= 0 || !infos->listing.is_told || infos->each == NULL)
        return rc < 0 ? rc : 1;
    symbol = symbols_find(okx->symbols, info.symbol, strlen(info.symbol));
    if (symbol != NULL) {
        okx->contracts[symbol - okx->symbols->all] = contract;
        okx->codes[symbol - okx->symbols->all] = code;
    }
    infos->each(infos->ctx, &info);
    return 1;
}

int okx_read_info(void *self, const void *bytes, size_t n, wire_limit_fn each_limit,
                  wire_info_fn each, void *ctx)
{
    struct okx *okx = self;
    struct infos infos = {.okx = okx, .each = each, .ctx = ctx};
    struct scan_text data;
    int rc = open_data(bytes, n, &data);

    (void)each_limit; // it lists none
    if (rc >= 0)
        rc = fields_list(&data, FIELDS_OF_ARRAY, take_record, &infos.listing);
    if (rc >= 0)
        okx->is_known = 1;
    return rc;
}

void okx_fit_rules(const struct wire_info *info, int quote_exp,
                   const struct agon_instrument *record, struct rules *rules)
{
    (void)quote_exp;
    *rules = info->rules;
    rules->market = info->is_contract ? RULES_UM : RULES_SPOT;
    rules->market_max_qty =
        num_rescale(info->market_max_qty, info->market_max_qty_exp, record->qty_exp, NUM_ZERO);
}

int okx_read_bars(void *self, const void *bytes, size_t n, const struct symbol *symbol,
                  uint32_t length_s, agon_ns_t t_now, wire_bar_fn each, void *ctx)
{
    // ["1597026383085","3.721","3.743","3.677","3.708","8422410","22698348.04","12698348.04","1"]:
    // time, prices, volume (a swap's in contracts), volume in the base (spot's in the quote), in
    // the quote, whether it is over.
    struct okx *okx = self;
    struct bar_row row = {.unit_ns = 1000000, .n = 9, .volume = okx->is_swap ? 6 : 5, .closed = 8};
    struct scan_text data;
    struct scan scan;
    uint32_t count = 0;
    int rc = open_data(bytes, n, &data);

    if (rc < 0)
        return rc;
    scan_init(&scan, data.at, data.n);
    if (scan_array(&scan) < 0)
        return scan.rc;
    while ((rc = scan_item(&scan)) > 0) {
        struct agon_bar *bar = &okx->bars[count];
        int is_over = count < OKX_BARS
                          ? bar_row_read(&scan, &row, symbol, length_s == 0 ? 60 : length_s, bar)
                          : AGON_ENOSPC;

        // The newest first.
        if (is_over < 0 || (count > 0 && bar->t_open >= bar[-1].t_open))
            return scan_fail(&scan);
        count += is_over && bar->hdr.t_venue <= t_now;
    }
    for (uint32_t i = count; rc >= 0 && i-- > 0;)
        if (each != NULL)
            each(ctx, &okx->bars[i]);
    return rc < 0 ? rc : (int)count;
}
