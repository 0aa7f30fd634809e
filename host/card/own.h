// SPDX-License-Identifier: Apache-2.0
/* own: kernels that are not the host's but an agent's, in a worker of their own: its source,
 * compiled when the worker begins, and what may be called of it. A process has one. Whatever is
 * wrong with the source costs the jobs that need it, each with the reason. [one thread] */
#ifndef CARD_OWN_H
#define CARD_OWN_H

#include "card/nvrtc.h"
#include "card/typed.h"

/* Reads what the host sealed (struct card_own_head and the source). AGON_EINVAL: not that. */
int card_own_read(int fd, struct error *err);
/* A device for it: nvrtc: NULL: there is none, for the reason in why. NULL: no device. */
struct device *card_own_open(uint32_t card, const char *driver, struct card_nvrtc *nvrtc,
                             const struct error *why, struct error *err);
void card_own_free(void);
/* Below 0: none of its kernels runs; text says why. */
int card_own_state(char *text, size_t room);
extern const struct card_typed card_own_typed;

#endif
