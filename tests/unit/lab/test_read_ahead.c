// SPDX-License-Identifier: Apache-2.0
/* What a second thread reads comes as it was given: every event, in its order, with the row that it
 * is of, whole while its caller has it, and the end. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/worker.h"
#include "base/sanitized.h"
#include "lab/read_ahead.h"
#include "sys/futex.h"

/* Gives n events of 1 to 255 granules, filled with what they are; a row gives two of them. */
struct giver {
    uint64_t n, given, row;
    uint8_t granules;        /* of each; 0: of all sizes */
    _Atomic uint32_t is_let; /* 0: it waits before its first event */
    union {
        struct agon_event_hdr hdr;
        unsigned char bytes[EVENT_BYTES_MAX];
    } event;
};

static const struct agon_event_hdr *give(void *ctx)
{
    struct giver *giver = ctx;
    uint8_t granules = giver->granules != 0 ? giver->granules : (uint8_t)(giver->given % 255 + 1);

    while (atomic_load(&giver->is_let) == 0)
        (void)futex_wait(&giver->is_let, 0, -1);
    if (giver->given == giver->n) {
        giver->row += 3; // rows behind the last event
        return NULL;
    }
    // The whole of the one before is written over, as a tape does.
    memset(&giver->event, (int)(giver->given & 0xff), (size_t)granules * EVENT_GRANULE);
    giver->event.hdr.granules = granules;
    giver->event.hdr.seq = giver->given;
    giver->row = giver->given / 2 + 1;
    giver->given++;
    return &giver->event.hdr;
}

static struct giver *giver_new(uint64_t n, uint8_t granules)
{
    struct giver *giver = calloc(1, sizeof(*giver));

    ck_assert_ptr_nonnull(giver);
    giver->n = n;
    giver->granules = granules;
    atomic_init(&giver->is_let, 1);
    return giver;
}

static struct read_ahead *begin(struct giver *giver)
{
    struct read_ahead *ahead =
        read_ahead_new(&(struct read_ahead_source){.next = give, .ctx = giver, .row = &giver->row});

    ck_assert_ptr_nonnull(ahead);
    return ahead;
}

static void take(struct read_ahead *ahead, uint64_t n)
{
    const struct agon_event_hdr *event = read_ahead_next(ahead);
    const unsigned char *bytes = (const unsigned char *)event;

    ck_assert_ptr_nonnull(event);
    ck_assert_uint_eq(event->seq, n);
    ck_assert_uint_eq(read_ahead_row(ahead), n / 2 + 1);
    for (uint32_t i = sizeof(*event); i < event_bytes(event); i++)
        ck_assert_uint_eq(bytes[i], n & 0xff);
}

static void all_of(uint64_t n, uint8_t granules)
{
    struct giver *giver = giver_new(n, granules);
    struct read_ahead *ahead = begin(giver);

    for (uint64_t i = 0; i < n; i++)
        take(ahead, i);
    ck_assert_int_eq(read_ahead_is_over(ahead), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_null(read_ahead_next(ahead));
        ck_assert_int_eq(read_ahead_is_over(ahead), 1);
    }
    read_ahead_end(ahead);
    ck_assert_uint_eq(giver->row, n > 0 ? (n - 1) / 2 + 4 : 3);
    read_ahead_free(ahead);
    free(giver);
}

START_TEST(every_event_comes_once_and_in_order)
{
    all_of(0, 1);
    all_of(1, 2);
    all_of(63, 3);
    all_of(64, 3); // just the first chunk
    all_of(65, 3);
    all_of(200000, 2); // as bars
    all_of(20000, 1);
    all_of(5000, 0); // of all sizes: what has no room goes into the next chunk
    all_of(500, 255);
}
END_TEST

START_TEST(who_gives_up_on_the_way_ends_it)
{
    for (uint64_t taken = 0; taken < 5000; taken = taken * 3 + 1) {
        struct giver *giver = giver_new(1000000000, 1); // which no thread reads to its end
        struct read_ahead *ahead = begin(giver);

        for (uint64_t i = 0; i < taken; i++)
            take(ahead, i);
        read_ahead_end(ahead);
        // It is ahead, and not by more than there is room for.
        ck_assert_uint_ge(giver->given, taken);
        ck_assert_uint_lt(giver->given, taken + 20000);
        ck_assert_int_eq(read_ahead_is_over(ahead), 0);
        read_ahead_free(ahead);
        free(giver);
    }
}
END_TEST

START_TEST(who_takes_waits_for_who_gives)
{
    struct giver *giver = giver_new(100, 1);
    struct read_ahead *ahead;

    atomic_store(&giver->is_let, 0);
    ahead = begin(giver);
    ck_assert_uint_eq(read_ahead_row(ahead), 0);
    ck_assert_uint_eq(giver->given, 0);
    atomic_store(&giver->is_let, 1);
    futex_wake(&giver->is_let, 1);
    for (uint64_t i = 0; i < 100; i++)
        take(ahead, i);
    ck_assert_ptr_null(read_ahead_next(ahead));
    read_ahead_free(ahead);
    free(giver);
    read_ahead_free(NULL);
}
END_TEST

/* A file that became shorter while its last page was asked for. */
static const struct agon_event_hdr *give_gone(void *ctx)
{
    const struct agon_event_hdr *event = ctx;
    volatile const uint16_t *type = &event->type;

    return *type == 0 ? NULL : event;
}

static void begin_gone(void *page)
{
    static uint64_t row;

    ck_assert_ptr_nonnull(
        read_ahead_new(&(struct read_ahead_source){.next = give_gone, .ctx = page, .row = &row}));
}

static int call_plugins(void *page, struct worker *worker)
{
    const struct worker_threads threads = {.begin = begin_gone, .ctx = page};
    struct error err = {0};

    worker_enter(worker, 3);
    if (worker_close(worker, (uint64_t)64 << 20, &threads, &err) < 0)
        return 1;
    for (;;)
        worker_enter(worker, 3);
}

/* Whose plugin is called by then is not at fault. */
START_TEST(a_fault_of_what_reads_is_no_plugins)
{
    int fd = memfd_create("tape", MFD_CLOEXEC);
    struct worker_config config = {.run = call_plugins};
    struct worker_end end;

    ck_assert_int_eq(ftruncate(fd, 4096), 0);
    config.ctx = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(config.ctx, MAP_FAILED);
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    worker_run(&config, &end);
    ck_assert_msg(end.kind == WORKER_CRASHED, "%d: %s", end.kind, end.text);
    ck_assert_msg(strstr(end.text, "signal 7") != NULL, "%s", end.text);
    ck_assert_int_eq(end.who, -1);
    ck_assert_int_eq(munmap(config.ctx, 4096), 0);
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("read_ahead");
    TCase *cases = tcase_create("read_ahead");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, every_event_comes_once_and_in_order);
    tcase_add_test(cases, who_gives_up_on_the_way_ends_it);
    tcase_add_test(cases, who_takes_waits_for_who_gives);
    if (!IS_SANITIZED) // it takes such signals for itself
        tcase_add_test(cases, a_fault_of_what_reads_is_no_plugins);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
