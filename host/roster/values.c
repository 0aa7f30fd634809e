// SPDX-License-Identifier: Apache-2.0
#include "roster/values.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "roster/roster.h"

int values_exp(const struct values *values, const char *asset)
{
    for (uint32_t i = 0; i < values->n_assets; i++) {
        if (strcmp(values->assets[i].name, asset) == 0)
            return values->assets[i].exp;
    }
    return VALUES_EXP;
}

int values_are_equal(const struct values *a, const struct values *b)
{
    if (a->n_assets != b->n_assets || a->n != b->n)
        return 0;
    for (uint32_t i = 0; i < a->n_assets; i++) {
        if (values_exp(b, a->assets[i].name) != a->assets[i].exp)
            return 0;
    }
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t k = 0;

        while (k < b->n && strcmp(a->all[i].asset, b->all[k].asset) != 0)
            k++;
        if (k == b->n || strcmp(a->all[i].word, b->all[k].word) != 0)
            return 0;
    }
    return 1;
}

/* The map at a key; NULL: it is not there, or was refused. */
static const struct config_node *map_at(struct config *config, const char *key)
{
    const struct config_node *node = config_at(config, "%s", key);

    if (node == NULL)
        return NULL;
    if (config_is_map(node) && config_count(node) <= VALUES_MAX)
        return node;
    config_refuse(config, node, CONFIG_E_KIND, "expected a map of at most %d assets", VALUES_MAX);
    return NULL;
}

static int is_name(struct config *config, const struct config_node *entry, const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    if (n > 0 && n < 16 && name[n] == '\0')
        return 1;
    config_refuse_key(config, entry, CONFIG_E_VALUE,
                      "is not an asset; expected at most 15 capitals and digits");
    return 0;
}

static void read_assets(struct values *values, struct config *config, const char *base_currency)
{
    const struct config_node *map = map_at(config, "assets");

    for (uint32_t i = 0; map != NULL && i < config_count(map); i++) {
        const struct config_node *entry = config_entry(map, i);
        const char *name = config_key(map, i), *text = config_text(entry);
        struct values_asset *asset = &values->assets[values->n_assets];
        int64_t exp;

        if (!is_name(config, entry, name))
            continue;
        if (text == NULL || num_parse(text, strlen(text), 0, &exp) < 0 || exp < 0 ||
            exp > VALUES_EXP) {
            config_refuse(config, entry, CONFIG_E_VALUE,
                          "is not a count of decimals; expected 0 to %d", VALUES_EXP);
            continue;
        }
        if (strcmp(name, base_currency) == 0 && exp != VALUES_EXP) {
            config_refuse(config, entry, CONFIG_E_CONFLICT,
                          "%s is the base currency and has %d decimals", name, VALUES_EXP);
            continue;
        }
        snprintf(asset->name, sizeof(asset->name), "%s", name);
        asset->exp = (int)exp;
        values->n_assets++;
    }
}

void values_read(struct values *values, struct config *config, const char *base_currency)
{
    const struct config_node *map = map_at(config, "valuation");

    memset(values, 0, sizeof(*values));
    read_assets(values, config, base_currency);
    for (uint32_t i = 0; map != NULL && i < config_count(map); i++) {
        const struct config_node *entry = config_entry(map, i);
        const char *name = config_key(map, i), *text = config_text(entry);
        const char *colon = text != NULL ? strchr(text, ':') : NULL;
        struct values_by *by = &values->all[values->n];

        if (!is_name(config, entry, name))
            continue;
        if (strcmp(name, base_currency) == 0) {
            config_refuse_key(config, entry, CONFIG_E_CONFLICT,
                              "is the base currency: its value is 1");
            continue;
        }
        if (colon == NULL || colon == text || colon[1] == '\0' || strchr(colon + 1, ':') != NULL ||
            strlen(text) >= sizeof(by->word)) {
            config_refuse(config, entry, CONFIG_E_VALUE,
                          "is not an instrument; expected venue:SYMBOL, such as binance:BTCUSDT");
            continue;
        }
        snprintf(by->asset, sizeof(by->asset), "%s", name);
        snprintf(by->word, sizeof(by->word), "%s", text);
        values->n++;
    }
}

static int is_between(const struct values_pair *pair, const char *one, const char *other)
{
    return (strcmp(pair->base, one) == 0 && strcmp(pair->quote, other) == 0) ||
           (strcmp(pair->base, other) == 0 && strcmp(pair->quote, one) == 0);
}

/* A trade moves whole units of both assets: of the base each lot, of the quote any amount. */
static void judge_decimals(const struct values *values, struct config *config,
                           const struct roster_names *names)
{
    for (uint32_t i = 0; i < values->n_assets; i++) {
        const struct values_asset *asset = &values->assets[i];
        const struct config_node *node = config_at(config, "assets.%s", asset->name);

        for (uint32_t k = 0; k < names->n; k++) {
            const struct values_pair *pair = &names->pairs[k];

            if (asset->exp != VALUES_EXP && strcmp(pair->quote, asset->name) == 0)
                config_refuse(config, node, CONFIG_E_CONFLICT,
                              "%s is priced in %s, which therefore has %d decimals",
                              names->instruments[k], asset->name, VALUES_EXP);
            else if (strcmp(pair->base, asset->name) == 0 && pair->qty_exp > asset->exp)
                config_refuse(config, node, CONFIG_E_CONFLICT,
                              "a lot of %s has %d decimals; expected at least as many",
                              names->instruments[k], pair->qty_exp);
        }
    }
}

void values_resolve(struct values *values, struct config *config, const char *base_currency,
                    const struct roster_names *names)
{
    judge_decimals(values, config, names);
    for (uint32_t i = 0; i < values->n; i++) {
        struct values_by *by = &values->all[i];
        const struct config_node *node = config_at(config, "valuation.%s", by->asset);
        uint32_t at = 0;

        while (at < names->n && strcmp(by->word, names->instruments[at]) != 0)
            at++;
        by->instrument = at < names->n ? at + 1 : 0;
        if (at == names->n)
            roster_refuse_instrument(config, node, names);
        else if (names->pairs[at].base[0] != '\0' &&
                 !is_between(&names->pairs[at], by->asset, base_currency))
            config_refuse(config, node, CONFIG_E_CONFLICT,
                          "%s trades %s for %s; expected one that trades %s against %s", by->word,
                          names->pairs[at].base, names->pairs[at].quote, by->asset, base_currency);
    }
}

void values_judge(const struct values *values, struct config *config,
                  const struct config_node *node, const char *base_currency,
                  const struct roster_names *names, uint32_t at)
{
    const char *quote = names->pairs[at].quote;
    const char *offer = NULL;

    if (quote[0] == '\0' || strcmp(quote, base_currency) == 0)
        return;
    for (uint32_t i = 0; i < values->n; i++) {
        if (strcmp(values->all[i].asset, quote) == 0)
            return;
    }
    for (uint32_t i = 0; i < names->n && offer == NULL; i++) {
        if (is_between(&names->pairs[i], quote, base_currency))
            offer = names->instruments[i];
    }
    if (offer != NULL)
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "is priced in %s, and nothing says its value in %s; expected "
                      "`valuation: {%s: \"%s\"}` in the roster",
                      quote, base_currency, quote, offer);
    else
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "is priced in %s, and no instrument of this run says its value in "
                      "%s; expected one that trades the two, and its name under `valuation`",
                      quote, base_currency);
}
