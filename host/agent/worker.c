// SPDX-License-Identifier: Apache-2.0
#include "agent/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/shown.h"
#include "base/sanitized.h"
#include "base/utf8.h"
#include "sys/disk_far.h"
#include "sys/futex.h"

#define OUT_MAX        ((size_t)256 << 20) /* bytes that a worker may print */
#define REPORT_MAX     ((rlim_t)8 << 30)   /* bytes of one file that it writes itself */
#define LINE_MAX_BYTES 4096                /* of standard error, before it is cut in two */
#define PAGE           4096u

enum { END_READ = 0, END_WRITE = 1 };

/* An ordinary user's worker asks its parent for an id of its own (sandbox.h), once. */
enum map_word { MAP_NONE = 0, MAP_ASKED = 1, MAP_GIVEN = 2, MAP_REFUSED = 3 };

struct worker_shm { /* the worker's word: figures, not proofs */
    _Atomic uint32_t is_crashed, is_whole;
    _Atomic uint32_t who;       /* + 1 */
    _Atomic uint32_t is_beside; /* what crashed is not the thread that calls plugins */
    _Atomic uint64_t hash;      /* nobody asks */
    _Atomic uint32_t map;       /* futex: enum map_word */
    struct child_crash crash;
    struct disk_far_shm disk;
};

struct worker {
    struct worker_shm *shm; /* shared */
    int out[2], err[2], knock;
    pid_t parent;
    uint32_t uid, gid;
    struct disk_far disk;
    pthread_t thread;                     /* the one that calls plugins */
    const struct worker_threads *threads; /* while it is closed; NULL: none */
    void (*complete)(void *ctx, struct child_crash *crash);
    void *ctx;
};

/* --- the worker's side --- */

static struct worker *self; // of a process that is one; for its signal handler

static void on_crash(struct child_crash *crash)
{
    // Beside the thread that calls plugins may be one that reads files, of which none is at fault:
    // where that one of them is by now is not asked.
    if (!pthread_equal(pthread_self(), self->thread))
        atomic_store(&self->shm->is_beside, 1);
    else if (self->complete != NULL)
        self->complete(self->ctx, crash);
    atomic_store(&self->shm->is_crashed, 1);
}

void worker_enter(struct worker *worker, int who)
{
    atomic_store_explicit(&worker->shm->who, (uint32_t)(who + 1), memory_order_relaxed);
}

struct called worker_called(struct worker *worker)
{
    return (struct called){.who = &worker->shm->who, .hash = &worker->shm->hash};
}

void worker_tell(struct worker *worker, void (*complete)(void *ctx, struct child_crash *crash),
                 void *ctx)
{
    worker->complete = complete;
    worker->ctx = ctx;
}

const struct disk *worker_disk(struct worker *worker)
{
    return &worker->disk.port;
}

void worker_done(struct worker *worker)
{
    atomic_store(&worker->shm->is_whole, 1);
}

static uint64_t own_space(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long pages = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu", &pages) != 1)
        pages = 0;
    (void)fclose(file);
    return pages * PAGE;
}

static int await_map(void *ctx)
{
    struct worker *worker = ctx;
    uint64_t one = 1;

    atomic_store(&worker->shm->map, MAP_ASKED);
    if (write(worker->knock, &one, sizeof(one)) != (ssize_t)sizeof(one))
        return 0;
    while (atomic_load(&worker->shm->map) == MAP_ASKED)
        (void)futex_wait(&worker->shm->map, MAP_ASKED, -1); // it ends with its parent
    return atomic_load(&worker->shm->map) == MAP_GIVEN;
}

static void begin_threads(void *ctx)
{
    struct worker *worker = ctx;

    worker->threads->begin(worker->threads->ctx);
}

int worker_close(struct worker *worker, uint64_t room, const struct worker_threads *threads,
                 struct error *err)
{
    uint64_t space = own_space();
    struct sandbox sandbox = {.wanted = SANDBOX_ALL,
                              .address_bytes = space > 0 ? space + room : 0,
                              .uid = worker->uid,
                              .gid = worker->gid,
                              .await_map = await_map,
                              .begin_threads = threads != NULL ? begin_threads : NULL,
                              .ctx = worker,
                              .reads = 1};
    int rc;

    worker->threads = threads;
    // A sanitizer tells of a fault itself, and better.
    if (!IS_SANITIZED)
        fault_watch(&worker->shm->crash, on_crash);
    rc = shown_watch(err);
    if (rc < 0)
        return rc;
    tzset(); // libc reads a file with the first date else
    sandbox_begin(&sandbox);
    // It dies with its parent from here on; one that was dead before would not be noticed.
    if (getppid() != worker->parent)
        _exit(EXIT_FAILURE);
    rc = sandbox_close(&sandbox, err);
    worker->threads = NULL;
    if (rc < 0 || IS_SANITIZED)
        return rc;
    if ((sandbox.holds & (SANDBOX_NO_PRIVS | SANDBOX_SECCOMP)) !=
        (SANDBOX_NO_PRIVS | SANDBOX_SECCOMP))
        return error_set(err, AGON_ENOTSUP,
                         "this machine gives no filter of system calls, without which no plugin "
                         "runs here; `agon doctor` says what it lacks");
    return AGON_OK;
}

/* What the shell or a caller left open is nobody's business here. */
static void close_others(const struct worker *worker)
{
    int keep = worker->knock, none = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (none >= 0)
        (void)dup2(none, STDIN_FILENO);
    (void)dup2(worker->out[END_WRITE], STDOUT_FILENO);
    (void)dup2(worker->err[END_WRITE], STDERR_FILENO);
    if (keep > 3)
        (void)syscall(SYS_close_range, 3u, (unsigned)keep - 1, 0u);
    (void)syscall(SYS_close_range, (unsigned)keep + 1, ~0u, 0u);
}

static _Noreturn void be_worker(struct worker *worker, const struct worker_config *config)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct rlimit none = {0, 0}, most = {REPORT_MAX, REPORT_MAX};
    sigset_t held;
    int status;

    self = worker;
    worker->thread = pthread_self();
    (void)sigemptyset(&held);
    for (int i = 0; i < 3; i++) {
        (void)signal(ends[i], SIG_DFL);
        (void)sigaddset(&held, ends[i]);
    }
    (void)sigprocmask(SIG_UNBLOCK, &held, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); // also when there is no time for a handler
    if (getppid() != worker->parent)
        _exit(EXIT_FAILURE);
    close_others(worker);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setrlimit(RLIMIT_FSIZE, &most); // whoever is in it: the disk has others on it
    disk_far_init(&worker->disk, &worker->shm->disk, worker->knock);
    status = config->run(config->ctx, worker);
    // The parent never sees what this process could not write.
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_SUCCESS)
        status = EXIT_FAILURE;
    _exit(status);
}

/* --- the parent's side --- */

static volatile sig_atomic_t interrupted;
static volatile pid_t running;

static void on_interrupt(int number)
{
    interrupted = number;
    if (running > 0)
        (void)kill(running, SIGKILL);
}

struct relay {
    char *out; /* owned: all that it printed so far */
    size_t n_out, room;
    char line[LINE_MAX_BYTES];
    size_t n_line;
};

/* Bytes that a terminal would take for more than text. */
static int is_control(unsigned char byte, unsigned char before)
{
    return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f ||
           (before == 0xc2 && byte >= 0x80 && byte < 0xa0);
}

static void put(FILE *to, const char *bytes, size_t n)
{
    char some[1024]; // stderr keeps nothing back: byte by byte each would be a call of the system
    unsigned char before = 0;
    size_t n_some = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        some[n_some++] = is_control(byte, before) ? '?' : bytes[i];
        before = byte;
        if (n_some == sizeof(some) || i + 1 == n) {
            (void)fwrite(some, 1, n_some, to);
            n_some = 0;
        }
    }
    (void)fflush(to);
}

static void take_lines(struct relay *relay, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        relay->line[relay->n_line++] = bytes[i];
        if (bytes[i] != '\n' && relay->n_line < sizeof(relay->line))
            continue;
        put(stderr, relay->line, relay->n_line);
        relay->n_line = 0;
    }
}

/* False: more than any report has. */
static int keep(struct relay *relay, const char *bytes, size_t n)
{
    if (relay->n_out + n > relay->room) {
        size_t room = (relay->n_out + n) * 2 + 65536;
        char *more = room > 2 * OUT_MAX ? NULL : realloc(relay->out, room);

        if (more == NULL)
            return 0;
        relay->out = more;
        relay->room = room;
    }
    memcpy(relay->out + relay->n_out, bytes, n);
    relay->n_out += n;
    return 1;
}

/* What is there. False: nothing more comes, or may come. */
static int relay_some(struct relay *relay, int fd, int is_err)
{
    char bytes[16384];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    if (n == 0)
        return 0;
    if (is_err)
        take_lines(relay, bytes, (size_t)n);
    return is_err || keep(relay, bytes, (size_t)n);
}

static void drain(struct relay *relay, int fd, int is_err)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};

    while (fd >= 0 && poll(&look, 1, 0) > 0 && (look.revents & POLLIN) != 0 &&
           relay_some(relay, fd, is_err))
        ;
}

/* Once, if it has asked. */
static void give_ids(struct worker *worker, pid_t pid, int *is_asked)
{
    struct sandbox sandbox = {.uid = worker->uid, .gid = worker->gid};
    int rc;

    if (*is_asked || atomic_load(&worker->shm->map) != MAP_ASKED)
        return;
    *is_asked = 1;
    rc = sandbox_map(pid, &sandbox, NULL);
    atomic_store(&worker->shm->map, rc < 0 ? MAP_REFUSED : MAP_GIVEN);
    futex_wake(&worker->shm->map, 1);
}

/* Until it has ended: prints what it prints, serves what it asks for. */
static void look_after(struct worker *worker, pid_t pid, int pidfd, const struct disk *disk,
                       struct relay *relay)
{
    struct disk_far_server server;
    struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN},
                           {.fd = worker->knock, .events = POLLIN},
                           {.fd = worker->out[END_READ], .events = POLLIN},
                           {.fd = worker->err[END_READ], .events = POLLIN}};
    uint64_t count;
    int is_asked = 0;

    disk_far_server_init(&server, &worker->shm->disk, disk);
    while ((fds[0].revents & POLLIN) == 0) {
        if (poll(fds, 4, -1) < 0 && errno != EINTR)
            break;
        if ((fds[1].revents & POLLIN) != 0 && read(worker->knock, &count, sizeof(count)) > 0) {
            give_ids(worker, pid, &is_asked);
            if (disk != NULL) // one knock may be for both
                disk_far_serve(&server);
        }
        for (int i = 2; i < 4; i++) {
            if (fds[i].revents == 0 || relay_some(relay, fds[i].fd, i == 3))
                continue;
            if (i == 2 && (fds[i].revents & POLLIN) != 0)
                (void)kill(pid, SIGKILL); // a report without end
            fds[i].fd = -1;
        }
    }
    disk_far_server_deinit(&server);
    drain(relay, fds[2].fd, 0);
    drain(relay, fds[3].fd, 1);
    if (relay->n_line > 0)
        put(stderr, relay->line, relay->n_line);
}

static void judge(struct worker *worker, int status, struct worker_end *end)
{
    struct child_crash crash = worker->shm->crash;

    end->is_whole = atomic_load(&worker->shm->is_whole) != 0;
    end->who = atomic_load(&worker->shm->is_beside) ? -1 : (int)atomic_load(&worker->shm->who) - 1;
    end->code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (interrupted) {
        end->kind = WORKER_INTERRUPTED;
    } else if (atomic_load(&worker->shm->is_crashed)) {
        end->kind = WORKER_CRASHED;
        fault_text(&crash, end->text, sizeof(end->text));
    } else if (WIFSIGNALED(status)) {
        end->kind = WORKER_CRASHED;
        (void)snprintf(end->text, sizeof(end->text), "signal %d (%s)", WTERMSIG(status),
                       sigdescr_np(WTERMSIG(status)) ? sigdescr_np(WTERMSIG(status)) : "unknown");
    } else {
        end->kind = WORKER_EXITED;
    }
}

static void fail(struct worker_end *end, const char *what)
{
    end->kind = WORKER_FAILED;
    (void)snprintf(end->text, sizeof(end->text), "%s: %s", what, strerror(errno));
}

static int prepare(struct worker *worker, struct worker_end *end)
{
    worker->shm =
        mmap(NULL, sizeof(*worker->shm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (worker->shm == MAP_FAILED) {
        worker->shm = NULL;
        fail(end, "no memory that two processes share");
        return 0;
    }
    worker->knock = eventfd(0, EFD_CLOEXEC);
    if (worker->knock < 0 || pipe2(worker->out, O_CLOEXEC) < 0 ||
        pipe2(worker->err, O_CLOEXEC) < 0) {
        fail(end, "no pipe to a process");
        return 0;
    }
    sandbox_ids(SANDBOX_UID_PROBE, &worker->uid, &worker->gid);
    worker->parent = getpid();
    return 1;
}

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            (void)close(pair[i]);
        pair[i] = -1;
    }
}

/* Whoever ends this process ends the worker too: held until it is known whom that means. */
static pid_t begin(struct worker *worker, const struct worker_config *config)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_interrupt};
    sigset_t held, before;
    pid_t pid;

    (void)fflush(NULL);
    (void)sigemptyset(&held);
    for (int i = 0; i < 3; i++)
        (void)sigaddset(&held, ends[i]);
    (void)sigprocmask(SIG_BLOCK, &held, &before);
    for (int i = 0; i < 3; i++)
        (void)sigaction(ends[i], &action, NULL);
    pid = fork();
    if (pid == 0)
        be_worker(worker, config);
    running = pid;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    (void)close(worker->out[END_WRITE]);
    (void)close(worker->err[END_WRITE]);
    worker->out[END_WRITE] = worker->err[END_WRITE] = -1;
    return pid;
}

void worker_run(const struct worker_config *config, struct worker_end *end)
{
    struct worker worker = {.out = {-1, -1}, .err = {-1, -1}, .knock = -1};
    struct relay *relay = calloc(1, sizeof(*relay));
    int status = 0, pidfd = -1;
    pid_t pid = -1;

    memset(end, 0, sizeof(*end));
    end->who = -1;
    interrupted = 0;
    if (relay == NULL) {
        errno = ENOMEM;
        fail(end, "a process");
    } else if (prepare(&worker, end)) {
        pid = begin(&worker, config);
        if (pid < 0)
            fail(end, "no process could be started");
    }
    if (pid > 0) {
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0)
            (void)kill(pid, SIGKILL);
        else
            look_after(&worker, pid, pidfd, config->disk, relay);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        running = 0;
        judge(&worker, status, end);
        if (end->kind == WORKER_EXITED)
            put(stdout, relay->out, relay->n_out);
        if (pidfd >= 0)
            (void)close(pidfd);
    }
    if (relay != NULL)
        free(relay->out);
    free(relay);
    close_pair(worker.out);
    close_pair(worker.err);
    if (worker.knock >= 0)
        (void)close(worker.knock);
    if (worker.shm != NULL)
        (void)munmap(worker.shm, sizeof(*worker.shm));
}
