// SPDX-License-Identifier: Apache-2.0
/* agon-keeper: a second process beside a live host, which acts in its place when it cannot.
 *
 * It reads the heartbeat that the host's core writes after each turn, and holds the host's pidfd.
 * Three seconds without a turn, whether the host is dead or hung: a hung one is ended first, so
 * that nothing leaves behind the keeper's back; then what is open with client ids of its journal is
 * cancelled, and the venues are asked until they show none; then the host is started again, where a
 * command for that was given, and again until one has begun. A planned stop is no such thing, nor
 * is a machine that slept, nor a keeper that was itself stopped for a while. What it did stands in
 * keeper.log of the run directory; the next host takes it over from there. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exit.h"
#include "net/stream_uv.h"
#include "run/credential.h"
#include "run/keeper_log.h"
#include "run/keeper_start.h"
#include "run/keeper_watch.h"
#include "run/settings.h"
#include "sys/beat.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/futex.h"
#include "sys/harden.h"
#include "sys/proc.h"
#include "venue/secret.h"

#define CONNS     (16 + 4 * HOST_VENUES_MAX) /* at a time; a place is a few bytes */
#define RESCUE_NS ((int64_t)60 * 1000000000) /* then it is told, and tried on */
#define END_MS    250                        /* for a killed host to be gone */

struct keeper {
    const char *dir, *config, *user;
    char *const *command; /* of the host; NULL: it is not started again */
    struct settings settings;
    const struct beat *beat;
    struct keeper_watch watch;
    int pidfd; /* of the host that is watched; -1: it is dead */
    int32_t pid;
    int is_told_end;
    int64_t turn_ns; /* its last turn, or when it began */
    struct keeper_start start;
    char why[32]; /* how the last that was started ended, where it never was a host; "": no such */
    struct rescue *rescues[HOST_VENUES_MAX];
};

static void say(const struct keeper *keeper, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(const struct keeper *keeper, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "agon-keeper: %s\n", text);
    if (keeper->dir != NULL && keeper_log_add(keeper->dir, text) < 0)
        fprintf(stderr, "agon-keeper: %s/keeper.log cannot be written: %s\n", keeper->dir,
                strerror(errno));
}

/* The host that is watched ----------------------------------------------------------------------
 */

static int is_alive(struct keeper *keeper)
{
    struct pollfd ended = {.fd = keeper->pidfd, .events = POLLIN};

    if (keeper->pidfd < 0)
        return 0;
    if (poll(&ended, 1, 0) <= 0)
        return 1;
    (void)close(keeper->pidfd);
    keeper->pidfd = -1;
    return 0;
}

static void attach(struct keeper *keeper)
{
    uint64_t pid_start;

    if (keeper->pidfd >= 0)
        (void)close(keeper->pidfd);
    keeper->pid = atomic_load(&keeper->beat->pid);
    keeper->pidfd = (int)syscall(SYS_pidfd_open, keeper->pid, 0);
    // Another process may have its number by now: that one is not to be ended.
    pid_start = proc_start(keeper->pid);
    if (keeper->pidfd >= 0 && pid_start != 0 && atomic_load(&keeper->beat->pid_start) != 0 &&
        pid_start != atomic_load(&keeper->beat->pid_start)) {
        (void)close(keeper->pidfd);
        keeper->pidfd = -1;
    }
    keeper->is_told_end = 0;
    keeper->turn_ns = atomic_load(&keeper->beat->beat_ns);
    keeper->why[0] = '\0';
    keeper_start_taken(&keeper->start);
    fprintf(stderr, "agon-keeper: watching process %d\n", (int)keeper->pid);
}

static int is_gone(struct keeper *keeper, int64_t now)
{
    if (atomic_load(&keeper->beat->state) == BEAT_ENDED && !keeper->is_told_end) {
        fprintf(stderr, "agon-keeper: process %d ended in good order\n", (int)keeper->pid);
        keeper->is_told_end = 1;
    }
    return keeper_watch_is_gone(&keeper->watch, keeper->beat, is_alive(keeper), now);
}

static void end_hung(struct keeper *keeper)
{
    struct pollfd ended = {.fd = keeper->pidfd, .events = POLLIN};
    uint32_t in_slot = atomic_load(&keeper->beat->in_slot);
    uint64_t hash = atomic_load(&keeper->beat->in_hash);

    if (!is_alive(keeper))
        return;
    if (in_slot != 0)
        say(keeper, KEEPER_HUNG "%016llx in slot %u", (unsigned long long)__builtin_bswap64(hash),
            in_slot - 1);
    if (syscall(SYS_pidfd_send_signal, keeper->pidfd, SIGKILL, NULL, 0) != 0)
        say(keeper, "process %d cannot be ended: %s; what it sends may follow", (int)keeper->pid,
            strerror(errno));
    // Killed it runs nothing any more, though what it has mapped may take seconds to be put back:
    // that is not waited for, because its orders are to be gone 5 s after its last turn.
    else if (poll(&ended, 1, END_MS) > 0)
        say(keeper, "process %d was hung and is ended", (int)keeper->pid);
    else
        say(keeper, "process %d was hung and is killed, and its memory is being put back",
            (int)keeper->pid);
}

/* Cancelling ------------------------------------------------------------------------------------
 */

static int is_done(struct keeper *keeper)
{
    int is_done = 1;

    for (uint32_t i = 0; i < keeper->settings.host.n_venues; i++) {
        struct rescue_status status;

        if (keeper->rescues[i] == NULL)
            continue;
        rescue_status(keeper->rescues[i], &status);
        is_done &= status.state != RESCUE_RUNNING;
    }
    return is_done;
}

static void tell_rescues(struct keeper *keeper, int64_t began)
{
    for (uint32_t i = 0; i < keeper->settings.host.n_venues; i++) {
        struct rescue_status status;

        if (keeper->rescues[i] == NULL)
            continue;
        rescue_status(keeper->rescues[i], &status);
        say(keeper,
            "%s: %s: %u orders found, %u left, %u of others left alone, %u requests, %lld ms%s%s",
            keeper->settings.host.venues[i].name,
            status.state == RESCUE_DONE ? "cancelled" : "NOT ALL CANCELLED", status.n_found,
            status.n_left + status.n_elsewhere, status.n_foreign, status.n_cancels,
            (long long)((clock_mono() - began) / 1000000), status.text[0] != '\0' ? ": " : "",
            status.text);
    }
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer; // it only ends a turn of the loop, so that the time is looked at
}

/* Until no venue shows an order any more, or another host has begun: then they are its own. */
static int cancel_all(struct keeper *keeper)
{
    int64_t began = clock_mono();
    int64_t told = began;
    struct stream_uv *stream = NULL;
    struct error err = {0};
    uv_timer_t tick;
    uv_loop_t loop;
    int is_back = 0;

    if (uv_loop_init(&loop) != 0 || stream_uv_new(&stream, &loop, CONNS, &err) < 0) {
        say(keeper, "no loop: %s", err.text);
        return 0;
    }
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 50, 50);
    for (uint32_t i = 0; i < keeper->settings.host.n_venues; i++) {
        if (keeper_rescue_new(&keeper->rescues[i], &keeper->settings.host, i, keeper->beat,
                              stream_uv_port(stream), &err) < 0)
            say(keeper, "%s: %s", keeper->settings.host.venues[i].name, err.text);
        else
            rescue_start(keeper->rescues[i]);
    }
    while (!is_done(keeper) && !is_back) {
        uv_run(&loop, UV_RUN_ONCE);
        is_back = atomic_load(&keeper->beat->n_hosts) != keeper->watch.n_hosts;
        if (clock_mono() - told > RESCUE_NS) {
            told = clock_mono();
            tell_rescues(keeper, began);
        }
    }
    if (is_back)
        say(keeper, "another host has begun: what is open is its own to care for");
    tell_rescues(keeper, began);
    uv_close((uv_handle_t *)&tick, NULL);
    stream_uv_stop(stream);
    while (!stream_uv_is_stopped(stream))
        uv_run(&loop, UV_RUN_ONCE);
    for (uint32_t i = 0; i < keeper->settings.host.n_venues; i++) {
        rescue_free(keeper->rescues[i]);
        keeper->rescues[i] = NULL;
    }
    stream_uv_free(stream);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return !is_back;
}

/* Starting again --------------------------------------------------------------------------------
 */

static int spawn(struct keeper *keeper, pid_t *pid)
{
    posix_spawnattr_t attr;
    sigset_t ours;
    int rc;

    posix_spawnattr_init(&attr);
    // What is ignored here stays ignored over exec.
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);
    posix_spawnattr_setsigdefault(&attr, &ours);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawnp(pid, keeper->command[0], NULL, &attr, keeper->command, environ);
    posix_spawnattr_destroy(&attr);
    return rc;
}

/* Of a try: into keeper.log, where it belongs there. */
static void say_try(const struct keeper *keeper, const char *text)
{
    if (keeper_start_is_told(&keeper->start))
        say(keeper, "%s", text);
    else
        fprintf(stderr, "agon-keeper: %s\n", text);
}

static void start_again(struct keeper *keeper)
{
    pid_t pid = -1;
    int rc = spawn(keeper, &pid);
    char text[256];

    if (rc != 0)
        keeper_start_failed(&keeper->start, clock_mono());
    else
        keeper_start_begun(&keeper->start, (int32_t)pid);
    if (rc != 0)
        snprintf(text, sizeof(text), "the host cannot be started again: %s", strerror(rc));
    else if (keeper->why[0] != '\0')
        snprintf(text, sizeof(text),
                 "the host is started again as process %d: the one before ended with %s before it "
                 "was a host (try %u)",
                 (int)pid, keeper->why, keeper->start.n_tries);
    else
        snprintf(text, sizeof(text), "the host is started again as process %d", (int)pid);
    say_try(keeper, text);
    keeper->why[0] = '\0';
}

/* Its process ended, and nobody took the heartbeat. */
static void on_no_host(struct keeper *keeper, int status)
{
    int32_t pid = keeper->start.pid;
    int64_t now = clock_mono();

    if (WIFSIGNALED(status))
        snprintf(keeper->why, sizeof(keeper->why), "signal %d", WTERMSIG(status));
    else
        snprintf(keeper->why, sizeof(keeper->why), "exit code %d", WEXITSTATUS(status));
    if (!keeper_start_ended(&keeper->start, status, now))
        say(keeper, "process %d was ended (%s) before it was a host: it is not started again",
            (int)pid, keeper->why);
    else
        fprintf(stderr,
                "agon-keeper: process %d ended with %s before it was a host: tried again in %d s\n",
                (int)pid, keeper->why,
                (int)((keeper->start.due_ns - now + 999999999) / 1000000000));
}

/* True: the one that was started last has ended, with *status. All others that were are waited for
 * too. */
static int has_ended(const struct keeper *keeper, int *status)
{
    int is_last = 0;
    int code = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &code, WNOHANG)) > 0) {
        if (pid != keeper->start.pid)
            continue;
        *status = code;
        is_last = 1;
    }
    return is_last;
}

static void act(struct keeper *keeper, int64_t now)
{
    keeper->watch.has_fired = 1;
    say(keeper, KEEPER_FIRED "process %d is %s: no turn of its core for %lld ms", (int)keeper->pid,
        is_alive(keeper) ? "hung" : "dead",
        (long long)((now - atomic_load(&keeper->beat->beat_ns)) / 1000000));
    end_hung(keeper);
    if (cancel_all(keeper) && keeper->command != NULL)
        keeper_start_want(&keeper->start, clock_mono());
}

/* Has it made a turn since the last look? One that begins and fails has made none. */
static int has_turned(struct keeper *keeper)
{
    int64_t before_ns = keeper->turn_ns;

    if (atomic_load(&keeper->beat->state) != BEAT_RUNNING)
        return 0;
    keeper->turn_ns = atomic_load(&keeper->beat->beat_ns);
    return keeper->turn_ns != before_ns;
}

/* The host that is watched, and the one that is to be started. */
static void turn(struct keeper *keeper)
{
    int64_t now = clock_mono();
    int status = 0;
    // Before the page is looked at: who took the heartbeat had done so when it ended.
    int is_ended = has_ended(keeper, &status);

    if (keeper_watch_turn(&keeper->watch, keeper->beat, now))
        attach(keeper);
    else if (is_ended)
        on_no_host(keeper, status);
    if (keeper->beat == NULL)
        return;
    if (has_turned(keeper))
        keeper_start_ran(&keeper->start);
    if (is_gone(keeper, now))
        act(keeper, now);
    if (keeper_start_is_due(&keeper->start, is_alive(keeper), clock_mono()))
        start_again(keeper);
}

static void watch(struct keeper *keeper)
{
    _Atomic uint32_t never = 0;

    keeper->watch.tick_ns = clock_mono();
    for (;;) {
        struct error err = {0};

        if (keeper->beat == NULL)
            keeper->beat = beat_look(keeper->dir, &err);
        if (err.text[0] != '\0')
            fprintf(stderr, "agon-keeper: %s\n", err.text);
        turn(keeper);
        futex_wait(&never, 0, KEEPER_TICK_NS);
    }
}

/* Beginning -------------------------------------------------------------------------------------
 */

/* Another user than the host's, who keeps nothing of root but the right to end a process. The
 * heartbeat stays the host's, which makes it in its own time: it is opened before, or never. */
static int become(struct keeper *keeper)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct kill_only[2] = {0};
    const struct passwd *user = getpwnam(keeper->user);
    _Atomic uint32_t never = 0;

    if (user == NULL || user->pw_uid == 0)
        return -1;
    while (keeper->beat == NULL) {
        struct error err = {0};

        keeper->beat = beat_look(keeper->dir, &err);
        if (err.text[0] != '\0')
            fprintf(stderr, "agon-keeper: %s\n", err.text);
        if (keeper->beat == NULL)
            futex_wait(&never, 0, KEEPER_TICK_NS);
    }
    kill_only[0].permitted = kill_only[0].effective = 1u << CAP_KILL;
    return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setgroups(0, NULL) == 0 &&
                   setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
                   setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0 &&
                   syscall(SYS_capset, &head, kill_only) == 0
               ? 0
               : -1;
}

static int is_live(const struct beat *beat)
{
    uint32_t state = atomic_load(&beat->state);
    uint64_t pid_start = atomic_load(&beat->pid_start);

    return (state == BEAT_STARTING || state == BEAT_RUNNING) && pid_start != 0 &&
           proc_start(atomic_load(&beat->pid)) == pid_start;
}

/* A host on paper has nothing open at a venue, no keys and no heartbeat; what ends it when it hangs
 * is its service manager. Once a live one runs, whose configuration has keys, another keeper is to
 * read that. */
static int wait_for_live(const struct keeper *keeper)
{
    const struct beat *beat = NULL;
    _Atomic uint32_t never = 0;

    fprintf(stderr,
            "agon-keeper: %s is of a host on paper: until one is live there is nothing to "
            "cancel\n",
            keeper->config);
    while (beat == NULL || !is_live(beat)) {
        struct error err = {0};

        futex_wait(&never, 0, KEEPER_TICK_NS);
        if (beat == NULL)
            beat = beat_look(keeper->dir, &err);
    }
    fprintf(stderr,
            "agon-keeper: a live host runs in %s, and %s was of one on paper when it was read: "
            "start the keeper again\n",
            keeper->dir, keeper->config);
    return EXIT_CHECK;
}

static int usage(int code)
{
    fprintf(code == EXIT_OK ? stdout : stderr,
            "usage: agon-keeper --config FILE --dir DIR [--user NAME] [-- COMMAND...]\n"
            "Watches the host of a run directory. When its core makes no turn for 3 s, it ends a "
            "hung host,\ncancels what is open of its journal, and starts COMMAND, until a host has "
            "begun.\n"
            "  --config FILE  the host's configuration: venues, instruments, credentials\n"
            "  --dir DIR      its run directory\n"
            "  --user NAME    become that user once the credentials are read; COMMAND is then the "
            "service manager's\n"
            "  COMMAND        the host itself: a script goes over to it with exec\n");
    return code;
}

static int read_keys(struct keeper *keeper)
{
    struct settings *settings = &keeper->settings;
    struct error err = {0};

    for (uint32_t i = 0; i < settings->host.n_venues; i++) {
        struct venue_config *venue = &settings->host.venues[i];

        if (credential_read(settings->credentials[i], &venue->key, &venue->secret,
                            &venue->passphrase, &err) >= 0)
            continue;
        fprintf(stderr, "agon-keeper: %s\n", err.text);
        return EXIT_SAFETY;
    }
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static struct keeper keeper = {.pidfd = -1};
    _Atomic uint32_t never = 0;
    struct error err = {0};
    int option, rc;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (option == 'h')
            return usage(EXIT_OK);
        if (option == 'c')
            keeper.config = optarg;
        else if (option == 'd')
            keeper.dir = optarg;
        else if (option == 'u')
            keeper.user = optarg;
        else
            return usage(EXIT_FLAGS);
    }
    if (keeper.config == NULL || keeper.dir == NULL || (keeper.user != NULL && optind < argc))
        return usage(EXIT_FLAGS);
    if (optind < argc)
        keeper.command = argv + optind;
    (void)signal(SIGPIPE, SIG_IGN);
    // Ignored, which it would be over exec too, nobody learns how what he started ended: not the
    // keeper of its host, and not the host of its agents.
    (void)signal(SIGCHLD, SIG_DFL);
    harden_files();
    // Open for writing and reading before the rights go: both files stay the host's.
    while ((rc = keeper_log_open(keeper.dir, &err)) == AGON_ENOENT)
        futex_wait(&never, 0, KEEPER_TICK_NS); // the host makes its directory
    if (rc < 0 || harden_memory(&err) < 0) {
        fprintf(stderr, "agon-keeper: %s\n", err.text);
        return EXIT_ENVIRONMENT;
    }
    keeper.beat = beat_look(keeper.dir, &err);
    // Keys are the service's: its own user needs to read nothing.
    rc = settings_read(&keeper.settings, "run", keeper.config, NULL, SETTINGS_AGAIN);
    if (rc == EXIT_OK && keeper.settings.host.mode == RUN_PAPER)
        return wait_for_live(&keeper);
    if (rc == EXIT_OK)
        rc = read_keys(&keeper);
    if (rc != EXIT_OK)
        return rc;
    if (!secret_is_locked())
        fprintf(stderr,
                "agon-keeper: keys lie in memory that could not be locked: they may be written to "
                "swap (raise `ulimit -l` to 1024)\n");
    if (keeper.user != NULL && become(&keeper) < 0) {
        fprintf(stderr, "agon-keeper: cannot become %s: it takes root, and a user who is not\n",
                keeper.user);
        return EXIT_ENVIRONMENT;
    }
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // setresuid may have set it again
    watch(&keeper);
    return EXIT_OK;
}
