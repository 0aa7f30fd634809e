// SPDX-License-Identifier: Apache-2.0
#include "card/sensor.h"

#include <dlfcn.h>
#include <string.h>

#define LIBRARY     "libnvidia-ml.so.1"
#define OF_THE_CHIP 0 /* NVML_TEMPERATURE_GPU */

/* What is used of NVML's interface, as its header has it. */
struct nvml_load {
    unsigned gpu_pct, memory_pct;
};
struct nvml_memory {
    unsigned long long total, free, used;
};

/* call: a pointer to the library's function of that name; NULL: it has none. */
static void find_call(const struct card_sensor *sensor, const char *name, void *call)
{
    void *found = sensor->library != NULL ? dlsym(sensor->library, name) : NULL;

    memcpy(call, &found, sizeof(found));
}

int card_sensor_open(struct card_sensor *sensor, const char *library, const char *place,
                     struct error *err)
{
    int (*begin)(void);
    int (*find)(const char *place, void **device);
    int rc;

    memset(sensor, 0, sizeof(*sensor));
    if (place == NULL)
        return error_set(err, AGON_ENOENT, "the device has no sensors");
    sensor->library = dlopen(library != NULL ? library : LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (sensor->library == NULL)
        return error_set(err, AGON_ENOENT, "no NVML: %s", dlerror());
    find_call(sensor, "nvmlInit_v2", &begin);
    find_call(sensor, "nvmlDeviceGetHandleByPciBusId_v2", &find);
    rc = begin != NULL && find != NULL ? begin() : -1;
    sensor->is_begun = rc == 0;
    if (rc == 0)
        rc = find(place, &sensor->device);
    if (rc == 0)
        return AGON_OK;
    sensor->device = NULL;
    return error_set(err, AGON_EIO, "NVML: error %d of card %s", rc, place);
}

void card_sensor_look(const struct card_sensor *sensor, struct card_look *look)
{
    int (*heat)(void *device, int of, unsigned *celsius);
    int (*load)(void *device, struct nvml_load *load);
    int (*memory)(void *device, struct nvml_memory *memory);
    struct nvml_load is_loaded;
    struct nvml_memory is_used;
    unsigned celsius;

    *look = (struct card_look){.celsius = -1, .busy_pct = -1};
    if (sensor->device == NULL)
        return;
    find_call(sensor, "nvmlDeviceGetTemperature", &heat);
    find_call(sensor, "nvmlDeviceGetUtilizationRates", &load);
    find_call(sensor, "nvmlDeviceGetMemoryInfo", &memory);
    if (heat != NULL && heat(sensor->device, OF_THE_CHIP, &celsius) == 0)
        look->celsius = (int32_t)celsius;
    if (load != NULL && load(sensor->device, &is_loaded) == 0)
        look->busy_pct = (int32_t)is_loaded.gpu_pct;
    if (memory != NULL && memory(sensor->device, &is_used) == 0) {
        look->used_bytes = is_used.used;
        look->total_bytes = is_used.total;
    }
}

void card_sensor_close(struct card_sensor *sensor)
{
    int (*end)(void);

    find_call(sensor, "nvmlShutdown", &end);
    if (sensor->is_begun && end != NULL)
        (void)end();
    if (sensor->library != NULL)
        (void)dlclose(sensor->library);
    memset(sensor, 0, sizeof(*sensor));
}
