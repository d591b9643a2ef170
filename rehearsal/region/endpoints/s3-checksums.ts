// The digests that come with a body, each compared with the body itself, as S3 does before it takes anything.
import { createHash } from 'node:crypto';
import { ServiceFault } from './service.ts';

/** Reversed polynomials: CRC-32, CRC-32C (Castagnoli) and CRC-64/NVME. */
const POLYNOMIALS = { crc32: 0xedb88320n, crc32c: 0x82f63b78n, crc64nvme: 0x9a6c9329ac4bc9b5n };
const ALGORITHMS: Readonly<Record<string, (body: Buffer) => string>> = {
  crc32: (body) => crc(body, POLYNOMIALS.crc32, 32),
  crc32c: (body) => crc(body, POLYNOMIALS.crc32c, 32),
  crc64nvme: (body) => crc(body, POLYNOMIALS.crc64nvme, 64),
  sha1: (body) => createHash('sha1').update(body).digest('base64'),
  sha256: (body) => createHash('sha256').update(body).digest('base64'),
};
const CHECKSUM = /^x-amz-checksum-/;
const SHA256 = /^[0-9a-f]{64}$/;

type Headers = Readonly<Record<string, string>>;

/** What is signed of the body must be the body. */
export function checkSignedPayload(headers: Headers, body: Buffer): void {
  const signed = headers['x-amz-content-sha256'];
  if (signed === undefined) {
    throw new ServiceFault(
      'InvalidRequest',
      'Missing required header for this request: x-amz-content-sha256',
    );
  }
  if (signed === 'UNSIGNED-PAYLOAD') return;
  if (!SHA256.test(signed)) {
    const message = 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.';
    throw new ServiceFault('InvalidArgument', message);
  }
  if (createHash('sha256').update(body).digest('hex') !== signed) {
    throw new ServiceFault(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
}

/** The checksums that came, all of them right. Throws ServiceFault where one is not. */
export function checkChecksums(headers: Headers, body: Buffer): Record<string, string> {
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
    throw new ServiceFault('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  const given = Object.entries(headers).filter(([name]) => CHECKSUM.test(name));
  if (headers['x-amz-sdk-checksum-algorithm'] !== undefined && given.length === 0) {
    throw new ServiceFault(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  for (const [name, value] of given) {
    const algorithm = name.replace(CHECKSUM, '');
    const computed = ALGORITHMS[algorithm]?.(body) ?? '';
    if (value.length !== computed.length || !/^[A-Za-z0-9+/]+=*$/.test(value)) {
      throw new ServiceFault('InvalidRequest', `Value for ${name} header is invalid.`);
    }
    if (value !== computed) {
      throw new ServiceFault(
        'BadDigest',
        `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
  }
  return Object.fromEntries(given);
}

function crc(body: Buffer, polynomial: bigint, bits: 32 | 64): string {
  const table = tableOf(polynomial);
  const all = (1n << BigInt(bits)) - 1n;
  let rest = all;
  for (const byte of body) rest = (rest >> 8n) ^ (table[Number(rest & 0xffn) ^ byte] ?? 0n);
  return Buffer.from((rest ^ all).toString(16).padStart(bits / 4, '0'), 'hex').toString('base64');
}

const tables = new Map<bigint, readonly bigint[]>();

function tableOf(polynomial: bigint): readonly bigint[] {
  const known = tables.get(polynomial);
  if (known) return known;
  const table = Array.from({ length: 256 }, (_, byte) => {
    let rest = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1n ? (rest >> 1n) ^ polynomial : rest >> 1n;
    return rest;
  });
  tables.set(polynomial, table);
  return table;
}
