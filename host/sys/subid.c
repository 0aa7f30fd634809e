// SPDX-License-Identifier: Apache-2.0
#include "sys/subid.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/proc.h"

#define FILE_MAX ((uint64_t)1 << 20)
#define MAP_MS   5000

static const char *const mappers[2] = {"/usr/bin/newuidmap", "/usr/bin/newgidmap"};

/* A number up to its end character. */
static int number(const char **at, char end, uint32_t *out)
{
    uint64_t sum = 0;
    const char *c = *at;

    if (*c < '0' || *c > '9')
        return 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        sum = sum * 10 + (uint64_t)(*c - '0');
        if (sum > UINT32_MAX)
            return 0;
    }
    *out = (uint32_t)sum;
    *at = c + 1;
    return *c == end;
}

static int is_of(const char *line, size_t n, const char *name, uint32_t user)
{
    char digits[16];

    (void)snprintf(digits, sizeof(digits), "%u", user);
    return (strlen(name) == n && strncmp(line, name, n) == 0) ||
           (strlen(digits) == n && strncmp(line, digits, n) == 0);
}

int subid_find(const char *text, const char *name, uint32_t user, uint32_t n_least,
               struct subid_range *range)
{
    while (*text) {
        size_t n_line = strcspn(text, "\n"), n_name = strcspn(text, ":\n");
        char line[128];
        const char *at = line;

        if (n_line < sizeof(line) && n_name < n_line && is_of(text, n_name, name, user)) {
            memcpy(line, text + n_name + 1, n_line - n_name - 1);
            line[n_line - n_name - 1] = '\0';
            if (number(&at, ':', &range->first) && number(&at, '\0', &range->n) &&
                range->first != 0 && range->n >= n_least && range->n <= UINT32_MAX - range->first)
                return AGON_OK;
        }
        text += n_line + (text[n_line] == '\n');
    }
    *range = (struct subid_range){0};
    return AGON_ENOENT;
}

/* kind: "uid" or "gid". */
static int read_range(const char *kind, const char *name, uint32_t n_least,
                      struct subid_range *range, struct error *err)
{
    char path[32];
    char *text = NULL;
    uint64_t bytes = 0;
    int rc;

    (void)snprintf(path, sizeof(path), "/etc/sub%s", kind);
    rc = file_read(path, FILE_MAX, &text, &bytes, NULL);
    rc = rc < 0 ? AGON_ENOENT : subid_find(text, name, geteuid(), n_least, range);
    free(text);
    return rc < 0 ? error_set(
                        err, AGON_ENOENT,
                        "%s gives user %s no %u ids; 'usermod --add-sub%ss 100000-165535 %s' does",
                        path, name, n_least, kind, name)
                  : AGON_OK;
}

int subid_ranges(uint32_t n_least, struct subid_range *uids, struct subid_range *gids,
                 struct error *err)
{
    struct passwd entry, *found = NULL;
    char room[4096], name[64];
    int rc;

    for (int i = 0; i < 2; i++)
        if (access(mappers[i], X_OK) != 0)
            return error_set(err, AGON_ENOENT, "there is no %s; install the package uidmap",
                             mappers[i]);
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return error_set(err, AGON_ENOENT,
                         "%s can do nothing for a process that takes no new privileges (a unit's "
                         "NoNewPrivileges=)",
                         mappers[0]);
    if (getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) == 0 && found != NULL)
        (void)snprintf(name, sizeof(name), "%s", entry.pw_name);
    else
        (void)snprintf(name, sizeof(name), "%u", (unsigned)geteuid());
    rc = read_range("uid", name, n_least, uids, err);
    return rc < 0 ? rc : read_range("gid", name, n_least, gids, err);
}

int subid_map(int pid, uint32_t uid, uint32_t gid, struct error *err)
{
    const uint32_t ids[2] = {uid, gid};
    struct proc procs[2];
    int rc = AGON_OK, n = 0;

    for (; n < 2 && rc >= 0; n++) {
        char of[16], id[16];
        const char *const argv[] = {mappers[n], of, id, id, "1", NULL};
        struct proc_spec spec = {.path = mappers[n], .argv = argv, .n_fds = 3, .fds = {-1, -1, -1}};

        (void)snprintf(of, sizeof(of), "%d", pid);
        (void)snprintf(id, sizeof(id), "%u", ids[n]);
        rc = proc_spawn(&procs[n], &spec, err);
        if (rc < 0)
            break;
    }
    for (int i = 0; i < n; i++) {
        struct proc_end end = {0};
        char text[64];

        if (proc_wait(&procs[i], MAP_MS, &end) < 0) {
            (void)proc_signal(&procs[i], SIGKILL);
            (void)proc_wait(&procs[i], -1, &end);
            rc = error_set(err, AGON_ETIME, "%s did not end in %d ms", mappers[i], MAP_MS);
        } else if (end.is_signalled || end.code != 0) {
            proc_end_text(&end, text, sizeof(text));
            rc = error_set(err, AGON_EIO, "%s refused id %u: %s", mappers[i], ids[i], text);
        }
        proc_close(&procs[i]);
    }
    return rc;
}
