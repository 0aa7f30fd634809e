// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/isa.h"
#include "kernels/team.h"

/* A kernel's body, whatever its struct: args, from, to, scratch. */
typedef void (*body_fn)(const void *args, uint32_t from, uint32_t to, real *scratch);

struct cpu {
    struct device device; /* first */
    enum cpu_isa isa;
    struct team *team; /* owned */
    real *scratch;     /* owned; ISA_SCRATCH for each thread */
    char name[48];
    uint32_t n_threads;
};

/* A call through a wrapper of the right type, and not of a function by another type's pointer. */
#define CPU_WRAP(name, type, isa)                                                                  \
    void ISA_PASTE(TYPED(isa_##name), isa)(const struct type##_args *args, uint32_t from,          \
                                           uint32_t to, real *scratch);                            \
    static void isa##_##name(const void *args, uint32_t from, uint32_t to, real *scratch)          \
    {                                                                                              \
        ISA_PASTE(TYPED(isa_##name), isa)(args, from, to, scratch);                                \
    }
#define CPU_PLAIN_WRAP(name, type)  CPU_WRAP(name, type, plain)
#define CPU_AVX2_WRAP(name, type)   CPU_WRAP(name, type, avx2)
#define CPU_AVX512_WRAP(name, type) CPU_WRAP(name, type, avx512)
#define CPU_PLAIN_BODY(name, type)  plain_##name,
#define CPU_AVX2_BODY(name, type)   avx2_##name,
#define CPU_AVX512_BODY(name, type) avx512_##name,

#if defined(__x86_64__)
KERNELS(CPU_PLAIN_WRAP)
KERNELS(CPU_AVX2_WRAP)
KERNELS(CPU_AVX512_WRAP)
static const body_fn bodies[CPU_BEST][KERNEL_COUNT] = {
    {KERNELS(CPU_PLAIN_BODY)}, {KERNELS(CPU_AVX2_BODY)}, {KERNELS(CPU_AVX512_BODY)}};
#else
KERNELS(CPU_PLAIN_WRAP)
static const body_fn bodies[1][KERNEL_COUNT] = {{KERNELS(CPU_PLAIN_BODY)}};
#endif

static const char *const isa_names[CPU_BEST] = {"plain", "avx2", "avx512"};

/* How many items a call has, and how many of them are worth waking a thread for. */
struct share {
    uint64_t items, grain;
};

static uint64_t blocks(uint64_t n, uint64_t of)
{
    return (n + of - 1) / of;
}

/* Items of `each` elements of work, of which a thread takes some thousands at a time. */
static struct share share(uint64_t items, uint64_t each)
{
    return (struct share){items, 1 + 16384 / (each + 1)};
}

static struct share share_of(enum kernel kernel, const void *args)
{
    const union kernel_args of = {args};

    switch (kernel) {
    case KERNEL_map:
        return share(of.map->n, 1);
    case KERNEL_adam:
        return share(of.adam->n, 4);
    case KERNEL_dropout:
        return share(blocks(of.dropout->n, 4), 16);
    case KERNEL_rolling:
        return share(of.rolling->rows * blocks(of.rolling->n, ISA_STRETCH),
                     (uint64_t)ISA_STRETCH * of.rolling->window / 4);
    case KERNEL_lstm_gates:
        return share(of.lstm_gates->rows, (uint64_t)of.lstm_gates->hidden * 16);
    case KERNEL_lstm_gates_back:
        return share(of.lstm_gates_back->rows, (uint64_t)of.lstm_gates_back->hidden * 8);
    case KERNEL_embed:
        return share(of.embed->n, of.embed->width);
    case KERNEL_embed_back:
        return share(blocks(of.embed_back->width, ISA_COLUMNS),
                     (uint64_t)of.embed_back->n * ISA_COLUMNS);
    case KERNEL_reduce:
        return share(of.reduce->rows, of.reduce->n);
    case KERNEL_column_sum:
        return share(blocks(of.column_sum->n, ISA_COLUMNS),
                     (uint64_t)of.column_sum->rows * ISA_COLUMNS);
    case KERNEL_norm:
        return share(of.norm->rows, of.norm->n * 3ull);
    case KERNEL_norm_back:
        return share(of.norm_back->rows, of.norm_back->n * 3ull);
    case KERNEL_norm_params:
        return share(blocks(of.norm_params->n, ISA_COLUMNS),
                     (uint64_t)of.norm_params->rows * ISA_COLUMNS);
    case KERNEL_softmax:
        return share(of.softmax->rows, of.softmax->n * 4ull);
    case KERNEL_softmax_back:
        return share(of.softmax_back->rows, of.softmax_back->n * 2ull);
    case KERNEL_gemm: {
        uint64_t batch = of.gemm->batch == 0 ? 1 : of.gemm->batch;
        uint64_t tiles = blocks(of.gemm->m, ISA_TILE_M) * blocks(of.gemm->n, ISA_TILE_N);

        return share(batch * tiles,
                     (uint64_t)of.gemm->m * of.gemm->n / (tiles + 1) * of.gemm->k / 16);
    }
    case KERNEL_band_dot:
        return share((uint64_t)of.band_dot->batch * of.band_dot->steps,
                     (uint64_t)of.band_dot->window * of.band_dot->width / 4);
    case KERNEL_band_apply:
    case KERNEL_band_gather: // the same struct
        return share((uint64_t)of.band_apply->batch * of.band_apply->steps,
                     (uint64_t)of.band_apply->window * of.band_apply->width / 4);
    case KERNEL_scenarios:
        return share(blocks(of.scenarios->n, ISA_SIDE),
                     (uint64_t)ISA_SIDE * of.scenarios->steps * of.scenarios->m);
    case KERNEL_sweeps:
        return share(blocks(of.sweeps->n, ISA_SIDE), (uint64_t)ISA_SIDE * of.sweeps->steps);
    case KERNEL_COUNT:
        break;
    }
    REQUIRE(!"a kernel has a row here");
    return (struct share){0, 1};
}

struct call {
    const struct cpu *cpu;
    body_fn body;
    const void *args;
};

static void run_items(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    const struct call *call = ctx;

    call->body(call->args, from, to, call->cpu->scratch + member * ISA_SCRATCH);
}

static void cpu_run(struct device *device, enum kernel kernel, const void *args)
{
    struct cpu *cpu = (struct cpu *)device;
    struct share share = share_of(kernel, args);
    struct call call = {cpu, bodies[cpu->isa][kernel], args};

    REQUIRE(share.items < (uint64_t)1 << 31);
    if (share.items > 0)
        team_run(cpu->team, (uint32_t)share.items, (uint32_t)share.grain, run_items, &call);
}

static void *cpu_alloc(struct device *device, size_t bytes)
{
    size_t whole = (bytes + 63) / 64 * 64 + 64;
    void *memory = aligned_alloc(64, whole);

    (void)device;
    if (memory != NULL)
        memset(memory, 0, whole);
    return memory;
}

static void cpu_release(struct device *device, void *memory)
{
    (void)device;
    free(memory);
}

static void cpu_clear(struct device *device, void *memory, size_t bytes)
{
    (void)device;
    memset(memory, 0, bytes);
}

static void cpu_copy(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device;
    memcpy(to, from, bytes);
}

static int cpu_wait(struct device *device, struct error *err)
{
    (void)device;
    (void)err;
    return AGON_OK;
}

static void cpu_free(struct device *device)
{
    struct cpu *cpu = (struct cpu *)device;

    team_free(cpu->team);
    free(cpu->scratch);
    free(cpu);
}

enum cpu_isa cpu_isa_best(void)
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return CPU_PLAIN;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        return CPU_AVX512;
    return CPU_AVX2;
#else
    return CPU_PLAIN;
#endif
}

struct device *cpu_device_new(enum cpu_isa isa, uint32_t n_threads)
{
    enum cpu_isa best = cpu_isa_best();
    struct cpu *cpu;

    if (isa != CPU_BEST && isa > best)
        return NULL;
    cpu = calloc(1, sizeof(*cpu));
    if (cpu == NULL)
        return NULL;
    cpu->isa = isa == CPU_BEST ? best : isa;
    cpu->n_threads = n_threads;
    cpu->team = team_new(n_threads);
    cpu->scratch = aligned_alloc(64, n_threads * ISA_SCRATCH * sizeof(real));
    (void)snprintf(cpu->name, sizeof(cpu->name), "cpu %s, %u thread%s", isa_names[cpu->isa],
                   n_threads, n_threads == 1 ? "" : "s");
    cpu->device = (struct device){.name = cpu->name,
                                  .run = cpu_run,
                                  .alloc = cpu_alloc,
                                  .release = cpu_release,
                                  .clear = cpu_clear,
                                  .write = cpu_copy,
                                  .read = cpu_copy,
                                  .copy = cpu_copy,
                                  .wait = cpu_wait,
                                  .free = cpu_free};
    if (cpu->team != NULL && cpu->scratch != NULL)
        return &cpu->device;
    cpu_free(&cpu->device);
    return NULL;
}
