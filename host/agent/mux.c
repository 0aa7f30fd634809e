// SPDX-License-Identifier: Apache-2.0
/* mux: stands between the engine's port and the instances of a slot: every one of them is told the
 * slot's private events, and only the one that plays is heard. [core] */
#include <stdlib.h>

#include "agent/crew_impl.h"

static void set_ref(struct agon_event_hdr *event, uint64_t ref)
{
    if (event->type == AGON_EVENT_ORDER)
        ((struct agon_order *)(void *)event)->client_ref = ref;
    else
        ((struct agon_fill *)(void *)event)->client_ref = ref;
}

/* The new one knows an order of the active one by a number of its own. */
static int tell_mapped(struct member *member, struct evring *ring,
                       const struct agon_event_hdr *event)
{
    union {
        struct agon_event_hdr hdr;
        struct agon_order order;
        struct agon_fill fill;
    } mapped;
    struct shadow *shadow = member->shadow;

    if (event->type != AGON_EVENT_ORDER && event->type != AGON_EVENT_FILL)
        return evring_put(ring, event);
    if (event->type == AGON_EVENT_ORDER)
        mapped.order = *(const struct agon_order *)(const void *)event;
    else
        mapped.fill = *(const struct agon_fill *)(const void *)event;
    for (uint32_t i = 0; i < shadow->n_refs; i++) {
        if (shadow->refs[i].active !=
            (event->type == AGON_EVENT_ORDER ? mapped.order.client_ref : mapped.fill.client_ref))
            continue;
        set_ref(&mapped.hdr, shadow->refs[i].next);
        if (event->type == AGON_EVENT_ORDER && agon_is_final(&mapped.order))
            shadow->refs[i].is_final = 1;
        break;
    }
    return evring_put(ring, &mapped.hdr);
}

/* Who it is that knows orders by other numbers: the new one, before and after it took over. */
static const struct generation *knower(const struct member *member)
{
    return member->teed != NULL && !member->is_going_back ? member->teed : member->active;
}

static int tell(struct member *member, struct generation *generation,
                const struct agon_event_hdr *event)
{
    struct evring *ring = generation_port(generation)->to_agent;

    if (member->shadow != NULL && member->shadow->n_refs > 0 && generation == knower(member))
        return tell_mapped(member, ring, event);
    return evring_put(ring, event);
}

static int put(void *ctx, const struct agon_event_hdr *event)
{
    struct member *member = ctx;
    int rc = AGON_OK;

    if (member->old != NULL && tell(member, member->old, event) < 0)
        note_old_lost(member);
    if (member->active != NULL)
        rc = tell(member, member->active, event);
    if (member->teed != NULL && tell(member, member->teed, event) < 0)
        member->is_next_lost = 1;
    if (member->kept_memory != NULL && evring_put(&member->kept_in, event) < 0)
        member->kept_lost_seq = event->seq;
    return rc;
}

void mux_drain(struct member *member, struct generation *generation, int is_compared)
{
    const struct shadow_mode *mode = &shadow_modes[member->spec.shadow];
    _Alignas(64) unsigned char bytes[ENGINE_WISH_BYTES];
    struct agon_event_hdr *wish = (struct agon_event_hdr *)(void *)bytes;
    int rc;

    while ((rc = engine_copy_wish(generation_port(generation)->from_agent, wish)) != 0) {
        if (rc == AGON_ECORRUPT) {
            if (generation == member->old)
                note_old_lost(member);
            else
                member->is_next_lost = 1;
            return;
        }
        if (rc == 1 && is_compared && member->shadow != NULL && mode->on_next != NULL)
            mode->on_next(member->shadow, wish,
                          generation->process != NULL && !member->crew->config.is_lock_step);
    }
}

static int advance(void *ctx, uint64_t seq)
{
    struct member *member = ctx;
    const struct runner_port *port;
    int rc = AGON_OK;

    if (member->active != NULL) {
        port = generation_port(member->active);
        rc = port->advance(port->ctx, seq);
    }
    if (member->old != NULL && !member->is_old_lost) {
        port = generation_port(member->old);
        if (port->advance(port->ctx, seq) < 0)
            note_old_lost(member);
        else if (!member->is_draining)
            mux_drain(member, member->old, 0);
    }
    if (member->is_attached && !member->is_next_lost) {
        port = generation_port(member->next);
        if (port->advance(port->ctx, seq) < 0)
            member->is_next_lost = 1;
    }
    // Before its ring is full: what it wishes while it catches up is nobody's order.
    if (member->teed != NULL && !member->is_next_lost &&
        atomic_load(&member->phase) != RELOAD_SWAPPING)
        mux_drain(member, member->teed, 1);
    return rc;
}

static int is_changing(const struct member *member)
{
    return member->old != NULL || member->is_attached || member->teed != NULL ||
           atomic_load_explicit(&member->phase, memory_order_relaxed) != RELOAD_IDLE;
}

static int pass(void *ctx, uint64_t seq)
{
    struct member *member = ctx;
    const struct runner_port *port;

    // Whoever changes hands waits for both to be at the same event.
    if (member->active == NULL || is_changing(member))
        return advance(ctx, seq);
    port = generation_port(member->active);
    return port->pass != NULL ? port->pass(port->ctx, seq) : port->advance(port->ctx, seq);
}

static int is_wished(void *ctx)
{
    struct member *member = ctx;
    const struct runner_port *port;

    if (member->active == NULL || atomic_load(&member->phase) == RELOAD_SWAPPING)
        return 0;
    port = generation_port(member->active);
    return port->is_wished != NULL && port->is_wished(port->ctx);
}

static uint64_t cause(const struct agon_event_hdr *wish)
{
    return ((const struct agon_intent_event *)(const void *)wish)->origin.cause_seq;
}

static int take_draining(struct member *member, struct agon_event_hdr *wish)
{
    // Read before the ring: what it has wished for up to there is then in the ring.
    int is_done = member->is_old_lost || generation_done(member->old) + 1 >= member->swap_seq;
    int rc = engine_copy_wish(generation_port(member->old)->from_agent, wish);

    member->took = member->old;
    if (rc == 1 && cause(wish) < member->swap_seq)
        return 1;
    if (rc == AGON_EINVAL)
        return rc;
    if (rc == 0 && !is_done)
        return 0;
    member->is_old_lost |= rc == AGON_ECORRUPT;
    member->is_draining = 0; // all of its time was heard; the rest it wishes as a shadow
    note_superseded(member);
    return AGON_EAGAIN;
}

/* An order that the one before made is known to the engine by that one's number. */
static void unmap(struct member *member, struct agon_event_hdr *wish)
{
    struct agon_intent *intent = &((struct agon_intent_event *)(void *)wish)->intent;
    struct shadow *shadow = member->shadow;

    if (wish->type != AGON_EVENT_INTENT ||
        (intent->kind != AGON_INTENT_REPLACE && intent->kind != AGON_INTENT_CANCEL))
        return;
    for (uint32_t i = 0; i < shadow->n_refs; i++) {
        if (shadow->refs[i].next == intent->client_ref) {
            intent->client_ref = shadow->refs[i].active;
            return;
        }
    }
}

static int take(void *ctx, struct agon_event_hdr *wish)
{
    struct member *member = ctx;
    int is_swapping = atomic_load(&member->phase) == RELOAD_SWAPPING;
    int rc;

    if (member->is_draining) {
        rc = take_draining(member, wish);
        if (rc != AGON_EAGAIN)
            return rc;
    }
    if (member->active == NULL || (is_swapping && member->is_held))
        return 0;
    if (member->is_held) {
        memcpy(wish, member->held, sizeof(member->held));
        member->is_held = 0;
        member->took = member->held_of;
        return 1;
    }
    member->took = member->active;
    do {
        rc = engine_copy_wish(generation_port(member->active)->from_agent, wish);
    } while (rc == 1 && cause(wish) < member->live_seq);
    if (rc != 1)
        return rc;
    // Whose word it is after the take-over is not known yet.
    if (is_swapping && cause(wish) >= member->swap_seq) {
        memcpy(member->held, wish, sizeof(member->held));
        member->is_held = 1;
        member->held_of = member->active;
        return 0;
    }
    if (member->shadow != NULL && member->teed != NULL && !member->is_going_back &&
        shadow_modes[member->spec.shadow].on_active != NULL)
        shadow_modes[member->spec.shadow].on_active(member->shadow, wish,
                                                    member->active->process != NULL &&
                                                        !member->crew->config.is_lock_step);
    else if (member->shadow != NULL && member->shadow->n_refs > 0 &&
             knower(member) == member->active)
        unmap(member, wish);
    return 1;
}

static const void *box(void *ctx, uint32_t at)
{
    const struct member *member = ctx;
    const struct runner_port *port;

    // Whoever was ended meanwhile has no boxes any more.
    if (member->took == NULL || (member->took != member->active && member->took != member->old &&
                                 member->took != member->teed))
        return NULL;
    port = generation_port(member->took);
    return port->box != NULL ? port->box(port->ctx, at) : NULL;
}

static void give_result(const struct generation *generation, uint32_t place, const void *bytes,
                        uint64_t n)
{
    const struct runner_port *port = generation != NULL ? generation_port(generation) : NULL;

    if (port != NULL && port->result != NULL)
        port->result(port->ctx, place, bytes, n);
}

static void result(void *ctx, uint32_t place, const void *bytes, uint64_t n)
{
    const struct member *member = ctx;

    give_result(member->old, place, bytes, n);
    give_result(member->active, place, bytes, n);
    give_result(member->teed, place, bytes, n);
}

static uint64_t nth(void *ctx)
{
    const struct member *member = ctx;

    return member->active != NULL ? generation_nth(member->active) : 0;
}

void mux_attach(struct member *member)
{
    member->port = (struct runner_port){.ctx = member,
                                        .advance = advance,
                                        .pass = pass,
                                        .is_wished = is_wished,
                                        .nth = nth,
                                        .box = box,
                                        .result = result,
                                        .put = put,
                                        .take = take};
    engine_attach_runner(member->crew->config.engine, member->slot, &member->port);
    member->is_muxed = 1;
}
