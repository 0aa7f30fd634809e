// SPDX-License-Identifier: Apache-2.0
#include "card/typed.h"

#include "base/embed.h"
#include "kernels/cpu.h"
#include "kernels/cuda/cuda.h"

// The file comes from the build, where there is nvcc.
#ifdef CARD_IMAGE
#define HAS_IMAGE            1
#define IMAGE_OF(name, path) EMBED(name, path)
IMAGE_OF(TYPED(card_image), CARD_IMAGE);
#else
#define HAS_IMAGE 0
static const char TYPED(card_image)[1];
#endif

static struct device *open_cpu(uint32_t n_threads)
{
    return cpu_device_new(CPU_BEST, n_threads);
}

static struct device *open_cuda(uint32_t card, const char *driver, struct error *err)
{
    struct device *device = cuda_device_new(TYPED(card_image), card, driver, err);

    if (device == NULL && !HAS_IMAGE)
        error_hint(err, "; this agon-gpu was built without nvcc and has no code for a card");
    return device;
}

#if REAL_BITS == 32
const struct card_typed card_typed_f32 =
#else
const struct card_typed card_typed_f64 =
#endif
    {REAL_BITS, open_cpu, open_cuda, card_check};
