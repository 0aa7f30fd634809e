// SPDX-License-Identifier: Apache-2.0
/* The image of the kernels that nvcc made (IMAGE: its file), as bytes of this program. */
#include "image.h"

__asm__(".section .rodata\n"
        ".balign 64\n"
        ".global gpu_image\n"
        "gpu_image:\n"
        ".incbin \"" IMAGE "\"\n"
        ".byte 0\n"
        ".previous\n");
