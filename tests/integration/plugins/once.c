// SPDX-License-Identifier: Apache-2.0
/* once: places one order a hundredth below the bid and, as it is told to, cancels or replaces it
 * when it is open, or takes its time when it is placed; then nothing more. Or a stop to buy, close
 * above the ask, so that it is triggered, or far above. For tests in which the fate of one request
 * is at stake. */
#include <agon/agon.h>

#define TURNS 4000000000 /* with 4: called by the core, it holds that up */

enum { WHAT = 1, QTY = 2 };
enum { NEW = 1, CANCEL = 2, REPLACE = 3, LINGER = 4, STOP = 5, STOP_FAR = 6 };

struct state {
    uint64_t is_placed, is_done;
    int64_t px;
};
struct once {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_param *params;
    int64_t what, qty;
    agon_instrument_t instrument; /* of px, where the order waits for a trade */
    struct state state;
};

static int on_start(void *plugin, uint32_t reason)
{
    struct once *self = plugin;

    (void)reason;
    self->params->integer(self->host, WHAT, &self->what);
    self->params->integer(self->host, QTY, &self->qty);
    return AGON_OK;
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct once *self = plugin;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = top->hdr.instrument,
                                 .client_ref = 1,
                                 .qty = self->qty};

    if (self->state.is_placed || top->n_bid == 0 || top->n_ask == 0)
        return AGON_OK;
    self->state.px = intent.px = top->bid[0].px - top->bid[0].px / 100;
    if (self->what >= STOP) {
        intent.type = AGON_STOP_LIMIT;
        intent.trigger_px = top->ask[0].px + (self->what == STOP ? 2 : top->ask[0].px / 100);
        intent.px = intent.trigger_px + top->ask[0].px / 200;
    }
    // Books come as regularly as views do; the one that lingers does so in between.
    self->instrument = self->what == LINGER ? top->hdr.instrument : 0;
    if (self->instrument != 0)
        return AGON_OK;
    self->state.is_placed = 1;
    return self->orders->submit(self->host, &intent, 1);
}

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct once *self = plugin;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = trade->hdr.instrument,
                                 .client_ref = 1,
                                 .px = self->state.px,
                                 .qty = self->qty};

    if (self->state.is_placed || self->instrument != trade->hdr.instrument)
        return AGON_OK;
    self->state.is_placed = 1;
    return self->orders->submit(self->host, &intent, 1);
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct once *self = plugin;
    struct agon_intent intent = {.kind = AGON_INTENT_CANCEL,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = order->hdr.instrument,
                                 .client_ref = 1};

    if (self->what == LINGER && !self->state.is_done) {
        self->state.is_done = 1;
        for (volatile uint64_t i = 0; i < TURNS; i++)
            ;
    }
    // Prices may have passed it on its way: then another is placed.
    if (self->what >= STOP && order->state == AGON_ORDER_REJECTED)
        self->state.is_placed = 0;
    if (self->what == NEW || self->what >= STOP || self->state.is_done ||
        order->state != AGON_ORDER_OPEN)
        return AGON_OK;
    self->state.is_done = 1;
    if (self->what == REPLACE) {
        intent.kind = AGON_INTENT_REPLACE;
        intent.px = self->state.px - self->state.px / 100;
        intent.qty = self->qty;
    }
    return self->orders->submit(self->host, &intent, 1);
}

static const struct agon_handlers handlers = {
    .on_top10 = on_top10, .on_trade = on_trade, .on_order = on_order};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct once *)plugin)->state, sizeof(struct state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct state state;
    int rc = schema == 1 ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc >= 0)
        ((struct once *)plugin)->state = state;
    return rc;
}

static int on_stop(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct once *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    if (self->orders == NULL || self->params == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param what = {.size = sizeof(what),
                                       .id = WHAT,
                                       .type = AGON_INTEGER,
                                       .min = 1,
                                       .max = 6,
                                       .def = 1,
                                       .name = "what",
                                       .unit = "",
                                       .doc = "1: the order alone; 2: cancelled; 3: replaced; 4: "
                                              "slowly; 5: a stop close to the ask; 6: one "
                                              "far above it"};
static const struct agon_param qty = {.size = sizeof(qty),
                                      .id = QTY,
                                      .type = AGON_INTEGER,
                                      .min = 1,
                                      .max = 1000000,
                                      .def = 1000,
                                      .name = "qty",
                                      .unit = "",
                                      .doc = "of the order, in steps of the instrument"};
static const struct agon_param *const params[] = {&what, &qty};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.once",
    .name = "once",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "one order and what becomes of it",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = 1,
    .state_schema_oldest = 1,
    .budget_ns = 2000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_ORDER),
    .arena_bytes = 65536,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.once", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
