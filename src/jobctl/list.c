/* jobctl list: finds jobs and shows them, newest first. */
#include "jobctl/command.h"

#include "base/scope.h"
#include "jobctl/filter_options.h"
#include "jobctl/print.h"

#include <stdio.h>
#include <string.h>

#define PAGE_MAX 50
#define LIMIT_MAX 100000
#define OUT_CEILING (1u << 30)
#define STATE_WIDTH 10
#define TYPE_WIDTH_MAX 24
#define NAME_WIDTH_MIN 10
/* So many columns show everything. */
#define WIDE 120

struct list_options {
    struct filter_options filter;
    const char *sort, *order;
    int64_t limit;
};

#define MEMBER(member) offsetof(struct list_options, member)

static const struct option_row rows[] = {
    FILTER_OPTION_ROWS(struct list_options, filter),
    {.name = "sort",
     .type = OPTION_TEXT,
     .offset = MEMBER(sort),
     .value = "FIELD",
     .choices = "NAME|TYPE|START_DATE|END_DATE|STATE|RESULT",
     .help = "Order by this before the time of creation."},
    {.name = "order",
     .type = OPTION_TEXT,
     .offset = MEMBER(order),
     .value = "ORDER",
     .choices = "ASC|DESC",
     .help = "In which direction the field counts. Default: DESC."},
    {.name = "limit",
     .type = OPTION_NUMBER,
     .offset = MEMBER(limit),
     .value = "N",
     .standard = 20,
     .min = 1,
     .max = LIMIT_MAX,
     .help = "How many at most. Default: 20."},
};

/* All pages asked for so far, and the jobs on them. */
struct found {
    struct jobd_page *pages[LIMIT_MAX / PAGE_MAX + 1];
    size_t page_count;
    size_t left; /* how many jobs are still wanted */
};

static void release(const struct found *found)
{
    for (size_t i = 0; i < found->page_count; i++)
        jobd_page_free(found->pages[i]);
}

static bool find(const struct call *call, struct jobd_client *client, struct found *found)
{
    const struct list_options *options = call->options;
    struct jobd_query query = filter_query(&options->filter);
    struct jobd_error error;
    query.sort_field = options->sort;
    query.sort_order = options->order;
    do {
        struct jobd_page *page = NULL;
        query.page_size = found->left < PAGE_MAX ? (int)found->left : PAGE_MAX;
        if (!jobd_find(client, &query, &page, &error)) {
            complain_error(call, NULL, &error);
            return false;
        }
        found->pages[found->page_count++] = page;
        found->left -= page->count < found->left ? page->count : found->left;
        query.cursor = page->count > 0 ? page->next_cursor : NULL;
    } while (query.cursor != NULL && found->left > 0 &&
             found->page_count < ARRAY_SIZE(found->pages));
    return true;
}

static void as_json(struct buf *out, const struct found *found)
{
    const char *separator = "[";
    for (size_t i = 0; i < found->page_count; i++) {
        for (size_t j = 0; j < found->pages[i]->count; j++) {
            buf_printf(out, "%s%s", separator, found->pages[i]->jobs[j]->json);
            separator = ",\n";
        }
    }
    buf_add_str(out, separator[0] == '[' ? "[]\n" : "]\n");
}

/* How wide the only column of unknown width must be. */
static size_t type_width(const struct found *found)
{
    size_t widest = strlen("TYPE");
    for (size_t i = 0; i < found->page_count; i++) {
        for (size_t j = 0; j < found->pages[i]->count; j++) {
            size_t width = print_width(found->pages[i]->jobs[j]->type);
            widest = width > widest ? width : widest;
        }
    }
    return widest;
}

static void add_result(struct buf *out, const struct jobd_job *job)
{
    print_cell(out, strcmp(job->result, "NOT_SET") == 0 ? "-" : job->result, 21, SIZE_MAX);
}

static bool is_narrow(const struct screen *screen)
{
    return screen->terminal && screen->columns < WIDE;
}

/* What stands between the state and the name; a narrow terminal has no room for all of it. */
static void add_middle(struct buf *out, const struct jobd_job *job, const struct screen *screen,
                       size_t type)
{
    char created[PRINT_TIME_SIZE];
    if (is_narrow(screen)) {
        print_progress(out, job->progress, true);
        return;
    }
    print_time(job->created_on, created);
    add_result(out, job);
    print_progress(out, job->progress, screen->terminal);
    buf_printf(out, "%s ", created);
    print_cell(out, job->type, type + 1, type);
}

static void add_row(struct buf *out, const struct jobd_job *job, const struct screen *screen,
                    size_t type)
{
    AUTO(buf_release) struct buf middle = BUF(16u << 10);
    add_middle(&middle, job, screen, type);
    size_t used = JOBD_ID_SIZE + STATE_WIDTH + (buf_failed(&middle) ? 0 : print_width(middle.ptr));
    size_t left = screen->columns > used + NAME_WIDTH_MIN ? screen->columns - used : NAME_WIDTH_MIN;
    buf_printf(out, "%s ", job->id);
    print_state(out, job->state, STATE_WIDTH, screen->color);
    buf_add_span(out, buf_span(&middle));
    print_cell(out, job->name, 0, screen->terminal ? left : SIZE_MAX);
    buf_add_char(out, '\n');
}

static void add_heading(struct buf *out, const struct screen *screen, size_t type)
{
    if (!screen->terminal)
        return;
    buf_printf(out, "%-37s%-10s", "ID", "STATE");
    if (is_narrow(screen))
        buf_printf(out, "%-18sNAME\n", "PROGRESS");
    else
        buf_printf(out, "%-21s%-18s%-20s%-*sNAME\n", "RESULT", "PROGRESS", "CREATED", (int)type + 1,
                   "TYPE");
}

static void as_table(struct buf *out, const struct found *found)
{
    struct screen screen = screen_of(stdout);
    size_t type = type_width(found);
    if (screen.terminal && type > TYPE_WIDTH_MAX)
        type = TYPE_WIDTH_MAX;
    add_heading(out, &screen, type);
    for (size_t i = 0; i < found->page_count; i++)
        for (size_t j = 0; j < found->pages[i]->count; j++)
            add_row(out, found->pages[i]->jobs[j], &screen, type);
}

static int run(const struct call *call)
{
    const struct list_options *options = call->options;
    AUTO(close_client) struct jobd_client *client = open_client(call);
    struct found *found = ARENA_NEW(call->arena, struct found);
    struct buf out = BUF(OUT_CEILING);
    if (client == NULL || found == NULL)
        return EXIT_FAILED;
    found->left = (size_t)options->limit;
    bool good = find(call, client, found);
    if (good && call->json)
        as_json(&out, found);
    else if (good)
        as_table(&out, found);
    release(found);
    if (!good)
        return EXIT_FAILED;
    return print_out(stdout, &out) ? EXIT_FINE : complain(call, EXIT_FAILED, "cannot write");
}

const struct command command_list = {
    .name = "list",
    .operands = "",
    .summary = "find jobs",
    .description = "Shows jobs, newest first unless told otherwise: id, state, result, progress, "
                   "time of creation, type, name. On a terminal with a heading, a bar and what "
                   "fits; elsewhere one plain line a job. With --json, an array of Jobs.",
    .rows = rows,
    .row_count = ARRAY_SIZE(rows),
    .options_size = sizeof(struct list_options),
    .run = run,
};
