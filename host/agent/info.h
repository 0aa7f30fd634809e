// SPDX-License-Identifier: Apache-2.0
/* info: what a plugin says of itself, as plain data without pointers.
 *
 * A child fills it from the descriptors, so that the host learns what it needs (which events, how
 * much memory, which parameters) without mapping the file. What comes from a child is copied and
 * then bounded before anybody reads it. */
#ifndef AGENT_INFO_H
#define AGENT_INFO_H

#include <agon/ext/metric.h>
#include <agon/plugin.h>

struct setup_param;

#define INFO_PARAMS_MAX 256 /* as many as a plugin may have */
#define INFO_TAG        32

struct info_param {
    uint32_t id, type, flags, pad;
    double min, max, def, step;
    char name[32], unit[32], doc[160], choices[512];
};
struct plugin_info {
    uint32_t n_plugins, index; /* of the file; the one described here */
    uint32_t kind, caps, n_params, n_requires, state_schema, state_schema_oldest, budget_ns;
    uint16_t abi_major, abi_minor;
    uint64_t event_mask, arena_bytes;
    uint16_t event_more, pad[3];
    char id[64], version[24], name[64], vendor[64], summary[256];
    char requires_ext[16][64];
    uint32_t n_publishes, n_reads, n_tags, n_metrics;
    char publishes[AGON_PUBLISHES_MAX][32], reads[AGON_READS_MAX][32];
    char tags[AGON_TAGS_MAX][INFO_TAG], metrics[AGON_METRICS_MAX][INFO_TAG];
    struct info_param params[INFO_PARAMS_MAX];
};

/* From a checked entry. [any] */
void plugin_info_fill(struct plugin_info *info, const struct agon_entry *entry, uint32_t index);
/* Types beyond event_mask that it wants; 0 of a descriptor that ends before them. [any] */
static inline uint16_t plugin_info_more(const struct agon_descriptor *d)
{
    return AGON_HAS(d, struct agon_descriptor, event_more) ? (uint16_t)d->event_more : 0;
}
/* Ends every string and bounds every count, so that it can be read whatever wrote it. [any] */
void plugin_info_bound(struct plugin_info *info);
const char *plugin_kind_name(uint32_t kind);
/* The lengths of bars that its parameters name, as those are set: a bit each as in struct
 * subscription. All of them where it has no such parameter, or one that changes in flight. params:
 * names and words, n of them. [any] */
uint8_t plugin_info_bars(const struct plugin_info *info, const struct setup_param *params,
                         uint32_t n);
/* A parameter's default as a roster says it: of a choice its word; of a text it is empty. Returns
 * text. [any] */
#define INFO_DEFAULT 64
const char *plugin_default_text(const struct info_param *param, char text[INFO_DEFAULT]);
/* A reason of an author (agon_intent.reason) for people: its name, its number where it has none, ""
 * for none. tags: n names as plugin_info has them, INFO_TAG bytes each. Returns text. [any] */
const char *plugin_tag_text(const char *tags, uint32_t n, uint16_t tag, char text[INFO_TAG]);

#endif
