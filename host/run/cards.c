// SPDX-License-Identifier: Apache-2.0
/* The core's side of cards: run/cards.h. */
#include "run/cards.h"

#include <stdio.h>

#include "run/host_impl.h"
#include "sys/log.h"

#define EVENTS 256u

int host_cards_open(struct host *host, struct error *err)
{
    struct host_cards *cards = &host->cards;

    cards->wake_fd = -1;
    lock_init(&cards->lock);
    if (ring_init(&cards->events, EVENTS, sizeof(struct gpu_event)) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the cards' events");
    cards->is_open = 1;
    return AGON_OK;
}

void host_cards_close(struct host *host)
{
    struct host_cards *cards = &host->cards;

    if (!cards->is_open)
        return;
    ring_deinit(&cards->events);
    relay_free(cards->relay);
    cards->relay = NULL;
    lock_deinit(&cards->lock);
    cards->is_open = 0;
}

/* What cards there are and who may have them, where the journal has others. */
int host_boot_cards(struct host *host, struct error *err)
{
    const struct roster_cards *cards = &host->config.cards;
    struct gpu_rules scaled = cards->rules;
    const struct gpu_rules *rules = cards->rules.n_cards > 0 ? &scaled : NULL;
    union cards_config record;
    int rc;

    gpu_rules_scale(&scaled, host->config.speed_milli);

    if (rules == NULL && engine_cards(host->engine) == NULL)
        return AGON_OK;
    if (rules != NULL && engine_cards_are(host->engine, rules, cards->profile, cards->shares))
        return AGON_OK;
    cards_config_record(rules, cards->profile, cards->shares, &record);
    record.hdr.t = host_now(host);
    rc = driver_step(&host->driver, &record.hdr);
    if (rc >= 0)
        rc = host->driver.rc;
    return rc < 0 ? error_set(err, rc, "the cards' rules were refused: %s", error_name(rc))
                  : AGON_OK;
}

static int is_of_job(const struct gpu_decision *decision)
{
    return decision->kind >= GPU_DID_JOB_ADMITTED && decision->kind <= GPU_DID_JOB_FAILED;
}

static void count_job(struct host_view_cards *view, const struct gpu_decision *decision)
{
    struct host_view_card *card;

    if (decision->card >= GPU_CARDS_MAX)
        return;
    card = &view->cards[decision->card];
    card->jobs_started += decision->kind == GPU_DID_JOB_STARTED;
    card->jobs_done += decision->kind == GPU_DID_JOB_DONE;
    card->jobs_failed += decision->kind == GPU_DID_JOB_FAILED;
    card->jobs_preempted += decision->kind == GPU_DID_JOB_PREEMPTED;
}

static void log_card(const struct host *host, const struct gpu_decision *decision)
{
    const struct gpu *gpu = engine_cards(host->engine);
    const char *name = gpu != NULL && decision->card < gpu->rules->n_cards
                           ? gpu->rules->cards[decision->card].name
                           : "";

    if (decision->lease != 0 || decision->kind == GPU_DID_REFUSED)
        log_info_with(
            "card", gpu_decision_name(decision->kind),
            LOG_FIELDS(LOG_NUMBER("lease", decision->lease), LOG_NUMBER("slot", decision->owner)),
            "lease %llu of slot %u: %s%s%s", (unsigned long long)decision->lease, decision->owner,
            gpu_decision_name(decision->kind), decision->why != GPU_WHY_NOTHING ? ": " : "",
            gpu_why_doc(decision->why));
    else
        log_warn_with("card", gpu_decision_name(decision->kind),
                      LOG_FIELDS(LOG_NUMBER("card", decision->card)), "%s%s: %s",
                      name[0] != '\0' ? "card " : "cards", name, gpu_decision_doc(decision->kind));
}

static void keep(struct host *host, const struct record_gpu *event,
                 const struct gpu_decision *decision)
{
    struct host_view_cards *view = &host->cards.view;
    struct host_view_decision *to = &view->decisions[view->n_decisions++ % HOST_VIEW_DECISIONS];
    const struct gpu *gpu = engine_cards(host->engine);
    const struct gpu_lease *lease = gpu != NULL ? gpu_lease_of(gpu, decision->lease) : NULL;

    *to = (struct host_view_decision){
        .t = engine_t(host->engine), .seq = engine_seq(host->engine), .decision = *decision};
    if (event != NULL && event->kind == GPU_REQUEST && event->owner == decision->owner &&
        (decision->kind == GPU_DID_REFUSED || lease == NULL))
        memcpy(to->name, event->name, sizeof(to->name));
    else if (lease != NULL)
        memcpy(to->name, engine_lease_name(host->engine, lease), sizeof(to->name));
    for (uint32_t i = 1; i < HOST_VIEW_DECISIONS && to->name[0] == '\0' && decision->lease != 0 &&
                         i < view->n_decisions;
         i++) {
        const struct host_view_decision *old =
            &view->decisions[(view->n_decisions - 1 - i) % HOST_VIEW_DECISIONS];

        if (old->decision.lease == decision->lease)
            memcpy(to->name, old->name, sizeof(to->name));
    }
}

void host_on_card(void *ctx, const struct record_gpu *event, const struct gpu_decision *decision)
{
    struct host *host = ctx;
    struct host_cards *cards = &host->cards;

    if (is_of_job(decision))
        count_job(&cards->view, decision);
    else
        keep(host, event, decision);
    if (host->is_rebuilding)
        return;
    if (decision->kind == GPU_DID_MOVED && decision->from < GPU_CARDS_MAX)
        cards->view.cards[decision->from].moved++;
    if (!is_of_job(decision))
        log_card(host, decision);
    host_jobs_decided(host, decision);
}

static int step(struct host *host, const struct gpu_event *event, const char *name)
{
    struct record_gpu record;

    cards_record(event, name, &record);
    record.hdr.t = host_now(host);
    return host_step(host, &record.hdr);
}

int host_drain_card_events(struct host *host)
{
    struct host_cards *cards = &host->cards;
    const struct gpu_event *event;
    int n = 0;

    while ((event = ring_peek(&cards->events)) != NULL) {
        if (step(host, event, NULL) == AGON_EAGAIN)
            break;
        if (event->kind == GPU_LOST) {
            cards->view.failover_ns = clock_mono() - atomic_load(&cards->lost_ns);
            log_warn("card", "failover",
                     "card %u is lost: what could go on does so %lld ms after its last answer",
                     event->card, (long long)(cards->view.failover_ns / 1000000));
        }
        ring_release(&cards->events);
        n++;
    }
    return n;
}

static int is_playing(const struct host *host, uint16_t id)
{
    return host->has_joined && host_has_agent(host, id) && host->failures[id][0] == '\0' &&
           !slot_set_has(&host->beginning, id) && crew_info(host->crew, id) != NULL;
}

/* Its agent waits for it, and the allocator knows of none: it was given back, refused or ended. */
static int is_wanted_anew(const struct host *host, uint16_t slot, uint32_t i, const char *name)
{
    const struct slot_lease *of = engine_lease(host->engine, slot, i + 1);
    const struct gpu_lease *lease;

    if (of == NULL || of->state != LEASE_WAITS || of->held != 0)
        return 0;
    lease = engine_lease_of(host->engine, slot, name);
    return lease == NULL || lease->is_ending;
}

static int ask(struct host *host, const struct crew_slot *slot)
{
    uint8_t *asked = &host->cards.asked[slot->record.slot];
    int n = 0;

    for (uint32_t i = 0; i < slot->n_leases; i++) {
        struct gpu_event event;

        if ((*asked >> i & 1) != 0 &&
            !is_wanted_anew(host, slot->record.slot, i, slot->leases[i].name))
            continue;
        leases_request(&slot->leases[i], slot->record.slot, host_now(host), &event);
        if (engine_slots(host->engine)->all[slot->record.slot].agent_kind == AGON_STRATEGY)
            event.rank = (uint16_t)(slot->record.slot + 1);
        if (step(host, &event, slot->leases[i].name) == AGON_EAGAIN)
            break;
        *asked |= (uint8_t)(1u << i);
        n++;
    }
    return n;
}

static int give_back(struct host *host, uint16_t slot)
{
    const struct gpu *gpu = engine_cards(host->engine);
    int n = 0;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];

        if (lease->id == 0 || lease->owner != slot || lease->is_ending)
            continue;
        log_info_with("card", "kept",
                      LOG_FIELDS(LOG_NUMBER("lease", lease->id), LOG_NUMBER("slot", slot)),
                      "lease %llu ('%s') of slot %u was not given back: it ends with its agent",
                      (unsigned long long)lease->id, engine_lease_name(host->engine, lease), slot);
        if (step(host, &(struct gpu_event){.kind = GPU_RELEASE, .owner = slot, .lease = lease->id},
                 NULL) == AGON_EAGAIN)
            return n;
        n++;
    }
    host->cards.asked[slot] = 0;
    return n;
}

int host_drain_cards(struct host *host)
{
    _Static_assert(CREW_LEASES_MAX <= 8, "a bit each");
    int n;

    if (engine_cards(host->engine) == NULL)
        return 0;
    n = host_drain_card_events(host);
    for (uint16_t id = 0; id < host->config.n_slots; id++) {
        const struct crew_slot *slot = &host->config.slots[id];

        if (is_playing(host, id)) {
            if ((host->halts & HOST_HALT_STOPPING) == 0)
                n += ask(host, slot);
        } else if (host->cards.asked[id] != 0) {
            n += give_back(host, id);
        }
    }
    return n;
}

static void show_lease(const struct host *host, const struct gpu *gpu,
                       const struct gpu_lease *lease, struct host_view_lease *to)
{
    const struct gpu_budget *budget = &gpu->rules->budgets[lease->budget];

    *to = (struct host_view_lease){.id = lease->id,
                                   .owner = lease->owner,
                                   .bytes = lease->bytes,
                                   .deadline_ns = lease->deadline_ns,
                                   .share_ppm = lease->share_ppm,
                                   .class = lease->class,
                                   .priority = lease->priority,
                                   .state = lease->state,
                                   .card = lease->card,
                                   .home = budget->card,
                                   .flags = lease->flags,
                                   .wait = (uint8_t)gpu_waits(gpu, lease)};
    memcpy(to->name, engine_lease_name(host->engine, lease), sizeof(to->name));
    memcpy(to->budget, budget->name, sizeof(to->budget));
    if (lease->group != GPU_NONE)
        memcpy(to->group, gpu->rules->groups[lease->group].name, sizeof(to->group));
}

static void show_leases(const struct host *host, const struct gpu *gpu,
                        struct host_view_cards *view)
{
    const struct gpu_lease *queued;
    uint64_t last = 0;

    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++)
        view->outcomes[slot] = *engine_outcomes(host->engine, slot);
    view->n_leases = 0;
    for (;;) {
        const struct gpu_lease *next = NULL;

        for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
            const struct gpu_lease *lease = &gpu->leases[i];

            if (lease->id > last && (next == NULL || lease->id < next->id))
                next = lease;
        }
        if (next == NULL)
            break;
        last = next->id;
        show_lease(host, gpu, next, &view->leases[view->n_leases++]);
    }
    for (view->n_queue = 0; (queued = gpu_queue_at(gpu, view->n_queue)) != NULL; view->n_queue++) {
        for (uint32_t i = 0; i < view->n_leases; i++) {
            if (view->leases[i].id == queued->id)
                view->leases[i].place = view->n_queue + 1;
        }
    }
}

static void show_card(struct host *host, const struct gpu *gpu, uint32_t card,
                      struct host_view_card *to)
{
    const struct gpu_card_rules *of = &gpu->rules->cards[card];
    struct host_card_seen seen;

    lock_take(&host->cards.lock);
    seen = host->cards.seen[card];
    lock_give(&host->cards.lock);
    memcpy(to->name, of->name, sizeof(to->name));
    snprintf(to->device, sizeof(to->device), "%.63s", seen.device);
    to->bytes = of->memory;
    to->reserve_bytes = of->reserve;
    to->leased_bytes = gpu_bytes(gpu, card);
    to->used_bytes = (int64_t)seen.look.used_bytes;
    to->total_bytes = (int64_t)seen.look.total_bytes;
    to->inference_ppm = gpu_class_ppm(gpu, card, 1);
    to->training_ppm = gpu_class_ppm(gpu, card, 0);
    to->inference_max_ppm = gpu_split_now(gpu)->inference_ppm;
    to->training_max_ppm = gpu_training_ppm(gpu, card);
    to->capacity_ppm = gpu_capacity_ppm(gpu, card);
    if (to->inference_max_ppm > to->capacity_ppm)
        to->inference_max_ppm = to->capacity_ppm;
    to->heat_mc = gpu->cards[card].heat_mc;
    to->busy_pct = seen.is_up ? seen.look.busy_pct : -1;
    to->pid = seen.pid;
    to->lives = seen.lives;
    to->step = gpu->cards[card].step;
    to->is_lost = !gpu_is_up(gpu, card);
    to->is_up = seen.is_up;
    to->is_standby = of->is_standby;
    to->n_leases = to->n_waiting = to->n_jobs = 0;
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];
        int waits = lease->state == GPU_WAITING || lease->state == GPU_SUSPENDED;

        to->n_leases += lease->id != 0 && !waits && lease->card == card;
        to->n_waiting += lease->id != 0 && waits && gpu->rules->budgets[lease->budget].card == card;
    }
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        const struct gpu_lease *lease =
            gpu->jobs[i].id != 0 ? gpu_lease_of(gpu, gpu->jobs[i].lease) : NULL;

        to->n_jobs += lease != NULL && lease->card == card;
    }
}

static void show_owns(struct host *host, struct host_view_cards *view)
{
    _Static_assert(RELAY_OWN_MAX == LEASES_OWN && HOST_VIEW_WHY == CARD_TEXT, "each has a place");

    view->n_owns = 0;
    lock_take(&host->cards.lock);
    for (uint32_t i = 0; i < RELAY_OWN_MAX; i++) {
        const struct host_card_own *own = &host->cards.owns[i];
        struct host_view_own *to = &view->owns[view->n_owns];

        if (own->lease == 0)
            continue;
        *to = (struct host_view_own){
            .owner = own->slot,
            .state = own->seen.state,
            .pid = own->seen.pid,
            .lives = own->seen.lives,
            .context_bytes = host->config.slots[own->slot].leases[own->lease - 1].context};
        memcpy(to->name, host->config.slots[own->slot].leases[own->lease - 1].name,
               sizeof(to->name));
        memcpy(to->why, own->seen.why, sizeof(to->why));
        view->n_owns++;
    }
    lock_give(&host->cards.lock);
}

void host_show_cards(struct host *host)
{
    const struct gpu *gpu = engine_cards(host->engine);
    struct host_view_cards *view = &host->cards.view;

    view->is_on = gpu != NULL;
    if (gpu != NULL) {
        snprintf(view->profile, sizeof(view->profile), "%s", engine_cards_profile(host->engine));
        snprintf(view->shares, sizeof(view->shares), "%s", engine_cards_shares(host->engine));
        view->device = host->config.cards.words.device;
        view->split = (uint8_t)(gpu_split_now(gpu) - gpu->rules->splits);
        view->volatility = gpu->volatility;
        view->wanted = gpu->wanted;
        view->is_tournament = gpu->is_tournament;
        view->is_single = (uint8_t)gpu_is_single(gpu);
        view->n_cards = gpu->rules->n_cards;
        for (uint32_t card = 0; card < view->n_cards; card++)
            show_card(host, gpu, card, &view->cards[card]);
        show_leases(host, gpu, view);
        show_owns(host, view);
    }
    host->draft->cards = *view;
}
