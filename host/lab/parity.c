// SPDX-License-Identifier: Apache-2.0
/* See the header. Here are the instances that run again, and the comparing; what the journal has of
 * them is read in parity_scan.c. */
#include "lab/parity.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/cut.h"
#include "agent/loader.h"
#include "agent/run_inproc.h"
#include "journal/text.h"
#include "lab/replay.h"
#include "market/history.h"
#include "sys/file.h"

#define TO_GRANULES   65536 /* wider than a host's: what found no room says the journal */
#define FROM_GRANULES 65536
#define QUEUE_MAX     (1u << 20) /* intents that wait for the journal's */
#define ORIGIN_AT     sizeof(struct agon_event_hdr)

struct view { /* of an instrument and what the slot has of it */
    struct agon_level bid, ask;
    agon_qty_t position_qty;
    uint64_t seq;
    uint8_t book;
};
struct wanted { /* by the instance that runs again */
    _Alignas(64) unsigned char bytes[ENGINE_WISH_BYTES];
    struct agon_event_hdr event; /* that was being stepped */
    struct view view;
};
struct actor {
    const struct parity_play *play;
    struct parity_judged *judged;
    struct plugin_file file;
    struct plugin plugin;
    unsigned char *state; /* owned */
    uint64_t n_state;
    struct run_inproc *run; /* owned; NULL: it does not run */
    uint64_t live_seq;      /* it is heard from this cause on; UINT64_MAX: not */
    uint8_t is_mapped, is_begun, is_bounded;
    struct wanted *queue; /* owned */
    uint32_t head, n, room;
};
struct again {
    const struct parity_config *config;
    struct parity_found *found;
    struct actor *actors; /* owned; of this batch */
    struct engine *engine;
    struct history *history; /* owned; of this run */
    struct agon_bar *bars;   /* owned; as told last */
    struct actor *active[SLOTS_MAX], *old[SLOTS_MAX];
    struct runner_port ports[SLOTS_MAX];
    struct member_of {
        struct again *again;
        uint16_t slot;
    } members[SLOTS_MAX];
    struct cut *cut; /* owned */
    uint32_t run;
    agon_instrument_t known; /* instruments when the run began */
};

static struct again *again_now; // for a signal handler

uint64_t parity_offset(uint32_t play, uint64_t address)
{
    uint32_t at = play - (again_now != NULL ? again_now->config->first : 0);

    return again_now != NULL && at < again_now->config->n
               ? image_offset(&again_now->actors[at].plugin.image, address)
               : UINT64_MAX;
}

uint64_t parity_nth(uint32_t play)
{
    uint32_t at = play - (again_now != NULL ? again_now->config->first : 0);

    return again_now != NULL && at < again_now->config->n && again_now->actors[at].run != NULL
               ? feed_nth(run_inproc_feed(again_now->actors[at].run))
               : 0;
}

static uint32_t number_of(const struct again *again, const struct actor *actor)
{
    return again->config->first + (uint32_t)(actor - again->actors);
}

static void enter(const struct again *again, const struct actor *actor)
{
    const struct parity_config *config = again->config;

    again->found->now_play = actor != NULL ? number_of(again, actor) + 1 : 0;
    if (config->calling != NULL)
        config->calling(config->ctx, actor != NULL ? (int)number_of(again, actor) : -1);
}

/* --- verdicts --- */

static void stop(struct again *again, struct actor *actor)
{
    uint16_t slot = actor->play->begin->slot;

    if (again->active[slot] == actor)
        again->active[slot] = NULL;
    if (again->old[slot] == actor)
        again->old[slot] = NULL;
    if (actor->run == NULL)
        return;
    enter(again, actor);
    run_inproc_free(actor->run);
    enter(again, NULL);
    actor->run = NULL;
}

static void __attribute__((format(printf, 5, 6)))
unknown(struct again *again, struct actor *actor, uint64_t from_seq, uint64_t n_left,
        const char *format, ...)
{
    struct parity_judged *judged = actor->judged;
    va_list args;

    if (judged->verdict == PARITY_DIFFERS || judged->verdict == PARITY_UNKNOWN)
        return;
    judged->verdict = PARITY_UNKNOWN;
    judged->from_seq = from_seq;
    judged->last_seq = actor->play->end_seq;
    judged->n_left = n_left;
    va_start(args, format);
    (void)vsnprintf(judged->why, sizeof(judged->why), format, args);
    va_end(args);
    stop(again, actor);
    actor->n = 0;
}

/* --- the state, for people --- */

static int scale_of(void *ctx, agon_instrument_t id, struct text_scale *scale)
{
    const struct agon_instrument *instrument = instruments_get(engine_instruments(ctx), id);

    if (instrument == NULL)
        return 0;
    *scale = (struct text_scale){
        .px_exp = instrument->px_exp, .qty_exp = instrument->qty_exp, .symbol = instrument->symbol};
    return 1;
}

static void look(struct engine *engine, uint16_t slot, agon_instrument_t id, struct view *view)
{
    const struct book *book = id != 0 ? engine_book(engine, id) : NULL;
    const struct position *position = ledger_position(engine_ledger(engine), slot, id, 0);

    memset(view, 0, sizeof(*view));
    view->seq = engine_seq(engine);
    view->book = engine_book_state(engine, id);
    if (book != NULL) {
        book_best(book, AGON_BUY, &view->bid);
        book_best(book, AGON_SELL, &view->ask);
    }
    if (position != NULL)
        view->position_qty = position->qty;
}

static void tell_view(struct engine *engine, agon_instrument_t id, const struct view *view,
                      struct parity_side *side)
{
    static const char *const books[] = {"cold", "syncing", "live", "stale"};
    const struct agon_instrument *instrument = instruments_get(engine_instruments(engine), id);
    char px[2][NUM_TEXT], qty[3][NUM_TEXT];

    if (instrument == NULL) {
        snprintf(side->book, sizeof(side->book), "of no instrument");
        snprintf(side->position, sizeof(side->position), "of no instrument");
        return;
    }
    num_format(view->bid.px, instrument->px_exp, px[0]);
    num_format(view->ask.px, instrument->px_exp, px[1]);
    num_format(view->bid.qty, instrument->qty_exp, qty[0]);
    num_format(view->ask.qty, instrument->qty_exp, qty[1]);
    num_format(view->position_qty, instrument->qty_exp, qty[2]);
    snprintf(side->book, sizeof(side->book), "%.31s bid %s x %s, ask %s x %s, %s, at event %llu",
             instrument->symbol, px[0], qty[0], px[1], qty[1],
             books[view->book < 4 ? view->book : 0], (unsigned long long)view->seq);
    snprintf(side->position, sizeof(side->position), "%s %.31s, at event %llu", qty[2],
             instrument->symbol, (unsigned long long)view->seq);
}

static void tell_intent(struct engine *engine, const void *event, struct parity_side *side)
{
    side->is_there = 1;
    if (text_event(event, TEXT_LINE, scale_of, engine, side->intent, sizeof(side->intent)) < 0)
        snprintf(side->intent, sizeof(side->intent), "an intent too long to be shown");
}

/* The two part. live: what the journal has; NULL: nothing more. mine: NULL: it wants nothing
 * more. */
static void __attribute__((format(printf, 6, 7)))
differ(struct again *again, struct actor *actor, const struct agon_event_hdr *live,
       const struct wanted *mine, uint64_t seq, const char *format, ...)
{
    struct parity_difference *first = &again->found->first;
    const struct agon_intent_event *as =
        (const void *)(mine != NULL ? mine->bytes : (const void *)live);
    struct engine *engine = again->engine;
    struct view now;
    va_list args;

    if (actor->judged->verdict == PARITY_DIFFERS)
        return;
    actor->judged->verdict = PARITY_DIFFERS;
    actor->judged->seq = seq;
    va_start(args, format);
    (void)vsnprintf(actor->judged->why, sizeof(actor->judged->why), format, args);
    va_end(args);
    if (!first->is_set || seq < first->seq) {
        memset(first, 0, sizeof(*first));
        first->is_set = 1;
        first->play = number_of(again, actor);
        first->seq = seq;
        first->cause_seq = as != NULL ? as->origin.cause_seq : seq;
        memcpy(first->cause, actor->judged->why, sizeof(first->cause));
        if (mine != NULL) {
            const char *name = text_type_name(mine->event.type);
            const struct agon_instrument *of =
                instruments_get(engine_instruments(engine), mine->event.instrument);

            snprintf(first->event, sizeof(first->event), "%s%s%.31s", name != NULL ? name : "?",
                     of != NULL ? " " : "", of != NULL ? of->symbol : "");
            tell_intent(engine, mine->bytes, &first->again);
            tell_view(engine, as->hdr.instrument, &mine->view, &first->again);
        }
        if (live != NULL) {
            look(engine, actor->play->begin->slot, live->instrument, &now);
            tell_intent(engine, live, &first->live);
            tell_view(engine, live->instrument, &now, &first->live);
        }
    }
    stop(again, actor);
    actor->n = 0;
}

/* --- what it wants --- */

static int push(struct actor *actor, const struct wanted *one)
{
    if (actor->head > 0 && actor->n + actor->head == actor->room) {
        memmove(actor->queue, actor->queue + actor->head, actor->n * sizeof(*one));
        actor->head = 0;
    }
    if (actor->n == actor->room) {
        uint32_t room = actor->room == 0 ? 64 : actor->room * 2;
        struct wanted *queue = room > QUEUE_MAX ? NULL : aligned_alloc(64, room * sizeof(*queue));

        if (queue == NULL)
            return AGON_ENOMEM;
        if (actor->n > 0)
            memcpy(queue, actor->queue, actor->n * sizeof(*queue));
        free(actor->queue);
        actor->queue = queue;
        actor->room = room;
    }
    actor->queue[actor->head + actor->n++] = *one;
    return AGON_OK;
}

static struct wanted *at(struct actor *actor, uint32_t i)
{
    return &actor->queue[actor->head + i];
}

static const struct agon_origin *origin_of(const struct wanted *one)
{
    return &((const struct agon_intent_event *)(const void *)one->bytes)->origin;
}

/* Takes what it wanted in its ring: kept where it is heard, else nobody's. */
static void collect(struct again *again, struct actor *actor, const struct agon_event_hdr *event)
{
    const struct runner_port *port = run_inproc_port(actor->run);
    struct agon_intent_event *wish;
    struct wanted one;
    int rc;

    while ((rc = engine_copy_wish(port->from_agent, (void *)one.bytes)) != 0) {
        if (rc == AGON_EINVAL)
            continue;
        if (rc < 0) {
            differ(again, actor, NULL, NULL, event->seq,
                   "it wrote what is no record into its ring");
            return;
        }
        wish = (void *)one.bytes;
        if (actor->live_seq == UINT64_MAX || wish->origin.cause_seq < actor->live_seq)
            continue;
        wish->origin.slot = actor->play->begin->slot;
        wish->hdr.t = event->t;
        one.event = *event;
        look(again->engine, wish->origin.slot, wish->hdr.instrument, &one.view);
        if (push(actor, &one) < 0) {
            unknown(again, actor, event->seq, 0,
                    "it wants more than the journal has, and than there is memory for");
            return;
        }
    }
}

static void advance(struct again *again, struct actor *actor, const struct agon_event_hdr *event)
{
    struct feed *feed = run_inproc_feed(actor->run);
    int64_t rc;

    if (actor->play->lost_seq != 0 && event->seq >= actor->play->lost_seq) {
        unknown(again, actor, actor->play->lost_seq, 0,
                "it met more gaps and full rings than could be told to the journal");
        return;
    }
    enter(again, actor);
    rc = feed_run(feed, event->seq);
    enter(again, NULL);
    if (rc < 0 && !(actor->play->has_last && feed_nth(feed) >= actor->play->last_nth)) {
        differ(again, actor, NULL, NULL, event->seq, "it fails here, and did not then: %.180s",
               feed_failure(feed)->text);
        return;
    }
    collect(again, actor, event);
}

/* --- begin --- */

static void on_bar(void *ctx, const struct agon_bar *bar)
{
    struct again *again = ctx;

    if (again->history != NULL)
        history_add(again->history, bar);
}

static int tell_history(struct again *again, const struct record_begin *begin, struct setup *setup)
{
    unsigned char hash[HASH_SIZE];

    if (begin->n_bars == 0)
        return 1;
    if (again->history == NULL)
        return 0;
    history_lengthen(again->history);
    free(again->bars);
    again->bars = malloc((history_count(again->history) + 1u) * sizeof(*again->bars));
    if (again->bars == NULL)
        return 0;
    setup->bars = again->bars;
    setup->n_bars = history_copy(again->history, begin->cut_seq, again->bars);
    cut_hash(setup->bars, setup->n_bars * sizeof(*setup->bars), hash);
    return setup->n_bars == begin->n_bars && memcmp(hash, begin->history_hash, HASH_SIZE) == 0;
}

static int read_params(const struct record_begin *begin, struct setup_param *params)
{
    const char *text = begin_text(begin);

    if (text == NULL || begin->is_cut || begin->n_params > SETUP_PARAMS_MAX)
        return 0;
    for (uint32_t i = 0; i < begin->n_params; i++) {
        memset(&params[i], 0, sizeof(params[i]));
        snprintf(params[i].name, sizeof(params[i].name), "%s", text);
        text += strlen(text) + 1;
        snprintf(params[i].text, sizeof(params[i].text), "%s", text);
        text += strlen(text) + 1;
    }
    return 1;
}

static int make(struct again *again, struct actor *actor, const struct setup *setup,
                struct error *err)
{
    uint64_t granules, bus_at, n_bytes;
    void *bytes = setup_encode_dup(setup, &n_bytes);
    struct run_inproc_config config = {.setup = bytes,
                                       .setup_bytes = n_bytes,
                                       .bus = engine_bus(again->engine, &granules, &bus_at),
                                       .entry = actor->plugin.entry,
                                       .to_granules = TO_GRANULES,
                                       .from_granules = FROM_GRANULES,
                                       .lapses = actor->play->lapses,
                                       .n_lapses = actor->play->n_lapses,
                                       .is_again = 1,
                                       .last_nth =
                                           actor->play->has_last ? actor->play->last_nth : 0};
    int rc;

    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a slot's setup");
    config.bus_granules = granules;
    enter(again, actor);
    rc = run_inproc_new(&actor->run, &config, err);
    enter(again, NULL);
    free(bytes);
    return rc;
}

static void begin(struct again *again, struct actor *actor, const struct agon_event_hdr *event)
{
    static struct setup_param params[SETUP_PARAMS_MAX];
    const struct record_begin *record = actor->play->begin;
    struct setup *setup = &again->cut->setup;
    struct cut_given given = {.record = &record->record,
                              .params = params,
                              .venues =
                                  (const struct setup_venue *)(const void *)begin_venues(record),
                              .n_params = record->n_params,
                              .n_venues = record->n_venues,
                              .plugin_index = record->plugin_index,
                              .arena_max = record->arena_max};
    struct error err = {0};

    if (actor->judged->verdict != PARITY_OPEN)
        return;
    if (given.venues == NULL || !read_params(record, params)) {
        unknown(again, actor, record->cut_seq, 0,
                "its parameters found no room in the journal, or are damaged");
        return;
    }
    if (slots_get(engine_slots(again->engine), record->slot) == NULL ||
        record->record.slot != record->slot) {
        unknown(again, actor, record->cut_seq, 0, "the journal has no such slot where it begins");
        return;
    }
    cut_collect(again->engine, &given, again->cut);
    setup->head.start = record->start;
    setup->state = actor->state;
    setup->n_state = (uint32_t)actor->n_state;
    if (setup->head.nth != record->nth || setup->head.t != record->t) {
        differ(again, actor, NULL, NULL, event->seq,
               "it was given another state of its slot: %llu deliveries so far, and the journal "
               "comes to %llu",
               (unsigned long long)record->nth, (unsigned long long)setup->head.nth);
        return;
    }
    if (!tell_history(again, record, setup)) {
        unknown(again, actor, record->cut_seq, 0,
                "its history (%u bars) is not what the journal has up to there (%u)",
                record->n_bars, setup->n_bars);
        return;
    }
    actor->live_seq = UINT64_MAX;
    if (record->how == BEGIN_START)
        actor->live_seq = 0;
    if (actor->play->has_last && actor->play->last_nth <= setup->head.nth)
        return; // it died before anything was delivered
    if (make(again, actor, setup, &err) < 0) {
        differ(again, actor, NULL, NULL, event->seq, "it does not begin, and did then: %.160s",
               err.text);
        return;
    }
    if (record->how == BEGIN_START)
        again->active[record->slot] = actor;
    collect(again, actor, event);
}

/* --- changes of hands --- */

static int is_refused(const struct again *again, uint64_t seq)
{
    const struct parity_scan *scan = again->config->scan;

    for (uint32_t i = 0; i < scan->n_refused; i++) {
        if (scan->refused[i] == seq)
            return 1;
    }
    return 0;
}

static struct actor *find(struct again *again, uint16_t slot, uint32_t generation, uint64_t seq)
{
    for (uint32_t i = again->config->n; i > 0; i--) {
        struct actor *actor = &again->actors[i - 1];

        if (actor->play->run == again->run && actor->play->begin->slot == slot &&
            actor->play->begin->generation == generation && actor->play->begin->cut_seq < seq)
            return actor;
    }
    return NULL;
}

static uint32_t start_of(uint8_t why)
{
    return why == GENERATION_RESTORE ? AGON_START_RESTORE
           : why == GENERATION_FRESH ? AGON_START_FRESH
                                     : AGON_START_RELOAD;
}

static void change_hands(struct again *again, const struct record_generation *hands)
{
    uint16_t slot = hands->slot;
    uint64_t seq = hands->hdr.seq;
    struct actor *next, *before;
    struct feed_live live = {.seq = seq,
                             .event_mask = hands->event_mask,
                             .generation = hands->generation,
                             .reason = start_of(hands->why)};
    struct error err = {0};
    int rc;

    if (slot >= SLOTS_MAX || hands->why == GENERATION_REFUSED || is_refused(again, seq))
        return;
    next = find(again, slot, hands->generation, seq);
    before = again->active[slot];
    if (before != NULL) { // of the next one's time nothing of it is heard
        before->live_seq = UINT64_MAX;
        while (before->n > 0 && origin_of(at(before, before->n - 1))->cause_seq >= seq)
            before->n--;
    }
    if (next != NULL && next == again->old[slot])
        again->old[slot] = NULL;
    else if (again->old[slot] != NULL && before != NULL)
        stop(again, again->old[slot]);
    if (before != NULL)
        again->old[slot] = before;
    again->active[slot] = next;
    if (next == NULL || next->run == NULL)
        return;
    live.nth = slots_get(engine_slots(again->engine), slot)->nth;
    collect(again, next, &hands->hdr); // as a shadow: nobody's
    next->live_seq = seq;
    enter(again, next);
    rc = feed_go_live(run_inproc_feed(next->run), &live, &err);
    enter(again, NULL);
    if (rc < 0)
        differ(again, next, NULL, NULL, seq, "it does not take over, and did then: %.160s",
               err.text);
    else
        collect(again, next, &hands->hdr);
}

static void take_end(struct again *again, const struct record_end *end)
{
    struct actor *actor =
        end->slot < SLOTS_MAX ? find(again, end->slot, end->generation, end->hdr.seq) : NULL;

    if (actor == NULL)
        return;
    actor->is_bounded = 1;
    while (actor->n > 0) {
        const struct agon_origin *last = origin_of(at(actor, actor->n - 1));
        int is_heard = end->unheard_seq != 0
                           ? last->cause_seq < end->unheard_seq ||
                                 (last->cause_seq == end->unheard_seq && last->n < end->unheard_n)
                           : last->cause_seq <= end->done_seq;

        if (is_heard)
            break;
        actor->n--;
    }
    if (end->how == END_SUPERSEDED)
        return; // it may take over again
    actor->live_seq = UINT64_MAX;
    stop(again, actor);
}

/* Its run is over: what it wants by now and the journal does not have. */
static void finish(struct again *again, struct actor *actor)
{
    uint64_t n_left = actor->n, n_died;

    if (actor->judged->verdict != PARITY_OPEN)
        return;
    if (n_left > 0 && actor->is_bounded) {
        const struct wanted *mine = at(actor, 0);

        differ(again, actor, NULL, mine, origin_of(mine)->cause_seq,
               "it wants what the journal does not have");
        return;
    }
    if (n_left > 0) {
        unknown(again, actor, origin_of(at(actor, 0))->cause_seq, n_left,
                "its run has no end in the journal, and up to where it was heard nobody knows");
        return;
    }
    n_died = actor->play->n_intents - actor->judged->n_compared;
    if (n_died > 0 && actor->play->has_last)
        unknown(again, actor, actor->play->last_intent, 0,
                "%llu intents of the callback in which it died, which is not run again",
                (unsigned long long)n_died);
    else if (n_died > 0)
        unknown(again, actor, actor->play->first_intent, 0, "not all of it was run again");
    else
        actor->judged->verdict = PARITY_EQUAL;
    stop(again, actor);
}

static void finish_run(struct again *again)
{
    for (uint32_t i = 0; i < again->config->n; i++) {
        struct actor *actor = &again->actors[i];

        if (actor->play->run == again->run && again->run != 0)
            finish(again, actor);
    }
}

/* --- comparing --- */

static void compare(struct again *again, const struct agon_event_hdr *event)
{
    const struct agon_intent_event *live = (const void *)event;
    struct actor *actor = live->origin.slot < SLOTS_MAX
                              ? find(again, live->origin.slot, live->origin.generation, event->seq)
                              : NULL;
    const struct agon_origin *theirs = &live->origin, *ours;
    struct wanted *mine;

    if (actor == NULL || actor->judged->verdict != PARITY_OPEN)
        return;
    mine = actor->n > 0 ? at(actor, 0) : NULL;
    ours = mine != NULL ? origin_of(mine) : NULL;
    if (mine == NULL && actor->play->has_last &&
        (actor->run == NULL || feed_nth(run_inproc_feed(actor->run)) >= actor->play->last_nth))
        return; // of the callback in which it died
    if (mine == NULL || ours->cause_seq > theirs->cause_seq ||
        (ours->cause_seq == theirs->cause_seq && ours->n > theirs->n)) {
        differ(again, actor, event, mine, event->seq,
               "the journal has an intent that it does not want on the same events");
        return;
    }
    if (ours->cause_seq != theirs->cause_seq || ours->n != theirs->n) {
        differ(again, actor, event, mine, event->seq,
               "it wants what the journal does not have, on the same events");
        return;
    }
    if (ours->nth != theirs->nth) {
        differ(again, actor, event, mine, event->seq,
               "another event was delivered: number %llu then, %llu by the journal",
               (unsigned long long)theirs->nth, (unsigned long long)ours->nth);
        return;
    }
    if (((struct agon_event_hdr *)(void *)mine->bytes)->type != event->type ||
        ((struct agon_event_hdr *)(void *)mine->bytes)->instrument != event->instrument ||
        memcmp(mine->bytes + ORIGIN_AT, (const unsigned char *)event + ORIGIN_AT,
               event_bytes(event) - ORIGIN_AT) != 0) {
        differ(again, actor, event, mine, event->seq,
               "on the same events it wants something else: it depends on what is no event "
               "(memory that was never written, a clock, an address, another process)");
        return;
    }
    actor->head++;
    actor->n--;
    actor->judged->n_compared++;
}

static void begin_run(struct again *again)
{
    finish_run(again);
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++)
        again->active[slot] = again->old[slot] = NULL;
    again->run++;
    history_free(again->history);
    again->history = NULL;
    (void)history_new(&again->history, engine_instruments(again->engine)->n_instruments);
}

static int put(void *ctx, const struct agon_event_hdr *event)
{
    struct member_of *member = ctx;
    struct again *again = member->again;
    int rc = AGON_OK;

    for (uint32_t i = 0; i < again->config->n; i++) {
        struct actor *actor = &again->actors[i];

        if (actor->run != NULL && actor->play->begin->slot == member->slot &&
            evring_put(run_inproc_port(actor->run)->to_agent, event) < 0)
            rc = AGON_EAGAIN;
    }
    return rc;
}

static void attach(struct again *again)
{
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        again->members[slot] = (struct member_of){.again = again, .slot = slot};
        again->ports[slot] = (struct runner_port){.ctx = &again->members[slot], .put = put};
        engine_attach_runner(again->engine, slot, &again->ports[slot]);
    }
}

static int on_begin(void *ctx, struct engine *engine)
{
    struct again *again = ctx;
    const struct parity_scan *scan = again->config->scan;

    again->engine = engine;
    attach(again);
    while (again->run < scan->n_runs && scan->starts[again->run] <= engine_seq(engine))
        again->run++;
    for (uint32_t i = 0; i < again->config->n; i++) {
        struct actor *actor = &again->actors[i];

        if (engine_seq(engine) > 0 && actor->play->begin->cut_seq <= engine_seq(engine))
            unknown(again, actor, actor->play->begin->cut_seq, 0,
                    "market data of its time was dropped: what is left begins behind event %llu",
                    (unsigned long long)engine_seq(engine));
        if (scan->shed_seq != 0 && actor->play->end_seq >= scan->shed_seq)
            unknown(again, actor, actor->play->begin->cut_seq, 0,
                    "market data from event %llu on was never kept, on a full disk",
                    (unsigned long long)scan->shed_seq);
    }
    return AGON_OK;
}

static int on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    struct again *again = ctx;
    const void *record = event;

    (void)engine;
    (void)rc;
    again->found->n_events++;
    again->found->now_seq = event->seq;
    if (event->type == EVENT_START)
        begin_run(again);
    if ((event->type == AGON_EVENT_INTENT || event->type == AGON_EVENT_EXIT_PLAN ||
         event->type == AGON_EVENT_SIGNAL || event->type == EVENT_ARM) &&
        event->granules >= 2)
        compare(again, event);
    for (uint32_t i = 0; i < again->config->n; i++) {
        if (again->actors[i].run != NULL)
            advance(again, &again->actors[i], event);
    }
    if (event->type == EVENT_CONFIG &&
        event->granules == sizeof(struct record_generation) / EVENT_GRANULE &&
        ((const struct record_generation *)record)->kind == CONFIG_GENERATION)
        change_hands(again, record);
    else if (event->type == EVENT_END)
        take_end(again, record);
    for (uint32_t i = 0; i < again->config->n; i++) {
        if (again->actors[i].play->begin->cut_seq == event->seq &&
            again->actors[i].play->run == again->run)
            begin(again, &again->actors[i], event);
    }
    return AGON_OK;
}

/* --- files --- */

static int read_state(struct again *again, struct actor *actor, const char *hex)
{
    const struct record_begin *begin = actor->play->begin;
    unsigned char hash[HASH_SIZE];
    char path[PATH_MAX];
    char *bytes = NULL;
    uint64_t n = 0;

    if (begin->n_state == 0)
        return 1;
    snprintf(path, sizeof(path), "%.3900s/%.64s.state", again->config->kept, hex);
    if (file_read(path, SETUP_STATE_MAX, &bytes, &n, NULL) < 0) {
        unknown(again, actor, begin->cut_seq, 0, "the state that it loaded (%.16s) is not kept",
                hex);
        return 0;
    }
    actor->state = (unsigned char *)bytes;
    actor->n_state = n;
    cut_hash(bytes, n, hash);
    if (n == begin->n_state && memcmp(hash, begin->state_hash, HASH_SIZE) == 0)
        return 1;
    unknown(again, actor, begin->cut_seq, 0,
            "the state that it loaded (%.16s) is not what its name says", hex);
    return 0;
}

/* Maps its file and reads its state. What lacks is named, and it does not run. */
static void prepare(struct again *again, struct actor *actor)
{
    const struct record_begin *begin = actor->play->begin;
    char hex[2 * HASH_SIZE + 1], path[PATH_MAX];
    struct error err = {0};

    if (actor->judged->verdict != PARITY_OPEN)
        return;
    if (actor->play->is_renamed)
        unknown(again, actor, begin->cut_seq, 0,
                "it knew orders of the one before by numbers of its own (shadow: exact)");
    else if (begin->threads > 0)
        unknown(again, actor, begin->cut_seq, 0, "it may have threads of its own");
    if (actor->judged->verdict != PARITY_OPEN)
        return;
    hash_hex(begin->state_hash, hex);
    if (!read_state(again, actor, hex))
        return;
    hash_hex(begin->file_hash, hex);
    snprintf(path, sizeof(path), "%.3900s/%.64s.so", again->config->kept, hex);
    if (access(path, F_OK) != 0) {
        unknown(again, actor, begin->cut_seq, 0, "its file (%.16s) is not kept", hex);
        return;
    }
    if (plugin_file_stage(&actor->file, path, NULL, begin->slot, &err) < 0 ||
        memcmp(actor->file.hash, begin->file_hash, HASH_SIZE) != 0) {
        unknown(again, actor, begin->cut_seq, 0,
                "its file (%.16s) cannot be read, or is not what its name says", hex);
        return;
    }
    if (plugin_map(&actor->plugin, &actor->file, ELF_PROCESS, &err) < 0) {
        unknown(again, actor, begin->cut_seq, 0, "its file (%.16s) cannot be loaded: %.160s", hex,
                err.text);
        return;
    }
    actor->is_mapped = 1;
    (void)close(actor->file.fd);
    actor->file.fd = -1;
}

/* The sandbox stands. */
static void begin_code(struct again *again, struct actor *actor)
{
    const struct record_begin *begin = actor->play->begin;
    struct error err = {0};
    int rc;

    if (!actor->is_mapped)
        return;
    enter(again, actor);
    rc = plugin_begin(&actor->plugin, &err);
    enter(again, NULL);
    if (rc < 0 || begin->plugin_index >= actor->plugin.entry->n_plugins)
        unknown(again, actor, begin->cut_seq, 0, "its file cannot be begun: %.160s", err.text);
}

static int open_batch(struct again *again, struct error *err)
{
    const struct parity_config *config = again->config;
    const struct parity_scan *scan = config->scan;

    again->actors = calloc(config->n, sizeof(*again->actors));
    again->cut = cut_new(err);
    if (again->actors == NULL || again->cut == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the instances");
    for (uint32_t i = 0; i < config->n; i++) {
        struct actor *actor = &again->actors[i];

        actor->play = &scan->plays[config->first + i];
        actor->judged = &again->found->plays[config->first + i];
        actor->file.fd = -1;
        actor->live_seq = UINT64_MAX;
        prepare(again, actor);
    }
    return AGON_OK;
}

/* Behind the run of the last of them nothing is theirs. */
static uint64_t until_of(const struct parity_config *config)
{
    const struct parity_scan *scan = config->scan;
    uint32_t run = scan->plays[config->first + config->n - 1].run;
    uint64_t until = run < scan->n_runs ? scan->starts[run] : 0; // the START of the next

    if (scan->shed_seq != 0 && (until == 0 || scan->shed_seq <= until))
        until = scan->shed_seq - 1;
    return until;
}

int parity_run(const struct parity_config *config, struct parity_found *found, struct error *err)
{
    static struct again again;
    struct replay_config replay = {.dir = "the journal",
                                   .is_live = config->is_live,
                                   .until = until_of(config),
                                   .bars = {.ctx = &again, .bar = on_bar},
                                   .on_begin = on_begin,
                                   .on_event = on_event,
                                   .ctx = &again};
    struct replay result = {0};
    int rc;

    again = (struct again){.config = config, .found = found};
    found->n_events = 0;
    rc = open_batch(&again, err);
    if (rc < 0)
        return rc;
    again_now = &again;
    rc = config->close(config->ctx, err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < config->n; i++)
        begin_code(&again, &again.actors[i]);
    replay.disk = config->disk(config->ctx);
    rc = replay_run(&replay, &result, err);
    found->from_snapshot = result.from_snapshot;
    if (rc >= 0)
        finish_run(&again);
    enter(&again, NULL);
    return rc;
}
