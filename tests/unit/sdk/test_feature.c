// SPDX-License-Identifier: Apache-2.0
/* What <agon/feature.h> promises beside its figures, which integration_features compares with a
 * program of its own: that nothing later is looked at, that a set is its bytes, and that whatever
 * comes from outside is refused or harmless. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <agon/feature.h>
#include <agon/ta.h>

#include "../../support/must.h"

#define BARS      1500
#define EDITION_1 0xb33ad72f78f4d94eu

static double next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* A walk in cents, with bars that do not move and bars without volume. */
static void make_bars(struct agon_bar *bars, uint32_t n, uint64_t seed)
{
    agon_px_t px = 100000;
    uint32_t i, k;

    for (i = 0; i < n; i++) {
        struct agon_bar *bar = &bars[i];

        memset(bar, 0, sizeof(*bar));
        bar->t_open = (agon_ns_t)(1000000 + i) * 60 * 1000000000;
        bar->length_s = 60;
        bar->open_px = bar->high_px = bar->low_px = px;
        for (k = 0; k < 4 && next_random(&seed) < 0.9; k++) {
            px += (agon_px_t)(201 * next_random(&seed)) - 100;
            bar->high_px = px > bar->high_px ? px : bar->high_px;
            bar->low_px = px < bar->low_px ? px : bar->low_px;
        }
        bar->close_px = px;
        bar->volume_qty = next_random(&seed) < 0.1 ? 0 : (agon_qty_t)(1e6 * next_random(&seed));
        bar->taker_buy_qty = (agon_qty_t)((double)bar->volume_qty * next_random(&seed));
    }
}

/* All of the catalogue with its presets. */
static void list_all(char *list)
{
    uint32_t i;

    list[0] = '\0';
    for (i = 0; agon_feature_at(i) != NULL; i++) {
        strcat(list, agon_feature_at(i)->name);
        strcat(list, i % 2 == 0 ? " " : "\n");
    }
}

static void open_all(struct agon_features *set)
{
    char list[4096];

    list_all(list);
    MUST(agon_features_init(set, list, NULL) == AGON_OK);
}

START_TEST(a_set_that_begins_anew_has_the_same_values_once_it_has_seen_its_bars)
{
    static struct agon_bar bars[BARS];
    static struct agon_features one, two, copy;
    double a[AGON_FEATURES_MAX], b[AGON_FEATURES_MAX], c[AGON_FEATURES_MAX];
    uint32_t i;

    make_bars(bars, BARS, 1);
    open_all(&one);
    open_all(&two);
    for (i = 0; i < BARS; i++) {
        MUST(agon_features_bar(&one, &bars[i], 2, 5) == AGON_OK);
        if (i >= 700) // far from where the bars of a set are moved to its beginning
            MUST(agon_features_bar(&two, &bars[i], 2, 5) == AGON_OK);
        if (i == 1100) { // the bytes are all there is
            MUST(agon_features_check(&one) == AGON_OK);
            memcpy(&copy, &one, sizeof(copy));
        } else if (i > 1100) {
            MUST(agon_features_bar(&copy, &bars[i], 2, 5) == AGON_OK);
        }
        MUST((agon_features_values(&one, a) == AGON_OK) == (i + 1 >= one.back));
        if (i < 700 + one.back - 1)
            continue;
        MUST(agon_features_values(&two, b) == AGON_OK);
        MUST(memcmp(a, b, one.n * sizeof(a[0])) == 0);
        if (i > 1100) {
            MUST(agon_features_values(&copy, c) == AGON_OK);
            MUST(memcmp(a, c, one.n * sizeof(a[0])) == 0);
        }
    }
    MUST(memcmp(&one, &copy, sizeof(one)) == 0);
}
END_TEST

/* Whoever changes a value has to raise the edition: else a model that learned from the values of
 * before is asked with others, under the same names. */
START_TEST(a_value_that_is_another_is_of_another_edition)
{
    static const uint64_t known[] = {0, EDITION_1}; /* by edition */
    static struct agon_bar bars[BARS];
    static struct agon_features set;
    double values[AGON_FEATURES_MAX];
    uint64_t found = 0xcbf29ce484222325u;
    uint32_t i, k;

    make_bars(bars, BARS, 3);
    open_all(&set);
    for (i = 0; i < BARS; i++) {
        MUST(agon_features_bar(&set, &bars[i], 2, 5) == AGON_OK);
        if (agon_features_values(&set, values) < 0)
            continue;
        for (k = 0; k < set.n * sizeof(values[0]); k++)
            found = (found ^ ((const unsigned char *)values)[k]) * 0x100000001b3u;
    }
    ck_assert_uint_lt(AGON_FEATURES_EDITION, sizeof(known) / sizeof(known[0]));
    ck_assert_msg(known[AGON_FEATURES_EDITION] == found,
                  "values of the catalogue are %016llx, and those of edition %d %016llx: where a "
                  "value is another, raise AGON_FEATURES_EDITION (agon/feature.h) and add its sum "
                  "here; where only features were added, put the new sum in its place",
                  (unsigned long long)found, AGON_FEATURES_EDITION,
                  (unsigned long long)known[AGON_FEATURES_EDITION]);
}
END_TEST

START_TEST(a_list_is_said_as_it_is_parsed)
{
    struct agon_features set, again;
    char text[AGON_FEATURES_TEXT];

    MUST(agon_features_init(&set, "macd  return.5\nday_sin volatility_ratio.7", NULL) == AGON_OK);
    agon_features_text(&set, text);
    ck_assert_str_eq(text, "macd.12.26 return.5 day_sin volatility_ratio.7.60");
    MUST(agon_features_init(&again, text, NULL) == AGON_OK);
    MUST(memcmp(&set, &again, sizeof(set)) == 0);
    memset(&set, 0, sizeof(set));
    agon_features_text(&set, text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(no_value_looks_at_what_came_later_or_further_back_than_it_says)
{
    static struct agon_bar bars[BARS];
    static struct agon_feature_bar plain[BARS], other[BARS];
    uint64_t seed = 2;
    uint32_t i, id, k;

    make_bars(bars, BARS, 2);
    for (i = 0; i < BARS; i++)
        MUST(agon_feature_bar_of(&bars[i], i > 0 ? &plain[i - 1] : NULL, 2, 5, &plain[i]) ==
             AGON_OK);
    for (id = 0; agon_feature_at(id) != NULL; id++) {
        struct agon_feature feature;

        MUST(agon_feature_parse(agon_feature_at(id)->name, &feature) == AGON_OK);
        for (k = 0; k < 40; k++) {
            uint32_t at = 600 + (uint32_t)(800 * next_random(&seed));
            uint32_t first = at + 1 - feature.back;
            double value = agon_feature_value(&feature, &plain[at]);

            memset(other, 0xff, sizeof(other)); // not a number, everywhere else
            memcpy(&other[first], &plain[first], feature.back * sizeof(plain[0]));
            // The change of the first is one from a bar that it may not look at.
            other[first].change = feature.back > 1 ? NAN : other[first].change;
            ck_assert_msg(value == agon_feature_value(&feature, &other[at]), "%s",
                          agon_feature_at(id)->name);
        }
    }
}
END_TEST

START_TEST(values_are_finite_whatever_the_market_does)
{
    static struct agon_features set;
    double values[AGON_FEATURES_MAX];
    agon_px_t prices[4] = {1, 2, INT64_MAX / 2, INT64_MAX - 1};
    uint64_t seed = 3;
    uint32_t i, k, way;

    for (way = 0; way < 4; way++) {
        open_all(&set);
        for (i = 0; i < 700; i++) {
            struct agon_bar bar = {.length_s = 60, .t_open = (agon_ns_t)i * 60 * 1000000000};
            agon_px_t px = way == 0   ? 1
                           : way == 1 ? prices[(size_t)(4 * next_random(&seed))]
                           : way == 2 ? 1 + (agon_px_t)i
                                      : 1000000 - (agon_px_t)(i % 2);

            bar.open_px = bar.close_px = bar.low_px = bar.high_px = px;
            bar.volume_qty = way == 3 ? 0 : INT64_MAX;
            bar.taker_buy_qty = way == 2 ? INT64_MAX : 0;
            MUST(agon_features_bar(&set, &bar, 18, 0) == AGON_OK);
            if (agon_features_values(&set, values) < 0)
                continue;
            for (k = 0; k < set.n; k++)
                ck_assert_msg(isfinite(values[k]), "%s", agon_feature_at(k)->name);
        }
        MUST(agon_features_check(&set) == AGON_OK);
    }
}
END_TEST

static double value_of(const char *name, const struct agon_feature_bar *last)
{
    struct agon_feature feature;

    MUST(agon_feature_parse(name, &feature) == AGON_OK);
    return agon_feature_value(&feature, last);
}

/* A price that doubles each bar, one that goes up and down, and the first of January 1970. */
START_TEST(figures_with_a_closed_form)
{
    static struct agon_feature_bar bars[512];
    const double turn = 6.283185307179586;
    uint32_t i;

    for (i = 0; i < 512; i++) {
        double px = i % 2 == 0 ? 100 : 200;

        bars[i] = (struct agon_feature_bar){.open = px,
                                            .high = px,
                                            .low = px,
                                            .close = px,
                                            .volume = 1,
                                            .bought = 0.75,
                                            .change = i % 2 == 0 ? -log(2) : log(2),
                                            .t_close = (agon_ns_t)(i + 1) * 3600 * 1000000000};
    }
    ck_assert_double_eq_tol(value_of("return.1", &bars[511]), log(2), 1e-15);
    ck_assert_double_eq(value_of("return.2", &bars[511]), 0);
    ck_assert_double_eq_tol(value_of("volatility.100", &bars[511]), log(2) * sqrt(100.0 / 99),
                            1e-14);
    ck_assert_double_eq_tol(value_of("ewma_volatility.7", &bars[511]), log(2), 1e-14);
    ck_assert_double_eq_tol(value_of("rsi.50", &bars[511]), 50, 1e-12);
    ck_assert_double_eq_tol(value_of("bollinger.50", &bars[511]), 0.5, 1e-14);
    ck_assert_double_eq_tol(value_of("bollinger_width.50", &bars[511]), 4.0 / 3, 1e-14);
    ck_assert_double_eq_tol(value_of("autocorrelation.100.1", &bars[511]), -0.99, 1e-14);
    ck_assert_double_eq_tol(value_of("autocorrelation.100.2", &bars[511]), 0.98, 1e-14);
    ck_assert_double_eq_tol(value_of("variance_ratio.100.2", &bars[511]), 0, 1e-14);
    ck_assert_double_eq_tol(value_of("entropy.200.2", &bars[511]), 1, 1e-14);
    ck_assert_double_eq_tol(value_of("imbalance.9", &bars[511]), 0.5, 1e-15);
    ck_assert_double_eq_tol(value_of("kurtosis.200", &bars[511]), -2, 1e-12);
    ck_assert_double_eq_tol(value_of("drawdown.5", &bars[510]), -0.5, 1e-15);
    ck_assert_double_eq_tol(value_of("efficiency.3", &bars[511]), 1.0 / 3, 1e-14);
    for (i = 0; i < 24 * 7; i++) {
        ck_assert_double_eq_tol(value_of("day_sin", &bars[i]), sin(turn * (i + 1) / 24), 2e-14);
        ck_assert_double_eq_tol(value_of("day_cos", &bars[i]), cos(turn * (i + 1) / 24), 2e-14);
        // Thursday 01:00 is three days and an hour behind Monday.
        ck_assert_double_eq_tol(value_of("week_sin", &bars[i]), sin(turn * (i + 1 + 72) / 168),
                                2e-14);
        ck_assert_double_eq_tol(value_of("week_cos", &bars[i]), cos(turn * (i + 1 + 72) / 168),
                                2e-14);
    }
}
END_TEST

// By the C library's, over all that a price's ratio can be.
START_TEST(the_logarithm_is_one)
{
    struct agon_feature_bar two[2] = {{.close = 1, .open = 1, .low = 1, .high = 1},
                                      {.close = 1, .open = 1, .low = 1, .high = 1}};
    uint64_t seed = 4;
    double worst = 0;

    for (int i = 0; i < 200000; i++) {
        double x = exp((next_random(&seed) - 0.5) * (i % 2 == 0 ? 170 : 0.02));
        double off;

        two[1].close = x;
        off = fabs(value_of("return.1", &two[1]) - log(x)) / fmax(1, fabs(log(x)));
        worst = off > worst ? off : worst;
    }
    ck_assert_msg(worst <= 2.3e-16, "off by %g", worst);
}
END_TEST

START_TEST(names_are_read_as_they_are_written)
{
    static const struct {
        const char *text;
        int rc;
    } cases[] = {
        {"return", AGON_OK},
        {"return.1", AGON_OK},
        {"return.511", AGON_OK},
        {"return.512", AGON_ERANGE},
        {"return.0", AGON_ERANGE},
        {"return.00005", AGON_OK},
        {"return.000005", AGON_EINVAL},
        {"return.", AGON_EINVAL},
        {"return.1.", AGON_EINVAL},
        {"return.1.2", AGON_EINVAL},
        {"return.-1", AGON_EINVAL},
        {"return.1x", AGON_EINVAL},
        {"return(1)", AGON_EINVAL},
        {"Return", AGON_EINVAL},
        {"", AGON_EINVAL},
        {".", AGON_EINVAL},
        {"returns", AGON_ENOENT},
        {"retur", AGON_ENOENT},
        {"day_sin", AGON_OK},
        {"day_sin.1", AGON_EINVAL},
        {"macd.26.12", AGON_OK},
        {"macd.12.128", AGON_OK},
        {"macd.12.129", AGON_ERANGE},
        {"macd.129.12", AGON_ERANGE},
        {"autocorrelation.20.19", AGON_OK},
        {"autocorrelation.20.20", AGON_ERANGE},
        {"entropy.511.512", AGON_OK},
        {"entropy.511.513", AGON_ERANGE},
        {"entropy.512", AGON_ERANGE},
        {"hurst.15", AGON_ERANGE},
        {"hurst.511", AGON_OK},
        {"volatility.99999", AGON_ERANGE},
    };
    struct agon_feature feature, again;
    char text[AGON_FEATURE_TEXT];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(agon_feature_parse(cases[i].text, &feature) == cases[i].rc, "%s",
                      cases[i].text);
        if (cases[i].rc < 0)
            continue;
        agon_feature_text(&feature, text);
        ck_assert_int_eq(agon_feature_parse(text, &again), AGON_OK);
        ck_assert_mem_eq(&feature, &again, sizeof(feature));
    }
}
END_TEST

START_TEST(a_list_says_where_it_is_wrong)
{
    static struct agon_features set;
    char many[2048] = "";
    uint32_t at = 0;

    ck_assert_int_eq(agon_features_init(&set, " gap\n body.1 ", &at), AGON_EINVAL);
    ck_assert_uint_eq(at, 6);
    ck_assert_uint_eq(set.n, 0);
    ck_assert_int_eq(agon_features_init(&set, "gap bodi", &at), AGON_ENOENT);
    ck_assert_uint_eq(at, 4);
    ck_assert_int_eq(agon_features_init(&set, " \n\t", &at), AGON_EINVAL);
    ck_assert_int_eq(agon_features_init(&set, "", NULL), AGON_EINVAL);
    ck_assert_int_eq(
        agon_features_init(&set, "gap aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                           &at),
        AGON_EINVAL);
    for (int i = 0; i < AGON_FEATURES_MAX; i++)
        strcat(many, "gap ");
    ck_assert_int_eq(agon_features_init(&set, many, &at), AGON_OK);
    strcat(many, "body");
    ck_assert_int_eq(agon_features_init(&set, many, &at), AGON_ENOSPC);
    ck_assert_uint_eq(at, 4 * AGON_FEATURES_MAX);
    // What was refused is no set.
    ck_assert_int_eq(agon_features_check(&set), AGON_ECORRUPT);
    ck_assert_int_eq(agon_features_values(&set, NULL), AGON_EAGAIN);
}
END_TEST

START_TEST(a_bar_that_is_none_changes_nothing)
{
    static struct agon_features set, before;
    struct agon_bar good, bad[10];

    MUST(agon_features_init(&set, "return.1", NULL) == AGON_OK);
    make_bars(&good, 1, 5);
    good.high_px += 10;
    good.low_px -= 10;
    MUST(agon_features_bar(&set, &good, 2, 5) == AGON_OK);
    before = set;
    for (int i = 0; i < 10; i++) {
        bad[i] = good;
        bad[i].t_open += (agon_ns_t)60 * 1000000000;
    }
    bad[0].t_open = good.t_open; // the same again
    bad[1].t_open = good.t_open - (agon_ns_t)60 * 1000000000;
    bad[2].low_px = 0;
    bad[3].low_px = bad[3].open_px + 1;
    bad[4].high_px = bad[4].close_px - 1;
    bad[5].taker_buy_qty = bad[5].volume_qty + 1;
    bad[6].taker_buy_qty = -1;
    bad[7].length_s = 0;
    bad[8].high_px = -1;
    bad[9].t_open = -1;
    for (int i = 0; i < 10; i++) {
        ck_assert_msg(agon_features_bar(&set, &bad[i], 2, 5) == AGON_EINVAL, "%d", i);
        ck_assert_mem_eq(&set, &before, sizeof(set));
    }
    ck_assert_int_eq(agon_features_bar(&set, &good, 19, 5), AGON_EINVAL);
    ck_assert_int_eq(agon_features_bar(&set, &good, 2, -1), AGON_EINVAL);
}
END_TEST

START_TEST(bytes_from_outside_are_refused_or_harmless)
{
    static struct agon_bar bars[BARS];
    static struct agon_features good, bad;
    uint64_t seed = 6;
    uint32_t refused = 0;
    int i;

    make_bars(bars, BARS, 6);
    open_all(&good);
    for (i = 0; i < 900; i++)
        MUST(agon_features_bar(&good, &bars[i], 2, 5) == AGON_OK);
    for (i = 0; i < 20000; i++) {
        double values[AGON_FEATURES_MAX];
        // Half of them where the small numbers are.
        uint64_t room = i % 2 == 0 ? 16 + 16 * good.n : sizeof(good);

        memcpy(&bad, &good, sizeof(bad));
        for (int k = 0; k <= i % 3; k++)
            ((unsigned char *)&bad)[(size_t)((double)room * next_random(&seed))] =
                (unsigned char)(256 * next_random(&seed));
        if (agon_features_check(&bad) < 0) {
            refused++;
            continue;
        }
        for (uint32_t k = 900; k < 904; k++)
            (void)agon_features_bar(&bad, &bars[k], 2, 5);
        if (agon_features_values(&bad, values) == AGON_OK)
            for (uint32_t k = 0; k < bad.n; k++)
                MUST(isfinite(values[k]));
    }
    MUST(refused > 5000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sdk_feature");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_set_that_begins_anew_has_the_same_values_once_it_has_seen_its_bars);
    tcase_add_test(tcase, a_value_that_is_another_is_of_another_edition);
    tcase_add_test(tcase, a_list_is_said_as_it_is_parsed);
    tcase_add_test(tcase, no_value_looks_at_what_came_later_or_further_back_than_it_says);
    tcase_add_test(tcase, values_are_finite_whatever_the_market_does);
    tcase_add_test(tcase, figures_with_a_closed_form);
    tcase_add_test(tcase, the_logarithm_is_one);
    tcase_add_test(tcase, names_are_read_as_they_are_written);
    tcase_add_test(tcase, a_list_says_where_it_is_wrong);
    tcase_add_test(tcase, a_bar_that_is_none_changes_nothing);
    tcase_add_test(tcase, bytes_from_outside_are_refused_or_harmless);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
