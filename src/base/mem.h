/* Heap memory: the only place of the tree that calls malloc and free. */
#ifndef JOBD_BASE_MEM_H
#define JOBD_BASE_MEM_H

#include <stddef.h>

/*
 * Zeroed memory for `count` objects of `size` bytes; NULL when there is none (or the product
 * overflows).
 */
void *mem_alloc(size_t count, size_t size) __attribute__((malloc, warn_unused_result));

/* Resizes like realloc; on failure NULL, and `memory` stays valid and owned by the caller. */
void *mem_resize(void *memory, size_t size) __attribute__((warn_unused_result));

/*
 * Makes room for `need` elements of `size` bytes in an array that has room for *room of them (NULL,
 * 0: none yet): the array itself, or doubled as often as that takes, with the new *room. NULL when
 * there is no memory (or the product overflows), and `array` stays valid and owned by the caller.
 */
void *mem_grow(void *array, size_t *room, size_t need, size_t size)
    __attribute__((warn_unused_result));

/* A NUL-terminated copy of `text`; NULL when there is no memory. */
char *mem_strdup(const char *text) __attribute__((malloc, warn_unused_result));

/* Frees; NULL is fine. */
void mem_free(void *memory);

/* Gives what was freed back to the system, of all threads; takes up to a millisecond or so. */
void mem_trim(void);

/* For AUTO(mem_free_at): frees what the pointer variable at `variable` points to. */
void mem_free_at(void *variable);

/* For start-up only: returns `memory`, or ends the process with a message when it is NULL. */
void *mem_need(void *memory) __attribute__((returns_nonnull, warn_unused_result));

#endif
