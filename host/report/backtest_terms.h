// SPDX-License-Identifier: Apache-2.0
/* report_terms: what a backtest's report says of the terms that its orders were under: how old the
 * market was that agents saw, what the exchange charged and what it asked of orders. For lab's
 * reports only. [any] */
#ifndef REPORT_BACKTEST_TERMS_H
#define REPORT_BACKTEST_TERMS_H

#include <jansson.h>

#include "report/backtest.h"
#include "report/figures.h"

/* The base currency, and room without an end. */
struct figures_money backtest_base(const struct backtest *result);
const char *backtest_kind_name(uint8_t kind); /* of a tape */
/* What was lost when a limit stopped it last, as a share of what that was judged by. */
double backtest_share(const struct risk_slot *risk);
/* When the messages of the ith file were heard, if it tells; else "". */
const char *backtest_received(const struct backtest *result, uint32_t i,
                              char text[BACKTEST_ASSUMED_TEXT]);
json_t *backtest_received_json(const struct backtest_tape *tape); /* or NULL */
/* What had to be assumed of its clock; NULL: nothing. */
const char *backtest_clock(const struct backtest *result, uint32_t i,
                           char text[BACKTEST_ASSUMED_TEXT]);
/* How far away the exchange was, and what came first of what came at one time. */
const char *backtest_ways(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT]);
json_t *backtest_ways_json(const struct backtest *result);
/* Fees of the ith instrument, and what was asked of orders there beside tick, lot and least
 * notional: for people. In JSON the same without thousands apart. */
const char *backtest_terms(const struct backtest *result, uint32_t i,
                           char text[BACKTEST_ASSUMED_TEXT]);
json_t *backtest_terms_json(const struct backtest *result, uint32_t i);
/* Which cards its agents' jobs had, and what their allocator decided; NULL: the roster names none.
 */
const char *backtest_cards(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT]);
json_t *backtest_cards_json(const struct backtest *result);

#endif
