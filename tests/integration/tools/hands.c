// SPDX-License-Identifier: Apache-2.0
/* hands: a host on a simulated exchange whose slots change hands while they trade: each is
 * reloaded, rolled back and refused, through the functions that a control socket calls. The run
 * directory is left for whoever replays it. Or one that has to end behind an order. hands
 * process|inproc|quarantine|end DIR */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/child_main.h"
#include "cli/commands.h"
#include "demo/demo_config.h"
#include "run/host_impl.h"
#include "sys/clock.h"
#include "sys/futex.h"
#include "sys/log.h"

#define RELOADS 2
// A slow machine needs long, and the test has a limit of its own.
#define LIMIT ((int64_t)240 * 1000000000)

static struct host *host;
static struct host_view view;
static struct crew_slot slots[DEMO_SLOTS];

static int fail(const char *what, const struct error *err)
{
    fprintf(stderr, "hands: %s: %s\n", what, err->text);
    return EXIT_FAILURE;
}

// Until the agent has been told of more events, of which one at least came after what was done.
static int settle(uint16_t id, uint64_t more)
{
    int64_t until = clock_mono() + LIMIT;
    _Atomic uint32_t never = 0;
    uint64_t nth, seq;

    host_view(host, &view);
    nth = view.slots[id].nth;
    seq = view.seq;
    while (clock_mono() < until) {
        host_view(host, &view);
        if (view.slots[id].is_playing && view.slots[id].nth >= nth + more && view.seq > seq)
            return 1;
        futex_wait(&never, 0, 10000000);
    }
    return 0;
}

static int change_hands(uint16_t id, struct error *err)
{
    const char *name = slots[id].record.name;
    uint32_t n = 1;

    for (int i = 0; i < RELOADS; i++) {
        if (host_reload(host, name, i == 1 ? slots[id].plugin : NULL, NULL, err) < 0)
            return fail(name, err);
        if (!settle(id, 1))
            return fail("nothing is delivered after a reload", err);
        if (view.slots[id].generation != ++n || !view.slots[id].is_playing)
            return fail("it is not the next generation that plays", err);
    }
    if (host_rollback(host, name, NULL, err) < 0)
        return fail(name, err);
    if (!settle(id, 1) || view.slots[id].generation != n - 1)
        return fail("it is not the one before that plays", err);
    if (host_reload(host, name, "/nowhere/at_all.so", NULL, err) >= 0 || !settle(id, 1) ||
        view.slots[id].generation != n - 1 || !view.slots[id].is_playing)
        return fail("what cannot be loaded changed something", err);
    fprintf(stderr, "refused as it should be: %s\n", err->text);
    return EXIT_SUCCESS;
}

/* The spot market, and of the demo's cast the honest ones that need no other. mm_1 is number 2. */
#define CAST 4
static int cast(struct host_config *config, struct host_instrument *instruments,
                struct simproc *sim, struct error *err)
{
    static const char *const names[CAST] = {"momentum_1", "mean_rev_1", "mm_1", "vol_1"};
    static struct crew_slot all[DEMO_SLOTS];
    struct demo_plan plan = {.plugins = getenv("PLUGINS"), .instruments = instruments};
    int rc = demo_venue(&config->venue, sim->spot.port, err);
    int n;

    sim->um.n_symbols = 0;
    if (rc >= 0)
        rc = demo_instruments(instruments, sim, NULL, err);
    plan.n_instruments = config->n_instruments = rc > 0 ? (uint32_t)rc : 0;
    n = rc >= 0 ? demo_slots(all, &plan, err) : rc;
    for (int i = 0; i < n; i++) {
        for (uint16_t id = 0; id < CAST; id++) {
            if (strcmp(all[i].record.name, names[id]) != 0)
                continue;
            slots[id] = all[i];
            slots[id].record.slot = id;
        }
    }
    return n < 0 ? n : AGON_OK;
}

static int play(const char *dir, uint32_t runner, struct error *err)
{
    static struct host_instrument instruments[HOST_INSTRUMENTS_MAX];
    static const char *const args[] = {"--port", "0",  "--speed",       "60",
                                       "--seed", "11", "--with-parent", NULL};
    struct host_config config = {.mode = RUN_LIVE,
                                 .base_currency = "USDT",
                                 .instruments = instruments,
                                 .slots = slots,
                                 .n_slots = CAST,
                                 .speed_milli = 60000,
                                 .is_async = 1,
                                 .mark_every = 5000,
                                 .low_water_bytes = (int64_t)32 << 20,
                                 .dir = dir};
    struct simproc sim = {0};
    struct host_quarantined none;
    uint64_t seq = 0;
    int rc = simproc_start(&sim, args, err);
    int status = EXIT_FAILURE;

    if (rc >= 0)
        rc = cast(&config, instruments, &sim, err);
    for (int i = 0; i < CAST; i++)
        slots[i].record.runner = (uint8_t)runner;
    if (rc >= 0)
        rc = host_open(&host, &config, err);
    if (rc >= 0)
        rc = host_start(host, err);
    if (rc < 0) {
        status = fail("start", err);
        goto done;
    }
    status = settle(2, 50) ? EXIT_SUCCESS : fail("the agents do not begin to trade", err);
    for (uint16_t id = 0; id < CAST && status == EXIT_SUCCESS; id++)
        status = change_hands(id, err);
    if (status == EXIT_SUCCESS &&
        (host_reload(host, "nobody", NULL, NULL, err) != AGON_ENOENT ||
         host_quarantine_list(host, &none, 1) != 0 ||
         host_quarantine_clear(host, "0123456789abcdef", "a test", &seq, err) != AGON_ENOENT))
        status = fail("what is not there was found", err);
    if (host_stop(host, 2000000000, -1, err) < 0)
        status = fail("stop", err);
done:
    host_free(host);
    simproc_stop(&sim);
    return status;
}

/* An agent that dies at its 40th event, again and again, until its binary is refused; cleared with
 * a reason, and another binary put to the slot. Three crashes count within ten minutes of the
 * market's time: at this speed a minute, in which a slow machine begins it anew twice. */
static int condemn(const char *dir, struct error *err)
{
    static struct host_instrument instruments[HOST_INSTRUMENTS_MAX];
    static const char *const args[] = {"--port", "0",  "--speed",       "10",
                                       "--seed", "11", "--with-parent", NULL};
    struct host_config config = {.mode = RUN_LIVE,
                                 .base_currency = "USDT",
                                 .instruments = instruments,
                                 .slots = slots,
                                 .n_slots = 1,
                                 .speed_milli = 10000,
                                 .is_async = 1,
                                 .low_water_bytes = (int64_t)32 << 20,
                                 .dir = dir};
    const char *good;
    static char path[512];
    struct simproc sim = {0};
    struct host_quarantined bad;
    uint64_t seq = 0;
    int64_t until = clock_mono() + LIMIT;
    _Atomic uint32_t never = 0;
    int status = EXIT_FAILURE;
    int rc = simproc_start(&sim, args, err);

    if (rc >= 0)
        rc = cast(&config, instruments, &sim, err);
    // The market maker's place, with a plugin that breaks.
    slots[0] = slots[2];
    slots[0].record.slot = 0;
    snprintf(path, sizeof(path), "%s", slots[0].plugin);
    good = path;
    snprintf(slots[0].plugin, sizeof(slots[0].plugin), "%.500s", getenv("FAULTY"));
    slots[0].n_params = 2;
    slots[0].params[0] = (struct setup_param){.name = "fault", .text = "segv"};
    slots[0].params[1] = (struct setup_param){.name = "at", .text = "40"};
    if (rc >= 0)
        rc = host_open(&host, &config, err);
    if (rc >= 0)
        rc = host_start(host, err);
    if (rc < 0) {
        fail("start", err);
        goto done;
    }
    while (host_quarantine_list(host, &bad, 1) == 0 && clock_mono() < until)
        futex_wait(&never, 0, 10000000);
    host_view(host, &view);
    if (host_quarantine_list(host, &bad, 1) != 1 || strcmp(bad.slot, slots[0].record.name) != 0)
        fail("nothing is quarantined", err);
    else if (host_reload(host, bad.slot, NULL, NULL, err) != AGON_EPERM)
        fail("the binary is not refused", err);
    else if (host_quarantine_clear(host, bad.hash, "", &seq, err) != AGON_EINVAL ||
             host_quarantine_clear(host, "ab", "a test", &seq, err) != AGON_EINVAL)
        fail("cleared without a reason, or by any hash", err);
    else if (host_quarantine_clear(host, bad.hash, "the fault is mended", &seq, err) != 0 ||
             seq == 0 || host_quarantine_list(host, &bad, 1) != 0)
        fail("clear", err);
    else {
        slots[0].n_params = 0; // they were the other plugin's
        if (host_reload(host, slots[0].record.name, good, NULL, err) < 0)
            fail("another binary for the slot", err);
        else if (!settle(0, 5) || view.slots[0].condition != CONDITION_ACTIVE)
            fail("the slot does not play again", err);
        else
            status = EXIT_SUCCESS;
    }
    if (host_stop(host, 2000000000, -1, err) < 0)
        status = fail("stop", err);
done:
    host_free(host);
    simproc_stop(&sim);
    return status;
}

// Until the agent has an order and holds up the core: the market has events more often than this.
#define STALL_NS 200000000
static int wait_for_order(void)
{
    int64_t until = clock_mono() + LIMIT;
    _Atomic uint32_t never = 0;
    uint64_t seq = 0;

    while (clock_mono() < until && orders_count(engine_orders(host->engine), 0) == 0)
        ;
    while (clock_mono() < until && seq != engine_seq(host->engine)) {
        seq = engine_seq(host->engine);
        futex_wait(&never, 0, STALL_NS);
    }
    return clock_mono() < until;
}

/* The host is told to end in the moment in which its agent has placed an order and hardly a view
 * shows it, and the agent holds up the core just then: the host waits for the end of that order all
 * the same. */
static int end_behind_order(const char *dir, struct error *err)
{
    static struct host_instrument instruments[HOST_INSTRUMENTS_MAX];
    static const char *const args[] = {"--port", "0", "--seed", "11", "--with-parent", NULL};
    struct host_config config = {.mode = RUN_LIVE,
                                 .base_currency = "USDT",
                                 .instruments = instruments,
                                 .slots = slots,
                                 .n_slots = 1,
                                 .speed_milli = 1000,
                                 .is_async = 1,
                                 .low_water_bytes = (int64_t)32 << 20,
                                 .dir = dir};
    struct simproc sim = {0};
    int status = EXIT_FAILURE;
    int rc = simproc_start(&sim, args, err);

    if (rc >= 0)
        rc = cast(&config, instruments, &sim, err);
    snprintf(slots[0].plugin, sizeof(slots[0].plugin), "%.500s", getenv("ONCE"));
    slots[0].record.runner = CREW_INPROC;
    slots[0].n_params = 2;
    slots[0].params[0] = (struct setup_param){.name = "what", .text = "4"};
    slots[0].params[1] = (struct setup_param){.name = "qty", .text = "1000"};
    if (rc >= 0)
        rc = host_open(&host, &config, err);
    if (rc >= 0)
        rc = host_start(host, err);
    if (rc < 0)
        fail("start", err);
    else if (!wait_for_order())
        fail("no order", err);
    else if (host_stop(host, LIMIT, -1, err) < 0)
        fail("stop", err);
    else if (orders_count(engine_orders(host->engine), 0) != 0)
        fail("an order is open after an orderly end", err);
    else
        status = EXIT_SUCCESS;
    host_free(host);
    simproc_stop(&sim);
    return status;
}

int main(int argc, char **argv)
{
    struct log_config log_config = {.level = LOG_INFO, .fd = 2, .is_json = 1};
    struct error err = {0};
    struct log *log;
    int status;

    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    if (argc > 1 && strcmp(argv[1], "sim") == 0)
        return cmd_sim(argc - 1, argv + 1);
    if (argc != 3) {
        fprintf(stderr, "usage: hands process|inproc|quarantine|end DIR\n");
        return EXIT_FAILURE;
    }
    log = log_new(&log_config, &err);
    if (log == NULL)
        return fail("log", &err);
    log_set_process(log);
    status = strcmp(argv[1], "quarantine") == 0 ? condemn(argv[2], &err)
             : strcmp(argv[1], "end") == 0
                 ? end_behind_order(argv[2], &err)
                 : play(argv[2], strcmp(argv[1], "inproc") == 0 ? CREW_INPROC : CREW_PROCESS, &err);
    log_set_process(NULL);
    log_free(log);
    return status;
}
