// How far a job is, as a bar with a name.
import { progressOf, type Job } from '../model/job';

export function Bar({ job, stalled = false }: { job: Job; stalled?: boolean }) {
  const progress = progressOf(job);
  const known = progress !== undefined;
  return (
    <span
      class={`bar${stalled ? ' stalled' : ''}${known ? '' : ' unknown'}`}
      role="progressbar"
      aria-label={`Progress of ${job.name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(known ? { 'aria-valuenow': progress } : { 'aria-valuetext': 'under way' })}
    >
      <span
        class="bar-fill"
        style={known ? { transform: `scaleX(${progress / 100})` } : undefined}
      />
    </span>
  );
}
