// SPDX-License-Identifier: Apache-2.0
#include "cli/dst_bytes.h"

#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "cli/dst_progress.h"
#include "dst/bytes.h"
#include "dst/net.h"
#include "sys/clock.h"
#include "sys/log.h"

struct total {
    uint64_t n_runs, n_failed, n_events, n_messages, n_orders, n_fills, n_lives;
    uint64_t injected[BYTES_FAULTS], some[BYTES_SOMES], net[NET_FAULTS];
    int64_t simulated_ns, wall_ns;
};

static void on_trace(void *ctx, const char *line)
{
    (void)ctx;
    puts(line);
}

static int64_t parse(const char *text)
{
    int64_t faults = 0;

    while (text != NULL && *text != '\0') {
        size_t n = strcspn(text, ",");
        int at = 0;

        while (at < BYTES_FAULTS && (strlen(bytes_fault_name((enum bytes_fault)at)) != n ||
                                     strncmp(bytes_fault_name((enum bytes_fault)at), text, n) != 0))
            at++;
        if (at == BYTES_FAULTS)
            return -1;
        faults |= (int64_t)1 << at;
        text += n + (text[n] == ',');
    }
    return faults;
}

static void add(struct total *total, const struct bytes_result *result)
{
    total->n_runs++;
    total->n_events += result->n_events;
    total->n_messages += result->n_messages;
    total->n_orders += result->n_orders;
    total->n_fills += result->n_fills;
    total->n_lives += result->n_lives;
    total->simulated_ns += result->simulated_ns;
    for (int i = 0; i < BYTES_FAULTS; i++)
        total->injected[i] += result->injected[i];
    for (int i = 0; i < BYTES_SOMES; i++)
        total->some[i] += result->some[i];
    for (int i = 0; i < NET_FAULTS; i++)
        total->net[i] += result->net[i];
}

static void print_faults(uint32_t faults)
{
    const char *comma = "";

    for (int i = 0; i < BYTES_FAULTS; i++) {
        if ((faults >> i & 1) == 0)
            continue;
        printf("%s%s", comma, bytes_fault_name((enum bytes_fault)i));
        comma = ",";
    }
}

static void print_failure(const struct bytes_config *config, const struct bytes_result *result)
{
    printf("seed %llu: %s after %.6f s: %s\n", (unsigned long long)config->seed, result->id,
           (double)result->t / 1e9, result->what);
    printf("  faults    ");
    print_faults(result->faults);
    printf("; %u agents, %u venues, %llu lives\n", result->n_agents, result->n_venues,
           (unsigned long long)result->n_lives);
    printf("  again     agon dst --bytes%s --seed %llu --trace\n",
           config->is_said ? " --websocket" : "", (unsigned long long)config->seed);
    fflush(stdout);
}

/* Which of the kinds it takes: those without which it still fails are left out. */
static void shrink(struct bytes_config config)
{
    struct bytes_result result;
    struct error err = {0};

    config.trace = NULL;
    for (int i = 0; i < BYTES_FAULTS; i++) {
        struct bytes_config one = config;

        one.without |= (uint32_t)1 << i;
        if (bytes_run(&one, &result, &err) >= 0 && result.is_failed)
            config = one;
    }
    printf("  also      agon dst --bytes%s --seed %llu --without ",
           config.is_said ? " --websocket" : "", (unsigned long long)config.seed);
    print_faults(config.without);
    printf("\n");
}

static void print_list(const char *title, const uint64_t *counts, int n,
                       const char *(*name)(uint32_t))
{
    printf("%s", title);
    for (int i = 0; i < n; i++)
        printf("%s%s %llu", i == 0 ? "" : ", ", name((uint32_t)i), (unsigned long long)counts[i]);
    printf("\n");
}

static const char *fault_of(uint32_t i)
{
    return bytes_fault_name((enum bytes_fault)i);
}

static const char *net_of(uint32_t i)
{
    return net_fault_names[i];
}

static void print_total(const struct dst_bytes_opts *opts, const struct total *total)
{
    double seconds = (double)total->wall_ns / 1e9;
    double per_s = seconds > 0 ? (double)total->n_events / seconds : 0;

    if (opts->is_json) {
        printf("{\"seeds\": %llu, \"failed\": %llu, \"events\": %llu, \"messages\": %llu, "
               "\"orders\": %llu, \"fills\": %llu, \"lives\": %llu, \"simulated_s\": %.1f, "
               "\"seconds\": %.3f, \"events_per_s\": %.0f}\n",
               (unsigned long long)total->n_runs, (unsigned long long)total->n_failed,
               (unsigned long long)total->n_events, (unsigned long long)total->n_messages,
               (unsigned long long)total->n_orders, (unsigned long long)total->n_fills,
               (unsigned long long)total->n_lives, (double)total->simulated_ns / 1e9, seconds,
               per_s);
        return;
    }
    printf("seeds     %llu, %llu of them broke a promise\n", (unsigned long long)total->n_runs,
           (unsigned long long)total->n_failed);
    printf("host      %llu events (%.0f a second), %llu orders at the exchanges, %llu fills, %llu "
           "lives\n",
           (unsigned long long)total->n_events, per_s, (unsigned long long)total->n_orders,
           (unsigned long long)total->n_fills, (unsigned long long)total->n_lives);
    printf("world     %llu messages, %.0f simulated seconds in %.1f\n",
           (unsigned long long)total->n_messages, (double)total->simulated_ns / 1e9, seconds);
    print_list("faults    ", total->injected, BYTES_FAULTS, fault_of);
    print_list("network   ", total->net, NET_FAULTS, net_of);
    print_list("reached   ", total->some, BYTES_SOMES, bytes_some_name);
}

static int run_one(const struct dst_bytes_opts *opts, const struct bytes_config *config,
                   struct total *total)
{
    struct bytes_config again = *config;
    struct bytes_result result, second;
    struct error err = {0};

    if (bytes_run(config, &result, &err) < 0) {
        fprintf(stderr, "agon dst: %s\n", err.text);
        return EXIT_ENVIRONMENT;
    }
    add(total, &result);
    again.trace = NULL;
    if (opts->is_twice && (bytes_run(&again, &second, &err) < 0 || second.hash != result.hash)) {
        printf("seed %llu: two runs differ: %016llx and %016llx\n",
               (unsigned long long)config->seed, (unsigned long long)result.hash,
               (unsigned long long)second.hash);
        total->n_failed++;
        return EXIT_CHECK;
    }
    if (result.is_failed) {
        total->n_failed++;
        print_failure(config, &result);
        if (!opts->is_stopping && !opts->is_traced)
            shrink(*config);
        return EXIT_CHECK;
    }
    if (opts->is_one && !opts->is_json)
        printf("seed %llu: trace %016llx\n", (unsigned long long)config->seed,
               (unsigned long long)result.hash);
    return EXIT_OK;
}

int dst_bytes(const struct dst_bytes_opts *opts)
{
    // What the host logs is not for whoever watches a simulation, unless he asks for its trace.
    struct log_config quiet = {
        .fd = 2, .level = opts->is_traced ? LOG_INFO : LOG_ERROR + 1, .is_direct = 1};
    struct bytes_config config = {.safety_ns = opts->safety_s * 1000000000ll,
                                  .is_said = (uint8_t)(opts->is_said != 0),
                                  .trace = opts->is_traced ? on_trace : NULL};
    int64_t without = parse(opts->without);
    struct total total = {0};
    struct error err = {0};
    struct dst_progress progress = {.first = opts->first, .n = opts->is_one ? 1 : opts->n_seeds};
    struct log *log;
    int64_t began;

    if (without < 0) {
        fprintf(stderr, "agon dst: --without: there is no such kind of fault in --bytes\n");
        return EXIT_FLAGS;
    }
    config.without = (uint32_t)without;
    log = log_new(&quiet, &err);
    log_set_process(log);
    began = clock_mono();
    for (uint64_t i = 0; i < progress.n; i++) {
        config.seed = progress.first + i;
        dst_progress(&progress, i, total.n_failed);
        if (run_one(opts, &config, &total) == EXIT_ENVIRONMENT)
            return EXIT_ENVIRONMENT;
        if (total.n_failed > 0 && (opts->is_stopping || total.n_failed >= 10))
            break;
    }
    total.wall_ns = clock_mono() - began;
    print_total(opts, &total);
    log_free(log);
    return total.n_failed > 0 ? EXIT_CHECK : EXIT_OK;
}
