// SPDX-License-Identifier: Apache-2.0
/* The kernels' own source, for where there was no nvcc. KERNEL_SOURCES comes from the build: the
 * folder that they lie in. */
#include "base/embed.h"
#include "card/typed.h"

EMBED(card_source_kernels, KERNEL_SOURCES "/cuda/kernels.cu");
EMBED(card_source_grid, KERNEL_SOURCES "/cuda/grid.h");
EMBED(card_source_band, KERNEL_SOURCES "/cuda/band.h");
EMBED(card_source_gemm, KERNEL_SOURCES "/cuda/gemm.h");
EMBED(card_source_lane, KERNEL_SOURCES "/lane.h");
EMBED(card_source_args, KERNEL_SOURCES "/args.h");
EMBED(card_source_real, KERNEL_SOURCES "/real.h");

/* GNU C's names for what NVRTC has without them; its square root rounds as IEEE 754 says. */
static const char builtins[] = CARD_STDINT "#define __builtin_memcpy memcpy\n"
                                           "#define __builtin_fmaf fmaf\n"
                                           "#define __builtin_fma fma\n"
                                           "#define __builtin_sqrtf sqrtf\n"
                                           "#define __builtin_sqrt sqrt\n";
static const char *const names[] = {
    "kernels/cuda/grid.h", "band.h",         "gemm.h",  "kernels/lane.h",
    "kernels/args.h",      "kernels/real.h", "stdint.h"};
static const char *const texts[] = {card_source_grid, card_source_band, card_source_gemm,
                                    card_source_lane, card_source_args, card_source_real,
                                    builtins};

struct card_source card_kernels_source(const char *type)
{
    return (struct card_source){.name = "kernels.cu",
                                .text = card_source_kernels,
                                .headers = texts,
                                .names = names,
                                .define = type,
                                .n_headers = sizeof(names) / sizeof(names[0])};
}
