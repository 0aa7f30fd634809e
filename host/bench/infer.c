// SPDX-License-Identifier: Apache-2.0
/* infer: how long a model in the live path takes, from the sender's write of a trade to the end of
 * the host's step with what the model's agent published on it: feed, decoder, engine, the agent's
 * process, the model (agon.nn), its ring, the journal and the engine again, in a whole host on
 * paper. Beside each stands the same agent that asks nobody.
 *
 * Models have drawn weights: what they cost is the same. Time alone is never a verdict. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/infer_blob.h"
#include "bench/nn_trees.h"
#include "bench/sender.h"
#include "bench/table.h"
#include "demo/demo_config.h"
#include "kernels/cpu.h"
#include "market/records.h"
#include "nn/served.h"
#include "run/slots.h"
#include "sys/clock.h"
#include "sys/file.h"

#define EVEN        (SENDER_SYMBOLS * (SENDER_TRADES_PER_QUOTE + 1))
#define TICKS       1000u
#define TICKS_QUICK 60u
#define JOIN_S      900 /* against a wait without end */
#define ANSWER_S    60  /* ... and for an answer that does not come */
#define NEVER_NS    ((int64_t)24 * 3600 * 1000000000)
#define NAP_NS      20000000
#define REQUIRED_MS 100
#define TREES       100u
#define DEPTH       6u
#define WINDOW      100u
#define WINDOW_FEW  20u

static const struct side {
    const char *name, *what;
    const char *arch; /* NULL: no net */
    struct net_shape shape;
    uint32_t inputs; /* 0: nobody is asked */
    int is_window;   /* from nothing over the last WINDOW events; else its state goes on */
    uint32_t per_s;  /* ticks */
} sides[] = {
    {"infer.none", "an agent that asks nobody", NULL, {0}, 0, 0, 100},
    {"infer.lstm",
     "LSTM, 5 inputs, 3 layers of 256, head of 128, its state goes on",
     "lstm/2",
     {.inputs = 5, .outputs = 3, .hidden = 256, .layers = 3, .head = 128},
     5,
     0,
     100},
    {"infer.lstm.window",
     "the same from nothing over its last 100 events, at each of them",
     "lstm/2",
     {.inputs = 5, .outputs = 3, .hidden = 256, .layers = 3, .head = 128},
     5,
     1,
     25},
    {"infer.tcn",
     "TCN, 5 inputs, 6 layers of 64, 3 taps, its state goes on",
     "tcn/1",
     {.inputs = 5, .outputs = 3, .hidden = 64, .layers = 6, .taps = 3},
     5,
     0,
     100},
    {"infer.trees",
     "100 boosted trees of depth 6, 32 inputs",
     NULL,
     {0},
     BENCH_TREES_FEATURES,
     0,
     100},
};
#define SIDES (sizeof(sides) / sizeof(sides[0]))

struct infer {
    struct bench *bench;
    struct sender sender;
    struct host *host; /* owned, while one runs */
    struct host_view *view;
    struct hist ns;     /* of the side that runs; the core's */
    _Atomic uint64_t n; /* answers */
    uint64_t n_strange; /* of a trade that nobody sent; the core's */
    struct hist none;   /* of the side that asks nobody */
    char dir[300], plugin[300], model[300];
};

static void nap(void)
{
    struct timespec time = {.tv_nsec = NAP_NS};

    (void)nanosleep(&time, NULL);
}

static void on_step(void *ctx, const struct agon_event_hdr *event)
{
    struct infer *infer = ctx;
    const struct record_signal *record = (const void *)event;
    uint32_t instrument = event->instrument;
    int64_t sent;

    if (event->type != AGON_EVENT_SIGNAL)
        return;
    sent = instrument >= 1 && instrument <= SENDER_SYMBOLS
               ? sender_stamp(infer->sender.stamps, instrument - 1, (uint64_t)record->signal.value)
               : 0;
    infer->n_strange += sent == 0;
    hist_add(&infer->ns, clock_mono() - sent);
    atomic_fetch_add(&infer->n, 1);
}

/* --- the model's file --- */

static int write_net(const struct side *side, const char *path, uint32_t window, struct error *err)
{
    static const char *const names[] = {"f0", "f1", "f2", "f3", "f4"};
    struct net_shape shape = side->shape;
    char served[32] = "state";
    struct served_words words = {.served = served, .inputs = names};
    float mean[5] = {0}, scale[5] = {1, 1, 1, 1, 1};
    struct net net;
    float *weights;
    FILE *file;
    int rc;

    shape.arch = net_arch_find_f32(side->arch);
    rc = net_init_f32(&shape, &net, err);
    if (rc < 0)
        return rc;
    if (side->is_window)
        (void)snprintf(served, sizeof(served), "window:%u", window);
    weights = malloc(net.n_weights * sizeof(*weights));
    file = weights != NULL ? fopen(path, "we") : NULL;
    if (file == NULL) {
        free(weights);
        return error_set(err, AGON_EIO, "%s cannot be written", path);
    }
    net_draw_f32(&net, 1, weights);
    rc = served_write_f32(file, &net, &words, mean, scale, weights, err);
    free(weights);
    if (fclose(file) != 0 && rc >= 0)
        rc = error_set(err, AGON_EIO, "%s cannot be written", path);
    return rc;
}

static int write_trees(const char *path, struct error *err)
{
    size_t n = 0;
    char *text = bench_trees_file(TREES, DEPTH, &n);
    int rc = text != NULL ? file_write_atomic(path, text, n, 0600, err)
                          : error_set(err, AGON_ENOMEM, "no memory for a model");

    free(text);
    return rc;
}

/* --- the host --- */

static void make_slot(const struct infer *infer, const struct side *side, struct crew_slot *slot)
{
    struct subscription *sub = &slot->record.subscription;

    memset(slot, 0, sizeof(*slot));
    slots_defaults(&slot->record, num_mul(50000, 100000000));
    slot->record.stage = STAGE_LIVE;
    slot->record.runner = CREW_PROCESS;
    slot->hard_ns = NEVER_NS;
    (void)snprintf(slot->record.name, sizeof(slot->record.name), "asks");
    (void)snprintf(slot->plugin, sizeof(slot->plugin), "%s", infer->plugin);
    for (agon_instrument_t k = 1; k <= SENDER_SYMBOLS; k++)
        sub->instruments[sub->n_instruments++] = k;
    (void)snprintf(slot->params[0].name, sizeof(slot->params[0].name), "inputs");
    (void)snprintf(slot->params[0].text, sizeof(slot->params[0].text), "%u", side->inputs);
    slot->n_params = 1;
    if (side->inputs == 0)
        return;
    (void)snprintf(slot->files[0].name, sizeof(slot->files[0].name), "model");
    (void)snprintf(slot->files[0].path, sizeof(slot->files[0].path), "%s", infer->model);
    slot->n_files = 1;
}

static int open_host(struct infer *infer, const struct side *side, struct error *err)
{
    static struct crew_slot slot;
    struct host_instrument instruments[SENDER_SYMBOLS];
    struct host_config config = {.mode = RUN_PAPER,
                                 .core = CORE_WARM,
                                 .has_no_operator = 1,
                                 .dir = infer->dir,
                                 .base_currency = "USDT",
                                 .instruments = instruments,
                                 .n_instruments = SENDER_SYMBOLS,
                                 .slots = &slot,
                                 .n_slots = 1,
                                 .speed_milli = 1000,
                                 .is_async = 1,
                                 .stepped = on_step,
                                 .stepped_ctx = infer,
                                 .low_water_bytes = (int64_t)64 << 20};
    int rc = demo_venue(&config.venue, infer->sender.port, err);

    if (rc < 0)
        return rc;
    make_slot(infer, side, &slot);
    config.venue.is_private = 0;
    config.venue.warm_bars = 0;
    config.venue.market.is_tls = config.venue.rest.is_tls = config.venue.user.is_tls = 0;
    config.venue.channel_ns = 0; // who gets no processor is silent, and that is no fault
    config.venue.silence_ns = config.venue.request_ns = config.venue.life_ns = NEVER_NS;
    sender_instruments(instruments);
    rc = host_open(&infer->host, &config, err);
    return rc < 0 ? rc : host_start(infer->host, err);
}

static int wait_ready(struct infer *infer, struct error *err)
{
    for (int64_t until = clock_mono() + (int64_t)JOIN_S * 1000000000; clock_mono() < until; nap()) {
        host_view(infer->host, infer->view);
        if (infer->view->venue.n_live == SENDER_SYMBOLS && infer->view->n_slots == 1 &&
            infer->view->slots[0].is_playing)
            return AGON_OK;
    }
    return error_set(err, AGON_EIO, "the host was not ready in %d s", JOIN_S);
}

static int feed(struct infer *infer, const struct side *side, uint64_t n, uint64_t wanted,
                struct error *err)
{
    struct sender_job job = {.n = n, .per_s = side->per_s, .is_silent = 1};
    struct sender_result result;

    if (sender_go(&infer->sender, &job) < 0 || sender_wait(&infer->sender, &result) < 0)
        return error_set(err, AGON_EIO, "the sender has lost its client");
    for (int64_t until = clock_mono() + (int64_t)ANSWER_S * 1000000000;
         atomic_load(&infer->n) < wanted && clock_mono() < until; nap())
        ;
    nap(); // one more than is wanted would come now
    return AGON_OK;
}

static void report(struct infer *infer, const struct side *side)
{
    const double quantiles[] = {0.5, 0.99};
    char name[64], goal[64];

    (void)snprintf(goal, sizeof(goal), "under %d ms", REQUIRED_MS);
    for (int i = 0; i < 2; i++) {
        double ns = (double)hist_quantile(&infer->ns, quantiles[i]);

        (void)snprintf(name, sizeof(name), "%s.%s", side->name, i == 0 ? "p50" : "p99");
        if (side->inputs == 0)
            bench_figure(infer->bench, name, ns / 1e6, "ms", side->what);
        else
            bench_beside(infer->bench,
                         &(struct bench_beside){
                             .name = name,
                             .op = "event",
                             .product = side->what,
                             .yardstick = "the same agent, which asks nobody",
                             .ns = ns,
                             .yardstick_ns = (double)hist_quantile(&infer->none, quantiles[i]),
                             .n = atomic_load(&infer->n),
                             .most_ns = REQUIRED_MS * 1e6,
                             .goal_text = goal});
    }
}

static int run_side(struct infer *infer, const struct side *side, struct error *err)
{
    uint32_t window = infer->bench->is_quick ? WINDOW_FEW : WINDOW;
    uint64_t n = infer->bench->n != 0             ? infer->bench->n
                 : infer->bench->is_quick         ? TICKS_QUICK
                 : side->is_window && TICKS > 500 ? TICKS / 2
                                                  : TICKS;
    uint64_t wanted;
    int rc = AGON_OK;

    n = (n + EVEN - 1) / EVEN * EVEN;
    wanted = n / (SENDER_TRADES_PER_QUOTE + 1) * SENDER_TRADES_PER_QUOTE;
    wanted -= side->is_window ? (window - 1 < wanted ? window - 1 : wanted) : 0;
    hist_clear(&infer->ns);
    atomic_store(&infer->n, 0);
    (void)snprintf(infer->dir, sizeof(infer->dir), "%.200s/infer", infer->bench->dir);
    if (side->inputs > 0)
        rc = side->arch != NULL ? write_net(side, infer->model, window, err)
                                : write_trees(infer->model, err);
    if (rc >= 0)
        rc = open_host(infer, side, err);
    if (rc >= 0)
        rc = wait_ready(infer, err);
    if (rc >= 0)
        rc = feed(infer, side, n, wanted, err);
    if (infer->host != NULL) {
        int stopped = host_stop(infer->host, 0, -1, rc >= 0 ? err : NULL);

        rc = rc >= 0 ? stopped : rc;
    }
    host_free(infer->host);
    infer->host = NULL;
    file_remove_tree(infer->dir);
    if (rc < 0)
        return rc;
    bench_check(infer->bench, atomic_load(&infer->n) == wanted && infer->n_strange == 0,
                "%s: %llu answers to %llu trades that have to have one", side->name,
                (unsigned long long)atomic_load(&infer->n), (unsigned long long)wanted);
    if (side->inputs == 0)
        infer->none = infer->ns;
    report(infer, side);
    return AGON_OK;
}

static int run_all(void *ctx, const char *log_path, struct error *err)
{
    struct infer *infer = ctx;
    uint32_t n_failed = infer->bench->n_failed;
    int rc = AGON_OK;

    (void)log_path;
    for (uint32_t i = 0; i < SIDES && rc >= 0 && infer->bench->n_failed == n_failed; i++)
        rc = run_side(infer, &sides[i], err);
    return rc;
}

int bench_infer(struct bench *bench, struct error *err)
{
    struct infer *infer = calloc(1, sizeof(*infer));
    size_t n;
    const void *plugin = infer_blob(&n);
    int rc;

    if (infer == NULL)
        return error_set(err, AGON_ENOMEM, "no memory");
    infer->bench = bench;
    infer->view = malloc(sizeof(*infer->view));
    (void)snprintf(infer->plugin, sizeof(infer->plugin), "%.200s/asks.so", bench->dir);
    (void)snprintf(infer->model, sizeof(infer->model), "%.200s/asked", bench->dir);
    rc = infer->view != NULL ? file_write_atomic(infer->plugin, plugin, n, 0600, err)
                             : error_set(err, AGON_ENOMEM, "no memory");
    if (rc >= 0)
        rc = sender_start(&infer->sender, NULL, err);
    if (rc >= 0)
        rc = bench_logged(bench, "infer", run_all, infer, err);
    if (infer->sender.pid > 0)
        sender_stop(&infer->sender);
    free(infer->view);
    free(infer);
    return rc;
}
