// SPDX-License-Identifier: Apache-2.0
/* doctor: what this machine gives: kernel, sandbox, disk, memory, libraries. What is missing is
 * said with what it costs and how to get it; only what the host cannot run without is an error. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/runner.h"
#include "agent/sandbox.h"
#include "args/args.h"
#include "cli/commands.h"
#include "sys/cgroup.h"
#include "sys/clock.h"
#include "sys/memfd.h"
#include "sys/proc.h"
#include "sys/wrap.h"

enum verdict { WELL = 0, LACKS = 1, BROKEN = 2 };

struct report {
    json_t *list;
    int is_quiet;
    enum verdict worst;
};

static __attribute__((format(printf, 5, 6))) void say(struct report *report, enum verdict verdict,
                                                      const char *topic, const char *help,
                                                      const char *format, ...)
{
    static const char *const words[] = {"ok", "lacks", "broken"};
    json_t *object = json_object();
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    json_object_set_new(object, "topic", json_string(topic));
    json_object_set_new(object, "result", json_string(words[verdict]));
    json_object_set_new(object, "text", json_string(text));
    if (help && verdict != WELL)
        json_object_set_new(object, "help", json_string(help));
    json_array_append_new(report->list, object);
    if (verdict > report->worst)
        report->worst = verdict;
    if (!report->is_quiet) {
        int at = printf("%-7s %-16s ", words[verdict], topic);

        wrap_text(stdout, wrap_width(stdout), at, 25, text);
        if (help && verdict != WELL)
            wrap_text(stdout, wrap_width(stdout), printf("%25s", ""), 25, help);
    }
}

static void machine(struct report *report)
{
    struct utsname name;
    struct sysinfo info;
    long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (uname(&name) == 0)
        say(report, WELL, "system", NULL, "%s %s, %s", name.sysname, name.release, name.machine);
    say(report, n_cpus >= 4 ? WELL : LACKS, "cores",
        "below four the core thread parks between events: latency is that of a wake-up", "%ld",
        n_cpus);
    if (sysinfo(&info) == 0)
        say(report, (uint64_t)info.totalram * info.mem_unit >= (1ull << 30) ? WELL : LACKS,
            "memory", "a host with its default bus and journal takes about 500 MB",
            "%llu MB, %llu MB free", (unsigned long long)info.totalram * info.mem_unit >> 20,
            (unsigned long long)info.freeram * info.mem_unit >> 20);
}

static void memory_lock(struct report *report)
{
    struct rlimit limit;
    static unsigned char page[4096];
    int is_locked = mlock(page, sizeof(page)) == 0;

    if (is_locked)
        (void)munlock(page, sizeof(page));
    (void)getrlimit(RLIMIT_MEMLOCK, &limit);
    say(report, is_locked && (geteuid() == 0 || limit.rlim_cur >= (256u << 20)) ? WELL : LACKS,
        "memory lock", "raise `ulimit -l` so that rings and journal cannot be paged out",
        limit.rlim_cur == RLIM_INFINITY ? "without limit" : "%llu KiB",
        (unsigned long long)limit.rlim_cur >> 10);
}

static void kernel(struct report *report)
{
    struct error err = {0};
    int fd = memfd_new("agon-doctor", 4096, &err);
    int is_sealed = fd >= 0 && memfd_seal(fd, 1, &err) >= 0;
    struct proc proc = {.pid = -1, .pidfd = -1};
    static const char *const argv[] = {"true", NULL};
    struct proc_spec spec = {.path = "/bin/true", .argv = argv, .fds = {-1, -1, -1}, .n_fds = 3};
    struct proc_end end;

    say(report, is_sealed ? WELL : BROKEN, "sealed memory",
        "process runners need memfd_create and F_SEAL_FUTURE_WRITE (Linux 5.1)", "%s",
        is_sealed ? "memfd with seals" : err.text);
    if (fd >= 0)
        (void)close(fd);
    memset(&err, 0, sizeof(err));
    if (proc_spawn(&proc, &spec, &err) >= 0) {
        (void)proc_wait(&proc, 5000, &end);
        proc_close(&proc);
        say(report, WELL, "pidfd", NULL, "children are held by descriptor");
    } else {
        say(report, BROKEN, "pidfd", "process runners need Linux 5.4", "%s", err.text);
    }
    memset(&err, 0, sizeof(err));
    if (runner_check(&err) >= 0)
        say(report, WELL, "runner", NULL, "plugins' processes are a small program of their own");
    else
        say(report, LACKS, "runner",
            "plugins' processes are this whole program, with its libraries: they start slower; "
            "vm.memfd_noexec below 2 gives them one of their own",
            "%s", err.text);
}

struct trial { /* descriptors of a pipe from the child, and of one to it */
    int told, asked;
};

static int await_map(void *ctx)
{
    const struct trial *trial = ctx;
    uint32_t word = UINT32_MAX;

    return write(trial->told, &word, sizeof(word)) == sizeof(word) &&
           read(trial->asked, &word, sizeof(word)) == sizeof(word) && word == 1;
}

static void try_in_child(struct sandbox *sandbox, struct trial trial)
{
    sandbox->await_map = await_map;
    sandbox->ctx = &trial;
    sandbox_begin(sandbox);
    if (sandbox_close(sandbox, NULL) < 0)
        sandbox->holds = 0;
    _exit(write(trial.told, &sandbox->holds, sizeof(sandbox->holds)) < 0);
}

/* Really takes the layers, in a child made for it, and looks at it as a host does. */
static uint32_t try_layers(void)
{
    struct sandbox sandbox = {.wanted = SANDBOX_ALL, .address_bytes = 4ull << 30};
    uint32_t word = 0;
    int told[2], asked[2];
    pid_t pid;

    sandbox_ids(SANDBOX_UID_PROBE, &sandbox.uid, &sandbox.gid);
    if (pipe2(told, O_CLOEXEC) < 0)
        return 0;
    if (pipe2(asked, O_CLOEXEC) < 0) {
        (void)close(told[0]);
        (void)close(told[1]);
        return 0;
    }
    pid = fork();
    if (pid == 0)
        try_in_child(&sandbox, (struct trial){told[1], asked[0]});
    (void)close(told[1]);
    (void)close(asked[0]);
    if (pid < 0 || read(told[0], &word, sizeof(word)) != sizeof(word))
        word = 0;
    if (word == UINT32_MAX) {
        word = sandbox_map(pid, &sandbox, NULL) >= 0;
        if (write(asked[1], &word, sizeof(word)) != sizeof(word) ||
            read(told[0], &word, sizeof(word)) != sizeof(word))
            word = 0;
    }
    (void)close(told[0]);
    (void)close(asked[1]);
    if (pid > 0)
        (void)waitpid(pid, NULL, 0);
    return word;
}

static void cgroup(struct report *report)
{
    char dir[512];
    struct error err = {0};

    if (cgroup_find(dir, sizeof(dir), &err) >= 0)
        say(report, WELL, "cgroup", NULL, "%s is delegated", dir);
    else
        say(report, LACKS, "cgroup",
            "plugins' memory and threads are held by rlimits and counts, their processor time by a "
            "meter; under systemd the unit's Delegate=memory pids cpu gives control groups",
            "%s", err.text);
}

static void sandbox(struct report *report)
{
    uint32_t holds = try_layers();
    int abi = sandbox_landlock_abi();

    say(report, abi >= 3 ? WELL : LACKS, "landlock",
        "below ABI 3 truncation, TCP and signals are left to seccomp", "ABI %d", abi);
    for (unsigned i = 0; i < SANDBOX_LAYERS; i++) {
        char topic[32];

        snprintf(topic, sizeof(topic), "sandbox %s", sandbox_layer_name(i));
        if (holds >> i & 1)
            say(report, WELL, topic, NULL, "holds");
        else if (1u << i == SANDBOX_UID && sandbox_no_ids()[0] != '\0')
            say(report, LACKS, topic, sandbox_layer_help(i), "not here: %s", sandbox_no_ids());
        else
            say(report, LACKS, topic, sandbox_layer_help(i), "not here");
    }
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* The nearest directory above one that is not there yet: where it would be made. */
static void nearest(const char *dir, char *path, size_t room)
{
    struct stat status;

    snprintf(path, room, "%s", dir);
    while (stat(path, &status) < 0 && errno == ENOENT) {
        char *slash;

        for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
            path[n - 1] = '\0';
        slash = strrchr(path, '/');
        if (slash == NULL) {
            snprintf(path, room, ".");
            return;
        }
        slash[slash == path ? 1 : 0] = '\0';
    }
}

/* A file to write to that no one sees and that is gone when it is closed. */
static int scratch(const char *dir)
{
    char path[4096 + 64];
    int fd = open(dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    snprintf(path, sizeof(path), "%s/.agon-doctor-%d", dir, (int)getpid());
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

/* What a write to the journal costs before an order may leave. */
static void disk(struct report *report, const char *wanted)
{
    char dir[4096], block[4096] = {0};
    int64_t times[21];
    struct statvfs space;
    int fd, n = 0;

    nearest(wanted, dir, sizeof(dir));
    if (strcmp(dir, wanted) != 0) {
        char shown[512];

        snprintf(shown, sizeof(shown), "%s", args_safe(wanted));
        say(report, WELL, "directory", NULL, "%s is not there yet; looked at %s", shown,
            args_safe(dir));
    }
    if (statvfs(dir, &space) == 0) {
        uint64_t free_mb = (uint64_t)space.f_bavail * space.f_frsize >> 20;

        say(report, free_mb >= 2048 ? WELL : LACKS, "disk space",
            "the journal of a day of market data takes some GB", "%llu MB free in %s",
            (unsigned long long)free_mb, args_safe(dir));
    }
    fd = scratch(dir);
    if (fd < 0) {
        say(report, BROKEN, "disk", "name a folder that can be written with --dir", "%s: %s",
            args_safe(dir), strerror(errno));
        return;
    }
    for (; n < 21; n++) {
        int64_t begin = clock_mono();

        if (pwrite(fd, block, sizeof(block), (off_t)n * (off_t)sizeof(block)) < 0 ||
            fdatasync(fd) < 0)
            break;
        times[n] = clock_mono() - begin;
    }
    (void)close(fd);
    if (n < 21) {
        say(report, BROKEN, "disk", "the journal cannot be made durable there", "%s",
            strerror(errno));
        return;
    }
    qsort(times, 21, sizeof(times[0]), by_size);
    say(report, times[10] < 10000000 ? WELL : LACKS, "disk sync",
        "an order waits for it in class sync: use a local disk", "4 KiB in %.2f ms, worst %.2f ms",
        (double)times[10] / 1e6, (double)times[20] / 1e6);
}

static void clocks(struct report *report)
{
    int64_t begin = clock_mono(), last = begin, step = INT64_MAX;
    char source[64] = "";
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");

    if (file) {
        if (fgets(source, sizeof(source), file))
            source[strcspn(source, "\n")] = 0;
        fclose(file);
    }
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_mono();

        if (now > last && now - last < step)
            step = now - last;
        last = now;
    }
    say(report, (last - begin) / 10000 < 200 ? WELL : LACKS, "clock",
        "a slow clock source costs time at every event; tsc is the fast one",
        "%s, %lld ns a reading", source[0] ? args_safe(source) : "unknown source",
        (long long)((last - begin) / 10000));
}

static void libraries(struct report *report)
{
    char text[512];

    snprintf(text, sizeof(text), "%s", AGON_FEATURES);
    for (char *c = text; *c; c++)
        if (*c == ',')
            *c = c[1] ? ';' : 0;
    say(report, WELL, "libraries", NULL, "%s", text);
    say(report, WELL, "agon", NULL, "%s, SDK %d.%d, layout %08x", AGON_VERSION, AGON_ABI_MAJOR,
        AGON_ABI_MINOR, AGON_LAYOUT_HASH);
}

int cmd_doctor(int argc, char **argv)
{
    struct report report = {0};
    const char *dir = ".";
    const struct arg table[] = {
        {"dir", ARG_TEXT, "DIR", "where the journal would lie (default: here)", &dir},
        {"json", ARG_FLAG, NULL, "report as JSON", &report.is_quiet},
        {NULL}};
    const struct args_spec spec = {
        .usage = "[--dir DIR] [--json]",
        .about = "Shows what this machine gives and what it lacks. Exit code 6: the host cannot "
                 "run here.",
        .args = table};
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    report.list = json_array();
    machine(&report);
    memory_lock(&report);
    clocks(&report);
    disk(&report, dir);
    kernel(&report);
    sandbox(&report);
    cgroup(&report);
    libraries(&report);
    if (report.is_quiet) {
        json_t *root = json_object();

        json_object_set_new(root, "well", json_boolean(report.worst < BROKEN));
        json_object_set(root, "checks", report.list);
        json_dumpf(root, stdout, JSON_INDENT(2));
        printf("\n");
        json_decref(root);
    }
    json_decref(report.list);
    return report.worst == BROKEN ? EXIT_ENVIRONMENT : EXIT_OK;
}
