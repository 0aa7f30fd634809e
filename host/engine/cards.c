// SPDX-License-Identifier: Apache-2.0
#include "engine/cards.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "engine/impl.h"

#define PROFILE_NAME sizeof(((struct record_gpu_rules *)0)->profile)

struct cards {
    uint8_t is_on;
    struct gpu_rules rules;
    char profile[PROFILE_NAME], shares[PROFILE_NAME];
    struct gpu gpu;
    char names[GPU_LEASES_MAX][GPU_LEASE_NAME]; /* by the leases' places */
    struct gpu_out out;                         /* of the event that is being done; not state */
    struct {
        uint64_t id;
        char name[GPU_LEASE_NAME];
    } was[GPU_LEASES_MAX]; /* leases as they were before that event; not state */
};

struct cards *cards_new(void)
{
    return calloc(1, sizeof(struct cards));
}

void cards_free(struct cards *cards)
{
    free(cards);
}

int cards_are_on(const struct engine *engine)
{
    return engine->cards->is_on;
}

void cards_record(const struct gpu_event *event, const char *name, struct record_gpu *record)
{
    *record = (struct record_gpu){
        .hdr = {.type = EVENT_GPU, .granules = sizeof(*record) / EVENT_GRANULE, .t = event->t},
        .kind = (uint8_t)event->kind,
        .budget = event->budget,
        .group = event->group,
        .priority = event->priority,
        .flags = event->flags,
        .card = event->card,
        .state = event->state,
        .is_failed = event->is_failed,
        .owner = event->owner,
        .share_ppm = event->share_ppm,
        .lease = event->lease,
        .job = event->job,
        .bytes = event->bytes,
        .deadline_ns = event->deadline_ns,
        .chunk_ns = event->chunk_ns,
        .n_chunks = event->n_chunks,
        .heat_mc = event->heat_mc,
        .rank = event->rank,
        .run = event->run};
    if (name != NULL)
        snprintf(record->name, sizeof(record->name), "%s", name);
}

void cards_event(const struct record_gpu *record, struct gpu_event *event)
{
    *event = (struct gpu_event){.t = record->hdr.t,
                                .kind = record->kind,
                                .owner = record->owner,
                                .lease = record->lease,
                                .job = record->job,
                                .run = record->run,
                                .bytes = record->bytes,
                                .deadline_ns = record->deadline_ns,
                                .share_ppm = record->share_ppm,
                                .rank = record->rank,
                                .budget = record->budget,
                                .group = record->group,
                                .priority = record->priority,
                                .flags = record->flags,
                                .card = record->card,
                                .state = record->state,
                                .is_failed = record->is_failed,
                                .n_chunks = record->n_chunks,
                                .chunk_ns = record->chunk_ns,
                                .heat_mc = record->heat_mc};
}

void cards_config_record(const struct gpu_rules *rules, const char *profile, const char *shares,
                         union cards_config *config)
{
    static const struct gpu_rules none;
    struct record_gpu_rules *record = &config->record;
    struct enc enc = {.at = config->bytes + sizeof(*record), .room = GPU_RULES_BYTES_MAX};

    memset(config, 0, sizeof(*config));
    gpu_rules_save(rules != NULL ? rules : &none, &enc);
    REQUIRE(enc_is_ok(&enc));
    record->hdr.type = EVENT_CONFIG;
    record->hdr.granules =
        (uint8_t)((sizeof(*record) + enc.used + EVENT_GRANULE - 1) / EVENT_GRANULE);
    record->kind = CONFIG_GPU;
    record->n_bytes = (uint32_t)enc.used;
    gpu_rules_digest(rules != NULL ? rules : &none, record->hash);
    snprintf(record->profile, sizeof(record->profile), "%s", rules != NULL ? profile : "");
    snprintf(record->shares, sizeof(record->shares), "%s", rules != NULL ? shares : "");
}

static const char *card_name(const struct cards *cards, uint32_t card)
{
    return card < cards->rules.n_cards ? cards->rules.cards[card].name : "?";
}

static void on_stop(struct engine *engine, const struct gpu_decision *decision)
{
    char why[COMMAND_WHY];

    snprintf(why, sizeof(why), "card %u (%.16s) has %d degrees, above its last step of heat",
             decision->card, card_name(engine->cards, decision->card),
             (int)(decision->value / 1000));
    engine_raise(engine, ALERT_CARD_STOP, ALERT_NO_SLOT, 0, decision->value,
                 engine->cards->rules.stop_mc, why);
    control_stop_all(engine, REASON_HEAT, "cards", why);
}

static void on_card(struct engine *engine, const struct gpu_decision *decision)
{
    const struct cards *cards = engine->cards;
    char text[96];

    if (decision->kind == GPU_DID_CARD_ALERT) {
        snprintf(text, sizeof(text), "card %u (%.31s) is hot", decision->card,
                 card_name(cards, decision->card));
        engine_raise(engine, ALERT_CARD_HOT, ALERT_NO_SLOT, 0, decision->value,
                     cards->rules.alert_mc, text);
    }
    if (decision->kind == GPU_DID_CARD_SHUT) {
        snprintf(text, sizeof(text), "card %u (%.31s) is not used any more: %s", decision->card,
                 card_name(cards, decision->card), gpu_why_doc(decision->why));
        engine_raise(engine, ALERT_CARD_LOST, ALERT_NO_SLOT, 0, cards->gpu.n_up, 0, text);
    }
    if (decision->kind == GPU_DID_STOP)
        on_stop(engine, decision);
}

static void act(struct engine *engine, const struct record_gpu *event);
static void step(struct engine *engine, const struct gpu_event *event);

/* The turn of a job that was cancelled before it came: it is over, and the next one's turn. One
 * that finds no room here takes as long as a chunk may. */
#define ORPHANS 8
static void end_orphan(struct engine *engine, const struct gpu_decision *started)
{
    step(engine, &(struct gpu_event){.kind = GPU_CHUNK,
                                     .job = started->job,
                                     .run = started->run,
                                     .card = started->card,
                                     .is_failed = 1});
    act(engine, NULL);
}

/* What has been decided is known, and done. */
static void act(struct engine *engine, const struct record_gpu *event)
{
    const struct card_port *port = &engine->config.cards;
    struct cards *cards = engine->cards;
    struct gpu_decision orphans[ORPHANS];
    uint32_t n_orphans = 0;

    engine->cards_due = cards->is_on ? gpu_next_due(&cards->gpu) : INT64_MAX;
    for (uint32_t i = 0; i < cards->out.n; i++) {
        if (port->decided != NULL)
            port->decided(port->ctx, event, &cards->out.all[i]);
        on_card(engine, &cards->out.all[i]);
        if (event != NULL && event->kind == GPU_REQUEST &&
            cards->out.all[i].kind == GPU_DID_REFUSED)
            jobs_refused(engine, event->owner, event->name, cards->out.all[i].why);
        if (!jobs_decided(engine, &cards->out.all[i]) && n_orphans < ORPHANS)
            orphans[n_orphans++] = cards->out.all[i];
    }
    for (uint32_t i = 0; i < n_orphans; i++)
        end_orphan(engine, &orphans[i]);
}

static void step(struct engine *engine, const struct gpu_event *event)
{
    struct cards *cards = engine->cards;
    struct gpu_event now = *event;

    now.t = engine->t;
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        cards->was[i].id = cards->gpu.leases[i].id;
        memcpy(cards->was[i].name, cards->names[i], sizeof(cards->names[i]));
    }
    gpu_step(&cards->gpu, &now, &cards->out);
}

const char *cards_name_of(const struct engine *engine, uint64_t lease)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        if (engine->cards->was[i].id == lease)
            return engine->cards->was[i].name;
    }
    return "";
}

uint64_t cards_submit(struct engine *engine, uint16_t slot, uint64_t lease, uint32_t n_chunks,
                      agon_ns_t chunk_ns)
{
    struct cards *cards = engine->cards;
    uint64_t id = cards->gpu.next_job;

    step(engine, &(struct gpu_event){.kind = GPU_SUBMIT,
                                     .owner = slot,
                                     .lease = lease,
                                     .n_chunks = n_chunks,
                                     .chunk_ns = chunk_ns});
    return cards->gpu.next_job > id ? id : 0;
}

void cards_release(struct engine *engine, uint16_t slot, uint64_t lease)
{
    step(engine, &(struct gpu_event){.kind = GPU_RELEASE, .owner = slot, .lease = lease});
    act(engine, NULL);
}

void cards_submitted(struct engine *engine)
{
    act(engine, NULL);
}

// NULL: they are malformed.
static const struct gpu_rules *read_rules(const struct record_gpu_rules *record,
                                          struct gpu_rules *rules)
{
    struct dec dec = {.at = (const unsigned char *)record + sizeof(*record), .n = record->n_bytes};
    unsigned char hash[HASH_SIZE];

    _Static_assert(sizeof(record->hash) == HASH_SIZE, "a record has the whole hash");
    if (record->n_bytes > event_bytes(&record->hdr) - sizeof(*record) ||
        record->profile[sizeof(record->profile) - 1] != '\0' ||
        record->shares[sizeof(record->shares) - 1] != '\0')
        return NULL;
    gpu_rules_load(rules, &dec);
    if (!dec_is_ok(&dec) || dec.used != dec.n)
        return NULL;
    gpu_rules_digest(rules, hash);
    return memcmp(hash, record->hash, sizeof(hash)) == 0 ? rules : NULL;
}

int cards_config(struct engine *engine, const struct record_gpu_rules *record)
{
    struct cards *cards = engine->cards;
    struct gpu_rules rules;

    if (read_rules(record, &rules) == NULL) {
        engine_note(engine, ALERT_CONFIG, "the cards' rules are not what their event says");
        return AGON_EINVAL;
    }
    cards->out.n = 0;
    if (cards->is_on)
        gpu_restart(&cards->gpu, rules.n_cards > 0 ? &rules : &cards->rules, engine->t,
                    &cards->out);
    else if (rules.n_cards > 0)
        gpu_init(&cards->gpu, &rules, engine->t);
    cards->is_on = rules.n_cards > 0;
    cards->rules = rules;
    cards->gpu.rules = &cards->rules;
    memset(cards->names, 0, sizeof(cards->names));
    memcpy(cards->profile, record->profile, sizeof(cards->profile));
    memcpy(cards->shares, record->shares, sizeof(cards->shares));
    cards->gpu.is_tournament = engine->tournament.is_pending != 0;
    act(engine, NULL);
    if (!cards->is_on)
        memset(cards, 0, sizeof(*cards));
    return AGON_OK;
}

/* Of a lease that the event began. */
static void take_name(struct cards *cards, const struct record_gpu *record, uint64_t id)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        if (cards->gpu.leases[i].id == id)
            memcpy(cards->names[i], record->name, sizeof(cards->names[i]));
    }
}

int cards_take(struct engine *engine, const struct record_gpu *record)
{
    struct cards *cards = engine->cards;
    struct gpu_event event;
    uint64_t id;

    // Volatility is an operator's word and a tournament the engine's own.
    if (!cards->is_on || record->kind < GPU_TICK || record->kind >= GPU_EVENT_KINDS ||
        record->kind == GPU_VOLATILITY || record->kind == GPU_TOURNAMENT ||
        record->name[sizeof(record->name) - 1] != '\0')
        return AGON_EINVAL;
    cards_event(record, &event);
    id = cards->gpu.next_lease;
    step(engine, &event);
    if (cards->gpu.next_lease > id)
        take_name(cards, record, id);
    act(engine, record);
    return AGON_OK;
}

int cards_volatility(struct engine *engine, int64_t state)
{
    if (!cards_are_on(engine) || state < GPU_NORMAL || state > GPU_EXTREME)
        return AGON_EINVAL;
    step(engine, &(struct gpu_event){.kind = GPU_VOLATILITY, .state = (uint8_t)state});
    act(engine, NULL);
    return AGON_OK;
}

void cards_tournament(struct engine *engine, int is_on)
{
    if (!cards_are_on(engine) || engine->cards->gpu.is_tournament == is_on)
        return;
    step(engine, &(struct gpu_event){.kind = GPU_TOURNAMENT, .state = (uint8_t)is_on});
    act(engine, NULL);
}

void cards_tick(struct engine *engine)
{
    if (!cards_are_on(engine))
        return;
    step(engine, &(struct gpu_event){.kind = GPU_TICK});
    act(engine, NULL);
}

void cards_begin_anew(struct engine *engine)
{
    struct cards *cards = engine->cards;

    if (!cards->is_on)
        return;
    gpu_restart(&cards->gpu, &cards->rules, engine->t, &cards->out);
    memset(cards->names, 0, sizeof(cards->names));
    act(engine, NULL);
}

void cards_set_back(struct engine *engine, agon_ns_t now)
{
    if (!cards_are_on(engine))
        return;
    gpu_set_back(&engine->cards->gpu, now);
    engine->cards_due = gpu_next_due(&engine->cards->gpu);
}

void cards_save(const struct engine *engine, struct enc *enc)
{
    const struct cards *cards = engine->cards;

    gpu_rules_save(&cards->rules, enc);
    enc_bytes(enc, cards->profile, sizeof(cards->profile));
    enc_bytes(enc, cards->shares, sizeof(cards->shares));
    gpu_save(&cards->gpu, enc);
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        if (cards->gpu.leases[i].id != 0)
            enc_bytes(enc, cards->names[i], sizeof(cards->names[i]));
    }
}

int cards_load(struct engine *engine, struct dec *dec)
{
    struct cards *cards = engine->cards;

    memset(cards, 0, sizeof(*cards));
    gpu_rules_load(&cards->rules, dec);
    if (!dec_is_ok(dec) || cards->rules.n_cards == 0)
        return AGON_ECORRUPT;
    dec_bytes(dec, cards->profile, sizeof(cards->profile));
    dec_bytes(dec, cards->shares, sizeof(cards->shares));
    gpu_load(&cards->gpu, &cards->rules, dec);
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        if (cards->gpu.leases[i].id == 0)
            continue;
        dec_bytes(dec, cards->names[i], sizeof(cards->names[i]));
        if (cards->names[i][sizeof(cards->names[i]) - 1] != '\0')
            return AGON_ECORRUPT;
    }
    if (!dec_is_ok(dec) || cards->gpu.t > engine->t ||
        cards->profile[sizeof(cards->profile) - 1] != '\0' ||
        cards->shares[sizeof(cards->shares) - 1] != '\0' ||
        cards->gpu.is_tournament != (engine->tournament.is_pending != 0))
        return AGON_ECORRUPT;
    cards->is_on = 1;
    engine->cards_due = gpu_next_due(&cards->gpu);
    return AGON_OK;
}

const char *cards_check(const struct engine *engine, char *text)
{
    const struct gpu *gpu = engine_cards(engine);

    if (gpu == NULL)
        return NULL;
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        const struct gpu_card_rules *of = &gpu->rules->cards[card];

        if (gpu_bytes(gpu, card) > of->memory - of->reserve) {
            snprintf(text, 256, "gpu: more is leased of card %u than it has", card);
            return text;
        }
    }
    if (gpu->is_tournament != (engine->tournament.is_pending != 0) || gpu->t > engine->t ||
        engine->cards_due != gpu_next_due(gpu)) {
        snprintf(text, 256, "gpu: the cards know of another time or tournament than the engine");
        return text;
    }
    return NULL;
}

const struct gpu *engine_cards(const struct engine *engine)
{
    return engine->cards->is_on ? &engine->cards->gpu : NULL;
}

const char *engine_cards_profile(const struct engine *engine)
{
    return engine->cards->profile;
}

const char *engine_cards_shares(const struct engine *engine)
{
    return engine->cards->shares;
}

const char *engine_lease_name(const struct engine *engine, const struct gpu_lease *lease)
{
    return engine->cards->names[lease - engine->cards->gpu.leases];
}

const struct gpu_lease *engine_lease_of(const struct engine *engine, uint32_t owner,
                                        const char *name)
{
    const struct cards *cards = engine->cards;
    const struct gpu_lease *youngest = NULL;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &cards->gpu.leases[i];

        if (lease->id != 0 && lease->owner == owner && strcmp(cards->names[i], name) == 0 &&
            (youngest == NULL || lease->id > youngest->id))
            youngest = lease;
    }
    return youngest;
}

int engine_cards_are(const struct engine *engine, const struct gpu_rules *rules,
                     const char *profile, const char *shares)
{
    unsigned char ours[HASH_SIZE], theirs[HASH_SIZE];

    gpu_rules_digest(&engine->cards->rules, ours);
    gpu_rules_digest(rules, theirs);
    return memcmp(ours, theirs, sizeof(ours)) == 0 &&
           strcmp(engine->cards->profile, profile) == 0 &&
           strcmp(engine->cards->shares, shares) == 0;
}
