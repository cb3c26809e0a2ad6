// Stores of the tests in a PostgreSQL that tools/postgres.py started: a schema each.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

// Its URL with SCHEMA to be replaced; without it the tests run on SQLite.
const CLUSTER = process.env.JOBD_TEST_POSTGRESQL;
const SCHEMA = 'SCHEMA';

let made = 0;

// The URL of a store that is not there yet, undefined without a PostgreSQL.
export function freshStore() {
  made += 1;
  return CLUSTER?.replace(SCHEMA, `api_${process.pid}_${made}`);
}

// What a statement yields, a line each row.
export async function sql(url, statement) {
  const { stdout } = await promisify(execFile)('psql', ['-XAtqv', 'ON_ERROR_STOP=1', '-d', url, '-c', statement]);
  return stdout.trim();
}

// Of a store that freshStore has named; any other is left alone.
export async function dropSchema(url) {
  const [before, behind] = CLUSTER?.split(SCHEMA) ?? [];
  if (before === undefined || !url.startsWith(before)) return;
  const schema = url.slice(before.length, url.length - behind.length);
  await sql(url, `SET client_min_messages = error; DROP SCHEMA IF EXISTS ${schema} CASCADE`);
}
