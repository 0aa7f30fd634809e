// SPDX-License-Identifier: Apache-2.0
/* The simulated exchange and a gateway have their rate limits from pages of the venue that each has
 * read for itself: they say the same. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "venue/binance/decode.h"
#include "venue/gateway.h"
#include "world.h"

static struct world w;
static struct venue_config config;
static uint32_t n_known;

static void ignore(void *ctx, const struct wire_info *info)
{
    (void)ctx;
    (void)info;
}

static void compare(void *ctx, const struct wire_limit *limit)
{
    const char *name = strcmp(limit->type, "REQUEST_WEIGHT") == 0 ? "weight"
                       : strcmp(limit->type, "RAW_REQUESTS") == 0 ? "raw"
                       : strcmp(limit->type, "ORDERS") != 0       ? ""
                       : limit->interval_s == 10                  ? "orders"
                                                                  : "orders_day";

    (void)ctx;
    for (uint32_t i = 0; i < config.n_limits; i++) {
        if (strcmp(config.limits[i].name, name) != 0)
            continue;
        n_known++;
        ck_assert_msg(config.limits[i].capacity == limit->limit &&
                          config.limits[i].window_ns == (int64_t)limit->interval_s * 1000000000,
                      "%s: %u in %u s", name, limit->limit, limit->interval_s);
    }
}

START_TEST(the_simulated_limits_are_a_gateways)
{
    char *text;

    if (_i == 0)
        world_open(&w, NULL);
    else
        world_open_um(&w, NULL);
    ck_assert_int_eq(venue_config_default(&config, _i == 0 ? "binance_spot" : "binance_um"),
                     AGON_OK);
    ck_assert_int_eq(world_get(&w, _i == 0 ? "/api/v3/exchangeInfo" : "/fapi/v1/exchangeInfo"),
                     200);
    text = json_dumps(w.json, 0);
    n_known = 0;
    ck_assert_int_ge(binance_decode_exchange_info(text, strlen(text), compare, ignore, NULL), 0);
    ck_assert_uint_eq(n_known, _i == 0 ? 4 : 3); // futures state no raw requests
    free(text);
    world_close(&w);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("windows");

    tcase_add_loop_test(tcase, the_simulated_limits_are_a_gateways, 0, 2);
    return suite_run("sim_windows", tcase);
}
