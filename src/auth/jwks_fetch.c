/* One look at the source of a key set: a file read, or an https address fetched. */
#include "auth/jwks_fetch.h"

#include "base/scope.h"
#include "base/span.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS 10L

bool jwks_is_remote(const char *source)
{
    return strstr(source, "://") != NULL;
}

static bool read_file(const char *path, struct buf *out, struct err *err)
{
    char piece[4096];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(err, "cannot read the key set %s: %s", path, strerror(errno));
    for (size_t len; (len = fread(piece, 1, sizeof(piece), file)) > 0;)
        buf_add(out, piece, len);
    bool good = !ferror(file) && !buf_failed(out);
    fclose(file);
    return good || err_set(err, "the key set %s cannot be read whole", path);
}

/* A short count tells curl to give up: that is how the ceiling is kept. */
static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    struct buf *out = context;
    buf_add(out, bytes, size * count);
    return buf_failed(out) ? 0 : size * count;
}

static void set_options(CURL *curl, const char *url, struct buf *out)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    if (authorities != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
}

static bool fetch(const char *url, struct buf *out, struct err *err)
{
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return err_set(err, "no memory to fetch the key set");
    set_options(curl, url, out);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code == CURLE_OK ||
           err_set(err, "cannot fetch the key set %s: %s", url, curl_easy_strerror(code));
}

bool jwks_fetch(const char *source, struct buf *out, struct err *err)
{
    return jwks_is_remote(source) ? fetch(source, out, err) : read_file(source, out, err);
}
