// SPDX-License-Identifier: Apache-2.0
/* The command line: what is taken, and what is refused with which words (b-26, b-27, b-28, b-31).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "args/args.h"
#include "base/exit.h"

struct opts {
    int is_json, venue, is_speed_given;
    int64_t n, wait_ns, bytes, from_ns;
    uint64_t seed;
    double speed;
    const char *dir;
    struct arg_list data, operands;
};

static const char *const venues[] = {"binance", "kraken", "okx", NULL};

/* Parses words (ended by NULL) with standard error caught in said. */
static int parse(struct opts *opts, char said[8192], const char *const *words)
{
    const struct arg table[] = {
        {"json", ARG_FLAG, NULL, "report as JSON", &opts->is_json},
        {"venue", ARG_CHOICE, "NAME", "exchange", &opts->venue, .choices = venues},
        {"n", ARG_INT, "N", "how many", &opts->n, .min = 1, .max = 100},
        {"for", ARG_DURATION, "TIME", "how long", &opts->wait_ns, .min = 1000000000},
        {"room", ARG_SIZE, "BYTES", "room", &opts->bytes},
        {"from", ARG_TIME, "TIME", "first", &opts->from_ns},
        {"seed", ARG_U64, "N", "seed", &opts->seed},
        {"speed", ARG_REAL, "X", "speed", &opts->speed, .min = 1, .max = 60,
         .is_given = &opts->is_speed_given},
        {"dir", ARG_TEXT, "DIR", "directory", &opts->dir},
        {"data", ARG_LIST, "FILE", "files", &opts->data},
        {NULL}};
    const struct args_spec spec = {
        .usage = "FILE [OPTION...]", .args = table, .operands = &opts->operands, .operands_max = 2};
    static char copies[32][8192];
    char *argv[33], command[] = "test", path[] = "agon-args.XXXXXX";
    int argc = 1, rc, file, saved;
    ssize_t got;

    argv[0] = command;
    for (; *words && argc < 32; words++, argc++)
        argv[argc] = strncpy(copies[argc], *words, sizeof(copies[0]) - 1);
    argv[argc] = NULL;
    file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    unlink(path);
    fflush(stderr);
    saved = dup(2);
    dup2(file, 2);
    rc = args_parse(&spec, argc, argv);
    fflush(stderr);
    dup2(saved, 2);
    close(saved);
    got = pread(file, said, 8191, 0);
    said[got > 0 ? got : 0] = 0;
    close(file);
    return rc;
}

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

START_TEST(options_reach_their_variables)
{
    struct opts opts = {0};
    char said[8192];
    int rc = parse(&opts, said,
                   WORDS("a.csv", "--json", "--venue", "okx", "--n=100", "--for", "90s", "--room",
                         "16MiB", "--from", "2024-08-08", "--seed", "18446744073709551615",
                         "--speed", "1.5", "--dir=x=y", "--data", "p", "q", "--", "--b.csv"));

    ck_assert_msg(rc == ARGS_RUN, "%s", said);
    ck_assert_int_eq(opts.is_json, 1);
    ck_assert_int_eq(opts.venue, 2);
    ck_assert_int_eq(opts.n, 100);
    ck_assert_int_eq(opts.wait_ns, 90000000000);
    ck_assert_int_eq(opts.bytes, 16777216);
    ck_assert_int_eq(opts.from_ns, 1723075200000000000);
    ck_assert_uint_eq(opts.seed, UINT64_MAX);
    ck_assert_double_eq(opts.speed, 1.5);
    ck_assert_int_eq(opts.is_speed_given, 1);
    ck_assert_str_eq(opts.dir, "x=y");
    ck_assert_int_eq(opts.data.n, 2);
    ck_assert_str_eq(opts.data.at[0], "p");
    ck_assert_str_eq(opts.data.at[1], "q");
    ck_assert_int_eq(opts.operands.n, 2);
    ck_assert_str_eq(opts.operands.at[0], "a.csv");
    ck_assert_str_eq(opts.operands.at[1], "--b.csv");
    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(a_list_may_begin_behind_an_equals_sign)
{
    struct opts opts = {0};
    char said[8192];

    ck_assert_int_eq(parse(&opts, said, WORDS("--data=one", "operand")), ARGS_RUN);
    ck_assert_int_eq(opts.data.n, 1);
    ck_assert_str_eq(opts.data.at[0], "one");
    ck_assert_int_eq(opts.operands.n, 1);
    ck_assert_str_eq(opts.operands.at[0], "operand");
}
END_TEST

START_TEST(defaults_stay_where_nothing_is_given)
{
    struct opts opts = {.n = 7, .dir = "here", .speed = 2};
    char said[8192];

    ck_assert_int_eq(parse(&opts, said, WORDS("--json")), ARGS_RUN);
    ck_assert_int_eq(opts.n, 7);
    ck_assert_str_eq(opts.dir, "here");
    ck_assert_int_eq(opts.is_speed_given, 0);
    ck_assert_int_eq(opts.operands.n, 0);
}
END_TEST

static const struct {
    const char *words[4];
    const char *says;
} refused[] = {
    {{"--sead", "1"}, "did you mean --seed?"},
    {{"--jsn"}, "did you mean --json?"},
    {{"--qqqqqq"}, "unknown option --qqqqqq\n"},
    {{"-j"}, "options begin with --"},
    {{"--seed"}, "--seed needs a value: --seed N"},
    {{"--seed", "--json"}, "--seed needs a value"},
    {{"--seed", "1", "--seed=2"}, "--seed is given twice"},
    {{"--data", "a", "--data", "b"}, "--data is given twice; it takes all its words at once"},
    {{"--json=1"}, "--json takes no value"},
    {{"--seed", "-1"}, "from 0 to 18446744073709551615"},
    {{"--seed", "1e3"}, "from 0 to 18446744073709551615"},
    {{"--seed", "18446744073709551616"}, "from 0 to 18446744073709551615"},
    {{"--n", "0"}, "from 1 to 100"},
    {{"--n", "101"}, "from 1 to 100"},
    {{"--n", "ten"}, "from 1 to 100"},
    {{"--n="}, "from 1 to 100"},
    {{"--speed", "0.9"}, "from 1 to 60"},
    {{"--speed", "60.1"}, "from 1 to 60"},
    {{"--speed", "nan"}, "from 1 to 60"},
    {{"--for", "10"}, "of at least 1s, such as 10s, 5m or 2h; did you mean '10s'?"},
    {{"--for", "999ms"}, "of at least 1s"},
    {{"--room", "1kb"}, "such as 64KiB, 16MiB or 1GiB; did you mean '1KiB'?"},
    {{"--from", "8 Aug"}, "UTC time such as 2024-08-08"},
    {{"--from", "2024-02-30"}, "such as 2024-02-29"},
    {{"--venue", "binanse"}, "one of: binance, kraken, okx; did you mean binance?"},
    {{"--dir", ""}, "not empty"},
    {{"--data", "--json"}, "--data needs FILE"},
    {{"a", "b", "c"}, "unexpected argument c"},
    {{"--seed", "\xff"}, "not UTF-8: \\xff"},
    {{"\x1b]0;owned\x07"}, ""},
    {{"--\x1b[31m"}, "unknown option --\\x1b[31m"},
    {{"--venue", "\xe2\x80\xae"
                 "x"},
     "\\xe2\\x80\\xae"},
};

START_TEST(is_refused_with_what_was_expected_and_a_short_usage)
{
    struct opts opts = {0};
    char said[8192];
    int rc = parse(&opts, said, refused[_i].words), n_lines = 0;

    if (refused[_i].says[0] == 0) { // an operand is taken as it is; only showing it is a danger
        ck_assert_int_eq(rc, ARGS_RUN);
        ck_assert_str_eq(args_safe(opts.operands.at[0]), "\\x1b]0;owned\\x07");
        return;
    }
    ck_assert_msg(rc == EXIT_FLAGS, "%s %s: %d", refused[_i].words[0], refused[_i].says, rc);
    ck_assert_msg(strstr(said, refused[_i].says) != NULL, "%s: %s", refused[_i].says, said);
    ck_assert_ptr_nonnull(strstr(said, "usage: agon test"));
    for (const char *c = said; *c; c++) {
        n_lines += *c == '\n';
        ck_assert_msg((unsigned char)*c >= 0x20 || *c == '\n', "raw byte in: %s", said);
    }
    ck_assert_int_le(n_lines, 10);
}
END_TEST

START_TEST(a_huge_argument_is_refused_without_being_shown)
{
    static char huge[8000];
    struct opts opts = {0};
    char said[8192];

    memset(huge, 'x', sizeof(huge) - 1);
    ck_assert_int_eq(parse(&opts, said, WORDS("--dir", huge)), EXIT_FLAGS);
    ck_assert_uint_lt(strlen(said), 300);
    ck_assert_ptr_nonnull(strstr(said, "argument 2 is longer than"));
    ck_assert_int_eq(parse(&opts, said, WORDS("--nosuchoption", "y")), EXIT_FLAGS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("args");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, options_reach_their_variables);
    tcase_add_test(tcase, a_list_may_begin_behind_an_equals_sign);
    tcase_add_test(tcase, defaults_stay_where_nothing_is_given);
    tcase_add_loop_test(tcase, is_refused_with_what_was_expected_and_a_short_usage, 0,
                        (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(tcase, a_huge_argument_is_refused_without_being_shown);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
