/* Times find over filters, names, orders and depths on a store that bench/fill filled. */
#include "base/mem.h"
#include "base/parse.h"
#include "base/scope.h"
#include "base/text.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS(ns) ((double)(ns) / 1e6)

struct filter {
    const char *title;
    uint32_t states; /* bits 1 << state */
    const char *types[40];
    int user; /* -1: any */
    uint32_t results; /* bits 1 << result */
};

static const struct filter filters[] = {
    {"all", 0, {0}, -1},
    {"RUNNING", 1u << STATE_RUNNING, {0}, -1},
    {"COMPLETED", 1u << STATE_COMPLETED, {0}, -1},
    {"FAILED+DELETED", 1u << STATE_FAILED | 1u << STATE_DELETED, {0}, -1},
    {"type frequent", 0, {"IMPORT"}, -1},
    {"type rare", 0, {"SYNC_4"}, -1},
    {"type rare, FAILED", 1u << STATE_FAILED, {"SYNC_4"}, -1},
    {"type frequent, RUNNING", 1u << STATE_RUNNING, {"IMPORT"}, -1},
    {"5 types", 0, {"BACKUP", "IMPORT", "SCAN", "SYNC", "SYNC_1"}, -1},
    {"type unknown", 0, {"NONE"}, -1},
    {"user frequent", 0, {0}, 0},
    {"user middling", 0, {0}, 20},
    {"user rare", 0, {0}, 3000},
    {"user frequent, FAILED", 1u << STATE_FAILED, {0}, 0},
    {"user middling, type", 0, {"EXPORT"}, 20},
    {"user frequent, type rare", 0, {"SYNC_4"}, 0},
    {"user and type frequent", 0, {"IMPORT"}, 0},
    {"user and type apart", 0, {"EXPORT"}, 1}, /* FILL_APART */
    {"user, type, FAILED", 1u << STATE_FAILED, {"IMPORT"}, 0},
    {"user rare, RUNNING", 1u << STATE_RUNNING, {0}, 3000},
    {"user unknown", 0, {0}, 60000},
    {"SUCCESS", 0, {0}, -1, 1u << RESULT_SUCCESS},
    {"ABORTED, type frequent", 0, {"IMPORT"}, -1, 1u << RESULT_ABORTED},
    {"FAILED and SUCCESS", 1u << STATE_FAILED, {0}, -1, 1u << RESULT_SUCCESS},
};

static const struct name {
    const char *title, *text;
    enum name_match match;
} names[] = {
    {"-", NULL, MATCH_ANYWHERE},
    {"frequent", "import", MATCH_ANYWHERE},
    {"1 letter", "e", MATCH_ANYWHERE},
    {"1 middling", "q", MATCH_ANYWHERE},
    {"1 absent", "\xd0\xb6", MATCH_ANYWHERE},
    {"2 rare", "77", MATCH_ANYWHERE},
    {"2 absent", "zz", MATCH_ANYWHERE},
    {"rare", "lineage 12", MATCH_ANYWHERE},
    {"once", "a3f1", MATCH_ANYWHERE},
    {"absent", "import of nothing", MATCH_ANYWHERE},
    {"crossed", "strassen of", MATCH_ANYWHERE},
    {"START frequent", "nightly", MATCH_START},
    {"START absent", "orders", MATCH_START},
    {"END rare", "(9)", MATCH_END},
    {"END absent", "import", MATCH_END},
    {"EXACT frequent", "Import customers (0)", MATCH_EXACT},
    {"EXACT absent", "import customers (0)", MATCH_EXACT},
};

static const char *const orders[] = {"created", "name", "type", "start", "end", "state", "result"};
#define ORDERS ARRAY_SIZE(orders)

enum depth { FIRST, NEXT, DEEP, DEPTHS };

struct cell {
    const struct filter *filter;
    const struct name *name;
    enum query_order order;
    bool ascending;
    enum depth depth;
    size_t page;
    int64_t median, worst; /* ns; 0: there is no such page */
};

struct matrix {
    struct store *store;
    struct arena arena;
    uint64_t random;
    int64_t first, last; /* positions */
    int64_t *times;
    size_t count, room;
    int server; /* the process id of PostgreSQL's; 0: none, or not on this machine */
    bool by_the_wall;
    struct cell *cells;
    size_t cell_count;
    const char *filter, *name; /* the ones to time; NULL: all */
    /* The medians of the same cells in another store, usually a smaller one. */
    int64_t *before;
    size_t before_count;
    FILE *save;
};

static uint64_t next_random(struct matrix *matrix)
{
    uint64_t z = matrix->random += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static struct query query_of(struct matrix *matrix, const struct cell *cell)
{
    struct query query = {
        .statuses = status_mask(cell->filter->states, cell->filter->results),
        .order = cell->order,
        .ascending = cell->ascending,
        .page_size = cell->page,
        .match = cell->name->match,
        .has_name = cell->name->text != NULL,
        .has_user = cell->filter->user >= 0,
    };
    struct span *types = ARENA_ARRAY(&matrix->arena, struct span, 40);

    if (query.has_name) {
        query.name = span_of(cell->name->text);
        query.name_folded = text_fold(&matrix->arena, query.name);
    }
    for (; cell->filter->types[query.type_count] != NULL; query.type_count++)
        types[query.type_count] = span_of(cell->filter->types[query.type_count]);
    query.types = types;
    query.user = (struct uuid){{0xF1, (uint8_t)(cell->filter->user >> 8),
                                (uint8_t)cell->filter->user, [6] = 0x40, [8] = 0x80}};
    return query;
}

static bool read_number(FILE *file, int64_t *ret_number)
{
    char word[32];

    return fscanf(file, "%31s", word) == 1 && parse_int(span_of(word), 0, INT64_MAX, ret_number);
}

/* What a process has had of the processors; 0 when it is gone. */
static int64_t process_ns(int pid)
{
    char path[64];
    int64_t ns = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (!read_number(file, &ns))
        ns = 0;
    fclose(file);
    return ns;
}

static int64_t children_ns(int pid)
{
    char path[64];
    int64_t ns = 0, child;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    file = fopen(path, "r");
    while (file != NULL && read_number(file, &child))
        ns += process_ns((int)child);
    if (file != NULL)
        fclose(file);
    return ns;
}

/*
 * Processor time is not disturbed by what else runs here. That of this process counts whole, since
 * nothing else happens in it, and with PostgreSQL that of its processes; where they are not known,
 * the time that has passed.
 */
static int64_t time_ns(const struct matrix *matrix)
{
    struct timespec now;

    clock_gettime(matrix->by_the_wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec +
           (matrix->server != 0 ? children_ns(matrix->server) : 0);
}

static struct store_find find(struct matrix *matrix, const struct query *query,
                              const struct cursor *after, int64_t *ret_time)
{
    struct store_find find = {.query = query, .after = after, .arena = &matrix->arena};
    int64_t start = time_ns(matrix);

    STORE_WAIT(store_find, matrix->store, &find);
    *ret_time = time_ns(matrix) - start;
    if (find.call.problem != PROBLEM_NONE) {
        fprintf(stderr, "find_matrix: %s\n", find.call.err.text);
        exit(1);
    }
    return find;
}

/* The place of a job that matches, some way down; false when there is none. */
static bool deep_place(struct matrix *matrix, const struct query *query, struct cursor *ret_cursor)
{
    struct query newest = *query;
    struct cursor from = {0};
    struct store_find found;
    int64_t ignored;

    newest.order = ORDER_CREATED;
    newest.ascending = false;
    newest.page_size = 1;
    from.position =
        matrix->first + (int64_t)(next_random(matrix) % (uint64_t)(matrix->last - matrix->first));
    found = find(matrix, &newest, &from, &ignored);
    if (found.count == 1)
        *ret_cursor = cursor_at(query, found.jobs[0]);
    return found.count == 1;
}

static void note(struct matrix *matrix, int64_t time)
{
    if (matrix->count == matrix->room) {
        matrix->room = matrix->room > 0 ? 2 * matrix->room : 4096;
        matrix->times = mem_need(mem_resize(matrix->times, matrix->room * sizeof(int64_t)));
    }
    matrix->times[matrix->count++] = time;
}

static void time_once(struct matrix *matrix, struct cell *cell)
{
    struct query query = query_of(matrix, cell);
    struct cursor cursor;
    bool has_cursor = false;
    int64_t time;

    if (cell->depth == DEEP)
        has_cursor = deep_place(matrix, &query, &cursor);
    if (cell->depth == NEXT) {
        struct store_find first = find(matrix, &query, NULL, &time);
        has_cursor = first.more;
        if (first.more)
            cursor = cursor_at(&query, first.jobs[first.count - 1]);
    }
    if (cell->depth == FIRST || has_cursor) {
        find(matrix, &query, has_cursor ? &cursor : NULL, &time);
        note(matrix, time);
        cell->worst = time > cell->worst ? time : cell->worst;
    }
    arena_clear(&matrix->arena);
}

static int by_time(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static void time_cell(struct matrix *matrix, struct cell cell, int rounds)
{
    size_t from = matrix->count;

    for (int i = 0; i < rounds; i++)
        time_once(matrix, &cell);
    if (matrix->count > from) {
        qsort(matrix->times + from, matrix->count - from, sizeof(int64_t), by_time);
        cell.median = matrix->times[from + (matrix->count - from) / 2];
    }
    if (matrix->save != NULL)
        fprintf(matrix->save, "%lld\n", (long long)cell.median);
    matrix->cells =
        mem_need(mem_resize(matrix->cells, (matrix->cell_count + 1) * sizeof(struct cell)));
    matrix->cells[matrix->cell_count++] = cell;
}

static int by_worst(const void *a, const void *b)
{
    const struct cell *left = a, *right = b;

    return (left->worst < right->worst) - (left->worst > right->worst);
}

/* How many times as long a cell takes as in the other store; no time is taken as FLOOR. */
#define FLOOR INT64_C(100000)

static double growth(const struct matrix *matrix, size_t cell)
{
    int64_t now = matrix->cells[cell].median, before = matrix->before[cell];

    return (double)(now > FLOOR ? now : FLOOR) / (double)(before > FLOOR ? before : FLOOR);
}

static int by_growth(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* Median and worst of the cells from `first` on that both stores have. */
static void print_growth(const struct matrix *matrix, size_t first)
{
    AUTO(mem_free_at) double *growths = NULL;
    size_t count = 0;

    if (matrix->before_count < matrix->cell_count || matrix->cell_count == first)
        return;
    growths = mem_need(mem_resize(NULL, (matrix->cell_count - first) * sizeof(*growths)));
    for (size_t i = first; i < matrix->cell_count; i++) {
        if (matrix->before[i] > 0 && matrix->cells[i].median > 0)
            growths[count++] = growth(matrix, i);
    }
    if (count == 0)
        return;
    qsort(growths, count, sizeof(*growths), by_growth);
    printf(" %8.1f %8.1f", growths[count / 2], growths[count - 1]);
}

/* Sums up the times from the index `from` on, and the growth of the cells from `first` on. */
static void print_row(struct matrix *matrix, const struct cell *shape, size_t from, size_t first)
{
    const char *title = shape != NULL ? shape->filter->title : "everything";
    const char *more = shape != NULL ? shape->name->title : "";
    size_t count = matrix->count - from;
    int64_t *times = matrix->times + from;

    if (count == 0)
        return;
    qsort(times, count, sizeof(*times), by_time);
    printf("%-26s %-16s %8.2f %8.2f %8.2f", title, more, MS(times[count / 2]),
           MS(times[count * 99 / 100]), MS(times[count - 1]));
    print_growth(matrix, first);
    printf("\n");
    fflush(stdout);
}

static void time_orders(struct matrix *matrix, struct cell cell, int rounds)
{
    static const size_t pages[] = {10, 50};

    for (size_t i = 0; i < 2 * ORDERS * DEPTHS * ARRAY_SIZE(pages); i++) {
        cell.order = (enum query_order)(i / 2 % ORDERS);
        cell.ascending = i % 2 == 1;
        cell.depth = (enum depth)(i / 2 / ORDERS % DEPTHS);
        cell.page = pages[i / 2 / ORDERS / DEPTHS];
        if (cell.order != ORDER_CREATED || !cell.ascending)
            time_cell(matrix, cell, rounds);
    }
}

static void print_worst(struct matrix *matrix, size_t count)
{
    static const char *const depths[] = {"first", "next", "deep"};

    qsort(matrix->cells, matrix->cell_count, sizeof(*matrix->cells), by_worst);
    printf("\nthe worst\n");
    for (size_t i = 0; i < count && i < matrix->cell_count; i++) {
        const struct cell *cell = &matrix->cells[i];
        printf("%8.2f ms  %-26s %-16s %s %s, %s page of %zu\n", MS(cell->worst),
               cell->filter->title, cell->name->title, orders[cell->order],
               cell->ascending ? "up" : "down", depths[cell->depth], cell->page);
    }
}

static void find_ends(struct matrix *matrix)
{
    struct cell cell = {.filter = &filters[0], .name = &names[0], .page = 1};
    struct query query = query_of(matrix, &cell);
    int64_t ignored;
    struct store_find newest = find(matrix, &query, NULL, &ignored);

    matrix->last = newest.jobs[0]->position;
    matrix->first = position_at(INT64_C(1735689600000));
}

static bool is_wanted(const char *only, const char *title)
{
    return only == NULL || strcmp(only, title) == 0;
}

static void time_all(struct matrix *matrix, int rounds)
{
    printf("%-26s %-16s %8s %8s %8s%s\n", "filter", "name", "median", "p99", "worst ms",
           matrix->before_count > 0 ? "   growth: median, worst" : "");
    for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
            size_t from = matrix->count, first = matrix->cell_count;
            struct cell cell = {.filter = &filters[i], .name = &names[j]};
            if (!is_wanted(matrix->filter, filters[i].title) ||
                !is_wanted(matrix->name, names[j].title))
                continue;
            time_orders(matrix, cell, rounds);
            print_row(matrix, &cell, from, first);
        }
    }
}

struct arguments {
    const char *store, *filter, *name, *save, *against;
    int64_t rounds, server;
};

static const char **text_argument(struct arguments *arguments, const char *name)
{
    if (strcmp(name, "--store") == 0)
        return &arguments->store;
    if (strcmp(name, "--filter") == 0)
        return &arguments->filter;
    if (strcmp(name, "--name") == 0)
        return &arguments->name;
    if (strcmp(name, "--save") == 0)
        return &arguments->save;
    return strcmp(name, "--against") == 0 ? &arguments->against : NULL;
}

static bool read_arguments(int argc, char **argv, struct arguments *ret_arguments)
{
    *ret_arguments = (struct arguments){.rounds = 3};
    for (int i = 1; i + 1 < argc; i += 2) {
        struct span value = span_of(argv[i + 1]);
        const char **text = text_argument(ret_arguments, argv[i]);
        if (text != NULL)
            *text = argv[i + 1];
        else if (!(strcmp(argv[i], "--rounds") == 0 &&
                   parse_int(value, 1, 1000, &ret_arguments->rounds)) &&
                 !(strcmp(argv[i], "--server") == 0 &&
                   parse_int(value, 1, INT32_MAX, &ret_arguments->server)))
            return false;
    }
    return argc % 2 == 1 && ret_arguments->store != NULL;
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void open_files(struct matrix *matrix, const struct arguments *arguments)
{
    size_t count = 0;
    int64_t time;
    FILE *file;

    matrix->save = arguments->save != NULL ? open_file(arguments->save, "w") : NULL;
    if (arguments->against == NULL)
        return;
    file = open_file(arguments->against, "r");
    while (read_number(file, &time)) {
        matrix->before = mem_need(mem_resize(matrix->before, (count + 1) * sizeof(int64_t)));
        matrix->before[count++] = time;
    }
    matrix->before_count = count;
    fclose(file);
}

int main(int argc, char **argv)
{
    struct matrix matrix = {.random = 1};
    struct store_options options = {0};
    struct arguments arguments;
    struct err err = {0};

    if (!read_arguments(argc, argv, &arguments) ||
        !store_open(arguments.store, &options, &matrix.store, &err)) {
        fprintf(stderr, "find_matrix: bench/find has the usage: %s\n", err.text);
        return 2;
    }
    matrix.filter = arguments.filter;
    matrix.name = arguments.name;
    open_files(&matrix, &arguments);
    matrix.server = (int)arguments.server;
    matrix.by_the_wall = strncmp(arguments.store, "postgres", 8) == 0 && matrix.server == 0;
    arena_init(&matrix.arena, 1 << 24);
    find_ends(&matrix);
    time_all(&matrix, (int)arguments.rounds);
    print_row(&matrix, NULL, 0, 0);
    print_worst(&matrix, 40);
    store_close(matrix.store);
    arena_release(&matrix.arena);
    mem_free(matrix.times);
    mem_free(matrix.cells);
    mem_free(matrix.before);
    if (matrix.save != NULL)
        fclose(matrix.save);
    return 0;
}
