// SPDX-License-Identifier: MIT
/* relay: a plugin for the tests of reload: it holds a position and a resting order, counts whether
 * nth is consecutive, and its state is a hash of all that it was told. So two lives that differ in
 * one event differ at the end. Built with VERSION_... it is another version of itself; parameters
 * make it crash, hang or flood at one of its events. */
#include <agon/agon.h>

#if defined(VERSION_MINOR) // another version of the SDK
#undef AGON_ABI_MINOR
#define AGON_ABI_MINOR VERSION_MINOR
#endif

#if defined(VERSION_2)
#define VERSION "2.0.0"
#define SCHEMA  2
#else
#define VERSION "1.0.0"
#define SCHEMA  1
#endif

enum { P_FAULT = 1, P_AT = 2 };
enum { FAULT_NONE = 0, FAULT_CRASH = 1, FAULT_HANG = 2, FAULT_FLOOD = 3, FAULT_ALWAYS = 4 };

struct relay_state {
    uint64_t n, hash, last_nth, n_gaps, next_ref, resting_ref, n_fills;
    agon_qty_t held_qty;
#if defined(VERSION_HOLDS)
    uint64_t former_refs[2];
#endif
};
struct relay {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_account *account;
    const struct agon_host_metric *metric;
    agon_instrument_t instrument;
    int64_t fault, at;
    uint32_t start, n_live;
    struct relay_state state;
};

static void mix(struct relay *self, uint64_t value)
{
    self->state.hash = (self->state.hash ^ value) * 0x9e3779b97f4a7c15u;
    self->state.hash ^= self->state.hash >> 29;
}

static int submit(struct relay *self, uint8_t kind, uint8_t side, agon_px_t px, uint64_t ref)
{
    struct agon_intent intent;

    memset(&intent, 0, sizeof(intent));
    intent.kind = kind;
    intent.instrument = self->instrument;
    intent.client_ref = ref;
    if (kind == AGON_INTENT_ORDER) {
        intent.side = side;
        intent.type = px > 0 ? AGON_LIMIT : AGON_MARKET;
        intent.px = px;
        intent.qty = 10000;
#if defined(VERSION_WRONG)
        intent.qty = self->state.n > 3000 ? 10001 : 10000;
#endif
    }
    return self->orders->submit(self->host, &intent, 1);
}

static void fail_if_told(struct relay *self, uint64_t nth)
{
    if (self->fault == FAULT_NONE || (int64_t)nth < self->at ||
        (self->fault != FAULT_ALWAYS &&
         (self->start != AGON_START_FRESH || (int64_t)nth != self->at)))
        return;
    if (self->fault == FAULT_HANG) {
        for (volatile int i = 0; i >= 0; i = 1)
            ;
    }
    if (self->fault == FAULT_FLOOD) {
        for (int i = 0; i < 10000; i++)
            (void)submit(self, AGON_INTENT_ORDER, AGON_BUY, 5000000, ++self->state.next_ref);
        return;
    }
    __builtin_trap();
}

static uint64_t new_ref(struct relay *self)
{
    self->state.next_ref++;
#if defined(VERSION_REFS)
    return self->state.next_ref + 1000000;
#else
    return self->state.next_ref;
#endif
}

#if defined(VERSION_HOLDS)
/* Never without a resting order and a position, once it has them: two more orders rest before one
 * is cancelled, and four are bought before one is sold. Orders rest further away than a market
 * order may reach, for that would be refused as a trade with oneself. */
static int hold(struct relay *self, agon_px_t px)
{
    struct relay_state *state = &self->state;

    if (state->n % 400 == 1) {
        state->former_refs[0] = state->former_refs[1];
        state->former_refs[1] = state->resting_ref;
        state->resting_ref = new_ref(self);
        return submit(self, AGON_INTENT_ORDER, AGON_BUY, px - px / 10, state->resting_ref);
    }
    if (state->n % 400 == 201 && state->former_refs[0] != 0)
        return submit(self, AGON_INTENT_CANCEL, 0, 0, state->former_refs[0]);
    if (state->n % 1000 == 51)
        return submit(self, AGON_INTENT_ORDER,
                      state->n > 3051 && state->n % 2000 == 51 ? AGON_SELL : AGON_BUY, 0,
                      new_ref(self));
    return AGON_OK;
}
#endif

static int on_trade(struct relay *self, const struct agon_trade *trade)
{
    mix(self, (uint64_t)trade->px);
    mix(self, (uint64_t)trade->qty);
#if defined(VERSION_HOLDS)
    return hold(self, trade->px);
#elif defined(VERSION_ANSWERS)
    for (volatile int i = 0; i < 200000; i++) // no answer is there as soon as the question is put
        ;
    return submit(self, AGON_INTENT_CANCEL, 0, 0, new_ref(self));
#elif defined(VERSION_IDLE)
    return AGON_OK;
#endif
    if (self->state.n % 400 == 1) {
        self->state.resting_ref = new_ref(self);
        return submit(self, AGON_INTENT_ORDER, AGON_BUY, trade->px - trade->px / 20,
                      self->state.resting_ref);
    }
    if (self->state.n % 400 == 399)
        return submit(self, AGON_INTENT_CANCEL, 0, 0, self->state.resting_ref);
    if (self->state.n % 1000 == 51)
        return submit(self, AGON_INTENT_ORDER, self->state.n % 3000 == 2051 ? AGON_SELL : AGON_BUY,
                      0, new_ref(self));
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct relay *self = (struct relay *)plugin;

    if (nth != self->state.last_nth + 1)
        self->state.n_gaps++;
#if defined(VERSION_HOLDS)
    if (self->state.n_gaps > 0)
        return AGON_ESTATE; // ends it: a gap does not go unnoticed
#endif
    self->state.last_nth = nth;
    fail_if_told(self, nth);
#if defined(VERSION_DIES)
    if (self->start == AGON_START_RELOAD && ++self->n_live > 500)
        __builtin_trap();
#endif
#if defined(VERSION_ARMS)
    if (self->start == AGON_START_FRESH && ++self->n_live > 20)
        __builtin_trap();
#endif
    mix(self, event->type);
    if (event->type == AGON_EVENT_TRADE) {
        self->state.n++;
        return on_trade(self, (const struct agon_trade *)(const void *)event);
    }
    if (event->type == AGON_EVENT_ORDER) {
        const struct agon_order *order = (const struct agon_order *)(const void *)event;

        mix(self, order->state);
        mix(self, (uint64_t)order->filled_qty);
#if !defined(VERSION_REFS)
        mix(self, order->client_ref);
#endif
    }
    if (event->type == AGON_EVENT_FILL) {
        const struct agon_fill *fill = (const struct agon_fill *)(const void *)event;

        self->state.n_fills++;
        self->state.held_qty = fill->position_qty;
        mix(self, (uint64_t)fill->px);
    }
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct relay *)plugin)->state, sizeof(struct relay_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct relay_state state;
    int rc = schema == SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc >= 0)
        ((struct relay *)plugin)->state = state;
#if defined(VERSION_FORGETS)
    ((struct relay *)plugin)->state.hash = 0;
#elif defined(VERSION_GAP)
    ((struct relay *)plugin)->state.last_nth--;
#endif
    return rc;
}

#if defined(VERSION_2)
static int migrate(uint32_t index, uint32_t from, struct agon_in *in, struct agon_out *out)
{
    struct relay_state state;
    int rc = index == 0 && from == 1 ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    return rc < 0 ? rc : agon_write(out, &state, sizeof(state));
}
#endif

static int on_start(void *plugin, uint32_t reason)
{
    struct relay *self = (struct relay *)plugin;
    struct agon_order open[8];
    const struct agon_host_param *param =
        (const struct agon_host_param *)self->host->get_extension(self->host, AGON_EXT_PARAM);

    self->instrument = 1;
    if (param == NULL || param->integer(self->host, P_FAULT, &self->fault) < 0 ||
        param->integer(self->host, P_AT, &self->at) < 0)
        return AGON_EINVAL;
    if (reason != AGON_START_SHADOW)
        self->start = reason;
#if defined(VERSION_ARMS)
    {
        const struct agon_host_clock *clock =
            (const struct agon_host_clock *)self->host->get_extension(self->host, AGON_EXT_CLOCK);
        int rc = clock->arm(self->host, clock->now(self->host) + 3600 * INT64_C(1000000000), 0, 7);

        if (rc < 0)
            return rc;
    }
#endif
    if (reason == AGON_START_RELOAD) {
        int n = self->orders->open_orders(self->host, open, 8);
#if defined(VERSION_REFUSES)
        return AGON_ESTATE;
#endif
        // The resting order is the slot's, whoever sent it.
        for (int i = 0; i < n && i < 8; i++)
            if (open[i].client_ref == 0)
                return AGON_ESTATE;
    }
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    struct agon_agent mine;
    const struct agon_host_arena *arena =
        (const struct agon_host_arena *)host->get_extension(host, AGON_EXT_ARENA);
    struct relay *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = (struct relay *)arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = (const struct agon_host_orders *)host->get_extension(host, AGON_EXT_ORDERS);
    memset(&mine, 0, sizeof(mine));
    mine.size = sizeof(mine);
    mine.self = self;
    mine.on_start = on_start;
    mine.on_event = on_event;
    mine.save_state = save_state;
    mine.load_state = load_state;
    mine.destroy = destroy;
    return agon_agent_set(agent, &mine);
}

static const struct agon_param p_fault = {.size = sizeof(struct agon_param),
                                          .id = P_FAULT,
                                          .type = AGON_INTEGER,
                                          .max = 4,
                                          .name = "fault",
                                          .unit = "",
                                          .doc = "1 crash, 2 hang, 3 flood, 4 crash again"};
static const struct agon_param p_at = {.size = sizeof(struct agon_param),
                                       .id = P_AT,
                                       .type = AGON_INTEGER,
                                       .max = 1e12,
                                       .name = "at",
                                       .unit = "",
                                       .doc = "at which of its events"};
static const struct agon_param *const params[] = {&p_fault, &p_at};
static const char *const requires_ext[] = {AGON_EXT_ORDERS};
static const struct agon_descriptor descriptor = {
    .size = sizeof(struct agon_descriptor),
#if !defined(VERSION_LONER)
    .caps = AGON_ADOPTS_ORDERS | AGON_DETERMINISTIC,
#endif
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.relay",
    .name = "relay",
    .vendor = "Agon",
    .version = VERSION,
    .summary = "counts and holds",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = 1,
    .state_schema = SCHEMA,
    .state_schema_oldest = SCHEMA,
    .budget_ns = 1000000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_QUOTE) |
                  AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL),
    .arena_bytes = 4096};
static const struct agon_descriptor *const plugins[] = {&descriptor};

AGON_NOTE("org.agon.test.relay", VERSION);
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = plugins,
                                                   .create = create,
#if defined(VERSION_2)
                                                   .migrate = migrate
#endif
};
