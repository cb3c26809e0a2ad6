// One job in the list.
import { hasEnded, markOf, MARK_NAMES, progressOf, type Job } from '../model/job';
import { deleting } from '../state/dialogs';
import { mayDelete, nameOf } from '../state/session';
import { Bar } from './bar';
import { MarkIcon, TrashIcon } from './icons';
import { Link } from './link';
import { RunTime, Time } from './time';

interface Props {
  job: Job;
  index: number;
  height: number;
  selected: boolean;
  gone: boolean;
  stalled: boolean;
}

function Progress({ job, stalled }: { job: Job; stalled: boolean }) {
  const progress = progressOf(job);
  if (job.state === 'RUNNING') {
    return (
      <>
        <Bar job={job} stalled={stalled} />
        <span class="percent">{progress === undefined ? '' : `${progress} %`}</span>
      </>
    );
  }
  const partial = hasEnded(job) && progress !== undefined && progress < 100;
  return partial ? <span class="percent muted">{progress} %</span> : null;
}

export function JobRow({ job, index, height, selected, gone, stalled }: Props) {
  const mark = markOf(job, stalled);
  return (
    <div
      class={`row${selected ? ' selected' : ''}${gone ? ' gone' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      data-id={job.id}
      style={{ top: `${index * height}px`, height: `${height}px` }}
    >
      <span role="cell" class={`c-state ${mark}`}>
        <MarkIcon mark={mark} />
        {MARK_NAMES[mark]}
      </span>
      <span role="cell" class="c-name">
        <Link to={{ job: job.id }} class="row-link" title={job.name}>
          {job.name}
        </Link>
        {job.message && <span class="message">{job.message}</span>}
        {gone && <span class="tag">no longer matches</span>}
      </span>
      <span role="cell" class="c-type" title={job.type}>
        {job.type}
      </span>
      <span role="cell" class="c-progress">
        <Progress job={job} stalled={stalled} />
      </span>
      <span role="cell" class="c-owner">
        {nameOf(job.user)}
      </span>
      <span role="cell" class="c-created">
        <Time iso={job.createdOn} />
      </span>
      <span role="cell" class="c-started">
        <Time iso={job.startDate} />
      </span>
      <span role="cell" class="c-ended">
        <Time iso={job.endDate} />
      </span>
      <span role="cell" class="c-time">
        <RunTime job={job} />
      </span>
      <span role="cell" class="c-action">
        {mayDelete(job) && (
          <button
            type="button"
            class="quiet square"
            aria-label={`Delete ${job.name}`}
            title="Delete…"
            onClick={() => (deleting.value = job)}
          >
            <TrashIcon />
          </button>
        )}
      </span>
    </div>
  );
}
