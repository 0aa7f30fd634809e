// SPDX-License-Identifier: Apache-2.0
#include "base/crc.h"

#include "base/hot.h"

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

HOT uint32_t crc32c(uint32_t crc, const void *bytes, size_t n)
{
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return ~by_instruction(crc, bytes, n);
#endif
    return ~by_table(crc, bytes, n);
}
