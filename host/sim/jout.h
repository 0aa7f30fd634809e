// SPDX-License-Identifier: Apache-2.0
/* jout: moved to net, where the control service shares it. */
#ifndef SIM_JOUT_H
#define SIM_JOUT_H

#include "net/jout.h"

#endif
