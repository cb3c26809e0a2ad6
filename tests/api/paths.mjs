// Paths of the API that programs use which are no tests themselves, and so want nothing else of the harness.
export const JOBS = '/rest/jobs/v1/jobs';
export const OURS = '/rest/jobd/v1/jobs';
export const CLAIMS = '/rest/jobd/v1/claims';
