// SPDX-License-Identifier: Apache-2.0
/* client: asks a running host over the socket of its run directory. */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <jansson.h>

#include "base/error.h"

/* Sends the words of a verb and waits for the answer, at most wait_ns. *result is the caller's to
 * json_decref. The host's refusals come back as they are; AGON_ENOENT with no result and the
 * directory in err: no host runs there; AGON_ETIME: no answer; AGON_ECORRUPT. [any] */
int client_ask(const char *dir, const char *const *words, int n_words, int64_t wait_ns,
               json_t **result, struct error *err);

#endif
