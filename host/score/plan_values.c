// SPDX-License-Identifier: Apache-2.0
/* plan_values: where a plan keeps what it was decided by. What has a place stands in its record,
 * all else behind it in memory and in events of its own in the journal. */
#include "score/plan.h"

#include <stdio.h>

// Where it stands behind the record.
static uint32_t at_measure(uint32_t measure)
{
    return measure - RECORD_MEASURES;
}

static uint32_t at_gate(uint32_t gate)
{
    return MEASURES - RECORD_MEASURES + gate - RECORD_MEASURES;
}

static uint32_t at_setting(uint32_t setting)
{
    return MEASURES - RECORD_MEASURES + GATES - RECORD_MEASURES + setting;
}

static uint32_t place_of(const union plan_event *event, const struct plan_line *line)
{
    return (uint32_t)(line - plan_lines(&event->plan));
}

void plan_take_rules(union plan_event *event, const struct tournament_rules *rules)
{
    struct record_plan *plan = &event->plan;

    memcpy(&plan->rules, rules, sizeof(plan->rules));
    plan->rules.n_more = 0;
    plan->n_values = 0;
    memset(event->in_memory.more, 0, sizeof(event->in_memory.more));
    for (uint32_t i = RECORD_MEASURES; i < MEASURES; i++) {
        struct plan_more *more = &event->in_memory.more[at_measure(i)];

        more->term = rules_weight(rules, i);
        more->is_there = more->term > 0.0;
    }
    for (uint32_t i = RECORD_MEASURES; i < GATES; i++) {
        struct plan_more *more = &event->in_memory.more[at_gate(i)];

        more->is_there = (uint8_t)rules_gate(rules, i, &more->term);
    }
    for (uint32_t i = 0; i < SETTINGS; i++) {
        struct plan_more *more = &event->in_memory.more[at_setting(i)];

        more->term = rules_setting(rules, i);
        more->is_there = more->term > 0.0;
    }
    for (int i = 0; i < PLAN_MORE; i++) {
        event->in_memory.more[i].number = plan->number;
        plan->n_values += event->in_memory.more[i].is_there;
    }
}

static void keep(struct plan_more *more, const union plan_event *event,
                 const struct plan_line *line, int is_defined, double value)
{
    more->values[place_of(event, line)] =
        (struct plan_value){.value = is_defined == 1 ? value : 0.0,
                            .slot = line->slot,
                            .is_defined = (uint8_t)is_defined};
}

double plan_setting(const union plan_event *event, uint32_t setting)
{
    const struct plan_more *more = &event->in_memory.more[at_setting(setting)];

    return more->is_there ? more->term : 0.0;
}

void plan_note(union plan_event *event, const struct plan_line *line, uint32_t setting,
               double value)
{
    struct plan_more *more = &event->in_memory.more[at_setting(setting)];

    if (more->is_there)
        keep(more, event, line, 1, value);
}

double plan_noted(const union plan_event *event, const struct plan_line *line, uint32_t setting)
{
    const struct plan_more *more = &event->in_memory.more[at_setting(setting)];

    return more->is_there ? more->values[place_of(event, line)].value : 0.0;
}

int plan_evidence_of(const union plan_event *event, const struct plan_line *line, double *t)
{
    *t = plan_noted(event, line, SETTING_EVIDENCE);
    return plan_setting(event, SETTING_EVIDENCE) > 0.0 && *t != 0.0;
}

void plan_measure(union plan_event *event, struct plan_line *line,
                  const struct window_figures *figures)
{
    double t = 0.0;

    line->n_samples = figures->n_samples;
    line->n_wins = figures->n_wins;
    line->n_losses = figures->n_losses;
    line->won_amt = figures->won_amt;
    line->lost_amt = figures->lost_amt;
    line->kelly = figures->kelly;
    line->defined = 0;
    for (uint32_t i = 0; i < MEASURES; i++) {
        double value = 0.0;
        int is_defined = measure_at(i)->of(figures, &value);

        if (i >= RECORD_MEASURES) {
            if (event->in_memory.more[at_measure(i)].is_there)
                keep(&event->in_memory.more[at_measure(i)], event, line, is_defined, value);
            continue;
        }
        line->measures[i] = is_defined ? value : 0.0;
        line->defined |= (uint8_t)(is_defined << i);
    }
    for (uint32_t i = RECORD_MEASURES; i < GATES; i++) {
        double value = 0.0;
        int is_defined = gate_value(gate_at(i), figures, &value);

        if (event->in_memory.more[at_gate(i)].is_there)
            keep(&event->in_memory.more[at_gate(i)], event, line, is_defined, value);
    }
    for (uint32_t i = 0; i < SETTINGS; i++)
        plan_note(event, line, i, 0.0);
    plan_note(event, line, SETTING_MIN_TRADES, (double)line->n_wins + (double)line->n_losses);
    // Who never moved has no t: nothing is known of it.
    if (measure_at((uint32_t)measure_find("t_value"))->of(figures, &t))
        plan_note(event, line, SETTING_EVIDENCE, t);
}

int plan_has(const union plan_event *event, uint32_t measure)
{
    return measure < RECORD_MEASURES || event->in_memory.more[at_measure(measure)].is_there;
}

int plan_value_of(const union plan_event *event, const struct plan_line *line, uint32_t measure,
                  double *value)
{
    const struct plan_value *more;

    *value = 0.0;
    if (measure < RECORD_MEASURES) {
        *value = line->measures[measure];
        return line->defined >> measure & 1;
    }
    if (!plan_has(event, measure))
        return 0;
    more = &event->in_memory.more[at_measure(measure)].values[place_of(event, line)];
    *value = more->value;
    return more->is_defined;
}

double plan_weight(const union plan_event *event, uint32_t measure)
{
    if (measure < RECORD_MEASURES)
        return event->plan.rules.weights[measure];
    return plan_has(event, measure) ? event->in_memory.more[at_measure(measure)].term : 0.0;
}

int plan_gate_of(const union plan_event *event, const struct plan_line *line, uint32_t gate,
                 struct plan_gate *of)
{
    const struct plan_rules *rules = &event->plan.rules;
    const struct plan_more *more;

    memset(of, 0, sizeof(*of));
    if (gate < RECORD_MEASURES) {
        of->limit = rules->gates[gate];
        of->value = line->measures[gate];
        of->is_defined = line->defined >> gate & 1;
        of->is_failed = line->failed >> gate & 1;
        return rules->gate_mask >> gate & 1;
    }
    more = &event->in_memory.more[at_gate(gate)];
    of->limit = more->term;
    of->value = more->values[place_of(event, line)].value;
    of->is_defined = more->values[place_of(event, line)].is_defined == 1;
    of->is_not_yet = more->values[place_of(event, line)].is_defined == GATE_NOT_YET;
    of->is_failed = more->values[place_of(event, line)].is_failed;
    return more->is_there;
}

int plan_ask_gates(union plan_event *event, struct plan_line *line)
{
    int is_any = 0;

    line->failed = 0;
    for (uint32_t i = 0; i < GATES; i++) {
        struct plan_gate gate;
        int is_failed;

        if (!plan_gate_of(event, line, i, &gate))
            continue;
        if (gate.is_not_yet) {
            line->flags |= PLAN_NOT_YET;
            continue;
        }
        is_failed = !gate.is_defined || !gate_at(i)->passes(gate.value, gate.limit);
        is_any |= is_failed;
        if (i < RECORD_MEASURES)
            line->failed |= (uint8_t)(is_failed << i);
        else
            event->in_memory.more[at_gate(i)].values[place_of(event, line)].is_failed =
                (uint8_t)is_failed;
    }
    return is_any;
}

// Name and kind of what stands at a place behind the record.
static const char *name_at(uint32_t place, enum rule_kind *kind)
{
    if (place < at_gate(RECORD_MEASURES)) {
        *kind = RULE_WEIGHT;
        return measure_at(RECORD_MEASURES + place)->name;
    }
    if (place < at_setting(0)) {
        *kind = RULE_GATE;
        return gate_at(RECORD_MEASURES + place - at_gate(RECORD_MEASURES))->name;
    }
    *kind = RULE_SETTING;
    return setting_at(place - at_setting(0))->name;
}

static int lines_behind(const struct record_plan *plan, uint32_t k, union plan_values_event *to)
{
    uint32_t first = PLAN_LINES + k * PLAN_LINES;
    uint32_t n = plan->n_lines > first ? plan->n_lines - first : 0;

    if (n == 0)
        return 0;
    n = n < PLAN_LINES ? n : PLAN_LINES;
    memset(to, 0, sizeof(*to));
    to->hdr.type = EVENT_PLAN_LINES;
    to->hdr.t = plan->hdr.t;
    to->hdr.granules =
        (uint8_t)((sizeof(to->lines) + n * sizeof(struct plan_line) + EVENT_GRANULE - 1) /
                  EVENT_GRANULE);
    to->lines.number = plan->number;
    to->lines.first = (uint16_t)first;
    to->lines.n_lines = (uint16_t)n;
    memcpy(to->all_lines + sizeof(to->lines), &plan_lines(plan)[first],
           n * sizeof(struct plan_line));
    return 1;
}

static int pools_behind(const union plan_event *event, union plan_values_event *to)
{
    const struct plan_pool *pools = event->in_memory.pools;
    uint32_t n = ACCOUNTS_MAX - PLAN_ACCOUNTS;

    while (n > 0 && pools[n - 1].before_amt == 0 && pools[n - 1].after_amt == 0 &&
           pools[n - 1].at_hand_amt == 0)
        n--;
    if (n == 0)
        return 0;
    memset(to, 0, sizeof(*to));
    to->hdr.type = EVENT_PLAN_POOLS;
    to->hdr.t = event->plan.hdr.t;
    to->hdr.granules =
        (uint8_t)((sizeof(to->pools) + n * sizeof(*pools) + EVENT_GRANULE - 1) / EVENT_GRANULE);
    to->pools.number = event->plan.number;
    to->pools.n_pools = (uint16_t)n;
    memcpy(to->bytes + sizeof(to->pools), pools, n * sizeof(*pools));
    return 1;
}

// What found no room in a PLAN itself: its lines, 64 at a time, and then its pools.
static int nth_behind(const union plan_event *event, uint32_t k, union plan_values_event *to)
{
    uint32_t n_lines = event->plan.n_lines;
    uint32_t n = n_lines > PLAN_LINES ? (n_lines - 1) / PLAN_LINES : 0;

    if (k < n)
        return lines_behind(&event->plan, k, to);
    return k == n ? pools_behind(event, to) : 0;
}

int plan_values(const union plan_event *event, uint32_t k, union plan_values_event *values)
{
    const struct record_plan *plan = &event->plan;
    struct record_plan_values *record = &values->record;
    uint32_t place = 0;
    enum rule_kind kind;
    const char *name;

    for (; place < PLAN_MORE; place++) {
        if (event->in_memory.more[place].is_there && k-- == 0)
            break;
    }
    if (place == PLAN_MORE)
        return nth_behind(event, k, values);
    name = name_at(place, &kind);
    memset(values, 0, sizeof(*values));
    record->hdr.type = EVENT_PLAN_VALUES;
    record->hdr.t = plan->hdr.t;
    record->hdr.granules = (uint8_t)((sizeof(*record) + plan->n_lines * sizeof(struct plan_value) +
                                      EVENT_GRANULE - 1) /
                                     EVENT_GRANULE);
    record->number = plan->number;
    record->n_lines = plan->n_lines;
    REQUIRE(strlen(name) < sizeof(record->term.name));
    memcpy(record->term.name, name, strlen(name));
    record->term.kind = (uint8_t)kind;
    record->term.value = event->in_memory.more[place].term;
    memcpy(values->bytes + sizeof(*record), event->in_memory.more[place].values,
           plan->n_lines * sizeof(struct plan_value));
    return 1;
}

static void read_values(union plan_event *to, const struct record_plan_values *record)
{
    uint8_t kind = record->term.kind;
    int number = memchr(record->term.name, 0, sizeof(record->term.name)) == NULL ? -1
                 : kind == RULE_GATE    ? gate_find(record->term.name)
                 : kind == RULE_WEIGHT  ? measure_find(record->term.name)
                 : kind == RULE_SETTING ? setting_find(record->term.name)
                                        : -1;
    struct plan_more *more;

    if (number < (kind == RULE_SETTING ? 0 : RECORD_MEASURES))
        return; // of a build that knew more
    more = &to->in_memory.more[kind == RULE_GATE     ? at_gate((uint32_t)number)
                               : kind == RULE_WEIGHT ? at_measure((uint32_t)number)
                                                     : at_setting((uint32_t)number)];
    memset(more, 0, sizeof(*more));
    more->number = record->number;
    more->is_there = 1;
    more->term = record->term.value;
    memcpy(more->values, record + 1, record->n_lines * sizeof(struct plan_value));
}

static void read_lines(union plan_event *to, const struct record_plan_lines *record)
{
    if (to->in_memory.behind_of != record->number) {
        to->in_memory.behind_of = record->number;
        to->in_memory.n_behind = 0;
    }
    if (record->first != PLAN_LINES + to->in_memory.n_behind ||
        record->n_lines > PLAN_LINES_MAX - record->first)
        return; // not the next ones: their plan is found to lack them
    memcpy(&plan_lines(&to->plan)[record->first], record + 1,
           record->n_lines * sizeof(struct plan_line));
    to->in_memory.n_behind += record->n_lines;
}

static void read_pools(union plan_event *to, const struct record_plan_pools *record)
{
    memset(to->in_memory.pools, 0, sizeof(to->in_memory.pools));
    to->in_memory.pools_of = record->number;
    memcpy(to->in_memory.pools, record + 1, record->n_pools * sizeof(struct plan_pool));
}

/* The record, with those of its lines that it has room for; what came before it stays behind. */
static int read_plan(union plan_event *to, const struct record_plan *plan)
{
    uint32_t n = plan->n_lines < PLAN_LINES ? plan->n_lines : PLAN_LINES;
    size_t inside = sizeof(*plan) + PLAN_LINES * sizeof(struct plan_line);
    size_t whole = sizeof(*plan) + plan->n_lines * sizeof(struct plan_line);

    if (plan->n_lines > n &&
        (to->in_memory.behind_of != plan->number || to->in_memory.n_behind != plan->n_lines - n))
        return 0;
    memset(to->bytes, 0, inside);
    memset(to->bytes + (whole > inside ? whole : inside), 0,
           sizeof(to->bytes) - (whole > inside ? whole : inside));
    memcpy(to->bytes, plan, sizeof(*plan) + n * sizeof(struct plan_line));
    to->in_memory.n_behind = 0;
    if (to->in_memory.pools_of != plan->number)
        memset(to->in_memory.pools, 0, sizeof(to->in_memory.pools));
    to->in_memory.pools_of = 0;
    for (int i = 0; i < PLAN_MORE; i++) {
        if (to->in_memory.more[i].number != plan->number)
            memset(&to->in_memory.more[i], 0, sizeof(to->in_memory.more[i]));
    }
    return 1;
}

int plan_read(union plan_event *to, const struct agon_event_hdr *event)
{
    const struct record_plan_values *values = (const void *)event;
    const struct record_plan_lines *lines = (const void *)event;
    const struct record_plan_pools *pools = (const void *)event;
    const struct record_plan *plan = (const void *)event;
    const struct record_asset *asset = (const void *)event;
    uint32_t bytes = event_bytes(event);

    if (event->type == EVENT_CONFIG && bytes >= sizeof(*asset) && asset->kind == CONFIG_ASSET &&
        asset->is_base_currency)
        snprintf(to->in_memory.currency, sizeof(to->in_memory.currency), "%.15s", asset->name);
    if (event->type == EVENT_START) { // what was offered without its plan is offered anew
        memset(to->in_memory.more, 0, sizeof(to->in_memory.more));
        to->in_memory.n_behind = 0;
        to->in_memory.pools_of = 0;
    }
    if (event->type == EVENT_PLAN_VALUES && bytes >= sizeof(*values) &&
        values->n_lines <= PLAN_LINES_MAX &&
        bytes >= sizeof(*values) + values->n_lines * sizeof(struct plan_value))
        read_values(to, values);
    if (event->type == EVENT_PLAN_LINES && bytes >= sizeof(*lines) && lines->first >= PLAN_LINES &&
        lines->first < PLAN_LINES_MAX &&
        bytes >= sizeof(*lines) + lines->n_lines * sizeof(struct plan_line))
        read_lines(to, lines);
    if (event->type == EVENT_PLAN_POOLS && bytes >= sizeof(*pools) &&
        pools->n_pools <= ACCOUNTS_MAX - PLAN_ACCOUNTS &&
        bytes >= sizeof(*pools) + pools->n_pools * sizeof(struct plan_pool))
        read_pools(to, pools);
    if (event->type != EVENT_PLAN || bytes < sizeof(*plan) || plan->n_lines > PLAN_LINES_MAX ||
        bytes < sizeof(*plan) + (plan->n_lines < PLAN_LINES ? plan->n_lines : PLAN_LINES) *
                                    sizeof(struct plan_line))
        return 0;
    return read_plan(to, plan);
}
