// SPDX-License-Identifier: Apache-2.0
/* A library that stands in for the CUDA driver: a card with two multiprocessors, whose kernels are
 * kernels.cu compiled as C. The device's code (host/kernels/cuda) opens it as it opens a driver.
 * EMULATED_FAILS names a call that fails. */
#include "emulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/grid.h"

#define EXPORT        __attribute__((visibility("default")))
#define LAUNCH_FAILED 719
#define OUT_OF_MEMORY 2
#define NOT_FOUND     500

typedef void (*kernel_fn)(const void *args);
#define EMULATED_DECLARE(name, type) void emulated_##name(const void *args);
GRID_KERNELS(EMULATED_DECLARE)
static const struct {
    const char *name;
    kernel_fn fn;
} kernels[] = {
#define EMULATED_ROW(name, type) {"agon_" #name, emulated_##name},
    GRID_KERNELS(EMULATED_ROW)};

struct emulated_dim threadIdx, blockIdx, blockDim, gridDim;

static int fails(const char *call)
{
    const char *name = getenv("EMULATED_FAILS");

    return name != NULL && strcmp(name, call) == 0;
}

struct thread {
    kernel_fn fn;
    const void *args;
};

static void *thread_main(void *arg)
{
    const struct thread *thread = arg;

    thread->fn(thread->args);
    return NULL;
}

/* All threads of a block to their next barrier, again and again. */
static int run_block(struct thread *thread)
{
    struct fiber *fibers[1024];
    uint32_t left = blockDim.x;

    for (uint32_t i = 0; i < blockDim.x; i++)
        if ((fibers[i] = fiber_new(thread_main, thread)) == NULL)
            return OUT_OF_MEMORY;
    while (left > 0) {
        left = 0;
        for (uint32_t i = 0; i < blockDim.x; i++) {
            threadIdx = (struct emulated_dim){i, 0, 0};
            if (!fiber_is_over(fibers[i]))
                fiber_resume(fibers[i]);
            left += !fiber_is_over(fibers[i]);
        }
    }
    for (uint32_t i = 0; i < blockDim.x; i++)
        fiber_free(fibers[i]);
    return 0;
}

EXPORT int cuInit(unsigned flags);
int cuInit(unsigned flags)
{
    (void)flags;
    return fails("cuInit") ? 100 : 0;
}

EXPORT int cuDeviceGet(int *card, int index);
int cuDeviceGet(int *card, int index)
{
    *card = index;
    return index == 0 ? 0 : 101;
}

EXPORT int cuDeviceGetName(char *name, int room, int card);
int cuDeviceGetName(char *name, int room, int card)
{
    (void)card;
    (void)snprintf(name, (size_t)room, "emulated");
    return 0;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int card);
int cuDeviceGetAttribute(int *value, int attribute, int card)
{
    (void)card;
    *value = 2;
    return attribute == 16 ? 0 : 1;
}

EXPORT int cuDevicePrimaryCtxRetain(void **context, int card);
int cuDevicePrimaryCtxRetain(void **context, int card)
{
    (void)card;
    *context = &threadIdx;
    return 0;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int card);
int cuDevicePrimaryCtxRelease_v2(int card)
{
    return card;
}

EXPORT int cuCtxSetCurrent(void *context);
int cuCtxSetCurrent(void *context)
{
    return context != NULL ? 0 : 201;
}

EXPORT int cuCtxSynchronize(void);
int cuCtxSynchronize(void)
{
    return fails("cuCtxSynchronize") ? LAUNCH_FAILED : 0;
}

EXPORT int cuModuleLoadData(void **module, const void *image);
int cuModuleLoadData(void **module, const void *image)
{
    (void)image;
    *module = &blockIdx;
    return fails("cuModuleLoadData") ? 209 : 0;
}

EXPORT int cuModuleUnload(void *module);
int cuModuleUnload(void *module)
{
    return module != NULL ? 0 : 400;
}

EXPORT int cuModuleGetFunction(void **function, void *module, const char *name);
int cuModuleGetFunction(void **function, void *module, const char *name)
{
    (void)module;
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
        if (strcmp(kernels[i].name, name) == 0) {
            memcpy(function, &kernels[i].fn, sizeof(*function));
            return 0;
        }
    }
    return NOT_FOUND;
}

EXPORT int cuMemAlloc_v2(uint64_t *at, size_t bytes);
int cuMemAlloc_v2(uint64_t *at, size_t bytes)
{
    void *memory = fails("cuMemAlloc_v2") ? NULL : malloc(bytes);

    *at = (uint64_t)(uintptr_t)memory;
    return memory != NULL ? 0 : OUT_OF_MEMORY;
}

EXPORT int cuMemFree_v2(uint64_t at);
int cuMemFree_v2(uint64_t at)
{
    free((void *)(uintptr_t)at);
    return 0;
}

EXPORT int cuMemsetD8Async(uint64_t at, unsigned char value, size_t n, void *stream);
int cuMemsetD8Async(uint64_t at, unsigned char value, size_t n, void *stream)
{
    (void)stream;
    memset((void *)(uintptr_t)at, value, n);
    return 0;
}

EXPORT int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes);
int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes)
{
    memcpy((void *)(uintptr_t)to, from, bytes);
    return 0;
}

EXPORT int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes);
int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes)
{
    memcpy(to, (const void *)(uintptr_t)from, bytes);
    return 0;
}

EXPORT int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream);
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream)
{
    (void)stream;
    memcpy((void *)(uintptr_t)to, (const void *)(uintptr_t)from, bytes);
    return 0;
}

EXPORT int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                          unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                          void *stream, void **args, void **extra);
int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                   void *stream, void **args, void **extra)
{
    struct thread thread = {.args = args[0]};
    int code = 0;

    (void)stream;
    memcpy(&thread.fn, &function, sizeof(function));
    if (fails("cuLaunchKernel") || block_x > 1024 || block_y != 1 || block_z != 1 || shared != 0 ||
        extra != NULL)
        return 1;
    gridDim = (struct emulated_dim){grid_x, grid_y, grid_z};
    blockDim = (struct emulated_dim){block_x, 1, 1};
    for (uint32_t z = 0; z < grid_z && code == 0; z++)
        for (uint32_t y = 0; y < grid_y && code == 0; y++)
            for (uint32_t x = 0; x < grid_x && code == 0; x++) {
                blockIdx = (struct emulated_dim){x, y, z};
                code = run_block(&thread);
            }
    return code;
}

EXPORT int cuGetErrorName(int code, const char **name);
int cuGetErrorName(int code, const char **name)
{
    *name = code == LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED" : "CUDA_ERROR";
    return 0;
}
