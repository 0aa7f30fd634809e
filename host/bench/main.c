// SPDX-License-Identifier: Apache-2.0
/* agon-bench: runs benchmarks; `agon bench` is this program. Nothing here judges a time. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/child_main.h"
#include "args/args.h"
#include "base/exit.h"
#include "bench/bench.h"
#include "bench/table.h"
#include "config/suggest.h"
#include "sys/file.h"
#include "sys/harden.h"

struct benchmark {
    const char *name, *help;
    int (*run)(struct bench *bench, struct error *err);
};
#define BENCHMARK_ROW(name, help) {#name, help, bench_##name},
static const struct benchmark benchmarks[] = {BENCHMARKS(BENCHMARK_ROW){NULL, NULL, NULL}};

static const struct benchmark *find(const char *name)
{
    struct suggest suggest = {0};

    for (const struct benchmark *at = benchmarks; at->name != NULL; at++) {
        if (strcmp(at->name, name) == 0)
            return at;
        suggest_offer(&suggest, name, strnlen(name, SUGGEST_MAX + 1), at->name);
    }
    fprintf(stderr, "agon bench: no benchmark is called %s; agon bench list shows them%s%s%s\n",
            args_safe(name), suggest.best ? "; did you mean " : "",
            suggest.best ? suggest.best : "", suggest.best ? "?" : "");
    return NULL;
}

static int list(void)
{
    for (const struct benchmark *at = benchmarks; at->name != NULL; at++)
        printf("%-12s %s\n", at->name, at->help);
    return EXIT_OK;
}

// On the disk that the answer is about: TMPDIR may name another than the journal's.
static int make_dir(char path[256])
{
    const char *root = getenv("TMPDIR");

    snprintf(path, 256, "%.200s/agon-bench-XXXXXX",
             root != NULL && root[0] == '/' ? root : "/var/tmp");
    if (mkdtemp(path) != NULL)
        return 1;
    fprintf(stderr, "agon bench: no directory %s: %s\n", path, strerror(errno));
    return 0;
}

static int run_one(const struct benchmark *benchmark, struct bench *bench)
{
    struct error err = {0};
    int rc = benchmark->run(bench, &err);

    if (rc >= 0)
        return EXIT_OK;
    fprintf(stderr, "agon bench %s: %s\n", benchmark->name,
            err.text[0] != '\0' ? err.text : error_name(rc));
    return EXIT_ENVIRONMENT;
}

static int run(int argc, char **argv)
{
    struct opts {
        struct arg_list names;
        int64_t n;
        int is_quick, is_json, is_trusted, is_file, is_tls;
        const char *plugin, *data, *vs;
    } opts = {0};
    const struct arg table[] = {
        {"n", ARG_INT, "N", "operations of one turn (each benchmark's own)", &opts.n, .min = 1,
         .max = 1000000000},
        {"quick", ARG_FLAG, NULL, "few and short turns: shows that it works, measures little",
         &opts.is_quick},
        {"plugin", ARG_TEXT, "FILE", "dispatch, reload: this plugin (a built-in one, mm)",
         &opts.plugin},
        {"trusted", ARG_FLAG, NULL,
         "reload: call that plugin in this process too, with your rights and without a certificate",
         &opts.is_trusted},
        {"file", ARG_FLAG, NULL,
         "backtest: instead, the whole command over files, against a bare scanner's process",
         &opts.is_file},
        {"vs", ARG_TEXT, "PEER=PROGRAM",
         "backtest --file: a peer's program over the same bars, in turns too (tests/peers)",
         &opts.vs},
        {"tls", ARG_FLAG, NULL,
         "live: instead, from a tick's bytes to its order's in a live host, over TLS both ways, "
         "against a bare echo",
         &opts.is_tls},
        {"data", ARG_TEXT, "FILE",
         "reload: recorded quotes as CSV, in a loop (a made-up market); backtest: a "
         "recording of books",
         &opts.data},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "NAME...|all|list [OPTION...]",
        .about =
            "Runs the product's own code and a bare yardstick in turns, checks that both do the "
            "same, and prints both times, their ratio and the goal. Only a failed check ends with "
            "1: no time is a verdict.",
        .args = table,
        .operands = &opts.names,
        .operands_min = 1,
        .operands_max = 32};
    struct bench bench = {0};
    char dir[256];
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (strcmp(opts.names.at[0], "list") == 0)
        return list();
    for (int i = 0; i < opts.names.n; i++) {
        if (strcmp(opts.names.at[i], "all") != 0 && find(opts.names.at[i]) == NULL)
            return EXIT_FLAGS;
    }
    if (!make_dir(dir))
        return EXIT_ENVIRONMENT;
    bench.n = (uint64_t)opts.n;
    bench.is_quick = opts.is_quick;
    bench.is_json = opts.is_json;
    bench.plugin = opts.plugin;
    bench.is_trusted = opts.is_trusted;
    bench.is_file = opts.is_file;
    bench.is_tls = opts.is_tls;
    bench.data = opts.data;
    bench.vs = opts.vs;
    bench.dir = dir;
    bench_begin(&bench);
    rc = EXIT_OK;
    for (int i = 0; i < opts.names.n && rc == EXIT_OK; i++) {
        if (strcmp(opts.names.at[i], "all") != 0)
            rc = run_one(find(opts.names.at[i]), &bench);
        for (const struct benchmark *at = benchmarks;
             strcmp(opts.names.at[i], "all") == 0 && at->name != NULL && rc == EXIT_OK; at++)
            rc = run_one(at, &bench);
    }
    bench_end(&bench);
    file_remove_tree(dir);
    return rc != EXIT_OK ? rc : bench.n_failed > 0 ? EXIT_CHECK : EXIT_OK;
}

int main(int argc, char **argv)
{
    static char name[] = "bench"; // the command by which it is known
    int rc;

    // A process runner's child may be this program (agent/child_main.h).
    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    harden_files();
    if (argc > 0)
        argv[0] = name;
    rc = run(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && rc == EXIT_OK)
        rc = EXIT_ENVIRONMENT;
    return rc;
}
