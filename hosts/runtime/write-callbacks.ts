/** Who waits for the bytes that he has written to go. */
export type WriteCallback = (error?: Error | null) => void

export class WriteCallbacks {
  /** Most exchanges never need one. */
  private all: WriteCallback[] | null = null

  get waiting(): boolean {
    return this.all !== null
  }

  add(callback: WriteCallback): void {
    if (this.all) this.all.push(callback)
    else this.all = [callback]
  }

  /** Each hears it once. */
  call(error: Error | null): void {
    const { all } = this
    if (!all) return
    this.all = null
    for (const callback of all) callback(error)
  }
}
