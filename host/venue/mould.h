// SPDX-License-Identifier: Apache-2.0
/* mould: a text that looks as one did that was read before, but for its digits.
 *
 * A venue writes the messages of a stream alike: keys in one order, numbers of the same lengths. So
 * a mould is made of a text that was read the careful way: for each of its bytes the least and the
 * most that may stand there, the same of both where the byte says what the text means, '0' and '9'
 * where a digit may be any. A text of that length within those bounds has the same keys in the same
 * places, and its numbers are read from where they are known to stand, two at a time. A text that
 * is not within them is nobody's mistake: the careful way reads it.
 *
 * What a number is worth is judged by who asks, as are keys: nothing is known of JSON here. Numbers
 * have at most 16 digits, decimals at most 8 on either side of the point. [any, one thread] */
#ifndef VENUE_MOULD_H
#define VENUE_MOULD_H

#include <agon/types.h>

#include "venue/scan.h"

#define MOULD_MIN    16  /* bytes of the shortest text */
#define MOULD_MAX    256 /* and of the longest */
#define MOULD_CHUNK  16
#define MOULD_CHUNKS (MOULD_MAX / MOULD_CHUNK)

/* Two numbers. Each is two halves of eight bytes that end with its digits: what stands before the
 * point and behind it, or the upper and the lower digits of a whole number. */
struct mould_pair {
    uint8_t mask[4][8];          /* 0x0f over digits that count, else 0 */
    uint32_t upper[4], lower[4]; /* factor of each number's halves, at 0 and 2 */
    int16_t at[4];               /* where the halves begin, from the text's first byte */
} __attribute__((aligned(16)));

/* The bounds of a text, sixteen bytes after sixteen; the last sixteen end with the text. */
struct mould_bounds {
    uint8_t least[MOULD_CHUNK], most[MOULD_CHUNK];
} __attribute__((aligned(16)));

/* Is every byte of a text of n bytes, at least MOULD_MIN, within the bounds? */
static inline __attribute__((always_inline)) int mould_fits_plain(const struct mould_bounds *bounds,
                                                                  const char *text, uint32_t n)
{
    uint64_t good = SCAN_HIGHS;

    for (uint32_t i = 0; i < n; i += MOULD_CHUNK, bounds++) {
        const char *at = text + (i + MOULD_CHUNK <= n ? i : n - MOULD_CHUNK);

        for (uint32_t half = 0; half < MOULD_CHUNK; half += 8) {
            uint64_t word = scan_load8(at + half);
            uint64_t least = scan_load8((const char *)bounds->least + half);
            uint64_t most = scan_load8((const char *)bounds->most + half);

            // No bound is above 0x7f, so no byte borrows from the next where the text is none
            // either.
            good &= ((word | SCAN_HIGHS) - least) & ((most | SCAN_HIGHS) - word) & ~word;
        }
    }
    return good == SCAN_HIGHS;
}

/* Both numbers of the pair, two int64_t; no half may begin before or end behind what can be read.
 */
static inline __attribute__((always_inline)) void mould_read_plain(const struct mould_pair *pair,
                                                                   const char *text, void *values)
{
    uint64_t half[4];
    int64_t value[2];

    for (int i = 0; i < 4; i++) {
        uint64_t word = scan_load8(text + pair->at[i]) & scan_load8((const char *)pair->mask[i]);

        word = word * 10 + (word >> 8);
        half[i] = (((word & 0x000000ff000000ffu) * 0x000f424000000064u) +
                   (((word >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u)) >>
                  32;
    }
    value[0] = (int64_t)(half[0] * pair->upper[0] + half[1] * pair->lower[0]);
    value[1] = (int64_t)(half[2] * pair->upper[2] + half[3] * pair->lower[2]);
    memcpy(values, value, sizeof(value));
}

#if defined(__SSE2__)
static inline __attribute__((always_inline)) int mould_fits(const struct mould_bounds *bounds,
                                                            const char *text, uint32_t n)
{
    const struct mould_bounds *last = bounds + (n - 1) / MOULD_CHUNK;
    const char *at = text;
    __m128i good = _mm_set1_epi8(-1);
    __m128i word;

#define MOULD_WITHIN(bound)                                                                        \
    _mm_cmpeq_epi8(                                                                                \
        _mm_min_epu8(_mm_max_epu8(word, *(const __m128i *)(const void *)(bound)->least),           \
                     *(const __m128i *)(const void *)(bound)->most),                               \
        word)
    for (; bounds < last; bounds++, at += MOULD_CHUNK) {
        word = _mm_loadu_si128((const __m128i *)(const void *)at);
        good = _mm_and_si128(good, MOULD_WITHIN(bounds));
    }
    word = _mm_loadu_si128((const __m128i *)(const void *)(text + n - MOULD_CHUNK));
    good = _mm_and_si128(good, MOULD_WITHIN(last));
#undef MOULD_WITHIN
    return _mm_movemask_epi8(good) == 0xffff;
}

static inline __attribute__((always_inline)) void mould_read(const struct mould_pair *pair,
                                                             const char *text, void *values)
{
    __m128i tens = _mm_set1_epi16(2561); // d0 + 256 d1 becomes 256 (10 d0 + d1) + d0
    const __m128i hundreds = _mm_set1_epi32(100 | 1 << 16);
    const __m128i thousands = _mm_set1_epi32(10000 | 1 << 16);
    __m128i number[2];
    __m128i halves;

    // Hidden from the compiler, which would make four shifts and sums of one product.
    __asm__("" : "+x"(tens));
    for (int i = 0; i < 2; i++) {
        __m128i word = _mm_unpacklo_epi64(
            _mm_loadl_epi64((const __m128i *)(const void *)(text + pair->at[2 * i])),
            _mm_loadl_epi64((const __m128i *)(const void *)(text + pair->at[2 * i + 1])));

        word = _mm_and_si128(word, *(const __m128i *)(const void *)pair->mask[2 * i]);
        word = _mm_srli_epi16(_mm_mullo_epi16(word, tens), 8);
        number[i] = _mm_madd_epi16(word, hundreds);
    }
    // Four halves of up to 99,999,999 in a register: two numbers are made of them at once.
    halves = _mm_madd_epi16(_mm_packs_epi32(number[0], number[1]), thousands);
    halves = _mm_add_epi64(
        _mm_mul_epu32(halves, *(const __m128i *)(const void *)pair->upper),
        _mm_mul_epu32(_mm_srli_epi64(halves, 32), *(const __m128i *)(const void *)pair->lower));
    _mm_storeu_si128((__m128i *)values, halves);
}
#else
#define mould_fits mould_fits_plain
#define mould_read mould_read_plain
#endif

/* A hash of where the digits stand: texts that one mould takes have the same. At least MOULD_MIN
 * bytes. */
static inline uint64_t mould_shape(const char *text, uint32_t n)
{
    uint64_t hash = n;
    uint64_t word = 0;

    for (uint32_t i = 0; i < n; i += MOULD_CHUNK) {
        const char *at = text + (i + MOULD_CHUNK <= n ? i : n - MOULD_CHUNK);
#if defined(__SSE2__)
        __m128i flipped =
            _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), _mm_set1_epi8('0'));

        word = word << 16 | (uint32_t)_mm_movemask_epi8(
                                _mm_cmpeq_epi8(_mm_min_epu8(flipped, _mm_set1_epi8(9)), flipped));
        if ((i / MOULD_CHUNK & 3) == 3)
            hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
#else
        word = scan_digits_mask(scan_load8(at)) | scan_digits_mask(scan_load8(at + 8)) >> 1;
        hash = (hash ^ word ^ hash >> 31) * 0x9e3779b97f4a7c15u;
#endif
    }
    hash = (hash ^ word ^ hash >> 31) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* Making one. Bounds begin as the text itself, MOULD_MIN to MOULD_MAX bytes; then what may be other
 * is said. False: a byte of it is beyond ASCII. */
int mould_copy(struct mould_bounds *bounds, const char *text, uint32_t n);
/* The n bytes from at on, digits all of them, may be any digits; the first only from least to most.
 */
void mould_digits(struct mould_bounds *bounds, uint32_t n_text, uint32_t at, uint32_t n, char least,
                  char most);
/* Number i (0, 1) of the pair is the n digits from at on, 1 to 16. */
void mould_whole(struct mould_pair *pair, int i, uint32_t at, uint32_t n);
/* It is the decimal from at on, n_int digits, a point and n_frac more (0: no point), counted in
 * 10^-exp. Digits beyond exp are not read: they have to be 0 in the text and its bounds. False: it
 * has too many digits on a side, or exp is not 0 to 8. */
int mould_decimal(struct mould_pair *pair, int i, uint32_t at, uint32_t n_int, uint32_t n_frac,
                  int exp);

#endif
