// SPDX-License-Identifier: Apache-2.0
/* decode: a venue's JSON into records.
 *
 * The product is the decoder of the Binance gateway, which takes keys in any order and refuses what
 * is malformed. Yardsticks: jansson (a tree, then the fields), and a scanner that knows the one
 * message it reads byte for byte and checks next to nothing: what the machine allows. yyjson is not
 * in Debian 12; it took 1/18 (depth) to 1/21 (trade) of jansson's time where both were run, so 2.5
 * times as fast as yyjson is 45 and 52 times as fast as jansson. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"
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
    struct message trades[MESSAGES], depths[MESSAGES];
    struct quotes quotes;
    struct wire_out out;
    struct agon_level bid[LEVELS], ask[LEVELS];
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

static void check(struct bench *bench, struct decode *decode, const char *what,
                  const struct message *messages, bench_side_fn product, bench_side_fn jansson,
                  bench_side_fn bare)
{
    uint64_t sum = whole(decode, messages, product);

    bench_check(bench,
                sum != 0 && sum == whole(decode, messages, bare) &&
                    (jansson == NULL || sum == whole(decode, messages, jansson)),
                "decode: %d %s messages of about %u bytes give the same records on every side",
                MESSAGES, what, messages != NULL ? messages[0].n : decode->quotes.messages[0].n);
}

int bench_decode(struct bench *bench, struct error *err)
{
    struct decode *decode = calloc(1, sizeof(*decode));
    struct bench_pair pair = {.ctx = decode, .op = "message", .batch = 64};
    int rc;

    if (decode == NULL)
        return AGON_ENOMEM;
    rc = quotes_open(&decode->quotes, err);
    if (rc < 0)
        goto done;
    write_messages(decode);
    check(bench, decode, "trade", decode->trades, product_trade, jansson_trade, bare_trade);
    check(bench, decode, "depth", decode->depths, product_depth, jansson_depth, bare_depth);
    check(bench, decode, "quote", NULL, product_quote, NULL, bare_quote);
    pair.product = "the gateway's decoder";

    pair.yardstick = "jansson: a tree, then its fields";
    pair.goal_kind = BENCH_AT_LEAST;
    pair.goal = 45;
    pair.name = "decode.trade.jansson";
    pair.goal_text = "at least 45 times as fast (2.5 times yyjson, at 1/21 of jansson: 52)";
    pair.run_product = product_trade;
    pair.run_yardstick = jansson_trade;
    pair.n = 40000;
    decode->messages = decode->trades;
    rc = bench_compare(bench, &pair);

    pair.name = "decode.depth20.jansson";
    pair.goal_text = "at least 45 times as fast (2.5 times yyjson, at 1/18 of jansson)";
    pair.run_product = product_depth;
    pair.run_yardstick = jansson_depth;
    pair.n = 5000;
    decode->messages = decode->depths;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);

    pair.yardstick = "a scanner for exactly this message: the limit";
    pair.goal_kind = BENCH_NO_GOAL;
    pair.goal_text = NULL;
    pair.name = "decode.trade";
    pair.run_product = product_trade;
    pair.run_yardstick = bare_trade;
    pair.n = 400000;
    decode->messages = decode->trades;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);

    pair.name = "decode.quote";
    pair.run_product = product_quote;
    pair.run_yardstick = bare_quote;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);

    pair.name = "decode.depth20";
    pair.run_product = product_depth;
    pair.run_yardstick = bare_depth;
    pair.n = 40000;
    decode->messages = decode->depths;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
done:
    free(decode);
    return rc;
}
