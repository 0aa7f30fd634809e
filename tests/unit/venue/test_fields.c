// SPDX-License-Identifier: Apache-2.0
/* What readers of cold messages stand on: tables of fields, times, forms, orders whose ids are
 * texts, messages of several records. */
#include <check.h>
#include <stdio.h>

#include "venue/bar_row.h"
#include "venue/fields.h"
#include "venue/form.h"
#include "venue/order_texts.h"
#include "venue/print.h"
#include "venue/records.h"

struct thing {
    struct field_scale scale;
    uint64_t n;
    int64_t tick, qty;
    int tick_exp, is_on;
    char name[8], px[8], inner[8], last[8];
    uint8_t side;
    agon_ns_t t;
};

static const struct field_word sides[] = {{"buy", 1}, {"sell", 2}, {NULL, FIELD_REFUSED}};
static const struct field inner[] = {{"b", FIELD_TEXT, FIELD_AT(struct thing, inner), FIELD_MUST},
                                     {NULL}};
static const struct field items[] = {{"b", FIELD_TEXT, FIELD_AT(struct thing, last)}, {NULL}};
static const struct field table[] = {
    {"n", FIELD_U64, FIELD_AT(struct thing, n), FIELD_MUST},
    {"name", FIELD_TEXT, FIELD_AT(struct thing, name), FIELD_IF_TEXT},
    {"px", FIELD_NUMBER, FIELD_AT(struct thing, px)},
    {"side", FIELD_WORD, FIELD_AT(struct thing, side), .words = sides},
    {"on", FIELD_BOOL, FIELD_AT(struct thing, is_on)},
    {"tick", FIELD_EXACT, FIELD_AT(struct thing, tick), .exp_at = offsetof(struct thing, tick_exp)},
    {"qty", FIELD_QTY, FIELD_AT(struct thing, qty)},
    {"t", FIELD_STAMP, FIELD_AT(struct thing, t)},
    {"s", FIELD_SECONDS, FIELD_AT(struct thing, t)},
    {"a", FIELD_OBJECT, .inner = inner},
    {"list", FIELD_OBJECTS, .inner = items},
    {NULL}};

static uint64_t n_cut;

static int read_thing(const char *json, struct thing *thing)
{
    struct scan_text text = {.at = json, .n = (uint32_t)strlen(json)};

    *thing = (struct thing){.scale = {2, &n_cut}};
    n_cut = 0;
    return fields_read_all(&text, table, thing);
}

START_TEST(a_table_reads_what_it_names)
{
    struct thing thing;

    ck_assert_int_eq(
        read_thing("{\"x\":[{}],\"qty\":1.239,\"tick\":\"0.050\",\"on\":true,\"side\":\"sell\","
                   "\"px\":-1.5,\"name\":\"a\\u0062c\",\"n\":18446744073709551615,\"a\":{\"c\":1,"
                   "\"b\":\"in\"},\"list\":[{\"b\":\"1\"},{\"b\":\"2\"}],"
                   "\"t\":\"2023-11-14T22:13:20.5Z\"}",
                   &thing),
        AGON_OK);
    ck_assert_uint_eq(thing.n, UINT64_MAX);
    ck_assert_str_eq(thing.name, "abc");
    ck_assert_str_eq(thing.px, "-1.5");
    ck_assert_int_eq(thing.side, 2);
    ck_assert_int_eq(thing.is_on, 1);
    ck_assert(thing.tick == 5 && thing.tick_exp == 2);
    ck_assert(thing.qty == 123 && n_cut == 1);
    ck_assert_int_eq(thing.t, 1700000000500000000);
    ck_assert_str_eq(thing.inner, "in");
    ck_assert_str_eq(thing.last, "2");
    // What no key says stays, and null is no name.
    ck_assert_int_eq(read_thing("{\"n\":1,\"name\":null}", &thing), AGON_OK);
    ck_assert(thing.name[0] == '\0' && thing.t == 0);
    // A text is cut to its room, a number never.
    ck_assert_int_eq(read_thing("{\"n\":1,\"name\":\"12345678\"}", &thing), AGON_OK);
    ck_assert_str_eq(thing.name, "1234567");
}
END_TEST

static const char *const refused[] = {
    "{}",                                       // it must have n
    "{\"n\":1,\"n\":1}",                        // twice
    "{\"n\":1,\"n\":2,\"x\":",                  // and no end
    "{\"n\":-1}",                               // another kind of number
    "{\"n\":\"1\"}",                            // another kind of value
    "{\"n\":1,\"px\":\"12345678\"}",            // longer than there is room for
    "{\"n\":1,\"side\":\"both\"}",              // a word that is not listed
    "{\"n\":1,\"tick\":-0.5}",                  // below 0
    "{\"n\":1,\"on\":1}",                       // no boolean
    "{\"n\":1,\"a\":{}}",                       // inner must have b
    "{\"n\":1,\"a\":[]}",                       // no object
    "{\"n\":1,\"list\":{}}",                    // no array
    "{\"n\":1,\"t\":\"2023-13-14T22:13:20Z\"}", // no such month
    "{\"n\":1,\"t\":\"2023-11-14 22:13:20\"}",  // no stamp
    "{\"n\":1,\"s\":-1}",                       // before 1970
    "[]",
    "",
};

START_TEST(a_table_refuses_the_whole)
{
    struct thing thing;

    ck_assert_msg(read_thing(refused[_i], &thing) < 0, "%s", refused[_i]);
}
END_TEST

struct told {
    struct fields_listing listing;
    int n, n_told;
};

static int take_number(void *ctx, struct scan *scan, const struct scan_text *key)
{
    struct told *told = ctx;
    uint64_t value = 0;

    if (scan_u64(scan, &value) < 0)
        return scan->rc;
    told->n += (int)key->n;
    told->n_told += told->listing.is_told;
    return value > 0;
}

static int list(const char *json, enum fields_of of, struct told *told)
{
    struct scan_text text = {.at = json, .n = (uint32_t)strlen(json)};

    *told = (struct told){.n = 0};
    return fields_list(&text, of, take_number, &told->listing);
}

START_TEST(nothing_is_told_of_a_listing_that_cannot_be_read)
{
    static const char *const names[] = {"open", "closed", NULL};
    struct scan_text text = {.at = "{\"n\":[1],\"closed\":[2]}", .n = 22};
    struct scan_text value;
    struct told told;

    ck_assert_int_eq(list("[1,0,3]", FIELDS_OF_ARRAY, &told), 2);
    ck_assert_int_eq(told.n_told, 3);
    ck_assert_int_eq(list("{\"ab\":1,\"c\":2}", FIELDS_OF_OBJECT, &told), 2);
    ck_assert_int_eq(told.n, 6);
    ck_assert_int_lt(list("[1,2,\"x\"]", FIELDS_OF_ARRAY, &told), 0);
    ck_assert_int_lt(list("[1,2", FIELDS_OF_ARRAY, &told), 0);
    ck_assert_int_eq(told.n_told, 0);
    // "No balances" is an object without entries, and nothing else.
    ck_assert_int_lt(list("[]", FIELDS_OF_OBJECT, &told), 0);
    ck_assert_int_lt(list("{}", FIELDS_OF_ARRAY, &told), 0);
    ck_assert_int_eq(list("{}", FIELDS_OF_OBJECT, &told), 0);
    ck_assert_int_eq(fields_find(&text, names, &value), 1);
    ck_assert(value.n == 3 && memcmp(value.at, "[2]", 3) == 0);
    ck_assert_int_eq(fields_find(&text, names + 2, &value), 0);
    text.n = 8;
    ck_assert_int_lt(fields_find(&text, names, &value), 0);
}
END_TEST

START_TEST(what_is_written_fits_or_is_not_sent)
{
    char text[STAMP_TEXT];
    struct form form;
    struct print print = {.at = text, .room = 8};

    form_init(&form, text, 20);
    form_add(&form, "a", "x y");
    form_add_u64(&form, "n", 12);
    ck_assert_str_eq(text, "a=x%20y&n=12");
    ck_assert_int_eq(form.is_full, 0);
    form_add(&form, "name", "much too long");
    ck_assert_int_eq(form.is_full, 1);
    print_text(&print, "12");
    print_add(&print, "%d", 34);
    print_add(&print, "%s", "5678");
    print_add(&print, "9");
    print_text(&print, "9");
    ck_assert_int_eq(print.is_full, 1);
    ck_assert_uint_eq(print.n, 4);
    stamp_print(1607418537715000000, text);
    ck_assert_str_eq(text, "2020-12-08T09:08:57.715Z");
}
END_TEST

START_TEST(an_order_is_found_by_its_text_again)
{
    struct wire_order order = {.side = 2, .px = 5, .qty = 7, .client_id = "a1"};
    struct order_texts texts;
    struct order_text *text;
    char name[24];

    ck_assert_int_eq(order_texts_init(&texts), AGON_OK);
    text = order_texts_learn(&texts, "OUF4EM-FRGI2-MQMWZD");
    ck_assert_ptr_nonnull(text);
    text->cum_qty = 3;
    order_texts_keep(text, &order);
    ck_assert_uint_eq(order.venue_order, order_texts_number("OUF4EM-FRGI2-MQMWZD"));
    ck_assert_ptr_eq(order_texts_learn(&texts, "OUF4EM-FRGI2-MQMWZD"), text);
    ck_assert(text->qty == 7 && text->cum_qty == 3);
    // The oldest make room, and none stands for another.
    for (int i = 0; i < 3 * ORDER_TEXTS; i++) {
        snprintf(name, sizeof(name), "O%d", i);
        text = order_texts_learn(&texts, name);
        ck_assert_str_eq(text->text, name);
    }
    ck_assert_str_eq(order_texts_find(&texts, order_texts_number(name))->text, name);
    ck_assert_ptr_null(order_texts_find(&texts, order.venue_order));
    order_texts_deinit(&texts);
}
END_TEST

static int walk(void *self, const void *from, uint32_t want, uint32_t *n, struct wire_out *out)
{
    const int *last = from;

    (void)self;
    for (*n = 0; *n < (uint32_t)last[0] && *n != want;)
        out->id = ++*n;
    return last[1];
}

START_TEST(records_are_handed_out_one_by_one)
{
    static struct wire_out out;
    struct records records = {0};
    const int three[] = {3, AGON_OK}, one[] = {1, AGON_OK}, none[] = {0, AGON_OK},
              bad[] = {3, AGON_EINVAL};

    for (uint64_t i = 1; i <= 3; i++) {
        ck_assert_int_eq(records_hand_out(&records, three, walk, NULL, three, &out), 1);
        ck_assert_uint_eq(out.id, i);
    }
    ck_assert_int_eq(records_hand_out(&records, three, walk, NULL, three, &out), 0);
    ck_assert_int_eq(records_hand_out(&records, one, walk, NULL, one, &out), 1);
    ck_assert_int_eq(records_hand_out(&records, one, walk, NULL, one, &out), 0);
    ck_assert_int_eq(records_hand_out(&records, none, walk, NULL, none, &out), 0);
    ck_assert_int_lt(records_hand_out(&records, bad, walk, NULL, bad, &out), 0);
}
END_TEST

START_TEST(a_bar_is_a_row)
{
    static const struct bar_row row = {
        .unit_ns = 1000000000, .n = 8, .volume = 6, .n_trades = 7, .closed = 5};
    static const struct {
        const char *json;
        int rc;
    } cases[] = {{"[1700000000,\"3\",\"4\",\"2\",\"3\",\"1\",\"5\",2]", 1},
                 {"[1700000000,\"3\",\"4\",\"2\",\"3\",\"0\",\"5\",2]", 0},
                 {"[1700000000,\"3\",\"2\",\"4\",\"3\",\"1\",\"5\",2]", AGON_EINVAL},
                 {"[1700000000,\"3\",\"4\",\"2\",\"3\",\"1\",\"5\"]", AGON_EINVAL},
                 {"[-1,\"3\",\"4\",\"2\",\"3\",\"1\",\"5\",2]", AGON_EINVAL},
                 {"[9700000000,\"3\",\"4\",\"2\",\"3\",\"1\",\"5\",2]", AGON_EINVAL},
                 {"{}", AGON_EINVAL}};
    struct symbol symbol = {.px_exp = 1, .qty_exp = 8, .instrument = 4};
    struct agon_bar bar;
    struct scan scan;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scan_init(&scan, cases[i].json, strlen(cases[i].json));
        ck_assert_msg(bar_row_read(&scan, &row, &symbol, 60, &bar) == cases[i].rc, "%s",
                      cases[i].json);
        if (cases[i].rc < 0)
            continue;
        ck_assert(bar.high_px == 40 && bar.volume_qty == 500000000 && bar.n_trades == 2);
        ck_assert_int_eq(bar.t_open, 1700000000000000000);
        ck_assert_int_eq(bar.hdr.t_venue, 1700000060000000000);
        ck_assert_uint_eq(bar.hdr.instrument, 4);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fields");
    TCase *tcase = tcase_create("fields");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, a_table_reads_what_it_names);
    tcase_add_loop_test(tcase, a_table_refuses_the_whole, 0,
                        (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(tcase, nothing_is_told_of_a_listing_that_cannot_be_read);
    tcase_add_test(tcase, what_is_written_fits_or_is_not_sent);
    tcase_add_test(tcase, an_order_is_found_by_its_text_again);
    tcase_add_test(tcase, records_are_handed_out_one_by_one);
    tcase_add_test(tcase, a_bar_is_a_row);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
