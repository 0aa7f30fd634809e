// SPDX-License-Identifier: Apache-2.0
#include "sys/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>

#include "help.h"

static int64_t now_mono, now_wall = 1700000000000000000;
static char out[1 << 20];

static int64_t mono(void)
{
    return now_mono;
}

static int64_t wall(void)
{
    return now_wall;
}

static struct log *open_log(struct log_config config)
{
    struct error err = {0};
    struct log *log;

    config.fd = open(help_path("log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    config.mono = mono;
    config.wall = wall;
    log = log_new(&config, &err);
    ck_assert_msg(log != NULL, "%s", err.text);
    return log;
}

static const char *written(void)
{
    FILE *file = fopen(help_path("log"), "rb");
    size_t n = fread(out, 1, sizeof(out) - 1, file);

    (void)fclose(file);
    out[n] = '\0';
    return out;
}

static int lines_with(const char *text)
{
    int n = 0;

    for (const char *at = written(); (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

START_TEST(json_lines_are_json_whatever_is_said)
{
    struct log *log = open_log((struct log_config){.is_json = 1, .is_direct = 1});
    json_t *root;

    log_write(log, LOG_WARN, "venue \"x\"", "k\n", "a\"b\\c\n\x1b[2J%s", "\xff\xfe");
    log_free(log);
    root = json_loads(written(), 0, NULL);
    ck_assert_msg(root != NULL, "%s", out);
    ck_assert_str_eq(json_string_value(json_object_get(root, "level")), "warn");
    ck_assert_str_eq(json_string_value(json_object_get(root, "t")), "2023-11-14T22:13:20.000000Z");
    ck_assert_ptr_null(strchr(out, 0x1b));
    ck_assert_int_eq(lines_with("\n"), 1);
    json_decref(root);
}
END_TEST

START_TEST(text_lines_are_plain)
{
    struct log *log = open_log((struct log_config){.is_direct = 1, .level = LOG_INFO});

    log_write(log, LOG_DEBUG, "core", "", "not taken");
    log_write(log, LOG_INFO, "core", NULL, "started in %d ms", 12);
    log_free(log);
    ck_assert_str_eq(written(), "22:13:20.000 info  core: started in 12 ms\n");
}
END_TEST

START_TEST(fields_have_their_types)
{
    struct log *log = open_log((struct log_config){.is_json = 1, .is_direct = 1});
    char longest[2 * LOG_VALUE_MAX];
    json_t *root;

    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    log_write_with(log, LOG_INFO, "host", "reload",
                   LOG_FIELDS(LOG_TEXT("agent", "a\"\n\x1b[2J"), LOG_NUMBER("pause_ns", -61000),
                              LOG_NUMBER("most", INT64_MAX), LOG_TEXT("file", longest)),
                   "generation %d is active", 2);
    log_free(log);
    root = json_loads(written(), 0, NULL);
    ck_assert_msg(root != NULL, "%s", out);
    ck_assert_str_eq(json_string_value(json_object_get(root, "text")), "generation 2 is active");
    ck_assert_int_eq(json_integer_value(json_object_get(root, "pause_ns")), -61000);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "most")), INT64_MAX);
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(root, "agent")), "a\""));
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(root, "file"))), LOG_VALUE_MAX);
    ck_assert_ptr_null(strchr(out, 0x1b));
    ck_assert_int_eq(lines_with("\n"), 1);
    json_decref(root);
}
END_TEST

START_TEST(fields_follow_the_text)
{
    struct log *log = open_log((struct log_config){.is_direct = 1, .level = LOG_INFO});

    log_write_with(log, LOG_INFO, "host", "reload",
                   LOG_FIELDS(LOG_TEXT("agent", "mm"), LOG_NUMBER("pause_ns", 61000),
                              LOG_TEXT("why", "it is so"), LOG_TEXT("what", "")),
                   "reloaded");
    log_free(log);
    ck_assert_str_eq(written(), "22:13:20.000 info  host: reloaded agent=mm pause_ns=61000 "
                                "why=\"it is so\" what=\"\"\n");
}
END_TEST

START_TEST(a_long_field_ends_behind_a_word_and_says_so)
{
    static const struct {
        const char *why, *shown;
    } table[] = {
        {"crashed 4 times, last: signal 11 (Segmentation fault), after event 1516 of the slot",
         "crashed 4 times, last: signal 11 (Segmentation fault), after..."},
        {"0123456789012345678901234567890123456789012345678901234567890123",
         "0123456789012345678901234567890123456789012345678901234567890123"},
        {"01234567890123456789012345678901234567890123456789012345678901234",
         "0123456789012345678901234567890123456789012345678901234567890..."},
        // No half of a character either.
        {"012345678901234567890123456789012345678901234567890123456789\xc3\xa9"
         "1234",
         "012345678901234567890123456789012345678901234567890123456789..."}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct log *log = open_log((struct log_config){.is_direct = 1, .level = LOG_INFO});
        char want[128];

        log_write_with(log, LOG_INFO, "host", "",
                       LOG_FIELDS(LOG_TEXT("why", table[i].why), LOG_NUMBER("value", 3)), "so");
        log_free(log);
        snprintf(want, sizeof(want), i == 0 ? " why=\"%s\" value=3\n" : " why=%s value=3\n",
                 table[i].shown);
        ck_assert_msg(strstr(written(), want) != NULL, "%s instead of %s", out, want);
    }
}
END_TEST

START_TEST(fields_without_room_leave_the_line_whole)
{
    struct log *log = open_log((struct log_config){.is_json = 1, .is_direct = 1});
    char longest[LOG_VALUE_MAX];
    json_t *root;

    memset(longest, '\1', sizeof(longest)); // each byte is written as several
    longest[sizeof(longest) - 1] = '\0';
    log_write_with(log, LOG_INFO, "host", "",
                   LOG_FIELDS(LOG_TEXT("a", longest), LOG_TEXT("b", longest),
                              LOG_TEXT("c", longest), LOG_TEXT("d", longest),
                              LOG_TEXT("e", longest), LOG_NUMBER("last", 7)),
                   "all of it");
    log_free(log);
    root = json_loads(written(), 0, NULL);
    ck_assert_msg(root != NULL, "%s", out);
    ck_assert_ptr_nonnull(json_object_get(root, "c"));
    ck_assert_ptr_null(json_object_get(root, "e"));
    ck_assert_int_eq(json_integer_value(json_object_get(root, "last")), 7);
    json_decref(root);
}
END_TEST

START_TEST(lines_of_other_fields_are_no_repeat)
{
    struct log *log = open_log((struct log_config){.is_json = 1, .is_direct = 1});

    for (int i = 0; i < 6; i++)
        log_write_with(log, LOG_INFO, "host", "", LOG_FIELDS(LOG_NUMBER("number", i / 2)), "same");
    log_free(log);
    ck_assert_int_eq(lines_with("\"same\""), 3);
    ck_assert_int_eq(lines_with("\"times\":1"), 3);
}
END_TEST

START_TEST(repeats_are_folded_and_counted)
{
    struct log *log = open_log((struct log_config){.is_json = 1, .is_direct = _i});

    for (int i = 0; i < 50; i++)
        log_write(log, LOG_INFO, "core", "", "the same");
    log_write(log, LOG_INFO, "core", "", "another");
    log_free(log);
    ck_assert_int_eq(lines_with("the same"), 1);
    ck_assert_int_eq(lines_with("\"times\":49"), 1);
    ck_assert_int_eq(lines_with("another"), 1);
}
END_TEST

START_TEST(a_key_has_its_rate_and_owes_the_count)
{
    struct log *log = open_log((struct log_config){.is_json = 1, .is_direct = 1});
    struct log_stats stats;

    for (int i = 0; i < 100; i++)
        log_write(log, LOG_WARN, "venue", "gap", "gap number %d", i);
    log_write(log, LOG_WARN, "venue", "other", "is heard");
    ck_assert_int_eq(lines_with("gap number"), LOG_KEY_BURST);
    now_mono += 1000000000;
    for (int i = 100; i < 110; i++)
        log_write(log, LOG_WARN, "venue", "gap", "gap number %d", i);
    ck_assert_int_eq(lines_with("gap number"), LOG_KEY_BURST + LOG_KEY_PER_S);
    ck_assert_int_eq(lines_with("\"left_out\":80"), 1);
    log_stats(log, &stats);
    ck_assert_uint_eq(stats.n_muted, 85);
    log_free(log);
    ck_assert_int_eq(lines_with("\"left_out\":5"), 1);
}
END_TEST

struct speaker {
    struct log *log;
    int id;
};

static void *speak(void *arg)
{
    struct speaker *speaker = arg;

    for (int i = 0; i < 2000; i++)
        log_write(speaker->log, i % 100 == 0 ? LOG_ERROR : LOG_INFO, "t", "", "thread %d line %d.",
                  speaker->id, i);
    return NULL;
}

START_TEST(many_threads_lose_no_line_uncounted)
{
    struct log *log = open_log((struct log_config){.is_json = 1, .lines = 1024});
    struct speaker speakers[4];
    struct log_stats stats;
    pthread_t threads[4];
    int n_lines;

    for (int i = 0; i < 4; i++) {
        speakers[i] = (struct speaker){log, i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, speak, &speakers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    log_flush(log);
    n_lines = lines_with("thread ");
    log_stats(log, &stats);
    ck_assert_uint_eq((uint64_t)n_lines + stats.n_dropped, 8000);
    ck_assert_int_eq(lines_with("\"level\":\"error\""), 80); // errors have their own room
    log_free(log);
    if (stats.n_dropped > 0)
        ck_assert_int_gt(lines_with("\"dropped\":"), 0);
}
END_TEST

START_TEST(a_long_line_is_cut_and_says_so)
{
    struct log *log = open_log((struct log_config){.is_json = 1, .is_direct = 1});
    char text[2 * LOG_TEXT_MAX];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    log_write(log, LOG_INFO, "core", "", "%s", text);
    log_free(log);
    ck_assert_int_eq(lines_with("...\""), 1);
}
END_TEST

START_TEST(level_names_are_read_back)
{
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
        ck_assert_int_eq(log_level_parse(log_level_name((enum log_level)level)), level);
    ck_assert_int_eq(log_level_parse("loud"), AGON_EINVAL);
}
END_TEST

START_TEST(a_full_file_becomes_the_next_and_the_oldest_goes)
{
    struct log *log = open_log((struct log_config){.is_direct = 1, .level = LOG_INFO});
    struct log_file file = {.path = help_path("agon.ndjson"), .rotate_bytes = 400, .keep = 2};
    struct error err = {0};
    char path[PATH_MAX];
    int n = 0;

    ck_assert_int_eq(log_to_file(log, &file, &err), AGON_OK);
    for (int i = 0; i < 40; i++) {
        now_mono += 1000000000;
        log_write(log, LOG_INFO, "host", "k", "line %d", i);
    }
    log_set_level(log, LOG_ERROR);
    log_write(log, LOG_INFO, "host", "k", "below the level");
    log_free(log);
    ck_assert_int_eq(lines_with("line "), 40); // as text, where lines went before
    for (int i = 0; i <= 3; i++) {
        char bytes[1000];
        FILE *in;
        size_t length;

        snprintf(path, sizeof(path), i == 0 ? "%s" : "%s.%d", help_path("agon.ndjson"), i);
        in = fopen(path, "rb");
        ck_assert_int_eq(in != NULL, i <= 2);
        if (in == NULL)
            continue;
        length = fread(bytes, 1, sizeof(bytes) - 1, in);
        bytes[length] = '\0';
        ck_assert_uint_le(length, 400);
        for (char *line = strtok(bytes, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            json_t *root = json_loads(line, 0, NULL);

            ck_assert_ptr_nonnull(root);
            json_decref(root);
            n++;
        }
        (void)fclose(in);
    }
    ck_assert_int_ge(n, 6); // the newest, whole
    ck_assert_int_lt(n, 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_log");
    TCase *tcase = tcase_create("log");

    tcase_add_checked_fixture(tcase, help_setup, help_teardown);
    tcase_add_test(tcase, json_lines_are_json_whatever_is_said);
    tcase_add_test(tcase, text_lines_are_plain);
    tcase_add_test(tcase, fields_have_their_types);
    tcase_add_test(tcase, fields_follow_the_text);
    tcase_add_test(tcase, a_long_field_ends_behind_a_word_and_says_so);
    tcase_add_test(tcase, fields_without_room_leave_the_line_whole);
    tcase_add_test(tcase, lines_of_other_fields_are_no_repeat);
    tcase_add_loop_test(tcase, repeats_are_folded_and_counted, 0, 2);
    tcase_add_test(tcase, a_key_has_its_rate_and_owes_the_count);
    tcase_add_test(tcase, many_threads_lose_no_line_uncounted);
    tcase_add_test(tcase, a_long_line_is_cut_and_says_so);
    tcase_add_test(tcase, level_names_are_read_back);
    tcase_add_test(tcase, a_full_file_becomes_the_next_and_the_oldest_goes);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
