// SPDX-License-Identifier: Apache-2.0
/* runner_blob: the bytes of the runner's file. [any] */
#ifndef AGENT_RUNNER_BLOB_H
#define AGENT_RUNNER_BLOB_H

#include <stddef.h>

const unsigned char *runner_blob(size_t *n);

#endif
