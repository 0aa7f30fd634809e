// SPDX-License-Identifier: Apache-2.0
#include "sim/faults.h"

#include <stdlib.h>

#include "config/schema.h"

#define DAY_NS     (86400 * 1000000000ll)
#define LAG_MAX_NS (60 * 1000000000ll)

static const struct schema_choice ons[] = {{"request", FAULT_REQUEST}, {"stream", FAULT_STREAM},
                                           {"user", FAULT_USER},       {"socket", FAULT_SOCKET},
                                           {"time", FAULT_TIME},       {NULL, 0}};
static const struct schema_choice dos[] = {{"timeout", FAULT_TIMEOUT},
                                           {"error", FAULT_ERROR},
                                           {"late", FAULT_LATE},
                                           {"reset", FAULT_RESET},
                                           {"drop", FAULT_DROP},
                                           {"duplicate", FAULT_DUPLICATE},
                                           {"delay", FAULT_DELAY},
                                           {"swap", FAULT_SWAP},
                                           {"garble", FAULT_GARBLE},
                                           {"close", FAULT_CLOSE},
                                           {"stall", FAULT_STALL},
                                           {"mute", FAULT_MUTE},
                                           {"refuse", FAULT_REFUSE},
                                           {"maintenance", FAULT_MAINTENANCE},
                                           {"halve", FAULT_HALVE},
                                           {"skew", FAULT_SKEW},
                                           {"hold", FAULT_HOLD},
                                           {"lag", FAULT_LAG},
                                           {"withdraw", FAULT_WITHDRAW},
                                           {"checksum", FAULT_SUM},
                                           {NULL, 0}};
static const struct schema_choice markets[] = {
    {"any", FAULT_ANY}, {"spot", FAULT_SPOT}, {"um", FAULT_UM}, {NULL, 0}};

static const struct schema_choice answers[] = {{"comes", FAULT_COMES},
                                               {"lost", FAULT_LOST},
                                               {"cut", FAULT_CUT},
                                               {"error", FAULT_FAILS},
                                               {NULL, 0}};

// Which of them each kind of meeting can have.
#define BIT(what) (1u << (what))
#define FRAME                                                                                      \
    (BIT(FAULT_DROP) | BIT(FAULT_DUPLICATE) | BIT(FAULT_DELAY) | BIT(FAULT_SWAP) |                 \
     BIT(FAULT_GARBLE) | BIT(FAULT_RESET) | BIT(FAULT_CLOSE) | BIT(FAULT_STALL) | BIT(FAULT_MUTE))
static const uint32_t allowed[] = {
    [FAULT_REQUEST] = BIT(FAULT_TIMEOUT) | BIT(FAULT_ERROR) | BIT(FAULT_LATE) | BIT(FAULT_RESET) |
                      BIT(FAULT_DUPLICATE) | BIT(FAULT_HOLD) | BIT(FAULT_LAG) | BIT(FAULT_WITHDRAW),
    [FAULT_STREAM] = FRAME | BIT(FAULT_SUM),
    [FAULT_USER] = FRAME,
    [FAULT_SOCKET] = BIT(FAULT_RESET) | BIT(FAULT_CLOSE) | BIT(FAULT_STALL) | BIT(FAULT_REFUSE),
    [FAULT_TIME] = BIT(FAULT_MAINTENANCE) | BIT(FAULT_HALVE) | BIT(FAULT_SKEW),
};

#define RULE(member) SCHEMA_MEMBER(struct fault, member)
static const struct schema_field rule_fields[] = {
    {"name", SCHEMA_TEXT, RULE(name), .doc = "shown in the log"},
    {"on", SCHEMA_CHOICE, RULE(on), .choices = ons, .is_required = 1, .doc = "what it meets"},
    {"do", SCHEMA_CHOICE, RULE(what), .choices = dos, .is_required = 1, .doc = "what happens"},
    {"market", SCHEMA_CHOICE, RULE(market), .choices = markets, .doc = "default: any"},
    {"method", SCHEMA_TEXT, RULE(method), .doc = "GET, POST, PUT, DELETE"},
    {"path", SCHEMA_TEXT, RULE(path), .doc = "of a request; '*' ends a prefix"},
    {"symbol", SCHEMA_TEXT, RULE(symbol), .doc = "as the client writes it"},
    {"stream", SCHEMA_TEXT, RULE(stream), .doc = "a stream's name; '*' ends a prefix"},
    {"event", SCHEMA_TEXT, RULE(event), .doc = "a user event's name"},
    {"nth", SCHEMA_U64, RULE(nth), .doc = "the how-manieth that it meets, from 1"},
    {"every", SCHEMA_U64, RULE(every), .doc = "each that many"},
    {"chance", SCHEMA_SHARE, RULE(chance_ppm), .max = 1000000, .doc = "by the seed"},
    {"times", SCHEMA_U64, RULE(times), .doc = "so often at most"},
    {"after", SCHEMA_DURATION, RULE(after_ns), .max = 365 * DAY_NS, .doc = "since the start"},
    {"until", SCHEMA_DURATION, RULE(until_ns), .max = 365 * DAY_NS, .doc = "since the start"},
    {"effect", SCHEMA_BOOL, RULE(effect), .doc = "the request is done all the same"},
    {"status", SCHEMA_INT, RULE(status), .min = 100, .max = 599, .doc = "of HTTP"},
    {"code", SCHEMA_INT, RULE(code), .min = -99999, .max = 99999,
     .doc = "the venue's, or of a close frame"},
    {"msg", SCHEMA_TEXT, RULE(msg), .doc = "the venue's words"},
    {"delay", SCHEMA_DURATION, RULE(delay_ns), .max = DAY_NS, .doc = "late, delay, hold, lag"},
    {"delay_max", SCHEMA_DURATION, RULE(delay_max_ns), .max = DAY_NS,
     .doc = "the delay is drawn between the two"},
    {"answer", SCHEMA_CHOICE, RULE(answer), .choices = answers,
     .doc = "of a hold: what becomes of its answer"},
    {"for", SCHEMA_DURATION, RULE(for_ns), .max = DAY_NS, .doc = "maintenance, halve, skew, mute"},
    {"skew_ms", SCHEMA_INT, RULE(skew_ms), .min = -86400000, .max = 86400000,
     .doc = "how far ahead the clock is"},
    {NULL}};

static agon_ns_t lag_of(const struct fault *rule)
{
    return rule->delay_max_ns > rule->delay_ns ? rule->delay_max_ns : rule->delay_ns;
}

static void check_rule(struct config *config, const struct config_node *node, void *out)
{
    const struct fault *rule = out;

    if (!(allowed[rule->on] & BIT(rule->what)))
        config_refuse(config, config_get(node, "do"), CONFIG_E_CONFLICT,
                      "does not go with its 'on'; request: timeout, error, late, reset, "
                      "duplicate, hold, lag, withdraw; stream and "
                      "user: drop, duplicate, delay, swap, garble, mute, close, reset, stall; "
                      "socket: refuse, close, reset, stall; time: maintenance, halve, skew");
    int is_delay = rule->what == FAULT_LATE || rule->what == FAULT_DELAY ||
                   rule->what == FAULT_HOLD || rule->what == FAULT_LAG;

    if (is_delay && rule->delay_ns == 0 && rule->delay_max_ns == 0)
        config_refuse(config, node, CONFIG_E_MISSING, "has no delay");
    if (rule->delay_max_ns != 0 && rule->delay_max_ns < rule->delay_ns)
        config_refuse(config, config_get(node, "delay_max"), CONFIG_E_CONFLICT,
                      "is less than delay");
    if (rule->what == FAULT_LAG && lag_of(rule) > LAG_MAX_NS)
        config_refuse(config, node, CONFIG_E_CONFLICT, "lags by more than 60s");
    if (rule->answer != FAULT_COMES && rule->what != FAULT_HOLD)
        config_refuse(config, config_get(node, "answer"), CONFIG_E_CONFLICT,
                      "goes with do: hold alone");
    if ((rule->on == FAULT_TIME || rule->what == FAULT_MUTE) && rule->for_ns == 0)
        config_refuse(config, node, CONFIG_E_MISSING, "has no 'for'");
}

static const struct schema rule_schema = {"a fault", sizeof(struct fault), rule_fields,
                                          .check = check_rule};
static const struct schema_field file_fields[] = {
    {"seed", SCHEMA_U64, SCHEMA_MEMBER(struct faults, seed), .preset = "1", .doc = "of chances"},
    {"faults", SCHEMA_MAP, SCHEMA_ARRAY(struct faults, rules, n), .sub = &rule_schema,
     .list_min = 1, .is_required = 1, .doc = "the first that fires is what happens"},
    {NULL}};
const struct schema faults_schema = {"the faults", sizeof(struct faults), file_fields,
                                     .check = NULL};

int faults_read(struct faults *faults, struct config *config)
{
    int rc = config_read(config, &faults_schema, faults);

    if (rc < 0 || config_error_count(config) > 0) {
        memset(faults, 0, sizeof(*faults));
        return rc < 0 ? rc : AGON_EINVAL;
    }
    rng_init(&faults->rng, rng_at(faults->seed, 0x6661756c74, 0, 0, 0));
    return AGON_OK;
}

int faults_parse(struct faults *faults, const char *name, const char *text, size_t n,
                 struct error *err)
{
    struct config *config = config_new(name, text, n, NULL);
    int rc;

    if (config == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    rc = faults_read(faults, config);
    if (rc < 0)
        error_set(err, rc, "%s", rc == AGON_EINVAL ? config_error_text(config, 0) : error_name(rc));
    config_free(config);
    return rc;
}

static int is_like(const char *pattern, const char *text)
{
    size_t n = strlen(pattern);

    if (n == 0)
        return 1;
    if (!text)
        return 0;
    return pattern[n - 1] == '*' ? strncmp(pattern, text, n - 1) == 0 : strcmp(pattern, text) == 0;
}

static int is_met(const struct fault *rule, agon_ns_t since, const struct fault_met *met)
{
    return rule->on == met->on && (rule->market == FAULT_ANY || rule->market == met->market) &&
           since >= rule->after_ns && (rule->until_ns == 0 || since < rule->until_ns) &&
           is_like(rule->method, met->method) && is_like(rule->path, met->path) &&
           is_like(rule->symbol, met->symbol) && is_like(rule->stream, met->stream) &&
           is_like(rule->event, met->event);
}

static int fires(struct faults *faults, struct fault *rule)
{
    uint64_t most = rule->times ? rule->times : rule->nth || rule->on == FAULT_TIME ? 1 : 0;

    rule->met++;
    if (most && rule->fired >= most)
        return 0;
    if (rule->nth && rule->met < rule->nth)
        return 0;
    if (rule->every && rule->met % rule->every != 0)
        return 0;
    return !rule->chance_ppm || rng_below(&faults->rng, 1000000) < rule->chance_ppm;
}

struct fault *faults_ask(struct faults *faults, agon_ns_t now, const struct fault_met *met)
{
    struct fault *found = NULL;

    if (!faults)
        return NULL;
    if (faults->t_start == 0)
        faults->t_start = now;
    for (uint32_t i = 0; i < faults->n; i++) {
        struct fault *rule = &faults->rules[i];

        if (!is_met(rule, now - faults->t_start, met))
            continue;
        if (rule->mute_until > now)
            return rule;
        // Each that is met counts, though only the first acts.
        if (fires(faults, rule) && !found)
            found = rule;
    }
    if (found) {
        found->fired++;
        if (found->what == FAULT_MUTE)
            found->mute_until = now + found->for_ns;
    }
    return found;
}

agon_ns_t faults_delay(struct faults *faults, const struct fault *fault)
{
    int64_t range_ns = fault->delay_max_ns - fault->delay_ns;

    return range_ns <= 0
               ? fault->delay_ns
               : fault->delay_ns + (agon_ns_t)rng_below(&faults->rng, (uint64_t)range_ns + 1);
}

agon_ns_t faults_longest_lag(const struct faults *faults, enum fault_market market)
{
    agon_ns_t longest = 0;

    for (uint32_t i = 0; faults && i < faults->n; i++) {
        const struct fault *rule = &faults->rules[i];

        if (rule->what == FAULT_LAG && (rule->market == FAULT_ANY || rule->market == market) &&
            lag_of(rule) > longest)
            longest = lag_of(rule);
    }
    return longest;
}

agon_ns_t faults_next(const struct faults *faults, enum fault_market market)
{
    agon_ns_t next = INT64_MAX;

    for (uint32_t i = 0; faults && faults->t_start && i < faults->n; i++) {
        const struct fault *rule = &faults->rules[i];

        if (rule->on == FAULT_TIME && rule->fired == 0 &&
            (rule->market == FAULT_ANY || rule->market == market) &&
            faults->t_start + rule->after_ns < next)
            next = faults->t_start + rule->after_ns;
    }
    return next;
}
