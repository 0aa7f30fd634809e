// SPDX-License-Identifier: Apache-2.0
#include "backup/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/restored.h"
#include "sys/file.h"

#define UNFINISHED "unfinished"

/* What was left here says so; one whose last step is missing is as it was to be. */
static int is_left_here(int fd)
{
    static const char *const marks[] = {UNFINISHED, BACKUP_MANIFEST, RESTORED_FILE};
    int copy = dup(fd);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    int is_left = 0, n = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
            is_left |= strcmp(entry->d_name, marks[i]) == 0;
    }
    if (dir != NULL)
        (void)closedir(dir);
    else if (copy >= 0)
        (void)close(copy);
    return dir != NULL && (is_left || n == 0);
}

static int open_folder(struct stage *stage, struct error *err)
{
    stage->fd = open(stage->fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return stage->fd >= 0 ? AGON_OK : file_refuse_write(stage->fresh, errno, AGON_EIO, err);
}

/* The lock of whoever makes it is on the mark. */
static int take_mark(struct stage *stage, int flags, struct error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    stage->mark_fd = openat(stage->fd, UNFINISHED, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (stage->mark_fd < 0)
        return errno == ENOENT ? AGON_OK : file_refuse_write(stage->fresh, errno, AGON_EIO, err);
    return fcntl(stage->mark_fd, F_OFD_SETLK, &whole) == 0
               ? AGON_OK
               : error_set(err, AGON_EBUSY,
                           "another agon is making %s at this moment; wait for it, or choose "
                           "another name",
                           stage->path);
}

static void close_all(struct stage *stage)
{
    if (stage->mark_fd >= 0)
        (void)close(stage->mark_fd);
    if (stage->fd >= 0)
        (void)close(stage->fd);
    stage->fd = stage->mark_fd = -1;
}

static int clear_old(struct stage *stage, struct error *err)
{
    int rc = open_folder(stage, err);

    if (rc >= 0)
        rc = take_mark(stage, 0, err);
    if (rc >= 0 && !is_left_here(stage->fd))
        rc = error_set(err, AGON_EPERM,
                       "%s is there, and is not what an interrupted agon leaves; move it away, or "
                       "choose another name",
                       stage->fresh);
    if (rc >= 0)
        file_remove_tree(stage->fresh);
    close_all(stage);
    return rc;
}

int stage_open(struct stage *stage, const char *path, struct error *err)
{
    size_t n = strlen(path);
    int rc;

    stage->fd = stage->mark_fd = -1;
    while (n > 1 && path[n - 1] == '/')
        n--;
    if (snprintf(stage->path, sizeof(stage->path), "%.*s", (int)n, path) >= PATH_MAX ||
        snprintf(stage->fresh, sizeof(stage->fresh), "%.*s.new", (int)n, path) >= PATH_MAX)
        return error_set(err, AGON_ERANGE, "%.60s...: the path is too long", path);
    rc = mkdir(stage->fresh, 0700) == 0 ? AGON_OK : -errno;
    if (rc == -EEXIST) {
        rc = clear_old(stage, err);
        if (rc < 0)
            return rc;
        rc = mkdir(stage->fresh, 0700) == 0 ? AGON_OK : -errno;
    }
    if (rc < 0)
        return file_refuse_write(stage->fresh, -rc, AGON_EIO, err);
    rc = open_folder(stage, err);
    if (rc >= 0)
        rc = take_mark(stage, O_CREAT | O_EXCL, err);
    if (rc < 0)
        close_all(stage);
    return rc;
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* It and the folders in it, which are one deep. */
static int sync_folders(const struct stage *stage)
{
    DIR *dir = opendir(stage->fresh);
    const struct dirent *entry;
    int rc = dir == NULL ? -1 : 0;

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        char path[PATH_MAX];

        if (entry->d_name[0] != '.' &&
            file_join(path, sizeof(path), stage->fresh, entry->d_name) >= 0 && file_is_dir(path))
            rc = sync_folder(path);
    }
    if (dir != NULL)
        (void)closedir(dir);
    return rc == 0 ? fsync(stage->fd) : rc;
}

static int sync_above(const char *path)
{
    char above[PATH_MAX];
    char *slash;

    (void)snprintf(above, sizeof(above), "%s", path);
    slash = strrchr(above, '/');
    if (slash == NULL)
        return sync_folder(".");
    slash[slash == above] = '\0';
    return sync_folder(above);
}

int stage_finish(struct stage *stage, struct error *err)
{
    int rc = unlinkat(stage->fd, UNFINISHED, 0);

    if (rc == 0)
        rc = sync_folders(stage);
    if (rc != 0)
        return error_set(err, AGON_EIO, "%s: syncing it: %s", stage->fresh, strerror(errno));
    // Not every file system has the first; the second takes the place of an empty folder alone.
    if (renameat2(AT_FDCWD, stage->fresh, AT_FDCWD, stage->path, RENAME_NOREPLACE) != 0 &&
        rename(stage->fresh, stage->path) != 0)
        return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
                   ? error_set(err, AGON_EPERM, "%s: something came there meanwhile", stage->path)
                   : error_set(err, AGON_EIO, "%s: giving it its name: %s%s", stage->path,
                               strerror(errno),
                               errno == EBUSY ? "; it is the root of a file system: name a folder "
                                                "in it"
                                              : "");
    close_all(stage);
    if (sync_above(stage->path) != 0)
        return error_set(err, AGON_EIO, "%s: syncing the folder it is in: %s", stage->path,
                         strerror(errno));
    return AGON_OK;
}

void stage_drop(struct stage *stage)
{
    if (stage->fd < 0)
        return;
    file_remove_tree(stage->fresh);
    close_all(stage);
}
