// SPDX-License-Identifier: Apache-2.0
#include "base/crc.h"

#include "base/error.h"
#include "base/hot.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static uint32_t table[8][256];

// Filled before main: the table is then constant, so that threads share it without a lock.
__attribute__((constructor)) static void fill_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
        table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int row = 1; row < 8; row++)
            table[row][i] = (table[row - 1][i] >> 8) ^ table[0][table[row - 1][i] & 0xff];
    }
}

static uint32_t by_table(uint32_t crc, const unsigned char *at, size_t n)
{
    while (n >= 8) {
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        word ^= crc;
        crc = 0;
        for (unsigned i = 0; i < 8; i++)
            crc ^= table[7 - i][(word >> (8 * i)) & 0xff];
        at += 8;
        n -= 8;
    }
    while (n-- > 0)
        crc = (crc >> 8) ^ table[0][(crc ^ *at++) & 0xff];
    return crc;
}

#if defined(__x86_64__)
/* The instruction takes a word a cycle and has its result after three: three sums at a time, each
 * of a third of a stretch, keep it busy. A sum is brought over the n bytes behind it by a product
 * without carries and one more step, as Gopal and others describe it (Fast CRC Computation for
 * iSCSI Polynomial Using CRC32 Instruction, 2011). */
#define LANE    120 /* bytes; a stretch is three of them and the word that they are brought into */
#define STRETCH (3 * LANE + 8)
static uint64_t over_one, over_two; /* lanes and that word */

/* A record is of whole granules, and its sum goes on from one that is known late: that one is
 * brought over all of it, and nothing but the last word waits for it. Six of them, a book's first
 * ten, are three lanes. */
#define GRANULE  64
#define GRANULES 6
static uint64_t over_granules[GRANULES + 1];
/* A frame of the journal is four bytes and a record: what is brought over the record is the sum
 * before and those four, so that frames wait for one another by a product alone. */
#define FRAME 4
static uint64_t over_frames[GRANULES + 1];
static int has_instructions; /* for all of it; from before main on */

/* Where products of 512 bits are: four of them hold 256 bytes, and what they hold is brought over
 * the next 256 by two products for each 16, one for each half (the same authors, Fast CRC
 * Computation for Generic Polynomials Using PCLMULQDQ Instruction, 2009). */
#define FOLD 256
static uint64_t over_fold[2], over_vector[2], over_block[2]; /* 256, 64, 16 bytes: of each half */
static int has_wide;

#define EACH_WORD_BUT_LAST(_) _(0) _(1) _(2) _(3) _(4) _(5) _(6)
#define EACH_WORD(_)          EACH_WORD_BUT_LAST(_) _(7)

// x^n modulo the polynomial, its bits reversed as a sum's are.
static uint32_t power_of_x(uint32_t n)
{
    uint32_t power = 0x80000000u;

    for (; n > 0; n--)
        power = (power >> 1) ^ ((power & 1) != 0 ? 0x82f63b78u : 0);
    return power;
}

/* Of the half that comes first in memory, whose powers are higher, and of the other. */
static void fill_fold(uint64_t powers[2], uint32_t bytes)
{
    powers[0] = power_of_x(8 * bytes + 64 - 33);
    powers[1] = power_of_x(8 * bytes - 33);
}

__attribute__((constructor)) static void fill_powers(void)
{
    over_one = power_of_x(8 * (LANE + 8) - 33);
    over_two = power_of_x(8 * (2 * LANE + 8) - 33);
    for (uint32_t i = 1; i <= GRANULES; i++) {
        over_granules[i] = power_of_x(8 * GRANULE * i - 33);
        over_frames[i] = power_of_x(8 * (GRANULE * i + FRAME) - 33);
    }
    fill_fold(over_fold, FOLD);
    fill_fold(over_vector, 64);
    fill_fold(over_block, 16);
    __builtin_cpu_init();
    has_instructions = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
    has_wide = has_instructions && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("vpclmulqdq");
}

static inline uint64_t word_at(const unsigned char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

__attribute__((target("sse4.2,pclmul"))) static HOT uint64_t over(uint64_t sum, uint64_t power)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)sum),
                                           _mm_cvtsi64_si128((long long)power), 0);

    return (uint64_t)_mm_cvtsi128_si64(product);
}

__attribute__((target("sse4.2,pclmul"))) static HOT uint32_t stretch(uint32_t crc,
                                                                     const unsigned char *at)
{
    uint64_t first = crc, second = 0, third = 0;

    for (const unsigned char *end = at + LANE; at < end; at += 8) {
        first = __builtin_ia32_crc32di(first, word_at(at));
        second = __builtin_ia32_crc32di(second, word_at(at + LANE));
        third = __builtin_ia32_crc32di(third, word_at(at + 2 * (size_t)LANE));
    }
    at += 2 * (size_t)LANE;
    return (uint32_t)__builtin_ia32_crc32di(third, word_at(at) ^ over(first, over_two) ^
                                                       over(second, over_one));
}

#define WIDE __attribute__((target("avx512f,vpclmulqdq,sse4.2,pclmul")))

WIDE static inline __m512i fold(__m512i held, __m512i powers, __m512i next)
{
    return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(held, powers, 0x00),
                                     _mm512_clmulepi64_epi128(held, powers, 0x11), next, 0x96);
}

WIDE static inline __m512i powers_of(const uint64_t of[2])
{
    return _mm512_broadcast_i32x4(_mm_set_epi64x((long long)of[1], (long long)of[0]));
}

/* Of n bytes, a multiple of FOLD and not 0. */
WIDE static HOT uint32_t folds(uint32_t crc, const unsigned char *at, size_t n)
{
    const __m512i powers = powers_of(over_fold), vector = powers_of(over_vector);
    const __m128i block = _mm_set_epi64x((long long)over_block[1], (long long)over_block[0]);
    __m512i a = _mm512_loadu_si512(at), b = _mm512_loadu_si512(at + 64);
    __m512i c = _mm512_loadu_si512(at + 128), d = _mm512_loadu_si512(at + 192);
    uint64_t words[8];
    __m128i held;

    a = _mm512_xor_si512(a, _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)crc)));
    for (const unsigned char *end = at + n; (at += FOLD) < end;) {
        a = fold(a, powers, _mm512_loadu_si512(at));
        b = fold(b, powers, _mm512_loadu_si512(at + 64));
        c = fold(c, powers, _mm512_loadu_si512(at + 128));
        d = fold(d, powers, _mm512_loadu_si512(at + 192));
    }
    _mm512_storeu_si512(words, fold(fold(fold(a, vector, b), vector, c), vector, d));
    held = _mm_loadu_si128((const void *)words);
    for (unsigned i = 2; i < 8; i += 2) {
        __m128i next = _mm_loadu_si128((const void *)(words + i));

        held = _mm_xor_si128(next, _mm_xor_si128(_mm_clmulepi64_si128(held, block, 0x00),
                                                 _mm_clmulepi64_si128(held, block, 0x11)));
    }
    return (uint32_t)__builtin_ia32_crc32di(
        __builtin_ia32_crc32di(0, (uint64_t)_mm_cvtsi128_si64(held)),
        (uint64_t)_mm_extract_epi64(held, 1));
}

/* Of granules, behind a sum that was brought over them. */
__attribute__((target("sse4.2"))) static inline uint32_t rest(uint64_t before,
                                                              const unsigned char *at,
                                                              size_t granules)
{
    uint64_t sum = 0;

    for (; granules > 1; granules--, at += GRANULE) {
#define STEP(i) sum = __builtin_ia32_crc32di(sum, word_at(at + (size_t)(i)*8));
        EACH_WORD(STEP)
    }
    EACH_WORD_BUT_LAST(STEP)
#undef STEP
    return (uint32_t)__builtin_ia32_crc32di(sum, word_at(at + GRANULE - 8) ^ before);
}

/* Of one to five. */
__attribute__((target("sse4.2,pclmul"))) static HOT uint32_t record(uint32_t crc,
                                                                    const unsigned char *at,
                                                                    size_t granules)
{
    return rest(over(crc, over_granules[granules]), at, granules);
}

/* Of FRAME bytes, as a word, and one to six of them. */
__attribute__((target("sse4.2,pclmul"))) static HOT uint32_t framed(uint32_t crc, uint32_t head,
                                                                    const unsigned char *at,
                                                                    size_t granules)
{
    return rest(over(crc ^ head, over_frames[granules]), at, granules);
}

/* The same of what is copied: each word is read once. */
__attribute__((target("sse4.2,pclmul"))) static HOT uint32_t copied(uint32_t crc, uint32_t head,
                                                                    unsigned char *to,
                                                                    const unsigned char *from,
                                                                    size_t granules)
{
    uint64_t before = over(crc ^ head, over_frames[granules]), sum = 0, word;

    for (; granules > 1; granules--, from += GRANULE, to += GRANULE) {
#define STEP(i)                                                                                    \
    word = word_at(from + (size_t)(i)*8);                                                          \
    memcpy(to + (size_t)(i)*8, &word, sizeof(word));                                               \
    sum = __builtin_ia32_crc32di(sum, word);
        EACH_WORD(STEP)
    }
    EACH_WORD_BUT_LAST(STEP)
#undef STEP
    word = word_at(from + GRANULE - 8);
    memcpy(to + GRANULE - 8, &word, sizeof(word));
    return (uint32_t)__builtin_ia32_crc32di(sum, word ^ before);
}

/* A bar is of two: both at once. */
__attribute__((target("sse4.2,pclmul"))) static HOT uint32_t two(uint32_t crc,
                                                                 const unsigned char *at)
{
    uint64_t before = over(crc, over_granules[2]), first = 0, second = 0;

#define STEP(i)                                                                                    \
    first = __builtin_ia32_crc32di(first, word_at(at + (size_t)(i)*8));                            \
    second = __builtin_ia32_crc32di(second, word_at(at + GRANULE + (size_t)(i)*8));
    EACH_WORD_BUT_LAST(STEP)
#undef STEP
    first = __builtin_ia32_crc32di(first, word_at(at + GRANULE - 8));
    return (uint32_t)__builtin_ia32_crc32di(second, word_at(at + 2 * GRANULE - 8) ^ before ^
                                                        over(first, over_granules[1]));
}

__attribute__((target("sse4.2,pclmul"))) static HOT uint32_t six(uint32_t crc,
                                                                 const unsigned char *at)
{
    uint64_t before = over(crc, over_granules[6]), first = 0, second = 0, third = 0;

#define STEP(i)                                                                                    \
    first = __builtin_ia32_crc32di(first, word_at(at + (size_t)(i)*8));                            \
    second = __builtin_ia32_crc32di(second, word_at(at + 2 * GRANULE + (size_t)(i)*8));            \
    third = __builtin_ia32_crc32di(third, word_at(at + 4 * GRANULE + (size_t)(i)*8));
    EACH_WORD(STEP)
    at += GRANULE;
    EACH_WORD_BUT_LAST(STEP)
#undef STEP
    first = __builtin_ia32_crc32di(first, word_at(at + GRANULE - 8));
    second = __builtin_ia32_crc32di(second, word_at(at + 3 * GRANULE - 8));
    return (uint32_t)__builtin_ia32_crc32di(third, word_at(at + 5 * GRANULE - 8) ^ before ^
                                                       over(first, over_granules[4]) ^
                                                       over(second, over_granules[2]));
}

__attribute__((target("sse4.2,pclmul"))) static HOT uint32_t both(uint32_t crc,
                                                                  const unsigned char *at,
                                                                  const struct crc_parts *parts)
{
    uint64_t first = crc, second = 0;

    for (size_t i = 0; i < parts->second; i += 8)
        second = __builtin_ia32_crc32di(second, word_at(at + parts->at + i));
    for (size_t i = 0; i < parts->first; i += 8)
        first = __builtin_ia32_crc32di(first, word_at(at + i));
    return (uint32_t)__builtin_ia32_crc32di(0, over(first, parts->over[0]) ^
                                                   over(second, parts->over[1]));
}

__attribute__((target("sse4.2"))) static HOT uint32_t by_instruction(uint32_t crc,
                                                                     const unsigned char *at,
                                                                     size_t n)
{
    uint64_t wide = crc;

    while (n >= 8) {
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        wide = __builtin_ia32_crc32di(wide, word);
        at += 8;
        n -= 8;
    }
    crc = (uint32_t)wide;
    while (n-- > 0)
        crc = __builtin_ia32_crc32qi(crc, *at++);
    return crc;
}
#endif

/* Not inlined: a record needs none of it. */
static HOT __attribute__((noinline)) uint32_t others(uint32_t crc, const unsigned char *from,
                                                     size_t n)
{
#if defined(__x86_64__)
    if (has_wide && n >= FOLD) {
        crc = folds(crc, from, n / FOLD * FOLD);
        from += n / FOLD * FOLD;
        n %= FOLD;
    }
    if (has_instructions) {
        for (; n >= STRETCH; n -= STRETCH, from += STRETCH)
            crc = stretch(crc, from);
    }
    if (__builtin_cpu_supports("sse4.2"))
        return by_instruction(crc, from, n);
#endif
    return by_table(crc, from, n);
}

HOT uint32_t crc32c(uint32_t crc, const void *bytes, size_t n)
{
#if defined(__x86_64__)
    size_t granules = n / GRANULE;

    if (n % GRANULE == 0 && granules - 1 < GRANULES && has_instructions)
        return ~(granules == 2   ? two(~crc, bytes)
                 : granules == 6 ? six(~crc, bytes)
                                 : record(~crc, bytes, granules));
    if (n % GRANULE == FRAME && granules - 1 < GRANULES && has_instructions) {
        uint32_t head;

        memcpy(&head, bytes, FRAME);
        return ~framed(~crc, head, (const unsigned char *)bytes + FRAME, granules);
    }
#endif
    return ~others(~crc, bytes, n);
}

HOT uint32_t crc32c_copy(uint32_t crc, uint32_t word, void *to, const void *from, size_t n)
{
    unsigned char head[4];

#if defined(__x86_64__)
    size_t granules = n / GRANULE;

    if (n % GRANULE == 0 && granules - 1 < GRANULES && has_instructions)
        return ~copied(~crc, word, to, from, granules);
#endif
    for (unsigned i = 0; i < sizeof(head); i++)
        head[i] = (unsigned char)(word >> 8 * i);
    memcpy(to, from, n);
    return crc32c(crc32c(crc, head, sizeof(head)), to, n);
}

void crc_parts_init(struct crc_parts *parts)
{
    REQUIRE(parts->n % 8 == 0 && parts->first % 8 == 0 && parts->at % 8 == 0 &&
            parts->second % 8 == 0 && parts->first <= parts->at &&
            (uint64_t)parts->at + parts->second + 8 <= parts->n);
#if defined(__x86_64__)
    parts->over[0] = power_of_x(8 * (parts->n - parts->first) - 33);
    parts->over[1] = power_of_x(8 * (parts->n - parts->at - parts->second) - 33);
#endif
}

HOT uint32_t crc32c_parts(uint32_t crc, const void *bytes, const struct crc_parts *parts)
{
#if defined(__x86_64__)
    if (has_instructions)
        return ~both(~crc, bytes, parts);
#endif
    return crc32c(crc, bytes, parts->n);
}
