// SPDX-License-Identifier: Apache-2.0
/* crc: CRC32C (Castagnoli, RFC 3720 appendix B.4), as in iSCSI and ext4. [any] */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <agon/types.h>

/* The checksum of n bytes that follow bytes whose checksum is crc; 0 to begin with. Uses the CPU's
 * instruction where there is one; both ways give the same. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t n);
/* As crc32c of a word, its lowest byte first, and of the n bytes behind it that are copied. Both
 * places are apart. */
uint32_t crc32c_copy(uint32_t crc, uint32_t word, void *to, const void *from, size_t n);

/* Where n bytes are not 0: in two parts, of which the first begins them, and behind the second are
 * 8 bytes or more. All in bytes, multiples of 8. */
struct crc_parts {
    uint32_t n, first, at, second; /* length of the first; where the second is, and its length */
    uint64_t over[2];              /* crc_parts_init's: brings a sum of each to the end */
};
void crc_parts_init(struct crc_parts *parts);
/* As crc32c of all n. */
uint32_t crc32c_parts(uint32_t crc, const void *bytes, const struct crc_parts *parts);

#endif
