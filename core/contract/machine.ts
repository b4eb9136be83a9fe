/** What WAS asks of the machine that it runs on, so that tests can answer in its place. */
export interface Machine {
  /** Percent of the memory that there is for this process which is in use, by whomever. */
  memoryInUse(): number
  /** 0 to 1, another one each time. */
  random(): number
  /**
   * Looks after files and folders and all that is below them, from now on; what is there already is no change.
   * Returns what ends it.
   */
  watchFiles(watch: FileWatch): () => void
}

export interface FileWatch {
  /** Absolute. One that does not exist is watched for. */
  readonly paths: readonly string[]
  /** Whether to pass over a file or folder; nothing below a folder that is passed over is looked at. */
  readonly ignored: (path: string) => boolean
  readonly changed: (path: string) => void
  readonly failed: (error: Error) => void
}
