// SPDX-License-Identifier: Apache-2.0
/* A reader's sum: what the rows of a demo's end show adds up to its total, or the total says by
 * how little it does not; and it has 80 columns. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "report/capital.h"

static struct host_view view;
static agon_amt_t start_amt[SLOTS_MAX];

static const char *day(void *ctx, const struct host_view_slot *slot)
{
    (void)ctx;
    return slot->agent_kind == AGON_STRATEGY ? "-1,525.77" : "-";
}

static const struct table_more more = {.head = "1-d backtest", .text = day};

/* All have what they were given, what was moved and what they won. */
static void fill(uint64_t seed, int64_t most)
{
    static const char *const names[] = {"momentum_1", "mean_rev_1", "mm_1",   "basis_1",
                                        "random_1",   "crash_1",    "hang_1", "flood_1"};
    struct rng rng;

    rng_init(&rng, seed);
    memset(&view, 0, sizeof(view));
    memset(start_amt, 0, sizeof(start_amt));
    snprintf(view.base_currency, sizeof(view.base_currency), "USDT");
    view.base_exp = 8;
    view.n_slots = 9;
    for (uint32_t i = 0; i < 8; i++) {
        struct host_view_slot *slot = &view.slots[i];
        agon_amt_t moved_amt =
            most > 0 ? (agon_amt_t)(rng_u64(&rng) % (uint64_t)most) - most / 2 : 0;

        slot->is_used = 1;
        slot->agent_kind = AGON_STRATEGY;
        slot->is_playing = 1;
        slot->condition = i < 5 ? CONDITION_ACTIVE : CONDITION_QUARANTINED;
        snprintf(slot->name, sizeof(slot->name), "%s", names[i]);
        start_amt[i] = (agon_amt_t)5000000000000;
        slot->figures.capital_amt = start_amt[i] + moved_amt;
        slot->figures.result_amt =
            most > 0 ? (agon_amt_t)(rng_u64(&rng) % (uint64_t)most) - most / 2 : 0;
        slot->figures.equity_amt = slot->figures.capital_amt + slot->figures.result_amt;
        view.pool_amt -= moved_amt;
        view.figures.result_amt += slot->figures.result_amt;
        view.figures.capital_amt += slot->figures.capital_amt;
    }
    view.figures.capital_amt += view.pool_amt;
    view.figures.equity_amt = view.figures.capital_amt + view.figures.result_amt;
    snprintf(view.slots[8].name, sizeof(view.slots[8].name), "vol_1"); // a model: of no money
    view.slots[8].is_used = 1;
    view.slots[8].agent_kind = AGON_MODEL;
    view.slots[8].condition = CONDITION_ACTIVE;
}

static char *shown(void)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    ck_assert_ptr_nonnull(out);
    capital_table(out, &view, start_amt, &more);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* Cents of a row's four amounts, as a reader takes them; commas are not his. */
static int amounts(const char *line, int64_t cents[4])
{
    char plain[128], name[32];
    double at[4];
    size_t k = 0;

    for (; *line != '\0' && *line != '\n' && k + 1 < sizeof(plain); line++) {
        if (*line != ',')
            plain[k++] = *line;
    }
    plain[k] = '\0';
    if (sscanf(plain, "%31s %lf %lf %lf %lf", name, &at[0], &at[1], &at[2], &at[3]) != 5)
        return 0;
    for (int i = 0; i < 4; i++)
        cents[i] = (int64_t)(at[i] * 100.0 + (at[i] < 0 ? -0.5 : 0.5));
    return 1;
}

/* Returns by how many cents the rows are beside the total, at most. */
static int64_t off_of(const char *text, const char **last)
{
    int64_t sums[4] = {0}, cents[4], most = 0;
    unsigned n = 0;

    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        ck_assert_msg(strcspn(line, "\n") <= 80, "%s", line);
        if (!amounts(line, cents))
            continue;
        *last = line;
        if (strncmp(line, "all ", 4) == 0)
            break;
        n++;
        for (int i = 0; i < 4; i++)
            sums[i] += cents[i];
    }
    ck_assert_msg(strncmp(*last, "all ", 4) == 0, "%s", text);
    ck_assert_uint_eq(n, 9); // eight agents and the pool
    for (int i = 0; i < 4; i++) {
        int64_t off = llabs(sums[i] - cents[i]);

        most = off > most ? off : most;
    }
    return most;
}

START_TEST(what_is_shown_adds_up_or_says_by_how_much_it_does_not)
{
    unsigned n_off = 0;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        const char *last = NULL;
        char *text, said[32];
        int64_t off;

        fill(seed, seed % 3 == 0 ? 300000000000 : 2400000000000);
        text = shown();
        off = off_of(text, &last);
        snprintf(said, sizeof(said), " rounded 0.%02d\n", (int)off);
        if (off > 0)
            ck_assert_msg(strstr(last, said) != NULL, "off by %d: %s", (int)off, last);
        else
            ck_assert_msg(strstr(last, "rounded") == NULL, "%s", text);
        ck_assert_int_le(off, 5);
        n_off += off > 0;
        free(text);
    }
    ck_assert_uint_gt(n_off, 20); // else nothing was tried
    ck_assert_uint_lt(n_off, 300);
}
END_TEST

START_TEST(the_rows_are_those_with_money_the_pool_and_all)
{
    char *text;

    fill(1, 0);
    view.slots[0].figures.capital_amt -= 1250000000000;
    view.slots[0].figures.equity_amt -= 1250000000000;
    view.pool_amt = 1250000000000;
    text = shown();
    ck_assert_msg(strstr(text, "vol_1") == NULL, "%s", text);
    ck_assert_msg(strstr(text, "momentum_1  50,000.00 -12,500.00   0.00  37,500.00    -1,525.77 "
                               "active\n") != NULL,
                  "%s", text);
    ck_assert_msg(strstr(text, "crash_1     50,000.00       0.00   0.00  50,000.00    -1,525.77 "
                               "QUARANTINED\n") != NULL,
                  "%s", text);
    ck_assert_msg(strstr(text, "pool             0.00  12,500.00   0.00  12,500.00") != NULL, "%s",
                  text);
    ck_assert_msg(strstr(text, "all        400,000.00       0.00   0.00 400,000.00") != NULL, "%s",
                  text);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("capital");
    TCase *tcase = tcase_create("capital");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, what_is_shown_adds_up_or_says_by_how_much_it_does_not);
    tcase_add_test(tcase, the_rows_are_those_with_money_the_pool_and_all);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
