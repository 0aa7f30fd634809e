// SPDX-License-Identifier: Apache-2.0
/* Reload: another generation takes over between two events, and the slot's life goes on as if
 * nothing had been (sdk-g3, g4, g13, g14); what fails leaves the old one playing. The market runs
 * on while another thread reloads. */
#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/child_main.h"
#include "base/sanitized.h"
#include "bench/arena.h"
#include "sys/clock.h"
#include "sys/futex.h"

#if IS_SANITIZED
#define RELOADS 10
#define IS_BARE 0 /* what the sanitizers map and keep is not ours */
#else
#define RELOADS 100
#define IS_BARE 1
#endif
#define AFTER 2000 /* events behind the last reload */
/* Events that the market may send at once while a job is done: far less than the bus holds, for a
 * process that starts on a busy machine is slow. Then a thousand a second. */
#define AT_ONCE 20000
#define PACE_NS 1000000
/* A callback that is interrupted for so long is taken for one that hangs. */
#define HARD_NS 5000000000

enum job_kind { JOB_NONE, JOB_RELOAD, JOB_ROLLBACK, JOB_RESTART, JOB_ADD, JOB_END };

/* The loader: one thread for the whole test, for its children end with it. */
static struct {
    pthread_t thread;
    _Atomic uint32_t kind;
    struct crew *crew;
    const char *path;
    uint16_t slot;
    int rc;
    struct crew_report report;
    struct error err;
    _Atomic uint32_t seat; /* of JOB_ADD: 1: the market's thread is to step the slot; 0: it has */
    int seat_rc;
} loader;
static char directory[256];
static struct arena arena;
static int is_own_time; /* plugins are not waited for at each event */

static int seat(void *ctx, struct crew_slot *slot, struct error *err)
{
    (void)ctx;
    (void)slot;
    atomic_store(&loader.seat, 1);
    while (atomic_load(&loader.seat) == 1)
        (void)futex_wait(&loader.seat, 1, 100000000);
    return loader.seat_rc < 0 ? error_set(err, loader.seat_rc, "no seat") : AGON_OK;
}

static void *load(void *ctx)
{
    uint32_t kind;

    (void)ctx;
    while ((kind = atomic_load(&loader.kind)) != JOB_END) {
        if (kind == JOB_NONE) {
            (void)futex_wait(&loader.kind, JOB_NONE, 100000000);
            continue;
        }
        memset(&loader.err, 0, sizeof(loader.err));
        if (kind == JOB_RELOAD)
            loader.rc =
                crew_reload(loader.crew, loader.slot, loader.path, &loader.report, &loader.err);
        else if (kind == JOB_ROLLBACK)
            loader.rc = crew_rollback(loader.crew, loader.slot, &loader.report, &loader.err);
        else if (kind == JOB_ADD)
            loader.rc = crew_add(loader.crew, &arena.slots[loader.slot], seat, NULL, &loader.report,
                                 &loader.err);
        else
            loader.rc = crew_restart(loader.crew, loader.slot, &loader.report, &loader.err);
        atomic_store(&loader.kind, JOB_NONE);
    }
    return NULL;
}

static char *plugin(const char *name)
{
    static char paths[8][512];
    static int next;
    const char *root = getenv("AGON_BUILD_ROOT");

    next = (next + 1) % 8;
    snprintf(paths[next], sizeof(paths[next]), "%s/tests/sdk/plugins/%s.so", root ? root : "build",
             name);
    return paths[next];
}

static void begin(const struct arena_config *with)
{
    struct arena_config config = *with;
    struct error err = {0};
    const char *root = getenv("TMPDIR");

    snprintf(directory, sizeof(directory), "%.200s/agon-reload-XXXXXX", root ? root : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    config.dir = directory;
    config.is_lock_step = !is_own_time;
    if (config.n_slots == 0)
        config.n_slots = 1;
    if (config.hard_ns == 0)
        config.hard_ns = HARD_NS;
    for (uint32_t i = 0; i < config.n_slots; i++) {
        if (config.plugins[i] == NULL)
            config.plugins[i] = plugin("relay");
    }
    ck_assert_msg(arena_open(&arena, &config, &err) >= 0, "%s", err.text);
    memset(&loader, 0, sizeof(loader));
    loader.crew = arena.crew;
    ck_assert_int_eq(pthread_create(&loader.thread, NULL, load, NULL), 0);
}

static void end(void)
{
    crew_close(arena.crew);
    while (atomic_load(&loader.kind) != JOB_NONE)
        ;
    arena_close(&arena);
    atomic_store(&loader.kind, JOB_END);
    futex_wake(&loader.kind, 1);
    pthread_join(loader.thread, NULL);
    ck_assert_int_eq(rmdir(directory), 0); // no private copy is left
}

static void run(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        ck_assert_int_eq(arena_step(&arena), AGON_OK);
}

/* The market goes on until the loader has done its job. */
static int job(enum job_kind kind, const char *path)
{
    uint64_t until = arena.n_market + AT_ONCE;

    loader.path = path;
    atomic_store(&loader.kind, kind);
    futex_wake(&loader.kind, 1);
    while (atomic_load(&loader.kind) != JOB_NONE) {
        ck_assert_int_eq(arena_step(&arena), AGON_OK);
        (void)arena_look(&arena);
        if (arena.n_market > until)
            (void)futex_wait(&loader.kind, (uint32_t)kind, PACE_NS);
        if (atomic_load(&loader.seat) == 1) {
            struct record_slot record = arena.slots[loader.slot].record;

            if (loader.seat_rc >= 0)
                ck_assert_int_eq(arena_offer(&arena, &record.hdr), AGON_OK);
            atomic_store(&loader.seat, 0);
            futex_wake(&loader.seat, 1);
        }
    }
    return loader.rc;
}

#define OK(rc) ck_assert_msg((rc) >= 0, "%s", loader.err.text)

struct relay_state { /* as in plugins/relay.c */
    uint64_t n, hash, last_nth, n_gaps, next_ref, resting_ref, n_fills;
    agon_qty_t held_qty;
};

static struct relay_state state_of(uint16_t slot)
{
    struct relay_state state;
    struct error err = {0};
    unsigned char *bytes;
    uint64_t n;

    arena_settle(&arena);
    ck_assert_msg(crew_save(arena.crew, slot, &bytes, &n, &err) >= 0, "%s", err.text);
    ck_assert_uint_eq(n, sizeof(struct agon_state_hdr) + sizeof(state));
    memcpy(&state, bytes + sizeof(struct agon_state_hdr), sizeof(state));
    free(bytes);
    return state;
}

static uint64_t n_of(const char *path)
{
    DIR *dir = opendir(path);
    uint64_t n = 0;

    while (dir != NULL && readdir(dir) != NULL)
        n++;
    if (dir != NULL)
        closedir(dir);
    return n;
}

static uint64_t n_maps(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    uint64_t n = 0;
    int c;

    while (file != NULL && (c = fgetc(file)) != EOF)
        n += c == '\n';
    if (file != NULL)
        (void)fclose(file);
    return n;
}

/* What this process alone holds: the bus is shared, and fills as the market goes on. */
static uint64_t own_bytes(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    unsigned long long kib = 0;
    char line[128];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "RssAnon: %llu", &kib);
    if (file != NULL)
        (void)fclose(file);
    return kib * 1024;
}

/* Recorded quotes, where they lie beside the repository; NULL: a made-up market does as well. */
static const char *recording(void)
{
    static char path[1024];
    const char *root = getenv("AGON_SOURCE_ROOT");

    snprintf(path, sizeof(path),
             "%.900s/../shared/data/book/binance_spot_BTCUSDT_quotes_20210108.csv",
             root ? root : ".");
    return access(path, R_OK) == 0 ? path : NULL;
}

static const uint32_t runners[] = {CREW_INPROC, CREW_PROCESS};

/* What the same market makes of a slot that nobody reloads. */
static struct relay_state control_of(const struct arena_config *config, uint64_t n_market)
{
    struct relay_state state;

    begin(config);
    run(n_market);
    state = state_of(0);
    end();
    return state;
}

START_TEST(a_hundred_reloads_lose_nothing_and_leave_nothing)
{
    struct arena_config config = {.runner = runners[_i], .tape = recording()};
    struct relay_state state, control;
    uint64_t fds = 0, maps = 0, bytes = 0, n_market, nth;

    begin(&config);
    run(300);
    for (int i = 0; i < RELOADS; i++) {
        loader.slot = 0;
        OK(job(JOB_RELOAD, plugin("relay_2")));
        ck_assert_uint_eq(loader.report.generation, (uint32_t)i + 2);
        if (i == RELOADS / 2) {
            fds = n_of("/proc/self/fd");
            maps = n_maps();
            bytes = own_bytes();
        }
    }
    ck_assert_uint_eq(n_of("/proc/self/fd"), fds);
    if (IS_BARE) {
        ck_assert_uint_le(n_maps(), maps + 2);
        // A generation that stayed would be a megabyte each time, fifty in all; the heap itself
        // breathes, and the longer reloads take here, the more of the engine's tables is touched.
        ck_assert_uint_le(own_bytes(), bytes + (16 << 20));
    }
    run(AFTER);
    state = state_of(0);
    n_market = arena.n_market;
    nth = slots_nth(engine_slots(arena.engine), 0);
    ck_assert_uint_eq(state.n_gaps, 0);
    ck_assert_uint_eq(state.last_nth, nth); // the plugin's count, the engine's and the control's
    ck_assert_uint_gt(state.n_fills, 0);
    ck_assert_int_ne(state.held_qty, 0);
    ck_assert_uint_eq(slots_get(engine_slots(arena.engine), 0)->generation, RELOADS + 1);
    printf(
        "%s: %d reloads over %llu market events, %s, cut p50 %lld p99 %lld max %lld ns, swap p50 "
        "%lld p99 %lld max %lld ns\n",
        _i == 0 ? "inproc" : "process", RELOADS, (unsigned long long)n_market,
        config.tape != NULL ? "recorded quotes" : "made up",
        (long long)hist_quantile(&crew_pauses(arena.crew)->cut_ns, 0.5),
        (long long)hist_quantile(&crew_pauses(arena.crew)->cut_ns, 0.99),
        (long long)crew_pauses(arena.crew)->cut_ns.max_ns,
        (long long)hist_quantile(&crew_pauses(arena.crew)->swap_ns, 0.5),
        (long long)hist_quantile(&crew_pauses(arena.crew)->swap_ns, 0.99),
        (long long)crew_pauses(arena.crew)->swap_ns.max_ns);
    end();
    control = control_of(&config, n_market);
    ck_assert_mem_eq(&state, &control, sizeof(state));
}
END_TEST

static uint64_t first_resting(void)
{
    const struct order *order = NULL;

    while (arena.n_market < 100000 && order == NULL) {
        run(1);
        order = orders_next(engine_orders(arena.engine), 0, NULL);
        if (order != NULL && order->state != AGON_ORDER_OPEN)
            order = NULL;
    }
    ck_assert_ptr_nonnull(order);
    return order->id;
}

START_TEST(an_order_stays_open_and_keeps_who_sent_it)
{
    struct arena_config config = {.runner = runners[_i]};
    struct order *order;
    uint64_t id, n_cmds;

    begin(&config);
    run(1000);
    id = first_resting();
    n_cmds = arena.n_cancels;
    // Reloading takes as long as it takes: the order is looked at right behind the swap.
    OK(job(JOB_RELOAD, plugin("relay_2")));
    order = orders_find(engine_orders(arena.engine), id);
    if (order != NULL && !order_is_final(order))
        ck_assert_uint_eq(order->generation, 1);
    ck_assert_uint_ge(arena.n_cancels, n_cmds);
    run(AFTER);
    ck_assert_uint_eq(slots_get(engine_slots(arena.engine), 0)->generation, 2);
    for (order = orders_next(engine_orders(arena.engine), 0, NULL); order != NULL;
         order = orders_next(engine_orders(arena.engine), 0, order))
        ck_assert_uint_eq(order->generation, 2); // by now its own
    end();
}
END_TEST

static void is_on_its_way_out(uint64_t id)
{
    const struct order *order = orders_find(engine_orders(arena.engine), id);

    ck_assert(order == NULL || order_is_final(order) || (order->flags & ORDER_CANCEL_WANTED) != 0 ||
              order->request == AGON_REQUEST_CANCEL);
}

#define ANSWERS 100000
/* Wishes that nobody takes while a new one catches up: its ring has room for twice as many. */
#define AT_MOST 1000
static struct {
    unsigned char is_trade[ANSWERS], n_wishes[ANSWERS]; /* by number of the event */
    uint64_t n_trades;
} answers;

static void note_trade(void *ctx, const struct agon_event_hdr *event)
{
    uint64_t seq = engine_seq(arena.engine) + 1;

    (void)ctx;
    ck_assert_uint_lt(seq, ANSWERS);
    answers.is_trade[seq] = event->type == AGON_EVENT_TRADE;
    answers.n_trades += answers.is_trade[seq];
}

static void note_answer(void *ctx, uint16_t slot, const struct agon_event_hdr *wish)
{
    const struct agon_intent_event *intent = (const struct agon_intent_event *)(const void *)wish;

    (void)ctx;
    (void)slot;
    ck_assert_uint_lt(intent->origin.cause_seq, ANSWERS);
    answers.n_wishes[intent->origin.cause_seq]++;
}

/* The plugin has answered, nobody has heard it yet, and the crew goes on with what it has begun. */
static void rest(void)
{
    int64_t began;

    arena_settle(&arena);
    began = clock_mono();
    while (clock_mono() - began < 2000000 || crew_is_busy(arena.crew))
        crew_turn(arena.crew, clock_mono());
}

/* What the old plugin wished for events of before the swap may be taken behind it, and is heard;
 * what the new one wishes for those is not. Each trade is answered once. */
START_TEST(each_trade_is_answered_once_whoever_has_taken_over_meanwhile)
{
    struct arena_config config = {.runner = CREW_PROCESS};
    uint64_t from, to;

    memset(&answers, 0, sizeof(answers));
    is_own_time = 1;
    config.plugins[0] = plugin("relay_answers");
    begin(&config);
    is_own_time = 0;
    arena.on_event = note_trade;
    arena.on_wish = note_answer;
    from = engine_seq(arena.engine) + 1;
    for (int i = 0; i < 3; i++) {
        run(100);
        answers.n_trades = 0;
        loader.path = plugin("relay_answers");
        atomic_store(&loader.kind, JOB_RELOAD);
        futex_wake(&loader.kind, 1);
        while (atomic_load(&loader.kind) != JOB_NONE) {
            if (answers.n_trades < AT_MOST)
                run(1);
            rest();
        }
        OK(loader.rc);
    }
    run(100);
    arena_settle(&arena);
    to = engine_seq(arena.engine);
    run(1);
    for (uint64_t seq = from; seq < to; seq++)
        ck_assert_msg(
            answers.n_wishes[seq] == answers.is_trade[seq],
            "event %llu, of %llu to %llu with the last swap at %llu: %u answers to %u trades",
            (unsigned long long)seq, (unsigned long long)from, (unsigned long long)to,
            (unsigned long long)loader.report.swap_seq, answers.n_wishes[seq],
            answers.is_trade[seq]);
    end();
}
END_TEST

START_TEST(orders_go_with_who_sent_them_there_and_back)
{
    struct arena_config config = {.runner = runners[_i], .orders_on_reload = CREW_ORDERS_CANCEL};
    uint64_t id;

    begin(&config);
    run(1000);
    id = first_resting();
    OK(job(JOB_RELOAD, plugin("relay_2")));
    is_on_its_way_out(id);
    for (int i = 0; i < 6; i++) {
        run(500);
        id = first_resting();
        OK(job(JOB_ROLLBACK, NULL)); // to the one before, and forth again
        is_on_its_way_out(id);
    }
    end();
}
END_TEST

static const struct {
    const char *plugin, *why;
    int shadow, orders;
} refusals[] = {
    {"relay_wrong", "its intent differs", CREW_SHADOW_EXACT, CREW_ORDERS_KEEP},
    {"relay_refuses", "on_start returned", CREW_SHADOW_NONE, CREW_ORDERS_KEEP},
    {"relay_loner", "does not adopt orders", CREW_SHADOW_NONE, CREW_ORDERS_KEEP},
    {"mover", "another plugin's", CREW_SHADOW_NONE, CREW_ORDERS_CANCEL},
    {"no_note", "val-s", CREW_SHADOW_NONE, CREW_ORDERS_KEEP},
    {"relay_minor", "val-s05", CREW_SHADOW_NONE, CREW_ORDERS_KEEP},
    {"nowhere", "nowhere", CREW_SHADOW_NONE, CREW_ORDERS_KEEP},
};
#define REFUSALS (int)(sizeof(refusals) / sizeof(refusals[0]))

/* Every step that can fail leaves the old one playing, as if nobody had tried. */
START_TEST(what_cannot_take_over_leaves_the_old_one_playing)
{
    int at = _i % REFUSALS;
    struct arena_config config = {.runner = runners[_i / REFUSALS],
                                  .shadow = (uint8_t)refusals[at].shadow,
                                  .shadow_events = 4000,
                                  .orders_on_reload = (uint8_t)refusals[at].orders};
    struct relay_state state, control;
    uint64_t n_market;

    begin(&config);
    run(1000);
    ck_assert_int_lt(job(JOB_RELOAD, plugin(refusals[at].plugin)), 0);
    ck_assert_msg(strstr(loader.err.text, refusals[at].why) != NULL, "%s: %s", refusals[at].plugin,
                  loader.err.text);
    ck_assert_uint_eq(slots_get(engine_slots(arena.engine), 0)->generation, 1);
    run(AFTER);
    ck_assert_int_lt(job(JOB_ROLLBACK, NULL), 0); // there is nothing behind it
    state = state_of(0);
    n_market = arena.n_market;
    end();
    control = control_of(&config, n_market);
    ck_assert_mem_eq(&state, &control, sizeof(state));
}
END_TEST

START_TEST(a_shadow_that_wishes_the_same_takes_over_and_can_go_back)
{
    struct arena_config config = {
        .runner = runners[_i], .shadow = CREW_SHADOW_EXACT, .shadow_events = 3000};
    struct relay_state state, control;
    uint64_t n_market, nth;

    begin(&config);
    run(1000);
    nth = slots_nth(engine_slots(arena.engine), 0);
    OK(job(JOB_RELOAD, plugin("relay_2")));
    ck_assert_uint_ge(slots_nth(engine_slots(arena.engine), 0), nth + 3000);
    run(500);
    for (int i = 0; i < 6; i++) {
        OK(job(JOB_ROLLBACK, NULL)); // to the one before, and forth again
        ck_assert_uint_eq(slots_get(engine_slots(arena.engine), 0)->generation,
                          i % 2 == 0 ? 1u : 2u);
        run(500);
    }
    state = state_of(0);
    n_market = arena.n_market;
    ck_assert_uint_eq(state.n_gaps, 0);
    end();
    control = control_of(&config, n_market);
    ck_assert_mem_eq(&state, &control, sizeof(state));
}
END_TEST

START_TEST(a_shadow_may_number_its_orders_in_its_own_way)
{
    struct arena_config config = {
        .runner = runners[_i], .shadow = CREW_SHADOW_EXACT, .shadow_events = 1500};
    struct relay_state state;

    begin(&config);
    run(1000);
    OK(job(JOB_RELOAD, plugin("relay_refs")));
    run(AFTER); // it cancels what the one before has placed, by a number of its own
    state = state_of(0);
    ck_assert_uint_eq(state.n_gaps, 0);
    ck_assert_uint_eq(engine_refused(arena.engine, 0, REASON_UNKNOWN_ORDER), 0);
    end();
}
END_TEST

/* --- faults, each with an order open --- */

struct wishes {
    struct hash hash;
    uint64_t n;
};

static void note_wish(void *ctx, uint16_t slot, const struct agon_event_hdr *wish)
{
    const struct agon_intent_event *event = (const struct agon_intent_event *)(const void *)wish;
    struct wishes *wishes = ctx;

    // Of who is not the faulty one: by its own count, for events have other numbers in other runs.
    if (slot == 0)
        return;
    hash_update(&wishes->hash, &slot, sizeof(slot));
    hash_update(&wishes->hash, &event->origin.nth, sizeof(event->origin.nth));
    hash_update(&wishes->hash, &event->origin.n, sizeof(event->origin.n));
    hash_update(&wishes->hash, &event->intent, sizeof(event->intent));
    wishes->n++;
}

static const struct fault {
    const char *number, *plugin;
    int is_gone;
} faults[] = {{"1", NULL, 1},          {"2", NULL, 1},      {"3", NULL, 0},
              {"0", "relay_wrong", 0}, {"0", "no_note", 0}, {"0", "relay_minor", 0}};
#define FAULTS   (int)(sizeof(faults) / sizeof(faults[0]))
#define FAULT_AT "2105" /* its order rests since 2001 */
#define MARKET   6000

/* One run; fault NULL: nothing happens. The others' wishes go into the digest. */
static void live(const struct fault *fault, unsigned char digest[HASH_SIZE], uint64_t *n)
{
    struct arena_config config = {
        .runner = CREW_PROCESS,
        .n_slots = 3,
        .shadow = CREW_SHADOW_EXACT,
        .shadow_events = 100000,
        .checkpoint_ns = 5000000,
        .params = {{{"fault", fault != NULL ? fault->number : "0"}, {"at", FAULT_AT}}}};
    struct wishes wishes = {.n = 0};
    const struct slot *slot;
    struct relay_state state;
    int is_restarted = 0;
    uint64_t n_cancels = 0;
    uint32_t kind;

    begin(&config);
    hash_init(&wishes.hash);
    arena.on_wish = note_wish;
    arena.ctx = &wishes;
    slot = slots_get(engine_slots(arena.engine), 0);
    while (arena.n_market < MARKET) {
        uint32_t n_open = orders_count(engine_orders(arena.engine), 0);

        n_cancels = arena.n_cancels;
        run(1);
        if ((arena_look(&arena) != 0 || slot_set_has(&arena.failed, 0)) && !is_restarted) {
            ck_assert_uint_gt(n_open, 0);
            ck_assert_uint_gt(arena.n_cancels, n_cancels); // at the venue, at once
            ck_assert_uint_eq(slot->condition, CONDITION_SUSPENDED);
            ck_assert_uint_eq(slot->n_crashes, 1);
            is_restarted = 1;
            loader.path = NULL;
            atomic_store(&loader.kind, JOB_RESTART);
            futex_wake(&loader.kind, 1);
        }
        if (fault != NULL && fault->plugin != NULL && arena.n_market == 2500) {
            loader.path = plugin(fault->plugin);
            atomic_store(&loader.kind, JOB_RELOAD);
            futex_wake(&loader.kind, 1);
        }
    }
    *n = wishes.n;
    hash_final(&wishes.hash, digest);
    arena.on_wish = NULL;
    while ((kind = atomic_load(&loader.kind)) != JOB_NONE) {
        run(1);
        if (arena.n_market > MARKET + AT_ONCE)
            (void)futex_wait(&loader.kind, kind, PACE_NS);
    }
    if (fault != NULL && fault->is_gone) {
        OK(loader.rc);
        ck_assert_msg(is_restarted, "nothing happened");
        ck_assert_uint_eq(slot->condition, CONDITION_ACTIVE);
        ck_assert_uint_eq(slot->generation, 2);
        run(AFTER);
        state = state_of(0);
        // From its checkpoint: it has seen every event once. Without one it begins to count anew.
        ck_assert_uint_le(state.n_gaps, loader.report.n_state > 0 ? 0 : 1);
        ck_assert_uint_eq(state.last_nth, slots_nth(engine_slots(arena.engine), slot->id));
        ck_assert_uint_gt(loader.report.n_state, 0);
    } else {
        ck_assert_uint_eq(slot->condition, CONDITION_ACTIVE);
        ck_assert_uint_eq(slot->generation, 1);
        if (fault != NULL && fault->plugin != NULL)
            ck_assert_int_lt(loader.rc, 0);
    }
    for (uint16_t id = 1; id < 3; id++) {
        state = state_of(id);
        ck_assert_uint_eq(state.n_gaps, 0);
        ck_assert_uint_eq(state.last_nth, slots_nth(engine_slots(arena.engine), id));
    }
    end();
}

START_TEST(a_fault_of_one_changes_nothing_for_the_others)
{
    unsigned char without[HASH_SIZE], with[HASH_SIZE];
    uint64_t n_without, n_with;

    live(NULL, without, &n_without);
    live(&faults[_i], with, &n_with);
    ck_assert_uint_gt(n_without, 20);
    ck_assert_uint_eq(n_without, n_with);
    ck_assert_mem_eq(without, with, HASH_SIZE);
}
END_TEST

START_TEST(the_one_before_plays_on_where_the_new_one_died)
{
    struct arena_config config = {.runner = CREW_PROCESS};
    const struct slot *slot;
    struct relay_state state;

    begin(&config);
    slot = slots_get(engine_slots(arena.engine), 0);
    run(1000);
    loader.slot = 0;
    OK(job(JOB_RELOAD, plugin("relay_dies")));
    while (arena_look(&arena) == 0 && slot_set_is_empty(&arena.failed) && arena.n_market < 100000)
        run(1);
    ck_assert_uint_eq(slot->condition, CONDITION_SUSPENDED);
    ck_assert_uint_eq(slot->generation, 2);
    OK(job(JOB_ROLLBACK, NULL));
    ck_assert_uint_eq(slot->condition, CONDITION_ACTIVE);
    ck_assert_uint_eq(slot->generation, 1);
    run(AFTER);
    state = state_of(0);
    ck_assert_uint_eq(state.n_gaps, 0); // it has seen what happened meanwhile
    ck_assert_uint_eq(state.last_nth, slots_nth(engine_slots(arena.engine), slot->id));
    end();
}
END_TEST

static struct {
    uint32_t n;
    uint64_t seq;
} asked; /* for history */

static void give_history(void *ctx, uint64_t seq, struct crew_history *history)
{
    static const struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR, .granules = 2}};

    (void)ctx;
    *history = (struct crew_history){.bars = &bar, .n_bars = 1};
    asked.n++;
    asked.seq = seq;
}

START_TEST(another_begins_while_the_others_play)
{
    struct arena_config config = {
        .runner = runners[_i], .n_slots = 2, .checkpoint_ns = 100000, .history = give_history};
    const struct slot *slot;
    struct relay_state state;
    char file[sizeof(arena.slots[1].plugin)];

    memset(&asked, 0, sizeof(asked));
    begin(&config);
    memcpy(file, arena.slots[1].plugin, sizeof(file));
    slot = slots_get(engine_slots(arena.engine), 1);
    run(300);
    loader.slot = 1;
    // Somebody plays there; the loader that is turned away writes nothing that the core reads
    // meanwhile.
    for (int i = 0; i < 100; i++) {
        run(8);
        ck_assert_int_eq(job(JOB_ADD, NULL), AGON_ESTATE);
    }
    loader.slot = 7; // nobody was ever there
    ck_assert_int_eq(job(JOB_RELOAD, plugin("relay_2")), AGON_ESTATE);
    loader.slot = 1;
    crew_leave(arena.crew, 1, AGON_END_DONE);
    run(100);
    // What is no plugin does not come as far as the engine, what the engine refuses not to a start.
    snprintf(arena.slots[1].plugin, sizeof(file), "/nowhere/at_all.so");
    loader.seat_rc = AGON_ERANGE;
    ck_assert_int_eq(job(JOB_ADD, NULL), AGON_ENOENT);
    memcpy(arena.slots[1].plugin, file, sizeof(file));
    loader.seat_rc = AGON_EPERM;
    ck_assert_int_eq(job(JOB_ADD, NULL), AGON_EPERM);
    ck_assert_int_eq(crew_try_leave(arena.crew, 1, AGON_END_DONE), AGON_OK);
    ck_assert_uint_eq(asked.n, 0);
    run(100);
    loader.seat_rc = AGON_OK;
    OK(job(JOB_ADD, NULL));
    ck_assert_uint_eq(loader.report.generation, 1); // its first
    ck_assert_uint_eq(slot->generation, 1);
    ck_assert_uint_eq(asked.n, 1);
    ck_assert_uint_eq(asked.seq, loader.report.cut_seq);
    run(AFTER);
    state = state_of(1);
    ck_assert_uint_gt(state.n, 0);
    ck_assert_uint_eq(state.n_gaps, 1); // its first event is not the slot's
    ck_assert_uint_eq(state.last_nth, slots_nth(engine_slots(arena.engine), slot->id));
    // It is as any other from now on, and whoever goes on from a state has no use for history.
    OK(job(JOB_RELOAD, plugin("relay_2")));
    ck_assert_uint_eq(slot->generation, 2);
    ck_assert_uint_eq(asked.n, 1);
    run(AFTER);
    state = state_of(1);
    ck_assert_uint_eq(state.n_gaps, 1);
    ck_assert_uint_eq(state.last_nth, slots_nth(engine_slots(arena.engine), slot->id));
    state = state_of(0);
    ck_assert_uint_eq(state.n_gaps, 0);
    ck_assert_uint_eq(state.last_nth, slots_nth(engine_slots(arena.engine), 0));
    end();
}
END_TEST

START_TEST(who_begins_anew_with_nothing_is_given_history)
{
    struct arena_config config = {.runner = CREW_PROCESS,
                                  .history = give_history,
                                  .params = {{{"fault", "1"}, {"at", "500"}}}};

    memset(&asked, 0, sizeof(asked));
    begin(&config);
    while (arena_look(&arena) == 0 && slot_set_is_empty(&arena.failed) && arena.n_market < 100000)
        run(1);
    loader.slot = 0;
    OK(job(JOB_RESTART, NULL)); // no checkpoint was made
    ck_assert_uint_eq(loader.report.n_state, 0);
    ck_assert_uint_eq(asked.n, 1);
    ck_assert_uint_eq(asked.seq, loader.report.cut_seq);
    run(AFTER);
    ck_assert_uint_eq(state_of(0).last_nth, slots_nth(engine_slots(arena.engine), 0));
    end();
}
END_TEST

static int count_timer(void *ctx, uint32_t id, agon_ns_t t_due, agon_ns_t every_ns, uint64_t cookie)
{
    (void)id;
    (void)t_due;
    (void)every_ns;
    ck_assert_uint_eq(cookie, 7);
    ++*(int *)ctx;
    return 0;
}

/* Its on_start fails when no timer is free: more restarts than a slot has timers. */
START_TEST(a_plugin_that_arms_a_timer_is_restarted_with_nothing_for_ever)
{
    struct arena_config config = {.runner = CREW_PROCESS, .plugins = {plugin("relay_arms")}};
    const struct slot *slot;

    begin(&config);
    slot = slots_get(engine_slots(arena.engine), 0);
    loader.slot = 0;
    for (uint32_t i = 0; i < 70; i++) {
        int n_timers = 0;

        for (int k = 0; arena_look(&arena) == 0 && slot_set_is_empty(&arena.failed) && k < 100000;
             k++)
            run(1);
        ck_assert_uint_eq(slot->n_crashes, i + 1);
        OK(job(JOB_RESTART, NULL));
        ck_assert_uint_eq(loader.report.n_state, 0); // with nothing
        arena.failed = (struct slot_set){0};
        if (slot->n_crashes == i + 1)
            run(1);
        engine_timers(arena.engine, 0, count_timer, &n_timers);
        ck_assert_int_eq(n_timers, 1);
    }
    ck_assert_uint_eq(slot->fresh_generation, slot->generation);
    end();
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("reload");
    TCase *tcase = tcase_create("reload");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_hundred_reloads_lose_nothing_and_leave_nothing, 0, 2);
    tcase_add_loop_test(tcase, an_order_stays_open_and_keeps_who_sent_it, 0, 2);
    tcase_add_loop_test(tcase, orders_go_with_who_sent_them_there_and_back, 0, 2);
    tcase_add_loop_test(tcase, what_cannot_take_over_leaves_the_old_one_playing, 0, 2 * REFUSALS);
    tcase_add_loop_test(tcase, a_shadow_that_wishes_the_same_takes_over_and_can_go_back, 0, 2);
    tcase_add_loop_test(tcase, a_shadow_may_number_its_orders_in_its_own_way, 0, 2);
    tcase_add_loop_test(tcase, a_fault_of_one_changes_nothing_for_the_others, 0, FAULTS);
    tcase_add_test(tcase, each_trade_is_answered_once_whoever_has_taken_over_meanwhile);
    tcase_add_test(tcase, the_one_before_plays_on_where_the_new_one_died);
    tcase_add_loop_test(tcase, another_begins_while_the_others_play, 0, 2);
    tcase_add_test(tcase, who_begins_anew_with_nothing_is_given_history);
    tcase_add_test(tcase, a_plugin_that_arms_a_timer_is_restarted_with_nothing_for_ever);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
