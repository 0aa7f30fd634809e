// SPDX-License-Identifier: Apache-2.0
/* web: the dashboard's files, which the program carries with it. [any] */
#ifndef OPS_WEB_H
#define OPS_WEB_H

#include "control/control.h"

const struct control_file *ops_web(void); /* ends with a NULL path */

#endif
