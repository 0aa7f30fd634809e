// SPDX-License-Identifier: Apache-2.0
/* lockstep_turn: what one event of a run in lock-step passes through, whether it comes by itself
 * (lockstep.c) or as part of a row of bars (lockstep_rows.c). [one thread] */
#ifndef ENGINE_LOCKSTEP_TURN_H
#define ENGINE_LOCKSTEP_TURN_H

#include "engine/lockstep_impl.h"

/* What each event passes through is one function, not a chain of them (ADR 125). */
#define INLINE inline __attribute__((always_inline))

/* Takes what a slot wants. has_looked: it has heard ahead of the step. [lockstep.c, as all of
 * these] */
int lockstep_collect_slot(struct run *run, uint16_t id, int has_looked);
void lockstep_lose(struct run *run, uint16_t slot); /* its plugin has ended */
/* Behind a step that concerns somebody. */
int lockstep_after_called(struct run *run, const struct agon_event_hdr *event, int rc);
/* Who may hear of what is to come does, before that row is stepped. */
void lockstep_look_on(struct run *run, const struct agon_event_hdr *row);
/* Whose head is the next at the exchange; n_sources: nobody's. */
uint32_t lockstep_next_source(struct run *run);

static inline int collect(struct run *run, const struct slot_set *of)
{
    int rc = AGON_OK;

    for (uint64_t words = of->words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);

        for (uint64_t bits = of->bits[word] & ~run->ahead.bits[word]; bits != 0; bits &= bits - 1) {
            uint16_t id = (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(bits));

            if (engine_may_wish(run->config->engine, id))
                rc = lockstep_collect_slot(run, id, 0);
            if (rc < 0)
                return rc;
        }
    }
    return rc;
}

static inline int observe(const struct run *run, const struct agon_event_hdr *event, int rc)
{
    const struct lockstep_config *config = run->config;

    return config->on_step != NULL ? config->on_step(config->ctx, event, rc) : AGON_OK;
}

static inline void count_event(struct lockstep_result *result, agon_ns_t t)
{
    if (result->n_events++ == 0)
        result->t_first = t;
    result->t_last = t;
}

static INLINE int after_here(struct run *run, const struct agon_event_hdr *event, int rc)
{
    struct engine *engine = run->config->engine;
    uint16_t failed;
    int turn, stop;

    count_event(run->result, event->t);
    if (!slot_set_is_empty(&run->ahead) || run->look != NULL)
        return lockstep_after_called(run, event, rc);
    if (engine_advance_nobody(engine))
        return observe(run, event, rc);
    turn = engine_advance_plain(engine, &failed);
    if (turn < 0)
        lockstep_lose(run, failed);
    if (turn != 1)
        return lockstep_after_called(run, event, rc);
    stop = observe(run, event, rc);
    return stop < 0 ? stop : collect(run, engine_called(engine));
}

static inline int is_played(const struct run *run, uint32_t source)
{
    const struct agon_event_hdr *head = run->heads[source];

    return head != NULL && (run->config->t_end == 0 || head->t < run->config->t_end);
}

static inline uint32_t only(const struct run *run)
{
    return is_played(run, 0) && !run->config->sources[0].is_companion ? 0 : 1;
}

static INLINE void next_head(struct run *run, uint32_t source)
{
    const struct lockstep_source *from = &run->config->sources[source];
    const struct agon_event_hdr *event =
        run->look != NULL ? look_next(run->look) : from->next(from->ctx);

    run->heads[source] = event;
    if (event != NULL)
        run->at[source] = from->received != NULL ? received_at(from->received, event) : event->t;
    run->source = run->config->n_sources == 1 ? only(run) : UINT32_MAX; // most runs have one
}

/* The same of the one source of a run that is steady. */
static inline void next_row(struct run *run)
{
    const struct lockstep_source *from = &run->config->sources[0];
    const struct agon_event_hdr *event;

    if (run->look != NULL) {
        next_head(run, 0);
        return;
    }
    run->heads[0] = event = from->next(from->ctx);
    if (event != NULL)
        run->at[0] = event->t;
    run->source = only(run);
}

/* An event in a queue, behind all that is there. NULL: it is full. */
static inline struct agon_event_hdr *put_on_way(struct on_way *queue,
                                                const struct agon_event_hdr *from)
{
    struct agon_event_hdr *event = &queue->here.hdr;

    if (queue->first == NULL)
        queue->first = event;
    else if ((event = on_way_claim(queue, from->granules)) == NULL)
        return NULL;
    on_way_copy(event, from);
    return event;
}

/* When the core hears of it, from when it was at the exchange on. t_head: as a recording says. */
static inline void send_on(struct run *run, uint32_t source, struct agon_event_hdr *event,
                           agon_ns_t t_head)
{
    const struct lockstep_config *config = run->config;

    if (config->sources[source].received != NULL)
        event->t = t_head;
    else if (config->latency != NULL)
        run->t_data = event->t =
            latency_arrival(config->latency, LATENCY_MARKET, run->n_data++, event->t, run->t_data);
    else
        event->t += config->data_latency_ns;
    if (event->t < run->t_told)
        event->t = run->t_told;
}

/* The exchange has it. */
static inline void show_exchange(struct run *run, const struct agon_event_hdr *event)
{
    struct paper *paper = run->config->paper;

    if (paper == NULL)
        return;
    if (paper_next(paper) < event->t)
        paper_advance(paper, event->t - 1); // what arrives now meets this event
    paper_on_market(paper, event);
    // Whoever hears of the market would know more than what is told of a bar before it.
    if (paper_told_by(paper, event) > run->t_told)
        run->t_told = paper_told_by(paper, event);
}

/* As driver_take, in one piece with what is done behind it: that nothing is due before it is known
 * of its turn (run_on), and nobody waits for room (driver_port). */
static inline int take_known(struct run *run, struct agon_event_hdr *event)
{
    struct engine *engine = run->config->engine;
    int rc = engine_step(engine, event), stop;

    if (rc == AGON_EAGAIN)
        return rc;
    run->driver.rc = rc;
    stop = after_here(run, event, rc);
    if (rc == AGON_ECORRUPT || stop < 0)
        return rc == AGON_ECORRUPT ? rc : stop;
    return engine_owes(engine) || driver_has_mark(&run->driver) ? driver_behind(&run->driver)
                                                                : AGON_OK;
}

/* Is the next news behind what was delivered at t of the same time, and nothing before it? */
static inline int is_too(const struct run *run, const struct agon_event_hdr *next, agon_ns_t t)
{
    const struct heap_node *wish = heap_top(&run->due);

    return next->t <= t && (wish == NULL || wish->t > t) && run->source != UINT32_MAX &&
           run->source < run->config->n_sources && run->at[run->source] > t &&
           paper_next(run->config->paper) > t && paper_tells(run->config->paper) > t &&
           paper_told_last(run->config->paper, next->t_venue) <= t &&
           slot_set_is_empty(&run->ahead) && slot_set_is_empty(&run->lost) &&
           engine_next_due(run->config->engine) >= t;
}

#endif
