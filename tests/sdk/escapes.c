// SPDX-License-Identifier: Apache-2.0
/* escapes: every attempt of plugins/escape.h, each in a child of its own as a host makes it, and
 * what stopped it (INV-19, INV-20, SDK 4.7).
 *
 *   escapes [--only NAME]
 *
 * That none got through is not the plugin's word: after each attempt the file, the sockets, the
 * bus, another slot, the children, limits, priority and processors of this process are what they
 * were, and no signal came. What stopped it has to be what the table says. A row whose layer this
 * machine does not give, or this user does not get, says so. */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../sdk/plugins/escape.h"
#include "agent/child_main.h"
#include "agent/sandbox.h"
#include "agent/slot_shm.h"
#include "arena_world.h"
#include "base/sanitized.h"
#include "market/bus.h"
#include "sys/clock.h"
#include "sys/file.h"

#define STEPS       5
#define CANARY_TEXT "nobody reads or writes this\n"
#define RLIMITS     16

static const struct row {
    const char *group, *name, *stop, *how;
    enum escape_where where;
    enum escape_with with;
} rows[] = {
#define X(group, name, where, with, stop, how) {group, #name, stop, how, where, with},
    ESCAPES(X)
#undef X
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const places[] = {"first code", "constructor", "create", "on_start", "on_event",
                                     "on_stop",    "destroy",     "end",    "loading"};

static char dir[96], canary[128], plugin[128];
static int sockets[4]; /* tcp, unix, abstract: listening; udp */
static struct escape_order order = {.magic = ESCAPE_MAGIC};
static char *file;
static uint64_t file_bytes;
static struct escape_order *in_file;
static struct world victim;
static volatile sig_atomic_t n_signals;
static int is_control; /* the one that tries has itself what it looks for */

static void die(const char *what)
{
    fprintf(stderr, "FAIL: %s\n", what);
    exit(1);
}

/* What is watched */

static void on_signal(int number)
{
    (void)number;
    n_signals++;
}

static uint16_t listen_at(int *fd, int kind)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(at);

    *fd = socket(AF_INET, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0 || bind(*fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
        (kind == SOCK_STREAM && listen(*fd, 8) < 0) ||
        getsockname(*fd, (struct sockaddr *)&at, &n) < 0)
        die("a socket on 127.0.0.1");
    return ntohs(at.sin_port);
}

static void listen_unix(int *fd, int is_abstract)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    (void)snprintf(at.sun_path + is_abstract, sizeof(at.sun_path) - 1, "%s/socket", dir);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // With its zeros, as the plugin says it.
    if (*fd < 0 || bind(*fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(*fd, 8) < 0)
        die("a unix socket");
}

static void make_canary(void)
{
    FILE *out;

    (void)unlink(canary);
    out = fopen(canary, "we");
    if (out == NULL || fputs(CANARY_TEXT, out) < 0 || fclose(out) != 0 || chmod(canary, 0644) < 0)
        die(canary);
}

/* Everything outside that an attempt could change. */
struct outside {
    struct rlimit limits[RLIMITS];
    int priority, policy, n_files, n_signals;
    cpu_set_t cpus;
    struct stat canary;
    char text[64];
};

static void look(struct outside *outside)
{
    struct dirent *entry;
    DIR *files = opendir(dir);
    int fd = open(canary, O_RDONLY | O_CLOEXEC);

    memset(outside, 0, sizeof(*outside));
    for (int i = 0; i < RLIMITS; i++)
        (void)getrlimit((__rlimit_resource_t)i, &outside->limits[i]);
    outside->priority = getpriority(PRIO_PROCESS, 0);
    outside->policy = sched_getscheduler(0);
    outside->n_signals = n_signals;
    (void)sched_getaffinity(0, sizeof(outside->cpus), &outside->cpus);
    while (files != NULL && (entry = readdir(files)) != NULL)
        outside->n_files++;
    if (files != NULL)
        (void)closedir(files);
    if (fd >= 0) {
        (void)fstat(fd, &outside->canary);
        (void)!read(fd, outside->text, sizeof(outside->text) - 1);
        (void)close(fd);
    }
    memset(&outside->canary.st_atim, 0, sizeof(outside->canary.st_atim)); // we read it too
}

static int n_children(void)
{
    char path[64], text[256];
    int n = 0, fd;
    ssize_t got;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    got = fd < 0 ? -1 : read(fd, text, sizeof(text));
    if (fd >= 0)
        (void)close(fd);
    for (ssize_t i = 0; i < got; i++)
        n += text[i] == ' ';
    return fd < 0 ? 1 : n; // a kernel that does not tell: the others' word has to do
}

/* What it changed; NULL: nothing. */
static const char *harm(const struct outside *before)
{
    struct outside after;
    char byte[8];

    look(&after);
    if (memcmp(before->limits, after.limits, sizeof(after.limits)) != 0)
        return "the limits of the host are others";
    if (before->priority != after.priority || before->policy != after.policy ||
        memcmp(&before->cpus, &after.cpus, sizeof(after.cpus)) != 0)
        return "the host's share of the processors is another";
    if (before->n_signals != after.n_signals)
        return "a signal came";
    if (before->n_files != after.n_files || strcmp(after.text, CANARY_TEXT) != 0 ||
        memcmp(&before->canary, &after.canary, sizeof(after.canary)) != 0)
        return "a file has changed";
    for (int i = 0; i < 3; i++) {
        if (accept(sockets[i], NULL, NULL) >= 0)
            return "somebody connected";
    }
    if (recv(sockets[3], byte, sizeof(byte), 0) >= 0)
        return "a datagram came";
    if (world_step(&victim) != AGON_OK || victim.port->nth(victim.port->ctx) != victim.seq)
        return "the other slot does not play on";
    if (n_children() != 1)
        return "a process was left behind";
    return NULL;
}

/* One attempt */

struct attempt {
    struct world world;
    char why[ERROR_TEXT]; /* of the end of its process; "": it stopped as asked */
    long result;          /* as it said; LONG_MIN: it said nothing */
    uint64_t left;        /* in its beat */
    uint32_t layers;
    int n_blocks; /* of the bus that changed and that no step wrote */
};

static void make_file(uint32_t nth)
{
    FILE *out = fopen(plugin, "we");

    order.nth = nth;
    order.where = rows[nth].where;
    *in_file = order;
    if (out == NULL || fwrite(file, 1, file_bytes, out) != file_bytes || fclose(out) != 0)
        die(plugin);
}

static void hear(struct attempt *attempt)
{
    for (uint32_t i = 0; i < attempt->world.n_log; i++) {
        if (strncmp(attempt->world.log[i], ESCAPE_TEXT, strlen(ESCAPE_TEXT)) == 0)
            attempt->result = strtol(attempt->world.log[i] + strlen(ESCAPE_TEXT), NULL, 10);
    }
}

/* Whole events that it was given, before it tries anything in a call of on_event: they stay. */
static void watch_bus(struct attempt *attempt, unsigned char *kept, int is_after)
{
    const unsigned char *data = (unsigned char *)attempt->world.bus.memory + BUS_HEAD;
    uint64_t n = attempt->world.bus.granules * 64;

    if (!is_after) {
        memcpy(kept, data, n);
        return;
    }
    // The first event's granule, and all that no event has reached.
    if (memcmp(kept, data, 64) != 0)
        attempt->n_blocks++;
    for (uint64_t at = (STEPS + 1) * 64ull; at < n; at += 64)
        attempt->n_blocks += memcmp(kept + at, data + at, 64) != 0;
}

static void play(struct attempt *attempt, const struct row *row)
{
    struct run_process_config config = {
        .is_lock_step = 1, .layers_wanted = SANDBOX_ALL, .state_bytes = 4096};
    struct world *world = &attempt->world;
    static unsigned char kept[4 << 20];
    int64_t end_ns;
    const char *why;
    int rc;

    if (row->with == UNFILTERED)
        config.layers_wanted &= ~(uint32_t)(SANDBOX_SECCOMP | SANDBOX_NO_EXEC);
    config.threads = row->with == THREAD;
    attempt->result = INT64_MIN;
    world_init(world);
    if (is_control)
        memcpy(world->instrument.symbol, victim.instrument.symbol,
               sizeof(world->instrument.symbol));
    rc = world_start(world, row->where == LOAD ? row->name : plugin, WORLD_PROCESS, &config);
    if (rc < 0) {
        (void)snprintf(attempt->why, sizeof(attempt->why), "%s", world->err.text);
        goto done;
    }
    attempt->layers = run_process_layers(world->process);
    for (int i = 0; i < STEPS && rc >= 0; i++) {
        rc = world_step(world);
        if (i == 0 && strncmp(row->name, "bus_", 4) == 0)
            watch_bus(attempt, kept, 0);
    }
    // Threads are counted ten times a second.
    end_ns = clock_mono() + 20000000000;
    while (strncmp(row->stop, "host:", 5) == 0 && clock_mono() < end_ns &&
           run_process_poll(world->process, clock_mono()) >= 0)
        (void)usleep(10000);
    run_process_stop(world->process, AGON_END_HOST);
    if (strncmp(row->name, "bus_", 4) == 0)
        watch_bus(attempt, kept, 1);
    attempt->left = atomic_load(&run_process_beat(world->process)->metrics[0]);
    if (run_process_end(world->process, &why) != PROCESS_STOPPED)
        (void)snprintf(attempt->why, sizeof(attempt->why), "%s", why);
done:
    hear(attempt);
    world_deinit(world);
}

/* What stopped it, in the table's words. */
static void name_stop(const struct attempt *attempt, const struct row *row, char *text, size_t room)
{
    const char *at;

    if ((at = strstr(attempt->why, "forbidden system call ")) != NULL &&
        (at = strchr(at, '(')) != NULL)
        (void)snprintf(text, room, "seccomp: %.*s", (int)strcspn(at + 1, ":)"), at + 1);
    else if ((at = strstr(attempt->why, "val-s")) != NULL)
        (void)snprintf(text, room, "load: %.7s", at);
    else if (strncmp(attempt->why, "began ", 6) == 0)
        (void)snprintf(text, room, "host: %.60s", attempt->why);
    else if (attempt->result == ESCAPE_NO_EFFECT)
        (void)snprintf(text, room, "no effect");
    else if (attempt->why[0] != '\0' && (at = strstr(attempt->why, "signal ")) != NULL)
        (void)snprintf(text, room, "signal %d", atoi(at + 7));
    else if (attempt->why[0] != '\0')
        (void)snprintf(text, room, "ended: %.60s", attempt->why);
    else if (row->where == END)
        (void)snprintf(text, room, "%s", attempt->left == ESCAPE_RAN ? "it ran" : "not run");
    else if (attempt->result == INT64_MIN)
        (void)snprintf(text, room, "nothing was tried");
    else if (attempt->result < 0 && attempt->result > -4096)
        (void)snprintf(text, room, "%s", strerrorname_np((int)-attempt->result));
    else
        (void)snprintf(text, room, "it got through (%ld)", attempt->result);
}

/* A row without the filter needs a layer that is here. */
static const char *lacks(const struct row *row, uint32_t layers)
{
    if (row->with != UNFILTERED || (layers & SANDBOX_LANDLOCK && sandbox_landlock_abi() >= 4))
        return NULL;
    if (strcmp(row->name, "landlock_alone") == 0)
        return layers & SANDBOX_LANDLOCK ? NULL : "no Landlock";
    return layers & SANDBOX_NAMESPACES ? NULL : "no namespaces, Landlock below ABI 4";
}

static int try_row(uint32_t nth, uint32_t *n_lacking)
{
    static struct attempt attempt; // a large one
    const struct row *row = &rows[nth];
    const char *harmed, *lacking;
    struct outside before;
    char stopped[80];
    int is_well;

    memset(&attempt, 0, sizeof(attempt));
    make_file(nth);
    look(&before);
    play(&attempt, row);
    harmed = harm(&before);
    if (harmed == NULL && attempt.n_blocks > 0)
        harmed = "the bus has other events";
    name_stop(&attempt, row, stopped, sizeof(stopped));
    lacking = lacks(row, attempt.layers);
    is_well =
        lacking != NULL || (harmed == NULL && strncmp(stopped, row->stop, strlen(row->stop)) == 0);
    *n_lacking += lacking != NULL;
    printf("%-4s %-14s %-15s %-12s %-32s %s\n", is_well ? "" : "FAIL", row->group, row->name,
           places[row->where], lacking != NULL ? lacking : stopped, row->how);
    if (!is_well)
        printf("     expected: %s; %s; of its process: %s\n", row->stop,
               harmed != NULL ? harmed : "nothing outside has changed",
               attempt.why[0] != '\0' ? attempt.why : "stopped as asked");
    if (lacking != NULL) { // then it may have got through
        for (int i = 0; i < 3; i++)
            (void)accept(sockets[i], NULL, NULL);
    }
    return is_well;
}

/* Begin and end */

/* Who looks for another slot's memory would find it. */
static void control(void)
{
    static struct attempt attempt;

    for (uint32_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, "other_slot") != 0)
            continue;
        make_file(i);
        is_control = 1;
        play(&attempt, &rows[i]);
        is_control = 0;
        if (attempt.result != 0)
            die("a word that is in its own memory is not found");
    }
}

static void mask(void *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)at)[i] ^= ESCAPE_MASK;
}

static void make_order(void)
{
    struct error err = {0};
    char path[1024];

    (void)snprintf(path, sizeof(path), "%s", world_plugin("escape"));
    if (file_read(path, ELF_FILE_MAX, &file, &file_bytes, &err) < 0)
        die(err.text);
    in_file = memmem(file, file_bytes, ESCAPE_MAGIC, sizeof(ESCAPE_MAGIC));
    if (in_file == NULL)
        die("the plugin has no place for an order");
    order.host = getpid();
    (void)snprintf(order.dir, sizeof(order.dir), "%s", dir);
    memcpy(order.secret, victim.instrument.symbol, sizeof(order.secret));
    mask(order.secret, sizeof(order.secret));
    memcpy(&order.bus_magic, victim.bus.memory, sizeof(order.bus_magic));
    order.bus_magic ^= ESCAPE_MASK;
    order.slot_magic = SLOT_SHM_MAGIC ^ ESCAPE_MASK;
    order.beat = offsetof(struct slot_shm, beat) + offsetof(struct feed_beat, metrics);
    order.state_at = offsetof(struct slot_shm, state_at);
    // The rings follow each other behind the head, each at its page: to the agent, from it.
    order.rings[0] = (sizeof(struct slot_shm) + 4095) / 4096 * 4096;
    order.rings[1] = order.rings[0] + (uint32_t)((evring_bytes(16384) + 4095) / 4096 * 4096);
    order.words[0] = offsetof(struct slot_shm, order_done);
    order.word_bytes[0] = offsetof(struct slot_shm, crash) - order.words[0];
    order.words[1] = offsetof(struct slot_shm, crash);
    order.word_bytes[1] = sizeof(struct child_crash);
    order.words[2] = offsetof(struct slot_shm, beat);
    order.word_bytes[2] = sizeof(struct feed_beat);
    order.words[3] = offsetof(struct slot_shm, info);
    order.word_bytes[3] = sizeof(struct plugin_info);
}

static void begin(void)
{
    static const int signals[] = {SIGUSR1, SIGUSR2, SIGHUP, SIGTERM, SIGALRM, SIGXFSZ};
    const char *root = getenv("TMPDIR");

    (void)snprintf(dir, sizeof(dir), "%.60s/agon-escapes-XXXXXX", root ? root : "/tmp");
    if (mkdtemp(dir) == NULL || chmod(dir, 0777) < 0) // a slot's user may go in
        die(dir);
    (void)snprintf(canary, sizeof(canary), "%s/" ESCAPE_CANARY, dir);
    (void)snprintf(plugin, sizeof(plugin), "%s/escape.so", dir);
    make_canary();
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)signal(signals[i], on_signal);
    // Who loses its parent becomes a child of ours.
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    order.tcp = listen_at(&sockets[0], SOCK_STREAM);
    listen_unix(&sockets[1], 0);
    listen_unix(&sockets[2], 1);
    order.udp = listen_at(&sockets[3], SOCK_DGRAM);
    world_init(&victim);
    // What another slot has: a word that nobody else knows.
    (void)snprintf(victim.instrument.symbol, sizeof(victim.instrument.symbol), "%08xSECRET%02x",
                   (unsigned)clock_mono(), (unsigned)getpid() & 0xff);
    if (world_start(&victim, "faulty", WORLD_PROCESS, NULL) < 0)
        die(victim.err.text);
    make_order();
    control();
}

static void end(void)
{
    char command[160];

    world_deinit(&victim);
    if (dir[0] != '\0') {
        (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
        (void)!system(command);
    }
}

int main(int argc, char **argv)
{
    const char *only = argc == 3 && strcmp(argv[1], "--only") == 0 ? argv[2] : NULL;
    uint32_t n = 0, n_well = 0, n_lacking = 0;

    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    if (IS_SANITIZED) {
        printf("skipped: a sanitizer's run-time cannot live in the sandbox\n");
        return 77;
    }
    begin();
    printf("%-4s %-14s %-15s %-12s %-32s %s\n", "", "group", "attempt", "tried in", "stopped by",
           "how");
    for (uint32_t i = 0; i < ROWS; i++) {
        if (only != NULL && strcmp(rows[i].name, only) != 0)
            continue;
        n++;
        n_well += (uint32_t)try_row(i, &n_lacking);
    }
    printf("user %u, Landlock ABI %d, layers:", getuid(), sandbox_landlock_abi());
    for (unsigned i = 0; i < SANDBOX_LAYERS; i++) {
        if (run_process_layers(victim.process) >> i & 1)
            printf(" %s", sandbox_layer_name(i));
    }
    printf("\n%u attempts, %u held, %u without the layer that they ask, %u got through\n", n,
           n_well - n_lacking, n_lacking, n - n_well);
    end();
    return n == 0 || n_well < n;
}
