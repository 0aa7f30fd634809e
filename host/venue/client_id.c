// SPDX-License-Identifier: Apache-2.0
#include "venue/client_id.h"

#include <string.h>

#include "base/error.h"
#include "base/num.h"

__extension__ typedef unsigned __int128 wide_t;

struct form {
    int value_chars, value_bits;
    /* The largest prime below 36^(check characters). It divides no product of a digit's change, a
     * power of 36 and 35, so one wrong character or two swapped neighbours always change the check.
     */
    uint32_t prime;
    uint32_t shift; /* so that a row of zeros is none of ours */
};
static const struct form form_journal = {16, 82, 1291, 828};
static const struct form form_earlier = {14, 72, 1679609, 271828};

_Static_assert(24 + ORDER_SLOT_BITS + ORDER_RUN_BITS + ORDER_COUNTER_BITS + 8 == 82,
               "16 characters of 36 hold 82 bits");

#define LOW_CHARS 8
#define LOW       ((uint64_t)2821109907456) /* 36^8 */
#define HALF      ((uint64_t)1679616)       /* 36^4 */

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))
#define PAIR(part) ((uint64_t)0xffff << 16 * (part))

/* The quotients by 36 of four numbers below 1296, each of 16 bits. */
static inline uint64_t by_36(uint64_t pairs)
{
    // 1821 / 65536 is so little above 1 / 36 that no quotient of theirs is another one.
    uint64_t even = (pairs & (PAIR(0) | PAIR(2))) * 1821 >> 16 & (PAIR(0) | PAIR(2));
    uint64_t odd = (pairs >> 16 & (PAIR(0) | PAIR(2))) * 1821 & (PAIR(1) | PAIR(3));

    return even | odd;
}

/* The eight characters of a value below 36^8, the first of them in the lowest byte. Its halves and
 * quarters are independent of each other: what each waits for is three divisions, not eight. */
static inline uint64_t eight_chars(uint64_t value)
{
    uint32_t first = (uint32_t)(value / HALF), last = (uint32_t)(value % HALF);
    uint64_t pairs = (uint64_t)(first / 1296) | (uint64_t)(first % 1296) << 16 |
                     (uint64_t)(last / 1296) << 32 | (uint64_t)(last % 1296) << 48;
    uint64_t high = by_36(pairs);
    uint64_t digits = high | (pairs - high * 36) << 8;

    // A letter is so much further on than a digit would be.
    return digits + EACH('0') + ((digits + EACH(0x80 - 10)) >> 7 & EACH(1)) * ('a' - '0' - 10);
}

/* value / LOW of 82 bits: 36^8 is 2^16 times 3^16, and what is left is divided in two steps, each
 * of them by a number that is known. */
static inline uint64_t by_low(wide_t value)
{
    const uint64_t three_16 = 43046721;
    uint64_t above = (uint64_t)(value >> 48);
    uint64_t below = above % three_16 << 32 | ((uint64_t)(value >> 16) & 0xffffffff);

    return (above / three_16 << 32) + below / three_16;
}

static inline __attribute__((always_inline)) void write_form(const struct form *form, wide_t value,
                                                             char text[CLIENT_ID_TEXT])
{
    uint64_t high = by_low(value);
    uint64_t low = (uint64_t)(value - (wide_t)high * LOW);
    // Of value + shift, part by part: the primes have 21 bits at most.
    uint64_t check =
        (high % form->prime * (LOW % form->prime) + low % form->prime + form->shift) % form->prime;
    uint64_t chars[3] = {eight_chars(high), eight_chars(low), eight_chars(check)};
    int n_high = form->value_chars - LOW_CHARS, n_check = CLIENT_ID_CHARS - form->value_chars;

    // Zeros in front are those that a form has no room for.
    memcpy(text, (const char *)&chars[0] + LOW_CHARS - n_high, (size_t)n_high);
    memcpy(text + n_high, &chars[1], LOW_CHARS);
    memcpy(text + form->value_chars, (const char *)&chars[2] + LOW_CHARS - n_check,
           (size_t)n_check);
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

static int read_form(const struct form *form, const char *text, wide_t *out)
{
    wide_t value = 0;
    uint32_t check = 0;

    for (int i = 0; i < CLIENT_ID_CHARS; i++) {
        int digit = digit_of(text[i]);

        if (digit < 0)
            return 0;
        if (i < form->value_chars)
            value = value * 36 + (unsigned)digit;
        else
            check = check * 36 + (uint32_t)digit;
    }
    // The characters reach a little past the bits.
    if (value >> form->value_bits != 0 || check != (uint32_t)((value + form->shift) % form->prime))
        return 0;
    *out = value;
    return 1;
}

/* The number that ids of the order's run carry; 0: they are of the earlier form. */
static uint32_t number_of(const struct order_ids *ids, uint64_t order_id)
{
    uint32_t run = ORDER_ID_RUN(order_id);

    if (ids->journal == 0 || run >= ids->since_run)
        return ids->journal;
    for (uint32_t i = ids->n_earlier; i > 0; i--)
        if (run >= ids->earlier[i - 1].since_run)
            return ids->earlier[i - 1].journal;
    return 0;
}

void client_id_format(const struct order_ids *ids, uint64_t order_id, uint8_t rev,
                      char text[CLIENT_ID_TEXT])
{
    uint32_t slot = ORDER_ID_SLOT(order_id);
    uint32_t run = ORDER_ID_RUN(order_id);
    uint32_t counter = ORDER_ID_COUNTER(order_id);
    wide_t value = number_of(ids, order_id);

    REQUIRE(order_id != 0);
    if (value == 0) {
        write_form(&form_earlier, (wide_t)order_id << 8 | rev, text);
        return;
    }
    REQUIRE(slot >> ORDER_SLOT_BITS == 0 && run <= ORDER_RUN_MAX && counter <= ORDER_COUNTER_MAX);
    value = value << ORDER_SLOT_BITS | slot;
    value = value << ORDER_RUN_BITS | run;
    value = value << ORDER_COUNTER_BITS | counter;
    write_form(&form_journal, value << 8 | rev, text);
}

static int read_journal_form(const char *text, struct client_id *id)
{
    wide_t value;
    uint64_t low;

    if (!read_form(&form_journal, text, &value))
        return 0;
    low = (uint64_t)(value >> 8);
    id->rev = (uint8_t)value;
    id->journal = (uint32_t)(value >> 58);
    id->order_id = (low >> (ORDER_RUN_BITS + ORDER_COUNTER_BITS) & 0xff) << 48 |
                   (low >> ORDER_COUNTER_BITS & ORDER_RUN_MAX) << 32 | (low & ORDER_COUNTER_MAX);
    return id->journal != 0 && ORDER_ID_RUN(id->order_id) != 0;
}

static int read_earlier_form(const char *text, struct client_id *id)
{
    wide_t value;

    if (!read_form(&form_earlier, text, &value))
        return 0;
    id->rev = (uint8_t)value;
    id->journal = 0;
    id->order_id = (uint64_t)(value >> 8);
    return id->order_id != 0;
}

enum client_id_whose client_id_read(const struct order_ids *ids, const char *text, size_t n,
                                    struct client_id *id)
{
    if (n != CLIENT_ID_CHARS)
        return CLIENT_ID_STRANGER;
    // Ours first: what this journal wrote is never taken for anything else.
    if (ids->journal != 0 && read_journal_form(text, id) &&
        id->journal == number_of(ids, id->order_id))
        return CLIENT_ID_OURS;
    if (read_earlier_form(text, id))
        return number_of(ids, id->order_id) == 0 ? CLIENT_ID_OURS : CLIENT_ID_OTHER;
    return read_journal_form(text, id) ? CLIENT_ID_OTHER : CLIENT_ID_STRANGER;
}

int client_id_parse(const struct order_ids *ids, const char *text, size_t n, uint64_t *order_id,
                    uint8_t *rev)
{
    struct client_id id;

    if (client_id_read(ids, text, n, &id) != CLIENT_ID_OURS)
        return AGON_ENOENT;
    *order_id = id.order_id;
    *rev = id.rev;
    return AGON_OK;
}
