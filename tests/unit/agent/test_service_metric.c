// SPDX-License-Identifier: Apache-2.0
/* agon.metric/1: what a plugin says of itself is there for the host, under the author's numbers, a
 * gauge of 0 too; what is no figure is refused and leaves what was there. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "agent/feed.h"
#include "agent/run_inproc.h"
#include "rig.h"

static const struct agon_host_metric *service;
static int rc[8];

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

    tcase_add_test(tcase, what_it_says_is_there_and_nothing_else);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
