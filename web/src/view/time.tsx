// Moments and durations that keep themselves right.
import { formatDuration, formatMoment, formatTime } from '../model/format';
import { runSeconds, type Job } from '../model/job';
import { now } from '../state/clock';

export function Time({ iso }: { iso: string | undefined }) {
  if (!iso) return <span class="muted">–</span>;
  return (
    <time dateTime={iso} title={formatMoment(iso)}>
      {formatTime(iso, now.value)}
    </time>
  );
}

// Ticks while the job runs, stands still once it has ended.
export function RunTime({ job }: { job: Job }) {
  const seconds = runSeconds(job, job.endDate ? 0 : now.value);
  if (seconds === undefined) return <span class="muted">–</span>;
  return <span class="num">{formatDuration(job.endDate ? seconds : Math.floor(seconds))}</span>;
}
