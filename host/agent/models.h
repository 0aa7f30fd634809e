// SPDX-License-Identifier: Apache-2.0
/* models: what a plugin has opened by agon.nn (ext_nn.c); it goes with its feed. */
#ifndef AGENT_MODELS_H
#define AGENT_MODELS_H

struct models;
void models_free(struct models *models); /* NULL is fine. [control] */

#endif
