// What the metadata service knows of its instance, as a tree of texts. A folder is there when something is in it.
export interface Role {
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly token: string;
  readonly expiresAt?: string;
}

export interface Facts {
  readonly instanceId: string;
  readonly region: string;
  readonly account: string;
  readonly startedAt: Date;
  readonly role: Role | undefined;
  tags: Readonly<Record<string, string>> | undefined;
  notice: { readonly action: string; readonly time: string } | undefined;
  /** When a rebalance was recommended. */
  recommendedAt: string | undefined;
}

/** Milliseconds that a role's credentials are good for. */
const CREDENTIALS_MS = 6 * 3_600_000;
/** EC2 does not turn tags in metadata on for an instance that has any other key. */
const TAG_KEY = /^[\p{L}\p{N}+\-=.,_:@]{1,128}$/u;
const RESERVED_KEYS = ['.', '..', '_index'];

/** Throws for tags that EC2 would not put into metadata. */
export function checkTags(tags: Readonly<Record<string, string>> | undefined): void {
  for (const key of Object.keys(tags ?? {})) {
    if (!TAG_KEY.test(key) || RESERVED_KEYS.includes(key)) {
      throw new Error(`EC2 allows no tags in metadata with the key ${JSON.stringify(key)}`);
    }
  }
}

/** The text at a path; a folder's is its names, one a line. Undefined where nothing is. */
export function look(facts: Facts, path: string): string | undefined {
  const leaves = leavesOf(facts);
  const leaf = leaves.get(path);
  if (leaf !== undefined) return leaf;
  const folder = path.endsWith('/') ? path : `${path}/`;
  const names = new Set<string>();
  for (const key of leaves.keys()) {
    if (!key.startsWith(folder)) continue;
    const rest = key.slice(folder.length);
    const slash = rest.indexOf('/');
    names.add(slash < 0 ? rest : rest.slice(0, slash + 1));
  }
  return names.size === 0 ? undefined : [...names].sort().join('\n');
}

function leavesOf(facts: Facts): Map<string, string> {
  const { instanceId, region, notice, recommendedAt, role } = facts;
  const zone = `${region}a`;
  const meta: Record<string, string> = {
    'instance-id': instanceId,
    'instance-life-cycle': 'spot',
    'placement/availability-zone': zone,
    'placement/region': region,
    'services/domain': region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com',
    'services/partition': partitionOf(region),
  };
  for (const [key, value] of Object.entries(facts.tags ?? {})) meta[`tags/instance/${key}`] = value;
  if (notice) {
    // One line, and the time as it was announced: a mock that counts it anew with each poll hides faults.
    meta['spot/instance-action'] = JSON.stringify({ action: notice.action, time: notice.time });
    if (notice.action === 'terminate') meta['spot/termination-time'] = notice.time;
  }
  if (recommendedAt !== undefined) {
    meta['events/recommendations/rebalance'] = JSON.stringify({ noticeTime: recommendedAt });
  }
  if (role) meta[`iam/security-credentials/${role.name}`] = credentials(role, facts.startedAt);
  const leaves = new Map(Object.entries(meta).map(([name, text]) => [`/latest/meta-data/${name}`, text]));
  return leaves.set('/latest/dynamic/instance-identity/document', identity(facts, zone));
}

function credentials(role: Role, startedAt: Date): string {
  const document = {
    Code: 'Success',
    LastUpdated: seconds(startedAt),
    Type: 'AWS-HMAC',
    AccessKeyId: role.accessKeyId,
    SecretAccessKey: role.secretAccessKey,
    Token: role.token,
    Expiration: role.expiresAt ?? seconds(new Date(startedAt.getTime() + CREDENTIALS_MS)),
  };
  return JSON.stringify(document, null, 2);
}

function identity({ instanceId, region, account, startedAt }: Facts, zone: string): string {
  const document = {
    accountId: account,
    architecture: 'x86_64',
    availabilityZone: zone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: 'ami-0123456789abcdef0',
    instanceId,
    instanceType: 'm7i.large',
    kernelId: null,
    pendingTime: seconds(startedAt),
    privateIp: '10.0.0.10',
    ramdiskId: null,
    region,
    version: '2017-09-30',
  };
  return JSON.stringify(document, null, 2);
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** RFC 3339 in UTC without a fraction, as EC2 writes times. */
const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
