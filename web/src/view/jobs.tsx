// The list of jobs with its filters; it is left and found again as it was.
import { useEffect } from 'preact/hooks';
import { place } from '../state/place';
import { openList } from '../state/jobs';
import { refreshSummary } from '../state/summary';
import { Filters } from './filters';
import { JobTable } from './job-table';

export function JobsView() {
  const jobs = openList(place.value);
  useEffect(() => {
    jobs.resume();
    return () => jobs.suspend();
  }, [jobs]);
  useEffect(() => void refreshSummary(), []);
  return (
    <section class="jobs" aria-label="Jobs">
      <h1 class="unseen">Jobs</h1>
      <Filters />
      <JobTable jobs={jobs} />
    </section>
  );
}
