// SPDX-License-Identifier: Apache-2.0
/* random: the null hypothesis. At the end of each candle it draws whether to think anew, and if so
 * which side to be on, from agon.rng alone: the roster's seed and the slot decide all of it. It
 * pays the same fees and spreads as everybody, so whoever is not better than a few of these has
 * shown nothing. README.md says what to compare. */
#include <agon/agon.h>
#include <agon/leg.h>

#define STATE_SCHEMA 1

enum { P_TURN_PCT = 1, P_SIZE_PCT, P_SIDES, P_BAR_S, P_VENUE, P_SYMBOL };

struct random_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    agon_ns_t t_bar; /* t_open of the last bar seen */
    int32_t wants;   /* side: 1, 0, -1 */
    uint32_t pad;
};
struct random {
    struct agon_desk desk;
    const struct agon_host_param *param;
    const struct agon_host_rng *rng;
    int64_t sides;
    double turn_pct, size_pct;
    uint32_t bar_s;
    struct random_state state;
};

/* Uniform in [0, 1), of 53 bits. */
static double draw(const struct random *self)
{
    return (double)(self->rng->u64(self->desk.host, 1) >> 11) / 9007199254740992.0;
}

static void think(struct random *self)
{
    int n = self->sides == 1 ? 3 : 2; // long and flat, and short

    if (draw(self) * 100.0 < self->turn_pct)
        self->state.wants = 1 - (int32_t)(draw(self) * n);
}

/* From one side to the other by way of flat: what a position frees is known when it is closed. */
static void go(struct random *self, double px, agon_ns_t t)
{
    struct random_state *state = &self->state;
    agon_qty_t held = agon_leg_held(&self->desk, &state->leg, px);
    agon_qty_t qty;
    int side = held > 0 ? 1 : held < 0 ? -1 : 0;

    if (side == state->wants)
        return;
    if (side != 0) {
        agon_leg_go(&self->desk, &state->leg, 0, px, 2, t);
        return;
    }
    qty = agon_leg_size(&self->desk, &state->leg, self->size_pct, px);
    if (qty > 0)
        agon_leg_go(&self->desk, &state->leg, state->wants * qty, px, 1, t);
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct random *self = plugin;
    struct random_state *state = &self->state;

    if (bar->length_s != self->bar_s || bar->close_px <= 0)
        return AGON_OK;
    if (state->leg.instrument == 0)
        agon_leg_start(&self->desk, &state->leg, bar->hdr.instrument);
    if (state->leg.instrument != bar->hdr.instrument || bar->t_open <= state->t_bar)
        return AGON_OK;
    state->t_bar = bar->t_open;
    think(self);
    go(self, (double)bar->close_px, bar->hdr.t);
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct random *self = plugin;

    agon_leg_update(&self->desk, &self->state.leg, event);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_bar = on_bar, .on_other = on_other};

    (void)nth; // the host's proof that nothing was lost; the strategy itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct random *self = plugin;
    const struct agon_host *host = self->desk.host;
    const char *venue = self->param->text(host, P_VENUE);
    const char *symbol = self->param->text(host, P_SYMBOL);
    agon_instrument_t id = self->state.leg.instrument;

    (void)reason;
    if (symbol && symbol[0]) {
        id = self->desk.instruments->find(host, venue && venue[0] ? venue : "binance", symbol);
        if (id == 0)
            return AGON_ENOENT;
    }
    return id == 0 ? AGON_OK : agon_leg_start(&self->desk, &self->state.leg, id);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct random *)plugin)->state, sizeof(struct random_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct random_state state;
    int rc = schema == STATE_SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc < 0)
        return rc;
    if (agon_leg_check(&state.leg) < 0 || state.wants < -1 || state.wants > 1 || state.pad != 0)
        return AGON_ECORRUPT;
    ((struct random *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int read_params(struct random *self)
{
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->desk.host;
    int64_t bar;

    if (param->real(host, P_TURN_PCT, &self->turn_pct) < 0 ||
        param->real(host, P_SIZE_PCT, &self->size_pct) < 0 ||
        param->integer(host, P_SIDES, &self->sides) < 0 || param->integer(host, P_BAR_S, &bar) < 0)
        return AGON_EINVAL;
    self->bar_s = agon_bar_length(bar);
    return self->bar_s > 0 ? AGON_OK : AGON_EINVAL;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct agon_agent mine = {.size = sizeof(mine),
                              .on_start = on_start,
                              .on_event = on_event,
                              .save_state = save_state,
                              .load_state = load_state,
                              .destroy = destroy};
    struct random *self;

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL)
        return AGON_ENOTSUP;
    self = arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    self->rng = host->get_extension(host, AGON_EXT_RNG);
    if (agon_desk_init(&self->desk, host) < 0 || self->param == NULL || self->rng == NULL)
        return AGON_ENOTSUP;
    if (read_params(self) < 0)
        return AGON_EINVAL;
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

#define TUNED (AGON_PARAM_RESTART | AGON_PARAM_TUNABLE)
AGON_NUMBER(turn_pct, P_TURN_PCT, AGON_REAL, TUNED, 0, 100, 10, 1, "%",
            "probability that a candle makes it think anew");
AGON_NUMBER(size_pct, P_SIZE_PCT, AGON_REAL, AGON_PARAM_RESTART, 0.1, 95, 10, 0.1, "%",
            "share of the free money that an entry spends");
AGON_CHOOSE(sides, P_SIDES, 0, "", "long|both", "both: sells short as well, on a contract");
AGON_CHOOSE(bar_s, P_BAR_S, 2, "s", AGON_BAR_CHOICES, "length of a candle");
AGON_TEXTUAL(venue, P_VENUE, "of symbol; empty: binance");
AGON_TEXTUAL(symbol, P_SYMBOL, "what to trade; empty: the first instrument that a bar comes of");
static const struct agon_param *const params[] = {&turn_pct, &size_pct, &sides,
                                                  &bar_s,    &venue,    &symbol};
static const char *const requires_ext[] = {AGON_EXT_ARENA,      AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM,  AGON_EXT_RNG};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.random",
    .name = "Random",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Null hypothesis: is long or flat as a seeded draw says.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_STATUS) | AGON_ON(AGON_EVENT_HALT) |
                  AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 4096};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.random", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
