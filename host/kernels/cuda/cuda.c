// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/driver.h"
#include "kernels/cuda/grid.h"

#define DRIVER                    "libcuda.so.1"
#define ATTRIBUTE_MULTIPROCESSORS 16
#define ATTRIBUTE_MAJOR           75 /* of the compute capability */
#define ATTRIBUTE_MINOR           76
#define NOT_FOUND                 500
/* The most that an argument of a kernel has: where it is larger than what the caller said, the
 * driver reads on. */
#define PARAMETERS_MAX 32768

struct driver {
#define DRIVER_MEMBER(name, symbol, args) int(*name) args;
    DRIVER_CALLS(DRIVER_MEMBER)
};

#define GRID_ENUM(name, type) GRID_##name,
enum grid_kernel { GRID_KERNELS(GRID_ENUM) GRID_COUNT };
#define GRID_NAME(name, type) "agon_" #name,
static const char *const grid_names[GRID_COUNT] = {GRID_KERNELS(GRID_NAME)};

#define FUNCTIONS 32u
_Static_assert(GRID_COUNT <= FUNCTIONS && CUDA_OWN_MAX <= FUNCTIONS, "room for either");

struct cuda {
    struct device device; /* first */
    struct driver driver;
    void *library; /* owned, as the next two */
    void *context, *module;
    void *functions[FUNCTIONS];
    char own[CUDA_OWN_MAX][CUDA_OWN_NAME]; /* names of functions that are not the host's */
    uint32_t n_own;
    int card, multiprocessors;
    uint32_t arch;
    int failed;            /* the driver's code of the first failure since the last wait */
    const char *failed_at; /* static: the call */
    char name[96], place[32];
};

static void check(struct cuda *cuda, int code, const char *call)
{
    if (code == 0 || cuda->failed != 0)
        return;
    cuda->failed = code;
    cuda->failed_at = call;
}
#define CALL(cuda, name, ...) check(cuda, (cuda)->driver.name(__VA_ARGS__), #name)

static card_address address(const void *memory)
{
    return (card_address)(uintptr_t)memory;
}

static uint64_t blocks(uint64_t n, uint64_t of)
{
    return (n + of - 1) / of;
}

/* How a call is laid out: kernel, grid and block. */
struct launch {
    enum grid_kernel kernel;
    uint64_t x;
    uint32_t y, z, threads;
};

/* A thread for each of n lanes, or for some of them where the card has no room for more. */
static struct launch lanes(const struct cuda *cuda, enum kernel kernel, uint64_t n)
{
    uint64_t most = (uint64_t)cuda->multiprocessors * 32;
    uint64_t x = blocks(n, GRID_THREADS);

    return (struct launch){(enum grid_kernel)kernel, x < most ? x : most, 1, 1, GRID_THREADS};
}

/* Sixteen threads for each of n rows or columns, `each` of which are a block. */
static struct launch sums(enum kernel kernel, uint32_t n, uint32_t each)
{
    return (struct launch){(enum grid_kernel)kernel, blocks(n, each), 1, 1, GRID_THREADS};
}

/* The largest tiles of which there are enough for every multiprocessor. */
static struct launch tiles(const struct cuda *cuda, const struct gemm_args *gemm)
{
    static const struct {
        enum grid_kernel kernel;
        uint32_t side, threads;
    } sizes[] = {{GRID_gemm, GRID_LARGE, GRID_GEMM_THREADS(GRID_LARGE, GRID_LARGE_WIDE)},
                 {GRID_gemm_small, GRID_SMALL, GRID_GEMM_THREADS(GRID_SMALL, GRID_SMALL_WIDE)},
                 {GRID_gemm_tiny, GRID_TINY, GRID_GEMM_THREADS(GRID_TINY, GRID_TINY_WIDE)}};
    uint32_t batch = gemm->batch == 0 ? 1 : gemm->batch;
    uint32_t i = 0;

    while (i < 2 && blocks(gemm->m, sizes[i].side) * blocks(gemm->n, sizes[i].side) * batch <
                        (uint64_t)cuda->multiprocessors)
        i++;
    return (struct launch){sizes[i].kernel, blocks(gemm->n, sizes[i].side),
                           (uint32_t)blocks(gemm->m, sizes[i].side), batch, sizes[i].threads};
}

static struct launch launch_of(const struct cuda *cuda, enum kernel kernel, const void *args)
{
    const union kernel_args of = {args};

    switch (kernel) {
    case KERNEL_map:
        return lanes(cuda, kernel, of.map->n);
    case KERNEL_adam:
        return lanes(cuda, kernel, of.adam->n);
    case KERNEL_dropout:
        return lanes(cuda, kernel, blocks(of.dropout->n, 4));
    case KERNEL_rolling:
        return lanes(cuda, kernel, (uint64_t)of.rolling->rows * of.rolling->n);
    case KERNEL_lstm_gates:
        return lanes(cuda, kernel, (uint64_t)of.lstm_gates->rows * of.lstm_gates->hidden);
    case KERNEL_lstm_gates_back:
        return lanes(cuda, kernel, (uint64_t)of.lstm_gates_back->rows * of.lstm_gates_back->hidden);
    case KERNEL_embed:
        return lanes(cuda, kernel, (uint64_t)of.embed->n * of.embed->width);
    case KERNEL_embed_back:
        return lanes(cuda, kernel, of.embed_back->width);
    case KERNEL_column_sum:
        return sums(kernel, of.column_sum->n, GRID_COLUMNS);
    case KERNEL_norm_params:
        return sums(kernel, of.norm_params->n, GRID_COLUMNS);
    case KERNEL_band_dot:
        return (struct launch){GRID_band_dot,
                               of.band_dot->batch * blocks(of.band_dot->steps, GRID_BAND_T) *
                                   blocks(of.band_dot->window, GRID_BAND_W),
                               1, 1, GRID_THREADS};
    case KERNEL_band_apply:
    case KERNEL_band_gather: // the same struct
        return lanes(cuda, kernel,
                     (uint64_t)of.band_apply->batch * of.band_apply->steps * of.band_apply->width);
    case KERNEL_reduce:
        return sums(kernel, of.reduce->rows, GRID_ROWS);
    case KERNEL_norm:
        return sums(kernel, of.norm->rows, GRID_ROWS);
    case KERNEL_norm_back:
        return sums(kernel, of.norm_back->rows, GRID_ROWS);
    case KERNEL_softmax:
        return sums(kernel, of.softmax->rows, GRID_ROWS);
    case KERNEL_softmax_back:
        return sums(kernel, of.softmax_back->rows, GRID_ROWS);
    case KERNEL_gemm:
        return tiles(cuda, of.gemm);
    case KERNEL_scenarios:
        return lanes(cuda, kernel, of.scenarios->n);
    case KERNEL_sweeps:
        return lanes(cuda, kernel, of.sweeps->n);
    case KERNEL_COUNT:
        break;
    }
    REQUIRE(!"a kernel has a row here");
    return (struct launch){0};
}

static void cuda_run(struct device *device, enum kernel kernel, const void *args)
{
    struct cuda *cuda = (struct cuda *)device;
    struct launch launch = launch_of(cuda, kernel, args);
    void *params[1];

    if (launch.x == 0 || launch.y == 0)
        return;
    REQUIRE(launch.x < (uint64_t)1 << 31 && launch.y < 65536 && launch.z < 65536);
    memcpy(params, &args, sizeof(args)); // the driver's interface has no const
    CALL(cuda, launch, cuda->functions[launch.kernel], (unsigned)launch.x, launch.y, launch.z,
         launch.threads, 1, 1, 0, NULL, params, NULL);
}

static uint32_t find_own(const struct cuda *cuda, const char *name)
{
    uint32_t i = 0;

    while (i < cuda->n_own && strncmp(cuda->own[i], name, CUDA_OWN_NAME) != 0)
        i++;
    return i;
}

static void cuda_run_own(struct device *device, enum kernel kernel, const void *args)
{
    static unsigned char argument[PARAMETERS_MAX]; // 0 behind what is copied
    struct cuda *cuda = (struct cuda *)device;
    struct cuda_own_args own;
    void *params[1] = {argument};
    uint32_t i;

    (void)kernel;
    memcpy(&own, args, sizeof(own));
    memcpy(argument, own.args, sizeof(own.args));
    i = find_own(cuda, own.name);
    REQUIRE(i < cuda->n_own); // it was found before
    CALL(cuda, launch, cuda->functions[i], own.blocks, 1, 1, own.threads, 1, 1, own.shared, NULL,
         params, NULL);
}

static void *cuda_alloc(struct device *device, size_t bytes)
{
    struct cuda *cuda = (struct cuda *)device;
    card_address at = 0;

    // Being out of memory is an answer of alloc's own, and no failure of what else is queued.
    if (cuda->driver.alloc(&at, bytes + 64) != 0)
        return NULL;
    CALL(cuda, fill, at, 0, bytes + 64, NULL);
    return (void *)(uintptr_t)at;
}

static void cuda_release(struct device *device, void *memory)
{
    struct cuda *cuda = (struct cuda *)device;

    if (memory != NULL)
        CALL(cuda, release, address(memory));
}

static void *cuda_pin(struct device *device, size_t bytes)
{
    struct cuda *cuda = (struct cuda *)device;
    void *memory = NULL;

    return cuda->driver.pin(&memory, bytes, 0) == 0 ? memory : NULL; // as alloc
}

static void cuda_unpin(struct device *device, void *memory)
{
    struct cuda *cuda = (struct cuda *)device;

    if (memory != NULL)
        CALL(cuda, unpin, memory);
}

static void cuda_clear(struct device *device, void *memory, size_t bytes)
{
    struct cuda *cuda = (struct cuda *)device;

    CALL(cuda, fill, address(memory), 0, bytes, NULL);
}

static void cuda_write(struct device *device, void *to, const void *from, size_t bytes)
{
    struct cuda *cuda = (struct cuda *)device;

    CALL(cuda, write, address(to), from, bytes);
}

static void cuda_read(struct device *device, void *to, const void *from, size_t bytes)
{
    struct cuda *cuda = (struct cuda *)device;

    CALL(cuda, read, to, address(from), bytes);
}

static void cuda_copy(struct device *device, void *to, const void *from, size_t bytes)
{
    struct cuda *cuda = (struct cuda *)device;

    CALL(cuda, copy, address(to), address(from), bytes, NULL);
}

static const char *code_name(const struct cuda *cuda, int code)
{
    const char *name = NULL;

    return cuda->driver.error_name(code, &name) == 0 && name != NULL ? name : "an unknown error";
}

static int cuda_wait(struct device *device, struct error *err)
{
    struct cuda *cuda = (struct cuda *)device;
    int code;

    check(cuda, cuda->driver.context_wait(), "context_wait");
    code = cuda->failed;
    cuda->failed = 0;
    if (code == 0)
        return AGON_OK;
    return error_set(err, AGON_EIO, "%s: %s (%d) in %s", cuda->name, code_name(cuda, code), code,
                     cuda->failed_at);
}

static void cuda_free(struct device *device)
{
    struct cuda *cuda = (struct cuda *)device;

    // Nothing can be done about a failure here: the process goes on without the card.
    if (cuda->module != NULL)
        (void)cuda->driver.module_unload(cuda->module);
    if (cuda->context != NULL)
        (void)cuda->driver.context_release(cuda->card);
    if (cuda->library != NULL)
        (void)dlclose(cuda->library);
    free(cuda);
}

static int open_driver(struct cuda *cuda, const char *name, struct error *err)
{
    cuda->library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (cuda->library == NULL)
        return error_set(err, AGON_ENOENT, "no CUDA driver: %s", dlerror());
#define DRIVER_FIND(member, symbol, args)                                                          \
    *(void **)&cuda->driver.member = dlsym(cuda->library, symbol);                                 \
    if (cuda->driver.member == NULL)                                                               \
        return error_set(err, AGON_EVERSION, "%s has no " symbol ": the driver is too old", name);
    DRIVER_CALLS(DRIVER_FIND)
    return AGON_OK;
}

static int open_card(struct cuda *cuda, uint32_t card, struct error *err)
{
    int major = 0;
    int minor = 0;
    char name[64] = "";
    size_t bytes = 0;

    CALL(cuda, init, 0);
    if (cuda->failed == 0)
        CALL(cuda, device_get, &cuda->card, (int)card);
    if (cuda->failed == 0)
        CALL(cuda, device_name, name, (int)sizeof(name), cuda->card);
    (void)snprintf(cuda->name, sizeof(cuda->name), "cuda %s", name[0] != '\0' ? name : "card");
    if (cuda->failed == 0)
        CALL(cuda, device_attribute, &cuda->multiprocessors, ATTRIBUTE_MULTIPROCESSORS, cuda->card);
    if (cuda->failed == 0)
        CALL(cuda, device_attribute, &major, ATTRIBUTE_MAJOR, cuda->card);
    if (cuda->failed == 0)
        CALL(cuda, device_attribute, &minor, ATTRIBUTE_MINOR, cuda->card);
    if (cuda->failed == 0 && 10 * major + minor < (int)CUDA_OLDEST)
        return error_set(err, AGON_ENOTSUP,
                         "%s: its compute capability is %d.%d, and cards older than %u.%u are not "
                         "supported",
                         cuda->name, major, minor, CUDA_OLDEST / 10, CUDA_OLDEST % 10);
    cuda->arch = (uint32_t)(10 * major + minor);
    if (cuda->failed == 0)
        CALL(cuda, device_place, cuda->place, (int)sizeof(cuda->place), cuda->card);
    if (cuda->failed == 0)
        CALL(cuda, device_bytes, &bytes, cuda->card);
    if (cuda->failed == 0)
        CALL(cuda, context_retain, &cuda->context, cuda->card);
    if (cuda->failed == 0)
        CALL(cuda, context_set, cuda->context);
    if (cuda->failed != 0)
        return error_set(err, AGON_EIO, "%s: %s (%d) in %s", cuda->name,
                         code_name(cuda, cuda->failed), cuda->failed, cuda->failed_at);
    cuda->device.place = cuda->place;
    cuda->device.bytes = bytes;
    return AGON_OK;
}

static int said(struct cuda *cuda, int status, int code, const char *at, struct error *err)
{
    return error_set(err, status, "%s: %s (%d) in %s", cuda->name, code_name(cuda, code), code, at);
}

static int load_module(struct cuda *cuda, const void *image)
{
    int code = cuda->driver.module_load(&cuda->module, image);

    if (code != 0)
        cuda->module = NULL;
    return code;
}

int cuda_device_load(struct device *device, const void *image, struct error *err)
{
    struct cuda *cuda = (struct cuda *)device;
    const char *at = "module_load";
    int code = load_module(cuda, image);

    for (uint32_t i = 0; i < GRID_COUNT && code == 0; i++) {
        code = cuda->driver.function_get(&cuda->functions[i], cuda->module, grid_names[i]);
        at = grid_names[i];
    }
    return code == 0 ? AGON_OK : said(cuda, AGON_EIO, code, at, err);
}

int cuda_device_load_own(struct device *device, const void *image, struct error *err)
{
    struct cuda *cuda = (struct cuda *)device;
    int code = load_module(cuda, image);

    device->run = cuda_run_own;
    return code == 0 ? AGON_OK : said(cuda, AGON_EINVAL, code, "module_load", err);
}

int cuda_device_find(struct device *device, const char *name, struct error *err)
{
    struct cuda *cuda = (struct cuda *)device;
    uint32_t i = find_own(cuda, name);
    int code;

    if (i < cuda->n_own)
        return AGON_OK;
    if (i == CUDA_OWN_MAX)
        return error_set(err, AGON_ENOSPC, "%s: %u others of its source are called, the limit",
                         name, CUDA_OWN_MAX);
    code = cuda->driver.function_get(&cuda->functions[i], cuda->module, name);
    if (code == NOT_FOUND)
        return error_set(err, AGON_EINVAL,
                         "there is no kernel %s; it is extern \"C\" __global__ in its source",
                         name);
    if (code != 0)
        return said(cuda, AGON_EINVAL, code, name, err);
    (void)snprintf(cuda->own[cuda->n_own++], CUDA_OWN_NAME, "%s", name);
    return AGON_OK;
}

uint32_t cuda_device_arch(const struct device *device)
{
    return ((const struct cuda *)device)->arch;
}

struct device *cuda_device_new(const void *image, uint32_t card, const char *driver,
                               struct error *err)
{
    struct device *device = cuda_device_bare(card, driver, err);

    if (device == NULL || cuda_device_load(device, image, err) >= 0)
        return device;
    device->free(device);
    return NULL;
}

struct device *cuda_device_bare(uint32_t card, const char *driver, struct error *err)
{
    struct cuda *cuda = calloc(1, sizeof(*cuda));

    if (cuda == NULL) {
        (void)error_set(err, AGON_ENOMEM, "no memory for a device");
        return NULL;
    }
    cuda->device = (struct device){.name = cuda->name,
                                   .run = cuda_run,
                                   .alloc = cuda_alloc,
                                   .release = cuda_release,
                                   .pin = cuda_pin,
                                   .unpin = cuda_unpin,
                                   .clear = cuda_clear,
                                   .write = cuda_write,
                                   .read = cuda_read,
                                   .copy = cuda_copy,
                                   .wait = cuda_wait,
                                   .free = cuda_free};
    if (open_driver(cuda, driver != NULL ? driver : DRIVER, err) >= 0 &&
        open_card(cuda, card, err) >= 0)
        return &cuda->device;
    cuda_free(&cuda->device);
    return NULL;
}
