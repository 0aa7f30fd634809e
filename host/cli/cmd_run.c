// SPDX-License-Identifier: Apache-2.0
/* run: a host, from its file, until it is asked to stop. */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "args/args.h"
#include "cli/commands.h"
#include "cli/config_kinds.h"
#include "cli/journal_dir.h"
#include "demo/demo_config.h"
#include "net/local_address.h"
#include "ops/ops.h"
#include "report/table.h"
#include "roster/roster.h"
#include "run/config_file.h"
#include "run/credential.h"
#include "run/kill.h"
#include "run/market_bars.h"
#include "run/settings.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/futex.h"
#include "sys/harden.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/rundir.h"
#include "sys/signals.h"
#include "venue/wire.h"

#define GRACE_NS ((int64_t)5 * 1000000000)
#define DRAW_NS  ((int64_t)250 * 1000000)

struct opts {
    const char *config, *dir, *plugins, *http;
    int64_t for_ns;
    int is_config_given, is_quiet, is_resumed, is_take_over, is_rewound;
};

/* The gateways have made their signers of them. */
static void forget_keys(struct settings *settings)
{
    for (uint32_t i = 0; i < settings->host.n_venues; i++) {
        secret_wipe(&settings->host.venues[i].key);
        secret_wipe(&settings->host.venues[i].secret);
        secret_wipe(&settings->host.venues[i].passphrase);
    }
}

static int read_keys(struct settings *settings, int is_take_over)
{
    for (uint32_t i = 0; i < settings->host.n_venues; i++) {
        struct venue_config *venue = &settings->host.venues[i];
        struct error err = {0};
        int rc;

        venue->is_private = 0; // public data and no keys: a paper host cannot send an order
        if (settings->host.mode == RUN_PAPER)
            continue;
        if (settings->credentials[i][0] == '\0') {
            fprintf(stderr,
                    "agon run: mode live needs keys, and venue %s names none; expected "
                    "'credential: NAME' in its file, or 'mode: paper'\n",
                    venue->name);
            return EXIT_SAFETY;
        }
        rc = credential_read(settings->credentials[i], &venue->key, &venue->secret,
                             &venue->passphrase, &err);
        if (rc < 0) {
            fprintf(stderr, "agon run: %s\n", err.text);
            return EXIT_SAFETY;
        }
        if (venue_table_find(venue->dialect)->has_rights_elsewhere &&
            venue->rights.host[0] == '\0') {
            fprintf(stderr,
                    "agon run: mode live asks what the key may do: name 'rights' in the file of "
                    "venue %s, as futures do not report it themselves\n",
                    venue->name);
            return EXIT_CONFIG;
        }
        venue->is_private = 1;
        venue->is_guarded = 1;
        venue->is_take_over = (uint8_t)is_take_over;
    }
    return EXIT_OK;
}

/* A strategy whose stage does not trade in this mode plays and has each order refused. That is what
 * a stage is for, and the default of a roster does not trade live: so the operator is told, once
 * for each such agent. A live host has no paper exchange beside the venue. */
static void tell_stages(const struct settings *settings, const char *config)
{
    uint32_t mode = settings->host.mode;

    for (uint32_t i = 0; i < settings->host.n_slots; i++) {
        const struct crew_slot *slot = &settings->slots[i];
        const struct record_slot *record = &slot->record;

        if (record->agent_kind != AGON_STRATEGY || record->stage >= slot_least_stage(mode))
            continue;
        // A key each, so that none is left out where there are many.
        log_warn_with(
            "host", record->name,
            LOG_FIELDS(LOG_TEXT("agent", record->name),
                       LOG_TEXT("stage", roster_stage_name(record->stage))),
            "%s:%u: agent %s is at stage %s, which does not trade in mode %s: it runs, and "
            "every order of it is refused (SLOT_STATE)%s. To let it trade write 'stage: %s' "
            "there%s%s",
            settings->roster, slot->line, record->name, roster_stage_name(record->stage),
            mode == RUN_LIVE ? "live" : "paper",
            mode == RUN_LIVE ? ", none goes to a paper exchange instead" : "",
            mode == RUN_LIVE ? "testnet', 'live_small' or 'live" : "paper",
            mode == RUN_LIVE ? "; to try it on paper, 'mode: paper' in " : "",
            mode == RUN_LIVE ? config : "");
    }
}

/* At the end, for who has looked at nothing in between. */
static void tell_unjudged(struct host *host, const struct settings *settings)
{
    struct host_view *view = calloc(1, sizeof(*view));
    char text[UNJUDGED_TEXT];
    char rate[HOST_RATE_TEXT];
    const char *bars;

    if (view == NULL)
        return;
    host_view(host, view);
    for (uint32_t i = 0; i < view->n_slots; i++) {
        if (!view->slots[i].is_used || !unjudged_is_much(&view->slots[i].unjudged))
            continue;
        unjudged_text(&view->slots[i].unjudged, view->slots[i].name, text, sizeof(text));
        log_warn_with("host", view->slots[i].name,
                      LOG_FIELDS(LOG_TEXT("agent", view->slots[i].name)), "%s", text);
    }
    host_rate_text(settings->host.mode == RUN_LIVE, settings->host.speed_milli,
                   view->n_rate_refused, rate);
    if (rate[0] != '\0')
        log_warn("host", "rate", "%s", rate);
    bars = market_bars_warning(view->is_bars_visible, view->is_bars_optimistic);
    if (bars[0] != '\0')
        log_warn("host", "bars", "%s", bars);
    free(view);
}

/* The file throws the switch for as long as it is there: who lifts it and leaves the file has it
 * thrown again. */
static void look_for_kill(struct host *host, const char *path, struct host_view *view)
{
    struct record_command_by by = {.command = {.kind = COMMAND_KILL, .reason = REASON_KILL},
                                   .who = "file"};

    if (!kill_file_is_there(path, by.why))
        return;
    host_view(host, view);
    if (view->is_killed)
        return;
    log_error("host", "kill", "%s: the kill switch is thrown", by.why);
    host_command(host, &by);
}

/* Operators can ask it by now. Venues may still be out of reach, which is no failure. */
static void tell_ready(struct notify *manager, const struct settings *settings)
{
    char lines[64];

    snprintf(lines, sizeof(lines), "READY=1\nSTATUS=%s, %u agents",
             settings->host.mode == RUN_LIVE ? "live" : "paper", settings->host.n_slots);
    notify_say(manager, lines);
}

static int watch(struct host *host, struct host_view *view, const struct opts *opts,
                 struct table *table, const char *kill_file, struct notify *manager, int signal_fd)
{
    int64_t kill_ns = 0;
    int64_t until = opts->for_ns > 0 ? clock_mono() + opts->for_ns : INT64_MAX;
    _Atomic uint32_t never = 0;
    char why[256];
    int signal_number = 0;

    table->began_ns = clock_mono();
    while (signal_number <= 0 && clock_mono() < until &&
           !host_is_refused_account(host, why, sizeof(why))) {
        host_mind_claims(host);
        notify_alive(manager, host_turns(host), clock_mono());
        if (!opts->is_quiet && commands_can_print()) {
            host_view(host, view);
            table_draw(table, view, clock_mono());
        }
        if (clock_mono() >= kill_ns) {
            look_for_kill(host, kill_file, view);
            kill_ns = clock_mono() + KILL_LOOK_NS;
        }
        futex_wait(&never, 0, DRAW_NS);
        signal_number = signals_next(signal_fd);
        if (signal_number == SIGUSR2) {
            // The kill switch by hand: everything is cancelled and nothing new leaves, the host
            // stays.
            struct record_command_by kill_all = {
                .command = {.kind = COMMAND_KILL, .reason = REASON_KILL},
                .who = "signal",
                .why = "SIGUSR2"};

            log_error("host", "kill", "SIGUSR2: the kill switch is thrown");
            host_command(host, &kill_all);
            signal_number = 0;
        }
    }
    return signal_number;
}

/* The log that would be written over the picture stands in it. What is kept of it when the picture
 * is gone goes where it belongs. */
static void tell_tail(struct frame *frame, int caught_fd)
{
    frame_tail_read(frame);
    for (int i = 0; i < frame_tail_count(frame); i++)
        fprintf(stderr, "%s\n", frame_tail_line(frame, i));
    if (frame->tail_fd >= 0)
        close(frame->tail_fd);
    if (caught_fd >= 0)
        close(caught_fd);
}

/* The log's own file lies in the run directory, which is ours once the host is open. */
static int open_log_file(struct log *log, const struct settings *settings, const char *dir,
                         char path[PATH_MAX], struct error *err)
{
    struct log_file file = {
        .path = path, .rotate_bytes = settings->log_size, .keep = settings->log_keep};
    int rc = file_join(path, PATH_MAX, dir, "log");

    if (rc >= 0)
        rc = file_make_dir(path, err);
    if (rc >= 0)
        rc = file_join(path, PATH_MAX, dir, "log/agon.ndjson");
    return rc < 0 ? rc : log_to_file(log, &file, err);
}

static int open_desk(struct ops *desk, struct host *host, const struct settings *settings,
                     const struct ops_config *from, struct error *err)
{
    struct ops_config config = *from;
    int rc;

    config.mode = settings->host.mode == RUN_LIVE ? "live" : "paper";
    config.speed_milli = settings->host.speed_milli;
    config.is_async = settings->host.is_async;
    rc = ops_open(desk, host, &config, err);
    if (rc < 0)
        return rc == AGON_EBUSY ? AGON_EIO : rc; // a port, and no other host
    // The token is for the eyes of who started it: on a terminal and in no log.
    ops_print(desk, stdout, isatty(STDOUT_FILENO));
    if (control_url(desk->control)[0] != '\0')
        log_info("control", "http",
                 "dashboard, API and metrics at %s; `agon ctl url` has the "
                 "address with the token",
                 control_url(desk->control));
    return AGON_OK;
}

static int kill_file_of(const struct settings *settings, const char *dir, char path[PATH_MAX],
                        struct error *err)
{
    if (settings->kill_file[0] != '\0')
        return snprintf(path, PATH_MAX, "%s", settings->kill_file) < PATH_MAX ? AGON_OK
                                                                              : AGON_ERANGE;
    return file_join(path, PATH_MAX, dir, KILL_FILE) < 0
               ? error_set(err, AGON_ERANGE, "the directory's path is too long")
               : AGON_OK;
}

static struct ops_config desk_config(const struct opts *opts, struct settings *settings,
                                     const char *dir, struct log *log, const char *log_path)
{
    return (struct ops_config){.dir = dir,
                               .http = opts->http != NULL ? opts->http : settings->http,
                               .log = log,
                               .log_path = log_path,
                               .roster = settings->roster,
                               .plugins = opts->plugins != NULL ? opts->plugins : ".",
                               .load_from = settings->load_from,
                               .n_load_from = settings->n_load_from,
                               .is_watched = settings->is_watched};
}

static int exit_code(int rc)
{
    return rc >= 0                                                         ? EXIT_OK
           : rc == AGON_ECORRUPT                                           ? EXIT_DATA
           : rc == AGON_ETIME                                              ? EXIT_CLOCK
           : rc == AGON_EBUSY || rc == AGON_EPERM                          ? EXIT_SAFETY
           : rc == AGON_EINVAL || rc == AGON_ENOENT || rc == AGON_EVERSION ? EXIT_CONFIG
                                                                           : EXIT_ENVIRONMENT;
}

/* Is it a roster, say, that was given as what to run? */
static int is_other(const char *path)
{
    struct config_file file;
    int rc = 0;

    if (access(path, R_OK) == 0 && config_file_open(&file, "run", path)) {
        rc = config_kinds_refuse(file.config, "run", path, KIND_RUN);
        config_file_drop(&file);
    }
    return rc;
}

int cmd_run(int argc, char **argv)
{
    static struct settings settings;
    struct opts opts = {.config = "agon.yaml"};
    const struct arg table[] = {
        {"config", ARG_TEXT, "FILE", "what to run (agon.yaml)", &opts.config,
         .is_given = &opts.is_config_given},
        {"dir", ARG_TEXT, "DIR", "run directory (below the user's state folder)", &opts.dir},
        {"plugins", ARG_TEXT, "DIR", "where the roster's plugins are (beside this program)",
         &opts.plugins},
        {"http", ARG_TEXT, "ADDRESS:PORT", "dashboard, API and metrics; off: none (127.0.0.1:0)",
         &opts.http},
        {"for", ARG_DURATION, "TIME", "stop after that much real time (never)", &opts.for_ns,
         .min = 1000000, .max = INT64_MAX},
        {"resume", ARG_FLAG, NULL, "lift what was halted, stopped or killed in an earlier run",
         &opts.is_resumed},
        {"take-over", ARG_FLAG, NULL,
         "trade an account that another host trades, which is asked to stop", &opts.is_take_over},
        {"rewind-clock", ARG_FLAG, NULL,
         "set engine time back where an earlier run's clock was wrong and the journal is ahead",
         &opts.is_rewound},
        {"quiet", ARG_FLAG, NULL, "no table", &opts.is_quiet},
        {NULL}};
    const struct args_spec spec = {
        .usage = "[OPTION...]",
        .about =
            "Runs a host: market data from a venue, agents from a roster, orders on paper or "
            "live. SIGINT and "
            "SIGTERM stop it after cancelling what is open; SIGUSR2 is the kill switch, as are "
            "KILL_SWITCH=true in the environment and a file KILL in the run directory.",
        .args = table};
    static const int signals[] = {SIGINT, SIGTERM, SIGUSR2};
    struct log_config log_config = {.level = LOG_INFO};
    char dir[PATH_MAX];
    char plugins[512];
    char log_path[PATH_MAX];
    char refused[256];
    char kill_file[PATH_MAX] = "";
    struct local_address address;
    static struct ops desk;
    struct host *host = NULL;
    struct host_view *view = NULL;
    struct log *log = NULL;
    struct notify manager = {.fd = -1};
    struct table screen;
    struct error err = {0};
    int signal_fd = -1, caught_fd = -1;
    int dir_rc, has_screen = 0;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (opts.http != NULL && local_address_parse(&address, opts.http, &err) < 0)
        return args_refuse(&spec, argv[0], "--http %s", err.text);
    if (opts.plugins != NULL && !file_is_dir(opts.plugins))
        return args_refuse(&spec, argv[0], "--plugins %s: expected a directory with plugins",
                           args_safe(opts.plugins));
    if (!opts.is_config_given && !file_is_there(opts.config)) {
        fprintf(stderr,
                "agon run: there is no %s here; expected a configuration: --config FILE. configs/ "
                "has some to begin with, such as configs/paper.yaml\n",
                opts.config);
        return EXIT_CONFIG;
    }
    if (opts.plugins == NULL && demo_plugin_dir(plugins))
        opts.plugins = plugins;
    if (opts.dir != NULL)
        dir_rc = snprintf(dir, sizeof(dir), "%s", opts.dir) < (int)sizeof(dir) ? 0 : AGON_ERANGE;
    else
        dir_rc = rundir_default(dir, sizeof(dir), &err);
    // Before the first key is read.
    if (harden_memory(&err) < 0 || notify_open(&manager, &err) < 0) {
        fprintf(stderr, "agon run: %s\n", err.text);
        return EXIT_ENVIRONMENT;
    }
    if (is_other(opts.config))
        return EXIT_CONFIG;
    rc = settings_read(&settings, "run", opts.config, opts.plugins != NULL ? opts.plugins : ".",
                       dir_rc >= 0 && journal_dir_is_new(dir) ? SETTINGS_FIRST : SETTINGS_AGAIN);
    if (rc == EXIT_OK)
        rc = read_keys(&settings, opts.is_take_over);
    if (rc != EXIT_OK)
        return rc;
    // Before anything is made.
    if (local_address_parse(&address, opts.http != NULL ? opts.http : settings.http, &err) >= 0 &&
        local_address_try(&address, &err) < 0) {
        fprintf(stderr,
                "agon run: %s; expected another one with --http ADDRESS:PORT or `http:` in %s, "
                "such as 127.0.0.1:0, which takes any\n",
                err.text, args_safe(opts.config));
        return EXIT_ENVIRONMENT;
    }
    rc = dir_rc;
    if (rc >= 0)
        signal_fd = rc = signals_open(signals, 3, &err);
    if (rc >= 0) {
        // The log stands on standard error, where a supervisor picks it up; the table on standard
        // output.
        table_init(&screen, stdout, opts.for_ns);
        has_screen = 1;
        if (!opts.is_quiet && isatty(STDERR_FILENO))
            caught_fd = frame_catch(&screen.frame);
        log_config.fd = caught_fd >= 0 ? caught_fd : STDERR_FILENO;
        log_config.is_json = !isatty(STDERR_FILENO);
        log = log_new(&log_config, &err);
        log_set_process(log);
        settings.host.dir = dir;
        settings.host.is_resumed = opts.is_resumed;
        settings.host.is_take_over = opts.is_take_over;
        settings.host.is_rewound = opts.is_rewound;
        rc = kill_file_of(&settings, dir, kill_file, &err);
        // At the start already, before anybody could send anything.
        if (!kill_in_environment(settings.host.kill_why) && rc >= 0)
            (void)kill_file_is_there(kill_file, settings.host.kill_why);
        if (rc >= 0)
            rc = log != NULL ? host_open(&host, &settings.host, &err) : AGON_EIO;
        forget_keys(&settings);
    }
    if (rc >= 0)
        rc = open_log_file(log, &settings, dir, log_path, &err);
    // Before the host places its memory.
    if (rc >= 0 && (view = calloc(1, sizeof(*view))) == NULL)
        rc = error_set(&err, AGON_ENOMEM, "out of memory");
    if (rc >= 0) {
        host_spare_view(host, view);
        rc = host_start(host, &err);
    }
    if (rc >= 0) {
        struct ops_config ops_config = desk_config(&opts, &settings, dir, log, log_path);

        rc = open_desk(&desk, host, &settings, &ops_config, &err);
    }
    if (rc >= 0) {
        tell_stages(&settings, opts.config);
        log_info_with(
            "host", "start",
            LOG_FIELDS(LOG_TEXT("mode", settings.host.mode == RUN_LIVE ? "live" : "paper"),
                       LOG_NUMBER("agents", settings.host.n_slots)),
            "%s, %u agents, journal in %s", settings.host.mode == RUN_LIVE ? "live" : "paper",
            settings.host.n_slots, host_journal_dir(host));
        tell_ready(&manager, &settings);
        watch(host, view, &opts, &screen, kill_file, &manager, signal_fd);
        notify_say(&manager, "STOPPING=1\nSTATUS=cancels what is open, closes the journal");
        ops_close(&desk);
        rc = host_stop(host, GRACE_NS, signal_fd, &err);
        if (screen.frame.is_open) { // as it ended, where the picture was
            host_view(host, view);
            table_end(&screen, view, clock_mono());
        }
        tell_unjudged(host, &settings);
        if (rc >= 0 && host_is_refused_account(host, refused, sizeof(refused)))
            rc = error_set(&err, AGON_EPERM, "%s", refused);
    }
    if (rc < 0)
        fprintf(stderr, "agon run: %s\n", err.text);
    free(view);
    host_free(host);
    log_set_process(NULL);
    log_free(log);
    if (has_screen)
        tell_tail(&screen.frame, caught_fd);
    notify_close(&manager);
    signals_close(signal_fd);
    return exit_code(rc);
}
