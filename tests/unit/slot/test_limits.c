// SPDX-License-Identifier: Apache-2.0
/* The table of limits: what a roster gets without a word, what counts as more risk, which limits
 * stand against each other, and that the documentation has the same table. With the argument
 * "print" it prints that table, for whoever changes a row. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slot/limits.h"

#define LIMITS_SAVED 76 /* bytes of the placed rows in a state */

#define CAPITAL ((agon_amt_t)10000 * 100000000)

static struct slot_limits preset(void)
{
    struct slot_limits limits;

    limits_preset(&limits, CAPITAL);
    return limits;
}

// A value beside the preset that no rule forbids.
static int64_t beside(const struct limit *limit, int64_t value, int is_more)
{
    int64_t step = limit->kind == LIMIT_IS_CHOICE ? 1 : value / 4 > 0 ? value / 4 : 1;

    return is_more ? value + step : value - step;
}

START_TEST(each_limit_raised_alone_is_one_row_and_wants_a_yes)
{
    const struct limit *limit = &limits_of_slot.all[_i];
    int is_more = limit->risk == LIMIT_MORE_IS_RISKIER;
    struct slot_limits from = preset();
    struct slot_limits to;
    struct limit_change changes[LIMITS_ROWS_MAX];
    int64_t value = limit_get(limit, &from);

    if (value == 0 && limit->preset == NULL) // none is preset: from a value between
        ck_assert_int_eq(limit_set(limit, &from, value = limit->min + 100), AGON_OK);
    to = from;
    ck_assert_uint_eq(limits_diff(&limits_of_slot, &from, &to, changes), 0);
    ck_assert_int_eq(limit_set(limit, &to, beside(limit, value, is_more)), AGON_OK);
    ck_assert_uint_eq(limits_diff(&limits_of_slot, &from, &to, changes), 1);
    ck_assert_str_eq(changes[0].limit->key, limit->key);
    ck_assert_msg(changes[0].is_raised, "%s", limit->key);
    // The way back acts at once, also from the raised value.
    ck_assert_uint_eq(limits_diff(&limits_of_slot, &to, &from, changes), 1);
    ck_assert_msg(!changes[0].is_raised, "%s", limit->key);
    if (limit->zero == LIMIT_ZERO_IS_NONE) {
        ck_assert_int_eq(limit_set(limit, &to, 0), AGON_OK);
        ck_assert_uint_eq(limits_diff(&limits_of_slot, &from, &to, changes), 1);
        ck_assert_msg(changes[0].is_raised, "no %s at all", limit->key);
        ck_assert_uint_eq(limits_diff(&limits_of_slot, &to, &from, changes), 1);
        ck_assert_msg(!changes[0].is_raised, "%s where there was none", limit->key);
    }
}
END_TEST

/* Every limit given, each with room on both sides and none against another. */
static struct portfolio_limits of_all(void)
{
    return (struct portfolio_limits){.equity_amt = CAPITAL,
                                     .daily_loss_amt = CAPITAL / 10,
                                     .gross_amt = 9 * CAPITAL,
                                     .net_amt = 2 * CAPITAL,
                                     .venue_amt = 3 * CAPITAL,
                                     .asset_amt = CAPITAL,
                                     .drawdown_ppm = 200000,
                                     .on_breach = ON_BREACH_CLOSE};
}

START_TEST(each_limit_of_all_slots_raised_alone_is_one_row_and_wants_a_yes)
{
    const struct limits_table *table = &limits_of_portfolio;
    const struct limit *limit = &table->all[_i];
    int is_more = limit->risk == LIMIT_MORE_IS_RISKIER;
    struct portfolio_limits from = of_all();
    struct portfolio_limits to;
    struct limit_change changes[LIMITS_ROWS_MAX];

    if (limit_get(limit, &from) == 0 &&
        limit->preset == NULL) // a further row: from a value between
        ck_assert_int_eq(limit_set(limit, &from, limit->min + 100), AGON_OK);
    to = from;
    ck_assert_int_eq(limits_check(table, &from, NULL), AGON_OK);
    ck_assert_uint_eq(limits_diff(table, &from, &to, changes), 0);
    ck_assert_int_eq(limit_set(limit, &to, beside(limit, limit_get(limit, &from), is_more)),
                     AGON_OK);
    ck_assert_int_eq(limits_check(table, &to, NULL), AGON_OK);
    ck_assert_uint_eq(limits_diff(table, &from, &to, changes), 1);
    ck_assert_str_eq(changes[0].limit->key, limit->key);
    ck_assert_msg(changes[0].is_raised, "%s", limit->key);
    ck_assert_uint_eq(limits_diff(table, &to, &from, changes), 1);
    ck_assert_msg(!changes[0].is_raised, "%s", limit->key);
    if (limit->zero != LIMIT_ZERO_IS_NONE)
        return;
    // Taken away it allows all, and given where there was none it allows less.
    ck_assert_int_eq(limit_set(limit, &to, 0), AGON_OK);
    ck_assert_uint_eq(limits_diff(table, &from, &to, changes), 1);
    ck_assert_msg(changes[0].is_raised, "no %s at all", limit->key);
    ck_assert_uint_eq(limits_diff(table, &to, &from, changes), 1);
    ck_assert_msg(!changes[0].is_raised, "%s where there was none", limit->key);
}
END_TEST

START_TEST(each_row_is_a_member_and_each_member_a_row)
{
    struct slot_limits limits;
    uint64_t numbers = 0;

    memset(&limits, 0, sizeof(limits));
    for (uint32_t i = 0; i < limits_of_slot.n; i++) {
        const struct limit *limit = &limits_of_slot.all[i];

        ck_assert_int_eq(limit_get(limit, &limits), 0); // no two share a byte
        ck_assert_int_eq(limit_set(limit, &limits, 1), AGON_OK);
        ck_assert_int_eq(limit_get(limit, &limits), 1);
        ck_assert_int_eq(limit_set(limit, &limits, -1), AGON_ERANGE);
        if (limit->bytes == 4)
            ck_assert_int_eq(limit_set(limit, &limits, (int64_t)1 << 32), AGON_ERANGE);
        ck_assert_int_eq(limit_get(limit, &limits), 1);
        ck_assert_uint_eq(numbers >> limit->number & 1, 0);
        numbers |= (uint64_t)(limit->number != 0) << limit->number;
        if (limit->number != 0)
            ck_assert_ptr_eq(limits_find(&limits_of_slot, limit->number), limit);
        ck_assert_ptr_nonnull(limit->doc);
    }
    ck_assert_ptr_null(limits_find(&limits_of_slot, 0));
    ck_assert_ptr_null(limits_find(&limits_of_slot, 200));
    ck_assert_uint_eq(limits.pad, 0);
    limits.pad = 1;
    for (uint32_t i = 0; i < offsetof(struct slot_limits, room); i += 4) {
        uint32_t word;

        memcpy(&word, (unsigned char *)&limits + i, sizeof(word));
        // The upper half of an amount alone is empty: every other word belongs to a row.
        ck_assert_msg(word == 1 ||
                          (i % 8 == 4 && (i < 32 || i >= offsetof(struct slot_limits, pad))),
                      "byte %u is no row's", i);
    }
}
END_TEST

START_TEST(the_preset_is_in_range_and_in_order)
{
    struct slot_limits limits = preset();

    ck_assert_int_eq(limits_check(&limits_of_slot, &limits, NULL), AGON_OK);
    ck_assert_int_eq(limits.capital_amt, CAPITAL);
    ck_assert_int_eq(limits.order_amt, CAPITAL / 2);
    ck_assert_int_eq(limits.position_amt, CAPITAL);
    ck_assert_int_eq(limits.daily_loss_amt, CAPITAL / 20);
    ck_assert_uint_eq(limits.drawdown_ppm, 200000);
    ck_assert_uint_eq(limits.collar_marketable_ppm, 20000);
    ck_assert_uint_eq(limits.duplicate_window_ms, 1000);
    ck_assert_uint_eq(limits.book_age_ms, 60000);
    ck_assert_uint_eq(limits.leverage, 1);
    ck_assert_uint_eq(limits.on_breach, ON_BREACH_CLOSE);
    for (uint32_t i = 0; i < limits_of_slot.n; i++) {
        const struct limit *limit = &limits_of_slot.all[i];

        if (limit->preset == NULL) {
            ck_assert_msg(limit->zero == LIMIT_ZERO_IS_NONE || limit->kind == LIMIT_IS_CAPITAL,
                          "%s: 0 is not none, and nothing is preset", limit->key);
            continue;
        }
        if (limit->kind != LIMIT_IS_SHARE && limit->kind != LIMIT_IS_COUNT &&
            limit->kind != LIMIT_IS_MS)
            continue;
        ck_assert_int_ge(limit_get(limit, &limits), limit->min);
        ck_assert_int_le(limit_get(limit, &limits), limit->max);
    }
}
END_TEST

START_TEST(limits_that_stand_against_each_other_are_refused)
{
    struct slot_limits limits = preset();
    struct error err = {0};

    limits.order_amt = limits.position_amt;
    ck_assert_int_eq(limits_check(&limits_of_slot, &limits, &err), AGON_OK);
    limits.order_amt++;
    ck_assert_int_eq(limits_check(&limits_of_slot, &limits, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "order is above position"));
    limits.position_amt = 0; // no such limit
    ck_assert_int_eq(limits_check(&limits_of_slot, &limits, &err), AGON_OK);
    limits.daily_loss_amt = CAPITAL + 1;
    ck_assert_int_eq(limits_check(&limits_of_slot, &limits, &err), AGON_EINVAL);
    limits.daily_loss_amt = -1;
    ck_assert_int_eq(limits_check(&limits_of_slot, &limits, &err), AGON_ERANGE);
    limits = preset();
    limits.on_breach = ON_BREACH_N;
    ck_assert_int_eq(limits_check(&limits_of_slot, &limits, &err), AGON_ERANGE);
}
END_TEST

/* What limits_save wrote, read back. */
static int read_back(const unsigned char *bytes, size_t n, struct slot_limits *limits)
{
    struct dec dec = {.at = bytes, .n = n};

    memset(limits, 0, sizeof(*limits));
    limits_load(&limits_of_slot, limits, &dec);
    return dec_is_ok(&dec);
}

START_TEST(the_encoding_has_every_row)
{
    struct slot_limits limits = {0};
    struct slot_limits again;
    unsigned char bytes[512];
    struct enc enc;

    for (uint32_t i = 0; i < limits_of_slot.n; i++)
        ck_assert_int_eq(limit_set(&limits_of_slot.all[i], &limits, i % ON_BREACH_N), AGON_OK);
    enc = (struct enc){.at = bytes, .room = sizeof(bytes)};
    limits_save(&limits_of_slot, &limits, &enc);
    ck_assert(enc_is_ok(&enc));
    ck_assert(read_back(bytes, enc.used, &again));
    ck_assert_mem_eq(&limits, &again, sizeof(limits));
    // on_breach stands last of the placed ones.
    bytes[LIMITS_SAVED - 4] = ON_BREACH_N;
    ck_assert(!read_back(bytes, enc.used, &again));
}
END_TEST

START_TEST(without_further_rows_the_encoding_is_what_it_always_was)
{
    struct slot_limits limits = preset();
    struct slot_limits again;
    unsigned char bytes[512];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};

    ck_assert(!limits_has_more(&limits_of_slot, &limits));
    limits_save(&limits_of_slot, &limits, &enc);
    ck_assert_uint_eq(enc.used, LIMITS_SAVED);
    // Rows that this build does not know: damage, and not a state that forgets them.
    bytes[LIMITS_SAVED - 1] = 0x80;
    memset(bytes + LIMITS_SAVED, 0, 16);
    ck_assert(!read_back(bytes, LIMITS_SAVED + 13, &again)); // none follow
    bytes[LIMITS_SAVED] = 1;
    bytes[LIMITS_SAVED + 4] = 250;
    bytes[LIMITS_SAVED + 5] = 1;
    ck_assert(!read_back(bytes, LIMITS_SAVED + 13, &again));
    ck_assert(!read_back(bytes, LIMITS_SAVED, &again)); // cut
}
END_TEST

START_TEST(amounts_keep_their_proportion_to_the_capital)
{
    struct slot_limits limits = preset();
    struct slot_limits before = limits;

    limits.daily_loss_amt = 1;
    limits_scale(&limits, 4, 1);
    ck_assert_int_eq(limits.order_amt, before.order_amt / 4);
    ck_assert_int_eq(limits.position_amt, before.position_amt / 4);
    ck_assert_int_eq(limits.daily_loss_amt, 1); // 0 would be no limit
    ck_assert_int_eq(limits.capital_amt, before.capital_amt);
    ck_assert_uint_eq(limits.drawdown_ppm, before.drawdown_ppm);
    ck_assert_uint_eq(limits.max_open_orders, before.max_open_orders);
}
END_TEST

/* The tables of docs/operations.md; of a further row docs/limits/KEY.md has the line. */

static const char *const kinds[] = {[LIMIT_IS_CAPITAL] = "amount",
                                    [LIMIT_IS_AMT] = "amount",
                                    [LIMIT_IS_OF_CAPITAL] = "share of the capital",
                                    [LIMIT_IS_SHARE] = "share",
                                    [LIMIT_IS_COUNT] = "number",
                                    [LIMIT_IS_MS] = "duration",
                                    [LIMIT_IS_CHOICE] = "word"};

static void print_row(const struct limits_table *table, const struct limit *limit, FILE *out)
{
    const char *more = limit->kind == LIMIT_IS_CHOICE         ? "later in the list"
                       : limit->risk == LIMIT_MORE_IS_RISKIER ? "more"
                                                              : "less";

    fprintf(out, "| `%s%s` | %s | %s%s | %s | %s |\n",
            limit->kind == LIMIT_IS_CAPITAL ? "" : table->prefix, limit->key, kinds[limit->kind],
            limit->preset != NULL ? limit->preset : "none",
            limit->kind == LIMIT_IS_AMT && limit->preset != NULL ? " of the capital" : "", more,
            limit->doc);
}

static void print_table(const struct limits_table *table, FILE *out)
{
    fprintf(out,
            "| key | unit | preset | more risk is | what |\n| --- | --- | --- | --- | --- |\n");
    for (uint32_t i = 0; i < table->n_placed; i++)
        print_row(table, &table->all[i], out);
}

static char *read_page(const char *name)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[512];
    char *text = calloc(1, 1 << 20);
    FILE *file;

    snprintf(path, sizeof(path), "%s/docs/%s.md", root != NULL ? root : ".", name);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL && text != NULL, "%s", path);
    ck_assert_uint_gt(fread(text, 1, (1 << 20) - 1, file), 0);
    fclose(file);
    return text;
}

START_TEST(the_documentation_has_the_same_table)
{
    const struct limits_table *const tables[] = {&limits_of_slot, &limits_of_portfolio};
    char *page = read_page("operations");

    for (size_t i = 0; i < 2; i++) {
        char *want = NULL;
        size_t n = 0;
        FILE *out = open_memstream(&want, &n);

        print_table(tables[i], out);
        fclose(out);
        ck_assert_msg(strstr(page, want) != NULL, "docs/operations.md should have:\n%s", want);
        free(want);
        for (uint32_t k = tables[i]->n_placed; k < tables[i]->n; k++) {
            const struct limit *limit = &tables[i]->all[k];
            char name[80];
            char *own;

            snprintf(name, sizeof(name), "limits/%s", limit->key);
            own = read_page(name);
            out = open_memstream(&want, &n);
            print_row(tables[i], limit, out);
            fclose(out);
            ck_assert_msg(strstr(own, want) != NULL, "docs/%s.md should have:\n%s", name, want);
            free(want);
            free(own);
        }
    }
    free(page);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("limits");
    TCase *tcase = tcase_create("limits");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (argc == 2 && strcmp(argv[1], "print") == 0) {
        print_table(&limits_of_slot, stdout);
        printf("\n");
        print_table(&limits_of_portfolio, stdout);
        return 0;
    }
    tcase_add_loop_test(tcase, each_limit_raised_alone_is_one_row_and_wants_a_yes, 0,
                        (int)limits_of_slot.n);
    tcase_add_loop_test(tcase, each_limit_of_all_slots_raised_alone_is_one_row_and_wants_a_yes, 0,
                        (int)limits_of_portfolio.n);
    tcase_add_test(tcase, each_row_is_a_member_and_each_member_a_row);
    tcase_add_test(tcase, the_preset_is_in_range_and_in_order);
    tcase_add_test(tcase, limits_that_stand_against_each_other_are_refused);
    tcase_add_test(tcase, the_encoding_has_every_row);
    tcase_add_test(tcase, without_further_rows_the_encoding_is_what_it_always_was);
    tcase_add_test(tcase, amounts_keep_their_proportion_to_the_capital);
    tcase_add_test(tcase, the_documentation_has_the_same_table);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
