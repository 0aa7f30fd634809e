// SPDX-License-Identifier: Apache-2.0
#include "bench/decode_simdjson.h"

#include <cstring>
#include <utility>

#include <simdjson.h>

using namespace simdjson;

namespace
{

ondemand::parser parser;

const int64_t pow10[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* The digits before the quote, at most eight on either side of the point, in 10^-exp. What is
 * behind the text is readable. */
bool decimal(const char *at, int exp, int64_t *value)
{
    int64_t whole = 0;
    int64_t part = 0;
    int n = 0;

    if (!is_digit(*at) || (at[0] == '0' && is_digit(at[1])))
        return false;
    for (; n < 9 && is_digit(*at); n++)
        whole = whole * 10 + (*at++ - '0');
    if (n == 9)
        return false;
    n = 0;
    if (*at == '.') {
        uint64_t word;
        uint64_t digits;

        at++;
        memcpy(&word, at, 8);
        digits = word ^ 0x3030303030303030u;
        if ((((digits + 0x7676767676767676u) | digits) & 0x8080808080808080u) == 0) {
            // Eight digits, as there mostly are.
            digits = digits * 10 + (digits >> 8);
            part = (int64_t)((((digits & 0x000000ff000000ffu) * 0x000f424000000064u) +
                              (((digits >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u)) >>
                             32);
            n = 8;
            at += 8;
        } else {
            for (; n < 8 && is_digit(*at); n++)
                part = part * 10 + (*at++ - '0');
        }
        if (n == 0)
            return false;
    }
    if (*at != '"')
        return false;
    if (n > exp) {
        if (part % pow10[n - exp] != 0)
            return false;
        part /= pow10[n - exp];
    } else {
        part *= pow10[exp - n];
    }
    *value = whole * pow10[exp] + part;
    return true;
}

bool read_decimal(ondemand::value value, int exp, int64_t *into)
{
    ondemand::raw_json_string text;

    return value.get_raw_json_string().get(text) == SUCCESS && decimal(text.raw(), exp, into);
}

bool read_px(ondemand::value value, const simdjson_rules *rules, int64_t *px)
{
    return read_decimal(value, rules->px_exp, px) && *px > 0 && *px <= rules->limit_px;
}

bool read_word(ondemand::value value, const char *word)
{
    ondemand::raw_json_string text;

    return value.get_raw_json_string().get(text) == SUCCESS && text.unsafe_is_equal(word);
}

/* Milliseconds from 2000 to 2100. */
bool read_time(ondemand::value value, int64_t *t_ns)
{
    uint64_t ms;

    if (value.get_uint64().get(ms) != SUCCESS || ms < 946684800000u || ms > 4102444800000u)
        return false;
    *t_ns = (int64_t)ms * 1000000;
    return true;
}

/* The letter of a key of one; 0 of any other. */
char letter(ondemand::raw_json_string key)
{
    return key.raw()[0] != '"' && key.raw()[1] == '"' ? key.raw()[0] : 0;
}

bool once(uint32_t *seen, int bit)
{
    bool is_first = (*seen >> bit & 1) == 0;

    *seen |= 1u << bit;
    return is_first;
}

bool read_levels(ondemand::value value, const simdjson_rules *rules, simdjson_level *levels,
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
                (i == 0 && (!read_px(text, rules, &levels[*n].px) ||
                            (rules->tick_px > 1 && levels[*n].px % rules->tick_px != 0))) ||
                (i == 1 && !read_decimal(text, rules->qty_exp, &levels[*n].qty)))
                return false;
            i++;
        }
        if (i < 2)
            return false;
        ++*n;
    }
    return true;
}

/* The payload of a message on a combined stream. */
bool open_stream(const char *text, size_t n, size_t room, const char *name,
                 ondemand::document *document, ondemand::object *payload)
{
    ondemand::object around;
    ondemand::value value;

    return parser.iterate(padded_string_view(text, n, room)).get(*document) == SUCCESS &&
           document->get_object().get(around) == SUCCESS &&
           around.find_field_unordered("stream").get(value) == SUCCESS && read_word(value, name) &&
           around.find_field_unordered("data").get_object().get(*payload) == SUCCESS;
}

} // namespace

#define READ(bit, is_good)                                                                         \
    if (!once(&seen, bit) || !(is_good))                                                           \
        return 0;                                                                                  \
    break

int simdjson_can_run(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("pclmul");
}

int simdjson_trade(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                   struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object payload;
    uint32_t seen = 0;
    int64_t t_event = 0;
    bool is_sell = false;

    if (parser.iterate(padded_string_view(text, n, room)).get(document) != SUCCESS ||
        document.get_object().get(payload) != SUCCESS)
        return 0;
    for (auto item : payload) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        switch (letter(field.key())) {
        case 'e':
            READ(0, read_word(field.value(), "trade"));
        case 'E':
            READ(1, read_time(field.value(), &t_event));
        case 's':
            READ(2, read_word(field.value(), rules->symbol));
        case 't':
            READ(3, field.value().get_uint64().get(out->id) == SUCCESS);
        case 'p':
            READ(4, read_px(field.value(), rules, &out->px));
        case 'q':
            READ(5, read_decimal(field.value(), rules->qty_exp, &out->qty) && out->qty > 0);
        case 'T':
            READ(6, read_time(field.value(), &out->t_ns));
        case 'm':
            READ(7, field.value().get_bool().get(is_sell) == SUCCESS);
        default:
            break;
        }
    }
    if ((seen & 0xbd) != 0xbd)
        return 0;
    if ((seen & 0x40) == 0)
        out->t_ns = t_event;
    out->is_sell = is_sell;
    return 1;
}

int simdjson_quote(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                   struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object payload;
    uint32_t seen = 0;

    if (!open_stream(text, n, room, rules->quote_stream, &document, &payload))
        return 0;
    for (auto item : payload) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        switch (letter(field.key())) {
        case 'u':
            READ(0, field.value().get_uint64().get(out->id) == SUCCESS);
        case 's':
            READ(1, read_word(field.value(), rules->symbol));
        case 'b':
            READ(2, read_px(field.value(), rules, &out->bid.px));
        case 'B':
            READ(3, read_decimal(field.value(), rules->qty_exp, &out->bid.qty));
        case 'a':
            READ(4, read_px(field.value(), rules, &out->ask.px));
        case 'A':
            READ(5, read_decimal(field.value(), rules->qty_exp, &out->ask.qty));
        default:
            break;
        }
    }
    return seen == 0x3f;
}

int simdjson_depth(const struct simdjson_rules *rules, const char *text, size_t n, size_t room,
                   struct simdjson_out *out)
{
    ondemand::document document;
    ondemand::object payload;
    uint32_t seen = 0;

    if (!open_stream(text, n, room, rules->depth_stream, &document, &payload))
        return 0;
    for (auto item : payload) {
        ondemand::field field;

        if (std::move(item).get(field) != SUCCESS)
            return 0;
        if (field.key() == "lastUpdateId") {
            if (!once(&seen, 0) || field.value().get_uint64().get(out->id) != SUCCESS)
                return 0;
        } else if (field.key() == "bids") {
            if (!once(&seen, 1) || !read_levels(field.value(), rules, out->bids, &out->n_bids))
                return 0;
        } else if (field.key() == "asks") {
            if (!once(&seen, 2) || !read_levels(field.value(), rules, out->asks, &out->n_asks))
                return 0;
        }
    }
    return seen == 7;
}
