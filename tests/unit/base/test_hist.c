// SPDX-License-Identifier: Apache-2.0
/* hist: a quantile is never below the true one and at most a 64th above it. */
#include <stdlib.h>
#include <string.h>

#include "../../support/must.h"
#include "base/hist.h"
#include "base/rng.h"

static struct hist hist;
static struct hist other;
static int64_t values[20000];

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void must_be_close(int64_t got, int64_t want)
{
    MUST(got >= want);
    MUST(got - want <= want / 64);
}

START_TEST(quantiles_are_within_a_64th)
{
    static const double q[] = {0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1};
    struct rng rng;
    double sum = 0;

    rng_init(&rng, 41 + (uint64_t)_i);
    hist_clear(&hist);
    hist_clear(&other);
    for (int i = 0; i < 20000; i++) {
        values[i] = (int64_t)(rng_u64(&rng) >> (1 + rng_below(&rng, 63)));
        hist_add(i % 3 == 0 ? &other : &hist, values[i]);
        sum += (double)values[i];
    }
    hist_merge(&hist, &other);
    qsort(values, 20000, sizeof(values[0]), by_value);
    MUST_EQ(hist.n, 20000);
    MUST_EQ(hist.min_ns, values[0]);
    MUST_EQ(hist.max_ns, values[19999]);
    MUST(hist.sum_ns > sum * 0.999999 && hist.sum_ns < sum * 1.000001);
    for (int i = 0; i < 8; i++)
        must_be_close(hist_quantile(&hist, q[i]), values[(int)(q[i] * 19999)]);
    MUST_EQ(hist_quantile(&hist, 1), values[19999]);
}
END_TEST

START_TEST(each_single_value_is_its_own_quantile)
{
    struct rng rng;

    rng_init(&rng, 50);
    for (int i = 0; i < 20000; i++) {
        int64_t value = (int64_t)(rng_u64(&rng) >> (1 + rng_below(&rng, 63)));

        if (i < 300)
            value = i;
        if (i >= 300 && i < 363)
            value = (int64_t)((uint64_t)1 << (i - 300)) - 1;
        if (i == 363)
            value = INT64_MAX;
        hist.n = 0;
        hist.max_ns = 0;
        hist_add(&hist, value);
        MUST_EQ(hist_quantile(&hist, 0.5) >= 0, 1);
        hist_clear(&other);
        hist_add(&other, value);
        hist_add(&other, INT64_MAX); // so that the maximum does not answer for the bucket
        must_be_close(hist_quantile(&other, 0), value);
    }
}
END_TEST

START_TEST(negative_is_zero_and_empty_is_zero)
{
    hist_clear(&hist);
    hist_clear(&other);
    MUST_EQ(hist_quantile(&hist, 0.5), 0);
    hist_merge(&hist, &other);
    MUST_EQ(hist.n, 0);
    hist_add(&hist, -5);
    MUST_EQ(hist.min_ns, 0);
    MUST_EQ(hist_quantile(&hist, 1), 0);
    MUST_EQ(hist.n, 1);
}
END_TEST

static struct hist_small small;
static struct hist_small seen;

START_TEST(a_small_one_is_within_an_eighth)
{
    static const double q[] = {0, 0.25, 0.5, 0.9, 0.99, 1};
    const int64_t least = 256;
    const int64_t most = (int64_t)1 << 34;
    struct rng rng;
    uint64_t sum = 0;

    rng_init(&rng, 61 + (uint64_t)_i);
    hist_small_clear(&small);
    for (int i = 0; i < 20000; i++) {
        // From below what it tells apart to above it.
        values[i] = (int64_t)(rng_u64(&rng) >> (27 + rng_below(&rng, 37)));
        hist_small_add(&small, values[i]);
        sum += (uint64_t)values[i];
    }
    hist_small_copy(&seen, &small);
    hist_of_small(&hist, &seen);
    qsort(values, 20000, sizeof(values[0]), by_value);
    MUST_EQ(hist.n, 20000);
    MUST_EQ(small.sum_ns, sum);
    for (int i = 0; i < 6; i++) {
        int64_t want = values[(int)(q[i] * 19999)];
        int64_t got = hist_quantile(&hist, q[i]);

        if (want < least) {
            MUST(got < least);
        } else if (want >= most) {
            MUST(got >= most);
        } else {
            MUST(got >= want);
            MUST(got - want <= want / 8);
        }
    }
    for (int64_t ns = least; ns <= most; ns *= 2) {
        uint64_t n = 0;

        while (n < 20000 && values[n] < ns)
            n++;
        MUST_EQ(hist_below(&hist, ns), n);
    }
}
END_TEST

START_TEST(whatever_a_writer_leaves_is_a_histogram)
{
    struct rng rng;
    uint64_t before = 0;

    hist_small_clear(&small);
    hist_small_add(&small, -5);
    hist_small_add(&small, INT64_MAX);
    hist_small_copy(&seen, &small);
    hist_of_small(&hist, &seen);
    MUST_EQ(hist.n, 2);
    MUST_EQ(hist_below(&hist, 256), 1);
    rng_init(&rng, 71);
    for (uint32_t i = 0; i < HIST_SMALL_BUCKETS; i++)
        small.count[i] = i % 3 == 0 ? UINT64_MAX : rng_u64(&rng);
    small.sum_ns = UINT64_MAX;
    hist_small_copy(&seen, &small);
    hist_of_small(&hist, &seen);
    for (int64_t ns = 1; ns <= (int64_t)1 << 40; ns *= 2) {
        uint64_t below = hist_below(&hist, ns);

        MUST(below >= before);
        MUST(below <= hist.n);
        before = below;
    }
    MUST_EQ(before, hist.n);
    MUST(hist_quantile(&hist, 0.5) > 0);
    hist_small_clear(&small);
    hist_small_copy(&seen, &small);
    hist_of_small(&hist, &seen);
    MUST_EQ(hist.n, 0);
    MUST_EQ(hist_quantile(&hist, 0.99), 0);
}
END_TEST

START_TEST(n_times_the_same_is_as_one_by_one)
{
    static struct hist_small at_once, by_one;
    struct rng rng;

    rng_init(&rng, 60);
    hist_clear(&hist);
    hist_clear(&other);
    hist_small_clear(&at_once);
    hist_small_clear(&by_one);
    for (int i = 0; i < 2000; i++) {
        int64_t value = (int64_t)(rng_u64(&rng) >> (24 + rng_below(&rng, 40)));
        uint32_t n = (uint32_t)rng_below(&rng, 9);

        hist_add_n(&hist, value, n);
        if (n > 0)
            hist_small_add_n(&at_once, value, n);
        for (uint32_t k = 0; k < n; k++) {
            hist_add(&other, value);
            hist_small_add(&by_one, value);
        }
    }
    MUST_EQ(hist.n, other.n);
    MUST_EQ(hist.min_ns, other.min_ns);
    MUST_EQ(hist.max_ns, other.max_ns);
    MUST(hist.sum_ns > other.sum_ns * 0.999999 && hist.sum_ns < other.sum_ns * 1.000001);
    MUST(memcmp(hist.count, other.count, sizeof(hist.count)) == 0);
    MUST(memcmp(&at_once, &by_one, sizeof(at_once)) == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hist");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, quantiles_are_within_a_64th, 0, 4);
    tcase_add_test(tcase, each_single_value_is_its_own_quantile);
    tcase_add_test(tcase, negative_is_zero_and_empty_is_zero);
    tcase_add_loop_test(tcase, a_small_one_is_within_an_eighth, 0, 4);
    tcase_add_test(tcase, whatever_a_writer_leaves_is_a_histogram);
    tcase_add_test(tcase, n_times_the_same_is_as_one_by_one);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
