/** Gathers a response that comes in several parts, as long as it stays within its bounds. */
import type { Bytes, ResponseSink } from '../../core/index.js'

/** Bytes that all collectors together may still take: responses that are under way occupy memory too. */
export class CollectingBudget {
  left: number

  constructor(bytes: number) {
    this.left = bytes
  }
}

/** Gives up for good when the response is too long, breaks off, or the budget is used up. */
export class Collector implements ResponseSink {
  private readonly budget: CollectingBudget
  private readonly longest: number
  private readonly complete: (body: Buffer) => void
  private readonly givenUp: (tooLong: boolean) => void
  private parts: Bytes[] | null = []
  private length = 0

  /**
   * @param longest - most bytes of the body, as it came
   * @param givenUp - runs instead of `complete`: it is too long, or has broken off
   */
  constructor(
    budget: CollectingBudget,
    longest: number,
    complete: (body: Buffer) => void,
    givenUp: (tooLong: boolean) => void = () => undefined,
  ) {
    this.givenUp = givenUp
    this.budget = budget
    this.longest = longest
    this.complete = complete
  }

  write(bytes: Bytes): void {
    if (this.parts === null) return
    if (this.length + bytes.length > this.longest || bytes.length > this.budget.left) {
      this.letGo()
      this.givenUp(true)
      return
    }
    this.length += bytes.length
    this.budget.left -= bytes.length
    this.parts.push(bytes)
  }

  end(): void {
    const { parts } = this
    if (parts === null) return
    this.letGo()
    this.complete(join(parts))
  }

  fail(): void {
    if (this.parts === null) return
    this.letGo()
    this.givenUp(false)
  }

  private letGo(): void {
    this.parts = null
    this.budget.left += this.length
    this.length = 0
  }
}

const join = (parts: readonly Bytes[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
