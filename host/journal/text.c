// SPDX-License-Identifier: Apache-2.0
#include "journal/text.h"

#include <stdio.h>

#include "base/error.h"
#include "base/num.h"
#include "base/utf8.h"
#include "journal/text_fields.h"
#include "market/start_market.h"
#include "score/measure.h"
#include "slot/tag_names.h"

struct out {
    char *at; /* borrowed */
    size_t room, used;
    enum text_style style;
    const struct text_scale *scale; /* NULL: unknown */
};

const char *text_type_name(uint16_t type)
{
    const struct text_layout *layout = text_layout_of(type);

    return layout == NULL ? NULL : layout->name;
}

static void put_bytes(struct out *out, const char *bytes, size_t n)
{
    if (out->used + n <= out->room)
        memcpy(out->at + out->used, bytes, n);
    out->used += n;
}

static void put(struct out *out, const char *text)
{
    put_bytes(out, text, strlen(text));
}

static void put_u64(struct out *out, uint64_t value)
{
    char digits[20];
    size_t n = sizeof(digits);

    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put_bytes(out, digits + n, sizeof(digits) - n);
}

static void put_i64(struct out *out, int64_t value)
{
    if (value < 0)
        put_bytes(out, "-", 1);
    put_u64(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void put_mark(struct out *out)
{
    if (out->style == TEXT_JSON)
        put_bytes(out, "\"", 1);
}

static void put_name(struct out *out, const char *name, const char *suffix)
{
    if (out->style == TEXT_JSON) {
        put_bytes(out, ",\"", 2);
        put(out, name);
        put(out, suffix);
        put_bytes(out, "\":", 2);
    } else {
        put_bytes(out, " ", 1);
        put(out, name);
        put(out, suffix);
        put_bytes(out, "=", 1);
    }
}

static void put_decimal(struct out *out, int64_t value, int exp)
{
    char text[NUM_TEXT];
    int n = num_format(value, exp, text);

    REQUIRE(n < NUM_TEXT);
    put_mark(out);
    put_bytes(out, text, n > 0 ? (size_t)n : 0);
    put_mark(out);
}

static void put_count(struct out *out, int64_t value)
{
    put_mark(out);
    put_i64(out, value);
    put_mark(out);
}

/* Seventeen digits, which read back as the same double; null for what JSON cannot say. */
static void put_f64(struct out *out, double value)
{
    char text[40];
    int n;

    if (!(value - value == 0)) {
        put(out, "null");
        return;
    }
    n = snprintf(text, sizeof(text), "%.17g", value);
    for (int i = 0; i < n; i++)
        text[i] = text[i] == ',' ? '.' : text[i]; // some locale's
    put_bytes(out, text, (size_t)n);
}

static void put_text(struct out *out, const char *bytes, size_t n)
{
    char safe[1024];
    size_t length;

    n = strnlen(bytes, n);
    length = utf8_escape(bytes, n, safe, sizeof(safe));
    put_bytes(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        if (safe[i] == '"' || safe[i] == '\\')
            put_bytes(out, "\\", 1);
        put_bytes(out, safe + i, 1);
    }
    put_bytes(out, "\"", 1);
}

static void put_hex(struct out *out, const unsigned char *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";

    put_mark(out);
    for (size_t i = 0; i < n; i++) {
        char pair[2] = {hex[bytes[i] >> 4], hex[bytes[i] & 15]};

        put_bytes(out, pair, 2);
    }
    put_mark(out);
}

static unsigned width_of(const struct text_field *field)
{
    switch (field->kind) {
    case F_U8:
    case F_I8:
    case F_NAME8:
        return 1;
    case F_U16:
    case F_NAME16:
        return 2;
    case F_U32:
    case F_I32:
    case F_NAME32:
        return 4;
    case F_TEXT:
    case F_HEX:
        return field->n;
    default:
        return 8;
    }
}

static uint64_t bits_of(const unsigned char *at, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* One field of the n bytes at event. */
static void put_field(struct out *out, const struct text_field *field, const unsigned char *event,
                      size_t n)
{
    const unsigned char *at = event + field->offset;
    unsigned width = width_of(field);
    uint64_t bits;
    double real;

    // The layout was chosen by the event's length: a field beyond it is a mistake of our tables.
    REQUIRE(field->offset + width <= n);
    bits = field->kind == F_TEXT || field->kind == F_HEX ? 0 : bits_of(at, width);
    put_name(out, field->name, "");
    switch (field->kind) {
    case F_U8:
    case F_U16:
    case F_U32:
        put_u64(out, bits);
        break;
    case F_U64:
        put_mark(out);
        put_u64(out, bits);
        put_mark(out);
        break;
    case F_I8:
        put_i64(out, (int8_t)bits);
        break;
    case F_I32:
        put_i64(out, (int32_t)bits);
        break;
    case F_I64:
        put_count(out, (int64_t)bits);
        break;
    case F_PX:
    case F_QTY:
        put_count(out, (int64_t)bits);
        if (out->scale != NULL) {
            put_name(out, field->name, "_dec");
            put_decimal(out, (int64_t)bits,
                        field->kind == F_PX ? out->scale->px_exp : out->scale->qty_exp);
        }
        break;
    case F_F64:
        memcpy(&real, &bits, sizeof(real));
        put_f64(out, real);
        break;
    case F_TEXT:
        put_text(out, (const char *)at, field->n);
        break;
    case F_HEX:
        put_hex(out, at, field->n);
        break;
    default: // an enum; a value without a name stays a number
        if (bits < field->n && field->names[bits] != NULL) {
            put_mark(out);
            put(out, field->names[bits]);
            put_mark(out);
        } else {
            put_u64(out, bits);
        }
        break;
    }
}

static void put_levels(struct out *out, const char *name, const struct agon_level *levels,
                       uint32_t n)
{
    put_name(out, name, "");
    put_bytes(out, "[", 1);
    for (uint32_t i = 0; i < n; i++) {
        put(out, i == 0 ? "[" : ",[");
        put_count(out, levels[i].px);
        put_bytes(out, ",", 1);
        put_count(out, levels[i].qty);
        if (out->scale != NULL) {
            put_bytes(out, ",", 1);
            put_decimal(out, levels[i].px, out->scale->px_exp);
            put_bytes(out, ",", 1);
            put_decimal(out, levels[i].qty, out->scale->qty_exp);
        }
        put_bytes(out, "]", 1);
    }
    put_bytes(out, "]", 1);
}

/* Levels behind a book part, or inside a top-10; as many as the record really holds. */
static void put_all_levels(struct out *out, const struct agon_event_hdr *event)
{
    if (event->type == AGON_EVENT_TOP10) {
        const struct agon_top10 *top = (const void *)event;

        put_levels(out, "bid", top->bid, top->n_bid > 10 ? 10 : top->n_bid);
        put_levels(out, "ask", top->ask, top->n_ask > 10 ? 10 : top->n_ask);
    } else if (event->type == AGON_EVENT_BOOK_SNAPSHOT || event->type == AGON_EVENT_BOOK_DELTA) {
        const struct agon_book_part *part = (const void *)event;
        const struct agon_level *levels = (const void *)(part + 1);
        uint32_t room = (event_bytes(event) - 64) / 16;
        uint32_t n_bid = part->n_bid > room ? room : part->n_bid;
        uint32_t n_ask = part->n_ask > room - n_bid ? room - n_bid : part->n_ask;

        put_levels(out, "bid", levels, n_bid);
        put_levels(out, "ask", levels + n_bid, n_ask);
    }
}

static void put_reals(struct out *out, const char *name, const double *values, uint32_t mask)
{
    put_name(out, name, "");
    for (uint32_t i = 0; i < RECORD_MEASURES; i++) {
        put_bytes(out, i == 0 ? "[" : ",", 1);
        if ((mask >> i & 1) != 0)
            put_f64(out, values[i]);
        else
            put(out, "null");
    }
    put_bytes(out, "]", 1);
}

static void put_rules(struct out *out, const struct plan_rules *rules)
{
    uint32_t n = rules->n_shares > TOURNAMENT_SHARES ? TOURNAMENT_SHARES : rules->n_shares;

    put_reals(out, "weights", rules->weights, UINT32_MAX);
    put_reals(out, "gates", rules->gates, rules->gate_mask);
    put_name(out, "shares_ppm", "");
    put_bytes(out, "[", 1);
    for (uint32_t i = 0; i < n; i++) {
        put(out, i == 0 ? "" : ",");
        put_u64(out, rules->shares_ppm[i]);
    }
    put_bytes(out, "]", 1);
}

static void put_pools(struct out *out, const struct plan_pool *pools, uint32_t first,
                      uint32_t n_pools)
{
    int n = 0;

    put_name(out, "pools", "");
    put_bytes(out, "[", 1);
    for (uint32_t i = 0; i < n_pools; i++) {
        const struct plan_pool *pool = &pools[i];
        const agon_amt_t amounts[3] = {pool->before_amt, pool->after_amt, pool->at_hand_amt};

        if (amounts[0] == 0 && amounts[1] == 0 && amounts[2] == 0)
            continue;
        put(out, n++ == 0 ? "[" : ",[");
        put_u64(out, first + i);
        for (int k = 0; k < 3; k++) {
            put_bytes(out, ",", 1);
            put_count(out, amounts[k]);
        }
        put_bytes(out, "]", 1);
    }
    put_bytes(out, "]", 1);
}

// [account, free, change] of each.
static void put_parts(struct out *out, const struct plan_line *line)
{
    put_name(out, "parts", "");
    put_bytes(out, "[", 1);
    for (uint32_t i = 0; i < line->n_accounts && i < PLAN_PARTS; i++) {
        put(out, i == 0 ? "[" : ",[");
        put_u64(out, line->accounts[i]);
        put_bytes(out, ",", 1);
        put_count(out, line->parts[i].free_amt);
        put_bytes(out, ",", 1);
        put_count(out, line->parts[i].change_amt);
        put_bytes(out, "]", 1);
    }
    put_bytes(out, "]", 1);
}

static void put_line(struct out *out, const struct plan_line *line)
{
    for (const struct text_field *field = text_line_head; field->name != NULL; field++)
        put_field(out, field, (const unsigned char *)line, sizeof(*line));
    for (uint32_t i = 0; i < RECORD_MEASURES; i++) {
        put_name(out, measure_at(i)->name, "");
        put_f64(out, line->measures[i]);
    }
    for (const struct text_field *field = text_line_tail; field->name != NULL; field++)
        put_field(out, field, (const unsigned char *)line, sizeof(*line));
    put_parts(out, line);
}

/* What is said of each slot, in so many bytes behind a record; as many as it really holds. */
static void put_lines(struct out *out, const void *behind, uint32_t bytes, uint32_t first,
                      uint32_t n)
{
    const unsigned char *lines = behind;
    uint32_t room = bytes / (uint32_t)sizeof(struct plan_line);

    n = n > room ? room : n;
    put_name(out, "slots", "");
    put_bytes(out, "[", 1);
    for (uint32_t i = 0; i < n; i++) {
        // Each field begins with a separator: the first takes a place of its own.
        put(out, out->style == TEXT_JSON ? (i == 0 ? "{\"n\":" : ",{\"n\":") : i == 0 ? "" : ";");
        if (out->style == TEXT_JSON)
            put_u64(out, first + i);
        put_line(out,
                 (const struct plan_line *)(const void *)(lines + i * sizeof(struct plan_line)));
        if (out->style == TEXT_JSON)
            put_bytes(out, "}", 1);
    }
    put_bytes(out, "]", 1);
}

static void put_plan(struct out *out, const struct record_plan *plan)
{
    put_rules(out, &plan->rules);
    put_pools(out, plan->pools, 0, PLAN_ACCOUNTS);
    put_lines(out, plan + 1, event_bytes(&plan->hdr) - (uint32_t)sizeof(*plan), 0, plan->n_lines);
}

/* [slot, value or null, whether a gate is failed] of each; as many as the record really holds. */
static void put_plan_values(struct out *out, const struct record_plan_values *record)
{
    const struct plan_value *values = (const void *)(record + 1);
    uint32_t room = (event_bytes(&record->hdr) - (uint32_t)sizeof(*record)) /
                    (uint32_t)sizeof(struct plan_value);
    uint32_t n = record->n_lines > room ? room : record->n_lines;

    put_name(out, "slots", "");
    put_bytes(out, "[", 1);
    for (uint32_t i = 0; i < n; i++) {
        put(out, i == 0 ? "[" : ",[");
        put_u64(out, values[i].slot);
        put_bytes(out, ",", 1);
        if (values[i].is_defined == 1)
            put_f64(out, values[i].value);
        else
            put(out, "null");
        put(out, values[i].is_failed ? ",1]" : ",0]");
    }
    put_bytes(out, "]", 1);
}

/* Which builds took part in the run, as hex: [slot, build id]; the host has no slot. */
static void put_builds(struct out *out, const struct record_start *start)
{
    const unsigned char *at = (const unsigned char *)(start + 1);
    uint32_t n = start_n_builds(start);
    uint32_t n_put = 0;

    put_name(out, "builds", "");
    put_bytes(out, "[", 1);
    for (uint32_t i = 0; i < n; i++, at += sizeof(struct start_build)) {
        struct start_build build;

        memcpy(&build, at, sizeof(build));
        if (build.n == 0 || build.n > sizeof(build.id))
            continue; // none, or the rest of a granule
        put(out, n_put++ == 0 ? "[" : ",[");
        if (build.slot == START_BUILD_HOST)
            put(out, out->style == TEXT_JSON ? "null" : "host");
        else
            put_u64(out, build.slot);
        put_bytes(out, ",", 1);
        put_hex(out, build.id, build.n);
        put_bytes(out, "]", 1);
    }
    put_bytes(out, "]", 1);
}

static void put_market(struct out *out, const struct record_start *start)
{
    struct start_market market;

    if (!start_market_read(start, &market))
        return;
    put_name(out, "market", "");
    put_text(out, market.name, strlen(market.name));
    put_name(out, "market_about", "");
    put_text(out, market.about, strlen(market.about));
}

static void put_names(struct out *out, const struct tag_names *names, int n_before)
{
    for (uint32_t i = 0; i < names->n; i++) {
        put(out, (int)i + n_before > 0 ? "," : "");
        put_text(out, names->all[i], strlen(names->all[i]));
    }
}

/* Of a START: [slots, names...]. */
static void put_start_tags(struct out *out, const struct record_start *start)
{
    struct tag_lines tags;
    struct tag_names names;
    struct slot_set slots;
    const char *line = tags.text;
    int n = 0;

    if (!tag_names_read_lines(start, &tags))
        return;
    put_name(out, "tags", "");
    put(out, "[");
    for (const char *next; (next = tag_names_next_line(line, &slots, &names)) != NULL;
         line = next) {
        if (names.n == 0)
            continue;
        put(out, n++ > 0 ? ",[" : "[");
        put_text(out, line, strcspn(line, " "));
        put_names(out, &names, 1);
        put(out, "]");
    }
    put(out, "]");
}

static const char *put_pairs(struct out *out, const char *name, const char *at, uint32_t n)
{
    put_name(out, name, "");
    put_bytes(out, out->style == TEXT_JSON ? "{" : "[", 1);
    for (uint32_t i = 0; at != NULL && i < n; i++) {
        put(out, i == 0 ? "" : ",");
        put_text(out, at, strlen(at));
        put_bytes(out, out->style == TEXT_JSON ? ":" : "=", 1);
        at += strlen(at) + 1;
        put_text(out, at, strlen(at));
        at += strlen(at) + 1;
    }
    put_bytes(out, out->style == TEXT_JSON ? "}" : "]", 1);
    return at;
}

/* The parameters of a BEGIN, as the roster had them, the SHA-256 of its files and names of its
 * reasons, where it has any. */
static void put_begin(struct out *out, const struct record_begin *begin)
{
    const char *at = put_pairs(out, "params", begin_text(begin), begin->n_params);
    struct tag_names names;

    if (begin->n_files > 0)
        (void)put_pairs(out, "files", at, begin->n_files);
    if (!tag_names_read(begin, &names))
        return;
    put_name(out, "tags", "");
    put(out, "[");
    put_names(out, &names, 0);
    put(out, "]");
}

/* "2026-11-20T09:05:31.123456789Z" of ns since 1970, by the civil calendar (H. Hinnant's days). */
static void put_time(struct out *out, agon_ns_t t)
{
    int64_t second = num_div(t, 1000000000, NUM_DOWN), day = num_div(second, 86400, NUM_DOWN);
    int64_t rest = second - day * 86400, shifted = day + 719468;
    int64_t era = num_div(shifted, 146097, NUM_DOWN), doe = shifted - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2);
    char text[64];
    int n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", (int)year,
                     (int)month, (int)(doy - (153 * mp + 2) / 5 + 1), (int)(rest / 3600),
                     (int)(rest / 60 % 60), (int)(rest % 60), (int)(t - second * 1000000000));

    put_bytes(out, text, (size_t)n);
}

static void put_head(struct out *out, const struct agon_event_hdr *event, const char *name)
{
    if (out->style == TEXT_JSON) {
        put(out, "{\"seq\":\"");
        put_u64(out, event->seq);
        if (event->sub != 0) {
            put(out, "\",\"sub\":\"");
            put_u64(out, event->sub);
        }
        put(out, "\",\"t\":\"");
        put_i64(out, event->t);
        if (event->t_venue != 0) {
            put(out, "\",\"t_venue\":\"");
            put_i64(out, event->t_venue);
        }
        put(out, "\",\"type\":");
        put_mark(out);
    } else {
        put_u64(out, event->seq);
        if (event->sub != 0) {
            put(out, ".");
            put_u64(out, event->sub);
        }
        put(out, " ");
        put_time(out, event->t);
        put(out, " ");
    }
    if (name != NULL) {
        put(out, name);
    } else {
        put(out, "type-");
        put_u64(out, event->type);
    }
    put_mark(out);
    if (event->instrument != 0) {
        put_name(out, "instrument", "");
        put_u64(out, event->instrument);
        // An INSTRUMENT names its symbol itself.
        if (out->scale != NULL && out->scale->symbol != NULL &&
            event->type != AGON_EVENT_INSTRUMENT) {
            put_name(out, "symbol", "");
            put_text(out, out->scale->symbol, 32);
        }
    }
}

int64_t text_event(const struct agon_event_hdr *event, enum text_style style, text_scale_fn scale,
                   void *ctx, char *text, size_t room)
{
    const struct text_layout *layout = text_layout_of(event->type);
    const struct text_field *fields = text_fields_of(layout, event);
    struct out out = {.at = text, .room = room > 0 ? room - 1 : 0, .style = style};
    struct text_scale known = {0};
    struct record_slot slot;

    if (scale != NULL && event->instrument != 0 && scale(ctx, event->instrument, &known) &&
        known.px_exp >= 0 && known.px_exp <= NUM_EXP_MAX && known.qty_exp >= 0 &&
        known.qty_exp <= NUM_EXP_MAX)
        out.scale = &known;
    put_head(&out, event, layout == NULL ? NULL : layout->name);
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_SLOT &&
        slot_record_read(&slot, event) >= 0)
        event = &slot.hdr;
    for (const struct text_field *field = fields; field != NULL && field->name != NULL; field++)
        put_field(&out, field, (const unsigned char *)event, event_bytes(event));
    if (fields != NULL)
        put_all_levels(&out, event);
    if (fields != NULL && event->type == EVENT_START) {
        put_builds(&out, (const struct record_start *)(const void *)event);
        put_market(&out, (const struct record_start *)(const void *)event);
        put_start_tags(&out, (const struct record_start *)(const void *)event);
    }
    if (fields != NULL && event->type == EVENT_BEGIN)
        put_begin(&out, (const struct record_begin *)(const void *)event);
    if (fields != NULL && event->type == EVENT_PLAN)
        put_plan(&out, (const struct record_plan *)(const void *)event);
    if (fields != NULL && event->type == EVENT_PLAN_LINES) {
        const struct record_plan_lines *lines = (const void *)event;

        put_lines(&out, lines + 1, event_bytes(event) - (uint32_t)sizeof(*lines), lines->first,
                  lines->n_lines);
    }
    if (fields != NULL && event->type == EVENT_PLAN_POOLS) {
        const struct record_plan_pools *pools = (const void *)event;
        uint32_t held = (event_bytes(event) - (uint32_t)sizeof(*pools)) / sizeof(struct plan_pool);

        put_pools(&out, (const void *)(pools + 1), PLAN_ACCOUNTS,
                  pools->n_pools < held ? pools->n_pools : held);
    }
    if (fields != NULL && event->type == EVENT_PLAN_VALUES)
        put_plan_values(&out, (const struct record_plan_values *)(const void *)event);
    if (fields == NULL || (event->type == EVENT_CONFIG && fields == layout->fields)) {
        put_name(&out, "body", "");
        put_hex(&out, (const unsigned char *)(event + 1), event_bytes(event) - sizeof(*event));
    }
    if (style == TEXT_JSON)
        put_bytes(&out, "}", 1);
    if (room == 0 || out.used > out.room)
        return AGON_ERANGE;
    text[out.used] = '\0';
    return (int64_t)out.used;
}
