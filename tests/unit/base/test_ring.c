// SPDX-License-Identifier: Apache-2.0
/* ring: slots come out filled, once and in order, on one thread and on two. */
#include <pthread.h>
#include <sched.h>

#include "../../support/must.h"
#include "base/hash.h"
#include "base/ring.h"
#include "base/rng.h"

START_TEST(capacities_that_are_no_power_of_two_are_refused)
{
    static const uint32_t bad[] = {0, 3, 6, 1000, UINT32_MAX};
    struct ring ring;

    for (int i = 0; i < 5; i++)
        MUST_EQ(ring_init(&ring, bad[i], 8), AGON_EINVAL);
    MUST_EQ(ring_init(&ring, 8, 0), AGON_EINVAL);
    ring_deinit(&ring); // of a refused one: nothing
}
END_TEST

START_TEST(a_full_ring_refuses_and_an_empty_one_gives_nothing)
{
    struct ring ring;

    MUST_EQ(ring_init(&ring, 4, 12), AGON_OK);
    MUST(ring_peek(&ring) == NULL);
    for (int i = 0; i < 4; i++) {
        void *slot = ring_claim(&ring);

        MUST(slot != NULL);
        memset(slot, i, 12);
        MUST(ring_claim(&ring) == slot); // not published: the same again
        ring_publish(&ring);
        MUST_EQ(ring_used(&ring), i + 1);
    }
    MUST(ring_claim(&ring) == NULL);
    for (int i = 0; i < 4; i++) {
        unsigned char *slot = ring_peek(&ring);

        MUST(slot != NULL && slot[0] == i && slot[11] == i);
        ring_release(&ring);
        MUST(ring_claim(&ring) != NULL);
    }
    MUST(ring_peek(&ring) == NULL);
    ring_deinit(&ring);
}
END_TEST

START_TEST(any_interleaving_keeps_order)
{
    struct ring ring;
    struct rng rng;
    uint64_t in = 0;
    uint64_t out = 0;

    rng_init(&rng, 9);
    MUST_EQ(ring_init(&ring, 1u << _i, sizeof(uint64_t)), AGON_OK);
    while (out < 200000) {
        if (rng_chance(&rng, 500000)) {
            uint64_t *slot = ring_claim(&ring);

            MUST_EQ(slot == NULL, in - out == 1u << _i);
            if (slot != NULL) {
                *slot = in++;
                ring_publish(&ring);
            }
        } else {
            uint64_t *slot = ring_peek(&ring);

            MUST_EQ(slot == NULL, in == out);
            if (slot != NULL) {
                MUST_EQ(*slot, out);
                out++;
                ring_release(&ring);
            }
        }
    }
    ring_deinit(&ring);
}
END_TEST

#define STRESS 200000

struct word3 {
    uint64_t word[3];
};

static void *produce(void *arg)
{
    struct ring *ring = arg;

    for (uint64_t n = 0; n < STRESS;) {
        struct word3 *slot = ring_claim(ring);

        if (slot == NULL) {
            sched_yield();
            continue;
        }
        *slot = (struct word3){{n, hash_mix(n), ~n}};
        ring_publish(ring);
        n++;
    }
    return NULL;
}

START_TEST(two_threads_pass_every_slot_once_and_in_order)
{
    struct ring ring;
    pthread_t thread;

    MUST_EQ(ring_init(&ring, 256, sizeof(struct word3)), AGON_OK);
    MUST_EQ(pthread_create(&thread, NULL, produce, &ring), 0);
    for (uint64_t n = 0; n < STRESS;) {
        struct word3 *slot = ring_peek(&ring);

        if (slot == NULL) {
            sched_yield();
            continue;
        }
        MUST(slot->word[0] == n && slot->word[1] == hash_mix(n) && slot->word[2] == ~n);
        ring_release(&ring);
        n++;
    }
    MUST_EQ(pthread_join(thread, NULL), 0);
    MUST(ring_peek(&ring) == NULL);
    ring_deinit(&ring);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ring");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, capacities_that_are_no_power_of_two_are_refused);
    tcase_add_test(tcase, a_full_ring_refuses_and_an_empty_one_gives_nothing);
    tcase_add_loop_test(tcase, any_interleaving_keeps_order, 0, 8);
    tcase_add_test(tcase, two_threads_pass_every_slot_once_and_in_order);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
