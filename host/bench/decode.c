// SPDX-License-Identifier: Apache-2.0
/* decode: a venue's JSON into records.
 *
 * The product is the decoder of the Binance gateway, which takes keys in any order and refuses what
 * is malformed. Yardsticks: simdjson's on-demand reader with the same checks, where it was built;
 * jansson (a tree, then the fields); and a scanner that knows the one message it reads byte for
 * byte and checks next to nothing: what the machine allowed one number at a time. yyjson is not in
 * Debian 12; it took 1/18 (depth) to 1/21 (trade) of jansson's time where both were run, so 2.5
 * times as fast as yyjson is 45 and 52 times as fast as jansson.
 *
 * The gateway's decoder is quick with what looks as the messages before it did. So there are trades
 * of mixed lengths too, and trades that the same decoder reads key by key: what is not as usual. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"
#include "bench/decode_simdjson.h"
#include "bench/quotes.h"
#include "bench/swar.h"
#include "bench/table.h"
#include "venue/binance/decode.h"

#define MESSAGES 256
#define ROOM     2048
#define LEVELS   20

struct message {
    char text[ROOM];
    uint32_t n;
};
struct decode {
    struct message trades[MESSAGES], mixed[MESSAGES], depths[MESSAGES];
    struct quotes quotes;
    struct wire_out out;
    struct agon_level bid[LEVELS], ask[LEVELS];
    struct simdjson_out by_simdjson;
    const struct message *messages;
    uint64_t at;
};

static uint64_t fold(uint64_t sum, uint64_t value)
{
    return sum * 31 + value;
}

static uint64_t fold_levels(uint64_t sum, const struct agon_level *levels, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sum = fold(fold(sum, (uint64_t)levels[i].px), (uint64_t)levels[i].qty);
    return sum;
}

static const struct message *next(struct decode *decode)
{
    return &decode->messages[decode->at++ % MESSAGES];
}

/* --- the product --- */

static uint64_t product_trade(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    const struct agon_trade *trade = &decode->out.trade;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct message *message = next(decode);

        if (binance_decode_market(&decode->quotes.decoder, message->text, message->n,
                                  &decode->out) != WIRE_TRADE)
            return 0;
        sum += fold(fold(fold((uint64_t)trade->px, (uint64_t)trade->qty), trade->venue_id),
                    (uint64_t)trade->hdr.t_venue);
    }
    return sum;
}

static uint64_t product_depth(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    const struct wire_depth *depth = &decode->out.depth;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct message *message = next(decode);

        if (binance_decode_market(&decode->quotes.decoder, message->text, message->n,
                                  &decode->out) != WIRE_PARTIAL ||
            depth->n_bid != LEVELS || depth->n_ask != LEVELS)
            return 0;
        sum += fold_levels(fold_levels(depth->last_id, depth->bid, LEVELS), depth->ask, LEVELS);
    }
    return sum;
}

static uint64_t product_quote(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    const struct agon_quote *quote = &decode->out.quote;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct quotes_message *message = &decode->quotes.messages[decode->at++ % MESSAGES];

        if (binance_decode_market(&decode->quotes.decoder, message->text, message->n,
                                  &decode->out) != WIRE_QUOTE)
            return 0;
        sum += fold(
            fold(fold((uint64_t)quote->bid_px, (uint64_t)quote->bid_qty), (uint64_t)quote->ask_px),
            (uint64_t)quote->ask_qty);
    }
    return sum;
}

static uint64_t careful_trade(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    uint64_t sum;

    decode->quotes.decoder.is_careful = 1;
    sum = product_trade(ctx, n);
    decode->quotes.decoder.is_careful = 0;
    return sum;
}

/* --- simdjson --- */

#if defined(BENCH_SIMDJSON)
static const struct simdjson_rules rules = {.symbol = "BTCUSDT",
                                            .depth_stream = "btcusdt@depth20@100ms",
                                            .quote_stream = "btcusdt@bookTicker",
                                            .px_exp = 2,
                                            .qty_exp = 5,
                                            .tick_px = 1,
                                            .limit_px = 100000000000};

static uint64_t rival_trade(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    const struct simdjson_out *out = &decode->by_simdjson;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct message *message = next(decode);

        if (!simdjson_trade(&rules, message->text, message->n, ROOM, &decode->by_simdjson))
            return 0;
        sum +=
            fold(fold(fold((uint64_t)out->px, (uint64_t)out->qty), out->id), (uint64_t)out->t_ns);
    }
    return sum;
}

static uint64_t rival_quote(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    const struct simdjson_out *out = &decode->by_simdjson;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct quotes_message *message = &decode->quotes.messages[decode->at++ % MESSAGES];

        if (!simdjson_quote(&rules, message->text, message->n, QUOTES_ROOM, &decode->by_simdjson))
            return 0;
        sum +=
            fold(fold(fold((uint64_t)out->bid.px, (uint64_t)out->bid.qty), (uint64_t)out->ask.px),
                 (uint64_t)out->ask.qty);
    }
    return sum;
}

static uint64_t fold_rival(uint64_t sum, const struct simdjson_level *levels, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sum = fold(fold(sum, (uint64_t)levels[i].px), (uint64_t)levels[i].qty);
    return sum;
}

static uint64_t rival_depth(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    const struct simdjson_out *out = &decode->by_simdjson;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct message *message = next(decode);

        if (!simdjson_depth(&rules, message->text, message->n, ROOM, &decode->by_simdjson) ||
            out->n_bids != LEVELS || out->n_asks != LEVELS)
            return 0;
        sum += fold_rival(fold_rival(out->id, out->bids, LEVELS), out->asks, LEVELS);
    }
    return sum;
}
#endif

/* --- jansson --- */

static int64_t decimal_of(const json_t *value, int exp)
{
    int64_t count = 0;

    if (num_parse(json_string_value(value), json_string_length(value), exp, &count) < 0)
        return -1;
    return count;
}

static uint64_t jansson_trade(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct message *message = next(decode);
        json_t *root = json_loadb(message->text, message->n, 0, NULL);

        sum += fold(fold(fold((uint64_t)decimal_of(json_object_get(root, "p"), 2),
                              (uint64_t)decimal_of(json_object_get(root, "q"), 5)),
                         (uint64_t)json_integer_value(json_object_get(root, "t"))),
                    (uint64_t)json_integer_value(json_object_get(root, "T")) * 1000000);
        json_decref(root);
    }
    return sum;
}

static void jansson_levels(const json_t *array, struct agon_level *levels)
{
    for (size_t i = 0; i < LEVELS; i++) {
        const json_t *pair = json_array_get(array, i);

        levels[i].px = decimal_of(json_array_get(pair, 0), 2);
        levels[i].qty = decimal_of(json_array_get(pair, 1), 5);
    }
}

static uint64_t jansson_depth(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct message *message = next(decode);
        json_t *root = json_loadb(message->text, message->n, 0, NULL);
        const json_t *data = json_object_get(root, "data");

        jansson_levels(json_object_get(data, "bids"), decode->bid);
        jansson_levels(json_object_get(data, "asks"), decode->ask);
        sum += fold_levels(
            fold_levels((uint64_t)json_integer_value(json_object_get(data, "lastUpdateId")),
                        decode->bid, LEVELS),
            decode->ask, LEVELS);
        json_decref(root);
    }
    return sum;
}

/* --- the scanner that knows its message --- */

static uint64_t bare_trade(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const char *at = next(decode)->text;
        uint64_t id;
        uint64_t ms;
        int64_t px;
        int64_t qty;

        at += strlen("{\"e\":\"trade\",\"E\":1723161255208,\"s\":\"");
        if (memcmp(at, "BTCUSDT", 7) != 0)
            return 0;
        at = swar_digits(at + strlen("BTCUSDT\",\"t\":"), &id);
        at = swar_decimal(at + strlen(",\"p\":\""), 100, 1000000, &px);
        at = swar_decimal(at + strlen(",\"q\":\""), 100000, 1000, &qty);
        at += strlen(",\"T\":");
        ms = swar_eight(swar_word(at)) * 100000 + swar_eight(swar_word(at + 5)) % 100000;
        sum += fold(fold(fold((uint64_t)px, (uint64_t)qty), id), ms * 1000000);
    }
    return sum;
}

static const char *bare_levels(const char *at, struct agon_level *levels)
{
    for (int i = 0; i < LEVELS; i++) {
        at = swar_decimal(at + 2, 100, 1000000, &levels[i].px);
        at = swar_decimal(at + 2, 100000, 1000, &levels[i].qty);
        at += 2;
    }
    return at;
}

static uint64_t bare_depth(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        const char *at = next(decode)->text;
        uint64_t id;

        if (memcmp(at + strlen("{\"stream\":\""), "btcusdt@depth20", 15) != 0)
            return 0;
        at = swar_digits(
            at + strlen("{\"stream\":\"btcusdt@depth20@100ms\",\"data\":{\"lastUpdateId\":"), &id);
        at = bare_levels(at + strlen(",\"bids\":["), decode->bid);
        bare_levels(at + strlen(",\"asks\":["), decode->ask);
        sum += fold_levels(fold_levels(id, decode->bid, LEVELS), decode->ask, LEVELS);
    }
    return sum;
}

static uint64_t bare_quote(void *ctx, uint64_t n)
{
    struct decode *decode = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        struct agon_quote quote;

        quotes_scan(&decode->quotes.messages[decode->at++ % MESSAGES], &quote);
        sum += fold(
            fold(fold((uint64_t)quote.bid_px, (uint64_t)quote.bid_qty), (uint64_t)quote.ask_px),
            (uint64_t)quote.ask_qty);
    }
    return sum;
}

/* --- messages --- */

static int px_text(char *text, size_t room, uint64_t cents)
{
    return snprintf(text, room, "%llu.%02llu000000", (unsigned long long)cents / 100,
                    (unsigned long long)cents % 100);
}

static void levels_text(struct message *message, struct rng *rng, uint64_t px, int step)
{
    for (int i = 0; i < LEVELS; i++) {
        char price[32];

        px_text(price, sizeof(price), px);
        px = (uint64_t)((int64_t)px + step * (int64_t)(1 + rng_below(rng, 30)));
        message->n +=
            (uint32_t)snprintf(message->text + message->n, ROOM - message->n,
                               "%s[\"%s\",\"%u.%05u000\"]", i > 0 ? "," : "", price,
                               (unsigned)rng_below(rng, 10), (unsigned)rng_below(rng, 100000));
    }
}

static void write_messages(struct decode *decode)
{
    static const uint64_t tens[] = {1, 10, 100, 1000};
    struct rng rng;

    rng_init(&rng, 7);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint64_t px = 6100000 + rng_below(&rng, 100000);
        unsigned lots = (unsigned)rng_below(&rng, 100000);
        char price[32];
        struct message *message = &decode->trades[i];

        px_text(price, sizeof(price), px);
        message->n = (uint32_t)snprintf(
            message->text, ROOM,
            "{\"e\":\"trade\",\"E\":17231612552%02u,\"s\":\"BTCUSDT\",\"t\":%u,\"p\":\"%s\","
            "\"q\":\"0.%05u000\",\"T\":17231612551%02u,\"m\":true,\"M\":true}",
            i % 100, 3722453125u + i, price, lots, i % 100);
        // Of mixed lengths: quantities and ids of one to four and of eight to eleven digits.
        message = &decode->mixed[i];
        message->n = (uint32_t)snprintf(
            message->text, ROOM,
            "{\"e\":\"trade\",\"E\":17231612552%02u,\"s\":\"BTCUSDT\",\"t\":%llu,\"p\":\"%s\","
            "\"q\":\"%u.%05u000\",\"T\":17231612551%02u,\"m\":%s,\"M\":true}",
            i % 100, 12345678ull * tens[rng_below(&rng, 4)] + i, price,
            (unsigned)rng_below(&rng, tens[1 + rng_below(&rng, 3)] * 10), lots, i % 100,
            rng_below(&rng, 2) ? "true" : "false");
        message = &decode->depths[i];
        message->n = (uint32_t)snprintf(
            message->text, ROOM,
            "{\"stream\":\"btcusdt@depth20@100ms\",\"data\":{\"lastUpdateId\":%llu,\"bids\":[",
            50093239189ull + i);
        levels_text(message, &rng, px, -1);
        message->n +=
            (uint32_t)snprintf(message->text + message->n, ROOM - message->n, "],\"asks\":[");
        levels_text(message, &rng, px + 1, 1);
        message->n += (uint32_t)snprintf(message->text + message->n, ROOM - message->n, "]}}");
    }
}

static uint64_t whole(struct decode *decode, const struct message *messages, bench_side_fn side)
{
    decode->messages = messages;
    decode->at = 0;
    return side(decode, MESSAGES);
}

struct job { /* what is decoded, and by whom */
    const char *name;
    bench_side_fn product, careful, simdjson, jansson, bare; /* NULL: no such row */
    uint64_t n, n_jansson;
    const char *of_yyjson;
};

#if !defined(BENCH_SIMDJSON)
#define rival_trade NULL
#define rival_quote NULL
#define rival_depth NULL
#endif
static const struct job jobs[] = {
    {"trade", product_trade, careful_trade, rival_trade, jansson_trade, bare_trade, 400000, 40000,
     "at least 45 times as fast (2.5 times yyjson, at 1/21 of jansson: 52)"},
    {"trade.mixed", product_trade, careful_trade, rival_trade, NULL, bare_trade, 400000, 0, NULL},
    {"quote", product_quote, NULL, rival_quote, NULL, bare_quote, 400000, 0, NULL},
    {"depth20", product_depth, NULL, rival_depth, jansson_depth, bare_depth, 40000, 5000,
     "at least 45 times as fast (2.5 times yyjson, at 1/18 of jansson)"}};

static int has_simdjson(const char **why)
{
#if defined(BENCH_SIMDJSON)
    *why = "not run: this processor lacks AVX2, which simdjson was built for";
    return simdjson_can_run();
#else
    *why = "not built: simdjson (Debian: libsimdjson-dev, g++) was not there, or not wanted";
    return 0;
#endif
}

static void check(struct bench *bench, struct decode *decode, const struct job *job,
                  const struct message *messages)
{
    const char *why;
    const bench_side_fn others[] = {job->careful, job->jansson, job->bare,
                                    has_simdjson(&why) ? job->simdjson : NULL};
    uint64_t sum = whole(decode, messages, job->product);
    int is_good = sum != 0;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        is_good &= others[i] == NULL || sum == whole(decode, messages, others[i]);
    bench_check(bench, is_good,
                "decode: %d %s messages of about %u bytes give the same records on every side",
                MESSAGES, job->name,
                messages != NULL ? messages[0].n : decode->quotes.messages[0].n);
}

static int compare(struct bench *bench, struct bench_pair *pair, const struct job *job,
                   const char *against)
{
    char name[48];

    snprintf(name, sizeof(name), "decode.%s%s", job->name, against);
    pair->name = name;
    return bench_compare(bench, pair);
}

static int run_job(struct bench *bench, struct decode *decode, const struct job *job)
{
    struct bench_pair pair = {.ctx = decode,
                              .op = "message",
                              .batch = 64,
                              .product = "the gateway's decoder",
                              .run_product = job->product,
                              .n = job->n};
    const char *why;
    int rc = AGON_OK;

    pair.yardstick = "simdjson on demand, with the same checks";
    pair.run_yardstick = job->simdjson;
    pair.goal_kind = BENCH_AT_LEAST;
    pair.goal = 2.5;
    pair.goal_text = "at least 2.5 times as fast (1.5 are required)";
    if (has_simdjson(&why)) {
        rc = compare(bench, &pair, job, ".simdjson");
    } else {
        char name[48];

        snprintf(name, sizeof(name), "decode.%s.simdjson", job->name);
        bench_absent(bench, name, why);
    }
    if (rc >= 0 && job->jansson != NULL) {
        pair.yardstick = "jansson: a tree, then its fields";
        pair.run_yardstick = job->jansson;
        pair.goal = 45;
        pair.goal_text = job->of_yyjson;
        pair.n = job->n_jansson;
        rc = compare(bench, &pair, job, ".jansson");
        pair.n = job->n;
    }
    pair.goal_kind = BENCH_NO_GOAL;
    pair.goal_text = NULL;
    if (rc >= 0 && job->careful != NULL) {
        pair.yardstick = "the same decoder, key by key";
        pair.run_yardstick = job->careful;
        rc = compare(bench, &pair, job, ".careful");
    }
    pair.yardstick = "a scanner for exactly this message: the limit one number at a time";
    pair.run_yardstick = job->bare;
    return rc < 0 ? rc : compare(bench, &pair, job, "");
}

int bench_decode(struct bench *bench, struct error *err)
{
    struct decode *decode = calloc(1, sizeof(*decode));
    const struct message *messages[] = {decode != NULL ? decode->trades : NULL,
                                        decode != NULL ? decode->mixed : NULL, NULL,
                                        decode != NULL ? decode->depths : NULL};
    int rc;

    if (decode == NULL)
        return AGON_ENOMEM;
    rc = quotes_open(&decode->quotes, err);
    if (rc >= 0)
        write_messages(decode);
    for (size_t i = 0; rc >= 0 && i < sizeof(jobs) / sizeof(jobs[0]); i++)
        check(bench, decode, &jobs[i], messages[i]);
    for (size_t i = 0; rc >= 0 && i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        decode->messages = messages[i];
        rc = run_job(bench, decode, &jobs[i]);
    }
    free(decode);
    return rc < 0 ? rc : bench_decode_venues(bench);
}
