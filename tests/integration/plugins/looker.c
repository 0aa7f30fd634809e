// SPDX-License-Identifier: Apache-2.0
/* looker: hears of bars and of what is its own, and of no book; at each event it looks at the books
 * all the same. What it has seen so far, each byte of it, is the client_ref of what it wants. */
#include <agon/agon.h>

struct looker {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_clock *clock;
    const struct agon_host_book *book;
    uint64_t seen;
    uint64_t n_bars;
};

static void fold(struct looker *self, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    while (n-- > 0)
        self->seen = (self->seen ^ *at++) * 0x100000001b3u;
}

static void look(struct looker *self, agon_instrument_t id)
{
    struct agon_top10 top = {.n_bid = 0};
    struct agon_level levels[10];
    agon_qty_t limit = self->account->limit(self->host, 0, id);
    int rc = self->book->top(self->host, id, &top);
    int n = self->book->levels(self->host, id, AGON_SELL, levels, 10);

    fold(self, &limit, sizeof(limit));
    fold(self, &rc, sizeof(rc));
    fold(self, &top, sizeof(top));
    if (n > 0)
        fold(self, levels, (size_t)n * sizeof(levels[0]));
}

/* Some far away that stand, one at the market: where a loss limit is reached all of them go. */
static int act(struct looker *self, const struct agon_bar *bar)
{
    uint64_t turn = self->n_bars++ % 4;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = turn == 1 ? AGON_MARKET : AGON_LIMIT,
                                 .instrument = bar->hdr.instrument,
                                 .client_ref = self->seen | 1,
                                 .px = turn == 1 ? 0 : bar->close_px - bar->close_px / 50,
                                 .qty = 20000};
    int rc = turn == 3 ? AGON_OK : self->orders->submit(self->host, &intent, 1);

    return rc == AGON_EAGAIN ? AGON_OK : rc;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct looker *self = plugin;

    (void)nth;
    fold(self, event, sizeof(*event));
    for (agon_instrument_t id = 1; id <= 2; id++)
        look(self, id);
    return event->type == AGON_EVENT_BAR ? act(self, (const void *)event) : AGON_OK;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct looker *self = plugin;

    (void)reason;
    self->seen = 0xcbf29ce484222325u;
    look(self, 1);
    return self->clock->arm(self->host, self->clock->now(self->host) + 1000000000, 90000000000, 1) >
                   0
               ? AGON_OK
               : AGON_EINVAL;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct looker *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->account = host->get_extension(host, AGON_EXT_ACCOUNT);
    self->clock = host->get_extension(host, AGON_EXT_CLOCK);
    self->book = host->get_extension(host, AGON_EXT_BOOK);
    if (self->orders == NULL || self->account == NULL || self->clock == NULL || self->book == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .destroy = destroy});
}

static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ACCOUNT, AGON_EXT_CLOCK,
                                           AGON_EXT_BOOK, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.looker",
    .name = "looker",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "looks at books that it does not hear of",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 2000,
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_TIMER) | AGON_ON(AGON_EVENT_ORDER) |
                  AGON_ON(AGON_EVENT_FILL),
    .arena_bytes = 4096,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.looker", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
