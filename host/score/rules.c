// SPDX-License-Identifier: Apache-2.0
#include "score/rules.h"

#define HAS_MORE (1u << 31)

_Static_assert(MEASURES >= RECORD_MEASURES && GATES >= RECORD_MEASURES &&
                   MEASURE_VOL_RETURN + 1 == RECORD_MEASURES &&
                   GATE_VOL_RETURN + 1 == RECORD_MEASURES,
               "the first of the tables have places in records");
_Static_assert(MEASURES + GATES + SETTINGS - 2 * RECORD_MEASURES <= RULES_MORE_MAX,
               "rules have room for all terms: RULES_MORE_MAX may be up to 496");

static const struct rule_term *find(const struct tournament_rules *rules, enum rule_kind kind,
                                    const char *name)
{
    for (uint32_t i = 0; i < rules->n_more; i++) {
        if (rules->more[i].kind == kind && strcmp(rules->more[i].name, name) == 0)
            return &rules->more[i];
    }
    return NULL;
}

// Terms stay in the order in which they were set: rules that say the same are the same bytes.
static void set(struct tournament_rules *rules, enum rule_kind kind, const char *name, double value)
{
    size_t n = strlen(name);
    struct rule_term *term = (struct rule_term *)(uintptr_t)find(rules, kind, name);

    if (term == NULL) {
        REQUIRE(rules->n_more < RULES_MORE_MAX);
        term = &rules->more[rules->n_more++];
    }
    REQUIRE(n < sizeof(term->name));
    memset(term, 0, sizeof(*term));
    memcpy(term->name, name, n);
    term->kind = (uint8_t)kind;
    term->value = value;
}

double rules_weight(const struct tournament_rules *rules, uint32_t measure)
{
    const struct rule_term *term;

    if (measure < RECORD_MEASURES)
        return rules->weights[measure];
    term = find(rules, RULE_WEIGHT, measure_at(measure)->name);
    return term != NULL ? term->value : 0.0;
}

void rules_set_weight(struct tournament_rules *rules, uint32_t measure, double weight)
{
    if (measure < RECORD_MEASURES)
        rules->weights[measure] = weight;
    else
        set(rules, RULE_WEIGHT, measure_at(measure)->name, weight);
}

int rules_gate(const struct tournament_rules *rules, uint32_t gate, double *limit)
{
    const struct rule_term *term;

    *limit = 0.0;
    if (gate < RECORD_MEASURES) {
        *limit = rules->gates[gate];
        return rules->gate_mask >> gate & 1;
    }
    term = find(rules, RULE_GATE, gate_at(gate)->name);
    if (term != NULL)
        *limit = term->value;
    return term != NULL;
}

void rules_set_gate(struct tournament_rules *rules, uint32_t gate, double limit)
{
    if (gate < RECORD_MEASURES) {
        rules->gates[gate] = limit;
        rules->gate_mask |= 1u << gate;
    } else {
        set(rules, RULE_GATE, gate_at(gate)->name, limit);
    }
}

double rules_setting(const struct tournament_rules *rules, uint32_t setting)
{
    const struct rule_term *term = find(rules, RULE_SETTING, setting_at(setting)->name);

    return term != NULL ? term->value : 0.0;
}

void rules_set_setting(struct tournament_rules *rules, uint32_t setting, double value)
{
    set(rules, RULE_SETTING, setting_at(setting)->name, value);
}

void rules_clear_more(struct tournament_rules *rules)
{
    memset(rules->more, 0, sizeof(rules->more));
    rules->n_more = 0;
}

void rules_clear_gates(struct tournament_rules *rules)
{
    uint32_t n = 0;

    memset(rules->gates, 0, sizeof(rules->gates));
    rules->gate_mask = 0;
    for (uint32_t i = 0; i < rules->n_more; i++) {
        if (rules->more[i].kind != RULE_GATE)
            rules->more[n++] = rules->more[i];
    }
    memset(&rules->more[n], 0, (rules->n_more - n) * sizeof(rules->more[0]));
    rules->n_more = (uint16_t)n;
}

int rules_read(struct tournament_rules *rules, const struct record_tournament *record)
{
    uint32_t n = record->rules.n_more;

    memset(rules, 0, sizeof(*rules));
    if (n > RULES_MORE_MAX || (record->hdr.granules != TOURNAMENT_GRANULES(n) &&
                               event_bytes(&record->hdr) != sizeof(*record)))
        return AGON_EINVAL;
    memcpy(rules, &record->rules,
           offsetof(struct tournament_rules, more) + n * sizeof(rules->more[0]));
    return AGON_OK;
}

int rules_check_terms(const struct tournament_rules *rules, struct error *err)
{
    if (rules->n_more > RULES_MORE_MAX)
        return error_set(err, AGON_EINVAL, "more than %d further weights and gates",
                         RULES_MORE_MAX);
    for (uint32_t i = 0; i < rules->n_more; i++) {
        const struct rule_term *term = &rules->more[i];
        int is_text = memchr(term->name, 0, sizeof(term->name)) != NULL;
        int number = !is_text                    ? -1
                     : term->kind == RULE_WEIGHT ? measure_find(term->name)
                     : term->kind == RULE_GATE   ? gate_find(term->name)
                                                 : setting_find(term->name);

        if (term->kind < RULE_WEIGHT || term->kind > RULE_SETTING ||
            number < (term->kind == RULE_SETTING ? 0 : RECORD_MEASURES))
            return error_set(err, AGON_EINVAL,
                             "%.22s is not a measure, gate or setting of this build",
                             is_text ? term->name : "a name without end");
        if (find(rules, term->kind, term->name) != term)
            return error_set(err, AGON_EINVAL, "%s stands twice", term->name);
        if (term->value - term->value != 0.0 || (term->kind == RULE_WEIGHT && term->value < 0.0))
            return error_set(err, AGON_EINVAL, "%s: a weight or a gate is not a usable number",
                             term->name);
        if (term->kind == RULE_SETTING) {
            const struct setting *setting = setting_at((uint32_t)number);
            int is_share = setting->unit == MEASURE_SHARE;
            double unit = is_share ? 1e6 : 1.0, shown = is_share ? 100.0 : 1.0;
            double least = (double)setting->min / unit, most = (double)setting->max / unit;

            if (term->value < least || term->value > most)
                return error_set(err, AGON_EINVAL, "%s is %.10g%s, and may be %.10g to %.10g%s",
                                 term->name, term->value * shown, is_share ? " %" : "",
                                 least * shown, most * shown, is_share ? " %" : "");
        }
    }
    return AGON_OK;
}

void rules_save(const struct tournament_rules *rules, struct enc *enc)
{
    enc_u8(enc, rules->mode);
    enc_u8(enc, rules->on_unload);
    enc_bytes(enc, rules->schedule, sizeof(rules->schedule));
    for (int i = 0; i < RECORD_MEASURES; i++) {
        enc_f64(enc, rules->weights[i]);
        enc_f64(enc, rules->gates[i]);
    }
    enc_u32(enc, rules->gate_mask | (rules->n_more > 0 ? HAS_MORE : 0));
    enc_u32(enc, rules->n_shares);
    for (int i = 0; i < TOURNAMENT_SHARES; i++)
        enc_u32(enc, rules->shares_ppm[i]);
    enc_u32(enc, rules->rest_ppm);
    enc_u32(enc, rules->reserve_ppm);
    enc_u32(enc, rules->least_ppm);
    enc_u32(enc, rules->most_ppm);
    enc_u32(enc, rules->kelly_ppm);
    enc_u32(enc, rules->growth_ppm);
    enc_u32(enc, rules->sample_s);
    enc_u32(enc, rules->window);
    enc_u32(enc, rules->min_samples);
    enc_u32(enc, rules->failures);
    if (rules->n_more == 0)
        return;
    enc_u32(enc, rules->n_more);
    for (uint32_t i = 0; i < rules->n_more; i++) {
        enc_bytes(enc, rules->more[i].name, sizeof(rules->more[i].name));
        enc_u8(enc, rules->more[i].kind);
        enc_f64(enc, rules->more[i].value);
    }
}

static void load_more(struct tournament_rules *rules, struct dec *dec)
{
    uint32_t n = dec_u32(dec);

    if (n == 0 || n > RULES_MORE_MAX) {
        dec_fail(dec);
        return;
    }
    rules->n_more = (uint16_t)n;
    for (uint32_t i = 0; i < n; i++) {
        dec_bytes(dec, rules->more[i].name, sizeof(rules->more[i].name));
        rules->more[i].kind = dec_u8(dec);
        rules->more[i].value = dec_f64(dec);
    }
}

void rules_load(struct tournament_rules *rules, struct dec *dec)
{
    memset(rules, 0, sizeof(*rules));
    rules->mode = dec_u8(dec);
    rules->on_unload = dec_u8(dec);
    dec_bytes(dec, rules->schedule, sizeof(rules->schedule));
    for (int i = 0; i < RECORD_MEASURES; i++) {
        rules->weights[i] = dec_f64(dec);
        rules->gates[i] = dec_f64(dec);
    }
    rules->gate_mask = dec_u32(dec);
    rules->n_shares = dec_u32(dec);
    for (int i = 0; i < TOURNAMENT_SHARES; i++)
        rules->shares_ppm[i] = dec_u32(dec);
    rules->rest_ppm = dec_u32(dec);
    rules->reserve_ppm = dec_u32(dec);
    rules->least_ppm = dec_u32(dec);
    rules->most_ppm = dec_u32(dec);
    rules->kelly_ppm = dec_u32(dec);
    rules->growth_ppm = dec_u32(dec);
    rules->sample_s = dec_u32(dec);
    rules->window = dec_u32(dec);
    rules->min_samples = dec_u32(dec);
    rules->failures = dec_u32(dec);
    if ((rules->gate_mask & HAS_MORE) == 0)
        return;
    rules->gate_mask &= ~HAS_MORE;
    load_more(rules, dec);
}
