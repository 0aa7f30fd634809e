// SPDX-License-Identifier: Apache-2.0
/* sma_cross: the reference strategy. Long while the simple average of the last `fast` closes is
 * above that of the last `slow` ones, flat while it is below; a market order at the close of the
 * candle that crossed. What it does can be worked out with a pencil, and a test does so from
 * published averages. README.md says when it fails. */
#include <agon/agon.h>
#include <agon/leg.h>
#include <agon/ta.h>

#define STATE_SCHEMA 1
#define HISTORY_MAX  512

enum { P_FAST = 1, P_SLOW, P_SIZE, P_SIZE_PCT, P_BAR_S, P_VENUE, P_SYMBOL };
enum reason { REASON_ENTER = 1, REASON_LEAVE = 2 };

struct sma_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    struct agon_sma fast, slow;
    agon_ns_t t_bar;  /* t_open of the last bar seen */
    int32_t is_above; /* fast above slow at the last bar: 1, below: -1, unknown: 0 */
    int32_t target;   /* 1: is to be long, after a cross; 0: flat */
};
struct sma_cross {
    struct agon_desk desk;
    const struct agon_host_param *param;
    const struct agon_host_history *history; /* may be NULL */
    struct agon_bar *bars;                   /* HISTORY_MAX of them, for the start */
    int64_t fast, slow;
    double size, size_pct;
    uint32_t bar_s;
    struct sma_state state;
};

/* True when the averages have just crossed. Two that are equal have not. */
static int feed_bar(struct sma_cross *self, const struct agon_bar *bar)
{
    struct sma_state *state = &self->state;
    double fast, slow;
    int32_t before = state->is_above;

    agon_sma_update(&state->fast, (double)bar->close_px);
    agon_sma_update(&state->slow, (double)bar->close_px);
    state->t_bar = bar->t_open;
    if (!agon_sma_is_ready(&state->slow))
        return 0;
    fast = agon_sma_value(&state->fast);
    slow = agon_sma_value(&state->slow);
    if (fast > slow)
        state->is_above = 1;
    else if (fast < slow)
        state->is_above = -1;
    return before != 0 && state->is_above != before;
}

static agon_qty_t entry_qty(const struct sma_cross *self, double px)
{
    if (self->size > 0)
        return agon_leg_qty(&self->desk, &self->state.leg, self->size);
    return agon_leg_size(&self->desk, &self->state.leg, self->size_pct, px);
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct sma_cross *self = plugin;
    struct sma_state *state = &self->state;
    double px = (double)bar->close_px;
    agon_qty_t held, qty;

    if (bar->length_s != self->bar_s || bar->close_px <= 0)
        return AGON_OK;
    if (state->leg.instrument == 0)
        agon_leg_start(&self->desk, &state->leg, bar->hdr.instrument);
    if (state->leg.instrument != bar->hdr.instrument || bar->t_open <= state->t_bar)
        return AGON_OK;
    if (feed_bar(self, bar))
        state->target = state->is_above > 0;
    held = agon_leg_held(&self->desk, &state->leg, px);
    qty = held == 0 && state->target ? entry_qty(self, px) : 0;
    if (held == 0 && qty > 0)
        agon_leg_go(&self->desk, &state->leg, qty, px, REASON_ENTER, bar->hdr.t);
    else if (held != 0 && !state->target)
        agon_leg_go(&self->desk, &state->leg, 0, px, REASON_LEAVE, bar->hdr.t);
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct sma_cross *self = plugin;

    agon_leg_update(&self->desk, &self->state.leg, event);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_bar = on_bar, .on_other = on_other};

    (void)nth; // the host's proof that nothing was lost; the strategy itself has no use for it
    return agon_dispatch(&handlers, plugin, event);
}

static void fresh_averages(struct sma_cross *self)
{
    agon_sma_init(&self->state.fast, (uint32_t)self->fast);
    agon_sma_init(&self->state.slow, (uint32_t)self->slow);
    self->state.is_above = 0;
    self->state.t_bar = 0;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct sma_cross *self = plugin;
    struct sma_state *state = &self->state;
    const struct agon_host *host = self->desk.host;
    const char *venue = self->param->text(host, P_VENUE);
    const char *symbol = self->param->text(host, P_SYMBOL);
    agon_instrument_t named = state->leg.instrument;
    int i, n, rc;

    if (symbol && symbol[0]) {
        named = self->desk.instruments->find(host, venue && venue[0] ? venue : "binance", symbol);
        if (named == 0)
            return AGON_ENOENT;
    }
    // Averages of another instrument or with other lengths are of no use to these parameters.
    if (reason == AGON_START_FRESH || state->fast.window.period != (uint32_t)self->fast ||
        state->slow.window.period != (uint32_t)self->slow || named != state->leg.instrument) {
        fresh_averages(self);
        state->target = 0;
    }
    if (named == 0)
        return AGON_OK;
    if (state->t_bar == 0 && self->history) {
        n = self->history->bars(host, named, self->bar_s, self->bars, HISTORY_MAX);
        for (i = 0; i < n; i++)
            feed_bar(self, &self->bars[i]);
    }
    rc = agon_leg_start(&self->desk, &state->leg, named);
    // What is held already stays while the averages say so: a restart is no cross.
    if (reason == AGON_START_FRESH && rc >= 0 && state->leg.held_qty > 0 && state->is_above >= 0)
        state->target = 1;
    return rc;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct sma_cross *)plugin)->state, sizeof(struct sma_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct sma_state state;
    int rc = schema == STATE_SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc < 0)
        return rc;
    if (agon_leg_check(&state.leg) < 0 || agon_sma_check(&state.fast) < 0 ||
        agon_sma_check(&state.slow) < 0 || state.is_above < -1 || state.is_above > 1 ||
        state.target < 0 || state.target > 1)
        return AGON_ECORRUPT;
    ((struct sma_cross *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int read_params(struct sma_cross *self)
{
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->desk.host;
    int64_t bar;

    if (param->integer(host, P_FAST, &self->fast) < 0 ||
        param->integer(host, P_SLOW, &self->slow) < 0 || param->integer(host, P_BAR_S, &bar) < 0 ||
        param->real(host, P_SIZE, &self->size) < 0 ||
        param->real(host, P_SIZE_PCT, &self->size_pct) < 0)
        return AGON_EINVAL;
    self->bar_s = agon_bar_length(bar);
    return self->fast < self->slow && self->bar_s > 0 ? AGON_OK : AGON_EINVAL;
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
    struct sma_cross *self;

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL)
        return AGON_ENOTSUP;
    self = arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->bars = arena->take(host, HISTORY_MAX * sizeof(struct agon_bar), 16);
    if (self->bars == NULL)
        return AGON_ENOMEM;
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    self->history = host->get_extension(host, AGON_EXT_HISTORY);
    if (agon_desk_init(&self->desk, host) < 0 || self->param == NULL)
        return AGON_ENOTSUP;
    if (read_params(self) < 0)
        return AGON_EINVAL;
    fresh_averages(self);
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

#define TUNED (AGON_PARAM_RESTART | AGON_PARAM_TUNABLE)
AGON_NUMBER(fast, P_FAST, AGON_INTEGER, TUNED, 1, 500, 10, 1, "bars",
            "length of the fast average; less than slow");
AGON_NUMBER(slow, P_SLOW, AGON_INTEGER, TUNED, 2, 512, 30, 1, "bars", "length of the slow average");
AGON_NUMBER(size, P_SIZE, AGON_REAL, AGON_PARAM_RESTART, 0, 1e9, 0, 0.001, "base",
            "units of the base asset that an entry buys; 0: size_pct counts");
AGON_NUMBER(size_pct, P_SIZE_PCT, AGON_REAL, AGON_PARAM_RESTART, 0.1, 95, 10, 0.1, "%",
            "share of the free money that an entry spends");
AGON_CHOOSE(bar_s, P_BAR_S, 4, "s", AGON_BAR_CHOICES, "length of a candle");
AGON_TEXTUAL(venue, P_VENUE, "of symbol; empty: binance");
AGON_TEXTUAL(symbol, P_SYMBOL, "what to trade; empty: the first instrument that a bar comes of");
static const struct agon_param *const params[] = {&fast,  &slow,  &size,  &size_pct,
                                                  &bar_s, &venue, &symbol};
static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.sma_cross",
    .name = "SMA cross",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Reference: long while the fast simple average of closes is above the slow one.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_STATUS) | AGON_ON(AGON_EVENT_HALT) |
                  AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 131072};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.sma_cross", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
