// SPDX-License-Identifier: Apache-2.0
/* train_differ: the settings of a training that was interrupted beside those that it is asked to go
 * on with. Each is an object of JSON, of numbers and texts; who goes on has the same. [any] */
#ifndef CLI_TRAIN_DIFFER_H
#define CLI_TRAIN_DIFFER_H

#include <jansson.h>
#include <stddef.h>

#define TRAIN_DIFFER_TEXT 600

/* "seed was 3 and is 4; head was 5 and is none": what differs, by its key, the first few and then
 * how many more. Keys that end in _ppm are said in per cent, hashes by their first digits. Safe for
 * a terminal, whatever stood in a file. "": nothing differs. */
void train_differ(json_t *was, json_t *is, char text[TRAIN_DIFFER_TEXT]);

#endif
