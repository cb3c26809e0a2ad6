// One request to the server the page came from, and what may go wrong with it.

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: the server could not be reached
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

// Aborted requests are no errors: whoever aborted knows.
export const isAbort = (error: unknown) =>
  error instanceof DOMException && error.name === 'AbortError';

// The page may lie under a path of a proxy's, so every address is relative to it.
export const addressOf = (path: string) =>
  new URL(path, document.baseURI.replace(/[?#].*/, '')).href;

// How far the server's clock is ahead of this one, in ms; small differences are the second it is given in.
let skew = 0;
export const serverNow = () => Date.now() + skew;

function noteClock(response: Response): void {
  const date = Date.parse(response.headers.get('Date') ?? '');
  if (Number.isNaN(date)) return;
  const ahead = date + 500 - Date.now();
  skew = Math.abs(ahead) > 2000 ? ahead : 0;
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = await response.json().catch(() => ({}));
  const text = body.userMessage || body.titleMessage || `The server answered ${response.status}.`;
  return new ApiError(response.status, body.errorCode ?? '', text);
}

const watchers = new Set<(status: number) => void>();

// Calls `watcher` with the status of each answer, 0 for none.
export function watchAnswers(watcher: (status: number) => void): void {
  watchers.add(watcher);
}

const tell = (status: number) => watchers.forEach((watcher) => watcher(status));

// The answer, if it is one of success; an ApiError otherwise.
export async function request(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  headers.set('X-Requested-With', 'jobd');
  let response: Response;
  try {
    response = await fetch(addressOf(path), { cache: 'no-store', ...options, headers });
  } catch (error) {
    if (isAbort(error)) throw error;
    tell(0);
    throw new ApiError(0, '', 'The server cannot be reached.');
  }
  noteClock(response);
  tell(response.status);
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function requestJson<T>(path: string, options?: RequestInit): Promise<T> {
  return (await request(path, options)).json();
}
