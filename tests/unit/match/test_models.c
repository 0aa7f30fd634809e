// SPDX-License-Identifier: Apache-2.0
/* Latency and impact are the functions they are said to be. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "match/impact.h"
#include "match/latency.h"

#define MS INT64_C(1000000)

static struct latency model(uint32_t kind, double sigma)
{
    struct latency latency = {.seed = 9};

    for (int i = 0; i < LATENCY_LEGS; i++)
        latency.legs[i] = (struct latency_model){.kind = kind,
                                                 .median_ns = 20 * MS,
                                                 .min_ns = 5 * MS,
                                                 .max_ns = 90 * MS,
                                                 .sigma = sigma};
    return latency;
}

START_TEST(constant_is_constant)
{
    struct latency latency = model(LATENCY_CONSTANT, 0);

    ck_assert_int_eq(latency_ns(&latency, LATENCY_ENTRY, 0), 20 * MS);
    ck_assert_int_eq(latency_ns(&latency, LATENCY_ACK, 12345), 20 * MS);
}
END_TEST

START_TEST(log_normal_has_its_median_and_spread_within_bounds)
{
    /* Of a log-normal with sigma 0.5: half below the median, 15.87 % below median * exp(-0.5) =
     * 12.13 ms, 84.13 % below median * exp(0.5) = 32.97 ms. */
    struct latency latency = model(LATENCY_LOG_NORMAL, 0.5);
    int below[3] = {0};

    for (uint64_t n = 0; n < 20000; n++) {
        int64_t ns = latency_ns(&latency, LATENCY_MARKET, n);

        if (ns < 5 * MS || ns > 90 * MS)
            ck_abort_msg("%lld", (long long)ns);
        below[0] += ns < 12130613;
        below[1] += ns < 20000000;
        below[2] += ns < 32974425;
    }
    ck_assert_int_lt(abs(below[0] - 3173), 200);
    ck_assert_int_lt(abs(below[1] - 10000), 250);
    ck_assert_int_lt(abs(below[2] - 16827), 200);
}
END_TEST

START_TEST(a_message_keeps_its_delay_in_any_order)
{
    struct latency latency = model(LATENCY_LOG_NORMAL, 1);
    int64_t seventh = latency_ns(&latency, LATENCY_ENTRY, 7);

    ck_assert_int_ne(latency_ns(&latency, LATENCY_ENTRY, 8), seventh);
    ck_assert_int_ne(latency_ns(&latency, LATENCY_ACK, 7), seventh);
    ck_assert_int_eq(latency_ns(&latency, LATENCY_ENTRY, 7), seventh);
    latency.seed++;
    ck_assert_int_ne(latency_ns(&latency, LATENCY_ENTRY, 7), seventh);
}
END_TEST

START_TEST(a_stream_keeps_its_order)
{
    struct latency latency = model(LATENCY_LOG_NORMAL, 1);
    agon_ns_t t_last = 0;

    for (uint64_t n = 0; n < 1000; n++) {
        agon_ns_t at = latency_arrival(&latency, LATENCY_MARKET, n, (agon_ns_t)n * MS, t_last);

        ck_assert(at >= t_last && at >= (agon_ns_t)n * MS);
        t_last = at;
    }
}
END_TEST

START_TEST(models_that_make_no_sense_are_refused)
{
    struct latency latency = model(LATENCY_LOG_NORMAL, 0.5);
    struct impact impact = {IMPACT_SQRT, 0, 1, 0.03, 1e6};
    struct error err = {0};

    ck_assert_int_eq(latency_check(&latency, &err), AGON_OK);
    latency.legs[1].sigma = (double)NAN;
    ck_assert_int_eq(latency_check(&latency, &err), AGON_EINVAL);
    latency = model(2, 0.5);
    ck_assert_int_eq(latency_check(&latency, NULL), AGON_EINVAL);
    latency = model(0, 0.5);
    latency.legs[2].min_ns = 91 * MS;
    ck_assert_int_eq(latency_check(&latency, NULL), AGON_EINVAL);
    latency.legs[2].min_ns = -1;
    ck_assert_int_eq(latency_check(&latency, NULL), AGON_EINVAL);
    ck_assert_int_eq(impact_check(&impact, NULL), AGON_OK);
    impact.volume_qty = 0;
    ck_assert_int_eq(impact_check(&impact, NULL), AGON_EINVAL);
    impact.kind = 4;
    ck_assert_int_eq(impact_check(&impact, NULL), AGON_EINVAL);
}
END_TEST

START_TEST(impact_grows_with_size_as_its_law_says)
{
    /* 3 % a day, 1,000,000 traded a day, an order of 10,000: 1 % of it. Square root: 0.03 * 0.1 =
     * 0.3 %. Linear: 0.03 * 0.01 = 0.03 %. Logarithm: 0.03 * log(1.01) = 0.0298510 %. */
    struct impact impact = {IMPACT_SQRT, 0, 1, 0.03, 1e6};

    ck_assert_double_eq_tol(impact_fraction(&impact, 10000), 0.003, 1e-12);
    ck_assert_int_eq(impact_px(&impact, AGON_BUY, 100000, 10000), 100300);
    ck_assert_int_eq(impact_px(&impact, AGON_SELL, 100000, 10000), 99700);
    ck_assert_int_eq(impact_px(&impact, AGON_BUY, 100001, 10000), 100302); // 300.003 up
    ck_assert_int_eq(impact_px(&impact, AGON_SELL, 10, INT64_MAX), 1);
    impact.kind = IMPACT_LINEAR;
    ck_assert_double_eq_tol(impact_fraction(&impact, 10000), 0.0003, 1e-12);
    impact.kind = IMPACT_LOG;
    ck_assert_double_eq_tol(impact_fraction(&impact, 10000), 0.000298509925, 1e-12);
    impact.kind = IMPACT_NONE;
    ck_assert_int_eq(impact_px(&impact, AGON_BUY, 100000, 10000), 100000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_models");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, constant_is_constant);
    tcase_add_test(tcase, log_normal_has_its_median_and_spread_within_bounds);
    tcase_add_test(tcase, a_message_keeps_its_delay_in_any_order);
    tcase_add_test(tcase, a_stream_keeps_its_order);
    tcase_add_test(tcase, models_that_make_no_sense_are_refused);
    tcase_add_test(tcase, impact_grows_with_size_as_its_law_says);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
