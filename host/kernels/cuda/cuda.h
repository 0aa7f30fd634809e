// SPDX-License-Identifier: Apache-2.0
/* cuda: a card as a device. The driver's library is opened at run time and nothing is linked: where
 * there is no card the reason is said and the processor does the same work. Every call of the
 * driver is checked; the first that fails is kept until wait, which says it. */
#ifndef KERNELS_CUDA_CUDA_H
#define KERNELS_CUDA_CUDA_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define cuda_device_new TYPED(cuda_device_new)

/* image: what nvcc made of kernels.cu for this type (a fat binary, a cubin, or PTX as text);
 * borrowed until the call returns. driver: NULL for libcuda.so.1. NULL, with the reason in err: no
 * driver, no such card, or no code in the image that it runs. Ended by device->free. [any] */
struct device *cuda_device_new(const void *image, uint32_t card, const char *driver,
                               struct error *err);

#endif
