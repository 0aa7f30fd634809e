// SPDX-License-Identifier: Apache-2.0
/* marks: Check notes each assertion that holds, by a write to a file, so that it can say behind
 * which one a test crashed. In a loop over millions that is most of a test's time: of each test the
 * first are noted, and then one in a thousand. (Tests are linked with --wrap=_mark_point.) */

#define MARKS_NOTED 2000
#define MARKS_SHARE 1000

void __real__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line);

void __wrap__mark_point(const char *file, int line)
{
    static unsigned long n; // of one test: each is a process of its own
    unsigned long before = __atomic_fetch_add(&n, 1, __ATOMIC_RELAXED);

    if (before < MARKS_NOTED || before % MARKS_SHARE == 0)
        __real__mark_point(file, line);
}
