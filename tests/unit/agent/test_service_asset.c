// SPDX-License-Identifier: Apache-2.0
/* agon.asset/1: a plugin finds what its roster names, by that name, with the hash that the journal
 * has, and nothing by another. */
#include <check.h>
#include <stdlib.h>

#include "rig.h"

static const struct agon_host_asset *service;
static struct agon_asset_map found[2];
static int rc[5], late_rc;

static int on_event(struct script *at, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)event;
    (void)nth;
    late_rc = service->map(at->host, "b", &found[1]);
    return AGON_OK;
}

static int on_create(struct script *at)
{
    service = at->host->get_extension(at->host, AGON_EXT_ASSET);
    at->on_event = on_event;
    rc[0] = service->map(at->host, "a", &found[0]);
    rc[1] = service->map(at->host, "c", &found[1]);
    rc[2] = service->map(at->host, NULL, &found[1]);
    rc[3] = service->map(at->host, "a", NULL);
    rc[4] = service->map(at->host, "none", &found[1]); // in the setup, and not in this process
    return AGON_OK;
}

START_TEST(what_the_roster_names_is_there_and_nothing_else)
{
    static const struct setup_file files[] = {{.name = "a", .digest = {1, 2, 3}, .bytes = 5},
                                              {.name = "b", .digest = {4}, .bytes = 7},
                                              {.name = "none", .digest = {9}, .bytes = 1}};
    static const struct agon_asset_map untouched;
    struct agon_trade trade;
    struct rig rig;

    rig_init(&rig);
    script.on_create = on_create;
    rig.setup.files = files;
    rig.setup.n_files = 3;
    rig.files[0] = "first";
    rig.files[1] = "seconds";
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    ck_assert_int_eq(rc[0], AGON_OK);
    ck_assert_ptr_eq(found[0].bytes, rig.files[0]);
    ck_assert_uint_eq(found[0].n, 5);
    ck_assert_mem_eq(found[0].sha256, files[0].digest, sizeof(found[0].sha256));
    ck_assert_int_eq(rc[1], AGON_ENOENT);
    ck_assert_int_eq(rc[2], AGON_EINVAL);
    ck_assert_int_eq(rc[3], AGON_EINVAL);
    ck_assert_int_eq(rc[4], AGON_ENOENT);
    ck_assert_mem_eq(&found[1], &untouched, sizeof(untouched));
    trade = rig_trade(1, 100);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_int_eq(late_rc, AGON_OK);
    ck_assert_ptr_eq(found[1].bytes, rig.files[1]);
    ck_assert_int_eq(service->map(script.host, "a", &found[1]), AGON_ETHREAD); // outside of a call
    rig_deinit(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent_service_asset");
    TCase *tcase = tcase_create("service");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, what_the_roster_names_is_there_and_nothing_else);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
