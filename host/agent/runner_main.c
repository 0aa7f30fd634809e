// SPDX-License-Identifier: Apache-2.0
/* The program of a plugin's process; it lies inside agon and nowhere else (runner.h). */
#include "agent/child_main.h"

int main(int argc, char **argv)
{
    return child_main(argc, argv);
}
