// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <utility>

#include <simdjson.h>

#include "bench/decode_simdjson.h"

using namespace simdjson;

namespace
{

ondemand::parser parser;

const int64_t pow10[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* At most eight digits on either side of the point, in 10^-exp; what stands behind them. NULL: it
 * is none. */
const char *decimal(const char *at, int exp, int64_t *value)
{
    int64_t whole = 0;
    int64_t part = 0;
    int n = 0;

    if (!is_digit(*at) || (at[0] == '0' && is_digit(at[1])))
        return nullptr;
    for (; n < 9 && is_digit(*at); n++)
        whole = whole * 10 + (*at++ - '0');
    if (n == 9)
        return nullptr;
    n = 0;
    if (*at == '.') {
        for (at++; n < 9 && is_digit(*at); n++)
            part = part * 10 + (*at++ - '0');
        if (n == 0 || n == 9)
            return nullptr;
    }
    if (n > exp) {
        if (part % pow10[n - exp] != 0)
            return nullptr;
        part /= pow10[n - exp];
    } else {
        part *= pow10[exp - n];
    }
    *value = whole * pow10[exp] + part;
    return at;
}

/* "1.5" */
bool read_quoted(ondemand::value value, int exp, int64_t *into)
{
    ondemand::raw_json_string text;
    const char *stop;

    if (value.get_raw_json_string().get(text) != SUCCESS)
        return false;
    stop = decimal(text.raw(), exp, into);
    return stop != nullptr && *stop == '"';
}

/* 1.5 */
bool read_bare(ondemand::value value, int exp, int64_t *into)
{
    ondemand::json_type type;
    const char *at;
    const char *stop;

    if (value.type().get(type) != SUCCESS || type != ondemand::json_type::number)
        return false;
    at = value.raw_json_token().data();
    stop = decimal(at, exp, into);
    return stop != nullptr && (*stop == ',' || *stop == '}');
}

bool read_word(ondemand::value value, const char *word)
{
    ondemand::raw_json_string text;

    return value.get_raw_json_string().get(text) == SUCCESS && text.unsafe_is_equal(word);
}

bool read_side(ondemand::value value, int *is_sell)
{
    ondemand::raw_json_string text;

    if (value.get_raw_json_string().get(text) != SUCCESS)
        return false;
    *is_sell = text.unsafe_is_equal("sell");
    return *is_sell || text.unsafe_is_equal("buy");
}

bool read_ms(ondemand::value value, int64_t *t_ns)
{
    uint64_t ms;

    if (value.get_uint64_in_string().get(ms) != SUCCESS || ms > 4102444800000u)
        return false;
    *t_ns = (int64_t)ms * 1000000;
    return true;
}

bool digits(const char *at, int n, int64_t *value)
{
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (!is_digit(at[i]))
            return false;
        *value = *value * 10 + (at[i] - '0');
    }
    return true;
}

/* "2023-09-25T07:49:37.708706Z" */
bool read_stamp(ondemand::value value, int64_t *t_ns)
{
    ondemand::raw_json_string text;
    const char *at;
    int64_t y, m, d, h, min, s, us, era, of_era, of_year;

    if (value.get_raw_json_string().get(text) != SUCCESS)
        return false;
    at = text.raw();
    if (!digits(at, 4, &y) || at[4] != '-' || !digits(at + 5, 2, &m) || at[7] != '-' ||
        !digits(at + 8, 2, &d) || at[10] != 'T' || !digits(at + 11, 2, &h) || at[13] != ':' ||
        !digits(at + 14, 2, &min) || at[16] != ':' || !digits(at + 17, 2, &s) || at[19] != '.' ||
        !digits(at + 20, 6, &us) || at[26] != 'Z' || at[27] != '"' || y < 2000 || y > 2099 ||
        m < 1 || m > 12 || d < 1 || d > 31 || h > 23 || min > 59 || s > 60)
        return false;
    y -= m <= 2;
    era = y / 400;
    of_era = y - era * 400;
    of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    *t_ns =
        ((((era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468) * 24 + h) *
              60 +
          min) *
             60 +
         s) *
            1000000000 +
        us * 1000;
    return true;
}

bool once(uint32_t *seen, int bit)
{
    bool is_first = (*seen >> bit & 1) == 0;

    *seen |= 1u << bit;
    return is_first;
}

bool is_px(const simdjson_rules *rules, int64_t px)
{
    return px > 0 && px <= rules->limit_px;
}

/* ["8476.98","415","0","13"] */
bool okx_levels(ondemand::value value, const simdjson_rules *rules, simdjson_level *levels,
                uint32_t *n)
{
    ondemand::array all;

    *n = 0;
    if (value.get_array().get(all) != SUCCESS)
        return false;
    for (auto item : all) {
        ondemand::array pair;
        int i = 0;

        if (*n == 64 || item.get_array().get(pair) != SUCCESS)
            return false;
        for (auto number : pair) {
            ondemand::value text;

            if (number.get(text) != SUCCESS ||
                (i == 0 && (!read_quoted(text, rules->px_exp, &levels[*n].px) ||
                            !is_px(rules, levels[*n].px))) ||
                (i == 1 && !read_quoted(text, rules->qty_exp, &levels[*n].qty)))
                return false;
            i++;
        }
        if (i < 2)
            return false;
        ++*n;
    }
    return true;
}

/* {"price":45283.5,"qty":0.1} */
bool kraken_levels(ondemand::value value, const simdjson_rules *rules, simdjson_level *levels,
                   uint32_t *n)
{
    ondemand::array all;

    *n = 0;
    if (value.get_array().get(all) != SUCCESS)
        return false;
    for (auto item : all) {
        ondemand::object level;
        uint32_t seen = 0;

        if (*n == 64 || item.get_object().get(level) != SUCCESS)
            return false;
        for (auto pair : level) {
            ondemand::field field;

            if (std::move(pair).get(field) != SUCCESS)
                return false;
            if (field.key() == "price") {
                if (!once(&seen, 0) || !read_bare(field.value(), rules->px_exp, &levels[*n].px) ||
                    levels[*n].px <= 0)
                    return false;
            } else if (field.key() == "qty") {
                if (!once(&seen, 1) || !read_bare(field.value(), rules->qty_exp, &levels[*n].qty))
                    return false;
            }
        }
        if (seen != 3)
            return false;
        ++*n;
    }
    return true;
}

/* The one record of a message of OKX; action NULL: it has none. */
bool open_okx(const simdjson_rules *rules, const char *text, size_t n, size_t room,
              const char *channel, const char *action, ondemand::document *document,
              ondemand::object *record)
{
    ondemand::object around;
    ondemand::object arg;
    ondemand::value value;
    ondemand::array data;

    if (parser.iterate(padded_string_view(text, n, room)).get(*document) != SUCCESS ||
        document->get_object().get(around) != SUCCESS ||
        around.find_field_unordered("arg").get_object().get(arg) != SUCCESS ||
        arg.find_field_unordered("channel").get(value) != SUCCESS || !read_word(value, channel) ||
        arg.find_field_unordered("instId").get(value) != SUCCESS ||
        !read_word(value, rules->symbol))
        return false;
    if (action != nullptr &&
        (around.find_field_unordered("action").get(value) != SUCCESS || !read_word(value, action)))
        return false;
    return around.find_field_unordered("data").get_array().get(data) == SUCCESS &&
           data.at(0).get_object().get(*record) == SUCCESS;
}

bool open_kraken(const char *text, size_t n, size_t room, const char *channel,
                 ondemand::document *document, ondemand::object *record)
{
    ondemand::object around;
    ondemand::value value;
    ondemand::array data;

    return parser.iterate(padded_string_view(text, n, room)).get(*document) == SUCCESS &&
           document->get_object().get(around) == SUCCESS &&
           around.find_field_unordered("channel").get(value) == SUCCESS &&
           read_word(value, channel) && around.find_field_unordered("type").get(value) == SUCCESS &&
           read_word(value, "update") &&
           around.find_field_unordered("data").get_array().get(data) == SUCCESS &&
           data.at(0).get_object().get(*record) == SUCCESS;
}

} // namespace

#define READ(bit, is_good)                                                                         \
    do {                                                                                           \
        if (!once(&seen, bit) || !(is_good))                                                       \
            return 0;                                                                              \
    } while (0)

int simdjson_okx_trade(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                       struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object record;
    uint32_t seen = 0;

    if (!open_okx(rules, text, n, room, "trades", nullptr, &document, &record))
        return 0;
    for (auto item : record) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        if (field.key() == "tradeId")
            READ(0, field.value().get_uint64_in_string().get(out->id) == SUCCESS);
        else if (field.key() == "px")
            READ(1, read_quoted(field.value(), rules->px_exp, &out->px) && is_px(rules, out->px));
        else if (field.key() == "sz")
            READ(2, read_quoted(field.value(), rules->qty_exp, &out->qty) && out->qty > 0);
        else if (field.key() == "side")
            READ(3, read_side(field.value(), &out->is_sell));
        else if (field.key() == "ts")
            READ(4, read_ms(field.value(), &out->t_ns));
    }
    return seen == 0x1f;
}

int simdjson_okx_quote(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                       struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object record;
    uint32_t seen = 0;

    if (!open_okx(rules, text, n, room, "bbo-tbt", nullptr, &document, &record))
        return 0;
    for (auto item : record) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        if (field.key() == "asks")
            READ(0, okx_levels(field.value(), rules, out->asks, &out->n_asks));
        else if (field.key() == "bids")
            READ(1, okx_levels(field.value(), rules, out->bids, &out->n_bids));
        else if (field.key() == "ts")
            READ(2, read_ms(field.value(), &out->t_ns));
        else if (field.key() == "seqId")
            READ(3, field.value().get_uint64().get(out->id) == SUCCESS);
    }
    if ((seen & 7) != 7 || out->n_bids > 1 || out->n_asks > 1)
        return 0;
    out->bid = out->n_bids == 1 ? out->bids[0] : simdjson_level{0, 0};
    out->ask = out->n_asks == 1 ? out->asks[0] : simdjson_level{0, 0};
    return 1;
}

int simdjson_okx_book(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                      struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object record;
    uint32_t seen = 0;
    uint64_t prev;

    if (!open_okx(rules, text, n, room, "books", "update", &document, &record))
        return 0;
    for (auto item : record) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        if (field.key() == "asks")
            READ(0, okx_levels(field.value(), rules, out->asks, &out->n_asks));
        else if (field.key() == "bids")
            READ(1, okx_levels(field.value(), rules, out->bids, &out->n_bids));
        else if (field.key() == "ts")
            READ(2, read_ms(field.value(), &out->t_ns));
        else if (field.key() == "seqId")
            READ(3, field.value().get_uint64().get(out->id) == SUCCESS);
        else if (field.key() == "prevSeqId")
            READ(4, field.value().get_uint64().get(prev) == SUCCESS);
    }
    return seen == 0x1f;
}

int simdjson_kraken_trade(const struct simdjson_rules *rules, const char *text, size_t n,
                          size_t room, struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object record;
    uint32_t seen = 0;

    if (!open_kraken(text, n, room, "trade", &document, &record))
        return 0;
    for (auto item : record) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        if (field.key() == "symbol")
            READ(0, read_word(field.value(), rules->symbol));
        else if (field.key() == "side")
            READ(1, read_side(field.value(), &out->is_sell));
        else if (field.key() == "price")
            READ(2, read_bare(field.value(), rules->px_exp, &out->px) && is_px(rules, out->px));
        else if (field.key() == "qty")
            READ(3, read_bare(field.value(), rules->qty_exp, &out->qty) && out->qty > 0);
        else if (field.key() == "trade_id")
            READ(4, field.value().get_uint64().get(out->id) == SUCCESS);
        else if (field.key() == "timestamp")
            READ(5, read_stamp(field.value(), &out->t_ns));
    }
    return seen == 0x3f;
}

int simdjson_kraken_quote(const struct simdjson_rules *rules, const char *text, size_t n,
                          size_t room, struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object record;
    uint32_t seen = 0;

    if (!open_kraken(text, n, room, "ticker", &document, &record))
        return 0;
    for (auto item : record) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        if (field.key() == "symbol")
            READ(0, read_word(field.value(), rules->symbol));
        else if (field.key() == "bid")
            READ(1, read_bare(field.value(), rules->px_exp, &out->bid.px) &&
                        is_px(rules, out->bid.px));
        else if (field.key() == "bid_qty")
            READ(2, read_bare(field.value(), rules->qty_exp, &out->bid.qty));
        else if (field.key() == "ask")
            READ(3, read_bare(field.value(), rules->px_exp, &out->ask.px) &&
                        is_px(rules, out->ask.px));
        else if (field.key() == "ask_qty")
            READ(4, read_bare(field.value(), rules->qty_exp, &out->ask.qty));
    }
    return seen == 0x1f;
}

int simdjson_kraken_book(const struct simdjson_rules *rules, const char *text, size_t n,
                         size_t room, struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object record;
    uint32_t seen = 0;

    out->n_bids = out->n_asks = 0;
    if (!open_kraken(text, n, room, "book", &document, &record))
        return 0;
    for (auto item : record) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        if (field.key() == "symbol")
            READ(0, read_word(field.value(), rules->symbol));
        else if (field.key() == "bids")
            READ(1, kraken_levels(field.value(), rules, out->bids, &out->n_bids));
        else if (field.key() == "asks")
            READ(2, kraken_levels(field.value(), rules, out->asks, &out->n_asks));
        else if (field.key() == "checksum")
            READ(3, field.value().get_uint64().get(out->id) == SUCCESS && out->id <= UINT32_MAX);
        else if (field.key() == "timestamp")
            READ(4, read_stamp(field.value(), &out->t_ns));
    }
    return (seen & 9) == 9 && (seen & 6) != 0;
}
