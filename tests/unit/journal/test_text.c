// SPDX-License-Identifier: Apache-2.0
#include "journal/text.h"

#include <jansson.h>

#include "help.h"

static char text[JOURNAL_TEXT_MAX];
static _Alignas(64) unsigned char bytes[EVENT_BYTES_MAX];

static int known_scale(void *ctx, agon_instrument_t instrument, struct text_scale *scale)
{
    (void)ctx;
    *scale = (struct text_scale){.px_exp = 2, .qty_exp = 5, .symbol = "BTCUSDT"};
    return instrument == 7;
}

static const char *json_of(const void *event)
{
    ck_assert_int_gt(text_event(event, TEXT_JSON, known_scale, NULL, text, sizeof(text)), 0);
    return text;
}

START_TEST(a_trade_is_what_it_was)
{
    struct agon_trade trade = {
        .hdr = {AGON_EVENT_TRADE, 1, 0, 7, 42, 1699999999000000000, 1700000000000000001},
        .px = 6543210,
        .qty = 12345,
        .venue_id = UINT64_MAX,
        .side = AGON_SELL};

    ck_assert_str_eq(json_of(&trade),
                     "{\"seq\":\"42\",\"t\":\"1700000000000000001\",\"t_venue\":"
                     "\"1699999999000000000\",\"type\":\"trade\",\"instrument\":7,\"symbol\":"
                     "\"BTCUSDT\",\"px\":\"6543210\",\"px_dec\":\"65432.10\",\"qty\":\"12345\","
                     "\"qty_dec\":\"0.12345\",\"side\":\"sell\",\"venue_id\":"
                     "\"18446744073709551615\",\"flags\":0}");
    ck_assert_int_gt(text_event(&trade.hdr, TEXT_LINE, NULL, NULL, text, sizeof(text)), 0);
    ck_assert_str_eq(text, "42 2023-11-14T22:13:20.000000001Z trade instrument=7 px=6543210 "
                           "qty=12345 side=sell venue_id=18446744073709551615 flags=0");
}
END_TEST

START_TEST(a_report_names_kind_and_reason)
{
    struct record_report report = {.hdr = {EVENT_REPORT, 2, 0, 7, 9, 0, 5},
                                   .kind = REPORT_REJECTED,
                                   .reason = REASON_VENUE_FUNDS,
                                   .order_id = 1,
                                   .qty = -5,
                                   .venue_code = -2010};
    const char *json = json_of(&report);

    ck_assert_ptr_nonnull(strstr(json, "\"kind\":\"rejected\""));
    ck_assert_ptr_nonnull(strstr(json, "\"reason\":\"venue_funds\""));
    ck_assert_ptr_nonnull(strstr(json, "\"qty\":\"-5\",\"qty_dec\":\"-0.00005\""));
    ck_assert_ptr_nonnull(strstr(json, "\"venue_code\":-2010"));
    report.reason = 999;
    ck_assert_ptr_nonnull(strstr(json_of(&report), "\"reason\":999"));
}
END_TEST

START_TEST(levels_of_a_book_are_all_there_and_no_more)
{
    struct agon_book_part *part = (void *)bytes;
    struct agon_level *levels = (void *)(part + 1);
    json_t *root, *bid, *ask;

    memset(bytes, 0, sizeof(bytes));
    part->hdr = (struct agon_event_hdr){AGON_EVENT_BOOK_DELTA, 2, 0, 7, 1, 0, 1};
    part->n_bid = 1;
    part->n_ask = 500; // a lie: the record has room for 4 levels
    for (int i = 0; i < 4; i++)
        levels[i] = (struct agon_level){100 + i, i};
    root = json_loads(json_of(part), 0, NULL);
    ck_assert_ptr_nonnull(root);
    bid = json_object_get(root, "bid");
    ask = json_object_get(root, "ask");
    ck_assert_uint_eq(json_array_size(bid), 1);
    ck_assert_uint_eq(json_array_size(ask), 3);
    ck_assert_str_eq(json_string_value(json_array_get(json_array_get(ask, 2), 0)), "103");
    ck_assert_str_eq(json_string_value(json_array_get(json_array_get(ask, 2), 2)), "1.03");
    json_decref(root);
}
END_TEST

START_TEST(text_of_others_cannot_break_a_line)
{
    struct record_signal signal = {.hdr = {AGON_EVENT_SIGNAL, 6, 0, 7, 1, 0, 1}};
    json_t *root;

    memcpy(signal.signal.text, "a\"b\\c\n\x1b[2J\xff", 12);
    signal.signal.value = 0.25;
    root = json_loads(json_of(&signal), 0, NULL);
    ck_assert_ptr_nonnull(root);
    ck_assert_ptr_null(strchr(text, '\n'));
    ck_assert_ptr_null(strchr(text, 0x1b));
    ck_assert_ptr_nonnull(strstr(text, "\"value\":0.25,"));
    json_decref(root);
}
END_TEST

START_TEST(any_bytes_of_any_type_give_valid_json)
{
    struct rng rng;

    rng_init(&rng, 1);
    for (uint16_t type = 0; type < 70; type++) {
        for (int round = 0; round < 60; round++) {
            struct agon_event_hdr *event = (void *)bytes;
            json_error_t why;
            json_t *root;

            for (size_t i = 0; i < 1024; i++)
                bytes[i] = (unsigned char)rng_u64(&rng);
            event->type = type;
            event->granules = (uint8_t)(1 + rng_below(&rng, 16));
            event->instrument = (agon_instrument_t)rng_below(&rng, 2) * 7;
            root = json_loads(json_of(event), 0, &why);
            ck_assert_msg(root != NULL, "type %u: %s in %s", type, why.text, text);
            json_decref(root);
            ck_assert_int_gt(text_event(event, TEXT_LINE, NULL, NULL, text, sizeof(text)), 0);
            ck_assert_ptr_null(strchr(text, '\n'));
        }
    }
}
END_TEST

START_TEST(the_largest_event_fits_and_a_small_room_is_told)
{
    struct agon_book_part *part = (void *)bytes;
    struct agon_level *levels = (void *)(part + 1);

    memset(bytes, 0, sizeof(bytes));
    part->hdr = (struct agon_event_hdr){AGON_EVENT_BOOK_SNAPSHOT, 255, 0, 7, UINT64_MAX, 0, 1};
    part->n_bid = EVENT_LEVELS_MAX;
    for (int i = 0; i < (int)EVENT_LEVELS_MAX; i++)
        levels[i] = (struct agon_level){-INT64_MAX, -INT64_MAX};
    ck_assert_int_gt(text_event(&part->hdr, TEXT_JSON, known_scale, NULL, text, sizeof(text)), 0);
    for (size_t room = 0; room < 300; room++)
        ck_assert_int_eq(text_event(&part->hdr, TEXT_JSON, known_scale, NULL, text, room),
                         AGON_ERANGE);
}
END_TEST

START_TEST(every_type_of_the_border_has_a_name)
{
    for (uint16_t type = AGON_EVENT_INSTRUMENT; type <= AGON_EVENT_HEALTH; type++)
        ck_assert_ptr_nonnull(text_type_name(type));
    for (uint16_t type = AGON_EVENT_ORDER; type <= AGON_EVENT_JOB; type++)
        ck_assert_ptr_nonnull(text_type_name(type));
    for (uint16_t type = AGON_EVENT_INTENT; type <= EVENT_ARM; type++)
        ck_assert_ptr_nonnull(text_type_name(type));
    ck_assert_ptr_null(text_type_name(99));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_text");
    TCase *tcase = tcase_create("text");

    tcase_add_test(tcase, a_trade_is_what_it_was);
    tcase_add_test(tcase, a_report_names_kind_and_reason);
    tcase_add_test(tcase, levels_of_a_book_are_all_there_and_no_more);
    tcase_add_test(tcase, text_of_others_cannot_break_a_line);
    tcase_add_test(tcase, any_bytes_of_any_type_give_valid_json);
    tcase_add_test(tcase, the_largest_event_fits_and_a_small_room_is_told);
    tcase_add_test(tcase, every_type_of_the_border_has_a_name);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
