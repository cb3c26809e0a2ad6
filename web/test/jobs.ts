// Jobs for the tests.
import type { Job } from '../src/model/job';

const OWNER = '019ab1c0-1111-7222-8333-444455556666';

// The number is its place in time: a higher one is newer.
export const idOf = (number: number) =>
  `019ab1c0-${String(number).padStart(4, '0')}-7000-8000-000000000000`;

export function jobOf(number: number, fields: Partial<Job> = {}): Job {
  const at = new Date(Date.UTC(2026, 10, 25, 12, 0, number)).toISOString();
  return {
    id: idOf(number),
    name: `job ${number}`,
    type: 'TEST',
    state: 'WAITING',
    result: 'NOT_SET',
    selfManaged: false,
    user: OWNER,
    createdBy: OWNER,
    createdOn: at,
    lastModifiedBy: OWNER,
    lastModifiedOn: at,
    ...fields,
  };
}
