// SPDX-License-Identifier: Apache-2.0
/* weigher: buys at market with every tenth trade that it sees, as many parts of it as its file
 * "weights" says: a number in digits. For tests of files that agents are given. Built with
 * WEIGHER_WRITES it writes into what it was given. */
#include <stdio.h>

#include <agon/strategy.h>

struct weigher {
    struct agon_strategy base;
    int64_t weight;
    struct weigher_state {
        uint64_t n, ref;
    } state;
};

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct weigher *self = plugin;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_MARKET,
                                 .instrument = trade->hdr.instrument};

    if (++self->state.n % 10 != 0)
        return AGON_OK;
    intent.client_ref = ++self->state.ref;
    intent.qty = trade->qty / 1000 * self->weight + 1000;
    (void)self->base.desk.orders->submit(self->base.desk.host, &intent, 1);
    return AGON_OK;
}

/* A number in digits, and in the log what it is. */
static int init(void *plugin)
{
    struct weigher *self = plugin;
    const struct agon_host *host = self->base.desk.host;
    const struct agon_host_asset *asset = host->get_extension(host, AGON_EXT_ASSET);
    const struct agon_host_log *log = host->get_extension(host, AGON_EXT_LOG);
    char line[32];
    struct agon_asset_map map;
    const char *text;
    int rc = asset->map(host, "weights", &map);

    if (rc < 0)
        return rc;
    text = map.bytes;
    for (uint64_t i = 0; i < map.n && text[i] >= '0' && text[i] <= '9'; i++)
        self->weight = self->weight * 10 + text[i] - '0';
    if (self->weight < 1 || self->weight > 999)
        return AGON_ECORRUPT;
    (void)snprintf(line, sizeof(line), "weight %03d of %02x%02x%02x%02x", (int)self->weight,
                   map.sha256[0], map.sha256[1], map.sha256[2], map.sha256[3]);
#ifdef WEIGHER_WRITES
    *(volatile char *)(uintptr_t)map.bytes = '9';
#endif
    return log->line(host, AGON_INFO, line);
}

static const struct agon_handlers handlers = {.on_trade = on_trade};
static const struct agon_rule rule = {AGON_RULE(struct weigher), .init = init, .on = &handlers};
AGON_NO_PARAMS(struct weigher);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_ASSET, AGON_EXT_LOG);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct weigher, 100000),
    .kind = AGON_STRATEGY,
    .caps = AGON_ADOPTS_ORDERS,
    AGON_NAMED("org.agon.test.weigher", "1.0.0", "weigher", "Agon"),
    .summary = "buys by a weight",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_TRADE)};
AGON_PLUGIN("org.agon.test.weigher", "1.0.0", descriptor, rule);
