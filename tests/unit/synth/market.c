// SPDX-License-Identifier: Apache-2.0
#include "market.h"

#include <string.h>

static agon_asset_t asset_of(struct instruments *table, const char *name)
{
    struct record_asset asset = {.asset = table->n_assets + 1, .exp = 8};
    agon_asset_t id = instruments_find_asset(table, name);

    if (id != 0)
        return id;
    snprintf(asset.name, sizeof(asset.name), "%s", name);
    ck_assert_int_eq(instruments_set_asset(table, &asset, NULL), AGON_OK);
    return asset.asset;
}

static void add_instrument(struct market *market, uint32_t i)
{
    const struct synth_symbol *symbol = &market->synth.symbols[i];
    int is_perpetual = symbol->kind == SYNTH_PERPETUAL;
    struct agon_instrument def = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = i + 1},
        .venue = is_perpetual ? 2 : 1,
        .kind = is_perpetual ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = is_perpetual ? 1 : 2,
        .qty_exp = is_perpetual ? 3 : 5,
        .tick_px = 1,
        .lot_qty = 1,
        .multiplier = 1};
    char base[16];

    snprintf(base, sizeof(base), "%.3s", symbol->symbol);
    def.base = asset_of(&market->table, base);
    def.quote = def.settle = asset_of(&market->table, "USDT");
    memcpy(def.symbol, symbol->symbol, sizeof(symbol->symbol));
    ck_assert_int_eq(instruments_set(&market->table, &def, NULL), AGON_OK);
}

void market_open(struct market *market, const char *text, size_t n, uint64_t seed)
{
    struct config *config = config_new("market.yaml", text, n, NULL);
    agon_instrument_t ids[SYNTH_SYMBOLS_MAX];
    struct gen_config made;
    struct error err = {0};

    ck_assert_msg(config_read(config, &synth_schema, &market->synth) == AGON_OK, "%s",
                  config_error_text(config, 0));
    config_free(config);
    ck_assert_int_eq(instruments_init(&market->table), AGON_OK);
    for (uint32_t i = 0; i < market->synth.n_symbols; i++) {
        ids[i] = i + 1;
        add_instrument(market, i);
    }
    ck_assert_msg(synth_config(&market->synth, market->synth.n_symbols, ids, &market->table, seed,
                               &made, &err) == AGON_OK,
                  "%s", err.text);
    made.t_start = T_START;
    made.is_quoted = 1;
    ck_assert_msg(gen_new(&market->gen, &made, &market->table, &err) == AGON_OK, "%s", err.text);
}

void market_of(struct market *market, const char *text, uint64_t seed)
{
    market_open(market, text, strlen(text), seed);
}

void market_close(struct market *market)
{
    gen_free(market->gen);
    instruments_deinit(&market->table);
}

double market_log_px(const struct market *market, uint32_t i)
{
    return log(gen_fair_px(market->gen, i)) + gen_premium(market->gen, i);
}

double mean_of(const double *x, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

double variance_of(const double *x, int n)
{
    double mean = mean_of(x, n), sum = 0;

    for (int i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum / n;
}

double autocorrelation_of(const double *x, int n, int lag)
{
    double mean = mean_of(x, n), sum = 0;

    for (int i = lag; i < n; i++)
        sum += (x[i] - mean) * (x[i - lag] - mean);
    return sum / n / variance_of(x, n);
}
