// SPDX-License-Identifier: Apache-2.0
/* new: a folder with a plugin that builds, validates and trades, to be changed into one's own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/template.h"
#include "args/args.h"
#include "base/error.h"
#include "cli/commands.h"
#include "sys/file.h"

#define NAME_MAX_BYTES 31

/* A C identifier in lower case: it becomes part of the source and of the plugin's id. */
static int is_name(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= NAME_MAX_BYTES && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/* The bytes with every my_strategy replaced; owned by the caller. NULL: out of memory. */
static char *rename_in(const unsigned char *bytes, size_t n, const char *name, size_t *n_out)
{
    size_t n_name = strlen(name), n_old = strlen(TEMPLATE_NAME);
    // No name is longer than NAME_MAX_BYTES and no two places overlap.
    char *out = malloc(n / n_old * NAME_MAX_BYTES + n + NAME_MAX_BYTES);
    size_t at = 0, used = 0;

    if (out == NULL)
        return NULL;
    while (at < n) {
        if (n - at >= n_old && memcmp(bytes + at, TEMPLATE_NAME, n_old) == 0) {
            memcpy(out + used, name, n_name);
            used += n_name;
            at += n_old;
        } else {
            out[used++] = (char)bytes[at++];
        }
    }
    *n_out = used;
    return out;
}

static int write_file(const char *dir, const struct template_file *file, const char *name,
                      struct error *err)
{
    char relative[256], path[4096], parent[4096];
    char *bytes, *slash;
    size_t n;
    int rc;

    bytes = rename_in((const unsigned char *)file->path, strlen(file->path), name, &n);
    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    snprintf(relative, sizeof(relative), "%.*s", (int)n, bytes);
    free(bytes);
    rc = file_join(path, sizeof(path), dir, relative);
    if (rc < 0)
        return error_set(err, rc, "%s: the path is too long", args_safe(dir));
    memcpy(parent, path, sizeof(parent));
    slash = strrchr(parent, '/');
    *slash = 0;
    rc = file_make_dir(parent, err);
    if (rc < 0)
        return rc;
    bytes = rename_in(file->bytes, file->n, name, &n);
    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    rc = file_write_atomic(path, bytes, n, 0644, err);
    free(bytes);
    return rc;
}

int cmd_new(int argc, char **argv)
{
    struct arg_list names = {0};
    const char *dir = NULL;
    const struct arg table[] = {
        {"dir", ARG_TEXT, "DIR", "folder to make (default: the name)", &dir}, {NULL}};
    const struct args_spec spec = {
        .usage = "NAME [--dir DIR]",
        .first = "a NAME: `agon new alpha`",
        .about = "Writes a folder with a plugin that trades: source, headers, meson.build, "
                 "parameters,\nroster and a README of one page. NAME is lower case: a-z, 0-9, _.",
        .args = table,
        .operands = &names,
        .operands_min = 1,
        .operands_max = 1};
    struct error err = {0};
    struct stat there;
    const char *name;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    name = names.at[0];
    if (!is_name(name))
        return args_refuse(&spec, argv[0],
                           "%s is not a name: a-z, 0-9, _; begins with a letter; at most %d",
                           args_safe(name), NAME_MAX_BYTES);
    dir = dir ? dir : name;
    if (lstat(dir, &there) == 0) {
        fprintf(stderr, "agon new: %s is there already; choose another name or --dir\n",
                args_safe(dir));
        return EXIT_SAFETY;
    }
    for (const struct template_file *file = template_files; file->path; file++) {
        rc = write_file(dir, file, name, &err);
        if (rc < 0) {
            fprintf(stderr, "agon new: %s\n", err.text);
            return EXIT_ENVIRONMENT;
        }
    }
    printf("%s is made. Next:\n\n  cd %s\n  meson setup build && ninja -C build\n  agon validate "
           "build/%s.so\n  agon backtest build/%s.so\n",
           args_safe(dir), args_safe(dir), name, name);
    return EXIT_OK;
}
