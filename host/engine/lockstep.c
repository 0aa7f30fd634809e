// SPDX-License-Identifier: Apache-2.0
#include "engine/lockstep.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/num.h"
#include "engine/driver.h"

#define ENGINE_WISH_BYTES 384 /* the largest record of an agent's ring */
#define WISHES            65536u
#define QUEUE             ((uint64_t)1 << 19) /* granules of market data on its way: 32 MiB */
#define SOURCES_MAX       64
#define LINGER_NS         ((agon_ns_t)60 * 1000000000)

struct run {
    const struct lockstep_config *config;
    struct lockstep_result *result;
    const struct agon_event_hdr *heads[SOURCES_MAX];
    void *queue_memory;    /* owned */
    struct evring in, out; /* both ends of the queue of market data on its way */
    struct wish {
        _Alignas(64) unsigned char bytes[ENGINE_WISH_BYTES];
    } * wishes;     /* owned */
    uint32_t *free; /* owned */
    uint32_t n_free;
    struct heap due; /* wishes by (t, order) */
    uint64_t order;
    struct driver driver;
    union {
        struct agon_event_hdr hdr;
        unsigned char bytes[EVENT_BYTES_MAX];
    } event;
    uint64_t n_data; // events of the market so far, and when the last of them arrives
    agon_ns_t t_data;
};

static int collect(struct run *run)
{
    struct engine *engine = run->config->engine;
    struct slots *slots = engine_slots(engine);

    for (uint16_t id = 0; id < slots->n; id++) {
        for (;;) {
            struct heap_node node = {.order = run->order};
            int rc;

            if (run->n_free == 0)
                return AGON_ENOMEM;
            node.a = run->free[run->n_free - 1];
            rc = engine_take_wish(engine, id,
                                  (struct agon_event_hdr *)(void *)run->wishes[node.a].bytes);
            if (rc == AGON_EINVAL)
                continue;
            if (rc < 0)
                return rc;
            if (rc == 0)
                break;
            run->n_free--;
            run->order++;
            node.t = engine_t(engine) + slots->all[id].intent_latency_ns;
            if (heap_push(&run->due, &node) < 0)
                return AGON_ENOMEM;
        }
    }
    return AGON_OK;
}

static int after(void *ctx, const struct agon_event_hdr *event, int rc)
{
    struct run *run = ctx;
    const struct lockstep_config *config = run->config;
    struct lockstep_result *result = run->result;
    uint16_t failed;
    int stop;

    if (result->n_events++ == 0)
        result->t_first = event->t;
    result->t_last = event->t;
    while (engine_advance_runners(config->engine, &failed) < 0) {
        if (result->n_failed_runners < SLOTS_MAX)
            result->failed[result->n_failed_runners++] = failed;
        engine_attach_runner(config->engine, failed, NULL);
    }
    stop = config->on_step != NULL ? config->on_step(config->ctx, event, rc) : AGON_OK;
    return stop < 0 ? stop : collect(run);
}

// At one time a bar closes before anything else comes, of whatever source.
static int is_before(const struct agon_event_hdr *a, const struct agon_event_hdr *b)
{
    return a->t != b->t ? a->t < b->t : a->type == AGON_EVENT_BAR && b->type != AGON_EVENT_BAR;
}

static uint32_t earliest(const struct run *run)
{
    uint32_t best = run->config->n_sources;

    int is_market = 0;

    for (uint32_t i = 0; i < run->config->n_sources; i++)
        is_market |= run->heads[i] != NULL && !run->config->sources[i].is_companion;
    for (uint32_t i = 0; is_market && i < run->config->n_sources; i++) {
        if (run->heads[i] != NULL &&
            (best == run->config->n_sources || is_before(run->heads[i], run->heads[best])))
            best = i;
    }
    return best;
}

static void copy_event(struct run *run, const struct agon_event_hdr *event)
{
    memcpy(run->event.bytes, event, event_bytes(event));
}

// A market event at the exchange: match sees it now, the core after the latency.
static int at_exchange(struct run *run, uint32_t source)
{
    const struct lockstep_config *config = run->config;
    int rc = AGON_OK;

    copy_event(run, run->heads[source]);
    if (config->paper != NULL) {
        paper_advance(config->paper, run->event.hdr.t - 1); // what arrives now meets this event
        paper_on_market(config->paper, &run->event.hdr);
    }
    if (config->latency != NULL)
        run->t_data = run->event.hdr.t = latency_arrival(
            config->latency, LATENCY_MARKET, run->n_data++, run->event.hdr.t, run->t_data);
    else
        run->event.hdr.t += config->data_latency_ns;
    rc = evring_put(&run->in, &run->event.hdr);
    run->heads[source] = config->sources[source].next(config->sources[source].ctx);
    return rc == AGON_EAGAIN ? AGON_ENOMEM : rc;
}

enum turn { TURN_DATA, TURN_ARRIVAL, TURN_REPORT, TURN_WISH, TURN_DELIVERY, TURNS };

static int run_on(struct run *run)
{
    const struct lockstep_config *config = run->config;
    agon_ns_t t_stop = INT64_MAX;
    int rc = AGON_OK;

    for (;;) {
        agon_ns_t t[TURNS] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
        uint32_t source = earliest(run);
        const struct agon_event_hdr *delivery = evring_peek(&run->out, NULL);
        struct record_report *report = config->paper != NULL ? paper_peek(config->paper) : NULL;
        const struct heap_node *wish = heap_top(&run->due);
        struct heap_node node;
        int turn = TURN_DATA;

        if (source < config->n_sources &&
            (config->t_end == 0 || run->heads[source]->t < config->t_end))
            t[TURN_DATA] = run->heads[source]->t;
        if (config->paper != NULL)
            t[TURN_ARRIVAL] = paper_next(config->paper);
        if (report != NULL)
            t[TURN_REPORT] = report->hdr.t;
        if (wish != NULL)
            t[TURN_WISH] = wish->t;
        if (delivery != NULL)
            t[TURN_DELIVERY] = delivery->t;
        for (int i = 1; i < TURNS; i++) {
            if (t[i] < t[turn])
                turn = i;
        }
        if (t[TURN_DATA] == INT64_MAX && delivery == NULL && t_stop == INT64_MAX)
            t_stop = engine_t(config->engine) + LINGER_NS;
        if (t[turn] == INT64_MAX || t[turn] > t_stop) {
            // Of the last moment too what is due.
            if (engine_next_due(config->engine) > engine_t(config->engine))
                return AGON_OK;
            t[turn] = num_add(engine_t(config->engine), 1);
        }
        // Before anything later, at the exchange too: what a plugin wants on a timer in a long
        // silence must not find the market that comes after it.
        if (engine_next_due(config->engine) < t[turn]) {
            rc = driver_due(&run->driver, t[turn]);
            if (rc < 0)
                return rc;
            continue;
        }
        switch (turn) {
        case TURN_DATA:
            rc = at_exchange(run, source);
            break;
        case TURN_ARRIVAL:
            paper_advance(config->paper, t[turn]);
            break;
        case TURN_REPORT: {
            struct record_report copy = *report;

            paper_take(config->paper);
            rc = driver_step(&run->driver, &copy.hdr);
            break;
        }
        case TURN_WISH:
            heap_pop(&run->due, &node);
            memcpy(run->event.bytes, run->wishes[node.a].bytes, ENGINE_WISH_BYTES);
            run->free[run->n_free++] = (uint32_t)node.a;
            run->event.hdr.t = node.t;
            rc = driver_step(&run->driver, &run->event.hdr);
            break;
        default:
            copy_event(run, delivery);
            evring_release(&run->out);
            run->result->n_market++;
            rc = driver_step(&run->driver, &run->event.hdr);
            break;
        }
        if (rc < 0)
            return rc;
    }
}

int lockstep_run(const struct lockstep_config *config, struct lockstep_result *result,
                 struct error *err)
{
    struct run *run = calloc(1, sizeof(*run));
    uint64_t bytes = (evring_bytes(QUEUE) + 127) & ~(uint64_t)127;
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
    run->driver = (struct driver){.engine = config->engine,
                                  .port = {.ctx = run, .after = after},
                                  .mark_every = config->mark_every,
                                  .next_mark = engine_seq(config->engine) + config->mark_every};
    run->queue_memory = aligned_alloc(128, bytes);
    run->wishes = aligned_alloc(64, WISHES * sizeof(*run->wishes));
    run->free = calloc(WISHES, sizeof(*run->free));
    if (run->queue_memory == NULL || run->wishes == NULL || run->free == NULL ||
        heap_init(&run->due, WISHES) < 0) {
        error_set(err, rc, "lockstep: out of memory");
        goto done;
    }
    memset(run->queue_memory, 0, bytes);
    REQUIRE(evring_format(run->queue_memory, QUEUE) == AGON_OK);
    REQUIRE(evring_attach(&run->in, run->queue_memory, QUEUE) == AGON_OK);
    REQUIRE(evring_attach(&run->out, run->queue_memory, QUEUE) == AGON_OK);
    for (uint32_t i = 0; i < WISHES; i++)
        run->free[i] = WISHES - 1 - i;
    run->n_free = WISHES;
    for (uint32_t i = 0; i < config->n_sources; i++)
        run->heads[i] = config->sources[i].next(config->sources[i].ctx);
    rc = collect(run); // what plugins wished for in on_start
    if (rc >= 0)
        rc = run_on(run);
    if (rc < 0)
        error_set(err, rc, "lockstep: stopped at seq %llu: %s",
                  (unsigned long long)engine_seq(config->engine), error_name(rc));
done:
    heap_deinit(&run->due);
    free(run->queue_memory);
    free(run->wishes);
    free(run->free);
    free(run);
    return rc;
}
