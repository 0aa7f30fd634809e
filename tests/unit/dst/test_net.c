// SPDX-License-Identifier: Apache-2.0
/* The simulated network: a real gateway and a real simulated exchange over it, and what may happen
 * to bytes on their way. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "dst/net.h"
#include "sim/front.h"
#include "sim/stage.h"
#include "venue/gateway.h"

#define T0     ((agon_ns_t)1723161600000000000)
#define MS     ((agon_ns_t)1000000)
#define SECOND ((agon_ns_t)1000000000)
#define ROOM   ((uint64_t)1 << 14)

static struct sched sched;
static struct net *net;
static struct sim_front *front;
static struct pit *pit;
static struct members members;
static struct gateway *gateway;
static struct evring in, out;
static void *memory;
static struct ring commands;
static struct record_report last;
static uint32_t n_fills, n_rejected, n_posts;
static agon_qty_t filled_qty;

static agon_ns_t utc(void *ctx)
{
    return ((struct sched *)ctx)->now;
}

static void tick(void *ctx, uint64_t a, uint64_t b)
{
    (void)ctx;
    (void)a;
    (void)b;
    sim_front_tick(front);
    sched_at(&sched, sim_front_due(front), tick, NULL, 0, 0);
}

static void on_sent(void *ctx, uint16_t port, const void *bytes, size_t n)
{
    (void)ctx;
    (void)port;
    n_posts += n > 4 && memcmp(bytes, "POST /api/v3/order", 18) == 0;
}

static void open_exchange(uint64_t seed)
{
    struct stage stage = {
        .dialect = sim_dialect_find("binance"), .seed = seed, .t_start = T0, .symbols = "BTCUSDT"};
    struct sim_front_config config = {.dialect = stage.dialect, .utc = utc, .utc_ctx = &sched};
    struct error err = {0};
    agon_ns_t t;

    members_default(&members);
    ck_assert_msg(stage_build(&pit, &t, &stage, &err) == AGON_OK, "%s", err.text);
    config.clock = (struct sim_clock){T0, t, 1000};
    config.sim = (struct sim_config){.pit = pit, .members = &members, .seed = seed};
    ck_assert_msg(sim_front_new(&front, &config, &err) == AGON_OK, "%s", err.text);
    sim_front_on(front, net_conns(net));
    net_listen(net, "spot.test", 80, sim_front_owner(front));
    tick(NULL, 0, 0);
}

static void open_gateway(void)
{
    static const struct venue_limit limits[] = {
        {"weight", 6000, 60000000000},    {"raw", 300000, 300000000000},
        {"orders", 100, 10000000000},     {"orders_day", 200000, 86400000000000},
        {"snapshots", 1200, 60000000000}, {"connects", 300, 300000000000}};
    struct venue_config config;
    struct gateway_ports ports = {
        .stream = net_stream(net, NET_HOST), .out = &in, .commands = &commands};
    struct gateway_asset assets[] = {{"USDT", 1, 8}, {"BTC", 2, 8}};
    struct gateway_instrument instrument = {
        .instrument = {.hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
                       .venue = 1,
                       .kind = INSTRUMENT_SPOT,
                       .state = TRADING_OPEN,
                       .px_exp = 2,
                       .qty_exp = 5,
                       .base = 2,
                       .quote = 1,
                       .settle = 1,
                       .tick_px = 1,
                       .lot_qty = 1,
                       .symbol = "BTCUSDT"}};
    struct stream_target target = {.host = "spot.test", .port = 80};
    struct error err = {0};
    uint64_t bytes = (evring_bytes(ROOM) + 127) & ~(uint64_t)127;

    ck_assert_int_eq(venue_config_default(&config, "binance_spot"), AGON_OK);
    snprintf(config.name, sizeof(config.name), "spot");
    memcpy(config.limits, limits, sizeof(limits));
    config.n_limits = 6;
    config.venue = 1;
    config.is_private = 1;
    config.key_kind = VENUE_KEY_HMAC;
    config.market = config.user = config.rest = target;
    ck_assert_int_eq(secret_set(&config.key, members.all[0].key, strlen(members.all[0].key)), 0);
    ck_assert_int_eq(
        secret_set(&config.secret, members.all[0].secret, strlen(members.all[0].secret)), 0);
    memory = aligned_alloc(128, bytes);
    memset(memory, 0, bytes);
    evring_format(memory, ROOM);
    evring_attach(&in, memory, ROOM);
    evring_attach(&out, memory, ROOM);
    ck_assert_int_eq(ring_init(&commands, 256, sizeof(struct order_cmd)), AGON_OK);
    ck_assert_msg(gateway_new(&gateway, &config, &ports, assets, 2, &instrument, 1, &err) ==
                      AGON_OK,
                  "%s", err.text);
    gateway_start(gateway);
}

static void take_events(void)
{
    const struct agon_event_hdr *event;

    while ((event = evring_peek(&out, NULL)) != NULL) {
        if (event->type == EVENT_REPORT) {
            memcpy(&last, event, sizeof(last));
            n_fills += last.kind == REPORT_FILL;
            filled_qty += last.kind == REPORT_FILL ? last.qty : 0;
            n_rejected += last.kind == REPORT_REJECTED;
        }
        evring_release(&out);
    }
}

static int is_ready(void)
{
    struct gateway_status status;

    gateway_status(gateway, &status);
    return status.is_ready && status.n_live == 1;
}

static int fault;
static int has_struck(void)
{
    return net_counts(net)[fault] > 0;
}

static int is_filled(void)
{
    return n_fills > 0;
}

/* At most a simulated minute. */
static int until(int (*is_so)(void))
{
    agon_ns_t end = sched.now + 60 * SECOND;

    while (sched_step(&sched, end)) {
        take_events();
        if (is_so())
            return 1;
    }
    return 0;
}

static void setup(uint64_t seed)
{
    struct error err = {0};
    struct net_tap tap = {.sent = on_sent};

    n_fills = n_rejected = n_posts = 0;
    filled_qty = 0;
    ck_assert_int_eq(sched_init(&sched, seed, T0), AGON_OK);
    ck_assert_int_eq(net_new(&net, &sched, seed, &err), AGON_OK);
    net_tap(net, &tap);
    net_rates(net)->latency_ns = MS;
    net_rates(net)->jitter_ns = MS;
    open_exchange(seed);
    open_gateway();
}

static void teardown(void)
{
    net_die(net, NET_HOST);
    gateway_free(gateway);
    net_free(net);
    sim_front_free(front);
    pit_free(pit);
    ring_deinit(&commands);
    free(memory);
    sched_deinit(&sched);
}

static void buy(void)
{
    struct order_cmd *cmd = ring_claim(&commands);

    *cmd = (struct order_cmd){.order_id = (uint64_t)1 << 32 | 1,
                              .kind = CMD_NEW,
                              .side = AGON_BUY,
                              .type = AGON_LIMIT,
                              .tif = AGON_TIF_IOC,
                              .instrument = 1,
                              .px = 7000000,
                              .qty = 1000};
    ring_publish(&commands);
    gateway_poll(gateway);
}

START_TEST(an_order_is_placed_and_filled_over_bytes)
{
    setup(7);
    ck_assert(until(is_ready));
    buy();
    ck_assert(until(is_filled));
    ck_assert_uint_eq(n_posts, 1);
    ck_assert_int_eq(last.qty > 0, 1);
    teardown();
}
END_TEST

START_TEST(the_same_seed_is_the_same_bytes_at_the_same_times)
{
    uint64_t hashes[3];

    for (int i = 0; i < 3; i++) {
        setup(i < 2 ? 7 : 8);
        net_rates(net)->up[NET_SPLIT] = net_rates(net)->down[NET_SPLIT] = 300000;
        net_rates(net)->down[NET_SLOW] = 20000;
        net_rates(net)->slow_ns = SECOND;
        ck_assert(until(is_ready));
        buy();
        ck_assert(until(is_filled));
        hashes[i] = net_hash(net);
        teardown();
    }
    ck_assert_uint_eq(hashes[0], hashes[1]);
    ck_assert_uint_ne(hashes[0], hashes[2]);
}
END_TEST

/* Cut in pieces anywhere, reset, refused, silent: it comes back each time, and one order is one. */
START_TEST(whatever_happens_to_connections_one_order_stays_one)
{
    for (fault = 0; fault < NET_FAULTS; fault++) {
        struct net_rates *rates;

        setup(100 + (uint64_t)fault);
        rates = net_rates(net);
        rates->up[fault] = 200000;
        rates->connect[fault < 2 ? fault : 0] = 500000;
        rates->connect[0] *= fault < 2;
        rates->down[fault] = fault == NET_SPLIT ? 200000 : 3000;
        rates->slow_ns = rates->stall_ns = 2 * SECOND;
        if (fault <= NET_UNANSWERED) {
            ck_assert(until(is_ready));
            net_break(net, 0); // and they all connect again
        }
        (void)until(has_struck);
        for (int i = 0; i < 10 && !until(is_ready); i++)
            ;
        ck_assert_msg(is_ready(), "%s", net_fault_names[fault]);
        buy();
        for (int i = 0; i < 3 && n_fills + n_rejected == 0; i++) {
            memset(rates->up, 0, sizeof(rates->up));
            memset(rates->down, 0, sizeof(rates->down));
            (void)until(is_filled);
        }
        ck_assert_msg(n_posts <= 1, "%s: sent %u times", net_fault_names[fault], n_posts);
        ck_assert_msg(filled_qty <= 1000, "%s", net_fault_names[fault]);
        ck_assert_msg(has_struck(), "%s", net_fault_names[fault]);
        teardown();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net");
    TCase *tests = tcase_create("net");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_order_is_placed_and_filled_over_bytes);
    tcase_add_test(tests, the_same_seed_is_the_same_bytes_at_the_same_times);
    tcase_add_test(tests, whatever_happens_to_connections_one_order_stays_one);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
