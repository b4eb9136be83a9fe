/**
 * Exchanges by their number. A table of slots instead of a Map: under a steady stream of additions and removals a Map
 * leaves a chain of outgrown tables behind, which keeps finished requests alive until the next full collection.
 */

/** Slots that a number can name; more requests than these are never under way in one worker. */
const SLOTS = 65_536
/** Uses of one slot until its numbers repeat; all numbers stay small integers, which cross a thread boundary fastest. */
const USES = 16_383

/** Gives out numbers for exchanges and takes them back. */
export class ExchangeNumbers {
  private readonly last: number[] = []
  private readonly free: number[] = []

  /**
   * A number that none has now, and that none has had for long: a late message of a cancelled one finds nothing. Never 0,
   * which stands for none.
   */
  allocate(): number {
    const slot = this.free.pop() ?? this.last.length
    const number = slot + SLOTS * ((Math.floor((this.last[slot] ?? 0) / SLOTS) % USES) + 1)
    this.last[slot] = number
    return number
  }

  release(number: number): void {
    this.free.push(number % SLOTS)
  }
}

/** What belongs to each exchange that is under way. */
export class ExchangeTable<T> {
  size = 0
  private readonly numbers: number[] = []
  private readonly values: (T | undefined)[] = []

  get(number: number): T | undefined {
    const slot = number % SLOTS
    return this.numbers[slot] === number ? this.values[slot] : undefined
  }

  set(number: number, value: T): void {
    const slot = number % SLOTS
    while (this.numbers.length <= slot) {
      this.numbers.push(0)
      this.values.push(undefined)
    }
    this.numbers[slot] = number
    this.values[slot] = value
    this.size++
  }

  /** Answers whether it was there. */
  delete(number: number): boolean {
    if (this.get(number) === undefined) return false
    this.values[number % SLOTS] = undefined
    this.size--
    return true
  }

  /** All numbers that are in use now. */
  inUse(): number[] {
    return this.numbers.filter((_number, slot) => this.values[slot] !== undefined)
  }
}
