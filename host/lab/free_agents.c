// SPDX-License-Identifier: Apache-2.0
/* The agents of a run that goes once more. */
#include <stdio.h>

#include "lab/free_impl.h"

void free_enter(const struct going *going, const struct player *player)
{
    int play = player != NULL ? (int)(player->cast.play - going->config->scan->plays) : -1;

    going->outcome->now_play = (uint32_t)(play + 1);
    if (going->config->calling != NULL)
        going->config->calling(going->config->ctx, play);
}

static void stop(struct going *going, struct player *player)
{
    uint16_t slot = player->cast.play->begin->slot;

    player->is_over = 1;
    if (going->active[slot] == player)
        going->active[slot] = NULL;
    if (going->old[slot] == player)
        going->old[slot] = NULL;
    if (player->run == NULL)
        return;
    free_enter(going, player);
    run_inproc_free(player->run);
    free_enter(going, NULL);
    player->run = NULL;
}

int free_put(void *ctx, const struct agon_event_hdr *event)
{
    struct member *member = ctx;
    struct going *going = member->going;
    int rc = AGON_OK;

    for (uint32_t i = 0; i < going->n_players; i++) {
        struct player *player = &going->players[i];

        if (player->run != NULL && player->cast.play->begin->slot == member->slot &&
            evring_put(run_inproc_port(player->run)->to_agent, event) < 0)
            rc = AGON_EAGAIN;
    }
    return rc;
}

static int keep_wish(struct going *going, struct player *player, struct wish *wish)
{
    struct agon_intent_event *event = (void *)wish->bytes;
    uint64_t cause_seq = free_seq_of(going, event->origin.cause_seq);
    uint16_t slot = player->cast.play->begin->slot;
    const struct free_wish *theirs =
        cause_seq != 0 ? free_find_wish(going->facts, slot, cause_seq, event->origin.n) : NULL;
    int64_t latency_ns = slots_get(engine_slots(going->engine), slot)->intent_latency_ns;
    struct heap_node node = {.order = going->order++};

    event->origin.slot = slot;
    going->outcome->n_wishes++;
    wish->seq = theirs != NULL ? theirs->seq : 0;
    // Where it was taken then it is taken again; else as long after its cause as is usual.
    node.b = wish->seq;
    if (going->config->stage > FREE_LATENCY && theirs != NULL && theirs->seq > going->passed_seq) {
        node.t = INT64_MAX;
        player->cause_seq = event->origin.cause_seq;
        player->placed_seq = theirs->seq;
    } else if (player->cause_seq == event->origin.cause_seq &&
               player->placed_seq > going->passed_seq) {
        node.t = INT64_MAX; // none of one event overtakes another
        node.b = player->placed_seq;
    } else if (going->config->stage > FREE_LATENCY && theirs != NULL)
        node.t = engine_t(going->engine);
    else
        node.t = engine_t(going->engine) +
                 (going->facts->decide_ns > latency_ns ? going->facts->decide_ns : latency_ns);
    if (going->n_free == 0)
        return AGON_ENOMEM;
    node.a = going->free[--going->n_free];
    going->wishes[node.a] = *wish;
    return heap_push(&going->due, &node);
}

static int collect(struct going *going, struct player *player)
{
    struct wish wish = {0};
    int rc;

    while ((rc = engine_copy_wish(run_inproc_port(player->run)->from_agent, (void *)wish.bytes)) !=
           0) {
        if (rc == AGON_EINVAL)
            continue;
        if (rc < 0)
            return rc;
        if (player->live_seq == UINT64_MAX || going->is_ending ||
            ((struct agon_intent_event *)(void *)wish.bytes)->origin.cause_seq < player->live_seq)
            continue;
        rc = keep_wish(going, player, &wish);
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

int free_advance(struct going *going)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; i < going->n_players && rc >= 0; i++) {
        struct player *player = &going->players[i];
        int64_t n;

        if (player->run == NULL)
            continue;
        free_enter(going, player);
        n = feed_run(run_inproc_feed(player->run), engine_seq(going->engine));
        free_enter(going, NULL);
        rc = collect(going, player);
        if (n < 0)
            stop(going, player); // it failed, as it may have then
    }
    return rc;
}

static void begin(struct going *going, struct player *player)
{
    const struct record_begin *record = player->cast.play->begin;
    const struct run_inproc_config like = {0};
    struct setup *setup = &going->cut->setup;
    struct error err = {0};
    char why[CAST_WHY];
    int rc;

    if (!cast_setup(&player->cast, going->engine, going->cut, why) ||
        (record->n_bars > 0 && !cast_bars(going->history, UINT64_MAX, &going->bars, setup))) {
        snprintf(going->outcome->why, sizeof(going->outcome->why),
                 "agent %.31s: what it began with is not in the journal", record->record.name);
        going->rc = AGON_ENOENT;
        return;
    }
    free_enter(going, player);
    rc = cast_make(&player->cast, going->engine, setup, &like, &player->run, &err);
    free_enter(going, NULL);
    if (rc < 0) {
        snprintf(going->outcome->why, sizeof(going->outcome->why),
                 "agent %.31s does not begin: %.180s", record->record.name, err.text);
        going->rc = rc;
        return;
    }
    if (record->how == BEGIN_START) {
        player->live_seq = 0;
        going->active[record->slot] = player;
    }
    rc = collect(going, player);
    going->rc = rc < 0 ? rc : going->rc;
}

void free_begin(struct going *going, uint64_t seq)
{
    for (uint32_t i = 0; i < going->n_players && going->rc >= 0; i++) {
        struct player *player = &going->players[i];

        if (player->run == NULL && !player->is_over && player->cast.play->begin->cut_seq <= seq)
            begin(going, player);
    }
}

static struct player *find(struct going *going, uint16_t slot, uint32_t generation)
{
    for (uint32_t i = going->n_players; i > 0; i--) {
        struct player *player = &going->players[i - 1];

        if (player->cast.play->begin->slot == slot &&
            player->cast.play->begin->generation == generation)
            return player;
    }
    return NULL;
}

void free_change_hands(struct going *going, const struct record_generation *hands)
{
    const struct parity_scan *scan = going->config->scan;
    uint16_t slot = hands->slot;
    struct feed_live live = {.seq = engine_seq(going->engine),
                             .event_mask = hands->event_mask,
                             .event_more = hands->event_more,
                             .bar_mask = hands->bar_mask,
                             .generation = hands->generation,
                             .reason = hands->why == GENERATION_RESTORE ? AGON_START_RESTORE
                                       : hands->why == GENERATION_FRESH ? AGON_START_FRESH
                                                                        : AGON_START_RELOAD};
    struct player *next, *before;
    struct error err = {0};
    int rc;

    if (slot >= SLOTS_MAX || hands->why == GENERATION_REFUSED)
        return;
    for (uint32_t i = 0; i < scan->n_refused; i++) {
        if (scan->refused[i] == hands->hdr.seq)
            return;
    }
    next = find(going, slot, hands->generation);
    before = going->active[slot];
    if (before != NULL)
        before->live_seq = UINT64_MAX;
    if (next != NULL && next == going->old[slot])
        going->old[slot] = NULL;
    else if (going->old[slot] != NULL && before != NULL)
        stop(going, going->old[slot]);
    if (before != NULL)
        going->old[slot] = before;
    going->active[slot] = next;
    if (next == NULL || next->run == NULL)
        return;
    live.nth = slots_nth(engine_slots(going->engine), slot);
    (void)collect(going, next);
    next->live_seq = live.seq;
    free_enter(going, next);
    rc = feed_go_live(run_inproc_feed(next->run), &live, &err);
    free_enter(going, NULL);
    if (rc < 0)
        stop(going, next);
    else
        going->rc = collect(going, next) < 0 ? AGON_ENOMEM : going->rc;
}

void free_end(struct going *going, const struct record_end *ended)
{
    struct player *player =
        ended->slot < SLOTS_MAX ? find(going, ended->slot, ended->generation) : NULL;

    if (player == NULL || ended->how == END_SUPERSEDED)
        return;
    player->live_seq = UINT64_MAX;
    stop(going, player);
}
