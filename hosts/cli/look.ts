/** What a file exports, found out in a thread that ends: it is not the command's to run. */
import { Worker } from 'node:worker_threads'

/** What the file is for `webgarden try`, or why it cannot be loaded, with the place. */
export type Looked =
  { readonly kind: string; readonly slot: string | undefined } | { readonly failed: string }

/** Milliseconds that an import may take; what takes longer is taken for an application. */
const PATIENCE = 5_000

const APPLICATION: Looked = { kind: 'application', slot: undefined }

/** Code that only runs, ends or never ends is taken for an application. */
export const look = async (file: string): Promise<Looked> => {
  const thread = new Worker(new URL('./kind-thread.js', import.meta.url), { workerData: file })
  const looked = await new Promise<Looked>((resolve) => {
    const other = (): void => {
      resolve(APPLICATION)
    }
    thread.once('message', resolve)
    // What fails beside the import: it is the application's affair, in its worker.
    thread.once('error', other)
    thread.once('exit', other)
    setTimeout(other, PATIENCE).unref()
  })
  await thread.terminate()
  return looked
}
