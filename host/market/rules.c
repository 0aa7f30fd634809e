// SPDX-License-Identifier: Apache-2.0
#include "market/rules.h"

#include <string.h>

#include "market/instrument_kind.h"
#include "market/records.h"

#define E8(x) ((int64_t)((x)*100000000ll))

void rules_preset(enum rules_market market, struct rules *rules)
{
    // Five times the mean and a fifth of it; of perpetuals, only where it would hurt, 5 % off the
    // mark.
    static const struct rules presets[RULES_MARKETS] = {
        [RULES_SPOT] = {.market = RULES_SPOT,
                        .is_least_market = 1,
                        .band_minutes = 5,
                        .up_ppm = {[AGON_BUY] = 5 * RULES_PPM, [AGON_SELL] = 5 * RULES_PPM},
                        .down_ppm = {[AGON_BUY] = RULES_PPM / 5, [AGON_SELL] = RULES_PPM / 5},
                        .max_orders = 200,
                        .max_stops = 5},
        [RULES_UM] = {.market = RULES_UM,
                      .is_least_market = 1,
                      .up_ppm = {[AGON_BUY] = 1050000},
                      .down_ppm = {[AGON_SELL] = 950000},
                      .max_orders = 200,
                      .max_stops = 10}};

    *rules = presets[market];
}

struct rules_fees rules_fees(enum rules_market market)
{
    static const struct rules_fees fees[RULES_MARKETS] = {
        [RULES_SPOT] = {1000000, 1000000}, [RULES_UM] = {200000, 500000}};

    return fees[market];
}

enum rules_market rules_market_of(uint8_t kind)
{
    return instrument_kind_has_coins(kind) ? RULES_SPOT : RULES_UM;
}

#define SPOT(name, asset, most_px, lot, most, most_market, start)                                  \
    {                                                                                              \
        .symbol = name, .base = asset, .quote = "USDT", .market = RULES_SPOT, .tick_px = 1000000,  \
        .min_px = 1000000, .max_px = E8(most_px), .lot_qty = (lot), .max_qty = E8(most),           \
        .market_max_qty = (most_market), .min_notional_amt = E8(5),                                \
        .max_notional_amt = E8(9000000), .start_px = E8(start)                                     \
    }
#define CONTRACT(name, asset, tick, least, most_px, lot, most, most_market, notional)              \
    {                                                                                              \
        .symbol = name, .base = asset, .quote = "USDT", .market = RULES_UM, .tick_px = (tick),     \
        .min_px = (least), .max_px = E8(most_px), .lot_qty = (lot), .max_qty = E8(most),           \
        .market_max_qty = E8(most_market), .min_notional_amt = E8(notional)                        \
    }
const struct rules_major rules_majors[] = {
    SPOT("BTCUSDT", "BTC", 1000000, 1000, 9000, 10005381873, 65000),
    SPOT("ETHUSDT", "ETH", 1000000, 10000, 9000, 160051202668, 3200),
    SPOT("SOLUSDT", "SOL", 10000, 100000, 90000, 5200581284920, 150),
    SPOT("BNBUSDT", "BNB", 100000, 100000, 900000, 2816059336900, 600),
    CONTRACT("BTCUSDT", "BTC", 10000000, 55680000000, 4529764, 100000, 1000, 120, 100),
    CONTRACT("ETHUSDT", "ETH", 1000000, 3986000000, 306177, 100000, 10000, 2000, 20),
    CONTRACT("SOLUSDT", "SOL", 1000000, 42000000, 6857, 1000000, 1000000, 5000, 5),
    CONTRACT("BNBUSDT", "BNB", 1000000, 660000000, 100000, 1000000, 100000, 2000, 5),
};
const uint32_t rules_n_majors = sizeof(rules_majors) / sizeof(rules_majors[0]);

const struct rules_major *rules_major(enum rules_market market, const char *symbol)
{
    for (uint32_t i = 0; i < rules_n_majors; i++) {
        if (rules_majors[i].market == market && strcmp(rules_majors[i].symbol, symbol) == 0)
            return &rules_majors[i];
    }
    return NULL;
}
