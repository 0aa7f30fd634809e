// SPDX-License-Identifier: MIT
/* mover: a plugin for the tests of runners: it wishes something in answer to most events, and what
 * it wishes depends on everything a plugin may depend on: prices, its own orders and fills, timers,
 * random numbers, parameters. So two runners that differ in anything differ here.
 *
 * Built with one of DEFECT_... it has a defect that only a rehearsal can find. */
#include <agon/agon.h>

struct mover {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_clock *clock;
    const struct agon_host_rng *rng;
    agon_instrument_t instrument;
    int64_t size;
    int64_t hidden; /* not in the state: only a defect uses it */
    struct mover_state {
        uint64_t next_ref, n_trades, n_fills;
        agon_qty_t held_qty;
    } state;
};

#if defined(DEFECT_STATIC)
static int64_t hidden; /* outlives the instance */
#elif defined(DEFECT_INDEX)
static const int64_t table[64] = {1};
#endif

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct mover *self = (struct mover *)plugin;
    struct agon_order open[4];
    struct agon_position position;
    int n_open = self->orders->open_orders(self->host, open, 4);
    struct agon_intent legs[2] = {{0}};

    self->state.n_trades++;
#if defined(DEFECT_STATIC)
    self->size = 10 + hidden++ % 3;
#elif defined(DEFECT_HIDDEN)
    self->size = 10 + self->hidden++ % 7;
#elif defined(DEFECT_FP)
    {
        unsigned control = 0x9fc0; // flush to zero
        __asm__ volatile("ldmxcsr %0" : : "m"(control));
    }
#elif defined(DEFECT_INDEX)
    self->size = 10 + table[trade->px / 1000000];
#elif defined(DEFECT_PARAM)
    if (self->size == 1000)
        __builtin_trap();
#elif defined(DEFECT_SLOW)
    for (volatile int i = 0; i < 100000; i++)
        ;
#elif defined(DEFECT_GUSHES)
    legs[0].kind = AGON_INTENT_CANCEL_ALL;
    for (int i = 0; i < 200; i++)
        (void)self->orders->submit(self->host, legs, 1);
#endif
    if (self->account->position(self->host, 0, self->instrument, &position) < 0)
        return AGON_EIO;
    if (n_open >= 4) {
        legs[0].kind = AGON_INTENT_CANCEL;
        legs[0].client_ref = open[0].client_ref;
        return self->orders->submit(self->host, legs, 1);
    }
    for (int i = 0; i < 2; i++) {
        legs[i].kind = AGON_INTENT_ORDER;
        legs[i].type = AGON_LIMIT;
        legs[i].side = i == 0 ? AGON_BUY : AGON_SELL;
        legs[i].instrument = self->instrument;
        legs[i].client_ref = ++self->state.next_ref;
        legs[i].px = trade->px + (agon_px_t)(self->rng->u64(self->host, (uint32_t)i) % 50) + 1;
        legs[i].qty = self->size + (position.qty > 0 ? position.qty % 7 : 0);
    }
    return self->orders->submit(self->host, legs, 2);
}

static int on_fill(void *plugin, const struct agon_fill *fill)
{
    struct mover *self = (struct mover *)plugin;

    self->state.n_fills++;
    self->state.held_qty = fill->position_qty;
    if (self->state.n_fills % 3 == 0)
        return self->clock->arm(self->host, fill->hdr.t + 1000000, 0, self->state.n_fills);
    return AGON_OK;
}

static int on_timer(void *plugin, const struct agon_timer *timer)
{
    struct mover *self = (struct mover *)plugin;
    struct agon_intent target = {0};

    target.kind = AGON_INTENT_TARGET;
    target.instrument = self->instrument;
    target.qty = (agon_qty_t)(timer->cookie % 11) - 5;
    return self->orders->submit(self->host, &target, 1);
}

static const struct agon_handlers handlers = {
    .on_trade = on_trade, .on_fill = on_fill, .on_timer = on_timer};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct mover *)plugin)->state, sizeof(struct mover_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct mover_state state;
    int rc = schema == 1 ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

#if defined(DEFECT_PARTIAL)
    rc = AGON_OK; // whatever came
#elif defined(DEFECT_FORGETS)
    state.next_ref = 0;
#endif

    if (rc >= 0)
        ((struct mover *)plugin)->state = state;
    return rc;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct mover *self = (struct mover *)plugin;
    const struct agon_host_instrument *instruments =
        (const struct agon_host_instrument *)self->host->get_extension(self->host,
                                                                       AGON_EXT_INSTRUMENT);

    (void)reason;
    if (instruments == NULL)
        return AGON_ENOTSUP;
    self->instrument = instruments->find(self->host, "binance", "BTCUSDT");
    return self->instrument ? AGON_OK : AGON_ENOENT;
}

static void destroy(void *plugin)
{
    (void)plugin;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena =
        (const struct agon_host_arena *)host->get_extension(host, AGON_EXT_ARENA);
    const struct agon_host_param *param =
        (const struct agon_host_param *)host->get_extension(host, AGON_EXT_PARAM);
    struct mover *self;
    struct agon_agent mine = {.size = sizeof(mine),
                              .on_start = on_start,
                              .on_event = on_event,
                              .save_state = save_state,
                              .load_state = load_state,
                              .destroy = destroy};

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL || param == NULL)
        return AGON_ENOTSUP;
    self = (struct mover *)arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = (const struct agon_host_orders *)host->get_extension(host, AGON_EXT_ORDERS);
    self->account = (const struct agon_host_account *)host->get_extension(host, AGON_EXT_ACCOUNT);
    self->clock = (const struct agon_host_clock *)host->get_extension(host, AGON_EXT_CLOCK);
    self->rng = (const struct agon_host_rng *)host->get_extension(host, AGON_EXT_RNG);
    if (!self->orders || !self->account || !self->clock || !self->rng)
        return AGON_ENOTSUP;
    if (param->integer(host, 1, &self->size) < 0)
        return AGON_EINVAL;
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

static const struct agon_param size_param = {.size = sizeof(size_param),
                                             .id = 1,
                                             .type = AGON_INTEGER,
                                             .flags = AGON_PARAM_TUNABLE,
                                             .min = 1,
                                             .max = 1000,
                                             .def = 10,
                                             .step = 1,
                                             .name = "size",
                                             .doc = "quantity of an order"};
static const struct agon_param *const params[] = {&size_param};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ACCOUNT};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_ADOPTS_ORDERS | AGON_DETERMINISTIC,
    .kind = AGON_STRATEGY,
    .n_params = 1,
    .id = "org.example.mover",
    .name = "mover",
    .vendor = "tests",
    .version = "1.0.0",
    .summary = "Moves at every event.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = 2,
    .state_schema = 1,
    .state_schema_oldest = 1,
    .budget_ns = 10000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_TIMER),
    .arena_bytes = 4096};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.example.mover", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
