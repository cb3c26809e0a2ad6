/* Walks in step: each asks for its next page, then all are waited for, then all are checked. */
#include "shadow_walks.h"

#include "base/mem.h"

/* The jobs do not change: the shadow finds once, and each page is the next part of it. */
struct shadow_walk {
    struct query query;
    struct arena all, page;
    const struct job **expected;
    size_t count, seen;
    struct cursor cursor;
    struct store_find find;
    struct store_waiter waiter;
};

static struct shadow_walk *begin(const struct shadow *shadow, struct query query, size_t page_size)
{
    struct shadow_walk *walk = mem_need(mem_alloc(1, sizeof(*walk)));

    arena_init(&walk->all, (size_t)1 << 26);
    arena_init(&walk->page, (size_t)1 << 26);
    query.page_size = page_size;
    walk->query = query;
    walk->expected = shadow_find(shadow, &query, NULL, &walk->all, &walk->count);
    return walk;
}

static void ask(struct shadow_walk *walk, struct store *store)
{
    arena_clear(&walk->page);
    walk->find = (struct store_find){
        .query = &walk->query,
        .after = walk->seen > 0 ? &walk->cursor : NULL,
        .arena = &walk->page,
    };
    store_waiter_init(&walk->waiter, &walk->find.call);
    store_find(store, &walk->find);
}

static void check(struct shadow_walk *walk)
{
    const struct store_find *find = &walk->find;

    if (find->call.problem != PROBLEM_NONE)
        fail_msg("problem %d: %s: %s", find->call.problem, find->call.err.text,
                 query_text(&walk->page, &walk->query));
    shadow_check_rows(find, walk->expected + walk->seen, walk->count - walk->seen, &walk->page);
    walk->seen += find->count;
    if (find->more)
        walk->cursor = cursor_at(&walk->query, find->jobs[find->count - 1]);
    else
        assert_int_equal(walk->seen, walk->count);
}

static void end(struct shadow_walk *walk)
{
    arena_release(&walk->all);
    arena_release(&walk->page);
    mem_free(walk);
}

/* Nothing is checked before everything is answered: a check that fails leaves this function. */
static void go_on(struct shadow_walks *walks)
{
    size_t kept = 0;

    for (size_t i = 0; i < walks->count; i++)
        ask(walks->list[i], walks->fixture->store);
    for (size_t i = 0; i < walks->count; i++)
        store_waiter_wait(&walks->list[i]->waiter);
    for (size_t i = 0; i < walks->count; i++) {
        check(walks->list[i]);
        if (walks->list[i]->find.more)
            walks->list[kept++] = walks->list[i];
        else
            end(walks->list[i]);
    }
    walks->count = kept;
}

void shadow_walks_add(struct shadow_walks *walks, struct query query, size_t page_size)
{
    while (walks->count == SHADOW_WALKS_MAX)
        go_on(walks);
    walks->list[walks->count++] = begin(walks->shadow, query, page_size);
}

void shadow_walks_end(struct shadow_walks *walks)
{
    while (walks->count > 0)
        go_on(walks);
}

void shadow_check_walk(const struct shadow *shadow, struct fixture *fixture, struct query query,
                       size_t page_size)
{
    struct shadow_walks walks = {.shadow = shadow, .fixture = fixture};

    shadow_walks_add(&walks, query, page_size);
    shadow_walks_end(&walks);
}
