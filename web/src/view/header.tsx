// The top of the page: where one can go, how live it is, who one is.
import { SPANS } from '../model/place';
import { place } from '../state/place';
import { helping } from '../state/dialogs';
import { me, signOut } from '../state/session';
import { Link } from './link';
import { LinkStatus } from './link-status';

function Tabs() {
  const { view, job } = place.value;
  const current = (name: string) => (view === name && !job ? 'page' : undefined);
  return (
    <nav class="tabs" aria-label="Views">
      <Link to={{ view: 'jobs', job: '', hours: SPANS[1]! }} aria-current={current('jobs')}>
        Jobs
      </Link>
      <Link to={{ view: 'overview', job: '' }} aria-current={current('overview')}>
        Overview
      </Link>
    </nav>
  );
}

export function Header() {
  return (
    <header class="header">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <span class="brand">jobd</span>
      <Tabs />
      <span class="gap" />
      <LinkStatus />
      <button
        type="button"
        class="quiet help-button"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={() => (helping.value = true)}
      >
        ?
      </button>
      <span class="account" title={`Signed in as ${me.value?.name} (${me.value?.role})`}>
        {me.value?.name}
      </span>
      <button type="button" class="quiet" onClick={signOut}>
        Sign out
      </button>
    </header>
  );
}
