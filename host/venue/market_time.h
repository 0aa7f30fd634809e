// SPDX-License-Identifier: Apache-2.0
/* market_time: what a simulated exchange says of its market's time, beside the time of day.
 *
 * A venue's time is UTC, and what it signs and limits goes by that. An exchange that plays another
 * day, or plays faster, has a second clock, that of its market: `agon sim` names it in the header
 * X-Agon-Market-Time of its answers. A real venue sends none. Whether it counts is the owner's
 * decision. [io] */
#ifndef VENUE_MARKET_TIME_H
#define VENUE_MARKET_TIME_H

#include "net/http.h"
#include "venue/gateway.h"

/* Reads it from the answer to what was asked and heard at those transport times. AGON_ENOENT: there
 * is none; AGON_ECORRUPT: it is no time. market is set only with AGON_OK. */
int venue_market_read(struct venue_market *market, const struct http_message *reply, int64_t asked,
                      int64_t heard);

/* Where that market is one of bars: what X-Agon-Market-Bars says, as it is (run/market_bars.h).
 * AGON_ENOENT: it says nothing, or more than there is room for. */
#define VENUE_BARS_TEXT 640
int venue_bars_read(char text[VENUE_BARS_TEXT], const struct http_message *reply);

#endif
