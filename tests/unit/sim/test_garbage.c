// SPDX-License-Identifier: Apache-2.0
/* Whatever comes in, an answer goes out and nothing breaks: documented requests with bytes changed,
 * cut, doubled and put elsewhere, from a seed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "suite.h"
#include "world.h"

static struct world w;

static const char *const seeds[] = {
    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=30000"
    "&newClientOrderId=ag-1&recvWindow=5000&timestamp=1700000000000",
    "symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D&type=MINI&windowSize=1d&timeZone=-1:00",
    "symbol=BTCUSDT&interval=1M&startTime=1699000000000&endTime=1700000000000&limit=1000",
    "symbol=BTCUSDT&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=1&side=SELL&type=MARKET"
    "&quoteOrderQty=100&orderRateLimitExceededMode=CANCEL_ONLY",
    "{\"id\":1,\"method\":\"order.place\",\"params\":{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\","
    "\"quantity\":1e3,\"apiKey\":\"agon-sim-key\",\"timestamp\":1700000000000}}",
    "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@depth@100ms\",\"!miniTicker@arr\"],\"id\":1}",
    "{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",true],\"id\":\"x\"}",
};
static const char *const paths[] = {"/api/v3/order",
                                    "/api/v3/order/cancelReplace",
                                    "/api/v3/klines",
                                    "/api/v3/depth",
                                    "/api/v3/exchangeInfo",
                                    "/api/v3/ticker",
                                    "/api/v3/ticker/tradingDay",
                                    "/api/v3/myTrades",
                                    "/api/v3/allOrders",
                                    "/api/v3/openOrders",
                                    "/api/v3/aggTrades",
                                    "/api/v3/userDataStream"};
static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};

static size_t mutate(struct rng *rng, char *text, size_t n, size_t room)
{
    for (uint64_t k = rng_below(rng, 6); k > 0 && n > 1; k--) {
        size_t at = rng_below(rng, n), len = rng_below(rng, n - at) % 24;

        switch (rng_below(rng, 5)) {
        case 0: // a NUL cannot come in a C string: that is the codec's to refuse
            text[at] = (char)(1 + rng_below(rng, 255));
            break;
        case 1:
            n = at + 1;
            break;
        case 2:
            memmove(text + at, text + at + len, n - at - len);
            n -= len;
            break;
        case 3:
            if (n + len < room) {
                memmove(text + at + len, text + at, n - at);
                n += len;
            }
            break;
        default:
            text[at] = "%&={}[]\",:.0-"[rng_below(rng, 13)];
            break;
        }
    }
    text[n] = '\0';
    return n;
}

START_TEST(no_input_breaks_the_venue)
{
    const struct sim_limits limits = {.weight_per_minute = UINT32_MAX,
                                      .messages_per_s = UINT32_MAX,
                                      .orders_per_10s = UINT32_MAX,
                                      .orders_per_day = UINT32_MAX};
    char text[4096];
    struct rng rng;

    world_open(&w, &limits);
    rng_init(&rng, 1000 + (uint64_t)_i);
    ck_assert_int_eq(world_ws(&w, 1, "/ws"), 101);
    ck_assert_int_eq(world_ws(&w, 2, "/ws-api/v3"), 101);
    for (int i = 0; i < 4000; i++) {
        const char *seed = seeds[rng_below(&rng, sizeof(seeds) / sizeof(seeds[0]))];
        size_t n = strlen(seed);
        uint64_t way = rng_below(&rng, 4);

        memcpy(text, seed, n + 1);
        n = mutate(&rng, text, n, sizeof(text) / 2);
        world_clear(&w);
        if (way == 0)
            world_raw(&w, methods[rng_below(&rng, 4)],
                      paths[rng_below(&rng, sizeof(paths) / sizeof(paths[0]))], text, NULL, w.key);
        else if (way == 1) // signed, so that what lies behind is reached
            world_signed(&w, methods[rng_below(&rng, 4)],
                         paths[rng_below(&rng, sizeof(paths) / sizeof(paths[0]))],
                         strchr(text, '{') ? "" : text);
        else
            w.dialect->ws_frame(w.sim, &w.now, way == 2 ? 1 : 2, SIM_TEXT, text, n);
        if (i % 16 == 0)
            world_pass(&w, 100000000);
    }
    ck_assert_int_eq(world_get(&w, "/api/v3/time"), 200);
    world_close(&w);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("garbage");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, no_input_breaks_the_venue, 0, 4);
    return suite_run("sim_garbage", tcase);
}
