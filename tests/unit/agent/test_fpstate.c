// SPDX-License-Identifier: Apache-2.0
/* fpstate: what a plugin may have left of a thread's floating-point control words is seen in both
 * ways of looking, whichever this processor's own is. */
#include <check.h>
#include <stdlib.h>

#include "agent/fpstate.h"

#if defined(__x86_64__)

#define PLAIN 0x1f80u

static void set_mxcsr(uint32_t word)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(word));
}

static void set_x87(uint16_t word)
{
    __asm__ volatile("fldcw %0" : : "m"(word));
}

/* Rounding (bits 13 and 14), small results as 0 (15), small operands as 0 (6): Intel's manual,
 * volume 1, 10.2.3. */
START_TEST(both_ways_see_what_alters_results)
{
    static const uint32_t altered[] = {0x2000, 0x4000, 0x6000, 0x8000,
                                       0x0040, 0x8040, 0xa000, 0x6040};

    for (size_t i = 0; i < sizeof(altered) / sizeof(altered[0]); i++) {
        int read, summed, left;

        set_mxcsr(PLAIN | altered[i]);
        read = fpstate_is_read_plain();
        summed = fpstate_is_summed_plain();
        left = fpstate_is_left_plain();
        set_mxcsr(PLAIN);
        ck_assert_msg(!read && !summed && !left, "%#x: %d %d %d", altered[i], read, summed, left);
    }
}
END_TEST

START_TEST(flags_that_sums_set_are_no_change)
{
    set_mxcsr(PLAIN | 0x3f);
    int read = fpstate_is_read_plain(), summed = fpstate_is_summed_plain(),
        left = fpstate_is_left_plain();
    set_mxcsr(PLAIN);
    ck_assert(read && summed && left);
    ck_assert(fpstate_is_read_plain() && fpstate_is_summed_plain() && fpstate_is_left_plain());
}
END_TEST

START_TEST(the_other_unit_is_looked_at_too)
{
    static const uint16_t altered[] = {0x77f, 0xb7f, 0xf7f, 0x27f, 0x07f, 0x37e};

    for (size_t i = 0; i < sizeof(altered) / sizeof(altered[0]); i++) {
        int left;

        set_x87(altered[i]);
        left = fpstate_is_left_plain();
        set_x87(0x37f);
        ck_assert_msg(!left, "%#x", altered[i]);
    }
    ck_assert(fpstate_is_left_plain());
}
END_TEST

#endif

int main(void)
{
    Suite *suite = suite_create("agent_fpstate");
    TCase *tcase = tcase_create("fpstate");
    SRunner *runner;
    int n_failed;

#if defined(__x86_64__)
    tcase_add_test(tcase, both_ways_see_what_alters_results);
    tcase_add_test(tcase, flags_that_sums_set_are_no_change);
    tcase_add_test(tcase, the_other_unit_is_looked_at_too);
#endif
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
