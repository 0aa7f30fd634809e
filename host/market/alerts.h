// SPDX-License-Identifier: Apache-2.0
/* alerts: what an operator has to know of, one line each. Number, name, text, journal, metrics and
 * webhook come from here; a new one is a line at the end, and a number never comes back.
 *
 *     X(number, NAME, "name", level, "unit of value and limit", "what it is")
 *
 * Levels: 1 for information, 2 needs a look, 3 needs a person now. Unit "": both are 0. */
#ifndef MARKET_ALERTS_H
#define MARKET_ALERTS_H

#include "market/records.h"

#define ALERTS(X)                                                                                  \
    X(1, NO_SINK, "no_sink", 2, "",                                                                \
      "no webhook is configured: alerts are seen by who looks, and by no other")                   \
    X(2, CONFIG, "config", 3, "", "a part of the configuration was refused by the engine")         \
    X(3, LEDGER, "ledger", 3, "", "an amount could not be booked")                                 \
    X(4, OVER_FILL, "over_fill", 3, "", "more was filled than was ordered")                        \
    X(5, SUSPENSE, "suspense", 2, "units of the asset", "the venue's balance is not the ledger's") \
    X(6, FOREIGN_FILL, "foreign_fill", 2, "", "a fill on our account that is of no order of ours") \
    X(7, FOREIGN_ORDER, "foreign_order", 2, "orders",                                              \
      "open orders on our account that are not ours")                                              \
    X(8, POSITION, "position", 2, "units of the instrument",                                       \
      "the venue's position is not the ledger's")                                                  \
    X(9, LIQUIDATION, "liquidation", 3, "", "the venue closed a position by force")                \
    X(10, TIMERS, "timers", 2, "timers", "a timer was not armed: too many are")                    \
    X(11, CRASH, "crash", 2, "", "an agent's plugin ended")                                        \
    X(12, COMMON_CRASH, "common_crash", 3, "slots",                                                \
      "one binary crashed in several slots: it is refused")                                        \
    X(13, QUARANTINE, "quarantine", 2, "", "a plugin file is refused on this host from now on")    \
    X(14, LOSS_LIMIT, "loss_limit", 2, "base currency", "a slot reached a loss limit")             \
    X(15, PORTFOLIO_LIMIT, "portfolio_limit", 3, "base currency", "the portfolio reached a limit") \
    X(16, TOURNAMENT, "tournament", 3, "", "a tournament could not be held")                       \
    X(17, GHOST_ORDER, "ghost_order", 3, "orders", "an order of ours is open that should not be")  \
    X(18, UNCONFIRMED, "unconfirmed", 2, "ns", "a request has been unconfirmed for long")          \
    X(19, CLOCK_STEP, "clock_step", 2, "ns", "the wall clock was set: it is not followed")         \
    X(20, CLOCK_VENUE, "clock_venue", 3, "ns",                                                     \
      "engine time and venue time disagree: order entry is paused")                                \
    X(21, JOURNAL, "journal", 3, "", "the journal's disk is full or fails: no new orders")         \
    X(22, HALT, "halt", 2, "", "trading is halted")                                                \
    X(23, KILL, "kill", 3, "", "the kill switch is thrown")                                        \
    X(24, STOP, "stop", 3, "orders and positions",                                                 \
      "an emergency stop has begun, or has not closed everything yet")                             \
    X(25, EXIT, "exit", 3, "", "an exit could not be carried out yet")                             \
    X(26, TWO_HOSTS, "two_hosts", 3, "orders", "another host trades this account")                 \
    X(27, CREDENTIAL, "credential", 3, "",                                                         \
      "the venue refuses our key, or the key may do too much")                                     \
    X(28, VENUE_DOWN, "venue_down", 2, "ns", "a venue cannot be reached")                          \
    X(29, VENUE_LIMIT, "venue_limit", 2, "ns", "the venue bars us for a time")                     \
    X(30, FLOOD, "flood", 2, "units of the meter", "an agent exceeds one of its meters")           \
    X(31, KEEPER, "keeper", 3, "orders", "the keeper had to act in this host's place")             \
    X(32, OVERFLOW, "overflow", 3, "", "an amount does not fit 64 bits")                           \
    X(33, VALUATION, "valuation", 2, "ns", "a holding cannot be valued in the base currency")      \
    X(34, SINK, "sink", 2, "alerts",                                                               \
      "alerts did not reach the webhook: they are in the dead-letter file")                        \
    X(35, SLOW_JOURNAL, "slow_journal", 2, "orders",                                               \
      "the journal is not safe on disk in time: orders are not sent")                              \
    X(36, CARD_HOT, "card_hot", 2, "thousandths of a degree", "a card is hot")                     \
    X(37, CARD_LOST, "card_lost", 2, "cards left", "a card is not used any more")                  \
    X(38, CARD_STOP, "card_stop", 3, "thousandths of a degree",                                    \
      "a card is above its last step of heat: everything stops")

enum alert_kind {
#define ALERT_NUMBER(number, name, text_name, level, unit, text) ALERT_##name = (number),
    ALERTS(ALERT_NUMBER)
#undef ALERT_NUMBER
        ALERT_KINDS
};
enum { ALERT_INFO = 1, ALERT_WARNING = 2, ALERT_CRITICAL = 3 };
#define ALERT_NO_SLOT 0xffffu

struct alert_info {
    const char *name; /* lower case; NULL: no such kind */
    const char *unit, *text;
    uint8_t level;
};
/* Of any number; an unknown one has name "unknown". Static. [any] */
const struct alert_info *alert_info(uint16_t kind);
/* A record of that kind; hdr.t is the caller's. text NULL: the kind's own; one that is too long
 * ends with "...". [any] */
void alert_make(struct record_alert *alert, uint16_t kind, uint16_t slot,
                agon_instrument_t instrument, int64_t value, int64_t limit, const char *text);

#endif
