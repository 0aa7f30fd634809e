// SPDX-License-Identifier: Apache-2.0
/* table_scan: fields and numbers of a row in one walk, eight bytes at a time. */
#include "market/table.h"

#include "base/hot.h"
#include "base/num.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define DIGITS_MAX 18 /* that an int64_t holds whatever they are */
#define TIME_MAX   ((agon_ns_t)4102444800 * 1000000000) /* 2100 */
#define EACH(byte) ((uint64_t)0x0101010101010101u * (byte))
#define SHORT_EXP  10 /* a number of 8 digits fits as a count of 10^-SHORT_EXP */

static const uint64_t tens[DIGITS_MAX + 1] = {1u,
                                              10u,
                                              100u,
                                              1000u,
                                              10000u,
                                              100000u,
                                              1000000u,
                                              10000000u,
                                              100000000u,
                                              1000000000u,
                                              10000000000u,
                                              100000000000u,
                                              1000000000000u,
                                              10000000000000u,
                                              100000000000000u,
                                              1000000000000000u,
                                              10000000000000000u,
                                              100000000000000000u,
                                              1000000000000000000u};

void table_plan_init(struct table_plan *plan, const struct table *table,
                     const int8_t exps[TABLE_COLS])
{
    memset(plan, 0, sizeof(*plan));
    plan->n = table->n;
    for (uint8_t column = 0; column < TABLE_COLS; column++) {
        int place = table->places[column];

        if (place < 0 || exps[column] < 0)
            continue;
        REQUIRE(exps[column] <= NUM_EXP_MAX);
        plan->fields[place].is_number = 1;
        plan->fields[place].column = column;
        plan->fields[place].exp = exps[column];
        plan->fields[place].is_time = column <= TABLE_FUNDING_MS;
    }
}

static inline uint64_t eight(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/* The number of eight digits, the first in the lowest byte, each less '0'. */
static inline uint64_t number8(uint64_t word)
{
    word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ffu;
    word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffffu;
    return (word * 10000 + (word >> 32)) & 0xffffffffu;
}

/* How many digits stand there, up to eight, and their number. */
static inline unsigned digits8(const char *at, uint64_t *value)
{
    uint64_t word = eight(at) ^ EACH('0');
    // Of a digit no high bit is set by this; above the first other byte nothing is asked.
    uint64_t other = (word | (word + EACH(0x76))) & EACH(0x80);
    unsigned n = other != 0 ? (unsigned)__builtin_ctzll(other) >> 3 : 8;

    if (n == 0)
        return 0;
    *value = number8(word << 8 * (8 - n));
    return n;
}

/* All digits that stand there; 0: none, or more than DIGITS_MAX. */
static inline unsigned digits(const char *at, uint64_t *value)
{
    uint64_t more = 0;
    unsigned n = digits8(at, value);
    unsigned some;

    if (n < 8)
        return n;
    some = digits8(at + 8, &more);
    if (some > 0)
        *value = *value * tens[some] + more;
    if (some < 8)
        return n + some;
    some = digits8(at + 16, &more);
    if (some > DIGITS_MAX - 16)
        return 0;
    if (some > 0)
        *value = *value * tens[some] + more;
    return 16 + some;
}

/* The number that begins there, as a count of 10^-exp. Behind it; NULL: it is none that fits. */
static inline const char *number(const char *at, int exp, int64_t *value)
{
    uint64_t whole, part = 0;
    unsigned n = digits(at, &whole);

    if (n == 0 || (*at == '0' && n > 1)) // "007" is no number here
        return NULL;
    at += n;
    if (*at == '.') {
        n = digits(++at, &part);
        if (n == 0)
            return NULL;
        at += n;
        if ((int)n > exp) {
            uint64_t unit = tens[(int)n - exp];

            if (part % unit != 0)
                return NULL;
            part /= unit;
        } else {
            part *= tens[exp - (int)n];
        }
    }
    if (__builtin_mul_overflow((int64_t)whole, (int64_t)tens[exp], value) ||
        __builtin_add_overflow(*value, (int64_t)part, value))
        return NULL;
    return at;
}

#if defined(__x86_64__)
/* Of the sixteen bytes there, a bit for each that is no digit; the bit behind them is set. */
static inline uint32_t others16(const char *at)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i above = _mm_add_epi8(bytes, _mm_set1_epi8((char)(0x80 - '0'))); // digits are lowest

    return 0x10000u | (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(above, _mm_set1_epi8(-128 + 9)));
}

/* As number, of what nearly every field is: up to eight digits with a point between them or
 * without, or up to 15 without one. NULL: it is something else, if it is a number. */
static inline const char *short_number(const char *at, int exp, int64_t *value)
{
    uint32_t others = others16(at);
    unsigned n = (unsigned)__builtin_ctz(others), n_part;
    uint64_t word = eight(at) ^ EACH('0');

    if (n == 0 || (*at == '0' && n > 1))
        return NULL;
    if (n > 8) {
        uint64_t more = eight(at + 8) ^ EACH('0');

        if (n == 16 || at[n] == '.' ||
            __builtin_mul_overflow(
                (int64_t)(number8(word) * tens[n - 8] + number8(more << 8 * (16 - n))),
                (int64_t)tens[exp], value))
            return NULL;
        return at + n;
    }
    if (exp > SHORT_EXP)
        return NULL;
    word <<= 8 * (8 - n);
    if (at[n] != '.') {
        *value = (int64_t)(number8(word) * tens[exp]);
        return at + n;
    }
    n_part = (unsigned)__builtin_ctz(others >> (n + 1));
    if (n_part == 0 || n + n_part > 8 || (int)n_part > exp)
        return NULL;
    word = word >> 8 * n_part | (eight(at + n + 1) ^ EACH('0')) << 8 * (8 - n_part);
    *value = (int64_t)(number8(word) * tens[exp - (int)n_part]);
    return at + n + 1 + n_part;
}
#else
static inline const char *short_number(const char *at, int exp, int64_t *value)
{
    (void)at, (void)exp, (void)value;
    return NULL;
}
#endif

HOT int table_scan(const struct table_plan *plan, const char *line, uint32_t n,
                   struct table_row *row)
{
    const char *end = line + n;
    const char *at = line;

    row->line = line;
    row->n = plan->n;
    if (plan->n == 0)
        return 0;
    for (uint32_t i = 0;; at++) {
        const char *from = at;

        if (plan->fields[i].is_number) {
            int64_t *value = &row->values[plan->fields[i].column];

            at = short_number(from, plan->fields[i].exp, value);
            if (__builtin_expect(at == NULL, 0))
                at = number(from, plan->fields[i].exp, value);
            if (at == NULL || at > end || (at < end && *at != ',') ||
                (plan->fields[i].is_time && *value > TIME_MAX))
                return 0;
        } else {
            at = memchr(at, ',', (size_t)(end - at));
            at = at != NULL ? at : end;
        }
        row->fields[i] = from;
        row->lengths[i] = (uint32_t)(at - from);
        if (++i == plan->n || at == end)
            return i == plan->n && at == end;
    }
}
