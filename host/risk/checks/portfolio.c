// SPDX-License-Identifier: Apache-2.0
/* portfolio: limits of all slots together. Losses as a slot's own: no new risk at the limit, nor
 * any that could lead there. Of what is held: gross, net, on one venue, of one asset, with every
 * open order and this one filled; exactly at a limit is within it. */
#include "base/error.h"
#include "risk/checks/checks.h"

static int is_lost(const struct risk_view *view, const struct risk_losses *losses)
{
    // One without the other would judge losses by no limit, or a limit by no loss.
    REQUIRE((view->portfolio == NULL) == (view->portfolio_limits == NULL));
    return view->portfolio != NULL &&
           risk_worst(view->portfolio, view->open_loss_all_amt, losses) != REASON_NONE;
}

static enum risk_verdict judge_equity(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    struct risk_losses losses = {.floor_reason = REASON_PORTFOLIO_EQUITY};

    (void)intent;
    if (view->portfolio_limits != NULL)
        losses.floor_amt = view->portfolio_limits->equity_amt;
    return is_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_daily_loss(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    struct risk_losses losses = {.daily_reason = REASON_PORTFOLIO_DAILY_LOSS};

    (void)intent;
    if (view->portfolio_limits != NULL)
        losses.daily_loss_amt = view->portfolio_limits->daily_loss_amt;
    return is_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_drawdown(const struct risk_view *view,
                                        const struct agon_intent *intent)
{
    struct risk_losses losses = {.drawdown_reason = REASON_PORTFOLIO_DRAWDOWN};

    (void)intent;
    if (view->portfolio_limits != NULL)
        losses.drawdown_ppm = view->portfolio_limits->drawdown_ppm;
    return is_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict at_most(agon_amt_t reach_amt, agon_amt_t limit_amt)
{
    REQUIRE(reach_amt >= 0); // a sum of magnitudes
    return limit_amt == 0 || reach_amt <= limit_amt ? RISK_PASS : RISK_REFUSE;
}

#define EXPOSURE(name)                                                                             \
    static enum risk_verdict judge_##name(const struct risk_view *view,                            \
                                          const struct agon_intent *intent)                        \
    {                                                                                              \
        (void)intent;                                                                              \
        return view->portfolio_limits == NULL                                                      \
                   ? RISK_PASS                                                                     \
                   : at_most(view->reach.name##_amt, view->portfolio_limits->name##_amt);          \
    }
EXPOSURE(gross)
EXPOSURE(net)
EXPOSURE(venue)
EXPOSURE(asset)

const struct risk_check risk_portfolio_equity = {.name = "portfolio_equity",
                                                 .reason = REASON_PORTFOLIO_EQUITY,
                                                 .is_soft = 1,
                                                 .is_portfolio = 1,
                                                 .judge = judge_equity};
const struct risk_check risk_portfolio_daily_loss = {.name = "portfolio_daily_loss",
                                                     .reason = REASON_PORTFOLIO_DAILY_LOSS,
                                                     .is_soft = 1,
                                                     .is_portfolio = 1,
                                                     .judge = judge_daily_loss};
const struct risk_check risk_portfolio_drawdown = {.name = "portfolio_drawdown",
                                                   .reason = REASON_PORTFOLIO_DRAWDOWN,
                                                   .is_soft = 1,
                                                   .is_portfolio = 1,
                                                   .judge = judge_drawdown};
const struct risk_check risk_portfolio_gross = {.name = "portfolio_gross",
                                                .reason = REASON_PORTFOLIO_GROSS,
                                                .is_soft = 1,
                                                .is_portfolio = 1,
                                                .judge = judge_gross};
const struct risk_check risk_portfolio_net = {.name = "portfolio_net",
                                              .reason = REASON_PORTFOLIO_NET,
                                              .is_soft = 1,
                                              .is_portfolio = 1,
                                              .judge = judge_net};
const struct risk_check risk_portfolio_venue = {.name = "portfolio_venue",
                                                .reason = REASON_PORTFOLIO_VENUE,
                                                .is_soft = 1,
                                                .is_portfolio = 1,
                                                .judge = judge_venue};
const struct risk_check risk_portfolio_asset = {.name = "portfolio_asset",
                                                .reason = REASON_PORTFOLIO_ASSET,
                                                .is_soft = 1,
                                                .is_portfolio = 1,
                                                .judge = judge_asset};
