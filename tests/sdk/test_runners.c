// SPDX-License-Identifier: Apache-2.0
/* Runners: the same plugin wishes the same in each of them (val-r33, sdk-g15), and what a bad one
 * does in a child stays there (F-75 to F-87, sdk-g6). */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/child_main.h"
#include "agent/runner.h"
#include "agent/sandbox.h"
#include "arena_world.h"
#include "base/sanitized.h"
#include "sys/clock.h"
#include "sys/futex.h"

#if IS_SANITIZED
#define HAS_FENCE 0 /* the sanitizers' run-time cannot live in the sandbox: sandbox.c */
#else
#define HAS_FENCE 1
#endif

static void play(enum world_kind kind, int steps, unsigned char digest[HASH_SIZE], uint64_t *wishes,
                 uint64_t *nth)
{
    struct world world;

    world_init(&world);
    world_param(&world, "size", "25");
    ck_assert_msg(world_start(&world, "mover", kind, NULL) >= 0, "%s", world.err.text);
    for (int i = 0; i < steps; i++)
        ck_assert_int_eq(world_step(&world), AGON_OK);
    *wishes = world.n_wishes;
    *nth = world.port->nth(world.port->ctx);
    hash_final(&world.hash, digest);
    world_deinit(&world);
}

START_TEST(inproc_and_process_wish_the_same_in_lock_step)
{
    unsigned char inproc[HASH_SIZE], process[HASH_SIZE];
    uint64_t wishes[2], nth[2];

    play(WORLD_INPROC, 2000, inproc, &wishes[0], &nth[0]);
    play(WORLD_PROCESS, 2000, process, &wishes[1], &nth[1]);
    ck_assert_uint_gt(wishes[0], 2000);
    ck_assert_uint_eq(wishes[0], wishes[1]);
    ck_assert_uint_eq(nth[0], nth[1]);
    ck_assert_mem_eq(inproc, process, HASH_SIZE);
}
END_TEST

static const struct {
    const char *fault;
    enum process_end end;
    const char *why;   /* a word of the reason; NULL: any */
    int needs_sandbox; /* without it this is no fault */
} faults[] = {
    {"segv", PROCESS_CRASHED, "signal 11", 0},
    {"abort", PROCESS_CRASHED, "signal 6", 0},
    {"stack", PROCESS_CRASHED, "signal 11", 0},
    {"div0", PROCESS_CRASHED, "signal 8", 0},
    {"illegal", PROCESS_CRASHED, "signal", 0},
    {"hang", PROCESS_HUNG, "longer than", 0},
    {"exit", PROCESS_EXITED, "exit status 0", 0},
    {"memory", PROCESS_CRASHED, "signal 6", 1},
    {"heap", PROCESS_CRASHED, NULL, 1},
    {"open", PROCESS_CRASHED, "system call 257 (openat: a plugin has no files", 1},
    {"socket", PROCESS_CRASHED, "system call 41 (socket: a plugin has no network", 1},
    {"fork", PROCESS_CRASHED, "system call", 1},
    {"exec", PROCESS_CRASHED, "system call 59", 1},
    {"kill", PROCESS_CRASHED, "system call 62", 1},
    {"ptrace", PROCESS_CRASHED, "system call 101", 1},
    {"exec_memory", PROCESS_CRASHED, "system call 9", 1},
    {"raw_handler", PROCESS_CRASHED, "system call 13", 1},
    {"arena", PROCESS_CRASHED, "signal 11", 0},
    {"error", PROCESS_FAILED, "on_event", 0},
};

START_TEST(what_a_plugin_does_to_itself_stays_in_its_child)
{
    struct run_process_config config = {.is_lock_step = 1,
                                        .layers_wanted = SANDBOX_ALL,
                                        .hard_ns = faults[_i].end == PROCESS_HUNG ? 2000000000
                                                                                  : 4000000000,
                                        .arena_bytes = 64ull << 20};
    struct world world;
    const char *why;
    int rc = AGON_OK, steps = 0;

    if (faults[_i].needs_sandbox && !HAS_FENCE)
        return;
    world_init(&world);
    world_param(&world, "fault", faults[_i].fault);
    world_param(&world, "at", "21");
    ck_assert_msg(world_start(&world, "faulty", WORLD_PROCESS, &config) >= 0, "%s: %s",
                  faults[_i].fault, world.err.text);
    while (rc == AGON_OK && steps < 500) {
        rc = world_step(&world);
        steps++;
    }
    ck_assert_msg(rc == AGON_EIO, "%s was survived", faults[_i].fault);
    ck_assert_int_ge(steps, 21);
    ck_assert_int_eq(run_process_poll(world.process, clock_mono()), AGON_EIO);
    ck_assert_msg(run_process_end(world.process, &why) == faults[_i].end, "%s: %s",
                  faults[_i].fault, why);
    ck_assert_msg(faults[_i].why == NULL || !HAS_FENCE || strstr(why, faults[_i].why), "%s: %s",
                  faults[_i].fault, why);
    // Wishes before the fault are all there and whole.
    ck_assert_uint_eq(world.n_wishes, 20);
    ck_assert_int_eq(world_step(&world), AGON_EIO); // and nobody waits for the dead
    world_deinit(&world);
}
END_TEST

static const char *const harmless[] = {"events", "print", "none", "thread"};

START_TEST(what_harms_nobody_goes_on)
{
    struct world world;
    const char *why;

    world_init(&world);
    world_param(&world, "fault", harmless[_i]);
    world_param(&world, "at", "5");
    ck_assert_msg(world_start(&world, "faulty", WORLD_PROCESS, NULL) >= 0, "%s", world.err.text);
    for (int i = 0; i < 50; i++)
        if (world_step(&world) != AGON_OK) {
            (void)run_process_end(world.process, &why);
            ck_abort_msg("%s: %s", harmless[_i], why);
        }
    ck_assert_uint_eq(world.port->nth(world.port->ctx), 50);
    run_process_stop(world.process, AGON_END_HOST);
    ck_assert_int_eq(run_process_end(world.process, NULL), PROCESS_STOPPED);
    world_deinit(&world);
}
END_TEST

static const struct {
    uint32_t granted, has; /* threads beside its own */
} threads[] = {{0, 0}, {1, 1}};

START_TEST(a_thread_begins_where_the_roster_grants_it)
{
    struct run_process_config config = {
        .is_lock_step = 1, .layers_wanted = SANDBOX_ALL, .threads = threads[_i].granted};
    struct proc_rights rights;
    struct world world;

    if (!HAS_FENCE)
        return;
    world_init(&world);
    world_param(&world, "fault", "thread");
    world_param(&world, "at", "5");
    ck_assert_msg(world_start(&world, "faulty", WORLD_PROCESS, &config) >= 0, "%s", world.err.text);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(world_step(&world), AGON_OK);
    ck_assert_int_eq(proc_rights(run_process_pid(world.process), &rights), AGON_OK);
    ck_assert_uint_eq(rights.threads, 1 + threads[_i].has);
    world_deinit(&world);
}
END_TEST

START_TEST(who_begins_more_threads_than_granted_is_killed)
{
    struct run_process_config config = {
        .is_lock_step = 1, .layers_wanted = SANDBOX_ALL, .threads = 2};
    struct world world;
    const char *why;
    int rc = AGON_OK;

    if (!HAS_FENCE)
        return;
    world_init(&world);
    world_param(&world, "fault", "threads");
    world_param(&world, "at", "5");
    ck_assert_msg(world_start(&world, "faulty", WORLD_PROCESS, &config) >= 0, "%s", world.err.text);
    while (rc == AGON_OK) {
        (void)world_step(&world);
        rc = run_process_poll(world.process, clock_mono());
    }
    ck_assert_int_eq(run_process_end(world.process, &why), PROCESS_CRASHED);
    ck_assert_msg(strstr(why, " threads, and its roster grants 2") != NULL, "%s", why);
    world_deinit(&world);
}
END_TEST

START_TEST(no_two_hosts_of_a_machine_give_the_same_uid)
{
    uint32_t theirs = 0, uid, next, gid;
    int told[2], asked[2];
    char any;
    pid_t pid;

    // Another host, which is there first, and ends when this one has got its own.
    ck_assert_int_eq(pipe(told), 0);
    ck_assert_int_eq(pipe(asked), 0);
    pid = fork();
    if (pid == 0) {
        sandbox_ids(3, &theirs, &gid);
        close(asked[1]);
        _exit(write(told[1], &theirs, sizeof(theirs)) < 0 || read(asked[0], &any, 1) != 0);
    }
    ck_assert_int_eq(read(told[0], &theirs, sizeof(theirs)), sizeof(theirs));
    ck_assert_uint_ge(theirs, 0x40000000u);
    sandbox_ids(3, &uid, &gid);
    ck_assert_uint_ne(uid, theirs);
    sandbox_ids(4, &next, &gid);
    ck_assert_uint_eq(next, uid + 1);
    close(asked[1]);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* What a constructor tries: nothing of the plugin has been called by then. */
static const struct {
    const char *plugin, *why;
} constructors[] = {
    {"hostile_limit", "system call 302"},    {"hostile_filter", "system call 157"},
    {"hostile_landlock", "system call 446"}, {"hostile_orphan", "system call 157"},
    {"hostile_open", "system call 257"},     {"hostile_stat", "system call 262"},
    {"hostile_code", "system call 9"},       {"hostile_affinity", "system call 204"},
    {"hostile_kill", "system call 62"},      {"hostile_process", "system call"},
};

START_TEST(a_constructor_has_no_more_rights_than_a_callback)
{
    struct run_process_config config = {.layers_wanted = SANDBOX_ALL};
    struct proc_rights before, after;
    struct world world;

    if (!HAS_FENCE)
        return;
    ck_assert_int_eq(proc_rights(0, &before), AGON_OK);
    world_init(&world);
    ck_assert_int_eq(world_start(&world, constructors[_i].plugin, WORLD_PROCESS, &config),
                     AGON_EIO);
    ck_assert_msg(strstr(world.err.text, constructors[_i].why) != NULL, "%s: %s",
                  constructors[_i].plugin, world.err.text);
    ck_assert_int_eq(proc_rights(0, &after), AGON_OK);
    ck_assert_mem_eq(&before, &after, sizeof(before));
    world_deinit(&world);
}
END_TEST

/* ... and what it may rely on, which the dynamic loader gave it before. */
static const char *const builds[] = {"image_order", "image_tls", "image_fstat", "image_thread",
                                     "throws"};

START_TEST(a_file_is_bound_and_begun_as_its_author_expects)
{
    struct run_process_config config = {
        .is_lock_step = 1, .layers_wanted = SANDBOX_ALL, .threads = 1};
    struct world world;

    if (access(world_plugin(builds[_i]), R_OK) < 0 && strcmp(builds[_i], "throws") == 0) {
        printf("throws: not built, for want of g++\n");
        return;
    }
    world_init(&world);
    ck_assert_msg(world_start(&world, builds[_i], WORLD_PROCESS, &config) >= 0, "%s: %s",
                  builds[_i], world.err.text);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(world_step(&world), AGON_OK);
    world_deinit(&world);
}
END_TEST

static const struct {
    const char *fault, *why;
    int rc;
} starts[] = {
    {"create", "create", AGON_EINVAL},
    {"start", "on_start", AGON_EINVAL},
    {"start_hang", "longer than", AGON_ETIME},
};

START_TEST(what_cannot_start_says_why)
{
    // The others say so at once, on a busy machine when it is their turn.
    struct run_process_config config = {.layers_wanted = SANDBOX_ALL,
                                        .start_ns =
                                            starts[_i].rc == AGON_ETIME ? 1500000000 : 60000000000};
    struct world world;

    world_init(&world);
    world_param(&world, "fault", starts[_i].fault);
    ck_assert_int_eq(world_start(&world, "faulty", WORLD_PROCESS, &config), starts[_i].rc);
    ck_assert_msg(strstr(world.err.text, starts[_i].why) != NULL, "%s", world.err.text);
    world_deinit(&world);
}
END_TEST

START_TEST(the_sandbox_has_all_layers_or_says_which_it_lacks)
{
    struct run_process_config config = {.layers_wanted = SANDBOX_ALL, .is_lock_step = 1};
    struct world world;

    world_init(&world);
    ck_assert_msg(world_start(&world, "mover", WORLD_PROCESS, &config) >= 0, "%s", world.err.text);
    printf("sandbox:");
    for (unsigned i = 0; i < SANDBOX_LAYERS; i++)
        printf(" %s%s", run_process_layers(world.process) >> i & 1 ? "" : "no ",
               sandbox_layer_name(i));
    printf("; Landlock ABI %d\n", sandbox_landlock_abi());
    if (HAS_FENCE)
        ck_assert_int_ne(run_process_layers(world.process) & SANDBOX_SECCOMP, 0);
    world_deinit(&world);
}
END_TEST

START_TEST(a_bus_cannot_be_written_by_whoever_gets_its_descriptor)
{
    struct process_bus bus;
    void *memory;

    ck_assert_int_ge(process_bus_new(&bus, 1024, NULL), 0);
    ck_assert_ptr_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, bus.fd, 0), MAP_FAILED);
    memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED, bus.fd, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    ck_assert_int_lt(mprotect(memory, 4096, PROT_READ | PROT_WRITE), 0);
    ck_assert_int_lt(write(bus.fd, "x", 1), 0);
    ck_assert_int_lt(ftruncate(bus.fd, 0), 0);
    munmap(memory, 4096);
    process_bus_free(&bus);
}
END_TEST

START_TEST(a_sleeping_child_is_woken_and_misses_nothing)
{
    struct run_process_config config = {.layers_wanted = SANDBOX_ALL, .wait = PROCESS_COLD};
    struct world world;
    int64_t end_ns;

    world_init(&world);
    world_param(&world, "fault", "none");
    ck_assert_msg(world_start(&world, "faulty", WORLD_PROCESS, &config) >= 0, "%s", world.err.text);
    for (int i = 0; i < 2000; i++) // not lock-step: advance does not wait
        ck_assert_int_eq(world_step(&world), AGON_OK);
    end_ns = clock_mono() + 200000000000;
    while (world.port->nth(world.port->ctx) < 2000 && clock_mono() < end_ns)
        (void)usleep(100);
    ck_assert_uint_eq(world.port->nth(world.port->ctx), 2000);
    ck_assert_int_eq(run_process_poll(world.process, clock_mono()), AGON_OK);
    world_deinit(&world);
}
END_TEST

static void await_nth(struct world *world, uint64_t nth)
{
    int64_t end_ns = clock_mono() + 200000000000;

    while (world->port->nth(world->port->ctx) < nth && clock_mono() < end_ns)
        (void)usleep(100);
    ck_assert_uint_eq(world->port->nth(world->port->ctx), nth);
}

static void await_done(struct world *world, int is_polled)
{
    const struct feed_beat *beat = run_process_beat(world->process);
    int64_t end_ns = clock_mono() + 200000000000;

    while (atomic_load(&beat->done_seq) < world->seq && clock_mono() < end_ns) {
        if (is_polled)
            ck_assert_int_eq(run_process_poll(world->process, clock_mono()), AGON_OK);
        (void)usleep(1000);
    }
    ck_assert_uint_ge(atomic_load(&beat->done_seq), world->seq);
}

START_TEST(an_intent_wakes_a_core_that_sleeps)
{
    struct run_process_config config = {.layers_wanted = SANDBOX_ALL, .wait = PROCESS_COLD};
    const _Atomic uint32_t *bell;
    struct bus_shm *bus;
    struct world world;

    world_init(&world);
    world_param(&world, "size", "25");
    ck_assert_msg(world_start(&world, "mover", WORLD_PROCESS, &config) >= 0, "%s", world.err.text);
    bus = world.bus.memory;
    bell = run_process_bell(world.process);
    // A core that turns is not woken.
    ck_assert_int_eq(world_step(&world), AGON_OK);
    await_done(&world, 0);
    ck_assert_uint_eq(atomic_load(bell), 0);
    // Without end: a wake that gets lost is a test that does not end.
    for (uint64_t i = 2; i < 200; i++) {
        struct futex_word word = {.word = bell, .expected = atomic_load(bell)};

        ck_assert_int_eq(world_step(&world), AGON_OK); // takes what was wanted, too
        atomic_store(&bus->is_writer_asleep, 1);
        atomic_thread_fence(memory_order_seq_cst);
        while (!world.port->is_wished(world.port->ctx))
            (void)futex_wait_any(&word, 1, -1);
        atomic_store(&bus->is_writer_asleep, 0);
        await_done(&world, 0);
    }
    ck_assert_uint_ge(world.n_wishes, 190);
    world_deinit(&world);
}
END_TEST

// What nobody wants of it.
static void publish_quote(struct world *world)
{
    struct agon_quote quote = {.hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = 1},
                               .bid_px = 10000,
                               .ask_px = 10001};

    quote.hdr.seq = ++world->seq;
    quote.hdr.t = world->t;
    bus_write(&world->writer, &quote.hdr);
    bus_publish(&world->writer, world->seq);
    ck_assert_int_eq(world->port->pass(world->port->ctx, world->seq), AGON_OK);
}

START_TEST(who_sleeps_through_what_it_does_not_want_is_not_left_behind)
{
    struct run_process_config config = {.layers_wanted = SANDBOX_ALL, .wait = PROCESS_COLD};
    struct world world;

    world_init(&world);
    world_param(&world, "fault", "none");
    ck_assert_msg(world_start(&world, "faulty", WORLD_PROCESS, &config) >= 0, "%s", world.err.text);
    ck_assert_int_eq(world_step(&world), AGON_OK);
    await_nth(&world, 1);
    for (int round = 0; round < 3; round++) {
        publish_quote(&world); // a look now and then is enough, or the next that it wants
        await_done(&world, 1);
    }
    // Before the bus could overtake it, without anybody's look.
    for (uint64_t i = 0; i <= world.bus.granules / 8; i++)
        publish_quote(&world);
    world.seq -= world.bus.granules / 16;
    await_done(&world, 0);
    world_deinit(&world);
}
END_TEST

START_TEST(a_probe_tells_what_a_plugin_is_without_loading_it_here)
{
    struct plugin_file file;
    struct plugin_info info;
    struct error err = {0};

    ck_assert_int_ge(plugin_file_stage(&file, world_plugin("mover"), NULL, 0, &err), 0);
    ck_assert_msg(plugin_probe(&file, NULL, 0, 0, &info, &err) >= 0, "%s", err.text);
    ck_assert_str_eq(info.id, "org.example.mover");
    ck_assert_uint_eq(info.n_params, 1);
    ck_assert_str_eq(info.params[0].name, "size");
    ck_assert_uint_eq(info.event_mask >> AGON_EVENT_TRADE & 1, 1);
    ck_assert_str_eq(info.requires_ext[0], AGON_EXT_ORDERS);
    plugin_file_drop(&file);
}
END_TEST

/* Its constructor ends it, so what is said tells whether it ran. */
START_TEST(a_probe_that_lacks_a_layer_runs_nothing_of_the_plugin)
{
    uint32_t no_layer = 1u << SANDBOX_LAYERS;
    struct plugin_file file;
    struct plugin_info info;
    struct error err = {0};

    if (!HAS_FENCE)
        return;
    ck_assert_int_ge(plugin_file_stage(&file, world_plugin("hostile_open"), NULL, 0, &err), 0);
    ck_assert_int_eq(plugin_probe(&file, NULL, 0, no_layer, &info, &err), AGON_ENOTSUP);
    ck_assert_msg(strstr(err.text, "missing:") != NULL, "%s", err.text);
    ck_assert_int_ne(plugin_probe(&file, NULL, 0, 0, &info, &err), AGON_OK);
    ck_assert_msg(strstr(err.text, "forbidden") != NULL, "%s", err.text);
    plugin_file_drop(&file);
}
END_TEST

/* From a file to a child that has said what it is and waits. */
static int load(struct run_process **run, struct process_bus *bus, uint32_t index,
                struct run_process_config *config, struct plugin_info *info, struct error *err)
{
    struct plugin_file file;
    int rc;

    ck_assert_int_ge(process_bus_new(bus, 1024, err), 0);
    ck_assert_int_ge(plugin_file_stage(&file, world_plugin("mover"), NULL, 3, err), 0);
    *config = (struct run_process_config){.file = &file,
                                          .bus = bus,
                                          .layers_wanted = SANDBOX_ALL,
                                          .plugin_index = index,
                                          .start_ns = 60000000000,
                                          .slot = 3};
    ck_assert_int_ge(run_process_open(run, config, err), 0);
    rc = run_process_load(*run, config, info, err);
    plugin_file_drop(&file);
    return rc;
}

START_TEST(a_child_says_what_it_is_and_waits_for_its_setup)
{
    static const struct setup_head nothing; // no setup: the child says so
    struct run_process_config config;
    struct process_bus bus;
    struct run_process *run;
    struct plugin_info info;
    struct error err = {0};

    ck_assert_msg(load(&run, &bus, 0, &config, &info, &err) >= 0, "%s", err.text);
    ck_assert_str_eq(info.id, "org.example.mover");
    // However long: it is neither stuck nor gone.
    for (int64_t s = 1; s <= 3600; s++)
        ck_assert_int_eq(run_process_poll(run, clock_mono() + s * 1000000000), AGON_OK);
    config.setup = &nothing;
    config.setup_bytes = sizeof(nothing);
    ck_assert_int_lt(run_process_begin(run, &config, &err), 0);
    ck_assert_msg(strstr(err.text, "runner: ") != NULL, "%s", err.text);
    run_process_free(run);
    process_bus_free(&bus);
}
END_TEST

START_TEST(a_child_that_dies_while_it_waits_does_not_begin)
{
    static const struct setup_head nothing;
    struct run_process_config config;
    struct process_bus bus;
    struct run_process *run;
    struct error err = {0};

    ck_assert_msg(load(&run, &bus, 0, &config, NULL, &err) >= 0, "%s", err.text);
    ck_assert_int_eq(kill(run_process_pid(run), SIGKILL), 0);
    if (_i == 1) // who looks meanwhile knows it before
        while (run_process_poll(run, clock_mono()) == AGON_OK)
            (void)usleep(100);
    config.setup = &nothing;
    config.setup_bytes = sizeof(nothing);
    ck_assert_int_eq(run_process_begin(run, &config, &err), AGON_EIO);
    ck_assert_msg(strstr(err.text, "died: signal 9") != NULL, "%s", err.text);
    run_process_free(run);
    process_bus_free(&bus);
}
END_TEST

START_TEST(a_plugin_that_the_file_does_not_hold_is_refused)
{
    struct run_process_config config;
    struct process_bus bus;
    struct run_process *run;
    struct error err = {0};

    ck_assert_int_eq(load(&run, &bus, 7, &config, NULL, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, "the file holds 1 plugins, number 7 is wanted") != NULL, "%s",
                  err.text);
    run_process_free(run);
    process_bus_free(&bus);
}
END_TEST

START_TEST(a_child_is_the_runner_and_no_descriptor_of_it_is_left)
{
    struct run_process_config config;
    struct process_bus bus;
    struct run_process *run;
    struct error err = {0};
    char path[64], link[64] = "";

    ck_assert_msg(runner_check(&err) >= 0, "%s", err.text);
    ck_assert_msg(load(&run, &bus, 0, &config, NULL, &err) >= 0, "%s", err.text);
    snprintf(path, sizeof(path), "/proc/%d/exe", run_process_pid(run));
    // Who is not root may not look.
    if (readlink(path, link, sizeof(link) - 1) > 0) {
        ck_assert_msg(strncmp(link, "/memfd:agon-runner", 18) == 0, "%s", link);
        for (int fd = 3; fd < 32; fd++) {
            snprintf(path, sizeof(path), "/proc/%d/fd/%d", run_process_pid(run), fd);
            ck_assert_msg(readlink(path, link, sizeof(link) - 1) < 0, "%d is open: %s", fd, link);
        }
    }
    run_process_free(run);
    process_bus_free(&bus);
}
END_TEST

/* Where a descriptor of this process lies that is the runner; -1: there is none. */
static int runner_at(void)
{
    char path[64], link[64];

    for (int fd = 3; fd < 256; fd++) {
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        n = readlink(path, link, sizeof(link) - 1);
        if (n > 0 && strncmp(link, "/memfd:agon-runner", (size_t)n < 18 ? (size_t)n : 18) == 0)
            return fd;
    }
    return -1;
}

/* As in a worker, which closes what it inherited: the number is a plugin's by then, or nobody's. */
START_TEST(nothing_but_the_runner_is_executed)
{
    struct plugin_file file;
    struct run_process_config config;
    struct process_bus bus;
    struct run_process *run;
    struct error err = {0};
    int fd;

    ck_assert_msg(runner_check(&err) >= 0, "%s", err.text);
    fd = runner_at();
    ck_assert_int_ge(fd, 3);
    ck_assert_int_ge(plugin_file_stage(&file, world_plugin("hostile_open"), NULL, 0, &err), 0);
    if (_i == 0)
        ck_assert_int_eq(dup2(file.fd, fd), fd);
    else
        ck_assert_int_eq(close(fd), 0);
    ck_assert_msg(load(&run, &bus, 0, &config, NULL, &err) >= 0, "%s", err.text);
    ck_assert_int_ge(runner_at(), 3);
    run_process_free(run);
    plugin_file_drop(&file);
    process_bus_free(&bus);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("runners");
    TCase *tcase = tcase_create("runners");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_probe_that_lacks_a_layer_runs_nothing_of_the_plugin);
    tcase_add_test(tcase, inproc_and_process_wish_the_same_in_lock_step);
    tcase_add_loop_test(tcase, what_a_plugin_does_to_itself_stays_in_its_child, 0,
                        (int)(sizeof(faults) / sizeof(faults[0])));
    tcase_add_loop_test(tcase, what_harms_nobody_goes_on, 0,
                        (int)(sizeof(harmless) / sizeof(harmless[0])));
    tcase_add_loop_test(tcase, what_cannot_start_says_why, 0,
                        (int)(sizeof(starts) / sizeof(starts[0])));
    tcase_add_test(tcase, the_sandbox_has_all_layers_or_says_which_it_lacks);
    tcase_add_test(tcase, no_two_hosts_of_a_machine_give_the_same_uid);
    tcase_add_loop_test(tcase, a_thread_begins_where_the_roster_grants_it, 0,
                        sizeof(threads) / sizeof(threads[0]));
    tcase_add_test(tcase, who_begins_more_threads_than_granted_is_killed);
    tcase_add_loop_test(tcase, a_constructor_has_no_more_rights_than_a_callback, 0,
                        sizeof(constructors) / sizeof(constructors[0]));
    tcase_add_loop_test(tcase, a_file_is_bound_and_begun_as_its_author_expects, 0,
                        sizeof(builds) / sizeof(builds[0]));
    tcase_add_test(tcase, a_bus_cannot_be_written_by_whoever_gets_its_descriptor);
    tcase_add_test(tcase, a_sleeping_child_is_woken_and_misses_nothing);
    tcase_add_test(tcase, an_intent_wakes_a_core_that_sleeps);
    tcase_add_test(tcase, who_sleeps_through_what_it_does_not_want_is_not_left_behind);
    tcase_add_test(tcase, a_probe_tells_what_a_plugin_is_without_loading_it_here);
    tcase_add_test(tcase, a_child_says_what_it_is_and_waits_for_its_setup);
    tcase_add_loop_test(tcase, a_child_that_dies_while_it_waits_does_not_begin, 0, 2);
    tcase_add_test(tcase, a_plugin_that_the_file_does_not_hold_is_refused);
    tcase_add_test(tcase, a_child_is_the_runner_and_no_descriptor_of_it_is_left);
    tcase_add_loop_test(tcase, nothing_but_the_runner_is_executed, 0, 2);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
