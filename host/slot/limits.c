// SPDX-License-Identifier: Apache-2.0
#include "slot/limits.h"

#include <stdio.h>

#include "base/num.h"
#include "config/units.h"

#define ROW(T, nr, member, name, unit, least, most, given, more, none, live, text)                 \
    {.key = (name),                                                                                \
     .preset = (given),                                                                            \
     .doc = (text),                                                                                \
     .min = (least),                                                                               \
     .max = (most),                                                                                \
     .offset = offsetof(struct T, member),                                                         \
     .bytes = sizeof(((struct T *)0)->member),                                                     \
     .number = (nr),                                                                               \
     .kind = LIMIT_IS_##unit,                                                                      \
     .risk = LIMIT_##more##_IS_RISKIER,                                                            \
     .zero = LIMIT_ZERO_IS_##none,                                                                 \
     .is_live = (live)},

#define SLOT_ROW(id, nr, type, ...)           ROW(slot_limits, nr, __VA_ARGS__)
#define SLOT_PLACE(id, nr, type, member, ...) ROW_##member,
#define SLOT_RULE(under, over, why)           {ROW_##under, ROW_##over, why},
static const struct limit slot_rows[] = {LIMITS(SLOT_ROW)};
enum slot_row { LIMITS(SLOT_PLACE) SLOT_ROWS };
static const struct limit_rule slot_rules[] = {LIMIT_RULES(SLOT_RULE)};

#define ALL_ROW(id, nr, type, ...)           ROW(portfolio_limits, nr, __VA_ARGS__)
#define ALL_PLACE(id, nr, type, member, ...) ALL_##member,
#define ALL_RULE(under, over, why)           {ALL_##under, ALL_##over, why},
static const struct limit all_rows[] = {PORTFOLIO_LIMITS(ALL_ROW)};
enum all_row { PORTFOLIO_LIMITS(ALL_PLACE) ALL_ROWS };
static const struct limit_rule all_rules[] = {PORTFOLIO_RULES(ALL_RULE)};
_Static_assert(SLOT_ROWS <= LIMITS_ROWS_MAX && ALL_ROWS <= LIMITS_ROWS_MAX, "room for every row");
_Static_assert(ROW_on_breach == LIMITS_N_PLACED - 1 && ALL_on_breach == PORTFOLIO_N_PLACED - 1,
               "on_breach is the last of the placed rows: its upper bits say what follows");
#define HAS_MORE (1u << 31) /* of the state's last placed row */

const struct limits_table limits_of_slot = {.prefix = "limits.",
                                            .all = slot_rows,
                                            .rules = slot_rules,
                                            .n = SLOT_ROWS,
                                            .n_rules = sizeof(slot_rules) / sizeof(slot_rules[0]),
                                            .n_placed = LIMITS_N_PLACED};
const struct limits_table limits_of_portfolio = {.prefix = "portfolio.",
                                                 .all = all_rows,
                                                 .rules = all_rules,
                                                 .n = ALL_ROWS,
                                                 .n_rules =
                                                     sizeof(all_rules) / sizeof(all_rules[0]),
                                                 .n_placed = PORTFOLIO_N_PLACED};

static const char *const choices[ON_BREACH_N] = {"close", "cancel", "halt"};

int64_t limit_get(const struct limit *limit, const void *base)
{
    const unsigned char *at = (const unsigned char *)base + limit->offset;
    uint32_t narrow;
    int64_t wide;

    if (limit->bytes == sizeof(narrow)) {
        memcpy(&narrow, at, sizeof(narrow));
        return narrow;
    }
    memcpy(&wide, at, sizeof(wide));
    return wide;
}

int limit_set(const struct limit *limit, void *base, int64_t value)
{
    unsigned char *at = (unsigned char *)base + limit->offset;
    uint32_t narrow = (uint32_t)value;

    if (value < 0 || (limit->bytes == sizeof(narrow) && value > UINT32_MAX) ||
        (limit->kind == LIMIT_IS_CHOICE && value >= ON_BREACH_N))
        return AGON_ERANGE;
    if (limit->bytes == sizeof(narrow))
        memcpy(at, &narrow, sizeof(narrow));
    else
        memcpy(at, &value, sizeof(value));
    return AGON_OK;
}

const struct limit *limits_find(const struct limits_table *table, uint8_t number)
{
    for (uint32_t i = 0; number != 0 && i < table->n; i++) {
        if (table->all[i].number == number)
            return &table->all[i];
    }
    return NULL;
}

agon_amt_t limits_of_capital(agon_amt_t capital_amt, int64_t share_ppm)
{
    return num_mul_div(capital_amt, share_ppm, 1000000, NUM_DOWN);
}

static int64_t choice_of(const char *word)
{
    int64_t at = 0;

    while (at < ON_BREACH_N && strcmp(word, choices[at]) != 0)
        at++;
    return at;
}

int64_t limits_preset_of(const struct limit *limit, agon_amt_t capital_amt)
{
    int64_t value = 0;
    size_t n = limit->preset != NULL ? strlen(limit->preset) : 0;
    int rc = AGON_OK;

    if (limit->kind == LIMIT_IS_CAPITAL)
        return capital_amt;
    if (limit->preset == NULL)
        return 0;
    switch (limit->kind) {
    case LIMIT_IS_AMT:
    case LIMIT_IS_OF_CAPITAL:
        rc = units_ppm(limit->preset, n, &value, NULL);
        value = limits_of_capital(capital_amt, value);
        break;
    case LIMIT_IS_SHARE:
        rc = units_ppm(limit->preset, n, &value, NULL);
        break;
    case LIMIT_IS_COUNT:
        rc = units_int(limit->preset, n, &value, NULL);
        break;
    case LIMIT_IS_MS:
        rc = units_duration(limit->preset, n, &value, NULL);
        value /= 1000000;
        break;
    default:
        value = choice_of(limit->preset);
        break;
    }
    REQUIRE(rc >= 0); // the table is our own
    return value;
}

void limits_preset(struct slot_limits *limits, agon_amt_t capital_amt)
{
    memset(limits, 0, sizeof(*limits));
    for (uint32_t i = 0; i < limits_of_slot.n; i++) {
        const struct limit *limit = &limits_of_slot.all[i];
        int rc = limit_set(limit, limits, limits_preset_of(limit, capital_amt));

        REQUIRE(rc >= 0);
    }
}

int limits_is_broken(const struct limits_table *table, const struct limit_rule *rule,
                     const void *base)
{
    int64_t lower = limit_get(&table->all[rule->lower], base);
    int64_t upper = limit_get(&table->all[rule->upper], base);

    return upper > 0 && lower > upper;
}

int limits_check(const struct limits_table *table, const void *base, struct error *err)
{
    for (uint32_t i = 0; i < table->n; i++) {
        const struct limit *limit = &table->all[i];
        int64_t value = limit_get(limit, base);

        if (value < 0 || (limit->kind == LIMIT_IS_CHOICE && value >= ON_BREACH_N))
            return error_set(err, AGON_ERANGE, "limit %s is invalid: %lld", limit->key,
                             (long long)value);
    }
    for (uint32_t i = 0; i < table->n_rules; i++) {
        const struct limit_rule *rule = &table->rules[i];

        if (limits_is_broken(table, rule, base))
            return error_set(err, AGON_EINVAL, "limit %s is above %s: %s",
                             table->all[rule->lower].key, table->all[rule->upper].key, rule->text);
    }
    return AGON_OK;
}

int limit_is_raised(const struct limit *limit, int64_t from, int64_t to)
{
    if (from == to)
        return 0;
    if (limit->zero == LIMIT_ZERO_IS_NONE && (from == 0 || to == 0))
        return to == 0;
    return limit->risk == LIMIT_MORE_IS_RISKIER ? to > from : to < from;
}

uint32_t limits_diff(const struct limits_table *table, const void *from, const void *to,
                     struct limit_change changes[LIMITS_ROWS_MAX])
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < table->n; i++) {
        const struct limit *limit = &table->all[i];
        int64_t before = limit_get(limit, from);
        int64_t after = limit_get(limit, to);

        if (before != after)
            changes[n++] =
                (struct limit_change){limit, before, after, limit_is_raised(limit, before, after)};
    }
    return n;
}

const char *limit_choice(int64_t value)
{
    return value >= 0 && value < ON_BREACH_N ? choices[value] : "?";
}

void limit_text(const struct limit *limit, int64_t value, char text[LIMIT_TEXT])
{
    char number[NUM_TEXT];

    switch (limit->kind) {
    case LIMIT_IS_CHOICE:
        (void)snprintf(text, LIMIT_TEXT, "%s", limit_choice(value));
        return;
    case LIMIT_IS_SHARE:
        num_format_short(value, 6, number);
        break;
    case LIMIT_IS_COUNT:
        num_format_short(value, 0, number);
        break;
    case LIMIT_IS_MS:
        num_format_short(value, 3, number);
        break;
    default:
        num_format_short(value, LIMITS_AMT_EXP, number);
        break;
    }
    (void)snprintf(text, LIMIT_TEXT, "%s", number);
}

void limits_scale(struct slot_limits *limits, agon_amt_t from_amt, agon_amt_t to_amt)
{
    for (uint32_t i = 0; i < limits_of_slot.n; i++) {
        const struct limit *limit = &limits_of_slot.all[i];
        int64_t before = limit_get(limit, limits);
        int64_t after;
        int rc;

        if (limit->kind != LIMIT_IS_AMT && limit->kind != LIMIT_IS_OF_CAPITAL)
            continue;
        after = num_mul_div(before, to_amt, from_amt, NUM_DOWN);
        // 0 would be no limit.
        rc = limit_set(limit, limits, before > 0 && after == 0 ? 1 : after);
        REQUIRE(rc >= 0);
    }
}

int limits_has_more(const struct limits_table *table, const void *base)
{
    for (uint32_t i = table->n_placed; i < table->n; i++) {
        if (limit_get(&table->all[i], base) != 0)
            return 1;
    }
    return 0;
}

static void save_row(const struct limit *limit, const void *base, uint32_t more, struct enc *enc)
{
    if (limit->bytes == sizeof(uint32_t))
        enc_u32(enc, (uint32_t)limit_get(limit, base) | more);
    else
        enc_i64(enc, limit_get(limit, base));
}

void limits_save(const struct limits_table *table, const void *base, struct enc *enc)
{
    uint32_t n_more = 0;

    for (uint32_t i = table->n_placed; i < table->n; i++)
        n_more += limit_get(&table->all[i], base) != 0;
    for (uint32_t i = 0; i < table->n_placed; i++)
        save_row(&table->all[i], base, i + 1 == table->n_placed && n_more > 0 ? HAS_MORE : 0, enc);
    if (n_more == 0)
        return;
    enc_u32(enc, n_more);
    for (uint32_t i = table->n_placed; i < table->n; i++) {
        int64_t value = limit_get(&table->all[i], base);

        if (value == 0)
            continue;
        enc_u8(enc, table->all[i].number);
        enc_i64(enc, value);
    }
}

/* Numbers rise, and what is none of the table's, or says nothing, is damage: or of a newer build.
 */
static void load_more(const struct limits_table *table, void *base, struct dec *dec)
{
    uint32_t n = dec_u32(dec), at = table->n_placed;

    if (n == 0 || n > table->n)
        dec_fail(dec);
    for (uint32_t i = 0; dec_is_ok(dec) && i < n; i++) {
        uint8_t number = dec_u8(dec);
        int64_t value = dec_i64(dec);

        while (at < table->n && table->all[at].number != number)
            at++;
        if (at >= table->n || value == 0 || limit_set(&table->all[at], base, value) < 0)
            dec_fail(dec);
        at++;
    }
}

void limits_load(const struct limits_table *table, void *base, struct dec *dec)
{
    uint32_t more = 0;

    for (uint32_t i = table->n_placed; i < table->n; i++)
        (void)limit_set(&table->all[i], base, 0);
    for (uint32_t i = 0; i < table->n_placed; i++) {
        const struct limit *limit = &table->all[i];
        int64_t value = limit->bytes == sizeof(uint32_t) ? dec_u32(dec) : dec_i64(dec);

        if (i + 1 == table->n_placed) {
            more = (uint32_t)value & HAS_MORE;
            value &= ~(int64_t)HAS_MORE;
        }
        // A state is whatever a file says: what the table does not allow is damage.
        if (limit_set(limit, base, value) < 0)
            dec_fail(dec);
    }
    if (more != 0)
        load_more(table, base, dec);
}
