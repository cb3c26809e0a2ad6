// What is known about a job, field by field.
import type { ComponentChildren } from 'preact';
import type { Detail, Lease } from '../api/jobs';
import { formatBytes } from '../model/format';
import { RESULT_NAMES, STATE_NAMES, type Job } from '../model/job';
import { nameOf } from '../state/session';
import { Time } from './time';

function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function LeaseFacts({ lease }: { lease: Lease }) {
  return (
    <>
      <Fact label="Worker">{lease.workerId}</Fact>
      <Fact label="Worker’s account">{nameOf(lease.account)}</Fact>
      <Fact label="Lease">
        {lease.held ? (
          <>
            held until <Time iso={lease.expiresOn} />
          </>
        ) : (
          'not held'
        )}
      </Fact>
      <Fact label="Heartbeat">
        <Time iso={lease.beatOn} />
      </Fact>
    </>
  );
}

function DetailFacts({ detail }: { detail: Detail }) {
  return (
    <>
      <Fact label="Attempt">
        {detail.attempt} of {detail.maxAttempts}
      </Fact>
      <Fact label="Priority">{detail.priority}</Fact>
      {detail.lease && <LeaseFacts lease={detail.lease} />}
      {detail.logSize !== undefined && <Fact label="Output">{formatBytes(detail.logSize)}</Fact>}
    </>
  );
}

export function Facts({ job, detail }: { job: Job; detail: Detail | undefined }) {
  return (
    <section aria-labelledby="facts-title">
      <h2 id="facts-title">Details</h2>
      <dl class="facts">
        <Fact label="Type">{job.type}</Fact>
        <Fact label="State">{STATE_NAMES[job.state]}</Fact>
        <Fact label="Result">{RESULT_NAMES[job.result]}</Fact>
        <Fact label="Owner">{nameOf(job.user)}</Fact>
        <Fact label="Created by">{nameOf(job.createdBy)}</Fact>
        <Fact label="Run by">{job.selfManaged ? 'its creator' : 'a worker'}</Fact>
        {detail && <DetailFacts detail={detail} />}
        <Fact label="Changed">
          <Time iso={job.lastModifiedOn} /> by {nameOf(job.lastModifiedBy)}
        </Fact>
        <Fact label="Id">
          <code>{job.id}</code>
        </Fact>
      </dl>
    </section>
  );
}
