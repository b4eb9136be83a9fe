/** Compressed static responses in memory, the least used of which make room. */

export class KeptCopies {
  private readonly copies = new Map<string, Buffer>()
  private readonly most: number
  private size = 0

  /** @param most - bytes of all together */
  constructor(most: number) {
    this.most = most
  }

  get(key: string): Buffer | undefined {
    const copy = this.copies.get(key)
    if (copy) {
      this.copies.delete(key)
      this.copies.set(key, copy)
    }
    return copy
  }

  /** Whether one of so many bytes is worth collecting: none may take more than an eighth of the room. */
  mayKeep(bytes: number): boolean {
    return bytes <= this.most / 8
  }

  set(key: string, copy: Buffer): void {
    if (!this.mayKeep(copy.length)) return
    this.size += copy.length - (this.copies.get(key)?.length ?? 0)
    this.copies.delete(key)
    this.copies.set(key, copy)
    for (const [oldest, { length }] of this.copies) {
      if (this.size <= this.most) return
      this.copies.delete(oldest)
      this.size -= length
    }
  }
}
