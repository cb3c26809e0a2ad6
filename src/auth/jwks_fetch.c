/* One look at the source of a key set: a file read, or an https address fetched. */
#include "auth/jwks_fetch.h"

#include "base/file.h"
#include "base/scope.h"
#include "base/span.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS 10L

bool jwks_is_remote(const char *source)
{
    return strstr(source, "://") != NULL;
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
    return jwks_is_remote(source) ? fetch(source, out, err) : file_read(source, out, err);
}
