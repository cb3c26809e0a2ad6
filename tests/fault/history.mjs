// Judges a history of claims, beats and reports by what leases promise; an empty list is a history without fault.
//
// A call of the history: { who, kind, sent, received (null: no answer came), status, json, etag } and by its kind
//   claim   { requestId }
//   beat    { job, fence }
//   report  { job, fence, body }   with `next` in the body it claims as well
//   look    { job, fence }         by the holder, who was just granted the job: `etag` is its change number
// Times are in milliseconds since 1970: `sent` and `received` the caller's, everything inside `json` the server's.
// Every lease of the history has the length `leaseMs`. A created job: { id, attempts }; a final one is a Job.

// More attempts than a job can use up in the time a test takes.
export const PLENTY = 20;

// What rounding makes of a lease's end, which the server knows by another clock than the wall clock.
const ROUNDING_MS = 50;

const ENDED = ['COMPLETED', 'FAILED'];

const isOk = (call) => call.status === 200;
const isReport = (call) => call.kind === 'report';
const givesUp = (call) => isReport(call) && call.body.state !== undefined && call.body.state !== 'RUNNING';
const isLook = (call) => call.kind === 'look';
const holdsOn = (call) => call.kind === 'beat' || (isReport(call) && !givesUp(call));
const requestOf = (call) => `${call.who} ${call.requestId ?? call.body.next.requestId}`;
const keyOf = (job, fence) => `${job} fence ${fence}`;
const changeOf = ({ etag }) => Number(JSON.parse(etag));

// The time by the server's clock at which it took a call of the holder for good.
function acceptedAt(call, leaseMs) {
  if (isReport(call)) return Date.parse(call.json.job.lastModifiedOn);
  return Date.parse(call.json.leaseExpiresOn) - leaseMs;
}

// Every lease that somebody was told of, by job and fence.
function collectLeases(calls) {
  const leases = new Map();
  for (const call of calls.filter((one) => isOk(one) && one.json.claims?.length > 0)) {
    const [{ job, fence, leaseExpiresOn }] = call.json.claims;
    const key = keyOf(job.id, fence);
    const lease = leases.get(key)
      ?? { job: job.id, fence, start: Date.parse(job.startDate), grants: [], calls: [], looks: [] };
    lease.grants.push({ call, until: Date.parse(leaseExpiresOn) });
    leases.set(key, lease);
  }
  for (const call of calls.filter((one) => one.kind !== 'claim'))
    leases.get(keyOf(call.job, call.fence))?.[isLook(call) ? 'looks' : 'calls'].push(call);
  return leases;
}

// Until when the lease was held for certain: to its acknowledged end; or, where a report that ends it got no answer, to
// the last moment the server confirmed it; or else until it ran out.
function heldUntil(lease, leaseMs) {
  const accepted = lease.calls.filter(isOk);
  const end = accepted.find(givesUp);
  if (end) return acceptedAt(end, leaseMs);
  if (lease.calls.some((call) => givesUp(call) && call.received === null))
    return Math.max(lease.start, ...accepted.map((call) => acceptedAt(call, leaseMs)));
  const expiries = accepted.map((call) => Date.parse(call.json.leaseExpiresOn));
  return Math.max(...lease.grants.map(({ until }) => until), ...expiries) - ROUNDING_MS;
}

function byJob(leases) {
  const jobs = new Map();
  for (const lease of leases.values()) {
    if (!jobs.has(lease.job)) jobs.set(lease.job, []);
    jobs.get(lease.job).push(lease);
  }
  for (const list of jobs.values()) list.sort((a, b) => a.fence - b.fence);
  return jobs;
}

// No job is held by two at once: each lease is over before the next one starts, and nothing is taken under it after.
function* checkOverlaps(leases, leaseMs) {
  for (const list of byJob(leases).values()) {
    for (const [index, lease] of list.entries()) {
      const next = list[index + 1];
      if (!next) continue;
      const until = heldUntil(lease, leaseMs);
      if (until > next.start)
        yield `held by two: ${keyOf(lease.job, lease.fence)} until ${until}, fence ${next.fence} from ${next.start}`;
      for (const call of lease.calls.filter((one) => isOk(one) && one.sent > next.start + ROUNDING_MS))
        yield `stale fence accepted: ${call.kind} under ${keyOf(lease.job, lease.fence)} after fence ${next.fence}`;
    }
  }
}

// A fence is one holder's: whoever is told of it asked by the same request.
function* checkHolders(leases) {
  for (const lease of leases.values()) {
    const holders = new Set(lease.grants.map(({ call }) => requestOf(call)));
    if (holders.size > 1) yield `one fence, two holders: ${keyOf(lease.job, lease.fence)}: ${[...holders].join(', ')}`;
  }
}

// A claim that is repeated never takes a second job.
function* checkReplays(leases) {
  const taken = new Map();
  for (const lease of leases.values()) {
    for (const { call } of lease.grants) {
      const request = requestOf(call);
      const first = taken.get(request) ?? lease;
      if (first !== lease)
        yield `one claim, two jobs: ${request}: ${keyOf(first.job, first.fence)}, ${keyOf(lease.job, lease.fence)}`;
      taken.set(request, first);
    }
  }
}

// Each grant that came with a report, and a look at its job before anything can have changed it. A report that was sent
// before may have found no job then, so its grant is of a later moment.
function* chainsOf(leases) {
  for (const lease of leases.values()) {
    const [{ call: report, until }] = lease.grants;
    if (!isReport(report)) continue;
    const { calls } = leases.get(keyOf(report.job, report.fence));
    const wasSent = calls.some((one) => givesUp(one) && one !== report && one.sent <= report.sent);
    const isChanged = (look) => lease.calls.some((one) => isReport(one) && one.sent <= look.received);
    const look = lease.looks.find((one) => isOk(one) && one.received < until - ROUNDING_MS && !isChanged(one));
    if (look && !wasSent) yield { lease, report, look };
  }
}

// An ending and the grant it brings along are one commit: no change comes between.
function* checkChains(leases) {
  for (const { lease, report, look } of chainsOf(leases))
    if (changeOf(look) !== changeOf(report) + 1)
      yield `ended and granted apart: ${keyOf(report.job, report.fence)} by change ${changeOf(report)}, `
        + `${keyOf(lease.job, lease.fence)} by change ${changeOf(look)}`;
}

// Whether the call came, and was answered, while its lease certainly held.
function wasLive(call, lease) {
  const before = (one) => one.received !== null && one.received <= call.sent;
  const known = [...lease.grants.filter((grant) => before(grant.call)).map(({ until }) => until),
    ...lease.calls.filter((one) => isOk(one) && before(one) && one.json.leaseExpiresOn)
      .map((one) => Date.parse(one.json.leaseExpiresOn))];
  const mayHaveEnded = lease.calls.some((one) => givesUp(one) && one !== call && one.sent <= call.received);
  return !mayHaveEnded && call.received < Math.max(...known) - ROUNDING_MS;
}

// Nobody loses a job before the time: a holder is not refused.
function* checkRefusals(leases) {
  for (const lease of leases.values())
    for (const call of lease.calls)
      if (call.status === 409 && wasLive(call, lease))
        yield `holder refused: ${call.kind} under ${keyOf(lease.job, lease.fence)}: ${call.json.userMessage}`;
}

// Answers are of the kinds that leases know.
function* checkAnswers(calls) {
  for (const call of calls) {
    if (call.received === null) continue;
    const known = { claim: [200, 204], look: [200] }[call.kind] ?? [200, 409];
    if (!known.includes(call.status))
      yield `unexpected answer: ${call.kind} by ${call.who}: ${call.status} ${JSON.stringify(call.json)}`;
    else if (call.status === 409 && call.json.errorCode !== 'leaseLost')
      yield `unexpected refusal: ${call.kind} by ${call.who}: ${JSON.stringify(call.json)}`;
    else if (isOk(call) && holdsOn(call) && !call.json.leaseExpiresOn)
      yield `accepted without a lease: ${call.kind} under ${keyOf(call.job, call.fence)}`;
  }
}

// One ending a job: every acknowledged one is the same write, and it is what the job says at the end.
function* checkEndings(calls, finals) {
  const endings = calls.filter((call) => isReport(call) && isOk(call) && ENDED.includes(call.json.job.state));
  const first = new Map();
  for (const call of endings) {
    const known = first.get(call.job);
    if (known && known.etag !== call.etag) yield `ended twice: ${call.job}: fences ${known.fence} and ${call.fence}`;
    first.set(call.job, known ?? call);
    const final = finals.get(call.job);
    if (final && (final.state !== call.json.job.state || final.message !== call.json.job.message))
      yield `acknowledged ending undone: ${keyOf(call.job, call.fence)}: the job says ${final.message}`;
  }
}

// What a job says at the end was said by a worker under a fence, or the last attempt's worker was lost.
function* checkFinal(job, created, calls) {
  if (!ENDED.includes(job.state)) yield `not ended: ${job.id} is ${job.state}`;
  else if (job.message === 'Worker lost') {
    if (created.attempts >= PLENTY) yield `given up too early: ${job.id} with ${created.attempts} attempts`;
  } else if (!calls.some((call) => isReport(call) && call.job === job.id && call.body.message === job.message))
    yield `an ending of nobody: ${job.id} says ${job.message}`;
}

// No job is lost, and none appears that nobody created.
function* checkJobs(calls, created, finals) {
  const wanted = new Map(created.map((job) => [job.id, job]));
  for (const id of wanted.keys()) if (!finals.has(id)) yield `lost: ${id}`;
  for (const job of finals.values()) {
    if (!wanted.has(job.id)) yield `created by nobody: ${job.id}`;
    else yield* checkFinal(job, wanted.get(job.id), calls);
  }
}

// Every fault of the history, in words. `created`: the acknowledged creates; `finals`: the jobs as they are at the end.
export function faultsOf({ calls, created, finals, leaseMs }) {
  const leases = collectLeases(calls);
  const byId = new Map(finals.map((job) => [job.id, job]));
  return [
    ...checkAnswers(calls), ...checkHolders(leases), ...checkReplays(leases), ...checkOverlaps(leases, leaseMs),
    ...checkChains(leases), ...checkRefusals(leases), ...checkEndings(calls, byId), ...checkJobs(calls, created, byId),
  ];
}

// How much of what the history is about happened in it.
export function statisticsOf({ calls, finals }) {
  const collected = collectLeases(calls);
  const leases = [...collected.values()];
  return {
    calls: calls.length,
    unanswered: calls.filter((call) => call.received === null).length,
    leases: leases.length,
    chained: leases.filter((lease) => lease.grants.some(({ call }) => isReport(call))).length,
    chainsSeen: [...chainsOf(collected)].length,
    replays: leases.filter((lease) => lease.grants.length > 1).length,
    retaken: leases.length - new Set(leases.map((lease) => lease.job)).size,
    refused: calls.filter((call) => call.status === 409).length,
    completed: finals.filter((job) => job.state === 'COMPLETED').length,
    lost: finals.filter((job) => job.message === 'Worker lost').length,
  };
}
