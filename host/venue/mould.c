// SPDX-License-Identifier: Apache-2.0
#include "venue/mould.h"

/* Where chunk number i of a text of n bytes begins. */
static uint32_t chunk_at(uint32_t i, uint32_t n)
{
    return (i + 1) * MOULD_CHUNK <= n ? i * MOULD_CHUNK : n - MOULD_CHUNK;
}

/* Sets the bounds of one byte, which may stand in the last two chunks. */
static void bound(struct mould_bounds *bounds, uint32_t n, uint32_t at, uint8_t least, uint8_t most)
{
    for (uint32_t i = at / MOULD_CHUNK; i <= (n - 1) / MOULD_CHUNK; i++) {
        uint32_t begin = chunk_at(i, n);

        if (at >= begin && at < begin + MOULD_CHUNK) {
            bounds[i].least[at - begin] = least;
            bounds[i].most[at - begin] = most;
        }
    }
}

int mould_copy(struct mould_bounds *bounds, const char *text, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] > 0x7f)
            return 0;
    }
    for (uint32_t i = 0; i <= (n - 1) / MOULD_CHUNK; i++) {
        memcpy(bounds[i].least, text + chunk_at(i, n), MOULD_CHUNK);
        memcpy(bounds[i].most, text + chunk_at(i, n), MOULD_CHUNK);
    }
    return 1;
}

void mould_digits(struct mould_bounds *bounds, uint32_t n_text, uint32_t at, uint32_t n, char least,
                  char most)
{
    for (uint32_t i = 0; i < n; i++)
        bound(bounds, n_text, at + i, i == 0 ? (uint8_t)least : '0', i == 0 ? (uint8_t)most : '9');
}

/* Half number i of a pair ends before end, and n digits of it count. */
static void half(struct mould_pair *pair, int i, uint32_t end, uint32_t n)
{
    pair->at[i] = (int16_t)((int)end - 8);
    memset(pair->mask[i], 0, 8 - n);
    memset(pair->mask[i] + 8 - n, 0x0f, n);
}

void mould_whole(struct mould_pair *pair, int i, uint32_t at, uint32_t n)
{
    uint32_t n_lower = n < 8 ? n : 8;

    half(pair, 2 * i + 1, at + n, n_lower);
    half(pair, 2 * i, n > 8 ? at + n - 8 : at + n, n - n_lower);
    pair->upper[2 * i] = 100000000;
    pair->lower[2 * i] = 1;
}

int mould_decimal(struct mould_pair *pair, int i, uint32_t at, uint32_t n_int, uint32_t n_frac,
                  int exp)
{
    uint32_t keep = n_frac < (uint32_t)exp ? n_frac : (uint32_t)exp;

    if (exp < 0 || exp > 8 || n_int == 0 || n_int > 8 || n_frac > 8)
        return 0;
    half(pair, 2 * i, at + n_int, n_int);
    half(pair, 2 * i + 1, keep > 0 ? at + n_int + 1 + keep : at + n_int, keep);
    pair->upper[2 * i] = (uint32_t)scan_pow10[exp];
    pair->lower[2 * i] = (uint32_t)scan_pow10[exp - (int)keep];
    return 1;
}
