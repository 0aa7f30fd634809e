// SPDX-License-Identifier: Apache-2.0
/* lines: recorded files, line by line, plain or compressed. Recordings lie beside the source tree
 * and may be absent; a test that needs one exits 77 then and says so. */
#ifndef TESTS_WIRE_LINES_H
#define TESTS_WIRE_LINES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct lines {
    gzFile file;
    char *line;
    size_t room, n;
};

static inline void lines_open(struct lines *lines, const char *name)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[1024];

    snprintf(path, sizeof(path), "%s/../shared/data/%s", root != NULL ? root : ".", name);
    lines->file = gzopen(path, "rb");
    lines->room = 4u << 20;
    lines->line = malloc(lines->room);
    lines->n = 0;
    if (lines->file == NULL || lines->line == NULL) {
        printf("skipped: no %s\n", path);
        exit(77);
    }
    gzbuffer(lines->file, 1u << 18);
}

/* False at the end. The line has no line end. */
static inline int lines_next(struct lines *lines)
{
    if (gzgets(lines->file, lines->line, (int)lines->room) == NULL)
        return 0;
    lines->n = strlen(lines->line);
    while (lines->n > 0 && (lines->line[lines->n - 1] == '\n' || lines->line[lines->n - 1] == '\r'))
        lines->line[--lines->n] = 0;
    return 1;
}

static inline void lines_close(struct lines *lines)
{
    gzclose(lines->file);
    free(lines->line);
}

#endif
