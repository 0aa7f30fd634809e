// SPDX-License-Identifier: Apache-2.0
/* The exchanges of a byte-level run: the simulator's, with its generated market, its matching and
 * its dialects. What they log of each order and each effect is the truth, which no gateway sees. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/num.h"
#include "dst/bytes_impl.h"
#include "dst/script.h"
#include "match/match.h"
#include "sim/stage.h"
#include "venue/client_id.h"

static const struct {
    const char *venue, *symbol, *base;
    agon_px_t tick_px;
    agon_qty_t lot_qty, min_qty;
    int px_exp, qty_exp;
    int64_t min_notional;
    int32_t maker_ppb, taker_ppb;
    uint8_t kind, at;
} coins[BYTES_COINS] = {
    {"binance", "BTCUSDT", "BTC", 1, 1, 1, 2, 5, 5, 1000000, 1000000, INSTRUMENT_SPOT, 0},
    {"binance", "ETHUSDT", "ETH", 1, 1, 1, 2, 4, 5, 1000000, 1000000, INSTRUMENT_SPOT, 0},
    {"binance_um", "BTCUSDT", "BTC", 1, 1, 1, 1, 3, 100, 200000, 500000, INSTRUMENT_LINEAR, 1}};

int bytes_coin(uint8_t venue, const char *symbol)
{
    for (int i = 0; i < (int)BYTES_COINS; i++) {
        if (coins[i].at == venue && strcmp(coins[i].symbol, symbol) == 0)
            return i;
    }
    return -1;
}

int64_t bytes_dust(uint32_t coin)
{
    // The market moves after a trade by less than a tenth, and a lot is worth less than the least.
    return coins[coin].min_notional * 100000000 / 10 * 12;
}

int bytes_is_refused(const struct bytes *world, const struct engine *engine,
                     agon_instrument_t instrument, enum agon_side side, int64_t qty)
{
    const struct host_instrument *traded = &world->instruments[instrument - 1];
    struct ledger *ledger = engine_ledger((struct engine *)(uintptr_t)engine);
    int64_t net_qty = 0;
    int64_t one = 1;

    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        const struct position *pos = ledger_position(ledger, slot, instrument, 0);

        net_qty += pos != NULL ? pos->qty : 0;
    }
    if ((side == AGON_SELL ? net_qty : -net_qty) >= qty)
        return 0;
    for (int i = 0; i < traded->px_exp + traded->qty_exp; i++)
        one *= 10;
    // By the price of the order, which is off by the collar at most.
    return num_mul_div(engine_mark_px(engine, instrument), qty, one, NUM_DOWN) <
           traded->min_notional_amt / 100000000 * 105 / 100 + 1;
}

/* --- the truth --- */

struct truth *bytes_truth(struct bytes *world, const char *client)
{
    uint64_t at;

    return map_get(&world->by_client, hash_bytes(client, strlen(client)), &at) ? &world->truths[at]
                                                                               : NULL;
}

static int64_t number_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    int64_t value = 0;

    if (text != NULL)
        (void)num_parse(text, strlen(text), 8, &value);
    return value;
}

static struct truth *meet(struct bytes_venue *venue, const json_t *line, const char *client)
{
    struct bytes *world = venue->world;
    struct truth *truth = bytes_truth(world, client);
    int coin = bytes_coin(venue->at, json_string_value(json_object_get(line, "symbol")));
    int64_t number = json_integer_value(json_object_get(line, "orderId"));
    const char *side = json_string_value(json_object_get(line, "side"));

    // An order that was replaced in its place has another name and the same number.
    for (uint32_t i = 0; truth == NULL && i < world->n_truths; i++) {
        struct truth *one = &world->truths[i];

        if (one->is_open && one->venue == venue->at && one->coin == coin &&
            one->venue_order == (uint64_t)number) {
            truth = one;
            snprintf(truth->client, sizeof(truth->client), "%.23s", client);
            (void)map_put(&world->by_client, hash_bytes(client, strlen(client)), i);
        }
    }
    if (truth != NULL)
        return truth;
    if (world->n_truths == BYTES_ORDERS) {
        bytes_fail(world, "world", "more orders than a run has room for");
        return NULL;
    }
    truth = &world->truths[world->n_truths];
    memset(truth, 0, sizeof(*truth));
    snprintf(truth->client, sizeof(truth->client), "%.23s", client);
    truth->venue_order = (uint64_t)number;
    truth->venue = venue->at;
    truth->coin = (uint8_t)coin;
    truth->side = side != NULL && side[0] == 'B' ? AGON_BUY : AGON_SELL;
    (void)map_put(&world->by_client, hash_bytes(client, strlen(client)), world->n_truths);
    world->n_truths++;
    world->result->n_orders++;
    return truth;
}

static int is_closed(const char *status)
{
    return strcmp(status, "NEW") != 0 && strcmp(status, "PARTIALLY_FILLED") != 0 &&
           strcmp(status, "PENDING_NEW") != 0;
}

static void take_trade(struct bytes *world, struct truth *truth, const json_t *line)
{
    struct truth_coin *coin = &world->coins[truth->coin];
    int64_t px = number_of(line, "lastPrice");
    int64_t qty = number_of(line, "lastQty");
    int64_t fee = number_of(line, "fee");
    const char *asset = json_string_value(json_object_get(line, "feeAsset"));
    int sign = truth->side == AGON_BUY ? 1 : -1;
    int64_t held_before = coin->held, paid_before = coin->paid;

    if (bytes_strangers_is(truth->client)) {
        world->by_hand[truth->coin].held += sign * qty;
        world->by_hand[truth->coin].paid += sign * num_mul_div(px, qty, 100000000, NUM_DOWN);
        if (asset != NULL && strcmp(asset, coins[truth->coin].base) == 0)
            world->by_hand[truth->coin].held -= fee;
        else
            world->by_hand[truth->coin].paid += fee;
        return;
    }
    coin->held += sign * qty;
    coin->paid += sign * num_mul_div(px, qty, 100000000, NUM_DOWN);
    if (asset != NULL && strcmp(asset, coins[truth->coin].base) == 0) {
        coin->held -= fee;
        fee = num_mul_div(px, fee, 100000000, NUM_DOWN);
    } else {
        coin->paid += fee;
    }
    if (truth->is_ours && truth->slot < BYTES_SLOTS) {
        coin->slot_held[truth->slot] += sign * qty;
        coin->slot_net[truth->slot] += coin->held - held_before;
        coin->slot_paid[truth->slot] += coin->paid - paid_before;
        coin->slot_fee[truth->slot] += fee;
    }
    coin->last_px = px;
    coin->n_fills++;
    world->result->n_fills++;
    world->result->some[BYTES_SOME_FILL]++;
}

/* A request that put an order in the place of another, and was done. */
static int is_replaced(const char *text, size_t n)
{
    return (memmem(text, n, "\"order.cancelReplace\"", 21) != NULL ||
            memmem(text, n, "\"order.modify\"", 14) != NULL) &&
           memmem(text, n, "\"status\":200", 12) != NULL;
}

/* A request whose time stamp the exchange refused. */
static void take_refusal(struct bytes *world, const char *text, size_t n)
{
    json_t *line;
    const char *client;

    if (memmem(text, n, "\"code\":-1021", 12) == NULL)
        return;
    line = json_loadb(text, n, 0, NULL);
    client = json_string_value(json_object_get(line, "newClientOrderId"));
    if (client != NULL)
        bytes_check_refused(world, client);
    json_decref(line);
}

static void on_log(void *ctx, const char *text, size_t n)
{
    struct bytes_venue *venue = ctx;
    struct bytes *world = venue->world;
    json_t *line;
    const char *what, *client;
    struct truth *truth;

    bytes_trace(world, "venue %u: %.*s", venue->at, (int)n, text);
    if (n < 16 || memcmp(text, "{\"kind\":\"effect\"", 16) != 0) {
        world->result->some[BYTES_SOME_REPLACED] += is_replaced(text, n) != 0;
        bytes_money_answered(world, venue->at, text, n);
        take_refusal(world, text, n);
        world->result->injected[BYTES_VENUE] +=
            n > 15 && memcmp(text, "{\"kind\":\"fault\"", 15) == 0;
        return;
    }
    line = json_loadb(text, n, 0, NULL);
    what = json_string_value(json_object_get(line, "what"));
    client = json_string_value(json_object_get(line, "clientOrderId"));
    truth = what != NULL && client != NULL ? meet(venue, line, client) : NULL;
    if (truth != NULL) {
        const char *status = json_string_value(json_object_get(line, "status"));
        int was_open = truth->is_open;

        truth->px = number_of(line, "price");
        truth->qty = number_of(line, "qty");
        truth->done = number_of(line, "executedQty");
        if (strcmp(what, "NEW") == 0) {
            if (truth->n_new == 0)
                bytes_check_meet(world, truth);
            truth->n_new++;
            truth->is_open = 1;
        }
        if (strcmp(what, "TRADE") == 0)
            take_trade(world, truth, line);
        if (strcmp(what, "NEW") == 0 || strcmp(what, "REPLACED") == 0)
            venue->taker = truth;
        if (status != NULL && strcmp(status, "EXPIRED_IN_MATCH") == 0 && was_open)
            bytes_wishes_met(world, venue->taker, truth);
        if (status != NULL && is_closed(status))
            truth->is_open = 0;
        world->result->some[BYTES_SOME_CANCELLED] += strcmp(what, "CANCELED") == 0;
        bytes_flatten_effect(world, truth, was_open);
        bytes_strangers_effect(world, truth, what);
        bytes_check_effect(world, truth, what);
    }
    json_decref(line);
}

/* --- what they do wrong --- */

#define UNMARKED "  - {on: stream, stream: \"btcusdt@markPrice*\", after: 4s, do: drop}\n"

static size_t write_mishaps(const struct bytes_venue *venue, double scale, const char *order,
                            char *text, size_t room)
{
    return (size_t)snprintf(
        text, room,
        "  - {on: request, method: POST, path: %s, after: 12s, chance: %.2f%%, do: hold, delay: "
        "100ms, delay_max: 4900ms, answer: cut}\n"
        "  - {on: request, method: POST, path: %s, after: 12s, chance: %.2f%%, do: hold, delay: "
        "100ms, delay_max: 6000ms, answer: lost}\n"
        "  - {on: request, path: %s, after: 12s, chance: %.2f%%, do: timeout, effect: true}\n"
        "  - {on: request, path: %s, after: 12s, chance: %.2f%%, do: error, status: 503, code: "
        "-1007, effect: true}\n"
        "  - {on: request, path: %s, after: 12s, chance: %.2f%%, do: error, status: 503, code: "
        "-1007, effect: false}\n"
        "  - {on: request, method: DELETE, after: 12s, chance: %.2f%%, do: timeout, effect: true}\n"
        "  - {on: request, method: GET, after: 12s, chance: %.2f%%, do: lag, delay: 500ms, "
        "delay_max: 4500ms}\n"
        "  - {on: request, after: 12s, chance: %.2f%%, do: late, delay: 100ms, delay_max: 3s}\n"
        "  - {on: request, after: 12s, chance: %.2f%%, do: reset, effect: true}\n"
        "  - {on: user, after: 12s, chance: %.2f%%, do: drop}\n"
        "  - {on: user, after: 12s, chance: %.2f%%, do: duplicate}\n"
        "  - {on: user, after: 12s, chance: %.2f%%, do: delay, delay: 100ms, delay_max: 9s}\n"
        "  - {on: stream, after: 12s, chance: %.3f%%, do: drop}\n"
        "  - {on: stream, after: 12s, chance: %.3f%%, do: duplicate}\n%s",
        order, 2 * scale, order, 1 * scale, order, 1 * scale, order, 1 * scale, order, 1 * scale,
        2 * scale, 3 * scale, 1 * scale, 0.5 * scale, 1 * scale, 2 * scale, 2 * scale, 0.05 * scale,
        0.05 * scale, venue->at == 1 && venue->world->swarm.is_unmarked ? UNMARKED : "");
}

/* As those by REST, but for what is held: on a socket the next would wait behind it. */
static size_t write_said(double scale, char *text, size_t room)
{
    static const char order[] = "  - {on: request, method: WS, path: \"order.*\", after: 12s, ";

    return (size_t)snprintf(
        text, room,
        "%schance: %.2f%%, do: timeout, effect: true}\n%schance: %.2f%%, do: timeout}\n"
        "%schance: %.2f%%, do: error, status: 503, code: -1007, effect: true}\n"
        "%schance: %.2f%%, do: error, status: 503, code: -1007, effect: false}\n"
        "%schance: %.2f%%, do: duplicate}\n%schance: %.2f%%, do: reset}\n",
        order, scale, order, 0.5 * scale, order, 2 * scale, order, 2 * scale, order, scale, order,
        0.5 * scale);
}

static void write_faults(struct bytes *world, struct bytes_venue *venue)
{
    struct rng *rng = &world->faults_rng[BYTES_VENUE];
    const char *order = venue->at == 0 ? "/api/v3/order" : "/fapi/v1/order";
    char text[6144];
    struct error err = {0};
    double scale = 0.2 + 2.0 * rng_unit(rng);
    size_t n = (size_t)snprintf(text, sizeof(text), "seed: %llu\nfaults:\n",
                                (unsigned long long)rng_u64(rng));
    size_t head = n;

    if (bytes_has(world, BYTES_VENUE))
        n += write_mishaps(venue, scale, order, text + n, sizeof(text) - n);
    if (bytes_has(world, BYTES_VENUE) && world->config.is_said)
        n += write_said(scale, text + n, sizeof(text) - n);
    n += bytes_hours_faults(world, venue->at, text + n, sizeof(text) - n);
    if (n > head && faults_parse(&venue->faults, "dst", text, n, &err) < 0)
        bytes_fail(world, "world", "%s", err.text);
}

static void write_unmarked(struct bytes *world, struct bytes_venue *venue)
{
    struct error err = {0};

    if (faults_parse(&venue->faults, "dst", "faults:\n" UNMARKED, strlen("faults:\n" UNMARKED),
                     &err) < 0)
        bytes_fail(world, "world", "%s", err.text);
}

void bytes_venue_calm(struct bytes *world)
{
    for (uint32_t at = 0; at < world->swarm.n_venues; at++) {
        for (uint32_t i = 0; i < world->venues[at].faults.n; i++)
            world->venues[at].faults.rules[i].until_ns = 1;
        world->venues[at].is_away = 0;
        net_shut(world->net, (uint16_t)(80 + at), 0);
    }
}

/* --- life --- */

static agon_ns_t utc(void *ctx)
{
    return ((struct bytes *)ctx)->sched.now;
}

static void tick(void *ctx, uint64_t a, uint64_t b)
{
    struct bytes_venue *venue = ctx;
    agon_ns_t due;

    (void)a;
    (void)b;
    sim_front_tick(venue->front);
    if (venue->at == 1)
        bytes_money_index(venue->world);
    due = sim_front_due(venue->front);
    // It is asked again now and then: what comes in makes new work.
    if (due > venue->world->sched.now + 50 * MS)
        due = venue->world->sched.now + 50 * MS;
    sched_at(&venue->world->sched, due, tick, venue, 0, 0);
}

uint32_t bytes_wild(const struct bytes *world)
{
    uint64_t draw = rng_at(world->config.seed, DRAW_SWARM, 400, 0, 0);

    return (draw & 1) == 0 ? 1 : 2 + (uint32_t)(draw >> 1) % 40;
}

int bytes_venue_open(struct bytes *world, uint32_t at, struct error *err)
{
    struct bytes_venue *venue = &world->venues[at];
    struct stage stage = {.dialect = sim_dialect_find(at == 0 ? "binance" : "binance_um"),
                          .seed = world->config.seed,
                          .t_start = world->t_begin,
                          .history_minutes = 5,
                          .symbols = at == 0 ? "BTCUSDT,ETHUSDT" : "BTCUSDT",
                          .wild = bytes_wild(world)};
    struct sim_front_config config = {.dialect = stage.dialect, .utc = utc, .utc_ctx = world};
    struct member *member;
    agon_ns_t t;
    int rc;

    venue->world = world;
    venue->at = (uint8_t)at;
    members_default(&venue->members);
    member = &venue->members.all[0];
    if (secret_set(&venue->key, member->key, strlen(member->key)) < 0 ||
        secret_set(&venue->secret, member->secret, strlen(member->secret)) < 0)
        return AGON_ENOMEM;
    bytes_money_fees(world, member, at);
    if (bytes_has(world, BYTES_VENUE) || bytes_has(world, BYTES_SKEW))
        write_faults(world, venue);
    else if (at == 1 && world->swarm.is_unmarked)
        write_unmarked(world, venue);
    rc = stage_build(&venue->pit, &t, &stage, err);
    if (rc < 0)
        return rc;
    config.clock = (struct sim_clock){world->t_begin, t, 1000};
    config.sim = (struct sim_config){.pit = venue->pit,
                                     .members = &venue->members,
                                     .index = at > 0 ? world->venues[0].pit : NULL,
                                     .faults = venue->faults.n > 0 ? &venue->faults : NULL,
                                     .seed = world->config.seed,
                                     .sink = {.log = on_log, .log_ctx = venue}};
    rc = sim_front_new(&venue->front, &config, err);
    if (rc < 0)
        return rc;
    sim_front_on(venue->front, net_conns(world->net));
    net_listen(world->net, at == 0 ? "spot.test" : "um.test", (uint16_t)(80 + at),
               sim_front_owner(venue->front));
    tick(venue, 0, 0);
    return AGON_OK;
}

void bytes_venue_close(struct bytes_venue *venue)
{
    sim_front_free(venue->front);
    pit_free(venue->pit);
    secret_wipe(&venue->key);
    secret_wipe(&venue->secret);
}

/* --- what the host is told of them --- */

static void config_venue(struct bytes *world, uint32_t at, struct venue_config *config)
{
    static const struct venue_limit limits[BYTES_VENUES][6] = {
        {{"weight", 6000, 60 * SECOND},
         {"raw", 300000, 300 * SECOND},
         {"orders", 100, 10 * SECOND},
         {"orders_day", 200000, 86400 * SECOND},
         {"snapshots", 1200, 60 * SECOND},
         {"connects", 300, 300 * SECOND}},
        {{"weight", 2400, 60 * SECOND},
         {"raw", 300000, 300 * SECOND},
         {"orders", 300, 10 * SECOND},
         {"orders_day", 1200, 60 * SECOND},
         {"snapshots", 480, 60 * SECOND},
         {"connects", 300, 300 * SECOND}}};
    const struct bytes_venue *venue = &world->venues[at];
    struct stream_target target = {.port = (uint16_t)(80 + at)};

    REQUIRE(venue_config_default(config, at == 0 ? "binance_spot" : "binance_um") == AGON_OK);
    snprintf(config->name, sizeof(config->name), "%s", at == 0 ? "binance" : "binance_um");
    snprintf(target.host, sizeof(target.host), "%s", at == 0 ? "spot.test" : "um.test");
    config->venue = (uint16_t)(at + 1);
    config->account = (agon_account_t)at;
    config->is_private = 1;
    config->key_kind = VENUE_KEY_HMAC;
    config->market = config->user = config->rest = config->order_socket = target;
    if (world->config.is_said)
        config->orders = VENUE_ORDERS_WEBSOCKET;
    memcpy(config->limits, limits[at], sizeof(limits[at]));
    config->n_limits = 6;
    config->warm_bars = 3;
    config->reconcile_ns = 5 * SECOND;
    config->key = venue->key;
    config->secret = venue->secret;
    if (at > 0)
        config->leverage = 5;
}

void bytes_config_host(struct bytes *world, struct host_config *config)
{
    uint32_t n = world->swarm.n_venues > 1 ? BYTES_COINS : BYTES_COINS - 1;

    memset(config, 0, sizeof(*config));
    config->ports = &world->ports;
    world->ports =
        (struct host_ports){.disk = &world->disk,
                            .stream = net_stream(world->net, NET_HOST),
                            .entry = script_entry,
                            .beat = bytes_has(world, BYTES_KEEPER) ? &world->keeper.beat : NULL,
                            .ctx = world};
    config->mode = RUN_LIVE;
    config->dir = "";
    config->n_venues = world->swarm.n_venues;
    for (uint32_t at = 0; at < world->swarm.n_venues; at++)
        config_venue(world, at, &config->venues[at]);
    snprintf(config->base_currency, sizeof(config->base_currency), "USDT");
    for (uint32_t i = 0; i < n; i++) {
        struct host_instrument *instrument = &world->instruments[i];

        *instrument = (struct host_instrument){
            .venue = coins[i].at,
            .kind = coins[i].kind,
            .tick_px = coins[i].tick_px,
            .lot_qty = coins[i].lot_qty,
            .min_qty = coins[i].min_qty,
            .px_exp = coins[i].px_exp,
            .qty_exp = coins[i].qty_exp,
            .multiplier = 1,
            .min_notional_amt = coins[i].min_notional * 100000000,
            .maker_fee_ppb =
                world->swarm.rebate_ppb != 0 ? -world->swarm.rebate_ppb : coins[i].maker_ppb,
            .taker_fee_ppb = coins[i].taker_ppb};
        snprintf(instrument->symbol, sizeof(instrument->symbol), "%s", coins[i].symbol);
        snprintf(instrument->base, sizeof(instrument->base), "%s", coins[i].base);
        snprintf(instrument->quote, sizeof(instrument->quote), "USDT");
    }
    config->instruments = world->instruments;
    config->n_instruments = n;
    // The host keeps what it learns in there; the roster's file says the same at each start.
    bytes_roster(world);
    config->slots = world->slots;
    config->portfolio = world->portfolio;
    config->n_slots = world->swarm.n_agents;
    config->tournament = world->swarm.tournament;
    config->speed_milli = 1000;
    config->mark_every = world->swarm.mark_every;
    config->snapshot_every = world->swarm.snapshot_every;
    config->market_segment_bytes = world->swarm.journal_segment;
    config->seed = world->config.seed;
}

static agon_amt_t some_amt(uint64_t draw, uint64_t least, uint64_t range)
{
    return (agon_amt_t)(least + draw % range) * 100000000;
}

/* In every fourth world agents come to a loss limit: most slots to their own, or all together. */
static int is_costly(const struct bytes *world, int is_portfolio)
{
    uint64_t draw = rng_at(world->config.seed, DRAW_SWARM, 500, 0, 0);

    return (draw & 3) == 0 && (draw >> 2 & 1) == (uint64_t)is_portfolio;
}

/* Of a quarter of the slots each, so tight that they are reached in a run. */
static void draw_limits(const struct bytes *world, uint16_t id, struct slot_limits *limits)
{
    uint64_t draw = rng_at(world->config.seed, DRAW_SWARM, 200 + id, 0, 0);
    uint64_t of_age = rng_at(world->config.seed, DRAW_SWARM, 260 + id, 0, 0);

    if ((of_age & 3) == 0)
        limits->book_age_ms = 400 + (uint32_t)(of_age >> 8) % 2000;
    if ((draw & 3) == 0)
        limits->daily_loss_amt = some_amt(draw >> 32, 2, 20);
    if ((draw >> 2 & 3) == 0)
        limits->drawdown_ppm = 50 + (uint32_t)(draw >> 40) % 500;
    if ((draw >> 4 & 1) != 0)
        limits->on_breach = (uint32_t)(draw >> 5) % ON_BREACH_N;
    if ((draw >> 12 & 3) == 0)
        limits->orders_per_s = limits->orders_burst = 1;
    if ((draw >> 14 & 3) == 0) {
        limits->collar_marketable_ppm = 500;
        limits->collar_passive_ppm = 2000;
    }
    limits->leverage = 1 + (uint32_t)(draw >> 16) % 5;
    if (bytes_hours_loss(world, id) != 0)
        limits->daily_loss_amt = bytes_hours_loss(world, id);
    if (is_costly(world, 1))
        limits->daily_loss_amt = limits->drawdown_ppm = 0;
    if (!is_costly(world, 0))
        return;
    limits->daily_loss_amt = (draw >> 20 & 3) != 0 ? some_amt(draw >> 24, 2, 6) : 0;
    limits->drawdown_ppm = (draw >> 22 & 1) != 0 ? 30 + (uint32_t)(draw >> 28) % 150 : 0;
    limits->on_breach = (draw >> 23 & 1) != 0 ? ON_BREACH_CLOSE : limits->on_breach;
}

static void draw_portfolio(struct bytes *world)
{
    uint64_t draw = rng_at(world->config.seed, DRAW_SWARM, 300, 0, 0);
    struct portfolio_limits *limits = &world->portfolio;

    memset(limits, 0, sizeof(*limits));
    if ((draw & 3) == 0)
        limits->gross_amt = some_amt(draw >> 32, 4000, 12000);
    if ((draw >> 2 & 3) == 0)
        limits->net_amt = some_amt(draw >> 36, 2000, 2000);
    if ((draw >> 4 & 3) == 0)
        limits->venue_amt = some_amt(draw >> 40, 3000, 1000);
    if ((draw >> 6 & 3) == 0)
        limits->asset_amt = some_amt(draw >> 44, 2000, 2000);
    if ((draw >> 8 & 7) == 0)
        limits->daily_loss_amt = some_amt(draw >> 48, 4, 60);
    if ((draw >> 11 & 7) == 0)
        limits->drawdown_ppm = 20 + (uint32_t)(draw >> 50) % 300;
    if ((draw >> 14 & 1) != 0)
        limits->on_breach = (uint32_t)(draw >> 15) % ON_BREACH_N;
    if (is_costly(world, 1)) {
        limits->daily_loss_amt = some_amt(draw >> 48, 3, 12);
        limits->on_breach = ON_BREACH_CLOSE;
    }
    // Agents that come and go, and a tournament's pool, move the sum that the floor stands below.
    if ((draw >> 20 & 7) == 0 && !bytes_has(world, BYTES_RELOAD) &&
        !bytes_has(world, BYTES_TOURNAMENT)) {
        for (uint32_t id = 0; id < world->swarm.n_agents; id++)
            limits->equity_amt += world->slots[id].record.limits.capital_amt;
        limits->equity_amt -= some_amt(draw >> 24, 4, 60);
    }
}

void bytes_roster(struct bytes *world)
{
    memset(world->slots, 0, SLOTS_MAX * sizeof(*world->slots));
    for (uint16_t id = 0; id < BYTES_SLOTS; id++) {
        uint64_t draw = rng_at(world->config.seed, DRAW_SWARM, 100 + id, 0, 0);
        struct crew_slot *slot = &world->slots[id];
        struct subscription *sub = &slot->record.subscription;

        slot->record = (struct record_slot){
            .hdr = {.type = EVENT_CONFIG, .granules = sizeof(struct record_slot) / EVENT_GRANULE},
            .kind = CONFIG_SLOT,
            .slot = id,
            .stage = STAGE_LIVE,
            .agent_kind = AGON_STRATEGY,
            .runner = CREW_INPROC,
            .on_crash = (uint8_t)(draw % 3),
            .seed = draw,
            .subscription = {.bar_mask = 1},
            .limits = {.capital_amt = (agon_amt_t)(20000 + draw % 80000) * 100000000,
                       .order_amt = (draw >> 8 & 1) != 0 ? (agon_amt_t)1500 * 100000000 : 0,
                       .position_amt = (draw >> 9 & 1) != 0 ? (agon_amt_t)8000 * 100000000 : 0,
                       .collar_marketable_ppm = 20000,
                       .collar_passive_ppm = 100000,
                       .max_open_orders = 1 + (uint32_t)(draw >> 16 & 15),
                       .orders_per_s = (draw >> 24 & 1) != 0 ? 5 : 50,
                       .orders_burst = 10,
                       .duplicate_window_ms = (draw >> 25 & 1) != 0 ? 1000 : 0,
                       .duplicate_max = 3,
                       .drawdown_ppm = (draw >> 26 & 3) == 0 ? 300000 : 0,
                       .leverage = 5}};
        draw_limits(world, id, &slot->record.limits);
        bytes_money_roster(world, id, &slot->record.limits);
        snprintf(slot->record.name, sizeof(slot->record.name), "slot_%u", id);
        sub->n_instruments = 1 + (uint32_t)(draw >> 32) % (world->swarm.n_venues > 1 ? 3u : 2u);
        for (uint32_t k = 0; k < sub->n_instruments; k++)
            sub->instruments[k] = k + 1;
        snprintf(slot->plugin, sizeof(slot->plugin), "%s",
                 bytes_has(world, BYTES_AGENT) && (draw >> 48 & 1) != 0 &&
                         (world->unloaded >> id & 1) == 0
                     ? "failing-1"
                     : "trader-1");
        if (world->swarm.is_skilled)
            snprintf(slot->plugin, sizeof(slot->plugin), "%s",
                     slot->plugin[0] == 'f' ? "dying-1" : "skilled-1");
        // Who unloads an agent that fails names another plugin: a start with a binary that is
        // quarantined is refused where no slot stands still with it.
        slot->orders_on_reload = (draw >> 40 & 1) != 0 ? CREW_ORDERS_KEEP : CREW_ORDERS_CANCEL;
        slot->checkpoint_ns = 0;
    }
    draw_portfolio(world);
}
