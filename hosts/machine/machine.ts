/** The machine as WAS asks for it: how much of its memory is in use, chance, and whether files change. */
import { totalmem } from 'node:os'
import { watch } from 'chokidar'
import type { FileWatch, Machine } from '../../core/contract/machine.js'

export const machine: Machine = {
  memoryInUse: () => {
    // In a container its limit counts, not the memory of what it runs on; without one the number is absurd.
    const constrained = process.constrainedMemory()
    const total = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
    return (1 - process.availableMemory() / total) * 100
  },
  random: () => Math.random(),
  watchFiles: ({ paths, ignored, changed, failed }: FileWatch) => {
    const watcher = watch([...paths], { ignored, ignoreInitial: true, ignorePermissionErrors: true })
    watcher.on('all', (_event, path) => {
      changed(path)
    })
    watcher.on('error', (error) => {
      failed(error instanceof Error ? error : new Error(String(error)))
    })
    return () => {
      watcher.close().catch(failed)
    }
  },
}
