// SPDX-License-Identifier: Apache-2.0
/* Who is gone: agents that crashed, and agents that were unloaded, as events. */
#include <stdio.h>
#include <string.h>

#include "market/alerts.h"
#include "ops/api_history.h"

/* The newest crash that was raised behind that time; NULL: none was. first: when the oldest of them
 * was. */
static const struct alert *crash_of(const struct host_view *view, uint32_t id, agon_ns_t behind,
                                    agon_ns_t *first)
{
    const struct alert *newest = NULL;

    for (uint32_t i = 0; i < view->alerts.n_kept; i++) { // newest first
        const struct alert *alert = &view->alerts.all[i];

        if (alert->kind != ALERT_CRASH || alert->slot != id || alert->t <= behind)
            continue;
        newest = newest != NULL ? newest : alert;
        *first = alert->t;
    }
    return newest;
}

/* Whoever held nothing has left its place before anybody looks: then the place is free, or
 * another's. */
static void say_unloaded(struct api *api, uint32_t id)
{
    const struct host_view_slot *slot = &api->view->slots[id];
    struct api_history *history = api->history;
    struct api_seat *seat = &history->seats[id];
    int is_same =
        slot->is_used && strcmp(slot->name, seat->name) == 0 && slot->freed_seq == seat->freed_seq;

    if (seat->name[0] != '\0' && !is_same && !seat->is_unloaded)
        api_happened(history, api->view->t, "unloaded", seat->name, "its place is free");
    if (is_same && slot->is_unloaded && !seat->is_unloaded)
        api_happened(history, api->view->t, "unloaded", slot->name,
                     strncmp(slot->failure, "unloaded", 8) == 0 ? slot->failure
                                                                : "unloaded, after it had ended");
    snprintf(seat->name, sizeof(seat->name), "%s", slot->is_used ? slot->name : "");
    if (!is_same) {
        history->has_failed[id] = history->is_crash_owed[id] = 0;
        history->crashes_before[id] = history->is_looked ? 0 : slot->n_crashes;
    }
    if (slot->freed_seq != seat->freed_seq) // another one, by whatever name
        past_forget(&history->fills[id], &history->ended[id], &history->closed[id]);
    seat->freed_seq = slot->freed_seq;
    seat->is_unloaded = slot->is_used && slot->is_unloaded;
}

/* Between two looks one can crash, begin again and crash once more: each is counted, and time,
 * event and words are of the newest. What has failed and is no crash that the engine counts, or not
 * yet, is one. */
static void say_crashed(struct api *api, uint32_t id, int is_new)
{
    const struct host_view_slot *slot = &api->view->slots[id];
    struct api_history *history = api->history;
    uint32_t n = slot->n_crashes - history->crashes_before[id];
    agon_ns_t first = 0, said = history->crash_said[id];
    const struct alert *alert = crash_of(api->view, id, said, &first);
    const char *why = slot->failure[0] != '\0' ? slot->failure : slot->last_failure;
    struct api_event *event;

    history->crashes_before[id] = slot->n_crashes;
    if (n > 0 && history->is_crash_owed[id]) {
        history->is_crash_owed[id] = 0;
        n--;
    } else if (n == 0 && is_new) {
        history->is_crash_owed[id] = 1;
        n = 1;
    }
    if (n == 0)
        return;
    // Behind one of ten seconds ago there is no alert of its own.
    if (alert != NULL && alert->t < slot->last_failure_t)
        alert = NULL;
    history->crash_said[id] = alert != NULL                 ? alert->t
                              : slot->last_failure_t > said ? slot->last_failure_t
                                                            : api->view->t;
    event = api_happened_times(history, history->crash_said[id], n, "crash", slot->name,
                               why[0] != '\0' ? why : "its plugin ended");
    event->t_first = n > 1 && first != 0 ? first : event->t;
    event->seq = alert != NULL ? alert->seq : 0;
}

/* A plugin that is gone crashed, or was unloaded: by an operator, a roster or a tournament. */
void api_see_ends(struct api *api)
{
    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        const struct host_view_slot *slot = &api->view->slots[id];
        uint8_t has_failed = slot->is_used && slot->failure[0] != '\0';

        say_unloaded(api, id);
        if (slot->is_used && !slot->is_unloaded)
            say_crashed(api, id, has_failed && !api->history->has_failed[id]);
        if (!has_failed)
            api->history->is_crash_owed[id] = 0;
        api->history->has_failed[id] = has_failed;
    }
}
