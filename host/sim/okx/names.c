// SPDX-License-Identifier: Apache-2.0
/* names: what the venue calls its instruments, and how their quantities stand in a text. */
#include <stdio.h>

#include "base/num.h"
#include "sim/okx/simo.h"

const char *const simo_names[] = {"BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP", "ETH-USDT-SWAP"};

/* As the venue lists them; of a swap in the base. */
static const struct sim_listed listed[] = {
    {"BTC-USDT", 10000000, 1, 1000, 0, 6000000000000},
    {"ETH-USDT", 1000000, 100, 10000, 0, 250000000000},
    {"SOL-USDT", 1000000, 100, 100000, 0, 15000000000},
    {"BTC-USDT-SWAP", 10000000, 10000, 10000, 0, 6000000000000},
    {"ETH-USDT-SWAP", 1000000, 100000, 100000, 0, 250000000000},
    {NULL, 0, 0, 0, 0, 0}};

int simo_is_swap(const struct pit_symbol *symbol)
{
    return symbol->is_perpetual;
}

int64_t simo_contract_of(const char *name)
{
    if (strcmp(name, "BTC-USDT-SWAP") == 0)
        return num_pow10(PIT_EXP - 2);
    if (strcmp(name, "ETH-USDT-SWAP") == 0)
        return num_pow10(PIT_EXP - 1);
    return strstr(name, "-SWAP") == NULL ? num_pow10(PIT_EXP) : 0;
}

int64_t simo_contract(const struct pit_symbol *symbol)
{
    int64_t contract = simo_contract_of(symbol->name);

    return contract != 0 ? contract : num_pow10(PIT_EXP);
}

/* "BTC-USDT", "BTC-USDT-SWAP". */
static int split(const char *name, struct pit_symbol *symbol)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t base = strspn(name, letters), quote;

    if (base == 0 || base > 11 || name[base] != '-')
        return -1;
    quote = strspn(name + base + 1, letters);
    if (quote == 0 || quote > 11 || strlen(name) >= sizeof(symbol->name))
        return -1;
    snprintf(symbol->base, sizeof(symbol->base), "%.*s", (int)base, name);
    snprintf(symbol->quote, sizeof(symbol->quote), "%.*s", (int)quote, name + base + 1);
    snprintf(symbol->name, sizeof(symbol->name), "%s", name);
    symbol->is_perpetual = strcmp(name + base + 1 + quote, "-SWAP") == 0;
    symbol->is_settled = symbol->is_perpetual;
    return symbol->is_perpetual || name[base + 1 + quote] == '\0' ? 0 : -1;
}

int simo_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol)
{
    memset(symbol, 0, sizeof(*symbol));
    if (split(name, symbol) < 0)
        return AGON_EINVAL;
    sim_list(symbol, listed, px_decimals, qty_decimals);
    // The first tier of the published schedule.
    symbol->maker_fee_ppb = symbol->is_perpetual ? 200000 : 800000;
    symbol->taker_fee_ppb = symbol->is_perpetual ? 500000 : 1000000;
    return AGON_OK;
}

struct shape_value simo_size(agon_qty_t qty, const struct pit_symbol *symbol)
{
    return shape_num(num_mul_div(qty, num_pow10(PIT_EXP), simo_contract(symbol), NUM_DOWN));
}
