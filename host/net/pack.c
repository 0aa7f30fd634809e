// SPDX-License-Identifier: Apache-2.0
#define ZLIB_CONST /* what is read is not written to */
#include "net/pack.h"

#include <stdlib.h>
#include <zlib.h>

#include <agon/types.h>

#define GZIP_BITS 16 /* zlib's word for a gzip header, on top of the window's bits */
#define SLACK     64 /* header and trailer of what is not made smaller */

struct pack {
    z_stream reader, writer;
    int bits; /* as zlib wants them */
    size_t most, room;
    uint8_t has_reader, has_writer;
    unsigned char bytes[];
};

int pack_new(struct pack **pack, enum pack_kind kind, size_t most)
{
    size_t room = most + most / 1000 + SLACK;

    // What zlib counts is 32 bits wide.
    *pack = most <= UINT32_MAX / 2 ? calloc(1, sizeof(**pack) + room) : NULL;
    if (*pack == NULL)
        return AGON_ENOMEM;
    (*pack)->bits = kind == PACK_GZIP ? MAX_WBITS + GZIP_BITS : -MAX_WBITS;
    (*pack)->most = most;
    (*pack)->room = room;
    return AGON_OK;
}

void pack_free(struct pack *pack)
{
    if (pack == NULL)
        return;
    if (pack->has_reader)
        inflateEnd(&pack->reader);
    if (pack->has_writer)
        deflateEnd(&pack->writer);
    free(pack);
}

int pack_read(struct pack *pack, const void *bytes, size_t n, const void **text, size_t *n_text)
{
    z_stream *reader = &pack->reader;
    int rc = pack->has_reader ? inflateReset(reader) : inflateInit2(reader, pack->bits);

    *text = pack->bytes;
    *n_text = 0;
    if (rc != Z_OK)
        return AGON_ENOMEM;
    pack->has_reader = 1;
    if (n > UINT32_MAX)
        return AGON_ENOSPC;
    reader->next_in = bytes;
    reader->avail_in = (uInt)n;
    reader->next_out = pack->bytes;
    // One more than may be, to see that there is more.
    reader->avail_out = (uInt)pack->most + 1;
    rc = inflate(reader, Z_FINISH);
    if (rc == Z_MEM_ERROR)
        return AGON_ENOMEM;
    if (reader->total_out > pack->most)
        return AGON_ENOSPC;
    if (rc != Z_STREAM_END || reader->avail_in > 0)
        return AGON_EINVAL;
    *n_text = reader->total_out;
    return AGON_OK;
}

int pack_write(struct pack *pack, const void *text, size_t n, const void **bytes, size_t *n_bytes)
{
    z_stream *writer = &pack->writer;
    int rc = pack->has_writer ? deflateReset(writer)
                              : deflateInit2(writer, Z_DEFAULT_COMPRESSION, Z_DEFLATED, pack->bits,
                                             8, Z_DEFAULT_STRATEGY);

    *bytes = pack->bytes;
    *n_bytes = 0;
    if (rc != Z_OK)
        return AGON_ENOMEM;
    pack->has_writer = 1;
    if (n > pack->most)
        return AGON_ENOSPC;
    writer->next_in = text;
    writer->avail_in = (uInt)n;
    writer->next_out = pack->bytes;
    writer->avail_out = (uInt)pack->room;
    if (deflate(writer, Z_FINISH) != Z_STREAM_END)
        return AGON_ENOSPC;
    *n_bytes = writer->total_out;
    return AGON_OK;
}
