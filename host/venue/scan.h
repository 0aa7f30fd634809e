// SPDX-License-Identifier: Apache-2.0
/* scan: reads JSON from bytes as it is asked for, without a tree and without memory.
 *
 * The caller walks: enter an object, take each key, read or skip its value. Keys come in any order
 * and unknown ones are skipped. Escapes in what is compared are decoded first, so that "\u0070" is
 * "p". Numbers go from digits to a count of a power of ten, never through a double. What is not
 * JSON, is nested deeper than SCAN_DEPTH or ends too early stops the scan for good: every later
 * call returns the same AGON_E... and nothing past the end is read. Text is not checked to be
 * UTF-8; that is the frame's business and what is compared would not match.
 *
 * A duplicate key is for the caller to refuse, who knows which keys matter: scan_once. [any, one
 * thread] */
#ifndef VENUE_SCAN_H
#define VENUE_SCAN_H

#include "base/num.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define SCAN_DEPTH 32
#define SCAN_TEXT  256 /* longest text with escapes that can be compared */

struct scan_text { /* borrowed from the bytes, or from the scanner until the next text */
    const char *at;
    uint32_t n;
    uint8_t is_raw; /* escapes are not decoded: longer than SCAN_TEXT, or asked for raw */
};
struct scan {
    const char *at, *end;
    int rc;           /* AGON_OK, or what stopped it */
    uint32_t depth;   /* of open objects and arrays */
    uint8_t is_first; /* the next key or item is the first of what was just entered */
    char key[64];     /* a key whose escapes were decoded */
    char text[SCAN_TEXT];
};

void scan_init(struct scan *scan, const void *bytes, size_t n);
/* Stops the scan with AGON_EINVAL and returns it: the caller found the message wrong. */
int scan_fail(struct scan *scan);
/* The document is over: nothing but space is left. */
int scan_end(struct scan *scan);

/* Enters the object or array that stands here. */
int scan_object(struct scan *scan);
int scan_array(struct scan *scan);
/* 1: a key was taken and its value stands here, to be read or skipped; 0: the object is closed;
 * AGON_EINVAL. */
static inline int scan_key(struct scan *scan, struct scan_text *key);
/* 1: an item stands here; 0: the array is closed; AGON_EINVAL. */
static inline int scan_item(struct scan *scan);

/* Each reads one value and refuses any other kind of it. */
int scan_string(struct scan *scan, struct scan_text *text);
static inline int scan_decimal(struct scan *scan, int exp,
                               int64_t *value); /* "1.50" or 1.50; no exponent */
/* A quantity that a market shows: cut as num_parse_qty does, and counted in *n_cut. */
static inline int scan_qty(struct scan *scan, int exp, int64_t *value, uint64_t *n_cut);
/* ["a","b"]: one level of a book, b its quantity. Further items of the array are skipped. */
static inline int scan_level(struct scan *scan, int exp_a, int64_t *a, int exp_b, int64_t *b,
                             uint64_t *n_cut);
int scan_number(struct scan *scan, struct scan_text *text);     /* quoted or bare plain decimal */
static inline int scan_u64(struct scan *scan, uint64_t *value); /* bare, without point or sign */
int scan_i64(struct scan *scan, int64_t *value);
int scan_bool(struct scan *scan, int *value);
/* True, and consumed, when null stands here. */
int scan_null(struct scan *scan);
/* The byte that the value here begins with; 0 at the end. */
int scan_peek(struct scan *scan);
/* Skips one value of any kind. */
int scan_skip(struct scan *scan);
/* Skips one value; *value gets its bytes, to be scanned later. */
int scan_slice(struct scan *scan, struct scan_text *value);
/* A text with escapes decoded and cut to room - 1 bytes, with a NUL. */
int scan_copy(struct scan *scan, char *text, size_t room);

/* Takes note of key number bit; stops the scan when it was there already. */
static inline int scan_once(struct scan *scan, uint64_t *seen, int bit)
{
    if (__builtin_expect((*seen >> bit & 1) != 0, 0))
        return scan_fail(scan);
    *seen |= (uint64_t)1 << bit;
    return AGON_OK;
}

static inline int scan_is(const struct scan_text *text, const char *literal)
{
    size_t n = strlen(literal);

    return text->n == n && !text->is_raw && memcmp(text->at, literal, n) == 0;
}

/* The common case of each, in place; whatever is unusual goes the careful way.
 * --------------------- */

int scan_key_slow(struct scan *scan, struct scan_text *key);
int scan_item_slow(struct scan *scan);
int scan_decimal_slow(struct scan *scan, int exp, int64_t *value);
int scan_qty_slow(struct scan *scan, int exp, int64_t *value, uint64_t *n_cut);
int scan_level_slow(struct scan *scan, int exp_a, int64_t *a, int exp_b, int64_t *b,
                    uint64_t *n_cut);
int scan_u64_slow(struct scan *scan, uint64_t *value);
const char *scan_fast_decimal_tail(const char *at, const char *end, int exp, int64_t *value);
extern const int64_t scan_pow10[9]; /* 10^0 to 10^8 */

#define SCAN_ONES  0x0101010101010101u
#define SCAN_HIGHS 0x8080808080808080u

static inline uint64_t scan_load8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, 8);
    return word;
}

static inline uint64_t scan_digits_mask(uint64_t word)
{
    uint64_t x = word ^ (SCAN_ONES * '0'); // digits become 0..9

    // High bit set in each byte that is no digit: above 9 after the flip, or 0x80 and more.
    return ((x + SCAN_ONES * (0x80 - 10)) | x) & SCAN_HIGHS;
}

/* Value of the first n digits (1 to 8) of word. */
static inline uint64_t scan_digits_value(uint64_t word, unsigned n)
{
    word = (word ^ (SCAN_ONES * '0')) << (64 - 8 * n);
    word = word * 10 + (word >> 8);
    return ((((word & 0x000000ff000000ffu) * 0x000f424000000064u) +
             (((word >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u)) >>
            32);
}

/* True for bytes that can stand in a bare number. */
static inline int scan_is_number_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* The plain decimals of feeds, in quotes: at stands behind the first, one to eight digits, a point,
 * one to eight digits, the second. No sign. Returns the byte after the last digit, which is the
 * quote, and *value; NULL when the text is another. Nothing past end is read.
 *
 * One look at 16 bytes finds point and quote, so that the next text may begin before this one's
 * value is known; that is most of the speed. */
static inline __attribute__((always_inline)) const char *scan_fast_decimal(const char *at,
                                                                           const char *end, int exp,
                                                                           int64_t *value)
{
    unsigned n_int;
    unsigned n_frac;
    unsigned keep;

    // The last text of a message is looked at where there is room behind it.
    if (__builtin_expect(end - at < 26, 0))
        return scan_fast_decimal_tail(at, end, exp, value);
#if defined(__SSE2__)
    {
        __m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i flipped = _mm_sub_epi8(text, _mm_set1_epi8('0'));
        unsigned digits = (unsigned)_mm_movemask_epi8(
            _mm_cmpeq_epi8(_mm_min_epu8(flipped, _mm_set1_epi8(9)), flipped));
        unsigned quote = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')));
        unsigned others = ~digits; // at least the bits from 16 on
        unsigned n;

        n_int = (unsigned)__builtin_ctz(others);
        n = (unsigned)__builtin_ctz(quote | 0x10000u);
        // Two runs of digits with one byte between, up to the quote, which is in sight.
        if (n > 15 || n_int == 0 || n_int > 8 || n < n_int + 2 || n - n_int - 1 > 8 ||
            (others & ((1u << n) - 1)) != 1u << n_int || at[n_int] != '.')
            return NULL;
        n_frac = n - n_int - 1;
    }
#else
    {
        uint64_t mask = scan_digits_mask(scan_load8(at));

        n_int = mask != 0 ? (unsigned)__builtin_ctzll(mask) >> 3 : 8;
        if (n_int == 0 || at[n_int] != '.')
            return NULL;
        mask = scan_digits_mask(scan_load8(at + n_int + 1));
        n_frac = mask != 0 ? (unsigned)__builtin_ctzll(mask) >> 3 : 8;
        if (n_frac == 0 || at[n_int + 1 + n_frac] != '"')
            return NULL;
    }
#endif
    if (at[0] == '0' && n_int > 1)
        return NULL;
    keep = n_frac;
    if (exp < (int)n_frac) {
        uint64_t rest = (scan_load8(at + n_int + 1) ^ (SCAN_ONES * '0')) >> (8 * exp);

        // Digits beyond exp must be 0: nothing is rounded here. The slow path knows what to do.
        if (n_frac < 8)
            rest &= ((uint64_t)1 << (8 * (n_frac - (unsigned)exp))) - 1;
        if (rest != 0)
            return NULL;
        keep = (unsigned)exp;
    } else if (exp > 8) {
        return NULL;
    }
    *value = (int64_t)scan_digits_value(scan_load8(at), n_int) * scan_pow10[exp];
    if (keep > 0)
        *value += (int64_t)scan_digits_value(scan_load8(at + n_int + 1), keep) *
                  scan_pow10[exp - (int)keep];
    return at + n_int + 1 + n_frac;
}

/* A whole number of eight to fifteen digits, as ids and times are. The byte after it, or NULL. */
static inline __attribute__((always_inline)) const char *scan_fast_u64(const char *at,
                                                                       const char *end,
                                                                       uint64_t *value)
{
    uint64_t word;
    uint64_t mask;
    uint64_t total;
    unsigned n;

    if (end - at < 17)
        return NULL;
    word = scan_load8(at);
    if (scan_digits_mask(word) != 0 || *at == '0')
        return NULL;
    total = scan_digits_value(word, 8);
    word = scan_load8(at + 8);
    mask = scan_digits_mask(word);
    if (mask == 0)
        return NULL;
    n = (unsigned)__builtin_ctzll(mask) >> 3;
    if (n > 0)
        total = total * (uint64_t)scan_pow10[n] + scan_digits_value(word, n);
    if (scan_is_number_byte((unsigned char)at[8 + n]))
        return NULL;
    *value = total;
    return at + 8 + n;
}

/* ["12345678.12345678","12345678.12345678"]: the byte after it, or NULL. */
static inline __attribute__((always_inline)) const char *scan_fast_pair(const char *at,
                                                                        const char *end, int exp_a,
                                                                        int64_t *a, int exp_b,
                                                                        int64_t *b)
{
    if (end - at < 32 || at[0] != '[' || at[1] != '"')
        return NULL;
    at = scan_fast_decimal(at + 2, end, exp_a, a);
    if (at == NULL || end - at < 24 || at[1] != ',' || at[2] != '"')
        return NULL;
    at = scan_fast_decimal(at + 3, end, exp_b, b);
    if (at == NULL || end - at < 2 || at[1] != ']')
        return NULL;
    return at + 2;
}

static inline int scan_key(struct scan *scan, struct scan_text *key)
{
    const char *at = scan->at;

    // Most keys of a feed are one letter: {"p": or ,"p":
    if (scan->end - at >= 6) {
        if (!scan->is_first && *at == ',')
            at++;
        else if (!scan->is_first)
            return scan_key_slow(scan, key);
        if (at[0] == '"' && at[2] == '"' && at[3] == ':' && at[1] != '"' && at[1] != '\\' &&
            (unsigned char)at[1] >= 0x20) {
            key->at = at + 1;
            key->n = 1;
            key->is_raw = 0;
            scan->at = at + 4;
            scan->is_first = 0;
            return 1;
        }
    }
    return scan_key_slow(scan, key);
}

static inline int scan_item(struct scan *scan)
{
    // ,[ is how one level follows the other.
    if (scan->end - scan->at >= 2 && !scan->is_first && scan->at[0] == ',' && scan->at[1] == '[') {
        scan->at++;
        return 1;
    }
    return scan_item_slow(scan);
}

static inline int scan_decimal(struct scan *scan, int exp, int64_t *value)
{
    if (scan->at < scan->end && *scan->at == '"' && exp >= 0) {
        const char *stop = scan_fast_decimal(scan->at + 1, scan->end, exp, value);

        if (stop != NULL) {
            scan->at = stop + 1;
            return AGON_OK;
        }
    }
    return scan_decimal_slow(scan, exp, value);
}

static inline int scan_qty(struct scan *scan, int exp, int64_t *value, uint64_t *n_cut)
{
    if (scan->at < scan->end && *scan->at == '"' && exp >= 0) {
        const char *stop = scan_fast_decimal(scan->at + 1, scan->end, exp, value);

        if (stop != NULL) {
            scan->at = stop + 1;
            return AGON_OK;
        }
    }
    return scan_qty_slow(scan, exp, value, n_cut);
}

static inline int scan_level(struct scan *scan, int exp_a, int64_t *a, int exp_b, int64_t *b,
                             uint64_t *n_cut)
{
    const char *stop =
        exp_a >= 0 && exp_b >= 0 ? scan_fast_pair(scan->at, scan->end, exp_a, a, exp_b, b) : NULL;

    if (stop == NULL)
        return scan_level_slow(scan, exp_a, a, exp_b, b, n_cut);
    scan->at = stop;
    scan->is_first = 0;
    return AGON_OK;
}

static inline int scan_u64(struct scan *scan, uint64_t *value)
{
    const char *stop = scan_fast_u64(scan->at, scan->end, value);

    if (stop == NULL)
        return scan_u64_slow(scan, value);
    scan->at = stop;
    return AGON_OK;
}

#endif
