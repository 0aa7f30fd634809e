// SPDX-License-Identifier: Apache-2.0
/* bracket: on a closed bar, where it holds nothing, it buys, at market or by a limit below the
 * close, and hands the host a stop, a target and a trailing stop around that price. The rest is the
 * host's: it never sells. */
#include <agon/agon.h>

enum { STOP = 1, TAKE = 2, HALF = 3, TRAIL = 4, BELOW = 5, QTY = 6 };

struct bracket {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_exit *exit;
    const struct agon_host_param *params;
    int64_t stop, take, half, trail, below, qty;
};

static int on_start(void *plugin, uint32_t reason)
{
    struct bracket *self = plugin;

    (void)reason;
    self->params->integer(self->host, STOP, &self->stop);
    self->params->integer(self->host, TAKE, &self->take);
    self->params->integer(self->host, HALF, &self->half);
    self->params->integer(self->host, TRAIL, &self->trail);
    self->params->integer(self->host, BELOW, &self->below);
    self->params->integer(self->host, QTY, &self->qty);
    return AGON_OK;
}

static agon_px_t away(agon_px_t px, int64_t ppm)
{
    return px + px / 1000 * ppm / 1000;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct bracket *self = plugin;
    struct agon_position position = {0};
    struct agon_exit standing = {0};
    agon_px_t px = away(bar->close_px, -self->below);
    struct agon_intent buy = {.kind = AGON_INTENT_ORDER,
                              .side = AGON_BUY,
                              .type = self->below > 0 ? AGON_LIMIT : AGON_MARKET,
                              .instrument = bar->hdr.instrument,
                              .client_ref = bar->hdr.seq,
                              .px = self->below > 0 ? px : 0,
                              .qty = self->qty};
    struct agon_exit_plan plan = {.instrument = bar->hdr.instrument,
                                  .side = AGON_BUY,
                                  .client_ref = 1,
                                  .trail_ppm = (uint32_t)self->trail,
                                  .stop_px = self->stop > 0 ? away(px, -self->stop) : 0,
                                  .take_px = {self->take > 0 ? away(px, self->take) : 0}};

    if (bar->length_s != 60 || self->orders->open_orders(self->host, NULL, 0) > 0)
        return AGON_OK;
    (void)self->account->position(self->host, 0, bar->hdr.instrument, &position);
    if (position.qty > 0 ||
        (self->exit->plans(self->host, &standing, 1) > 0 && standing.state != AGON_EXIT_WAITING))
        return AGON_OK;
    plan.take_ppm[0] = self->half != 0 ? 500000 : 0;
    if ((plan.stop_px > 0 || plan.trail_ppm > 0) && self->exit->set(self->host, &plan) < 0)
        return AGON_OK;
    return self->orders->submit(self->host, &buy, 1);
}

static const struct agon_handlers handlers = {.on_bar = on_bar};

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
    struct bracket *self;

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

#define PARAM(name_, id_, max_, def_, unit_, doc_)                                                 \
    static const struct agon_param name_ = {.size = sizeof(name_),                                 \
                                            .id = (id_),                                           \
                                            .type = AGON_INTEGER,                                  \
                                            .min = 0,                                              \
                                            .max = (max_),                                         \
                                            .def = (def_),                                         \
                                            .name = #name_,                                        \
                                            .unit = (unit_),                                       \
                                            .doc = (doc_)}
PARAM(stop, STOP, 900000, 0, "ppm", "below the price; 0: none");
PARAM(take, TAKE, 900000, 0, "ppm", "above the price; 0: none");
PARAM(half, HALF, 1, 0, "", "1: the target closes half of the position");
PARAM(trail, TRAIL, 900000, 0, "ppm", "distance of a stop that follows; 0: none");
PARAM(below, BELOW, 900000, 0, "ppm", "how far below the close it bids; 0: at market");
PARAM(qty, QTY, 1000000000, 1000, "", "of the order, in steps of the instrument");
static const struct agon_param *const params[] = {&stop, &take, &half, &trail, &below, &qty};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ACCOUNT, AGON_EXT_EXIT,
                                           AGON_EXT_PARAM, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_ADOPTS_ORDERS | AGON_STATELESS,
    .kind = AGON_STRATEGY,
    .n_params = 6,
    .id = "org.agon.test.bracket",
    .name = "bracket",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "a position between a stop and a target",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 2000,
    .event_mask = AGON_ON(AGON_EVENT_BAR),
    .arena_bytes = 65536,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.bracket", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
