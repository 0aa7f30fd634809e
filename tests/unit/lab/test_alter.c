// SPDX-License-Identifier: Apache-2.0
/* Files as they would be if something in them were otherwise; and tables in which nothing can be
 * won. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "lab/alter.h"
#include "lab/martingale.h"

#define BARS                                                                                       \
    "open_time_ms,open,high,low,close,volume\n"                                                    \
    "1700000000000,100,101,99.5,100.5,7\n"                                                         \
    "1700000060000,100.5,100.5,100.5,100.5,0\n"                                                    \
    "1700000120000,100.5,102,100,101,2.5\n"                                                        \
    "1700000180000,101,101,100,100,1\n"
#define MINUTE(n) ((1700000000 + 60 * (agon_ns_t)(n)) * 1000000000)
#define WEEK_NS   ((agon_ns_t)7 * 86400 * 1000000000)

static char dir[] = "/tmp/agon-alter-XXXXXX";
static char from[128], to[128], got[65536];
static struct altered altered;

// The file as it comes out.
static const char *out(const char *name, const char *text, const struct alter *alter)
{
    struct tape_info info;
    struct error err = {0};
    FILE *file;

    snprintf(from, sizeof(from), "%s/%s", dir, name);
    snprintf(to, sizeof(to), "%s/out", dir);
    file = fopen(from, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_msg(tape_look(from, NULL, &info, &err) == AGON_OK, "%s", err.text);
    ck_assert_msg(alter_file(from, &info, alter, to, &altered, &err) == AGON_OK, "%s", err.text);
    file = fopen(to, "re");
    ck_assert_ptr_nonnull(file);
    got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    unlink(from);
    unlink(to);
    return got;
}

START_TEST(cut_bars_end_with_an_open_and_one_row_of_another_price)
{
    const struct alter inside = {.kind = ALTER_CUT, .t = MINUTE(2) + 1};
    const struct alter at_open = {.kind = ALTER_CUT, .t = MINUTE(2)};
    static const char wants[] = "open_time_ms,open,high,low,close,volume\n"
                                "1700000000000,100,101,99.5,100.5,7\n"
                                "1700000060000,100.5,100.5,100.5,100.5,0\n"
                                "1700000120000,100.5,100.5,100.5,100.5,0\n"
                                "1700000180000,103,103,101,101,3\n";

    ck_assert_str_eq(out("ADAUSDT.csv", BARS, &inside), wants);
    ck_assert_str_eq(out("ADAUSDT.csv", BARS, &at_open), wants);
}
END_TEST

START_TEST(cut_trades_end_with_one_row_of_another_price)
{
    const struct alter alter = {.kind = ALTER_CUT, .t = (agon_ns_t)1700000001 * 1000000000};

    ck_assert_str_eq(out("ADAUSDT.csv",
                         "time_ms,price,amount,side\n1700000000000,1.00,5,buy\n"
                         "1700000001000,1.01,5,sell\n1700000002000,1.02,5,buy\n"
                         "1700000003000,1.03,5,buy\n",
                         &alter),
                     "time_ms,price,amount,side\n1700000000000,1.00,5,buy\n"
                     "1700000001000,1.01,5,sell\n1700000002000,1.04,11,buy\n");
}
END_TEST

START_TEST(a_bar_is_mirrored_at_its_open_and_the_others_stay)
{
    struct alter alter = {.kind = ALTER_INSIDE, .t = MINUTE(3) - 1};

    ck_assert_str_eq(out("ADAUSDT.csv", BARS, &alter), "open_time_ms,open,high,low,close,volume\n"
                                                       "1700000000000,100,101,99.5,100.5,7\n"
                                                       "1700000060000,100.5,100.5,100.5,100.5,0\n"
                                                       "1700000120000,100.5,101.0,99.0,100.0,5.1\n"
                                                       "1700000180000,101,101,100,100,1\n");
    ck_assert_int_eq(altered.t_row, MINUTE(2));
    ck_assert_int_eq(altered.t_ends, MINUTE(3));
    // One that did not move moves.
    alter.t = MINUTE(1);
    ck_assert_ptr_nonnull(
        strstr(out("ADAUSDT.csv", BARS, &alter), "\n1700000060000,100.5,100.7,100.5,100.7,1\n"));
    // Before the first: the first.
    alter.t = 0;
    out("ADAUSDT.csv", BARS, &alter);
    ck_assert_int_eq(altered.t_row, MINUTE(0));
    // Behind the last there is none.
    alter.t = MINUTE(9);
    out("ADAUSDT.csv", BARS, &alter);
    ck_assert_int_eq(altered.t_row, 0);
}
END_TEST

START_TEST(times_are_moved_in_each_unit_and_nothing_else_is)
{
    const struct alter alter = {.kind = ALTER_SHIFT, .by = WEEK_NS};

    ck_assert_str_eq(
        out("ADAUSDT.csv", "timestamp,price,amount\n1700000000000001,1.00,5\n", &alter),
        "timestamp,price,amount\n1700604800000001,1.00,5\n");
    ck_assert_str_eq(out("ADAUSDT.csv",
                         "timestamp,local_timestamp,price,amount\n"
                         "1700000000000001,1700000000000009,1.00,5\n",
                         &alter),
                     "timestamp,local_timestamp,price,amount\n"
                     "1700604800000001,1700604800000009,1.00,5\n");
    ck_assert_str_eq(
        out("ADAUSDT.csv", "price,amount,time_seconds\n1.00,5,1700000000.250\n", &alter),
        "price,amount,time_seconds\n1.00,5,1700604800.250000000\n");
    ck_assert_str_eq(
        out("binance_spot_BTCUSDT.raw",
            "1700000000000000007 {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":"
            "1700000000123,\"s\":\"BTCUSDT\",\"t\":17,\"p\":\"1.0\",\"q\":\"2\",\"T\":"
            "1700000000122}}"
            "\n",
            &alter),
        "1700604800000000007 {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":"
        "1700604800123,\"s\":\"BTCUSDT\",\"t\":17,\"p\":\"1.0\",\"q\":\"2\",\"T\":1700604800122}}"
        "\n");
}
END_TEST

struct row {
    long long t;
    double open, high, low, close, volume;
};

// Rows of bars; how many.
static int table(uint64_t seed, uint32_t neighbour, struct row *rows, int room)
{
    struct martingale fair = {.seed = seed,
                              .kind = TAPE_BARS,
                              .is_even = 1,
                              .neighbour = neighbour,
                              .n_rows = (uint32_t)room,
                              .t_start = MINUTE(0),
                              .length_s = 60,
                              .px_exp = 2,
                              .qty_exp = 3,
                              .start_px = 10000000,
                              .unit_qty = 1000};
    FILE *file = tmpfile();
    char line[256];
    int n = 0;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(martingale_write(&fair, file), AGON_OK);
    rewind(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
    while (n < room && fgets(line, sizeof(line), file) != NULL) {
        struct row *row = &rows[n++];

        ck_assert_int_eq(sscanf(line, "%lld,%lf,%lf,%lf,%lf,%lf", &row->t, &row->open, &row->high,
                                &row->low, &row->close, &row->volume),
                         6);
        ck_assert(row->high >= row->open && row->high >= row->close && row->low <= row->open &&
                  row->low <= row->close && row->low > 0 && row->volume > 0);
    }
    ck_assert_int_eq(fclose(file), 0);
    return n;
}

static double t_of(int n, const double *x, const double *y)
{
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, r;

    for (int i = 0; i < n; i++) {
        sx += x[i];
        sy += y[i];
        sxx += x[i] * x[i];
        syy += y[i] * y[i];
        sxy += x[i] * y[i];
    }
    r = (sxy - sx * sy / n) / __builtin_sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
    return r * __builtin_sqrt((n - 2) / (1 - r * r));
}

#define ROWS 20000
static struct row rows[ROWS], others[ROWS];
static double x[ROWS], y[ROWS];

START_TEST(a_bar_says_nothing_of_the_next_one_and_its_volume_how_far_it_went)
{
    int n = table(5, 0, rows, ROWS);
    double t;

    ck_assert_int_eq(n, ROWS);
    for (int i = 0; i + 1 < n; i++) {
        x[i] = rows[i].close - rows[i].open;
        y[i] = rows[i + 1].close - rows[i + 1].open;
    }
    t = t_of(n - 1, x, y);
    ck_assert_msg(t < 4 && t > -4, "of two bars' moves t is %g", t);
    for (int i = 0; i + 1 < n; i++)
        x[i] = rows[i].volume;
    t = t_of(n - 1, x, y);
    ck_assert_msg(t < 4 && t > -4, "of volume and the next move t is %g", t);
    for (int i = 0; i < n; i++)
        y[i] = rows[i].high - rows[i].low;
    for (int i = 0; i < n; i++)
        x[i] = rows[i].volume;
    t = t_of(n, x, y);
    ck_assert_msg(t > 50, "of volume and range t is %g", t);
}
END_TEST

START_TEST(neighbours_move_together_and_one_of_them_is_stamped_later)
{
    double t;

    table(5, 0, rows, ROWS);
    table(5, 1, others, ROWS);
    ck_assert_int_eq(others[0].t - rows[0].t, 30000);
    table(5, 2, others, ROWS);
    ck_assert_int_eq(others[0].t, rows[0].t);
    for (int i = 0; i < ROWS; i++) {
        x[i] = rows[i].close - rows[i].open;
        y[i] = others[i].close - others[i].open;
    }
    t = t_of(ROWS, x, y);
    ck_assert_msg(t > 50, "of two neighbours t is %g", t);
    table(5, 0, others, ROWS);
    ck_assert_mem_eq(rows, others, sizeof(rows));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alter");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (mkdtemp(dir) == NULL)
        return 1;
    tcase_add_test(tcase, cut_bars_end_with_an_open_and_one_row_of_another_price);
    tcase_add_test(tcase, cut_trades_end_with_one_row_of_another_price);
    tcase_add_test(tcase, a_bar_is_mirrored_at_its_open_and_the_others_stay);
    tcase_add_test(tcase, times_are_moved_in_each_unit_and_nothing_else_is);
    tcase_add_test(tcase, a_bar_says_nothing_of_the_next_one_and_its_volume_how_far_it_went);
    tcase_add_test(tcase, neighbours_move_together_and_one_of_them_is_stamped_later);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    rmdir(dir);
    return failed == 0 ? 0 : 1;
}
