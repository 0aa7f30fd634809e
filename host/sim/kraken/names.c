// SPDX-License-Identifier: Apache-2.0
/* names: what the venue calls its assets, pairs, orders and trades, and the checksum of a book. */
#include <stdio.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

const char *const simk_names[] = {"BTC/USD", "ETH/USD", "SOL/USD", "XRP/USD"};

/* The oldest assets have another name in REST, with X for a coin and Z for what a state issues. */
static const struct {
    const char *name, *id, *alt;
    uint8_t is_long; /* its pairs are called by ids too, where both have one */
} assets[] = {{"BTC", "XXBT", "XBT", 1}, {"ETH", "XETH", "ETH", 1},  {"XRP", "XXRP", "XRP", 1},
              {"LTC", "XLTC", "LTC", 1}, {"XLM", "XXLM", "XLM", 1},  {"XMR", "XXMR", "XMR", 1},
              {"ETC", "XETC", "ETC", 1}, {"DOGE", "XXDG", "XDG", 0}, {"USD", "ZUSD", "USD", 1},
              {"EUR", "ZEUR", "EUR", 1}, {"GBP", "ZGBP", "GBP", 1},  {"CAD", "ZCAD", "CAD", 1},
              {"JPY", "ZJPY", "JPY", 1}};
#define ASSETS (sizeof(assets) / sizeof(assets[0]))

static size_t place_of(const char *name)
{
    size_t i = 0;

    while (i < ASSETS && strcmp(assets[i].name, name) != 0)
        i++;
    return i;
}

const char *simk_asset_id(const char *name)
{
    size_t i = place_of(name);

    return i < ASSETS ? assets[i].id : name;
}

const char *simk_asset_alt(const char *name)
{
    size_t i = place_of(name);

    return i < ASSETS ? assets[i].alt : name;
}

/* --- pairs --- */

static const struct sim_listed listed[] = {{"BTC/USD", 10000000, 1, 5000, 50000000, 6000000000000},
                                           {"ETH/USD", 1000000, 1, 100000, 50000000, 250000000000},
                                           {"SOL/USD", 1000000, 1, 2000000, 50000000, 15000000000},
                                           {"XRP/USD", 1000, 1, 165000000, 50000000, 60000000},
                                           {"BTC/USDT", 10000000, 1, 5000, 50000000, 6000000000000},
                                           {"ETH/USDT", 1000000, 1, 100000, 50000000, 250000000000},
                                           {NULL, 0, 0, 0, 0, 0}};
/* The first tier of the published schedule. */
#define MAKER_PPB 2500000
#define TAKER_PPB 4000000

/* "BTC/USD", or without the stroke where the quote is one that is known. */
static int split(const char *name, char base[12], char quote[12])
{
    static const char *const quotes[] = {"USDT", "USDC", "USD", "EUR", "GBP", "CAD", "JPY", "BTC"};
    const char *stroke = strchr(name, '/');
    size_t n = strlen(name), base_n = stroke ? (size_t)(stroke - name) : 0;

    for (size_t i = 0; !stroke && base_n == 0 && i < sizeof(quotes) / sizeof(quotes[0]); i++)
        if (n > strlen(quotes[i]) && strcmp(name + n - strlen(quotes[i]), quotes[i]) == 0)
            base_n = n - strlen(quotes[i]);
    if (base_n == 0 || base_n > 11 || n - base_n - (stroke != NULL) > 11 || name[n - 1] == '/')
        return -1;
    snprintf(base, 12, "%.*s", (int)base_n, name);
    snprintf(quote, 12, "%s", name + base_n + (stroke != NULL));
    return strspn(base, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == base_n ? 0 : -1;
}

int simk_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol)
{
    (void)qty_decimals; // each pair here is traded in hundred millionths
    memset(symbol, 0, sizeof(*symbol));
    if (strlen(name) >= sizeof(symbol->name) - 1 || split(name, symbol->base, symbol->quote) < 0)
        return AGON_EINVAL;
    snprintf(symbol->name, sizeof(symbol->name), "%s/%s", symbol->base, symbol->quote);
    sim_list(symbol, listed, px_decimals, PIT_EXP);
    symbol->maker_fee_ppb = MAKER_PPB;
    symbol->taker_fee_ppb = TAKER_PPB;
    symbol->rules.is_least_market = symbol->rules.is_fee_quote = 1;
    return AGON_OK;
}

void simk_pair_of(const struct pit_symbol *symbol, struct simk_pair *pair)
{
    size_t base = place_of(symbol->base), quote = place_of(symbol->quote);
    int is_long = base < ASSETS && quote < ASSETS && assets[base].is_long && assets[quote].is_long;

    snprintf(pair->alt, sizeof(pair->alt), "%.11s%.11s", simk_asset_alt(symbol->base),
             simk_asset_alt(symbol->quote));
    snprintf(pair->wsname, sizeof(pair->wsname), "%.11s/%.11s", simk_asset_alt(symbol->base),
             simk_asset_alt(symbol->quote));
    if (is_long)
        snprintf(pair->id, sizeof(pair->id), "%.11s%.11s", assets[base].id, assets[quote].id);
    else
        memcpy(pair->id, pair->alt, sizeof(pair->id));
}

int simk_find_pair(const struct sim *sim, const char *text, size_t n)
{
    for (uint32_t i = 0; i < pit_count(sim->pit); i++) {
        const struct simk_pair *pair = simk_pair_at(sim, i);
        const char *const names[] = {pair->id, pair->alt, pair->wsname, pit_at(sim->pit, i)->name};

        for (size_t j = 0; j < 4; j++)
            if (strlen(names[j]) == n && memcmp(names[j], text, n) == 0)
                return (int)i;
    }
    return -1;
}

/* --- ids --- */

#define ODD 0x9e3779b97f4a7c15ull
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Sixteen letters that look drawn by chance, and lead back to the number: thirteen hold it, three
 * are its check. */
const char *simk_id(const struct sim *sim, char kind, uint64_t n, char text[SIMK_ID_TEXT])
{
    uint64_t mixed = (n ^ simk_of(sim)->mix) * ODD, check = mixed ^ (mixed >> 29);
    char flat[17];

    for (int i = 0; i < 13; i++, mixed >>= 5)
        flat[i] = digits[mixed & 31];
    for (int i = 13; i < 16; i++, check >>= 5)
        flat[i] = digits[check & 31];
    flat[16] = '\0';
    snprintf(text, SIMK_ID_TEXT, "%c%.5s-%.5s-%.6s", kind, flat, flat + 5, flat + 10);
    return text;
}

uint64_t simk_number(const struct sim *sim, const char *id)
{
    uint64_t mixed = 0, inverse = ODD, n;
    char flat[14], again[SIMK_ID_TEXT];

    if (strlen(id) != SIMK_ID_TEXT - 1 || id[6] != '-' || id[12] != '-')
        return 0;
    snprintf(flat, sizeof(flat), "%.5s%.5s%.3s", id + 1, id + 7, id + 13);
    for (int i = 12; i >= 0; i--) {
        const char *at = memchr(digits, flat[i], 32);

        if (!at)
            return 0;
        mixed = (mixed << 5) | (uint64_t)(at - digits);
    }
    for (int i = 0; i < 5; i++) // Newton: each turn doubles the bits that are right
        inverse *= 2 - ODD * inverse;
    n = (mixed * inverse) ^ simk_of(sim)->mix;
    return strcmp(simk_id(sim, id[0], n, again), id) == 0 ? n : 0;
}

/* --- the checksum --- */

uint32_t simk_crc32(uint32_t crc, const char *text, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)text[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

// All its digits, without the point and the zeros it begins with.
static uint32_t add_number(uint32_t crc, int64_t value)
{
    char text[NUM_TEXT];
    int n = num_format(value, 0, text);

    return simk_crc32(crc, text, (size_t)n);
}

static uint32_t add_side(uint32_t crc, const struct agon_level *level, uint32_t n, int64_t px_unit,
                         int64_t qty_unit)
{
    for (uint32_t i = 0; i < n && i < 10; i++) {
        crc = add_number(crc, level[i].px / px_unit);
        crc = add_number(crc, level[i].qty / qty_unit);
    }
    return crc;
}

uint32_t simk_checksum(const struct agon_level *bid, uint32_t n_bid, const struct agon_level *ask,
                       uint32_t n_ask, int64_t px_unit, int64_t qty_unit)
{
    uint32_t crc = add_side(0, ask, n_ask, px_unit, qty_unit);

    return add_side(crc, bid, n_bid, px_unit, qty_unit);
}
