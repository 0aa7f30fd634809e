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

#include "venue/mould.h"
#include "venue/scan.h"
#include "venue/wire.h"

#define STENCIL_PARTS   32
#define STENCIL_TEXT    480
#define STENCIL_VALUES  12
#define STENCIL_PLACES  256 /* a power of two, of 8 bits */
#define STENCIL_RUNS    4   /* lengths of a run that are known at a time */
#define STENCIL_RUN_MAX 160
#define STENCIL_RECORDS 32 /* of a message; more are read the careful way */

enum stencil_what {
    STENCIL_NOTHING = 0, /* the text goes on with the next part */
    STENCIL_WORD,        /* of the text: it is the same in all */
    STENCIL_TEXT_ANY,    /* between quotes: not looked at */
    STENCIL_NUMBER_ANY,  /* bare */
    STENCIL_RUN,         /* several of them: never a key's */
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
};
struct stencil_part {
    uint16_t at, n; /* of its text, and what stands behind that */
    uint16_t care;  /* a bit for each byte of a text of up to 16 */
    uint8_t what, value;
};
struct stencil_run {            /* numbers that nobody asks for, and the texts between them */
    uint16_t left, n, n_missed; /* bytes of the message from there on, and its own; 0: nothing */
    struct mould_bounds bounds[STENCIL_RUN_MAX / MOULD_CHUNK];
};
struct stencil {
    uint64_t stream; /* 0: nothing was learnt */
    const struct symbol *symbol;
    uint32_t n_missed;
    int kind;
    uint8_t n_parts, first, tail; /* parts of a record, and what is behind the last record */
    uint8_t run, run_end;         /* parts of which nothing is needed but that they are numbers */
    char day[12]; /* the date of the last time stamp and a T, and its first nanosecond */
    int64_t day_ns;
    struct stencil_part parts[STENCIL_PARTS];
    char text[STENCIL_TEXT + 16];
    struct stencil_run runs[STENCIL_RUNS];
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
 * not behind end, nothing from end on is looked at, and 16 bytes before at can be read, which are
 * of the message too: it is longer than what stands before its first value.
 *
 * Where a value ends is found first, of 16 bytes in one look: the next one may begin before this
 * one's number is made. Numbers are made of the eight bytes that end where they do.
 * --------------------- */

#define STENCIL_BEFORE 16

/* Are the n bytes the same, of which care is the last sixteen's mask? 16 bytes from at on and from
 * want on can be read. */
static inline __attribute__((always_inline)) int stencil_same(const char *at, const char *want,
                                                              uint32_t n, unsigned care)
{
#if defined(__SSE2__)
#define STENCIL_EQUAL(i)                                                                           \
    (unsigned)_mm_movemask_epi8(                                                                   \
        _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(at + (i))),                 \
                       _mm_loadu_si128((const __m128i *)(const void *)(want + (i)))))
    if (n <= 16)
        return (~STENCIL_EQUAL(0) & care) == 0;
    for (uint32_t i = 0; i + 16 < n; i += 16) {
        if (STENCIL_EQUAL(i) != 0xffff)
            return 0;
    }
    return STENCIL_EQUAL(n - 16) == 0xffff;
#undef STENCIL_EQUAL
#else
    (void)care;
    return memcmp(at, want, n) == 0;
#endif
}

/* Eight bytes from at on, those from end on as 0. */
static inline __attribute__((always_inline)) uint64_t stencil_load8(const char *at, const char *end)
{
    size_t left = (size_t)(end - at);

    if (__builtin_expect(left >= 8, 1))
        return scan_load8(at);
    return scan_load8(end - 8) >> 1 >> (63 - 8 * left);
}

/* Of bytes, those that are no digits, and those that are neither digits nor points: a bit for each,
 * and one for each that was not looked at. */
struct stencil_bits {
    uint64_t others, ends;
};

#define STENCIL_LEVEL 48 /* bytes that a level is looked for in */

#if defined(__SSE2__)
static inline __attribute__((always_inline)) struct stencil_bits stencil_bits_of(__m128i text)
{
    __m128i flipped = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(flipped, _mm_set1_epi8(9)), flipped);
    __m128i points = _mm_cmpeq_epi8(text, _mm_set1_epi8('.'));

    // Those that are, so far.
    return (struct stencil_bits){.others = (unsigned)_mm_movemask_epi8(digits),
                                 .ends = (unsigned)_mm_movemask_epi8(_mm_or_si128(digits, points))};
}

/* Of the 16 bytes from at on, of which those from end on are none. */
static inline __attribute__((always_inline)) struct stencil_bits stencil_look(const char *at,
                                                                              const char *end)
{
    size_t left = (size_t)(end - at);
    struct stencil_bits bits;

    if (__builtin_expect(left >= 16, 1)) {
        bits = stencil_bits_of(_mm_loadu_si128((const __m128i *)(const void *)at));
    } else {
        uint64_t low = left > 8 ? scan_load8(at) : stencil_load8(at, end);
        uint64_t high = left > 8 ? stencil_load8(at + 8, end) : 0;

        bits = stencil_bits_of(_mm_set_epi64x((int64_t)high, (int64_t)low));
    }
    return (struct stencil_bits){~bits.others, ~bits.ends};
}

/* Of STENCIL_LEVEL bytes, all of which can be read. */
static inline __attribute__((always_inline)) struct stencil_bits stencil_look_level(const char *at)
{
    struct stencil_bits all = {0, 0};

    for (unsigned i = 0; i < STENCIL_LEVEL; i += 16) {
        struct stencil_bits bits =
            stencil_bits_of(_mm_loadu_si128((const __m128i *)(const void *)(at + i)));

        all.others |= bits.others << i;
        all.ends |= bits.ends << i;
    }
    return (struct stencil_bits){~all.others, ~all.ends};
}
#else
static inline struct stencil_bits stencil_look_n(const char *at, const char *end)
{
    struct stencil_bits bits = {~(uint64_t)0, ~(uint64_t)0};

    for (unsigned i = 0; at + i < end; i++) {
        uint64_t is_digit = at[i] >= '0' && at[i] <= '9';

        bits.others ^= is_digit << i;
        bits.ends ^= (is_digit | (uint64_t)(at[i] == '.')) << i;
    }
    return bits;
}

static inline struct stencil_bits stencil_look(const char *at, const char *end)
{
    return stencil_look_n(at, end - at < 16 ? end : at + 16);
}

static inline struct stencil_bits stencil_look_level(const char *at)
{
    return stencil_look_n(at, at + STENCIL_LEVEL);
}
#endif

/* A number among them: where it begins, its point stands, it ends, and where the digits end that
 * count. Without a point that is where it ends, thrice. */
struct stencil_span {
    unsigned begin, point, end, last;
};

static inline __attribute__((always_inline)) struct stencil_span stencil_span_of(
    struct stencil_bits bits, unsigned begin)
{
    unsigned point = begin + (unsigned)__builtin_ctzll(bits.others >> begin);
    unsigned end = begin + (unsigned)__builtin_ctzll(bits.ends >> begin);

    return (struct stencil_span){begin, point, end, end};
}

/* Is no byte before end a point, but for those? end is 1 to 63. */
static inline __attribute__((always_inline)) int stencil_points(struct stencil_bits bits,
                                                                unsigned a, unsigned b,
                                                                unsigned end)
{
    return ((bits.others ^ bits.ends) & ~((uint64_t)1 << a | (uint64_t)1 << b)) << (64 - end) == 0;
}

/* Digits behind the point, of which there is one. */
static inline unsigned stencil_n_frac(const struct stencil_span *span)
{
    return span->end - span->point - (span->end != span->point);
}

/* One to eight digits before the point and behind it, none of them beyond exp (0 to 8) that is not
 * 0: those do not count. */
extern const uint16_t stencil_usual[9]; /* by exp: bytes from the point on that are as usual */
int stencil_cut(const char *at, int exp, struct stencil_span *span);
static inline __attribute__((always_inline)) int stencil_fits(const char *at, int exp,
                                                              struct stencil_span *span)
{
    unsigned n = span->point - span->begin;
    unsigned behind = span->end - span->point;

    if (n - 1 > 7 || (n > 1 && at[span->begin] == '0'))
        return 0;
    return __builtin_expect(behind < 16 && (stencil_usual[exp] >> behind & 1) != 0, 1) ||
           stencil_cut(at, exp, span);
}

extern const uint64_t stencil_whole_of[9], stencil_part_of[10];
extern const int64_t stencil_lower[10]; /* 10^9 to 10^0: a part that is empty has a factor too */

#if defined(__SSE2__)
static inline __attribute__((always_inline)) __m128i stencil_hundreds(
    const char *at, const struct stencil_span *span)
{
    __m128i tens = _mm_set1_epi16(2561); // d0 + 256 d1 becomes 256 (10 d0 + d1) + d0
    __m128i word = _mm_castps_si128(_mm_loadh_pi(
        _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)(at + span->point - 8))),
        (const __m64 *)(const void *)(at + span->last - 8)));
    __m128i mask = _mm_castps_si128(_mm_loadh_pi(
        _mm_castsi128_ps(_mm_loadl_epi64(
            (const __m128i *)(const void *)&stencil_whole_of[span->point - span->begin])),
        (const __m64 *)(const void *)&stencil_part_of[span->last - span->point]));

    // Hidden from the compiler, which would make four shifts and sums of one product.
    __asm__("" : "+x"(tens));
    return _mm_madd_epi16(_mm_srli_epi16(_mm_mullo_epi16(_mm_and_si128(word, mask), tens), 8),
                          _mm_set1_epi32(100 | 1 << 16));
}

static inline __attribute__((always_inline)) int64_t stencil_sum(uint64_t halves, int exp,
                                                                 const struct stencil_span *span)
{
    return (int64_t)(uint32_t)halves * scan_pow10[exp] +
           (int64_t)(halves >> 32) * stencil_lower[8 - exp + (int)(span->last - span->point)];
}

/* The values of two numbers that fit. */
static inline __attribute__((always_inline)) void stencil_values_of(const char *at,
                                                                    const struct stencil_span *a,
                                                                    int exp_a, int64_t *value_a,
                                                                    const struct stencil_span *b,
                                                                    int exp_b, int64_t *value_b)
{
    __m128i all = _mm_madd_epi16(_mm_packs_epi32(stencil_hundreds(at, a), stencil_hundreds(at, b)),
                                 _mm_set1_epi32(10000 | 1 << 16));

    *value_a = stencil_sum((uint64_t)_mm_cvtsi128_si64(all), exp_a, a);
    *value_b = stencil_sum((uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(all, all)), exp_b, b);
}
#else
static inline int64_t stencil_value_of(const char *at, const struct stencil_span *span, int exp)
{
    uint64_t whole = scan_load8(at + span->point - 8) & stencil_whole_of[span->point - span->begin];
    uint64_t part = scan_load8(at + span->last - 8) & stencil_part_of[span->last - span->point];

    return (int64_t)scan_digits_value(whole | SCAN_ONES * '0', 8) * scan_pow10[exp] +
           (int64_t)scan_digits_value(part | SCAN_ONES * '0', 8) *
               stencil_lower[8 - exp + (int)(span->last - span->point)];
}

static inline void stencil_values_of(const char *at, const struct stencil_span *a, int exp_a,
                                     int64_t *value_a, const struct stencil_span *b, int exp_b,
                                     int64_t *value_b)
{
    *value_a = stencil_value_of(at, a, exp_a);
    *value_b = stencil_value_of(at, b, exp_b);
}
#endif

static inline __attribute__((always_inline)) const char *stencil_decimal(const char *at,
                                                                         const char *end, int exp,
                                                                         int64_t *value)
{
    struct stencil_bits bits = stencil_look(at, end);
    struct stencil_span span = stencil_span_of(bits, 0);
    int64_t again;

    if (!stencil_fits(at, exp, &span) || !stencil_points(bits, span.point, span.point, span.end))
        return NULL;
    stencil_values_of(at, &span, exp, value, &span, exp, &again);
    return at + span.end;
}

/* The two numbers of a level, STENCIL_LEVEL bytes of which were looked at: the first begins at
 * first, the second n_between bytes behind it. False: they are none of the usual ones. */
static inline __attribute__((always_inline)) int stencil_pair(
    const char *at, struct stencil_bits bits, unsigned first, unsigned n_between, int exp_a,
    int64_t *a, int exp_b, int64_t *b, struct stencil_span spans[2])
{
    spans[0] = stencil_span_of(bits, first);
    // Both are longer than nothing, or they do not fit.
    spans[1] = stencil_span_of(bits, spans[0].end + n_between);
    if (!stencil_fits(at, exp_a, &spans[0]) || !stencil_fits(at, exp_b, &spans[1]) ||
        !stencil_points(bits, spans[0].point, spans[1].point, spans[1].end))
        return 0;
    stencil_values_of(at, &spans[0], exp_a, a, &spans[1], exp_b, b);
    return 1;
}

static inline __attribute__((always_inline)) const char *stencil_whole(const char *at,
                                                                       const char *end,
                                                                       int64_t *value)
{
    unsigned n = (unsigned)__builtin_ctzll(stencil_look(at, end).others);

    if (n == 0 || (n > 1 && at[0] == '0'))
        return NULL;
    if (n <= 8)
        *value = (int64_t)scan_digits_value(scan_load8(at + n - 8) >> (64 - 8 * n), n);
    else
        *value = (int64_t)(scan_digits_value(scan_load8(at + n - 16) >> (128 - 8 * n), n - 8) *
                               100000000 +
                           scan_digits_value(scan_load8(at + n - 8), 8));
    return at + n;
}

/* sell" or buy" */
static inline __attribute__((always_inline)) const char *stencil_side(const char *at,
                                                                      const char *end,
                                                                      int64_t *side)
{
    uint64_t word = stencil_load8(at, end);
    uint64_t sell = (uint32_t)word == (uint32_t)scan_load8("sell\"   ");
    uint64_t buy = (uint32_t)word == (uint32_t)scan_load8("buy\"    ");

    // Neither comes more often: no branch could be foretold.
    *side = (int64_t)(AGON_BUY + sell);
    return (sell | buy) != 0 ? at + 3 + sell : NULL;
}

/* The day is that of the last one, or it is read. */
const char *stencil_stamp_day(struct stencil *stencil, const char *at, int64_t *t);
static inline __attribute__((always_inline)) const char *stencil_stamp(struct stencil *stencil,
                                                                       const char *at,
                                                                       const char *end, int64_t *t)
{
    uint64_t clock; // 07:49:37
    uint64_t part;  // .708706Z
    uint64_t h;
    uint64_t m;
    uint64_t s;

    if (end - at < 27)
        return NULL;
    clock = scan_load8(at + 11);
    part = scan_load8(at + 19);
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

/* A number of up to 15 bytes of which nothing is needed but that it is one, without its sign. */
static inline __attribute__((always_inline)) int stencil_is_number(const char *at, const char *end,
                                                                   struct stencil_span *span)
{
    struct stencil_bits bits = stencil_look(at, end);

    *span = stencil_span_of(bits, 0);
    return span->end < 16 && span->point > 0 && span->end - span->point != 1 &&
           (span->point == 1 || *at != '0') &&
           stencil_points(bits, span->point, span->point, span->end);
}

static inline __attribute__((always_inline)) const char *stencil_number_any(const char *at,
                                                                            const char *end)
{
    struct stencil_span span;

    at += at < end && *at == '-';
    return stencil_is_number(at, end, &span) ? at + span.end : NULL;
}

/* Such numbers one after the other with the texts between them, from the first one to the end of
 * the last. Where as much of the message is left as was once before, they are looked at as one
 * text (venue/mould.h): what has the same lengths is within the bounds. */
const char *stencil_run_slow(struct stencil *stencil, const char *at, const char *end);
static inline __attribute__((always_inline)) const char *stencil_run(struct stencil *stencil,
                                                                     const char *at,
                                                                     const char *end)
{
    size_t left = (size_t)(end - at);
    const struct stencil_run *run = &stencil->runs[left % STENCIL_RUNS];

    return left > 0 && run->left == left && mould_fits(run->bounds, at, run->n)
               ? at + run->n
               : stencil_run_slow(stencil, at, end);
}

/* Levels from at on: what is behind the last of them, which is a ]. n_value: the key's value. */
typedef const char *(*stencil_levels_fn)(void *ctx, const char *at, const char *end,
                                         uint32_t n_value);
/* A record was read; n are before it. False: it is none of those that are taken so. */
typedef int (*stencil_record_fn)(void *ctx, const struct stencil *stencil,
                                 const struct stencil_values *values, uint32_t n);

/* What stands at at, of which STENCIL_LEVEL and 16 more bytes may be read: from a copy where the
 * message ends before. */
#define STENCIL_ROOM (STENCIL_LEVEL + 16)
static inline __attribute__((always_inline)) const char *stencil_room(
    const char *at, const char *end, char copy[STENCIL_BEFORE + 2 * STENCIL_ROOM])
{
    size_t left = (size_t)(end - at);

    if (__builtin_expect(left >= STENCIL_ROOM, 1))
        return at;
    memcpy(copy, at - STENCIL_BEFORE, STENCIL_BEFORE + left);
    memset(copy + STENCIL_BEFORE + left, 0, STENCIL_ROOM);
    return copy + STENCIL_BEFORE;
}

/* Are they the first n bytes (1 to 8) of text, which has eight? Eight of at can be read. */
static inline __attribute__((always_inline)) int stencil_begins(const char *at, const char *text,
                                                                unsigned n)
{
    return (scan_load8(at) ^ scan_load8(text)) << (64 - 8 * n) == 0;
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
    uint32_t n = 0;

    if ((unsigned)px_exp > 8 || (unsigned)qty_exp > 8)
        return 0;
    for (;;) {
        int64_t *value = &values.value[part->value];

        if (__builtin_expect(end - at >= (int64_t)part->n + 16, 1)) {
            if (!stencil_same(at, stencil->text + part->at, part->n, part->care))
                return 0;
        } else if (end - at < (int64_t)part->n ||
                   memcmp(at, stencil->text + part->at, part->n) != 0) {
            return 0;
        }
        at += part->n;
        if (part == tail)
            return at == end ? n : 0;
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
            at = stencil_text_any(at, end);
            break;
        case STENCIL_LEVELS:
            at = levels(ctx, at, end, part->value);
            break;
        case STENCIL_NUMBER_ANY:
            at = stencil_number_any(at, end);
            break;
        case STENCIL_RUN:
            at = stencil_run(stencil, at, end);
            part = stencil->parts + stencil->run_end - 1;
            break;
        case STENCIL_WHOLE:
            at = stencil_whole(at, end, value);
            break;
        case STENCIL_PX:
            at = stencil_decimal(at, end, px_exp, value);
            break;
        case STENCIL_QTY:
            at = stencil_decimal(at, end, qty_exp, value);
            break;
        case STENCIL_SIDE:
            at = stencil_side(at, end, value);
            break;
        default:
            at = stencil_stamp(stencil, at, end, value);
            break;
        }
        if (at == NULL)
            return 0;
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
