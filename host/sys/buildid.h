// SPDX-License-Identifier: Apache-2.0
/* buildid: the GNU build id that the linker gave this program: which build it is, whatever its file
 * is called. [any] */
#ifndef SYS_BUILDID_H
#define SYS_BUILDID_H

#include <stddef.h>

#define BUILD_ID_MAX 20

/* Its bytes, at most BUILD_ID_MAX; 0: it was linked without one. */
size_t buildid_own(unsigned char id[BUILD_ID_MAX]);

#endif
