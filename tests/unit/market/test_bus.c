// SPDX-License-Identifier: Apache-2.0
/* bus: readers see whole records in order, or are told that they lost some; the writer never waits.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "../../support/must.h"
#include "base/hash.h"
#include "base/rng.h"
#include "market/bus.h"

static unsigned char *memory_of(uint64_t granules)
{
    unsigned char *memory = aligned_alloc(128, bus_bytes(granules));

    MUST(NULL != memory);
    memset(memory, 0, bus_bytes(granules));
    MUST_EQ(bus_format(memory, granules), AGON_OK);
    return memory;
}

static uint32_t length_of(uint64_t seq)
{
    return 1 + (uint32_t)(hash_mix(seq) % (seq % 40 == 0 ? 255 : 6));
}

static void make(struct agon_event_hdr *event, uint64_t seq)
{
    uint64_t *words = (uint64_t *)(void *)event;
    uint32_t granules = length_of(seq);

    for (uint32_t i = 0; i < granules * 8; i++)
        words[i] = hash_mix(seq * 4096 + i);
    event->type = (uint16_t)(1 + seq % 60);
    event->granules = (uint8_t)granules;
    event->seq = seq;
}

static int is_as_made(const struct agon_event_hdr *event)
{
    uint64_t want[EVENT_BYTES_MAX / 8];

    make((struct agon_event_hdr *)(void *)want, event->seq);
    return memcmp(event, want, length_of(event->seq) * EVENT_GRANULE) == 0;
}

static uint64_t buffer[EVENT_BYTES_MAX / 8];
static struct agon_event_hdr *const event = (struct agon_event_hdr *)(void *)buffer;

START_TEST(a_stamp_is_its_steps_own_while_it_is_kept)
{
    unsigned char *memory = memory_of(1024);
    struct bus_shm *shm = (struct bus_shm *)(void *)memory;
    struct bus_reader reader;
    struct bus_writer writer;

    MUST_EQ(bus_writer_attach(&writer, memory, 1024), AGON_OK);
    MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_OK);
    MUST_EQ(bus_stamped(&reader, 1), 0);
    for (uint64_t seq = 1; seq <= 3 * BUS_STAMPS; seq++) {
        bus_stamp(shm, seq, (int64_t)seq * 10);
        make(event, seq);
        bus_write(&writer, event);
        bus_publish(&writer, seq);
        MUST_EQ(bus_stamped(&reader, seq), (int64_t)seq * 10);
        if (seq > 100)
            MUST_EQ(bus_stamped(&reader, seq - 100), (int64_t)(seq - 100) * 10);
        // What is too long ago is not as young as what has taken its place.
        if (seq > BUS_STAMPS)
            MUST_EQ(bus_stamped(&reader, seq - BUS_STAMPS), (int64_t)(seq - BUS_STAMPS / 2) * 10);
    }
    free(memory);
}
END_TEST

START_TEST(odd_sizes_and_foreign_memory_are_refused)
{
    static const uint64_t bad[] = {0, 512, 1023, 1025, 3000, (uint64_t)1 << 33, UINT64_MAX};
    unsigned char *memory = memory_of(1024);
    struct bus_reader reader;
    struct bus_writer writer;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        MUST_EQ(bus_format(memory, bad[i]), AGON_EINVAL);
    MUST_EQ(bus_format(memory + 8, 1024), AGON_EINVAL);
    MUST_EQ(bus_reader_attach(&reader, memory, 2048), AGON_ECORRUPT);
    MUST_EQ(bus_reader_attach(&reader, NULL, 1024), AGON_ECORRUPT);
    MUST_EQ(bus_writer_attach(&writer, memory, 2048), AGON_ECORRUPT);
    memset(memory, 0, bus_bytes(1024));
    MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_ECORRUPT);
    free(memory);
}
END_TEST

START_TEST(nothing_is_seen_before_it_is_published)
{
    unsigned char *memory = memory_of(1024);
    struct bus_shm *shm = (struct bus_shm *)(void *)memory;
    struct bus_writer writer;
    struct bus_reader reader;

    MUST_EQ(bus_writer_attach(&writer, memory, 1024), AGON_OK);
    MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_OK);
    make(event, 1);
    bus_write(&writer, event);
    make(event, 2);
    bus_write(&writer, event);
    MUST_EQ(bus_next(&reader, event), 0);
    MUST_EQ(bus_seq(&reader), 0);
    bus_publish(&writer, 2);
    MUST_EQ(bus_seq(&reader), 2);
    MUST_EQ(atomic_load(&shm->wake), 1);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        MUST_EQ(bus_next(&reader, event), 1);
        MUST_EQ(event->seq, seq);
        MUST(is_as_made(event));
    }
    MUST_EQ(bus_next(&reader, event), 0);
    // A later reader begins at the tail.
    MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_OK);
    MUST_EQ(bus_next(&reader, event), 0);
    free(memory);
}
END_TEST

START_TEST(a_reader_that_keeps_up_misses_nothing_over_many_laps)
{
    unsigned char *memory = memory_of(1024);
    struct bus_writer writer;
    struct bus_reader reader;

    MUST_EQ(bus_writer_attach(&writer, memory, 1024), AGON_OK);
    MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_OK);
    for (uint64_t seq = 1; seq < 50000; seq++) {
        make(event, seq);
        bus_write(&writer, event);
        bus_publish(&writer, seq);
        MUST_EQ(bus_next(&reader, event), 1);
        MUST_EQ(event->seq, seq);
        MUST(is_as_made(event));
        MUST_EQ(bus_next(&reader, event), 0);
    }
    free(memory);
}
END_TEST

START_TEST(what_is_passed_over_is_passed_whole_and_looked_at_again_until_then)
{
    unsigned char *memory = memory_of(1024);
    struct bus_writer writer;
    struct bus_reader reader;

    MUST_EQ(bus_writer_attach(&writer, memory, 1024), AGON_OK);
    MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_OK);
    MUST_EQ(bus_look(&reader, event), 0);
    for (uint64_t seq = 1; seq < 50000; seq++) {
        make(event, seq);
        bus_write(&writer, event);
        bus_publish(&writer, seq);
        for (uint64_t i = 0; i <= seq % 3; i++) {
            MUST_EQ(bus_look(&reader, event), 1);
            MUST_EQ(event->seq, seq);
        }
        if (seq % 5 != 0) {
            MUST_EQ(bus_pass(&reader, event), 1);
        } else {
            MUST_EQ(bus_copy(&reader, event), 1);
            MUST(is_as_made(event));
        }
        MUST_EQ(bus_look(&reader, event), 0);
    }
    free(memory);
}
END_TEST

START_TEST(what_was_overwritten_since_it_was_looked_at_is_neither_passed_nor_copied)
{
    for (int is_passed = 0; is_passed <= 1; is_passed++) {
        unsigned char *memory = memory_of(1024);
        struct bus_writer writer;
        struct bus_reader reader;
        _Alignas(64) unsigned char bytes[EVENT_BYTES_MAX];
        struct agon_event_hdr *seen = (struct agon_event_hdr *)(void *)bytes;

        MUST_EQ(bus_writer_attach(&writer, memory, 1024), AGON_OK);
        MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_OK);
        memset(event, 0, 64);
        event->type = AGON_EVENT_TRADE;
        event->granules = 1;
        for (uint64_t seq = 1; seq <= 5000; seq++) {
            event->seq = seq;
            bus_write(&writer, event);
            bus_publish(&writer, seq);
            if (seq == 1)
                MUST_EQ(bus_look(&reader, seen), 1);
        }
        MUST_EQ(seen->seq, 1);
        MUST_EQ(is_passed ? bus_pass(&reader, seen) : bus_copy(&reader, seen), AGON_ERANGE);
        MUST_EQ(bus_next(&reader, seen), 1);
        ck_assert_uint_gt(seen->seq, 5000 - 1024);
        free(memory);
    }
}
END_TEST

START_TEST(an_overrun_reader_is_told_and_goes_on_with_most_of_the_ring)
{
    unsigned char *memory = memory_of(4096);
    struct bus_writer writer;
    struct bus_reader reader;
    uint64_t first;

    MUST_EQ(bus_writer_attach(&writer, memory, 4096), AGON_OK);
    MUST_EQ(bus_reader_attach(&reader, memory, 4096), AGON_OK);
    memset(event, 0, 64);
    event->type = AGON_EVENT_TRADE;
    event->granules = 1;
    for (uint64_t seq = 1; seq <= 100000; seq++) {
        event->seq = seq;
        bus_write(&writer, event);
        bus_publish(&writer, seq);
    }
    MUST_EQ(bus_next(&reader, event), AGON_ERANGE);
    MUST_EQ(bus_next(&reader, event), 1);
    first = event->seq;
    // At least three quarters of what the ring holds are still delivered, and nothing is skipped.
    ck_assert_uint_le(first, 100000 - 4096 * 3 / 4);
    ck_assert_uint_gt(first, 100000 - 4096);
    for (uint64_t seq = first + 1; seq <= 100000; seq++) {
        MUST_EQ(bus_next(&reader, event), 1);
        MUST_EQ(event->seq, seq);
    }
    MUST_EQ(bus_next(&reader, event), 0);
    free(memory);
}
END_TEST

START_TEST(a_writer_that_restarts_goes_on_behind_the_tail)
{
    unsigned char *memory = memory_of(1024);
    struct bus_writer writer;
    struct bus_reader reader;

    MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_OK);
    for (uint64_t seq = 1; seq < 20000; seq++) {
        if (seq % 100 == 1)
            MUST_EQ(bus_writer_attach(&writer, memory, 1024), AGON_OK);
        make(event, seq);
        bus_write(&writer, event);
        bus_publish(&writer, seq);
        MUST_EQ(bus_next(&reader, event), 1);
        MUST_EQ(event->seq, seq);
    }
    free(memory);
}
END_TEST

START_TEST(bytes_that_are_no_record_are_reported)
{
    unsigned char *memory = memory_of(1024);
    struct bus_shm *shm = (struct bus_shm *)(void *)memory;
    struct bus_reader reader;
    static const uint8_t granules[] = {0, 9, 255};

    for (int i = 0; i < 3; i++) {
        MUST_EQ(bus_format(memory, 1024), AGON_OK);
        MUST_EQ(bus_reader_attach(&reader, memory, 1024), AGON_OK);
        memory[BUS_HEAD] = 1;
        memory[BUS_HEAD + 2] = granules[i];
        atomic_store(&shm->tail, 8);
        MUST_EQ(bus_next(&reader, event), AGON_ECORRUPT);
    }
    free(memory);
}
END_TEST

#define N_READERS 5

// One thread, random stalls of each reader: whatever is delivered is what was written, in order,
// and a gap is always announced.
START_TEST(readers_with_random_stalls_see_order_or_an_overrun)
{
    unsigned char *memory = memory_of(1024);
    struct bus_writer writer;
    struct bus_reader readers[N_READERS];
    uint64_t last[N_READERS] = {0};
    int was_overrun[N_READERS] = {0};
    uint64_t n_overruns = 0;
    uint64_t n_read = 0;
    struct rng rng;
    uint64_t seq = 0;

    rng_init(&rng, 77 + (uint64_t)_i);
    MUST_EQ(bus_writer_attach(&writer, memory, 1024), AGON_OK);
    for (int i = 0; i < N_READERS; i++)
        MUST_EQ(bus_reader_attach(&readers[i], memory, 1024), AGON_OK);
    for (int round = 0; round < 20000; round++) {
        uint64_t burst = rng_below(&rng, 8);
        int who = (int)rng_below(&rng, N_READERS);

        for (uint64_t i = 0; i < burst; i++) {
            make(event, ++seq);
            bus_write(&writer, event);
        }
        bus_publish(&writer, seq);
        if (!rng_chance(&rng, 300000u * (uint32_t)(who + 1) / N_READERS))
            continue;
        for (;;) {
            uint64_t complete = bus_seq(&readers[who]);
            int rc = bus_next(&readers[who], event);

            if (rc == AGON_ERANGE) {
                was_overrun[who] = 1;
                n_overruns++;
                continue;
            }
            ck_assert_int_ge(rc, 0);
            if (rc == 0) {
                MUST(last[who] == complete || was_overrun[who]);
                break;
            }
            if (was_overrun[who])
                ck_assert_uint_gt(event->seq, last[who]);
            else
                MUST_EQ(event->seq, last[who] + 1);
            MUST(is_as_made(event));
            was_overrun[who] = 0;
            last[who] = event->seq;
            n_read++;
        }
    }
    ck_assert_uint_gt(n_overruns, 0);
    ck_assert_uint_gt(n_read, 0);
    free(memory);
}
END_TEST

#define STRESS 60000

struct follower {
    struct bus_reader reader; // attached before the first write: it is owed every record
    uint64_t stall;           // yields now and then: 1 in so many
    uint64_t n_read, n_overruns;
    const char *fault;
};

static void *follow(void *arg)
{
    struct follower *self = arg;
    uint64_t room[EVENT_BYTES_MAX / 8];
    struct agon_event_hdr *one = (struct agon_event_hdr *)(void *)room;
    struct bus_reader reader = self->reader;
    uint64_t last = 0;
    int was_overrun = 0;

    for (;;) {
        uint64_t complete = bus_seq(&reader);
        int rc = bus_next(&reader, one);

        if (rc == AGON_ERANGE) {
            was_overrun = 1;
            self->n_overruns++;
        } else if (rc == 0) {
            if (last < complete && !was_overrun)
                self->fault = "a record is missing that the bus said was there";
            if (complete == STRESS || self->fault != NULL)
                return NULL;
            sched_yield();
        } else if (rc != 1) {
            self->fault = "corrupt";
            return NULL;
        } else {
            if (!is_as_made(one))
                self->fault = "a torn record";
            if (was_overrun ? one->seq <= last : one->seq != last + 1)
                self->fault = "out of order";
            if (self->fault != NULL)
                return NULL;
            was_overrun = 0;
            last = one->seq;
            self->n_read++;
            if (hash_mix(last) % self->stall == 0)
                sched_yield();
        }
    }
}

START_TEST(threads_never_see_a_torn_record)
{
    unsigned char *memory = memory_of(2048);
    struct follower followers[4];
    pthread_t threads[4];
    struct bus_writer writer;

    MUST_EQ(bus_writer_attach(&writer, memory, 2048), AGON_OK);
    for (int i = 0; i < 4; i++) {
        followers[i] = (struct follower){.stall = (uint64_t)1 << (2 * i + 1)};
        MUST_EQ(bus_reader_attach(&followers[i].reader, memory, 2048), AGON_OK);
        MUST_EQ(pthread_create(&threads[i], NULL, follow, &followers[i]), 0);
    }
    for (uint64_t seq = 1; seq <= STRESS; seq++) {
        make(event, seq);
        bus_write(&writer, event);
        if (hash_mix(seq) % 4 == 0 || seq == STRESS)
            bus_publish(&writer, seq);
        if (hash_mix(seq) % 64 == 0)
            sched_yield();
    }
    for (int i = 0; i < 4; i++) {
        MUST_EQ(pthread_join(threads[i], NULL), 0);
        ck_assert_msg(followers[i].fault == NULL, "reader %d: %s", i, followers[i].fault);
    }
    free(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bus");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, odd_sizes_and_foreign_memory_are_refused);
    tcase_add_test(tcase, a_stamp_is_its_steps_own_while_it_is_kept);
    tcase_add_test(tcase, nothing_is_seen_before_it_is_published);
    tcase_add_test(tcase, a_reader_that_keeps_up_misses_nothing_over_many_laps);
    tcase_add_test(tcase, what_is_passed_over_is_passed_whole_and_looked_at_again_until_then);
    tcase_add_test(tcase, what_was_overwritten_since_it_was_looked_at_is_neither_passed_nor_copied);
    tcase_add_test(tcase, an_overrun_reader_is_told_and_goes_on_with_most_of_the_ring);
    tcase_add_test(tcase, a_writer_that_restarts_goes_on_behind_the_tail);
    tcase_add_test(tcase, bytes_that_are_no_record_are_reported);
    tcase_add_loop_test(tcase, readers_with_random_stalls_see_order_or_an_overrun, 0, 3);
    tcase_add_test(tcase, threads_never_see_a_torn_record);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
