// A job's output, from an offset on.
import { addressOf, request } from './request';

export interface OutputPart {
  bytes: Uint8Array;
  next: number;
  complete: boolean;
}

const pathOf = (id: string) => `rest/jobd/v1/jobs/${id}/log`;

export async function readOutput(
  id: string,
  offset: number,
  wait: number,
  signal: AbortSignal,
): Promise<OutputPart> {
  const response = await request(`${pathOf(id)}?offset=${offset}&wait=${wait}`, { signal });
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    next: Number(response.headers.get('Log-Next-Offset') ?? offset),
    complete: response.headers.get('Log-Complete') === 'true',
  };
}

export const outputAddress = (id: string) => addressOf(pathOf(id));
