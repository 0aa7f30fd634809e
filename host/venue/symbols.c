// SPDX-License-Identifier: Apache-2.0
#include "venue/symbols.h"

#include "base/num.h"

void symbols_init(struct symbols *symbols)
{
    memset(symbols, 0, sizeof(*symbols));
}

int symbols_add_asset(struct symbols *symbols, const char *name, agon_asset_t asset, int exp,
                      struct error *err)
{
    struct symbol_asset *to = &symbols->assets[symbols->n_assets];

    if (symbols->n_assets >= SYMBOLS_ASSETS_MAX)
        return error_set(err, AGON_ENOSPC, "more than %d assets at one venue", SYMBOLS_ASSETS_MAX);
    if (name[0] == 0 || strlen(name) >= sizeof(to->name) || asset == 0 || exp < 0 || exp > 18)
        return error_set(err, AGON_EINVAL,
                         "asset %.16s: a name of 1 to 15 letters, an id and an "
                         "exponent of 0 to 18 are needed",
                         name);
    memset(to, 0, sizeof(*to));
    memcpy(to->name, name, strlen(name));
    to->asset = asset;
    to->exp = (int8_t)exp;
    symbols->n_assets++;
    return AGON_OK;
}

/* What symbol_is_on_tick multiplies by. */
static void learn_tick(struct symbol *symbol)
{
    uint64_t tick = symbol->tick_px > 0 ? (uint64_t)symbol->tick_px : 1;
    uint64_t odd;
    uint64_t inverse;

    symbol->tick_shift = (uint32_t)__builtin_ctzll(tick);
    odd = tick >> symbol->tick_shift;
    // Newton: an odd number is its own inverse to three bits, each round doubles them.
    inverse = odd;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - odd * inverse;
    symbol->tick_inverse = inverse;
    symbol->tick_most = UINT64_MAX / tick;
}

/* Symbols are short: their bytes in two words, mixed. */
static uint32_t place(const char *text, size_t n)
{
    uint64_t a = 0;
    uint64_t b = 0;

    if (n > 32)
        n = 32;
    if (n >= 8) {
        memcpy(&a, text, 8);
        memcpy(&b, text + n - 8, 8);
    } else if (n >= 4) {
        uint32_t front;
        uint32_t back;

        memcpy(&front, text, 4);
        memcpy(&back, text + n - 4, 4);
        a = front;
        b = back;
    } else {
        for (size_t i = 0; i < n; i++)
            a = a << 8 | (unsigned char)text[i];
    }
    return (uint32_t)(((a ^ (b << 1 | b >> 63) ^ n) * 0x9e3779b97f4a7c15u) >> 54) &
           (SYMBOLS_TABLE - 1);
}

int symbols_add(struct symbols *symbols, const struct agon_instrument *instrument,
                struct error *err)
{
    struct symbol *to = &symbols->all[symbols->n];
    const struct symbol_asset *quote;
    size_t n = strnlen(instrument->symbol, sizeof(instrument->symbol));
    uint32_t at;

    if (symbols->n >= SYMBOLS_MAX)
        return error_set(err, AGON_ENOSPC, "more than %d instruments at one venue", SYMBOLS_MAX);
    if (n == 0 || n >= sizeof(to->name) || instrument->hdr.instrument == 0)
        return error_set(err, AGON_EINVAL, "an instrument without id or symbol");
    if (symbols_find(symbols, instrument->symbol, n) != NULL)
        return error_set(err, AGON_EINVAL, "instrument %.32s is there twice", instrument->symbol);
    if (instrument->px_exp < 0 || instrument->px_exp > NUM_EXP_MAX || instrument->qty_exp < 0 ||
        instrument->qty_exp > NUM_EXP_MAX)
        return error_set(err, AGON_EINVAL, "instrument %.32s: exponents are 0 to %d",
                         instrument->symbol, NUM_EXP_MAX);
    quote = symbols_asset_by_id(symbols, instrument->quote);
    if (quote == NULL)
        return error_set(err, AGON_EINVAL, "instrument %.32s: its quote asset is not known",
                         instrument->symbol);
    memset(to, 0, sizeof(*to));
    memcpy(to->name, instrument->symbol, n);
    to->n_name = (uint32_t)n;
    to->instrument = instrument->hdr.instrument;
    to->base = instrument->base;
    to->quote = instrument->quote;
    to->px_exp = instrument->px_exp;
    to->qty_exp = instrument->qty_exp;
    to->quote_exp = quote->exp;
    to->tick_px = instrument->tick_px;
    to->limit_px = to->px_exp <= 9 ? num_pow10(9 + to->px_exp) : NUM_MAX;
    learn_tick(to);
    symbols->n++;
    for (at = place(to->name, n); symbols->index[at] != 0; at = (at + 1) & (SYMBOLS_TABLE - 1))
        continue;
    symbols->index[at] = (uint16_t)symbols->n;
    return AGON_OK;
}

const struct symbol *symbols_find(const struct symbols *symbols, const char *text, size_t n)
{
    for (uint32_t at = place(text, n); symbols->index[at] != 0;
         at = (at + 1) & (SYMBOLS_TABLE - 1)) {
        const struct symbol *symbol = &symbols->all[symbols->index[at] - 1];

        if (symbol->n_name == n && memcmp(symbol->name, text, n) == 0)
            return symbol;
    }
    return NULL;
}

const struct symbol *symbols_by_id(const struct symbols *symbols, agon_instrument_t instrument)
{
    for (uint32_t i = 0; i < symbols->n; i++) {
        if (symbols->all[i].instrument == instrument)
            return &symbols->all[i];
    }
    return NULL;
}

const struct symbol_asset *symbols_asset(const struct symbols *symbols, const char *text, size_t n)
{
    for (uint32_t i = 0; i < symbols->n_assets; i++) {
        const struct symbol_asset *asset = &symbols->assets[i];

        if (strnlen(asset->name, sizeof(asset->name)) == n && memcmp(asset->name, text, n) == 0)
            return asset;
    }
    return NULL;
}

const struct symbol_asset *symbols_asset_by_id(const struct symbols *symbols, agon_asset_t asset)
{
    for (uint32_t i = 0; i < symbols->n_assets; i++) {
        if (symbols->assets[i].asset == asset)
            return &symbols->assets[i];
    }
    return NULL;
}
