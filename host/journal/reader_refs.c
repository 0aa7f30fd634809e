// SPDX-License-Identifier: Apache-2.0
/* reader_refs: events of tapes that a journal names. While a journal is judged only their numbers
 * are looked at; when events are given, the tapes are asked. */
#include <stdio.h>

#include "base/crc.h"
#include "base/hot.h"
#include "journal/ends.h"
#include "journal/reader_impl.h"

static int may_name(const struct cursor *cursor)
{
    return cursor->cls == JOURNAL_MARKET &&
           cursor->segments[cursor->at].head.version >= SEGMENT_VERSION_TAPES;
}

const char *reader_take_tape(struct cursor *cursor, const unsigned char *payload)
{
    struct journal_reader *reader = cursor->reader;
    struct journal_tape tape;

    memcpy(&tape, payload, sizeof(tape));
    if (!may_name(cursor) || !journal_tape_is_good(&tape))
        return "a tape that cannot be";
    // Of the bar that follows its end into this segment it is known that it is there.
    tape.n_events += reader->is_giving && reader->ahead[tape.number].hdr.type != 0;
    if (reader->is_giving && reader->reading.play != NULL &&
        reader->reading.play->open(reader->reading.play->ctx, &tape, &reader->refused) < 0)
        return "a tape that it names is not there as it was";
    if (reader->is_giving)
        return NULL;
    reader->tapes[tape.number] = tape; // the last of them knows up to which row it goes
    if (tape.number >= reader->n_tapes)
        reader->n_tapes = tape.number + 1;
    return NULL;
}

int reader_open_tapes(struct journal_reader *reader, struct error *err)
{
    const struct journal_play *play = reader->reading.play;
    int rc = AGON_OK;

    for (uint32_t i = 0; play != NULL && i < reader->n_tapes && rc >= 0; i++) {
        struct journal_tape tape = reader->tapes[i];

        tape.n_events = 0; // where it is read from, the segments say
        rc = tape.path[0] != '\0' ? play->open(play->ctx, &tape, err) : AGON_OK;
    }
    return rc;
}

const char *reader_take_refs(struct cursor *cursor, const unsigned char *payload, uint32_t n)
{
    struct refs_in *in = &cursor->refs;

    if (!may_name(cursor) || !refs_open(in, payload, n))
        return "a run of events of tapes that cannot be";
    in->has_ends = cursor->segments[cursor->at].head.version >= SEGMENT_VERSION_ENDS;
    if (in->first <= cursor->last_seq || in->first < cursor->segments[cursor->at].first_seq)
        return "a run of events whose numbers are not above the one before";
    if (in->first <= cursor->vouched)
        return "a run of events behind the mark that calls them durable";
    // Judged as a whole before any of it is given: who reads it meets no half of one.
    if (!cursor->reader->is_giving) {
        struct refs_in all = *in;
        int rc;

        while ((rc = refs_next(&all)) == 1) {
            if (cursor->reader->tapes[all.tape].path[0] == '\0')
                return "an event of a tape that is not named";
        }
        if (rc < 0)
            return "a run of events of tapes that cannot be";
    }
    cursor->last_seq = in->last;
    return NULL;
}

/* What the tape gives next; a bar whose end was given already is in the reader's hands. */
static inline struct agon_event_hdr *next_of(struct journal_reader *reader, uint32_t tape)
{
    const struct journal_play *play = reader->reading.play;

    return reader->ahead[tape].hdr.type != 0 ? &reader->ahead[tape].hdr
                                             : play->next(play->ctx, tape, &reader->refused);
}

/* The tape's next bar stays for its own place. */
static HOT int give_end(struct cursor *cursor)
{
    struct journal_reader *reader = cursor->reader;
    const struct refs_in *in = &cursor->refs;
    struct agon_bar *ahead = &reader->ahead[in->tape];
    const struct agon_event_hdr *event = next_of(reader, in->tape);

    if (event == NULL)
        return AGON_ECORRUPT;
    if (event == &ahead->hdr || event->type != AGON_EVENT_BAR ||
        event_bytes(event) != sizeof(*ahead))
        return error_set(&reader->refused, AGON_ECORRUPT,
                         "%s: event %llu ends a bar, and none is what the tape gives next: the "
                         "build that wrote the journal reads it (`agon journal stats` names it)",
                         reader->tapes[in->tape].path, (unsigned long long)in->seq);
    memcpy(ahead, event, sizeof(*ahead));
    ends_make(&reader->end, ahead, in->end_slots);
    reader->end.hdr.seq = in->seq;
    reader->end.hdr.t = (agon_ns_t)((uint64_t)ahead->hdr.t_venue + (uint64_t)in->lag);
    cursor->event = &reader->end.hdr;
    return 1;
}

/* The event itself, from its tape. */
static HOT int give(struct cursor *cursor)
{
    struct journal_reader *reader = cursor->reader;
    struct refs_in *in = &cursor->refs;
    struct agon_event_hdr *event = next_of(reader, in->tape);

    if (event == NULL)
        return AGON_ECORRUPT;
    if (event == &reader->ahead[in->tape].hdr) {
        memcpy(&reader->given_bar, event, sizeof(reader->given_bar));
        event->type = 0;
        event = &reader->given_bar.hdr;
    }
    event->seq = in->seq;
    event->sub = 0;
    event->t = (agon_ns_t)((uint64_t)event->t_venue + (uint64_t)in->lag);
    in->sum = crc32c(in->sum, event, event_bytes(event));
    cursor->event = event;
    return 1;
}

/* Behind the last one of a run. */
static int judge_sum(struct cursor *cursor)
{
    struct journal_reader *reader = cursor->reader;
    const struct refs_in *in = &cursor->refs;

    if (in->n > 0 || in->sum == in->crc)
        return 1;
    return error_set(&reader->refused, AGON_ECORRUPT,
                     "%s: events %llu to %llu are not those that the tape gave when the journal "
                     "was written: %sthe build that wrote it reads it (`agon journal stats` names "
                     "it)",
                     reader->tapes[in->tape].path, (unsigned long long)in->first,
                     (unsigned long long)in->last,
                     journal_tape_is_late(&reader->tapes[in->tape])
                         ? "the journal was not closed, and has no hash of the file; if that is "
                           "another one, bring back what it was, or name its folder by --tapes; "
                           "else "
                         : "");
}

HOT int reader_next_ref(struct cursor *cursor)
{
    struct journal_reader *reader = cursor->reader;
    int rc = refs_next(&cursor->refs);

    if (rc != 1)
        return rc;
    cursor->record++;
    if (!reader->is_giving || reader->reading.play == NULL)
        return 1;
    rc = cursor->refs.is_end ? give_end(cursor) : give(cursor);
    return rc == 1 ? judge_sum(cursor) : rc;
}
