// SPDX-License-Identifier: Apache-2.0
/* tick2order: from a tick's bytes to the bytes of the signed order that answers it, in memory: JSON
 * decoded, numbered and journaled, the plugin called, its intent numbered, journaled and judged by
 * the whole gate, the order entered, and the venue's request written: parameters, HMAC-SHA256,
 * HTTP. The request is written with the gateway's own functions for parameters, client ids,
 * signature and HTTP; its queues and rate limits, which need a connection, are not in it.
 *
 * The bare chain does the least that could be called the same: a scanner for that message, a
 * comparison, two records with CRC32C, twelve checks, a request written by hand, and the same HMAC.
 */
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "bench/nulldisk.h"
#include "bench/quotes.h"
#include "bench/table.h"
#include "bench/world.h"
#include "journal/writer.h"
#include "net/http.h"
#include "venue/binance/sign.h"
#include "venue/client_id.h"

/* As long as a real one. */
#define KEY  "no-key-but-of-the-length-of-one-0123456789abcdef0123456789abcdef"
#define STEP 64 /* ticks between two turns of the journal's writer */

struct tick2order {
    struct quotes quotes;
    struct world world;
    struct nulldisk nulldisk;
    struct disk port;
    struct journal_writer *writer; /* owned */
    struct binance_signer signer;
    uint64_t at, bare_at, n_ticks, n_wrong;
    char wire[2048];
    int64_t n_wire;
    /* bare */
    struct agon_quote top;
    unsigned char records[4096];
    char bare_wire[2048];
    uint64_t bare_seq, bare_id, n_bare;
    uint32_t crc;
    int64_t bare_tokens;
};

/* As the gateway of Binance spot writes a LIMIT order (venue/binance/spot.c). */
static void write_order(struct tick2order *bench, const struct order_cmd *cmd)
{
    char text[1024];
    char target[2048];
    char id[CLIENT_ID_TEXT];
    char number[NUM_TEXT];
    struct binance_params params;
    struct http_header key = {.name = "X-MBX-APIKEY", .value = KEY};
    struct http_request request = {.method = "POST",
                                   .host = "api.binance.com",
                                   .target = target,
                                   .headers = &key,
                                   .n_headers = 1};

    binance_params_init(&params, text, sizeof(text));
    binance_params_add(&params, "symbol", "BTCUSDT");
    binance_params_add(&params, "side", cmd->side == AGON_BUY ? "BUY" : "SELL");
    binance_params_add(&params, "type", "LIMIT");
    binance_params_add(&params, "timeInForce", "GTC");
    num_format_short(cmd->qty, 5, number);
    binance_params_add(&params, "quantity", number);
    num_format_short(cmd->px, 2, number);
    binance_params_add(&params, "price", number);
    client_id_format(&(struct order_ids){1, 1}, cmd->order_id, cmd->rev, id);
    binance_params_add(&params, "newClientOrderId", id);
    binance_params_add(&params, "newOrderRespType", "FULL");
    binance_params_add_u64(&params, "recvWindow", 5000);
    binance_params_add_u64(&params, "timestamp", (uint64_t)cmd->t / 1000000);
    if (binance_params_sign(&params, &bench->signer) < 0)
        bench->n_wrong++;
    snprintf(target, sizeof(target), "/api/v3/order?%s", params.text);
    bench->n_wire = http_write_request(bench->wire, sizeof(bench->wire), &request);
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
        write_order(bench, &bench->world.cmd);
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
        char signature[BINANCE_SIGNATURE_TEXT];
        char *at = bench->bare_wire;
        char *query;
        int64_t px;
        int64_t mid;

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
        mid = (top->bid_px + top->ask_px) / 2;
        bench->bare_tokens += 10000000;
        if (bench->bare_tokens > 1000000000)
            bench->bare_tokens = 1000000000;
        if (px <= 0 || (mid - px) * 1000000 > mid * 100000 || px * 1000 / 10 > 50000000000000 ||
            bench->bare_tokens < 1000000)
            continue;
        bench->bare_tokens -= 1000000;
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

static int open_all(struct tick2order *bench, struct error *err)
{
    struct world_config world = {.n_instruments = 1,
                                 .n_slots = 1,
                                 .plugin = WORLD_TRADER,
                                 .journal_bytes = (uint64_t)8 << 20,
                                 .event_mask =
                                     AGON_ON(AGON_EVENT_QUOTE) | AGON_ON(AGON_EVENT_ORDER)};
    struct journal_config config = {.is_async = 1, .run = 1};
    struct journal_end end = {.next_seq = 1};
    struct secret secret = {0};
    static const char words[] = "no-secret-but-of-the-length-of-one-0123456789abcdef0123456789abcd";
    int rc = quotes_open(&bench->quotes, err);

    if (rc >= 0)
        rc = secret_set(&secret, words, strlen(words));
    if (rc >= 0)
        rc = binance_signer_init(&bench->signer, BINANCE_SIGN_HMAC, &secret, err);
    if (rc >= 0)
        rc = world_open(&bench->world, &world, err);
    if (rc < 0)
        return rc;
    bench->port = nulldisk_port(&bench->nulldisk);
    bench->writer = journal_writer_new(&bench->port, &bench->world.buffer, &config, &end, err);
    return bench->writer != NULL ? AGON_OK : AGON_EIO;
}

int bench_tick2order(struct bench *bench, struct error *err)
{
    struct tick2order *ctx = calloc(1, sizeof(*ctx));
    struct bench_pair pair = {
        .name = "tick2order",
        .op = "tick",
        .ctx = ctx,
        .n = 20000,
        .batch = 1,
        .product = "decode, journal, plugin, gate, order, parameters, HMAC, HTTP",
        .run_product = run_product,
        .yardstick = "the bare chain with the same HMAC",
        .run_yardstick = run_bare,
        .between = between,
        .goal_kind = BENCH_AT_MOST,
        .goal = 1.8,
        .goal_text = "at most 1.8 times the bare chain (p50 400 ns where that takes 220)",
        .why =
            "the intent's way through the engine (risk.intent), and a request written parameter by "
            "parameter; ticks are timed one by one, so caches are cold"};
    int rc;

    if (ctx == NULL)
        return AGON_ENOMEM;
    rc = open_all(ctx, err);
    if (rc < 0)
        goto done;
    run_product(ctx, 1);
    between(ctx);
    run_bare(ctx, 1);
    bench_check(bench, is_signed(ctx, ctx->wire) && is_signed(ctx, ctx->bare_wire),
                "tick2order: both requests carry a signature of their own parameters");
    rc = bench_compare(bench, &pair);
    bench_check(
        bench,
        ctx->n_wrong == 0 && ctx->world.n_cmds == ctx->n_ticks &&
            ctx->world.agents[0]->n_orders == ctx->n_ticks && ctx->world.agents[0]->n_refused == 0,
        "tick2order: %llu ticks, as many orders, none refused", (unsigned long long)ctx->n_ticks);
done:
    if (ctx->writer != NULL)
        journal_writer_close(ctx->writer, NULL);
    journal_writer_free(ctx->writer);
    world_close(&ctx->world);
    binance_signer_wipe(&ctx->signer);
    free(ctx);
    return rc;
}
