// The instances that EC2 takes back: which are guarded, which SSM does not know, and when a command reached each.

import { WINDOW_SECONDS } from '../contract/notices.ts';
import { GUARD_TAG, GUARD_TAG_VALUE } from '../contract/tags.ts';
import type { Instance } from '../lambda/domain/instance.ts';
import type { Chance } from './chance.ts';
import { LATENCIES } from './parameters.ts';

export interface FleetOptions {
  /** Notices of guarded instances. */
  readonly notices: number;
  /** Notices of instances that are not tagged. */
  readonly foreign: number;
  /** The share, from 0 to 1, of the guarded ones that SSM does not know. */
  readonly badIds: number;
  /** Milliseconds over which the notices come. */
  readonly spreadMs: number;
}

export interface Member {
  readonly id: string;
  /** Epoch milliseconds, whole seconds as EC2 writes them. */
  readonly noticeMs: number;
  /** Epoch milliseconds at which EC2 lets the event go. */
  readonly emittedMs: number;
  readonly guarded: boolean;
  readonly registered: boolean;
  /** Epoch milliseconds: when SSM took a command for it, and when its agent ran that. */
  sentMs?: number;
  reachedMs?: number;
  /** How the notice ended: as it was answered, or given up. Absent where nobody says so. */
  end?: string;
}

const TAGS = new Map([[GUARD_TAG, GUARD_TAG_VALUE]]);
const NO_TAGS = new Map<string, string>();

export class Fleet {
  readonly members: readonly Member[];
  readonly #byId: ReadonlyMap<string, Member>;
  readonly #chance: Chance;

  constructor(options: FleetOptions, chance: Chance, startMs: number) {
    const { notices, foreign, badIds, spreadMs } = options;
    this.#chance = chance;
    const bad = Math.round(notices * badIds);
    const members = Array.from({ length: notices + foreign }, (_, nth): Member => {
      const emittedMs = startMs + Math.floor(chance.uniform() * spreadMs);
      return {
        id: `i-${(nth + 1).toString(16).padStart(17, '0')}`,
        noticeMs: Math.floor(emittedMs / 1000) * 1000,
        emittedMs,
        guarded: nth < notices,
        registered: nth >= bad,
      };
    });
    this.members = members.sort((one, other) => one.emittedMs - other.emittedMs);
    this.#byId = new Map(members.map((member) => [member.id, member]));
  }

  /** Of the notice, the last word. */
  ended(id: string, end: string): void {
    const member = this.#byId.get(id);
    if (member !== undefined) member.end = end;
  }

  instance(id: string): Instance {
    return { instanceId: id, state: 'running', tags: this.#byId.get(id)?.guarded ? TAGS : NO_TAGS };
  }

  isRegistered(id: string): boolean {
    return this.#byId.get(id)?.registered ?? false;
  }

  sent(id: string, nowMs: number): void {
    const member = this.#byId.get(id);
    if (member === undefined || member.sentMs !== undefined) return;
    member.sentMs = nowMs;
    member.reachedMs = nowMs + this.#chance.latency(LATENCIES.pickUp);
  }
}

/** Epoch milliseconds. */
export const deadlineOf = ({ noticeMs }: Member): number => noticeMs + WINDOW_SECONDS * 1000;
