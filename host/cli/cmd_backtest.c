// SPDX-License-Identifier: Apache-2.0
/* backtest: plugins over recorded files or a generated market.
 *
 * The whole run happens in a worker (agent/worker.h): a plugin that crashes, or tries what no
 * plugin may, costs this job and nothing else, and what it did is said in one line. Files are
 * written under another name and get theirs when the run has ended well. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/worker.h"
#include "args/args.h"
#include "base/num.h"
#include "base/utf8.h"
#include "cli/bars_args.h"
#include "cli/commands.h"
#include "cli/config_check.h"
#include "cli/market_arg.h"
#include "cli/words.h"
#include "demo/demo_config.h"
#include "lab/backtest.h"
#include "lab/backtest_jobs.h"
#include "lab/lookahead.h"
#include "lab/models.h"
#include "report/backtest.h"
#include "report/lookahead.h"
#include "run/config_file.h"
#include "run/slots.h"
#include "sys/disk_posix.h"
#include "sys/file.h"
#include "sys/term.h"
#include "sys/wrap.h"

#define OUTPUTS_MAX (BACKTEST_CSVS + 1)
#define MARK_EVERY  8000000             /* events: a hash of the state each, 5 ms */
#define LINE_ROOM   1024                /* of a plugin's line, with what is not shown as it is */
#define ROOM_BYTES  ((uint64_t)8 << 30) /* of address space, for fills and samples */
#define ARENA_BYTES ((uint64_t)4 << 30) /* and for each plugin, as in a process of its own */

struct output {
    char path[PATH_MAX], new[PATH_MAX + 32];
    FILE *file;
};

struct opts {
    struct arg_list plugins, files, fundings, listings, params, given, impacts;
    uint64_t seed;
    int64_t length_ns, capital;
    const char *latency, *data_latency, *market;
    double maker_bps, taker_bps;
    struct bars_opts bars;
    const char *roster, *plugin_dir, *params_file, *csv, *html, *journal;
    agon_ns_t t_from, t_end;
    int is_json, is_lenient, is_whole, is_not_ahead, runner, has_capital, check;
    int64_t check_points, check_seeds, check_rows;
};

static int exit_of(int rc, const struct backtest_config *config, const char *text)
{
    // What is said of a file of data is bad data, whatever kind of mistake it is.
    for (uint32_t i = 0; i < config->n_listings; i++) {
        if (rc != AGON_ENOMEM && strstr(text, config->listings[i]) == text)
            return EXIT_CONFIG;
    }
    for (uint32_t i = 0; i < config->n_paths && rc != AGON_ENOMEM; i++) {
        char symbol[RECORDING_SYMBOL];

        if (strstr(text, recording_split(config->paths[i], symbol)) != NULL)
            return EXIT_DATA;
    }
    return rc == AGON_ECORRUPT || rc == AGON_ERANGE  ? EXIT_DATA
           : rc == AGON_EVERSION || rc == AGON_EPERM ? EXIT_SAFETY
           : rc == AGON_EINVAL || rc == AGON_ENOENT  ? EXIT_CONFIG
                                                     : EXIT_ENVIRONMENT;
}

/* --- what is written --- */

struct job {
    struct backtest_config *config;
    const struct opts *opts;
    struct backtest *result; // the worker's
    struct worker *worker;   // in the worker
    struct run_report story; // in the worker, for the page
    int told;                // AGON_OK, or what became of keeping it
    const char *command;     // the words of this run
    struct output outputs[OUTPUTS_MAX];
    int n_outputs;
};

static int add_output(struct job *job, const char *dir, const char *name)
{
    struct output *output = &job->outputs[job->n_outputs];
    char path[sizeof(output->path)];
    struct stat stat;
    int rc = dir != NULL ? file_join(path, sizeof(path), dir, name)
             : snprintf(path, sizeof(path), "%s", name) < (int)sizeof(path) ? AGON_OK
                                                                            : AGON_ERANGE;

    if (rc < 0) {
        fprintf(stderr, "agon backtest: %s: the name is too long\n", args_safe(name));
        return 0;
    }
    memcpy(output->path, path, sizeof(path));
    // What is no file (a pipe, a terminal) or a link to one is written in place.
    if (lstat(path, &stat) != 0 || S_ISREG(stat.st_mode))
        snprintf(output->new, sizeof(output->new), "%s.new-%d", path, (int)getpid());
    else
        snprintf(output->new, sizeof(output->new), "%s", path);
    job->n_outputs++;
    return 1;
}

static int name_outputs(struct job *job)
{
    for (int i = 0; i < BACKTEST_CSVS && job->opts->csv != NULL; i++) {
        if (!add_output(job, job->opts->csv, backtest_csv_names[i]))
            return 0;
    }
    return job->opts->html == NULL || add_output(job, NULL, job->opts->html);
}

static int is_in_place(const struct output *output)
{
    return strcmp(output->path, output->new) == 0;
}

static int open_outputs(struct job *job, struct error *err)
{
    int rc = AGON_OK;

    if (job->opts->csv != NULL && file_make_dir(job->opts->csv, err) < 0) {
        error_hint(err, "name another directory with --csv");
        rc = AGON_EIO;
    }

    for (int i = 0; i < job->n_outputs && rc >= 0; i++) {
        struct output *output = &job->outputs[i];
        int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (is_in_place(output) ? O_TRUNC : O_EXCL);
        int fd = open(output->new, flags, 0666);

        output->file = fd >= 0 ? fdopen(fd, "w") : NULL;
        if (output->file == NULL)
            file_refuse_write(output->path, errno, AGON_EIO, err);
        if (output->file == NULL)
            rc = AGON_EIO;
    }
    return rc;
}

static int close_outputs(struct job *job, struct error *err)
{
    int rc = AGON_OK;

    for (int i = 0; i < job->n_outputs; i++) {
        struct output *output = &job->outputs[i];
        int is_bad = output->file == NULL || ferror(output->file);

        if (output->file != NULL && fclose(output->file) != 0)
            is_bad = 1;
        if (is_bad && rc >= 0)
            rc = error_set(err, AGON_EIO, "%s: not all of it could be written", output->path);
    }
    return rc;
}

/* In the parent, which never believes more than that they are there. */
static int place_outputs(const struct job *job, int is_whole)
{
    int is_good = 1;

    for (int i = 0; i < job->n_outputs; i++) {
        const struct output *output = &job->outputs[i];

        if (is_in_place(output))
            continue;
        if (!is_whole) {
            (void)unlink(output->new);
        } else if (rename(output->new, output->path) != 0) {
            fprintf(stderr, "agon backtest: %s: %s\n", args_safe(output->path), strerror(errno));
            (void)unlink(output->new);
            is_good = 0;
        }
    }
    return is_good;
}

/* --- in the worker --- */

static void on_log(void *ctx, uint16_t slot, uint32_t level, agon_ns_t t, const char *text)
{
    const struct job *job = ctx;
    char safe[LINE_ROOM];

    (void)t;
    utf8_escape(text, strlen(text), safe, sizeof(safe));
    if (level >= AGON_WARN)
        fprintf(stderr, "%s: %s\n", job->config->slots[slot].record.name, safe);
}

static void complete(void *ctx, struct child_crash *crash)
{
    const struct job *job = ctx;

    uint32_t who = atomic_load(job->config->called.who);

    if (who == 0)
        return;
    crash->nth = crew_nth(job->result->crew, (uint16_t)(who - 1));
    crash->offset = crew_offset(job->result->crew, (uint16_t)(who - 1), crash->ip);
}

static void on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    struct job *job = ctx;

    if (job->told >= 0)
        job->told = run_report_event(&job->story, engine, event, rc);
}

static void on_sample(void *ctx, struct engine *engine, agon_ns_t t)
{
    struct job *job = ctx;

    job->story.engine = engine;
    if (job->told >= 0)
        job->told = run_report_sample(&job->story, t);
}

/* What a page tells of the way, which the result does not have. */
static int begin_story(struct job *job)
{
    const struct backtest_config *config = job->config;

    job->told = run_report_begin(&job->story, NULL);
    for (uint32_t i = 0; i < config->n_slots; i++) {
        const struct crew_slot *slot = &config->slots[i];

        for (uint32_t k = 0; k < slot->n_params && job->told >= 0; k++)
            job->told = run_report_param(&job->story, slot->record.slot, slot->params[k].name,
                                         slot->params[k].text);
    }
    job->config->event = on_event;
    job->config->sample = on_sample;
    return job->told;
}

static int on_close(void *ctx, const struct worker_threads *threads, struct error *err)
{
    struct job *job = ctx;
    int rc = open_outputs(job, err);

    if (rc < 0)
        return rc;
    // What runs in processes of its own is closed there.
    if (job->config->has_processes) {
        threads->begin(threads->ctx);
        return rc;
    }
    json_object_seed(0); // the library reads it from a file with its first object else
    worker_tell(job->worker, complete, job);
    return worker_close(job->worker, ROOM_BYTES + job->config->n_slots * ARENA_BYTES, threads, err);
}

static int write_page(struct job *job, FILE *file, struct error *err)
{
    int rc = job->told < 0 || job->story.engine == NULL ? job->told : run_report_end(&job->story);

    if (rc < 0 || job->story.engine == NULL)
        return error_set(err, rc < 0 ? rc : AGON_EINVAL, "nothing is kept for the page");
    for (uint16_t id = 0; id < SLOTS_MAX; id++) {
        const struct plugin_info *info = crew_info(job->result->crew, id);

        if (info != NULL && run_report_tags(&job->story, id, info->tags[0], info->n_tags) < 0)
            return error_set(err, AGON_ENOMEM, "no memory for the page");
    }
    return backtest_html(job->result, &job->story, job->command, file, err);
}

static int write_outputs(struct job *job, struct error *err)
{
    const struct opts *opts = job->opts;
    FILE *files[OUTPUTS_MAX];
    int rc = AGON_OK, closed;

    for (int i = 0; i < job->n_outputs; i++)
        files[i] = job->outputs[i].file;
    if (opts->csv != NULL)
        backtest_csv(job->result, files);
    if (opts->html != NULL)
        rc = write_page(job, files[job->n_outputs - 1], err);
    closed = close_outputs(job, rc < 0 ? NULL : err);
    return rc < 0 ? rc : closed;
}

static int run(void *ctx, struct worker *worker)
{
    struct job *job = ctx;
    struct backtest *result = calloc(1, sizeof(*result));
    const struct backtest_config *config = job->config;
    struct error err = {0};
    int rc;

    if (result == NULL) {
        fprintf(stderr, "agon backtest: out of memory\n");
        return EXIT_ENVIRONMENT;
    }
    // What grows large is moved by its pages then, and not copied.
    (void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
    (void)mallopt(M_ARENA_MAX, 1); // threads that read the data allocate next to nothing
    job->worker = worker;
    job->config->called = worker_called(worker);
    job->result = result;
    if (job->opts->journal != NULL)
        job->config->journal = worker_disk(worker);
    rc = job->opts->html != NULL ? begin_story(job) : AGON_OK;
    rc =
        rc < 0 ? error_set(&err, rc, "no memory for the page") : backtest_run(config, result, &err);
    if (rc >= 0)
        rc = write_outputs(job, &err);
    if (rc >= 0 && job->opts->is_json)
        rc = commands_printed(backtest_json(result, stdout));
    else if (rc >= 0)
        backtest_print(result, stdout);
    if (rc < 0)
        fprintf(stderr, "agon backtest: %s\n", err.text);
    else
        worker_done(worker);
    backtest_warn(result, stderr);
    rc = rc < 0                       ? exit_of(rc, config, err.text)
         : !backtest_has_book(result) ? EXIT_DATA
         : result->n_failed > 0       ? EXIT_CHECK
                                      : EXIT_OK;
    run_report_free(&job->story);
    backtest_free(result);
    free(result);
    return rc;
}

/* --- in the parent --- */

static void tell_crash(const struct job *job, const struct worker_end *end)
{
    const struct backtest_config *config = job->config;
    const char *none = job->n_outputs > 0 ? "; no report was written" : "";

    for (uint32_t i = 0; i < config->n_slots; i++) {
        if ((int)config->slots[i].record.slot != end->who)
            continue;
        fprintf(stderr, "agon backtest: the run ended in the plugin of slot %s, %s: %s%s\n",
                config->slots[i].record.name, args_safe(config->slots[i].plugin), end->text, none);
        return;
    }
    fprintf(stderr,
            "agon backtest: the run died of %s: a plugin, or this program, is broken. Try the "
            "plugins one by one%s\n",
            end->text, none);
}

static int in_worker(struct backtest_config *config, const struct opts *opts, const char *command)
{
    struct job *job = calloc(1, sizeof(*job));
    struct worker_config worker = {.run = run, .ctx = job};
    struct disk_posix disk = {.dir_fd = -1};
    struct worker_end end;
    struct error err = {0};
    int rc = EXIT_ENVIRONMENT;

    if (job == NULL)
        return EXIT_ENVIRONMENT;
    job->config = config;
    job->opts = opts;
    job->command = command;
    config->ctx = job;
    config->log = on_log;
    config->close = on_close;
    if (!name_outputs(job))
        goto done;
    if (opts->journal != NULL && disk_posix_open(&disk, opts->journal, &err) < 0) {
        fprintf(stderr, "agon backtest: %s\n", err.text);
        goto done;
    }
    disk.is_unforced = 1; // the same command makes the same journal (ADR 173)
    worker.disk = opts->journal != NULL ? &disk.port : NULL;
    // A worker may not ask the terminal; a file or pipe has $COLUMNS, or 80.
    wrap_limit(term_width(STDOUT_FILENO));
    worker_run(&worker, &end);
    if (!place_outputs(job, end.kind == WORKER_EXITED && end.is_whole))
        end.code = EXIT_ENVIRONMENT;
    switch (end.kind) {
    case WORKER_EXITED:
        rc = end.code;
        break;
    case WORKER_CRASHED:
        tell_crash(job, &end);
        rc = EXIT_CHECK;
        break;
    case WORKER_INTERRUPTED:
        fprintf(stderr, "agon backtest: interrupted\n");
        rc = EXIT_INTERRUPTED;
        break;
    case WORKER_FAILED:
        fprintf(stderr, "agon backtest: %s\n", end.text);
        break;
    }
done:
    disk_posix_close(&disk);
    free(job);
    return rc;
}

// Runs it many times, each in a worker of its own.
static int check_lookahead(const struct backtest_config *config, const struct opts *opts)
{
    struct lookahead_config check = {.backtest = config,
                                     .seed = opts->seed,
                                     .n_points = (uint32_t)opts->check_points,
                                     .n_seeds = (uint32_t)opts->check_seeds,
                                     .n_rows = (uint32_t)opts->check_rows};
    struct lookahead *result = calloc(1, sizeof(*result));
    struct error err = {0};
    int rc;

    if (result == NULL)
        return EXIT_ENVIRONMENT;
    rc = lookahead_run(&check, result, &err);
    if (rc < 0) {
        fprintf(stderr, "agon backtest: %s\n", args_safe(err.text));
        rc = result->exit != EXIT_OK ? result->exit : exit_of(rc, config, err.text);
    } else {
        if (opts->is_json)
            rc = commands_printed(lookahead_json(result, stdout));
        else
            lookahead_print(result, stdout);
        rc = rc < 0                         ? EXIT_ENVIRONMENT
             : lookahead_is_accused(result) ? EXIT_CHECK
             : !lookahead_is_judged(result) ? EXIT_CONFIG
                                            : EXIT_OK;
    }
    free(result);
    return rc;
}

// Parameters by name from a file, in front of those that were said word by word, which count then.
static int take_params(const struct opts *opts, struct crew_slot *slots, uint32_t n_slots)
{
    static struct setup_param params[CREW_PARAMS_MAX];
    struct config_file file;
    uint32_t n = 0;
    int code;

    if (config_file_open(&file, "backtest", opts->params_file) && config_root(file.config) != NULL)
        roster_params(file.config, config_root(file.config), params, &n);
    code = config_file_close(&file);
    for (uint32_t i = 0; i < n_slots && code == EXIT_OK; i++) {
        struct crew_slot *slot = &slots[i];

        if (slot->n_params + n > CREW_PARAMS_MAX) {
            fprintf(stderr, "agon backtest: %s and --param: more than %d parameters\n",
                    args_safe(opts->params_file), CREW_PARAMS_MAX);
            return EXIT_FLAGS;
        }
        memmove(slot->params + n, slot->params, slot->n_params * sizeof(*params));
        memcpy(slot->params, params, n * sizeof(*params));
        slot->n_params += n;
    }
    return code;
}

// The slots, from the words of the command line. An exit code.
static int take_words(const struct opts *opts, struct crew_slot *slots,
                      struct backtest_config *config)
{
    struct error err = {0};

    if (words_slots(slots, &config->n_slots, &opts->plugins, &opts->params, opts->capital, &err) >=
            0 &&
        words_files(slots, config->n_slots, &opts->given, &err) >= 0)
        return opts->params_file != NULL ? take_params(opts, slots, config->n_slots) : EXIT_OK;
    fprintf(stderr, "agon backtest: %s\n", err.text);
    return EXIT_FLAGS;
}

/* Here, with its place in the roster; lab/backtest_jobs.c has the last word. */
static int refuse_own(const struct opts *opts, const struct crew_slot *slots, uint32_t n_slots)
{
    int code = EXIT_OK;

    for (uint32_t i = 0; i < n_slots; i++) {
        for (uint32_t k = 0; k < slots[i].n_leases; k++) {
            struct error err = {0};

            if (backtest_jobs_takes(i, &slots[i].leases[k], &err) >= 0)
                continue;
            fprintf(stderr, "%s:%u: error: %s\n", args_safe(opts->roster), slots[i].line, err.text);
            code = EXIT_CONFIG;
        }
    }
    return code;
}

// The slots as `agon run` would have them, on the instruments that the data are of.
static int take_roster(const struct opts *opts, struct crew_slot *slots,
                       struct backtest_config *config)
{
    struct roster_names *names = calloc(1, sizeof(*names));
    static char base_currency[16];
    static struct values values;
    char plugins[512];
    struct slots_roster from = {.command = "backtest",
                                .path = opts->roster,
                                .plugins = opts->plugin_dir,
                                .names = names,
                                .rules = &config->tournament,
                                .values = &values,
                                .files_max = &config->files_max,
                                .cards = &config->cards,
                                .portfolio = &config->portfolio};
    struct error err = {0};
    int code;

    if (names == NULL)
        return EXIT_ENVIRONMENT;
    if (backtest_names(config, names, &err) < 0) {
        fprintf(stderr, "agon backtest: %s\n", err.text);
        free(names);
        return EXIT_DATA;
    }
    if (from.plugins == NULL)
        from.plugins = demo_plugin_dir(plugins) ? plugins : ".";
    config->base_currency = base_currency;
    config->values = &values;
    code = slots_of_roster(slots, &config->n_slots, base_currency, &from);
    free(names);
    if (code == EXIT_OK)
        code = refuse_own(opts, slots, config->n_slots);
    if (code == EXIT_OK)
        (void)config_doubts_of_leases(&config->cards, slots, config->n_slots, opts->roster);
    return code;
}

#define FEE_UNSAID (-1000.0) /* basis points; below what can be said */

/* What does not go together: EXIT_OK, or the code of a refusal. */
static int refuse_words(const struct args_spec *spec, const struct opts *opts)
{
    if (opts->plugins.n == 0 && opts->roster == NULL)
        return args_refuse(spec, "backtest", "name a plugin, or a roster");
    if (opts->roster != NULL && (opts->plugins.n > 0 || opts->params.n > 0 || opts->given.n > 0 ||
                                 opts->params_file != NULL || opts->has_capital))
        return args_refuse(
            spec, "backtest",
            "--roster says which agents run, with which parameters and capital: %s does "
            "not go with it",
            opts->plugins.n > 0         ? "a plugin"
            : opts->params.n > 0        ? "--param"
            : opts->given.n > 0         ? "--file"
            : opts->params_file != NULL ? "--params"
                                        : "--capital");
    if (opts->roster == NULL && opts->plugin_dir != NULL)
        return args_refuse(spec, "backtest", "--plugins goes with --roster");
    if (opts->t_from != 0 && opts->t_end != 0 && opts->t_from >= opts->t_end)
        return args_refuse(spec, "backtest", "--from is not before --to");
    if (opts->listings.n > 0 && opts->files.n == 0)
        return args_refuse(spec, "backtest",
                           "--instruments goes with --data: a generated market has its own");
    if (opts->market != NULL && opts->files.n > 0)
        return args_refuse(spec, "backtest", "--market is for a generated market, not with --data");
    if (opts->check != 0 && (opts->csv != NULL || opts->html != NULL || opts->journal != NULL))
        return args_refuse(spec, "backtest", "--check runs many times and writes no %s",
                           opts->csv != NULL    ? "--csv"
                           : opts->html != NULL ? "--html"
                                                : "--journal");
    return EXIT_OK;
}

static void say(const char *line)
{
    fprintf(stderr, "agon backtest: %s\n", line);
}

/* All but the agents. */
static void configure(const struct opts *opts, struct backtest_config *config)
{
    config->say = say;
    config->has_rows = opts->csv != NULL;
    config->paths = opts->files.at;
    config->n_paths = (uint32_t)opts->files.n;
    config->listings = opts->listings.at;
    config->n_listings = (uint32_t)opts->listings.n;
    config->fundings = opts->fundings.at;
    config->n_fundings = (uint32_t)opts->fundings.n;
    config->seed = opts->seed;
    config->gen_length_ns = opts->length_ns;
    config->t_from = opts->t_from;
    config->t_end = opts->t_end;
    config->is_lenient = opts->is_lenient;
    config->has_maker_fee = opts->maker_bps > FEE_UNSAID;
    config->has_taker_fee = opts->taker_bps > FEE_UNSAID;
    config->maker_fee_ppb = (int32_t)(opts->maker_bps * 100000.0);
    config->taker_fee_ppb = (int32_t)(opts->taker_bps * 100000.0);
    config->impacts = opts->impacts.at;
    config->n_impacts = (uint32_t)opts->impacts.n;
    config->bars = bars_args_of(&opts->bars, opts->seed);
    config->cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM;
    config->journal_name = opts->journal;
    config->is_journal_whole = opts->is_whole;
    config->mark_every = opts->journal != NULL ? MARK_EVERY : 0;
}

/* "agon backtest ...", as somebody would type it; what finds no room is "...". */
static void join_words(int argc, char **argv, char *text, size_t room)
{
    size_t used = (size_t)snprintf(text, room, "agon backtest");

    for (int i = 1; i < argc; i++) {
        int is_plain = argv[i][0] != '\0' && strpbrk(argv[i], " \t'\"$&;|<>()*?") == NULL;
        int n = snprintf(text + used, room - used, is_plain ? " %s" : " '%s'", argv[i]);

        if (n < 0 || used + (size_t)n + 5 > room) {
            snprintf(text + used, room - used, " ...");
            return;
        }
        used += (size_t)n;
    }
}

int cmd_backtest(int argc, char **argv)
{
    struct opts opts = {.check_points = 8,
                        .check_seeds = 40,
                        .check_rows = 3000,
                        .length_ns = (int64_t)24 * 3600 * 1000000000,
                        .capital = 100000,
                        .seed = 1,
                        .latency = "0",
                        .data_latency = "0",
                        .maker_bps = FEE_UNSAID,
                        .taker_bps = FEE_UNSAID};
    static const char *const runners[] = {"inproc", "process", NULL};
    static const char *const checks[] = {"none", "lookahead", NULL};
    const struct arg table[] = {
        {"roster", ARG_TEXT, "FILE", "the agents of a roster, instead of plugins named here",
         &opts.roster},
        {"plugins", ARG_TEXT, "DIR", "where the roster's plugins are (beside this program)",
         &opts.plugin_dir},
        {"data", ARG_LIST, "[SYMBOL=]FILE", "recorded files: raw streams, trades or bars",
         &opts.files},
        {"funding", ARG_LIST, "[SYMBOL=]FILE",
         "funding rates (funding_time_ms,rate): what they are of is a perpetual", &opts.fundings},
        {"instruments", ARG_LIST, "FILE",
         "what may be ordered of them: a venue's list of instruments, or a configuration's",
         &opts.listings},
        {"seed", ARG_U64, "N", "without files: seed of a generated market (1)", &opts.seed},
        MARKET_ARG(opts.market),
        {"for", ARG_DURATION, "TIME", "length of a generated market (1d)", &opts.length_ns,
         .min = 1000000000, .max = (int64_t)400 * 86400 * 1000000000},
        {"param", ARG_LIST, "NAME=VALUE", "parameters of the plugins named on the command line",
         &opts.params},
        {"params", ARG_TEXT, "FILE", "the same from a file of NAME: VALUE lines",
         &opts.params_file},
        {"file", ARG_LIST, "NAME=PATH", "files that they are given (agon.asset)", &opts.given},
        {"capital", ARG_INT, "AMOUNT", "of each of them, in the base currency (100000)",
         &opts.capital, .min = 1, .max = 1000000000, .is_given = &opts.has_capital},
        {"latency", ARG_TEXT, "TIME[:SIGMA]",
         "of orders to the venue and of reports back (0); with a sigma log-normal around TIME",
         &opts.latency},
        {"data-latency", ARG_TEXT, "TIME[:SIGMA]", "of market data (0)", &opts.data_latency},
        {"impact", ARG_LIST, "[SYMBOL=]KIND:Y:VOLATILITY:VOLUME",
         "what takes pays the worse for its size: linear, sqrt or log, as in sqrt:1:3%:20000",
         &opts.impacts},
        {"maker", ARG_REAL, "BPS",
         "fee of a maker in basis points (the venue's: 10, of perpetuals 2)", &opts.maker_bps,
         .min = -100, .max = 1000},
        {"taker", ARG_REAL, "BPS",
         "fee of a taker in basis points (the venue's: 10, of perpetuals 5)", &opts.taker_bps,
         .min = -100, .max = 1000},
        BARS_ARGS(opts.bars),
        {"runner", ARG_CHOICE, "inproc|process", "where plugins run (inproc)", &opts.runner,
         .choices = runners},
        {"no-ahead", ARG_FLAG, NULL,
         "with --runner process: each event in its turn, also for agents that say that they run "
         "ahead; slower, and nothing of what is to come is in their memory",
         &opts.is_not_ahead},
        {"from", ARG_TIME, "TIME",
         "begin there: what lies before is history, as 2024-08-08 or 2024-08-08T12:00:00Z (the "
         "data's start)",
         &opts.t_from},
        {"to", ARG_TIME, "TIME", "end there (the data's end)", &opts.t_end},
        {"csv", ARG_TEXT, "DIR", "write agents.csv, fills.csv and equity.csv there", &opts.csv},
        {"html", ARG_TEXT, "FILE", "write a page with plots there", &opts.html},
        {"journal", ARG_TEXT, "DIR", "keep a journal there, for agon replay", &opts.journal},
        {"journal-whole", ARG_FLAG, NULL,
         "the journal holds the events of tapes and tables too, instead of naming them by hash and "
         "rows",
         &opts.is_whole},
        {"check", ARG_CHOICE, "none|lookahead",
         "no report: do decisions depend on what was not yet known? Exit code 1 if so", &opts.check,
         .choices = checks},
        {"check-points", ARG_INT, "N", "times at which it alters the data, of each kind (8)",
         &opts.check_points, .min = 1, .max = LOOKAHEAD_POINTS_MAX},
        {"check-seeds", ARG_INT, "N", "of its markets in which nothing can be won; 0: none (40)",
         &opts.check_seeds, .min = 0, .max = 100000},
        {"check-rows", ARG_INT, "N", "bars of each of them; five times as many trades (3000)",
         &opts.check_rows, .min = 100, .max = 10000000},
        {"lenient", ARG_FLAG, NULL, "skip and count bad rows instead of stopping",
         &opts.is_lenient},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "PLUGIN.so...|--roster FILE [--data FILE...] [OPTION...]",
        .about =
            "Runs plugins, or the agents of a roster, over recorded files or a generated market, "
            "through the engine that trades live.",
        .args = table,
        .operands = &opts.plugins,
        .operands_max = SLOTS_MAX};
    static struct synth market;
    static char command[4096];
    struct backtest_config config = {0};
    struct error err = {0};
    struct crew_slot *slots;
    int rc;

    bars_args_defaults(&opts.bars);
    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    rc = refuse_words(&spec, &opts);
    if (rc != EXIT_OK)
        return rc;
    config.latency.seed = opts.seed;
    if (models_latency("--data-latency", opts.data_latency, &config.latency.legs[LATENCY_MARKET],
                       &err) < 0 ||
        models_latency("--latency", opts.latency, &config.latency.legs[LATENCY_ENTRY], &err) < 0)
        return args_refuse(&spec, "backtest", "%s", err.text);
    for (int i = 0; i < opts.impacts.n; i++)
        if (models_impact_check(opts.impacts.at[i], &err) < 0)
            return args_refuse(&spec, "backtest", "%s", err.text);
    config.latency.legs[LATENCY_ACK] = config.latency.legs[LATENCY_ENTRY];
    slots = calloc(SLOTS_MAX, sizeof(*slots));
    if (slots == NULL)
        return EXIT_ENVIRONMENT;
    configure(&opts, &config);
    config.slots = slots;
    if (opts.market != NULL) {
        rc = market_arg_read(&market, "backtest", opts.market);
        config.market = &market;
        config.market_name = opts.market;
    }
    if (rc != EXIT_OK) {
        free(slots);
        return rc;
    }
    rc = opts.roster != NULL ? take_roster(&opts, slots, &config)
                             : take_words(&opts, slots, &config);
    if (rc != EXIT_OK) {
        free(slots);
        return rc;
    }
    // Where they run is a matter of this run and not of the roster: it changes no decision.
    for (uint32_t i = 0; i < config.n_slots; i++)
        slots[i].record.runner = opts.runner == 0 ? CREW_INPROC : CREW_PROCESS;
    config.has_processes = opts.runner != 0;
    config.is_not_ahead = opts.is_not_ahead;
    join_words(argc, argv, command, sizeof(command));
    rc = opts.check != 0 ? check_lookahead(&config, &opts) : in_worker(&config, &opts, command);
    free(slots);
    return rc;
}
