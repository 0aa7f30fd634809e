// SPDX-License-Identifier: Apache-2.0
/* crc: CRC32C (Castagnoli, RFC 3720 appendix B.4), as in iSCSI and ext4. [any] */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <agon/types.h>

/* The checksum of n bytes that follow bytes whose checksum is crc; 0 to begin with. Uses the CPU's
 * instruction where there is one; both ways give the same. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t n);

#endif
