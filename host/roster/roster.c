// SPDX-License-Identifier: Apache-2.0
#include "roster/roster.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/num.h"
#include "base/utf8.h"
#include "config/suggest.h"
#include "config/units.h"
#include "market/bars.h"

#define SECOND 1000000000

static const struct schema_choice runners[] = {
    {"process", CREW_PROCESS}, {"inproc", CREW_INPROC}, {NULL, 0}};
static const struct schema_choice waits[] = {
    {"cold", PROCESS_COLD}, {"warm", PROCESS_WARM}, {"hot", PROCESS_HOT}, {NULL, 0}};
static const struct schema_choice stages[] = {{"backtested", STAGE_BACKTESTED},
                                              {"shadow", STAGE_SHADOW},
                                              {"paper", STAGE_PAPER},
                                              {"testnet", STAGE_TESTNET},
                                              {"live_small", STAGE_LIVE_SMALL},
                                              {"live", STAGE_LIVE},
                                              {NULL, 0}};
static const struct schema_choice crashes[] = {
    {"cancel_all", CRASH_CANCEL_ALL}, {"keep", CRASH_KEEP}, {"flatten", CRASH_FLATTEN}, {NULL, 0}};
static const struct schema_choice orders_on_reload[] = {
    {"keep", CREW_ORDERS_KEEP},
    {"cancel", CREW_ORDERS_CANCEL},
    {"cancel_non_reducing", CREW_ORDERS_CANCEL_NON_REDUCING},
    {"flatten", CREW_ORDERS_FLATTEN},
    {NULL, 0}};
static const struct schema_choice shadows[] = {
    {"none", CREW_SHADOW_NONE}, {"exact", CREW_SHADOW_EXACT}, {NULL, 0}};
static const struct schema_choice isolations[] = {
    {"prefer", ISOLATION_PREFER}, {"require", ISOLATION_REQUIRE}, {NULL, 0}};
static const struct schema_choice depths[] = {
    {"top10", DEPTH_TOP10}, {"full", DEPTH_FULL}, {NULL, 0}};

static const struct schema_choice breaches[] = {
    {"close", ON_BREACH_CLOSE}, {"cancel", ON_BREACH_CANCEL}, {"halt", ON_BREACH_HALT}, {NULL, 0}};

/* The map of limits, from the table of all. */
#define MEMBER(member) SCHEMA_MEMBER(struct roster_limits, member)
#define FIELD_CAPITAL(member, key, least, most, given, text)
#define FIELD_AMT(member, key, least, most, given, text)                                           \
    {key,                                                                                          \
     SCHEMA_MONEY,                                                                                 \
     MEMBER(member),                                                                               \
     .exp = ROSTER_AMT_EXP,                                                                        \
     .min = 1,                                                                                     \
     .max = INT64_MAX,                                                                             \
     .doc = text "; default: " given " of the capital"},
#define FIELD_AMT_OR_NONE(member, key, least, most, given, text)                                   \
    {key,                                                                                          \
     SCHEMA_MONEY,                                                                                 \
     MEMBER(member),                                                                               \
     .exp = ROSTER_AMT_EXP,                                                                        \
     .min = 1,                                                                                     \
     .max = INT64_MAX,                                                                             \
     .doc = text "; default: none"},
#define FIELD_OF_CAPITAL(member, key, least, most, given, text)                                    \
    FIELD_SHARE(member, key, least, most, given, text)
#define FIELD_SHARE(member, key, least, most, given, text)                                         \
    {key, SCHEMA_SHARE, MEMBER(member), .min = least, .max = most, .preset = given, .doc = text},
#define FIELD_COUNT(member, key, least, most, given, text)                                         \
    {key, SCHEMA_INT, MEMBER(member), .min = least, .max = most, .preset = given, .doc = text},
#define FIELD_MS(member, key, least, most, given, text)                                            \
    {key, SCHEMA_DURATION, MEMBER(member), .min = least, .max = most, .preset = given, .doc = text},
#define FIELD_CHOICE(member, key, least, most, given, text)                                        \
    {key, SCHEMA_CHOICE, MEMBER(member), .choices = breaches, .preset = given, .doc = text},
#define FIELD(id, number, type, member, key, kind, least, most, given, risk, zero, live, text)     \
    FIELD_##kind(member, key, least, most, given, text)
static const struct schema_field limits_fields[] = {LIMITS(FIELD){NULL}};
#undef FIELD
#undef FIELD_AMT
#undef MEMBER
#define MEMBER(member) SCHEMA_MEMBER(struct roster_portfolio, member)
#define FIELD_AMT(member, key, least, most, given, text)                                           \
    {key,      SCHEMA_MONEY,     MEMBER(member), .exp = ROSTER_AMT_EXP,                            \
     .min = 1, .max = INT64_MAX, .doc = text},
#define FIELD(id, number, type, member, key, kind, least, most, given, risk, zero, live, text)     \
    FIELD_##kind(member, key, least, most, given, text)
static const struct schema_field portfolio_fields[] = {PORTFOLIO_LIMITS(FIELD){NULL}};
#undef FIELD
static const struct schema portfolio_schema = {"portfolio", sizeof(struct roster_portfolio),
                                               portfolio_fields, NULL};
static const struct schema limits_schema = {"limits", sizeof(struct roster_limits), limits_fields,
                                            NULL};

#define METER_TEXT(preset) #preset
#define METER_FIELD(id, key, unit, least, most, given, name, text)                                 \
    {key,                                                                                          \
     SCHEMA_INT,                                                                                   \
     SCHEMA_MEMBER(struct roster_meters, id),                                                      \
     .min = least,                                                                                 \
     .max = most,                                                                                  \
     .preset = METER_TEXT(given),                                                                  \
     .doc = text ", per second"},
static const struct schema_field meters_fields[] = {METERS(METER_FIELD){NULL}};
static const struct schema meters_schema = {"meters", sizeof(struct roster_meters), meters_fields,
                                            NULL};

#define RELOAD(member) SCHEMA_MEMBER(struct roster_reload, member)
static const struct schema_field reload_fields[] = {
    {"shadow", SCHEMA_CHOICE, RELOAD(shadow), .choices = shadows, .preset = "none",
     .doc = "none: it takes over at the newest event; exact: every intent must equal the other's"},
    {"events", SCHEMA_INT, RELOAD(events), .min = 1, .max = 1000000000, .preset = "1000",
     .doc = "with a shadow: deliveries for which it is tried"},
    {NULL}};
static const struct schema reload_schema = {"reload", sizeof(struct roster_reload), reload_fields,
                                            NULL};

#define SLOT(member) SCHEMA_MEMBER(struct roster_slot, member)
static const struct schema_field slot_fields[] = {
    {"name", SCHEMA_NAME, SLOT(name), .is_required = 1, .doc = "unique in the roster"},
    {"plugin", SCHEMA_PATH, SLOT(plugin), .is_required = 1, .folder_option = "--plugins",
     .doc = "the file; without --plugins from the folder of plugins beside the program, or where "
            "it is started"},
    {"plugin_index", SCHEMA_INT, SLOT(plugin_index), .max = 63,
     .doc = "which one, when the file holds several"},
    {"runner", SCHEMA_CHOICE, SLOT(runner), .choices = runners, .preset = "process",
     .doc = "process: a child of its own; inproc: in the host, for certified code only"},
    {"wait", SCHEMA_CHOICE, SLOT(wait), .choices = waits, .preset = "cold",
     .doc = "how a child waits: cold parks, warm spins a little first, hot takes a whole core"},
    {"stage", SCHEMA_CHOICE, SLOT(stage), .choices = stages, .preset = "paper",
     .doc = "how far it has come: what it may trade with"},
    {"on_crash", SCHEMA_CHOICE, SLOT(on_crash), .choices = crashes, .preset = "cancel_all",
     .doc = "what becomes of its orders and positions when its plugin dies"},
    {"orders_on_reload", SCHEMA_CHOICE, SLOT(orders_on_reload), .choices = orders_on_reload,
     .preset = "keep", .doc = "what becomes of open orders when another generation takes over"},
    {"reload", SCHEMA_MAP, SLOT(reload), .sub = &reload_schema,
     .doc = "how a new generation is tried beside the active one"},
    {"checkpoint", SCHEMA_DURATION, SLOT(checkpoint_ns), .min = 100000000, .max = 3600000000000,
     .preset = "10s", .doc = "process: its state is saved so often, for the restart after a crash"},
    {"isolation", SCHEMA_CHOICE, SLOT(isolation), .choices = isolations, .preset = "prefer",
     .doc = "require: do not run it with less than the whole sandbox"},
    {"depth", SCHEMA_CHOICE, SLOT(depth), .choices = depths, .preset = "top10",
     .doc = "full: every level, rebuilt in the runner"},
    {"account", SCHEMA_INT, SLOT(account), .doc = "number of the venue account; 0: the first"},
    {"seed", SCHEMA_U64, SLOT(seed), .doc = "of its random numbers; default: from the roster's"},
    {"capital", SCHEMA_MONEY, SLOT(capital), .exp = ROSTER_AMT_EXP, .is_required = 1,
     .doc = "what it may use, in the base currency"},
    {"latency", SCHEMA_DURATION, SLOT(latency_ns), .min = 0, .max = 60000000000, .preset = "0ms",
     .doc = "in lock-step: an intent acts that much after its cause"},
    {"hard", SCHEMA_DURATION, SLOT(hard_ns), .min = 1000000, .max = 60000000000, .preset = "100ms",
     .doc = "a callback that lasts longer is killed"},
    {"arena", SCHEMA_SIZE, SLOT(arena_bytes), .min = 4096, .max = 68719476736, .preset = "256MiB",
     .doc = "maximum memory that it is granted"},
    {"threads", SCHEMA_INT, SLOT(threads), .max = 64, .preset = "0",
     .doc = "process: so many threads of its own it may have beside the one that calls it"},
    {"instruments", SCHEMA_TEXT, SCHEMA_ARRAY(struct roster_slot, instruments, n_instruments),
     .list_min = 1, .is_required = 1, .min = 3, .doc = "venue:SYMBOL, as the venue spells it"},
    {"bars", SCHEMA_DURATION, SCHEMA_ARRAY(struct roster_slot, bars_ns, n_bars), .min = 60000000000,
     .max = 86400000000000,
     .doc = "lengths: 1m 3m 5m 10m 15m 1h 4h 1d; default: those that the plugin's parameters of "
            "candles name, else all; a list that has none of these is refused"},
    {"params", SCHEMA_ANY, SLOT(params_node), .doc = "values of the plugin's own parameters"},
    {"files", SCHEMA_ANY, SLOT(files_node),
     .doc = "name: path from the roster's folder, of a file that the plugin is given (agon.asset); "
            "model:NAME is the current version of a model, model:NAME@3 that one"},
    {"gpu", SCHEMA_MAP, SLOT(cards), .sub = &leases_slot_schema, .doc = "what it has of cards"},
    {"signals", SCHEMA_ANY, SLOT(signals_node),
     .doc = "input of the plugin: whose series it hears, as AGENT.NAME, or none"},
    {"limits", SCHEMA_MAP, SLOT(limits), .sub = &limits_schema, .doc = "what it may not exceed"},
    {"meters", SCHEMA_MAP, SLOT(meters), .sub = &meters_schema,
     .doc = "what it may cause beside orders, per second; ended at 20 seconds of it in hand"},
    {NULL}};
static const struct schema slot_schema = {"an agent", sizeof(struct roster_slot), slot_fields,
                                          NULL};

static const struct schema_field fields[] = {
    {"seed", SCHEMA_U64, SCHEMA_MEMBER(struct roster, seed), .doc = "of all draws"},
    {"files_max", SCHEMA_SIZE, SCHEMA_MEMBER(struct roster, files_max), .min = 4096,
     .max = 1099511627776, .preset = "1GiB",
     .doc = "what the files of all agents may take of memory, each contents once"},
    {"models", SCHEMA_PATH, SCHEMA_MEMBER(struct roster, models), .preset = "models",
     .doc = "folder of the versions that files name as model:NAME (agon models)"},
    {"base_currency", SCHEMA_NAME, SCHEMA_MEMBER(struct roster, base_currency), .preset = "USDT",
     .doc = "capital and limits are in it"},
    {"valuation", SCHEMA_ANY, SCHEMA_MEMBER(struct roster, valuation_node),
     .doc = "asset: the instrument that says its value in the base currency"},
    {"assets", SCHEMA_ANY, SCHEMA_MEMBER(struct roster, assets_node),
     .doc = "asset: decimals of its amounts, 0 to 8 (default 8): fewer hold more"},
    {"agents", SCHEMA_MAP, SCHEMA_ARRAY(struct roster, slots, n_slots), .sub = &slot_schema,
     .list_min = 1, .is_required = 1, .doc = "the agents"},
    {"portfolio", SCHEMA_MAP, SCHEMA_MEMBER(struct roster, portfolio_words),
     .sub = &portfolio_schema, .doc = "limits of all agents together; default: none"},
    {"gpu", SCHEMA_MAP, SCHEMA_MEMBER(struct roster, cards.words), .sub = &leases_schema,
     .doc = "the cards that agents lease; default: none"},
    {"tournament", SCHEMA_MAP, SCHEMA_MEMBER(struct roster, tournament), .sub = &tournament_schema,
     .doc = "when and how capital moves from the weak to the strong; default: never"},
    {NULL}};
const struct schema roster_schema = {"a roster", sizeof(struct roster), fields, .check = NULL};

/* Rules between values */

static void check_money_at(struct config *config, const struct roster *roster,
                           const struct config_node *node, const struct schema_money *money,
                           int64_t least)
{
    if (node == NULL || money->asset[0] == 0)
        return; // not there, or refused as no money at all
    if (roster->base_currency[0] != 0 && strcmp(money->asset, roster->base_currency) != 0)
        config_refuse(config, node, CONFIG_E_CONFLICT, "is in %s; expected the base currency, %s",
                      money->asset, roster->base_currency);
    if (money->amt < least)
        config_refuse(config, node, CONFIG_E_RANGE, "is too little; expected an amount %s",
                      least > 0 ? "above 0" : "that is not negative");
}

static void check_money(struct config *config, const struct roster *roster, uint32_t i,
                        const char *key, const struct schema_money *money, int64_t least)
{
    check_money_at(config, roster, config_at(config, "agents[%u].%s", i, key), money, least);
}

/* The record's limits: what the roster says, and presets for what it does not. */
#define TAKE_CAPITAL(member)    limits.member = slot->capital.amt;
#define TAKE_OF_CAPITAL(member) limits.member = limits_of_capital(slot->capital.amt, from->member);
#define TAKE_AMT(member)                                                                           \
    if (from->member.asset[0] != 0)                                                                \
        limits.member = from->member.amt;
#define TAKE_AMT_OR_NONE(member)                       TAKE_AMT(member)
#define TAKE_SHARE(member)                             limits.member = from->member;
#define TAKE_COUNT(member)                             limits.member = from->member;
#define TAKE_MS(member)                                limits.member = from->member;
#define TAKE_CHOICE(member)                            limits.member = from->member;
#define TAKE(id, number, type, member, key, kind, ...) TAKE_##kind(member)
static struct slot_limits limits_of(const struct roster_slot *slot)
{
    const struct roster_limits *from = &slot->limits;
    struct slot_limits limits;

    limits_preset(&limits, slot->capital.amt);
    LIMITS(TAKE)
    // A smaller position needs no word about the order.
    if (from->order_amt.asset[0] == 0 && limits.order_amt > limits.position_amt)
        limits.order_amt = limits.position_amt;
    return limits;
}
#undef TAKE

/* Where a slot's limit stands in the file; NULL: it is a preset. */
static const struct config_node *limit_node(struct config *config, uint32_t i,
                                            const struct limit *limit)
{
    return limit->kind == LIMIT_IS_CAPITAL
               ? config_at(config, "agents[%u].capital", i)
               : config_at(config, "agents[%u].limits.%s", i, limit->key);
}

static void check_limits(struct config *config, const struct roster *roster, uint32_t i)
{
    const struct roster_slot *slot = &roster->slots[i];
    struct slot_limits limits;

#define CHECK_AMT(member, key)                                                                     \
    check_money(config, roster, i, "limits." key, &slot->limits.member, 1);
#define CHECK_AMT_OR_NONE(member, key) CHECK_AMT(member, key)
#define CHECK_CAPITAL(member, key)
#define CHECK_OF_CAPITAL(member, key)
#define CHECK_SHARE(member, key)
#define CHECK_COUNT(member, key)
#define CHECK_MS(member, key)
#define CHECK_CHOICE(member, key)
#define CHECK(id, number, type, member, key, kind, ...) CHECK_##kind(member, key)
    LIMITS(CHECK)
#undef CHECK
    if (slot->capital.amt < 0)
        return; // refused already, and the presets are shares of it
    limits = limits_of(slot);
    for (uint32_t k = 0; k < limits_of_slot.n_rules; k++) {
        const struct limit_rule *rule = &limits_of_slot.rules[k];
        const struct limit *lower = &limits_of_slot.all[rule->lower];
        const struct limit *upper = &limits_of_slot.all[rule->upper];
        const struct config_node *node = limit_node(config, i, lower);
        char text[LIMIT_TEXT];

        if (!limits_is_broken(&limits_of_slot, rule, &limits))
            continue;
        limit_text(upper, limit_get(upper, &limits), text);
        config_refuse(config, node != NULL ? node : limit_node(config, i, upper), CONFIG_E_CONFLICT,
                      "%s is above %s, which is %s: %s", lower->key, upper->key, text, rule->text);
    }
}

/* All agents together: the limits as amounts, and that none is beyond what holds it. */
#define ALL_AMT(member, key)                                                                       \
    check_money_at(config, roster, config_at(config, "portfolio." key), &from->member, 1);         \
    to->member = from->member.amt;
#define ALL_OF_CAPITAL(member, key)                   to->member = limits_of_capital(capital_amt, from->member);
#define ALL_SHARE(member, key)                        to->member = from->member;
#define ALL_CHOICE(member, key)                       to->member = from->member;
#define ALL(id, number, type, member, key, kind, ...) ALL_##kind(member, key)
static void check_portfolio(struct config *config, struct roster *roster)
{
    const struct roster_portfolio *from = &roster->portfolio_words;
    struct portfolio_limits *to = &roster->portfolio;
    const struct config_node *floor = config_at(config, "portfolio.equity");
    agon_amt_t capital_amt = 0;

    for (uint32_t i = 0; i < roster->n_slots; i++)
        capital_amt = num_add(capital_amt, roster->slots[i].capital.amt);
    memset(to, 0, sizeof(*to));
    PORTFOLIO_LIMITS(ALL)
    if (floor != NULL && to->equity_amt >= capital_amt)
        config_refuse(config, floor, CONFIG_E_CONFLICT,
                      "is not below the capital of all agents together: nothing could be traded; "
                      "expected less");
    for (uint32_t k = 0; k < limits_of_portfolio.n_rules; k++) {
        const struct limit_rule *rule = &limits_of_portfolio.rules[k];
        const struct limit *lower = &limits_of_portfolio.all[rule->lower];
        const struct limit *upper = &limits_of_portfolio.all[rule->upper];

        if (limits_is_broken(&limits_of_portfolio, rule, to))
            config_refuse(config, config_at(config, "portfolio.%s", lower->key), CONFIG_E_CONFLICT,
                          "%s is above %s: %s", lower->key, upper->key, rule->text);
    }
    // What a slot is told to lose at most may not be more than all may lose.
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        const struct config_node *node = config_at(config, "agents[%u].limits.daily_loss", i);
        agon_amt_t loss_amt =
            limits_of_capital(roster->slots[i].capital.amt, roster->slots[i].limits.daily_loss_amt);

        if (node != NULL && to->daily_loss_amt > 0 && loss_amt > to->daily_loss_amt)
            config_refuse(config, node, CONFIG_E_CONFLICT,
                          "allows more than the daily_loss of the portfolio in line %u does",
                          config_line(config_at(config, "portfolio.daily_loss")));
    }
}
#undef ALL

static void refuse_form(struct config *config, const struct config_node *node, const char *word)
{
    // A venue's name and something else than a colon behind it, such as binance.BTCUSDT.
    size_t n_venue = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");
    int is_apart = n_venue > 0 && strlen(word) > n_venue + 1 && strchr("./- ", word[n_venue]);
    char shown[80], venue[80], symbol[80];

    utf8_escape(word, strlen(word) < 64 ? strlen(word) : 64, shown, sizeof(shown));
    snprintf(venue, sizeof(venue), "%.*s", is_apart ? (int)n_venue : 0, word);
    snprintf(symbol, sizeof(symbol), "%s",
             is_apart                    ? shown + n_venue + 1
             : strchr(word, ':') == NULL ? shown
                                         : "BTCUSDT");
    config_refuse(config, node, CONFIG_E_VALUE,
                  "'%s' is not an instrument; expected VENUE:SYMBOL, by the 'name' of the venue's "
                  "file, such as %s:%s",
                  shown, is_apart ? venue : "binance", symbol);
}

static void check_instruments(struct config *config, const struct roster_slot *slot, uint32_t i)
{
    for (uint32_t k = 0; k < slot->n_instruments; k++) {
        const char *colon = strchr(slot->instruments[k], ':');
        const struct config_node *node = config_at(config, "agents[%u].instruments[%u]", i, k);

        if (slot->instruments[k][0] == 0)
            continue;
        if (colon == NULL || colon == slot->instruments[k] || colon[1] == 0 ||
            strchr(colon + 1, ':'))
            refuse_form(config, node, slot->instruments[k]);
        for (uint32_t m = 0; m < k; m++)
            if (strcmp(slot->instruments[k], slot->instruments[m]) == 0)
                config_refuse(config, node, CONFIG_E_DUPLICATE,
                              "stands there twice; expected each instrument once");
    }
}

static int bar_bit(int64_t length_ns)
{
    for (int i = 0; i < BARS_LENGTHS; i++)
        if ((int64_t)bars_length_s[i] * SECOND == length_ns)
            return i;
    return -1;
}

static void check_bars(struct config *config, const struct roster_slot *slot, uint32_t i)
{
    for (uint32_t k = 0; k < slot->n_bars; k++)
        if (slot->bars_ns[k] != 0 && bar_bit(slot->bars_ns[k]) < 0)
            config_refuse(
                config, config_at(config, "agents[%u].bars[%u]", i, k), CONFIG_E_CHOICE,
                "'%s' is not a length of bars; expected one of: 1m, 3m, 5m, 10m, 15m, 1h, "
                "4h, 1d",
                config_text(config_at(config, "agents[%u].bars[%u]", i, k)));
}

void roster_params(struct config *config, const struct config_node *node,
                   struct setup_param *params, uint32_t *n_params)
{
    *n_params = 0;
    if (!config_is_map(node)) {
        config_refuse(config, node, CONFIG_E_KIND, "expected a map of names and values");
        return;
    }
    if (config_count(node) > CREW_PARAMS_MAX) {
        config_refuse(config, node, CONFIG_E_COUNT, "has %u parameters; expected at most %d",
                      config_count(node), CREW_PARAMS_MAX);
        return;
    }
    for (uint32_t k = 0; k < config_count(node); k++) {
        const struct config_node *entry = config_entry(node, k);
        struct setup_param *param = &params[*n_params];

        if (config_text(entry) == NULL) {
            config_refuse(config, entry, CONFIG_E_KIND, "expected a plain value");
            continue;
        }
        if (strlen(config_key(node, k)) >= sizeof(param->name) ||
            strlen(config_text(entry)) >= sizeof(param->text)) {
            config_refuse(config, entry, CONFIG_E_RANGE,
                          "is too long; expected a name of at most %zu and a value of at most %zu "
                          "bytes",
                          sizeof(param->name) - 1, sizeof(param->text) - 1);
            continue;
        }
        snprintf(param->name, sizeof(param->name), "%s", config_key(node, k));
        snprintf(param->text, sizeof(param->text), "%s", config_text(entry));
        ++*n_params;
    }
}

static void read_params(struct config *config, struct roster_slot *slot)
{
    if (slot->params_node != NULL)
        roster_params(config, slot->params_node, slot->params, &slot->n_params);
    slot->params_node = NULL;
}

static void read_files(struct config *config, struct roster_slot *slot)
{
    const struct config_node *node = slot->files_node;

    slot->files_node = NULL;
    if (node == NULL)
        return;
    if (!config_is_map(node)) {
        config_refuse(
            config, node, CONFIG_E_KIND,
            "expected a map of names and paths, as in {weights: models/trend.safetensors}");
        return;
    }
    if (config_count(node) > SETUP_FILES_MAX) {
        config_refuse(config, node, CONFIG_E_COUNT, "has %u files; expected at most %d",
                      config_count(node), SETUP_FILES_MAX);
        return;
    }
    for (uint32_t k = 0; k < config_count(node); k++) {
        const struct config_node *entry = config_entry(node, k);
        const char *name = config_key(node, k), *path = config_text(entry);
        struct crew_file *file = &slot->files[slot->n_files];

        if (path == NULL || path[0] == '\0') {
            config_refuse(config, entry, CONFIG_E_KIND, "expected a path");
            continue;
        }
        if (strlen(name) >= sizeof(file->name) || strlen(path) >= sizeof(file->path)) {
            config_refuse(config, entry, CONFIG_E_RANGE,
                          "is too long; expected a name of at most %zu and a path of at most %zu "
                          "bytes",
                          sizeof(file->name) - 1, sizeof(file->path) - 1);
            continue;
        }
        snprintf(file->name, sizeof(file->name), "%s", name);
        snprintf(file->path, sizeof(file->path), "%s", path);
        if (strncmp(path, CREW_FILE_MODEL, strlen(CREW_FILE_MODEL)) == 0) {
            path += strlen(CREW_FILE_MODEL);
            if (path[0] == '\0' || strlen(path) >= sizeof(file->model)) {
                config_refuse(config, entry, CONFIG_E_VALUE,
                              "expected " CREW_FILE_MODEL "NAME or " CREW_FILE_MODEL "NAME@3");
                continue;
            }
            snprintf(file->model, sizeof(file->model), "%s", path);
        }
        slot->n_files++;
    }
}

static int is_agent(const struct roster *roster, const char *name)
{
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        if (strcmp(roster->slots[i].name, name) == 0)
            return 1;
    }
    return 0;
}

static void refuse_agent(struct config *config, const struct config_node *node,
                         const struct roster *roster, const char *name)
{
    struct suggest suggest = {0};
    char shown[80];

    for (uint32_t i = 0; i < roster->n_slots; i++)
        suggest_offer(&suggest, name, strlen(name), roster->slots[i].name);
    utf8_escape(name, strlen(name), shown, sizeof(shown));
    config_refuse(config, node, CONFIG_E_UNKNOWN,
                  "'%s' is not an agent of this roster; expected AGENT.NAME%s%s%s", shown,
                  suggest.best != NULL ? "; did you mean '" : "",
                  suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
}

/* One entry of `signals`; 0: it was refused. */
static int take_signal(struct config *config, const struct roster *roster,
                       const struct roster_slot *slot, const struct config_node *node,
                       const char *input, struct crew_signal *signal)
{
    const char *text = config_text(node);
    const char *dot = text != NULL ? strrchr(text, '.') : NULL;

    memset(signal, 0, sizeof(*signal));
    if (strlen(input) >= sizeof(signal->input)) {
        config_refuse(config, node, CONFIG_E_RANGE, "expected a name of at most %zu bytes",
                      sizeof(signal->input) - 1);
        return 0;
    }
    snprintf(signal->input, sizeof(signal->input), "%s", input);
    if (text != NULL && strcmp(text, "none") == 0)
        return 1;
    if (dot == NULL || dot == text || dot[1] == '\0' ||
        (size_t)(dot - text) >= sizeof(signal->agent) || strlen(dot + 1) >= sizeof(signal->name)) {
        config_refuse(config, node, CONFIG_E_VALUE,
                      "expected AGENT.NAME, whose series the input hears, or none");
        return 0;
    }
    memcpy(signal->agent, text, (size_t)(dot - text));
    snprintf(signal->name, sizeof(signal->name), "%s", dot + 1);
    if (!is_agent(roster, signal->agent)) {
        refuse_agent(config, node, roster, signal->agent);
        return 0;
    }
    for (uint32_t i = 0; i < slot->n_signals; i++) {
        const struct crew_signal *other = &slot->signals[i];

        if (strcmp(other->agent, signal->agent) == 0 && strcmp(other->name, signal->name) == 0) {
            config_refuse(config, node, CONFIG_E_DUPLICATE,
                          "is what the input '%s' hears already; expected another", other->input);
            return 0;
        }
    }
    return 1;
}

static void read_signals(struct config *config, const struct roster *roster,
                         struct roster_slot *slot)
{
    const struct config_node *node = slot->signals_node;

    slot->signals_node = NULL;
    if (node == NULL)
        return;
    if (!config_is_map(node)) {
        config_refuse(config, node, CONFIG_E_KIND,
                      "expected a map of inputs, as in {trend: analyst_1.trend}");
        return;
    }
    if (config_count(node) > SLOT_INPUTS_MAX) {
        config_refuse(config, node, CONFIG_E_COUNT, "has %u inputs; expected at most %d",
                      config_count(node), SLOT_INPUTS_MAX);
        return;
    }
    for (uint32_t k = 0; k < config_count(node); k++)
        slot->n_signals +=
            (uint32_t)take_signal(config, roster, slot, config_entry(node, k), config_key(node, k),
                                  &slot->signals[slot->n_signals]);
}

/* Also of a roster whose fields have mistakes: what was refused is empty, and passed over. */
static void check(struct config *config, struct roster *roster)
{
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        struct roster_slot *slot = &roster->slots[i];

        for (uint32_t k = 0; k < i; k++)
            if (slot->name[0] != 0 && strcmp(slot->name, roster->slots[k].name) == 0)
                config_refuse(config, config_at(config, "agents[%u].name", i), CONFIG_E_DUPLICATE,
                              "is the name of the agent in line %u too; expected another",
                              config_line(config_at(config, "agents[%u].name", k)));
        // A model trades nothing and needs no capital; a limit of 0 would be no limit.
        check_money(config, roster, i, "capital", &slot->capital, 0);
        check_limits(config, roster, i);
        check_instruments(config, slot, i);
        check_bars(config, slot, i);
        read_params(config, slot);
        read_files(config, slot);
        read_signals(config, roster, slot);
    }
}

int roster_read(struct roster *roster, struct config *config)
{
    int rc = config_read(config, &roster_schema, roster);

    if (config_root(config) != NULL) {
        check(config, roster);
        leases_read(roster, config);
        values_read(&roster->values, config, roster->base_currency);
        roster->valuation_node = roster->assets_node = NULL;
        check_portfolio(config, roster);
        tournament_rules_of(&roster->tournament, config, &roster->rules);
    }
    rc = config_error_count(config) > 0 ? AGON_EINVAL : rc;
    return rc;
}

static const char *word_of(const struct schema_choice *choice, int64_t value)
{
    while (choice->name != NULL && choice->value != value)
        choice++;
    return choice->name != NULL ? choice->name : "?";
}

const char *roster_stage_name(uint8_t stage)
{
    return word_of(stages, stage);
}

const char *roster_word(const char *key, int64_t value)
{
    const struct schema_field *field = slot_fields;

    if (strcmp(key, "reload.shadow") == 0)
        return word_of(shadows, value);
    while (field->key != NULL && strcmp(field->key, key) != 0)
        field++;
    return field->key != NULL && field->choices != NULL ? word_of(field->choices, value) : "?";
}

/* Words to ids */

static uint64_t seed_of(const struct roster *roster, uint32_t i)
{
    return roster->slots[i].seed ? roster->slots[i].seed : hash_mix(roster->seed + 1 + i);
}

#define NAMES_SHOWN 8

void roster_refuse_instrument(struct config *config, const struct config_node *node,
                              const struct roster_names *names)
{
    const char *word = config_text(node);
    struct suggest suggest = {0};
    char shown[80];
    char known[NAMES_SHOWN * 66 + 8] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < names->n; i++) {
        suggest_offer(&suggest, word, strlen(word), names->instruments[i]);
        if (i < NAMES_SHOWN)
            used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
                                     names->instruments[i]);
    }
    utf8_escape(word, strlen(word), shown, sizeof(shown));
    config_refuse(config, node, CONFIG_E_CHOICE,
                  "'%s' is not an instrument of this run; expected one of: %s%s%s%s%s", shown,
                  known, names->n > NAMES_SHOWN ? ", ..." : "",
                  suggest.best != NULL ? "; did you mean '" : "",
                  suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
}

static void take_instruments(const struct roster *roster, uint32_t i, struct config *config,
                             const struct roster_names *names, struct subscription *to)
{
    const struct roster_slot *from = &roster->slots[i];

    to->n_instruments = from->n_instruments;
    for (uint32_t k = 0; k < from->n_instruments; k++) {
        const char *colon = strchr(from->instruments[k], ':');
        uint32_t at = 0;

        to->instruments[k] = 0;
        if (colon == NULL || colon == from->instruments[k] || colon[1] == 0)
            continue; // empty or malformed, as was said
        while (at < names->n && strcmp(from->instruments[k], names->instruments[at]) != 0)
            at++;
        to->instruments[k] = at < names->n ? at + 1 : 0;
        if (at == names->n)
            roster_refuse_instrument(config, config_at(config, "agents[%u].instruments[%u]", i, k),
                                     names);
        else
            values_judge(&roster->values, config,
                         config_at(config, "agents[%u].instruments[%u]", i, k),
                         roster->base_currency, names, at);
    }
}

void roster_take_files(const struct roster *roster, uint32_t i, struct crew_slot *slot)
{
    const struct roster_slot *from = &roster->slots[i];

    slot->n_files = from->n_files;
    memcpy(slot->files, from->files, sizeof(slot->files));
    for (uint32_t k = 0; k < slot->n_files; k++)
        if (slot->files[k].model[0] != '\0') {
            memset(slot->files[k].path, 0, sizeof(slot->files[k].path));
            snprintf(slot->files[k].path, sizeof(slot->files[k].path), "%s", roster->models);
        }
}

static void take_slot(const struct roster *roster, uint32_t i, struct config *config,
                      const char *dir, struct crew_slot *slot)
{
    const struct roster_slot *from = &roster->slots[i];
    const struct config_node *stage = config_at(config, "agents[%u].stage", i);
    struct record_slot *record = &slot->record;
    int n;

    memset(slot, 0, sizeof(*slot));
    record->hdr.type = EVENT_CONFIG;
    record->hdr.granules = sizeof(*record) / EVENT_GRANULE;
    record->kind = CONFIG_SLOT;
    record->slot = (uint16_t)i;
    record->account = from->account;
    record->stage = from->stage;
    record->on_crash = from->on_crash;
    record->runner = from->runner;
    record->seed = seed_of(roster, i);
    record->intent_latency_ns = from->latency_ns;
    snprintf(record->name, sizeof(record->name), "%s", from->name);
    record->limits = limits_of(from);
    record->subscription.depth = from->depth;
    slot->has_bars = from->n_bars != 0;
    record->subscription.bar_mask = from->n_bars == 0 ? 0xff : 0;
    for (uint32_t k = 0; k < from->n_bars; k++)
        record->subscription.bar_mask |= (uint8_t)(1u << bar_bit(from->bars_ns[k]));
    slot->line = config_line(stage != NULL ? stage : config_at(config, "agents[%u].name", i));
    slot->hard_ns = from->hard_ns;
    slot->wait = from->wait;
    slot->orders_on_reload = from->orders_on_reload;
    slot->shadow = from->reload.shadow;
    slot->shadow_events = from->reload.events;
    slot->checkpoint_ns = from->checkpoint_ns;
    slot->plugin_index = from->plugin_index;
    slot->arena_bytes = from->arena_bytes;
    slot->threads = from->threads;
#define TAKE(id, ...) slot->meters[METER_##id] = from->meters.id;
    METERS(TAKE)
#undef TAKE
    // For each thread; who waits hot takes a core, however little it does.
    slot->meters[METER_CPU] *= 1 + from->threads;
    slot->meters[METER_CPU] += from->wait == PROCESS_HOT ? 1000 : 0;
    slot->is_isolated = from->isolation == ISOLATION_REQUIRE;
    if (slot->is_isolated && from->runner == CREW_INPROC)
        config_refuse(config, config_at(config, "agents[%u].isolation", i), CONFIG_E_VALUE,
                      "there is no sandbox inside the host; expected 'runner: process' with it");
    slot->n_params = from->n_params;
    memcpy(slot->params, from->params, sizeof(slot->params));
    roster_take_files(roster, i, slot);
    slot->n_leases = from->cards.n_leases;
    memcpy(slot->leases, from->cards.leases, sizeof(slot->leases));
    slot->n_signals = from->n_signals;
    memcpy(slot->signals, from->signals, sizeof(slot->signals));
    n = snprintf(slot->plugin, sizeof(slot->plugin), "%s%s%s", dir ? dir : "", dir ? "/" : "",
                 from->plugin);
    if (n < 0 || (size_t)n >= sizeof(slot->plugin))
        config_refuse(config, config_at(config, "agents[%u].plugin", i), CONFIG_E_RANGE,
                      "is too long with the folder of the plugins before it; expected a path of at "
                      "most %zu bytes",
                      sizeof(slot->plugin) - 1);
}

void roster_judge(const struct roster *roster, struct config *config,
                  const struct roster_names *names)
{
    struct subscription unused;

    for (uint32_t i = 0; i < roster->n_slots; i++)
        take_instruments(roster, i, config, names, &unused);
}

int roster_resolve(struct roster *roster, struct config *config, const char *dir,
                   const struct roster_names *names, struct crew_slot *slots)
{
    values_resolve(&roster->values, config, roster->base_currency, names);
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        take_slot(roster, i, config, dir, &slots[i]);
        take_instruments(roster, i, config, names, &slots[i].record.subscription);
    }
    return config_error_count(config) == 0 ? AGON_OK : AGON_EINVAL;
}
