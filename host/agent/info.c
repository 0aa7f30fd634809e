// SPDX-License-Identifier: Apache-2.0
#include "agent/info.h"

#include <stdio.h>
#include <string.h>

#include <agon/agon.h>

#include "agent/setup.h"
#include "base/utf8.h"

#define COPY(to, from) snprintf(to, sizeof(to), "%s", (from) ? (from) : "")

static void fill_param(struct info_param *to, const struct agon_param *from)
{
    *to = (struct info_param){.id = from->id,
                              .type = from->type,
                              .flags = from->flags,
                              .min = from->min,
                              .max = from->max,
                              .def = from->def,
                              .step = from->step};
    COPY(to->name, from->name);
    COPY(to->unit, from->unit);
    COPY(to->doc, from->doc);
    COPY(to->choices, from->choices);
}

void plugin_info_fill(struct plugin_info *info, const struct agon_entry *entry, uint32_t index)
{
    const struct agon_descriptor *d = entry->plugins[index];

    memset(info, 0, sizeof(*info));
    info->n_plugins = entry->n_plugins;
    info->index = index;
    info->abi_major = entry->abi_major;
    info->abi_minor = entry->abi_minor;
    info->kind = d->kind;
    info->caps = d->caps;
    info->n_params = d->n_params;
    info->n_requires = d->n_requires;
    info->state_schema = d->state_schema;
    info->state_schema_oldest = d->state_schema_oldest;
    info->budget_ns = d->budget_ns;
    info->event_mask = d->event_mask;
    info->event_more = plugin_info_more(d);
    info->arena_bytes = d->arena_bytes;
    COPY(info->id, d->id);
    COPY(info->version, d->version);
    COPY(info->name, d->name);
    COPY(info->vendor, d->vendor);
    COPY(info->summary, d->summary);
    for (uint32_t i = 0; i < d->n_requires && i < 16; i++)
        COPY(info->requires_ext[i], d->requires_ext[i]);
    if (AGON_HAS(d, struct agon_descriptor, n_reads)) {
        info->n_publishes = d->n_publishes;
        info->n_reads = d->n_reads;
    }
    for (uint32_t i = 0; i < info->n_publishes && i < AGON_PUBLISHES_MAX; i++)
        COPY(info->publishes[i], d->publishes[i]);
    for (uint32_t i = 0; i < info->n_reads && i < AGON_READS_MAX; i++)
        COPY(info->reads[i], d->reads[i]);
    info->n_tags = AGON_HAS(d, struct agon_descriptor, n_tags) ? d->n_tags : 0;
    for (uint32_t i = 0; i < info->n_tags && i < AGON_TAGS_MAX; i++)
        COPY(info->tags[i], d->tags[i]);
    info->n_metrics = AGON_HAS(d, struct agon_descriptor, metrics) ? d->n_metrics : 0;
    for (uint32_t i = 0; i < info->n_metrics && i < AGON_METRICS_MAX; i++)
        COPY(info->metrics[i], d->metrics[i]);
    for (uint32_t i = 0; i < d->n_params && i < INFO_PARAMS_MAX; i++)
        fill_param(&info->params[i], d->params[i]);
}

static int32_t choice_of(const struct info_param *param, const char *text)
{
    const char *at = param->choices;

    for (int32_t i = 0; at != NULL; i++) {
        size_t n = strcspn(at, "|");

        if (strlen(text) == n && memcmp(at, text, n) == 0)
            return i;
        at = at[n] == '|' ? at + n + 1 : NULL;
    }
    return -1;
}

uint8_t plugin_info_bars(const struct plugin_info *info, const struct setup_param *params,
                         uint32_t n)
{
    uint8_t mask = 0;

    for (uint32_t i = 0; i < info->n_params && i < INFO_PARAMS_MAX; i++) {
        const struct info_param *param = &info->params[i];
        int32_t choice;

        if (param->type != AGON_CHOICE || strcmp(param->choices, AGON_BAR_CHOICES) != 0)
            continue;
        if ((param->flags & AGON_PARAM_LIVE) != 0) // another one any time
            return UINT8_MAX;
        choice = param->def >= 0 && param->def < 8 ? (int32_t)param->def : -1;
        for (uint32_t k = 0; k < n; k++)
            choice = strcmp(params[k].name, param->name) == 0 ? choice_of(param, params[k].text)
                                                              : choice;
        if (choice < 0 || choice >= 8) // not loaded, but for this
            return UINT8_MAX;
        mask |= (uint8_t)(1u << choice);
    }
    return mask != 0 ? mask : UINT8_MAX;
}

/* Ends the text, and blanks it when it is not what plugin_check lets pass: a hostile child. */
static void bound(char *text, size_t room)
{
    size_t n;

    text[room - 1] = 0;
    n = strlen(text);
    while (n > 0 && !utf8_is_valid(text, n)) // cut in the middle of a character
        text[--n] = 0;
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

void plugin_info_bound(struct plugin_info *info)
{
    if (info->n_params > INFO_PARAMS_MAX)
        info->n_params = INFO_PARAMS_MAX;
    if (info->n_requires > 16)
        info->n_requires = 16;
    if (info->n_publishes > AGON_PUBLISHES_MAX)
        info->n_publishes = AGON_PUBLISHES_MAX;
    if (info->n_reads > AGON_READS_MAX)
        info->n_reads = AGON_READS_MAX;
    if (info->n_tags > AGON_TAGS_MAX)
        info->n_tags = AGON_TAGS_MAX;
    if (info->n_metrics > AGON_METRICS_MAX)
        info->n_metrics = AGON_METRICS_MAX;
    bound(info->id, sizeof(info->id));
    bound(info->version, sizeof(info->version));
    bound(info->name, sizeof(info->name));
    bound(info->vendor, sizeof(info->vendor));
    bound(info->summary, sizeof(info->summary));
    for (int i = 0; i < 16; i++)
        bound(info->requires_ext[i], sizeof(info->requires_ext[i]));
    for (int i = 0; i < AGON_PUBLISHES_MAX; i++)
        bound(info->publishes[i], sizeof(info->publishes[i]));
    for (int i = 0; i < AGON_READS_MAX; i++)
        bound(info->reads[i], sizeof(info->reads[i]));
    for (int i = 0; i < AGON_TAGS_MAX; i++)
        bound(info->tags[i], sizeof(info->tags[i]));
    for (int i = 0; i < AGON_METRICS_MAX; i++)
        bound(info->metrics[i], sizeof(info->metrics[i]));
    for (int i = 0; i < INFO_PARAMS_MAX; i++) {
        bound(info->params[i].name, sizeof(info->params[i].name));
        bound(info->params[i].unit, sizeof(info->params[i].unit));
        bound(info->params[i].doc, sizeof(info->params[i].doc));
        bound(info->params[i].choices, sizeof(info->params[i].choices));
    }
}

const char *plugin_tag_text(const char *tags, uint32_t n, uint16_t tag, char text[INFO_TAG])
{
    if (tag > 0 && tag <= n && tag <= AGON_TAGS_MAX)
        (void)snprintf(text, INFO_TAG, "%.31s", tags + (size_t)(tag - 1) * INFO_TAG);
    else if (tag > 0)
        (void)snprintf(text, INFO_TAG, "%u", tag);
    else
        text[0] = '\0';
    return text;
}

const char *plugin_kind_name(uint32_t kind)
{
    return kind == AGON_STRATEGY   ? "strategy"
           : kind == AGON_MODEL    ? "model"
           : kind == AGON_ANALYTIC ? "analytic"
                                   : "unknown";
}

const char *plugin_default_text(const struct info_param *param, char text[INFO_DEFAULT])
{
    const char *word = param->choices;
    size_t n;

    text[0] = '\0';
    if (param->type == AGON_TEXT)
        return text;
    for (double at = param->def; param->type == AGON_CHOICE && at >= 1.0; at -= 1.0)
        word = strchr(word, '|') != NULL ? strchr(word, '|') + 1 : "";
    n = strcspn(word, "|");
    if (param->type == AGON_CHOICE)
        snprintf(text, INFO_DEFAULT, "%.*s", n < INFO_DEFAULT ? (int)n : INFO_DEFAULT - 1, word);
    else
        snprintf(text, INFO_DEFAULT, "%.12g", param->def);
    return text;
}
