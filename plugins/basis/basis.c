// SPDX-License-Identifier: Apache-2.0
/* basis: spot against the perpetual of the same asset. Where the perpetual's bid is so far above
 * spot's offer that both ways' fees leave something, it buys spot and sells as much of the
 * perpetual; when they have come together it undoes both. What the price does meanwhile cancels
 * out.
 *
 * The perpetual leg always goes to the opposite of what the spot leg really holds; when it is
 * refused, the spot is sold again. README.md says when it fails. */
#include <agon/strategy.h>

#define PARAMS(X)                                                                                  \
    X(REAL, enter_bps, 1,                                                                          \
      "enters when the perpetual is dearer by more; above the fees of four fills", "bps",          \
      AGON_TUNED, -100, 1000, 40, 5)                                                               \
    X(REAL, leave_bps, 2, "leaves when it is dearer by less; less than enter_bps", "bps",          \
      AGON_TUNED, -1000, 1000, 5, 5)                                                               \
    SPOT_PERP_PARAMS(X, 3, 168)
#define SPOT_PERP_OWN
#include "../spot_perp.h"

/* How much dearer the perpetual is: what an entry would get, and what an exit would pay. */
static int is_worth_it(const struct hedger *self)
{
    const struct hedger_state *state = &self->state;

    return (state->perp_quote.bid / state->spot_quote.ask - 1) * 1e4 > self->enter_bps;
}

static int is_over(const struct hedger *self)
{
    const struct hedger_state *state = &self->state;

    return (state->perp_quote.ask / state->spot_quote.bid - 1) * 1e4 < self->leave_bps;
}

static int init(void *plugin)
{
    const struct hedger *self = plugin;

    return self->leave_bps < self->enter_bps
               ? AGON_OK
               : agon_strategy_refuse(&self->base,
                                      "parameters: leave_bps has to be less than enter_bps");
}

static int start(void *plugin, uint32_t reason)
{
    int rc = start_pair(plugin, reason);

    return rc < 0 ? rc : AGON_OK;
}

static int check(const void *state)
{
    return check_pair(state);
}

static const struct agon_handlers handlers = {.on_top10 = on_top10, .on_other = on_pair};
static const struct agon_rule rule = {AGON_RULE(struct hedger), .init = init, .check = check,
                                      .on = &handlers, .start = start};
AGON_PARAMS(struct hedger, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"enter", "leave", "time", "half", "hedge"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct hedger, 5000),
    AGON_NAMED("org.agon.basis", "1.0.0", "Basis", "Agon"),
    AGON_TAGS(tags),
    .summary = "Buys spot and sells the dearer perpetual of the same asset until they meet.",
    AGON_SCHEMA(1, 1),
    .event_mask = SPOT_PERP_ON};
AGON_PLUGIN("org.agon.basis", "1.0.0", descriptor, rule);
