// SPDX-License-Identifier: Apache-2.0
/* swar: digits to numbers, eight at a time and with no check at all: what a yardstick may do. */
#ifndef BENCH_SWAR_H
#define BENCH_SWAR_H

#include <string.h>

#include <agon/types.h>

static inline uint64_t swar_word(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

static inline uint64_t swar_eight(uint64_t word)
{
    word = (word & 0x0f0f0f0f0f0f0f0fu) * 2561 >> 8;
    word = (word & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
    return (word & 0x0000ffff0000ffffu) * 42949672960001u >> 32;
}

static inline const char *swar_digits(const char *at, uint64_t *value)
{
    uint64_t total = 0;

    while ((unsigned char)(*at - '0') < 10)
        total = total * 10 + (uint64_t)(*at++ - '0');
    *value = total;
    return at;
}

/* "61623.89000000: the byte behind the closing quote. shift: 10^(8 - exp), scale: 10^exp. */
static inline const char *swar_decimal(const char *at, uint64_t scale, uint64_t shift,
                                       int64_t *value)
{
    uint64_t whole;

    at = swar_digits(at, &whole);
    *value = (int64_t)(whole * scale + swar_eight(swar_word(at + 1)) / shift);
    return at + 10;
}

#endif
