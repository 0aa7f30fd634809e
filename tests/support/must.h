// SPDX-License-Identifier: Apache-2.0
/* must: assertions for inner loops. Those of libcheck write a line to a file each time they hold,
 * which is most of the time of a test with a million of them; these do nothing while they hold. */
#ifndef SUPPORT_MUST_H
#define SUPPORT_MUST_H

#include <check.h>

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s:%d: %s is false", __FILE__, __LINE__, #condition);                    \
    } while (0)

/* Equal as 64-bit integers. */
#define MUST_EQ(a, b)                                                                              \
    do {                                                                                           \
        long long must_a_ = (long long)(a);                                                        \
        long long must_b_ = (long long)(b);                                                        \
        if (must_a_ != must_b_)                                                                    \
            ck_abort_msg("%s:%d: %s is %lld, not %s (%lld)", __FILE__, __LINE__, #a, must_a_, #b,  \
                         must_b_);                                                                 \
    } while (0)

#endif
