// SPDX-License-Identifier: Apache-2.0
/* utf8: the edges of RFC 3629, every code point, and text that is safe to show. */
#include "../../support/must.h"
#include "base/utf8.h"

static const struct {
    const char *what, *bytes;
    size_t n;
    int is_valid;
} cases[] = {
    {"nothing", "", 0, 1},
    {"ASCII", "abc", 3, 1},
    {"NUL", "\0", 1, 1},
    {"first of two bytes", "\xc2\x80", 2, 1},
    {"last of two bytes", "\xdf\xbf", 2, 1},
    {"first of three bytes", "\xe0\xa0\x80", 3, 1},
    {"last before the surrogates", "\xed\x9f\xbf", 3, 1},
    {"first after the surrogates", "\xee\x80\x80", 3, 1},
    {"U+FFFF", "\xef\xbf\xbf", 3, 1},
    {"first of four bytes", "\xf0\x90\x80\x80", 4, 1},
    {"U+10FFFF", "\xf4\x8f\xbf\xbf", 4, 1},
    {"the RFC's A, not identical, Alpha, full stop", "A\xe2\x89\xa2\xce\x91.", 7, 1},
    {"the RFC's hangugeo", "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4", 9, 1},
    {"a lone continuation", "\x80", 1, 0},
    {"a lone last continuation", "\xbf", 1, 0},
    {"overlong slash in two", "\xc0\xaf", 2, 0},
    {"overlong NUL in two", "\xc0\x80", 2, 0},
    {"overlong DEL", "\xc1\xbf", 2, 0},
    {"overlong slash in three", "\xe0\x80\xaf", 3, 0},
    {"overlong U+07FF", "\xe0\x9f\xbf", 3, 0},
    {"overlong slash in four", "\xf0\x80\x80\xaf", 4, 0},
    {"overlong U+FFFF", "\xf0\x8f\xbf\xbf", 4, 0},
    {"first surrogate", "\xed\xa0\x80", 3, 0},
    {"last surrogate", "\xed\xbf\xbf", 3, 0},
    {"a pair of surrogates", "\xed\xa0\xbd\xed\xb8\x80", 6, 0},
    {"U+110000", "\xf4\x90\x80\x80", 4, 0},
    {"f5", "\xf5\x80\x80\x80", 4, 0},
    {"five bytes", "\xf8\x88\x80\x80\x80", 5, 0},
    {"six bytes", "\xfc\x84\x80\x80\x80\x80", 6, 0},
    {"fe", "\xfe", 1, 0},
    {"ff", "\xff", 1, 0},
    {"two bytes cut", "\xc2", 1, 0},
    {"three bytes cut", "\xe2\x82", 2, 0},
    {"four bytes cut", "\xf0\x90\x80", 3, 0},
    {"a start in place of a continuation", "\xc2\xc2\x80", 3, 0},
    {"ASCII in place of a continuation",
     "\xe2\x82"
     "a",
     3, 0},
    {"good, then bad", "abc\xff", 4, 0},
};

START_TEST(the_rfcs_edges)
{
    ck_assert_msg(!!utf8_is_valid(cases[_i].bytes, cases[_i].n) == cases[_i].is_valid, "%s",
                  cases[_i].what);
}
END_TEST

static size_t encode(uint32_t rune, unsigned char *bytes)
{
    if (rune < 0x80) {
        bytes[0] = (unsigned char)rune;
        return 1;
    }
    if (rune < 0x800) {
        bytes[0] = (unsigned char)(0xc0 | rune >> 6);
        bytes[1] = (unsigned char)(0x80 | (rune & 63));
        return 2;
    }
    if (rune < 0x10000) {
        bytes[0] = (unsigned char)(0xe0 | rune >> 12);
        bytes[1] = (unsigned char)(0x80 | (rune >> 6 & 63));
        bytes[2] = (unsigned char)(0x80 | (rune & 63));
        return 3;
    }
    bytes[0] = (unsigned char)(0xf0 | rune >> 18);
    bytes[1] = (unsigned char)(0x80 | (rune >> 12 & 63));
    bytes[2] = (unsigned char)(0x80 | (rune >> 6 & 63));
    bytes[3] = (unsigned char)(0x80 | (rune & 63));
    return 4;
}

START_TEST(every_code_point_but_surrogates_is_valid_and_no_part_of_it_is)
{
    for (uint32_t rune = 0; rune < 0x120000; rune++) {
        unsigned char bytes[4];
        size_t n = encode(rune, bytes);
        int is_good = rune <= 0x10ffff && (rune < 0xd800 || rune > 0xdfff);

        MUST_EQ(!!utf8_is_valid(bytes, n), is_good);
        for (size_t part = 1; part < n; part++)
            MUST(!utf8_is_valid(bytes, part));
    }
}
END_TEST

static const struct {
    const char *bytes;
    size_t n, room;
    const char *want;
} shown[] = {
    {"plain", 5, 32, "plain"},
    {"a\x1b[31mb", 7, 32, "a\\x1b[31mb"},
    {"a\nb\tc", 5, 32, "a\\x0ab\\x09c"},
    {"\0", 1, 32, "\\x00"},
    {"\x7f", 1, 32, "\\x7f"},
    {"\xc2\x9b", 2, 32, "\\xc2\\x9b"},          // C1 control: CSI
    {"\xe2\x80\xae", 3, 32, "\\xe2\\x80\\xae"}, // right-to-left override
    {"\xe2\x81\xa6", 3, 32, "\\xe2\\x81\\xa6"}, // left-to-right isolate
    {"\xd8\x9c", 2, 32, "\\xd8\\x9c"},          // Arabic letter mark
    {"\xe2\x80\xa8", 3, 32, "\\xe2\\x80\\xa8"}, // line separator
    {"\xef\xbb\xbf", 3, 32, "\\xef\\xbb\\xbf"}, // byte order mark
    {"\xff\xfe", 2, 32, "\\xff\\xfe"},
    {"\xe2\x82\xac", 3, 32, "\xe2\x82\xac"}, // the euro sign
    {"\xe2\x82", 2, 32, "\\xe2\\x82"},       // cut
    {"1234567", 7, 8, "1234567"},            // fits exactly
    {"12345678", 8, 8, "1234..."},
    {"123\xe2\x82\xac", 6, 8, "123\xe2\x82\xac"},
    {"1234\xe2\x82\xac", 7, 8, "1234\xe2\x82\xac"},
    {"12345\xe2\x82\xac", 8, 8, "1234..."}, // no half of a character is left
    {"1\x1b\x1b", 3, 8, "1..."},
    {"\xe2\x80\xae", 3, 8, "..."},
};

START_TEST(text_is_shown_without_what_could_harm)
{
    char text[40];
    size_t n;

    memset(text, '#', sizeof(text));
    n = utf8_escape(shown[_i].bytes, shown[_i].n, text, shown[_i].room);
    ck_assert_str_eq(text, shown[_i].want);
    MUST_EQ(n, strlen(shown[_i].want));
    for (size_t i = shown[_i].room; i < sizeof(text); i++)
        MUST(text[i] == '#');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, the_rfcs_edges, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, every_code_point_but_surrogates_is_valid_and_no_part_of_it_is);
    tcase_add_loop_test(tcase, text_is_shown_without_what_could_harm, 0,
                        (int)(sizeof(shown) / sizeof(shown[0])));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
