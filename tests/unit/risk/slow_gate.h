// SPDX-License-Identifier: Apache-2.0
/* slow_gate: the gate as a chain of calls, for tests alone. It knows the thirty checks that there
 * were when it was set aside; a check that came later is none of its. */
#ifndef SLOW_GATE_H
#define SLOW_GATE_H

#include "risk/risk.h"

/* As risk_judge. */
uint16_t slow_judge(struct risk_view *view, const struct agon_intent *intent);

#endif
