// SPDX-License-Identifier: Apache-2.0
/* image: the kernels for a card, inside the programs of this directory. */
#ifndef GPU_IMAGE_H
#define GPU_IMAGE_H

extern const unsigned char gpu_image[];

#endif
