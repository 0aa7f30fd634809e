// SPDX-License-Identifier: Apache-2.0
/* The layout of the records is what AGON_LAYOUT_HASH says it is, none of them hides padding, and
 * the SDK's numbers are the host's. With the argument "print" it prints the hash, for whoever
 * changes the layout on purpose. */
#include <agon/agon.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "layout.h"
#include "market/records.h"

struct field {
    const char *record, *name;
    size_t offset, bytes, record_bytes;
};
#define FIELD(T, f) {#T, #f, offsetof(struct T, f), sizeof(((struct T *)0)->f), sizeof(struct T)},
#define RECORD(T)   FIELDS_##T(FIELD)
static const struct field fields[] = {RECORDS(RECORD)};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* FNV-1a, 32 bits, over "record.field offset bytes\n" of each field. */
static uint32_t layout_hash(void)
{
    uint32_t hash = 0x811c9dc5u;
    char line[128];

    for (size_t i = 0; i < FIELDS; i++) {
        snprintf(line, sizeof(line), "%s.%s %zu %zu\n", fields[i].record, fields[i].name,
                 fields[i].offset, fields[i].bytes);
        for (const char *at = line; *at != 0; at++)
            hash = (hash ^ (unsigned char)*at) * 0x01000193u;
    }
    return hash;
}

START_TEST(layout_hash_is_that_of_the_headers)
{
    ck_assert_msg(layout_hash() == AGON_LAYOUT_HASH, "AGON_LAYOUT_HASH should be 0x%08xu",
                  layout_hash());
}
END_TEST

START_TEST(no_record_hides_padding_and_none_is_left_out)
{
    for (size_t i = 0; i < FIELDS; i++) {
        int is_first = i == 0 || strcmp(fields[i - 1].record, fields[i].record) != 0;
        int is_last = i + 1 == FIELDS || strcmp(fields[i + 1].record, fields[i].record) != 0;
        size_t begin = is_first ? 0 : fields[i - 1].offset + fields[i - 1].bytes;

        ck_assert_msg(fields[i].offset == begin, "a hole before %s.%s", fields[i].record,
                      fields[i].name);
        if (is_last)
            ck_assert_msg(fields[i].offset + fields[i].bytes == fields[i].record_bytes,
                          "a hole at the end of %s", fields[i].record);
    }
}
END_TEST

START_TEST(codes_of_sdk_and_host_are_the_same)
{
    ck_assert_int_eq(AGON_SPOT, INSTRUMENT_SPOT);
    ck_assert_int_eq(AGON_LINEAR, INSTRUMENT_LINEAR);
    ck_assert_int_eq(AGON_INVERSE, INSTRUMENT_INVERSE);
    ck_assert_int_eq(AGON_INDEX, INSTRUMENT_INDEX);
    ck_assert_int_eq(AGON_TRADING_OPEN, TRADING_OPEN);
    ck_assert_int_eq(AGON_TRADING_CANCEL_ONLY, TRADING_CANCEL_ONLY);
    ck_assert_int_eq(AGON_TRADING_POST_ONLY, TRADING_POST_ONLY);
    ck_assert_int_eq(AGON_TRADING_HALTED, TRADING_HALTED);
    ck_assert_int_eq(AGON_BOOK_COLD, BOOK_COLD);
    ck_assert_int_eq(AGON_BOOK_SYNCING, BOOK_SYNCING);
    ck_assert_int_eq(AGON_BOOK_LIVE, BOOK_LIVE);
    ck_assert_int_eq(AGON_BOOK_STALE, BOOK_STALE);
    ck_assert_int_eq(AGON_BOOK_FIRST, BOOK_PART_FIRST);
    ck_assert_int_eq(AGON_BOOK_LAST, BOOK_PART_LAST);
    ck_assert_int_eq(AGON_BOOK_RANGE, BOOK_PART_RANGE);
    ck_assert_int_eq(AGON_MAKER, LIQUIDITY_MAKER);
    ck_assert_int_eq(AGON_TAKER, LIQUIDITY_TAKER);
    ck_assert_int_eq(AGON_SCOPE_GLOBAL, SCOPE_GLOBAL);
    ck_assert_int_eq(AGON_SCOPE_VENUE, SCOPE_VENUE);
    ck_assert_int_eq(AGON_SCOPE_INSTRUMENT, SCOPE_INSTRUMENT);
    ck_assert_int_eq(AGON_SCOPE_SLOT, SCOPE_SLOT);
}
END_TEST

#define REASON(id, number, name, side, text) {#id, AGON_REASON_##id, REASON_##id},
static const struct {
    const char *name;
    int sdk, host;
} reasons[] = {AGON_REASONS(REASON)};

START_TEST(reasons_of_sdk_and_host_are_the_same)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        ck_assert_msg(reasons[i].sdk == reasons[i].host, "%s", reasons[i].name);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("layout");
    TCase *tcase = tcase_create("layout");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (argc == 2 && strcmp(argv[1], "print") == 0) {
        printf("0x%08xu\n", layout_hash());
        return 0;
    }
    tcase_add_test(tcase, layout_hash_is_that_of_the_headers);
    tcase_add_test(tcase, no_record_hides_padding_and_none_is_left_out);
    tcase_add_test(tcase, codes_of_sdk_and_host_are_the_same);
    tcase_add_test(tcase, reasons_of_sdk_and_host_are_the_same);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
