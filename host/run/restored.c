// SPDX-License-Identifier: Apache-2.0
#include "run/restored.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "sys/file.h"

#define NUMBER_MAX 0xffffff

int restored_write(const char *dir, uint32_t number, const char *about, struct error *err)
{
    char path[PATH_MAX], text[512];
    int n = snprintf(text, sizeof(text), "number %06x\n%.400s\n", number, about);

    REQUIRE(number > 0 && number <= NUMBER_MAX);
    if (file_join(path, sizeof(path), dir, RESTORED_FILE) < 0)
        return error_set(err, AGON_ERANGE, "%s: the path is too long", dir);
    return file_write_atomic(path, text, (uint64_t)n, 0600, err);
}

int restored_read(const char *dir, uint32_t *number, struct error *err)
{
    char path[PATH_MAX], manifest[PATH_MAX];
    char *text = NULL;
    uint64_t n = 0;
    unsigned value = 0;
    int rc;

    *number = 0;
    if (file_join(path, sizeof(path), dir, RESTORED_FILE) < 0 ||
        file_join(manifest, sizeof(manifest), dir, BACKUP_MANIFEST) < 0)
        return error_set(err, AGON_ERANGE, "%s: the path is too long", dir);
    if (file_is_there(manifest))
        return error_set(err, AGON_EPERM,
                         "%s is a backup and not a run directory; `agon backup restore %s "
                         "DIRECTORY` makes one of it, in which no order id comes twice",
                         dir, dir);
    rc = file_read(path, 4096, &text, &n, err);
    if (rc == AGON_ENOENT) {
        if (err != NULL)
            memset(err, 0, sizeof(*err));
        return AGON_OK;
    }
    if (rc >= 0 && (sscanf(text, "number %6x\n", &value) != 1 || value == 0 || value > NUMBER_MAX))
        rc = error_set(err, AGON_ECORRUPT,
                       "%s: not as `agon backup restore` wrote it; without it client ids could "
                       "come twice: restore the backup once more",
                       path);
    free(text);
    *number = value;
    return rc < 0 ? rc : AGON_OK;
}
