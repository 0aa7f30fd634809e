// SPDX-License-Identifier: Apache-2.0
#include "journal/text.h"

#include <jansson.h>

#include "help.h"
#include "market/start_market.h"
#include "slot/tag_names.h"

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
    root = json_loads(json_of(part), JSON_REJECT_DUPLICATES, NULL);
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
    root = json_loads(json_of(&signal), JSON_REJECT_DUPLICATES, NULL);
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
    for (uint16_t type = 0; type < 104; type++) {
        for (int round = 0; round < 60; round++) {
            struct agon_event_hdr *event = (void *)bytes;
            json_error_t why;
            json_t *root;

            for (size_t i = 0; i < 1024; i++)
                bytes[i] = (unsigned char)rng_u64(&rng);
            event->type = type;
            event->granules = (uint8_t)(1 + rng_below(&rng, 16));
            event->instrument = (agon_instrument_t)rng_below(&rng, 2) * 7;
            if (type == EVENT_CONFIG) // one kind after another: by luck none would come
                ((struct record_asset *)(void *)event)->kind = (uint16_t)(round % 20);
            root = json_loads(json_of(event), JSON_REJECT_DUPLICATES, &why);
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
    ck_assert_ptr_nonnull(text_type_name(EVENT_DUE));
    ck_assert_ptr_nonnull(text_type_name(EVENT_PATH));
    for (uint16_t type = EVENT_BEGIN; type <= EVENT_SENT; type++)
        ck_assert_ptr_nonnull(text_type_name(type));
    ck_assert_ptr_null(text_type_name(127));
}
END_TEST

START_TEST(a_start_names_the_builds_of_host_and_plugins)
{
    struct {
        struct record_start start;
        struct start_build builds[1 + START_MARKET_ENTRIES];
    } event = {.start = {.hdr = {EVENT_START, 2, 0, 0, 1, 0, 1}, .run = 1, .mode = RUN_LIVE}};
    static struct tag_lines tags;

    event.builds[0] = (struct start_build){.slot = START_BUILD_HOST, .n = 2, .id = {0xab, 0xcd}};
    event.builds[1] = (struct start_build){.slot = 3, .n = 1, .id = {0x07}};
    ck_assert_ptr_nonnull(strstr(json_of(&event), "\"builds\":[[null,\"abcd\"],[3,\"07\"]]"));
    ck_assert_int_gt(text_event(&event.start.hdr, TEXT_LINE, NULL, NULL, text, sizeof(text)), 0);
    ck_assert_ptr_nonnull(strstr(text, "builds=[[host,abcd],[3,07]]"));
    ck_assert_ptr_null(strstr(text, "market"));
    // What it trades on lies there too, and is no build.
    ck_assert_uint_eq(start_market_put(&event.builds[1], &(struct start_market){"demo", "an edge"}),
                      1);
    ck_assert_ptr_nonnull(strstr(json_of(&event), "\"builds\":[[null,\"abcd\"]]"));
    ck_assert_ptr_nonnull(strstr(text, "\"market\":\"demo\",\"market_about\":\"an edge\""));
    ck_assert_ptr_null(strstr(text, "tags"));
    // Nor are names of reasons.
    memcpy(tags.text, "0-2 breakout stop\n", tags.n = 18);
    ck_assert_uint_eq(tag_names_put_lines(&event.builds[1], &tags), 1);
    ck_assert_ptr_nonnull(strstr(json_of(&event), "\"builds\":[[null,\"abcd\"]],"
                                                  "\"tags\":[[\"0-2\",\"breakout\",\"stop\"]]"));
    event.builds[1].n = 200; // longer than an id can be: not shown
    ck_assert_ptr_nonnull(strstr(json_of(&event), "\"builds\":[[null,\"abcd\"]]"));
}
END_TEST

START_TEST(a_begin_shows_its_parameters_and_none_that_its_own_words_deny)
{
    struct {
        struct record_begin begin;
        struct begin_venue venue;
        char text[32];
    } event = {.begin = {.hdr = {EVENT_BEGIN, 14, 0, 0, 1, 0, 1},
                         .how = BEGIN_RELOAD,
                         .n_venues = 1,
                         .n_params = 2,
                         .text_bytes = 17,
                         .file_hash = {0xab},
                         .record.seed = 77},
               .text = "fast\0"
                       "12\0name\0\"x\""};

    ck_assert_uint_eq(sizeof(event), 14 * EVENT_GRANULE);
    ck_assert_ptr_nonnull(
        strstr(json_of(&event), "\"params\":{\"fast\":\"12\",\"name\":\"\\\"x\\\"\"}"));
    ck_assert_ptr_nonnull(strstr(text, "\"how\":\"reload\""));
    ck_assert_ptr_nonnull(strstr(text, "\"seed\":\"77\""));
    ck_assert_ptr_nonnull(strstr(text, "\"file_hash\":\"ab00"));
    ck_assert_ptr_null(strstr(text, "tags"));
    memcpy(event.text + 17, "up\0down", 8);
    event.begin.n_tags = 2;
    ck_assert_ptr_nonnull(strstr(json_of(&event), "\"tags\":[\"up\",\"down\"]"));
    ck_assert_int_gt(text_event(&event.begin.hdr, TEXT_LINE, NULL, NULL, text, sizeof(text)), 0);
    ck_assert_ptr_nonnull(strstr(text, "tags=[\"up\",\"down\"]"));
    event.begin.n_params = 3;
    ck_assert_ptr_nonnull(strstr(json_of(&event), "\"params\":{}"));
    event.begin.n_params = 2;
    event.begin.n_venues = 60000;
    ck_assert_ptr_nonnull(strstr(json_of(&event), "\"params\":{}"));
}
END_TEST

START_TEST(each_kind_of_configuration_shows_what_it_sets)
{
    struct record_asset asset = {
        .hdr = {EVENT_CONFIG, 1, 0, 0, 1, 0, 1}, .kind = CONFIG_ASSET, .asset = 3, .name = "PEPE"};
    struct record_slot slot = {.hdr = {EVENT_CONFIG, sizeof(slot) / EVENT_GRANULE, 0, 0, 1, 0, 1},
                               .kind = CONFIG_SLOT};
    struct record_valuation valuation = {
        .hdr = {EVENT_CONFIG, 1, 0, 7, 1, 0, 1}, .kind = CONFIG_VALUATION, .asset = 4};
    struct record_generation generation = {.hdr = {EVENT_CONFIG, 1, 0, 0, 1, 0, 1},
                                           .kind = CONFIG_GENERATION,
                                           .generation = 5,
                                           .why = GENERATION_RELOAD};
    struct record_param param = {
        .hdr = {EVENT_CONFIG, 1, 0, 0, 1, 0, 1}, .kind = CONFIG_PARAM, .id = 6, .real = 0.5};

    struct record_samples samples = {
        .hdr = {EVENT_CONFIG, 1, 0, 0, 1, 0, 1}, .kind = CONFIG_SAMPLES, .is_within = 1};

    struct record_ids ids = {
        .hdr = {EVENT_CONFIG, 1, 0, 0, 1, 0, 1}, .kind = CONFIG_IDS, .journal = 7, .since_run = 68};

    slot.limits.daily_loss_amt = 1234;
    ck_assert_ptr_nonnull(strstr(json_of(&ids), "\"kind\":\"ids\",\"journal\":7,\"since_run\":68"));
    ck_assert_ptr_nonnull(strstr(json_of(&samples), "\"kind\":\"samples\",\"is_within\":1"));
    ck_assert_ptr_nonnull(strstr(json_of(&asset), "\"asset\":3,"));
    ck_assert_ptr_nonnull(strstr(text, "\"name\":\"PEPE\""));
    ck_assert_ptr_nonnull(strstr(json_of(&slot), "\"daily_loss\":\"1234\""));
    ck_assert_ptr_nonnull(strstr(json_of(&valuation), "\"asset\":4"));
    ck_assert_ptr_nonnull(strstr(json_of(&generation), "\"generation\":5,"));
    ck_assert_ptr_nonnull(strstr(json_of(&param), "\"real\":0.5"));
    // A slot of a shorter layout, or a kind of a later version, is shown as bytes and not misread.
    slot.hdr.granules = 1;
    ck_assert_ptr_nonnull(strstr(json_of(&slot), "\"body\":\""));
    ck_assert_ptr_null(strstr(text, "daily_loss"));
}
END_TEST

START_TEST(a_plan_shows_every_slot_that_it_holds_and_no_more)
{
    static struct {
        struct record_plan plan;
        struct plan_line lines[2];
    } event;
    json_t *root, *slots;

    event.plan.hdr =
        (struct agon_event_hdr){EVENT_PLAN, sizeof(event) / EVENT_GRANULE, 0, 0, 1, 0, 1};
    event.plan.n_lines = 500; // a lie: there is room for two
    event.plan.rules.n_shares = 2;
    event.plan.rules.shares_ppm[0] = 600000;
    event.plan.rules.shares_ppm[1] = 400000;
    event.plan.rules.weights[0] = 0.25;
    event.plan.pools[1] = (struct plan_pool){.before_amt = 11, .after_amt = 12};
    for (int i = 0; i < 2; i++) {
        struct plan_line *line = &event.lines[i];

        (void)snprintf(line->name, sizeof(line->name), "slot_%d", i);
        line->rank = (uint8_t)(i + 1);
        line->n_accounts = (uint8_t)(1 + i * 200);
        line->accounts[0] = 1;
        line->parts[0].change_amt = -77;
    }
    root = json_loads(json_of(&event), JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(root);
    slots = json_object_get(root, "slots");
    ck_assert_uint_eq(json_array_size(slots), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(slots, 1), "name")),
                     "slot_1");
    ck_assert_ptr_nonnull(strstr(text, "\"shares_ppm\":[600000,400000]"));
    ck_assert_ptr_nonnull(strstr(text, "\"pools\":[[1,\"11\",\"12\",\"0\"]]"));
    ck_assert_ptr_nonnull(strstr(text, "\"parts\":[[1,\"0\",\"-77\"]]"));
    json_decref(root);
    ck_assert_int_gt(text_event(&event.plan.hdr, TEXT_LINE, NULL, NULL, text, sizeof(text)), 0);
    ck_assert_ptr_nonnull(strstr(text, "rank=2"));
}
END_TEST

START_TEST(a_trade_shows_the_book_that_came_with_it)
{
    struct record_trade_book both = {
        .trade = {.hdr = {AGON_EVENT_TRADE, 1, 0, 7, 1, 0, 1}, .px = 5, .qty = 6},
        .part = {.hdr = {AGON_EVENT_BOOK_SNAPSHOT, 2, 0, 7, 1, 0, 1}, .n_bid = 1, .n_ask = 1},
        .bid = {4, 6},
        .ask = {9, 6}};

    ck_assert_ptr_null(strstr(json_of(&both), "ask_px"));
    both.trade.hdr.granules = sizeof(both) / EVENT_GRANULE;
    ck_assert_ptr_nonnull(strstr(json_of(&both), "\"ask_px\":\"9\""));
    ck_assert_ptr_nonnull(strstr(text, "\"bid_px\":\"4\""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_text");
    TCase *tcase = tcase_create("text");

    tcase_add_test(tcase, a_trade_is_what_it_was);
    tcase_add_test(tcase, a_report_names_kind_and_reason);
    tcase_add_test(tcase, levels_of_a_book_are_all_there_and_no_more);
    tcase_add_test(tcase, a_start_names_the_builds_of_host_and_plugins);
    tcase_add_test(tcase, a_begin_shows_its_parameters_and_none_that_its_own_words_deny);
    tcase_add_test(tcase, each_kind_of_configuration_shows_what_it_sets);
    tcase_add_test(tcase, a_trade_shows_the_book_that_came_with_it);
    tcase_add_test(tcase, a_plan_shows_every_slot_that_it_holds_and_no_more);
    tcase_add_test(tcase, text_of_others_cannot_break_a_line);
    tcase_add_test(tcase, any_bytes_of_any_type_give_valid_json);
    tcase_add_test(tcase, the_largest_event_fits_and_a_small_room_is_told);
    tcase_add_test(tcase, every_type_of_the_border_has_a_name);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
