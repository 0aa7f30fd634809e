// SPDX-License-Identifier: Apache-2.0
/* driver: the calls of the CUDA driver that the device makes, for the device and for tests that
 * have each of them fail. [one thread] */
#ifndef KERNELS_CUDA_DRIVER_H
#define KERNELS_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

/* What is used of the driver's interface (CUDA Driver API 12 and 13), as its header has it: handles
 * are pointers, addresses of the card are 64 bits. */
typedef uint64_t card_address;
#define DRIVER_CALLS(X)                                                                            \
    X(init, "cuInit", (unsigned flags))                                                            \
    X(device_get, "cuDeviceGet", (int *card, int index))                                           \
    X(device_name, "cuDeviceGetName", (char *name, int room, int card))                            \
    X(device_attribute, "cuDeviceGetAttribute", (int *value, int attribute, int card))             \
    X(device_place, "cuDeviceGetPCIBusId", (char *place, int room, int card))                      \
    X(device_bytes, "cuDeviceTotalMem_v2", (size_t * bytes, int card))                             \
    X(context_retain, "cuDevicePrimaryCtxRetain", (void **context, int card))                      \
    X(context_release, "cuDevicePrimaryCtxRelease_v2", (int card))                                 \
    X(context_set, "cuCtxSetCurrent", (void *context))                                             \
    X(context_wait, "cuCtxSynchronize", (void))                                                    \
    X(module_load, "cuModuleLoadData", (void **module, const void *image))                         \
    X(module_unload, "cuModuleUnload", (void *module))                                             \
    X(function_get, "cuModuleGetFunction", (void **function, void *module, const char *name))      \
    X(alloc, "cuMemAlloc_v2", (card_address * at, size_t bytes))                                   \
    X(release, "cuMemFree_v2", (card_address at))                                                  \
    X(pin, "cuMemHostAlloc", (void **memory, size_t bytes, unsigned flags))                        \
    X(unpin, "cuMemFreeHost", (void *memory))                                                      \
    X(fill, "cuMemsetD8Async", (card_address at, unsigned char value, size_t n, void *stream))     \
    X(write, "cuMemcpyHtoD_v2", (card_address to, const void *from, size_t bytes))                 \
    X(read, "cuMemcpyDtoH_v2", (void *to, card_address from, size_t bytes))                        \
    X(copy, "cuMemcpyDtoDAsync_v2",                                                                \
      (card_address to, card_address from, size_t bytes, void *stream))                            \
    X(launch, "cuLaunchKernel",                                                                    \
      (void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,        \
       unsigned block_y, unsigned block_z, unsigned shared, void *stream, void **args,             \
       void **extra))                                                                              \
    X(error_name, "cuGetErrorName", (int code, const char **name))

#endif
