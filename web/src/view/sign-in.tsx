// The form that opens a session; the address, and so the place, stays as it is.
import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/request';
import { signIn } from '../state/session';

function textOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === 401) return 'The name or the password is wrong.';
  return error.message;
}

export function SignIn() {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(form.current!);
    setBusy(true);
    try {
      await signIn(String(data.get('user')), String(data.get('password')));
    } catch (problem) {
      setError(textOf(problem));
      setBusy(false);
      form.current?.querySelector<HTMLInputElement>('[name=password]')?.select();
    }
  };

  return (
    <main class="sign-in">
      <form ref={form} class="card" onSubmit={submit} aria-labelledby="sign-in-title">
        <h1 id="sign-in-title">
          Sign in to <span class="brand">jobd</span>
        </h1>
        <label>
          Name
          <input
            name="user"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            autofocus
          />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <p class="error" role="alert">
          {error}
        </p>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}
