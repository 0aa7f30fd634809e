// SPDX-License-Identifier: Apache-2.0
#include "market/recording.h"

#include <stdio.h>

#include "base/num.h"

#define PLACES     8  /* of quantities and prices that venues print */
#define DUST_LEAST 16 /* digits: a double that was printed shorter has no noise */
#define DUST_SHARE ((num128_t)1000000000000)
#define LETTERS    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static int is_word(const char *text, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++) {
        char c = text[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (word[i] == '\0' || c != word[i])
            return 0;
    }
    return word[n] == '\0';
}

int recording_side(const char *text, size_t n)
{
    if (is_word(text, n, "buy") || is_word(text, n, "b"))
        return AGON_BUY;
    return is_word(text, n, "sell") || is_word(text, n, "s") ? AGON_SELL : 0;
}

int recording_flag(const char *text, size_t n)
{
    if (is_word(text, n, "1") || is_word(text, n, "true") || is_word(text, n, "t"))
        return 1;
    return is_word(text, n, "0") || is_word(text, n, "false") || is_word(text, n, "f")
               ? 0
               : AGON_EINVAL;
}

// True when what stands behind the eighth place is noise; *value is then counted in 10^-8.
static int is_dusty(const char *text, size_t n, int64_t *value)
{
    const char *point = memchr(text, '.', n);
    size_t cut;
    size_t n_digits = 0;
    int64_t rest = 0;
    int64_t whole = 1; // of the rest
    int64_t away;
    int64_t near;

    if (point == NULL)
        return 0;
    cut = (size_t)(point - text) + 1 + PLACES;
    if (n <= cut || num_parse(text, n, 0, &near) == AGON_EINVAL)
        return 0;
    for (size_t i = 0; i < n; i++) {
        int is_digit = text[i] >= '0' && text[i] <= '9';

        n_digits += is_digit && (n_digits > 0 || text[i] != '0');
    }
    if (n_digits < DUST_LEAST || num_parse(text, cut, PLACES, &near) < 0 || near == NUM_MAX ||
        near == NUM_MIN)
        return 0;
    for (size_t i = cut; i < n && whole < num_pow10(17); i++) {
        rest = rest * 10 + (text[i] - '0');
        whole *= 10;
    }
    away = rest;
    if (rest > whole / 2) {
        away = whole - rest;
        near += text[0] == '-' ? -1 : 1;
    }
    if ((num128_t)away * DUST_SHARE > (num128_t)num_abs(near) * whole)
        return 0;
    *value = near;
    return 1;
}

static int parse(const char *text, size_t n, int exp, int may_cut, int64_t *value)
{
    int rc = num_read(text, n, exp, value);
    int64_t near;
    num128_t wide;

    if (rc != AGON_ERANGE)
        return rc;
    if (!is_dusty(text, n, &near)) {
        rc = may_cut ? num_read_qty(text, n, exp, value) : AGON_ERANGE;
        return rc == 1 ? RECORDING_CUT : rc;
    }
    if (exp < PLACES) {
        int64_t unit = num_pow10(PLACES - exp);

        if (near % unit != 0 && !may_cut)
            return AGON_ERANGE;
        *value = near / unit;
        if (near % unit == 0)
            return RECORDING_NOISY;
        if (*value == 0)
            *value = near < 0 ? -1 : 1;
        return RECORDING_CUT;
    }
    wide = (num128_t)near * num_pow10(exp - PLACES);
    if (wide > NUM_MAX || wide < NUM_MIN)
        return AGON_ERANGE;
    *value = (int64_t)wide;
    return RECORDING_NOISY;
}

int recording_parse(const char *text, size_t n, int exp, int64_t *value)
{
    return parse(text, n, exp, 0, value);
}

int recording_parse_qty(const char *text, size_t n, int exp, int64_t *value)
{
    return parse(text, n, exp, 1, value);
}

int recording_places(const char *text, size_t n)
{
    int64_t value;
    int places;

    if (is_dusty(text, n, &value)) {
        for (places = PLACES; places > 0 && value % 10 == 0; places--)
            value /= 10;
        return places;
    }
    return num_read_exp(text, n, &value, &places) == AGON_OK ? places : AGON_EINVAL;
}

const char *recording_show(const char *text, size_t n, char shown[RECORDING_SHOWN])
{
    size_t fits = n < RECORDING_SHOWN - 4 ? n : RECORDING_SHOWN - 4;

    for (size_t i = 0; i < fits; i++)
        shown[i] = text[i] > ' ' && text[i] < 0x7f ? text[i] : '?';
    memcpy(shown + fits, "...", 4);
    if (fits == n)
        shown[n] = '\0';
    return shown;
}

const char *recording_split(const char *word, char symbol[RECORDING_SYMBOL])
{
    size_t n = strspn(word, LETTERS);

    symbol[0] = '\0';
    if (n == 0 || n >= RECORDING_SYMBOL || word[n] != '=')
        return word;
    memcpy(symbol, word, n);
    symbol[n] = '\0';
    return word + n + 1;
}

int recording_assets(const char *symbol, char base[16], char quote[16])
{
    static const char *const quotes[] = {"FDUSD", "USDT", "USDC", "BUSD", "TUSD",
                                         "USD",   "EUR",  "BTC",  "ETH",  "BNB"};
    size_t n = strlen(symbol);

    if (n >= RECORDING_SYMBOL || strspn(symbol, LETTERS) != n)
        return 0;
    // XBTUSD is XBT against USD, not XB against TUSD: short names are the last resort.
    for (size_t least = 3; least >= 2; least--) {
        for (size_t k = 0; k < sizeof(quotes) / sizeof(quotes[0]); k++) {
            size_t tail = strlen(quotes[k]);

            if (n < tail + least || n - tail >= 16 || strcmp(symbol + n - tail, quotes[k]) != 0)
                continue;
            memcpy(base, symbol, n - tail);
            base[n - tail] = '\0';
            memcpy(quote, quotes[k], tail + 1);
            return 1;
        }
    }
    return 0;
}

int recording_symbol_of_name(const char *path, char symbol[RECORDING_SYMBOL])
{
    const char *name = strrchr(path, '/');
    const char *at = name != NULL ? name + 1 : path;
    char base[16];
    char quote[16];

    while (*at != '\0') {
        size_t n = strcspn(at, "_.-");

        if (n >= 5 && n < RECORDING_SYMBOL && at[0] >= 'A') {
            memcpy(symbol, at, n);
            symbol[n] = '\0';
            if (recording_assets(symbol, base, quote))
                return 1;
        }
        at += n + (at[n] != '\0');
    }
    symbol[0] = '\0';
    return 0;
}

const char *recording_refused_column(const char *name, size_t n)
{
    return is_word(name, n, "is_snapshot") || is_word(name, n, "update_type")
               ? "a table of a book's changes is not played back; books are read from raw streams"
               : NULL;
}

void recording_note_symbol(struct recording_symbols *symbols, const char *text, size_t n)
{
    char shown[RECORDING_SHOWN];

    recording_show(text, n, shown);
    shown[RECORDING_SYMBOL - 1] = '\0';
    if (symbols->asked[0] != '\0' && strcmp(shown, symbols->asked) == 0)
        symbols->has_asked = 1;
    // Rows of one symbol mostly follow each other: the last is the most likely.
    for (uint32_t i = symbols->n; i > 0; i--) {
        if (strcmp(symbols->all[i - 1], shown) == 0)
            return;
    }
    if (symbols->n == RECORDING_SYMBOLS_MAX)
        symbols->is_more = 1;
    else
        memcpy(symbols->all[symbols->n++], shown, strlen(shown) + 1);
}

const char *recording_pick(const struct recording_symbols *symbols, const char *path,
                           struct error *err)
{
    char names[RECORDING_SYMBOLS_MAX * (RECORDING_SYMBOL + 2)];
    const char *more = symbols->is_more ? " and more" : "";
    int at = 0;

    if (symbols->has_asked)
        return symbols->asked;
    if (symbols->n <= 1)
        return symbols->n == 1 ? symbols->all[0] : "";
    for (uint32_t i = 0; i < symbols->n; i++)
        at += snprintf(names + at, sizeof(names) - (size_t)at, "%s%s", i > 0 ? ", " : "",
                       symbols->all[i]);
    if (symbols->asked[0] == '\0')
        error_set(err, AGON_EINVAL, "%s: its column symbol has %s%s; SYMBOL=FILE says which", path,
                  names, more);
    else
        error_set(err, AGON_EINVAL, "%s: its column symbol has %s%s, and not %s", path, names, more,
                  symbols->asked);
    return NULL;
}

void recording_note_step(struct recording_step *step, int64_t t, int64_t most)
{
    int64_t by = step->last > 0 && t > step->last ? t - step->last : 0;
    uint32_t kind = 0;

    step->last = t;
    if (by <= 0 || by > most)
        return;
    while (kind < step->n_kinds && step->steps[kind] != by)
        kind++;
    if (kind == step->n_kinds && kind < RECORDING_STEP_KINDS)
        step->steps[step->n_kinds++] = by;
    if (step->n < RECORDING_STEPS) {
        step->n++;
        if (kind < RECORDING_STEP_KINDS)
            step->counts[kind]++;
    }
    if (kind == RECORDING_STEP_KINDS) {
        step->run = 0;
        return;
    }
    step->run = step->kind == kind ? step->run + 1 : 1;
    step->kind = kind;
    if (step->run > step->runs[kind])
        step->runs[kind] = step->run;
}

int64_t recording_step_other(const struct recording_step *step)
{
    int64_t usual = recording_step(step);

    for (uint32_t kind = 0; kind < step->n_kinds; kind++) {
        if (step->steps[kind] != usual && step->runs[kind] >= RECORDING_STEP_RUN)
            return step->steps[kind];
    }
    return 0;
}

int64_t recording_step(const struct recording_step *step)
{
    uint32_t best = 0;

    for (uint32_t kind = 1; kind < step->n_kinds; kind++) {
        if (step->counts[kind] > step->counts[best] ||
            (step->counts[kind] == step->counts[best] && step->steps[kind] < step->steps[best]))
            best = kind;
    }
    return step->n_kinds > 0 ? step->steps[best] : 0;
}
