// SPDX-License-Identifier: Apache-2.0
/* lockstep_rows: bars with the open behind each, taken in one go where nothing else happens. One of
 * which that has to be found out goes by pass_bar. Behind it, while no plugin wants anything, it is
 * known of the next ones but for what stands in them: those are a loop of their own (pass_calm,
 * ADR 174). Both take the turns of lockstep.c in their order. */
#include "base/hot.h"
#include "engine/lockstep_turn.h"

/* The end of a bar on whose way nothing happens is a number, and its BAR all that it brings. */
static inline int pass_end(struct run *run, struct record_path *end)
{
    int rc;

    if (end->hdr.type == 0)
        return AGON_OK;
    rc = engine_pass(run->config->engine, &end->hdr);
    if (rc < 0)
        return rc;
    count_event(run->result, end->hdr.t);
    return observe(run, &end->hdr, AGON_OK);
}

/* When the core would hear of a bar that is at the exchange at t, and of its end. */
static inline agon_ns_t told_at(const struct run *run, agon_ns_t t, agon_ns_t t_end)
{
    const struct latency *latency = run->config->latency;
    agon_ns_t t_bar = t + (latency != NULL ? latency->legs[LATENCY_MARKET].median_ns
                                           : run->config->data_latency_ns);

    if (latency != NULL && t_bar < run->t_data)
        t_bar = run->t_data;
    if (t_bar < run->t_told)
        t_bar = run->t_told;
    return t_bar < t_end ? t_end : t_bar;
}

/* Is a bar the next of the data, with nothing on its way or at rest? */
static inline int is_bar_next(struct run *run)
{
    return run->queues[0].first == NULL && heap_top(&run->due) == NULL &&
           lockstep_next_source(run) == 0 && run->heads[0]->type == AGON_EVENT_BAR &&
           run->heads[0]->granules == 2 && paper_is_quiet(run->config->paper) &&
           slot_set_is_empty(&run->lost) && slot_set_is_empty(&run->ahead);
}

/* ... and is nothing due before the core has heard of it at t_bar? *has_sample: but for a sample,
 * which may be left. */
static inline int is_bar_alone(struct run *run, agon_ns_t *t_end, agon_ns_t *t_bar, int *has_sample)
{
    const struct engine *engine = run->config->engine;

    if (!is_bar_next(run))
        return 0;
    *t_end = paper_told_by(run->config->paper, run->heads[0]);
    *t_bar = told_at(run, run->at[0], *t_end);
    if (*t_end == 0)
        return 0;
    *has_sample = engine_due_before(engine, *t_bar);
    return *has_sample >= 0;
}

/* Both at the core, where nothing is on its way: neither has been. An open that has something else
 * before it is on its way from now on. */
static inline int take_pair(struct run *run, struct agon_event_hdr *bar,
                            struct agon_event_hdr *quote, agon_ns_t t)
{
    struct agon_event_hdr *event = bar;
    int rc;

    for (;;) {
        run->result->n_market++;
        if (run->look != NULL)
            lockstep_look_on(run, event);
        rc = t >= engine_t(run->config->engine) ? take_known(run, event)
                                                : driver_step(&run->driver, event);
        run->row = NULL;
        if (rc < 0 || event == quote || quote == NULL)
            return rc;
        if (!is_too(run, quote, t))
            break;
        event = quote;
    }
    (void)put_on_way(&run->queues[0], quote); // the queue is empty
    return rc;
}

/* Both on their way from the exchange, where nothing is; quote NULL: the bar alone. */
static __attribute__((noinline)) void put_pair(struct run *run, struct agon_event_hdr *bar,
                                               struct agon_event_hdr *quote, agon_ns_t t)
{
    bar = put_on_way(&run->queues[0], bar);
    show_exchange(run, bar);
    send_on(run, 0, bar, t);
    if (quote != NULL) {
        quote = put_on_way(&run->queues[0], quote);
        show_exchange(run, quote);
        send_on(run, 0, quote, t);
    }
}

/* --- while it is calm --- */

struct calm_rows { /* what holds of all rows of a calm */
    struct engine_calm of;
    uint32_t length_s;
    int64_t data_ns;        /* from the exchange to the core */
    int64_t told_ns;        /* ... of what is told of a bar's end */
    struct agon_quote open; /* at the exchange, the last, which is to be settled there; */
    int has_open;           /* ... there is one */
};

static inline int is_same_minute(agon_ns_t a, agon_ns_t b)
{
    return a == b || (a - 1) / MINUTE_NS == (b - 1) / MINUTE_NS;
}

static inline const struct agon_bar *head_bar(const struct run *run)
{
    return (const struct agon_bar *)(const void *)run->heads[0];
}

/* May the rows from the head on be a calm's? Not inlined: it is asked once a calm. */
static __attribute__((noinline)) int begin_calm(struct run *run, struct calm_rows *rows)
{
    const struct lockstep_config *config = run->config;
    const struct agon_bar *bar;
    struct record_path end;
    agon_ns_t t_end;
    int is_calm;

    if (run->look != NULL || !is_bar_next(run))
        return 0;
    bar = head_bar(run);
    t_end = paper_told_by(config->paper, &bar->hdr);
    is_calm = t_end != 0 ? engine_is_calm(config->engine, bar, &rows->of) : AGON_EAGAIN;
    // The prices of a calm are noted where they are looked for.
    if (is_calm == 0 &&
        paper_is_passed(config->paper, bar, t_end, told_at(run, run->at[0], t_end), &end))
        is_calm = engine_is_calm(config->engine, bar, &rows->of);
    rows->has_open = 0;
    rows->length_s = bar->length_s;
    rows->told_ns = t_end - bar->hdr.t;
    rows->data_ns = config->latency != NULL ? config->latency->legs[LATENCY_MARKET].median_ns
                                            : config->data_latency_ns;
    return is_calm == 1 &&
           (rows->of.is_along || !paper_has_along(config->paper, bar->hdr.instrument));
}

/* Is the head one of them, as far as it says itself? When its end is told, and when it is. */
static INLINE int is_calm_row(const struct run *run, struct calm_rows *rows, agon_ns_t *t_end,
                              agon_ns_t *t_bar)
{
    struct engine *engine = run->config->engine;
    const struct agon_bar *bar = head_bar(run);
    agon_ns_t t;

    if (run->source != 0 || bar->hdr.type != AGON_EVENT_BAR || bar->hdr.granules != 2 ||
        bar->hdr.instrument != rows->of.instrument || bar->length_s != rows->length_s ||
        bar->low_px < rows->of.low_px || bar->high_px > rows->of.high_px)
        return 0;
    *t_end = run->at[0] + rows->told_ns;
    t = run->at[0] + rows->data_ns;
    if (run->config->latency != NULL && t < run->t_data)
        t = run->t_data;
    if (t < run->t_told)
        t = run->t_told;
    *t_bar = t = t < *t_end ? *t_end : t;
    return engine_calm_lasts(engine, &rows->of, t) && t >= engine_t(engine) &&
           (!rows->of.is_along || is_same_minute(*t_end, t));
}

/* It is told at t_end and they at t_bar, the exchange having both. n_data is not kept of them:
 * where latency is the same for each, which it is does not count. */
static INLINE void send_pair(struct run *run, const struct calm_rows *rows, agon_ns_t t_end,
                             agon_ns_t t_bar)
{
    agon_ns_t t_data = run->bar.hdr.t + rows->data_ns;

    if (t_end > run->t_told)
        run->t_told = t_end;
    if (run->config->latency != NULL && t_data > run->t_data)
        run->t_data = t_data;
    run->bar.hdr.t = run->open.hdr.t = t_bar;
}

/* Exchange and core are as by the turns of run_on. */
static void settle_calm(struct run *run, struct calm_rows *rows)
{
    if (rows->has_open)
        paper_followed(run->config->paper, &rows->open);
    rows->has_open = 0;
    engine_calm_settle(run->config->engine, &rows->of);
}

/* Whoever looks at more than the events finds all settled. */
static INLINE int observe_calm(struct run *run, struct calm_rows *rows,
                               const struct agon_event_hdr *event)
{
    if (run->config->on_row != NULL)
        return run->config->on_row(run->config->ctx, event);
    settle_calm(run, rows);
    return observe(run, event, AGON_OK);
}

/* Behind each of both. 1: the next is no calm's. */
static INLINE int is_calm_over(struct run *run, struct calm_rows *rows)
{
    int rc;

    if (!engine_owes(run->config->engine) && !driver_has_mark(&run->driver))
        return 0;
    settle_calm(run, rows);
    rc = driver_behind(&run->driver);
    return rc < 0 ? rc : 1;
}

/* Behind the bar's step, as after_here. 1: the next is no calm's. */
static INLINE int after_calm(struct run *run, struct calm_rows *rows)
{
    struct engine *engine = run->config->engine;
    uint16_t failed;
    int turn = engine_calm_turn(engine, &failed), rc, is_over;

    run->driver.rc = AGON_OK;
    count_event(run->result, run->bar.hdr.t);
    if (turn != 1) {
        settle_calm(run, rows);
        if (turn < 0)
            lockstep_lose(run, failed);
        rc = lockstep_after_called(run, &run->bar.hdr, AGON_OK);
        rc = rc < 0 ? rc : 1;
    } else {
        rc = observe_calm(run, rows, &run->bar.hdr);
        if (rc >= 0 && !slot_set_is_empty(engine_called(engine))) {
            rc = collect(run, engine_called(engine));
            rc = rc < 0 ? rc : heap_top(&run->due) != NULL;
        }
    }
    if (rc < 0)
        return rc;
    is_over = is_calm_over(run, rows);
    return is_over != 0 ? is_over : rc;
}

/* The end of the bar, and the bar. An end that nobody looks at by itself goes with it. */
static INLINE int step_calm_bar(struct run *run, struct calm_rows *rows, agon_ns_t t_end,
                                agon_ns_t t_bar)
{
    struct record_path end, *with = NULL;
    int rc = AGON_OK;

    if (rows->of.is_along) {
        end = paper_end(&run->bar, t_end, rows->of.slots);
        run->result->n_passed_ends++;
        if (run->config->on_row != NULL) {
            with = &end;
        } else {
            settle_calm(run, rows);
            rc = pass_end(run, &end);
        }
    }
    send_pair(run, rows, t_end, t_bar);
    if (rc >= 0)
        rc = engine_calm_bar(run->config->engine, &rows->of, with, &run->bar);
    if (rc >= 0 && with != NULL)
        count_event(run->result, end.hdr.t);
    return rc;
}

/* Takes one. 0: the next may be one too. 1: it has to be found out. */
static INLINE int pass_calm_row(struct run *run, struct calm_rows *rows, agon_ns_t t_end,
                                agon_ns_t t_bar)
{
    struct engine *engine = run->config->engine;
    struct agon_event_hdr *bar = &run->bar.hdr, *open = &run->open.hdr;
    agon_ns_t t = run->at[0];
    int rc;

    run->bar = *head_bar(run);
    bar->t = t;
    next_row(run);
    if (run->source != 0 || run->at[0] != t || run->heads[0]->type != AGON_EVENT_QUOTE ||
        run->heads[0]->granules != 1) {
        settle_calm(run, rows);
        put_pair(run, bar, NULL, t);
        return 1;
    }
    run->open = *(const struct agon_quote *)(const void *)run->heads[0];
    open->t = t;
    next_row(run);
    if (run->source != 0 || run->at[0] <= t_bar ||
        !engine_calm_has(engine, &rows->of, &run->bar, &run->open) ||
        !paper_follow(run->config->paper, &run->bar, &run->open)) {
        settle_calm(run, rows);
        put_pair(run, bar, open, t);
        return 1;
    }
    rows->open = run->open;
    rows->has_open = 1;
    run->result->n_passed++;
    run->result->n_calm++;
    rc = step_calm_bar(run, rows, t_end, t_bar);
    if (rc < 0)
        return rc;
    run->result->n_market++;
    rc = after_calm(run, rows);
    if (rc < 0)
        return rc;
    if (rc == 1) {
        settle_calm(run, rows);
        if (is_too(run, open, t_bar))
            rc = take_pair(run, open, NULL, t_bar);
        else
            (void)put_on_way(&run->queues[0], open); // the queue is empty
        return rc < 0 ? rc : 1;
    }
    run->result->n_market++;
    rc = engine_calm_open(engine, &rows->of, &run->open);
    if (rc < 0)
        return rc;
    count_event(run->result, open->t);
    rc = observe_calm(run, rows, open);
    return rc < 0 ? rc : is_calm_over(run, rows);
}

/* Rows of a calm. 1: some were taken. 0: none was, and below 0 the run stops. */
static HOT __attribute__((noinline)) int pass_calm(struct run *run)
{
    struct calm_rows rows;
    agon_ns_t t_end, t_bar;
    int is_one = 0, rc = AGON_OK;

    if (!begin_calm(run, &rows))
        return 0;
    while (rc == 0 && is_calm_row(run, &rows, &t_end, &t_bar)) {
        rc = pass_calm_row(run, &rows, t_end, t_bar);
        is_one = 1;
    }
    settle_calm(run, &rows);
    return rc < 0 ? rc : is_one;
}

/* --- */

/* Such a bar, and the open behind it: at the exchange, and then at the core, in one go and in the
 * order of the turns of run_on. What is not as simple as it looked goes on from the exchange, turn
 * by turn. 1: they were taken. 0: nothing was, and below 0 the run stops. */
static HOT __attribute__((noinline)) int pass_bar(struct run *run)
{
    struct paper *paper = run->config->paper;
    struct agon_event_hdr *bar = &run->bar.hdr, *quote = NULL;
    struct record_path end;
    agon_ns_t t_end, t_bar, t;
    int has_sample, rc;

    if (!is_bar_alone(run, &t_end, &t_bar, &has_sample))
        return 0;
    t = run->at[0];
    run->bar = *(const struct agon_bar *)(const void *)run->heads[0];
    bar->t = t;
    next_row(run);
    if (run->source == 0 && run->at[0] == t && run->heads[0]->type == AGON_EVENT_QUOTE &&
        run->heads[0]->granules == 1) {
        quote = &run->open.hdr;
        run->open = *(const struct agon_quote *)(const void *)run->heads[0];
        quote->t = t;
        next_row(run);
    }
    if (run->source != 0 || run->at[0] <= t_bar ||
        !paper_is_passed(paper, &run->bar, t_end, t_bar, &end)) {
        put_pair(run, bar, quote, t);
        return 1;
    }
    if (has_sample)
        engine_sample_left(run->config->engine); // nothing of it has changed since it was asked
    run->result->n_passed++;
    run->result->n_passed_ends += end.hdr.type != 0;
    paper_pass(paper, &run->bar, quote, &end);
    if (t_end > run->t_told)
        run->t_told = t_end;
    send_on(run, 0, bar, t);
    if (quote != NULL)
        send_on(run, 0, quote, t);
    rc = pass_end(run, &end);
    rc = rc < 0 ? rc : take_pair(run, bar, quote, t_bar);
    return rc < 0 ? rc : 1;
}

HOT int lockstep_rows(struct run *run)
{
    int rc;

    do {
        rc = pass_calm(run);
        if (rc == 0)
            rc = pass_bar(run);
    } while (rc == 1);
    return rc;
}
