// SPDX-License-Identifier: Apache-2.0
#include "cli/dst_ambiguous.h"

#include <stdio.h>

#include "base/exit.h"
#include "dst/ambiguous.h"
#include "sys/clock.h"

#define OF_A_RUN 2000

static void add(struct ambiguous_result *total, const struct ambiguous_result *one)
{
    total->n_requests += one->n_requests;
    for (int i = 0; i < 4; i++)
        total->n_unknown[i] += one->n_unknown[i];
    total->n_absent += one->n_absent;
    total->n_not_done += one->n_not_done;
    total->n_orders += one->n_orders;
    total->n_fills += one->n_fills;
    total->n_lives += one->n_lives;
    total->n_duplicates += one->n_duplicates;
    total->n_ghosts += one->n_ghosts;
    total->n_wrong += one->n_wrong;
    total->n_strays += one->n_strays;
    total->n_reopened += one->n_reopened;
    total->n_denied += one->n_denied;
    total->n_unjudged += one->n_unjudged;
    total->simulated_ns += one->simulated_ns;
    if (one->longest_ns > total->longest_ns)
        total->longest_ns = one->longest_ns;
}

/* n_beyond: of the requests, those to an exchange that shows what was longer ago than it says. */
static void print_total(const struct ambiguous_result *total, const uint64_t *markets,
                        uint64_t n_beyond, double seconds)
{
    printf("ambiguous %llu requests of unknown fate: %llu new, %llu cancels, %llu replacements; "
           "%llu on spot, %llu on futures\n",
           (unsigned long long)total->n_unknown[0], (unsigned long long)total->n_unknown[1],
           (unsigned long long)total->n_unknown[2], (unsigned long long)total->n_unknown[3],
           (unsigned long long)markets[0], (unsigned long long)markets[1]);
    printf("beyond    %llu of them went to an exchange that breaks its word, and are not among "
           "those that were asked for\n",
           (unsigned long long)n_beyond);
    printf("of        %llu requests for %llu orders, %llu fills; %llu proven absent, %llu proven "
           "not done; the longest unknown for %.1f s; the host began %llu times\n",
           (unsigned long long)total->n_requests, (unsigned long long)total->n_orders,
           (unsigned long long)total->n_fills, (unsigned long long)total->n_absent,
           (unsigned long long)total->n_not_done, (double)total->longest_ns / 1e9,
           (unsigned long long)total->n_lives);
    printf(
        "wrong     %llu duplicates, %llu ghosts, %llu wrongly ended; %llu strays cancelled, %llu "
        "orders opened again\n",
        (unsigned long long)total->n_duplicates, (unsigned long long)total->n_ghosts,
        (unsigned long long)total->n_wrong, (unsigned long long)total->n_strays,
        (unsigned long long)total->n_reopened);
    printf("not judged %llu fills of orders that a venue which breaks its word denied, %llu orders "
           "to which something happened until they were cancelled\n",
           (unsigned long long)total->n_denied, (unsigned long long)total->n_unjudged);
    printf("time      %.0f simulated seconds in %.1f\n", (double)total->simulated_ns / 1e9,
           seconds);
}

int dst_ambiguous(uint64_t first, uint64_t n, int is_said, int is_stopping)
{
    struct ambiguous_result total = {0};
    uint64_t markets[2] = {0};
    int64_t began = clock_mono();
    uint64_t n_failed = 0, n_beyond = 0;

    // Those that are asked for are those that a gateway can come through whole.
    for (uint64_t seed = first; total.n_unknown[0] - n_beyond < n; seed++) {
        uint64_t left = n - (total.n_unknown[0] - n_beyond);
        struct ambiguous_config config = {.seed = seed,
                                          .n_requests = left > OF_A_RUN ? OF_A_RUN : (uint32_t)left,
                                          .is_um = seed % 2 == 0,
                                          .is_said = (uint8_t)(is_said != 0)};
        struct ambiguous_result one;
        struct error err = {0};

        if (ambiguous_run(&config, &one, &err) < 0) {
            fprintf(stderr, "agon dst: %s\n", err.text);
            return EXIT_ENVIRONMENT;
        }
        add(&total, &one);
        markets[config.is_um] += one.n_unknown[0];
        n_beyond += one.is_beyond ? one.n_unknown[0] : 0;
        if (one.what[0] == '\0')
            continue;
        n_failed++;
        printf("seed %llu, %s: %s\n", (unsigned long long)seed, config.is_um ? "futures" : "spot",
               one.what);
        fflush(stdout);
        if (is_stopping || n_failed == 10)
            break;
    }
    print_total(&total, markets, n_beyond, (double)(clock_mono() - began) / 1e9);
    return n_failed > 0 ? EXIT_CHECK : EXIT_OK;
}
