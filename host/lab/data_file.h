// SPDX-License-Identifier: Apache-2.0
/* data_file: a file of recorded data as lines, or as unpacked bytes. [any] */
#ifndef LAB_DATA_FILE_H
#define LAB_DATA_FILE_H

#include "market/lines.h"

/* limits may be NULL. NULL with the reason: lines_open's, AGON_ENOENT, AGON_EINVAL (no regular
 * file), AGON_EPERM. */
struct lines *data_file_open(const char *path, const struct lines_limits *limits,
                             struct error *err);

#endif
