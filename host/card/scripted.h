// SPDX-License-Identifier: Apache-2.0
/* scripted: a device that computes as the processor does, and fails as it is asked to: for tests of
 * what must be survived. What it is to fail of is a script
 * (card/script.h). [one thread] */
#ifndef CARD_SCRIPTED_H
#define CARD_SCRIPTED_H

#include "card/script.h"
#include "kernels/device.h"

struct card_script;
/* What is to happen in this life. AGON_EINVAL: no such script. NULL is an empty one. */
int card_script_new(struct card_script **script, const char *text, uint32_t life,
                    struct error *err);
void card_script_free(struct card_script *script); /* NULL is fine */
/* Does it let the device start? */
int card_script_start(struct card_script *script, struct error *err);
/* Degrees now, of somebody who looks; -1: it says nothing. */
int32_t card_script_celsius(struct card_script *script);
/* inner computes, and is freed with it; script is borrowed, and shared by all devices of a worker.
 * NULL: no memory. */
struct device *card_scripted_new(struct device *inner, struct card_script *script);

#endif
