// SPDX-License-Identifier: Apache-2.0
/* agon.metric/2: what a plugin says of itself is there for the host, under the author's numbers, a
 * gauge of 0 too; what is no figure is refused and leaves what was there. A price of an instrument
 * is in its quote currency there, and has the name of its first call. Who asks for /1 is served. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "agent/feed.h"
#include "agent/run_inproc.h"
#include "rig.h"

static const struct agon_host_metric *service;
static int rc[16];

static int on_event(struct script *at, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)event;
    (void)nth;
    rc[0] = service->gauge(at->host, 0, 0);
    rc[1] = service->gauge(at->host, AGON_METRICS_MAX - 1, -1.5);
    rc[2] = service->gauge(at->host, AGON_METRICS_MAX, 1);
    rc[3] = service->gauge(at->host, 0, NAN);
    rc[4] = service->counter(at->host, 3, 2);
    rc[5] = service->counter(at->host, 4, DBL_MAX);
    rc[6] = service->counter(at->host, 4, DBL_MAX); // more than a double has
    return AGON_OK;
}

static int on_create(struct script *at)
{
    service = at->host->get_extension(at->host, AGON_EXT_METRIC);
    at->on_event = on_event;
    return service != NULL ? AGON_OK : AGON_ENOTSUP;
}

static double value(const struct feed_beat *beat, uint32_t id)
{
    uint64_t bits = atomic_load(&beat->metrics[id]);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static int draw(struct script *at, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)event;
    (void)nth;
    rc[0] = service->price(at->host, 5, 1, "SMA 10", 12345.5);
    rc[1] = service->price(at->host, 5, 1, "another name", 12350);
    rc[2] = service->price(at->host, 5, 2, "SMA 10", 1); // one is of one instrument
    rc[3] = service->price(at->host, 6, 77, "SMA 30", 1);
    rc[4] = service->price(at->host, AGON_METRICS_MAX, 1, "SMA 30", 1);
    rc[5] = service->price(at->host, 6, 1, "SMA 30", INFINITY);
    rc[6] = service->price(at->host, 6, 1, "", 1);
    rc[7] = service->price(at->host, 6, 1, NULL, 1);
    rc[8] = service->price(at->host, 6, 1, "a name of 24 bytes, long", 1);
    rc[9] = service->price(at->host, 6, 1, "\xff", 1);
    rc[10] = service->price(at->host, 6, 2, "a name of 23 bytes, ok.", 1);
    return AGON_OK;
}

static int draw_many(struct script *at, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)event;
    (void)nth;
    for (uint32_t id = 0; id <= AGON_LINES_MAX; id++)
        rc[id] = service->price(at->host, id, 1, "line", id);
    return AGON_OK;
}

static void deliver(struct rig *rig)
{
    struct agon_trade trade = rig_trade(1, 100);

    rig_public(rig, &trade, 0);
    ck_assert_int_eq(rig_step(rig), AGON_OK);
}

static int draws(struct script *at)
{
    service = at->host->get_extension(at->host, AGON_EXT_METRIC);
    ck_assert_ptr_eq(service, at->host->get_extension(at->host, "agon.metric/1"));
    at->on_event = draw;
    return AGON_OK;
}

START_TEST(a_price_of_an_instrument_is_a_line)
{
    const struct feed_beat *beat;
    struct rig rig;

    rig_init(&rig);
    script.on_create = draws;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    beat = feed_beat(run_inproc_feed(rig.run));
    ck_assert_uint_eq(atomic_load(&beat->n_lines), 0);
    deliver(&rig);
    ck_assert_int_eq(rc[0], AGON_OK);
    ck_assert_int_eq(rc[1], AGON_OK);
    ck_assert_int_eq(rc[2], AGON_EINVAL);
    ck_assert_int_eq(rc[3], AGON_ENOENT);
    for (int i = 4; i <= 9; i++)
        ck_assert_int_eq(rc[i], AGON_EINVAL);
    ck_assert_int_eq(rc[10], AGON_OK);
    ck_assert_uint_eq(atomic_load(&beat->n_lines), 2);
    ck_assert_str_eq(beat->lines[0].name, "SMA 10");
    ck_assert_uint_eq(beat->lines[0].id, 5);
    ck_assert_uint_eq(beat->lines[0].instrument, 1);
    ck_assert_uint_eq(beat->lines[1].instrument, 2);
    ck_assert(value(beat, 5) == 123.5); // px_exp 2
    ck_assert_uint_eq(atomic_load(&beat->metrics_set), 1u << 5 | 1u << 6);
    rig_deinit(&rig);
}
END_TEST

START_TEST(so_many_lines_and_no_more)
{
    struct rig rig;

    rig_init(&rig);
    script.on_create = draws;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    script.on_event = draw_many;
    deliver(&rig);
    for (uint32_t id = 0; id < AGON_LINES_MAX; id++)
        ck_assert_int_eq(rc[id], AGON_OK);
    ck_assert_int_eq(rc[AGON_LINES_MAX], AGON_ENOSPC);
    rig_deinit(&rig);
}
END_TEST

START_TEST(what_it_says_is_there_and_nothing_else)
{
    const struct feed_beat *beat;
    struct rig rig;

    rig_init(&rig);
    script.on_create = on_create;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    beat = feed_beat(run_inproc_feed(rig.run));
    ck_assert_uint_eq(atomic_load(&beat->metrics_set), 0);
    for (int i = 1; i <= 2; i++) {
        struct agon_trade trade = rig_trade(1, 100);

        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
        ck_assert(value(beat, 3) == 2.0 * i);
    }
    ck_assert_int_eq(rc[0], AGON_OK);
    ck_assert_int_eq(rc[1], AGON_OK);
    ck_assert_int_eq(rc[2], AGON_EINVAL);
    ck_assert_int_eq(rc[3], AGON_EINVAL);
    ck_assert_int_eq(rc[4], AGON_OK);
    ck_assert_int_eq(rc[6], AGON_EINVAL);
    ck_assert_uint_eq(atomic_load(&beat->metrics_set),
                      1u | 1u << 3 | 1u << 4 | 1u << (AGON_METRICS_MAX - 1));
    ck_assert(value(beat, 0) == 0);
    ck_assert(value(beat, 4) == DBL_MAX);
    ck_assert(value(beat, AGON_METRICS_MAX - 1) == -1.5);
    rig_deinit(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent_service_metric");
    TCase *tcase = tcase_create("service");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, a_price_of_an_instrument_is_a_line);
    tcase_add_test(tcase, so_many_lines_and_no_more);
    tcase_add_test(tcase, what_it_says_is_there_and_nothing_else);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
