// The sign for live, connecting, away or paused, and the switch beside it.
import { formatTime } from '../model/format';
import { now } from '../state/clock';
import { heardAt, link, paused, stale, togglePause, type Link } from '../state/link';
import { PauseIcon, PlayIcon } from './icons';

const TEXTS: Record<Link, string> = {
  live: 'Live',
  connecting: 'Connecting…',
  away: 'Reconnecting…',
  paused: 'Paused',
};

function statusText(): string {
  if (stale.value)
    return `Stale since ${formatTime(new Date(heardAt.value).toISOString(), now.value)}`;
  return TEXTS[link.value];
}

export function LinkStatus() {
  const kind = stale.value ? 'stale' : link.value;
  const verb = paused.value ? 'Resume' : 'Pause';
  return (
    <span class="link-status">
      <span class={`link-sign ${kind}`} role="status">
        <span class="dot" aria-hidden="true" />
        {statusText()}
      </span>
      <button
        type="button"
        class="quiet square"
        aria-label={`${verb} live updates`}
        title={`${verb} (p)`}
        onClick={togglePause}
      >
        {paused.value ? <PlayIcon /> : <PauseIcon />}
      </button>
    </span>
  );
}
