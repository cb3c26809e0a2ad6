/* jobd move: a whole store copied into another one, from the command line. */
#include "daemon/command_move.h"

#include "base/clock.h"
#include "base/scope.h"
#include "store/move.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define TERMINAL_NS (INT64_C(100) * 1000 * 1000)
#define LINE_NS (INT64_C(10) * 1000 * 1000 * 1000)

/* What is shown of a move: a bar that moves on a terminal, a line now and then elsewhere. */
struct display {
    bool terminal;
    struct move_progress shown; /* the last that was told */
    int64_t begun_ns, begun_done; /* when this kind was begun, and with what */
    int64_t next_ns; /* not shown again before */
    bool any;
};

static const char *const stages[] = {
    [MOVE_COPYING] = "copying", [MOVE_INDEXING] = "indexing", [MOVE_COMPARING] = "comparing"};

static int64_t rate_of(const struct display *display, int64_t now)
{
    int64_t ms = (now - display->begun_ns) / 1000000;

    return ms > 0 ? (display->shown.done - display->begun_done) * 1000 / ms : 0;
}

static void show_bar(const struct move_progress *progress)
{
    int64_t full =
        progress->total > 0 ? progress->done * BAR_WIDTH / progress->total : (int64_t)BAR_WIDTH;

    fputs(" [", stderr);
    for (int64_t i = 0; i < BAR_WIDTH; i++)
        fputc(i < full ? '#' : '.', stderr);
    fputs("]", stderr);
}

static void show(const struct display *display, int64_t now, bool last)
{
    const struct move_progress *progress = &display->shown;

    fprintf(stderr, "%s%-10s %-13s", display->terminal ? "\r\033[K" : "", stages[progress->stage],
            progress->stage == MOVE_INDEXING ? "" : record_layouts[progress->kind].name);
    if (display->terminal)
        show_bar(progress);
    fprintf(stderr, " %" PRId64 " of %" PRId64, progress->done, progress->total);
    if (progress->stage != MOVE_INDEXING)
        fprintf(stderr, " rows, %" PRId64 " a second", rate_of(display, now));
    fputs(!display->terminal || last ? "\n" : "", stderr);
    fflush(stderr);
}

/* The last state of a kind is always shown, when the next one begins. */
static void end_kind(struct display *display, int64_t now)
{
    if (display->any && display->shown.total > 0)
        show(display, now, true);
    display->any = false;
}

static void progress(void *context, const struct move_progress *progress)
{
    struct display *display = context;
    int64_t now = clock_mono_ns(&clock_system);
    bool another = !display->any || progress->kind != display->shown.kind ||
                   progress->stage != display->shown.stage;

    if (another) {
        end_kind(display, now);
        display->begun_ns = now;
        display->begun_done = progress->done;
        display->next_ns = now + (display->terminal ? 0 : LINE_NS);
    }
    display->any = true;
    display->shown = *progress;
    if (now < display->next_ns)
        return;
    show(display, now, false);
    display->next_ns = now + (display->terminal ? TERMINAL_NS : LINE_NS);
}

/* --from URL --to URL, or with `=`. */
static bool read_words(int argc, char **argv, const char **ret_from, const char **ret_to,
                       struct err *err)
{
    for (int i = 1; i < argc; i++) {
        struct span word = span_of(argv[i]);
        const char **target = span_starts(word, "--from") ? ret_from : ret_to;
        size_t name = target == ret_from ? sizeof("--from") - 1 : sizeof("--to") - 1;
        if (!span_starts(word, "--from") && !span_starts(word, "--to"))
            return err_set(err, "\"%s\" is not understood here", argv[i]);
        if (argv[i][name] == '=')
            *target = argv[i] + name + 1;
        else if (argv[i][name] == '\0' && i + 1 < argc)
            *target = argv[++i];
        else
            return err_set(err, "\"%s\" is not understood here, or has no value", argv[i]);
    }
    if (*ret_from == NULL || *ret_to == NULL)
        return err_set(err, "say --from URL --to URL: which store, and into which new one");
    return strcmp(*ret_from, *ret_to) != 0 || err_set(err, "--from and --to are the same store");
}

static bool open_store(const char *option, const char *url, struct store **ret_store,
                       struct err *err)
{
    struct store_options options = {.clock = &clock_system, .move = true};

    if (span_is(span_of(url), "memory:"))
        return err_set(err, "%s: what is in memory: cannot be moved", option);
    if (store_open(url, &options, ret_store, err))
        return true;
    err_prefix(err, "%s", option);
    return false;
}

static void close_store(struct store **store)
{
    store_close(*store);
}

static bool move_between(const char *from_url, const char *to_url, struct err *err)
{
    AUTO(close_store) struct store *from = NULL;
    AUTO(close_store) struct store *to = NULL;
    struct display display = {.terminal = isatty(STDERR_FILENO) == 1};
    struct move move = {.progress = progress, .context = &display};
    int64_t begun = clock_mono_ns(&clock_system), ms;
    char name[STORE_NAME_SIZE];

    if (!open_store("--from", from_url, &from, err) || !open_store("--to", to_url, &to, err))
        return false;
    move.from = from;
    move.to = to;
    if (!move_run(&move, err)) {
        if (display.terminal && display.any)
            fputc('\n', stderr);
        return false;
    }
    end_kind(&display, clock_mono_ns(&clock_system));
    ms = (clock_mono_ns(&clock_system) - begun) / 1000000;
    store_name(to_url, name);
    printf("%" PRId64 " rows were copied into %s and %" PRId64 " compared, in %" PRId64 ".%" PRId64
           " s. All are the same.\n",
           move.copied, name, move.compared, ms / 1000, ms % 1000 / 100);
    return true;
}

int command_move(const struct config *config, int argc, char **argv)
{
    const char *from = NULL, *to = NULL;
    struct err err = {0};
    bool usage = read_words(argc, argv, &from, &to, &err);

    (void)config;
    if (usage && move_between(from, to, &err))
        return 0;
    fprintf(stderr, "jobd move: %s\n", err.text);
    return usage ? 1 : 2;
}
