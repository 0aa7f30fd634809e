// SPDX-License-Identifier: Apache-2.0
#include "sys/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OWN         "host" /* the group of this process and those that came with it */
#define MOVES       64     /* rounds until nobody is left beside it */
#define CPU_PERIOD  100000 /* us */
#define SHIFT_BYTES 4096

static const char *const names[CGROUP_CONTROLS] = {"memory", "pids", "cpu"};

const char *cgroup_control_name(unsigned index)
{
    return index < CGROUP_CONTROLS ? names[index] : NULL;
}

/* "dir/name/file"; name may be empty. */
static int path_of(char path[640], const char *dir, const char *name, const char *file)
{
    int n =
        snprintf(path, 640, "%s%s%s%s%s", dir, name[0] ? "/" : "", name, file[0] ? "/" : "", file);

    return n > 0 && n < 640;
}

/* A write to a control file is one step, taken or refused whole. AGON_ENOENT: there is no such
 * process any more. */
static int put_text(const char *dir, const char *name, const char *file, const char *text,
                    struct error *err)
{
    char path[640];
    ssize_t n = -1;
    int fd, why;

    if (!path_of(path, dir, name, file))
        return error_set(err, AGON_ERANGE, "%s: too long a path", dir);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        n = write(fd, text, strlen(text));
    why = errno;
    if (fd >= 0)
        (void)close(fd);
    if (n == (ssize_t)strlen(text))
        return AGON_OK;
    return error_set(err, why == ESRCH ? AGON_ENOENT : AGON_EIO, "%s: '%s': %s", path, text,
                     strerror(why));
}

/* What a control file says, cut at room - 1 bytes. */
static int get_text(const char *dir, const char *name, const char *file, char *text, size_t room)
{
    char path[640];
    ssize_t n;
    int fd;

    text[0] = '\0';
    if (!path_of(path, dir, name, file))
        return AGON_ERANGE;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return AGON_EIO;
    n = read(fd, text, room - 1);
    (void)close(fd);
    if (n < 0)
        return AGON_EIO;
    text[n] = '\0';
    return AGON_OK;
}

static int is_delegated(const char *dir)
{
    static const char *const marks[] = {"user.delegate", "trusted.delegate"};
    char value[4];

    for (int i = 0; i < 2; i++)
        if (getxattr(dir, marks[i], value, sizeof(value)) == 1 && value[0] == '1')
            return 1;
    return 0;
}

/* A group with controls for its children holds no process itself. */
static int move_all(const char *dir, struct error *err)
{
    char text[SHIFT_BYTES];
    int rc;

    for (int i = 0; i < MOVES; i++) {
        char *at = text;

        if (get_text(dir, "", "cgroup.procs", text, sizeof(text)) < 0)
            return error_set(err, AGON_EIO, "%s/cgroup.procs cannot be read", dir);
        if (text[0] == '\0')
            return AGON_OK;
        while (*at) {
            size_t n = strcspn(at, "\n");
            int is_whole = at[n] == '\n';

            at[n] = '\0';
            // One that has ended meanwhile is not there to move.
            rc = is_whole ? put_text(dir, OWN, "cgroup.procs", at, err) : AGON_OK;
            if (rc < 0 && rc != AGON_ENOENT)
                return rc;
            at += n + (is_whole ? 1 : 0);
        }
    }
    return error_set(err, AGON_EIO, "%s: processes go on to begin in it", dir);
}

int cgroup_open_at(struct cgroup *group, const char *dir, struct error *err)
{
    char path[640], known[256], more[16];
    int rc;

    *group = (struct cgroup){0};
    if (!is_delegated(dir))
        return error_set(err, AGON_ENOENT, "%s is not delegated", dir);
    if (strlen(dir) >= sizeof(group->dir) || !path_of(path, dir, OWN, ""))
        return error_set(err, AGON_ERANGE, "%s: too long a path", dir);
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return error_set(err, AGON_EIO, "%s: %s", path, strerror(errno));
    rc = move_all(dir, err);
    if (rc < 0)
        return rc;
    if (get_text(dir, "", "cgroup.controllers", known, sizeof(known)) < 0)
        return error_set(err, AGON_EIO, "%s/cgroup.controllers cannot be read", dir);
    for (unsigned i = 0; i < CGROUP_CONTROLS; i++) {
        const char *at = strstr(known, names[i]);

        // "cpu" is the beginning of "cpuset" too.
        while (at != NULL && strchr(" \n", at[strlen(names[i])]) == NULL)
            at = strstr(at + 1, names[i]);
        (void)snprintf(more, sizeof(more), "+%s", names[i]);
        if (at != NULL && put_text(dir, "", "cgroup.subtree_control", more, NULL) >= 0)
            group->has |= 1u << i;
    }
    (void)snprintf(group->dir, sizeof(group->dir), "%s", dir);
    return AGON_OK;
}

/* Where the hierarchy of version 2 is mounted, by the lines of mountinfo(5). */
static int find_mount(char *mount, size_t room)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char line[1024], root[256], at[512];
    int is_found = 0;

    if (file == NULL)
        return 0;
    while (!is_found && fgets(line, sizeof(line), file) != NULL) {
        const char *kind = strstr(line, " - ");

        is_found = kind != NULL && strncmp(kind, " - cgroup2 ", 11) == 0 &&
                   sscanf(line, "%*s %*s %*s %255s %511s", root, at) == 2 && strcmp(root, "/") == 0;
    }
    (void)fclose(file);
    return is_found && (size_t)snprintf(mount, room, "%s", at) < room;
}

int cgroup_find(char *dir, size_t room, struct error *err)
{
    char mount[512], own[1024], *at, *end;
    int n;

    if (!find_mount(mount, sizeof(mount)) ||
        get_text("/proc/self", "", "cgroup", own, sizeof(own)) < 0)
        return error_set(err, AGON_ENOENT, "there are no control groups of version 2");
    at = strncmp(own, "0::", 3) == 0 ? own : strstr(own, "\n0::");
    if (at == NULL)
        return error_set(err, AGON_ENOENT, "this process is in no control group of version 2");
    at = strstr(at, "::") + 2;
    at[strcspn(at, "\n")] = '\0';
    n = snprintf(dir, room, "%s%s", mount, at);
    if (n < 0 || (size_t)n >= room)
        return error_set(err, AGON_ERANGE, "%s: too long a path", at);
    // Who came with another host of the same service was moved by that.
    end = strrchr(dir, '/');
    if (strcmp(end, "/" OWN) == 0) {
        *end = '\0';
        if (is_delegated(dir))
            return AGON_OK;
        *end = '/';
    }
    return is_delegated(dir) ? AGON_OK : error_set(err, AGON_ENOENT, "%s is not delegated", dir);
}

int cgroup_open(struct cgroup *group, struct error *err)
{
    char dir[512];
    int rc = cgroup_find(dir, sizeof(dir), err);

    *group = (struct cgroup){0};
    return rc < 0 ? rc : cgroup_open_at(group, dir, err);
}

int cgroup_put(const struct cgroup *group, const char *name, const struct cgroup_limits *limits,
               int pid, struct error *err)
{
    char path[640], text[64];
    int rc = AGON_OK;

    if (!path_of(path, group->dir, name, ""))
        return error_set(err, AGON_ERANGE, "%s: too long a path", group->dir);
    if (mkdir(path, 0755) < 0)
        return error_set(err, AGON_EIO, "%s: %s", path, strerror(errno));
    if (group->has & CGROUP_MEMORY) {
        (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)limits->memory_bytes);
        rc = put_text(group->dir, name, "memory.max", text, err);
        // Where there is swap, it is none of it.
        (void)put_text(group->dir, name, "memory.swap.max", "0", NULL);
    }
    if (rc >= 0 && group->has & CGROUP_PIDS) {
        (void)snprintf(text, sizeof(text), "%u", limits->threads);
        rc = put_text(group->dir, name, "pids.max", text, err);
    }
    if (rc >= 0 && group->has & CGROUP_CPU) {
        (void)snprintf(text, sizeof(text), "%llu %d",
                       (unsigned long long)limits->cores * CPU_PERIOD, CPU_PERIOD);
        rc = put_text(group->dir, name, "cpu.max", text, err);
    }
    (void)snprintf(text, sizeof(text), "%d", pid);
    if (rc >= 0)
        rc = put_text(group->dir, name, "cgroup.procs", text, err);
    if (rc < 0)
        (void)rmdir(path);
    return rc;
}

int cgroup_is_out_of_memory(const struct cgroup *group, const char *name)
{
    char text[512];
    const char *at;

    if ((group->has & CGROUP_MEMORY) == 0 ||
        get_text(group->dir, name, "memory.events", text, sizeof(text)) < 0)
        return 0;
    at = strstr(text, "oom_kill ");
    return at != NULL && strtoull(at + 9, NULL, 10) > 0;
}

void cgroup_drop(const struct cgroup *group, const char *name)
{
    char path[640];

    if (path_of(path, group->dir, name, ""))
        (void)rmdir(path); // what is still dying keeps it; the service manager removes it then
}
