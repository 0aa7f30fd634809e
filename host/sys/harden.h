// SPDX-License-Identifier: Apache-2.0
/* harden: what a process does before it reads a secret or writes what must not be lost. [control]
 */
#ifndef SYS_HARDEN_H
#define SYS_HARDEN_H

#include "base/error.h"

/* No core file of this process, and no other process of its user may look into it. AGON_EPERM. */
int harden_memory(struct error *err);
/* A file that may grow no further (ulimit -f) fails one write, as a full disk does, and does not
 * end the process. */
void harden_files(void);

#endif
