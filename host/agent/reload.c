// SPDX-License-Identifier: Apache-2.0
/* reload: another generation for a slot that plays on: the steps of the
 * core, which take no time. Those of the loader are in reload_load.c; each phase belongs to one of
 * them (crew_impl.h). */
#include <stdio.h>
#include <stdlib.h>

#include "agent/crew_impl.h"
#include "agent/rehearse.h"
#include "sys/clock.h"
#include "sys/futex.h"

#define NAP_NS        ((int64_t)200 * 1000)
#define DRAIN_NS      ((int64_t)100 * 1000000)
#define KEPT_GRANULES 16384
#define CRASH_EVENTS  64

static void hand_over(struct member *member, uint32_t phase)
{
    slot_shared_remove(&member->crew->pending, member->slot);
    atomic_store(&member->phase, phase);
    futex_wake(&member->phase, 1);
}

void reload_fail(struct member *member)
{
    // Behind the cut it was this one's map, which nobody needs now.
    if (member->teed != NULL && !member->is_going_back && member->shadow != NULL)
        member->shadow->n_refs = 0;
    member->teed = NULL;
    member->is_attached = 0;
    member->is_going_back = 0;
    if (member->is_back) { // it stays what it was: warm
        member->old = member->next;
        member->next = NULL;
    }
    hand_over(member, RELOAD_FAILED);
}

static void fail_with(struct member *member, int code, const char *text)
{
    error_set(&member->err, code, "%s", text);
    reload_fail(member);
}

static struct slot *slot_of(struct member *member)
{
    return slots_get(engine_slots(member->crew->config.engine), member->slot);
}

static uint64_t nth_of(const struct member *member)
{
    return slots_nth(engine_slots(member->crew->config.engine), member->slot);
}

static int step(struct member *member, struct agon_event_hdr *event)
{
    const struct crew_config *config = &member->crew->config;

    event->t = engine_t(config->engine);
    return config->step(config->ctx, event);
}

// What the slot was told since the checkpoint, which the dead has not seen the end of.
static int tee_kept(struct member *member)
{
    struct evring *to = generation_port(member->next)->to_agent;
    const struct agon_event_hdr *event;

    while ((event = evring_peek(&member->kept_out, NULL)) != NULL) {
        if (evring_put(to, event) < 0)
            return AGON_ENOSPC;
        evring_release(&member->kept_out);
    }
    return AGON_OK;
}

/* What was compared before is over; what the loader has made for this reload begins. */
static void take_shadow(struct member *member, uint64_t seq)
{
    member->spent_shadow = member->shadow;
    member->shadow = member->new_shadow;
    member->new_shadow = NULL;
    if (member->shadow != NULL)
        member->shadow->cut_seq = seq;
}

static int has_open_refs(const struct member *member)
{
    for (uint32_t i = 0; member->shadow != NULL && i < member->shadow->n_refs; i++) {
        if (!member->shadow->refs[i].is_final)
            return 1;
    }
    return 0;
}

static void cut_from_point(struct member *member)
{
    if (member->point == NULL || !member->point->is_whole ||
        member->kept_lost_seq > member->point->setup.head.seq || tee_kept(member) < 0) {
        fail_with(member, AGON_ENOENT, "there is no checkpoint to begin from");
        return;
    }
    take_shadow(member, member->point->setup.head.seq);
    member->teed = member->next;
    member->report.cut_seq = member->point->setup.head.seq;
    hand_over(member, RELOAD_CUT);
}

static void cut(struct member *member)
{
    struct crew *crew = member->crew;
    struct generation *active = member->active;
    int64_t began = clock_mono();
    uint64_t seq = engine_seq(crew->config.engine);
    int rc = AGON_OK;

    if (member->with_state && active == NULL) {
        fail_with(member, AGON_ESTATE, "the active plugin has ended meanwhile");
        return;
    }
    if (member->with_state && has_open_refs(member)) {
        fail_with(member, AGON_EBUSY,
                  "orders are open that its plugin knows by other numbers than the one before it");
        return;
    }
    if (!member->is_muxed)
        mux_attach(member);
    if (member->slot >= crew->n_members)
        crew->n_members = member->slot + 1u;
    if (member->source != NULL) { // parameters and inputs may have changed in flight
        member->spec.n_params = member->source->n_params;
        memcpy(member->spec.params, member->source->params, sizeof(member->spec.params));
        member->spec.n_signals = member->source->n_signals;
        memcpy(member->spec.signals, member->source->signals, sizeof(member->spec.signals));
    }
    if (generation_bind(member->next, &member->spec, &member->err) < 0) {
        reload_fail(member);
        return;
    }
    member->cut->n_state = 0;
    if (member->with_state && active->process != NULL) {
        rc = run_process_save(active->process, seq);
        if (rc == AGON_EBUSY)
            return; // a checkpoint is being made: next turn
        if (member->point != NULL)
            member->point->is_whole = 0;
    } else if (member->with_state) {
        const struct runner_port *port = generation_port(active);

        rc = port->advance(port->ctx, seq);
        if (rc >= 0)
            rc = feed_save_into(run_inproc_feed(active->run), member->cut->state,
                                member->cut->state_room, &member->cut->n_state, &member->err);
        if (rc == AGON_ENOTSUP)
            rc = AGON_OK; // it has none: the next begins without
    }
    if (rc < 0) {
        error_set(&member->err, rc, "the state of the active plugin: %s",
                  member->err.text[0] != '\0' ? member->err.text : error_name(rc));
        reload_fail(member);
        return;
    }
    member_cut(crew, member, member->cut);
    take_shadow(member, seq);
    member->teed = member->next;
    member->report.cut_seq = seq;
    member->report.cut_ns = clock_mono() - began;
    hist_add(&crew->pauses.cut_ns, member->report.cut_ns);
    if (member->with_state && active->process != NULL)
        atomic_store(&member->phase, RELOAD_SAVING);
    else
        hand_over(member, RELOAD_CUT);
}

static void await_state(struct member *member)
{
    const unsigned char *state;
    int rc;

    if (member->active == NULL) {
        fail_with(member, AGON_EIO, "the active plugin has ended meanwhile");
        return;
    }
    rc = run_process_answer(member->active->process, &member->err);
    if (rc == AGON_EAGAIN)
        return;
    if (rc == AGON_ENOTSUP)
        rc = AGON_OK;
    else if (rc >= 0) {
        state = run_process_state(member->active->process, &member->cut->n_state);
        if (member->cut->n_state > member->cut->state_room)
            rc = error_set(&member->err, AGON_ENOSPC, "the state is larger than its room");
        else
            memcpy(member->cut->state, state, member->cut->n_state);
    }
    if (rc < 0)
        reload_fail(member);
    else
        hand_over(member, RELOAD_CUT);
}

// What the roster says of open orders, before the new generation plays. AGON_EAGAIN: next turn.
static int order_orders(struct member *member)
{
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_CANCEL_ALL,
                                     .scope = SCOPE_SLOT,
                                     .id = member->slot,
                                     .reason = REASON_OPERATOR};

    if (member->is_ordered || member->spec.orders_on_reload == CREW_ORDERS_KEEP ||
        member->why > GENERATION_ROLLBACK)
        return AGON_OK;
    if (member->spec.orders_on_reload == CREW_ORDERS_CANCEL_NON_REDUCING)
        command.which = CANCEL_NON_REDUCING;
    if (member->spec.orders_on_reload == CREW_ORDERS_FLATTEN)
        command.kind = COMMAND_FLATTEN;
    if (step(member, &command.hdr) == AGON_EAGAIN)
        return AGON_EAGAIN;
    member->is_ordered = 1;
    return AGON_OK;
}

static enum begin_how how_of(const struct member *member)
{
    if (member->is_first)
        return BEGIN_ADDED;
    return member->why == GENERATION_RELOAD    ? BEGIN_RELOAD
           : member->why == GENERATION_RESTORE ? BEGIN_RESTORE
                                               : BEGIN_FRESH;
}

static void complete(struct member *member)
{
    struct generation *before = member->active;

    member->spec.record.generation_hash = member->next->hash;
    member->spec.record.subscription.event_mask = member->next->info.event_mask;
    member->spec.record.subscription.event_more = member->next->info.event_more;
    member->spec.record.subscription.bar_mask = generation_bars(member->next, &member->spec);
    member->spec.record.signals = member->next->signals;
    member->active = member->next;
    member->next = NULL;
    member->teed = NULL;
    member->is_attached = 0;
    member->is_held = 0; // the one before wished it in the new one's time
    member->live_seq = member->swap_seq;
    if (before != NULL) {
        if (!member->is_back)
            member->doomed = member->old;
        member->old = before;
        member->is_old_lost = 0;
        member->is_draining = 1;
        member->drain_ns = clock_mono() + DRAIN_NS;
    }
    if (member->is_back && member->shadow != NULL)
        member->shadow->n_refs = 0;
    member->is_going_back = 0;
    member->point_ns = 0; // of the one before
    if (member->point != NULL)
        member->point->is_whole = 0;
    member->report.from = member->before.generation;
    member->report.generation = member->active->number;
    member->report.t = engine_t(member->crew->config.engine);
    member->report.hash = member->active->hash;
    memcpy(member->report.file_hash, member->active->file.hash, HASH_SIZE);
    member->report.swap_seq = member->swap_seq;
    hist_add(&member->crew->pauses.swap_ns, member->report.swap_ns);
    if (!member->is_first)
        slot_set_add(&member->crew->changed, member->slot);
    if (!member->is_back)
        note_begin(member, how_of(member));
    if (!member->is_back && member->shadow != NULL && member->shadow->n_refs > 0)
        note_renamed(member);
    hand_over(member, RELOAD_DONE);
}

static void refuse(struct member *member)
{
    struct record_generation back = member->before;

    // Nobody played before: nobody plays now, and the engine has to know that again too.
    if (step(member, &back.hdr) == AGON_EAGAIN) {
        atomic_store(&member->phase, RELOAD_REFUSED);
        return;
    }
    reload_fail(member);
}

static void await_live(struct member *member)
{
    int rc = run_process_answer(member->next->process, &member->err);

    if (rc == AGON_EAGAIN && !member->is_next_lost)
        return;
    if (rc < 0)
        refuse(member);
    else
        complete(member);
}

/* In lock-step the engine takes no event before the new one has answered. */
static void await_live_in_step(struct member *member)
{
    _Atomic uint32_t never = 0;

    while (atomic_load(&member->phase) == RELOAD_SWAPPING) {
        member->is_next_lost |= run_process_poll(member->next->process, clock_mono()) < 0;
        await_live(member);
        if (atomic_load(&member->phase) == RELOAD_SWAPPING)
            (void)futex_wait(&never, 0, NAP_NS / 10);
    }
}

static void swap(struct member *member)
{
    struct slot *slot = slot_of(member);
    struct generation *next = member->next;
    struct record_generation record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_GENERATION,
        .slot = member->slot,
        .generation_hash = next->hash,
        .event_mask = next->info.event_mask,
        .event_more = next->info.event_more,
        .bar_mask = generation_bars(next, &member->spec),
        .signals = next->signals,
        .why = (uint8_t)member->why,
        .agent_kind = slot->agent_kind};
    struct feed_live live = {.event_mask = next->info.event_mask,
                             .event_more = next->info.event_more,
                             .bar_mask = record.bar_mask,
                             .reason = member->start};
    const struct runner_port *port = generation_port(next);
    int64_t began;
    int rc;

    if (slots_fit(engine_slots(member->crew->config.engine), member->slot, slot->name,
                  &next->signals, &member->err) < 0) {
        reload_fail(member);
        return;
    }
    if (order_orders(member) == AGON_EAGAIN)
        return;
    if (next->run != NULL &&
        port->advance(port->ctx, engine_seq(member->crew->config.engine)) < 0) {
        fail_with(member, AGON_EIO, feed_failure(run_inproc_feed(next->run))->text);
        return;
    }
    if (next->run != NULL && member->active != NULL) {
        // All of its time it is heard: what it wishes now is taken behind the swap.
        port = generation_port(member->active);
        (void)port->advance(port->ctx, engine_seq(member->crew->config.engine));
        port = generation_port(next);
    }
    if (member->shadow != NULL || next->run == NULL)
        mux_drain(member, next, 1);
    began = clock_mono();
    if (next->number == 0)
        next->number = member->is_first ? slot->generation : slot->last_generation + 1;
    record.generation = next->number;
    member->before = record;
    member->before.generation = slot->generation;
    member->before.generation_hash = slot->generation_hash;
    member->before.event_mask = slot->subscription.event_mask;
    member->before.event_more = slot->subscription.event_more;
    member->before.bar_mask = slot->subscription.bar_mask;
    member->before.signals = slot->signals;
    member->before.why = GENERATION_REFUSED;
    rc = step(member, &record.hdr);
    if (rc == AGON_EAGAIN)
        return; // the journal has no room just now
    member->swap_seq = live.seq = engine_seq(member->crew->config.engine);
    live.nth = nth_of(member);
    live.generation = next->number;
    if (next->process != NULL) {
        rc = run_process_go_live(next->process, &live);
        member->report.swap_ns = clock_mono() - began;
        if (rc >= 0) {
            atomic_store(&member->phase, RELOAD_SWAPPING);
            if (member->crew->config.is_lock_step)
                await_live_in_step(member);
            return;
        }
        error_set(&member->err, rc, "the new generation has ended");
    } else {
        rc = port->advance(port->ctx, live.seq);
        if (rc >= 0)
            rc = feed_go_live(run_inproc_feed(next->run), &live, &member->err);
        member->report.swap_ns = clock_mono() - began;
    }
    if (rc < 0)
        refuse(member);
    else
        complete(member);
}

static void judge(struct member *member)
{
    struct generation *active = member->active, *next = member->next;
    const struct shadow_mode *mode = &shadow_modes[member->spec.shadow];
    uint64_t active_seq = 0, next_seq;
    int rc;

    if (member->is_next_lost) {
        fail_with(member, AGON_EIO,
                  next->process != NULL ? "the new generation died, or could not keep up"
                                        : "the new generation failed, or could not keep up");
        return;
    }
    if (member->shadow == NULL ||
        member->is_back) { // taken on trust: a restart, a roll-back, no shadow wanted
        swap(member);
        return;
    }
    if (active == NULL) {
        fail_with(member, AGON_EIO, "the active plugin has ended meanwhile");
        return;
    }
    active_seq = generation_done(active);
    if (evring_peek(generation_port(active)->from_agent, NULL) != NULL)
        active_seq = 0; // some of it is still to be heard
    next_seq = generation_done(next);
    mux_drain(member, next, 1);
    rc = mode->judge(member->shadow, active_seq, next_seq,
                     nth_of(member) - member->shadow->first_nth, member->spec.shadow_events,
                     &member->err);
    if (rc < 0)
        reload_fail(member);
    else if (rc == 1)
        swap(member);
}

static void attach(struct member *member)
{
    const struct runner_port *port = generation_port(member->next);

    member->is_attached = 1;
    if (port->advance(port->ctx, engine_seq(member->crew->config.engine)) < 0)
        member->is_next_lost = 1;
    if (member->shadow != NULL)
        member->shadow->first_nth = nth_of(member);
    atomic_store(&member->phase, RELOAD_SHADOWING);
    judge(member);
}

static void go_back(struct member *member)
{
    if (member->old == NULL || member->is_old_lost) {
        generation_end(member->doomed, AGON_END_RELOAD);
        member->doomed = member->old;
        member->old = NULL;
        member->is_back = 0;
        fail_with(member, AGON_ENOENT,
                  "there is no earlier generation to go back to: nothing was "
                  "reloaded since the start (`reloads` lists what was)");
        return;
    }
    if (member->is_draining)
        return; // its last wishes of the time when it played
    member->is_going_back = 1;
    member->next = member->teed = member->old;
    member->old = NULL;
    member->is_attached = 1;
    member->is_next_lost = 0;
    atomic_store(&member->phase, RELOAD_SHADOWING);
    swap(member);
}

static void turn(struct member *member)
{
    switch (atomic_load_explicit(&member->phase, memory_order_acquire)) {
    case RELOAD_CUT_WANTED:
        if (member->from_point)
            cut_from_point(member);
        else
            cut(member);
        break;
    case RELOAD_SAVING:
        await_state(member);
        break;
    case RELOAD_READY:
        attach(member);
        break;
    case RELOAD_SHADOWING:
        judge(member);
        break;
    case RELOAD_SWAPPING:
        await_live(member);
        break;
    case RELOAD_BACK_WANTED:
        go_back(member);
        break;
    case RELOAD_REFUSED:
        refuse(member);
        break;
    case RELOAD_DROP:
        reload_fail(member);
        break;
    default:
        break;
    }
}

/* A checkpoint: what the slot is at this seq, the plugin's own state as the child writes it, and
 * from here on every private event is kept. */
static void make_point(struct member *member, int64_t mono_ns)
{
    struct generation *active = member->active;
    const struct agon_event_hdr *event;
    struct cut *spare;
    int rc;

    if (member->is_making) {
        rc = run_process_answer(active->process, NULL);
        if (rc == AGON_EAGAIN)
            return;
        member->is_making = 0;
        if (rc < 0)
            return; // it saves none, or failed to: the next try is due in its time
        spare = member->point;
        member->point = member->making;
        member->making = spare;
        member->point->is_whole = 1;
        while ((event = evring_peek(&member->kept_out, NULL)) != NULL &&
               event->seq <= member->point->setup.head.seq)
            evring_release(&member->kept_out);
        return;
    }
    if (mono_ns - member->point_ns < member->spec.checkpoint_ns ||
        atomic_load(&member->phase) != RELOAD_IDLE)
        return;
    member->point_ns = mono_ns;
    if (member->making == NULL ||
        run_process_save(active->process, engine_seq(member->crew->config.engine)) < 0)
        return;
    member_cut(member->crew, member, member->making);
    member->is_making = 1;
}

int member_keep(struct member *member, struct error *err)
{
    uint64_t bytes = (evring_bytes(KEPT_GRANULES) + 127) / 128 * 128;

    member->point = cut_new(err);
    member->making = cut_new(err);
    member->kept_memory = aligned_alloc(128, bytes);
    if (member->point == NULL || member->making == NULL || member->kept_memory == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for checkpoints");
    memset(member->kept_memory, 0, bytes);
    REQUIRE(evring_format(member->kept_memory, KEPT_GRANULES) == AGON_OK);
    REQUIRE(evring_attach(&member->kept_in, member->kept_memory, KEPT_GRANULES) == AGON_OK);
    REQUIRE(evring_attach(&member->kept_out, member->kept_memory, KEPT_GRANULES) == AGON_OK);
    return AGON_OK;
}

void crew_turn(struct crew *crew, int64_t mono_ns)
{
    struct slot_set pending = slot_shared_look(&crew->pending);
    uint16_t slot;

    while (slot_set_take(&pending, &slot))
        turn(&crew->members[slot]);
    for (uint32_t i = 0; i < crew->n_members; i++) {
        struct member *member = &crew->members[i];

        if (!member->is_muxed)
            continue;
        // It had its time; what it wished in that is taken, however long the core was held up.
        if (member->is_draining && mono_ns > member->drain_ns &&
            (member->old == NULL || member->is_old_lost ||
             evring_peek(generation_port(member->old)->from_agent, NULL) == NULL)) {
            member->is_draining = 0;
            note_superseded(member);
        }
        if (member->kept_memory != NULL && member->active != NULL)
            make_point(member, mono_ns);
    }
}

struct slot_set crew_take_changed(struct crew *crew)
{
    struct slot_set changed = crew->changed;

    crew->changed = (struct slot_set){0};
    return changed;
}

static uint32_t add_bell(const struct generation *generation, struct futex_word *words, uint32_t n,
                         uint32_t room)
{
    if (generation == NULL || generation->process == NULL)
        return n;
    if (n < room) {
        words[n].word = run_process_bell(generation->process);
        words[n].expected = atomic_load_explicit(words[n].word, memory_order_acquire);
    }
    return n + 1;
}

uint32_t crew_bells(const struct crew *crew, struct futex_word *words, uint32_t room)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < crew->n_members; i++) {
        const struct member *member = &crew->members[i];

        n = add_bell(member->active, words, n, room);
        n = add_bell(member->old, words, n, room);
        if (member->is_attached) // else it is the loader's
            n = add_bell(member->next, words, n, room);
    }
    return n;
}

int crew_is_busy(const struct crew *crew)
{
    struct slot_set pending = slot_shared_look(&crew->pending);

    return !slot_set_is_empty(&pending);
}

static uint8_t kind_of(const struct generation *active, const char **why)
{
    *why = "";
    if (active->process == NULL) {
        *why = feed_failure(run_inproc_feed(active->run))->text;
        return CRASH_FAILED;
    }
    switch (run_process_end(active->process, why)) {
    case PROCESS_HUNG:
        return CRASH_HUNG;
    case PROCESS_FAILED:
        return CRASH_FAILED;
    case PROCESS_EXITED:
        return CRASH_EXITED;
    default:
        return CRASH_DIED;
    }
}

void crew_put_why(char *text, size_t room, const char *why)
{
    char *comma;

    snprintf(text, room, "%.*s", (int)room - 1, why);
    comma = strrchr(text, ',');
    if (strlen(why) >= room && comma != NULL)
        *comma = '\0';
}

int crew_say_end(const struct crew *crew, uint16_t slot, struct record_crash *crash)
{
    const struct generation *active = crew->members[slot].active;
    const char *why;

    memset(crash, 0, sizeof(*crash));
    crash->hdr.type = EVENT_CRASH;
    crash->hdr.granules = sizeof(*crash) / EVENT_GRANULE;
    crash->slot = slot;
    if (active == NULL)
        return 0;
    crash->kind = kind_of(active, &why);
    crew_put_why(crash->text, sizeof(crash->text), why);
    crash->generation = active->number;
    crash->generation_hash = active->hash;
    crash->nth = generation_nth(active);
    crash->last_seq = generation_done(active);
    crash->first_seq = crash->last_seq > CRASH_EVENTS ? crash->last_seq - CRASH_EVENTS + 1 : 1;
    if (active->process != NULL)
        run_process_fault(active->process, &crash->signal, &crash->ip, &crash->address);
    return 1;
}

void crew_bury(struct crew *crew, uint16_t slot, struct record_crash *crash)
{
    struct member *member = &crew->members[slot];
    struct generation *active = member->active;
    const unsigned char *state;
    uint64_t n;

    if (!crew_say_end(crew, slot, crash))
        return;
    if (active->process != NULL)
        run_process_kill(active->process, "it was ended: what it does no plugin may do");
    // The checkpoint's state lies in the memory of the dead.
    if (member->point != NULL && member->point->is_whole) {
        state = run_process_state(active->process, &n);
        free(member->point->state);
        member->point->state = state != NULL && n > 0 ? malloc(n) : NULL;
        member->point->n_state = n;
        if (member->point->state != NULL)
            memcpy(member->point->state, state, n);
        else
            member->point->is_whole = 0;
    }
    note_end(member, END_DIED);
    member->is_making = 0;
    member->is_held = 0;
    generation_end(member->dead, AGON_END_RISK);
    member->dead = active;
    member->active = NULL;
    if (!member->is_muxed)
        engine_attach_runner(crew->config.engine, slot, NULL);
}

int crew_save(struct crew *crew, uint16_t slot, unsigned char **bytes, uint64_t *n,
              struct error *err)
{
    struct member *member = &crew->members[slot];
    const unsigned char *state;
    _Atomic uint32_t never = 0;
    int rc;

    *bytes = NULL;
    *n = 0;
    if (member->active == NULL)
        return error_set(err, AGON_ESTATE, "slot %u has no active plugin", slot);
    if (member->active->run != NULL)
        return feed_save(run_inproc_feed(member->active->run), bytes, n, err);
    if (member->point != NULL)
        member->point->is_whole = 0;
    rc = run_process_save(member->active->process, engine_seq(crew->config.engine));
    // A checkpoint may be under way: it is waited for, and given up.
    for (int i = 0; rc == AGON_EBUSY && i < 1000; i++) {
        (void)futex_wait(&never, 0, 1000000);
        (void)run_process_poll(member->active->process, clock_mono());
        rc = run_process_save(member->active->process, engine_seq(crew->config.engine));
    }
    if (rc < 0)
        return error_set(err, rc, "the plugin of slot %u cannot be asked for its state", slot);
    member->is_making = 0;
    for (int i = 0; rc >= 0 && i < 1000; i++) {
        rc = run_process_answer(member->active->process, err);
        if (rc != AGON_EAGAIN)
            break;
        rc = AGON_OK;
        (void)futex_wait(&never, 0, 1000000);
        (void)run_process_poll(member->active->process, clock_mono());
    }
    if (rc < 0)
        return rc;
    state = run_process_state(member->active->process, n);
    *bytes = state != NULL && *n > 0 ? malloc(*n) : NULL;
    if (*bytes == NULL)
        return error_set(err, AGON_ENOMEM, "no state");
    memcpy(*bytes, state, *n);
    return AGON_OK;
}
