// SPDX-License-Identifier: Apache-2.0
#include "agent/runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "agent/child_main.h"
#include "agent/runner_blob.h"
#include "agent/slot_shm.h"
#include "sys/memfd.h"

#define CHECK_MS 5000
/* The running program, also when its file has been replaced or removed. */
#define ITSELF "/proc/self/exe"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int program = -1;       /* sealed; for the life of this process */
static struct error refusal;   /* why there is none */
static _Atomic int is_refused; /* there is one, and it cannot be executed */

static void make_program(void)
{
    size_t n;
    const unsigned char *bytes = runner_blob(&n);

    program = memfd_new_program("agon-runner", bytes, n, &refusal);
}

static int spawn_program(struct proc *proc, struct proc_spec *spec, struct error *err)
{
    char path[32];

    // The child's own descriptor: it has closed it before it looks at anything (child_main).
    snprintf(path, sizeof(path), "/proc/self/fd/%d", CHILD_FD_RUNNER);
    spec->path = path;
    spec->fds[CHILD_FD_RUNNER] = program;
    spec->n_fds = CHILD_FD_RUNNER + 1;
    return proc_spawn(proc, spec, err);
}

int runner_spawn(struct proc *proc, const char *exe, struct proc_spec *spec, struct error *err)
{
    (void)pthread_once(&once, make_program);
    if (exe == NULL && program >= 0 && !atomic_load(&is_refused)) {
        int rc = spawn_program(proc, spec, err);

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
    struct proc_spec spec = {.argv = argv, .fds = {-1, -1, -1, -1, -1, -1, -1}};
    struct proc proc = {.pid = -1, .pidfd = -1};
    struct proc_end end = {0};
    int rc;

    (void)pthread_once(&once, make_program);
    if (program < 0) {
        *err = refusal;
        return refusal.code;
    }
    rc = spawn_program(&proc, &spec, err);
    if (rc < 0)
        return rc;
    rc = proc_wait(&proc, CHECK_MS, &end);
    proc_close(&proc);
    if (rc < 0 || end.is_signalled || end.code != CHILD_NOT_CALLED)
        return error_set(err, AGON_EIO, "it does not run");
    return AGON_OK;
}
