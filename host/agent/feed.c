// SPDX-License-Identifier: Apache-2.0
/* feed: see the header. The merge and the calls; the fold is feed_fold.c, services are ext_*.c. */
#include "agent/feed.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "agent/feed_fold.h"
#include "agent/feed_hand.h"
#include "agent/feed_state.h"
#include "agent/fpstate.h"
#include "agent/models.h"
#include "agent/shown.h"
#include "base/hot.h"

#define ARENA_PAGE 4096u

_Thread_local struct feed *feed_current;

struct feed_call feed_call_begin(struct feed *feed, uint32_t phase)
{
    struct feed_call call = {.outer = feed_current, .fp = fpstate_get()};
    uint64_t enter = atomic_load_explicit(&feed->beat->enter, memory_order_relaxed);

    feed_current = feed;
    feed->phase = phase;
    feed->n_streams = 0;
    feed->n_calls = 0;
    atomic_store_explicit(&feed->beat->enter, enter + 1, memory_order_release);
    return call;
}

static void tell_lapse(struct feed *feed, const struct record_lapse *lapse)
{
    if (feed->config.on_lapse == NULL || !feed->config.on_lapse(feed->config.ctx, lapse))
        feed_count(&feed->beat->n_lapses_lost);
}

// Not inlined: it is seldom called, and what is done once an event stays small.
static __attribute__((noinline)) void tell_no_room(struct feed *feed)
{
    tell_lapse(feed, &feed->no_room);
    feed->no_room.n_calls = 0;
    feed->odd &= ~(uint32_t)ODD_NO_ROOM;
}

/* It wrote to what it was shown: by mistake or not, it is not to be called again. */
static __attribute__((noinline)) void blame_torn(struct feed *feed)
{
    int torn = shown_is_torn;

    shown_mend();
    feed->odd &= ~(uint32_t)ODD_TORN;
    if (feed->failure.code == 0)
        error_set(&feed->failure, AGON_EIO,
                  "the plugin wrote into the %s that it is shown, at event %llu of its slot",
                  torn == SHOWN_RESULTS ? "results of jobs" : "events",
                  (unsigned long long)feed->nth);
    feed->shows = 0;
}

void feed_call_end(struct feed *feed, struct feed_call call)
{
    uint64_t enter = atomic_load_explicit(&feed->beat->enter, memory_order_relaxed);

    if (feed->no_room.n_calls != 0)
        tell_no_room(feed);
    atomic_store_explicit(&feed->beat->exit, enter, memory_order_release);
    if (shown_is_torn)
        blame_torn(feed);
    if (fpstate_put(call.fp))
        feed_count(&feed->beat->n_fp);
    feed->phase = FEED_IDLE;
    feed_current = call.outer;
}

struct agon_origin feed_origin(struct feed *feed, uint32_t leg, uint32_t n_legs)
{
    feed_count(&feed->beat->n_intents);
    return (struct agon_origin){.cause_seq = feed->cause_seq,
                                .nth = feed->nth,
                                .n = feed->n++,
                                .generation = feed->setup.head.generation,
                                .slot = feed->setup.head.slot.slot,
                                .leg = (uint8_t)leg,
                                .n_legs = (uint8_t)n_legs};
}

/* A journal's events once more: this call finds what it found then. */
static int had_room(struct feed *feed, uint32_t call)
{
    uint8_t phase = feed->phase == FEED_START;

    for (; feed->n_full_told < feed->config.n_lapses; feed->n_full_told++) {
        const struct record_lapse *lapse = &feed->config.lapses[feed->n_full_told];

        if (lapse->kind != LAPSE_NO_ROOM || lapse->nth < feed->nth ||
            lapse->cause_seq < feed->cause_seq)
            continue;
        if (lapse->nth != feed->nth || lapse->cause_seq != feed->cause_seq ||
            lapse->phase != phase || call < lapse->first_call)
            return 1;
        if (call - lapse->first_call < lapse->n_calls)
            return 0;
    }
    return 1;
}

static void note_no_room(struct feed *feed, uint32_t call)
{
    struct record_lapse *lapse = &feed->no_room;

    feed_count(&feed->beat->n_full);
    if (lapse->n_calls != 0 && lapse->first_call + lapse->n_calls != call)
        tell_no_room(feed);
    if (lapse->n_calls == 0)
        *lapse = (struct record_lapse){.hdr = {.type = EVENT_LAPSE, .granules = 2},
                                       .kind = LAPSE_NO_ROOM,
                                       .phase = feed->phase == FEED_START,
                                       .nth = feed->nth,
                                       .cause_seq = feed->cause_seq,
                                       .first_call = call};
    lapse->n_calls++;
    feed->odd |= ODD_NO_ROOM;
}

int feed_has_room(struct feed *feed, uint32_t granules)
{
    uint32_t call = feed->n_calls++;

    if (feed->config.is_again && !had_room(feed, call))
        return 0;
    // A record never straddles the ring's end: a filler may cost as much again, once.
    if (evring_used(&feed->from_agent) + granules + 8 <= feed->config.from_granules)
        return 1;
    note_no_room(feed, call);
    return 0;
}

void feed_put(struct feed *feed, const struct agon_event_hdr *record)
{
    // Room was asked for, and a consumer only ever makes more.
    REQUIRE(evring_put(&feed->from_agent, record) == AGON_OK);
}

HOT int feed_place(const struct feed *feed, agon_instrument_t id)
{
    for (uint32_t i = 0; i < feed->subscription.n_instruments; i++)
        if (feed->subscription.instruments[i] == id)
            return (int)i;
    return -1;
}

/* What the fold keeps, wanted or not: services answer of it. */
#define FOLDED                                                                                     \
    (AGON_ON(AGON_EVENT_INSTRUMENT) | AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_STATUS) |     \
     AGON_ON(AGON_EVENT_SIGNAL))
#define FOLDED_FULL (AGON_ON(AGON_EVENT_BOOK_SNAPSHOT) | AGON_ON(AGON_EVENT_BOOK_DELTA))
/* ... and that whatever the instrument. */
#define OF_ALL (EVENTS_SHARED | AGON_ON(AGON_EVENT_INSTRUMENT) | AGON_ON(AGON_EVENT_SIGNAL))

/* Of these that one cares for it does not say that it is wanted: their content does, or their
 * instrument was not looked at. */
#define BY_CONTENT                                                                                 \
    (FOLDED_FULL | AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_SIGNAL) |                          \
     AGON_ON(AGON_EVENT_INSTRUMENT))

static void set_cares(struct feed *feed)
{
    feed->told = feed->subscription.event_mask & ~BY_CONTENT;
    feed->own = 0;
    for (uint32_t i = 0; i < feed->subscription.n_instruments; i++) {
        if (feed->subscription.instruments[i] < 64)
            feed->own |= (uint64_t)1 << feed->subscription.instruments[i];
    }
    feed->cares = feed->subscription.event_mask | FOLDED |
                  (feed->subscription.depth == DEPTH_FULL ? FOLDED_FULL : 0);
    feed->shows = feed->config.shown != NULL && feed->failure.code == 0
                      ? (feed->told & ~(FOLDED | FOLDED_FULL)) |
                            (feed->subscription.event_mask & AGON_ON(AGON_EVENT_BAR))
                      : 0;
}

static inline int is_own(const struct feed *feed, agon_instrument_t id)
{
    return id < 64 ? (int)(feed->own >> id & 1) : feed_place(feed, id) >= 0;
}

static inline int cares(const struct feed *feed, const struct agon_event_hdr *header)
{
    uint64_t bit;

    if (header->type >= 64)
        return 1;
    bit = AGON_ON(header->type);
    return (feed->cares & bit) != 0 && ((OF_ALL & bit) != 0 || is_own(feed, header->instrument));
}

static int attach(struct feed *feed, struct error *err)
{
    const struct feed_config *config = &feed->config;

    if (bus_reader_attach(&feed->bus, config->bus, config->bus_granules) < 0)
        return error_set(err, AGON_ECORRUPT, "the bus is not a bus");
    feed->bus.at = feed->setup.head.bus_at;
    feed->shown =
        (const unsigned char *)(config->shown != NULL ? config->shown : config->bus) + BUS_HEAD;
    if (evring_attach(&feed->to_agent, config->to_agent, config->to_granules) < 0 ||
        evring_attach(&feed->from_agent, config->from_agent, config->from_granules) < 0)
        return error_set(err, AGON_ECORRUPT, "a ring of the slot is not a ring");
    return AGON_OK;
}

int feed_new(struct feed **out, const struct feed_config *config, struct error *err)
{
    struct feed *feed;
    int rc;

    *out = NULL;
    feed = aligned_alloc(64, (sizeof(*feed) + 63) / 64 * 64);
    if (feed == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a runner");
    memset(feed, 0, sizeof(*feed));
    feed->config = *config;
    feed->beat = config->beat ? config->beat : &feed->own_beat;
    if (feed->config.called == NULL) {
        feed->own_called = (struct called){.who = &feed->own_who, .hash = &feed->own_hash};
        feed->config.called = &feed->own_called;
    }
    feed->host = (struct agon_host){.size = sizeof(feed->host),
                                    .abi_major = AGON_ABI_MAJOR,
                                    .abi_minor = AGON_ABI_MINOR,
                                    .ctx = feed,
                                    .name = "agon",
                                    .version = AGON_VERSION,
                                    .get_extension = ext_get};
    rc = setup_decode(&feed->setup, config->setup, config->setup_bytes, err);
    if (rc < 0)
        goto fail;
    feed->subscription = feed->setup.head.slot.subscription;
    feed->who = feed->setup.head.slot.slot + 1u;
    feed->hash = config->hash;
    set_cares(feed);
    feed->nth = feed->setup.head.nth;
    feed->first_seq = feed->cause_seq = feed->bus_seq = feed->setup.head.seq;
    feed->done_seq = feed->told_seq = feed->late_seq = feed->first_seq;
    feed->t = feed->setup.head.t;
    atomic_store_explicit(&feed->beat->nth, feed->nth, memory_order_relaxed);
    atomic_store_explicit(&feed->beat->done_seq, feed->done_seq, memory_order_release);
    rc = attach(feed, err);
    if (rc < 0)
        goto fail;
    rc = fold_init(feed, err);
    if (rc < 0)
        goto fail;
    *out = feed;
    return AGON_OK;

fail:
    feed_free(feed);
    error_wrap(err, "runner");
    return rc;
}

void feed_free(struct feed *feed)
{
    if (feed == NULL)
        return;
    if (feed->is_created && feed->agent.destroy) {
        struct feed_call call = feed_call_begin(feed, FEED_IDLE);
        feed->agent.destroy(feed->agent.self);
        feed_call_end(feed, call);
    }
    if (feed->arena_map)
        munmap(feed->arena_map, feed->arena_map_bytes);
    models_free(feed->models);
    free(feed->params);
    fold_deinit(feed);
    free(feed);
}

/* Plugins that one thread calls one after the other would have what they write for each event at
 * one place of their pages each, and push each other out of the first cache: 8 of its lines are of
 * one place. They begin a line behind each other, where the last page has room left: what lies
 * behind the arena is its guard sooner, and not later. */
static uint64_t arena_shift_of(const struct feed *feed, uint64_t left)
{
    return feed->config.shown != NULL ? feed->setup.head.slot.slot % (left / 64 + 1) * 64 : 0;
}

/* The plugin's whole memory, with a page on each side that kills whoever touches it (val-r34). A
 * shifted one has a page more, which is opened where large alignments ask for it. */
static int take_arena(struct feed *feed, struct error *err)
{
    uint64_t max = feed->setup.head.arena_max ? feed->setup.head.arena_max : SETUP_ARENA_MAX;
    uint64_t bytes = feed->descriptor->arena_bytes;
    uint64_t whole = (bytes + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE;
    uint64_t shift = arena_shift_of(feed, whole - bytes), spare = shift != 0 ? ARENA_PAGE : 0;
    unsigned char *map;

    if (bytes > max)
        return error_set(err, AGON_ENOMEM,
                         "the plugin declares an arena of %llu bytes, the roster grants %llu",
                         (unsigned long long)bytes, (unsigned long long)max);
    map = mmap(NULL, whole + spare + 2 * ARENA_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return error_set(err, AGON_ENOMEM, "no memory for the plugin's arena");
    feed->arena_map = map;
    feed->arena_map_bytes = whole + spare + 2 * ARENA_PAGE;
    feed->arena_spare = spare != 0 ? map + ARENA_PAGE + whole : NULL;
    if (whole > 0 && mprotect(map + ARENA_PAGE, whole, PROT_READ | PROT_WRITE) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the plugin's arena");
    arena_init(&feed->arena, map + ARENA_PAGE, bytes);
    arena_shift(&feed->arena, shift, whole);
    return AGON_OK;
}

void *feed_take(struct feed *feed, uint64_t bytes, uint64_t align)
{
    void *piece = arena_take(&feed->arena, bytes, align);

    if (piece != NULL || feed->arena_spare == NULL || !arena_fits(&feed->arena, bytes, align) ||
        mprotect(feed->arena_spare, ARENA_PAGE, PROT_READ | PROT_WRITE) < 0)
        return piece;
    feed->arena_spare = NULL;
    feed->arena.room += ARENA_PAGE;
    return arena_take(&feed->arena, bytes, align);
}

static int check_agent(struct feed *feed, struct error *err)
{
    const struct agon_agent *agent = &feed->agent;

    if (agent->size > sizeof(*agent) || !AGON_HAS(agent, struct agon_agent, destroy))
        return error_set(err, AGON_EINVAL, "create left an agon_agent of %u bytes", agent->size);
    if (agent->on_event == NULL || agent->destroy == NULL)
        return error_set(err, AGON_EINVAL, "create set no %s",
                         agent->on_event ? "destroy" : "on_event");
    return AGON_OK;
}

int feed_blame(struct error *err, const char *call, int rc)
{
    return error_set(err, rc, "the plugin's %s returned %d (%s)", call, rc,
                     rc >= AGON_ETIME && rc < 0 ? error_name(rc) : "no code of the SDK");
}

int feed_create(struct feed *feed, const struct agon_entry *entry, struct error *err)
{
    uint32_t index = feed->setup.head.plugin_index;
    struct feed_call call;
    int rc;

    if (index >= entry->n_plugins)
        return error_set(err, AGON_EINVAL, "the file holds %u plugins, number %u is asked for",
                         entry->n_plugins, index);
    feed->entry = entry;
    feed->descriptor = entry->plugins[index];
    for (uint32_t i = 0; i < feed->descriptor->n_requires; i++) {
        rc = ext_check(feed->descriptor->requires_ext[i], feed->descriptor->kind, err);
        if (rc < 0)
            return rc;
    }
    rc = fold_params(feed, err);
    if (rc >= 0)
        rc = take_arena(feed, err);
    if (rc < 0)
        return rc;
    feed->agent.size = sizeof(feed->agent);
    call = feed_call_begin(feed, FEED_CREATE);
    rc = entry->create(&feed->host, index, &feed->agent);
    feed_call_end(feed, call);
    if (rc < 0)
        return feed_blame(err, "create", rc);
    rc = check_agent(feed, err);
    if (rc < 0)
        return rc;
    feed->on_event = feed->agent.on_event;
    feed->self = feed->agent.self;
    feed->is_created = 1;
    return feed->setup.n_state > 0 ? feed_load(feed, err) : AGON_OK;
}

int feed_start(struct feed *feed, struct error *err)
{
    struct feed_timer timers[FEED_TIMERS_MAX];
    uint32_t n_timers = feed->n_timers, next_timer = feed->next_timer;
    int rc = AGON_OK;

    memcpy(timers, feed->timers, sizeof(timers));

    if (!feed->is_created || feed->is_started)
        return error_set(err, AGON_ESTATE, "start of what is not created or has started");
    if (feed->agent.on_start) {
        struct feed_call call = feed_call_begin(feed, FEED_START);
        rc = feed->agent.on_start(feed->agent.self, feed->setup.head.start);
        feed_call_end(feed, call);
    }
    if (rc < 0)
        return feed_blame(err, "on_start", rc);
    // Nobody hears what it wishes before it plays: what it has armed here will never come.
    if (feed->setup.head.start == AGON_START_SHADOW) {
        memcpy(feed->timers, timers, sizeof(timers));
        feed->n_timers = n_timers;
        feed->next_timer = next_timer;
    }
    feed->is_started = 1;
    return AGON_OK;
}

int feed_go_live(struct feed *feed, const struct feed_live *live, struct error *err)
{
    struct feed_call call;
    int rc;

    if (!feed->is_started || feed->failure.code != 0 || feed->done_seq > live->seq)
        return error_set(err, AGON_ESTATE, "the plugin is not where it could take over");
    feed->done_seq = feed->told_seq = feed->cause_seq = live->seq;
    feed->n = 0;
    feed->nth = live->nth;
    feed->subscription.event_mask = live->event_mask;
    feed->subscription.event_more = live->event_more;
    if (live->bar_mask != 0)
        feed->subscription.bar_mask = live->bar_mask;
    set_cares(feed);
    feed->setup.head.generation = live->generation;
    // Nobody has heard of what it handed over so far.
    memset(feed->jobs.all, 0, sizeof(feed->jobs.all));
    feed->jobs.is_live = 1;
    if (live->reason == AGON_START_FRESH)
        feed->n_timers = 0; // the engine has disarmed what the slot's last plugin left
    hist_small_clear(&feed->beat->delivery); // it was catching up
    atomic_store_explicit(&feed->beat->nth, feed->nth, memory_order_relaxed);
    atomic_store_explicit(&feed->beat->done_seq, feed->done_seq, memory_order_release);
    if (feed->agent.on_start == NULL || live->reason == 0)
        return AGON_OK;
    call = feed_call_begin(feed, FEED_START);
    rc = feed->agent.on_start(feed->agent.self, live->reason);
    feed_call_end(feed, call);
    return rc < 0 ? feed_blame(err, "on_start", rc) : AGON_OK;
}

void feed_stop(struct feed *feed, uint32_t reason)
{
    if (feed->is_started && feed->failure.code == 0 && feed->agent.on_stop) {
        struct feed_call call = feed_call_begin(feed, FEED_STOP);
        feed->agent.on_stop(feed->agent.self, reason);
        feed_call_end(feed, call);
    }
    feed->is_started = 0;
}

/* Delivery */

// Not inlined: what is done once an event stays small.
__attribute__((noinline)) void feed_measure(struct feed *feed, int64_t began_ns)
{
    if (feed->config.now != NULL)
        hist_small_add(&feed->beat->delivery, feed->config.now() - began_ns);
}

static __attribute__((noinline)) void measure(struct feed *feed, uint64_t seq)
{
    int64_t began_ns = bus_stamped(&feed->bus, seq);

    feed->is_unmeasured = 0;
    if (feed_is_measured(feed, began_ns, seq))
        feed_measure(feed, began_ns);
}

static void note_error(struct feed *feed, const struct agon_event_hdr *event, int rc)
{
    struct feed_beat *beat = feed->beat;

    if (atomic_load_explicit(&beat->n_errors, memory_order_relaxed) == 0) {
        atomic_store_explicit(&beat->error_nth, feed->nth, memory_order_relaxed);
        atomic_store_explicit(&beat->error_seq, event->seq, memory_order_relaxed);
        atomic_store_explicit(&beat->error_type, event->type, memory_order_relaxed);
        atomic_store_explicit(&beat->error_code, rc, memory_order_relaxed);
    }
    feed_count(&beat->n_errors);
}

__attribute__((noinline)) int feed_after(struct feed *feed, const struct agon_event_hdr *event,
                                         int rc)
{
    if (feed->no_room.n_calls != 0)
        tell_no_room(feed);
    if (fpstate_put(feed->fp))
        feed_count(&feed->beat->n_fp);
    if (shown_is_torn) {
        blame_torn(feed);
        return AGON_EIO;
    }
    if (rc >= 0) {
        feed->errors_in_row = 0;
        feed->odd &= ~(uint32_t)ODD_ERRORS;
        return feed->failure.code != 0 ? AGON_EIO : AGON_OK;
    }
    note_error(feed, event, rc);
    feed->odd |= ODD_ERRORS;
    if (++feed->errors_in_row < FEED_ERRORS_MAX)
        return AGON_OK;
    feed_blame(&feed->failure, "on_event", rc);
    error_wrap(&feed->failure, "%d events in a row, the last of seq %llu", FEED_ERRORS_MAX,
               (unsigned long long)event->seq);
    feed->failure.code = AGON_EIO;
    feed->shows = 0;
    return AGON_EIO;
}

/* With stamps for whoever watches from outside. */
static HOT void deliver(struct feed *feed, const struct agon_event_hdr *event)
{
    uint64_t enter = atomic_load_explicit(&feed->beat->enter, memory_order_relaxed) + 1;

    // In a long run, too, who watches sees that it gets on.
    if (event->seq > feed->told_seq) {
        feed->told_seq = event->seq;
        atomic_store_explicit(&feed->beat->done_seq, event->seq - 1, memory_order_release);
    }
    if (feed->is_unmeasured)
        measure(feed, event->seq);
    atomic_store_explicit(&feed->beat->enter, enter, memory_order_release);
    (void)feed_hand(feed, event);
    atomic_store_explicit(&feed->beat->exit, enter, memory_order_release);
    atomic_store_explicit(&feed->beat->nth, feed->nth, memory_order_relaxed);
}

/* The bus has overwritten what this reader had not yet read. The steps from the last that was seen
 * to the first that is there again may be incomplete; books are stale until their next event. */
static void deliver_gap(struct feed *feed, uint64_t next_seq, uint8_t next_sub)
{
    struct record_lapse lapse = {.hdr = {.type = EVENT_LAPSE, .granules = 2},
                                 .kind = LAPSE_GAP,
                                 .nth = feed->nth,
                                 .cause_seq = feed->cause_seq,
                                 .last_seq = feed->bus_seq,
                                 .last_sub = feed->bus_sub,
                                 .next_seq = next_seq,
                                 .next_sub = next_sub};
    struct agon_gap gap = {
        .hdr = {.type = AGON_EVENT_GAP, .granules = 1, .seq = feed->cause_seq, .t = feed->t},
        .first_seq = feed->bus_seq,
        .last_seq = next_seq,
        .n_missed = next_seq - feed->bus_seq};

    feed_count(&feed->beat->n_gaps);
    fold_gap(feed);
    if (!feed->config.is_again)
        tell_lapse(feed, &lapse);
    if (feed->config.on_gap)
        feed->config.on_gap(feed->config.ctx, &gap);
    memcpy(feed->mine, &gap, sizeof(gap));
    deliver(feed, (const struct agon_event_hdr *)(const void *)feed->mine);
}

/* A journal's events once more: was there a gap behind what was seen last? */
static void gap_again(struct feed *feed)
{
    for (; feed->n_gaps_told < feed->config.n_lapses; feed->n_gaps_told++) {
        const struct record_lapse *lapse = &feed->config.lapses[feed->n_gaps_told];

        if (lapse->kind != LAPSE_GAP)
            continue;
        if (lapse->nth != feed->nth || lapse->last_seq != feed->bus_seq ||
            lapse->last_sub != feed->bus_sub)
            return;
        feed->n_gaps_told++;
        feed->skip_seq = lapse->next_seq;
        feed->skip_sub = lapse->next_sub;
        deliver_gap(feed, lapse->next_seq, lapse->next_sub);
        return;
    }
}

static int is_skipped(const struct feed *feed, const struct agon_event_hdr *next)
{
    return next->seq < feed->skip_seq ||
           (next->seq == feed->skip_seq && next->sub < feed->skip_sub);
}

/* Makes next hold the next bus event, if there is one. Whether it is one that the plugin is told
 * may be another matter behind limit (feed_go_live): there it is copied whole. */
static HOT void pull(struct feed *feed, uint64_t limit)
{
    struct agon_event_hdr *next = (struct agon_event_hdr *)(void *)feed->next;

    while (!feed->has_next) {
        int rc;

        if (feed->config.is_again)
            gap_again(feed);
        rc = bus_look(&feed->bus, next);
        if (rc == 0)
            return;
        if (rc == 1) {
            feed->is_cared = cares(feed, next);
            feed->is_bare = !feed->is_cared && next->seq <= limit;
            rc = feed->is_bare ? bus_pass(&feed->bus, next) : bus_copy(&feed->bus, next);
        }
        if (rc == AGON_ERANGE) {
            feed->is_overrun = 1;
            continue;
        }
        if (rc < 0) {
            error_set(&feed->failure, AGON_EIO, "the bus cannot be read: %s", error_name(rc));
            return;
        }
        if (feed->is_overrun && next->seq > feed->first_seq)
            deliver_gap(feed, next->seq, next->sub);
        feed->is_overrun = 0;
        if (next->seq <= feed->first_seq || is_skipped(feed, next))
            continue; // in the setup already, or in a gap
        feed->bus_seq = next->seq;
        feed->bus_sub = next->sub;
        feed->has_next = 1;
    }
}

static HOT void take_public(struct feed *feed)
{
    struct agon_event_hdr *event = (struct agon_event_hdr *)(void *)feed->next;
    int is_wanted;

    feed->has_next = 0;
    if (feed->is_bare)
        return;
    is_wanted = (feed->is_cared && event->type < 64 && (feed->told & AGON_ON(event->type)) != 0) ||
                subscription_wants(&feed->subscription, &feed->setup.head.slot.signals, event);
    if (event->type == AGON_EVENT_SIGNAL)
        fold_signal(feed, (struct agon_signal *)(void *)event);
    else
        fold_public(feed, event);
    if (is_wanted)
        deliver(feed, event);
}

static void take_private(struct feed *feed, const struct agon_event_hdr *event)
{
    const struct agon_event_hdr *mine = (const struct agon_event_hdr *)(const void *)feed->mine;

    // A copy: what the plugin does to it concerns nobody else.
    memcpy(feed->mine, event, event_bytes(event));
    evring_release(&feed->to_agent);
    if (mine->seq <= feed->first_seq)
        return; // in the setup already
    fold_private(feed, mine);
    if (subscription_wants_private(&feed->subscription, mine))
        deliver(feed, mine);
}

/* What the engine has spared it, since nothing of that concerned it, and turns of one record, of
 * which nothing is written down here. */
static inline void pass_over(struct feed *feed)
{
    const struct runner_turn *turn = feed->turn;
    int is_within = turn->shown_seq < turn->seq && feed->done_seq >= turn->seq;
    uint64_t at = is_within ? turn->at : turn->shown_at;

    if (feed->bus.at < at) {
        feed->bus.at = feed->bus.tail = at;
        feed->bus_seq = is_within ? turn->public_seq : turn->shown_public_seq;
        feed->bus_sub = is_within ? turn->public_sub : turn->shown_public_sub;
    }
    if (feed->done_seq < turn->shown_seq)
        feed->done_seq = turn->shown_seq;
}

static int is_before(const struct agon_event_hdr *a, const struct agon_event_hdr *b)
{
    return a->seq != b->seq ? a->seq < b->seq : a->sub <= b->sub;
}

HOT int64_t feed_run(struct feed *feed, uint64_t seq)
{
    uint64_t nth = feed->nth;
    // Private rings are filled before this word moves, so up to it both rings are whole.
    uint64_t limit = bus_seq(&feed->bus);
    struct feed *outer = feed_current;
    int has_mine = 1;

    if (!feed->is_started)
        return AGON_ESTATE;
    if (feed->turn != NULL)
        pass_over(feed);
    if (limit > seq)
        limit = seq;
    feed_look_at_fp(feed);
    feed_current = feed;
    feed->phase = FEED_EVENT;
    feed->is_unmeasured = feed->config.now != NULL;
    while (feed->failure.code == 0 &&
           (feed->config.last_nth == 0 || feed->nth < feed->config.last_nth)) {
        const struct agon_event_hdr *mine, *next;
        int rc = AGON_OK;

        pull(feed, limit);
        next = feed->has_next ? (const struct agon_event_hdr *)(const void *)feed->next : NULL;
        // Nothing private up to limit can come any more once there was none: limit is whole.
        mine = has_mine ? evring_peek(&feed->to_agent, &rc) : NULL;
        if (mine == NULL && rc < 0) {
            error_set(&feed->failure, AGON_EIO, "the private ring is damaged");
            break;
        }
        if (mine && mine->seq > limit)
            mine = NULL;
        has_mine = mine != NULL;
        if (next && next->seq > limit)
            next = NULL;
        if (feed->failure.code != 0 || (mine == NULL && next == NULL))
            break;
        if (mine && (next == NULL || is_before(mine, next)))
            take_private(feed, mine);
        else
            take_public(feed);
    }
    if (fpstate_put(feed->fp))
        feed_count(&feed->beat->n_fp);
    feed->phase = FEED_IDLE;
    feed_current = outer;
    if (feed->failure.code != 0) {
        feed->shows = 0;
        return AGON_EIO;
    }
    if (limit > feed->done_seq)
        feed->done_seq = limit;
    atomic_store_explicit(&feed->beat->done_seq, feed->done_seq, memory_order_release);
    return (int64_t)(feed->nth - nth);
}

HOT int feed_take_from(struct feed *feed, struct bus_reader *reader, uint64_t add)
{
    struct agon_event_hdr *next = (struct agon_event_hdr *)(void *)feed->next;
    int rc;

    feed->is_cared = cares(feed, next);
    feed->is_bare = !feed->is_cared;
    rc = feed->is_bare ? bus_pass(reader, next) : bus_copy(reader, next);
    if (rc != 1)
        return rc;
    next->seq += add;
    feed->bus_seq = next->seq;
    feed->bus_sub = next->sub;
    take_public(feed);
    return 1;
}

/* By pointer: writer and reader are one thread, so that nothing is overwritten meanwhile. */
int feed_follow(struct feed *feed, const struct runner_turn *turn)
{
    if (feed->turn != NULL)
        pass_over(feed);
    fold_late(feed);
    feed->turn = NULL;
    if (turn == NULL || !feed->is_started || feed->failure.code != 0 || feed->config.is_again ||
        feed->config.last_nth != 0 || feed->has_next || feed->is_overrun ||
        feed->bus.at != turn->at || feed->done_seq < turn->seq)
        return 0;
    feed_look_at_fp(feed); // this thread's, which no plugin leaves changed
    feed->turn = turn;
    return 1;
}

/* The next record of the turn that concerns this slot; NULL: none is left. It is read where the
 * plugin reads it: some processors find a line by the address that it was last read by, and take
 * longer where there are two. */
static inline const struct agon_event_hdr *next_shown(struct feed *feed, uint64_t end)
{
    while (feed->bus.at != end) {
        const struct agon_event_hdr *event = feed_shown(feed);

        if (event->type != BUS_FILLER && cares(feed, event))
            return event;
        feed->bus.at += event->granules;
    }
    return NULL;
}

static HOT inline void take_shown(struct feed *feed, const struct agon_event_hdr *event)
{
    struct agon_event_hdr *copy = (struct agon_event_hdr *)(void *)feed->next;
    uint64_t bit = event->type < 64 ? AGON_ON(event->type) : 0;
    int is_wanted;

    feed->bus.at += event->granules;
    if ((feed->shows & bit) != 0 && (event->type != AGON_EVENT_BAR ||
                                     (feed_bar_bit(event) & feed->subscription.bar_mask) != 0)) {
        if (feed->is_unmeasured)
            measure(feed, event->seq);
        (void)feed_hand(feed, event);
        return;
    }
    is_wanted = (feed->told & bit) != 0 ||
                subscription_wants(&feed->subscription, &feed->setup.head.slot.signals, event);
    // Of a SIGNAL it is told by which of its inputs it comes. Anything else is handed on as it
    // stands, where nobody can write to it.
    if (event->type == AGON_EVENT_SIGNAL || feed->config.shown == NULL) {
        memcpy(copy, event, event_bytes(event));
        event = copy;
    }
    if (event->type == AGON_EVENT_SIGNAL)
        fold_signal(feed, (struct agon_signal *)(void *)copy);
    else if (((FOLDED | FOLDED_FULL) & bit) != 0)
        fold_public(feed, event);
    if (is_wanted)
        deliver(feed, event);
}

static HOT void walk(struct feed *feed, const struct runner_turn *turn, int has_mine)
{
    for (;;) {
        const struct agon_event_hdr *next, *mine = NULL;
        int rc = AGON_OK;

        if (!has_mine && !feed->is_unmeasured && turn->n_public > FEED_FEW)
            feed_walk_usual(feed, turn->at);
        next = next_shown(feed, turn->at);
        if (has_mine) {
            mine = evring_peek(&feed->to_agent, &rc);
            if (rc < 0)
                error_set(&feed->failure, AGON_EIO, "the private ring is damaged");
            has_mine = mine != NULL;
        }
        if (feed->failure.code != 0 || (mine == NULL && next == NULL))
            return;
        if (mine != NULL && (next == NULL || is_before(mine, next)))
            take_private(feed, mine);
        else
            take_shown(feed, next);
    }
}

HOT int64_t feed_take_turn(struct feed *feed)
{
    const struct runner_turn *turn = feed->turn;
    uint32_t word = feed->setup.head.slot.slot / 64;
    uint64_t slot = (uint64_t)1 << feed->setup.head.slot.slot % 64, nth = feed->nth;
    struct feed *outer = feed_current;

    REQUIRE(turn != NULL);
    pass_over(feed);
    if (bus_is_overrun(&feed->bus))
        return feed_run(feed, turn->seq); // more than the ring holds, in one turn
    feed_current = feed;
    feed->phase = FEED_EVENT;
    feed->is_unmeasured = feed->config.now != NULL;
    if (feed->failure.code == 0)
        walk(feed, turn, (turn->private.bits[word] & slot) != 0);
    // Masks of exceptions are looked at now and then: they alter no result.
    if ((nth ^ feed->nth) >> FEED_LOOK_BITS != 0 && fpstate_put(feed->fp))
        feed_count(&feed->beat->n_fp);
    feed->phase = FEED_IDLE;
    feed_current = outer;
    if (feed->failure.code != 0) {
        feed->shows = 0;
        return AGON_EIO;
    }
    feed->bus.at = feed->bus.tail = turn->at;
    feed->bus_seq = turn->public_seq;
    feed->bus_sub = turn->public_sub;
    feed->done_seq = turn->seq;
    atomic_store_explicit(&feed->beat->done_seq, feed->done_seq, memory_order_release);
    return (int64_t)(feed->nth - nth);
}

__attribute__((noinline)) int feed_show_alone(struct feed *feed, const struct feed_show *show)
{
    feed_current = show->outer;
    return feed_take_turn(feed) < 0 ? AGON_EIO : AGON_OK;
}

uint64_t feed_nth(const struct feed *feed)
{
    return feed->nth;
}

uint64_t feed_done_seq(const struct feed *feed)
{
    if (feed->turn != NULL && feed->turn->shown_seq > feed->done_seq)
        return feed->turn->shown_seq;
    return feed->done_seq;
}

const struct error *feed_failure(const struct feed *feed)
{
    return &feed->failure;
}

const struct feed_beat *feed_beat(const struct feed *feed)
{
    return feed->beat;
}

const struct agon_descriptor *feed_descriptor(const struct feed *feed)
{
    return feed->descriptor;
}
