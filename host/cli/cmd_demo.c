// SPDX-License-Identifier: Apache-2.0
/* demo: the whole arena on one machine with nothing else installed: a simulated exchange that
 * speaks the real protocol, with a spot and a futures market, a live host that signs its orders and
 * sends them there, eight agents and a model. One agent gets other code while it holds a position;
 * three misbehave. At the end the journal is replayed, has to reach the same state, and tells what
 * happened. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "args/args.h"
#include "base/money.h"
#include "base/num.h"
#include "cli/commands.h"
#include "cli/market_arg.h"
#include "demo/demo_config.h"
#include "demo/simproc.h"
#include "net/local_address.h"
#include "ops/ops.h"
#include "report/run_report.h"
#include "report/table.h"
#include "run/host.h"
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
        const char *data, *market, *dir, *plugins, *http, *report;
        int is_kept;
    } opts;
    char dir[PATH_MAX];
    char run_dir[PATH_MAX];
    char log_path[PATH_MAX];
    struct ops desk;
    int is_own_dir;
    struct simproc sim;
    struct host *host; /* owned */
    struct log *log;   /* owned */
    int log_fd, signal_fd;
    struct table table;
    struct host_view *view; /* owned */
    struct crew_slot slots[DEMO_SLOTS];
    uint32_t n_slots;
    char newcomer[512]; /* the file that takes over from DEMO_NEWCOMER's */
    agon_ns_t t_end;    /* engine time when it was told to stop */
    char reloaded[256]; /* what became of that; empty: it was not tried */
    struct host_changeover changeovers[HOST_CHANGEOVERS_MAX];
    uint32_t n_changeovers;
    struct run_report story;
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

// What cannot be written is told before, and not after a minute and a half.
static int try_report(const struct demo *demo, struct error *err)
{
    FILE *out;

    if (strcmp(demo->opts.report, "off") == 0)
        return AGON_OK;
    out = fopen(demo->opts.report, "ae");
    if (out == NULL || fclose(out) != 0)
        return error_set(err, AGON_EIO,
                         "the report %s cannot be written: %s; name another by --report FILE, or "
                         "--report off",
                         demo->opts.report, strerror(errno));
    return AGON_OK;
}

/* What it is played with is there, before anything is made. */
static int try_inputs(struct demo *demo, struct error *err)
{
    char *files[16];
    int n = demo->opts.data != NULL ? demo_recordings(demo->opts.data, files, 16, err) : 0;

    for (int i = 0; i < n; i++)
        free(files[i]);
    return n < 0 ? n : demo_newcomer(demo->opts.plugins, demo->newcomer, err);
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
        if (demo->opts.market != NULL) {
            args[n++] = "--market";
            args[n++] = demo->opts.market;
        }
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
static void set_rules(struct tournament_rules *rules, int64_t length_s)
{
    plan_defaults(rules);
    memcpy(rules->schedule, "*/15 * * * *", sizeof("*/15 * * * *"));
    rules->sample_s = 60;
    rules->window = 60;
    // Six of them in a demo: steps that a person sees, of what is too short to be evidence.
    rules_set_setting(rules, SETTING_EVIDENCE, 0.0);
    rules_set_setting(rules, SETTING_INCREASE, 0.25);
    rules_set_setting(rules, SETTING_DECREASE, 0.25);
    rules_set_setting(rules, SETTING_FAULT_REST, 1000.0); // for as long as it lasts
    // Whoever misbehaves is out by then.
    rules->min_samples = (uint32_t)(length_s / 60 * 28 / 100);
    if (rules->min_samples < 2)
        rules->min_samples = 2;
    if (rules->min_samples > rules->window)
        rules->min_samples = rules->window;
}

static int start_host(struct demo *demo, struct error *err)
{
    static struct host_instrument instruments[DEMO_INSTRUMENTS_MAX];
    struct host_config config = {
        .has_no_operator = 1,
        .mode = RUN_LIVE,
        .base_currency = "USDT",
        .instruments = instruments,
        .slots = demo->slots,
        .speed_milli = demo->opts.speed * 1000,
        .is_async = 1,
        .mark_every = 20000,
        .seed = demo->opts.seed,
        .low_water_bytes = (int64_t)32 << 20,
    };
    struct ops_config desk = {.dir = demo->run_dir,
                              .http = demo->opts.http,
                              .mode = "live",
                              .speed_milli = config.speed_milli,
                              .is_async = 1,
                              .log = demo->log,
                              .log_path = demo->log_path};
    struct demo_plan plan = {.plugins = demo->opts.plugins,
                             .instruments = instruments,
                             .has_structure = demo->opts.market != NULL,
                             .length_s = demo->opts.seconds_ns / 1000000000 * demo->opts.speed};
    int rc;

    set_rules(&config.tournament, plan.length_s);
    rc = demo_venues(config.venues, &demo->sim, err);
    config.n_venues = rc > 0 ? (uint32_t)rc : 0;
    if (rc >= 0)
        rc = demo_instruments(instruments, &demo->sim, demo->opts.data, err);
    config.n_instruments = rc > 0 ? (uint32_t)rc : 0;
    plan.n_instruments = config.n_instruments;
    if (rc >= 0)
        rc = demo_slots(demo->slots, &plan, err);
    config.n_slots = rc > 0 ? (uint32_t)rc : 0;
    demo->n_slots = config.n_slots;
    if (rc >= 0)
        rc = demo_newcomer(demo->opts.plugins, demo->newcomer, err);
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
        rc = ops_open(&demo->desk, demo->host, &desk, err);
    return rc;
}

static const struct host_view_slot *newcomer_slot(const struct demo *demo)
{
    for (uint32_t i = 0; i < demo->view->n_slots; i++) {
        if (strcmp(demo->view->slots[i].name, DEMO_NEWCOMER) == 0)
            return &demo->view->slots[i];
    }
    return NULL;
}

// A fee leaves too little to be sold: that is no position.
static int is_more_than_dust(const struct host_view *view,
                             const struct host_view_position *position)
{
    const struct host_view_instrument *at = &view->instruments[position->instrument - 1];
    double units = (double)position->held_amt / (double)num_pow10(at->base_exp);
    double px = (double)at->last_px / (double)num_pow10(at->px_exp);

    return fabs(units * px) > 10.0;
}

/* From a quarter of the time on, as soon as it holds a position; near the end also without. */
static void reload(struct demo *demo, int64_t elapsed_ns)
{
    const struct host_view_slot *slot = newcomer_slot(demo);
    struct error err = {0};
    int is_holding = 0;

    if (slot == NULL || !slot->is_playing || demo->reloaded[0] != '\0' ||
        elapsed_ns < demo->opts.seconds_ns / 4)
        return;
    for (uint32_t i = 0; i < slot->n_positions; i++)
        is_holding |= is_more_than_dust(demo->view, &slot->positions[i]);
    if (!is_holding && elapsed_ns < demo->opts.seconds_ns / 4 * 3)
        return;
    if (host_reload(demo->host, DEMO_NEWCOMER, demo->newcomer, &err) < 0)
        snprintf(demo->reloaded, sizeof(demo->reloaded), "%.255s", err.text);
    else
        snprintf(demo->reloaded, sizeof(demo->reloaded), "done");
}

// Until the time is up or somebody asks for the end; length 0: no time limit. Returns the signal,
// or 0.
static int watch(struct demo *demo, int64_t length_ns)
{
    int64_t began = clock_mono();
    _Atomic uint32_t never = 0;
    int signal_number = 0;

    table_init(&demo->table, stdout, length_ns);
    while (signal_number == 0 && (length_ns == 0 || clock_mono() < began + length_ns) &&
           commands_can_print()) {
        host_view(demo->host, demo->view);
        table_draw(&demo->table, demo->view, clock_mono());
        if (length_ns != 0)
            reload(demo, clock_mono() - began);
        futex_wait(&never, 0, DRAW_NS);
        signal_number = signals_next(demo->signal_fd);
    }
    return signal_number > 0 ? signal_number : 0;
}

static void print_agents(const struct demo *demo)
{
    const struct host_view *view = demo->view;
    char text[3][MONEY_TEXT];
    char failure[160];
    int decimals = money_decimals(view->base_currency, view->base_exp);

    printf("\n%-12s %13s %13s %10s %7s %6s %8s %9s  %s  [%s]\n", "agent", "capital", "equity",
           "result", "fills", "closed", "refused", "events", "state", view->base_currency);
    for (uint32_t i = 0; i < view->n_slots; i++) {
        const struct host_view_slot *slot = &view->slots[i];
        const struct figures *of = &slot->figures;

        printf("%-12s %13s %13s %10s %7llu %6llu %8llu %9llu  %s%s%s\n", slot->name,
               money_text(of->capital_amt, view->base_exp, decimals, text[0]),
               money_text(of->equity_amt, view->base_exp, decimals, text[1]),
               money_text(of->result_amt, view->base_exp, decimals, text[2]),
               (unsigned long long)of->n_fills, (unsigned long long)(of->n_wins + of->n_losses),
               (unsigned long long)slot->n_refused, (unsigned long long)slot->nth,
               slot_condition_name(slot->condition), slot->failure[0] != '\0' ? ": " : "",
               run_report_brief(slot->failure, failure, sizeof(failure)));
    }
}

static int print_counts(const struct demo *demo, struct error *err)
{
    const struct host_view *view = demo->view;
    uint64_t n_sent = 0, n_seen = 0;
    uint32_t n_counted = 0;

    for (uint32_t i = 0; i < view->n_slots; i++) {
        // Who hangs when the time is up has not seen the last of it.
        if (!view->slots[i].is_counted || demo_is_rascal(&demo->slots[i]))
            continue;
        n_counted++;
        n_sent += view->slots[i].n_sent;
        n_seen += view->slots[i].n_seen;
    }
    if (n_counted > 0)
        printf("Events sent to the %u that behave: %llu; seen by them: %llu, %s.\n", n_counted,
               (unsigned long long)n_sent, (unsigned long long)n_seen,
               n_sent == n_seen ? "equal" : "DIFFERENT");
    return n_sent == n_seen ? AGON_OK
                            : error_set(err, AGON_ECORRUPT, "an agent did not see every event");
}

// What the demo promises of tournaments.
static int judge_plans(const struct demo *demo, struct error *err)
{
    uint32_t n = demo->story.n_given_faulty;

    printf("Capital given to an agent after it crashed, hung or flooded: %s.\n",
           n == 0 ? "none" : "BY A TOURNAMENT");
    return n == 0 ? AGON_OK
                  : error_set(err, AGON_ECORRUPT,
                              "a tournament gave capital to an agent after its fault, %u times", n);
}

static void print_changeovers(struct demo *demo)
{
    uint32_t n = demo->n_changeovers;
    uint32_t shown = n < HOST_CHANGEOVERS_MAX ? n : HOST_CHANGEOVERS_MAX;

    for (uint32_t i = n - shown; i < n; i++) {
        const struct host_changeover *one = &demo->changeovers[i % HOST_CHANGEOVERS_MAX];
        char times[2][24];

        printf("%s of %s: engine pause %s, ready after %s, %llu bytes of state\n",
               host_changeover_name(one->kind), demo->view->slots[one->slot].name,
               table_time(one->cut_ns + one->swap_ns, times[0]),
               table_time(one->total_ns, times[1]), (unsigned long long)one->n_state);
    }
    if (n == 0 || strcmp(demo->reloaded, "done") != 0)
        printf("No reload of %s%s%s\n", DEMO_NEWCOMER,
               demo->reloaded[0] != '\0' ? ": " : ": the demo was too short",
               strcmp(demo->reloaded, "done") != 0 ? demo->reloaded : "");
}

static void print_times(const struct demo *demo)
{
    const struct host_view *view = demo->view;
    char times[7][24];

    printf(
        "%llu events, %llu orders in %llu requests, %llu fills. "
        "Engine step p50 %s, p99 %s;\nwire to decision p50 %s, "
        "p99 %s; intent-to-ack round trip p50 %s, p99 %s "
        "(%llu orders that no\nlimiter held). Orders that a limiter held: %llu%s%s.\n",
        (unsigned long long)view->counters.n_events, (unsigned long long)view->counters.n_orders,
        (unsigned long long)view->counters.n_requests, (unsigned long long)view->counters.n_fills,
        table_time(hist_quantile(&view->step_ns, 0.5), times[0]),
        table_time(hist_quantile(&view->step_ns, 0.99), times[1]),
        table_time(hist_quantile(&view->queue_ns, 0.5), times[2]),
        table_time(hist_quantile(&view->queue_ns, 0.99), times[3]),
        table_time(hist_quantile(&demo->story.ack_ns, 0.5), times[4]),
        table_time(hist_quantile(&demo->story.ack_ns, 0.99), times[5]),
        (unsigned long long)demo->story.ack_ns.n, (unsigned long long)demo->story.held_ns.n,
        demo->story.held_ns.n > 0 ? ", p50 " : "",
        demo->story.held_ns.n > 0 ? table_time(hist_quantile(&demo->story.held_ns, 0.5), times[6])
                                  : "");
}

/* At the end: the journal through a new engine must come to the state that the host had. */
static int prove(const struct demo *demo, char *text, size_t room, struct error *err)
{
    const struct replay *replay = &demo->story.replay;
    unsigned char hash[HASH_SIZE];
    char ours[2 * HASH_SIZE + 1];
    char again[2 * HASH_SIZE + 1];
    uint64_t seq;
    int is_same;

    host_state(demo->host, hash, &seq);
    is_same = memcmp(hash, replay->state, HASH_SIZE) == 0 && replay->last_seq == seq;
    hash_hex(hash, ours);
    hash_hex(replay->state, again);
    snprintf(text, room,
             "The journal's %llu events, stepped again through a new engine, reach all %llu "
             "recorded state hashes, and at event %llu %s: %.32s.",
             (unsigned long long)replay->n_events, (unsigned long long)replay->n_marks,
             (unsigned long long)replay->last_seq,
             is_same ? "the host's own last one" : "ANOTHER STATE than the host's", again);
    printf("\nProof: the journal's %llu events, stepped again through a new engine, reach all "
           "%llu\nrecorded state hashes and the last one, every invariant held.\n"
           "  live    seq %llu  %.32s\n  replay  seq %llu  %.32s  %s\n",
           (unsigned long long)replay->n_events, (unsigned long long)replay->n_marks,
           (unsigned long long)seq, ours, (unsigned long long)replay->last_seq, again,
           is_same ? "equal" : "DIFFERENT");
    return is_same ? AGON_OK : error_set(err, AGON_ECORRUPT, "the replay ends in another state");
}

/* What happened, to the terminal and as a page. is_over: the host has stopped. */
static int tell(struct demo *demo, int is_over, struct error *err)
{
    char proof[512] = "";
    struct run_report_page page = {.path = demo->opts.report,
                                   .title = "Agon: a run of the arena",
                                   .view = demo->view,
                                   .changeovers = demo->changeovers,
                                   .proof = proof};
    struct run_report_source source = {.journal = host_journal_dir(demo->host),
                                       .speed_milli = demo->opts.speed * 1000,
                                       .is_live = !is_over,
                                       .t_end = demo->t_end};
    int rc = run_report_read(&demo->story, &source, err);
    int seen;

    demo->n_changeovers = host_changeovers(demo->host, demo->changeovers);
    page.n_changeovers = demo->n_changeovers;
    if (rc >= 0) {
        printf("\n");
        run_report_print(&demo->story, stdout);
        print_agents(demo);
        printf("\n");
        seen = print_counts(demo, err);
        if (judge_plans(demo, seen < 0 ? NULL : err) < 0)
            seen = AGON_ECORRUPT;
        print_changeovers(demo);
        print_times(demo);
        if (is_over)
            rc = prove(demo, proof, sizeof(proof), seen < 0 ? NULL : err);
        else
            snprintf(proof, sizeof(proof),
                     "The host runs on. Its journal up to event %llu, stepped again through a new "
                     "engine, reaches all %llu recorded state hashes.",
                     (unsigned long long)demo->story.replay.last_seq,
                     (unsigned long long)demo->story.replay.n_marks);
        rc = seen < 0 ? seen : rc;
        if (strcmp(demo->opts.report, "off") != 0) {
            int written = run_report_html(&demo->story, &page, rc < 0 ? NULL : err);

            rc = rc < 0 ? rc : written;
            if (written >= 0)
                printf("\nReport: %s\n", demo->opts.report);
        }
        fflush(stdout);
    }
    run_report_free(&demo->story);
    return rc;
}

/* The summary, and with --keep the arena once more until somebody ends it. */
static int finish(struct demo *demo, int *signal_number, struct error *err)
{
    int rc, stopped;

    if (demo->opts.is_kept && *signal_number == 0 && commands_can_print()) {
        host_view(demo->host, demo->view);
        table_end(&demo->table, demo->view, clock_mono());
        rc = tell(demo, 0, err);
        if (rc < 0)
            return rc;
        printf("\nIt runs on. Ctrl-C ends it; another terminal may look and order meanwhile:\n"
               "  agon top --dir %s\n  agon ctl agents --dir %s\n\n",
               demo->run_dir, demo->run_dir);
        fflush(stdout);
        // That is how a kept demo ends.
        (void)watch(demo, 0);
    }
    host_view(demo->host, demo->view);
    demo->t_end = demo->view->t;
    ops_close(&demo->desk);
    stopped = host_stop(demo->host, GRACE_NS, demo->signal_fd, err);
    host_view(demo->host, demo->view);
    table_end(&demo->table, demo->view, clock_mono());
    rc = stopped < 0 ? stopped : tell(demo, 1, err);
    return rc;
}

static int run(struct demo *demo, struct error *err)
{
    struct log_config log = {.level = LOG_INFO};
    static const int signals[] = {SIGINT, SIGTERM};
    char path[PATH_MAX];
    int rc = try_inputs(demo, err);

    if (rc >= 0)
        rc = try_report(demo, err);
    if (rc >= 0)
        rc = make_dir(demo, err);
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
    rc = start_sim(demo, err);
    if (rc >= 0)
        rc = start_host(demo, err);
    if (rc < 0)
        return rc;
    ops_print(&demo->desk, stdout, 1);
    printf("exchange   http://127.0.0.1:%u   (Binance spot", demo->sim.spot.port);
    if (demo->sim.um.port != 0)
        printf("; USD-M futures: %u", demo->sim.um.port);
    printf(". Any client of it can trade there)\nfiles      %s\n\n"
           "A simulated exchange at %lldx, a host and %u plugins, for %lld s.\n\n",
           demo->dir, (long long)demo->opts.speed, demo->n_slots,
           (long long)(demo->opts.seconds_ns / 1000000000));
    fflush(stdout);
    return rc;
}

int cmd_demo(int argc, char **argv)
{
    static struct demo demo = {.opts = {.seconds_ns = (int64_t)90 * 1000000000,
                                        .speed = 60,
                                        .seed = 1,
                                        .http = "127.0.0.1:0",
                                        .report = "agon-demo.html"},
                               .log_fd = -1,
                               .signal_fd = -1};
    const struct arg table[] = {
        {"seconds", ARG_INT, "N", "how long, real time (90)", &demo.opts.seconds_ns, .min = 1,
         .max = 86400},
        {"speed", ARG_INT, "X", "market time runs X times as fast, 1 to 60 (60)", &demo.opts.speed,
         .min = 1, .max = 60},
        {"seed", ARG_U64, "N", "of the generated market (1)", &demo.opts.seed},
        MARKET_ARG(demo.opts.market),
        {"data", ARG_TEXT, "DIR", "replay the recordings in there instead", &demo.opts.data},
        {"dir", ARG_TEXT, "DIR", "keep journal and log there", &demo.opts.dir},
        {"plugins", ARG_TEXT, "DIR", "where the plugins are (beside this program)",
         &demo.opts.plugins},
        {"http", ARG_TEXT, "ADDRESS:PORT", "of the dashboard; off: none (127.0.0.1:0)",
         &demo.opts.http},
        {"report", ARG_TEXT, "FILE", "what happened, as a page of HTML; off: none (agon-demo.html)",
         &demo.opts.report},
        {"keep", ARG_FLAG, NULL, "leave it running after the summary, until Ctrl-C",
         &demo.opts.is_kept},
        {NULL}};
    const struct args_spec spec = {.usage = "[OPTION...]",
                                   .about =
                                       "Shows the whole arena on this machine: a simulated "
                                       "exchange with spot and futures, a live host and eight "
                                       "agents, of which one is replaced and three misbehave; "
                                       "then what happened, and the proof that a replay of its "
                                       "journal reaches the same state.",
                                   .args = table};
    static struct synth market;
    struct error err = {0};
    struct local_address address;
    int signal_number = 0;
    int has_run = 0;
    int rc;

    demo.opts.seconds_ns = 90;
    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    if (local_address_parse(&address, demo.opts.http, &err) < 0)
        return args_refuse(&spec, argv[0], "--http %s", err.text);
    if (demo.opts.market != NULL && demo.opts.data != NULL)
        return args_refuse(&spec, "demo", "--market is for a generated market, not with --data");
    if (demo.opts.market != NULL) {
        rc = market_arg_read(&market, "demo", demo.opts.market); // the simulator reads it again
        if (rc != EXIT_OK)
            return rc;
    }
    demo.opts.seconds_ns *= 1000000000;
    demo.view = calloc(1, sizeof(*demo.view));
    if (demo.view == NULL)
        return EXIT_ENVIRONMENT;
    demo.sim.out_fd = -1;
    rc = run(&demo, &err);
    if (rc >= 0) {
        has_run = 1;
        signal_number = watch(&demo, demo.opts.seconds_ns);
        rc = finish(&demo, &signal_number, &err);
    }
    if (rc < 0)
        fprintf(stderr, "agon demo: %s\n", err.text);
    ops_close(&demo.desk);
    host_free(demo.host);
    simproc_stop(&demo.sim);
    log_set_process(NULL);
    log_free(demo.log);
    if (demo.log_fd >= 0)
        close(demo.log_fd);
    if (rc < 0 && demo.is_own_dir && demo.sim.spot.port != 0)
        fprintf(stderr, "agon demo: its log is %s/agon.log\n", demo.dir);
    else if (demo.is_own_dir)
        file_remove_tree(demo.dir);
    else
        printf("\nFiles are kept in %s\n", demo.dir);
    free(demo.view);
    signals_close(demo.signal_fd);
    if (rc < 0)
        return has_run                                             ? EXIT_CHECK
               : demo.opts.data != NULL && demo.sim.spot.port == 0 ? EXIT_DATA
                                                                   : EXIT_ENVIRONMENT;
    return signal_number != 0 ? EXIT_INTERRUPTED : EXIT_OK;
}
