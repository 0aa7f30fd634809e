// SPDX-License-Identifier: Apache-2.0
#include "card/typed.h"

#include <stdlib.h>

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

static struct device *open_cuda(uint32_t card, const char *driver, struct card_nvrtc *nvrtc,
                                const struct error *why, struct error *err)
{
    struct card_source source =
        card_kernels_source(REAL_BITS == 32 ? "-DREAL_BITS=32" : "-DREAL_BITS=64");
    struct device *device;
    char *code = NULL;
    int rc;

    if (HAS_IMAGE)
        return cuda_device_new(TYPED(card_image), card, driver, err);
    device = cuda_device_bare(card, driver, err);
    if (device == NULL)
        return NULL;
    if (nvrtc == NULL)
        rc = error_set(err, AGON_ENOTSUP,
                       "%s; this agon-gpu was built without nvcc and has no code for a card",
                       why->text);
    else
        rc = card_nvrtc_compile(nvrtc, &source, cuda_device_arch(device), &code, err);
    if (rc >= 0)
        rc = cuda_device_load(device, code, err);
    free(code);
    if (rc >= 0)
        return device;
    device->free(device);
    return NULL;
}

#if REAL_BITS == 32
const struct card_typed card_typed_f32 =
#else
const struct card_typed card_typed_f64 =
#endif
    {REAL_BITS, HAS_IMAGE, open_cpu, open_cuda, card_check_call};
