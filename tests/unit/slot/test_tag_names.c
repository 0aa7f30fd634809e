// SPDX-License-Identifier: Apache-2.0
/* Names of authors' reasons in a journal: read back as they were put, from a BEGIN and from a
 * START, and a record of before, or a damaged one, has none. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "slot/tag_names.h"

static const char names[3][TAG_NAME] = {"breakout", "pullback", "a_name_of_all_that_has_room_31b"};
static union begin_event begin;
static struct {
    struct record_start start;
    struct start_build builds[2 + START_TAGS_ENTRIES];
} start;

/* As an instance without names has it: of whole granules, with parameters and a file. */
static void fill_begin(void)
{
    static const char text[] = "fast\0"
                               "12\0model\0abcd";
    char *at = (char *)(&begin.begin + 1) + sizeof(struct begin_venue);

    memset(&begin, 0, sizeof(begin));
    begin.begin = (struct record_begin){.n_venues = 1, .n_params = 1, .n_files = 1};
    begin.begin.text_bytes = sizeof(text);
    memcpy(at, text, sizeof(text));
    begin.begin.hdr = (struct agon_event_hdr){
        .type = EVENT_BEGIN,
        .granules = (uint8_t)((sizeof(begin.begin) + sizeof(struct begin_venue) + sizeof(text) +
                               EVENT_GRANULE - 1) /
                              EVENT_GRANULE)};
}

START_TEST(a_begin_has_names_behind_what_a_program_of_before_reads)
{
    struct tag_names read;

    fill_begin();
    ck_assert_int_eq(tag_names_read(&begin.begin, &read), 0); // as one of before
    ck_assert_uint_eq(read.n, 0);
    tag_names_put(&begin, names[0], 3);
    ck_assert_int_eq(tag_names_read(&begin.begin, &read), 1);
    ck_assert_uint_eq(read.n, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(read.all[i], names[i]);
    // Its parameters and files are where they were, and as many.
    ck_assert_ptr_nonnull(begin_text(&begin.begin));
    ck_assert_str_eq(begin_text(&begin.begin), "fast");
}
END_TEST

START_TEST(a_begin_that_denies_its_names_has_none)
{
    struct tag_names read;

    fill_begin();
    tag_names_put(&begin, names[0], 3);
    begin.begin.n_tags = 4; // one more than lie there: the rest of a granule is no name
    ck_assert_int_eq(tag_names_read(&begin.begin, &read), 0);
    begin.begin.n_tags = 60000;
    ck_assert_int_eq(tag_names_read(&begin.begin, &read), 0);
    begin.begin.n_tags = 3;
    begin.begin.text_bytes = 60000;
    ck_assert_int_eq(tag_names_read(&begin.begin, &read), 0);
    fill_begin();
    tag_names_put(&begin, "an escape \x1b[2J\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 1);
    ck_assert_int_eq(tag_names_read(&begin.begin, &read), 0);
}
END_TEST

START_TEST(names_without_room_leave_a_begin_as_it_was)
{
    static union begin_event before;
    struct tag_names read;

    fill_begin();
    begin.begin.text_bytes = sizeof(begin) - sizeof(begin.begin) - sizeof(struct begin_venue) - 20;
    begin.begin.hdr.granules = 255;
    before = begin;
    tag_names_put(&begin, names[0], 3);
    ck_assert_int_eq(tag_names_read(&begin.begin, &read), 0);
    ck_assert_mem_eq(&begin, &before, sizeof(begin));
}
END_TEST

static void fill_start(const struct tag_lines *tags)
{
    uint32_t n = 0;

    memset(&start, 0, sizeof(start));
    start.builds[n++] = (struct start_build){.slot = START_BUILD_HOST, .n = 20, .id = "a build"};
    n += tag_names_put_lines(&start.builds[n], tags);
    start.start.hdr =
        (struct agon_event_hdr){.type = EVENT_START, .granules = (uint8_t)(1 + (n + 1) / 2)};
}

START_TEST(a_start_has_those_of_each_plugin_once)
{
    static struct tag_lines tags, read;
    struct slot_set slots = {0}, alone = {0}, of;
    const char *line = read.text;
    struct tag_names its;

    slot_set_add(&slots, 0);
    slot_set_add(&slots, 1);
    slot_set_add(&slots, 2);
    slot_set_add(&slots, SLOTS_MAX - 1);
    slot_set_add(&alone, 3);
    tag_names_add_line(&tags, &slots, names[0], 3);
    tag_names_add_line(&tags, &alone, names[1], 1);
    fill_start(&tags);
    ck_assert_int_eq(tag_names_read_lines(&start.start, &read), 1);
    ck_assert_str_eq(read.text, "0-2,255 breakout pullback a_name_of_all_that_has_room_31b\n"
                                "3 pullback\n");
    line = tag_names_next_line(line, &of, &its);
    ck_assert_mem_eq(&of, &slots, sizeof(of));
    ck_assert_uint_eq(its.n, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(its.all[i], names[i]);
    line = tag_names_next_line(line, &of, &its);
    ck_assert_mem_eq(&of, &alone, sizeof(of));
    ck_assert_uint_eq(its.n, 1);
    ck_assert_str_eq(its.all[0], "pullback");
    ck_assert_ptr_null(tag_names_next_line(line, &of, &its));
}
END_TEST

START_TEST(a_start_without_names_has_none_and_a_line_that_is_none_has_none)
{
    static struct tag_lines tags, read;
    const char *line = read.text;
    struct slot_set slots = {0};
    struct tag_names its;

    fill_start(&tags);
    ck_assert_int_eq(tag_names_read_lines(&start.start, &read), 0);
    // What a child says of itself may be anything: it ends nobody else's line.
    slot_set_add(&slots, 1);
    tag_names_add_line(&tags, &slots, "two lines\n2 x", 1);
    ck_assert_uint_eq(tags.n, 0);
    strcpy(tags.text, "-4 x\n1-\n2 b a d!\n9999999999-1,7 good\n");
    tags.n = (uint32_t)strlen(tags.text);
    fill_start(&tags);
    ck_assert_int_eq(tag_names_read_lines(&start.start, &read), 1);
    for (int i = 0; i < 3; i++) {
        line = tag_names_next_line(line, &slots, &its);
        ck_assert_ptr_nonnull(line);
        ck_assert_uint_eq(its.n, 0);
    }
    line = tag_names_next_line(line, &slots, &its);
    ck_assert_uint_eq(its.n, 1);
    ck_assert(slot_set_has(&slots, 7));
    ck_assert_ptr_null(tag_names_next_line(line, &slots, &its));
}
END_TEST

START_TEST(a_start_holds_whole_lines_only)
{
    static struct tag_lines tags, read;
    char many[AGON_TAGS_MAX][TAG_NAME];
    struct slot_set slots = {0};

    for (int i = 0; i < AGON_TAGS_MAX; i++)
        memcpy(many[i], names[2], TAG_NAME);
    slot_set_add(&slots, 9);
    for (int i = 0; i < 20; i++)
        tag_names_add_line(&tags, &slots, many[0], AGON_TAGS_MAX);
    ck_assert_uint_le(tags.n, START_TAGS_TEXT);
    ck_assert_uint_gt(tags.n, START_TAGS_TEXT / 2);
    ck_assert_int_eq(tags.text[tags.n - 1], '\n');
    fill_start(&tags);
    ck_assert_int_eq(tag_names_read_lines(&start.start, &read), 1);
    ck_assert_str_eq(read.text, tags.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tag_names");
    TCase *tcase = tcase_create("tag_names");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, a_begin_has_names_behind_what_a_program_of_before_reads);
    tcase_add_test(tcase, a_begin_that_denies_its_names_has_none);
    tcase_add_test(tcase, names_without_room_leave_a_begin_as_it_was);
    tcase_add_test(tcase, a_start_has_those_of_each_plugin_once);
    tcase_add_test(tcase, a_start_without_names_has_none_and_a_line_that_is_none_has_none);
    tcase_add_test(tcase, a_start_holds_whole_lines_only);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
