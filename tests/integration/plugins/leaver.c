// SPDX-License-Identifier: Apache-2.0
/* leaver: buys at market and hands the host a trailing stop in the same event; when that has closed
 * the position it buys again. It looks after nothing itself: it may be killed at any moment. */
#include <agon/agon.h>

enum { TRAIL = 1, QTY = 2, REST = 50 };

struct leaver {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_exit *exit;
    const struct agon_host_param *params;
    int64_t trail, qty;
    int64_t rest; /* events for which what was asked for may still be under way */
};

static int on_start(void *plugin, uint32_t reason)
{
    struct leaver *self = plugin;

    (void)reason;
    self->params->integer(self->host, TRAIL, &self->trail);
    self->params->integer(self->host, QTY, &self->qty);
    self->rest = self->exit->plans(self->host, NULL, 0) > 0 ? REST : 0;
    return AGON_OK;
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct leaver *self = plugin;
    struct agon_position position = {0};
    struct agon_exit standing = {0};
    struct agon_intent buy = {.kind = AGON_INTENT_ORDER,
                              .side = AGON_BUY,
                              .type = AGON_MARKET,
                              .instrument = top->hdr.instrument,
                              .client_ref = top->hdr.seq,
                              .qty = self->qty};
    struct agon_exit_plan plan = {.instrument = top->hdr.instrument,
                                  .side = AGON_BUY,
                                  .client_ref = top->hdr.seq,
                                  .trail_ppm = (uint32_t)self->trail};

    if (top->n_bid == 0 || top->n_ask == 0 || self->orders->open_orders(self->host, NULL, 0) > 0 ||
        self->rest-- > 0)
        return AGON_OK;
    // Where the order that it was for never came to anything, the same plan serves the next one.
    if (self->exit->plans(self->host, &standing, 1) > 0) {
        if (standing.state != AGON_EXIT_WAITING)
            return AGON_OK;
        plan.client_ref = standing.client_ref;
    }
    (void)self->account->position(self->host, 0, top->hdr.instrument, &position);
    if (position.qty >= self->qty / 2 || self->exit->set(self->host, &plan) < 0)
        return AGON_OK;
    self->rest = REST;
    return self->orders->submit(self->host, &buy, 1);
}

static const struct agon_handlers handlers = {.on_top10 = on_top10};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct leaver *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->account = host->get_extension(host, AGON_EXT_ACCOUNT);
    self->exit = host->get_extension(host, AGON_EXT_EXIT);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    if (self->orders == NULL || self->account == NULL || self->exit == NULL || self->params == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .destroy = destroy});
}

static const struct agon_param trail = {.size = sizeof(trail),
                                        .id = TRAIL,
                                        .type = AGON_INTEGER,
                                        .min = 1,
                                        .max = 900000,
                                        .def = 500,
                                        .name = "trail",
                                        .unit = "ppm",
                                        .doc = "distance of the stop"};
static const struct agon_param qty = {.size = sizeof(qty),
                                      .id = QTY,
                                      .type = AGON_INTEGER,
                                      .min = 1,
                                      .max = 1000000,
                                      .def = 2000,
                                      .name = "qty",
                                      .unit = "",
                                      .doc = "of the order, in steps of the instrument"};
static const struct agon_param *const params[] = {&trail, &qty};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ACCOUNT, AGON_EXT_EXIT,
                                           AGON_EXT_PARAM, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_ADOPTS_ORDERS | AGON_STATELESS,
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.leaver",
    .name = "leaver",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "a position and its way out",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 2000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10),
    .arena_bytes = 65536,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.leaver", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
