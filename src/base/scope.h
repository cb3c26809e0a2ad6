/* The cleanup vocabulary: what a scope owns is released at its end, unless it was taken. */
#ifndef JOBD_BASE_SCOPE_H
#define JOBD_BASE_SCOPE_H

/*
 * AUTO(release) in front of a variable calls release(&variable) at the end of its scope:
 *
 *     AUTO(buf_release) struct buf out = BUF(4096);
 *     AUTO(mem_free_at) char *copy = mem_strdup(name);
 *
 * `unused`, since a variable may be there for its release alone.
 */
#define AUTO(release) __attribute__((cleanup(release), unused))

/* TAKE(pointer) yields the pointer and leaves NULL behind: the receiver is its owner now. */
#define TAKE(pointer)                                                                              \
    ({                                                                                             \
        __auto_type take_ = (pointer);                                                             \
        (pointer) = NULL;                                                                          \
        take_;                                                                                     \
    })

/* The object of type `type` whose member `member` lies at `pointer`. */
#define CONTAINER_OF(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
