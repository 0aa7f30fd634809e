// SPDX-License-Identifier: Apache-2.0
#include "lab/models.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "config/offer.h"
#include "config/units.h"

#define MEDIAN_MAX_NS ((int64_t)60 * 1000000000)
#define SIGMA_EXP     6
#define WANTED                                                                                     \
    "expected [SYMBOL=]KIND:COEFFICIENT:VOLATILITY:VOLUME, such as sqrt:1:3%%:20000: KIND is "     \
    "linear, sqrt or log, VOLATILITY a day's, VOLUME a day's in the base"

/* Is this a median? Nothing needs no unit. */
static int read_median(const char *text, size_t n, int64_t *ns)
{
    *ns = 0;
    if (n == 1 && text[0] == '0')
        return AGON_OK;
    return units_duration(text, n, ns, NULL) == AGON_OK && *ns <= MEDIAN_MAX_NS ? AGON_OK
                                                                                : AGON_EINVAL;
}

static int fits(const void *ctx, const char *text)
{
    int64_t ns;

    (void)ctx;
    return read_median(text, strlen(text), &ns) == AGON_OK;
}

int models_latency(const char *option, const char *text, struct latency_model *model,
                   struct error *err)
{
    struct offer offer = {.fits = fits, .preset = "5ms"};
    size_t n = strcspn(text, ":");
    char examples[96], median[48];
    int64_t sigma = 0;

    memset(model, 0, sizeof(*model));
    if (read_median(text, n, &model->median_ns) < 0) {
        snprintf(median, sizeof(median), "%.*s", (int)n, text);
        offer_duration(&offer, median);
        offer_examples(&offer, offer_durations, examples, sizeof(examples));
        return error_set(err, AGON_EINVAL, "%s %.64s: expected a duration up to 1m%s%s%s%s", option,
                         text, examples, offer.text[0] ? "; did you mean " : "", offer.text,
                         offer.text[0] ? "?" : "");
    }
    if (text[n] == '\0')
        return AGON_OK;
    if (num_read(text + n + 1, strlen(text + n + 1), SIGMA_EXP, &sigma) < 0 || sigma < 0 ||
        sigma > 4 * num_pow10(SIGMA_EXP))
        return error_set(err, AGON_EINVAL,
                         "%s %.64s: expected a sigma of 0 to 4 behind the median, such as 20ms:0.5",
                         option, text);
    model->kind = LATENCY_LOG_NORMAL;
    model->sigma = num_to_double(sigma, SIGMA_EXP);
    return AGON_OK;
}

struct impact_words {
    struct impact impact;
    int64_t volume; /* of the base, 10^-8 */
};

static int read_impact(const char *text, struct impact_words *to, struct error *err)
{
    static const char *const kinds[] = {"none", "linear", "sqrt", "log"};
    char field[4][32] = {{0}};
    int64_t coefficient, ppm;
    uint32_t n = 0;

    for (const char *at = text; n < 4; n++) {
        size_t length = strcspn(at, ":");

        if (length == 0 || length >= sizeof(field[0]))
            break;
        memcpy(field[n], at, length);
        at += length;
        if (*at == '\0' && n < 3)
            break;
        at += *at == ':';
        if (n == 3 && *at != '\0')
            n = 8;
    }
    if (n != 4 || num_read(field[1], strlen(field[1]), SIGMA_EXP, &coefficient) < 0 ||
        units_ppm(field[2], strlen(field[2]), &ppm, NULL) < 0 ||
        num_read(field[3], strlen(field[3]), 8, &to->volume) < 0 || to->volume <= 0)
        return error_set(err, AGON_EINVAL, "--impact %s: " WANTED, text);
    memset(&to->impact, 0, sizeof(to->impact));
    for (uint32_t i = 1; i < 4; i++) {
        if (strcmp(field[0], kinds[i]) == 0)
            to->impact.kind = i;
    }
    if (to->impact.kind == IMPACT_NONE)
        return error_set(err, AGON_EINVAL, "--impact %s: " WANTED, text);
    to->impact.coefficient = num_to_double(coefficient, SIGMA_EXP);
    to->impact.volatility = num_to_double(ppm, 6);
    return AGON_OK;
}

int models_impact_check(const char *text, struct error *err)
{
    const char *mark = strchr(text, '=');
    struct impact_words words;

    return read_impact(mark != NULL ? mark + 1 : text, &words, err);
}

static int set(struct paper *paper, const struct instruments *table, agon_instrument_t id,
               const struct impact_words *words, struct error *err)
{
    struct impact impact = words->impact;
    int rc;

    // The model counts in the instrument's own units of quantity.
    impact.volume_qty =
        num_to_double(words->volume, 8) * (double)num_pow10(instruments_get(table, id)->qty_exp);
    rc = impact_check(&impact, err);
    return rc < 0 ? rc : paper_set_impact(paper, id, &impact);
}

int models_impact(struct paper *paper, const struct instruments *table, const char *text,
                  struct error *err)
{
    const char *mark = strchr(text, '=');
    struct impact_words words;
    int n = 0;
    int rc = read_impact(mark != NULL ? mark + 1 : text, &words, err);

    for (agon_instrument_t id = 1; id <= table->n_instruments && rc >= 0; id++) {
        const char *symbol = instruments_get(table, id)->symbol;

        if (mark != NULL && (strlen(symbol) != (size_t)(mark - text) ||
                             memcmp(symbol, text, (size_t)(mark - text)) != 0))
            continue;
        rc = set(paper, table, id, &words, err);
        n++;
    }
    if (rc >= 0 && n == 0)
        return error_set(err, AGON_EINVAL, "--impact %s: the data have no such symbol", text);
    return rc;
}
