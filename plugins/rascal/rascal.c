// SPDX-License-Identifier: Apache-2.0
/* rascal: misbehaves on purpose, so that an operator can watch what becomes of one that does. It
 * bids far below the market and keeps that order open; when its time has come it writes through a
 * null pointer, never returns from a callback, or wishes for orders without end. README.md says
 * what the host does about each. */
#include <agon/agon.h>
#include <agon/leg.h>
#include <agon/ta.h>

/* The build makes a file of each kind: a quarantine is of a file. */
#ifndef RASCAL_MISCHIEF
#define RASCAL_MISCHIEF 0
#endif

#define STATE_SCHEMA 1
#define SECOND       ((agon_ns_t)1000000000)
#define FLOOD_NS     (60 * SECOND) /* a flood lasts so long */
#define SETTLED      1000          /* deliveries to a slot before which its plugin is its first */

enum { P_MISCHIEF = 1, P_AFTER_S, P_AGAIN_S, P_AWAY_BPS, P_SIZE_PCT, P_FLOOD, P_VENUE, P_SYMBOL };
enum mischief { BEHAVE = 0, CRASH = 1, HANG = 2, FLOOD = 3 };

struct rascal_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    uint64_t n_orders;
    agon_ns_t t_due; /* of the mischief; 0: not known yet */
    agon_ns_t t_ask; /* no other bid before */
};
struct rascal {
    struct agon_desk desk;
    const struct agon_host_param *param;
    int64_t mischief, after_s, again_s, flood;
    double away_bps, size_pct;
    int is_anew;  /* begun after a crash */
    int has_seen; /* an event since it began */
    struct rascal_state state;
};

/* Its own numbers stand above the leg's, which counts from instrument << 32. */
static int bid(struct rascal *self, const struct agon_trade *trade)
{
    struct rascal_state *state = &self->state;
    struct agon_instrument instrument;
    double px = (double)trade->px * (1.0 - self->away_bps / 1e4);
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .flags = AGON_POST_ONLY,
                                 .instrument = state->leg.instrument,
                                 .reason = 1};

    if (self->desk.instruments->get(self->desk.host, state->leg.instrument, &instrument) < 0)
        return 0;
    intent.px = agon_floor_to(px, instrument.tick_px);
    intent.qty = agon_leg_size(&self->desk, &state->leg, self->size_pct, px);
    if (intent.qty <= 0 && self->mischief == FLOOD) // without money too
        intent.qty = instrument.min_qty;
    intent.client_ref = ((uint64_t)state->leg.instrument << 32) + 0x80000000u + state->n_orders + 1;
    if (intent.px <= 0 || intent.qty <= 0 ||
        self->desk.orders->submit(self->desk.host, &intent, 1) < 0)
        return 0;
    state->n_orders = (state->n_orders + 1) & 0x3fffffff;
    return 1;
}

static void misbehave(struct rascal *self, const struct agon_trade *trade)
{
    static int *volatile nowhere; // no compiler is to see that it leads nowhere

    if (self->mischief == CRASH)
        *nowhere = 1;
    while (self->mischief == HANG)
        __asm__ volatile("");
    for (int64_t i = 0; i < self->flood; i++) {
        if (!bid(self, trade))
            break;
    }
    if (trade->hdr.t >= self->state.t_due + FLOOD_NS)
        self->state.t_due = trade->hdr.t + self->again_s * SECOND;
}

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct rascal *self = plugin;
    struct rascal_state *state = &self->state;
    agon_ns_t t = trade->hdr.t;

    if (state->leg.instrument == 0)
        agon_leg_start(&self->desk, &state->leg, trade->hdr.instrument);
    if (state->leg.instrument != trade->hdr.instrument || trade->px <= 0)
        return AGON_OK;
    if (state->t_due == 0 || self->is_anew)
        state->t_due = t + (self->is_anew ? self->again_s : self->after_s) * SECOND;
    self->is_anew = 0;
    if (self->mischief != BEHAVE && t >= state->t_due) {
        misbehave(self, trade);
        return AGON_OK;
    }
    if (t < state->t_ask || !agon_leg_is_free(&self->desk, &state->leg, t) ||
        self->desk.orders->open_orders(self->desk.host, NULL, 0) != 0)
        return AGON_OK;
    state->t_ask = t + 60 * SECOND;
    bid(self, trade);
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct rascal *self = plugin;

    // The leg follows position and halts; it sends nothing here.
    agon_leg_update(&self->desk, &self->state.leg, event);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static const struct agon_handlers handlers = {.on_trade = on_trade, .on_other = on_other};
    struct rascal *self = plugin;

    // A slot's count goes on when its plugin is begun anew, with its state or without.
    if (!self->has_seen && nth > SETTLED && self->state.t_due == 0)
        self->is_anew = 1;
    self->has_seen = 1;
    return agon_dispatch(&handlers, plugin, event);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct rascal *self = plugin;
    const struct agon_host *host = self->desk.host;
    const char *venue = self->param->text(host, P_VENUE);
    const char *symbol = self->param->text(host, P_SYMBOL);
    agon_instrument_t id = self->state.leg.instrument;

    self->is_anew = reason == AGON_START_RESTORE;
    if (symbol && symbol[0]) {
        id = self->desk.instruments->find(host, venue && venue[0] ? venue : "binance", symbol);
        if (id == 0)
            return AGON_ENOENT;
    }
    return id == 0 ? AGON_OK : agon_leg_start(&self->desk, &self->state.leg, id);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct rascal *)plugin)->state, sizeof(struct rascal_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct rascal_state state;
    int rc = schema == STATE_SCHEMA ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc < 0)
        return rc;
    if (agon_leg_check(&state.leg) < 0 || state.n_orders > 0x3fffffff || state.t_due < 0 ||
        state.t_due > INT64_MAX / 2 || state.t_ask < 0)
        return AGON_ECORRUPT;
    ((struct rascal *)plugin)->state = state;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int read_params(struct rascal *self)
{
    const struct agon_host_param *param = self->param;
    const struct agon_host *host = self->desk.host;

    return param->integer(host, P_MISCHIEF, &self->mischief) < 0 ||
                   param->integer(host, P_AFTER_S, &self->after_s) < 0 ||
                   param->integer(host, P_AGAIN_S, &self->again_s) < 0 ||
                   param->integer(host, P_FLOOD, &self->flood) < 0 ||
                   param->real(host, P_AWAY_BPS, &self->away_bps) < 0 ||
                   param->real(host, P_SIZE_PCT, &self->size_pct) < 0
               ? AGON_EINVAL
               : AGON_OK;
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
    struct rascal *self;

    if (index != 0)
        return AGON_EINVAL;
    if (arena == NULL)
        return AGON_ENOTSUP;
    self = arena->take(host, sizeof(*self), 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->param = host->get_extension(host, AGON_EXT_PARAM);
    if (agon_desk_init(&self->desk, host) < 0 || self->param == NULL)
        return AGON_ENOTSUP;
    if (read_params(self) < 0)
        return AGON_EINVAL;
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

AGON_CHOOSE(mischief, P_MISCHIEF, RASCAL_MISCHIEF, "", "none|crash|hang|flood",
            "what it does in the end");
AGON_NUMBER(after_s, P_AFTER_S, AGON_INTEGER, AGON_PARAM_RESTART, 0, 100000000, 600, 60, "s",
            "good behaviour from its first event on, market time");
AGON_NUMBER(again_s, P_AGAIN_S, AGON_INTEGER, AGON_PARAM_RESTART, 0, 100000000, 0, 60, "s",
            "the same after a restart, and after a flood of a minute");
AGON_NUMBER(away_bps, P_AWAY_BPS, AGON_REAL, AGON_PARAM_RESTART, 1, 900, 300, 10, "bps",
            "how far below the last trade its order stands");
AGON_NUMBER(size_pct, P_SIZE_PCT, AGON_REAL, AGON_PARAM_RESTART, 0.1, 95, 5, 0.1, "%",
            "share of the free money that its order would spend");
AGON_NUMBER(flood, P_FLOOD, AGON_INTEGER, AGON_PARAM_RESTART, 1, 1000, 200, 1, "orders",
            "intents on each trade of a flood");
AGON_TEXTUAL(venue, P_VENUE, "of symbol; empty: binance");
AGON_TEXTUAL(symbol, P_SYMBOL, "what to bid on; empty: the first instrument that trades");
static const struct agon_param *const params[] = {&mischief, &after_s, &again_s, &away_bps,
                                                  &size_pct, &flood,   &venue,   &symbol};
static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_ORDERS, AGON_EXT_ACCOUNT,
                                           AGON_EXT_INSTRUMENT, AGON_EXT_PARAM};

static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .n_params = sizeof(params) / sizeof(params[0]),
    .id = "org.agon.rascal",
    .name = "Rascal",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Keeps a bid open, and then crashes, hangs or exceeds the intent rate limit: shows "
               "what the host does.",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = STATE_SCHEMA,
    .state_schema_oldest = STATE_SCHEMA,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_STATUS) |
                  AGON_ON(AGON_EVENT_HALT) | AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 4096};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.rascal", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
