// SPDX-License-Identifier: Apache-2.0
#include "lab/envs.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/worker.h"
#include "base/exit.h"
#include "sys/futex.h"

#define ROOM_BYTES ((uint64_t)8 << 30) /* of address space, for fills, samples and the plugin */
#define LOOK_NS    ((int64_t)500 * 1000000) /* so often it is looked whether a process is there */

/* Whose turn it is, and what for. */
enum word {
    WORD_IDLE = 0,
    WORD_BEGIN,
    WORD_ANSWER,
    WORD_HASH, /* the run's turn */
    WORD_ASKS,
    WORD_HASHED,
    WORD_ENDED,
    WORD_FAILED /* its trainer's */
};

struct place { /* of one run; shared with its process */
    _Atomic uint32_t word;
    uint64_t seed;
    uint32_t n_x, n_y;
    float x[ENVS_VALUES], y[ENVS_VALUES];
    uint64_t n_asked, n_intents, n_fills;
    agon_amt_t equity_amt, capital_amt;
    unsigned char hash[HASH_SIZE], intents[HASH_SIZE], engine[HASH_SIZE];
    char text[ERROR_TEXT];
};
struct envs {
    const struct backtest_config *backtest;
    uint32_t n;
    struct place *places; /* shared */
    size_t bytes;
    pid_t pids[ENVS_MAX];
};
struct run { /* in a run's own process */
    struct backtest_config config;
    struct backtest result;
    struct place *place;
    struct worker *worker;
    struct hash events; /* each that the engine has taken, in order */
};

static int is_ours(uint32_t word)
{
    return word >= WORD_ASKS;
}

static void say(struct place *place, enum word word)
{
    atomic_store(&place->word, word);
    futex_wake(&place->word, 1);
}

/* --- the run's side --- */

/* Until it is no longer the trainer's turn: the process ends with its trainer. */
static enum word hear(struct place *place)
{
    uint32_t word;

    while (is_ours(word = atomic_load(&place->word)) || word == WORD_IDLE)
        (void)futex_wait(&place->word, word, -1);
    return (enum word)word;
}

static void on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    struct run *run = ctx;

    (void)engine;
    (void)rc;
    hash_update(&run->events, event, event_bytes(event));
}

/* All that it has been, up to what it asks now. */
static int prove(const struct run *run, unsigned char digest[HASH_SIZE])
{
    struct place *place = run->place;
    struct hash hash = run->events;
    unsigned char state[HASH_SIZE];

    if (engine_hash(run->result.engine, state) < 0)
        return AGON_ENOSPC;
    hash_update(&hash, state, sizeof(state));
    hash_update(&hash, place->x, place->n_x * sizeof(*place->x));
    hash_final(&hash, digest);
    return AGON_OK;
}

static int on_answer(void *ctx, uint16_t slot, uint32_t model, const float *x, uint32_t n_x,
                     float *y, uint32_t n_y)
{
    struct run *run = ctx;
    struct place *place = run->place;

    (void)model;
    if (n_x > ENVS_VALUES || n_y > ENVS_VALUES)
        return AGON_ERANGE;
    place->n_x = n_x;
    place->n_y = n_y;
    memcpy(place->x, x, n_x * sizeof(*x));
    place->equity_amt = engine_equity(run->result.engine, slot);
    place->n_asked++;
    say(place, WORD_ASKS);
    while (hear(place) == WORD_HASH) {
        if (prove(run, place->hash) < 0)
            return AGON_ENOSPC;
        say(place, WORD_HASHED);
    }
    memcpy(y, place->y, n_y * sizeof(*y));
    return AGON_OK;
}

static int on_close(void *ctx, const struct worker_threads *threads, struct error *err)
{
    json_object_seed(0); // the library reads it from a file with its first object else
    (void)threads;       // none of them: it is read in pieces
    return worker_close(((struct run *)ctx)->worker, ROOM_BYTES, NULL, err);
}

/* One episode: as a backtest. */
static int work(void *ctx, struct worker *worker)
{
    struct run *run = ctx;
    struct place *place = run->place;
    struct error err = {0};
    uint16_t slot = run->config.slots[0].record.slot;
    int rc;

    run->worker = worker;
    run->config.called = worker_called(worker);
    rc = backtest_run(&run->config, &run->result, &err);
    if (rc >= 0 && run->result.n_failed > 0)
        rc = error_set(&err, AGON_EIO, "its plugin failed: %s", run->result.failure[slot]);
    if (rc >= 0) {
        place->equity_amt = engine_equity(run->result.engine, slot);
        place->capital_amt = run->config.slots[0].record.limits.capital_amt;
        place->n_intents = run->result.n_intents;
        place->n_fills = run->result.n_fills;
        memcpy(place->intents, run->result.intents, HASH_SIZE);
        memcpy(place->engine, run->result.state, HASH_SIZE);
        worker_done(worker);
    }
    memcpy(place->text, err.text, sizeof(place->text));
    backtest_free(&run->result);
    return rc < 0 ? EXIT_CHECK : EXIT_OK;
}

static _Noreturn void keep(struct envs *envs, uint32_t i, pid_t parent)
{
    struct place *place = &envs->places[i];
    struct run *run = calloc(1, sizeof(*run));

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (run == NULL || getppid() != parent)
        _exit(EXIT_FAILURE);
    for (;;) {
        struct worker_config worker = {.run = work, .ctx = run};
        struct worker_end end;

        if (hear(place) != WORD_BEGIN)
            _exit(EXIT_FAILURE);
        memset(run, 0, sizeof(*run));
        run->place = place;
        run->config = *envs->backtest;
        run->config.seed = place->seed;
        run->config.latency.seed = place->seed;
        run->config.ctx = run;
        run->config.log = NULL;
        run->config.answer = on_answer;
        run->config.event = on_event;
        run->config.close = on_close;
        hash_init(&run->events);
        place->text[0] = '\0';
        place->n_asked = 0;
        worker_run(&worker, &end);
        if (end.kind == WORKER_INTERRUPTED)
            _exit(EXIT_FAILURE);
        if (end.kind != WORKER_EXITED)
            (void)snprintf(place->text, sizeof(place->text), "%s", end.text);
        else if (!end.is_whole && place->text[0] == '\0')
            (void)snprintf(place->text, sizeof(place->text), "it ended with %d", end.code);
        say(place, end.kind == WORKER_EXITED && end.is_whole ? WORD_ENDED : WORD_FAILED);
    }
}

/* --- the trainer's side --- */

static int start(struct envs *envs, uint32_t i, struct error *err)
{
    pid_t parent = getpid();
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid == 0)
        keep(envs, i, parent);
    if (pid < 0)
        return error_set(err, AGON_EIO, "no process could be started for run %u", i);
    envs->pids[i] = pid;
    return AGON_OK;
}

int envs_new(struct envs **out, const struct envs_config *config, struct error *err)
{
    struct envs *envs = calloc(1, sizeof(*envs));
    int rc = AGON_OK;

    *out = NULL;
    if (envs == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for %u runs", config->n);
    REQUIRE(config->n > 0 && config->n <= ENVS_MAX && config->backtest->n_slots == 1);
    envs->backtest = config->backtest;
    envs->n = config->n;
    envs->bytes = config->n * sizeof(*envs->places);
    envs->places =
        mmap(NULL, envs->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (envs->places == MAP_FAILED) {
        free(envs);
        return error_set(err, AGON_ENOMEM, "no memory that processes share");
    }
    for (uint32_t i = 0; i < envs->n && rc >= 0; i++)
        rc = start(envs, i, err);
    if (rc < 0)
        envs_free(envs);
    else
        *out = envs;
    return rc;
}

void envs_free(struct envs *envs)
{
    if (envs == NULL)
        return;
    for (uint32_t i = 0; i < envs->n; i++) {
        if (envs->pids[i] <= 0)
            continue;
        (void)kill(envs->pids[i], SIGKILL); // its worker dies with it
        while (waitpid(envs->pids[i], NULL, 0) < 0 && errno == EINTR)
            ;
    }
    (void)munmap(envs->places, envs->bytes);
    free(envs);
}

void envs_begin(struct envs *envs, uint32_t i, uint64_t seed)
{
    envs->places[i].seed = seed;
    say(&envs->places[i], WORD_BEGIN);
}

/* Until it is the trainer's turn. */
static int await(struct envs *envs, uint32_t i, enum word *word, struct error *err)
{
    struct place *place = &envs->places[i];
    uint32_t now;

    while (!is_ours(now = atomic_load(&place->word))) {
        if (futex_wait(&place->word, now, LOOK_NS) != AGON_ETIME || envs->pids[i] <= 0 ||
            waitpid(envs->pids[i], NULL, WNOHANG) == 0)
            continue;
        envs->pids[i] = 0;
        return error_set(err, AGON_EIO, "the process of run %u has ended", i);
    }
    *word = (enum word)now;
    place->text[sizeof(place->text) - 1] = '\0'; // a plugin may have written there
    if (place->n_x > ENVS_VALUES || place->n_y > ENVS_VALUES)
        return error_set(err, AGON_EIO, "run %u says what no run says", i);
    if (now == WORD_FAILED)
        return error_set(err, AGON_EIO, "run %u, seed %llu, failed: %s", i,
                         (unsigned long long)place->seed, place->text);
    return AGON_OK;
}

int envs_wait(struct envs *envs, uint32_t i, struct envs_turn *turn, struct error *err)
{
    const struct place *place = &envs->places[i];
    enum word word;
    int rc = await(envs, i, &word, err);

    if (rc < 0)
        return rc;
    *turn = (struct envs_turn){.state = word == WORD_ENDED ? ENVS_ENDED : ENVS_ASKS,
                               .x = place->x,
                               .n_x = place->n_x,
                               .n_y = place->n_y,
                               .n_asked = place->n_asked,
                               .equity_amt = place->equity_amt,
                               .capital_amt = place->capital_amt,
                               .n_intents = place->n_intents,
                               .n_fills = place->n_fills};
    memcpy(turn->intents, place->intents, HASH_SIZE);
    memcpy(turn->engine, place->engine, HASH_SIZE);
    return AGON_OK;
}

void envs_answer(struct envs *envs, uint32_t i, const float *y)
{
    struct place *place = &envs->places[i];

    memcpy(place->y, y, place->n_y * sizeof(*y));
    say(place, WORD_ANSWER);
}

int envs_hash(struct envs *envs, uint32_t i, unsigned char hash[HASH_SIZE], struct error *err)
{
    enum word word;
    int rc;

    say(&envs->places[i], WORD_HASH);
    rc = await(envs, i, &word, err);
    if (rc >= 0)
        memcpy(hash, envs->places[i].hash, HASH_SIZE);
    return rc;
}

/* The kth answer of each that has so many, and what it asks then. */
static int again(struct envs *envs, const struct envs_snapshot *all, uint64_t k,
                 void (*answer)(void *ctx, uint32_t i, uint64_t k, float *y), void *ctx,
                 struct envs_turn *turns, struct error *err)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; i < envs->n; i++) {
        float y[ENVS_VALUES] = {0};

        if (k >= all[i].n || turns[i].state != ENVS_ASKS)
            continue;
        answer(ctx, i, k, y);
        envs_answer(envs, i, y);
    }
    for (uint32_t i = 0; i < envs->n && rc >= 0; i++)
        if (k < all[i].n && turns[i].state == ENVS_ASKS)
            rc = envs_wait(envs, i, &turns[i], err);
    return rc;
}

int envs_resume(struct envs *envs, const struct envs_snapshot *all,
                void (*answer)(void *ctx, uint32_t i, uint64_t k, float *y), void *ctx,
                struct envs_turn *turns, struct error *err)
{
    unsigned char now[HASH_SIZE];
    uint64_t most = 0;
    int rc = AGON_OK;

    for (uint32_t i = 0; i < envs->n; i++) {
        envs_begin(envs, i, all[i].seed);
        most = all[i].n > most ? all[i].n : most;
    }
    for (uint32_t i = 0; i < envs->n && rc >= 0; i++)
        rc = envs_wait(envs, i, &turns[i], err);
    for (uint64_t k = 0; k < most && rc >= 0; k++)
        rc = again(envs, all, k, answer, ctx, turns, err);
    for (uint32_t i = 0; i < envs->n && rc >= 0; i++) {
        int is_there = turns[i].state == ENVS_ASKS && turns[i].n_asked == all[i].n + 1;

        rc = is_there ? envs_hash(envs, i, now, err) : AGON_OK;
        if (rc >= 0 && (!is_there || memcmp(now, all[i].hash, HASH_SIZE) != 0))
            rc = error_set(err, AGON_ECORRUPT,
                           "run %u, seed %llu, is not where it was after %llu answers: the "
                           "program, the plugin or the market has changed",
                           i, (unsigned long long)all[i].seed, (unsigned long long)all[i].n);
    }
    return rc;
}
