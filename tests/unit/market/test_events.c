// SPDX-License-Identifier: Apache-2.0
/* Events that plugins are delivered: one row each, whose numbers, names and sizes are those of
 * every journal, and a handler for each. Rows that cannot mean anything do not compile (events.c).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <agon/agon.h>

#include "market/events.h"
#include "market/records.h"

START_TEST(numbers_and_names_are_what_they_always_were)
{
    static const struct {
        uint16_t type;
        const char *name;
    } known[] = {
        {1, "instrument"},     {2, "status"},       {3, "book_snapshot"}, {4, "book_delta"},
        {5, "top10"},          {6, "quote"},        {7, "trade"},         {8, "bar"},
        {9, "funding"},        {10, "liquidation"}, {11, "mark_price"},   {12, "index_price"},
        {13, "open_interest"}, {14, "signal"},      {15, "regime"},       {16, "halt"},
        {17, "health"},        {32, "order"},       {33, "fill"},         {34, "balance"},
        {35, "position"},      {36, "capital"},     {37, "timer"},        {38, "param"},
        {39, "gap"},           {40, "job"},         {41, "exit"}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        ck_assert_ptr_nonnull(event_kind_of(known[i].type));
        ck_assert_str_eq(event_kind_of(known[i].type)->name, known[i].name);
    }
    ck_assert_ptr_null(event_kind_of(0));
    ck_assert_ptr_null(event_kind_of(AGON_EVENT_INTENT));
    ck_assert_ptr_null(event_kind_of(EVENT_REPORT));
    ck_assert_ptr_null(event_kind_of(UINT16_MAX));
}
END_TEST

/* What a run does with a type is in its journal: a replay that did otherwise would find other bytes
 * in other segments. */
START_TEST(what_is_done_with_each_is_what_it_always_was)
{
    static const uint16_t kept[] = {1, 16, 32, 33, 34, 35, 36, 38, 40};
    static const uint16_t fed[] = {2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 17};
    static const uint16_t standing[] = {2, 9, 17};
    static const struct {
        const uint16_t *types;
        size_t n;
        uint8_t has;
    } all[] = {{kept, sizeof(kept) / sizeof(kept[0]), AGON_EV_KEPT},
               {fed, sizeof(fed) / sizeof(fed[0]), AGON_EV_FED},
               {standing, sizeof(standing) / sizeof(standing[0]), AGON_EV_STANDING}};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (uint16_t type = 0; type < 512; type++) {
            int is_one = 0;

            for (size_t k = 0; k < all[i].n; k++)
                is_one |= all[i].types[k] == type;
            // A later row may be anything; a number without a row is nothing.
            if (type <= 17 || (type >= 32 && type <= 41) || event_kind_of(type) == NULL)
                ck_assert_msg(event_is(type, all[i].has) == is_one, "type %u", type);
        }
    }
}
END_TEST

START_TEST(rows_rise_and_no_two_have_a_name)
{
    const struct event_kind *kind, *other;

    for (uint32_t i = 0; (kind = event_kind_at(i)) != NULL; i++) {
        ck_assert_ptr_eq(event_kind_of(kind->type), kind);
        ck_assert_uint_lt(event_place(kind->type), EVENTS_PLACES);
        ck_assert_uint_gt(kind->granules, 0);
        ck_assert_int_eq(event_is_shared(kind->type),
                         kind->reach == AGON_OF_ALL || kind->reach == AGON_OF_INPUTS);
        for (uint32_t k = 0; k < i; k++) {
            other = event_kind_at(k);
            ck_assert_uint_lt(other->type, kind->type);
            ck_assert_str_ne(other->name, kind->name);
        }
    }
}
END_TEST

/* Each type reaches the handler of its word, and no other. */
static int heard;
#define HEAR(id, number, word, name, record, reach, has)                                           \
    static int hear_##word(void *self, const struct record *event)                                 \
    {                                                                                              \
        heard = event->hdr.type == (number) ? (number) : -1;                                       \
        return self == &heard ? (number) : -1;                                                     \
    }
AGON_EVENTS(HEAR)
#undef HEAR

static int hear_other(void *self, const struct agon_event_hdr *event)
{
    (void)self;
    return 1000 + event->type;
}

START_TEST(every_type_has_a_handler_of_its_own)
{
    static const struct agon_handlers all = {
#define ROW(id, number, word, name, record, reach, has) .on_##word = hear_##word,
        AGON_EVENTS(ROW)
#undef ROW
            .on_other = hear_other};
    static const struct agon_handlers none = {.on_other = hear_other}, nothing = {0};
    union {
        struct agon_event_hdr hdr;
        unsigned char bytes[1024];
    } event = {.hdr = {.granules = 16}};

    for (uint16_t type = 0; type < 300; type++) {
        int is_known = event_kind_of(type) != NULL;

        event.hdr.type = type;
        heard = 0;
        ck_assert_int_eq(agon_dispatch(&all, &heard, &event.hdr), is_known ? type : 1000 + type);
        ck_assert_int_eq(heard, is_known ? type : 0);
        ck_assert_int_eq(agon_dispatch(&none, &heard, &event.hdr), 1000 + type);
        ck_assert_int_eq(agon_dispatch(&nothing, &heard, &event.hdr), AGON_OK);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("events");
    TCase *tcase = tcase_create("events");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, numbers_and_names_are_what_they_always_were);
    tcase_add_test(tcase, what_is_done_with_each_is_what_it_always_was);
    tcase_add_test(tcase, rows_rise_and_no_two_have_a_name);
    tcase_add_test(tcase, every_type_has_a_handler_of_its_own);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
