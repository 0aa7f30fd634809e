// SPDX-License-Identifier: Apache-2.0
/* cpu: the processor as a device. Its memory is the heap, and work is done when the call returns.
 * The same bits come from plain C, AVX2 and AVX-512, with any number of threads. */
#ifndef KERNELS_CPU_H
#define KERNELS_CPU_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define cpu_isa_best   TYPED(cpu_isa_best)
#define cpu_device_new TYPED(cpu_device_new)

enum cpu_isa { CPU_PLAIN = 0, CPU_AVX2, CPU_AVX512, CPU_BEST };
/* The best that this processor has and this program was built for. [any] */
enum cpu_isa cpu_isa_best(void);
/* n_threads counts the caller, which is the device's owner. NULL: no memory, no thread, or the
 * processor lacks it. Ended by device->free. [any] */
struct device *cpu_device_new(enum cpu_isa isa, uint32_t n_threads);

#endif
