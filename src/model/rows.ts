import type { Run, RunGroup } from '../api/types';
import { RunPages } from './pages';
import type { IRunsRequest } from './query';

/** Runs in a page: some screens. */
const PAGE = 100;

/** Which runs of the table a block has: all, those of a group, or those inside of a run. */
export interface IBlockScope {
  readonly group?: RunGroup;
  readonly parentId?: string;
}

/** What blocks ask of their table. */
export interface IBlockOwner {
  /** Whether the user looks at the first rows: only then may new runs push the others down. */
  readonly follow: boolean;
  ask(scope: IBlockScope, runIds?: readonly string[]): IRunsRequest;
  /** New runs wait: they would push down what the user looks at. */
  wait(runs: readonly Run[]): void;
}

/** Runs that stand below each other. */
export class RunBlock extends RunPages {
  constructor(
    options: RunPages.IOptions,
    private readonly _owner: IBlockOwner,
    readonly scope: IBlockScope = {}
  ) {
    super(options, PAGE);
  }

  override restart(): Promise<void> {
    return super.restart();
  }

  protected override get movesFreely(): boolean {
    return this._owner.follow;
  }

  protected override ask(runIds?: readonly string[]): IRunsRequest {
    return this._owner.ask(this.scope, runIds);
  }

  protected override admit(runs: Run[], fresh: readonly Run[]): Run[] {
    this._owner.wait(fresh);
    return runs;
  }
}

/** A line of the table. */
export type TableRow = IRunLine | IGroupLine;

export interface IRunLine {
  readonly kind: 'run';
  /** Undefined until it is loaded. */
  readonly run: Run | undefined;
  readonly level: number;
  readonly expanded: boolean;
}

/** Stands over the runs of a group. */
export interface IGroupLine {
  readonly kind: 'group';
  readonly group: RunGroup;
  readonly level: 0;
  readonly expanded: boolean;
}

/** Lines that follow each other: one of a group, or some of a block. */
interface ISegment {
  readonly start: number;
  readonly count: number;
  readonly level: number;
  readonly block: RunBlock | null;
  /** Place of the first in the block. */
  readonly from: number;
  readonly group: RunGroup | null;
  /** Whether the last of them is folded out. */
  readonly expanded: boolean;
}

/** How blocks stand below each other: what is folded out comes after its head. */
export class RowLayout {
  constructor(private readonly _opened: ReadonlyMap<string, RunBlock>) {}

  get count(): number {
    return this._count;
  }

  addGroup(group: RunGroup): void {
    const block = this._opened.get(groupKey(group));
    this._push({
      count: 1,
      level: 0,
      block: null,
      from: 0,
      group,
      expanded: !!block
    });
    if (block) {
      this.addBlock(block, 1);
    }
  }

  addBlock(block: RunBlock, level: number): void {
    let from = 0;
    for (const [place, inner] of this._openedIn(block)) {
      const count = place + 1 - from;
      this._push({ count, level, block, from, group: null, expanded: true });
      this.addBlock(inner, level + 1);
      from = place + 1;
    }
    const count = Math.max(0, block.total - from);
    this._push({ count, level, block, from, group: null, expanded: false });
  }

  /** The line at a place. */
  at(index: number): TableRow | undefined {
    const segment = this._segmentAt(index);
    if (!segment) {
      return undefined;
    }
    const { group, block, level } = segment;
    const inside = index - segment.start;
    const expanded = segment.expanded && inside === segment.count - 1;
    return group
      ? { kind: 'group', group, level: 0, expanded }
      : { kind: 'run', run: block?.at(segment.from + inside), level, expanded };
  }

  /** Which runs of which blocks stand between two lines. */
  inside(
    from: number,
    to: number
  ): { block: RunBlock; from: number; to: number }[] {
    const found = new Map<
      RunBlock,
      { block: RunBlock; from: number; to: number }
    >();
    for (const { start, count, block, from: first } of this._segments) {
      const begin = Math.max(from, start);
      const end = Math.min(to, start + count);
      if (block && begin < end) {
        const known = found.get(block);
        found.set(block, {
          block,
          from: known?.from ?? first + begin - start,
          to: first + end - start
        });
      }
    }
    return [...found.values()];
  }

  private _push(segment: Omit<ISegment, 'start'>): void {
    if (segment.count > 0) {
      this._segments.push({ ...segment, start: this._count });
      this._count += segment.count;
    }
  }

  private _openedIn(block: RunBlock): [number, RunBlock][] {
    const found: [number, RunBlock][] = [];
    if ([...this._opened.keys()].some(key => key.startsWith(RUN))) {
      block.forEach((run, place) => {
        const inner = this._opened.get(runKey(run.run_id));
        if (inner) {
          found.push([place, inner]);
        }
      });
    }
    return found;
  }

  private _segmentAt(index: number): ISegment | undefined {
    let [low, high] = [0, this._segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { start, count } = this._segments[middle];
      [low, high] = start + count <= index ? [middle + 1, high] : [low, middle];
    }
    const found = this._segments[low];
    return found && found.start <= index ? found : undefined;
  }

  private readonly _segments: ISegment[] = [];
  private _count = 0;
}

const RUN = 'run:';

/** Under which the runs inside of a run are opened. */
export function runKey(runId: string): string {
  return RUN + runId;
}

/** Under which the runs of a group are opened. */
export function groupKey(group: RunGroup): string {
  return `group:${group.filter}`;
}
