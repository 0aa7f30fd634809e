// SPDX-License-Identifier: Apache-2.0
/* lockstep: what it costs a backtest that each of eight agents plays in a process of its own. Both
 * sides are the run that the command makes (lab/backtest.h) over the same bars, of which each
 * concerns every agent; what follows two long averages trades about once in a thousand. The
 * yardstick is `--runner inproc`, in turns. Timed is what lies between the first row that is asked
 * for and the one that is not there: starting and ending children are no rows. Before a time is
 * said both have made the same steps, the same intents to the byte, and the same fills. "late" is
 * the same with a latency of agents in their roster, which lets the host step on meanwhile, in the
 * long form. Wall time, and beside it processor time ("used"): a busy machine lets who waits wait
 * longer. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bench/backtest_file.h"
#include "bench/table.h"
#include "demo/demo_config.h"
#include "lab/backtest.h"
#include "run/slots.h"
#include "sys/clock.h"

#define AGENTS     8
#define BARS       5000
#define BARS_QUICK 1500
#define BARS_START 8                            /* of a run that is little but its start and end */
#define LATE_NS    ((int64_t)3600 * 1000000000) /* sixty bars */
#define CAPITAL    ((agon_amt_t)100000 * 100000000)

struct run {
    const struct agon_event_hdr *(*next)(void *ctx); /* of the data */
    void *next_ctx;
    int64_t began_ns, ended_ns;
    double cpu_ns, children_ns; /* ours meanwhile; of children, start and end and all */
    uint64_t n_rows, n_events, n_intents, n_fills;
    unsigned char intents[HASH_SIZE], state[HASH_SIZE];
};

struct lockstep {
    char paths[2][400], words[2][440], plugin[560]; /* the bars; the first of them */
    int64_t late_ns;
    struct crew_slot slots[AGENTS];
    struct backtest result;
};

static double cpu_of(int who)
{
    struct rusage used;

    (void)getrusage(who, &used);
    return 1e9 * (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e3 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static const struct agon_event_hdr *timed_next(void *ctx)
{
    struct run *run = ctx;
    const struct agon_event_hdr *event = run->next(run->next_ctx);

    if (event == NULL && run->ended_ns == 0) {
        run->ended_ns = clock_mono();
        run->cpu_ns += cpu_of(RUSAGE_SELF);
    }
    run->n_rows += event != NULL;
    return event;
}

static void on_feed(void *ctx, struct lockstep_source *sources, uint32_t n)
{
    struct run *run = ctx;

    if (n != 1)
        return;
    run->next = sources[0].next;
    run->next_ctx = sources[0].ctx;
    sources[0].next = timed_next;
    sources[0].ctx = run;
    run->cpu_ns = -cpu_of(RUSAGE_SELF);
    run->began_ns = clock_mono();
}

static void fill_slot(const struct lockstep *lockstep, struct crew_slot *slot, uint32_t i,
                      uint8_t runner)
{
    memset(slot, 0, sizeof(*slot));
    slots_defaults(&slot->record, CAPITAL);
    slot->record.slot = (uint16_t)i;
    slot->record.runner = runner;
    slot->record.intent_latency_ns = lockstep->late_ns;
    slot->hard_ns = (int64_t)60 * 1000000000; // no time is a verdict
    snprintf(slot->record.name, sizeof(slot->record.name), "a%u", i);
    snprintf(slot->plugin, sizeof(slot->plugin), "%.511s", lockstep->plugin);
    slot->params[slot->n_params++] = (struct setup_param){"fast", "100"};
    slot->params[slot->n_params++] = (struct setup_param){"bar_s", "60"};
    slot->params[slot->n_params++] = (struct setup_param){"size", "0.01"}; // no limit is near
    snprintf(slot->params[slot->n_params].name, sizeof(slot->params[0].name), "slow");
    snprintf(slot->params[slot->n_params++].text, sizeof(slot->params[0].text), "%u", 300 + 10 * i);
}

/* what: 0: the bars, 1: only the first of them. */
static int run_once(struct lockstep *lockstep, uint32_t what, uint8_t runner, struct run *run,
                    struct error *err)
{
    const char *path = lockstep->words[what];
    struct backtest *result = &lockstep->result;
    struct backtest_config config = {.paths = &path,
                                     .n_paths = 1,
                                     .seed = 1,
                                     .cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM,
                                     .has_processes = runner == CREW_PROCESS,
                                     .slots = lockstep->slots,
                                     .n_slots = AGENTS,
                                     .feed = on_feed,
                                     .feed_ctx = run};
    int rc;

    memset(run, 0, sizeof(*run));
    run->children_ns = -cpu_of(RUSAGE_CHILDREN);
    memset(result, 0, sizeof(*result));
    match_bars_defaults(&config.bars);
    for (uint32_t i = 0; i < AGENTS; i++)
        fill_slot(lockstep, &lockstep->slots[i], i, runner);
    rc = backtest_run(&config, result, err);
    if (rc >= 0) {
        run->n_events = result->n_events;
        run->n_intents = result->n_intents;
        run->n_fills = result->n_fills;
        memcpy(run->intents, result->intents, HASH_SIZE);
        memcpy(run->state, result->state, HASH_SIZE);
    }
    backtest_free(result); // the children are reaped here
    run->children_ns += cpu_of(RUSAGE_CHILDREN);
    return rc;
}

static int is_same(const struct run *a, const struct run *b)
{
    return a->n_rows == b->n_rows && a->n_events == b->n_events && a->n_intents == b->n_intents &&
           a->n_fills == b->n_fills && memcmp(a->intents, b->intents, HASH_SIZE) == 0 &&
           memcmp(a->state, b->state, HASH_SIZE) == 0;
}

static int is_less(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, uint64_t n)
{
    qsort(values, n, sizeof(*values), is_less);
    return values[n / 2];
}

static void report(struct bench *bench, const char *name, const char *what, double value,
                   const char *unit, const char *note)
{
    char text[80];

    snprintf(text, sizeof(text), "%s.%s", name, what);
    bench_figure(bench, text, value, unit, note);
}

static int measure(struct bench *bench, struct lockstep *lockstep, const char *name,
                   const char *goal, struct error *err)
{
    uint64_t n = bench->is_quick ? 1 : BENCH_PAIRS;
    double inproc[BENCH_PAIRS], process[BENCH_PAIRS], ratio[BENCH_PAIRS], used[BENCH_PAIRS];
    struct run first = {0};
    int is_alike = 1, rc = AGON_OK;

    for (uint64_t i = 0; i < n && rc >= 0; i++) {
        struct run own, other, start;

        rc = run_once(lockstep, 0, CREW_INPROC, &own, err);
        rc = rc < 0 ? rc : run_once(lockstep, 0, CREW_PROCESS, &other, err);
        rc = rc < 0 ? rc : run_once(lockstep, 1, CREW_PROCESS, &start, err);
        if (rc < 0)
            return rc;
        first = i == 0 ? own : first;
        is_alike &= is_same(&own, &first) && is_same(&other, &first);
        inproc[i] = (double)(own.ended_ns - own.began_ns) / (double)own.n_rows;
        process[i] = (double)(other.ended_ns - other.began_ns) / (double)other.n_rows;
        ratio[i] = process[i] / inproc[i];
        used[i] = (other.cpu_ns + other.children_ns - start.children_ns) / own.cpu_ns;
    }
    if (!bench_check(
            bench, is_alike && first.n_intents > 0 && first.n_rows > 0,
            "%s: %llu events to %d agents, %llu intents and %llu fills: the same to the byte "
            "in processes and in the host's own",
            name, (unsigned long long)first.n_rows, AGENTS, (unsigned long long)first.n_intents,
            (unsigned long long)first.n_fills))
        return AGON_OK;
    report(bench, name, "inproc", median(inproc, n) / 1e3, "us",
           "an event of the market, all agents, wall time");
    report(bench, name, "process", median(process, n) / 1e3, "us", "the same, a process each");
    report(bench, name, "ratio", median(ratio, n), "times inproc", goal);
    report(bench, name, "used", median(used, n), "times inproc",
           "processor time of host and children, without start and end");
    return AGON_OK;
}

int bench_lockstep(struct bench *bench, struct error *err)
{
    struct lockstep *lockstep = calloc(1, sizeof(*lockstep));
    uint64_t n = bench->n != 0 ? bench->n : bench->is_quick ? BARS_QUICK : BARS;
    char dir[512];
    int rc = AGON_OK;

    if (lockstep == NULL)
        return error_set(err, AGON_ENOMEM, "no memory");
    if (!demo_plugin_dir(dir)) {
        free(lockstep);
        return error_set(err, AGON_ENOENT, "no plugins beside this program");
    }
    snprintf(lockstep->plugin, sizeof(lockstep->plugin), "%.500s/sma_cross/sma_cross.so", dir);
    for (int i = 0; i < 2 && rc >= 0; i++) {
        snprintf(lockstep->paths[i], sizeof(lockstep->paths[i]), "%.300s/lockstep%d_BTCUSDT.csv",
                 bench->dir, i);
        snprintf(lockstep->words[i], sizeof(lockstep->words[i]), "BTCUSDT=%s", lockstep->paths[i]);
        rc = bench_backtest_rows_csv(lockstep->paths[i], i == 0 ? n : BARS_START, 1);
    }
    rc = rc < 0 ? rc : measure(bench, lockstep, "lockstep.8", "goal: at most 5", err);
    lockstep->late_ns = LATE_NS;
    if (rc >= 0 && !bench->is_quick)
        rc = measure(bench, lockstep, "lockstep.8.late", "agents an hour behind, sixty bars", err);
    for (int i = 0; i < 2; i++)
        (void)remove(lockstep->paths[i]);
    free(lockstep);
    return rc;
}
