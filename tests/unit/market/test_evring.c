// SPDX-License-Identifier: Apache-2.0
/* evring: what goes in comes out, whole and in order; and a lying peer gains nothing. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "../../support/must.h"
#include "base/hash.h"
#include "base/rng.h"
#include "market/evring.h"

static unsigned char *memory_of(uint64_t granules)
{
    // No byte more than the ring asked for, so that a sanitizer sees every step outside.
    unsigned char *memory = aligned_alloc(128, evring_bytes(granules));

    MUST(NULL != memory);
    memset(memory, 0, evring_bytes(granules));
    MUST_EQ(evring_format(memory, granules), AGON_OK);
    return memory;
}

static void sides_of(void *memory, uint64_t granules, struct evring *producer,
                     struct evring *consumer)
{
    MUST_EQ(evring_attach(producer, memory, granules), AGON_OK);
    MUST_EQ(evring_attach(consumer, memory, granules), AGON_OK);
}

// A record whose every byte is a function of its number.
static void make(struct agon_event_hdr *event, uint64_t number, uint32_t granules)
{
    uint64_t *words = (uint64_t *)(void *)event;

    for (uint32_t i = 0; i < granules * 8; i++)
        words[i] = hash_mix(number * 4096 + i);
    event->type = (uint16_t)(1 + number % 60);
    event->granules = (uint8_t)granules;
    event->seq = number;
}

static int is_as_made(const struct agon_event_hdr *event, uint64_t number, uint32_t granules)
{
    static _Thread_local uint64_t want[EVENT_BYTES_MAX / 8];

    make((struct agon_event_hdr *)(void *)want, number, granules);
    return event->granules == granules && memcmp(event, want, event_bytes(event)) == 0;
}

static uint64_t buffer[EVENT_BYTES_MAX / 8];
static struct agon_event_hdr *const event = (struct agon_event_hdr *)(void *)buffer;

START_TEST(odd_sizes_and_foreign_memory_are_refused)
{
    static const uint64_t bad[] = {0, 1, 255, 257, 300, (uint64_t)1 << 33, UINT64_MAX};
    unsigned char *memory = memory_of(256);
    struct evring ring;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        MUST_EQ(evring_format(memory, bad[i]), AGON_EINVAL);
    MUST_EQ(evring_format(NULL, 256), AGON_EINVAL);
    MUST_EQ(evring_format(memory + 64, 256), AGON_EINVAL);
    MUST_EQ(evring_attach(&ring, memory, 512), AGON_ECORRUPT);
    MUST_EQ(evring_attach(&ring, NULL, 256), AGON_ECORRUPT);
    memset(memory, 0, evring_bytes(256));
    MUST_EQ(evring_attach(&ring, memory, 256), AGON_ECORRUPT);
    free(memory);
}
END_TEST

START_TEST(a_record_comes_out_as_it_went_in)
{
    unsigned char *memory = memory_of(256);
    struct evring in;
    struct evring out;
    int rc = 1;

    sides_of(memory, 256, &in, &out);
    MUST(NULL == evring_peek(&out, &rc));
    MUST_EQ(rc, AGON_OK);
    make(event, 7, 3);
    MUST_EQ(evring_put(&in, event), AGON_OK);
    MUST_EQ(evring_used(&out), 3);
    MUST(is_as_made(evring_peek(&out, NULL), 7, 3));
    MUST(is_as_made(evring_peek(&out, NULL), 7, 3)); // a look takes nothing
    evring_release(&out);
    MUST(NULL == evring_peek(&out, NULL));
    MUST_EQ(evring_used(&in), 0);
    event->granules = 0;
    MUST_EQ(evring_put(&in, event), AGON_EINVAL);
    event->granules = 1;
    event->type = 0;
    MUST_EQ(evring_put(&in, event), AGON_EINVAL);
    free(memory);
}
END_TEST

START_TEST(what_is_claimed_is_unseen_until_published_and_keeps_its_length)
{
    unsigned char *memory = memory_of(256);
    struct evring in;
    struct evring out;
    struct agon_event_hdr *record;

    sides_of(memory, 256, &in, &out);
    record = evring_claim(&in, 2);
    MUST(NULL != record);
    MUST_EQ(record->type, 0);
    MUST_EQ(record->granules, 2);
    MUST_EQ(record->seq, 0);
    MUST(NULL == evring_peek(&out, NULL));
    record->type = 5;
    record->granules = 200; // a slip of whoever filled it
    evring_publish(&in);
    evring_publish(&in); // nothing is claimed: nothing happens
    MUST_EQ(evring_peek(&out, NULL)->granules, 2);
    evring_release(&out);
    evring_release(&out);
    MUST(NULL == evring_peek(&out, NULL));
    free(memory);
}
END_TEST

START_TEST(a_full_ring_refuses_and_goes_on_when_read)
{
    unsigned char *memory = memory_of(256);
    struct evring in;
    struct evring out;

    sides_of(memory, 256, &in, &out);
    make(event, 1, 1);
    for (int i = 0; i < 256; i++)
        MUST_EQ(evring_put(&in, event), AGON_OK);
    MUST_EQ(evring_put(&in, event), AGON_EAGAIN);
    MUST(NULL == evring_claim(&in, 1));
    MUST_EQ(evring_used(&in), 256);
    MUST(NULL != evring_peek(&out, NULL));
    evring_release(&out);
    MUST_EQ(evring_put(&in, event), AGON_OK);
    MUST_EQ(evring_put(&in, event), AGON_EAGAIN);
    free(memory);
}
END_TEST

START_TEST(a_ring_of_one_thread_begins_anew_where_nothing_waits_in_it)
{
    unsigned char *memory = memory_of(256);
    struct evring in;
    struct evring out;
    const void *front;

    sides_of(memory, 256, &in, &out);
    evring_rewind(&in, &out); // of no use yet to either side
    make(event, 1, 3);
    MUST_EQ(evring_put(&in, event), AGON_OK);
    front = evring_peek(&out, NULL);
    evring_rewind(&in, &out); // it waits: it stays where it is
    MUST(is_as_made(evring_peek(&out, NULL), 1, 3));
    evring_release(&out);
    MUST(NULL == evring_peek(&out, NULL));
    for (uint64_t i = 2; i < 1000; i++) {
        evring_rewind(&in, &out);
        for (uint64_t k = 0; k < 2; k++) {
            make(event, 2 * i + k, 1 + (uint32_t)(i % 100));
            MUST_EQ(evring_put(&in, event), AGON_OK);
        }
        MUST(front == evring_peek(&out, NULL));
        for (uint64_t k = 0; k < 2; k++) {
            MUST(is_as_made(evring_peek(&out, NULL), 2 * i + k, 1 + (uint32_t)(i % 100)));
            evring_release(&out);
        }
        MUST_EQ(evring_used(&in), 0);
    }
    // A whole ring fits behind it, as before.
    make(event, 1, 1);
    for (int i = 0; i < 256; i++)
        MUST_EQ(evring_put(&in, event), AGON_OK);
    MUST_EQ(evring_put(&in, event), AGON_EAGAIN);
    free(memory);
}
END_TEST

START_TEST(what_was_passed_is_room_when_it_is_given_back)
{
    unsigned char *memory = memory_of(256);
    struct evring producer, consumer;
    uint64_t n = 0, taken = 0;

    sides_of(memory, 256, &producer, &consumer);
    evring_give_back(&consumer); // nothing was taken yet
    // More than a lap, with records before its end that leave a filler there.
    for (int lap = 0; lap < 8; lap++) {
        uint64_t used;

        for (make(event, n, 3); evring_put(&producer, event) == AGON_OK; make(event, n, 3))
            n++;
        MUST(n > taken); // what was given back is room
        used = evring_used(&producer);
        for (; taken < n; taken++) {
            const struct agon_event_hdr *record = evring_peek(&consumer, NULL);

            MUST(record != NULL && is_as_made(record, taken, 3));
            MUST(evring_has_behind(&consumer) || taken + 1 == n);
            evring_pass(&consumer);
            // A filler is room at once, and what was passed before it with it.
            MUST(evring_used(&producer) <= used);
        }
        if (lap == 0)
            MUST_EQ(evring_put(&producer, event), AGON_EAGAIN);
        evring_give_back(&consumer);
        MUST(evring_peek(&consumer, NULL) == NULL);
        MUST_EQ(evring_used(&producer), 0);
    }
    free(memory);
}
END_TEST

START_TEST(the_largest_record_passes_from_every_place)
{
    for (uint32_t place = 0; place < 256; place++) {
        unsigned char *memory = memory_of(256);
        struct evring in;
        struct evring out;

        sides_of(memory, 256, &in, &out);
        if (place > 0) {
            make(event, 1, place < 255 ? place : 255);
            MUST_EQ(evring_put(&in, event), AGON_OK);
            MUST_EQ(evring_take(&out, event), 1);
        }
        make(event, 2, 255);
        // In the smallest ring the filler may have to be read first.
        if (evring_put(&in, event) != AGON_OK) {
            MUST(NULL == evring_peek(&out, NULL));
            MUST_EQ(evring_put(&in, event), AGON_OK);
        }
        memset(buffer, 0, sizeof(buffer));
        MUST_EQ(evring_take(&out, event), 1);
        MUST(is_as_made(event, 2, 255));
        MUST_EQ(evring_take(&out, event), 0);
        free(memory);
    }
}
END_TEST

START_TEST(a_new_process_takes_over_where_the_old_one_stopped)
{
    unsigned char *memory = memory_of(512);
    struct evring in;
    struct evring out;

    sides_of(memory, 512, &in, &out);
    for (uint64_t n = 0; n < 5; n++) {
        make(event, n, 2);
        MUST_EQ(evring_put(&in, event), AGON_OK);
    }
    MUST_EQ(evring_take(&out, event), 1);
    MUST(NULL != evring_peek(&out, NULL)); // died with this one in hand
    sides_of(memory, 512, &in, &out);
    make(event, 5, 2);
    MUST_EQ(evring_put(&in, event), AGON_OK);
    for (uint64_t n = 1; n < 6; n++) {
        MUST_EQ(evring_take(&out, event), 1);
        MUST(is_as_made(event, n, 2));
    }
    MUST_EQ(evring_take(&out, event), 0);
    free(memory);
}
END_TEST

START_TEST(a_lying_consumer_only_stops_the_producer)
{
    // A cursor ahead of the tail, or more than a ring behind it.
    static const uint64_t lies[] = {1, 300, 0 - (uint64_t)257, UINT64_MAX / 2, (uint64_t)1 << 63};

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        unsigned char *memory = memory_of(256);
        struct evring_shm *shm = (struct evring_shm *)(void *)memory;
        struct evring in;

        MUST_EQ(evring_attach(&in, memory, 256), AGON_OK);
        atomic_store(&shm->head, lies[i]);
        make(event, 1, 4);
        MUST_EQ(evring_put(&in, event), AGON_EAGAIN);
        MUST(NULL == evring_claim(&in, 1));
        atomic_store(&shm->head, 0);
        MUST_EQ(evring_put(&in, event), AGON_OK);
        free(memory);
    }
}
END_TEST

static const struct {
    const char *what;
    uint64_t at, tail; // the consumer has read up to at
    uint16_t type;
    uint8_t granules;
} lies[] = {
    {"tail more than a ring ahead", 0, 257, 1, 1},
    {"tail behind the head", 10, 9, 1, 1},
    {"no granules", 0, 10, 1, 0},
    {"longer than what was written", 0, 4, 1, 5},
    {"beyond the end of the ring", 250, 260, 1, 7},
    {"filler of no granules", 0, 10, 0, 0},
    {"filler in the middle", 0, 10, 0, 4},
    {"filler beyond the end", 250, 260, 0, 7},
    {"filler short of the end", 250, 260, 0, 5},
};

START_TEST(a_lying_producer_is_reported_as_corrupt)
{
    unsigned char *memory = memory_of(256);
    struct evring_shm *shm = (struct evring_shm *)(void *)memory;
    struct agon_event_hdr *record =
        (struct agon_event_hdr *)(void *)(memory + EVRING_HEAD + lies[_i].at * EVENT_GRANULE);
    struct evring out;
    int rc = AGON_OK;

    atomic_store(&shm->head, lies[_i].at);
    atomic_store(&shm->tail, lies[_i].tail);
    record->type = lies[_i].type;
    record->granules = lies[_i].granules;
    MUST_EQ(evring_attach(&out, memory, 256), AGON_OK);
    ck_assert_msg(evring_peek(&out, &rc) == NULL && rc == AGON_ECORRUPT, "%s", lies[_i].what);
    ck_assert_msg(evring_take(&out, event) == AGON_ECORRUPT, "%s", lies[_i].what);
    evring_release(&out); // nothing is in hand
    MUST_EQ(atomic_load(&shm->head), lies[_i].at);
    free(memory);
}
END_TEST

START_TEST(random_memory_never_leads_outside)
{
    unsigned char *memory = memory_of(256);
    struct evring_shm *shm = (struct evring_shm *)(void *)memory;
    struct rng rng;

    rng_init(&rng, 42);
    for (int round = 0; round < 4000; round++) {
        struct evring in;
        struct evring out;
        uint64_t head = rng_u64(&rng);

        for (uint64_t i = EVRING_HEAD; i + 8 <= evring_bytes(256); i += 64) {
            uint64_t word = rng_u64(&rng);

            word &= rng_chance(&rng, 500000) ? 0xffffffff03ffffffu : UINT64_MAX;
            memcpy(memory + i, &word, sizeof(word));
        }
        atomic_store(&shm->head, head);
        atomic_store(&shm->tail, head + rng_below(&rng, 300));
        sides_of(memory, 256, &in, &out);
        for (int i = 0; i < 50; i++) {
            if (evring_take(&out, event) == 1)
                ck_assert_uint_gt(event->granules, 0);
            make(event, 1, 1 + (uint32_t)rng_below(&rng, 255));
            evring_put(&in, event);
            if (rng_chance(&rng, 100000))
                atomic_store(&shm->head, rng_u64(&rng));
            evring_used(&out);
        }
    }
    free(memory);
}
END_TEST

// Both sides on one thread with random stalls, against a plain count of what is in between.
START_TEST(any_interleaving_keeps_order_and_content)
{
    uint64_t granules = (uint64_t)256 << _i;
    unsigned char *memory = memory_of(granules);
    struct evring in;
    struct evring out;
    struct rng rng;
    uint32_t *length = calloc(200000, sizeof(*length));
    uint64_t n_in = 0;
    uint64_t n_out = 0;

    rng_init(&rng, 1000 + (uint64_t)_i);
    sides_of(memory, granules, &in, &out);
    while (n_out < 100000) {
        uint32_t burst = (uint32_t)rng_below(&rng, 60);
        uint32_t largest = rng_chance(&rng, 100000) ? 255 : 7;

        for (uint32_t i = 0; i < burst && n_in < 100000; i++) {
            length[n_in] = 1 + (uint32_t)rng_below(&rng, largest);
            make(event, n_in, length[n_in]);
            if (evring_put(&in, event) != AGON_OK)
                break;
            n_in++;
        }
        burst = (uint32_t)rng_below(&rng, 60);
        for (uint32_t i = 0; i < burst; i++) {
            int rc;
            const struct agon_event_hdr *record = evring_peek(&out, &rc);

            MUST_EQ(rc, AGON_OK);
            if (record == NULL) {
                MUST_EQ(n_out, n_in);
                break;
            }
            MUST(is_as_made(record, n_out, length[n_out]));
            evring_release(&out);
            n_out++;
        }
    }
    free(length);
    free(memory);
}
END_TEST

#define STRESS 60000

static uint32_t stress_length(uint64_t number)
{
    return 1 + (uint32_t)(hash_mix(number) % (number % 50 == 0 ? 255 : 5));
}

static void *produce(void *memory)
{
    static uint64_t room[EVENT_BYTES_MAX / 8];
    struct agon_event_hdr *one = (struct agon_event_hdr *)(void *)room;
    struct evring ring;

    MUST_EQ(evring_attach(&ring, memory, 1024), AGON_OK);
    for (uint64_t n = 0; n < STRESS; n++) {
        make(one, n, stress_length(n));
        while (evring_put(&ring, one) != AGON_OK)
            sched_yield();
        if (hash_mix(n) % 1000 == 0)
            sched_yield();
    }
    return NULL;
}

START_TEST(two_threads_pass_every_record_once_and_in_order)
{
    unsigned char *memory = memory_of(1024);
    pthread_t thread;
    struct evring ring;

    MUST_EQ(pthread_create(&thread, NULL, produce, memory), 0);
    MUST_EQ(evring_attach(&ring, memory, 1024), AGON_OK);
    for (uint64_t n = 0; n < STRESS;) {
        const struct agon_event_hdr *record = evring_peek(&ring, NULL);

        if (record == NULL) {
            sched_yield();
            continue;
        }
        MUST(is_as_made(record, n, stress_length(n)));
        evring_release(&ring);
        n++;
    }
    pthread_join(thread, NULL);
    MUST(NULL == evring_peek(&ring, NULL));
    free(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evring");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, odd_sizes_and_foreign_memory_are_refused);
    tcase_add_test(tcase, a_record_comes_out_as_it_went_in);
    tcase_add_test(tcase, what_is_claimed_is_unseen_until_published_and_keeps_its_length);
    tcase_add_test(tcase, a_full_ring_refuses_and_goes_on_when_read);
    tcase_add_test(tcase, a_ring_of_one_thread_begins_anew_where_nothing_waits_in_it);
    tcase_add_test(tcase, what_was_passed_is_room_when_it_is_given_back);
    tcase_add_test(tcase, the_largest_record_passes_from_every_place);
    tcase_add_test(tcase, a_new_process_takes_over_where_the_old_one_stopped);
    tcase_add_test(tcase, a_lying_consumer_only_stops_the_producer);
    tcase_add_loop_test(tcase, a_lying_producer_is_reported_as_corrupt, 0,
                        (int)(sizeof(lies) / sizeof(lies[0])));
    tcase_add_test(tcase, random_memory_never_leads_outside);
    tcase_add_loop_test(tcase, any_interleaving_keeps_order_and_content, 0, 4);
    tcase_add_test(tcase, two_threads_pass_every_record_once_and_in_order);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
