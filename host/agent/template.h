// SPDX-License-Identifier: Apache-2.0
/* template: the files that `agon new` writes, embedded at build from sdk/template, the
 * SDK's headers and its library. Wherever my_strategy stands in a name or a text, the author's name
 * goes. [any] */
#ifndef AGENT_TEMPLATE_H
#define AGENT_TEMPLATE_H

#include <stddef.h>

#define TEMPLATE_NAME "my_strategy"

struct template_file {
    const char *path; /* below the new folder */
    const unsigned char *bytes;
    size_t n;
};
extern const struct template_file template_files[]; /* ends with a NULL path */

#endif
