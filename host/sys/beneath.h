// SPDX-License-Identifier: Apache-2.0
/* beneath: names of files that come from outside, held to folders that were configured. [any] */
#ifndef SYS_BENEATH_H
#define SYS_BENEATH_H

#include <limits.h>
#include <stdint.h>

#include "base/error.h"

/* The real path of an absolute one that lies below one of the folders, reached without any symbolic
 * link and without leaving the folder (openat2). AGON_EPERM: it does not; AGON_ENOENT. */
int beneath_resolve(const char *const *folders, uint32_t n, const char *path, char real[PATH_MAX],
                    struct error *err);

#endif
