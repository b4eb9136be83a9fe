/** The token that a program must show on HTTP. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** Takes the same time whatever of it is wrong. `header` is the field Authorization (RFC 6750 section 2.1). */
export const showsToken = (header: string | undefined, token: string): boolean => {
  const shown = /^Bearer +([^ ]+) *$/i.exec(header ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(shown), digest(token))
}

/** Of one length, as the comparison needs it. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** A page in a browser here may be made to ask us under a name of its own (DNS rebinding): only these names are ours. */
export const isLoopbackHost = (host: string | undefined): boolean =>
  /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host ?? '')
