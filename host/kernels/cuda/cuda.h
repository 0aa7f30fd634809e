// SPDX-License-Identifier: Apache-2.0
/* cuda: a card as a device. The driver's library is opened at run time and nothing is linked: where
 * there is no card the reason is said and the processor does the same work. Every call of the
 * driver is checked; the first that fails is kept until wait, which says it. */
#ifndef KERNELS_CUDA_CUDA_H
#define KERNELS_CUDA_CUDA_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define cuda_device_new      TYPED(cuda_device_new)
#define cuda_device_bare     TYPED(cuda_device_bare)
#define cuda_device_load     TYPED(cuda_device_load)
#define cuda_device_load_own TYPED(cuda_device_load_own)
#define cuda_device_find     TYPED(cuda_device_find)
#define cuda_device_arch     TYPED(cuda_device_arch)

/* image: what nvcc made of kernels.cu for this type (a fat binary, a cubin, or PTX as text);
 * borrowed until the call returns. driver: NULL for libcuda.so.1. NULL, with the reason in err: no
 * driver, no such card, or no code in the image that it runs. Ended by device->free. [any] */
struct device *cuda_device_new(const void *image, uint32_t card, const char *driver,
                               struct error *err);

/* In two steps, for who makes the code for the card that he finds. Without code nothing is run on
 * it. */
struct device *cuda_device_bare(uint32_t card, const char *driver, struct error *err);
uint32_t cuda_device_arch(const struct device *device); /* compute capability: 75, 90, ... */
/* The host's kernels. AGON_EIO. */
int cuda_device_load(struct device *device, const void *image, struct error *err);
/* Somebody's own: run's args are struct cuda_own_args from then on. AGON_EINVAL: it is no image. */
int cuda_device_load_own(struct device *device, const void *image, struct error *err);
/* Before one of them is run: 0, AGON_EINVAL: the image has no such function; AGON_ENOSPC: it is
 * the next after CUDA_OWN_MAX. */
int cuda_device_find(struct device *device, const char *name, struct error *err);

#define CUDA_OWN_MAX   16u
#define CUDA_OWN_NAME  32u
#define CUDA_OWN_BYTES 64u
#define CUDA_OLDEST    75u /* compute capability of the oldest card that is supported */
struct cuda_own_args {
    char name[CUDA_OWN_NAME]; /* ends with a NUL */
    uint32_t blocks, threads, shared, addresses;
    unsigned char args[CUDA_OWN_BYTES]; /* of the function's one argument */
};

#endif
