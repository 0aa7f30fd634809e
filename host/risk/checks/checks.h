// SPDX-License-Identifier: Apache-2.0
/* checks: every check, one symbol each. A new one is a file here and a line of RISK_CHECKS in
 * slot/limits.h. gate.c includes all of them as one unit, so that asking costs no call: what is
 * static in a file bears the check's name. */
#ifndef RISK_CHECKS_CHECKS_H
#define RISK_CHECKS_CHECKS_H

#include "base/num.h"
#include "risk/risk.h"

#define CHECK(name) extern const struct risk_check risk_##name;
RISK_CHECKS(CHECK)
#undef CHECK
extern const struct risk_check risk_closing; /* of an order with which the host closes a position */

#endif
