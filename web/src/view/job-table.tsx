// The rows of the list: only those near the screen are there, and they move when the reader wants it.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { newsText } from '../model/list';
import type { JobList } from '../state/jobs';
import { selectedLink } from './selection';
import { TableHead } from './table-head';
import { JobRow } from './job-row';
import { UpIcon } from './icons';
import { useMedia } from './use-media';
import { useWindow } from './use-window';
import { useRest } from './use-rest';

const ROW = 34;
const CARD = 58; // a row in two lines
const AHEAD = 40; // rows before the end at which the next page is fetched

function Foot({ jobs }: { jobs: JobList }) {
  const { rows, cursor, begun } = jobs.list.value;
  if (jobs.error.value) {
    return (
      <div class="list-foot" role="alert">
        <span class="error">{jobs.error.value}</span>
        <button type="button" onClick={() => void jobs.more()}>
          Try again
        </button>
      </div>
    );
  }
  if (!begun || cursor) return <div class="list-foot muted">Loading…</div>;
  if (rows.length === 0) return <div class="list-foot muted empty">No job matches.</div>;
  return (
    <div class="list-foot muted">{rows.length === 1 ? 'One job' : `All ${rows.length} jobs`}</div>
  );
}

function News({ jobs, onShow }: { jobs: JobList; onShow: () => void }) {
  const text = newsText(jobs.list.value);
  if (!text) return null;
  return (
    <button type="button" class="news" onClick={onShow} title="Show (n)">
      <UpIcon />
      {text}
    </button>
  );
}

export function JobTable({ jobs }: { jobs: JobList }) {
  const frame = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const height = useMedia('(max-width: 760px)') ? CARD : ROW;
  const { first, last } = useWindow(scroller, height);
  const { rows, cursor, begun, gone, stalled } = jobs.list.value;
  useRest(frame, jobs);

  // The place in the list is found again, and so is the row that was opened, once it is there.
  const opened = useRef(jobs.selected.value);
  useLayoutEffect(() => {
    scroller.current!.scrollTop = jobs.scrollTop;
  }, [jobs]);
  useLayoutEffect(() => {
    const link = selectedLink(opened.current);
    if (!link) return;
    link.focus({ preventScroll: true });
    opened.current = '';
  });
  useEffect(() => {
    if (begun && cursor && !jobs.error.value && last > rows.length - AHEAD) void jobs.more();
  });

  const show = () => {
    jobs.apply();
    scroller.current!.scrollTop = 0;
  };
  return (
    <div class="table-frame" ref={frame}>
      <News jobs={jobs} onShow={show} />
      <div
        class="table"
        role="table"
        aria-label="Jobs"
        aria-rowcount={cursor || !begun ? -1 : rows.length + 1}
        aria-busy={jobs.loading.value}
        ref={scroller}
        onScroll={(event) => (jobs.scrollTop = event.currentTarget.scrollTop)}
      >
        <TableHead />
        <div class="rows" role="rowgroup" style={{ height: `${rows.length * height}px` }}>
          {rows.slice(first, last).map((job, offset) => (
            <JobRow
              key={job.id}
              job={job}
              index={first + offset}
              height={height}
              selected={jobs.selected.value === job.id}
              gone={gone.has(job.id)}
              stalled={stalled.has(job.id)}
            />
          ))}
        </div>
        <Foot jobs={jobs} />
      </div>
    </div>
  );
}
