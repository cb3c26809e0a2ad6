// How far the job is, how long it took, and when it may be done.
import type { Detail } from '../api/jobs';
import { etaOf, isLate } from '../model/eta';
import { formatRange } from '../model/format';
import { markOf, MARK_NAMES, progressOf, runSeconds, type Job } from '../model/job';
import { now } from '../state/clock';
import { Bar } from './bar';
import { MarkIcon } from './icons';
import { RunTime, Time } from './time';

const BASES = {
  rate: 'at its rate so far',
  history: 'by how long its like took',
  both: 'by its rate and its like',
};

function Remaining({ job, durations }: { job: Job; durations: number[] }) {
  const elapsed = runSeconds(job, now.value) ?? 0;
  const eta = etaOf(elapsed, progressOf(job), durations);
  const late = isLate(elapsed, durations);
  if (!eta) return late ? <span class="late">longer than usual</span> : null;
  return (
    <span class="eta" title={`Estimated ${BASES[eta.basis]}`}>
      {formatRange(eta.low, eta.high)} left
      {late && <span class="late"> · longer than usual</span>}
    </span>
  );
}

export function Progress({
  job,
  detail,
  durations,
}: {
  job: Job;
  detail: Detail | undefined;
  durations: number[];
}) {
  const stalled = detail?.lease?.stalled === true && job.state === 'RUNNING';
  const mark = markOf(job, stalled);
  const progress = progressOf(job);
  return (
    <div class="job-progress">
      <span class={`job-mark ${mark}`}>
        <MarkIcon mark={mark} />
        {MARK_NAMES[mark]}
      </span>
      {job.state === 'RUNNING' && <Bar job={job} stalled={stalled} />}
      {progress !== undefined && <span class="percent">{progress} %</span>}
      {job.startDate && <RunTime job={job} />}
      {job.state === 'RUNNING' && <Remaining job={job} durations={durations} />}
      {stalled && (
        <span class="late">
          no progress since <Time iso={detail?.lease?.progressOn} />
        </span>
      )}
    </div>
  );
}
