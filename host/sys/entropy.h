// SPDX-License-Identifier: Apache-2.0
/* entropy: randomness of the kernel, for ids, nonces and jitter; never for what a replay must meet
 * again (that is base/rng.h). [any] */
#ifndef SYS_ENTROPY_H
#define SYS_ENTROPY_H

#include <agon/types.h>

void entropy_bytes(void *bytes, size_t n);
uint64_t entropy_u64(void);

#endif
