// SPDX-License-Identifier: Apache-2.0
/* What a START says of its market: it is read back whole from among the builds, wherever it lies,
 * and a journal of before, or a damaged one, says nothing of one. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "market/start_market.h"

static struct {
    struct record_start start;
    struct start_build builds[START_MARKET_ENTRIES + 4];
} event;

static void fill(uint32_t before, const struct start_market *market, uint32_t behind)
{
    uint32_t n = before;

    memset(&event, 0, sizeof(event));
    for (uint32_t i = 0; i < before; i++)
        event.builds[i] = (struct start_build){.slot = START_BUILD_HOST, .n = 20, .id = "a build"};
    n += start_market_put(&event.builds[n], market);
    for (uint32_t i = 0; i < behind; i++)
        event.builds[n++] = (struct start_build){.slot = 3, .n = 20, .id = "a plugin"};
    event.start.hdr =
        (struct agon_event_hdr){.type = EVENT_START, .granules = (uint8_t)(1 + (n + 1) / 2)};
}

START_TEST(what_is_put_is_read)
{
    static struct start_market all[] = {
        {"demo", "synthetic, with known structure: basis and market maker have an edge here"},
        {"", "recordings of data"},
        {"x", "y"},
        {"", ""},
    };

    // All that there is room for.
    memset(all[3].name, 'n', sizeof(all[3].name) - 1);
    memset(all[3].about, 'a', sizeof(all[3].about) - 1);

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (uint32_t before = 0; before < 3; before++) {
            struct start_market read;

            fill(before, &all[i], before % 2);
            ck_assert_int_eq(start_market_read(&event.start, &read), 1);
            ck_assert_str_eq(read.name, all[i].name);
            ck_assert_str_eq(read.about, all[i].about);
        }
    }
}
END_TEST

START_TEST(a_start_without_one_says_nothing)
{
    static const struct start_market none = {"named", ""};
    struct start_market read;

    for (uint32_t n = 0; n < 4; n++) {
        fill(n, &none, 0);
        ck_assert_int_eq(start_market_read(&event.start, &read), 0);
        ck_assert_str_eq(read.name, "");
        ck_assert_str_eq(read.about, "");
    }
    fill(1, &none, 0);
    event.start.hdr.granules = 1; // a journal of long before has no builds
    ck_assert_int_eq(start_market_read(&event.start, &read), 0);
}
END_TEST

START_TEST(no_byte_of_it_gets_into_a_terminal)
{
    static const struct start_market market = {"demo", "known"};
    struct start_market read;
    struct start_text *text = (struct start_text *)(void *)&event.builds[1];

    fill(1, &market, 0);
    ck_assert_uint_eq(text->n, START_TEXT);
    for (int value = 0; value < 256; value++) {
        memset(text->text + 5, value, 3);
        if (start_market_read(&event.start, &read)) {
            ck_assert_ptr_null(strpbrk(read.name, "\n\x1b"));
            ck_assert_ptr_null(strpbrk(read.about, "\n\x1b"));
            ck_assert_msg(utf8_is_valid(read.about, strlen(read.about)), "byte %d", value);
        }
        text->n_text = (uint8_t)value; // more than it can have is none of it
        (void)start_market_read(&event.start, &read);
        ck_assert_uint_lt(strlen(read.about), sizeof(read.about));
        text->n_text = 10;
    }
}
END_TEST

START_TEST(of_a_file_its_name_is_kept)
{
    struct start_market market;

    start_market_name(&market, "random-walk");
    ck_assert_str_eq(market.name, "random-walk");
    start_market_name(&market, "/srv/markets/mine.yaml");
    ck_assert_str_eq(market.name, "mine.yaml");
    start_market_name(&market, "markets/a\nb.yaml");
    ck_assert_str_eq(market.name, "a\\x0ab.yaml");
}
END_TEST

START_TEST(a_report_says_it_with_its_seed)
{
    char text[START_MARKET_SAID];

    ck_assert_str_eq(start_market_text(&(struct start_market){"demo", "an edge"}, 7, text),
                     "A simulation, no real market and no real money: the generated market demo, "
                     "seed 7 (an edge).");
    ck_assert_str_eq(start_market_text(&(struct start_market){"", "recordings"}, 7, text),
                     "A simulation, no real market and no real money: recordings.");
    ck_assert_str_eq(start_market_text(&(struct start_market){"demo", ""}, 7, text), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("start_market");
    TCase *tcase = tcase_create("start_market");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, what_is_put_is_read);
    tcase_add_test(tcase, a_start_without_one_says_nothing);
    tcase_add_test(tcase, no_byte_of_it_gets_into_a_terminal);
    tcase_add_test(tcase, of_a_file_its_name_is_kept);
    tcase_add_test(tcase, a_report_says_it_with_its_seed);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
