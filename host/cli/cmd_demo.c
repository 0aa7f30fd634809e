// SPDX-License-Identifier: Apache-2.0
/* demo: the whole arena on one machine with nothing else installed: a simulated exchange that
 * speaks the real protocol, a live host that signs its orders and sends them there, and four
 * agents. At the end its journal is replayed and has to reach the same state. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/demo_cast.h"
#include "cli/desk.h"
#include "cli/host.h"
#include "cli/plan_text.h"
#include "cli/simproc.h"
#include "cli/table.h"
#include "lab/replay.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/futex.h"
#include "sys/log.h"
#include "sys/signals.h"

#define GRACE_NS ((int64_t)3 * 1000000000)
#define DRAW_NS  ((int64_t)200 * 1000000)

struct demo {
    struct opts {
        int64_t seconds_ns, speed;
        uint64_t seed;
        const char *data, *dir, *plugins, *http;
        int is_kept;
    } opts;
    char dir[PATH_MAX];
    char run_dir[PATH_MAX];
    char log_path[PATH_MAX];
    struct desk desk;
    int is_own_dir;
    struct simproc sim;
    struct host *host; /* owned */
    struct log *log;   /* owned */
    int log_fd, signal_fd;
    struct table table;
    struct host_view *view; /* owned */
    struct crew_slot slots[DEMO_SLOTS];
};

static int make_dir(struct demo *demo, struct error *err)
{
    const char *root = getenv("TMPDIR");

    if (demo->opts.dir != NULL) {
        snprintf(demo->dir, sizeof(demo->dir), "%s", demo->opts.dir);
        return file_make_dir(demo->dir, err);
    }
    snprintf(demo->dir, sizeof(demo->dir), "%.200s/agon-demo-XXXXXX",
             root != NULL && root[0] == '/' ? root : "/tmp");
    if (mkdtemp(demo->dir) == NULL)
        return error_set(err, AGON_EIO, "no directory %s: %s", demo->dir, strerror(errno));
    demo->is_own_dir = 1;
    return AGON_OK;
}

static int start_sim(struct demo *demo, struct error *err)
{
    char seed[32];
    char speed[32];
    char *files[16];
    int n_files = 0;
    char log[PATH_MAX];
    const char *args[24] = {"--port", "0", "--speed", speed, "--with-parent", "--log", log};
    int n = 7;
    int rc = file_join(log, sizeof(log), demo->dir, "exchange.ndjson");

    if (rc < 0)
        return error_set(err, rc, "the path of %s is too long", demo->dir);

    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)demo->opts.seed);
    snprintf(speed, sizeof(speed), "%lld", (long long)demo->opts.speed);
    if (demo->opts.data == NULL) {
        args[n++] = "--seed";
        args[n++] = seed;
    } else {
        n_files = demo_recordings(demo->opts.data, files, 16, err);
        if (n_files < 0)
            return n_files;
        args[n++] = "--data";
        for (int i = 0; i < n_files; i++)
            args[n++] = files[i];
    }
    args[n] = NULL;
    rc = simproc_start(&demo->sim, args, err);
    for (int i = 0; i < n_files; i++)
        free(files[i]);
    return rc;
}

static int open_log_file(struct demo *demo, struct error *err)
{
    struct log_file file = {.path = demo->log_path, .rotate_bytes = (uint64_t)16 << 20, .keep = 5};
    int rc = file_join(demo->log_path, sizeof(demo->log_path), demo->run_dir, "log");

    if (rc >= 0)
        rc = file_make_dir(demo->log_path, err);
    if (rc >= 0)
        rc = file_join(demo->log_path, sizeof(demo->log_path), demo->run_dir, "log/agon.ndjson");
    return rc < 0 ? rc : log_to_file(demo->log, &file, err);
}

// Every quarter of an hour of market time, by the equity of its minutes.
static void set_rules(struct tournament_rules *rules)
{
    plan_defaults(rules);
    memcpy(rules->schedule, "*/15 * * * *", sizeof("*/15 * * * *"));
    rules->sample_s = 60;
    rules->window = 60;
    rules->min_samples = 5;
}

static int start_host(struct demo *demo, struct error *err)
{
    static struct host_instrument instruments[HOST_INSTRUMENTS_MAX];
    struct host_config config = {
        .mode = RUN_LIVE,
        .base_currency = "USDT",
        .instruments = instruments,
        .slots = demo->slots,
        .n_slots = DEMO_SLOTS,
        .speed_milli = demo->opts.speed * 1000,
        .is_async = 1,
        .mark_every = 20000,
        .seed = demo->opts.seed,
        .low_water_bytes = (int64_t)32 << 20,
    };
    struct desk_config desk = {.dir = demo->run_dir,
                               .http = demo->opts.http,
                               .mode = "live",
                               .speed_milli = config.speed_milli,
                               .is_async = 1,
                               .log = demo->log,
                               .log_path = demo->log_path};
    int rc;

    set_rules(&config.tournament);
    rc = demo_venue(&config.venue, demo->sim.port, err);
    if (rc >= 0)
        rc = demo_instruments(instruments, &demo->sim, demo->opts.data, err);
    config.n_instruments = rc > 0 ? (uint32_t)rc : 0;
    if (rc >= 0)
        rc = demo_cast(demo->slots, demo->opts.plugins, config.n_instruments, err);
    if (rc >= 0)
        rc = file_join(demo->run_dir, sizeof(demo->run_dir), demo->dir, "run");
    if (rc < 0)
        return rc;
    config.dir = demo->run_dir;
    rc = host_open(&demo->host, &config, err);
    if (rc >= 0)
        rc = open_log_file(demo, err);
    if (rc >= 0)
        rc = host_start(demo->host, err);
    if (rc >= 0)
        rc = desk_open(&demo->desk, demo->host, &desk, err);
    if (rc >= 0)
        desk_print(&demo->desk, stdout, 1);
    return rc;
}

// Until the time is up or somebody asks for the end. Returns the signal, or 0.
static int watch(struct demo *demo)
{
    int64_t until = clock_mono() + demo->opts.seconds_ns;
    _Atomic uint32_t never = 0;
    int signal_number = 0;

    table_init(&demo->table, stdout, demo->opts.seconds_ns);
    while (signal_number == 0 && clock_mono() < until && commands_can_print()) {
        host_view(demo->host, demo->view);
        table_draw(&demo->table, demo->view, clock_mono());
        futex_wait(&never, 0, DRAW_NS);
        signal_number = signals_next(demo->signal_fd);
    }
    return signal_number > 0 ? signal_number : 0;
}

static int on_replayed(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    (void)ctx;
    (void)engine;
    if (event->type == EVENT_PLAN && rc >= 0) {
        printf("\n");
        plan_text_print((const struct record_plan *)(const void *)event, 0);
    }
    return AGON_OK;
}

static int prove(struct demo *demo, struct error *err)
{
    struct replay_config config = {
        .dir = host_journal_dir(demo->host), .is_verified = 1, .on_event = on_replayed};
    struct replay replay = {0};
    unsigned char hash[HASH_SIZE];
    char ours[2 * HASH_SIZE + 1];
    char again[2 * HASH_SIZE + 1];
    uint64_t seq;
    int is_same;
    int rc = replay_run(&config, &replay, err);

    host_state(demo->host, hash, &seq);
    if (rc >= 0) {
        is_same = memcmp(hash, replay.state, HASH_SIZE) == 0 && replay.last_seq == seq;
        hash_hex(hash, ours);
        hash_hex(replay.state, again);
        printf(
            "\nProof: the journal's %llu events, stepped again through a new engine, reach %llu of "
            "%llu\nrecorded state hashes and the last one, every invariant held.\n"
            "  live    seq %llu  %.32s\n  replay  seq %llu  %.32s  %s\n",
            (unsigned long long)replay.n_events, (unsigned long long)replay.n_marks,
            (unsigned long long)replay.n_marks, (unsigned long long)seq, ours,
            (unsigned long long)replay.last_seq, again, is_same ? "equal" : "DIFFERENT");
        if (!is_same)
            rc = error_set(err, AGON_ECORRUPT, "the replay ends in another state");
    }
    replay_free(&replay);
    return rc;
}

static void summary(struct demo *demo)
{
    const struct host_view *view = demo->view;
    char text[3][48];
    char times[4][24];
    uint64_t nth = 0;

    printf("\n%-14s %14s %14s %7s %7s %9s %10s\n", "agent", "capital", "equity", "fills", "refused",
           "fees", "events");
    for (uint32_t i = 0; i < view->n_slots; i++) {
        const struct host_view_slot *slot = &view->slots[i];

        nth += slot->nth;
        printf("%-14s %14s %14s %7llu %7llu %9s %10llu%s%s\n", slot->name,
               table_money(slot->capital_amt, view->base_exp, text[0]),
               table_money(slot->equity_amt, view->base_exp, text[1]),
               (unsigned long long)slot->n_fills, (unsigned long long)slot->n_refused,
               table_money(slot->fee_amt, view->base_exp, text[2]), (unsigned long long)slot->nth,
               slot->failure[0] != '\0' ? "  stopped: " : "", slot->failure);
    }
    printf("\n%llu events, %llu orders in %llu requests, %llu fills; %llu events delivered to "
           "agents.\n"
           "Engine step p50 %s, p99 %s; from the socket's read to the end of the step p50 %s, p99 "
           "%s.\n",
           (unsigned long long)view->counters.n_events, (unsigned long long)view->counters.n_orders,
           (unsigned long long)view->counters.n_requests,
           (unsigned long long)view->counters.n_fills, (unsigned long long)nth,
           table_time(hist_quantile(&view->step_ns, 0.5), times[0]),
           table_time(hist_quantile(&view->step_ns, 0.99), times[1]),
           table_time(hist_quantile(&view->queue_ns, 0.5), times[2]),
           table_time(hist_quantile(&view->queue_ns, 0.99), times[3]));
}

static int run(struct demo *demo, struct error *err)
{
    struct log_config log = {.level = LOG_INFO};
    static const int signals[] = {SIGINT, SIGTERM};
    char path[PATH_MAX];
    int rc = make_dir(demo, err);

    if (rc >= 0)
        rc = file_join(path, sizeof(path), demo->dir, "agon.log");
    if (rc < 0)
        return rc;
    demo->signal_fd = signals_open(signals, 2, err);
    if (demo->signal_fd < 0)
        return demo->signal_fd;
    demo->log_fd = demo_open_log(path);
    log.fd = demo->log_fd;
    demo->log = log_new(&log, err);
    if (demo->log == NULL)
        return AGON_EIO;
    log_set_process(demo->log);
    printf("agon demo: a simulated exchange at %lldx, a host and %d agents for %lld s\n",
           (long long)demo->opts.speed, DEMO_SLOTS,
           (long long)(demo->opts.seconds_ns / 1000000000));
    rc = start_sim(demo, err);
    if (rc >= 0) {
        printf("exchange   http://127.0.0.1:%u   (Binance's protocol; any client of it can trade "
               "there)\n"
               "files      %s\n\n",
               demo->sim.port, demo->dir);
        fflush(stdout);
        rc = start_host(demo, err);
    }
    return rc;
}

int cmd_demo(int argc, char **argv)
{
    static struct demo demo = {.opts = {.seconds_ns = (int64_t)60 * 1000000000,
                                        .speed = 60,
                                        .seed = 1,
                                        .http = "127.0.0.1:0"},
                               .log_fd = -1,
                               .signal_fd = -1};
    const struct arg table[] = {
        {"seconds", ARG_INT, "N", "how long, real time (60)", &demo.opts.seconds_ns, .min = 1,
         .max = 86400},
        {"speed", ARG_INT, "X", "market time runs X times as fast, 1 to 60 (60)", &demo.opts.speed,
         .min = 1, .max = 60},
        {"seed", ARG_U64, "N", "of the generated market (1)", &demo.opts.seed},
        {"data", ARG_TEXT, "DIR", "play the recordings in there instead", &demo.opts.data},
        {"dir", ARG_TEXT, "DIR", "keep journal and log there", &demo.opts.dir},
        {"plugins", ARG_TEXT, "DIR", "where the plugins are (beside this program)",
         &demo.opts.plugins},
        {"http", ARG_TEXT, "ADDRESS:PORT", "of the dashboard; off: none (127.0.0.1:0)",
         &demo.opts.http},
        {"keep", ARG_FLAG, NULL, "do not remove the files at the end", &demo.opts.is_kept},
        {NULL}};
    const struct args_spec spec = {.usage = "[OPTION...]",
                                   .about =
                                       "Shows the whole arena on this machine: a simulated "
                                       "exchange, a live host and four agents, then the "
                                       "proof that a replay of its journal reaches the same state.",
                                   .args = table};
    struct error err = {0};
    int signal_number = 0;
    int has_run = 0;
    int rc;

    demo.opts.seconds_ns = 60;
    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    demo.opts.seconds_ns *= 1000000000;
    demo.view = calloc(1, sizeof(*demo.view));
    if (demo.view == NULL)
        return EXIT_ENVIRONMENT;
    demo.sim.out_fd = -1;
    rc = run(&demo, &err);
    if (rc >= 0) {
        int stopped;

        has_run = 1;
        signal_number = watch(&demo);
        desk_close(&demo.desk);
        stopped = host_stop(demo.host, GRACE_NS, demo.signal_fd, &err);
        host_view(demo.host, demo.view);
        table_end(&demo.table, demo.view, clock_mono());
        summary(&demo);
        rc = stopped < 0 ? stopped : prove(&demo, &err);
    }
    if (rc < 0)
        fprintf(stderr, "agon demo: %s\n", err.text);
    desk_close(&demo.desk);
    host_free(demo.host);
    simproc_stop(&demo.sim);
    log_set_process(NULL);
    log_free(demo.log);
    if (demo.log_fd >= 0)
        close(demo.log_fd);
    if (rc < 0 && demo.is_own_dir && demo.sim.port != 0)
        fprintf(stderr, "agon demo: its log is %s/agon.log\n", demo.dir);
    else if (demo.is_own_dir && (rc < 0 || !demo.opts.is_kept))
        file_remove_tree(demo.dir);
    else
        printf("\nFiles are kept in %s\n", demo.dir);
    free(demo.view);
    signals_close(demo.signal_fd);
    if (rc < 0)
        return has_run                                        ? EXIT_CHECK
               : demo.opts.data != NULL && demo.sim.port == 0 ? EXIT_DATA
                                                              : EXIT_ENVIRONMENT;
    return signal_number != 0 ? EXIT_INTERRUPTED : EXIT_OK;
}
