// SPDX-License-Identifier: Apache-2.0
/* checks: every check, one symbol each. A new one is a file here and a line of RISK_CHECKS in
 * slot/limits.h. */
#ifndef RISK_CHECKS_CHECKS_H
#define RISK_CHECKS_CHECKS_H

#include "base/num.h"
#include "risk/risk.h"

#define CHECK(name) extern const struct risk_check risk_##name;
RISK_CHECKS(CHECK)
#undef CHECK
extern const struct risk_check risk_closing; /* of an order with which the host closes a position */

static inline uint64_t risk_view_fingerprint(const struct risk_view *view,
                                             const struct agon_intent *intent)
{
    return view->fingerprint != 0 ? view->fingerprint : risk_fingerprint(intent);
}

#endif
