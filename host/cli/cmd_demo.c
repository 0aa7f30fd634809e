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
#include "cli/demo_impl.h"
#include "cli/journal_dir.h"
#include "cli/market_arg.h"
#include "net/local_address.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/futex.h"
#include "sys/log.h"
#include "sys/signals.h"
#include "sys/wrap.h"

#define GRACE_NS ((int64_t)3 * 1000000000)
#define DRAW_NS  ((int64_t)200 * 1000000)
#define KEPT_NS  ((int64_t)5 * 1000000000) /* of what a kept demo's acts came to */
/* Of fewer the act of the hang is over before the plugin that hangs is ended (acts.c). */
#define DEMO_SECONDS_MIN 10

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

// About six of them, each quarter of an hour of market time where that is 90 minutes long, by the
// equity of its minutes.
static void set_rules(struct tournament_rules *rules, int64_t length_s)
{
    static const int slices[] = {15, 10, 5, 3, 2, 1};
    static const uint32_t shares_ppm[] = {300000, 240000, 190000, 150000, 120000};
    size_t i = 0;

    plan_defaults(rules);
    while (slices[i] > 1 && slices[i] * 60 > length_s / 6)
        i++;
    snprintf(rules->schedule, sizeof(rules->schedule), "*/%d * * * *", slices[i]);
    rules->sample_s = 60;
    rules->window = 60;
    // Six of them in a demo: steps that a person sees.
    rules_set_setting(rules, SETTING_INCREASE, 0.25);
    rules_set_setting(rules, SETTING_DECREASE, 0.25);
    rules_set_setting(rules, SETTING_FAULT_REST, 1000.0); // for as long as it lasts
    // Five agents behave: all there is goes to them, and one round trip is enough to be judged.
    rules->n_shares = sizeof(shares_ppm) / sizeof(shares_ppm[0]);
    memcpy(rules->shares_ppm, shares_ppm, sizeof(shares_ppm));
    rules->rest_ppm = 0;
    rules_set_setting(rules, SETTING_MIN_TRADES, 1.0);
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
    if (demo->opts.data != NULL)
        snprintf(config.market.about, sizeof(config.market.about), "recordings of %.180s",
                 demo->opts.data);
    else
        snprintf(config.market.about, sizeof(config.market.about), "%s", demo->about);
    if (demo->opts.market != NULL)
        start_market_name(&config.market, demo->opts.market);
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
    demo->began_host_ns = clock_mono();
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

static void note_held(struct demo *demo, const struct host_view_slot *slot)
{
    size_t used = 0;

    demo->held[0] = '\0';
    for (uint32_t i = 0; i < slot->n_positions && used < sizeof(demo->held); i++) {
        const struct host_view_position *position = &slot->positions[i];
        const struct host_view_instrument *at = &demo->view->instruments[position->instrument - 1];
        char text[NUM_TEXT];

        if (!is_more_than_dust(demo->view, position))
            continue;
        num_format_short(num_rescale(position->held_amt, at->base_exp, at->qty_exp, NUM_ZERO),
                         at->qty_exp, text);
        used += (size_t)snprintf(demo->held + used, sizeof(demo->held) - used, "%s%s %.15s",
                                 used > 0 ? ", " : "", text, at->base);
    }
}

/* In its act, as soon as it holds a position, or in a later one; within the last also without. */
static void reload(struct demo *demo, int64_t elapsed_ns)
{
    int64_t from_ns = acts_begin(ACT_RELOAD, demo->opts.seconds_ns);
    int64_t to_ns = acts_begin(ACT_FLOOD, demo->opts.seconds_ns);
    const struct host_view_slot *slot = newcomer_slot(demo);
    struct error err = {0};
    int is_holding = 0;

    if (slot == NULL || !slot->is_playing || demo->reloaded[0] != '\0' ||
        elapsed_ns < from_ns + demo->opts.seconds_ns / 50)
        return;
    for (uint32_t i = 0; i < slot->n_positions; i++)
        is_holding |= is_more_than_dust(demo->view, &slot->positions[i]);
    if (!is_holding && elapsed_ns < to_ns)
        return;
    note_held(demo, slot);
    if (host_reload(demo->host, DEMO_NEWCOMER, demo->newcomer, NULL, &err) < 0)
        snprintf(demo->reloaded, sizeof(demo->reloaded), "%.255s", err.text);
    else
        snprintf(demo->reloaded, sizeof(demo->reloaded), "done");
}

// Until the time is up or somebody asks for the end; length 0: no time limit, and no acts. Returns
// the signal, or 0.
static int watch(struct demo *demo, int64_t length_ns)
{
    int64_t began = clock_mono();
    int64_t next_kept = 0;
    _Atomic uint32_t never = 0;
    int signal_number = 0;

    while (signal_number == 0 && (length_ns == 0 || clock_mono() < began + length_ns) &&
           commands_can_print()) {
        int64_t elapsed_ns = clock_mono() - began;

        demo_look(demo);
        demo->n_changeovers = host_changeovers(demo->host, demo->changeovers);
        if (length_ns != 0) {
            reload(demo, elapsed_ns);
            demo_show(demo, elapsed_ns);
        } else {
            if (clock_mono() >= next_kept) {
                demo_show_kept(demo);
                next_kept = clock_mono() + KEPT_NS;
            }
            if (!demo->table.frame.is_screen) // a picture would stand over the summary
                table_draw(&demo->table, demo->view, clock_mono());
        }
        futex_wait(&never, 0, DRAW_NS);
        signal_number = signals_next(demo->signal_fd);
    }
    if (length_ns != 0) { // what came within the last of it
        demo_look(demo);
        demo_show(demo, clock_mono() - began);
        demo_show_end(demo);
    }
    frame_close(&demo->table.frame);
    return signal_number > 0 ? signal_number : 0;
}

/* Of 24 lines of a screen the summary has 22; the last one is not ended, as that would scroll. */
static void say_kept(struct demo *demo)
{
    if (demo->table.frame.is_screen) {
        // The first that has room: a line that wraps would scroll.
        const char *const says[] = {"It runs on. Ctrl-C ends it; look: agon top --dir ",
                                    "Ctrl-C ends it; agon top --dir "};
        size_t room = (size_t)wrap_width(stdout), n = strlen(demo->run_dir), i = 0;

        ops_print(&demo->desk, stdout, 1);
        while (i < 2 && strlen(says[i]) + n > room)
            i++;
        if (i < 2)
            printf("%s%s", says[i], demo->run_dir);
        else
            printf("It runs on. Ctrl-C ends it; look: agon top --dir DIR/run, DIR as for the demo");
        return;
    }
    printf("\nIt runs on. Ctrl-C ends it; another terminal may look and order meanwhile:\n"
           "  agon top --dir %s\n  agon ctl agents --dir %s\n",
           demo->run_dir, demo->run_dir);
    ops_print(&demo->desk, stdout, 1);
    printf("\n");
}

/* The summary, and with --keep the arena goes on behind it until somebody ends it. */
static int finish(struct demo *demo, int *signal_number, struct error *err)
{
    int rc, stopped;

    if (demo->opts.is_kept && *signal_number == 0 && commands_can_print()) {
        demo_look(demo);
        rc = demo_tell(demo, 0, err);
        if (rc < 0)
            return rc;
        say_kept(demo);
        fflush(stdout);
        // That is how a kept demo ends.
        demo->table.length_ns = 0;
        (void)watch(demo, 0);
        if (demo->table.frame.is_screen)
            printf("\n");
    }
    demo_look(demo);
    demo->t_end = demo->view->t;
    demo->ended_ns = clock_mono();
    ops_close(&demo->desk);
    stopped = host_stop(demo->host, GRACE_NS, demo->signal_fd, err);
    demo_look(demo);
    (void)daytest_look(&demo->daytest);
    return stopped < 0 ? stopped : demo_tell(demo, 1, err);
}

/* Beside it, as it needs some seconds of a processor; a demo goes on without. */
static void test_a_day(struct demo *demo)
{
    struct host_instrument instruments[DEMO_INSTRUMENTS_MAX];
    struct daytest_plan plan = {.dir = demo->dir,
                                .market = demo->opts.market,
                                .seed = demo->opts.seed,
                                .slots = demo->slots,
                                .n_slots = demo->n_slots,
                                .instruments = instruments};
    struct error err = {0};

    if (demo->opts.data != NULL ||
        demo_instruments(instruments, &demo->sim, demo->opts.data, &err) < 0)
        return;
    if (daytest_start(&demo->daytest, &plan, &err) < 0) {
        log_warn("demo", "daytest", "%s", err.text);
        snprintf(demo->daytest.failure, sizeof(demo->daytest.failure), "%.159s", err.text);
    }
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
    test_a_day(demo);
    table_init(&demo->table, stdout, demo->opts.seconds_ns);
    acts_init(&demo->acts, demo->opts.seconds_ns, &host_config_of(demo->host)->tournament);
    demo_show_head(demo);
    return rc;
}

/* A demo in the journal of another would take that one's fills and times for its own. An exit code.
 */
static int refuse_old_run(const struct args_spec *spec, const char *dir)
{
    char run_dir[PATH_MAX];

    // A path that is too long is refused where it is made.
    if (dir == NULL || file_join(run_dir, sizeof(run_dir), dir, "run") < 0 ||
        journal_dir_is_new(run_dir))
        return EXIT_OK;
    return args_refuse(spec, "demo",
                       "--dir %s holds a run already: name a folder that is empty or not there, or "
                       "remove it; `agon report %s` reads it",
                       args_safe(dir), args_safe(run_dir));
}

static void keep_command(struct demo *demo, int argc, char **argv)
{
    size_t used = (size_t)snprintf(demo->command, sizeof(demo->command), "agon");

    for (int i = 0; i < argc && used < sizeof(demo->command); i++)
        used +=
            (size_t)snprintf(demo->command + used, sizeof(demo->command) - used, " %s", argv[i]);
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
        {"seconds", ARG_INT, "N", "how long, real time, 10 or more (90)", &demo.opts.seconds_ns,
         .min = DEMO_SECONDS_MIN, .max = 86400},
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
    const struct args_spec spec = {
        .usage = "[OPTION...]",
        .about = "Shows the whole arena on this machine, in seven acts: a "
                 "simulated exchange with spot and futures, a live host and "
                 "eight agents, of which one is replaced and three misbehave; "
                 "then what happened, and the proof that a replay of its "
                 "journal reaches the same state.",
        .args = table};
    static struct synth market;
    struct error err = {0};
    struct local_address address;
    int signal_number = 0;
    int has_run = 0;
    int rc;

    demo.began_ns = clock_mono();
    keep_command(&demo, argc, argv);
    demo.opts.seconds_ns = 90;
    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    if (local_address_parse(&address, demo.opts.http, &err) < 0)
        return args_refuse(&spec, argv[0], "--http %s", err.text);
    if (demo.opts.market != NULL && demo.opts.data != NULL)
        return args_refuse(&spec, "demo", "--market is for a generated market, not with --data");
    rc = refuse_old_run(&spec, demo.opts.dir);
    if (rc != EXIT_OK)
        return rc;
    if (demo.opts.market == NULL && demo.opts.data == NULL)
        demo.opts.market = "demo";
    if (demo.opts.market != NULL) {
        rc = market_arg_read(&market, "demo", demo.opts.market); // the simulator reads it again
        if (rc != EXIT_OK)
            return rc;
        snprintf(demo.about, sizeof(demo.about), "%s", market.about);
    }
    wrap_limit(DEMO_LINE);
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
    daytest_stop(&demo.daytest);
    simproc_stop(&demo.sim);
    log_set_process(NULL);
    log_free(demo.log);
    if (demo.log_fd >= 0)
        close(demo.log_fd);
    if (rc < 0 && demo.is_own_dir && demo.sim.spot.port != 0)
        fprintf(stderr, "agon demo: its log is %s/agon.log\n", demo.dir);
    else if (demo.is_own_dir)
        file_remove_tree(demo.dir);
    else if (demo.log_fd >= 0 && !demo.table.frame.is_screen) // who looks at a picture has 24 lines
        printf("Files are kept in %s\n", demo.dir);
    free(demo.view);
    signals_close(demo.signal_fd);
    if (rc < 0)
        return has_run                                             ? EXIT_CHECK
               : demo.opts.data != NULL && demo.sim.spot.port == 0 ? EXIT_DATA
                                                                   : EXIT_ENVIRONMENT;
    return signal_number != 0 ? EXIT_INTERRUPTED : EXIT_OK;
}
