// Everything about one job.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Job } from '../model/job';
import { deleting } from '../state/dialogs';
import { OpenJob, openJob } from '../state/job';
import { jobs } from '../state/jobs';
import { mayDelete } from '../state/session';
import { CopyButton } from './copy-button';
import { Facts } from './facts';
import { BackIcon, TrashIcon } from './icons';
import { Link } from './link';
import { Log } from './log';
import { Progress } from './progress';
import { Timeline } from './timeline';

function Title({ job }: { job: Job }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [job.id]);
  useEffect(() => {
    document.title = `${job.name} · jobd`;
    return () => {
      document.title = 'jobd';
    };
  }, [job.name]);
  return (
    <div class="job-title">
      <h1 ref={heading} tabIndex={-1}>
        {job.name}
      </h1>
      <CopyButton text={job.id} label="Copy id" />
      {mayDelete(job) && (
        <button type="button" class="danger-quiet" onClick={() => (deleting.value = job)}>
          <TrashIcon />
          Delete…
        </button>
      )}
    </div>
  );
}

function Missing({ open }: { open: OpenJob }) {
  const error = open.error.value;
  if (!error) return <p class="job-state muted">Loading…</p>;
  return (
    <div class="job-state" role="alert">
      <p class="error">{error.status === 404 ? 'There is no such job.' : error.message}</p>
      {error.status !== 404 && (
        <button type="button" onClick={() => void open.load()}>
          Try again
        </button>
      )}
    </div>
  );
}

function Content({ open, job }: { open: OpenJob; job: Job }) {
  const detail = open.detail.value;
  return (
    <>
      <Title job={job} />
      <Progress job={job} detail={detail} durations={open.durations.value} />
      {job.message && <p class="job-message">{job.message}</p>}
      <div class="job-columns">
        <div class="job-side">
          <Timeline job={job} detail={detail} />
          <Facts job={job} detail={detail} />
        </div>
        <Log job={job} />
      </div>
    </>
  );
}

export function JobView({ id }: { id: string }) {
  const [open] = useState(() => new OpenJob(id));
  useEffect(() => {
    openJob.value = open;
    if (jobs.value) jobs.value.selected.value = id;
    return () => {
      openJob.value = undefined;
      open.close();
    };
  }, [open]);
  const job = open.job.value;
  return (
    <article class="job" aria-label="Job">
      <Link to={{ job: '' }} class="back">
        <BackIcon />
        All jobs
      </Link>
      {job ? <Content open={open} job={job} /> : <Missing open={open} />}
    </article>
  );
}
