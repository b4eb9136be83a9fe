/** The collections of `requestFiltering`, by their path in it, and what each one's entries are known by. */
export const collectionKeys: Readonly<Record<string, string>> = {
  'verbs.add': 'verb',
  'fileExtensions.add': 'fileExtension',
  'hiddenSegments.add': 'segment',
  denyUrlSequences: 'sequence',
  denyQueryStringSequences: 'sequence',
  alwaysAllowedUrls: 'url',
  alwaysAllowedQueryStrings: 'queryString',
  filteringRules: 'name',
  'requestLimits.headerLimits': 'header',
}
