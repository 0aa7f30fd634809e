// SPDX-License-Identifier: Apache-2.0
#include "agent/runner.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include "agent/child_main.h"
#include "agent/runner_blob.h"
#include "agent/slot_shm.h"
#include "sys/memfd.h"

#define CHECK_MS 5000
/* The running program, also when its file has been replaced or removed. */
#define ITSELF "/proc/self/exe"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { /* what was made; for the life of this process */
    int fd;
    dev_t dev;
    ino_t ino;
} program = {.fd = -1};
static _Atomic int is_refused; /* it cannot be executed */

/* Whoever was forked and has closed what it inherited may have another file of that number, a
 * plugin's even: nothing is executed but what was made. */
static int is_there(void)
{
    struct stat stat;

    return program.fd >= 0 && fstat(program.fd, &stat) == 0 && stat.st_dev == program.dev &&
           stat.st_ino == program.ino && memfd_is_program(program.fd);
}

/* Its descriptor, or AGON_E... */
static int open_program(struct error *err)
{
    struct stat stat;
    size_t n;
    const unsigned char *bytes = runner_blob(&n);
    int fd = AGON_OK;

    (void)pthread_mutex_lock(&lock);
    if (!is_there()) {
        fd = memfd_new_program("agon-runner", bytes, n, err);
        program.fd = fd < 0 || fstat(fd, &stat) != 0 ? -1 : fd;
        if (program.fd >= 0) {
            program.dev = stat.st_dev;
            program.ino = stat.st_ino;
        }
    }
    fd = program.fd >= 0 ? program.fd : fd < 0 ? fd : AGON_EIO;
    (void)pthread_mutex_unlock(&lock);
    return fd;
}

static int spawn_program(struct proc *proc, int fd, struct proc_spec *spec, struct error *err)
{
    char path[32];

    // The child's own descriptor: it has closed it before it looks at anything (child_main).
    snprintf(path, sizeof(path), "/proc/self/fd/%d", CHILD_FD_RUNNER);
    spec->path = path;
    spec->fds[CHILD_FD_RUNNER] = fd;
    spec->n_fds = CHILD_FD_RUNNER + 1;
    return proc_spawn(proc, spec, err);
}

int runner_spawn(struct proc *proc, const char *exe, struct proc_spec *spec, struct error *err)
{
    int fd = exe == NULL && !atomic_load(&is_refused) ? open_program(NULL) : -1;

    if (fd >= 0) {
        int rc = spawn_program(proc, fd, spec, err);

        if (rc != AGON_EPERM && rc != AGON_ENOENT)
            return rc; // started, or this machine has no room for another process
        atomic_store(&is_refused, 1);
    }
    spec->path = exe != NULL ? exe : ITSELF;
    spec->n_fds = CHILD_FD_RUNNER;
    return proc_spawn(proc, spec, err);
}

int runner_check(struct error *err)
{
    static const char *const argv[] = {"agon", CHILD_COMMAND, NULL};
    struct proc_spec spec = {.argv = argv};
    struct proc proc = {.pid = -1, .pidfd = -1};
    struct proc_end end = {0};
    int rc = open_program(err);

    for (int i = 0; i < CHILD_FD_RUNNER; i++)
        spec.fds[i] = -1;
    if (rc >= 0)
        rc = spawn_program(&proc, rc, &spec, err);
    if (rc < 0)
        return rc;
    rc = proc_wait(&proc, CHECK_MS, &end);
    if (rc == AGON_EAGAIN) {
        (void)proc_signal(&proc, SIGKILL);
        (void)proc_wait(&proc, -1, &end);
    }
    proc_close(&proc);
    if (rc < 0 || end.is_signalled || end.code != CHILD_NOT_CALLED)
        return error_set(err, AGON_EIO, "it does not run");
    return AGON_OK;
}
