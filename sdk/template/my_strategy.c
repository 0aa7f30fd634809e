// SPDX-License-Identifier: MIT
/* my_strategy: long one unit of one instrument while the fast average of its trades is above the
 * slow one, flat otherwise.
 *
 * The smallest plugin that trades, meant to be changed. What to know before you do:
 *  - all that must survive a reload is in struct my_state: fixed widths, no pointers;
 *  - memory comes from the arena, time from the clock service, never from libc;
 *  - what you hold is what the FILL events say, never what you asked for;
 *  - the price in an event is a count of 10^-px_exp, and so is the price in an intent. */
#include <agon/agon.h>

#define STATE_SCHEMA 1 /* + 1 when struct my_state changes, and load_state reads both */
#define REST_TRADES  1000

enum { PARAM_FAST = 1, PARAM_SLOW = 2, PARAM_QTY = 3 };

struct my_state {
    agon_instrument_t instrument; /* the market it trades: the first of which a trade comes */
    uint32_t pad;                 /* 0 */
    double fast_px, slow_px;
    agon_qty_t held_qty;
    uint64_t next_ref; /* of the next order */
    uint64_t working;  /* client_ref of the order under way; 0: none */
    uint64_t n_trades;
    uint64_t rest_until; /* after a refusal: count of trades before the next order */
};
struct my_strategy {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_instrument *instruments;
    double fast_weight, slow_weight;
    agon_qty_t order_qty;
    int64_t slow;
    struct my_state state;
};

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct my_strategy *self = plugin;
    struct my_state *state = &self->state;
    double px = (double)trade->px;
    struct agon_instrument instrument;
    agon_qty_t change_qty;
    int wants;

    if (state->instrument == 0)
        state->instrument = trade->hdr.instrument;
    if (trade->hdr.instrument != state->instrument)
        return AGON_OK;
    state->fast_px += (px - state->fast_px) * (state->n_trades ? self->fast_weight : 1.0);
    state->slow_px += (px - state->slow_px) * (state->n_trades ? self->slow_weight : 1.0);
    state->n_trades++;
    if (state->n_trades < (uint64_t)self->slow || state->n_trades < state->rest_until ||
        state->working != 0)
        return AGON_OK; // not warm yet, resting, or the last order is still under way
    if (self->instruments->get(self->host, trade->hdr.instrument, &instrument) < 0)
        return AGON_ENOENT;
    wants = state->fast_px > state->slow_px;
    // A fee may have come off what was bought: half of it and more counts as held, and what is sold
    // is whole lots of what is left.
    if (wants == (state->held_qty > self->order_qty / 2))
        return AGON_OK;
    change_qty = wants ? self->order_qty - state->held_qty : -state->held_qty;
    change_qty -= change_qty % instrument.lot_qty;
    if (change_qty == 0)
        return AGON_OK;

    struct agon_intent intent = {
        .kind = AGON_INTENT_ORDER,
        .type = AGON_MARKET,
        .side = change_qty > 0 ? AGON_BUY : AGON_SELL,
        .instrument = trade->hdr.instrument,
        .qty = change_qty > 0 ? change_qty : -change_qty,
        .client_ref = state->next_ref + 1,
    };
    if (self->orders->submit(self->host, &intent, 1) < 0)
        return AGON_OK; // the ring is full: the same intent comes up again on the next trade
    state->working = ++state->next_ref;
    return AGON_OK;
}

static int on_fill(void *plugin, const struct agon_fill *fill)
{
    struct my_state *state = &((struct my_strategy *)plugin)->state;

    if (fill->hdr.instrument == state->instrument)
        state->held_qty = fill->position_qty;
    return AGON_OK;
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct my_strategy *self = plugin;

    if (order->client_ref != self->state.working || !agon_is_final(order))
        return AGON_OK;
    self->state.working = 0;
    // order->reason says why (agon/codes.h). Asking again at once would only be refused again.
    if (order->state == AGON_ORDER_REJECTED)
        self->state.rest_until = self->state.n_trades + REST_TRADES;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {
        .on_trade = on_trade, .on_order = on_order, .on_fill = on_fill};

    (void)nth; // the host's proof that nothing was lost; a strategy has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct my_strategy *)plugin)->state, sizeof(struct my_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct my_state state;
    int rc = schema == STATE_SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc >= 0) // all or nothing: a failure leaves the state as it was
        ((struct my_strategy *)plugin)->state = state;
    return rc;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    const struct agon_host_param *param = host->get_extension(host, AGON_EXT_PARAM);
    struct agon_agent mine = {.size = sizeof(mine),
                              .on_event = on_event,
                              .save_state = save_state,
                              .load_state = load_state,
                              .destroy = destroy};
    struct my_strategy *self;
    int64_t fast, slow, qty;

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL || param == NULL)
        return AGON_ENOTSUP;
    self = arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    if (param->integer(host, PARAM_FAST, &fast) < 0 ||
        param->integer(host, PARAM_SLOW, &slow) < 0 || param->integer(host, PARAM_QTY, &qty) < 0 ||
        fast >= slow)
        return AGON_EINVAL;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->instruments = host->get_extension(host, AGON_EXT_INSTRUMENT);
    if (self->orders == NULL || self->instruments == NULL)
        return AGON_ENOTSUP;
    self->fast_weight = 2.0 / (double)(fast + 1);
    self->slow_weight = 2.0 / (double)(slow + 1);
    self->slow = slow;
    self->order_qty = qty;

    mine.self = self;
    return agon_agent_set(agent, &mine);
}

static const struct agon_param fast = {.size = sizeof(fast),
                                       .id = PARAM_FAST,
                                       .type = AGON_INTEGER,
                                       .flags = AGON_PARAM_RESTART | AGON_PARAM_TUNABLE,
                                       .min = 1,
                                       .max = 1000,
                                       .def = 12,
                                       .step = 1,
                                       .name = "fast",
                                       .unit = "trades",
                                       .doc = "length of the fast average"};
static const struct agon_param slow = {.size = sizeof(slow),
                                       .id = PARAM_SLOW,
                                       .type = AGON_INTEGER,
                                       .flags = AGON_PARAM_RESTART | AGON_PARAM_TUNABLE,
                                       .min = 2,
                                       .max = 10000,
                                       .def = 26,
                                       .step = 1,
                                       .name = "slow",
                                       .unit = "trades",
                                       .doc = "length of the slow average"};
static const struct agon_param order_qty = {.size = sizeof(order_qty),
                                            .id = PARAM_QTY,
                                            .type = AGON_INTEGER,
                                            .flags = AGON_PARAM_RESTART,
                                            .min = 1,
                                            .max = 1e15,
                                            .def = 1000,
                                            .step = 1,
                                            .name = "order_qty",
                                            .unit = "10^-qty_exp",
                                            .doc = "how much to hold"};
static const struct agon_param *const params[] = {&fast, &slow, &order_qty};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_INSTRUMENT};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.example.my_strategy",
    .name = "my_strategy",
    .vendor = "you",
    .version = "0.1.0",
    .summary = "Follows the crossing of two averages.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_FILL) | AGON_ON(AGON_EVENT_ORDER),
    .arena_bytes = 4096};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.example.my_strategy", "0.1.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
