/** Something that there was: docs/inspect-schema.md has the words. */
export interface Node {
  id: string;
  kind: string;
  title: string;
  state: string;
  name?: string;
  detail?: string;
  cause?: string;
  source?: string;
  age_ns?: number;
  call?: true;
  frames: { address: string; function: string; place: string }[];
}
export interface Edge { from: string; relation: string; to: string }
/** A copy of Tenon in the process: a library may bring another one. */
export interface Copy {
  image: string;
  nodes: Node[];
  edges: Edge[];
  cycles: Edge[][];
  causes: Cause[];
}
export interface Cause { node: string; waiting: number; chain: Edge[] }

/** Why something is not done: ids, from what was asked about to the cause. */
export interface Explanation {
  text: string;
  chain: string[];
  /** Where in the chain the deadlock begins, if it is one. */
  cycleStart?: number;
  isDeadlock: boolean;
}

/** What there was. Nothing in it changes. */
export declare class Snapshot {
  /** As `tenon ps` prints it. */
  readonly tree: string;
  /** As `tenon why` prints it: deadlocks first. */
  readonly why: string;
  readonly copies: Copy[];
  /** Of all copies together. */
  readonly nodes: Node[];
  readonly edges: Edge[];
  readonly cycles: Edge[][];
  readonly causes: Cause[];
  /** Of a node's id, or of a promise that a call gave while it was traced; undefined: it is done. */
  explain(what: string | bigint | Promise<unknown>): Explanation | undefined;
}

export declare function snapshot(): Snapshot;
export declare function explain(what: string | bigint | Promise<unknown>): Explanation | undefined;
/** Until the function that it gives is called, calls have the place that they were made from. */
export declare function trace(): () => void;
/** Says what a promise that Swift waits for waits for: a call's promise, which was traced, or anything else. */
export declare function setWait(promise: Promise<unknown>, on?: Promise<unknown> | null, what?: string): void;
