// SPDX-License-Identifier: Apache-2.0
/* check: stands for libcheck where a harness uses the world of a unit test. A failed check is a
 * crash, which is what a fuzzer can see. */
#ifndef FUZZ_CHECK_CHECK_H
#define FUZZ_CHECK_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define ck_abort_msg(...)                                                                          \
    do {                                                                                           \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                            \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fprintf(stderr, "\n");                                                                     \
        abort();                                                                                   \
    } while (0)
#define ck_assert_msg(condition, ...)                                                              \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg(__VA_ARGS__);                                                             \
    } while (0)
#define ck_assert(condition)           ck_assert_msg(condition, "%s", #condition)
#define ck_assert_int_eq(a, b)         ck_assert((a) == (b))
#define ck_assert_uint_lt(a, b)        ck_assert((a) < (b))
#define ck_assert_ptr_nonnull(pointer) ck_assert((pointer) != NULL)

#endif
