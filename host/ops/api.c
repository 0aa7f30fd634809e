// SPDX-License-Identifier: Apache-2.0
#include "ops/api.h"

#include <stdlib.h>
#include <strings.h>

#include "base/num.h"
#include "config/suggest.h"
#include "ops/api_history.h"
#include "ops/api_schema.h"
#include "sys/clock.h"
#include "sys/log.h"

int api_init(struct api *api, struct host *host, struct error *err)
{
    memset(api, 0, sizeof(*api));
    api->host = host;
    if (pthread_mutex_init(&api->act_lock, NULL) != 0)
        return error_set(err, AGON_ENOMEM, "control: out of memory");
    api->mode = "";
    api->watch.fd = -1;
    api->every_ns = PAST_POINT_NS;
    api->began_ns = clock_mono();
    api->looked_ns = api->began_ns;
    api->view = calloc(1, sizeof(*api->view));
    api->slots = calloc(SLOTS_MAX, sizeof(*api->slots));
    api->history = api_history_new();
    if (api->view == NULL || api->slots == NULL || api->history == NULL) {
        api_deinit(api);
        return error_set(err, AGON_ENOMEM, "control: out of memory");
    }
    return AGON_OK;
}

void api_deinit(struct api *api)
{
    if (api->has_applier)
        pthread_join(api->applier, NULL);
    api_verify_end(api);
    watch_close(&api->watch);
    free(api->view);
    free(api->slots);
    api_history_free(api->history);
    pthread_mutex_destroy(&api->act_lock);
    memset(api, 0, sizeof(*api));
    api->watch.fd = -1;
}

// The whole run in bounded memory: when the places are full every second point goes that ends no
// day, and from then on half as many come.
static void thin_slot(struct api_slot *slot)
{
    slot->n = past_thin(slot->points, slot->n);
}

static void thin(struct api *api)
{
    for (uint32_t id = 0; id < api->view->n_slots; id++)
        thin_slot(&api->slots[id]);
    thin_slot(&api->history->whole);
    api->every_ns *= 2;
}

_Static_assert(PAST_POINTS + WINDOW_MAX + 1 < API_POINTS, "both have room");

/* Samples that are older than all points go before them. */
static void put_before(struct api_slot *slot, const struct past_point *older, uint32_t n)
{
    while (n > 0 && slot->n > 0 && older[n - 1].t >= slot->points[0].t)
        n--;
    memmove(&slot->points[n], slot->points, slot->n * sizeof(slot->points[0]));
    memcpy(slot->points, older, n * sizeof(older[0]));
    slot->n += n;
}

static agon_ns_t sample_t(const struct past_samples *of, uint32_t back)
{
    return of->t - (agon_ns_t)back * of->every_s * 1000000000;
}

/* What was before all that a start read: the samples of a tournament's window. Capital that moved
 * was the pools': that of all stays the same. */
static void recall_samples(struct api *api, const struct past *past)
{
    struct past_point older[WINDOW_MAX + 1];
    agon_amt_t results[WINDOW_MAX + 1] = {0}; // of all, newest first
    const struct past_samples *longest = NULL;

    for (uint32_t back = 0; back <= WINDOW_MAX; back++)
        results[back] = past->left_amt;
    for (uint32_t id = 0; id < SLOTS_MAX; id++) {
        const struct past_samples *of = past->samples[id];

        if (of == NULL)
            continue;
        for (uint32_t back = 0; back < of->n; back++)
            older[of->n - 1 - back] = (struct past_point){.t = sample_t(of, back),
                                                          .equity_amt = of->equity_amt[back],
                                                          .capital_amt = of->capital_amt[back]};
        // Who began later has since then what he began with, and has it before too.
        for (uint32_t back = 0; back <= WINDOW_MAX; back++) {
            uint32_t at = back < of->n ? back : of->n - 1;

            results[back] = num_add(results[back], of->equity_amt[at] - of->capital_amt[at]);
        }
        longest = longest == NULL || of->n > longest->n ? of : longest;
        if (strcmp(api->slots[id].name, of->name) == 0)
            put_before(&api->slots[id], older, of->n);
    }
    for (uint32_t back = 0; longest != NULL && back < longest->n; back++)
        older[longest->n - 1 - back] = (struct past_point){
            .t = sample_t(longest, back),
            .equity_amt = num_add(api->view->figures.capital_amt, results[back]),
            .capital_amt = api->view->figures.capital_amt};
    if (longest != NULL)
        put_before(&api->history->whole, older, longest->n);
}

static void take_points(struct api_slot *slot, const struct past_points *of)
{
    memcpy(slot->points, of->all, of->n * sizeof(of->all[0]));
    slot->n = of->n;
}

void api_recall_points(struct api *api, const struct past *past)
{
    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        const struct past_points *of = past->points[id];

        memcpy(api->slots[id].name, api->view->slots[id].name, sizeof(api->slots[id].name));
        api->slots[id].freed_seq = api->view->slots[id].freed_seq;
        if (of != NULL && strcmp(of->name, api->view->slots[id].name) == 0)
            take_points(&api->slots[id], of);
    }
    if (past->points[PAST_ALL] != NULL)
        take_points(&api->history->whole, past->points[PAST_ALL]);
    recall_samples(api, past);
    if (past->next_ns == 0)
        return;
    api->every_ns = past->every_ns;
    api->next_ns = past->next_ns;
}

void api_recall(struct api *api)
{
    host_view(api->host, api->view);
    api_history_recall(api);
}

static void keep_equity(struct api *api)
{
    const struct host_view *view = api->view;
    struct api_slot *all = &api->history->whole;
    int is_full = 0;

    // At each look: who takes a place again, under one name, is another all the same.
    for (uint32_t id = 0; id < view->n_slots; id++) {
        struct api_slot *slot = &api->slots[id];

        if (!view->slots[id].is_used || strcmp(slot->name, view->slots[id].name) != 0 ||
            slot->freed_seq != view->slots[id].freed_seq)
            slot->n = 0;
        memcpy(slot->name, view->slots[id].name, sizeof(slot->name));
        slot->freed_seq = view->slots[id].freed_seq;
    }
    if (view->t < api->next_ns || view->t < (agon_ns_t)86400 * 1000000000)
        return;
    for (uint32_t id = 0; id < view->n_slots; id++) {
        struct api_slot *slot = &api->slots[id];

        if (!view->slots[id].is_used)
            continue;
        slot->points[slot->n++] =
            (struct past_point){.t = view->t,
                                .equity_amt = view->slots[id].figures.equity_amt,
                                .capital_amt = view->slots[id].figures.capital_amt};
        is_full |= slot->n == API_POINTS;
    }
    all->points[all->n++] = (struct past_point){.t = view->t,
                                                .equity_amt = view->figures.equity_amt,
                                                .capital_amt = view->figures.capital_amt};
    if (is_full || all->n == API_POINTS)
        thin(api);
    api->next_ns = view->t + api->every_ns;
}

int api_apply(struct api *api, const struct apply *apply, struct jout *out, struct error *err)
{
    int rc;

    if (atomic_exchange(&api->is_applying, 1))
        return error_set(err, AGON_EBUSY, "a roster is being applied just now; try again");
    rc = apply_roster(apply, out, err);
    atomic_store(&api->is_applying, 0);
    return rc;
}

// What was saved is applied; what is dangerous waits for `agon ctl apply --yes`.
static void *applier_main(void *ctx)
{
    struct api *api = ctx;
    struct apply apply = {
        .host = api->host, .path = api->roster, .plugins = api->plugins, .who = "watch"};
    struct error err = {0};
    struct jout out = {0};
    int rc = apply_roster(&apply, &out, &err);

    atomic_store(&api->is_applying, 0);
    if (rc < 0)
        log_error("control", "watch", "%s was saved and is not applied: %s", api->roster, err.text);
    else
        log_info("control", "watch", "%s was saved: %d changes were made", api->roster, rc);
    jout_deinit(&out);
    return NULL;
}

// The place is taken here: what is saved while a roster is being applied has its turn after it.
static void apply_saved(struct api *api)
{
    if (atomic_exchange(&api->is_applying, 1))
        return;
    if (api->has_applier)
        pthread_join(api->applier, NULL); // it has ended, or is about to
    api->has_applier = pthread_create(&api->applier, NULL, applier_main, api) == 0;
    if (!api->has_applier)
        atomic_store(&api->is_applying, 0);
    api->is_saved = !api->has_applier;
}

/* A look comes far sooner than the list is full again. */
static void keep_pauses(struct api *api)
{
    uint32_t n = host_changeovers(api->host, api->reloads);

    for (uint32_t i = api->n_reloads; i < n; i++) {
        const struct host_changeover *one = &api->reloads[i % HOST_CHANGEOVERS_MAX];

        if (one->kind >= HOST_RELOAD && one->kind <= HOST_RESTART)
            hist_add(&api->pauses[one->kind - HOST_RELOAD], one->cut_ns + one->swap_ns);
    }
    api->n_reloads = n;
}

static void look(void *ctx, int64_t mono_ns)
{
    struct api *api = ctx;

    host_view(api->host, api->view);
    api->looked_ns = mono_ns;
    if (host_turns(api->host) != api->turns || api->turned_ns == 0)
        api->turned_ns = mono_ns;
    api->turns = host_turns(api->host);
    keep_equity(api);
    keep_pauses(api);
    host_plans(api->host, &api->history->planned);
    api_history_look(api, mono_ns);
    api_verify_look(api, mono_ns);
    if (api->watch.fd >= 0 && watch_changed(&api->watch))
        api->is_saved = 1;
    if (api->is_saved)
        apply_saved(api);
}

void api_tables(struct control_port *port)
{
    *port = (struct control_port){.verbs = api_verbs,
                                  .words = api_arguments,
                                  .group = api_group,
                                  .ready_shape = &api_shape_ready,
                                  .edition = API_EDITION};
}

void api_port(struct api *api, struct control_port *port)
{
    api_tables(port);
    port->ctx = api;
    port->look = look;
    port->live = api_live;
    port->metrics = api_metrics;
    port->ready = api_ready;
}

#define NAMES_SHOWN 8u /* of those that there are, in a refusal */

static int slot_in(const struct host_view *view, const char *name, struct error *err)
{
    struct suggest suggest = {0};
    char known[256] = "";
    size_t used = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < view->n_slots; i++) {
        if (!view->slots[i].is_used)
            continue;
        if (n++ < NAMES_SHOWN && used < sizeof(known))
            used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", n > 1 ? ", " : "",
                                     view->slots[i].name);
        if (strcmp(view->slots[i].name, name) == 0)
            return (int)i;
        suggest_offer(&suggest, name, strnlen(name, 64), view->slots[i].name);
    }
    return error_set(err, AGON_ENOENT, "no agent is called '%.64s'; there are %s%s%s%s%s", name,
                     n > 0 ? known : "none", n > NAMES_SHOWN ? ", ..." : "",
                     suggest.best != NULL ? "; did you mean '" : "",
                     suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
}

int api_slot_of(const struct api *api, const char *name, struct error *err)
{
    return slot_in(api->view, name, err);
}

int api_slot_now(const struct api *api, const char *name, struct error *err)
{
    struct host_view *view = malloc(sizeof(*view));
    int slot;

    if (view == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    host_view(api->host, view);
    slot = slot_in(view, name, err);
    free(view);
    return slot;
}

/* Offers an instrument for what was written: by its asset alone where the rest of the name is
 * right, because that rest says nothing of which one was meant (ETHUSDT is no typo of BTCUSDT). */
static void offer_instrument(struct suggest *suggest, const struct host_view_instrument *at,
                             const char *full, const char *word)
{
    size_t n_base = strlen(at->base), n_venue = strlen(at->venue), n = strnlen(word, 64);
    size_t n_rest = 0; /* of the symbol behind its asset */
    const char *name = at->symbol;

    if (strncmp(word, at->venue, n_venue) == 0 && word[n_venue] == ':') {
        word += n_venue + 1;
        n -= n_venue + 1;
    } else if (strchr(word, ':') != NULL) {
        name = full;
    }
    if (name == at->symbol && n_base > 0 && strncmp(name, at->base, n_base) == 0)
        n_rest = strlen(name + n_base);
    if (n_rest > 0 && n > n_rest && strcasecmp(word + n - n_rest, name + n_base) == 0)
        suggest_offer(suggest, word, n - n_rest, at->base);
    else
        suggest_offer(suggest, word, n, name);
}

int api_instrument_of(const struct api *api, const char *symbol, struct error *err)
{
    struct suggest suggest = {.distance = UINT32_MAX};
    uint32_t best = 0; /* from 1; 0: none is near */
    const char *of[2] = {NULL, NULL};
    char full[80], known[256] = "";
    size_t used = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < api->view->n_instruments; i++) {
        const struct host_view_instrument *at = &api->view->instruments[i];
        uint32_t nearest = suggest.distance;

        snprintf(full, sizeof(full), "%s:%s", at->venue, at->symbol);
        if (strcmp(api_label(api, i), symbol) == 0 || strcmp(full, symbol) == 0)
            return (int)i;
        if (i < NAMES_SHOWN && used < sizeof(known))
            used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
                                     full);
        if (strcmp(at->symbol, symbol) == 0 && n++ < 2)
            of[n - 1] = at->venue;
        offer_instrument(&suggest, at, full, symbol);
        if (suggest.distance < nearest)
            best = i + 1;
    }
    if (n > 1)
        return error_set(err, AGON_EINVAL,
                         "there are %s instruments called '%.32s'; say %s:%.32s or %s:%.32s",
                         n == 2 ? "two" : "several", symbol, of[0], symbol, of[1], symbol);
    // By its label, which is not refused in its turn.
    return error_set(err, AGON_ENOENT, "no instrument is called '%.64s'; there are %s%s%s%s%s",
                     symbol, known, api->view->n_instruments > NAMES_SHOWN ? ", ..." : "",
                     best > 0 ? "; did you mean '" : "", best > 0 ? api_label(api, best - 1) : "",
                     best > 0 ? "'?" : "");
}
