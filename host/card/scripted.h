// SPDX-License-Identifier: Apache-2.0
/* scripted: a device that computes as the processor does, and fails as it is asked to: for tests of
 * what must be survived. [one thread]
 *
 * A script is a list of "LIFE OP COUNT WHAT", commas between: in that life of the worker (from 1
 * on; 0: each), at the COUNT-th OP (from 1 on; 0: each), WHAT happens. OP: start (1: of float, 2:
 * of double), alloc, pin, write, run, read, clear, wait. WHAT: fail (it says so), hang (it does not
 * come back), die (the process ends), slow=MS (it takes so much longer), wrong (one bit of what is
 * read is another). And "LIFE heat COUNT C": from the COUNT-th run on it has C degrees; "LIFE look
 * COUNT C": from the COUNT-th time on that somebody looks. */
#ifndef CARD_SCRIPTED_H
#define CARD_SCRIPTED_H

#include "base/error.h"
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
