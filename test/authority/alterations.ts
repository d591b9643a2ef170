// What the judge must find: exchanges that are broken on purpose, each in one place.

/** What is broken in an exchange on purpose: [what, operation, outcome, the body or the address changed]. */
export type Alteration = readonly [string, string, string, (body: string) => string];
export const IN_REQUESTS: readonly Alteration[] = [
  [
    'a filter misspelt',
    'DescribeInstances',
    '200',
    (form: string) => form.replace('Filter.1.Name', 'Filters.1.Name'),
  ],
  ['another version', 'DescribeInstances', '200', (form: string) => form.replace('2016-11-15', '2014-01-01')],
  ['a member that is none', 'SendCommand', '200', (json: string) => json.replace('"Comment"', '"Remark"')],
  [
    'a string for a number',
    'SendCommand',
    '200',
    (json: string) => json.replace(/("TimeoutSeconds":)(\d+)/, '$1"$2"'),
  ],
  [
    'too small a number',
    'SendCommand',
    '200',
    (json: string) => json.replace(/("TimeoutSeconds":)\d+/, '$17'),
  ],
  [
    'too long a comment',
    'SendCommand',
    '200',
    (json: string) => json.replace('"spot-guard:', `"${'x'.repeat(101)}`),
  ],
  ['a value against the pattern', 'SendCommand', '200', (json: string) => json.replace('"100%"', '"all"')],
  ['a member misspelt', 'DetachInstances', '200', (form: string) => form.replace('InstanceIds', 'Ids')],
  ['a list without its word', 'DetachInstances', '200', (form: string) => form.replace('.member.', '.')],
  ['no queue', 'SendMessage', '200', (json: string) => json.replace('"QueueUrl"', '"Queue"')],
];
/** Of an address. */
export const IN_URLS: readonly Alteration[] = [
  ['a parameter misspelt', 'ListObjectsV2', '200', (url: string) => url.replace('prefix=', 'begin=')],
  ['a number that is none', 'ListObjectsV2', '200', (url: string) => `${url}&max-keys=many`],
];
export const IN_ANSWERS: readonly Alteration[] = [
  ['an unknown element', 'DescribeInstances', '200', (xml: string) => xml.replaceAll('tagSet', 'tags')],
  [
    'a state that is none',
    'DescribeInstances',
    '200',
    (xml: string) => xml.replace('>running<', '>Running<'),
  ],
  [
    'another root',
    'DescribeInstances',
    '200',
    (xml: string) => xml.replaceAll('DescribeInstancesResponse', 'X'),
  ],
  [
    'a result without its wrapper',
    'DescribeTargetHealth',
    '200',
    (xml) => xml.replaceAll('HealthResult>', '>'),
  ],
  ['items by another name', 'DescribeTargetHealth', '200', (xml) => xml.replaceAll('member>', 'item>')],
  ['an unknown member', 'SendCommand', '200', (json: string) => json.replace('"Status"', '"State"')],
  ['a status that is none', 'SendCommand', '200', (json: string) => json.replace('"Pending"', '"Waiting"')],
  [
    'a date as text',
    'SendCommand',
    '200',
    (json: string) => json.replace(/("ExpiresAfter":)[\d.]+/, '$1"now"'),
  ],
  [
    'another error',
    'SendCommand',
    'InvalidDocument',
    (json: string) => json.replace('InvalidDocument', 'NoDocument'),
  ],
  [
    'another case',
    'SendCommand',
    'InvalidDocument',
    (json: string) => json.replace('"Message"', '"message"'),
  ],
  [
    'a time that is none',
    'DescribeSpotInstanceRequests',
    '200',
    (xml: string) => xml.replace(/<createTime>[^<]*/, '<createTime>now'),
  ],
  [
    'a state of a request that is none',
    'DescribeSpotInstanceRequests',
    '200',
    (xml: string) => xml.replace('>active<', '>on<'),
  ],
  ['a member that no list has', 'ListObjectsV2', '200', (xml: string) => xml.replaceAll('ETag>', 'Tag>')],
  ['a size that is none', 'ListObjectsV2', '200', (xml: string) => xml.replace(/<Size>\d+/, '<Size>big')],
  ['another namespace', 'ListObjectsV2', '200', (xml: string) => xml.replace('2006-03-01', '2007-03-01')],
  ['an error that is none', 'GetObject', 'NoSuchKey', (xml: string) => xml.replace('SuchKey', 'Key')],
  [
    'no error code',
    'DescribeInstances',
    'InvalidParameterValue',
    (xml: string) => xml.replaceAll('Code>', 'Kind>'),
  ],
];
