// SPDX-License-Identifier: Apache-2.0
/* note: what the journal is told of the instances of plugins, so that they can be run once more:
 * what each began with, what it met beside its events, and up to where it was heard. */
#include <stdlib.h>

#include "agent/crew_impl.h"
#include "slot/tag_names.h"
#include "sys/log.h"

#define NOTES       16384u /* granules: a BEGIN of every slot at once */
#define LAPSES_TURN 16     /* of one instance, in one look */
#define LAPSES_ALL  4096   /* of one instance: a child says what it likes */

int note_open(struct crew *crew, struct error *err)
{
    uint64_t bytes = (evring_bytes(NOTES) + 127) / 128 * 128;

    crew->notes_memory = aligned_alloc(128, bytes);
    if (crew->notes_memory == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the journal's notes of plugins");
    memset(crew->notes_memory, 0, bytes);
    REQUIRE(evring_format(crew->notes_memory, NOTES) == AGON_OK);
    REQUIRE(evring_attach(&crew->notes_in, crew->notes_memory, NOTES) == AGON_OK);
    REQUIRE(evring_attach(&crew->notes_out, crew->notes_memory, NOTES) == AGON_OK);
    return AGON_OK;
}

static void put(struct crew *crew, const struct agon_event_hdr *event, const char *slot)
{
    if (evring_put(&crew->notes_in, event) < 0)
        log_warn_with("agent", "note", LOG_FIELDS(LOG_TEXT("agent", slot)),
                      "slot %s: its plugin could not be noted in the journal: that time cannot be "
                      "compared by `agon parity`",
                      slot);
}

const struct agon_event_hdr *crew_note(struct crew *crew)
{
    if (crew->notes_memory == NULL || evring_is_empty(&crew->notes_out))
        return NULL;
    return evring_peek(&crew->notes_out, NULL);
}

void crew_note_done(struct crew *crew)
{
    evring_release(&crew->notes_out);
}

void note_given(struct generation *generation, const struct crew_slot *spec,
                const struct setup *setup)
{
    union begin_event *event = malloc(sizeof(*event));

    free(generation->begin);
    generation->begin = NULL;
    if (event == NULL)
        return;
    cut_begin(event, setup, generation->file.hash);
    event->begin.threads = spec->threads;
    tag_names_put(event, generation->info.tags[0], generation->info.n_tags);
    // Kept for as long as the generation is: without the room it did not need.
    generation->begin = malloc(event_bytes(&event->begin.hdr));
    if (generation->begin != NULL)
        memcpy(generation->begin, event, event_bytes(&event->begin.hdr));
    free(event);
}

void note_begin(struct member *member, enum begin_how how)
{
    struct record_begin *begin = member->active->begin;

    if (member->crew->notes_memory == NULL || begin == NULL)
        return;
    begin->how = (uint8_t)how;
    begin->generation = member->active->number;
    put(member->crew, &begin->hdr, member->spec.record.name);
    free(begin);
    member->active->begin = NULL;
}

int note_lapse(void *ctx, const struct record_lapse *lapse)
{
    struct generation *generation = ctx;

    if (generation->n_lapses == GENERATION_LAPSES)
        return 0;
    generation->lapses[generation->n_lapses++] = *lapse;
    return 1;
}

void note_renamed(struct member *member)
{
    struct record_lapse lapse = {.hdr = {.type = EVENT_LAPSE, .granules = 2},
                                 .slot = member->slot,
                                 .kind = LAPSE_RENAMED,
                                 .generation = member->active->number};

    if (member->crew->notes_memory != NULL)
        put(member->crew, &lapse.hdr, member->spec.record.name);
}

static int next_lapse(struct generation *generation, struct record_lapse *lapse)
{
    const struct feed_beat *beat;

    if (generation->process != NULL)
        return run_process_lapse(generation->process, lapse);
    if (generation->n_lapses == 0)
        return 0;
    *lapse = generation->lapses[0];
    generation->n_lapses--;
    memmove(generation->lapses, generation->lapses + 1,
            generation->n_lapses * sizeof(*generation->lapses));
    // Those that found no room came behind these.
    beat = feed_beat(run_inproc_feed(generation->run));
    if (generation->n_lapses == 0 && atomic_load(&beat->n_lapses_lost) > 0)
        lapse->kind = LAPSE_LOST;
    return 1;
}

void note_lapses(struct generation *generation)
{
    struct record_lapse lapse;

    if (generation->crew->notes_memory == NULL || !generation->is_begun)
        return;
    for (int i = 0; i < LAPSES_TURN && generation->n_lapses_told <= LAPSES_ALL &&
                    next_lapse(generation, &lapse) == 1;
         i++) {
        if (generation->n_lapses_told++ == LAPSES_ALL)
            lapse.kind = LAPSE_LOST;
        lapse.slot = generation->slot;
        lapse.generation = generation->number;
        put(generation->crew, &lapse.hdr,
            generation->crew->members[generation->slot].spec.record.name);
    }
}

/* The first intent in its ring; 0: none is there. */
static int first_of(struct generation *generation, struct agon_origin *origin)
{
    struct evring *ring = generation_port(generation)->from_agent;
    const struct agon_event_hdr *wish = evring_peek(ring, NULL);

    if (wish == NULL || ring->claimed < 2)
        return 0;
    *origin = ((const struct agon_intent_event *)(const void *)wish)->origin;
    return 1;
}

static void end(struct member *member, struct generation *generation, enum end_how how,
                uint64_t limit_seq)
{
    struct record_end record = {.hdr = {.type = EVENT_END, .granules = 2},
                                .slot = member->slot,
                                .how = (uint8_t)how,
                                .generation = generation->number};
    struct agon_origin origin;

    if (member->crew->notes_memory == NULL || !generation->is_begun)
        return;
    note_lapses(generation);
    // Before the ring: what it wanted up to there is in the ring by then.
    record.nth = how == END_SUPERSEDED ? 0 : generation_nth(generation);
    record.done_seq = generation_done(generation);
    if (record.done_seq > limit_seq)
        record.done_seq = limit_seq;
    if (generation == member->active && member->is_held) {
        origin = ((const struct agon_intent_event *)(const void *)member->held)->origin;
        record.unheard_seq = origin.cause_seq;
        record.unheard_n = origin.n;
    } else if (first_of(generation, &origin) && origin.cause_seq <= limit_seq) {
        record.unheard_seq = origin.cause_seq;
        record.unheard_n = origin.n;
    }
    put(member->crew, &record.hdr, member->spec.record.name);
}

void note_end(struct member *member, enum end_how how)
{
    end(member, member->active, how, UINT64_MAX);
}

void note_superseded(struct member *member)
{
    if (member->old != NULL)
        end(member, member->old, member->is_old_lost ? END_DIED : END_SUPERSEDED,
            member->swap_seq - 1);
}

void note_old_lost(struct member *member)
{
    int is_news = !member->is_old_lost;

    member->is_old_lost = 1;
    // What it wanted in its time is still taken.
    if (is_news && !member->is_draining && member->old != NULL)
        end(member, member->old, END_DIED, UINT64_MAX);
}
