// SPDX-License-Identifier: Apache-2.0
/* portfolio: limits of all slots together. Losses as a slot's own: no new risk at the limit, nor
 * any that could lead there. Of what is held: gross, net, on one venue, of one asset, with every
 * open order and this one filled; exactly at a limit is within it. The gate asks them only where
 * there are such limits. */
#include "base/error.h"
#include "risk/checks/checks.h"

// Inlined, as worst_of is: one limit is asked of, and the others are known to be none.
static inline __attribute__((always_inline)) int is_portfolio_lost(const struct risk_view *view,
                                                                   const struct risk_losses *losses)
{
    REQUIRE(view->portfolio != NULL); // limits without anything that is judged by them
    return !view->is_borne_all &&
           worst_of(view->portfolio, view->open_loss_all_amt, losses) != REASON_NONE;
}

static enum risk_verdict judge_portfolio_equity(const struct risk_view *view,
                                                const struct agon_intent *intent)
{
    const struct risk_losses losses = {.floor_amt = view->portfolio_limits->equity_amt,
                                       .floor_reason = REASON_PORTFOLIO_EQUITY};

    (void)intent;
    return is_portfolio_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_portfolio_daily_loss(const struct risk_view *view,
                                                    const struct agon_intent *intent)
{
    const struct risk_losses losses = {.daily_loss_amt = view->portfolio_limits->daily_loss_amt,
                                       .daily_reason = REASON_PORTFOLIO_DAILY_LOSS};

    (void)intent;
    return is_portfolio_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_portfolio_drawdown(const struct risk_view *view,
                                                  const struct agon_intent *intent)
{
    const struct risk_losses losses = {.drawdown_ppm = view->portfolio_limits->drawdown_ppm,
                                       .drawdown_reason = REASON_PORTFOLIO_DRAWDOWN};

    (void)intent;
    return is_portfolio_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict at_most(agon_amt_t reach_amt, agon_amt_t limit_amt)
{
    REQUIRE(reach_amt >= 0); // a sum of magnitudes
    return limit_amt == 0 || reach_amt <= limit_amt ? RISK_PASS : RISK_REFUSE;
}

#define EXPOSURE(name)                                                                             \
    static enum risk_verdict judge_portfolio_##name(const struct risk_view *view,                  \
                                                    const struct agon_intent *intent)              \
    {                                                                                              \
        (void)intent;                                                                              \
        return at_most(view->reach.name##_amt, view->portfolio_limits->name##_amt);                \
    }
EXPOSURE(gross)
EXPOSURE(net)
EXPOSURE(venue)
EXPOSURE(asset)
#undef EXPOSURE

const struct risk_check risk_portfolio_equity = {.name = "portfolio_equity",
                                                 .reason = REASON_PORTFOLIO_EQUITY,
                                                 .is_soft = 1,
                                                 .is_portfolio = 1,
                                                 .judge = judge_portfolio_equity};
const struct risk_check risk_portfolio_daily_loss = {.name = "portfolio_daily_loss",
                                                     .reason = REASON_PORTFOLIO_DAILY_LOSS,
                                                     .is_soft = 1,
                                                     .is_portfolio = 1,
                                                     .judge = judge_portfolio_daily_loss};
const struct risk_check risk_portfolio_drawdown = {.name = "portfolio_drawdown",
                                                   .reason = REASON_PORTFOLIO_DRAWDOWN,
                                                   .is_soft = 1,
                                                   .is_portfolio = 1,
                                                   .judge = judge_portfolio_drawdown};
const struct risk_check risk_portfolio_gross = {.name = "portfolio_gross",
                                                .reason = REASON_PORTFOLIO_GROSS,
                                                .is_soft = 1,
                                                .is_portfolio = 1,
                                                .judge = judge_portfolio_gross};
const struct risk_check risk_portfolio_net = {.name = "portfolio_net",
                                              .reason = REASON_PORTFOLIO_NET,
                                              .is_soft = 1,
                                              .is_portfolio = 1,
                                              .judge = judge_portfolio_net};
const struct risk_check risk_portfolio_venue = {.name = "portfolio_venue",
                                                .reason = REASON_PORTFOLIO_VENUE,
                                                .is_soft = 1,
                                                .is_portfolio = 1,
                                                .judge = judge_portfolio_venue};
const struct risk_check risk_portfolio_asset = {.name = "portfolio_asset",
                                                .reason = REASON_PORTFOLIO_ASSET,
                                                .is_soft = 1,
                                                .is_portfolio = 1,
                                                .judge = judge_portfolio_asset};
