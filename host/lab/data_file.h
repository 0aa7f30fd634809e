// SPDX-License-Identifier: Apache-2.0
/* data_file: a file of recorded data as lines, or as unpacked bytes. [any] */
#ifndef LAB_DATA_FILE_H
#define LAB_DATA_FILE_H

#include "base/hash.h"
#include "market/lines.h"

/* limits may be NULL. NULL with the reason: lines_open's, AGON_ENOENT, AGON_EINVAL (no regular
 * file), AGON_EPERM. */
struct lines *data_file_open(const char *path, const struct lines_limits *limits,
                             struct error *err);

/* Of a file's bytes as they lie on the disk, so far as they were read: at the end of the lines, of
 * all. Initialised by data_file_open_counted. */
struct data_count {
    struct sha256 hash;
    uint64_t n_bytes;
};
/* count: borrowed until the lines are closed; NULL: as data_file_open. */
struct lines *data_file_open_counted(const char *path, struct data_count *count, struct error *err);

#endif
