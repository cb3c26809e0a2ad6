// How things are on the whole: what there is, how much gets done, what fails, how long it takes.
import { useEffect, useState } from 'preact/hooks';
import { getStatistics, type Count } from '../api/jobs';
import { isAbort } from '../api/request';
import { formatDuration, formatRough } from '../model/format';
import { NO_FILTER, SPANS } from '../model/place';
import { STATE_MARKS, STATE_NAMES, STATES, type Mark, type State } from '../model/job';
import { durations, failures, throughput, type Statistics } from '../model/series';
import { mayStream } from '../state/link';
import { Live } from '../state/live';
import { go, place } from '../state/place';
import { noteChange, refreshSummary, summary } from '../state/summary';
import { MarkIcon } from './icons';
import { Link } from './link';
import { PlotCard } from './plot-card';
import { TypeTable } from './type-table';

const EVERY = 30_000;
const CLOCK_STEPS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600,
  43_200, 86_400,
];
// Of jobs there are no fractions: 1, 2, 5, 10 and so on.
const COUNT_STEPS = Array.from({ length: 30 }, (_, n) => [1, 2, 5][n % 3]! * 10 ** Math.floor(n / 3));
const SPAN_NAMES: Record<number, string> = { 1: 'Hour', 24: 'Day', 168: 'Week', 744: 'Month' };

interface TileProps {
  label: string;
  count: Count | undefined;
  state: State;
  mark: Mark;
}

function Tile({ label, count, state, mark }: TileProps) {
  return (
    <li>
      <Link
        class="tile"
        to={{ view: 'jobs', hours: SPANS[1]!, filter: { ...NO_FILTER, state: [state] } }}
      >
        <span class="tile-label">
          <MarkIcon mark={mark} />
          {label}
        </span>
        <span class="tile-count">{count ?? '–'}</span>
      </Link>
    </li>
  );
}

function Counts() {
  const counts = summary.value;
  return (
    <ul class="tiles" aria-label="Jobs by state">
      {STATES.map((state) => (
        <Tile
          key={state}
          label={STATE_NAMES[state]}
          count={counts?.states[state]}
          state={state}
          mark={STATE_MARKS[state]}
        />
      ))}
      <Tile label="Stalled" count={counts?.stalled} state="RUNNING" mark="stalled" />
    </ul>
  );
}

// Any change is a reason to count again; what it was does not matter here.
function useLiveCounts(): void {
  useEffect(() => {
    const live = new Live('', { take: noteChange, lost: noteChange });
    live.start();
    void refreshSummary();
    return () => live.stop();
  }, []);
}

function useStatistics(hours: number): [Statistics | undefined, string] {
  const [statistics, setStatistics] = useState<Statistics>();
  const [error, setError] = useState('');
  useEffect(() => {
    const abort = new AbortController();
    const load = async () => {
      try {
        setStatistics(await getStatistics(hours, abort.signal));
        setError('');
      } catch (problem) {
        if (!isAbort(problem))
          setError(problem instanceof Error ? problem.message : String(problem));
      }
    };
    void load();
    const timer = setInterval(() => mayStream.value && void load(), EVERY);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [hours]);
  return [statistics, error];
}

function Span() {
  return (
    <div class="segments" role="group" aria-label="Time span">
      {SPANS.map((hours) => (
        <button
          key={hours}
          type="button"
          aria-pressed={place.value.hours === hours}
          onClick={() => go({ hours }, { replace: true })}
        >
          {SPAN_NAMES[hours]}
        </button>
      ))}
    </div>
  );
}

function Plots({ statistics }: { statistics: Statistics }) {
  const step = formatRough(statistics.stepSeconds);
  return (
    <div class="plots">
      <PlotCard
        title="Ended"
        note={`jobs per ${step}`}
        plotted={throughput(statistics)}
        colours={['done', 'failed', 'aborted']}
        bars
        steps={COUNT_STEPS}
      />
      <PlotCard
        title="Failed or aborted"
        note={`by type, jobs per ${step}`}
        plotted={failures(statistics)}
        steps={COUNT_STEPS}
      />
      <PlotCard
        title="Run time"
        note="by type, mean"
        plotted={durations(statistics)}
        format={formatDuration}
        steps={CLOCK_STEPS}
      />
    </div>
  );
}

export function Overview() {
  const [statistics, error] = useStatistics(place.value.hours);
  useLiveCounts();
  return (
    <section class="overview" aria-labelledby="overview-title">
      <div class="overview-head">
        <h1 id="overview-title">Overview</h1>
        <span class="gap" />
        <Span />
      </div>
      <Counts />
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      {statistics && <Plots statistics={statistics} />}
      {statistics && <TypeTable statistics={statistics} />}
    </section>
  );
}
