// SPDX-License-Identifier: Apache-2.0
#include "sys/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What of the path is behind the folder; NULL: it is not below it. */
static const char *rest_of(const char *folder, const char *path)
{
    size_t n = strlen(folder);

    while (n > 1 && folder[n - 1] == '/')
        n--;
    if (strncmp(path, folder, n) != 0 || path[n] != '/')
        return NULL;
    path += n;
    while (*path == '/')
        path++;
    return *path != '\0' ? path : NULL;
}

/* 1: real is it; 0: not in this folder; AGON_ENOENT: it would be, and is not there. */
static int resolve_in(const char *folder, const char *path, char real[PATH_MAX])
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    char canonical[PATH_MAX];
    char link[64];
    const char *rest = rest_of(folder, path);
    struct stat stat;
    ssize_t n = -1;
    int dir, fd;

    if (rest == NULL && realpath(folder, canonical) != NULL)
        rest = rest_of(canonical, path);
    dir = rest != NULL ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        return 0;
    fd = (int)syscall(SYS_openat2, dir, rest, &how, sizeof(how));
    if (fd < 0) {
        int is_missing = errno == ENOENT;

        (void)close(dir);
        return is_missing ? AGON_ENOENT : 0;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode))
        n = readlink(link, real, PATH_MAX - 1);
    (void)close(fd);
    (void)close(dir);
    if (n <= 0 || n >= PATH_MAX - 1)
        return 0;
    real[n] = '\0';
    return 1;
}

/* Where it would do, as many as there is room for: a refusal alone leaves a guess. */
static void refuse(const char *const *folders, uint32_t n, const char *path, struct error *err)
{
    char canonical[PATH_MAX];
    char text[256] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < n; i++) {
        const char *folder = folders[i];

        if (folder == NULL)
            continue;
        if (realpath(folder, canonical) != NULL)
            folder = canonical;
        if (used + strlen(folder) + sizeof(", , ...") > sizeof(text)) {
            used +=
                (size_t)snprintf(text + used, sizeof(text) - used, "%s...", used > 0 ? ", " : "");
            break;
        }
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? ", " : "",
                                 folder);
    }
    if (used == 0) {
        error_set(err, AGON_EPERM,
                  "%.160s: this host may load from no folder; add `load_from: [DIR]` to its "
                  "configuration",
                  path);
        return;
    }
    error_set(err, AGON_EPERM,
              "%.160s is not a regular file below a folder that this host may load from, or a "
              "symbolic link leads to it; expected a file in %s; the key `load_from` of its "
              "configuration adds folders",
              path, text);
}

int beneath_resolve(const char *const *folders, uint32_t n, const char *path, char real[PATH_MAX],
                    struct error *err)
{
    int is_missing = 0;

    for (uint32_t i = 0; i < n && path[0] == '/'; i++) {
        int rc = folders[i] != NULL ? resolve_in(folders[i], path, real) : 0;

        if (rc == 1)
            return AGON_OK;
        is_missing |= rc == AGON_ENOENT;
    }
    if (is_missing)
        return error_set(err, AGON_ENOENT, "%.256s is not there; expected a file", path);
    refuse(folders, n, path, err);
    return AGON_EPERM;
}
