// SPDX-License-Identifier: Apache-2.0
/* device: where kernels run. What is built on it (nn) does not know whether that is this processor
 * or a card: memory is the device's, kernels are queued in order, and wait says whether all went
 * well. A device belongs to one thread at a time. [owner] */
#ifndef KERNELS_DEVICE_H
#define KERNELS_DEVICE_H

#include <stddef.h>

#include "base/error.h"
#include "kernels/args.h"

struct device {
    const char *name;  /* "cpu avx512, 2 threads", "cuda NVIDIA H100" */
    const char *place; /* of a card: its address on the bus, as sensors know it; NULL: none */
    uint64_t bytes;    /* of memory that it has; 0: what the machine has */
    void (*run)(struct device *device, enum kernel kernel, const void *args);
    void *(*alloc)(struct device *device, size_t bytes);  /* NULL: no memory; cleared */
    void (*release)(struct device *device, void *memory); /* NULL is fine */
    /* Memory of this machine that the device copies from and to as fast as it can; NULL: none. Both
     * are NULL where any memory will do. */
    void *(*pin)(struct device *device, size_t bytes);
    void (*unpin)(struct device *device, void *memory); /* NULL is fine */
    void (*clear)(struct device *device, void *memory, size_t bytes);
    void (*write)(struct device *device, void *to, const void *from, size_t bytes); /* from here */
    void (*read)(struct device *device, void *to, const void *from, size_t bytes);  /* to here */
    void (*copy)(struct device *device, void *to, const void *from, size_t bytes);  /* inside */
    /* Until all that was queued is done. AGON_EIO: something since the last wait failed, and what
     * was computed is worth nothing. */
    int (*wait)(struct device *device, struct error *err);
    void (*free)(struct device *device);
};

/* kernel_gemm(device, &args), and so on for each. */
#define KERNEL_CALL(name, type)                                                                    \
    static inline void kernel_##name(struct device *device, const struct type##_args *args)        \
    {                                                                                              \
        device->run(device, KERNEL_##name, args);                                                  \
    }
KERNELS(KERNEL_CALL)

#endif
