// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_dir.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "args/args.h"
#include "sys/file.h"

#define EXPECTED "a run directory, its journal/, or a .aj file in it"

static int is_dir(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int is_journal_file(const char *name)
{
    size_t n = strlen(name);

    return (n > 3 && (strcmp(name + n - 3, ".aj") == 0 || strcmp(name + n - 3, ".as") == 0)) ||
           (n > 7 && strcmp(name + n - 7, ".aj.zst") == 0);
}

static int holds_journal(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    int is_found = 0;

    while (dir != NULL && !is_found && (entry = readdir(dir)) != NULL)
        is_found = is_journal_file(entry->d_name);
    if (dir != NULL)
        (void)closedir(dir);
    return is_found;
}

static int of_file(const char *command, const char *given, char *path, size_t room)
{
    const char *slash = strrchr(given, '/');
    int n = slash == NULL    ? snprintf(path, room, ".")
            : slash == given ? snprintf(path, room, "/")
                             : snprintf(path, room, "%.*s", (int)(slash - given), given);

    if (!is_journal_file(given) || n < 0 || (size_t)n >= room) {
        fprintf(stderr, "agon %s: %s: no file of a journal; expected " EXPECTED "\n", command,
                args_safe(given));
        return 0;
    }
    fprintf(stderr, "agon %s: %s is a part of a journal; all of it is read\n", command,
            args_safe(given));
    return 1;
}

int journal_dir(const char *command, const char *given, char *path, size_t room)
{
    struct stat status;
    struct error err = {0};
    int n;

    if (stat(given, &status) < 0) {
        file_refuse_look(args_safe(given), errno, EXPECTED, &err);
        fprintf(stderr, "agon %s: %s\n", command, err.text);
        return 0;
    }
    if (!S_ISDIR(status.st_mode))
        return of_file(command, given, path, room);
    n = snprintf(path, room, "%s/journal", given);
    if (n > 0 && (size_t)n < room && is_dir(path) && !holds_journal(given))
        return 1;
    // A demo's folder has its run directory in it.
    n = snprintf(path, room, "%s%srun", given, given[strlen(given) - 1] == '/' ? "" : "/");
    if (n >= 0 && (size_t)n < room && !holds_journal(given) && !journal_dir_is_new(path) &&
        is_dir(path)) {
        fprintf(stderr, "agon %s: '%s' holds no journal; did you mean '%s'?\n", command,
                args_safe(given), args_safe(path));
        return 0;
    }
    n = snprintf(path, room, "%s", given);
    if (n >= 0 && (size_t)n < room && !holds_journal(given)) {
        fprintf(stderr, "agon %s: %s holds no journal; expected " EXPECTED "\n", command,
                args_safe(given));
        return 0;
    }
    if (n >= 0 && (size_t)n < room)
        return 1;
    fprintf(stderr, "agon %s: the path is too long\n", command);
    return 0;
}

int journal_dir_beside(const char *command, const char *option, const char *given, const char *what)
{
    struct error err = {0};
    struct stat status;
    char expected[64];

    if (stat(given, &status) == 0 && S_ISDIR(status.st_mode))
        return 1;
    snprintf(expected, sizeof(expected), "a directory with %s", what);
    file_refuse_look(args_safe(given), stat(given, &status) < 0 ? errno : ENOTDIR, expected, &err);
    fprintf(stderr, "agon %s: --%s %s\n", command, option, err.text);
    return 0;
}

int journal_dir_is_new(const char *run_dir)
{
    char path[PATH_MAX];
    DIR *dir;

    if (file_join(path, sizeof(path), run_dir, "journal") < 0)
        return 0;
    dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT;
    (void)closedir(dir);
    return !holds_journal(path);
}
