// SPDX-License-Identifier: Apache-2.0
/* rng: the published sequences of SplitMix64 and xoshiro256**, and draws without bias. */
#include <math.h>

#include "../../support/must.h"
#include "base/rng.h"

START_TEST(seeding_is_splitmix64)
{
    // The sequence of seed 1234567 as published with the generator.
    static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
                                    9817491932198370423u, 4593380528125082431u};
    struct rng rng;

    rng_init(&rng, 1234567);
    for (int i = 0; i < 4; i++)
        MUST(rng.s[i] == want[i]);
}
END_TEST

START_TEST(the_sequence_is_xoshiro256_star_star)
{
    // State 1, 2, 3, 4: the vector that other implementations are tested with.
    static const uint64_t want[] = {11520u,
                                    0u,
                                    1509978240u,
                                    1215971899390074240u,
                                    1216172134540287360u,
                                    607988272756665600u,
                                    16172922978634559625u,
                                    8476171486693032832u,
                                    10595114339597558777u,
                                    2904607092377533576u};
    struct rng rng = {{1, 2, 3, 4}};

    for (int i = 0; i < 10; i++)
        MUST(rng_u64(&rng) == want[i]);
    rng_init(&rng, 42);
    MUST(rng_u64(&rng) == 1546998764402558742u);
    MUST(rng_u64(&rng) == 6990951692964543102u);
    MUST(rng_u64(&rng) == 12544586762248559009u);
}
END_TEST

START_TEST(draws_below_n_are_even)
{
    uint32_t count[7] = {0};
    double chi2 = 0;
    struct rng rng;

    rng_init(&rng, 5);
    for (int i = 0; i < 700000; i++) {
        uint64_t draw = rng_below(&rng, 7);

        MUST(draw < 7);
        count[draw]++;
    }
    for (int i = 0; i < 7; i++)
        chi2 += (count[i] - 100000.0) * (count[i] - 100000.0) / 100000.0;
    MUST(chi2 < 22.5); // 6 degrees of freedom: one in a thousand; the seed is fixed
    MUST_EQ(rng_below(&rng, 1), 0);
    for (int i = 0; i < 1000; i++)
        MUST(rng_below(&rng, ((uint64_t)1 << 63) + 1) <= (uint64_t)1 << 63);
}
END_TEST

START_TEST(units_and_normals_have_their_moments)
{
    double sum = 0;
    double n_sum = 0;
    double n_square = 0;
    double n_fourth = 0;
    struct rng rng;

    rng_init(&rng, 6);
    for (int i = 0; i < 400000; i++) {
        double unit = rng_unit(&rng);
        double normal = rng_normal(&rng);

        MUST(unit >= 0 && unit < 1);
        MUST(isfinite(normal));
        sum += unit;
        n_sum += normal;
        n_square += normal * normal;
        n_fourth += normal * normal * normal * normal;
    }
    MUST(fabs(sum / 400000 - 0.5) < 0.002);
    MUST(fabs(n_sum / 400000) < 0.006);
    MUST(fabs(n_square / 400000 - 1) < 0.01);
    MUST(fabs(n_fourth / 400000 - 3) < 0.1);
}
END_TEST

START_TEST(chance_has_its_ends)
{
    uint32_t n = 0;
    struct rng rng;

    rng_init(&rng, 7);
    for (int i = 0; i < 100000; i++) {
        MUST(!rng_chance(&rng, 0));
        MUST(rng_chance(&rng, 1000000));
        n += rng_chance(&rng, 250000) != 0;
    }
    MUST(n > 24500 && n < 25500);
}
END_TEST

START_TEST(a_draw_depends_on_each_coordinate)
{
    uint64_t origin = rng_at(1, 2, 3, 4, 5);

    MUST(rng_at(1, 2, 3, 4, 5) == origin);
    MUST(rng_at(0, 2, 3, 4, 5) != origin);
    MUST(rng_at(1, 0, 3, 4, 5) != origin);
    MUST(rng_at(1, 2, 0, 4, 5) != origin);
    MUST(rng_at(1, 2, 3, 0, 5) != origin);
    MUST(rng_at(1, 2, 3, 4, 0) != origin);
    MUST(rng_at(1, 3, 2, 4, 5) != origin); // and on its place
    MUST(rng_at(1, 2, 3, 5, 4) != origin);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, seeding_is_splitmix64);
    tcase_add_test(tcase, the_sequence_is_xoshiro256_star_star);
    tcase_add_test(tcase, draws_below_n_are_even);
    tcase_add_test(tcase, units_and_normals_have_their_moments);
    tcase_add_test(tcase, chance_has_its_ends);
    tcase_add_test(tcase, a_draw_depends_on_each_coordinate);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
