/** The application of the recycle benchmark: `/grow` makes it hold on to more memory than its pool allows. */
import type { RequestListener } from 'node:http'

const MORE = 400_000_000
const kept: Buffer[] = []

const answer: RequestListener = (request, response) => {
  // Filled, so that the system really gives the memory.
  if (request.url === '/grow') kept.push(Buffer.alloc(MORE, 1))
  response.end('well')
}

export default answer
