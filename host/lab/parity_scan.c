// SPDX-License-Identifier: Apache-2.0
/* What a journal has of the instances of plugins, before any of them runs again. */
#include <stdlib.h>

#include "journal/reader.h"
#include "lab/parity.h"

struct scanning {
    struct parity_scan *scan;
    uint32_t run;
    uint64_t last_hands[SLOTS_MAX]; /* the last change of hands of each slot in this run */
};

static void *grow(void *array, uint32_t n, uint32_t *room, size_t size)
{
    uint32_t more = *room == 0 ? 64 : *room * 2;
    void *bytes;

    if (n < *room)
        return array;
    bytes = realloc(array, more * size);
    if (bytes == NULL)
        return NULL;
    *room = more;
    return bytes;
}

/* The instance of this run that has that number; the newest, where there were several. */
static struct parity_play *find(struct scanning *at, uint16_t slot, uint32_t generation)
{
    struct parity_scan *scan = at->scan;

    for (uint32_t i = scan->n_plays; i > 0 && scan->plays[i - 1].run == at->run; i--) {
        struct parity_play *play = &scan->plays[i - 1];

        if (play->begin->slot == slot && play->begin->generation == generation)
            return play;
    }
    return NULL;
}

static int add_play(struct scanning *at, const struct record_begin *begin)
{
    struct parity_scan *scan = at->scan;
    struct parity_play *plays = grow(scan->plays, scan->n_plays, &scan->room_plays, sizeof(*plays));
    struct parity_play *play;

    if (plays == NULL)
        return AGON_ENOMEM;
    scan->plays = plays;
    if (begin->slot >= SLOTS_MAX || event_bytes(&begin->hdr) < sizeof(*begin))
        return AGON_OK;
    play = &plays[scan->n_plays];
    memset(play, 0, sizeof(*play));
    play->begin = malloc(event_bytes(&begin->hdr));
    if (play->begin == NULL)
        return AGON_ENOMEM;
    memcpy(play->begin, begin, event_bytes(&begin->hdr));
    play->begin_seq = begin->hdr.seq;
    play->run = at->run;
    scan->n_plays++;
    return AGON_OK;
}

static void end_play(struct scanning *at, const struct record_end *end)
{
    struct parity_play *play = find(at, end->slot, end->generation);

    if (play == NULL || end->how == END_SUPERSEDED || play->end_how != 0)
        return;
    play->end_how = end->how;
    play->end_seq = end->hdr.seq;
    if (end->how != END_DIED)
        return;
    play->has_last = 1;
    play->last_nth = end->nth;
}

static int add_lapse(struct scanning *at, const struct record_lapse *lapse)
{
    struct parity_play *play = find(at, lapse->slot, lapse->generation);
    struct record_lapse *lapses;

    if (play == NULL)
        return AGON_OK;
    play->is_renamed |= lapse->kind == LAPSE_RENAMED;
    if (lapse->kind == LAPSE_LOST) {
        if (play->lost_seq == 0)
            play->lost_seq = lapse->hdr.seq;
        return AGON_OK;
    }
    lapses = realloc(play->lapses, (play->n_lapses + 1) * sizeof(*lapses));
    if (lapses == NULL)
        return AGON_ENOMEM;
    play->lapses = lapses;
    lapses[play->n_lapses++] = *lapse;
    return AGON_OK;
}

static int add_hands(struct scanning *at, const struct record_generation *hands)
{
    struct parity_scan *scan = at->scan;
    uint64_t *refused;

    if (hands->slot >= SLOTS_MAX)
        return AGON_OK;
    if (hands->why != GENERATION_REFUSED) {
        at->last_hands[hands->slot] = hands->hdr.seq;
        return AGON_OK;
    }
    refused = grow(scan->refused, scan->n_refused, &scan->room_refused, sizeof(*refused));
    if (refused == NULL)
        return AGON_ENOMEM;
    scan->refused = refused;
    refused[scan->n_refused++] = at->last_hands[hands->slot];
    return AGON_OK;
}

static int add_intent(struct scanning *at, const struct agon_intent_event *event)
{
    struct parity_scan *scan = at->scan;
    struct parity_play *play = find(at, event->origin.slot, event->origin.generation);
    struct parity_stranger *strangers, *last;

    scan->n_intents++;
    if (play != NULL) {
        if (play->n_intents++ == 0)
            play->first_intent = event->hdr.seq;
        play->last_intent = event->hdr.seq;
        return AGON_OK;
    }
    for (uint32_t i = scan->n_strangers; i > 0 && scan->strangers[i - 1].run == at->run; i--) {
        last = &scan->strangers[i - 1];
        if (last->slot != event->origin.slot || last->generation != event->origin.generation)
            continue;
        last->last_seq = event->hdr.seq;
        last->n_intents++;
        return AGON_OK;
    }
    strangers = grow(scan->strangers, scan->n_strangers, &scan->room_strangers, sizeof(*strangers));
    if (strangers == NULL)
        return AGON_ENOMEM;
    scan->strangers = strangers;
    strangers[scan->n_strangers++] =
        (struct parity_stranger){.first_seq = event->hdr.seq,
                                 .last_seq = event->hdr.seq,
                                 .n_intents = 1,
                                 .run = at->run,
                                 .slot = event->origin.slot,
                                 .generation = event->origin.generation};
    return AGON_OK;
}

/* Whoever is not told of an end ended with its run. */
static void end_run(struct scanning *at, uint64_t last_seq)
{
    struct parity_scan *scan = at->scan;

    for (uint32_t i = scan->n_plays; i > 0 && scan->plays[i - 1].run == at->run; i--) {
        if (scan->plays[i - 1].end_how == 0)
            scan->plays[i - 1].end_seq = last_seq;
    }
}

static int add_run(struct scanning *at, const struct record_start *start)
{
    struct parity_scan *scan = at->scan;
    uint64_t *starts = grow(scan->starts, scan->n_runs, &scan->room_starts, sizeof(*starts));

    if (starts == NULL)
        return AGON_ENOMEM;
    end_run(at, start->hdr.seq - 1);
    memset(at->last_hands, 0, sizeof(at->last_hands));
    scan->starts = starts;
    starts[scan->n_runs] = start->hdr.seq;
    at->run = ++scan->n_runs;
    scan->mode = start->mode;
    return AGON_OK;
}

static int take(struct scanning *at, const struct agon_event_hdr *event)
{
    const void *record = event;

    switch (event->type) {
    case EVENT_START:
        return add_run(at, record);
    case EVENT_BEGIN:
        return add_play(at, record);
    case EVENT_END:
        end_play(at, record);
        return AGON_OK;
    case EVENT_LAPSE:
        return add_lapse(at, record);
    case EVENT_CONFIG:
        return event->granules == sizeof(struct record_generation) / EVENT_GRANULE &&
                       ((const struct record_generation *)record)->kind == CONFIG_GENERATION
                   ? add_hands(at, record)
                   : AGON_OK;
    case AGON_EVENT_INTENT:
    case AGON_EVENT_EXIT_PLAN:
    case AGON_EVENT_SIGNAL:
    case EVENT_ARM:
    case EVENT_JOB_WISH:
        return event->granules >= 2 ? add_intent(at, record) : AGON_OK;
    default:
        return AGON_OK;
    }
}

int parity_scan(const struct disk *disk, int is_live, struct parity_scan *scan, struct error *err)
{
    struct journal_reading reading = {.is_live = is_live};
    struct journal_reader *reader = journal_reader_open(disk, &reading, err);
    struct scanning at = {.scan = scan};
    const struct agon_event_hdr *event;
    int rc;

    memset(scan, 0, sizeof(*scan));
    if (reader == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_EIO;
    scan->first_seq = journal_reader_summary(reader)->first_seq;
    scan->n_dropped = journal_reader_summary(reader)->n_dropped;
    if (journal_reader_summary(reader)->end.next_seq == 1) {
        journal_reader_close(reader);
        return error_set(err, AGON_ENOENT, "it holds no journal");
    }
    while ((rc = journal_reader_next(reader, &event, err)) == 1) {
        // Numbers whose market events were not kept: no state leads over them.
        if (scan->last_seq != 0 && event->seq != scan->last_seq + 1 && scan->shed_seq == 0 &&
            journal_reader_summary(reader)->n_shed > 0)
            scan->shed_seq = scan->last_seq + 1;
        scan->last_seq = event->seq;
        if (take(&at, event) < 0) {
            rc = error_set(err, AGON_ENOMEM, "no memory for what the journal has of plugins");
            break;
        }
    }
    end_run(&at, scan->last_seq);
    journal_reader_close(reader);
    return rc < 0 ? rc : AGON_OK;
}

void parity_scan_free(struct parity_scan *scan)
{
    for (uint32_t i = 0; i < scan->n_plays; i++) {
        free(scan->plays[i].begin);
        free(scan->plays[i].lapses);
    }
    free(scan->plays);
    free(scan->strangers);
    free(scan->refused);
    free(scan->starts);
    memset(scan, 0, sizeof(*scan));
}
