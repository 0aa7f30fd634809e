// SPDX-License-Identifier: Apache-2.0
#include "sys/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"

int rundir_default(char *path, size_t room, struct error *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int n;

    if (state != NULL && state[0] == '/')
        n = snprintf(path, room, "%s/agon", state);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, room, "%s/.local/state/agon", home);
    else
        return error_set(err, AGON_ENOENT, "HOME is not set: name a run directory with --dir");
    return n < 0 || (size_t)n >= room
               ? error_set(err, AGON_ERANGE, "run directory: too long a path")
               : AGON_OK;
}

static int read_holder(int fd)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    int pid;

    if (n <= 0)
        return 0;
    text[n] = '\0';
    pid = atoi(text);
    return pid > 0 ? pid : 0;
}

int rundir_open(struct rundir *rundir, const char *path, struct error *err)
{
    // A lock of the open file, not of the process: it ends with the last descriptor, and a second
    // one in the same process is refused too.
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat stat;
    char text[32];
    int rc, n;

    rundir->dir_fd = -1;
    rundir->lock_fd = -1;
    if (snprintf(rundir->path, sizeof(rundir->path), "%s", path) >= (int)sizeof(rundir->path))
        return error_set(err, AGON_ERANGE, "run directory: too long a path");
    rc = file_make_dir(path, err);
    if (rc < 0) {
        rc = AGON_EIO; // of the machine, whatever it is
        error_hint(err, "name another with --dir");
        goto fail;
    }
    rundir->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (rundir->dir_fd < 0 || fstat(rundir->dir_fd, &stat) != 0) {
        rc = error_set(err, AGON_EPERM, "%s", strerror(errno));
        goto fail;
    }
    if (stat.st_uid != geteuid() || (stat.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        rc = error_set(err, AGON_EPERM,
                       "it must be yours and writable by nobody else: chown it, then chmod 700");
        goto fail;
    }
    rundir->lock_fd =
        openat(rundir->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (rundir->lock_fd < 0) {
        rc = error_set(err, AGON_EPERM, "lock: %s", strerror(errno));
        goto fail;
    }
    // Two hosts in one run directory would write one journal, so the second must not start.
    if (fcntl(rundir->lock_fd, F_OFD_SETLK, &whole) != 0) {
        rc = error_set(
            err, AGON_EBUSY,
            "in use by another host (process %d); name another with --dir, or end that one",
            read_holder(rundir->lock_fd));
        goto fail;
    }
    n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    if (ftruncate(rundir->lock_fd, 0) != 0 || pwrite(rundir->lock_fd, text, (size_t)n, 0) != n) {
        rc = error_set(err, AGON_EIO, "lock: %s", strerror(errno));
        goto fail;
    }
    return AGON_OK;

fail:
    rundir_close(rundir);
    error_wrap(err, "run directory %s", path);
    return rc;
}

void rundir_close(struct rundir *rundir)
{
    if (rundir->lock_fd >= 0)
        (void)close(rundir->lock_fd);
    if (rundir->dir_fd >= 0)
        (void)close(rundir->dir_fd);
    rundir->lock_fd = -1;
    rundir->dir_fd = -1;
}

int rundir_join(const struct rundir *rundir, const char *name, char *path, size_t room)
{
    return file_join(path, room, rundir->path, name);
}

int rundir_holder(const char *path)
{
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    char lock[PATH_MAX];
    int fd, pid;

    if (file_join(lock, sizeof(lock), path, "lock") < 0)
        return AGON_ERANGE;
    fd = open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : AGON_EPERM;
    pid = fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK ? read_holder(fd) : 0;
    (void)close(fd);
    return pid;
}

/* Did a host leave its journal there? */
static int has_journal(const char *path)
{
    char journal[PATH_MAX];
    struct dirent *entry;
    DIR *dir;
    int has = 0;

    if (file_join(journal, sizeof(journal), path, "journal") < 0)
        return 0;
    dir = opendir(journal);
    while (dir != NULL && !has && (entry = readdir(dir)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');

        has = dot != NULL && strcmp(dot, ".aj") == 0;
    }
    if (dir != NULL)
        (void)closedir(dir);
    return has;
}

int rundir_refuse(const char *path, struct error *err)
{
    char inner[PATH_MAX];

    if (file_join(inner, sizeof(inner), path, "run") >= 0 && rundir_holder(inner) > 0)
        return error_set(err, AGON_EIO, "no host runs in '%s'; did you mean '%s'?", path, inner);
    if (has_journal(path))
        return error_set(err, AGON_EIO,
                         "no host runs in %s any more; `agon report %s` reads what it left", path,
                         path);
    return error_set(err, AGON_EIO, "no host runs in %s; name its run directory with --dir", path);
}
