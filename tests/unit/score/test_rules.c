// SPDX-License-Identifier: Apache-2.0
/* rules: terms that have no place in the record are read as far as the record goes, saved behind
 * what has one, and refused where this build does not know them. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "score/plan.h"

static struct record_tournament record;
static unsigned char bytes[8192];

static void begin(uint16_t n_more)
{
    memset(&record, 0, sizeof(record));
    plan_defaults(&record.rules);
    memset(record.rules.more, 0, sizeof(record.rules.more));
    record.rules.n_more = n_more;
    for (uint32_t i = 0; i < n_more; i++) {
        struct rule_term *term = &record.rules.more[i];

        (void)snprintf(term->name, sizeof(term->name), "made_up_%u", i);
        term->kind = i % 2 == 0 ? RULE_WEIGHT : RULE_GATE;
        term->value = 1.5 + i;
    }
    record.hdr.granules = TOURNAMENT_GRANULES(n_more);
}

static uint64_t save(const struct tournament_rules *rules)
{
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};

    rules_save(rules, &enc);
    ck_assert(enc_is_ok(&enc));
    return enc.used;
}

START_TEST(rules_without_further_terms_are_the_bytes_that_they_always_were)
{
    begin(0);
    // mode, on_unload, schedule; six pairs; mask; shares; ten figures.
    ck_assert_uint_eq(save(&record.rules),
                      2 + 64 + 6 * 16 + 4 + 4 + 4 * TOURNAMENT_SHARES + 10 * 4);
    ck_assert_uint_eq(record.hdr.granules, 5);
}
END_TEST

START_TEST(further_terms_come_back_as_they_were)
{
    static const uint16_t numbers[] = {0, 1, 2, 7, RULES_MORE_MAX};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct tournament_rules rules, again;
        struct dec dec = {.at = bytes};

        begin(numbers[i]);
        ck_assert_int_eq(rules_read(&rules, &record), AGON_OK);
        ck_assert_mem_eq(&rules, &record.rules, sizeof(rules));
        dec.n = save(&rules);
        rules_load(&again, &dec);
        ck_assert(dec_is_ok(&dec));
        ck_assert_mem_eq(&rules, &again, sizeof(rules));
    }
}
END_TEST

START_TEST(a_record_of_another_size_than_it_says_is_refused)
{
    struct tournament_rules rules;

    begin(3);
    record.hdr.granules--;
    ck_assert_int_eq(rules_read(&rules, &record), AGON_EINVAL);
    record.hdr.granules += 2;
    ck_assert_int_eq(rules_read(&rules, &record), AGON_EINVAL);
    begin(RULES_MORE_MAX);
    record.rules.n_more++;
    ck_assert_int_eq(rules_read(&rules, &record), AGON_EINVAL);
}
END_TEST

START_TEST(a_term_that_this_build_does_not_know_is_refused_by_its_name)
{
    struct error err = {0};

    begin(1);
    ck_assert_int_eq(plan_check_rules(&record.rules, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "made_up_0"));
    // One that has a place in the record has no other.
    memcpy(record.rules.more[0].name, "sharpe", sizeof("sharpe"));
    ck_assert_int_eq(plan_check_rules(&record.rules, &err), AGON_EINVAL);
    memset(record.rules.more[0].name, 'x', sizeof(record.rules.more[0].name));
    ck_assert_int_eq(plan_check_rules(&record.rules, &err), AGON_EINVAL);
}
END_TEST

START_TEST(every_entry_of_the_tables_says_what_it_is)
{
    for (uint32_t i = 0; i < MEASURES; i++) {
        const struct measure *measure = measure_at(i);

        ck_assert_uint_lt(strlen(measure->name), sizeof(((struct rule_term *)0)->name));
        ck_assert(measure->title != NULL && measure->doc != NULL && measure->weight != NULL);
        ck_assert(measure->of != NULL);
        ck_assert_int_eq(measure_find(measure->name), (int)i); // no name twice
    }
    for (uint32_t i = 0; i < GATES; i++) {
        const struct gate *gate = gate_at(i);

        ck_assert_uint_lt(strlen(gate->name), sizeof(((struct rule_term *)0)->name));
        ck_assert(gate->how != NULL && gate->doc != NULL && gate->passes != NULL);
        ck_assert((gate->measure != NULL) != (gate->of != NULL));
        ck_assert_int_eq(gate_find(gate->name), (int)i);
        if (i < RECORD_MEASURES)
            ck_assert_ptr_eq(gate->measure, measure_at(i)); // their values have one place
    }
    ck_assert_int_eq(measure_find("made_up"), -1);
    ck_assert_int_eq(gate_find("made_up"), -1);
    ck_assert_ptr_null(measure_at(MEASURES));
    ck_assert_ptr_null(gate_at(GATES));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score_rules");
    TCase *tcase = tcase_create("rules");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, rules_without_further_terms_are_the_bytes_that_they_always_were);
    tcase_add_test(tcase, further_terms_come_back_as_they_were);
    tcase_add_test(tcase, a_record_of_another_size_than_it_says_is_refused);
    tcase_add_test(tcase, a_term_that_this_build_does_not_know_is_refused_by_its_name);
    tcase_add_test(tcase, every_entry_of_the_tables_says_what_it_is);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
