// SPDX-License-Identifier: Apache-2.0
/* sensor: heat, load and memory of a card, by NVML, which is opened at run time. Without it all are
 * unknown, and jobs go on. [one thread] */
#ifndef CARD_SENSOR_H
#define CARD_SENSOR_H

#include "base/error.h"
#include "card/wire.h"

struct card_sensor {
    void *library; /* owned; NULL: there is none */
    void *device;
    int is_begun; /* NVML is, and has to be ended */
};
/* library: NULL for libnvidia-ml.so.1; place: the card's address on the bus. AGON_ENOENT,
 * AGON_EIO: why nothing is known; the sensor may be asked and says so. */
int card_sensor_open(struct card_sensor *sensor, const char *library, const char *place,
                     struct error *err);
void card_sensor_look(const struct card_sensor *sensor, struct card_look *look);
void card_sensor_close(struct card_sensor *sensor);

#endif
