// SPDX-License-Identifier: Apache-2.0
/* heap: what is due comes out by time and then by order, whatever went in between. */
#include "../../support/must.h"
#include "base/heap.h"
#include "base/rng.h"

#define CAPACITY 500

static struct heap_node list[CAPACITY];
static uint32_t n_list;

static uint32_t least(void)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n_list; i++) {
        if (list[i].t < list[best].t ||
            (list[i].t == list[best].t && list[i].order < list[best].order))
            best = i;
    }
    return best;
}

static int is_multiple(const struct heap_node *node, void *ctx)
{
    return node->a % *(uint64_t *)ctx == 0;
}

START_TEST(agrees_with_a_list)
{
    struct heap heap;
    struct rng rng;
    uint64_t order = 0;

    rng_init(&rng, 31);
    MUST_EQ(heap_init(&heap, CAPACITY), AGON_OK);
    for (int step = 0; step < 200000; step++) {
        uint32_t share = step / 2000 % 2 == 0 ? 600000 : 400000; // fills and empties in turn

        if (rng_chance(&rng, share)) {
            struct heap_node node = {.t = (int64_t)rng_below(&rng, 50) - 25,
                                     .order = order,
                                     .a = rng_below(&rng, 1000),
                                     .b = ~order};

            order++;
            MUST_EQ(heap_push(&heap, &node), n_list < CAPACITY ? AGON_OK : AGON_ENOSPC);
            if (n_list < CAPACITY)
                list[n_list++] = node;
        } else {
            struct heap_node node;
            const struct heap_node *top = heap_top(&heap);

            MUST_EQ(top != NULL, n_list > 0);
            MUST_EQ(heap_pop(&heap, &node), n_list > 0);
            if (n_list > 0) {
                uint32_t at = least();

                MUST(memcmp(&node, &list[at], sizeof(node)) == 0);
                list[at] = list[--n_list];
            }
        }
        if (step % 1000 == 999) {
            uint64_t divisor = 2 + rng_below(&rng, 5);
            uint32_t removed = 0;

            for (uint32_t i = n_list; i-- > 0;) {
                if (list[i].a % divisor == 0) {
                    list[i] = list[--n_list];
                    removed++;
                }
            }
            MUST_EQ(heap_remove_if(&heap, is_multiple, &divisor), removed);
        }
        MUST_EQ(heap.n, n_list);
    }
    heap_deinit(&heap);
    heap_deinit(&heap);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, agrees_with_a_list);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
