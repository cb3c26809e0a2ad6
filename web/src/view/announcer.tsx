// Reads announcements to screen readers, politely.
import { announcement } from '../state/announcer';

export function Announcer() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {announcement.value}
    </div>
  );
}
