// SPDX-License-Identifier: Apache-2.0
/* limits: every limit of a slot, every one of all slots together, and every check that an order is
 * asked, in a table each.
 *
 * A row gives the record its member, the roster its key, unit, range and preset, the state its
 * encoding, `ctl apply` its difference and whether it raises risk, the API and the journal's text
 * their names, and the documentation its line. Whoever needs all limits walks the table, so that
 * a limit that is added cannot be forgotten anywhere (docs/adding-a-limit.md). [any] */
#ifndef SLOT_LIMITS_H
#define SLOT_LIMITS_H

#include "base/codec.h"
#include "base/error.h"
#include "market/records.h"

#define LIMITS_AMT_EXP 8 /* of every amount, in the base currency */

enum limit_kind {
    LIMIT_IS_CAPITAL = 1,                /* an amount; the roster has it beside the map of limits */
    LIMIT_IS_AMT,                        /* an amount; its preset is a share of the capital */
    LIMIT_IS_AMT_OR_NONE = LIMIT_IS_AMT, /* ... without a preset */
    LIMIT_IS_OF_CAPITAL, /* an amount; the roster gives it as a share of the capital */
    LIMIT_IS_SHARE,      /* parts per million */
    LIMIT_IS_COUNT,
    LIMIT_IS_MS,
    LIMIT_IS_CHOICE
};
enum limit_risk { LIMIT_MORE_IS_RISKIER = 1, LIMIT_LESS_IS_RISKIER };
enum limit_zero {
    LIMIT_ZERO_IS_NONE = 1, /* there is no such limit: the riskiest value of all */
    LIMIT_ZERO_IS_SMALL     /* a number like any other */
};

/* What happens when a loss limit is reached, safest first. */
enum on_breach {
    ON_BREACH_CLOSE = 0,  /* no new risk, open orders are cancelled, positions are closed */
    ON_BREACH_CANCEL = 1, /* no new risk, open orders are cancelled */
    ON_BREACH_HALT = 2,   /* no new risk */
    ON_BREACH_N
};

/* X(id, number, type, member, key, kind, minimum, maximum, preset, risk, zero, live, doc)
 *
 * In the order of the record: placed ones stand in every record and state; a new row is one of
 * LIMITS_MORE below the others, of type int64_t or agon_amt_t, and has no preset, so that journals
 * and rosters of before mean what they meant. number is `which` of COMMAND_LIMIT and never used
 * again; 0: not by that command. preset is as the roster would have it, and of an amount a share of
 * the capital; range of the roster's key, in the member's unit. live: the value changes while the
 * host runs (else with the next start). */
#define LIMITS_PLACED(X)                                                                           \
    X(CAPITAL_AMT, 0, agon_amt_t, capital_amt, "capital", CAPITAL, 0, 0, NULL, MORE, SMALL, 1,     \
      "what the slot may use; its equity begins here")                                             \
    X(ORDER_AMT, 1, agon_amt_t, order_amt, "order", AMT, 1, 0, "50%", MORE, NONE, 1,               \
      "largest notional of one order; at most `position`")                                         \
    X(POSITION_AMT, 2, agon_amt_t, position_amt, "position", AMT, 1, 0, "100%", MORE, NONE, 1,     \
      "largest notional of one instrument, open orders counted")                                   \
    X(DAILY_LOSS_AMT, 3, agon_amt_t, daily_loss_amt, "daily_loss", OF_CAPITAL, 1, 1000000, "5%",   \
      MORE, NONE, 1, "loss since 00:00 UTC, of the capital")                                       \
    X(DRAWDOWN_PPM, 4, uint32_t, drawdown_ppm, "drawdown", SHARE, 1, 1000000, "20%", MORE, NONE,   \
      1, "fall of equity, of the highest equity")                                                  \
    X(COLLAR_PPM, 7, uint32_t, collar_marketable_ppm, "collar", SHARE, 1, 1000000, "2%", MORE,     \
      NONE, 1, "how far beyond the market an order that trades at once may be")                    \
    X(COLLAR_PASSIVE_PPM, 8, uint32_t, collar_passive_ppm, "collar_passive", SHARE, 1, 1000000,    \
      "10%", MORE, NONE, 1, "how far from the market an order that rests may be")                  \
    X(OPEN_ORDERS, 5, uint32_t, max_open_orders, "open_orders", COUNT, 1, 1000, "50", MORE, NONE,  \
      1, "open orders at a time")                                                                  \
    X(ORDERS_PER_S, 6, uint32_t, orders_per_s, "orders_per_second", COUNT, 1, 1000, "10", MORE,    \
      NONE, 1, "new and replaced orders a second")                                                 \
    X(ORDERS_BURST, 9, uint32_t, orders_burst, "orders_burst", COUNT, 1, 10000, "50", MORE, SMALL, \
      1, "orders at once, after a pause")                                                          \
    X(DUPLICATE_WINDOW_MS, 10, uint32_t, duplicate_window_ms, "duplicate_window", MS, 1, 3600000,  \
      "1s", LESS, NONE, 1, "see `duplicates`")                                                     \
    X(DUPLICATES, 11, uint32_t, duplicate_max, "duplicates", COUNT, 1, 1000, "3", MORE, NONE, 1,   \
      "equal orders within `duplicate_window`")                                                    \
    X(BOOK_AGE_MS, 12, uint32_t, book_age_ms, "book_age", MS, 10, 3600000, "60s", MORE, NONE, 1,   \
      "oldest book that a price may be judged by")                                                 \
    X(LEVERAGE, 13, uint32_t, leverage, "leverage", COUNT, 1, 125, "1", MORE, SMALL, 1,            \
      "of perpetuals: the margin that is asked for is the notional by this")                       \
    X(ON_BREACH, 14, uint32_t, on_breach, "on_breach", CHOICE, 0, 2, "close", MORE, SMALL, 1,      \
      "at a loss limit: `close` cancels orders and closes positions, `cancel` cancels orders, "    \
      "`halt` only bars new risk")
#define LIMITS_MORE(X)                                                                             \
    /* those that records and states have only where they say something: 8 bytes each */           \
    /* the next one stands above this line */
#define LIMITS(X) LIMITS_PLACED(X) LIMITS_MORE(X)

/* X(lower, upper, text): lower may not be above upper, where both are given. */
#define LIMIT_RULES(X)                                                                             \
    X(order_amt, position_amt, "an order of that size could never be sent whole")                  \
    X(daily_loss_amt, capital_amt, "more than all of the capital cannot be lost")

#define LIMIT_MEMBER(id, number, type, member, ...) type member;
#define LIMIT_WIDE(id, number, type, member, ...)                                                  \
    _Static_assert(sizeof(type) == 8, #member " is int64_t or agon_amt_t");
#define LIMIT_ROW(...) +1
struct limits_placed { /* what a record without further rows has of them */
    LIMITS_PLACED(LIMIT_MEMBER)
    uint32_t pad;
};
AGON_SIZE_IS(limits_placed, 80);
struct slot_limits { /* none is negative. Amounts in the base currency */
    LIMITS_PLACED(LIMIT_MEMBER)
    uint32_t pad;
    LIMITS_MORE(LIMIT_MEMBER)
    uint64_t room[16 - (0 LIMITS_MORE(LIMIT_ROW))];
};
AGON_SIZE_IS(slot_limits, 208);
LIMITS_MORE(LIMIT_WIDE)

/* The same of all slots together: PORTFOLIO_LIMITS(X), the roster's section `portfolio`. Nothing is
 * limited that it does not name. */
#define PORTFOLIO_PLACED(X)                                                                        \
    X(EQUITY_AMT, 1, agon_amt_t, equity_amt, "equity", AMT, 1, 0, NULL, LESS, NONE, 1,             \
      "floor of what all slots could be closed at, without the pool")                              \
    X(DAILY_LOSS_AMT, 2, agon_amt_t, daily_loss_amt, "daily_loss", OF_CAPITAL, 1, 1000000, NULL,   \
      MORE, NONE, 1, "loss of all slots since 00:00 UTC, of their capital")                        \
    X(GROSS_AMT, 3, agon_amt_t, gross_amt, "gross", AMT, 1, 0, NULL, MORE, NONE, 1,                \
      "sum of the notional of all positions, open orders counted")                                 \
    X(NET_AMT, 4, agon_amt_t, net_amt, "net", AMT, 1, 0, NULL, MORE, NONE, 1,                      \
      "longs less shorts, whichever way open orders could take it")                                \
    X(VENUE_AMT, 5, agon_amt_t, venue_amt, "venue", AMT, 1, 0, NULL, MORE, NONE, 1,                \
      "notional on any one venue, open orders counted")                                            \
    X(ASSET_AMT, 6, agon_amt_t, asset_amt, "asset", AMT, 1, 0, NULL, MORE, NONE, 1,                \
      "longs less shorts of any one base asset over all venues, open orders counted")              \
    X(DRAWDOWN_PPM, 7, uint32_t, drawdown_ppm, "drawdown", SHARE, 1, 1000000, NULL, MORE, NONE, 1, \
      "fall of the equity of all slots, of its highest")                                           \
    X(ON_BREACH, 8, uint32_t, on_breach, "on_breach", CHOICE, 0, 2, "close", MORE, SMALL, 1,       \
      "at one of its loss limits, for every slot: as `limits.on_breach`")
#define PORTFOLIO_MORE(X)                                                                          \
    /* those that records and states have only where they say something: 8 bytes each */           \
    /* the next one stands above this line */
#define PORTFOLIO_LIMITS(X) PORTFOLIO_PLACED(X) PORTFOLIO_MORE(X)

#define PORTFOLIO_RULES(X)                                                                         \
    X(net_amt, gross_amt, "longs less shorts are never more than all of them")                     \
    X(venue_amt, gross_amt, "one venue never has more than all of them")                           \
    X(asset_amt, gross_amt, "one asset is never more than all of them")

struct portfolio_limits {
    PORTFOLIO_PLACED(LIMIT_MEMBER)
    PORTFOLIO_MORE(LIMIT_MEMBER)
    uint64_t room[4 - (0 PORTFOLIO_MORE(LIMIT_ROW))];
};
AGON_SIZE_IS(portfolio_limits, 88);
PORTFOLIO_MORE(LIMIT_WIDE)
#undef LIMIT_MEMBER
#undef LIMIT_WIDE
enum {
    LIMITS_N_PLACED = 0 LIMITS_PLACED(LIMIT_ROW),
    PORTFOLIO_N_PLACED = 0 PORTFOLIO_PLACED(LIMIT_ROW)
};
#undef LIMIT_ROW

/* X(name): every check of an order, risk_NAME in risk/checks, in the order in which they are asked:
 * cheapest and most final first, for what can never pass is not worth a look at the market.
 * authorised comes before whatever reads the instrument. */
#define RISK_CHECKS(X)                                                                             \
    X(kill)                                                                                        \
    X(other_host)                                                                                  \
    X(authorised)                                                                                  \
    X(session)                                                                                     \
    X(bounds)                                                                                      \
    X(halt)                                                                                        \
    X(too_large)                                                                                   \
    X(filter)                                                                                      \
    X(size)                                                                                        \
    X(reduce_only)                                                                                 \
    X(book)                                                                                        \
    X(collar)                                                                                      \
    X(valuation)                                                                                   \
    X(notional)                                                                                    \
    X(position)                                                                                    \
    X(capital)                                                                                     \
    X(open_orders)                                                                                 \
    X(priced)                                                                                      \
    X(daily_loss)                                                                                  \
    X(drawdown)                                                                                    \
    X(portfolio_equity)                                                                            \
    X(portfolio_daily_loss)                                                                        \
    X(portfolio_drawdown)                                                                          \
    X(portfolio_gross)                                                                             \
    X(portfolio_net)                                                                               \
    X(portfolio_venue)                                                                             \
    X(portfolio_asset)                                                                             \
    X(self_match)                                                                                  \
    X(duplicate)                                                                                   \
    X(rate)                                                                                        \
    /* the next one stands above this line */

struct record_portfolio { /* CONFIG of kind CONFIG_PORTFOLIO. All 0: no limits. 128 bytes */
    struct agon_event_hdr hdr;
    uint16_t kind;
    uint8_t pad0[6];
    struct portfolio_limits limits;
};
AGON_SIZE_IS(record_portfolio, 128);

#define LIMIT_NUMBER(id, number, ...) LIMIT_##id = (number),
enum limit_number { LIMITS(LIMIT_NUMBER) }; /* `which` of a COMMAND_LIMIT */
#undef LIMIT_NUMBER
#define LIMIT_NUMBER(id, number, ...) PORTFOLIO_##id = (number),
enum portfolio_limit_number { PORTFOLIO_LIMITS(LIMIT_NUMBER) };
#undef LIMIT_NUMBER

struct limit { /* a row */
    const char *key, *preset, *doc;
    int64_t min, max; /* of the roster's key */
    uint16_t offset, bytes;
    uint8_t number, kind, risk, zero, is_live;
};
struct limit_rule {
    uint8_t lower, upper; /* rows */
    const char *text;
};
struct limits_table {
    const char *prefix; /* of the keys in a roster: "limits." */
    const struct limit *all;
    const struct limit_rule *rules;
    uint32_t n, n_rules;
    uint32_t n_placed; /* rows that every state has */
};
/* Rows of struct slot_limits, capital first. */
extern const struct limits_table limits_of_slot;
extern const struct limits_table limits_of_portfolio;

/* base: the struct that the table is of. */
int64_t limit_get(const struct limit *limit, const void *base);
/* AGON_ERANGE: negative, or more than the member holds. */
int limit_set(const struct limit *limit, void *base, int64_t value);
const struct limit *limits_find(const struct limits_table *table, uint8_t number); /* NULL: none */
/* The capital and every preset: what a roster without a word of limits gives. */
void limits_preset(struct slot_limits *limits, agon_amt_t capital_amt);
/* ... one of them, in the record's unit. */
int64_t limits_preset_of(const struct limit *limit, agon_amt_t capital_amt);
/* An amount of the roster's that is a share: of the capital. */
agon_amt_t limits_of_capital(agon_amt_t capital_amt, int64_t share_ppm);
/* AGON_ERANGE with the reason: one is negative. AGON_EINVAL: one stands against another. */
int limits_check(const struct limits_table *table, const void *base, struct error *err);
/* Is the rule broken? 0 is no limit, and breaks none. */
int limits_is_broken(const struct limits_table *table, const struct limit_rule *rule,
                     const void *base);
/* Would going from one value to another allow more risk? */
int limit_is_raised(const struct limit *limit, int64_t from, int64_t to);
/* The rows that differ, in the table's order; changes has room for all of them. Returns how many.
 */
#define LIMITS_ROWS_MAX 32
struct limit_change {
    const struct limit *limit;
    int64_t from, to;
    int is_raised;
};
uint32_t limits_diff(const struct limits_table *table, const void *from, const void *to,
                     struct limit_change changes[LIMITS_ROWS_MAX]);
/* "0.05", "60", "close": as `ctl apply` shows it. */
#define LIMIT_TEXT 48
void limit_text(const struct limit *limit, int64_t value, char text[LIMIT_TEXT]);
const char *limit_choice(int64_t value); /* of on_breach; "?" */
/* Capital moved: amounts keep their proportion to it. */
void limits_scale(struct slot_limits *limits, agon_amt_t from_amt, agon_amt_t to_amt);
/* Does a row say something that has no place in struct limits_placed? */
int limits_has_more(const struct limits_table *table, const void *base);
/* The canonical encoding of all rows. Bit 31 of the last placed one says that rows beyond follow,
 * by their numbers: without any the bytes are those of builds that knew none. */
void limits_save(const struct limits_table *table, const void *base, struct enc *enc);
void limits_load(const struct limits_table *table, void *base, struct dec *dec);
#endif
