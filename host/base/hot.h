// SPDX-License-Identifier: Apache-2.0
/* hot: what runs for every event of a market stands together in the program. Spread over four
 * megabytes, its hundred functions meet on the same lines of the first cache by chance, and each
 * build meets anew. For definitions of such functions, and for nothing that runs less often. */
#ifndef BASE_HOT_H
#define BASE_HOT_H

#define HOT __attribute__((hot))

#endif
