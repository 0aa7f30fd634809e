// SPDX-License-Identifier: Apache-2.0
#include "roster/tournament.h"

#include <pthread.h>

#include "base/cron.h"
#include "roster/tournament_preset.h"
#include "score/allocator.h"

#define MINUTE_NS ((int64_t)60 * 1000000000)
#define WEEK_NS   (7 * 1440 * MINUTE_NS)

static const struct schema_choice unloads[] = {
    {"close", UNLOAD_CLOSE}, {"keep", UNLOAD_KEEP}, {NULL, 0}};

static const struct schema_field *weights_of_table(void);
static const struct schema_field *gates_of_table(void);
static const struct schema_field *bounds_of_table(void);
static const struct schema weights_schema = {"weights", sizeof(struct tournament_weights), NULL,
                                             NULL, weights_of_table};
static const struct schema gates_schema = {"gates", sizeof(struct tournament_gates), NULL, NULL,
                                           gates_of_table};
static const struct schema bounds_schema = {"bounds", sizeof(struct tournament_bounds), NULL, NULL,
                                            bounds_of_table};

#define BOUND(member) SCHEMA_MEMBER(struct tournament_bounds, member), .min = 0, .max = 1000000
static const struct schema_field own_bounds[] = {
    {"min", SCHEMA_SHARE, BOUND(least_ppm), .preset = "5%", .doc = "minimum share of an agent"},
    {"max", SCHEMA_SHARE, BOUND(most_ppm), .preset = "15%", .doc = "maximum share of an agent"},
    {"kelly", SCHEMA_SHARE, BOUND(kelly_ppm), .preset = "25%",
     .doc = "part of the Kelly share that is taken"},
    {"growth", SCHEMA_SHARE, BOUND(growth_ppm), .preset = "10%",
     .doc = "maximum that an agent's equity is raised by in a week"},
};
static struct schema_choice modes[ALLOCATORS + 1];
static char modes_doc[256];
#define WORD(member) SCHEMA_MEMBER(struct tournament_words, member)
static const struct schema_field own_fields[] = {
    {"preset", SCHEMA_TEXT, WORD(preset), .preset = "default",
     .doc = "what holds where nothing else is said: bold, cautious, default (configs/tournament)"},
    {"schedule", SCHEMA_TEXT, WORD(schedule), .preset = "0 0 * * 0",
     .doc = "minute hour day month weekday, in UTC of engine time"},
    {"mode", SCHEMA_CHOICE, WORD(mode), .choices = modes, .preset = "rank_shares",
     .doc = modes_doc},
    {"sample", SCHEMA_DURATION, WORD(sample_ns), .min = 60000000000, .max = 86400000000000,
     .preset = "1h", .doc = "between two samples of equity: whole minutes"},
    {"window", SCHEMA_DURATION, WORD(window_ns), .min = 60000000000, .max = 14515200000000000,
     .preset = "7d", .doc = "that is judged: at most 168 samples"},
    {"min_samples", SCHEMA_INT, WORD(min_samples), .min = 1, .max = WINDOW_MAX, .preset = "24",
     .doc = "fewer: an agent is too new to be judged"},
    {"weights", SCHEMA_MAP, WORD(weights), .sub = &weights_schema, .doc = "of the score"},
    {"gates", SCHEMA_MAP, WORD(gates), .sub = &gates_schema, .doc = "what an agent must reach"},
    {"shares", SCHEMA_SHARE, SCHEMA_ARRAY(struct tournament_words, shares_ppm, n_shares), .min = 0,
     .max = 1000000, .doc = "of rank 1, 2, ...; default: 25 %, 20 %, 18 %, 15 %, 12 %"},
    {"rest", SCHEMA_SHARE, WORD(rest_ppm), .min = 0, .max = 1000000, .preset = "10%",
     .doc = "of all ranks behind those, in equal parts"},
    {"reserve", SCHEMA_SHARE, WORD(reserve_ppm), .min = 0, .max = 1000000, .preset = "0%",
     .doc = "of all, that nobody gets"},
    {"bounds", SCHEMA_MAP, WORD(bounds), .sub = &bounds_schema,
     .doc = "of what one agent gets; min, max, kelly and growth are of mode bounded"},
    {"on_unload", SCHEMA_CHOICE, WORD(on_unload), .choices = unloads, .preset = "close",
     .doc = "what becomes of the positions of an agent that is unloaded"},
};

#define N_OF(fields) (sizeof(fields) / sizeof((fields)[0]))
/* The keys of these maps, and the modes, are those of the tables of score: filled once. */
static struct schema_field bounds_fields[N_OF(own_bounds) + SETTINGS + 1];
static struct schema_field all_fields[N_OF(own_fields) + SETTINGS + 1];
static struct schema_field weights_fields[MEASURES + 1];
static struct schema_field gates_fields[GATES + 2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_weight(uint32_t i)
{
    const struct measure *measure = measure_at(i);

    weights_fields[i] = (struct schema_field){
        .key = measure->name,
        .type = SCHEMA_REAL,
        .offset = (uint32_t)(offsetof(struct tournament_weights, of) + i * sizeof(double)),
        .room = sizeof(double),
        .max = 1000000,
        .preset = measure->weight,
        .doc = measure->doc};
}

static void fill_gate(uint32_t i, struct schema_field *to)
{
    const struct gate *gate = gate_at(i);
    int is_share = gate->unit == MEASURE_SHARE;
    size_t offset = is_share ? offsetof(struct tournament_gates, shares_ppm) + i * sizeof(uint32_t)
                             : offsetof(struct tournament_gates, numbers) + i * sizeof(double);

    *to = (struct schema_field){.key = gate_key(gate),
                                .type = is_share ? SCHEMA_SHARE : SCHEMA_REAL,
                                .offset = (uint32_t)offset,
                                .room = is_share ? sizeof(uint32_t) : sizeof(double),
                                .min = gate->min,
                                .max = gate->max,
                                .preset = gate->preset,
                                .doc = gate->doc};
}

static void fill_settings(void)
{
    size_t n_bounds = N_OF(own_bounds);
    size_t n_all = N_OF(own_fields);

    memcpy(bounds_fields, own_bounds, sizeof(own_bounds));
    memcpy(all_fields, own_fields, sizeof(own_fields));
    for (uint32_t i = 0; i < SETTINGS; i++) {
        const struct setting *setting = setting_at(i);
        size_t offset =
            setting->is_bound
                ? offsetof(struct tournament_bounds, settings_ppm) + i * sizeof(uint32_t)
                : offsetof(struct tournament_words, counts) + i * sizeof(uint32_t);
        struct schema_field field = {.key = setting->name,
                                     .type = setting->is_bound ? SCHEMA_SHARE : SCHEMA_INT,
                                     .offset = (uint32_t)offset,
                                     .room = sizeof(uint32_t),
                                     .min = setting->min,
                                     .max = setting->max,
                                     .preset = setting->preset,
                                     .doc = setting->doc};

        if (setting->doc != NULL && setting->is_bound)
            bounds_fields[n_bounds++] = field;
        else if (setting->doc != NULL)
            all_fields[n_all++] = field;
    }
}

static void fill(void)
{
    size_t n = 0;
    uint32_t n_gates = 0;

    for (uint32_t i = 0; i < MEASURES; i++)
        fill_weight(i);
    for (uint32_t i = 0; i < GATES; i++) {
        if (!gate_at(i)->is_past)
            fill_gate(i, &gates_fields[n_gates++]);
    }
    gates_fields[n_gates] = (struct schema_field){
        "failures",
        SCHEMA_INT,
        SCHEMA_MEMBER(struct tournament_gates, failures),
        .min = 0,
        .max = 1000,
        .preset = "3",
        .doc = "tournaments in a row under a gate after which an agent is unloaded; 0: never"};
    fill_settings();
    for (uint32_t i = 0; i < ALLOCATORS; i++) {
        const struct allocator *allocator = allocator_at(i);

        modes[i] = (struct schema_choice){allocator->name, allocator->mode};
        if (n < sizeof(modes_doc))
            n += (size_t)snprintf(modes_doc + n, sizeof(modes_doc) - n, "%s%s: %s",
                                  i > 0 ? "; " : "", allocator->name, allocator->doc);
    }
}

static const struct schema_field *weights_of_table(void)
{
    pthread_once(&once, fill);
    return weights_fields;
}

static const struct schema_field *gates_of_table(void)
{
    pthread_once(&once, fill);
    return gates_fields;
}

static const struct schema_field *bounds_of_table(void)
{
    pthread_once(&once, fill);
    return bounds_fields;
}

static const struct schema_field *fields_of_tables(void)
{
    pthread_once(&once, fill);
    return all_fields;
}

const struct schema tournament_schema = {"a tournament", sizeof(struct tournament_words), NULL,
                                         NULL, fields_of_tables};

static int has(struct config *config, const char *key)
{
    return config_at(config, "tournament.%s", key) != NULL;
}

static void take_gates(const struct tournament_gates *words, struct config *config,
                       struct tournament_rules *rules)
{
    for (uint32_t i = 0; i < GATES; i++) {
        const struct gate *gate = gate_at(i);

        if (gate->is_past || config_at(config, "tournament.gates.%s", gate_key(gate)) == NULL)
            continue;
        rules_set_gate(rules, i,
                       gate->unit == MEASURE_SHARE ? (double)words->shares_ppm[i] / 1e6
                                                   : words->numbers[i]);
    }
    if (has(config, "gates.failures"))
        rules->failures = words->failures;
}

static void take_times(const struct tournament_words *words, struct config *config,
                       struct tournament_rules *rules)
{
    const struct config_node *sample = config_at(config, "tournament.sample");
    const struct config_node *window = config_at(config, "tournament.window");
    const struct config_node *least = config_at(config, "tournament.min_samples");
    int64_t sample_ns = sample != NULL ? words->sample_ns : (int64_t)rules->sample_s * 1000000000;
    int64_t window_ns =
        window != NULL ? words->window_ns : (int64_t)rules->window * rules->sample_s * 1000000000;
    uint32_t min_samples = least != NULL ? words->min_samples : rules->min_samples;
    int64_t n;

    if (sample_ns <= 0 || window_ns <= 0)
        return; // refused as what they are
    if (sample_ns % MINUTE_NS != 0) {
        config_refuse(config, sample, CONFIG_E_VALUE,
                      "'%s' is not whole minutes; expected a multiple of 1m, such as 1h",
                      config_text(sample));
        return;
    }
    n = window_ns / sample_ns;
    if (n < 1 || n > WINDOW_MAX || window_ns % sample_ns != 0) {
        config_refuse(config, window != NULL ? window : sample, CONFIG_E_CONFLICT,
                      "is not 1 to %d samples; expected the window a multiple of the sample",
                      WINDOW_MAX);
        return;
    }
    rules->sample_s = (uint32_t)(sample_ns / 1000000000);
    rules->window = (uint32_t)n;
    if (min_samples <= rules->window)
        rules->min_samples = min_samples;
    else if (least != NULL)
        config_refuse(config, least, CONFIG_E_CONFLICT,
                      "is more than the %u samples of the window; expected at most those",
                      rules->window);
    else
        rules->min_samples = rules->window;
}

// What the roster does not say is preset.
static void take_settings(const struct tournament_words *words, struct config *config,
                          struct tournament_rules *rules)
{
    for (uint32_t i = 0; i < SETTINGS; i++) {
        const struct setting *setting = setting_at(i);

        if (config_at(config, "tournament.%s%s", setting->is_bound ? "bounds." : "",
                      setting->name) == NULL)
            continue;
        rules_set_setting(rules, i,
                          setting->is_bound ? (double)words->bounds.settings_ppm[i] / 1e6
                                            : (double)words->counts[i]);
    }
}

void tournament_rules_of(const struct tournament_words *words, struct config *config,
                         struct tournament_rules *rules)
{
    const struct config_node *node = config_at(config, "tournament");
    uint32_t before = config_error_count(config);
    struct error err = {0};
    struct cron cron;

    memset(rules, 0, sizeof(*rules));
    if (node == NULL)
        return;
    plan_defaults(rules);
    if (has(config, "preset") && words->preset[0] != '\0' &&
        tournament_preset(words->preset, rules, &err) < 0)
        config_refuse(config, config_at(config, "tournament.preset"), CONFIG_E_VALUE, "%s",
                      err.text);
    // What was refused as a word is 0, and has been told of.
    if (has(config, "mode") && words->mode != 0)
        rules->mode = words->mode;
    if (has(config, "on_unload") && words->on_unload != 0)
        rules->on_unload = words->on_unload;
    if (has(config, "schedule"))
        memcpy(rules->schedule, words->schedule, sizeof(rules->schedule));
    if (has(config, "schedule") && words->schedule[0] != '\0' &&
        cron_parse(&cron, words->schedule, strlen(words->schedule), &err) < 0)
        config_refuse(
            config, config_at(config, "tournament.schedule"), CONFIG_E_VALUE,
            "'%.64s': %s; expected minute, hour, day, month and weekday, such as 0 0 * * 0",
            words->schedule, err.text);
    for (uint32_t i = 0; i < MEASURES; i++) {
        if (config_at(config, "tournament.weights.%s", measure_at(i)->name) != NULL)
            rules_set_weight(rules, i, words->weights.of[i]);
    }
    if (has(config, "gates"))
        take_gates(&words->gates, config, rules);
    take_times(words, config, rules);
    if (has(config, "shares")) {
        memset(rules->shares_ppm, 0, sizeof(rules->shares_ppm));
        rules->n_shares = words->n_shares;
        memcpy(rules->shares_ppm, words->shares_ppm, words->n_shares * sizeof(uint32_t));
    }
    if (has(config, "rest"))
        rules->rest_ppm = words->rest_ppm;
    if (has(config, "reserve"))
        rules->reserve_ppm = words->reserve_ppm;
    if (has(config, "bounds.min"))
        rules->least_ppm = words->bounds.least_ppm;
    if (has(config, "bounds.max"))
        rules->most_ppm = words->bounds.most_ppm;
    if (has(config, "bounds.kelly"))
        rules->kelly_ppm = words->bounds.kelly_ppm;
    if (has(config, "bounds.growth"))
        rules->growth_ppm = words->bounds.growth_ppm;
    take_settings(words, config, rules);
    // What was refused by itself has no value here.
    if (config_error_count(config) == 0 && plan_check_rules(rules, &err) < 0)
        config_refuse(config, node, CONFIG_E_CONFLICT, "%s; expected rules that can be kept",
                      err.text);
    if (config_error_count(config) != before)
        memset(rules, 0, sizeof(*rules));
}
