// Says across the page that the server is away, and from when what is shown is.
import { formatTime } from '../model/format';
import { now } from '../state/clock';
import { heardAt, link, stale, troubled } from '../state/link';

export function Trouble() {
  if (link.value !== 'away' || !stale.value) return null;
  const since = formatTime(new Date(heardAt.value).toISOString(), now.value);
  return (
    <div class="trouble" role="alert">
      <strong>No connection.</strong> {troubled.value} What you see is as of {since}; it goes on by
      itself.
    </div>
  );
}
