// SPDX-License-Identifier: MIT
/* candles: a strategy on candles as <agon/strategy.h> declares it, for rehearsals: long while more
 * of the last closes rose than fell. Built with DEFECT_HIDDEN what it counts is not in its state,
 * with DEFECT_STATIC it outlives the instance, with DEFECT_IDLE it never wants anything; with
 * NUMBERED it goes by the numbers of events, which it may where it does not say that it runs ahead
 * (BEHIND). */
#include <agon/strategy.h>

#include "../../../sdk/lib/leg.c"
#include "../../../sdk/lib/number.c"

#define PARAMS(X) AGON_PARAM_SIZE(X, 1, 10) AGON_PARAM_PLACE(X, 2, 5, 3, 4)

struct candles_state {
    struct agon_leg leg;
    agon_ns_t t_bar;
    agon_px_t last_px;
    int64_t up;
};
struct candles {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    int64_t hidden;
    struct candles_state state;
};

#if defined(DEFECT_STATIC)
static int64_t outlives;
#define UP(self) ((void)(self), &outlives)
#elif defined(DEFECT_HIDDEN)
#define UP(self) (&(self)->hidden)
#else
#define UP(self) (&(self)->state.up)
#endif

static void fresh(void *plugin)
{
    struct candles *self = plugin;

    self->state.last_px = 0;
    self->state.up = 0;
}

static int feed(void *plugin, const struct agon_bar *bar)
{
    struct candles *self = plugin;

    *UP(self) += self->state.last_px == 0 ? 0 : bar->close_px > self->state.last_px ? 1 : -1;
    self->state.last_px = bar->close_px;
    return 0;
}

static int target(void *plugin, const struct agon_bar *bar, int signal, int side, uint16_t *reason)
{
    struct candles *self = plugin;

    (void)bar, (void)signal, (void)side, (void)reason;
#if defined(NUMBERED)
    return self != NULL && bar->hdr.seq / 8 % 2 == 0;
#elif defined(DEFECT_IDLE)
    return 0 * (*UP(self) > 0);
#else
    return *UP(self) > 0;
#endif
}

static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct candles), .fresh = fresh,
                                      .feed = feed, .target = target};
AGON_PARAMS(struct candles, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
#if defined(BEHIND)
#define CANDLES_IS AGON_STRATEGY_IS
#else
#define CANDLES_IS AGON_STRATEGY_AHEAD
#endif
static const struct agon_descriptor descriptor = {
    CANDLES_IS(struct candles, 5000),
    AGON_NAMED("org.agon.test.candles", "1.0.0", "Candles", "Agon"), .summary = "For rehearsals.",
    AGON_SCHEMA(1, 1), .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.test.candles", "1.0.0", descriptor, rule);
