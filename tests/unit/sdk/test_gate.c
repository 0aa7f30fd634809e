// SPDX-License-Identifier: Apache-2.0
/* agon_gate: what closes an instrument to a plugin, and what does not. */
#include <check.h>
#include <stdlib.h>

#include <agon/agon.h>

#define ID    3
#define VENUE 7

static int get(const struct agon_host *host, agon_instrument_t id, struct agon_instrument *out)
{
    (void)host;
    if (id != ID)
        return AGON_ENOENT;
    *out = (struct agon_instrument){.venue = VENUE};
    return AGON_OK;
}
static const struct agon_host_instrument instruments = {.get = get};

static int take(struct agon_gate *gate, const void *event)
{
    return agon_gate_update(gate, NULL, &instruments, ID, event);
}

static const struct {
    uint8_t scope;
    uint32_t id;
    int closes;
} halts[] = {
    {AGON_SCOPE_GLOBAL, 0, 1},
    {AGON_SCOPE_VENUE, VENUE, 1},
    {AGON_SCOPE_VENUE, VENUE + 1, 0},
    {AGON_SCOPE_INSTRUMENT, ID, 1},
    {AGON_SCOPE_INSTRUMENT, ID + 1, 0},
    {AGON_SCOPE_SLOT, 0, 0}, // CAPITAL tells of ours
    {31, 0, 0},
    {255, 0, 0},
};

START_TEST(a_halt_closes_what_it_is_of_until_it_ends)
{
    struct agon_gate gate = {0};
    struct agon_halt halt = {
        .hdr = {.type = AGON_EVENT_HALT}, .scope = halts[_i].scope, .mode = 1, .id = halts[_i].id};

    ck_assert(agon_gate_is_open(&gate));
    ck_assert_int_eq(take(&gate, &halt), !halts[_i].closes);
    halt.mode = 0;
    ck_assert_int_eq(take(&gate, &halt), 1);
}
END_TEST

START_TEST(one_halt_does_not_end_another)
{
    struct agon_gate gate = {0};
    struct agon_halt all = {.hdr = {.type = AGON_EVENT_HALT}, .scope = AGON_SCOPE_GLOBAL};
    struct agon_halt venue = {
        .hdr = {.type = AGON_EVENT_HALT}, .scope = AGON_SCOPE_VENUE, .mode = 1, .id = VENUE};
    struct agon_capital capital = {.hdr = {.type = AGON_EVENT_CAPITAL}, .condition = 2};
    struct agon_status other = {.hdr = {.type = AGON_EVENT_STATUS, .instrument = ID + 1}};
    struct agon_status ours = {.hdr = {.type = AGON_EVENT_STATUS, .instrument = ID},
                               .trading = AGON_TRADING_OPEN,
                               .book = AGON_BOOK_STALE};

    ck_assert(!take(&gate, &venue));
    ck_assert(!take(&gate, &all));
    ck_assert(!take(&gate, &capital));
    venue.mode = 0;
    ck_assert(!take(&gate, &venue)); // the slot is suspended
    capital.condition = 1;
    ck_assert(take(&gate, &capital));
    ck_assert(take(&gate, &other)); // whatever it says
    ck_assert(!take(&gate, &ours));
    ours.book = AGON_BOOK_LIVE;
    ck_assert(take(&gate, &ours));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate");
    TCase *tcase = tcase_create("gate");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, a_halt_closes_what_it_is_of_until_it_ends, 0,
                        (int)(sizeof(halts) / sizeof(halts[0])));
    tcase_add_test(tcase, one_halt_does_not_end_another);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
