/* Reading a whole file, piece by piece: its size need not be known, or may change. */
#include "base/file.h"

#include <errno.h>
#include <string.h>

#define PIECE 4096

bool file_rest(FILE *stream, const char *name, struct buf *out, struct err *err)
{
    char piece[PIECE];

    /* A device may never end, so a full buffer ends it. */
    for (size_t len; !buf_failed(out) && (len = fread(piece, 1, sizeof(piece), stream)) > 0;)
        buf_add(out, piece, len);
    if (ferror(stream))
        return err_set(err, "cannot read %s: %s", name, strerror(errno));
    return !buf_failed(out) || err_set(err, "%s is too large", name);
}

bool file_read(const char *path, struct buf *out, struct err *err)
{
    FILE *file = fopen(path, "re");
    bool good;

    if (file == NULL)
        return err_set(err, "cannot read %s: %s", path, strerror(errno));
    good = file_rest(file, path, out, err);
    fclose(file);
    return good;
}
