// SPDX-License-Identifier: Apache-2.0
#include "cli/parity_free.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/worker.h"
#include "args/args.h"
#include "base/utf8.h"
#include "cli/commands.h"

#define ROOM_BYTES  ((uint64_t)8 << 30) /* of address space, and for each instance */
#define ARENA_BYTES ((uint64_t)4 << 30)
#define FILLS_MORE  ((uint32_t)1 << 16) /* than twice the journal's */

struct stage {
    struct free_config config;
    struct free_outcome *outcome;
    struct worker *worker;
};

/* --- in the worker --- */

static const struct disk *disk_of(void *ctx)
{
    return worker_disk(((struct stage *)ctx)->worker);
}

static void on_calling(void *ctx, int play)
{
    worker_enter(((struct stage *)ctx)->worker, play);
}

static int on_close(void *ctx, struct error *err)
{
    struct stage *stage = ctx;

    return worker_close(stage->worker, ROOM_BYTES + (stage->config.scan->n_plays + 1) * ARENA_BYTES,
                        NULL, err);
}

static int run(void *ctx, struct worker *worker)
{
    struct stage *stage = ctx;
    struct error err = {0};
    int rc;

    stage->worker = worker;
    rc = free_run(&stage->config, stage->outcome, &err);
    if (rc >= 0 || stage->outcome->why[0] != '\0') {
        worker_done(worker);
        return EXIT_OK;
    }
    return rc == AGON_ENOTSUP || rc == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

/* --- in the parent --- */

static int run_stage(const struct parity_free_config *config, struct free_compared *free,
                     uint32_t at)
{
    struct stage stage = {.config = {.disk = disk_of,
                                     .kept = config->kept,
                                     .scan = config->scan,
                                     .facts = &free->facts,
                                     .sent = config->sent,
                                     .n_sent = config->n_sent,
                                     .stage = at,
                                     .is_live = config->is_live,
                                     .close = on_close,
                                     .calling = on_calling},
                          .outcome = free->outcomes[at]};
    struct worker_config worker = {.run = run, .ctx = &stage, .disk = config->disk};
    struct worker_end end;

    stage.config.ctx = &stage;
    worker_run(&worker, &end);
    if (end.kind == WORKER_INTERRUPTED)
        return EXIT_INTERRUPTED;
    if (end.kind == WORKER_EXITED && end.code == EXIT_OK && stage.outcome->is_done)
        return EXIT_OK;
    if (end.kind == WORKER_EXITED && end.code != EXIT_OK && stage.outcome->why[0] == '\0') {
        fprintf(stderr, "agon parity: a stage of the free comparison ended with %d\n", end.code);
        return end.code;
    }
    if (end.kind == WORKER_EXITED)
        utf8_escape(stage.outcome->why, strnlen(stage.outcome->why, sizeof(stage.outcome->why)),
                    free->why, sizeof(free->why));
    else
        snprintf(free->why, sizeof(free->why), "an agent ends it: %.200s", end.text);
    return EXIT_OK;
}

/* Does the stage take anything from the journal that the one before it has not? */
static int is_another(const struct free_facts *facts, int is_sent, uint32_t stage)
{
    switch (stage) {
    case FREE_INPUTS + 1:
        return is_sent; // else what the venue sent besides is not known
    case FREE_REJECT + 1:
        return facts->n_refused[FREE_REJECT] > 0;
    case FREE_RATE + 1:
        return facts->n_refused[FREE_RATE] > 0;
    default:
        return 1;
    }
}

int parity_free_run(const struct parity_free_config *config, struct free_compared *free)
{
    uint32_t run = config->run != 0 ? config->run : config->scan->n_runs;
    struct error err = {0};
    uint32_t room;
    int rc = free_facts(config->disk, config->scan, config->is_live, run, &free->facts, &err);

    if (rc < 0) {
        snprintf(free->why, sizeof(free->why), "%.255s", err.text);
        return EXIT_OK;
    }
    if (config->scan->shed_seq != 0 && config->scan->shed_seq <= free->facts.end_seq) {
        snprintf(free->why, sizeof(free->why), "market data from event %llu on was never kept",
                 (unsigned long long)config->scan->shed_seq);
        return EXIT_OK;
    }
    for (uint32_t i = 0; i < config->scan->n_strangers; i++) {
        const struct parity_stranger *stranger = &config->scan->strangers[i];

        if (stranger->run != run)
            continue;
        snprintf(
            free->why, sizeof(free->why),
            "no begin of generation %u of slot %u is in the journal (a backtest's, or an older "
            "build's): it cannot be made again",
            stranger->generation, stranger->slot);
        return EXIT_OK;
    }
    // A stage has the matching engine of books, and the journal has nothing of what was assumed of
    // the inside of bars: each fill would be another, put down to the queue.
    if (free->facts.bars != 0) {
        snprintf(free->why, sizeof(free->why),
                 "fills of instruments of bars: of %.80s nothing but bars is known, and what was "
                 "assumed of their inside is not in the journal",
                 args_safe(free->facts.listed[free->facts.bars - 1].instrument.symbol));
        return EXIT_OK;
    }
    rc = free_check_inputs(config->disk, config->is_live, &free->facts, config->sent,
                           config->n_sent, &free->inputs, &err);
    if (rc < 0) {
        fprintf(stderr, "agon parity: %s\n", err.text);
        return rc == AGON_ENOENT ? EXIT_ENVIRONMENT : EXIT_DATA;
    }
    room = (uint32_t)(free->facts.watch.n_fills * 2 + FILLS_MORE);
    free->outcome_bytes = free_outcome_bytes(room);
    for (uint32_t k = 0; k < FREE_STAGES; k++) {
        if (k > 0 && !is_another(&free->facts, config->n_sent > 0, k)) {
            free->outcomes[k] = free->outcomes[k - 1];
            continue;
        }
        free->outcomes[k] = mmap(NULL, free->outcome_bytes, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (free->outcomes[k] == MAP_FAILED) {
            free->outcomes[k] = NULL;
            fprintf(stderr, "agon parity: no memory that two processes share\n");
            return EXIT_ENVIRONMENT;
        }
        free->outcomes[k]->room = room;
        rc = run_stage(config, free, k);
        if (rc != EXIT_OK || free->why[0] != '\0')
            return rc;
        // The worker's word is a stranger's.
        if (free->outcomes[k]->n_fills > room)
            free->outcomes[k]->n_fills = room;
    }
    if (free_compare(&free->facts, free->outcomes, &free->result) < 0) {
        fprintf(stderr, "agon parity: no memory to compare fills\n");
        return EXIT_ENVIRONMENT;
    }
    return EXIT_OK;
}

void parity_free_deinit(struct free_compared *free)
{
    for (uint32_t k = FREE_STAGES; k > 0; k--) {
        if (free->outcomes[k - 1] != NULL &&
            (k == 1 || free->outcomes[k - 2] != free->outcomes[k - 1]))
            (void)munmap(free->outcomes[k - 1], free->outcome_bytes);
    }
    free_facts_free(&free->facts);
    memset(free, 0, sizeof(*free));
}
