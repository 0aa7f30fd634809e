// SPDX-License-Identifier: Apache-2.0
/* random: the null hypothesis. At the end of each candle it draws whether to think anew, and if so
 * which side to be on, from agon.rng alone: the roster's seed and the slot decide all of it. It
 * pays the same fees and spreads as everybody, so whoever is not better than a few of these has
 * shown nothing. README.md says what to compare. */
#include <agon/strategy.h>

#define PARAMS(X)                                                                                  \
    X(REAL, turn_pct, 1, "probability that a candle makes it decide again", "%", AGON_TUNED, 0,    \
      100, 10, 1)                                                                                  \
    AGON_PARAM_SIZE(X, 2, 10)                                                                      \
    AGON_PARAM_SIDES(X, 3)                                                                         \
    AGON_PARAM_PLACE(X, 4, 2, 5, 6)

struct random_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg;
    agon_ns_t t_bar; /* t_open of the last bar seen */
    int32_t wants;   /* side: 1, 0, -1 */
    uint32_t pad;
};
struct random {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_rng *rng;
    struct random_state state;
};

static int init(void *plugin)
{
    struct random *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->rng = host->get_extension(host, AGON_EXT_RNG);
    return AGON_OK;
}

static int check(const void *at)
{
    const struct random_state *state = at;

    return state->wants >= -1 && state->wants <= 1 && state->pad == 0;
}

/* Uniform in [0, 1), of 53 bits. */
static double draw(const struct random *self)
{
    return (double)(self->rng->u64(self->base.desk.host, 1) >> 11) / 9007199254740992.0;
}

static int target(void *plugin, const struct agon_bar *bar, int signal, int side, uint16_t *reason)
{
    struct random *self = plugin;
    int n = self->sides == 1 ? 3 : 2; // long and flat, and short

    (void)bar, (void)signal, (void)side, (void)reason;
    if (draw(self) * 100.0 < self->turn_pct)
        self->state.wants = 1 - (int32_t)(draw(self) * n);
    return self->state.wants;
}

static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct random), .init = init,
                                      .check = check, .target = target};
AGON_PARAMS(struct random, PARAMS);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_RNG);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"drawn_long", "drawn_flat"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct random, 5000),
    AGON_NAMED("org.agon.random", "1.0.0", "Random", "Agon"),
    AGON_TAGS(tags),
    .summary = "Null hypothesis: is long or flat as a seeded draw says.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.random", "1.0.0", descriptor, rule);
