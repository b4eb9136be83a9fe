/** What a worker process runs: the same runtime as a thread, on two pipes. */
import { Socket } from 'node:net'
import { leaveLastWords } from './last-words.js'
import { encodeFrame, FrameReader, LAST_FRAME } from './framing.js'
import { refuseUnreadable } from './refuse-unreadable.js'
import { standardModules } from '../../modules/app/standard.js'
import { standardAdapters } from '../adapters/standard.js'
import { installListenCapture } from '../runtime/listen-capture.js'
import { Runtime } from '../runtime/runtime.js'
import { ToWorker, type WorkerSettings } from '../../core/contract/messages.js'

/** Where the server has put them. */
const FROM_SERVER = 3
const TO_SERVER = 4

const A_DAY = 86_400_000

leaveLastWords()
installListenCapture()

const toServer = new Socket({ fd: TO_SERVER, readable: false, writable: true })
const fromServer = new Socket({ fd: FROM_SERVER, readable: true, writable: false })

// Says that node runs and that what happens from now on is the application's.
toServer.write(encodeFrame([]))

const runtime = new Runtime({
  post: (batch) => {
    toServer.write(encodeFrame(batch))
  },
  adapters: await standardAdapters(),
  modules: standardModules,
  memory: () => process.memoryUsage.rss(),
  onDrained: () => {
    toServer.end(LAST_FRAME, () => {
      process.exit(0)
    })
  },
})

let orphaned = false

/** The server has cut this worker off and leaves it to a debugger: it stays, also when the server ends. */
const stay = (): void => {
  orphaned = true
  setInterval(() => undefined, A_DAY)
  // What it prints is lost once the server has gone; that must not end it.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
}

const reader = new FrameReader((batch) => {
  if (batch[0] === ToWorker.START) refuseUnreadable((batch[1] as WorkerSettings).applications)
  runtime.receive(batch)
}, stay)
fromServer.on('data', (piece) => {
  reader.push(piece)
})

/** The server has gone, and nothing outlives it: its guardian ends a worker that cannot do it itself. */
const serverGone = (): void => {
  if (orphaned) return
  process.kill(process.platform === 'win32' ? process.pid : 0, 'SIGKILL')
}
fromServer.on('error', serverGone)
fromServer.on('close', serverGone)
// The pipe from the server tells whether it has gone, after all that it said before.
toServer.on('error', () => undefined)
