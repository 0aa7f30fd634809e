// SPDX-License-Identifier: Apache-2.0
#include "help.h"

#include <pthread.h>

#include "sys/futex.h"

#define WORDS 20

static _Atomic uint32_t words[WORDS];
static struct futex_word waited[WORDS];

static void watch(void)
{
    for (int i = 0; i < WORDS; i++)
        waited[i] = (struct futex_word){.word = &words[i], .expected = atomic_load(&words[i])};
}

static void *move(void *ctx)
{
    _Atomic uint32_t *word = ctx;

    atomic_fetch_add(word, 1);
    futex_wake(word, 1);
    return NULL;
}

// Without end: a wake that gets lost is a test that does not end.
START_TEST(whichever_word_moves_wakes)
{
    pthread_t thread;
    int rc = AGON_OK;

    watch();
    ck_assert_int_eq(pthread_create(&thread, NULL, move, &words[_i]), 0);
    while (atomic_load(&words[_i]) == waited[_i].expected && rc != AGON_ENOTSUP)
        rc = futex_wait_any(waited, WORDS, rc == AGON_ENOTSUP ? 1000000 : -1);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(atomic_load(&words[_i]), waited[_i].expected + 1);
}
END_TEST

START_TEST(a_word_that_has_moved_is_not_waited_for)
{
    watch();
    atomic_fetch_add(&words[_i], 1);
    ck_assert_int_ne(futex_wait_any(waited, WORDS, _i == 0 ? -1 : 60000000000), AGON_ETIME);
}
END_TEST

START_TEST(nothing_moves_and_the_time_is_over)
{
    watch();
    ck_assert_int_ne(futex_wait_any(waited, WORDS, 1000000), AGON_OK);
    ck_assert_int_eq(futex_wait(&words[0], waited[0].expected, 1000000), AGON_ETIME);
    ck_assert_int_eq(futex_wait_any(waited, 1, 1000000), AGON_ETIME);
}
END_TEST

static _Atomic uint32_t one;

static void *sleep_with_bits(void *ctx)
{
    uint32_t bits = *(const uint32_t *)ctx;

    while (atomic_load(&one) == 0)
        futex_wait_bits(&one, 0, bits);
    return NULL;
}

// Without end too. Who has none of the bits may be woken, but need not: it looks at the word.
START_TEST(all_with_one_of_the_bits_are_woken_in_one_go)
{
    uint32_t bits[4] = {1, 1, 2, 4};
    pthread_t threads[4];

    atomic_store(&one, 0);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sleep_with_bits, &bits[i]), 0);
    atomic_store(&one, 1);
    futex_wake_bits(&one, 1);
    ck_assert_int_eq(pthread_join(threads[0], NULL), 0);
    ck_assert_int_eq(pthread_join(threads[1], NULL), 0);
    futex_wake_bits(&one, 2 | 4);
    ck_assert_int_eq(pthread_join(threads[2], NULL), 0);
    ck_assert_int_eq(pthread_join(threads[3], NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_futex");
    TCase *tcase = tcase_create("futex");

    tcase_add_loop_test(tcase, whichever_word_moves_wakes, 0, WORDS);
    tcase_add_loop_test(tcase, a_word_that_has_moved_is_not_waited_for, 0, WORDS);
    tcase_add_test(tcase, nothing_moves_and_the_time_is_over);
    tcase_add_test(tcase, all_with_one_of_the_bits_are_woken_in_one_go);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
