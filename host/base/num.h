// SPDX-License-Identifier: Apache-2.0
/* num: exact arithmetic on prices, quantities and amounts.
 *
 * All of them are int64 counts of a power of ten. Products go through 128 bits and every division
 * names its rounding. What would overflow saturates to +-NUM_MAX (so that a sign may be turned) or
 * fails; it never wraps. No function here allocates or keeps state. [any] */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <agon/types.h>

__extension__ typedef __int128 num128_t;

#define NUM_MAX     INT64_MAX
#define NUM_MIN     (-INT64_MAX) /* symmetrical: INT64_MIN is no number here */
#define NUM_EXP_MAX 18           /* largest decimal exponent of a price, quantity or asset */

enum num_round {
    NUM_DOWN = 1, /* towards minus infinity */
    NUM_UP = 2,   /* towards plus infinity */
    NUM_ZERO = 3, /* towards zero */
    NUM_AWAY = 4, /* away from zero */
    NUM_EVEN = 5  /* to the nearest, a half to the even one */
};

/* 10^exp for 0 <= exp <= 18. */
int64_t num_pow10(int exp);
/* Sum and product that saturate: for bounds, times and figures that are only shown or compared.
 * What somebody owns goes through num_add_checked. */
static inline int64_t num_add(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? NUM_MIN : NUM_MAX;
    return sum < NUM_MIN ? NUM_MIN : sum;
}
static inline int64_t num_mul(int64_t a, int64_t b)
{
    int64_t product;

    if (__builtin_mul_overflow(a, b, &product))
        return (a < 0) == (b < 0) ? NUM_MAX : NUM_MIN;
    return product < NUM_MIN ? NUM_MIN : product;
}
/* The same, exact: false when the result is beyond +-NUM_MAX, and *result is left as it was. */
int num_add_checked(int64_t a, int64_t b, int64_t *result);
int num_mul_checked(int64_t a, int64_t b, int64_t *result);
/* A result of a saturating function that stands at the edge: taken for one that did not fit. */
static inline int num_is_full(int64_t value)
{
    return value >= NUM_MAX || value <= NUM_MIN;
}
static inline int64_t num_abs(int64_t a)
{
    return a >= 0 ? a : a < NUM_MIN ? NUM_MAX : -a;
}
/* value / divisor, divisor not 0. */
int64_t num_div(int64_t value, int64_t divisor, enum num_round round);
/* a * b / divisor with a 128-bit product; saturates. divisor not 0. */
int64_t num_mul_div_wide(int64_t a, int64_t b, int64_t divisor, enum num_round round);
static inline int64_t num_mul_div(int64_t a, int64_t b, int64_t divisor, enum num_round round)
{
    int64_t product, quotient;

    // Most products fit 63 bits and most divisors are known: then neither is a call.
    if (__builtin_mul_overflow(a, b, &product) || product < 0 || divisor <= 0)
        return num_mul_div_wide(a, b, divisor, round);
    quotient = product / divisor;
    if (round == NUM_DOWN || round == NUM_ZERO || quotient * divisor == product)
        return quotient;
    if (round == NUM_UP || round == NUM_AWAY)
        return num_add(quotient, 1);
    return num_mul_div_wide(a, b, divisor, round);
}
/* value counted in 10^-from as a count of 10^-to; saturates. 0 <= from, to <= 18 */
int64_t num_rescale(int64_t value, int from, int to, enum num_round round);
/* px * qty as an amount in 10^-amt_exp. 0 <= px_exp + qty_exp <= 36. Saturates. */
int64_t num_notional(int64_t px, int px_exp, int64_t qty, int qty_exp, int amt_exp,
                     enum num_round round);
/* value rounded to a multiple of step; step > 0. */
int64_t num_to_step(int64_t value, int64_t step, enum num_round round);

/* Reads a plain decimal ("-12.340") of exactly n bytes as a count of 10^-exp. No exponent, no sign
 * '+', no leading or trailing '.', no space. AGON_EINVAL: not of that form; AGON_ERANGE: does not
 * fit, or has a digit other than 0 beyond exp (never rounded). */
int num_parse(const char *text, size_t n, int exp, int64_t *value);
/* As num_parse, for a quantity that a market shows and nobody here owns: digits beyond exp are cut
 * off, towards zero, and what is not 0 stays at least one unit. 1: digits other than 0 were cut. */
int num_parse_qty(const char *text, size_t n, int exp, int64_t *value);
/* As num_parse, but chooses the smallest exp >= 0 that holds the text: "0.00100000" is 1 at 3. */
int num_parse_exp(const char *text, size_t n, int64_t *value, int *exp);
/* As people and programs write numbers in files: a plain decimal, or one with an exponent: "1e-7",
 * "-1.50E+3". Read exactly, digit by digit, and refused as num_parse refuses. Not for the wire. */
int num_read(const char *text, size_t n, int exp, int64_t *value);
int num_read_qty(const char *text, size_t n, int exp, int64_t *value); /* cut as num_parse_qty */
int num_read_exp(const char *text, size_t n, int64_t *value, int *exp);
/* Of a text that num_read refuses with AGON_ERANGE: has it digits beyond exp (else it is too
 * large)?
 */
int num_is_too_fine(const char *text, size_t n, int exp);
/* Writes value as a plain decimal with exactly exp digits after the point ("-0.05"), and a NUL.
 * room of NUM_TEXT always suffices. Returns the length without the NUL. */
#define NUM_TEXT   32
#define NUM_DIGITS 20 /* of the largest value */
/* Its digits, the last of them right before end; where they begin. */
char *num_digits(uint64_t value, char *end);
/* The same from text on, by words of eight, and how many they are: up to NUM_DIGITS bytes are
 * written, and those behind the digits mean nothing. */
uint32_t num_write(uint64_t value, char *text);
int num_format(int64_t value, int exp, char *text);
/* As num_format without trailing zeros: "0.05", "30000". */
int num_format_short(int64_t value, int exp, char *text);

/* A double becomes a count only here, with its rounding named. AGON_ERANGE: not finite, too large.
 */
int num_from_double(double value, int exp, enum num_round round, int64_t *count);
double num_to_double(int64_t value, int exp);

#endif
