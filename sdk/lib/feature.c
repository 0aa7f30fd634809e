// SPDX-License-Identifier: MIT
/* feature: names and parameters of features, and the bars that a set of them looks back on. */
#include <stdio.h>

#include "feature_math.h"
#include "feature_table.h"

static const struct row_of_catalogue {
    struct agon_feature_info info;
    uint32_t is_by_larger, times, more; /* bars = times * (first or larger parameter) + more */
} rows[] = {
#define MAX AGON_FEATURE_BACK_MAX
#define ROW(name, function, unit, formula, otherwise, n, name_a, preset_a, low_a, name_b,          \
            preset_b, low_b, is_by_larger, times, more)                                            \
    {{name,                                                                                        \
      unit,                                                                                        \
      formula,                                                                                     \
      otherwise,                                                                                   \
      n,                                                                                           \
      {{name_a, preset_a, low_a, MAX}, {name_b, preset_b, low_b, MAX}}},                           \
     is_by_larger,                                                                                 \
     times,                                                                                        \
     more},
    FEATURES(ROW)
#undef ROW
#undef MAX
};
#define N_ROWS ((uint32_t)(sizeof(rows) / sizeof(rows[0])))

const struct agon_feature_info *agon_feature_at(uint32_t id)
{
    return id < N_ROWS ? &rows[id].info : NULL;
}

static int settle(struct agon_feature *feature)
{
    const struct row_of_catalogue *row = &rows[feature->id];
    uint32_t i, reach_param;

    for (i = 0; i < row->info.n_params; i++)
        if (feature->param[i] < row->info.params[i].least ||
            feature->param[i] > row->info.params[i].most)
            return AGON_ERANGE;
    // A lag within the bars, and no more parts than a row of numbers has room for.
    if (row->info.n_params == 2 && strcmp(row->info.params[1].name, "lag") == 0 &&
        feature->param[1] >= feature->param[0])
        return AGON_ERANGE;
    reach_param = feature->param[0];
    if (row->is_by_larger && feature->param[1] > reach_param)
        reach_param = feature->param[1];
    feature->back = row->times * reach_param + row->more;
    return feature->back <= AGON_FEATURE_BACK_MAX ? AGON_OK : AGON_ERANGE;
}

static int is_name(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

/* A whole number below 100,000, without a sign; what stands behind it. NULL: none. */
static const char *take_number(const char *text, uint32_t *number)
{
    uint32_t digits = 0;

    *number = 0;
    while (*text >= '0' && *text <= '9' && digits++ < 5)
        *number = *number * 10 + (uint32_t)(*text++ - '0');
    return digits == 0 || (*text >= '0' && *text <= '9') ? NULL : text;
}

int agon_feature_parse(const char *text, struct agon_feature *feature)
{
    size_t n = 0;
    uint32_t id = 0, i;

    memset(feature, 0, sizeof(*feature));
    while (is_name(text[n]))
        n++;
    if (n == 0 || (text[n] != '\0' && text[n] != '.'))
        return AGON_EINVAL;
    while (id < N_ROWS &&
           (strlen(rows[id].info.name) != n || memcmp(rows[id].info.name, text, n) != 0))
        id++;
    if (id == N_ROWS)
        return AGON_ENOENT;
    feature->id = id;
    for (i = 0; i < rows[id].info.n_params; i++)
        feature->param[i] = rows[id].info.params[i].preset;
    text += n;
    for (i = 0; *text == '.'; i++) {
        if (i == rows[id].info.n_params)
            return AGON_EINVAL;
        text = take_number(text + 1, &feature->param[i]);
        if (text == NULL)
            return AGON_EINVAL;
    }
    if (*text != '\0')
        return AGON_EINVAL;
    return settle(feature);
}

void agon_feature_text(const struct agon_feature *feature, char text[AGON_FEATURE_TEXT])
{
    const struct agon_feature_info *info = &rows[feature->id].info;

    if (info->n_params == 0)
        (void)snprintf(text, AGON_FEATURE_TEXT, "%s", info->name);
    else if (info->n_params == 1)
        (void)snprintf(text, AGON_FEATURE_TEXT, "%s.%u", info->name, feature->param[0]);
    else
        (void)snprintf(text, AGON_FEATURE_TEXT, "%s.%u.%u", info->name, feature->param[0],
                       feature->param[1]);
}

int agon_feature_bar_of(const struct agon_bar *bar, const struct agon_feature_bar *before,
                        int px_exp, int qty_exp, struct agon_feature_bar *out)
{
    agon_ns_t t_close = bar->t_open + (agon_ns_t)bar->length_s * 1000000000;

    if (bar->low_px <= 0 || bar->high_px < bar->open_px || bar->high_px < bar->close_px ||
        bar->low_px > bar->open_px || bar->low_px > bar->close_px || bar->taker_buy_qty < 0 ||
        bar->volume_qty < bar->taker_buy_qty || px_exp < 0 || px_exp > 18 || qty_exp < 0 ||
        qty_exp > 18 || bar->t_open < 0 || bar->length_s == 0)
        return AGON_EINVAL;
    if (before != NULL && t_close <= before->t_close)
        return AGON_EINVAL;
    out->open = agon_to_double(bar->open_px, px_exp);
    out->high = agon_to_double(bar->high_px, px_exp);
    out->low = agon_to_double(bar->low_px, px_exp);
    out->close = agon_to_double(bar->close_px, px_exp);
    out->volume = agon_to_double(bar->volume_qty, qty_exp);
    out->bought = agon_to_double(bar->taker_buy_qty, qty_exp);
    out->change = before != NULL ? ln(out->close / before->close) : 0;
    out->t_close = t_close;
    return AGON_OK;
}

double agon_feature_value(const struct agon_feature *feature, const struct agon_feature_bar *last)
{
    return feature_values[feature->id](feature->param, last);
}

/* --- a set of them --- */

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int agon_features_init(struct agon_features *set, const char *list, uint32_t *at_)
{
    const char *text = list;
    int rc = AGON_OK;

    memset(set, 0, sizeof(*set));
    while (rc >= 0) {
        char word[AGON_FEATURE_TEXT];
        size_t n = 0;

        while (is_blank(*text))
            text++;
        if (at_ != NULL)
            *at_ = (uint32_t)(text - list);
        if (*text == '\0')
            break;
        while (text[n] != '\0' && !is_blank(text[n]) && n < sizeof(word) - 1)
            n++;
        memcpy(word, text, n);
        word[n] = '\0';
        if (set->n == AGON_FEATURES_MAX)
            rc = AGON_ENOSPC;
        else if (text[n] != '\0' && !is_blank(text[n]))
            rc = AGON_EINVAL;
        else
            rc = agon_feature_parse(word, &set->all[set->n]);
        if (rc >= 0 && set->all[set->n].back > set->back)
            set->back = set->all[set->n].back;
        set->n += rc >= 0;
        text += rc >= 0 ? n : 0;
    }
    if (rc >= 0 && set->n == 0)
        rc = AGON_EINVAL;
    if (rc < 0)
        memset(set, 0, sizeof(*set));
    return rc;
}

int agon_features_bar(struct agon_features *set, const struct agon_bar *bar, int px_exp,
                      int qty_exp)
{
    struct agon_feature_bar made;
    const struct agon_feature_bar *before = set->held > 0 ? &set->bars[set->at - 1] : NULL;

    if (set->back == 0 || agon_feature_bar_of(bar, before, px_exp, qty_exp, &made) < 0)
        return AGON_EINVAL;
    if (set->at == 2 * AGON_FEATURE_BACK_MAX) {
        memmove(set->bars, &set->bars[set->at - (set->back - 1)],
                (set->back - 1) * sizeof(set->bars[0]));
        set->at = set->back - 1;
        memset(&set->bars[set->at], 0,
               (2 * AGON_FEATURE_BACK_MAX - set->at) * sizeof(set->bars[0]));
    }
    set->bars[set->at++] = made;
    if (set->held < set->back)
        set->held++;
    return AGON_OK;
}

void agon_features_text(const struct agon_features *set, char text[AGON_FEATURES_TEXT])
{
    size_t n = 0;
    uint32_t i;

    text[0] = '\0';
    for (i = 0; i < set->n && i < AGON_FEATURES_MAX; i++) {
        if (i > 0)
            text[n++] = ' ';
        agon_feature_text(&set->all[i], text + n);
        n += strlen(text + n);
    }
}

int agon_features_is_ready(const struct agon_features *set)
{
    return set->back > 0 && set->held == set->back;
}

int agon_features_is_same(const struct agon_features *set, const struct agon_features *other)
{
    return set->n == other->n && memcmp(set->all, other->all, sizeof(set->all)) == 0;
}

int agon_features_values(const struct agon_features *set, double *out)
{
    uint32_t i;

    if (!agon_features_is_ready(set))
        return AGON_EAGAIN;
    for (i = 0; i < set->n; i++)
        out[i] = agon_feature_value(&set->all[i], &set->bars[set->at - 1]);
    return AGON_OK;
}

static int is_bar(const struct agon_feature_bar *bar)
{
    return bar->low > 0 && bar->high <= AGON_TA_ABS_MAX && bar->low <= bar->open &&
           bar->open <= bar->high && bar->low <= bar->close && bar->close <= bar->high &&
           bar->bought >= 0 && bar->bought <= bar->volume && bar->volume <= AGON_TA_ABS_MAX &&
           fabs(bar->change) <= AGON_TA_ABS_MAX && bar->t_close > 0;
}

int agon_features_check(const struct agon_features *set)
{
    uint32_t i, back = 0;

    if (set->n == 0 || set->n > AGON_FEATURES_MAX)
        return AGON_ECORRUPT;
    for (i = 0; i < set->n; i++) {
        struct agon_feature feature = set->all[i];

        if (feature.id >= N_ROWS || settle(&feature) < 0 || feature.back != set->all[i].back)
            return AGON_ECORRUPT;
        back = feature.back > back ? feature.back : back;
    }
    if (set->back != back || set->held > back || set->at < set->held ||
        set->at > 2 * AGON_FEATURE_BACK_MAX)
        return AGON_ECORRUPT;
    for (i = set->at - set->held; i < set->at; i++) {
        const struct agon_feature_bar *bar = &set->bars[i];

        if (!is_bar(bar))
            return AGON_ECORRUPT;
        // The first one's may be of a bar that is gone.
        if (i > set->at - set->held && (bar->t_close <= (bar - 1)->t_close ||
                                        bar->change != ln(bar->close / (bar - 1)->close)))
            return AGON_ECORRUPT;
    }
    return AGON_OK;
}
