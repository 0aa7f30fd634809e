// SPDX-License-Identifier: Apache-2.0
/* Cards: who has which part of which, what each lease waits for and what was decided of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops/api.h"
#include "ops/api_words.h"
#include "ops/metrics.h"

static double ratio(uint32_t ppm)
{
    return (double)ppm / GPU_ALL_PPM;
}

static void put_heat(struct jout *out, const struct host_view_card *card)
{
    if (card->heat_mc != 0) {
        jout_kv_real(out, "celsius", (double)card->heat_mc / 1000.0);
        return;
    }
    jout_key(out, "celsius");
    jout_null(out);
}

static void put_known(struct jout *out, const char *key, int64_t value, int is_known)
{
    if (is_known) {
        jout_kv_int(out, key, value);
        return;
    }
    jout_key(out, key);
    jout_null(out);
}

static const char *card_state(const struct host_view_card *card)
{
    return api_word(api_card_states, card->is_lost && card->step == 4 ? 3
                                     : card->is_lost                  ? 2
                                     : card->step >= 3                ? 1
                                                                      : 0);
}

static void put_card(const struct host_view_cards *view, uint32_t at, struct jout *out)
{
    const struct host_view_card *card = &view->cards[at];

    jout_open(out, '{');
    jout_kv_int(out, "card", at);
    jout_kv_str(out, "name", card->name);
    jout_kv_str(out, "state", card_state(card));
    jout_kv_str(out, "device", card->device);
    jout_kv_int(out, "bytes", card->bytes);
    jout_kv_int(out, "reserve_bytes", card->reserve_bytes);
    jout_kv_int(out, "leased_bytes", card->leased_bytes);
    put_known(out, "used_bytes", card->used_bytes, card->total_bytes > 0);
    jout_kv_real(out, "inference", ratio(card->inference_ppm));
    jout_kv_real(out, "inference_max", ratio(card->inference_max_ppm));
    jout_kv_real(out, "training", ratio(card->training_ppm));
    jout_kv_real(out, "training_max", ratio(card->training_max_ppm));
    jout_kv_real(out, "capacity", ratio(card->capacity_ppm));
    put_heat(out, card);
    jout_kv_int(out, "heat_step", card->step);
    put_known(out, "busy_percent", card->busy_pct, card->busy_pct >= 0);
    jout_kv_int(out, "leases", card->n_leases);
    jout_kv_int(out, "waiting", card->n_waiting);
    jout_kv_int(out, "jobs", card->n_jobs);
    jout_kv_int(out, "jobs_started", (int64_t)card->jobs_started);
    jout_kv_int(out, "jobs_done", (int64_t)card->jobs_done);
    jout_kv_int(out, "jobs_failed", (int64_t)card->jobs_failed);
    jout_kv_int(out, "jobs_preempted", (int64_t)card->jobs_preempted);
    jout_kv_bool(out, "worker_up", card->is_up);
    put_known(out, "worker_pid", card->pid, card->pid > 0);
    jout_kv_int(out, "workers", card->lives);
    jout_close(out, '{');
}

static const char *owner_of(const struct api *api, uint32_t owner)
{
    return owner < api->view->n_slots ? api->view->slots[owner].name : "";
}

static void put_own(const struct api *api, const struct host_view_own *own, struct jout *out)
{
    jout_open(out, '{');
    jout_kv_str(out, "agent", owner_of(api, own->owner));
    jout_kv_str(out, "name", own->name);
    jout_kv_str(out, "state", api_word(api_own_states, own->state));
    put_known(out, "worker_pid", own->pid, own->pid > 0);
    jout_kv_int(out, "workers", own->lives);
    jout_kv_int(out, "context_bytes", own->context_bytes);
    jout_kv_str(out, "why", own->why);
    jout_close(out, '{');
}

void api_put_cards(const struct api *api, struct jout *out)
{
    const struct host_view_cards *view = &api->view->cards;

    jout_open(out, '{');
    jout_kv_bool(out, "on", view->is_on);
    if (view->is_on) {
        jout_kv_str(out, "profile", view->profile);
        jout_kv_str(out, "shares", view->shares);
        jout_kv_str(out, "device", leases_device_name(view->device));
        jout_kv_str(out, "split", api_word(api_card_splits, view->split));
        jout_kv_str(out, "volatility", api_word(api_card_splits, view->volatility));
        jout_kv_str(out, "volatility_next", api_word(api_card_splits, view->wanted));
        jout_kv_bool(out, "tournament", view->is_tournament);
        jout_kv_bool(out, "single", view->is_single);
        jout_kv_int(out, "leases", view->n_leases);
        jout_kv_int(out, "waiting", view->n_queue);
        put_known(out, "failover_ms", view->failover_ns / 1000000, view->failover_ns != 0);
    }
    jout_key(out, "cards");
    jout_open(out, '[');
    for (uint32_t i = 0; view->is_on && i < view->n_cards; i++)
        put_card(view, i, out);
    jout_close(out, '[');
    jout_key(out, "own_kernels");
    jout_open(out, '[');
    for (uint32_t i = 0; view->is_on && i < view->n_owns; i++)
        put_own(api, &view->owns[i], out);
    jout_close(out, '[');
    jout_close(out, '{');
}

static const char *card_name(const struct host_view_cards *view, uint32_t card)
{
    return card < view->n_cards ? view->cards[card].name : "none";
}

static void put_lease_body(const struct api *api, const struct host_view_lease *lease,
                           struct jout *out)
{
    const struct host_view_cards *view = &api->view->cards;

    jout_kv_int(out, "lease", (int64_t)lease->id);
    jout_kv_str(out, "agent", owner_of(api, lease->owner));
    jout_kv_str(out, "name", lease->name);
    jout_kv_str(out, "state", api_word(api_lease_states, lease->state));
    jout_kv_str(out, "card", card_name(view, lease->card));
    jout_kv_str(out, "home", card_name(view, lease->home));
    jout_kv_str(out, "budget", lease->budget);
    jout_kv_str(out, "group", lease->group);
    jout_kv_str(out, "class", gpu_class_name(lease->class));
    jout_kv_int(out, "priority", lease->priority);
    jout_kv_int(out, "bytes", lease->bytes);
    jout_kv_real(out, "share", ratio(lease->share_ppm));
    jout_kv_bool(out, "dedicated", (lease->flags & GPU_DEDICATED) != 0);
    put_known(out, "place", lease->place, lease->place != 0);
    jout_kv_str(out, "waits_for", gpu_wait_doc(lease->wait));
}

void api_put_lease(const struct api *api, const struct host_view_lease *lease, struct jout *out)
{
    jout_open(out, '{');
    put_lease_body(api, lease, out);
    jout_close(out, '{');
}

int api_do_gpu_status(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err)
{
    (void)call;
    (void)err;
    api_put_cards(ctx, out);
    return AGON_OK;
}

int api_do_gpu_leases(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err)
{
    const struct api *api = ctx;
    const struct host_view_cards *view = &api->view->cards;
    int only = -1;

    if (call->argc > 0 && strcmp(call->argv[0], "all") != 0) {
        only = api_slot_of(api, call->argv[0], err);
        if (only < 0)
            return only;
    }
    jout_open(out, '[');
    for (uint32_t i = 0; view->is_on && i < view->n_leases; i++) {
        if (only < 0 || view->leases[i].owner == (uint32_t)only)
            api_put_lease(api, &view->leases[i], out);
    }
    jout_close(out, '[');
    return AGON_OK;
}

/* A lease's number, or AGENT.NAME. slot: of the latter, else -1. */
struct asked {
    uint64_t id;
    int slot;
    const char *name;
};
static int read_lease(const struct api *api, const char *word, struct asked *asked,
                      struct error *err)
{
    const char *dot = strrchr(word, '.');
    char agent[SLOT_NAME];
    char *end;

    *asked = (struct asked){.slot = -1};
    errno = 0;
    asked->id = strtoull(word, &end, 10);
    if (word[0] >= '0' && word[0] <= '9' && *end == '\0' && errno == 0)
        return AGON_OK;
    asked->id = 0;
    if (dot == NULL || dot == word || dot[1] == '\0' || (size_t)(dot - word) >= sizeof(agent))
        return error_set(err, AGON_EINVAL,
                         "'%.64s' is not a lease; expected its number, or AGENT.NAME", word);
    memcpy(agent, word, (size_t)(dot - word));
    agent[dot - word] = '\0';
    asked->slot = api_slot_of(api, agent, err);
    asked->name = dot + 1;
    return asked->slot < 0 ? asked->slot : AGON_OK;
}

static int is_asked(const struct asked *asked, uint64_t id, uint32_t owner, const char *name)
{
    if (asked->slot < 0)
        return id == asked->id && id != 0;
    return owner == (uint32_t)asked->slot && strcmp(name, asked->name) == 0;
}

static void put_decision(const struct host_view_cards *view, const struct host_view_decision *one,
                         struct jout *out)
{
    const struct gpu_decision *decision = &one->decision;

    jout_open(out, '{');
    api_put_time(out, "time", one->t);
    jout_kv_int(out, "seq", (int64_t)one->seq);
    jout_kv_int(out, "lease", (int64_t)decision->lease);
    jout_kv_str(out, "decision", gpu_decision_name(decision->kind));
    jout_kv_str(out, "card", card_name(view, decision->card));
    jout_kv_str(out, "why", gpu_why_name(decision->why));
    jout_kv_str(out, "text",
                decision->why != GPU_WHY_NOTHING ? gpu_why_doc(decision->why)
                                                 : gpu_decision_doc(decision->kind));
    jout_close(out, '{');
}

static uint32_t put_decisions(const struct host_view_cards *view, const struct asked *asked,
                              struct jout *out)
{
    uint32_t n = 0;

    jout_key(out, "decisions");
    jout_open(out, '[');
    for (uint64_t i = 1; i <= view->n_decisions && i <= HOST_VIEW_DECISIONS; i++) {
        const struct host_view_decision *one =
            &view->decisions[(view->n_decisions - i) % HOST_VIEW_DECISIONS];

        if (!is_asked(asked, one->decision.lease, one->decision.owner, one->name))
            continue;
        put_decision(view, one, out);
        n++;
    }
    jout_close(out, '[');
    return n;
}

static int is_known(const struct host_view_cards *view, const struct asked *asked)
{
    for (uint64_t i = 0; i < view->n_decisions && i < HOST_VIEW_DECISIONS; i++) {
        const struct host_view_decision *one = &view->decisions[i];

        if (is_asked(asked, one->decision.lease, one->decision.owner, one->name))
            return 1;
    }
    return 0;
}

int api_do_gpu_why(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    const struct host_view_cards *view = &api->view->cards;
    const struct host_view_lease *lease = NULL;
    struct asked asked;
    int rc = read_lease(api, call->argv[0], &asked, err);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; view->is_on && i < view->n_leases; i++) {
        if (is_asked(&asked, view->leases[i].id, view->leases[i].owner, view->leases[i].name))
            lease = &view->leases[i];
    }
    if (lease == NULL && !is_known(view, &asked))
        return error_set(err, AGON_ENOENT,
                         "no lease '%.64s' is held or waits, and none of the last %d decisions is "
                         "of it; `gpu leases` lists those that are",
                         call->argv[0], HOST_VIEW_DECISIONS);
    jout_open(out, '{');
    jout_key(out, "now");
    if (lease != NULL)
        api_put_lease(api, lease, out);
    else
        jout_null(out);
    (void)put_decisions(view, &asked, out);
    jout_close(out, '{');
    return AGON_OK;
}

/* ---- metrics */

static void of_card(FILE *out, enum metric_id id, const struct host_view_cards *view,
                    double (*value)(const struct host_view_card *))
{
    metrics_begin(out, id);
    for (uint32_t i = 0; i < view->n_cards; i++) {
        fprintf(out, "%s{card=\"", metrics_all[id].name);
        metrics_label(out, view->cards[i].name);
        fprintf(out, "\"} %.15g\n", value(&view->cards[i]));
    }
}

#define VALUE(name, expression)                                                                    \
    static double name(const struct host_view_card *card)                                          \
    {                                                                                              \
        return (double)(expression);                                                               \
    }
VALUE(up_of, !card->is_lost)
VALUE(memory_of, card->bytes)
VALUE(leased_of, card->leased_bytes)
VALUE(used_of, card->used_bytes)
VALUE(capacity_of, ratio(card->capacity_ppm))
VALUE(heat_of, card->heat_mc / 1000.0)
VALUE(step_of, card->step)
VALUE(leases_of, card->n_leases)
VALUE(waiting_of, card->n_waiting)
VALUE(jobs_of, card->n_jobs)
VALUE(moved_of, card->moved)
VALUE(lives_of, card->lives)
#undef VALUE

static void row(FILE *out, enum metric_id id, const char *card, const char *key, const char *word,
                double value)
{
    fprintf(out, "%s{card=\"", metrics_all[id].name);
    metrics_label(out, card);
    fprintf(out, "\",%s=\"%s\"} %.15g\n", key, word, value);
}

static void shares(FILE *out, const struct host_view_cards *view)
{
    metrics_begin(out, METRIC_GPU_SHARE_RATIO);
    for (uint32_t i = 0; i < view->n_cards; i++) {
        const struct host_view_card *card = &view->cards[i];

        row(out, METRIC_GPU_SHARE_RATIO, card->name, "class", "inference",
            ratio(card->inference_ppm));
        row(out, METRIC_GPU_SHARE_RATIO, card->name, "class", "training",
            ratio(card->training_ppm));
    }
    metrics_begin(out, METRIC_GPU_SHARE_LIMIT_RATIO);
    for (uint32_t i = 0; i < view->n_cards; i++) {
        const struct host_view_card *card = &view->cards[i];

        row(out, METRIC_GPU_SHARE_LIMIT_RATIO, card->name, "class", "inference",
            ratio(card->inference_max_ppm));
        row(out, METRIC_GPU_SHARE_LIMIT_RATIO, card->name, "class", "training",
            ratio(card->training_max_ppm));
    }
}

static void jobs(FILE *out, const struct host_view_cards *view)
{
    metrics_begin(out, METRIC_GPU_JOBS_TOTAL);
    for (uint32_t i = 0; i < view->n_cards; i++) {
        const struct host_view_card *card = &view->cards[i];

        row(out, METRIC_GPU_JOBS_TOTAL, card->name, "event", "started", (double)card->jobs_started);
        row(out, METRIC_GPU_JOBS_TOTAL, card->name, "event", "done", (double)card->jobs_done);
        row(out, METRIC_GPU_JOBS_TOTAL, card->name, "event", "failed", (double)card->jobs_failed);
        row(out, METRIC_GPU_JOBS_TOTAL, card->name, "event", "preempted",
            (double)card->jobs_preempted);
    }
}

static int is_held(const struct host_view_lease *lease)
{
    return lease->state == GPU_HELD || lease->state == GPU_LEAVING;
}

static void agents(FILE *out, const struct host_view *view, enum metric_id id)
{
    metrics_begin(out, id);
    for (uint32_t slot = 0; slot < view->n_slots; slot++) {
        double sum = 0.0;
        uint32_t n = 0;

        for (uint32_t i = 0; i < view->cards.n_leases; i++) {
            const struct host_view_lease *lease = &view->cards.leases[i];
            int is_waiting = !is_held(lease);

            if (lease->owner != slot)
                continue;
            n++;
            sum += id == METRIC_AGENT_GPU_WAITING ? is_waiting
                   : is_waiting                   ? 0.0
                   : id == METRIC_AGENT_GPU_BYTES ? (double)lease->bytes
                                                  : ratio(lease->share_ppm);
        }
        if (n == 0)
            continue;
        fprintf(out, "%s{agent=\"", metrics_all[id].name);
        metrics_label(out, view->slots[slot].name);
        fprintf(out, "\"} %.15g\n", sum);
    }
}

static void outcome(FILE *out, const char *agent, const char *word, uint64_t n)
{
    fprintf(out, "%s{agent=\"", metrics_all[METRIC_AGENT_GPU_JOBS_TOTAL].name);
    metrics_label(out, agent);
    fprintf(out, "\",outcome=\"%s\"} %llu\n", word, (unsigned long long)n);
}

/* Of whoever has had one. */
static void outcomes(FILE *out, const struct host_view *view)
{
    metrics_begin(out, METRIC_AGENT_GPU_JOBS_TOTAL);
    for (uint32_t slot = 0; slot < view->n_slots; slot++) {
        const struct engine_outcomes *of = &view->cards.outcomes[slot];
        const char *name = view->slots[slot].name;

        if (of->n_done + of->n_failed + of->n_hung + of->n_cancelled + of->n_refused == 0)
            continue;
        outcome(out, name, "done", of->n_done);
        outcome(out, name, "failed", of->n_failed);
        outcome(out, name, "hung", of->n_hung);
        outcome(out, name, "cancelled", of->n_cancelled);
        outcome(out, name, "refused", of->n_refused);
    }
}

void api_card_metrics(FILE *out, const struct host_view *view)
{
    const struct host_view_cards *cards = &view->cards;

    if (!cards->is_on)
        return;
    of_card(out, METRIC_GPU_CARD_UP, cards, up_of);
    of_card(out, METRIC_GPU_MEMORY_BYTES, cards, memory_of);
    of_card(out, METRIC_GPU_LEASED_BYTES, cards, leased_of);
    of_card(out, METRIC_GPU_USED_BYTES, cards, used_of);
    of_card(out, METRIC_GPU_CAPACITY_RATIO, cards, capacity_of);
    shares(out, cards);
    of_card(out, METRIC_GPU_HEAT_CELSIUS, cards, heat_of);
    of_card(out, METRIC_GPU_HEAT_STEP, cards, step_of);
    of_card(out, METRIC_GPU_LEASES, cards, leases_of);
    of_card(out, METRIC_GPU_WAITING, cards, waiting_of);
    of_card(out, METRIC_GPU_JOBS, cards, jobs_of);
    jobs(out, cards);
    of_card(out, METRIC_GPU_MOVED_TOTAL, cards, moved_of);
    of_card(out, METRIC_GPU_WORKERS_TOTAL, cards, lives_of);
    metrics_gauge(out, METRIC_GPU_FAILOVER_SECONDS, (double)cards->failover_ns / 1e9);
    agents(out, view, METRIC_AGENT_GPU_BYTES);
    agents(out, view, METRIC_AGENT_GPU_SHARE_RATIO);
    agents(out, view, METRIC_AGENT_GPU_WAITING);
    outcomes(out, view);
}
