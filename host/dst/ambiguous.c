// SPDX-License-Identifier: Apache-2.0
#include "dst/ambiguous.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/hash.h"
#include "base/num.h"
#include "dst/net.h"
#include "exec/orders.h"
#include "sim/front.h"
#include "sim/stage.h"
#include "venue/client_id.h"
#include "venue/gateway.h"

#define T0      ((agon_ns_t)1723161600000000000)
#define MS      ((agon_ns_t)1000000)
#define SECOND  ((agon_ns_t)1000000000)
#define LANES   48
#define ROOM    ((uint64_t)1 << 16)
#define TRUTHS  (1u << 17)
#define ORDERS  8192
#define TURN_NS (5 * MS)
/* Prices of the exchange's log are counts of 10^-8. */
#define PX_UNIT_UM    10000000
#define PX_UNIT_SPOT  1000000
#define QTY_UNIT_UM   100000 /* ... and quantities */
#define QTY_UNIT_SPOT 1000
#define END_NS        (120 * SECOND) /* so long may the last ones take to be known */
#define CALM_NS       (60 * SECOND)  /* ... of which nothing new is wanted */
#define NEWS_NS       (10 * SECOND)  /* ... and what happened since then may be on its way: */
#define CALM_MORE_NS  (20 * SECOND)  /* it is judged later, by so much at most */
#define BEHIND_NS     (40 * SECOND) /* so far behind are the reads of a venue that breaks its word */
#define ASKED_NS      (15 * SECOND) /* ... and so long may the last of them have been on its way */
#define SLOW_ROOM     ((uint64_t)256) /* granules of the ring to a core that stands still */
#define SLOW_NS       (10 * SECOND)   /* at most so long does it */
#define DOWN_NS       (20 * SECOND)   /* at most so long is the host down */
#define ASK_NS        (6 * SECOND)    /* at most so late does it ask what became of its orders */
#define KINDS         5u

/* Each is what two seeds of ten are, one of each market. */
static const struct kind {
    uint8_t is_wide;     /* requests may be taken for 10 s, */
    uint8_t is_back;     /* some replacements go back to what the order was before */
    uint8_t is_slow;     /* the core stands still until the ring from its gateway is full */
    uint8_t is_doubtful; /* the exchange breaks its word: what a read shows was 40 s ago */
    uint8_t is_large;    /* orders near the market that fill in parts */
} kinds[KINDS] = {{0},
                  {.is_wide = 1, .is_back = 1},
                  {.is_slow = 1, .is_large = 1},
                  {.is_doubtful = 1, .is_back = 1},
                  {.is_back = 1, .is_large = 1}};

struct lane { /* what a strategy does: one order after the other */
    uint64_t id;
    agon_ns_t t_next;
    agon_px_t last_px; /* before its last replacement; 0: it had none */
    agon_qty_t last_qty;
    uint8_t n_replaced;
};
struct truth { /* a wire order, by the exchange's log */
    uint64_t order_id;
    uint8_t rev, is_open, is_cancelled;
    uint32_t n_new;
    int64_t px, qty, done;
    agon_ns_t t_changed; /* it has that price and quantity since */
    agon_ns_t t_effect;  /* of the last thing that happened to it */
    agon_ns_t t_given;   /* a replacement of it was told as not done; 0: none was */
    agon_ns_t t_new;     /* it came to be */
    agon_ns_t t_denied;  /* its order was told as not there; 0: it was not */
};
struct life {
    struct ambiguous_config config;
    struct ambiguous_result *result;
    struct sched sched;
    struct net *net;
    struct sim_front *front;
    struct pit *pit;
    struct members members;
    struct faults faults;
    struct gateway *gateway;
    struct evring in, out;
    void *memory; /* owned; of the ring */
    struct ring commands;
    struct orders *orders;
    struct lane lanes[LANES];
    struct truth *truths; /* owned */
    uint32_t n_truths;
    struct map by_client; /* to place in truths */
    struct rng rng, kind_rng, ask_rng;
    const struct kind *kind;
    uint64_t room; /* of the ring */
    uint32_t next_id, n_full,
        n_bear; /* events that found the ring full; after so many it goes on */
    agon_ns_t t_begun, t_die, t_back, t_ask, t_calm, t_calm_last, t_event,
        t_slow; /* t_slow: the core stands still since; 0: it goes. t_ask: 0: it has asked */
    uint8_t is_ending, is_closing, in_core;
};
static const struct order_ids ids = {.journal = 0xabcdef};

static void wrong(struct life *life, uint64_t *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void wrong(struct life *life, uint64_t *count, const char *format, ...)
{
    va_list args;

    ++*count;
    if (life->result->what[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(life->result->what, sizeof(life->result->what), format, args);
    va_end(args);
}

/* What the exchange did ------------------------------------------------------------------------ */

static struct truth *truth_of(struct life *life, uint64_t order_id, uint8_t rev)
{
    char text[CLIENT_ID_TEXT];
    uint64_t at;

    client_id_format(&ids, order_id, life->config.is_um ? 0 : rev, text);
    return map_get(&life->by_client, hash_bytes(text, strlen(text)), &at) ? &life->truths[at]
                                                                          : NULL;
}

static int is_open_at_venue(struct life *life, const struct order *order)
{
    for (int rev = 0; rev <= order->rev_asked; rev++) {
        const struct truth *truth = truth_of(life, order->id, (uint8_t)rev);

        if (truth != NULL && truth->is_open)
            return 1;
    }
    return 0;
}

static struct truth *meet(struct life *life, const char *client)
{
    uint64_t key = hash_bytes(client, strlen(client));
    struct truth *truth;
    uint64_t at;

    if (map_get(&life->by_client, key, &at))
        return &life->truths[at];
    REQUIRE(life->n_truths < TRUTHS);
    truth = &life->truths[life->n_truths];
    if (client_id_parse(&ids, client, strlen(client), &truth->order_id, &truth->rev) < 0)
        return NULL;
    REQUIRE(map_put(&life->by_client, key, life->n_truths++) == AGON_OK);
    return truth;
}

static int64_t qty_unit(const struct life *life)
{
    return life->config.is_um ? QTY_UNIT_UM : QTY_UNIT_SPOT;
}

/* What all wire orders of it filled, in the exchange's units. */
static int64_t done_of(struct life *life, const struct order *order)
{
    int last = life->config.is_um ? 0 : order->rev_asked;
    int64_t done = 0;

    for (int rev = 0; rev <= last; rev++) {
        const struct truth *truth = truth_of(life, order->id, (uint8_t)rev);

        done += truth != NULL ? truth->done : 0;
    }
    return done;
}

/* A wire order came to be, or is another now: with it, and what filled before, the order can come
 * to what was asked for at most, and it is the only one of the order that is open. */
static void check_size(struct life *life, const struct truth *truth)
{
    const struct order *order = orders_find(life->orders, truth->order_id);
    int64_t asked, most = 0;

    if (order == NULL)
        return;
    asked = order->request == AGON_REQUEST_REPLACE ? order->new_qty : order->qty;
    for (int rev = 0; rev <= (life->config.is_um ? 0 : order->rev_asked); rev++) {
        const struct truth *one = truth_of(life, order->id, (uint8_t)rev);

        if (one == NULL)
            continue;
        most += one->is_open || one == truth ? one->qty : one->done;
        if (one->is_open && one != truth)
            wrong(life, &life->result->n_wrong,
                  "%.3f s: order %llu, revision %u, came to be beside revision %u",
                  (double)(life->sched.now - T0) / 1e9, (unsigned long long)order->id, truth->rev,
                  one->rev);
    }
    if (most > asked * qty_unit(life))
        wrong(life, &life->result->n_wrong,
              "%.3f s: order %llu, revision %u: it can fill %lld by now, and %lld were asked for",
              (double)(life->sched.now - T0) / 1e9, (unsigned long long)order->id, truth->rev,
              (long long)(most / qty_unit(life)), (long long)asked);
}

/* Whatever happens to an order has a request behind it that nobody has given up yet. */
static void check_effect(struct life *life, const struct truth *truth, const char *what,
                         int is_moved)
{
    const struct order *order = orders_find(life->orders, truth->order_id);
    int is_right = order != NULL;

    if (order != NULL && strcmp(what, "NEW") == 0 && truth->rev == 0)
        is_right = order->request == AGON_REQUEST_NEW;
    else if (order != NULL && (strcmp(what, "NEW") == 0 || is_moved))
        is_right = order->request == AGON_REQUEST_REPLACE;
    else if (order != NULL && strcmp(what, "CANCELED") == 0 && !life->kind->is_doubtful)
        is_right = order->request == AGON_REQUEST_CANCEL || order->request == AGON_REQUEST_REPLACE;
    if (!is_right)
        wrong(life, &life->result->n_ghosts,
              "%.3f s: %s of order %llu, revision %u, came to be when it had been given up",
              (double)(life->sched.now - T0) / 1e9, what, (unsigned long long)truth->order_id,
              truth->rev);
}

static void on_log(void *ctx, const char *text, size_t n)
{
    struct life *life = ctx;
    json_t *line;
    const char *what, *client, *status, *price, *size, *filled;
    struct truth *truth;
    int64_t px = 0, qty = 0;

    if (n < 16 || memcmp(text, "{\"kind\":\"effect\"", 16) != 0)
        return;
    line = json_loadb(text, n, 0, NULL);
    what = json_string_value(json_object_get(line, "what"));
    client = json_string_value(json_object_get(line, "clientOrderId"));
    status = json_string_value(json_object_get(line, "status"));
    price = json_string_value(json_object_get(line, "price"));
    size = json_string_value(json_object_get(line, "qty"));
    filled = json_string_value(json_object_get(line, "executedQty"));
    REQUIRE(what != NULL && client != NULL && status != NULL && price != NULL && size != NULL &&
            filled != NULL);
    (void)num_parse(price, strlen(price), 8, &px);
    (void)num_parse(size, strlen(size), 8, &qty);
    truth = meet(life, client);
    if (truth != NULL) {
        int is_changed = truth->px != px || truth->qty != qty;

        check_effect(life, truth, what, truth->px != 0 && is_changed);
        truth->t_effect = life->sched.now;
        if (truth->t_new == 0)
            truth->t_new = life->sched.now;
        truth->px = px;
        truth->qty = qty;
        (void)num_parse(filled, strlen(filled), 8, &truth->done);
        truth->is_cancelled |= strcmp(what, "CANCELED") == 0;
        truth->is_open = strcmp(status, "NEW") == 0 || strcmp(status, "PARTIALLY_FILLED") == 0;
        if (strcmp(what, "NEW") == 0 && truth->n_new++ > 0)
            wrong(life, &life->result->n_duplicates, "order %llu, revision %u, came to be twice",
                  (unsigned long long)truth->order_id, truth->rev);
        if (is_changed) {
            truth->t_changed = life->sched.now;
            check_size(life, truth);
        }
    }
    json_decref(line);
}

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
                                     .sink = {.log = on_log, .log_ctx = life}};
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
    config.market = config.user = config.rest = target;
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

/* Was the replacement done? On futures it is the same wire order with another price. */
static int is_replaced(struct life *life, const struct order *order, const struct truth *truth)
{
    const struct truth *next = truth_of(life, order->id, order->rev_asked);

    if (life->config.is_um)
        return truth != NULL && truth->px == order->new_px * PX_UNIT_UM &&
               order->new_px != order->px;
    return next != NULL || (truth != NULL && truth->is_cancelled);
}

/* The replacement that is waited for is told as done: then it is, and has been since it was asked
 * for. Asked to be as it is, an order needs no change. An earlier one, of which a second copy was
 * refused, may show itself when the next is done already. */
static void check_replaced(struct life *life, const struct record_report *report,
                           const struct order *order)
{
    const struct truth *truth = truth_of(life, order->id, report->rev);
    int64_t px_unit = life->config.is_um ? PX_UNIT_UM : PX_UNIT_SPOT;
    int is_asked = order->request == AGON_REQUEST_REPLACE && report->rev == order->rev_asked &&
                   (order->px != order->new_px || order->qty != order->new_qty);

    if (is_asked &&
        (truth == NULL || truth->px != report->px * px_unit || truth->t_changed < order->t_request))
        wrong(life, &life->result->n_wrong,
              "%.3f s: order %llu is told as replaced by revision %u at %lld, and was not",
              (double)(life->sched.now - T0) / 1e9, (unsigned long long)order->id, report->rev,
              (long long)report->px);
}

/* What is told as not done has to be so, now and from now on (check_effect). */
static void check_report(struct life *life, const struct record_report *report,
                         const struct order *order)
{
    struct ambiguous_result *result = life->result;
    const struct truth *truth = truth_of(life, order->id, order->rev);

    if (report->kind == REPORT_REPLACED && !life->kind->is_doubtful)
        check_replaced(life, report, order);
    if (report->cum_qty * qty_unit(life) > done_of(life, order))
        wrong(life, &result->n_wrong, "%.3f s: order %llu: told of %lld filled, at the venue %lld",
              (double)(life->sched.now - T0) / 1e9, (unsigned long long)order->id,
              (long long)report->cum_qty, (long long)(done_of(life, order) / qty_unit(life)));
    if (life->kind->is_doubtful)
        return;
    if (report->kind == REPORT_CANCEL_REJECTED && report->reason == REASON_TIMEOUT) {
        result->n_not_done++;
        if (truth == NULL || truth->is_cancelled)
            wrong(life, &result->n_wrong, "order %llu: its cancel was done and told as not done",
                  (unsigned long long)order->id);
    }
    // That the venue knows no such order says nothing of what was done: the core asks.
    if (report->kind != REPORT_REPLACE_REJECTED || report->reason == REASON_VENUE_UNKNOWN_ORDER)
        return;
    result->n_not_done += report->reason == REASON_ABSENT;
    if (is_replaced(life, order, truth))
        wrong(life, &result->n_wrong, "order %llu: its replacement was done and told as not done",
              (unsigned long long)order->id);
}

/* Its reads had it as not there, or a part of what it did as not done. */
static void note_denied(struct life *life, const struct order *order)
{
    for (int rev = 0; rev <= order->rev_asked && order_is_concluded(order); rev++) {
        struct truth *truth = truth_of(life, order->id, (uint8_t)rev);

        if (truth != NULL)
            truth->t_denied = life->sched.now;
    }
}

/* Nothing ends that stands, and nothing is told as never there that was. */
static void check_ended(struct life *life, const struct order *order)
{
    double seconds = (double)(life->sched.now - T0) / 1e9;

    if (life->kind->is_doubtful) {
        note_denied(life, order);
        return; // it comes back when it shows itself, and is cancelled (check_end)
    }
    if (is_open_at_venue(life, order))
        wrong(life, &life->result->n_wrong, "%.3f s: order %llu ended and stands open", seconds,
              (unsigned long long)order->id);
    else if (order->state == AGON_ORDER_REJECTED && truth_of(life, order->id, 0) != NULL)
        wrong(life, &life->result->n_wrong, "%.3f s: order %llu was there, and is told as refused",
              seconds, (unsigned long long)order->id);
}

static void note_unknown(struct life *life, const struct order *order)
{
    if (order->request == AGON_REQUEST_NONE)
        return;
    life->result->n_unknown[0]++;
    life->result->n_unknown[order->request]++;
}

static void note_given_up(struct life *life, const struct record_report *report,
                          const struct order *order)
{
    struct truth *truth = truth_of(life, order->id, order->rev);

    if (truth != NULL && order->request == AGON_REQUEST_REPLACE &&
        (report->kind == REPORT_REPLACE_REJECTED || report->kind == REPORT_ABSENT))
        truth->t_given = life->sched.now;
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
        note_unknown(life, order);
    check_report(life, report, order);
    note_given_up(life, report, order);
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
    check_ended(life, order);
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
            wrong(life, &life->result->n_wrong,
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
            note_unknown(life, order);
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

/* Is it at the venue as the core has it? Where the venue broke its word a replacement may be told
 * as not done that was; the run that gave it up knows it again by its price, and no later one. */
static int is_as_held(const struct life *life, const struct order *order, const struct truth *truth)
{
    int64_t px_unit = life->config.is_um ? PX_UNIT_UM : PX_UNIT_SPOT;

    if (truth == NULL || !truth->is_open)
        return 0;
    if (life->kind->is_doubtful && life->config.is_um && truth->t_given != 0 &&
        truth->t_given < life->t_begun)
        return 1;
    return truth->px == order->px * px_unit &&
           (!life->config.is_um || truth->qty == order->qty * QTY_UNIT_UM);
}

/* Nothing was wanted for a minute in which all reads were right: what stands open is what the core
 * has it for. */
static void check_calm(struct life *life)
{
    const struct order *order = NULL;
    uint64_t n_later = 0;

    while ((order = orders_next(life->orders, 1, (struct order *)(uintptr_t)order)) != NULL) {
        const struct truth *truth = truth_of(life, order->id, order->rev);
        int is_under_way = truth != NULL && life->sched.now - truth->t_effect < NEWS_NS;

        n_later += (uint64_t)is_under_way;
        if (order->request == AGON_REQUEST_NONE && !is_under_way && !is_as_held(life, order, truth))
            wrong(life, &life->result->n_wrong,
                  "order %llu is held for revision %u, %lld at %lld; at the venue it is not",
                  (unsigned long long)order->id, order->rev, (long long)order->qty,
                  (long long)order->px);
    }
    if (n_later > 0 && life->sched.now < life->t_calm_last) {
        life->t_calm = life->sched.now + SECOND;
        return;
    }
    life->result->n_unjudged += n_later;
    life->is_closing = 1;
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
        check_calm(life);
    gateway_poll(life->gateway);
    take_events(life);
}

/* A run ---------------------------------------------------------------------------------------- */

/* Its reads had it as not there when they were as far behind as they may be, none showed it later,
 * and the event of its fill was lost: the account's positions tell, which are not read here. What
 * came to be before that no such read can miss. */
static int is_denied(struct life *life, const struct order *order, int64_t done)
{
    if (!life->kind->is_doubtful || !order_is_concluded(order) || order->filled_qty != 0 ||
        done == 0)
        return 0;
    for (int rev = 0; rev <= order->rev_asked; rev++) {
        const struct truth *truth = truth_of(life, order->id, (uint8_t)rev);

        if (truth != NULL && truth->done > 0 &&
            (truth->t_denied == 0 || truth->t_denied - truth->t_new > BEHIND_NS + ASKED_NS))
            return 0;
    }
    return 1;
}

static void check_end(struct life *life)
{
    struct order *order = NULL;

    for (uint32_t i = 0; i < life->n_truths; i++) {
        const struct truth *truth = &life->truths[i];

        if (truth->is_open)
            wrong(life, &life->result->n_ghosts, "order %llu, revision %u, is open in the end",
                  (unsigned long long)truth->order_id, truth->rev);
    }
    if (orders_count(life->orders, 1) > 0)
        wrong(life, &life->result->n_wrong, "%u orders are held open that nobody has, or unknown",
              orders_count(life->orders, 1));
    while ((order = orders_next_final(life->orders, order)) != NULL) {
        int64_t done = done_of(life, order) / qty_unit(life);

        if (is_denied(life, order, done)) {
            life->result->n_denied++;
            continue;
        }
        // What filled beyond its size is in suspense, and not its own.
        if (order->filled_qty != (done < order->qty ? done : order->qty))
            wrong(life, &life->result->n_wrong, "order %llu: %lld filled here, %lld at the venue",
                  (unsigned long long)order->id, (long long)order->filled_qty, (long long)done);
    }
}

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
        check_end(life);
    result->simulated_ns = life->sched.now - T0;
    close_life(life);
    return rc;
}
