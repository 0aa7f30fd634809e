// SPDX-License-Identifier: Apache-2.0
#include "venue/records.h"

int records_hand_out(struct records *records, const void *bytes, records_walk walk, void *self,
                     const void *from, struct wire_out *out)
{
    uint32_t n;
    int rc;

    if (records->message != bytes) {
        // Most have one record, which is then in out.
        rc = walk(self, from, RECORDS_ALL, &n, out);
        if (rc < 0)
            return rc;
        records->message = bytes;
        records->n_handed = n > 1 ? 0 : 1;
        if (n <= 1)
            return n == 1;
    }
    rc = walk(self, from, records->n_handed + 1, &n, out);
    if (rc < 0 || n <= records->n_handed)
        return rc < 0 ? rc : 0;
    records->n_handed++;
    return 1;
}
