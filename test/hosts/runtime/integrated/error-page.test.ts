/** What the error page of a worker shows to whom. */
import { ServerResponse, IncomingMessage } from 'node:http'
import t from 'tap'
import { sendErrorPage } from '../../../../hosts/runtime/integrated/error-page.js'
import { WorkerContext } from '../../../../hosts/runtime/integrated/worker-context.js'

const pageFor = (remoteAddress: string): string => {
  const socket = { remoteAddress, localAddress: '192.0.2.1' }
  const request = new IncomingMessage(socket as never)
  const response = new ServerResponse(request)
  let page = ''
  response.end = ((text: string) => {
    page = text
    return response
  }) as never
  const ctx = new WorkerContext(null as never, null as never, request, response, false, null, null)
  sendErrorPage(ctx, 500, 0, new Error('the <inner> cause'))
  return page
}

t.test('the stack is for clients on this machine', async (t) => {
  for (const address of ['127.0.0.1', '127.8.9.1', '::1', '192.0.2.1'])
    t.match(
      pageFor(address),
      /500 - Internal Server Error[^]*the &lt;inner&gt; cause[^]*error-page\.test/,
      address,
    )
  for (const address of ['192.0.2.2', '2001:db8::1', '10.127.0.1']) {
    t.match(pageFor(address), /500 - Internal Server Error/, address)
    t.notMatch(pageFor(address), /cause|error-page/, address)
  }
})
