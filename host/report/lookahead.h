// SPDX-License-Identifier: Apache-2.0
/* What the check of look-ahead found, as text and as one JSON object. [one thread] */
#ifndef REPORT_LOOKAHEAD_H
#define REPORT_LOOKAHEAD_H

#include <stdio.h>

#include "lab/lookahead.h"

void lookahead_print(const struct lookahead *result, FILE *out);
int lookahead_json(const struct lookahead *result, FILE *out);

#endif
