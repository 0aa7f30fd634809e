// SPDX-License-Identifier: Apache-2.0
/* map: against a naive list, with removal, sweeping and iteration in order of insertion. */
#include "../../support/must.h"
#include "base/map.h"
#include "base/rng.h"

#define CAPACITY 60

static struct {
    uint64_t key, value;
} list[CAPACITY];
static uint32_t n_list;

static uint32_t at_of(uint64_t key)
{
    uint32_t at = 0;

    while (at < n_list && list[at].key != key)
        at++;
    return at;
}

START_TEST(agrees_with_a_list)
{
    struct map map;
    struct rng rng;

    rng_init(&rng, 21);
    MUST_EQ(map_init(&map, CAPACITY), AGON_OK);
    for (int step = 0; step < 300000; step++) {
        uint64_t key =
            rng_chance(&rng, 100000) ? UINT64_MAX - rng_below(&rng, 3) : rng_below(&rng, 90);
        uint32_t at = at_of(key);
        uint64_t value = 12345;

        MUST_EQ(map_get(&map, key, &value), at < n_list);
        MUST(value == (at < n_list ? list[at].value : 12345));
        if (rng_chance(&rng, 550000)) {
            value = rng_u64(&rng);
            MUST_EQ(map_put(&map, key, value),
                    at < n_list || n_list < CAPACITY ? AGON_OK : AGON_ENOSPC);
            if (at < n_list) {
                list[at].value = value;
            } else if (n_list < CAPACITY) {
                list[n_list].key = key;
                list[n_list++].value = value;
            }
        } else {
            MUST_EQ(map_remove(&map, key), at < n_list);
            if (at < n_list) {
                n_list--;
                memmove(&list[at], &list[at + 1], (n_list - at) * sizeof(list[0]));
            }
        }
        MUST_EQ(map_count(&map), n_list);
        if (step % 100 == 0) {
            uint32_t walk = 0;
            uint64_t k;
            uint64_t v;

            for (uint32_t i = 0; i < n_list; i++) {
                MUST_EQ(map_next(&map, &walk, &k, &v), 1);
                MUST(k == list[i].key && v == list[i].value);
            }
            MUST_EQ(map_next(&map, &walk, &k, &v), 0);
        }
        if (step % 50000 == 49999) {
            map_clear(&map);
            n_list = 0;
            MUST_EQ(map_count(&map), 0);
        }
    }
    map_deinit(&map);
    map_deinit(&map);
}
END_TEST

START_TEST(a_map_of_nothing_holds_nothing)
{
    struct map map;
    uint32_t walk = 0;

    MUST_EQ(map_init(&map, 0), AGON_OK);
    MUST_EQ(map_put(&map, 1, 1), AGON_ENOSPC);
    MUST_EQ(map_get(&map, 1, NULL), 0);
    MUST_EQ(map_remove(&map, 1), 0);
    MUST_EQ(map_next(&map, &walk, NULL, NULL), 0);
    map_deinit(&map);
    MUST_EQ(map_init(&map, UINT32_MAX), AGON_ENOMEM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, agrees_with_a_list);
    tcase_add_test(tcase, a_map_of_nothing_holds_nothing);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
