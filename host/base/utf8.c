// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

// Bytes of the well-formed sequence at the front, 0 when there is none.
static size_t sequence(const unsigned char *at, size_t n, uint32_t *rune)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need;

    if (at[0] < 0x80) {
        *rune = at[0];
        return 1;
    }
    need = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || need > n)
        return 0;
    *rune = at[0] & (0x7fu >> need);
    for (size_t i = 1; i < need; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *rune = *rune << 6 | (at[i] & 0x3fu);
    }
    if (*rune < least[need] || *rune > 0x10ffff || (*rune >= 0xd800 && *rune <= 0xdfff))
        return 0;
    return need;
}

int utf8_is_valid(const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    uint32_t rune;

    while (n > 0) {
        size_t took = sequence(at, n, &rune);

        if (took == 0)
            return 0;
        at += took;
        n -= took;
    }
    return 1;
}

static int is_harmful(uint32_t rune)
{
    return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || (rune >= 0x200b && rune <= 0x200f) ||
           (rune >= 0x2028 && rune <= 0x202e) || (rune >= 0x2066 && rune <= 0x2069) ||
           rune == 0x061c || rune == 0xfeff;
}

size_t utf8_escape(const void *bytes, size_t n, char *text, size_t room)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *at = bytes;
    size_t used = 0;
    size_t cut = 0; // the last place that leaves room for "..." and the NUL

    while (n > 0) {
        uint32_t rune = 0;
        size_t took = sequence(at, n, &rune);
        size_t need;

        if (took > 0 && !is_harmful(rune)) {
            need = took;
        } else {
            took = took > 0 ? took : 1;
            need = 4 * took;
        }
        if (used + 4 <= room)
            cut = used;
        if (used + need + 1 > room) {
            memcpy(text + cut, "...", 3);
            used = cut + 3;
            break;
        }
        if (need == took) {
            memcpy(text + used, at, took);
        } else {
            for (size_t i = 0; i < took; i++) {
                text[used + 4 * i] = '\\';
                text[used + 4 * i + 1] = 'x';
                text[used + 4 * i + 2] = hex[at[i] >> 4];
                text[used + 4 * i + 3] = hex[at[i] & 15];
            }
        }
        used += need;
        at += took;
        n -= took;
    }
    text[used] = '\0';
    return used;
}
