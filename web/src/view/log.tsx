// A job's output: its end in sight while it grows, unless the reader scrolls away.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { outputAddress } from '../api/output';
import { hasEnded, type Job } from '../model/job';
import type { Block } from '../model/output';
import { Log as Tail } from '../state/log';
import { DownloadIcon } from './icons';

const LINE = 18; // px, as in the style sheet
const NEAR = 24; // px from the end that still count as the end

// Drawn only when it comes near the screen; its height is known beforehand.
function LogBlock({ text, lines, wrap }: Block & { wrap: boolean }) {
  return (
    <div
      class="log-block"
      style={{
        containIntrinsicHeight: wrap ? `auto ${lines * LINE}px` : `${lines * LINE}px`,
      }}
    >
      {text}
    </div>
  );
}

function Lines({ tail, wrap }: { tail: Tail; wrap: boolean }) {
  void tail.version.value;
  const { blocks, tail: open } = tail.output;
  return (
    <>
      {blocks.map(({ text, lines }, index) => (
        <LogBlock key={index} text={text} lines={lines} wrap={wrap} />
      ))}
      {open}
    </>
  );
}

function Emptiness({ tail, job }: { tail: Tail; job: Job }) {
  if (tail.error.value) return <p class="error">{tail.error.value}</p>;
  if (tail.version.value === 0) return <p class="muted">Loading…</p>;
  if (!tail.output.isEmpty) return null;
  return <p class="muted">{hasEnded(job) ? 'It wrote no output.' : 'No output yet.'}</p>;
}

interface ToolsProps {
  job: Job;
  follow: boolean;
  wrap: boolean;
  setFollow: (follow: boolean) => void;
  setWrap: (wrap: boolean) => void;
}

function Tools({ job, follow, wrap, setFollow, setWrap }: ToolsProps) {
  return (
    <div class="log-tools">
      <h2 id="log-title">Output</h2>
      <span class="gap" />
      <label class="tick">
        <input
          type="checkbox"
          checked={wrap}
          onChange={(event) => setWrap(event.currentTarget.checked)}
        />
        Wrap
      </label>
      <label class="tick">
        <input
          type="checkbox"
          checked={follow}
          onChange={(event) => setFollow(event.currentTarget.checked)}
        />
        Follow
      </label>
      <a class="button" href={outputAddress(job.id)} download={`${job.id}.log`}>
        <DownloadIcon />
        Download
      </a>
    </div>
  );
}

export function Log({ job }: { job: Job }) {
  const [tail] = useState(() => new Tail(job.id));
  const [follow, setFollow] = useState(true);
  const [wrap, setWrap] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => () => tail.close(), [tail]);

  const version = tail.version.value;
  useLayoutEffect(() => {
    if (follow) box.current!.scrollTop = box.current!.scrollHeight;
  }, [version, follow, wrap]);

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    setFollow(scrollHeight - scrollTop - clientHeight < NEAR);
  };
  return (
    <section class="log" aria-labelledby="log-title">
      <Tools job={job} follow={follow} wrap={wrap} setFollow={setFollow} setWrap={setWrap} />
      <div
        ref={box}
        class={`log-box${wrap ? ' wrap' : ''}`}
        tabIndex={0}
        role="region"
        aria-label="Output"
        onWheel={onScroll}
        onScroll={onScroll}
      >
        <Emptiness tail={tail} job={job} />
        <Lines tail={tail} wrap={wrap} />
      </div>
    </section>
  );
}
