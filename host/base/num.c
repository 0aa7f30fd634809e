// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"

#include <math.h>

#include "base/error.h"
#include "base/hot.h"

static const int64_t pow10_table[NUM_EXP_MAX + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

/* floor(2^64 / 10^i), for i above 0 (5 divides no power of 2). */
#define PART(i) (UINT64_MAX / i##u)
static const uint64_t pow10_parts[NUM_EXP_MAX + 1] = {
    0,
    PART(10),
    PART(100),
    PART(1000),
    PART(10000),
    PART(100000),
    PART(1000000),
    PART(10000000),
    PART(100000000),
    PART(1000000000),
    PART(10000000000),
    PART(100000000000),
    PART(1000000000000),
    PART(10000000000000),
    PART(100000000000000),
    PART(1000000000000000),
    PART(10000000000000000),
    PART(100000000000000000),
    PART(1000000000000000000),
};
__extension__ typedef unsigned __int128 unsigned128_t;

static int64_t saturate(num128_t value)
{
    if (value > NUM_MAX)
        return NUM_MAX;
    if (value < NUM_MIN)
        return NUM_MIN;
    return (int64_t)value;
}

int64_t num_pow10(int exp)
{
    REQUIRE(exp >= 0 && exp <= NUM_EXP_MAX);
    return pow10_table[exp];
}

int num_add_checked(int64_t a, int64_t b, int64_t *result)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum) || sum < NUM_MIN)
        return 0;
    *result = sum;
    return 1;
}

int num_mul_checked(int64_t a, int64_t b, int64_t *result)
{
    int64_t product;

    if (__builtin_mul_overflow(a, b, &product) || product < NUM_MIN)
        return 0;
    *result = product;
    return 1;
}

/* A quotient that was truncated towards zero, by what was left. */
static HOT inline int64_t rounded(int64_t value, int64_t quotient, int64_t rest, int64_t divisor,
                                  enum num_round round)
{
    int64_t beyond; // by which the rest is more than a half

    if (rest == 0)
        return quotient;
    switch (round) {
    case NUM_DOWN:
        return quotient - (rest < 0);
    case NUM_UP:
        return quotient + (rest > 0);
    case NUM_ZERO:
        return quotient;
    case NUM_AWAY:
        return rest < 0 ? quotient - 1 : quotient + 1;
    case NUM_EVEN:
        rest = rest < 0 ? -rest : rest;
        beyond = rest - (divisor - rest);
        if (beyond < 0 || (beyond == 0 && (quotient & 1) == 0))
            return quotient;
        return value < 0 ? quotient - 1 : quotient + 1;
    }
    REQUIRE(round >= NUM_DOWN && round <= NUM_EVEN);
    return 0;
}

/* Most values fit 64 bits, where dividing is an instruction and not a call. divisor: above 0. */
static HOT inline int64_t div_narrow(int64_t value, int64_t divisor, enum num_round round)
{
    int64_t quotient = value / divisor; // C truncates towards zero

    return rounded(value, quotient, value - quotient * divisor, divisor, round);
}

/* The same by 10^shift, shift above 0, by a product: that instruction takes up to 90 cycles. Of
 * u and m = floor(2^64 / d) the upper half of u m is the quotient, or one less. */
static HOT inline int64_t div_pow10(int64_t value, int shift, enum num_round round)
{
    uint64_t u = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t divisor = (uint64_t)pow10_table[shift];
    uint64_t quotient = (uint64_t)((unsigned128_t)u * pow10_parts[shift] >> 64);
    uint64_t rest = u - quotient * divisor;
    uint64_t is_more = rest >= divisor;

    quotient += is_more;
    rest -= is_more ? divisor : 0;
    return rounded(value, value < 0 ? -(int64_t)quotient : (int64_t)quotient,
                   value < 0 ? -(int64_t)rest : (int64_t)rest, (int64_t)divisor, round);
}

static num128_t div_round(num128_t value, num128_t divisor, enum num_round round)
{
    num128_t quotient;
    num128_t rest;
    int is_negative;

    REQUIRE(divisor != 0);
    if (divisor < 0) {
        value = -value;
        divisor = -divisor;
    }
    if (value == (int64_t)value && divisor == (int64_t)divisor)
        return div_narrow((int64_t)value, (int64_t)divisor, round);
    quotient = value / divisor;
    rest = value - quotient * divisor;
    if (rest == 0)
        return quotient;
    is_negative = value < 0;
    switch (round) {
    case NUM_DOWN:
        return is_negative ? quotient - 1 : quotient;
    case NUM_UP:
        return is_negative ? quotient : quotient + 1;
    case NUM_ZERO:
        return quotient;
    case NUM_AWAY:
        return is_negative ? quotient - 1 : quotient + 1;
    case NUM_EVEN: {
        num128_t twice = (is_negative ? -rest : rest) * 2;

        if (twice > divisor || (twice == divisor && (quotient & 1) != 0))
            return is_negative ? quotient - 1 : quotient + 1;
        return quotient;
    }
    }
    REQUIRE(round >= NUM_DOWN && round <= NUM_EVEN);
    return 0;
}

int64_t num_div(int64_t value, int64_t divisor, enum num_round round)
{
    return saturate(div_round(value, divisor, round));
}

int64_t num_mul_div_wide(int64_t a, int64_t b, int64_t divisor, enum num_round round)
{
    return saturate(div_round((num128_t)a * b, divisor, round));
}

int64_t num_rescale(int64_t value, int from, int to, enum num_round round)
{
    if (to >= from)
        return num_mul(value, num_pow10(to - from));
    return num_div(value, num_pow10(from - to), round);
}

/* Of a product, or one that is scaled, that 64 bits do not hold. Not inlined: few are. */
static __attribute__((noinline)) int64_t notional_wide(num128_t product, int shift,
                                                       enum num_round round)
{
    if (shift <= 0) {
        // The product has up to 127 bits, so the scaling itself may not be multiplied blindly.
        num128_t limit = (num128_t)NUM_MAX / pow10_table[-shift];

        if (product > limit)
            return NUM_MAX;
        if (product < -limit)
            return NUM_MIN;
        return saturate(product * pow10_table[-shift]);
    }
    // One division only: rounding twice would not be the rounding that was named.
    if (shift > NUM_EXP_MAX)
        return saturate(div_round(
            product, (num128_t)pow10_table[NUM_EXP_MAX] * pow10_table[shift - NUM_EXP_MAX], round));
    return saturate(div_round(product, pow10_table[shift], round));
}

HOT int64_t num_notional(int64_t px, int px_exp, int64_t qty, int qty_exp, int amt_exp,
                         enum num_round round)
{
    int shift = px_exp + qty_exp - amt_exp;
    int64_t narrow, amt;

    REQUIRE(px_exp >= 0 && px_exp <= NUM_EXP_MAX && qty_exp >= 0 && qty_exp <= NUM_EXP_MAX);
    REQUIRE(amt_exp >= 0 && amt_exp <= NUM_EXP_MAX);
    if (__builtin_expect(!__builtin_mul_overflow(px, qty, &narrow), 1)) {
        if (shift > 0 && shift <= NUM_EXP_MAX)
            return div_pow10(narrow, shift, round);
        if (shift <= 0 && !__builtin_mul_overflow(narrow, pow10_table[-shift], &amt) &&
            amt >= NUM_MIN)
            return amt;
    }
    return notional_wide((num128_t)px * qty, shift, round);
}

HOT int64_t num_to_step(int64_t value, int64_t step, enum num_round round)
{
    REQUIRE(step > 0);
    if (step == 1 && value >= NUM_MIN)
        return value;
    if (value >= NUM_MIN)
        return num_mul(div_narrow(value, step, round), step);
    return num_mul(num_div(value, step, round), step);
}

/* may_cut: digits beyond exp are dropped, 1 says so, and what is not 0 stays at least one unit. */
static int parse(const char *text, size_t n, int exp, int may_cut, int64_t *value)
{
    size_t at = 0;
    int is_negative = 0;
    int is_beyond = 0; // the form is judged to its end before the size is
    int is_finer = 0;
    int decimals = -1; // digits seen after the point; -1: no point yet
    uint64_t total = 0;

    if (exp < 0 || exp > NUM_EXP_MAX)
        return AGON_EINVAL;
    if (at < n && text[at] == '-') {
        is_negative = 1;
        at++;
    }
    if (at == n || text[at] < '0' || text[at] > '9')
        return AGON_EINVAL;
    if (text[at] == '0' && at + 1 < n && text[at + 1] != '.')
        return AGON_EINVAL; // "00.1" and "01" are no numbers in JSON either
    // Eighteen digits fit, whichever they are.
    for (size_t end = n - at < 18 ? n : at + 18; at < end; at++) {
        unsigned digit = (unsigned)(unsigned char)text[at] - '0';

        if (digit > 9)
            break;
        total = total * 10 + digit;
    }
    for (; at < n; at++) {
        unsigned digit;

        if (text[at] == '.') {
            if (decimals >= 0 || at + 1 == n)
                return AGON_EINVAL;
            decimals = 0;
            continue;
        }
        digit = (unsigned)(unsigned char)text[at] - '0';
        if (digit > 9)
            return AGON_EINVAL;
        if (decimals >= 0) {
            if (decimals >= exp) {
                is_finer |= digit != 0;
                continue;
            }
            decimals++;
        }
        if (__builtin_mul_overflow(total, (uint64_t)10, &total) ||
            __builtin_add_overflow(total, (uint64_t)digit, &total) || total > (uint64_t)NUM_MAX) {
            is_beyond = 1;
            total = 0;
        }
    }
    if (is_beyond || (is_finer && !may_cut))
        return AGON_ERANGE;
    for (int left = exp - (decimals > 0 ? decimals : 0); left > 0 && total > 0; left--) {
        if (__builtin_mul_overflow(total, (uint64_t)10, &total) || total > (uint64_t)NUM_MAX)
            return AGON_ERANGE;
    }
    if (is_finer && total == 0)
        total = 1;
    *value = is_negative ? -(int64_t)total : (int64_t)total;
    return is_finer;
}

int num_parse(const char *text, size_t n, int exp, int64_t *value)
{
    return parse(text, n, exp, 0, value);
}

int num_parse_qty(const char *text, size_t n, int exp, int64_t *value)
{
    return parse(text, n, exp, 1, value);
}

int num_parse_exp(const char *text, size_t n, int64_t *value, int *exp)
{
    size_t point = n;
    size_t last = n;
    int need;

    for (size_t at = 0; at < n; at++) {
        if (text[at] == '.') {
            point = at;
            break;
        }
    }
    while (point < n && last > point + 1 && text[last - 1] == '0')
        last--;
    need = point < n ? (int)(last - point) - 1 : 0;
    if (need < 0 || need > NUM_EXP_MAX) {
        need = 0; // too many decimals, unless it is no number at all
        if (num_parse(text, n, need, value) == AGON_EINVAL)
            return AGON_EINVAL;
        return AGON_ERANGE;
    }
    *exp = need;
    return num_parse(text, n, need, value);
}

/* The text of a number with an exponent as a plain decimal. Long enough for every one that can fit:
 * more places than these are refused anyway. */
#define PLAIN_MAX  128
#define SHIFT_MAX  40
#define DIGITS_MAX 64

/* "e-7" and what may stand for it; AGON_EINVAL when that is no exponent. */
static int read_shift(const char *text, size_t n, int *shift)
{
    int is_negative = n > 1 && text[1] == '-';
    size_t at = n > 1 && (text[1] == '-' || text[1] == '+') ? 2 : 1;

    if (at == n)
        return AGON_EINVAL;
    *shift = 0;
    for (; at < n; at++) {
        if (text[at] < '0' || text[at] > '9')
            return AGON_EINVAL;
        if (*shift <= SHIFT_MAX) // further than this is beyond either end
            *shift = *shift * 10 + (text[at] - '0');
    }
    if (is_negative)
        *shift = -*shift;
    return AGON_OK;
}

/* digits are those of the mantissa, `point` of them before the point, which moves by shift. */
static size_t write_plain(char *out, const char *digits, int n, int point, int shift)
{
    int to = point + shift;
    int first = 0;
    size_t at = 0;

    while (first + 1 < to && first < n && digits[first] == '0')
        first++; // "0.5e1": no zero leads a plain decimal
    if (to <= 0)
        out[at++] = '0';
    for (int i = first; i < to; i++)
        out[at++] = i < n ? digits[i] : '0';
    if (to < n)
        out[at++] = '.';
    for (int i = to; i < n; i++)
        out[at++] = i < 0 ? '0' : digits[i];
    return at;
}

/* AGON_OK: plain holds the same number without its exponent (which may be 0: *n_plain is then 0 and
 * the text itself is plain). */
static int to_plain(const char *text, size_t n, char *plain, size_t *n_plain)
{
    char digits[DIGITS_MAX];
    size_t e = 0;
    size_t at = n > 0 && text[0] == '-';
    int n_digits = 0, point = -1, shift = 0;

    *n_plain = 0;
    while (e < n && text[e] != 'e' && text[e] != 'E')
        e++;
    if (e == n)
        return AGON_OK;
    if (read_shift(text + e, n - e, &shift) < 0)
        return AGON_EINVAL;
    if (at < e && text[at] == '0' && at + 1 < e && text[at + 1] != '.')
        return AGON_EINVAL;
    for (size_t i = at; i < e; i++) {
        if (text[i] == '.' && point < 0 && i > at && i + 1 < e)
            point = n_digits;
        else if (text[i] < '0' || text[i] > '9')
            return AGON_EINVAL;
        else if (n_digits == DIGITS_MAX)
            return AGON_ERANGE;
        else
            digits[n_digits++] = text[i];
    }
    if (n_digits == 0)
        return AGON_EINVAL;
    if (shift > SHIFT_MAX || shift < -SHIFT_MAX)
        return AGON_ERANGE;
    while (n_digits > 1 && n_digits > point && point >= 0 && digits[n_digits - 1] == '0')
        n_digits--; // "1.50e-7" has no more places than "1.5e-7"
    if (at > 0)
        plain[0] = '-';
    *n_plain = at + write_plain(plain + at, digits, n_digits, point < 0 ? n_digits : point, shift);
    return AGON_OK;
}

static int read_at(const char *text, size_t n, int exp, int may_cut, int64_t *value)
{
    char plain[PLAIN_MAX + DIGITS_MAX];
    size_t n_plain;
    int rc = to_plain(text, n, plain, &n_plain);

    if (rc < 0)
        return rc;
    return n_plain > 0 ? parse(plain, n_plain, exp, may_cut, value)
                       : parse(text, n, exp, may_cut, value);
}

int num_read(const char *text, size_t n, int exp, int64_t *value)
{
    return read_at(text, n, exp, 0, value);
}

int num_read_qty(const char *text, size_t n, int exp, int64_t *value)
{
    return read_at(text, n, exp, 1, value);
}

int num_read_exp(const char *text, size_t n, int64_t *value, int *exp)
{
    char plain[PLAIN_MAX + DIGITS_MAX];
    size_t n_plain;
    int rc = to_plain(text, n, plain, &n_plain);

    if (rc < 0)
        return rc;
    return n_plain > 0 ? num_parse_exp(plain, n_plain, value, exp)
                       : num_parse_exp(text, n, value, exp);
}

int num_is_too_fine(const char *text, size_t n, int exp)
{
    char plain[PLAIN_MAX + DIGITS_MAX];
    size_t n_plain;
    size_t at = 0;

    if (to_plain(text, n, plain, &n_plain) < 0)
        return 0;
    if (n_plain > 0) {
        text = plain;
        n = n_plain;
    }
    while (at < n && text[at] != '.')
        at++;
    while (n > at && text[n - 1] == '0')
        n--;
    return n > at && (int)(n - at) - 1 > exp;
}

/* Each number below 100, as it is written. */
#define TEN(d) d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" d "8" d "9"
static const char hundred[201] =
    TEN("0") TEN("1") TEN("2") TEN("3") TEN("4") TEN("5") TEN("6") TEN("7") TEN("8") TEN("9");
#undef TEN

/* The eight digits of a value below 10^8, the first of them in the lowest byte: its halves and
 * quarters are independent of each other. */
static inline uint64_t eight_digits(uint32_t value)
{
    uint64_t fours = (uint64_t)(value / 10000) | (uint64_t)(value % 10000) << 32;
    // 10486 / 2^20 and 103 / 2^10 are so little above 1 / 100 and 1 / 10 that no quotient differs.
    uint64_t high = (fours * 10486 >> 20) & 0x0000007f0000007f;
    uint64_t twos = high | (fours - high * 100) << 16;
    uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000f;

    return (tens | (twos - tens * 10) << 8) + 0x3030303030303030;
}

char *num_digits(uint64_t value, char *end)
{
    while (value >= 100000000) {
        uint64_t digits = eight_digits((uint32_t)(value % 100000000));

        value /= 100000000;
        end -= 8;
        memcpy(end, &digits, 8);
    }
    while (value >= 100) {
        end -= 2;
        memcpy(end, hundred + value % 100 * 2, 2);
        value /= 100;
    }
    if (value < 10) {
        *--end = (char)('0' + value);
        return end;
    }
    end -= 2;
    memcpy(end, hundred + value * 2, 2);
    return end;
}

uint32_t num_write(uint64_t value, char *text)
{
    char digits[2 * NUM_DIGITS] = {0};
    const char *from;
    uint64_t upper = value / 100000000, word;
    uint32_t n = 0, n_front;

    if (upper >= 100000000) {
        from = num_digits(value, digits + NUM_DIGITS);
        memcpy(text, from, NUM_DIGITS);
        return (uint32_t)(digits + NUM_DIGITS - from);
    }
    word = eight_digits((uint32_t)(upper > 0 ? upper : value));
    n_front = (uint32_t)__builtin_ctzll((word ^ 0x3030303030303030) | (uint64_t)1 << 56) / 8;
    word >>= 8 * n_front;
    memcpy(text, &word, 8);
    n = 8 - n_front;
    if (upper == 0)
        return n;
    word = eight_digits((uint32_t)(value % 100000000));
    memcpy(text + n, &word, 8);
    return n + 8;
}

/* More bytes than are asked for, within what both sides have: a copy of a length that is known is
 * two moves, and of another one a call. */
static inline void copy_up_to_16(char *to, const char *from, int n)
{
    memcpy(to, from, 8);
    if (n > 8)
        memcpy(to + 8, from + 8, 8);
}

/* A value of many digits, whose text has no room for more bytes than it has. The length. */
static int format_long(const char *from, int whole, int exp, char *at)
{
    memcpy(at, from, (size_t)whole);
    if (exp == 0)
        return whole;
    at[whole] = '.';
    memcpy(at + whole + 1, from + whole, (size_t)exp);
    return whole + 1 + exp;
}

/* A value below 10^8 with at most seven digits behind the point, as one word: who copies a text
 * that was written byte by byte a moment ago waits until all of it has left. */
static inline int format_few(uint32_t value, int exp, int is_short, char *text)
{
    uint64_t digits = eight_digits(value);
    uint64_t odd = digits ^ 0x3030303030303030;                 // bytes that are no '0'
    int n_front = __builtin_ctzll(odd | (uint64_t)1 << 63) / 8; // zeros before the first of them
    int n_behind = __builtin_clzll(odd | 1) / 8;                // ... behind the last
    uint64_t whole_bits, word;
    int whole;

    if (n_front > 7 - exp)
        n_front = 7 - exp; // one digit stands before the point
    whole = 8 - n_front - exp;
    digits >>= 8 * n_front;
    if (is_short)
        exp -= n_behind < exp ? n_behind : exp;
    if (exp == 0) {
        memcpy(text, &digits, 8);
        text[whole] = '\0';
        return whole;
    }
    whole_bits = ((uint64_t)1 << 8 * whole) - 1;
    word = (digits & whole_bits) | (uint64_t)'.' << 8 * whole | (digits & ~whole_bits) << 8;
    memcpy(text, &word, 8);
    text[8] = (char)(digits >> 56);
    text[whole + 1 + exp] = '\0';
    return whole + 1 + exp;
}

static inline int format(int64_t value, int exp, int is_short, char *text)
{
    uint64_t left = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    char digits[NUM_DIGITS + 16]; // what is behind them is copied, and never read
    char *end = digits + NUM_DIGITS;
    char *from;
    char *at = text;
    int whole;

    REQUIRE(exp >= 0 && exp <= NUM_EXP_MAX);
    if (left < 100000000 && exp < 8) {
        *at = '-';
        at += value < 0;
        return (int)(at - text) + format_few((uint32_t)left, exp, is_short, at);
    }
    memset(end, '0', 16);
    from = num_digits(left, end);
    while (end - from <= exp)
        *--from = '0';
    whole = (int)(end - from) - exp;
    if (is_short) {
        while (exp > 0 && end[-1] == '0') {
            end--;
            exp--;
        }
    }
    *at = '-';
    at += value < 0;
    if (whole > 12 || exp > 8) {
        at += format_long(from, whole, exp, at);
    } else {
        copy_up_to_16(at, from, whole);
        at += whole;
        *at = '.';
        memcpy(at + 1, from + whole, 8);
        at += exp > 0 ? exp + 1 : 0;
    }
    *at = '\0';
    return (int)(at - text);
}

int num_format(int64_t value, int exp, char *text)
{
    return format(value, exp, 0, text);
}

int num_format_short(int64_t value, int exp, char *text)
{
    return format(value, exp, 1, text);
}

int num_from_double(double value, int exp, enum num_round round, int64_t *count)
{
    double scaled = value * (double)num_pow10(exp);
    double whole = floor(scaled);
    double rest = scaled - whole;

    if (!(scaled > -9.2e18 && scaled < 9.2e18)) // also false for NaN
        return AGON_ERANGE;
    *count = (int64_t)whole;
    if (rest == 0.0)
        return AGON_OK;
    switch (round) {
    case NUM_DOWN:
        break;
    case NUM_UP:
        *count += 1;
        break;
    case NUM_ZERO:
        *count += value < 0 ? 1 : 0;
        break;
    case NUM_AWAY:
        *count += value > 0 ? 1 : 0;
        break;
    case NUM_EVEN:
        if (rest > 0.5 || (rest == 0.5 && (*count & 1) != 0))
            *count += 1;
        break;
    }
    return AGON_OK;
}

double num_to_double(int64_t value, int exp)
{
    return (double)value / (double)num_pow10(exp);
}
