// SPDX-License-Identifier: Apache-2.0
/* backtest: plugins over recorded files or a generated market.
 *
 * The whole run happens in a child: a plugin that crashes costs this job and nothing else, and what
 * it did is said in one line. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/demo_cast.h"
#include "cli/words.h"
#include "lab/backtest.h"
#include "lab/models.h"
#include "run/config_file.h"
#include "run/slots.h"
#include "sys/file.h"

struct opts {
    struct arg_list plugins, files, fundings, params, impacts;
    uint64_t seed;
    int64_t length_ns, capital;
    const char *latency, *data_latency;
    double maker_bps, taker_bps;
    const char *roster, *plugin_dir, *params_file, *csv, *html, *journal;
    agon_ns_t t_end;
    int is_json, is_lenient, runner, has_capital;
};

static void on_log(void *ctx, uint16_t slot, uint32_t level, agon_ns_t t, const char *text)
{
    const struct backtest_config *config = ctx;

    (void)t;
    if (level >= AGON_WARN)
        fprintf(stderr, "%s: %s\n", config->slots[slot].record.name, args_safe(text));
}

static int exit_of(int rc, const struct backtest_config *config, const char *text)
{
    // What is said of a file of data is bad data, whatever kind of mistake it is.
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

static int run(const struct backtest_config *config, const struct opts *opts)
{
    struct backtest *result = calloc(1, sizeof(*result));
    struct error err = {0};
    int rc;

    if (result == NULL) {
        fprintf(stderr, "agon backtest: out of memory\n");
        return EXIT_ENVIRONMENT;
    }
    rc = backtest_run(config, result, &err);
    if (rc >= 0 && opts->csv != NULL)
        rc = backtest_csv(result, opts->csv, &err);
    if (rc >= 0 && opts->html != NULL)
        rc = backtest_html(result, opts->html, &err);
    if (rc >= 0 && opts->is_json)
        rc = backtest_json(result, stdout);
    else if (rc >= 0)
        backtest_print(result, stdout);
    if (rc < 0)
        fprintf(stderr, "agon backtest: %s\n", err.text);
    backtest_warn(result, stderr);
    rc = rc < 0                       ? exit_of(rc, config, err.text)
         : !backtest_has_book(result) ? EXIT_DATA
         : result->n_failed > 0       ? EXIT_CHECK
                                      : EXIT_OK;
    backtest_free(result);
    free(result);
    return rc;
}

// A directory of this run's own for the copies that are mapped; gone again when the run is.
static int make_dir(char path[256])
{
    const char *root = getenv("TMPDIR");

    snprintf(path, 256, "%.200s/agon-backtest-XXXXXX",
             root != NULL && root[0] == '/' ? root : "/tmp");
    if (mkdtemp(path) != NULL)
        return 1;
    fprintf(stderr, "agon backtest: no directory %s: %s\n", path, strerror(errno));
    return 0;
}

static volatile sig_atomic_t interrupted;
static volatile pid_t running;

static void on_interrupt(int number)
{
    interrupted = number;
    if (running > 0)
        kill(running, SIGKILL);
}

static int in_child(const struct backtest_config *config, const struct opts *opts)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_interrupt};
    struct rlimit none = {0, 0};
    sigset_t held, before;
    int status;
    pid_t child;

    fflush(stdout);
    // Whoever ends this process ends the run too: held until it is known whom that means.
    sigemptyset(&held);
    for (int i = 0; i < 3; i++)
        sigaddset(&held, ends[i]);
    sigprocmask(SIG_BLOCK, &held, &before);
    for (int i = 0; i < 3; i++)
        sigaction(ends[i], &action, NULL);
    child = fork();
    running = child;
    if (child == 0) {
        for (int i = 0; i < 3; i++)
            signal(ends[i], SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL); // also when there is no time for a handler
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child < 0) {
        fprintf(stderr, "agon backtest: no process could be started: %s\n", strerror(errno));
        return EXIT_ENVIRONMENT;
    }
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &none);
        status = run(config, opts);
        // The parent never sees what this process could not write.
        if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_OK)
            status = EXIT_ENVIRONMENT;
        _exit(status);
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return EXIT_INTERNAL;
    }
    running = 0;
    if (interrupted) {
        fprintf(stderr, "agon backtest: interrupted\n");
        return EXIT_INTERRUPTED;
    }
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    fprintf(stderr,
            "agon backtest: the run died of signal %d (%s): a plugin, or this program, is broken. "
            "Try the plugins one by one.\n",
            WTERMSIG(status), strsignal(WTERMSIG(status)));
    return EXIT_CHECK;
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
        0)
        return opts->params_file != NULL ? take_params(opts, slots, config->n_slots) : EXIT_OK;
    fprintf(stderr, "agon backtest: %s\n", err.text);
    return EXIT_FLAGS;
}

// The slots as `agon run` would have them, on the instruments that the data are of.
static int take_roster(const struct opts *opts, struct crew_slot *slots,
                       struct backtest_config *config)
{
    static struct roster_names names;
    static char base_currency[16];
    static struct values values;
    char plugins[512];
    struct slots_roster from = {.command = "backtest",
                                .path = opts->roster,
                                .plugins = opts->plugin_dir,
                                .names = &names,
                                .rules = &config->tournament,
                                .values = &values,

                                .portfolio = &config->portfolio};
    struct error err = {0};

    if (backtest_names(config, &names, &err) < 0) {
        fprintf(stderr, "agon backtest: %s\n", err.text);
        return EXIT_DATA;
    }
    if (from.plugins == NULL)
        from.plugins = demo_plugin_dir(plugins) ? plugins : ".";
    config->base_currency = base_currency;
    config->values = &values;
    return slots_of_roster(slots, &config->n_slots, base_currency, &from);
}

int cmd_backtest(int argc, char **argv)
{
    struct opts opts = {.length_ns = (int64_t)24 * 3600 * 1000000000,
                        .capital = 100000,
                        .seed = 1,
                        .latency = "0s",
                        .data_latency = "0s",
                        .maker_bps = 10.0,
                        .taker_bps = 10.0};
    static const char *const runners[] = {"inproc", "process", NULL};
    const struct arg table[] = {
        {"roster", ARG_TEXT, "FILE", "the agents of a roster, instead of plugins named here",
         &opts.roster},
        {"plugins", ARG_TEXT, "DIR", "where the roster's plugins are (beside this program)",
         &opts.plugin_dir},
        {"data", ARG_LIST, "[SYMBOL=]FILE", "recorded files: raw streams, trades or bars",
         &opts.files},
        {"funding", ARG_LIST, "[SYMBOL=]FILE",
         "funding rates (funding_time_ms,rate): what they are of is a perpetual", &opts.fundings},
        {"seed", ARG_U64, "N", "without files: seed of a generated market (1)", &opts.seed},
        {"for", ARG_DURATION, "TIME", "length of a generated market (1d)", &opts.length_ns,
         .min = 1000000000, .max = (int64_t)400 * 86400 * 1000000000},
        {"param", ARG_LIST, "NAME=VALUE", "parameters of the plugins named on the command line",
         &opts.params},
        {"params", ARG_TEXT, "FILE", "the same from a file of NAME: VALUE lines",
         &opts.params_file},
        {"capital", ARG_INT, "AMOUNT", "of each of them, in the base currency (100000)",
         &opts.capital, .min = 1, .max = 1000000000, .is_given = &opts.has_capital},
        {"latency", ARG_TEXT, "TIME[:SIGMA]",
         "of orders to the venue and of reports back (0s); with a sigma log-normal around TIME",
         &opts.latency},
        {"data-latency", ARG_TEXT, "TIME[:SIGMA]", "of market data (0s)", &opts.data_latency},
        {"impact", ARG_LIST, "[SYMBOL=]KIND:Y:VOLATILITY:VOLUME",
         "what takes pays the worse for its size: linear, sqrt or log, as in sqrt:1:3%:20000",
         &opts.impacts},
        {"maker", ARG_REAL, "BPS", "fee of a maker in basis points (10)", &opts.maker_bps,
         .min = -100, .max = 1000},
        {"taker", ARG_REAL, "BPS", "fee of a taker in basis points (10)", &opts.taker_bps,
         .min = -100, .max = 1000},
        {"runner", ARG_CHOICE, "inproc|process", "where plugins run (inproc)", &opts.runner,
         .choices = runners},
        {"until", ARG_TIME, "TIME", "stop there", &opts.t_end},
        {"csv", ARG_TEXT, "DIR", "write agents.csv, fills.csv and equity.csv there", &opts.csv},
        {"html", ARG_TEXT, "FILE", "write a page with plots there", &opts.html},
        {"journal", ARG_TEXT, "DIR", "keep a journal there, for agon replay", &opts.journal},
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
    struct backtest_config config = {0};
    struct error err = {0};
    struct crew_slot *slots;
    char dir[256];
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (opts.plugins.n == 0 && opts.roster == NULL)
        return args_refuse(&spec, "backtest", "name a plugin, or a roster");
    if (opts.roster != NULL &&
        (opts.plugins.n > 0 || opts.params.n > 0 || opts.params_file != NULL || opts.has_capital))
        return args_refuse(
            &spec, "backtest",
            "--roster says which agents run, with which parameters and capital: %s does "
            "not go with it",
            opts.plugins.n > 0         ? "a plugin"
            : opts.params.n > 0        ? "--param"
            : opts.params_file != NULL ? "--params"
                                       : "--capital");
    if (opts.roster == NULL && opts.plugin_dir != NULL)
        return args_refuse(&spec, "backtest", "--plugins goes with --roster");
    config.latency.seed = opts.seed;
    if (models_latency(opts.data_latency, &config.latency.legs[LATENCY_MARKET], &err) < 0 ||
        models_latency(opts.latency, &config.latency.legs[LATENCY_ENTRY], &err) < 0)
        return args_refuse(&spec, "backtest", "%s", err.text);
    config.latency.legs[LATENCY_ACK] = config.latency.legs[LATENCY_ENTRY];
    slots = calloc(SLOTS_MAX, sizeof(*slots));
    if (slots == NULL)
        return EXIT_ENVIRONMENT;
    config.paths = opts.files.at;
    config.n_paths = (uint32_t)opts.files.n;
    config.fundings = opts.fundings.at;
    config.n_fundings = (uint32_t)opts.fundings.n;
    config.slots = slots;
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
    config.seed = opts.seed;
    config.gen_length_ns = opts.length_ns;
    config.t_end = opts.t_end;
    config.is_lenient = opts.is_lenient;
    config.maker_fee_ppb = (int32_t)(opts.maker_bps * 100000.0);
    config.taker_fee_ppb = (int32_t)(opts.taker_bps * 100000.0);
    config.impacts = opts.impacts.at;
    config.n_impacts = (uint32_t)opts.impacts.n;
    config.cancel_ahead_ppm = 500000;
    config.journal_dir = opts.journal;
    config.mark_every = opts.journal != NULL ? 100000 : 0;
    config.log = on_log;
    config.ctx = &config;
    config.dir = dir;
    rc = make_dir(dir) ? in_child(&config, &opts) : EXIT_ENVIRONMENT;
    file_remove_tree(dir);
    free(slots);
    return rc;
}
