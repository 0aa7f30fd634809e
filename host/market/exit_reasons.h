// SPDX-License-Identifier: Apache-2.0
/* exit_reasons: why a position was left. One table of words for the page, API, ctl, reports and
 * exports. A number below EXIT_REASON_FIRST is one of reasons.h, for which the host closed by
 * itself (an operator's word, a loss limit, a tournament, a plugin that is gone); from there on
 * these. [any] */
#ifndef MARKET_EXIT_REASONS_H
#define MARKET_EXIT_REASONS_H

#include <stdint.h>

#define EXIT_REASONS(X)                                                                            \
    X(AGENT, "agent", "the agent's own order")                                                     \
    X(STOP, "stop", "the stop of an exit plan")                                                    \
    X(TRAIL, "trailing_stop", "the trailing stop of an exit plan")                                 \
    X(EVEN, "break_even", "an exit plan's stop that had moved to the entry")                       \
    X(TAKE, "target", "a target of an exit plan")                                                  \
    X(TIME, "time", "an exit plan's time was over")                                                \
    X(LIQUIDATION, "liquidation", "the venue closed it by force")                                  \
    /* of sums, by no fill: with those of trades they come to the result */                        \
    X(OPEN, "not_closed_yet", "in positions not closed yet")                                       \
    X(UNREALISED, "unrealised", "unrealised in open positions")                                    \
    X(FUNDING, "funding", "funding")                                                               \
    /* the next one stands above this line */

#define EXIT_REASON_FIRST 256
enum exit_reason {
    EXIT_REASON_NONE = 0, /* not known, or nothing was left */
    EXIT_REASON_BEFORE = EXIT_REASON_FIRST - 1,
#define EXIT_REASON_ID(id, name, text) EXIT_REASON_##id,
    EXIT_REASONS(EXIT_REASON_ID)
#undef EXIT_REASON_ID
        EXIT_REASON_END
};

const char *exit_reasons_name(uint16_t reason); /* "stop"; "": not known */
const char *exit_reasons_text(uint16_t reason); /* for people; "": not known */
/* Of what made an exit plan fire: enum agon_exit_cause. */
uint16_t exit_reasons_of_plan(uint8_t cause);

#endif
