// SPDX-License-Identifier: Apache-2.0
/* Pages that are there before they are needed, and those that are spared. */
#include <semaphore.h>
#include <sys/mman.h>

#include "help.h"
#include "sys/memfd.h"
#include "sys/memory.h"

#define PAGE  4096u
#define BYTES ((size_t)8 << 20)

static uint32_t n_placed(const void *from, size_t bytes)
{
    static unsigned char in[((size_t)16 << 20) / PAGE];
    uint32_t n = 0;

    ck_assert_uint_le(bytes, sizeof(in) * PAGE);
    ck_assert_int_eq(mincore((void *)(uintptr_t)from, bytes, in), 0);
    for (size_t i = 0; i < bytes / PAGE; i++)
        n += in[i] & 1;
    return n;
}

static unsigned char *room(void)
{
    void *at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(at, MAP_FAILED);
    return at;
}

/* A build with a sanitizer has shadows of all memory, and leaves it as it is. */
static int is_settled(uint64_t *bytes)
{
    struct error err = {0};
    int rc = memory_settle(bytes, NULL, &err);

    if (rc == AGON_ENOTSUP)
        printf("not shown: %s\n", err.text);
    else
        ck_assert_msg(rc == AGON_OK, "%s", err.text);
    return rc == AGON_OK;
}

START_TEST(inv_28_what_is_settled_costs_no_page_later)
{
    unsigned char *all = room();
    uint64_t bytes;

    all[3 * PAGE] = 7;
    ck_assert_uint_le(n_placed(all, BYTES), BYTES / PAGE / 2);
    if (is_settled(&bytes)) {
        ck_assert_uint_eq(n_placed(all, BYTES), BYTES / PAGE);
        ck_assert_uint_ge(bytes, BYTES);
        ck_assert_int_eq(all[3 * PAGE], 7);
        ck_assert_int_eq(all[BYTES - 1], 0);
    }
    munmap(all, BYTES);
}
END_TEST

START_TEST(what_is_spared_stays_away)
{
    unsigned char *all = room(), *other = room();
    uint32_t n = BYTES / PAGE;

    // Whole pages only: those at both ends are settled.
    memory_spare(all + n / 2 * PAGE + 1, n / 4 * PAGE);
    memory_spare(other, BYTES);
    if (is_settled(NULL)) {
        ck_assert_uint_eq(n_placed(all, BYTES), n - n / 4 + 1);
        ck_assert_uint_eq(n_placed(all + (n / 2 + 1) * PAGE, (n / 4 - 1) * PAGE), 0);
        ck_assert_uint_eq(n_placed(other, BYTES), 0);
    }
    munmap(all, BYTES);
    munmap(other, BYTES);
}
END_TEST

struct waiting {
    sem_t begun, may_end;
};

static void *wait_for_end(void *ctx)
{
    struct waiting *waiting = ctx;

    memory_thread();
    sem_post(&waiting->begun);
    sem_wait(&waiting->may_end);
    return NULL;
}

START_TEST(a_stack_is_not_what_a_process_will_take)
{
    struct waiting waiting;
    pthread_attr_t attr;
    pthread_t thread;
    void *stack;
    size_t bytes;

    sem_init(&waiting.begun, 0, 0);
    sem_init(&waiting.may_end, 0, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_end, &waiting), 0);
    sem_wait(&waiting.begun);
    memory_spare_stack(thread);
    ck_assert_int_eq(pthread_getattr_np(thread, &attr), 0);
    ck_assert_int_eq(pthread_attr_getstack(&attr, &stack, &bytes), 0);
    pthread_attr_destroy(&attr);
    if (is_settled(NULL))
        ck_assert_uint_lt(n_placed(stack, bytes), bytes / PAGE / 4);
    sem_post(&waiting.may_end);
    pthread_join(thread, NULL);
    sem_destroy(&waiting.begun);
    sem_destroy(&waiting.may_end);
}
END_TEST

START_TEST(a_part_of_shared_memory_is_placed_by_itself)
{
    struct error err = {0};
    int fd = memfd_new("agon-test", BYTES, &err);
    unsigned char *all = memfd_map(fd, BYTES, 1, &err);
    int rc;

    ck_assert_msg(all != NULL, "%s", err.text);
    rc = memory_place(all, BYTES / 4);
    if (rc == AGON_OK) {
        ck_assert_uint_eq(n_placed(all, BYTES / 4), BYTES / PAGE / 4);
        ck_assert_uint_eq(n_placed(all + BYTES / 4, BYTES - BYTES / 4), 0);
    } else {
        ck_assert_int_eq(rc, AGON_ENOTSUP);
    }
    memfd_unmap(all, BYTES);
    // What is not there cannot be placed, and is no crash.
    rc = memory_place(all, BYTES);
    ck_assert(rc == AGON_ENOMEM || rc == AGON_ENOTSUP);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_memory");
    TCase *tcase = tcase_create("memory");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, inv_28_what_is_settled_costs_no_page_later);
    tcase_add_test(tcase, what_is_spared_stays_away);
    tcase_add_test(tcase, a_stack_is_not_what_a_process_will_take);
    tcase_add_test(tcase, a_part_of_shared_memory_is_placed_by_itself);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
