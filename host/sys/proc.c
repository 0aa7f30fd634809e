// SPDX-License-Identifier: Apache-2.0
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/machine.h"

static int set_attributes(posix_spawnattr_t *attr, const struct proc_spec *spec)
{
    sigset_t none, all;
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    int rc;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    rc = posix_spawnattr_setsigmask(attr, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attr, &all);
    if (spec->is_group)
        flags = (short)(flags | POSIX_SPAWN_SETPGROUP);
    return rc != 0 ? rc : posix_spawnattr_setflags(attr, flags);
}

int proc_spawn(struct proc *proc, const struct proc_spec *spec, struct error *err)
{
    static char *const no_environment[] = {NULL};
    char *const *argv, *const *envp = no_environment;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    int held[PROC_FDS_MAX];
    int rc = 0;
    pid_t pid = -1;

    proc->pid = -1;
    proc->pidfd = -1;
    if (spec->n_fds < 3 || spec->n_fds > PROC_FDS_MAX)
        return error_set(err, AGON_EINVAL, "a child takes 3 to %d descriptors", PROC_FDS_MAX);
    // posix_spawn takes pointers without const and changes nothing behind them.
    memcpy(&argv, &spec->argv, sizeof(argv));
    if (spec->envp != NULL)
        memcpy(&envp, &spec->envp, sizeof(envp));
    if (posix_spawn_file_actions_init(&actions) != 0)
        return error_set(err, AGON_ENOMEM, "starting %s: out of memory", spec->path);
    if (posix_spawnattr_init(&attr) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return error_set(err, AGON_ENOMEM, "starting %s: out of memory", spec->path);
    }
    for (int i = 0; i < spec->n_fds; i++)
        held[i] = -1;
    // First copies above the target range, so that no dup2 overwrites a source still needed.
    for (int i = 0; rc == 0 && i < spec->n_fds; i++) {
        held[i] = spec->fds[i] >= 0 ? fcntl(spec->fds[i], F_DUPFD_CLOEXEC, PROC_FDS_MAX)
                                    : open("/dev/null", O_RDWR | O_CLOEXEC);
        if (held[i] < 0)
            rc = errno;
    }
    for (int i = 0; rc == 0 && i < spec->n_fds; i++) {
        if (held[i] < PROC_FDS_MAX) { // /dev/null came out low: lift it as well
            int lifted = fcntl(held[i], F_DUPFD_CLOEXEC, PROC_FDS_MAX);

            (void)close(held[i]);
            held[i] = lifted;
            rc = lifted < 0 ? errno : 0;
        }
        if (rc == 0)
            rc = posix_spawn_file_actions_adddup2(&actions, held[i], i);
    }
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(&actions, spec->n_fds);
    if (rc == 0)
        rc = set_attributes(&attr, spec);
    if (rc == 0)
        rc = posix_spawn(&pid, spec->path, &actions, &attr, argv, envp);
    for (int i = 0; i < spec->n_fds; i++) {
        if (held[i] >= 0)
            (void)close(held[i]);
    }
    (void)posix_spawnattr_destroy(&attr);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (rc != 0)
        return error_set(err,
                         rc == ENOENT                  ? AGON_ENOENT
                         : rc == EACCES || rc == EPERM ? AGON_EPERM
                                                       : AGON_EIO,
                         "starting %s: %s", spec->path, strerror(rc));
    proc->pid = pid;
    // Not reaped yet, so the number is still this child's.
    proc->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (proc->pidfd < 0) {
        rc = errno;
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        proc->pid = -1;
        return error_set(err, AGON_EIO, "holding process %d of %s: %s", (int)pid, spec->path,
                         strerror(rc));
    }
    (void)fcntl(proc->pidfd, F_SETFD, FD_CLOEXEC);
    return AGON_OK;
}

int proc_wait(struct proc *proc, int timeout_ms, struct proc_end *end)
{
    struct pollfd poll_fd = {.fd = proc->pidfd, .events = POLLIN};
    siginfo_t info;
    int n;

    if (proc->pid < 0 || proc->pidfd < 0)
        return AGON_ENOENT;
    do {
        n = poll(&poll_fd, 1, timeout_ms);
    } while (n < 0 && errno == EINTR && timeout_ms < 0);
    if (n <= 0)
        return AGON_EAGAIN;
    memset(&info, 0, sizeof(info));
    if (waitid(P_PIDFD, (id_t)proc->pidfd, &info, WEXITED) != 0)
        return AGON_ENOENT;
    end->is_signalled = info.si_code != CLD_EXITED;
    end->code = info.si_status;
    proc->pid = -1;
    return AGON_OK;
}

int proc_signal(const struct proc *proc, int signal_number)
{
    if (proc->pid < 0 || proc->pidfd < 0 ||
        syscall(SYS_pidfd_send_signal, proc->pidfd, signal_number, NULL, 0) != 0)
        return AGON_ENOENT;
    return AGON_OK;
}

void proc_close(struct proc *proc)
{
    if (proc->pidfd >= 0)
        (void)close(proc->pidfd);
    proc->pidfd = -1;
}

void proc_end_text(const struct proc_end *end, char *text, size_t room)
{
    const char *name = end->is_signalled ? sigdescr_np(end->code) : NULL;

    if (end->is_signalled)
        (void)snprintf(text, room, "signal %d (%s)", end->code, name != NULL ? name : "unknown");
    else
        (void)snprintf(text, room, "exit status %d", end->code);
}

static FILE *open_of(int pid, const char *name)
{
    char path[64];

    if (pid == 0)
        (void)snprintf(path, sizeof(path), "/proc/self/%s", name);
    else
        (void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    return fopen(path, "re");
}

static int read_status(FILE *file, struct proc_rights *rights)
{
    char line[256];
    unsigned long long caps;
    unsigned number;
    int n = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "CapPrm: %llx", &caps) == 1 || sscanf(line, "CapEff: %llx", &caps) == 1) {
            rights->has_caps |= caps != 0;
            n++;
        } else if (sscanf(line, "Uid: %u", &number) == 1) {
            rights->uid = number;
            n++;
        } else if (sscanf(line, "Threads: %u", &number) == 1) {
            rights->threads = number;
            n++;
        } else if (sscanf(line, "NoNewPrivs: %u", &number) == 1) {
            rights->has_no_new_privs = number == 1;
            n++;
        } else if (sscanf(line, "Seccomp: %u", &number) == 1) {
            rights->is_filtered = number == 2;
            n++;
        } else if (sscanf(line, "Seccomp_filters: %u", &number) == 1) {
            rights->n_filters = number;
        }
    }
    return n == 6 ? AGON_OK : AGON_EIO;
}

static int read_limits(FILE *file, struct proc_rights *rights)
{
    static const char *const names[] = {"Max core file size", "Max open files", "Max locked memory",
                                        "Max address space"};
    uint64_t *const values[] = {&rights->max_core, &rights->max_files, &rights->max_locked,
                                &rights->max_address};
    char line[256];
    int n = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            unsigned long long number;

            if (strncmp(line, names[i], strlen(names[i])) != 0)
                continue;
            *values[i] =
                sscanf(line + strlen(names[i]), "%llu", &number) == 1 ? number : UINT64_MAX;
            n++;
        }
    }
    return n == 4 ? AGON_OK : AGON_EIO;
}

int proc_rights(int pid, struct proc_rights *rights)
{
    FILE *status = open_of(pid, "status");
    FILE *limits = open_of(pid, "limits");
    int rc = status == NULL || limits == NULL ? AGON_ENOENT : AGON_OK;

    memset(rights, 0, sizeof(*rights));
    if (rc >= 0)
        rc = read_status(status, rights);
    if (rc >= 0)
        rc = read_limits(limits, rights);
    if (status != NULL)
        (void)fclose(status);
    if (limits != NULL)
        (void)fclose(limits);
    return rc;
}

int64_t proc_cpu_ns(int pid)
{
    struct timespec at;
    clockid_t id;

    if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &at) != 0)
        return -1;
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

uint64_t proc_start(int pid)
{
    unsigned long long ticks = 0;
    char path[32], text[1024];
    const char *rest;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    rest = strrchr(text, ')'); // a name may hold anything
    if (rest == NULL || sscanf(rest + 1,
                               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                               "%*d %*d %*d %llu",
                               &ticks) != 1) // the 22nd of all (proc(5))
        return 0;
    return ticks;
}

int proc_self(char *path, size_t room)
{
    ssize_t n = room > 0 ? readlink("/proc/self/exe", path, room - 1) : -1;

    if (n < 0)
        return AGON_EIO;
    if ((size_t)n >= room - 1)
        return AGON_ERANGE;
    path[n] = '\0';
    return AGON_OK;
}

int proc_beside(const char *name, char *path, size_t room)
{
    int rc = proc_self(path, room);
    char *slash = rc >= 0 ? strrchr(path, '/') : NULL;

    if (slash == NULL)
        return rc < 0 ? rc : AGON_EIO;
    room -= (size_t)(slash + 1 - path);
    return (size_t)snprintf(slash + 1, room, "%s", name) < room ? AGON_OK : AGON_ERANGE;
}

void proc_give_way(void)
{
    // Where threads are simulated this one is all of them.
    if (machine_simulated() != NULL)
        return;
    // Of this thread alone: on Linux a number of 0 means the caller, not its process.
    (void)setpriority(PRIO_PROCESS, 0, 19);
}

static void set_policy(int policy)
{
    const struct sched_param param = {0};

    if (machine_simulated() != NULL)
        return;
    // Without it things go as before, only less politely.
    (void)sched_setscheduler(0, policy, &param);
}

void proc_batch(void)
{
    set_policy(SCHED_BATCH);
}

void proc_normal(void)
{
    set_policy(SCHED_OTHER);
}

uint32_t proc_cores(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return n > 0 ? (uint32_t)n : 1;
}
