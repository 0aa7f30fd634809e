// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "venue/scan.h"

static const struct {
    const char *text;
    int exp;
    int rc;
    int64_t value;
} decimals[] = {
    {"\"61837.63000000\"", 8, AGON_OK, 6183763000000},
    {"\"61837.63000000\"", 2, AGON_OK, 6183763},
    {"\"61837.63000000\"", 1, AGON_ERANGE, 0},
    {"\"0.00000001\"", 8, AGON_OK, 1},
    {"\"0.00000001\"", 7, AGON_ERANGE, 0},
    {"61837.63", 2, AGON_OK, 6183763},
    {"61837", 2, AGON_OK, 6183700},
    {"\"12345678.12345678\"", 8, AGON_OK, 1234567812345678},
    {"\"123456789.12345678\"", 8, AGON_OK, 12345678912345678},
    {"\"1.123456789\"", 9, AGON_OK, 1123456789},
    {"\"1.123456789\"", 8, AGON_ERANGE, 0},
    {"\"1.1234567800\"", 8, AGON_OK, 112345678},
    {"\"1.5\"", 0, AGON_ERANGE, 0},
    {"\"1.0\"", 0, AGON_OK, 1},
    {"\"1.50000000\"", 18, AGON_OK, 1500000000000000000},
    {"\"9223372036854775807\"", 0, AGON_OK, INT64_MAX},
    {"\"9223372036854775808\"", 0, AGON_ERANGE, 0},
    {"\"-0.5\"", 1, AGON_OK, -5},
    {"-0.5", 1, AGON_OK, -5},
    {"\"0\"", 8, AGON_OK, 0},
    {"0", 8, AGON_OK, 0},
    {"-0", 8, AGON_OK, 0},
    {"\"\\u0031.5\"", 1, AGON_OK, 15},
    {"1e400", 8, AGON_EINVAL, 0},
    {"1e-30", 8, AGON_EINVAL, 0},
    {"1.5e1", 8, AGON_EINVAL, 0},
    {"NaN", 8, AGON_EINVAL, 0},
    {"Infinity", 8, AGON_EINVAL, 0},
    {"\"NaN\"", 8, AGON_EINVAL, 0},
    {"00.1", 8, AGON_EINVAL, 0},
    {"\"00.10000000\"", 8, AGON_EINVAL, 0},
    {".5", 8, AGON_EINVAL, 0},
    {"1.", 8, AGON_EINVAL, 0},
    {"\"1.\"", 8, AGON_EINVAL, 0},
    {"\".50000000\"", 8, AGON_EINVAL, 0},
    {"0x1", 8, AGON_EINVAL, 0},
    {"+1", 8, AGON_EINVAL, 0},
    {"\"1,000.00\"", 8, AGON_EINVAL, 0},
    {"\"\xef\xbc\x91\"", 8, AGON_EINVAL, 0},
    {"\"\"", 8, AGON_EINVAL, 0},
    {"\" 1.5\"", 8, AGON_EINVAL, 0},
    {"\"1.5 \"", 8, AGON_EINVAL, 0},
    {"1..5", 8, AGON_EINVAL, 0},
    {"1.5.5", 8, AGON_EINVAL, 0},
    {"null", 8, AGON_EINVAL, 0},
    {"true", 8, AGON_EINVAL, 0},
    {"[1]", 8, AGON_EINVAL, 0},
    {"", 8, AGON_EINVAL, 0},
    {"\"1.5", 8, AGON_EINVAL, 0},
};

/* Each text alone in a block of its length, and once more in front of others, so that both the fast
 * and the careful way read it. */
START_TEST(decimals_are_digits_to_counts_or_refused)
{
    const char *text = decimals[_i].text;
    size_t n = strlen(text);

    for (int round = 0; round < 2; round++) {
        size_t pad = round == 0 ? 0 : 64;
        char *exact = malloc(n + pad + 1);
        int64_t value = 0;
        struct scan scan;
        int rc;

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text, n);
        memset(exact + n, ' ', pad);
        scan_init(&scan, exact, n + pad);
        rc = scan_decimal(&scan, decimals[_i].exp, &value);
        if (rc == AGON_OK)
            rc = scan_end(&scan);
        ck_assert_msg(rc == decimals[_i].rc, "%s at %d: %d", text, decimals[_i].exp, rc);
        if (rc == AGON_OK)
            ck_assert_msg(value == decimals[_i].value, "%s: %ld", text, (long)value);
        free(exact);
    }
}
END_TEST

START_TEST(fast_and_careful_way_agree)
{
    struct rng rng;

    rng_init(&rng, 1);
    for (int i = 0; i < 200000; i++) {
        char text[64];
        char pair[160];
        int n = 0;
        int exp = (int)rng_below(&rng, 10);
        uint64_t n_int = 1 + rng_below(&rng, 10);
        uint64_t n_frac = rng_below(&rng, 11);
        int64_t want = 0;
        int64_t got = 0;
        int64_t again = 0;
        struct scan scan;
        int rc;
        int rc_want;
        int is_cut;
        uint64_t n_cut = 0;

        for (uint64_t k = 0; k < n_int; k++)
            text[n++] = (char)('0' + rng_below(&rng, 10));
        if (n_frac > 0) {
            text[n++] = rng_below(&rng, 50) == 0 ? ',' : '.';
            for (uint64_t k = 0; k < n_frac; k++)
                text[n++] = rng_below(&rng, 3) == 0 ? (char)('0' + rng_below(&rng, 10)) : '0';
        }
        text[n] = 0;
        rc_want = num_parse(text, (size_t)n, exp, &want);
        snprintf(pair, sizeof(pair), "[\"%s\",\"%s\"]                         ", text, text);
        scan_init(&scan, pair, strlen(pair));
        rc = scan_level(&scan, exp, &got, exp, &again, &n_cut);
        ck_assert_msg(rc == rc_want, "%s at %d: %d, want %d", text, exp, rc, rc_want);
        if (rc == AGON_OK) {
            ck_assert_int_eq(got, want);
            ck_assert_int_eq(again, want);
            ck_assert_int_eq(scan_end(&scan), AGON_OK);
        }
        ck_assert_uint_eq(n_cut, 0); // the first of the two was refused before
        // A quantity is cut where a price is refused.
        is_cut = rc_want = num_parse_qty(text, (size_t)n, exp, &want);
        snprintf(pair, sizeof(pair), "[\"1.5\",\"%s\"]                         ", text);
        scan_init(&scan, pair, strlen(pair));
        rc = scan_level(&scan, 1, &got, exp, &again, &n_cut);
        ck_assert_int_eq(rc, rc_want < 0 ? rc_want : AGON_OK);
        if (rc == AGON_OK)
            ck_assert_int_eq(again, want);
        ck_assert_uint_eq(n_cut, is_cut == 1);
        scan_init(&scan, pair + 7, strlen(pair) - 8);
        ck_assert_int_eq(scan_qty(&scan, exp, &again, &n_cut), rc);
    }
}
END_TEST

static const struct {
    const char *text;
    int rc;
} documents[] = {
    {"{}", AGON_OK},
    {"[]", AGON_OK},
    {" { \"a\" : [ 1 , 2.5e-3 , \"x\\n\\u00e9\" , null , true , false , { } ] } ", AGON_OK},
    {"{\"a\":1,\"b\":{\"c\":[[],[[]]]}}", AGON_OK},
    {"0", AGON_OK},
    {"\"\\ud83d\\ude00\"", AGON_OK},
    {"{\"a\":1,}", AGON_EINVAL},
    {"[1,]", AGON_EINVAL},
    {"[,1]", AGON_EINVAL},
    {"[1 2]", AGON_EINVAL},
    {"{\"a\"}", AGON_EINVAL},
    {"{\"a\":}", AGON_EINVAL},
    {"{a:1}", AGON_EINVAL},
    {"{1:1}", AGON_EINVAL},
    {"{\"a\":1}}", AGON_EINVAL},
    {"{\"a\":1} {}", AGON_EINVAL},
    {"[1}", AGON_EINVAL},
    {"{\"a\":1]", AGON_EINVAL},
    {"\"\\x\"", AGON_EINVAL},
    {"\"\\u12g4\"", AGON_EINVAL},
    {"\"\\u12\"", AGON_EINVAL},
    {"\"a\nb\"", AGON_EINVAL},
    {"tru", AGON_EINVAL},
    {"nul", AGON_EINVAL},
    {"01", AGON_EINVAL},
    {"1.", AGON_EINVAL},
    {"-", AGON_EINVAL},
    {"1e", AGON_EINVAL},
    {"--1", AGON_EINVAL},
    {"1-1", AGON_EINVAL},
    {"NaN", AGON_EINVAL},
    {"", AGON_EINVAL},
    {" ", AGON_EINVAL},
    {"\xef\xbb\xbf{}", AGON_EINVAL},
};

START_TEST(skipping_knows_json_from_what_is_not)
{
    size_t n = strlen(documents[_i].text);
    char *exact = malloc(n + 1);
    struct scan scan;
    int rc;

    ck_assert_ptr_nonnull(exact);
    memcpy(exact, documents[_i].text, n);
    scan_init(&scan, exact, n);
    rc = scan_skip(&scan);
    if (rc == AGON_OK)
        rc = scan_end(&scan);
    ck_assert_msg(rc == documents[_i].rc, "%s: %d", documents[_i].text, rc);
    free(exact);
}
END_TEST

START_TEST(nesting_ends_at_32)
{
    char text[128];
    struct scan scan;

    for (int depth = 31; depth <= 33; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        scan_init(&scan, text, (size_t)depth * 2);
        ck_assert_int_eq(scan_skip(&scan), depth <= 32 ? AGON_OK : AGON_EINVAL);
    }
}
END_TEST

START_TEST(a_hundred_thousand_levels_cost_nothing)
{
    size_t n = 100000;
    char *text = malloc(n);
    struct scan scan;

    ck_assert_ptr_nonnull(text);
    memset(text, '[', n);
    scan_init(&scan, text, n);
    ck_assert_int_eq(scan_skip(&scan), AGON_EINVAL);
    free(text);
}
END_TEST

START_TEST(keys_are_compared_decoded_and_doubles_refused)
{
    const char *text = "{\"\\u0070\":1,\"q\":2,\"p\":3}";
    struct scan scan;
    struct scan_text key;
    uint64_t seen = 0;
    uint64_t value;

    scan_init(&scan, text, strlen(text));
    ck_assert_int_eq(scan_object(&scan), AGON_OK);
    ck_assert_int_eq(scan_key(&scan, &key), 1);
    ck_assert(scan_is(&key, "p"));
    ck_assert_int_eq(scan_once(&scan, &seen, 0), AGON_OK);
    ck_assert_int_eq(scan_u64(&scan, &value), AGON_OK);
    ck_assert_int_eq(scan_key(&scan, &key), 1);
    ck_assert_int_eq(scan_skip(&scan), AGON_OK);
    ck_assert_int_eq(scan_key(&scan, &key), 1);
    ck_assert(scan_is(&key, "p"));
    ck_assert_int_eq(scan_once(&scan, &seen, 0), AGON_EINVAL);
    ck_assert_int_eq(scan_u64(&scan, &value), AGON_EINVAL); // stopped for good
    ck_assert_int_eq(scan_end(&scan), AGON_EINVAL);
}
END_TEST

static const struct {
    const char *text;
    int rc;
    uint64_t value;
} integers[] = {
    {"0", AGON_OK, 0},
    {"7", AGON_OK, 7},
    {"1723161255208", AGON_OK, 1723161255208},
    {"12345678", AGON_OK, 12345678},
    {"123456789012345", AGON_OK, 123456789012345},
    {"1234567890123456", AGON_OK, 1234567890123456},
    {"18446744073709551615", AGON_OK, UINT64_MAX},
    {"18446744073709551616", AGON_ERANGE, 0},
    {"00000000001", AGON_EINVAL, 0},
    {"01", AGON_EINVAL, 0},
    {"-1", AGON_EINVAL, 0},
    {"1.0", AGON_EINVAL, 0},
    {"12345678.5", AGON_EINVAL, 0},
    {"1723161255208e3", AGON_EINVAL, 0},
    {"\"1\"", AGON_EINVAL, 0},
    {"null", AGON_EINVAL, 0},
    {"", AGON_EINVAL, 0},
};

START_TEST(integers_are_whole_or_refused)
{
    size_t n = strlen(integers[_i].text);

    for (int round = 0; round < 2; round++) {
        size_t pad = round == 0 ? 0 : 32;
        char *exact = malloc(n + pad + 1);
        struct scan scan;
        uint64_t value = 0;
        int rc;

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, integers[_i].text, n);
        memset(exact + n, ' ', pad);
        scan_init(&scan, exact, n + pad);
        rc = scan_u64(&scan, &value);
        if (rc == AGON_OK)
            rc = scan_end(&scan);
        ck_assert_msg(rc == integers[_i].rc, "%s: %d", integers[_i].text, rc);
        if (rc == AGON_OK)
            ck_assert_uint_eq(value, integers[_i].value);
        free(exact);
    }
}
END_TEST

START_TEST(text_is_copied_decoded_and_cut)
{
    const char *text = "\"a\\u00e9\\n\\ud83d\\ude00\\ud800b\"";
    char copy[32];
    char small[4];
    struct scan scan;

    scan_init(&scan, text, strlen(text));
    ck_assert_int_eq(scan_copy(&scan, copy, sizeof(copy)), AGON_OK);
    ck_assert_str_eq(copy, "a\xc3\xa9\n\xf0\x9f\x98\x80\xef\xbf\xbd"
                           "b");
    scan_init(&scan, text, strlen(text));
    ck_assert_int_eq(scan_copy(&scan, small, sizeof(small)), AGON_OK);
    ck_assert_str_eq(small, "a\xc3\xa9");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tcase = tcase_create("scan");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, decimals_are_digits_to_counts_or_refused, 0,
                        (int)(sizeof(decimals) / sizeof(decimals[0])));
    tcase_add_test(tcase, fast_and_careful_way_agree);
    tcase_add_loop_test(tcase, skipping_knows_json_from_what_is_not, 0,
                        (int)(sizeof(documents) / sizeof(documents[0])));
    tcase_add_test(tcase, nesting_ends_at_32);
    tcase_add_test(tcase, a_hundred_thousand_levels_cost_nothing);
    tcase_add_test(tcase, keys_are_compared_decoded_and_doubles_refused);
    tcase_add_loop_test(tcase, integers_are_whole_or_refused, 0,
                        (int)(sizeof(integers) / sizeof(integers[0])));
    tcase_add_test(tcase, text_is_copied_decoded_and_cut);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
