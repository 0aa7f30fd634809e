// SPDX-License-Identifier: Apache-2.0
/* weigher: buys at market with every tenth trade that it sees, as many parts of it as its file
 * "weights" says: a number in digits. For tests of files that agents are given. Built with
 * WEIGHER_WRITES it writes into what it was given. */
#include <agon/agon.h>

struct weigher {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    int64_t weight;
    struct weigher_state {
        uint64_t n, ref;
    } state;
};

static int on_start(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct weigher *self = plugin;
    const struct agon_trade *trade = (const struct agon_trade *)(const void *)event;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_MARKET,
                                 .instrument = event->instrument};

    (void)nth;
    if (event->type != AGON_EVENT_TRADE || ++self->state.n % 10 != 0)
        return AGON_OK;
    intent.client_ref = ++self->state.ref;
    intent.qty = trade->qty / 1000 * self->weight + 1000;
    (void)self->orders->submit(self->host, &intent, 1);
    return AGON_OK;
}

static int on_stop(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct weigher *)plugin)->state, sizeof(struct weigher_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    return schema == 1
               ? agon_read(in, &((struct weigher *)plugin)->state, sizeof(struct weigher_state))
               : AGON_EVERSION;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

/* A number in digits, and in the log what it is. */
static int read_weight(struct weigher *self, const struct agon_host *host)
{
    const struct agon_host_asset *asset = host->get_extension(host, AGON_EXT_ASSET);
    const struct agon_host_log *log = host->get_extension(host, AGON_EXT_LOG);
    char line[] = "weight 000 of 00000000";
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
    for (int i = 0, of = 100; i < 3; i++, of /= 10)
        line[7 + i] = (char)('0' + self->weight / of % 10);
    for (int i = 0; i < 8; i++)
        line[14 + i] = "0123456789abcdef"[map.sha256[i / 2] >> (i % 2 ? 0 : 4) & 15];
#ifdef WEIGHER_WRITES
    *(volatile char *)(uintptr_t)map.bytes = '9';
#endif
    return log->line(host, AGON_INFO, line);
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct weigher *self;
    int rc;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    rc = read_weight(self, host);
    if (rc < 0)
        return rc;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .destroy = destroy});
}

static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ARENA, AGON_EXT_ASSET,
                                           AGON_EXT_LOG};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.weigher",
    .name = "weigher",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "buys by a weight",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE),
    .arena_bytes = 4096,
    .state_schema = 1,
    .state_schema_oldest = 1,
    .caps = AGON_ADOPTS_ORDERS,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.weigher", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
