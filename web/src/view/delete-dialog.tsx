// Asks before a job is deleted, by its name and whose it is, and takes the reason.
import { useState } from 'preact/hooks';
import { deleteJob, getJob } from '../api/jobs';
import { ApiError } from '../api/request';
import { codePoints } from '../model/format';
import type { Job } from '../model/job';
import { announce } from '../state/announcer';
import { deleting } from '../state/dialogs';
import { jobs } from '../state/jobs';
import { nameOf } from '../state/session';
import { Dialog } from './dialog';

const LONGEST = 128;

// The feed says so as well, but not while it is paused.
async function remove(job: Job, message: string): Promise<void> {
  await deleteJob(job.id, message);
  announce(`${job.name} is deleted.`);
  const { job: after } = await getJob(job.id, new AbortController().signal);
  jobs.value?.put(after);
}

const textOf = (error: unknown) =>
  error instanceof ApiError && error.status === 403
    ? 'You may not delete this job: it belongs to somebody else.'
    : error instanceof Error
      ? error.message
      : String(error);

function Form({ job }: { job: Job }) {
  const [message, setMessage] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const length = codePoints(message);
  const close = () => (deleting.value = undefined);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy || length > LONGEST) return;
    setBusy(true);
    try {
      await remove(job, message);
      close();
    } catch (problem) {
      setError(textOf(problem));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={submit}>
      <p>
        <strong class="job-name">{job.name}</strong> of <strong>{nameOf(job.user)}</strong>
        {job.state === 'RUNNING'
          ? ' is running; it will be stopped.'
          : ' will be marked as deleted.'}
      </p>
      <label>
        Reason <span class="muted">(optional)</span>
        <input
          value={message}
          placeholder="Deleted by user"
          aria-describedby="message-length"
          aria-invalid={length > LONGEST}
          onInput={(event) => setMessage(event.currentTarget.value)}
        />
      </label>
      <p id="message-length" class={length > LONGEST ? 'error count' : 'muted count'}>
        {length} of {LONGEST} characters
      </p>
      <p class="error" role="alert">
        {error}
      </p>
      <div class="actions">
        <button type="button" onClick={close}>
          Keep it
        </button>
        <button type="submit" class="danger" disabled={busy || length > LONGEST}>
          Delete the job
        </button>
      </div>
    </form>
  );
}

export function DeleteDialog() {
  const job = deleting.value;
  if (!job) return null;
  return (
    <Dialog key={job.id} label="Delete this job?" onClose={() => (deleting.value = undefined)}>
      <Form job={job} />
    </Dialog>
  );
}
