// SPDX-License-Identifier: Apache-2.0
/* tick2order: from a tick's bytes to the bytes of the signed order that answers it, in memory: JSON
 * decoded, numbered and journaled, the plugin called, its intent numbered, journaled and judged by
 * the whole gate, the order entered, and the venue's request written: parameters, HMAC-SHA256,
 * HTTP. The request is written with the gateway's own functions for parameters, client ids,
 * signature and HTTP; its queues and rate limits, which need a connection, are not in it.
 *
 * It is written where the engine hands the order over, within the step, as a live host's gateway
 * has it from there; the clock is read when its bytes are there. What the engine does behind that
 * (what the order holds back, hashes, news for the plugin) is in tick2order.turn, which goes on to
 * where the next tick may come.
 *
 * The bare chain does the least that could be called the same: a scanner for that message, a
 * comparison, two records with CRC32C, the thirty checks of the gate (plain_risk.h), a request
 * written by hand, and HMAC by OpenSSL's own calls over the whole of its parameters (the product's
 * are hashed ahead as far as they can be foretold, and block by block). tick2order.10k: the slot
 * has 10,000 orders open beside. */
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "bench/nulldisk.h"
#include "bench/plain_risk.h"
#include "bench/quotes.h"
#include "bench/table.h"
#include "bench/world.h"
#include "journal/writer.h"
#include "net/http.h"
#include "sys/clock.h"
#include "venue/binance/front.h"
#include "venue/client_id.h"

/* As long as a real one. */
#define KEY  "no-key-but-of-the-length-of-one-0123456789abcdef0123456789abcdef"
#define STEP 64    /* ticks between two turns of the journal's writer */
#define OPEN 10000 /* orders, of tick2order.10k */

struct tick2order {
    struct quotes quotes;
    struct world world;
    struct nulldisk nulldisk;
    struct disk port;
    struct journal_writer *writer; /* owned */
    struct binance_signer signer;
    struct binance_fronts fronts;
    struct http_frame frame;
    char lines[128];
    uint32_t n_lines;
    uint64_t at, bare_at, n_ticks, n_wrong, n_before, n_unjournaled, n_untold;
    int64_t there_ns; /* when the last order's bytes were */
    char target[2048], wire[2048];
    int64_t n_wire;
    /* bare */
    struct agon_quote top;
    unsigned char records[4096];
    char bare_wire[2048];
    uint64_t bare_seq, bare_id, n_bare;
    uint32_t crc;
    struct plain_slot slot;
    struct plain_limits limits;
    struct plain_all all;
    struct plain_view view;
};

static const char symbol[] = "BTCUSDT";
static const struct order_ids ids = {1, 1};

static struct binance_front_kind front_kind(const struct order_cmd *cmd)
{
    return (struct binance_front_kind){.side = cmd->side,
                                       .type = cmd->type,
                                       .tif = cmd->tif,
                                       .is_post_only = (cmd->flags & AGON_POST_ONLY) != 0,
                                       .recv_window_ms = 5000};
}

/* As the gateway of Binance spot writes a LIMIT order (venue/binance/core.c and spot.c). */
static void write_order(struct tick2order *bench, const struct order_cmd *cmd)
{
    const struct binance_front_kind kind = front_kind(cmd);
    char *text = bench->target + BINANCE_PATH_ROOM;
    char id[CLIENT_ID_TEXT];
    struct binance_params params;
    const char *target;

    binance_params_init(&params, text, sizeof(bench->target) - BINANCE_PATH_ROOM);
    if (!binance_front_begin(&bench->fronts, &params, symbol, sizeof(symbol) - 1, &kind,
                             cmd->order_id, cmd->rev)) {
        binance_params_add(&params, "symbol", symbol);
        binance_params_add_word(&params, "side", cmd->side == AGON_BUY ? "BUY" : "SELL");
        binance_params_add_word(&params, "type", "LIMIT");
        binance_params_add_word(&params, "timeInForce", "GTC");
        binance_params_add_word(&params, "newOrderRespType", "FULL");
        binance_params_add_u64(&params, "recvWindow", kind.recv_window_ms);
        binance_front_keep(&bench->fronts, &bench->signer, &params, sizeof(symbol) - 1, &kind);
    }
    if (!params.has_id) {
        client_id_format(&ids, cmd->order_id, cmd->rev, id);
        binance_params_add_bare(&params, "newClientOrderId", id, CLIENT_ID_CHARS);
        binance_params_add_bare(&params, "quantity", "", 0);
        bench->n_untold++;
    }
    binance_params_add_decimal_value(&params, cmd->qty, 5);
    binance_params_add_decimal(&params, "price", cmd->px, 2);
    binance_params_add_u64(&params, "timestamp", (uint64_t)cmd->t / 1000000);
    if (binance_params_sign(&params, &bench->signer) < 0)
        bench->n_wrong++;
    target = binance_params_target(&params, "/api", "/v3/order");
    bench->n_wire =
        http_frame_write(bench->wire, sizeof(bench->wire), &bench->frame, target,
                         (size_t)(params.text + params.n - target), bench->lines, bench->n_lines);
}

static int send_order(void *ctx, const struct order_cmd *cmd)
{
    struct tick2order *bench = ctx;
    const struct binance_front_kind kind = front_kind(cmd);

    // Nothing is handed over that does not stand in the journal's buffer.
    bench->n_unjournaled +=
        atomic_load_explicit(&bench->world.buffer.seq, memory_order_acquire) < cmd->depends_seq;
    write_order(bench, cmd);
    bench->there_ns = clock_mono();
    // As the gateway does behind what it sent.
    binance_front_foretell(&bench->fronts, symbol, sizeof(symbol) - 1, &kind, &ids, cmd->order_id,
                           cmd->rev);
    bench->world.cmd = *cmd;
    bench->world.n_cmds++;
    return AGON_OK;
}

static uint64_t run_product(void *ctx, uint64_t n)
{
    struct tick2order *bench = ctx;
    struct wire_out *out = &bench->quotes.out;

    for (uint64_t i = 0; i < n; i++) {
        const struct quotes_message *message =
            &bench->quotes.messages[bench->at++ % QUOTES_MESSAGES];
        uint64_t before = bench->world.n_cmds;

        binance_decode_market(&bench->quotes.decoder, message->text, message->n, out);
        world_step(&bench->world, &out->quote.hdr);
        world_wish(&bench->world, 0);
        if (bench->world.n_cmds != before + 1) {
            bench->n_wrong++;
            continue;
        }
        bench->n_ticks++;
    }
    return n;
}

static char *put(char *at, const char *text, size_t n)
{
    memcpy(at, text, n);
    return at + n;
}

#define PUT(at, text) put(at, text, sizeof(text) - 1)

static char *put_digits(char *at, uint64_t value, int least)
{
    char digits[24];
    int n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0 || n < least);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

static uint64_t run_bare(void *ctx, uint64_t n)
{
    struct tick2order *bench = ctx;
    struct agon_quote *top = &bench->top;

    for (uint64_t i = 0; i < n; i++) {
        struct agon_intent_event intent = {.hdr = {.type = AGON_EVENT_INTENT, .granules = 2}};
        struct plain_view *view = &bench->view;
        struct plain_order order = {.qty = 1000,
                                    .instrument = 1,
                                    .side = AGON_BUY,
                                    .type = AGON_LIMIT,
                                    .tif = AGON_TIF_GTC};
        char signature[BINANCE_SIGNATURE_TEXT];
        char *at = bench->bare_wire;
        char *query;
        int64_t px;

        quotes_scan(&bench->quotes.messages[bench->bare_at++ % QUOTES_MESSAGES], top);
        top->hdr.seq = ++bench->bare_seq;
        top->hdr.t += 1000000;
        memcpy(bench->records + bench->bare_seq % 32 * 64, top, 64);
        bench->crc = crc32c(bench->crc, top, 64);
        px = top->bid_px - 100;
        intent.hdr.seq = ++bench->bare_seq;
        intent.intent.px = px;
        intent.intent.qty = 1000;
        memcpy(bench->records + 2048 + bench->bare_seq % 8 * 128, &intent, 128);
        bench->crc = crc32c(bench->crc, &intent, 128);
        order.px = view->judge_px = px;
        view->bid = top->bid_px;
        view->ask = top->ask_px;
        view->notional = view->least = view->position = px * order.qty * 10;
        view->reach_qty = order.qty;
        view->reach_amt = order.qty * 1000;
        view->open_loss = view->open_loss_all = (view->notional + 999) / 1000;
        view->cost = view->notional + view->open_loss;
        view->gross = view->net = view->venue = view->asset = view->notional;
        if (plain_risk_judge(view, &order, top->hdr.t) != 0)
            continue;
        at = PUT(at, "POST /api/v3/order?");
        query = at;
        at = PUT(at, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=");
        at = put_digits(at, (uint64_t)px / 100, 1);
        *at++ = '.';
        at = put_digits(at, (uint64_t)px % 100, 2);
        at = PUT(at, "&newClientOrderId=");
        at = put_digits(at, 100000000000000000 + ++bench->bare_id, 18);
        at = PUT(at, "&newOrderRespType=FULL&recvWindow=5000&timestamp=");
        at = put_digits(at, (uint64_t)(WORLD_T0 + top->hdr.t) / 1000000, 13);
        binance_sign(&bench->signer, query, (size_t)(at - query), signature);
        at = PUT(at, "&signature=");
        at = put(at, signature, 64);
        at = PUT(at, " HTTP/1.1\r\nHost: api.binance.com\r\nX-MBX-APIKEY: " KEY
                     "\r\nContent-Length: 0\r\n\r\n");
        *at = '\0';
        bench->n_bare++;
    }
    return n;
}

// The venue lets the order go, the journal is written, time goes on: outside of what is timed.
static void between(void *ctx)
{
    struct tick2order *bench = ctx;

    if (bench->world.cmd.order_id != 0)
        world_expire(&bench->world, &bench->world.cmd);
    bench->world.cmd.order_id = 0;
    bench->world.t += 1000000;
    if (bench->n_ticks % STEP == 0 && journal_writer_step(bench->writer) < 0)
        bench->n_wrong++;
}

// The signature that stands in the request is that of the parameters that stand in it.
static int is_signed(const struct tick2order *bench, const char *wire)
{
    char text[BINANCE_SIGNATURE_TEXT];
    const char *query = strchr(wire, '?');
    const char *mark = query != NULL ? strstr(query, "&signature=") : NULL;

    if (mark == NULL)
        return 0;
    query++;
    binance_sign(&bench->signer, query, (size_t)(mark - query), text);
    return strncmp(mark + 11, text, 64) == 0 && strstr(query, "price=") != NULL;
}

/* What the bare chain judges by: the limits of the slot, and of all, as they are. */
static void open_bare(struct tick2order *bench)
{
    const struct slot_limits *limits = &engine_slots(bench->world.engine)->all[0].limits;
    const struct portfolio_limits *all = engine_portfolio_limits(bench->world.engine);
    const struct plain_loss loss = {
        .equity = WORLD_CAPITAL, .high = WORLD_CAPITAL, .day = WORLD_CAPITAL};
    struct agon_instrument instrument;

    world_instrument(&instrument, 1);
    bench->limits =
        (struct plain_limits){.order = limits->order_amt,
                              .position = limits->position_amt,
                              .daily_loss = limits->daily_loss_amt,
                              .drawdown = limits->drawdown_ppm,
                              .collar = limits->collar_marketable_ppm,
                              .collar_passive = limits->collar_passive_ppm,
                              .open_orders = limits->max_open_orders,
                              .per_s = limits->orders_per_s,
                              .burst = limits->orders_burst,
                              .window_ns = (int64_t)limits->duplicate_window_ms * 1000000,
                              .duplicates = limits->duplicate_max};
    bench->all = (struct plain_all){.loss = loss,
                                    .floor = all->equity_amt,
                                    .daily_loss = all->daily_loss_amt,
                                    .drawdown = all->drawdown_ppm,
                                    .gross = all->gross_amt,
                                    .net = all->net_amt,
                                    .venue = all->venue_amt,
                                    .asset = all->asset_amt};
    bench->slot.loss = loss;
    bench->view = (struct plain_view){.slot = &bench->slot,
                                      .limits = &bench->limits,
                                      .all = &bench->all,
                                      .free_amt = WORLD_CAPITAL,
                                      .tick = instrument.tick_px,
                                      .lot = instrument.lot_qty,
                                      .min_qty = instrument.min_qty,
                                      .min_notional = instrument.min_notional_amt,
                                      .exists = 1,
                                      .allowed = 1,
                                      .trades = 1,
                                      .trading = TRADING_OPEN,
                                      .book = 1,
                                      .coins = 1};
}

/* So many orders that stay, each at a price of its own, far below the market. */
static int open_orders(struct tick2order *bench, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct agon_intent_event event = {
            .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = 1},
            .origin = {.generation = 1, .n_legs = 1},
            .intent = {.kind = AGON_INTENT_ORDER,
                       .side = AGON_BUY,
                       .type = AGON_LIMIT,
                       .tif = AGON_TIF_GTC,
                       .instrument = 1,
                       .client_ref = (uint64_t)1 << 32 | i,
                       .px = WORLD_PX - 10000 - (agon_px_t)i,
                       .qty = 10}};
        int rc;

        bench->world.t += 1000000;
        rc = world_step(&bench->world, &event.hdr);
        if (rc < 0 || journal_writer_step(bench->writer) < 0)
            return rc < 0 ? rc : AGON_EIO;
    }
    bench->world.cmd.order_id = 0; // none of them is given back
    return AGON_OK;
}

static int open_all(struct tick2order *bench, struct error *err)
{
    struct world_config world = {.n_instruments = 1,
                                 .n_slots = 1,
                                 .plugin = WORLD_TRADER,
                                 .journal_bytes = (uint64_t)8 << 20,
                                 .max_open_orders = 2 * OPEN,
                                 .event_mask =
                                     AGON_ON(AGON_EVENT_QUOTE) | AGON_ON(AGON_EVENT_ORDER)};
    struct journal_config config = {.is_async = 1, .run = 1};
    struct journal_end end = {.next_seq = 1};
    struct secret secret = {0};
    static const char words[] = "no-secret-but-of-the-length-of-one-0123456789abcdef0123456789abcd";
    const struct http_header key = {.name = "X-MBX-APIKEY", .value = KEY};
    int64_t n_lines = http_write_lines(bench->lines, sizeof(bench->lines), &key, 1);
    int rc = quotes_open(&bench->quotes, err);

    REQUIRE(n_lines > 0);
    bench->n_lines = (uint32_t)n_lines;
    REQUIRE(http_frame_init(&bench->frame, "POST", "api.binance.com") == AGON_OK);
    if (rc >= 0)
        rc = secret_set(&secret, words, strlen(words));
    if (rc >= 0)
        rc = binance_signer_init(&bench->signer, BINANCE_SIGN_HMAC, &secret, err);
    if (rc >= 0)
        rc = world_open(&bench->world, &world, err);
    if (rc < 0)
        return rc;
    bench->world.venue = (struct venue_port){.ctx = bench, .send = send_order};
    engine_attach_venue(bench->world.engine, 0, &bench->world.venue);
    bench->port = nulldisk_port(&bench->nulldisk);
    bench->writer = journal_writer_new(&bench->port, &bench->world.buffer, &config, &end, err);
    if (bench->writer == NULL)
        return AGON_EIO;
    rc = world_limit_all(&bench->world);
    open_bare(bench);
    return rc;
}

static int run_with(struct bench *bench, uint32_t n_open, struct error *err)
{
    struct tick2order *ctx = calloc(1, sizeof(*ctx));
    struct bench_pair pair = {
        .name = n_open > 0 ? "tick2order.10k" : "tick2order",
        .op = "tick",
        .ctx = ctx,
        .n = 20000,
        .batch = 1,
        .product = n_open > 0 ? "the same with 10,000 orders open"
                              : "decode, journal, plugin, gate, order, parameters, HMAC, HTTP",
        .run_product = run_product,
        .yardstick = "the bare chain with OpenSSL's HMAC of its whole text and the same 30 checks",
        .run_yardstick = run_bare,
        .between = between,
        .there_ns = &ctx->there_ns,
        .goal_kind = BENCH_AT_MOST,
        .goal = 1.8,
        .goal_text = "at most 1.8 times the bare chain (p50 400 ns where that takes 220)",
        .why =
            "two thirds of it are the engine's two steps, of whose 4,500 instructions each is run "
            "once a tick; a third is the request, two blocks of SHA-256 in it"};
    int rc;

    if (ctx == NULL)
        return AGON_ENOMEM;
    rc = open_all(ctx, err);
    if (rc < 0)
        goto done;
    run_product(ctx, 1);
    between(ctx);
    rc = open_orders(ctx, n_open);
    if (rc < 0)
        goto done;
    ctx->n_before = n_open;
    run_product(ctx, 1);
    between(ctx);
    run_bare(ctx, 1);
    bench_check(bench, is_signed(ctx, ctx->wire) && is_signed(ctx, ctx->bare_wire),
                "%s: both requests carry a signature of their own parameters", pair.name);
    rc = bench_compare(bench, &pair);
    pair.name = n_open > 0 ? "tick2order.turn.10k" : "tick2order.turn";
    pair.there_ns = NULL;
    pair.goal_kind = BENCH_NO_GOAL;
    pair.goal_text = NULL;
    pair.product = "the same and what follows behind the order's bytes, until the next tick";
    if (rc >= 0)
        rc = bench_compare(bench, &pair);
    bench_check(bench,
                ctx->n_wrong == 0 && ctx->n_unjournaled == 0 && ctx->n_bare == ctx->bare_at &&
                    ctx->world.n_cmds == ctx->n_ticks + ctx->n_before &&
                    ctx->world.agents[0]->n_orders == ctx->n_ticks &&
                    ctx->world.agents[0]->n_refused == 0 && ctx->n_untold == 1 &&
                    orders_count(engine_orders(ctx->world.engine), 0) == n_open,
                "%s: %llu ticks, as many orders, each journaled before its bytes, none refused, "
                "each id but the first foretold, %u others open",
                pair.name, (unsigned long long)ctx->n_ticks, n_open);
done:
    if (ctx->writer != NULL)
        journal_writer_close(ctx->writer, NULL);
    journal_writer_free(ctx->writer);
    world_close(&ctx->world);
    binance_signer_wipe(&ctx->signer);
    free(ctx);
    return rc;
}

int bench_tick2order(struct bench *bench, struct error *err)
{
    int rc = run_with(bench, 0, err);

    return rc < 0 ? rc : run_with(bench, OPEN, err);
}
