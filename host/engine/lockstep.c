// SPDX-License-Identifier: Apache-2.0
#include "engine/lockstep.h"

#include <stdlib.h>

#include "base/hot.h"
#include "base/num.h"
#include "engine/lockstep_jobs.h"
#include "engine/lockstep_turn.h"

/* Takes what a slot wants. Each acts at the time of its cause + the slot's latency, and at one time
 * they act by (cause, slot, n), whenever they are taken. */
HOT int lockstep_collect_slot(struct run *run, uint16_t id, int has_looked)
{
    struct engine *engine = run->config->engine;
    int is_ahead = slot_set_has(&run->ahead, id);

    for (;;) {
        struct heap_node node = {0};
        struct agon_event_hdr *wish;
        uint64_t cause = engine_seq(engine);
        agon_ns_t t = engine_t(engine);
        int rc;

        if (run->n_free == 0 && run->n_wished == WISHES)
            return AGON_ENOMEM;
        node.a = run->n_free > 0 ? run->free[run->n_free - 1] : run->n_wished;
        wish = (struct agon_event_hdr *)(void *)run->wishes[node.a].bytes;
        rc = engine_take_wish(engine, id, wish);
        if (rc == AGON_EINVAL)
            continue;
        if (rc <= 0)
            return rc;
        if (is_ahead) { // the plugin's word: no more than the steps that it had
            uint64_t said = ((struct agon_intent_event *)(void *)wish)->origin.cause_seq;
            uint64_t from =
                run->ahead_from[id] > run->cause[id] ? run->ahead_from[id] : run->cause[id];

            cause = said < from ? from : said < cause ? said : cause;
            t = run->ahead_t[cause % AHEAD_STEPS];
        } else if (has_looked) { // its own number is not that of the step
            ((struct agon_intent_event *)(void *)wish)->origin.cause_seq = cause;
        }
        run->n_cause[id] = cause == run->cause[id] ? run->n_cause[id] + 1 : 0;
        run->cause[id] = cause;
        if (run->n_free > 0)
            run->n_free--;
        else
            run->n_wished++;
        node.order = (cause << ORDER_SLOT_BITS | id) << ORDER_WISH_BITS | run->n_cause[id];
        node.t = t + engine_slots(engine)->all[id].intent_latency_ns;
        if (heap_push(&run->due, &node) < 0)
            return AGON_ENOMEM;
        run->n_wishes[id]++;
        slot_set_add(&run->wishing, id);
    }
}

/* Of slots that have now stepped what they have heard of ahead. */
static HOT int collect_looked(struct run *run, const struct agon_event_hdr *event)
{
    struct slot_set ends;
    uint16_t slot;
    int rc = look_behind(run->look, event == run->row);

    run->is_otherwise = rc < 0;
    if (rc < 0)
        return rc;
    ends = look_ends(run->look);
    while (rc >= 0 && slot_set_take(&ends, &slot))
        rc = lockstep_collect_slot(run, slot, 1);
    return rc;
}

void lockstep_lose(struct run *run, uint16_t slot)
{
    struct lockstep_result *result = run->result;

    if (result->n_failed_runners < SLOTS_MAX)
        result->failed[result->n_failed_runners++] = slot;
    engine_attach_runner(run->config->engine, slot, NULL);
    if (run->config->on_lost != NULL)
        slot_set_add(&run->lost, slot);
}

/* What becomes of a slot whose plugin has ended is the engine's to say, as in a live host. */
static int tell_lost(struct run *run)
{
    struct record_crash crash = {0};
    uint16_t slot;

    if (!slot_set_take(&run->lost, &slot))
        return AGON_OK;
    run->config->on_lost(run->config->ctx, slot, &crash);
    crash.hdr.t = engine_t(run->config->engine);
    return driver_step(&run->driver, &crash.hdr);
}

/* Until each slot has done all steps so far. */
static HOT int settle(struct run *run)
{
    uint16_t slot;
    int rc = AGON_OK;

    // The last first: most of the others are done by then, and wake nobody.
    for (uint32_t i = engine_slots(run->config->engine)->n; i > 0; i--) {
        if (slot_set_has(&run->ahead, i - 1))
            (void)engine_await_runner(run->config->engine, (uint16_t)(i - 1));
    }
    while (rc >= 0 && (slot = (uint16_t)slot_set_first(&run->ahead)) < SLOTS_MAX) {
        int done = engine_await_runner(run->config->engine, slot);

        if (done < 0)
            lockstep_lose(run, slot);
        else
            rc = lockstep_collect_slot(run, slot, 0);
        if (done != 0)
            slot_set_remove(&run->ahead, slot);
    }
    run->n_ahead = 0;
    run->t_horizon = INT64_MAX;
    return rc;
}

/* Who has work in this step. A process takes its time for it, and what it will want acts a latency
 * later: what is due sooner need not wait for it. Whoever has no latency is waited for at once. */
static HOT __attribute__((noinline)) int begin_ahead(struct run *run, const struct slot_set *begun,
                                                     int is_urgent)
{
    struct engine *engine = run->config->engine;
    const struct slots *slots = engine_slots(engine);
    struct slot_set set = *begun;
    uint16_t slot;

    run->ahead_t[engine_seq(engine) % AHEAD_STEPS] = engine_t(engine);
    while (slot_set_take(&set, &slot)) {
        agon_ns_t t = num_add(engine_t(engine), slots->all[slot].intent_latency_ns);

        if (!slot_set_has(&run->ahead, slot)) {
            slot_set_add(&run->ahead, slot);
            run->ahead_from[slot] = engine_seq(engine);
        }
        if (t < run->t_horizon)
            run->t_horizon = t;
    }
    is_urgent |= ++run->n_ahead >= AHEAD_STEPS || run->t_horizon <= engine_t(engine);
    return is_urgent ? settle(run) : AGON_OK;
}

/* Could what is not known yet come before what is next at t? */
static HOT int must_settle(const struct run *run, agon_ns_t t, agon_ns_t t_stop)
{
    agon_ns_t t_due = engine_next_due(run->config->engine);

    return t == INT64_MAX || t > t_stop || (t < t_due ? t : t_due) >= run->t_horizon;
}

static struct slot_set all_slots(struct engine *engine)
{
    struct slot_set all = {0};

    for (uint32_t id = 0; id < engine_slots(engine)->n; id++)
        slot_set_add(&all, id);
    return all;
}

/* Of a step that concerns somebody. Not inlined: what it needs is not made where nobody is. */
HOT __attribute__((noinline)) int lockstep_after_called(struct run *run,
                                                        const struct agon_event_hdr *event, int rc)
{
    struct engine *engine = run->config->engine;
    struct slot_set begun = {0};
    uint16_t failed;
    int is_urgent = event->type == EVENT_PLAN_LINES || event->type == EVENT_PLAN; // slots may go
    int stop = AGON_OK;

    while (engine_advance_ahead(engine, &begun, &is_urgent, &failed) < 0)
        lockstep_lose(run, failed);
    if (!slot_set_is_empty(&begun) || !slot_set_is_empty(&run->ahead))
        stop = begin_ahead(run, &begun, is_urgent);
    if (stop >= 0 && run->look != NULL)
        stop = collect_looked(run, event);
    if (stop >= 0)
        stop = observe(run, event, rc);
    return stop < 0 ? stop : collect(run, engine_called(engine));
}

static HOT int after(void *ctx, const struct agon_event_hdr *event, int rc)
{
    return after_here(ctx, event, rc);
}

// At one time a bar closes before anything else comes, of whatever source.
static int is_before(const struct run *run, uint32_t a, uint32_t b)
{
    return run->at[a] != run->at[b]
               ? run->at[a] < run->at[b]
               : run->heads[a]->type == AGON_EVENT_BAR && run->heads[b]->type != AGON_EVENT_BAR;
}

static uint32_t earliest(const struct run *run)
{
    uint32_t best = run->config->n_sources;
    int is_market = 0;

    for (uint32_t i = 0; i < run->config->n_sources; i++)
        is_market |= run->heads[i] != NULL && !run->config->sources[i].is_companion;
    for (uint32_t i = 0; is_market && i < run->config->n_sources; i++) {
        if (is_played(run, i) && (best == run->config->n_sources || is_before(run, i, best)))
            best = i;
    }
    return best;
}

HOT uint32_t lockstep_next_source(struct run *run)
{
    if (run->source == UINT32_MAX)
        run->source = earliest(run);
    return run->source;
}

/* The head of a source in its queue, as of the exchange's time; NULL: the queue is full. */
static inline struct agon_event_hdr *take_head(struct run *run, uint32_t source)
{
    struct agon_event_hdr *event =
        put_on_way(&run->queues[run->queue_of[source]], run->heads[source]);

    if (event == NULL)
        return NULL;
    event->t = run->at[source];
    if (event->type == AGON_EVENT_TRADE && trade_book(event) != NULL)
        trade_book(event)->hdr.t = event->t;
    return event;
}

// A market event at the exchange: match sees it now, the core after the latency.
static INLINE int at_exchange(struct run *run, uint32_t source)
{
    agon_ns_t t_head = run->heads[source]->t;
    struct agon_event_hdr *event;

    if (run->heads[source]->granules == 0)
        return AGON_EINVAL;
    event = take_head(run, source);
    if (event == NULL)
        return AGON_ENOMEM;
    show_exchange(run, event);
    send_on(run, source, event, t_head);
    next_head(run, source);
    return AGON_OK;
}

// The queue whose first is received first; NULL: nothing is on its way.
static inline struct on_way *first_delivery(struct run *run)
{
    struct on_way *first = run->queues[0].first != NULL ? &run->queues[0] : NULL;

    for (uint32_t i = 1; i < run->n_queues; i++) {
        struct on_way *queue = &run->queues[i];

        if (queue->first != NULL && (first == NULL || queue->first->t < first->first->t))
            first = queue;
    }
    return first;
}

/* Who may hear of what is to come does, before that row is stepped. Not inlined: seldom is there
 * anybody. */
void lockstep_look_on(struct run *run, const struct agon_event_hdr *row)
{
    struct slot_set busy = run->wishing;

    for (uint32_t word = 0; word < SLOT_WORDS; word++)
        slot_set_add_word(&busy, word, run->ahead.bits[word] | run->lost.bits[word]);
    run->row = row;
    look_ahead(run->look, &busy);
}

// Where it stands: nothing is put into its place before it is done with.
static INLINE int deliver_first(struct run *run, struct on_way *queue, agon_ns_t t)
{
    int rc;

    run->result->n_market++;
    if (run->look != NULL)
        lockstep_look_on(run, queue->first);
    rc = t >= engine_t(run->config->engine) ? take_known(run, queue->first)
                                            : driver_step(&run->driver, queue->first);
    run->row = NULL;
    on_way_pop(queue);
    return rc;
}

enum turn { TURN_DATA, TURN_ARRIVAL, TURN_REPORT, TURN_JOB, TURN_WISH, TURN_DELIVERY };

static void acts(struct run *run, uint16_t slot)
{
    if (--run->n_wishes[slot] == 0)
        slot_set_remove(&run->wishing, slot);
}

static inline void sooner(agon_ns_t *t, enum turn *turn, agon_ns_t t_other, enum turn other)
{
    if (t_other < *t) {
        *t = t_other;
        *turn = other;
    }
}

static inline int is_next_too(const struct run *run, agon_ns_t t)
{
    const struct agon_event_hdr *next = run->queues[0].first;

    return run->is_plain && next != NULL && is_too(run, next, t);
}

/* All that is delivered at t, up to what has something before it. */
static HOT int deliver_all(struct run *run, struct on_way *queue, agon_ns_t t)
{
    int rc;

    do
        rc = deliver_first(run, queue, t);
    while (rc >= 0 && is_next_too(run, t));
    return rc;
}

/* When something else than the market's data is the next that happens: of the exchange's, and of
 * the core's. */
static inline agon_ns_t exchange_at(const struct run *run)
{
    agon_ns_t t = paper_next(run->config->paper), t_told = paper_tells(run->config->paper);

    return t_told < t ? t_told : t;
}

static inline agon_ns_t core_at(const struct run *run)
{
    const struct heap_node *wish = heap_top(&run->due);
    agon_ns_t t = engine_next_due(run->config->engine);

    return wish != NULL && wish->t < t ? wish->t : t;
}

/* The data of the one source, at the exchange and at the core, up to what has something else before
 * it or at the same time: the turns of run_on, in their order, without a look at what there is none
 * of. 1: something was taken, and a bar may be the next that is alone. */
static HOT int pass_data(struct run *run)
{
    struct on_way *queue = &run->queues[run->queue_of[0]];
    agon_ns_t t_core = core_at(run), t_other = exchange_at(run);
    int rc = AGON_OK, is_one = 0;

    t_other = t_core < t_other ? t_core : t_other;

    while (rc >= 0 && slot_set_is_empty(&run->ahead) && slot_set_is_empty(&run->lost)) {
        const struct agon_event_hdr *first = queue->first;
        agon_ns_t t_first = first != NULL ? first->t : INT64_MAX;

        if (lockstep_next_source(run) == 0 && run->at[0] <= t_first) {
            if (run->at[0] >= t_other || run->heads[0]->type == AGON_EVENT_BAR)
                break;
            rc = at_exchange(run, 0);
        } else {
            if (t_first >= t_other || paper_told_last(run->config->paper, first->t_venue) > t_first)
                break;
            rc = deliver_first(run, queue, t_first);
            t_core = core_at(run);
        }
        t_other = exchange_at(run);
        t_other = t_core < t_other ? t_core : t_other;
        is_one = 1;
    }
    return rc < 0 ? rc : is_one;
}

// Not inlined: it is the hot part of a function that is not.
static HOT __attribute__((noinline)) int run_on(struct run *run)
{
    const struct lockstep_config *config = run->config;
    agon_ns_t t_stop = INT64_MAX;
    int rc = AGON_OK;

    for (;;) {
        rc = run->is_steady && run->queues[0].first == NULL && heap_top(&run->due) == NULL
                 ? lockstep_rows(run)
                 : 0;
        if (rc >= 0 && run->is_alone && t_stop == INT64_MAX)
            rc = pass_data(run);
        if (rc < 0)
            return rc;
        if (rc > 0)
            continue;

        agon_ns_t t = INT64_MAX; // of the turn that is first; at one time they are in their order
        struct engine_job job;
        uint32_t source = lockstep_next_source(run);
        struct on_way *queue = first_delivery(run);
        const struct agon_event_hdr *delivery = queue != NULL ? queue->first : NULL;
        const struct heap_node *wish = heap_top(&run->due);
        struct heap_node node;
        int has_data = source < config->n_sources;
        enum turn turn = TURN_DATA;

        if (has_data)
            t = run->at[source];
        if (config->paper != NULL) {
            sooner(&t, &turn, paper_next(config->paper), TURN_ARRIVAL);
            sooner(&t, &turn, paper_tells(config->paper), TURN_REPORT);
        }
        if (config->jobs.wait != NULL)
            sooner(&t, &turn, next_of_jobs(&config->jobs, config->engine, &job), TURN_JOB);
        if (wish != NULL)
            sooner(&t, &turn, wish->t, TURN_WISH);
        if (delivery != NULL) {
            agon_ns_t t_told =
                config->paper != NULL ? paper_told_last(config->paper, delivery->t_venue) : 0;

            // The same where the reports of that bar are slower than most.
            sooner(&t, &turn, t_told > delivery->t ? t_told : delivery->t, TURN_DELIVERY);
        }
        if (!slot_set_is_empty(&run->ahead) && must_settle(run, t, t_stop)) {
            rc = settle(run);
            if (rc < 0)
                return rc;
            continue;
        }
        // Between two settlements it depends on the machine when a process's end is seen.
        if (slot_set_is_empty(&run->ahead) && !slot_set_is_empty(&run->lost)) {
            rc = tell_lost(run);
            if (rc < 0)
                return rc;
            continue;
        }
        if (config->jobs.say != NULL && (rc = say_to_cards(&config->jobs, &run->driver)) != 0) {
            if (rc < 0)
                return rc;
            continue;
        }
        if (!has_data && delivery == NULL && t_stop == INT64_MAX)
            t_stop = lockstep_close(run);
        if (t == INT64_MAX || t > t_stop) {
            // Up to the close, and of the last moment too, what is due.
            t = num_add(run->t_close, 1);
            if (t <= engine_t(config->engine))
                t = num_add(engine_t(config->engine), 1);
            if (engine_next_due(config->engine) >= t)
                return AGON_OK;
        }
        // Before anything later, at the exchange too: what a plugin wants on a timer in a long
        // silence must not find the market that comes after it.
        // A sample that may be left changes nothing of what is first, but it may have been what
        // came before the first intent that is not known yet.
        if (engine_next_due(config->engine) < t && t_stop == INT64_MAX &&
            engine_leave_sample(config->engine) && !slot_set_is_empty(&run->ahead) &&
            must_settle(run, t, t_stop))
            continue;
        if (engine_next_due(config->engine) < t) {
            rc = driver_due(&run->driver, t);
            if (rc < 0)
                return rc;
            continue;
        }
        switch (turn) {
        case TURN_DATA:
            do
                rc = at_exchange(run, source);
            while (rc >= 0 && run->is_plain && lockstep_next_source(run) == source &&
                   run->at[source] <= t);
            break;
        case TURN_ARRIVAL:
            paper_advance(config->paper, t);
            break;
        case TURN_REPORT:
            rc = paper_offer(config->paper, &run->driver);
            break;
        case TURN_JOB:
            rc = job.id != 0 ? end_job(&config->jobs, &run->driver, &job)
                             : end_chunk(&config->jobs, &run->driver, t);
            break;
        case TURN_WISH:
            heap_pop(&run->due, &node);
            acts(run, (uint16_t)(node.order >> ORDER_WISH_BITS & (SLOTS_MAX - 1)));
            memcpy(run->event.bytes, run->wishes[node.a].bytes, ENGINE_WISH_BYTES);
            run->free[run->n_free++] = (uint32_t)node.a;
            run->event.hdr.t = node.t;
            rc = driver_step(&run->driver, &run->event.hdr);
            break;
        default:
            rc = deliver_all(run, queue, t);
            break;
        }
        if (rc < 0)
            return rc;
    }
}

static int add_queue(struct run *run, uint64_t granules)
{
    int rc = on_way_init(&run->queues[run->n_queues], granules);

    run->n_queues += rc >= 0;
    return rc;
}

static int add_queues(struct run *run)
{
    int rc = add_queue(run, QUEUE);

    for (uint32_t i = 0; i < run->config->n_sources && rc >= 0; i++) {
        if (run->config->sources[i].received == NULL)
            continue;
        run->queue_of[i] = run->n_queues;
        rc = add_queue(run, QUEUE_RECEIVED);
    }
    return rc;
}

int lockstep_run(const struct lockstep_config *config, struct lockstep_result *result,
                 struct error *err)
{
    struct run *run = calloc(1, sizeof(*run));
    struct slot_set all;
    int rc = AGON_ENOMEM;

    memset(result, 0, sizeof(*result));
    if (config->n_sources > SOURCES_MAX || config->data_latency_ns < 0) {
        free(run);
        return error_set(err, AGON_EINVAL, "at most %d sources, and no negative latency",
                         SOURCES_MAX);
    }
    if (run == NULL)
        return error_set(err, rc, "lockstep: out of memory");
    run->config = config;
    run->result = result;
    run->t_horizon = INT64_MAX;
    run->driver = (struct driver){.engine = config->engine,
                                  .port = {.ctx = run, .after = after},
                                  .mark_every = config->mark_every,
                                  .next_mark = engine_seq(config->engine) + config->mark_every};
    run->along = along_new(config->engine, &run->driver);
    run->wishes = aligned_alloc(64, WISHES * sizeof(*run->wishes));
    run->free = malloc(WISHES * sizeof(*run->free));
    if (run->along == NULL || add_queues(run) < 0 || run->wishes == NULL || run->free == NULL ||
        heap_init(&run->due, WISHES) < 0) {
        error_set(err, rc, "lockstep: out of memory");
        goto done;
    }
    if (config->walks_all)
        along_walk_all(run->along);
    run->is_alone = config->paper != NULL && config->n_sources == 1 && config->jobs.wait == NULL &&
                    config->jobs.say == NULL && !config->walks_all && !config->is_single;
    run->is_plain = run->is_alone && run->n_queues == 1;
    run->is_steady =
        run->is_plain && paper_is_steady(config->paper) &&
        (config->latency == NULL || config->latency->legs[LATENCY_MARKET].kind == LATENCY_CONSTANT);
    if (config->paper != NULL)
        paper_set_along(config->paper, run->along);
    rc = run->is_steady ? look_new(&run->look, config, err) : AGON_OK;
    if (rc < 0 && rc != AGON_ENOTSUP)
        goto done;
    run->is_alone &= run->look == NULL;
    for (uint32_t i = 0; i < config->n_sources; i++)
        next_head(run, i);
    all = all_slots(config->engine);
    rc = collect(run, &all); // what plugins wished for in on_start
    if (rc >= 0)
        rc = run_on(run);
    if (rc < 0)
        error_set(err, rc, "lockstep: stopped at seq %llu: %s",
                  (unsigned long long)engine_seq(config->engine),
                  run->is_otherwise ? "an agent in a process had heard of what was to come, and "
                                      "here it came otherwise; with --no-ahead it does not"
                                    : error_name(rc));
done:
    if (config->paper != NULL)
        paper_set_along(config->paper, NULL);
    along_free(run->along);
    result->n_looked = run->look != NULL ? look_n(run->look) : 0;
    look_free(run->look);
    heap_deinit(&run->due);
    for (uint32_t i = 0; i < run->n_queues; i++)
        on_way_deinit(&run->queues[i]);
    free(run->wishes);
    free(run->free);
    free(run);
    return rc;
}
