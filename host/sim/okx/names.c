// SPDX-License-Identifier: Apache-2.0
/* names: what the venue calls its instruments, and how numbers and times stand in a text. */
#include <stdio.h>

#include "base/num.h"
#include "sim/okx/simo.h"

const char *const simo_names[] = {"BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP", "ETH-USDT-SWAP"};

/* As the venue lists them, in counts of 10^-8; of a swap in the base. */
static const struct {
    const char *name;
    int64_t tick_px, lot_qty, min_qty, start_px, contract;
} majors[] = {{"BTC-USDT", 10000000, 1, 1000, 6000000000000, 0},
              {"ETH-USDT", 1000000, 100, 10000, 250000000000, 0},
              {"SOL-USDT", 1000000, 100, 100000, 15000000000, 0},
              {"BTC-USDT-SWAP", 10000000, 10000, 10000, 6000000000000, 1000000},
              {"ETH-USDT-SWAP", 1000000, 100000, 100000, 250000000000, 10000000}};
#define MAJORS (sizeof(majors) / sizeof(majors[0]))

int simo_is_swap(const struct pit_symbol *symbol)
{
    return symbol->is_perpetual;
}

int64_t simo_contract(const struct pit_symbol *symbol)
{
    if (!symbol->is_perpetual)
        return num_pow10(PIT_EXP);
    for (size_t i = 0; i < MAJORS; i++)
        if (strcmp(majors[i].name, symbol->name) == 0)
            return majors[i].contract;
    return num_pow10(PIT_EXP); // one of the base
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
    symbol->tick_px = num_pow10(PIT_EXP - px_decimals);
    symbol->lot_qty = symbol->min_qty = num_pow10(PIT_EXP - qty_decimals);
    symbol->max_px = num_mul(10000000, num_pow10(PIT_EXP));
    symbol->max_qty = num_mul(9000000, num_pow10(PIT_EXP));
    // The first tier of the published schedule.
    symbol->maker_fee_ppb = symbol->is_perpetual ? 200000 : 800000;
    symbol->taker_fee_ppb = symbol->is_perpetual ? 500000 : 1000000;
    for (size_t i = 0; i < MAJORS; i++) {
        if (strcmp(majors[i].name, symbol->name) != 0)
            continue;
        symbol->tick_px = majors[i].tick_px;
        symbol->lot_qty = majors[i].lot_qty;
        symbol->min_qty = majors[i].min_qty;
        symbol->start_px = majors[i].start_px;
    }
    symbol->min_px = symbol->tick_px;
    symbol->rules.market_max_qty = symbol->max_qty;
    return AGON_OK;
}

/* --- numbers and times --- */

void simo_num(struct jout *out, int64_t value)
{
    char text[NUM_TEXT];

    num_format_short(value, PIT_EXP, text);
    jout_str(out, text);
}

void simo_kv_num(struct jout *out, const char *key, int64_t value)
{
    jout_key(out, key);
    simo_num(out, value);
}

void simo_size(struct jout *out, agon_qty_t qty, const struct pit_symbol *symbol)
{
    simo_num(out, num_mul_div(qty, num_pow10(PIT_EXP), simo_contract(symbol), NUM_DOWN));
}

void simo_kv_size(struct jout *out, const char *key, agon_qty_t qty,
                  const struct pit_symbol *symbol)
{
    jout_key(out, key);
    simo_size(out, qty, symbol);
}

void simo_kv_id(struct jout *out, const char *key, uint64_t n)
{
    char text[24] = "";

    if (n != 0)
        snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
    jout_kv_str(out, key, text);
}

void simo_ms(struct jout *out, agon_ns_t t)
{
    char text[24] = "";

    if (t != 0)
        snprintf(text, sizeof(text), "%lld", (long long)(t / 1000000));
    jout_str(out, text);
}

void simo_kv_ms(struct jout *out, const char *key, agon_ns_t t)
{
    jout_key(out, key);
    simo_ms(out, t);
}
