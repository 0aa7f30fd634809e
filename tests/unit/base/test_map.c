// SPDX-License-Identifier: Apache-2.0
/* map: against a naive list, with removal, sweeping and iteration in order of insertion; against an
 * array where its table is of many pages. */
#include <sys/mman.h>
#include <unistd.h>

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

#define MANY  20000 /* for them the table has 128 pages of memory */
#define KEYS  60000
#define APART 977 /* so far are keys from each other: each has a line of its own */

static uint64_t values[KEYS]; /* by key; 0: it is not there */

static uint64_t of_key(struct map *map, uint32_t key)
{
    uint64_t value;

    return map_get(map, (uint64_t)key * APART, &value) ? value : 0;
}

START_TEST(a_table_of_many_pages_agrees_with_an_array)
{
    struct map map;
    struct rng rng;
    uint32_t n = 0;

    rng_init(&rng, 22);
    MUST_EQ(map_init(&map, MANY), AGON_OK);
    for (int step = 0; step < 600000; step++) {
        // Few pages at first, then all; and once more behind each time that it is cleared.
        uint32_t key = (uint32_t)rng_below(&rng, step % 200000 < 20000 ? 40 : KEYS);

        if (n < MANY && rng_chance(&rng, 600000)) {
            uint64_t value = rng_u64(&rng) | 1;

            MUST_EQ(map_put(&map, (uint64_t)key * APART, value), AGON_OK);
            n += values[key] == 0;
            values[key] = value;
        } else {
            MUST_EQ(map_remove(&map, (uint64_t)key * APART), values[key] != 0);
            n -= values[key] != 0;
            values[key] = 0;
        }
        key = (uint32_t)rng_below(&rng, KEYS);
        MUST(of_key(&map, key) == values[key]);
        if (step % 200000 == 199999) {
            for (key = 0; key < KEYS; key++)
                MUST(of_key(&map, key) == values[key]);
            map_clear(&map);
            memset(values, 0, sizeof(values));
            n = 0;
            for (key = 0; key < KEYS; key++)
                MUST_EQ(of_key(&map, key), 0);
        }
        MUST_EQ(map_count(&map), n);
    }
    map_deinit(&map);
}
END_TEST

/* One that is asked before it is written would be faulted in twice. */
START_TEST(who_only_asks_takes_no_page_of_a_table)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first, end;
    unsigned char there[512];
    uint64_t n_there = 0;
    struct map map;

    MUST_EQ(map_init(&map, MANY), AGON_OK);
    first = ((uintptr_t)map.index + page - 1) / page * page;
    end = (uintptr_t)(map.index + map.mask + 1) / page * page;
    MUST(end > first && (end - first) / page <= sizeof(there));
    // Small ones, of which none is there, whatever whoever gives memory made of them.
    (void)madvise((void *)first, end - first, MADV_NOHUGEPAGE);
    MUST_EQ(madvise((void *)first, end - first, MADV_DONTNEED), 0);
    MUST_EQ(mincore((void *)first, end - first, there), 0);
    if ((there[0] & 1) != 0) { // a kernel that says so of all
        map_deinit(&map);
        return;
    }
    MUST_EQ(map_put(&map, 0, 1), AGON_OK);
    for (uint32_t key = 1; key < KEYS; key++)
        MUST_EQ(of_key(&map, key), 0);
    MUST_EQ(mincore((void *)first, end - first, there), 0);
    for (uintptr_t i = 0; i < (end - first) / page; i++)
        n_there += there[i] & 1;
    MUST(n_there <= 2); // of the one that is there
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
    tcase_add_test(tcase, a_table_of_many_pages_agrees_with_an_array);
    tcase_add_test(tcase, who_only_asks_takes_no_page_of_a_table);
    tcase_add_test(tcase, a_map_of_nothing_holds_nothing);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
