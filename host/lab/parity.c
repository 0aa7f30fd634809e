// SPDX-License-Identifier: Apache-2.0
/* See the header. Here are the instances that run again, and the comparing; what the journal has of
 * them is read in parity_scan.c. */
#include "lab/parity.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "journal/text.h"
#include "lab/parity_cast.h"
#include "lab/replay.h"
#include "market/order_words.h"

#define QUEUE_MAX (1u << 20) /* intents that wait for the journal's */
#define ORIGIN_AT sizeof(struct agon_event_hdr)

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
    struct cast cast;
    struct parity_judged *judged;
    struct run_inproc *run; /* owned; NULL: it does not run */
    uint64_t live_seq;      /* it is heard from this cause on; UINT64_MAX: not */
    uint8_t is_bounded;
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
    struct parity_files files;
    struct parity_results results;
    struct job_port jobs;
    uint32_t run;
    agon_instrument_t known; /* instruments when the run began */
};

static struct again *again_now; // for a signal handler

uint64_t parity_offset(uint32_t play, uint64_t address)
{
    uint32_t at = play - (again_now != NULL ? again_now->config->first : 0);

    return again_now != NULL && at < again_now->config->n
               ? image_offset(&again_now->actors[at].cast.plugin.image, address)
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
    uint16_t slot = actor->cast.play->begin->slot;

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
    judged->last_seq = actor->cast.play->end_seq;
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
    static const char *const books[] = {BOOK_STATE_WORDS(ORDER_WORD)};
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
            look(engine, actor->cast.play->begin->slot, live->instrument, &now);
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

/* What a host sets of it: the hash of what was handed over, as it lies there now. */
static void read_box(const struct runner_port *port, struct record_job_wish *wish)
{
    uint64_t n_calls = (uint64_t)wish->n_calls * sizeof(struct agon_gpu_call);
    const void *at = port->box != NULL ? port->box(port->ctx, wish->box) : NULL;
    struct hash hash;

    memset(wish->hash, 0, sizeof(wish->hash));
    wish->status = AGON_OK;
    if (wish->kind != JOB_SUBMIT)
        return;
    if (at == NULL || wish->n_calls == 0 || wish->n_calls > AGON_GPU_CALLS_MAX ||
        wish->n_input > AGON_GPU_SUBMIT_MAX - n_calls) {
        wish->status = AGON_ERANGE;
        return;
    }
    hash_init(&hash);
    hash_update(&hash, at, n_calls + wish->n_input);
    hash_final(&hash, wish->hash);
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
                   "it wrote something other than records into its ring");
            return;
        }
        wish = (void *)one.bytes;
        if (actor->live_seq == UINT64_MAX || wish->origin.cause_seq < actor->live_seq)
            continue;
        wish->origin.slot = actor->cast.play->begin->slot;
        wish->hdr.t = event->t;
        if (wish->hdr.type == EVENT_JOB_WISH)
            read_box(port, (void *)one.bytes);
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

    if (actor->cast.play->lost_seq != 0 && event->seq >= actor->cast.play->lost_seq) {
        unknown(again, actor, actor->cast.play->lost_seq, 0,
                "it met more gaps and full rings than the journal could be given");
        return;
    }
    enter(again, actor);
    rc = feed_run(feed, event->seq);
    enter(again, NULL);
    if (rc < 0 && !(actor->cast.play->has_last && feed_nth(feed) >= actor->cast.play->last_nth)) {
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

static void begin(struct again *again, struct actor *actor, const struct agon_event_hdr *event)
{
    const struct record_begin *record = actor->cast.play->begin;
    const struct run_inproc_config like = {
        .lapses = actor->cast.play->lapses,
        .n_lapses = actor->cast.play->n_lapses,
        .last_nth = actor->cast.play->has_last ? actor->cast.play->last_nth : 0};
    struct setup *setup = &again->cut->setup;
    struct error err = {0};
    char why[CAST_WHY];
    int rc;

    if (actor->judged->verdict != PARITY_OPEN)
        return;
    if (!cast_setup(&actor->cast, again->engine, again->cut, why)) {
        unknown(again, actor, record->cut_seq, 0, "%s", why);
        return;
    }
    if (setup->head.nth != record->nth || setup->head.t != record->t) {
        differ(again, actor, NULL, NULL, event->seq,
               "it was given another state of its slot: %llu deliveries so far, and the journal "
               "comes to %llu",
               (unsigned long long)record->nth, (unsigned long long)setup->head.nth);
        return;
    }
    if (!cast_history(&actor->cast, again->history, &again->bars, setup)) {
        unknown(again, actor, record->cut_seq, 0,
                "its history (%u bars) is not what the journal has up to there (%u)",
                record->n_bars, setup->n_bars);
        return;
    }
    actor->live_seq = UINT64_MAX;
    if (record->how == BEGIN_START)
        actor->live_seq = 0;
    if (actor->cast.play->has_last && actor->cast.play->last_nth <= setup->head.nth)
        return; // it died before anything was delivered
    enter(again, actor);
    rc = cast_make(&actor->cast, again->engine, setup, &like, &actor->run, &err);
    enter(again, NULL);
    if (rc < 0) {
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

        if (actor->cast.play->run == again->run && actor->cast.play->begin->slot == slot &&
            actor->cast.play->begin->generation == generation &&
            actor->cast.play->begin->cut_seq < seq)
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
                             .event_more = hands->event_more,
                             .bar_mask = hands->bar_mask,
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
    live.nth = slots_nth(engine_slots(again->engine), slot);
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
    n_died = actor->cast.play->n_intents - actor->judged->n_compared;
    if (n_died > 0 && actor->cast.play->has_last)
        unknown(again, actor, actor->cast.play->last_intent, 0,
                "%llu intents of the callback in which it died, which is not run again",
                (unsigned long long)n_died);
    else if (n_died > 0)
        unknown(again, actor, actor->cast.play->first_intent, 0, "not all of it was run again");
    else
        actor->judged->verdict = PARITY_EQUAL;
    stop(again, actor);
}

static void finish_run(struct again *again)
{
    for (uint32_t i = 0; i < again->config->n; i++) {
        struct actor *actor = &again->actors[i];

        if (actor->cast.play->run == again->run && again->run != 0)
            finish(again, actor);
    }
}

/* --- comparing --- */

/* A host that had no room for a copy says so in the place of a hash: that is its word. */
static void take_hosts_word(struct wanted *mine, const struct agon_event_hdr *event)
{
    const struct record_job_wish *theirs = (const void *)event;
    struct record_job_wish *ours = (void *)mine->bytes;

    if (ours->hdr.type != EVENT_JOB_WISH || event->type != EVENT_JOB_WISH ||
        event_bytes(event) != sizeof(*theirs) || theirs->status >= 0)
        return;
    ours->status = theirs->status;
    memcpy(ours->hash, theirs->hash, sizeof(ours->hash));
}

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
    if (mine == NULL && actor->cast.play->has_last &&
        (actor->run == NULL || feed_nth(run_inproc_feed(actor->run)) >= actor->cast.play->last_nth))
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
    take_hosts_word(mine, event);
    if (((struct agon_event_hdr *)(void *)mine->bytes)->type != event->type ||
        ((struct agon_event_hdr *)(void *)mine->bytes)->instrument != event->instrument ||
        memcmp(mine->bytes + ORIGIN_AT, (const unsigned char *)event + ORIGIN_AT,
               event_bytes(event) - ORIGIN_AT) != 0) {
        differ(again, actor, event, mine, event->seq,
               "on the same events it wants something else: it depends on something outside "
               "its events (memory that was never written, a clock, an address, another process)");
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

        if (actor->run != NULL && actor->cast.play->begin->slot == member->slot &&
            evring_put(run_inproc_port(actor->run)->to_agent, event) < 0)
            rc = AGON_EAGAIN;
    }
    return rc;
}

static void put_result(void *ctx, uint32_t place, const void *bytes, uint64_t n)
{
    const struct member_of *member = ctx;
    struct again *again = member->again;

    for (uint32_t i = 0; i < again->config->n; i++) {
        struct actor *actor = &again->actors[i];
        const struct runner_port *port = actor->run != NULL ? run_inproc_port(actor->run) : NULL;

        if (port != NULL && actor->cast.play->begin->slot == member->slot && port->result != NULL)
            port->result(port->ctx, place, bytes, n);
    }
}

static void attach(struct again *again)
{
    again->jobs = parity_results_port(&again->results);
    engine_attach_jobs(again->engine, &again->jobs);
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        again->members[slot] = (struct member_of){.again = again, .slot = slot};
        again->ports[slot] =
            (struct runner_port){.ctx = &again->members[slot], .put = put, .result = put_result};
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

        if (engine_seq(engine) > 0 && actor->cast.play->begin->cut_seq <= engine_seq(engine))
            unknown(again, actor, actor->cast.play->begin->cut_seq, 0,
                    "market data of its time was dropped: what is left begins behind event %llu",
                    (unsigned long long)engine_seq(engine));
        if (scan->shed_seq != 0 && actor->cast.play->end_seq >= scan->shed_seq)
            unknown(again, actor, actor->cast.play->begin->cut_seq, 0,
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
         event->type == AGON_EVENT_SIGNAL || event->type == EVENT_ARM ||
         event->type == EVENT_JOB_WISH) &&
        event->granules >= 2)
        compare(again, event);
    if (event->type == EVENT_JOB_PART)
        parity_results_take(&again->results, record);
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
        if (again->actors[i].cast.play->begin->cut_seq == event->seq &&
            again->actors[i].cast.play->run == again->run)
            begin(again, &again->actors[i], event);
    }
    return AGON_OK;
}

/* Maps its file and reads its state. What lacks is named, and it does not run. */
static void prepare(struct again *again, struct actor *actor)
{
    const struct record_begin *begin = actor->cast.play->begin;
    char why[CAST_WHY];

    if (actor->judged->verdict != PARITY_OPEN)
        return;
    if (actor->cast.play->is_renamed)
        unknown(again, actor, begin->cut_seq, 0,
                "it knew orders of the one before by numbers of its own (shadow: exact)");
    else if (begin->threads > 0)
        unknown(again, actor, begin->cut_seq, 0, "it may have threads of its own");
    else if (!cast_prepare(&actor->cast, again->config->kept, &again->files, why))
        unknown(again, actor, begin->cut_seq, 0, "%s", why);
}

/* The sandbox stands. */
static void begin_code(struct again *again, struct actor *actor)
{
    char why[CAST_WHY];
    int is_begun;

    if (!actor->cast.is_mapped)
        return;
    enter(again, actor);
    is_begun = cast_begin_code(&actor->cast, why);
    enter(again, NULL);
    if (!is_begun)
        unknown(again, actor, actor->cast.play->begin->cut_seq, 0, "%s", why);
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

        actor->cast.play = &scan->plays[config->first + i];
        actor->judged = &again->found->plays[config->first + i];
        actor->cast.file.fd = -1;
        actor->cast.is_answered = 1;
        actor->live_seq = UINT64_MAX;
        prepare(again, actor);
    }
    parity_files_deinit(&again->files); // what is needed is mapped
    return AGON_OK;
}

/* Behind the run of the last of them nothing is theirs. */
static uint64_t until_of(const struct parity_config *config)
{
    const struct parity_scan *scan = config->scan;
    uint32_t run = scan->plays[config->first + config->n - 1].run;
    // The START of the next; a host may have written on since it was looked through.
    uint64_t until = run < scan->n_runs ? scan->starts[run] : scan->last_seq;

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

    again = (struct again){.config = config,
                           .found = found,
                           .files = {.paths = config->files, .n_paths = config->n_files}};
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
    parity_results_deinit(&again.results);
    return rc;
}
