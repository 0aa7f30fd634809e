// SPDX-License-Identifier: Apache-2.0
/* dst: simulated runs of the whole host, from seeds. */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

#include "args/args.h"
#include "cli/commands.h"
#include "cli/dst_ambiguous.h"
#include "cli/dst_bytes.h"
#include "cli/dst_progress.h"
#include "dst/dst.h"
#include "sys/clock.h"

#define SHRINK_RUNS 120

struct opts {
    uint64_t seed, n_events, until, first, n_ambiguous;
    int64_t n_seeds, max_agents, max_instruments;
    const char *without;
    int64_t safety_s;
    int is_bytes, is_said, is_traced, is_twice, is_json, is_seed_given, is_stopping;
};

struct total {
    uint64_t n_runs, n_events, n_world, n_orders, n_fills, n_restarts, n_failed;
    uint64_t n_injected[DST_FAULTS], some[SOMES];
    int64_t simulated_ns, wall_ns;
    uint64_t first_failed;
};

static void on_trace(void *ctx, const char *line)
{
    (void)ctx;
    puts(line);
}

// Names of fault kinds, with commas between; -1: one of them is none.
static int64_t parse_faults(const char *text, const char **unknown)
{
    int64_t faults = 0;

    while (text != NULL && *text != '\0') {
        size_t n = strcspn(text, ",");
        int at = 0;

        while (at < DST_FAULTS && (strlen(dst_fault_name((enum dst_fault)at)) != n ||
                                   strncmp(dst_fault_name((enum dst_fault)at), text, n) != 0))
            at++;
        if (at == DST_FAULTS) {
            *unknown = text;
            return -1;
        }
        faults |= (int64_t)1 << at;
        text += n + (text[n] == ',');
    }
    return faults;
}

static void name_faults(char *text, size_t room)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < DST_FAULTS && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%s", i > 0 ? "," : "",
                                 dst_fault_name((enum dst_fault)i));
}

static void print_faults(uint32_t faults)
{
    const char *comma = "";

    for (int i = 0; i < DST_FAULTS; i++) {
        if ((faults >> i & 1) == 0)
            continue;
        printf("%s%s", comma, dst_fault_name((enum dst_fault)i));
        comma = ",";
    }
}

static void add(struct total *total, const struct dst_result *result)
{
    total->n_runs++;
    total->n_events += result->n_events;
    total->n_world += result->n_world;
    total->n_orders += result->n_orders;
    total->n_fills += result->n_fills;
    total->n_restarts += result->n_restarts;
    total->simulated_ns += result->simulated_ns;
    for (int i = 0; i < DST_FAULTS; i++)
        total->n_injected[i] += result->n_injected[i];
    for (int i = 0; i < SOMES; i++)
        total->some[i] += result->some[i];
}

static void print_failure(const struct opts *opts, struct dst_config config,
                          struct dst_result result)
{
    printf("seed %llu: %s after event %llu, %.6f s: %s\n", (unsigned long long)config.seed,
           result.id, (unsigned long long)result.seq, (double)result.t / 1e9, result.what);
    printf("  faults    ");
    print_faults(result.faults);
    printf("; %u agents, %u instruments\n", result.n_agents, result.n_instruments);
    if (!opts->is_stopping) {
        dst_shrink(&config, &result, SHRINK_RUNS);
        printf("  shrunk to ");
        print_faults(result.faults);
        printf("; %u agents, %u instruments; event %llu\n", result.n_agents, result.n_instruments,
               (unsigned long long)result.seq);
    }
    printf("  again     agon dst --seed %llu --trace", (unsigned long long)config.seed);
    if (config.faults_off != 0) {
        printf(" --without ");
        print_faults(config.faults_off);
    }
    if (config.agents_max != 0)
        printf(" --agents %u", config.agents_max);
    if (config.instruments_max != 0)
        printf(" --instruments %u", config.instruments_max);
    if (opts->n_events != 0)
        printf(" --events %llu", (unsigned long long)opts->n_events);
    printf("\n");
    fflush(stdout);
}

static void print_total(const struct opts *opts, const struct total *total)
{
    double seconds = (double)total->wall_ns / 1e9;

    if (opts->is_json) {
        printf("{\"seeds\": %llu, \"failed\": %llu, \"events\": %llu, \"happenings\": %llu, "
               "\"orders\": %llu, \"fills\": %llu, \"restarts\": %llu, \"simulated_s\": %.1f, "
               "\"seconds\": %.3f, \"injected\": {",
               (unsigned long long)total->n_runs, (unsigned long long)total->n_failed,
               (unsigned long long)total->n_events, (unsigned long long)total->n_world,
               (unsigned long long)total->n_orders, (unsigned long long)total->n_fills,
               (unsigned long long)total->n_restarts, (double)total->simulated_ns / 1e9, seconds);
        for (int i = 0; i < DST_FAULTS; i++)
            printf("%s\"%s\": %llu", i == 0 ? "" : ", ", dst_fault_name((enum dst_fault)i),
                   (unsigned long long)total->n_injected[i]);
        printf("}, \"reached\": {");
        for (uint32_t i = 0; i < SOMES; i++)
            printf("%s\"%s\": %llu", i == 0 ? "" : ", ", dst_some_name(i),
                   (unsigned long long)total->some[i]);
        printf("}}\n");
        return;
    }
    printf("seeds     %llu, %llu of them broke a promise\n", (unsigned long long)total->n_runs,
           (unsigned long long)total->n_failed);
    printf("engine    %llu events, %llu orders, %llu fills, %llu restarts\n",
           (unsigned long long)total->n_events, (unsigned long long)total->n_orders,
           (unsigned long long)total->n_fills, (unsigned long long)total->n_restarts);
    printf("world     %llu happenings, %.0f simulated seconds in %.1f\n",
           (unsigned long long)total->n_world, (double)total->simulated_ns / 1e9, seconds);
    printf("faults    ");
    for (int i = 0; i < DST_FAULTS; i++)
        printf("%s%s %llu", i == 0 ? "" : ", ", dst_fault_name((enum dst_fault)i),
               (unsigned long long)total->n_injected[i]);
    printf("\nreached   ");
    for (uint32_t i = 0; i < SOMES; i++)
        printf("%s%s %llu", i == 0 ? "" : ", ", dst_some_name(i),
               (unsigned long long)total->some[i]);
    printf("\n");
}

static int run_one(const struct opts *opts, const struct dst_config *config, struct total *total)
{
    struct dst_result result;
    struct error err = {0};

    if (dst_run(config, &result, &err) < 0) {
        fprintf(stderr, "agon dst: %s\n", err.text);
        return EXIT_ENVIRONMENT;
    }
    add(total, &result);
    if (opts->is_twice) {
        struct dst_config again = *config;
        struct dst_result second;

        again.trace = NULL;
        if (dst_run(&again, &second, &err) < 0 || second.trace_hash != result.trace_hash) {
            printf("seed %llu: two runs differ: %016llx and %016llx\n",
                   (unsigned long long)config->seed, (unsigned long long)result.trace_hash,
                   (unsigned long long)second.trace_hash);
            total->n_failed++;
            return EXIT_CHECK;
        }
    }
    if (result.is_failed) {
        if (total->n_failed++ == 0)
            total->first_failed = config->seed;
        if (!opts->is_json)
            print_failure(opts, *config, result);
        else
            fprintf(stderr, "seed %llu: %s: %s\n", (unsigned long long)config->seed, result.id,
                    result.what);
        return EXIT_CHECK;
    }
    if (opts->is_seed_given && !opts->is_json)
        printf("seed %llu: trace %016llx\n", (unsigned long long)config->seed,
               (unsigned long long)result.trace_hash);
    return EXIT_OK;
}

int cmd_dst(int argc, char **argv)
{
    struct opts opts = {.first = 1, .n_seeds = 100};
    const struct arg table[] = {
        {"seed", ARG_U64, "N", "run this seed only", &opts.seed, .is_given = &opts.is_seed_given},
        {"seeds", ARG_INT, "N", "how many seeds (100)", &opts.n_seeds, .min = 1, .max = 1000000000},
        {"first", ARG_U64, "N", "the first of them (1)", &opts.first},
        {"bytes", ARG_FLAG, NULL,
         "the whole live host, over simulated bytes, disk, clock and threads", &opts.is_bytes},
        {"ambiguous", ARG_U64, "N",
         "N requests of unknown fate through a real gateway, on both markets", &opts.n_ambiguous},
        {"websocket", ARG_FLAG, NULL,
         "with --bytes or --ambiguous: orders go by WebSocket, with its own faults", &opts.is_said},
        {"safety", ARG_INT, "S", "with --bytes: simulated seconds with faults", &opts.safety_s,
         .min = 0, .max = 100000},
        {"events", ARG_U64, "N", "engine events with faults in each (5000)", &opts.n_events},
        {"until", ARG_U64, "SEQ", "stop behind this event", &opts.until},
        {"without", ARG_TEXT, "FAULT,...", "kinds of faults that shall not strike", &opts.without},
        {"agents", ARG_INT, "N", "at most so many agents", &opts.max_agents, .min = 0, .max = 8},
        {"instruments", ARG_INT, "N", "at most so many instruments", &opts.max_instruments,
         .min = 0, .max = 4},
        {"twice", ARG_FLAG, NULL, "run each seed twice and compare the traces", &opts.is_twice},
        {"trace", ARG_FLAG, NULL, "print what happens", &opts.is_traced},
        {"stop", ARG_FLAG, NULL, "stop at the first failure, without making it smaller",
         &opts.is_stopping},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "[OPTION...]",
        .about =
            "Runs the engine, its journal and its recovery against a simulated exchange, "
            "network, disk and clock that fail as the seed says, and checks after every event "
            "what must hold. With --bytes it is the live host with its gateways, against the "
            "simulator's exchanges. Ends with 1 when a promise was broken, and says how to see "
            "it again.",
        .args = table};
    struct dst_config config = {0};
    struct dst_progress progress = {0};
    struct total total = {0};
    int64_t without;
    const char *unknown = "";
    char known[512];
    int64_t began;
    int rc = args_parse(&spec, argc, argv);

    // Large blocks, of simulated disks, come from the system each time, as zeros that cost nothing.
    // By itself malloc would keep those that were freed, and clear them again.
    (void)mallopt(M_MMAP_THRESHOLD, 12 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
    if (rc != ARGS_RUN)
        return rc;
    if (opts.n_ambiguous > 0)
        return dst_ambiguous(opts.is_seed_given ? opts.seed : opts.first, opts.n_ambiguous,
                             opts.is_said, opts.is_stopping);
    if (opts.is_bytes) {
        const struct dst_bytes_opts bytes = {.first = opts.is_seed_given ? opts.seed : opts.first,
                                             .n_seeds = (uint64_t)opts.n_seeds,
                                             .without = opts.without,
                                             .safety_s = opts.safety_s,
                                             .is_one = opts.is_seed_given,
                                             .is_said = opts.is_said,
                                             .is_traced = opts.is_traced,
                                             .is_twice = opts.is_twice,
                                             .is_stopping = opts.is_stopping,
                                             .is_json = opts.is_json};

        return dst_bytes(&bytes);
    }
    without = parse_faults(opts.without, &unknown);
    if (without < 0) {
        name_faults(known, sizeof(known));
        return args_refuse(&spec, "dst", "--without %s: expected some of: %s", args_safe(unknown),
                           known);
    }
    config.n_safety = opts.n_events;
    config.until = opts.until;
    config.faults_off = (uint32_t)without;
    config.agents_max = (uint32_t)opts.max_agents;
    config.instruments_max = (uint32_t)opts.max_instruments;
    config.trace = opts.is_traced ? on_trace : NULL;
    began = clock_mono();
    progress.first = opts.is_seed_given ? opts.seed : opts.first;
    progress.n = opts.is_seed_given ? 1 : (uint64_t)opts.n_seeds;
    for (uint64_t i = 0; i < progress.n; i++) {
        config.seed = progress.first + i;
        dst_progress(&progress, i, total.n_failed);
        rc = run_one(&opts, &config, &total);
        if (rc == EXIT_ENVIRONMENT)
            return rc;
        // Ten are enough to look at.
        if (total.n_failed > 0 && (opts.is_stopping || total.n_failed >= 10))
            break;
    }
    total.wall_ns = clock_mono() - began;
    print_total(&opts, &total);
    return total.n_failed > 0 ? EXIT_CHECK : EXIT_OK;
}
