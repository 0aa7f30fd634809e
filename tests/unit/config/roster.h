// SPDX-License-Identifier: Apache-2.0
/* roster: a schema with every type, for the tests of config. Not the product's own. */
#ifndef TEST_ROSTER_H
#define TEST_ROSTER_H

#include "config/schema.h"

struct limits {
    uint32_t daily_loss_ppm, drawdown_ppm;
    uint16_t book_age_ms;
    struct schema_money order;
};
struct agent {
    char name[24];
    char plugin[64];
    char note[64];
    struct limits limits;
    int64_t failover_ns;
    uint8_t is_shadow, runner;
    uint32_t n_bars;
    int64_t bars_ns[8];
};
struct roster {
    uint64_t seed;
    int64_t weekly;
    int64_t from_ns, to_ns;
    int64_t history_bytes;
    int64_t tick;
    int32_t offset;
    double half_life;
    struct limits limits;
    uint32_t n_agents;
    struct agent agents[4];
    char file_hash[80];
    const struct config_node *params;
};

static const struct schema_choice runners[] = {{"process", 1}, {"pod", 2}, {"inproc", 3}, {NULL}};
static const struct schema_field limits_fields[] = {
    {"daily_loss", SCHEMA_SHARE, SCHEMA_MEMBER(struct limits, daily_loss_ppm), .min = 1,
     .max = 200000, .preset = "3%"},
    {"drawdown", SCHEMA_SHARE, SCHEMA_MEMBER(struct limits, drawdown_ppm), .preset = "10%"},
    {"book_age", SCHEMA_DURATION, SCHEMA_MEMBER(struct limits, book_age_ms), .min = 10,
     .max = 60000, .preset = "2s"},
    {"order", SCHEMA_MONEY, SCHEMA_MEMBER(struct limits, order), .exp = 8},
    {NULL}};
static const struct schema limits_schema = {"limits", sizeof(struct limits), limits_fields, NULL};
static const struct schema_field agent_fields[] = {
    {"name", SCHEMA_NAME, SCHEMA_MEMBER(struct agent, name), .is_required = 1},
    {"plugin", SCHEMA_PATH, SCHEMA_MEMBER(struct agent, plugin), .is_required = 1},
    {"note", SCHEMA_TEXT, SCHEMA_MEMBER(struct agent, note)},
    {"limits", SCHEMA_MAP, SCHEMA_MEMBER(struct agent, limits), .sub = &limits_schema},
    {"failover", SCHEMA_DURATION, SCHEMA_MEMBER(struct agent, failover_ns), .min = 1000000,
     .max = 3600000000000, .preset = "1s"},
    {"shadow", SCHEMA_BOOL, SCHEMA_MEMBER(struct agent, is_shadow)},
    {"runner", SCHEMA_CHOICE, SCHEMA_MEMBER(struct agent, runner), .choices = runners,
     .preset = "process"},
    {"bars", SCHEMA_DURATION, SCHEMA_ARRAY(struct agent, bars_ns, n_bars), .list_min = 1},
    {"hang_limit", .retired = "'failover' since 0.1"},
    {NULL}};
static const struct schema agent_schema = {"an agent", sizeof(struct agent), agent_fields, NULL};

static inline void check_roster(struct config *config, const struct config_node *node, void *out)
{
    struct roster *roster = out;

    (void)node;
    if (roster->to_ns != 0 && roster->from_ns > roster->to_ns)
        config_refuse(config, config_at(config, "from"), CONFIG_E_CONFLICT,
                      "is after 'to' in line %u; expected an earlier time",
                      config_line(config_at(config, "to")));
    for (uint32_t i = 0; i < roster->n_agents; i++)
        if (roster->agents[i].limits.daily_loss_ppm > roster->limits.daily_loss_ppm)
            config_refuse(config, config_at(config, "agents[%u].limits.daily_loss", i),
                          CONFIG_E_CONFLICT, "is looser than the portfolio's; expected at most it");
}

static const struct schema_field roster_fields[] = {
    {"seed", SCHEMA_U64, SCHEMA_MEMBER(struct roster, seed)},
    {"tournament", SCHEMA_WEEKLY, SCHEMA_MEMBER(struct roster, weekly), .preset = "Sunday 00:00"},
    {"from", SCHEMA_TIME, SCHEMA_MEMBER(struct roster, from_ns)},
    {"to", SCHEMA_TIME, SCHEMA_MEMBER(struct roster, to_ns)},
    {"history", SCHEMA_SIZE, SCHEMA_MEMBER(struct roster, history_bytes), .min = 4096,
     .max = 1024 * 1024 * 1024},
    {"tick", SCHEMA_DECIMAL, SCHEMA_MEMBER(struct roster, tick), .exp = 4},
    {"offset", SCHEMA_INT, SCHEMA_MEMBER(struct roster, offset), .min = -100, .max = 100},
    {"half_life", SCHEMA_REAL, SCHEMA_MEMBER(struct roster, half_life)},
    {"limits", SCHEMA_MAP, SCHEMA_MEMBER(struct roster, limits), .sub = &limits_schema},
    {"agents", SCHEMA_MAP, SCHEMA_ARRAY(struct roster, agents, n_agents), .sub = &agent_schema,
     .list_min = 1, .is_required = 1},
    {"file_hash", SCHEMA_TEXT, SCHEMA_MEMBER(struct roster, file_hash), .is_public = 1},
    {"params", SCHEMA_ANY, SCHEMA_MEMBER(struct roster, params)},
    {NULL}};
static const struct schema roster_schema = {"a roster", sizeof(struct roster), roster_fields,
                                            check_roster};

#endif
