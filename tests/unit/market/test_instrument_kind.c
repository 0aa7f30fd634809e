// SPDX-License-Identifier: Apache-2.0
/* Kinds of instruments: one row each, whose numbers are those of every journal. Rows that cannot
 * mean anything do not compile (instrument_kind.c). */
#include <check.h>

#include "market/instrument_kind.h"
#include "market/records.h"

START_TEST(what_a_kind_has_is_what_it_always_was)
{
    static const struct {
        const char *name;
        uint8_t kind, is_traded, has_coins, is_in_base, has_margin;
    } known[] = {{"spot", INSTRUMENT_SPOT, 1, 1, 0, 0},
                 {"linear", INSTRUMENT_LINEAR, 1, 0, 0, 1},
                 {"inverse", INSTRUMENT_INVERSE, 1, 0, 1, 0},
                 {"index", INSTRUMENT_INDEX, 0, 0, 0, 0}};

    for (size_t i = 0; i < 4; i++) {
        struct agon_instrument at = {.kind = known[i].kind, .base = 1, .quote = 2, .settle = 3};

        ck_assert_uint_eq(known[i].kind, i + 1); // in every journal
        ck_assert_str_eq(instrument_kind_name(known[i].kind), known[i].name);
        ck_assert_uint_eq(instrument_kind_of(known[i].name), known[i].kind);
        ck_assert_int_eq(instrument_kind_is_traded(known[i].kind), known[i].is_traded);
        ck_assert_int_eq(instrument_kind_has_coins(known[i].kind), known[i].has_coins);
        ck_assert_int_eq(instrument_kind_is_in_base(known[i].kind), known[i].is_in_base);
        ck_assert_int_eq(instrument_kind_has_margin(known[i].kind), known[i].has_margin);
        ck_assert_uint_eq(instrument_kind_unit(&at), known[i].has_coins ? 2 : 3);
    }
}
END_TEST

START_TEST(no_two_rows_have_a_name_and_no_other_number_has_anything)
{
    for (unsigned kind = 0; kind < 256; kind++) {
        const char *name = instrument_kind_name((uint8_t)kind);

        ck_assert_int_eq(instrument_kind_is((uint8_t)kind), name != NULL);
        if (name != NULL)
            ck_assert_uint_eq(instrument_kind_of(name), kind);
        else
            ck_assert_uint_eq(instrument_kind_has[kind], 0);
    }
    ck_assert_uint_eq(instrument_kind_of("none"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instrument_kind");
    TCase *tcase = tcase_create("instrument_kind");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, what_a_kind_has_is_what_it_always_was);
    tcase_add_test(tcase, no_two_rows_have_a_name_and_no_other_number_has_anything);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
