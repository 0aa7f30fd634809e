// SPDX-License-Identifier: Apache-2.0
/* fed: long while what it is told will be dearer than what it sees, flat otherwise. What it is told
 * comes as INDEX, from a test that knows the future (tools/fed.c); with from_s and to_s it needs
 * nobody: it has the times of the past by heart. */
#include <agon/agon.h>

enum { P_FROM = 1, P_TO };

#define SECOND_NS ((agon_ns_t)1000000000)
#define NOTIONAL  10000 /* of its position, in the quote */

struct state {
    agon_px_t px;
    agon_qty_t held_qty;
    uint64_t working, next_ref; /* client_ref; 0: none */
};
struct fed {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_param *params;
    const struct agon_host_instrument *instruments;
    struct agon_instrument instrument;
    int64_t from_s, to_s;
    struct state state;
};

static void go(struct fed *self, int is_long)
{
    struct state *state = &self->state;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = is_long ? AGON_BUY : AGON_SELL,
                                 .type = AGON_MARKET,
                                 .instrument = 1,
                                 .qty = state->held_qty};
    double units = (double)NOTIONAL / (double)(state->px > 0 ? state->px : 1);

    if (state->px <= 0 || state->working != 0 || is_long == (state->held_qty > 0))
        return;
    for (int i = 0; i < self->instrument.px_exp + self->instrument.qty_exp; i++)
        units *= 10.0;
    if (is_long)
        intent.qty = (agon_qty_t)units;
    intent.client_ref = ++state->next_ref;
    if (self->orders->submit(self->host, &intent, 1) >= 0)
        state->working = intent.client_ref;
}

static void see(struct fed *self, const struct agon_event_hdr *event, agon_px_t px)
{
    if (event->instrument != 1 || px <= 0)
        return;
    self->state.px = px;
    if (self->to_s > 0)
        go(self, event->t >= self->from_s * SECOND_NS && event->t < self->to_s * SECOND_NS);
}

static int on_quote(void *plugin, const struct agon_quote *quote)
{
    see(plugin, &quote->hdr, (quote->bid_px + quote->ask_px) / 2);
    return AGON_OK;
}

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    see(plugin, &trade->hdr, trade->px);
    return AGON_OK;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    see(plugin, &bar->hdr, bar->close_px);
    return AGON_OK;
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct state *state = &((struct fed *)plugin)->state;

    if (agon_is_final(order) && order->client_ref == state->working)
        state->working = 0;
    return AGON_OK;
}

static int on_fill(void *plugin, const struct agon_fill *fill)
{
    ((struct fed *)plugin)->state.held_qty = fill->position_qty;
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct fed *self = plugin;

    if (event->type == AGON_EVENT_INDEX && event->instrument == 1)
        go(self, ((const struct agon_value *)(const void *)event)->value > self->state.px);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_quote = on_quote,
                                                  .on_trade = on_trade,
                                                  .on_bar = on_bar,
                                                  .on_order = on_order,
                                                  .on_fill = on_fill,
                                                  .on_other = on_other};

    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct fed *self = plugin;

    (void)reason;
    self->params->integer(self->host, P_FROM, &self->from_s);
    self->params->integer(self->host, P_TO, &self->to_s);
    return self->instruments->get(self->host, 1, &self->instrument);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct fed *)plugin)->state, sizeof(struct state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct state state;
    int rc = schema == 1 ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc >= 0)
        ((struct fed *)plugin)->state = state;
    return rc;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct fed *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->instruments = host->get_extension(host, AGON_EXT_INSTRUMENT);
    if (self->orders == NULL || self->params == NULL || self->instruments == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .destroy = destroy});
}

AGON_NUMBER(from_s, P_FROM, AGON_INTEGER, AGON_PARAM_RESTART, 0, 4102444800, 0, 0, "s",
            "long from then on");
AGON_NUMBER(to_s, P_TO, AGON_INTEGER, AGON_PARAM_RESTART, 0, 4102444800, 0, 0, "s",
            "and until then; 0: by what it is told");
static const struct agon_param *const params[] = {&from_s, &to_s};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM, AGON_EXT_ARENA,
                                           AGON_EXT_INSTRUMENT};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.fed",
    .name = "fed",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "long while it is told of higher prices",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = 1,
    .state_schema_oldest = 1,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_QUOTE) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_BAR) |
                  AGON_ON(AGON_EVENT_INDEX) | AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL),
    .arena_bytes = 65536,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.fed", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
