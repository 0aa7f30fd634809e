// SPDX-License-Identifier: Apache-2.0
/* rescue: how a dead host's orders are cancelled on Binance: by symbol, or by their client ids. */
#include <stdio.h>
#include <stdlib.h>

#include "venue/binance/core.h"
#include "venue/rescue_wire.h"

#define SHARE_PPM 250000u
#define LIST_NS   1000000000ll

struct paths {
    const char *list, *symbol, *order; /* behind rest_path */
};
struct rescuer {
    const struct paths *paths;
    struct binance_decoder dec;
    struct binance_vault *vault; /* owned */
    char rest_path[64];
    uint32_t recv_window_ms;
    wire_order_fn each; /* while a list is read */
    void *ctx;
};

static void on_elsewhere(void *ctx, const struct wire_order *order)
{
    const struct rescuer *rescuer = ctx;

    rescuer->each(rescuer->ctx, order);
}

static void close_rescuer(void *self)
{
    struct rescuer *rescuer = self;

    if (rescuer == NULL)
        return;
    secret_free(rescuer->vault);
    free(rescuer);
}

static int open_rescuer(const struct paths *paths, const struct venue_config *config,
                        const struct symbols *symbols, void **self, struct error *err)
{
    struct rescuer *rescuer = calloc(1, sizeof(*rescuer));

    *self = rescuer;
    if (rescuer == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    rescuer->paths = paths;
    rescuer->recv_window_ms = config->recv_window_ms;
    snprintf(rescuer->rest_path, sizeof(rescuer->rest_path), "%s", config->rest_path);
    binance_decoder_init(&rescuer->dec, symbols);
    rescuer->dec.ctx = rescuer;
    rescuer->dec.on_elsewhere = on_elsewhere;
    return binance_take_key(&rescuer->vault, config, err);
}

static int open_spot(const struct venue_config *config, const struct symbols *symbols, void **self,
                     struct error *err)
{
    static const struct paths paths = {"/v3/openOrders", "/v3/openOrders", "/v3/order"};

    return open_rescuer(&paths, config, symbols, self, err);
}

static int open_um(const struct venue_config *config, const struct symbols *symbols, void **self,
                   struct error *err)
{
    static const struct paths paths = {"/v1/openOrders", "/v1/allOpenOrders", "/v1/order"};

    return open_rescuer(&paths, config, symbols, self, err);
}

static int write_job(void *self, const struct rescue_job *jobs, uint32_t n_jobs,
                     agon_ns_t venue_now, agon_ns_t utc, struct gateway_http *http)
{
    struct rescuer *rescuer = self;
    const struct paths *paths = rescuer->paths;
    struct binance_params params;
    char text[2048];
    int n;

    (void)utc;
    REQUIRE(n_jobs == 1);
    binance_params_init(&params, text, sizeof(text));
    if (jobs->symbol != NULL)
        binance_params_add(&params, "symbol", jobs->symbol->name);
    if (jobs->op == RESCUE_ORDER)
        binance_params_add(&params, "origClientOrderId", jobs->client_id);
    binance_params_add_u64(&params, "recvWindow", rescuer->recv_window_ms);
    binance_params_add_u64(&params, "timestamp", (uint64_t)venue_now / 1000000);
    if (binance_params_sign(&params, &rescuer->vault->signer) < 0)
        return AGON_ENOSPC;
    http->method = jobs->op == RESCUE_LIST ? "GET" : "DELETE";
    http->headers[0] = (struct http_header){"X-MBX-APIKEY", rescuer->vault->key};
    http->n_headers = 1;
    n = snprintf(http->target, sizeof(http->target), "%s%s?%s", rescuer->rest_path,
                 jobs->op == RESCUE_LIST   ? paths->list
                 : jobs->op == RESCUE_MANY ? paths->symbol
                                           : paths->order,
                 text);
    return n > 0 && (size_t)n < sizeof(http->target) ? AGON_OK : AGON_ENOSPC;
}

static enum answer judge(void *self, const struct http_message *reply, char *text, size_t room)
{
    char said[WIRE_TEXT] = "";
    int32_t code = 0;

    (void)self;
    if (reply->status >= 200 && reply->status < 300)
        return ANSWER_GOOD;
    if (binance_decode_error(reply->body, reply->body_n, &code, said, sizeof(said)) < 0)
        code = 0;
    snprintf(text, room, "%d: %.120s", (int)code, said);
    return binance_judge(reply->status, code, said);
}

static int read_list(void *self, const void *bytes, size_t n, wire_order_fn each, void *ctx)
{
    struct rescuer *rescuer = self;

    rescuer->each = each;
    rescuer->ctx = ctx;
    return binance_decode_orders(&rescuer->dec, bytes, n, each, ctx);
}

#define SHARED                                                                                     \
    .reach = RESCUE_INSTRUMENT, .batch = 1, .cancel_weight = 1, .share_ppm = SHARE_PPM,            \
    .list_ns = LIST_NS, .close = close_rescuer, .write = write_job, .judge = judge,                \
    .read_list = read_list

const struct rescue_wire binance_spot_rescue = {SHARED, .list_weight = 80, .open = open_spot};
const struct rescue_wire binance_um_rescue = {SHARED, .list_weight = 40, .open = open_um};
