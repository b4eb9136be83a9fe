/** Drives a server with autocannon, where wrk is not installed. */
import autocannon from 'autocannon'
import { browserHeaders } from './browser-headers.js'
import { CONNECTIONS, type Load, type LoadResult } from './load.js'

export const driveAutocannon = async (load: Load): Promise<LoadResult> => {
  const withBody = load.bodySize !== undefined
  const result = await autocannon({
    url: load.url,
    connections: load.connections ?? CONNECTIONS,
    duration: load.seconds,
    method: withBody ? 'POST' : 'GET',
    headers: {
      ...browserHeaders,
      ...(load.host === undefined ? {} : { Host: load.host }),
      ...(withBody ? { 'Content-Type': 'application/octet-stream' } : {}),
    },
    ...(load.bodySize === undefined ? {} : { body: Buffer.alloc(load.bodySize, 'x') }),
  })
  return {
    requests: result.requests.total,
    perSecond: result.requests.average,
    failures: result.errors + result.non2xx,
  }
}
