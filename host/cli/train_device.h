// SPDX-License-Identifier: Apache-2.0
/* train_device: where `agon train` computes: this processor, or a card of the machine. This process
 * opens no driver: agon-gpu does (card/away.h). [main thread] */
#ifndef CLI_TRAIN_DEVICE_H
#define CLI_TRAIN_DEVICE_H

#include "cli/train_kinds.h"
#include "kernels/device.h"

#define TRAIN_DEVICES 96 /* bytes of a text with the names of some, in the order of time */

enum train_where { TRAIN_NOWHERE = 0, TRAIN_CPU, TRAIN_CUDA };
/* --device cpu, cuda or cuda:N. TRAIN_NOWHERE: it is none of them. */
enum train_where train_device_where(const char *text, uint32_t *card);
/* NULL: there is none, and err says why and what to do. */
struct device *train_device_open(const struct train_ask *ask, struct error *err);
/* What a checkpoint and a model's card say of it: "cpu", however many threads, or a card's name. */
const char *train_device_name(const struct train_ask *ask, const struct device *device);
/* Why it has no memory for what was asked; "": of the processor. */
const char *train_device_why(const struct train_ask *ask, const struct device *device);
/* devices: those before, to which one is added where the last is another. 1: it is another. */
int train_device_add(char devices[TRAIN_DEVICES], const char *name);

#endif
