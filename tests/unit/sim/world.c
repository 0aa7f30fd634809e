// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/stage.h"

void world_take(void *ctx, uint64_t conn, enum sim_frame kind, const void *bytes, size_t n,
                int code)
{
    struct world *world = ctx;
    struct world_frame *frame;

    ck_assert_uint_lt(world->n_frames, WORLD_FRAMES);
    frame = &world->frames[world->n_frames++];
    frame->conn = conn;
    frame->kind = kind;
    frame->code = code;
    frame->text = malloc(n + 1);
    ck_assert_ptr_nonnull(frame->text);
    memcpy(frame->text, bytes, n);
    frame->text[n] = '\0';
    frame->json = kind == SIM_TEXT ? json_loadb(frame->text, n, 0, NULL) : NULL;
    if (kind == SIM_TEXT)
        ck_assert_msg(frame->json != NULL, "a frame that is no JSON: %s", frame->text);
}

static void on_reply(void *ctx, uint64_t conn, const struct sim_reply *reply)
{
    struct world *world = ctx;

    ck_assert_int_eq((int)conn, WORLD_HTTP_CONN);
    world->n_late_replies++;
    world->late_status = reply->status;
    json_decref(world->late_json);
    world->late_json = json_loadb(reply->body, reply->body_n, 0, NULL);
}

static void on_log(void *ctx, const char *line, size_t n)
{
    struct world *world = ctx;
    json_t *json = json_loadb(line, n, 0, NULL);

    ck_assert_msg(json != NULL, "a log line that is no JSON: %.*s", (int)n, line);
    json_decref(json);
    world->log = realloc(world->log, world->log_n + n + 2);
    ck_assert_ptr_nonnull(world->log);
    memcpy(world->log + world->log_n, line, n);
    world->log_n += n + 1;
    world->log[world->log_n - 1] = '\n';
    world->log[world->log_n] = '\0';
}

static int64_t dec(const char *text)
{
    int64_t value;

    ck_assert_int_eq(num_parse(text, strlen(text), PIT_EXP, &value), AGON_OK);
    return value;
}

static void open_symbols(struct world *world, const char *venue, const struct sim_limits *limits,
                         const struct pit_symbol *symbols, uint32_t n)
{
    struct sim_config config = {.seed = 7};
    struct error err = {0};
    struct agon_level bid[3], ask[3];
    const char *bids[3][2] = {{"30000.00", "1.5"}, {"29999.99", "2"}, {"29990", "5"}};
    const char *asks[3][2] = {{"30000.01", "1"}, {"30000.02", "2"}, {"30010", "5"}};

    world->now = (struct sim_time){WORLD_T0, WORLD_T0};
    world->key = world->members.all[0].key;
    world->secret = world->members.all[0].secret;
    world->peer = "127.0.0.1";
    ck_assert_msg(pit_new(&world->pit, symbols, n, WORLD_T0, &err) == AGON_OK, "%s", err.text);
    config.pit = world->pit;
    config.members = &world->members;
    config.faults = world->faults.n > 0 ? &world->faults : NULL;
    if (limits)
        config.limits = *limits;
    config.sink = (struct sim_sink){
        .ctx = world, .frame = world_take, .reply = on_reply, .log = on_log, .log_ctx = world};
    ck_assert_msg(world->dialect->open(&world->sim, &config, &err) == AGON_OK, "%s", err.text);
    if (n != world->dialect->n_symbols)
        return;
    for (int i = 0; i < 3; i++) {
        bid[i] = (struct agon_level){dec(bids[i][0]), dec(bids[i][1])};
        ask[i] = (struct agon_level){dec(asks[i][0]), dec(asks[i][1])};
    }
    if (strcmp(venue, "binance") != 0) { // their tick is a tenth
        bid[1].px = dec("29999.90");
        ask[0].px = dec("30000.10");
        ask[1].px = dec("30000.20");
    }
    world_book(world, world->dialect->names[0], 1, bid, 3, ask, 3);
    world_trade(world, world->dialect->names[0], "30000.00", "0.5", AGON_SELL);
}

static void open_with(struct world *world, const char *venue, const struct sim_limits *limits)
{
    struct pit_symbol symbols[PIT_SYMBOLS_MAX];

    world->dialect = sim_dialect_find(venue);
    for (uint32_t i = 0; i < world->dialect->n_symbols; i++)
        ck_assert_int_eq(world->dialect->symbol(world->dialect->names[i], 2, 4, &symbols[i]),
                         AGON_OK);
    open_symbols(world, venue, limits, symbols, world->dialect->n_symbols);
}

void world_open_pepe(struct world *world, const char *members_text)
{
    struct error err = {0};
    struct pit_symbol pepe;

    memset(world, 0, sizeof(*world));
    ck_assert_msg(members_parse(&world->members, "accounts.yaml", members_text,
                                strlen(members_text), &err) == AGON_OK,
                  "%s", err.text);
    world->dialect = sim_dialect_find("binance");
    ck_assert_int_eq(world->dialect->symbol("PEPEUSDT", 8, 0, &pepe), AGON_OK);
    pepe.max_qty = pepe.rules.market_max_qty = NUM_MAX;
    pepe.base_fewer = (uint8_t)(PIT_EXP - members_exp(&world->members, "PEPE"));
    open_symbols(world, "binance", NULL, &pepe, 1);
}

void world_open_table(struct world *world, const char *text, const struct match_bars *bars)
{
    const struct stage_file files[] = {{.name = "BTCUSDT.csv", .bytes = text, .n = strlen(text)},
                                       {.name = "ETHUSDT.csv", .bytes = text, .n = strlen(text)}};
    // Nobody answers pings here.
    struct sim_config config = {.seed = 7, .limits.ping_every_ns = 3600000000000};
    struct stage stage = {.files = files, .n_files = 2, .bars = bars};
    struct error err = {0};

    memset(world, 0, sizeof(*world));
    members_default(&world->members);
    world->dialect = stage.dialect = sim_dialect_find("binance");
    world->now.transport = WORLD_T0;
    world->key = world->members.all[0].key;
    world->secret = world->members.all[0].secret;
    world->peer = "127.0.0.1";
    ck_assert_msg(stage_build(&world->pit, &world->now.market, &stage, &err) == AGON_OK, "%s",
                  err.text);
    config.pit = world->pit;
    config.members = &world->members;
    config.sink = (struct sim_sink){
        .ctx = world, .frame = world_take, .reply = on_reply, .log = on_log, .log_ctx = world};
    ck_assert_msg(world->dialect->open(&world->sim, &config, &err) == AGON_OK, "%s", err.text);
}

void world_open_symbol(struct world *world, const char *venue, const struct pit_symbol *symbol)
{
    static const char text[] =
        "accounts:\n  - {key: rich, secret: secret, balances: {BTC: 100000, USDT: 1000000000}}\n";
    struct error err = {0};

    memset(world, 0, sizeof(*world));
    ck_assert_msg(members_parse(&world->members, "accounts.yaml", text, strlen(text), &err) ==
                      AGON_OK,
                  "%s", err.text);
    world->dialect = sim_dialect_find(venue);
    open_symbols(world, venue, NULL, symbol, 1);
}

static void open_default(struct world *world, const char *venue, const struct sim_limits *limits)
{
    memset(world, 0, sizeof(*world));
    members_default(&world->members);
    open_with(world, venue, limits);
}

void world_open(struct world *world, const struct sim_limits *limits)
{
    open_default(world, "binance", limits);
}

void world_open_um(struct world *world, const struct sim_limits *limits)
{
    open_default(world, "binance_um", limits);
}

void world_open_venue(struct world *world, const char *venue)
{
    open_default(world, venue, NULL);
}

void world_open_faults(struct world *world, const char *venue, const char *text)
{
    struct error err = {0};

    memset(world, 0, sizeof(*world));
    members_default(&world->members);
    ck_assert_msg(faults_parse(&world->faults, "faults.yaml", text, strlen(text), &err) == AGON_OK,
                  "%s", err.text);
    open_with(world, venue, NULL);
}

void world_open_members(struct world *world, const struct sim_limits *limits,
                        const char *members_text)
{
    struct error err = {0};

    memset(world, 0, sizeof(*world));
    ck_assert_msg(members_parse(&world->members, "accounts.yaml", members_text,
                                strlen(members_text), &err) == AGON_OK,
                  "%s", err.text);
    open_with(world, "binance", limits);
}

void world_clear(struct world *world)
{
    for (uint32_t i = 0; i < world->n_frames; i++) {
        free(world->frames[i].text);
        json_decref(world->frames[i].json);
    }
    world->n_frames = 0;
}

void world_close(struct world *world)
{
    world_clear(world);
    json_decref(world->json);
    json_decref(world->late_json);
    free(world->log);
    world->dialect->close(world->sim);
    pit_free(world->pit);
}

void world_pass(struct world *world, agon_ns_t ns)
{
    world->now.transport += ns;
    world->now.market += ns;
    world->dialect->tick(world->sim, &world->now);
}

void world_book(struct world *world, const char *symbol, int is_snapshot,
                const struct agon_level *bid, uint32_t n_bid, const struct agon_level *ask,
                uint32_t n_ask)
{
    static unsigned char bytes[EVENT_BYTES_MAX];
    struct agon_book_part *part = (void *)bytes;
    struct agon_level *levels = (void *)(part + 1);
    int sym = pit_find(world->pit, symbol);

    memset(bytes, 0, sizeof(bytes));
    part->hdr.type = is_snapshot ? AGON_EVENT_BOOK_SNAPSHOT : AGON_EVENT_BOOK_DELTA;
    part->hdr.granules = (uint8_t)((64 + (n_bid + n_ask) * 16 + 63) / 64);
    part->hdr.instrument = pit_instrument(world->pit, (uint32_t)sym);
    part->hdr.t = part->hdr.t_venue = world->now.market;
    part->n_bid = (uint16_t)n_bid;
    part->n_ask = (uint16_t)n_ask;
    part->flags = BOOK_PART_FIRST | BOOK_PART_LAST;
    part->first_id = part->last_id = ++world->ids;
    for (uint32_t i = 0; i < n_bid; i++)
        levels[i] = bid[i];
    for (uint32_t i = 0; i < n_ask; i++)
        levels[n_bid + i] = ask[i];
    ck_assert_int_eq(pit_inject(world->pit, &part->hdr), AGON_OK);
    world->dialect->tick(world->sim, &world->now);
}

void world_trade(struct world *world, const char *symbol, const char *px, const char *qty,
                 enum agon_side taker)
{
    struct agon_trade trade = {.hdr = {.type = AGON_EVENT_TRADE, .granules = 1}};

    trade.hdr.instrument = pit_instrument(world->pit, (uint32_t)pit_find(world->pit, symbol));
    trade.hdr.t = trade.hdr.t_venue = world->now.market;
    trade.px = dec(px);
    trade.qty = dec(qty);
    trade.side = (uint8_t)taker;
    trade.venue_id = ++world->ids;
    ck_assert_int_eq(pit_inject(world->pit, &trade.hdr), AGON_OK);
    world->dialect->tick(world->sim, &world->now);
}

int world_raw(struct world *world, const char *method, const char *path, const char *query,
              const char *body, const char *key)
{
    struct sim_header header = {"x-mbx-apikey", key};
    struct sim_request request = {.method = method,
                                  .path = path,
                                  .query = query,
                                  .body = body,
                                  .body_n = body ? strlen(body) : 0,
                                  .headers = &header,
                                  .n_headers = key ? 1 : 0,
                                  .peer = world->peer,
                                  .conn = WORLD_HTTP_CONN};

    world->dialect->http(world->sim, &world->now, &request, &world->reply);
    json_decref(world->json);
    world->json = json_loadb(world->reply.body, world->reply.body_n, 0, NULL);
    if (world->reply.status > 0 && strstr(world->reply.type, "json"))
        ck_assert_msg(world->json != NULL, "a reply that is no JSON: %.*s",
                      (int)world->reply.body_n, world->reply.body);
    return world->reply.status;
}

int world_get(struct world *world, const char *path_and_query)
{
    const char *mark = strchr(path_and_query, '?');
    char path[256];
    size_t n = mark ? (size_t)(mark - path_and_query) : strlen(path_and_query);

    memcpy(path, path_and_query, n);
    path[n] = '\0';
    return world_raw(world, "GET", path, mark ? mark + 1 : "", NULL, NULL);
}

void world_hmac(const char *secret, const char *text, char hex[65])
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2hex(hex, 65, mac, sizeof(mac));
}

int world_signed(struct world *world, const char *method, const char *path, const char *params)
{
    char text[4096], hex[65];
    int n = snprintf(text, sizeof(text), "%s%stimestamp=%lld", params, *params ? "&" : "",
                     (long long)(world->now.transport / 1000000));

    world_hmac(world->secret, text, hex);
    snprintf(text + n, sizeof(text) - (size_t)n, "&signature=%s", hex);
    return world_raw(world, method, path, text, NULL, world->key);
}

int64_t world_code(const struct world *world)
{
    return json_integer_value(json_object_get(world->json, "code"));
}

const char *world_msg(const struct world *world)
{
    const char *msg = json_string_value(json_object_get(world->json, "msg"));

    return msg ? msg : "";
}

const char *world_str(const struct world *world, const char *key)
{
    const char *text = json_string_value(json_object_get(world->json, key));

    ck_assert_msg(text != NULL, "no %s in %.*s", key, (int)world->reply.body_n, world->reply.body);
    return text;
}

int64_t world_int(const struct world *world, const char *key)
{
    json_t *value = json_object_get(world->json, key);

    ck_assert_msg(json_is_integer(value), "no integer %s in %.*s", key, (int)world->reply.body_n,
                  world->reply.body);
    return json_integer_value(value);
}

const char *world_header(const struct world *world, const char *name)
{
    for (uint32_t i = 0; i < world->reply.n_headers; i++)
        if (strcmp(world->reply.headers[i].name, name) == 0)
            return world->reply.headers[i].value;
    return NULL;
}

int world_ws(struct world *world, uint64_t conn, const char *target)
{
    const char *mark = strchr(target, '?');
    char path[1024];
    size_t n = mark ? (size_t)(mark - target) : strlen(target);
    struct sim_request request = {
        .method = "GET", .path = path, .query = mark ? mark + 1 : "", .peer = world->peer};

    memcpy(path, target, n);
    path[n] = '\0';
    return world->dialect->ws_open(world->sim, &world->now, conn, &request, &world->reply)
               ? 101
               : world->reply.status;
}

void world_say(struct world *world, uint64_t conn, const char *text)
{
    world->dialect->ws_frame(world->sim, &world->now, conn, SIM_TEXT, text, strlen(text));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int world_api(struct world *world, uint64_t conn, const char *method, const char *params_json,
              int is_signed)
{
    json_t *params = json_loads(params_json ? params_json : "{}", 0, NULL), *root, *value;
    const char *names[64], *name;
    char text[4096] = "", hex[65], *dump;
    const struct world_frame *last;
    size_t n = 0;

    ck_assert_ptr_nonnull(params);
    if (is_signed) {
        json_object_set_new(params, "apiKey", json_string(world->key));
        json_object_set_new(params, "timestamp", json_integer(world->now.transport / 1000000));
        json_object_foreach(params, name, value) names[n++] = name;
        qsort(names, n, sizeof(names[0]), by_text);
        for (size_t i = 0; i < n; i++) {
            value = json_object_get(params, names[i]);
            dump = json_is_string(value) ? strdup(json_string_value(value))
                                         : json_dumps(value, JSON_ENCODE_ANY);
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", i ? "&" : "",
                     names[i], dump);
            free(dump);
        }
        world_hmac(world->secret, text, hex);
        json_object_set_new(params, "signature", json_string(hex));
    }
    root = json_pack("{s:i, s:s, s:o}", "id", 1, "method", method, "params", params);
    dump = json_dumps(root, JSON_COMPACT);
    world_say(world, conn, dump);
    free(dump);
    json_decref(root);
    last = world_last(world, conn);
    ck_assert_ptr_nonnull(last);
    return (int)json_integer_value(json_object_get(last->json, "status"));
}

static json_t *payload_of(json_t *json)
{
    json_t *inner = json_object_get(json, "data");

    if (!inner)
        inner = json_object_get(json, "event");
    return inner ? inner : json;
}

json_t *world_event(struct world *world, uint64_t conn, const char *e, uint32_t i)
{
    for (uint32_t at = 0; at < world->n_frames; at++) {
        json_t *payload = payload_of(world->frames[at].json);
        const char *name = json_string_value(json_object_get(payload, "e"));

        if (world->frames[at].conn == conn && name && strcmp(name, e) == 0 && i-- == 0)
            return payload;
    }
    return NULL;
}

uint32_t world_events(struct world *world, uint64_t conn, const char *e)
{
    uint32_t n = 0;

    while (world_event(world, conn, e, n))
        n++;
    return n;
}

const struct world_frame *world_last(struct world *world, uint64_t conn)
{
    for (uint32_t i = world->n_frames; i-- > 0;)
        if (world->frames[i].conn == conn)
            return &world->frames[i];
    return NULL;
}
