// SPDX-License-Identifier: Apache-2.0
#include "gpu/profile.h"

#include <stdio.h>
#include <string.h>

#include "base/embed.h"
#include "config/units.h"
#include "gpu/profiles_embedded.h" // made of configs/gpu, and anew when a file there changes

#define CARD_BUDGETS_MAX 16
#define SIZE_TEXT        32

static const struct schema_choice classes[] = {{"inference", GPU_INFERENCE},
                                               {"training", GPU_TRAINING},
                                               {"research", GPU_RESEARCH},
                                               {NULL, 0}};
static const struct schema_choice trainings[] = {{"none", GPU_TRAINING_NONE},
                                                 {"cuda", GPU_TRAINING_CUDA},
                                                 {"other", GPU_TRAINING_OTHER},
                                                 {NULL, 0}};
static const struct schema_choice fp64s[] = {{"full", 0}, {"limited", 1}, {NULL, 0}};

struct budget_words {
    char name[GPU_NAME];
    int64_t bytes;
    uint8_t class;
};
struct card_words {
    char name[GPU_NAME];
    uint32_t count, cores, n_budgets;
    int64_t memory, reserve;
    uint8_t training, is_fp64_limited, is_standby, is_on_demand;
    struct budget_words budgets[CARD_BUDGETS_MAX];
};
struct budgets_words {
    uint32_t n_cards;
    struct card_words cards[GPU_CARDS_MAX];
};
struct split_words {
    uint32_t inference_ppm, training_ppm;
};
struct group_words {
    char name[GPU_NAME];
    uint32_t share_ppm, cores;
    int32_t card;
    uint8_t class;
};
struct heat_words {
    int32_t warm, alert, scale, stop, less;
    int64_t sustained_ns;
    uint32_t scaled_ppm;
};
struct shares_words {
    struct {
        struct split_words normal, high, extreme, tournament;
    } splits;
    uint32_t inference_min_ppm;
    uint8_t is_protected;
    uint32_t cores, n_groups;
    struct group_words groups[GPU_GROUPS_MAX];
    struct {
        uint32_t min_ppm, max_ppm;
    } target;
    struct heat_words heat;
    struct {
        uint32_t use_ppm, top;
    } single;
    int64_t reviewed_ns, chunk_ns, window_ns;
};

static const struct schema_field budget_fields[] = {
    {"name", SCHEMA_NAME, SCHEMA_MEMBER(struct budget_words, name), .is_required = 1,
     .doc = "unique on its card"},
    {"class", SCHEMA_CHOICE, SCHEMA_MEMBER(struct budget_words, class), .choices = classes,
     .is_required = 1, .doc = "who leaves first: research, then training, then inference"},
    {"memory", SCHEMA_SIZE, SCHEMA_MEMBER(struct budget_words, bytes), .min = 1,
     .max = INT64_C(1) << 50, .is_required = 1, .doc = "all leases of it together"},
    {NULL}};
static const struct schema budget_schema = {"a budget", sizeof(struct budget_words), budget_fields,
                                            .check = NULL};

// All that a card of the file promises fits into it.
static void check_card(struct config *config, const struct config_node *node, void *out)
{
    const struct card_words *card = out;
    int64_t sum = 0;

    for (uint32_t i = 0; i < card->n_budgets; i++) {
        sum += card->budgets[i].bytes;
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(card->budgets[i].name, card->budgets[k].name) == 0)
                config_refuse(config, config_entry(config_get(node, "budgets"), i),
                              CONFIG_E_DUPLICATE,
                              "budget '%s' is there twice on this card; expected a name of its own",
                              card->budgets[i].name);
        }
        if (card->budgets[i].class == GPU_TRAINING && card->training == GPU_TRAINING_NONE)
            config_refuse(config, config_entry(config_get(node, "budgets"), i), CONFIG_E_CONFLICT,
                          "budget '%s' is for training, and card '%s' has 'training: none'; "
                          "expected class inference or research, or another card",
                          card->budgets[i].name, card->name);
    }
    if (card->reserve >= card->memory || sum > card->memory - card->reserve) {
        char asked[SIZE_TEXT], reserve[SIZE_TEXT], memory[SIZE_TEXT], room[SIZE_TEXT];

        units_say_size(sum, asked, sizeof(asked));
        units_say_size(card->reserve, reserve, sizeof(reserve));
        units_say_size(card->memory, memory, sizeof(memory));
        units_say_size(card->memory > card->reserve ? card->memory - card->reserve : 0, room,
                       sizeof(room));
        config_refuse(config, config_get(node, "memory"), CONFIG_E_CONFLICT,
                      "card '%s' has %s, and its budgets are %s beside a reserve of %s; expected "
                      "budgets of at most %s together",
                      card->name, memory, asked, reserve, room);
    }
    if (card->is_standby && card->n_budgets > 0)
        config_refuse(config, config_get(node, "budgets"), CONFIG_E_CONFLICT,
                      "card '%s' is a standby, used when no other is left; expected no budgets",
                      card->name);
}

static const struct schema_field card_fields[] = {
    {"name", SCHEMA_NAME, SCHEMA_MEMBER(struct card_words, name), .is_required = 1,
     .doc = "unique in the profile; of several alike, each has its number behind it"},
    {"count", SCHEMA_INT, SCHEMA_MEMBER(struct card_words, count), .min = 1, .max = GPU_CARDS_MAX,
     .preset = "1", .doc = "cards that are alike"},
    {"memory", SCHEMA_SIZE, SCHEMA_MEMBER(struct card_words, memory), .min = 1,
     .max = INT64_C(1) << 50, .is_required = 1, .doc = "of one card"},
    {"reserve", SCHEMA_SIZE, SCHEMA_MEMBER(struct card_words, reserve), .min = 0,
     .max = INT64_C(1) << 50, .preset = "0", .doc = "bytes that nobody is given"},
    {"cores", SCHEMA_INT, SCHEMA_MEMBER(struct card_words, cores), .min = 0, .max = 1000000,
     .preset = "0", .doc = "for people; shares are weights, no partitions"},
    {"training", SCHEMA_CHOICE, SCHEMA_MEMBER(struct card_words, training), .choices = trainings,
     .preset = "cuda", .doc = "deep training on it: by CUDA, by something else, or not at all"},
    {"fp64", SCHEMA_CHOICE, SCHEMA_MEMBER(struct card_words, is_fp64_limited), .choices = fp64s,
     .preset = "full", .doc = "limited: what needs much of it is refused there"},
    {"standby", SCHEMA_BOOL, SCHEMA_MEMBER(struct card_words, is_standby), .preset = "false",
     .doc = "used by inference when no other card is left: a machine elsewhere"},
    {"on_demand", SCHEMA_BOOL, SCHEMA_MEMBER(struct card_words, is_on_demand), .preset = "false",
     .doc = "its worker ends when its last lease does"},
    {"budgets", SCHEMA_MAP, SCHEMA_ARRAY(struct card_words, budgets, n_budgets),
     .sub = &budget_schema, .doc = "with the reserve at most its memory"},
    {NULL}};
static const struct schema card_schema = {"a card", sizeof(struct card_words), card_fields,
                                          .check = check_card};
static const struct schema_field budgets_fields[] = {
    {"cards", SCHEMA_MAP, SCHEMA_ARRAY(struct budgets_words, cards, n_cards), .sub = &card_schema,
     .is_required = 1, .list_min = 1, .doc = "in the order of their numbers, from 0 on"},
    {NULL}};
const struct schema profile_budgets_schema = {"a profile of budgets", sizeof(struct budgets_words),
                                              budgets_fields, .check = NULL};

#define SPLIT_FIELDS(name, a, b)                                                                   \
    static const struct schema_field name##_fields[] = {                                           \
        {"inference", SCHEMA_SHARE, SCHEMA_MEMBER(struct split_words, inference_ppm), .min = 0,    \
         .max = GPU_ALL_PPM, .preset = (a), .doc = "it has so much at any time"},                  \
        {"training", SCHEMA_SHARE, SCHEMA_MEMBER(struct split_words, training_ppm), .min = 0,      \
         .max = GPU_ALL_PPM, .preset = (b), .doc = "it and research together never have more"},    \
        {NULL}};                                                                                   \
    static const struct schema name##_schema = {"a split", sizeof(struct split_words),             \
                                                name##_fields, .check = check_split}

static void check_split(struct config *config, const struct config_node *node, void *out)
{
    const struct split_words *split = out;

    if (split->inference_ppm + split->training_ppm > GPU_ALL_PPM)
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "inference and training together are %u.%u %% of a card; expected at most "
                      "100 %%",
                      (split->inference_ppm + split->training_ppm) / 10000,
                      (split->inference_ppm + split->training_ppm) / 1000 % 10);
}
SPLIT_FIELDS(normal, "60%", "40%");
SPLIT_FIELDS(high, "80%", "20%");
SPLIT_FIELDS(extreme, "100%", "0%");
SPLIT_FIELDS(tournament, "40%", "60%");
#undef SPLIT_FIELDS

#define AT(member)                                                                                 \
    .offset = offsetof(struct shares_words, member),                                               \
    .room = sizeof(((struct shares_words *)0)->member)
#define WITHIN(outer, member)                                                                      \
    .offset = offsetof(struct shares_words, outer.member) - offsetof(struct shares_words, outer),  \
    .room = sizeof(((struct shares_words *)0)->outer.member)
static const struct schema_field splits_fields[] = {
    {"normal", SCHEMA_MAP, WITHIN(splits, normal), .sub = &normal_schema,
     .doc = "most of the time"},
    {"high", SCHEMA_MAP, WITHIN(splits, high), .sub = &high_schema, .doc = "volatility is high"},
    {"extreme", SCHEMA_MAP, WITHIN(splits, extreme), .sub = &extreme_schema,
     .doc = "volatility is extreme"},
    {"tournament", SCHEMA_MAP, WITHIN(splits, tournament), .sub = &tournament_schema,
     .doc = "the weekly tournament, while volatility is normal"},
    {NULL}};
static const struct schema splits_schema = {"splits", sizeof(((struct shares_words *)0)->splits),
                                            splits_fields, .check = NULL};
static const struct schema_field group_fields[] = {
    {"name", SCHEMA_NAME, SCHEMA_MEMBER(struct group_words, name), .is_required = 1,
     .doc = "unique on its card"},
    {"class", SCHEMA_CHOICE, SCHEMA_MEMBER(struct group_words, class), .choices = classes,
     .is_required = 1, .doc = "of its leases"},
    {"share", SCHEMA_SHARE, SCHEMA_MEMBER(struct group_words, share_ppm), .min = 1,
     .max = GPU_ALL_PPM, .doc = "all its leases on a card together"},
    {"cores", SCHEMA_INT, SCHEMA_MEMBER(struct group_words, cores), .min = 1, .max = 1000000,
     .doc = "the same as a part of `cores` of the profile"},
    {"card", SCHEMA_INT, SCHEMA_MEMBER(struct group_words, card), .min = -1,
     .max = GPU_CARDS_MAX - 1, .preset = "-1", .doc = "its number; -1: each card by itself"},
    {NULL}};
static const struct schema group_schema = {"a group", sizeof(struct group_words), group_fields,
                                           .either = {"share", "cores"}, .check = NULL};
static const struct schema_field target_fields[] = {
    {"min", SCHEMA_SHARE, WITHIN(target, min_ppm), .min = 0, .max = GPU_ALL_PPM, .preset = "60%",
     .doc = "below it a report says so"},
    {"max", SCHEMA_SHARE, WITHIN(target, max_ppm), .min = 0, .max = GPU_ALL_PPM, .preset = "70%",
     .doc = "above it too"},
    {NULL}};
static const struct schema target_schema = {"a target", sizeof(((struct shares_words *)0)->target),
                                            target_fields, .check = NULL};

static void check_heat(struct config *config, const struct config_node *node, void *out)
{
    const struct config_node *less = config_get(node, "less");
    const struct heat_words *heat = out;
    int most = heat->scale - heat->warm;

    most = most < heat->warm ? most : heat->warm - 1;
    if (heat->warm >= heat->alert || heat->alert >= heat->scale || heat->scale >= heat->stop)
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "steps of heat are %d, %d, %d and %d degrees; expected each above the one "
                      "before",
                      heat->warm, heat->alert, heat->scale, heat->stop);
    else if (heat->less > heat->scale - heat->warm || heat->less >= heat->warm)
        config_refuse(config, less != NULL ? less : node, CONFIG_E_CONFLICT,
                      "less is %d degrees, a card is warm above %d and works part of the time "
                      "above %d; expected at most %d, so that each step ends and a card within its "
                      "baseline works all of its time",
                      heat->less, heat->warm, heat->scale, most);
}
#define DEGREES(key_, member, preset_, doc_)                                                       \
    {                                                                                              \
        key_, SCHEMA_INT, SCHEMA_MEMBER(struct heat_words, member), .min = 1, .max = 150,          \
                                                                    .preset = preset_, .doc = doc_ \
    }
static const struct schema_field heat_fields[] = {
    DEGREES("warm", warm, "75", "above it, in degrees Celsius, a card is outside of its baseline"),
    DEGREES("alert", alert, "80", "above it for `sustained` there is an alert"),
    DEGREES("scale", scale, "85", "above it the card works `scaled` of the time"),
    DEGREES("stop", stop, "90", "above it the card is shut, positions are closed, all stops"),
    DEGREES("less", less, "3",
            "a step ends so far below its threshold; at most `scale` less `warm`"),
    {"sustained", SCHEMA_DURATION, SCHEMA_MEMBER(struct heat_words, sustained_ns), .min = 0,
     .max = 3600 * INT64_C(1000000000), .preset = "10s", .doc = "before the alert"},
    {"scaled", SCHEMA_SHARE, SCHEMA_MEMBER(struct heat_words, scaled_ppm), .min = 10000,
     .max = GPU_ALL_PPM, .preset = "70%", .doc = "of its time"},
    {NULL}};
#undef DEGREES
static const struct schema heat_schema = {"heat", sizeof(struct heat_words), heat_fields,
                                          .check = check_heat};
static const struct schema_field single_fields[] = {
    {"use", SCHEMA_SHARE, WITHIN(single, use_ppm), .min = 10000, .max = GPU_ALL_PPM,
     .preset = "50%", .doc = "of the card that is left"},
    {"top", SCHEMA_INT, WITHIN(single, top), .min = 1, .max = 65535, .preset = "10",
     .doc = "strategies that stay, by their place in the tournament"},
    {NULL}};
static const struct schema single_schema = {
    "one card left", sizeof(((struct shares_words *)0)->single), single_fields, .check = NULL};

// Who has less than the minimum of inference in a split that is bound to it.
static void check_shares(struct config *config, const struct config_node *node, void *out)
{
    const struct shares_words *words = out;
    const struct split_words *splits[] = {&words->splits.normal, &words->splits.high,
                                          &words->splits.extreme};
    static const char *const names[] = {"normal", "high", "extreme"};
    const struct config_node *at = config_get(node, "splits");

    for (uint32_t i = 0; i < 3; i++) {
        if (splits[i]->inference_ppm < words->inference_min_ppm)
            config_refuse(config, at != NULL ? at : node, CONFIG_E_CONFLICT,
                          "inference has %u.%u %% in '%s', below inference_min of %u.%u %%; "
                          "expected more there or a smaller minimum",
                          splits[i]->inference_ppm / 10000, splits[i]->inference_ppm / 1000 % 10,
                          names[i], words->inference_min_ppm / 10000,
                          words->inference_min_ppm / 1000 % 10);
    }
    if (words->target.min_ppm > words->target.max_ppm)
        config_refuse(config, config_get(node, "target"), CONFIG_E_CONFLICT,
                      "the target's min is above its max; expected min below max");
}
static const struct schema_field shares_fields[] = {
    {"splits", SCHEMA_MAP, AT(splits), .sub = &splits_schema, .doc = "inference against training"},
    {"inference_min", SCHEMA_SHARE, AT(inference_min_ppm), .min = 0, .max = GPU_ALL_PPM,
     .preset = "60%", .doc = "no split but the tournament's gives inference less"},
    {"protect_inference", SCHEMA_BOOL, AT(is_protected), .preset = "false",
     .doc = "the tournament has the split of `normal` instead of its own (CNF-19)"},
    {"cores", SCHEMA_INT, AT(cores), .min = 0, .max = 1000000, .preset = "0",
     .doc = "of one card: what `cores` of groups are parts of"},
    {"groups", SCHEMA_MAP, SCHEMA_ARRAY(struct shares_words, groups, n_groups),
     .sub = &group_schema, .doc = "shares within a card, by name; what they leave is the reserve"},
    {"target", SCHEMA_MAP, AT(target), .sub = &target_schema, .doc = "of use: reported, no goal"},
    {"heat", SCHEMA_MAP, AT(heat), .sub = &heat_schema, .doc = "four steps"},
    {"single", SCHEMA_MAP, AT(single), .sub = &single_schema, .doc = "one card is left of several"},
    {"review", SCHEMA_DURATION, AT(reviewed_ns), .min = INT64_C(1000000000),
     .max = 86400 * INT64_C(1000000000), .preset = "300s",
     .doc = "how often volatility is looked at"},
    {"chunk", SCHEMA_DURATION, AT(chunk_ns), .min = 1000000, .max = 60 * INT64_C(1000000000),
     .preset = "100ms", .doc = "longest chunk of a job: who waits for a card waits no longer"},
    {"window", SCHEMA_DURATION, AT(window_ns), .min = 1000000, .max = 3600 * INT64_C(1000000000),
     .preset = "1s", .doc = "as much unused time may be saved up"},
    {NULL}};
const struct schema profile_shares_schema = {"a profile of shares", sizeof(struct shares_words),
                                             shares_fields, .check = check_shares};
#undef AT
#undef WITHIN

static int add_card(struct config *config, const struct card_words *words, uint32_t number,
                    struct gpu_rules *rules)
{
    uint32_t card = rules->n_cards;
    struct gpu_card_rules *to = &rules->cards[card];

    if (card >= GPU_CARDS_MAX || rules->n_budgets + words->n_budgets > GPU_BUDGETS_MAX)
        return config_refuse(config, config_at(config, "cards"), CONFIG_E_COUNT,
                             "more than %u cards, or more than %u budgets on them; expected fewer",
                             GPU_CARDS_MAX, GPU_BUDGETS_MAX);
    if (words->count > 1)
        snprintf(to->name, sizeof(to->name), "%.20s_%u", words->name, number);
    else
        memcpy(to->name, words->name, sizeof(to->name));
    if (profile_card(rules, to->name) != GPU_NONE)
        return config_refuse(config, config_at(config, "cards"), CONFIG_E_DUPLICATE,
                             "two cards are called '%s'; expected names of their own", to->name);
    to->memory = words->memory;
    to->reserve = words->reserve;
    to->cores = words->cores;
    to->training = words->training;
    to->is_fp64_limited = words->is_fp64_limited;
    to->is_standby = words->is_standby;
    to->is_on_demand = words->is_on_demand;
    rules->n_cards++;
    for (uint32_t i = 0; i < words->n_budgets; i++) {
        struct gpu_budget *budget = &rules->budgets[rules->n_budgets++];

        memcpy(budget->name, words->budgets[i].name, sizeof(budget->name));
        budget->bytes = words->budgets[i].bytes;
        budget->class = words->budgets[i].class;
        budget->card = (uint8_t)card;
    }
    return AGON_OK;
}

int profile_read_budgets(struct config *config, struct gpu_rules *rules)
{
    static _Thread_local struct budgets_words words; // some kilobytes

    memset(rules, 0, sizeof(*rules));
    if (config_read(config, &profile_budgets_schema, &words) < 0)
        return AGON_EINVAL;
    for (uint32_t i = 0; i < words.n_cards; i++) {
        for (uint32_t k = 0; k < words.cards[i].count; k++) {
            if (add_card(config, &words.cards[i], k, rules) < 0)
                return AGON_EINVAL;
        }
    }
    return AGON_OK;
}

static int add_group(struct config *config, uint32_t i, const struct shares_words *words,
                     struct gpu_rules *rules)
{
    const struct group_words *from = &words->groups[i];
    const struct config_node *at = config_at(config, "groups[%u]", i);
    struct gpu_group *to = &rules->groups[rules->n_groups];

    if (from->card >= (int32_t)rules->n_cards)
        return config_refuse(config, at, CONFIG_E_RANGE,
                             "group '%s' is on card %d, and the budgets have %u; expected 0 to %u, "
                             "or other budgets",
                             from->name, from->card, rules->n_cards, rules->n_cards - 1);
    if (from->cores > words->cores)
        return config_refuse(config, at, CONFIG_E_CONFLICT,
                             "group '%s' has %u cores, and a card has %u; expected at most so many",
                             from->name, from->cores, words->cores);
    memcpy(to->name, from->name, sizeof(to->name));
    to->card = from->card < 0 ? GPU_EACH : (uint8_t)from->card;
    to->class = from->class;
    to->share_ppm = from->cores > 0 ? (uint32_t)((uint64_t)from->cores * GPU_ALL_PPM / words->cores)
                                    : from->share_ppm;
    if (profile_group(rules, to->card, to->name) != GPU_NONE)
        return config_refuse(config, at, CONFIG_E_DUPLICATE,
                             "group '%s' is there twice; expected a name of its own", from->name);
    rules->n_groups++;
    return AGON_OK;
}

static int check_groups(struct config *config, const struct gpu_rules *rules)
{
    for (uint32_t card = 0; card < rules->n_cards; card++) {
        uint64_t sum_ppm = 0;

        for (uint32_t i = 0; i < rules->n_groups; i++) {
            if (rules->groups[i].card == card || rules->groups[i].card == GPU_EACH)
                sum_ppm += rules->groups[i].share_ppm;
        }
        if (sum_ppm > GPU_ALL_PPM)
            return config_refuse(
                config, config_at(config, "groups"), CONFIG_E_CONFLICT,
                "the groups of card %u are %u.%u %% of it; expected at most 100 %%", card,
                (uint32_t)(sum_ppm / 10000), (uint32_t)(sum_ppm / 1000 % 10));
    }
    return AGON_OK;
}

static void take_shares(const struct shares_words *words, struct gpu_rules *rules)
{
    const struct split_words *splits[] = {&words->splits.normal, &words->splits.high,
                                          &words->splits.extreme, &words->splits.tournament};

    for (uint32_t i = 0; i < GPU_SPLITS; i++) {
        // Inference that is protected keeps what it has through the tournament.
        const struct split_words *from =
            splits[i == GPU_WEEKLY && words->is_protected ? GPU_NORMAL : i];

        rules->splits[i].inference_ppm = from->inference_ppm;
        rules->splits[i].training_ppm = from->training_ppm;
    }
    rules->target_min_ppm = words->target.min_ppm;
    rules->target_max_ppm = words->target.max_ppm;
    rules->reviewed_ns = words->reviewed_ns;
    rules->chunk_ns = words->chunk_ns;
    rules->window_ns = words->window_ns;
    rules->warm_mc = words->heat.warm * 1000;
    rules->alert_mc = words->heat.alert * 1000;
    rules->scale_mc = words->heat.scale * 1000;
    rules->stop_mc = words->heat.stop * 1000;
    rules->less_mc = words->heat.less * 1000;
    rules->sustained_ns = words->heat.sustained_ns;
    rules->scaled_ppm = words->heat.scaled_ppm;
    rules->single_ppm = words->single.use_ppm;
    rules->single_top = words->single.top;
}

int profile_read_shares(struct config *config, struct gpu_rules *rules)
{
    static _Thread_local struct shares_words words;

    if (config_read(config, &profile_shares_schema, &words) < 0)
        return AGON_EINVAL;
    take_shares(&words, rules);
    rules->n_groups = 0;
    for (uint32_t i = 0; i < words.n_groups; i++) {
        if (add_group(config, i, &words, rules) < 0)
            return AGON_EINVAL;
    }
    return check_groups(config, rules);
}

#define FILES_OF(table)                                                                            \
    if (i >= sizeof(table) / sizeof((table)[0]))                                                   \
        return 0;                                                                                  \
    *name = (table)[i].name;                                                                       \
    *bytes = (table)[i].bytes;                                                                     \
    *n = (size_t)((table)[i].end - (table)[i].bytes);                                              \
    return 1
int profile_budgets_at(uint32_t i, const char **name, const char **bytes, size_t *n)
{
    FILES_OF(embedded_budgets);
}

int profile_shares_at(uint32_t i, const char **name, const char **bytes, size_t *n)
{
    FILES_OF(embedded_shares);
}
#undef FILES_OF

typedef int at_fn(uint32_t i, const char **name, const char **bytes, size_t *n);
typedef int read_fn(struct config *config, struct gpu_rules *rules);

static int read_one(const char *kind, at_fn *at, read_fn *read, const char *wanted,
                    struct gpu_rules *rules, struct error *err)
{
    const char *name, *bytes;
    char all[512] = "";
    size_t n, used = 0;

    for (uint32_t i = 0; at(i, &name, &bytes, &n); i++) {
        struct config *config;
        int rc;

        if (strcmp(name, wanted) != 0) {
            used +=
                (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i > 0 ? ", " : "", name);
            used = used < sizeof(all) ? used : sizeof(all) - 1;
            continue;
        }
        config = config_new(name, bytes, n, NULL);
        if (config == NULL)
            return error_set(err, AGON_ENOMEM, "out of memory");
        rc = read(config, rules);
        if (rc < 0)
            error_set(err, rc, "%s", config_error_text(config, 0));
        config_free(config);
        return rc;
    }
    return error_set(err, AGON_ENOENT, "'%s' is not a profile of %s; expected a file, or one of %s",
                     wanted, kind, all);
}

int profile_budgets_named(const char *name, struct gpu_rules *rules, struct error *err)
{
    return read_one("budgets", profile_budgets_at, profile_read_budgets, name, rules, err);
}

int profile_shares_named(const char *name, struct gpu_rules *rules, struct error *err)
{
    return read_one("shares", profile_shares_at, profile_read_shares, name, rules, err);
}

int profile_make(const char *budgets, const char *shares, struct gpu_rules *rules,
                 struct error *err)
{
    int rc = profile_budgets_named(budgets, rules, err);

    return rc < 0 ? rc : profile_shares_named(shares, rules, err);
}

int profile_check_card(const struct gpu_rules *rules, uint32_t card, int64_t memory,
                       struct error *err)
{
    const struct gpu_card_rules *of = &rules->cards[card];
    char leased[SIZE_TEXT], has[SIZE_TEXT];

    REQUIRE(card < rules->n_cards);
    if (of->memory - of->reserve <= memory)
        return AGON_OK;
    units_say_size(of->memory - of->reserve, leased, sizeof(leased));
    units_say_size(memory, has, sizeof(has));
    return error_set(err, AGON_ERANGE,
                     "card %u has %s, and the profile leases %s of '%s'; choose a profile for this "
                     "card, or make its budgets smaller",
                     card, has, leased, of->name);
}

uint8_t profile_card(const struct gpu_rules *rules, const char *card)
{
    for (uint32_t i = 0; i < rules->n_cards; i++) {
        if (strcmp(rules->cards[i].name, card) == 0)
            return (uint8_t)i;
    }
    return GPU_NONE;
}

uint8_t profile_budget(const struct gpu_rules *rules, const char *card, const char *budget)
{
    uint8_t on = profile_card(rules, card);

    for (uint32_t i = 0; i < rules->n_budgets; i++) {
        if (rules->budgets[i].card == on && strcmp(rules->budgets[i].name, budget) == 0)
            return (uint8_t)i;
    }
    return GPU_NONE;
}

uint8_t profile_group(const struct gpu_rules *rules, uint8_t card, const char *group)
{
    for (uint32_t i = 0; i < rules->n_groups; i++) {
        if ((rules->groups[i].card == card || rules->groups[i].card == GPU_EACH) &&
            strcmp(rules->groups[i].name, group) == 0)
            return (uint8_t)i;
    }
    return GPU_NONE;
}
