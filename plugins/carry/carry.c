// SPDX-License-Identifier: Apache-2.0
/* carry: is paid for holding both sides. While the funding that longs of a perpetual pay to shorts
 * (its mean over the last payments, as per cent a year) is high, it holds spot and is short as much
 * of the perpetual of the same asset; when funding has fallen it undoes both.
 *
 * The perpetual leg always goes to the opposite of what the spot leg really holds; when it is
 * refused, the spot is sold again. README.md says when it fails. */
#include <math.h>

#include <agon/strategy.h>

#define PARAMS(X)                                                                                  \
    X(REAL, enter_pct, 1, "enters when funding pays more, as per cent of the position a year",     \
      "%/a", AGON_TUNED, 0, 1000, 15, 1)                                                           \
    X(REAL, leave_pct, 2, "leaves when it pays less; less than enter_pct", "%/a", AGON_TUNED,      \
      -1000, 1000, 5, 1)                                                                           \
    X(INTEGER, payments, 3, "length of the mean of the funding rate, the coming payment included", \
      "", AGON_TUNED, 1, 1000, 3, 1)                                                               \
    X(REAL, basis_min_bps, 4, "no entry where the perpetual is not dearer than that", "bps",       \
      AGON_TUNED, -1000, 1000, -10, 5)                                                             \
    SPOT_PERP_PARAMS(X, 5, 0)

struct funding {          /* in per cent a year */
    struct agon_ema paid; /* what was paid */
    double coming;        /* what is paid next */
    agon_ns_t t_next;     /* when; 0: nothing has been heard */
};
#define SPOT_PERP_OWN struct funding funding;
#include "../spot_perp.h"

/* The venue tells of the coming payment again and again; it counts as paid when it tells of the
 * next. */
static void on_funding(struct hedger *self, const struct agon_funding *funding)
{
    struct hedger_state *state = &self->state;
    double per_year;

    if (funding->hdr.instrument != state->perp.instrument || funding->interval_s == 0)
        return;
    if (state->funding.t_next != 0 && funding->t_next != state->funding.t_next)
        agon_ema_update(&state->funding.paid, state->funding.coming);
    per_year = 365.0 * 86400.0 / (double)funding->interval_s;
    state->funding.coming = (double)funding->rate_ppb / 1e7 * per_year;
    state->funding.t_next =
        funding->t_next > 0 && funding->t_next < INT64_MAX / 2 ? funding->t_next : 1;
}

/* The mean over the last payments, the coming one included. */
static double rate(const struct hedger *self)
{
    struct agon_ema mean = self->state.funding.paid;

    agon_ema_update(&mean, self->state.funding.coming);
    return agon_ema_value(&mean);
}

/* Also not where the perpetual is so cheap that coming together would cost more than funding pays.
 */
static int is_worth_it(const struct hedger *self)
{
    const struct hedger_state *state = &self->state;

    return state->funding.t_next != 0 && rate(self) > self->enter_pct &&
           (state->perp_quote.bid / state->spot_quote.ask - 1) * 1e4 > self->basis_min_bps;
}

static int is_over(const struct hedger *self)
{
    return rate(self) < self->leave_pct;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    if (event->type != AGON_EVENT_FUNDING)
        return on_pair(plugin, event);
    on_funding(plugin, (const struct agon_funding *)(const void *)event);
    return AGON_OK;
}

static int init(void *plugin)
{
    struct hedger *self = plugin;

    agon_ema_init(&self->state.funding.paid, (uint32_t)self->payments, AGON_SEED_FIRST);
    return self->leave_pct < self->enter_pct
               ? AGON_OK
               : agon_strategy_refuse(&self->base,
                                      "parameters: leave_pct has to be less than enter_pct");
}

static int start(void *plugin, uint32_t reason)
{
    struct hedger *self = plugin;
    struct funding *funding = &self->state.funding;
    int rc = start_pair(self, reason);

    if (rc == 1)
        memset(funding, 0, sizeof(*funding));
    if (rc >= 0 && funding->paid.period != (uint32_t)self->payments)
        agon_ema_init(&funding->paid, (uint32_t)self->payments, AGON_SEED_FIRST);
    return rc < 0 ? rc : AGON_OK;
}

static int check(const void *at)
{
    const struct hedger_state *state = at;

    return check_pair(state) && agon_ema_check(&state->funding.paid) >= 0 &&
           fabs(state->funding.coming) <= 1e19 && agon_strategy_is_time(state->funding.t_next);
}

static const struct agon_handlers handlers = {.on_top10 = on_top10, .on_other = on_other};
static const struct agon_rule rule = {AGON_RULE(struct hedger), .init = init, .check = check,
                                      .on = &handlers, .start = start};
AGON_PARAMS(struct hedger, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"enter", "leave", "time", "half", "hedge"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct hedger, 5000),
    AGON_NAMED("org.agon.carry", "1.0.0", "Funding carry", "Agon"),
    AGON_TAGS(tags),
    .summary = "Holds spot against a short perpetual while funding pays for it.",
    AGON_SCHEMA(1, 1),
    .event_mask = SPOT_PERP_ON | AGON_ON(AGON_EVENT_FUNDING)};
AGON_PLUGIN("org.agon.carry", "1.0.0", descriptor, rule);
