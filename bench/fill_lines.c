/* Writes jobs as lines of text, for other systems to load. */
#include "fill_jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void write_time(FILE *file, char before, int64_t time)
{
    if (time == JOB_NO_TIME)
        fprintf(file, "%c\\N", before);
    else
        fprintf(file, "%c%" PRId64, before, time);
}

/* Names hold neither tabs nor backslashes. */
static void write_job(FILE *file, struct fill_jobs *jobs, const struct fill_job *job)
{
    struct uuid id = uuid_at(job->position), uuid = fill_user(job->user);
    char id_text[UUID_TEXT_SIZE], user[UUID_TEXT_SIZE];

    uuid_format(&id, id_text);
    uuid_format(&uuid, user);
    fprintf(file, "%" PRId64 "\t%s\t%.*s\t%s\t%s\t%s\t%s", job->change, id_text, (int)job->name.len,
            job->name.ptr, fill_type(&jobs->arena, job->type), user,
            state_name(status_state(job->status)), result_name(status_result(job->status)));
    write_time(file, '\t', job->created_ms);
    write_time(file, '\t', job->started_on);
    write_time(file, '\t', job->ended_on);
    fputc('\n', file);
}

void fill_lines(const char *path, struct fill_jobs *jobs)
{
    FILE *file = fopen(path, "w");
    struct fill_job job;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while (fill_jobs_next(jobs, &job))
        write_job(file, jobs, &job);
    if (fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}
