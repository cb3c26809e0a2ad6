// The frame of the page: who sees what, and what lies over it.
import { useEffect } from 'preact/hooks';
import { place } from '../state/place';
import { forgetList } from '../state/jobs';
import { me, startError } from '../state/session';
import { Announcer } from './announcer';
import { DeleteDialog } from './delete-dialog';
import { Header } from './header';
import { HelpDialog } from './help-dialog';
import { JobView } from './job';
import { JobsView } from './jobs';
import { listenToKeys } from './keyboard';
import { Overview } from './overview';
import { SignIn } from './sign-in';
import { Trouble } from './trouble';

function View() {
  const { job, view } = place.value;
  if (job) return <JobView key={job} id={job} />;
  return view === 'overview' ? <Overview /> : <JobsView />;
}

function Starting() {
  return (
    <div class="start" role="status">
      {startError.value ? `${startError.value} Trying again…` : 'Loading…'}
    </div>
  );
}

function SignedIn() {
  useEffect(listenToKeys, []);
  useEffect(() => forgetList, []);
  return (
    <div class="app">
      <Header />
      <Trouble />
      <main id="main" class="main">
        <View />
      </main>
      <DeleteDialog />
      <HelpDialog />
    </div>
  );
}

export function App() {
  return (
    <>
      {me.value === undefined ? (
        <Starting />
      ) : me.value === null ? (
        <SignIn />
      ) : (
        <SignedIn key={me.value.id} />
      )}
      <Announcer />
    </>
  );
}
