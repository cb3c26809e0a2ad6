/* Moving: exports of one store imported into another, two pages under way at a time. */
#include "store/move.h"

#include "base/scope.h"

#define PAGE_BYTES_MAX ((size_t)512 << 20)
#define DIGEST_ROOM ((size_t)4 << 20)

/* A page on its way; its memory is used again once it is written. */
struct page {
    struct arena arena;
    struct store_export export;
    struct store_import import;
    struct store_waiter read, written;
    bool writing;
};

static void page_release(struct page *page)
{
    if (page->writing)
        store_waiter_wait(&page->written);
    arena_release(&page->arena);
}

static void page_init(struct page *page)
{
    *page = (struct page){0};
    arena_init(&page->arena, PAGE_BYTES_MAX);
}

static bool failed(const struct store_call *call, const char *where, struct err *err)
{
    return err_set(err, "%s: %s", where, call->err.text);
}

static void begin_reading(struct page *page, struct store *store, enum record_kind kind,
                          const struct record *after)
{
    arena_clear(&page->arena);
    page->export = (struct store_export){
        .kind = kind, .after = after, .limit = record_layouts[kind].page, .arena = &page->arena};
    store_waiter_init(&page->read, &page->export.call);
    store_export(store, &page->export);
}

static bool end_reading(struct page *page, const char *where, struct err *err)
{
    store_waiter_wait(&page->read);
    return page->export.call.problem == PROBLEM_NONE || failed(&page->export.call, where, err);
}

static void begin_writing(struct page *page, struct store *store, const uint8_t *source)
{
    page->import = (struct store_import){.source = source,
                                         .kind = page->export.kind,
                                         .records = page->export.records,
                                         .count = page->export.count};
    page->writing = true;
    store_waiter_init(&page->written, &page->import.call);
    store_import(store, &page->import);
}

static bool end_writing(struct page *page, struct err *err)
{
    if (!page->writing)
        return true;
    store_waiter_wait(&page->written);
    page->writing = false;
    return page->import.call.problem == PROBLEM_NONE || failed(&page->import.call, "to", err);
}

/* A move under way. */
struct work {
    struct move *move;
    uint8_t source[DIGEST_SIZE];
    struct move_progress progress;
    struct page pages[4];
    struct buf room; /* for digests */
    struct err *err;
};

static void tell(const struct work *work)
{
    if (work->move->progress != NULL)
        work->move->progress(work->move->context, &work->progress);
}

static bool count(struct work *work, struct store *store, const char *where, int64_t *ret_count)
{
    struct store_export export = {.kind = work->progress.kind};

    STORE_WAIT(store_export, store, &export);
    *ret_count = export.total;
    return export.call.problem == PROBLEM_NONE || failed(&export.call, where, work->err);
}

/* While a page is written the next one is read. */
static bool copy_behind(struct work *work, const struct record *after)
{
    struct page *page = NULL;
    bool more = true;

    for (size_t i = 0; more; i++) {
        page = &work->pages[i % 2];
        if (!end_writing(page, work->err))
            return false;
        begin_reading(page, work->move->from, work->progress.kind, after);
        if (!end_reading(page, "from", work->err))
            return false;
        more = page->export.count == page->export.limit;
        if (page->export.count > 0) {
            after = &page->export.records[page->export.count - 1];
            begin_writing(page, work->move->to, work->source);
        }
        work->move->copied += (int64_t)page->export.count;
        work->progress.done += (int64_t)page->export.count;
        tell(work);
    }
    return end_writing(&work->pages[0], work->err) && end_writing(&work->pages[1], work->err);
}

/* The counters, of which each store has its own already, come last, in the place of those. */
static bool copy_store(struct work *work)
{
    work->progress = (struct move_progress){MOVE_COPYING, RECORD_STORE, 0, 1};
    return copy_behind(work, NULL);
}

/* Behind what is there already. */
static bool copy_kind(struct work *work, enum record_kind kind)
{
    struct page *last = &work->pages[2];

    work->progress = (struct move_progress){MOVE_COPYING, kind, 0, 0};
    arena_clear(&last->arena);
    last->export = (struct store_export){.kind = kind, .last = true, .arena = &last->arena};
    STORE_WAIT(store_export, work->move->to, &last->export);
    if (last->export.call.problem != PROBLEM_NONE)
        return failed(&last->export.call, "to", work->err);
    return count(work, work->move->from, "from", &work->progress.total) &&
           count(work, work->move->to, "to", &work->progress.done) &&
           copy_behind(work, last->export.count > 0 ? last->export.records : NULL);
}

static bool differ(struct work *work, const struct record *record, const char *how)
{
    char text[RECORD_NAME_SIZE];

    return err_set(work->err,
                   "The stores differ: %s %s. Was the source written meanwhile? Empty the target "
                   "and move again.",
                   record_describe(work->progress.kind, record, text), how);
}

static bool compare_two(struct work *work, const struct record *from, const struct record *to)
{
    enum record_kind kind = work->progress.kind;
    uint8_t left[DIGEST_SIZE], right[DIGEST_SIZE];
    int order = record_compare(kind, from, to);

    if (order != 0)
        return order < 0 ? differ(work, from, "is missing in the target")
                         : differ(work, to, "is in the target alone");
    if (!record_digest(kind, from, &work->room, left) ||
        !record_digest(kind, to, &work->room, right))
        return err_set(work->err, "There is not enough memory.");
    return memcmp(left, right, DIGEST_SIZE) == 0 ||
           differ(work, from, "is another one in the target");
}

static bool compare_pages(struct work *work, const struct store_export *from,
                          const struct store_export *to)
{
    size_t common = from->count < to->count ? from->count : to->count;

    for (size_t i = 0; i < common; i++)
        if (!compare_two(work, &from->records[i], &to->records[i]))
            return false;
    if (from->count > common)
        return differ(work, &from->records[common], "is missing in the target");
    return to->count == common || differ(work, &to->records[common], "is in the target alone");
}

/* The last record of a page is needed until the next one has been read, so there are two of each.
 */
static bool compare_kind(struct work *work, enum record_kind kind)
{
    const struct record *after = NULL;
    bool more = true;

    work->progress = (struct move_progress){MOVE_COMPARING, kind, 0, 0};
    if (!count(work, work->move->from, "from", &work->progress.total))
        return false;
    for (size_t i = 0; more; i++) {
        struct page *from = &work->pages[i % 2], *to = &work->pages[2 + i % 2];
        bool from_good, to_good;
        begin_reading(to, work->move->to, kind, after);
        begin_reading(from, work->move->from, kind, after);
        from_good = end_reading(from, "from", work->err);
        to_good = end_reading(to, "to", work->err);
        if (!from_good || !to_good || !compare_pages(work, &from->export, &to->export))
            return false;
        more = from->export.count == from->export.limit;
        after = more ? &from->export.records[from->export.count - 1] : NULL;
        work->move->compared += (int64_t)from->export.count;
        work->progress.done += (int64_t)from->export.count;
        tell(work);
    }
    return true;
}

/* The digest of its cursor key and counters stands for a store as it is now. */
static bool identify(struct work *work, uint8_t ret_digest[static DIGEST_SIZE])
{
    struct page *page = &work->pages[0];

    begin_reading(page, work->move->from, RECORD_STORE, NULL);
    if (!end_reading(page, "from", work->err))
        return false;
    if (page->export.count != 1)
        return err_set(work->err, "from: The store is damaged: it has no counters.");
    return record_digest(RECORD_STORE, page->export.records, &work->room, ret_digest) ||
           err_set(work->err, "There is not enough memory.");
}

static bool check_empty(struct work *work)
{
    struct page *page = &work->pages[0];

    for (enum record_kind kind = 0; kind < RECORD_STORE; kind++) {
        begin_reading(page, work->move->to, kind, NULL);
        if (!end_reading(page, "to", work->err))
            return false;
        if (page->export.count > 0)
            return err_set(work->err,
                           "to: The store is not empty: it has %s rows; move into a new one.",
                           record_layouts[kind].name);
    }
    return true;
}

static bool check_target(struct work *work)
{
    const struct store *to = work->move->to;

    if (work->move->from->unfinished)
        return err_set(work->err, "from: The store is itself one that was moved only in part.");
    if (work->pages[0].export.records->values[RECORD_STORE_CHANGE].number == 0 &&
        work->pages[0].export.records->values[RECORD_STORE_ACCOUNTS_VERSION].number == 0)
        return err_set(work->err, "from: There is nothing in the store; is its address right?");
    if (!to->unfinished)
        return check_empty(work);
    return memcmp(to->source, work->source, DIGEST_SIZE) == 0 ||
           err_set(work->err,
                   "to: The store was begun from another source, or from this one before it was "
                   "written again: empty it and move again.");
}

static bool step(struct work *work, struct store_import *import)
{
    STORE_WAIT(store_import, work->move->to, import);
    return import->call.problem == PROBLEM_NONE || failed(&import->call, "to", work->err);
}

/* Without records: the store becomes unfinished. */
static bool begin(struct work *work)
{
    return step(work, &(struct store_import){.step = IMPORT_ROWS, .source = work->source});
}

static bool end(struct work *work)
{
    return step(work, &(struct store_import){.step = IMPORT_END});
}

/* How many there are is known once the first one has been made. */
static bool index_all(struct work *work)
{
    struct store_import import;

    work->progress = (struct move_progress){.stage = MOVE_INDEXING};
    do {
        import = (struct store_import){.step = IMPORT_INDEX};
        if (!step(work, &import))
            return false;
        if (work->progress.total == 0)
            work->progress.total = import.left;
        work->progress.done += import.left > 0;
        tell(work);
    } while (import.left > 1);
    return true;
}

static bool check_unchanged(struct work *work)
{
    uint8_t now[DIGEST_SIZE];

    return identify(work, now) &&
           (memcmp(now, work->source, DIGEST_SIZE) == 0 ||
            err_set(work->err, "from: The store was written meanwhile. Empty the target and move "
                               "again."));
}

static bool run(struct work *work)
{
    if (!identify(work, work->source) || !check_target(work) || !begin(work))
        return false;
    for (enum record_kind kind = 0; kind < RECORD_STORE; kind++)
        if (!copy_kind(work, kind))
            return false;
    if (!copy_store(work) || !index_all(work))
        return false;
    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++)
        if (!compare_kind(work, kind))
            return false;
    return check_unchanged(work) && end(work);
}

bool move_run(struct move *move, struct err *err)
{
    struct work work = {.move = move, .room = BUF(DIGEST_ROOM), .err = err};
    bool good;

    move->copied = move->compared = 0;
    for (size_t i = 0; i < ARRAY_SIZE(work.pages); i++)
        page_init(&work.pages[i]);
    good = run(&work);
    for (size_t i = 0; i < ARRAY_SIZE(work.pages); i++)
        page_release(&work.pages[i]);
    buf_release(&work.room);
    return good;
}
