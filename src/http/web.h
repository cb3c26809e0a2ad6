/* The page's files: embedded by the build, each in every coding that makes it smaller. */
#ifndef JOBD_HTTP_WEB_H
#define JOBD_HTTP_WEB_H

#include "base/span.h"

#include <stddef.h>

/* The best first. */
enum web_coding { WEB_BR, WEB_GZIP, WEB_IDENTITY, WEB_CODING_COUNT };

struct web_file {
    const char *path; /* "index.html", "assets/index-BRWUEyyi.js" */
    const char *type; /* for Content-Type */
    struct web_form {
        struct span bytes; /* ptr NULL: not in this coding; everything is in WEB_IDENTITY */
        const char *etag; /* quoted, another one for each coding */
    } forms[WEB_CODING_COUNT];
};

/* Made by web/build.py; none when jobd was built without the page. */
extern const struct web_file web_files[];
extern const size_t web_file_count;

/* The file `directory` and `name` make together; NULL when there is none. */
const struct web_file *web_find(const char *directory, struct span name);

/*
 * The coding of the file that an Accept-Encoding (RFC 9110, 12.5.3) likes best, the smallest among
 * equals. Without the header, or where it accepts none, WEB_IDENTITY.
 */
enum web_coding web_negotiate(const struct web_file *file, struct span accept_encoding);

/* As Content-Encoding names it; NULL for WEB_IDENTITY, which is not named. */
const char *web_coding_name(enum web_coding coding);

#endif
