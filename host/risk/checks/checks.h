// SPDX-License-Identifier: Apache-2.0
/* checks: every check, one symbol each. A new one is a file here, a line here and a line in gate.c.
 */
#ifndef RISK_CHECKS_CHECKS_H
#define RISK_CHECKS_CHECKS_H

#include "base/num.h"
#include "risk/risk.h"

extern const struct risk_check risk_kill, risk_halt, risk_session, risk_authorised, risk_bounds,
    risk_filter, risk_size, risk_notional, risk_book, risk_collar, risk_duplicate, risk_rate,
    risk_open_orders, risk_position, risk_capital, risk_daily_loss, risk_drawdown, risk_self_match,
    risk_reduce_only, risk_closing, risk_too_large, risk_valuation, risk_priced,
    risk_portfolio_equity, risk_portfolio_daily_loss, risk_portfolio_drawdown, risk_portfolio_gross,
    risk_portfolio_net, risk_portfolio_venue, risk_portfolio_asset;

static inline uint64_t risk_view_fingerprint(const struct risk_view *view,
                                             const struct agon_intent *intent)
{
    return view->fingerprint != 0 ? view->fingerprint : risk_fingerprint(intent);
}

#endif
