// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"
#include "script_impl.h"
#include "venue/client.h"
#include "venue/gateway.h"
#include "venue/wire.h"

#define STORIES_MAX 256
static const char *stories[STORIES_MAX];
static int n_stories;

/* Those of each venue (scripted_NAME.c). */
static void gather(void)
{
    const struct scripted *venue;

    for (size_t i = 0; (venue = scripted_at(i)) != NULL; i++) {
        for (const char *const *story = venue->stories; *story != NULL; story++) {
            if (scripted_of(*story) != venue || n_stories == STORIES_MAX)
                abort(); // it would be another's
            stories[n_stories++] = *story;
        }
    }
}

START_TEST(the_gateway_keeps_to_the_transcript)
{
    script_run(stories[_i]);
}
END_TEST

static int64_t port_now(void *ctx)
{
    (void)ctx;
    return 1;
}

static const struct {
    const char *dialect, *secret;
    struct gateway_asset asset;
    int has_stops;
} live[] = {{"kraken_spot", "YWdvbg==", {"USD", 1, 8}, 1},
            {"okx_spot", "agon", {"USDT", 1, 8}, 0},
            {"okx_swap", "agon", {"USDT", 1, 8}, 0}};

/* What was not shown on both sides is not sent. */
START_TEST(some_are_for_mode_live_without_stops)
{
    static const struct stream_port stream = {.now = port_now, .utc = port_now};
    static struct evring out;
    static struct ring commands;
    const struct gateway_ports ports = {.stream = &stream, .out = &out, .commands = &commands};
    const char *dialect = live[_i].dialect;
    const char *secret = live[_i].secret;
    struct venue_config config;
    struct gateway *gateway;
    struct error err = {0};

    ck_assert_int_eq(venue_config_default(&config, dialect), AGON_OK);
    ck_assert_int_eq(secret_set(&config.key, "key", 3), AGON_OK);
    ck_assert_int_eq(secret_set(&config.secret, secret, strlen(secret)), AGON_OK);
    ck_assert_int_eq(secret_set(&config.passphrase, "phrase", 6), AGON_OK);
    config.is_private = config.is_guarded = 1;
    snprintf(config.user.host, sizeof(config.user.host), "ws.venue.example");
    snprintf(config.rest.host, sizeof(config.rest.host), "api.venue.example");
    ck_assert_int_eq(gateway_new(&gateway, &config, &ports, &live[_i].asset, 1, NULL, 0, &err),
                     AGON_OK);
    gateway_free(gateway);
    ck_assert(wire_takes(venue_table_find(dialect), AGON_LIMIT));
    ck_assert_int_eq(wire_takes(venue_table_find(dialect), AGON_STOP), live[_i].has_stops);
    ck_assert_int_eq(wire_takes(venue_table_find(dialect), AGON_STOP_LIMIT), live[_i].has_stops);
    secret_wipe(&config.key);
    secret_wipe(&config.secret);
    secret_wipe(&config.passphrase);
}
END_TEST

/* What is sent before the venue's clock is known, or after it refused a stamp, can be taken for a
 * minute more: a read before that proves nothing. */
START_TEST(what_is_sent_by_an_unknown_clock_can_be_taken_for_a_minute_more)
{
    static struct gateway gateway;
    const struct venue_client client = {.gateway = &gateway};
    const int64_t now = 71132042099729;
    const agon_ns_t utc = 1700000000000000000;

    memset(&gateway, 0, sizeof(gateway));
    ck_assert_int_eq(venue_expiry(&client, now, 5000000000), now + 65000000000);
    ck_assert_int_eq(clock_offset_sample(&gateway.clock, now - 2000000, now, utc, 1000000),
                     AGON_OK);
    ck_assert_int_ge(venue_expiry(&client, now, 5000000000), now + 5001000000);
    ck_assert_int_le(venue_expiry(&client, now, 5000000000), now + 5010000000);
    clock_offset_refused(&gateway.clock);
    ck_assert_int_eq(venue_expiry(&client, now, 5000000000), now + 65000000000);
}
END_TEST

/* A venue that shows trades alone fills nothing of books (adding-a-venue.md). */
START_TEST(a_venue_without_books_is_asked_for_none)
{
    static const struct venue_wire wire = {.name = "trades"};
    static struct gateway gateway;
    static struct venue_instrument instrument;
    static struct venue_client client = {
        .gateway = &gateway, .wire = &wire, .all = &instrument, .n = 1};

    memset(&gateway, 0, sizeof(gateway));
    venue_ask_snapshots(&client, 1);
    for (uint32_t i = 0; i < GATEWAY_REQUESTS; i++)
        ck_assert(!gateway.requests[i].is_used);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway");
    TCase *tcase = tcase_create("stories");
    SRunner *runner;
    int failed;

    gather();
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, the_gateway_keeps_to_the_transcript, 0, n_stories);
    tcase_add_loop_test(tcase, some_are_for_mode_live_without_stops, 0,
                        (int)(sizeof(live) / sizeof(live[0])));
    tcase_add_test(tcase, what_is_sent_by_an_unknown_clock_can_be_taken_for_a_minute_more);
    tcase_add_test(tcase, a_venue_without_books_is_asked_for_none);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
