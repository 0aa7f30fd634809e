// SPDX-License-Identifier: Apache-2.0
/* environment: what a worker of a card is given of this process's environment. What CUDA is set by
 * (CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER, CUDA_MPS_PIPE_DIRECTORY and others), and where the
 * loader looks for the driver and what that opens beside itself (LD_LIBRARY_PATH): some containers
 * have it in a folder that only this names. NVIDIA_... is for who makes a container, before
 * anything runs there, and for libraries that no worker opens. All else, keys among it, stays.
 * [any] */
#ifndef CARD_ENVIRONMENT_H
#define CARD_ENVIRONMENT_H

/* Of a worker of that device, as proc.h wants it; NULL, which is nothing: it is not "cuda". The
 * same for all callers: it is made once, by the first. */
const char *const *card_environment_of(const char *device);

#endif
