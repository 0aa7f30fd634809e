// SPDX-License-Identifier: Apache-2.0
#include "dst/ambiguous.h"

#include <stdlib.h>

#include "dst/ambiguous_impl.h"

/* Each is what two seeds of ten are, one of each market. */
static const struct kind kinds[KINDS] = {{0},
                                         {.is_wide = 1, .is_back = 1},
                                         {.is_slow = 1, .is_large = 1},
                                         {.is_doubtful = 1, .is_back = 1},
                                         {.is_back = 1, .is_large = 1}};

/* What goes wrong ------------------------------------------------------------------------------ */

/* Each kind of request has each of its fates; bytes that wait do so up to a second beyond what the
 * venue takes, and queries are as far behind as is promised, or further. */
static int write_faults(struct life *life, struct error *err)
{
    const char *path = life->config.is_um ? "/fapi/v1/order" : "/api/v3/order*";
    const char *methods[] = {"POST", "DELETE", "PUT"};
    const struct {
        int share;
        const char *does;
    } fates[] = {{14, life->kind->is_wide ? "do: hold, delay: 1ms, delay_max: 11s, answer: cut"
                                          : "do: hold, delay: 1ms, delay_max: 6s, answer: cut"},
                 {6, "do: hold, delay: 1ms, delay_max: 6s, answer: lost"},
                 {8, "do: hold, delay: 1ms, delay_max: 6s, answer: error"},
                 {4, "do: hold, delay: 1ms, delay_max: 4s"},
                 {8, "do: reset, effect: true"},
                 {8, "do: reset"},
                 {4, "do: timeout, effect: true"},
                 {4, "do: timeout"},
                 {8, "do: error, status: 503, code: -1007, effect: true"},
                 {8, "do: error, status: 502, code: -1000"},
                 {8, "do: duplicate"},
                 {4, "do: late, delay: 1ms, delay_max: 3s"}};
    // On a socket none can be held: the next would wait behind it. What cuts it leaves all that is
    // under way unknown.
    static const char said[] =
        "  - {on: request, method: WS, path: \"order.*\", after: 5s, chance: 0.6%, do: reset, "
        "effect: true}\n"
        "  - {on: request, method: WS, path: \"order.*\", after: 5s, chance: 0.6%, do: reset}\n"
        "  - {on: request, method: WS, path: \"order.*\", after: 5s, chance: 0.3%, do: timeout, "
        "effect: true}\n"
        "  - {on: request, method: WS, path: \"order.*\", after: 5s, chance: 0.3%, do: timeout}\n"
        "  - {on: request, method: WS, path: \"order.*\", after: 5s, chance: 6%, do: error, "
        "status: 503, code: -1007, effect: true}\n"
        "  - {on: request, method: WS, path: \"order.*\", after: 5s, chance: 6%, do: error, "
        "status: 502, code: -1000}\n"
        "  - {on: request, method: WS, path: \"order.*\", after: 5s, chance: 6%, do: duplicate}\n"
        "  - {on: request, method: WS, path: \"order.*\", after: 5s, chance: 4%, do: late, delay: "
        "1ms, delay_max: 2s}\n";
    size_t room = 32768, n;
    char *text = malloc(room);
    int rc;

    if (text == NULL)
        return AGON_ENOMEM;
    n = (size_t)snprintf(text, room, "seed: %llu\nfaults:\n",
                         (unsigned long long)life->config.seed);
    for (size_t m = 0; m < 3; m++) {
        for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
            n += (size_t)snprintf(
                text + n, room - n,
                "  - {on: request, method: %s, path: \"%s\", after: 5s, chance: %d%%, %s}\n",
                methods[m], path, fates[i].share, fates[i].does);
    }
    n += (size_t)snprintf(text + n, room - n,
                          "  - {on: request, method: GET, do: lag, delay: 0ms, delay_max: %s}\n"
                          "  - {on: user, after: 5s, chance: 10%%, do: drop}\n"
                          "  - {on: user, after: 5s, chance: 10%%, do: duplicate}\n"
                          "  - {on: user, after: 5s, chance: 60%%, do: delay, delay: 1ms, "
                          "delay_max: 15s}\n",
                          life->kind->is_doubtful ? "40s" : "5s");
    if (life->config.is_said)
        n += (size_t)snprintf(text + n, room - n, "%s", said);
    rc = faults_parse(&life->faults, "ambiguous", text, n, err);
    free(text);
    return rc;
}

static agon_ns_t utc(void *ctx)
{
    return ((struct sched *)ctx)->now;
}

static void tick(void *ctx, uint64_t a, uint64_t b)
{
    struct life *life = ctx;
    agon_ns_t due;

    (void)a;
    (void)b;
    sim_front_tick(life->front);
    due = sim_front_due(life->front);
    if (due > life->sched.now + 50 * MS)
        due = life->sched.now + 50 * MS;
    sched_at(&life->sched, due, tick, life, 0, 0);
}

static int open_exchange(struct life *life, struct error *err)
{
    struct stage stage = {.dialect =
                              sim_dialect_find(life->config.is_um ? "binance_um" : "binance"),
                          .seed = life->config.seed,
                          .t_start = T0,
                          .history_minutes = 1,
                          .symbols = "BTCUSDT"};
    struct sim_front_config config = {
        .dialect = stage.dialect, .utc = utc, .utc_ctx = &life->sched};
    agon_ns_t t;
    int rc = write_faults(life, err);

    members_default(&life->members);
    if (rc >= 0)
        rc = stage_build(&life->pit, &t, &stage, err);
    if (rc < 0)
        return rc;
    config.clock = (struct sim_clock){T0, t, 1000};
    config.sim = (struct sim_config){.pit = life->pit,
                                     .members = &life->members,
                                     .faults = &life->faults,
                                     .seed = life->config.seed,
                                     .limits = {.weight_per_minute = 100000000,
                                                .orders_per_10s = 1000000,
                                                .orders_per_day = 100000000},
                                     .sink = {.log = ambiguous_on_log, .log_ctx = life}};
    rc = sim_front_new(&life->front, &config, err);
    if (rc < 0)
        return rc;
    sim_front_on(life->front, net_conns(life->net));
    net_listen(life->net, "venue.test", 80, sim_front_owner(life->front));
    tick(life, 0, 0);
    return AGON_OK;
}

/* The host ------------------------------------------------------------------------------------- */

static void set_limits(struct venue_config *config)
{
    static const struct venue_limit limits[] = {
        {"weight", 100000000, 60 * SECOND}, {"raw", 100000000, 300 * SECOND},
        {"orders", 1000000, 10 * SECOND},   {"orders_day", 100000000, 86400 * SECOND},
        {"snapshots", 100000, 60 * SECOND}, {"connects", 1000000, 300 * SECOND}};

    memcpy(config->limits, limits, sizeof(limits));
    config->n_limits = 6;
    config->order_links = 4;
    config->data_links = 2;
    config->warm_bars = 0;
    config->has_trades = config->has_quotes = config->has_depth = 0;
    config->silence_ns = 3600 * SECOND;
    config->hold_ns = 3 * SECOND;
    config->request_ns = 3 * SECOND;
    config->dead_man_ns = 0; // what the venue cancels by itself is no request of ours
}

static void take_events(struct life *life);

/* The core runs beside the gateway: it takes what is there while the gateway is at work. One that
 * stood still goes on when the ring has been full for a while. */
static agon_ns_t core_goes(void *ctx)
{
    struct life *life = ctx;

    if (life->t_slow != 0 && !life->in_core && life->gateway != NULL &&
        evring_used(&life->in) + 4 > life->room && ++life->n_full >= life->n_bear) {
        life->t_slow = 0;
        take_events(life);
    }
    return life->sched.now;
}

static int open_gateway(struct life *life, struct error *err)
{
    struct gateway_asset assets[] = {{"USDT", 1, 8}, {"BTC", 2, 8}};
    struct gateway_instrument instrument = {
        .instrument = {.hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
                       .venue = 1,
                       .kind = life->config.is_um ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT,
                       .state = TRADING_OPEN,
                       .px_exp = life->config.is_um ? 1 : 2,
                       .qty_exp = life->config.is_um ? 3 : 5,
                       .base = 2,
                       .quote = 1,
                       .settle = 1,
                       .multiplier = 1,
                       .tick_px = 1,
                       .lot_qty = 1,
                       .symbol = "BTCUSDT"}};
    struct gateway_ports ports = {.stream = net_stream(life->net, NET_HOST),
                                  .out = &life->in,
                                  .commands = &life->commands,
                                  .ids = ids};
    struct stream_target target = {.host = "venue.test", .port = 80};
    const struct member *member = &life->members.all[0];
    struct venue_config config;
    int rc;

    REQUIRE(venue_config_default(&config, life->config.is_um ? "binance_um" : "binance_spot") ==
            AGON_OK);
    snprintf(config.name, sizeof(config.name), "venue");
    set_limits(&config);
    if (life->kind->is_wide)
        config.recv_window_ms = 10000;
    // Where there are fills in parts, lists tell of many before the stream does.
    if (life->kind->is_large)
        config.reconcile_ns = 3 * SECOND;
    // What fills the ring of a core that stands still, which wants nothing meanwhile.
    config.has_trades = config.has_quotes = life->kind->is_slow;
    config.venue = 1;
    config.is_private = 1;
    config.key_kind = VENUE_KEY_HMAC;
    config.market = config.user = config.rest = config.order_socket = target;
    if (life->config.is_said)
        config.orders = VENUE_ORDERS_WEBSOCKET;
    REQUIRE(secret_set(&config.key, member->key, strlen(member->key)) == AGON_OK);
    REQUIRE(secret_set(&config.secret, member->secret, strlen(member->secret)) == AGON_OK);
    rc = gateway_new(&life->gateway, &config, &ports, assets, 2, &instrument, 1, err);
    if (rc >= 0)
        gateway_start(life->gateway);
    life->result->n_lives++;
    return rc;
}

static void put(struct life *life, const struct order_cmd *cmd)
{
    struct order_cmd *slot = ring_claim(&life->commands);

    REQUIRE(slot != NULL);
    *slot = *cmd;
    ring_publish(&life->commands);
    life->result->n_requests +=
        cmd->kind == CMD_NEW || cmd->kind == CMD_CANCEL || cmd->kind == CMD_REPLACE;
}

/* As the engine sends (engine/intents.c). */
static void send_order(struct life *life, const struct order *order, uint8_t kind)
{
    int is_replace = kind == CMD_REPLACE;
    struct order_cmd cmd = {.order_id = order->id,
                            .venue_order = order->venue_order,
                            .instrument = 1,
                            .venue = 1,
                            .kind = kind,
                            .side = order->side,
                            .type = order->type,
                            .tif = order->tif,
                            .flags = AGON_POST_ONLY,
                            .rev = is_replace ? order->rev_asked : order->rev,
                            .px = is_replace ? order->new_px : order->px,
                            .qty = is_replace ? order->new_qty : order->qty,
                            .filled_qty = order->filled_qty,
                            .told_qty = order->venue_cum_qty,
                            .is_over = kind == CMD_QUERY && order_is_final(order) &&
                                       !order_is_concluded(order)};

    if (kind == CMD_QUERY && order->request_state == AGON_REQUEST_UNKNOWN) {
        is_replace = order->request == AGON_REQUEST_REPLACE;
        cmd.doubt = order->request;
        cmd.doubt_rev = is_replace ? order->rev_asked : order->rev;
        cmd.doubt_px = is_replace ? order->new_px : order->px;
        cmd.doubt_qty = is_replace ? order->new_qty : order->qty;
    }
    put(life, &cmd);
}

static void request(struct life *life, struct order *order, uint8_t kind)
{
    order->request = kind;
    order->request_state = AGON_REQUEST_IN_FLIGHT;
    order->n_asked = 0;
    order->t_request = life->sched.now;
    send_order(life, order, kind);
}

static struct lane *lane_of(struct life *life, uint64_t id)
{
    for (uint32_t i = 0; i < LANES; i++) {
        if (life->lanes[i].id == id)
            return &life->lanes[i];
    }
    return NULL;
}

static void take_report(struct life *life, const struct record_report *report)
{
    struct order *order = orders_find(life->orders, report->order_id);
    struct orders_effect effect;
    uint8_t request_before;

    life->result->n_strays += report->kind == REPORT_STRAY && report->state == AGON_ORDER_CANCELLED;
    if (report->kind == REPORT_STRAY || order == NULL)
        return;
    if (report->kind == REPORT_UNKNOWN && !order_is_final(order))
        ambiguous_note_unknown(life, order);
    ambiguous_check_report(life, report, order);
    ambiguous_note_given_up(life, report, order);
    request_before = order->request_state == AGON_REQUEST_UNKNOWN ? order->request : 0;
    effect = orders_report(life->orders, order, report);
    life->result->n_fills += effect.is_fill;
    life->result->n_reopened += effect.is_reopened;
    life->result->n_absent += report->kind == REPORT_ABSENT && order_is_final(order);
    if (request_before != 0 && order->request != request_before &&
        life->sched.now - order->t_request > life->result->longest_ns)
        life->result->longest_ns = life->sched.now - order->t_request;
    if (effect.is_query)
        send_order(life, order, CMD_QUERY);
    if (effect.is_cancel)
        request(life, order, CMD_CANCEL);
    if (effect.is_cancel_later)
        order->flags |= ORDER_CANCEL_WANTED;
    if (effect.is_stray)
        put(life, &(struct order_cmd){.order_id = order->id,
                                      .venue_order = report->venue_order,
                                      .instrument = 1,
                                      .venue = 1,
                                      .kind = CMD_STRAY,
                                      .side = order->side,
                                      .rev = report->rev});
    if (!order_is_final(order) || effect.was_final)
        return;
    ambiguous_check_ended(life, order);
    orders_settle(life->orders, order);
}

static void take_events(struct life *life)
{
    const struct agon_event_hdr *event;

    if (life->in_core || life->t_slow != 0)
        return;
    life->in_core = 1;
    while ((event = evring_peek(&life->out, NULL)) != NULL) {
        struct record_report report;

        // What comes later has happened later.
        if (event->t < life->t_event)
            ambiguous_wrong(life, &life->result->n_wrong,
                            "%.3f s: an event of type %u comes %.3f s behind a later one",
                            (double)(life->sched.now - T0) / 1e9, event->type,
                            (double)(life->t_event - event->t) / 1e9);
        life->t_event = event->t;
        if (event->type == EVENT_REPORT) {
            memcpy(&report, event, sizeof(report));
            evring_release(&life->out);
            take_report(life, &report);
        } else {
            evring_release(&life->out);
        }
    }
    life->in_core = 0;
}

/* What is wanted of it ------------------------------------------------------------------------- */

/* Behind the market, far or near. None may take: of a new order that is over at once a second copy
 * is a new order again, at the real venue too. */
static agon_px_t px_of(struct life *life, uint8_t side, int is_near)
{
    int64_t unit = life->config.is_um ? PX_UNIT_UM : PX_UNIT_SPOT;
    agon_px_t last_px = pit_last_px(life->pit, 0) / unit;
    agon_px_t off_px = last_px / (is_near ? (life->kind->is_large ? 8000 : 2000) : 100) +
                       (agon_px_t)rng_below(&life->rng, is_near ? 10 : 1000);

    return side == AGON_BUY ? last_px - off_px : last_px + off_px;
}

static void place(struct life *life, struct lane *lane)
{
    uint64_t id = (uint64_t)1 << 48 | life->result->n_lives << 32 | ++life->next_id;
    struct order *order = orders_open(life->orders, id, 1);

    if (order == NULL)
        return; // the table is full of what is not known yet
    *lane = (struct lane){.id = id};
    order->instrument = 1;
    order->venue = 1;
    order->side = rng_below(&life->rng, 2) != 0 ? AGON_BUY : AGON_SELL;
    order->type = AGON_LIMIT;
    order->tif = AGON_TIF_GTC;
    order->state = AGON_ORDER_PENDING;
    order->px = px_of(life, order->side, rng_below(&life->rng, life->kind->is_large ? 2 : 4) == 0);
    order->qty = (life->config.is_um ? 3 : 200) + (agon_qty_t)rng_below(&life->rng, 20);
    if (life->kind->is_large)
        order->qty *= 100;
    order->t_create = life->sched.now;
    life->result->n_orders++;
    request(life, order, AGON_REQUEST_NEW);
}

/* Back to what it was before, where that is another price and more than was filled. */
static int goes_back(struct life *life, const struct lane *lane, const struct order *order)
{
    return life->kind->is_back && lane->last_px != 0 && lane->last_px != order->px &&
           lane->last_qty > order->filled_qty && lane->last_qty >= order->qty / 2 &&
           rng_below(&life->kind_rng, 2) == 0;
}

static void change(struct life *life, struct lane *lane, struct order *order)
{
    if (lane->n_replaced < 6 && rng_below(&life->rng, 3) != 0) {
        int is_near = rng_below(&life->rng, life->kind->is_large ? 2 : 16) == 0;

        lane->n_replaced++;
        order->new_px = px_of(life, order->side, is_near);
        order->new_qty = order->qty + (agon_qty_t)rng_below(&life->rng, 5);
        if (goes_back(life, lane, order)) {
            order->new_px = lane->last_px;
            order->new_qty = lane->last_qty;
        }
        lane->last_px = order->px;
        lane->last_qty = order->qty;
        order->rev_asked++;
        request(life, order, AGON_REQUEST_REPLACE);
        return;
    }
    order->flags |= ORDER_CANCEL_WANTED;
    request(life, order, AGON_REQUEST_CANCEL);
}

static void act(struct life *life)
{
    for (uint32_t i = 0; i < LANES; i++) {
        struct lane *lane = &life->lanes[i];
        struct order *order = orders_find(life->orders, lane->id);

        if (life->sched.now < lane->t_next)
            continue;
        lane->t_next = life->sched.now + (agon_ns_t)rng_below(&life->rng, 1000) * MS;
        if (order == NULL || order_is_final(order)) {
            if (!life->is_ending)
                place(life, lane);
        } else if (order->request == AGON_REQUEST_NONE) {
            if ((order->flags & ORDER_CANCEL_WANTED) != 0 || life->is_closing)
                request(life, order, AGON_REQUEST_CANCEL);
            else if (!life->is_ending)
                change(life, lane, order);
        }
    }
}

/* A while later it begins anew, at once or, where orders fill in parts, after some have. */
static void die(struct life *life)
{
    net_die(life->net, NET_HOST);
    gateway_free(life->gateway);
    life->gateway = NULL;
    life->t_slow = life->t_ask = 0;
    take_events(life);
    while (ring_peek(&life->commands) != NULL)
        ring_release(&life->commands);
    life->t_back = life->sched.now;
    if (life->kind->is_large)
        life->t_back += (agon_ns_t)rng_below(&life->kind_rng, (uint64_t)DOWN_NS);
}

/* It knows its orders, and asks about all that are open. */
static void ask(struct life *life)
{
    struct order *order = NULL;

    life->t_ask = 0;
    while ((order = orders_next_final(life->orders, order)) != NULL) {
        if ((order->flags & ORDER_FILLS_DUE) != 0)
            send_order(life, order, CMD_QUERY);
    }
    while ((order = orders_next(life->orders, 1, order)) != NULL)
        send_order(life, order, CMD_QUERY);
}

/* It asks at once, or after the venue has shown some of its orders. */
static int begin_anew(struct life *life, struct error *err)
{
    struct order *order = NULL;
    int rc = open_gateway(life, err);

    if (rc < 0)
        return rc;
    while ((order = orders_next(life->orders, 1, order)) != NULL) {
        if (order->request != AGON_REQUEST_NONE && order->request_state != AGON_REQUEST_UNKNOWN) {
            order->request_state = AGON_REQUEST_UNKNOWN;
            ambiguous_note_unknown(life, order);
        }
    }
    if (rng_below(&life->ask_rng, 2) == 0)
        ask(life);
    else
        life->t_ask = life->sched.now + 1 + (agon_ns_t)rng_below(&life->ask_rng, (uint64_t)ASK_NS);
    life->t_begun = life->sched.now;
    life->t_die = life->sched.now + (agon_ns_t)(60 + rng_below(&life->rng, 240)) * SECOND;
    if (life->kind->is_large)
        life->t_die -= (life->t_die - life->sched.now) / 4 * 3;
    return rc;
}

/* A cancel that did not get through goes again, as the engine's does; who fills a lane with another
 * order does nothing for the one before. */
static void sweep(struct life *life)
{
    struct order *order = NULL;

    while ((order = orders_next(life->orders, 1, order)) != NULL) {
        if (lane_of(life, order->id) == NULL && order->request == AGON_REQUEST_NONE &&
            (order->flags & ORDER_CANCEL_WANTED) != 0)
            request(life, order, AGON_REQUEST_CANCEL);
    }
}

static void turn(void *ctx, uint64_t a, uint64_t b)
{
    struct life *life = ctx;
    struct gateway_status status;

    (void)a;
    (void)b;
    if (life->kind->is_slow && life->t_slow == 0 && !life->is_ending &&
        rng_below(&life->kind_rng, 400) == 0) {
        life->t_slow = life->sched.now;
        life->n_full = 0;
        life->n_bear = 3 + (uint32_t)rng_below(&life->kind_rng, 6);
    }
    if (life->t_slow != 0 && life->sched.now - life->t_slow > SLOW_NS)
        life->t_slow = 0;
    sched_at(&life->sched, life->sched.now + TURN_NS, turn, life, 0, 0);
    if (life->gateway == NULL)
        return;
    take_events(life);
    gateway_status(life->gateway, &status);
    if (life->t_ask != 0 && life->sched.now >= life->t_ask)
        ask(life);
    if (status.is_ready && life->t_slow == 0 && life->t_ask == 0) {
        act(life);
        sweep(life);
    }
    if (life->is_ending && !life->is_closing && life->sched.now >= life->t_calm)
        ambiguous_check_calm(life);
    gateway_poll(life->gateway);
    take_events(life);
}

/* A run ---------------------------------------------------------------------------------------- */

static int open_life(struct life *life, struct error *err)
{
    uint64_t bytes;
    int rc;

    life->kind = &kinds[life->config.seed / 2 % KINDS];
    life->room = life->kind->is_slow ? SLOW_ROOM : ROOM;
    life->result->is_beyond = life->kind->is_doubtful;
    bytes = (evring_bytes(life->room) + 127) & ~(uint64_t)127;
    rng_init(&life->rng, rng_at(life->config.seed, 0x616d6269, 0, 0, 0));
    rng_init(&life->kind_rng, rng_at(life->config.seed, 0x616d6269, 1, 0, 0));
    rng_init(&life->ask_rng, rng_at(life->config.seed, 0x616d6269, 2, 0, 0));
    life->orders = orders_new(ORDERS);
    life->truths = calloc(TRUTHS, sizeof(*life->truths));
    life->memory = aligned_alloc(128, bytes);
    if (life->orders == NULL || life->truths == NULL || life->memory == NULL ||
        map_init(&life->by_client, TRUTHS) < 0 ||
        ring_init(&life->commands, 4096, sizeof(struct order_cmd)) < 0 ||
        sched_init(&life->sched, life->config.seed, T0) < 0)
        return error_set(err, AGON_ENOMEM, "out of memory");
    memset(life->memory, 0, bytes);
    evring_format(life->memory, life->room);
    evring_attach(&life->in, life->memory, life->room);
    evring_attach(&life->out, life->memory, life->room);
    rc = net_new(&life->net, &life->sched, life->config.seed, err);
    if (rc < 0)
        return rc;
    net_utc(life->net, core_goes, life);
    net_rates(life->net)->latency_ns = MS;
    net_rates(life->net)->jitter_ns = 40 * MS;
    net_rates(life->net)->slow_ns = 2 * SECOND;
    net_rates(life->net)->up[NET_SLOW] = net_rates(life->net)->down[NET_SLOW] = 50000;
    rc = open_exchange(life, err);
    if (rc < 0)
        return rc;
    life->t_die = T0 + 120 * SECOND;
    return open_gateway(life, err);
}

static void close_life(struct life *life)
{
    if (life->net != NULL)
        net_die(life->net, NET_HOST);
    gateway_free(life->gateway);
    net_free(life->net);
    sim_front_free(life->front);
    pit_free(life->pit);
    orders_free(life->orders);
    map_deinit(&life->by_client);
    ring_deinit(&life->commands);
    sched_deinit(&life->sched);
    free(life->memory);
    free(life->truths);
    free(life);
}

int ambiguous_run(const struct ambiguous_config *config, struct ambiguous_result *result,
                  struct error *err)
{
    struct life *life = calloc(1, sizeof(*life));
    agon_ns_t end = INT64_MAX;
    int rc;

    memset(result, 0, sizeof(*result));
    if (life == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    life->config = *config;
    life->result = result;
    rc = open_life(life, err);
    if (rc >= 0)
        turn(life, 0, 0);
    while (rc >= 0 && sched_step(&life->sched, end)) {
        if (!life->is_ending && result->n_unknown[0] >= config->n_requests) {
            life->is_ending = 1;
            life->t_calm = life->sched.now + CALM_NS;
            life->t_calm_last = life->t_calm + CALM_MORE_NS;
            for (uint32_t i = 0; i < life->faults.n; i++)
                life->faults.rules[i].until_ns = 1;
            end = life->sched.now + END_NS;
        }
        if (life->gateway == NULL && life->sched.now >= life->t_back)
            rc = begin_anew(life, err);
        else if (life->gateway != NULL && life->sched.now >= life->t_die && !life->is_ending)
            die(life);
        if (life->is_closing && orders_count(life->orders, 1) == 0 &&
            life->sched.now > end - END_NS / 4)
            break;
    }
    if (rc >= 0)
        ambiguous_check_end(life);
    result->simulated_ns = life->sched.now - T0;
    close_life(life);
    return rc;
}
