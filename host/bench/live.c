// SPDX-License-Identifier: Apache-2.0
/* live: how long a trade takes from the sender's write to the end of its step in a whole host, by
 * how its core waits: hot beside a bare reader that spins, warm and cold beside one that sleeps in
 * epoll and wakes a second thread. All of them read the same frames of the same sender over plain
 * TCP on loopback, 300 a second, in turns.
 *
 * The host is on paper, with journal (class async), engine and two agents in processes of their
 * own. What its process takes of a core is measured too, with that feed and without any. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/plain_reader.h"
#include "bench/sender.h"
#include "bench/table.h"
#include "demo/demo_config.h"
#include "run/slots.h"
#include "sys/clock.h"
#include "sys/file.h"

#define AGENTS     2
#define PER_S      300u
#define TICKS      900u /* of a turn: 3 s */
#define TURNS      5
#define TURNS_FEW  1
#define EVEN       (SENDER_SYMBOLS * (SENDER_TRADES_PER_QUOTE + 1))
#define JOIN_S     900 /* against a wait without end */
#define NEVER_NS   ((int64_t)24 * 3600 * 1000000000)
#define NAP_NS     20000000
#define IDLE_NAPS  100
#define AT_MOST    3.0
#define WARM_SHARE 8.0 /* of a core, in percent */
#define IDLE_SHARE 1.0

struct taken { /* of one turn */
    struct hist ns;
    uint64_t n;
    double cpu_percent, idle_percent;
};
struct live {
    struct bench *bench;
    struct sender sender;
    struct host *host; /* owned, while one runs */
    struct host_view *view;
    struct taken *now; /* what is measured; the core's, or a reader's */
    struct sender_job job;
    char dir[300];
    uint64_t n_wrong;
};

static void nap(void)
{
    struct timespec time = {.tv_nsec = NAP_NS};

    (void)nanosleep(&time, NULL);
}

static void add(struct live *live, uint32_t symbol, uint64_t id)
{
    int64_t sent = sender_stamp(live->sender.stamps, symbol, id);

    live->n_wrong += sent == 0;
    hist_add(&live->now->ns, clock_mono() - sent);
    live->now->n++;
}

static void on_step(void *ctx, const struct agon_event_hdr *event)
{
    const struct agon_trade *trade = (const void *)event;

    if (event->type == AGON_EVENT_TRADE && event->instrument <= SENDER_SYMBOLS)
        add(ctx, event->instrument - 1, trade->venue_id);
}

static void on_seen(void *ctx, uint32_t symbol, uint64_t id)
{
    add(ctx, symbol, id);
}

static int on_ready(void *ctx)
{
    struct live *live = ctx;

    nap(); // the sender learns of its client in a turn of its loop
    return sender_go(&live->sender, &live->job) >= 0;
}

static int read_bare(struct live *live, enum plain_reader kind, struct taken *taken)
{
    struct plain_reader_job job = {.kind = kind,
                                   .port = live->sender.port,
                                   .n = live->job.n,
                                   .symbols = sender_symbols,
                                   .n_symbols = SENDER_SYMBOLS,
                                   .ready = on_ready,
                                   .seen = on_seen,
                                   .ctx = live};
    struct sender_result result;

    live->now = taken;
    return plain_reader_run(&job) && sender_wait(&live->sender, &result) >= 0 ? AGON_OK : AGON_EIO;
}

/* --- the host --- */

static int make_slots(struct crew_slot slots[AGENTS], struct error *err)
{
    static const char *const plugins[AGENTS] = {"ema_cross", "bollinger"};
    char dir[512];

    if (!demo_plugin_dir(dir))
        return error_set(err, AGON_ENOENT, "the plugins that come with agon were not found");
    for (uint16_t i = 0; i < AGENTS; i++) {
        struct crew_slot *slot = &slots[i];
        struct subscription *sub = &slot->record.subscription;
        int n;

        memset(slot, 0, sizeof(*slot));
        slots_defaults(&slot->record, num_mul(50000, 100000000));
        slot->record.slot = i;
        slot->record.stage = STAGE_LIVE;
        slot->record.runner = CREW_PROCESS;
        slot->hard_ns = NEVER_NS;
        (void)snprintf(slot->record.name, sizeof(slot->record.name), "agent_%u", i + 1u);
        for (agon_instrument_t k = 1; k <= SENDER_SYMBOLS; k++)
            sub->instruments[sub->n_instruments++] = k;
        n = snprintf(slot->plugin, sizeof(slot->plugin), "%s/%s/%s.so", dir, plugins[i],
                     plugins[i]);
        if (n < 0 || access(slot->plugin, R_OK) != 0)
            (void)snprintf(slot->plugin, sizeof(slot->plugin), "%.400s/%s.so", dir, plugins[i]);
    }
    return AGON_OK;
}

static int open_host(struct live *live, enum host_core core, struct error *err)
{
    static struct crew_slot slots[AGENTS];
    struct host_instrument instruments[SENDER_SYMBOLS];
    struct host_config config = {.mode = RUN_PAPER,
                                 .core = core,
                                 .has_no_operator = 1,
                                 .dir = live->dir,
                                 .base_currency = "USDT",
                                 .instruments = instruments,
                                 .n_instruments = SENDER_SYMBOLS,
                                 .slots = slots,
                                 .n_slots = AGENTS,
                                 .speed_milli = 1000,
                                 .is_async = 1,
                                 .stepped = on_step,
                                 .stepped_ctx = live,
                                 .low_water_bytes = (int64_t)64 << 20};
    int rc = demo_venue(&config.venue, live->sender.port, err);

    if (rc >= 0)
        rc = make_slots(slots, err);
    if (rc < 0)
        return rc;
    config.venue.is_private = 0;
    config.venue.warm_bars = 0;
    config.venue.market.is_tls = config.venue.rest.is_tls = config.venue.user.is_tls = 0;
    // No verdict hangs on time, and whoever gets no processor is silent.
    config.venue.channel_ns = 0;
    config.venue.silence_ns = config.venue.request_ns = config.venue.life_ns = NEVER_NS;
    sender_instruments(instruments);
    rc = host_open(&live->host, &config, err);
    return rc < 0 ? rc : host_start(live->host, err);
}

static int wait_ready(struct live *live, struct error *err)
{
    for (int64_t until = clock_mono() + (int64_t)JOIN_S * 1000000000; clock_mono() < until; nap()) {
        uint32_t n = 0;

        host_view(live->host, live->view);
        for (uint32_t i = 0; i < live->view->n_slots; i++)
            n += live->view->slots[i].is_playing;
        if (live->view->venue.n_live == SENDER_SYMBOLS && n == AGENTS)
            return AGON_OK;
    }
    return error_set(err, AGON_EIO, "the host was not ready in %d s: %u of %u books", JOIN_S,
                     live->view->venue.n_live, SENDER_SYMBOLS);
}

static int64_t spent_ns(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
           ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

/* What this process takes of a core while fn does. */
static double share_of(int (*fn)(struct live *live), struct live *live, int *rc)
{
    int64_t began = clock_mono(), spent = spent_ns();

    *rc = fn(live);
    return 100.0 * (double)(spent_ns() - spent) / (double)(clock_mono() - began);
}

static int feed(struct live *live)
{
    struct sender_result result;

    return sender_go(&live->sender, &live->job) >= 0 && sender_wait(&live->sender, &result) >= 0
               ? AGON_OK
               : AGON_EIO;
}

static int idle(struct live *live)
{
    for (int i = 0; i < (live->bench->is_quick ? IDLE_NAPS / 20 : IDLE_NAPS); i++)
        nap();
    return AGON_OK;
}

static int run_host(struct live *live, enum host_core core, struct taken *taken, struct error *err)
{
    struct taken before = {0}; // its start, and what is sent before the feed is silent
    int rc;

    live->now = &before;
    (void)snprintf(live->dir, sizeof(live->dir), "%.200s/live", live->bench->dir);
    rc = open_host(live, core, err);
    if (rc >= 0)
        rc = wait_ready(live, err);
    if (rc >= 0) {
        live->now = taken;
        taken->cpu_percent = share_of(feed, live, &rc);
        if (rc >= 0)
            taken->idle_percent = share_of(idle, live, &rc);
        else
            rc = error_set(err, AGON_EIO, "the sender has lost its client");
    }
    if (live->host != NULL) {
        int stopped = host_stop(live->host, 0, -1, rc >= 0 ? err : NULL);

        rc = rc >= 0 ? stopped : rc;
    }
    host_free(live->host);
    live->host = NULL;
    live->now = NULL;
    file_remove_tree(live->dir);
    return rc;
}

/* --- what is said of it --- */

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), by_double);
    return values[n / 2];
}

enum side { HOT, SPINS, WARM, SLEEPS, COLD, ALONE, SIDES };
static const struct {
    const char *name, *what;
    enum host_core core;
    enum plain_reader reader; /* 0: a host */
    enum side beside;
} sides[SIDES] = {
    {"live.hot", "a host whose core never sleeps", CORE_HOT, 0, SPINS},
    {"live.bare.spins", "one bare thread that never sleeps", CORE_WARM, PLAIN_SPINS, SPINS},
    {"live.warm", "a host as it is shipped", CORE_WARM, 0, SLEEPS},
    {"live.bare.sleeps", "a bare thread in epoll that wakes a second", CORE_WARM, PLAIN_SLEEPS,
     SLEEPS},
    {"live.cold", "a host whose core sleeps at once", CORE_COLD, 0, SLEEPS},
    {"live.bare.alone", "a bare thread in epoll, without a second", CORE_WARM, PLAIN_ALONE, ALONE},
};

static void report(struct live *live, struct taken *all, int n_turns)
{
    double p50[SIDES][TURNS], p99[TURNS], cpu[TURNS], idles[TURNS], ratio[TURNS];
    char name[64], note[160];

    for (int s = 0; s < SIDES; s++) {
        for (int i = 0; i < n_turns; i++)
            p50[s][i] = (double)hist_quantile(&all[s * TURNS + i].ns, 0.5) / 1e3;
    }
    for (int s = 0; s < SIDES; s++) {
        double sorted[TURNS];

        memcpy(sorted, p50[s], sizeof(sorted));
        for (int i = 0; i < n_turns; i++) {
            p99[i] = (double)hist_quantile(&all[s * TURNS + i].ns, 0.99) / 1e3;
            cpu[i] = all[s * TURNS + i].cpu_percent;
            idles[i] = all[s * TURNS + i].idle_percent;
            ratio[i] = p50[s][i] / (p50[sides[s].beside][i] > 0 ? p50[sides[s].beside][i] : 1);
        }
        (void)snprintf(note, sizeof(note), "p99 %.1f; %s", median(p99, n_turns), sides[s].what);
        (void)snprintf(name, sizeof(name), "%s.p50", sides[s].name);
        bench_figure(live->bench, name, median(sorted, n_turns), "us", note);
        if (sides[s].reader != 0)
            continue;
        (void)snprintf(name, sizeof(name), "%s.ratio", sides[s].name);
        (void)snprintf(note, sizeof(note), "against %s; %s %.0f", sides[sides[s].beside].name,
                       s == COLD ? "no goal; warm has" : "at most", AT_MOST);
        bench_figure(live->bench, name, median(ratio, n_turns), "times", note);
        (void)snprintf(name, sizeof(name), "%s.core", sides[s].name);
        (void)snprintf(note, sizeof(note), "of a core at %u ticks a second; without a feed %.2f%s",
                       PER_S, median(idles, n_turns), s == WARM ? "; at most 8 and 1" : "");
        bench_figure(live->bench, name, median(cpu, n_turns), "percent", note);
    }
}

static int run_all(void *ctx, const char *log_path, struct error *err)
{
    struct live *live = ctx;
    int n_turns = live->bench->is_quick ? TURNS_FEW : TURNS;
    uint64_t n = bench_n(live->bench, TICKS), wanted;
    static struct taken all[SIDES * TURNS];

    (void)log_path;
    memset(all, 0, sizeof(all));
    n = (n + EVEN - 1) / EVEN * EVEN;
    wanted = n / (SENDER_TRADES_PER_QUOTE + 1) * SENDER_TRADES_PER_QUOTE;
    live->job = (struct sender_job){.n = n, .per_s = PER_S, .is_silent = 1};
    for (int i = 0; i < n_turns; i++) {
        for (int s = 0; s < SIDES; s++) {
            struct taken *taken = &all[s * TURNS + i];
            int rc = sides[s].reader != 0 ? read_bare(live, sides[s].reader, taken)
                                          : run_host(live, sides[s].core, taken, err);

            if (rc < 0)
                return rc;
            if (taken->n != wanted || live->n_wrong != 0)
                bench_check(live->bench, 0, "%s: %llu trades of %llu, %llu without a time",
                            sides[s].name, (unsigned long long)taken->n, (unsigned long long)wanted,
                            (unsigned long long)live->n_wrong);
        }
    }
    bench_check(live->bench, live->n_wrong == 0,
                "live: every trade of %d turns came to each of %d sides once", n_turns, SIDES);
    report(live, all, n_turns);
    return AGON_OK;
}

int bench_live(struct bench *bench, struct error *err)
{
    struct live live = {.bench = bench};
    int rc;

    if (bench->is_tls)
        return bench_live_tls(bench, err);
    rc = sender_start(&live.sender, NULL, err);

    if (rc < 0)
        return rc;
    live.view = malloc(sizeof(*live.view));
    rc = live.view != NULL ? bench_logged(bench, "live", run_all, &live, err) : AGON_ENOMEM;
    sender_stop(&live.sender);
    free(live.view);
    return rc;
}
