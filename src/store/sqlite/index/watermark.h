/* Watermarks: how far the index has come, behind the commit. */
#ifndef JOBD_STORE_SQLITE_INDEX_WATERMARK_H
#define JOBD_STORE_SQLITE_INDEX_WATERMARK_H

#include "store/sqlite/sqlite.h"

enum watermark {
    WATERMARK_JOBS, /* the last position indexed: what never changes of the jobs up to it */
    WATERMARK_CHANGES, /* the last change followed: what does change, of those of them */
};

/* -1: nothing yet. */
enum problem watermark_read(struct sqlite_reader *reader, enum watermark which, int64_t *ret_value,
                            struct err *err);

/* On the writer thread; false with sqlite3_errmsg set. */
bool watermark_write(struct sqlite_reader *writer, enum watermark which, int64_t value);

#endif
