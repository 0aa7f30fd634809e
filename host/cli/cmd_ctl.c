// SPDX-License-Identifier: Apache-2.0
/* ctl: asks a running host and orders it, over the socket in its run directory. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/args.h"
#include "base/span.h"
#include "cli/commands.h"
#include "control/client.h"
#include "ops/api.h"
#include "ops/api_schema.h"
#include "report/render.h"
#include "report/view.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/futex.h"
#include "sys/rundir.h"
#include "sys/term.h"

#define WAIT_NS  ((int64_t)10 * 1000000000)
#define SLOW_NS  ((int64_t)60 * 1000000000)   /* plugins are looked at in children of their own */
#define APPLY_NS ((int64_t)3600 * 1000000000) /* 64 agents, 40 s each that is slow to begin */
#define LOOK_NS  ((int64_t)50 * 1000000)      /* between two looks at what is left */
#define WIDE     200                          /* columns where no terminal says how many it has */

struct opts {
    struct arg_list words;
    const char *dir, *sure;
    int64_t until; /* 0: the end */
    int64_t timeout_ns;
    int is_json, is_dry, is_closed, is_kept;
};

static int exit_of(int rc)
{
    switch (rc) {
    case AGON_EINVAL:
    case AGON_ENOENT:
    case AGON_ERANGE:
        return EXIT_FLAGS;
    case AGON_EPERM:
    case AGON_ESTATE:
        return EXIT_SAFETY;
    case AGON_ECORRUPT:
    case AGON_EVERSION:
        return EXIT_DATA;
    default:
        return EXIT_ENVIRONMENT;
    }
}

static int complain(const char *text, int rc)
{
    fprintf(stderr, "agon ctl: %s\n", text);
    return exit_of(rc);
}

static int no_file(const char *verb, const char *path, int code)
{
    struct error err = {0};

    file_refuse_read(args_safe(path), errno, 0, &err);
    fprintf(stderr, "agon ctl: %s: %s\n", verb, err.text);
    return code;
}

/* Out of the journal, beside the host: it is the whole truth, and asking costs the host nothing.
 * The journal grows between two of these: with the same --until they are of one moment. */
static int export(const struct opts *opts, const char *dir, const struct control_call *call)
{
    static const char *const known[] = {"fills",   "orders", "trades", "equity",
                                        "samples", "plans",  NULL};
    char command[] = "ctl export"; // what an error is signed by
    char verb[] = "export";
    char live[] = "--live";
    char until[] = "--until";
    char format[] = "--format";
    char json[] = "json";
    char what[16];
    char seq[24];
    char path[PATH_MAX];
    char to[PATH_MAX];
    char *argv[12] = {command, verb, path, live, what, to};
    int argc = 6;
    int i = 0;

    while (known[i] != NULL && strcmp(call->argv[0], known[i]) != 0)
        i++;
    if (known[i] == NULL) {
        snprintf(path, sizeof(path),
                 "export %.32s: expected one of: fills, orders, trades, equity, samples, plans",
                 args_safe(call->argv[0]));
        return complain(path, AGON_EINVAL);
    }
    snprintf(what, sizeof(what), "--%s", known[i]);
    if (snprintf(to, sizeof(to), "%s", call->argc > 1 ? call->argv[1] : "-") >= (int)sizeof(to) ||
        snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
        return complain("export: too long a path", AGON_EINVAL);
    if (opts->until != 0) {
        snprintf(seq, sizeof(seq), "%lld", (long long)opts->until);
        argv[argc++] = until;
        argv[argc++] = seq;
    }
    if (opts->is_json) {
        argv[argc++] = format;
        argv[argc++] = json;
    }
    return cmd_journal(argc, argv);
}

// Out of the journal too: a plan is explained from its own record.
static int tournament(const struct opts *opts, const char *dir, const char *word,
                      const struct control_call *call)
{
    char command[] = "ctl tournament"; // what an error is signed by
    char verb[16];
    char agent[64];
    char path[PATH_MAX];
    char live[] = "--live";
    char json[] = "--json";
    char *argv[8] = {command, verb, live};
    int argc = 3;

    if (snprintf(agent, sizeof(agent), "%s", call->argc > 0 ? call->argv[0] : "") >=
            (int)sizeof(agent) ||
        snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
        return complain("tournament: too long an argument", AGON_EINVAL);
    snprintf(verb, sizeof(verb), "%s", word);
    if (opts->is_json)
        argv[argc++] = json;
    if (call->argc > 0)
        argv[argc++] = agent;
    argv[argc++] = path;
    return cmd_tournament(argc, argv);
}

static int read_line(const char *dir, const char *name, char **line, struct error *err)
{
    char path[PATH_MAX];
    uint64_t n;
    int rc = file_join(path, sizeof(path), dir, name);

    if (rc >= 0)
        rc = file_read(path, 1024, line, &n, err);
    if (rc >= 0)
        (*line)[strcspn(*line, "\n")] = '\0';
    return rc;
}

static int url(const char *dir)
{
    char *address = NULL;
    char *token = NULL;
    struct error err = {0};
    int code = EXIT_OK;

    if (rundir_holder(dir) <= 0) {
        (void)rundir_refuse(dir, &err);
        return complain(err.text, AGON_EIO);
    }
    if (read_line(dir, CONTROL_ADDRESS, &address, &err) < 0 ||
        read_line(dir, CONTROL_TOKEN, &token, &err) < 0) {
        // A host that ends, or begins, has no address either: it does not answer.
        const char *words[] = {"status"};
        json_t *status = NULL;

        err = (struct error){0};
        code = client_ask(dir, words, 1, WAIT_NS, &status, &err) < 0
                   ? complain(err.text, AGON_EIO)
                   : complain("this host serves no HTTP: `http: off` in its configuration, or "
                              "--http off; expected it started with --http 127.0.0.1:0",
                              AGON_EIO);
        json_decref(status);
    } else {
        printf("%s/#token=%s\n", address, token);
    }
    free(address);
    free(token);
    return code;
}

static int width_of(void)
{
    return term_is_tty(STDOUT_FILENO) ? term_width(STDOUT_FILENO) : WIDE;
}

// verb: whose view it is shown by. What is done looks alike for all.
static void print_result(const struct opts *opts, const char *verb, const json_t *result)
{
    int width = width_of();

    if (opts->is_json) {
        // As many digits as each number that the host wrote has.
        json_dumpf(result, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        putchar('\n');
    } else if (!view_show(stdout,
                          json_object_get(result, "done") != NULL && !view_has(verb) ? "done"
                                                                                     : verb,
                          result, width)) {
        render(stdout, result, width);
    }
}

/* None was held yet: when is the next? */
static void say_no_tournament(const char *dir)
{
    static const char *const words[] = {"status"};
    struct error err = {0};
    json_t *status = NULL;
    const json_t *next;
    char t[CLOCK_TEXT];

    if (client_ask(dir, words, 1, WAIT_NS, &status, &err) < 0) {
        printf("no tournament was held in this run yet\n");
        return;
    }
    next = json_object_get(status, "tournament_next_ms");
    clock_text(json_integer_value(next) * 1000000, t);
    if (json_is_integer(next))
        printf("no tournament was held in this run yet; the next is due at %.19s UTC, by the "
               "market's clock: `agon ctl plan` says what it would do now\n",
               t);
    else
        printf("no tournament was held in this run, and none is planned\n");
    json_decref(status);
}

/* Its answer is amounts alone: what they are in says the host's status. */
static void print_equity(const char *dir, const json_t *equity)
{
    static const char *const words[] = {"status"};
    struct error err = {0};
    json_t *status = NULL;

    (void)client_ask(dir, words, 1, WAIT_NS, &status, &err);
    view_equity(stdout, equity, json_string_value(json_object_get(status, "currency")), width_of());
    json_decref(status);
}

/* The difference is shown before it is made. */
static int apply(const struct opts *opts, const char *dir, const struct control_call *call)
{
    char path[PATH_MAX];
    char sure[256];
    const char *words[4] = {"apply", path, "dry-run", opts->is_kept ? "keep" : "close"};
    struct error err = {0};
    json_t *result = NULL;
    int rc;

    if (opts->is_kept && opts->is_closed)
        return complain("apply takes either --close or --keep: positions of agents that the roster "
                        "does not name are closed without",
                        AGON_EINVAL);
    if (realpath(call->argv[0], path) == NULL)
        return no_file("apply", call->argv[0], EXIT_CONFIG);
    if (snprintf(sure, sizeof(sure), "yes=%s", opts->sure != NULL ? opts->sure : "") >=
        (int)sizeof(sure))
        return complain("apply: too many names with --yes", AGON_EINVAL);
    rc = client_ask(dir, words, 4, APPLY_NS, &result, &err);
    if (rc >= 0 && !opts->is_dry && json_array_size(json_object_get(result, "changes")) > 0) {
        if (!opts->is_json)
            print_result(opts, "apply", json_object_get(result, "changes"));
        json_decref(result);
        words[2] = sure;
        rc = client_ask(dir, words, 4, APPLY_NS, &result, &err);
        if (rc >= 0 && !opts->is_json) {
            printf("%lld made, %lld wait\n",
                   (long long)json_integer_value(json_object_get(result, "made")),
                   (long long)json_integer_value(json_object_get(result, "waiting")));
            json_decref(result);
            return EXIT_OK;
        }
    }
    if (rc < 0)
        return rc == AGON_EINVAL ? (complain(err.text, rc), EXIT_CONFIG) : complain(err.text, rc);
    print_result(opts, "apply", opts->is_json ? result : json_object_get(result, "changes"));
    json_decref(result);
    return EXIT_OK;
}

/* What ends risk is done twice as well as once: it is asked for again when a host that is flooded
 * has hung up on us. */
static int ask_urgently(const char *dir, const char *const *words, int n_words, json_t **result,
                        struct error *err)
{
    int64_t until = clock_mono() + WAIT_NS;
    _Atomic uint32_t never = 0;
    int rc = client_ask(dir, words, n_words, WAIT_NS, result, err);

    while ((rc == AGON_EIO || rc == AGON_EBUSY) && clock_mono() < until) {
        futex_wait(&never, 0, LOOK_NS / 10);
        *err = (struct error){0};
        rc = client_ask(dir, words, n_words, WAIT_NS, result, err);
    }
    return rc;
}

static void print_left(const json_t *left, int64_t took_ms)
{
    char took[SPAN_TEXT];
    int width = width_of();
    size_t n_positions = (size_t)json_integer_value(json_object_get(left, "n_positions"));
    size_t n_orders = (size_t)json_integer_value(json_object_get(left, "n_orders"));

    if (json_is_true(json_object_get(left, "done"))) {
        // An agent that was not halted may have new ones by now.
        if (n_positions + n_orders > 0)
            printf("every position was closed (%s); the agent is active and trades on\n",
                   span_text(took_ms * 1000000, took));
        else
            printf("every position is closed and no order is open (%s)\n",
                   span_text(took_ms * 1000000, took));
        return;
    }
    printf("left after %s: %zu position%s, %zu order%s%s\n", span_text(took_ms * 1000000, took),
           n_positions, n_positions == 1 ? "" : "s", n_orders, n_orders == 1 ? "" : "s",
           json_is_true(json_object_get(left, "heard")) ? "" : "; the venue is not reachable");
    if (n_positions > 0)
        render(stdout, json_object_get(left, "positions"), width);
    if (n_orders > 0)
        render(stdout, json_object_get(left, "orders"), width);
}

/* How often all that the agent held was closed; -1: not known. */
static json_int_t closed_before(const char *dir, const char *agent)
{
    const char *words[2] = {"left", agent};
    struct error err = {0};
    json_t *left = NULL;
    const json_t *n;
    json_int_t before;

    if (client_ask(dir, words, 2, WAIT_NS, &left, &err) < 0)
        return -1;
    n = json_object_get(left, "n_closed");
    before = n != NULL ? json_integer_value(n) : -1;
    json_decref(left);
    return before;
}

/* Closed since then: an agent that goes on may hold something again before anybody looks. */
static int was_closed(json_t *left, json_int_t before)
{
    if (before < 0 || json_integer_value(json_object_get(left, "n_closed")) <= before)
        return 0;
    json_object_set_new(left, "done", json_true());
    return 1;
}

/* stop and flatten: ordered once, and then looked at until nothing is left or the time is up. What
 * was ordered goes on in the host whether anybody waits or not. */
static int wait_closed(const struct opts *opts, const char *dir, const char *const *words,
                       int n_words)
{
    const char *left_words[2] = {"left", "all"};
    int64_t began_ns = clock_mono();
    _Atomic uint32_t never = 0;
    struct error err = {0};
    json_t *left = NULL;
    json_int_t before =
        n_words > 1 && strcmp(words[0], "flatten") == 0 ? closed_before(dir, words[1]) : -1;
    int64_t took_ms;
    int is_done = 0;
    int rc = ask_urgently(dir, words, n_words, &left, &err);

    if (rc < 0)
        return complain(err.text, rc);
    if (!opts->is_json && json_is_true(json_object_get(left, "already"))) {
        puts(json_string_value(json_object_get(left, "done")));
        json_decref(left);
        return EXIT_OK;
    }
    if (n_words > 1 && strcmp(words[0], "stop") != 0)
        left_words[1] = words[1];
    do {
        json_t *next = NULL;

        int answer = client_ask(dir, left_words, 2, WAIT_NS, &next, &err);

        // Who has gone and has nothing left is not known there any more. That nobody answers at all
        // is something else.
        is_done = answer == AGON_ENOENT && strncmp(err.text, "no agent", 8) == 0;
        if (is_done)
            json_object_set_new(left, "done", json_true());
        if (answer >= 0) {
            json_decref(left);
            left = next;
            is_done = json_is_true(json_object_get(left, "done")) || was_closed(left, before);
        }
        if (!is_done)
            futex_wait(&never, 0, LOOK_NS);
    } while (!is_done && clock_mono() - began_ns < opts->timeout_ns);
    took_ms = (clock_mono() - began_ns) / 1000000;
    if (opts->is_json) {
        json_object_set_new(left, "took_ms", json_integer(took_ms));
        print_result(opts, "left", left);
    } else {
        print_left(left, took_ms);
    }
    json_decref(left);
    return is_done ? EXIT_OK : EXIT_CHECK;
}

// What becomes of its positions has to be said: neither is what everybody would expect.
static int unload(const struct opts *opts, const char *dir, const struct control_call *call)
{
    const char *word = call->argc == 2 ? call->argv[1] : "";
    int is_kept = opts->is_kept || strcmp(word, "keep") == 0;
    int is_closed = opts->is_closed || strcmp(word, "close") == 0;
    const char *words[3] = {"unload", call->argv[0], is_kept ? "keep" : "close"};
    const char *who[2] = {"agent", call->argv[0]};
    struct error err = {0};
    json_t *result = NULL;
    int rc;

    if (call->argc < 1 || call->argc > 2 || is_kept == is_closed ||
        (call->argc == 2 && strcmp(word, words[2]) != 0)) {
        // Whose name is wrong need not choose first.
        rc = call->argc > 0 ? client_ask(dir, who, 2, WAIT_NS, &result, &err) : AGON_OK;
        json_decref(result);
        if (rc < 0)
            return complain(err.text, rc);
        return complain("unload takes an agent, and either close or keep", AGON_EINVAL);
    }
    if (is_closed)
        return wait_closed(opts, dir, words, 3);
    rc = client_ask(dir, words, 3, SLOW_NS, &result, &err);
    if (rc < 0)
        return complain(err.text, rc);
    print_result(opts, "done", result);
    json_decref(result);
    return EXIT_OK;
}

static char *make_about(void)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    if (out == NULL)
        return NULL;
    fprintf(out, "Asks a running host and orders it, over the socket in its run directory.\n");
    for (int group = 0; api_groups[group] != NULL; group++) {
        fprintf(out, "\n%s:\n", api_groups[group]);
        for (const struct control_verb *verb = api_verbs; verb->name != NULL; verb++) {
            if (api_group(verb) == api_groups[group])
                fprintf(out, "  %s %s\t%s\n", verb->name, verb->usage, verb->help);
        }
        if (strcmp(api_groups[group], API_GROUP_STOP) == 0)
            fprintf(out, "  VENUE:SYMBOL\tan instrument that two venues have, such as "
                         "binance:BTCUSDT\n"
                         "  venue:NAME, instrument:NAME, agent:NAME\tsay which is meant where "
                         "two have the name, or another is near it\n");
    }
    return fclose(out) == 0 ? text : NULL;
}

static int ask(const struct opts *opts, const char *dir, const struct args_spec *spec)
{
    struct control_call call = {.argc = opts->words.n};
    const struct control_verb *verb;
    const char *words[CONTROL_ARGS];
    char path[PATH_MAX];
    struct error err = {0};
    json_t *result = NULL;
    int rc;

    for (int i = 0; i < opts->words.n; i++)
        words[i] = call.argv[i] = opts->words.at[i];
    verb = control_match(api_verbs, &call, &err);
    if (verb == NULL || control_check(verb, &call, &err) < 0)
        return args_refuse(spec, "ctl", "%s", err.text);
    if (strcmp(verb->name, "export") == 0)
        return export(opts, dir, &call);
    if (strcmp(verb->name, "apply") == 0)
        return apply(opts, dir, &call);
    if (strncmp(verb->name, "tournament ", 11) == 0 && verb->scope == CONTROL_CLIENT)
        return tournament(opts, dir, verb->name + 11, &call);
    if (strcmp(verb->name, "url") == 0)
        return opts->is_json ? args_refuse(spec, "ctl", "url is a line of text; leave out --json")
                             : url(dir);
    // The host has a folder of its own: a file is named from / on.
    if (strcmp(verb->name, "reload") == 0 && call.argc > 1) {
        if (realpath(call.argv[1], path) == NULL)
            return no_file("reload", call.argv[1], EXIT_FLAGS);
        words[2] = path;
    }
    if (strcmp(verb->name, "unload") == 0)
        return unload(opts, dir, &call);
    if (strcmp(verb->name, "stop") == 0 || strcmp(verb->name, "flatten") == 0)
        return wait_closed(opts, dir, words, opts->words.n);
    rc = verb->is_urgent ? ask_urgently(dir, words, opts->words.n, &result, &err)
                         : client_ask(dir, words, opts->words.n, verb->is_slow ? SLOW_NS : WAIT_NS,
                                      &result, &err);
    if (rc < 0)
        return complain(err.text, rc);
    if (!opts->is_json && json_is_null(result) && strcmp(verb->name, "tournament") == 0)
        say_no_tournament(dir);
    else if (!opts->is_json && strcmp(verb->name, "equity") == 0)
        print_equity(dir, result);
    else
        print_result(opts, verb->name, result);
    json_decref(result);
    return EXIT_OK;
}

int cmd_ctl(int argc, char **argv)
{
    struct opts opts = {.timeout_ns = (int64_t)60 * 1000000000};
    char *about = make_about();
    const struct arg table[] = {
        {"dir", ARG_TEXT, "DIR", "run directory of the host (below the user's state folder)",
         &opts.dir},
        {"json", ARG_FLAG, NULL, "the answer as JSON", &opts.is_json},
        {"dry-run", ARG_FLAG, NULL, "apply: only shows what differs", &opts.is_dry},
        {"yes", ARG_TEXT, "AGENT[,AGENT]", "apply: dangerous changes of these are meant",
         &opts.sure},
        {"until", ARG_INT, "N", "export: stop behind event N", &opts.until, .min = 1,
         .max = INT64_MAX},
        {"close", ARG_FLAG, NULL,
         "unload: close its positions and wait for it; apply: close those of agents that the "
         "roster does not name (the preset)",
         &opts.is_closed},
        {"keep", ARG_FLAG, NULL, "unload, apply: leave the positions of who leaves as they are",
         &opts.is_kept},
        {"timeout", ARG_DURATION, "TIME",
         "stop, flatten, unload: how long to wait until all is closed (60s); the exit code is 1 "
         "when "
         "something is left",
         &opts.timeout_ns, .min = 1, .max = (int64_t)86400 * 1000000000},
        {NULL}};
    const struct args_spec spec = {.usage = "VERB [ARGUMENT...] [OPTION...]",
                                   .about = about != NULL ? about : "",
                                   .args = table,
                                   .operands = &opts.words,
                                   .operands_min = 1,
                                   .operands_max = CONTROL_ARGS};
    char dir[PATH_MAX], help[] = "--help", *help_argv[] = {argv[0], help, NULL};
    struct error err = {0};
    int is_help = argc == 2 && strcmp(argv[1], "help") == 0; // as `agon help ctl`
    int rc = is_help ? args_parse(&spec, 2, help_argv) : args_parse(&spec, argc, argv);

    if (rc == ARGS_RUN) {
        if (opts.dir != NULL)
            rc = snprintf(dir, sizeof(dir), "%s", opts.dir) < (int)sizeof(dir) ? AGON_OK
                                                                               : AGON_ERANGE;
        else
            rc = rundir_default(dir, sizeof(dir), &err);
        rc = rc < 0 ? complain(err.text, AGON_EIO) : ask(&opts, dir, &spec);
    }
    free(about);
    return rc;
}
