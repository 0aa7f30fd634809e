// SPDX-License-Identifier: Apache-2.0
/* reference: the kernels once more, from the sentences of kernels/args.h and from nothing else: one
 * loop an output, one term after another. exp and tanh are those of lane.h, whose error another
 * test bounds. Slow and obvious; the judge of every other device. */
#ifndef SUPPORT_KERNELS_REFERENCE_H
#define SUPPORT_KERNELS_REFERENCE_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define reference_new TYPED(reference_new)

struct device *reference_new(void); /* NULL: no memory */

#endif
