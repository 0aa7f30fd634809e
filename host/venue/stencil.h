// SPDX-License-Identifier: Apache-2.0
/* stencil: a message that has the same texts as one that was read before, with other values
 * between.
 *
 * A venue writes the messages of a stream alike, keys in one order, though its numbers are of many
 * lengths. So a stencil is learnt of a message that was read the careful way and found good: the
 * texts between its values, and what each value is. A message with these texts has the same keys in
 * the same places, and its values are read from where they begin, one after the other. Where a
 * number has a length of its own, this takes more time than a mould (venue/mould.h) and fits more
 * messages. What does not fit is nobody's mistake: the careful way reads it.
 *
 * A message has an array of records; several of one look are taken with the stencil of one. Texts
 * outside the records are the same in all. What values may be is judged by who asks: here they are
 * only read. Decimals have at most 8 digits on either side of the point, whole numbers 16, and
 * digits beyond the exponent are 0. [any, one thread] */
#ifndef VENUE_STENCIL_H
#define VENUE_STENCIL_H

#include "venue/scan.h"
#include "venue/wire.h"

#define STENCIL_PARTS   32
#define STENCIL_TEXT    480
#define STENCIL_VALUES  12
#define STENCIL_PLACES  256 /* a power of two, of 8 bits */
#define STENCIL_RECORDS 32  /* of a message; more are read the careful way */
#define STENCIL_TAIL    40  /* bytes that a number is looked for in */

enum stencil_what {
    STENCIL_NOTHING = 0, /* the text goes on with the next part */
    STENCIL_WORD,        /* of the text: it is the same in all */
    STENCIL_TEXT_ANY,    /* between quotes: not looked at */
    STENCIL_NUMBER_ANY,  /* bare */
    STENCIL_WHOLE,       /* bare or between quotes, as are the next */
    STENCIL_PX,
    STENCIL_QTY,
    STENCIL_SIDE,  /* buy, sell: enum agon_side */
    STENCIL_STAMP, /* 2023-09-25T07:49:37.708706Z: ns */
    STENCIL_LEVELS /* what is between [ and ] */
};
struct stencil_key { /* of a record; the last has no key */
    const char *key;
    uint8_t what, value; /* which one of the values it is */
};
struct stencil_values {
    int64_t value[STENCIL_VALUES];
    uint8_t decimals[STENCIL_VALUES]; /* digits behind the point of a decimal */
};
struct stencil_part {
    uint16_t at, n; /* of its text, and what stands behind that */
    uint8_t what, value;
};
struct stencil {
    uint64_t stream; /* 0: nothing was learnt */
    const struct symbol *symbol;
    uint32_t n_missed;
    int kind;
    uint8_t n_parts, first, tail; /* parts of a record, and what is behind the last record */
    char day[12]; /* the date of the last time stamp and a T, and its first nanosecond */
    int64_t day_ns;
    struct stencil_part parts[STENCIL_PARTS];
    char text[STENCIL_TEXT + 16];
};
struct stencils {
    uint8_t is_careful;  /* nothing is taken: for tests and yardsticks */
    const void *message; /* whose trades are handed out; NULL: none */
    uint32_t n_trades, next;
    uint64_t n_usual;                          /* messages that were taken */
    struct agon_trade trades[STENCIL_RECORDS]; /* but for the first */
    struct stencil all[STENCIL_PLACES];
};

/* What tells streams apart, of three pieces of a message's begin. Never 0. */
static inline uint64_t stencil_stream(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t hash = (a ^ b << 7 ^ b >> 57 ^ c << 23 ^ c >> 41) * 0x9e3779b97f4a7c15u;

    return (hash ^ hash >> 29) * 0x9e3779b97f4a7c15u | 1;
}

/* NULL: nothing is known of the stream. */
static inline struct stencil *stencil_of(struct stencils *stencils, uint64_t stream)
{
    struct stencil *stencil = &stencils->all[stream >> 56];

    return stencil->stream == stream && !stencils->is_careful ? stencil : NULL;
}

/* The message was read the careful way: one record of ours, of that instrument. After some that did
 * not fit, what the stream looks like is learnt anew. */
void stencil_learn(struct stencils *stencils, uint64_t stream, const char *text, size_t n,
                   const struct stencil_key *keys, const struct symbol *symbol, int kind);

/* Reading. Each returns what is behind the value, or NULL where it is none of the usual ones. at is
 * not behind end, and STENCIL_TAIL bytes from at on can be read.
 * --------------------- */

/* Are the n bytes the same? What is compared with has 16 more. */
static inline __attribute__((always_inline)) int stencil_same(const char *at, const char *want,
                                                              uint32_t n)
{
    if (n < 8) {
        uint64_t unlike = scan_load8(at) ^ scan_load8(want);

        return n == 0 || unlike << (64 - 8 * n) == 0;
    }
    for (uint32_t i = 0; i + 8 < n; i += 8) {
        if (scan_load8(at + i) != scan_load8(want + i))
            return 0;
    }
    return scan_load8(at + n - 8) == scan_load8(want + n - 8);
}

/* How many of the eight bytes are digits before one that is none. */
static inline unsigned stencil_run(uint64_t word)
{
    uint64_t mask = scan_digits_mask(word);

    return mask != 0 ? (unsigned)__builtin_ctzll(mask) >> 3 : 8;
}

/* Digits before a point and behind it, looked for in sixteen bytes; what stands behind them. NULL:
 * it is no number, or longer than that. n_frac 0: it has no point. */
static inline __attribute__((always_inline)) const char *stencil_runs(const char *at,
                                                                      unsigned *n_int,
                                                                      unsigned *n_frac)
{
    unsigned others; // bytes that are no digits: those from the 17th on are none
#if defined(__SSE2__)
    __m128i flipped =
        _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), _mm_set1_epi8('0'));

    others = ~(unsigned)_mm_movemask_epi8(
        _mm_cmpeq_epi8(_mm_min_epu8(flipped, _mm_set1_epi8(9)), flipped));
#else
    others = ~0u;
    for (unsigned i = 0; i < 16; i++)
        others ^= (unsigned)(at[i] >= '0' && at[i] <= '9') << i;
#endif
    *n_int = (unsigned)__builtin_ctz(others);
    *n_frac = 0;
    if (*n_int == 0 || *n_int > 14 || (*n_int > 1 && at[0] == '0'))
        return NULL;
    if (at[*n_int] != '.')
        return at + *n_int;
    *n_frac = (unsigned)__builtin_ctz(others >> (*n_int + 1));
    return *n_frac > 0 && *n_int + 1 + *n_frac < 16 ? at + *n_int + 1 + *n_frac : NULL;
}

static inline __attribute__((always_inline)) const char *stencil_decimal(const char *at, int exp,
                                                                         int64_t *value,
                                                                         uint8_t *decimals)
{
    unsigned n_int;
    unsigned n_frac;
    unsigned keep;
    const char *stop = stencil_runs(at, &n_int, &n_frac);

    if (stop == NULL || n_int > 8 || n_frac > 8 || exp < 0 || exp > 8)
        return NULL;
    *value = (int64_t)scan_digits_value(scan_load8(at), n_int) * scan_pow10[exp];
    *decimals = (uint8_t)n_frac;
    if (n_frac > 0) {
        uint64_t word = scan_load8(at + n_int + 1);

        keep = n_frac < (unsigned)exp ? n_frac : (unsigned)exp;
        // Digits beyond exp have to be 0: the careful way knows what to do.
        if (keep < n_frac &&
            (word ^ (SCAN_ONES * '0')) << (64 - 8 * n_frac) >> (64 - 8 * (n_frac - keep)) != 0)
            return NULL;
        if (keep > 0)
            *value += (int64_t)scan_digits_value(word, keep) * scan_pow10[exp - (int)keep];
    }
    return stop;
}

static inline __attribute__((always_inline)) const char *stencil_whole(const char *at,
                                                                       int64_t *value)
{
    uint64_t word = scan_load8(at);
    unsigned n = stencil_run(word);

    if (n == 0 || (n > 1 && at[0] == '0'))
        return NULL;
    *value = (int64_t)scan_digits_value(word, n);
    at += n;
    if (n < 8)
        return at;
    word = scan_load8(at);
    n = stencil_run(word);
    if (n > 0)
        *value = *value * scan_pow10[n] + (int64_t)scan_digits_value(word, n);
    return at + n;
}

/* sell" or buy" */
static inline __attribute__((always_inline)) const char *stencil_side(const char *at, int64_t *side)
{
    uint64_t word = scan_load8(at);
    uint64_t sell = (uint32_t)word == (uint32_t)scan_load8("sell\"   ");
    uint64_t buy = (uint32_t)word == (uint32_t)scan_load8("buy\"    ");

    // Neither comes more often: no branch could be foretold.
    *side = (int64_t)(AGON_BUY + sell);
    return (sell | buy) != 0 ? at + 3 + sell : NULL;
}

/* The day is that of the last one, or it is read. */
const char *stencil_stamp_day(struct stencil *stencil, const char *at, int64_t *t);
static inline __attribute__((always_inline)) const char *stencil_stamp(struct stencil *stencil,
                                                                       const char *at, int64_t *t)
{
    uint64_t clock = scan_load8(at + 11); // 07:49:37
    uint64_t part = scan_load8(at + 19);  // .708706Z
    uint64_t h;
    uint64_t m;
    uint64_t s;

    if (scan_load8(at) != scan_load8(stencil->day) ||
        scan_load8(at + 3) != scan_load8(stencil->day + 3))
        return stencil_stamp_day(stencil, at, t);
    if (scan_digits_mask(clock) != 0x0000800000800000u ||
        scan_digits_mask(part) != 0x8000000000000080u || at[13] != ':' || at[16] != ':' ||
        at[19] != '.' || at[26] != 'Z')
        return NULL;
    clock = (clock ^ (SCAN_ONES * '0')) & 0x0f0f000f0f000f0fu;
    clock = clock * 10 + (clock >> 8);
    h = clock & 0xff;
    m = clock >> 24 & 0xff;
    s = clock >> 48 & 0xff;
    if (h > 23 || m > 59 || s > 60)
        return NULL;
    *t = stencil->day_ns + (int64_t)((h * 60 + m) * 60 + s) * 1000000000 +
         (int64_t)scan_digits_value(part >> 8, 6) * 1000;
    return at + 27;
}

/* Neither is looked at but for where it ends. */
const char *stencil_text_slow(const char *at, const char *end);
static inline __attribute__((always_inline)) const char *stencil_text_any(const char *at,
                                                                          const char *end)
{
#if defined(__SSE2__)
    if (end - at >= 16) {
        __m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
        unsigned quote = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')));
        // Signed: bytes above 0x7f are below a space.
        unsigned bad = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('\\')),
                         _mm_or_si128(_mm_cmplt_epi8(text, _mm_set1_epi8(' ')),
                                      _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7f)))));

        if (quote != 0)
            return (bad & ((quote & -quote) - 1)) == 0 ? at + __builtin_ctz(quote) : NULL;
    }
#endif
    return stencil_text_slow(at, end);
}

static inline __attribute__((always_inline)) const char *stencil_number_any(const char *at)
{
    unsigned n_int;
    unsigned n_frac;

    return stencil_runs(at + (*at == '-'), &n_int, &n_frac);
}

/* Levels from at on: what is behind the last of them, which is a ]. n_value: the key's value. */
typedef const char *(*stencil_levels_fn)(void *ctx, const char *at, const char *end,
                                         uint32_t n_value);
/* A record was read; n are before it. False: it is none of those that are taken so. */
typedef int (*stencil_record_fn)(void *ctx, const struct stencil *stencil,
                                 const struct stencil_values *values, uint32_t n);

/* What stands at at, of which need bytes may be read: from a copy of twice need where the message
 * ends before. */
static inline __attribute__((always_inline)) const char *stencil_room(const char *at,
                                                                      const char *end, char *copy,
                                                                      size_t need)
{
    size_t left = (size_t)(end - at);

    if (__builtin_expect(left >= need, 1))
        return at;
    memcpy(copy, at, left);
    memset(copy + left, 0, need);
    return copy;
}

/* How many records there are, all read; 0: it does not fit. */
static inline __attribute__((always_inline)) uint32_t stencil_take(
    struct stencil *stencil, const char *at, size_t n_text, int px_exp, int qty_exp,
    stencil_levels_fn levels, stencil_record_fn record, void *ctx)
{
    const char *end = at + n_text;
    const struct stencil_part *part = stencil->parts;
    const struct stencil_part *tail = part + stencil->tail;
    struct stencil_values values = {0}; // what a message does not have is 0
    char copy[2 * STENCIL_TAIL];
    uint32_t n = 0;

    for (;;) {
        const char *from;
        const char *stop;
        int64_t *value = &values.value[part->value];
        uint8_t *decimals = &values.decimals[part->value];

        if (end - at < (int64_t)part->n)
            return 0;
        if (__builtin_expect(end - at < (int64_t)part->n + 8, 0)
                ? memcmp(at, stencil->text + part->at, part->n) != 0
                : !stencil_same(at, stencil->text + part->at, part->n))
            return 0;
        at += part->n;
        if (part == tail)
            return at == end ? n : 0;
        from = at;
        switch (part->what) {
        case STENCIL_NOTHING:
            if (++part != tail)
                continue;
            if (!record(ctx, stencil, &values, n++))
                return 0;
            if (at < end && *at == ',') {
                at++;
                part = stencil->parts + stencil->first;
            }
            continue;
        case STENCIL_TEXT_ANY:
            stop = stencil_text_any(at, end);
            break;
        case STENCIL_LEVELS:
            stop = levels(ctx, at, end, part->value);
            break;
        default:
            from = stencil_room(at, end, copy, STENCIL_TAIL);
            switch (part->what) {
            case STENCIL_NUMBER_ANY:
                stop = stencil_number_any(from);
                break;
            case STENCIL_WHOLE:
                stop = stencil_whole(from, value);
                break;
            case STENCIL_PX:
                stop = stencil_decimal(from, px_exp, value, decimals);
                break;
            case STENCIL_QTY:
                stop = stencil_decimal(from, qty_exp, value, decimals);
                break;
            case STENCIL_SIDE:
                stop = stencil_side(from, value);
                break;
            default:
                stop = stencil_stamp(stencil, from, value);
                break;
            }
            break;
        }
        if (stop == NULL)
            return 0;
        at += stop - from;
        part++;
    }
}

/* The message was taken: it has n trades, the first of which is in the reader's out, or it is
 * another thing and there is nothing more in it. */
static inline void stencil_begin(struct stencils *stencils, const void *message, uint32_t n)
{
    stencils->message = message;
    stencils->n_trades = n;
    stencils->next = 1;
}

/* Of the message that was taken last, if it is this one: 1, the next trade is in out; 0: there is
 * none any more; AGON_ENOENT: it was another. */
static inline int stencil_next(struct stencils *stencils, const void *message, struct wire_out *out)
{
    if (stencils->message != message)
        return AGON_ENOENT;
    if (stencils->next < stencils->n_trades) {
        out->trade = stencils->trades[stencils->next++];
        return 1;
    }
    stencils->message = NULL;
    return 0;
}

#endif
