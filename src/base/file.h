/* Reading a whole file. */
#ifndef JOBD_BASE_FILE_H
#define JOBD_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Appends what is left of the stream. False with a sentence that calls it `name` when it cannot be
 * read, or the buffer takes no more; how much was appended is not said then.
 */
bool file_rest(FILE *stream, const char *name, struct buf *out, struct err *err);

/* The same of the file at a path. */
bool file_read(const char *path, struct buf *out, struct err *err);

#endif
