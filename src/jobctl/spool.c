/* Jobs the server could not be told of, kept in files until it can be. */
#include "jobctl/spool.h"

#include "base/clock.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/scope.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (256u << 10)
#define SUFFIX ".json"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void close_directory(DIR **directory)
{
    if (*directory != NULL)
        closedir(*directory);
}

const char *spool_directory(struct arena *arena)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state != NULL && *state == '/')
        return arena_printf(arena, "%s/jobd/spool", state);
    if (home == NULL || *home != '/')
        return NULL;
    return arena_printf(arena, "%s/.local/state/jobd/spool", home);
}

/* Every directory of the path that is missing, for its owner alone. */
static bool make_directories(const char *path, struct err *err)
{
    char part[4096];
    for (size_t len = 1; len < sizeof(part); len++) {
        if (path[len] != '/' && path[len] != '\0')
            continue;
        snprintf(part, sizeof(part), "%.*s", (int)len, path);
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return err_set(err, "cannot make %s: %s", part, strerror(errno));
        if (path[len] == '\0')
            return true;
    }
    return err_set(err, "the path of the spool is too long");
}

static void add_text(struct json_writer *json, const char *key, struct span text)
{
    if (text.len == 0)
        return;
    json_key(json, key);
    json_string(json, text);
}

/* The bodies are kept as text: a repeated create must be the same to the byte. */
static void write_entry(struct buf *out, const struct spool_entry *entry)
{
    struct json_writer json = JSON_WRITER(out);
    json_begin_object(&json);
    add_text(&json, "url", entry->url);
    add_text(&json, "idempotencyKey", entry->key);
    add_text(&json, "id", entry->id);
    add_text(&json, "create", entry->create);
    add_text(&json, "report", entry->report);
    json_key(&json, "fence");
    json_int(&json, entry->fence);
    json_end_object(&json);
    buf_add_char(out, '\n');
}

static bool write_file(const char *path, const struct spool_entry *entry)
{
    AUTO(buf_release) struct buf text = BUF(FILE_MAX);
    AUTO(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    write_entry(&text, entry);
    if (buf_failed(&text))
        errno = EFBIG;
    return fd >= 0 && !buf_failed(&text) && write(fd, text.ptr, text.len) == (ssize_t)text.len &&
           fsync(fd) == 0;
}

/* Under another name first, which nobody reads. */
static bool write_whole(const char *path, const struct spool_entry *entry, struct err *err)
{
    AUTO(buf_release) struct buf draft = BUF(8192);
    buf_printf(&draft, "%s.%d", path, (int)getpid());
    if (buf_failed(&draft))
        return err_set(err, "the path of the spool is too long");
    if (write_file(draft.ptr, entry) && rename(draft.ptr, path) == 0)
        return true;
    err_set(err, "cannot write %s: %s", path, strerror(errno));
    unlink(draft.ptr);
    return false;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_entry(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > strlen(SUFFIX) &&
           strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0;
}

bool spool_list(struct arena *arena, const char *directory, struct spool_names *ret_names)
{
    AUTO(close_directory) DIR *open = opendir(directory);
    struct spool_names found = {ARENA_ARRAY(arena, const char *, SPOOL_FILES_MAX), 0};
    const struct dirent *entry;
    if (open == NULL || found.names == NULL)
        return false;
    while (found.count < SPOOL_FILES_MAX && (entry = readdir(open)) != NULL) {
        if (!is_entry(entry->d_name))
            continue;
        found.names[found.count] = arena_strdup(arena, entry->d_name);
        if (found.names[found.count] == NULL)
            return false;
        found.count++;
    }
    qsort(found.names, found.count, sizeof(*found.names), compare);
    *ret_names = found;
    return true;
}

bool spool_write(const char *directory, const struct spool_entry *entry, struct err *err)
{
    AUTO(arena_release) struct arena arena;
    AUTO(buf_release) struct buf path = BUF(8192);
    struct spool_names names;
    arena_init(&arena, 1u << 20);
    if (!make_directories(directory, err))
        return false;
    if (!spool_list(&arena, directory, &names))
        return err_set(err, "cannot read %s: %s", directory, strerror(errno));
    if (names.count >= SPOOL_FILES_MAX)
        return err_set(err, "%s holds %d files already", directory, SPOOL_FILES_MAX);
    buf_printf(&path, "%s/%013" PRId64 "-%.*s" SUFFIX, directory, clock_wall_ms(&clock_system),
               (int)entry->key.len, entry->key.ptr);
    return buf_failed(&path) ? err_set(err, "the path of the spool is too long")
                             : write_whole(path.ptr, entry, err);
}

/* What a file held, borrowed from its document. */
struct kept {
    struct span url, key, id, create, report;
    int64_t fence;
    bool has_url, has_key, has_id, has_create, has_report, has_fence;
};

static const struct json_field fields[] = {
    JSON_FIELD("url", JSON_SPAN, struct kept, url, has_url),
    JSON_FIELD("idempotencyKey", JSON_SPAN, struct kept, key, has_key),
    JSON_FIELD("id", JSON_SPAN, struct kept, id, has_id),
    JSON_FIELD("create", JSON_SPAN, struct kept, create, has_create),
    JSON_FIELD("report", JSON_SPAN, struct kept, report, has_report),
    JSON_FIELD_INT("fence", struct kept, fence, has_fence, 0, INT64_MAX),
};

static bool parse(struct arena *arena, struct span text, struct spool_entry *ret_entry)
{
    struct kept kept = {0};
    AUTO(json_free_at) struct json_value *document = json_parse(text, NULL);
    if (document == NULL ||
        !json_read_object(document, fields, ARRAY_SIZE(fields), false, &kept, NULL) ||
        !kept.has_url || !kept.has_key || !kept.has_create || !kept.has_report)
        return false;
    *ret_entry = (struct spool_entry){
        .url = arena_span(arena, kept.url),
        .key = arena_span(arena, kept.key),
        .create = arena_span(arena, kept.create),
        .id = arena_span(arena, kept.id),
        .report = arena_span(arena, kept.report),
        .fence = kept.fence,
    };
    return ret_entry->url.ptr != NULL && ret_entry->key.ptr != NULL &&
           ret_entry->create.ptr != NULL && ret_entry->id.ptr != NULL &&
           ret_entry->report.ptr != NULL;
}

/* Locked, and still in its place: who had the lock before may have dropped it. */
static bool lock(int fd)
{
    struct stat stat;
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &stat) == 0 &&
           S_ISREG(stat.st_mode) && stat.st_nlink > 0;
}

enum spool_outcome spool_open(struct arena *arena, const char *directory, const char *name,
                              struct spool_file *ret_file)
{
    struct spool_file file = {.path = arena_printf(arena, "%s/%s", directory, name), .fd = -1};
    AUTO(buf_release) struct buf text = BUF(FILE_MAX + 1);
    if (file.path != NULL)
        file.fd = open(file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char *bytes = buf_room(&text, FILE_MAX);
    ssize_t len = lock(file.fd) && bytes != NULL ? read(file.fd, bytes, FILE_MAX) : -1;
    if (len < 0) {
        spool_close(&file);
        return SPOOL_BUSY;
    }
    text.len = (size_t)len;
    bool good = parse(arena, buf_span(&text), &file.entry);
    *ret_file = file;
    return good ? SPOOL_OPEN : SPOOL_BROKEN;
}

bool spool_update(const struct spool_file *file, struct err *err)
{
    return write_whole(file->path, &file->entry, err);
}

void spool_drop(const struct spool_file *file)
{
    unlink(file->path);
}

void spool_close(struct spool_file *file)
{
    close_fd(&file->fd);
    file->fd = -1;
}
