/** What `webgarden new` writes for one kind of package. */
export interface Template {
  /** One sentence for package.json and README. */
  readonly about: string
  /** src/index.ts */
  readonly source: string
  /** test/index.test.ts */
  readonly test: string
  /** What applicationHost.json says to use it. */
  readonly use: string
}
