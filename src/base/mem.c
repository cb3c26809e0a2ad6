/* Heap memory: a thin layer over the C library, so that nothing else calls it. */
#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *mem_alloc(size_t count, size_t size)
{
    size_t total;

    /* calloc checks too, but sanitizers treat its overflow as a crash. */
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return calloc(1, total);
}

void *mem_resize(void *memory, size_t size)
{
    /* realloc(p, 0) may free p, which would break the promise that p stays valid on NULL. */
    return realloc(memory, size > 0 ? size : 1);
}

void *mem_grow(void *array, size_t *room, size_t need, size_t size)
{
    size_t wanted = *room > 0 ? *room : 16, total;
    void *grown;

    if (array != NULL && need <= *room)
        return array;
    while (wanted < need)
        if (__builtin_mul_overflow(wanted, 2, &wanted))
            return NULL;
    if (__builtin_mul_overflow(wanted, size, &total))
        return NULL;
    grown = mem_resize(array, total);
    if (grown != NULL)
        *room = wanted;
    return grown;
}

char *mem_strdup(const char *text)
{
    return strdup(text);
}

void mem_free(void *memory)
{
    free(memory);
}

void mem_trim(void)
{
    malloc_trim(0);
}

void mem_free_at(void *variable)
{
    void *memory;

    /* By memcpy, since the variable may be of any pointer type. */
    memcpy(&memory, variable, sizeof(memory));
    free(memory);
}

void *mem_need(void *memory)
{
    if (memory == NULL) {
        fputs("jobd: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}
