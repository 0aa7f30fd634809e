// SPDX-License-Identifier: Apache-2.0
/* num: every rounding against 128-bit arithmetic, saturation, the grammar of decimals, and text
 * that comes back as it was. */
#include <stdio.h>

#include "../../support/must.h"
#include "base/num.h"
#include "base/rng.h"

static const enum num_round rounds[] = {NUM_DOWN, NUM_UP, NUM_ZERO, NUM_AWAY, NUM_EVEN};

static const struct {
    int64_t value, divisor;
    int64_t want[5]; // down, up, zero, away, even
} divisions[] = {
    {7, 2, {3, 4, 3, 4, 4}},
    {5, 2, {2, 3, 2, 3, 2}},
    {-5, 2, {-3, -2, -2, -3, -2}},
    {5, -2, {-3, -2, -2, -3, -2}},
    {-5, -2, {2, 3, 2, 3, 2}},
    {-7, 2, {-4, -3, -3, -4, -4}},
    {6, 3, {2, 2, 2, 2, 2}},
    {1, 3, {0, 1, 0, 1, 0}},
    {-1, 3, {-1, 0, 0, -1, 0}},
    {2, 3, {0, 1, 0, 1, 1}},
    {0, 5, {0, 0, 0, 0, 0}},
    {1, INT64_MAX, {0, 1, 0, 1, 0}},
    {INT64_MAX, 1, {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}},
    {INT64_MIN, 1, {NUM_MIN, NUM_MIN, NUM_MIN, NUM_MIN, NUM_MIN}},
    {INT64_MIN, -1, {NUM_MAX, NUM_MAX, NUM_MAX, NUM_MAX, NUM_MAX}},
    {INT64_MAX,
     2,
     {4611686018427387903, 4611686018427387904, 4611686018427387903, 4611686018427387904,
      4611686018427387904}},
};

START_TEST(each_rounding_is_what_its_name_says)
{
    for (int r = 0; r < 5; r++) {
        ck_assert_msg(num_div(divisions[_i].value, divisions[_i].divisor, rounds[r]) ==
                          divisions[_i].want[r],
                      "%lld / %lld, rounding %d", (long long)divisions[_i].value,
                      (long long)divisions[_i].divisor, rounds[r]);
    }
}
END_TEST

// By definition, from the floor: the other four follow.
static int64_t reference(num128_t value, num128_t divisor, enum num_round round)
{
    num128_t low;
    num128_t high;
    num128_t result;

    if (divisor < 0) {
        value = -value;
        divisor = -divisor;
    }
    low = value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor);
    high = low * divisor == value ? low : low + 1;
    if (round == NUM_DOWN)
        result = low;
    else if (round == NUM_UP)
        result = high;
    else if (round == NUM_ZERO)
        result = value >= 0 ? low : high;
    else if (round == NUM_AWAY)
        result = value >= 0 ? high : low;
    else if (value - low * divisor != high * divisor - value)
        result = value - low * divisor < high * divisor - value ? low : high;
    else
        result = low % 2 == 0 ? low : high;
    return result > NUM_MAX ? NUM_MAX : result < NUM_MIN ? NUM_MIN : (int64_t)result;
}

static int64_t any(struct rng *rng)
{
    int64_t value = (int64_t)rng_u64(rng) >> rng_below(rng, 64);

    return rng_chance(rng, 20000) ? (rng_chance(rng, 500000) ? INT64_MAX : NUM_MIN) : value;
}

START_TEST(products_and_quotients_agree_with_128_bits)
{
    struct rng rng;

    rng_init(&rng, 1);
    for (int i = 0; i < 400000; i++) {
        enum num_round round = rounds[i % 5];
        int64_t a = any(&rng);
        int64_t b = any(&rng);
        int64_t c = any(&rng);
        int from = (int)rng_below(&rng, 19);
        int to = (int)rng_below(&rng, 19);

        if (c == 0)
            c = 1;
        MUST_EQ(num_add(a, b), reference((num128_t)a + b, 1, NUM_ZERO));
        MUST_EQ(num_mul(a, b), reference((num128_t)a * b, 1, NUM_ZERO));
        MUST_EQ(num_div(a, c, round), reference(a, c, round));
        MUST_EQ(num_mul_div(a, b, c, round), reference((num128_t)a * b, c, round));
        if (to >= from)
            MUST_EQ(num_rescale(a, from, to, round),
                    reference((num128_t)a * num_pow10(to - from), 1, round));
        else
            MUST_EQ(num_rescale(a, from, to, round), reference(a, num_pow10(from - to), round));
        if (c > 0 && c != INT64_MAX && a > -((int64_t)1 << 61) && a < (int64_t)1 << 61 &&
            c < (int64_t)1 << 61) {
            int64_t stepped = num_to_step(a, c, round);

            MUST_EQ(stepped % c, 0);
            MUST_EQ(stepped / c, reference(a, c, round));
        }
    }
}
END_TEST

START_TEST(notional_is_one_rounding_of_the_exact_product)
{
    struct rng rng;

    rng_init(&rng, 2);
    for (int i = 0; i < 400000; i++) {
        enum num_round round = rounds[i % 5];
        int px_exp = (int)rng_below(&rng, 19);
        int qty_exp = (int)rng_below(&rng, 19);
        int amt_exp = (int)rng_below(&rng, 19);
        int shift = px_exp + qty_exp - amt_exp;
        int64_t px = any(&rng);
        int64_t qty = any(&rng);
        num128_t divisor = 1;

        if (shift >= 0) {
            for (int k = 0; k < shift; k++)
                divisor *= 10;
            MUST_EQ(num_notional(px, px_exp, qty, qty_exp, amt_exp, round),
                    reference((num128_t)px * qty, divisor, round));
        } else {
            // Scaled up, one digit at a time, until it is past what fits.
            num128_t amount = (num128_t)px * qty;

            for (int k = 0; k < -shift && amount <= NUM_MAX && amount >= NUM_MIN; k++)
                amount *= 10;
            MUST_EQ(num_notional(px, px_exp, qty, qty_exp, amt_exp, round),
                    reference(amount, 1, round));
        }
    }
    MUST_EQ(num_notional(3000000, 2, 500000, 6, 8, NUM_EVEN), 1500000000000); // 30000.00 * 0.5
    MUST_EQ(num_notional(INT64_MAX, 0, INT64_MAX, 0, 18, NUM_EVEN), NUM_MAX);
    MUST_EQ(num_notional(INT64_MAX, 0, NUM_MIN, 0, 18, NUM_EVEN), NUM_MIN);
    MUST_EQ(num_notional(1, 18, 1, 18, 0, NUM_UP), 1);
    MUST_EQ(num_notional(1, 18, -1, 18, 0, NUM_UP), 0);
}
END_TEST

START_TEST(nothing_wraps)
{
    MUST_EQ(num_add(INT64_MAX, 1), NUM_MAX);
    MUST_EQ(num_add(NUM_MIN, -1), NUM_MIN);
    MUST_EQ(num_add(INT64_MIN, INT64_MIN), NUM_MIN);
    MUST_EQ(num_mul(INT64_MAX, -2), NUM_MIN);
    MUST_EQ(num_mul(INT64_MIN, -1), NUM_MAX);
    MUST_EQ(num_abs(INT64_MIN), NUM_MAX);
    MUST_EQ(num_abs(NUM_MIN), NUM_MAX);
    MUST_EQ(num_abs(-3), 3);
    MUST_EQ(-NUM_MIN, NUM_MAX);
    MUST_EQ(num_rescale(INT64_MAX, 0, 1, NUM_DOWN), NUM_MAX);
    MUST_EQ(num_mul_div(INT64_MAX, INT64_MAX, -1, NUM_DOWN), NUM_MIN);
    MUST_EQ(num_mul_div(INT64_MIN, INT64_MIN, 1, NUM_DOWN), NUM_MAX);
    MUST_EQ(num_pow10(0), 1);
    MUST_EQ(num_pow10(18), 1000000000000000000);
}
END_TEST

// RELIABILITY B-52, and what surrounds it.
static const struct {
    const char *text;
    int exp, rc;
    int64_t want;
} numbers[] = {
    {"0", 8, AGON_OK, 0},
    {"-0", 8, AGON_OK, 0},
    {"0.0", 0, AGON_OK, 0},
    {"-0.000", 2, AGON_OK, 0},
    {"1", 0, AGON_OK, 1},
    {"12.340", 3, AGON_OK, 12340},
    {"-12.340", 3, AGON_OK, -12340},
    {"12.340", 2, AGON_OK, 1234},
    {"12.340", 1, AGON_ERANGE, 0},
    {"0.00100000", 3, AGON_OK, 1},
    {"0.001", 3, AGON_OK, 1},
    {"0.30000000000000004", 18, AGON_OK, 300000000000000040},
    {"0.30000000000000004", 8, AGON_ERANGE, 0},
    {"9223372036854775807", 0, AGON_OK, INT64_MAX},
    {"-9223372036854775807", 0, AGON_OK, NUM_MIN},
    {"9223372036854775808", 0, AGON_ERANGE, 0},
    {"-9223372036854775808", 0, AGON_ERANGE, 0},
    {"9.223372036854775807", 18, AGON_OK, INT64_MAX},
    {"9.223372036854775808", 18, AGON_ERANGE, 0},
    {"10", 18, AGON_ERANGE, 0},
    {"18446744073709551617", 0, AGON_ERANGE, 0},
    {"36893488147419103233", 0, AGON_ERANGE, 0},
    {"0.0000000000000000000000000000000000000000", 8, AGON_OK, 0},
    {"1e400", 8, AGON_EINVAL, 0},
    {"1e-30", 8, AGON_EINVAL, 0},
    {"1E5", 8, AGON_EINVAL, 0},
    {"NaN", 8, AGON_EINVAL, 0},
    {"nan", 8, AGON_EINVAL, 0},
    {"Infinity", 8, AGON_EINVAL, 0},
    {"-Infinity", 8, AGON_EINVAL, 0},
    {"inf", 8, AGON_EINVAL, 0},
    {"00.1", 8, AGON_EINVAL, 0},
    {"01", 8, AGON_EINVAL, 0},
    {"-01", 8, AGON_EINVAL, 0},
    {".5", 8, AGON_EINVAL, 0},
    {"-.5", 8, AGON_EINVAL, 0},
    {"1.", 8, AGON_EINVAL, 0},
    {"1..2", 8, AGON_EINVAL, 0},
    {"1.2.3", 8, AGON_EINVAL, 0},
    {"0x1", 8, AGON_EINVAL, 0},
    {"1,000", 8, AGON_EINVAL, 0},
    {"1 000", 8, AGON_EINVAL, 0},
    {"1_000", 8, AGON_EINVAL, 0},
    {"1'000", 8, AGON_EINVAL, 0},
    {"\xef\xbc\x91", 8, AGON_EINVAL, 0}, // a full-width 1
    {"\xd9\xa1", 8, AGON_EINVAL, 0},     // an Arabic-Indic 1
    {"", 8, AGON_EINVAL, 0},
    {"-", 8, AGON_EINVAL, 0},
    {"--1", 8, AGON_EINVAL, 0},
    {"+1", 8, AGON_EINVAL, 0},
    {" 1", 8, AGON_EINVAL, 0},
    {"1 ", 8, AGON_EINVAL, 0},
    {"1\n", 8, AGON_EINVAL, 0},
    {"1-", 8, AGON_EINVAL, 0},
    {"99999999999999999999x", 8, AGON_EINVAL, 0}, // too large, and no number
    {"1.123456789012345678901x", 8, AGON_EINVAL, 0},
    {"1", -1, AGON_EINVAL, 0},
    {"1", 19, AGON_EINVAL, 0},
};

START_TEST(only_plain_decimals_are_read)
{
    int64_t value = 12345;
    int rc = num_parse(numbers[_i].text, strlen(numbers[_i].text), numbers[_i].exp, &value);

    ck_assert_msg(rc == numbers[_i].rc, "\"%s\" at %d gives %d", numbers[_i].text, numbers[_i].exp,
                  rc);
    if (rc == AGON_OK)
        MUST_EQ(value, numbers[_i].want);
    else
        MUST_EQ(value, 12345); // untouched
}
END_TEST

START_TEST(a_quantity_finer_than_its_exponent_is_cut)
{
    static const struct {
        const char *text;
        int exp, rc;
        int64_t want;
    } cases[] = {
        {"25.42618900", 5, 1, 2542618}, // a recorded level
        {"25.42618000", 5, 0, 2542618},
        {"0.00000900", 5, 1, 1}, // it is there, so it is not nothing
        {"-0.00000900", 5, 1, -1},
        {"-25.426189", 5, 1, -2542618},
        {"0.00000000", 5, 0, 0},
        {"0.99999999", 0, 1, 1},
        {"1.99999999", 0, 1, 1},
        {"92233720368547758.079", 2, 1, NUM_MAX},
        {"92233720368547758.08", 2, AGON_ERANGE, 12345},
        {"1e-7", 8, AGON_EINVAL, 12345},
        {"1.2.3", 0, AGON_EINVAL, 12345},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 12345;
        int rc = num_parse_qty(cases[i].text, strlen(cases[i].text), cases[i].exp, &value);

        ck_assert_msg(rc == cases[i].rc && value == cases[i].want, "%s: %d, %lld", cases[i].text,
                      rc, (long long)value);
    }
    MUST_EQ(num_read_qty("1.5e-7", 6, 7, &(int64_t){0}), 1);
    MUST_EQ(num_read_qty("1.5e-7", 6, 8, &(int64_t){0}), 0);
}
END_TEST

START_TEST(four_hundred_digits_are_refused_and_exactly_n_bytes_are_read)
{
    char text[401];
    int64_t value;
    int exp;

    memset(text, '7', 400);
    text[400] = '\0';
    MUST_EQ(num_parse(text, 400, 0, &value), AGON_ERANGE);
    MUST_EQ(num_parse(text, 5, 0, &value), AGON_OK);
    MUST_EQ(value, 77777);
    text[1] = '.';
    MUST_EQ(num_parse(text, 400, 18, &value), AGON_ERANGE);
    MUST_EQ(num_parse_exp(text, 400, &value, &exp), AGON_ERANGE);
    memset(text + 3, '0', 397);
    MUST_EQ(num_parse_exp(text, 400, &value, &exp), AGON_OK);
    MUST_EQ(value, 77);
    MUST_EQ(exp, 1);
    MUST_EQ(num_parse("12\0", 3, 0, &value), AGON_EINVAL);
}
END_TEST

static const struct {
    const char *text;
    int rc;
    int64_t value;
    int exp;
} steps[] = {
    {"0.00100000", AGON_OK, 1, 3},
    {"0.001", AGON_OK, 1, 3},
    {"1.00", AGON_OK, 1, 0},
    {"100", AGON_OK, 100, 0},
    {"0.10", AGON_OK, 1, 1},
    {"-2.50", AGON_OK, -25, 1},
    {"0", AGON_OK, 0, 0},
    {"0.000000000000000001", AGON_OK, 1, 18},
    {"0.0000000000000000001", AGON_ERANGE, 0, 0},
    {"1.", AGON_EINVAL, 0, 0},
    {".5", AGON_EINVAL, 0, 0},
    {"", AGON_EINVAL, 0, 0},
    {"1.5e3", AGON_EINVAL, 0, 0},
    {"1.2.30", AGON_EINVAL, 0, 0},
    {"0.00000000000000000000x", AGON_EINVAL, 0, 0},
};

START_TEST(the_smallest_exponent_is_found)
{
    int64_t value = 0;
    int exp = 0;
    int rc = num_parse_exp(steps[_i].text, strlen(steps[_i].text), &value, &exp);

    ck_assert_msg(rc == steps[_i].rc, "\"%s\" gives %d", steps[_i].text, rc);
    if (rc == AGON_OK) {
        MUST_EQ(value, steps[_i].value);
        MUST_EQ(exp, steps[_i].exp);
    }
}
END_TEST

/* A reader of its own kind: digits before and after the point as 128 bits, by the grammar's words.
 */
static int read_slowly(const char *text, size_t n, int exp, int64_t *value)
{
    num128_t total = 0;
    size_t point = n;
    size_t first = n > 0 && text[0] == '-' ? 1 : 0;
    int is_too_large = 0;

    for (size_t i = first; i < n; i++) {
        if (text[i] == '.') {
            if (point != n)
                return AGON_EINVAL;
            point = i;
        } else if (text[i] < '0' || text[i] > '9') {
            return AGON_EINVAL;
        }
    }
    if (point == first || first == n || point == n - 1)
        return AGON_EINVAL;
    if (text[first] == '0' && point > first + 1)
        return AGON_EINVAL;
    for (size_t i = first; i < point; i++) {
        total = total * 10 + (text[i] - '0');
        if (total > NUM_MAX) {
            is_too_large = 1;
            total = 0;
        }
    }
    for (size_t i = 0; i < (size_t)exp; i++) {
        size_t at = point + 1 + i;

        total = total * 10 + (at < n ? text[at] - '0' : 0);
        if (total > NUM_MAX) {
            is_too_large = 1;
            total = 0;
        }
    }
    for (size_t at = point + 1 + (size_t)exp; at < n; at++)
        is_too_large |= text[at] != '0';
    if (is_too_large)
        return AGON_ERANGE;
    *value = first == 1 ? -(int64_t)total : (int64_t)total;
    return AGON_OK;
}

START_TEST(random_text_is_read_as_a_slow_reader_reads_it)
{
    static const char alphabet[] = "00000123456789999..-e+ x";
    struct rng rng;

    rng_init(&rng, 3);
    for (int i = 0; i < 1500000; i++) {
        char text[32];
        size_t n = rng_below(&rng, i % 3 == 0 ? 30 : 8);
        // Mostly digits, or hardly any of it would be a number.
        uint64_t letters = i % 2 == 0 ? 17 : sizeof(alphabet) - 1;
        int exp = (int)rng_below(&rng, 19);
        int64_t got = 7;
        int64_t want = 7;

        for (size_t k = 0; k < n; k++)
            text[k] = alphabet[rng_below(&rng, letters)];
        if (n > 3 && i % 5 == 0)
            text[1 + rng_below(&rng, n - 2)] = '.';
        MUST_EQ(num_parse(text, n, exp, &got), read_slowly(text, n, exp, &want));
        MUST_EQ(got, want);
    }
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    struct rng rng;

    rng_init(&rng, 4);
    for (int i = 0; i < 500000; i++) {
        int64_t value = any(&rng);
        int exp = (int)rng_below(&rng, 19);
        char text[NUM_TEXT];
        int64_t back;
        int least;
        int n = num_format(value, exp, text);

        MUST(n < NUM_TEXT && text[n] == '\0' && strlen(text) == (size_t)n);
        MUST(exp == 0 ? strchr(text, '.') == NULL : text[n - exp - 1] == '.');
        if (value == INT64_MIN)
            continue; // no number here
        MUST_EQ(num_parse(text, (size_t)n, exp, &back), AGON_OK);
        MUST_EQ(back, value);
        n = num_format_short(value, exp, text);
        MUST_EQ(num_parse(text, (size_t)n, exp, &back), AGON_OK);
        MUST_EQ(back, value);
        MUST(strchr(text, '.') == NULL || text[n - 1] != '0');
        MUST_EQ(num_parse_exp(text, (size_t)n, &back, &least), AGON_OK);
        MUST(least <= exp);
        MUST_EQ(num_rescale(back, least, exp, NUM_DOWN), value);
    }
}
END_TEST

static const struct {
    int64_t value;
    int exp;
    const char *full, *brief;
} texts[] = {
    {-5, 2, "-0.05", "-0.05"},
    {0, 0, "0", "0"},
    {0, 3, "0.000", "0"},
    {3000000, 2, "30000.00", "30000"},
    {1, 18, "0.000000000000000001", "0.000000000000000001"},
    {INT64_MAX, 0, "9223372036854775807", "9223372036854775807"},
    {NUM_MIN, 18, "-9.223372036854775807", "-9.223372036854775807"},
    {INT64_MIN, 0, "-9223372036854775808", "-9223372036854775808"},
    {12340, 3, "12.340", "12.34"},
    {100, 0, "100", "100"},
};

START_TEST(decimals_are_written_plainly)
{
    char text[NUM_TEXT];

    num_format(texts[_i].value, texts[_i].exp, text);
    ck_assert_str_eq(text, texts[_i].full);
    num_format_short(texts[_i].value, texts[_i].exp, text);
    ck_assert_str_eq(text, texts[_i].brief);
}
END_TEST

static const struct {
    double value;
    int exp;
    int64_t want[5]; // down, up, zero, away, even
} doubles[] = {
    {0.5, 0, {0, 1, 0, 1, 0}},
    {1.5, 0, {1, 2, 1, 2, 2}},
    {-0.5, 0, {-1, 0, 0, -1, 0}},
    {-1.5, 0, {-2, -1, -1, -2, -2}},
    {-2.25, 1, {-23, -22, -22, -23, -22}},
    {2.75, 1, {27, 28, 27, 28, 28}},
    {0.0, 8, {0, 0, 0, 0, 0}},
    {-0.0, 8, {0, 0, 0, 0, 0}},
    {1e-300, 8, {0, 1, 0, 1, 0}},
    {-1e-300, 8, {-1, 0, 0, -1, 0}},
    {1024, 0, {1024, 1024, 1024, 1024, 1024}},
};

START_TEST(doubles_become_counts_only_as_told)
{
    int64_t count;

    for (int r = 0; r < 5; r++) {
        MUST_EQ(num_from_double(doubles[_i].value, doubles[_i].exp, rounds[r], &count), AGON_OK);
        ck_assert_msg(count == doubles[_i].want[r], "%g, rounding %d: %lld", doubles[_i].value,
                      rounds[r], (long long)count);
    }
}
END_TEST

START_TEST(doubles_that_fit_nowhere_are_refused)
{
    static const double bad[] = {1e19, -1e19, 1e300, -1e300, 9.3e18};
    int64_t count = 5;

    for (int i = 0; i < 5; i++)
        MUST_EQ(num_from_double(bad[i], 0, NUM_EVEN, &count), AGON_ERANGE);
    MUST_EQ(num_from_double(__builtin_nan(""), 2, NUM_EVEN, &count), AGON_ERANGE);
    MUST_EQ(num_from_double(__builtin_inf(), 2, NUM_EVEN, &count), AGON_ERANGE);
    MUST_EQ(num_from_double(-__builtin_inf(), 2, NUM_EVEN, &count), AGON_ERANGE);
    MUST_EQ(num_from_double(1e3, 18, NUM_EVEN, &count), AGON_ERANGE);
    MUST_EQ(count, 5);
    MUST(num_to_double(-1250, 3) == -1.25);
}
END_TEST

START_TEST(numbers_of_files_may_have_an_exponent)
{
    static const struct {
        const char *text;
        int exp, rc;
        int64_t value;
    } cases[] = {{"1e-7", 7, AGON_OK, 1},
                 {"1E-7", 8, AGON_OK, 10},
                 {"-1.5e-7", 8, AGON_OK, -15},
                 {"1.50e-7", 8, AGON_OK, 15},
                 {"1e12", 2, AGON_OK, 100000000000000},
                 {"1.5e+3", 0, AGON_OK, 1500},
                 {"0.5e1", 0, AGON_OK, 5},
                 {"0.05e1", 1, AGON_OK, 5},
                 {"0e0", 0, AGON_OK, 0},
                 {"0e-30", 0, AGON_OK, 0},
                 {"12.345e1", 2, AGON_OK, 12345},
                 {"12.345", 3, AGON_OK, 12345},
                 {"1e-7", 6, AGON_ERANGE, 0},
                 {"1e19", 0, AGON_ERANGE, 0},
                 {"9.223372036854775807e18", 0, AGON_OK, NUM_MAX},
                 {"1e99999999999999999999", 0, AGON_ERANGE, 0},
                 {"e5", 0, AGON_EINVAL, 0},
                 {"1e", 0, AGON_EINVAL, 0},
                 {"1e+", 0, AGON_EINVAL, 0},
                 {"1e5x", 0, AGON_EINVAL, 0},
                 {"1e5e5", 0, AGON_EINVAL, 0},
                 {"01e5", 0, AGON_EINVAL, 0},
                 {".5e5", 0, AGON_EINVAL, 0},
                 {"1.e5", 0, AGON_EINVAL, 0},
                 {"+1e5", 0, AGON_EINVAL, 0},
                 {"-e5", 0, AGON_EINVAL, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 0;
        int rc = num_read(cases[i].text, strlen(cases[i].text), cases[i].exp, &value);

        ck_assert_msg(rc == cases[i].rc && value == cases[i].value, "%s: %d, %lld", cases[i].text,
                      rc, (long long)value);
    }
    ck_assert_int_eq(num_parse("1e-7", 4, 8, &(int64_t){0}), AGON_EINVAL); // not on the wire
    ck_assert(num_is_too_fine("1e-7", 4, 6));
    ck_assert(!num_is_too_fine("1e-7", 4, 7));
    ck_assert(!num_is_too_fine("1e19", 4, 0));
    ck_assert(!num_is_too_fine("1.50", 4, 1));
}
END_TEST

START_TEST(checked_sums_are_exact_or_refused)
{
    int64_t sum = 7;

    ck_assert(num_add_checked(NUM_MAX - 1, 1, &sum) && sum == NUM_MAX);
    ck_assert(!num_add_checked(NUM_MAX, 1, &sum) && sum == NUM_MAX);
    ck_assert(num_add_checked(NUM_MIN + 1, -1, &sum) && sum == NUM_MIN);
    ck_assert(!num_add_checked(NUM_MIN, -1, &sum) && sum == NUM_MIN);
    ck_assert(num_mul_checked(NUM_MAX, -1, &sum) && sum == NUM_MIN);
    ck_assert(!num_mul_checked(NUM_MAX / 2 + 1, 2, &sum) && sum == NUM_MIN);
    ck_assert(num_is_full(NUM_MAX) && num_is_full(NUM_MIN) && num_is_full(INT64_MIN));
    ck_assert(!num_is_full(NUM_MAX - 1) && !num_is_full(NUM_MIN + 1));
}
END_TEST

static void write_it(uint64_t value)
{
    char text[NUM_DIGITS + 8], want[NUM_TEXT];
    uint32_t n = (uint32_t)snprintf(want, sizeof(want), "%llu", (unsigned long long)value);

    memset(text, 'x', sizeof(text));
    ck_assert_uint_eq(num_write(value, text), n);
    ck_assert_mem_eq(text, want, n);
    for (size_t at = NUM_DIGITS; at < sizeof(text); at++)
        ck_assert_int_eq(text[at], 'x');
}

/* As the C library writes them: each number of digits at both its ends, and any; no byte beyond. */
START_TEST(digits_are_written_from_the_front)
{
    struct rng rng;

    rng_init(&rng, 168);
    write_it(0);
    write_it(UINT64_MAX);
    for (uint64_t ten = 1; ten <= 10000000000000000000u / 10; ten *= 10) {
        write_it(ten);
        write_it(ten * 10 - 1);
        write_it(ten * 10);
    }
    for (int i = 0; i < 100000; i++)
        write_it(rng_u64(&rng) >> rng_u64(&rng) % 64);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("num");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, numbers_of_files_may_have_an_exponent);
    tcase_add_test(tcase, checked_sums_are_exact_or_refused);
    tcase_add_loop_test(tcase, each_rounding_is_what_its_name_says, 0,
                        (int)(sizeof(divisions) / sizeof(divisions[0])));
    tcase_add_test(tcase, products_and_quotients_agree_with_128_bits);
    tcase_add_test(tcase, notional_is_one_rounding_of_the_exact_product);
    tcase_add_test(tcase, nothing_wraps);
    tcase_add_loop_test(tcase, only_plain_decimals_are_read, 0,
                        (int)(sizeof(numbers) / sizeof(numbers[0])));
    tcase_add_test(tcase, a_quantity_finer_than_its_exponent_is_cut);
    tcase_add_test(tcase, four_hundred_digits_are_refused_and_exactly_n_bytes_are_read);
    tcase_add_loop_test(tcase, the_smallest_exponent_is_found, 0,
                        (int)(sizeof(steps) / sizeof(steps[0])));
    tcase_add_test(tcase, random_text_is_read_as_a_slow_reader_reads_it);
    tcase_add_test(tcase, what_is_written_is_read_back);
    tcase_add_test(tcase, digits_are_written_from_the_front);
    tcase_add_loop_test(tcase, decimals_are_written_plainly, 0,
                        (int)(sizeof(texts) / sizeof(texts[0])));
    tcase_add_loop_test(tcase, doubles_become_counts_only_as_told, 0,
                        (int)(sizeof(doubles) / sizeof(doubles[0])));
    tcase_add_test(tcase, doubles_that_fit_nowhere_are_refused);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
