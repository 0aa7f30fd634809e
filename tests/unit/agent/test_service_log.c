// SPDX-License-Identifier: Apache-2.0
/* agon.log/1: a line of 200 bytes is whole, a longer one is shortened at the end of a character and
 * says so; bytes that a terminal could obey are shown; a hundred a second, and no more. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "rig.h"

#define LINE 200

static const struct agon_host_log *service;
static char text[4 * LINE], heard[8 * LINE];
static uint32_t n_heard;
static int rc;

static void on_log(void *ctx, uint32_t level, agon_ns_t t, const char *line)
{
    (void)ctx;
    ck_assert_uint_eq(level, AGON_WARN);
    ck_assert_int_ge(t, RIG_T0);
    ck_assert_uint_lt((unsigned)snprintf(heard, sizeof(heard), "%s", line), sizeof(heard));
    n_heard++;
}

static int on_event(struct script *at, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)event;
    (void)nth;
    rc = service->line(at->host, AGON_WARN, text);
    return AGON_OK;
}

static int on_create(struct script *at)
{
    service = at->host->get_extension(at->host, AGON_EXT_LOG);
    at->on_event = on_event;
    return service != NULL ? AGON_OK : AGON_ENOTSUP;
}

static void say(struct rig *rig)
{
    struct agon_trade trade = rig_trade(1, 100);

    rig_public(rig, &trade, 0);
    ck_assert_int_eq(rig_step(rig), AGON_OK);
}

static void begin(struct rig *rig)
{
    rig_init(rig);
    rig->log = on_log;
    script.on_create = on_create;
    ck_assert_int_eq(rig_start(rig), AGON_OK);
}

/* n bytes of a character each, and then others. */
static void fill(size_t n, const char *tail)
{
    memset(text, 'a', n);
    memcpy(text + n, tail, strlen(tail) + 1);
}

START_TEST(a_line_that_is_shortened_says_so)
{
    static const struct {
        size_t n;
        const char *tail; /* of what is said */
        size_t n_whole;
        const char *end; /* of what is heard, behind so many */
    } lines[] = {
        {0, "", 0, ""},
        {199, "z", 199, "z"},                       // 200 bytes: whole
        {198, "\xc3\xa9", 198, "\xc3\xa9"},         // ... of which the last are one character
        {199, "zy", 197, "\xe2\x80\xa6"},           // 201: what is heard has 200 bytes again
        {400, "z", 197, "\xe2\x80\xa6"},            //
        {196, "\xc3\xa9zzzz", 196, "\xe2\x80\xa6"}, // no half of a character
        {195, "\xc3\xa9zzzz", 195, "\xc3\xa9\xe2\x80\xa6"},
        {194, "\xf0\x9f\x99\x82zzz", 194, "\xe2\x80\xa6"},
        // No characters at all: not all of it is lost.
        {190, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 190,
         "\\x80\\x80\\x80\\x80\xe2\x80\xa6"},
        {3, "\x1b[2J", 3, "\\x1b[2J"},
    };
    struct rig rig;

    begin(&rig);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        fill(lines[i].n, lines[i].tail);
        say(&rig);
        ck_assert_int_eq(rc, AGON_OK);
        ck_assert_uint_eq(n_heard, i + 1);
        ck_assert_msg(strspn(heard, "a") == lines[i].n_whole &&
                          strcmp(heard + lines[i].n_whole, lines[i].end) == 0,
                      "line %zu: %s", i, heard);
    }
    rig_deinit(&rig);
}
END_TEST

START_TEST(a_hundred_a_second_are_taken)
{
    struct rig rig;

    begin(&rig);
    fill(3, "");
    for (uint32_t i = 0; i < 100; i++) {
        say(&rig);
        ck_assert_int_eq(rc, AGON_OK);
    }
    say(&rig);
    ck_assert_int_eq(rc, AGON_EAGAIN);
    ck_assert_uint_eq(n_heard, 100);
    rig.t += 1000000000;
    say(&rig);
    ck_assert_int_eq(rc, AGON_OK);
    rig_deinit(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent_service_log");
    TCase *tcase = tcase_create("service");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, a_line_that_is_shortened_says_so);
    tcase_add_test(tcase, a_hundred_a_second_are_taken);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
