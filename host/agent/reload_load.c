// SPDX-License-Identifier: Apache-2.0
/* reload_load: the loader's part of another generation for a slot: what takes time. The core's is
 * in reload.c. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/crew_impl.h"
#include "agent/rehearse.h"
#include "sys/clock.h"
#include "sys/futex.h"

#define STATE_ROOM   ((uint64_t)256 << 10) /* of the first try */
#define CLOSE_ENOUGH 256                   /* events that the core feeds to a new generation */
#define TRIES        3                     /* cuts, when the bus has overtaken a new generation */
#define CATCH_UP_NS  ((int64_t)30 * 1000000000)
#define WAIT_NS      ((int64_t)100 * 1000000)
#define NAP_NS       ((int64_t)200 * 1000)

static void give(struct member *member, uint32_t phase)
{
    atomic_store_explicit(&member->phase, phase, memory_order_release);
    slot_shared_add(&member->crew->pending, member->slot);
    if (member->crew->config.wake != NULL)
        member->crew->config.wake(member->crew->config.ctx);
}

static int is_ours(uint32_t phase)
{
    return phase == RELOAD_CUT || phase == RELOAD_DONE || phase == RELOAD_FAILED;
}

/* Until the core has given the slot back. */
static int await(struct member *member, struct error *err)
{
    uint32_t phase;

    while (!is_ours(phase = atomic_load_explicit(&member->phase, memory_order_acquire))) {
        if (atomic_load(&member->crew->is_closing)) {
            // The core stands still: it is ours to clear up.
            slot_shared_remove(&member->crew->pending, member->slot);
            error_set(&member->err, AGON_ESTATE, "the host is stopping");
            reload_fail(member);
            break;
        }
        (void)futex_wait(&member->phase, phase, WAIT_NS);
    }
    if (atomic_load(&member->phase) != RELOAD_FAILED)
        return AGON_OK;
    *err = member->err;
    return member->err.code < 0 ? member->err.code : AGON_EIO;
}

static int catch_up(struct member *member, struct error *err)
{
    struct generation *next = member->next;
    const struct bus_shm *bus = member->crew->bus;
    int64_t until = clock_mono() + CATCH_UP_NS;
    _Atomic uint32_t never = 0;
    uint64_t n_gaps;

    for (;;) {
        if (next->run != NULL && feed_run(run_inproc_feed(next->run), UINT64_MAX) < 0) {
            *err = *feed_failure(run_inproc_feed(next->run));
            return err->code;
        }
        if (next->process != NULL && run_process_poll(next->process, clock_mono()) < 0) {
            const char *why;

            run_process_end(next->process, &why);
            return error_set(err, AGON_EIO, "before it was ready: %s", why);
        }
        n_gaps = next->run != NULL ? atomic_load(&next->n_gaps)
                                   : atomic_load(&run_process_beat(next->process)->n_gaps);
        if (n_gaps > 0)
            return error_set(err, AGON_EAGAIN, "the bus has overtaken it");
        if (generation_done(next) + CLOSE_ENOUGH >=
            atomic_load_explicit(&bus->tail_seq, memory_order_acquire))
            return AGON_OK;
        if (clock_mono() > until || atomic_load(&member->crew->is_closing))
            return error_set(err, AGON_ETIME, "it does not reach the present");
        if (next->process != NULL) {
            run_process_wake(next->process);
            (void)futex_wait(&never, 0, NAP_NS);
        }
    }
}

/* Takes a new instance away from the core, if it has it. */
static void drop(struct member *member)
{
    struct error ignored = {0};

    give(member, RELOAD_DROP);
    (void)await(member, &ignored);
}

static void end_next(struct member *member)
{
    if (!member->is_back)
        generation_end(member->next, AGON_END_RELOAD);
    member->next = NULL;
}

static void keep_state(const struct member *member, const struct setup *setup)
{
    const struct crew_config *config = &member->crew->config;
    unsigned char hash[HASH_SIZE];

    if (config->keep == NULL || setup->n_state == 0)
        return;
    cut_hash(setup->state, setup->n_state, hash);
    config->keep(config->ctx, CREW_KEPT_STATE, hash, -1, setup->state, setup->n_state);
}

/* From a loaded generation to one that plays. */
static int try_once(struct member *member, struct error *err)
{
    const struct crew_config *config = &member->crew->config;
    struct crew_history history = {0};
    struct setup *setup;
    struct cut *from;
    int rc = generation_open(member->next, &member->spec, err);

    member->is_next_lost = 0;
    member->is_ordered = 0;
    memset(&member->err, 0, sizeof(member->err));
    if (rc < 0)
        return rc;
    free(member->new_shadow);
    member->new_shadow = NULL;
    if (member->spec.shadow != CREW_SHADOW_NONE && member->with_state) {
        member->new_shadow = calloc(1, sizeof(*member->new_shadow));
        if (member->new_shadow == NULL)
            return error_set(err, AGON_ENOMEM, "no memory for a shadow");
    }
    give(member, RELOAD_CUT_WANTED);
    rc = await(member, err);
    if (rc < 0)
        return rc;
    from = member->from_point ? member->point : member->cut;
    free(member->spent_shadow);
    member->spent_shadow = NULL;
    setup = &from->setup;
    setup->state = from->n_state > 0 ? from->state : NULL;
    setup->n_state = (uint32_t)from->n_state;
    if (from->n_state == 0 && config->history != NULL)
        config->history(config->ctx, setup->head.seq, &history);
    setup->bars = history.bars;
    setup->n_bars = history.n_bars;
    setup->trades = history.trades;
    setup->n_trades = history.n_trades;
    setup->head.start = AGON_START_SHADOW;
    setup->head.slot.signals = member->next->signals;
    member->report.n_state = from->n_state;
    rc = generation_begin(member->next, &member->spec, setup, err);
    if (rc >= 0)
        keep_state(member, setup);
    if (rc >= 0)
        rc = catch_up(member, err);
    if (rc < 0) {
        drop(member);
        return rc;
    }
    give(member, RELOAD_READY);
    return await(member, err);
}

static int finish(struct member *member, int rc, int64_t began, struct crew_report *report,
                  struct error *err)
{
    if (rc < 0) {
        end_next(member);
        error_wrap(err, "slot %s", member->spec.record.name);
    }
    generation_end(member->doomed, AGON_END_RELOAD);
    member->doomed = NULL;
    member->is_back = 0;
    member->report.total_ns = clock_mono() - began;
    if (report != NULL)
        *report = member->report;
    atomic_store(&member->phase, RELOAD_IDLE);
    return rc;
}

/* From here on the slot is the loader's. slot: who is to play where nobody plays; else NULL. */
static int begin(struct crew *crew, uint16_t number, struct crew_slot *slot, uint32_t why,
                 uint32_t start, struct error *err)
{
    struct member *member = &crew->members[number];
    uint32_t idle = RELOAD_IDLE;

    if (!atomic_compare_exchange_strong(&member->phase, &idle, RELOAD_LOADING))
        return error_set(err, AGON_EBUSY, "slot %u: a swap is under way already", number);
    (void)member_seat(crew, number);
    if (slot != NULL && (member->active != NULL || member->dead != NULL)) {
        atomic_store(&member->phase, RELOAD_IDLE);
        return error_set(err, AGON_ESTATE, "slot %s has a plugin already", slot->record.name);
    }
    if (slot != NULL) {
        member->spec = *slot;
        member->source = slot;
    }
    if (member->crew->config.step == NULL || member->spec.plugin[0] == '\0') {
        atomic_store(&member->phase, RELOAD_IDLE);
        return error_set(err, AGON_ESTATE, "slot %u has nothing to reload", member->slot);
    }
    if (member->active != NULL && !atomic_load(&member->active->is_begun)) {
        atomic_store(&member->phase, RELOAD_IDLE);
        return error_set(err, AGON_ESTATE, "slot %s is not active yet", member->spec.record.name);
    }
    if (member->cut == NULL)
        member->cut = cut_new(err);
    if (member->cut == NULL) {
        atomic_store(&member->phase, RELOAD_IDLE);
        return AGON_ENOMEM;
    }
    if (member->cut->state == NULL) {
        member->cut->state = malloc(STATE_ROOM);
        member->cut->state_room = member->cut->state != NULL ? STATE_ROOM : 0;
    }
    memset(&member->report, 0, sizeof(member->report));
    memset(&member->err, 0, sizeof(member->err));
    member->why = why;
    member->start = start;
    member->with_state = member->active != NULL && why == GENERATION_RELOAD;
    member->from_point = 0;
    member->is_back = 0;
    member->is_first = slot != NULL;
    return AGON_OK;
}

static int grow_state(struct member *member)
{
    uint64_t room = member->cut->state_room * 16;
    unsigned char *state;

    if (room > SETUP_STATE_MAX)
        room = SETUP_STATE_MAX;
    if (room <= member->cut->state_room || (state = realloc(member->cut->state, room)) == NULL)
        return 0;
    member->cut->state = state;
    member->cut->state_room = room;
    return 1;
}

// The code that would play for the slot must be able to, before anything of the slot is touched.
static int check_fit(const struct member *member, const struct generation *next, struct error *err)
{
    if (next->info.kind != member->spec.record.agent_kind)
        return error_set(err, AGON_EINVAL, "it is of another kind than the slot's: %s",
                         plugin_kind_name(next->info.kind));
    // Where nobody was active in this run it is as at a start: what is open is told to it all the
    // same.
    if (member->spec.orders_on_reload == CREW_ORDERS_KEEP && next->info.kind == AGON_STRATEGY &&
        (member->active != NULL || member->dead != NULL) &&
        (next->info.caps & AGON_ADOPTS_ORDERS) == 0)
        return error_set(err, AGON_ESTATE,
                         "it does not adopt orders (AGON_ADOPTS_ORDERS), and the roster says "
                         "orders_on_reload: keep; expected 'orders_on_reload: cancel' or another "
                         "plugin");
    return AGON_OK;
}

static int rehearse_file(struct member *member, struct error *err)
{
    struct plugin_file copy;
    struct plugin_info *info;
    struct rehearsal rehearsal;
    int is_inproc = member->next->runner == CREW_INPROC;
    int rc = AGON_OK;

    if (member->next->linked[0] != '\0')
        return AGON_OK;
    // What runs in this process was not tried in a child yet.
    if (is_inproc) {
        info = calloc(1, sizeof(*info));
        if (info == NULL)
            return error_set(err, AGON_ENOMEM, "no memory for a probe");
        rc = plugin_file_stage(&copy, member->next->file.path, NULL, member->slot, err);
        if (rc >= 0)
            rc = plugin_probe(&copy, NULL, member->spec.plugin_index, 0, info, err);
        free(info);
    } else {
        copy = member->next->file;
    }
    if (rc >= 0 && member->crew->config.is_rehearsed) {
        rc = plugin_rehearse(&copy, NULL, member->spec.plugin_index, 0, &member->next->files,
                             &rehearsal, err);
        for (unsigned i = 0; i < REHEARSE_CHECKS && rc >= 0; i++)
            if (rehearsal.checks[i].verdict == REHEARSAL_ERROR)
                rc = error_set(err, AGON_EINVAL, "val-%s: %.180s", rehearsal_id(i),
                               rehearsal.checks[i].text);
    }
    if (is_inproc)
        plugin_file_drop(&copy);
    return rc;
}

static int load_next(struct member *member, const char *path, struct error *err)
{
    int rc;

    member->next = generation_new(member->crew, &member->spec, err);
    if (member->next == NULL)
        return AGON_ENOMEM;
    rc = generation_load(member->next, &member->spec, path, err);
    if (rc >= 0)
        rc = check_fit(member, member->next, err);
    return rc;
}

static int try_often(struct member *member, struct error *err)
{
    int rc = AGON_OK;

    for (int i = 0; rc >= 0; i++) {
        struct generation *again;

        rc = try_once(member, err);
        if (rc != AGON_ENOSPC && (rc != AGON_EAGAIN || i + 1 >= TRIES))
            break;
        if (rc == AGON_ENOSPC && !grow_state(member))
            break;
        // Overtaken, or no room for the state: a new instance of the same file, from a new cut.
        again = generation_again(member->next, &member->spec, err);
        rc = again != NULL ? AGON_OK : AGON_EIO;
        if (again != NULL) {
            generation_end(member->next, AGON_END_RELOAD);
            member->next = again;
        }
    }
    return rc;
}

int crew_reload(struct crew *crew, uint16_t slot, const char *path, struct crew_report *report,
                struct error *err)
{
    struct member *member = &crew->members[slot];
    const char *from = path != NULL ? path : member->spec.plugin;
    int64_t began = clock_mono();
    int rc = begin(crew, slot, NULL, GENERATION_RELOAD, AGON_START_RELOAD, err);

    if (rc < 0)
        return rc;
    rc = load_next(member, from, err);
    if (rc >= 0)
        rc = rehearse_file(member, err);
    if (rc >= 0)
        rc = try_often(member, err);
    return finish(member, rc, began, report, err);
}

int crew_rollback(struct crew *crew, uint16_t slot, struct crew_report *report, struct error *err)
{
    struct member *member = &crew->members[slot];
    int64_t began = clock_mono();
    int rc = begin(crew, slot, NULL, GENERATION_ROLLBACK, AGON_START_RELOAD, err);

    if (rc < 0)
        return rc;
    memset(&member->err, 0, sizeof(member->err));
    member->is_ordered = 0;
    member->is_back = 1;
    give(member, RELOAD_BACK_WANTED);
    rc = await(member, err);
    return finish(member, rc, began, report, err);
}

int crew_restart(struct crew *crew, uint16_t slot, struct crew_report *report, struct error *err)
{
    struct member *member = &crew->members[slot];
    int64_t began = clock_mono();
    int rc = begin(crew, slot, NULL, GENERATION_RESTORE, AGON_START_RESTORE, err);

    if (rc < 0)
        return rc;
    if (member->dead == NULL)
        return finish(member, error_set(err, AGON_ESTATE, "nothing has crashed"), began, report,
                      err);
    member->from_point = member->kept_memory != NULL;
    if (!member->from_point) {
        member->why = GENERATION_FRESH;
        member->start = AGON_START_FRESH;
    }
    for (int i = 0; i < 2; i++) {
        member->next = generation_again(member->dead, &member->spec, err);
        rc = member->next == NULL ? AGON_EIO : try_once(member, err);
        if (rc >= 0 || !member->from_point)
            break;
        // Nothing to go on from, or the bus no longer has it: it begins with nothing.
        end_next(member);
        member->from_point = 0;
        member->why = GENERATION_FRESH;
        member->start = AGON_START_FRESH;
    }
    return finish(member, rc, began, report, err);
}

static int seat_new(struct member *member, struct crew_slot *slot,
                    int (*seat)(void *ctx, struct crew_slot *slot, struct error *err), void *ctx,
                    struct error *err)
{
    int rc;

    member->next = generation_new(member->crew, slot, err);
    if (member->next == NULL)
        return AGON_ENOMEM;
    rc = generation_load(member->next, slot, slot->plugin, err);
    if (rc >= 0)
        rc = generation_bind(member->next, slot, err);
    if (rc < 0)
        return rc;
    slot->record.subscription.event_mask = member->next->info.event_mask;
    slot->record.subscription.event_more = member->next->info.event_more;
    slot->record.subscription.bar_mask = generation_bars(member->next, slot);
    slot->record.signals = member->next->signals;
    slot->record.agent_kind = (uint8_t)member->next->info.kind;
    slot->record.generation_hash = member->next->hash;
    member->spec = *slot;
    if (slot->checkpoint_ns > 0 && member->next->runner == CREW_PROCESS && member->point == NULL)
        rc = member_keep(member, err);
    return rc < 0 ? rc : seat(ctx, slot, err);
}

int crew_add(struct crew *crew, struct crew_slot *slot,
             int (*seat)(void *ctx, struct crew_slot *slot, struct error *err), void *ctx,
             struct crew_report *report, struct error *err)
{
    struct member *member;
    int64_t began = clock_mono();
    int rc;

    if (slot->record.slot >= SLOTS_MAX)
        return error_set(err, AGON_ERANGE, "slot %u: at most %d slots", slot->record.slot,
                         SLOTS_MAX);
    member = &crew->members[slot->record.slot];
    rc = begin(crew, slot->record.slot, slot, GENERATION_FRESH, AGON_START_FRESH, err);
    if (rc < 0)
        return rc;
    rc = seat_new(member, slot, seat, ctx, err);
    if (rc >= 0)
        rc = try_often(member, err);
    return finish(member, rc, began, report, err);
}
