// SPDX-License-Identifier: Apache-2.0
/* values: the roster's words on assets: how many decimals their amounts have, and which instrument
 * says what one is worth in the base currency.
 *
 *     base_currency: USDT
 *     valuation: {BTC: "binance:BTCUSDT", USD: "kraken:USDTUSD"}
 *     assets: {PEPE: 2}
 *
 * No asset is taken for another: what an agent trades is priced in the base currency, or in an
 * asset that `valuation` names. [control] */
#ifndef ROSTER_VALUES_H
#define ROSTER_VALUES_H

#include "config/config.h"

#define VALUES_MAX 32
#define VALUES_EXP 8 /* decimals where nothing is said, and the most there may be */

struct values_pair { /* what an instrument trades; base "": not known, and nothing is judged */
    char base[16], quote[16];
    int qty_exp;
};
struct values {
    uint32_t n_assets, n;
    struct values_asset {
        char name[16];
        int exp;
    } assets[VALUES_MAX];
    struct values_by {
        char asset[16];
        char word[64];       /* "venue:SYMBOL" */
        uint32_t instrument; /* its place among the run's, from 1; 0: none */
    } all[VALUES_MAX];
};
struct roster_names;

/* The two maps of a roster; either node may be NULL. What is wrong is refused at its place. */
void values_read(struct values *values, struct config *config, const char *base_currency);
/* Their instruments against those of the run. */
void values_resolve(struct values *values, struct config *config, const char *base_currency,
                    const struct roster_names *names);
/* Is what an instrument is priced in the base currency, or valued? Else it is refused at node. */
void values_judge(const struct values *values, struct config *config,
                  const struct config_node *node, const char *base_currency,
                  const struct roster_names *names, uint32_t at);
/* Decimals of an asset. */
int values_exp(const struct values *values, const char *asset);
/* Are they the same words? */
int values_are_equal(const struct values *a, const struct values *b);

#endif
