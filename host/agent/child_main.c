// SPDX-License-Identifier: Apache-2.0
#include "agent/child_main.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/loader.h"
#include "agent/sandbox.h"
#include "agent/slot_shm.h"
#include "market/bus.h"
#include "market/evring.h"
#include "sys/clock.h"
#include "sys/futex.h"
#include "sys/memfd.h"
#include "sys/proc.h"

#define EXIT_REFUSED 65

static struct slot_shm *shm; /* one child, one slot */
static struct plugin plugin;
static struct evring log_ring, lapse_ring;
static struct evring wish_ring;   /* to see how full it is */
static const struct bus_shm *bus; /* NULL: nobody plays here */
/* In lock-step: of what is to come, how often it was looked at, and whether this plugin has heard
 * of more than its own bus has. */
static struct bus_reader ahead;
static uint32_t looks;
static int is_beyond;

/* The core looks at its rings after it has said that it sleeps, and we at its word after we have
 * written into ours, so that one of us sees the other. */
static void ring_bell(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (bus == NULL || atomic_load_explicit(&bus->is_writer_asleep, memory_order_relaxed) == 0)
        return;
    atomic_fetch_add(&shm->bell, 1);
    futex_wake(&shm->bell, 1);
}

static void tell(uint32_t phase)
{
    atomic_store(&shm->phase, phase);
    atomic_fetch_add(&shm->done, 1);
    futex_wake(&shm->done, 1);
    ring_bell();
}

/* Says what it was, faster than the kernel can take the process down. */
static void on_crash(struct child_crash *crash)
{
    crash->nth = atomic_load(&shm->beat.nth);
    crash->offset = image_offset(&plugin.image, crash->ip);
    tell(CHILD_CRASHED);
}

static int fail(const struct error *err)
{
    shm->error_code = err->code;
    memcpy(shm->error, err->text, sizeof(shm->error));
    tell(CHILD_FAILED);
    return EXIT_REFUSED;
}

static void on_log(void *ctx, uint32_t level, agon_ns_t t, const char *text)
{
    struct child_log line = {.hdr = {.type = 65, .t = t}, .level = level};
    size_t n = strlen(text);

    (void)ctx;
    line.n = (uint32_t)(n < sizeof(line.text) ? n : sizeof(line.text));
    memcpy(line.text, text, line.n);
    line.hdr.granules = (uint8_t)((offsetof(struct child_log, text) + line.n + 63) / 64);
    (void)evring_put(&log_ring, &line.hdr); // full: the host does not read; drop the line
}

static int on_lapse(void *ctx, const struct record_lapse *lapse)
{
    (void)ctx;
    return evring_put(&lapse_ring, &lapse->hdr) == AGON_OK;
}

static int64_t size_of(int fd)
{
    struct stat stat;

    return fstat(fd, &stat) < 0 ? -1 : (int64_t)stat.st_size;
}

/* Nobody can change them, and they stay. */
static int map_files(const void *files[SETUP_FILES_MAX], struct error *err)
{
    for (uint32_t i = 0; i < shm->n_files; i++) {
        int64_t bytes = memfd_sealed_size(CHILD_FD_FILES + (int)i, err);

        files[i] = bytes < 0 ? NULL : memfd_map(CHILD_FD_FILES + (int)i, (uint64_t)bytes, 0, err);
        if (files[i] == NULL)
            return AGON_EIO;
    }
    return AGON_OK;
}

static int attach(struct feed_config *config, struct error *err)
{
    uint64_t bus_bytes_all = bus_bytes(shm->bus_granules) * (shm->has_ahead ? 2 : 1);
    unsigned char *base = (unsigned char *)shm;

    *config = (struct feed_config){.bus_granules = shm->bus_granules,
                                   .to_agent = base + shm->to_at,
                                   .to_granules = shm->to_granules,
                                   .from_agent = base + shm->from_at,
                                   .from_granules = shm->from_granules,
                                   .beat = &shm->beat,
                                   .log = on_log,
                                   .on_lapse = on_lapse,
                                   .now = clock_mono};
    if (shm->boxes_at != 0) {
        config->boxes = base + shm->boxes_at;
        config->results = memfd_map(CHILD_FD_RESULTS, FEED_RESULTS_BYTES, 0, err);
        if (config->results == NULL)
            return AGON_EIO;
    }
    config->bus = memfd_map(CHILD_FD_BUS, bus_bytes_all, 0, err);
    if (config->bus == NULL)
        return AGON_EIO;
    config->setup = memfd_map(CHILD_FD_SETUP, shm->setup_room, 0, err);
    if (config->setup == NULL)
        return AGON_EIO;
    if (evring_attach(&wish_ring, base + shm->from_at, shm->from_granules) < 0)
        return error_set(err, AGON_ECORRUPT, "the ring of intents is not a ring");
    if (evring_attach(&log_ring, base + shm->log_at, shm->log_granules) < 0)
        return error_set(err, AGON_ECORRUPT, "the log ring is not a ring");
    if (evring_attach(&lapse_ring, base + shm->lapse_at, shm->lapse_granules) < 0)
        return error_set(err, AGON_ECORRUPT, "the ring of lapses is not a ring");
    if (evring_attach(&wish_ring, base + shm->from_at, shm->from_granules) < 0)
        return error_set(err, AGON_ECORRUPT, "the ring of intents is not a ring");
    bus = config->bus;
    if (shm->has_ahead &&
        bus_reader_attach(&ahead, (const unsigned char *)config->bus + bus_bytes(shm->bus_granules),
                          shm->bus_granules) < 0)
        return error_set(err, AGON_ECORRUPT, "the bus of what is to come is not a bus");
    return AGON_OK;
}

static uint32_t obeyed; /* the last order */

/* Does what the host wants done between two events. The host asks before it publishes the event
 * after order's seq, and we look here after we have read how far it has published, so that we are
 * never beyond. */
static int obey(struct feed *feed)
{
    uint32_t order = atomic_load_explicit(&shm->order, memory_order_acquire);
    struct error err = {0};
    uint64_t n = 0;
    int rc;

    if (order == obeyed)
        return AGON_OK;
    if (feed_run(feed, shm->live.seq) < 0)
        return AGON_EIO;
    if (shm->order_kind == CHILD_ORDER_SAVE)
        rc = feed_save_into(feed, (unsigned char *)shm + shm->state_at[shm->order_region],
                            shm->state_room, &n, &err);
    else
        rc = feed_go_live(feed, &shm->live, &err);
    obeyed = order;
    shm->state_bytes = n;
    shm->order_rc = rc;
    shm->error_code = err.code;
    memcpy(shm->error, err.text, sizeof(shm->error));
    atomic_store_explicit(&shm->order_done, order, memory_order_release);
    atomic_fetch_add(&shm->done, 1);
    futex_wake(&shm->done, 1);
    ring_bell();
    return AGON_OK;
}

static int has_wishes(void)
{
    return evring_used(&wish_ring) > 0;
}

/* Has it an intent that the host is to take before it goes on? */
static int is_held(void)
{
    return atomic_load_explicit(&shm->is_ahead, memory_order_relaxed) != 0 && has_wishes();
}

/* Of what is to come, as far as the host has said, and no further than the first intent. */
static int look_ahead(struct feed *feed)
{
    uint32_t wanted = atomic_load_explicit(&shm->looks, memory_order_acquire);
    struct runner_look look = shm->look;

    if (wanted == looks)
        return AGON_OK;
    // What it was not woken for lies on its own bus before that.
    if (feed_run(feed, UINT64_MAX) < 0 ||
        feed_look(feed, &ahead, &look, has_wishes, &shm->looked_seq) < 0)
        return AGON_EIO;
    looks = wanted;
    is_beyond = 1;
    atomic_store_explicit(&shm->looks_done, wanted, memory_order_release);
    return AGON_OK;
}

/* Is there something for it on its own bus, or ahead? */
static int has_work(const struct feed *feed)
{
    if (atomic_load_explicit(&shm->looks, memory_order_acquire) != looks)
        return 1;
    if (is_beyond && atomic_load_explicit(&shm->go_on_at, memory_order_relaxed) == 0)
        return 0;
    return atomic_load_explicit(&bus->tail_seq, memory_order_acquire) > feed_done_seq(feed) &&
           !is_held();
}

/* Delivers what is there up to limit. Where the host has not waited for the last step it may have
 * stepped beyond the first intent, but it has not acted on what it does not know yet: it takes that
 * with the time of its step (engine/lockstep.h), and meanwhile this plugin hears of nothing more.
 */
static int run_to(struct feed *feed, uint64_t limit)
{
    if (is_beyond) {
        uint64_t at = atomic_load_explicit(&shm->go_on_at, memory_order_acquire);

        if (at == 0)
            return AGON_OK;
        feed_go_on(feed, at - 1);
        is_beyond = 0;
        atomic_store_explicit(&shm->go_on_at, 0, memory_order_relaxed);
    }
    // Said before the step after the first of these was published: limit is of that one at most.
    if (atomic_load_explicit(&shm->is_ahead, memory_order_relaxed) == 0)
        return feed_run(feed, limit) < 0 ? AGON_EIO : AGON_OK;
    while (feed_done_seq(feed) < limit) {
        if (has_wishes()) {
            atomic_store_explicit(&shm->is_held, 1, memory_order_release);
            return AGON_OK;
        }
        atomic_store_explicit(&shm->is_held, 0, memory_order_relaxed);
        if (feed_run(feed, feed_done_seq(feed) + 1) < 0)
            return AGON_EIO;
    }
    return AGON_OK;
}

/* Sleeps until the host moves the word. The host looks at is_asleep after it has published a step,
 * and we look at the bus after we have set it, so that one of us sees the other. */
static void sleep_until_woken(const struct feed *feed)
{
    uint32_t bits = shm->bus_bits;
    const _Atomic uint32_t *word = bits != 0 ? &bus->wake : &shm->wake;
    uint32_t wake = atomic_load(word);

    atomic_store(&shm->is_asleep, 1);
    atomic_thread_fence(memory_order_seq_cst);
    if (!has_work(feed) && atomic_load(&shm->stop) == 0 && atomic_load(&shm->order) == obeyed)
        futex_wait_bits(word, wake, bits != 0 ? bits : UINT32_MAX);
    atomic_store(&shm->is_asleep, 0);
}

/* In lock-step, where the host spins too. */
static int is_spinning(int64_t *since_ns)
{
    uint32_t spin_ns = atomic_load_explicit(&shm->spin_ns, memory_order_relaxed);

    if (spin_ns == 0)
        return 0;
    if (*since_ns == 0)
        *since_ns = clock_mono();
    return clock_mono() - *since_ns < spin_ns;
}

static int run(struct feed *feed)
{
    uint32_t idle = 0, reason;
    int64_t idle_ns = 0; /* since when; 0: not yet */

    while ((reason = atomic_load_explicit(&shm->stop, memory_order_acquire)) == 0) {
        uint64_t limit = atomic_load_explicit(&bus->tail_seq, memory_order_acquire);

        if (obey(feed) < 0 || run_to(feed, limit) < 0 || look_ahead(feed) < 0)
            return fail(feed_failure(feed));
        if (has_wishes())
            ring_bell();
        atomic_thread_fence(memory_order_seq_cst); // it looks at what we have done after it says so
        if (atomic_load(&shm->host_waits)) {
            atomic_fetch_add(&shm->done, 1);
            futex_wake(&shm->done, 1);
        }
        if (has_work(feed)) {
            idle = 0;
            idle_ns = 0;
            continue;
        }
        if (shm->spin == UINT32_MAX || idle++ < shm->spin || is_spinning(&idle_ns)) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
            continue;
        }
        sleep_until_woken(feed);
        idle = 0;
        idle_ns = 0;
    }
    feed_stop(feed, reason);
    feed_free(feed);
    tell(CHILD_STOPPED);
    _exit(0); // what a plugin has registered to run at the end does not run
}

/* Its user namespace is there; the host says who it is in it. */
static int await_map(void *ctx)
{
    (void)ctx;
    tell(CHILD_UNSHARED);
    while (atomic_load(&shm->mapped) == 0) {
        (void)futex_wait(&shm->mapped, 0, 100000000);
        if (getppid() != shm->host_pid)
            _exit(CHILD_NOT_CALLED); // it does not die with its host yet
    }
    return atomic_load(&shm->mapped) == 1;
}

/* The sandbox stands; the host looks at it from outside, and nothing of the plugin runs before it
 * has said that it may. */
static int fence(struct sandbox *sandbox, struct error *err)
{
    int rc = sandbox_close(sandbox, err);

    if (rc < 0)
        return rc;
    atomic_store(&shm->layers, sandbox->holds);
    tell(CHILD_FENCED);
    while (atomic_load(&shm->go) == 0)
        (void)futex_wait(&shm->go, 0, -1);
    return AGON_OK;
}

/* The plugin's constructors, and what it says of itself. */
static int describe(struct sandbox *sandbox, struct error *err)
{
    int rc = fence(sandbox, err);

    if (rc >= 0)
        rc = plugin_begin(&plugin, err);
    if (rc >= 0 && shm->plugin_index >= plugin.entry->n_plugins)
        rc = error_set(err, AGON_ENOENT, "the file holds %u plugins, number %u is wanted",
                       plugin.entry->n_plugins, shm->plugin_index);
    if (rc >= 0)
        plugin_info_fill(&shm->info, plugin.entry, shm->plugin_index);
    return rc;
}

static int play(struct feed_config *config, struct sandbox *sandbox)
{
    struct error err = {0};
    struct feed *feed;
    int rc = describe(sandbox, &err);

    if (rc < 0)
        return fail(&err);
    tell(CHILD_LOADED);
    // As long as the host wants; it takes us with it when it ends.
    while (atomic_load(&shm->set_up) == 0)
        (void)futex_wait(&shm->set_up, 0, -1);
    config->setup_bytes = shm->setup_bytes;
    rc = feed_new(&feed, config, &err);
    if (rc >= 0)
        rc = feed_create(feed, plugin.entry, &err);
    if (rc >= 0)
        rc = feed_start(feed, &err);
    if (rc < 0)
        return fail(&err);
    tell(CHILD_READY);
    return run(feed);
}

/* Reads what the plugin says of itself, or has it play a rehearsal. */
static int examine(struct sandbox *sandbox, const struct feed_config *config)
{
    struct rehearse_given given = {
        .n_long = shm->n_long, .n_files = shm->n_files, .files = shm->files};
    struct error err = {0};

    memcpy(given.contents, config->files, sizeof(given.contents));

    if (describe(sandbox, &err) < 0)
        return fail(&err);
    if (shm->mode == CHILD_REHEARSE)
        rehearse(&shm->rehearsal, plugin.entry, shm->plugin_index, &given);
    tell(CHILD_LOADED);
    return 0;
}

int child_main(int argc, char **argv)
{
    int64_t bytes = size_of(CHILD_FD_SLOT);
    struct sandbox sandbox = {0};
    struct error err = {0};
    struct feed_config config = {0};
    struct plugin_file file = {.fd = CHILD_FD_PLUGIN};
    int rc;

    (void)argc;
    (void)argv;
    (void)prctl(PR_SET_NAME, "agon"); // not the number of a descriptor
    (void)close(CHILD_FD_RUNNER);
    if (bytes < (int64_t)sizeof(*shm) ||
        (shm = memfd_map(CHILD_FD_SLOT, (uint64_t)bytes, 1, &err)) == NULL ||
        shm->magic != SLOT_SHM_MAGIC) {
        fprintf(stderr, "agon: " CHILD_COMMAND " is started by the host, not by hand\n");
        return CHILD_NOT_CALLED;
    }
    proc_normal();
    json_object_seed(0); // now, as it asks the system for some, and a plugin may not
    fault_watch(&shm->crash, on_crash);
    if ((shm->mode == CHILD_RUN && attach(&config, &err) < 0) || map_files(config.files, &err) < 0)
        return fail(&err);
    sandbox = (struct sandbox){.wanted = shm->layers_wanted,
                               .address_bytes = shm->address_bytes,
                               .uid = shm->uid,
                               .gid = shm->gid,
                               .await_map = await_map,
                               .threads = shm->threads};
    sandbox_begin(&sandbox);
    // It dies with its host from here on; one that was dead before would not be noticed.
    if (getppid() != shm->host_pid)
        return CHILD_NOT_CALLED;
    (void)close(CHILD_FD_SLOT);
    (void)close(CHILD_FD_BUS);
    (void)close(CHILD_FD_SETUP);
    for (int i = 0; i < SETUP_FILES_MAX; i++)
        (void)close(CHILD_FD_FILES + i);
    (void)close(CHILD_FD_RESULTS);
    file.bytes = shm->plugin_bytes;
    rc = shm->is_judged ? plugin_map_judged(&plugin, &file, &shm->note, &err)
                        : plugin_map(&plugin, &file, ELF_PROCESS, &err);
    (void)close(CHILD_FD_PLUGIN);
    if (rc < 0)
        return fail(&err);
    return shm->mode == CHILD_RUN ? play(&config, &sandbox) : examine(&sandbox, &config);
}
