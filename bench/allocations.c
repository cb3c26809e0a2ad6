/* Counts calls of malloc, by who asks, and of SQLite's compiler: loaded before the C library. */

/*
 * LD_PRELOAD=build/bench/allocations.so ALLOCATIONS=FILE: when the process ends, a line for each
 * library that asked ("jobd 12"), and one "prepare" for the statements that were compiled.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLERS 8192
#define LIBRARIES 64

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

struct caller {
    _Atomic uintptr_t address;
    _Atomic uint64_t calls;
};

struct library {
    const char *name;
    uint64_t calls;
};

static struct caller callers[CALLERS];
static _Atomic uint64_t prepared;

static void count(void *address)
{
    uintptr_t wanted = (uintptr_t)address;

    for (size_t i = wanted * UINT64_C(0x9E3779B97F4A7C15) >> 51;; i++) {
        struct caller *caller = &callers[i % CALLERS];
        uintptr_t found = 0;
        if (atomic_compare_exchange_strong(&caller->address, &found, wanted) || found == wanted) {
            caller->calls++;
            return;
        }
    }
}

#pragma GCC visibility push(default)

int sqlite3_prepare_v2(void *db, const char *sql, int len, void **statement, const char **tail);
int sqlite3_prepare_v3(void *db, const char *sql, int len, unsigned flags, void **statement,
                       const char **tail);

void *malloc(size_t size)
{
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
    count(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

int sqlite3_prepare_v2(void *db, const char *sql, int len, void **statement, const char **tail)
{
    int (*real)(void *, const char *, int, void **, const char **) =
        dlsym(RTLD_NEXT, "sqlite3_prepare_v2");

    prepared++;
    return real(db, sql, len, statement, tail);
}

int sqlite3_prepare_v3(void *db, const char *sql, int len, unsigned flags, void **statement,
                       const char **tail)
{
    int (*real)(void *, const char *, int, unsigned, void **, const char **) =
        dlsym(RTLD_NEXT, "sqlite3_prepare_v3");

    prepared++;
    return real(db, sql, len, flags, statement, tail);
}

#pragma GCC visibility pop

static void add(struct library *libraries, const char *name, uint64_t calls)
{
    for (size_t i = 0; i < LIBRARIES; i++) {
        if (libraries[i].name == NULL)
            libraries[i].name = name;
        if (strcmp(libraries[i].name, name) == 0) {
            libraries[i].calls += calls;
            return;
        }
    }
}

__attribute__((destructor)) static void report(void)
{
    struct library libraries[LIBRARIES] = {0};
    const char *path = getenv("ALLOCATIONS");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (file == NULL)
        return;
    for (size_t i = 0; i < CALLERS; i++) {
        Dl_info info;
        if (callers[i].address != 0 && dladdr((void *)callers[i].address, &info) != 0)
            add(libraries, strrchr(info.dli_fname, '/') + 1, callers[i].calls);
    }
    fprintf(file, "prepare %llu\n", (unsigned long long)prepared);
    for (size_t i = 0; i < LIBRARIES && libraries[i].name != NULL; i++)
        fprintf(file, "%s %llu\n", libraries[i].name, (unsigned long long)libraries[i].calls);
    fclose(file);
}
