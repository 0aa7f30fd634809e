// SPDX-License-Identifier: Apache-2.0
/* What a journal says of a table: at its begin where it lies, at its end what it is; a file that is
 * another by then, or that cannot be opened, is no reason to end in another way than with words. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/tape_named.h"

#define ROWS                                                                                       \
    "open_time_ms,open,high,low,close,volume\n"                                                    \
    "1704067200000,100,101,99,100,1\n1704067260000,100,101,99,100,1\n"                             \
    "1704067320000,100,101,99,100,1\n"

static char dir[] = "/tmp/agon-test-XXXXXX";
static char path[64];

static void write_file(const char *text)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static struct tape_config config_of(void)
{
    struct tape_config config = {.path = path,
                                 .instrument = {.hdr = {.instrument = 7},
                                                .venue = 1,
                                                .kind = INSTRUMENT_SPOT,
                                                .base = 2,
                                                .quote = 1,
                                                .px_exp = 2,
                                                .qty_exp = 5,
                                                .tick_px = 1,
                                                .lot_qty = 1,
                                                .symbol = "BTCUSDT"},
                                 .quote = "USDT",
                                 .quote_exp = 8,
                                 .spread_ppm = 200,
                                 .volume_ppm = 100000};
    struct error err = {0};

    ck_assert_msg(tape_look(path, "BTCUSDT", &config.info, &err) >= 0, "%s", err.text);
    return config;
}

START_TEST(a_table_is_known_at_the_end_by_what_was_read_of_it)
{
    static const struct {
        const char *then; /* what the file holds by the end */
        int is_late;
    } table[] = {{ROWS, 0}, {"", 1}, {ROWS ROWS, 0}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct lockstep_source source;
        struct tape_named named;
        struct tape_config config;
        struct journal_tape tape = {0};
        struct error err = {0};
        unsigned char none[HASH_SIZE] = {0};
        struct tape *of;

        write_file(ROWS);
        config = config_of();
        ck_assert_msg(tape_open(&of, &config, &err) == AGON_OK, "%s", err.text);
        source = (struct lockstep_source){.ctx = of, .next = tape_next};
        tape_named_init(&named);
        ck_assert_msg(tape_named_add(&named, of, &config, &source, &err) == AGON_OK, "%s",
                      err.text);
        tape_named_begin(&named, &source);
        ck_assert_int_eq(named.port.has_tables, 1);
        named.port.describe(named.port.ctx, 0, 0, &tape);
        ck_assert_str_eq(tape.path + strlen(tape.path) - strlen("/rows.csv"), "/rows.csv");
        ck_assert_int_eq(journal_tape_is_late(&tape), 1);
        ck_assert_int_eq(journal_tape_is_good(&tape), 1);
        while (source.next(source.ctx) != NULL)
            continue;
        write_file(table[i].then);
        memset(&tape, 0, sizeof(tape));
        named.port.describe(named.port.ctx, 0, 1, &tape);
        ck_assert_int_eq(journal_tape_is_late(&tape), table[i].is_late);
        ck_assert_int_eq(journal_tape_is_good(&tape), 1);
        ck_assert_int_eq(memcmp(tape.hash, none, sizeof(none)) == 0, table[i].is_late);
        ck_assert_uint_eq(tape.n_rows, strlen(table[i].then));
        ck_assert_uint_eq(tape.last_row, table[i].is_late ? 0 : 3);
        ck_assert_int_eq(named.err.code, 0);
        tape_named_deinit(&named);
        tape_close(of);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tape_named");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int n_failed;

    if (mkdtemp(dir) == NULL)
        return EXIT_FAILURE;
    (void)snprintf(path, sizeof(path), "%s/rows.csv", dir);
    tcase_add_test(tests, a_table_is_known_at_the_end_by_what_was_read_of_it);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    (void)unlink(path);
    (void)rmdir(dir);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
