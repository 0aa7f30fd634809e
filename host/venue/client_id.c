// SPDX-License-Identifier: Apache-2.0
#include "venue/client_id.h"

#include "base/error.h"
#include "base/num.h"

#define VALUE_CHARS 14
#define CHECK_CHARS 4
/* The largest prime below 36^4. It divides no product of a digit's change, a power of 36 and 35, so
 * one wrong character or two swapped neighbours always change the check. */
#define CHECK_PRIME 1679609u
/* So that a row of zeros is none of ours. */
#define CHECK_SHIFT 271828u

__extension__ typedef unsigned __int128 wide_t;

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";

void client_id_format(uint64_t order_id, uint8_t rev, char text[CLIENT_ID_TEXT])
{
    wide_t value = (wide_t)order_id << 8 | rev;
    uint32_t check = (uint32_t)((value + CHECK_SHIFT) % CHECK_PRIME);

    REQUIRE(order_id != 0);
    for (int i = VALUE_CHARS - 1; i >= 0; i--) {
        text[i] = alphabet[(unsigned)(value % 36)];
        value /= 36;
    }
    for (int i = CLIENT_ID_CHARS - 1; i >= VALUE_CHARS; i--) {
        text[i] = alphabet[check % 36];
        check /= 36;
    }
    text[CLIENT_ID_CHARS] = 0;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    return -1;
}

int client_id_parse(const char *text, size_t n, uint64_t *order_id, uint8_t *rev)
{
    wide_t value = 0;
    uint32_t check = 0;

    if (n != CLIENT_ID_CHARS)
        return AGON_ENOENT;
    for (int i = 0; i < CLIENT_ID_CHARS; i++) {
        int digit = digit_of(text[i]);

        if (digit < 0)
            return AGON_ENOENT;
        if (i < VALUE_CHARS)
            value = value * 36 + (unsigned)digit;
        else
            check = check * 36 + (uint32_t)digit;
    }
    // 14 characters reach a little past 72 bits.
    if (value >> 72 != 0 || value >> 8 == 0 ||
        check != (uint32_t)((value + CHECK_SHIFT) % CHECK_PRIME))
        return AGON_ENOENT;
    *order_id = (uint64_t)(value >> 8);
    *rev = (uint8_t)value;
    return AGON_OK;
}
